"""Where the lines of a review go: kept in memory, or handed on chunk by chunk to whoever writes them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

import polars as pl

from tierctl.contracts import Contract, conform, empty, ledger_contract, report_contract

LINES = ("commissions", "credits", "not_earned")
"""The reports that may be as long as the exports."""

POSITION = "position"
"""The ledger's table that is as long as they are; it is made where a month is closed."""


def line_contract(table: str) -> Contract:
    """The contract of a table of lines."""
    return ledger_contract(table) if table == POSITION else report_contract(table)


class LineSink(Protocol):
    """Takes in the lines of a review."""

    def add(self, table: str, lines: pl.DataFrame) -> None:
        """Takes in lines of a table, in its contract's columns; they come in the order of its key."""


@dataclass
class Gathered:
    """Lines kept in memory: those of the tables `names`."""

    names: tuple[str, ...] = LINES
    _frames: dict[str, list[pl.DataFrame]] = field(default_factory=dict)

    def add(self, table: str, lines: pl.DataFrame) -> None:
        """Takes in lines of a table."""
        self._frames.setdefault(table, []).append(lines)

    @property
    def tables(self) -> Mapping[str, pl.DataFrame]:
        """The tables, as their contracts promise them."""
        contracts = {name: line_contract(name) for name in self.names}
        return {
            name: conform(pl.concat([empty(contract), *self._frames.get(name, [])]), contract)
            for name, contract in contracts.items()
        }
