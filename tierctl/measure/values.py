"""Values: one metric of rows at all its readings, for every partner.

The parts of an export (its partner buckets) are measured in turn, so that memory follows the largest of them.
"""

from collections import defaultdict
from collections.abc import Mapping

import polars as pl

from tierctl.contracts import NUMBER
from tierctl.exact import WHOLE
from tierctl.inputs import Inputs
from tierctl.measure.amounts import MET, Measuring, rows_of_parts
from tierctl.measure.exchange import FACTOR, Conversion, factors_by_reading
from tierctl.measure.exploded import AMOUNT, Exploding, exploded
from tierctl.measure.readings import Readings
from tierctl.measure.shapes import OVER, UNITS, VALUE, shape_of
from tierctl.measure.totals import distinct, named, partials, partner_numbers, running_totals
from tierctl.program.metrics import NEVER_UNKNOWN, Metric

_ROWS = "__rows"


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
    if inputs.known is None:
        return _measure(inputs, metric, readings)
    # Who takes part, and since when, may be another edition's word than the metric's own.
    concerned = tuple((rows.height, int(rows.hash_rows().sum())) for rows in (inputs.roster, inputs.enrolled))
    key = (inputs.track, concerned, metric.model_dump_json(), readings)
    return inputs.known.of(inputs.program, key, lambda: _measure(inputs, metric, readings))


def _measure(inputs: Inputs, metric: Metric, readings: Readings) -> pl.DataFrame:
    numbers, measuring = partner_numbers(inputs), Measuring.of(inputs, metric, readings)
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


def _row_by_row(measuring: Measuring, numbers: pl.DataFrame) -> pl.DataFrame:
    """The values at the readings one by one; null where there is nothing to measure."""
    conversion, days = measuring.conversion, measuring.readings.days
    found = []
    for facts in rows_of_parts(measuring):
        rows, factors = facts.collect(), None
        if conversion and conversion.by_day_read:
            factors = factors_by_reading(measuring.scan.inputs, conversion, rows["__currency"], days)
        found.append(exploded(rows, Exploding(measuring.metric, measuring.shape, factors)))
    return _on_grid(pl.concat(found) if found else _nothing(measuring), numbers, measuring.readings.count)


def _adding_up(measuring: Measuring, numbers: pl.DataFrame) -> pl.DataFrame:
    """The values as running totals over the readings."""
    count, conversion = measuring.readings.count, measuring.conversion
    if conversion and conversion.by_day_read:
        return _converted_totals(measuring, conversion, numbers)
    changes = []
    for facts in rows_of_parts(measuring):
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


def _converted_totals(measuring: Measuring, conversion: Conversion, numbers: pl.DataFrame) -> pl.DataFrame:
    """Totals by currency, converted by each day read and only then added up."""
    count, changes = measuring.readings.count, defaultdict(list)
    for facts in rows_of_parts(measuring):
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


def _with_amounts(facts: pl.LazyFrame, measuring: Measuring) -> pl.LazyFrame:
    """Rows without an amount are no part of an average."""
    return facts.drop_nulls(AMOUNT) if measuring.metric.measure == "average" else facts


def _sums(measuring: Measuring) -> dict[str, pl.Expr]:
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
            return {UNITS: pl.col(MET).sum().cast(WHOLE), OVER: rows.cast(WHOLE)}
        case _:
            return {VALUE: rows.cast(NUMBER)}


def _kept(measuring: Measuring) -> list[str]:
    """The columns in which the value is kept as it is measured."""
    shape = measuring.shape
    return [VALUE] if shape.is_plain else [UNITS, OVER] if shape.has_over else [UNITS]


def _nothing(measuring: Measuring) -> pl.DataFrame:
    kept = {name: NUMBER if name == VALUE else WHOLE for name in _kept(measuring)}
    return pl.DataFrame(schema={"partner_id": pl.Int64(), "reading": pl.Int32(), **kept})


def _on_grid(found: pl.DataFrame, numbers: pl.DataFrame, count: int) -> pl.DataFrame:
    """Every partner × reading, null where nothing was found."""
    readings = pl.select(reading=pl.int_range(count, dtype=pl.Int32))
    return numbers.join(readings, how="cross").join(found, on=["partner_id", "reading"], how="left")


def _finished(found: pl.DataFrame, measuring: Measuring) -> pl.DataFrame:
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
