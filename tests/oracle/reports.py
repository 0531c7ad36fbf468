"""What follows from standing: requalification, benefits, actions."""

import math
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from tests.oracle.calendar import DAY, PERIODS, Span
from tests.oracle.fold import Review, tiers_of
from tests.oracle.grants import Grant, held_through, latest, standing
from tests.oracle.metrics import World, measure, months_after, span_on
from tests.oracle.requirements import Criterion, criteria
from tests.oracle.rows import Row, compare, plain


def rounded(value: Fraction) -> Decimal:
    """Two decimals, half to even, from the exact value."""
    return Decimal(round(value * 100)).scaleb(-2)


def best_month(world: World, metric: str, review: Review) -> Decimal:
    """The metric's best single fiscal month of the last twelve, read on the review day."""
    months = [world.calendar.shift(review.month, -n) for n in range(12)]
    return max(measure(world, metric, (month.first, month.last), review.month.last) for month in months)


def qualification_horizon(world: World, holds: Any, day: date) -> date:
    """The last day of the qualification year after the one that holds the day."""
    period = "fiscal_year"
    if isinstance(holds, str):
        period = holds.removeprefix("through_").removeprefix("next_")
    return world.calendar.next_instance(period, world.calendar.instance(period, day))[1]


def pace(world: World, criterion: Criterion, review: Review, grant: Grant, holds: Any) -> Row:
    """One criterion of a grant that ends: what is missing, what is needed a month, and the outlook."""
    day = review.month.last
    span: Span = span_on(world, criterion.metric, day)
    value = measure(world, criterion.metric, span, day)
    missing = criterion.missing(value)
    assert missing is not None
    is_to_date = world.is_to_date(criterion.metric)
    # What is attained after the grant has ended comes too late to keep the tier.
    last = min(span[1], grant.end) if is_to_date else grant.end
    months = months_after(world, review.month, last)
    projection = Fraction(value)
    if is_to_date:
        projection = projection * ((last - span[0]).days + 1) / ((day - span[0]).days + 1)
    needed: Decimal | None = None
    if missing == 0:
        needed = Decimal(0)
    elif months:
        share = Fraction(missing) / months
        is_count = "count" in world.program["metrics"][criterion.metric]
        needed = Decimal(math.ceil(share)) if is_count else rounded(share)
    would_hold = held_through(world.calendar, holds, day) or date.max
    if grant.end >= would_hold or criterion.met(value):
        outlook = "requalified"
    elif compare(criterion.word, projection, Fraction(criterion.threshold)):
        outlook = "on_pace"
    elif months and (not is_to_date or missing <= best_month(world, criterion.metric, review) * months):
        outlook = "at_risk"
    else:
        outlook = "cannot_by_pace"
    return {
        "criterion": criterion.path,
        "value": value,
        "threshold": criterion.threshold,
        "missing": missing,
        "needed_per_month": needed,
        "projected": rounded(projection),
        "outlook": outlook,
    }


def requalification(world: World, track: str, review: Review) -> Iterator[Row]:
    """One row per criterion of each grant that ends within this or the next qualification year."""
    day = review.month.last
    if review.status != "active":
        return
    tiers = tiers_of(world, track)
    for rank, tier in enumerate(tiers):
        mine = [grant for grant in review.grants if grant.rank == rank]
        if rank == 0 or "requires" not in tier or not mine:
            continue
        grant = latest(mine)
        if grant.through is None or not grant.covers(day):
            continue
        if grant.through > qualification_horizon(world, tier.get("holds"), day):
            continue
        rows = [pace(world, one, review, grant, tier.get("holds")) for one in criteria(tier["requires"])]
        fallen = standing(review.grants, grant.through + DAY)
        falls = fallen is not None and fallen.rank < rank and any(row["outlook"] != "requalified" for row in rows)
        for row in rows:
            yield row | {
                "tier": tier["id"],
                "valid_through": grant.through,
                "falls_to": tiers[fallen.rank]["id"] if fallen and falls else None,
                "falls_on": grant.through + DAY if falls else None,
            }


def benefit_value(benefit: dict[str, Any], tier: str) -> Decimal | None:
    """What a tier has of a benefit; None where it has nothing of it."""
    tiers = benefit["tiers"]
    if isinstance(tiers, list):
        return Decimal(1) if tier in tiers else None
    return Decimal(plain(tiers[tier], {})) if tier in tiers else None


def lost_through(world: World, review: Review) -> date:
    """The last day of the benefits that the previous review's tier had and today's has not."""
    before, day = review.previous, review.month.last
    assert before is not None
    assert before.shown is not None
    stood = before.month.last
    while stood < day and any(g.rank == before.shown.rank and g.covers(stood + DAY) for g in review.grants):
        stood += DAY
    if review.status == "terminated":
        terminated_on: date = world.partner["terminated_on"]
        return min(stood, terminated_on - DAY)
    if stood < day:
        return stood
    if review.shown and before.month.last < review.shown.first <= day:
        return review.shown.first - DAY
    return day if review.status == "suspended" else day - DAY


def stood_since(review: Review) -> date:
    """The first day of the days up to the review on which the grants give today's tier, neither more nor less."""
    day = review.month.last
    while (grant := standing(review.grants, day - DAY)) is not None and grant.rank == review.rank:
        day -= DAY
    return day


def benefits(world: World, track: str, review: Review) -> Iterator[Row]:
    """One row per benefit that today's tier has, and one per benefit that only the previous review's had."""
    ids = [tier["id"] for tier in tiers_of(world, track)]
    tier = None if review.rank is None else ids[review.rank]
    last = None if review.previous is None or review.previous.rank is None else ids[review.previous.rank]
    for name, benefit in world.program.get("benefits", {}).items():
        if track not in benefit.get("tracks", [track]):
            continue
        value = None if tier is None else benefit_value(benefit, tier)
        before = None if last is None else benefit_value(benefit, last)
        row = {"tier": tier, "benefit": name, "kind": benefit.get("kind", "yes_no"), "terms": benefit.get("terms")}
        if value is not None:
            assert review.shown is not None
            change = "gained" if before is None else "kept" if before == value else "changed"
            yield row | {
                "value": value,
                "change": change,
                "from": stood_since(review),
                "through": review.shown.through,
            }
        elif before is not None:
            yield row | {"value": None, "change": "lost", "from": None, "through": lost_through(world, review)}


def is_due(world: World, action: dict[str, Any], review: Review) -> bool:
    """Whether the month is the first or last one of the action's period."""
    assert action["every"] in PERIODS
    beside = world.calendar.shift(review.month, 1 if action["in_month"] == "last" else -1)
    here = world.calendar.instance(action["every"], review.month.last)
    return world.calendar.instance(action["every"], beside.last) != here


def actions(world: World, track: str, review: Review) -> Iterator[Row]:
    """The duties of the month, and a notice where the tier will have ended by the next review."""
    if review.shown is None:
        return
    tier = tiers_of(world, track)[review.shown.rank]["id"]
    for name, action in world.program.get("actions", {}).items():
        wanted = tier in action.get("tiers", [tier]) and track in action.get("tracks", [track])
        if wanted and is_due(world, action, review):
            due = world.calendar.shift(review.month, action.get("due_fiscal_months", 0)).last
            yield {"action": name, "due_on": due}
    through = review.shown.through
    if through is not None and through < world.calendar.shift(review.month, 1).last:
        after = standing(review.grants, through + DAY)
        if after is not None and after.rank < review.shown.rank:
            yield {"action": "tier_ends", "due_on": through}
