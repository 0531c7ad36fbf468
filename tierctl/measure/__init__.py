"""Measure: metrics from rows, for every partner and every reading at once.

Exact throughout: sums are Decimals, counts are whole numbers; no float comes near a bound.
"""

from collections.abc import Mapping, Sequence
from datetime import date

import polars as pl

from tierctl.contracts import NUMBER, Contract
from tierctl.measure.facts import keyed_once, scan_facts
from tierctl.measure.readings import Readings
from tierctl.program.model import Metric
from tierctl.program.values import Where

_WORD = 62
_POWERS = pl.Series([2**bit for bit in range(_WORD + 1)], dtype=pl.Int64)


def measure(
    metric: Metric,
    where: Where | None,
    parts: Sequence[pl.LazyFrame],
    *,
    contracts: dict[str, Contract],
    roster: pl.LazyFrame,
    counts_from: date | None,
    readings: Readings,
    repeating: Sequence[str] = (),
) -> pl.DataFrame:
    """The value of a metric for every partner that has facts, at every reading.

    The parts of an export (its partner buckets) are measured in turn, so that memory follows the largest of them.

    Returns:
        One row per partner_id (in the roster's type) × reading (Int32, 0 to `readings.count` − 1), sorted by both:
        value (Decimal, never null). A partner without any fact may be absent: its sums and counts are 0.
    """
    partner_type = roster.collect_schema()["partner_id"]
    if not isinstance(partner_type, pl.Enum):
        raise TypeError("the roster's partner_id is an Enum of all partner ids")
    frames = []
    for rows in parts:
        facts = scan_facts(
            rows,
            metric,
            where,
            contracts=contracts,
            roster=roster,
            counts_from=counts_from,
            readings=readings,
        ).with_columns(pl.col("partner_id").to_physical())  # numbers group twice as fast as names
        if metric.count and not keyed_once(metric, contracts[metric.from_], repeating):
            frames.append(_distinct(facts, metric.count, readings.count))
        else:
            frames.append(_totals(facts, metric, readings.count))
    names = pl.lit(pl.Series(partner_type.categories, dtype=partner_type))
    measured = [frame.with_columns(names.gather(pl.col("partner_id")).alias("partner_id")) for frame in frames]
    empty = pl.DataFrame(schema={"partner_id": partner_type, "reading": pl.Int32, "value": NUMBER})
    return pl.concat([empty, *measured]).sort("partner_id", "reading")


def _totals(facts: pl.LazyFrame, metric: Metric, count: int) -> pl.DataFrame:
    """Sums, or counts of rows: partials by range → differences at its two ends → running totals."""
    # Partner, lo and hi are packed into one number, by which rows group faster than by three columns. A partner has
    # one place more than there are readings, for what ends there: its changes then add up to nothing, and one running
    # total over all partners needs no grouping.
    places = count + 1
    range_ = pl.col("lo").cast(pl.Int64) * places + pl.col("hi")
    packed = pl.col("partner_id").cast(pl.Int64) * places**2 + range_
    amount = pl.col(metric.sum).sum() if metric.sum else pl.len().cast(pl.Int64)
    partials = (
        facts.group_by(packed.alias("packed")).agg(amount.cast(NUMBER).alias("value")).collect(engine="streaming")
    )
    partner, low, high = pl.col("packed") // places**2, pl.col("packed") // places % places, pl.col("packed") % places
    begins = partials.select((partner * places + low).alias("place"), "value")
    ends = partials.select((partner * places + high).alias("place"), -pl.col("value"))
    changes = pl.concat([begins, ends]).group_by("place").agg(pl.col("value").sum())
    last = partials.select(partner.max()).item()
    grid = pl.select(place=pl.int_range(0 if last is None else (last + 1) * places, dtype=pl.Int64))
    return (
        grid.join(changes, on="place", how="left", maintain_order="left")
        .select(
            (pl.col("place") // places).alias("partner_id"),
            (pl.col("place") % places).cast(pl.Int32).alias("reading"),
            pl.col("value").fill_null(0).cum_sum().cast(NUMBER).alias("value"),
        )
        .filter(pl.col("reading") < count)
    )


def _distinct(facts: pl.LazyFrame, keys: tuple[str, ...], count: int) -> pl.DataFrame:
    """Distinct counts: per key one bit for every reading that sees it, or-ed, then counted reading by reading."""
    words = range(-(-count // _WORD))
    masks = [_mask(word).alias(f"word{word}") for word in words]
    seen = (
        facts.drop_nulls(keys)
        .with_columns(masks)
        .group_by("partner_id", *(key for key in keys if key != "partner_id"))
        .agg(pl.col(f"word{word}").bitwise_or() for word in words)
    )
    bits = [
        (pl.col(f"word{reading // _WORD}") // 2 ** (reading % _WORD) % 2).sum().alias(str(reading))
        for reading in range(count)
    ]
    wide = seen.group_by("partner_id").agg(bits).collect(engine="streaming")
    long = wide.unpivot(index="partner_id", variable_name="reading", value_name="value")
    return long.with_columns(pl.col("reading").cast(pl.Int32), pl.col("value").cast(NUMBER))


def _mask(word: int) -> pl.Expr:
    low, high = ((pl.col(end) - word * _WORD).clip(0, _WORD) for end in ("lo", "hi"))
    return pl.lit(_POWERS).gather(high) - pl.lit(_POWERS).gather(low)


def values_at(measured: pl.DataFrame, numbers: Mapping[int, int]) -> pl.DataFrame:
    """Renumbers readings as looks: `numbers` maps a look's number to the reading that serves it.

    Returns:
        One row per partner_id × look (Int32): value. A reading may serve several looks.
    """
    table = pl.DataFrame(
        {"look": list(numbers), "reading": list(numbers.values())}, schema={"look": pl.Int32, "reading": pl.Int32}
    )
    return measured.join(table, on="reading").select("partner_id", "look", "value")
