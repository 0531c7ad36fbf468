"""Conditions: what a row must satisfy to earn, in the order in which they are told.

Each has the path by which the program file names it; a row that earns nothing is told the first one that it fails.
"""

from collections.abc import Sequence
from datetime import date

import polars as pl

from tierctl.criteria import Leaf, leaves_of, requires_expr
from tierctl.ladders import Ladder
from tierctl.measure.columns import MONTH_END
from tierctl.measure.told import (
    ANY,
    Condition,
    of_joined,
    of_where,
    single_word,
    text_of,
)
from tierctl.money import plain_number
from tierctl.program.held import TierHeld
from tierctl.program.phrases import bound_words, requires_words
from tierctl.program.values import Requires
from tierctl.reward.plan import Paying, stands_now, stood_column, wanted_tiers
from tierctl.reward.rows import ADJUSTED
from tierctl.reward.stood import FROM, THROUGH, unbroken
from tierctl.reward.terms import DAY_END, HI, LO, TIER_NOW, Terms


def of_rows(paying: Paying) -> list[Condition]:
    """What is asked of a row before its day: what it adjusts, what it is joined to, the rule's `where`."""
    found: list[Condition] = []
    if paying.contract.adjusts:
        column = paying.contract.adjusts
        needed = pl.lit(f"a row of {paying.export} with that key")
        found.append(Condition(column, pl.col(ADJUSTED).fill_null(value=True), pl.col(column), needed))
    found += of_joined(paying.rule.with_)
    return [*found, *of_where(paying.where)] if paying.where else found


def of_partner(requires: Requires | None, prefix: str = "") -> list[Condition]:
    """What the rule requires of the partner; needs the terms, and what `with_standings` adds."""
    if requires is None:
        return []
    bare = requires.model_copy(update={"any": (), "all": ()})
    found = [_of_leaf(leaf, prefix) for leaf in leaves_of(bare)]
    for number, part in enumerate(requires.all, start=1):
        found += of_partner(part, f"{prefix}all.{number}.")
    if requires.any:
        met = [holds_expr(part) for part in requires.any]
        words = " or ".join(requires_words(part) for part in requires.any)
        found.append(Condition(f"{prefix}{ANY}", pl.any_horizontal(met), pl.lit(""), pl.lit(words)))
    return found


def holds_expr(requires: Requires) -> pl.Expr:
    """Whether requirements hold, from their bounds' columns; what is unknown does not."""
    return requires_expr(requires, leaf_expr).fill_null(value=False)


def leaf_expr(leaf: Leaf) -> pl.Expr:
    """Whether one bound of requirements holds."""
    return pl.col(leaf.met_column)


def with_standings(rows: pl.DataFrame, paying: Paying, terms: Terms, until: date) -> pl.DataFrame:
    """Adds, for every standing on a day of the row's own, a Boolean under its bound's name and the tier that stood.

    A day after `until` has not come yet. A row that earns over several months (__lo to __hi) is split where an unbroken
    standing ends.
    """
    for leaf in {leaf.key: leaf for leaf in terms.leaves if leaf.held is not None}.values():
        held = leaf.held
        if held is None:
            continue
        if held.unbroken_since is not None:
            rows = _with_unbroken(rows, paying, leaf, paying.ladder_of(held), wanted_tiers(paying, leaf))
        elif held.as_of is not None and held.as_of != MONTH_END:
            rows = terms.with_standing(rows, leaf, held.as_of, until)
    return rows


def _with_unbroken(
    rows: pl.DataFrame, paying: Paying, leaf: Leaf, ladder: Ladder, wanted: Sequence[str]
) -> pl.DataFrame:
    """Splits rows after the last month up to whose end the standing had no gap, and says of each part which it is."""
    inputs, since = paying.inputs, (leaf.held.unbroken_since if leaf.held else None) or ""
    spans = unbroken(paying.stood[ladder], wanted).with_columns(
        pl.col("partner_id").cast(inputs.partner_type, strict=False)
    )
    days = rows.select("partner_id", since).unique().drop_nulls()
    found = days.join(spans.drop_nulls("partner_id"), on="partner_id").filter(
        pl.col(since).is_between(pl.col(FROM), pl.col(THROUGH))
    )
    found = found.select("partner_id", since, pl.col(THROUGH).alias("__unbroken_through"))
    joined = rows.join(found, on=["partner_id", since], how="left", maintain_order="left")
    ends = pl.Series([month.last for month in inputs.months])
    # The number of review days up to which it is unbroken; the last of them is the last month that earns.
    until = pl.lit(ends).search_sorted(pl.col("__unbroken_through"), side="right").cast(pl.Int32) - 1
    last = pl.when(pl.col("__unbroken_through").is_not_null()).then(until).otherwise(-1)
    # A month that ends before that day has only its own last day to be asked for.
    begins = pl.lit(ends).search_sorted(pl.col(since), side="left").cast(pl.Int32)
    marked = joined.with_columns(
        last.alias("__until"), pl.when(pl.col(since).is_not_null()).then(begins).alias("__begins")
    )
    met = leaf.met_column
    early = marked.with_columns(pl.min_horizontal(HI, pl.col("__begins").fill_null(0) - 1).alias(HI))
    rest = marked.with_columns(pl.max_horizontal(LO, "__begins").alias(LO))
    parts = [
        early.with_columns(pl.col(stands_now(leaf)).alias(met)),
        rest.with_columns(pl.min_horizontal(HI, "__until").alias(HI), pl.lit(value=True).alias(met)),
        rest.with_columns(pl.max_horizontal(LO, pl.col("__until") + 1).alias(LO), pl.lit(value=False).alias(met)),
    ]
    found = pl.concat([part.filter(pl.col(LO) <= pl.col(HI)) for part in parts])
    return found.with_columns(pl.col(TIER_NOW).alias(stood_column(leaf))).drop(
        "__unbroken_through", "__until", "__begins"
    )


def _of_leaf(leaf: Leaf, prefix: str) -> Condition:
    path = f"{prefix}{leaf.path}"
    holds = leaf_expr(leaf).fill_null(value=False)
    if leaf.held is not None:
        value = pl.col(stood_column(leaf)).fill_null("")
        return Condition(path, holds, value, _standing_words(leaf))
    value = plain_number(pl.col(leaf.value_column)) if leaf.is_of_metric else pl.lit("")
    return Condition(path, holds, value, pl.lit(bound_words(single_word(leaf.bound, leaf.word))))


def _standing_words(leaf: Leaf) -> pl.Expr:
    held = leaf.held
    if held is None:
        return pl.lit("")
    words = f"at least {held.at_least}" if isinstance(held, TierHeld) else held.name
    if held.unbroken_since is not None:
        begin, end = text_of(pl.col(held.unbroken_since)), text_of(pl.col(DAY_END))
        return pl.concat_str([pl.lit(f"{words} without a gap from "), begin, pl.lit(" to "), end])
    day = DAY_END if held.as_of in {None, MONTH_END} else held.as_of or DAY_END
    return pl.concat_str([pl.lit(f"{words} on "), text_of(pl.col(day))])
