"""Exports as they were at another time: rows that had not come yet, rows gone since, cells that were different."""

import random
from datetime import timedelta
from decimal import Decimal
from typing import Any

import polars as pl

from tests.closing import Exports

Row = dict[str, Any]

AMOUNTS = ("mrr", "amount", "price", "value", "mrc", "standard_rate")
DAYS = {
    "mrr": ("invoiced_on", "cancelled_on"),
    "opportunities": ("closed_on",),
    "invoices": ("issued_on",),
    "payments": ("paid_on",),
}
FIXED = ("partners", "fx_rates", "user_access", "enrollments")
"""Exports whose rows stay: without them others would be rejected, or nothing would be comparable."""
LASTING = ("agreements",)
"""Exports whose rows may change and are never gone: a row joined by its day would be missed by others than its own."""


def varied(exports: Exports, seed: int, turn: int, *, often: float = 0.2) -> Exports:
    """The exports when a month was closed.

    The partners stay, but their good standing may have been another.

    Args:
        exports: as they are today.
        seed: which rows differ, and how.
        turn: the number of the close, from 0.
        often: how many rows differ.
    """
    order = random.Random(f"{seed}, {turn}")  # noqa: S311  (which rows differ, no secret)
    found: dict[str, tuple[pl.LazyFrame, ...]] = {}
    for name, parts in sorted(exports.items()):
        df = pl.concat(parts).collect()
        rows = [other for row in df.to_dicts() if (other := _at_another_time(name, row, order, often)) is not None]
        found[name] = (pl.LazyFrame(rows, schema=df.schema, orient="row"),)
    return found


def _at_another_time(export: str, row: Row, order: random.Random, often: float) -> Row | None:
    """The row then; None where it was not there."""
    if export == "partners":
        turned = {"good_standing": not row["good_standing"]} if order.random() < often / 2 else {}
        return row | turned
    if export in FIXED or order.random() > often:
        return row
    changes: list[Row] = [] if export in LASTING else [{}]
    changes += [{name: row[name] * Decimal("0.5")} for name in AMOUNTS if row.get(name) is not None]
    changes += [{day: row[day] + timedelta(31)} for day in DAYS.get(export, ()) if row[day] is not None]
    chosen = order.choice(changes) if changes else {"partner_id": row["partner_id"]}
    return row | chosen if chosen else None
