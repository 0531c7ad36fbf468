"""Rates of exchange: which one a day takes, how old it may be, and how exactly it is applied."""

from datetime import date
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from tierctl.contracts import NUMBER, export_contract
from tierctl.exact import WHOLE
from tierctl.fiscal import Calendar
from tierctl.program.model import Exchange, RatePolicy
from tierctl.rates import factors

RATES = [
    ("EUR", date(2025, 1, 10), "1.10", None),
    ("EUR", date(2025, 1, 20), "1.20", "USD"),
    ("EUR", date(2025, 1, 20), "9.99", None),
    ("EUR", date(2025, 1, 20), "0.85", "GBP"),
    ("EUR", date(2025, 2, 3), "1.000001", None),
    ("EUR", date(2025, 2, 4), "1.000002", None),
    ("GBP", date(2025, 1, 31), "1.30", None),
]


def found(
    policy: RatePolicy, *wanted: tuple[str | None, date], exchange: dict[str, Any] | None = None
) -> list[tuple[str, date, Decimal, Decimal]]:
    contract = export_contract("fx_rates")
    rows = [(currency, day, Decimal(rate), base) for currency, day, rate, base in RATES]
    table = factors(
        Exchange.model_validate({"flow": policy, "level": policy} | (exchange or {})),
        policy,
        "USD",
        rates=pl.DataFrame(rows, schema=contract.polars_schema, orient="row"),
        wanted=pl.DataFrame(wanted, schema={"currency": pl.String, "day": pl.Date}, orient="row"),
        calendar=Calendar.months(),
    )
    assert table.schema == {"currency": pl.String, "day": pl.Date, "factor": NUMBER, "over": WHOLE}
    return sorted(table.rows())


def rate(currency: str, day: date, factor: str | int, over: int = 1) -> tuple[str, date, Decimal, Decimal]:
    return currency, day, Decimal(factor), Decimal(over)


@pytest.mark.parametrize(
    ("day", "factor"),
    [
        (date(2025, 1, 9), None),
        (date(2025, 1, 10), "1.10"),
        (date(2025, 1, 19), "1.10"),
        # A rate that names its base goes before one of that day that does not; one of another base is none.
        (date(2025, 1, 20), "1.20"),
        (date(2025, 2, 2), "1.20"),
        (date(2025, 2, 3), "1.000001"),
    ],
)
def test_row_date_takes_the_last_rate_published_by_the_day(day: date, factor: str | None) -> None:
    assert found("row_date", ("EUR", day)) == ([] if factor is None else [rate("EUR", day, factor)])


def test_a_rate_too_old_is_none() -> None:
    oldest = {"max_age_days": 10}
    assert found("row_date", ("EUR", date(2025, 1, 30)), exchange=oldest) == [rate("EUR", date(2025, 1, 30), "1.20")]
    assert found("row_date", ("EUR", date(2025, 1, 31)), exchange=oldest) == []


def test_month_end_takes_the_rate_of_the_months_last_day() -> None:
    days = [("EUR", date(2025, 1, 1)), ("GBP", date(2025, 1, 2)), ("EUR", date(2025, 2, 1))]
    assert found("month_end", *days) == [
        rate("EUR", date(2025, 1, 1), "1.20"),
        rate("EUR", date(2025, 2, 1), "1.000002"),
        rate("GBP", date(2025, 1, 2), "1.30"),
    ]
    # The age counts from the month's end: eleven days on January 31.
    assert found("month_end", ("EUR", date(2025, 1, 21)), exchange={"max_age_days": 10}) == []


def test_month_average_is_rounded_half_even_to_six_decimals() -> None:
    assert found("month_average", ("EUR", date(2025, 1, 1)), ("EUR", date(2025, 2, 28)), ("EUR", date(2025, 3, 1))) == [
        rate("EUR", date(2025, 1, 1), "1.15"),
        rate("EUR", date(2025, 2, 28), "1.000002"),
    ]


def test_fixed_rates_are_quotients_on_one_denominator() -> None:
    fixed = [
        {"since": date(2025, 1, 1), "equal": {"USD": 100, "EUR": 75}},
        {"since": date(2025, 2, 1), "equal": {"USD": 100, "EUR": 80, "GBP": 70}},
    ]
    wanted = [
        ("EUR", date(2024, 12, 31)),
        ("EUR", date(2025, 1, 31)),
        ("GBP", date(2025, 1, 31)),
        ("EUR", date(2025, 2, 1)),
        ("USD", date(2025, 2, 1)),
    ]
    # 4/3, 5/4 and 10/7, on 84.
    assert found("fixed", *wanted, exchange={"fixed": fixed}) == [
        rate("EUR", date(2025, 1, 31), 112, 84),
        rate("EUR", date(2025, 2, 1), 105, 84),
        rate("USD", date(2025, 2, 1), 84, 84),
    ]


@pytest.mark.parametrize("policy", ["row_date", "month_end", "month_average", "fixed"])
def test_the_programs_own_currency_needs_no_rate(policy: RatePolicy) -> None:
    assert found(policy, ("USD", date(1999, 1, 1)), (None, date(2025, 1, 20))) == [rate("USD", date(1999, 1, 1), 1)]


@pytest.mark.parametrize("policy", ["row_date", "month_end", "month_average", "fixed"])
def test_nothing_wanted_is_nothing_found(policy: RatePolicy) -> None:
    assert found(policy) == []
