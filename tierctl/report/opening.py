"""The part of summary.json that is about closed months: which a review opened from, and what it did about them."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import polars as pl

if TYPE_CHECKING:
    from tierctl.reviewed import Review

_PARTNERS: Final = pl.col("partner_id").n_unique().cast(pl.Int64).alias("partners")


def summarize_opening(review: "Review", month: str) -> dict[str, Any]:
    """What a review posted for closed months, and which posted rows it left as they are; amounts are exact.

    `posted`: one entry per program, earned month and currency, with the sum of the lines and that of their absolute
    amounts. `held`: one entry per program, source and currency.

    Args:
        review: its adjusted lines and its held rows.
        month: the label of the last closed month before it.
    """
    posted = _counted(
        review.adjusted,
        ("program", "earned_month", "currency"),
        {"lines": pl.col("lines").sum(), "amount": pl.col("amount").sum(), "absolute": pl.col("absolute").sum()},
    )
    held = _counted(
        review.held,
        ("program", "source", "currency"),
        {"rows": pl.len().cast(pl.Int64), "amount": pl.col("amount").sum()},
    )
    return {"month": month, "posted": posted, "held": held}


def _counted(rows: pl.DataFrame, keys: tuple[str, ...], sums: Mapping[str, pl.Expr]) -> list[dict[str, Any]]:
    named = [each.alias(name) for name, each in sums.items()]
    return rows.group_by(keys).agg(_PARTNERS, *named).sort(keys).to_dicts()
