"""The rows that a review read, written as a close keeps them: what later months are compared with, row by row."""

from collections.abc import Mapping
from pathlib import Path

import polars as pl

from tierctl.ingest.export import Export

_ROW_GROUP = 131_072
_ZSTD_LEVEL = 3


def write_inputs(exports: Mapping[str, Export], folder: Path) -> list[tuple[str, int]]:
    """Write the accepted rows of every export as `EXPORT/part-0000.parquet` and so on, one file for each part.

    Rows of Parquet files that are read where they lie are written too. The rows stand in the order in which they are
    read, so that the same files give the same bytes; what no row is in has its columns still. No export is ever whole
    in memory.

    Args:
        exports: what was read, by name.
        folder: the folder of the inputs; it is made where it does not exist.

    Returns:
        Every file: its path relative to the folder, with `/`, and how many rows it holds; sorted by path.

    Raises:
        OSError: a file cannot be written.
    """
    return [
        _write(part, folder, f"{name}/part-{number:04}.parquet")
        for name, export in sorted(exports.items())
        for number, part in enumerate(export.parts)
    ]


def _write(part: pl.LazyFrame, folder: Path, relative: str) -> tuple[str, int]:
    path = folder / relative
    path.parent.mkdir(parents=True, exist_ok=True)
    part.sink_parquet(
        path, compression="zstd", compression_level=_ZSTD_LEVEL, row_group_size=_ROW_GROUP, statistics=True
    )
    return relative, int(pl.scan_parquet(path, glob=False).select(pl.len()).collect().item())
