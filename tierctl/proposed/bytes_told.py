"""What a file is by its bytes: packed or not, a workbook, Parquet, or text in some encoding."""

import codecs
import gzip
import re
import shutil
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path

import zstandard

from tierctl.proposed.columns import Note

_CHUNK = 1 << 20
_GZIP, _ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
_PARQUET, _ZIP, _OLE = b"PAR1", b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_UNREAD = {
    b"%PDF": "a PDF",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    _OLE: "an old Excel workbook (.xls)",
}
_MARKS = (
    (codecs.BOM_UTF8, "utf-8", "UTF-8"),
    (codecs.BOM_UTF32_LE, "utf-32", "UTF-32"),
    (codecs.BOM_UTF32_BE, "utf-32", "UTF-32"),
    (codecs.BOM_UTF16_LE, "utf-16", "UTF-16"),
    (codecs.BOM_UTF16_BE, "utf-16", "UTF-16"),
)
_CONTROLS = bytes(n for n in range(1, 32) if n not in b"\t\n\r\x0b\x0c\x1a\x1b")
_NULS_OF_UTF16 = 0.2
_FEW_CONTROLS = 0.001
_SAMPLE = 4 << 20
# What Windows, the Mac and DOS called their letters; where the text tells nothing, the first is the one to expect.
_OLD = ("cp1252", "mac_roman", "cp1250", "cp850")
# What typographers put before and behind words: quotes, dashes, dots and marks.
_OPENING = "\u201c\u201e\u201a\u2018\u00ab\u2013\u2022\u20ac\u00a3"
_CLOSING = "\u201d\u201c\u2019\u00bb\u2013\u2026\u2122\u00ae\u00a9\u00b0\u20ac\u00a3"
_WORD = re.compile(rb"[A-Za-z\x80-\xff]*[\x80-\xff][A-Za-z\x80-\xff]*")


class SetAsideError(Exception):
    """A file that is no table, with the code of the finding that says so."""

    def __init__(self, code: str, reason: str) -> None:
        self.code = code
        super().__init__(reason)


@dataclass(frozen=True)
class Encoding:
    """A text's encoding as tierctl.toml says it; `bad_at` is the offset of the first byte that is no UTF-8."""

    name: str
    note: Note | None = None
    has_mark: bool = False
    bad_at: int | None = None


def packing(path: Path) -> str:
    """How the file is compressed: gzip, zstd, or not (empty)."""
    start = _start(path)
    return "gzip" if start.startswith(_GZIP) else "zstd" if start.startswith(_ZSTD) else ""


def unpacked(path: Path, packed: str, target: Path) -> Path:
    """Unpacks a file to `target`, chunk by chunk.

    Raises:
        SetAsideError: it is cut short or damaged.
    """
    try:
        with path.open("rb") as file, target.open("wb") as out:
            if packed == "gzip":
                with gzip.open(file) as content:
                    shutil.copyfileobj(content, out, _CHUNK)
            else:
                zstandard.ZstdDecompressor().copy_stream(file, out)
    except (EOFError, gzip.BadGzipFile, zlib.error, zstandard.ZstdError) as fault:
        raise SetAsideError("unreadable-file", f"it is {packed}, cut short or damaged: {fault}") from fault
    return target


def told(path: Path) -> str:
    """What the file is: parquet, xlsx or text.

    Raises:
        SetAsideError: something else, or nothing at all.
    """
    start = _start(path)
    if not start.strip(b"\xef\xbb\xbf\r\n\t "):
        raise SetAsideError("empty-file", "the file is empty")
    if start.startswith(_PARQUET):
        return "parquet"
    if start.startswith(_ZIP):
        return _of_zip(path)
    for sign, what in _UNREAD.items():
        if start.startswith(sign):
            raise SetAsideError("unsupported-file", f"it is {what}")
    return "text"


def encoding_of(path: Path) -> Encoding:
    """The encoding of a text file: by its mark, else UTF-8 where every byte is, else what its letters look like.

    Raises:
        SetAsideError: it is no text.
    """
    start = _start(path)
    for mark, name, said in _MARKS:
        if start.startswith(mark):
            return Encoding(name, None if name == "utf-8" else Note("encoding", f"its mark says {said}"), has_mark=True)
    nuls, controls, size, bad_at = _counted(path)
    if sum(nuls):
        return _wide(nuls, size)
    if controls > _FEW_CONTROLS * size:
        raise SetAsideError("unsupported-file", "it is no text")
    return Encoding("utf-8") if bad_at is None else _old(path, bad_at)


def _start(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(64)


def _of_zip(path: Path) -> str:
    try:
        with zipfile.ZipFile(path) as file:
            names = set(file.namelist())
    except (zipfile.BadZipFile, OSError) as fault:
        raise SetAsideError("unreadable-file", f"it is a zip file, cut short or damaged: {fault}") from fault
    if "xl/workbook.xml" in names:
        return "xlsx"
    what = {"xl/workbook.bin": "a binary workbook (.xlsb)", "content.xml": "an OpenDocument file (.ods)"}
    raise SetAsideError("unsupported-file", f"it is {next((what[n] for n in what if n in names), 'a zip archive')}")


def _counted(path: Path) -> tuple[tuple[int, int], int, int, int | None]:
    """NUL bytes at even and at odd places, other signs of no text, the size, and the first byte that is no UTF-8."""
    decoder = codecs.getincrementaldecoder("utf-8")(errors="strict")
    even = odd = controls = size = 0
    bad_at: int | None = None
    with path.open("rb") as file:
        while True:
            chunk = file.read(_CHUNK)
            if bad_at is None:
                bad_at = _bad_place(decoder, chunk, size)
            if not chunk:
                return (even, odd), controls, size, bad_at
            even, odd = even + chunk[::2].count(0), odd + chunk[1::2].count(0)
            controls += len(chunk) - len(chunk.translate(None, _CONTROLS))
            size += len(chunk)


def _bad_place(decoder: codecs.IncrementalDecoder, chunk: bytes, read: int) -> int | None:
    pending = len(decoder.getstate()[0])
    try:
        decoder.decode(chunk, final=not chunk)
    except UnicodeDecodeError as fault:
        return read - pending + fault.start
    return None


def _wide(nuls: tuple[int, int], size: int) -> Encoding:
    """UTF-16 without its mark: of most of its signs one byte is NUL, always the same one of the two."""
    even, odd = nuls
    for name, many, few in (("utf-16-le", odd, even), ("utf-16-be", even, odd)):
        if many > _NULS_OF_UTF16 * size and not few:
            return Encoding(name, Note("encoding", f"every second byte is NUL, as in {name} without a mark", "likely"))
    raise SetAsideError("nul-byte", "it holds NUL bytes, which no text does")


def _old(path: Path, bad_at: int) -> Encoding:
    with path.open("rb") as file:
        file.seek(max(0, bad_at - 64))
        words = [word for word in set(_WORD.findall(file.read(_SAMPLE))) if len(word) > 1]
    misfits = {name: sum(not _is_word(word, name) for word in words) for name in _OLD}
    best = min(_OLD, key=lambda name: misfits[name])
    # Another one has to make sense of words of which cp1252 makes none, and of nearly all of them.
    if not (misfits["cp1252"] > len(words) / 2 and misfits[best] <= len(words) / 10):
        best = "cp1252"
    others = [name for name in _OLD if name != best and misfits[name] == misfits[best]] if words else []
    said = f"; {' and '.join(others)} would read other letters" if others else ""
    return Encoding(best, Note("encoding", f"{best} reads it{said}", "likely"), bad_at=bad_at)


def _is_word(word: bytes, encoding: str) -> bool:
    """Whether a word looks like one: letters only, and no capital in the midst of small ones."""
    try:
        text = word.decode(encoding)
    except UnicodeDecodeError:
        return False
    letters = text.lstrip(_OPENING).rstrip(_CLOSING).replace("\u2019", "")
    are_letters = all(sign.isalpha() and sign not in "ªº" for sign in letters)
    return are_letters and (not letters[1:] or letters[1:].islower() or letters.isupper())
