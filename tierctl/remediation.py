"""Remediation: tiers that are held while their requirements are met, and the time to make good where they fail.

A review that finds the requirements failing starts a clock; found met again, the clock is cleared; found failing on or
after the day it ends, the tier is lost, or waits for a decision.
"""

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import date, timedelta

import polars as pl

from tierctl.criteria import Criterion
from tierctl.fiscal import Calendar, CalendarError, FiscalMonth
from tierctl.grants import CLOCK, NO_END, State, covers, lost, while_met_ranks
from tierctl.money import plain_number
from tierctl.program.model import Tier, Track
from tierctl.qualify import Qualified, met_column

_TIER = ["partner_id", "rank"]


def found_while_met(qualified: Qualified, active: pl.DataFrame) -> Mapping[int, pl.DataFrame]:
    """What the open looks of each month find of the tiers that are held while met.

    Args:
        qualified: what each look found.
        active: partner_id and at of the reviews that judge a partner: those at which nothing is suspended or over.

    Returns:
        Month number → one row per partner_id of these × rank: met.
    """
    open_looks = [number for number, look in enumerate(qualified.looks) if look.kind == "open"]
    grid = qualified.grid.filter(pl.col("look").is_in(open_looks)).join(active, on=["partner_id", "at"], how="semi")
    tiers = qualified.track.tiers
    frames = [
        grid.select(
            "partner_id", "at", pl.lit(rank, dtype=pl.Int32).alias("rank"), pl.col(met_column(tiers[rank])).alias("met")
        )
        for rank in while_met_ranks(qualified.track)
    ]
    parts = pl.concat(frames).partition_by("at", as_dict=True, include_key=False)
    return {int(at): found for (at,), found in parts.items()}


def ending_ranks(track: Track, calendar: Calendar, month: FiscalMonth) -> tuple[int, ...]:
    """The ranks of the tiers that this month's review may find failing: with a period, only the review that ends it."""
    return tuple(rank for rank in while_met_ranks(track) if _may_end(track.tiers[rank], calendar, month))


def _may_end(tier: Tier, calendar: Calendar, month: FiscalMonth) -> bool:
    period = tier.holds.period if tier.holds else None
    if period is None:
        return True
    try:
        following = calendar.shift(month, 1)
    except CalendarError:
        return True
    return calendar.instance(period, month.last).last < following.last


def with_clocks(state: State, found: pl.DataFrame, ending: Collection[int], track: Track, day: date) -> State:
    """Clears the clocks of what is met, and starts or runs out those of what is not.

    Args:
        state: the grants and clocks after the month's decisions.
        found: what the review finds: partner_id, rank, met.
        ending: the ranks that this review may find failing.
        track: how long there is to make good, and who decides on what was not.
        day: the review day.
    """
    clocks = state.clocks.join(found.filter("met"), on=_TIER, how="anti")
    endless = state.grants.filter((pl.col("through") == NO_END) & covers(day) & pl.col("rank").is_in(sorted(ending)))
    failing = endless.select(_TIER).unique().join(found.filter(~pl.col("met")), on=_TIER, how="semi")
    if failing.is_empty():
        return replace(state, clocks=clocks)
    timed = failing.join(clocks, on=_TIER, how="left")
    term = timedelta(days=track.remediation_days or 0)
    if not term:
        gone = failing
    elif track.downgrade == "on_decision":
        gone = failing.clear()
    else:
        gone = timed.filter(pl.col("ends_on") <= day).select(_TIER)
    begun = timed.filter(pl.col("ends_on").is_null()).with_columns(
        pl.lit(day).alias("began_on"), pl.lit(day + term).alias("ends_on")
    )
    running = pl.concat([clocks, begun.select(CLOCK)]).join(gone, on=_TIER, how="anti")
    return replace(state, grants=lost(state.grants, gone, day), clocks=running)


def what_fails(qualified: Qualified, at: int) -> pl.DataFrame:
    """What a month's open look finds failing of the tiers that are held while met.

    Returns:
        One row per partner_id × rank of such a tier: fails, the criteria that are not met, each with its value (a
        text, empty where all are met).
    """
    grid = qualified.grid.filter(pl.col("look") == qualified.looks_at(at)[0])
    track = qualified.track
    frames = [grid.clear().select("partner_id", rank=pl.lit(0, dtype=pl.Int32), fails=pl.lit(""))]
    for rank in while_met_ranks(track):
        first = 0 if track.each_tier_requires == "all_below_too" else rank
        tiers = [tier.id for tier in track.tiers[first : rank + 1]]
        failing = [_told(criterion) for criterion in qualified.criteria if criterion.tier in tiers]
        text = pl.concat_str(failing, separator=", ", ignore_nulls=True)
        frames.append(grid.select("partner_id", rank=pl.lit(rank, dtype=pl.Int32), fails=text))
    return pl.concat(frames)


def _told(criterion: Criterion) -> pl.Expr:
    """A criterion that is not met, with its value; null where it is met."""
    leaf = criterion.leaf
    path = pl.lit(leaf.path)
    told = path if leaf.is_of_partner else pl.format("{} {}", path, plain_number(leaf.value))
    return pl.when(~pl.col(criterion.column).fill_null(value=False)).then(told)
