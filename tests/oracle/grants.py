"""Grants: who was given which tier, from when, until when. Standing is read off them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from tests.oracle.calendar import DAY, Calendar
from tests.oracle.rows import Row

BASES = ("approved", "placed", "prequalified", "earned", "base")
"""Of two grants of one tier that end alike, the one whose basis stands first is shown."""


@dataclass(frozen=True)
class Grant:
    """One tier given from a day through a day, both included; `through` None: without end."""

    rank: int
    basis: str
    first: date
    through: date | None

    @property
    def end(self) -> date:
        """The last day, the end of time where there is none."""
        return self.through or date.max

    def covers(self, day: date) -> bool:
        """Whether the tier is given on the day."""
        return self.first <= day <= self.end


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
        same = (grant.rank, grant.basis) == (new.rank, new.basis)
        (alike if same and touches else others).append(grant)
    first = min(grant.first for grant in [*alike, new])
    end = max(grant.end for grant in [*alike, new])
    return [*others, Grant(new.rank, new.basis, first, None if end == date.max else end)]


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


def held_through(calendar: Calendar, holds: Any, merit: date) -> date | None:
    """The last day that a tier merited on a day is held; None without end (a tier that says nothing)."""
    if holds is None:
        return None
    if isinstance(holds, dict):
        if "days" in holds:
            days: int = holds["days"]
            return merit + DAY * (days - 1)
        return calendar.shift(calendar.month_of(merit), holds["fiscal_months"]).last
    period = holds.removeprefix("through_").removeprefix("next_")
    instance = calendar.instance(period, merit)
    return calendar.next_instance(period, instance)[1] if "_next_" in holds else instance[1]


def decide(grants: list[Grant], decision: Row, rank: int, otherwise: date | None) -> list[Grant]:
    """The grants after one decision on a tier; `otherwise` is the end where the decision says none."""
    through = decision["through"] or otherwise
    effective = decision["effective_on"]
    match decision["decision"]:
        case "prequalified" | "placed" | "approved" as basis:
            return add(grants, Grant(rank, basis, effective, through))
        case "extended":
            mine = [grant for grant in grants if grant.rank == rank]
            if not mine:
                return grants
            moved = latest(mine)
            kept = [grant for grant in grants if grant != moved]
            return add(kept, Grant(rank, moved.basis, moved.first, through))
        case "downgraded":
            ended: list[Grant] = []
            for grant in grants:
                end = min(grant.end, effective - DAY) if grant.rank > rank else grant.end
                ended = add(ended, Grant(grant.rank, grant.basis, grant.first, None if end == date.max else end))
            return ended
    return grants
