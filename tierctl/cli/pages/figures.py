"""Figures of criteria as a page shows them: two decimals, or all of them where two would touch the comparison."""

import re
from collections.abc import Iterable, Mapping
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any, Final

from tierctl.cli.layout import number
from tierctl.cli.pages.parts import Cell, plain

_CENT: Final = Decimal("0.01")


def figure(value: Decimal, bound: Decimal | None = None) -> str:
    """A figure beside what it is compared with.

    >>> figure(Decimal("332.74947"), Decimal(50_000)), figure(Decimal("9999.999"), Decimal(10_000))
    ('332.75', '9,999.999')
    >>> figure(Decimal("24999.500"), Decimal(25_000)), figure(Decimal("0.001"))
    ('24,999.5', '0.001')
    """
    short = value.quantize(_CENT, ROUND_HALF_EVEN)
    is_told = short == value or _compared(short, Decimal()) != _compared(value, Decimal())
    if is_told or (bound is not None and _compared(short, bound) != _compared(value, bound)):
        return number(value)
    return f"{short:,.2f}"


def missing_figure(missing: Decimal) -> str:
    """What is missing; of less than a cent every digit.

    >>> missing_figure(Decimal("49667.25053")), missing_figure(Decimal("0.00947"))
    ('49,667.25', '0.00947')
    """
    return number(missing) if abs(missing) < _CENT else figure(missing)


def figure_cell(value: Decimal | None, bound: Decimal | None = None) -> Cell:
    """A figure, sorted by all its digits; what is not known is empty."""
    return Cell("" if value is None else figure(value, bound), plain(value))


def missing_cell(missing: Decimal | None) -> Cell:
    """What is missing, sorted by all its digits; what is not known is empty."""
    return Cell("" if missing is None else missing_figure(missing), plain(missing))


def shortened(text: str, rows: Iterable[Mapping[str, Any]]) -> str:
    """A text in which the figures of these criteria are told as in their table.

    Args:
        text: it has them with every digit.
        rows: criteria with value, threshold and missing.
    """
    for row in rows:
        found = {}
        if row["value"] is not None:
            found[number(row["value"])] = figure(row["value"], row["threshold"])
        if row["missing"] is not None:
            found[number(row["missing"])] = missing_figure(row["missing"])
        for long, short in found.items():
            text = text if long == short else re.sub(rf"(?<![\d.,]){re.escape(long)}(?![\d])", short, text)
    return text


def _compared(one: Decimal, other: Decimal) -> int:
    return (one > other) - (one < other)
