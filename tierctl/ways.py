"""Ways: how requirements can be met by what is still missing, the cheapest first.

Everything that must hold together adds up; of a group `any` each alternative is a way of its own, unless one of them
lacks nothing, which settles the group. Costs add up, so that of every part of the requirements no more ways have to be
kept than are told in the end.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import reduce

import polars as pl

from tierctl.contracts import NUMBER
from tierctl.criteria import leaves_of
from tierctl.program.model import Tier
from tierctl.program.values import Requires

MOST = 8
"""How many ways are told of one partner."""

_BY_COST = ("cost", "size", "order")


def ways_of(
    tiers: Iterable[Tier], numbers: Mapping[tuple[str, str], int], missing: pl.DataFrame, partners: pl.DataFrame
) -> pl.DataFrame:
    """The cheapest ways to meet the requirements of all these tiers.

    Args:
        tiers: the tiers, in the order of the file.
        numbers: the number of each criterion, by its tier and path, in the order of the file.
        missing: one row per partner_id × criterion_number that is not met: cost.
        partners: one row per partner_id.

    Returns:
        One row per partner_id × way (Int64, from 1) that lacks anything: steps, the criteria's numbers. By the lowest
        sum of costs, then by fewer criteria, then in the order of the file; at most eight.
    """
    parts = []
    for tier in tiers:
        if tier.requires is not None:
            of_tier = {path: number for (tier_id, path), number in numbers.items() if tier_id == tier.id}
            parts.append(_ways(tier.requires, "", of_tier, missing, partners))
    ways = reduce(_together, parts).sort("partner_id", *_BY_COST)
    way = pl.int_range(1, pl.len() + 1, dtype=pl.Int64).over("partner_id").alias("way")
    return ways.with_columns(way).filter(pl.col("size") > 0).select("partner_id", "way", "steps")


def _ways(
    requires: Requires, prefix: str, numbers: Mapping[str, int], missing: pl.DataFrame, partners: pl.DataFrame
) -> pl.DataFrame:
    """The cheapest ways to meet requirements.

    Returns:
        One row per partner_id × way: steps (the numbers of what it lacks), cost (their sum), size (how many), order
        (a text that sorts the ways as the file has them).
    """

    def of_group(group: str) -> Iterator[pl.DataFrame]:
        for number, part in enumerate(getattr(requires, group), start=1):
            yield _ways(part, f"{prefix}{group}.{number}.", numbers, missing, partners)

    alone = requires.model_copy(update={"any": (), "all": ()})
    own = [numbers[leaf.path] for leaf in leaves_of(alone, prefix)]
    parts = [_own_way(own, missing, partners)]
    if requires.any:
        parts.append(_one_of(list(of_group("any"))))
    return reduce(_together, [*parts, *of_group("all")])


def _own_way(numbers: Sequence[int], missing: pl.DataFrame, partners: pl.DataFrame) -> pl.DataFrame:
    """The one way to meet criteria that must all hold."""
    lacking = missing.filter(pl.col("criterion_number").is_in(list(numbers)))
    found = lacking.group_by("partner_id").agg(
        pl.col("criterion_number").sort().alias("steps"), pl.col("cost").sum(), pl.len().cast(pl.Int64).alias("size")
    )
    none = pl.lit([], dtype=pl.List(pl.Int64))
    return partners.join(found, on="partner_id", how="left").select(
        "partner_id",
        pl.col("steps").fill_null(none),
        pl.col("cost").fill_null(0).cast(NUMBER),
        pl.col("size").fill_null(0),
        pl.lit("").alias("order"),
    )


def _one_of(alternatives: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """The ways through a group of which any one alternative will do; one that lacks nothing is enough."""
    numbered = [
        ways.with_columns(pl.concat_str(pl.lit(f"{number:04}."), "order").alias("order"))
        for number, ways in enumerate(alternatives)
    ]
    cheapest = _cheapest(pl.concat(numbered))
    is_first = pl.int_range(pl.len()).over("partner_id") == 0
    is_settled = (pl.col("size") == 0).any().over("partner_id")
    return cheapest.filter(~is_settled | ((pl.col("size") == 0) & is_first))


def _together(left: pl.DataFrame, right: pl.DataFrame) -> pl.DataFrame:
    """The ways to meet two things at once."""
    both = left.join(right, on="partner_id", suffix="_right")
    return _cheapest(
        both.select(
            "partner_id",
            pl.concat_list("steps", "steps_right").alias("steps"),
            *(pl.col(name) + pl.col(f"{name}_right") for name in _BY_COST),
        )
    )


def _cheapest(ways: pl.DataFrame) -> pl.DataFrame:
    """The cheapest ways of every partner, in that order, no more than are told."""
    return ways.sort("partner_id", *_BY_COST).filter(pl.int_range(pl.len()).over("partner_id") < MOST)
