"""Every row that counts, earns, or does neither, in one table."""

from typing import Final

import polars as pl

from tierctl.cli.explained.made import Explained
from tierctl.contracts import NUMBER

_SCHEMA: Final = {
    "program": pl.String(),
    "track": pl.String(),
    "partner_id": pl.String(),
    "use": pl.String(),
    "name": pl.String(),
    "window_from": pl.Date(),
    "window_through": pl.Date(),
    "earned_month": pl.String(),
    "source": pl.String(),
    "source_id": pl.String(),
    "dated_on": pl.Date(),
    "kind": pl.String(),
    "amount": NUMBER,
    "currency": pl.String(),
    "counts": pl.Boolean(),
    "condition": pl.String(),
    "value": pl.String(),
    "needed": pl.String(),
    "clause": pl.String(),
}
_RENAMED: Final = {"metric": "name", "rule": "name"}
_YES, _NO = pl.lit(value=True), pl.lit(value=False)


def every_row(explained: Explained) -> pl.DataFrame:
    """The rows of every metric and every rule.

    Returns:
        One row per program × track × use (metric, commissions, credits or not_earned) × name (the metric's, the
        rule's) × window or earned month × source × source_id × kind × currency, in that order. counts: whether it
        counts, or earns; condition, value and needed of those that do not.
    """
    of_metrics = explained.tables["counted"].with_columns(pl.lit("metric").alias("use"))
    of_rules = [
        explained.tables[name].with_columns(pl.lit(name).alias("use"), counts.alias("counts"))
        for name, counts in (("commissions", _YES), ("credits", _YES), ("not_earned", _NO))
    ]
    table = pl.concat([_placed(of_metrics), *map(_placed, of_rules)])
    return table.sort([name for name in _SCHEMA if name not in {"partner_id", "amount", "clause"}], nulls_last=True)


def _placed(table: pl.DataFrame) -> pl.DataFrame:
    renamed = table.rename({old: new for old, new in _RENAMED.items() if old in table.columns})
    there = set(renamed.columns)
    return renamed.select(
        (pl.col(name) if name in there else pl.lit(None)).cast(dtype).alias(name) for name, dtype in _SCHEMA.items()
    )
