"""How the ledger lies on disk: the names of its folders and files, and what is said of one that is not as it was left.

ledger/2025-05/               a close; folders and files are read-only
ledger/.2025-05.tmp-4711/     what a run has begun to seal
ledger/reopened/2025-05.1/    the first close of a month that was reopened, with its record in 2025-05.1.json
"""

import re
from pathlib import Path
from typing import Final

from tierctl.disk import reason
from tierctl.findings import Finding, error
from tierctl.report.manifest import digest

MANIFEST: Final = "manifest.json"
SUMS: Final = "SHA256SUMS"
RECORD: Final = "close.json"
REOPENED: Final = "reopened"
UNFINISHED: Final = ".tmp-"
READ_ONLY_FILE: Final = 0o444
READ_ONLY_FOLDER: Final = 0o555
FORMAT: Final = 1
"""The format of a close's folder; a change that an older tierctl would misread raises it."""

_MONTH: Final = re.compile(r"\d{4}-\d{2}")
_SET_ASIDE: Final = re.compile(r"(\d{4}-\d{2})\.([1-9]\d*)")
_RESTORE: Final = "put it back as it was from a copy of the ledger; tierctl verify names every file that differs"


def is_month(name: str) -> bool:
    """Whether it is the name of a close's folder."""
    return _MONTH.fullmatch(name) is not None


def month_of(label: str) -> str:
    """The month of a close or of one that was set aside: `2025-05` of `2025-05.1`."""
    return label.partition(".")[0]


def number_of(label: str) -> int | None:
    """Which of its month's closes that were set aside it is: 1 of `2025-05.1`; None: the name is of another form."""
    found = _SET_ASIDE.fullmatch(label)
    return int(found[2]) if found else None


def record_of(folder: Path) -> Path:
    """The record of a close that was set aside, which says why."""
    return folder.with_name(f"{folder.name}.json")


def damaged(path: Path, message: str, hint: str = _RESTORE) -> Finding:
    """The finding of a place in the ledger that is not as tierctl left it."""
    return error("ledger-damaged", path.as_posix(), "", message, hint)


def unreadable(path: Path, fault: OSError) -> Finding:
    """The finding of a place in the ledger that is missing or cannot be read."""
    if isinstance(fault, FileNotFoundError):
        return damaged(path, "the file is missing")
    return damaged(path, f"it cannot be read: {reason(fault)}", "check that you may read it")


def linked(path: Path) -> Finding:
    """The finding of a link, which may lead to another content tomorrow."""
    return damaged(path, "it is a link, and the ledger has files and folders of its own only")


def unwritable(path: Path, fault: OSError) -> Finding:
    """The finding of a place where the ledger cannot be written."""
    message = f"the ledger cannot be written: {reason(fault)}"
    return error("ledger-unwritable", path.as_posix(), "", message, "the ledger is as it was before")


def compare(path: Path, sealed: str) -> list[Finding]:
    """Whether a file is there, and has the digest with which it was sealed."""
    try:
        if path.is_symlink():
            return [linked(path)]
        found = digest(path)
    except OSError as fault:
        return [unreadable(path, fault)]
    message = f"the file was changed since the close: its SHA-256 is {found}, and it was sealed with {sealed}"
    return [] if found == sealed else [damaged(path, message)]
