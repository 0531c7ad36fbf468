"""The words in which a what-if is told: values, amounts, moves and reasons."""

import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from tierctl.cli import words
from tierctl.cli.layout import number
from tierctl.cli.whatif.view import WhatIf, place_name
from tierctl.money import minor_unit

_COMPARED: Final = re.compile(r"(?<=: )(-?\d+(?:\.\d+)?)( [a-z ]+ )(-?\d+(?:\.\d+)?)(?![\w-])")


def plain_number(value: str) -> Decimal | None:
    """A swept value as a number, a share as its percentage; None: it is none.

    >>> plain_number("15_000"), plain_number("5 %"), plain_number("elite")
    (Decimal('15000'), Decimal('5'), None)
    """
    try:
        parsed = Decimal(value.replace("_", "").replace("%", "").strip(" \"'"))
    except InvalidOperation:
        return None
    return parsed if parsed.is_finite() else None


def said(value: str) -> str:
    """A value of a program file as people write it.

    >>> said("15000"), said("5%"), said("month_end")
    ('15,000', '5%', 'month_end')
    """
    return number(parsed) if "%" not in value and (parsed := plain_number(value)) is not None else value


def amount(value: Decimal, currency: str) -> str:
    """An amount with its currency's decimals."""
    return f"{value:,.{minor_unit(currency)}f}"


def signed(value: Decimal, currency: str) -> str:
    """A difference with its sign; a dot where there is none.

    >>> signed(Decimal("-1200"), "USD"), signed(Decimal(0), "USD"), signed(Decimal(5), "JPY")
    ('-1,200.00', '·', '+5')
    """
    return f"{value:+,.{minor_unit(currency)}f}" if value else "·"


def short(value: Decimal, currency: str) -> str:
    """A difference with its sign, without decimals that are all zero.

    >>> short(Decimal("-1200"), "USD"), short(Decimal("0.5"), "USD")
    ('-1,200', '+0.50')
    """
    text = signed(value, currency)
    return text.removesuffix(f".{'0' * minor_unit(currency)}") if minor_unit(currency) else text


def move(found: WhatIf, row: Mapping[str, Any]) -> str:
    """From which tier to which a partner moves, or on which it stays; of several tracks, on which of them."""
    program, track = found.program(row["program"]), row["track"]
    return words.move(program, track, row["tier_before"], row["tier_after"]) + place_name(found, program, track)


def stretches(found: WhatIf, row: Mapping[str, Any]) -> str:
    """The values of the only sweep at which a partner stands elsewhere."""
    (key,) = found.swept
    ends = [[said(found.value(run[end], key)) for end in ("first", "last")] for run in row["runs"]]
    return ", ".join(" to ".join(dict.fromkeys(pair)) for pair in ends)


def why(found: WhatIf, row: Mapping[str, Any]) -> str:
    """Why a partner moves, with thousands separators in the figures; ids and dates stay as they are."""
    return words.grouped(found.program(row["program"]), compared(row["why"] or ""))


def compared(text: str) -> str:
    """A text with thousands separators in values that are held against bounds.

    >>> compared("elite net_new_mrr: 24999.5 reaches 20000; decision D-2025 of 2025-05-31")
    'elite net_new_mrr: 24,999.5 reaches 20,000; decision D-2025 of 2025-05-31'
    """
    return _COMPARED.sub(lambda found: f"{_grouped(found[1])}{found[2]}{_grouped(found[3])}", text)


def _grouped(text: str) -> str:
    return number(Decimal(text))
