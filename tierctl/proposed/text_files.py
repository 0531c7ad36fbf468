"""A text file seen: its encoding, line ends, delimiter, quotes, header and footer, and the table that they make."""

import codecs
import csv
import inspect
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import polars as pl

from tierctl.proposed.bytes_told import Encoding, SetAsideError, encoding_of
from tierctl.proposed.cell_looks import plain
from tierctl.proposed.columns import Note
from tierctl.proposed.counted import RECORD, Counted, count_table
from tierctl.proposed.dialects import Dialect, find_dialect, without_quotes

_CHUNK = 1 << 20
_LONGEST_SEARCH = 200_000
# As in ingest: without a header Polars counts the first row's cells unless told what to do with uneven rows.
_UNEVEN_ROWS: dict[str, Any] = {
    word: value
    for word, value in {"missing_columns": "insert", "extra_columns": "ignore"}.items()
    if word in inspect.signature(pl.scan_csv).parameters
}


@dataclass(frozen=True)
class Text:
    """What a text file holds: how it is written, and its table."""

    encoding: str
    dialect: Dialect
    headers: tuple[str, ...]
    table: Counted
    notes: tuple[Note, ...]


def see_text(path: Path, spool: Path, name: str) -> Text:
    """Looks at a text file.

    Args:
        path: the file, unpacked.
        spool: an existing folder for copies.
        name: what they are called.

    Raises:
        SetAsideError: it is no text, or no table.
    """
    encoding = encoding_of(path)
    utf8 = path if encoding.name == "utf-8" else _as_utf8(path, encoding.name, spool / f"{name}-utf8.txt")
    utf8, notes = _with_line_ends(utf8, spool / f"{name}-lines.txt")
    try:
        dialect, said = find_dialect(utf8)
        headers = _headers(dialect)
        dialect, table, quotes = _counted(utf8, dialect, headers, spool / name)
        uneven = _ragged(utf8, dialect, table.ends_at)
    except (pl.exceptions.PolarsError, csv.Error) as fault:
        raise SetAsideError("unreadable-file", f"it cannot be read to its end: {_reason(fault)}") from fault
    if encoding.note is not None:
        notes = [_encoding_note(path, encoding, dialect), *notes]
    notes += [*said, *quotes, *_header_notes(dialect, headers), *uneven, *table.notes]
    return Text(encoding.name, dialect, headers, table, tuple(notes))


def _counted(path: Path, dialect: Dialect, headers: Sequence[str], at: Path) -> tuple[Dialect, Counted, list[Note]]:
    """The table, and the dialect that reads it: quotes that only stand inside cells, far down, quote nothing."""
    try:
        return dialect, count_table(_scan(path, dialect), headers, at.parent, at.name), []
    except pl.exceptions.PolarsError as fault:
        other = without_quotes(dialect)
        if other is None:
            raise SetAsideError("unreadable-file", _broken(path, dialect, fault)) from fault
        return other[0], count_table(_scan(path, other[0]), headers, at.parent, at.name), [other[1]]


def _broken(path: Path, dialect: Dialect, fault: Exception) -> str:
    """Why a text cannot be read to its end, with the record where a quote opens or closes inside a cell."""
    record = 0
    with path.open(encoding="utf-8-sig", newline="\n") as file:
        body = islice(file, dialect.lines, None)
        rows = csv.reader(body, delimiter=dialect.delimiter, quotechar=dialect.quote or None, strict=True)
        try:
            for record, cells in enumerate(rows, start=1):
                if dialect.quote and any(cell.count(dialect.quote) % 2 for cell in cells):
                    return f"a quote opens or closes inside a cell of record {record}"
        except csv.Error:
            return f"a quote opens or closes inside a cell of record {record + 1}"
    return f"it cannot be read to its end: {_reason(fault)}"


def _reason(fault: Exception) -> str:
    text = (str(fault).splitlines() or ["no reason given"])[0]
    return "carriage returns stand alone in some lines" if text.startswith("new-line character") else text


def _as_utf8(path: Path, encoding: str, target: Path) -> Path:
    decoder = codecs.getincrementaldecoder(encoding)(errors="strict")
    try:
        with path.open("rb") as file, target.open("wb") as out:
            while chunk := file.read(_CHUNK):
                out.write(decoder.decode(chunk).encode())
            out.write(decoder.decode(b"", final=True).encode())
    except UnicodeDecodeError as fault:
        raise SetAsideError("bad-encoding", f"it looks like {encoding} and is not valid: {fault}") from fault
    return target


def _with_line_ends(path: Path, target: Path) -> tuple[Path, list[Note]]:
    """The text itself, or where its lines end in CR alone a copy with LF."""
    feeds = returns = 0
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            feeds, returns = feeds + chunk.count(b"\n"), returns + chunk.count(b"\r")
    if feeds or not returns:
        return path, []
    with path.open("rb") as file, target.open("wb") as out:
        while chunk := file.read(_CHUNK):
            out.write(chunk.replace(b"\r", b"\n"))
    return target, [Note("lines", "its lines end in carriage returns alone, as on a Mac of old")]


def _headers(dialect: Dialect) -> tuple[str, ...]:
    cells = dialect.records[dialect.header.at] if dialect.header.exists else [""] * dialect.width
    return tuple(cell if cell.strip() else f"(column {n})" for n, cell in enumerate(cells, start=1))


def _header_notes(dialect: Dialect, headers: Sequence[str]) -> list[Note]:
    header = dialect.header
    if not header.exists:
        return [Note("header", f"it has no header: {header.why}", "open")]
    notes = []
    if header.at:
        above = next((cell for row in dialect.records[: header.at] for cell in row if cell.strip()), "")
        said = f"row {header.at + 1} names the columns; above it stand other rows"
        said += "" if not above else f", the first of them {above.strip()!r}"
        notes.append(Note("header", said, header.how))
    elif header.how != "sure":
        notes.append(Note("header", header.why, header.how))
    return notes + header_cells(headers)


def header_cells(headers: Sequence[str]) -> list[Note]:
    """What is odd about the headers themselves: blanks and line breaks in them, none at all, or one twice."""
    notes = []
    odd = next((header for header in headers if header != plain(header)), None)
    if odd is not None:
        notes.append(Note("headers", f"{odd!r} is read as {plain(odd)!r}"))
    blank = [str(n) for n, header in enumerate(headers, start=1) if header == f"(column {n})"]
    if blank:
        notes.append(Note("headers", f"nothing stands above column {', '.join(blank)}"))
    plains = [plain(header) for header in headers]
    twice = next((header for header in plains if plains.count(header) > 1), None)
    if twice is not None:
        places = ", ".join(str(n) for n, header in enumerate(plains, start=1) if header == twice)
        notes.append(Note("headers", f"{twice!r} stands above columns {places}", "open"))
    return notes


def _scan(path: Path, dialect: Dialect) -> pl.LazyFrame:
    return pl.scan_csv(
        path,
        has_header=False,
        skip_lines=dialect.lines,
        schema=dict.fromkeys((str(n) for n in range(1, dialect.width + 1)), pl.String()),
        separator=dialect.delimiter,
        quote_char=dialect.quote or None,
        truncate_ragged_lines=True,
        **_UNEVEN_ROWS,
        row_index_name=RECORD,
        row_index_offset=1,
        glob=False,
    ).with_columns(pl.col(RECORD).cast(pl.Int64))


def _ragged(path: Path, dialect: Dialect, ends_at: int | None) -> list[Note]:
    """How many records above the footer are narrower or wider than the table, and the first of each.

    Signs are counted line by line outside of quoted cells; where a quoted cell goes on in the next line Python has to
    count.
    """
    line = pl.col("line")
    lines = pl.scan_csv(
        path,
        has_header=False,
        schema={"line": pl.String},
        separator="\0",
        quote_char=None,
        skip_lines=dialect.lines,
        row_index_name=RECORD,
        row_index_offset=1,
        glob=False,
    ).filter(line.is_not_null() & (line.str.strip_chars() != ""))
    outside, quote = line, re.escape(dialect.quote)
    if quote:
        if lines.select((line.str.count_matches(quote) % 2 == 1).any()).collect(engine="streaming").item():
            return _uneven(_slow_widths(path, dialect), dialect.width, ends_at)
        outside = line.str.replace_all(f"{quote}[^{quote}]*{quote}", "")
    width = outside.str.count_matches(dialect.delimiter, literal=True).cast(pl.Int64) + 1
    uneven = lines.select(RECORD, width.alias("width")).filter(pl.col("width") != dialect.width)
    return _uneven(uneven.collect(engine="streaming"), dialect.width, ends_at)


def _slow_widths(path: Path, dialect: Dialect) -> pl.DataFrame:
    with path.open(encoding="utf-8-sig", newline="\n") as file:
        body = islice(file, dialect.lines, None)
        rows = csv.reader(
            body,
            delimiter=dialect.delimiter,
            quotechar=dialect.quote or None,
            quoting=csv.QUOTE_MINIMAL if dialect.quote else csv.QUOTE_NONE,
        )
        widths = [(n, len(row)) for n, row in enumerate(rows, start=1) if row and len(row) != dialect.width]
    return pl.DataFrame(widths, schema={RECORD: pl.Int64, "width": pl.Int64}, orient="row")


def _uneven(widths: pl.DataFrame, width: int, ends_at: int | None) -> list[Note]:
    notes = []
    widths = widths if ends_at is None else widths.filter(pl.col(RECORD) < ends_at)
    for what, is_so in (("fewer", pl.col("width") < width), ("more", pl.col("width") > width)):
        found = widths.filter(is_so).sort(RECORD)
        if found.height:
            record, cells = found.row(0)
            count = "1 record has" if found.height == 1 else f"{found.height} records have"
            said = f"{count} {what} than {width} cells, the first of them record {record} with {cells}"
            notes.append(Note("ragged", said))
    return notes


def _encoding_note(path: Path, encoding: Encoding, dialect: Dialect) -> Note:
    """The note on the encoding, with the byte, the record and the cell that show that the text is no UTF-8."""
    note = encoding.note or Note("encoding", "")
    if encoding.bad_at is None:
        return note
    with path.open("rb") as file:
        file.seek(encoding.bad_at)
        byte = file.read(1)[0]
    record, cell = _place_of_byte(path, dialect)
    where = "the header" if not record else f"record {record}" if record > 0 else f"the file (offset {encoding.bad_at})"
    shown = f" ({cell.decode(encoding.name, errors='replace').strip()!r})" if cell else ""
    return Note(note.key, f"0x{byte:02X} in {where}{shown} is no UTF-8; {note.said}", note.how)


def _place_of_byte(path: Path, dialect: Dialect) -> tuple[int, bytes]:
    """The record and the cell with the first byte that is no UTF-8; -1: too far down to be looked for."""
    first = dialect.header.at
    with path.open(encoding="ascii", errors="surrogateescape", newline=None) as file:
        rows = csv.reader(file, delimiter=dialect.delimiter, quotechar=dialect.quote or '"')
        for n, row in enumerate(islice(rows, _LONGEST_SEARCH)):
            for cell in row if not all(map(str.isascii, row)) else ():
                raw = cell.encode("ascii", "surrogateescape")
                if raw.decode("utf-8", "replace").count("\ufffd") > raw.count(b"\xef\xbf\xbd"):
                    return max(0, n - first), raw
    return -1, b""
