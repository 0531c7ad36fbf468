"""Benefits: what each partner's tier brings, and what came or went since the review before."""

from datetime import timedelta

import polars as pl

from tierctl.contracts import NUMBER
from tierctl.criteria import figure_expr
from tierctl.grants import NO_END, stood_since, tiers_by_rank
from tierctl.program.model import Benefit, Track
from tierctl.qualify import Inputs, Qualified
from tierctl.standing import Standing, last_held

_DAY = timedelta(days=1)


def benefits(inputs: Inputs, qualified: Qualified, standing: Standing, track_name: str) -> pl.DataFrame:
    """Every benefit that a partner has on the review day or has lost since the review before.

    Returns:
        One row per partner_id × benefit: tier (null without one), kind, value (yes_no: 1; null where lost or unknown),
        change, from (the day since which the tier has stood) and through (of its grant; where lost, the last day),
        terms. No order.
    """
    now = _held(qualified, standing.now, track_name, len(inputs.months) - 1)
    before = now.clear()
    if standing.before:
        before = _held(standing.before.qualified, standing.before.standing, track_name, standing.before.at)
    now = now.with_columns(pl.lit(value=True).alias("is_held"))
    before = before.select("partner_id", "benefit", was="value", was_held=pl.lit(value=True))
    offered = _offered(standing.before.qualified, track_name) if standing.before else {}
    offered |= _offered(qualified, track_name)
    both = now.join(before, on=["partner_id", "benefit"], how="full", coalesce=True)
    described = pl.DataFrame(
        [(name, benefit.kind, benefit.terms) for name, benefit in offered.items()],
        schema={"benefit": pl.String, "kind": pl.String, "terms": pl.String},
        orient="row",
    )
    is_held = pl.col("is_held").is_not_null()
    change = (
        pl.when(~is_held)
        .then(pl.lit("lost"))
        .when(pl.col("was_held").is_null())
        .then(pl.lit("gained"))
        .when(pl.col("value").ne_missing(pl.col("was")))
        .then(pl.lit("changed"))
        .otherwise(pl.lit("kept"))
    )
    return (
        both.join(described, on="benefit")
        .join(_terms(inputs, qualified.track, standing), on="partner_id", how="left")
        .select(
            "partner_id",
            "tier",
            "benefit",
            "kind",
            "value",
            change.alias("change"),
            pl.when(is_held).then("since").alias("from"),
            pl.when(is_held).then("through").otherwise("last_day").alias("through"),
            "terms",
        )
    )


def _offered(qualified: Qualified, track_name: str) -> dict[str, Benefit]:
    benefits = qualified.inputs.program.benefits.items()
    return {name: benefit for name, benefit in benefits if benefit.tracks is None or track_name in benefit.tracks}


def _held(qualified: Qualified, standing: pl.DataFrame, track_name: str, at: int) -> pl.DataFrame:
    """One row per partner_id × benefit held at the review of month `at`: value."""
    nothing = standing.clear().select(
        "partner_id", benefit=pl.lit("", dtype=pl.String), value=pl.lit(None, dtype=NUMBER)
    )
    grid = qualified.grid.filter(pl.col("look") == qualified.looks_at(at)[0])
    holders = standing.select("partner_id", "rank").join(grid, on="partner_id")
    frames = [nothing]
    for name, benefit in _offered(qualified, track_name).items():
        for tier, value in _values(benefit).items():
            if tier in qualified.track.ranks:
                holding = holders.filter(pl.col("rank") == qualified.track.ranks[tier])
                frames.append(holding.select("partner_id", pl.lit(name).alias("benefit"), value.alias("value")))
    return pl.concat(frames)


def _values(benefit: Benefit) -> dict[str, pl.Expr]:
    """Tier → the benefit's value there."""
    if isinstance(benefit.tiers, tuple):
        return {tier: pl.lit(1).cast(NUMBER) for tier in benefit.tiers}
    return {tier: figure_expr(value) for tier, value in benefit.tiers.items()}


def _terms(inputs: Inputs, track: Track, standing: Standing) -> pl.DataFrame:
    """One row per partner_id: today's tier, since when, its grant's through, and the last day of what was lost."""
    tiers = tiers_by_rank(track)
    day = inputs.last.last
    since = standing.before.qualified.inputs.months[standing.before.at].last if standing.before else day
    was = last_held(standing, since)
    terminated = inputs.roster.select("partner_id", "terminated_on")
    last_day = (
        pl.when(pl.col("status") == "terminated")
        .then(pl.col("terminated_on") - _DAY)
        .when(pl.col("last_held") < day)
        .then("last_held")
        .when(pl.col("from") > since)
        .then(pl.col("from") - _DAY)
        .when(pl.col("status") == "suspended")
        .then(pl.lit(day))
        .otherwise(pl.lit(day - _DAY))
    )
    holders = standing.now.select("partner_id", "rank").drop_nulls()
    was = was.join(stood_since(standing.grants, holders, day), on="partner_id", how="full", coalesce=True)
    now = standing.now.join(was, on="partner_id", how="left").join(terminated, on="partner_id", how="left")
    return now.join(tiers, on="rank", how="left").select(
        "partner_id",
        "tier",
        "since",
        pl.when(pl.col("through") < NO_END).then("through").alias("through"),
        last_day.alias("last_day"),
    )
