"""The oracle's own fiscal calendar: a list of fiscal months, and the periods that they and the calendar make."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from itertools import pairwise

DAY = timedelta(days=1)
WEEK = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
YEAR = (
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
MONTHS_IN = {"month": 1, "quarter": 3, "half": 6, "year": 12}
PERIODS = tuple(f"{family}_{size}" for family in ("fiscal", "calendar") for size in MONTHS_IN)

Span = tuple[date, date]


@dataclass(frozen=True)
class FiscalMonth:
    """One fiscal month: its first and last day, its label, the fiscal year it is in and its number there from 1.

    Years are only told apart by `year`; how a company names them is another matter.
    """

    first: date
    last: date
    label: str
    year: int
    number: int


def end_of_month(year: int, month: int) -> date:
    """The last day of a calendar month; months below 1 and above 12 lie in the years around."""
    index = year * 12 + month  # the month after, counted from 0
    return date(index // 12, index % 12 + 1, 1) - DAY


@dataclass(frozen=True)
class Calendar:
    """Fiscal months in order, without a gap, wide enough for every day that is asked about."""

    months: tuple[FiscalMonth, ...]

    @classmethod
    def of_months(cls, year_starts: int = 1, first: int = 2012, last: int = 2034) -> "Calendar":
        """Calendar months; the fiscal year begins with calendar month `year_starts` and is named by its end."""
        months = []
        for year in range(first, last + 1):
            for month in range(1, 13):
                number = (month - year_starts) % 12 + 1
                fiscal_year = year + 1 if year_starts > 1 and month >= year_starts else year
                end = end_of_month(year, month)
                months.append(FiscalMonth(end.replace(day=1), end, f"{year}-{month:02d}", fiscal_year, number))
        return cls(tuple(months))

    @classmethod
    def of_weeks(cls, pattern: Sequence[int], year_ends: Sequence[date]) -> "Calendar":
        """Months of whole weeks: `pattern` for each quarter, from the day after one year's end to the next one's.

        A 53rd week belongs to the last month. A month is labelled by the calendar month whose 15th it holds.
        """
        months = []
        for year, (before, end) in enumerate(pairwise(year_ends)):
            first = before + DAY
            for number, weeks in enumerate(list(pattern) * 4, start=1):
                last = end if number == 12 else first + timedelta(weeks=weeks) - DAY
                middle = next(first + DAY * n for n in range((last - first).days + 1) if (first + DAY * n).day == 15)
                months.append(FiscalMonth(first, last, f"{middle:%Y-%m}", year, number))
                first = last + DAY
        return cls(tuple(months))

    @cached_property
    def _numbers(self) -> dict[str, int]:
        return {month.label: number for number, month in enumerate(self.months)}

    def month(self, label: str) -> FiscalMonth:
        """The fiscal month of that label."""
        return self.months[self._numbers[label]]

    def month_of(self, day: date) -> FiscalMonth:
        """The fiscal month that holds the day."""
        (found,) = (month for month in self.months if month.first <= day <= month.last)
        return found

    def shift(self, month: FiscalMonth, count: int) -> FiscalMonth:
        """The fiscal month that many months later, or earlier."""
        return self.months[self._numbers[month.label] + count]

    def instance(self, period: str, day: date) -> Span:
        """The first and last day of the period's instance that holds the day."""
        family, size = period.split("_")
        length = MONTHS_IN[size]
        if family == "calendar":
            start = (day.month - 1) // length * length + 1
            return date(day.year, start, 1), end_of_month(day.year, start + length - 1)
        here = self.month_of(day)
        group = [
            month
            for month in self.months
            if month.year == here.year and (month.number - 1) // length == (here.number - 1) // length
        ]
        return group[0].first, group[-1].last

    def next_instance(self, period: str, span: Span) -> Span:
        """The instance after this one."""
        return self.instance(period, span[1] + DAY)

    def previous_instance(self, period: str, span: Span) -> Span:
        """The instance before this one."""
        return self.instance(period, span[0] - DAY)


def year_ends(rule: str, first: int = 2012, last: int = 2034) -> list[date]:
    """The last days of 52/53-week years: "last saturday of january" or "saturday nearest january 31"."""
    words = rule.split()
    month = YEAR.index(words[-1] if words[0] == "last" else words[2]) + 1
    weekday = WEEK.index(words[1] if words[0] == "last" else words[0])
    found = []
    for year in range(first, last + 1):
        end = end_of_month(year, month)
        days = [end + DAY * n for n in (range(-6, 1) if words[0] == "last" else range(-3, 4))]
        found += [day for day in days if day.weekday() == weekday]
    return found
