"""The formats that reports are written in."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from types import MappingProxyType


class Format(StrEnum):
    """A file format of report tables; the word is the file's extension too."""

    CSV = "csv"
    PARQUET = "parquet"
    JSON = "json"


UNUSUAL: Mapping[str, Format] = MappingProxyType({"not_earned": Format.PARQUET})
"""The tables that are not CSV where nobody says otherwise: those that are mostly read by machines, and long."""


def formats_of(table: str, asked: Sequence[Format] | None) -> tuple[Format, ...]:
    """The formats that a table is written in: those asked for, or its usual one where none was.

    >>> [str(each) for each in (*formats_of("standing", None), *formats_of("not_earned", None))]
    ['csv', 'parquet']
    """
    return (UNUSUAL.get(table, Format.CSV),) if asked is None else tuple(dict.fromkeys(asked))
