"""Exact numbers: quotients of whole numbers as Polars expressions, compared without dividing.

A Polars quotient of Decimals keeps the column's scale and rounds, and a float near a bound may fall on either side of
it. So averages, shares and formulas are kept as a whole number over a whole number until they are shown.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import reduce
from math import gcd, lcm
from typing import Any, Literal, TypeAlias

import polars as pl

from tierctl.contracts import NUMBER

WHOLE = pl.Decimal(38, 0)
"""Whole numbers of up to 38 digits: a product that does not fit raises, where an Int128 would wrap in silence."""

PLACES = 6
"""The decimals of every number of the tables."""

Rounding: TypeAlias = Literal["half_even", "half_away_from_zero", "down"]


@dataclass(frozen=True)
class Ratio:
    """The number `units ÷ (over × by × 10^scale)`; null where it is unknown.

    `units` and `over` are expressions of whole numbers (WHOLE), `over` always above zero; None: 1. `scale` and `by` are
    the same in every row.
    """

    units: pl.Expr
    over: pl.Expr | None = None
    scale: int = 0
    by: int = 1

    @classmethod
    def of(cls, number: Decimal) -> "Ratio":
        """A number as it was written."""
        scale = max(0, -int(number.normalize().as_tuple().exponent))
        return cls(whole(int(number.scaleb(scale))), scale=scale)

    @classmethod
    def of_number(cls, number: pl.Expr) -> "Ratio":
        """A column of numbers with at most six decimals."""
        return cls(micros(number), scale=PLACES)

    @classmethod
    def of_count(cls, number: pl.Expr) -> "Ratio":
        """A column of whole numbers."""
        return cls(number.cast(WHOLE))

    def __add__(self, other: "Ratio") -> "Ratio":
        left, right, common = _aligned(self, other)
        return common(left + right)

    def __sub__(self, other: "Ratio") -> "Ratio":
        left, right, common = _aligned(self, other)
        return common(left - right)

    def __mul__(self, other: "Ratio") -> "Ratio":
        over = _product(self.over, other.over)
        return Ratio(self.units * other.units, over, self.scale + other.scale, self.by * other.by)

    def __truediv__(self, other: "Ratio") -> "Ratio":
        """The quotient; unknown where the divisor is 0."""
        known = pl.when(other.units != 0).then(other.units)
        shared = gcd(self.by, other.by)
        lifted = other.by // shared * 10 ** max(0, other.scale - self.scale)
        units = _times(self.units * known.sign().cast(WHOLE), lifted)
        if other.over is not None:
            units = units * other.over
        over = known.abs() if self.over is None else known.abs() * self.over
        return Ratio(units, over, max(0, self.scale - other.scale), self.by // shared)

    @property
    def rounded(self) -> pl.Expr:
        """The number as the tables show it: rounded once, half to even, to six decimals."""
        return self.rounded_to(PLACES, "half_even")

    def rounded_to(self, places: int, mode: Rounding) -> pl.Expr:
        """The number (NUMBER) rounded once to `places` decimals, at most six; null where it is unknown.

        A number just between two goes to the even one (`half_even`), away from zero (`half_away_from_zero`), or, as
        every other, toward zero (`down`). A number too large for its column raises PolarsError.
        """
        units = _times(self.units, 10 ** max(0, places - self.scale))
        fixed = self.by * 10 ** max(0, self.scale - places)
        if self.over is None and fixed == 1:
            return _with_places(units, places)
        divisor = _times(whole(1) if self.over is None else self.over, fixed).cast(pl.Int128)
        number = units.cast(pl.Int128)
        quotient, rest = number // divisor, number % divisor
        is_above = _is_above(quotient, rest, divisor, mode).cast(pl.Int128)
        return _with_places((quotient + is_above).cast(WHOLE), places)

    def or_else(self, number: Decimal) -> "Ratio":
        """The number given where this one is unknown."""
        return chosen([(self.units.is_not_null(), self)], Ratio.of(number))

    def compared(self, compare: Callable[[Any, Any], pl.Expr], other: "Ratio") -> pl.Expr:
        """A comparison with another number, without dividing; null where either is unknown."""
        left, right, _ = _aligned(self, other)
        return compare(left, right)


def settled(rows: pl.DataFrame, number: Ratio, name: str) -> tuple[pl.DataFrame, Ratio]:
    """Computes a number and writes it in its lowest terms, so that products with it stay within 38 digits.

    Returns:
        The rows with the columns `name.units` and, where it has a denominator, `name.over`; and the number that they
        hold.
    """
    units, over = f"{name}.units", f"{name}.over"
    if number.over is None and number.by == 1:
        rows = rows.with_columns(number.units.alias(units))
    else:
        divisor = whole(1) if number.over is None else number.over
        rows = rows.with_columns(number.units.alias(units), (divisor * whole(number.by)).alias(over))
        rows = in_lowest_terms(rows, units, over)
    rows, tens = without_tens(rows, units, most=number.scale)
    return rows, Ratio(pl.col(units), pl.col(over) if over in rows.columns else None, number.scale - tens)


def in_lowest_terms(rows: pl.DataFrame, units: str, over: str) -> pl.DataFrame:
    """Divides two columns of whole numbers (WHOLE; the second above zero) by what both are divisible by."""
    greater, less = pl.col("greater"), pl.col("less")
    found = rows.select(greater=pl.col(over).cast(pl.Int128), less=pl.col(units).cast(pl.Int128).abs().fill_null(0))
    is_left = less != 0
    while found.select(is_left.any()).item():
        found = found.with_columns(
            pl.when(is_left).then(less).otherwise(greater).alias("greater"),
            pl.when(is_left).then(greater % pl.when(is_left).then(less).otherwise(1)).otherwise(less).alias("less"),
        )
    divisor = pl.lit(found["greater"])
    return rows.with_columns((pl.col(name).cast(pl.Int128) // divisor).cast(WHOLE) for name in (units, over))


def without_tens(rows: pl.DataFrame, column: str, *, most: int) -> tuple[pl.DataFrame, int]:
    """Divides a column of whole numbers (WHOLE) by the highest power of ten, at most `most`, that divides all of them.

    Returns:
        The rows, and that power.
    """
    numbers, tens = rows.select(pl.col(column).cast(pl.Int128)), 0
    while tens < most and not numbers.select((pl.col(column) % 10 ** (tens + 1) != 0).any()).item():
        tens += 1
    divided = (pl.col(column).cast(pl.Int128) // 10**tens).cast(WHOLE)
    return (rows.with_columns(divided) if tens else rows), tens


def whole(number: int) -> pl.Expr:
    """A whole number as a literal."""
    return pl.lit(Decimal(number)).cast(WHOLE)


def micros(number: pl.Expr) -> pl.Expr:
    """A number of at most six decimals in millionths."""
    return (number.cast(NUMBER) * pl.lit(10**PLACES)).cast(WHOLE)


def least(numbers: Sequence[Ratio]) -> Ratio:
    """The least of several numbers; unknown where one is."""
    return reduce(lambda a, b: _picked(a, b, lambda x, y: x <= y), numbers)


def greatest(numbers: Sequence[Ratio]) -> Ratio:
    """The greatest of several numbers; unknown where one is."""
    return reduce(lambda a, b: _picked(a, b, lambda x, y: x >= y), numbers)


def chosen(cases: Sequence[tuple[pl.Expr, Ratio]], otherwise: Ratio | None = None) -> Ratio:
    """The number of the first case whose condition holds, else `otherwise`; unknown where nothing is left."""
    numbers = [number for _, number in cases] + ([otherwise] if otherwise else [])
    scale, by = max(number.scale for number in numbers), lcm(*(number.by for number in numbers))

    def units(number: Ratio) -> pl.Expr:
        return _times(number.units, by // number.by * 10 ** (scale - number.scale))

    found = _first([(case, units(number)) for case, number in cases], units(otherwise) if otherwise else None)
    if all(number.over is None for number in numbers):
        return Ratio(found, None, scale, by)
    one = whole(1)
    overs = [(case, one if number.over is None else number.over) for case, number in cases]
    last = one if otherwise is None or otherwise.over is None else otherwise.over
    return Ratio(found, _first(overs, last), scale, by)


def _first(cases: Iterable[tuple[pl.Expr, pl.Expr]], otherwise: pl.Expr | None) -> pl.Expr:
    result = pl.lit(None, dtype=WHOLE) if otherwise is None else otherwise
    for condition, value in reversed(list(cases)):
        result = pl.when(condition).then(value).otherwise(result)
    return result


def _picked(a: Ratio, b: Ratio, comes_first: Callable[[pl.Expr, pl.Expr], pl.Expr]) -> Ratio:
    left, right, common = _aligned(a, b)
    return common(pl.when(comes_first(left, right)).then(left).when(~comes_first(left, right)).then(right))


def _aligned(a: Ratio, b: Ratio) -> tuple[pl.Expr, pl.Expr, Callable[[pl.Expr], Ratio]]:
    """The units of both on one denominator, and what makes a number of such units."""
    scale, by = max(a.scale, b.scale), lcm(a.by, b.by)
    left = _times(a.units, by // a.by * 10 ** (scale - a.scale))
    right = _times(b.units, by // b.by * 10 ** (scale - b.scale))
    if b.over is not None:
        left = left * b.over
    if a.over is not None:
        right = right * a.over
    over = _product(a.over, b.over)
    return left, right, lambda units: Ratio(units, over, scale, by)


def _product(a: pl.Expr | None, b: pl.Expr | None) -> pl.Expr | None:
    return a * b if a is not None and b is not None else (b if a is None else a)


def _times(units: pl.Expr, factor: int) -> pl.Expr:
    return units if factor == 1 else units * whole(factor)


def _with_places(units: pl.Expr, places: int) -> pl.Expr:
    return units.cast(NUMBER) / pl.lit(10**places)


def _is_above(quotient: pl.Expr, rest: pl.Expr, divisor: pl.Expr, mode: Rounding) -> pl.Expr:
    """Whether a number rounds to the next one above its quotient toward minus infinity."""
    if mode == "down":
        return (quotient < 0) & (rest != 0)
    tie_is_above = quotient % 2 != 0 if mode == "half_even" else quotient >= 0
    # The other half is subtracted and not doubled, so that nothing grows beyond what was checked to fit.
    return (rest > divisor - rest) | ((rest == divisor - rest) & tie_is_above)
