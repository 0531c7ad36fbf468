"""The position rebuilt from all postings, against the one that the last close keeps."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tierctl.contracts import empty, ledger_contract, report_contract
from tierctl.ledger.closes import Close
from tierctl.ledger.positions import rebuilt

LINE = {
    "program": "p",
    "track": "t",
    "partner_id": "A",
    "rule": "spiff",
    "source": "mrr",
    "source_id": "L1",
    "currency": "USD",
}
NAMES = ("reports/commissions.parquet", "reports/credits.parquet", "state/position.parquet")


def close(folder: Path, label: str, lines: list[dict[str, Any]], position: list[dict[str, Any]]) -> Close:
    """A close with these commissions and this position."""
    contracts = [report_contract("commissions"), report_contract("credits"), ledger_contract("position")]
    full = [[{**LINE, "month": label, "amount": Decimal(row.pop("amount")), **row} for row in map(dict, lines)], [], []]
    full[2] = [
        {**LINE, "kind": "commissions", **row, "amount": Decimal(row["amount"]), "taken": Decimal(row.get("taken", 0))}
        for row in position
    ]
    for name, contract, rows in zip(NAMES, contracts, full, strict=True):
        path = folder / label / name
        path.parent.mkdir(parents=True, exist_ok=True)
        given = [dict.fromkeys(contract.names) | row for row in rows]
        (pl.DataFrame(given, schema=contract.polars_schema) if rows else empty(contract)).write_parquet(path)
    return Close(label, folder / label, {"files": [{"path": name, "sha256": ""} for name in NAMES]}, "", {})


def earned(month: str, amount: str, kind: str = "earned", **more: Any) -> dict[str, Any]:
    return {"earned_month": month, "amount": amount, "kind": kind, **more}


def run(first: str, last: str, amount: str, taken: str = "0", **more: Any) -> dict[str, Any]:
    return {"from_month": first, "through_month": last, "amount": amount, "taken": taken, **more}


def test_postings_of_all_closes_add_up_to_the_position(tmp_path: Path) -> None:
    """10 in January and February; 2 more for January, posted in February; 3 of February taken back in March."""
    closes = [
        close(tmp_path, "2025-01", [earned("2025-01", "10")], [run("2025-01", "2025-01", "10")]),
        close(tmp_path, "2025-02", [earned("2025-02", "12"), earned("2025-01", "2", "adjustment")], []),
        close(
            tmp_path,
            "2025-03",
            [earned("2025-02", "-3", "clawback"), earned("2025-03", "12")],
            [run("2025-01", "2025-01", "12"), run("2025-02", "2025-02", "12", "3"), run("2025-03", "2025-03", "12")],
        ),
    ]
    assert rebuilt(closes).wrong == 0


def test_where_nothing_was_posted_nothing_is_wrong(tmp_path: Path) -> None:
    assert rebuilt([close(tmp_path, "2025-01", [], [])]).wrong == 0


def test_a_run_of_months_is_as_good_as_each_of_them(tmp_path: Path) -> None:
    months = ("2025-11", "2025-12", "2026-01")
    closes = [close(tmp_path, month, [earned(month, "10")], [run("2025-11", month, "10")]) for month in months]
    assert rebuilt(closes).wrong == 0


@pytest.mark.parametrize(
    ("position", "sealed"),
    [
        ([], (0, 0)),
        ([run("2025-01", "2025-01", "11")], (11, 0)),
        ([run("2025-01", "2025-01", "10", "1")], (10, 1)),
    ],
    ids=["missing", "another amount", "taken back"],
)
def test_a_position_that_says_otherwise_is_named(
    tmp_path: Path, position: list[dict[str, Any]], sealed: tuple[Any, Any]
) -> None:
    found = rebuilt([close(tmp_path, "2025-01", [earned("2025-01", "10")], position)])
    assert found.wrong == 1
    (wrong,) = found.examples
    assert (wrong.key["source_id"], wrong.key["earned_month"], wrong.key["kind"]) == ("L1", "2025-01", "commissions")
    assert dict(wrong.posted) == {"amount": 10, "taken": 0}
    assert (wrong.sealed["amount"], wrong.sealed["taken"]) == sealed


def test_another_month_is_wrong_twice(tmp_path: Path) -> None:
    closes = [
        close(tmp_path, "2025-01", [earned("2025-01", "10")], []),
        close(tmp_path, "2025-02", [], [run("2025-02", "2025-02", "10")]),
    ]
    assert [each.key["earned_month"] for each in rebuilt(closes).examples] == ["2025-01", "2025-02"]


def test_a_month_that_no_close_knows_is_told(tmp_path: Path) -> None:
    found = rebuilt([close(tmp_path, "2025-01", [], [run("2024-01", "2024-02", "10")])])
    assert [each.key["earned_month"] for each in found.examples] == ["2024-01"]


def test_what_was_taken_back_before_it_was_posted_leaves_nothing(tmp_path: Path) -> None:
    assert rebuilt([close(tmp_path, "2025-01", [], [run("2025-01", "2025-01", "10", "10")])]).wrong == 0


def test_however_few_lines_are_held_at_a_time_the_three_first_are_shown(tmp_path: Path) -> None:
    lines = [earned("2025-01", "10", partner_id=f"P{number}") for number in range(9)]
    position = [run("2025-01", "2025-01", "10", partner_id=f"P{number}") for number in range(0, 9, 2)]
    found = rebuilt([close(tmp_path, "2025-01", lines, position)], at_once=2)
    assert found.wrong == 4
    assert [each.key["partner_id"] for each in found.examples] == ["P1", "P3", "P5"]
