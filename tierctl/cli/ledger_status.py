"""The state of a workspace's ledger: what is closed, what comes next, what has changed since the last close."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tierctl import __version__
from tierctl.cli import run, steps
from tierctl.cli.closed_month import ClosedMonth, closed_month
from tierctl.cli.files_today import Difference, differences
from tierctl.findings import CannotRunError, Finding, Severity
from tierctl.fiscal import FiscalMonth
from tierctl.ledger.closes import Close, Ledger
from tierctl.ledger.layout import record_of, unreadable
from tierctl.report.money import has_rules
from tierctl.workspace import Workspace


@dataclass(frozen=True)
class SetAside:
    """A close that was reopened; `record` says why, when and by whom."""

    close: Close
    record: Mapping[str, Any]


@dataclass(frozen=True)
class Status:
    """The state of a workspace's ledger.

    Attributes:
        workspace: the workspace.
        months: the closed months, oldest first.
        set_aside: the closes that were reopened.
        next: the month to be closed next; where none is closed and money has no month to start with, the first that
            can be; None: no program can be read, or the calendar does not reach so far.
        money_from: the label of the first month whose money is posted; None: it is not settled yet, or there is none.
        changed: the files that differ from those that the last close read.
        findings: why the workspace as it is cannot be reviewed.
    """

    workspace: Workspace
    months: tuple[ClosedMonth, ...]
    set_aside: tuple[SetAside, ...]
    next: FiscalMonth | None
    money_from: str | None
    changed: tuple[Difference, ...]
    findings: tuple[Finding, ...]

    @property
    def last(self) -> Close | None:
        """The last close."""
        return self.months[-1].close if self.months else None

    @property
    def closed_with(self) -> str:
        """The version of tierctl that made the last close; this one where there is none."""
        return str(self.last.manifest["tierctl"]) if self.last else __version__


def read_status(root: Path) -> Status:
    """The state of the ledger of the workspace in a folder; its programs may have faults.

    Raises:
        CannotRunError: tierctl.toml is missing or wrong, or the ledger is damaged.
    """
    reading = run.read_workspace(root)
    workspace = reading.workspace
    if workspace is None:
        raise CannotRunError(reading.findings)
    editions, faults = run.read_programs(reading, root)
    errors = tuple(fault for fault in faults if fault.severity is Severity.ERROR)
    # Of programs at fault nothing is told that could go wrong for the same reason.
    opened = run.Opened(workspace, () if errors else editions, errors)
    ledger = Ledger(workspace.ledger)
    closes = ledger.closes()
    following = _next(opened, closes)
    return Status(
        workspace=workspace,
        months=tuple(map(closed_month, closes)),
        set_aside=tuple(map(_reopened, ledger.set_aside())),
        next=following,
        money_from=_money_from(opened, closes),
        changed=tuple(differences(workspace, _needed(opened, following), closes[-1])) if closes else (),
        findings=(*errors, *steps.unfit(opened, closes)),
    )


def _next(opened: run.Opened, closes: list[Close]) -> FiscalMonth | None:
    calendar = opened.workspace.calendar
    if closes:
        try:
            return calendar.shift(calendar.month(closes[-1].label), 1)
        except ValueError:
            return None
    return steps.first_month(opened) if opened.editions else None


def _money_from(opened: run.Opened, closes: list[Close]) -> str | None:
    if opened.editions and not has_rules([program for each in opened.editions for program in each.programs]):
        return None
    starts = opened.workspace.money_from
    if closes and closes[-1].manifest["money_from"] is not None:
        return str(closes[-1].manifest["money_from"])
    return starts.label if starts else None


def _needed(opened: run.Opened, month: FiscalMonth | None) -> list[str]:
    return run.needed_exports(opened.workspace, run.editions_until(opened.editions, month)) if month else []


def _reopened(close: Close) -> SetAside:
    path = record_of(close.folder)
    try:
        return SetAside(close, json.loads(path.read_text(encoding="utf-8")))
    except OSError as fault:
        raise CannotRunError([unreadable(path, fault)]) from fault
