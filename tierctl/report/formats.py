"""The formats that reports are written in: files of one table each, and files that hold a whole review."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class Format(StrEnum):
    """A file format of reports; the word is the file's extension too."""

    CSV = "csv"
    PARQUET = "parquet"
    JSON = "json"
    XLSX = "xlsx"
    HTML = "html"


TABLE_FORMATS: Final = (Format.CSV, Format.PARQUET, Format.JSON)
"""The formats that have a file a table; tierctl reads a table back from each of them."""

WHOLE: Final[Mapping[Format, str]] = MappingProxyType({Format.XLSX: "review.xlsx", Format.HTML: "review.html"})
"""The formats that have one file for all tables, with that file."""

UNUSUAL: Mapping[str, Format] = MappingProxyType({"not_earned": Format.PARQUET})
"""The tables that are not CSV where nobody says otherwise: those that are mostly read by machines, and long."""


def formats_of(table: str, asked: Sequence[Format] | None) -> tuple[Format, ...]:
    """The formats that a table has a file of its own in: those asked for, or its usual one where none was.

    >>> [str(each) for each in (*formats_of("standing", None), *formats_of("not_earned", None))]
    ['csv', 'parquet']
    >>> [str(each) for each in formats_of("standing", [Format.XLSX, Format.JSON])]
    ['json']
    """
    if asked is None:
        return (UNUSUAL.get(table, Format.CSV),)
    return tuple(format_ for format_ in dict.fromkeys(asked) if format_ in TABLE_FORMATS)


def file_of(table: str, asked: Sequence[Format] | None) -> str:
    """The file of a review in which a reader finds a table's rows: its own, else the one for all tables.

    >>> file_of("standing", None), file_of("standing", [Format.HTML, Format.XLSX]), file_of("standing", [Format.HTML])
    ('standing.csv', 'review.xlsx', 'review.html')
    """
    for format_ in formats_of(table, asked):
        return f"{table}.{format_}"
    return next(file for format_, file in WHOLE.items() if format_ in (asked or ()))
