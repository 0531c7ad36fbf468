"""The workspace: what `tierctl.toml` says about programs, the fiscal calendar, holidays, exports and where reports go.

Exports may lie anywhere, since a person configured that; what tierctl writes stays inside the workspace.
"""

import csv
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path, PurePosixPath, PureWindowsPath
from types import MappingProxyType
from typing import Annotated, ClassVar, Literal, TypeAlias

from pydantic import BeforeValidator, Discriminator, Field, StrictInt, Tag
from pydantic_core import PydanticCustomError

from tierctl import validation
from tierctl.contracts import Contract
from tierctl.export_config import ExportConfig, KnownExports, check_exports, day, standard_exports
from tierctl.export_format import Format, Table
from tierctl.findings import Finding, error
from tierctl.fiscal import Calendar, FiscalMonth, TableRow
from tierctl.located import Document, Key, line_of, parse
from tierctl.validation import shown, validate

__all__ = ["FILE", "ExportConfig", "Format", "Reading", "Workspace", "load", "read"]

FILE = "tierctl.toml"

_TABLE_COLUMNS = ("fiscal_year", "period", "first_day", "last_day")
_WORDS_OF_KINDS = {"months": ("year_starts",), "table": ("path",)}
_WORDS_OF_WEEKS = ("year_ends",)
_WORDS_OF_RULES = ("year_named_by",)


class _CalendarTable(Table):
    kind: Literal["months", "4-4-5", "4-5-4", "5-4-4", "table"] = "months"
    year_starts: Annotated[StrictInt, Field(ge=1, le=12)] = 1
    year_ends: str = ""
    year_named_by: Literal["end", "start"] = "end"
    path: str = ""


def _amount(raw: object) -> object:
    if isinstance(raw, int | Decimal) and not isinstance(raw, bool) and Decimal(raw).is_finite():
        return Decimal(raw)
    message = "{raw} should be a number such as 500 or 1250.50, without quotes"
    raise PydanticCustomError("amount", message, {"raw": shown(raw)})


def _ledger_kind(raw: object) -> str:
    return "<table>" if isinstance(raw, Mapping | _LedgerTable) else "<path>"


class _LedgerTable(Table):
    path: str = "ledger"
    starts: str | None = None
    adjustment_limit: Annotated[Decimal, BeforeValidator(_amount), Field(ge=0)] | None = None


_PathOrLedger: TypeAlias = Annotated[
    Annotated[str, Tag("<path>")] | Annotated[_LedgerTable, Tag("<table>")], Discriminator(_ledger_kind)
]


class _File(Table):
    programs: tuple[str, ...] = Field(min_length=1)
    reports: str = "reports"
    ledger: _PathOrLedger = "ledger"
    calendar: _CalendarTable = Field(default=_CalendarTable())
    holidays: dict[str, tuple[Annotated[date, BeforeValidator(day)], ...]] = Field(default={})
    exports: dict[str, ExportConfig] = Field(default={})

    EXAMPLES: ClassVar[Mapping[str, str]] = MappingProxyType({"programs": 'programs = ["elevate"]'})
    STAND_INS: ClassVar[Mapping[str, object]] = MappingProxyType({"programs": [""]})

    @property
    def closes(self) -> _LedgerTable:
        """The ledger as a table, where the file gives its path alone too."""
        return _LedgerTable(path=self.ledger) if isinstance(self.ledger, str) else self.ledger


@dataclass(frozen=True)
class Workspace:
    """A workspace as read: paths of its own are absolute or relative as `root` is; those of exports are as written.

    `contracts` says what every export has to bring, with the columns and tables that the programs in use declare.
    `calendar_file` is the table that the calendar was read from; None: it is of another kind.
    `money_from` is the fiscal month with which postings begin; None: they begin with the month that is asked for.
    `adjustment_limit` is the most that a close may post for closed months in any currency; None: there is no limit.
    `holidays` are lists of days by name; programs move their pay days off them.
    """

    root: Path
    programs: tuple[str, ...]
    reports: Path
    ledger: Path
    calendar: Calendar
    exports: Mapping[str, ExportConfig]
    file: Path
    contracts: Mapping[str, Contract] = field(default_factory=lambda: standard_exports().contracts)
    calendar_file: Path | None = None
    money_from: FiscalMonth | None = None
    adjustment_limit: Decimal | None = None
    holidays: Mapping[str, tuple[date, ...]] = field(default_factory=dict)


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


def _standard(_: Sequence[str]) -> KnownExports:
    return standard_exports()


def load(root: Path) -> tuple[Workspace | None, list[Finding]]:
    """Read the workspace in a folder, which has the standard exports alone.

    Returns:
        The workspace, or None where something is wrong; and every fault of tierctl.toml and of its calendar's table.
    """
    reading = read(root)
    return reading.workspace, reading.findings


def read(root: Path, known: Callable[[Sequence[str]], KnownExports] = _standard) -> Reading:
    """Read the workspace in a folder, and the programs that it names even where something is wrong.

    Args:
        root: the folder of tierctl.toml.
        known: what there is of exports where the programs of these ids and paths are in use.
    """
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
    programs = tuple(ref for ref in file.model.programs if ref)
    exports = known(programs)
    calendar, faults = _check(file.model, root, file, exports)
    money_from, wrong = _starts(file.model, calendar, file.document)
    findings += [*faults, *wrong]
    if calendar is None or findings:
        return Reading(None, programs, sorted(findings, key=lambda each: (each.source != source, line_of(each))))
    return Reading(_workspace(file.model, root, calendar, exports, money_from), programs, [])


def _workspace(
    file: _File, root: Path, calendar: Calendar, known: KnownExports, money_from: FiscalMonth | None
) -> Workspace:
    return Workspace(
        root=root,
        programs=file.programs,
        reports=root / file.reports,
        ledger=root / file.closes.path,
        calendar=calendar,
        exports=file.exports,
        file=root / FILE,
        contracts=known.contracts,
        calendar_file=root / file.calendar.path if file.calendar.kind == "table" else None,
        money_from=money_from,
        adjustment_limit=file.closes.adjustment_limit,
        holidays=file.holidays,
    )


def _check(
    file: _File, root: Path, read_: validation.Reading[_File], known: KnownExports
) -> tuple[Calendar | None, list[Finding]]:
    """The calendar, None: it is none; and what is wrong although every word can be read."""
    document, repairs = read_.document, read_.repairs
    written = [*_check_written(file, root, document)] or [*_check_apart(file, root, document)]
    findings = [*written, *check_exports(file.exports, document, known, repairs)]
    table, kind = document.written(("calendar",)), document.written(("calendar", "kind"))
    # Which words a calendar needs depends on its kind: where that cannot be read, nothing can be said of them.
    calendar, faults = (None, []) if repairs.inside(kind) else _calendar(file.calendar, root, document)
    if repairs.inside(table):
        faults = [fault for fault in faults if fault.subject != document.subject(("calendar", "kind"))]
    return calendar, [*findings, *faults]


def _starts(file: _File, calendar: Calendar | None, document: Document) -> tuple[FiscalMonth | None, list[Finding]]:
    """The fiscal month with which money begins, and why what is written names none."""
    text = file.closes.starts
    if text is None or calendar is None:
        return None, []
    try:
        return calendar.month(text), []
    except ValueError as fault:
        subject = document.subject(("ledger", "starts"))
        hint = 'such as starts = "2025-01"'
        return None, [error("workspace-wrong-value", document.source, subject, str(fault), hint)]


def _check_written(file: _File, root: Path, document: Document) -> Iterator[Finding]:
    """What tierctl writes stays inside the workspace."""
    ledger: Key = ("ledger",) if isinstance(file.ledger, str) else ("ledger", "path")
    folders: tuple[tuple[str, Key, str], ...] = (
        ("reports", ("reports",), file.reports),
        ("ledger", ledger, file.closes.path),
    )
    for name, key, text in folders:
        path, windows = PurePosixPath(text), PureWindowsPath(text)
        is_outside = windows.is_absolute() or windows.drive or path.is_absolute() or ".." in windows.parts
        # A link can lead out where the words do not.
        if is_outside or not (root / text).resolve().is_relative_to(root.resolve()):
            message = f"{shown(text)} lies outside the workspace, and tierctl writes nothing there"
            yield error("workspace-outside", document.source, document.subject(key), message, f'{key[-1]} = "{name}"')
        elif path in {PurePosixPath(), PurePosixPath(FILE)}:
            message = f"{shown(text)} cannot be the folder of the {name}"
            yield error("workspace-outside", document.source, document.subject(key), message, f'{key[-1]} = "{name}"')


def _check_apart(file: _File, root: Path, document: Document) -> Iterator[Finding]:
    """Reports are replaced as a whole, and nothing in the ledger ever is: neither lies in the other."""
    reports, closes = (root / file.reports).resolve(), (root / file.closes.path).resolve()
    if reports.is_relative_to(closes) or closes.is_relative_to(reports):
        key: Key = ("ledger",) if isinstance(file.ledger, str) else ("ledger", "path")
        message = f"the ledger in {shown(file.closes.path)} and the reports in {shown(file.reports)} share a folder"
        yield error("workspace-wrong-value", document.source, document.subject(key), message, f'{key[-1]} = "ledger"')


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
