"""One text as a cell of a contract's column, by the rules that the cells of files are read by.

For columns that are the same in every row: their text stands in `tierctl.toml` and is judged there.
"""

import re
import unicodedata
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import TypeAlias

from tierctl.cell_patterns import CURRENCY_SIGN, Patterns, day_of, patterns
from tierctl.contracts import Field, Scalar
from tierctl.export_format import Format
from tierctl.validation import did_you_mean, shown

FixedValue: TypeAlias = Scalar | date | None

_WHOLE_DIGITS = 20
_CENTS = "¢￠"


class UnfitTextError(ValueError):
    """A text that a column cannot hold; `hint` says what it can, where that is known."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


def fixed_value(text: str, field: Field, fmt: Format, values: Mapping[str, str]) -> FixedValue:
    """The text as the column's type; None: it stands for nothing.

    Args:
        text: what every row of the column has.
        field: the column.
        fmt: how the column's cells are written.
        values: their word → our word, for this column.

    Raises:
        UnfitTextError: a cell with that text would be rejected.
    """
    text = {theirs.strip(): ours for theirs, ours in values.items()}.get(text.strip(), text)
    like = patterns(fmt)
    trimmed = text.strip()
    if trimmed in like.missing_words:
        if field.required:
            raise UnfitTextError(f"{field.name} must not be empty, and {shown(text)} stands for an empty cell")
        return None
    if field.type == "string":
        return _text(trimmed if field.enum else text, field)
    if field.type == "boolean":
        return _flag(trimmed, field, like)
    if field.type == "date":
        return _day(trimmed, field, like)
    return _within(_number(trimmed, field, like), field)


def _text(text: str, field: Field) -> str:
    if field.enum and text not in field.enum:
        message = f"{field.name} is never {shown(text)}; its values are {', '.join(field.enum)}"
        raise UnfitTextError(message, did_you_mean(text, field.enum))
    if field.pattern is not None and not re.search(field.pattern, text):
        raise UnfitTextError(f"{field.name} {shown(text)} does not have the form {field.pattern}")
    return text


def _flag(text: str, field: Field, like: Patterns) -> bool:
    if text in (*like.true_words, *like.false_words):
        return text in like.true_words
    words = ", ".join((*like.true_words, *like.false_words))
    raise UnfitTextError(f"{field.name} {shown(text)} is none of the words {words}")


def _day(text: str, field: Field, like: Patterns) -> date:
    day = day_of(text, like.days)
    if day is None:
        raise UnfitTextError(f"{field.name} {shown(text)} is not a date of the form {like.days.said}")
    return day


def _number(text: str, field: Field, like: Patterns) -> Decimal:
    bare = _bare(text, like)
    is_whole = field.type == "integer"
    if not re.fullmatch(like.integer if is_whole else like.precise_number, bare):
        if not is_whole and re.fullmatch(like.number, bare):
            raise UnfitTextError(f"{field.name} {shown(text)} has more than six decimals")
        kind = "whole number" if is_whole else "number"
        raise UnfitTextError(f"{field.name} {shown(text)} is not a {kind} as this export writes it")
    if like.group_char is not None:
        bare = bare.replace(like.group_char, "")
    number = Decimal(bare.replace(like.decimal_char, ".").removesuffix("%"))
    return number.scaleb(-2) if bare.endswith("%") else number


def _bare(text: str, like: Patterns) -> str:
    """As `bare_number` of ingest; Python's expressions know no signs of currency, so that one stands for all."""
    signs = text.count("%") if like.has_percent else 0
    if (like.is_bare and not signs) or signs > 1:
        return text
    text = "".join("$" if unicodedata.category(sign) == "Sc" and sign not in _CENTS else sign for sign in text)
    affix, around = (of.replace(CURRENCY_SIGN, r"\$") for of in (like.affix, like.around))
    for negative in () if like.is_bare else like.negatives:
        text = re.sub(negative.replace(like.affix, affix), r"-\1", text)
    bare = re.sub(rf"{around}$", "", re.sub(rf"^([+-]?){around}", r"\1", text))
    return f"{bare}%" if signs and like.is_fraction else bare


def _within(number: Decimal, field: Field) -> int | Decimal:
    beyond = 2**63 if field.type == "integer" else 10**_WHOLE_DIGITS
    if abs(number) >= beyond:
        raise UnfitTextError(f"{field.name} {shown(number)} is too large")
    if field.minimum is not None and number < field.minimum:
        raise UnfitTextError(f"{field.name} {shown(number)} is below {field.minimum}, the least that is allowed")
    if field.maximum is not None and number > field.maximum:
        raise UnfitTextError(f"{field.name} {shown(number)} is above {field.maximum}, the most that is allowed")
    return int(number) if field.type == "integer" else number
