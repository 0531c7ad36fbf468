"""Supposed: the rows of an export together with rows that are supposed."""

from collections.abc import Sequence

import polars as pl

from tierctl.contracts import Contract

_PARTNER = "partner_id"


def merged(parts: Sequence[pl.LazyFrame], rows: Sequence[pl.LazyFrame], contract: Contract) -> Sequence[pl.LazyFrame]:
    """The parts with further rows; one whose key a part has takes the place of the row there.

    All rows of one partner stay in one part, as metrics need them; those of partners that no part has become a part of
    their own.

    Args:
        parts: the export's parts, in its contract's columns and types.
        rows: the rows that are supposed, in the same; each key at most once.
        contract: what the export brings.
    """
    supposed = pl.concat([contract.polars_schema.to_frame().lazy(), *rows]).collect()
    if supposed.is_empty():
        return parts
    kept = [_without(part, supposed, contract.primary_key) for part in parts]
    if _PARTNER not in contract.names:
        return [*kept, supposed.lazy()]
    merged_, left = [], supposed
    for part in kept:
        here = part.select(_PARTNER).unique().collect()
        own = left.join(here, on=_PARTNER, how="semi")
        left = left.join(here, on=_PARTNER, how="anti")
        merged_.append(part if own.is_empty() else pl.concat([part, own.lazy()]))
    return merged_ if left.is_empty() else [*merged_, left.lazy()]


def _without(part: pl.LazyFrame, rows: pl.DataFrame, key: Sequence[str]) -> pl.LazyFrame:
    """The part without the rows of these keys; where rows may repeat, with all of them."""
    return part.join(rows.lazy().select(key), on=list(key), how="anti") if key else part
