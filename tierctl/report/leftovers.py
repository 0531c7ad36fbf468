"""What killed runs leave behind: whether the run that made it is gone, and removing it whatever its permissions are."""

import os
import shutil
import stat
from contextlib import suppress
from pathlib import Path


def is_gone(process: int) -> bool:
    """Whether no process has that id any more; False where the system does not tell, so that nothing is removed."""
    if os.name != "posix":
        return False
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return True
    except (PermissionError, OverflowError):
        return False
    return False


def is_own(path: Path) -> bool:
    """Whether it is a folder, not a link to one, and belongs to the user who runs this."""
    try:
        found = path.lstat()
    except OSError:
        return False
    return stat.S_ISDIR(found.st_mode) and (os.name != "posix" or found.st_uid == os.geteuid())


def remove(folder: Path) -> bool:
    """Remove a folder with all that is in it, folders without write permission too; False where something stays."""
    _make_writable(folder)
    for here, folders, _ in os.walk(folder):
        for name in folders:
            _make_writable(Path(here, name))
    shutil.rmtree(folder, ignore_errors=True)
    return not folder.exists()


def _make_writable(folder: Path) -> None:
    # What belongs to somebody else stays as it is; that it could not be removed shows in the end.
    with suppress(OSError):
        if not folder.is_symlink():
            folder.chmod(stat.S_IRWXU | stat.S_IMODE(folder.stat().st_mode))
