"""Replacing a whole folder so that a kill at any moment leaves either the old one or the new one.

The new folder is filled beside the old one under a hidden name, forced to disk, and put in its place by renaming: the
old one is set aside, the new one takes its name, the old one is removed. A run killed between the two renames leaves
the old folder set aside; the next run puts it back before anything else. What is to be removed is renamed once more
first, so that where it cannot be removed the place for setting aside is free again.

One run at a time should do this for a folder; of two that do it at once, one may fail, and the folder is whole.
"""

import os
from collections.abc import Callable, Iterator
from errno import EEXIST
from pathlib import Path

from tierctl.disk import force_entries
from tierctl.report.leftovers import is_gone, remove

_ASIDE = ".old"
_UNFINISHED = ".tmp-"
_DISCARDED = ".gone-"


def replace_folder(folder: Path, fill: Callable[[Path], None]) -> list[Path]:
    """Put a new folder in the place of `folder`, which need not exist yet.

    Args:
        folder: what is replaced; its parents are made where they are missing.
        fill: writes the new content into the empty folder that it is given. If it fails, the old folder stays.

    Returns:
        What lies beside the folder and could not be removed; hidden folders of no use to anybody.

    Raises:
        OSError: something cannot be written or renamed; the old folder is then where it was.
    """
    recover(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    aside = _aside(folder)
    if aside.exists():
        reason = f"{aside} is left of an earlier run and cannot be removed; remove it with the rights of its owner"
        raise OSError(EEXIST, reason)
    unfinished = folder.with_name(f".{folder.name}{_UNFINISHED}{os.getpid()}")
    try:
        unfinished.mkdir()
        fill(unfinished)
        _force_to_disk(unfinished)
        if folder.exists():
            folder.rename(aside)
        unfinished.rename(folder)
        force_entries(folder.parent)
    finally:
        left = recover(folder)
    return left


def recover(folder: Path) -> list[Path]:
    """Clear up what a run left beside `folder`, and put the folder back where it was set aside without a successor.

    Returns:
        What could not be removed.
    """
    aside = _aside(folder)
    if aside.exists():
        if folder.exists():
            _discard(folder, aside)
        else:
            aside.rename(folder)
    return [leftover for leftover in _leftovers(folder) if not remove(leftover)]


def recover_all(parent: Path) -> None:
    """Clear up after killed runs for every folder in `parent`, which need not exist."""
    hidden = [path.name for path in parent.glob(".*") if path.is_dir()]
    names = {name.removesuffix(_ASIDE) for name in hidden if name.endswith(_ASIDE)}
    for mark in (_UNFINISHED, _DISCARDED):
        names |= {name.rpartition(mark)[0] for name in hidden if mark in name}
    for name in sorted(names - {""}):
        recover(parent / name.removeprefix("."))


def _discard(folder: Path, aside: Path) -> None:
    """Give what was set aside a name of its own, under which it may be left lying."""
    taken = [path.name for path in _leftovers(folder)]
    name = next(name for n in range(len(taken) + 1) if (name := f".{folder.name}{_DISCARDED}{n}") not in taken)
    try:
        aside.rename(folder.with_name(name))
    except OSError:
        # Not even renamed: removed where it is, or named by the next attempt to set something aside.
        remove(aside)


def _leftovers(folder: Path) -> Iterator[Path]:
    """What is to be removed beside the folder: all that was discarded, and what runs that are gone had begun."""
    for path in sorted(folder.parent.iterdir()) if folder.parent.is_dir() else ():
        kept = path.name.removeprefix(f".{folder.name}")
        if kept == path.name:
            continue
        number = kept.removeprefix(_UNFINISHED)
        is_unfinished = kept.startswith(_UNFINISHED) and number.isdecimal()
        # Another process may have had this one's number; what this one made itself is of no use any more either.
        if kept.startswith(_DISCARDED) or (is_unfinished and (int(number) == os.getpid() or is_gone(int(number)))):
            yield path


def _aside(folder: Path) -> Path:
    return folder.with_name(f".{folder.name}{_ASIDE}")


def _force_to_disk(folder: Path) -> None:
    for path in sorted(folder.iterdir()):
        if path.is_dir():
            _force_to_disk(path)
            continue
        with path.open("rb+") as file:
            os.fsync(file.fileno())
    force_entries(folder)
