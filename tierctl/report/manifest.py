"""manifest.json: what a review was made from and what it wrote, by digest, so that anybody can check it later."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tierctl import __version__

if TYPE_CHECKING:
    from tierctl.fiscal import FiscalMonth
    from tierctl.ingest import InputFile

NAME = "manifest.json"


@dataclass(frozen=True)
class SourceFile:
    """A file that says what to do, tierctl.toml or a program file; `path` is as the workspace names it."""

    path: str
    sha256: str


@dataclass(frozen=True)
class OutputFile:
    """A file that the review wrote, by its name in the reports' folder; `rows` is None where it is not a table."""

    path: str
    sha256: str
    rows: int | None


@dataclass(frozen=True)
class Origin:
    """All that went into a review.

    `partners` are the ids that it was restricted to; None: all partners. `previous_close` is the digest of the close
    that it opened from, the SHA-256 of that manifest; None: no earlier month is closed.
    """

    month: "FiscalMonth"
    partners: tuple[str, ...] | None
    workspace: SourceFile
    programs: tuple[SourceFile, ...]
    inputs: "tuple[InputFile, ...]"
    previous_close: str | None = None


def digest(path: Path) -> str:
    """The SHA-256 of the file's bytes, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def describe_month(month: "FiscalMonth") -> dict[str, str]:
    """The fiscal month as summary.json and manifest.json name it."""
    return {"label": month.label, "code": month.code, "first": str(month.first), "last": str(month.last)}


def manifest(origin: Origin, outputs: Sequence[OutputFile]) -> dict[str, Any]:
    """The manifest's content: files sorted by path, no clock, nothing of the machine."""
    return {
        "tierctl": __version__,
        "month": describe_month(origin.month),
        "partners": None if origin.partners is None else sorted(origin.partners),
        "workspace": {"path": origin.workspace.path, "sha256": origin.workspace.sha256},
        "programs": [{"path": file.path, "sha256": file.sha256} for file in sorted(origin.programs, key=_path)],
        "inputs": [
            {"export": file.export, "path": file.path, "sha256": file.sha256, "rows": file.rows}
            for file in sorted(origin.inputs, key=lambda file: (file.export, file.path))
        ],
        "outputs": [
            {"path": file.path, "sha256": file.sha256} | ({} if file.rows is None else {"rows": file.rows})
            for file in sorted(outputs, key=lambda file: file.path)
        ],
        "previous_close": origin.previous_close,
    }


def _path(file: SourceFile) -> str:
    return file.path
