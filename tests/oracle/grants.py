"""Grants: who was given which tier, from when, until when. Standing is read off them."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from tests.oracle.calendar import DAY, Calendar
from tests.oracle.rows import Row
from tests.oracle.world import World

BASES = ("approved", "placed", "prequalified", "earned", "base")
"""Of two grants of one tier that end alike, the one whose basis stands first is shown."""
DECIDED = ("approved", "placed", "prequalified")
NEVER = date.min
"""The end of what is not given at all: it lies before every beginning."""


@dataclass(frozen=True)
class Grant:
    """One tier given from a day through a day, both included; `through` None: without end.

    `era` counts the enrollments: what an earlier one gave is never one with what a later one gives.
    """

    rank: int
    basis: str
    first: date
    through: date | None
    era: int = 0

    @property
    def end(self) -> date:
        """The last day, the end of time where there is none."""
        return self.through or date.max

    def covers(self, day: date) -> bool:
        """Whether the tier is given on the day."""
        return self.first <= day <= self.end

    def until(self, end: date) -> "Grant":
        """The grant ending on that day at the latest."""
        return replace(self, through=end) if end < self.end else self


def after(day: date) -> date:
    """The day after; the end of time has none."""
    return day if day == date.max else day + DAY


def add(grants: Iterable[Grant], new: Grant) -> list[Grant]:
    """The grants with one more: grants of one tier and basis that overlap or touch become one."""
    if new.end < new.first:
        return list(grants)
    alike: list[Grant] = []
    others: list[Grant] = []
    for grant in grants:
        touches = grant.first <= after(new.end) and new.first <= after(grant.end)
        same = (grant.rank, grant.basis, grant.era) == (new.rank, new.basis, new.era)
        (alike if same and touches else others).append(grant)
    first = min(grant.first for grant in [*alike, new])
    end = max(grant.end for grant in [*alike, new])
    return [*others, replace(new, first=first, through=None if end == date.max else end)]


def merged(grants: Iterable[Grant]) -> list[Grant]:
    """The grants, without those that end before they begin, each as far as it reaches."""
    found: list[Grant] = []
    for grant in grants:
        found = add(found, grant)
    return found


def latest(grants: Iterable[Grant]) -> Grant:
    """The grant with the latest end; ties by basis."""
    return min(grants, key=lambda grant: (-grant.end.toordinal(), BASES.index(grant.basis), grant.first))


def standing(grants: Iterable[Grant], day: date) -> Grant | None:
    """The grant that is shown for a day: of the highest tier, the one with the latest end."""
    covering = [grant for grant in grants if grant.covers(day)]
    if not covering:
        return None
    top = max(grant.rank for grant in covering)
    return latest(grant for grant in covering if grant.rank == top)


def rank_on(grants: Iterable[Grant], day: date) -> int:
    """The rank that stands on a day; -1, below every tier, where none does."""
    shown = standing(grants, day)
    return -1 if shown is None else shown.rank


def is_while_met(holds: Any) -> bool:
    """Whether a tier lasts as long as its requirements are met."""
    return isinstance(holds, str) and holds.startswith("while_met")


def held_through(calendar: Calendar, holds: Any, merit: date) -> date | None:
    """The last day that a tier merited on a day is held; None without end (while met, or a tier that says nothing)."""
    if holds is None or is_while_met(holds):
        return None
    if isinstance(holds, dict):
        if "days" in holds:
            days: int = holds["days"]
            return merit + DAY * (days - 1)
        return calendar.shift(calendar.month_of(merit), holds["fiscal_months"]).last
    period = holds.removeprefix("through_").removeprefix("next_")
    instance = calendar.instance(period, merit)
    return calendar.next_instance(period, instance)[1] if "_next_" in holds else instance[1]


def held(world: World, holds: Any, merit: date) -> date | None:
    """The same, where it depends on the partner: through its enrollment, or to an anniversary.

    What was merited before the first enrollment ends before it begins.
    """
    if holds == "through_enrollment":
        current = world.enrollment_on(merit)
        expires: date | None = current["expires_on"] if current else NEVER
        return expires
    if holds == "through_anniversary":
        return world.anniversary_end(merit) or NEVER
    return held_through(world.calendar, holds, merit)


def cut(grants: Iterable[Grant], rank: int, before: date) -> list[Grant]:
    """The grants, those of tiers above a rank ending on the day before a day."""
    return merged(grant.until(before - DAY) if grant.rank > rank else grant for grant in grants)


def decide(grants: list[Grant], decision: Row, rank: int, otherwise: date | None, era: int = 0) -> list[Grant]:
    """The grants after one decision on a tier; `otherwise` is the end where the decision says none."""
    through = decision["through"] or otherwise
    effective = decision["effective_on"]
    match decision["decision"]:
        case "prequalified" | "placed" | "approved" as basis:
            return add(grants, Grant(rank, basis, effective, through, era))
        case "extended":
            mine = [grant for grant in grants if grant.rank == rank and grant.era == era]
            if not mine:
                return grants
            moved = latest(mine)
            return add([grant for grant in grants if grant != moved], replace(moved, through=through))
        case "downgraded":
            return cut(grants, rank, effective)
    return grants
