"""Closing a ladder: what its open months' reviews leave, in the columns of the ledger's tables.

What `closed` reads back from them is the same again.
"""

from collections.abc import Mapping

import polars as pl

from tierctl.contracts import empty, ledger_contract
from tierctl.grants import NO_END, State, tiers_by_rank
from tierctl.ladders import Ladder
from tierctl.standing import Standing

_HELD = {"grant": "grants", "ended": "ended", "merit": "merits"}


def grants_left(standing: Standing, ladder: Ladder, program: str, before: pl.DataFrame) -> pl.DataFrame:
    """The ledger's grants of the months that were open, one state after the other.

    Args:
        standing: the ladder as reviewed.
        ladder: the ladder.
        program: the program's id.
        before: the ledger's grants of the last closed month; those of partners that are on the ladder no more live on.
    """
    frames = [empty(ledger_contract("grants"))]
    for at, state in _open(standing).items():
        parts = [getattr(state, name).with_columns(state=pl.lit(word)) for word, name in _HELD.items()]
        parts.append(
            state.clocks.rename({"began_on": "from", "ends_on": "through"}).with_columns(state=pl.lit("clock"))
        )
        parts.append(state.declined.unique().with_columns(state=pl.lit("declined")))
        rows = pl.concat([part.with_columns(pl.col("partner_id").cast(pl.String)) for part in parts], how="diagonal")
        through = pl.when(pl.col("through") < NO_END).then("through").alias("through")
        frames.append(_conformed(_placed(rows.with_columns(through), standing, ladder, program, at), "grants"))
        frames.append(_absent(before, standing, at))
    return pl.concat(frames)


def statuses_left(standing: Standing, ladder: Ladder, program: str) -> pl.DataFrame:
    """The ledger's statuses of the months that were open."""
    frames = [empty(ledger_contract("statuses"))]
    for at in _open(standing):
        rows = standing.statuses.filter(pl.col("at") == at).rename({"earned_rank": "rank"})
        placed = _placed(rows, standing, ladder, program, at)
        frames.append(_conformed(placed.rename({"rank": "earned_rank", "tier": "earned_tier"}), "statuses"))
    return pl.concat(frames)


def _open(standing: Standing) -> Mapping[int, State]:
    """The states of the months that were open."""
    return {at: state for at, state in standing.reviewed.items() if at >= standing.inputs.open_from}


def _placed(rows: pl.DataFrame, standing: Standing, ladder: Ladder, program: str, at: int) -> pl.DataFrame:
    """Adds program, ladder, month and the tiers' ids."""
    tiers = tiers_by_rank(standing.tracks[at])
    tier = pl.when(pl.col("tier") != "").then("tier").alias("tier")  # null is another answer
    said = {
        "program": program,
        "track": ladder.track,
        "qualification": ladder.qualification,
        "month": standing.inputs.months[at].label,
    }
    literals = [pl.lit(value, dtype=pl.String).alias(name) for name, value in said.items()]
    return rows.join(tiers.with_columns(tier), on="rank", how="left").with_columns(*literals)


def _conformed(rows: pl.DataFrame, table: str) -> pl.DataFrame:
    schema = ledger_contract(table).polars_schema
    return rows.select(pl.col(name).cast(dtype) for name, dtype in schema.items())


def _absent(before: pl.DataFrame, standing: Standing, at: int) -> pl.DataFrame:
    known = standing.inputs.roster.select(pl.col("partner_id").cast(pl.String))
    label = pl.lit(standing.inputs.months[at].label).alias("month")
    return before.join(known, on="partner_id", how="anti").with_columns(label)
