"""Enrollment: which of a partner's periods on a track is the current one, and until when it lasts."""

from collections.abc import Sequence
from datetime import date

import polars as pl

from tierctl.inputs import Inputs

PERIOD = ("start_on", "enrolled_on", "expires_on")


def with_period(
    rows: pl.DataFrame, enrolled: pl.DataFrame, *, on: str, columns: Sequence[str] = PERIOD
) -> pl.DataFrame:
    """Adds the period that is current on each row's day: the latest that has begun by then, ended or not.

    Args:
        rows: partner_id and the day; the order is kept.
        enrolled: the periods of `Inputs.enrolled`.
        on: the column of the day.
        columns: what is added of the period.

    Returns:
        The rows with these columns; null before the partner's first period.
    """
    begins, following = (
        pl.col("enrolled_on"),
        pl.col("enrolled_on").shift(-1).over("partner_id", order_by="enrolled_on"),
    )
    periods = enrolled.select("partner_id", *columns, begins.alias("__begins"), following.alias("__next"))
    wanted = rows.select("partner_id", on).unique().drop_nulls()
    is_current = (pl.col("__begins") <= pl.col(on)) & (pl.col("__next") > pl.col(on)).fill_null(value=True)
    found = wanted.join(periods, on="partner_id").filter(is_current).drop("__begins", "__next")
    return rows.join(found, on=["partner_id", on], how="left", maintain_order="left")


def running_on(rows: pl.DataFrame, enrolled: pl.DataFrame, *, on: str) -> pl.DataFrame:
    """The rows on whose day the partner's current period still runs: nothing stands in another."""
    runs = pl.col("expires_on").is_null() | (pl.col("expires_on") >= pl.col(on))
    return with_period(rows, enrolled, on=on).filter(pl.col("enrolled_on").is_not_null() & runs).drop(PERIOD)


def periods_at(inputs: Inputs, day: date) -> pl.DataFrame:
    """Every partner's period that is current on a day, in the columns of `Inputs.enrolled`; none before the first."""
    if inputs.program.enrollment == "automatic":
        return inputs.enrolled
    columns = [column for column in inputs.enrolled.columns if column != "partner_id"]
    rows = inputs.roster.select("partner_id", pl.lit(day).alias("day"))
    periods = with_period(rows, inputs.enrolled, on="day", columns=columns)
    return periods.drop_nulls("enrolled_on").drop("day")
