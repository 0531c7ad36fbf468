"""Reopening the last close: it is set aside as it is, numbered and with a record that says why, and never deleted.

The record comes first, then the folder moves. A run killed between the two leaves a record of a close that still
stands in its place: the month was not reopened, and the record is of no account.
"""

import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from tierctl.disk import force_entries
from tierctl.findings import CannotRunError
from tierctl.ledger.closes import Close, Ledger, entries
from tierctl.ledger.layout import (
    READ_ONLY_FILE,
    READ_ONLY_FOLDER,
    REOPENED,
    UNFINISHED,
    month_of,
    number_of,
    record_of,
    unwritable,
)
from tierctl.ledger.recover import recover
from tierctl.report.exact_json import write_json

_MOVABLE = 0o755
"""Of a folder that moves to another parent: that changes the folder itself, and is refused to a read-only one."""


def reopen(ledger: Ledger, close: Close, record: Mapping[str, Any]) -> Path:
    """Set the last close aside, so that its month can be closed anew.

    Args:
        ledger: where the close is.
        close: the last one.
        record: why, when and by whom: reason, reopened_at, reopened_by.

    Returns:
        The folder in which it is kept.

    Raises:
        CannotRunError: the ledger is damaged, or cannot be written; it is then as it was before.
        ValueError: it is not the last close.
    """
    if [close.sha256] != [last.sha256 for last in ledger.closes()[-1:]]:
        raise ValueError(f"{close.label} is not the last close")
    recover(ledger)
    reopened = ledger.folder / REOPENED
    try:
        if not reopened.is_dir():
            reopened.mkdir()
            force_entries(ledger.folder)
        aside = reopened / f"{close.label}.{_next_number(reopened, close.label)}"
        _write_record(aside, {"month": close.label, "folder": aside.name, "sha256": close.sha256, **record})
        _move(close.folder, aside)
    except OSError as fault:
        recover(ledger)
        raise CannotRunError([unwritable(close.folder, fault)]) from fault
    return aside


def _next_number(reopened: Path, month: str) -> int:
    """The number after all that are taken, also by a record alone: what it stood for is missed, and named by it."""
    names = (path.name.removesuffix(".json") for path in entries(reopened))
    return max((number_of(name) or 0 for name in names if month_of(name) == month), default=0) + 1


def _write_record(aside: Path, content: Mapping[str, Any]) -> None:
    record = record_of(aside)
    unfinished = record.with_name(f".{record.name}{UNFINISHED}{os.getpid()}")
    write_json(unfinished, content)
    with unfinished.open("rb+") as file:
        unfinished.chmod(READ_ONLY_FILE)
        os.fsync(file.fileno())
    unfinished.rename(record)
    force_entries(record.parent)


def _move(folder: Path, aside: Path) -> None:
    """Move a read-only folder; where that fails, it is where it was. It is read-only again, now or by `recover`."""
    try:
        folder.chmod(_MOVABLE)
        folder.rename(aside)
        try:
            for parent in (aside.parent, folder.parent):
                force_entries(parent)
        except OSError:
            aside.rename(folder)
            raise
    finally:
        for place in (folder, aside):
            with suppress(OSError):
                place.chmod(READ_ONLY_FOLDER)
