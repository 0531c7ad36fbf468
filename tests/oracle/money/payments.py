"""Payments of an invoice row, in its own currency, as they are known on a day."""

from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from tests.oracle.money.sources import Sight, Source


@dataclass(frozen=True)
class Paid:
    """What was paid, or given back, on a day."""

    on: date
    amount: Fraction


def payments(sight: Sight, source: Source) -> list[Paid]:
    """The payments of a row, in their order."""
    world = sight.world
    currency = source.own.get("currency") or world.program["currency"]
    rows = [
        row
        for row in world.rows_on("payments", sight.known)
        if row["invoice_line_id"] == source.own["invoice_line_id"] and row["currency"] == currency
    ]
    rows.sort(key=lambda row: (row["paid_on"], row["payment_id"]))
    return [Paid(row["paid_on"], Fraction(row["amount"])) for row in rows]


def paid_in_full_on(sight: Sight, source: Source) -> date | None:
    """The day of the payment with which the price was reached for the first time."""
    price = Fraction(source.own["price"])
    if price <= 0:
        return None
    received = Fraction(0)
    for one in payments(sight, source):
        received += one.amount
        if received >= price:
            return one.on
    return None


def instalments(sight: Sight, source: Source) -> list[Paid]:
    """The payments received, but for those after a termination that ends what is earned."""
    ends: date | None = None
    if sight.rule.program["policy"].get("terminated_partners") == "until_terminated":
        ends = sight.world.partner_on(sight.known)["terminated_on"]
    return [one for one in payments(sight, source) if one.amount > 0 and (ends is None or one.on <= ends)]


def paid_by(source: Source, received: list[Paid], day: date) -> Fraction:
    """What of the price was received by a day."""
    return min(Fraction(source.own["price"]), sum((one.amount for one in received if one.on <= day), Fraction(0)))


def refunded_share(sight: Sight, source: Source) -> Fraction:
    """How much of what was paid has been given back; nothing where nothing was paid."""
    price = Fraction(source.own["price"])
    all_payments = payments(sight, source)
    paid = min(price, sum((one.amount for one in all_payments if one.amount > 0), Fraction(0)))
    net = max(sum((one.amount for one in all_payments), Fraction(0)), Fraction(0))
    refunded = max(Fraction(0), paid - min(price, net))
    return refunded / paid if paid > 0 else Fraction(0)
