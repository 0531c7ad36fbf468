"""Whether the workspace or a country has the holidays that its programs move their pay days off."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from tierctl.findings import Finding, error
from tierctl.located import Document, Key, parse
from tierctl.program.load import find, name_of
from tierctl.reward.pay_days import known
from tierctl.validation import did_you_mean, shown
from tierctl.workspace import FILE, Workspace

_PLACE: Final[Key] = ("payout", "pay_day", "holidays")


def unknown_holidays(workspace: Workspace, root: Path) -> list[Finding]:
    """A finding for each program that names holidays which are neither a list in tierctl.toml nor a country's.

    Args:
        workspace: its programs, and its lists of holidays.
        root: the folder that the programs' paths start from.
    """
    paths = dict.fromkeys(path for ref in workspace.programs for path in find(ref, root)[0])
    return [fault for path in paths for fault in _unknown(path, name_of(path, root), workspace)]


def _unknown(path: Path, source: str, workspace: Workspace) -> Iterator[Finding]:
    try:
        document, _ = parse(path.read_text(encoding="utf-8-sig"), source, "program")
    except (OSError, UnicodeDecodeError):
        return  # loading the program tells why
    name = _named(document) if document else None
    if document is None or name is None or known(name, workspace.holidays):
        return
    lists = ", ".join(workspace.holidays) or "none"
    message = f"{shown(name)} is neither a list of holidays in {FILE} ({lists}) nor the code of a country"
    if known(name.upper(), {}):
        hint = f"did you mean {name.upper()}?"
    else:
        written = f"list the days in {FILE}:\n  [holidays]\n  {shown(name)} = [2025-12-25, 2025-12-26]"
        hint = did_you_mean(name, workspace.holidays) or written
    yield error("holidays-unknown", source, document.subject(_PLACE), message, hint)


def _named(document: Document) -> str | None:
    """The holidays that a program names, as far as the file can be read."""
    value: object = document.data
    for key in _PLACE:
        value = value.get(str(key)) if isinstance(value, Mapping) else None
    return value if isinstance(value, str) else None
