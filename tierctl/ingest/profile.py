"""What each column of an export holds, as its files have it: how much of it is filled, how varied, what was rejected.

The files are read once more for it, so a check alone asks; a review never does.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import polars as pl

if TYPE_CHECKING:
    from tierctl.ingest.open import OpenExport, OpenFile

MOST_EXAMPLES: Final = 3
MOST_REJECTED: Final = 2
_LONGEST: Final = 200
_BATCH_ROWS: Final = 10_000
_TEXTS: Final = (pl.String, pl.Categorical, pl.Enum)
_WRITTEN_AS_TEXT: Final = (pl.Boolean, pl.Date, pl.Datetime, pl.Time, pl.Decimal)


@dataclass(frozen=True)
class ColumnProfile:
    """One column of an export, over all of its files.

    Attributes:
        column: our column; empty: nothing reads it.
        header: what it is called in the first of the files that have it; empty where no file has it.
        fixed: the text that the workspace gives every row in its place; None: it stands in the files.
        filled: the cells that hold something: neither blanks nor a word for nothing.
        distinct: how many different texts they hold.
        parsed: those of them that were read and are not rejected; None where nothing reads them.
        rejected: the rows that are rejected for what stands in this column, or is missing there.
        examples: its first different texts, as they are written; long ones are cut.
        rejected_examples: the first different texts for which rows were rejected.
    """

    column: str
    header: str
    fixed: str | None
    filled: int
    distinct: int
    parsed: int | None
    rejected: int
    examples: tuple[str, ...]
    rejected_examples: tuple[str, ...]


@dataclass
class _Column:
    """A column to be looked at: its header in each file that has it, and what stands for nothing there."""

    ours: str
    headers: dict[int, str] = field(default_factory=dict)
    words: dict[int, tuple[str, ...]] = field(default_factory=dict)


def profile(opened: "OpenExport", rejects: pl.DataFrame, rows: int) -> tuple[ColumnProfile, ...]:
    """The profiles of an export's columns: in the contract's order, then those that nothing reads, in the files'.

    Args:
        opened: its files.
        rejects: the report `rejects`.
        rows: how many rows its files have.
    """
    columns = _columns(opened)
    of_export = rejects.filter(pl.col("export") == opened.contract.name)
    refused = [_refused(of_export, column) for column in columns]
    lf = _texts(opened, columns)
    counts = _counts(lf, len(columns))
    examples = _examples(lf, counts, refused)
    seen = zip(columns, counts, examples, refused, strict=True)
    brought = [_of_files(column, of, texts, rejected) for column, of, texts, rejected in seen]
    fixed = [_of_workspace(name, text, rows, of_export) for name, text in opened.config.fixed.items()]
    places = {name: place for place, name in enumerate(opened.contract.names)}
    return tuple(sorted((*brought, *fixed), key=lambda of: places.get(of.column, len(places))))


def _of_files(
    column: _Column, counts: tuple[int, int], examples: Sequence[str], refused: pl.DataFrame
) -> ColumnProfile:
    filled, distinct = counts
    return ColumnProfile(
        column=column.ours,
        header=next(iter(column.headers.values())),
        fixed=None,
        filled=filled,
        distinct=distinct,
        parsed=filled - refused["value"].count() if column.ours else None,
        rejected=refused.height,
        examples=tuple(map(_cut, examples)),
        rejected_examples=tuple(map(_cut, _different(refused["value"]).head(MOST_REJECTED))),
    )


def _of_workspace(name: str, text: str, rows: int, of_export: pl.DataFrame) -> ColumnProfile:
    """Every row has the text; whether it could be read shows in what was rejected under our name."""
    rejected = _refused(of_export, _Column(name, {0: name})).height
    return ColumnProfile(
        column=name,
        header="",
        fixed=text,
        filled=rows,
        distinct=min(rows, 1),
        parsed=rows - rejected,
        rejected=rejected,
        examples=(_cut(text),) if rows else (),
        rejected_examples=(),
    )


def _refused(of_export: pl.DataFrame, column: _Column) -> pl.DataFrame:
    """One row per row that is rejected for the column, in order: its text there, null where it is empty."""
    if not column.ours:
        return of_export.clear()
    is_its = pl.col("column").is_in(list(dict.fromkeys(column.headers.values())))
    return of_export.filter(is_its).unique(["file", "record"], keep="first", maintain_order=True)


def _different(texts: pl.Series) -> pl.Series:
    return texts.drop_nulls().unique(maintain_order=True)


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def _columns(opened: "OpenExport") -> list[_Column]:
    """Those that the contract knows, in its order; then the others, in the files'."""
    ours = {name: _Column(name) for name in opened.contract.names}
    others: dict[str, _Column] = {}
    for place, file in enumerate(opened.files):
        for cell in (cell for cell in file.cells if cell.header in file.file.headers):
            ours[cell.field.name].headers[place] = cell.header
            ours[cell.field.name].words[place] = cell.patterns.missing_words
        for header in file.columns.unused:
            column = others.setdefault(header, _Column(""))
            column.headers[place] = header
            column.words[place] = tuple(word.strip() for word in ("", *opened.config.format.missingValues))
    return [column for column in (*ours.values(), *others.values()) if column.headers]


def _texts(opened: "OpenExport", columns: list[_Column]) -> pl.LazyFrame:
    """One row per row of the files, in order; a column for each by its number, as text, null where it is empty."""
    return pl.concat(
        file.file.scan().select(
            (_text(file, column, place) if place in column.headers else pl.lit(None, pl.String)).alias(str(number))
            for number, column in enumerate(columns)
        )
        for place, file in enumerate(opened.files)
    )


def _text(file: "OpenFile", column: _Column, place: int) -> pl.Expr:
    header = column.headers[place]
    raw, dtype = pl.col(header), file.file.raw_schema[header]
    if not (dtype.base_type() in (*_TEXTS, *_WRITTEN_AS_TEXT) or dtype.is_numeric()):
        return pl.when(raw.is_not_null()).then(pl.lit(f"({dtype})"))
    text = raw.cast(pl.String)
    bare = text.str.strip_chars()
    is_empty = (bare == "") if set(column.words[place]) == {""} else bare.is_in(list(set(column.words[place])))
    return pl.when(~is_empty).then(text)


def _counts(lf: pl.LazyFrame, columns: int) -> list[tuple[int, int]]:
    """How many cells of each column are filled, and how many different texts they hold."""
    names = [str(number) for number in range(columns)]
    asked = [
        expr
        for name in names
        for expr in (pl.col(name).count().alias(f"{name} filled"), pl.col(name).n_unique().alias(f"{name} distinct"))
    ]
    row = lf.select(*asked, pl.len().alias("rows")).collect(engine="streaming").row(0, named=True)
    # All empty cells together are one of the different ones.
    return [(row[f"{name} filled"], row[f"{name} distinct"] - (row[f"{name} filled"] < row["rows"])) for name in names]


def _examples(lf: pl.LazyFrame, counts: Sequence[tuple[int, int]], refused: Sequence[pl.DataFrame]) -> list[list[str]]:
    """The first different texts of each column; those are left out for which rows were rejected.

    Most columns show as many as are wanted among the first rows; the files are read on for the others alone.
    """
    left_out = [_different(of["value"]).str.strip_chars() for of in refused]
    wanted = [min(MOST_EXAMPLES, distinct - out.len()) for (_, distinct), out in zip(counts, left_out, strict=True)]
    found: list[list[str]] = [[] for _ in counts]

    def look(df: pl.DataFrame) -> list[str]:
        """The columns of which more is wanted, once the examples that these rows have are taken."""
        for name in df.columns:
            of = int(name)
            texts = _different(df[name])
            known = pl.Series(found[of], dtype=pl.String())
            is_new = ~texts.is_in(known.implode()) & ~texts.str.strip_chars().is_in(left_out[of].implode())
            found[of] += texts.filter(is_new).head(wanted[of] - len(found[of])).to_list()
        return [name for name in df.columns if len(found[int(name)]) < wanted[int(name)]]

    open_ = [str(number) for number, most in enumerate(wanted) if most > 0]
    open_ = look(lf.select(open_).head(_BATCH_ROWS).collect(engine="streaming")) if open_ else []
    batches = lf.select(open_).collect_batches(chunk_size=_BATCH_ROWS, maintain_order=True) if open_ else iter(())
    while open_ and (df := next(batches, None)) is not None:
        open_ = look(df.select(open_))
    return found
