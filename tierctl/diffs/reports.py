"""Whole reports compared row by row: what the items do not tell, in counts."""

from collections.abc import Iterable
from typing import Final

import polars as pl

from tierctl.contracts import Contract, report_contract
from tierctl.diffs.items import Tables

# Forecasts and ways to the next tier follow from evidence and other years; they are no results of the month.
COMPARED: Final = (
    "standing", "evidence", "requalification", "benefits", "actions", "rates", "commissions", "credits", "not_earned",
    "statements",
)  # fmt: skip
_KEY, _ROW = "__key", "__row"


def rows_differing(a: Tables, b: Tables, names: Iterable[str] = COMPARED) -> dict[str, int]:
    """How many rows of each report differ: new, changed and gone together. Reports that agree are left out.

    A report that one side lacks has no rows there. Rows are held as 64-bit hashes alone, so that it may be of any
    length.
    """
    found = {name: _differing(a, b, report_contract(name)) for name in names}
    return {name: rows for name, rows in found.items() if rows}


def _differing(a: Tables, b: Tables, contract: Contract) -> int:
    then, now = (_hashed(side, contract) for side in (a, b))
    both = then.join(now, on=_KEY, how="full", coalesce=True, suffix="_now")
    is_other = pl.col(_ROW).ne_missing(pl.col(f"{_ROW}_now"))
    return int(both.filter(is_other).select(pl.len()).collect(engine="streaming").item())


def _hashed(tables: Tables, contract: Contract) -> pl.LazyFrame:
    lf = tables[contract.name].lazy() if contract.name in tables else contract.polars_schema.to_frame().lazy()
    return lf.select(pl.struct(contract.primary_key).hash().alias(_KEY), pl.struct(contract.names).hash().alias(_ROW))
