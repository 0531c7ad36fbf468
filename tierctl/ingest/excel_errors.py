"""The cells of a sheet in which formulas failed or were never computed: the reader gives them as if they were empty.

They are looked for in the sheet's own XML, and only where it has any.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO
from xml.etree import ElementTree as ET
from zipfile import ZipFile

from tierctl.ingest.excel_parts import column_of, part_of, plain, says

_FAILED = rb"""t=["']e["']"""
_FORMULA = rb"(?:</(?:\w+:)?f>|<(?:\w+:)?f(?:\s[^>]*)?/>)\s*"
_NO_VALUE = rb"(?:</(?:\w+:)?c>|<(?:\w+:)?v\s*/>|<(?:\w+:)?v></)"
_ZERO = rb"<(?:\w+:)?v>0</"
# By whether a formula that comes to 0 is believed. A sheet of a million cells is searched at once, and parsed slowly.
_MARKS = {
    False: re.compile(_FAILED + rb"|" + _FORMULA + _NO_VALUE),
    True: re.compile(_FAILED + rb"|" + _FORMULA + rb"(?:" + _NO_VALUE + rb"|" + _ZERO + rb")"),
}
_LONGEST_MARK = 256
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
        part = part_of(book, sheet)
        # What asks for its formulas to be computed once it is opened has computed none, and has no value or 0 for them.
        has_no_values = says(book, "calcPr", "fullCalcOnLoad")
        with book.open(part) as xml:
            if not _has_marks(xml, has_no_values=has_no_values):
                return found
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


def _has_marks(xml: IO[bytes], *, has_no_values: bool) -> bool:
    end = b""
    while chunk := xml.read(_CHUNK):
        if _MARKS[has_no_values].search(end + chunk):
            return True
        end = chunk[-_LONGEST_MARK:]
    return False


def _errors(xml: IO[bytes], *, has_no_values: bool) -> Iterator[tuple[int, int, str]]:
    """Row, column and text of every error; a row or cell without a reference follows the one before it."""
    row = column = -1
    table = ET.Element("")
    for event, element in ET.iterparse(xml, events=("start", "end")):  # noqa: S314  (as above)
        match event, plain(element.tag):
            case "start", "sheetData":
                table = element
            case "start", "row":
                row, column = int(element.get("r", row + 2)) - 1, -1
            case "end", "c":
                reference = element.get("r")
                column = column_of(reference) if reference else column + 1
                if element.get("t") == "e":
                    yield row, column, _value(element)
                elif _lacks_value(element, has_no_values=has_no_values):
                    yield row, column, NOT_COMPUTED
            case "end", "row":
                table.clear()


def _lacks_value(cell: ET.Element, *, has_no_values: bool) -> bool:
    """Whether a cell has a formula and not what it comes to; that of one that comes to an empty text is a text."""
    if cell.get("t") == "str" or not any(plain(each.tag) == "f" for each in cell):
        return False
    return _value(cell) in ({"", "0"} if has_no_values else {""})


def _value(cell: ET.Element) -> str:
    return next((each.text or "" for each in cell if plain(each.tag) == "v"), "")
