"""The sample workspaces do what their READMEs say: every table there is worked out by hand, and read from there.

A table is known by its columns: one column for each month says who stands where, others quote the rows of a report in
the telling month, or in the month that the row names. Elevate's README has tables of other kinds and tests of its own.
"""

import csv
import shutil
from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Final

import pytest
from typer.testing import CliRunner

from tests.sample import SAMPLES, SampleReports, copy_workspace, read_report, tables
from tierctl import resources
from tierctl.cli import app

Row = dict[str, str]

MONTHS: Final = {
    "infusionsoft": ("2017-12", "2018-01", "2018-02", "2018-03", "2018-04"),
    "connectsoft": ("2024-02", "2024-03", "2024-04"),
    "growth": ("2024-05", "2024-06", "2024-07"),
    "engagement": ("2024-05", "2024-06", "2024-07"),
}
TELLING: Final = {"infusionsoft": "2018-03", "connectsoft": "2024-03", "growth": "2024-06", "engagement": "2024-06"}
EACH_MONTH = [(sample, month) for sample, months in MONTHS.items() for month in months]
COLUMNS: Final = {
    "Partner": "partner_id",
    "Track": "track",
    "Change": "change",
    "From": "previous_tier",
    "To": "tier",
    "Earned": "earned_tier",
    "Status": "status",
    "Basis": "basis",
    "Valid from": "valid_from",
    "Valid through": "valid_through",
    "Remediation ends on": "remediation_ends_on",
    "Tier": "tier",
    "Criterion": "criterion",
    "Value": "value",
    "Threshold": "threshold",
    "Missing": "missing",
    "Needed per month": "needed_per_month",
    "Outcome": "outcome",
    "Outlook": "outlook",
    "Action": "action",
    "Due on": "due_on",
    "Benefit": "benefit",
    "Terms": "terms",
}
OF_LINES: Final = {
    "Month": "month",
    "Partner": "partner_id",
    "Rule": "rule",
    "Source": "source_id",
    "Claim": "source_id",
    "Earned in": "earned_month",
    "Tier": "tier",
    "Rate": "rate",
    "Base": "base",
    "Currency": "base_currency",
    "Amount": "amount",
    "Kind": "kind",
    "Clause": "clause",
}
OF_ROWS_WITHOUT: Final = {
    "Partner": "partner_id",
    "Rule": "rule",
    "Row": "source_id",
    "Condition": "condition",
    "Has": "value",
}
OF_STATEMENTS: Final = {
    "Month": "month",
    "Partner": "partner_id",
    "Payee": "payee_id",
    "Opening": "opening_balance",
    "Earned": "earned",
    "Clawbacks": "clawbacks",
    "Balance": "balance",
    "Payable": "payable",
    "Status": "status",
    "Pay on": "pay_on",
    "Closing": "closing_balance",
}
OF_WINDOWS: Final = {"From": "window_from", "Through": "window_through"}
MONEY: Final = {
    "rate",
    "base",
    "amount",
    "opening_balance",
    "earned",
    "clawbacks",
    "balance",
    "payable",
    "closing_balance",
}
NUMBERS: Final = {"value", "threshold", "missing", "needed_per_month"}
NOTHING: Final = ("–", "none")


@cache
def readme(sample: str) -> list[list[Row]]:
    text = (resources.sample_data() / sample / "README.md").read_text(encoding="utf-8")
    return list(tables(text))


def with_columns(sample: str, *columns: str, without: str = "Month") -> list[Row]:
    """The rows of the README's tables that have all of these columns."""
    found = [rows for rows in readme(sample) if set(columns) <= set(rows[0]) and without not in rows[0]]
    return [row for rows in found for row in rows]


def in_words_of_reports(row: Row, names: dict[str, str]) -> Row:
    """A README's row by the columns of a report: nothing as the empty text, numbers as the report writes them."""
    cells = {ours: row[theirs] for theirs, ours in names.items() if theirs in row}
    return {ours: "" if cell in NOTHING else number(cell) if ours in NUMBERS else cell for ours, cell in cells.items()}


def number(cell: str) -> str:
    return f"{Decimal(cell.replace(',', '')).normalize():f}" if cell else ""


def chosen(row: Row, like: Row) -> Row:
    return {ours: number(row[ours]) if ours in NUMBERS else row[ours] for ours in like}


@pytest.fixture(scope="module")
def folder(sample_reports: SampleReports, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Holds a copy of every sample, and the reports of its months beside it."""
    root = tmp_path_factory.mktemp("samples")
    for sample, months in MONTHS.items():
        copy_workspace(root / sample, sample)
        for month in months:
            shutil.copytree(sample_reports(sample, month), root / sample / "reports" / month)
    return root


def report(folder: Path, sample: str, month: str, name: str) -> list[Row]:
    return read_report(folder / sample / "reports" / month / f"{name}.csv")


@pytest.mark.parametrize(("sample", "month"), EACH_MONTH)
def test_each_partner_stands_where_the_readme_says(folder: Path, sample: str, month: str) -> None:
    listed = with_columns(sample, "What it shows", *MONTHS[sample])
    expected = {(row["Partner"], row.get("Track", "partner")): row[month] for row in listed if row[month] != "–"}
    standing = report(folder, sample, month, "standing")
    assert {(row["partner_id"], row["track"]): row["tier"] or "none" for row in standing} == expected


@pytest.mark.parametrize(("sample", "month"), EACH_MONTH)
def test_no_row_is_rejected(folder: Path, sample: str, month: str) -> None:
    assert report(folder, sample, month, "rejects") == []


@pytest.mark.parametrize("sample", MONTHS)
def test_each_partner_is_called_as_in_the_readme(folder: Path, sample: str) -> None:
    named = {row["Partner"]: row["Name"] for row in with_columns(sample, "What it shows")}
    last = report(folder, sample, MONTHS[sample][-1], "standing")
    assert {row["partner_id"]: named[row["partner_id"]] for row in last} == {
        row["partner_id"]: row["partner_name"] for row in last
    }


@pytest.mark.parametrize("sample", MONTHS)
def test_the_telling_month_moves_as_the_readme_says(folder: Path, sample: str) -> None:
    listed = [in_words_of_reports(row, COLUMNS) for row in with_columns(sample, "Change", "From", "To", "Status")]
    is_whole = any(row["change"] == "retained" for row in listed)
    standing = report(folder, sample, TELLING[sample], "standing")
    moved = [chosen(row, listed[0]) for row in standing if is_whole or row["change"] != "retained"]
    assert sorted(moved, key=str) == sorted(listed, key=str)


def quoted(sample: str) -> Iterator[tuple[str, str, Row]]:
    """Report, month and row of every single row that a README quotes."""
    for row in with_columns(sample, "Criterion", "Outcome"):
        yield "evidence", TELLING[sample], in_words_of_reports(row, COLUMNS | OF_WINDOWS)
    for row in with_columns(sample, "Criterion", "Outlook"):
        yield "requalification", TELLING[sample], in_words_of_reports(row, COLUMNS)


QUOTED = [(sample, *each) for sample in MONTHS for each in quoted(sample)]


@pytest.mark.parametrize(("sample", "name", "month", "row"), QUOTED)
def test_a_quoted_row_is_in_its_report(folder: Path, sample: str, name: str, month: str, row: Row) -> None:
    assert row in [chosen(each, row) for each in report(folder, sample, month, name)]


def test_the_readmes_quote_rows() -> None:
    assert {(sample, name) for sample, name, _, _ in QUOTED} == {
        ("infusionsoft", "evidence"),
        ("infusionsoft", "requalification"),
        ("connectsoft", "evidence"),
        ("growth", "evidence"),
    }


@pytest.mark.parametrize("sample", [sample for sample in MONTHS if sample != "engagement"])
def test_what_is_to_be_done_is_as_the_readme_says(folder: Path, sample: str) -> None:
    listed = with_columns(sample, "Month", "Action", "Due on", without="Criterion")
    names = {row["Action"] for row in listed}
    expected = sorted((row["Month"], row["Partner"], row["Action"], row["Due on"]) for row in listed)
    found = [
        (month, row["partner_id"], row["action"], row["due_on"])
        for month in MONTHS[sample]
        for row in report(folder, sample, month, "actions")
        if row["action"] in names
    ]
    assert expected
    assert sorted(found) == expected


@pytest.mark.parametrize(
    ("sample", "action", "shown"),
    [
        ("growth", "progress_review", ("approval_rate", "win_rate")),
        ("engagement", "quarterly_call", ("won_revenue", "registered_leads")),
    ],
)
def test_a_call_tells_the_figures_that_the_readme_says(
    folder: Path, sample: str, action: str, shown: tuple[str, ...]
) -> None:
    actions = [row for row in report(folder, sample, TELLING[sample], "actions") if row["action"] == action]
    details = {row["partner_id"]: row["detail"].split("; ")[1:] for row in actions}
    listed = with_columns(sample, *shown)
    assert details == {row["Partner"]: [f"{metric} {row[metric]}" for metric in shown] for row in listed}


def test_benefits_by_agreement_are_as_the_readme_says(folder: Path) -> None:
    listed = [in_words_of_reports(row, COLUMNS) for row in with_columns("engagement", "Benefit", "Value", "Change")]
    assert [chosen(row, listed[0]) for row in report(folder, "engagement", "2024-06", "benefits")] == sorted(
        listed, key=lambda row: (row["partner_id"], row["benefit"])
    )


def of_money(sample: str, names: dict[str, str], *columns: str) -> dict[str, list[Row]]:
    """By month the rows of the README's tables that have these columns, in the words of a report."""
    by_month: dict[str, list[Row]] = {}
    for row in with_columns(sample, *columns, without="Action"):
        cells = {ours: row[theirs] for theirs, ours in names.items() if theirs in row}
        cells = {name: "" if cell in NOTHING else cell for name, cell in cells.items()}
        cells |= {name: number(cell) for name, cell in cells.items() if name in MONEY}
        by_month.setdefault(cells.pop("month", TELLING[sample]), []).append(cells)
    return by_month


def in_report(folder: Path, sample: str, month: str, name: str, like: Row) -> list[Row]:
    """The rows of a report in the columns of a row of the README."""
    rows = report(folder, sample, month, name)
    return [{ours: number(row[ours]) if ours in MONEY else row[ours] for ours in like} for row in rows]


MONEY_TABLES: Final = [
    ("commissions", OF_LINES, ("Source", "Amount")),
    ("credits", OF_LINES, ("Claim", "Amount")),
    ("not_earned", OF_ROWS_WITHOUT, ("Row", "Condition")),
    ("statements", OF_STATEMENTS, ("Opening", "Closing")),
]
OF_MONEY = [
    (sample, name, month, rows)
    for sample in MONTHS
    for name, names, columns in MONEY_TABLES
    for month, rows in of_money(sample, names, *columns).items()
]


@pytest.mark.parametrize(("sample", "name", "month", "rows"), OF_MONEY)
def test_a_table_of_money_is_the_whole_report(
    folder: Path, sample: str, name: str, month: str, rows: list[Row]
) -> None:
    found = in_report(folder, sample, month, name, rows[0])
    assert sorted(found, key=str) == sorted(rows, key=str)


def test_the_readmes_have_tables_of_money() -> None:
    assert {(sample, name, month) for sample, name, month, _ in OF_MONEY} == {
        ("infusionsoft", "commissions", "2018-03"),
        ("infusionsoft", "credits", "2018-03"),
        ("infusionsoft", "not_earned", "2018-03"),
        *(("infusionsoft", "statements", month) for month in MONTHS["infusionsoft"]),
        *(("engagement", "commissions", month) for month in MONTHS["engagement"]),
        ("engagement", "not_earned", "2024-06"),
        *(("engagement", "statements", month) for month in MONTHS["engagement"]),
    }


@pytest.mark.parametrize("sample", MONTHS)
def test_check_finds_no_error(folder: Path, sample: str) -> None:
    run = CliRunner().invoke(app, ["-C", str(folder / sample), "check"])
    assert run.exit_code == 0, run.output


FILES = [path for sample in SAMPLES for path in sorted((resources.sample_data() / sample).glob("exports/*.?sv"))]


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parts[-3]}/{path.name}")
def test_every_row_of_an_export_is_as_wide_as_its_header(path: Path) -> None:
    text = path.read_bytes().decode("cp1252" if path.name in {"partners_crm.csv", "rates.csv"} else "utf-8")
    first = text.partition("\n")[0]
    delimiter = next(each for each in ("\t", ";", ",") if each in first)
    header, *rows = csv.reader(text.splitlines(), delimiter=delimiter)
    assert {len(row) for row in rows} == {len(header)}
