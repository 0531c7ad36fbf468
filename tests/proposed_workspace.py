"""A proposed tierctl.toml beside the one that a person ends up with: what each of them says, column by column."""

import json
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, TypeAlias

from tests.real_folders import RealFolder
from tierctl.contracts import export_contract
from tierctl.export_format import Format

Config: TypeAlias = dict[str, Any]
Key: TypeAlias = tuple[str, ...]

_WORDS = {
    "date": ("date", "timeOfDay"),
    "number": ("decimalChar", "groupChar", "bareNumber"),
    "integer": ("decimalChar", "groupChar", "bareNumber"),
    "boolean": ("trueValues", "falseValues"),
}
_OF_FILES = ("delimiter", "encoding", "quoteChar", "headerRow", "footerRows")


@dataclass(frozen=True)
class Proposal:
    """What `init --from` wrote and told of a folder."""

    folder: RealFolder
    workspace: Path
    exit_code: int
    output: str

    @cached_property
    def text(self) -> str:
        return (self.workspace / "tierctl.toml").read_text(encoding="utf-8")

    @cached_property
    def config(self) -> Config:
        return tomllib.loads(self.text)

    @cached_property
    def told(self) -> Config:
        found: Config = json.loads(self.output)
        return found

    @property
    def words(self) -> str:
        """The file with its comments, each in one line however it was broken."""
        return re.sub(r"\s*\n#\s*", " ", self.text)

    @cached_property
    def finished(self) -> Config:
        return self.folder.finished

    def answered(self) -> Config:
        """The proposal with what it leaves open laid over it from the workspace that a person ends up with."""
        config = deepcopy(self.config)
        for key in (*self.must_be_open, *(key for key in self.may_be_open if _at(config, key) is None)):
            answer = _at(self.finished, key)
            if answer is not None:
                table = config
                for part in key[:-1]:
                    table = table.setdefault(part, {})
                table[key[-1]] = answer
        return config

    @property
    def must_be_open(self) -> list[Key]:
        return [_key(item["at"]) for item in self.folder.expected.get("open", [])]

    @property
    def may_be_open(self) -> list[Key]:
        return [_key(at) for at in self.folder.expected.get("may_be_open", [])]

    def is_settled(self, key: Key) -> bool:
        """Whether a key stands in the proposal although nobody asked for an answer to it."""
        return key not in self.must_be_open and (key not in self.may_be_open or _at(self.config, key) is not None)


def differences(proposal: Proposal) -> Iterator[str]:
    """What the proposal sets that the person's workspace does not, and the other way round; nothing of what is open."""
    theirs, ours = proposal.config.get("exports", {}), proposal.finished["exports"]
    if theirs.keys() != ours.keys():
        yield f"exports {sorted(theirs)}, not {sorted(ours)}"
    for name in sorted(theirs.keys() & ours.keys()):
        yield from (f"{name}: {told}" for told in _of_export(proposal, name, theirs[name], ours[name]))


def _of_export(proposal: Proposal, name: str, theirs: Config, ours: Config) -> Iterator[str]:
    folder = proposal.workspace
    for word, got, wanted in (
        ("path", _files(folder, theirs["path"]), _files(folder, ours["path"])),
        ("sheet", theirs.get("sheet"), ours.get("sheet")),
        *((word, _format(theirs).get(word), _format(ours).get(word)) for word in _OF_FILES),
    ):
        if got != wanted and proposal.is_settled(("exports", name, "format", word)):
            yield f"{word} is {got!r}, not {wanted!r}"
    mapped, wanted_mapped = _columns(proposal, name, theirs), _columns(proposal, name, ours)
    yield from _of_columns(proposal, name, mapped, wanted_mapped)
    for column in sorted(mapped.keys() & wanted_mapped.keys()):
        yield from (f"{column}: {told}" for told in _of_cells(proposal, name, column, theirs, ours))


def _of_columns(proposal: Proposal, name: str, theirs: Mapping[str, str], ours: Mapping[str, str]) -> Iterator[str]:
    contract = export_contract(name)
    needed = {field.name for field in contract.fields if field.required and field.default is None}
    needed |= {
        column
        for at, _, column in (at.partition(".") for at in proposal.folder.expected.get("needs", []))
        if at == name
    }
    either = proposal.folder.expected.get("either", {})
    for column in sorted(theirs.keys() | (ours.keys() & needed)):
        header, wanted = theirs.get(column), ours.get(column)
        allowed = {wanted, *either.get(f"{name}.{column}", ())}
        if header not in allowed and proposal.is_settled(("exports", name, "columns", wanted or "")):
            yield f"{column} is {header!r}, not {wanted!r}"


def _of_cells(proposal: Proposal, name: str, column: str, theirs: Config, ours: Config) -> Iterator[str]:
    field = next(field for field in export_contract(name).fields if field.name == column)
    got, wanted = _format(theirs, column), _format(ours, column)
    for word in _WORDS.get(field.type, ()):
        same = set(wanted[word]) <= set(got[word]) if word.endswith("Values") else got[word] == wanted[word]
        if not same and proposal.is_settled(("exports", name, "format", word)):
            yield f"{word} is {got[word]!r}, not {wanted[word]!r}"
    values = theirs.get("values", {}).get(column, {})
    for word, meant in ours.get("values", {}).get(column, {}).items():
        is_settled = proposal.is_settled(("exports", name, "values", column, word))
        if values.get(word) != meant and word != meant and is_settled:
            yield f"{word!r} means {values.get(word)!r}, not {meant!r}"


def _columns(proposal: Proposal, name: str, config: Config) -> dict[str, str]:
    """Our columns with the headers they are read from; a header of our own name needs no mapping."""
    own = next((told["own_names"] for told in proposal.told["exports"] if told["export"] == name), ())
    mapped = {column: " ".join(header.split()) for header, column in config.get("columns", {}).items()}
    return {column: column for column in own} | mapped


def _format(config: Config, column: str = "") -> Config:
    own: Config = config.get("formats", {}).get(column, {})
    whole: Config = config.get("format", {})
    return Format().model_dump() | whole | own


def _files(folder: Path, path: str | list[str]) -> set[str]:
    patterns = [path] if isinstance(path, str) else path
    return {file.name for pattern in patterns for file in folder.glob(pattern)}


def _key(at: str) -> Key:
    """The parts of a key; the last, a header or a word, may itself have points."""
    parts = at.split(".")
    length = 4 if len(parts) < 5 or parts[2] != "values" else 5
    return (*parts[: length - 1], ".".join(parts[length - 1 :]))


def is_set(config: Config, at: str) -> bool:
    """Whether a key of an export's format stands there, for the whole export or for one of its columns."""
    _, name, _, word = _key(at)
    export = config["exports"].get(name, {})
    return any(word in cells for cells in (export.get("format", {}), *export.get("formats", {}).values()))


def _at(config: Config, key: Iterable[str]) -> Any:
    value: Any = config
    for part in key:
        value = value.get(part) if isinstance(value, dict) else None
    return value


def toml(config: Config) -> str:
    """A configuration as TOML, each of its tables in one line."""
    return "".join(f"{json.dumps(key)} = {_inline(value)}\n" for key, value in config.items())


def _inline(value: Any) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{json.dumps(key)} = {_inline(one)}" for key, one in value.items()) + " }"
    return json.dumps(value)
