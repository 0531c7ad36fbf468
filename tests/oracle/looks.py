"""Looks: how a review reads requirements, in the instances open on its day and in others."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from typing import Any

from tests.oracle.calendar import PERIODS, FiscalMonth, Span
from tests.oracle.figures import Formula, figure, formula_names
from tests.oracle.grants import standing
from tests.oracle.metrics import measure, span_on
from tests.oracle.requirements import (
    Attested,
    ColumnCriterion,
    Criterion,
    Leaf,
    Requires,
    Stands,
    every,
    figure_metrics,
    required_metrics,
    single,
    some,
)
from tests.oracle.rows import Row
from tests.oracle.world import World


@dataclass(frozen=True)
class Look:
    """One reading of requirements: the open instances, or one other instance of one PERIOD."""

    merit: date
    is_open: bool
    period: str = ""
    instance: Span | None = None


def open_look(day: date) -> Look:
    """The look at the instances that are open on the day."""
    return Look(merit=day, is_open=True)


def at_instance(period: str, span: Span) -> Look:
    """The look at another instance of a PERIOD."""
    return Look(merit=span[1], is_open=False, period=period, instance=span)


def other_instances(world: World, period: str, month: FiscalMonth) -> list[Span]:
    """The instances a review reads beside the open one: those that overlap the month, and the last one before it."""
    calendar = world.calendar
    first = calendar.instance(period, month.first)
    found = [calendar.previous_instance(period, first)]
    while first != calendar.instance(period, month.last):
        found.append(first)
        first = calendar.next_instance(period, first)
    return [span for span in found if span[1] >= world.first_counted]


def parts(world: World, name: str) -> set[str]:
    """The metrics of rows that a metric is made of; itself where it is one."""
    metric = world.program["metrics"].get(name)
    if metric is None:
        return set()
    if "formula" in metric:
        return {part for inner in formula_names(metric["formula"]) for part in parts(world, inner)}
    if "value" in metric:
        return {part for inner in figure_metrics(metric["value"]) for part in parts(world, inner)}
    return {name}


def periods(world: World, names: set[str]) -> list[str]:
    """The PERIODs that metrics are measured over, each once."""
    windows = [world.window_of(part) for name in names for part in parts(world, name)]
    return [period for period in PERIODS if period in windows]


def looks(world: World, requires: list[Requires], month: FiscalMonth) -> Iterator[Look]:
    """Every look that a month's review takes at requirements."""
    yield open_look(month.last)
    names = {name for one in requires for name in required_metrics(one)}
    for period in periods(world, names):
        for span in other_instances(world, period, month):
            yield at_instance(period, span)


def part_span(world: World, metric: str, look: Look, day: date) -> Span:
    """The window of a metric of rows in a look."""
    is_other = look.instance is not None and world.window_of(metric) == look.period
    return span_on(world, metric, day, look.instance if is_other else None)


def window(world: World, name: str, look: Look, day: date) -> Span:
    """The days that a metric covers in a look: of several, the earliest first and the latest last.

    Those of an earlier time are left out, unless all are.
    """
    metrics = world.program["metrics"]
    all_parts = parts(world, name)
    present = {part for part in all_parts if "ago" not in metrics[part]}
    spans = [part_span(world, part, look, day) for part in present or all_parts]
    if not spans:
        return day, day
    return min(span[0] for span in spans), max(span[1] for span in spans)


@dataclass(frozen=True)
class Reading:
    """Requirements read in one look on one day."""

    world: World
    look: Look
    day: date

    def value(self, name: str) -> Fraction | None:
        """A metric's value; None where it is unknown."""
        metric = self.world.program["metrics"][name]
        if "formula" in metric:
            found = Formula(metric["formula"], self.value).value()
        elif "value" in metric:
            found = self.figure(metric["value"])
        else:
            return measure(self.world, name, part_span(self.world, name, self.look, self.day), self.day)
        otherwise = metric.get("if_none")
        if found is None:
            return None if otherwise is None else Fraction(otherwise)
        return Fraction(found)

    def cells(self) -> Row:
        """The roster's columns under their full names, and the month's last day."""
        roster = self.world.partner_on(self.day)
        end = self.world.calendar.month_of(self.day).last
        return {"month_end": end} | {f"partner.{column}": cell for column, cell in roster.items()}

    def cell(self, name: str) -> Any:
        """What a name says in a figure: a metric, a column of the roster, or `month_end`."""
        return self.value(name) if name in self.world.program["metrics"] else self.cells()[name]

    def figure(self, value: Any) -> Any:
        """A figure's number; None where it is unknown."""
        if isinstance(value, list) and not all(isinstance(one, dict) for one in value):
            return [figure(one, self.cell, self.holds) for one in value]
        return figure(value, self.cell, self.holds)

    def resolved(self, criterion: Criterion) -> Criterion:
        """The criterion with its bound worked out."""
        return replace(criterion, threshold=self.figure(criterion.threshold))

    def instances(self, criterion: Criterion) -> list[tuple[Span, "Reading | None"]]:
        """The complete instances that a criterion must hold in, latest first; None for one that is not read."""
        world = self.world
        (period,) = periods(world, {criterion.metric})
        span = world.calendar.instance(period, self.day)
        if span[1] > self.day:
            span = world.calendar.previous_instance(period, span)
        found: list[tuple[Span, Reading | None]] = []
        for _ in range(criterion.each or 0):
            is_read = span[1] >= world.first_counted
            found.append((span, replace(self, look=at_instance(period, span)) if is_read else None))
            span = world.calendar.previous_instance(period, span)
        return found

    def met(self, leaf: Leaf) -> bool | None:
        """Whether one criterion is met; None where that is unknown."""
        match leaf:
            case Criterion(each=None):
                return self.resolved(leaf).met(self.value(leaf.metric))
            case Criterion():
                one = replace(leaf, each=None)
                return every(None if reading is None else reading.met(one) for _, reading in self.instances(leaf))
            case ColumnCriterion():
                return leaf.met(self.cells())
            case Attested():
                return self.attested(leaf.name)
            case Stands():
                return self.stands(leaf)

    def attested(self, name: str) -> bool:
        """Whether the latest attestation of a name says yes and has not expired."""
        rows = [row for row in self.world.rows_on("attestations", self.day) if row["criterion"] == name]
        if not rows:
            return False
        latest = max(rows, key=lambda row: row["attested_on"])
        expires: date | None = latest["expires_on"]
        return bool(latest["value"] >= 1) and (expires is None or self.day <= expires)

    def stands(self, leaf: Stands) -> bool:
        """Whether a tier from the one named on, or a qualification, stands on the day as its month's review left it."""
        key = (leaf.track or self.world.track, leaf.name if leaf.kind == "qualified" else "")
        review = self.world.reviews.get(key, {}).get(self.world.calendar.month_of(self.day).label)
        if review is None or not review.has_standing:
            return False
        grant = standing(review.grants, self.day)
        return grant is not None and grant.rank >= review.ids.index(leaf.name)

    def holds(self, requires: Requires) -> bool | None:
        """Whether requirements hold; None where that is unknown."""
        outcomes: list[bool | None] = []
        for key, entry in requires.items():
            if key in {"any", "all"}:
                inner = [self.holds(one) for one in entry]
                outcomes.append(some(inner) if key == "any" else every(inner))
            else:
                outcomes += [self.met(leaf) for leaf in single(key, entry, "")]
        return every(outcomes)


def all_met(world: World, requires: list[Requires], look: Look, day: date) -> bool:
    """Whether every requirement is known to hold in the look."""
    return all(Reading(world, look, day).holds(one) is True for one in requires)
