"""Attestations: what a person attested of a partner, as each day read sees it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import polars as pl

from tierctl.contracts import NUMBER
from tierctl.inputs import Inputs
from tierctl.measure.counted import COUNTED
from tierctl.measure.joined import SINCE_DAY, UNTIL_DAY, in_force_spans
from tierctl.measure.readings import Readings
from tierctl.measure.told import SOURCE_ID, Condition, first_failing, source_id, text_of
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


def counted_attestations(inputs: Inputs, name: str, day: date, partners: pl.DataFrame) -> pl.DataFrame:
    """The attestations of a criterion that are known on a day, of some partners.

    Returns:
        One row per attestation, as `counted` tells the rows of a metric: the one that makes the criterion attested
        counts, with 1; of the others the first condition that each fails.
    """
    contract = inputs.program.contract(ATTESTATIONS)
    wanted = (pl.col("criterion") == name) & (pl.col("attested_on") <= day)
    wanted &= pl.col("partner_id").is_in(partners["partner_id"].cast(pl.String).implode())
    parts = [part.filter(wanted) for part in inputs.exports.get(ATTESTATIONS, ())]
    rows = pl.concat(parts or [contract.polars_schema.to_frame().lazy()]).collect()
    key = source_id(contract, is_repeating=ATTESTATIONS in inputs.repeating)
    told = first_failing(rows.with_columns(key), _conditions(day))
    counts = pl.col("condition").is_null().alias("counts")
    cells = {"source": pl.lit(ATTESTATIONS), "source_id": pl.col(SOURCE_ID), "dated_on": pl.col("attested_on")}
    return told.select(
        pl.col("partner_id").cast(inputs.partner_type),
        *(cell.alias(name) for name, cell in cells.items()),
        pl.lit(1).cast(NUMBER).alias("amount"),
        counts,
        "condition",
        pl.when(pl.col("value") != "").then("value").alias("value"),
        "needed",
    ).select(COUNTED.names())


def _conditions(day: date) -> list[Condition]:
    """What makes a criterion attested: its latest attestation, at least 1 and not expired."""
    on, value, expires = pl.col("attested_on"), pl.col("value"), pl.col("expires_on")
    last = on.max().over("partner_id")
    latest = pl.concat_str([pl.lit("the latest attestation, of "), text_of(last)])
    return [
        Condition("attested_on", on == last, text_of(on), latest),
        Condition("value", value >= 1, text_of(value), pl.lit("at least 1")),
        Condition("expires_on", (expires >= day).fill_null(value=True), text_of(expires), pl.lit(f"not before {day}")),
    ]
