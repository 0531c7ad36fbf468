"""What becomes of an export's rows, file by file: faults found late are charged to the file whose row is at fault."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import polars as pl

from tierctl.contracts import Contract
from tierctl.findings import Finding
from tierctl.ingest.csv_files import RECORD
from tierctl.ingest.open import OpenFile
from tierctl.ingest.rejects import faults_of
from tierctl.ingest.row_check import ROW, Parts, TableCheck
from tierctl.ingest.validate import ROW_FAULT

_NO_ROWS = pl.Series(dtype=pl.UInt32)
_TOLD = ("value", "note")


@dataclass
class FileTally:
    """What one file has come to: `before` counts the records of earlier files, `records` its own with blank lines.

    `wide` is known before the file's first batch is checked.
    """

    opened: OpenFile
    before: int
    records: int = 0
    rows: int = 0
    rejected: int = 0
    ahead: int = 0
    wide: dict[int, list[str]] = field(default_factory=dict)
    faults: list[pl.DataFrame] = field(default_factory=list)
    partners: set[str] = field(default_factory=set)
    notes: dict[str, str] = field(default_factory=dict)
    unreadable: Finding | None = None


def add_conflicts(
    tallies: list[FileTally], contract: Contract, tables: list[pl.LazyFrame], conflicting: pl.Series
) -> None:
    """Charges each row of a key with several contents to its file."""
    if conflicting.is_empty():
        return
    is_single = len(contract.primary_key) == 1
    value = pl.concat_str((pl.col(contract.primary_key).cast(pl.String).fill_null("")), separator=" / ")
    lf = pl.concat(tables).join(conflicting.alias(ROW).to_frame().lazy(), on=ROW, how="semi")
    df = lf.select(ROW, value=value, partner=_partner(contract)).collect(engine="streaming").sort(ROW)
    _charge(tallies, df, contract.primary_key[0] if is_single else None, "repeated-key")


def add_table_faults(
    tallies: list[FileTally],
    contract: Contract,
    parts: list[pl.LazyFrame],
    rule: TableCheck,
    others: Mapping[str, Parts],
) -> pl.Series:
    """Charges each row that breaks a rule of the whole table to its file; gives the rows.

    Rows that the last close read have numbers beyond those of all files: they are given too, and charged to none.
    """
    found = rule.find(parts, {name: others[name] for name in rule.needs if name in others}).sort(ROW)
    if found.is_empty():
        return _NO_ROWS
    lf = pl.concat(parts).join(found.select(ROW).lazy(), on=ROW, how="semi")
    partners = lf.select(ROW, partner=_partner(contract)).collect(engine="streaming")
    df = found.join(partners, on=ROW, maintain_order="left").with_columns(place=_places(found["other"], tallies))
    told = [pl.concat_str(pl.col(name, "place"), separator=" ", ignore_nulls=True).alias(name) for name in _TOLD]
    df = df.with_columns(told)
    _charge(tallies, df, rule.column, rule.rule)
    return found[ROW]


def _partner(contract: Contract) -> pl.Expr:
    return pl.col("partner_id") if "partner_id" in contract.names else pl.lit(None, dtype=pl.String)


def _places(rows: pl.Series, tallies: Sequence[FileTally]) -> pl.Series:
    """Where each row stands, as people find it: its file, and its record there; null where there is no row."""
    filled = [tally for tally in tallies if tally.records]
    before = pl.Series([tally.before for tally in filled], dtype=pl.Int64)
    shown = pl.Series([tally.opened.file.source.shown for tally in filled], dtype=pl.String)
    if rows.is_null().all():
        return rows.cast(pl.String)
    row = rows.cast(pl.Int64)
    file = before.search_sorted(row.fill_null(1), side="left").cast(pl.Int64) - 1
    record = (row - before.gather(file)).cast(pl.String)
    return pl.select(pl.concat_str(shown.gather(file), record, separator=" record ")).to_series()


def _charge(tallies: list[FileTally], df: pl.DataFrame, column: str | None, rule: str) -> None:
    """Adds a fault for each row (`ROW`, value, partner, perhaps note) to the tally of its file."""
    for tally in tallies:
        rows = df.filter(pl.col(ROW) > tally.before, pl.col(ROW) <= tally.before + tally.records)
        if rows.is_empty():
            continue
        header = tally.opened.theirs.get(column, ROW_FAULT) if column else ROW_FAULT
        records = rows.with_columns((pl.col(ROW).cast(pl.Int64) - tally.before).alias(RECORD))
        tally.faults.append(faults_of(records, header, rule))
        tally.rejected += rows.height
        tally.partners |= set(rows["partner"].drop_nulls())
        if "note" in rows.columns:
            tally.notes[rule] = rows["note"][0]
