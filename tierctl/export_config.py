"""How `tierctl.toml` says where an export lies and how it is written, held against what the export has to bring."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Annotated, ClassVar, Literal, TypeAlias

from pydantic import BeforeValidator, Discriminator, Field, Tag
from pydantic_core import PydanticCustomError

from tierctl.contracts import Contract, export_contract, export_names
from tierctl.export_format import WORDS_OF, CellFormat, Format, Table
from tierctl.findings import Finding, error
from tierctl.fixed_cells import UnfitTextError, fixed_value
from tierctl.located import Document, Key
from tierctl.repair import Repairs
from tierctl.validation import closest, did_you_mean, shown


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

    `sheet` names the sheet of a workbook that holds it; without it the workbook has one sheet with rows. `columns` maps
    their header to our column; `values` maps, for one of our columns, their value to ours. `fixed` gives one of our
    columns, which no file brings, the same text in every row. `formats` says of one of our columns how its cells are
    written where that is not how `format` says.
    """

    path: PathOrPaths
    sheet: str | None = None
    columns: dict[str, str] = Field(default={})
    values: dict[str, dict[str, str]] = Field(default={})
    fixed: dict[str, str] = Field(default={})
    format: Format = Field(default=Format())
    formats: dict[str, CellFormat] = Field(default={})
    on_duplicate: Literal["once", "keep"] = "once"
    covers: Covers = "full"

    EXAMPLES: ClassVar[Mapping[str, str]] = MappingProxyType({"path": 'path = "mrr.csv"'})
    STAND_INS: ClassVar[Mapping[str, object]] = MappingProxyType({"path": "export.csv"})

    def cell_format(self, column: str) -> Format:
        """How the cells of one of our columns are written: the export's format with the column's own words in it."""
        own = self.formats.get(column)
        return self.format if own is None else self.format.with_words(own)


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


def check_exports(
    exports: Mapping[str, ExportConfig], document: Document, known: KnownExports, repairs: Repairs
) -> Iterator[Finding]:
    """What is wrong with the exports that tierctl.toml names: no such export, no such column, no such value.

    Args:
        exports: their tables, by the name that the file gives them.
        document: the file.
        known: what there is.
        repairs: what was left out of the file before it could be read.
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
            yield from _check_formats(known.contracts[meant], config, path, document)
            yield from _check_fixed(known.contracts[meant], config, path, document)
            # Where a word of the format could not be read, nobody knows what the texts of fixed columns mean.
            if not any(repairs.inside(document.written((*path, key))) for key in ("format", "formats", "values")):
                yield from _check_fixed_texts(known.contracts[meant], config, path, document)
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


def _check_formats(contract: Contract, config: ExportConfig, path: Key, document: Document) -> Iterator[Finding]:
    """A column's own words have to say something of its type, and to go with those of the export."""
    for ours, own in config.formats.items():
        place: Key = (*path, "formats", ours)
        yield from _check_column(contract, ours, place, document)
        if ours not in contract.names:
            continue
        of_type = WORDS_OF[contract.field(ours).type]
        strange = sorted(own.model_fields_set - set(of_type))
        for word in strange:
            message = f"{word} says nothing of {ours}, a {contract.field(ours).type}; allowed: {', '.join(of_type)}"
            yield error("workspace-unknown-key", document.source, document.subject((*place, word)), message)
        template, text = ("", "") if strange else _contradiction(contract, ours, config)
        if template:
            message = template.format(raw=shown(text))
            yield error("workspace-wrong-value", document.source, document.subject(place), message)


def _contradiction(contract: Contract, ours: str, config: ExportConfig) -> tuple[str, str]:
    """What two words that a column's cells are written by say of each other; no sign stands between a day's digits."""
    return ("", "") if contract.field(ours).type == "date" else config.cell_format(ours).contradiction()


def _check_fixed(contract: Contract, config: ExportConfig, path: Key, document: Document) -> Iterator[Finding]:
    """A column that is the same in every row is brought by no header."""
    for ours, text in config.fixed.items():
        place: Key = (*path, "fixed", ours)
        yield from _check_column(contract, ours, place, document)
        headers = [header for header, column in config.columns.items() if column == ours]
        if headers:
            message = f"{ours} is {shown(text)} in every row, and {shown(headers[0])} is mapped to it too"
            hint = "remove one of the two lines"
            yield error("workspace-column-twice", document.source, document.subject(place), message, hint)


def _check_fixed_texts(contract: Contract, config: ExportConfig, path: Key, document: Document) -> Iterator[Finding]:
    """The text of a column that is the same in every row is one that the column can hold."""
    for ours, text in config.fixed.items():
        if ours in contract.names and not _contradiction(contract, ours, config)[0]:
            try:
                fixed_value(text, contract.field(ours), config.cell_format(ours), config.values.get(ours, {}))
            except UnfitTextError as fault:
                subject = document.subject((*path, "fixed", ours))
                yield error("workspace-wrong-value", document.source, subject, str(fault), fault.hint)


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
