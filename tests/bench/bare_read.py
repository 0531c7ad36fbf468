"""The least that any review in Polars has to do: decode the columns that it uses, once.

Every cell enters a sum, so that no reader can answer from the file's statistics; nothing is kept, checked or grouped.
CSV is read with the types of the contract, as a review has to have them.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Final

import polars as pl

TYPES: Final[dict[str, dict[str, type[pl.DataType] | pl.DataType]]] = {
    "mrr": {
        "line_id": pl.String,
        "partner_id": pl.String,
        "customer_id": pl.String,
        "order_type": pl.String,
        "product_family": pl.String,
        "mrr": pl.Decimal(18, 2),
        "currency": pl.String,
        "term_months": pl.Int64,
        "quoted_on": pl.Date,
        "repriced_on": pl.Date,
        "sold_on": pl.Date,
        "invoiced_on": pl.Date,
        "cancelled_on": pl.Date,
        "via_portal": pl.Boolean,
        "promotional": pl.Boolean,
        "adjusts_line_id": pl.String,
    },
    "opportunities": {
        "opportunity_id": pl.String,
        "partner_id": pl.String,
        "customer_id": pl.String,
        "submitted_on": pl.Date,
        "registration_status": pl.String,
        "registration_decided_on": pl.Date,
        "stage": pl.String,
        "closed_on": pl.Date,
        "amount": pl.Decimal(18, 2),
        "currency": pl.String,
        "owner_id": pl.String,
    },
}
UNUSED: Final = {
    "mrr": set[str](),
    "opportunities": {"customer_id", "registration_decided_on", "closed_on", "amount", "currency", "owner_id"},
}


def _touch(column: str, kind: type[pl.DataType] | pl.DataType) -> pl.Expr:
    if kind == pl.String:
        return pl.col(column).str.len_bytes().cast(pl.Int64).sum()
    if kind == pl.Date:
        return pl.col(column).to_physical().cast(pl.Int64).sum()
    return pl.col(column).sum()


def read(workspace: Path, export: str) -> pl.DataFrame:
    """One row: the number of rows and a sum over every column that the review uses."""
    parquet = workspace / "exports" / f"{export}.parquet"
    types = TYPES[export]
    lf = pl.scan_parquet(parquet) if parquet.exists() else pl.scan_csv(parquet.with_suffix(".csv"), schema=types)
    used = {column: kind for column, kind in types.items() if column not in UNUSED[export]}
    sums = [_touch(column, kind) for column, kind in used.items()]
    return lf.select(pl.len().alias("rows"), *sums).collect(engine="streaming")


def main() -> None:
    """The command line: ``python -m tests.bench.bare_read WORKSPACE``."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("workspace", type=Path)
    workspace = parser.parse_args().workspace
    for export in TYPES:
        read(workspace, export)


if __name__ == "__main__":
    main()
