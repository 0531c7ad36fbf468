"""Partners as a page tells of them: their rows of the reports, in the words that `explain` has for them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Final

import polars as pl

from tierctl.cli.evaluating import Today
from tierctl.cli.explained.made import Explained, Row
from tierctl.cli.explained.part import Part
from tierctl.cli.explained.placed import Places, places_of
from tierctl.cli.explained.source import Source
from tierctl.ingest.read import ROSTER
from tierctl.report.tables import Filed, Table
from tierctl.reward.sink import LINES

if TYPE_CHECKING:
    from tierctl.cli.steps import Made
    from tierctl.program.model import Program

AHEAD: Final = ("standing", "evidence", "next_tier", "requalification", "benefits", "rates", "statements")
MOST_LINES: Final = 2_000
"""So many lines of each kind stand in a partner's page."""

_ALL_ROWS: Final = 1_000_000


@dataclass(frozen=True)
class Told(Explained):
    """One partner's month, from reports that are made already.

    Attributes:
        own: the partner's rows by table.
        called: its name in the roster.
        joined: the day on which it joined, where the roster says.
    """

    own: Mapping[str, Sequence[Row]]
    called: str
    joined: date | None

    def rows(self, table: str, **equal: object) -> list[Row]:
        """The rows of a table in which the columns are equal to that, in the table's order."""
        return [row for row in self.own.get(table, ()) if all(row[name] == value for name, value in equal.items())]

    @property
    def name(self) -> str:
        """The partner's name in the roster."""
        return self.called

    @property
    def joined_on(self) -> date | None:
        """The day on which the partner joined; None: the roster does not say."""
        return self.joined


@dataclass(frozen=True)
class Book:
    """A review from which partners are told of: `places` are those of its programs' files, by id."""

    made: "Made"
    source: Source
    places: Mapping[str, Places]
    roster: Mapping[str, tuple[str, date | None]]

    @property
    def programs(self) -> "tuple[Program, ...]":
        """The editions in force."""
        return self.made.plan.programs

    def told(self, partners: Sequence[str], tables: Sequence[str] = AHEAD) -> dict[str, Told]:
        """These partners, each with its rows of these tables."""
        found: dict[str, dict[str, list[Row]]] = {partner: {} for partner in partners}
        for name in tables:
            if name in self.made.tables:
                for row in rows_of(self.made.tables[name], partners, is_cut=name in LINES).iter_rows(named=True):
                    found[row["partner_id"]].setdefault(name, []).append(row)
        return {partner: self._told(partner, own) for partner, own in found.items()}

    def part(self, told: Told, program: "Program", track: str) -> Part:
        """One track of one program for a partner."""
        return Part(told, program, track, self.places[program.id])

    def _told(self, partner: str, own: Mapping[str, Sequence[Row]]) -> Told:
        name, joined = self.roster.get(partner, (partner, None))
        return Told(self.source, partner, self.programs, {}, (), (), _ALL_ROWS, own, name, joined)


def book(made: "Made") -> Book:
    """The review as partners are told of from it."""
    plan, workspace = made.plan, made.plan.workspace
    source = Source(
        basis=Today(plan.opened, made.ingested).basis(
            plan.month, plan.opening, plan.previous.sha256 if plan.previous else None
        ),
        workspace=workspace,
        exports=workspace.exports,
        root=workspace.root,
        refs=workspace.programs,
        rejects=made.ingested.rejects,
        findings=(),
        close=None,
    )
    parts = [part.select("partner_id", "name", "joined_on") for part in made.ingested.exports[ROSTER].parts]
    roster = pl.concat(parts).collect()
    return Book(
        made,
        source,
        places_of(source, plan.programs),
        {partner: (name, joined) for partner, name, joined in roster.iter_rows()},
    )


def rows_of(table: Table, partners: Sequence[str], *, is_cut: bool = False) -> pl.DataFrame:
    """The rows of some partners, in the table's order; where it `is_cut`, of each partner no more than a page takes."""
    lf = scanned(table).filter(pl.col("partner_id").is_in(list(partners)))
    if is_cut:
        lf = lf.filter(pl.int_range(pl.len()).over("partner_id") < MOST_LINES)
    return lf.collect()


def scanned(table: Table) -> pl.LazyFrame:
    """A table that is not in memory yet, if it is a long one."""
    return table.scan() if isinstance(table, Filed) else table.lazy()
