"""Rules about an export's rows that no contract knows, since they come from the programs in use."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import polars as pl

Parts: TypeAlias = Sequence[pl.LazyFrame]

ROW = "__row"
"""The number of a row among all of its export's, from 1 on."""


@dataclass(frozen=True)
class RowCheck:
    """One rule: the rows of `export` for which `is_fault` is true are rejected, and `column` is named as the place.

    `is_fault` is an expression over the contract's columns in the contract's types, defaults filled in; null is no
    fault, and neither is what it says of a cell that breaks another rule. `rule` is the fault's code. `allowed` and
    `hint` tell a person what the column may hold and what to do.
    """

    export: str
    column: str
    rule: str
    is_fault: pl.Expr
    allowed: str
    hint: str

    @property
    def reads(self) -> frozenset[str]:
        """The contract's columns that the rule needs."""
        return frozenset((self.column, *self.is_fault.meta.root_names()))


@dataclass(frozen=True)
class TableCheck:
    """One rule that a row alone does not tell: how it goes with the other rows, or with those of another export.

    `find` is given the parts of `export`, its sound rows dated by the review's last day (the contract's columns and
    `ROW`), and the parts of the exports named by `needs`, of which those that the workspace lacks are missing. It gives
    the rows at fault, one row each: `ROW`; `value` (String), what stands in the report of rejects; `other` (UInt32,
    null: none), the row beside which it is at fault; `note` (String), what a person is told of it.

    `column` is named as the place; None: the fault is the whole row's. `rule` is the fault's code, `hint` what to do.
    """

    export: str
    column: str | None
    rule: str
    find: Callable[[Parts, Mapping[str, Parts]], pl.DataFrame]
    hint: str
    needs: tuple[str, ...] = ()
