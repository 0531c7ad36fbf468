"""Where partners stood on any day: what rules ask that name a day.

Which tier stands is reviewed once a fiscal month; a grant begins and ends on days of its own. A gate that fails takes
the tier from the review that finds it until the review that finds it holding again.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl

from tierctl.grants import NO_END, ranks_between, re_ranked
from tierctl.inputs import Inputs
from tierctl.ladders import Ladder
from tierctl.program.model import Track
from tierctl.standing import Standing

FROM, THROUGH, TIER = "__stood_from", "__stood_through", "__stood_tier"
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Climbed:
    """One ladder as its review left it: its editions' inputs, oldest first, and its standing."""

    editions: tuple[Inputs, ...]
    standing: Standing


def stood_on(ladder: Ladder, climbed: Climbed) -> pl.DataFrame:
    """The days on which every partner stood at a tier, by all that is known in the month under review.

    Returns:
        One row per partner_id (String) × span of days on which one tier stands, none overlapping: __stood_from,
        __stood_through (NO_END: no end), __stood_tier (the tier's id; of a qualification its name). Spans that touch
        may have the same tier. No order.
    """
    found = [pl.DataFrame(schema={"partner_id": pl.String, FROM: pl.Date, THROUGH: pl.Date, TIER: pl.String})]
    for inputs, first, last in _terms(climbed.editions):
        rungs = ladder.of(inputs.program)
        if rungs is None:
            continue
        grants = _left_by(climbed.standing, inputs.in_force[-1], rungs)
        grants = grants.filter((pl.col("from") <= last) & (pl.col("through") >= first))
        held = grants.select(
            pl.col("partner_id").cast(pl.String),
            "rank",
            pl.max_horizontal("from", pl.lit(first)).alias(FROM),
            pl.min_horizontal("through", pl.lit(last)).alias(THROUGH),
        )
        tiers = {rank: tier for tier, rank in rungs.ranks.items() if tier}
        spans = _highest(held, _absences(climbed, inputs)).filter(pl.col("rank").is_in(list(tiers)))
        tier = pl.col("rank").replace_strict(list(tiers), list(tiers.values()), return_dtype=pl.String)
        found.append(spans.select("partner_id", FROM, THROUGH, tier.alias(TIER)))
    return pl.concat(found)


def _left_by(standing: Standing, at: int, rungs: Track) -> pl.DataFrame:
    """All grants that a month's review left, in the ranks of its ladder.

    Of months before the first close nothing is kept where a company began with opening balances: then what the first
    one after it left is all that is known.
    """
    known = min(each for each in standing.reviewed if each >= at)
    state = standing.reviewed[known]
    grants = pl.concat([state.ended, state.grants])
    return grants if known == at else re_ranked(grants, ranks_between(standing.tracks[known], rungs))


def unbroken(spans: pl.DataFrame, tiers: Collection[str]) -> pl.DataFrame:
    """The days without a gap on which one of these tiers stood.

    Returns:
        One row per partner_id × run of days: __stood_from, __stood_through.
    """
    ordered = spans.filter(pl.col(TIER).is_in(sorted(tiers))).sort("partner_id", FROM)
    is_same = pl.col("partner_id") == pl.col("partner_id").shift(1)
    touches = pl.col(FROM) <= pl.col(THROUGH).shift(1).dt.offset_by("1d")
    run = (~(is_same & touches)).fill_null(value=True).cum_sum().alias("run")
    return (
        ordered.group_by("partner_id", run, maintain_order=True)
        .agg(pl.col(FROM).min(), pl.col(THROUGH).max())
        .drop("run")
    )


def tiers_at_least(ladder: Ladder, inputs: Inputs, tier: str) -> tuple[str, ...]:
    """The tiers of a ladder from one tier on, in an edition of the program."""
    rungs = ladder.of(inputs.program)
    ranks: Mapping[str, int] = rungs.ranks if rungs else {}
    return tuple(each for each, rank in ranks.items() if tier in ranks and rank >= ranks[tier])


def _terms(editions: Sequence[Inputs]) -> list[tuple[Inputs, date, date]]:
    """The editions that are in force at some review, each with the first and the last day that it decides about.

    The last of them has the say as long as it is in force: a later edition may lack the ladder.
    """
    reviewed = [inputs for inputs in editions if len(inputs.in_force)]
    ends = [inputs.months[inputs.in_force[-1]].last for inputs in reviewed]
    begins = [date.min, *(end + _DAY for end in ends[:-1])]
    lasts = [*ends[:-1], *(inputs.until for inputs in reviewed[-1:])]
    return list(zip(reviewed, begins, lasts, strict=True))


def _absences(climbed: Climbed, inputs: Inputs) -> pl.DataFrame:
    """The days on which nothing stands: one row per partner_id × span, which may overlap: __stood_from, through."""
    frames = [_before_start(inputs), _terminated(inputs), _suspended(climbed.standing)]
    if inputs.program.enrollment == "required":
        frames.append(_not_enrolled(inputs))
    return pl.concat(frames).with_columns(pl.col("partner_id").cast(pl.String))


def _terminated(inputs: Inputs) -> pl.DataFrame:
    gone = inputs.roster.select("partner_id", pl.col("terminated_on").alias(FROM)).drop_nulls(FROM)
    return gone.with_columns(pl.lit(NO_END).alias(THROUGH))


def _suspended(standing: Standing) -> pl.DataFrame:
    """From each review that finds a gate failing until one finds it holding; before the first one its word counts.

    A review that finds a partner terminated or expired says nothing of the gate.
    """
    months = standing.inputs.months
    ats = pl.Series("at", range(len(months)), dtype=standing.statuses.schema["at"])
    days = pl.DataFrame({"at": ats, "day": [month.last for month in months]}, schema_overrides={"day": pl.Date})
    told = standing.statuses.filter(pl.col("status").is_in(["active", "suspended"])).join(days, on="at")
    told = told.sort("partner_id", "at")
    is_same = pl.col("partner_id") == pl.col("partner_id").shift(1)
    followed = pl.col("partner_id") == pl.col("partner_id").shift(-1)
    spans = told.select(
        "partner_id",
        "status",
        pl.when(is_same).then("day").otherwise(pl.lit(date.min)).alias(FROM),
        pl.when(followed).then(pl.col("day").shift(-1) - _DAY).otherwise(pl.lit(NO_END)).alias(THROUGH),
    )
    return spans.filter(pl.col("status") == "suspended").drop("status")


def _before_start(inputs: Inputs) -> pl.DataFrame:
    """The days before a partner takes part."""
    since = (pl.col("start_on") - _DAY).alias(THROUGH)
    return inputs.roster.select("partner_id", pl.lit(date.min).alias(FROM), since)


def _not_enrolled(inputs: Inputs) -> pl.DataFrame:
    """The days between and around a partner's enrollments."""
    ordered = inputs.enrolled.sort("partner_id", "enrolled_on")
    is_first = (pl.col("partner_id") != pl.col("partner_id").shift(1)).fill_null(value=True)
    before = ordered.filter(is_first).select(
        "partner_id", pl.lit(date.min).alias(FROM), (pl.col("enrolled_on") - _DAY).alias(THROUGH)
    )
    following = pl.col("enrolled_on").shift(-1).over("partner_id") - _DAY
    after = ordered.with_columns(following.fill_null(NO_END).alias(THROUGH)).filter(pl.col("expires_on").is_not_null())
    after = after.select("partner_id", (pl.col("expires_on") + _DAY).alias(FROM), THROUGH)
    return pl.concat([before, after]).filter(pl.col(FROM) <= pl.col(THROUGH))


def _highest(held: pl.DataFrame, absent: pl.DataFrame) -> pl.DataFrame:
    """The highest rank on each day: one row per partner_id × span between two days on which anything changes."""
    spans = pl.concat([held.select("partner_id", FROM, THROUGH), absent.select("partner_id", FROM, THROUGH)])
    ends = spans.filter(pl.col(THROUGH) < NO_END).select("partner_id", (pl.col(THROUGH) + _DAY).alias(FROM))
    days = pl.concat([spans.select("partner_id", FROM), ends]).unique().sort("partner_id", FROM)
    following = pl.col(FROM).shift(-1).over("partner_id") - _DAY
    pieces = days.with_columns(following.fill_null(NO_END).alias(THROUGH))
    holding = held.select("partner_id", "rank", first=FROM, last=THROUGH)
    covered = pieces.join(holding, on="partner_id").filter(pl.col(FROM).is_between("first", "last"))
    highest = covered.group_by("partner_id", FROM, THROUGH).agg(pl.col("rank").max())
    gone = absent.select("partner_id", first=FROM, last=THROUGH)
    blocked = highest.join(gone, on="partner_id").filter(pl.col(FROM).is_between("first", "last"))
    return highest.join(blocked.select("partner_id", FROM).unique(), on=["partner_id", FROM], how="anti")
