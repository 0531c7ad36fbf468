"""Which files an export consists of, and what they are: found by path or glob, told apart by extension, digested."""

import glob
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias

from tierctl.findings import Finding, error

if TYPE_CHECKING:
    from tierctl.workspace import ExportConfig

Kind = Literal["csv", "excel", "parquet"]
Packing = Literal["gzip", "zstd"]
Stamp: TypeAlias = tuple[int, int, int]

_TEXTS = (".csv", ".tsv", ".txt")
_KINDS: dict[str, Kind] = {
    **dict.fromkeys(_TEXTS, "csv"),
    **dict.fromkeys((".xlsx", ".xlsm"), "excel"),
    ".parquet": "parquet",
}
_PACKINGS: dict[str, Packing] = {".gz": "gzip", ".zst": "zstd"}
_OTHER_WORKBOOKS = (".xls", ".xlsb", ".ods", ".numbers")
_CHUNK = 1 << 20
_NAMED_FILES = 8


@dataclass(frozen=True)
class Source:
    """One input file: where it lies, how findings and reports call it, and what its extensions say it is.

    `packing` is how the text of a CSV file is compressed; None: it is not.
    """

    export: str
    path: Path
    shown: str
    kind: Kind
    packing: Packing | None = None

    @property
    def is_cut_at_tabs(self) -> bool:
        """Whether a tab is what its extension promises between the cells."""
        return self.kind == "csv" and _endings(self.path)[0] == ".tsv"


def find_sources(root: Path, export: str, config: "ExportConfig") -> tuple[list[Source], list[Finding]]:
    """The files that the export's path or list of paths names, sorted by path, each of them once.

    Every path that matches nothing, leads to another machine or to a kind of file that is not read gives a finding.
    """
    sources: dict[Path, Source] = {}
    findings: list[Finding] = []
    for pattern in [config.path] if isinstance(config.path, str) else config.path:
        if "://" in pattern:
            findings.append(_not_local(export, pattern))
            continue
        matches = _matches(root, pattern)
        if not matches:
            findings.append(_nothing_found(root, export, pattern))
        for path in matches:
            shown, (ending, packing) = _shown(path, root), _endings(path)
            kind = _KINDS.get(ending)
            if kind is None or (packing and kind != "csv"):
                findings.append(_unknown_kind(shown, path))
            else:
                sources[(root / path).resolve()] = Source(export, root / path, shown, kind, packing)
    return sorted(sources.values(), key=lambda source: source.path), findings


def not_configured(export: str, workspace_file: object, configured: Iterable[str]) -> Finding:
    """The finding for an export that a program needs and tierctl.toml does not name."""
    return error(
        "missing-export",
        workspace_file,
        f"exports.{export}",
        f"the programs in use read the export {export!r}, which is not configured"
        f" (configured: {', '.join(sorted(configured)) or 'none'})",
        f'[exports.{export}]\n  path = "exports/{export}*.csv"',
    )


def digest(path: Path) -> tuple[str, bool]:
    """The file's SHA-256, and whether it holds NUL bytes, in one pass over its bytes."""
    sha, has_nul = hashlib.sha256(), False
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            sha.update(chunk)
            has_nul = has_nul or b"\0" in chunk
    return sha.hexdigest(), has_nul


def stamp_of(path: Path) -> Stamp:
    """Which file it is, how long, and when it was last written."""
    found = path.stat()
    return found.st_ino, found.st_size, found.st_mtime_ns


def _matches(root: Path, pattern: str) -> list[Path]:
    """The files that a path or glob names, relative to the workspace as the pattern is.

    A file of exactly that name wins over reading the name as a glob: brackets are common in file names.
    """
    if (root / pattern).is_file():
        return [Path(pattern)]
    found = glob.glob(pattern, root_dir=root, recursive=True)  # noqa: PTH207  (pathlib's takes no absolute pattern)
    return [Path(path) for path in found if (root / path).is_file()]


def _shown(path: Path, root: Path) -> str:
    """The path relative to the workspace where it lies inside, as it was given elsewhere; with forward slashes."""
    whole, base = (root / path).resolve(), root.resolve()
    return (whole.relative_to(base) if whole.is_relative_to(base) else path).as_posix()


def _endings(path: Path) -> tuple[str, Packing | None]:
    """The extension that tells the kind of file, and how it is packed, which the one behind it tells."""
    ending = path.suffix.lower()
    packing = _PACKINGS.get(ending)
    return (Path(path.stem).suffix.lower(), packing) if packing else (ending, None)


def _nothing_found(root: Path, export: str, pattern: str) -> Finding:
    folder = (root / pattern).parent
    beside = sorted(path.name for path in folder.iterdir() if path.is_file()) if folder.is_dir() else []
    if beside:
        hint = f"beside it lie {', '.join(beside[:_NAMED_FILES])}{' …' if beside[_NAMED_FILES:] else ''}"
    else:
        hint = f"there is no file in that folder; check `path` under [exports.{export}]"
    return error("missing-export", pattern, f"exports.{export}", "no file matches this path", hint)


def _not_local(export: str, pattern: str) -> Finding:
    message = "only files of this machine are read, as each one's digest goes into the manifest"
    return error(
        "unsupported-file", pattern, f"exports.{export}", message, "copy the file here first and name the copy"
    )


def _unknown_kind(shown: str, path: Path) -> Finding:
    ending = "".join(path.suffixes[-2:]) if path.suffix.lower() in _PACKINGS else path.suffix
    message = f"files ending in {ending!r} are not read" if ending else "a file without an extension is not read"
    hint = f"supported are {', '.join(_KINDS)}, and {', '.join(_TEXTS)} with {' or '.join(_PACKINGS)} behind it"
    if path.suffix.lower() in _OTHER_WORKBOOKS:
        hint = "save the workbook as .xlsx, or the sheet as .csv"
    return error("unsupported-file", shown, "", message, hint)
