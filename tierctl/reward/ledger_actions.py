"""Actions about closed months: what is held of them, and what is posted for them later."""

from collections.abc import Sequence
from datetime import date

import polars as pl

from tierctl.contracts import NUMBER
from tierctl.money import plain_number

_SCHEMA = {"track": pl.String, "partner_id": pl.String, "action": pl.String, "due_on": pl.Date, "detail": pl.String}
_NAMED = 3


def held_actions(held: pl.DataFrame, due_on: date) -> pl.DataFrame:
    """What somebody has to look at because posted rows are missing.

    Args:
        held: one row per track × partner_id × source × source_id × currency: amount, lacks (the row that is missing;
            null: the posted row itself).
        due_on: the day by which it is to be done.

    Returns:
        One row per track × partner_id × source × currency: action (`posted_row_missing`), due_on, detail. No order.
    """
    if held.is_empty():
        return pl.DataFrame(schema=_SCHEMA)
    by = ["track", "partner_id", "source", "currency"]
    lacking = pl.concat_str(pl.lit(" without "), "lacks").fill_null("")
    names = pl.concat_str("source", pl.lit(" "), "source_id", lacking).unique().sort()
    counted = held.sort(*by, "source_id").group_by(by, maintain_order=True)
    rows = counted.agg(
        pl.col("source_id").n_unique().alias("rows"),
        names.head(_NAMED).str.join(", ").alias("named"),
        pl.col("amount").sum().cast(NUMBER),
    )
    more = (
        pl.when(pl.col("rows") > _NAMED).then(pl.format(" and {} more", pl.col("rows") - _NAMED)).otherwise(pl.lit(""))
    )
    detail = pl.format(
        "{} {} stays posted for {}{}: not among today's rows",
        plain_number(pl.col("amount")), "currency", "named", more,
    )  # fmt: skip
    return _told(rows, "posted_row_missing", due_on, detail)


def adjusted_actions(adjusted: Sequence[pl.DataFrame], due_on: date) -> pl.DataFrame:
    """What somebody has to know because this month posts something for closed ones.

    Args:
        adjusted: one row per track × partner_id × earned_month × currency: lines, amount; may repeat.
        due_on: the day by which it is to be looked at.

    Returns:
        One row per track × partner_id × currency: action (`closed_month_adjusted`), due_on, detail. No order.
    """
    if not adjusted:
        return pl.DataFrame(schema=_SCHEMA)
    by = ["track", "partner_id", "currency"]
    months = pl.col("earned_month").unique().sort().str.join(", ").alias("months")
    rows = pl.concat(adjusted).group_by(by).agg(pl.col("lines").sum(), pl.col("amount").sum().cast(NUMBER), months)
    plural = pl.when(pl.col("lines") == 1).then(pl.lit("line")).otherwise(pl.lit("lines"))
    detail = pl.format(
        "{} {} posted for {}, closed before, by {} {}",
        plain_number(pl.col("amount")), "currency", "months", "lines", plural,
    )  # fmt: skip
    return _told(rows, "closed_month_adjusted", due_on, detail)


def _told(rows: pl.DataFrame, action: str, due_on: date, detail: pl.Expr) -> pl.DataFrame:
    said = (pl.lit(action).alias("action"), pl.lit(due_on).alias("due_on"), detail.alias("detail"))
    return rows.select("track", "partner_id", *said)
