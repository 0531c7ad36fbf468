"""Opening an export: its files found, their headers mapped, their types and formats judged, before any row is read."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tierctl.contracts import Contract
from tierctl.findings import Finding, error
from tierctl.ingest.columns import ColumnMap, map_columns
from tierctl.ingest.csv_files import CsvFile, open_csv
from tierctl.ingest.files import Source, digest, find_sources, not_configured
from tierctl.ingest.parquet_files import ParquetFile, open_parquet, type_findings
from tierctl.ingest.parse import Cell, cells

if TYPE_CHECKING:
    from tierctl.workspace import ExportConfig, Workspace


@dataclass(frozen=True)
class OpenFile:
    """One file ready to be read: how each column that it brings is parsed, what it leaves unread, its digest."""

    file: CsvFile | ParquetFile
    columns: ColumnMap
    cells: tuple[Cell, ...]
    sha256: str


@dataclass(frozen=True)
class OpenExport:
    """One export ready to be read; `in_buckets` says that its rows are wanted in buckets of partners in any case."""

    contract: Contract
    config: "ExportConfig"
    files: tuple[OpenFile, ...]
    in_buckets: bool = False

    @property
    def sources(self) -> list[Source]:
        """The files, in the order in which they are read."""
        return [opened.file.source for opened in self.files]

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
        folder: an existing folder for transcoded copies.
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


def _open_file(
    source: Source, contract: Contract, config: "ExportConfig", folder: Path
) -> tuple[OpenFile | None, list[Finding]]:
    try:
        sha256, has_nul = digest(source.path)
        is_csv = source.kind == "csv"
        file = open_csv(source, config, has_nul=has_nul, folder=folder) if is_csv else open_parquet(source)
    except OSError as fault:
        message = f"the file cannot be opened: {fault.strerror}"
        return None, [error("unreadable-file", source.shown, "", message, "check that you may read it")]
    if isinstance(file, Finding):
        return None, [file]
    columns, findings = map_columns(
        contract, config.columns, file.headers, source.shown, file.delimiter if isinstance(file, CsvFile) else None
    )
    if isinstance(file, ParquetFile):
        findings += type_findings(file, contract, dict(columns.theirs))
    if findings:
        return None, findings
    return OpenFile(file, columns, cells(contract, columns.theirs, file.raw_schema, config), sha256), []
