"""The steps that commands share: open the workspace, choose the month, read the programs and the exports."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from types import MappingProxyType

from filelock import FileLock, Timeout

from tierctl.cli import machine
from tierctl.cli.holidays import unknown_holidays
from tierctl.cli.spool import spool_folder
from tierctl.cli.terminal import Terminal
from tierctl.currency_checks import FX_RATES, mixed_currencies, rate_checks
from tierctl.dry_run import dry_run
from tierctl.export_config import KnownExports
from tierctl.findings import CannotRunError, Finding, Severity, error, warning
from tierctl.fiscal import Calendar, FiscalMonth
from tierctl.ingest import Ingested, RowCheck, TableCheck, read_exports
from tierctl.ingest.kept import Kept
from tierctl.ingest.read import ROSTER
from tierctl.program.in_use import exports_in_use
from tierctl.program.load import Editions, load_all
from tierctl.program.model import PAYMENTS, Program
from tierctl.row_checks import DECISIONS, overlap_check, row_checks
from tierctl.row_warnings import other_programs, unlikely_rows
from tierctl.workspace import Reading, Workspace, read

LOCK = ".tierctl.lock"
_FAR_AHEAD = timedelta(days=366)


@dataclass(frozen=True)
class Opened:
    """A workspace that could be read, every edition of its programs, and the warnings about them."""

    workspace: Workspace
    editions: tuple[Editions, ...]
    findings: tuple[Finding, ...]


def open_workspace(root: Path) -> Opened:
    """Read tierctl.toml and the program files it names.

    Raises:
        CannotRunError: one of them is missing or wrong; carries every fault of all of them.
    """
    reading = read_workspace(root)
    editions, faults = read_programs(reading, root)
    findings = [*reading.findings, *faults]
    if reading.workspace is None or any(finding.severity is Severity.ERROR for finding in findings):
        raise CannotRunError(findings)
    return Opened(reading.workspace, editions, tuple(findings))


def workspace_alone(root: Path) -> Workspace:
    """What tierctl.toml says, whatever is wrong with the programs that it names.

    Raises:
        CannotRunError: it is missing or wrong; carries every fault of it.
    """
    reading = read_workspace(root)
    if reading.workspace is None:
        raise CannotRunError(reading.findings)
    return reading.workspace


def read_workspace(root: Path) -> Reading:
    """What tierctl.toml says, held against the exports that the programs it names declare."""

    def known(refs: Sequence[str]) -> KnownExports:
        return exports_in_use(refs, root)[0]

    return read(root, known)


def read_programs(reading: Reading, root: Path) -> tuple[tuple[Editions, ...], list[Finding]]:
    """Every edition of the programs that a workspace names, and what is wrong with them, beyond their words too."""
    editions, findings = load_all(reading.programs, root)
    calendar = reading.workspace.calendar if reading.workspace else Calendar.months()
    programs = [program for each in editions for program in each.programs]
    findings += exports_in_use(reading.programs, root)[1]
    findings += [fault for each in programs for fault in dry_run(each, calendar, each.id)]
    findings += unknown_holidays(reading.workspace, root) if reading.workspace else []
    return editions, [*findings, *mixed_currencies(programs)]


def find_month(workspace: Workspace, text: str) -> FiscalMonth:
    """The fiscal month that a person named.

    Raises:
        CannotRunError: it names none.
    """
    try:
        return workspace.calendar.month(text, today=machine.today())
    except ValueError as fault:
        hint = "name it as in 2025-05, FY2025-P05 or last"
        raise CannotRunError([error("month-unknown", "--month", text, str(fault), hint)]) from fault


def far_ahead(month: FiscalMonth) -> list[Finding]:
    """A warning where the month begins so long after today that another one was probably meant."""
    if month.first - machine.today() <= _FAR_AHEAD:
        return []
    message = f"{month.label} begins on {month.first}, more than a year after today"
    return [warning("month-far-ahead", "--month", month.label, message, "look whether another year is meant")]


def not_ended(month: FiscalMonth) -> list[Finding]:
    """A warning where the month has not ended by today, unless another one was probably meant."""
    today = machine.today()
    if month.last < today or far_ahead(month):
        return []
    message = f"{month.label} ends on {month.last}, and today is {today}: rows, tiers and amounts may still change"
    return [warning("month-not-ended", "--month", month.label, message, "review it again once it has ended")]


def choose_editions(editions: Sequence[Editions], month: FiscalMonth) -> tuple[tuple[Program, ...], list[Finding]]:
    """The edition of each program that is in force on the month's last day.

    Returns:
        The editions; and a warning for each program that begins later, beside others that have begun.

    Raises:
        CannotRunError: no program has begun by then.
    """
    begun = tuple(each.in_force(month.last) for each in editions if _begins(each) <= month.last)
    later = [each for each in editions if _begins(each) > month.last]
    make = warning if begun else error
    findings = [
        make(
            "review-before-start",
            "--month",
            month.label,
            f"{each.id} takes effect on {_begins(each)}, and {month.label} ends on {month.last} before that",
            "" if begun else f"the first month that can be reviewed is the one that holds {_begins(each)}",
        )
        for each in later
    ]
    if not begun:
        raise CannotRunError(findings)
    return begun, findings


def editions_until(editions: Sequence[Editions], month: FiscalMonth) -> tuple[Program, ...]:
    """Every edition that has taken effect by the month's last day; a replay reads each for its own months."""
    programs = (program for each in editions for program in each.programs)
    return tuple(program for program in programs if program.effective_from <= month.last)


def needed_exports(workspace: Workspace, programs: Sequence[Program]) -> list[str]:
    """The exports that the programs read, the roster first.

    Decisions are read only where the workspace has them, and so are rates of exchange, where a program would use them.
    """
    read = {name for program in programs for name in program.reads} - {ROSTER}
    wanted = {DECISIONS, *(FX_RATES for program in programs if program.policy.fx)}
    read |= {name for name in wanted if name in workspace.exports}
    return [ROSTER, *sorted(read)]


@contextmanager
def reading(
    terminal: Terminal,
    workspace: Workspace,
    exports: Sequence[str],
    editions: Sequence[Editions],
    *,
    until: date | None,
    thorough: bool = False,
    row_rules: Sequence[RowCheck] = (),
    table_rules: Sequence[TableCheck] = (),
    kept: Mapping[str, Kept] = MappingProxyType({}),
) -> Iterator[Ingested]:
    """Read the exports into a temporary spool, which lasts as long as the block.

    Rows are held against what the programs say of them too, whichever of their editions says it.

    Args:
        terminal: where progress is shown.
        workspace: where the exports lie.
        exports: the names of those to read.
        editions: the programs in use; none of them where one could not be read.
        until: rows dated later are ignored and counted; None ignores nothing.
        thorough: also look for what is allowed but unlikely to be meant.
        row_rules: further rules for single rows.
        table_rules: further rules for rows beside others.
        kept: what is taken over from the last close, by export.

    Raises:
        CannotRunError: an export is missing, unreadable or lacks a column.
    """
    programs = [program for each in editions for program in each.programs]
    rates = rate_checks(programs, workspace.calendar, until, has_rates=FX_RATES in workspace.exports)
    with spool_folder() as spool:
        with terminal.progress() as advance:
            ingested = read_exports(
                workspace,
                exports,
                until=until,
                spool=spool,
                in_buckets=_read_by_rules(programs),
                thorough=thorough,
                row_checks=(*row_checks(programs), *row_rules),
                table_checks=(*rates, overlap_check(), *table_rules),
                on_progress=advance,
                kept=kept,
            )
        for name, of in ingested.exports.items():
            terminal.journal.event("export.read", export=name, rows=of.rows_read, rejected=of.rejected)
        warnings = other_programs(ingested.exports, programs)
        if thorough:
            values = {name: config.values for name, config in workspace.exports.items()}
            warnings += unlikely_rows(ingested.exports, programs, values)
        yield replace(ingested, findings=(*ingested.findings, *warnings))


def _read_by_rules(programs: Sequence[Program]) -> set[str]:
    """The exports that make lines: as many lines as they have rows, which no memory should have to hold at once."""
    rules = [rule for program in programs for _, _, rule in program.rules]
    return {name for rule in rules for name in (rule.from_, *rule.with_) if name} | ({PAYMENTS} if rules else set())


@contextmanager
def locked(workspace: Workspace) -> Iterator[None]:
    """Keep every other writing run out of the workspace while the block runs.

    Raises:
        CannotRunError: another run is in it, or the lock cannot be made.
    """
    path = workspace.root / LOCK
    lock = FileLock(path)
    try:
        lock.acquire(timeout=0)
    except Timeout as fault:
        message = "another run of tierctl is at work in this workspace"
        hint = "wait until it has ended; the lock goes with it, the file may stay"
        raise CannotRunError([error("workspace-locked", path, "", message, hint)]) from fault
    except (OSError, NotImplementedError) as fault:
        reason = fault.strerror if isinstance(fault, OSError) else None
        message = f"the workspace cannot be locked, which comes before anything is written there: {reason or fault}"
        hint = "see that you may write in the workspace; a review can write elsewhere: --out DIR takes no lock"
        raise CannotRunError([error("reports-unwritable", path, "", message, hint)]) from fault
    try:
        yield
    finally:
        lock.release()


def _begins(editions: Editions) -> date:
    return min(program.effective_from for program in editions.programs)
