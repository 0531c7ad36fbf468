"""The cells of a sheet in which formulas failed or were never computed: the reader gives them as if they were empty.

They are looked for in the sheet's own XML, and only where it has any.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from posixpath import dirname, join, normpath, split
from typing import IO
from xml.etree import ElementTree as ET
from zipfile import ZipFile

_ROOT = "_rels/.rels"
_MAIN = "/officeDocument"
_MARK = re.compile(rb"""t=["']e["']|<(?:\w+:)?f[\s/>]""")
_LONGEST_MARK = 16
_CHUNK = 1 << 20

NOT_COMPUTED = "(formula without a value)"
"""Stands in cells whose formula no program has computed; told from a text that reads so by being this very object."""


def error_cells(path: Path, sheet: str) -> Mapping[int, Mapping[int, str]]:
    """The errors of a sheet, such as `#N/A`, and `NOT_COMPUTED`: by row and then by column, both counted from 0.

    Raises:
        BadZipFile, KeyError, ParseError: the file is no workbook, or a damaged one.
    """
    found: dict[int, dict[int, str]] = {}
    with ZipFile(path) as book:
        part = _part_of(book, sheet)
        with book.open(part) as xml:
            if not _has_marks(xml):
                return found
        has_no_values = _is_computed_on_loading(book)
        with book.open(part) as xml:
            for row, column, text in _errors(xml, has_no_values=has_no_values):
                found.setdefault(row, {})[column] = text
    return found


def cell_name(row: int, column: int) -> str:
    """How a spreadsheet calls a cell, whose row and column are counted from 0.

    Examples:
        >>> [cell_name(*place) for place in ((0, 0), (4, 25), (9, 26), (0, 16383))]
        ['A1', 'Z5', 'AA10', 'XFD1']
    """
    letters, rest = "", column + 1
    while rest:
        rest, place = divmod(rest - 1, 26)
        letters = chr(ord("A") + place) + letters
    return f"{letters}{row + 1}"


def _part_of(book: ZipFile, sheet: str) -> str:
    """Where in the workbook a sheet's XML lies."""
    main = _main(book)
    folder, name = split(main)
    targets = _related(book, join(folder, "_rels", f"{name}.rels"))
    for element in _parsed(book, main).iter():
        if _plain(element.tag) == "sheet" and element.get("name") == sheet:
            return next(targets[value][1] for key, value in element.items() if key.endswith("}id"))
    raise KeyError(sheet)


def _main(book: ZipFile) -> str:
    return next(target for kind, target in _related(book, _ROOT).values() if kind.endswith(_MAIN))


def _is_computed_on_loading(book: ZipFile) -> bool:
    """Whether the workbook asks for its formulas to be computed once it is opened, as what wrote it computes none.

    Such programs give a formula no value, or 0.
    """
    asked = (each.get("fullCalcOnLoad") for each in _parsed(book, _main(book)).iter() if _plain(each.tag) == "calcPr")
    return any(word in {"1", "true"} for word in asked)


def _related(book: ZipFile, relations: str) -> dict[str, tuple[str, str]]:
    """What a part of the workbook refers to, by its id: the kind, and where it lies."""
    base = dirname(dirname(relations))
    return {
        each.attrib["Id"]: (each.attrib["Type"], normpath(join("/", base, each.attrib["Target"])).lstrip("/"))
        for each in _parsed(book, relations)
    }


def _parsed(book: ZipFile, part: str) -> ET.Element:
    return ET.fromstring(book.read(part))  # noqa: S314  (expat bounds what entities come to)


def _has_marks(xml: IO[bytes]) -> bool:
    end = b""
    while chunk := xml.read(_CHUNK):
        if _MARK.search(end + chunk):
            return True
        end = chunk[-_LONGEST_MARK:]
    return False


def _errors(xml: IO[bytes], *, has_no_values: bool) -> Iterator[tuple[int, int, str]]:
    """Row, column and text of every error; a row or cell without a reference follows the one before it."""
    row = column = -1
    table = ET.Element("")
    for event, element in ET.iterparse(xml, events=("start", "end")):  # noqa: S314  (as above)
        match event, _plain(element.tag):
            case "start", "sheetData":
                table = element
            case "start", "row":
                row, column = int(element.get("r", row + 2)) - 1, -1
            case "end", "c":
                reference = element.get("r")
                column = _column(reference) if reference else column + 1
                if element.get("t") == "e":
                    yield row, column, _value(element)
                elif _lacks_value(element, has_no_values=has_no_values):
                    yield row, column, NOT_COMPUTED
            case "end", "row":
                table.clear()


def _lacks_value(cell: ET.Element, *, has_no_values: bool) -> bool:
    """Whether a cell has a formula and not what it comes to; that of one that comes to an empty text is a text."""
    if cell.get("t") == "str" or not any(_plain(each.tag) == "f" for each in cell):
        return False
    return _value(cell) in ({"", "0"} if has_no_values else {""})


def _value(cell: ET.Element) -> str:
    return next((each.text or "" for each in cell if _plain(each.tag) == "v"), "")


def _plain(tag: str) -> str:
    """The tag without its namespace, of which there are two for workbooks."""
    return tag.rpartition("}")[2]


def _column(reference: str) -> int:
    """The column of a reference, from 0.

    Examples:
        >>> [_column(each) for each in ("A1", "Z9", "AA10", "XFD1")]
        [0, 25, 26, 16383]
    """
    place = 0
    for letter in reference.rstrip("0123456789"):
        place = place * 26 + ord(letter) - ord("A") + 1
    return place - 1
