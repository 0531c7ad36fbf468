"""A seen table as a Parquet copy of its rows, and each of its columns with every distinct text.

The frames that come in have the column `record` and, for each column of the file, its text under its place ("1", "2",
…); where the file itself knows kinds of cells, also `1 cell` and so on. Each text is counted once, by Polars, so that a
large file goes through Python nowhere.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from tierctl.proposed.cell_looks import look_of, plain, shape_of
from tierctl.proposed.columns import TEXTS, Note, SeenColumn

RECORD = "record"
KEPT_TEXTS = 100_000
"""How many distinct texts of a column are kept in memory."""

_TAIL = 60
_FOOTER = 20
_NEARLY_ALL = 0.9
_TOTAL = re.compile(r"(?:grand |sub|report )?total|totale|totaux|sums?|summe|gesamt|somme|suma|somma", re.IGNORECASE)


@dataclass(frozen=True)
class Counted:
    """The rows of a table: the Parquet file with them, how many, its columns, its footer, and what was noticed.

    `ends_at` is the record of the first of the `footer_rows` last records that are no data; None: there is none.
    """

    path: Path
    rows: int
    footer_rows: int
    ends_at: int | None
    columns: tuple[SeenColumn, ...]
    notes: tuple[Note, ...]


def count_table(lf: pl.LazyFrame, headers: Sequence[str], spool: Path, name: str, *, of_text: bool = True) -> Counted:
    """Writes a table's rows to the spool and counts the texts of its columns.

    Blank rows are no rows; a row that repeats the header and the footer are left out, and notes say so.

    Args:
        lf: the records after the header, in order; see the module.
        headers: what stands above the columns, something for each of them.
        spool: an existing folder.
        name: what the files in it are called.
        of_text: whether the table comes from a text or a sheet, which may have a footer.
    """
    places = [str(n) for n in range(1, len(headers) + 1)]
    whole = spool / f"{name}-all.parquet"
    trimmed = lf.with_columns(_trimmed(place) for place in places)
    trimmed.filter(pl.any_horizontal(pl.col(places).is_not_null())).sink_parquet(whole)
    rows = pl.scan_parquet(whole, glob=False)
    notes: list[Note] = []
    footer = _footer(rows, places) if of_text else []
    if footer:
        rows = rows.filter(pl.col(RECORD) < footer[0][0])
        notes.append(_footer_note(footer))
    if of_text:
        rows, repeated = _without_headers(rows, places, headers)
        notes += repeated
    path = spool / f"{name}.parquet"
    rows.sink_parquet(path)
    table = pl.scan_parquet(path, glob=False)
    columns = tuple(_column(table, place, header, spool / name) for place, header in zip(places, headers, strict=True))
    notes += [_capped(column) for column in columns if column.whole is not None]
    ends_at = footer[0][0] if footer else None
    return Counted(path, table.select(pl.len()).collect().item(), len(footer), ends_at, columns, tuple(notes))


def _trimmed(place: str) -> pl.Expr:
    text = pl.col(place).str.strip_chars()
    return pl.when(text != "").then(text).alias(place)


def _footer(rows: pl.LazyFrame, places: Sequence[str]) -> list[tuple[int, tuple[str, ...]]]:
    """The last records that are no data, with their texts: they leave blank what others fill, and begin unlike them.

    A last row that was cut short begins like those above it, and is none. What follows blank rows and fills one cell
    alone is a footer as a whole, whatever it begins with.
    """
    tail = rows.tail(_TAIL).select(RECORD, *places).collect().rows()
    above = [(record, tuple(cell or "" for cell in cells)) for record, *cells in tail]
    above, found = above[: _ends_apart(above)], above[_ends_apart(above) :]
    while len(above) > 1 and len(found) < _FOOTER and _is_footer(above[-1][1], [texts for _, texts in above[:-1]]):
        found.insert(0, above.pop())
    return found


def _ends_apart(rows: Sequence[tuple[int, tuple[str, ...]]]) -> int:
    """Where the rows begin, up to the last, that follow blank ones and fill one cell alone; behind the last: nowhere.

    An id that stands alone is a row with little in it, where those above begin with such ids too.
    """
    counts = [sum(map(bool, texts)) for _, texts in rows]
    wide = max((at for at, count in enumerate(counts) if count > 1), default=len(rows))
    gaps = (at for at in range(wide + 1, len(rows)) if rows[at][0] > rows[at - 1][0] + 1)
    start = next(gaps, len(rows))
    codes = {shape_of(text) for _, texts in rows[:start] for text in texts if look_of(text) == "code"}
    is_code = any(shape_of(text) in codes for _, texts in rows[start:] for text in texts if text)
    return len(rows) if is_code or len(rows) - start > _FOOTER else start


def _is_footer(texts: Sequence[str], above: Sequence[Sequence[str]]) -> bool:
    """Whether a last row is no data, beside those above it."""
    data = [row for row in above if _is_data(row)]
    filled = [place for place, text in enumerate(texts) if text]
    usual = [place for place in range(len(texts)) if _filled(data, place) >= max(1, _NEARLY_ALL * len(data))]
    if set(usual) <= set(filled):
        return False
    first = filled[0]
    is_total = _TOTAL.match(texts[first]) is not None
    shapes = {shape_of(text) for row in data if (text := row[first])}
    return shape_of(texts[first]) not in shapes and (is_total or len(filled) <= max(1, len(texts) // 2))


def _filled(rows: Sequence[Sequence[str]], place: int) -> int:
    return sum(bool(row[place]) for row in rows)


def _is_data(row: Sequence[str]) -> bool:
    return sum(map(bool, row)) * 2 > len(row)


def _footer_note(footer: Sequence[tuple[int, tuple[str, ...]]]) -> Note:
    record, texts = footer[0]
    count = "the last row is" if len(footer) == 1 else f"the last {len(footer)} rows are"
    begins = next(text for text in texts if text)
    return Note("footer", f"{count} no data: record {record} says {begins!r} and leaves other cells blank", "likely")


def _without_headers(
    rows: pl.LazyFrame, places: Sequence[str], headers: Sequence[str]
) -> tuple[pl.LazyFrame, list[Note]]:
    """The rows without those that are the header once more."""
    texts = [plain(header) for header in headers]
    again = pl.all_horizontal(pl.col(place).fill_null("") == text for place, text in zip(places, texts, strict=True))
    found = rows.filter(again).select(RECORD).collect()[RECORD]
    if found.is_empty():
        return rows, []
    count = "1 row is" if found.len() == 1 else f"{found.len()} rows are"
    said = f"{count} the header once more, the first of them record {found[0]}; take such rows out of the file"
    return rows.filter(~again), [Note("repeated", said)]


def _column(table: pl.LazyFrame, place: str, header: str, name: Path) -> SeenColumn:
    kind = f"{place} cell"
    cell = pl.col(kind) if kind in table.collect_schema() else pl.lit("text")
    texts = (
        table.select(RECORD, pl.col(place).alias("text"), cell.cast(TEXTS["cell"]).alias("cell"))
        .drop_nulls("text")
        .group_by("text", "cell")
        .agg(pl.len().cast(pl.Int64).alias("rows"), pl.col(RECORD).min())
        .sort(RECORD)
        .select(TEXTS.names())
    )
    df = texts.collect()
    filled, distinct = int(df["rows"].sum()), df["text"].n_unique()
    if df.height <= KEPT_TEXTS:
        return SeenColumn(header, int(place), df, filled, distinct)
    whole = name.with_name(f"{name.name}-{place}.parquet")
    df.write_parquet(whole)
    return SeenColumn(header, int(place), df.head(KEPT_TEXTS).rechunk(), filled, distinct, whole)


def _capped(column: SeenColumn) -> Note:
    said = f"{column.header!r} has {column.distinct} distinct texts, of which {KEPT_TEXTS} are shown; all are tested"
    return Note("capped", said)
