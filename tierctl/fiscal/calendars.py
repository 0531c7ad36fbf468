"""The fiscal calendar itself: one set of questions, whatever the rule behind it."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final

from tierctl.fiscal.rules import MonthRule, Rule, WeekRule
from tierctl.fiscal.spans import (
    MONTHS_OF_A_YEAR,
    PERIODS,
    CalendarError,
    FiscalMonth,
    Period,
    Span,
    calendar_span,
    is_label,
    plus_days,
)
from tierctl.fiscal.table import TableRow, TableRule

_CODE: Final = re.compile(r"FY([0-9]{4})-P([0-9]{2})")
_MONTHS_IN: Final = {"month": 1, "quarter": 3, "half": 6, "year": MONTHS_OF_A_YEAR}


@dataclass(frozen=True)
class Calendar:
    """A company's fiscal calendar, built by `Calendar.months`, `Calendar.weeks` or `Calendar.table`.

    Two calendars of the same rule are equal and hash alike. Whatever reaches beyond the years 1 to 9999, or beyond the
    rows of a table, raises ValueError.
    """

    rule: Rule

    @classmethod
    def months(cls, year_starts: int = 1, year_named_by: str = "end") -> "Calendar":
        """A calendar of whole calendar months whose fiscal year begins with the month `year_starts` (1 to 12)."""
        return cls(MonthRule.of(year_starts, year_named_by))

    @classmethod
    def weeks(
        cls, pattern: str = "4-4-5", year_ends: str = "last saturday of january", year_named_by: str = "end"
    ) -> "Calendar":
        """A calendar of whole weeks, 52 or 53 a year; a 53rd week belongs to the year's last month.

        `pattern` gives the weeks of each quarter's months: "4-4-5", "4-5-4" or "5-4-4". `year_ends` is "last saturday
        of january" or "saturday nearest january 31", with any weekday, month and day; a year end so far from the end of
        a calendar month that fiscal months cannot be named after calendar months raises ValueError.

        >>> calendar = Calendar.weeks("4-4-5", "sunday nearest december 31")
        >>> calendar.month_of(date(2006, 1, 1)).code, calendar.month_of(date(2006, 12, 31)).code
        ('FY2005-P12', 'FY2006-P12')
        """
        return cls(WeekRule.of(pattern, year_ends, year_named_by))

    @classmethod
    def table(cls, rows: Iterable[TableRow]) -> "Calendar":
        """A calendar of the fiscal months listed, oldest first and without gaps, in whole fiscal years.

        Either every row has a month label of its own, rising from row to row, or none has and each month is labelled by
        the 15th that it holds. ValueError names the first row that does not fit.

        >>> row = TableRow(2025, 1, date(2025, 4, 6), date(2025, 5, 5))
        >>> Calendar.table([row, row._replace(period=2, first=date(2025, 5, 7), last=date(2025, 6, 5))])
        Traceback (most recent call last):
        ValueError: row 2 (FY2025-P02, 2025-05-07 to 2025-06-05) leaves a gap after row 1: it must begin on 2025-05-06
        """
        return cls(TableRule.of(rows))

    def month_of(self, day: date) -> FiscalMonth:
        """The fiscal month that holds the day."""
        return self.rule.numbered(self.rule.number_of(day))

    def month(self, text: str, *, today: date | None = None) -> FiscalMonth:
        """The fiscal month of that name: "2025-05", "FY2025-P05", or "last", the latest that ended before `today`.

        >>> Calendar.months().month("last", today=date(2025, 5, 31)).label
        '2025-04'
        >>> Calendar.months().month("last", today=date(2025, 6, 1)).label
        '2025-05'
        """
        if text == "last":
            if today is None:
                raise ValueError('"last" depends on the day of today, which is not known here: name the month')
            yesterday = plus_days(today, -1)
            month = self.month_of(yesterday)
            return month if month.last == yesterday else self.shift(month, -1)
        if found := _CODE.fullmatch(text):
            return self.rule.coded(int(found[1]), int(found[2]))
        if is_label(text):
            return self.rule.labelled(text)
        raise ValueError(f'"{text}" is not the name of a fiscal month: write one like 2025-05 or FY2025-P05, or last')

    def months_from(self, first: FiscalMonth, last: FiscalMonth) -> list[FiscalMonth]:
        """The fiscal months from `first` through `last`, oldest first; none where `last` is the earlier.

        >>> calendar = Calendar.months(year_starts=10)
        >>> [month.code for month in calendar.months_from(calendar.month("2024-09"), calendar.month("2024-10"))]
        ['FY2024-P12', 'FY2025-P01']
        """
        numbers = range(_number_of(self.rule, first), _number_of(self.rule, last) + 1)
        return [self.rule.numbered(number) for number in numbers]

    def shift(self, month: FiscalMonth, n: int) -> FiscalMonth:
        """The fiscal month `n` months later (earlier, where negative)."""
        return self.rule.numbered(_number_of(self.rule, month) + n)

    def instance(self, period: Period, day: date) -> Span:
        """The period's instance that holds the day.

        A fiscal quarter is three fiscal months and a half six, counted from the fiscal year's first; in a year that a
        table gives other than twelve months, neither exists and asking for one raises ValueError.

        >>> span = Calendar.months(year_starts=2).instance("fiscal_quarter", date(2025, 1, 31))
        >>> str(span.first), str(span.last)
        ('2024-11-01', '2025-01-31')
        """
        if period not in PERIODS:
            raise ValueError(f'"{period}" is not a period: write one of {", ".join(PERIODS)}')
        family, _, unit = period.partition("_")
        if family == "calendar":
            return calendar_span(day, _MONTHS_IN[unit])
        number = self.rule.number_of(day)
        month = self.rule.numbered(number)
        periods = self.rule.periods_in(month.fiscal_year)
        months = periods if unit == "year" else _MONTHS_IN[unit]
        if unit in {"quarter", "half"} and periods != MONTHS_OF_A_YEAR:
            raise CalendarError(
                f"a {period} is not defined in fiscal year {month.fiscal_year}, which has {periods} periods, not 12: "
                "use fiscal_month, fiscal_year or a calendar period"
            )
        first = number - (month.period - 1) % months
        return Span(self.rule.numbered(first).first, self.rule.numbered(first + months - 1).last)

    def next_instance(self, period: Period, span: Span) -> Span:
        """The period's instance that holds the day after the span."""
        return self.instance(period, plus_days(span.last, 1))

    def previous_instance(self, period: Period, span: Span) -> Span:
        """The period's instance that holds the day before the span."""
        return self.instance(period, plus_days(span.first, -1))

    def overlapping(self, period: Period, span: Span) -> list[Span]:
        """Every instance of the period that shares a day with the span, oldest first; there is at least one.

        >>> calendar = Calendar.weeks("4-4-5", "saturday nearest december 31")
        >>> january = calendar.month("2026-01").span
        >>> [str(span.first) for span in calendar.overlapping("calendar_year", january)]
        ['2026-01-01']
        >>> december = calendar.month("2025-12").span
        >>> [str(span.first) for span in calendar.overlapping("calendar_year", december)]
        ['2025-01-01', '2026-01-01']
        """
        instances = [self.instance(period, span.first)]
        while instances[-1].last < span.last:
            instances.append(self.next_instance(period, instances[-1]))
        return instances


def _number_of(rule: Rule, month: FiscalMonth) -> int:
    number = rule.number_of(month.first)
    if rule.numbered(number) != month:
        raise ValueError(f"{month.label} ({month.first} to {month.last}) is not a fiscal month of this calendar")
    return number
