"""The closed months on disk: which there are, in which order, and whether their manifests are as they were sealed.

What is read here is small: the manifests, SHA256SUMS and close.json of all closes. The other files are compared with
their digests by those who read them, and all of them by `check.damages`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from tierctl.findings import CannotRunError, Finding
from tierctl.ledger.chain import chain_faults, reopened_faults
from tierctl.ledger.layout import REOPENED, damaged, is_month, linked, number_of, unreadable
from tierctl.ledger.sealed import Sealed, read_sealed

_TABLES = {".csv", ".parquet"}


@dataclass(frozen=True)
class Close:
    """One sealed folder, as its manifest tells it.

    Attributes:
        label: the month, as `2025-05`; of a close that was set aside with its number, as `2025-05.1`.
        folder: where it lies.
        manifest: the content of manifest.json.
        sha256: the digest of manifest.json, by which the next close names this one.
        record: the content of close.json: when it was closed, and by whom.
    """

    label: str
    folder: Path
    manifest: Mapping[str, Any]
    sha256: str
    record: Mapping[str, Any]

    def tables(self) -> Mapping[str, Path]:
        """The files of the month's reports by the report's name, CSV or Parquet."""
        paths = (PurePosixPath(file["path"]) for file in self.manifest["files"])
        reports = (path for path in paths if path.parent.name == "reports" and len(path.parts) == 2)  # noqa: PLR2004
        return {path.stem: self.file(str(path)) for path in reports if path.suffix in _TABLES}

    def file(self, relative: str) -> Path:
        """Where a file lies that the manifest names by a path inside the folder."""
        return self.folder / relative


@dataclass(frozen=True)
class Ledger:
    """The folder of all closes, which need not exist before the first."""

    folder: Path

    def closes(self) -> list[Close]:
        """All closes, oldest first; none where there is no folder.

        Raises:
            CannotRunError: a manifest, SHA256SUMS or close.json is missing or was changed, or a close does not follow
                the one before it; with every fault.
        """
        sealed = read_sealed(closes_in(entries(self.folder)))
        return _closes(sealed, chain_faults(sealed))

    def close_of(self, label: str) -> Close | None:
        """The close of a month, or the one set aside where the label has a number; None where there is none.

        Raises:
            CannotRunError: see `closes` and `set_aside`.
        """
        closes = self.closes() if number_of(label) is None else self.set_aside()
        return next((close for close in closes if close.label == label), None)

    def before(self, label: str) -> list[Close]:
        """The closes of the months before that one, oldest first.

        Raises:
            CannotRunError: see `closes`.
        """
        return [close for close in self.closes() if close.label < label]

    def set_aside(self) -> list[Close]:
        """The closes that were reopened, by month and number.

        Raises:
            CannotRunError: a manifest, SHA256SUMS, close.json or record is missing or was changed; with every fault.
        """
        closes = read_sealed(closes_in(entries(self.folder)))
        sealed = read_sealed(set_aside_in(entries(self.folder / REOPENED)))
        return _closes(sealed, reopened_faults(closes, sealed))


def closes_in(paths: Iterable[Path]) -> list[Path]:
    """What lies in the ledger under the name of a month, oldest first, whatever it is."""
    return sorted(path for path in paths if is_month(path.name))


def set_aside_in(paths: Iterable[Path]) -> list[Path]:
    """What lies there under the name of a close that was set aside, by month and number, whatever it is."""
    aside = [path for path in paths if number_of(path.name) is not None]
    return sorted(aside, key=lambda path: (path.stem, number_of(path.name)))


def entries(folder: Path) -> list[Path]:
    """What lies in the ledger or in its folder of reopened months, by name; nothing where that is missing.

    Raises:
        CannotRunError: it is a file or a link, or cannot be read.
    """
    if folder.is_symlink():
        raise CannotRunError([linked(folder)])
    try:
        return sorted(folder.iterdir())
    except FileNotFoundError:
        return []
    except NotADirectoryError as fault:
        if not folder.exists():
            return []
        raise CannotRunError([damaged(folder, "it is a file, and has to be a folder")]) from fault
    except OSError as fault:
        raise CannotRunError([unreadable(folder, fault)]) from fault


def _closes(all_sealed: Sequence[Sealed], more: Iterable[Finding]) -> list[Close]:
    faults = [fault for sealed in all_sealed for fault in sealed.faults]
    if found := (*faults, *more):
        raise CannotRunError(found)
    return [
        Close(sealed.label, sealed.folder, sealed.manifest, sealed.sha256, sealed.record)
        for sealed in all_sealed
        if sealed.manifest is not None and sealed.sha256 is not None
    ]
