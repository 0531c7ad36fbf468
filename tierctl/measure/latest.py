"""The latest rows: of each group of rows, for every reading the one that comes last among those it sees.

Mostly a row that comes later is also seen at least as long. Then each row counts until a later one is first seen, and
nothing need be looked at reading by reading; only the groups in which a later row goes before an earlier one does are.
"""

from collections.abc import Sequence

import polars as pl

ORDER = "__order"
"""The column that says which of two rows comes later."""

_GROUP = "__group"


def latest_only(rows: pl.DataFrame, of: Sequence[str], count: int) -> pl.DataFrame:
    """The rows with their ranges cut down to the readings at which each is the latest of its group.

    Args:
        rows: lo, hi (the half-open range of readings that see the row), __order, and any other columns.
        of: the columns that make a group; none of them null.
        count: how many readings there are.

    Returns:
        The same columns: rows of one group no longer overlap, and at every reading at which any was seen one is left.
    """
    ordered = rows.sort(*of, ORDER)
    is_first = pl.any_horizontal(pl.col(column) != pl.col(column).shift(1) for column in of).fill_null(value=True)
    ordered = ordered.with_columns(is_first.cast(pl.Int64).cum_sum().alias(_GROUP))
    has_later = (pl.col(_GROUP) == pl.col(_GROUP).shift(-1)).fill_null(value=False)
    goes_before = has_later & (pl.col("hi") > pl.col("hi").shift(-1))
    irregular = ordered.filter(goes_before).select(_GROUP).unique()
    regular = ordered if irregular.is_empty() else ordered.join(irregular, on=_GROUP, how="anti", maintain_order="left")
    # Later groups have greater numbers, so the least of all that follows is the least of the group's own.
    offset = pl.col(_GROUP) * (count + 1)
    following = (pl.col("lo") + offset).cum_min(reverse=True).shift(-1) - offset
    ends = pl.when(has_later).then(pl.min_horizontal("hi", following)).otherwise("hi").cast(rows.schema["hi"])
    cut = regular.with_columns(ends.alias("hi")).filter(pl.col("lo") < pl.col("hi")).drop(_GROUP)
    if irregular.is_empty():
        return cut
    return pl.concat([cut, _one_by_one(ordered.join(irregular, on=_GROUP, how="semi")).select(cut.columns)])


def _one_by_one(rows: pl.DataFrame) -> pl.DataFrame:
    """The same, reading by reading."""
    readings = pl.int_ranges("lo", "hi", dtype=pl.Int32)
    each = rows.select(_GROUP, ORDER, readings.alias("__reading")).explode("__reading")
    last = each.group_by(_GROUP, "__reading").agg(pl.col(ORDER).max())
    left = rows.join(last.drop(_GROUP), on=ORDER)
    return left.with_columns(
        pl.col("__reading").cast(rows.schema["lo"]).alias("lo"),
        (pl.col("__reading") + 1).cast(rows.schema["hi"]).alias("hi"),
    )
