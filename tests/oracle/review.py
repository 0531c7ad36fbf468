"""The whole review, as plain lists of dictionaries: standing, evidence, requalification, benefits, actions.

Columns are those of the reports, but for the free text of `reason` and `detail`.
"""

from collections.abc import Iterator
from typing import Any

from tests.oracle.calendar import Calendar, FiscalMonth
from tests.oracle.fold import Review, fold, readings, tiers_of
from tests.oracle.metrics import Program, World, measure
from tests.oracle.reports import actions, benefits, requalification
from tests.oracle.requirements import column_criteria, criteria
from tests.oracle.rows import Row

Tables = dict[str, list[Row]]


def standing_row(world: World, track: str, review: Review) -> Row:
    """The one row of a partner and track in the standing report."""
    ids = [tier["id"] for tier in tiers_of(world, track)]
    before = review.previous.rank if review.previous else None
    shown = review.shown
    return {
        "partner_name": world.partner["name"],
        "previous_tier": None if before is None else ids[before],
        "earned_tier": None if review.earned is None else ids[review.earned],
        "tier": None if shown is None else ids[shown.rank],
        "change": review.change,
        "status": review.status,
        "basis": shown and shown.basis,
        "valid_from": shown and shown.first,
        "valid_through": shown and shown.through,
        "remediation_ends_on": None,
    }


def evidence(world: World, track: str, review: Review) -> Iterator[Row]:
    """One row per tier with requirements, criterion and window instance read."""
    if review.status == "terminated":
        return
    day = review.month.last
    outcomes = {True: "met", False: "not_met", None: "unknown"}
    for tier in tiers_of(world, track):
        for criterion in criteria(tier.get("requires", {})):
            for span in readings(world, criterion, review.month):
                value = measure(world, criterion.metric, span, day)
                yield {
                    "tier": tier["id"],
                    "criterion": criterion.path,
                    "metric": criterion.metric,
                    "value": value,
                    "operator": criterion.word,
                    "threshold": criterion.threshold,
                    "outcome": outcomes[criterion.met(value)],
                    "missing": criterion.missing(value),
                    "window_from": span[0],
                    "window_through": span[1],
                    "clause": world.program["metrics"][criterion.metric].get("clause", tier.get("clause")),
                }
        for column in column_criteria(tier.get("requires", {})):
            yield {
                "tier": tier["id"],
                "criterion": column.path,
                "metric": None,
                "value": None,
                "operator": column.word,
                "threshold": None,
                "outcome": outcomes[column.met(world.partner_on(day))],
                "missing": None,
                "window_from": day,
                "window_through": day,
                "clause": tier.get("clause"),
            }


def review(program: Program, exports: dict[str, list[Row]], calendar: Calendar, month: FiscalMonth) -> Tables:
    """The review of one month.

    Args:
        program: the program file as `tomllib` reads it, numbers as Decimals or ints.
        exports: complete rows by export, every column there, an empty cell as None.
        calendar: fiscal months wide around every day that matters.
        month: the month asked for.

    Raises:
        ValueError: the month ends before the program begins.
    """
    if month.last < program["effective_from"]:
        raise ValueError(f"{month.label} ends before the program begins")
    tables: Tables = {name: [] for name in ("standing", "evidence", "requalification", "benefits", "actions")}
    for partner in exports["partners"]:
        world = World(program, exports, calendar, partner)
        for track in program["tracks"]:
            last = fold(world, track, month)
            if last is None:
                continue
            key: dict[str, Any] = {
                "program": program["id"],
                "track": track,
                "partner_id": partner["partner_id"],
                "month": month.label,
            }
            found = {
                "standing": [standing_row(world, track, last)],
                "evidence": evidence(world, track, last),
                "requalification": requalification(world, track, last),
                "benefits": benefits(world, track, last),
                "actions": actions(world, track, last),
            }
            for name, rows in found.items():
                tables[name] += [key | row for row in rows]
    return tables
