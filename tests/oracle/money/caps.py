"""Caps: of the rows of a group, no more than so much of a quantity, or of the amount."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

from tests.oracle.money.candidates import Candidate
from tests.oracle.money.currencies import rounded

Cap = Mapping[str, Any]
ONE = Fraction(1)


@dataclass(frozen=True)
class Capped:
    """A candidate as the caps leave it.

    Attributes:
        one: the candidate.
        share: how much of it is left by the caps that cut exact numbers.
        is_cut: whether a cap on the amount has cut it evenly.
        amount: rounded, as the caps that cut the latest leave it.
        cut_by: the path of the cap that left nothing, or `rounding`.
    """

    one: Candidate
    share: Fraction = ONE
    is_cut: bool = False
    amount: Decimal = Decimal(0)
    cut_by: str | None = None

    @property
    def order(self) -> tuple[Any, ...]:
        """By earned day and key."""
        return (self.one.day, self.one.source.order)

    @property
    def exact(self) -> Fraction:
        """The exact amount that is left."""
        return self.one.amount * self.share


def capped(candidates: Iterable[Candidate], caps: Sequence[Cap], mode: str) -> list[Capped]:
    """The candidates of a rule, rounded, after its caps."""
    found = [Capped(one) for one in candidates]
    numbered = list(enumerate(caps, start=1))
    for number, cap in numbered:
        if "of" in cap:
            found = in_groups(found, cap, number, by_quantity)
    for number, cap in numbered:
        if "of" not in cap and cap["cuts"] == "evenly":
            found = in_groups(found, cap, number, by_amount)
    found = [with_cents(item, mode) for item in found]
    for number, cap in numbered:
        if "of" not in cap and cap["cuts"] == "latest":
            found = in_groups(found, cap, number, by_cents)
    return found


def in_groups(items: list[Capped], cap: Cap, number: int, cut: Any) -> list[Capped]:
    """All items after one cap; those of which nothing is left take no part."""
    groups: dict[Any, list[Capped]] = {}
    for item in items:
        if item.cut_by is None:
            groups.setdefault(group_of(item, cap), []).append(item)
    done = [item for item in items if item.cut_by is not None]
    for group in groups.values():
        done += [marked(item, f"caps.{number}") for item in cut(sorted(group, key=lambda item: item.order), cap)]
    return done


def marked(item: Capped, path: str) -> Capped:
    """The item, saying which cap left nothing of it."""
    return replace(item, cut_by=path) if not item.share else item


def group_of(item: Capped, cap: Cap) -> tuple[Any, ...]:
    """What the rows of a group have in common: what the cap is per, the period, and the currency where that matters."""
    one = item.one
    calendar = one.asked.sight.account.calendar
    match cap["per"]:
        case "row":
            per: Any = one.source.source_id
        case "partner":
            per = None
        case column:
            per = one.asked.sight.own_cell(one.source, one.asked.cells, column)
    instance = None if cap["each"] == "lifetime" else calendar.instance(cap["each"], one.day)
    return per, instance, one.currency if is_by_currency(cap) else None


def is_by_currency(cap: Cap) -> bool:
    """Whether a cap states an amount for each currency."""
    return isinstance(cap["at_most"], Mapping) and cap["at_most"].get("by") == "currency"


def limit(item: Capped, cap: Cap) -> Fraction:
    """The most that a cap allows, by the partner in the earned month; nothing where that is not known."""
    asked = replace(item.one.asked, base_currency=item.one.currency)
    return asked.said(cap["at_most"]).value or Fraction(0)


def by_quantity(group: list[Capped], cap: Cap) -> list[Capped]:
    """A group after a cap on a quantity, of what earlier caps have left of it."""
    quantities = [quantity(item, cap["of"]) * item.share for item in group]
    shares = evenly(group, cap, quantities) if cap["cuts"] == "evenly" else latest(group, cap, quantities)
    return [replace(item, share=item.share * share) for item, share in zip(group, shares, strict=True)]


def quantity(item: Capped, column: str) -> Fraction:
    """A row's quantity; none where it is empty."""
    return Fraction(item.one.asked.sight.own_cell(item.one.source, item.one.asked.cells, column) or 0)


def evenly(group: list[Capped], cap: Cap, numbers: list[Fraction]) -> list[Fraction]:
    """The share that is left of each, all cut in the same proportion."""
    total = sum(numbers, Fraction(0))
    return [min(ONE, limit(item, cap) / total) if total > 0 else ONE for item in group]


def latest(group: list[Capped], cap: Cap, numbers: list[Fraction]) -> list[Fraction]:
    """The share that is left of each, the latest ones cut first."""
    return [part / number if number else ONE for part, number in zip(kept(group, cap, numbers), numbers, strict=True)]


def kept(group: list[Capped], cap: Cap, numbers: list[Fraction]) -> list[Fraction]:
    """How far each raises what has been reached below the limit, no further than by itself.

    Where none is negative, what was reached once stays reached, though the limit fall.
    """
    found = []
    total, before = Fraction(0), Fraction(0)
    stays = all(number >= 0 for number in numbers)
    for item, number in zip(group, numbers, strict=True):
        total += number
        reached = min(total, limit(item, cap))
        reached = max(reached, before) if stays else reached
        part = reached - before
        found.append(min(max(part, Fraction(0)), number) if number >= 0 else part)
        before = reached
    return found


def by_amount(group: list[Capped], cap: Cap) -> list[Capped]:
    """A group after a cap on exact amounts, cut evenly."""
    amounts = [item.exact * in_cap(item, cap) for item in group]
    shares = evenly(group, cap, amounts)
    return [
        replace(item, share=item.share * share, is_cut=item.is_cut or share != ONE)
        for item, share in zip(group, shares, strict=True)
    ]


def in_cap(item: Capped, cap: Cap) -> Fraction:
    """What a unit of an item's currency is worth in that of the cap."""
    if is_by_currency(cap):
        return ONE
    assert item.one.in_own is not None
    return item.one.in_own


def with_cents(item: Capped, mode: str) -> Capped:
    """The item rounded once; toward zero where a cap on the amount has cut it."""
    if item.cut_by is not None:
        return item
    amount = rounded(item.exact, item.one.currency, "down" if item.is_cut else mode)
    return replace(item, amount=amount, cut_by=None if amount else "rounding")


def by_cents(group: list[Capped], cap: Cap) -> list[Capped]:
    """A group after a cap on rounded amounts, the latest cut first."""
    amounts = [Fraction(item.amount) * in_cap(item, cap) for item in group]
    found = []
    for item, part in zip(group, kept(group, cap, amounts), strict=True):
        amount = rounded(part / in_cap(item, cap), item.one.currency, "down")
        found.append(replace(item, amount=amount, share=item.share if amount else Fraction(0)))
    return found
