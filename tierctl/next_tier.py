"""Next tier: what each partner still lacks of the next tier up, and the cheapest ways to it.

A way meets every requirement; where any of several would do (`any`), each of them begins ways of its own. What a way
costs is the sum of what is missing, each as a share of its bound.
"""

from datetime import date

import polars as pl

from tierctl.contracts import NUMBER, empty, report_contract
from tierctl.criteria import Criterion
from tierctl.evidence import missing_expr
from tierctl.exact import Ratio
from tierctl.measure.readings import to_date_period, window_span
from tierctl.pace import HELD, comes_in_whole, needed_per_month, open_grid, open_look, pace_of
from tierctl.program.model import Tier
from tierctl.program.reads import reads_of
from tierctl.qualify import Qualified
from tierctl.standing import Standing
from tierctl.statuses import NO_TIER
from tierctl.ways import ways_of

_SHARE_PLACES = 4
_ADDED = ("program", "track", "month")


def next_tier(qualified: Qualified, standing: Standing) -> pl.DataFrame:
    """What is missing for the next tier, way by way, the cheapest first.

    The next tier is the lowest one with requirements above the tier that stands, for partners that are active, in
    remediation or waiting for approval. Where nothing is missing there is no row.

    Returns:
        One row per partner_id × way × step (both from 1): the report's columns beside program, track and month. tier is
        the next tier, asked_by the tier in whose requirements the criterion stands: another one only where each tier
        requires all below it, too. value, threshold, missing and needed_per_month are in the metric's unit, null where
        there is no such number. No order.
    """
    found = []
    for tier in qualified.track.earned_tiers:
        partners = _below(qualified, standing, tier)
        if not partners.is_empty():
            found.append(_lacking(qualified, partners, tier))
    return pl.concat(found) if found else empty(report_contract("next_tier")).drop(_ADDED)


def _below(qualified: Qualified, standing: Standing, tier: Tier) -> pl.DataFrame:
    """The partners whose next tier this is: one row per partner_id."""
    ranks, rank = qualified.track.ranks, pl.col("rank").fill_null(NO_TIER)
    lower = [ranks[other.id] for other in qualified.track.earned_tiers if ranks[other.id] < ranks[tier.id]]
    is_next = (rank < ranks[tier.id]) & (rank >= max(lower, default=NO_TIER))
    return standing.now.filter(pl.col("status").is_in(HELD) & is_next).select("partner_id")


def _lacking(qualified: Qualified, partners: pl.DataFrame, tier: Tier) -> pl.DataFrame:
    """The rows of the partners whose next tier this is."""
    asked = [tier]
    if qualified.track.each_tier_requires == "all_below_too":
        ranks = qualified.track.ranks
        asked = [other for other in qualified.track.earned_tiers if ranks[other.id] <= ranks[tier.id]]
    wanted = {other.id for other in asked}
    criteria = [criterion for criterion in qualified.criteria if criterion.tier in wanted]
    grid = open_grid(qualified).join(partners, on="partner_id", how="semi")
    missing = pl.concat([_missing(qualified, grid, each, at) for at, each in enumerate(criteria)])
    numbers = {(each.tier, each.leaf.path): at for at, each in enumerate(criteria)}
    ways = ways_of(asked, numbers, missing, grid.select("partner_id"))
    steps = ways.explode("steps").rename({"steps": "criterion_number"})
    rows = steps.join(missing, on=["partner_id", "criterion_number"]).sort("partner_id", "way", "criterion_number")
    step = pl.int_range(1, pl.len() + 1, dtype=pl.Int64).over("partner_id", "way").alias("step")
    return rows.with_columns(step, pl.lit(tier.id).alias("tier")).select(_columns())


def _columns() -> list[str]:
    return [name for name in report_contract("next_tier").names if name not in _ADDED]


def _missing(qualified: Qualified, grid: pl.DataFrame, criterion: Criterion, number: int) -> pl.DataFrame:
    """What the partners lack of one criterion: a row per partner_id that does not meet it, or of whom it is unknown.

    Returns:
        partner_id, criterion_number, asked_by, criterion, value, threshold, missing, share_missing, needed_per_month,
        by and cost (NUMBER: share_missing, 1 where there is none).
    """
    leaf, pace = criterion.leaf, pace_of(qualified, criterion)
    needed = pl.lit(None, dtype=NUMBER)
    if pace:
        needed = needed_per_month(pl.col("missing"), months=pl.lit(pace.months), is_count=comes_in_whole(criterion))
    lacking = grid.filter(~pl.col(criterion.column).fill_null(value=False))
    return (
        lacking.select(
            "partner_id",
            pl.lit(number, dtype=pl.Int64).alias("criterion_number"),
            pl.lit(criterion.tier).alias("asked_by"),
            pl.lit(leaf.path).alias("criterion"),
            leaf.value.cast(NUMBER).alias("value"),
            leaf.threshold.alias("threshold"),
            missing_expr(criterion).alias("missing"),
        )
        .with_columns(
            _share_missing(criterion).alias("share_missing"),
            needed.alias("needed_per_month"),
            pl.lit(_by(qualified, criterion), dtype=pl.Date).alias("by"),
        )
        .with_columns(pl.col("share_missing").fill_null(1).alias("cost"))
    )


def _share_missing(criterion: Criterion) -> pl.Expr:
    """Missing ÷ threshold; null where that is no share of anything.

    What is missing in a window that has ended is none: it cannot be made up any more.
    """
    if criterion.leaf.in_each:
        return pl.lit(None, dtype=NUMBER)
    above_zero = pl.when(pl.col("threshold") > 0).then(pl.col("threshold"))
    share = Ratio.of_number(pl.col("missing")) / Ratio.of_number(above_zero)
    return share.rounded_to(_SHARE_PLACES, "half_even")


def _by(qualified: Qualified, criterion: Criterion) -> date | None:
    """The last day of the windows to date that a criterion reads; None where it reads none."""
    if criterion.leaf.in_each:
        return None
    inputs, look = qualified.inputs, open_look(qualified)[1]
    names = reads_of(inputs.program, [criterion.leaf.subject]).names
    metrics = [inputs.program.metrics[name] for name in names if name in inputs.program.metrics]
    ends = [
        window_span(metric, look, inputs.calendar).last
        for metric in metrics
        if metric.is_of_rows and metric.ago is None and to_date_period(metric)
    ]
    return max(ends, default=None)
