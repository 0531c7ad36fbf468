"""Statements of closes: they add up, they say what the lines say, and each opens with what the one before left."""

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests.unit.small_ledger import sealed
from tierctl.contracts import report_contract
from tierctl.ledger.closes import Ledger
from tierctl.ledger.statement_chain import chained
from tierctl.report.formats import Format
from tierctl.report.tables import write_table

# April: 100 earned, nothing paid. May: 100 + 50 - 20 - 10 = 120, of which all is paid.
APRIL = {"opening_balance": 0, "earned": 100, "adjustments": 0, "clawbacks": 0, "balance": 100, "payable": 0}
MAY = {"opening_balance": 100, "earned": 50, "adjustments": -20, "clawbacks": -10, "balance": 120, "payable": 120}
LINES = {
    "2025-04": [("earned", 100)],
    "2025-05": [("earned", 30), ("earned", 20), ("adjustment", -20), ("clawback", -10)],
}


def table(name: str, rows: list[dict[str, Any]]) -> pl.DataFrame:
    contract = report_contract(name)
    full = [{column: row.get(column) for column in contract.names} for row in rows]
    return pl.DataFrame(full, schema=contract.polars_schema)


def fill(folder: Path, month: str, amounts: Mapping[str, int], closing: int) -> Mapping[str, int]:
    """One partner's statement, and its lines."""
    of = {"program": "elevate", "partner_id": "P-1", "month": month, "currency": "USD"}
    numbers = {name: Decimal(value) for name, value in amounts.items()}
    statement = {**of, "status": "carried", **numbers, "closing_balance": Decimal(closing)}
    lines = [
        {**of, "source_id": f"L-{number}", "kind": kind, "amount": Decimal(amount)}
        for number, (kind, amount) in enumerate(LINES[month])
    ]
    (folder / "reports").mkdir()
    write_table(table("statements", [statement]), folder / "reports" / "statements.csv", Format.CSV)
    write_table(table("commissions", lines), folder / "reports" / "commissions.parquet", Format.PARQUET)
    return {"reports/statements.csv": 1, "reports/commissions.parquet": len(lines)}


def ledger(root: Path, april: Mapping[str, int], may: Mapping[str, int], left: tuple[int, int]) -> Ledger:
    made = Ledger(root / "ledger")
    sealed(made, "2025-04", fill=lambda folder: fill(folder, "2025-04", april, left[0]))
    sealed(made, "2025-05", fill=lambda folder: fill(folder, "2025-05", may, left[1]))
    return made


def test_statements_that_add_up_and_follow_each_other(tmp_path: Path) -> None:
    found = chained(ledger(tmp_path, APRIL, MAY, (100, 0)).closes())
    assert (found.wrong, found.examples) == (0, ())


@pytest.mark.parametrize(
    ("april", "may", "left", "expected"),
    [
        ({}, {"earned": 80, "balance": 150, "payable": 150}, (100, 0), [("2025-05", "earned", 80, 50)]),
        ({}, {"balance": 121, "payable": 121}, (100, 0), [("2025-05", "balance", 121, 120)]),
        ({}, {}, (100, 5), [("2025-05", "closing_balance", 5, 0)]),
        (
            {},
            {"opening_balance": 200, "balance": 220, "payable": 220},
            (100, 0),
            [("2025-05", "opening_balance", 200, 100)],
        ),
        ({}, {"adjustments": 0, "balance": 140, "payable": 140}, (100, 0), [("2025-05", "adjustments", 0, -20)]),
        ({"payable": 60}, {}, (40, 0), [("2025-05", "opening_balance", 100, 40)]),
    ],
    ids=["earned", "sum", "what remains", "opening", "a kind left out", "paid and opened with"],
)
def test_an_amount_that_is_not_what_it_should_be_is_named(
    tmp_path: Path, april: dict[str, int], may: dict[str, int], left: tuple[int, int], expected: list[Any]
) -> None:
    found = chained(ledger(tmp_path, APRIL | april, MAY | may, left).closes())
    told = [(each.month, each.amount, int(each.stated), int(each.expected)) for each in found.examples]
    assert told == expected
    assert found.wrong == len(expected)


def test_a_balance_that_no_statement_opens_with_is_missed(tmp_path: Path) -> None:
    made = Ledger(tmp_path / "ledger")
    sealed(made, "2025-04", fill=lambda folder: fill(folder, "2025-04", APRIL, 100))

    def nothing(folder: Path) -> Mapping[str, int]:
        (folder / "reports").mkdir()
        write_table(table("statements", []), folder / "reports" / "statements.csv", Format.CSV)
        return {"reports/statements.csv": 0}

    sealed(made, "2025-05", fill=nothing)
    found = chained(made.closes())
    told = [(each.amount, int(each.stated), int(each.expected)) for each in found.examples]
    assert told == [("opening_balance", 0, 100)]
