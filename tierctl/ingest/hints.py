"""What a cell's own text suggests about the way in which its export writes dates and numbers.

Hints are templates in which `{format}` stands for the place in tierctl.toml, `{own}` for the place of the column's own
words; empty: the text suggests nothing.
"""

import re
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import polars as pl

from tierctl.cell_patterns import day_of, patterns
from tierctl.export_format import EXCEL, EXCEL_1904
from tierctl.ingest.cell_texts import bare_number

if TYPE_CHECKING:
    from tierctl.export_format import Format

_COMMON = ("%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%Y-%m-%d")
_TIMES = ("%H:%M", "%H:%M:%S", "%H:%M:%S.%f", "%H:%M:%S%z", "%H:%M:%S.%f%z", "%I:%M %p", "%I:%M:%S %p")
_WITH_TIMES = (*(f"{day} {time}" for day in _COMMON for time in _TIMES), *(f"%Y-%m-%dT{time}" for time in _TIMES))
# A number outside of this is more likely to be a year or an id than a day.
_LIKELY = (date(1990, 1, 1), date(2078, 12, 31))


def date_hint(text: str, fmt: "Format") -> str:
    """The common ways of writing days that the text fits.

    Or that it fits the export's own, where only a time of day stands in the way, or the calendar lacks such a day.
    """
    text = text.strip()
    if re.fullmatch(patterns(fmt).days.form, text):
        if _day(text, fmt) is not None:
            return ""
        if _day(text, fmt, time_of_day="drop") is not None:
            return 'a time of day stands beside the day: timeOfDay = "drop" {format} takes the day as it is written'
        return "the calendar has no such day; correct the cell at its source"
    fitting = [word for pattern in (*_COMMON, *_WITH_TIMES) for word in _fitting(text, pattern, fmt)]
    if fmt.date not in {EXCEL, EXCEL_1904} and _LIKELY[0] <= (_day(text, fmt, EXCEL, "drop") or date.min) <= _LIKELY[1]:
        fitting = [f"{word}, a spreadsheet's number of a day" for word in _fitting(text, EXCEL, fmt)]
    said = " or ".join(fitting)
    return f"it fits {said}: say so {{format}} if all dates of the export are written like it" if fitting else ""


def number_hint(text: str, fmt: "Format", *, is_whole: bool = False) -> str:
    """That brackets and signs around a number may be read past, where nothing else keeps the text from being one.

    Of a percent sign nobody but the reader knows whether what stands before it is a hundred times the number meant.

    Args:
        text: the cell.
        fmt: how its column is written.
        is_whole: whether the column holds whole numbers alone.
    """
    if "%" in text:
        return _percent_hint(fmt, is_whole=is_whole)
    if not fmt.bareNumber:
        return ""
    like = replace(patterns(fmt), is_bare=False)
    bare = pl.select(bare_number(pl.lit(text.strip()), like)).item()
    if not re.fullmatch(like.integer if is_whole else like.number, bare):
        return ""
    if bare.startswith("-") and not re.search("-.*[0-9]", text):
        return "brackets around a number, or a sign behind it, make it negative with bareNumber = false {format}"
    return "signs of a currency are read past with bareNumber = false {format}"


def _percent_hint(fmt: "Format", *, is_whole: bool) -> str:
    if fmt.percent != "refuse":
        return ""
    if is_whole:
        return 'percent = "number" {own} reads 85 % as 85'
    return 'percent = "fraction" {own} reads 5 % as 0.05, percent = "number" as 5'


def _fitting(text: str, pattern: str, fmt: "Format") -> list[str]:
    """How to say that days are written like that, where the text is."""
    if _day(text, fmt, pattern) is not None:
        return [f'date = "{pattern}"']
    has_day = _day(text, fmt, pattern, "drop") is not None
    return [f'date = "{pattern}" with timeOfDay = "drop"'] if has_day else []


def _day(text: str, fmt: "Format", pattern: str = "", time_of_day: str = "") -> date | None:
    """The day of a text, as the format reads it or would read it with other words."""
    words = {"date": pattern or fmt.date, "timeOfDay": time_of_day or fmt.timeOfDay}
    return day_of(text, patterns(fmt.model_copy(update=words)).days)
