"""Fiscal months as a company lists them: any lengths, any names, one row for each."""

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Final, NamedTuple

from tierctl.fiscal.rules import require_period
from tierctl.fiscal.spans import CalendarError, FiscalMonth, is_label, label_by_middle, plus_days

_LAST_YEAR: Final = 9999
_LAST_PERIOD: Final = 99


class TableRow(NamedTuple):
    """One fiscal month of a table; `month` is its label ("2025-05") where the table brings labels of its own."""

    fiscal_year: int
    period: int
    first: date
    last: date
    month: str | None = None


@dataclass(frozen=True)
class TableRule:
    """Fiscal months as listed: contiguous, oldest first, in whole years; a month's number is its place in the list."""

    months: tuple[FiscalMonth, ...]

    @classmethod
    def of(cls, rows: Iterable[TableRow]) -> "TableRule":
        """The rows as fiscal months; ValueError names the first row that does not fit."""
        listed = tuple(rows)
        if not listed:
            raise ValueError("the calendar's table has no rows: write one for every fiscal month")
        for number, row in enumerate(listed, start=1):
            _check_row(number, row, is_labelled=listed[0].month is not None)
        for number, (before, row) in enumerate(pairwise(listed), start=2):
            _check_follows(number, before, row)
        _check_whole_years(listed)
        return cls(tuple(_month(row) for row in listed))

    def number_of(self, day: date) -> int:
        """The place of the month that holds the day."""
        number = bisect_left(self.months, day, key=lambda month: month.last)
        return self._inside(number if day >= self.months[0].first else -1, str(day))

    def numbered(self, number: int) -> FiscalMonth:
        """The month at that place."""
        return self.months[self._inside(number, "a fiscal month asked for")]

    def labelled(self, label: str) -> FiscalMonth:
        """The month with that label."""
        places = (number for number, month in enumerate(self.months) if month.label == label)
        return self.months[self._inside(next(places, -1), label)]

    def coded(self, fiscal_year: int, period: int) -> FiscalMonth:
        """The month that the table has for that year and period."""
        starts = (number for number, month in enumerate(self.months) if month.fiscal_year == fiscal_year)
        start = self._inside(next(starts, -1), f"fiscal year {fiscal_year}")
        require_period(fiscal_year, period, self.periods_in(fiscal_year))
        return self.months[start + period - 1]

    def periods_in(self, fiscal_year: int) -> int:
        """How many months the table has for that year."""
        return sum(month.fiscal_year == fiscal_year for month in self.months)

    def _inside(self, number: int, what: str) -> int:
        if 0 <= number < len(self.months):
            return number
        first, last = self.months[0], self.months[-1]
        raise CalendarError(
            f"{what} is not in the calendar's table, which runs from {first.label} ({first.code}, from {first.first}) "
            f"to {last.label} ({last.code}, through {last.last}): add the rows that are missing"
        )


def _month(row: TableRow) -> FiscalMonth:
    label = row.month or label_by_middle(row.first, row.last)
    return FiscalMonth(row.first, row.last, row.fiscal_year, row.period, label or "")


def _name(number: int, row: TableRow) -> str:
    return f"row {number} (FY{row.fiscal_year:04}-P{row.period:02}, {row.first} to {row.last})"


def _check_row(number: int, row: TableRow, *, is_labelled: bool) -> None:
    """Raise ValueError where the row is wrong in itself, or has a label where the first row has none, or none there."""
    name = _name(number, row)
    if row.last < row.first:
        raise ValueError(f"{name} ends before it begins")
    if not (1 <= row.fiscal_year <= _LAST_YEAR and 1 <= row.period <= _LAST_PERIOD):
        raise ValueError(f"{name}: fiscal years run from 1 to {_LAST_YEAR}, periods from 1 to {_LAST_PERIOD}")
    if (row.month is not None) != is_labelled:
        raise ValueError(f"{name}: give every row a month label, or none")
    if row.month is not None and not is_label(row.month):
        raise ValueError(f'{name}: the month label "{row.month}" has not the form 2025-05')
    if row.month is None and label_by_middle(row.first, row.last) is None:
        raise ValueError(
            f"{name} holds no 15th of a calendar month, or several, so that it cannot be named after one: "
            "give every row a month label"
        )


def _check_follows(number: int, before: TableRow, row: TableRow) -> None:
    """Raise ValueError where the row does not go on from the one before it: in days, in periods, in labels."""
    name, previous = _name(number, row), f"row {number - 1}"
    due = plus_days(before.last, 1)
    if row.first < before.first:
        raise ValueError(f"{name} is out of order: it begins before {previous}")
    if row.first != due:
        fault = "overlaps" if row.first < due else "leaves a gap after"
        raise ValueError(f"{name} {fault} {previous}: it must begin on {due}")
    goes_on = row.fiscal_year == before.fiscal_year and row.period == before.period + 1
    if not goes_on and not (row.fiscal_year > before.fiscal_year and row.period == 1):
        raise ValueError(
            f"{name} is out of order: after FY{before.fiscal_year:04}-P{before.period:02} comes period "
            f"{before.period + 1} of the same fiscal year or period 1 of a later one"
        )
    if before.month is not None and row.month is not None and row.month <= before.month:
        raise ValueError(f"{name}: the month label {row.month} must come after {before.month}, that of {previous}")


def _check_whole_years(rows: tuple[TableRow, ...]) -> None:
    """Raise ValueError where the first fiscal year lacks its beginning, or the last one seems to lack its end."""
    if rows[0].period != 1:
        raise ValueError(f"{_name(1, rows[0])} must be period 1: a table begins with a whole fiscal year")
    lengths = [before.period for before, row in pairwise(rows) if row.period == 1]
    if lengths and rows[-1].period < lengths[-1]:
        # A year cut short would end too early without a word, and so would every tier that is held through it.
        raise ValueError(
            f"{_name(len(rows), rows[-1])} is the table's last, but the fiscal year before has {lengths[-1]} periods: "
            "list the last fiscal year to its end"
        )
