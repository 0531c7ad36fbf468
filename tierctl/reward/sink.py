"""Where the lines of a review go: kept in memory, or handed on chunk by chunk to whoever writes them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

import polars as pl

from tierctl.contracts import conform, empty, report_contract

LINES = ("commissions", "credits", "not_earned")
"""The reports that may be as long as the exports."""


class LineSink(Protocol):
    """Takes in the lines of a review."""

    def add(self, table: str, lines: pl.DataFrame) -> None:
        """Takes in lines of a report, in its contract's columns; they come in the order of its key."""


@dataclass
class Gathered:
    """Lines kept in memory."""

    _frames: dict[str, list[pl.DataFrame]] = field(default_factory=lambda: {name: [] for name in LINES})

    def add(self, table: str, lines: pl.DataFrame) -> None:
        """Takes in lines of a report."""
        self._frames[table].append(lines)

    @property
    def tables(self) -> Mapping[str, pl.DataFrame]:
        """The reports, as their contracts promise them."""
        contracts = {name: report_contract(name) for name in LINES}
        return {
            name: conform(pl.concat([empty(contracts[name]), *self._frames[name]]), contracts[name]) for name in LINES
        }
