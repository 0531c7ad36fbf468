"""Repeated keys over a whole export: exact, without holding the export in memory.

Every sound row leaves a 64-bit hash of its key. Hashes that occur once settle their rows; only rows whose hash occurs
again are read a second time and compared cell by cell.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import polars as pl

from tierctl.contracts import Contract
from tierctl.ingest.row_check import ROW

_AT_ONCE = 1_000_000


@dataclass(frozen=True)
class Repeats:
    """Rows of repeated keys: `conflicting` ones differ in content, `duplicates` repeat an earlier row whole."""

    conflicting: pl.Series
    duplicates: pl.Series


@dataclass(frozen=True)
class KeyHashes:
    """The hashes of the keys seen so far, with the numbers of their rows."""

    key: tuple[str, ...]
    _seen: list[pl.DataFrame] = field(default_factory=list)

    def add(self, df: pl.DataFrame) -> None:
        """Takes in the keys of a batch of typed rows numbered in `ROW`."""
        if self.key:
            hashed = pl.col(self.key[0]).hash() if len(self.key) == 1 else pl.struct(self.key).hash()
            self._seen.append(df.select(hash=hashed, row=ROW))

    def suspects(self) -> pl.DataFrame:
        """The rows whose hash occurs more than once: hash, row."""
        if not self._seen:
            return pl.DataFrame(schema={"hash": pl.UInt64, "row": pl.UInt32})
        hashes = pl.concat([df["hash"] for df in self._seen]).sort()
        again = hashes.filter(hashes == hashes.shift(1)).unique()
        if again.is_empty():
            return self._seen[0].clear()
        return pl.concat(df.filter(pl.col("hash").is_in(again.implode())) for df in self._seen)


def find_repeats(
    tables: Sequence[pl.LazyFrame], contract: Contract, suspects: pl.DataFrame, *, keep_alike: bool
) -> Repeats:
    """Compares the suspects exactly.

    Args:
        tables: the export's typed rows, the contract's columns and `ROW`.
        contract: its key and columns.
        suspects: what `KeyHashes.suspects` found.
        keep_alike: whether rows that repeat another whole are meant to be there and none of them is a duplicate.
    """
    rounds = max(1, -(-suspects.height // _AT_ONCE))
    found = [
        _compare(_fetch(tables, of["row"]), contract)
        for _, of in suspects.group_by(pl.col("hash") // 7 % rounds, maintain_order=True)
    ]
    none = pl.Series(dtype=pl.UInt32)
    return Repeats(
        pl.concat([none, *(repeats.conflicting for repeats in found)]).sort(),
        none if keep_alike else pl.concat([none, *(repeats.duplicates for repeats in found)]).sort(),
    )


def _fetch(tables: Sequence[pl.LazyFrame], rows: pl.Series) -> pl.DataFrame:
    wanted = rows.alias(ROW).to_frame().lazy()
    lf = pl.concat(tables).join(wanted, on=ROW, how="semi")
    return lf.collect(engine="streaming").sort(ROW)


def _compare(df: pl.DataFrame, contract: Contract) -> Repeats:
    """Of a key with several contents every row conflicts; of rows that are the same throughout the first one stands."""
    contents = df.group_by(contract.names, maintain_order=True).agg(rows=pl.col(ROW))
    several = contents.group_by(contract.primary_key).len().filter(pl.col("len") > 1)
    conflicting = contents.join(several, on=contract.primary_key, how="semi", nulls_equal=True)
    alike = contents.join(several, on=contract.primary_key, how="anti", nulls_equal=True)
    return Repeats(
        conflicting["rows"].explode().cast(pl.UInt32),
        alike.select(pl.col("rows").list.slice(1).explode()).to_series().drop_nulls().cast(pl.UInt32),
    )
