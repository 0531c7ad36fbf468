"""The files that say what a review does: tierctl.toml, the program files, the calendar's table; read once."""

import hashlib
from dataclasses import dataclass
from pathlib import PurePath

from tierctl import resources
from tierctl.program.load import find
from tierctl.report.manifest import SourceFile
from tierctl.workspace import FILE, Workspace


@dataclass(frozen=True)
class ConfigFile:
    """One of them: `named` as the workspace names it, `kept` as a close keeps it."""

    named: str
    kept: str
    content: bytes

    @property
    def source(self) -> SourceFile:
        """The file with the digest of what was read."""
        return SourceFile(self.named, hashlib.sha256(self.content).hexdigest())


@dataclass(frozen=True)
class Config:
    """All of them. `calendar` is None where the calendar needs no table."""

    workspace: ConfigFile
    programs: tuple[ConfigFile, ...]
    calendar: ConfigFile | None

    @property
    def files(self) -> tuple[ConfigFile, ...]:
        """Every file."""
        return (self.workspace, *self.programs, *([self.calendar] if self.calendar else []))


def read_config(workspace: Workspace) -> Config:
    """The files of a workspace; the programs in its own order, a bundled one by its name, others as configured."""
    paths = [
        (f"bundled/{path.name}" if path.parent == resources.bundled_programs() else ref, path)
        for ref in dict.fromkeys(workspace.programs)
        for path in find(ref, workspace.root)[0]
    ]
    programs = tuple(
        ConfigFile(named, f"programs/{at:02}-{path.name}", path.read_bytes())
        for at, (named, path) in enumerate(paths, start=1)
    )
    return Config(ConfigFile(FILE, FILE, workspace.file.read_bytes()), programs, _calendar(workspace))


def _calendar(workspace: Workspace) -> ConfigFile | None:
    """The calendar's table, where tierctl.toml names it; by its name alone where that leads out of the workspace."""
    path = workspace.calendar_file
    if path is None:
        return None
    inside = path.relative_to(workspace.root) if path.is_relative_to(workspace.root) else PurePath(path.name)
    kept = inside.name if ".." in inside.parts else inside.as_posix()
    return ConfigFile(inside.as_posix(), kept, path.read_bytes())
