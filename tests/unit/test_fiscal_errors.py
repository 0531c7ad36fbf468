"""Fiscal calendars: what they refuse to be built of or to answer, and what they say then."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import cast

import pytest

from tierctl.fiscal import Calendar, Period, Span, TableRow

ROWS_OF_THIRTEEN = [
    TableRow(2025 + n // 13, n % 13 + 1, first, first + timedelta(27), f"{2025 + n // 13}-{n % 13 + 1:02}")
    for n, first in enumerate(date(2025, 1, 5) + timedelta(28 * n) for n in range(26))
]
THIRTEEN = Calendar.table(ROWS_OF_THIRTEEN)


def day(text: str) -> date:
    return date.fromisoformat(text)


def span(first: str, last: str) -> Span:
    return Span(day(first), day(last))


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: Calendar.months(0), r"year_starts is 0: write the fiscal year's first calendar month, 1 to 12"),
        (lambda: Calendar.months(10, "middle"), r'year_named_by is "middle": write end or start'),
        (lambda: Calendar.months(1, "middle"), r'year_named_by is "middle": write end or start'),
        (lambda: Calendar.weeks("4-5-5"), r'"4-5-5" is not a pattern of weeks: write 4-4-5, 4-5-4, 5-4-4'),
        (
            lambda: Calendar.weeks("4-4-5", "first saturday of may"),
            r'"first saturday of may" is not understood: write "last',
        ),
        (lambda: Calendar.weeks("4-4-5", "saturday nearest may"), r"is not understood"),
        (lambda: Calendar.weeks("4-4-5", "sunday nearest february 29"), r"february 29 is not a day of every year"),
        (lambda: Calendar.weeks("4-4-5", "sunday nearest june 31"), r"june 31 is not a day of every year"),
        (lambda: Calendar.weeks("4-4-5", "sunday nearest june 0"), r"june 0 is not a day of every year"),
        (
            lambda: Calendar.weeks("4-4-5", "sunday nearest june 15"),
            r'"sunday nearest june 15" does not work: .* holds none or several\. Choose a year end nearer .* table',
        ),
        (lambda: Calendar.weeks("5-4-4", "friday nearest may 18"), r"holds none or several"),
        (lambda: span("2025-05-02", "2025-05-01"), r"cannot end on 2025-05-01, before it begins on 2025-05-02"),
    ],
)
def test_what_cannot_be_built(build: Callable[[], object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        build()


ROW = TableRow(2025, 1, date(2025, 4, 6), date(2025, 5, 5))
NEXT = TableRow(2025, 2, date(2025, 5, 6), date(2025, 6, 5))


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([], r"has no rows"),
        (
            [ROW, NEXT._replace(first=date(2025, 5, 8))],
            r"row 2 \(FY2025-P02, .*\) leaves a gap after row 1: .* 2025-05-06",
        ),
        ([ROW, NEXT._replace(first=date(2025, 5, 5))], r"row 2 .* overlaps row 1: it must begin on 2025-05-06"),
        ([ROW, ROW], r"row 2 .* overlaps row 1"),
        (
            [ROW._replace(first=date(2025, 5, 6), last=date(2025, 6, 5)), ROW],
            r"row 2 .* is out of order: it begins before",
        ),
        ([ROW, NEXT._replace(period=3)], r"row 2 .* is out of order: after FY2025-P01 comes period 2 of the same"),
        ([ROW, NEXT._replace(fiscal_year=2024, period=1)], r"row 2 .* period 1 of a later one"),
        ([ROW, NEXT._replace(fiscal_year=2026)], r"row 2 .* period 1 of a later one"),
        ([NEXT], r"row 1 .* must be period 1: a table begins with a whole fiscal year"),
        ([ROW._replace(last=date(2025, 4, 5))], r"row 1 .* ends before it begins"),
        ([ROW._replace(period=0)], r"row 1 .* periods from 1 to 99"),
        ([ROW._replace(fiscal_year=0)], r"row 1 .* fiscal years run from 1 to 9999"),
        ([ROW._replace(last=date(2025, 6, 30))], r"row 1 .* holds no 15th of a calendar month, or several"),
        ([ROW._replace(last=date(2025, 4, 14))], r"row 1 .* give every row a month label"),
        ([ROW._replace(month="2025-04"), NEXT], r"row 2 .* give every row a month label, or none"),
        ([ROW, NEXT._replace(month="2025-05")], r"row 2 .* give every row a month label, or none"),
        ([ROW._replace(month="April")], r'row 1 .* month label "April" has not the form 2025-05'),
        (
            [ROW._replace(month="2025-04"), NEXT._replace(month="2025-04")],
            r"row 2 .* month label 2025-04 must come after 2025-04, that of row 1",
        ),
        (
            [ROW, NEXT, TableRow(2026, 1, date(2025, 6, 6), date(2025, 7, 5))],
            r"row 3 .* is the table's last, but the fiscal year before has 2 periods: list the last fiscal year",
        ),
    ],
)
def test_what_is_not_a_table(rows: list[TableRow], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Calendar.table(rows)


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda: Calendar.months().month("May 2025"), r'"May 2025" is not the name .* 2025-05 or FY2025-P05, or last'),
        (lambda: Calendar.months().month("2025-5"), r'"2025-5" is not the name'),
        (lambda: Calendar.months().month("2025-05\n"), r"is not the name"),
        (lambda: Calendar.months().month("\u0662\u0660\u0662\u0665-\u0660\u0665"), r"is not the name"),
        (lambda: Calendar.months().month("last"), r"depends on the day of today"),
        (lambda: Calendar.months().month("2025-13"), r'"2025-13" is not a month: months run from 01 to 12'),
        (lambda: Calendar.months().month("FY2025-P13"), r"fiscal year 2025 has no period 13: .* run from 1 to 12"),
        (lambda: Calendar.weeks().month("FY2025-P00"), r"fiscal year 2025 has no period 0"),
        (lambda: THIRTEEN.month("FY2025-P14"), r"fiscal year 2025 has no period 14: its periods run from 1 to 13"),
        (lambda: THIRTEEN.month("FY2030-P01"), r"fiscal year 2030 is not in the calendar's table"),
        (
            lambda: THIRTEEN.month("2027-01"),
            r"2027-01 is not in .* from 2025-01 \(FY2025-P01, from 2025-01-05\) to 2026-13",
        ),
        (lambda: THIRTEEN.month("last", today=day("2027-01-04")), r"2027-01-03 is not in the calendar's table"),
        (lambda: THIRTEEN.month_of(day("2025-01-04")), r"2025-01-04 is not in the calendar's table"),
        (lambda: THIRTEEN.shift(THIRTEEN.month("2026-13"), 1), r"not in the calendar's table, .* add the rows"),
        (lambda: THIRTEEN.overlapping("fiscal_year", span("2026-06-01", "2027-06-01")), r"2027-01-03 is not in"),
        (lambda: Calendar.months().month("0000-01"), r"the year 0 lies outside the years 1 to 9999"),
        (lambda: Calendar.months().shift(Calendar.months().month("2025-01"), 10**12), r"outside the years 1 to 9999"),
        (lambda: Calendar.weeks().month_of(date.max), r"the year 10000 lies outside"),
        (
            lambda: Calendar.months().next_instance("calendar_year", span("9999-01-01", "9999-12-31")),
            r"1 days from 9999",
        ),
        (
            lambda: Calendar.months().shift(Calendar.weeks().month("2025-01"), 1),
            r"is not a fiscal month of this calendar",
        ),
        (
            lambda: Calendar.months().instance(cast("Period", "week"), day("2025-05-01")),
            r'"week" is not a period: .* fiscal_month, ',
        ),
    ],
)
def test_what_cannot_be_answered(ask: Callable[[], object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ask()
