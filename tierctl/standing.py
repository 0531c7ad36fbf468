"""Standing: the fold over fiscal months that turns evidence and decisions into grants, and grants into a tier.

`advance(grants, …one month…) → grants` is the whole of it: closing month by month and replaying all months at once
give the same grants, because a month's step reads nothing but the grants before it and the month itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl

from tierctl.fiscal import Calendar, FiscalMonth
from tierctl.grants import (
    BASIS,
    NO_END,
    SCHEMA,
    downgraded,
    extended,
    gap_days,
    no_grants,
    standing_on,
    with_grants,
)
from tierctl.program.model import Track
from tierctl.qualify import Inputs, Qualified, earned_grants, held_through, met_column

GRANTING = ("prequalified", "placed", "approved")


@dataclass(frozen=True)
class Standing:
    """Where every partner of one track stands at the end of the month under review, and how it got there.

    `now` and `before` (at the review of the month before; empty in the first month): one row per partner_id whose fold
    has begun, sorted: rank, basis, from, through, because (all null without a tier), status, earned_rank (the highest
    tier whose requirements the open look meets; null where terminated). `grants`: all grants as of this review.
    `changes`: one row per partner_id: change.
    """

    now: pl.DataFrame
    before: pl.DataFrame
    grants: pl.DataFrame
    changes: pl.DataFrame


def fold(inputs: Inputs, qualified: Qualified, decisions: pl.DataFrame) -> Standing:
    """Replays every month from the start to the one under review.

    Args:
        inputs: what the program is evaluated from.
        qualified: what each look found.
        decisions: the decisions of this program and track, in the contract's columns.
    """
    track, months = qualified.track, inputs.months
    states = _states(inputs, qualified)
    earned = _gated(earned_grants(inputs, qualified), states)
    decided = decision_steps(decisions, track, inputs.calendar)
    grants, before = no_grants(inputs.partner_type), None
    for at, month in enumerate(months):
        since = months[at - 1].last if at else date.min
        grants = advance(grants, inputs.roster, earned.filter(pl.col("at") == at), decided, since=since, month=month)
        if at == len(months) - 2:
            before = _stand(states, grants, at, month)
    now = _stand(states, grants, len(months) - 1, months[-1])
    before = now.clear() if before is None else before
    return Standing(now, before, grants, _changes(now, before, grants, months))


def advance(
    grants: pl.DataFrame,
    roster: pl.DataFrame,
    earned: pl.DataFrame,
    decided: pl.DataFrame,
    *,
    since: date,
    month: FiscalMonth,
) -> pl.DataFrame:
    """One month's step: the base tier of those who begin, the decisions due after `since`, what was earned."""
    begun = roster.filter(pl.col("start_on").is_between(since, month.last, closed="right"))
    base = begun.select(
        "partner_id",
        pl.lit(0, dtype=pl.Int32).alias("rank"),
        pl.lit("base", dtype=BASIS).alias("basis"),
        pl.col("start_on").alias("from"),
        pl.lit(NO_END).alias("through"),
        pl.lit("the program's base tier").alias("because"),
    )
    grants = with_grants(grants, base)
    due = decided.filter(pl.col("from").is_between(since, month.last, closed="right"))
    for turn in due["turn"].unique().sort():
        grants = _decide(grants, due.filter(pl.col("turn") == turn))
    return with_grants(grants, earned.select(SCHEMA.names()))


def _decide(grants: pl.DataFrame, decided: pl.DataFrame) -> pl.DataFrame:
    """Applies at most one decision per partner."""
    granting = decided.filter(pl.col("decision").is_in(GRANTING))
    grants = with_grants(
        grants, granting.with_columns(pl.col("decision").cast(BASIS).alias("basis")).select(SCHEMA.names())
    )
    grants = extended(grants, decided.filter(pl.col("decision") == "extended"))
    return downgraded(grants, decided.filter(pl.col("decision") == "downgraded"))


def decision_steps(decisions: pl.DataFrame, track: Track, calendar: Calendar) -> pl.DataFrame:
    """Decisions with their last day and their turn among the partner's decisions.

    Returns:
        One row per decision: partner_id, decision, rank, from, through (without one, as long as the tier is held from
        that day), because, turn (0 for the partner's first).
    """
    ranks = pl.DataFrame(
        {"tier": list(track.ranks), "rank": list(track.ranks.values())}, schema={"tier": pl.String, "rank": pl.Int32}
    )
    due = decisions.join(ranks, on="tier").sort("partner_id", "effective_on", "decision_id")
    rows = [
        (rank, day, held_through(holds, day, calendar) if (holds := track.tiers[rank].holds) else NO_END)
        for rank, day in due.select("rank", "effective_on").unique().rows()
    ]
    held = pl.DataFrame(rows, schema={"rank": pl.Int32, "effective_on": pl.Date, "held": pl.Date}, orient="row")
    because = pl.format(
        "{} by decision {} of {}{}",
        "decision",
        "decision_id",
        "decided_by",
        pl.format(": {}", "reason").fill_null(""),
    )
    return due.join(held, on=["rank", "effective_on"], how="left", maintain_order="left").select(
        "partner_id",
        "decision",
        "rank",
        pl.col("effective_on").alias("from"),
        pl.coalesce("through", "held").alias("through"),
        because.alias("because"),
        pl.int_range(pl.len()).over("partner_id").alias("turn"),
    )


def _gated(earned: pl.DataFrame, states: pl.DataFrame) -> pl.DataFrame:
    """What is earned while the gate holds and the partner is not terminated, as grants with their month `at`."""
    state = states.filter(pl.col("status") == "active").select("partner_id", "at")
    basis = pl.lit("earned", dtype=BASIS).alias("basis")
    held = earned.join(state, on=["partner_id", "at"], how="semi")
    return held.select("partner_id", "rank", basis, "from", "through", "because", "at")


def _states(inputs: Inputs, qualified: Qualified) -> pl.DataFrame:
    """One row per partner_id × month `at` from its start on: status and earned_rank, sorted."""
    numbers = [number for number, look in enumerate(qualified.looks) if look.kind == "open"]
    grid = qualified.grid.filter(pl.col("look").is_in(numbers))
    terminated = inputs.roster.select("partner_id", "terminated_on")
    ranks = [
        pl.when(met_column(tier)).then(pl.lit(qualified.track.ranks[tier.id], dtype=pl.Int32))
        for tier in qualified.track.earned_tiers
    ]
    earned = pl.max_horizontal(pl.lit(0, dtype=pl.Int32), *ranks)
    is_terminated = (pl.col("terminated_on") <= pl.col("day")).fill_null(value=False)
    status = pl.when(is_terminated).then(pl.lit("terminated")).when(~pl.col("gate")).then(pl.lit("suspended"))
    return (
        grid.join(terminated, on="partner_id", how="left", maintain_order="left")
        .with_columns(status.otherwise(pl.lit("active")).alias("status"))
        .select(
            "partner_id", "at", "status", pl.when(pl.col("status") != "terminated").then(earned).alias("earned_rank")
        )
    )


def _stand(states: pl.DataFrame, grants: pl.DataFrame, at: int, month: FiscalMonth) -> pl.DataFrame:
    """The standing of one month's review (see `Standing`)."""
    state = states.filter(pl.col("at") == at)
    held = standing_on(grants, month.last)
    stands = pl.col("status") == "active"
    columns = [pl.when(stands).then(name).alias(name) for name in ("rank", "basis", "from", "through", "because")]
    joined = state.join(held, on="partner_id", how="left", maintain_order="left")
    return joined.select("partner_id", *columns, "status", "earned_rank")


def _changes(
    now: pl.DataFrame, before: pl.DataFrame, grants: pl.DataFrame, months: Sequence[FiscalMonth]
) -> pl.DataFrame:
    """What changed since the review of the month before: the first word that applies, in the order of the design."""
    was = before.select(
        "partner_id", was_rank="rank", was_through="through", was_status="status", was_there=pl.lit(value=True)
    )
    both = now.join(was, on="partner_id", how="left", maintain_order="left")
    since = months[-2].last if len(months) > 1 else months[-1].last
    same = both.filter((pl.col("rank") == pl.col("was_rank")) & (pl.col("from") > since))
    fell = gap_days(grants, same.select("partner_id", "rank"), since, months[-1].last)
    both = both.with_columns(pl.col("partner_id").is_in(fell["partner_id"].implode()).alias("fell"))
    status, was_status = pl.col("status"), pl.col("was_status")
    change = (
        pl.when((status == "terminated") & was_status.ne_missing("terminated"))
        .then(pl.lit("terminated"))
        .when((status == "suspended") & was_status.ne_missing("suspended"))
        .then(pl.lit("suspended"))
        .when((was_status == "suspended") & (status == "active"))
        .then(pl.lit("reinstated"))
        .when(pl.col("was_there").is_null())
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
