"""Closed months: what their reviews left, and how a partner's standing goes on from it.

A closed month is never looked at again. What came late about it, an enrollment or a decision, happens at the first open
review, on its own day; money alone reads it back into the closed months.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from tests.oracle.calendar import FiscalMonth
from tests.oracle.fold import Begun, Review, at_start
from tests.oracle.ladder import Node, Worlds, ladder_of
from tests.oracle.money.entitlements import Entitlement, Key
from tests.oracle.rows import Row
from tests.oracle.schema import schema_of
from tests.oracle.step import Event, State, events, happened, reranked
from tests.oracle.world import Program, World

OF_PEOPLE = ("enrollments", "decisions")
SAME = ("partner_id", "program", "track", "tier", "enrolled_on", "decision", "effective_on", "through")


@dataclass(frozen=True)
class Kept:
    """What the closed months left of one partner.

    Attributes:
        reviews: the last closed review on each ladder, which knows those before it.
        posted: all that has been posted, by what it is for.
        balances: what was left unpaid, by currency.
        payee_id: who is paid.
    """

    reviews: Mapping[Node, Review] = field(default_factory=dict)
    posted: Mapping[Key, Entitlement] = field(default_factory=dict)
    balances: Mapping[str, Decimal] = field(default_factory=dict)
    payee_id: str | None = None


@dataclass(frozen=True)
class Closed:
    """What all closed months left.

    Attributes:
        month: the last one.
        money_from: the first month whose money is posted.
        exports: the rows that the last close read, and those of earlier ones that were gone and not accepted as gone.
        known: label of a closed month → the enrollments and decisions that its close knew (see `people`).
        partners: what is left of each partner that was ever reviewed.
    """

    month: FiscalMonth
    money_from: FiscalMonth
    exports: Mapping[str, list[Row]]
    known: Mapping[str, Mapping[str, Row]] = field(repr=False)
    partners: Mapping[str, Kept]


def read_by(exports: Mapping[str, list[Row]], programs: Sequence[Program], month: FiscalMonth) -> dict[str, list[Row]]:
    """The rows that a close reads: those dated after its last day are left out."""
    found = {}
    for name, rows in exports.items():
        dated = next((day for one in programs if (day := schema_of(name, one).row_date)), None)
        found[name] = [row for row in rows if dated is None or row[dated] is None or row[dated] <= month.last]
    return found


def with_gone(
    read: Mapping[str, list[Row]], last: Mapping[str, list[Row]], programs: Sequence[Program]
) -> dict[str, list[Row]]:
    """Rows that are read, and those that the close before knew and that are gone since: they are still asked after."""
    found = dict(read)
    for name, rows in last.items():
        key = next((key for one in programs if (key := schema_of(name, one).key)), ())
        there = {tuple(row[column] for column in key) for row in read.get(name, [])}
        found[name] = [
            *read.get(name, []),
            *(row for row in rows if key and tuple(row[column] for column in key) not in there),
        ]
    return found


def told(row: Row) -> Row:
    """What makes an enrollment or a decision the same one: not who decided it and why, nor when the enrollment ends."""
    return {name: row[name] for name in SAME if name in row}


def people(exports: Mapping[str, list[Row]], closed: Closed | None) -> dict[str, Row]:
    """The enrollments and decisions that a close knows, by what they say: those of earlier closes too, though gone."""
    found = {str(told(row)): row for export in OF_PEOPLE for row in exports.get(export, [])}
    return (dict(closed.known[closed.month.label]) if closed else {}) | found


def late(world: World, closed: Closed) -> list[Event]:
    """What happens to a partner after the closed months, and what had happened and was not known when they closed."""
    known = closed.known[closed.month.label]

    def is_new(event: Event) -> bool:
        row = world.enrollments[event[3]] if isinstance(event[3], int) else event[3]
        return event[0] > closed.month.last or str(told(row)) not in known

    return [event for event in events(world) if is_new(event)]


def late_for(world: World, closed: Closed, month: FiscalMonth) -> list[Event]:
    """What had happened to a partner in or before a closed month and was not known when that month was closed.

    A decision that is gone today stays honoured.
    """
    known = closed.known[month.label]
    today = {str(told(row)) for row in world.rows("decisions")}
    gone = [row for said, row in closed.known[closed.month.label].items() if said not in today and "decision" in row]
    whole = replace(
        world, exports=world.exports | {"decisions": [*world.exports.get("decisions", []), *gone]}, memory={}
    )

    def is_new(event: Event) -> bool:
        row = whole.enrollments[event[3]] if isinstance(event[3], int) else event[3]
        return event[0] <= month.last and str(told(row)) not in known

    return [event for event in events(whole) if is_new(event)]


def chain(review: Review) -> list[Review]:
    """A review and all before it, the latest first."""
    found = [review]
    while found[-1].previous is not None:
        found.append(found[-1].previous)
    return found


def begun_after(worlds: Worlds, node: Node, closed: Closed, kept: Kept) -> Begun | None:
    """Where the fold goes on after the closed months; None where it begins as ever, in an open month.

    The closed reviews are put down in the worlds' `reviews`. A partner that the roster lacked at the last close keeps
    its grants, and its next review is a first one.
    """
    first = worlds.editions[0]
    following = first.calendar.shift(closed.month, 1)
    last = kept.reviews.get(node)
    if last is not None:
        first.reviews.setdefault(node, {}).update({one.month.label: one for one in chain(last)})
        before = last if last.month == closed.month else None
        return Begun(following, last.left, last.ids, before, late(first, closed))
    if first.start is None or first.start >= following.first:
        return None
    return replace(at_start(worlds, node), month=following)


def as_money_reads(worlds: Worlds, node: Node, closed: Closed, reviews: Mapping[str, Review]) -> Mapping[str, Review]:
    """The reviews on a ladder as money reads them: what came late counts in closed months from its own day on."""
    first = worlds.editions[0]
    if first.start is None:
        return reviews
    is_late = not any(label <= closed.month.label for label in reviews)
    found = dict(reviews)
    month = first.calendar.month_of(first.start)
    while month.first <= closed.month.first:
        happens = late_for(first, closed, month) if month.label in closed.known else []
        if (is_late and month.label in closed.known) or (happens and month.label in reviews):
            found[month.label] = with_late(worlds, node, month, reviews.get(month.label), happens)
        month = first.calendar.shift(month, 1)
    return found


def with_late(
    worlds: Worlds, node: Node, month: FiscalMonth, review: Review | None, happens: Sequence[Event]
) -> Review:
    """A closed month's review with what came late; one that was never made looks at no gate."""
    world = worlds.at(month.last)
    assert world
    ladder = ladder_of(world.program, node)
    if review is None:
        start = at_start(worlds, node)
        left = reranked(start.state, start.ids, ladder)
        review = Review(month, "expired", None, [], None, "", None, ladder.ids, left=left)
    if review.status == "terminated":
        return review
    state: State = reranked(review.left, review.ids, ladder)
    for event in happens:
        state = happened(world, ladder, state, event[3])
    return replace(review, grants=state.grants, ids=ladder.ids, era=state.era)
