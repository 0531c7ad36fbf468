"""Mixed rows: those of one side, in which what differs for some causes has been exchanged for the other side's."""

from collections.abc import Collection, Sequence

import polars as pl

from tierctl.diffs.rows import CAUSE, RowMoves

_PARTNER = "partner_id"


def mixed(parts: Sequence[pl.LazyFrame], moves: RowMoves, causes: Collection[str]) -> tuple[pl.LazyFrame, ...]:
    """The parts of an export with some of its differences exchanged.

    Args:
        parts: the first side's rows, whole partners in each part; of several parts, those with the lesser ids first.
        moves: how the second side's rows differ.
        causes: which of the differences are exchanged.

    Returns:
        As many parts; what came in stands in the part that has its partner.
    """
    wanted = pl.col(CAUSE).is_in(list(causes))
    names = list(moves.contract.names)
    gone, come = (rows.filter(wanted).select(names) for rows in (moves.gone, moves.come))
    if gone.is_empty() and come.is_empty():
        return tuple(parts)
    key = list(moves.contract.primary_key) if moves.is_keyed else names
    stay = moves.stay.select(names).join(gone, on=names, how="semi", nulls_equal=True)
    left = [part.select(names).join(gone.lazy(), on=key, how="anti", nulls_equal=True) for part in parts]
    added = _by_part(pl.concat([come, stay]), parts)
    return tuple(pl.concat([part, rows.lazy()]) for part, rows in zip(left, added, strict=True))


def _by_part(rows: pl.DataFrame, parts: Sequence[pl.LazyFrame]) -> list[pl.DataFrame]:
    """The rows by the part that has their partner, or would have: the last one that begins with no greater id."""
    if len(parts) == 1 or _PARTNER not in rows.columns:
        return [rows, *(rows.clear() for _ in parts[1:])]
    begins = [part.select(pl.col(_PARTNER).cast(pl.String).min()).collect(engine="streaming").item() for part in parts]
    filled = [number for number, first in enumerate(begins) if first is not None] or [0]
    cuts = pl.Series([begins[number] for number in filled[1:]], dtype=pl.String)
    at = rows.select(pl.lit(cuts).search_sorted(pl.col(_PARTNER).cast(pl.String), side="right")).to_series()
    part = at.replace_strict(list(range(len(filled))), filled, return_dtype=pl.Int64)
    return [rows.filter(part == number) for number in range(len(parts))]
