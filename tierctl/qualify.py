"""Qualify: from readings to criteria, and from criteria to the tiers that each look earns.

One grid holds everything: a row per partner and look, with the metrics' values, one column per criterion and one per
tier. Unknown never counts as met.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from types import MappingProxyType

import polars as pl

from tierctl.criteria import (
    Criterion,
    Leaf,
    criteria_of,
    criterion_column,
    holds_now,
    leaves_in,
    leaves_of,
    requires_expr,
)
from tierctl.fiscal import FiscalMonth, Period
from tierctl.grid import Complete, Filled, fill, periods_of, sheet_of, with_leaves
from tierctl.inputs import Inputs
from tierctl.measure import measure
from tierctl.measure.readings import Look, Readings, looks_of_month, to_date_period
from tierctl.program.metrics import NEVER_UNKNOWN, Metric
from tierctl.program.model import Program, Tier, Track
from tierctl.program.reads import is_own_ladder, ladder_items, reads_of

_NONE: Mapping[str, tuple[Complete, pl.DataFrame]] = MappingProxyType({})


@dataclass(frozen=True)
class Qualified:
    """What every look of every open month found, for one ladder of one edition, and what it was evaluated from.

    `grid`: one row per partner_id × look, for the months from the partner's start on: look (Int32), at (Int32, the
    month's number), day, month_end, every metric as `metric.ID` (Decimal, null: unknown) and what else stands in a
    filled sheet (see `tierctl.grid`), every bound by its own column and every criterion by its (null: unknown),
    `met.TIER` and `gate` (never null). Sorted by partner_id, look.

    `complete`: for every bound on complete windows its plan, and the rows of those windows, by the bound's key.
    """

    inputs: Inputs
    track: Track
    criteria: tuple[Criterion, ...]
    looks: tuple[Look, ...]
    grid: pl.DataFrame
    complete: Mapping[str, tuple[Complete, pl.DataFrame]] = field(default_factory=lambda: _NONE)

    def looks_at(self, at: int) -> list[int]:
        """The numbers of one month's looks."""
        return [number for number, look in enumerate(self.looks) if look.at == at]


def qualify(inputs: Inputs, ladder: Track) -> Qualified:
    """Evaluates the requirements of a ladder's tiers in every look of every month that is open."""
    program = inputs.program
    tiers = reads_of(program, [tier.requires for tier in ladder.earned_tiers if tier.requires])
    periods = periods_of(program, tiers)
    # The last closed month is looked at once more, for what it showed beside the tiers.
    months = list(enumerate(inputs.months))[max(inputs.open_from - 1, 0) :]
    looks = [look for at, month in months for look in _looks(inputs, at, month, periods)]
    days = [month.last for month in inputs.months]
    filled = _assessed(inputs, ladder, looks, days, only=None)
    return Qualified(inputs, ladder, _criteria(program, ladder), tuple(looks), filled.grid, filled.beneath)


def _looks(inputs: Inputs, at: int, month: FiscalMonth, periods: set[Period]) -> list[Look]:
    """The looks of a month that this edition judges: an open one while it is in force, an instance that it saw end."""
    looks = looks_of_month(at, month, inputs.calendar, periods, inputs.program.first_counted)
    return [look for look in looks if (at in inputs.in_force if look.span is None else look.span.last <= inputs.until)]


def _criteria(program: Program, ladder: Track) -> tuple[Criterion, ...]:
    return tuple(criterion for tier in ladder.tiers for criterion in criteria_of(tier, program))


def assessed(
    inputs: Inputs, ladder: Track, looks: Sequence[Look], days: Sequence[date], *, only: pl.DataFrame | None = None
) -> pl.DataFrame:
    """Every partner in every look of the months from its start on: the grid of `Qualified`.

    `days` are the days read, ascending; a look's `at` is the number of its day among them. `only` names the partner_ids
    and looks that are wanted where not all of them are.
    """
    return _assessed(inputs, ladder, looks, days, only=only).grid


def _assessed(
    inputs: Inputs, ladder: Track, looks: Sequence[Look], days: Sequence[date], *, only: pl.DataFrame | None
) -> Filled:
    program = inputs.program
    filled = fill(inputs, sheet_of(inputs, list(ladder_items(program, ladder)), looks, days), days, only)
    grid = with_leaves(inputs, filled.grid, _leaves(program, ladder))
    criteria = [c.leaf.is_met.alias(c.column) for c in _criteria(program, ladder)]
    gates = [holds_now(gate) for gate in (program.gate, ladder.gate) if gate]
    gate = pl.all_horizontal(gates) if gates else pl.lit(value=True)
    return Filled(grid.with_columns(*criteria, gate.alias("gate")).with_columns(tiers_met(ladder)), filled.beneath)


def of_criterion(tier: Tier, leaf: Leaf) -> pl.Expr:
    """Whether a criterion is met: its column of the grid."""
    return pl.col(criterion_column(tier.id, leaf))


def tiers_met(ladder: Track, criterion: Callable[[Tier, Leaf], pl.Expr] = of_criterion) -> list[pl.Expr]:
    """Whether the requirements of each tier are met; unknown counts as not met.

    `criterion` says of every bound of a tier whether it is met; by default the grid's columns do.
    """
    tiers, below = [], pl.lit(value=True)
    for tier in ladder.earned_tiers:
        met = _tier_met(tier, criterion)
        below = below & met if ladder.each_tier_requires == "all_below_too" else met
        tiers.append(below.alias(met_column(tier)))
    return tiers


def _leaves(program: Program, ladder: Track) -> Iterator[Leaf]:
    """Every bound of the gates and the tiers, and those by which figures of benefits are chosen."""
    for requires in (program.gate, ladder.gate, *(tier.requires for tier in ladder.tiers)):
        if requires:
            yield from leaves_of(requires)
    for benefit in program.benefits.values() if is_own_ladder(program, ladder) else ():
        figures = benefit.tiers.values() if isinstance(benefit.tiers, dict) else ()
        for figure in (*figures, benefit.value):
            yield from leaves_in(figure)


def _tier_met(tier: Tier, criterion: Callable[[Tier, Leaf], pl.Expr]) -> pl.Expr:
    if tier.requires is None:
        return pl.lit(value=True)
    return requires_expr(tier.requires, partial(criterion, tier)).fill_null(value=False)


def met_column(tier: Tier) -> str:
    """The name of the column that says whether a tier's requirements are met."""
    return f"met.{tier.id}"


def measured_at(inputs: Inputs, metric: Metric, readings: Readings) -> pl.DataFrame:
    """One metric of rows at its readings, for every partner (see `measure.measure`)."""
    return measure(inputs, metric, readings)


def pace_period(program: Program, metric_id: str) -> Period | None:
    """The period over which a metric runs up, so that its pace means something; None: it has none.

    Only sums and counts of rows in a window to date run up; averages, formulas, levels and what is read of earlier or
    trailing windows do not.
    """
    metric = program.metrics.get(metric_id)
    if metric is None or metric.measure not in NEVER_UNKNOWN or metric.ago is not None:
        return None
    return to_date_period(metric)
