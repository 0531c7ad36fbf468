"""CSV files as batches of raw text: header, records, and what breaks a file.

Cells are text or null (nothing between two delimiters). A row's record is 1 for the first one after the header; a
quoted line break does not end it, and a blank line counts as a record without being a row.
"""

import csv
import inspect
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from tierctl.findings import CannotRunError, Finding, error
from tierctl.ingest.copies import settled
from tierctl.ingest.decoding import Shape, decoding_fault, dialect, of_nul, shape_of
from tierctl.ingest.files import Source

if TYPE_CHECKING:
    from tierctl.workspace import ExportConfig

RECORD = "__record"

_NEAR_THE_TOP = 100
_NEVER_CLOSES = "unexpected end"  # what Python's reader says of a quote
# Without a header Polars counts the first row's cells. Where it has words for rows that have fewer or more of them
# than the schema it wants to be told; before, it took them as they come.
_UNEVEN_ROWS: dict[str, Any] = {
    word: value
    for word, value in {"missing_columns": "insert", "extra_columns": "ignore"}.items()
    if word in inspect.signature(pl.scan_csv).parameters
}


@dataclass(frozen=True)
class CsvFile:
    """A CSV file ready to be read: as UTF-8 with its header first, at `path` (a copy, where the source is not).

    `footer` has the cells of the rows at its end that are left out as no data. Of a workbook, `failed` has the records
    in which a formula came to an error, by the headers of our columns.
    """

    source: Source
    path: Path
    headers: tuple[str, ...]
    delimiter: str
    quote: str | None
    footer: tuple[tuple[str, ...], ...] = ()
    failed: Mapping[str, frozenset[int]] = field(default_factory=dict)

    @property
    def raw_schema(self) -> pl.Schema:
        """Every column as text, by its header."""
        return pl.Schema(dict.fromkeys(self.headers, pl.String()))

    @property
    def shape(self) -> Shape:
        """How the text at `path` is written."""
        return Shape("utf-8", self.delimiter, self.quote)

    def scan(self) -> pl.LazyFrame:
        """The file's records in order: one text column per header and the record's number.

        Cells beyond the header are cut off here; `wide_records` finds them.
        """
        return pl.scan_csv(
            self.path,
            has_header=False,
            skip_rows=1,
            schema=self.raw_schema,
            separator=self.delimiter,
            quote_char=self.quote,
            truncate_ragged_lines=True,
            **_UNEVEN_ROWS,
            row_index_name=RECORD,
            row_index_offset=1,
            glob=False,
        ).with_columns(pl.col(RECORD).cast(pl.Int64))

    def rows(self) -> Iterator[list[str]]:
        """The file's records by Python's own reader, header first: slow, and exact about where things are."""
        with self.path.open(encoding="utf-8-sig", errors="replace", newline="\n") as file:
            yield from csv.reader(file, dialect(self.shape, is_strict=True))


def open_csv(source: Source, config: "ExportConfig", *, has_nul: bool, folder: Path) -> CsvFile | Finding:
    """Makes a CSV file readable, or says why it is not.

    Args:
        source: the file.
        config: its encoding, delimiter and quotes, and where its header stands.
        has_nul: whether its bytes hold NUL, which only the wide encodings may; of no account where it is packed.
        folder: where a copy goes.
    """
    try:
        shape = shape_of(source, config.format)
        if has_nul and not (shape.is_wide or source.packing):
            return of_nul(source, shape)
        copy = settled(source, shape, folder)
    except CannotRunError as fault:
        return fault.findings[0]
    file = _with_header(source, copy.path, shape)
    if isinstance(file, Finding) or not copy.footer:
        return file
    # A quote that never closes makes one row of all that follows, and the footer of that row.
    if _never_closes(copy.footer[-1], shape):
        return _unreadable(source, 0, "a quote opens and never closes")
    return replace(file, footer=tuple(tuple(_cells_of(text, shape)) for text in copy.footer))


def broken(file: CsvFile, fault: Exception) -> Finding:
    """Where a file breaks that could not be read to its end: slow, as it only runs once something is wrong."""
    lies_as_it_came = file.path == file.source.path
    if lies_as_it_came and "utf-8" in str(fault) and (found := decoding_fault(file.source, file.shape)):
        return found
    record = -1
    try:
        for record, cells in enumerate(file.rows()):
            if file.quote is not None and any(cell.count(file.quote) % 2 for cell in cells):
                return _unreadable(file.source, record, "a quote opens or closes inside a cell")
    except csv.Error as reason:
        return _unreadable(file.source, record + 1, _reason(reason))
    return _unreadable(file.source, 0, str(fault).splitlines()[0])


def wide_records(file: CsvFile) -> dict[int, list[str]]:
    """The records with more cells than the header, with all their cells: record → cells.

    Counting delimiters line by line is fast and settles most files; where a quoted cell goes on in the next line,
    Python's reader has to count.
    """
    most = len(file.headers) - 1
    line = pl.col("line")
    lines = pl.scan_csv(
        file.path,
        has_header=False,
        schema={"line": pl.String},
        separator="\0",
        quote_char=None,
        row_index_name=RECORD,
        glob=False,
    )
    has_many = line.str.count_matches(file.delimiter, literal=True) > most
    if file.quote is None:
        return dict(_cells(lines.filter(has_many).collect(engine="streaming"), file))
    goes_on = line.str.count_matches(file.quote, literal=True) % 2 == 1
    sign, quote = re.escape(file.delimiter), re.escape(file.quote)
    outside = line.str.replace_all(f"(^|{sign}){quote}(?:[^{quote}]|{quote}{quote})*{quote}", "${1}")
    has_many_outside = outside.str.count_matches(file.delimiter, literal=True) > most
    wide: dict[int, list[str]] = {}
    for suspects in lines.filter(has_many | goes_on).collect_batches(maintain_order=True):
        if suspects.select(goes_on.any()).item():
            return {record: cells for record, cells in enumerate(file.rows()) if record and len(cells) > most + 1}
        wide |= _cells(suspects.filter(has_many_outside), file)
    return wide


def _cells(wide: pl.DataFrame, file: CsvFile) -> Iterator[tuple[int, list[str]]]:
    """Lines without line breaks in their cells: the line's number is the record's."""
    rows = csv.reader(wide["line"], dialect(file.shape, is_strict=True))
    yield from zip(wide[RECORD].to_list(), rows, strict=True)


def _with_header(source: Source, path: Path, shape: Shape) -> CsvFile | Finding:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            top = list(islice(csv.reader(file, dialect(shape, is_strict=True)), 1))
    except UnicodeDecodeError:
        return decoding_fault(source, shape) or _unreadable(source, 0, "its header is no text")
    except csv.Error as fault:
        return _unreadable(source, 0, _reason(fault))
    first = top[0] if top else []
    if not any(cell.strip() for cell in first):
        return no_header(source, shape.header_row, _first_filled(path, shape))
    return CsvFile(source, path, named(first), shape.delimiter, shape.quote)


def _cells_of(text: str, shape: Shape) -> list[str]:
    """The cells of a row of a footer, with a line break in a cell as a blank."""
    return next(csv.reader([re.sub("[\r\n]+", " ", text)], dialect(shape, is_strict=False)), [])


def _never_closes(text: str, shape: Shape) -> bool:
    try:
        list(csv.reader([text.replace("\r", " ")], dialect(shape, is_strict=True)))
    except csv.Error as fault:
        return _NEVER_CLOSES in str(fault)
    return False


def named(header: Iterable[str]) -> tuple[str, ...]:
    """The headers, each blank one by its place."""
    return tuple(cell if cell.strip() else f"(column {n})" for n, cell in enumerate(header, start=1))


def no_header(source: Source, row: int, filled: int) -> Finding:
    """The finding for a file without a header in its place.

    Args:
        source: the file.
        row: where the header should stand, the first row being 1.
        filled: how many rows further down the first one with text stands; 0: there is none near.
    """
    place = "its first line" if row == 1 else f"row {row}, as headerRow says,"
    hint = f"{place} must name the columns"
    if filled:
        found = row + filled
        hint += f"; row {found} has text: where that is the header, say so"
        hint += f"\n  [exports.{source.export}.format]\n  headerRow = {found}"
    return error("empty-file", source.shown, "header", "the file has no header", hint)


def _first_filled(path: Path, shape: Shape) -> int:
    """How many rows below the first one the first with text stands, near the top; 0: none does."""
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        rows = islice(csv.reader(file, dialect(shape, is_strict=False)), _NEAR_THE_TOP)
        return next((n for n, row in enumerate(rows) if any(cell.strip() for cell in row)), 0)


def _reason(fault: csv.Error) -> str:
    """What Python's reader says about quotes, in a person's words."""
    text = str(fault)
    if "expected after" in text:
        return "a quote closes inside a cell"
    return "a quote opens and never closes" if _NEVER_CLOSES in text else text


def _unreadable(source: Source, record: int, reason: str) -> Finding:
    place = f"record {record}" if record > 0 else ""
    hint = "export the file anew, or repair the quotes there; a quote inside a quoted cell is written twice"
    return error("unreadable-file", source.shown, place, f"the file cannot be read to its end: {reason}", hint)
