"""The parts of a workbook's file that hold its own words and its sheets, and what they say beside the cells' values."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from posixpath import dirname, join, normpath, split
from typing import IO
from xml.etree import ElementTree as ET
from zipfile import ZipFile

_ROOT = "_rels/.rels"
_MAIN = "/officeDocument"
_CHUNK = 1 << 20
# A cell with something in it; those that are only formatted, of which there may be many, end at once.
_CELL = re.compile(rb"""<(?:\w+:)?c\s(?:[^<>]*?\s)?r=["']([A-Z]{1,3})([0-9]{1,7})["'][^<>]*(?<!/)>(?!</)""")


_MOST_CELLS = 20_000_000
_MOST_GAPS = 4


class FarCellsError(ValueError):
    """A sheet's cells lie so far apart that what is between them does not fit into memory."""


@dataclass(frozen=True)
class Extent:
    """How far the cells of a sheet reach that are not empty.

    Attributes:
        cells: how many there are.
        area: how many there would be if the rows and columns that they span had no gaps.
        lowest: a cell in the last row.
        rightmost: a cell in the last column.
    """

    cells: int
    area: int
    lowest: str
    rightmost: str


def part_of(book: ZipFile, sheet: str) -> str:
    """Where in the workbook a sheet's XML lies."""
    main = main_part(book)
    folder, name = split(main)
    targets = _related(book, join(folder, "_rels", f"{name}.rels"))
    for element in parsed(book, main).iter():
        if plain(element.tag) == "sheet" and element.get("name") == sheet:
            return next(targets[value][1] for key, value in element.items() if key.endswith("}id"))
    raise KeyError(sheet)


def main_part(book: ZipFile) -> str:
    """Where the workbook's own words lie."""
    return next(target for kind, target in _related(book, _ROOT).values() if kind.endswith(_MAIN))


def says(book: ZipFile, tag: str, word: str) -> bool:
    """Whether an element of the workbook's own words has an attribute that is true."""
    said = (each.get(word) for each in parsed(book, main_part(book)).iter() if plain(each.tag) == tag)
    return any(value in {"1", "true"} for value in said)


def counts_from_1904(path: Path) -> bool:
    """Whether the numbers that a workbook has for days begin in 1904.

    Raises:
        BadZipFile, KeyError, ParseError: the file is no workbook, or a damaged one.
    """
    with ZipFile(path) as book:
        return says(book, "workbookPr", "date1904")


def extent_of(book: ZipFile, sheet: str) -> Extent:
    """How far a sheet's cells reach, by their own references; those without one follow others and reach no further."""
    cells, rows, columns = 0, _Reach(), _Reach()
    with book.open(part_of(book, sheet)) as xml:
        for found in _references(xml):
            cells += len(found)
            rows.add({int(row): row for row in {row for _, row in found}}, found)
            columns.add({column_of(each.decode()): each for each in {letters for letters, _ in found}}, found)
    return Extent(cells, rows.span * columns.span, rows.farthest, columns.farthest)


def refuse_far_cells(path: Path, sheet: str) -> None:
    """Sheets are read with every cell between their first and last row and column, and one stray cell makes that many.

    Raises:
        FarCellsError: there are too many, and most of them are empty.
        BadZipFile, KeyError, ParseError: the file is no workbook, or a damaged one.
    """
    with ZipFile(path) as book:
        extent = extent_of(book, sheet)
    if extent.area <= _MOST_CELLS or extent.area <= _MOST_GAPS * extent.cells:
        return
    places = " and ".join(dict.fromkeys((extent.lowest, extent.rightmost)))
    spans = f"{extent.cells:,} cells, and {extent.area:,} with all that are empty between them"
    raise FarCellsError(f"the sheet {sheet!r} reaches out to {places}: it has {spans}")


def parsed(book: ZipFile, part: str) -> ET.Element:
    """A part of the workbook, which is XML."""
    return ET.fromstring(book.read(part))  # noqa: S314  (expat bounds what entities come to)


def plain(tag: str) -> str:
    """The tag without its namespace, of which there are two for workbooks."""
    return tag.rpartition("}")[2]


def column_of(reference: str) -> int:
    """The column of a reference, from 0.

    Examples:
        >>> [column_of(each) for each in ("A1", "Z9", "AA10", "XFD1")]
        [0, 25, 26, 16383]
    """
    place = 0
    for letter in reference.rstrip("0123456789"):
        place = place * 26 + ord(letter) - ord("A") + 1
    return place - 1


class _Reach:
    """The least and the greatest of the rows, or columns, that were added, and a cell that the greatest is of."""

    def __init__(self) -> None:
        self._least: int | None = None
        self._greatest = -1
        self.farthest = ""

    def add(self, places: Mapping[int, bytes], cells: Iterable[tuple[bytes, bytes]]) -> None:
        least, greatest = min(places), max(places)
        self._least = least if self._least is None else min(self._least, least)
        if greatest > self._greatest:
            self._greatest = greatest
            self.farthest = next(b"".join(cell) for cell in cells if places[greatest] in cell).decode()

    @property
    def span(self) -> int:
        return 0 if self._least is None else self._greatest - self._least + 1


def _references(xml: IO[bytes]) -> Iterator[list[tuple[bytes, bytes]]]:
    """Column and row of all cells that are not empty, many at a time."""
    rest = b""
    while chunk := xml.read(_CHUNK):
        text = rest + chunk
        end = max(text.rfind(b"<"), 0)  # where an element may begin that the next chunk ends
        if found := _CELL.findall(text[:end]):
            yield found
        rest = text[end:]


def _related(book: ZipFile, relations: str) -> dict[str, tuple[str, str]]:
    """What a part of the workbook refers to, by its id: the kind, and where it lies."""
    base = dirname(dirname(relations))
    return {
        each.attrib["Id"]: (each.attrib["Type"], normpath(join("/", base, each.attrib["Target"])).lstrip("/"))
        for each in parsed(book, relations)
    }
