"""Ranges: which values meet a bound, so that lint can tell when none does and when one bound implies another."""

from dataclasses import dataclass
from datetime import date
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Self

from tierctl.program.values import DATE_WORDS, NUMBER_WORDS, Bound, Number

_INFINITE = Decimal("Infinity")
_LOWER = {"at_least": False, "more_than": True, "since": False, "after": True}
_UPPER = {"at_most": False, "less_than": True, "through": False, "before": True}


@dataclass(frozen=True)
class Range:
    """Every number from `low` to `high`; an open end is not part of it. Days are numbers too, counted from year 1."""

    low: Decimal = -_INFINITE
    low_is_open: bool = False
    high: Decimal = _INFINITE
    high_is_open: bool = False

    @property
    def is_empty(self) -> bool:
        """Whether no number lies in it."""
        return self.low > self.high or (self.low == self.high and (self.low_is_open or self.high_is_open))

    def whole(self) -> Self:
        """The same range of whole numbers alone, its ends among them."""
        low, high = self.low, self.high
        if low.is_finite():
            low = low.to_integral_value(ROUND_FLOOR) + 1 if self.low_is_open else low.to_integral_value(ROUND_CEILING)
        if high.is_finite():
            high = (
                high.to_integral_value(ROUND_CEILING) - 1 if self.high_is_open else high.to_integral_value(ROUND_FLOOR)
            )
        return type(self)(low, low_is_open=False, high=high, high_is_open=False)

    def meet(self, other: Self) -> Self:
        """What lies in both."""
        low = max((self.low, self.low_is_open), (other.low, other.low_is_open))
        high = min((self.high, not self.high_is_open), (other.high, not other.high_is_open))
        return type(self)(low[0], low_is_open=low[1], high=high[0], high_is_open=not high[1])

    def lies_in(self, other: Self) -> bool:
        """Whether the other range holds every number of this one."""
        return self.is_empty or self.meet(other) == self


def range_of(bound: Bound) -> Range | None:
    """The range that a bound allows; None: that depends on more than the bound."""
    result = Range()
    for word in (*NUMBER_WORDS, *DATE_WORDS):
        limit = getattr(bound, word)
        if limit is None:
            continue
        number = _number(limit)
        if number is None:
            return None
        if word in _LOWER:
            result = result.meet(Range(low=number, low_is_open=_LOWER[word]))
        else:
            result = result.meet(Range(high=number, high_is_open=_UPPER[word]))
    if bound.equal is not None:
        numbers = [_number(value) for value in bound.equal]
        known = [number for number in numbers if number is not None]
        if len(known) < len(numbers):
            return None
        result = result.meet(Range(low=min(known), high=max(known)))
    return result


def _number(limit: object) -> Decimal | None:
    if isinstance(limit, Number):
        return limit.value
    if isinstance(limit, date):
        return Decimal(limit.toordinal())
    return limit if isinstance(limit, Decimal) else None
