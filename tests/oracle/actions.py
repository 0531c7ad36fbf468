"""Actions: what somebody has to do because of a month's review."""

from collections.abc import Iterator
from typing import Any

from tests.oracle.calendar import DAY, PERIODS
from tests.oracle.fold import Review
from tests.oracle.grants import rank_on
from tests.oracle.ladder import Ladder
from tests.oracle.metrics import with_columns
from tests.oracle.rows import Row, passes
from tests.oracle.world import World


def is_due(world: World, action: dict[str, Any], review: Review) -> bool:
    """Whether the month is the first or last one of the action's period."""
    assert action["every"] in PERIODS
    beside = world.calendar.shift(review.month, 1 if action["in_month"] == "last" else -1)
    here = world.calendar.instance(action["every"], review.month.last)
    return world.calendar.instance(action["every"], beside.last) != here


def from_rows(world: World, name: str, action: dict[str, Any], review: Review) -> Iterator[Row]:
    """One duty per day on which a row of an export comes due, told so many days before."""
    day = review.month.last
    following = world.calendar.shift(review.month, 1).last
    found = set()
    for row in with_columns(world, action["from"], day):
        due = row[action["on"]]
        if due is None or due < day or not passes(row, world.partner_on(day), world.condition(action.get("where"))):
            continue
        if due <= following or due - DAY * action.get("days_before", 0) <= day:
            found.add(due)
    yield from ({"action": name, "due_on": due} for due in sorted(found))


def declared(world: World, review: Review) -> Iterator[Row]:
    """The duties that the program declares, of a partner that stands at one of their tiers."""
    for name, action in world.program.get("actions", {}).items():
        wanted = review.tier in action.get("tiers", [review.tier])
        if not wanted or world.track not in action.get("tracks", [world.track]):
            continue
        if "from" in action:
            yield from from_rows(world, name, action, review)
        elif is_due(world, action, review):
            yield {
                "action": name,
                "due_on": world.calendar.shift(review.month, action.get("due_fiscal_months", 0)).last,
            }


def of_remediation(ladder: Ladder, review: Review) -> Iterator[Row]:
    """The notice with which a time to make good begins, and the review that its end asks for."""
    day = review.month.last
    if review.clock and review.clock.began == day:
        yield {"action": "notify_remediation", "due_on": day}
    if review.clock and ladder.decides_downgrade and day >= review.clock.ends_on:
        yield {"action": "review_downgrade", "due_on": day}


def ends_soon(world: World, review: Review) -> Iterator[Row]:
    """A notice where the tier will have ended by the next review, and a lower one or none stands then."""
    through = review.shown.through if review.shown else None
    if through is None or through >= world.calendar.shift(review.month, 1).last:
        return
    if world.is_enrolled(through + DAY) and rank_on(review.grants, through + DAY) < (review.rank or 0):
        yield {"action": "tier_ends", "due_on": through}


def expires_soon(world: World, review: Review) -> Iterator[Row]:
    """A notice where the enrollment will have expired by the next review, and no other one follows at once."""
    day = review.month.last
    current = world.enrollment_on(day) if world.enrolls else None
    if current is None or current["expires_on"] is None:
        return
    last = current["expires_on"]
    follows = any(current["enrolled_on"] < row["enrolled_on"] <= last + DAY for row in world.enrollments)
    if day <= last < world.calendar.shift(review.month, 1).last and not follows:
        yield {"action": "decide_extension", "due_on": last}


def actions(world: World, ladder: Ladder, review: Review) -> Iterator[Row]:
    """Every duty of the month; none where nothing can stand."""
    if not review.has_standing:
        return
    if review.tier is not None:
        yield from declared(world, review)
    yield from of_remediation(ladder, review)
    yield from ends_soon(world, review)
    if review.pending is not None:
        yield {"action": "approve_promotion", "due_on": world.calendar.shift(review.month, 1).last}
    yield from expires_soon(world, review)
