"""A workbook's sheets as they are written: a header that stays, a filter, columns as wide as what stands in them."""

from collections.abc import Sequence
from typing import Final

from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.utility import xl_rowcol_to_cell
from xlsxwriter.worksheet import Worksheet

from tierctl.report.sheet_cells import DAY, TEXT, Cell

_NARROWEST: Final = 8
_WIDEST: Final = 60
_ARROW: Final = 3


class Book:
    """A workbook that is being written; a format is made once for all cells that have it."""

    def __init__(self, book: Workbook) -> None:
        self._book = book
        self._formats: dict[str, Format] = {}
        self._header = book.add_format({"bold": True, "bottom": 1, "bg_color": "#E8ECF0", "num_format": TEXT})

    def form(self, shown: str) -> Format:
        """The format of cells that are shown so."""
        if shown not in self._formats:
            # Days are no amounts: at the right edge they would run into the text beside them.
            side = {"align": "left"} if shown == DAY else {}
            self._formats[shown] = self._book.add_format({"num_format": shown, **side})
        return self._formats[shown]

    def sheet(self, name: str, header: Sequence[str], height: int) -> "Sheet":
        """A new sheet with its header, which stays above the rows, stands on every page printed, and has a filter.

        Args:
            name: its name.
            header: the names of its columns.
            height: how many rows it is going to have below them.
        """
        sheet = self._book.add_worksheet(name)
        last = len(header) - 1
        sheet.freeze_panes(1, 0)
        sheet.autofilter(0, 0, height, last)
        sheet.repeat_rows(0)
        sheet.set_landscape()
        sheet.fit_to_pages(1, 0)
        # Ids like 007 are texts on purpose, and need no mark in the corner of the cell.
        sheet.ignore_errors({"number_stored_as_text": f"A1:{xl_rowcol_to_cell(height, last)}"})
        for place, text in enumerate(header):
            sheet.write_string(0, place, text, self._header)
        return Sheet(self, sheet, [len(text) + _ARROW for text in header])


class Sheet:
    """A sheet that is being written, row by row from above."""

    def __init__(self, book: Book, sheet: Worksheet, widths: list[int]) -> None:
        self._book, self._sheet, self._widths = book, sheet, widths

    def write(self, row: int, column: int, cell: Cell, shown: str) -> None:
        """Write a cell: a text as a text whatever it begins with, nothing where it is empty."""
        if cell is None:
            return
        form = self._book.form(shown)
        if isinstance(cell, str):
            self._write_text(row, column, cell, form)
        elif isinstance(cell, bool):
            self._sheet.write_boolean(row, column, cell, form)
        else:
            self._sheet.write_number(row, column, cell, form)

    def write_formula(self, row: int, column: int, formula: str, value: float, shown: str) -> None:
        """Write a formula with what it comes to."""
        self._sheet.write_formula(row, column, formula, self._book.form(shown), value)

    def widen(self, column: int, width: int) -> None:
        """Make a column at least so many characters wide."""
        self._widths[column] = max(self._widths[column], width)

    def close(self) -> None:
        """Give the columns their widths."""
        for place, width in enumerate(self._widths):
            self._sheet.set_column(place, place, min(max(width + 1, _NARROWEST), _WIDEST))

    def _write_text(self, row: int, column: int, text: str, form: Format) -> None:
        if text.startswith("<r>") and text.endswith("</r>"):
            # XlsxWriter would take this for markup of its own, and write it into the file as it is.
            self._sheet.write_rich_string(row, column, text[:1], text[1:2], text[2:], form)
        else:
            self._sheet.write_string(row, column, text, form)
