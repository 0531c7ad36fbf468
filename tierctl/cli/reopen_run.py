"""Reopening from the command line: the last close is set aside, and what comes of it is told."""

from dataclasses import dataclass
from pathlib import Path

from rich.text import Text

from tierctl.cli import machine, run, steps
from tierctl.cli.common import EXIT_CLEAN, shown
from tierctl.cli.terminal import Terminal, guarded
from tierctl.findings import CannotRunError, error
from tierctl.fiscal import FiscalMonth
from tierctl.ledger.closes import Close, Ledger
from tierctl.ledger.reopen import reopen


@dataclass(frozen=True)
class Request:
    """What a person asked for: the month, and why."""

    root: Path
    month: str
    reason: str


def run_reopen(asked: Request, *, quiet: bool, as_json: bool) -> int:
    """Set the month's close aside, tell so, and return the exit code."""
    terminal = Terminal.open(quiet=quiet, as_json=as_json)
    return guarded(terminal, lambda: _reopen(asked, terminal))


def _reopen(asked: Request, terminal: Terminal) -> int:
    # A program file at fault is often what a month is reopened for, so nothing of the programs is asked.
    workspace = run.workspace_alone(asked.root)
    month = run.find_month(workspace, asked.month)
    with run.locked(workspace):
        ledger = steps.recovered(workspace)
        close = _last(ledger, month)
        record = {"reason": asked.reason, "reopened_at": machine.stamp(), "reopened_by": machine.user()}
        folder = reopen(ledger, close, record)
    _tell(terminal, ledger, close, folder)
    return EXIT_CLEAN


def _last(ledger: Ledger, month: FiscalMonth) -> Close:
    """The last close, which alone can be set aside.

    Raises:
        CannotRunError: the month is not closed, or others after it are.
    """
    closes = ledger.closes()
    if closes and closes[-1].label == month.label:
        return closes[-1]
    is_closed = any(close.label == month.label for close in closes)
    message = f"{month.label} is {'closed, and so are months after it' if is_closed else 'not closed'}"
    hint = "no month is closed"
    if closes:
        last = closes[-1].label
        hint = f"the last close is that of {last}: tierctl reopen --month {last} --reason REASON"
    raise CannotRunError([error("reopen-not-last", "--month", month.label, message, hint)])


def _tell(terminal: Terminal, ledger: Ledger, close: Close, folder: Path) -> None:
    closes = ledger.closes()
    head = closes[-1] if closes else None
    if terminal.is_json:
        content = {
            "reopened": close.label,
            "sha256": close.sha256,
            "folder": shown(folder),
            "head": {"month": head.label, "sha256": head.sha256} if head else None,
            "next": close.label,
        }
        terminal.print_json(content)
    elif not terminal.is_quiet:
        is_open = Text.assemble((close.label, "bold"), " is open again; its close is kept, set aside.")
        terminal.print_lines([is_open, Text(), _labelled("Kept", f"{shown(folder)}/")])
        said = f"{head.sha256}  {head.label}" if head else "none: no month is closed"
        terminal.print_whole(_labelled("Head", said))
        terminal.print_lines([_labelled("Next", f"tierctl close --month {close.label}")])


def _labelled(label: str, text: str) -> Text:
    return Text.assemble((f"{label}  ", "bold"), text)
