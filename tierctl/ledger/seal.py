"""Sealing a month: its folder is filled beside the ledger's closes, forced to disk, made read-only and renamed once.

A run killed before the rename leaves a hidden folder, which the next one removes; killed after it, it leaves the whole
close. Nothing is ever replaced.
"""

import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from errno import EEXIST, ENOTDIR
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tierctl import __version__
from tierctl.disk import disk_faults, force_entries
from tierctl.findings import CannotRunError, error
from tierctl.ledger.chain import next_day
from tierctl.ledger.closes import Close, Ledger
from tierctl.ledger.layout import (
    FORMAT,
    MANIFEST,
    READ_ONLY_FILE,
    READ_ONLY_FOLDER,
    RECORD,
    SUMS,
    UNFINISHED,
    month_of,
    record_of,
    unwritable,
)
from tierctl.ledger.recover import recover
from tierctl.ledger.sealed import read_record, sums
from tierctl.report.exact_json import write_json
from tierctl.report.leftovers import remove
from tierctl.report.manifest import SourceFile, describe_month, digest

if TYPE_CHECKING:
    from tierctl.fiscal import FiscalMonth
    from tierctl.ingest import InputFile


@dataclass(frozen=True)
class Contents:
    """What a close was made from, as its manifest names it.

    Attributes:
        kind: `close`, or `opening` where it takes over what was before tierctl.
        month: the month that is closed.
        money_from: the label of the first month whose money is posted; None: no money has been posted.
        workspace: tierctl.toml.
        programs: the program files in use, in the workspace's order.
        inputs: the files that were read.
        accepted: what a person accepted, and why.
    """

    kind: str
    month: "FiscalMonth"
    money_from: str | None
    workspace: SourceFile
    programs: tuple[SourceFile, ...]
    inputs: "tuple[InputFile, ...]"
    accepted: Mapping[str, Any]


def seal(
    ledger: Ledger, contents: Contents, record: Mapping[str, Any], fill: Callable[[Path], Mapping[str, int]]
) -> Close:
    """Seal a month after the last close.

    Args:
        ledger: where to; its folder is made where it is missing.
        contents: what the close was made from.
        record: the content of close.json, the one file with a clock.
        fill: writes all other files into the empty folder that it is given, and tells the rows of those that are
            tables by their paths inside it.

    Raises:
        CannotRunError: the ledger is damaged or cannot be written, or the month does not begin on the day after the
            last close; the ledger is then as it was before.
    """
    recover(ledger)
    earlier = ledger.closes()
    _require_next(contents.month, earlier, ledger)
    folder = ledger.folder / contents.month.label
    unfinished = folder.with_name(f".{folder.name}{UNFINISHED}{os.getpid()}")
    made: list[Path] = []
    manifest_of = _Manifest(contents, earlier, ledger.set_aside())
    try:
        _make(ledger.folder, made)
        if os.path.lexists(folder):
            raise FileExistsError(EEXIST, os.strerror(EEXIST))
        unfinished.mkdir()
        with disk_faults():
            rows = fill(unfinished)
        write_json(unfinished / RECORD, record)
        digests = _digests(unfinished)
        write_json(unfinished / MANIFEST, manifest_of(digests, rows))
        digests[MANIFEST] = digest(unfinished / MANIFEST)
        (unfinished / SUMS).write_text(sums(digests), encoding="utf-8", newline="\n")
        _finish(unfinished)
        _put(unfinished, folder)
    except OSError as fault:
        raise CannotRunError([unwritable(folder, fault)]) from fault
    finally:
        remove(unfinished)
        _unmake(made, is_kept=folder.is_dir())
    return ledger.closes()[-1]


def refuse_unwritable(ledger: Ledger) -> None:
    """Try whether a month can be sealed, before much work is done for it.

    Raises:
        CannotRunError: the ledger's folder cannot be made or written; it is as it was before.
    """
    made: list[Path] = []
    trial = ledger.folder / f".trial{UNFINISHED}{os.getpid()}"
    try:
        _make(ledger.folder, made)
        trial.mkdir()
        trial.rmdir()
    except OSError as fault:
        raise CannotRunError([unwritable(ledger.folder, fault)]) from fault
    finally:
        _unmake(made, is_kept=False)


@dataclass(frozen=True)
class _Manifest:
    """The manifest, once the files are there."""

    contents: Contents
    earlier: list[Close]
    aside: list[Close]

    def __call__(self, digests: Mapping[str, str], rows: Mapping[str, int]) -> dict[str, Any]:
        contents = self.contents
        if strangers := sorted(rows.keys() - digests.keys()):
            raise ValueError(f"{strangers[0]} is said to be a table, and was not written")
        return {
            "tierctl": __version__,
            "format": FORMAT,
            "kind": contents.kind,
            "month": describe_month(contents.month),
            "money_from": contents.money_from,
            "previous_close": self.earlier[-1].sha256 if self.earlier else None,
            "reopened": [_reopened(close) for close in self.aside if month_of(close.label) == contents.month.label],
            "workspace": {"path": contents.workspace.path, "sha256": contents.workspace.sha256},
            "programs": [{"path": file.path, "sha256": file.sha256} for file in contents.programs],
            "inputs": [
                {"export": file.export, "path": file.path, "sha256": file.sha256, "rows": file.rows}
                for file in sorted(contents.inputs, key=lambda file: (file.export, file.path))
            ],
            "accepted": dict(contents.accepted),
            "files": [
                {"path": path, "sha256": digests[path]} | ({"rows": rows[path]} if path in rows else {})
                for path in sorted(digests)
            ],
        }


def _reopened(close: Close) -> dict[str, Any]:
    record = read_record(record_of(close.folder).read_bytes()) or {}
    return {"folder": close.label, "sha256": close.sha256, "reason": record["reason"]}


def _require_next(month: "FiscalMonth", earlier: list[Close], ledger: Ledger) -> None:
    """Refuse a month that leaves days out or counts them twice, as one of a calendar that was changed may do."""
    due = next_day(earlier[-1].manifest) if earlier else month.first
    if month.first != due:
        place = (ledger.folder / month.label).as_posix()
        message = f"it begins on {month.first}, and the last close, {earlier[-1].label}, is followed by {due}"
        hint = f"if the fiscal calendar was changed, let its first open month begin on {due}"
        raise CannotRunError([error("ledger-unwritable", place, "", message, hint)])


def _digests(folder: Path) -> dict[str, str]:
    """The digests of all files by their paths inside the folder."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): digest(path) for path in files}


def _finish(folder: Path) -> None:
    """Make the folder read-only and force it to disk, the deepest first."""
    for path in folder.iterdir():
        if path.is_dir():
            _finish(path)
            continue
        with path.open("rb+") as file:
            path.chmod(READ_ONLY_FILE)
            os.fsync(file.fileno())
    folder.chmod(READ_ONLY_FOLDER)
    force_entries(folder)


def _put(unfinished: Path, folder: Path) -> None:
    """Give the folder its name; where the disk does not take it, the name is free again."""
    unfinished.rename(folder)
    try:
        force_entries(folder.parent)
    except OSError:
        folder.rename(unfinished)
        raise


def _make(folder: Path, made: list[Path]) -> None:
    """Make the ledger's folder and its parents where they are missing, and add them to those made."""
    if folder.exists() and not folder.is_dir():
        raise NotADirectoryError(ENOTDIR, os.strerror(ENOTDIR))
    if not folder.exists():
        _make(folder.parent, made)
        folder.mkdir()
        made.append(folder)
        force_entries(folder.parent)


def _unmake(made: list[Path], *, is_kept: bool) -> None:
    """Remove the folders that were made for nothing."""
    for folder in () if is_kept else reversed(made):
        with suppress(OSError):
            folder.rmdir()
