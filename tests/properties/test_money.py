"""What holds of money whatever the program: everything adds up, and nothing is lost from month to month."""

from collections import Counter
from dataclasses import dataclass, field, replace
from decimal import Decimal

import polars as pl
from hypothesis import given

from tests.properties.generated import Case
from tests.properties.paying import money_cases
from tests.properties.reviews import assert_same, begun, reviewed, tables, tried
from tests.scenarios.run import oracle_calendar

LINES = ("commissions", "credits", "not_earned")
KINDS = {"earned": "earned", "adjustment": "adjustments", "clawback": "clawbacks"}


@tried(12)
@given(case=money_cases())
def test_statements_add_up_and_hold_every_line(case: Case) -> None:
    found = tables(case, begun(case))
    totals: Counter[tuple[str, str, str]] = Counter()
    for line in found["commissions"].to_dicts():
        totals[line["partner_id"], line["currency"], KINDS[line["kind"]]] += line["amount"]
    stated: Counter[tuple[str, str, str]] = Counter()
    for row in found["statements"].to_dicts():
        for column in KINDS.values():
            stated[row["partner_id"], row["currency"], column] += row[column]
        assert row["balance"] == row["opening_balance"] + row["earned"] + row["adjustments"] + row["clawbacks"]
        assert row["payable"] == (row["balance"] if row["status"] == "pay" else 0)
        assert row["closing_balance"] == row["balance"] - row["payable"]
        assert (row["status"] == "owed") == (row["balance"] < 0)
    assert {key: amount for key, amount in totals.items() if amount} == {
        key: amount for key, amount in stated.items() if amount
    }


@tried(6)
@given(case=money_cases())
def test_what_a_month_leaves_is_what_the_next_one_begins_with(case: Case) -> None:
    exports = begun(case)
    calendar = oracle_calendar(case.calendar)
    following = calendar.shift(calendar.month(case.month), 1).label
    first = replace(case, money_from=case.money_from or case.month)
    closing, opening = (
        {(row["partner_id"], row["currency"]): row[column] for row in statements if row[column]}
        for statements, column in (
            (tables(first, exports)["statements"].to_dicts(), "closing_balance"),
            (tables(replace(first, month=following), exports)["statements"].to_dicts(), "opening_balance"),
        )
    )
    assert opening == closing


@tried(15)
@given(case=money_cases())
def test_totals_are_those_of_the_lines(case: Case) -> None:
    result = reviewed(case, begun(case))
    lines: Counter[tuple[str, ...]] = Counter()
    amounts: dict[tuple[str, ...], Decimal] = {}
    for table in LINES:
        for row in result.tables[table].to_dicts():
            key = (table, row["program"], row["track"], row["rule"], row.get("kind", ""), row.get("currency", ""))
            lines[key] += 1
            amounts[key] = amounts.get(key, Decimal(0)) + row.get("amount", Decimal(0))
    keys = ("table", "program", "track", "rule", "kind", "currency")
    totals = {tuple(row[column] for column in keys): row for row in result.totals.to_dicts()}
    assert {key: row["lines"] for key, row in totals.items()} == dict(lines)
    assert {key: row["amount"] or 0 for key, row in totals.items()} == amounts


@dataclass
class Kept:
    """A sink that keeps what it is handed."""

    frames: dict[str, list[pl.DataFrame]] = field(default_factory=lambda: {table: [] for table in LINES})

    def add(self, table: str, lines: pl.DataFrame) -> None:
        self.frames[table].append(lines)


@tried(6)
@given(case=money_cases())
def test_lines_handed_on_are_those_of_the_tables(case: Case) -> None:
    exports = begun(case)
    kept = Kept()
    result = reviewed(case, exports, sink=kept)
    assert not set(LINES) & set(result.tables)
    whole = tables(case, exports)
    handed = {table: pl.concat([whole[table].clear(), *frames]) for table, frames in kept.frames.items()}
    assert_same(dict(result.tables) | handed, whole)
