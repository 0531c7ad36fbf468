"""Money: the smallest unit of each currency, and the rounding of exact quotients.

Amounts are exact decimals everywhere. How many decimals a currency is paid in is ISO 4217's to say; most have two.
"""

from collections.abc import Mapping
from types import MappingProxyType

import polars as pl

_MICRO = 10**6

USUAL_MINOR_UNIT = 2

UNUSUAL_MINOR_UNITS: Mapping[str, int] = MappingProxyType(
    dict.fromkeys(("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI"), 0)
    | dict.fromkeys(("VND", "VUV", "XAF", "XOF", "XPF"), 0)
    | dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3)
    | dict.fromkeys(("CLF", "UYW"), 4)
)
"""The currencies whose amounts do not have two decimals."""


def minor_unit(currency: str) -> int:
    """How many decimals an amount of the currency has.

    >>> minor_unit("EUR"), minor_unit("JPY"), minor_unit("KWD")
    (2, 0, 3)
    """
    return UNUSUAL_MINOR_UNITS.get(currency, USUAL_MINOR_UNIT)


def exact_micros(number: pl.Expr) -> pl.Expr:
    """A Decimal of at most six decimals as a whole number of millionths (Int128), in which every product is exact."""
    return (number.cast(pl.Decimal(38, 6)) * pl.lit(_MICRO)).cast(pl.Int128)


def rounded_quotient(number: pl.Expr, *, times: pl.Expr, by: pl.Expr, places: int) -> pl.Expr:
    """`number × times ÷ by`, rounded once, half to even, to that many decimals (at most six).

    `times` and `by` are whole numbers, `by` above zero. A Polars quotient of Decimals keeps the column's scale and
    rounds on the way; here the quotient is taken in whole numbers, so that only the last digit is rounded.
    """
    whole: int = 10**places
    step = by.cast(pl.Int128) * pl.lit(_MICRO // whole)
    scaled = exact_micros(number) * times.cast(pl.Int128)
    quotient, rest = scaled // step, scaled % step
    is_above = (rest * 2 > step) | ((rest * 2 == step) & (quotient % 2 == 1))
    units = (quotient + is_above.cast(pl.Int128)).cast(pl.Decimal(38, 0)).cast(pl.Decimal(38, 6))
    return units / pl.lit(whole)


def rounded_up_quotient(number: pl.Expr, *, by: pl.Expr) -> pl.Expr:
    """`number ÷ by` rounded up to a whole number; `by` is a whole number above zero."""
    step = by.cast(pl.Int128) * _MICRO
    return ((exact_micros(number) + step - 1) // step).cast(pl.Decimal(38, 0)).cast(pl.Decimal(38, 6))


def plain_number(number: pl.Expr) -> pl.Expr:
    """A Decimal as a person writes it, without trailing zeros: 24999.5, 10; null reads unknown."""
    return number.cast(pl.String).str.strip_chars_end("0").str.strip_chars_end(".").fill_null("unknown")
