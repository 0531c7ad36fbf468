"""Rows that the last close read, for an export whose files bring only what is dated since a day.

Everything dated before that day is taken from the close, unless the files bring a row of the same key after all: what
they say today counts more. Rows of the close are held against today's programs and roster as rows of the files are.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from itertools import accumulate
from pathlib import Path

import polars as pl

from tierctl.contracts import Contract
from tierctl.export_config import ExportConfig
from tierctl.findings import Finding
from tierctl.ingest.parse import Cell, cells, with_all_columns
from tierctl.ingest.row_check import ROW, Parts, RowCheck
from tierctl.ingest.spool import Spool

_RULE = "__rule"
_UNREAD = "__unread"
_BATCH_ROWS = 125_000


@dataclass(frozen=True)
class Today:
    """An export as its files bring it today, to be merged with what the last close read of it.

    Attributes:
        contract: its contract as the programs in use have it.
        parts: its accepted rows: the contract's columns and `ROW`.
        first_row: the first number that no row of the files has.
        begins: the partners with which every part but the first begins.
        roster: the accepted partners, sorted; None where partner ids need not be among them.
        checks: what the programs in use say of its rows.
        folder: where typed copies may be written.
    """

    contract: Contract
    parts: Parts
    first_row: int
    begins: pl.Series
    roster: pl.Series | None
    checks: tuple[RowCheck, ...]
    folder: Path


@dataclass(frozen=True)
class Merged:
    """The rows of the files together with those of the last close.

    Attributes:
        parts: as many as the files' rows had, in the same columns.
        from_close: how many of the rows are the close's.
        left_out: how many rows of the files closed months do not take.
        refused: how many rows of the close break which rule today, and are left out.
        findings: what a person should know of it.
    """

    parts: list[pl.LazyFrame]
    from_close: int
    left_out: int = 0
    refused: Mapping[str, int] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True)
class KeptRows:
    """What the last close read of an export that covers only what is dated since a day.

    Attributes:
        rows: the rows that the close read, in the columns and types that the contract then had.
        since: the day since which the files bring every row.
    """

    rows: Parts
    since: date

    def count(self, contract: Contract) -> int:
        """How many rows the close may add; they are counted before any other is read."""
        lf = pl.concat(_typed(part, contract).filter(self._is_before(contract)) for part in self.rows)
        return int(lf.select(pl.len()).collect(engine="streaming").item())

    def merged(self, today: Today) -> Merged:
        """The accepted rows of the files and, dated before the day, those of the close whose key none of them has.

        A row of the close that has no day is not dated before one. A column of the contract that the close did not
        have is empty in its rows, or holds its default.
        """
        refused: Counter[str] = Counter()
        accepted = 0
        schema = pl.Schema({**today.contract.polars_schema, ROW: pl.UInt32()})
        with Spool(today.folder, today.begins, schema) as spool:
            for batch in self._batches(today):
                sound = batch.filter(pl.col(_RULE).is_null())
                refused.update(batch[_RULE].drop_nulls().to_list())
                accepted += sound.height
                spool.add(sound.select(schema.names()))
            added = spool.close()
        parts = [pl.concat(both) for both in zip(today.parts, added, strict=True)]
        return Merged(parts if accepted else list(today.parts), accepted, refused=dict(sorted(refused.items())))

    def _batches(self, today: Today) -> Iterator[pl.DataFrame]:
        """The close's rows that the files do not bring: typed, numbered in `ROW`, with the rule that each breaks.

        They are read part by part, each for itself: of several at once far more would be in memory.
        """
        parts = numbered(self.rows, today.contract, today.first_row)
        wanted = [part.filter(self._is_before(today.contract)) for part in parts]
        brought = _brought(wanted, today)
        for lf in wanted:
            ruled = lf.with_columns(_broken_rule(today).alias(_RULE))
            for batch in ruled.collect_batches(chunk_size=_BATCH_ROWS, maintain_order=True):
                yield _without(batch, brought)

    def _is_before(self, contract: Contract) -> pl.Expr:
        return pl.lit(value=False) if contract.row_date is None else pl.col(contract.row_date) < self.since


def numbered(rows: Parts, contract: Contract, first_row: int) -> list[pl.LazyFrame]:
    """Rows of a close in the contract's columns and types, numbered from `first_row` on in `ROW` through all parts.

    `__unread` says that a cell of another type than the contract's cannot be read as it; it is empty.
    """
    heights = [int(part.select(pl.len()).collect(engine="streaming").item()) for part in rows]
    begins = accumulate(heights, initial=first_row)
    return [_typed(part, contract).with_row_index(ROW, offset=begin) for part, begin in zip(rows, begins, strict=False)]


def _brought(wanted: Parts, today: Today) -> pl.Series:
    """The numbers, in order, of the close's rows whose key the files bring too."""
    key = list(today.contract.primary_key)
    now = pl.concat(part.select(key) for part in today.parts)
    then = pl.concat(part.select(*key, ROW) for part in wanted)
    found = then.join(now, on=key, how="semi", nulls_equal=True).select(ROW)
    return found.collect(engine="streaming").to_series().sort()


def _without(batch: pl.DataFrame, rows: pl.Series) -> pl.DataFrame:
    """The batch, whose numbers ascend, without the rows of the numbers given in order."""
    if batch.is_empty() or rows.is_empty():
        return batch
    begin, end = rows.search_sorted(batch[ROW][0], side="left"), rows.search_sorted(batch[ROW][-1], side="right")
    return batch.filter(~pl.col(ROW).is_in(rows[begin:end].implode()))


def _typed(lf: pl.LazyFrame, contract: Contract) -> pl.LazyFrame:
    had = lf.collect_schema()
    brought = [name for name in contract.names if name in had]
    read = {name: cell.typed(cell.text()).alias(name) for name, cell in _changed(contract, had).items()}
    unread = [pl.col(name).is_not_null() & cell.is_null() for name, cell in read.items()]
    is_unread = pl.any_horizontal(unread) if unread else pl.lit(value=False)
    typed = lf.select(*(read.get(name, pl.col(name)) for name in brought), is_unread.alias(_UNREAD))
    return typed.select(*with_all_columns(contract, brought), _UNREAD)


def _changed(contract: Contract, had: pl.Schema) -> dict[str, Cell]:
    """The columns that the close has in another type, and how their cells are read, as those of a Parquet file are."""
    names = [name for name, dtype in contract.polars_schema.items() if name in had and had[name] != dtype]
    found = cells(contract, {name: name for name in names}, had, ExportConfig(path=""))
    return {cell.field.name: cell for cell in found}


def _broken_rule(today: Today) -> pl.Expr:
    """The first rule that a row of the close breaks today; null: none."""
    broken = [pl.when(pl.col(_UNREAD)).then(pl.lit("unsupported-type"))]
    if today.roster is not None and any(key.columns == ("partner_id",) for key in today.contract.foreign_keys):
        is_unknown = ~pl.col("partner_id").is_in(today.roster.implode())
        broken.append(pl.when(is_unknown).then(pl.lit("unknown-partner")))
    broken += [pl.when(each.is_fault).then(pl.lit(each.rule)) for each in today.checks]
    return pl.coalesce(broken)
