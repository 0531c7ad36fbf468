"""Joined rows: the one row of another export that belongs to a row, by key or by partner and day.

Which agreement is in force may depend on the day read; then the join narrows the days on which a segment is seen.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import polars as pl

from tierctl.contracts import Contract
from tierctl.inputs import Inputs
from tierctl.measure.columns import MONTH_END, field_of
from tierctl.measure.computed import computed_of, with_computed
from tierctl.measure.segments import FROM, UNTIL, Source, begin_segments, narrowed

SINCE_DAY, UNTIL_DAY = "__since", "__next"
"""The first day for which a row is in force, and the first for which it is no longer (null: no end)."""

_KNOWN, _FORGOTTEN = "__known_from", "__known_until"


@dataclass(frozen=True)
class Joined:
    """The rows of one export that others are joined to: one per key, or per partner and span of days.

    `rows` has partner_id, __since and __next (the days for which a row is in force) where `key` is None, else the key;
    __known_from and __known_until (the days on which it is known), and the columns that are read as `EXPORT.COLUMN`.
    """

    column: str
    key: str | None
    is_known_ahead: bool
    rows: pl.DataFrame


def joined_rows(inputs: Inputs, source: Source) -> tuple[Joined, ...]:
    """What the rows of a source are joined to, in the order in which the program file names it."""
    return tuple(_joined(inputs, source, export, column) for export, column in source.with_.items())


def _joined(inputs: Inputs, source: Source, export: str, column: str) -> Joined:
    prefix, contract = f"{export}.", inputs.program.contract(export)
    read = [name.removeprefix(prefix) for name in source.names if name.startswith(prefix)]
    # What a cell said before a day in another column is read with that column.
    read += [event for name in read if name in contract.names for event, _ in contract.field(name).before]
    known = None if column == MONTH_END else field_of(inputs.program, source.export, column)
    rows = pl.concat(inputs.exports.get(export, ()) or [contract.polars_schema.to_frame().lazy()])
    if contract.valid is None:
        key = contract.primary_key[0]
        segments = begin_segments(rows.drop_nulls(key), contract.row_date)
        if export in inputs.repeating:
            segments = segments.unique(key, keep="any")
        index = [pl.col(key).alias(SINCE_DAY)]
    else:
        is_ahead = known is not None and known.is_known_ahead
        key, segments, index = (
            None,
            in_force_spans(rows, contract, is_ahead=is_ahead),
            [pl.col("partner_id", SINCE_DAY, UNTIL_DAY)],
        )
    segments = with_computed(segments, rows, inputs, computed_of(inputs, export, read))
    found = segments.select(
        *index,
        pl.col(FROM).alias(_KNOWN),
        pl.col(UNTIL).alias(_FORGOTTEN),
        *(pl.col(name).alias(f"{prefix}{name}") for name in dict.fromkeys(read)),
    ).collect()
    if key is None:
        found = found.with_columns(pl.col("partner_id").cast(inputs.partner_type, strict=False)).drop_nulls(
            "partner_id"
        )
    return Joined(column, key, is_known_ahead=known is None or known.is_known_ahead or known.type != "date", rows=found)


def in_force_spans(rows: pl.LazyFrame, contract: Contract, *, is_ahead: bool = False) -> pl.LazyFrame:
    """The segments of rows with the days for which each is in force: until the partner's next one begins, or its end.

    Where rows come to be known on another day than that on which they begin, or are asked for a day that lies ahead,
    each day on which a row comes to be known tells the spans anew.
    """
    since, through = contract.valid or ("", None)
    lf = begin_segments(rows.drop_nulls([since, "partner_id"]), contract.row_date)
    order = [since, *contract.primary_key]
    by = ["partner_id"]
    if contract.row_date and (contract.row_date != since or is_ahead):
        told = lf.select("partner_id", pl.col(FROM).alias(_KNOWN)).unique().sort("partner_id", _KNOWN)
        told = told.with_columns(pl.col(_KNOWN).shift(-1).over("partner_id").alias(_FORGOTTEN))
        lf = narrowed(lf.join(told, on="partner_id").filter(pl.col(FROM) <= pl.col(_KNOWN)), _KNOWN, _FORGOTTEN)
        by.append(_KNOWN)
    ends = pl.col(through).dt.offset_by("1d") if through else pl.lit(None, dtype=pl.Date)
    following = pl.col(since).shift(-1).over(by)
    return (
        lf.sort(*by, *dict.fromkeys(order))
        .with_columns(pl.col(since).alias(SINCE_DAY), pl.min_horizontal(following, ends).alias(UNTIL_DAY))
        .filter(pl.col(UNTIL_DAY).is_null() | (pl.col(SINCE_DAY) < pl.col(UNTIL_DAY)))
    )


def with_joined(lf: pl.LazyFrame, joined: Iterable[Joined]) -> pl.LazyFrame:
    """Adds the columns of the joined rows; a segment without a match is left out."""
    for each in joined:
        lf = _by_key(lf, each) if each.key else _by_day(lf, each)
    return lf


def _by_key(lf: pl.LazyFrame, joined: Joined) -> pl.LazyFrame:
    keyed = joined.rows.lazy().rename({SINCE_DAY: "__key"})
    lf = lf.join(keyed, left_on=joined.column, right_on="__key")
    return narrowed(lf, _KNOWN, _FORGOTTEN).drop(_KNOWN, _FORGOTTEN)


def _by_day(lf: pl.LazyFrame, joined: Joined) -> pl.LazyFrame:
    lf = narrowed(lf.join(joined.rows.lazy(), on="partner_id"), _KNOWN, _FORGOTTEN)
    if joined.column == MONTH_END:
        lf = narrowed(lf, SINCE_DAY, UNTIL_DAY)
    else:
        day = pl.col(joined.column)
        lf = lf.filter((day >= pl.col(SINCE_DAY)) & (pl.col(UNTIL_DAY).is_null() | (day < pl.col(UNTIL_DAY))))
        if not joined.is_known_ahead:
            lf = narrowed(lf, day)
    return lf.drop(SINCE_DAY, UNTIL_DAY, _KNOWN, _FORGOTTEN)
