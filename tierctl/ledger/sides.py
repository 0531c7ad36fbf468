"""A side of a comparison: the reports of a close or of a folder, and of a close all that it was evaluated from."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any, Final

import polars as pl

from tierctl.carried import Carried
from tierctl.contracts import Contract, report_contract, report_names
from tierctl.diffs.basis import Basis
from tierctl.export_config import KnownExports
from tierctl.findings import CannotRunError, Finding, Severity, error
from tierctl.ledger.closes import Close
from tierctl.ledger.layout import compare
from tierctl.ledger.sealed import listed
from tierctl.program.in_use import exports_in_use
from tierctl.program.load import Editions, load_all
from tierctl.report.csv_cells import scan_csv
from tierctl.report.formats import Format
from tierctl.report.manifest import NAME as MANIFEST
from tierctl.report.manifest import digest
from tierctl.workspace import Workspace, read

_CONFIG: Final = "config"
_PROGRAMS: Final = "programs"
_INPUTS: Final = "inputs"
_ALWAYS: Final = "standing"
_BEST_FIRST: Final = (Format.PARQUET, Format.CSV, Format.JSON)


def is_opening(close: Close) -> bool:
    """Whether it was made from an opening file: there is nothing that it could be evaluated from again."""
    return bool(close.manifest["kind"] == "opening")


def require_as_sealed(close: Close) -> None:
    """Refuse a close whose files are not as they were sealed.

    Raises:
        CannotRunError: with every file that is not.
    """
    files = listed(close.manifest)
    if faults := [fault for path in sorted(files) for fault in compare(close.file(path), files[path])]:
        raise CannotRunError(faults)


def sealed_tables(close: Close) -> dict[str, pl.LazyFrame]:
    """The month's reports by name, in their contracts' columns and types."""
    return {name: scan_table(path, report_contract(name)) for name, path in close.tables().items()}


def sealed_basis(close: Close, opening: Carried | None) -> Basis:
    """All that a close was evaluated from, as it keeps it.

    Args:
        close: a close of a review, as it was sealed.
        opening: what the close that it follows left.

    Raises:
        CannotRunError: its tierctl.toml or a program file cannot be read by this tierctl.
    """
    workspace, editions = _config(close)
    month = workspace.calendar.month(close.manifest["month"]["label"])
    begins = opening.money_from if opening else None
    programs = (program for each in editions for program in each.programs)
    exports = {
        name: tuple(_conformed(pl.scan_parquet(path, glob=False), workspace.contracts[name]) for path in paths)
        for name, paths in _inputs(close).items()
        if name in workspace.contracts
    }
    return Basis(
        month=month,
        programs=tuple(program for program in programs if program.effective_from <= month.last),
        exports=exports,
        contracts={name: workspace.contracts[name] for name in exports},
        calendar=workspace.calendar,
        holidays=workspace.holidays,
        repeating=repeating(workspace),
        money_from=workspace.calendar.month(begins) if begins else workspace.money_from,
        opening=opening,
        opening_sha256=close.manifest["previous_close"],
        accept_removals=close.manifest["accepted"]["removals"] is not None,
    )


def repeating(workspace: Workspace) -> frozenset[str]:
    """The exports in which identical rows are kept."""
    return frozenset(name for name, config in workspace.exports.items() if config.on_duplicate == "keep")


def read_manifest(folder: Path) -> Mapping[str, Any] | None:
    """The manifest of a review's folder; None where it holds none of tierctl's."""
    try:
        content = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    is_own = isinstance(content, dict) and {"tierctl", "month", "outputs", "inputs", "programs"} <= content.keys()
    return content if is_own else None


def folder_tables(folder: Path, manifest: Mapping[str, Any]) -> dict[str, pl.LazyFrame]:
    """The reports in a review's folder by name, each from Parquet, CSV or JSON, whichever of them comes first.

    Raises:
        CannotRunError: a file is missing or not as the review wrote it, with every one of them; or the reports lie
            there only in formats for people.
    """
    outputs = {str(file["path"]): file["sha256"] for file in manifest["outputs"]}
    if faults := [fault for path, sha256 in sorted(outputs.items()) for fault in _changed(folder / path, sha256)]:
        raise CannotRunError(faults)
    paths = {
        name: next((folder / path for format_ in _BEST_FIRST if (path := f"{name}.{format_}") in outputs), None)
        for name in report_names()
    }
    if paths[_ALWAYS] is None:
        raise CannotRunError([_for_people(folder, manifest)])
    return {name: scan_table(path, report_contract(name)) for name, path in paths.items() if path is not None}


def scan_table(path: Path, contract: Contract) -> pl.LazyFrame:
    """A report's file in its contract's columns and types; columns that it lacks are empty.

    Raises:
        CannotRunError: it cannot be read so.
    """
    try:
        if path.suffix == ".json":
            return _typed(_texts(path, contract), contract)
        if path.suffix == ".parquet":
            return _conformed(pl.scan_parquet(path, glob=False), contract)
        return _typed(scan_csv(path, contract.polars_schema), contract)
    except (OSError, ValueError, pl.exceptions.PolarsError) as fault:
        message = f"the file cannot be read as the table {contract.name}: {fault}"
        raise CannotRunError([error("side-unreadable", path.as_posix(), "", message)]) from fault


def _for_people(folder: Path, manifest: Mapping[str, Any]) -> Finding:
    message = f"the reports lie there in no format that tierctl reads back, and these are {', '.join(_BEST_FIRST)}"
    hint = f"tierctl review --month {manifest['month']['label']} --format parquet --out DIR"
    return error("side-unreadable", folder.as_posix(), "", message, hint)


def _changed(path: Path, sha256: str) -> list[Finding]:
    try:
        is_same = digest(path) == sha256
        said = "the file was changed since the review that wrote it"
    except OSError as fault:
        is_same, said = False, f"the file cannot be read: {fault.strerror or fault}"
    hint = "write the reports anew with tierctl review"
    return [] if is_same else [error("side-unreadable", path.as_posix(), "", said, hint)]


def _config(close: Close) -> tuple[Workspace, tuple[Editions, ...]]:
    """The workspace as the close keeps it, with the programs that it had in use."""
    folder = close.folder / _CONFIG
    refs = [PurePosixPath(*path.parts[1:]).as_posix() for path in _listed(close, _CONFIG, _PROGRAMS)]

    def known(_: Sequence[str]) -> KnownExports:
        return exports_in_use(refs, folder)[0]

    reading = read(folder, known)
    editions, findings = load_all(refs, folder)
    faults: list[Finding] = [each for each in (*reading.findings, *findings) if each.severity is Severity.ERROR]
    if reading.workspace is None or faults:
        raise CannotRunError(faults)
    return reading.workspace, editions


def _inputs(close: Close) -> dict[str, list[Path]]:
    """The parts of every export that was read."""
    parts: dict[str, list[Path]] = {}
    for path in _listed(close, _INPUTS):
        parts.setdefault(path.parts[1], []).append(close.file(path.as_posix()))
    return parts


def _listed(close: Close, *folders: str) -> Iterator[PurePosixPath]:
    """The paths of the files in a folder of the close, in order."""
    for text in sorted(listed(close.manifest)):
        path = PurePosixPath(text)
        if path.parts[: len(folders)] == folders and len(path.parts) > len(folders):
            yield path


def _conformed(lf: pl.LazyFrame, contract: Contract) -> pl.LazyFrame:
    there = lf.collect_schema().names()
    return lf.select(
        (pl.col(name) if name in there else pl.lit(None)).cast(dtype).alias(name)
        for name, dtype in contract.polars_schema.items()
    )


def _typed(lf: pl.LazyFrame, contract: Contract) -> pl.LazyFrame:
    """Cells of text in their contract's types."""
    there = lf.collect_schema().names()
    cells = {name: pl.col(name) if name in there else pl.lit(None, dtype=pl.String) for name in contract.names}
    return lf.select(_cell(cells[name], dtype).alias(name) for name, dtype in contract.polars_schema.items())


def _cell(text: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    if dtype == pl.Boolean:
        return text == "true"
    return text.str.to_date("%Y-%m-%d") if dtype == pl.Date else text.cast(dtype)


def _texts(path: Path, contract: Contract) -> pl.LazyFrame:
    """The cells of a report in JSON as texts: no number passes through a float."""
    rows = json.loads(path.read_text(encoding="utf-8"), parse_float=str, parse_int=str)
    columns = {name: [_text(row.get(name)) for row in rows] for name in contract.names}
    return pl.LazyFrame(columns, schema=dict.fromkeys(contract.names, pl.String))


def _text(cell: object) -> str | None:
    return str(cell).lower() if isinstance(cell, bool) else None if cell is None else str(cell)
