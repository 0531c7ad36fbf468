"""Fiscal calendars against the calendars that others published (`tests/facts/`)."""

import csv
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from tierctl.fiscal import Calendar, FiscalMonth, Period, Span, TableRow

FACTS = Path(__file__).parent.parent / "facts"
PATTERNS = ("4-4-5", "4-5-4", "5-4-4")
Row = dict[str, str]


def facts(name: str) -> list[Row]:
    with (FACTS / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(line for line in file if not line.startswith("#")))


def row_id(row: Row) -> str:
    kept = ("calendar", "rule", "kind", "key", "key2", "value")
    return " ".join(row[column] for column in kept if row.get(column))


def day(text: str) -> date:
    return date.fromisoformat(text)


def start_of_year(calendar: Calendar, year: str) -> date:
    return calendar.month(f"FY{year}-P01").first


def year_span(calendar: Calendar, year: str) -> Span:
    return calendar.instance("fiscal_year", start_of_year(calendar, year))


def quarter_span(calendar: Calendar, year: str, quarter: str) -> Span:
    return calendar.instance("fiscal_quarter", period_span(calendar, year, str(3 * int(quarter))).first)


def period_span(calendar: Calendar, year: str, period: str) -> Span:
    return calendar.month(f"FY{year}-P{int(period):02}").span


def quarter_of(month: FiscalMonth) -> int:
    return (month.period + 2) // 3


def rows_from_day(starts: date, years: int, name_ahead: int = 0) -> Iterator[TableRow]:
    """Months from one day of the month to the day before it in the next, or from the last day where it is missing."""
    firsts = []
    for number in range(starts.month - 1, starts.month + 12 * years):
        month = date(starts.year + number // 12, number % 12 + 1, 1)
        length = (month.replace(day=28) + timedelta(4)).replace(day=1) - month
        firsts.append(month.replace(day=min(starts.day, length.days)))
    for number, (first, after) in enumerate(pairwise(firsts)):
        yield TableRow(starts.year + number // 12 + name_ahead, number % 12 + 1, first, after - timedelta(1))


def rows_with_first_quarter_extended(years: range) -> Iterator[TableRow]:
    """Years that end on the last Saturday of December in 4-4-5, a 53rd week belonging to the third month."""
    for year in years:
        before, end = (date(y, 12, 31) - timedelta((date(y, 12, 31).weekday() + 2) % 7) for y in (year - 1, year))
        weeks = [4, 4, 5] * 4
        weeks[2] += (end - before).days // 7 - 52
        for period, count in enumerate(weeks, start=1):
            first, before = before + timedelta(1), before + timedelta(7 * count)
            yield TableRow(year, period, first, before)


RETAIL = {
    "NRF 4-5-4": Calendar.weeks("4-5-4", "saturday nearest january 31", year_named_by="start"),
    "Stitch Fix FY (4-5-4 from August, Saturday-ended, 53rd week in last period)": Calendar.weeks(
        "4-5-4", "saturday nearest july 31"
    ),
}


def place_in_retail_year(calendar: Calendar, text: str) -> str:
    month = calendar.month_of(day(text))
    week = (day(text) - month.first).days // 7 + 1
    week_of_year = (day(text) - start_of_year(calendar, f"{month.fiscal_year:04}")).days // 7 + 1
    return f"{month.fiscal_year}/{month.period}/{week}/{quarter_of(month)}/{week_of_year}"


RETAIL_ANSWERS: dict[str, Callable[[Calendar, str, str], object]] = {
    "weeks_in_year": lambda calendar, year, _: year_span(calendar, year).days // 7,
    "start_of_year": lambda calendar, year, _: year_span(calendar, year).first,
    "end_of_year": lambda calendar, year, _: year_span(calendar, year).last,
    "start_of_quarter": lambda calendar, year, quarter: quarter_span(calendar, year, quarter).first,
    "start_of_period": lambda calendar, year, period: period_span(calendar, year, period).first,
    "end_of_period": lambda calendar, year, period: period_span(calendar, year, period).last,
    "weeks_in_period": lambda calendar, year, period: period_span(calendar, year, period).days // 7,
    "year_of_date": lambda calendar, text, _: calendar.month_of(day(text)).fiscal_year,
    "date": lambda calendar, text, _: place_in_retail_year(calendar, text),
}


@pytest.mark.parametrize("row", facts("fiscal_454.csv"), ids=row_id)
def test_agrees_with_published_retail_calendars(row: Row) -> None:
    answer = RETAIL_ANSWERS[row["kind"].partition(" ")[0]]
    assert str(answer(RETAIL[row["calendar"]], row["key"], row["key2"])) == row["expected"]


EXTRA_WEEK_FIRST = Calendar.table(rows_with_first_quarter_extended(range(1995, 2015)))


def calendar_by_rule(rule: str, pattern: str) -> Calendar:
    year_ends, _, extra_week = rule.removeprefix("FY ").partition(", ")
    return EXTRA_WEEK_FIRST if extra_week == "extra week in Q1" else Calendar.weeks(pattern, year_ends)


def has_weeks_per_quarter(calendar: Calendar, row: Row) -> bool:
    any_day = day(row["kind"].removeprefix("weeks_per_quarter of the year containing "))
    quarters = calendar.overlapping("fiscal_quarter", calendar.instance("fiscal_year", any_day))
    return ",".join(str(quarter.days // 7) for quarter in quarters) == row["value"]


def ends_on(calendar: Calendar, period: Period, row: Row) -> bool:
    return calendar.instance(period, day(row["value"])).last == day(row["value"])


WEEK_ANSWERS: dict[str, Callable[[Calendar, Row], bool]] = {
    "period_end": lambda calendar, row: ends_on(calendar, "fiscal_year", row),
    "quarter_end": lambda calendar, row: ends_on(calendar, "fiscal_quarter", row),
    "53_week_year": lambda calendar, row: year_span(calendar, row["value"]).days == 53 * 7,
    "weeks_per_quarter": has_weeks_per_quarter,
}


@pytest.mark.parametrize("pattern", PATTERNS)  # year ends and quarter ends do not depend on it
@pytest.mark.parametrize("row", facts("fiscal_52_53.csv"), ids=row_id)
def test_agrees_with_published_52_53_week_years(row: Row, pattern: str) -> None:
    answer = WEEK_ANSWERS[row["kind"].partition(" ")[0]]
    assert answer(calendar_by_rule(row["rule"], pattern), row) == (row["expected"] == "true")


MONTH_BASED = {
    "FY starts Oct 1 of previous year (US federal)": Calendar.months(year_starts=10),
    "FY starts Mar 1 same year": Calendar.months(year_starts=3, year_named_by="start"),
    "FY starts Jan 1 same year": Calendar.months(),
    # A year named by the one after it, and years from another day than the first, are tables.
    "FY starts Jan 1 of previous year": Calendar.table(rows_from_day(date(2015, 1, 1), 3, name_ahead=1)),
    "FY starts Apr 6 of same year (UK personal)": Calendar.table(rows_from_day(date(2015, 4, 6), 4)),
    "FY starts May 31 of previous year (day 31 does not exist in all months)": Calendar.table(
        rows_from_day(date(2017, 5, 31), 4, name_ahead=1)
    ),
}
# By calendar and key: the rows that no calendar of ours can be asked for.
NOT_OURS = {
    ("invalid settings", "start_day=32"): "a year by months starts on a first of the month; other days are a table",
}


def place_in_year(calendar: Calendar, text: str, parts: str) -> str:
    month = calendar.month_of(day(text))
    values = {"year": month.fiscal_year, "month": month.period, "quarter": quarter_of(month)}
    return "/".join(str(values[part]) for part in parts.split("/"))


def has_leap_day(calendar: Calendar, year: str) -> str:
    days = year_span(calendar, year)
    return str(any(date(leap, 2, 29) in days for leap in range(2004, 2040, 4))).lower()


def quarter_text(calendar: Calendar, key: str) -> str:
    quarter = quarter_span(calendar, *key.split("Q"))
    return f"{quarter.first}..{quarter.last}"


def quarter_edges(calendar: Calendar, key: str) -> str:
    quarter = quarter_span(calendar, *key.split("Q"))
    return f"{quarter.first.day}/{quarter.last.day}"


def day_of_year(calendar: Calendar, text: str) -> int:
    return Span(calendar.instance("fiscal_year", day(text)).first, day(text)).days


MONTH_ANSWERS: dict[str, Callable[[Calendar, str], object]] = {
    "year_start": lambda calendar, key: year_span(calendar, key).first,
    "year_end": lambda calendar, key: year_span(calendar, key).last,
    "month_start": lambda calendar, key: period_span(calendar, *key.split("-")).first,
    "month_end": lambda calendar, key: period_span(calendar, *key.split("-")).last,
    "quarter": quarter_text,
    "quarter start day / end day": quarter_edges,
    "date -> year/month/quarter": lambda calendar, key: place_in_year(calendar, key, "year/month/quarter"),
    "date -> year/month": lambda calendar, key: place_in_year(calendar, key, "year/month"),
    "date -> year/quarter": lambda calendar, key: place_in_year(calendar, key, "year/quarter"),
    "current year on": lambda calendar, key: place_in_year(calendar, key, "year"),
    "day_of_fiscal_year": day_of_year,
    "contains_feb_29": has_leap_day,
}


@pytest.mark.parametrize(
    "row", [row for row in facts("fiscal_month_based.csv") if row["calendar"] != "invalid settings"], ids=row_id
)
def test_agrees_with_published_month_based_years(row: Row) -> None:
    answer = MONTH_ANSWERS[row["kind"]]
    assert str(answer(MONTH_BASED[row["calendar"]], row["key"])) == row["expected"]


@pytest.mark.parametrize(
    "row",
    [
        row
        for row in facts("fiscal_month_based.csv")
        if row["calendar"] == "invalid settings" and (row["calendar"], row["kind"]) not in NOT_OURS
    ],
    ids=row_id,
)
def test_refuses_the_settings_that_others_refuse(row: Row) -> None:
    with pytest.raises(ValueError, match="first calendar month"):
        Calendar.months(year_starts=int(row["kind"].removeprefix("start_month=")))


@pytest.mark.parametrize(("calendar", "kind"), NOT_OURS)
def test_every_row_left_out_is_in_the_facts(calendar: str, kind: str) -> None:
    assert (calendar, kind) in {(row["calendar"], row["kind"]) for row in facts("fiscal_month_based.csv")}
