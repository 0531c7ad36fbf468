"""Computed columns: one value made of all rows of an export that are alike, as each day sees them.

The earliest sale to a customer is one: it is empty before that sale and may change with every row that comes or goes.
So a computed column is a list of spans of days for each group of rows alike, to which the rows are then joined.
"""

from collections.abc import Iterable, Mapping
from datetime import date

import polars as pl

from tierctl.inputs import Inputs
from tierctl.measure.segments import (
    FROM,
    UNTIL,
    Source,
    begin_segments,
    narrowed,
    split_at_events,
    that_pass,
    with_partner_columns,
)
from tierctl.program.metrics import ComputedColumn

_SINCE, _NEXT, _VALUE = "__alike_since", "__alike_until", "__value"


def computed_of(inputs: Inputs, export: str, names: Iterable[str], prefix: str = "") -> dict[str, ComputedColumn]:
    """Those of an export's computed columns that are named, with `prefix` or without one."""
    wanted = {name.removeprefix(prefix) for name in names if name.startswith(prefix)}
    return {
        name: column for name, column in inputs.program.columns.items() if column.from_ == export and name in wanted
    }


def with_computed(
    lf: pl.LazyFrame, rows: pl.LazyFrame, inputs: Inputs, columns: Mapping[str, ComputedColumn]
) -> pl.LazyFrame:
    """Adds the computed columns to segments; each is narrowed to the days on which it has that value.

    Args:
        lf: the segments.
        rows: all rows of the export that may be alike to them, partner_id in the same type.
        inputs: what is evaluated.
        columns: the computed columns by name.
    """
    for name, column in columns.items():
        spans = _spans(rows, inputs, column).rename({_VALUE: name})
        lf = narrowed(lf.join(spans.lazy(), on=list(column.same), how="left"), _SINCE, _NEXT).drop(_SINCE, _NEXT)
        if column.measure in {"sum", "count"}:
            lf = lf.with_columns(pl.col(name).fill_null(0))
    return lf


def _spans(rows: pl.LazyFrame, inputs: Inputs, column: ComputedColumn) -> pl.DataFrame:
    """One row per group of rows alike × span of days with one value.

    Its columns: those alike, __value, __alike_since, __alike_until (the first day with another value; null: no end). A
    group's first span begins before all days, so that every day lies in one. Groups none of whose rows passes the
    column's condition have no spans.
    """
    row_date = inputs.program.contract(column.from_).row_date
    source = Source(
        column.from_,
        inputs.program.where(column.where),
        columns=(column.column,),
        waited_for=frozenset({row_date} if row_date else ()),
    )
    lf = with_partner_columns(begin_segments(rows, row_date), inputs, source.names)
    lf = that_pass(split_at_events(lf, inputs, source), source.where)
    same, value = list(column.same), pl.col(column.column).alias(_VALUE)
    seen = lf.drop_nulls(same).select(*same, value, FROM, UNTIL).drop_nulls([_VALUE, FROM]).collect()
    if column.measure == "count":
        changes = _distinct(seen, same)
    else:
        changes = _sums(seen, same) if column.measure == "sum" else _extremes(seen, same, column.measure)
    first = seen.select(same).unique().with_columns(pl.lit(date.min).alias(_SINCE), pl.lit(None).alias(_VALUE))
    spans = pl.concat([first.select(changes.columns).cast(changes.schema), changes]).sort(*same, _SINCE)
    is_followed = pl.all_horizontal(pl.col(column) == pl.col(column).shift(-1) for column in same)
    return spans.with_columns(pl.when(is_followed).then(pl.col(_SINCE).shift(-1)).alias(_NEXT))


def _sums(seen: pl.DataFrame, same: list[str]) -> pl.DataFrame:
    """The running total of each group, on each day on which it changes."""
    # What never ends ends after all days: a group's changes then add up to nothing, and one running total serves all.
    ends = seen.select(*same, -pl.col(_VALUE), pl.col(UNTIL).fill_null(date.max).alias(_SINCE))
    begins = seen.select(*same, _VALUE, pl.col(FROM).alias(_SINCE))
    changes = pl.concat([begins, ends]).group_by(*same, _SINCE).agg(pl.col(_VALUE).sum())
    return changes.sort(*same, _SINCE).with_columns(pl.col(_VALUE).cum_sum())


def _distinct(seen: pl.DataFrame, same: list[str]) -> pl.DataFrame:
    """How many different values the rows of each group have, on each day on which that changes."""
    of_value = [*same, "__counted"]
    rows = seen.rename({_VALUE: "__counted"}).with_columns(pl.lit(1, dtype=pl.Int64).alias(_VALUE))
    is_there = _sums(rows, of_value).with_columns(pl.col(_VALUE).clip(0, 1))
    before = pl.col(_VALUE).shift(1).over(of_value).fill_null(0)
    changes = is_there.select(*same, (pl.col(_VALUE) - before).alias(_VALUE), _SINCE).filter(pl.col(_VALUE) != 0)
    summed = changes.group_by(*same, _SINCE).agg(pl.col(_VALUE).sum())
    return summed.sort(*same, _SINCE).with_columns(pl.col(_VALUE).cum_sum())


def _extremes(seen: pl.DataFrame, same: list[str], measure: str) -> pl.DataFrame:
    """The least or greatest value of each group, on each day on which rows come or go."""
    pick = pl.Expr.min if measure == "minimum" else pl.Expr.max
    leaving = seen.filter(pl.col(UNTIL).is_not_null()).select(same).unique()
    stays, moves = seen.join(leaving, on=same, how="anti"), seen.join(leaving, on=same, how="semi")
    daily = stays.group_by(*same, pl.col(FROM).alias(_SINCE)).agg(pick(pl.col(_VALUE))).sort(*same, _SINCE)
    so_far = pl.col(_VALUE).cum_min() if measure == "minimum" else pl.col(_VALUE).cum_max()
    kept = daily.with_columns(so_far.over(same)).filter(
        (pl.col(_VALUE) != pl.col(_VALUE).shift(1).over(same)).fill_null(value=True)
    )
    days = pl.concat([moves.select(*same, pl.col(end).alias(_SINCE)) for end in (FROM, UNTIL)]).unique().drop_nulls()
    there = (pl.col(FROM) <= pl.col(_SINCE)) & (pl.col(UNTIL).is_null() | (pl.col(_SINCE) < pl.col(UNTIL)))
    found = days.join(moves, on=same).filter(there).group_by(*same, _SINCE).agg(pick(pl.col(_VALUE)))
    moved = days.join(found, on=[*same, _SINCE], how="left")
    return pl.concat([kept.select(*same, _SINCE, _VALUE), moved.select(*same, _SINCE, _VALUE)])
