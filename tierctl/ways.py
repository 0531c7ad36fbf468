"""Ways: how requirements can be met by what is still missing, the cheapest first.

Everything that must hold together adds up; of a group `any` each alternative is a way of its own, unless one of them
lacks nothing, which settles the group. Costs add up, so that of every part of the requirements no more ways have to be
kept than are told in the end.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import reduce
from typing import TypeAlias

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
    asked = []
    for tier in tiers:
        of_tier = {path: number for (tier_id, path), number in numbers.items() if tier_id == tier.id}
        asked += [(tier.requires, "", of_tier)] if tier.requires else []
    ways = _ways(asked, missing, partners).sort("partner_id", *_BY_COST)
    way = pl.int_range(1, pl.len() + 1, dtype=pl.Int64).over("partner_id").alias("way")
    return ways.with_columns(way).filter(pl.col("size") > 0).select("partner_id", "way", "steps")


_Asked: TypeAlias = tuple[Requires, str, Mapping[str, int]]
"""Requirements, the path at which they stand, and the numbers of the criteria of their tier by path."""


def _ways(asked: Sequence[_Asked], missing: pl.DataFrame, partners: pl.DataFrame) -> pl.DataFrame:
    """The cheapest ways to meet several requirements at once.

    Returns:
        One row per partner_id × way: steps (the numbers of what it lacks), cost (their sum), size (how many), order
        (a text that sorts the ways as the file has them).
    """
    must, choices = list[int](), list[list[_Asked]]()
    for each in asked:
        for part, prefix, numbers in _all_of(each):
            alone = part.model_copy(update={"any": (), "all": ()})
            must += [numbers[leaf.path] for leaf in leaves_of(alone, prefix)]
            if part.any:
                choices.append([(one, f"{prefix}any.{at}.", numbers) for at, one in enumerate(part.any, start=1)])
    groups = [_one_of([_ways([one], missing, partners) for one in choice]) for choice in choices]
    return reduce(_together, [_own_way(must, missing, partners), *groups])


def _all_of(asked: _Asked) -> Iterator[_Asked]:
    """Requirements, and those in their groups `all`, in the order of the file."""
    requires, prefix, numbers = asked
    yield asked
    for at, part in enumerate(requires.all, start=1):
        yield from _all_of((part, f"{prefix}all.{at}.", numbers))


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
