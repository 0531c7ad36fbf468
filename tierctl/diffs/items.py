"""Items: what two reviews are compared by, read from their reports, a few for each partner."""

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Final, TypeAlias

import polars as pl

from tierctl.contracts import NUMBER

Tables: TypeAlias = Mapping[str, pl.DataFrame | pl.LazyFrame]
"""Reports by name, in their contracts' columns and types; one that is missing has no rows."""

KEY: Final = ("program", "track", "partner_id", "item", "currency")
ITEMS: Final = pl.Schema(
    {**dict.fromkeys(KEY, pl.String()), "value": pl.String(), "amount": NUMBER, "is_figure": pl.Boolean()}
)
"""One row per program × track × partner_id × item × currency: the value as text, and as a number where it is one.

`is_figure` says that an item which is not there is another thing than one of 0, as with rates.
"""


def items_of(tables: Tables) -> pl.DataFrame:
    """What a month's reports say of every partner, in the columns of ITEMS; sorted by KEY, which is unique.

    Items are tier and status, rate.RULE, what commissions.RULE and credits.RULE post in the month (by currency, all
    kinds of lines together), and balance, that of the statement. Lines are added up as they are read, so that reports
    of any length fit into memory.
    """
    found = [lf for name, read in _READ.items() if name in tables for lf in read(tables[name].lazy())]
    columns = [pl.col(name).cast(dtype) for name, dtype in ITEMS.items()]
    frames = [_completed(lf).select(columns) for lf in found]
    items = pl.concat([ITEMS.to_frame().lazy(), *frames]).collect(engine="streaming")
    return items.sort(KEY)


def _standing(lf: pl.LazyFrame) -> Iterator[pl.LazyFrame]:
    for item in ("tier", "status"):
        yield lf.select("program", "track", "partner_id", item=pl.lit(item), value=item)


def _rates(lf: pl.LazyFrame) -> Iterator[pl.LazyFrame]:
    item = pl.format("rate.{}", "rule")
    yield lf.select("program", "track", "partner_id", item=item, amount="rate", is_figure=pl.lit(value=True))


def _lines(table: str) -> Callable[[pl.LazyFrame], Iterator[pl.LazyFrame]]:
    def read(lf: pl.LazyFrame) -> Iterator[pl.LazyFrame]:
        posted = lf.group_by("program", "track", "partner_id", "rule", "currency").agg(pl.col("amount").sum())
        yield posted.with_columns(item=pl.format(f"{table}.{{}}", "rule"))

    return read


def _statements(lf: pl.LazyFrame) -> Iterator[pl.LazyFrame]:
    yield lf.select("program", "partner_id", "currency", item=pl.lit("balance"), amount="balance")


_READ: Final = MappingProxyType({
    "standing": _standing,
    "rates": _rates,
    "commissions": _lines("commissions"),
    "credits": _lines("credits"),
    "statements": _statements,
})  # fmt: skip


def _completed(lf: pl.LazyFrame) -> pl.LazyFrame:
    """The columns that an item lacks; the text of a number is as reports write it."""
    there = lf.collect_schema().names()
    lf = lf.with_columns(pl.lit(None, dtype=dtype).alias(name) for name, dtype in ITEMS.items() if name not in there)
    digits = pl.col("amount").cast(NUMBER).cast(pl.String)
    text = digits.str.strip_chars_end("0").str.strip_chars_end(".")
    return lf.with_columns(value=pl.coalesce("value", text), is_figure=pl.col("is_figure").fill_null(value=False))
