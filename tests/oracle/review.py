"""The whole review, as plain lists of dictionaries: standing, evidence, requalification, benefits, actions.

Columns are those of the reports, but for the free text of `reason` and `detail`.
"""

from collections.abc import Sequence
from typing import Any

from tests.oracle.actions import actions
from tests.oracle.benefits import benefits
from tests.oracle.calendar import Calendar, FiscalMonth
from tests.oracle.evidence import evidence
from tests.oracle.fold import Review, fold
from tests.oracle.ladder import Node, Worlds, in_order, ladder_of
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
    program: Program | Sequence[Program], exports: dict[str, list[Row]], calendar: Calendar, month: FiscalMonth
) -> Tables:
    """The review of one month.

    Args:
        program: the program file as `tomllib` reads it, numbers as Decimals or ints; or its editions.
        exports: complete rows by export, every column there, an empty cell as None.
        calendar: fiscal months wide around every day that matters.
        month: the month asked for.

    Raises:
        ValueError: the month ends before the program begins.
    """
    editions = sorted([program] if isinstance(program, dict) else program, key=lambda one: one["effective_from"])
    begun = [one for one in editions if one["effective_from"] <= month.last]
    if not begun:
        raise ValueError(f"{month.label} ends before the program begins")
    tables: Tables = {name: [] for name in ("standing", "evidence", "requalification", "benefits", "actions")}
    for partner in exports["partners"]:
        seen = World(begun[-1], exports, calendar, partner)
        for node in in_order(begun):
            worlds = worlds_of(begun, node[0], seen)
            last = fold(worlds, node, month)
            if last is None or node[0] not in begun[-1]["tracks"]:
                continue
            key: dict[str, Any] = {
                "program": begun[-1]["id"],
                "track": node[0],
                "partner_id": partner["partner_id"],
                "month": month.label,
            }
            for name, rows in of_node(worlds, node, last).items():
                tables[name] += [key | row for row in rows]
    return tables
