"""How `tierctl.toml` says where an export lies and how it is written, held against what the export has to bring."""

import codecs
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Annotated, ClassVar, Literal, Self, TypeAlias

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    StrictBool,
    Tag,
    model_validator,
)
from pydantic_core import PydanticCustomError

from tierctl.contracts import Contract, export_contract, export_names
from tierctl.findings import Finding, error
from tierctl.located import Document, Key
from tierctl.validation import closest, did_you_mean, shown

_DIRECTIVE = re.compile(r"%(.?)")
_DIRECTIVES = ("%Y", "%y", "%m", "%d", "%b", "%B", "%j", "%H", "%M", "%S", "%%")
_DAYS = ({"m", "d"}, {"b", "d"}, {"B", "d"}, {"j"})


class Table(BaseModel):
    """A frozen table of tierctl.toml that refuses keys it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def _date_pattern(pattern: str) -> str:
    directives = set(_DIRECTIVE.findall(pattern))
    for letter in sorted(directives):
        if f"%{letter}" not in _DIRECTIVES:
            message = "{raw} is no date pattern: %{letter} is not one of {directives}"
            context = {"raw": shown(pattern), "letter": letter, "directives": " ".join(_DIRECTIVES)}
            raise PydanticCustomError("date", message, context)
    if not ({"Y", "y"} & directives and any(parts <= directives for parts in _DAYS)):
        message = "{raw} does not name a day: it needs a year, a month and a day"
        raise PydanticCustomError("date", message, {"raw": shown(pattern), "hint": 'such as date = "%m/%d/%Y"'})
    return pattern


def _encoding(name: str) -> str:
    try:
        codecs.lookup(name)
    except LookupError as fault:
        message = "no encoding is called {raw}"
        raise PydanticCustomError("encoding", message, {"raw": shown(name), "hint": 'such as "cp1252"'}) from fault
    return name


def _character(text: str) -> str:
    if len(text.encode()) == 1:
        return text
    raise PydanticCustomError("character", "{raw} should be one plain character", {"raw": shown(text)})


def _any_character(text: str) -> str:
    if len(text) == 1:
        return text
    raise PydanticCustomError("character", "{raw} should be one character", {"raw": shown(text)})


def _character_or_none(text: str) -> str:
    return text and _character(text)


Character: TypeAlias = Annotated[str, AfterValidator(_character)]


class Format(Table):
    """How an export writes its cells, in Table Schema's own words; `delimiter` and the rest concern CSV alone."""

    date: Annotated[str, AfterValidator(_date_pattern)] = "%Y-%m-%d"
    decimalChar: Character = "."  # noqa: N815  # the words of Table Schema
    groupChar: Annotated[str, AfterValidator(_any_character)] | None = None  # noqa: N815  # no-break space and the like
    bareNumber: StrictBool = True  # noqa: N815
    trueValues: tuple[str, ...] = Field(default=("true", "True", "TRUE", "1"), min_length=1)  # noqa: N815
    falseValues: tuple[str, ...] = Field(default=("false", "False", "FALSE", "0"), min_length=1)  # noqa: N815
    missingValues: tuple[str, ...] = ("",)  # noqa: N815
    delimiter: Character = ","
    encoding: Annotated[str, AfterValidator(_encoding)] = "utf-8"
    quoteChar: Annotated[str, AfterValidator(_character_or_none)] = '"'  # noqa: N815

    @model_validator(mode="after")
    def _unambiguous(self) -> Self:
        if self.groupChar == self.decimalChar:
            message = "{raw} cannot be both decimalChar and groupChar"
            raise PydanticCustomError("format", message, {"raw": shown(self.decimalChar)})
        both = [word for word in self.trueValues if word in self.falseValues]
        if both:
            message = "{raw} cannot be both one of trueValues and one of falseValues"
            raise PydanticCustomError("format", message, {"raw": shown(both[0])})
        return self


def _path_kind(raw: object) -> str:
    return "<list>" if isinstance(raw, list | tuple) else "<path>"


PathOrPaths: TypeAlias = Annotated[
    Annotated[str, Tag("<path>")] | Annotated[list[str], Field(min_length=1), Tag("<list>")], Discriminator(_path_kind)
]


def day(raw: object) -> object:
    """A day as TOML writes one, which is no text."""
    if isinstance(raw, date):
        return raw
    raise PydanticCustomError("day", "{raw} should be a day such as 2025-12-25, without quotes", {"raw": shown(raw)})


class Since(Table):
    """An export whose files bring every row that is dated since a day; earlier ones may be missing in them."""

    since: Annotated[date, BeforeValidator(day)]

    EXAMPLES: ClassVar[Mapping[str, str]] = MappingProxyType({"since": "since = 2025-04-01"})


def _covers_kind(raw: object) -> str:
    return "<table>" if isinstance(raw, Mapping | Since) else "<word>"


def _full(raw: object) -> object:
    if closest(raw, ["full"]):
        return raw
    message = '{raw} is neither "full" nor a table with the day since which every row is there'
    hint = "such as covers = { since = 2025-04-01 }"
    raise PydanticCustomError("covers", message, {"raw": shown(raw), "hint": hint})


Covers: TypeAlias = Annotated[
    Annotated[Literal["full"], BeforeValidator(_full), Tag("<word>")] | Annotated[Since, Tag("<table>")],
    Discriminator(_covers_kind),
]


class ExportConfig(Table):
    """Where one export lies, how it is written and what it covers.

    `columns` maps their header to our column; `values` maps, for one of our columns, their value to ours.
    """

    path: PathOrPaths
    columns: dict[str, str] = Field(default={})
    values: dict[str, dict[str, str]] = Field(default={})
    format: Format = Field(default=Format())
    on_duplicate: Literal["once", "keep"] = "once"
    covers: Covers = "full"

    EXAMPLES: ClassVar[Mapping[str, str]] = MappingProxyType({"path": 'path = "mrr.csv"'})
    STAND_INS: ClassVar[Mapping[str, object]] = MappingProxyType({"path": "export.csv"})


@dataclass(frozen=True)
class KnownExports:
    """What exports bring: the standard ones, and what the programs in use declare as far as they could be read.

    `unsure` are exports of which that could not be read, so that nothing can be said of their columns; `is_whole` says
    whether every program could be read, so that an export that is not known is none.
    """

    contracts: Mapping[str, Contract]
    unsure: frozenset[str] = frozenset()
    is_whole: bool = True

    def likely(self, name: str) -> str:
        """The export that a name stands for, misspelled perhaps; empty: none can be told."""
        return name if name in self.contracts else closest(name, self.contracts, is_sure=True)


def standard_exports() -> KnownExports:
    """The exports that every program knows."""
    return KnownExports({name: export_contract(name) for name in export_names()})


def check_exports(exports: Mapping[str, ExportConfig], document: Document, known: KnownExports) -> Iterator[Finding]:
    """What is wrong with the exports that tierctl.toml names: no such export, no such column, no such value.

    Args:
        exports: their tables, by the name that the file gives them.
        document: the file.
        known: what there is.
    """
    for name, config in exports.items():
        path: Key = ("exports", name)
        # What a misspelled export holds is held against the one that it looks like.
        meant = known.likely(name)
        if name not in known.contracts and name not in known.unsure and (known.is_whole or meant):
            names = sorted(known.contracts)
            message = f"{name} is no export; there are: {', '.join(names)}"
            hint = did_you_mean(name, names)
            yield error("workspace-unknown-export", document.source, document.subject(path), message, hint)
        if meant and not {name, meant} & known.unsure:
            yield from _check_columns(known.contracts[meant], config, path, document)
            yield from _check_values(known.contracts[meant], config, path, document)
            yield from _check_covers(known.contracts[meant], config, path, document)


def _check_columns(contract: Contract, config: ExportConfig, path: Key, document: Document) -> Iterator[Finding]:
    for theirs, ours in config.columns.items():
        yield from _check_column(contract, ours, (*path, "columns", theirs), document)
        others = [header for header, column in config.columns.items() if column == ours]
        if theirs != others[0]:
            message = f"{ours} is already read from {shown(others[0])}, and {shown(theirs)} is mapped to it too"
            subject = document.subject((*path, "columns", theirs))
            hint = "remove one of the two lines, or map it to another column"
            yield error("workspace-column-twice", document.source, subject, message, hint)


def _check_values(contract: Contract, config: ExportConfig, path: Key, document: Document) -> Iterator[Finding]:
    for ours, values in config.values.items():
        yield from _check_column(contract, ours, (*path, "values", ours), document)
        enum = contract.field(ours).enum if ours in contract.names else ()
        for theirs, value in values.items() if enum else ():
            if value not in enum:
                message = f"{ours} is never {shown(value)}; its values are {', '.join(enum)}"
                subject = document.subject((*path, "values", ours, theirs))
                yield error("workspace-unknown-value", document.source, subject, message, did_you_mean(value, enum))


def _check_covers(contract: Contract, config: ExportConfig, path: Key, document: Document) -> Iterator[Finding]:
    """Earlier rows can be told by their day alone, and whether the files bring one of them by its key."""
    if isinstance(config.covers, str) or (contract.row_date and contract.primary_key):
        return
    lacking = "date of their own" if contract.row_date is None else "key"
    message = f"{contract.name} cannot cover what is dated since a day: its rows have no {lacking}"
    subject = document.subject((*path, "covers"))
    hint = 'covers = "full", and let the files bring every row'
    yield error("workspace-wrong-value", document.source, subject, message, hint)


def _check_column(contract: Contract, column: str, path: Key, document: Document) -> Iterator[Finding]:
    if column not in contract.names:
        message = f"{contract.name} has no column {column}; its columns are {', '.join(contract.names)}"
        hint = did_you_mean(column, contract.names)
        yield error("workspace-unknown-column", document.source, document.subject(path), message, hint)
