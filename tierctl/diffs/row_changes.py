"""Row changes: how many rows of each export are new, changed or gone, with a few of them to look at."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import polars as pl

from tierctl.contracts import Contract
from tierctl.diffs.basis import CALENDAR, MONTH
from tierctl.diffs.rows import CAUSE, RowMoves

_EXAMPLES: Final = 3
_NOW: Final = "__now"
_BETWEEN: Final = " / "


@dataclass(frozen=True)
class RowChanges:
    """How the rows of one export have changed: how many, and of each kind the first three by their key.

    An example of a changed row names the first column that differs, with its cell before and after.
    """

    export: str
    new: int
    changed: int
    removed: int
    examples: Mapping[str, tuple[str, ...]]


def row_changes(moves: Mapping[str, RowMoves]) -> list[RowChanges]:
    """The exports whose rows have changed, in alphabetical order; rows of a month that only the other has do not."""
    found = [_of_export(each) for _, each in sorted(moves.items())]
    return [each for each in found if each.new or each.changed or each.removed]


def _of_export(moves: RowMoves) -> RowChanges:
    contract = moves.contract
    gone, come = (rows.filter(~pl.col(CAUSE).is_in([MONTH, CALENDAR])).drop(CAUSE) for rows in (moves.gone, moves.come))
    key = list(contract.primary_key)
    both = gone.join(come, on=key, nulls_equal=True, suffix=_NOW) if key else gone.clear()
    new, removed = (rows.join(both, on=key, how="anti", nulls_equal=True) if key else rows for rows in (come, gone))
    examples = {
        "new": _named(new, contract),
        "changed": _changed(both, contract) if key else (),
        "removed": _named(removed, contract),
    }
    changed = both.select(key).n_unique() if key and not both.is_empty() else 0
    return RowChanges(contract.name, new.height, changed, removed.height, examples)


def _named(rows: pl.DataFrame, contract: Contract) -> tuple[str, ...]:
    """The first rows by their key, or by all their cells where there is none."""
    names = contract.primary_key or contract.names
    first = rows.select(names).unique().sort(names).head(_EXAMPLES)
    return tuple(first.select(_key_text(names)).to_series())


def _changed(both: pl.DataFrame, contract: Contract) -> tuple[str, ...]:
    key = contract.primary_key
    others = [name for name in contract.names if name not in key]
    first = both.sort(key).unique(key, keep="first", maintain_order=True).head(_EXAMPLES)
    said = [
        pl.when(pl.col(name).ne_missing(pl.col(f"{name}{_NOW}"))).then(
            pl.format(f"{name} {{}} → {{}}", _cell(contract, name), _cell(contract, name, _NOW))
        )
        for name in others
    ]
    return tuple(first.select(pl.format("{}: {}", _key_text(key), pl.coalesce(said))).to_series())


def _key_text(names: tuple[str, ...]) -> pl.Expr:
    return pl.concat_str((pl.col(name).cast(pl.String) for name in names), separator=_BETWEEN, ignore_nulls=True)


def _cell(contract: Contract, name: str, side: str = "") -> pl.Expr:
    """A cell as reports write it."""
    text = pl.col(f"{name}{side}").cast(pl.String)
    if contract.field(name).type == "number":
        text = text.str.strip_chars_end("0").str.strip_chars_end(".")
    return text.fill_null("nothing")
