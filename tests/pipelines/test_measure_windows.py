"""Windows of metrics: earlier ones, trailing ones, enrollments, and what must have run for a while."""

from datetime import date

import pytest
from polars.testing import assert_frame_equal

from tests.pipelines.measured import APR, FEB, JAN, JUN, MAR, MAY, TOP, Rows, of_a, program_of, values
from tierctl.fiscal import Calendar
from tierctl.program.model import Program

FLOW = """
[metrics.m]
from = "mrr"
sum = "mrr"
on = "sold_on"
window = {window}
{more}
"""
DAYS = [JAN, FEB, MAR, APR, MAY, JUN]
BY_MONTH: Rows = {"mrr": [{"mrr": 10**n, "sold_on": date(2025, n + 1, 15)} for n in range(6)]}
"""1 in January, 10 in February, and so on to 100,000 in June."""


def flow(window: str, more: str = "", *, top: str = TOP) -> Program:
    return program_of(FLOW.format(window=window, more=more), shows=["m"], top=top)


@pytest.mark.parametrize(
    ("window", "ago", "found"),
    [
        ('"fiscal_quarter"', "fiscal_quarters = 1", (0, 0, 0, 111, 111, 111)),
        # A month before the open quarter's last lies in that quarter, of which no more is there than has happened.
        ('"fiscal_quarter"', "fiscal_months = 1", (1, 11, 111, 1_000, 11_000, 111_000)),
        ('"calendar_month"', "fiscal_months = 2", (0, 0, 1, 10, 100, 1_000)),
        ('"fiscal_year"', "fiscal_years = 1", (0, 0, 0, 0, 0, 0)),
        ("{ fiscal_months = 2 }", "fiscal_months = 1", (0, 1, 11, 110, 1_100, 11_000)),
        ("{ fiscal_months = 1 }", "fiscal_quarters = 1", (0, 0, 0, 1, 10, 100)),
    ],
)
def test_a_window_as_much_earlier_in_full(window: str, ago: str, found: tuple[int, ...]) -> None:
    program = flow(window, f"ago = {{ {ago} }}")
    assert_frame_equal(values(program, "m", BY_MONTH, DAYS), of_a(*zip(DAYS, found, strict=True)))


def test_an_earlier_window_may_lie_before_the_program() -> None:
    rows: Rows = {"mrr": [{"mrr": 5, "sold_on": date(2024, 12, 31)}, {"mrr": 7, "sold_on": date(2024, 10, 1)}]}
    earlier = "ago = { fiscal_quarters = 1 }"
    assert_frame_equal(values(flow('"fiscal_quarter"', earlier), "m", rows, [JAN]), of_a((JAN, 12)))
    counted = flow('"fiscal_quarter"', earlier, top=f"{TOP}counts_from = 2024-12-01\n")
    assert_frame_equal(values(counted, "m", rows, [JAN]), of_a((JAN, 5)))


def test_what_is_known_only_now_counts_in_an_earlier_window_read_now() -> None:
    more = 'ago = { fiscal_months = 1 }\nrunning = { since = "invoiced_on", before = "cancelled_on" }'
    days = [FEB, MAR]
    rows: Rows = {
        "mrr": [
            {"mrr": 5, "sold_on": JAN, "invoiced_on": JAN, "cancelled_on": FEB},
            {"mrr": 7, "sold_on": JAN, "invoiced_on": date(2025, 3, 1)},
        ]
    }
    assert_frame_equal(values(flow('"fiscal_month"', more), "m", rows, days), of_a((FEB, 0), (MAR, 0)))
    assert_frame_equal(values(flow('"fiscal_year"', more.splitlines()[1]), "m", rows, days), of_a((FEB, 0), (MAR, 7)))


def test_in_a_calendar_of_weeks_the_shifted_month_says_which_quarter_is_meant() -> None:
    weeks = Calendar.weeks("4-4-5", "saturday nearest december 31")
    rows: Rows = {"mrr": [{"mrr": 1, "sold_on": date(2025, 3, 29)}, {"mrr": 10, "sold_on": date(2025, 3, 30)}]}
    day = weeks.month("2025-04").last
    program = flow('"fiscal_quarter"', "ago = { fiscal_quarters = 1 }")
    assert_frame_equal(values(program, "m", rows, [day], calendar=weeks), of_a((day, 1)))


ENROLLED = TOP.replace("automatic", "required")


def test_only_what_is_dated_within_the_current_enrollment_counts() -> None:
    rows: Rows = BY_MONTH | {
        "enrollments": [
            {"enrolled_on": date(2025, 1, 15), "expires_on": date(2025, 2, 15)},
            {"enrolled_on": date(2025, 4, 16)},
        ]
    }
    found = values(flow('"enrollment"', top=ENROLLED), "m", rows, DAYS)
    # Both days of an enrollment count; in March the first one is still the latest; from April 16 on only the second.
    assert_frame_equal(found, of_a((JAN, 1), (FEB, 11), (MAR, 11), (APR, 0), (MAY, 10_000), (JUN, 110_000)))


LEVEL = """
[metrics.m]
from = "app_installs"
count = "customer_id"
running = {{ since = "active_from", {end}, more_than_days = 30 }}
"""


@pytest.mark.parametrize(("end", "found"), [('before = "active_until"', (1, 0)), ('through = "active_until"', (1, 1))])
def test_a_level_counts_what_has_run_for_more_than_so_many_days(end: str, found: tuple[int, int]) -> None:
    install = {"app_id": "X", "customer_id": "C", "active_from": date(2025, 2, 27), "active_until": MAR}
    # 31 days lie between February 27 and March 30; at 30 days it does not run yet.
    days = [date(2025, 3, 29), date(2025, 3, 30), MAR]
    program = program_of(LEVEL.format(end=end), shows=["m"])
    expected = of_a(*zip(days, (0, *found), strict=True))
    assert_frame_equal(values(program, "m", {"app_installs": [install]}, days), expected)
