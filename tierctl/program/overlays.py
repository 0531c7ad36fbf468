"""Overlays: small TOML files that say what another version of a program would say differently."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path

from tierctl.findings import Finding, error
from tierctl.located import Document, Key, line_of, parse
from tierctl.program.load import EditionFile
from tierctl.validation import did_you_mean, shown

_BASELINE, _EFFECTIVE, _REMOVE = "baseline", "effective_from", "remove"
_OF_OVERLAYS = (_BASELINE, _EFFECTIVE, _REMOVE)


@dataclass(frozen=True)
class Overlay:
    """What an overlay says.

    Attributes:
        baseline: the id of the program that it changes.
        effective_from: the edition that it changes; None: every one that is in force.
        remove: the keys of what it takes away, each with its line.
        document: what it puts in, as the program file would say it.
    """

    baseline: str
    effective_from: date | None
    remove: tuple[tuple[str, int], ...]
    document: Document

    @property
    def source(self) -> str:
        """The file's name as findings print it."""
        return self.document.source

    def concerns(self, file: EditionFile) -> bool:
        """Whether it changes that edition."""
        return self.baseline == file.program.id and self.effective_from in (None, file.program.effective_from)

    def missing(self, files: tuple[EditionFile, ...], in_force: tuple[EditionFile, ...]) -> Finding | None:
        """A finding where none of the editions in force is the baseline."""
        if any(self.concerns(file) for file in in_force):
            return None
        ids, hint = list(dict.fromkeys(file.program.id for file in files)), ""
        days = ", ".join(str(file.program.effective_from) for file in files if file.program.id == self.baseline)
        if self.baseline not in ids:
            message, hint = f"there is no program {self.baseline}", did_you_mean(self.baseline, ids)
            hint = hint or f"one of: {', '.join(ids)}"
        elif any(self.concerns(file) for file in files):
            message = f"the edition is in force in none of the months: {self.baseline} takes effect on {days}"
        else:
            message = f"{self.baseline} has no edition of {self.effective_from}; it takes effect on {days}"
        subject = self.document.subject((_BASELINE,))
        return error("overlay-baseline", self.source, subject, message, hint)


def read_overlay(path: Path, source: str | None = None) -> tuple[Overlay | None, list[Finding]]:
    """Read an overlay's file.

    Args:
        path: the file.
        source: its name as findings print it; None: the path.

    Returns:
        The overlay, or None where something is wrong; and what that is, in the file's order. What it puts into the
        program is looked at when it is applied.
    """
    name = source or path.as_posix()
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as fault:
        reason = fault.strerror if isinstance(fault, OSError) else f"the byte at offset {fault.start} is not UTF-8"
        return None, [error("program-unreadable", name, "", f"the overlay cannot be read: {reason}")]
    document, findings = parse(text, name, "program")
    if document is None:
        return None, findings
    findings = sorted([*findings, *_faults(document)], key=line_of)
    return (None if findings else _overlay(document)), findings


def _overlay(document: Document) -> Overlay:
    data = document.data
    removed = [(key, document.line((_REMOVE, index)) or 1) for index, key in enumerate(data.get(_REMOVE, ()))]
    rest = {key: value for key, value in data.items() if key not in _OF_OVERLAYS}
    return Overlay(data[_BASELINE], data.get(_EFFECTIVE), tuple(removed), replace(document, data=rest))


def _faults(document: Document) -> list[Finding]:
    data = document.data
    faults: list[tuple[Key, str]] = []
    if _BASELINE not in data:
        message, hint = "baseline is missing: the id of the program that this changes", 'such as baseline = "elevate"'
        return [error("program-missing-key", document.source, _BASELINE, message, hint)]
    if not isinstance(data[_BASELINE], str):
        faults.append(((_BASELINE,), f"{shown(data[_BASELINE])} should be text, in double quotes"))
    day = data.get(_EFFECTIVE)
    if day is not None and (not isinstance(day, date) or isinstance(day, datetime)):
        faults.append(((_EFFECTIVE,), f"{shown(day)} should be a day such as 2025-01-31, without quotes"))
    keys = data.get(_REMOVE, [])
    if not isinstance(keys, list):
        faults.append(((_REMOVE,), f"{shown(keys)} should be a list, in square brackets"))
    else:
        wrong = [(index, key) for index, key in enumerate(keys) if not isinstance(key, str)]
        faults += [((_REMOVE, index), f"{shown(key)} should be text, in double quotes") for index, key in wrong]
    subjects = ((document.subject(path), message) for path, message in faults)
    return [error("program-wrong-value", document.source, subject, message) for subject, message in subjects]
