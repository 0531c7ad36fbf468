"""Facts: the rows of an export, split at their own event dates into segments, each with its range of readings.

Every date in a row is read as of the day that the reading looks from: what lies ahead has not happened yet. A row is
therefore split where one of its dates changes what a condition says of it, instead of being masked month by month.
"""

from collections.abc import Iterable, Sequence
from datetime import date

import polars as pl

from tierctl.contracts import Contract, Field
from tierctl.measure.conditions import columns_of, where_expr
from tierctl.measure.readings import Readings
from tierctl.program.model import Metric, Running
from tierctl.program.values import Where

_FROM, _UNTIL, _ON = "__visible_from", "__visible_until", "__on"


def scan_facts(
    rows: pl.LazyFrame,
    metric: Metric,
    where: Where | None,
    *,
    contracts: dict[str, Contract],
    roster: pl.LazyFrame,
    counts_from: date | None,
    readings: Readings,
) -> pl.LazyFrame:
    """The segments of a metric's rows that any of its readings sees.

    Args:
        rows: one part of the export, in its contract's columns and types.
        metric: what is measured.
        where: its row condition, named conditions looked up.
        contracts: the contracts of the metric's export and of the roster, by name.
        roster: the partners that are measured, their partner_id an Enum of all their ids.
        counts_from: rows attained before this day do not count.
        readings: the metric's numbered readings.

    Returns:
        One row per segment: partner_id (in the roster's type), the metric's `sum` and `count` columns, lo and hi
        (Int32): the half-open range of readings that see the segment. No order. Rows that count for nothing, and rows
        of partners that the roster lacks, are left out.
    """
    names = dict.fromkeys(columns_of(where)) if where else {}
    known = pl.col("partner_id").cast(roster.collect_schema()["partner_id"], strict=False)
    lf = _with_partner_columns(rows.with_columns(known).drop_nulls("partner_id"), roster, names)
    row_date = contracts[metric.from_].row_date
    seen = pl.col(row_date) if row_date else pl.lit(date.min)
    lf = lf.with_columns(seen.alias(_FROM), pl.lit(None, dtype=pl.Date).alias(_UNTIL))
    for event, changes in _events(names, metric, contracts).items():
        lf = _split_at(lf, event, changes)
    if where:
        lf = lf.filter(where_expr(where))
    lf = _with_visible_days(lf, metric, counts_from)
    wanted = ("partner_id", *filter(None, (metric.sum, *(metric.count or ()))))
    lf = _with_range(lf, readings)
    return lf.filter(pl.col("lo") < pl.col("hi")).select(*dict.fromkeys(wanted), "lo", "hi")


def _with_partner_columns(lf: pl.LazyFrame, roster: pl.LazyFrame, names: Iterable[str]) -> pl.LazyFrame:
    """Adds the `partner.COLUMN`s that a condition names; the roster has one row per partner."""
    columns = [name.removeprefix("partner.") for name in names if name.startswith("partner.")]
    if not columns:
        return lf
    return lf.join(roster.select("partner_id", *(pl.col(c).alias(f"partner.{c}") for c in columns)), on="partner_id")


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
        on.alias(_ON),
        pl.max_horizontal(_FROM, *must).alias(_FROM),
        pl.min_horizontal(_UNTIL, _end(running)).alias(_UNTIL),
    )


def _end(running: Running | None) -> pl.Expr:
    """The first day on which the row no longer runs; null: no end."""
    if running and running.before:
        return pl.col(running.before)
    if running and running.through:
        return pl.col(running.through).dt.offset_by("1d")
    return pl.lit(None, dtype=pl.Date)


def _events(names: Iterable[str], metric: Metric, contracts: dict[str, Contract]) -> dict[str, dict[str, str | None]]:
    """Event column → what the columns that a condition names say before its day.

    A date that is known ahead (an end of validity) is read as it stands; the dates that a reading waits for anyway
    need no split. Where the first filled of several dates counts, one that lies ahead is not filled yet.
    """
    since = [metric.running.since] if metric.running else []
    single = metric.on if len(metric.on) == 1 else ()
    waited_for = {*single, *since, contracts[metric.from_].row_date}
    events: dict[str, dict[str, str | None]] = {}
    for name in dict.fromkeys((*names, *metric.on)):
        prefix, _, column = name.rpartition(".")
        field = _field(contracts["partners" if prefix else metric.from_], column)
        if field is None:
            continue
        if field.type == "date" and not field.is_known_ahead and name not in waited_for:
            events.setdefault(name, {})[name] = None
        for event, value in field.before:
            events.setdefault(f"{prefix}.{event}" if prefix else event, {})[name] = value
    return events


def _field(contract: Contract, column: str) -> Field | None:
    return next((field for field in contract.fields if field.name == column), None)


def _split_at(lf: pl.LazyFrame, event: str, changes: dict[str, str | None]) -> pl.LazyFrame:
    """Splits each row at its event's day; before it the columns of `changes` say what they said then."""
    before = lf.filter(pl.col(event).is_not_null()).with_columns(
        pl.min_horizontal(_UNTIL, event).alias(_UNTIL),
        *(pl.lit(value, dtype=pl.Date if value is None else pl.String).alias(name) for name, value in changes.items()),
    )
    after = lf.with_columns(pl.max_horizontal(_FROM, event).alias(_FROM))
    return pl.concat([before.filter(pl.col(_FROM) < pl.col(_UNTIL)), after])


def _with_range(lf: pl.LazyFrame, readings: Readings) -> pl.LazyFrame:
    """Adds lo and hi, the half-open range of readings that see the segment."""
    table, on = readings.table(), pl.col(_ON)
    first = table.look_up(table.at, pl.col(_FROM))
    until = table.look_up(table.at, pl.col(_UNTIL)).fill_null(len(readings.days))
    if readings.instances:
        shift, start, end = (table.look_up(s, on) for s in (table.shift, table.first_at, table.end_at))
        return lf.with_columns(
            (shift + first.clip(start, end)).alias("lo"), (shift + until.clip(start, end)).alias("hi")
        )
    if readings.trailing_from:
        until = pl.min_horizontal(until, table.look_up(table.leaves, on))
    return lf.with_columns(first.alias("lo"), until.alias("hi"))


def keyed_once(metric: Metric, contract: Contract, repeating: Sequence[str]) -> bool:
    """Whether a distinct count is a count of rows: it counts the export's own key, and no row of it repeats."""
    return metric.count == contract.primary_key and contract.name not in repeating
