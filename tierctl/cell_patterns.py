"""How an export writes its cells, turned into regular expressions: nothing is parsed that one of them does not match.

Polars' own parsers are lenient (a year of two digits under %Y, a rounded seventh decimal, an exponent): the text is
tested first and only then handed to them.
"""

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import groupby

from tierctl.currency_codes import CURRENCIES
from tierctl.export_format import EXCEL, EXCEL_1904, Format

CURRENCY_SIGN = r"[\p{Sc}&&[^¢￠]]"
"""A sign of a currency; that of cents is none, as what stands beside it is a hundredth."""

# By their first letter, which halves the time that it takes to read past them.
_CODES = [
    f"{first}(?:{'|'.join(code[1:] for code in codes)})"
    for first, codes in groupby(CURRENCIES, key=lambda code: code[0])
]
_CURRENCY = rf"{CURRENCY_SIGN}|{'|'.join(_CODES)}"
_AFFIX = rf"(?:{_CURRENCY}|\s)*"
_AFFIX_OF_PERCENT = rf"(?:{_CURRENCY}|%|\s)*"
_PERCENT_ALONE = r"(?:%|\s)*"

_EPOCH = date(1970, 1, 1)
_ISO = "%Y-%m-%d"
# 0001 to 9999: what a date of Python holds, and every report with it.
_YEAR = r"(?:[0-9]{3}[1-9]|[0-9]{2}[1-9]0|[0-9][1-9]00|[1-9]000)"
_ZONE = r"(?:Z|[+-](?:[01][0-9]|2[0-3]):?[0-5][0-9])"
# A directive of the day → what it may look like. Where it touches another directive, and in ISO's order, it must have
# its full width.
_DAY = {
    "Y": (_YEAR, _YEAR),
    "y": (r"[0-9]{2}", r"[0-9]{2}"),
    "m": (r"[0-9]{1,2}", r"[0-9]{2}"),
    "d": (r"[0-9]{1,2}", r"[0-9]{2}"),
    "b": (r"[A-Za-z]{3}", r"[A-Za-z]{3}"),
    "B": (r"[A-Za-z]{3,}", r"[A-Za-z]{3,}"),
    "j": (r"[0-9]{3}", r"[0-9]{3}"),
}
_TIME = {
    "H": (r"(?:[01]?[0-9]|2[0-3])", r"(?:[01][0-9]|2[0-3])"),
    "I": (r"(?:0?[1-9]|1[0-2])", r"(?:0[1-9]|1[0-2])"),
    "p": (r"[AaPp][Mm]", r"[AaPp][Mm]"),
    "M": (r"[0-5][0-9]", r"[0-5][0-9]"),
    "S": (r"(?:[0-5][0-9]|60)", r"(?:[0-5][0-9]|60)"),
    "f": (r"[0-9]{1,9}", r"[0-9]{1,9}"),
    "z": (_ZONE, _ZONE),
}
_MIDNIGHT = _TIME | {
    "H": (r"00?", r"00"),
    "I": (r"12", r"12"),
    "p": (r"[Aa][Mm]", r"[Aa][Mm]"),
    "M": (r"00", r"00"),
    "S": (r"00", r"00"),
    "f": (r"0{1,9}", r"0{1,9}"),
}
_SELF_EVIDENT = ("%p", "%z")  # where such a one follows, there is no doubt where the digits before it end


@dataclass(frozen=True)
class Days:
    """What a day must look like, and how the day is got out of a text that does.

    Attributes:
        said: the word `date` of the format.
        pattern: what a cell must match.
        form: the same whatever time of day stands beside the day, at midnight or not.
        day: for `form`, what to replace the text with so that only the day stands there; empty: it stands alone.
        day_format: how the day is then written; empty: it is a spreadsheet's number of a day.
        least: the first number of a day where a spreadsheet numbers them.
        most: the last one, that of 9999-12-31; 0 where days have no numbers.
        zero: how many days before 1970 the numbers begin, as those after the gap count.
        gap: the number of a day that no calendar has; -1: there is none.
    """

    said: str
    pattern: str
    form: str
    day: str = ""
    day_format: str = ""
    least: int = 0
    most: int = 0
    zero: int = 0
    gap: int = -1

    @property
    def is_alone(self) -> bool:
        """Whether the text is nothing but the day, as `day_format` has it."""
        return not self.day and not self.most


# In the older of the two countings 1900 is a leap year, so that its 60th day is one that never was.
_SERIALS = {
    EXCEL: Days(EXCEL, "", "", least=1, most=2_958_465, zero=25_569, gap=60),
    EXCEL_1904: Days(EXCEL_1904, "", "", most=2_957_003, zero=24_107),
}


@dataclass(frozen=True)
class Patterns:
    """What cells must look like, and the words that stand for true, false and nothing.

    `affix` is what may stand around a number that is not bare, signs and codes of currencies and blanks, and around one
    with a percent sign; `is_fraction`: such a one is a hundredth of what stands before the sign, else `has_percent`.
    `negatives` are ways of writing a number below 0 without a sign before it, with the number as their group.
    """

    days: Days
    number: str
    precise_number: str
    integer: str
    affix: str
    negatives: tuple[str, ...]
    decimal_char: str
    group_char: str | None
    is_bare: bool
    has_percent: bool
    is_fraction: bool
    true_words: tuple[str, ...]
    false_words: tuple[str, ...]
    missing_words: tuple[str, ...]

    @property
    def around(self) -> str:
        """What may stand around a number that has a percent sign or is not bare."""
        return _PERCENT_ALONE if self.is_bare else self.affix


def patterns(fmt: Format) -> Patterns:
    """The patterns of a format, which the workspace has found to be sound."""
    has_percent, is_fraction = fmt.percent != "refuse", fmt.percent == "fraction"
    affix = _AFFIX_OF_PERCENT if has_percent else _AFFIX
    group = None if fmt.groupChar is None else re.escape(fmt.groupChar)
    whole = r"[0-9]+" if group is None else rf"(?:[0-9]+|[0-9]{{1,3}}(?:{group}[0-9]{{3}})+)"
    point = re.escape(fmt.decimalChar)
    number = rf"{whole}(?:{point}[0-9]+)?"
    precise = rf"{whole}(?:{point}[0-9]{{1,6}}0*)?"
    # A hundredth has two decimals more.
    precise += rf"|{whole}(?:{point}[0-9]{{1,4}}0*)?%" if is_fraction else ""
    return Patterns(
        days=_serials(fmt) if fmt.date in _SERIALS else _days(fmt.date, drops_time=fmt.timeOfDay == "drop"),
        number=rf"^[+-]?{number}{'%?' if is_fraction else ''}$",
        precise_number=rf"^[+-]?(?:{precise})$",
        integer=rf"^[+-]?{whole}(?:{point}0+)?$",
        affix=affix,
        negatives=(
            rf"^{affix}\({affix}({number}){affix}\){affix}$",
            rf"^{affix}({number}){affix}-{affix}$",
        ),
        decimal_char=fmt.decimalChar,
        group_char=fmt.groupChar,
        is_bare=fmt.bareNumber,
        has_percent=has_percent,
        is_fraction=is_fraction,
        true_words=tuple(fmt.trueValues),
        false_words=tuple(fmt.falseValues),
        missing_words=tuple(dict.fromkeys(["", *(word.strip() for word in fmt.missingValues)])),
    )


def plain(fmt: Format) -> Patterns:
    """The patterns of typed cells turned to text: ISO dates and bare numbers, whatever the file's texts look like."""
    bare = {"decimalChar": ".", "groupChar": None, "bareNumber": True, "percent": "refuse"}
    like = patterns(fmt.model_copy(update={"date": _ISO, **bare}))
    iso = _days(_ISO, drops_time=False)
    moment = rf"^({_pattern(_parts(_ISO), _DAY)})(?: [0-9:.]+)?$"
    return replace(
        like,
        days=iso if fmt.timeOfDay == "refuse" else Days(_ISO, moment, moment, "${1}", _ISO),
        true_words=tuple(dict.fromkeys([*like.true_words, "true", "1"])),
        false_words=tuple(dict.fromkeys([*like.false_words, "false", "0"])),
    )


def day_of(text: str, days: Days) -> date | None:
    """The day that a text names; None: it is not written like one, or the calendar has no such day."""
    if not re.fullmatch(days.pattern, text):
        return None
    if days.most:
        return _day_of_serial(int(re.split("[^0-9]", text)[0]), days)
    alone = re.sub(days.form, re.sub(r"\$\{(\d+)\}", r"\\g<\1>", days.day), text) if days.day else text
    with suppress(ValueError):
        day = datetime.strptime(alone, days.day_format).date()  # noqa: DTZ007  (a day, not a moment)
        # Of two digits 69 is 2069 to Polars, which reads the cells of files, and 1969 to Python.
        return day.replace(year=2069) if "%y" in days.day_format and day.year == 1969 else day  # noqa: PLR2004
    return None


def _day_of_serial(number: int, days: Days) -> date | None:
    if not days.least <= number <= days.most or number == days.gap:
        return None
    return _EPOCH + timedelta(days=number - (days.zero if number > days.gap else days.zero - 1))


def _serials(fmt: Format) -> Days:
    """Numbers of days; a time of day is their fraction."""
    point = re.escape(fmt.decimalChar)
    form = rf"^[0-9]+(?:{point}[0-9]+)?$"
    pattern = form if fmt.timeOfDay == "drop" else rf"^[0-9]+(?:{point}0+)?$"
    return replace(_SERIALS[fmt.date], pattern=pattern, form=form)


def _days(date_format: str, *, drops_time: bool) -> Days:
    parts = _parts(date_format)
    day_format = "-".join(part for part in parts if part[-1] in _DAY and part[0] == "%")
    if not any(part[0] == "%" and part[1] in _TIME for part in parts):
        pattern = f"^{_pattern(parts, _DAY)}$"
        return Days(date_format, pattern, pattern, day_format=date_format)
    grouped = {letter: (f"({flexible})", f"({full})") for letter, (flexible, full) in _DAY.items()}
    form = f"^{_pattern(parts, grouped | _TIME)}$"
    day = "-".join(f"${{{n}}}" for n in range(1, day_format.count("%") + 1))
    return Days(
        said=date_format,
        pattern=form if drops_time else f"^{_pattern(parts, grouped | _MIDNIGHT)}$",
        form=form,
        day=day,
        day_format=day_format,
    )


def _parts(date_format: str) -> list[str]:
    return re.findall(r"%.|[^%]", date_format)


def _pattern(parts: Sequence[str], like: Mapping[str, tuple[str, str]]) -> str:
    is_iso = "".join(parts).startswith(_ISO)
    pattern = ""
    for place, part in enumerate(parts):
        if not part.startswith("%"):
            pattern += re.escape(part)
        elif part == "%%":
            pattern += "%"
        else:
            beside = (*parts[max(place - 1, 0) : place], *parts[place + 1 : place + 2])
            touches = any(each[0] == "%" and each not in _SELF_EVIDENT for each in beside)
            pattern += like[part[1]][touches or is_iso]
    return pattern
