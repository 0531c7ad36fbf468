"""Qualify: from readings to criteria, and from criteria to the tiers that each look earns.

One grid holds everything: a row per partner and look, with the metrics' values, one column per criterion and one per
tier. Unknown never counts as met.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl

from tierctl.contracts import NUMBER, export_contract
from tierctl.criteria import (
    PARTNER,
    Criterion,
    Leaf,
    column_of,
    criteria_of,
    criterion_column,
    holds_now,
    requires_expr,
    subjects_of,
    subjects_of_figure,
)
from tierctl.fiscal import Calendar, FiscalMonth, Period
from tierctl.measure import measure, values_at
from tierctl.measure.readings import Look, Readings, looks_of_month, readings_of, to_date_period, window_span
from tierctl.program.model import Metric, Program, Tier, Track

_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Inputs:
    """What an edition of a program is evaluated from: typed rows, the roster, the calendar, the months of the fold.

    `in_force` are the numbers of the months at whose end this edition is the one in force; the months themselves are
    those of the whole fold, whichever edition they belong to. `until` is the last day on which it is in force.

    `roster` has one row per partner whose fold has begun, sorted by partner_id: the columns of the partners export and
    start_on, the day on which its fold begins. Its partner_id is an Enum of all of them, in alphabetical order; every
    frame of the evaluation uses that type.
    """

    program: Program
    exports: Mapping[str, Sequence[pl.LazyFrame]]
    roster: pl.DataFrame
    calendar: Calendar
    months: tuple[FiscalMonth, ...]
    in_force: range
    until: date
    repeating: tuple[str, ...] = ()

    @property
    def partner_type(self) -> pl.DataType:
        """The type of partner_id in every frame of the evaluation."""
        return self.roster.schema["partner_id"]

    @property
    def last(self) -> FiscalMonth:
        """The month under review."""
        return self.months[-1]


@dataclass(frozen=True)
class Qualified:
    """What every look of every month found, for one track of one edition, and what it was evaluated from.

    `grid`: one row per partner_id × look, for the months from the partner's start on: look (Int32), at (Int32, the
    month's number), day, month_end, every metric as `metric.ID` (Decimal, null: unknown), every `partner.COLUMN` that
    is tested, every criterion by its column (null: unknown), `met.TIER` and `gate` (never null). Sorted by partner_id,
    look.
    """

    inputs: Inputs
    track: Track
    criteria: tuple[Criterion, ...]
    looks: tuple[Look, ...]
    grid: pl.DataFrame

    def looks_at(self, at: int) -> list[int]:
        """The numbers of one month's looks."""
        return [number for number, look in enumerate(self.looks) if look.at == at]


def qualify(inputs: Inputs, track: Track) -> Qualified:
    """Evaluates the requirements of a track's tiers in every look of every month of the fold."""
    periods = _periods(inputs.program, track)
    looks = [look for at, month in enumerate(inputs.months) for look in _looks(inputs, at, month, periods)]
    days = [month.last for month in inputs.months]
    grid = assessed(inputs, track, looks, days)
    return Qualified(inputs, track, _criteria(inputs.program, track), tuple(looks), grid)


def _looks(inputs: Inputs, at: int, month: FiscalMonth, periods: set[Period]) -> list[Look]:
    """The looks of a month that this edition judges: an open one while it is in force, an instance that it saw end."""
    looks = looks_of_month(at, month, inputs.calendar, periods, inputs.program.first_counted)
    return [look for look in looks if (at in inputs.in_force if look.span is None else look.span.last <= inputs.until)]


def _subjects(program: Program, track: Track) -> tuple[str, ...]:
    """Every metric and `partner.COLUMN` that the track's requirements, gates, benefits and lists read, once each."""
    names = list(track.shows)
    for requires in (program.gate, track.gate, *(tier.requires for tier in track.tiers)):
        names += subjects_of(requires) if requires else ()
    for benefit in program.benefits.values():
        figures = benefit.tiers.values() if isinstance(benefit.tiers, dict) else ()
        names += [name for figure in figures for name in subjects_of_figure(figure)]
    for action in program.actions.values():
        names += action.shows
    return tuple(dict.fromkeys(names))


def _is_of_partner(name: str) -> bool:
    return name.startswith(PARTNER)


def _metrics_of(program: Program, track: Track) -> dict[str, Metric]:
    return {name: program.metrics[name] for name in _subjects(program, track) if not _is_of_partner(name)}


def _periods(program: Program, track: Track) -> set[Period]:
    """The periods of the to-date windows that the tiers' requirements read."""
    names = [name for tier in track.earned_tiers if tier.requires for name in subjects_of(tier.requires)]
    metrics = [program.metrics[name] for name in names if not _is_of_partner(name)]
    return {period for metric in metrics if (period := to_date_period(metric))}


def _criteria(program: Program, track: Track) -> tuple[Criterion, ...]:
    return tuple(criterion for tier in track.tiers for criterion in criteria_of(tier, program))


def _grid(
    inputs: Inputs, track: Track, looks: Sequence[Look], days: Sequence[date], only: pl.DataFrame | None
) -> pl.DataFrame:
    """Every partner's metrics in every look of its months, or `only` in some (partner_id, look)."""
    names = [name for name in _subjects(inputs.program, track) if _is_of_partner(name)]
    columns = [pl.col(name.removeprefix(PARTNER)).alias(name) for name in names]
    numbered = pl.DataFrame(
        {
            "look": range(len(looks)),
            "at": [look.at for look in looks],
            "day": [look.day for look in looks],
            "month_end": [inputs.calendar.month_of(look.day).last for look in looks],
        },
        schema={"look": pl.Int32, "at": pl.Int32, "day": pl.Date, "month_end": pl.Date},
    )
    roster = inputs.roster.select("partner_id", "start_on", *columns)
    if only is None:
        grid = roster.join(numbered, how="cross")
    else:
        grid = roster.join(only, on="partner_id").join(numbered, on="look")
    grid = grid.filter(pl.col("start_on") <= pl.col("month_end")).drop("start_on")
    grid = grid.with_columns(_as_of_day(name) for name in names)
    for name, metric in _metrics_of(inputs.program, track).items():
        values = _values(inputs, metric, looks, days).rename({"value": column_of(name)})
        grid = grid.join(values, on=["partner_id", "look"], how="left").with_columns(
            pl.col(column_of(name)).fill_null(0).cast(NUMBER)
        )
    return grid.sort("partner_id", "look")


def _as_of_day(name: str) -> pl.Expr:
    """A column of the roster as the day read sees it: a date that lies ahead has not happened yet."""
    field = export_contract("partners").field(name.removeprefix(PARTNER))
    value = pl.col(name)
    return pl.when(value <= pl.col("day")).then(value) if field.type == "date" and not field.is_known_ahead else value


def _values(inputs: Inputs, metric: Metric, looks: Sequence[Look], days: Sequence[date]) -> pl.DataFrame:
    readings = readings_of(metric, looks, days, inputs.calendar)
    measured = measured_at(inputs, metric, readings)
    numbers = {
        number: readings.number(window_span(metric, look, inputs.calendar), look.at)
        for number, look in enumerate(looks)
    }
    return values_at(measured, numbers)


def assessed(
    inputs: Inputs, track: Track, looks: Sequence[Look], days: Sequence[date], *, only: pl.DataFrame | None = None
) -> pl.DataFrame:
    """Every partner in every look of the months from its start on: the grid of `Qualified`.

    `days` are the days read, ascending; a look's `at` is the number of its day among them. `only` names the partner_ids
    and looks that are wanted where not all of them are.
    """
    program, grid = inputs.program, _grid(inputs, track, looks, days, only)
    criteria = [c.leaf.is_met.alias(c.column) for c in _criteria(program, track)]
    gates = [holds_now(gate) for gate in (program.gate, track.gate) if gate]
    gate = pl.all_horizontal(gates) if gates else pl.lit(value=True)
    tiers, below = [], pl.lit(value=True)
    for tier in track.earned_tiers:
        met = _tier_met(tier)
        below = below & met if track.each_tier_requires == "all_below_too" else met
        tiers.append(below.alias(met_column(tier)))
    return grid.with_columns(*criteria, gate.alias("gate")).with_columns(tiers)


def _tier_met(tier: Tier) -> pl.Expr:
    def column(leaf: Leaf) -> pl.Expr:
        return pl.col(criterion_column(tier.id, leaf))

    return requires_expr(tier.requires, column).fill_null(value=False) if tier.requires else pl.lit(value=True)


def met_column(tier: Tier) -> str:
    """The name of the column that says whether a tier's requirements are met."""
    return f"met.{tier.id}"


def measured_at(inputs: Inputs, metric: Metric, readings: Readings) -> pl.DataFrame:
    """One metric at its readings, for every partner that has facts (see `measure.measure`)."""
    contracts = {name: export_contract(name) for name in ("partners", metric.from_)}
    return measure(
        metric,
        inputs.program.where_of(metric),
        inputs.exports.get(metric.from_, ()),
        contracts=contracts,
        roster=inputs.roster,
        counts_from=inputs.program.counts_from,
        readings=readings,
        repeating=inputs.repeating,
    )
