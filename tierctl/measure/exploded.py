"""Exploded: what does not add up over rows, measured reading by reading.

The latest row, the least amount or the middle one of a reading cannot be told from those of another, so each row is
repeated for every reading that sees it, with no more of it than the measure needs.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from tierctl.exact import WHOLE
from tierctl.measure.exchange import FACTOR
from tierctl.measure.latest import ORDER
from tierctl.measure.shapes import OVER, UNITS, VALUE, Shape
from tierctl.program.metrics import Metric

AMOUNT, PER = "__amount", "__per"


@dataclass(frozen=True)
class Exploding:
    """What is measured of exploded rows.

    `shape` says how its value is kept, `factors` has the rates by __currency and reading where the day read says which
    is taken: then a row without one is none, and another is the latest.
    """

    metric: Metric
    shape: Shape
    factors: pl.DataFrame | None


def exploded(rows: pl.DataFrame, of: Exploding) -> pl.DataFrame:
    """A metric's values where there is something to measure.

    Args:
        rows: partner_id (Int64), lo, hi, __amount, and where they are needed __currency, __per and __order (which says
            which row is later). Without factors they are the latest ones already.
        of: what is measured.

    Returns:
        One row per partner_id × reading (Int32) with rows to measure: value (NUMBER), or units and over (WHOLE).
    """
    each = _reduced(rows, of).with_columns(pl.int_ranges("lo", "hi", dtype=pl.Int32).alias("reading"))
    each = each.drop("lo", "hi").explode("reading")
    if of.factors is not None:
        each = each.join(of.factors, on=["__currency", "reading"], how="left")
        each = each.filter(pl.col(FACTOR).is_not_null() | pl.col(AMOUNT).is_null())
        each = each.with_columns((pl.col(AMOUNT) * pl.col(FACTOR)).alias(AMOUNT))
        if of.metric.latest_per is not None:
            each = _latest(each, ["partner_id", PER, "reading"])
    each = each.drop_nulls(AMOUNT)
    if of.metric.measure == "latest":
        each = _latest(each, ["partner_id", "reading"])
    return each.group_by("partner_id", "reading").agg(_measured(of))


def _reduced(rows: pl.DataFrame, of: Exploding) -> pl.DataFrame:
    """Of rows seen by the same readings only the least or greatest matters, where that is what is measured."""
    if of.metric.measure not in {"minimum", "maximum"} or of.metric.latest_per is not None:
        return rows
    by = [name for name in rows.columns if name in {"partner_id", "lo", "hi", "__currency"}]
    return rows.group_by(by).agg(_extreme(of.metric).alias(AMOUNT))


def _extreme(metric: Metric) -> pl.Expr:
    return pl.col(AMOUNT).min() if metric.measure == "minimum" else pl.col(AMOUNT).max()


def _latest(each: pl.DataFrame, of: Sequence[str]) -> pl.DataFrame:
    """Of each group its latest row."""
    last = each.group_by(of).agg(pl.col(ORDER).max())
    return each.join(last, on=[*of, ORDER], how="semi")


def _measured(of: Exploding) -> list[pl.Expr]:
    amount, name = pl.col(AMOUNT), VALUE if of.shape.is_plain else UNITS
    rows = pl.len().cast(WHOLE).alias(OVER)
    match of.metric.measure:
        case "sum" | "average" as word:
            return [amount.sum().alias(name), *([rows] if word == "average" else [])]
        case "median":
            ordered = amount.sort()
            return [(ordered.get((pl.len() - 1) // 2) + ordered.get(pl.len() // 2)).alias(name)]
        case "latest":
            return [amount.first().alias(name)]
        case _:
            return [_extreme(of.metric).alias(name)]
