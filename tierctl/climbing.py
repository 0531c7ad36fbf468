"""Climbing: every ladder of a program reviewed, those that others require first.

The steps of one ladder, in order: who is on it, measure and qualify, stand.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import polars as pl

from tierctl.carried import Carried
from tierctl.fiscal import Calendar, FiscalMonth
from tierctl.inputs import Inputs, begin, in_turn
from tierctl.known_metrics import KnownMetrics
from tierctl.ladders import Ladder, ladders_in_order, ladders_paid_by, required_ladders
from tierctl.opened import Opened, decisions_on
from tierctl.program.model import Program, Track
from tierctl.qualify import Qualified, qualify
from tierctl.standing import Standing, fold


@dataclass(frozen=True)
class Sources:
    """What every program is reviewed from: the arguments of `review` of these names, and the roster as it is read."""

    exports: Mapping[str, Sequence[pl.LazyFrame]]
    roster: pl.DataFrame
    calendar: Calendar
    month: FiscalMonth
    repeating: tuple[str, ...]
    carried: Carried | None
    partners: Collection[str] | None
    known: KnownMetrics | None = None

    @classmethod
    def of(
        cls,
        exports: Mapping[str, Sequence[pl.LazyFrame]],
        calendar: Calendar,
        month: FiscalMonth,
        *,
        repeating: Collection[str],
        carried: Carried | None,
        partners: Collection[str] | None,
        known: KnownMetrics | None = None,
    ) -> "Sources":
        """The sources with the roster of these partners; None: of all."""
        roster = pl.concat(exports["partners"]).collect()
        if partners is not None:
            roster = roster.filter(pl.col("partner_id").is_in(sorted(partners)))
        return cls(
            exports,
            roster.sort("partner_id"),
            calendar,
            month,
            tuple(sorted(repeating)),
            carried,
            partners,
            known,
        )


@dataclass(frozen=True)
class Climb:
    """One ladder reviewed: what its editions found, and where every partner stands on it."""

    qualified: tuple[Qualified, ...]
    standing: Standing

    @property
    def inputs(self) -> Inputs:
        """The inputs of the edition in force."""
        return self.qualified[-1].inputs


Qualify: TypeAlias = Callable[[Inputs, Ladder, Track], Qualified]
"""Gives what the looks of a ladder of one edition find."""


def _evaluated(inputs: Inputs, _ladder: Ladder, rungs: Track) -> Qualified:
    return qualify(inputs, rungs)


def climb_all(
    editions: Sequence[Program], sources: Sources, opened: Opened | None, find: Qualify = _evaluated
) -> dict[Ladder, Climb]:
    """Every ladder of the latest edition, and those that rules go by.

    Args:
        editions: the editions of one program, oldest first.
        sources: what they are reviewed from.
        opened: what the closed months left of the program; None: nothing is closed.
        find: gives what the looks of a ladder find; by default they are evaluated.
    """
    climbed: dict[Ladder, Climb] = {}
    held: dict[str, pl.DataFrame] = {}
    required = required_ladders(editions)
    for ladder in ladders_in_order(editions, ladders_paid_by(editions)):
        climbed[ladder] = _climb(editions, ladder, sources, held, opened=opened, find=find)
        if ladder in required:
            held[ladder.column] = climbed[ladder].standing.history
    return climbed


def _climb(
    editions: Sequence[Program],
    ladder: Ladder,
    sources: Sources,
    held: Mapping[str, pl.DataFrame],
    *,
    opened: Opened | None,
    find: Qualify,
) -> Climb:
    calendar, month = sources.calendar, sources.month
    fold_ = begin(editions, ladder.track, sources.exports, sources.roster, calendar=calendar, month=month)
    inputs = in_turn(
        editions,
        ladder.track,
        fold_,
        exports=sources.exports,
        calendar=sources.calendar,
        repeating=sources.repeating,
        held=dict(held),
        open_from=opened.open_from(fold_.months) if opened else 0,
        known=sources.known,
    )
    qualified = [find(each, ladder, rungs) for each in inputs if (rungs := ladder.of(each.program))]
    closed = opened.closed(ladder, inputs, sources.roster) if opened else None
    return Climb(tuple(qualified), fold(qualified, decisions_on(inputs[-1], ladder), closed))
