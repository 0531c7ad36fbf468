"""Differences in words: by cause, named as the program names them, of many the tiers and the largest."""

from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from tierctl import resources
from tierctl.cli.difference_lines import Told, cause_lines, idle_lines, report_lines, row_lines
from tierctl.contracts import report_contract
from tierctl.diffs.row_changes import RowChanges
from tierctl.program.load import load_path

PROGRAM, _ = load_path(resources.bundled_programs() / "infusionsoft.toml")
assert PROGRAM is not None
TOLD = Told([PROGRAM], {"PN-1": "Acme"}, 60)


def differences(*rows: dict[str, Any]) -> pl.DataFrame:
    contract = report_contract("differences")
    usual = {"month": "2018-01", "program": "infusionsoft", "track": "var", "partner_id": "PN-1", "cause": "new row"}
    full = [dict.fromkeys(contract.names) | usual | row for row in rows]
    return pl.DataFrame(full, schema=contract.polars_schema)


def paid(before: str, after: str, **more: Any) -> dict[str, Any]:
    moved = Decimal(after) - Decimal(before)
    return {
        "item": "commissions.sales_commission",
        "currency": "USD",
        "before": before,
        "after": after,
        "difference": moved,
        **more,
    }


def said(*rows: dict[str, Any]) -> list[str]:
    return [line.plain for line in cause_lines(differences(*rows), TOLD)]


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (paid("1000", "1250.5"), "    PN-1  Acme  Commission  1,000.00 → 1,250.50  +250.50 USD"),
        (paid("1000", "0", currency="JPY"), "    PN-1  Acme  Commission  1,000 → 0  -1,000 JPY"),
        (
            {"item": "rate.market_development_funds", "before": None, "after": "0.5", "difference": Decimal("0.5")},
            "    PN-1  Acme  Market development funds: rate  none → 0.5",
        ),
        ({"item": "tier", "before": "certified", "after": None}, "    PN-1  Acme  tier in var  Certified → no tier"),
        ({"item": "tier", "before": "x", "after": "y", "track": "gone"}, "    PN-1  Acme  tier in gone  x → y"),
        (
            {"item": "status", "before": "active", "after": "pending_approval"},
            "    PN-1  Acme  status in var  active → pending approval",
        ),
        (paid("0", "5", program="other"), "    PN-1  Acme  sales commission  0.00 → 5.00  +5.00 USD"),
    ],
)
def test_a_difference_is_told_in_the_program_s_words(row: dict[str, Any], expected: str) -> None:
    assert said(row)[1] == expected


def test_a_cause_says_what_it_comes_to_by_currency() -> None:
    rows = [paid("0", "5"), paid("0", "7", partner_id="PN-2"), paid("0", "3", currency="EUR")]
    head = said(*rows, {"item": "tier", "before": "a", "after": "b"})
    assert head[0].split("  ")[1] == "new row"
    assert head[0].endswith("  2 partners · commissions +3.00 EUR, +12.00 USD")


def test_causes_stand_in_their_order() -> None:
    lines = said(paid("0", "5"), paid("0", "5", cause="decision"), paid("0", "5", cause="removed row"))
    assert [line.split("  ")[1] for line in lines if not line.startswith("    ")] == [
        "decision",
        "removed row",
        "new row",
    ]


def test_of_many_tiers_and_the_largest_are_shown() -> None:
    rows = [paid("0", str(number), partner_id=f"PN-{number}") for number in range(1, 12)]
    lines = said(*rows, {"item": "tier", "before": "certified", "after": "pro", "partner_id": "PN-99"})
    shown = [line.split()[0] for line in lines[1:-1]]
    assert shown == ["PN-99", "PN-11", "PN-10", "PN-9", "PN-8", "PN-7", "PN-6", "PN-5"]
    assert lines[-1] == "    and 4 more: --json"


def test_rows_are_named_and_the_rest_is_counted() -> None:
    changes = RowChanges("mrr", 5, 0, 1, {"new": ("L1", "L2", "L3"), "changed": (), "removed": ("L9",)})
    assert [line.plain for line in row_lines([changes], TOLD)] == [
        "  mrr, 5 new rows: L1, L2, L3 and 2 more",
        "  mrr, 1 removed row: L9",
    ]


def test_reports_and_causes_that_move_nothing() -> None:
    assert [line.plain for line in report_lines({"evidence": 1200, "actions": 1}, TOLD)] == [
        "  Rows of reports that differ: evidence 1,200, actions 1"
    ]
    assert report_lines({}, TOLD) == []
    idle = idle_lines(("calendar", "new row"), differences(paid("0", "1")), TOLD)
    assert [line.plain for line in idle] == ["  Differs, and moves no tier, rate or amount: calendar"]
