"""Benefits: what the standing tier brings, and what has come and gone since the review before."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from tests.oracle.calendar import DAY
from tests.oracle.figures import figure
from tests.oracle.fold import Review
from tests.oracle.grants import rank_on
from tests.oracle.ladder import Worlds
from tests.oracle.looks import Reading, open_look
from tests.oracle.metrics import in_force
from tests.oracle.rows import Row
from tests.oracle.shown import shown
from tests.oracle.world import World


@dataclass(frozen=True)
class Held:
    """How much of a benefit a partner has: a number, None where that is unknown; and the text of the agreement."""

    value: Decimal | None
    text: str | None = None


def of_agreement(world: World, reading: Reading, benefit: dict[str, Any]) -> Held | None:
    """What a joined row gives: a number, yes, or a text; None where it gives nothing."""
    cells = reading.cells()
    for export, column in benefit["with"].items():
        assert column == "month_end"
        row = in_force(world, export, reading.day, reading.day)
        if row is None:
            return None
        cells |= {f"{export}.{name}": cell for name, cell in row.items()}
    said = figure(benefit["value"], lambda name: cells[name] if name in cells else reading.cell(name), reading.holds)
    if said is None or said is False:
        return None
    return Held(Decimal(1), said) if isinstance(said, str) else Held(shown(int(said) if said is True else said))


def held_benefit(world: World, benefit: dict[str, Any] | None, review: Review | None) -> Held | None:
    """What a partner has of a benefit at a review; None where it has nothing of it."""
    if benefit is None or review is None or review.tier is None:
        return None
    if world.track not in benefit.get("tracks", [world.track]):
        return None
    reading = Reading(world, open_look(review.month.last), review.month.last)
    tiers = benefit.get("tiers", review.ids)
    if review.tier not in tiers:
        return None
    if "with" in benefit:
        return of_agreement(world, reading, benefit)
    if "value" in benefit:
        return Held(shown(reading.figure(benefit["value"])))
    return Held(Decimal(1)) if isinstance(tiers, list) else Held(shown(reading.figure(tiers[review.tier])))


def stands_on(world: World, review: Review, rank: int, day: date) -> bool:
    """Whether a tier is given on a day on which the partner takes part."""
    return world.is_enrolled(day) and any(grant.rank == rank and grant.covers(day) for grant in review.grants)


def lost_through(world: World, review: Review) -> date:
    """The last day of the benefits that the previous review's tier had and today's has not."""
    before, day = review.previous, review.month.last
    assert before
    assert before.tier
    rank = review.ids.index(before.tier) if before.tier in review.ids else None
    stood = before.month.last
    while stood < day and rank is not None and stands_on(world, review, rank, stood + DAY):
        stood += DAY
    if review.status == "terminated":
        terminated_on: date = world.partner["terminated_on"]
        return min(stood, terminated_on - DAY)
    if stood < day:
        return stood
    if review.shown and before.month.last < review.shown.first <= day:
        return review.shown.first - DAY
    return day if review.status == "suspended" else day - DAY


def stood_since(world: World, review: Review) -> date:
    """The first day of the days up to the review on which the grants give today's tier, neither more nor less.

    An enrollment begins anew.
    """
    day = review.month.last
    earliest = world.enrollments[review.era]["enrolled_on"] if world.enrolls else date.min
    while rank_on(review.grants, day - DAY) == review.rank and earliest < day:
        day -= DAY
    return day


def benefits(worlds: Worlds, review: Review) -> Iterator[Row]:
    """One row per benefit that the partner has now, and one per benefit that it had at the previous review alone."""
    world = worlds.at(review.month.last)
    assert world
    before = (worlds.at(review.previous.month.last) if review.previous else None) or world
    now, then = (one.program.get("benefits", {}) for one in (world, before))
    for name in [*now, *(name for name in then if name not in now)]:
        benefit = now.get(name) or then[name]
        held = held_benefit(world, now.get(name), review)
        had = held_benefit(before, then.get(name), review.previous)
        row = {"tier": review.tier, "benefit": name, "kind": benefit.get("kind", "yes_no")}
        if held:
            assert review.shown
            yield row | {
                "value": held.value,
                "change": "gained" if had is None else "kept" if had == held else "changed",
                "from": stood_since(world, review),
                "through": review.shown.through,
                "terms": held.text or benefit.get("terms"),
            }
        elif had:
            lost = {"value": None, "change": "lost", "from": None, "through": lost_through(world, review)}
            yield row | lost | {"terms": had.text or benefit.get("terms")}
