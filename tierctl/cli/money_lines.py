"""The part of a review's summary that is about money: what each rule brought, and what becomes of the balances."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

import polars as pl
from rich.text import Text

from tierctl.cli import words
from tierctl.cli.layout import Cell, align, heading, number, paragraph
from tierctl.money import minor_unit
from tierctl.program.model import Program
from tierctl.report.money import KINDS

_NOTHING: Final = "·"
_SECTIONS: Final[Mapping[str, str]] = {"commissions": "Commissions", "credits": "Credits"}
_STATUSES: Final[Mapping[str, str]] = {
    "pay": "to pay",
    "carried": "carried to the next month",
    "held": "held",
    "owed": "owed by the partner",
}


@dataclass(frozen=True)
class Money:
    """One program's money: `counts` is its part of summary.json, `statements` its rows of that report.

    `place` is where a reader finds the rows that earned nothing; `opens_at_zero`: every balance does, since there is
    neither a close nor a first month.
    """

    program: Program
    counts: Mapping[str, Any]
    statements: pl.DataFrame
    place: str
    opens_at_zero: bool = False

    @property
    def currencies(self) -> list[str]:
        """Every currency in which there is an amount, in alphabetical order."""
        rules = [rule for section in _SECTIONS for rule in self.counts[section].values()]
        return sorted({*self.counts["statements"], *(currency for rule in rules for currency in rule["amounts"])})

    def amount(self, value: Decimal, currency: str) -> str:
        """An amount with its currency's decimals, its point below those of other currencies; nothing is a dot."""
        if not value:
            return _NOTHING
        places, most = minor_unit(currency), max(map(minor_unit, self.currencies))
        blanks = most - places + (most > 0 and places == 0)
        return f"{value:,.{places}f}" + " " * blanks


def money_lines(money: Money, width: int) -> list[Text]:
    """The block: what every rule brought, the statements by what becomes of them; no line wider than asked."""
    currencies = money.currencies
    tables = [list(_rules(money)), list(_statements(money))]
    if len(currencies) <= 1:
        tables = [[[row[0], *row[2:]] for row in rows] for rows in tables]
    first_figure = 1 if len(currencies) <= 1 else 2
    lines = heading("Money", f"in {currencies[0]}" if len(currencies) == 1 else "", width)
    for rows in filter(None, tables):
        right = range(first_figure, len(rows[0]))
        lines += [*align(rows, width, right=right, give=[0], indent=2), Text()]
    notes = list(_notes(money))
    lines += [line for said in notes for line in paragraph(said, width, indent=2, style="dim")]
    return lines if notes else lines[:-1]


def _notes(money: Money) -> Iterator[str]:
    if money.opens_at_zero and not money.statements.is_empty():
        yield "Every balance opens at 0: no month before is closed, and [ledger] starts is not set."
    if any(money.counts["not_earned"].values()):
        yield f"Rows that earned nothing, each with the first condition that it fails: {money.place}"


def _rules(money: Money) -> Iterator[list[Cell]]:
    """Commissions, then credits: name, currency, the amounts by kind, the rows that earned nothing."""
    heads = ("earned", "adjustments", "clawbacks", "not earned")
    for section, title in _SECTIONS.items():
        rules: Mapping[str, Mapping[str, Any]] = money.counts[section]
        if not rules:
            continue
        yield [title, "", *(Text(head, style="dim") for head in heads)]
        heads = ("", "", "", "")
        for name, rule in rules.items():
            rows: int = money.counts["not_earned"].get(name, 0)
            yield from _amounts(
                money,
                words.rule_name(money.program, section, name),
                rule["amounts"],
                number(rows) if rows else _NOTHING,
            )
        if len(rules) > 1:
            yield from _amounts(money, "Together", _sums(rules), "")


def _amounts(money: Money, name: str, amounts: Mapping[str, Mapping[str, Decimal]], rows: str) -> Iterator[list[Cell]]:
    """One row per currency; the name and what is not money stand in the first of them alone."""
    for currency, by_kind in amounts.items() or [("", dict.fromkeys(KINDS, Decimal()))]:
        cells = [money.amount(by_kind[kind], currency) for kind in KINDS]
        yield [f"  {name}", currency, *cells, rows]
        name, rows = "", ""


def _sums(rules: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Decimal]]:
    """The amounts of all rules, by currency and kind."""
    sums: dict[str, dict[str, Decimal]] = {}
    for rule in rules.values():
        for currency, by_kind in rule["amounts"].items():
            sums.setdefault(currency, dict.fromkeys(KINDS, Decimal()))
            for kind, amount in by_kind.items():
                sums[currency][kind] += amount
    return dict(sorted(sums.items()))


def _statements(money: Money) -> Iterator[list[Cell]]:
    """The statements by status: what becomes of them, currency, partners, the balances before, postings, and now."""
    counted: Mapping[str, Mapping[str, Any]] = money.counts["statements"]
    if not counted:
        return
    heads = ("partners", "opening", "this month", "balance")
    yield ["Statements", "", *(Text(head, style="dim") for head in heads)]
    for status, said in _STATUSES.items():
        for currency, of in counted.items():
            each = of["statuses"][status]
            if each["partners"]:
                before, now = each["opening_balance"], each["balance"]
                amounts = [money.amount(value, currency) for value in (before, now - before, now)]
                yield [f"  {said}{_on(money, status, currency)}", currency, number(each["partners"]), *amounts]


def _on(money: Money, status: str, currency: str) -> str:
    """The days on which statements are paid; nothing where the program leaves them open."""
    concerned = (pl.col("status") == status) & (pl.col("currency") == currency)
    days = money.statements.filter(concerned)["pay_on"].drop_nulls().unique().sort()
    return f" on {', '.join(map(str, days))}" if len(days) else ""
