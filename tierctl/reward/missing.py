"""Missing: the rows that closes have read and that are not among today's."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import polars as pl

from tierctl.contracts import Contract
from tierctl.inputs import Inputs
from tierctl.program.model import PAYMENTS
from tierctl.reward.chunks import Chunk, Exports

ROSTER, INVOICE_LINE = "partners", "invoice_line_id"
LABEL, NAME = "last_read", "missing_row"
"""The last closed month that read a row which is missing, and the row's name: its export and its key."""

_PARTNER = "partner_id"

Parts = Mapping[str, Sequence[pl.LazyFrame]]


@dataclass(frozen=True)
class Missing:
    """The rows that closes have read and that are not among today's.

    Attributes:
        inputs: what is evaluated today.
        month: the last closed month.
        read: the rows that its close read, by export.
        before: the rows that were missing then, and on which something was held; as `rows` gave them.
    """

    inputs: Inputs
    month: str
    read: Parts
    before: Mapping[str, pl.DataFrame]
    _found: dict[str, pl.DataFrame | None] = field(default_factory=dict, compare=False)

    def rows(self, export: str) -> pl.DataFrame | None:
        """The missing rows of an export.

        Returns:
            One row per row: its key, partner_id where it has one, what it is found by (the invoice line that a payment
            pays, the day since which a row is in force), `last_read` and `missing_row`. No order. None: none is
            missing, or the export has no key.
        """
        if export not in self._found:
            self._found[export] = self._find(export)
        return self._found[export]

    @property
    def found(self) -> dict[str, pl.DataFrame]:
        """What has been found missing so far, by export."""
        return {export: rows for export, rows in self._found.items() if rows is not None}

    def today(self, export: str, columns: Sequence[str]) -> pl.LazyFrame:
        """Some columns of today's rows."""
        contract = self.inputs.program.contract(export)
        parts = self.inputs.exports.get(export, ()) or [contract.polars_schema.to_frame().lazy()]
        return pl.concat(parts).select(columns)

    def _find(self, export: str) -> pl.DataFrame | None:
        contract = self.inputs.program.contract(export)
        key = list(contract.primary_key)
        if not key:
            return None
        names = list(dict.fromkeys([*key, *_beside(contract)]))
        read = [part.select(*names, pl.lit(self.month).alias(LABEL)) for part in self.read.get(export, ())]
        if export in self.before:
            read.append(self.before[export].select(*names, LABEL).lazy())
        today = [part.select(names) for part in self.inputs.exports.get(export, ())]
        found = absent(read, today, key)
        if found.is_empty():
            return None
        shown = [pl.col(name).cast(pl.String) for name in key]
        name = pl.concat_str(pl.lit(f"{export} "), pl.concat_str(shown, separator="/", ignore_nulls=True))
        latest = found.sort(*key, LABEL).unique(key, keep="last", maintain_order=True)
        return latest.with_columns(name.alias(NAME))


def _beside(contract: Contract) -> list[str]:
    """What rows of other exports are found by, beside the key."""
    beside = [_PARTNER] if _PARTNER in contract.names else []
    beside += [INVOICE_LINE] if contract.name == PAYMENTS else []
    return [*beside, contract.valid[0]] if contract.valid else beside


def absent(before: Sequence[pl.LazyFrame], now: Sequence[pl.LazyFrame], key: Sequence[str]) -> pl.DataFrame:
    """The rows whose key is not there any more; range of partners by range, so that no memory has to hold all of them.

    Args:
        before: parts with the key's columns, partner_id perhaps, and more.
        now: parts with the key's columns, and partner_id where `before` has it.
        key: what tells rows apart; a row that has changed its partner is still there.
    """
    if not before:
        return pl.DataFrame()
    lf = pl.concat(before)
    names = lf.collect_schema().names()
    if not now:
        return lf.collect()
    if _PARTNER not in names:
        return _anti(lf, pl.concat(now), key)
    exports = Exports.of({"now": now}, ["now"])
    found = [
        _anti(lf.filter(chunk.holds(pl.col(_PARTNER).cast(pl.String))), _together(exports, chunk, now), key)
        for chunk in exports.chunks()
    ]
    gone = pl.concat(found)
    if gone.is_empty() or _PARTNER in key:
        return gone
    return _anti(gone.lazy(), pl.concat(now).join(gone.lazy(), on=list(key), how="semi"), key)


def _together(exports: Exports, chunk: Chunk, now: Sequence[pl.LazyFrame]) -> pl.LazyFrame:
    parts = exports.of_chunk("now", chunk)
    return pl.concat(parts) if parts else now[0].clear()


def _anti(before: pl.LazyFrame, now: pl.LazyFrame, key: Sequence[str]) -> pl.DataFrame:
    there = now.select(key)
    return before.join(there, on=list(key), how="anti", nulls_equal=True).collect(engine="streaming")
