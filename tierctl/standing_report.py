"""The standing report: where every partner stands, and in a sentence why."""

import polars as pl

from tierctl.criteria import leaves_of
from tierctl.grants import NO_END, tiers_by_rank
from tierctl.qualify import Inputs, Qualified
from tierctl.standing import GRANTING, Standing, last_held


def standing_report(inputs: Inputs, qualified: Qualified, standing: Standing) -> pl.DataFrame:
    """Where every partner stands, since when, and why.

    Returns:
        One row per partner_id whose fold has begun: the report's columns beside program, track and month. No order.
    """
    tiers = tiers_by_rank(qualified.track)
    rows = (
        standing.now.join(standing.changes, on="partner_id")
        .join(_before(standing), on="partner_id", how="left")
        .join(_failing_gates(inputs, qualified), on="partner_id", how="left")
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
        _reason().alias("reason"),
    )


def _before(standing: Standing) -> pl.DataFrame:
    """One row per partner_id of the review before: previous_tier, and until when it was held (last_held)."""
    none = standing.was.select(
        "partner_id", previous_tier=pl.lit(None, dtype=pl.String), last_held=pl.lit(None, dtype=pl.Date)
    )
    if standing.before is None:
        return none
    before = standing.before
    tiers = tiers_by_rank(before.qualified.track).rename({"tier": "previous_tier"})
    previous = before.standing.join(tiers, on="rank", how="left").select("partner_id", "previous_tier")
    since = before.qualified.inputs.months[before.at].last
    return previous.join(last_held(standing, since), on="partner_id", how="left")


def _failing_gates(inputs: Inputs, qualified: Qualified) -> pl.DataFrame:
    """One row per partner_id: fails, the tests of the gates that do not hold on the review day (a text)."""
    gates = [gate for gate in (inputs.program.gate, qualified.track.gate) if gate]
    tests = {leaf.path: ~leaf.is_met.fill_null(value=False) for gate in gates for leaf in leaves_of(gate)}
    failing = [pl.when(fails).then(pl.lit(path)) for path, fails in tests.items()]
    grid = qualified.grid.filter(pl.col("look") == qualified.looks_at(len(inputs.months) - 1)[0])
    text = pl.concat_str(failing, separator=", ", ignore_nulls=True) if failing else pl.lit("")
    return grid.select("partner_id", text.alias("fails"))


def _reason() -> pl.Expr:
    """Why this tier, in a sentence: the grant behind it, and what a person should know about it."""
    is_decided = pl.col("basis").cast(pl.String).is_in(GRANTING)
    unsupported = pl.when(is_decided & (pl.col("earned_rank") < pl.col("rank"))).then(
        pl.format("; the evidence does not support it: {} is earned", "earned_tier")
    )
    ended = pl.when(pl.col("change") == "demoted").then(
        pl.coalesce(
            pl.format("{} ended on {}; ", "previous_tier", "last_held"), pl.format("{} is lost; ", "previous_tier")
        )
    )
    return (
        pl.when(pl.col("status") == "terminated")
        .then(pl.format("terminated on {}", "terminated_on"))
        .when(pl.col("status") == "suspended")
        .then(pl.format("the gate fails ({}); grants are kept", "fails"))
        .otherwise(pl.concat_str(ended.fill_null(""), "because", unsupported.fill_null("")))
    )
