"""CSV files as batches of raw text: encoding, header, records, and what breaks a file.

Cells are text or null (nothing between two delimiters). A row's record is 1 for the first one after the header; a
quoted line break does not end it, and a blank line counts as a record without being a row.
"""

import codecs
import csv
import inspect
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from tierctl.findings import Finding, error
from tierctl.ingest.files import Source

if TYPE_CHECKING:
    from tierctl.workspace import ExportConfig

RECORD = "__record"

_CHUNK = 1 << 20
# Without a header Polars counts the first row's cells. Where it has words for rows that have fewer or more of them
# than the schema it wants to be told; before, it took them as they come.
_UNEVEN_ROWS: dict[str, Any] = {
    word: value
    for word, value in {"missing_columns": "insert", "extra_columns": "ignore"}.items()
    if word in inspect.signature(pl.scan_csv).parameters
}
_UTF16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


@dataclass(frozen=True)
class CsvFile:
    """A CSV file ready to be read: as UTF-8 at `path` (a transcoded copy, where the source is something else)."""

    source: Source
    path: Path
    headers: tuple[str, ...]
    delimiter: str
    quote: str | None

    @property
    def raw_schema(self) -> pl.Schema:
        """Every column as text, by its header."""
        return pl.Schema(dict.fromkeys(self.headers, pl.String()))

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
            csv.field_size_limit(1 << 30)
            yield from csv.reader(file, _dialect(self.delimiter, self.quote))


def open_csv(source: Source, config: "ExportConfig", *, has_nul: bool, folder: Path) -> CsvFile | Finding:
    """Makes a CSV file readable, or says why it is not.

    Args:
        source: the file.
        config: its encoding, delimiter and quotes.
        has_nul: whether its bytes hold NUL, which only the wide encodings may.
        folder: where a transcoded copy goes.
    """
    fmt = config.format
    encoding = _encoding(source.path, fmt.encoding)
    if has_nul and not encoding.startswith(("utf-16", "utf-32")):
        message = f"the byte at offset {_offset_of_nul(source.path)} is NUL, which no {encoding} text holds"
        return error("nul-byte", source.shown, "", message, _encoding_hint(source, "utf-16"))
    path = source.path
    if encoding != "utf-8":
        path = folder / f"{len(list(folder.iterdir()))}.csv"
        fault = _transcode(source, encoding, path)
        if fault is not None:
            return fault
    default_tab = source.path.suffix.lower() == ".tsv" and "delimiter" not in fmt.model_fields_set
    return _with_header(source, path, "\t" if default_tab else fmt.delimiter, fmt.quoteChar or None)


def broken(file: CsvFile, fault: Exception) -> Finding:
    """Where a file breaks that could not be read to its end: slow, as it only runs once something is wrong."""
    record = -1
    try:
        for record, cells in enumerate(file.rows()):
            if _garbled(cells) and "utf-8" in str(fault):
                return _undecodable(file.source, "utf-8", _bad_byte(file.path), record, _garbled(cells))
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
    rows = csv.reader(wide["line"], _dialect(file.delimiter, file.quote))
    yield from zip(wide[RECORD].to_list(), rows, strict=True)


def _dialect(sign: str, quote: str | None) -> type[csv.Dialect]:
    class _Dialect(csv.excel):
        delimiter = sign
        quotechar = quote
        quoting = csv.QUOTE_MINIMAL if quote else csv.QUOTE_NONE
        strict = True

    return _Dialect


def _encoding(path: Path, configured: str) -> str:
    """The encoding's usual name.

    A mark of UTF-8 at the file's start outranks whatever is configured, as no text begins with these signs otherwise; a
    mark of UTF-16 outranks UTF-8, which such a file can never be.
    """
    name = codecs.lookup(configured).name
    with path.open("rb") as file:
        start = file.read(4)
    if start.startswith(codecs.BOM_UTF8):
        return "utf-8"
    if start.startswith(_UTF16_MARKS) and name == "utf-8":
        return "utf-32" if start in (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE) else "utf-16"
    return "utf-8" if name == "utf-8-sig" else name


def _transcode(source: Source, encoding: str, target: Path) -> Finding | None:
    """Writes the file as UTF-8, chunk by chunk; bytes that mean nothing in the encoding are a fault with a place."""
    decoder = codecs.getincrementaldecoder(encoding)(errors="strict")
    read = 0
    with source.path.open("rb") as file, target.open("wb") as out:
        chunk = b""
        try:
            while chunk := file.read(_CHUNK):
                pending = len(decoder.getstate()[0])
                out.write(decoder.decode(chunk).encode())
                read += len(chunk)
            pending = len(decoder.getstate()[0])
            out.write(decoder.decode(b"", final=True).encode())
        except UnicodeDecodeError as fault:
            place = _record_of_fault(source.path, encoding)
            return _undecodable(source, encoding, read - pending + fault.start, *place)
    return None


def _record_of_fault(path: Path, encoding: str) -> tuple[int, str]:
    """The record and the cell that hold the first undecodable byte, as far as the file can be cut into them."""
    with path.open(encoding=encoding, errors="replace", newline="") as file, suppress(csv.Error):
        return next(((n, _garbled(row)) for n, row in enumerate(csv.reader(file)) if _garbled(row)), (0, ""))
    return 0, ""


def _garbled(row: list[str]) -> str:
    """The row's first cell with a sign that stands for bytes without meaning; empty: there is none."""
    return next((cell for cell in row if "\ufffd" in cell), "")


def _in(cell: str) -> str:
    return f", in {cell!r}" if cell else ""


def _byte(path: Path, offset: int) -> int:
    with path.open("rb") as file:
        file.seek(offset)
        return (file.read(1) or b"\0")[0]


def _bad_byte(path: Path) -> int:
    """The offset of the first byte that is no UTF-8."""
    decoder = codecs.getincrementaldecoder("utf-8")(errors="strict")
    read = pending = 0
    with path.open("rb") as file:
        try:
            while chunk := file.read(_CHUNK):
                pending = len(decoder.getstate()[0])
                decoder.decode(chunk)
                read += len(chunk)
            pending = len(decoder.getstate()[0])
            decoder.decode(b"", final=True)
        except UnicodeDecodeError as fault:
            return read - pending + fault.start
    return read


def _offset_of_nul(path: Path) -> int:
    """The offset of the first NUL byte."""
    read = 0
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            if b"\0" in chunk:
                return read + chunk.index(b"\0")
            read += len(chunk)
    return read


def _with_header(source: Source, path: Path, delimiter: str, quote: str | None) -> CsvFile | Finding:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            first = next(csv.reader(file, _dialect(delimiter, quote)), [])
    except UnicodeDecodeError:
        offset = _bad_byte(path)
        return _undecodable(source, "utf-8", offset, *_record_of_fault(path, "utf-8"))
    except csv.Error as fault:
        return _unreadable(source, 0, _reason(fault))
    if not any(cell.strip() for cell in first):
        return error(
            "empty-file", source.shown, "header", "the file has no header", "its first line must name the columns"
        )
    if _has_bare_returns(path):
        return _unreadable(source, 0, "the lines end in bare carriage returns; save the file with LF or CRLF")
    headers = tuple(cell if cell.strip() else f"(column {n})" for n, cell in enumerate(first, start=1))
    return CsvFile(source, path, headers, delimiter, quote)


def _has_bare_returns(path: Path) -> bool:
    """Whether the file's lines end in carriage returns alone, which would make the whole file its own header."""
    with path.open("rb") as file:
        lines = b"".join(islice(file, 1))
    return b"\r" in lines.rstrip(b"\r\n") and lines.count(b'"') % 2 == 0


def _undecodable(source: Source, encoding: str, offset: int, record: int, cell: str) -> Finding:
    place = f"record {record}" if record else "header"
    other = "cp1252" if encoding == "utf-8" else "utf-8"
    message = f"the byte 0x{_byte(source.path, offset):02X} at offset {offset} is not valid {encoding}{_in(cell)}"
    return error("bad-encoding", source.shown, place, message, _encoding_hint(source, other))


def _encoding_hint(source: Source, encoding: str) -> str:
    return f'if the file is in another encoding, say so:\n  [exports.{source.export}.format]\n  encoding = "{encoding}"'


def _reason(fault: csv.Error) -> str:
    """What Python's reader says about quotes, in a person's words."""
    text = str(fault)
    if "expected after" in text:
        return "a quote closes inside a cell"
    return "a quote opens and never closes" if "unexpected end" in text else text


def _unreadable(source: Source, record: int, reason: str) -> Finding:
    place = f"record {record}" if record > 0 else ""
    hint = "export the file anew, or repair the quotes there; a quote inside a quoted cell is written twice"
    return error("unreadable-file", source.shown, place, f"the file cannot be read to its end: {reason}", hint)
