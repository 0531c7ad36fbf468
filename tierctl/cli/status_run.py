"""The ledger from the command line: its state, told to a person or a program."""

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from tierctl import __version__
from tierctl.cli import machine
from tierctl.cli.closed_month import ClosedMonth
from tierctl.cli.common import shown
from tierctl.cli.layout import page_width
from tierctl.cli.ledger_status import SetAside, Status, read_status
from tierctl.cli.status_lines import ending, head, lines
from tierctl.cli.terminal import Terminal, exit_code, guarded


def run_status(root: Path, *, as_json: bool) -> int:
    """Show the ledger, and return the exit code."""
    terminal = Terminal.open(as_json=as_json)
    return guarded(terminal, lambda: _status(root, terminal))


def _status(root: Path, terminal: Terminal) -> int:
    status = read_status(root)
    if terminal.is_json:
        terminal.print_json(_content(status))
        return exit_code(status.findings, 0)
    terminal.print_findings(status.findings)
    terminal.print_lines(lines(status, page_width(terminal.out.width)))
    terminal.print_whole(head(status))
    terminal.print_lines(ending(status, machine.today()))
    return exit_code(status.findings, 0)


def _content(status: Status) -> dict[str, Any]:
    last, following = status.last, status.next
    return {
        "ledger": shown(status.workspace.ledger),
        "closes": [_close(month) for month in status.months],
        "set_aside": [_set_aside(each) for each in status.set_aside],
        "head": {"month": last.label, "sha256": last.sha256} if last else None,
        "next": {"month": following.label, "last": str(following.last), "has_ended": following.last < machine.today()}
        if following
        else None,
        "money_from": status.money_from,
        "changed_since": {
            "files": [{"about": each.about, "path": each.path, "state": each.state} for each in status.changed],
            "tierctl": {"closed_with": status.closed_with, "now": __version__},
        }
        if last
        else None,
        "findings": [finding.as_dict() for finding in status.findings],
    }


def _close(month: ClosedMonth) -> dict[str, Any]:
    close = month.close
    return {
        "month": close.label,
        "kind": close.manifest["kind"],
        "folder": shown(close.folder),
        "sha256": close.sha256,
        **close.record,
        "accepted": close.manifest["accepted"],
        "partners": month.partners,
        "commissions": _amounts(month.commissions),
        "credits": _amounts(month.credits),
    }


def _amounts(by_currency: Mapping[str, Decimal]) -> dict[str, Decimal]:
    return dict(by_currency)


def _set_aside(each: SetAside) -> dict[str, Any]:
    return {
        "folder": shown(each.close.folder),
        "sha256": each.close.sha256,
        **{key: each.record.get(key) for key in ("reason", "reopened_at", "reopened_by")},
    }
