"""The standing report: where every partner stands, and in a sentence why."""

import polars as pl

from tierctl.grants import NO_END, tiers_by_rank
from tierctl.program.model import Track
from tierctl.qualify import Inputs, Qualified
from tierctl.standing import Standing


def standing_report(inputs: Inputs, qualified: Qualified, standing: Standing) -> pl.DataFrame:
    """Where every partner stands, since when, and why.

    Returns:
        One row per partner_id whose fold has begun: the report's columns beside program, track and month. No order.
    """
    tiers = tiers_by_rank(qualified.track)
    was = standing.was.select("partner_id", was_through="through")
    if standing.before:
        old = tiers_by_rank(standing.before.qualified.track).rename({"tier": "previous_tier"})
        previous = standing.before.standing.join(old, on="rank", how="left").select("partner_id", "previous_tier")
        was = was.join(previous, on="partner_id")
    else:
        was = was.with_columns(pl.lit(None, dtype=pl.String).alias("previous_tier"))
    rows = (
        standing.now.join(standing.changes, on="partner_id")
        .join(was, on="partner_id", how="left")
        .join(inputs.roster.select("partner_id", "name", "terminated_on"), on="partner_id")
        .join(tiers, on="rank", how="left")
        .join(tiers.select(earned_rank="rank", earned_tier="tier"), on="earned_rank", how="left")
    )
    return rows.select(
        "partner_id",
        pl.col("name").alias("partner_name"),
        "previous_tier",
        "earned_tier",
        "tier",
        "change",
        "status",
        pl.col("basis").cast(pl.String),
        pl.col("from").alias("valid_from"),
        pl.when(pl.col("through") < NO_END).then("through").alias("valid_through"),
        pl.lit(None, dtype=pl.Date).alias("remediation_ends_on"),
        _reason(inputs, qualified.track).alias("reason"),
    )


def _reason(inputs: Inputs, track: Track) -> pl.Expr:
    """Why this tier, in a sentence: the grant behind it, and what a person should know about it."""
    gates = [gate for gate in (inputs.program.gate, track.gate) if gate]
    tested = ", ".join(name for gate in gates for name in gate.tests)
    unsupported = pl.when(
        pl.col("basis").cast(pl.String).is_in(["prequalified", "placed", "approved"])
        & (pl.col("earned_rank") < pl.col("rank"))
    ).then(pl.format("; the evidence does not support it: {} is earned", "earned_tier"))
    ended = pl.when(pl.col("change") == "demoted").then(
        pl.format("{} ended on {}; ", "previous_tier", pl.min_horizontal("was_through", pl.lit(inputs.last.last)))
    )
    return (
        pl.when(pl.col("status") == "terminated")
        .then(pl.format("terminated on {}", "terminated_on"))
        .when(pl.col("status") == "suspended")
        .then(pl.lit(f"the gate fails ({tested}); grants are kept"))
        .otherwise(pl.concat_str(ended.fill_null(""), "because", unsupported.fill_null("")))
    )
