"""How a calendar cuts time into fiscal months by rule: calendar months, or weeks in a pattern."""

import re
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from itertools import accumulate, pairwise
from typing import Final, Protocol

from tierctl.fiscal.spans import (
    MONTHS_OF_A_YEAR,
    FiscalMonth,
    calendar_span,
    day_of,
    label_by_middle,
    label_of,
    middle_of,
    plus_days,
)

_WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MONTHS: Final = (
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
)
_DAYS_IN: Final = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)  # in every year, so February has 28
_PATTERNS: Final = {"4-4-5": (4, 4, 5), "4-5-4": (4, 5, 4), "5-4-4": (5, 4, 4)}
_WEEKS_OF_A_YEAR: Final = 52
_NAMED_BY: Final = ("end", "start")
_LAST: Final = re.compile(rf"last ({'|'.join(_WEEKDAYS)}) of ({'|'.join(_MONTHS)})")
_NEAREST: Final = re.compile(rf"({'|'.join(_WEEKDAYS)}) nearest ({'|'.join(_MONTHS)}) ([0-9]{{1,2}})")


class Rule(Protocol):
    """What a calendar asks of its rule. It numbers its fiscal months by time, from where it likes."""

    def number_of(self, day: date) -> int:
        """The number of the fiscal month that holds the day."""

    def numbered(self, number: int) -> FiscalMonth:
        """The fiscal month with that number."""

    def labelled(self, label: str) -> FiscalMonth:
        """The fiscal month with that label."""

    def coded(self, fiscal_year: int, period: int) -> FiscalMonth:
        """The fiscal month at that place in that fiscal year."""

    def periods_in(self, fiscal_year: int) -> int:
        """How many fiscal months that fiscal year has."""


def require_period(fiscal_year: int, period: int, periods: int) -> None:
    """Raise ValueError where the fiscal year has no such period."""
    if not 1 <= period <= periods:
        raise ValueError(f"fiscal year {fiscal_year} has no period {period}: its periods run from 1 to {periods}")


@dataclass(frozen=True)
class MonthRule:
    """Calendar months; a fiscal year's name is the calendar year in which it starts plus `name_ahead`."""

    year_starts: int
    name_ahead: int

    @classmethod
    def of(cls, year_starts: int, year_named_by: str) -> "MonthRule":
        """Fiscal years from the first of that calendar month (1 to 12)."""
        if not 1 <= year_starts <= MONTHS_OF_A_YEAR:
            raise ValueError(f"year_starts is {year_starts}: write the fiscal year's first calendar month, 1 to 12")
        is_named_ahead = not _is_named_by_start(year_named_by) and year_starts != 1
        return cls(year_starts, int(is_named_ahead))

    def number_of(self, day: date) -> int:
        """The months from January of a year 0."""
        return day.year * MONTHS_OF_A_YEAR + day.month - 1

    def numbered(self, number: int) -> FiscalMonth:
        """That calendar month."""
        year, month = divmod(number, MONTHS_OF_A_YEAR)
        starts, period = divmod(number - (self.year_starts - 1), MONTHS_OF_A_YEAR)
        span = calendar_span(day_of(year, month + 1, 1), 1)
        return FiscalMonth(span.first, span.last, starts + self.name_ahead, period + 1, label_of(year, month + 1))

    def labelled(self, label: str) -> FiscalMonth:
        """The calendar month of that name."""
        return self.numbered(self.number_of(middle_of(label)))

    def coded(self, fiscal_year: int, period: int) -> FiscalMonth:
        """The calendar month at that place in the fiscal year."""
        require_period(fiscal_year, period, self.periods_in(fiscal_year))
        january = (fiscal_year - self.name_ahead) * MONTHS_OF_A_YEAR
        return self.numbered(january + self.year_starts - 1 + period - 1)

    def periods_in(self, _fiscal_year: int, /) -> int:
        """Twelve, in every year."""
        return MONTHS_OF_A_YEAR


@dataclass(frozen=True)
class WeekRule:
    """Months of whole weeks; a year ends on the `weekday` nearest a nominal day, or on the last one of a month.

    `day` is None for the last such weekday of the month; the nominal day is then the month's last. A 53rd week belongs
    to the year's last month. A fiscal year's name is the calendar year of its nominal day plus `name_ahead`.
    """

    weeks: tuple[int, int, int]
    weekday: int
    month: int
    day: int | None
    name_ahead: int

    @classmethod
    def of(cls, pattern: str, year_ends: str, year_named_by: str) -> "WeekRule":
        """The rule by its pattern ("4-4-5") and its year end in words; ValueError where its months cannot be named."""
        if pattern not in _PATTERNS:
            raise ValueError(f'"{pattern}" is not a pattern of weeks: write {", ".join(_PATTERNS)}')
        weekday, month, day = _parse_year_end(year_ends)
        is_calendar_year = (month, day or _DAYS_IN[month - 1]) == (MONTHS_OF_A_YEAR, _DAYS_IN[-1])
        is_named_behind = _is_named_by_start(year_named_by) and not is_calendar_year
        rule = cls(_PATTERNS[pattern], weekday, month, day, -int(is_named_behind))
        # Building a year fails where a month cannot be named. In 28 years, each pairing of a year's weekdays with leap
        # or common years before and in it comes up, so what holds for these holds for all.
        for year in range(2001, 2029):
            _build_year(rule, year)
        return rule

    def __str__(self) -> str:
        """The year end in words, as the workspace has it."""
        weekday, month = _WEEKDAYS[self.weekday], _MONTHS[self.month - 1]
        return f"last {weekday} of {month}" if self.day is None else f"{weekday} nearest {month} {self.day}"

    def year_end(self, year: int) -> date:
        """The last day of the fiscal year whose nominal last day lies in that calendar year."""
        first = day_of(year, self.month, 1)
        if self.day is None:
            nominal = calendar_span(first, 1).last
            return plus_days(nominal, -((nominal.weekday() - self.weekday) % 7))
        nominal = first.replace(day=self.day)
        return plus_days(nominal, (self.weekday - nominal.weekday() + 3) % 7 - 3)

    def number_of(self, day: date) -> int:
        """The months from the first of a nominal year 0."""
        # A year's end strays at most six days from its nominal day, so one of the neighbouring years holds the day.
        year = next(year for year in range(day.year - 1, day.year + 3) if day <= self.year_end(year))
        return year * MONTHS_OF_A_YEAR + sum(month.last < day for month in _build_year(self, year))

    def numbered(self, number: int) -> FiscalMonth:
        """That month of its nominal year."""
        year, period = divmod(number, MONTHS_OF_A_YEAR)
        return _build_year(self, year)[period]

    def labelled(self, label: str) -> FiscalMonth:
        """The fiscal month that holds the 15th of that calendar month."""
        return self.numbered(self.number_of(middle_of(label)))

    def coded(self, fiscal_year: int, period: int) -> FiscalMonth:
        """The month at that place in the fiscal year."""
        require_period(fiscal_year, period, self.periods_in(fiscal_year))
        return self.numbered((fiscal_year - self.name_ahead) * MONTHS_OF_A_YEAR + period - 1)

    def periods_in(self, _fiscal_year: int, /) -> int:
        """Twelve, in every year; only the number of weeks differs."""
        return MONTHS_OF_A_YEAR


@lru_cache(maxsize=1024)
def _build_year(rule: WeekRule, year: int) -> tuple[FiscalMonth, ...]:
    """The twelve months of the fiscal year whose nominal last day lies in that calendar year, oldest first."""
    before = rule.year_end(year - 1)
    weeks = list(rule.weeks * 4)
    weeks[-1] += (rule.year_end(year) - before).days // 7 - _WEEKS_OF_A_YEAR
    ends = [plus_days(before, 7 * elapsed) for elapsed in accumulate(weeks, initial=0)]
    return tuple(
        _name_month(rule, plus_days(previous, 1), end, year, period)
        for period, (previous, end) in enumerate(pairwise(ends), start=1)
    )


def _name_month(rule: WeekRule, first: date, last: date, year: int, period: int) -> FiscalMonth:
    label = label_by_middle(first, last)
    if label is None:
        raise ValueError(
            f'year_ends = "{rule}" does not work: a fiscal month is named after the one calendar month whose 15th it '
            f"holds, and the fiscal month from {first} through {last} holds none or several. Choose a year end nearer "
            'to the end of a calendar month, or list the fiscal months in a table (kind = "table") with their labels'
        )
    return FiscalMonth(first, last, year + rule.name_ahead, period, label)


def _is_named_by_start(year_named_by: str) -> bool:
    if year_named_by not in _NAMED_BY:
        raise ValueError(f'year_named_by is "{year_named_by}": write {" or ".join(_NAMED_BY)}')
    return year_named_by == "start"


def _parse_year_end(text: str) -> tuple[int, int, int | None]:
    """The weekday (Monday is 0), the month and, for "nearest", the day."""
    words = " ".join(text.lower().split())
    if found := _LAST.fullmatch(words):
        return _WEEKDAYS.index(found[1]), _MONTHS.index(found[2]) + 1, None
    if not (found := _NEAREST.fullmatch(words)):
        raise ValueError(
            f'year_ends = "{text}" is not understood: write "last saturday of january" or "saturday nearest january 31"'
            ", with any weekday and any month"
        )
    month, day = _MONTHS.index(found[2]) + 1, int(found[3])
    if not 1 <= day <= _DAYS_IN[month - 1]:
        raise ValueError(f'year_ends = "{text}": {found[2]} {day} is not a day of every year')
    return _WEEKDAYS.index(found[1]), month, day
