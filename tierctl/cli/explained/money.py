"""The money of a program: each rate, each amount from its row to the cent, what earns nothing, the statement."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Final

from rich.console import Group
from rich.text import Text
from rich.tree import Tree

from tierctl.cli import words
from tierctl.cli.explained.criteria import more
from tierctl.cli.explained.drawing import Columns, tree
from tierctl.cli.explained.exchange import exchange_of
from tierctl.cli.explained.made import Explained, Row
from tierctl.cli.explained.part import amount, failing, rate, sentence
from tierctl.cli.explained.placed import Places
from tierctl.cli.explained.reckoned import EARNED, is_exchanged, note, reckoned
from tierctl.cli.layout import Cell, plural
from tierctl.money import minor_unit
from tierctl.program.phrases import rule_words

if TYPE_CHECKING:
    from tierctl.program.model import Program
    from tierctl.program.rules import Kind, Rule

_LINES: Final[tuple["Kind", ...]] = ("commissions", "credits")
_WITHOUT_A_RATE: Final = ("not in force", "each row", "a fixed amount", "no ")
"""How a basis begins that says for itself why there is no one rate."""


def money_branches(explained: Explained, program: "Program", places: Places) -> Iterator[Tree]:
    """A branch per rule that concerns the partner, then its statements."""
    declared = [(kind, name) for kind, name, _ in program.rules]
    posted = [(kind, row["rule"]) for kind in _LINES for row in explained.rows(kind, program=program.id)]
    # A rule of an earlier edition still posts what has changed of its months.
    for kind, name in dict.fromkeys([*declared, *posted]):
        branch = _RuleTold(explained, program, kind, name).branch(places)
        if branch is not None:
            yield branch
    for row in explained.rows("statements", program=program.id):
        yield _statement(row)


def statement_words(row: Row) -> str:
    """What becomes of a balance."""
    currency = row["currency"]
    match row["status"]:
        case "pay":
            day = f" on {row['pay_on']}" if row["pay_on"] else ""
            return f"{amount(row['payable'], currency)} to pay{day}"
        case "held":
            return f"{amount(row['balance'], currency)} held"
        case "owed":
            return f"{amount(-row['balance'], currency)} owed by the partner"
    return f"{amount(row['closing_balance'], currency)} carried to the next month"


@dataclass(frozen=True)
class _RuleTold:
    """One rule of a program, and what it made of the partner's rows."""

    explained: Explained
    program: "Program"
    kind: "Kind"
    name: str

    @property
    def rule(self) -> "Rule | None":
        """The rule; None: the edition in force has none of that name any more."""
        rules = self.program.commissions if self.kind == "commissions" else self.program.credits
        return rules.get(self.name)

    @property
    def clause(self) -> str | None:
        return self.rule.clause if self.rule else None

    @property
    def has_limits(self) -> bool:
        return bool(self.rule and self.rule.caps)

    def branch(self, places: Places) -> Tree | None:
        """The rule with its rate, its amounts and what earns nothing; None where it does not concern the partner."""
        rates, lines, nothing = (self._rows(table) for table in ("rates", self.kind, "not_earned"))
        if not rates and not lines and not nothing:
            return None
        name = words.rule_name(self.program, self.kind, self.name)
        cited = " · ".join(filter(None, (self.clause, places.rule(self.kind, self.name))))
        branch = tree(Text.assemble((name, "bold"), (f"\n{cited or 'a rule of an earlier edition'}", "dim")))
        if self.rule and (lines or nothing):
            branch.add(Text(rule_words(self.rule), style="dim"))
        for row in rates:
            branch.add(self._rate(row))
        if lines:
            branch.children.append(self._lines(lines))
        if nothing:
            branch.children.append(self._nothing(nothing))
        return branch

    def _rows(self, table: str) -> list[Row]:
        return self.explained.rows(table, program=self.program.id, rule=self.name)

    def _rate(self, row: Row) -> Text:
        if row["rate"] is None:
            is_said = row["basis"].startswith(_WITHOUT_A_RATE)
            return Text(sentence(row["basis"] if is_said else f"no rate: {row['basis']}"))
        said = Text.assemble("Rate ", (rate(row["rate"]), "bold"), f": {row['basis']}")
        if row["clause"] and row["clause"] != self.clause:
            said.append(f" · {row['clause']}", style="dim")
        return said

    def _lines(self, lines: Sequence[Row]) -> Tree:
        branch = tree(f"{plural(len(lines), 'amount')} of {lines[0]['source']}")
        ordered = sorted(lines, key=lambda row: (-abs(row["amount"]), row["earned_month"], row["source_id"]))
        shown = ordered[: self.explained.top]
        month = self.explained.source.month.label
        if shown:
            cells: list[list[Cell]] = [[row["source_id"], self._reckoned(row)] for row in shown]
            notes = [note(row, month, self.clause, has_limits=self.has_limits) for row in shown]
            branch.add(Group(Columns(cells, notes, give=[0]), *more(len(lines) - len(shown))))
        return branch

    def _reckoned(self, row: Row) -> Text:
        is_to_know = row["kind"] == EARNED and is_exchanged(row)
        exchange = exchange_of(self.explained, self.program, row) if is_to_know else None
        return reckoned(row, exchange, has_limits=self.has_limits)

    def _nothing(self, rows: Sequence[Row]) -> Tree:
        """The rows that earn nothing, by the first condition that they fail."""
        verb = "earns" if len(rows) == 1 else "earn"
        branch = tree(f"{plural(len(rows), 'row')} of {rows[0]['source']} that {verb} nothing")
        ordered = sorted(rows, key=lambda row: (row["condition"], row["source_id"]))
        for _, group in groupby(ordered, key=lambda row: row["condition"]):
            alike = list(group)
            shown = alike[: self.explained.top]
            if shown:
                notes = [self._failing(row) for row in shown]
                cells = [[row["source_id"]] for row in shown]
                branch.add(Group(Columns(cells, notes, give=[0]), *more(len(alike) - len(shown))))
        return branch

    def _failing(self, row: Row) -> str:
        clause = row["clause"] if row["clause"] != self.clause else None
        return " · ".join(filter(None, (failing(row), clause)))


def _statement(row: Row) -> Tree:
    currency, places = row["currency"], minor_unit(row["currency"])
    said = f"{row['opening_balance']:,.{places}f} opening"
    for column in ("earned", "adjustments", "clawbacks"):
        sign = "-" if row[column] < 0 else "+"
        said += f" {sign} {abs(row[column]):,.{places}f} {column}"
    payee = f", to {row['payee_id']}" if row["payee_id"] else ""
    branch = tree(Text.assemble(("Statement", "bold"), f" in {currency}: {statement_words(row)}{payee}"))
    branch.add(Text(f"{said} = {row['balance']:,.{places}f} balance"))
    return branch
