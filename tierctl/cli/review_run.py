"""A review from the command line: read, review, write, tell."""

from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from tierctl.cli import run, steps, streams, summary
from tierctl.cli.asked_pages import asked_pages
from tierctl.cli.common import EXIT_FAULTS, shown
from tierctl.cli.done import Done, done_of
from tierctl.cli.journal import Journal
from tierctl.cli.line_spool import LineSpool
from tierctl.cli.partners import refuse_unknown
from tierctl.cli.spool import spool_folder
from tierctl.cli.terminal import OutputError, Terminal, exit_code, guarded
from tierctl.findings import CannotRunError, Finding, error
from tierctl.fiscal import FiscalMonth
from tierctl.ingest.read import ROSTER
from tierctl.ledger.closes import Ledger
from tierctl.report.formats import Format
from tierctl.report.tables import json_text
from tierctl.report.write import refuse_foreign
from tierctl.workspace import Workspace


@dataclass(frozen=True)
class Request:
    """What a person asked for. `partners` None: all of them; `out` None: the workspace's own reports.

    `formats` None: every report in its usual one. `has_partner_pages`: every partner gets a page of its own.
    """

    root: Path
    month: str
    partners: tuple[str, ...] | None
    out: Path | None
    formats: tuple[Format, ...] | None
    has_partner_pages: bool = False


def run_review(asked: Request, *, quiet: bool, as_json: bool, log: Path | None = None) -> int:
    """Review the month, write the reports, tell what came of it, and return the exit code."""
    journal = Journal.of(log, "review", asked.root, asked.month)
    terminal = Terminal.open(quiet=quiet, as_json=as_json, journal=journal)
    return guarded(terminal, lambda: _review(asked, terminal))


def _review(asked: Request, terminal: Terminal) -> int:
    opened = run.open_workspace(asked.root)
    workspace = opened.workspace
    month = run.find_month(workspace, asked.month)
    folder = _folder(asked, workspace, month)
    with ExitStack() as stack:
        ledger = Ledger(workspace.ledger)
        if folder is not None:
            if folder.resolve().is_relative_to(workspace.reports.resolve()):
                stack.enter_context(run.locked(workspace))
                ledger = steps.recovered(workspace)
            refuse_foreign(folder)
            _refuse_closed(folder, workspace, ledger)
        plan = steps.plan(opened, month, ledger)
        ingested = stack.enter_context(steps.reading(terminal, plan))
        if asked.partners is not None:
            refuse_unknown(asked.partners, ingested.exports[ROSTER].parts)
        lines = None if folder is None else LineSpool(stack.enter_context(spool_folder()))
        made = steps.make(plan, ingested, partners=asked.partners, lines=lines)
        findings = [*run.far_ahead(month), *run.not_ended(month), *made.findings]
        if folder is not None:
            pages = asked_pages(made, tuple(findings), asked.formats, is_by_partner=asked.has_partner_pages)
            findings += steps.write(made, folder, partners=asked.partners, formats=asked.formats, pages=pages)
            terminal.journal.event("reports.written", month=month.label, folder=folder.resolve())
    terminal.journal.found(findings)
    done = done_of(made, folder, asked.formats)
    try:
        _tell(terminal, done, tuple(findings))
    except OutputError as fault:
        return _tell_of_silence(terminal, done, fault)
    return exit_code(findings, ingested.rejects.height)


def _refuse_closed(folder: Path, workspace: Workspace, ledger: Ledger) -> None:
    """Refuse to write a closed month's reports anew: they are what was sealed.

    Raises:
        CannotRunError: they lie in that folder.
    """
    is_theirs = folder.resolve().parent == workspace.reports.resolve()
    if is_theirs and any(close.label == folder.name for close in ledger.closes()):
        message = f"{folder.name} is closed, and its reports stay as they are"
        hint = f"to look at it on today's exports: tierctl review --month {folder.name} --out DIR"
        raise CannotRunError([error("month-closed", "--month", folder.name, message, hint)])


def _folder(asked: Request, workspace: Workspace, month: FiscalMonth) -> Path | None:
    """Where the reports go; None: a review of some partners must not stand in the place of the whole month's.

    Raises:
        CannotRunError: it is the current folder, from under which a shell would lose the files, or in the ledger.
    """
    if asked.out is None:
        return None if asked.partners is not None else workspace.reports / month.label
    folder = asked.out.resolve()
    if folder == Path.cwd():
        message = "a review replaces its folder as a whole, so it cannot be the folder that you are in"
        raise CannotRunError([error("reports-unwritable", asked.out, "", message, "name a folder below it")])
    if folder.is_relative_to(workspace.ledger.resolve()):
        message = "the ledger holds closed months alone, and no review writes there"
        raise CannotRunError([error("reports-unwritable", asked.out, "", message, "name a folder outside it")])
    return Path(shown(folder))


def _tell(terminal: Terminal, done: Done, findings: tuple[Finding, ...]) -> None:
    if terminal.is_json:
        content = {
            **done.counts,
            "reports": None if done.folder is None else shown(done.folder),
            "findings": [finding.as_dict() for finding in findings],
        }
        shown_tables = {} if done.folder else {name: done.review.tables[name] for name in sorted(done.review.tables)}
        tables = {name: json_text(df) for name, df in shown_tables.items() if name in done.tables}
        terminal.print_json(content, **tables)
        return
    if terminal.is_quiet:
        _tell_faults(terminal, done, findings)
    else:
        # Rejected rows are told by the summary; what else was found goes to stderr.
        terminal.print_findings(summary.not_of_rows(done.ingested, findings))
        terminal.print_lines(summary.lines(done, terminal.out))


def _tell_of_silence(terminal: Terminal, done: Done, fault: OutputError) -> int:
    """Say that the review was made and its summary could not be printed; a cron job must not take it for told."""
    streams.give_up()
    terminal.journal.unwritable(fault)
    where = f"the reports lie in {shown(done.folder)}, but the" if done.folder else "the"
    said = f"tierctl review {done.review.month.label}: {where} summary cannot be written: {fault}"
    terminal.err.print(said, soft_wrap=True)
    return EXIT_FAULTS


def _tell_faults(terminal: Terminal, done: Done, findings: tuple[Finding, ...]) -> None:
    """One line on stderr where the run was not clean, else nothing."""
    if exit_code(findings, done.ingested.rejects.height):
        terminal.err.print(summary.fault_line(done, findings), soft_wrap=True)
