"""Fiscal calendars: what holds for every one of them, and the edges; see also `test_fiscal_facts.py`."""

from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tierctl.fiscal import PERIODS, Calendar, FiscalMonth, Period, Span, TableRow

PATTERNS = ("4-4-5", "4-5-4", "5-4-4")
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MONTHS = tuple(date(2000, month, 1).strftime("%B") for month in range(1, 13))


def day(text: str) -> date:
    return date.fromisoformat(text)


def span(first: str, last: str) -> Span:
    return Span(day(first), day(last))


def rows_from_april_6() -> Iterator[TableRow]:
    """The months of 2000 to 2040 and a few around them, each from the 6th through the 5th of the next."""
    calendar = Calendar.months(year_starts=4, year_named_by="start")
    for month in calendar.months_from(calendar.month("1999-04"), calendar.month("2042-03")):
        later = timedelta(5)
        yield TableRow(month.fiscal_year, month.period, month.first + later, month.last + later)


def rows_of_thirteen(first: date, years: int) -> Iterator[TableRow]:
    """Thirteen months of four weeks in each year, with labels of their own."""
    for number in range(13 * years):
        year, start = first.year + number // 13, first + timedelta(28 * number)
        period = number % 13 + 1
        yield TableRow(year, period, start, start + timedelta(27), f"{year}-{period:02}")


CALENDARS = {
    **{f"months from {start}": Calendar.months(start) for start in range(1, 13)},
    "months from 2 by start": Calendar.months(2, "start"),
    **{
        f"{pattern} {year_ends}": Calendar.weeks(pattern, year_ends)
        for pattern in PATTERNS
        for year_ends in ("last saturday of january", "saturday nearest january 31", "sunday nearest december 31")
    },
    "4-4-5 last friday of february by start": Calendar.weeks("4-4-5", "last friday of february", "start"),
    "4-5-4 thursday nearest june 3": Calendar.weeks("4-5-4", "thursday nearest june 3"),
    "5-4-4 last saturday of december by start": Calendar.weeks("5-4-4", "last saturday of december", "start"),
    "table from april 6": Calendar.table(rows_from_april_6()),
    "table of thirteen": Calendar.table(rows_of_thirteen(date(1998, 1, 4), 45)),
}
FIRST, LAST = date(2000, 1, 1), date(2040, 12, 31)
every_calendar = pytest.mark.parametrize("calendar", CALENDARS.values(), ids=CALENDARS.keys())


def months_of(calendar: Calendar) -> list[FiscalMonth]:
    return calendar.months_from(calendar.month_of(FIRST), calendar.month_of(LAST))


@every_calendar
def test_every_day_belongs_to_exactly_one_fiscal_month(calendar: Calendar) -> None:
    months = months_of(calendar)
    days = [(month.first + timedelta(n), month) for month in months for n in range(month.span.days)]
    assert [day for day, _ in days] == [months[0].first + timedelta(n) for n in range(len(days))]
    assert months[0].first <= FIRST
    assert months[-1].last >= LAST
    assert [month for _, month in days] == [calendar.month_of(day) for day, _ in days]


@every_calendar
def test_labels_and_codes_are_unique_and_lead_back(calendar: Calendar) -> None:
    months = months_of(calendar)
    assert len({month.label for month in months}) == len({month.code for month in months}) == len(months)
    assert sorted(months) == sorted(months, key=lambda month: month.label) == months
    assert [calendar.month(month.label) for month in months] == months
    assert [calendar.month(month.code) for month in months] == months


@every_calendar
def test_fiscal_years_follow_without_a_name_left_out_or_given_twice(calendar: Calendar) -> None:
    names = [month.fiscal_year for month in months_of(calendar) if month.period == 1]
    assert names == list(range(names[0], names[0] + len(names)))


week_calendars = st.builds(
    lambda pattern, weekday, month, named_by: Calendar.weeks(pattern, f"last {weekday} of {month}", named_by),
    st.sampled_from(PATTERNS),
    st.sampled_from(WEEKDAYS),
    st.sampled_from(MONTHS),
    st.sampled_from(("end", "start")),
)
nearest_calendars = st.builds(
    lambda pattern, weekday, end: Calendar.weeks(pattern, f"{weekday} nearest {end}"),
    st.sampled_from(PATTERNS),
    st.sampled_from(WEEKDAYS),
    st.sampled_from(("january 31", "february 28", "march 3", "june 30", "august 28", "december 31", "january 2")),
)
month_calendars = st.builds(Calendar.months, st.integers(1, 12), st.sampled_from(("end", "start")))
calendars = week_calendars | nearest_calendars | month_calendars
days = st.dates(date(1900, 1, 1), date(2299, 12, 31))
periods = st.sampled_from(PERIODS)


@settings(deadline=None)
@given(calendars, days, st.integers(-600, 600))
def test_a_month_is_found_by_day_label_code_and_distance(calendar: Calendar, any_day: date, n: int) -> None:
    month = calendar.month_of(any_day)
    assert any_day in month.span
    assert calendar.month(month.label) == calendar.month(month.code) == month
    assert date(int(month.label[:4]), int(month.label[5:]), 15) in month.span
    other = calendar.shift(month, n)
    assert calendar.shift(other, -n) == month
    assert len(calendar.months_from(min(month, other), max(month, other))) == abs(n) + 1


@settings(deadline=None)
@given(calendars, days, periods)
def test_the_instances_of_a_period_follow_each_other(calendar: Calendar, any_day: date, period: Period) -> None:
    instance = calendar.instance(period, any_day)
    after, before = calendar.next_instance(period, instance), calendar.previous_instance(period, instance)
    assert any_day in instance
    assert (after.first - instance.last).days == (instance.first - before.last).days == 1
    assert calendar.previous_instance(period, after) == calendar.next_instance(period, before) == instance
    assert calendar.overlapping(period, Span(before.last, after.first)) == [before, instance, after]


@settings(deadline=None)
@given(calendars, days, st.integers(0, 800), periods)
def test_overlapping_gives_every_instance_that_shares_a_day(
    calendar: Calendar, first: date, length: int, period: Period
) -> None:
    days_asked = Span(first, first + timedelta(length))
    found = calendar.overlapping(period, days_asked)
    assert found == sorted({calendar.instance(period, first + timedelta(n)) for n in range(length + 1)})


@pytest.mark.parametrize(
    ("period", "any_day", "expected"),
    [
        ("calendar_month", "2024-02-29", span("2024-02-01", "2024-02-29")),
        ("calendar_month", "2025-02-28", span("2025-02-01", "2025-02-28")),
        ("calendar_month", "9999-12-31", span("9999-12-01", "9999-12-31")),
        ("calendar_quarter", "2025-06-30", span("2025-04-01", "2025-06-30")),
        ("calendar_half", "2025-07-01", span("2025-07-01", "2025-12-31")),
        ("calendar_year", "2025-01-01", span("2025-01-01", "2025-12-31")),
        ("fiscal_month", "2024-02-10", span("2024-02-01", "2024-02-29")),
        ("fiscal_quarter", "2024-02-10", span("2023-12-01", "2024-02-29")),
        ("fiscal_half", "2023-09-01", span("2023-09-01", "2024-02-29")),
        ("fiscal_year", "2024-03-01", span("2024-03-01", "2025-02-28")),
    ],
)
def test_instances_where_the_fiscal_year_starts_in_march(period: Period, any_day: str, expected: Span) -> None:
    assert Calendar.months(year_starts=3).instance(period, day(any_day)) == expected


@pytest.mark.parametrize(
    ("period", "expected"),
    [
        ("fiscal_month", span("2023-12-31", "2024-02-03")),
        ("fiscal_quarter", span("2023-10-29", "2024-02-03")),
        ("fiscal_half", span("2023-07-30", "2024-02-03")),
        ("fiscal_year", span("2023-01-29", "2024-02-03")),
    ],
)
def test_a_53rd_week_belongs_to_the_last_month_of_the_year(period: Period, expected: Span) -> None:
    calendar = Calendar.weeks("4-5-4", "saturday nearest january 31")
    assert calendar.instance(period, day("2024-02-01")) == expected


@pytest.mark.parametrize(
    ("period", "expected"),
    [
        ("calendar_year", [span("2025-01-01", "2025-12-31"), span("2026-01-01", "2026-12-31")]),
        ("calendar_quarter", [span("2025-10-01", "2025-12-31"), span("2026-01-01", "2026-03-31")]),
        ("fiscal_month", [span("2025-11-30", "2026-01-03")]),
    ],
)
def test_a_fiscal_month_that_straddles_years_overlaps_both(period: Period, expected: list[Span]) -> None:
    calendar = Calendar.weeks("4-5-4", "saturday nearest january 31")
    assert calendar.overlapping(period, span("2025-11-30", "2026-01-03")) == expected


THIRTEEN = Calendar.table(rows_of_thirteen(date(2025, 1, 5), 2))


@pytest.mark.parametrize("period", ["fiscal_quarter", "fiscal_half"])
def test_quarters_and_halves_need_years_of_twelve_months(period: Period) -> None:
    with pytest.raises(
        ValueError, match=f"a {period} is not defined in fiscal year 2025, which has 13 periods, not 12"
    ):
        THIRTEEN.instance(period, day("2025-03-01"))


@pytest.mark.parametrize(
    ("period", "expected"),
    [
        ("fiscal_month", span("2025-03-02", "2025-03-29")),
        ("fiscal_year", span("2025-01-05", "2026-01-03")),
        ("calendar_quarter", span("2025-01-01", "2025-03-31")),
    ],
)
def test_months_and_years_work_where_years_have_thirteen_months(period: Period, expected: Span) -> None:
    assert THIRTEEN.instance(period, day("2025-03-02")) == expected


@pytest.mark.parametrize(
    ("calendar", "text", "code", "days"),
    [
        (Calendar.months(), "2025-05", "FY2025-P05", span("2025-05-01", "2025-05-31")),
        (Calendar.months(), "FY2025-P05", "FY2025-P05", span("2025-05-01", "2025-05-31")),
        (Calendar.months(10), "2025-05", "FY2025-P08", span("2025-05-01", "2025-05-31")),
        (Calendar.months(10), "FY2025-P01", "FY2025-P01", span("2024-10-01", "2024-10-31")),
        (Calendar.months(10, "start"), "2025-05", "FY2024-P08", span("2025-05-01", "2025-05-31")),
        (Calendar.months(1, "start"), "2025-05", "FY2025-P05", span("2025-05-01", "2025-05-31")),
        (
            Calendar.weeks("4-4-5", "last saturday of january"),
            "2025-02",
            "FY2026-P01",
            span("2025-01-26", "2025-02-22"),
        ),
        (
            Calendar.weeks("4-4-5", "last saturday of january"),
            "FY2025-P12",
            "FY2025-P12",
            span("2024-12-22", "2025-01-25"),
        ),
        (
            Calendar.weeks("4-4-5", "Last  Saturday of January"),
            "2025-02",
            "FY2026-P01",
            span("2025-01-26", "2025-02-22"),
        ),
        (
            Calendar.weeks("4-4-5", "friday nearest june 30", "start"),
            "2025-07",
            "FY2025-P01",
            span("2025-06-28", "2025-07-25"),
        ),
        (THIRTEEN, "2025-13", "FY2025-P13", span("2025-12-07", "2026-01-03")),
        (CALENDARS["table from april 6"], "2024-03", "FY2023-P12", span("2024-03-06", "2024-04-05")),
    ],
)
def test_a_month_by_its_name(calendar: Calendar, text: str, code: str, days: Span) -> None:
    month = calendar.month(text)
    assert (month.code, month.span) == (code, days)


@pytest.mark.parametrize(
    ("calendar", "today", "label"),
    [
        (Calendar.months(), "2025-05-31", "2025-04"),
        (Calendar.months(), "2025-06-01", "2025-05"),
        (Calendar.months(), "2025-06-15", "2025-05"),
        (Calendar.months(), "2024-02-29", "2024-01"),
        (Calendar.months(), "2024-03-01", "2024-02"),
        (Calendar.months(), "2025-01-01", "2024-12"),
        (Calendar.weeks("4-4-5", "saturday nearest january 31"), "2025-02-01", "2024-12"),
        (Calendar.weeks("4-4-5", "saturday nearest january 31"), "2025-02-02", "2025-01"),
        (THIRTEEN, "2025-02-02", "2025-01"),
        (THIRTEEN, "2027-01-03", "2026-13"),  # the day after the table's last
    ],
)
def test_last_is_the_latest_month_that_ended_before_today(calendar: Calendar, today: str, label: str) -> None:
    assert calendar.month("last", today=day(today)).label == label


@pytest.mark.parametrize(
    ("last_day", "code"),
    [
        ("2006-01-01", "FY2005-P12"),
        ("2006-12-31", "FY2006-P12"),
        ("2009-01-04", "FY2009-P01"),
        ("2010-01-03", "FY2009-P12"),
        ("2012-01-01", "FY2011-P12"),
        ("2012-12-30", "FY2012-P12"),
    ],
)
@pytest.mark.parametrize("named_by", ["end", "start"])  # the nominal year runs from January 1 to December 31
def test_a_year_by_weeks_is_named_by_its_nominal_end(last_day: str, code: str, named_by: str) -> None:
    assert Calendar.weeks("4-4-5", "sunday nearest december 31", named_by).month_of(day(last_day)).code == code


@pytest.mark.parametrize(
    ("month", "n", "expected"),
    [("2025-01", -1, "2024-12"), ("2024-12", 1, "2025-01"), ("2024-02", 12, "2025-02"), ("2024-02", 0, "2024-02")],
)
@pytest.mark.parametrize("calendar", [Calendar.months(), Calendar.months(10), CALENDARS["table from april 6"]])
def test_shift_counts_fiscal_months(calendar: Calendar, month: str, n: int, expected: str) -> None:
    assert calendar.shift(calendar.month(month), n) == calendar.month(expected)


@every_calendar
def test_no_months_lie_between_a_month_and_an_earlier_one(calendar: Calendar) -> None:
    month = calendar.month_of(FIRST)
    assert calendar.months_from(month, month) == [month]
    assert calendar.months_from(calendar.shift(month, 1), month) == []


def test_calendars_of_one_rule_are_equal() -> None:
    one, same = (Calendar.weeks("4-4-5", text) for text in ("last saturday of january", "Last Saturday  of January"))
    assert one == same
    assert len({one, same, Calendar.months(), Calendar.months(1, "start"), THIRTEEN}) == 3
