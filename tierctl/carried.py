"""What a close carries over: all that the reviews after it read of the months before them.

A review opens from it instead of replaying those months, and comes to the same: grants and statuses of every closed
month, what has been posted, what was left unpaid, and the rows that were read.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

import polars as pl

ENTERED = ("decisions", "enrollments")
"""The exports of what people enter about partners, whose steps are taken once."""


@dataclass(frozen=True)
class Carried:
    """What the closed months left.

    Attributes:
        month: the label of the last closed month.
        money_from: the label of the first month whose money is posted; None: no money has been posted.
        grants: the ledger's table of that name, of all closed months.
        statuses: the ledger's table of that name, of all closed months.
        position: parts of the ledger's table of that name, as of the last close.
        balances: one row per program × partner_id × currency with an unpaid balance: payee_id, balance.
        read: the rows that the last close read, by export, in the columns and types that the contracts then had.
        missing: the rows that were missing at the last close, and on which something was held, by export (see
            `reward.missing.Missing.rows`).
        entered: the decisions and enrollments that any of the closes read, by export: what has been honoured once stays
            honoured.
    """

    month: str
    money_from: str | None
    grants: pl.DataFrame
    statuses: pl.DataFrame
    position: Sequence[pl.LazyFrame]
    balances: pl.DataFrame
    read: Mapping[str, Sequence[pl.LazyFrame]]
    missing: Mapping[str, pl.DataFrame] = field(default_factory=dict)
    entered: Mapping[str, Sequence[pl.LazyFrame]] = field(default_factory=dict)

    def of_partners(self, partners: Collection[str]) -> "Carried":
        """What concerns these partners."""
        own = pl.col("partner_id").is_in(sorted(partners))
        return replace(
            self,
            grants=self.grants.filter(own),
            statuses=self.statuses.filter(own),
            position=[part.filter(own) for part in self.position],
            balances=self.balances.filter(own),
        )
