"""Tables: files of one header, which are one export together, and what their columns can be read as."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Final, TypeVar

import polars as pl

from tierctl.proposed import readings
from tierctl.proposed.columns import SeenColumn, SeenFile
from tierctl.proposed.readings import Booleans, Dates, Numbers
from tierctl.proposed.word_ways import nothing_words

Reading = TypeVar("Reading")

_UNNAMED: Final = "(column "


def tidy(header: str) -> str:
    """A header as tierctl.toml may write it: trimmed, every run of blanks and line breaks one blank."""
    return " ".join(header.split())


@dataclass(frozen=True, eq=False)
class Table:
    """Files of one header: their columns with all their texts together, in the first file's order.

    Columns without a header, and those whose header stands twice in a file, are left out: nothing can name them.
    `repeated` has the latter's headers. What a column can be read as is looked at once, when it is first asked for.
    """

    files: tuple[SeenFile, ...]
    columns: tuple[SeenColumn, ...]
    repeated: tuple[str, ...]
    _read: dict[tuple[str, int], object] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        """How many rows the files have."""
        return sum(file.rows for file in self.files)

    @property
    def names(self) -> str:
        """The files' names, of many the first and the last."""
        names = [called(file) for file in self.files]
        return ", ".join(names) if len(names) <= 3 else f"{names[0]} to {names[-1]}"  # noqa: PLR2004  # at a glance

    def column(self, place: int) -> SeenColumn:
        """The column of that place."""
        return next(column for column in self.columns if column.place == place)

    def missing(self, column: SeenColumn) -> tuple[str, ...]:
        """Its words that stand for nothing: what stands for nothing in one column does so in all."""
        return self._once("missing", column, lambda: self._standing(column))

    @cached_property
    def nothing(self) -> frozenset[str]:
        """The words that stand for nothing in some column."""
        return frozenset(word for column in self.columns for word in readings.missing_words(column))

    def _standing(self, column: SeenColumn) -> tuple[str, ...]:
        alone = nothing_words(column)
        if alone and len(alone) == column.distinct:
            return alone
        texts = column.all_texts().filter(pl.col("text").is_in(sorted(self.nothing)))
        return tuple(texts.select("text").collect().to_series()) if self.nothing else ()

    def filled(self, column: SeenColumn) -> int:
        """How many rows have a cell that stands for something."""
        said = self.missing(column)
        nothing = column.all_texts().filter(pl.col("text").is_in(said)).select(pl.col("rows").sum()) if said else None
        return column.filled - (int(nothing.collect().item() or 0) if nothing is not None else 0)

    def dates(self, column: SeenColumn) -> Dates:
        """As which dates its cells can be read."""
        return self._once("dates", column, lambda: readings.dates(column, self.missing(column)))

    def numbers(self, column: SeenColumn) -> Numbers:
        """As which numbers its cells can be read."""
        return self._once("numbers", column, lambda: readings.numbers(column, self.missing(column)))

    def booleans(self, column: SeenColumn) -> Booleans:
        """Whether its words mean true and false."""
        return self._once("booleans", column, lambda: readings.booleans(column, self.missing(column)))

    def words(self, column: SeenColumn, most: int) -> list[str] | None:
        """Its distinct texts but for those that stand for nothing, in order of first record; None: more than `most`."""
        if column.distinct > most:
            return None
        return [text for text in column.texts["text"].to_list() if text not in self.missing(column)]

    def _once(self, kind: str, column: SeenColumn, read: Callable[[], Reading]) -> Reading:
        key = (kind, column.place)
        if key not in self._read:
            self._read[key] = read()
        return self._read[key]  # type: ignore[return-value]  # what was put there


def called(file: SeenFile) -> str:
    """How a person would call a file: by its name, and its sheet where it has several."""
    return f"{file.name} ({file.sheet})" if file.sheet and file.sheets > 1 else file.name


def tables(files: Iterable[SeenFile], spool: Path) -> list[Table]:
    """The files by their headers: those that have the same ones, in whatever order, make one table.

    Files that are read differently, by their kind, delimiter, header's row or sheet, are tables of their own.

    Args:
        files: as seen; those without a header are left out.
        spool: a folder for the texts of columns that have very many.
    """
    alike: dict[object, list[SeenFile]] = {}
    for file in files:
        if file.header_row:
            alike.setdefault(_shape(file), []).append(file)
    return [table_of(group, spool / f"table-{number}") for number, group in enumerate(alike.values())]


def _shape(file: SeenFile) -> object:
    written = (file.kind, file.delimiter, file.quote, file.header_row, file.footer_rows)
    return frozenset(Counter(tidy(header) for header in file.headers).items()), written, file.sheet


def table_of(files: Sequence[SeenFile], spool: Path) -> Table:
    """Files of one header as one table."""
    counts = Counter(tidy(header) for header in files[0].headers)
    repeated = tuple(header for header, count in counts.items() if count > 1)
    firsts = [
        column
        for column in files[0].columns
        if tidy(column.header) and tidy(column.header) not in repeated and not column.header.startswith(_UNNAMED)
    ]
    if len(files) == 1:
        return Table(tuple(files), tuple(firsts), repeated)
    merged = [_merged([_like(column, file) for file in files], spool) for column in firsts]
    return Table(tuple(files), tuple(merged), repeated)


def _like(column: SeenColumn, file: SeenFile) -> SeenColumn:
    return next(each for each in file.columns if tidy(each.header) == tidy(column.header))


def _merged(columns: list[SeenColumn], spool: Path) -> SeenColumn:
    """A column of several files as one: each text with all its rows and its first record, in the files' order."""
    parts = [each.all_texts().with_columns(file=pl.lit(number)) for number, each in enumerate(columns)]
    firsts = [pl.col(name).first() for name in ("record", "cell", "file")]
    texts = pl.concat(parts).group_by("text", maintain_order=True).agg(pl.col("rows").sum(), *firsts)
    ordered = texts.sort("file", "record").select("text", "rows", "record", "cell")
    first, filled = columns[0], sum(each.filled for each in columns)
    if all(each.whole is None for each in columns):
        together = ordered.collect()
        return SeenColumn(first.header, first.place, together, filled, together.height)
    spool.mkdir(parents=True, exist_ok=True)
    whole = spool / f"{first.place}.parquet"
    ordered.sink_parquet(whole)
    kept = pl.scan_parquet(whole, glob=False)
    distinct = int(kept.select(pl.len()).collect().item())
    return SeenColumn(first.header, first.place, kept.head(first.texts.height).collect(), filled, distinct, whole)
