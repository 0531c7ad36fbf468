"""The grid: every subject of some requirements, for every partner in every look.

A sheet plans one grid: its looks, what stands in it, and the sheets beneath it, for requirements that look at complete
windows of their own. Each metric is measured once, at all the readings that any of the sheets needs.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial

import polars as pl

from tierctl.contracts import NUMBER
from tierctl.criteria import Leaf, leaf_met, leaves_of, missing_of, requires_expr, with_nested
from tierctl.figures import Figures, column_of, over_of, units_of
from tierctl.fiscal import Period, Span
from tierctl.inputs import Inputs, qualification_column, tier_column
from tierctl.measure import measure, measure_attested, values_at
from tierctl.measure.readings import (
    Look,
    Readings,
    complete_instances,
    readings_of,
    to_date_period,
    window_span,
)
from tierctl.program.held import TierHeld
from tierctl.program.metrics import Metric
from tierctl.program.model import Program
from tierctl.program.reads import ATTESTED, PARTNER, QUALIFIED, TIER, InEach, Reading, Reads, operands_of, reads_of
from tierctl.program.values import Requires


@dataclass(frozen=True)
class Sheet:
    """One grid to be filled: its looks, the names that stand in it, and the sheets beneath it."""

    looks: tuple[Look, ...]
    names: tuple[str, ...]
    beneath: "tuple[Complete, ...]"


@dataclass(frozen=True)
class Complete:
    """A bound in each of the last complete windows, and the sheet of those windows.

    `counts` has, by the number of a day read, how many of the windows are read at all.
    """

    bound: InEach
    sheet: Sheet
    counts: tuple[int, ...]


@dataclass(frozen=True)
class Filled:
    """A grid: one row per partner_id × look, and those beneath it by the key of their bound."""

    grid: pl.DataFrame
    beneath: Mapping[str, tuple[Complete, pl.DataFrame]]


def sheet_of(inputs: Inputs, items: Sequence[Reading], looks: Sequence[Look], days: Sequence[date]) -> Sheet:
    """The plan of a grid.

    Args:
        inputs: what is evaluated.
        items: the requirements, figures and names that are evaluated in it.
        looks: its looks, in order.
        days: the days read, ascending; a look's `at` is the number of its day among them.
    """
    program = inputs.program
    own = reads_of(program, items)
    # What is asked of complete windows is also shown as the look itself reads it.
    everything = reads_of(program, [*items, *(item for each in own.each for item in _asked(each))])
    read = {look.at for look in looks}
    beneath = tuple(_complete(inputs, each, days, read) for each in everything.each)
    return Sheet(tuple(looks), everything.names, beneath)


def _asked(each: InEach) -> list[Reading]:
    return [each.subject, *operands_of(each.bound)]


def periods_of(program: Program, reads: Reads) -> set[Period]:
    """The periods of the to-date windows of all metrics that are read."""
    metrics = [program.metrics[name] for name in reads.names if name in program.metrics]
    return {period for metric in metrics if (period := to_date_period(metric))}


def windows_asked(inputs: Inputs, each: InEach, day: date) -> tuple[Period | None, list[Span]]:
    """The complete windows that a bound asks for on a day, the latest first, and their period.

    None and no windows where the subject has no windows of one period, which lint refuses.
    """
    periods = sorted(periods_of(inputs.program, reads_of(inputs.program, [each.subject])))
    if not periods:
        return None, []
    return periods[0], complete_instances(day, periods[0], each.bound.in_each_of_last or 0, inputs.calendar)


def _complete(inputs: Inputs, each: InEach, days: Sequence[date], ats: Collection[int]) -> Complete:
    """The complete windows of the days with these numbers."""
    looks: list[Look] = []
    counts = []
    for at, day in enumerate(days):
        period, spans = windows_asked(inputs, each, day) if at in ats else (None, [])
        read = [span for span in spans if span.last >= inputs.first_counted]
        looks += [Look(at, day, "complete", period, span) for span in read]
        counts.append(len(read))
    return Complete(each, sheet_of(inputs, _asked(each), looks, days), tuple(counts))


def fill(inputs: Inputs, sheet: Sheet, days: Sequence[date], only: pl.DataFrame | None = None) -> Filled:
    """Fills a sheet and those beneath it.

    Args:
        inputs: what is evaluated.
        sheet: the plan.
        days: the days read, ascending.
        only: partner_id and look of the rows that are wanted, where not all of them are.

    Returns:
        The grids: partner_id, look (Int32), at (Int32), day, month_end; every metric as `metric.ID` (NUMBER, null:
        unknown) with `units.ID` and `over.ID` where it is no plain number; `partner.COLUMN`, `attested.NAME` (NUMBER),
        `tier.TRACK` (its rank, null: none), `qualified.TRACK.NAME` (null: not held); and a Boolean for every bound on
        complete windows. For the months from each partner's start on, sorted by partner_id, look.
    """
    return _fill(inputs, sheet, _Measured(inputs, days, sheet), only)


class _Measured:
    """Every metric and attestation at all readings that the sheets need, each measured when it is first asked for.

    What the last sheet that reads it has been given is kept no longer: a metric of all months and partners is large.
    """

    def __init__(self, inputs: Inputs, days: Sequence[date], sheet: Sheet) -> None:
        self._inputs, self._days = inputs, days
        self._looks: dict[str, dict[Look, None]] = {}
        self._sheets: Counter[str] = Counter()
        self._found: dict[str, tuple[Readings, pl.DataFrame]] = {}
        self._collect(sheet)

    def _collect(self, sheet: Sheet) -> None:
        for name in sheet.names:
            self._looks.setdefault(name, {}).update(dict.fromkeys(sheet.looks))
            self._sheets[name] += 1
        for complete in sheet.beneath:
            self._collect(complete.sheet)

    def metric(self, name: str, metric: Metric, looks: Sequence[Look]) -> pl.DataFrame:
        """One row per partner_id × look: value, and units and over where it is no plain number."""
        calendar = self._inputs.calendar
        if name not in self._found:
            readings = readings_of(metric, list(self._looks[name]), self._days, calendar)
            self._found[name] = readings, measure(self._inputs, metric, readings)
        readings, measured = self._given(name)
        numbers = {
            number: readings.number(window_span(metric, look, calendar), look.at) for number, look in enumerate(looks)
        }
        return values_at(measured, numbers)

    def attested(self, name: str, looks: Sequence[Look]) -> pl.DataFrame:
        """One row per partner_id × look: value, 1 or 0."""
        if name not in self._found:
            readings = Readings(tuple(self._days))
            self._found[name] = readings, measure_attested(self._inputs, name.removeprefix(ATTESTED), self._days)
        return values_at(self._given(name)[1], {number: look.at for number, look in enumerate(looks)})

    def _given(self, name: str) -> tuple[Readings, pl.DataFrame]:
        self._sheets[name] -= 1
        return self._found[name] if self._sheets[name] else self._found.pop(name)


def _fill(inputs: Inputs, sheet: Sheet, measured: _Measured, only: pl.DataFrame | None) -> Filled:
    program, beneath = inputs.program, {}
    grid = _rows(inputs, sheet, only)
    for complete in sheet.beneath:
        of = None if only is None else _of_complete(grid, complete)
        filled = _fill(inputs, complete.sheet, measured, of)
        tested = _tested(inputs, filled.grid, each_leaves(complete.bound))
        beneath[complete.bound.key] = (complete, tested)
        grid = _with_each(grid, complete, tested)
    figures = figures_of(inputs)
    for name in sheet.names:
        metric = program.metrics.get(name)
        if metric is None:
            grid = _with_subject(inputs, grid, sheet, name, measured)
        elif metric.is_of_rows:
            named = {"value": column_of(name), "units": units_of(name), "over": over_of(name)}
            values = measured.metric(name, metric, sheet.looks)
            values = values.rename({old: new for old, new in named.items() if old in values.columns})
            grid = grid.join(values, on=["partner_id", "look"], how="left", maintain_order="left")
        else:
            grid = _with_computed(grid, name, metric, figures)
    return Filled(grid, beneath)


def _rows(inputs: Inputs, sheet: Sheet, only: pl.DataFrame | None) -> pl.DataFrame:
    """Every partner in every look of its months, or `only` some; with the columns of the roster that are read."""
    names = [name for name in sheet.names if name.startswith(PARTNER)]
    columns = [pl.col(name.removeprefix(PARTNER)).alias(name) for name in names]
    numbered = pl.DataFrame(
        {
            "look": range(len(sheet.looks)),
            "at": [look.at for look in sheet.looks],
            "day": [look.day for look in sheet.looks],
            "month_end": [inputs.calendar.month_of(look.day).last for look in sheet.looks],
        },
        schema={"look": pl.Int32, "at": pl.Int32, "day": pl.Date, "month_end": pl.Date},
    )
    roster = inputs.roster.select("partner_id", "start_on", *columns)
    if only is None:
        grid = roster.join(numbered, how="cross")
    else:
        grid = roster.join(only, on="partner_id").join(numbered, on="look")
    grid = grid.filter(pl.col("start_on") <= pl.col("month_end")).drop("start_on")
    return grid.with_columns(_as_of_day(inputs.program, name) for name in names).sort("partner_id", "look")


def _as_of_day(program: Program, name: str) -> pl.Expr:
    """A column of the roster as the day read sees it: a date that lies ahead has not happened yet."""
    field = program.contract("partners").field(name.removeprefix(PARTNER))
    value = pl.col(name)
    return pl.when(value <= pl.col("day")).then(value) if field.type == "date" and not field.is_known_ahead else value


def _with_subject(inputs: Inputs, grid: pl.DataFrame, sheet: Sheet, name: str, measured: _Measured) -> pl.DataFrame:
    """Adds an attestation or a standing; the columns of the roster are there already."""
    if name.startswith(ATTESTED):
        values = measured.attested(name, sheet.looks).rename({"value": name})
        return grid.join(values, on=["partner_id", "look"], how="left", maintain_order="left")
    if not name.startswith((TIER, QUALIFIED)):
        return grid
    held = inputs.held.get(_held_column(inputs, name))
    if held is None:
        return grid.with_columns(pl.lit(None, dtype=pl.Int32).alias(name))
    known = held.with_columns(pl.col("partner_id").cast(inputs.partner_type, strict=False)).drop_nulls("partner_id")
    looked = grid.select("partner_id", "look", "day", "month_end").join(known, on=["partner_id", "month_end"])
    stood = looked.filter(pl.col("day").is_between(pl.col("from"), pl.col("through")))
    ranks = stood.group_by("partner_id", "look").agg(pl.col("rank").max().alias(name))
    return grid.join(ranks, on=["partner_id", "look"], how="left", maintain_order="left")


def _held_column(inputs: Inputs, name: str) -> str:
    """The name under which the ladder is known whose standing is read; its track is one's own unless it is named."""
    if name.startswith(TIER):
        return tier_column(name.removeprefix(TIER) or inputs.track)
    track, _, qualification = name.removeprefix(QUALIFIED).rpartition(".")
    return qualification_column(track or inputs.track, qualification)


def _with_computed(grid: pl.DataFrame, name: str, metric: Metric, figures: Figures) -> pl.DataFrame:
    """Adds a metric of metrics."""
    number = figures.computed(metric)
    exact = [number.units.alias(units_of(name))]
    if number.over is not None:
        exact.append(number.over.alias(over_of(name)))
    return grid.with_columns(exact).with_columns(figures.subject(name).rounded.alias(column_of(name)))


def figures_of(inputs: Inputs) -> Figures:
    """The figures of the program, those chosen by requirements included, over the columns of a grid."""

    def holds(requires: Requires) -> pl.Expr:
        return requires_expr(requires, met).fill_null(value=False)

    def met(leaf: Leaf) -> pl.Expr:
        return leaf.is_met if leaf.in_each else leaf_met(leaf, figures, partial(_rank, inputs))

    figures = Figures(inputs.program, holds)
    return figures


def _rank(inputs: Inputs, held: TierHeld) -> int:
    return inputs.program.tracks[held.track or inputs.track].ranks[held.at_least]


def each_leaves(each: InEach) -> list[Leaf]:
    """The bound on complete windows, word by word."""
    return list(leaves_of(Requires.model_construct(tests={each.subject: each.bound})))


def with_leaves(inputs: Inputs, grid: pl.DataFrame, leaves: Iterable[Leaf]) -> pl.DataFrame:
    """Adds a Boolean for every bound that has none yet, null where it is unknown, and what is not a plain threshold."""
    figures, columns = figures_of(inputs), {}
    for leaf in with_nested(leaves):
        if leaf.met_column not in grid.columns:
            columns[leaf.met_column] = leaf_met(leaf, figures, partial(_rank, inputs))
        if leaf.is_compared_with_figure:
            threshold = figures.figure(getattr(leaf.bound, leaf.word)).rounded
            told = leaf.threshold_column in grid.columns
            columns[leaf.threshold_column] = pl.coalesce(leaf.threshold_column, threshold) if told else threshold
    return grid.with_columns(**columns)


def _tested(inputs: Inputs, grid: pl.DataFrame, leaves: Sequence[Leaf]) -> pl.DataFrame:
    """Adds what a bound finds in each complete window: whether it is met, the value, what is missing."""
    figures = figures_of(inputs)
    tested = with_leaves(inputs, grid, leaves)
    nothing = pl.lit(0).cast(NUMBER)
    return tested.with_columns(
        *(pl.col(column_of(leaf.subject)).alias(leaf.value_column) for leaf in leaves),
        *(
            pl.when(leaf.is_met)
            .then(nothing)
            .when(~leaf.is_met)
            .then(missing_of(leaf, figures))
            .alias(leaf.missing_column)
            for leaf in leaves
        ),
    )


def _of_complete(grid: pl.DataFrame, complete: Complete) -> pl.DataFrame:
    """The rows of a sheet beneath that the rows of a grid ask for."""
    looks = complete.sheet.looks
    numbers = pl.DataFrame(
        {"look": range(len(looks)), "at": [look.at for look in looks]}, schema={"look": pl.Int32, "at": pl.Int32}
    )
    return grid.select("partner_id", "at").unique().join(numbers, on="at").select("partner_id", "look")


def _with_each(grid: pl.DataFrame, complete: Complete, tested: pl.DataFrame) -> pl.DataFrame:
    """Adds for every word of the bound whether it is met in each window; one that is not read leaves it unknown.

    The value and what is missing are those of the last window, null where it is not read.
    """
    asked, leaves = complete.bound.bound.in_each_of_last or 0, each_leaves(complete.bound)
    met = [leaf.met_column for leaf in leaves]
    told = [name for leaf in leaves for name in (leaf.value_column, leaf.missing_column)]
    told += [leaf.threshold_column for leaf in leaves if leaf.is_compared_with_figure]
    counts = pl.DataFrame(
        {"at": range(len(complete.counts)), "__read": complete.counts}, schema={"at": pl.Int32, "__read": pl.Int32}
    )
    in_all = tested.group_by("partner_id", "at").agg(pl.col(met).all(ignore_nulls=False))
    unread = pl.when(pl.col("__read") >= asked).then(pl.lit(value=True))
    joined = grid.join(in_all, on=["partner_id", "at"], how="left", maintain_order="left")
    joined = joined.join(counts, on="at", how="left", maintain_order="left")
    last = tested.sort("partner_id", "look").unique(["partner_id", "at"], keep="first", maintain_order=True)
    told = [name for name in told if name not in grid.columns]
    last = last.select("partner_id", "at", *dict.fromkeys(told))
    joined = joined.join(last, on=["partner_id", "at"], how="left", maintain_order="left")
    return joined.with_columns(pl.col(name) & unread for name in met).drop("__read")
