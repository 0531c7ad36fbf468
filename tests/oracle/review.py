"""The whole review, as plain lists of dictionaries: one for each report.

Columns are those of the reports, but for the free text of `reason`, `detail`, `basis`, `value` and `needed`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from tests.oracle.actions import actions
from tests.oracle.benefits import benefits
from tests.oracle.calendar import Calendar, FiscalMonth
from tests.oracle.closed import Closed, Kept, as_money_reads, begun_after, people, read_by, with_gone
from tests.oracle.evidence import evidence
from tests.oracle.fold import Review, fold
from tests.oracle.ladder import Node, Worlds, in_order, ladder_of
from tests.oracle.money import money
from tests.oracle.money.books import REPORTS as MONEY_REPORTS
from tests.oracle.money.books import Books, money_of_the_gone
from tests.oracle.money.opening import Opening, full_rules, held_rows
from tests.oracle.reports import requalification
from tests.oracle.rows import Row
from tests.oracle.world import Program, World

Tables = dict[str, list[Row]]


def standing_row(world: World, review: Review) -> Row:
    """The one row of a partner and track in the standing report."""
    shown = review.shown
    return {
        "partner_name": world.partner["name"],
        "previous_tier": review.previous.tier if review.previous else None,
        "earned_tier": None if review.earned is None else review.ids[review.earned],
        "tier": review.tier,
        "change": review.change,
        "status": review.status,
        "basis": "remediation" if review.clock else shown and shown.basis,
        "valid_from": shown and shown.first,
        "valid_through": shown and shown.through,
        "remediation_ends_on": review.clock and review.clock.ends_on,
    }


def worlds_of(editions: Sequence[Program], track: str, seen: World) -> Worlds:
    """The partner's world under each edition that has the track, from the first of them on."""
    having = [program for program in editions if track in program["tracks"]]
    begins = having[0]["effective_from"]
    shared = {"track": track, "begins": begins, "reviews": seen.reviews}
    return Worlds(tuple(World(one, seen.exports, seen.calendar, seen.partner, **shared) for one in having))


def of_node(worlds: Worlds, node: Node, last: Review) -> Tables:
    """The rows of one partner on one ladder; a qualification has no standing, benefits and actions of its own."""
    world = worlds.at(last.month.last)
    assert world
    ladder = ladder_of(world.program, node)
    both = {
        "evidence": list(evidence(worlds, node, last)),
        "requalification": list(requalification(world, ladder, last)),
    }
    if node[1]:
        return both
    return both | {
        "standing": [standing_row(world, last)],
        "benefits": list(benefits(worlds, last)),
        "actions": list(actions(world, ladder, last)),
    }


@dataclass(frozen=True)
class Asked:
    """What a review is asked.

    Attributes:
        editions: the program's editions that have begun, oldest first.
        exports: complete rows by export.
        calendar: fiscal months wide around every day that matters.
        month: the month asked for.
        money_from: the first month whose postings are made.
        holidays: days on which nothing is paid, by name.
        closed: what closed months left.
        accept_removals: whether posted rows that are gone are taken back.
    """

    editions: Sequence[Program]
    exports: Mapping[str, list[Row]]
    calendar: Calendar
    month: FiscalMonth
    money_from: FiscalMonth
    holidays: Mapping[str, Sequence[date]]
    closed: Closed | None
    accept_removals: bool

    def kept(self, partner_id: str) -> Kept:
        """What closed months left of a partner."""
        return (self.closed.partners.get(partner_id) if self.closed else None) or Kept()

    def opening(self, world: World) -> Opening:
        """What closed months left of the money of a world's partner."""
        if self.closed is None:
            return Opening()
        kept = self.kept(world.partner["partner_id"])
        before = self.closed.exports
        today = read_by(self.exports, self.editions, self.month)
        opening = Opening(self.closed.month, kept.posted, kept.balances)
        if self.accept_removals:
            return opening
        held = held_rows(self.editions, kept.posted, world, before, today)
        return replace(opening, held=held, full=full_rules(self.editions, held, world, today))


@dataclass(frozen=True)
class Found:
    """What a review found of one partner: its rows by track, its last reviews, its books."""

    rows: list[tuple[str, Mapping[str, list[Row]]]]
    reviews: Mapping[Node, Review]
    books: Books


def review(
    program: Program | Sequence[Program],
    exports: Mapping[str, list[Row]],
    calendar: Calendar,
    month: FiscalMonth,
    *,
    money_from: FiscalMonth | None = None,
    holidays: Mapping[str, Sequence[date]] | None = None,
    closed: Closed | None = None,
    accept_removals: bool = False,
) -> Tables:
    """The review of one month.

    Args:
        program: the program file as `tomllib` reads it, numbers as Decimals or ints; or its editions.
        exports: complete rows by export, every column there, an empty cell as None.
        calendar: fiscal months wide around every day that matters.
        month: the month asked for.
        money_from: the first month whose postings are made; the month asked for where it is left out.
        holidays: days on which nothing is paid, by name.
        closed: what closed months left; they come before the month asked for.
        accept_removals: whether posted rows that are gone are taken back.

    Raises:
        ValueError: the month ends before the program begins.
    """
    asked = ask(
        program,
        exports,
        calendar,
        month,
        money_from=money_from,
        holidays=holidays,
        closed=closed,
        accept_removals=accept_removals,
    )
    tables: Tables = {
        name: [] for name in ("standing", "evidence", "requalification", "benefits", "actions", *MONEY_REPORTS)
    }
    for partner_id, found in everybody(asked).items():
        for track, mine in found.rows:
            key = {
                "program": asked.editions[-1]["id"],
                "track": track,
                "partner_id": partner_id,
                "month": month.label,
            }
            for name, rows in mine.items():
                tables[name] += [key | row for row in rows]
    return tables


def close(
    program: Program | Sequence[Program],
    exports: Mapping[str, list[Row]],
    calendar: Calendar,
    month: FiscalMonth,
    *,
    money_from: FiscalMonth | None = None,
    holidays: Mapping[str, Sequence[date]] | None = None,
    closed: Closed | None = None,
    accept_removals: bool = False,
) -> Closed:
    """What closing a month leaves; the arguments are those of its review."""
    asked = ask(
        program,
        exports,
        calendar,
        month,
        money_from=money_from,
        holidays=holidays,
        closed=closed,
        accept_removals=accept_removals,
    )
    payees = {row["partner_id"]: row["payee_id"] for row in exports["partners"]}
    left = dict(closed.partners) if closed else {}
    for partner_id, found in everybody(asked).items():
        before = asked.kept(partner_id)
        reviews = {**before.reviews, **found.reviews}
        payee_id = payees.get(partner_id, before.payee_id)
        left[partner_id] = Kept(reviews, found.books.posted, found.books.balances, payee_id)
    read = read_by(exports, asked.editions, month)
    known = dict(closed.known) if closed else {}
    known[month.label] = people(read, closed)
    last = {} if accept_removals or closed is None else closed.exports
    return Closed(month, asked.money_from, with_gone(read, last, asked.editions), known, left)


def ask(
    program: Program | Sequence[Program],
    exports: Mapping[str, list[Row]],
    calendar: Calendar,
    month: FiscalMonth,
    *,
    money_from: FiscalMonth | None,
    holidays: Mapping[str, Sequence[date]] | None,
    closed: Closed | None,
    accept_removals: bool,
) -> Asked:
    """The review that is asked for."""
    editions = sorted([program] if isinstance(program, dict) else program, key=lambda one: one["effective_from"])
    begun = [one for one in editions if one["effective_from"] <= month.last]
    if not begun:
        raise ValueError(f"{month.label} ends before the program begins")
    assert closed is None or closed.month.last < month.first
    begins = closed.money_from if closed else money_from or month
    return Asked(begun, exports, calendar, month, begins, holidays or {}, closed, accept_removals)


def everybody(asked: Asked) -> dict[str, Found]:
    """What is found of each partner of the roster, and of those that it has no more."""
    found = {row["partner_id"]: of_partner(asked, row) for row in asked.exports["partners"]}
    gone = sorted(asked.closed.partners.keys() - found.keys()) if asked.closed else []
    return found | {partner_id: of_the_gone(asked, partner_id) for partner_id in gone}


def of_partner(asked: Asked, partner: Row) -> Found:
    """A partner's rows on every ladder, each with its track, and its money."""
    begun, closed = asked.editions, asked.closed
    seen = World(begun[-1], dict(asked.exports), asked.calendar, partner)
    kept, found, reviews = asked.kept(partner["partner_id"]), list[Any](), dict[Node, Review]()
    for node in in_order(begun):
        worlds = worlds_of(begun, node[0], seen)
        last = fold(worlds, node, asked.month, begun_after(worlds, node, closed, kept) if closed else None)
        if last is not None:
            reviews[node] = last
            found += [(node[0], of_node(worlds, node, last))] if node[0] in begun[-1]["tracks"] else []
    paid = {track: worlds_of(begun, track, seen) for track in tracks_of(begun)}
    read = {
        node: as_money_reads(paid[node[0]], node, closed, by_label) if closed else by_label
        for node, by_label in seen.reviews.items()
    }
    books = money(
        begun,
        paid,
        seen,
        asked.month,
        money_from=asked.money_from,
        holidays=asked.holidays,
        reviews=read,
        opening=asked.opening(seen),
    )
    return Found([*found, ("", books.tables)], reviews, books)


def of_the_gone(asked: Asked, partner_id: str) -> Found:
    """The money of a partner that was reviewed and is no more in the roster."""
    assert asked.closed
    kept, calendar = asked.kept(partner_id), asked.calendar
    open_months = [one for one in calendar.months if asked.closed.month.first < one.first <= asked.month.first]
    opening = asked.opening(World(asked.editions[-1], dict(asked.exports), calendar, {"partner_id": partner_id}))
    books = money_of_the_gone(opening, kept.payee_id, open_months, calendar.shift(asked.month, 1).last)
    return Found([("", books.tables)], {}, books)


def tracks_of(editions: Sequence[Program]) -> list[str]:
    """Every track of any edition."""
    return list(dict.fromkeys(track for program in editions for track in program["tracks"]))
