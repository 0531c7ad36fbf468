"""The temporary folder that a run keeps its typed copies of the exports in."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir
from typing import Final

from tierctl.disk import temporary
from tierctl.report.leftovers import is_gone, is_own, remove

_NAMED: Final = re.compile(r"tierctl-(\d{1,10})-\w+")


@contextmanager
def spool_folder() -> Iterator[Path]:
    """A new folder where the system keeps temporary files, for as long as the block runs.

    Those of this user's runs that were killed go first: a folder's name holds the id of the process that made it.

    Raises:
        CannotRunError: there is no place for temporary files.
    """
    with temporary(Path(os.environ.get("TMPDIR", "/tmp"))):  # noqa: S108  # named, not written
        _sweep(Path(gettempdir()))
        made = TemporaryDirectory(prefix=f"tierctl-{os.getpid()}-")
    with made as folder:
        yield Path(folder)


def _sweep(parent: Path) -> None:
    for path in parent.glob("tierctl-*"):
        named = _NAMED.fullmatch(path.name)
        if named and is_gone(int(named[1])) and is_own(path):
            remove(path)
