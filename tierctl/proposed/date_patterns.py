"""The date patterns that exports of this world have, each with the times of day that stand beside it."""

import re
from collections.abc import Iterable
from datetime import date
from functools import cache

from tierctl.cell_patterns import Days, day_of, patterns
from tierctl.export_format import Format

BARE = ("%Y%m%d", "%d%m%Y", "%m%d%Y")
SERIALS = ("excel", "excel-1904")
ISO = "%Y-%m-%d"

_NUMERIC = tuple(
    sign.join(parts)
    for parts in (
        ("%Y", "%m", "%d"), ("%d", "%m", "%Y"), ("%m", "%d", "%Y"),
        ("%d", "%m", "%y"), ("%m", "%d", "%y"), ("%y", "%m", "%d"),
    )
    for sign in ("-", "/", ".", " ")
)  # fmt: skip
_NAMED = tuple(
    template.replace("%b", month).replace("%Y", year)
    for template in (
        "%d-%b-%Y", "%d %b %Y", "%d/%b/%Y", "%d.%b.%Y", "%d. %b %Y", "%d%b%Y", "%d %b, %Y",
        "%b %d, %Y", "%b %d %Y", "%b-%d-%Y", "%Y-%b-%d", "%Y %b %d",
    )
    for month in ("%b", "%B")
    for year in ("%Y", "%y")
    if not (year == "%y" and template.startswith("%Y"))
)  # fmt: skip
_DAYS = (*_NUMERIC, *_NAMED, *BARE)
_CLOCKS = tuple(
    f"{gap}{clock}{zone}"
    for gap in (" ", "T", ", ", "  ")
    for clock in ("%H:%M", "%H:%M:%S", "%H:%M:%S.%f", "%I:%M %p", "%I:%M%p", "%I:%M:%S %p", "%I:%M:%S%p")
    for zone in (("", "%z", " %z", " UTC") if "%H" in clock else ("", " UTC"))
)
_COMPACT_CLOCKS = (" %H%M%S", "T%H%M%S", "T%H%M%SZ")
_ORDER = (("%d", "day"), ("%m", "month"), ("%b", "month"), ("%B", "month"), ("%Y", "year"), ("%y", "year"))
_POSSIBLE = re.compile(r"[0-9A-Za-z.,/:+\- ]{6,40}")
_SERIAL = re.compile(r"[0-9]{5}(?:[.,][0-9]+)?")
_LEAST_SERIAL, _GREATEST_SERIAL = 30_000, 60_000
SERIAL_DAYS = (date(1982, 2, 18), date(2064, 4, 8))
"""The days that numbers of five digits stand for which may well be days: 30000 to 60000, counted from 1899-12-30."""


def format_of(pattern: str, *, drops_time: bool = False) -> Format:
    """The format of an export whose dates are written so."""
    return Format(date=pattern, timeOfDay="drop" if drops_time else "refuse")


@cache
def days_of(pattern: str, *, drops_time: bool = False) -> Days:
    """How ingest reads dates of that pattern."""
    return patterns(format_of(pattern, drops_time=drops_time)).days


def candidates(sample: Iterable[str]) -> list[str]:
    """The patterns that read any of the texts, times of day dropped; the more usual ones first."""
    sample = list(sample)
    serials = list(SERIALS) if any(map(is_serial, sample)) else []
    possible = [text for text in sample if _POSSIBLE.fullmatch(text) and any(map(str.isdigit, text))]
    if not possible:
        return serials
    clocks = [clock for clock in _CLOCKS if any(map(_clock(clock).search, possible))] if _have_clocks(possible) else []
    tried = [day + clock for clock in ("", *clocks) for day in _DAYS]
    tried += [f"%Y%m%d{clock}" for clock in _COMPACT_CLOCKS]
    found = [pattern for pattern in tried if any(_reads(pattern, text) for text in possible)]
    return found + serials


def is_serial(text: str) -> bool:
    """Whether a text may be a spreadsheet's number of a day of our times."""
    return bool(_SERIAL.fullmatch(text)) and _LEAST_SERIAL <= int(text[:5]) <= _GREATEST_SERIAL


def order_of(pattern: str) -> str:
    """Which of day, month and year comes first, in words."""
    word = min((pattern.find(sign), word) for sign, word in _ORDER if sign in pattern)[1]
    return f"{word} first"


def _reads(pattern: str, text: str) -> bool:
    return day_of(text, days_of(pattern, drops_time=True)) is not None


def _have_clocks(texts: Iterable[str]) -> bool:
    return any(":" in text for text in texts)


@cache
def _clock(clock: str) -> re.Pattern[str]:
    """What a text with that time of day ends in."""
    marked = days_of(f"%y-%m-%d;{clock}", drops_time=True).form
    return re.compile(marked.partition(";")[2])
