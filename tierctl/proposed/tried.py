"""Ways to read a column, tried on every distinct text of it: how many rows each one reads, and which cells it does not.

A way is an expression over the column `text` that is null where a cell is not read.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import polars as pl

from tierctl.proposed.answers import Cell, Fit, Setting
from tierctl.proposed.columns import SeenColumn

HALF, MOST = 0.5, 0.9

_SAMPLE = 400
_NEAR = 20_000  # evidence mostly stands near the top


@dataclass(frozen=True)
class Way:
    """One way to read cells: the settings that say so in tierctl.toml, and the expression that reads a `text`."""

    settings: Mapping[str, Setting]
    read: pl.Expr


@dataclass(frozen=True)
class Outcome:
    """What a way reads of a column's texts: rows, the first cell read and the first that is not, least and greatest."""

    way: Way
    matched: int
    first: Cell | None
    unread: Cell | None
    least: Any
    greatest: Any


@dataclass(frozen=True)
class Tried:
    """The texts of a column that a reading is about.

    `known` are the kinds of cells that the file itself knows to be what is looked for; they are read under every way,
    and only counted. Words that stand for nothing are left out.
    """

    column: SeenColumn
    missing: Collection[str]
    known: tuple[str, ...]

    @cached_property
    def texts(self) -> pl.LazyFrame:
        """The texts to be read, with `rows` and `record`, in order of record."""
        return self._all().filter(~pl.col("cell").is_in(self.known))

    @cached_property
    def given(self) -> pl.DataFrame:
        """The texts of the cells that the file knows to be what is looked for."""
        return self._all().filter(pl.col("cell").is_in(self.known)).collect()

    @cached_property
    def given_rows(self) -> int:
        """In how many rows those stand."""
        return int(self.given["rows"].sum())

    @cached_property
    def sample(self) -> list[str]:
        """Some of the texts to be read: the first ones, and some of those that follow."""
        texts = self.texts.select("text").head(_SAMPLE * 50).collect()["text"]
        return [*texts.head(_SAMPLE), *texts.slice(_SAMPLE).gather_every(50)]

    @cached_property
    def rows(self) -> int:
        """In how many rows the texts to be read stand."""
        return int(self.texts.select(pl.col("rows").sum()).collect().item() or 0)

    def outcomes(self, ways: Collection[Way]) -> list[Outcome]:
        """What each way reads."""
        if not ways:
            return []
        names = {str(n): way for n, way in enumerate(ways)}
        read = self.texts.with_columns(way.read.alias(name) for name, way in names.items())
        row = read.select(expr for name in names for expr in _aggregates(name)).collect().row(0, named=True)
        return [_outcome(way, row, name) for name, way in names.items()]

    def first(self, read: Way, unread: Collection[Way] = ()) -> Cell | None:
        """The first cell that one way reads and none of some others do; None: there is none."""
        wanted = pl.all_horizontal(read.read.is_not_null(), *(way.read.is_null() for way in unread))
        for texts in (self.texts.head(_NEAR), self.texts.slice(_NEAR)):
            found = texts.filter(wanted).select("record", "text").head(1).collect()
            if found.height:
                return Cell(*found.row(0))
        return None

    def fit(self, outcome: Outcome) -> Fit:
        """The outcome over all of the column's cells."""
        first = outcome.first
        if first is None and self.given.height:
            first = Cell(self.given["record"][0], self.given["text"][0])
        return Fit(
            outcome.way.settings,
            outcome.matched + self.given_rows,
            self.rows + self.given_rows,
            first or Cell(0, ""),
            outcome.unread,
        )

    def given_fit(self, settings: Mapping[str, Setting]) -> Fit:
        """That the cells are read which the file knows to be what is looked for, and no others."""
        left = self.texts.select("record", "text").head(1).collect()
        unread = Cell(*left.row(0)) if left.height else None
        first = Cell(self.given["record"][0], self.given["text"][0])
        return Fit(settings, self.given_rows, self.given_rows + self.rows, first, unread)

    @property
    def is_mostly_given(self) -> bool:
        """Whether most cells are what is looked for by the file's own word."""
        return self.given_rows > 0 and self.given_rows >= HALF * (self.given_rows + self.rows)

    def given_why(self, what: str) -> str:
        """The file's own word as evidence, and the first cell of which it does not say so."""
        fit = self.given_fit({})
        rest = "" if fit.unread is None else f"; record {fit.unread.record}: {fit.unread.text!r} is none of them"
        count = f"all {fit.matched} are {what}" if fit.unread is None else f"{fit.matched} of {fit.filled} are {what}"
        return f"the file itself says that {count}{rest}"

    def _all(self) -> pl.LazyFrame:
        lf = self.column.all_texts()
        return lf.filter(~pl.col("text").is_in(list(self.missing))) if self.missing else lf


def _aggregates(name: str) -> list[pl.Expr]:
    is_read = pl.col(name).is_not_null()
    return [
        pl.col("rows").filter(is_read).sum().alias(f"{name} rows"),
        pl.col("text").filter(is_read).first().alias(f"{name} text"),
        pl.col("record").filter(is_read).first().alias(f"{name} record"),
        pl.col("text").filter(~is_read).first().alias(f"{name} not text"),
        pl.col("record").filter(~is_read).first().alias(f"{name} not record"),
        pl.col(name).min().alias(f"{name} least"),
        pl.col(name).max().alias(f"{name} greatest"),
    ]


def _outcome(way: Way, row: Mapping[str, Any], name: str) -> Outcome:
    first, other = row[f"{name} text"], row[f"{name} not text"]
    return Outcome(
        way,
        int(row[f"{name} rows"]),
        None if first is None else Cell(row[f"{name} record"], first),
        None if other is None else Cell(row[f"{name} not record"], other),
        row[f"{name} least"],
        row[f"{name} greatest"],
    )
