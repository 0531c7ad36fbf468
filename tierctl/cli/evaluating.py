"""Evaluating a month again, on whatever it is asked of: what diff and verify share."""

import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import polars as pl

from tierctl.carried import Carried
from tierctl.cli import run
from tierctl.cli.line_spool import LineSpool
from tierctl.contracts import Contract
from tierctl.diffs.basis import Basis
from tierctl.diffs.items import Tables
from tierctl.fiscal import FiscalMonth
from tierctl.ingest import Ingested
from tierctl.ledger.sides import repeating
from tierctl.review import review


@dataclass(frozen=True)
class Today:
    """Today's workspace and exports: a month evaluated on them is evaluated by what they say now."""

    opened: run.Opened
    ingested: Ingested

    def basis(
        self,
        month: FiscalMonth,
        opening: Carried | None,
        opening_sha256: str | None,
        *,
        accept_removals: bool = False,
    ) -> Basis:
        """All that a month is evaluated from today.

        Args:
            month: the month, which ends no later than the exports were read.
            opening: what the close before it left.
            opening_sha256: the digest of that close's manifest.
            accept_removals: whether posted rows that are missing are reversed.
        """
        workspace = self.opened.workspace
        programs = run.editions_until(self.opened.editions, month)
        exports = {
            name: rows_until(self.ingested.exports[name].parts, workspace.contracts[name], month.last)
            for name in run.needed_exports(workspace, programs)
        }
        begins = opening.money_from if opening else None
        return Basis(
            month=month,
            programs=programs,
            exports=exports,
            contracts={name: workspace.contracts[name] for name in exports},
            calendar=workspace.calendar,
            holidays=workspace.holidays,
            repeating=repeating(workspace),
            money_from=workspace.calendar.month(begins) if begins else workspace.money_from,
            opening=opening,
            opening_sha256=opening_sha256,
            accept_removals=accept_removals,
        )


@dataclass(frozen=True)
class Evaluator:
    """Reviews what it is given; the lines lie in `folder` until it is asked again."""

    folder: Path

    def __call__(self, basis: Basis) -> Tables:
        """Every report of the month.

        Raises:
            CannotRunError: the month cannot be reviewed on that.
        """
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        lines = LineSpool(self.folder)
        result = review(
            basis.programs,
            basis.exports,
            basis.calendar,
            basis.month,
            repeating=basis.repeating,
            money_from=basis.money_from,
            holidays=basis.holidays,
            sink=lines,
            opening=basis.opening,
            accept_removals=basis.accept_removals,
        )
        filed = {name: table.scan() for name, table in lines.tables.items()}
        return {**result.tables, **filed}


def partner_names(partners: pl.Series, *sides: Tables) -> dict[str, str]:
    """The names of partners by id, as the reports have them; those of the last report count."""
    frames = [tables["standing"].lazy().select("partner_id", "partner_name") for tables in sides]
    names = pl.concat(frames).filter(pl.col("partner_id").is_in(partners.unique().to_list())).collect()
    return dict(names.iter_rows())


def rows_until(parts: Iterable[pl.LazyFrame], contract: Contract, last: date) -> tuple[pl.LazyFrame, ...]:
    """The rows of an export that a review of an earlier month reads: those dated by its last day."""
    day = contract.row_date
    return tuple(part if day is None else part.filter(pl.col(day) <= last) for part in parts)
