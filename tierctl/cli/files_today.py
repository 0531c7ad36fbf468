"""Whether today's files are those that the last close read: exports, programs, tierctl.toml, by their digests."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias

from tierctl.cli.config_files import read_config
from tierctl.ingest.files import digest, find_sources
from tierctl.ledger.closes import Close
from tierctl.report.manifest import SourceFile
from tierctl.workspace import Workspace

State: TypeAlias = Literal["changed", "new", "missing"]
_Digests: TypeAlias = dict[tuple[str, str], str]

_PROGRAM, _WORKSPACE = "program file", "workspace"


@dataclass(frozen=True)
class Difference:
    """A file that is not as the last close read it; `about` is its export, or says that it is another kind of file."""

    about: str
    path: str
    state: State


def differences(workspace: Workspace, needed: Collection[str], close: Close) -> list[Difference]:
    """The files that differ from those that a close read: those of exports first, each kind by name.

    Args:
        workspace: today's.
        needed: the exports that its programs read, as far as they are known.
        close: the last close.
    """
    read = close.manifest["inputs"]
    config = read_config(workspace)
    exports = {*needed, *(file["export"] for file in read)} & workspace.exports.keys()
    return [
        *_compared({(file["export"], file["path"]): file["sha256"] for file in read}, _digests(workspace, exports)),
        *_compared(
            _listed(_PROGRAM, close.manifest["programs"]), _named(_PROGRAM, (each.source for each in config.programs))
        ),
        *_compared(_listed(_WORKSPACE, [close.manifest["workspace"]]), _named(_WORKSPACE, [config.workspace.source])),
    ]


def _compared(before: Mapping[tuple[str, str], str], now: Mapping[tuple[str, str], str]) -> list[Difference]:
    found: list[Difference] = []
    for about, path in sorted(before.keys() | now.keys()):
        was, is_ = before.get((about, path)), now.get((about, path))
        if was != is_:
            state: State = "new" if was is None else "missing" if is_ is None else "changed"
            found.append(Difference(about, path, state))
    return found


def _digests(workspace: Workspace, exports: Iterable[str]) -> _Digests:
    sources = [each for name in exports for each in find_sources(workspace.root, name, workspace.exports[name])[0]]
    return {(source.export, source.shown): _digest(source.path) for source in sources}


def _digest(path: Path) -> str:
    """The file's digest; what cannot be read any more is another file."""
    try:
        return digest(path)[0]
    except OSError:
        return "unreadable"


def _listed(about: str, files: Iterable[Mapping[str, Any]]) -> _Digests:
    return {(about, file["path"]): file["sha256"] for file in files}


def _named(about: str, files: Iterable[SourceFile]) -> _Digests:
    return {(about, file.path): file.sha256 for file in files}
