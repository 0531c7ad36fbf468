"""Spans of days, fiscal months, the names of periods, and the plain calendar beneath every fiscal one."""

import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, Literal, get_args

Period = Literal[
    "fiscal_month",
    "fiscal_quarter",
    "fiscal_half",
    "fiscal_year",
    "calendar_month",
    "calendar_quarter",
    "calendar_half",
    "calendar_year",
]
PERIODS: Final[tuple[Period, ...]] = get_args(Period)

MONTHS_OF_A_YEAR: Final = 12
_MID_MONTH: Final = 15
_LABEL: Final = re.compile(r"([0-9]{4})-([0-9]{2})")


class CalendarError(ValueError):
    """The calendar does not reach so far: a day beyond its table, or beyond the years 1 to 9999."""


@dataclass(frozen=True, order=True)
class Span:
    """The days from `first` through `last`, both included.

    >>> Span(date(2024, 2, 1), date(2024, 2, 29)).days
    29
    >>> date(2024, 2, 29) in Span(date(2024, 2, 1), date(2024, 2, 29))
    True
    """

    first: date
    last: date

    def __post_init__(self) -> None:
        """Refuse a span that ends before it begins."""
        if self.last < self.first:
            raise ValueError(f"a span cannot end on {self.last}, before it begins on {self.first}")

    def __contains__(self, day: date) -> bool:
        return self.first <= day <= self.last

    @property
    def days(self) -> int:
        """The number of days, the first and the last included."""
        return (self.last - self.first).days + 1


@dataclass(frozen=True, order=True)
class FiscalMonth:
    """One fiscal month; the months of one calendar sort by time.

    `period` counts from 1 within the fiscal year. `label` ("2025-05") is unique in the calendar; reports go by it.
    """

    first: date
    last: date
    fiscal_year: int
    period: int
    label: str

    @property
    def span(self) -> Span:
        """The month's days."""
        return Span(self.first, self.last)

    @property
    def code(self) -> str:
        """The month by fiscal year and period: "FY2025-P05"."""
        return f"FY{self.fiscal_year:04}-P{self.period:02}"


def day_of(year: int, month: int, day: int) -> date:
    """The date; ValueError where the year is not within 1 to 9999."""
    try:
        return date(year, month, day)
    except (ValueError, OverflowError) as fault:
        raise CalendarError(f"the year {year} lies outside the years 1 to 9999") from fault


def plus_days(day: date, days: int) -> date:
    """The date that many days later (earlier, where negative); ValueError where its year is not within 1 to 9999."""
    try:
        return day + timedelta(days=days)
    except OverflowError as fault:
        raise CalendarError(f"{days} days from {day} lie outside the years 1 to 9999") from fault


def calendar_span(day: date, months: int) -> Span:
    """The calendar month, quarter, half or year that holds the day, by its number of months.

    >>> str(calendar_span(date(2024, 2, 10), 1).last), str(calendar_span(date(2024, 2, 10), 3).last)
    ('2024-02-29', '2024-03-31')
    """
    first = day.replace(month=(day.month - 1) // months * months + 1, day=1)
    last_month = first.replace(month=first.month + months - 1)
    if last_month.month == MONTHS_OF_A_YEAR:
        return Span(first, last_month.replace(day=31))
    return Span(first, plus_days(last_month.replace(month=last_month.month + 1), -1))


def label_of(year: int, month: int) -> str:
    """A calendar month's name: "2025-05"."""
    return f"{year:04}-{month:02}"


def is_label(text: str) -> bool:
    """Whether the text has a label's form: four digits, a hyphen, two digits."""
    return _LABEL.fullmatch(text) is not None


def middle_of(label: str) -> date:
    """The 15th of the calendar month with that label; ValueError where there is no such month."""
    year, month = int(label[:4]), int(label[5:])
    if not 1 <= month <= MONTHS_OF_A_YEAR:
        raise ValueError(f'"{label}" is not a month: months run from 01 to 12')
    return day_of(year, month, _MID_MONTH)


def label_by_middle(first: date, last: date) -> str | None:
    """The label of the calendar month whose 15th lies within the days; None where they hold none, or several.

    >>> label_by_middle(date(2024, 1, 28), date(2024, 2, 24))
    '2024-02'
    >>> label_by_middle(date(2024, 1, 16), date(2024, 2, 14)) is None
    True
    """
    before = first.year * MONTHS_OF_A_YEAR + first.month - (first.day <= _MID_MONTH)
    through = last.year * MONTHS_OF_A_YEAR + last.month - (last.day < _MID_MONTH)
    if through - before != 1:
        return None
    year, month = divmod(through - 1, MONTHS_OF_A_YEAR)
    return label_of(year, month + 1)
