"""Every byte of the ledger against what was sealed: closes, those set aside, and how they follow each other."""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from tierctl.findings import CannotRunError, Finding
from tierctl.ledger.chain import chain_faults, head_faults, reopened_faults
from tierctl.ledger.closes import Ledger, closes_in, entries, set_aside_in
from tierctl.ledger.layout import (
    MANIFEST,
    REOPENED,
    SUMS,
    compare,
    damaged,
    is_month,
    linked,
    number_of,
    unreadable,
)
from tierctl.ledger.recover import is_interrupted
from tierctl.ledger.sealed import Sealed, read_sealed


def damages(ledger: Ledger, head: str | None = None) -> list[Finding]:
    """All that is not as tierctl left it; nothing is written.

    Args:
        ledger: the folder of all closes; where it is missing, nothing is wrong with it.
        head: the SHA-256 of the last close's manifest, as somebody noted it; None: nobody did.

    Returns:
        One finding per file or folder that was changed, removed or added, closes before those set aside; then where
        closes do not follow each other, and where the last one is not the one that was noted.
    """
    noted = None if head is None else head.strip().lower()
    faults: list[Finding] = []
    found, reopened = _entries(ledger.folder, faults), ledger.folder / REOPENED
    if faults:
        return faults
    set_aside = _entries(reopened, faults)
    months = closes_in(found)
    sealed = read_sealed([*months, *set_aside_in(set_aside)], () if noted is None else (noted,))
    closes, aside = sealed[: len(months)], sealed[len(months) :]
    faults += [fault for folder in sealed for fault in _folder_faults(folder)]
    faults += [*_strangers(found), *_strangers_aside(set_aside), *_lost(set_aside)]
    faults += [*chain_faults(closes), *reopened_faults(closes, aside)]
    faults += [] if noted is None else head_faults(ledger.folder, closes, aside, noted)
    return _first_of_each(faults)


def _entries(folder: Path, faults: list[Finding]) -> list[Path]:
    """What lies in the folder; nothing where it is none, and that among the faults."""
    try:
        return entries(folder)
    except CannotRunError as fault:
        faults += fault.findings
        return []


def _first_of_each(faults: list[Finding]) -> list[Finding]:
    """One finding for each file: what is wrong with it in itself, before what follows from that."""
    first: dict[str, Finding] = {}
    for fault in faults:
        first.setdefault(fault.source, fault)
    return list(first.values())


def _folder_faults(sealed: Sealed) -> Iterator[Finding]:
    """What is wrong with the files of one folder."""
    yield from sealed.faults
    if sealed.folder.is_symlink() or not sealed.folder.is_dir():
        return
    expected = {MANIFEST, SUMS, *sealed.listing}
    for relative in sorted(sealed.listing):
        yield from compare(sealed.folder / relative, sealed.listing[relative])
    for path, fault in _walk(sealed.folder):
        if fault is not None:
            yield fault
        elif path.relative_to(sealed.folder).as_posix() not in expected and sealed.listing:
            yield damaged(path, "the file was added since the close", "move it elsewhere; a close is never added to")


def _walk(folder: Path) -> Iterator[tuple[Path, Finding | None]]:
    """Every file below the folder, and with its finding what is a link or a folder that cannot be read."""
    try:
        found = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError as fault:
        yield folder, unreadable(folder, fault)
        return
    for entry in found:
        path = Path(entry.path)
        if entry.is_symlink():
            yield path, linked(path)
        elif entry.is_dir():
            yield from _walk(path)
        else:
            yield path, None


def _strangers(found: Iterable[Path]) -> Iterator[Finding]:
    """What lies among the closes and is none; hidden files are the system's, or of a run that was killed."""
    for path in found:
        if not (path.name.startswith(".") or path.name == REOPENED or is_month(path.name)):
            yield _stranger(path)


def _strangers_aside(found: Iterable[Path]) -> Iterator[Finding]:
    """What lies among the closes that were set aside, and is neither one nor the record of one."""
    for path in found:
        if not path.name.startswith(".") and number_of(path.name.removesuffix(".json")) is None:
            yield _stranger(path)


def _stranger(path: Path) -> Finding:
    return damaged(path, "tierctl did not write it", "move it elsewhere; the ledger holds closed months only")


def _lost(found: Iterable[Path]) -> Iterator[Finding]:
    """The closes that were set aside, by their records, and are there no more."""
    for record in found:
        folder = record.with_suffix("")
        is_lost = number_of(folder.name) is not None and not os.path.lexists(folder) and not is_interrupted(record)
        if record.suffix == ".json" and is_lost:
            yield damaged(folder, "the folder, which was set aside by its record, is missing")
