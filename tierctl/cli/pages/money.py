"""The money of a program: what is paid, what every rule brought by kind, credits apart, and what closed months got."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from tierctl.cli import words
from tierctl.cli.layout import number, plural
from tierctl.cli.pages.drawing import Bar, Bars, draw
from tierctl.cli.pages.parts import Cell, Chart, Column, Figure, Section, Table, count_cell, heights, money, money_cell
from tierctl.report.money import KINDS

if TYPE_CHECKING:
    from tierctl.cli.pages.view import Page
    from tierctl.program.model import Program

_SECTIONS: Final[Mapping[str, str]] = {"commissions": "Commissions", "credits": "Credits"}
_KINDS: Final[Mapping[str, tuple[str, str]]] = {
    "earned": ("earned", "bar-up"),
    "adjustment": ("adjustments", "before"),
    "clawback": ("taken back", "bar-down"),
}
_STATUSES: Final[Mapping[str, str]] = {
    "pay": "to pay",
    "carried": "carried to the next month",
    "held": "held",
    "owed": "owed by the partner",
}
_MOST_DAYS: Final = 3
NOTHING_POSTED: Final = "No month before is posted, so every balance opens at 0."
_CREDITS: Final = "Credits are taken off the partners' own invoices: they are no part of what is paid out."

Amounts = Mapping[str, Decimal]


def money_of(page: "Page", program: "Program") -> Mapping[str, Any]:
    """The program's money in summary.json; empty: it has no rules."""
    counts: Mapping[str, Any] = page.made.counts["programs"][program.id].get("money", {})
    return counts


def payable(page: "Page", program: "Program") -> Iterator[Figure]:
    """What is to be paid, by currency."""
    counts = money_of(page, program)
    if not counts:
        return
    for currency, of in counts["statements"].items():
        count = of["statuses"]["pay"]["partners"]
        yield Figure(f"To be paid, {currency}", money(of["payable"], currency), f"to {plural(count, 'partner')}")
    if not counts["statements"]:
        yield Figure("To be paid", "0", "no statement has a balance")


def money_section(page: "Page", program: "Program") -> Section | None:
    """What every rule brought by kind and currency, and what becomes of the balances; None: there are no rules."""
    counts = money_of(page, program)
    if not counts:
        return None
    id_ = f"{program.id}--money"
    tables = [table for kind in _SECTIONS if (table := _rules(page, program, kind, id_)) is not None]
    statements = _statements(page, program, id_)
    return Section(
        id_,
        "Money by rule",
        _lead(counts),
        charts=tuple(_charts(program, counts)),
        tables=(*tables, *statements),
        notes=(_CREDITS,) if any(rule["amounts"] for rule in counts["credits"].values()) else (),
    )


def closed_section(page: "Page", program: "Program") -> Section | None:
    """What was posted for closed months now, and what is held; None: no month is closed, or nothing was done."""
    opening = page.made.counts.get("opening", {})
    posted, held = (
        [each for each in opening.get(name, ()) if each["program"] == program.id] for name in ("posted", "held")
    )
    tables = []
    if posted:
        tables.append(_opened(f"{program.id}--posted", "Posted now for closed months", "Month", "earned_month", posted))
    if held:
        caption = "Held: rows that were posted and that today's exports lack; nothing is taken back for them"
        tables.append(_opened(f"{program.id}--held", caption, "Export", "source", held))
    lead = f"The review opens from the close of {opening.get('month')}."
    return Section(f"{program.id}--closed", "Closed months", lead, tables=tuple(tables)) if tables else None


def _opened(id_: str, caption: str, head: str, by: str, entries: list[Mapping[str, Any]]) -> Table:
    counted = "lines" if by == "earned_month" else "rows"
    columns = (
        Column(head),
        Column("Currency"),
        *(Column(name, "number") for name in ("Partners", counted.capitalize(), "Amount")),
    )
    rows = tuple(
        (
            Cell(each[by]),
            Cell(each["currency"]),
            count_cell(each["partners"]),
            count_cell(each[counted]),
            money_cell(each["amount"], each["currency"]),
        )
        for each in entries
    )
    return Table(id_, caption, columns, rows)


def _lead(counts: Mapping[str, Any]) -> str:
    said = []
    for currency, amounts in _sums(counts["commissions"]).items():
        net = sum(amounts.values(), Decimal())
        parts = [f"{money(amounts[kind], currency)} {_KINDS[kind][0]}" for kind in KINDS if amounts[kind]]
        said.append(f"{money(net, currency)} {currency} in commissions this month ({', '.join(parts) or 'nothing'})")
    for currency, amounts in _sums(counts["credits"]).items():
        said.append(f"{money(sum(amounts.values(), Decimal()), currency)} {currency} in credits")
    return f"{'; '.join(said) or 'Nothing was posted this month'}."


def _charts(program: "Program", counts: Mapping[str, Any]) -> Iterator[Chart]:
    """For commissions and credits and each currency: what every rule brought, by kind."""
    for kind, title in _SECTIONS.items():
        rules: Mapping[str, Mapping[str, Any]] = counts[kind]
        for currency in _sums(rules):
            amounts = {name: rule["amounts"][currency] for name, rule in rules.items() if currency in rule["amounts"]}
            groups = [Bars(words.rule_name(program, kind, name), _bars(of, currency)) for name, of in amounts.items()]
            net = {name: sum(of.values(), Decimal()) for name, of in amounts.items()}
            most = max(net, key=lambda name: abs(net[name]))
            whole = sum(net.values(), Decimal())
            said = (
                f"{words.rule_name(program, kind, most)} brings most:"
                f" {money(net[most], currency)} of {money(whole, currency)} {currency}."
            )
            yield Chart(f"{title} by rule, {currency}", draw(groups), said)


def _bars(amounts: Amounts, currency: str) -> tuple[Bar, ...]:
    kinds = [kind for kind in KINDS if amounts[kind]] or ["earned"]
    return tuple(
        Bar(amounts[kind], f"{money(amounts[kind], currency)} {_KINDS[kind][0]}", _KINDS[kind][1]) for kind in kinds
    )


def _rules(page: "Page", program: "Program", kind: str, id_: str) -> Table | None:
    counts = money_of(page, program)
    rules: Mapping[str, Mapping[str, Any]] = counts[kind]
    if not rules:
        return None
    rows = [row for name, rule in rules.items() for row in _rule_rows(program, kind, name, rule, counts)]
    sums = [
        (Cell("Together"), Cell(currency), count_cell(0), *_amounts(amounts, currency), Cell(""))
        for currency, amounts in _sums(rules).items()
    ]
    heads = ("Lines", "Earned", "Adjustments", "Clawbacks", "Together", "Earned nothing")
    earned_nothing = any(counts["not_earned"].get(name, 0) for name in rules)
    note = f"Earned nothing: rows, each with the first condition that it fails: {page.file('not_earned')}."
    return Table(
        f"{id_}-{kind}",
        f"{_SECTIONS[kind]} by rule, exact; every line: {page.file(kind)}",
        (Column("Rule"), Column("Currency"), *(Column(head, "number") for head in heads)),
        tuple(rows),
        tuple((*row[:2], Cell(""), *row[3:]) for row in sums),
        note=note if earned_nothing else "",
        is_fixed=True,
    )


def _rule_rows(
    program: "Program", kind: str, name: str, rule: Mapping[str, Any], counts: Mapping[str, Any]
) -> Iterator[tuple[Cell, ...]]:
    declared = (program.commissions if kind == "commissions" else program.credits).get(name)
    clause = (
        f"clause {declared.clause}" if declared and declared.clause else "" if declared else "of an earlier edition"
    )
    lines, nothing = count_cell(rule["lines"]), count_cell(counts["not_earned"].get(name, 0))
    title = Cell(words.rule_name(program, kind, name), note=clause)
    for currency, amounts in rule["amounts"].items() or [("", dict.fromkeys(KINDS, Decimal()))]:
        yield (title, Cell(currency), lines, *_amounts(amounts, currency), nothing)
        title, lines, nothing = Cell(title.text, note="the same rule"), Cell(""), Cell("")


def _amounts(amounts: Amounts, currency: str) -> list[Cell]:
    return [
        money_cell(value, currency) for value in (*(amounts[kind] for kind in KINDS), sum(amounts.values(), Decimal()))
    ]


def _sums(rules: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Decimal]]:
    """The amounts of all rules, by currency and kind."""
    sums: dict[str, dict[str, Decimal]] = {}
    for rule in rules.values():
        for currency, by_kind in rule["amounts"].items():
            of = sums.setdefault(currency, dict.fromkeys(KINDS, Decimal()))
            for kind, amount in by_kind.items():
                of[kind] += amount
    return dict(sorted(sums.items()))


def _statements(page: "Page", program: "Program", id_: str) -> Iterator[Table]:
    """What becomes of the balances."""
    counted: Mapping[str, Mapping[str, Any]] = money_of(page, program)["statements"]
    rows, sums = [], []
    for currency, of in counted.items():
        for status, said in _STATUSES.items():
            each = of["statuses"][status]
            if each["partners"]:
                before, now = each["opening_balance"], each["balance"]
                cells = [money_cell(value, currency) for value in (before, now - before, now)]
                days = _days(page, program, currency, status)
                rows.append((Cell(said.capitalize(), note=days), Cell(currency), count_cell(each["partners"]), *cells))
        before, now = of["opening_balance"], of["balance"]
        cells = [money_cell(value, currency) for value in (before, now - before, now)]
        sums.append((Cell("Together"), Cell(currency), count_cell(of["partners"]), *cells))
    if rows:
        heads = ("Partners", "Opening", "This month", "Balance")
        yield Table(
            f"{id_}-statements",
            f"Statements by what becomes of them; each of them: {page.file('statements')}",
            (Column("Statements"), Column("Currency"), *(Column(head, "number") for head in heads)),
            tuple(rows),
            tuple(sums),
            note="" if page.made.plan.money_from else NOTHING_POSTED,
            is_fixed=True,
        )


def _days(page: "Page", program: "Program", currency: str, status: str) -> str:
    statements: pl.DataFrame = page.made.review.tables["statements"]
    concerned = (pl.col("program") == program.id) & (pl.col("status") == status) & (pl.col("currency") == currency)
    days = statements.filter(concerned)["pay_on"].drop_nulls().unique().sort()
    if days.is_empty():
        return "no pay day is set" if status == "pay" else ""
    shown, rest = heights(days.to_list(), _MOST_DAYS)
    return f"on {', '.join(map(str, shown))}" + (f" and {number(rest)} more days" if rest else "")
