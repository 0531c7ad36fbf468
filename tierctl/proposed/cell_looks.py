"""What a cell looks like at a glance: enough to tell a header from the rows under it, and a footer from those above."""

import re
from typing import Literal

Look = Literal["blank", "number", "date", "code", "text"]

_DATE = re.compile(r"\d{1,4}[-./ ]\d{1,2}[-./ ]\d{1,4}\.?(?:[T ,].*)?|\d{1,2}[-. ]+[A-Za-z]{3,9}[-. ,]+\d{2,4}.*")
_NUMBER = re.compile(
    r"[(+-]?\s*(?:[^\w\s.,()'+-]|[A-Z]{3})?\s*\d[\d.,'\u2019\s]*%?\s*(?:[^\w\s.,()'+-]|[A-Z]{3})?\s*[)-]?"
)
_DIGITS = re.compile(r"\d+")
_CAPITALS = re.compile(r"[^\W\d_]+")


def look_of(text: str) -> Look:
    """What a cell looks like; a code is a text with digits in it, such as an id."""
    text = text.strip()
    if not text:
        return "blank"
    if _DATE.fullmatch(text):
        return "date"
    if _NUMBER.fullmatch(text):
        return "number"
    return "code" if any(sign.isdigit() for sign in text) and len(text.split()) == 1 else "text"


def shape_of(text: str) -> str:
    """A text with every run of digits as `9` and every run of letters as `A`: `P-1001` → `A-9`."""
    return _CAPITALS.sub("A", _DIGITS.sub("9", text.strip()))


def plain(text: str) -> str:
    """A header as headers are compared: trimmed, with every run of blanks and line breaks as one blank."""
    return " ".join(text.split())
