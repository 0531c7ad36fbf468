"""Values: one metric of rows at all its readings, for every partner.

The parts of an export (its partner buckets) are measured in turn, so that memory follows the largest of them.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import polars as pl

from tierctl.contracts import NUMBER
from tierctl.exact import WHOLE, micros
from tierctl.inputs import Inputs
from tierctl.measure.columns import measured_field
from tierctl.measure.conditions import row_figure, where_expr
from tierctl.measure.exchange import (
    FACTOR,
    Conversion,
    conversion_of,
    factors_by_reading,
    with_currency,
    with_row_factors,
)
from tierctl.measure.exploded import AMOUNT, PER, Exploding, exploded
from tierctl.measure.facts import ON, Scan, keyed_once, scan_facts, scan_of
from tierctl.measure.latest import ORDER, latest_only
from tierctl.measure.readings import Readings
from tierctl.measure.shapes import OVER, UNITS, VALUE, Shape, measured_shape, shape_of, times_scale
from tierctl.measure.totals import distinct, named, partials, partner_numbers, running_totals
from tierctl.program.metrics import NEVER_UNKNOWN, Metric

_ROW_BY_ROW = ("median", "minimum", "maximum")
_MET, _ROWS = "__met", "__rows"


@dataclass(frozen=True)
class _Measuring:
    """What is measured, and how exactly."""

    scan: Scan
    readings: Readings
    shape: Shape
    conversion: Conversion | None

    @property
    def metric(self) -> Metric:
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


def measure(inputs: Inputs, metric: Metric, readings: Readings) -> pl.DataFrame:
    """The value of a metric of rows for every partner of the roster, at every reading.

    What is counted distinct of a partner, is latest or alike must lie in one part of its export.

    Args:
        inputs: what is evaluated.
        metric: what is measured.
        readings: the metric's numbered readings.

    Returns:
        One row per partner_id of the roster × reading (Int32, 0 to `readings.count` − 1), sorted by both: value (NUMBER
        as it is shown, null: unknown), and where the metric's shape is not plain units and over (WHOLE).
    """
    program, numbers = inputs.program, partner_numbers(inputs)
    conversion = conversion_of(program, metric)
    measuring = _Measuring(scan_of(inputs, metric), readings, measured_shape(program, metric), conversion)
    found = _row_by_row(measuring, numbers) if measuring.is_row_by_row else _adding_up(measuring, numbers)
    return named(_finished(found, measuring), inputs).sort("partner_id", "reading")


def values_at(measured: pl.DataFrame, numbers: Mapping[int, int]) -> pl.DataFrame:
    """Renumbers readings as looks: `numbers` maps a look's number to the reading that serves it.

    Returns:
        One row per partner_id × look (Int32): the measured columns. A reading may serve several looks.
    """
    table = pl.DataFrame(
        {"look": list(numbers), "reading": list(numbers.values())}, schema={"look": pl.Int32, "reading": pl.Int32}
    )
    return measured.join(table, on="reading").drop("reading")


def _facts(measuring: _Measuring) -> Iterator[pl.LazyFrame]:
    """Part by part the metric's segments, with no more of them than is measured.

    Numbers group twice as fast as names, so partner_id is the partner's number in the roster.
    """
    scan, conversion = measuring.scan, measuring.conversion
    for rows in scan.inputs.exports.get(scan.source.export, ()):
        facts = scan_facts(scan, rows, measuring.readings)
        if measuring.is_of_latest:
            facts = _ordered(facts, measuring)
        if conversion and conversion.by_day_read:
            facts = with_currency(facts, scan.inputs, conversion)
        narrow = facts.select(*_columns(measuring))
        if conversion and not conversion.by_day_read:
            amounts = with_row_factors(narrow.collect(), scan.inputs, conversion, pl.col(ON))
            is_converted = pl.col(FACTOR).is_not_null() | pl.col(AMOUNT).is_null()
            narrow = amounts.lazy().filter(is_converted).with_columns(pl.col(AMOUNT) * pl.col(FACTOR)).drop(ON, FACTOR)
        is_cut = measuring.is_of_latest and not measuring.is_by_day_read
        yield _latest(narrow.collect(), measuring) if is_cut else narrow


def _latest(rows: pl.DataFrame, measuring: _Measuring) -> pl.LazyFrame:
    """Of each value of `latest_per` the latest row, and for `latest` the latest of those with an amount."""
    count = measuring.readings.count
    if measuring.metric.latest_per is not None:
        rows = latest_only(rows, ["partner_id", PER], count)
    if measuring.metric.measure == "latest":
        rows = latest_only(rows.drop_nulls(AMOUNT), ["partner_id"], count)
    return rows.lazy()


def _columns(measuring: _Measuring) -> Iterator[pl.Expr]:
    metric, conversion = measuring.metric, measuring.conversion
    yield pl.col("partner_id").to_physical().cast(pl.Int64)
    yield pl.col("lo", "hi")
    if metric.column is not None:
        yield _amount(measuring, metric.column).alias(AMOUNT)
    if metric.share is not None:
        where = measuring.scan.inputs.program.where(metric.share)
        yield (where_expr(where) if where else pl.lit(value=True)).alias(_MET)
    if metric.latest_per is not None:
        yield pl.col(metric.latest_per).alias(PER)
    if measuring.is_of_latest:
        yield pl.col(ORDER)
    if conversion:
        yield pl.col("__currency") if conversion.by_day_read else pl.col(ON)
        if not conversion.by_day_read:
            yield pl.col(conversion.currency)
    yield from (pl.col(key) for key in measuring.counted if key != "partner_id")


def _amount(measuring: _Measuring, column: str) -> pl.Expr:
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


def _ordered(facts: pl.LazyFrame, measuring: _Measuring) -> pl.LazyFrame:
    """Adds the order of the rows: by the day that dates them, then by the key of their table."""
    metric, program, repeating = measuring.metric, measuring.scan.inputs.program, measuring.scan.inputs.repeating
    contract = program.contract(measuring.scan.source.export)
    key = contract.names if contract.name in repeating else contract.primary_key or contract.names
    if metric.latest_per is not None:
        facts = facts.drop_nulls(metric.latest_per)
    return facts.sort(ON, *key, nulls_last=False).with_row_index(ORDER)


def _row_by_row(measuring: _Measuring, numbers: pl.DataFrame) -> pl.DataFrame:
    """The values at the readings one by one; null where there is nothing to measure."""
    conversion, days = measuring.conversion, measuring.readings.days
    found = []
    for facts in _facts(measuring):
        rows, factors = facts.collect(), None
        if conversion and conversion.by_day_read:
            factors = factors_by_reading(measuring.scan.inputs, conversion, rows["__currency"], days)
        found.append(exploded(rows, Exploding(measuring.metric, measuring.shape, factors)))
    return _on_grid(pl.concat(found) if found else _nothing(measuring), numbers, measuring.readings.count)


def _adding_up(measuring: _Measuring, numbers: pl.DataFrame) -> pl.DataFrame:
    """The values as running totals over the readings."""
    count, conversion = measuring.readings.count, measuring.conversion
    if conversion and conversion.by_day_read:
        return _converted_totals(measuring, conversion, numbers)
    changes = []
    for facts in _facts(measuring):
        if measuring.counted:
            changes.append(distinct(facts, measuring.counted, count, VALUE))
        else:
            changes.append(partials(_with_amounts(facts, measuring), _sums(measuring), count))
    if not changes:
        return _on_grid(_nothing(measuring), numbers, count)
    totals = running_totals(pl.concat(changes), numbers, count)
    if measuring.metric.measure != "latest":
        return totals
    # At most one row is left at a reading; where there is none, the total of nothing is not a value.
    return totals.with_columns(pl.when(pl.col(_ROWS) > 0).then(pl.col(_kept(measuring)))).drop(_ROWS)


def _converted_totals(measuring: _Measuring, conversion: Conversion, numbers: pl.DataFrame) -> pl.DataFrame:
    """Totals by currency, converted by each day read and only then added up."""
    count, changes = measuring.readings.count, defaultdict(list)
    for facts in _facts(measuring):
        of_part = _with_amounts(facts, measuring).collect()
        for (currency,), rows in of_part.partition_by("__currency", as_dict=True).items():
            changes[str(currency)].append(partials(rows.lazy(), _sums(measuring), count))
    currencies = pl.Series(sorted(changes), dtype=pl.String)
    factors = factors_by_reading(measuring.scan.inputs, conversion, currencies, measuring.readings.days)
    totals = [_nothing(measuring)]
    for currency, parts in sorted(changes.items()):
        total = running_totals(pl.concat(parts), numbers, count)
        of_currency = factors.filter(pl.col("__currency") == currency).drop("__currency")
        converted = total.join(of_currency, on="reading").with_columns(pl.col(UNITS) * pl.col(FACTOR))
        totals.append(converted.select("partner_id", "reading", *_kept(measuring)))
    summed = pl.concat(totals).group_by("partner_id", "reading").agg(pl.col(_kept(measuring)).sum())
    return _on_grid(summed, numbers, count)


def _with_amounts(facts: pl.LazyFrame, measuring: _Measuring) -> pl.LazyFrame:
    """Rows without an amount are no part of an average."""
    return facts.drop_nulls(AMOUNT) if measuring.metric.measure == "average" else facts


def _sums(measuring: _Measuring) -> dict[str, pl.Expr]:
    rows = pl.len().cast(pl.Int64)
    match measuring.metric.measure:
        case "sum" | "latest" as word:
            amount = {VALUE: pl.col(AMOUNT).sum().cast(NUMBER)}
            if not measuring.shape.is_plain:
                amount = {UNITS: pl.col(AMOUNT).sum()}
            return amount | ({_ROWS: rows} if word == "latest" else {})
        case "average":
            return {UNITS: pl.col(AMOUNT).sum(), OVER: rows.cast(WHOLE)}
        case "share":
            return {UNITS: pl.col(_MET).sum().cast(WHOLE), OVER: rows.cast(WHOLE)}
        case _:
            return {VALUE: rows.cast(NUMBER)}


def _kept(measuring: _Measuring) -> list[str]:
    """The columns in which the value is kept as it is measured."""
    shape = measuring.shape
    return [VALUE] if shape.is_plain else [UNITS, OVER] if shape.has_over else [UNITS]


def _nothing(measuring: _Measuring) -> pl.DataFrame:
    kept = {name: NUMBER if name == VALUE else WHOLE for name in _kept(measuring)}
    return pl.DataFrame(schema={"partner_id": pl.Int64(), "reading": pl.Int32(), **kept})


def _on_grid(found: pl.DataFrame, numbers: pl.DataFrame, count: int) -> pl.DataFrame:
    """Every partner × reading, null where nothing was found."""
    readings = pl.select(reading=pl.int_range(count, dtype=pl.Int32))
    return numbers.join(readings, how="cross").join(found, on=["partner_id", "reading"], how="left")


def _finished(found: pl.DataFrame, measuring: _Measuring) -> pl.DataFrame:
    """What is measured as it is kept: unknown where there was nothing to divide by, `if_none` in its place."""
    metric, shape = measuring.metric, measuring.shape
    if metric.measure in NEVER_UNKNOWN:
        found = found.with_columns(pl.col(_kept(measuring)).fill_null(0))
    if shape.has_over:
        found = found.with_columns(pl.when(pl.col(OVER) > 0).then(pl.col(UNITS, OVER)))
    if shape.is_plain:
        value = pl.col(VALUE).cast(NUMBER)
        return found.with_columns(value if metric.if_none is None else value.fill_null(pl.lit(metric.if_none)))
    ratio = shape.ratio(VALUE, UNITS, OVER)
    if metric.if_none is not None:
        filled = ratio.or_else(metric.if_none)
        over = [] if filled.over is None else [filled.over.alias(OVER)]
        found = found.with_columns(filled.units.alias(UNITS), *over)
    final = shape_of(measuring.scan.inputs.program, metric).ratio(VALUE, UNITS, OVER)
    return found.with_columns(final.rounded.alias(VALUE))
