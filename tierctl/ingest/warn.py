"""What the contracts allow and people hardly ever mean: warnings for `check`."""

from collections.abc import Mapping, Sequence

import polars as pl

from tierctl.findings import Finding, warning
from tierctl.ingest.export import Export


def thorough_findings(exports: Mapping[str, Export]) -> list[Finding]:
    """The warnings about accepted rows, sorted by export."""
    return _cancelled_twice(exports["mrr"].parts) if "mrr" in exports else []


def _cancelled_twice(parts: Sequence[pl.LazyFrame]) -> list[Finding]:
    """Customers whose revenue ends by a date and by a negative row: one of the two counts it twice."""
    customer = ["partner_id", "customer_id"]
    has_both = (pl.col("cancelled_on").is_not_null().any()) & (pl.col("mrr") < 0).any()
    found = pl.concat(
        lf.group_by(customer).agg(has_both=has_both).filter("has_both").collect(engine="streaming") for lf in parts
    ).sort(customer)
    if found.is_empty():
        return []
    first = found.row(0, named=True)
    more = f"; {found.height} customers in all" if found.height > 1 else ""
    message = (
        f"customer {first['customer_id']!r} of partner {first['partner_id']!r} has both a row with cancelled_on and a"
        f" row with negative mrr{more}"
    )
    hint = "say a cancellation once: by its date, or by a negative row"
    return [warning("cancelled-twice", "mrr", "", message, hint)]
