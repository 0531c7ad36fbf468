"""Actions about money: balances that partners owe, and payments that wait for something that the payout requires."""

from datetime import date

import polars as pl

from tierctl.money import plain_number
from tierctl.program.phrases import requires_words
from tierctl.program.rules import Payout


def money_actions(statements: pl.DataFrame, tracks: pl.DataFrame, due_on: date, payout: Payout) -> pl.DataFrame:
    """What somebody has to do because of the month's statements.

    Args:
        statements: One row per partner_id × currency: balance (NUMBER), status.
        tracks: One row per partner_id of the statements: track, the one that the action is listed under, and perhaps
            is_absent, whether the partner is on none any more.
        due_on: The day by which it is to be done.
        payout: What the program says; `requires` is what a held payment waits for.

    Returns:
        One row per partner_id × currency whose balance is owed (`settle_balance`, V13) or held (`payment_held`, V17):
        track, partner_id, action, due_on, detail. No order.
    """
    amount = pl.format("{} {}", plain_number(pl.col("balance").abs()), "currency")
    required = requires_words(payout.requires) if payout.requires else ""
    told = {
        "owed": ("settle_balance", pl.format("{} is owed by the partner", amount)),
        "held": ("payment_held", pl.format("{} is held; {}", amount, "waits")),
    }
    found = statements.join(tracks, on="partner_id", how="left", validate="m:1")
    is_absent = pl.col("is_absent") if "is_absent" in found.columns else pl.lit(value=False)
    absent = "the partner is missing from the roster, or takes part no more"
    found = found.with_columns(waits=pl.when(is_absent).then(pl.lit(absent)).otherwise(pl.lit(f"required: {required}")))
    return pl.concat(
        found.filter(pl.col("status") == status).select(
            "track",
            "partner_id",
            pl.lit(action).alias("action"),
            pl.lit(due_on).alias("due_on"),
            detail.alias("detail"),
        )
        for status, (action, detail) in told.items()
    )
