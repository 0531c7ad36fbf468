"""Exact numbers: the arithmetic of quotients agrees with plain fractions, and nothing is rounded before it is shown."""

import operator
from decimal import Decimal
from fractions import Fraction

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tierctl.exact import WHOLE, Ratio, chosen, greatest, least

NUMBERS = st.decimals(min_value=-(10**5), max_value=10**5, places=2)
ABOVE = st.integers(min_value=1, max_value=999)
QUOTIENTS = st.tuples(NUMBERS, st.none() | ABOVE, st.sampled_from([1, 2, 3]))

Quotient = tuple[Decimal, int | None, int]


def ratio(number: Quotient, name: str) -> tuple[Ratio, dict[str, Decimal | None]]:
    """A quotient as a Ratio, and the columns that it reads."""
    amount, over, by = number
    columns: dict[str, Decimal | None] = {f"{name}.units": amount.scaleb(2)}
    if over is not None:
        columns[f"{name}.over"] = Decimal(over)
    return Ratio(pl.col(f"{name}.units"), None if over is None else pl.col(f"{name}.over"), 2, by), columns


def fraction(number: Quotient) -> Fraction:
    amount, over, by = number
    return Fraction(amount) / ((over or 1) * by)


def rounded(value: Fraction) -> Decimal:
    return Decimal(round(value * 10**6)).scaleb(-6)


def shown(number: Ratio, columns: dict[str, Decimal | None]) -> Decimal | None:
    frame = pl.DataFrame(columns, schema=dict.fromkeys(columns, WHOLE))
    found: Decimal | None = frame.select(number.rounded.alias("it")).item()
    return found


@settings(deadline=None)
@given(QUOTIENTS, QUOTIENTS, st.sampled_from(["add", "sub", "mul", "truediv"]))
def test_arithmetic_is_that_of_fractions(a: Quotient, b: Quotient, word: str) -> None:
    (left, ours), (right, theirs) = ratio(a, "a"), ratio(b, "b")
    apply = getattr(operator, word)
    found = shown(apply(left, right), ours | theirs)
    is_known = word != "truediv" or fraction(b) != 0
    assert found == (rounded(apply(fraction(a), fraction(b))) if is_known else None)


@settings(deadline=None)
@given(QUOTIENTS, QUOTIENTS)
def test_comparisons_are_those_of_fractions(a: Quotient, b: Quotient) -> None:
    (left, ours), (right, theirs) = ratio(a, "a"), ratio(b, "b")
    frame = pl.DataFrame(ours | theirs, schema=dict.fromkeys(ours | theirs, WHOLE))
    assert frame.select(left.compared(operator.ge, right)).item() == (fraction(a) >= fraction(b))
    assert frame.select(left.compared(operator.eq, right)).item() == (fraction(a) == fraction(b))
    assert shown(least([left, right]), ours | theirs) == rounded(min(fraction(a), fraction(b)))
    assert shown(greatest([left, right]), ours | theirs) == rounded(max(fraction(a), fraction(b)))


def test_two_thirds_are_less_than_what_is_shown_of_them() -> None:
    columns: dict[str, Decimal | None] = {"units": Decimal(2), "over": Decimal(3)}
    two_thirds = Ratio(pl.col("units"), pl.col("over"))
    assert shown(two_thirds, columns) == Decimal("0.666667")
    frame = pl.DataFrame(columns, schema=dict.fromkeys(columns, WHOLE))
    assert frame.select(two_thirds.compared(operator.lt, Ratio.of(Decimal("0.666667")))).item()


@pytest.mark.parametrize("word", ["add", "sub", "mul", "truediv"])
def test_unknown_in_unknown_out(word: str) -> None:
    known = Ratio.of(Decimal(5))
    assert shown(getattr(operator, word)(Ratio(pl.col("a")), known), {"a": None}) is None
    assert shown(getattr(operator, word)(known, Ratio(pl.col("a"))), {"a": None}) is None


@pytest.mark.parametrize("value", [Decimal(3), None])
def test_least_and_greatest_are_unknown_where_one_is(value: Decimal | None) -> None:
    both = [Ratio(pl.col("a")), Ratio.of(Decimal(5))]
    assert shown(least(both), {"a": value}) == value
    assert shown(greatest(both), {"a": value}) == (value and Decimal(5))


def test_or_else_keeps_the_decimals_of_what_it_puts_in() -> None:
    number = Ratio(pl.col("a"), pl.col("over")).or_else(Decimal("0.5"))
    assert shown(number, {"a": None, "over": None}) == Decimal("0.5")
    assert shown(number, {"a": Decimal(1), "over": Decimal(4)}) == Decimal("0.25")


def test_the_first_case_that_holds_is_chosen() -> None:
    cases = [(pl.col("a") >= 10, Ratio.of(Decimal("0.1"))), (pl.col("a") >= 5, Ratio(pl.col("a"), pl.col("over")))]
    number = chosen(cases, Ratio.of(Decimal(0)))
    found = [shown(number, {"a": Decimal(a), "over": Decimal(7)}) for a in (12, 5, 1)]
    assert found == [Decimal("0.1"), Decimal("0.714286"), Decimal(0)]


def test_a_product_too_large_raises_and_never_wraps() -> None:
    large = Ratio(pl.col("a"))
    with pytest.raises(pl.exceptions.ComputeError, match="overflow"):
        shown(large * large, {"a": Decimal(10) ** 25})
