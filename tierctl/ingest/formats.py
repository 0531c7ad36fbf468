"""How an export writes its cells, turned into regular expressions: nothing is parsed that one of them does not match.

Polars' own parsers are lenient (a year of two digits under %Y, a rounded seventh decimal, an exponent): the text is
tested first and only then handed to them.
"""

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tierctl.workspace import Format

_ISO = "%Y-%m-%d"
# 0001 to 9999: what a date of Python holds, and every report with it.
_YEAR = r"(?:[0-9]{3}[1-9]|[0-9]{2}[1-9]0|[0-9][1-9]00|[1-9]000)"
# A directive → what it may look like. Where it touches another directive, and in ISO's order, it must have its full
# width.
_DIRECTIVES = {
    "Y": (_YEAR, _YEAR),
    "y": (r"[0-9]{2}", r"[0-9]{2}"),
    "m": (r"[0-9]{1,2}", r"[0-9]{2}"),
    "d": (r"[0-9]{1,2}", r"[0-9]{2}"),
    "b": (r"[A-Za-z]{3}", r"[A-Za-z]{3}"),
    "B": (r"[A-Za-z]{3,}", r"[A-Za-z]{3,}"),
    "j": (r"[0-9]{3}", r"[0-9]{3}"),
    "H": (r"[0-9]{2}", r"[0-9]{2}"),
    "M": (r"[0-9]{2}", r"[0-9]{2}"),
    "S": (r"[0-9]{2}", r"[0-9]{2}"),
    "%": ("%", "%"),
}


@dataclass(frozen=True)
class Patterns:
    """What cells must look like, and the words that stand for true, false and nothing."""

    date_format: str
    date: str
    has_time: bool
    number: str
    precise_number: str
    integer: str
    decimal_char: str
    group_char: str | None
    is_bare: bool
    true_words: tuple[str, ...]
    false_words: tuple[str, ...]
    missing_words: tuple[str, ...]


def patterns(fmt: "Format") -> Patterns:
    """The patterns of a format, which the workspace has found to be sound."""
    group = None if fmt.groupChar is None else re.escape(fmt.groupChar)
    whole = r"[0-9]+" if group is None else rf"(?:[0-9]+|[0-9]{{1,3}}(?:{group}[0-9]{{3}})+)"
    point = re.escape(fmt.decimalChar)
    directives = re.findall(r"%(.)", fmt.date)
    return Patterns(
        date_format=fmt.date,
        date=f"^{_date_pattern(fmt.date)}$",
        has_time=bool({"H", "M", "S"}.intersection(directives)),
        number=rf"^[+-]?{whole}(?:{point}[0-9]+)?$",
        precise_number=rf"^[+-]?{whole}(?:{point}[0-9]{{1,6}}0*)?$",
        integer=rf"^[+-]?{whole}(?:{point}0+)?$",
        decimal_char=fmt.decimalChar,
        group_char=fmt.groupChar,
        is_bare=fmt.bareNumber,
        true_words=tuple(fmt.trueValues),
        false_words=tuple(fmt.falseValues),
        missing_words=tuple(dict.fromkeys(["", *(word.strip() for word in fmt.missingValues)])),
    )


def plain(of: Patterns) -> Patterns:
    """The patterns of typed cells turned to text: ISO dates and bare numbers, whatever the file's texts look like."""
    return Patterns(
        date_format=_ISO,
        date=f"^{_date_pattern(_ISO)}$",
        has_time=False,
        number=r"^[+-]?[0-9]+(?:\.[0-9]+)?$",
        precise_number=r"^[+-]?[0-9]+(?:\.[0-9]{1,6}0*)?$",
        integer=r"^[+-]?[0-9]+(?:\.0+)?$",
        decimal_char=".",
        group_char=None,
        is_bare=True,
        true_words=tuple(dict.fromkeys([*of.true_words, "true", "1"])),
        false_words=tuple(dict.fromkeys([*of.false_words, "false", "0"])),
        missing_words=of.missing_words,
    )


def _date_pattern(date_format: str) -> str:
    parts = re.findall(r"%.|[^%]", date_format)
    pattern = ""
    for place, part in enumerate(parts):
        if not part.startswith("%"):
            pattern += re.escape(part)
            continue
        touches = any(
            beside[:1] == "%" for beside in (*parts[max(place - 1, 0) : place], *parts[place + 1 : place + 2])
        )
        pattern += _DIRECTIVES[part[1]][touches or date_format.startswith(_ISO)]
    return pattern
