"""Workbooks: the sheet that holds an export, written as one UTF-8 copy that is then read like any CSV file.

Rows count as in the sheet, blank ones too: a record is as many rows below the header as its number says.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice, zip_longest
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree.ElementTree import ParseError
from zipfile import BadZipFile

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from tierctl.contracts import Contract
from tierctl.disk import temporary
from tierctl.export_format import EXCEL, EXCEL_1904
from tierctl.findings import CannotRunError, Finding, error
from tierctl.ingest.columns import ours_of, quoted
from tierctl.ingest.copies import new_copy, without_last
from tierctl.ingest.csv_files import CsvFile, named, no_header
from tierctl.ingest.excel_cells import OTHER_DAY, CellText, Value
from tierctl.ingest.excel_errors import NOT_COMPUTED, cell_name, error_cells
from tierctl.ingest.excel_parts import FarCellsError, counts_from_1904, refuse_far_cells
from tierctl.ingest.files import Source
from tierctl.validation import closest

if TYPE_CHECKING:
    from tierctl.workspace import ExportConfig

_DELIMITER, _QUOTE = ",", '"'
_NEAR_THE_TOP = 100
_OLD_OR_LOCKED = bytes.fromhex("D0CF11E0A1B11AE1")  # how workbooks begin that are encrypted, and those of the old kind
# What the two readers of a workbook raise where it is damaged; dates beyond the year 9999 are a ValueError.
_FAULTS = (CalamineError, BadZipFile, ParseError, LookupError, StopIteration, ValueError)


@dataclass(frozen=True)
class Sheet:
    """One sheet of a workbook, and the errors of its formulas, by row and column."""

    name: str
    cells: CalamineSheet
    errors: Mapping[int, Mapping[int, str]]

    def rows(self) -> Iterator[list[Value]]:
        """The rows from the sheet's first one on, each with its cells from the first column on."""
        left: list[Value] = [""] * self.cells.start[1] if self.cells.start else []
        # The reader knows nothing of rows and columns that hold formulas without a value alone.
        beyond = range(self.cells.end[0] + 1 if self.cells.end else 0, max(self.errors, default=-1) + 1)
        for number, cells in enumerate(chain(self.cells.iter_rows(), ([] for _ in beyond))):
            row, errors = left + cells, self.errors.get(number, {})
            row += [""] * (max(errors, default=-1) + 1 - len(row))
            for place, text in errors.items():
                row[place] = text
            yield row


def open_excel(source: Source, contract: Contract, config: "ExportConfig", folder: Path) -> CsvFile | Finding:
    """Makes a workbook's sheet readable as a CSV file, or says why it is not.

    Args:
        source: the workbook.
        contract: the export, whose columns say how dates, numbers and truths of theirs are written as text.
        config: the sheet, where its header and its footer stand, and how its cells are to be written.
        folder: where the copy goes.
    """
    try:
        sheet = open_sheet(source, config.sheet)
        rows = islice(sheet.rows(), config.format.headerRow - 1, None)
        header = _without_end([CellText(config.format)(cell) for cell in next(rows, [])], 0)
        if not header:
            filled = next((n for n, row in enumerate(islice(rows, _NEAR_THE_TOP), 1) if _is_filled(row)), 0)
            return no_header(source, config.format.headerRow, filled)
        headers = named(header)
        ours = [ours_of(each, config.columns, contract) for each in headers]
        counting = EXCEL_1904 if counts_from_1904(source.path) else EXCEL
        texts = _texts(rows, _writers(ours, contract, config, counting), CellText(config.format))
        footer: list[list[str]] = []
        data = without_last(texts, config.format.footerRows, footer)
        path = _written(header, _known(data, ours, source, config), folder)
        failed = _failed(sheet, dict(zip(headers, ours, strict=True)), config.format.headerRow)
        return CsvFile(source, path, headers, _DELIMITER, _QUOTE, tuple(map(tuple, footer)), failed)
    except CannotRunError as fault:
        return fault.findings[0]
    except _FAULTS as fault:
        return _unreadable(source, fault)


def open_sheet(source: Source, name: str | None) -> Sheet:
    """The sheet of that name; without one, the only visible sheet, or the only one of them that has rows.

    Raises:
        CannotRunError: there is no such sheet, or there are several and none is named.
        CalamineError, BadZipFile, ParseError, KeyError, ValueError: the workbook is damaged or locked.
    """
    book = CalamineWorkbook.from_path(source.path)
    sheets = [each for each in book.sheets_metadata if each.typ == SheetTypeEnum.WorkSheet]
    names = [each.name for each in sheets]
    if name is not None and name not in names:
        raise CannotRunError([_missing(source, name, names)])
    if name is None:
        visible = [each.name for each in sheets if each.visible == SheetVisibleEnum.Visible] or names
        filled = visible if len(visible) == 1 else [each for each in visible if _loaded(book, source, each).start]
        if len(filled) > 1:
            sizes = {each: (cells := _loaded(book, source, each)).height * cells.width for each in filled}
            raise CannotRunError([_several(source, sizes)])
        name = (filled or visible)[0]
    return Sheet(name, _loaded(book, source, name), error_cells(source.path, name))


def _loaded(book: CalamineWorkbook, source: Source, sheet: str) -> CalamineSheet:
    refuse_far_cells(source.path, sheet)
    return book.get_sheet_by_name(sheet)


def _writers(ours: Sequence[str | None], contract: Contract, config: "ExportConfig", counting: str) -> list[CellText]:
    return [
        CellText(config.format)
        if name is None
        else CellText(config.cell_format(name), contract.field(name).type, counting)
        for name in ours
    ]


def _known(
    rows: Iterable[list[str]], ours: Sequence[str | None], source: Source, config: "ExportConfig"
) -> Iterator[list[str]]:
    """The rows, in none of which nobody knows what stands in a column of ours.

    Raises:
        CannotRunError: one of them has a formula without a value there, or the number of a day that counts otherwise.
    """
    for number, row in enumerate(rows, config.format.headerRow):
        if any((text is NOT_COMPUTED or text is OTHER_DAY) and name for text, name in zip(row, ours, strict=False)):
            unknown = (place for place, text in enumerate(row) if text is NOT_COMPUTED or text is OTHER_DAY)
            place = next(place for place in unknown if place < len(ours) and ours[place])
            cell, name = cell_name(number, place), str(ours[place])
            if row[place] is NOT_COMPUTED:
                raise CannotRunError([_not_computed(source, cell, name)])
            raise CannotRunError([_other_day(source, cell, name, config)])
        yield row


def _failed(sheet: Sheet, ours: Mapping[str, str | None], header_row: int) -> dict[str, frozenset[int]]:
    """The records in which formulas came to errors, by the headers of our columns."""
    return {
        header: frozenset(row - header_row + 1 for row, errors in sheet.errors.items() if place in errors)
        for place, (header, name) in enumerate(ours.items())
        if name is not None
    }


def _texts(
    rows: Iterable[Sequence[Value]], writers: Sequence[CellText], beyond: CellText
) -> Iterator[tuple[list[str], bool]]:
    """Every row's texts, those beyond the header as far as there are any, and whether the row has more than blanks."""
    for row in rows:
        texts = ["" if cell is None else (write or beyond)(cell) for write, cell in zip_longest(writers, row)]
        yield _without_end(texts, len(writers)), any(map(str.strip, texts))


def _without_end(texts: list[str], width: int) -> list[str]:
    """The texts up to the last that is not blank, but no fewer than the width."""
    while len(texts) > width and not texts[-1].strip():
        texts.pop()
    return texts


def _is_filled(row: Iterable[Value]) -> bool:
    return any(str(cell).strip() for cell in row)


def _written(header: Sequence[str], rows: Iterable[Sequence[str]], folder: Path) -> Path:
    path = new_copy(folder)
    with temporary(folder), path.open("w", encoding="utf-8", newline="") as out:
        out.write(_line(header))
        out.writelines(map(_line, rows))
    return path


def _line(texts: Iterable[str]) -> str:
    """A row of CSV in which each text that there is stands in quotes."""
    cells = (f"{_QUOTE}{text.replace(_QUOTE, 2 * _QUOTE)}{_QUOTE}" if text else "" for text in texts)
    return f"{_DELIMITER.join(cells)}\n"


def _not_computed(source: Source, cell: str, column: str) -> Finding:
    message = f"cell {cell} has a formula without a value, so that nobody can say what {column} is there"
    hint = "open the workbook in a spreadsheet program, which computes it, and save it"
    return error("formula-not-computed", source.shown, cell, message, hint)


def _other_day(source: Source, cell: str, column: str, config: "ExportConfig") -> Finding:
    word = config.cell_format(column).date
    other = EXCEL if word == EXCEL_1904 else EXCEL_1904
    first = "1900" if other == EXCEL else "1904"
    message = f'{column} in cell {cell} is a number, read as date = "{word}", and the workbook counts days from {first}'
    place = f"formats.{column}" if column in config.formats else "format"
    hint = f'say so, or format the column as dates\n  [exports.{source.export}.{place}]\n  date = "{other}"'
    return error("day-counted-otherwise", source.shown, cell, message, hint)


def _missing(source: Source, name: str, names: Sequence[str]) -> Finding:
    message = f"the workbook has no sheet {name!r}; its sheets are {', '.join(map(repr, names))}"
    return error("missing-sheet", source.shown, "", message, _named(source, closest(name, names) or names[0]))


def _several(source: Source, sizes: Mapping[str, int]) -> Finding:
    message = f"the workbook has several sheets with rows: {', '.join(map(repr, sizes))}"
    return error("unnamed-sheet", source.shown, "", message, _named(source, max(sizes, key=lambda name: sizes[name])))


def _named(source: Source, name: str) -> str:
    return f"name the sheet that holds the export, as in\n  [exports.{source.export}]\n  sheet = {quoted(name)}"


def _unreadable(source: Source, fault: Exception) -> Finding:
    with source.path.open("rb") as file:
        is_locked = file.read(len(_OLD_OR_LOCKED)) == _OLD_OR_LOCKED
    if is_locked:
        message = "the workbook is locked with a password, or of the kind before .xlsx"
        hint = "save it as .xlsx without a password"
    elif isinstance(fault, FarCellsError):
        message, hint = str(fault), "clear what lies far away from the rows, or copy the rows to a sheet of their own"
    else:
        message = f"the workbook cannot be read: {(str(fault).splitlines() or ['no reason given'])[0]}"
        hint = "open it in a spreadsheet program and save it anew as .xlsx"
    return error("unreadable-file", source.shown, "", message, hint)
