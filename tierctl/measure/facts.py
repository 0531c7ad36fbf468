"""Facts: the segments of a metric's rows, each with the half-open range of readings that sees it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl

from tierctl.inputs import Inputs
from tierctl.measure.computed import computed_of, with_computed
from tierctl.measure.exchange import currency_column
from tierctl.measure.joined import Joined, joined_rows, with_joined
from tierctl.measure.readings import Readings
from tierctl.measure.seen import that_are_seen, within_enrollment
from tierctl.measure.segments import (
    FROM,
    UNTIL,
    Source,
    begin_segments,
    split_at_events,
    that_pass,
    with_partner_columns,
)
from tierctl.program.metrics import Metric, Running
from tierctl.program.model import Program

ON = "__on"
"""The day that dates a row."""


@dataclass(frozen=True)
class Scan:
    """How the rows of one metric are read: what it reads of them, and what they are joined to."""

    inputs: Inputs
    metric: Metric
    source: Source
    joined: tuple[Joined, ...]


def scan_of(inputs: Inputs, metric: Metric) -> Scan:
    """How the rows of a metric are read."""
    source = source_of(inputs.program, metric)
    return Scan(inputs, metric, source, joined_rows(inputs, source))


def source_of(program: Program, metric: Metric) -> Source:
    """Which rows a metric is measured from, and which of their columns it reads."""
    export, share = metric.from_ or "", program.where(metric.share)
    read = [
        *filter(None, (metric.column, metric.latest_per, currency_column(program, metric))),
        *(metric.count or ()),
        *metric.on,
    ]
    # Of several dates the first filled counts, and one that lies ahead is not filled yet; a single one is waited for.
    single = metric.on if len(metric.on) == 1 else ()
    since = (metric.running.since,) if metric.running else ()
    waited_for = frozenset(filter(None, (*single, *since, program.contract(export).row_date)))
    return Source(
        export,
        program.where(metric.where),
        metric.with_,
        read=tuple(item for item in (share, metric.times) if item is not None),
        columns=tuple(dict.fromkeys(read)),
        waited_for=waited_for,
    )


def scan_facts(scan: Scan, rows: pl.LazyFrame, readings: Readings, *, unseen: bool = False) -> pl.LazyFrame:
    """The segments of a metric's rows that any of its readings sees.

    Args:
        scan: how the metric's rows are read.
        rows: one part of the export, in its contract's columns and types.
        readings: the metric's numbered readings.
        unseen: the rows that the primary user cannot see, in place of those that count.

    Returns:
        One row per segment: the export's columns and those joined or computed, partner_id in the roster's type, __on
        (the day that dates the row), lo and hi (Int32): the half-open range of readings that see the segment. No order.
        Rows that count for nothing, and rows of partners that the roster lacks, are left out.
    """
    inputs, metric, source = scan.inputs, scan.metric, scan.source
    lf = rows.with_columns(pl.col("partner_id").cast(inputs.partner_type, strict=False)).drop_nulls("partner_id")
    begun = begin_segments(
        with_partner_columns(lf, inputs, source.names), inputs.program.contract(source.export).row_date
    )
    begun = with_computed(begun, lf, inputs, computed_of(inputs, source.export, source.names))
    begun = with_joined(begun, scan.joined)
    segments = that_pass(split_at_events(begun, inputs, source), source.where)
    segments = _with_visible_days(segments, metric, inputs.program.counts_from)
    if metric.window == "enrollment":
        segments = within_enrollment(segments, inputs, ON)
    segments = that_are_seen(segments, inputs, source.export, unseen=unseen)
    return _with_range(segments, readings).filter(pl.col("lo") < pl.col("hi"))


def _with_visible_days(lf: pl.LazyFrame, metric: Metric, counts_from: date | None) -> pl.LazyFrame:
    """Adds the day that dates the row and narrows the days from which and until which (exclusive) it is seen."""
    running = metric.running
    since = pl.col(running.since) if running else None
    if running and since is not None and running.more_than_days is not None:
        since = since.dt.offset_by(f"{running.more_than_days + 1}d")
    on = pl.coalesce(metric.on) if metric.on else pl.col(running.since if running else "")
    must = [on] if since is None else [on, since]
    counts = pl.all_horizontal(day.is_not_null() for day in must)
    if counts_from:
        counts &= on >= pl.lit(counts_from)
    return lf.filter(counts).with_columns(
        on.alias(ON),
        pl.max_horizontal(FROM, *must).alias(FROM),
        pl.min_horizontal(UNTIL, _end(running)).alias(UNTIL),
    )


def _end(running: Running | None) -> pl.Expr:
    """The first day on which the row no longer runs; null: no end."""
    if running and running.before:
        return pl.col(running.before)
    if running and running.through:
        return pl.col(running.through).dt.offset_by("1d")
    return pl.lit(None, dtype=pl.Date)


def _with_range(lf: pl.LazyFrame, readings: Readings) -> pl.LazyFrame:
    """Adds lo and hi, the half-open range of readings that see the segment."""
    table, on = readings.table(), pl.col(ON)
    first = table.look_up(table.at, pl.col(FROM))
    until = table.look_up(table.at, pl.col(UNTIL)).fill_null(len(readings.days))
    if readings.instances:
        shift, start, end = (table.look_up(s, on) for s in (table.shift, table.first_at, table.end_at))
        return lf.with_columns(
            (shift + first.clip(start, end)).alias("lo"), (shift + until.clip(start, end)).alias("hi")
        )
    if readings.trailing:
        first = pl.max_horizontal(first, table.look_up(table.enters, on))
        until = pl.min_horizontal(until, table.look_up(table.leaves, on))
    return lf.with_columns(first.alias("lo"), until.alias("hi"))


def keyed_once(program: Program, metric: Metric, repeating: Sequence[str]) -> bool:
    """Whether a distinct count is a count of rows: it counts the export's own key, and no row of it repeats."""
    contract = program.contract(metric.from_ or "")
    return metric.count == contract.primary_key and contract.name not in repeating
