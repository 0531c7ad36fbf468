"""The sheets of a workbook seen: every visible one with rows, its cells as texts with the kind that they have there."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from xml.etree.ElementTree import ParseError
from zipfile import BadZipFile

import polars as pl
from python_calamine import (
    CalamineError,
    CalamineWorkbook,
    PasswordError,
    SheetTypeEnum,
    SheetVisibleEnum,
)

from tierctl.export_format import Format
from tierctl.ingest.excel_cells import CellText, Value
from tierctl.ingest.excel_errors import error_cells
from tierctl.ingest.excel_files import Sheet as ExcelSheet
from tierctl.ingest.excel_parts import FarCellsError, refuse_far_cells
from tierctl.proposed.bytes_told import SetAsideError
from tierctl.proposed.columns import TEXTS, Note
from tierctl.proposed.counted import RECORD, Counted, count_table
from tierctl.proposed.headers import Header, find_header
from tierctl.proposed.text_files import header_cells

_text = CellText(Format())  # as the defaults have it: days in ISO, numbers as spreadsheets show them


@dataclass(frozen=True)
class Sheet:
    """One sheet: its name, where its header stands (counted from 1; 0: nowhere), its headers and its table."""

    name: str
    header_row: int
    headers: tuple[str, ...]
    table: Counted
    notes: tuple[Note, ...]


def see_sheets(path: Path, spool: Path, name: str) -> list[Sheet]:
    """Looks at the visible sheets of a workbook that have rows.

    Raises:
        SetAsideError: the workbook is damaged or locked by a password, or no visible sheet has a row.
    """
    try:
        with CalamineWorkbook.from_path(str(path)) as book:
            rows = {each: list(_rows(path, book, each)) for each in _visible(book)}
    except PasswordError as fault:
        raise SetAsideError("unreadable-file", "the workbook is locked by a password") from fault
    except FarCellsError as fault:
        raise SetAsideError("unreadable-file", str(fault)) from fault
    except (CalamineError, BadZipFile, ParseError, LookupError, StopIteration, ValueError, OSError) as fault:
        raise SetAsideError("unreadable-file", f"the workbook is damaged: {fault}") from fault
    filled = {each: cells for each, cells in rows.items() if any(_text(cell).strip() for row in cells for cell in row)}
    if not filled:
        raise SetAsideError("empty-file", "no visible sheet of the workbook has rows")
    return [_sheet(each, cells, spool, f"{name}-{n}") for n, (each, cells) in enumerate(filled.items(), start=1)]


def _visible(book: CalamineWorkbook) -> list[str]:
    return [
        each.name
        for each in book.sheets_metadata
        if each.visible == SheetVisibleEnum.Visible and each.typ == SheetTypeEnum.WorkSheet
    ]


def _rows(path: Path, book: CalamineWorkbook, name: str) -> Iterator[list[Value]]:
    """The rows of a sheet as ingest takes them, errors of formulas among the cells."""
    refuse_far_cells(path, name)
    return ExcelSheet(name, book.get_sheet_by_name(name), error_cells(path, name)).rows()


def _sheet(sheet: str, rows: Sequence[Sequence[Value]], spool: Path, name: str) -> Sheet:
    records = [[_text(cell) for cell in row] for row in rows]
    width = max(_width(record) for record in records)
    records = [record[:width] + [""] * (width - len(record)) for record in records]
    header = find_header(records, width)
    if not header.exists:
        # Titles above a narrower header leave the widest record without names.
        header = find_header([record[: _usual_width(records)] for record in records], _usual_width(records))
    texts = records[header.at] if header.exists else [""] * width
    headers = tuple(cell if cell.strip() else f"(column {n})" for n, cell in enumerate(texts, start=1))
    lf = _frame(rows[header.at + 1 :], width)
    table = count_table(lf, headers, spool, name)
    return Sheet(sheet, header.at + 1, headers, table, (*_notes(header, headers), *table.notes))


def _notes(header: Header, headers: Sequence[str]) -> list[Note]:
    if not header.exists:
        return [Note("header", f"it has no header: {header.why}", "open")]
    notes = []
    if header.at:
        notes.append(Note("header", f"row {header.at + 1} names the columns; other rows stand above it", header.how))
    elif header.how != "sure":
        notes.append(Note("header", header.why, header.how))
    return notes + header_cells(headers)


def _width(record: Sequence[str]) -> int:
    return next((n for n in range(len(record), 0, -1) if record[n - 1].strip()), 0)


def _usual_width(records: Sequence[Sequence[str]]) -> int:
    widths = [width for record in records if (width := _width(record)) > 1]
    return max(set(widths), key=lambda each: (widths.count(each), each), default=1)


def _frame(rows: Sequence[Sequence[Value]], width: int) -> pl.LazyFrame:
    columns: dict[str, pl.Series] = {}
    for place in range(width):
        cells = [row[place] if place < len(row) else "" for row in rows]
        columns[str(place + 1)] = pl.Series([_text(cell) for cell in cells], dtype=pl.String)
        columns[f"{place + 1} cell"] = pl.Series([_kind(cell) for cell in cells], dtype=TEXTS["cell"])
    return pl.LazyFrame(columns).with_row_index(RECORD, offset=1).with_columns(pl.col(RECORD).cast(pl.Int64))


def _kind(cell: Value) -> str:
    if isinstance(cell, bool):
        return "boolean"
    if isinstance(cell, int | float):
        return "number"
    return "date" if isinstance(cell, date) else "text"


def texts_of_parquet(lf: pl.LazyFrame) -> pl.LazyFrame:
    """The rows of a Parquet file as texts under their places, each with the kind of its cells."""
    return lf.select(
        pl.col(RECORD).cast(pl.Int64),
        *_of_parquet({name: dtype for name, dtype in lf.collect_schema().items() if name != RECORD}),
    )


def _of_parquet(schema: dict[str, pl.DataType]) -> Iterator[pl.Expr]:
    for n, (name, dtype) in enumerate(schema.items(), start=1):
        column, kind = pl.col(name), "text"
        if dtype.is_temporal():
            column, kind = column.cast(pl.String).str.replace(r" 00:00:00(?:\.0+)?(?:[ +].*)?$", ""), "date"
        elif dtype.is_numeric():
            column, kind = column.cast(pl.String), "number"
        elif dtype == pl.Boolean:
            column, kind = column.cast(pl.String), "boolean"
        elif dtype.is_nested() or dtype == pl.Binary:
            column = pl.lit(None, dtype=pl.String)
        else:
            column = column.cast(pl.String)
        yield column.alias(str(n))
        yield pl.lit(kind, dtype=TEXTS["cell"]).alias(f"{n} cell")
