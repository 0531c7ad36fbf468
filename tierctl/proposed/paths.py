"""Where an export's files lie and how they are packed: path, sheet, and what concerns a file as a whole."""

import os
import re
from collections.abc import Sequence
from itertools import takewhile
from pathlib import Path
from typing import Final

from tierctl.proposed.columns import SeenFile
from tierctl.proposed.lines import Confidence, Line, Part, Question
from tierctl.proposed.needs import Need
from tierctl.proposed.tables import Table

_UTF8: Final = "utf-8"
_DIGITS_BEHIND: Final = re.compile(r"[0-9]+$")
_DIGITS_BEFORE: Final = re.compile(r"^[0-9]+")
_SHORTEST: Final = 2
_GLOB: Final = re.compile(r"[*?\[\]]")


def file_lines(table: Table, need: Need, root: Path) -> Part:
    """Where the files of an export lie and how they are to be opened.

    Args:
        table: the files.
        need: the export.
        root: the workspace's folder, which paths are relative to.
    """
    path, why = _path(table.files, root)
    lines = [Line((), "path", path, Confidence.SURE, why)]
    first = table.files[0]
    if first.sheets > 1:
        lines.append(Line((), "sheet", first.sheet, Confidence.SURE, f"{first.sheets} sheets have rows"))
    lines += _opened(table)
    questions = [
        Question(need.name, note.key, note.said) for file in table.files for note in file.notes if note.how == "open"
    ]
    questions += [_repeated(table, need)] if table.repeated else []
    return Part(tuple(lines), tuple(dict.fromkeys(questions)), _notes(table.files))


def _opened(table: Table) -> list[Line]:
    """The keys of `format` that concern a file as a whole, where they are not what is usual."""
    first = table.files[0]
    found: list[tuple[str, str | int, str | int, str]] = [("headerRow", first.header_row, 1, "header")]
    found.append(("footerRows", first.footer_rows, 0, "footer"))
    if first.kind == "csv":
        found.append(("delimiter", first.delimiter, ",", "delimiter"))
        found.append(("quoteChar", first.quote, '"', "quote"))
        found.append(("encoding", _encoding(table), _UTF8, "encoding"))
    return [
        Line(("format",), key, value, _how(first, note), _said(table.files, note))
        for key, value, usual, note in found
        if value != usual
    ]


def _encoding(table: Table) -> str:
    """That of the files with letters beyond ASCII; files without any can be read in every one of them."""
    telling = [file for file in table.files if not _is_plain(file)]
    return next((file.encoding for file in telling), _UTF8)


def _is_plain(file: SeenFile) -> bool:
    texts = [text for column in file.columns for text in (column.header, *column.texts["text"].to_list())]
    return file.encoding.lower() == _UTF8 and all(text.isascii() for text in texts)


def _how(file: SeenFile, key: str) -> Confidence:
    return Confidence(how) if (how := file.how(key)) != "none" else Confidence.OPEN


def _said(files: Sequence[SeenFile], key: str) -> str:
    return next((note.said for file in files for note in file.notes if note.key == key), "")


def _notes(files: Sequence[SeenFile]) -> tuple[str, ...]:
    told = {"encoding", "delimiter", "quote", "header", "footer"}
    said = [note.said for file in files for note in file.notes if note.key not in told and note.how != "open"]
    return tuple(dict.fromkeys(said))


def _repeated(table: Table, need: Need) -> Question:
    said = f"the header {table.repeated[0]!r} stands more than once in {table.names}, which cannot be read"
    return Question(need.name, "headers", said, "rename or remove all but one where the file is exported")


def _path(files: Sequence[SeenFile], root: Path) -> tuple[str | tuple[str, ...], str]:
    """The path, relative to the workspace; of several files a pattern where it takes these alone."""
    paths = [_relative(file.path, root) for file in files]
    unique = list(dict.fromkeys(paths))
    if len(unique) == 1:
        return unique[0], ""
    pattern = _pattern([file.path.name for file in files])
    folder = files[0].path.parent
    if pattern:
        matched = sorted(path.name for path in folder.glob(pattern) if path.is_file())
        if matched == sorted({file.path.name for file in files}):
            return _relative(folder / pattern, root), f"{len(unique)} files of the same headers"
    return tuple(unique), f"{len(unique)} files of the same headers"


def _relative(path: Path, root: Path) -> str:
    try:
        return Path(os.path.relpath(path.resolve(), root.resolve())).as_posix()
    except ValueError:  # on another drive of Windows
        return path.resolve().as_posix()


def _pattern(names: Sequence[str]) -> str:
    """What all of the names begin and end with, with a star between; empty: that says too little."""
    before = _DIGITS_BEHIND.sub("", _common(names))
    behind = _DIGITS_BEFORE.sub("", _common([name[::-1] for name in names])[::-1])
    if len(before) < _SHORTEST or "." not in behind or _GLOB.search(before + behind):
        return ""
    return f"{before}*{behind}"


def _common(names: Sequence[str]) -> str:
    """What all of the texts begin with."""
    signs = takewhile(lambda each: len(set(each)) == 1, zip(*names, strict=False))
    return "".join(each[0] for each in signs)
