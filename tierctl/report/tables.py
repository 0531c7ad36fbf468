"""One report table as a file: CSV, Parquet or JSON, exact and the same bytes on every run.

A table is a frame, or, where it may be too long for one, lies in files of its own; how it is cut into these makes no
difference to what is written.

Numbers are written without exponent and without trailing zeros (24999.500000 is `24999.5`), dates as ISO text,
booleans as true and false. An empty cell is nothing at all in CSV and null in JSON; an empty text is `""` in both.
CSV is UTF-8 with a header, LF line ends and quotes only where a cell needs them; a text that a spreadsheet would take
for a formula has an apostrophe before it, see `csv_cells`. JSON is an array with one object a line whose numbers never
pass through a float. The caller sorts the rows: a table is written in the order it has.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeAlias

import polars as pl

from tierctl.disk import disk_faults
from tierctl.report.csv_cells import guarded
from tierctl.report.formats import TABLE_FORMATS, Format

# Rows turned into text at a time, so that memory stays bounded however long the table is.
_SLICE: Final = 100_000
_ROW_GROUP: Final = 131_072
_ZSTD_LEVEL: Final = 3
_JSON_ESCAPES: Final = {
    **{chr(code): f"\\u{code:04x}" for code in range(0x20)},
    "\n": "\\n",
    "\r": "\\r",
    "\t": "\\t",
    '"': '\\"',
    "\\": "\\\\",
}


@dataclass(frozen=True)
class Filed:
    """A table that lies in Parquet files, its rows in order from file to file; it may lie in none."""

    schema: pl.Schema
    files: tuple[Path, ...]
    height: int

    def scan(self) -> pl.LazyFrame:
        """All rows, in order."""
        return pl.scan_parquet(list(self.files), glob=False) if self.files else self.schema.to_frame().lazy()

    def is_empty(self) -> bool:
        """Whether it has no rows."""
        return not self.height

    def iter_slices(self, n_rows: int) -> Iterator[pl.DataFrame]:
        """The rows in order, at most so many at a time, with one file in memory."""
        for file in self.files:
            yield from pl.read_parquet(file, glob=False).iter_slices(n_rows)


Table: TypeAlias = pl.DataFrame | Filed


def write_table(df: Table, path: Path, format_: Format) -> None:
    """Write the table to a file of that format, in its own order of rows and columns.

    Raises:
        TypeError: a column is of a type that no contract has, a float among others.
        OSError: the file cannot be written.
        ValueError: the format has no file for a single table.
    """
    if format_ not in TABLE_FORMATS:
        raise ValueError(f"{format_} has no file for a single table")
    texts = {name: plain_text(name, dtype) for name, dtype in df.schema.items()}
    if format_ is Format.PARQUET:
        lf = df.scan() if isinstance(df, Filed) else df.rechunk().lazy()
        with disk_faults():
            lf.sink_parquet(
                path, compression="zstd", compression_level=_ZSTD_LEVEL, row_group_size=_ROW_GROUP, statistics=True
            )
        return
    with path.open("w", encoding="utf-8", newline="") as file:
        file.writelines(_csv(df, texts) if format_ is Format.CSV else _json(df, texts))


def json_text(df: pl.DataFrame) -> str:
    """The table as the JSON array that `write_table` would write, without the last line end."""
    return "".join(_json(df, {name: plain_text(name, dtype) for name, dtype in df.schema.items()})).rstrip("\n")


def _csv(df: Table, texts: dict[str, pl.Expr]) -> Iterator[str]:
    yield ",".join(texts) + "\n"
    numbers = [text.alias(name) for name, text in texts.items() if isinstance(df.schema[name], pl.Decimal)]
    words = [guarded(text).alias(name) for name, text in texts.items() if is_text(df.schema[name])]
    for part in df.iter_slices(_SLICE):
        yield part.with_columns(*numbers, *words).write_csv(include_header=False, quote_style="necessary")


def _json(df: Table, texts: dict[str, pl.Expr]) -> Iterator[str]:
    if df.is_empty():
        yield "[]\n"
        return
    cells: list[pl.Expr] = []
    for name, text in texts.items():
        is_bare = df.schema[name].is_numeric() or df.schema[name] == pl.Boolean
        cell = text if is_bare else _json_quoted(text)
        cells.append(pl.concat_str([pl.lit(f"{_json_quoted_name(name)}: "), cell.fill_null("null")]))
    row = pl.concat_str([pl.lit("{"), pl.concat_str(cells, separator=", "), pl.lit("}")])
    before = "[\n"
    for part in df.iter_slices(_SLICE):
        yield before + ",\n".join(part.select(row).to_series())
        before = ",\n"
    yield "\n]\n"


def plain_text(name: str, dtype: pl.DataType) -> pl.Expr:
    """The column's cells as plain text, null where they are empty."""
    if isinstance(dtype, pl.Decimal):
        digits = pl.col(name).cast(pl.String)
        return digits.str.strip_chars_end("0").str.strip_chars_end(".") if dtype.scale else digits
    if is_text(dtype) or dtype.is_integer() or dtype in {pl.Date, pl.Boolean}:
        return pl.col(name).cast(pl.String)
    raise TypeError(f"column {name} is of type {dtype}, which has no exact text")


def is_text(dtype: pl.DataType) -> bool:
    """Whether the cells are texts or words, and no numbers, dates or truth values."""
    return isinstance(dtype, pl.String | pl.Enum | pl.Categorical)


def _json_quoted(text: pl.Expr) -> pl.Expr:
    escaped = text.str.replace_many(list(_JSON_ESCAPES), list(_JSON_ESCAPES.values()))
    return pl.concat_str([pl.lit('"'), escaped, pl.lit('"')])


def _json_quoted_name(name: str) -> str:
    return '"' + "".join(_JSON_ESCAPES.get(letter, letter) for letter in name) + '"'
