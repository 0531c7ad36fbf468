"""Closed months of one ladder: what their reviews left, as the fold goes on from it.

Closed months are never judged again. What people entered late about them takes its step at the first open review.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from tierctl.grants import BASIS, CLOCK, DECLINED, NO_END, SCHEMA, State, no_grants
from tierctl.inputs import Inputs
from tierctl.program.model import Track

_HELD = {"grants": "grant", "ended": "ended", "merits": "merit"}
"""The parts of a state in the columns of grants, by the word that the ledger has for them."""

_STEP = ("partner_id", "step", "rank", "day", "stated")
"""What makes a step the same one: how it is told, and what it comes to, may differ."""


@dataclass(frozen=True)
class Closed:
    """What the closed months left of one ladder.

    Attributes:
        states: month number → the state after its review, in the ranks of the edition then in force.
        statuses: one row per partner_id × closed month `at`: status, earned_rank (see `statuses.statuses_of`).
        tracks: month number → the ladder's rungs in the edition then in force.
        steps: what decisions and enrollments brought, as the closes knew them (see `decisions.steps_of`), in the ranks
            of the first open month's edition.
    """

    states: Mapping[int, State]
    statuses: pl.DataFrame
    tracks: Mapping[int, Track]
    steps: pl.DataFrame

    def late(self, steps: pl.DataFrame, at: int) -> pl.DataFrame:
        """The steps that no review up to a closed month has taken: unknown ones, and those of whoever begins later."""
        taken = self.steps.filter(pl.col("partner_id").is_in(self.begun(at).implode()))
        return steps.join(taken, on=_STEP, how="anti", nulls_equal=True)

    def begun(self, at: int) -> pl.Series:
        """The partner_ids whose fold had begun at a closed month's review."""
        return self.statuses.filter(pl.col("at") == at)["partner_id"]


def closed_states(grants: pl.DataFrame, inputs: Inputs, tracks: Mapping[int, Track]) -> dict[int, State]:
    """The states after the reviews of closed months.

    Args:
        grants: the ledger's rows of one ladder.
        inputs: of the edition in force; partners that are on the ladder no more are left out.
        tracks: month number → the rungs in the edition then in force; other months are left out, as are tiers that the
            edition lacks.
    """
    numbered = _numbered(grants, inputs).rename({"rank": "__rank"})
    states = {}
    for at, track in tracks.items():
        found = numbered.filter(pl.col("at") == at).with_columns(_rank(track)).drop_nulls("rank")
        states[at] = _state(found, inputs)
    return states


def closed_statuses(statuses: pl.DataFrame, inputs: Inputs, tracks: Mapping[int, Track]) -> pl.DataFrame:
    """The statuses of closed months (see `Closed`), sorted."""
    numbered = _numbered(statuses, inputs).rename({"earned_rank": "__rank", "earned_tier": "tier"})
    frames = [
        numbered.filter(pl.col("at") == at).select("partner_id", "at", "status", _rank(track).alias("earned_rank"))
        for at, track in tracks.items()
    ]
    nothing = numbered.clear().select("partner_id", "at", "status", earned_rank=pl.lit(None, dtype=pl.Int32))
    return pl.concat([nothing, *frames]).sort("partner_id", "at")


def _numbered(rows: pl.DataFrame, inputs: Inputs) -> pl.DataFrame:
    """The rows of today's partners, with the number of their month."""
    months = pl.DataFrame(
        {"month": [month.label for month in inputs.months], "at": range(len(inputs.months))},
        schema={"month": pl.String, "at": pl.Int32},
    )
    known = pl.col("partner_id").cast(inputs.partner_type, strict=False)
    return rows.join(months, on="month").with_columns(known).drop_nulls("partner_id")


def _rank(track: Track) -> pl.Expr:
    """The rank of a row's tier on the ladder; the base is the base under whichever name."""
    ranks = {tier: rank for tier, rank in track.ranks.items() if rank}
    of_tier = pl.col("tier").replace_strict(list(ranks), list(ranks.values()), default=None, return_dtype=pl.Int32)
    return pl.when(pl.col("__rank") == 0).then(pl.lit(0, dtype=pl.Int32)).otherwise(of_tier).alias("rank")


def _state(rows: pl.DataFrame, inputs: Inputs) -> State:
    through = pl.col("through").fill_null(NO_END)
    held = rows.with_columns(pl.col("basis").cast(BASIS, strict=False), through)
    empty = no_grants(inputs.partner_type)
    parts = {
        name: pl.concat([empty, held.filter(pl.col("state") == word).select(SCHEMA.names())])
        for name, word in _HELD.items()
    }
    clocks = rows.filter(pl.col("state") == "clock").rename({"from": "began_on", "through": "ends_on"}).select(CLOCK)
    declined = rows.filter(pl.col("state") == "declined").select(DECLINED)
    return State(**parts, clocks=clocks, declined=declined)
