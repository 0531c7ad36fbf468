"""Amounts: the rows that a metric of rows counts, each with what it adds."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import polars as pl

from tierctl.contracts import NUMBER
from tierctl.exact import WHOLE, micros
from tierctl.inputs import Inputs
from tierctl.measure.columns import measured_field
from tierctl.measure.conditions import row_figure, where_expr
from tierctl.measure.exchange import FACTOR, Conversion, conversion_of, with_currency, with_row_factors
from tierctl.measure.exploded import AMOUNT, PER
from tierctl.measure.facts import ON, Scan, keyed_once, scan_facts, scan_of
from tierctl.measure.latest import ORDER, latest_only
from tierctl.measure.readings import Readings
from tierctl.measure.shapes import Shape, measured_shape, times_scale
from tierctl.program.metrics import Metric

MET = "__met"
"""Whether a row meets the condition of a share."""

_ROW_BY_ROW = ("median", "minimum", "maximum")


@dataclass(frozen=True)
class Measuring:
    """What is measured, and how exactly."""

    scan: Scan
    readings: Readings
    shape: Shape
    conversion: Conversion | None

    @classmethod
    def of(cls, inputs: Inputs, metric: Metric, readings: Readings) -> "Measuring":
        """How a metric is measured at its numbered readings."""
        program = inputs.program
        shape = measured_shape(program, metric)
        return cls(scan_of(inputs, metric), readings, shape, conversion_of(program, metric))

    @property
    def metric(self) -> Metric:
        """What is measured."""
        return self.scan.metric

    @property
    def is_of_latest(self) -> bool:
        """Whether it matters which row comes later."""
        return self.metric.latest_per is not None or self.metric.measure == "latest"

    @property
    def is_by_day_read(self) -> bool:
        """Whether amounts are converted by the day read, so that it depends on that day which rows have a rate."""
        return self.conversion is not None and self.conversion.by_day_read

    @property
    def is_row_by_row(self) -> bool:
        """Whether a reading's value cannot be told from what changed since the one before."""
        return self.metric.measure in _ROW_BY_ROW or (self.is_of_latest and self.is_by_day_read)

    @property
    def counted(self) -> tuple[str, ...]:
        """The columns of a distinct count; empty where rows are counted."""
        inputs, count = self.scan.inputs, self.metric.count or ()
        return () if keyed_once(inputs.program, self.metric, inputs.repeating) else count


def rows_of_parts(measuring: Measuring) -> Iterator[pl.LazyFrame]:
    """What `counted_rows` gives, part by part of the metric's export."""
    for rows in measuring.scan.inputs.exports.get(measuring.scan.source.export, ()):
        yield counted_rows(measuring, rows)


def counted_rows(measuring: Measuring, rows: pl.LazyFrame, kept: Sequence[str] = ()) -> pl.LazyFrame:
    """The metric's segments of one part of its export, with no more of them than is measured.

    Numbers group twice as fast as names, so partner_id is the partner's number in the roster.

    Args:
        measuring: what is measured.
        rows: the part, in its contract's columns and types.
        kept: further columns to be carried along.

    Returns:
        One row per segment that is seen: partner_id (Int64), lo and hi (see `scan_facts`), __amount (null: it has none)
        in the metric's shape, and what else the measure needs. Amounts are converted, and rows that later ones replace
        are left out, except where rates are those of the day read. No order.
    """
    scan, conversion = measuring.scan, measuring.conversion
    facts = scan_facts(scan, rows, measuring.readings)
    if measuring.is_of_latest:
        facts = _ordered(facts, measuring)
    if conversion and conversion.by_day_read:
        facts = with_currency(facts, scan.inputs, conversion)
    narrow = facts.select(*_columns(measuring), *(pl.col(name) for name in kept))
    if conversion and not conversion.by_day_read:
        amounts = with_row_factors(narrow.collect(), scan.inputs, conversion, pl.col(ON))
        is_converted = pl.col(FACTOR).is_not_null() | pl.col(AMOUNT).is_null()
        narrow = amounts.lazy().filter(is_converted).with_columns(pl.col(AMOUNT) * pl.col(FACTOR)).drop(ON, FACTOR)
    is_cut = measuring.is_of_latest and not measuring.is_by_day_read
    return latest_rows(narrow.collect(), measuring).lazy() if is_cut else narrow


def latest_rows(rows: pl.DataFrame, measuring: Measuring) -> pl.DataFrame:
    """Of each value of `latest_per` the latest row, and for `latest` the latest of those with an amount."""
    count = measuring.readings.count
    if measuring.metric.latest_per is not None:
        rows = latest_only(rows, ["partner_id", PER], count)
    if measuring.metric.measure == "latest":
        rows = latest_only(rows.drop_nulls(AMOUNT), ["partner_id"], count)
    return rows


def amount_of(measuring: Measuring, column: str) -> pl.Expr:
    """A row's amount as its column has it, or exactly: in units, times the row's factor."""
    metric, program = measuring.metric, measuring.scan.inputs.program
    if measuring.shape.is_plain:
        return pl.col(column)
    is_whole = measured_field(program, metric.from_ or "", column).type == "integer"
    units = pl.col(column).cast(WHOLE) if is_whole else micros(pl.col(column))
    if metric.times is None:
        return units
    factor = (row_figure(metric.times).cast(NUMBER) * pl.lit(10 ** times_scale(metric))).cast(WHOLE)
    return units * factor


def met_of(measuring: Measuring) -> pl.Expr:
    """Whether a row meets the condition of a share."""
    where = measuring.scan.inputs.program.where(measuring.metric.share)
    return where_expr(where) if where else pl.lit(value=True)


def _columns(measuring: Measuring) -> Iterator[pl.Expr]:
    metric, conversion = measuring.metric, measuring.conversion
    yield pl.col("partner_id").to_physical().cast(pl.Int64)
    yield pl.col("lo", "hi")
    if metric.column is not None:
        yield amount_of(measuring, metric.column).alias(AMOUNT)
    if metric.share is not None:
        yield met_of(measuring).alias(MET)
    if metric.latest_per is not None:
        yield pl.col(metric.latest_per).alias(PER)
    if measuring.is_of_latest:
        yield pl.col(ORDER)
    if conversion:
        yield pl.col("__currency") if conversion.by_day_read else pl.col(ON)
        if not conversion.by_day_read:
            yield pl.col(conversion.currency)
    yield from (pl.col(key) for key in measuring.counted if key != "partner_id")


def _ordered(facts: pl.LazyFrame, measuring: Measuring) -> pl.LazyFrame:
    """Adds the order of the rows: by the day that dates them, then by the key of their table."""
    metric, program, repeating = measuring.metric, measuring.scan.inputs.program, measuring.scan.inputs.repeating
    contract = program.contract(measuring.scan.source.export)
    key = contract.names if contract.name in repeating else contract.primary_key or contract.names
    if metric.latest_per is not None:
        facts = facts.drop_nulls(metric.latest_per)
    return facts.sort(ON, *key, nulls_last=False).with_row_index(ORDER)
