"""Differences between items, each with its cause, and the proof that those of one item add up to the whole."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

import polars as pl

from tierctl.contracts import NUMBER, conform, report_contract
from tierctl.diffs.items import KEY

_SIDES: Final = ("before", "after", "difference")
_NONE: Final = Decimal(0)


class AddUpError(AssertionError):
    """The parts of a difference do not add up to the whole: a fault of the program, never of the user's data."""


def between(before: pl.DataFrame, after: pl.DataFrame) -> pl.DataFrame:
    """What moves from one set of items to another.

    Args:
        before: items, as `items_of` gives them.
        after: the same of the other side.

    Returns:
        One row per item that differs, sorted by KEY: KEY, before and after (text; null: there is nothing) and
        difference (null: the item is no number). An amount that is not there is one of 0, and written so.
    """
    both = before.join(after, on=KEY, how="full", nulls_equal=True, coalesce=True, suffix="_after")
    then, now = pl.col("amount").fill_null(_NONE), pl.col("amount_after").fill_null(_NONE)
    is_number = pl.col("amount").is_not_null() | pl.col("amount_after").is_not_null()
    is_figure = pl.col("is_figure").fill_null(value=False) | pl.col("is_figure_after").fill_null(value=False)
    is_another = pl.col("value").ne_missing(pl.col("value_after"))
    is_amount = is_number & ~is_figure
    differs = pl.when(is_amount).then(then != now).otherwise(is_another)
    found = both.filter(differs).select(
        *KEY,
        *(
            pl.when(is_amount).then(pl.col(value).fill_null("0")).otherwise(pl.col(value)).alias(side)
            for value, side in (("value", "before"), ("value_after", "after"))
        ),
        pl.when(is_number).then(now - then).cast(NUMBER).alias("difference"),
    )
    return found.sort(KEY)


def caused(moves: Sequence[tuple[str, pl.DataFrame]], month: str, whole: pl.DataFrame) -> pl.DataFrame:
    """The report `differences` of two reviews.

    Args:
        moves: cause and what it moved, as `between` gives it, each from where the one before it has led to; a cause
            may come in twice, at either end.
        month: the fiscal month compared.
        whole: what moves between the two reviews.

    Returns:
        The report, as its contract promises it.

    Raises:
        AddUpError: the moves do not lead from the one review to the other.
    """
    contract = report_contract("differences")
    parts = [_NO_MOVES, *(df.with_columns(cause=pl.lit(cause)) for cause, df in moves)]
    steps = pl.concat(parts, how="diagonal_relaxed")
    _check(_joined(steps, KEY), whole)
    found = _joined(steps, (*KEY, "cause")).with_columns(month=pl.lit(month))
    # What a cause moves at one end and moves back at the other comes to nothing.
    is_nothing = (pl.col("difference").fill_null(_NONE) == 0) & pl.col("before").eq_missing(pl.col("after"))
    return conform(found.filter(~is_nothing), contract)


_NO_MOVES: Final = pl.DataFrame(
    schema={**dict.fromkeys(KEY, pl.String()), "before": pl.String(), "after": pl.String(), "difference": NUMBER}
).with_columns(cause=pl.lit(None, dtype=pl.String))


def _joined(steps: pl.DataFrame, by: Sequence[str]) -> pl.DataFrame:
    """Steps of one key as one: from before the first to after the last."""
    is_number = pl.col("difference").is_not_null().any()
    return steps.group_by(by, maintain_order=True).agg(
        pl.col("before").first(),
        pl.col("after").last(),
        pl.when(is_number).then(pl.col("difference").sum()).alias("difference"),
    )


def _check(joined: pl.DataFrame, whole: pl.DataFrame) -> None:
    """Every item that moves arrives where the whole says, and what ends where it began does not move at all."""
    both = joined.join(whole, on=KEY, how="full", nulls_equal=True, coalesce=True, suffix="_whole")
    of_steps, of_whole = ([pl.col(f"{name}{side}") for name in _SIDES] for side in ("", "_whole"))
    sums = pl.col("difference").fill_null(_NONE) != pl.col("difference_whole").fill_null(_NONE)
    ends = pl.col("before").ne_missing(pl.col("before_whole")) | pl.col("after").ne_missing(pl.col("after_whole"))
    is_whole = pl.any_horizontal(each.is_not_null() for each in of_whole)
    returned = pl.col("before").eq_missing(pl.col("after"))
    wrong = both.filter(pl.when(is_whole).then(sums | ends).otherwise(sums | ~returned))
    if not wrong.is_empty():
        row = wrong.select(*KEY, *of_steps, *of_whole).row(0, named=True)
        raise AddUpError(f"the parts of {wrong.height} differences do not add up, as of {row}")
