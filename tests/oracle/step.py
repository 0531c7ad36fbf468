"""One month of a partner on a ladder: what people decided, what is lost, what is earned, what awaits a decision."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from tests.oracle.calendar import DAY, FiscalMonth
from tests.oracle.grants import DECIDED, Grant, add, cut, decide, held, is_while_met, latest, merged, rank_on
from tests.oracle.ladder import Ladder, Worlds, ladder_of, loses_in
from tests.oracle.looks import Look, all_met, looks, open_look
from tests.oracle.requirements import Requires
from tests.oracle.rows import Row
from tests.oracle.world import World


@dataclass(frozen=True)
class Clock:
    """The time that a partner has to make good: from the review that began it to a day."""

    began: date
    ends_on: date


@dataclass(frozen=True)
class State:
    """What one review hands to the next.

    `merits` are earned and await a decision: like grants, but they give no tier. `clocks` and `declines` are by rank; a
    decline through None lasts until the tier is found not earned.
    """

    grants: list[Grant] = field(default_factory=list)
    merits: list[Grant] = field(default_factory=list)
    clocks: dict[int, Clock] = field(default_factory=dict)
    declines: dict[int, date | None] = field(default_factory=dict)
    era: int = 0


def reranked(state: State, before: Sequence[str], now: Ladder) -> State:
    """The state on another ladder than that of the rungs' ids given, by the ids; what it lacks stands no longer."""
    ranks = {rank: now.ids.index(name) for rank, name in enumerate(before) if name in now.ids}

    def moved(grants: list[Grant]) -> list[Grant]:
        base = [grant for grant in grants if grant.basis == "base" and "requires" not in now.tiers[0]]
        others = [grant for grant in grants if grant.basis != "base" and grant.rank in ranks]
        return base + [replace(grant, rank=ranks[grant.rank]) for grant in others]

    return replace(
        state,
        grants=moved(state.grants),
        merits=moved(state.merits),
        clocks={ranks[rank]: clock for rank, clock in state.clocks.items() if rank in ranks},
        declines={ranks[rank]: through for rank, through in state.declines.items() if rank in ranks},
    )


def base_grant(ladder: Ladder, first: date, era: int) -> list[Grant]:
    """The base tier from a day on, where nothing is required for it."""
    return [] if "requires" in ladder.tiers[0] else [Grant(0, "base", first, None, era)]


def enrolled(world: World, ladder: Ladder, state: State, era: int) -> State:
    """The state after an enrollment began: a later one starts anew, each with the tier placed in."""
    enrollment = world.enrollments[era]
    begins = enrollment["enrolled_on"]
    if era:
        state = State(
            grants=merged(grant.until(begins - DAY) for grant in state.grants),
            merits=merged(merit.until(begins - DAY) for merit in state.merits),
            era=era,
        )
    first = max(begins, world.first_day)
    grants = state.grants + base_grant(ladder, first, era)
    if enrollment["tier"] in ladder.ids and not ladder.qualification:
        rank = ladder.ids.index(enrollment["tier"])
        through = held(world, ladder.tiers[rank].get("holds"), begins) if rank else None
        grants = add(grants, Grant(rank, "placed", first, through, era))
    return replace(state, grants=grants)


def decided(world: World, ladder: Ladder, state: State, decision: Row) -> State:
    """The state after one decision."""
    if ladder.qualification or decision["tier"] not in ladder.ids:
        return state
    rank = ladder.ids.index(decision["tier"])
    holds = ladder.tiers[rank].get("holds")
    effective, word = decision["effective_on"], decision["decision"]
    if word == "declined":
        return replace(state, declines=state.declines | {rank: decision["through"]})
    if word == "downgraded":
        clocks = {other: clock for other, clock in state.clocks.items() if other <= rank}
        grants = cut(state.grants, rank, effective)
        holds_it = any(grant.rank == rank and grant.covers(effective) for grant in state.grants)
        through = decision["through"] or held(world, holds, effective)
        if rank_on(state.grants, effective) > rank and not holds_it:
            grants = add(grants, Grant(rank, "placed", effective, through, state.era))
        return replace(state, grants=grants, merits=cut(state.merits, rank, effective), clocks=clocks)
    if word == "extended" and rank in state.clocks:
        ends_on = decision["through"] or effective + DAY * ladder.remediation_days
        return replace(state, clocks=state.clocks | {rank: replace(state.clocks[rank], ends_on=ends_on)})
    mine = [grant for grant in state.grants if (grant.rank, grant.era) == (rank, state.era)]
    if word == "extended" and is_while_met(holds) and (not mine or latest(mine).through is None):
        return state
    return replace(state, grants=decide(state.grants, decision, rank, held(world, holds, effective), state.era))


Event = tuple[date, int, str, Any]
"""What happens to a partner: (day, 0 for an enrollment or 1 for a decision, the decision's id, what)."""


def events(world: World) -> list[Event]:
    """Enrollments and decisions in the order in which they are applied."""
    begun = [(row["enrolled_on"], 0, "", era) for era, row in enumerate(world.enrollments) if world.enrolls]
    mine = [
        (row["effective_on"], 1, row["decision_id"], row)
        for row in world.rows("decisions")
        if row["program"] == world.program["id"] and row["track"] in {world.track, None, ""}
    ]
    return sorted(begun + mine, key=lambda event: event[:3])


def happened(world: World, ladder: Ladder, state: State, what: Any) -> State:
    """The state after one event."""
    return enrolled(world, ladder, state, what) if isinstance(what, int) else decided(world, ladder, state, what)


def is_met(world: World, ladder: Ladder, rank: int, day: date) -> bool:
    """Whether a rung's requirements are met in the open look."""
    return "requires" in ladder.tiers[rank] and all_met(world, ladder.demands(rank), open_look(day), day)


def judged(world: World, ladder: Ladder, state: State, month: FiscalMonth) -> State:
    """The state after what holds while met was looked at: clocks begin, are cleared, run out."""
    day = month.last
    grants, clocks = state.grants, dict(state.clocks)
    for rank, tier in ladder.earnable():
        if not is_while_met(tier["holds"]):
            continue
        endless = [
            grant
            for grant in grants
            if (grant.rank, grant.era, grant.through) == (rank, state.era, None)
            and grant.covers(day)
            and (grant.basis in DECIDED or grant.first < day)
        ]
        if not endless or is_met(world, ladder, rank, day):
            clocks.pop(rank, None)
        elif loses_in(world, tier["holds"], month):
            is_new = rank not in clocks
            if is_new and ladder.remediation_days:
                clocks[rank] = Clock(day, day + DAY * ladder.remediation_days)
            elif is_new or (day >= clocks[rank].ends_on and not ladder.decides_downgrade):
                clocks.pop(rank, None)
                grants = merged(grant.until(day - DAY) if grant in endless else grant for grant in grants)
    return replace(state, grants=grants, clocks=clocks)


def takes_effect(world: World, requires: list[Requires], look: Look, month: FiscalMonth) -> date:
    """The first day of the grant that a look earns; what was attained before an enrollment began begins with it."""
    policy = world.program["policy"]["takes_effect"]
    if policy == "next_month":
        return month.last + DAY
    day = month.last
    enrollment = world.enrollment_on(day) if world.enrolls else None
    earliest = max(month.first, enrollment["enrolled_on"]) if enrollment else month.first
    if policy == "attained" and look.is_open:
        while day > earliest and all_met(world, requires, open_look(day - DAY), day - DAY):
            day -= DAY
    return day


def earnings(
    worlds: Worlds, world: World, ladder: Ladder, month: FiscalMonth
) -> Iterator[tuple[str, date, date | None]]:
    """What a month's looks earn: tier, first and last day. An instance that has ended is its own edition's to judge."""
    for edition in worlds.editions:
        rungs = ladder_of(edition.program, (ladder.track, ladder.qualification))
        for rank, tier in rungs.earnable():
            requires = rungs.demands(rank)
            for look in looks(edition, requires, month):
                is_judge = edition is world if look.is_open else worlds.judges(edition, look.merit)
                if not is_judge or (is_while_met(tier["holds"]) and not look.is_open):
                    continue
                if all_met(edition, requires, look, month.last):
                    first = takes_effect(world, requires, look, month)
                    yield tier["id"], first, held(world, tier["holds"], look.merit)


def earned(worlds: Worlds, world: World, ladder: Ladder, state: State, month: FiscalMonth, *, stood: int) -> State:
    """The state after a month's evidence; `stood` is the rank before it, above which a decision has to follow."""
    for name, first, through in earnings(worlds, world, ladder, month):
        if name not in ladder.ids:
            continue
        rank = ladder.ids.index(name)
        new = Grant(rank, "earned", first, through, state.era)
        if rank <= stood or not ladder.decides_promotion:
            state = replace(state, grants=add(state.grants, new))
        elif not is_while_met(ladder.tiers[rank]["holds"]):
            state = replace(state, merits=add(state.merits, new))
    return state


def still_declined(world: World, ladder: Ladder, state: State, day: date) -> dict[int, date | None]:
    """The declines that go on: to their day, or as long as the tier is found earned."""

    def goes_on(rank: int, through: date | None) -> bool:
        if through is not None:
            return day <= through
        if is_while_met(ladder.tiers[rank].get("holds")):
            return is_met(world, ladder, rank, day)
        return any(merit.rank == rank and merit.end >= day for merit in state.merits)

    return {rank: through for rank, through in state.declines.items() if goes_on(rank, through)}


def pending(world: World, ladder: Ladder, state: State, day: date) -> int | None:
    """The rank that awaits an approval: the highest merited one above the standing tier that nobody has declined."""
    if not ladder.decides_promotion:
        return None
    for rank in range(len(ladder.tiers) - 1, rank_on(state.grants, day), -1):
        if is_while_met(ladder.tiers[rank].get("holds")):
            is_merited = is_met(world, ladder, rank, day)
        else:
            is_merited = any(merit.rank == rank and merit.covers(day) for merit in state.merits)
        if is_merited and rank not in state.declines:
            return rank
    return None
