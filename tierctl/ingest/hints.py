"""What a cell's own text suggests about the way in which its export writes dates and numbers.

Hints are templates in which `{format}` stands for the place in tierctl.toml; empty: the text suggests nothing.
"""

import re
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

import polars as pl

from tierctl.ingest.formats import patterns
from tierctl.ingest.parse import bare_number

if TYPE_CHECKING:
    from tierctl.workspace import Format

_COMMON = ("%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%Y-%m-%d")


def date_hint(text: str, fmt: "Format") -> str:
    """The common patterns that the text fits; or that it fits the export's own, and the calendar lacks such a day."""
    if _has_form(text, fmt):
        return "" if _is_day(text, fmt.date) else "the calendar has no such day; correct the cell at its source"
    fitting = [
        pattern
        for pattern in _COMMON
        if _has_form(text, fmt.model_copy(update={"date": pattern})) and _is_day(text, pattern)
    ]
    said = " or ".join(f'date = "{pattern}"' for pattern in fitting)
    return f"it fits {said}: say so {{format}} if all dates of the export are written like it" if fitting else ""


def number_hint(text: str, fmt: "Format") -> str:
    """That the signs around a number may be read past, where nothing else keeps the text from being one.

    A percent sign is no such sign: what stands before it is a hundred times the number that is meant.
    """
    if not fmt.bareNumber or "%" in text:
        return ""
    like = replace(patterns(fmt), is_bare=False)
    is_number = pl.select(bare_number(pl.lit(text.strip()), like).str.contains(like.number)).item()
    return "signs of a currency are read past with bareNumber = false {format}" if is_number else ""


def _has_form(text: str, fmt: "Format") -> bool:
    return re.fullmatch(patterns(fmt).date, text.strip()) is not None


def _is_day(text: str, pattern: str) -> bool:
    with suppress(ValueError):
        return bool(datetime.strptime(text.strip(), pattern))  # noqa: DTZ007  (a day, not a moment)
    return False
