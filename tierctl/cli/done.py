"""A review that was made, as it is told: the whole of it, and one track of one program."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl
from rich.text import Text

from tierctl.cli.layout import number
from tierctl.report.formats import Format, file_of

if TYPE_CHECKING:
    from tierctl.cli.steps import Made
    from tierctl.ingest import Ingested
    from tierctl.ledger.closes import Close
    from tierctl.program.model import Program
    from tierctl.reviewed import Review


@dataclass(frozen=True)
class Done:
    """A review that was made: `counts` is summary.json, `folder` None where nothing was written.

    `tables` are the names of the reports, `formats` those that were asked for; None: each in its usual one. `previous`
    is the close that the review opened from; None: no month before it is closed. `opens_at_zero`: so do all balances,
    since nothing says either with which month money starts.
    """

    review: "Review"
    programs: "Sequence[Program]"
    ingested: "Ingested"
    counts: Mapping[str, Any]
    folder: Path | None
    tables: Collection[str]
    formats: Sequence[Format] | None
    previous: "Close | None" = None
    opens_at_zero: bool = False

    def file(self, table: str) -> str:
        """Where a reader finds all rows of a table."""
        return file_of(table, self.formats) if self.folder else "--json"


def done_of(made: "Made", folder: Path | None, formats: Sequence[Format] | None) -> Done:
    """A review as made, with where its reports were written."""
    tables, plan = tuple(made.tables), made.plan
    return Done(
        made.review,
        plan.programs,
        made.ingested,
        made.counts,
        folder,
        tables,
        formats,
        plan.previous,
        opens_at_zero=plan.previous is None and plan.money_from is None,
    )


@dataclass(frozen=True)
class Part:
    """One track of one program: the rows of each report that are its own."""

    done: Done
    program: "Program"
    track: str
    width: int
    has_bars: bool

    @property
    def counts(self) -> Mapping[str, Any]:
        """What summary.json says of the track."""
        counts: Mapping[str, Any] = self.done.counts["programs"][self.program.id]["tracks"][self.track]
        return counts

    def rows(self, table: str) -> pl.DataFrame:
        """The track's rows of a report."""
        here = (pl.col("program") == self.program.id) & (pl.col("track") == self.track)
        df: pl.DataFrame = self.done.review.tables[table]
        return df.filter(here)

    def named(self, table: str) -> pl.DataFrame:
        """The rows with `partner_name`, which only standing has."""
        names = self.rows("standing").select("partner_id", "partner_name")
        return self.rows(table).join(names, on="partner_id", how="left", maintain_order="left", validate="m:1")


def more(rest: int, place: str) -> list[Text]:
    """Where the rest of a list stands that is too long for a page; nothing where there is no rest."""
    return [Text(f"    and {number(rest)} more in {place}", style="dim")] if rest > 0 else []
