"""Amounts in a currency: its minor unit, the one rounding, and the way into another currency."""

import math
from datetime import date
from decimal import Decimal
from fractions import Fraction

from tests.oracle.rates import rate
from tests.oracle.world import World

WITHOUT_MINOR_UNIT = (
    "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF",
    "XPF",
)  # fmt: skip
OF_THREE_DECIMALS = ("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND")
OF_FOUR_DECIMALS = ("CLF", "UYW")


def decimals(currency: str) -> int:
    """How many decimals the currency's minor unit has."""
    if currency in WITHOUT_MINOR_UNIT:
        return 0
    return 3 if currency in OF_THREE_DECIMALS else 4 if currency in OF_FOUR_DECIMALS else 2


def rounded(amount: Fraction, currency: str, mode: str) -> Decimal:
    """An amount to the currency's minor unit."""
    digits = decimals(currency)
    units = amount * 10**digits
    match mode:
        case "half_even":
            whole = round(units)
        case "half_away_from_zero":
            whole = math.floor(abs(units) + Fraction(1, 2)) * (-1 if units < 0 else 1)
        case "down":
            whole = math.trunc(units)
        case _:
            raise ValueError(mode)
    return Decimal(f"{whole}e-{digits}")


def payout_rate(world: World, currency: str, day: date) -> Fraction | None:
    """What a unit of a currency is worth in the program's by the payout's table; None without a rate."""
    if currency == world.program["currency"]:
        return Fraction(1)
    fx = world.program["policy"].get("fx")
    return rate(world, fx["payout"], currency, day) if fx and "payout" in fx else None
