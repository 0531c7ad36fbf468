"""Where the program files say what is told: the file by its name, and the line."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Final

from tierctl.cli.common import shown
from tierctl.program.load import EditionFile, load_files
from tierctl.program.places import Place, criterion_place, metric_place, rule_place

if TYPE_CHECKING:
    from tierctl.cli.explained.source import Source
    from tierctl.program.model import Program
    from tierctl.program.rules import Kind

_NUMBERED: Final = re.compile(r"^\d{2}-")
"""What a close puts before the name of a program file that it keeps."""


@dataclass(frozen=True)
class Places:
    """The places of one program file."""

    file: EditionFile
    path: str

    @property
    def name(self) -> str:
        """The file's own name."""
        return _NUMBERED.sub("", PurePosixPath(self.path).name)

    def criterion(self, track: str, tier: str | None, criterion: str) -> str:
        """Where a requirement of a tier or a qualification, or of the gate (None), stands; empty: nowhere."""
        return self._shown(criterion_place(self.file, track, tier, criterion))

    def metric(self, metric: str) -> str:
        """Where a metric begins; empty: it is none of the file's."""
        return self._shown(metric_place(self.file, metric))

    def rule(self, kind: "Kind", rule: str) -> str:
        """Where a rule that pays begins; empty: it is none of the file's."""
        return self._shown(rule_place(self.file, kind, rule))

    def _shown(self, place: Place | None) -> str:
        return f"{self.name}:{place.line}" if place else ""


def places_of(source: "Source", programs: "tuple[Program, ...]") -> Mapping[str, Places]:
    """The places of every program, by its id."""
    files, _ = load_files(source.refs, source.root)
    found = {(file.program.id, file.program.effective_from): file for file in files}
    return {
        program.id: Places(file, _path(source, file))
        for program in programs
        if (file := found[program.id, program.effective_from])
    }


def _path(source: "Source", file: EditionFile) -> str:
    """The file as findings call it; of a closed month where the close keeps it."""
    if source.close is None:
        return file.source
    return shown(Path(source.root, file.source))
