"""The statements of all closes: whether they add up, say what the lines say, and open with what was left before."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

import polars as pl

from tierctl.contracts import NUMBER, report_contract
from tierctl.ledger.closes import Close
from tierctl.ledger.sides import is_opening, scan_table

_KEY: Final = ("program", "partner_id", "currency")
_PARTS: Final[Mapping[str, str]] = {"earned": "earned", "adjustments": "adjustment", "clawbacks": "clawback"}
_SHOWN: Final = 3
_ZERO = pl.lit(0).cast(NUMBER)


@dataclass(frozen=True)
class WrongStatement:
    """A statement with an amount that is not what it should be."""

    month: str
    program: str
    partner_id: str
    currency: str
    amount: str
    stated: Decimal
    expected: Decimal


@dataclass(frozen=True)
class Chained:
    """How the statements hold together: how many amounts are wrong, and the first three of them."""

    wrong: int
    examples: tuple[WrongStatement, ...]


def chained(closes: Sequence[Close]) -> Chained:
    """Checks the statements of every close, partner by partner and currency by currency.

    What the month opens with is what the close before left; what it adds is what its commissions add up to, by kind;
    the balance is the sum of these, and what remains is the balance less what is paid.

    Args:
        closes: all closes, oldest first.

    Raises:
        CannotRunError: a table cannot be read.
    """
    left = pl.DataFrame(schema={**dict.fromkeys(_KEY, pl.String), "left": NUMBER})
    found: list[pl.DataFrame] = []
    for close in closes:
        tables = close.tables()
        stated = scan_table(tables["statements"], report_contract("statements")).collect()
        if not is_opening(close):
            lines = _lines(close)
            found.append(_wrong(stated, left, lines).with_columns(month=pl.lit(close.label)))
        left = stated.select(*_KEY, left="closing_balance").filter(pl.col("left") != 0)
    if not found:
        return Chained(0, ())
    wrong = pl.concat(found).sort("month", *_KEY, "amount", maintain_order=True)
    names = ("month", *_KEY, "amount", "stated", "expected")
    examples = [WrongStatement(*row) for row in wrong.select(names).head(_SHOWN).iter_rows()]
    return Chained(wrong.height, tuple(examples))


def _lines(close: Close) -> pl.DataFrame:
    """What the commissions of a month add up to: one row per key: earned, adjustments, clawbacks."""
    path = close.tables().get("commissions")
    contract = report_contract("commissions")
    lf = contract.polars_schema.to_frame().lazy() if path is None else scan_table(path, contract)
    sums = [
        pl.when(pl.col("kind") == kind).then("amount").otherwise(_ZERO).sum().cast(NUMBER).alias(part)
        for part, kind in _PARTS.items()
    ]
    return lf.group_by(_KEY).agg(sums).collect(engine="streaming")


def _wrong(stated: pl.DataFrame, left: pl.DataFrame, lines: pl.DataFrame) -> pl.DataFrame:
    """The amounts that are not what they should be: _KEY, amount, stated, expected.

    Where no program pays, lines and balances stand in no statement, and there are none.
    """
    both = stated.join(left, on=_KEY, how="full", coalesce=True).join(
        lines, on=_KEY, how="full", coalesce=True, suffix="_of_lines"
    )
    stating = stated["program"].unique()
    both = both.filter(pl.col("program").is_in(stating.implode()) | pl.col("left").is_not_null())
    amount = {name: pl.col(name).fill_null(_ZERO) for name in both.columns if both.schema[name] == NUMBER}
    added = sum((amount[part] for part in _PARTS), amount["opening_balance"])
    expected = {
        "opening_balance": amount["left"],
        **{part: amount[f"{part}_of_lines"] for part in _PARTS},
        "balance": added,
        "closing_balance": amount["balance"] - amount["payable"],
    }
    frames = [
        both.select(*_KEY, amount=pl.lit(name), stated=amount[name], expected=should.cast(NUMBER))
        for name, should in expected.items()
    ]
    return pl.concat(frames).filter(pl.col("stated") != pl.col("expected"))
