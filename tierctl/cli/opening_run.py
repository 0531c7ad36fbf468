"""A month that is closed with an opening file: what partners hold and are owed is read from it in place of a review."""

import hashlib
import os
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import polars as pl

from tierctl.cli import refusals, run, steps
from tierctl.cli.common import shown
from tierctl.cli.terminal import Terminal
from tierctl.contracts import empty, report_contract
from tierctl.export_config import ExportConfig
from tierctl.findings import CannotRunError, Finding, error
from tierctl.fiscal import FiscalMonth
from tierctl.ingest import Ingested
from tierctl.ingest.read import ROSTER
from tierctl.ledger.closes import Close
from tierctl.ledger.opening_checks import OPENING, Openings, opening_contract, row_rules, table_rules
from tierctl.ledger.opening_faults import as_of_an_opening, of_columns, of_rows
from tierctl.ledger.opening_file import opening_tables
from tierctl.report.summary import summarize
from tierctl.reviewed import REPORTS, Closing, Review, unpaid
from tierctl.reward.rewards import totals_of
from tierctl.workspace import Workspace

KIND: Final = "opening"
"""What the manifest calls a close that was made from a file."""


@dataclass(frozen=True)
class OpeningFile:
    """The file as it was read: `kept` is its path in the folder of the close."""

    kept: str
    content: bytes

    def keep(self, folder: Path) -> None:
        """Write its bytes into the folder of a close.

        Raises:
            OSError: they cannot be written.
        """
        path = folder / self.kept
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(self.content)


def of_turn(opened: run.Opened, closes: Sequence[Close], month: FiscalMonth) -> list[Finding]:
    """Why a month cannot be closed with an opening.

    Args:
        opened: the workspace.
        closes: the ledger's closes, oldest first.
        month: the month.
    """
    if any(close.label == month.label for close in closes):
        return refusals.of_turn(opened, closes, month)
    if closes:
        message = f"an opening is for the first close of a ledger, and {closes[0].label} is closed"
        hint = f"leave --opening out: the months after {closes[-1].label} open from it"
        return [error("opening-not-first", "--opening", month.label, message, hint)]
    workspace = opened.workspace
    starts, following = workspace.money_from, workspace.calendar.shift(month, 1)
    if starts is None or starts == following:
        return []
    message = f"money is to start with {starts.label}, and an opening of {month.label} starts it with {following.label}"
    hint = f'starts = "{following.label}"'
    return [error("ledger-starts-differ", workspace.file.as_posix(), "ledger.starts", message, hint)]


@contextmanager
def close_with_opening(terminal: Terminal, plan: steps.Plan, file: Path) -> Iterator[tuple[steps.Made, OpeningFile]]:
    """Read the exports and the opening, and make of them what a close seals; the rows read last as long as the block.

    Args:
        terminal: where progress is shown.
        plan: the plan of the month.
        file: the opening, CSV or Parquet.

    Raises:
        CannotRunError: an export is missing or unreadable, or anything is wrong with the opening: with every fault.
    """
    if not file.is_file():
        hint = "name a CSV or Parquet file with the columns of: tierctl schema opening"
        raise CannotRunError([error("opening-missing", "--opening", shown(file), "there is no such file", hint)])
    of = _openings(plan)
    with ExitStack() as stack:
        try:
            read = stack.enter_context(_reading(terminal, plan, of, file))
        except CannotRunError as fault:
            raise as_of_an_opening(fault) from fault
        ingested = _without_opening(read)
        rows = _sound_rows(read, ingested, of)
        yield _made(plan, of, ingested, rows), _file(file, read)


def _openings(plan: steps.Plan) -> Openings:
    by_id = [[each for each in editions.programs if each in plan.replayed] for editions in plan.opened.editions]
    return Openings([begun for begun in by_id if begun], plan.workspace.calendar, plan.month)


def _reading(terminal: Terminal, plan: steps.Plan, of: Openings, file: Path) -> AbstractContextManager[Ingested]:
    """The exports that the month needs, and the opening as one further."""
    workspace = _with_opening(plan.workspace, file)
    return run.reading(
        terminal,
        workspace,
        [*run.needed_exports(workspace, plan.replayed), OPENING],
        plan.opened.editions,
        until=plan.month.last,
        row_rules=row_rules(of),
        table_rules=table_rules(of),
    )


def _with_opening(workspace: Workspace, file: Path) -> Workspace:
    """The workspace with the opening among its exports; rows that repeat others are kept, for the rules to see them."""
    path = os.path.relpath(file, workspace.root)
    config = ExportConfig(path=path, on_duplicate="keep")
    return replace(
        workspace,
        exports={**workspace.exports, OPENING: config},
        contracts={**workspace.contracts, OPENING: opening_contract()},
    )


def _without_opening(read: Ingested) -> Ingested:
    """What was read of the exports alone."""
    (source,) = {file.path for file in read.files if file.export == OPENING}
    return replace(
        read,
        exports={name: export for name, export in read.exports.items() if name != OPENING},
        rejects=read.rejects.filter(pl.col("export") != OPENING),
        findings=tuple(finding for finding in read.findings if finding.source != source),
        files=tuple(file for file in read.files if file.export != OPENING),
    )


def _sound_rows(read: Ingested, ingested: Ingested, of: Openings) -> pl.DataFrame:
    """The opening's rows.

    Raises:
        CannotRunError: one of them is at fault; with every fault of the opening, and what else was found.
    """
    (source,) = {file.path for file in read.files if file.export == OPENING}
    rejects, export = read.rejects.filter(pl.col("export") == OPENING), read.exports[OPENING]
    roster = pl.concat(read.exports[ROSTER].parts).select("partner_id").collect()["partner_id"].sort()
    faults = [*of_columns(source, export.unused_columns), *of_rows(rejects, of, roster.to_list())]
    if faults:
        raise CannotRunError([*ingested.findings, *faults])
    return pl.concat(export.parts).collect()


def _file(path: Path, read: Ingested) -> OpeningFile:
    """The bytes of the file that was read.

    Raises:
        CannotRunError: it has changed since.
    """
    (digest,) = {file.sha256 for file in read.files if file.export == OPENING}
    content = path.read_bytes()
    if hashlib.sha256(content).hexdigest() != digest:
        message, hint = "the file was changed while it was read", "close the month again once nobody writes to it"
        raise CannotRunError([error("unreadable-file", shown(path), "", message, hint)])
    return OpeningFile(f"config/opening{path.suffix.lower()}", content)


def _made(plan: steps.Plan, of: Openings, ingested: Ingested, rows: pl.DataFrame) -> steps.Made:
    """The month as a review would leave it that posts nothing."""
    parts = {name: export.parts for name, export in ingested.exports.items()}
    tables = opening_tables(of.editions, rows, parts, of.calendar, of.month)
    reports = {"standing": tables.standing, "statements": tables.statements}
    without = {name: empty(report_contract(name)) for name in REPORTS}
    money_from = of.calendar.shift(of.month, 1).label
    closing = Closing(money_from, tables.grants, tables.statuses, unpaid(tables.statements), missing={})
    review = Review(of.month, without | reports, totals_of([]), closing=closing)
    return steps.Made(
        plan=plan,
        ingested=ingested,
        review=review,
        tables={**reports, "rejects": ingested.rejects},
        counts=summarize(review, plan.programs, ingested),
        position=tables.position,
        findings=(*plan.findings, *ingested.findings),
    )
