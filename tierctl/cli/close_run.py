"""A close from the command line: read, review, refuse or write and seal, tell."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from rich.text import Text

from tierctl.cli import machine, opening_run, refusals, run, sealing, steps, streams, summary
from tierctl.cli.asked_pages import asked_pages
from tierctl.cli.common import EXIT_FAULTS, shown
from tierctl.cli.done import done_of
from tierctl.cli.journal import Journal
from tierctl.cli.layout import page_width, paragraph, plural
from tierctl.cli.ledger_words import accepted_in_words, month_in_words, set_aside_in_words
from tierctl.cli.line_spool import LineSpool
from tierctl.cli.opening_lines import DIGITS
from tierctl.cli.opening_run import KIND, OpeningFile, close_with_opening
from tierctl.cli.spool import spool_folder
from tierctl.cli.terminal import OutputError, Terminal, exit_code, guarded
from tierctl.findings import CannotRunError, Finding
from tierctl.fiscal import FiscalMonth
from tierctl.ledger.closes import Close, Ledger
from tierctl.ledger.seal import Contents, refuse_unwritable, seal
from tierctl.report.formats import WHOLE, Format
from tierctl.report.write import refuse_foreign
from tierctl.reward.sink import LINES, POSITION

_LABEL: Final = len("Accepted  ")


@dataclass(frozen=True)
class Request:
    """What a person asked for: the month, and the reasons for what would else keep it open.

    `opening` is a file that says what partners hold and are owed; None: the month is reviewed. `formats` None: every
    report in its usual one. `has_partner_pages`: every partner gets a page of its own.
    """

    root: Path
    month: str
    rejects: str | None
    removals: str | None
    adjustments: str | None
    leave_held: bool
    opening: Path | None = None
    formats: tuple[Format, ...] | None = None
    has_partner_pages: bool = False


@dataclass(frozen=True)
class _Closed:
    """A month that was closed as asked, with where its reports were written."""

    made: steps.Made
    close: Close
    reports: Path
    asked: Request
    findings: tuple[Finding, ...]

    @property
    def next(self) -> FiscalMonth:
        plan = self.made.plan
        return plan.workspace.calendar.shift(plan.month, 1)


def run_close(asked: Request, *, quiet: bool, as_json: bool, log: Path | None = None) -> int:
    """Close the month, tell what was sealed, and return the exit code."""
    journal = Journal.of(log, "close", asked.root, asked.month)
    terminal = Terminal.open(quiet=quiet, as_json=as_json, journal=journal)
    return guarded(terminal, lambda: _close(asked, terminal))


def _close(asked: Request, terminal: Terminal) -> int:
    opened = run.open_workspace(asked.root)
    workspace = opened.workspace
    month = run.find_month(workspace, asked.month)
    reports = workspace.reports / month.label
    with ExitStack() as stack:
        stack.enter_context(run.locked(workspace))
        ledger = steps.recovered(workspace)
        refuse_foreign(reports)
        refuse_unwritable(ledger)
        _refuse_turn(asked, opened, month, ledger.closes())
        plan = steps.plan(opened, month, ledger)
        made, opening = stack.enter_context(_made(asked, terminal, plan))
        accepted = _answered(asked, made)
        pages = asked_pages(made, made.findings, asked.formats, is_by_partner=asked.has_partner_pages)
        left = steps.write(made, reports, formats=asked.formats, pages=pages)
        terminal.journal.event("reports.written", month=month.label, folder=reports.resolve())
        close = _seal(made, accepted, ledger, opening)
        terminal.journal.event("month.closed", month=month.label, folder=close.folder.resolve(), sha256=close.sha256)
    closed = _Closed(made, close, reports, asked, (*made.findings, *left))
    terminal.journal.found(closed.findings)
    try:
        _tell(terminal, closed)
    except OutputError as fault:
        streams.give_up()
        terminal.journal.unwritable(fault)
        said = f"tierctl close {month.label}: the month is closed, but the summary cannot be written: {fault}"
        terminal.err.print(said, soft_wrap=True)
        return EXIT_FAULTS
    return exit_code(closed.findings, made.ingested.rejects.height)


@contextmanager
def _made(asked: Request, terminal: Terminal, plan: steps.Plan) -> Iterator[tuple[steps.Made, OpeningFile | None]]:
    """The month as reviewed, or as an opening has it, with that; what was read lasts as long as the block."""
    if asked.opening is not None:
        with close_with_opening(terminal, plan, asked.opening) as made_of_file:
            yield made_of_file
        return
    with steps.reading(terminal, plan) as ingested, spool_folder() as folder:
        lines = LineSpool(folder, (*LINES, POSITION))
        is_reversed = asked.removals is not None
        yield steps.make(plan, ingested, lines=lines, accept_removals=is_reversed, is_closing=True), None


def _refuse_turn(asked: Request, opened: run.Opened, month: FiscalMonth, closes: Sequence[Close]) -> None:
    """Refuse a month whose turn it is not, before anything of it is read.

    Raises:
        CannotRunError: it has not ended, or another comes first, or the workspace does not fit its closed months.
    """
    if unfit := steps.unfit(opened, closes):
        raise CannotRunError(unfit)
    of_turn = refusals.of_turn if asked.opening is None else opening_run.of_turn
    if refused := [*of_turn(opened, closes, month), *refusals.of_time(month, machine.today())]:
        raise CannotRunError(refused)


def _answered(asked: Request, made: steps.Made) -> dict[str, str | bool | None]:
    """What a person accepted for the month, as its manifest keeps it: nothing that there was no need to accept.

    Raises:
        CannotRunError: the month holds what nobody has answered for; with everything that was found, and that last.
    """
    rejects, removals = refusals.of_rejects(made), refusals.of_removals(made)
    adjustments = list(refusals.of_adjustments(made, made.plan.workspace.adjustment_limit))
    refused = [
        *(rejects if asked.rejects is None else []),
        *([] if asked.leave_held else removals),
        *(adjustments if asked.adjustments is None else []),
    ]
    if refused:
        raise CannotRunError([*made.findings, *refused])
    return {
        "rejects": asked.rejects if rejects else None,
        "removals": None if made.review.adjusted.is_empty() else asked.removals,
        "adjustments": asked.adjustments if adjustments else None,
        "left_held": bool(removals),
    }


def _seal(
    made: steps.Made, accepted: Mapping[str, str | bool | None], ledger: Ledger, opening: OpeningFile | None
) -> Close:
    def fill(folder: Path) -> Mapping[str, int]:
        if opening is not None:
            opening.keep(folder)
        return sealing.fill(made, folder)

    closing, config = made.review.closing, made.plan.config
    contents = Contents(
        kind="close" if opening is None else KIND,
        month=made.plan.month,
        money_from=closing.money_from if closing else None,
        workspace=config.workspace.source,
        programs=tuple(each.source for each in config.programs),
        inputs=made.ingested.files,
        accepted=accepted,
    )
    record = {"closed_at": machine.stamp(), "closed_by": machine.user()}
    return seal(ledger, contents, record, fill)


def _tell(terminal: Terminal, closed: _Closed) -> None:
    done = done_of(closed.made, closed.reports, closed.asked.formats)
    if terminal.is_json:
        terminal.print_json(_content(closed))
    elif terminal.is_quiet:
        if exit_code(closed.findings, closed.made.ingested.rejects.height):
            terminal.err.print(summary.fault_line(done, closed.findings, "close"), soft_wrap=True)
    else:
        terminal.print_findings(summary.not_of_rows(closed.made.ingested, closed.findings))
        width = page_width(terminal.out.width)
        terminal.print_lines([*summary.closed_lines(done, terminal.out), Text(), *_sealed(closed, width)])
        # The whole of it is what `verify --head` asks for.
        terminal.print_whole(_labelled("Head", closed.close.sha256))
        terminal.print_lines([_labelled("Next", month_in_words(closed.next, machine.today()))])


def _sealed(closed: _Closed, width: int) -> list[Text]:
    """Where what lies, what it follows, and what was accepted for it."""
    close, previous = closed.close, closed.made.plan.previous
    files = plural(len(close.manifest["files"]), "file")
    lines = [_labelled("Opening", f"the close of {previous.label}", previous.sha256[:DIGITS])] if previous else []
    if closed.asked.opening is not None:
        lines.append(_labelled("Opening", shown(closed.asked.opening), "in place of a review"))
    lines.append(_labelled("Reports", f"{shown(closed.reports)}/"))
    if Format.HTML in (closed.asked.formats or ()):
        lines.append(_labelled("Page", shown(closed.reports / WHOLE[Format.HTML])))
    lines.append(_labelled("Sealed", f"{shown(close.folder)}/", f"{files}, read-only"))
    for label, said in (("Accepted", accepted_in_words(close)), ("Follows", set_aside_in_words(close))):
        found = [line for text in said for line in paragraph(text, width, indent=_LABEL)]
        found[:1] = [_labelled(label, line.plain.lstrip()) for line in found[:1]]
        lines += found
    return lines


def _labelled(label: str, text: str, about: str = "") -> Text:
    return Text.assemble((f"{label:<{_LABEL}}", "bold"), text, (f"  {about}" if about else "", "dim"))


def _content(closed: _Closed) -> dict[str, Any]:
    close, made = closed.close, closed.made
    return {
        **made.counts,
        "closed": {
            "folder": shown(close.folder),
            "sha256": close.sha256,
            "kind": close.manifest["kind"],
            "previous_close": close.manifest["previous_close"],
            **close.record,
            "accepted": close.manifest["accepted"],
            "set_aside": close.manifest["reopened"],
        },
        "next": closed.next.label,
        "reports": shown(closed.reports),
        "findings": [finding.as_dict() for finding in closed.findings],
    }
