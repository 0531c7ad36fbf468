"""What review and close share: plan a month, read its exports, review it, write its reports.

A plan is made before any export is read. Where earlier months are closed the review opens from the last of them.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tierctl.carried import Carried
from tierctl.cli import run
from tierctl.cli.common import shown
from tierctl.cli.config_files import Config, read_config
from tierctl.cli.line_spool import LineSpool
from tierctl.cli.terminal import Terminal
from tierctl.findings import CannotRunError, Finding, error
from tierctl.fiscal import FiscalMonth
from tierctl.ingest import Ingested
from tierctl.ingest.kept import kept_for
from tierctl.ledger.closes import Close, Ledger
from tierctl.ledger.opening import carried
from tierctl.ledger.recover import recover
from tierctl.program.model import Program
from tierctl.report.formats import Format
from tierctl.report.manifest import Origin
from tierctl.report.money import MONEY_TABLES, has_rules
from tierctl.report.summary import summarize
from tierctl.report.swap import recover_all
from tierctl.report.tables import Table
from tierctl.report.write import unwritable, write_review
from tierctl.review import review
from tierctl.reviewed import Review
from tierctl.reward.sink import POSITION
from tierctl.workspace import Workspace


@dataclass(frozen=True)
class Plan:
    """A month to be reviewed: all that the workspace, its programs and its ledger say of it.

    Attributes:
        opened: the workspace.
        month: the fiscal month.
        programs: the edition of each program that is in force at its end.
        previous: the last close before the month; None: there is none.
        opening: what that close left.
        config: the files that say what a review does, as they were read.
        findings: warnings about workspace and programs.
    """

    opened: run.Opened
    month: FiscalMonth
    programs: tuple[Program, ...]
    previous: Close | None
    opening: Carried | None
    config: Config
    findings: tuple[Finding, ...]

    @property
    def workspace(self) -> Workspace:
        """The workspace itself."""
        return self.opened.workspace

    @property
    def replayed(self) -> tuple[Program, ...]:
        """Every edition in force in one of the months up to this one."""
        return run.editions_until(self.opened.editions, self.month)

    @property
    def money_from(self) -> FiscalMonth | None:
        """The first month whose money is posted: as the ledger has it, else as the workspace says."""
        if self.opening is None or self.opening.money_from is None:
            return self.workspace.money_from
        return self.workspace.calendar.month(self.opening.money_from)


@dataclass(frozen=True)
class Made:
    """A month that was reviewed.

    Attributes:
        plan: what it was reviewed by.
        ingested: what was read.
        review: what came of it.
        tables: every report by its name.
        counts: the content of summary.json.
        position: the ledger's table of that name, where the month is to be closed.
        findings: everything that was found, of which rejected rows are a part.
    """

    plan: Plan
    ingested: Ingested
    review: Review
    tables: dict[str, Table]
    counts: dict[str, Any]
    position: Table | None
    findings: tuple[Finding, ...]


def recovered(workspace: Workspace) -> Ledger:
    """The workspace's ledger, once what killed runs left there and among the reports is cleared up.

    Only who holds the workspace's lock may ask for this.

    Raises:
        CannotRunError: earlier reports lie under a hidden name and cannot be put back.
    """
    try:
        recover_all(workspace.reports)
    except OSError as fault:
        raise CannotRunError([unwritable(workspace.reports, fault)]) from fault
    ledger = Ledger(workspace.ledger)
    recover(ledger)
    return ledger


def plan(opened: run.Opened, month: FiscalMonth, ledger: Ledger) -> Plan:
    """The plan of a month's review.

    Raises:
        CannotRunError: no program has begun by then, or the ledger is damaged or does not fit the workspace.
    """
    programs, later = run.choose_editions(opened.editions, month)
    _refuse_unfit(opened, ledger.closes())
    before = ledger.before(month.label)
    return Plan(
        opened=opened,
        month=month,
        programs=programs,
        previous=before[-1] if before else None,
        opening=carried(before) if before else None,
        config=read_config(opened.workspace),
        findings=(*opened.findings, *later),
    )


def unfit(opened: run.Opened, closes: Sequence[Close]) -> list[Finding]:
    """Where a workspace says otherwise than its closed months: when they are, or since when money is posted."""
    return [*_moved_months(opened.workspace, closes), *_other_start(opened, closes)]


def _refuse_unfit(opened: run.Opened, closes: Sequence[Close]) -> None:
    if findings := unfit(opened, closes):
        raise CannotRunError(findings)


def _moved_months(workspace: Workspace, closes: Sequence[Close]) -> Iterator[Finding]:
    for close in closes:
        said = close.manifest["month"]
        try:
            month = workspace.calendar.month(close.label)
            now = f"{month.first} to {month.last}"
        except ValueError:
            now = "no month"
        closed = f"{said['first']} to {said['last']}"
        if now != closed:
            message = f"the calendar makes {close.label} {now}, and it was closed as {closed}"
            hint = f"{shown(close.file('config'))}/ has the tierctl.toml that it was closed with"
            yield error("ledger-calendar-differs", workspace.file.as_posix(), "calendar", message, hint)
            return


def _other_start(opened: run.Opened, closes: Sequence[Close]) -> Iterator[Finding]:
    workspace = opened.workspace
    begun = closes[-1].manifest["money_from"] if closes else None
    if begun is None or workspace.money_from is None:
        return
    # Before its first program takes effect a workspace posts nothing.
    first = {first_month(opened).label} if opened.editions else set()
    if begun not in {workspace.money_from.label, *first}:
        message = (
            f"money is to start with {workspace.money_from.label}, and the closed months have posted it since {begun}"
        )
        hint = f'starts = "{begun}"'
        yield error("ledger-starts-differ", workspace.file.as_posix(), "ledger.starts", message, hint)


def first_month(opened: run.Opened) -> FiscalMonth:
    """The first month that can be reviewed; with `[ledger] starts` none before it."""
    calendar, starts = opened.workspace.calendar, opened.workspace.money_from
    begins = min(program.effective_from for each in opened.editions for program in each.programs)
    month = calendar.month_of(begins)
    return max(month, starts) if starts else month


@contextmanager
def reading(terminal: Terminal, plan: Plan) -> Iterator[Ingested]:
    """Read the exports that the month needs; what was read lasts as long as the block.

    Raises:
        CannotRunError: an export is missing, unreadable or lacks a column.
    """
    workspace, programs = plan.workspace, plan.replayed
    with run.reading(
        terminal,
        workspace,
        run.needed_exports(workspace, programs),
        plan.opened.editions,
        until=plan.month.last,
        kept=kept_for(plan.opening, workspace, programs) if plan.opening else {},
    ) as ingested:
        yield ingested


def make(
    plan: Plan,
    ingested: Ingested,
    *,
    partners: Collection[str] | None = None,
    lines: LineSpool | None = None,
    accept_removals: bool = False,
    is_closing: bool = False,
) -> Made:
    """Review the month on what was read.

    Args:
        plan: the plan of it.
        ingested: what was read.
        partners: only these; None: all.
        lines: takes in the lines; None: they are among the review's tables.
        accept_removals: posted rows that are absent today are reversed, not held.
        is_closing: the review also gives what the ledger keeps of the month.
    """
    workspace = plan.workspace
    result = review(
        plan.replayed,
        {name: export.parts for name, export in ingested.exports.items()},
        workspace.calendar,
        plan.month,
        partners=partners,
        repeating=[name for name, config in workspace.exports.items() if config.on_duplicate == "keep"],
        money_from=plan.money_from,
        holidays=workspace.holidays,
        sink=lines,
        opening=plan.opening,
        accept_removals=accept_removals,
        is_closing=is_closing,
    )
    tables: dict[str, Table] = {**result.tables, **(lines.tables if lines else {}), "rejects": ingested.rejects}
    position = tables.pop(POSITION, None)
    left_out = () if has_rules(plan.replayed) else MONEY_TABLES
    return Made(
        plan=plan,
        ingested=ingested,
        review=result,
        tables={name: table for name, table in tables.items() if name not in left_out},
        counts=summarize(result, plan.programs, ingested, opening=plan.opening.month if plan.opening else None),
        position=position,
        findings=(*plan.findings, *ingested.findings, *result.findings),
    )


def write(
    made: Made,
    folder: Path,
    *,
    partners: tuple[str, ...] | None = None,
    formats: Sequence[Format] | None = None,
    pages: Iterable[tuple[str, str]] = (),
) -> list[Finding]:
    """Write the reports into the folder, and say what could not be cleared up beside it.

    Args:
        made: the month as reviewed.
        folder: what receives the files.
        partners: the partners that were asked for; None: all.
        formats: the formats asked for; None: each table's usual one.
        pages: further files by their path in the folder, each with its text.

    Raises:
        CannotRunError: the folder holds files that tierctl did not write, or cannot be written; it is as before.
    """
    plan, config = made.plan, made.plan.config
    origin = Origin(
        month=plan.month,
        partners=partners,
        workspace=config.workspace.source,
        programs=tuple(each.source for each in config.programs),
        inputs=made.ingested.files,
        previous_close=plan.previous.sha256 if plan.previous else None,
    )
    return write_review(folder, made.tables, formats=formats, summary=made.counts, origin=origin, pages=pages)
