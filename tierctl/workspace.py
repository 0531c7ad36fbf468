"""The workspace: what `tierctl.toml` says about programs, the fiscal calendar, the exports and where reports go.

Exports may lie anywhere, since a person configured that; what tierctl writes stays inside the workspace.
"""

import codecs
import csv
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path, PurePosixPath, PureWindowsPath
from types import MappingProxyType
from typing import Annotated, ClassVar, Literal, Self, TypeAlias

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    StrictBool,
    StrictInt,
    Tag,
    model_validator,
)
from pydantic_core import PydanticCustomError

from tierctl import contracts, validation
from tierctl.contracts import Contract
from tierctl.findings import Finding, error
from tierctl.fiscal import Calendar, TableRow
from tierctl.located import Document, Key, line_of, parse
from tierctl.validation import closest, did_you_mean, shown, validate

FILE = "tierctl.toml"

_DIRECTIVE = re.compile(r"%(.?)")
_DIRECTIVES = ("%Y", "%y", "%m", "%d", "%b", "%B", "%j", "%H", "%M", "%S", "%%")
_DAYS = ({"m", "d"}, {"b", "d"}, {"B", "d"}, {"j"})
_TABLE_COLUMNS = ("fiscal_year", "period", "first_day", "last_day")
_WORDS_OF_KINDS = {"months": ("year_starts",), "table": ("path",)}
_WORDS_OF_WEEKS = ("year_ends",)
_WORDS_OF_RULES = ("year_named_by",)


class _Table(BaseModel):
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


class Format(_Table):
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


class ExportConfig(_Table):
    """Where one export lies and how it is written.

    `columns` maps their header to our column; `values` maps, for one of our columns, their value to ours.
    """

    path: PathOrPaths
    columns: dict[str, str] = Field(default={})
    values: dict[str, dict[str, str]] = Field(default={})
    format: Format = Field(default=Format())
    on_duplicate: Literal["once", "keep"] = "once"

    EXAMPLES: ClassVar[Mapping[str, str]] = MappingProxyType({"path": 'path = "mrr.csv"'})
    STAND_INS: ClassVar[Mapping[str, object]] = MappingProxyType({"path": "export.csv"})


class _CalendarTable(_Table):
    kind: Literal["months", "4-4-5", "4-5-4", "5-4-4", "table"] = "months"
    year_starts: Annotated[StrictInt, Field(ge=1, le=12)] = 1
    year_ends: str = ""
    year_named_by: Literal["end", "start"] = "end"
    path: str = ""


class _File(_Table):
    programs: tuple[str, ...] = Field(min_length=1)
    reports: str = "reports"
    ledger: str = "ledger"
    calendar: _CalendarTable = Field(default=_CalendarTable())
    exports: dict[str, ExportConfig] = Field(default={})

    EXAMPLES: ClassVar[Mapping[str, str]] = MappingProxyType({"programs": 'programs = ["elevate"]'})
    STAND_INS: ClassVar[Mapping[str, object]] = MappingProxyType({"programs": [""]})


@dataclass(frozen=True)
class Workspace:
    """A workspace as read: paths of its own are absolute or relative as `root` is; those of exports are as written."""

    root: Path
    programs: tuple[str, ...]
    reports: Path
    ledger: Path
    calendar: Calendar
    exports: Mapping[str, ExportConfig]
    file: Path


@dataclass(frozen=True)
class Reading:
    """What a folder's tierctl.toml says, or what is wrong with it.

    Attributes:
        workspace: the workspace; None: something is wrong.
        programs: the programs that it names, as far as they could be read: they can be looked at even so.
        findings: every fault of tierctl.toml and of its calendar's table, in the file's order.
    """

    workspace: Workspace | None
    programs: tuple[str, ...]
    findings: list[Finding]


def load(root: Path) -> tuple[Workspace | None, list[Finding]]:
    """Read the workspace in a folder.

    Returns:
        The workspace, or None where something is wrong; and every fault of tierctl.toml and of its calendar's table.
    """
    reading = read(root)
    return reading.workspace, reading.findings


def read(root: Path) -> Reading:
    """Read the workspace in a folder, and the programs that it names even where something is wrong."""
    path = root / FILE
    source = path.as_posix()
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        message = f"{root.as_posix()} is no workspace: it holds no {FILE}"
        hint = f'name a workspace with -C DIR, or write a {FILE} that begins with: programs = ["elevate"]'
        return Reading(None, (), [error("workspace-missing", source, "", message, hint)])
    except (OSError, UnicodeDecodeError) as fault:
        is_refused = isinstance(fault, OSError)
        reason = fault.strerror if isinstance(fault, OSError) else f"the byte at offset {fault.start} is not UTF-8"
        hint = "check that you may read it" if is_refused else "save it as UTF-8 text"
        return Reading(
            None, (), [error("workspace-unreadable", source, "", f"the file cannot be read: {reason}", hint)]
        )
    document, findings = parse(text, source, "workspace")
    if document is None:
        return Reading(None, (), findings)
    of_values = {finding.subject for finding in findings}
    file = validate(_File, document, "workspace")
    findings += [fault for fault in file.findings if fault.subject not in of_values]
    if file.model is None:
        return Reading(None, (), sorted(findings, key=line_of))
    calendar, faults = _check(file.model, root, file)
    findings = sorted([*findings, *faults], key=lambda finding: (finding.source != source, line_of(finding)))
    programs = tuple(ref for ref in file.model.programs if ref)
    if calendar is None or findings:
        return Reading(None, programs, findings)
    return Reading(_workspace(file.model, root, calendar), programs, [])


def _workspace(file: _File, root: Path, calendar: Calendar) -> Workspace:
    return Workspace(
        root=root,
        programs=file.programs,
        reports=root / file.reports,
        ledger=root / file.ledger,
        calendar=calendar,
        exports=file.exports,
        file=root / FILE,
    )


def _check(file: _File, root: Path, read_: validation.Reading[_File]) -> tuple[Calendar | None, list[Finding]]:
    """The calendar, None: it is none; and what is wrong although every word can be read."""
    document, repairs = read_.document, read_.repairs
    findings = [*_check_written(file, root, document), *_check_exports(file, document)]
    table, kind = document.written(("calendar",)), document.written(("calendar", "kind"))
    # Which words a calendar needs depends on its kind: where that cannot be read, nothing can be said of them.
    calendar, faults = (None, []) if repairs.inside(kind) else _calendar(file.calendar, root, document)
    if repairs.inside(table):
        faults = [fault for fault in faults if fault.subject != document.subject(("calendar", "kind"))]
    return calendar, [*findings, *faults]


def _check_written(file: _File, root: Path, document: Document) -> Iterator[Finding]:
    """What tierctl writes stays inside the workspace."""
    for key, text in (("reports", file.reports), ("ledger", file.ledger)):
        path, windows = PurePosixPath(text), PureWindowsPath(text)
        is_outside = windows.is_absolute() or windows.drive or path.is_absolute() or ".." in windows.parts
        # A link can lead out where the words do not.
        if is_outside or not (root / text).resolve().is_relative_to(root.resolve()):
            message = f"{shown(text)} lies outside the workspace, and tierctl writes nothing there"
            yield error("workspace-outside", document.source, document.subject((key,)), message, f'{key} = "{key}"')
        elif path in {PurePosixPath(), PurePosixPath(FILE)}:
            message = f"{shown(text)} cannot be the folder of the {key}"
            yield error("workspace-outside", document.source, document.subject((key,)), message, f'{key} = "{key}"')


def _check_exports(file: _File, document: Document) -> Iterator[Finding]:
    """Exports, columns and values that the contracts have."""
    known = contracts.export_names()
    for name, config in file.exports.items():
        path: Key = ("exports", name)
        if name not in known:
            message = f"{name} is no export; there are: {', '.join(known)}"
            subject = document.subject(path)
            yield error("workspace-unknown-export", document.source, subject, message, did_you_mean(name, known))
        # What a misspelled export holds is held against the one that it looks like.
        meant = name if name in known else closest(name, known, is_sure=True)
        if not meant:
            continue
        contract = contracts.export_contract(meant)
        for theirs, ours in config.columns.items():
            yield from _check_column(contract, ours, (*path, "columns", theirs), document)
            others = [header for header, column in config.columns.items() if column == ours]
            if theirs != others[0]:
                message = f"{ours} is already read from {shown(others[0])}, and {shown(theirs)} is mapped to it too"
                subject = document.subject((*path, "columns", theirs))
                hint = "remove one of the two lines, or map it to another column"
                yield error("workspace-column-twice", document.source, subject, message, hint)
        for ours, values in config.values.items():
            yield from _check_column(contract, ours, (*path, "values", ours), document)
            enum = contract.field(ours).enum if ours in contract.names else ()
            for theirs, value in values.items() if enum else ():
                if value not in enum:
                    message = f"{ours} is never {shown(value)}; its values are {', '.join(enum)}"
                    subject = document.subject((*path, "values", ours, theirs))
                    hint = did_you_mean(value, enum)
                    yield error("workspace-unknown-value", document.source, subject, message, hint)


def _check_column(contract: Contract, column: str, path: Key, document: Document) -> Iterator[Finding]:
    if column not in contract.names:
        message = f"{contract.name} has no column {column}; its columns are {', '.join(contract.names)}"
        hint = did_you_mean(column, contract.names)
        yield error("workspace-unknown-column", document.source, document.subject(path), message, hint)


def _calendar(table: _CalendarTable, root: Path, document: Document) -> tuple[Calendar | None, list[Finding]]:
    kind = table.kind
    words = _WORDS_OF_KINDS.get(kind, _WORDS_OF_WEEKS)
    allowed = ("kind", *words, *(() if kind == "table" else _WORDS_OF_RULES))
    findings = [
        _calendar_fault(document, word, f"{word} says nothing for kind {shown(kind)}; allowed: {', '.join(allowed)}")
        for word in sorted(table.model_fields_set)
        if word not in allowed
    ]
    if kind == "months":
        return Calendar.months(table.year_starts, table.year_named_by), findings
    missing = [word for word in words if not getattr(table, word)]
    if missing:
        says = {
            "path": 'path = "calendar.csv", with the columns ' + ", ".join(_TABLE_COLUMNS),
            "year_ends": 'year_ends = "last saturday of january", or "saturday nearest january 31"',
        }
        message = f"kind {shown(kind)} needs {missing[0]}"
        return None, [*findings, _calendar_fault(document, "kind", message, says[missing[0]])]
    if kind == "table":
        return _read_table(root / table.path, document, findings)
    try:
        return Calendar.weeks(kind, table.year_ends, table.year_named_by), findings
    except ValueError as fault:
        return None, [*findings, _calendar_fault(document, "year_ends", str(fault))]


def _calendar_fault(document: Document, word: str, message: str, hint: str = "") -> Finding:
    return error("workspace-calendar", document.source, document.subject(("calendar", word)), message, hint)


def _read_table(path: Path, document: Document, findings: list[Finding]) -> tuple[Calendar | None, list[Finding]]:
    """The fiscal months that a CSV file lists; a record that is none is a finding at that record."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as fault:
        reason = fault.strerror if isinstance(fault, OSError) else "it is not UTF-8 text"
        return None, [*findings, _calendar_fault(document, "path", f"{path.as_posix()} cannot be read: {reason}")]
    records = csv.DictReader(text.splitlines())
    source = path.as_posix()
    lacking = [column for column in _TABLE_COLUMNS if column not in (records.fieldnames or ())]
    if lacking:
        message = f"the calendar's table has no column {', '.join(lacking)}"
        hint = f"its columns are {', '.join(_TABLE_COLUMNS)} and, if wanted, month"
        return None, [*findings, error("workspace-calendar", source, "", message, hint)]
    rows: list[TableRow] = []
    faults: list[Finding] = []
    for number, record in enumerate(records, start=1):
        wrong = list(_wrong_cells(record))
        faults += [error("workspace-calendar", source, f"record {number}", message) for message in wrong]
        rows += [] if wrong else [_table_row(record)]
    if faults:
        return None, [*findings, *faults]
    try:
        return Calendar.table(rows), findings
    except ValueError as fault:
        return None, [*findings, error("workspace-calendar", source, "", str(fault))]


def _cells(record: Mapping[str, str | None]) -> dict[str, str]:
    return {column: (record.get(column) or "").strip() for column in (*_TABLE_COLUMNS, "month")}


def _wrong_cells(record: Mapping[str, str | None]) -> Iterator[str]:
    """What is wrong with a record's cells, one by one."""
    cells = _cells(record)
    for column in ("fiscal_year", "period"):
        if not cells[column].isdecimal():
            yield f"{column} should be a whole number, not {shown(cells[column])}"
    for column in ("first_day", "last_day"):
        try:
            date.fromisoformat(cells[column])
        except ValueError:
            yield f"{column} should be a day such as 2025-01-31, not {shown(cells[column])}"


def _table_row(record: Mapping[str, str | None]) -> TableRow:
    """One record without fault as a fiscal month."""
    cells = _cells(record)
    first, last = date.fromisoformat(cells["first_day"]), date.fromisoformat(cells["last_day"])
    return TableRow(int(cells["fiscal_year"]), int(cells["period"]), first, last, cells["month"] or None)
