"""The whole review, as plain lists of dictionaries: one for each report.

Columns are those of the reports, but for the free text of `reason`, `detail`, `basis`, `value` and `needed`.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from tests.oracle.actions import actions
from tests.oracle.benefits import benefits
from tests.oracle.calendar import Calendar, FiscalMonth
from tests.oracle.evidence import evidence
from tests.oracle.fold import Review, fold
from tests.oracle.ladder import Node, Worlds, in_order, ladder_of
from tests.oracle.money import money
from tests.oracle.money.books import REPORTS as MONEY_REPORTS
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


def review(
    program: Program | Sequence[Program],
    exports: dict[str, list[Row]],
    calendar: Calendar,
    month: FiscalMonth,
    *,
    money_from: FiscalMonth | None = None,
    holidays: Mapping[str, Sequence[date]] | None = None,
) -> Tables:
    """The review of one month.

    Args:
        program: the program file as `tomllib` reads it, numbers as Decimals or ints; or its editions.
        exports: complete rows by export, every column there, an empty cell as None.
        calendar: fiscal months wide around every day that matters.
        month: the month asked for.
        money_from: the first month whose postings are made; the month asked for where it is left out.
        holidays: days on which nothing is paid, by name.

    Raises:
        ValueError: the month ends before the program begins.
    """
    editions = sorted([program] if isinstance(program, dict) else program, key=lambda one: one["effective_from"])
    begun = [one for one in editions if one["effective_from"] <= month.last]
    if not begun:
        raise ValueError(f"{month.label} ends before the program begins")
    tables: Tables = {
        name: [] for name in ("standing", "evidence", "requalification", "benefits", "actions", *MONEY_REPORTS)
    }
    for partner in exports["partners"]:
        seen = World(begun[-1], exports, calendar, partner)
        mine = of_partner(begun, seen, month)
        paid = {track: worlds_of(begun, track, seen) for track in tracks_of(begun)}
        mine.append(("", money(begun, paid, seen, month, money_from=money_from, holidays=holidays or {})))
        for track, found in mine:
            key = {
                "program": begun[-1]["id"],
                "track": track,
                "partner_id": partner["partner_id"],
                "month": month.label,
            }
            for name, rows in found.items():
                tables[name] += [key | row for row in rows]
    return tables


def tracks_of(editions: Sequence[Program]) -> list[str]:
    """Every track of any edition."""
    return list(dict.fromkeys(track for program in editions for track in program["tracks"]))


def of_partner(editions: Sequence[Program], seen: World, month: FiscalMonth) -> list[tuple[str, Mapping[str, Any]]]:
    """A partner's rows on every ladder, each with its track."""
    found: list[tuple[str, Mapping[str, Any]]] = []
    for node in in_order(editions):
        worlds = worlds_of(editions, node[0], seen)
        last = fold(worlds, node, month)
        if last is not None and node[0] in editions[-1]["tracks"]:
            found.append((node[0], of_node(worlds, node, last)))
    return found
