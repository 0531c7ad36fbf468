"""The part of summary.json that is about money: what a program's statements and lines add up to, to the cent."""

from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from tierctl.contracts import report_contract

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tierctl.program.model import Program
    from tierctl.reviewed import Review

MONEY_TABLES: Final = ("rates", "commissions", "credits", "not_earned", "statements")
"""The reports that there are only where a program in use has rules."""

KINDS: Final = ("earned", "adjustment", "clawback")
_SUMS: Final = ("opening_balance", "earned", "adjustments", "clawbacks", "balance", "payable", "closing_balance")


def has_rules(programs: "Sequence[Program]") -> bool:
    """Whether any of the programs' editions pays out or takes off something."""
    return any(program.rules for program in programs)


def summarize_money(review: "Review", program: "Program") -> dict[str, Any]:
    """What a program's money adds up to; empty where it has no rules, and none of its earlier editions left lines.

    Amounts are exact, in Decimals: `statements` by currency; `commissions` and `credits` by rule, with their amounts by
    currency and kind; `not_earned` the rows by rule. Rules stand in the program file's order, those of earlier editions
    after them.

    Args:
        review: the table statements, and the totals of the lines.
        program: the edition in force.
    """
    here = pl.col("program") == program.id
    totals, statements = review.totals.filter(here), review.tables["statements"].filter(here)
    if not program.rules and totals.is_empty() and statements.is_empty():
        return {}
    return {
        "statements": {
            str(currency): _summarize_statements(rows)
            for (currency,), rows in statements.sort("currency").group_by("currency", maintain_order=True)
        },
        "commissions": _summarize_rules(totals.filter(pl.col("table") == "commissions"), list(program.commissions)),
        "credits": _summarize_rules(totals.filter(pl.col("table") == "credits"), list(program.credits)),
        "not_earned": _count_rows(
            totals.filter(pl.col("table") == "not_earned"), [name for _, name, _ in program.rules]
        ),
    }


def _summarize_statements(rows: pl.DataFrame) -> dict[str, Any]:
    """The statements of one currency, and how many of which balance have which status."""
    words = report_contract("statements").field("status").enum
    by_status = {word: rows.filter(pl.col("status") == word) for word in words}
    return {
        "partners": rows.height,
        **{name: _sum(rows[name]) for name in _SUMS},
        "statuses": {
            word: {"partners": of.height, **{name: _sum(of[name]) for name in ("opening_balance", "balance")}}
            for word, of in by_status.items()
        },
    }


def _summarize_rules(totals: pl.DataFrame, names: list[str]) -> dict[str, Any]:
    """How many lines each rule has, and their amounts."""
    amounts: dict[str, dict[str, dict[str, Decimal]]] = {name: {} for name in _all_names(totals, names)}
    by = ["rule", "currency", "kind"]
    for rule, currency, kind, amount in totals.group_by(by).agg(pl.col("amount").sum()).sort(by).iter_rows():
        amounts[rule].setdefault(currency, dict.fromkeys(KINDS, Decimal()))[kind] = amount
    counts = _count_rows(totals, names)
    return {name: {"lines": counts[name], "amounts": of} for name, of in amounts.items()}


def _count_rows(totals: pl.DataFrame, names: list[str]) -> dict[str, int]:
    found = dict(totals.group_by("rule").agg(pl.col("lines").sum()).iter_rows())
    return {name: found.get(name, 0) for name in _all_names(totals, names)}


def _all_names(totals: pl.DataFrame, names: list[str]) -> list[str]:
    """The rules in force, and after them those that only an earlier edition has."""
    return list(dict.fromkeys([*names, *totals["rule"].unique().sort()]))


def _sum(amounts: pl.Series) -> Decimal:
    return Decimal(amounts.sum())
