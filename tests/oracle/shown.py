"""Numbers as the reports show them: rounded half to even from the exact value."""

from decimal import Decimal
from fractions import Fraction
from typing import Any


def places(value: Fraction, digits: int) -> Decimal:
    """So many decimals, half to even."""
    return Decimal(f"{round(value * 10**digits)}e-{digits}")


def shown(value: Any) -> Decimal | None:
    """Six decimals; None for what is unknown or no one number."""
    is_number = isinstance(value, int | Decimal | Fraction) and not isinstance(value, bool)
    return places(Fraction(value), 6) if is_number else None
