"""One export from its files to typed rows: batches are checked, sound rows spooled, keys compared, rows sorted out."""

import csv
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

import polars as pl

from tierctl.contracts import Contract, Field
from tierctl.findings import CannotRunError, Finding
from tierctl.ingest.ahead import worked_ahead
from tierctl.ingest.csv_files import RECORD, CsvFile, broken, wide_records
from tierctl.ingest.keys import KeyHashes, Repeats, find_repeats
from tierctl.ingest.open import OpenExport, OpenFile
from tierctl.ingest.parquet_files import corrupt, may_overflow
from tierctl.ingest.parse import Cell, with_all_columns
from tierctl.ingest.rejects import FileFaults, faults_of
from tierctl.ingest.row_check import ROW, RowCheck, TableCheck
from tierctl.ingest.spool import Spool, bucket_begins
from tierctl.ingest.validate import FAULTS, ROW_FAULT, Rules, check

Progress = Callable[[str, int], None]

_NO_ROWS = pl.Series(dtype=pl.UInt32)
_TOLD = ("value", "note")


@dataclass(frozen=True)
class Export:
    """One export's accepted rows, dated on or before the review's last day, and what became of the others.

    Each of `parts` holds whole partners, and partners that come, sorted by id, before those of the next; exports of as
    many parts have the same partners in each. Parquet that is read where it lies is one part. Their columns are the
    contract's, in the contract's types, defaults filled in.
    rows_read = rejected + duplicates + ignored + the rows in `parts`.
    """

    name: str
    parts: tuple[pl.LazyFrame, ...]
    rows_read: int
    rejected: int
    duplicates: int
    ignored: int
    unused_columns: tuple[str, ...]


@dataclass(frozen=True)
class ReadExport:
    """An export as it was read, with its faults by file; `rejected_partners` are the partner ids of rejected rows."""

    export: Export
    faults: tuple[FileFaults, ...]
    rows_by_file: tuple[int, ...]
    rejected_partners: frozenset[str]


@dataclass(frozen=True)
class Options:
    """How exports are read: rows after `until` are ignored (None: no row is), typed copies go into `spool`.

    Of the exports `in_buckets` a large one is spooled in buckets even where it could be read where it lies.
    """

    until: date | None
    spool: Path
    in_buckets: frozenset[str]
    batch_rows: int
    row_checks: tuple[RowCheck, ...]
    table_checks: tuple[TableCheck, ...]
    on_progress: Progress | None


@dataclass
class _FileTally:
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


def read_export(
    opened: OpenExport, roster: pl.Series | None, options: Options, others: Mapping[str, Export]
) -> ReadExport:
    """Reads an export to its end.

    Args:
        opened: the export's files.
        roster: the accepted partners, sorted; None where partner ids need not be among them.
        options: how to read.
        others: the exports read before this one, for rules that need them.

    Raises:
        CannotRunError: a file cannot be read to its end.
    """
    contract = opened.contract
    hashes = KeyHashes(contract.primary_key)
    new_spool = _new_spool(opened, roster, options)
    opened = replace(opened, in_buckets=contract.name in options.in_buckets and not new_spool.begins.is_empty())
    with nullcontext() if opened.is_direct else new_spool as spool:
        tallies = _check_files(opened, roster, options, hashes, spool)
        tables = [_direct_table(contract, tallies)] if spool is None else spool.close()
    repeats = find_repeats(tables, contract, hashes.suspects(), keep_alike=opened.config.on_duplicate == "keep")
    ahead = sum(tally.ahead for tally in tallies) - _ahead_among(tables, contract, repeats, options.until)
    _add_conflicts(tallies, contract, tables, repeats.conflicting)
    rejected = [_rejected_rows(tally) for tally in tallies] if spool is None else []
    dropped = pl.concat([repeats.conflicting, repeats.duplicates, *rejected]).unique().sort()
    parts = [_accepted(table, contract, dropped, options.until) for table in tables]
    for rule in (each for each in options.table_checks if each.export == contract.name):
        at_fault = _add_table_faults(tallies, contract, parts, rule, others)
        parts = [_without(part, at_fault) for part in parts]
    export = Export(
        name=contract.name,
        parts=tuple(part.select(contract.names) for part in parts),
        rows_read=sum(tally.rows for tally in tallies),
        rejected=sum(tally.rejected for tally in tallies),
        duplicates=repeats.duplicates.len(),
        ignored=ahead,
        unused_columns=tuple(dict.fromkeys(header for file in opened.files for header in file.columns.unused)),
    )
    faults = tuple(
        FileFaults(
            contract=contract,
            file=tally.opened.file,
            theirs=tally.opened.columns.theirs,
            faults=pl.concat([FAULTS.to_frame(), *tally.faults]),
            wide=tally.wide,
            notes=tally.notes,
        )
        for tally in tallies
    )
    partners = frozenset(partner for tally in tallies for partner in tally.partners)
    return ReadExport(export, faults, tuple(tally.rows for tally in tallies), partners)


def _check_files(
    opened: OpenExport, roster: pl.Series | None, options: Options, hashes: KeyHashes, spool: Spool | None
) -> list[_FileTally]:
    """One pass over all rows: what is sound goes into the spool and its keys' hashes with it."""
    tallies: list[_FileTally] = []
    for file in opened.files:
        before = tallies[-1].before + tallies[-1].records if tallies else 0
        done = sum(tally.rows for tally in tallies)
        tallies.append(_FileTally(file, before))
        for sound in _sound_batches(tallies[-1], opened, roster, options, done):
            hashes.add(sound)
            if spool is not None:
                spool.add(sound)
    unreadable = [tally.unreadable for tally in tallies if tally.unreadable is not None]
    if unreadable:
        raise CannotRunError(unreadable)
    return tallies


def _new_spool(opened: OpenExport, roster: pl.Series | None, options: Options) -> Spool:
    schema = pl.Schema({**opened.contract.polars_schema, ROW: pl.UInt32()})
    return Spool(options.spool / opened.contract.name, bucket_begins(opened.sources, schema, roster), schema)


def _sound_batches(
    tally: _FileTally, opened: OpenExport, roster: pl.Series | None, options: Options, done: int
) -> Iterator[pl.DataFrame]:
    """The sound rows of one file, typed and numbered in `ROW`; the tally is kept on the way."""
    contract = opened.contract
    checks = tuple(each for each in options.row_checks if each.export == contract.name)
    cells = _checked_cells(contract, tally.opened.cells, checks) if opened.is_direct else tally.opened.cells
    brought = [cell.field.name for cell in cells]
    columns = with_all_columns(contract, brought)
    if opened.is_direct:
        columns = [
            column for column in columns if column.meta.output_name() in {*contract.primary_key, contract.row_date}
        ]
    ruled = [cell.field.name for cell in cells if _has_rules(cell.field)]
    rules = Rules(contract, cells, contract.pandera(ruled), roster, tally.wide, checks)
    batches = _raw_batches(tally, cells, options.batch_rows, whole=not opened.is_direct)
    for checked in worked_ahead(lambda raw: check(raw, rules), batches):
        tally.rows += checked.sound.height + checked.rejected
        tally.rejected += checked.rejected
        tally.partners |= checked.rejected_partners
        tally.faults += [checked.faults] if not checked.faults.is_empty() else []
        sound = checked.sound.select(*columns, (pl.col(RECORD) + tally.before).cast(pl.UInt32).alias(ROW))
        if options.until is not None and contract.row_date is not None:
            tally.ahead += int((sound[contract.row_date] > options.until).sum())
        if options.on_progress is not None:
            options.on_progress(contract.name, done + tally.rows)
        yield sound


def _checked_cells(contract: Contract, cells: tuple[Cell, ...], checks: tuple[RowCheck, ...]) -> tuple[Cell, ...]:
    """The columns whose type alone does not settle that they are sound, and those that rows are told apart by."""
    special = {
        *contract.primary_key,
        contract.row_date,
        "partner_id",
        *(name for each in checks for name in each.reads),
    }
    return tuple(
        cell for cell in cells if cell.field.name in special or _has_rules(cell.field) or may_overflow(cell.dtype)
    )


def _has_rules(of: Field) -> bool:
    return of.required or bool(of.enum) or any(rule is not None for rule in (of.pattern, of.minimum, of.maximum))


def _raw_batches(tally: _FileTally, cells: tuple[Cell, ...], batch_rows: int, *, whole: bool) -> Iterator[pl.DataFrame]:
    """The file's rows in order, without blank lines; a file that breaks ends early and says so in the tally."""
    file = tally.opened.file
    lf = file.scan() if whole else file.scan().select(RECORD, *dict.fromkeys(cell.header for cell in cells))
    try:
        if isinstance(file, CsvFile):
            tally.wide.update(wide_records(file))
        batches = lf.collect_batches(chunk_size=batch_rows, maintain_order=True)
        while (raw := next(batches, None)) is not None:
            if raw.is_empty():
                continue
            tally.records = raw[RECORD][-1]
            yield _without_blanks(raw) if isinstance(file, CsvFile) else raw
    except pl.exceptions.NoDataError:
        return  # a header that no line follows
    except (pl.exceptions.PolarsError, csv.Error) as fault:
        tally.unreadable = broken(file, fault) if isinstance(file, CsvFile) else corrupt(file.source, fault)
    except OSError as fault:
        tally.unreadable = corrupt(file.source, fault)


def _without_blanks(raw: pl.DataFrame) -> pl.DataFrame:
    is_blank = raw.select(pl.all_horizontal(pl.all().exclude(RECORD).is_null())).to_series()
    return raw.filter(~is_blank) if is_blank.any() else raw


def _direct_table(contract: Contract, tallies: list[_FileTally]) -> pl.LazyFrame:
    """The rows of Parquet files whose types fit, as their scans bring them: the contract's columns and `ROW`.

    They are one part, of all partners: cut by partner, every part would read the whole files again (ten million rows in
    32 ranges: 9 seconds for each reader, where a spool takes 6 seconds once).
    """
    return pl.concat(_typed_scan(contract, tally) for tally in tallies)


def _typed_scan(contract: Contract, tally: _FileTally) -> pl.LazyFrame:
    opened = tally.opened
    typed = [
        (pl.col(cell.header) if cell.is_kept_as_it_is else cell.typed(cell.text())).alias(cell.field.name)
        for cell in opened.cells
    ]
    row = (pl.col(RECORD) + tally.before).cast(pl.UInt32).alias(ROW)
    columns = with_all_columns(contract, [cell.field.name for cell in opened.cells])
    return opened.file.scan().select(*typed, row).select(*columns, ROW)


def _accepted(table: pl.LazyFrame, contract: Contract, dropped: pl.Series, until: date | None) -> pl.LazyFrame:
    return _without(table, dropped).filter(_is_dated(contract, until))


def _without(table: pl.LazyFrame, rows: pl.Series) -> pl.LazyFrame:
    return table if rows.is_empty() else table.join(rows.alias(ROW).to_frame().lazy(), on=ROW, how="anti")


def _is_dated(contract: Contract, until: date | None) -> pl.Expr:
    """Rows without a date of their own are never ahead."""
    if until is None or contract.row_date is None:
        return pl.lit(value=True)
    day = pl.col(contract.row_date)
    return day.is_null() | (day <= until)


def _ahead_among(tables: list[pl.LazyFrame], contract: Contract, repeats: Repeats, until: date | None) -> int:
    """How many of the repeated rows lie ahead: they are counted as what they are, not as ignored."""
    rows = pl.concat([repeats.conflicting, repeats.duplicates])
    if rows.is_empty():
        return 0
    lf = pl.concat(tables).join(rows.alias(ROW).to_frame().lazy(), on=ROW, how="semi")
    return int(lf.filter(~_is_dated(contract, until)).select(pl.len()).collect(engine="streaming").item())


def _rejected_rows(tally: _FileTally) -> pl.Series:
    rows = [(faults[RECORD].unique() + tally.before).cast(pl.UInt32) for faults in tally.faults]
    return pl.concat([_NO_ROWS, *rows])


def _add_conflicts(
    tallies: list[_FileTally], contract: Contract, tables: list[pl.LazyFrame], conflicting: pl.Series
) -> None:
    """Charges each row of a key with several contents to its file."""
    if conflicting.is_empty():
        return
    is_single = len(contract.primary_key) == 1
    value = pl.concat_str((pl.col(contract.primary_key).cast(pl.String).fill_null("")), separator=" / ")
    lf = pl.concat(tables).join(conflicting.alias(ROW).to_frame().lazy(), on=ROW, how="semi")
    df = lf.select(ROW, value=value, partner=_partner(contract)).collect(engine="streaming").sort(ROW)
    _charge(tallies, df, contract.primary_key[0] if is_single else None, "repeated-key")


def _add_table_faults(
    tallies: list[_FileTally],
    contract: Contract,
    parts: list[pl.LazyFrame],
    rule: TableCheck,
    others: Mapping[str, Export],
) -> pl.Series:
    """Charges each row that breaks a rule of the whole table to its file; gives the rows."""
    found = rule.find(parts, {name: others[name].parts for name in rule.needs if name in others}).sort(ROW)
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


def _places(rows: pl.Series, tallies: Sequence[_FileTally]) -> pl.Series:
    """Where each row stands, as people find it: its file, and its record there; null where there is no row."""
    filled = [tally for tally in tallies if tally.records]
    before = pl.Series([tally.before for tally in filled], dtype=pl.Int64)
    shown = pl.Series([tally.opened.file.source.shown for tally in filled], dtype=pl.String)
    row = rows.cast(pl.Int64)
    file = before.search_sorted(row.fill_null(1), side="left").cast(pl.Int64) - 1
    record = (row - before.gather(file)).cast(pl.String)
    return pl.select(pl.concat_str(shown.gather(file), record, separator=" record ")).to_series()


def _charge(tallies: list[_FileTally], df: pl.DataFrame, column: str | None, rule: str) -> None:
    """Adds a fault for each row (`ROW`, value, partner, perhaps note) to the tally of its file."""
    for tally in tallies:
        rows = df.filter(pl.col(ROW) > tally.before, pl.col(ROW) <= tally.before + tally.records)
        if rows.is_empty():
            continue
        header = tally.opened.columns.theirs.get(column, ROW_FAULT) if column else ROW_FAULT
        records = rows.with_columns((pl.col(ROW).cast(pl.Int64) - tally.before).alias(RECORD))
        tally.faults.append(faults_of(records, header, rule))
        tally.rejected += rows.height
        tally.partners |= set(rows["partner"].drop_nulls())
        if "note" in rows.columns:
            tally.notes[rule] = rows["note"][0]
