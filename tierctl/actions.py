"""Actions: what a person has to do after this review, and by when."""

from datetime import date, timedelta

import polars as pl

from tierctl.criteria import column_of
from tierctl.enrollment import periods_at
from tierctl.fiscal import CalendarError
from tierctl.grants import tiers_by_rank
from tierctl.inputs import Inputs
from tierctl.measure import rows_on
from tierctl.money import plain_number
from tierctl.program.model import ENROLLMENTS, Action, Track
from tierctl.qualify import Qualified
from tierctl.remediation import what_fails
from tierctl.standing import Standing
from tierctl.statuses import GONE, NO_TIER

_DAY = timedelta(days=1)
_ABOUT_A_MONTH = timedelta(days=31)


def actions(inputs: Inputs, qualified: Qualified, standing: Standing, track_name: str) -> pl.DataFrame:
    """The duties that the program file states, and what every review announces or asks to be decided.

    Returns:
        One row per partner_id × action × due_on × detail. No order.
    """
    track = qualified.track
    frames = [
        _tier_ends(inputs, track, standing),
        _approve_promotion(inputs, track, standing),
        *_on_remediation(inputs, qualified, standing),
        _decide_extension(inputs, track_name, standing),
    ]
    for name, action in inputs.program.actions.items():
        if action.tracks is not None and track_name not in action.tracks:
            continue
        if action.every is None:
            frames.append(_before_a_date(name, action, inputs, qualified, standing))
        elif _falls_in(action, inputs):
            frames.append(_by_calendar(name, action, inputs, qualified, standing))
    return pl.concat(frames)


def _falls_in(action: Action, inputs: Inputs) -> bool:
    """Whether the month under review is the first or last of the action's period."""
    if action.every is None:
        return False
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


def _concerned(action: Action, inputs: Inputs, qualified: Qualified, standing: Standing) -> pl.DataFrame:
    """The partners standing at one of the action's tiers, with what the open look found of them."""
    ranks = [rank for tier, rank in qualified.track.ranks.items() if action.tiers is None or tier in action.tiers]
    grid = qualified.grid.filter(pl.col("look") == qualified.looks_at(len(inputs.months) - 1)[0])
    return standing.now.filter(pl.col("rank").is_in(ranks)).select("partner_id").join(grid, on="partner_id")


def _detail(name: str, action: Action) -> pl.Expr:
    shown = [pl.format("; {} {}", pl.lit(metric), plain_number(pl.col(column_of(metric)))) for metric in action.shows]
    return pl.concat_str([pl.lit(action.detail or action.name or name), *shown])


def _by_calendar(name: str, action: Action, inputs: Inputs, qualified: Qualified, standing: Standing) -> pl.DataFrame:
    due = inputs.calendar.shift(inputs.last, action.due_fiscal_months)
    return _concerned(action, inputs, qualified, standing).select(
        "partner_id",
        pl.lit(name).alias("action"),
        pl.lit(due.last).alias("due_on"),
        _detail(name, action).alias("detail"),
    )


def _before_a_date(name: str, action: Action, inputs: Inputs, qualified: Qualified, standing: Standing) -> pl.DataFrame:
    """One row per row of the action's export whose day is near: within the days before, or before the next review."""
    day = inputs.last.last
    where = inputs.program.where(action.where)
    rows = rows_on(inputs, str(action.from_), where=where, with_={}, day=day)
    due_on = pl.col(str(action.on))
    is_near = (due_on - timedelta(days=action.days_before or 0) <= day) | (due_on <= _next_review(inputs))
    near = rows.filter((due_on >= day) & is_near).select("partner_id", due_on.alias("due_on"))
    concerned = _concerned(action, inputs, qualified, standing).select(
        "partner_id", _detail(name, action).alias("detail")
    )
    return (
        near.join(concerned, on="partner_id")
        .select("partner_id", pl.lit(name).alias("action"), "due_on", "detail")
        .unique()
    )


def _tier_ends(inputs: Inputs, track: Track, standing: Standing) -> pl.DataFrame:
    """One row per partner whose tier ends before the next review and that then stands lower (E10).

    Where it is the enrollment that ends, that is what is to be decided.
    """
    ending = standing.now.filter(pl.col("rank").is_not_null() & (pl.col("through") < _next_review(inputs)))
    periods = periods_at(inputs, inputs.last.last).select("partner_id", "expires_on")
    ends_alone = pl.col("expires_on").is_null() | (pl.col("through") < pl.col("expires_on"))
    ending = ending.join(periods, on="partner_id", how="left").filter(ends_alone)
    ending = ending.with_columns((pl.col("through") + _DAY).alias("day"))
    after = standing.held_after(ending.select("partner_id", "day"))
    tiers = tiers_by_rank(track)
    falls = (
        ending.join(after.rename({"rank": "rank_after"}), on=["partner_id", "day"], how="left")
        .filter(pl.col("rank_after").fill_null(NO_TIER) < pl.col("rank"))
        .join(tiers, on="rank")
        .join(tiers.select(rank_after="rank", tier_after="tier"), on="rank_after", how="left")
    )
    tier_after = pl.col("tier_after").fill_null("no tier")
    return falls.select(
        "partner_id",
        pl.lit("tier_ends").alias("action"),
        pl.col("through").alias("due_on"),
        pl.format("{} ends on {}; {} from {} on", "tier", "through", tier_after, "day").alias("detail"),
    )


def _approve_promotion(inputs: Inputs, track: Track, standing: Standing) -> pl.DataFrame:
    """One row per partner that has earned a higher tier than it stands at, where a person decides on that (C4, T8)."""
    waiting = standing.now.filter(pl.col("pending_rank").is_not_null())
    return waiting.join(tiers_by_rank(track).rename({"rank": "pending_rank"}), on="pending_rank").select(
        "partner_id",
        pl.lit("approve_promotion").alias("action"),
        pl.lit(_next_review(inputs)).alias("due_on"),
        pl.format("{} waits for approval: {}", "tier", "pending_because").alias("detail"),
    )


def _on_remediation(inputs: Inputs, qualified: Qualified, standing: Standing) -> list[pl.DataFrame]:
    """The notice when remediation begins; and the review of it when it has ended, where a person decides (C6)."""
    day = inputs.last.last
    failing = (
        standing.now.filter(pl.col("status") == "remediation")
        .join(what_fails(qualified, len(inputs.months) - 1), on=["partner_id", "rank"], how="left")
        .join(tiers_by_rank(qualified.track), on="rank")
    )
    notice = pl.format("{} is no longer met: {}; to be made good by {}", "tier", "fails", "ends_on")
    ended = pl.format(
        "{} has not been met since {}: {}; its remediation ended on {}", "tier", "began_on", "fails", "ends_on"
    )
    told = {"notify_remediation": (pl.col("began_on") == day, notice)}
    if qualified.track.downgrade == "on_decision":
        told["review_downgrade"] = (pl.col("ends_on") <= day, ended)
    return [
        failing.filter(is_due).select(
            "partner_id", pl.lit(name).alias("action"), pl.lit(day).alias("due_on"), detail.alias("detail")
        )
        for name, (is_due, detail) in told.items()
    ]


def _decide_extension(inputs: Inputs, track_name: str, standing: Standing) -> pl.DataFrame:
    """One row per partner whose enrollment ends before the next review, with none that follows it."""
    day = inputs.last.last
    current = periods_at(inputs, day).filter(pl.col("expires_on").is_between(day, _next_review(inputs), closed="left"))
    staying = standing.now.filter(~pl.col("status").is_in([*GONE, "suspended"])).select("partner_id")
    ending = current.join(staying, on="partner_id", how="semi")
    if not ending.is_empty():
        ending = ending.join(_following(inputs, track_name, ending), on="partner_id", how="anti")
    return ending.select(
        "partner_id",
        pl.lit("decide_extension").alias("action"),
        pl.col("expires_on").alias("due_on"),
        pl.format("the enrollment of {} ends on {}", "enrolled_on", "expires_on").alias("detail"),
    )


def _following(inputs: Inputs, track_name: str, ending: pl.DataFrame) -> pl.DataFrame:
    """The partners that have enrolled again by the day after their enrollment ends, be it after the review day."""
    rows = inputs.rows(ENROLLMENTS).filter((pl.col("program") == inputs.program.id) & (pl.col("track") == track_name))
    known = rows.select(pl.col("partner_id").cast(inputs.partner_type, strict=False), again_on="enrolled_on")
    both = ending.select("partner_id", "enrolled_on", "expires_on").join(known.drop_nulls(), on="partner_id")
    follows = (pl.col("again_on") > pl.col("enrolled_on")) & (pl.col("again_on") <= pl.col("expires_on") + _DAY)
    return both.filter(follows).select("partner_id").unique()
