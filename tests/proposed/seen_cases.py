"""Folders of made-up exports, and columns of made-up texts."""

from pathlib import Path

import polars as pl

from tierctl.findings import Finding
from tierctl.proposed.columns import TEXTS, SeenColumn
from tierctl.proposed.seen import SeenFile, look


def column(*texts: str, cell: str = "text") -> SeenColumn:
    """A column with these cells, one a record."""
    df = (
        pl.DataFrame({"text": texts, "cell": [cell] * len(texts)}, schema={"text": pl.String, "cell": pl.String})
        .with_row_index("record", offset=1)
        .group_by("text", "cell", maintain_order=True)
        .agg(pl.len().alias("rows"), pl.col("record").first())
        .select(TEXTS.names())
        .cast(TEXTS)
    )
    return SeenColumn("Header", 1, df, len(texts), df.height)


def mixed(*cells: tuple[str, str]) -> SeenColumn:
    """A column of a workbook with these texts, each with the kind of its cell."""
    columns = [column(text, cell=kind) for text, kind in cells]
    df = pl.concat(each.texts.with_columns(record=pl.lit(n, dtype=pl.Int64)) for n, each in enumerate(columns, start=1))
    return SeenColumn("Header", 1, df, len(cells), len(cells))


def looked_at(folder: Path, **files: bytes) -> tuple[list[SeenFile], list[Finding]]:
    """What is seen in a folder with these files; `_` in a name stands for the point."""
    for name, content in files.items():
        (folder / name.replace("_", ".")).write_bytes(content)
    spool = folder / "spool"
    spool.mkdir()
    return look(folder, spool)


def seen(folder: Path, content: bytes, name: str = "a_csv") -> SeenFile:
    """The one table of a file."""
    files, _ = looked_at(folder, **{name: content})
    assert len(files) == 1
    return files[0]


def rows(file: SeenFile) -> list[tuple[str | None, ...]]:
    """The rows of a table without their records."""
    return file.scan().select(str(each.place) for each in file.columns).collect().rows()


def said(file: SeenFile, key: str) -> str:
    """What the notes of that key say."""
    return "; ".join(note.said for note in file.notes if note.key == key)
