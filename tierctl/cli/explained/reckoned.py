"""How an amount comes about, in the figures of its own line: base × rate (× rate of exchange) = amount."""

from decimal import Decimal
from typing import Final

from rich.text import Text

from tierctl.cli.explained.made import Row
from tierctl.cli.explained.part import amount, rate
from tierctl.cli.layout import number
from tierctl.money import minor_unit

EARNED: Final = "earned"


def reckoned(line: Row, exchange: Decimal | None = None, *, has_limits: bool = False) -> Text:
    """How a line comes to its amount.

    Where the amount is not the product of the line's figures, an arrow stands for the sign of equality, and the note
    of the line says why.

    Args:
        line: a row of commissions or credits.
        exchange: the rate of exchange of a base in another currency; None: it is not known.
        has_limits: whether the rule cuts amounts.
    """
    result = (amount(line["amount"], line["currency"]), "bold")
    if line["base"] is None:
        return Text.assemble("fixed amount ", result)
    factors = f"{_base(line)} × {rate(line['rate'])}" if line["rate"] is not None else _base(line)
    if line["kind"] != EARNED:
        return Text.assemble(f"{factors} → ", result)
    if is_exchanged(line):
        return Text.assemble(f"{factors} × {number(exchange) if exchange else 'exchange'} = ", result)
    if has_limits and not _is_product(line):
        return Text.assemble(f"{factors} → ", result)
    return Text.assemble(f"{factors} = ", result, ", rounded" if _is_rounded(line) else "")


def note(line: Row, month: str, clause: str | None, *, has_limits: bool) -> str:
    """What else has to be said of a line: the month that earned it, why it is no product, a clause of its own.

    Args:
        line: a row of commissions or credits.
        month: the label of the month under review.
        clause: the clause of the rule.
        has_limits: whether the rule cuts amounts.
    """
    parts = [f"for {line['earned_month']}"] if line["earned_month"] != month else []
    match line["kind"]:
        case "clawback":
            parts.append("taken back")
        case "adjustment":
            parts.append("the difference from what was posted before")
        case _ if has_limits and not is_exchanged(line) and not _is_product(line):
            parts.append("cut by the rule's limit")
    parts += [line["clause"]] if line["clause"] and line["clause"] != clause else []
    return " · ".join(parts)


def is_exchanged(line: Row) -> bool:
    """Whether a line is paid in another currency than that of its base."""
    return line["base"] is not None and line["base_currency"] != line["currency"]


def _base(line: Row) -> str:
    """A base with its currency's decimals, or with all that it has."""
    base, currency = line["base"], line["base_currency"]
    has_more = base != round(base, minor_unit(currency))
    return f"{number(base)} {currency}" if has_more else amount(base, currency)


def _is_product(line: Row) -> bool:
    """Whether an amount is its base times its rate, but for the fraction of a cent."""
    if line["base"] is None or line["rate"] is None:
        return True
    exact = line["base"] * line["rate"]
    return bool(abs(exact - line["amount"]) < Decimal(1).scaleb(-minor_unit(line["currency"])))


def _is_rounded(line: Row) -> bool:
    """Whether an amount is that product but for the fraction of a cent."""
    return line["rate"] is not None and line["base"] * line["rate"] != line["amount"] and _is_product(line)
