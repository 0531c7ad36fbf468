"""Folders of exports for the tests of what is proposed for them."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from tierctl.program.load import load_ref
from tierctl.proposed.exports import ExportProposal
from tierctl.proposed.lines import Line
from tierctl.proposed.needs import needs
from tierctl.proposed.proposal import Proposal, propose
from tierctl.proposed.seen import look
from tierctl.proposed.toml_text import toml_text

PARTNERS = "Partner ID,Name\nP-1,Blue Harbor\nP-2,Clearview\nP-3,Dune\n"


@dataclass(frozen=True)
class Made:
    """What is proposed for a folder, and the text of it."""

    proposal: Proposal
    text: str

    @cached_property
    def config(self) -> dict[str, Any]:
        return tomllib.loads(self.text)

    def export(self, name: str) -> ExportProposal:
        return next(export for export in self.proposal.exports if export.name == name)

    def line(self, name: str, key: str, table: str = "columns") -> Line:
        return next(line for line in self.export(name).lines if line.key == key and ".".join(line.table) == table)

    def asked(self, name: str, about: str) -> str:
        """What is asked of a column, with what decides it; empty: nothing."""
        found = [each for each in self.export(name).questions if each.about == about]
        return " → ".join(filter(None, (found[0].said, found[0].decides))) if found else ""


def made(folder: Path, program: str = "elevate", root: Path | None = None) -> Made:
    """What is proposed for a folder that is the workspace itself, or lies below it."""
    spool = folder.parent / f"{folder.name}-spool"
    spool.mkdir(exist_ok=True)
    files, _ = look(folder, spool)
    programs, _ = load_ref(program, folder)
    proposal = propose(files, needs(programs), root or folder, spool)
    return Made(proposal, toml_text(proposal, [program], folder.name))


def write(folder: Path, files: Mapping[str, str]) -> Path:
    """The files, as UTF-8 with line feeds."""
    folder.mkdir(exist_ok=True)
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8", newline="")
    return folder
