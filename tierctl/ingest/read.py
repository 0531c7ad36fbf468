"""Ingest on one screen: open every export, read the roster, read the others against it, list what was rejected."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

import polars as pl

from tierctl.findings import CannotRunError, Finding
from tierctl.ingest.export import Export, Options, Progress, ReadExport, read_export
from tierctl.ingest.kept import Kept
from tierctl.ingest.open import OpenExport, open_export, unopenable
from tierctl.ingest.profile import ColumnProfile, profile
from tierctl.ingest.rejects import rejects_table, summarize
from tierctl.ingest.row_check import RowCheck, TableCheck
from tierctl.ingest.warn import thorough_findings

if TYPE_CHECKING:
    from tierctl.workspace import Workspace

ROSTER = "partners"
BATCH_ROWS = 125_000


@dataclass(frozen=True)
class InputFile:
    """One file that was read: its path relative to the workspace where inside, its SHA-256, its rows without blanks."""

    export: str
    path: str
    sha256: str
    rows: int


@dataclass(frozen=True)
class Ingested:
    """Everything a review reads, and everything that was wrong with it.

    `rejects` has the report's columns, one row per fault, sorted by its key. `findings` says the same in one line per
    export, column and rule, with warnings after it. `profiles` has the columns of each export where it was asked to be
    thorough.
    """

    exports: Mapping[str, Export]
    rejects: pl.DataFrame
    findings: tuple[Finding, ...]
    files: tuple[InputFile, ...]
    profiles: Mapping[str, tuple[ColumnProfile, ...]] = field(default_factory=dict)


def read_exports(
    workspace: "Workspace",
    needed: Collection[str],
    *,
    until: date | None,
    spool: Path,
    in_buckets: Collection[str] = (),
    thorough: bool = False,
    row_checks: Collection[RowCheck] = (),
    table_checks: Collection[TableCheck] = (),
    kept: Mapping[str, Kept] = MappingProxyType({}),
    batch_rows: int = BATCH_ROWS,
    on_progress: Progress | None = None,
) -> Ingested:
    """Reads the roster of partners and the exports that are needed.

    Args:
        workspace: where the exports lie, how they are written and what they bring.
        needed: the names of the exports to read; the roster need not be named.
        until: rows dated later are ignored and counted; None ignores nothing.
        spool: an empty folder for typed copies, which the result's parts read from: it has to outlive them.
        in_buckets: the exports whose rows are wanted in buckets of partners where they are many, Parquet too.
        thorough: also look for what is allowed but unlikely to be meant, and tell what is wrong with rows even where
            another export cannot be read, and what each column holds.
        row_checks: what the programs in use say of rows, beside the contracts.
        table_checks: what they say of rows beside other rows.
        kept: what is taken over from the last close, by export, as `kept_for` tells; exports that are not needed, and
            the roster, take nothing over.
        batch_rows: how many rows are checked at once.
        on_progress: is told an export's name and its rows read so far.

    Raises:
        CannotRunError: with every export, file and column that is missing or cannot be read, and every file that was
            changed meanwhile.
    """
    names = (ROSTER, *sorted(set(needed) - {ROSTER}))
    opened, findings = _open_all(workspace, names, spool)
    if findings and not thorough:
        raise CannotRunError(findings)
    checks = (tuple(row_checks), tuple(table_checks))
    options = Options(until, spool, frozenset(in_buckets), batch_rows, *checks, on_progress, kept)
    read, unreadable = _read_all(opened, names, options)
    faults = [fault for name in names if name in read for fault in read[name].faults]
    partners = read[ROSTER].rejected_partners if ROSTER in read else frozenset[str]()
    of_rows = summarize(faults, workspace.exports, partners, (*row_checks, *table_checks))
    if findings or unreadable:
        raise CannotRunError([*findings, *unreadable, *(of_rows if thorough else ())])
    exports = {name: read[name].export for name in names}
    rejects = rejects_table(faults)
    if changed := [finding for of in opened.values() for finding in _changed(of)]:
        raise CannotRunError(changed)
    return Ingested(
        exports=MappingProxyType(exports),
        rejects=rejects,
        findings=(
            *of_rows,
            *(finding for name in names for finding in read[name].findings),
            *(thorough_findings(exports) if thorough else ()),
        ),
        files=tuple(file for name in names for file in _input_files(opened[name], read[name])),
        profiles=MappingProxyType(_profiles(opened, exports, rejects) if thorough else {}),
    )


def _profiles(
    opened: Mapping[str, OpenExport], exports: Mapping[str, Export], rejects: pl.DataFrame
) -> dict[str, tuple[ColumnProfile, ...]]:
    return {name: profile(opened[name], rejects, export.rows_read) for name, export in exports.items()}


def _open_all(
    workspace: "Workspace", names: Collection[str], spool: Path
) -> tuple[dict[str, OpenExport], list[Finding]]:
    copies = spool / "transcoded"
    copies.mkdir(parents=True, exist_ok=True)
    found = {name: open_export(workspace, name, copies) for name in names}
    findings = [finding for _, of in found.values() for finding in of]
    return {name: opened for name, (opened, _) in found.items() if opened is not None}, findings


def _read_all(
    opened: Mapping[str, OpenExport], names: Collection[str], options: Options
) -> tuple[dict[str, ReadExport], list[Finding]]:
    """The exports that could be read, and why others could not: the roster first, then those that rules need.

    Where the roster cannot be read the others still are, so that their faults are shown too.
    """
    read: dict[str, ReadExport] = {}
    findings: list[Finding] = []
    needed = {name for each in options.table_checks for name in each.needs}
    for name in sorted(opened, key=lambda name: (name != ROSTER, name not in needed, name)):
        roster = _roster(read[ROSTER]) if ROSTER in read else None
        others = {of: each.export for of, each in read.items()}
        # Where an export is missing that a rule needs, nothing can be said by that rule.
        lacking = set(names) - others.keys()
        checks = tuple(each for each in options.table_checks if not lacking.intersection(each.needs))
        try:
            read[name] = read_export(opened[name], roster, replace(options, table_checks=checks), others)
        except CannotRunError as fault:
            findings += fault.findings
    return read, findings


def _roster(partners: ReadExport) -> pl.Series:
    lf = pl.concat(partners.export.parts)
    return lf.select("partner_id").collect(engine="streaming").to_series().sort()


def _changed(opened: OpenExport) -> Iterator[Finding]:
    """The files that are no longer those whose digests were made: what was read of them may be either."""
    for file in opened.files:
        try:
            found = file.changed()
        except OSError as fault:
            found = unopenable(file.file.source, fault)
        if found:
            yield found


def _input_files(opened: OpenExport, read: ReadExport) -> list[InputFile]:
    return [
        InputFile(file.file.source.export, file.file.source.shown, file.sha256, rows)
        for file, rows in zip(opened.files, read.rows_by_file, strict=True)
    ]
