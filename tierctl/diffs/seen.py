"""Rows as a day sees them: what lies ahead of it has not happened yet, so that rows which differ in it alone do not."""

from datetime import date
from typing import Final

import polars as pl

from tierctl.contracts import Contract

# Of these an empty cell does not say that it has not happened, but that it has been so for ever.
_EMPTY_IS_EVER: Final = frozenset({"joined_on"})


def as_seen(rows: pl.DataFrame, contract: Contract, day: date) -> pl.DataFrame:
    """The rows as a review of that day reads them: the same columns."""
    cells = []
    for field in contract.fields:
        cell = pl.col(field.name)
        if field.type == "date" and not (field.required or field.is_known_ahead or field.name in _EMPTY_IS_EVER):
            cells.append(pl.when(cell <= day).then(cell).alias(field.name))
        for event, word in field.before:
            cells.append(pl.when(pl.col(event) > day).then(pl.lit(word)).otherwise(cell).alias(field.name))
    return rows.with_columns(cells)


def differing(then: pl.DataFrame, now: pl.DataFrame, contract: Contract) -> pl.DataFrame:
    """The keys that stand in both frames, and whether their rows differ.

    Returns:
        One row per key: the key, `differs`, and `differs_dated`, in a column that is not undated. A key that stands
        somewhere several times differs where any of its rows do.
    """
    key = list(contract.primary_key)
    others = [field for field in contract.fields if field.name not in key]
    both = then.join(now, on=key, nulls_equal=True, suffix="__now")
    is_other = {field: pl.col(field.name).ne_missing(pl.col(f"{field.name}__now")) for field in others}
    never = pl.lit(value=False)
    found = both.select(
        *key,
        differs=pl.any_horizontal(never, *is_other.values()),
        differs_dated=pl.any_horizontal(never, *(each for field, each in is_other.items() if not field.is_undated)),
    )
    return found.group_by(key).agg(pl.col("differs", "differs_dated").any())
