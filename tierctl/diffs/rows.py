"""Rows that one side has otherwise than the other: which, how they differ, and which cause that belongs to."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import polars as pl

from tierctl.contracts import Contract
from tierctl.diffs.basis import CALENDAR, CHANGED, DECISION, MONTH, NEW, RATE, REMOVED, UNDATED, Basis
from tierctl.diffs.seen import as_seen, differing

CAUSE: Final = "__cause"
_HASH, _THEN, _NOW = "__hash", "__then", "__now"
_OF_ONE_CAUSE: Final = {"decisions": DECISION, "fx_rates": RATE}


@dataclass(frozen=True)
class RowMoves:
    """How the rows of an export differ between two sides.

    Attributes:
        contract: what the rows bring.
        gone: rows of the first side that the second lacks or has otherwise, each as often as that is so, with
            `CAUSE`: the contract's columns. What only differs in days that have not come yet is left out.
        come: rows of the second side, likewise. A row in both frames, by its key, has changed.
        stay: where rows may repeat, those that go stand here as often as they are left.
        is_keyed: whether a key stands in no side twice.
    """

    contract: Contract
    gone: pl.DataFrame
    come: pl.DataFrame
    stay: pl.DataFrame
    is_keyed: bool

    @property
    def causes(self) -> frozenset[str]:
        """The causes of all of them."""
        return frozenset(self.gone[CAUSE]) | frozenset(self.come[CAUSE])


def row_moves(a: Basis, b: Basis, names: Iterable[str]) -> dict[str, RowMoves]:
    """How the rows of some exports differ, which both sides read in the same columns.

    Rows are told apart by 64-bit hashes, so that only those that differ are ever held; of a thousand million rows one
    or none goes unnoticed.
    """
    return {name: _moves_of(a, b, name) for name in names}


def _moves_of(a: Basis, b: Basis, name: str) -> RowMoves:
    contract = b.contracts[name]
    sides = [[part.select(contract.names) for part in basis.exports[name]] for basis in (a, b)]
    gone, come, stay = _only_on_one_side(sides[0], sides[1], contract)
    moved = _Moved(contract, a.month.last, b.month.last, CALENDAR if a.month.label == b.month.label else MONTH)
    gone, come = moved.with_causes(gone, come)
    return RowMoves(contract, gone, come, stay, bool(contract.primary_key) and name not in a.repeating | b.repeating)


def _only_on_one_side(
    a: Sequence[pl.LazyFrame], b: Sequence[pl.LazyFrame], contract: Contract
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Each row as often as one side has it more often than the other: gone, come; and what stays of those that go.

    Only hashes are gone through at first, and then the few rows fetched whose number differs: of four million rows on
    either side that takes half the memory that telling whole rows apart does.
    """
    one, other = (_hashed(parts, contract) for parts in (a, b))
    counted = [
        rows.group_by(_HASH).agg(pl.len().cast(pl.Int64).alias(name)) for rows, name in ((one, _THEN), (other, _NOW))
    ]
    then, now = pl.col(_THEN), pl.col(_NOW)
    both = counted[0].join(counted[1], on=_HASH, how="full", coalesce=True)
    counts = both.with_columns(then.fill_null(0), now.fill_null(0)).filter(then != now).collect(engine="streaming")
    less, more = _once(one, counts.filter(then > now)), _once(other, counts.filter(now > then))
    return _copies(less, then - now), _copies(more, now - then), _copies(less, now)


def _hashed(parts: Sequence[pl.LazyFrame], contract: Contract) -> pl.LazyFrame:
    rows = pl.concat([contract.polars_schema.to_frame().lazy(), *parts])
    return rows.with_columns(pl.struct(contract.names).hash().alias(_HASH))


def _once(rows: pl.LazyFrame, counts: pl.DataFrame) -> pl.DataFrame:
    """The rows of these hashes, each once, with how often either side has them."""
    return rows.join(counts.lazy(), on=_HASH).collect(engine="streaming").unique(_HASH).drop(_HASH)


def _copies(rows: pl.DataFrame, times: pl.Expr) -> pl.DataFrame:
    copies = rows.with_columns(pl.int_ranges(0, times).alias(_HASH)).filter(pl.col(_HASH).list.len() > 0)
    return copies.explode(_HASH).drop(_HASH, _THEN, _NOW)


@dataclass(frozen=True)
class _Moved:
    """By what the rows of an export are given their causes.

    `then` and `now` are the last days of the two months; `ahead` is why rows are read that the other day lies before.
    """

    contract: Contract
    then: date
    now: date
    ahead: str

    def with_causes(self, gone: pl.DataFrame, come: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
        """Adds CAUSE, and leaves out what makes no difference on the day on which both sides are reviewed."""
        of_keys = self._of_changed(gone, come)
        key = list(self.contract.primary_key)
        given = []
        for rows, cause, day in ((gone, REMOVED, self.now), (come, NEW, self.then)):
            alone = rows.join(of_keys, on=key, how="anti", nulls_equal=True) if key else rows
            both = rows.join(of_keys, on=key, nulls_equal=True) if key else rows.clear()
            is_ahead = pl.col(self.contract.row_date) > day if self.contract.row_date else pl.lit(value=False)
            alone = alone.with_columns(
                pl.when(is_ahead).then(pl.lit(self.ahead)).otherwise(pl.lit(self._told(cause))).alias(CAUSE)
            )
            found = pl.concat([alone, both], how="diagonal") if key else alone
            given.append(found.drop_nulls(CAUSE))
        return given[0], given[1]

    def _of_changed(self, gone: pl.DataFrame, come: pl.DataFrame) -> pl.DataFrame:
        """The keys that stand on both sides, and why: key, CAUSE; null: nothing has come of it by the day of review."""
        key = list(self.contract.primary_key)
        if not key:
            return pl.DataFrame(schema={CAUSE: pl.String})
        late, early = (
            differing(as_seen(gone, self.contract, day), as_seen(come, self.contract, day), self.contract)
            for day in (self.now, min(self.then, self.now))
        )
        both = late.join(early.select(*key, was_so="differs"), on=key, nulls_equal=True)
        cause = (
            pl.when(~pl.col("differs"))
            .then(pl.lit(None, dtype=pl.String))
            .when(~pl.col("was_so"))
            .then(pl.lit(self.ahead))
            .when(pl.col("differs_dated"))
            .then(pl.lit(self._told(CHANGED)))
            .otherwise(pl.lit(self._told(UNDATED)))
        )
        return both.select(*key, cause.alias(CAUSE))

    def _told(self, cause: str) -> str:
        """The cause by which rows of this export are told: some exports have one of their own."""
        if all(field.is_undated for field in self.contract.fields):
            return UNDATED
        return _OF_ONE_CAUSE.get(self.contract.name, cause)


def causes_of(moves: Mapping[str, RowMoves]) -> frozenset[str]:
    """The causes of all rows that differ."""
    return frozenset().union(*(each.causes for each in moves.values()))
