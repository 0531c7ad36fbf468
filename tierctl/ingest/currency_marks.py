"""Amounts beside which a cell names a currency, by a sign or a code, that is not the one of its row."""

from collections.abc import Sequence

import polars as pl

from tierctl.cell_patterns import CURRENCY_SIGN
from tierctl.contracts import Contract
from tierctl.currency_codes import may_be
from tierctl.ingest.csv_files import RECORD
from tierctl.ingest.parse import Cell, with_all_columns

CURRENCY = "currency"

_MARK = rf"{CURRENCY_SIGN}|[A-Z]{{3}}"


def cells_of_other_currencies(
    raw: pl.DataFrame, typed: pl.DataFrame, contract: Contract, cells: Sequence[Cell]
) -> list[tuple[Cell, pl.Series]]:
    """The columns of money that name another currency than their rows do, each with the records in which they do.

    Rows without a currency, and columns in which no sign may stand beside a number, have none.

    Args:
        raw: the rows as they lie in the file, with their records.
        typed: the same rows, parsed.
        contract: the export's contract.
        cells: the columns that the file brings, and those that are fixed.
    """
    marked = [cell for cell in cells if cell.may_name_currency]
    if not marked or CURRENCY not in contract.names:
        return []
    rows = typed.select(with_all_columns(contract, [cell.field.name for cell in cells]))
    found = [(cell, _differing(raw, rows, cell)) for cell in marked]
    return [(cell, records) for cell, records in found if not records.is_empty()]


def _differing(raw: pl.DataFrame, rows: pl.DataFrame, cell: Cell) -> pl.Series:
    """The records in which a number that could be read stands beside a sign or code of another currency."""
    is_marked = raw[cell.header].cast(pl.String).str.contains(_MARK) & rows[cell.field.name].is_not_null()
    beside = raw.filter(is_marked).select(RECORD, mark=cell.text().str.extract_all(_MARK))
    named = beside.with_columns(rows.filter(is_marked)[CURRENCY]).explode("mark").drop_nulls()
    pairs = named.select("mark", CURRENCY).unique()
    wrong = pairs.filter(pl.Series([not may_be(*pair) for pair in pairs.rows()], dtype=pl.Boolean))
    return named.join(wrong, on=["mark", CURRENCY], how="semi")[RECORD].unique().sort()
