"""The sample workspaces do what their READMEs say: every table there is worked out by hand, and read from there.

A table is known by its columns: one column for each month says who stands where, others quote the rows of a report in
the telling month, or in the month that the row names. Elevate's README has tables of other kinds and tests of its own.
"""

import csv
from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Final

import pytest
from typer.testing import CliRunner

from tests.sample import SAMPLES, copy_workspace, read_report, tables
from tierctl import resources
from tierctl.cli import app

Row = dict[str, str]

pytestmark = pytest.mark.xdist_group("samples")  # their reviews are made once

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
OF_WINDOWS: Final = {"From": "window_from", "Through": "window_through"}
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
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Holds a copy of every sample, and the reports of its months beside it."""
    root = tmp_path_factory.mktemp("samples")
    for sample, month in EACH_MONTH:
        workspace = root / sample
        if not workspace.exists():
            copy_workspace(workspace, sample)
        run = CliRunner().invoke(app, ["-C", str(workspace), "review", "--month", month, "--quiet"])
        assert run.exit_code == 0, run.output
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
