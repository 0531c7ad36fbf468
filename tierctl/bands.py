"""Bands: what a window will bring, by how it went in past years, and how often such bands have held.

A case is one partner in one earlier instance of a window (see `tierctl.past_years`). A band is made of a partner's own
cases where it has three, else of those of all partners where there are ten.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import polars as pl

from tierctl.exact import PLACES, WHOLE, Ratio, micros
from tierctl.pace import CENTS

OWN, PROGRAM = "own_years", "program_years"
BAND = ("low", "likely", "high")

_OWN_CASES, _PROGRAM_CASES = 3, 10
_PERCENTILES = {"low": 10, "likely": 50, "high": 90}
_EXACT = ("up", "down")
_MOST_DIGITS = 37
_POWERS = pl.Series([10**power for power in range(_MOST_DIGITS + 1)], dtype=pl.Int128)
_SCHEMA = pl.Schema({f"{name}.{part}": WHOLE for name in BAND for part in _EXACT})


@dataclass(frozen=True)
class Tested:
    """How many cases of past years were tested against the band that the others would have given, and how many held."""

    within: int
    cases: int


@dataclass(frozen=True)
class Bands:
    """The bands that one metric's cases give.

    `cases`: see `past_cases`. A band stands in columns that hold growth exactly: `low.up` and `low.down`, and so on.
    """

    cases: pl.DataFrame
    is_count: bool

    @cached_property
    def own(self) -> pl.DataFrame:
        """The least, the middle and the greatest growth of a partner's own cases, where it has three.

        One row per partner_id; of an even number of cases the middle is the lower of the two there.
        """
        middle = (pl.len().cast(pl.Int64) - 1) // 2
        enough = self.cases.filter(pl.col("number") >= _OWN_CASES)
        places = {"low": pl.lit(0), "likely": middle, "high": pl.lit(-1)}
        return enough.group_by("partner_id", maintain_order=True).agg(_picked(places))

    def of_program(self, without: int | None = None) -> pl.DataFrame:
        """The 10th, the 50th and the 90th percentile (nearest rank) of all partners' growth.

        Args:
            without: how many instances ago lies the one whose cases are left out.

        Returns:
            One row; none where there are fewer than ten cases.
        """
        cases = self.cases if without is None else self.cases.filter(pl.col("back") != without)
        count = cases.height
        if count < _PROGRAM_CASES:
            return _SCHEMA.to_frame()
        places = {name: pl.lit(-(-percent * count // 100) - 1) for name, percent in _PERCENTILES.items()}
        return cases.sort("growth", "after", "before").select(_picked(places))

    def told(self, value: pl.Expr, name: str) -> pl.Expr:
        """Value × growth, rounded once: half to even to cents, of counts down to a whole number."""
        units, up, down = micros(value), pl.col(f"{name}.up"), pl.col(f"{name}.down")
        # Of products longer than a number may be growth loses its last digits; they are of billions and more.
        beyond = (_digits(units) + _digits(up) - _MOST_DIGITS).clip(lower_bound=0)
        tens = pl.lit(_POWERS).gather(beyond)
        shorter, by = (part.cast(pl.Int128) // tens for part in (up, down))
        return self._rounded(Ratio(units * shorter.cast(WHOLE), by.clip(lower_bound=1).cast(WHOLE), scale=PLACES))

    @cached_property
    def tested(self) -> Mapping[str, Tested]:
        """By the basis of a band, how often what came lay in the band that the other instances would have given."""
        return {OWN: self._held(self._against_own()), PROGRAM: self._held(self._against_program())}

    def _against_own(self) -> Sequence[pl.DataFrame]:
        """The cases of partners with three others of their own, with the band of those others."""
        counted = self.cases.filter(pl.col("number") > _OWN_CASES)
        ends = {"first": 0, "second": 1, "last": -1, "last_but_one": -2}
        of_all = counted.group_by("partner_id").agg(_picked({name: pl.lit(at) for name, at in ends.items()}))
        is_first, is_last = pl.col("place") == 0, pl.col("place") == pl.col("number") - 1
        # Without itself, the least of a partner's growths is the second where it is the first itself.
        low = [
            pl.when(is_first).then(f"second.{part}").otherwise(f"first.{part}").alias(f"low.{part}") for part in _EXACT
        ]
        high = [
            pl.when(is_last).then(f"last_but_one.{part}").otherwise(f"last.{part}").alias(f"high.{part}")
            for part in _EXACT
        ]
        return [counted.join(of_all, on="partner_id").with_columns(*low, *high)]

    def _against_program(self) -> Sequence[pl.DataFrame]:
        """The cases of the other partners, with the band of all cases of the other instances where there are ten."""
        few = self.cases.filter(pl.col("number") <= _OWN_CASES)
        instances = few["back"].unique().sort()
        return [few.filter(pl.col("back") == back).join(self.of_program(back), how="cross") for back in instances]

    def _held(self, tests: Sequence[pl.DataFrame]) -> Tested:
        within, cases = 0, 0
        came = self._rounded(Ratio.of_number(pl.col("after")))
        low, high = (self.told(pl.col("before"), name) for name in ("low", "high"))
        for test in tests:
            within += test.filter(came.is_between(low, high)).height
            cases += test.height
        return Tested(within, cases)

    def _rounded(self, number: Ratio) -> pl.Expr:
        return number.rounded_to(0, "down") if self.is_count else number.rounded_to(CENTS, "half_even")


def _digits(number: pl.Expr) -> pl.Expr:
    return number.cast(pl.Int128).abs().cast(pl.String).str.len_chars().cast(pl.Int64)


def _picked(places: Mapping[str, pl.Expr]) -> list[pl.Expr]:
    """The exact growth of the cases at these places, as columns by name."""
    return [pl.col(part).get(at).alias(f"{name}.{part}") for name, at in places.items() for part in _EXACT]
