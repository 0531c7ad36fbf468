"""The rejected rows that concern one partner: the review made everything of what was left."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import polars as pl

from tierctl.cli.explained.source import Source
from tierctl.contracts import Contract
from tierctl.workspace import ExportConfig

_PARTNER = "partner_id"


def rejected_of(partner: str, source: Source) -> pl.DataFrame:
    """The faults of a partner's rows.

    A row is a partner's where it names the partner; where its export has no such column, where it has the key of one
    of the partner's rows in another export, as a payment has that of the invoice line.

    Returns:
        Rows of the report `rejects`, in its order.
    """
    if source.rejects.is_empty():
        return source.rejects
    concerned = [_concerns(row, partner, source) for row in source.rejects.iter_rows(named=True)]
    return source.rejects.filter(pl.Series(concerned, dtype=pl.Boolean))


def _concerns(reject: Mapping[str, Any], partner: str, source: Source) -> bool:
    contract = source.basis.contracts.get(reject["export"])
    config = source.exports.get(reject["export"])
    if contract is None or config is None:
        return False
    cells: Mapping[str, Any] = json.loads(reject["row"])
    if _PARTNER in contract.names:
        return partner in set(_values(cells, _PARTNER, config))
    return any(
        value in _keys(partner, table, column, source)
        for table, column in _references(contract, source.basis.contracts)
        for value in _values(cells, column, config)
    )


def _values(cells: Mapping[str, Any], column: str, config: ExportConfig) -> Iterator[str]:
    """What a row has in one of our columns, as it stands there and as tierctl.toml maps it."""
    if column in config.fixed:
        text = config.fixed[column]
        yield from (text.strip(), config.values.get(column, {}).get(text, text))
    headers = {theirs.strip(): ours for theirs, ours in config.columns.items()}
    for header, cell in cells.items():
        if isinstance(cell, str) and headers.get(header.strip(), header.strip()) == column:
            yield cell.strip()
            yield config.values.get(column, {}).get(cell, cell)


def _references(contract: Contract, contracts: Mapping[str, Contract]) -> Iterator[tuple[str, str]]:
    """The exports whose rows name a partner and whose key is one of the columns: export, column."""
    for name, other in sorted(contracts.items()):
        if len(other.primary_key) == 1 and other.primary_key[0] in contract.names and _PARTNER in other.names:
            yield name, other.primary_key[0]


def _keys(partner: str, export: str, column: str, source: Source) -> set[str]:
    """The keys of a partner's rows in an export."""
    own = [part.filter(pl.col(_PARTNER) == partner).select(column) for part in source.basis.exports[export]]
    return set(pl.concat(own).collect().to_series())
