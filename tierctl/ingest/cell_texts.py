"""What a cell's text becomes, column by column: the steps from a text to a value of the contract's types.

Strict: what does not match its pattern becomes null, never a guess.
"""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

import polars as pl

from tierctl.cell_patterns import Days, Patterns
from tierctl.ingest.parquet_files import WHOLE_DIGITS

TOO_LARGE = 10**WHOLE_DIGITS
"""The least number with more digits before its point than a contract's numbers have."""

_FLOATS_WITHOUT_EXPONENT = 10**15  # from about here on a float's text has an exponent, and the float has no decimals


def as_text(raw: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    """A cell of any type as text, numbers without an exponent and moments at midnight as days."""
    if dtype == pl.String:
        return raw
    if dtype.is_float():
        is_whole = raw.abs().is_between(_FLOATS_WITHOUT_EXPONENT, TOO_LARGE, closed="left")
        return pl.when(is_whole).then(raw.cast(pl.Int128, strict=False).cast(pl.String)).otherwise(raw.cast(pl.String))
    if isinstance(dtype, pl.Datetime):
        return raw.dt.to_string("%Y-%m-%d %H:%M:%S%.f").str.replace(r" 00:00:00(?:\.0+)?$", "")
    return raw.cast(pl.String)


def with_values(text: pl.Expr, values: Mapping[str, str]) -> pl.Expr:
    """The text, or our word for it where `values` has one, blanks around it passed over."""
    if not values:
        return text
    text = text.fill_null("") if "" in values else text
    mapped = text.str.strip_chars().replace_strict(
        list(values), list(values.values()), default=None, return_dtype=pl.String
    )
    return pl.coalesce(mapped, text)


def day(text: pl.Expr, like: Days) -> pl.Expr:
    """The day that a text names; null where it is not written like one, or the calendar lacks it."""
    sound = pl.when(text.str.contains(like.pattern)).then(text)
    if like.most:
        return _day_of_serial(sound.str.extract("^([0-9]+)").cast(pl.Int64, strict=False), like)
    alone = sound if like.is_alone else sound.str.replace(like.form, like.day)
    return alone.str.to_date(like.day_format, strict=False)


def _day_of_serial(number: pl.Expr, like: Days) -> pl.Expr:
    """The day of a spreadsheet's number, or null where it has none."""
    is_day = number.is_between(like.least, like.most) & (number != like.gap)
    zero = pl.when(number > like.gap).then(like.zero).otherwise(like.zero - 1)
    return pl.when(is_day).then(number - zero).cast(pl.Int32).cast(pl.Date)


def bare_number(text: pl.Expr, like: Patterns) -> pl.Expr:
    """The number without the signs of currency, percent and blanks around it, where the format allows them.

    Where it is below 0 by brackets around it or by a sign behind it, it then has the sign before it; where it is so
    many hundredths, a percent sign right behind it.
    """
    if not like.has_percent:
        return text if like.is_bare else _undressed(text, like)
    signs = text.str.count_matches("%", literal=True)
    of_percent = _undressed(text, like) + pl.lit("%" if like.is_fraction else "")
    without = text if like.is_bare else _undressed(text, like)
    return pl.when(signs == 1).then(of_percent).when(signs == 0).then(without).otherwise(text)


def _undressed(text: pl.Expr, like: Patterns) -> pl.Expr:
    """The number without what may stand around it."""
    for negative in () if like.is_bare else like.negatives:
        text = text.str.replace(negative, "-${1}")
    return text.str.replace(rf"^([+-]?){like.around}", "${1}").str.replace(rf"{like.around}$", "")


def number(text: pl.Expr, is_sound: pl.Expr, like: Patterns, target: pl.DataType) -> pl.Expr:
    """The number of a bare text that is sound; null where it is not, or is too large for the contract's type."""
    sound: pl.Expr = pl.when(is_sound).then(text)
    if like.group_char is not None:
        sound = sound.str.replace_all(like.group_char, "", literal=True)
    if like.decimal_char != ".":
        sound = sound.str.replace(like.decimal_char, ".", literal=True)
    if like.is_fraction:
        sound = pl.when(sound.str.ends_with("%")).then(_hundredth(sound)).otherwise(sound)
    if target == pl.Int64:
        sound = sound.str.replace(r"\.0+$", "")
    return within(sound.cast(target, strict=False), target)


def _hundredth(text: pl.Expr) -> pl.Expr:
    """So many percent as the number that they are, its point two places further left: exact, however long it is."""
    long = text.str.replace(r"^([+-]?)([0-9]+)(?:\.([0-9]+))?%$", "${1}00${2}.${3}")
    return long.str.replace(r"^([+-]?[0-9]+)([0-9]{2})\.([0-9]*)$", "${1}.${2}${3}")


def within(cell: pl.Expr, target: pl.DataType) -> pl.Expr:
    """The cell, or null where it is beyond what the contract's numbers and dates reach to."""
    if target == pl.Date:
        return pl.when(cell.is_between(date.min, date.max)).then(cell)
    if isinstance(target, pl.Decimal):
        return pl.when(cell.abs() < pl.lit(Decimal(TOO_LARGE), dtype=target)).then(cell)
    return cell
