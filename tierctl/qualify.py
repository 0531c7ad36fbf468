"""Qualify: from readings to criteria, and from criteria to the tiers that each look earns.

One grid holds everything: a row per partner and look, with the metrics' values, one column per criterion and one per
tier. Unknown never counts as met.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

import polars as pl

from tierctl.contracts import NUMBER, export_contract
from tierctl.criteria import (
    PARTNER,
    Criterion,
    Leaf,
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
from tierctl.money import plain_number
from tierctl.program.model import Metric, Program, Tier, Track
from tierctl.program.values import Holds

_DAY = timedelta(days=1)
_TERMS = {
    "look": pl.Int32(),
    "rank": pl.Int32(),
    "from": pl.Date(),
    "through": pl.Date(),
    "is_open": pl.Boolean(),
    "because": pl.String(),
}


@dataclass(frozen=True)
class Inputs:
    """What a program is evaluated from: typed rows by export, the roster, the calendar and the months of the fold.

    `roster` has one row per partner whose fold has begun, sorted by partner_id: the columns of the partners export and
    start_on, the day on which its fold begins. Its partner_id is an Enum of all of them, in alphabetical order; every
    frame of the evaluation uses that type.
    """

    program: Program
    exports: Mapping[str, Sequence[pl.LazyFrame]]
    roster: pl.DataFrame
    calendar: Calendar
    months: tuple[FiscalMonth, ...]
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
    """What every look of every month found, for one track.

    `grid`: one row per partner_id × look, for the months from the partner's start on: look (Int32), at (Int32, the
    month's number), day, every metric by its id (Decimal, null: unknown), every criterion by its column (null:
    unknown), `met:TIER` and `gate` (never null). Sorted by partner_id, look.
    """

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
    first = inputs.program.first_counted
    months = enumerate(inputs.months)
    looks = [look for at, month in months for look in looks_of_month(at, month, inputs.calendar, periods, first)]
    days = [month.last for month in inputs.months]
    grid = _grid(inputs, track, looks, days)
    return Qualified(track, _criteria(inputs.program, track), tuple(looks), _assessed(grid, inputs.program, track))


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


def _grid(inputs: Inputs, track: Track, looks: Sequence[Look], days: Sequence[date]) -> pl.DataFrame:
    """Every partner's metrics in every look of its months; `days` are the days read, by their numbers in the looks."""
    columns = [
        pl.col(name.removeprefix(PARTNER)).alias(name)
        for name in _subjects(inputs.program, track)
        if _is_of_partner(name)
    ]
    numbered = pl.DataFrame(
        {
            "look": range(len(looks)),
            "at": [look.at for look in looks],
            "day": [look.day for look in looks],
            "month_last": [inputs.calendar.month_of(look.day).last for look in looks],
        },
        schema={"look": pl.Int32, "at": pl.Int32, "day": pl.Date, "month_last": pl.Date},
    )
    grid = inputs.roster.select("partner_id", "start_on", *columns).join(numbered, how="cross")
    grid = grid.filter(pl.col("start_on") <= pl.col("month_last")).drop("start_on", "month_last")
    for name, metric in _metrics_of(inputs.program, track).items():
        values = _values(inputs, metric, looks, days).rename({"value": name})
        grid = grid.join(values, on=["partner_id", "look"], how="left").with_columns(
            pl.col(name).fill_null(0).cast(NUMBER)
        )
    return grid.sort("partner_id", "look")


def _values(inputs: Inputs, metric: Metric, looks: Sequence[Look], days: Sequence[date]) -> pl.DataFrame:
    readings = readings_of(metric, looks, days, inputs.calendar)
    measured = measured_at(inputs, metric, readings)
    numbers = {
        number: readings.number(window_span(metric, look, inputs.calendar), look.at)
        for number, look in enumerate(looks)
    }
    return values_at(measured, numbers)


def _assessed(grid: pl.DataFrame, program: Program, track: Track) -> pl.DataFrame:
    """Adds the criteria, the tiers met and the gate."""
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
    return f"met:{tier.id}"


def earned_grants(inputs: Inputs, qualified: Qualified) -> pl.DataFrame:
    """What each look earns: a grant for every tier whose requirements it meets, gate and start regarded by the fold.

    Returns:
        One row per partner_id × look × rank that is met: at, rank (Int32), from, through (the last day held, never
        before from), is_open (whether the look is the open one), because (which look met it, and with what).
    """
    frames = []
    for tier in qualified.track.earned_tiers:
        found = [
            pl.format("{} {}", pl.lit(criterion.leaf.path), plain_number(criterion.leaf.value))
            for criterion in qualified.criteria
            if criterion.tier == tier.id
        ]
        because = pl.format("{}: {}", "because", pl.concat_str(found, separator=", ")).alias("because")
        met = qualified.grid.filter(met_column(tier)).join(_terms(inputs, qualified, tier), on="look")
        frames.append(met.select("partner_id", "look", "at", "rank", "from", "through", "is_open", because))
    earned = pl.concat(frames) if frames else pl.DataFrame(schema=_earned_schema(inputs.partner_type))
    if inputs.program.policy.takes_effect == "attained":
        earned = _from_attained(inputs, qualified, earned)
    return earned.filter(pl.col("from") <= pl.col("through"))


def _earned_schema(partner_type: pl.DataType) -> pl.Schema:
    return pl.Schema({"partner_id": partner_type, "at": pl.Int32()} | _TERMS)


def _terms(inputs: Inputs, qualified: Qualified, tier: Tier) -> pl.DataFrame:
    """For each look the days from which and through which a tier earned in it is held, and how the look is told."""
    rank, next_month = qualified.track.ranks[tier.id], inputs.program.policy.takes_effect == "next_month"
    rows = []
    for number, look in enumerate(qualified.looks):
        begins = inputs.calendar.month_of(look.day).last + _DAY if next_month else look.day
        through = held_through(tier.holds, look.merit_day, inputs.calendar) if tier.holds else date.max
        rows.append((number, rank, begins, through, look.kind == "open", f"{tier.id} {_told(look)}"))
    return pl.DataFrame(rows, schema=_TERMS, orient="row")


def _told(look: Look) -> str:
    if look.span is None:
        return f"met on {look.day}"
    read = f"met for {look.span.first} to {look.span.last}, read on {look.day}"
    return f"{read} (in hindsight)" if look.kind == "hindsight" else read


def held_through(holds: Holds, merit: date, calendar: Calendar) -> date:
    """The last day on which a tier is held that was merited on a day.

    >>> from tierctl.fiscal import Calendar
    >>> held_through(Holds.model_validate("through_next_calendar_year"), date(2025, 5, 31), Calendar.months())
    datetime.date(2026, 12, 31)
    """
    if holds.kind == "days":
        return merit + ((holds.count or 1) - 1) * _DAY
    if holds.kind == "fiscal_months":
        return calendar.shift(calendar.month_of(merit), holds.count or 1).last
    period = holds.period or "fiscal_month"
    span = calendar.instance(period, merit)
    return calendar.next_instance(period, span).last if holds.kind == "through_next" else span.last


def _from_attained(inputs: Inputs, qualified: Qualified, earned: pl.DataFrame) -> pl.DataFrame:
    """Dates what an open look earned by the day on which the requirements came to be met for good in that month.

    That is the first day of the unbroken run, up to the review day, of days on which they held, each read as of
    itself (E6 read as `attained`); at the earliest the fiscal month's first day.
    """
    program, track = inputs.program, qualified.track
    met = earned.filter("is_open")
    inputs = replace(inputs, roster=inputs.roster.join(met, on="partner_id", how="semi"))
    days = [month.first + i * _DAY for month in inputs.months for i in range((month.last - month.first).days + 1)]
    at_of = {day: at for at, month in enumerate(inputs.months) for day in days if month.first <= day <= month.last}
    looks = [Look(number, day, "open") for number, day in enumerate(days)]
    grid = _assessed(_grid(inputs, track, looks, days), program, track)
    months = pl.DataFrame(
        {
            "look": range(len(days)),
            "month": [at_of[day] for day in days],
            "first": [inputs.months[at_of[d]].first for d in days],
        },
        schema={"look": pl.Int32, "month": pl.Int32, "first": pl.Date},
    )
    grid = grid.join(months, on="look")
    frames = []
    for tier in track.earned_tiers:
        last_failed = pl.col("day").filter(~pl.col(met_column(tier))).max()
        attained = grid.group_by("partner_id", at="month").agg(
            (last_failed + _DAY).fill_null(pl.col("first").first()).alias("attained_on"),
            pl.lit(track.ranks[tier.id], dtype=pl.Int32).alias("rank"),
        )
        frames.append(attained)
    dated = earned.join(pl.concat(frames), on=["partner_id", "at", "rank"], how="left")
    begins = pl.when("is_open").then(pl.coalesce("attained_on", "from")).otherwise("from")
    return dated.with_columns(begins.alias("from")).drop("attained_on")


def measured_at(inputs: Inputs, metric: Metric, readings: Readings) -> pl.DataFrame:
    """One metric at its readings, for every partner that has facts (see `measure.measure`)."""
    contracts = {name: export_contract(name) for name in ("partners", metric.from_)}
    return measure(
        metric,
        inputs.program.where_of(metric),
        inputs.exports.get(metric.from_, ()),
        contracts=contracts,
        roster=inputs.roster.lazy(),
        counts_from=inputs.program.counts_from,
        readings=readings,
        repeating=inputs.repeating,
    )
