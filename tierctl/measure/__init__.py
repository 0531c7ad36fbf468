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
    roster: pl.DataFrame,
    counts_from: date | None,
    readings: Readings,
    repeating: Sequence[str] = (),
) -> pl.DataFrame:
    """The value of a metric for every partner of the roster, at every reading.

    The parts of an export (its partner buckets) are measured in turn, so that memory follows the largest of them.

    Args:
        metric: what is measured.
        where: its row condition, named conditions looked up.
        parts: the export's rows by bucket; what is counted distinct of a partner lies in one of them.
        contracts: the contracts of the metric's export and of the roster, by name.
        roster: the partners that are measured, their partner_id an Enum of all their ids.
        counts_from: rows attained before this day do not count.
        readings: the metric's numbered readings.
        repeating: exports whose key may repeat.

    Returns:
        One row per partner_id of the roster × reading (Int32, 0 to `readings.count` − 1), sorted by both: value
        (Decimal, never null: sums and counts of no rows are 0).
    """
    partner_type = roster.schema["partner_id"]
    if not isinstance(partner_type, pl.Enum):
        raise TypeError("the roster's partner_id is an Enum of all partner ids")
    counts_rows = not metric.count or keyed_once(metric, contracts[metric.from_], repeating)
    step = _partials if counts_rows else _distinct
    found = []
    for rows in parts:
        facts = scan_facts(
            rows,
            metric,
            where,
            contracts=contracts,
            roster=roster.lazy(),
            counts_from=counts_from,
            readings=readings,
        )
        # Numbers group twice as fast as names.
        numbered = facts.with_columns(pl.col("partner_id").to_physical().cast(pl.Int64))
        found.append(step(numbered, metric, readings.count))
    numbers = roster.select(pl.col("partner_id").to_physical().cast(pl.Int64))
    measured = _running_totals(pl.concat(found), numbers, readings.count) if found else _nothing()
    names = pl.lit(pl.Series(partner_type.categories, dtype=partner_type))
    return measured.with_columns(names.gather(pl.col("partner_id")).alias("partner_id")).sort("partner_id", "reading")


def _nothing() -> pl.DataFrame:
    return pl.DataFrame(schema={"partner_id": pl.Int64, "reading": pl.Int32, "value": NUMBER})


def _partials(facts: pl.LazyFrame, metric: Metric, count: int) -> pl.DataFrame:
    """Sums, or counts of rows, as changes at the readings at which they begin and end.

    Returns:
        One row per place and part: place (partner's number × (count + 1) + reading), value (what is added there).
    """
    # Partner, lo and hi are packed into one number, by which rows group faster than by three columns.
    places = count + 1
    range_ = pl.col("lo").cast(pl.Int64) * places + pl.col("hi")
    packed = (pl.col("partner_id") * places**2 + range_).alias("packed")
    amount = pl.col(metric.sum).sum() if metric.sum else pl.len().cast(pl.Int64)
    partials = facts.group_by(packed).agg(amount.cast(NUMBER).alias("value")).collect(engine="streaming")
    partner, low, high = pl.col("packed") // places**2, pl.col("packed") // places % places, pl.col("packed") % places
    begins = partials.select((partner * places + low).alias("place"), "value")
    ends = partials.select((partner * places + high).alias("place"), -pl.col("value"))
    return pl.concat([begins, ends])


def _running_totals(changes: pl.DataFrame, partners: pl.DataFrame, count: int) -> pl.DataFrame:
    """Every partner's value at every reading.

    A partner has one place more than there are readings, for what ends there: its changes add up to nothing, and one
    running total over all partners needs no grouping.
    """
    places = count + 1
    summed = changes.group_by("place").agg(pl.col("value").sum())
    readings = pl.select(reading=pl.int_range(places, dtype=pl.Int64))
    grid = partners.sort("partner_id").join(readings, how="cross", maintain_order="left_right")
    return (
        grid.with_columns((pl.col("partner_id") * places + pl.col("reading")).alias("place"))
        .join(summed, on="place", how="left", maintain_order="left")
        .select(
            "partner_id",
            pl.col("reading").cast(pl.Int32),
            pl.col("value").fill_null(0).cum_sum().cast(NUMBER).alias("value"),
        )
        .filter(pl.col("reading") < count)
    )


def _distinct(facts: pl.LazyFrame, metric: Metric, count: int) -> pl.DataFrame:
    """Distinct counts as changes from reading to reading (see `_partials`).

    Per key one bit for every reading that sees it, or-ed together, then counted reading by reading.
    """
    keys = metric.count or ()
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
    first = [pl.col(str(reading)) - (pl.col(str(reading - 1)) if reading else 0) for reading in range(count)]
    last = (pl.lit(0) - pl.col(str(count - 1))).alias(str(count)) if count else pl.lit(0).alias("0")
    changes = wide.select("partner_id", *(e.alias(str(n)) for n, e in enumerate(first)), last)
    long = changes.unpivot(index="partner_id", variable_name="reading", value_name="value")
    place = pl.col("partner_id") * (count + 1) + pl.col("reading").cast(pl.Int64)
    return long.select(place.alias("place"), pl.col("value").cast(NUMBER))


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
