"""Clearing up what killed runs left in the ledger. Nobody who reads it depends on that: leftovers are passed over.

It is for a run that has the workspace to itself, and clears what it can: what cannot be removed is no fault.
"""

import os
import stat
from contextlib import suppress
from pathlib import Path

from tierctl.ledger.closes import Ledger
from tierctl.ledger.layout import MANIFEST, READ_ONLY_FOLDER, REOPENED, UNFINISHED, is_month, month_of, number_of
from tierctl.ledger.sealed import read_record
from tierctl.report.leftovers import is_gone, remove
from tierctl.report.manifest import digest

_WRITABLE = stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH


def recover(ledger: Ledger) -> None:
    """Remove what runs that are gone had begun, and finish or forget a reopening that was interrupted.

    A record of a close that was not set aside after all is removed. A close is read-only again, where a run was killed
    while it was moved.
    """
    reopened = ledger.folder / REOPENED
    for place in (ledger.folder, reopened):
        if place.is_dir() and not place.is_symlink():
            with suppress(OSError):
                _recover_in(place)
    with suppress(OSError):
        reopened.rmdir()


def is_interrupted(record: Path) -> bool:
    """Whether a record in the folder of reopened months is of a close that still stands in its place."""
    if record.suffix != ".json" or number_of(record.stem) is None or os.path.lexists(record.with_suffix("")):
        return False
    try:
        content = read_record(record.read_bytes())
        return content is not None and content.get("sha256") == digest(_manifest_beside(record))
    except OSError:
        return False


def _manifest_beside(record: Path) -> Path:
    return record.parent.parent / month_of(record.stem) / MANIFEST


def _recover_in(place: Path) -> None:
    for path in list(place.iterdir()):
        with suppress(OSError):
            if _is_leftover(path.name):
                _drop(path)
            elif is_interrupted(path):
                path.unlink()
            elif is_month(path.name) or number_of(path.name) is not None:
                _make_read_only(path)


def _is_leftover(name: str) -> bool:
    """Whether it is what a run had begun that is gone, or this one, whose number another may have had before."""
    before, mark, number = name.rpartition(UNFINISHED)
    is_begun = before.startswith(".") and bool(mark) and number.isdecimal()
    return is_begun and (int(number) == os.getpid() or is_gone(int(number)))


def _drop(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        remove(path)
    else:
        path.unlink()


def _make_read_only(folder: Path) -> None:
    mode = folder.lstat().st_mode
    if stat.S_ISDIR(mode) and mode & _WRITABLE:
        folder.chmod(READ_ONLY_FOLDER)
