"""What is known on one day: the rows of an export as that day sees them, for what is not a metric."""

from collections.abc import Iterable, Mapping
from datetime import date

import polars as pl

from tierctl.inputs import Inputs
from tierctl.measure.columns import MONTH_END, PARTNER, ROSTER, field_of
from tierctl.measure.computed import computed_of, with_computed
from tierctl.measure.facts import scan_facts, scan_of
from tierctl.measure.joined import SINCE_DAY, UNTIL_DAY, in_force_spans, joined_rows, with_joined
from tierctl.measure.readings import Look, readings_of
from tierctl.measure.seen import is_restricted
from tierctl.measure.segments import (
    FROM,
    NO_WITH,
    UNTIL,
    Source,
    begin_segments,
    that_pass,
    with_partner_columns,
)
from tierctl.program.model import Track
from tierctl.program.reads import ladder_items, reads_of
from tierctl.program.values import Where

_INDEX = "__row"


def rows_on(
    inputs: Inputs,
    export: str,
    *,
    where: Where | str | None = None,
    with_: Mapping[str, str] = NO_WITH,
    day: date,
) -> pl.DataFrame:
    """The rows of an export as they are known on a day.

    Args:
        inputs: what is evaluated.
        export: the export's name.
        where: the condition that the rows must pass, or the name of one.
        with_: what they are joined to, as in a metric; rows without a match are left out.
        day: the day; dates that lie ahead are empty unless they are known ahead.

    Returns:
        One row per row: the export's columns, its computed ones, `EXPORT.COLUMN` of the joined rows and
        `partner.COLUMN` of the roster, partner_id in the roster's type. No order.
    """
    program, condition = inputs.program, inputs.program.where(where)
    joined = [f"{name}.{column}" for name in with_ for column in program.table(name).names]
    of_partner = [f"{PARTNER}.{column}" for column in program.contract(ROSTER).names if column != "partner_id"]
    source = Source(export, condition, with_, columns=(*program.table(export).names, *joined, *of_partner))
    found = []
    for rows in inputs.exports.get(export, ()):
        lf = rows.with_columns(pl.col("partner_id").cast(inputs.partner_type, strict=False)).drop_nulls("partner_id")
        begun = begin_segments(with_partner_columns(lf, inputs, source.names), program.contract(export).row_date)
        begun = with_computed(begun, lf, inputs, computed_of(inputs, export, source.names))
        known = as_of(with_joined(begun, joined_rows(inputs, source)), inputs, source, day)
        found.append(that_pass(known, condition).collect())
    if found:
        return pl.concat(found)
    empty = program.contract(export).polars_schema.to_frame()
    return empty.with_columns(pl.col("partner_id").cast(inputs.partner_type))


def in_force(inputs: Inputs, export: str, day: date) -> pl.DataFrame:
    """Each partner's row of an export that is in force on a day.

    Returns:
        At most one row per partner_id (in the roster's type): the export's columns and its computed ones. No order.
    """
    contract = inputs.program.contract(export)
    rows = pl.concat(inputs.exports.get(export, ()) or [contract.polars_schema.to_frame().lazy()])
    source = Source(export, columns=inputs.program.table(export).names)
    spans = with_computed(in_force_spans(rows, contract), rows, inputs, computed_of(inputs, export, source.names))
    now = (pl.col(SINCE_DAY) <= day) & (pl.col(UNTIL_DAY).is_null() | (pl.col(UNTIL_DAY) > day))
    known = as_of(spans.filter(now).drop(SINCE_DAY, UNTIL_DAY), inputs, source, day).select(source.columns)
    return (
        known.with_columns(pl.col("partner_id").cast(inputs.partner_type, strict=False))
        .drop_nulls("partner_id")
        .collect()
    )


def unseen(inputs: Inputs, ladder: Track, day: date) -> pl.DataFrame:
    """How many rows that would count for a ladder's metrics are left out, as the primary user cannot see them.

    Returns:
        One row per partner_id × export with such rows: rows (each counted once, whichever metrics it is left out of).
    """
    program, look = inputs.program, Look(0, day, "open")
    metrics = [
        program.metrics[n] for n in reads_of(program, ladder_items(program, ladder)).names if n in program.metrics
    ]
    found = [
        pl.DataFrame(
            schema={"partner_id": inputs.partner_type, "export": pl.String, "part": pl.Int32, _INDEX: pl.UInt32}
        )
    ]
    for metric in metrics:
        if metric.from_ is None or not is_restricted(inputs, metric.from_):
            continue
        scan, readings = scan_of(inputs, metric), readings_of(metric, [look], [day], inputs.calendar)
        for part, rows in enumerate(inputs.exports.get(metric.from_, ())):
            facts = scan_facts(scan, rows.with_row_index(_INDEX), readings, unseen=True)
            hidden = facts.select(
                "partner_id", pl.lit(metric.from_).alias("export"), pl.lit(part).cast(pl.Int32).alias("part"), _INDEX
            )
            found.append(hidden.collect())
    return pl.concat(found).unique().group_by("partner_id", "export").agg(pl.len().alias("rows"))


def as_of(lf: pl.LazyFrame, inputs: Inputs, source: Source, day: date) -> pl.LazyFrame:
    """The segments that are seen on a day, each cell as that day sees it."""
    seen = (pl.col(FROM) <= day) & (pl.col(UNTIL).is_null() | (pl.col(UNTIL) > day))
    cells = cells_on(inputs, source.export, source.names, day)
    month_end = pl.lit(inputs.calendar.month_of(day).last).alias(MONTH_END)
    return lf.filter(seen).with_columns(*cells, month_end).drop(FROM, UNTIL)


def cells_on(inputs: Inputs, export: str, names: Iterable[str], day: date) -> list[pl.Expr]:
    """The columns of those names as a day sees their cells: what lies ahead has not happened yet."""
    cells = []
    for name in names:
        known = None if name == MONTH_END else field_of(inputs.program, export, name)
        if known is None:
            continue
        prefix = name.rpartition(".")[0]
        cell = pl.col(name)
        for event, value in known.before:
            cell = pl.when(pl.col(f"{prefix}.{event}" if prefix else event) > day).then(pl.lit(value)).otherwise(cell)
        if known.type == "date" and not known.is_known_ahead:
            cell = pl.when(cell <= day).then(cell)
        cells.append(cell.alias(name))
    return cells
