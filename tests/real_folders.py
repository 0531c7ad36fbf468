"""The folders of tests/real_exports: how they lie on disk once they are packed as a system would have written them."""

import gzip
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from pathlib import Path
from shutil import copyfile
from typing import Any

import xlsxwriter
import zstandard

ROOT = Path(__file__).parent / "real_exports"
FOLDERS = sorted(path.parent.name for path in ROOT.glob("*/expected.toml"))
OWN_FILES = {"expected.toml", "workspace.toml", "sheets.toml"}
FROZEN = datetime(2025, 7, 1)  # noqa: DTZ001  # a workbook says no zone


@dataclass(frozen=True)
class RealFolder:
    """One folder: its files, what is expected of them, and the workspace that a person would end up with."""

    name: str

    @property
    def path(self) -> Path:
        return ROOT / self.name

    @cached_property
    def expected(self) -> dict[str, Any]:
        return tomllib.loads((self.path / "expected.toml").read_text(encoding="utf-8"))

    @cached_property
    def finished(self) -> dict[str, Any]:
        return tomllib.loads(self.finished_text)

    @property
    def finished_text(self) -> str:
        return (self.path / "workspace.toml").read_text(encoding="utf-8")

    @property
    def program(self) -> str:
        reference: str = self.finished["programs"][0]
        return reference

    @property
    def month(self) -> str:
        month: str = self.expected["month"]
        return month

    def write(self, to: Path) -> Path:
        """The files as the systems wrote them, and the program file beside them where it is one of these tests' own."""
        to.mkdir(parents=True)
        packed = self.expected.get("as_exported", {})
        for file in sorted(self.path.iterdir()):
            if file.name not in OWN_FILES:
                name, content = as_exported(file.name, file.read_text(encoding="utf-8"), packed.get(file.name, {}))
                (to / name).write_bytes(content)
        if (self.path / "sheets.toml").exists():
            write_workbook(to, tomllib.loads((self.path / "sheets.toml").read_text(encoding="utf-8")))
        if self.program.endswith(".toml"):
            copyfile(ROOT / self.program, to / self.program)
        return to


def as_exported(name: str, text: str, how: Mapping[str, str]) -> tuple[str, bytes]:
    """A file that lies here as UTF-8 with line feeds, under the name and in the bytes in which it was exported."""
    content = text.replace("\n", how.get("line_ends", "\n")).encode(how.get("encoding", "utf-8"))
    match how.get("compressed"):
        case "gz":
            return f"{name}.gz", gzip.compress(content, mtime=0)
        case "zst":
            return f"{name}.zst", zstandard.ZstdCompressor().compress(content)
        case _:
            return name, content


def write_workbook(to: Path, sheets: Mapping[str, Any]) -> None:
    """A workbook of the cells that `sheets.toml` lists, each of the type that it has there."""
    with xlsxwriter.Workbook(to / sheets["file"]) as book:
        book.set_properties({"created": FROZEN})
        day = book.add_format({"num_format": "dd/mm/yyyy"})
        for sheet in sheets["sheets"]:
            page = book.add_worksheet(sheet["name"])
            for row, cells in enumerate(sheet["rows"]):
                for column, cell in enumerate(cells):
                    match cell:
                        case bool():
                            page.write_boolean(row, column, cell)
                        case date():
                            page.write_datetime(row, column, datetime(cell.year, cell.month, cell.day), day)  # noqa: DTZ001
                        case int() | float():
                            page.write_number(row, column, cell)
                        case {"error": error}:
                            page.write_formula(row, column, "=NA()", None, error)
                        case "":
                            page.write_blank(row, column, None)
                        case _:
                            page.write_string(row, column, cell)
