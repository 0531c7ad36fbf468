"""Totals: what adds up over rows, and distinct counts, at every reading at once.

Partials by partner and range of readings become changes at the readings at which they begin and end, and those a
running total. Distinct counts are masks with a bit for every reading.
"""

from collections.abc import Mapping

import polars as pl

from tierctl.contracts import NUMBER
from tierctl.inputs import Inputs

_WORD = 62
_POWERS = pl.Series([2**bit for bit in range(_WORD + 1)], dtype=pl.Int64)


def partner_numbers(inputs: Inputs) -> pl.DataFrame:
    """The partners of the roster by their numbers (partner_id Int64), in its order: they group faster than names."""
    return inputs.roster.select(pl.col("partner_id").to_physical().cast(pl.Int64))


def named(totals: pl.DataFrame, inputs: Inputs) -> pl.DataFrame:
    """The totals with partner_id in the roster's type again, in place of the partners' numbers."""
    partner_type = inputs.partner_type
    if not isinstance(partner_type, pl.Enum):
        raise TypeError("the roster's partner_id is an Enum of all partner ids")
    names = pl.lit(pl.Series(partner_type.categories, dtype=partner_type))
    return totals.with_columns(names.gather(pl.col("partner_id")).alias("partner_id"))


def partials(facts: pl.LazyFrame, sums: Mapping[str, pl.Expr], count: int) -> pl.DataFrame:
    """Sums, or counts of rows, as changes at the readings at which they begin and end.

    Args:
        facts: partner_id (Int64), lo, hi, and what the sums need.
        sums: what is added up, by the name of its total.
        count: how many readings there are.

    Returns:
        One row per place and part: place (partner's number × (count + 1) + reading), and what is added there.
    """
    # Partner, lo and hi are packed into one number, by which rows group faster than by three columns.
    places = count + 1
    range_ = pl.col("lo").cast(pl.Int64) * places + pl.col("hi")
    packed = (pl.col("partner_id") * places**2 + range_).alias("packed")
    added = [amount.alias(name) for name, amount in sums.items()]
    found = facts.group_by(packed).agg(added).collect(engine="streaming")
    partner, low, high = pl.col("packed") // places**2, pl.col("packed") // places % places, pl.col("packed") % places
    begins = found.select((partner * places + low).alias("place"), *sums)
    ends = found.select((partner * places + high).alias("place"), *(-pl.col(name) for name in sums))
    return pl.concat([begins, ends])


def running_totals(changes: pl.DataFrame, partners: pl.DataFrame, count: int) -> pl.DataFrame:
    """Every partner's totals at every reading.

    A partner has one place more than there are readings, for what ends there: its changes add up to nothing, and one
    running total over all partners needs no grouping.
    """
    places, names = count + 1, [name for name in changes.columns if name != "place"]
    summed = changes.group_by("place").agg(pl.col(names).sum())
    readings = pl.select(reading=pl.int_range(places, dtype=pl.Int64))
    grid = partners.sort("partner_id").join(readings, how="cross", maintain_order="left_right")
    return (
        grid.with_columns((pl.col("partner_id") * places + pl.col("reading")).alias("place"))
        .join(summed, on="place", how="left", maintain_order="left")
        .select(
            "partner_id",
            pl.col("reading").cast(pl.Int32),
            *(pl.col(name).fill_null(0).cum_sum().cast(changes.schema[name]) for name in names),
        )
        .filter(pl.col("reading") < count)
    )


def distinct(facts: pl.LazyFrame, keys: tuple[str, ...], count: int, name: str) -> pl.DataFrame:
    """Distinct counts as changes from reading to reading (see `partials`).

    Per key one bit for every reading that sees it, or-ed together, then counted reading by reading.
    """
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
    long = changes.unpivot(index="partner_id", variable_name="reading", value_name=name)
    place = pl.col("partner_id") * (count + 1) + pl.col("reading").cast(pl.Int64)
    return long.select(place.alias("place"), pl.col(name).cast(NUMBER))


def _mask(word: int) -> pl.Expr:
    low, high = ((pl.col(end) - word * _WORD).clip(0, _WORD) for end in ("lo", "hi"))
    return pl.lit(_POWERS).gather(high) - pl.lit(_POWERS).gather(low)
