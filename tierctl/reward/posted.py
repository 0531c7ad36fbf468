"""Posted: what the closed months of one program have posted and left unpaid, as its open months go on from it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from typing import get_args

import polars as pl

from tierctl.contracts import ledger_contract
from tierctl.fiscal import FiscalMonth
from tierctl.program.rules import Kind
from tierctl.reward.chunks import Chunk
from tierctl.reward.postings import NOTHING_HELD, POSITION

_AT = {"from_at": "from_month", "through_at": "through_month"}


@dataclass(frozen=True)
class Posted:
    """What has been posted, by rule and source row, and what of it is untouched.

    Attributes:
        position: parts of the ledger's position, of one program.
        months: the months of the fold, whose labels the position has.
        balances: one row per partner_id × currency with an unpaid balance: payee_id, balance.
        held: the rows of which nothing that was posted is touched, in the columns of HELD.
    """

    position: Sequence[pl.LazyFrame]
    months: tuple[FiscalMonth, ...]
    balances: pl.DataFrame
    held: pl.DataFrame = field(default_factory=lambda: NOTHING_HELD)

    @property
    def tracks(self) -> list[str]:
        """The tracks of which anything has been posted."""
        if not self.position:
            return []
        found = pl.concat(part.select("track").unique() for part in self.position)
        return found.collect(engine="streaming")["track"].unique().sort().to_list()

    def of_rules(self, names: Collection[str]) -> "Posted":
        """What has been posted under these rules, each named `KIND.NAME`."""
        own = pl.concat_str("kind", pl.lit("."), "rule").is_in(list(names))
        return replace(self, position=[part.filter(own) for part in self.position])

    def of(self, track: str, chunk: Chunk) -> dict[tuple[Kind, str], pl.DataFrame]:
        """What has been posted for the partners of a chunk: (kind, rule) → rows in the columns of POSITION."""
        if not self.position:
            return {}
        concerned = (pl.col("track") == track) & chunk.holds(pl.col("partner_id"))
        rows = pl.concat(self.position).filter(concerned).collect()
        labels = {month.label: at for at, month in enumerate(self.months)}
        numbers = [
            pl.col(label).replace_strict(list(labels), list(labels.values()), return_dtype=pl.Int32).alias(name)
            for name, label in _AT.items()
        ]
        parts = rows.with_columns(numbers).partition_by("kind", "rule", as_dict=True)
        kinds: dict[str, Kind] = {kind: kind for kind in get_args(Kind)}
        return {(kinds[kind], rule): part.select(POSITION.names()) for (kind, rule), part in parts.items()}

    def held_of(self, chunk: Chunk) -> pl.DataFrame:
        """The rows that are held of the partners of a chunk, in the columns of HELD."""
        return self.held.filter(chunk.holds(pl.col("partner_id")))


def position_table(
    positions: dict[tuple[Kind, str], pl.DataFrame], program: str, track: str, months: Sequence[FiscalMonth]
) -> pl.DataFrame:
    """Positions by rule as rows of the ledger's table; no order."""
    contract = ledger_contract("position")
    labels = [month.label for month in months]
    numbered = [
        pl.DataFrame({at: range(len(labels)), label: labels}, schema={at: pl.Int32, label: pl.String})
        for at, label in _AT.items()
    ]
    frames = [contract.polars_schema.to_frame()]
    for (kind, rule), position in positions.items():
        said = {"program": program, "track": track, "kind": kind, "rule": rule}
        rows = position.with_columns(pl.lit(value).alias(name) for name, value in said.items())
        for (at, _), numbers in zip(_AT.items(), numbered, strict=True):
            rows = rows.join(numbers, on=at, how="left")
        frames.append(rows.select(pl.col(name).cast(dtype) for name, dtype in contract.polars_schema.items()))
    return pl.concat(frames)
