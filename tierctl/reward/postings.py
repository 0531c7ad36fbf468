"""Postings: what is posted in a month, the difference between what has been earned and what was posted before.

Late rows, corrections, refunds and clawbacks are all the same thing, a difference; running a month twice posts nothing
twice.
"""

import polars as pl

from tierctl.contracts import NUMBER
from tierctl.reward.entitlement import LINES

KEY = ("partner_id", "source", "source_id", "currency")
_EARNED, _ADJUSTMENT, _CLAWBACK = "earned", "adjustment", "clawback"
SOURCE_KEY = ("partner_id", "source", "source_id")
_SAID = ("customer_id", "tier", "rate", "base", "base_currency", "clause", "taken_clause")

POSTINGS = pl.Schema(
    {
        "partner_id": pl.String(),
        "source": pl.String(),
        "source_id": pl.String(),
        "currency": pl.String(),
        "earned_at": pl.Int32(),
        "customer_id": pl.String(),
        "tier": pl.String(),
        "rate": NUMBER,
        "base": NUMBER,
        "base_currency": pl.String(),
        "clause": pl.String(),
        "amount": NUMBER,
        "kind": pl.String(),
    }
)
"""One posting of one rule: what is posted for a source row, a partner and an earned month, by kind."""

_POSTED = (*KEY, "from_at", "through_at", "amount", "taken")
POSITION = pl.Schema({name: LINES[name] for name in (*_POSTED, *_SAID)})
"""The position of one rule: what has been posted for each run of earned months, what was taken back of it, and what the
lines told."""

HELD = pl.Schema(
    {"kind": pl.String(), "rule": pl.String(), **{name: LINES[name] for name in SOURCE_KEY}, "lacks": pl.String()}
)
"""Posted rows of which nothing is touched, under one rule or (kind and rule null) under all; `lacks` names the row that
they depend on and that is missing (null: they are missing themselves)."""

NOTHING_HELD = HELD.to_frame()


def position_of(
    lines: pl.DataFrame, before: pl.DataFrame, at: int = 0, held: pl.DataFrame = NOTHING_HELD
) -> pl.DataFrame:
    """The position after a month has been posted.

    It is what entitlement says, as far as it says anything. What is taken back as a whole has left no trace, unless
    something of the row had been posted before. Of rows that are held it is what was posted, and what the month adds.

    Args:
        lines: the entitlement, in the columns of LINES.
        before: the position before the month, in the columns of POSITION.
        at: the month's number.
        held: the rows that are held (see `postings`).
    """
    said = _said(lines)
    is_gone = pl.col("amount") == pl.col("taken")
    said = pl.concat([said.filter(~is_gone), said.filter(is_gone).join(before, on=KEY, how="semi")])
    if held.is_empty():
        return said.select(POSITION.names())
    added = _held(said, held).filter(pl.col("through_at") == at)
    added = added.with_columns(pl.col("through_at").alias("from_at"))
    parts = [_not_held(said, held), added, _held(before, held)]
    return pl.concat([part.select(POSITION.names()) for part in parts])


def _held(rows: pl.DataFrame, held: pl.DataFrame) -> pl.DataFrame:
    return rows.join(held, on=SOURCE_KEY, how="semi")


def _not_held(rows: pl.DataFrame, held: pl.DataFrame) -> pl.DataFrame:
    return rows if held.is_empty() else rows.join(held, on=SOURCE_KEY, how="anti")


def _said(lines: pl.DataFrame) -> pl.DataFrame:
    return lines.filter((pl.col("amount") != 0) | (pl.col("taken") != 0))


def postings(lines: pl.DataFrame, position: pl.DataFrame, at: int, held: pl.DataFrame = NOTHING_HELD) -> pl.DataFrame:
    """What one rule posts in a month.

    Args:
        lines: the entitlement as of the month, in the columns of LINES; runs of one key do not overlap.
        position: what has been posted before, in the columns of POSITION.
        at: the month's number.
        held: the rows of which nothing posted before is touched: partner_id, source, source_id.

    Returns:
        The postings in the columns of POSTINGS, none of them of amount 0; no order.
    """
    now = _said(lines)
    fresh = _fresh(now.filter(pl.col("through_at") == at))
    earlier = _earlier(_not_held(now, held), _not_held(position, held), at)
    return pl.concat([fresh, earlier]).filter(pl.col("amount") != 0)


def blocked(lines: pl.DataFrame, position: pl.DataFrame, at: int, held: pl.DataFrame) -> pl.DataFrame:
    """What `postings` would have besides, if nothing were held: the same columns, no order."""
    if held.is_empty():
        return POSTINGS.to_frame()
    return _earlier(_held(_said(lines), held), _held(position, held), at).filter(pl.col("amount") != 0)


def _earlier(now: pl.DataFrame, position: pl.DataFrame, at: int) -> pl.DataFrame:
    """What is posted for the months before."""
    same = list(_POSTED)
    before = now.filter(pl.col("from_at") < at).with_columns(
        pl.min_horizontal("through_at", pl.lit(at - 1)).cast(pl.Int32).alias("through_at")
    )
    changed = before.join(position.select(same), on=same, how="anti", nulls_equal=True)
    posted = position.join(before.select(same), on=same, how="anti", nulls_equal=True)
    return POSTINGS.to_frame() if changed.is_empty() and posted.is_empty() else _differences(changed, posted)


def _fresh(lines: pl.DataFrame) -> pl.DataFrame:
    """What is earned in the month itself; what is taken back at once as a whole leaves no trace."""
    left = lines.filter(pl.col("amount") != pl.col("taken")).with_columns(pl.col("through_at").alias("earned_at"))
    return pl.concat([_of_kind(left, pl.col("amount"), _EARNED), _of_kind(left, -pl.col("taken"), _CLAWBACK)])


def _differences(now: pl.DataFrame, posted: pl.DataFrame) -> pl.DataFrame:
    """Month by month what differs from what was posted."""
    left, right = _monthly(now), _monthly(posted).select(*KEY, "earned_at", *_SAID, "amount", "taken")
    both = left.join(right, on=[*KEY, "earned_at"], how="full", coalesce=True, suffix="_posted")
    # What was never posted, and is taken back as a whole, still leaves no trace.
    is_nothing = pl.col("amount_posted").is_null() & (pl.col("amount") == pl.col("taken"))
    both = both.filter(~is_nothing)
    is_now = pl.col("amount").is_not_null()
    both = both.with_columns(
        *(pl.when(is_now).then(name).otherwise(f"{name}_posted").alias(name) for name in _SAID),
        (pl.col("amount").fill_null(0) - pl.col("amount_posted").fill_null(0)).cast(NUMBER).alias("amount"),
        (pl.col("taken").fill_null(0) - pl.col("taken_posted").fill_null(0)).cast(NUMBER).alias("taken"),
    )
    return pl.concat([_of_kind(both, pl.col("amount"), _ADJUSTMENT), _of_kind(both, -pl.col("taken"), _CLAWBACK)])


def _monthly(lines: pl.DataFrame) -> pl.DataFrame:
    months = pl.int_ranges("from_at", pl.col("through_at") + 1, dtype=pl.Int32).alias("earned_at")
    return lines.with_columns(months).explode("earned_at")


def _of_kind(lines: pl.DataFrame, amount: pl.Expr, kind: str) -> pl.DataFrame:
    clause = pl.col("taken_clause") if kind == _CLAWBACK else pl.col("clause")
    found = lines.with_columns(amount.alias("amount"), pl.lit(kind).alias("kind"), clause.alias("clause"))
    return found.select(POSTINGS.names()).cast(POSTINGS)


__all__ = ["HELD", "LINES", "NOTHING_HELD", "POSITION", "POSTINGS", "SOURCE_KEY", "blocked", "position_of", "postings"]
