"""Parquet files as batches of raw columns, and which of their types a contract's column can be made from."""

from dataclasses import dataclass
from pathlib import Path

import polars as pl

from tierctl.contracts import Contract, Field
from tierctl.findings import Finding, error
from tierctl.ingest.csv_files import RECORD
from tierctl.ingest.files import Source

_WHOLE_DIGITS, _DECIMALS = 32, 6
_SMALL_INTEGERS = (pl.Int8, pl.Int16, pl.Int32, pl.Int64, pl.UInt8, pl.UInt16, pl.UInt32)
_TEXTS = (pl.String, pl.Categorical, pl.Enum)


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
            message = f"{header!r} has the type {dtype}, which is no {field.type}"
            faults.append(error("unsupported-type", file.source.shown, header, message, _remedy(field)))
    return faults


def fits(field: Field, dtype: pl.DataType) -> bool:
    """Whether the contract's type is only a cast away, so that nothing needs to be parsed.

    A decimal of more than 32 digits before its point is the one value that such a cast can lose; see `may_overflow`.
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
    """Whether the type has room for more digits than the contract's numbers have."""
    return isinstance(dtype, pl.Decimal) and (dtype.precision or 38) - dtype.scale > _WHOLE_DIGITS


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
        "string": "text (or whole numbers, for ids)",
        "number": "a decimal",
        "integer": "a whole number",
        "date": "a date (or a timestamp at midnight)",
        "boolean": "a boolean",
    }
    return f"write the column as {wanted[field.type]}, or as text"
