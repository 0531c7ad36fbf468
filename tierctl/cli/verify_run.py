"""A verification from the command line: bytes and chain, what was posted, each month evaluated again; then telling."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from tierctl.cli import run, verify_lines
from tierctl.cli.common import EXIT_CLEAN, EXIT_FAULTS
from tierctl.cli.evaluating import Evaluator, Today, partner_names
from tierctl.cli.journal import Journal
from tierctl.cli.layout import page_width
from tierctl.cli.one_file import write_file
from tierctl.cli.spool import spool_folder
from tierctl.cli.terminal import Terminal, guarded
from tierctl.cli.verified import Month, Verified
from tierctl.diffs.reports import rows_differing
from tierctl.diffs.row_changes import row_changes
from tierctl.diffs.waterfall import Way, waterfall
from tierctl.findings import CannotRunError, error
from tierctl.ingest import Ingested
from tierctl.ingest.kept import Kept, KeptRows, kept_for
from tierctl.ledger.check import damages
from tierctl.ledger.closes import Close, Ledger
from tierctl.ledger.opening import carried
from tierctl.ledger.positions import rebuilt
from tierctl.ledger.sides import is_opening, sealed_basis, sealed_tables
from tierctl.ledger.statement_chain import chained
from tierctl.report.tables import json_text


@dataclass(frozen=True)
class Request:
    """What a person asked for. `month` None: every closed month; `head` None: nobody noted it."""

    root: Path
    month: str | None
    head: str | None
    out: Path | None


def run_verify(asked: Request, *, quiet: bool, as_json: bool, log: Path | None = None) -> int:
    """Verify the ledger, tell what came of it, and return the exit code."""
    journal = Journal.of(log, "verify", asked.root, asked.month)
    terminal = Terminal.open(quiet=quiet, as_json=as_json, journal=journal)
    return guarded(terminal, lambda: _verify(asked, terminal))


def _verify(asked: Request, terminal: Terminal) -> int:
    opened = run.open_workspace(asked.root)
    ledger = Ledger(opened.workspace.ledger)
    with terminal.working() as say:
        say("comparing every file with its digest")
        damaged = damages(ledger, asked.head)
    if damaged:
        verified = Verified(opened, (), tuple(damaged))
    else:
        closes = ledger.closes()
        wanted = _wanted(asked, opened, closes)
        verified = _evaluated(terminal, opened, closes, wanted)
    _log(terminal.journal, verified)
    if asked.out is not None:
        write_file(verified.differences, asked.out, opened.workspace)
    _tell(terminal, verified, asked.out)
    return EXIT_CLEAN if verified.is_as_sealed else EXIT_FAULTS


def _wanted(asked: Request, opened: run.Opened, closes: Sequence[Close]) -> set[str]:
    """The months to be evaluated again.

    Raises:
        CannotRunError: the month asked for is not closed.
    """
    labels = [close.label for close in closes]
    if asked.month is None:
        return set(labels)
    month = run.find_month(opened.workspace, asked.month)
    if month.label not in labels:
        hint = f"closed are {labels[0]} to {labels[-1]}" if labels else "no month is closed"
        message = f"{month.label} is not closed, and so there is nothing to verify"
        raise CannotRunError([error("month-not-closed", "--month", asked.month, message, hint)])
    return {month.label}


def _evaluated(terminal: Terminal, opened: run.Opened, closes: Sequence[Close], wanted: set[str]) -> Verified:
    """The second and the third stage, where no file is damaged."""
    if not closes:
        return Verified(opened, (), ())
    with terminal.working() as say:
        say("adding up what has been posted")
        position, statements = rebuilt(closes), chained(closes)
    verified = Verified(opened, tuple(closes), (), position, statements=statements)
    try:
        with _read(terminal, opened, closes) as ingested:
            today, months = Today(opened, ingested), []
            with terminal.working() as say:
                for number, close in enumerate(closes):
                    if close.label in wanted:
                        say(f"evaluating {close.label} again")
                        months.append(_month(today, close, closes[:number]))
            return replace(verified, months=tuple(months), ingested=ingested)
    except CannotRunError as fault:
        # The ledger has been looked through; that today's exports cannot be read changes nothing of that.
        return replace(verified, unread=fault.findings)


@contextmanager
def _read(terminal: Terminal, opened: run.Opened, closes: Sequence[Close]) -> Iterator[Ingested]:
    """Today's exports until the last closed day: each month reads what is dated until its own.

    Raises:
        CannotRunError: an export is missing, unreadable or lacks a column.
    """
    workspace = opened.workspace
    last = workspace.calendar.month(closes[-1].label)
    programs = run.editions_until(opened.editions, last)
    exports = run.needed_exports(workspace, programs)
    kept = {name: of for name, of in _as_read(kept_for(carried(closes), workspace, programs)).items() if of}
    with run.reading(terminal, workspace, exports, opened.editions, until=last.last, kept=kept) as ingested:
        yield ingested


def _as_read(kept: Mapping[str, Kept]) -> dict[str, KeptRows | None]:
    """What is taken over where files bring only what is dated since a day.

    Reviews go on with the rates of closed months; here it is asked what today's rates would have made of them.
    """
    return {
        name: of if isinstance(of, KeptRows) else KeptRows(of.rows, of.since) if of.since is not None else None
        for name, of in kept.items()
    }


def _month(today: Today, close: Close, before: Sequence[Close]) -> Month:
    """One closed month evaluated again on today's exports, and what of it differs from what was sealed."""
    if is_opening(close):
        return Month(close, is_evaluated=False)
    opening = carried(before) if before else None
    workspace = today.opened.workspace
    sealed = sealed_tables(close)
    try:
        is_reversed = close.manifest["accepted"]["removals"] is not None
        month = workspace.calendar.month(close.label)
        basis = today.basis(month, opening, close.manifest["previous_close"], accept_removals=is_reversed)
        with spool_folder() as spool:
            now = Evaluator(spool / "now")(basis)
            reports = rows_differing(sealed, now)
            if not reports:
                return Month(close)
            way = Way.between(sealed_basis(close, opening), basis)
            differences = waterfall((sealed, now), way, Evaluator(spool / "step"), month=close.label, is_evaluated=True)
            names = partner_names(differences["partner_id"], sealed, now)
        return Month(close, differences, reports, tuple(row_changes(way.moves)), way.causes, names)
    except CannotRunError as fault:
        return Month(close, findings=fault.findings)


def _log(journal: Journal, verified: Verified) -> None:
    """Every finding, and one line for each month that was evaluated again, whether it differs or not."""
    journal.found((*verified.opened.findings, *verified.damaged, *verified.unread))
    for month in verified.months:
        journal.found(month.findings)
        content = month.content
        level = "info" if month.is_as_sealed else "error"
        journal.event(
            "month.verified", level, month=month.close.label, result=content["result"], causes=content["causes"]
        )
    if not verified.is_as_sealed:
        journal.event("ledger.differs", "error", message=verify_lines.fault_line(verified))


def _tell(terminal: Terminal, verified: Verified, out: Path | None) -> None:
    if terminal.is_json:
        terminal.print_json(verified.content, differences=json_text(verified.differences))
        return
    if terminal.is_quiet:
        if not verified.is_as_sealed:
            terminal.err.print(verify_lines.fault_line(verified), soft_wrap=True)
        return
    terminal.print_findings(verified.opened.findings)
    terminal.print_findings(verified.damaged, terminal.out)
    for findings in (verified.unread, *(month.findings for month in verified.months)):
        terminal.print_findings(findings)
    terminal.print_lines(verify_lines.lines(verified, page_width(terminal.out.width), out))
    if verified.closes:
        terminal.print_whole(verify_lines.head(verified))
