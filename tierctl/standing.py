"""Standing: the fold over fiscal months that turns evidence and decisions into grants, and grants into a tier.

`advance(grants, …one month…) → grants` is the whole of it: closing month by month and replaying all months at once
give the same grants, because a month's step reads nothing but the grants before it and the month itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl

from tierctl.earning import earned_grants, held_through
from tierctl.fiscal import Calendar, FiscalMonth
from tierctl.grants import (
    BASIS,
    NO_END,
    SCHEMA,
    downgraded,
    extended,
    gap_days,
    no_grants,
    re_ranked,
    standing_on,
    tiers_by_rank,
    with_grants,
)
from tierctl.program.model import Track
from tierctl.qualify import Qualified, met_column

GRANTING = ("prequalified", "placed", "approved")


@dataclass(frozen=True)
class Before:
    """The review of the month before: what it was evaluated from (an older edition, perhaps) and what it found.

    `standing` has the columns of `Standing.now`, its ranks those of that edition's track.
    """

    qualified: Qualified
    at: int
    standing: pl.DataFrame


@dataclass(frozen=True)
class Standing:
    """Where every partner of one track stands at the end of the month under review, and how it got there.

    `now`: one row per partner_id whose fold has begun, sorted: rank, basis, from, through, because (all null without a
    tier), status, earned_rank (the highest tier whose requirements the open look meets; null where terminated). `was`:
    the same for the review of the month before, in today's ranks (null where today's edition lacks the tier), without
    rows in the first month. `grants`: all grants as of this review. `changes`: one row per partner_id: change.
    """

    now: pl.DataFrame
    was: pl.DataFrame
    grants: pl.DataFrame
    changes: pl.DataFrame
    before: Before | None


def fold(editions: Sequence[Qualified], decisions: pl.DataFrame) -> Standing:
    """Replays every month from the start to the one under review.

    Args:
        editions: what each look found, by the editions of the program, oldest first. Grants live on from one to the
            next.
        decisions: the decisions of this program and track, in the contract's columns.
    """
    months = editions[0].inputs.months
    in_force = {at: edition for edition in editions for at in edition.inputs.in_force}
    states = pl.concat([_states(edition) for edition in editions])
    active = states.filter(pl.col("status") == "active").select("partner_id", "at")
    shortened = decisions.filter(pl.col("decision").is_in(["extended", "downgraded"]))["partner_id"]
    earned = [(edition.track, earned_grants(edition, active, shortened)) for edition in editions]
    grants, track, before = no_grants(editions[0].inputs.partner_type), editions[0].track, None
    decided = decision_steps(decisions, track, editions[0].inputs.calendar)
    for at, edition in sorted(in_force.items()):
        if edition.track is not track:
            grants, track = re_ranked(grants, _ranks_between(track, edition.track)), edition.track
            decided = decision_steps(decisions, track, edition.inputs.calendar)
        new = pl.concat([_earned_at(at, rows, its_track, track) for its_track, rows in earned])
        since = months[at - 1].last if at - 1 in in_force else date.min
        grants = advance(grants, edition.inputs.roster, new, decided, since=since, month=months[at])
        if at == len(months) - 2:
            before = Before(edition, at, _stand(states, grants, at, months[at]))
    now = _stand(states, grants, len(months) - 1, months[-1])
    was = _in_ranks_of(track, before) if before else now.clear()
    return Standing(now, was, grants, _changes(now, was, grants, months), before)


def _earned_at(at: int, earned: pl.DataFrame, of: Track, track: Track) -> pl.DataFrame:
    """What was earned at a month's review, in the ranks of the track of the edition in force."""
    basis = pl.lit("earned", dtype=BASIS).alias("basis")
    rows = earned.filter(pl.col("at") == at).with_columns(basis).select(SCHEMA.names())
    return rows if of is track or rows.is_empty() else re_ranked(rows, _ranks_between(of, track))


def _ranks_between(old: Track, new: Track) -> dict[int, int]:
    """Old rank → new rank of the tiers that both editions have; the base is the base under whichever name."""
    return {0: 0} | {rank: new.ranks[tier] for tier, rank in old.ranks.items() if rank and tier in new.ranks}


def _in_ranks_of(track: Track, before: Before) -> pl.DataFrame:
    ranks = _ranks_between(before.qualified.track, track)
    new_rank = pl.col("rank").replace_strict(list(ranks), list(ranks.values()), default=None, return_dtype=pl.Int32)
    return before.standing.with_columns(new_rank.alias("rank"))


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
    due = decisions.join(tiers_by_rank(track), on="tier").sort("partner_id", "effective_on", "decision_id")
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


def _states(qualified: Qualified) -> pl.DataFrame:
    """One row per partner_id × month `at` from its start on: status and earned_rank, sorted."""
    numbers = [number for number, look in enumerate(qualified.looks) if look.kind == "open"]
    grid = qualified.grid.filter(pl.col("look").is_in(numbers))
    terminated = qualified.inputs.roster.select("partner_id", "terminated_on")
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


def _changes(now: pl.DataFrame, was: pl.DataFrame, grants: pl.DataFrame, months: Sequence[FiscalMonth]) -> pl.DataFrame:
    """What changed since the review of the month before: the first word that applies, in the order of the design."""
    was = was.select(
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


def last_held(standing: Standing, since: date) -> pl.DataFrame:
    """Until when the tier of the review before (on the day `since`) was held, by all grants known today.

    Returns:
        One row per partner_id that stood at a tier then and still holds a grant of it for that day: last_held.
    """
    was = standing.was.filter(pl.col("rank").is_not_null()).select("partner_id", "rank")
    held = standing.grants.join(was, on=["partner_id", "rank"], how="semi")
    covering = held.filter((pl.col("from") <= since) & (pl.col("through") >= since))
    return covering.group_by("partner_id").agg(pl.col("through").max().alias("last_held"))
