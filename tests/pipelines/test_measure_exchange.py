"""Amounts in other currencies: flows by the row's own day, levels by the day read, all of it exact."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from polars.testing import assert_frame_equal

from tests.pipelines.measured import FEB, JAN, MAR, Rows, of_a, program_of, values
from tierctl.program.model import Program

DAYS = [JAN, FEB, MAR]
RATES = [
    {"currency": "EUR", "rate_on": day, "rate": Decimal(rate)}
    for day, rate in ((date(2025, 1, 10), "1.1"), (date(2025, 1, 20), "1.2"), (date(2025, 3, 5), "1.5"))
]
FIXED = """fixed = [
  { since = 2025-01-01, equal = { USD = 100, EUR = 75 } }, { since = 2025-03-01, equal = { USD = 100, EUR = 70 } },
]"""


def program(
    metric: str, *, flow: str = "row_date", level: str = "month_end", age: str = "max_age_days = 60"
) -> Program:
    rates = f"fx.{age}" + (f"\nfx.{FIXED}" if "fixed" in (flow, level) else "")
    return program_of(metric, shows=["m"], policy=f'fx.flow = "{flow}"\nfx.level = "{level}"\n{rates}')


def flow(measure: str = 'sum = "mrr"') -> str:
    return f"""
[metrics.m]
from = "mrr"
{measure}
on = "sold_on"
window = "lifetime"
"""


def level(measure: str = 'sum = "mrr"') -> str:
    return f"""
[metrics.m]
from = "mrr"
{measure}
running = {{ since = "sold_on", before = "cancelled_on" }}
"""


def sold(*lines: tuple[str, int, date], **more: Any) -> Rows:
    mrr = [{"currency": currency, "mrr": amount, "sold_on": day} | more for currency, amount, day in lines]
    return {"mrr": mrr, "fx_rates": RATES}


LINES = (("USD", 7, date(2025, 1, 2)), ("EUR", 10, date(2025, 1, 15)), ("EUR", 20, date(2025, 2, 15)))


@pytest.mark.parametrize(
    ("policy", "found"),
    [
        ("row_date", ("18", "42", "42")),
        ("month_end", ("19", "43", "43")),
        # February has no rate of its own.
        ("month_average", ("18.5", "18.5", "18.5")),
        ("fixed", ("20.333333", "47", "47")),
    ],
)
def test_a_flow_is_converted_by_each_rows_day(policy: str, found: tuple[str, ...]) -> None:
    got = values(program(flow(), flow=policy), "m", sold(*LINES), DAYS)
    assert_frame_equal(got, of_a(*zip(DAYS, found, strict=True)))


@pytest.mark.parametrize(
    ("policy", "found"),
    [
        ("row_date", ("18", "42", "42")),
        ("month_end", ("19", "43", "52")),
        ("month_average", ("18.5", "7", "52")),
        ("fixed", ("20.333333", "47", "49.857143")),
    ],
)
def test_a_level_is_converted_by_the_day_read(policy: str, found: tuple[str, ...]) -> None:
    got = values(program(level(), level=policy), "m", sold(*LINES), DAYS)
    assert_frame_equal(got, of_a(*zip(DAYS, found, strict=True)))


def test_a_row_without_a_rate_counts_for_nothing() -> None:
    rows = sold(("EUR", 10, date(2025, 1, 9)), ("GBP", 10, JAN), ("EUR", 1, JAN))
    assert_frame_equal(values(program(flow()), "m", rows, [JAN]), of_a((JAN, "1.2")))
    old = sold(("EUR", 10, date(2025, 3, 1)), ("EUR", 1, JAN))
    assert_frame_equal(values(program(flow(), age="max_age_days = 39"), "m", old, [MAR]), of_a((MAR, "1.2")))
    level_read = values(program(level(), age="max_age_days = 38"), "m", old, DAYS)
    assert_frame_equal(level_read, of_a((JAN, "1.2"), (FEB, 0), (MAR, "16.5")))


@pytest.mark.parametrize(
    ("measure", "found"),
    [
        ('average = "mrr"', ("9.5", "14.333333", "17.333333")),
        ('median = "mrr"', ("9.5", 12, 15)),
        ('minimum = "mrr"', (7, 7, 7)),
        ('maximum = "mrr"', (12, 24, 30)),
        ('latest = "mrr"', (12, 24, 30)),
        ('latest = "mrr"\nlatest_per = "currency"', (12, 24, 30)),
        ('sum = "mrr"\nlatest_per = "currency"', (19, 31, 37)),
        ('sum = "mrr"\ntimes = "50 %"', ("9.5", "21.5", 26)),
    ],
)
def test_every_measure_of_amounts_is_converted(measure: str, found: tuple[int | str, ...]) -> None:
    got = values(program(level(measure)), "m", sold(*LINES), DAYS)
    assert_frame_equal(got, of_a(*zip(DAYS, found, strict=True)))


def test_counts_are_not_converted() -> None:
    got = values(program(flow('count = "line_id"')), "m", sold(("GBP", 1, JAN)), [JAN])
    assert_frame_equal(got, of_a((JAN, 1)))
