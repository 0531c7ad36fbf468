"""Standing as a fold: one partner, one ladder, month after month from the start."""

from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from tests.oracle.calendar import DAY, FiscalMonth
from tests.oracle.grants import Grant, rank_on, standing
from tests.oracle.ladder import Ladder, Node, Worlds, ladder_of
from tests.oracle.looks import all_met, open_look, other_instances
from tests.oracle.step import (
    Clock,
    Event,
    State,
    base_grant,
    earned,
    events,
    happened,
    is_met,
    judged,
    pending,
    reranked,
    still_declined,
)
from tests.oracle.world import World

OUT = ("terminated", "expired", "suspended")
"""The statuses in which nothing stands, the weightiest first."""


@dataclass(frozen=True)
class Review:
    """What one month's review says of one partner on one ladder."""

    month: FiscalMonth
    status: str
    earned: int | None
    grants: list[Grant]
    shown: Grant | None
    change: str
    previous: "Review | None" = field(repr=False)
    ids: list[str] = field(default_factory=list)
    era: int = 0
    clock: Clock | None = None
    pending: int | None = None
    left: State = field(default_factory=State, repr=False)

    @property
    def rank(self) -> int | None:
        """The rank of the tier that stands on the review day; None without a tier."""
        return self.shown.rank if self.shown else None

    @property
    def tier(self) -> str | None:
        """The id of the tier that stands on the review day."""
        return None if self.shown is None else self.ids[self.shown.rank]

    @property
    def has_standing(self) -> bool:
        """Whether grants count: neither terminated nor expired nor suspended."""
        return self.status not in OUT


def tiers_of(world: World, track: str) -> list[dict[str, Any]]:
    """The track's tiers, lowest first."""
    tiers: list[dict[str, Any]] = world.program["tracks"][track]["tiers"]
    return tiers


def status_on(world: World, day: date) -> str:
    """Terminated before expired before suspended; otherwise active."""
    if world.partner_on(day).get("terminated_on") is not None:
        return "terminated"
    if not world.is_enrolled(day):
        return "expired"
    gates = [table["gate"] for table in (world.program, world.program["tracks"][world.track]) if "gate" in table]
    return "active" if all_met(world, gates, open_look(day), day) else "suspended"


def stood_lower(grants: list[Grant], rank: int, after: date, before: date) -> bool:
    """Whether the standing tier was lower on any day between the two."""
    day = after + DAY
    while day < before:
        if rank_on(grants, day) < rank:
            return True
        day += DAY
    return False


def change_of(now: Review) -> str:
    """The one word for what changed since the previous review."""
    before = now.previous
    for word in OUT:
        if now.status == word and (before is None or before.status != word):
            return word
    if before is None:
        return "enrolled"
    if before.status == "suspended" and now.has_standing:
        return "reinstated"
    if now.era != before.era:
        return "enrolled"
    if not now.has_standing or before.tier not in {None, *now.ids}:
        return "retained"
    return moved(now, before)


def moved(now: Review, before: Review) -> str:
    """The word for how the tier moved between two reviews at which grants count; no tier is lower than any."""
    stood = -1 if before.tier is None else now.ids.index(before.tier)
    stands = -1 if now.rank is None else now.rank
    if stands < stood:
        return "demoted"
    if stands > stood or stood_lower(now.grants, stands, before.month.last, now.month.last):
        return "promoted"
    if now.shown and before.shown and now.shown.end > before.shown.end:
        return "requalified"
    return "retained"


def earned_rank(world: World, ladder: Ladder, day: date) -> int | None:
    """The highest rung whose requirements are met in the open instances; the base where it has none."""
    free = [] if "requires" in ladder.tiers[0] else [0]
    met = [rank for rank, _ in ladder.earnable() if is_met(world, ladder, rank, day)]
    return max([*free, *met], default=None)


def reviewed(
    worlds: Worlds,
    world: World,
    ladder: Ladder,
    state: State,
    month: FiscalMonth,
    *,
    status: str,
    before: Review | None,
) -> tuple[Review, State]:
    """One month's review, after its decisions, and the state that it leaves."""
    day = month.last
    counts = status == "active"
    if counts:
        stood = rank_on(state.grants, day)
        state = judged(world, ladder, state, month)
        state = earned(worlds, world, ladder, state, month, stood=stood)
    if counts or status == "suspended":
        state = replace(state, declines=still_declined(world, ladder, state, day))
    shown = standing(state.grants, day) if counts else None
    clock = state.clocks.get(shown.rank) if shown else None
    awaits = pending(world, ladder, state, day) if counts else None
    if clock:
        status = "remediation"
    elif awaits is not None:
        status = "pending_approval"
    review = Review(
        month=month,
        status=status,
        earned=earned_rank(world, ladder, day) if counts or status == "suspended" else None,
        grants=state.grants,
        shown=shown,
        change="",
        previous=before,
        ids=ladder.ids,
        era=state.era,
        clock=clock,
        pending=awaits,
        left=state,
    )
    return replace(review, change=change_of(review)), state


@dataclass(frozen=True)
class Begun:
    """Where the fold of one partner on one ladder goes on: after its closed months, or at its start.

    Attributes:
        month: the first month to review.
        state: what the fold begins with, on the rungs `ids`.
        before: the last closed review; None where there is none.
        waiting: what has not happened yet, however late.
    """

    month: FiscalMonth
    state: State
    ids: list[str]
    before: Review | None
    waiting: list[Event]


def at_start(worlds: Worlds, node: Node) -> Begun:
    """The beginning of a partner on a ladder."""
    first = worlds.editions[0]
    assert first.start
    ladder = ladder_of(first.program, node)
    state = State(grants=[] if first.enrolls else base_grant(ladder, first.start, 0))
    return Begun(first.calendar.month_of(first.start), state, ladder.ids, None, events(first))


def fold(worlds: Worlds, node: Node, until: FiscalMonth, begun: Begun | None = None) -> Review | None:
    """The review of the month asked for, after all reviews before it; None before the partner's first.

    Every review is put down in the worlds' `reviews`, where the ladders that look at this one find it.
    """
    first = worlds.editions[0]
    if first.start is None or first.start > until.last:
        return None
    begun = begun or at_start(worlds, node)
    state, ids, review, month, waiting = begun.state, begun.ids, begun.before, begun.month, list(begun.waiting)
    while month.first <= until.first:
        world = worlds.at(month.last)
        assert world
        ladder = ladder_of(world.program, node)
        state, ids = reranked(state, ids, ladder), ladder.ids
        status = status_on(world, month.last)
        while status != "terminated" and waiting and waiting[0][0] <= month.last:
            state = happened(world, ladder, state, waiting.pop(0)[3])
        review, state = reviewed(worlds, world, ladder, state, month, status=status, before=review)
        world.reviews.setdefault(node, {})[month.label] = review
        month = world.calendar.shift(month, 1)
    return review


__all__ = ["Review", "fold", "other_instances", "tiers_of"]
