"""Actions: what a person has to do after this review, and by when."""

from datetime import date, timedelta

import polars as pl

from tierctl.criteria import column_of
from tierctl.fiscal import CalendarError
from tierctl.grants import standing_after, tiers_by_rank
from tierctl.money import plain_number
from tierctl.program.model import Action, Track
from tierctl.qualify import Inputs, Qualified
from tierctl.standing import Standing

_DAY = timedelta(days=1)
_ABOUT_A_MONTH = timedelta(days=31)


def actions(inputs: Inputs, qualified: Qualified, standing: Standing, track_name: str) -> pl.DataFrame:
    """The duties that the program file states, and the announcement of tiers that end before the next review.

    Returns:
        One row per partner_id × action: due_on, detail. No order.
    """
    frames = [_tier_ends(inputs, qualified.track, standing)]
    for name, action in inputs.program.actions.items():
        concerns = action.tracks is None or track_name in action.tracks
        if concerns and _falls_in(action, inputs):
            frames.append(_by_calendar(name, action, inputs, qualified, standing))
    return pl.concat(frames)


def _falls_in(action: Action, inputs: Inputs) -> bool:
    """Whether the month under review is the first or last of the action's period."""
    month, calendar = inputs.last, inputs.calendar
    instance = calendar.instance(action.every, month.last)
    if action.in_month == "first":
        return instance.first >= month.first
    return instance.last < _next_review(inputs)


def _next_review(inputs: Inputs) -> date:
    """The last day of the next fiscal month; where the calendar's table ends, about a month on."""
    try:
        return inputs.calendar.shift(inputs.last, 1).last
    except CalendarError:
        return inputs.last.last + _ABOUT_A_MONTH


def _by_calendar(name: str, action: Action, inputs: Inputs, qualified: Qualified, standing: Standing) -> pl.DataFrame:
    ranks = [rank for tier, rank in qualified.track.ranks.items() if action.tiers is None or tier in action.tiers]
    due = inputs.calendar.shift(inputs.last, action.due_fiscal_months)
    grid = qualified.grid.filter(pl.col("look") == qualified.looks_at(len(inputs.months) - 1)[0])
    concerned = standing.now.filter(pl.col("rank").is_in(ranks)).select("partner_id").join(grid, on="partner_id")
    shown = [pl.format("; {} {}", pl.lit(metric), plain_number(pl.col(column_of(metric)))) for metric in action.shows]
    text = action.detail or action.name or name
    return concerned.select(
        "partner_id",
        pl.lit(name).alias("action"),
        pl.lit(due.last).alias("due_on"),
        pl.concat_str([pl.lit(text), *shown]).alias("detail"),
    )


def _tier_ends(inputs: Inputs, track: Track, standing: Standing) -> pl.DataFrame:
    """One row per partner whose tier ends before the next review and that then stands lower (E10)."""
    ending = standing.now.filter(pl.col("rank").is_not_null() & (pl.col("through") < _next_review(inputs)))
    ending = ending.with_columns((pl.col("through") + _DAY).alias("day"))
    after = standing_after(standing.grants, ending.select("partner_id", "day"))
    tiers = tiers_by_rank(track)
    falls = (
        ending.join(after.rename({"rank": "rank_after"}), on=["partner_id", "day"], how="left")
        .with_columns(pl.col("rank_after").fill_null(0))
        .filter(pl.col("rank_after") < pl.col("rank"))
        .join(tiers, on="rank")
        .join(tiers.rename({"tier": "tier_after"}), left_on="rank_after", right_on="rank")
    )
    return falls.select(
        "partner_id",
        pl.lit("tier_ends").alias("action"),
        pl.col("through").alias("due_on"),
        pl.format("{} ends on {}; {} from {} on", "tier", "through", "tier_after", "day").alias("detail"),
    )
