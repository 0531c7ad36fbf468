"""Findings: what is wrong, where, and what to do about it.

A finding is raised inside one item and collected outside, so that a person sees every fault at once. Every code
has an entry in `findings.toml` (title, explanation, remedy) and a smallest example under `tests/findings/CODE/`.
"""

import tomllib
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from enum import StrEnum
from functools import cache

from tierctl import resources


class Severity(StrEnum):
    """How much a finding weighs: an error fails the run or the row, a warning only says so."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True)
class Entry:
    """What the catalogue says of one code."""

    code: str
    title: str
    explanation: str
    remedy: str


@dataclass(frozen=True)
class Finding:
    """One fault: `source` is the file, `subject` the place in it (line, record, key path)."""

    code: str
    severity: Severity
    source: str
    subject: str
    message: str
    hint: str = ""

    def __str__(self) -> str:
        """The finding in one or two lines: `file:subject: error[code]: message`, then the hint."""
        place = ":".join(part for part in (self.source, self.subject) if part)
        text = f"{place}: {self.severity}[{self.code}]: {self.message}"
        return f"{text}\n  hint: {self.hint}" if self.hint else text

    def as_dict(self) -> dict[str, str]:
        """The finding as a flat dictionary of texts, for JSON."""
        return {key: str(value) for key, value in asdict(self).items()}


class CannotRunError(Exception):
    """The run stops before anything is written (exit 2); carries every finding that says why."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.findings = tuple(findings)
        super().__init__("\n".join(str(finding) for finding in self.findings))


def error(code: str, source: object, subject: object, message: str, hint: str = "") -> Finding:
    """A finding that fails the run or the row."""
    return Finding(code, Severity.ERROR, str(source), str(subject), message, hint)


def warning(code: str, source: object, subject: object, message: str, hint: str = "") -> Finding:
    """A finding that only says so."""
    return Finding(code, Severity.WARNING, str(source), str(subject), message, hint)


@cache
def load_catalogue() -> dict[str, Entry]:
    """Every code that tierctl can print, in the catalogue's order."""
    with resources.catalogue().open("rb") as file:
        return {code: Entry(code, **entry) for code, entry in tomllib.load(file).items()}
