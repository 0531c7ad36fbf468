"""One canonical copy of a text file that cannot be read as it lies: UTF-8, line feeds, its header in the first line.

It is made in one pass and never whole in memory. Files of UTF-8 that begin with their header and end with their last
row are read where they lie.
"""

import csv
import re
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from tierctl.disk import temporary
from tierctl.findings import CannotRunError, Finding, error
from tierctl.ingest.decoding import Shape, decoded, dialect, lines, mark_inside, of_nul
from tierctl.ingest.files import Source
from tierctl.ingest.unpacked import chunks

_Item = TypeVar("_Item")


@dataclass(frozen=True)
class Settled:
    """Where a file's text can be read from, the file itself or a copy, and the rows of its footer as they are written.

    The copy lacks the footer; blank rows are none of it.
    """

    path: Path
    footer: tuple[str, ...] = ()


def settled(source: Source, shape: Shape, folder: Path) -> Settled:
    """Makes a file's text readable as it lies, or as a copy.

    Args:
        source: the file.
        shape: how it is written.
        folder: an existing folder for copies.

    Raises:
        CannotRunError: bytes mean nothing in the encoding, the file cannot be unpacked, or its lines end in two ways.
        OSError: the file cannot be read.
    """
    returns = _ends_in_returns(source, shape)
    is_whole = shape.header_row == 1 and not shape.footer_rows
    if source.packing is None and shape.encoding == "utf-8" and is_whole and not returns:
        if fault := mark_inside(source, shape):
            raise CannotRunError([fault])
        return Settled(source.path)
    texts = _without_nul(decoded(source, shape), source, shape)
    if returns:
        texts = _with_line_feeds(texts, source, shape)
    footer: list[str] = []
    with temporary(folder):
        path = _written(texts if is_whole else _cut(texts, shape, footer), new_copy(folder))
    return Settled(path, tuple(footer))


def new_copy(folder: Path) -> Path:
    """A path that no copy in the folder has."""
    return folder / f"{len(list(folder.iterdir()))}.csv"


def without_last(items: Iterable[tuple[_Item, bool]], count: int, left_out: list[_Item]) -> Iterator[_Item]:
    """All but the last filled items, as many as are said, and what lies between and behind them.

    Args:
        items: each with whether it is filled.
        count: how many filled ones are left out.
        left_out: is given those, in order, once all others have been taken.
    """
    held: deque[tuple[_Item, bool]] = deque()
    filled = 0
    for item in items:
        held.append(item)
        filled += item[1]
        while filled > count:
            first, was_filled = held.popleft()
            filled -= was_filled
            yield first
    left_out += (item for item, is_filled in held if is_filled)


def _ends_in_returns(source: Source, shape: Shape) -> bool:
    """Whether the first line ends in a carriage return that no line feed follows; those in quotes end no line."""
    start = next(chunks(source), b"").decode(shape.encoding, errors="replace")
    if shape.quote is not None:
        quote = re.escape(shape.quote)
        start = re.sub(f"{quote}[^{quote}]*(?:{quote}|$)", "", start)
    end = re.search(r"\r\n|\r|\n", start)
    return end is not None and end[0] == "\r"


def _without_nul(texts: Iterable[str], source: Source, shape: Shape) -> Iterator[str]:
    for text in texts:
        if "\0" in text and not shape.is_wide:
            raise CannotRunError([of_nul(source, shape)])
        yield text


def _with_line_feeds(texts: Iterable[str], source: Source, shape: Shape) -> Iterator[str]:
    """Every carriage return made a line feed, which must not end any line beside them; in quotes it may stand."""
    inside = 0
    for text in texts:
        parts = [text] if shape.quote is None else text.split(shape.quote)
        if any("\n" in part for part in parts[inside::2]):
            raise CannotRunError([_mixed_ends(source)])
        inside = (inside + len(parts) - 1) % 2
        yield text.replace("\r", "\n")


def _mixed_ends(source: Source) -> Finding:
    message = (
        "some lines end in carriage returns alone and others in line feeds, so that nobody can say which end a row"
    )
    hint = "export the file anew, or save it with one kind of line ends"
    return error("unreadable-file", source.shown, "", message, hint)


def _cut(texts: Iterable[str], shape: Shape, footer: list[str]) -> Iterator[str]:
    """The text from its header on, as it is written, up to the last row before the footer, which goes into its list."""
    records = _records(texts, shape)
    for _ in range(shape.header_row - 1):
        next(records, None)
    header, _ = next(records, ("", False))
    yield header
    yield from without_last(records, shape.footer_rows, footer) if shape.footer_rows else (text for text, _ in records)


def _records(texts: Iterable[str], shape: Shape) -> Iterator[tuple[str, bool]]:
    """The text of every record by the rules of CSV, and whether it has more than blanks in its cells."""
    taken: list[str] = []

    def read() -> Iterator[str]:
        for line in lines(texts):
            taken.append(line)
            yield line.replace("\r", " ")  # which would end a line, for Python's reader, wherever it stands

    for cells in csv.reader(read(), dialect(shape, is_strict=False)):
        is_filled = any(cell.strip() for cell in cells)
        # A blank one is kept as a line, since it counts; many of them would else be held as they are written.
        yield "".join(taken) if is_filled else "\n", is_filled
        taken.clear()


def _written(texts: Iterable[str], path: Path) -> Path:
    with path.open("w", encoding="utf-8", newline="") as out:
        out.writelines(texts)
    return path
