"""review.xlsx: a review as a workbook, a sheet a table, with totals before them and what the columns mean after them.

XlsxWriter is used here itself and not through Polars' `write_excel`: that one makes Excel tables, for which every sheet
has to be in memory as a whole, has one format a column, and would make floats of numbers that no float holds.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

from xlsxwriter import Workbook
from xlsxwriter.exceptions import FileCreateError
from xlsxwriter.utility import xl_rowcol_to_cell

from tierctl.contracts import Contract, report_contract
from tierctl.report.formats import Format
from tierctl.report.sheet_cells import CUT, MOST_DIGITS, MOST_TEXT, TEXT, Unheld, columns, number_format
from tierctl.report.sheet_totals import BY, Total, totals
from tierctl.report.sheets import Book, Sheet
from tierctl.report.tables import Table

if TYPE_CHECKING:
    from tierctl.fiscal import FiscalMonth

MOST_ROWS: Final = 1_048_575
"""What a sheet has room for below its header."""

TOTALS: Final = "totals"
COLUMNS: Final = "columns"
_TOTALS_HEADER: Final = ("table", *BY, "column", "rows", "total")
_COLUMNS_HEADER: Final = ("table", "column", "title", "unit", "description")
_SLICE: Final = 10_000
_OPTIONS: Final = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_numbers": False,
    "strings_to_urls": False,
    "use_zip64": True,
}


def too_long(tables: Mapping[str, Table]) -> tuple[str, ...]:
    """The tables that a workbook does not have, as a sheet has no room for all of their rows."""
    return tuple(name for name in sorted(tables) if tables[name].height > MOST_ROWS)


def write_workbook(tables: Mapping[str, Table], path: Path, month: "FiscalMonth") -> None:
    """Write the tables into a workbook, each sorted as it is; the same bytes on every run.

    A table that is too long for a sheet is not in it, and its totals, which are, say in which file beside it is.

    Args:
        tables: the reports by name, conformed to their contracts.
        path: the file.
        month: the fiscal month that they are of; its last day stands as the one on which the file was made.

    Raises:
        OSError: the file cannot be written.
    """
    beside = too_long(tables)
    contracts = {name: report_contract(name) for name in sorted(tables)}
    found = [
        total
        for name, contract in contracts.items()
        for total in totals(name, tables[name], contract, has_sheet=name not in beside)
    ]
    notes = [f"Fiscal month {month.label}, {month.first} to {month.last}."]
    with _opened(path, month) as book:
        first = book.sheet(TOTALS, _TOTALS_HEADER, len(found))
        for name, contract in contracts.items():
            notes += [_elsewhere(name)] if name in beside else _write_table(book, tables[name], contract)
        _write_totals(first, found, tables, notes)
        _write_columns(book, tuple(contracts.values()))


@contextmanager
def _opened(path: Path, month: "FiscalMonth") -> Iterator[Book]:
    """The workbook as long as it is written; what XlsxWriter keeps on disk meanwhile lies beside it."""
    with TemporaryDirectory(prefix=".", dir=path.parent) as folder:
        book = Workbook(path, {**_OPTIONS, "tmpdir": folder})
        made = datetime.combine(month.last, time())
        book.set_properties({"title": f"Review of {month.label}", "created": made})
        try:
            yield Book(book)
            book.close()
        except FileCreateError as fault:
            cause = fault.args[0]
            raise OSError(cause.errno, cause.strerror, str(path)) from fault
        finally:
            # XlsxWriter leaves these open where it fails.
            for sheet in book.worksheets():
                sheet.row_data_fh.close()


def _write_table(book: Book, df: Table, contract: Contract) -> list[str]:
    """A table's sheet; what cannot be held in it as it is, in words."""
    sheet, unheld = book.sheet(contract.name, df.schema.names(), df.height), Unheld()
    row = 1
    for part in df.iter_slices(_SLICE):
        found = tuple(columns(part, contract, unheld))
        for place, column in enumerate(found):
            sheet.widen(place, column.width)
        pairs = (zip(column.cells, column.shown, strict=True) for column in found)
        for at, cells in enumerate(zip(*pairs, strict=True), row):
            for place, (cell, shown) in enumerate(cells):
                sheet.write(at, place, cell, shown)
        row += part.height
    sheet.close()
    return [f"{contract.name}: {said}" for said in _unheld(unheld)]


def _unheld(unheld: Unheld) -> Iterator[str]:
    for name, count in unheld.numbers.items():
        yield f"{count:,} of {name} stand as text, as a spreadsheet keeps {MOST_DIGITS} digits of a number at most."
    for name, count in unheld.dates.items():
        yield f"{count:,} of {name} stand as text, as a spreadsheet knows no days before March 1900."
    for name, count in unheld.texts.items():
        most = f"{MOST_TEXT:,} characters"
        yield f"{count:,} of {name} are longer than the {most} that a cell holds; they are cut, and end in{CUT}."


def _elsewhere(name: str) -> str:
    file = f"{name}.{Format.PARQUET}"
    return (
        f"{name}: a sheet has no room for its rows, {MOST_ROWS:,} being the most; they are in {file} beside this file."
    )


def _write_totals(sheet: Sheet, found: Sequence[Total], tables: Mapping[str, Table], notes: Sequence[str]) -> None:
    """The totals, and below them what there is to say about the workbook."""
    for row, total in enumerate(found, 1):
        cells = [total.table, *(total.of.get(name) for name in BY), total.column]
        for place, cell in enumerate(cells):
            sheet.write(row, place, cell, TEXT)
            sheet.widen(place, len(cell or ""))
        sheet.write(row, len(cells), total.rows, number_format(0, None))
        _write_amount(sheet, row, total, tables[total.table])
    for row, note in enumerate(notes, len(found) + 2):
        sheet.write(row, 0, note, TEXT)
    sheet.close()


def _write_amount(sheet: Sheet, row: int, total: Total, df: Table) -> None:
    place, amount = len(_TOTALS_HEADER) - 1, total.shown
    shown = TEXT if isinstance(amount, str) else number_format(total.decimals, total.field)
    sheet.widen(place, len(f"{total.amount:,f}"))
    if isinstance(amount, str) or not total.has_formula:
        sheet.write(row, place, amount, shown)
        return
    cells = {name: xl_rowcol_to_cell(row, _TOTALS_HEADER.index(name), col_abs=True) for name in total.of}
    sheet.write_formula(row, place, total.formula(df.schema.names(), df.height, cells), amount, shown)


def _write_columns(book: Book, contracts: Sequence[Contract]) -> None:
    """What every column of every sheet means."""
    rows = [
        (contract.name, field.name, field.title, field.unit, field.description)
        for contract in contracts
        for field in contract.fields
    ]
    sheet = book.sheet(COLUMNS, _COLUMNS_HEADER, len(rows))
    for row, cells in enumerate(rows, 1):
        for place, cell in enumerate(cells):
            sheet.write(row, place, cell or None, TEXT)
            sheet.widen(place, len(cell))
    sheet.close()
