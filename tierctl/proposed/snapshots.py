"""Snapshots: files of one header that bring the same rows as of several days, of which only one may be read."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from tierctl.proposed import words
from tierctl.proposed.columns import SeenColumn
from tierctl.proposed.needs import Need
from tierctl.proposed.tables import Table, table_of, tidy

_LEAST_ROWS: Final = 2


def apart(tables: Sequence[Table], needs: Mapping[str, Need], spool: Path) -> list[Table]:
    """The tables, those of snapshots taken apart into one for each file: they are rivals then, and a person decides.

    Args:
        tables: files by their headers.
        needs: every export that there may be, by name.
        spool: a folder for the texts of columns that have very many.
    """
    return [each for table in tables for each in _apart(table, needs, spool)]


def _apart(table: Table, needs: Mapping[str, Need], spool: Path) -> Iterator[Table]:
    if len(table.files) == 1 or not any(_repeats(table, column) for column in _keys(table, needs)):
        yield table
        return
    yield from (table_of([file], spool / f"alone-{number}") for number, file in enumerate(table.files))


def _keys(table: Table, needs: Mapping[str, Need]) -> list[SeenColumn]:
    """The columns whose header may be the key of an export."""
    keys = [(need.name, need.contract.field(*need.contract.primary_key)) for need in needs.values() if _has_key(need)]
    return [
        column
        for column in table.columns
        if any(words.says(tidy(column.header), export, field) for export, field in keys)
    ]


def _has_key(need: Need) -> bool:
    return len(need.contract.primary_key) == 1


def _repeats(table: Table, together: SeenColumn) -> bool:
    """Whether a column is a key in each of the files, and most of its ids stand in several of them."""
    columns = [
        column for file in table.files for column in file.columns if tidy(column.header) == tidy(together.header)
    ]
    is_key = all(column.distinct == column.filled >= _LEAST_ROWS for column in columns)
    return is_key and together.distinct * 2 < together.filled + min(column.filled for column in columns)
