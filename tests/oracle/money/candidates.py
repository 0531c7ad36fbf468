"""One row in one earned month: the first condition that it fails, or the exact amount that it would earn."""

from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

from tests.oracle.calendar import DAY, Span
from tests.oracle.looks import Reading, at_instance, open_look, periods
from tests.oracle.money.conditions import RowReading, failing_requirement, failing_where
from tests.oracle.money.currencies import payout_rate
from tests.oracle.money.days import Earned, earned_in
from tests.oracle.money.figures import NO_RATE, Asked, Said
from tests.oracle.money.sources import Sight, Source
from tests.oracle.money.standing_on import Standings
from tests.oracle.rows import Row


@dataclass(frozen=True)
class Candidate:
    """A row that earns something before caps.

    Attributes:
        asked: the rule's figures, asked for this row.
        source: the row.
        day: the earned day.
        amount: exact, in the currency of the amount.
        currency: that currency.
        in_own: what a unit of it is worth in the program's currency; None without a rate.
        said: what gave the rate, or the amount.
        base: the base before caps and exchange; None where the rule states an amount.
        base_currency: its currency.
        tier: the tier that stood on the day that the rule reads.
    """

    asked: Asked
    source: Source
    day: date
    amount: Fraction
    currency: str
    in_own: Fraction | None
    said: Said
    base: Fraction | None
    base_currency: str | None
    tier: str | None


@dataclass(frozen=True)
class Base:
    """What a rate is applied to."""

    value: Fraction
    currency: str


def tested(sight: Sight, source: Source) -> Candidate | str:
    """A row of an export in a month: what it earns, or the path of the first condition that it fails."""
    world, words = sight.world, sight.rule.words
    if source.tested is None:
        column = world.schema(source.export).adjusts
        assert column
        return column
    cells, missing = sight.with_joined(source.tested)
    if missing is not None:
        return f"with.{missing}"
    failed = failing_where(cells, world.condition(words.get("where")))
    if failed:
        return failed
    earned = earned_in(sight, source, cells)
    if isinstance(earned, str):
        return earned
    return valued(sight, source, cells, earned)


def valued(sight: Sight, source: Source, cells: Row, earned: Earned) -> Candidate | str:
    """The same from the earned day on: whether the partner may earn then, and how much."""
    world, words = sight.world, sight.rule.words
    failed = fails_partner(sight, earned.day)
    reading = RowReading(world, open_look(sight.day), sight.day, account=sight.account, month=sight.earned, row=cells)
    failed = failed or failing_requirement(reading, words.get("requires", {}))
    if failed:
        return failed
    base: Base | None = None
    if "base" in words:
        base = base_of(sight, source, cells, earned)
        if base is None or not base.value:
            name: str = words["base"]["metric"] if isinstance(words["base"], dict) else words["base"]
            return name
    asked = Asked(
        sight,
        reading,
        cells,
        source,
        earned.day,
        base=base.value if base else None,
        base_currency=base.currency if base else "",
    )
    said = asked.said(words["rate" if base else "amount"])
    if not said.value:
        return said.failed or ("rate" if base else "amount")
    return exchanged(asked, source, said, base)


def fails_partner(sight: Sight, day: date) -> str | None:
    """What keeps the partner from earning on a day: not taking part, or being terminated before."""
    world = sight.world
    if world.start is None or day < world.start or not world.is_enrolled(day):
        return "enrolled"
    terminated_on = world.partner_on(sight.known)["terminated_on"]
    keeps_earning = sight.rule.program["policy"].get("terminated_partners") == "keep_earning"
    return "terminated_on" if terminated_on is not None and day > terminated_on and not keeps_earning else None


def base_of(sight: Sight, source: Source, cells: Row, earned: Earned) -> Base | None:
    """The base of a row in a month; None where it is empty."""
    said: Any = sight.rule.words["base"]
    if isinstance(said, dict):
        value: Any = source.own.get("value")
        return None if value is None else Base(value, sight.rule.program["currency"])
    cell = sight.own_cell(source, cells, said)
    return None if cell is None else Base(Fraction(cell) * earned.part, sight.currency(source, cells, said))


def exchanged(asked: Asked, source: Source, said: Said, base: Base | None) -> Candidate | str:
    """The exact amount in the currency in which it is paid."""
    sight = asked.sight
    assert said.value is not None
    own = sight.rule.program["currency"]
    currency = base.currency if base else said.currency or own
    in_own = payout_rate(sight.world, currency, asked.earned_on)
    amount = said.value * (base.value if base else 1)
    if sight.rule.payout_currency != "as_earned":
        if in_own is None:
            return NO_RATE
        amount, currency, in_own = amount * in_own, own, Fraction(1)
    return Candidate(
        asked=asked,
        source=source,
        day=asked.earned_on,
        amount=amount,
        currency=currency,
        in_own=in_own,
        said=said,
        base=base.value if base else None,
        base_currency=base.currency if base else None,
        tier=tier_read(asked),
    )


def tier_read(asked: Asked) -> str | None:
    """The tier that stands on the day that the rule reads: of its requirement, of its rate, else the month's last."""
    words = asked.sight.rule.words
    figure = words.get("rate") or words.get("amount")
    as_of = words.get("requires", {}).get("tier", {}).get("as_of")
    if as_of is None and isinstance(figure, dict) and figure.get("by") == "tier":
        as_of = figure["as_of"]
    standings = Standings(asked.sight.account, (asked.sight.rule.track, ""))
    return standings.tier(asked.reading.day_named(as_of or "month_end"), asked.sight.earned)


def periods_ended(sight: Sight) -> list[Span]:
    """The instances of the base metric's PERIOD that end in the month and are read at all."""
    metric = sight.rule.words["base"]["metric"]
    (period,) = periods(sight.world, {metric})
    found = []
    span = sight.account.calendar.instance(period, sight.earned.first)
    while span[1] <= sight.day:
        found.append(span)
        span = sight.account.calendar.instance(period, span[1] + DAY)
    return [span for span in found if span[1] >= sight.world.first_counted]


def of_periods(sight: Sight) -> list[Candidate]:
    """What a rule on a metric's whole periods earns in a month."""
    metric = sight.rule.words["base"]["metric"]
    (period,) = periods(sight.world, {metric})
    found = []
    for span in periods_ended(sight):
        value = Reading(sight.world, at_instance(period, span), sight.day).value(metric)
        key = span[0].isoformat()
        source = Source(metric, key, {"value": value}, {}, (key,))
        one = valued(sight, source, sight.partner_cells(), Earned(span[1]))
        found += [] if isinstance(one, str) else [one]
    return found
