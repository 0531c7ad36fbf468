"""From the bytes of a text file to its text: how it is written as a whole, and where a byte in it means nothing."""

import codecs
import csv
import io
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

from tierctl.findings import CannotRunError, Finding, error
from tierctl.ingest.files import Source
from tierctl.ingest.unpacked import chunks

if TYPE_CHECKING:
    from tierctl.export_format import Format

_MARK = "\ufeff"  # of the order of bytes, which is no text
_LINES_BEGUN_BY_MARKS = (f"\n{_MARK}", f"\r{_MARK}")
_UTF16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_UTF32_MARKS = (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)
_LONGEST_MARK = 4
_LARGEST_CELL = 1 << 30


@dataclass(frozen=True)
class Shape:
    """How a text file is written as a whole: its encoding by its usual name, the signs of CSV, where its rows stand."""

    encoding: str
    delimiter: str
    quote: str | None
    header_row: int = 1
    footer_rows: int = 0

    @property
    def is_wide(self) -> bool:
        """Whether a character takes two bytes or four, so that a NUL among them may be sound."""
        return self.encoding.startswith(("utf-16", "utf-32"))


def shape_of(source: Source, fmt: "Format") -> Shape:
    """How a file is written: as its own mark and its extension say, and else as tierctl.toml does.

    A mark of UTF-8 at the file's start outranks whatever is configured, as no text begins with these signs otherwise; a
    mark of UTF-16 outranks UTF-8, which such a file can never be.

    Raises:
        CannotRunError: the file is packed, and what is packed is damaged.
    """
    name = codecs.lookup(fmt.encoding).name
    start = next(chunks(source), b"")[:_LONGEST_MARK]
    if start.startswith(codecs.BOM_UTF8) or name == "utf-8-sig":
        name = "utf-8"
    elif start.startswith(_UTF16_MARKS) and name == "utf-8":
        name = "utf-32" if start in _UTF32_MARKS else "utf-16"
    is_tab = source.is_cut_at_tabs and "delimiter" not in fmt.model_fields_set
    return Shape(name, "\t" if is_tab else fmt.delimiter, fmt.quoteChar or None, fmt.headerRow, fmt.footerRows)


def dialect(shape: Shape, *, is_strict: bool) -> type[csv.Dialect]:
    """The signs of CSV for Python's own reader, which takes stray quotes as they come unless it is strict."""

    class _Dialect(csv.excel):
        delimiter = shape.delimiter
        quotechar = shape.quote
        quoting = csv.QUOTE_MINIMAL if shape.quote else csv.QUOTE_NONE
        strict = is_strict

    csv.field_size_limit(_LARGEST_CELL)
    return _Dialect


def decoded(source: Source, shape: Shape) -> Iterator[str]:
    """The file's text, chunk by chunk, without a mark at its start; no chunk is empty.

    Raises:
        CannotRunError: bytes mean nothing in the encoding, a mark of the order of bytes begins a further line, or the
            file cannot be unpacked to its end.
    """
    decoder = codecs.getincrementaldecoder(shape.encoding)(errors="strict")
    mark, last, read, pending = _MARK, "", 0, 0
    try:
        for chunk in chain(chunks(source), (b"",)):
            pending = len(decoder.getstate()[0])
            text = decoder.decode(chunk, not chunk)
            read += len(chunk)
            if text:
                text, mark = text.removeprefix(mark), ""
                if any(begun in last + text for begun in _LINES_BEGUN_BY_MARKS):
                    raise CannotRunError([_mark_inside(source, shape)])
                last = text[-1:]
                yield from filter(None, [text])
    except UnicodeDecodeError as fault:
        raise CannotRunError([_undecodable(source, shape, read - pending + fault.start)]) from fault


def decoding_fault(source: Source, shape: Shape) -> Finding | None:
    """The finding for the first byte of a file that means nothing in the encoding; None: every byte does."""
    try:
        for _ in decoded(source, shape):
            pass
    except CannotRunError as fault:
        return fault.findings[0]
    return None


def mark_inside(source: Source, shape: Shape) -> Finding | None:
    """The finding for a file of UTF-8 in which a mark begins a line but the first; None: none does.

    Inside a line it is a sign as any other: text that was copied out of a page brings it along.
    """
    begun, end = [line.encode() for line in _LINES_BEGUN_BY_MARKS], b""
    for chunk in chunks(source):
        if any(line in end + chunk for line in begun):
            return _mark_inside(source, shape)
        end = chunk[1 - len(begun[0]) :]
    return None


def lines(texts: Iterable[str]) -> Iterator[str]:
    """Text cut behind its line feeds, and nowhere else."""
    rest = ""
    for text in texts:
        *whole, rest = (rest + text).split("\n")
        yield from (f"{line}\n" for line in whole)
    if rest:
        yield rest


def of_nul(source: Source, shape: Shape) -> Finding:
    """The finding for a file that holds NUL bytes, and hence no text of its encoding."""
    offset = 0
    for chunk in chunks(source):
        if b"\0" in chunk:
            offset += chunk.index(b"\0")
            break
        offset += len(chunk)
    message = f"the byte at offset {offset} is NUL, which no {shape.encoding} text holds"
    return error("nul-byte", source.shown, "", message, _encoding_hint(source, "utf-16"))


def _undecodable(source: Source, shape: Shape, offset: int) -> Finding:
    record, cell = _record_with("\ufffd", source, shape)
    byte = next(_bytes_from(source, offset), b"\0")[0]
    told = f", in {cell!r}" if cell else ""
    message = f"the byte 0x{byte:02X} at offset {offset} is not valid {shape.encoding}{told}"
    other = "cp1252" if shape.encoding == "utf-8" else "utf-8"
    return error("bad-encoding", source.shown, _place(record), message, _encoding_hint(source, other))


def _mark_inside(source: Source, shape: Shape) -> Finding:
    record, cell = _record_with(_MARK, source, shape)
    told = f", in {cell!r}" if cell else ""
    message = f"a byte-order mark begins a line inside the text{told}: another file begins there"
    hint = 'name files that were put together one by one, as in path = ["a.csv", "b.csv"], or take the mark out'
    return error("bad-encoding", source.shown, _place(record), message, hint)


def _place(record: int) -> str:
    """Neither the header nor what stands above it has a record's number."""
    return f"record {record}" if record > 0 else "header"


def _record_with(sign: str, source: Source, shape: Shape) -> tuple[int, str]:
    """The record and the cell that hold a sign first, as far as the file can be cut into them.

    The sign of bytes without meaning is U+FFFD. A mark at the file's start is none of its text.
    """
    decoder = io.IncrementalNewlineDecoder(codecs.getincrementaldecoder(shape.encoding)(errors="replace"), True)
    texts: Iterator[str] = (decoder.decode(chunk, not chunk) for chunk in chain(chunks(source), (b"",)))
    texts = chain([next(texts).removeprefix(_MARK)], texts)
    with suppress(csv.Error):
        rows = enumerate(csv.reader(lines(texts), dialect(shape, is_strict=False)), start=1)
        found = ((n - shape.header_row, cell) for n, row in rows for cell in row if sign in cell)
        return next(found, (0, ""))
    return 0, ""


def _bytes_from(source: Source, offset: int) -> Iterator[bytes]:
    before = 0
    for chunk in chunks(source):
        if offset < before + len(chunk):
            yield chunk[offset - before :]
        before += len(chunk)


def _encoding_hint(source: Source, encoding: str) -> str:
    return f'if the file is in another encoding, say so:\n  [exports.{source.export}.format]\n  encoding = "{encoding}"'
