"""The sample workspace of Elevate does what its README says: its tables are worked out by hand, and read from there.

Every month of the tables is reviewed once, and compared with its column.
"""

from collections.abc import Callable, Iterable
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Final

import pytest

from tests.sample import SAMPLE, SampleReports, copy_workspace, read_report, run_tierctl, tables

Row = dict[str, str]
Review = Callable[[str], Path]

MONTHS: Final = ("2025-05", "2025-12", "2026-01", "2026-12", "2027-01")
MOVEMENTS: Final = "2025-05"
PAID: Final = "2025-05"
FOLLOWED: Final = "P-1016"
RULES: Final = {
    "Standard": "standard_residual",
    "Additional": "additional_residual",
    "SPIFF": "additional_spiff",
    "Adjustments": "adjustment",
    "Credit": "teams_calling",
}
PACE: Final = "2026-06"
NOTHING: Final = "–"


def _table_with(*columns: str) -> list[Row]:
    """The README's one table that has all of these columns."""
    readme = (SAMPLE / "README.md").read_text(encoding="utf-8")
    (table,) = [rows for rows in tables(readme) if set(columns) <= set(rows[0])]
    return table


def _blank(cell: str) -> str:
    """What a report's cell holds where the README's says that there is nothing."""
    return "" if cell in {NOTHING, "none"} else cell


def _number(cell: str) -> Decimal:
    return Decimal(cell.replace(",", ""))


def _amount(cell: str) -> Decimal:
    """An amount of the README; nothing counts as 0."""
    return Decimal(0) if cell == NOTHING else _number(cell)


def _sums(lines: Iterable[Row], *columns: str) -> dict[tuple[str, ...], Decimal]:
    """The amounts of lines, added up over those that are alike in the columns."""
    sums: dict[tuple[str, ...], Decimal] = {}
    for line in lines:
        key = tuple(line[column] for column in columns)
        sums[key] = sums.get(key, Decimal(0)) + _number(line["amount"])
    return sums


def _paid_by_rule(folder: Path) -> dict[tuple[str, ...], Decimal]:
    """Partner and rule → what it earns and what is taken off its invoices; all adjustments of a partner together."""
    lines = [*read_report(folder / "commissions.csv"), *read_report(folder / "credits.csv")]
    named = [line | {"rule": line["kind"] if line["kind"] == "adjustment" else line["rule"]} for line in lines]
    return _sums(named, "partner_id", "rule")


@pytest.fixture
def review(sample_reports: SampleReports) -> Review:
    """The folder of a month's reports."""
    return partial(sample_reports, "elevate")


@pytest.mark.parametrize("month", MONTHS)
def test_each_partner_stands_where_the_readme_says(review: Review, month: str) -> None:
    expected = {row["Partner"]: row[month] for row in _table_with("Partner", *MONTHS)}
    standing = {row["partner_id"]: row["tier"] or "none" for row in read_report(review(month) / "standing.csv")}
    assert standing == {partner: tier for partner, tier in expected.items() if tier != NOTHING}


def test_each_partner_is_called_as_in_the_readme(review: Review) -> None:
    expected = {row["Partner"]: row["Name"] for row in _table_with("Partner", *MONTHS)}
    assert {
        row["partner_id"]: row["partner_name"] for row in read_report(review("2027-01") / "standing.csv")
    } == expected


@pytest.mark.parametrize("month", MONTHS)
def test_no_row_is_rejected(review: Review, month: str) -> None:
    assert read_report(review(month) / "rejects.csv") == []


def test_the_month_of_movements_moves_as_the_readme_says(review: Review) -> None:
    of_readme = {
        "Partner": "partner_id",
        "Change": "change",
        "From": "previous_tier",
        "To": "tier",
        "Status": "status",
        "Basis": "basis",
        "Valid from": "valid_from",
        "Valid through": "valid_through",
    }
    expected = {
        row["Partner"]: {ours: _blank(row[theirs]) for theirs, ours in of_readme.items()}
        for row in _table_with(*of_readme)
    }
    standing = read_report(review(MOVEMENTS) / "standing.csv")
    moved = {
        row["partner_id"]: {ours: row[ours] for ours in of_readme.values()}
        for row in standing
        if row["change"] != "retained"
    }
    assert moved == expected


def test_the_pace_is_as_the_readme_says(review: Review) -> None:
    texts = {"Valid through": "valid_through", "Outlook": "outlook", "Falls to": "falls_to", "Falls on": "falls_on"}
    numbers = {
        "Value": "value",
        "Missing": "missing",
        "Needed per month": "needed_per_month",
        "Projected": "projected",
    }
    expected = {
        (row["Partner"], row["Tier"], row["Criterion"]): (
            {ours: _blank(row[theirs]) for theirs, ours in texts.items()},
            {ours: _number(row[theirs]) for theirs, ours in numbers.items()},
        )
        for row in _table_with("Partner", "Tier", "Criterion", *texts, *numbers)
    }
    partners = {partner for partner, _, _ in expected}
    found = {
        (row["partner_id"], row["tier"], row["criterion"]): (
            {ours: row[ours] for ours in texts.values()},
            {ours: _number(row[ours]) for ours in numbers.values()},
        )
        for row in read_report(review(PACE) / "requalification.csv")
        if row["partner_id"] in partners
    }
    assert found == expected


def test_what_is_paid_by_each_rule_is_as_the_readme_says(review: Review) -> None:
    expected = {
        (row["Partner"], rule): _number(row[column])
        for row in _table_with("Partner", *RULES)
        for column, rule in RULES.items()
        if row[column] != NOTHING
    }
    assert _paid_by_rule(review(PAID)) == expected


def test_the_statements_are_as_the_readme_says(review: Review) -> None:
    amounts = {"Opening": "opening_balance", "Balance": "balance", "Payable": "payable"}
    expected = {
        row["Partner"]: (row["Status"], {ours: _number(row[theirs]) for theirs, ours in amounts.items()})
        for row in _table_with("Partner", "Status", *amounts)
        if row["Status"] != NOTHING
    }
    assert {
        row["partner_id"]: (row["status"], {ours: _number(row[ours]) for ours in amounts.values()})
        for row in read_report(review(PAID) / "statements.csv")
    } == expected


def test_each_statement_adds_up_in_the_readme() -> None:
    earned = ("Opening", "Standard", "Additional", "SPIFF", "Adjustments")
    for row in _table_with("Partner", "Balance", *earned):
        assert sum(_amount(row[column]) for column in earned) == _amount(row["Balance"]), row["Partner"]


def test_the_statement_that_is_followed_has_the_lines_of_the_readme(review: Review) -> None:
    texts = {"Line": "source_id", "Earned in": "earned_month", "Kind": "kind", "Rule": "rule"}
    numbers = {"Base": "base", "Rate": "rate", "Amount": "amount"}
    expected = [
        (*(row[column] for column in texts), *(_number(row[column]) for column in numbers))
        for row in _table_with(*texts, *numbers)
    ]
    found = [
        (*(row[column] for column in texts.values()), *(_number(row[column]) for column in numbers.values()))
        for row in read_report(review(PAID) / "commissions.csv")
        if row["partner_id"] == FOLLOWED
    ]
    assert sorted(found) == sorted(expected)


@pytest.mark.parametrize("month", ["2025-02", "2025-03", "2025-04", "2025-05"])
def test_the_balance_runs_on_as_the_readme_says(review: Review, month: str) -> None:
    amounts = {
        "Opening balance": "opening_balance",
        "Earned": "earned",
        "Adjustments": "adjustments",
        "Balance of the month": "balance",
        "Paid": "payable",
        "Closing balance": "closing_balance",
    }
    (expected,) = [row for row in _table_with("Month of P-1016", *amounts) if row["Month of P-1016"] == month]
    statements = read_report(review(month) / "statements.csv")
    (found,) = [row for row in statements if row["partner_id"] == FOLLOWED]
    assert found["status"] == expected["Status of the month"]
    assert {ours: _number(found[ours]) for ours in amounts.values()} == {
        ours: _number(expected[theirs]) for theirs, ours in amounts.items()
    }


def test_what_earns_nothing_says_why_as_the_readme_does(review: Review) -> None:
    of_readme = {
        "Partner with the row": "partner_id",
        "Row": "source_id",
        "Of rule": "rule",
        "Condition": "condition",
    }
    expected = {tuple(row[column] for column in of_readme) for row in _table_with(*of_readme)}
    rows = read_report(review(PAID) / "not_earned.csv")
    assert expected <= {tuple(row[column] for column in of_readme.values()) for row in rows}


@pytest.mark.parametrize(("month", "tier"), [("2025-12", "Of December"), ("2026-01", "Of January")])
def test_the_turn_of_the_year_costs_what_the_readme_says(review: Review, month: str, tier: str) -> None:
    rules = {f"2 % in {month}": "additional_residual", f"Credit in {month}": "teams_calling"}
    table = _table_with("Whose", tier, *rules)
    standing = {row["partner_id"]: row["tier"] for row in read_report(review(month) / "standing.csv")}
    paid = _paid_by_rule(review(month))
    assert {row["Whose"]: row[tier] for row in table} == {row["Whose"]: standing[row["Whose"]] for row in table}
    assert {(row["Whose"], rule): _amount(row[column]) for row in table for column, rule in rules.items()} == {
        (row["Whose"], rule): paid.get((row["Whose"], rule), Decimal(0)) for row in table for rule in rules.values()
    }


@pytest.mark.parametrize("partner", ["P-1029", "P-1030"])
def test_a_decision_without_the_evidence_is_flagged(review: Review, partner: str) -> None:
    (row,) = [row for row in read_report(review(MOVEMENTS) / "standing.csv") if row["partner_id"] == partner]
    assert row["reason"] != ""
    assert row["earned_tier"] == "pioneer"


@pytest.mark.parametrize("partner", ["42", "P-1034"])
def test_a_tier_won_in_hindsight_is_flagged(review: Review, partner: str) -> None:
    (row,) = [row for row in read_report(review("2026-01") / "standing.csv") if row["partner_id"] == partner]
    assert "hindsight" in row["reason"]
    assert (row["change"], row["valid_from"], row["valid_through"]) == ("promoted", "2026-01-31", "2026-12-31")


def test_check_finds_nothing_wrong(tmp_path: Path) -> None:
    run = run_tierctl(copy_workspace(tmp_path / "elevate"), "check")
    assert run.exit_code == 0, f"{run.stdout}\n{run.stderr}"
