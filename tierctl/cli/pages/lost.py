"""The money of rejected rows, as far as their cells can be read: what a review did without."""

import json
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Final

import polars as pl

from tierctl.ingest.parse import Cell, cells

if TYPE_CHECKING:
    from tierctl.contracts import Contract
    from tierctl.workspace import ExportConfig, Workspace

ROW: Final = ("export", "file", "record")
_CURRENCY: Final = "currency"
# Of more rows than this no page says what they are worth.
_MOST_ROWS: Final = 50_000

Place = tuple[str, str, int]
"""Export, file, record."""

Worth = Mapping[Place, Mapping[str, Decimal]]


def worth_of(rejects: pl.DataFrame, workspace: "Workspace") -> Worth:
    """What the rejected rows say that they are worth, by currency; nothing of rows of which that cannot be read.

    Of an export with several columns of money the amounts of a row add up.

    Args:
        rejects: the report of that name.
        workspace: how the exports are written.
    """
    rows = rejects.select(*ROW, "row").unique(ROW, maintain_order=True)
    if rows.height > _MOST_ROWS:
        return {}
    found: dict[Place, dict[str, Decimal]] = {}
    for (export,), own in rows.group_by("export", maintain_order=True):
        name = str(export)
        if name not in workspace.exports or name not in workspace.contracts:
            continue
        contract, config = workspace.contracts[name], workspace.exports[name]
        for place, currency, amount in _amounts(own, contract, config):
            of = found.setdefault(place, {})
            of[currency] = of.get(currency, Decimal()) + amount
    return found


def _amounts(rows: pl.DataFrame, contract: "Contract", config: "ExportConfig") -> Iterator[tuple[Place, str, Decimal]]:
    money = {field.name for field in contract.fields if field.is_money}
    if not money or _CURRENCY not in contract.names:
        return
    raw = [{_header(name): cell for name, cell in json.loads(text).items()} for text in rows["row"]]
    headers = dict.fromkeys(header for row in raw for header in row)
    ours = {_header(header): name for header, name in config.columns.items()}
    theirs = {ours.get(header, header): header for header in headers}
    theirs = {name: header for name, header in theirs.items() if name in money | {_CURRENCY}}
    schema = pl.Schema({header: pl.String() for header in headers})
    texts = pl.DataFrame({header: [_text(row.get(header)) for row in raw] for header in headers}, schema=schema)
    wanted = [cell for cell in cells(contract, theirs, schema, config) if cell.field.name in money | {_CURRENCY}]
    if {cell.field.name for cell in wanted}.isdisjoint(money):
        return
    read = texts.select(_typed(cell).alias(cell.field.name) for cell in wanted)
    for place, row in zip(rows.select(ROW).iter_rows(), read.iter_rows(named=True), strict=True):
        currency = row.get(_CURRENCY)
        for name in sorted(money & row.keys()):
            if currency and row[name] is not None:
                yield place, currency, row[name]


def _typed(cell: Cell) -> pl.Expr:
    return cell.literal if cell.is_fixed else cell.typed(cell.text())


def _header(text: str) -> str:
    return " ".join(text.split())


def _text(cell: object) -> str | None:
    return cell if isinstance(cell, str) else None
