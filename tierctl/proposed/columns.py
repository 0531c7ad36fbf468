"""What one file of a folder holds: its columns with every distinct text, and what was noticed on the way.

The values that the rest of `tierctl.proposed` reads; how they are found is the business of `seen` and its rooms.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import polars as pl

How = Literal["sure", "likely", "open", "none"]
"""How certain something is: sure, likely, open (several answers fit), or that there is no answer at all."""

Kind = Literal["csv", "parquet", "xlsx"]

CELL_KINDS = ("text", "date", "number", "boolean")
TEXTS = pl.Schema({"text": pl.String(), "rows": pl.Int64(), "record": pl.Int64(), "cell": pl.Enum(CELL_KINDS)})
"""The columns of a column's distinct texts; see `SeenColumn.texts`."""


@dataclass(frozen=True)
class Note:
    """What was noticed about a file: `key` says about what, `said` is a sentence for a person.

    Keys: encoding, extension, compression, lines (ends of lines), delimiter, quote, header (where it stands), headers
    (how they are written), footer, ragged, blank, repeated (a header that stands again among the rows), sheet, capped.
    `how` says how sure the answer is that the file's field of that name gives.
    """

    key: str
    said: str
    how: How = "sure"


@dataclass(frozen=True)
class SeenColumn:
    """One column of a file.

    `header` is what stands above it, as written (`(column 3)` where nothing does); `place` counts from 1. `texts` has
    one row per distinct text that is not blank, in order of first record: `text` with the blanks around it taken off,
    `rows` that have it, `record`, the first of them, and `cell`: what kind of cell the file itself says it is (always
    text in CSV; a date, number or boolean in workbooks and Parquet, whose texts are then ISO dates, plain numbers and
    true or false). Of a column with very many distinct texts `texts` holds the first ones, and `whole` is a Parquet
    file with all of them. `filled` rows have a cell that is not blank; `distinct` is exact.
    """

    header: str
    place: int
    texts: pl.DataFrame
    filled: int
    distinct: int
    whole: Path | None = None

    def all_texts(self) -> pl.LazyFrame:
        """Every distinct text, as in `texts`, also where that holds only the first ones."""
        return self.texts.lazy() if self.whole is None else pl.scan_parquet(self.whole, glob=False)


@dataclass(frozen=True)
class SeenFile:
    """One table of the folder: a CSV or Parquet file, or one sheet of a workbook.

    `path` is where it lies, `name` its file name, `sheet` the sheet's name (empty: no workbook) and `sheets` how many
    visible sheets of the workbook hold rows. `encoding`, `delimiter` and `quote` are as tierctl.toml says them (empty
    for what is no text file; quote empty: quotes mean nothing). `header_row` counts from 1 (0: it has none, and its
    columns are called `(column 1)` and so on), `footer_rows` are the last records that are no data, `rows` those that
    are. `compression` is gzip, zstd or empty. `table` is a Parquet copy of its rows, every cell as text and trimmed,
    blank ones null, with the column `record`; its columns are named by their places, "1" and so on.
    """

    path: Path
    name: str
    kind: Kind
    sheet: str
    encoding: str
    delimiter: str
    quote: str
    header_row: int
    footer_rows: int
    rows: int
    columns: tuple[SeenColumn, ...]
    notes: tuple[Note, ...]
    table: Path
    compression: str = ""
    sheets: int = 0

    @property
    def headers(self) -> tuple[str, ...]:
        """The headers in order, as written."""
        return tuple(column.header for column in self.columns)

    def how(self, key: str) -> How:
        """How sure the least sure note of that key is; sure where nothing was noticed."""
        said = {note.how for note in self.notes if note.key == key}
        return next((how for how in ("open", "likely") if how in said), "sure")

    def scan(self) -> pl.LazyFrame:
        """The rows, as `table` holds them."""
        return pl.scan_parquet(self.table, glob=False)
