"""What has been written, forced to disk, and what the disk refuses, always as an OSError."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tierctl.findings import CannotRunError, error

_OS_ERROR: Final = re.compile(r"\(os error (\d+)\)")


def force_entries(folder: Path) -> None:
    """Force the folder's own list of names to disk, where the system lets a folder be opened."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def disk_faults() -> Iterator[None]:
    """Raise as OSError what Polars raises as an error of its own where the disk is full or cannot be written."""
    try:
        yield
    except Exception as fault:
        number = _OS_ERROR.search(str(fault)) if type(fault).__module__.startswith("polars") else None
        if number is None:
            raise
        raise OSError(int(number[1]), os.strerror(int(number[1]))) from fault


@contextmanager
def temporary(folder: Path) -> Iterator[None]:
    """Say of a temporary file that cannot be written what a person can do about it.

    Raises:
        CannotRunError: the disk is full, or does not let the file be written.
    """
    try:
        with disk_faults():
            yield
    except OSError as fault:
        message = f"temporary files cannot be written there: {reason(fault)}"
        hint = "make room, or name another folder for them with TMPDIR; nothing else was changed"
        raise CannotRunError([error("spool-unwritable", folder.as_posix(), "", message, hint)]) from fault


def reason(fault: OSError) -> str:
    """Why, in the system's words; Polars gives them without a number."""
    return fault.strerror or str(fault)
