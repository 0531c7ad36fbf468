"""Requalification: tiers that end, what they still need, and what follows if it does not come."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from tests.oracle.calendar import DAY, PERIODS
from tests.oracle.fold import Review
from tests.oracle.grants import Grant, held, latest, standing
from tests.oracle.ladder import Ladder
from tests.oracle.looks import Reading, open_look, part_span
from tests.oracle.metrics import measure, months_after
from tests.oracle.requirements import Attested, Criterion, leaves
from tests.oracle.rows import Row
from tests.oracle.shown import places, shown
from tests.oracle.world import World


def rounded(value: Fraction) -> Decimal:
    """Two decimals, half to even, from the exact value."""
    return places(value, 2)


@dataclass(frozen=True)
class Attainment:
    """One criterion as the open look finds it, all numbers exact.

    Attributes:
        path: the criterion.
        bound: the criterion with its bound worked out; what a person attests is one at least.
        value: what is attained.
        met: whether the requirement is met.
        is_paced: whether what comes in adds up over a window to date.
        is_count: whether it comes in whole.
    """

    path: str
    bound: Criterion
    value: Fraction | None
    met: bool | None
    is_paced: bool
    is_count: bool


def attained(reading: Reading, leaf: Criterion | Attested) -> Attainment:
    """A criterion in the open look; over several complete instances the latest one's value is told."""
    if isinstance(leaf, Attested):
        bound = Criterion(leaf.path, "", "at_least", Fraction(1))
        value = Fraction(reading.attested(leaf.name))
        return Attainment(leaf.path, bound, value, value == 1, is_paced=False, is_count=True)
    metric = reading.world.program["metrics"][leaf.metric]
    is_added = reading.world.is_to_date(leaf.metric) and ("sum" in metric or "count" in metric) and "ago" not in metric
    at: Reading | None = reading if leaf.each is None else reading.instances(leaf)[0][1]
    return Attainment(
        path=leaf.path,
        bound=(at or reading).resolved(leaf),
        value=at.value(leaf.metric) if at else None,
        met=reading.met(leaf),
        is_paced=is_added and leaf.each is None,
        is_count="count" in metric,
    )


def best_month(world: World, metric: str, review: Review) -> Fraction:
    """The metric's best single fiscal month of the last twelve, read on the review day."""
    months = [world.calendar.shift(review.month, -n) for n in range(12)]
    return max(measure(world, metric, (month.first, month.last), review.month.last) or Fraction(0) for month in months)


def qualification_horizon(world: World, holds: Any, day: date) -> date:
    """The last day of the qualification year after the one that holds the day."""
    named = holds.removeprefix("through_").removeprefix("next_") if isinstance(holds, str) else ""
    period = named if named in PERIODS else "fiscal_year"
    return world.calendar.next_instance(period, world.calendar.instance(period, day))[1]


def pace(world: World, one: Attainment, review: Review, grant: Grant, holds: Any) -> Row:
    """One criterion of a grant that ends: what is missing, what is needed a month, and the outlook."""
    day = review.month.last
    missing = None if one.met is None else one.bound.missing(one.value)
    # What is attained after the grant has ended comes too late to keep the tier.
    span = part_span(world, one.bound.metric, open_look(day), day) if one.is_paced else (day, grant.end)
    last = min(span[1], grant.end)
    months = months_after(world, review.month, last)
    projection = one.value
    if projection is not None and one.is_paced:
        projection = projection * ((last - span[0]).days + 1) / ((day - span[0]).days + 1)
    needed: Decimal | None = None
    if missing == 0:
        needed = Decimal(0)
    elif months and missing is not None:
        needed = Decimal(math.ceil(missing / months)) if one.is_count else rounded(missing / months)
    would_hold = held(world, holds, day) or date.max
    if grant.end >= would_hold or one.met:
        outlook = "requalified"
    elif one.is_paced and one.bound.met(projection):
        outlook = "on_pace"
    elif months and (
        not one.is_paced or (missing is not None and missing <= best_month(world, one.bound.metric, review) * months)
    ):
        outlook = "at_risk"
    else:
        outlook = "cannot_by_pace"
    return {
        "criterion": one.path,
        "value": shown(one.value),
        "threshold": shown(one.bound.threshold),
        "missing": shown(missing),
        "needed_per_month": needed,
        "projected": rounded(projection) if projection is not None and one.is_paced else shown(projection),
        "outlook": outlook,
    }


def requalification(world: World, ladder: Ladder, review: Review) -> Iterator[Row]:
    """One row per criterion of each grant that ends within this or the next qualification year.

    Criteria on the roster, on other tiers and on qualifications have no number to reach, and no row.
    """
    day = review.month.last
    if not review.has_standing:
        return
    for rank, tier in ladder.earnable():
        mine = [grant for grant in review.grants if grant.rank == rank]
        if not mine:
            continue
        grant = latest(mine)
        if grant.through is None or not grant.covers(day):
            continue
        if grant.through > qualification_horizon(world, tier.get("holds"), day):
            continue
        reading = Reading(world, open_look(day), day)
        rows = [
            pace(world, attained(reading, leaf), review, grant, tier.get("holds"))
            for leaf in leaves(tier["requires"])
            if isinstance(leaf, Criterion | Attested)
        ]
        fallen = standing(review.grants, grant.through + DAY)
        is_lower = fallen is None or fallen.rank < rank
        falls = is_lower and any(row["outlook"] != "requalified" for row in rows)
        for row in rows:
            yield row | {
                "tier": tier["id"],
                "valid_through": grant.through,
                "falls_to": (ladder.ids[fallen.rank] or None) if fallen and falls else None,
                "falls_on": grant.through + DAY if falls else None,
            }
