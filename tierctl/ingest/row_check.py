"""Rules about an export's rows that no contract knows, since they come from the programs in use."""

from dataclasses import dataclass

import polars as pl


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
