"""Parquet files as batches of raw columns, and which of their types a contract's column can be made from."""

from dataclasses import dataclass
from pathlib import Path

import polars as pl

from tierctl.contracts import Contract, Field
from tierctl.findings import Finding, error
from tierctl.ingest.csv_files import RECORD
from tierctl.ingest.files import Source

WHOLE_DIGITS = 20
"""How many digits may stand before a number's point, so that sums of many stay exact."""

_DECIMALS = 6
_SMALL_INTEGERS = (pl.Int8, pl.Int16, pl.Int32, pl.Int64, pl.UInt8, pl.UInt16, pl.UInt32)
_TEXTS = (pl.String, pl.Categorical, pl.Enum)
_HOLDS = {
    "string": "text",
    "number": "numbers",
    "integer": "whole numbers",
    "date": "dates",
    "boolean": "true or false",
}


@dataclass(frozen=True)
class ParquetFile:
    """A Parquet file whose footer could be read."""

    source: Source
    path: Path
    headers: tuple[str, ...]
    raw_schema: pl.Schema

    def scan(self) -> pl.LazyFrame:
        """The file's rows in order: its own columns and the record's number, 1 for the first."""
        lf = pl.scan_parquet(self.path, row_index_name=RECORD, row_index_offset=1, glob=False)
        return lf.with_columns(pl.col(RECORD).cast(pl.Int64))


def open_parquet(source: Source) -> ParquetFile | Finding:
    """Reads a Parquet file's footer, or says why that cannot be done."""
    try:
        schema = pl.scan_parquet(source.path, glob=False).collect_schema()
    except (pl.exceptions.PolarsError, OSError) as fault:
        return corrupt(source, fault)
    return ParquetFile(source, source.path, tuple(schema.names()), schema)


def corrupt(source: Source, fault: Exception) -> Finding:
    """The finding for a Parquet file that is cut short or damaged."""
    reason = (str(fault).splitlines() or ["no reason given"])[0]
    hint = "copy or export the file anew"
    return error("unreadable-file", source.shown, "", f"the file cannot be read to its end: {reason}", hint)


def type_findings(file: ParquetFile, contract: Contract, theirs: dict[str, str]) -> list[Finding]:
    """The columns whose Parquet type the contract's type cannot be made from."""
    faults = []
    for ours, header in theirs.items():
        field, dtype = contract.field(ours), file.raw_schema[header]
        if not (fits(field, dtype) or _can_be_parsed(field, dtype)):
            message = f"{header!r} has the type {dtype}, and {ours} holds {_HOLDS[field.type]}"
            faults.append(error("unsupported-type", file.source.shown, header, message, _remedy(field)))
    return faults


def fits(field: Field, dtype: pl.DataType) -> bool:
    """Whether the contract's type is only a cast away, so that nothing needs to be parsed.

    The values that are out of bounds for all that are those of `may_overflow`.
    """
    if dtype == pl.Null or dtype.base_type() in _TEXTS:
        return dtype == pl.Null or field.type == "string"
    match field.type:
        case "string" | "integer":
            return isinstance(dtype, _SMALL_INTEGERS) or (field.type == "string" and dtype == pl.UInt64)
        case "number":
            return isinstance(dtype, (*_SMALL_INTEGERS, pl.UInt64)) or _has_few_decimals(dtype)
        case "date":
            return dtype == pl.Date
        case "boolean":
            return dtype == pl.Boolean


def may_overflow(dtype: pl.DataType) -> bool:
    """Whether the type has room for more digits than the contract's numbers have, or for years beyond 0001 to 9999."""
    return dtype == pl.Date or (isinstance(dtype, pl.Decimal) and (dtype.precision or 38) - dtype.scale > WHOLE_DIGITS)


def _has_few_decimals(dtype: pl.DataType) -> bool:
    return isinstance(dtype, pl.Decimal) and dtype.scale <= _DECIMALS


def _can_be_parsed(field: Field, dtype: pl.DataType) -> bool:
    """Whether the values may fit, to be decided cell by cell on their text."""
    if dtype.base_type() in _TEXTS:
        return True
    match field.type:
        case "string":
            return dtype.is_integer()
        case "number" | "integer":
            return dtype.is_integer() or dtype.is_float() or dtype.is_decimal()
        case "date":
            return isinstance(dtype, pl.Datetime)
        case "boolean":
            return dtype.is_integer()


def _remedy(field: Field) -> str:
    wanted = {
        "string": "text; ids may be whole numbers too",
        "number": "decimals, or as text",
        "integer": "whole numbers, or as text",
        "date": "dates, timestamps at midnight, or as text",
        "boolean": "booleans, or as text",
    }
    return f"write the column as {wanted[field.type]}"
