"""Evidence: every criterion of every tier, in every instance that a month's review reads."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from tests.oracle.calendar import FiscalMonth, Span
from tests.oracle.fold import Review
from tests.oracle.ladder import Node, Worlds, ladder_of
from tests.oracle.looks import Look, Reading, at_instance, open_look, other_instances, periods, window
from tests.oracle.requirements import Attested, ColumnCriterion, Criterion, Leaf, Stands, leaves
from tests.oracle.rows import Row
from tests.oracle.shown import shown
from tests.oracle.world import World

OUTCOMES = {True: "met", False: "not_met", None: "unknown"}


def readings(world: World, metric: str, month: FiscalMonth) -> list[Look]:
    """The looks in which a month's evidence shows a metric: the open one, and its own periods' other instances."""
    spans = [
        at_instance(period, span)
        for period in periods(world, {metric})
        for span in other_instances(world, period, month)
    ]
    return [open_look(month.last), *spans]


def measured(criterion: Criterion, reading: Reading | None, span: Span) -> Row:
    """A criterion in one window; None for an instance that is not read."""
    value = reading.value(criterion.metric) if reading else None
    resolved = (reading.resolved(criterion)) if reading else criterion
    return {
        "metric": criterion.metric,
        "value": shown(value),
        "threshold": shown(resolved.threshold),
        "outcome": OUTCOMES[resolved.met(value)] if reading else "unknown",
        "missing": shown(resolved.missing(value)) if reading else None,
        "window_from": span[0],
        "window_through": span[1],
    }


def of_metric(worlds: Worlds, world: World, criterion: Criterion, month: FiscalMonth) -> Iterator[Row]:
    """A metric's criterion: in each look that this edition judges, or in each complete instance that it asks for."""
    reading = Reading(world, open_look(month.last), month.last)
    is_current = worlds.at(month.last) is world
    if criterion.each is not None:
        for span, one in reading.instances(criterion) if is_current else []:
            resolved = reading.resolved(criterion) if one is None else criterion
            yield measured(replace(resolved, each=None), one, span)
        return
    for look in readings(world, criterion.metric, month):
        if is_current if look.is_open else worlds.judges(world, look.merit):
            one = replace(reading, look=look)
            yield measured(criterion, one, window(world, criterion.metric, look, month.last))


def of_leaf(worlds: Worlds, world: World, leaf: Leaf, month: FiscalMonth) -> Iterator[Row]:
    """Every row of one criterion."""
    day = month.last
    reading = Reading(world, open_look(day), day)
    outcome = OUTCOMES[reading.met(leaf)]
    once: dict[str, Any] = {"outcome": outcome, "window_from": day, "window_through": day}
    once |= {"metric": None, "value": None, "threshold": None, "missing": None}
    is_current = worlds.at(day) is world
    match leaf:
        case Criterion():
            yield from (row | {"operator": leaf.word} for row in of_metric(worlds, world, leaf, month))
        case ColumnCriterion() if is_current:
            yield once | {"operator": leaf.word}
        case Attested() if is_current:
            value = 1 if reading.attested(leaf.name) else 0
            numbers = {"value": shown(value), "threshold": shown(1), "missing": shown(1 - value)}
            yield once | numbers | {"operator": "at_least"}
        case Stands() if is_current:
            yield once | {"operator": "at_least" if leaf.kind == "tier" else "equal"}


def evidence(worlds: Worlds, node: Node, review: Review) -> Iterator[Row]:
    """One row per tier with requirements, criterion and window instance read."""
    if review.status in {"terminated", "expired"}:
        return
    seen = set()
    for world in worlds.editions:
        for _, tier in ladder_of(world.program, node).earnable():
            for leaf in leaves(tier["requires"]):
                own = world.program["metrics"].get(leaf.metric, {}) if isinstance(leaf, Criterion) else {}
                clause = own.get("clause") or tier.get("clause") or world.program.get("clause")
                for row in of_leaf(worlds, world, leaf, review.month):
                    key = (tier["id"], leaf.path, row["window_from"])
                    if key not in seen:
                        yield {"tier": tier["id"], "criterion": leaf.path, "clause": clause} | row
                    seen.add(key)
