"""Rows that are none, as the empty lines and rows of delimiters that spreadsheets leave behind."""

from collections.abc import Mapping, Sequence

import polars as pl

from tierctl.ingest.csv_files import RECORD


def without_blanks(raw: pl.DataFrame, wide: Mapping[int, Sequence[str]]) -> pl.DataFrame:
    """The rows of a CSV file but those whose cells are all empty or blank.

    Args:
        raw: rows of texts, with their records.
        wide: the cells of the records with more of them than the header; where one of those beyond it holds a text,
            the row is not blank.
    """
    blank = raw
    for name in raw.columns:
        if name != RECORD:
            text = pl.col(name)
            blank = blank.filter(text.is_null() | (text.str.strip_chars() == ""))
        if blank.is_empty():
            return raw
    beyond = [record for record, cells in wide.items() if any(cell.strip() for cell in cells)]
    is_blank = pl.col(RECORD).is_in(blank[RECORD].implode()) & ~pl.col(RECORD).is_in(beyond)
    return raw.filter(~is_blank)
