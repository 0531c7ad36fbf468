"""Replacing a whole folder so that a kill at any moment leaves either the old one or the new one.

The new folder is filled beside the old one under a hidden name, forced to disk, and put in its place by renaming: the
old one is set aside, the new one takes its name, the old one is removed. A run killed between the two renames leaves
the old folder set aside; the next run puts it back before anything else. One run at a time may do this for a folder:
the caller holds the workspace's lock.
"""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

_ASIDE = ".old"
_UNFINISHED = ".tmp-"


def replace_folder(folder: Path, fill: Callable[[Path], None]) -> None:
    """Put a new folder in the place of `folder`, which need not exist yet.

    Args:
        folder: what is replaced; its parents are made where they are missing.
        fill: writes the new content into the empty folder that it is given. If it fails, the old folder stays.

    Raises:
        OSError: something cannot be written or renamed; the old folder is then where it was.
    """
    recover(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    unfinished = folder.with_name(f".{folder.name}{_UNFINISHED}{os.getpid()}")
    try:
        unfinished.mkdir()
        fill(unfinished)
        _force_to_disk(unfinished)
        if folder.exists():
            folder.rename(_aside(folder))
        unfinished.rename(folder)
        _force_entry(folder.parent)
    finally:
        recover(folder)


def recover(folder: Path) -> None:
    """Clear up what a run left beside `folder`, and put the folder back where it was set aside without a successor."""
    aside = _aside(folder)
    if aside.exists() and not folder.exists():
        aside.rename(folder)
    for leftover in (aside, *folder.parent.glob(f".{folder.name}{_UNFINISHED}*")):
        # What cannot be removed now does no harm: the reports are whole, and the next run tries again.
        shutil.rmtree(leftover, ignore_errors=True)


def recover_all(parent: Path) -> None:
    """Clear up after killed runs for every folder in `parent`, which need not exist."""
    hidden = [path.name for path in parent.glob(".*") if path.is_dir()]
    asides = {name.removesuffix(_ASIDE) for name in hidden if name.endswith(_ASIDE)}
    unfinished = {name.partition(_UNFINISHED)[0] for name in hidden if _UNFINISHED in name}
    for name in sorted(asides | unfinished):
        recover(parent / name.removeprefix("."))


def _aside(folder: Path) -> Path:
    return folder.with_name(f".{folder.name}{_ASIDE}")


def _force_to_disk(folder: Path) -> None:
    for path in sorted(folder.iterdir()):
        with path.open("rb+") as file:
            os.fsync(file.fileno())
    _force_entry(folder)


def _force_entry(folder: Path) -> None:
    """Force the folder's own list of names to disk, where the system lets a folder be opened."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
