"""A workbook's cells as the text that a CSV file of the same export would hold.

A workbook holds numbers where people see numbers, days and shares; only how a cell is formatted tells a day apart.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import TypeAlias

from tierctl.contracts import FieldType
from tierctl.export_format import EXCEL, EXCEL_1904, Format

Value: TypeAlias = int | float | str | bool | time | date | datetime | timedelta

_MOST_DIGITS = 15  # what a spreadsheet shows of a number, and keeps of one that is typed
_LEAST_UNSURE = 2**53  # from here on whole numbers have floats in common
_ISO = "%Y-%m-%d"
_TIME_SIGNS = ("%H", "%I", "%M", "%S", "%f")
_FIRST_DAYS = {EXCEL: date(1899, 12, 30), EXCEL_1904: date(1904, 1, 1)}
OTHER_DAY = "(a day that is counted otherwise)"
"""Stands for a day's number where the workbook and the format count from different days; told by being this object."""
_LEAP_DAY_THAT_NEVER_WAS = date(1900, 3, 1)  # before it, the days are numbered from one day later on


@dataclass(frozen=True)
class CellText:
    """How the values of one column are written: as its export writes dates, numbers and truths in text.

    `holds` is the type of our column; None: it is none of ours. A day or a truth in a column of another type must not
    be written so that it reads as a number, as days do under `%Y%m%d` and truths where they are 1 and 0.

    `counting` is how the workbook numbers days: a number is no day to a format that has them numbered otherwise.
    """

    fmt: Format
    holds: FieldType | None = None
    counting: str = EXCEL

    def __call__(self, value: Value) -> str:
        """The text; empty where the cell is.

        Raises:
            ValueError: an id was typed as a number of so many digits that the workbook does not have them all.
        """
        if isinstance(value, str):
            return value
        if isinstance(value, bool):
            is_strange = self.holds in {"number", "integer", "date"}
            return str(value).lower() if is_strange else (self.fmt.trueValues if value else self.fmt.falseValues)[0]
        if isinstance(value, float | int):
            return self._of_number(value)
        if not isinstance(value, date):
            return _of_clock(value)
        if self.holds in {"number", "integer", "boolean"}:
            return _moment(value, _ISO, ".", drops_time=False)
        return _moment(value, self.fmt.date, self.fmt.decimalChar, drops_time=self.fmt.timeOfDay == "drop")

    def _of_number(self, value: float) -> str:
        if self.holds == "date" and self.fmt.date in _FIRST_DAYS and self.fmt.date != self.counting:
            return OTHER_DAY
        text = _id(value) if self.holds == "string" else _number(value)
        return text.replace(".", self.fmt.decimalChar)


@lru_cache(maxsize=1 << 14)
def _moment(value: date, pattern: str, decimal_char: str, *, drops_time: bool) -> str:
    """A day by the export's own pattern; with a time of day that the pattern has no place for, as ISO writes it."""
    moment = value if isinstance(value, datetime) else datetime.combine(value, time())
    if pattern in _FIRST_DAYS:
        return _serial(moment, pattern).replace(".", decimal_char)
    if drops_time or moment.time() == time() or any(sign in pattern for sign in _TIME_SIGNS):
        return moment.replace(tzinfo=UTC).strftime(pattern)
    return moment.isoformat(sep=" ", timespec="seconds")


def _of_clock(value: time | timedelta) -> str:
    """A time of day, or a span of time with as many hours as there are.

    Examples:
        >>> _of_clock(timedelta(days=1, hours=2, minutes=30)), _of_clock(time(12, 30))
        ('26:30:00', '12:30:00')
    """
    if isinstance(value, time):
        return value.isoformat(timespec="seconds")
    seconds = round(abs(value).total_seconds())
    sign = "-" if value < timedelta() else ""
    return f"{sign}{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"


def _number(value: float) -> str:
    """The shortest text of a number, without an exponent and with no more digits than a spreadsheet shows.

    Examples:
        >>> [_number(each) for each in (0.1 + 0.2, 1001.0, -12.5, 1e20, 1.5e-7, -0.0)]
        ['0.3', '1001', '-12.5', '100000000000000000000', '0.00000015', '0']
    """
    text = format(Decimal(f"{value:.{_MOST_DIGITS}g}"), "f")
    whole, point, decimals = text.partition(".")
    kept = f"{whole}{point}{decimals}".rstrip("0").rstrip(".") if point else whole
    return "0" if kept == "-0" else kept


def _id(value: float) -> str:
    """A number in a column of texts: with all digits, as one digit less would make two ids one.

    Raises:
        ValueError: it has more digits than a workbook's numbers hold.

    Examples:
        >>> [_id(each) for each in (1001.0, 1.5, 1234567890123456.0, 12345678901234500.0)]
        ['1001', '1.5', '1234567890123456', '12345678901234500']
    """
    if value.is_integer() and abs(value) < _LEAST_UNSURE:
        return str(int(value))
    text = _number(value)
    if value.is_integer() and float(text) != value:
        raise ValueError(f"an id typed as a number, {value:.0f}, has more digits than a number's cell keeps")
    return text


def _serial(moment: datetime, counting: str) -> str:
    """The number by which spreadsheets count a day, the time of day being a fraction of it.

    Examples:
        >>> [_serial(datetime(2025, 5, 31, 12), each) for each in (EXCEL, EXCEL_1904)]
        ['45808.5', '44346.5']
        >>> [_serial(datetime(1900, *day), EXCEL) for day in ((1, 1), (2, 28), (3, 1))]
        ['1', '59', '61']
    """
    days = (moment.date() - _FIRST_DAYS[counting]).days
    days -= counting == EXCEL and moment.date() < _LEAP_DAY_THAT_NEVER_WAS
    return _number(days + (moment - datetime.combine(moment.date(), time())) / timedelta(days=1))
