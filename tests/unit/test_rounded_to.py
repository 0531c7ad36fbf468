"""Rounding of exact numbers: once, to any of the decimals of a currency, in each of the modes a program may state."""

from decimal import Decimal
from fractions import Fraction
from math import floor

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tierctl.contracts import NUMBER
from tierctl.exact import WHOLE, Ratio, Rounding

MODES: tuple[Rounding, ...] = ("half_even", "half_away_from_zero", "down")


def rounded(
    units: int | None, places: int, mode: Rounding, *, over: int | None = 1, scale: int = 0, by: int = 1
) -> Decimal | None:
    """`units ÷ (over × by × 10^scale)` rounded, with `over` as a column and, where that is 1, without it too."""
    columns = {name: None if it is None else Decimal(it) for name, it in (("units", units), ("over", over))}
    frame = pl.DataFrame(columns, schema={"units": WHOLE, "over": WHOLE})
    number = Ratio(pl.col("units"), pl.col("over"), scale, by)
    found = frame.select(number.rounded_to(places, mode)).to_series()
    assert found.dtype == NUMBER
    if over == 1:
        alone = Ratio(number.units, None, scale, by)
        assert frame.select(alone.rounded_to(places, mode)).item() == found.item()
    it: Decimal | None = found.item()
    return it


def by_fractions(value: Fraction, places: int, mode: Rounding) -> Decimal:
    scaled = value * 10**places
    if mode == "half_even":
        units = round(scaled)
    else:
        half = Fraction(1, 2) if mode == "half_away_from_zero" else 0
        units = floor(abs(scaled) + half) * (1 if value >= 0 else -1)
    return Decimal(units).scaleb(-places)


@pytest.mark.parametrize(
    ("written", "half_even", "half_away_from_zero", "down"),
    [
        ("0.5", "0", "1", "0"),
        ("1.5", "2", "2", "1"),
        ("2.5", "2", "3", "2"),
        ("2.51", "3", "3", "2"),
        ("2.49", "2", "2", "2"),
        ("2.99", "3", "3", "2"),
        ("3", "3", "3", "3"),
        ("0", "0", "0", "0"),
        ("-0.4", "0", "0", "0"),
        ("-0.5", "0", "-1", "0"),
        ("-0.51", "-1", "-1", "0"),
        ("-1.5", "-2", "-2", "-1"),
        ("-2.5", "-2", "-3", "-2"),
        ("-2.99", "-3", "-3", "-2"),
        ("-3", "-3", "-3", "-3"),
    ],
)
def test_a_number_between_two_goes_where_the_mode_says(
    written: str, half_even: str, half_away_from_zero: str, down: str
) -> None:
    units = int(Decimal(written).scaleb(2))
    found = [rounded(units, 0, mode, scale=2) for mode in MODES]
    assert found == [Decimal(half_even), Decimal(half_away_from_zero), Decimal(down)]


@pytest.mark.parametrize(
    ("units", "over", "places", "expected"),
    [
        (1, 8, 2, ("0.12", "0.13", "0.12")),
        (-1, 8, 2, ("-0.12", "-0.13", "-0.12")),
        (3, 8, 2, ("0.38", "0.38", "0.37")),
        (2, 3, 6, ("0.666667", "0.666667", "0.666666")),
        (-2, 3, 6, ("-0.666667", "-0.666667", "-0.666666")),
        (1, 3, 0, ("0", "0", "0")),
        (7, 7, 3, ("1", "1", "1")),
    ],
)
def test_quotients_are_rounded_once(units: int, over: int, places: int, expected: tuple[str, ...]) -> None:
    assert [rounded(units, places, mode, over=over) for mode in MODES] == [Decimal(text) for text in expected]


@pytest.mark.parametrize("mode", MODES)
def test_a_number_with_fewer_decimals_than_asked_stays_as_it_is(mode: Rounding) -> None:
    assert rounded(-125, 6, mode, scale=1) == Decimal("-12.5")
    assert rounded(7, 2, mode) == 7


def test_an_amount_of_six_by_three_decimals_is_rounded_from_the_exact_product() -> None:
    amount = Ratio.of(Decimal("100.10")) * Ratio.of(Decimal("0.175"))
    frame = pl.DataFrame({"row": [1]})
    found = [frame.select(amount.rounded_to(3, mode).alias("it")).item() for mode in MODES]
    assert found == [Decimal("17.518"), Decimal("17.518"), Decimal("17.517")]


@settings(deadline=None)
@given(
    st.integers(min_value=-(10**25), max_value=10**25),
    st.tuples(st.integers(min_value=1, max_value=10**12), st.integers(min_value=0, max_value=12)),
    st.sampled_from([1, 3, 8]),
    st.integers(min_value=0, max_value=6),
    st.sampled_from(MODES),
)
def test_rounding_is_that_of_fractions(
    units: int, below: tuple[int, int], by: int, places: int, mode: Rounding
) -> None:
    over, scale = below
    exact = Fraction(units, over * by * 10**scale)
    assert rounded(units, places, mode, over=over, scale=scale, by=by) == by_fractions(exact, places, mode)


@settings(deadline=None)
@given(st.integers(min_value=-400, max_value=400), st.sampled_from([1, 2, 4, 8, 20]), st.sampled_from(MODES))
def test_so_are_the_many_that_lie_just_between_two(units: int, over: int, mode: Rounding) -> None:
    assert rounded(units, 1, mode, over=over) == by_fractions(Fraction(units, over), 1, mode)


@pytest.mark.parametrize("mode", MODES)
def test_unknown_in_unknown_out(mode: Rounding) -> None:
    assert rounded(None, 2, mode) is None
    assert rounded(None, 2, mode, scale=4) is None
    assert rounded(5, 2, mode, over=None) is None


@pytest.mark.parametrize(("mode", "expected"), [("half_even", 1), ("half_away_from_zero", 1), ("down", 0)])
def test_a_rest_whose_double_would_not_fit_is_still_compared_right(mode: Rounding, expected: int) -> None:
    over = 10**38 - 1
    assert rounded(9 * 10**37, 0, mode, over=over) == expected
    assert rounded(-9 * 10**37, 0, mode, over=over) == -expected


def test_the_largest_numbers_keep_their_last_digit() -> None:
    assert rounded(10**31 + 1, 0, "half_even") == 10**31 + 1
    assert rounded((10**31 + 1) * 10 + 5, 0, "half_even", scale=1) == 10**31 + 2


@pytest.mark.parametrize("mode", MODES)
def test_a_number_too_large_raises_and_never_wraps(mode: Rounding) -> None:
    with pytest.raises(pl.exceptions.PolarsError):
        rounded(10**37, 2, mode)
    with pytest.raises(pl.exceptions.PolarsError):
        rounded(10**33, 0, mode, over=2)
