"""One export from its files to typed rows: batches are checked, sound rows spooled, keys compared, rows sorted out."""

import csv
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import polars as pl

from tierctl.contracts import Contract, Field
from tierctl.findings import CannotRunError, Finding, warning
from tierctl.ingest.ahead import worked_ahead
from tierctl.ingest.blanks import without_blanks
from tierctl.ingest.csv_files import RECORD, CsvFile, broken, wide_records
from tierctl.ingest.kept import Kept, Merged, Today
from tierctl.ingest.keys import KeyHashes, Repeats, find_repeats
from tierctl.ingest.open import OpenExport
from tierctl.ingest.parquet_files import corrupt, may_overflow
from tierctl.ingest.parse import Cell, fixed_columns, with_all_columns
from tierctl.ingest.rejects import FileFaults
from tierctl.ingest.row_check import ROW, RowCheck, TableCheck
from tierctl.ingest.spool import Spool, bucket_begins
from tierctl.ingest.tally import FileTally, add_conflicts, add_table_faults
from tierctl.ingest.validate import FAULTS, Rules, check

Progress = Callable[[str, int], None]

_NO_ROWS = pl.Series(dtype=pl.UInt32)


@dataclass(frozen=True)
class Export:
    """One export's accepted rows, dated on or before the review's last day, and what became of the others.

    Each of `parts` holds whole partners, and partners that come, sorted by id, before those of the next; exports of as
    many parts have the same partners in each. Parquet that is read where it lies is one part. Their columns are the
    contract's, in the contract's types, defaults filled in.

    `from_close` of the rows are not the files' but of the last close; `left_out` rows of the files are sound and stand
    in no part, since closed months keep what they had instead.
    rows_read = rejected + duplicates + ignored + left_out + the rows in `parts` - from_close.
    """

    name: str
    parts: tuple[pl.LazyFrame, ...]
    rows_read: int
    rejected: int
    duplicates: int
    ignored: int
    unused_columns: tuple[str, ...]
    from_close: int = 0
    left_out: int = 0


@dataclass(frozen=True)
class ReadExport:
    """An export as it was read, with its faults by file; `rejected_partners` are the partner ids of rejected rows.

    `findings` tell how it differs from what the last close read.
    """

    export: Export
    faults: tuple[FileFaults, ...]
    rows_by_file: tuple[int, ...]
    rejected_partners: frozenset[str]
    findings: tuple[Finding, ...]


@dataclass(frozen=True)
class Options:
    """How exports are read: rows after `until` are ignored (None: no row is), typed copies go into `spool`.

    Of the exports `in_buckets` a large one is spooled in buckets even where it could be read where it lies. `kept` is
    what the last close read and is taken over from it, by export.
    """

    until: date | None
    spool: Path
    in_buckets: frozenset[str]
    batch_rows: int
    row_checks: tuple[RowCheck, ...]
    table_checks: tuple[TableCheck, ...]
    on_progress: Progress | None
    kept: Mapping[str, Kept]


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
    add_conflicts(tallies, contract, tables, repeats.conflicting)
    rejected = [_rejected_rows(tally) for tally in tallies] if spool is None else []
    dropped = pl.concat([repeats.conflicting, repeats.duplicates, *rejected]).unique().sort()
    parts = [_accepted(table, contract, dropped, options.until) for table in tables]
    today = Today(
        contract=contract,
        parts=parts,
        first_row=_first_beyond(tallies),
        begins=new_spool.begins if len(parts) > 1 else new_spool.begins.clear(),
        roster=roster,
        checks=tuple(each for each in options.row_checks if each.export == contract.name),
        folder=options.spool / "kept" / contract.name,
    )
    kept = options.kept.get(contract.name)
    merged = kept.merged(today) if kept else Merged(parts, from_close=0)
    parts, refused = merged.parts, Counter(merged.refused)
    for rule in (each for each in options.table_checks if each.export == contract.name):
        at_fault = add_table_faults(tallies, contract, parts, rule, {name: of.parts for name, of in others.items()})
        refused[rule.rule] += int((at_fault >= _first_beyond(tallies)).sum())
        parts = [_without(part, at_fault) for part in parts]
    export = Export(
        name=contract.name,
        parts=tuple(part.select(contract.names) for part in parts),
        rows_read=sum(tally.rows for tally in tallies),
        rejected=sum(tally.rejected for tally in tallies),
        duplicates=repeats.duplicates.len(),
        ignored=ahead,
        unused_columns=tuple(dict.fromkeys(header for file in opened.files for header in file.columns.unused)),
        from_close=merged.from_close - refused.total() + sum(merged.refused.values()),
        left_out=merged.left_out,
    )
    partners = frozenset(partner for tally in tallies for partner in tally.partners)
    findings = (*merged.findings, *_refused(contract, refused))
    return ReadExport(
        export, _file_faults(tallies, contract), tuple(tally.rows for tally in tallies), partners, findings
    )


def _first_beyond(tallies: Sequence[FileTally]) -> int:
    """The first number that no row of the files has."""
    return sum(tally.records for tally in tallies) + 1


def _refused(contract: Contract, refused: Mapping[str, int]) -> list[Finding]:
    """A warning where rows of the last close break rules today: as rows of a file they would be rejected."""
    rules = [f"{rule} ({rows})" for rule, rows in sorted(refused.items()) if rows]
    if not rules:
        return []
    message = (
        f"rows that the last close read and that the files of {contract.name} need not bring would be rejected today,"
        f" and are left out: {', '.join(rules)}"
    )
    hint = "see what has changed since in the programs, the roster or the rates; nothing posted for them is reversed"
    return [warning("closed-row-left-out", contract.name, "", message, hint)]


def _file_faults(tallies: Sequence[FileTally], contract: Contract) -> tuple[FileFaults, ...]:
    return tuple(
        FileFaults(
            contract=contract,
            file=tally.opened.file,
            theirs=tally.opened.theirs,
            faults=pl.concat([FAULTS.to_frame(), *tally.faults]),
            wide=tally.wide,
            notes=tally.notes,
        )
        for tally in tallies
    )


def _check_files(
    opened: OpenExport, roster: pl.Series | None, options: Options, hashes: KeyHashes, spool: Spool | None
) -> list[FileTally]:
    """One pass over all rows: what is sound goes into the spool and its keys' hashes with it."""
    tallies: list[FileTally] = []
    for file in opened.files:
        before = tallies[-1].before + tallies[-1].records if tallies else 0
        done = sum(tally.rows for tally in tallies)
        tallies.append(FileTally(file, before))
        for sound in _sound_batches(tallies[-1], opened, roster, options, done):
            hashes.add(sound)
            if spool is not None:
                spool.add(sound)
    unreadable = [tally.unreadable for tally in tallies if tally.unreadable is not None]
    if unreadable:
        raise CannotRunError(unreadable)
    return tallies


def _new_spool(opened: OpenExport, roster: pl.Series | None, options: Options) -> Spool:
    contract, kept = opened.contract, options.kept.get(opened.contract.name)
    schema = pl.Schema({**contract.polars_schema, ROW: pl.UInt32()})
    begins = bucket_begins(opened.sources, schema, roster, more_rows=kept.count(contract) if kept else 0)
    return Spool(options.spool / contract.name, begins, schema)


def _sound_batches(
    tally: FileTally, opened: OpenExport, roster: pl.Series | None, options: Options, done: int
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
    file = tally.opened.file
    failed = file.failed if isinstance(file, CsvFile) else {}
    rules = Rules(contract, cells, contract.pandera(ruled), roster, tally.wide, checks, failed)
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


def _raw_batches(tally: FileTally, cells: tuple[Cell, ...], batch_rows: int, *, whole: bool) -> Iterator[pl.DataFrame]:
    """The file's rows in order, without blank lines; a file that breaks ends early and says so in the tally."""
    file = tally.opened.file
    fixed = fixed_columns(cells)
    theirs = dict.fromkeys(cell.header for cell in cells if not cell.is_fixed)
    lf = file.scan() if whole else file.scan().select(RECORD, *theirs)
    try:
        if isinstance(file, CsvFile):
            tally.wide.update(wide_records(file))
        batches = lf.collect_batches(chunk_size=batch_rows, maintain_order=True)
        while (raw := next(batches, None)) is not None:
            if raw.is_empty():
                continue
            tally.records = raw[RECORD][-1]
            rows = without_blanks(raw, tally.wide) if isinstance(file, CsvFile) else raw
            yield rows.with_columns(fixed) if fixed else rows
    except pl.exceptions.NoDataError:
        return  # a header that no line follows
    except (pl.exceptions.PolarsError, csv.Error) as fault:
        tally.unreadable = broken(file, fault) if isinstance(file, CsvFile) else corrupt(file.source, fault)
    except OSError as fault:
        tally.unreadable = corrupt(file.source, fault)


def _direct_table(contract: Contract, tallies: list[FileTally]) -> pl.LazyFrame:
    """The rows of Parquet files whose types fit, as their scans bring them: the contract's columns and `ROW`.

    They are one part, of all partners: cut by partner, every part would read the whole files again (ten million rows in
    32 ranges: 9 seconds for each reader, where a spool takes 6 seconds once).
    """
    return pl.concat(_typed_scan(contract, tally) for tally in tallies)


def _typed_scan(contract: Contract, tally: FileTally) -> pl.LazyFrame:
    opened = tally.opened
    typed = [
        (pl.col(cell.header) if cell.is_kept_as_it_is else cell.typed(cell.text())).alias(cell.field.name)
        for cell in opened.cells
    ]
    row = (pl.col(RECORD) + tally.before).cast(pl.UInt32).alias(ROW)
    columns = with_all_columns(contract, [cell.field.name for cell in opened.cells])
    lf = opened.file.scan().with_columns(fixed_columns(opened.cells))
    return lf.select(*typed, row).select(*columns, ROW)


def _accepted(table: pl.LazyFrame, contract: Contract, dropped: pl.Series, until: date | None) -> pl.LazyFrame:
    return _without(table, dropped).filter(_is_dated(contract, until))


def _without(table: pl.LazyFrame, rows: pl.Series) -> pl.LazyFrame:
    return (
        table
        if rows.is_empty()
        else table.join(rows.alias(ROW).to_frame().lazy(), on=ROW, how="anti", maintain_order="left")
    )


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


def _rejected_rows(tally: FileTally) -> pl.Series:
    rows = [(faults[RECORD].unique() + tally.before).cast(pl.UInt32) for faults in tally.faults]
    return pl.concat([_NO_ROWS, *rows])
