"""A partner's statement: from the opening balance, line by line, to what is paid; credits and what earned nothing."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from tierctl.cli import words
from tierctl.cli.explained.money import statement_words
from tierctl.cli.explained.part import amount, sentence
from tierctl.cli.explained.reckoned import note, reckoned
from tierctl.cli.layout import number, plural
from tierctl.cli.pages.parts import Cell, Column, Figure, Section, Table, money, money_cell
from tierctl.cli.pages.titles import Titles, limits_words, reads_of
from tierctl.cli.pages.told import Told

if TYPE_CHECKING:
    from tierctl.cli.explained.made import Row
    from tierctl.program.model import Program
    from tierctl.program.rules import Rule

_EARNED, _CLAWBACK = "earned", "clawback"
_KINDS: Final[Mapping[str, str]] = {"earned": "earned", "adjustment": "adjustment", "clawback": "taken back"}
_SUMS: Final[Mapping[str, str]] = {
    "opening_balance": "Opening balance",
    "earned": "Earned",
    "adjustments": "Adjustments",
    "clawbacks": "Taken back",
}

_ENDS: Final[Mapping[str, tuple[str, str]]] = {
    "pay": ("To be paid", "payable"),
    "carried": ("Carried over", "closing_balance"),
    "held": ("Held", "balance"),
    "owed": ("Owed to us", "balance"),
}
_NO_DAY: Final = "no pay day is set"
_CUT: Final = "cut by the rule's limit"
_RESULT: Final = re.compile(" = | → ")

Rest = Mapping[tuple[str, str, str, str], tuple[int, Decimal]]
"""What stands in no line of the page: by program, table, currency and kind the lines and what they add up to."""


@dataclass(frozen=True)
class Account:
    """A partner's money in one program.

    Attributes:
        told: the partner.
        program: the program.
        rest: the lines that are too many for a page.
        nothing: the rows that earned nothing: rule, condition, how many, and some of them.
        others: the ids of all partners, which no page of another may tell of.
    """

    told: Told
    program: "Program"
    rest: Rest
    nothing: Sequence[Mapping[str, Any]]
    others: frozenset[str]

    @property
    def id(self) -> str:
        """What ids in the page begin with."""
        return f"{self.program.id}--statement"

    def rule(self, kind: str, name: str) -> "Rule | None":
        """A rule; None: the edition in force has none of that name any more."""
        rules = self.program.commissions if kind == "commissions" else self.program.credits
        return rules.get(name)

    @property
    def titles(self) -> Titles:
        """Exports and columns by their titles."""
        return Titles(self.told.source.workspace.contracts, self.program)

    def limits(self, rule: "Rule | None", currency: str) -> str:
        """What cuts the amounts of a rule: its caps, where each is one number."""
        caps = rule.caps if rule else ()
        return limits_words(caps, self.titles, reads_of(rule), currency)

    def lines(self, table: str, currency: str, *, is_earned: bool | None = None) -> list["Row"]:
        """The lines in one currency; those that are earned, the others, or all."""
        rows = self.told.rows(table, program=self.program.id, currency=currency)
        return [row for row in rows if is_earned is None or (row["kind"] == _EARNED) == is_earned]

    def beyond(self, table: str, currency: str, *, is_earned: bool | None = None) -> tuple[int, Decimal]:
        """How many lines stand in no page, and what they add up to."""
        found = [
            of
            for (program, name, unit, kind), of in self.rest.items()
            if (program, name, unit) == (self.program.id, table, currency)
            and (is_earned is None or (kind == _EARNED) == is_earned)
        ]
        return sum(count for count, _ in found), sum((each for _, each in found), Decimal())


def payable_figures(account: Account) -> Iterator[Figure]:
    """What becomes of the balance, in each currency."""
    for row in account.told.rows("statements", program=account.program.id):
        currency, status = row["currency"], row["status"]
        label, value = _ENDS[status]
        day = _day(row) if status == "pay" else ""
        value_ = abs(row[value]) if status == "owed" else row[value]
        yield Figure(f"{label}, {currency}", money(value_, currency), day, "down" if status == "owed" else "")


def statement_section(account: Account, title: str) -> Section:
    """The section of one program."""
    statements = account.told.rows("statements", program=account.program.id)
    tables = [table for row in statements for table in _statement(account, row)]
    tables += list(_credits(account))
    tables += list(_nothing(account))
    lead = " ".join(sentence(_becomes(account, row)) for row in statements)
    return Section(account.id, title, lead or "Nothing is owed, nothing was posted this month.", tables=tuple(tables))


def _becomes(account: Account, row: "Row") -> str:
    """What becomes of a balance, told to the partner."""
    if row["status"] == "owed":
        return f"{amount(-row['balance'], row['currency'])} owed to us"
    said = f"{statement_words(row)}{_payee(account, row)}"
    return said if row["status"] != "pay" or row["pay_on"] else f"{said}; {_day(row)}"


def _day(row: "Row") -> str:
    return f"on {row['pay_on']}" if row["pay_on"] else _NO_DAY


def _payee(account: Account, row: "Row") -> str:
    payee = row["payee_id"]
    if not payee or payee == account.told.partner:
        return ""
    return ", to the payee on record" if payee in account.others else f", to {payee}"


def _statement(account: Account, row: "Row") -> Iterator[Table]:
    currency = row["currency"]
    cells = [(Cell(title), money_cell(row[name], currency)) for name, title in _SUMS.items()]
    sums = [(Cell("Balance"), money_cell(row["balance"], currency))]
    if row["payable"]:
        sums.append((Cell("To pay", note=_day(row)), money_cell(row["payable"], currency)))
    if row["status"] == "owed":
        sums.append((Cell("Owed to us"), money_cell(-row["balance"], currency)))
    elif row["closing_balance"] or not row["payable"]:
        what = "Held" if row["status"] == "held" else "Carried to the next month"
        sums.append((Cell(what), money_cell(row["closing_balance"], currency)))
    id_ = f"{account.id}-{currency}"
    heads = (Column("This month"), Column("Amount", "number"))
    yield Table(f"{id_}-sums", f"Statement in {currency}", heads, tuple(cells), tuple(sums), is_fixed=True)
    for is_earned, title in ((True, "Earned"), (False, "Adjustments and what is taken back")):
        lines = account.lines("commissions", currency, is_earned=is_earned)
        if lines:
            rest = account.beyond("commissions", currency, is_earned=is_earned)
            table = _lines(account, "commissions", lines, rest)
            yield replace(table, id=f"{id_}-{'earned' if is_earned else 'others'}", caption=f"{title}, {currency}")


def _credits(account: Account) -> Iterator[Table]:
    rows = account.told.rows("credits", program=account.program.id)
    for currency in sorted({row["currency"] for row in rows}):
        lines, rest = account.lines("credits", currency), account.beyond("credits", currency)
        caption = f"Credits, {currency}: taken off the partner's own invoices, no part of the balance"
        table = _lines(account, "credits", lines, rest)
        yield replace(table, id=f"{account.id}-{currency}-credits", caption=caption)


def _lines(account: Account, kind: str, lines: Sequence["Row"], rest: tuple[int, Decimal]) -> Table:
    """The lines with what they add up to; id and caption are the caller's to say."""
    currency = lines[0]["currency"]
    columns = (
        Column("Row"),
        Column("Rule"),
        Column("Month"),
        Column("How it comes about"),
        Column("Amount", "number"),
        Column("Clause"),
    )
    rows = [tuple(_line(account, kind, line)) for line in lines]
    count, beyond = rest
    if count:
        more = (Cell(f"{plural(count, 'further line')}"), Cell(""), Cell(""), Cell("too many for a page"))
        rows.append((*more, money_cell(beyond, currency), Cell("")))
    total = sum((line["amount"] for line in lines), Decimal()) + beyond
    sums = ((Cell("Together"), Cell(""), Cell(""), Cell(""), money_cell(total, currency), Cell("")),)
    return Table("", "", columns, tuple(rows), sums, is_still=True).told


def _line(account: Account, kind: str, line: "Row") -> Iterator[Cell]:
    rule = account.rule(kind, line["rule"])
    how, said = _how(line, has_limits=bool(rule and rule.caps))
    said = said.replace(_CUT, account.limits(rule, line["currency"]))
    customer = f" · customer {line['customer_id']}" if line["customer_id"] else ""
    marked = line["kind"] if line["kind"] != _EARNED else ""
    yield Cell(line["source_id"], note=f"{account.titles.table(line['source'])}{customer}")
    yield Cell(words.rule_name(account.program, kind, line["rule"]), note=_KINDS[marked] if marked else "")
    yield Cell(line["earned_month"], style="whole")
    yield Cell(how, note=said)
    yield money_cell(line["amount"], line["currency"])
    yield Cell(line["clause"] or "")


def _how(line: "Row", *, has_limits: bool) -> tuple[str, str]:
    """How a line comes about, without its amount, and what else has to be said of it."""
    text = reckoned(line, has_limits=has_limits).plain
    said = (
        [] if line["kind"] == _CLAWBACK else [note(line, line["earned_month"], line["clause"], has_limits=has_limits)]
    )
    said += ["rounded"] if text.endswith(", rounded") else []
    if line["base"] is None:
        return "fixed amount", " · ".join(filter(None, said))
    return _RESULT.split(text)[0], " · ".join(filter(None, said))


def _nothing(account: Account) -> Iterator[Table]:
    """The rows that earned nothing, by rule and by the first condition that they fail."""
    if not account.nothing:
        return
    rows = []
    for group in account.nothing:
        kind = "credits" if group["rule"] in account.program.credits else "commissions"
        reads = reads_of(account.rule(kind, group["rule"]))
        examples = [
            f"{each['source_id']}: {account.titles.failed(reads, {'condition': group['condition'], **each})}"
            for each in group["some"]
        ]
        rest = group["rows"] - len(examples)
        more = f"and {plural(rest, 'more row')}" if rest else ""
        rows.append(
            (
                Cell(
                    words.rule_name(account.program, kind, group["rule"]),
                    note=f"clause {group['clause']}" if group["clause"] else "",
                ),
                Cell(number(group["rows"]), str(group["rows"])),
                Cell("; ".join(examples), note=more),
            )
        )
    heads = (Column("Rule"), Column("Rows", "number"), Column("Why"))
    yield Table(f"{account.id}-nothing", "What earned nothing, and why", heads, tuple(rows), is_still=True)
