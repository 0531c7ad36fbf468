"""Opening an export: its files found, their headers mapped, their types and formats judged, before any row is read."""

import csv
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from tierctl.contracts import Contract
from tierctl.findings import Finding, error
from tierctl.ingest.columns import ColumnMap, header_below, map_columns
from tierctl.ingest.csv_files import CsvFile, open_csv
from tierctl.ingest.excel_files import open_excel
from tierctl.ingest.files import Source, Stamp, digest, find_sources, not_configured, stamp_of
from tierctl.ingest.parquet_files import ParquetFile, open_parquet, type_findings
from tierctl.ingest.parse import Cell, cells

if TYPE_CHECKING:
    from tierctl.workspace import ExportConfig, Workspace


_NEAR_THE_TOP = 30


@dataclass(frozen=True)
class OpenFile:
    """One file ready to be read: how each column that it brings is parsed, what it leaves unread, its digest.

    `stamp` is what told the file's content from another when the digest was made.
    """

    file: CsvFile | ParquetFile
    columns: ColumnMap
    cells: tuple[Cell, ...]
    sha256: str
    stamp: Stamp

    def changed(self) -> Finding | None:
        """The finding where the file is no longer the one that the digest is of; None: it is.

        Raises:
            OSError: the file is gone.
        """
        if stamp_of(self.file.source.path) == self.stamp:
            return None
        message = "the file was changed while it was read"
        return error("unreadable-file", self.file.source.shown, "", message, "run again once nobody writes to it")

    @property
    def theirs(self) -> Mapping[str, str]:
        """Our column → what faults call it: the file's header, or the name of a column that is fixed."""
        return {cell.field.name: cell.header for cell in self.cells}


@dataclass(frozen=True)
class OpenExport:
    """One export ready to be read; `in_buckets` says that its rows are wanted in buckets of partners in any case."""

    contract: Contract
    config: "ExportConfig"
    files: tuple[OpenFile, ...]
    in_buckets: bool = False

    @property
    def sources(self) -> list[Source]:
        """The files in the order in which they are read, each as it is read: of some that is a copy in plain CSV."""
        return [_as_read(opened.file) for opened in self.files]

    @property
    def is_direct(self) -> bool:
        """Whether every file's types already fit, so that its rows need neither parsing nor a spool."""
        return not self.in_buckets and all(
            isinstance(opened.file, ParquetFile) and all(cell.is_direct for cell in opened.cells)
            for opened in self.files
        )


def open_export(workspace: "Workspace", name: str, folder: Path) -> tuple[OpenExport | None, list[Finding]]:
    """Opens every file of an export; all that is wrong with any of them, or the export without findings.

    Args:
        workspace: the workspace.
        name: the export's name.
        folder: an existing folder for copies of files that cannot be read as they lie.
    """
    config = workspace.exports.get(name)
    if config is None:
        return None, [not_configured(name, workspace.file, workspace.exports)]
    contract = workspace.contracts[name]
    sources, findings = find_sources(workspace.root, name, config)
    files = []
    for source in sources:
        opened, faults = _open_file(source, contract, config, folder)
        findings += faults
        files += [opened] if opened is not None else []
    return (None, findings) if findings else (OpenExport(contract, config, tuple(files)), [])


def unopenable(source: Source, fault: OSError) -> Finding:
    """The finding for a file that the system does not give."""
    message = f"the file cannot be opened: {fault.strerror}"
    return error("unreadable-file", source.shown, "", message, "check that you may read it")


def _open_file(
    source: Source, contract: Contract, config: "ExportConfig", folder: Path
) -> tuple[OpenFile | None, list[Finding]]:
    try:
        stamp = stamp_of(source.path)
        sha256, has_nul = digest(source.path)
        file = _ready(source, contract, config, folder, has_nul=has_nul)
    except OSError as fault:
        return None, [unopenable(source, fault)]
    if isinstance(file, Finding):
        return None, [file]
    columns, findings = map_columns(
        contract,
        config.columns,
        file.headers,
        source.shown,
        file.delimiter if isinstance(file, CsvFile) and source.kind == "csv" else None,
        fixed=config.fixed,
    )
    if isinstance(file, ParquetFile):
        findings += type_findings(file, contract, dict(columns.theirs))
    if findings:
        below = _header_below(file, contract, config) if isinstance(file, CsvFile) else None
        return None, [below] if below else findings
    if isinstance(file, CsvFile) and (eaten := _row_in_footer(file, contract, columns)):
        return None, [eaten]
    return OpenFile(file, columns, cells(contract, columns.theirs, file.raw_schema, config), sha256, stamp), []


def _ready(
    source: Source, contract: Contract, config: "ExportConfig", folder: Path, *, has_nul: bool
) -> CsvFile | ParquetFile | Finding:
    match source.kind:
        case "csv":
            return open_csv(source, config, has_nul=has_nul, folder=folder)
        case "excel":
            return open_excel(source, contract, config, folder)
        case "parquet":
            return open_parquet(source)


def _header_below(file: CsvFile, contract: Contract, config: "ExportConfig") -> Finding | None:
    """The finding for a file whose columns are named further down than in the row taken for its header."""
    with suppress(csv.Error):
        rows = islice(file.rows(), 1, _NEAR_THE_TOP)
        place = header_below(contract, config.columns, file.headers, rows)
        if place:
            row = config.format.headerRow + place
            message = f"row {config.format.headerRow} does not name the columns of {contract.name}, and row {row} does"
            hint = f"[exports.{contract.name}.format]\n  headerRow = {row}"
            return error("missing-column", file.source.shown, "header", message, hint)
    return None


def _row_in_footer(file: CsvFile, contract: Contract, columns: ColumnMap) -> Finding | None:
    """The finding for a footer that has a row of the export in it, as where a month's file has a shorter one.

    Every column that a row must have is filled there, which no sum and no line of a report's own does. Where these are
    all texts, as in a roster, one cell more has to be: a sum may well have a word for itself and a number.
    """
    fields = [each for each in contract.fields if each.required and each.name in columns.theirs]
    needed = [columns.theirs[each.name] for each in fields]
    least = len(needed) + all(each.type == "string" and not each.enum for each in fields)
    cells = [dict(zip(file.headers, row, strict=False)) for row in file.footer]
    filled = [{header for header, cell in row.items() if cell.strip()} for row in cells]
    rows = [number for number, headers in enumerate(filled) if len(headers) >= least and headers.issuperset(needed)]
    if not rows or not needed:
        return None
    header, last = needed[0], rows[-1]
    message = (
        f"footerRows leaves out a row of {contract.name}, that with {header} {cells[last][header]!r}: every column that"
        " a row must have is filled in it"
    )
    behind = len(cells) - 1 - last
    hint = f"rows that stand behind it: {behind}\n  [exports.{contract.name}.format]\n  footerRows = {behind}"
    return error("footer-holds-rows", file.source.shown, "footer", message, hint)


def _as_read(file: CsvFile | ParquetFile) -> Source:
    return replace(file.source, path=file.path, kind="csv" if isinstance(file, CsvFile) else "parquet", packing=None)
