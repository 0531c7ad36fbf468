"""What a month is explained from: the exports of today, or, where it is closed, what its close sealed."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from tierctl.cli import run, steps
from tierctl.cli.diff_sides import Sides
from tierctl.cli.evaluating import Today
from tierctl.cli.ledger_words import signed_by
from tierctl.cli.summary import not_of_rows
from tierctl.cli.terminal import Terminal
from tierctl.contracts import empty, report_contract
from tierctl.diffs.basis import Basis
from tierctl.findings import CannotRunError, Finding, error
from tierctl.fiscal import FiscalMonth
from tierctl.ledger.closes import Close, Ledger
from tierctl.program.in_use import exports_in_use
from tierctl.workspace import ExportConfig, Workspace, read

if TYPE_CHECKING:
    from tierctl.program.model import Program

_CONFIG = "config"
_REJECTS = "rejects"


@dataclass(frozen=True)
class Source:
    """What a month is explained from.

    Attributes:
        basis: all that it is evaluated from.
        workspace: the workspace of today.
        exports: how the exports are written, by name; of a closed month as they were written then.
        root: the folder that the program files start from.
        refs: the program files, as that folder names them.
        rejects: the report of that name.
        findings: what was found before the month is evaluated, rejected rows apart.
        close: the close whose inputs these are; None: the month is open, and these are the exports of today.
        sealed: the reports that the close sealed, by name; none where the month is open.
    """

    basis: Basis
    workspace: Workspace
    exports: Mapping[str, ExportConfig]
    root: Path
    refs: tuple[str, ...]
    rejects: pl.DataFrame
    findings: tuple[Finding, ...]
    close: Close | None
    sealed: Mapping[str, pl.LazyFrame] = field(default_factory=dict)

    @property
    def month(self) -> FiscalMonth:
        """The month."""
        return self.basis.month

    @property
    def opening(self) -> str | None:
        """The closed month that it opens from; None: none is closed before it."""
        return self.basis.opening.month if self.basis.opening else None

    @property
    def programs(self) -> "tuple[Program, ...]":
        """The edition of each program that is in force at the month's end, by id."""
        by_age = sorted(self.basis.programs, key=lambda program: program.effective_from)
        latest = {program.id: program for program in by_age}
        return tuple(latest[id_] for id_ in sorted(latest))

    @property
    def said(self) -> str:
        """What it is, as a sentence."""
        if self.close is not None:
            return f"{self.month.label} was closed {signed_by(self.close.record, 'closed')}: this is what was sealed."
        opening = f", and what the close of {self.opening} left" if self.opening else ""
        return f"{self.month.label} is open: this is what the exports say today{opening}."


@contextmanager
def source_of(root: Path, text: str, terminal: Terminal) -> Iterator[Source]:
    """What the month is explained from that a person named; what was read lasts as long as the block.

    Raises:
        CannotRunError: there is no such month, its files cannot be read, or it was closed with an opening file alone.
    """
    workspace = run.workspace_alone(root)
    month = run.find_month(workspace, text)
    close = Ledger(workspace.ledger).close_of(month.label)
    with ExitStack() as stack:
        if close is None:
            yield _of_today(root, month, terminal, stack)
        else:
            yield _of_close(close, workspace, Sides(root, terminal, stack))


def _of_today(root: Path, month: FiscalMonth, terminal: Terminal, stack: ExitStack) -> Source:
    opened = run.open_workspace(root)
    workspace = opened.workspace
    plan = steps.plan(opened, month, Ledger(workspace.ledger))
    ingested = stack.enter_context(steps.reading(terminal, plan))
    sha256 = plan.previous.sha256 if plan.previous else None
    findings = (*run.far_ahead(month), *plan.findings, *not_of_rows(ingested, ingested.findings))
    return Source(
        basis=Today(opened, ingested).basis(month, plan.opening, sha256),
        workspace=workspace,
        exports=workspace.exports,
        root=workspace.root,
        refs=workspace.programs,
        rejects=ingested.rejects,
        findings=findings,
        close=None,
    )


def _of_close(close: Close, workspace: Workspace, sides: Sides) -> Source:
    side = sides.side(close.label)
    if side.basis is None:
        message = f"{close.label} cannot be explained: {side.not_kept}"
        hint = "explain a month that was reviewed; tierctl status lists the closed months"
        raise CannotRunError([error("month-not-kept", "--month", close.label, message, hint)])
    kept = close.folder / _CONFIG
    refs = tuple(path.relative_to(kept).as_posix() for path in sorted((kept / "programs").glob("*.toml")))
    rejects = side.tables.get(_REJECTS)
    return Source(
        basis=side.basis,
        workspace=workspace,
        exports=_exports_of(kept, refs),
        root=kept,
        refs=refs,
        rejects=empty(report_contract(_REJECTS)) if rejects is None else rejects.collect(),
        findings=(),
        close=close,
        sealed=side.tables,
    )


def _exports_of(kept: Path, refs: tuple[str, ...]) -> Mapping[str, ExportConfig]:
    """How a close's exports were written; it could be read once, or there were no close."""
    reading = read(kept, lambda _: exports_in_use(refs, kept)[0])
    return reading.workspace.exports if reading.workspace else {}
