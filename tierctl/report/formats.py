"""The formats that reports are written in."""

from enum import StrEnum


class Format(StrEnum):
    """A file format of report tables; the word is the file's extension too."""

    CSV = "csv"
    PARQUET = "parquet"
    JSON = "json"
