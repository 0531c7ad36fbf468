"""Statuses: how every partner is with the program at each review, before it is asked which tier it holds."""

from collections.abc import Sequence
from datetime import date

import polars as pl

from tierctl.enrollment import with_period
from tierctl.grants import gap_days
from tierctl.qualify import Qualified, met_column

NO_TIER = -1
"""What no tier counts as where ranks are compared: it is lower than every tier."""

GONE = ("terminated", "expired")
"""The statuses of partners that are no longer with the program."""


def statuses_of(qualified: Qualified) -> pl.DataFrame:
    """Every partner's status at each review of an edition, as far as grants have no say in it.

    Returns:
        One row per partner_id × month `at` from its start on, sorted: status (active, suspended, expired, terminated)
        and earned_rank (of the highest tier whose requirements the open look meets; null without one, or when gone).
    """
    numbers = [number for number, look in enumerate(qualified.looks) if look.kind == "open"]
    rows = qualified.grid.filter(pl.col("look").is_in(numbers))
    inputs, track = qualified.inputs, qualified.track
    ranks = [
        pl.when(met_column(tier)).then(pl.lit(track.ranks[tier.id], dtype=pl.Int32)) for tier in track.earned_tiers
    ]
    everybodys = pl.lit(0 if track.tiers[0].requires is None else None, dtype=pl.Int32)
    terminated = inputs.roster.select("partner_id", "terminated_on").drop_nulls()
    rows = rows.join(terminated, on="partner_id", how="left", maintain_order="left")
    is_expired = pl.lit(value=False)
    if inputs.program.enrollment == "required":
        rows = with_period(rows, inputs.enrolled, on="day")
        is_expired = (pl.col("expires_on") < pl.col("day")).fill_null(value=False)
    status = (
        pl.when((pl.col("terminated_on") <= pl.col("day")).fill_null(value=False))
        .then(pl.lit("terminated"))
        .when(is_expired)
        .then(pl.lit("expired"))
        .when(~pl.col("gate"))
        .then(pl.lit("suspended"))
        .otherwise(pl.lit("active"))
    )
    earned = pl.max_horizontal(everybodys, *ranks)
    is_gone = pl.col("status").is_in(GONE)
    return rows.with_columns(status.alias("status")).select(
        "partner_id", "at", "status", pl.when(~is_gone).then(earned).alias("earned_rank")
    )


def changes(
    now: pl.DataFrame, was: pl.DataFrame, grants: pl.DataFrame, anew: pl.Series, days: Sequence[date]
) -> pl.DataFrame:
    """What has changed since the review of the month before: the first word that applies, in the order of the design.

    Args:
        now: the standing of this review (see `Standing`).
        was: that of the one before, in today's ranks; `is_comparable` where the tier of then still has one.
        grants: all grants as of this review.
        anew: the partner ids whose current enrollment was not theirs at the review before.
        days: the review days of the fold, this one last.

    Returns:
        One row per partner_id of `now`: change.
    """
    was_rank = pl.when("is_comparable").then(pl.col("rank").fill_null(NO_TIER))
    was = was.select("partner_id", was_rank=was_rank, was_through="through", was_status="status")
    both = now.join(was, on="partner_id", how="left", maintain_order="left")
    both = both.with_columns(pl.col("rank").fill_null(NO_TIER))
    since = days[-2] if len(days) > 1 else days[-1]
    same = both.filter((pl.col("rank") == pl.col("was_rank")) & (pl.col("from") > since))
    fell = gap_days(grants, same.select("partner_id", "rank"), since, days[-1])
    both = both.with_columns(pl.col("partner_id").is_in(fell["partner_id"].implode()).alias("fell"))
    status, was_status = pl.col("status"), pl.col("was_status")
    left = pl.when(status.is_in([*GONE, "suspended"]) & was_status.ne_missing(status)).then(status)
    change = (
        pl.when(left.is_not_null())
        .then(left)
        .when((was_status == "suspended") & ~status.is_in([*GONE, "suspended"]))
        .then(pl.lit("reinstated"))
        .when(was_status.is_null() | pl.col("partner_id").is_in(anew.implode()))
        .then(pl.lit("enrolled"))
        .when((pl.col("rank") > pl.col("was_rank")) | pl.col("fell"))
        .then(pl.lit("promoted"))
        .when(pl.col("rank") < pl.col("was_rank"))
        .then(pl.lit("demoted"))
        .when((pl.col("rank") == pl.col("was_rank")) & (pl.col("through") > pl.col("was_through")))
        .then(pl.lit("requalified"))
        .otherwise(pl.lit("retained"))
    )
    return both.select("partner_id", change.alias("change"))
