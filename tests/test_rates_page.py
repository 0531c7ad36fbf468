"""The page about rates and amounts: every example is reviewed and earns, line by line and cent by cent, what it shows.

An example is a `toml rule` block, whose tables and keys take the place of those in the page's `toml frame` (and where
it pays commissions `toml frame of commissions`), and the tables after it up to the next one. A `toml next edition`
block is a later edition of its program. The line above a table says what it holds:

- "With `EXPORT`:" and "Rows of `EXPORT`:" rows, each naming the columns that matter. With a column `earns` they are all
  that is reviewed for January: the whole of its line, or – and in `how` the condition in `not_earned`.
- "Lines:" and "Statements:" the columns of the report; of commissions and credits all lines there are.

Where `how` is arithmetic it is worked out, and rounded it is the amount.
"""

import ast
import operator
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from fractions import Fraction
from functools import cache
from typing import Any, TypeAlias

import pytest

from tests.test_docs import DOCS, blocks_of, with_part
from tierctl.contracts import FieldType, report_contract
from tierctl.example_tables import tables_of
from tierctl.fiscal import Calendar
from tierctl.money import minor_unit
from tierctl.program.load import load_text
from tierctl.program.model import Program
from tierctl.program.rules import MOMENTS, Cap, Clawback, PayDay, Payout, Rule
from tierctl.review import Review, review

PAGE = DOCS / "rates-and-amounts.md"
FIRST_MONTH = "2025-01"
NOTHING = "–"
EARNS, HOW, MONTH = "earns", "how", "month"
ROUNDING = {"half_even": ROUND_HALF_EVEN, "half_away_from_zero": ROUND_HALF_UP, "down": ROUND_DOWN}

_EXAMPLE = re.compile(r"^```toml rule\n(?P<rule>.*?)^```$(?P<rest>.*?)(?=^```toml rule\n|\Z)", re.MULTILINE | re.DOTALL)
_EDITION = re.compile(r"^```toml next edition\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_TABLE = re.compile(r"^(With|Rows of|Lines|Statements)(?: `(\w+)`)?:\n\n((?:\|.*\n)+)", re.MULTILINE)
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
_CONDITION = re.compile("`([^`]+)`")

Row: TypeAlias = dict[str, str]


@dataclass(frozen=True)
class Example:
    """One example of the page: the editions of its program, rows in, rows expected."""

    heading: str
    number: int
    editions: tuple[str, ...]
    rows: Mapping[str, list[Row]]
    source: str
    lines: list[Row]
    statements: list[Row]

    @property
    def place(self) -> str:
        return f"{self.heading} {self.number}"

    @property
    def earning(self) -> list[Row]:
        """The rows of the source with what each of them earns; none where lines are shown."""
        return [row for row in self.rows[self.source] if EARNS in row]


def _examples() -> Iterator[Example]:
    text = PAGE.read_text(encoding="utf-8")
    for number, found in enumerate(_EXAMPLE.finditer(text), start=1):
        heading = _HEADING.findall(text[: found.start()])[-1]
        rest = _HEADING.split(found["rest"])[0]
        parts = [found["rule"], *_EDITION.findall(rest)]
        tables = [(word, export, _read(table)) for word, export, table in _TABLE.findall(rest)]
        yield Example(
            heading=heading,
            number=number,
            editions=tuple(_whole(part) for part in parts),
            rows={export: rows for _, export, rows in tables if export},
            source=next(export for word, export, _ in tables if word == "Rows of"),
            lines=[row for word, _, rows in tables if word == "Lines" for row in rows],
            statements=[row for word, _, rows in tables if word == "Statements" for row in rows],
        )


def _whole(part: str) -> str:
    """A program file: the page's frame with the part of an example."""
    frame = "".join(block.text for block in blocks_of("toml frame", PAGE))
    paid = "".join(block.text for block in blocks_of("toml frame of commissions", PAGE))
    return with_part(frame + paid if "[commissions." in part else frame, part)


def _read(table: str) -> list[Row]:
    head, _, *body = [[cell.strip() for cell in line.strip()[1:-1].split("|")] for line in table.splitlines()]
    return [dict(zip(head, cells, strict=True)) for cells in body]


EXAMPLES = list(_examples())


def number(text: str) -> Decimal:
    """A number as the page writes it.

    >>> number("−1,234.50")
    Decimal('-1234.50')
    """
    return Decimal(text.replace(",", "").replace("−", "-"))


_CELLS: Mapping[FieldType, Callable[[str], Any]] = {
    "string": str,
    "number": number,
    "integer": lambda text: int(number(text)),
    "date": date.fromisoformat,
    "boolean": lambda text: text == "true",
}


@cache
def editions(example: str) -> tuple[Program, ...]:
    """The editions of an example's program, told by its place."""
    loaded = []
    for text in next(each for each in EXAMPLES if each.place == example).editions:
        program, findings = load_text(text, "example.toml")
        assert program is not None, "\n".join(map(str, findings))
        loaded.append(program)
    return tuple(loaded)


def _tables(example: Example) -> Any:
    program = editions(example.place)[0]
    rows: dict[str, list[dict[str, object]]] = {"partners": [{"partner_id": "A"}]}
    for export, listed in example.rows.items():
        contract = program.contract(export)
        rows[export] = [
            {
                column: _CELLS[contract.field(column).type](cell)
                for column, cell in row.items()
                if cell and column not in {EARNS, HOW}
            }
            for row in listed
        ]
    return tables_of(program, rows)


@cache
def reviewed(example: str, month: str) -> Review:
    """The review of an example, told by its place; money begins with its first month."""
    of, calendar = next(each for each in EXAMPLES if each.place == example), Calendar.months()
    begins = calendar.month(FIRST_MONTH)
    return review(editions(example), _tables(of), calendar, calendar.month(month), money_from=begins)


def _posted(example: str, month: str) -> list[dict[str, Any]]:
    tables = reviewed(example, month).tables
    return [line for report in ("commissions", "credits") for line in tables[report].to_dicts()]


def money(text: str) -> tuple[Decimal, str]:
    """An amount with its currency, US dollars where none is named."""
    amount, _, currency = text.partition(" ")
    return number(amount), currency or "USD"


_OPERATORS: Mapping[type[ast.operator], Callable[[Fraction, Fraction], Fraction]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}


def worked_out(how: str) -> Fraction:
    """The exact result of arithmetic as the page writes it.

    >>> worked_out("(1,000 − 400) × 20 %"), worked_out("−180 × 300 ÷ 900")
    (Fraction(120, 1), Fraction(-60, 1))
    """
    text = how.replace(",", "").replace("−", "-").replace("×", "*").replace("÷", "/").replace(" %", " / 100")
    return _value(ast.parse(text, mode="eval").body, text)


def _value(node: ast.expr, text: str) -> Fraction:
    match node:
        case ast.BinOp(left, sign, right):
            return _OPERATORS[type(sign)](_value(left, text), _value(right, text))
        case ast.UnaryOp(ast.USub(), operand):
            return -_value(operand, text)
    return Fraction(ast.get_source_segment(text, node) or "")


def rounded(exact: Fraction, currency: str, rounding: str) -> Decimal:
    """Rounded once, to the smallest unit of the currency."""
    units = exact * 10 ** minor_unit(currency)
    quotient = Decimal(units.numerator) / Decimal(units.denominator)
    return quotient.quantize(Decimal(1), rounding).scaleb(-minor_unit(currency))


@pytest.mark.parametrize(
    "example", [example for example in EXAMPLES if example.earning], ids=lambda example: example.place
)
def test_each_row_earns_what_the_page_shows(example: Example) -> None:
    key = editions(example.place)[0].contract(example.source).primary_key[0]
    wanted = {row[key]: money(row[EARNS]) for row in example.earning if row[EARNS] != NOTHING}
    unearned = {row[key]: _condition(row[HOW]) for row in example.earning if row[EARNS] == NOTHING}
    found = reviewed(example.place, FIRST_MONTH)
    posted = {line["source_id"]: (line["amount"], line["currency"]) for line in _posted(example.place, FIRST_MONTH)}
    assert posted == wanted
    listed = found.tables["not_earned"].select("source_id", "condition").rows()
    assert dict(listed) == unearned


def _condition(how: str) -> str:
    found = _CONDITION.fullmatch(how)
    assert found is not None, how
    return found[1]


@pytest.mark.parametrize("example", [example for example in EXAMPLES if example.lines], ids=lambda each: each.place)
def test_the_lines_of_each_month_are_those_of_the_page(example: Example) -> None:
    columns = [column for column in example.lines[0] if column != HOW]
    last = max(row[MONTH] for row in example.lines)
    months = [f"2025-{place:02}" for place in range(1, int(last[-2:]) + 1)]
    assert months[-1] == last
    found = [line for month in months for line in _posted(example.place, month)]
    posted = [tuple(line[column] for column in columns) for line in found]
    wanted = [tuple(number(row[c]) if c == "amount" else row[c] for c in columns) for row in example.lines]
    assert sorted(posted) == sorted(wanted)


def _statements() -> list[Any]:
    return [
        pytest.param(example.place, row, id=f"{example.place} {row[MONTH]} {row.get('currency', '')}")
        for example in EXAMPLES
        for row in example.statements
    ]


@pytest.mark.parametrize(("example", "row"), _statements())
def test_a_statement_is_that_of_the_page(example: str, row: Row) -> None:
    contract = report_contract("statements")
    wanted = {column: _CELLS[contract.field(column).type](cell) for column, cell in row.items() if column != HOW}
    found = reviewed(example, row[MONTH]).tables["statements"].to_dicts()
    assert any(wanted.items() <= statement.items() for statement in found), found


def _worked() -> list[Any]:
    amounts = [
        (example, *money(row[EARNS]), row[HOW])
        for example in EXAMPLES
        for row in example.earning
        if row[EARNS] != NOTHING
    ]
    amounts += [(example, number(row["amount"]), "USD", row[HOW]) for example in EXAMPLES for row in example.lines]
    return [pytest.param(*each, id=f"{each[0].place}: {each[3]}") for each in amounts]


@pytest.mark.parametrize(("example", "amount", "currency", "how"), _worked())
def test_the_arithmetic_comes_out(example: Example, amount: Decimal, currency: str, how: str) -> None:
    mode = ROUNDING[editions(example.place)[0].policy.rounding]
    assert rounded(worked_out(how), currency, mode) == amount


def _words() -> list[str]:
    models = (Rule, Cap, Clawback, Payout, PayDay)
    keys = {field.alias or name for model in models for name, field in model.model_fields.items()}
    choices = {*MOMENTS, "whole", "slices", "evenly", "latest", "as_earned", "refunded_share", "window_end", "as_of"}
    choices |= {"unbroken_since", "forward", "backward", "modified_forward", "none", *ROUNDING}
    return sorted((keys | choices) - {"name", "track"})


@pytest.mark.parametrize("word", _words())
def test_the_page_names_every_word_of_a_rule(word: str) -> None:
    assert re.search(rf"\b{word}\b", PAGE.read_text(encoding="utf-8"))
