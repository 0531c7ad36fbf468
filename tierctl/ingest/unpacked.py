"""The bytes of a text file, chunk by chunk, unpacked on the way where the file is compressed."""

import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path

import zstandard

from tierctl.findings import CannotRunError, error
from tierctl.ingest.files import Source

_CHUNK = 1 << 20
_PACKED_CHUNK = 1 << 16  # so that what is unpacked at once stays small however well it was packed
_FAULTS = (EOFError, zlib.error, zstandard.ZstdError, gzip.BadGzipFile)


def chunks(source: Source) -> Iterator[bytes]:
    """What a text file holds, from its first byte to its last; no chunk is empty.

    Raises:
        CannotRunError: what is packed is damaged or cut short, which is known only once it is reached.
        OSError: the file cannot be read.
    """
    if source.packing is None:
        yield from _plain(source.path)
        return
    try:
        yield from _of_gzip(source.path) if source.packing == "gzip" else _of_zstd(source.path)
    except _FAULTS as fault:
        reason = "it is cut short" if isinstance(fault, EOFError) else str(fault)
        message = f"the file cannot be unpacked to its end as {source.packing}: {reason}"
        raise CannotRunError(
            [error("unreadable-file", source.shown, "", message, "copy or export the file anew")]
        ) from fault


def _plain(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            yield chunk


def _of_gzip(path: Path) -> Iterator[bytes]:
    with gzip.open(path, "rb") as file:
        while chunk := file.read(_CHUNK):
            yield chunk


def _of_zstd(path: Path) -> Iterator[bytes]:
    """Frame by frame, as a file may have several; that the last one ends is not asked by the library's own reader."""
    unpacking = None
    with path.open("rb") as file:
        while packed := file.read(_PACKED_CHUNK):
            while packed:
                if unpacking is None:
                    unpacking = zstandard.ZstdDecompressor().decompressobj()
                if chunk := unpacking.decompress(packed):
                    yield chunk
                packed = unpacking.unused_data if unpacking.eof else b""
                unpacking = None if unpacking.eof else unpacking
    if unpacking is not None:
        raise EOFError
