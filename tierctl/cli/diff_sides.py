"""The two sides of a diff: the reports that a person named, and what they can be evaluated from again."""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import polars as pl

from tierctl.cli import machine, run
from tierctl.cli.common import shown
from tierctl.cli.evaluating import Today
from tierctl.cli.files_today import differences
from tierctl.cli.ledger_words import signed_by
from tierctl.cli.terminal import Terminal
from tierctl.diffs.basis import Basis
from tierctl.findings import CannotRunError, error
from tierctl.ingest.kept import kept_for
from tierctl.ledger.closes import Close, Ledger
from tierctl.ledger.layout import number_of
from tierctl.ledger.opening import carried
from tierctl.ledger.sides import (
    folder_tables,
    is_opening,
    read_manifest,
    require_as_sealed,
    sealed_basis,
    sealed_tables,
)
from tierctl.workspace import Workspace


@dataclass(frozen=True)
class Side:
    """One side.

    Attributes:
        name: how it is told.
        month: the label of its month.
        tables: its reports.
        basis: what it was evaluated from; None: that is not kept.
        not_kept: why not, in words.
        partners: the partners that its review was restricted to; None: all.
    """

    name: str
    month: str
    tables: Mapping[str, pl.LazyFrame]
    basis: Basis | None
    not_kept: str = ""
    partners: tuple[str, ...] | None = None


@dataclass
class Sides:
    """Finds sides; what is read for them lasts as long as `stack`."""

    root: Path
    terminal: Terminal
    stack: ExitStack

    @cached_property
    def workspace(self) -> Workspace:
        """The workspace, whatever is wrong with its programs: a close keeps those that it was made with."""
        return run.workspace_alone(self.root)

    def side(self, text: str) -> Side:
        """The side that a person named.

        Raises:
            CannotRunError: there is none of that name, or it cannot be read.
        """
        close = self._close(text)
        if close is not None:
            return self._of_close(close)
        for folder in self._folders(text):
            manifest = read_manifest(folder)
            if manifest is not None:
                return self._of_folder(folder, manifest)
        closes = [close.label for close in (*self._ledger.closes(), *self._ledger.set_aside())]
        hint = (
            f"closed are {', '.join(closes)}"
            if closes
            else "no month is closed; tierctl review --out DIR writes a folder"
        )
        message = f"{text} is neither a closed month nor a folder that a review has written"
        raise CannotRunError([error("side-unknown", "diff", text, message, hint)])

    @cached_property
    def _ledger(self) -> Ledger:
        return Ledger(self.workspace.ledger)

    @cached_property
    def _opened(self) -> run.Opened:
        return run.open_workspace(self.root)

    def _label(self, text: str) -> str | None:
        """The label of the fiscal month that a text names; None: it names none."""
        try:
            return self.workspace.calendar.month(text, today=machine.today()).label
        except ValueError:
            return None

    def _close(self, text: str) -> Close | None:
        label = text if number_of(text) is not None else self._label(text)
        return None if label is None else self._ledger.close_of(label)

    def _folders(self, text: str) -> list[Path]:
        label = self._label(text)
        return [*([self.workspace.reports / label] if label else []), Path(text), self.root / text]

    def _of_close(self, close: Close) -> Side:
        require_as_sealed(close)
        label, tables = close.manifest["month"]["label"], sealed_tables(close)
        name = f"{close.label}, closed {signed_by(close.record, 'closed')}"
        if is_opening(close):
            return Side(name, label, tables, None, "it was closed with an opening file, which no rows stand behind")
        before = self._followed(close)
        if before is None:
            return Side(name, label, tables, None, "the close that it followed is not in the ledger any more")
        return Side(name, label, tables, sealed_basis(close, carried(before) if before else None))

    def _followed(self, close: Close) -> list[Close] | None:
        """The closes that a close followed when it was made, oldest first; None: one of them is missing."""
        known = {each.sha256: each for each in (*self._ledger.closes(), *self._ledger.set_aside())}
        before: list[Close] = []
        previous = close.manifest["previous_close"]
        while previous is not None:
            if previous not in known:
                return None
            before.insert(0, known[previous])
            previous = known[previous].manifest["previous_close"]
        return before

    def _of_folder(self, folder: Path, manifest: Mapping[str, Any]) -> Side:
        label, tables = manifest["month"]["label"], folder_tables(folder, manifest)
        partners = manifest.get("partners")
        partners = None if partners is None else tuple(partners)
        before = self._ledger.before(label)
        why = self._why_not_kept(folder, manifest, before)
        basis = None if why else self._today(label, before)
        return Side(f"{shown(folder)}, reports of {label}", label, tables, basis, why, partners)

    def _why_not_kept(self, folder: Path, manifest: Mapping[str, Any], before: Sequence[Close]) -> str:
        """Why today's files are not those that the reports were made from; empty: they are."""
        head = before[-1].sha256 if before else None
        if manifest["previous_close"] != head:
            return "since it was made, earlier months have been closed or reopened"
        made = Close(manifest["month"]["label"], folder, manifest, "", {})
        month = self.workspace.calendar.month(made.label)
        needed = run.needed_exports(self.workspace, run.editions_until(self._opened.editions, month))
        files = [f"{each.path} ({each.state})" for each in differences(self.workspace, needed, made)]
        return f"since it was made, files have changed: {', '.join(files)}" if files else ""

    def _today(self, label: str, before: Sequence[Close]) -> Basis:
        """What the month is evaluated from today, read as a review reads it."""
        workspace, month = self.workspace, self.workspace.calendar.month(label)
        opening = carried(before) if before else None
        programs = run.editions_until(self._opened.editions, month)
        kept = kept_for(opening, workspace, programs) if opening else {}
        exports = run.needed_exports(workspace, programs)
        reading = run.reading(self.terminal, workspace, exports, self._opened.editions, until=month.last, kept=kept)
        ingested = self.stack.enter_context(reading)
        return Today(self._opened, ingested).basis(month, opening, before[-1].sha256 if before else None)
