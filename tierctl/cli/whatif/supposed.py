"""Hypothetical rows: files with further rows of exports, read as the workspace reads these exports."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

import polars as pl

from tierctl.cli import run
from tierctl.cli.spool import spool_folder
from tierctl.cli.terminal import Terminal
from tierctl.currency_checks import FX_RATES
from tierctl.export_config import ExportConfig
from tierctl.findings import CannotRunError, Finding, error
from tierctl.ingest import Ingested
from tierctl.ingest.read import ROSTER
from tierctl.validation import did_you_mean
from tierctl.whatif.supposed import merged

Parts = Sequence[pl.LazyFrame]
# What rows are held against beside their own export; these are read first, so that a new partner's deals are known.
_BESIDE = (ROSTER, FX_RATES)


@dataclass(frozen=True)
class Rows:
    """The hypothetical rows of one export: how many there are, and how many are left out, as they are dated later."""

    count: int
    later: int


@dataclass
class Supposed:
    """The exports as they would be with hypothetical rows.

    Attributes:
        exports: every export that is read, by name.
        rows: what was supposed, by export.
        read: what was read for it, with what was rejected.
    """

    exports: dict[str, Parts]
    rows: dict[str, Rows] = field(default_factory=dict)
    read: list[Ingested] = field(default_factory=list)


def files_by_export(also: Sequence[tuple[str, Path]], exports: Collection[str]) -> dict[str, list[Path]]:
    """The files of further rows of each export.

    Args:
        also: exports, each with a file.
        exports: those that are read.

    Raises:
        CannotRunError: with every export that is not read and every file that is not there.
    """
    files: dict[str, list[Path]] = {}
    faults: list[Finding] = []
    for name, path in also:
        said = f"{name}={path.as_posix()}"
        if name not in exports:
            message = f"{name} is none of the exports that the programs in use read: {', '.join(sorted(exports))}"
            faults.append(error("what-if-also", "--also", said, message, did_you_mean(name, exports)))
        elif not path.is_file():
            faults.append(error("what-if-also", "--also", said, "there is no such file", "name a file of rows"))
        else:
            files.setdefault(name, []).append(path)
    if faults:
        raise CannotRunError(faults)
    return files


@contextmanager
def supposing(
    terminal: Terminal, opened: run.Opened, files: Mapping[str, Sequence[Path]], ingested: Ingested, until: date
) -> Iterator[Supposed | None]:
    """Read the files of hypothetical rows; what was read lasts as long as the block.

    Args:
        terminal: where progress is shown.
        opened: the workspace.
        files: the files of further rows, by export.
        ingested: the exports as they are.
        until: rows dated later are left out.

    Yields:
        The exports with these rows; None where there are none.

    Raises:
        CannotRunError: a file cannot be read or lacks a column.
    """
    if not files:
        yield None
        return
    with ExitStack() as stack:
        folder = stack.enter_context(spool_folder())
        found = Supposed({name: export.parts for name, export in ingested.exports.items()})
        for name in sorted(
            files, key=lambda each: (each not in _BESIDE, _BESIDE.index(each) if each in _BESIDE else 0, each)
        ):
            asked = _workspace(opened, name, files[name], found.exports, folder / name)
            reading = run.reading(
                terminal, asked.workspace, [name, *_beside(name, found.exports)], asked.editions, until=until
            )
            rows = stack.enter_context(reading)
            _take(found, name, rows, opened)
        yield found


def _beside(name: str, exports: Mapping[str, Parts]) -> list[str]:
    return [each for each in _BESIDE if each != name and each in exports]


def _workspace(
    opened: run.Opened, name: str, files: Sequence[Path], exports: Mapping[str, Parts], folder: Path
) -> run.Opened:
    """The workspace, as if the files were all of the export, beside what its rows are held against."""
    workspace, configs = opened.workspace, dict(opened.workspace.exports)
    paths = [path.absolute().as_posix() for path in files]
    own = configs[name]
    # A file of further rows begins with its header, whatever the reports that people export begin and end with.
    fmt = own.format.model_copy(update={"headerRow": 1, "footerRows": 0})
    configs[name] = own.model_copy(update={"path": paths, "sheet": None, "format": fmt})
    folder.mkdir()
    for each in _beside(name, exports):
        path = (folder / f"{each}.parquet").absolute()
        columns = workspace.contracts[each].names
        pl.concat(exports[each]).select(columns).sink_parquet(path)
        configs[each] = ExportConfig(path=path.as_posix())
    return replace(opened, workspace=replace(workspace, exports=configs))


def _take(found: Supposed, name: str, read: Ingested, opened: run.Opened) -> None:
    """Put the rows that were read into their export."""
    export = read.exports[name]
    count = pl.concat(export.parts).select(pl.len()).collect().item()
    found.rows[name] = Rows(count, export.ignored)
    found.read.append(read)
    found.exports[name] = merged(found.exports[name], export.parts, opened.workspace.contracts[name])
