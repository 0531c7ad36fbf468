"""Attestations: what a person attested of a partner, as each day read sees it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import polars as pl

from tierctl.contracts import NUMBER
from tierctl.inputs import Inputs
from tierctl.measure.joined import SINCE_DAY, UNTIL_DAY, in_force_spans
from tierctl.measure.readings import Readings
from tierctl.measure.totals import named, partials, partner_numbers, running_totals
from tierctl.program.model import ATTESTATIONS


def measure_attested(inputs: Inputs, name: str, days: Sequence[date]) -> pl.DataFrame:
    """Whether a criterion is attested: the latest attestation of it is at least 1 and has not expired.

    Args:
        inputs: what is evaluated.
        name: the criterion attested.
        days: the days read, ascending.

    Returns:
        One row per partner_id of the roster × reading (Int32, the day's number): value (NUMBER), 1 or 0.
    """
    contract = replace(inputs.program.contract(ATTESTATIONS), valid=("attested_on", "expires_on"))
    readings = Readings(tuple(days))
    table = readings.table()
    changes = []
    for rows in inputs.exports.get(ATTESTATIONS, ()):
        spans = in_force_spans(rows.filter(pl.col("criterion") == name), contract).filter(pl.col("value") >= 1)
        known = spans.with_columns(pl.col("partner_id").cast(inputs.partner_type, strict=False)).drop_nulls(
            "partner_id"
        )
        facts = known.select(
            pl.col("partner_id").to_physical().cast(pl.Int64),
            table.look_up(table.at, pl.col(SINCE_DAY)).alias("lo"),
            table.look_up(table.at, pl.col(UNTIL_DAY)).fill_null(len(days)).alias("hi"),
        )
        seen = facts.filter(pl.col("lo") < pl.col("hi"))
        changes.append(partials(seen, {"value": pl.len().cast(pl.Int64).cast(NUMBER)}, len(days)))
    nothing = pl.DataFrame(schema={"place": pl.Int64, "value": NUMBER})
    return named(running_totals(pl.concat([nothing, *changes]), partner_numbers(inputs), len(days)), inputs)
