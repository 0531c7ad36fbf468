"""A table's cells as a spreadsheet can hold them, slice by slice, and a count of those that it cannot hold.

A spreadsheet's number is a float: every number of up to 15 significant digits is one that reads back as it was, and
others become text. Its days begin in 1900, with a 29th of February that there never was: dates before March of that
year become text too. A text of more than 32,767 characters, by UTF-16, is cut and says so.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final, TypeAlias

import polars as pl

from tierctl.contracts import Contract, Field
from tierctl.report.tables import is_text, plain_text

MOST_DIGITS: Final = 15
MOST_TEXT: Final = 32_767
CUT: Final = " […]"

TEXT: Final = "@"
DAY: Final = "yyyy-mm-dd"
TRUTH: Final = "General"

Cell: TypeAlias = str | float | bool | None

_EPOCH: Final = date(1899, 12, 30)
_FIRST_DAY: Final = date(1900, 3, 1)
_RATE, _FINE_RATE = "0.00##", "0.00####"
_RATE_DECIMALS: Final = 4
_MONEY_DECIMALS: Final = 2
_MOST_DECIMALS: Final = 6


@dataclass(frozen=True)
class Column:
    """A column of a slice: its cells, how each is shown, and how many characters the longest has."""

    cells: Sequence[Cell]
    shown: Sequence[str]
    width: int


@dataclass
class Unheld:
    """The cells that a sheet could not hold as they are, by column: numbers and dates made texts, texts cut."""

    numbers: dict[str, int] = field(default_factory=dict)
    dates: dict[str, int] = field(default_factory=dict)
    texts: dict[str, int] = field(default_factory=dict)


def is_held(text: pl.Expr) -> pl.Expr:
    """Whether a number, as plain text, has at most 15 significant digits."""
    return text.str.replace_all("[-.]", "").str.strip_chars("0").str.len_bytes() <= MOST_DIGITS


def number_format(decimals: int, field_: Field | None) -> str:
    """How a number is shown: rates and shares, money, and other numbers, which have as many decimals as they need.

    >>> number_format(0, None), number_format(3, None)
    ('#,##0', '#,##0.000')
    """
    if field_ is not None and is_rate(field_):
        return _FINE_RATE if decimals > _RATE_DECIMALS else _RATE
    shown = max(decimals, _MONEY_DECIMALS) if field_ is not None and field_.is_money else decimals
    return "#,##0" + ("." + "0" * shown if shown else "")


def is_rate(field_: Field) -> bool:
    """Whether the numbers are shares of something, which are written as fractions."""
    return field_.name == "rate" or field_.unit == "fraction"


def columns(part: pl.DataFrame, contract: Contract, unheld: Unheld) -> Iterator[Column]:
    """The columns of a slice, with its cells that cannot be held counted."""
    fields = {each.name: each for each in contract.fields}
    for name, dtype in part.schema.items():
        if is_text(dtype):
            yield _texts(part, name, unheld)
        elif dtype == pl.Date:
            yield _dates(part, name, unheld)
        elif dtype == pl.Boolean:
            yield Column(part[name].to_list(), [TRUTH] * part.height, len("FALSE"))
        else:
            yield _numbers(part, name, fields.get(name), unheld)


def cut(text: str) -> str:
    """A text that is too long for a cell, as far as it goes in, with a mark at its end."""
    room = (MOST_TEXT - len(CUT)) * 2
    return text.encode("utf-16-le")[:room].decode("utf-16-le", errors="ignore") + CUT


def _texts(part: pl.DataFrame, name: str, unheld: Unheld) -> Column:
    texts = part[name].cast(pl.String)
    cells: list[Cell] = texts.to_list()
    if _most(texts.str.len_bytes()) > MOST_TEXT:
        shown = [cut(cell) if isinstance(cell, str) and _is_too_long(cell) else cell for cell in cells]
        _count(unheld.texts, name, sum(one != other for one, other in zip(cells, shown, strict=True)))
        cells = shown
    return Column(cells, [TEXT] * part.height, _most(texts.str.len_chars()))


def _is_too_long(text: str) -> bool:
    return len(text.encode("utf-16-le")) > MOST_TEXT * 2


def _dates(part: pl.DataFrame, name: str, unheld: Unheld) -> Column:
    day = pl.col(name)
    cells = part.select(
        early=pl.when(day < _FIRST_DAY).then(day.cast(pl.String)),
        number=(day - pl.lit(_EPOCH)).dt.total_days(),
    )
    early, numbers = cells["early"].to_list(), cells["number"].to_list()
    _count(unheld.dates, name, part.height - cells["early"].null_count())
    mixed = [text or number for text, number in zip(early, numbers, strict=True)]
    return Column(mixed, [TEXT if text else DAY for text in early], len(DAY))


def _numbers(part: pl.DataFrame, name: str, field_: Field | None, unheld: Unheld) -> Column:
    text = plain_text(name, part.schema[name])
    cells = part.select(
        text=pl.when(~is_held(text)).then(text),
        # From the text, not from the Decimal, whose own way to a float rounds twice.
        number=pl.when(is_held(text)).then(text).cast(pl.Float64),
        decimals=text.str.extract(r"\.(.+)$").str.len_bytes().fill_null(0),
        width=text.str.len_bytes(),
    )
    texts, numbers, decimals = (cells[each].to_list() for each in ("text", "number", "decimals"))
    _count(unheld.numbers, name, part.height - cells["text"].null_count())
    formats = [number_format(places, field_) for places in range(_MOST_DECIMALS + 1)]
    mixed = [number if one is None else one for one, number in zip(texts, numbers, strict=True)]
    shown = [formats[places] if one is None else TEXT for one, places in zip(texts, decimals, strict=True)]
    # Commas between thousands, and the decimals that money always has.
    return Column(mixed, shown, _most(cells["width"]) * 4 // 3 + _MONEY_DECIMALS + 1)


def _most(lengths: pl.Series) -> int:
    longest = lengths.max()
    return longest if isinstance(longest, int) else 0


def _count(counts: dict[str, int], name: str, more: int) -> None:
    if more:
        counts[name] = counts.get(name, 0) + more
