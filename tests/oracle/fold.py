"""Standing as a fold: one partner, one track, month after month from the start."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from tests.oracle.calendar import DAY, PERIODS, FiscalMonth, Span
from tests.oracle.grants import Grant, add, decide, held_through, standing
from tests.oracle.metrics import World, measure, span_on
from tests.oracle.requirements import Criterion, assess, criteria
from tests.oracle.rows import Row


@dataclass(frozen=True)
class Look:
    """One reading of a tier's requirements: the open instances, or one other instance of one PERIOD."""

    merit: date
    is_open: bool
    period: str = ""
    instance: Span | None = None


@dataclass(frozen=True)
class Review:
    """What one month's review says of one partner on one track."""

    month: FiscalMonth
    status: str
    earned: int | None
    grants: list[Grant]
    shown: Grant | None
    change: str
    previous: "Review | None" = field(repr=False)

    @property
    def rank(self) -> int | None:
        """The rank of the tier that stands on the review day; None without a tier."""
        return self.shown.rank if self.shown else None


def tiers_of(world: World, track: str) -> list[dict[str, Any]]:
    """The track's tiers, lowest first."""
    tiers: list[dict[str, Any]] = world.program["tracks"][track]["tiers"]
    return tiers


def demands(world: World, track: str, rank: int) -> list[dict[str, Any]]:
    """All that must be met for a tier: its own requirements, and where the track says so those of all below."""
    tiers = tiers_of(world, track)
    below = world.program["tracks"][track].get("each_tier_requires") == "all_below_too"
    return [tier["requires"] for tier in (tiers[: rank + 1] if below else [tiers[rank]]) if "requires" in tier]


def value_of(world: World, metric: str, look: Look, day: date) -> Decimal:
    """A metric as a look reads it on a day."""
    instance = look.instance if look.period and world.window_of(metric) == look.period else None
    return measure(world, metric, span_on(world, metric, day, instance), day)


def all_met(world: World, requires: list[dict[str, Any]], look: Look, day: date) -> bool:
    """Whether every requirement is known to hold in the look."""
    partner = world.partner_on(day)
    return all(assess(one, lambda metric: value_of(world, metric, look, day), partner) is True for one in requires)


def open_look(day: date) -> Look:
    """The look at the instances that are open on the day."""
    return Look(merit=day, is_open=True)


def other_instances(world: World, period: str, month: FiscalMonth) -> list[Span]:
    """The instances a review reads beside the open one: those that overlap the month, and the last one before it."""
    calendar = world.calendar
    first = calendar.instance(period, month.first)
    found = [calendar.previous_instance(period, first)]
    while first != calendar.instance(period, month.last):
        found.append(first)
        first = calendar.next_instance(period, first)
    return [span for span in found if span[1] >= world.first_counted]


def looks(world: World, requires: list[dict[str, Any]], month: FiscalMonth) -> Iterator[Look]:
    """Every look that a month's review takes at requirements."""
    yield open_look(month.last)
    windows = [world.window_of(criterion.metric) for one in requires for criterion in criteria(one)]
    for period in PERIODS:
        if period in windows:
            for span in other_instances(world, period, month):
                yield Look(merit=span[1], is_open=False, period=period, instance=span)


def readings(world: World, criterion: Criterion, month: FiscalMonth) -> list[Span]:
    """The window instances in which a month's evidence shows a criterion."""
    spans = [span_on(world, criterion.metric, month.last)]
    if world.is_to_date(criterion.metric):
        spans += other_instances(world, world.window_of(criterion.metric), month)
    return spans


def takes_effect(world: World, requires: list[dict[str, Any]], look: Look, month: FiscalMonth) -> date:
    """The first day of the grant that a look earns."""
    policy = world.program["policy"]["takes_effect"]
    if policy == "next_month":
        return month.last + DAY
    day = month.last
    if policy == "attained" and look.is_open:
        while day > month.first and all_met(world, requires, open_look(day - DAY), day - DAY):
            day -= DAY
    return day


def earn(world: World, track: str, month: FiscalMonth, grants: list[Grant]) -> list[Grant]:
    """The grants after a month's evidence: one for every tier in every look that meets its requirements."""
    for rank, tier in enumerate(tiers_of(world, track)):
        if "requires" not in tier:
            continue
        requires = demands(world, track, rank)
        for look in looks(world, requires, month):
            if all_met(world, requires, look, month.last):
                first = takes_effect(world, requires, look, month)
                through = held_through(world.calendar, tier.get("holds"), look.merit)
                grants = add(grants, Grant(rank, "earned", first, through))
    return grants


def decisions(world: World, track: str) -> list[Row]:
    """The partner's decisions on this track that name one of its tiers, in the order they are applied."""
    ids = [tier["id"] for tier in tiers_of(world, track)]
    mine = [
        row
        for row in world.rows("decisions")
        if row["program"] == world.program["id"] and row["track"] in {track, None, ""} and row["tier"] in ids
    ]
    return sorted(mine, key=lambda row: (row["effective_on"], row["decision_id"]))


def apply(world: World, track: str, decision: Row, grants: list[Grant]) -> list[Grant]:
    """The grants after one decision."""
    tiers = tiers_of(world, track)
    rank = [tier["id"] for tier in tiers].index(decision["tier"])
    otherwise = held_through(world.calendar, tiers[rank].get("holds"), decision["effective_on"])
    return decide(grants, decision, rank, otherwise)


def status_on(world: World, track: str, day: date) -> str:
    """Terminated before suspended before active."""
    partner = world.partner_on(day)
    if partner.get("terminated_on") is not None:
        return "terminated"
    gates = [table["gate"] for table in (world.program, world.program["tracks"][track]) if "gate" in table]
    return "active" if all_met(world, gates, open_look(day), day) else "suspended"


def stood_lower(grants: list[Grant], rank: int, after: date, before: date) -> bool:
    """Whether the standing tier was lower on any day between the two."""
    day = after + DAY
    while day < before:
        stood = standing(grants, day)
        if stood is None or stood.rank < rank:
            return True
        day += DAY
    return False


def change_between(before: Review, shown: Grant, grants: list[Grant], day: date) -> str:
    """The one word for what changed where a tier stood at the previous review and one stands now."""
    assert before.shown is not None
    if shown.rank < before.shown.rank:
        return "demoted"
    if shown.rank > before.shown.rank or stood_lower(grants, shown.rank, before.month.last, day):
        return "promoted"
    return "requalified" if shown.end > before.shown.end else "retained"


def change_of(status: str, shown: Grant | None, grants: list[Grant], day: date, before: Review | None) -> str:
    """The one word for what changed since the previous review."""
    for word in ("terminated", "suspended"):
        if status == word and (before is None or before.status != word):
            return word
    if before is None:
        return "enrolled"
    if before.status == "suspended" and status == "active":
        return "reinstated"
    if shown is None or before.shown is None:
        return "retained"
    return change_between(before, shown, grants, day)


def start_of(world: World) -> date:
    """The day on which the partner's standing begins."""
    effective: date = world.program["effective_from"]
    joined: date | None = world.partner.get("joined_on")
    return max(effective, joined or effective)


def fold(world: World, track: str, until: FiscalMonth) -> Review | None:
    """The review of the month asked for, after all reviews before it; None before the partner's first."""
    start = start_of(world)
    if start > until.last:
        return None
    grants = [Grant(0, "base", start, None)]
    waiting = decisions(world, track)
    review: Review | None = None
    month = world.calendar.month_of(start)
    while month.first <= until.first:
        day = month.last
        status = status_on(world, track, day)
        if status != "terminated":
            while waiting and waiting[0]["effective_on"] <= day:
                grants = apply(world, track, waiting.pop(0), grants)
        if status == "active":
            grants = earn(world, track, month, grants)
        shown = standing(grants, day) if status == "active" else None
        review = Review(
            month=month,
            status=status,
            earned=None if status == "terminated" else earned_rank(world, track, day),
            grants=grants,
            shown=shown,
            change=change_of(status, shown, grants, day, review),
            previous=review,
        )
        month = world.calendar.shift(month, 1)
    return review


def earned_rank(world: World, track: str, day: date) -> int:
    """The highest tier whose requirements are met in the open instances; the base at least."""
    met = [
        rank
        for rank, tier in enumerate(tiers_of(world, track))
        if "requires" in tier and all_met(world, demands(world, track, rank), open_look(day), day)
    ]
    return max([0, *met])
