"""Decisions and enrollments: what people enter about a partner's tier, as steps of the fold in the order of their days.

A decision grants a tier, moves or ends one, or refuses a promotion. A new enrollment ends what was held before it and
begins with the base tier and the one that the partner was placed in.
"""

from dataclasses import replace
from datetime import timedelta

import polars as pl

from tierctl.earning import with_held
from tierctl.grants import (
    BASIS,
    CLOCK,
    DECLINED,
    NO_END,
    SCHEMA,
    State,
    downgraded,
    extended,
    tiers_by_rank,
    while_met_ranks,
    with_grants,
)
from tierctl.inputs import Inputs
from tierctl.program.model import Track

GRANTING = ("prequalified", "placed", "approved")
BASE_BECAUSE = "the program's base tier"
_ENROLLED = "enrolled"
_DAY = timedelta(days=1)


def steps_of(decisions: pl.DataFrame, inputs: Inputs, track: Track) -> pl.DataFrame:
    """What decisions and enrollments bring, in the ranks of the track, each partner's in the order of their days.

    Args:
        decisions: the decisions of this program and track, in the contract's columns.
        inputs: the enrollments and the calendar.
        track: the ladder. Decisions about tiers that it lacks bring nothing.

    Returns:
        One row per step: partner_id, step (enrolled, or the decision's word), rank (null: placed in no tier), due_on
        (the day from which a review sees it), day (that of the decision or the enrollment), from and through (of the
        grant; through null where the tier lasts as an enrollment does and there is none), stated (the end that the
        decision itself gives), closes_on (the last day of the enrollment before; null: there is none), because. A
        partner's enrollment stands before its decisions of the same day, and those in the order of their ids.
    """
    steps = _decided(decisions, track)
    if inputs.program.enrollment == "required":
        steps = pl.concat([_enrolled(inputs.enrolled, track), steps])
    frames = [steps.filter(pl.col("rank").is_null()).with_columns(pl.lit(None, dtype=pl.Date).alias("held"))]
    for rank, tier in enumerate(track.tiers):
        frames.append(with_held(steps.filter(pl.col("rank") == rank), tier.holds, inputs, on="day"))
    through = pl.coalesce("stated", "held").alias("through")
    ordered = pl.concat(frames).sort("partner_id", "day", "order", "decision_id")
    return ordered.with_columns(through).drop("held", "order", "decision_id")


def _decided(decisions: pl.DataFrame, track: Track) -> pl.DataFrame:
    because = pl.format(
        "{} by decision {} of {}{}",
        "decision",
        "decision_id",
        "decided_by",
        pl.format(": {}", "reason").fill_null(""),
    )
    day = pl.col("effective_on")
    return decisions.join(tiers_by_rank(track), on="tier").select(
        "partner_id",
        pl.col("decision").alias("step"),
        "rank",
        day.alias("due_on"),
        day.alias("day"),
        day.alias("from"),
        pl.col("through").alias("stated"),
        pl.lit(None, dtype=pl.Date).alias("closes_on"),
        because.alias("because"),
        pl.lit(1, dtype=pl.Int32).alias("order"),
        "decision_id",
    )


def _enrolled(enrolled: pl.DataFrame, track: Track) -> pl.DataFrame:
    ended, earlier = (
        pl.col(column).shift(1).over("partner_id", order_by="enrolled_on") for column in ("expires_on", "enrolled_on")
    )
    closes_on = pl.when(earlier.is_not_null()).then(pl.min_horizontal(ended, pl.col("enrolled_on") - _DAY))
    return enrolled.join(tiers_by_rank(track), on="tier", how="left", maintain_order="left").select(
        "partner_id",
        pl.lit(_ENROLLED).alias("step"),
        "rank",
        pl.col("start_on").alias("due_on"),
        pl.col("enrolled_on").alias("day"),
        pl.col("start_on").alias("from"),
        pl.when(pl.col("rank") == 0).then(pl.lit(NO_END)).alias("stated"),
        closes_on.alias("closes_on"),
        pl.format("placed by the enrollment of {}", "enrolled_on").alias("because"),
        pl.lit(0, dtype=pl.Int32).alias("order"),
        pl.lit("").alias("decision_id"),
    )


def with_steps(state: State, steps: pl.DataFrame, track: Track) -> State:
    """Takes the steps of one month, each partner's in turn."""
    if steps.is_empty():
        return state
    concerned = steps.select("partner_id").unique()
    own, others = state.of(concerned), state.of(concerned, others=True)
    numbered = steps.with_columns(pl.int_range(pl.len()).over("partner_id").alias("turn"))
    for turn in range(numbered.select(pl.col("turn").max()).item() + 1):
        own = _step(own, numbered.filter(pl.col("turn") == turn), track)
    return others.beside(own)


def _step(state: State, steps: pl.DataFrame, track: Track) -> State:
    """Takes at most one step per partner."""
    state = _restarted(state, steps.filter(pl.col("step") == _ENROLLED), track)
    granting = steps.filter(pl.col("step").is_in(GRANTING) & pl.col("through").is_not_null())
    granted = granting.with_columns(pl.col("step").cast(BASIS).alias("basis"))
    state = replace(state, grants=with_grants(state.grants, granted))
    state = _extended(state, steps.filter(pl.col("step") == "extended"), track)
    state = _downgraded(state, steps.filter(pl.col("step") == "downgraded"))
    refused = steps.filter(pl.col("step") == "declined")
    if not refused.is_empty() and track.promotion == "on_decision":
        declined = refused.with_columns(pl.col("stated").alias("through")).select(DECLINED)
        state = replace(state, declined=pl.concat([state.declined, declined]))
    return state


def _restarted(state: State, enrolled: pl.DataFrame, track: Track) -> State:
    """Ends what was held in the enrollment before, and begins with the base tier and the one placed in."""
    if enrolled.is_empty():
        return state
    anew = enrolled.select("partner_id", "closes_on").drop_nulls("closes_on")
    past = state.grants.join(anew, on="partner_id").with_columns(pl.min_horizontal("through", "closes_on"))
    past = past.filter(pl.col("from") <= pl.col("through")).select(SCHEMA.names())
    state = State(
        grants=state.grants.join(anew, on="partner_id", how="anti"),
        ended=pl.concat([state.ended, past]),
        merits=state.merits.join(anew, on="partner_id", how="anti"),
        clocks=state.clocks.join(anew, on="partner_id", how="anti"),
        declined=state.declined.join(anew, on="partner_id", how="anti"),
    )
    placed = enrolled.filter(pl.col("rank").is_not_null() & pl.col("through").is_not_null())
    placed = placed.with_columns(pl.lit("placed", dtype=BASIS).alias("basis"))
    made = pl.concat([base_grants(enrolled, track, since="from"), placed.select(SCHEMA.names())])
    return replace(state, grants=with_grants(state.grants, made))


def _downgraded(state: State, lowered: pl.DataFrame) -> State:
    """Ends what is held above the tier fallen to, and gives that tier to whoever stood higher and does not hold it.

    What was merited above it ends too: only what is earned from now on is proposed anew.
    """
    if lowered.is_empty():
        return state
    floors = lowered.select("partner_id", "day", floor="rank")
    above = state.clocks.join(floors, on="partner_id", how="left")
    kept = above.filter((pl.col("rank") <= pl.col("floor")).fill_null(value=True)).select(CLOCK)
    on_the_day = pl.col("day").is_between(pl.col("from"), pl.col("through"))
    held = state.grants.join(floors, on="partner_id").filter(on_the_day)
    fallen = held.filter(pl.col("rank") > pl.col("floor")).select("partner_id")
    holding = held.filter(pl.col("rank") == pl.col("floor")).select("partner_id")
    given = lowered.join(fallen, on="partner_id", how="semi").join(holding, on="partner_id", how="anti")
    placed = given.drop_nulls("through").with_columns(pl.lit("placed", dtype=BASIS).alias("basis"))
    grants = with_grants(downgraded(state.grants, lowered), placed.select(SCHEMA.names()))
    return replace(state, grants=grants, merits=downgraded(state.merits, lowered), clocks=kept)


def base_grants(partners: pl.DataFrame, track: Track, *, since: str) -> pl.DataFrame:
    """The base tier, without end, for those who begin; for nobody where it has requirements, or is no tier at all."""
    made = partners.select(
        "partner_id",
        pl.lit(0, dtype=pl.Int32).alias("rank"),
        pl.lit("base", dtype=BASIS).alias("basis"),
        pl.col(since).alias("from"),
        pl.lit(NO_END).alias("through"),
        pl.lit(BASE_BECAUSE).alias("because"),
    )
    base = track.tiers[0]
    return made if base.id and base.requires is None else made.clear()


def _extended(state: State, to: pl.DataFrame, track: Track) -> State:
    """Moves the end of a tier's clock, and where there is none that of the partner's latest grant of the tier.

    A tier that is held while it is met, and is met, has no end to move.
    """
    if to.is_empty():
        return state
    days = pl.duration(days=track.remediation_days or 0)
    moved = to.select("partner_id", "rank", to=pl.coalesce("stated", pl.col("from") + days))
    clocks = state.clocks.join(moved, on=["partner_id", "rank"], how="left", maintain_order="left")
    clocks = clocks.with_columns(pl.coalesce("to", "ends_on").alias("ends_on")).select(CLOCK)
    endless = state.grants.filter((pl.col("through") == NO_END) & pl.col("rank").is_in(while_met_ranks(track)))
    dated = to.join(endless, on=["partner_id", "rank"], how="anti").filter(pl.col("through").is_not_null())
    return replace(state, grants=extended(state.grants, dated), clocks=clocks)
