"""Who moves in a what-if: in one variant, along a sweep, and month by month."""

from decimal import Decimal
from typing import Any, Final

import polars as pl

from tierctl.cli.whatif.view import PLACE, SECTIONS, Moved, WhatIf

# Who rises or falls stands before whose money alone differs.
_DIRECTIONS: Final = ("up", "down", "same")


def movements(found: WhatIf, variant: int) -> list[dict[str, Any]]:
    """The movements of one variant: up, then down, then in money alone; what moves most money first in each.

    Each row has `more`, by how much more the partner costs; None: no money.
    """
    df = found.tables["movements"].filter(pl.col("variant") == variant)
    after, before = (pl.sum_horizontal(f"{section}_{side}" for section in SECTIONS) for side in ("after", "before"))
    more = pl.when(pl.col("currency").is_not_null()).then(after - before)
    ranked = df.with_columns(
        more=more, rank=pl.col("direction").replace_strict(list(_DIRECTIONS), list(range(len(_DIRECTIONS))))
    )
    order = ["rank", pl.col("more").abs(), "month", "program", "track", "partner_id", "currency"]
    descending = [False, True, False, False, False, False, False]
    return ranked.sort(order, descending=descending, nulls_last=True).to_dicts()


def swept_movements(found: WhatIf) -> list[dict[str, Any]]:
    """Who stands on another tier somewhere along a sweep: up, then down, who does so longest first.

    Each row has the columns of a movement but for variant and money, and `runs`, the first and last variant of each
    stretch. `why` is that of the end of a stretch that lies towards what is not changed: where a stretch begins with
    the sweep, of its last variant.
    """
    keys = ["month", *PLACE, "partner_id", "partner_name", "tier_before", "tier_after", "direction"]
    rows = found.tables["movements"].filter(pl.col("direction") != "same").unique(["variant", *keys], keep="first")
    place = pl.int_range(pl.len()).over(keys)
    runs = rows.sort("variant").with_columns(run=pl.col("variant") - place).group_by(*keys, "run")
    ends = runs.agg(
        pl.col("variant").min().alias("first"),
        pl.col("variant").max().alias("last"),
        pl.col("why").sort_by("variant").first().alias("at_first"),
        pl.col("why").sort_by("variant").last().alias("at_last"),
    ).sort("first")
    told = pl.when(pl.col("first").first() == 1).then(pl.col("at_last").first()).otherwise(pl.col("at_first").first())
    long = (pl.col("last") - pl.col("first") + 1).sum()
    whole = ends.group_by(keys).agg(
        pl.struct("first", "last").sort_by("first").alias("runs"), told.alias("why"), long.alias("long")
    )
    order = pl.col("direction").replace_strict(list(_DIRECTIONS), list(range(len(_DIRECTIONS))))
    by = [order, -pl.col("long").cast(pl.Int64), pl.col("partner_id"), *map(pl.col, keys[:3])]
    return whole.sort(by, maintain_order=True).to_dicts()


def by_month(found: WhatIf, variant: int) -> list[tuple[str, Moved, dict[str, Decimal]]]:
    """Each month with whom one variant moves in it, and how much more it costs, by currency."""
    partner = ["month", *PLACE, "partner_id"]
    moved = found.tables["movements"].filter(pl.col("variant") == variant).select(*partner, "direction").unique()
    counts = {(month, way): count for month, way, count in moved.group_by("month", "direction").len().iter_rows()}
    costs_ = found.tables["costs"].filter(pl.col("variant") == variant)
    more = costs_.group_by("month", "currency").agg(pl.col("difference").sum())
    amounts = {(month, currency): amount for month, currency, amount in more.iter_rows()}
    return [
        (
            month,
            Moved(**{way: counts.get((month, way), 0) for way in _DIRECTIONS}),
            {currency: amounts.get((month, currency), Decimal()) for currency in found.currencies},
        )
        for month in found.months
    ]
