"""What docs/close-and-audit.md tells an auditor is so: the files it names are there, and what it adds up adds up.

Nothing of tierctl is used to check it but the commands that close the months.
"""

import hashlib
import json
import re
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from typer.testing import CliRunner

from tests.sample import copy_workspace, read_report
from tests.test_docs import DOCS
from tierctl.cli import app

PAGE = (DOCS / "close-and-audit.md").read_text(encoding="utf-8")
SEALED = PAGE.partition("## What is sealed where")[2].partition("\n## ")[0]
ASKED = PAGE.partition("## What an auditor asks")[2]
MONTHS = ("2017-12", "2018-01", "2018-02", "2018-03")
CLOCKED = {"close.json", "manifest.json", "SHA256SUMS"}


def _named() -> list[str]:
    """The files and folders of a close that the page names."""
    found = re.findall(r"`((?:reports|state|inputs|config)/[\w./]*|\w+\.json|SHA256SUMS)`", SEALED + ASKED)
    return sorted({path for path in found if path != "summary.json"})


def _close_all(root: Path) -> Path:
    for month in MONTHS:
        result = CliRunner().invoke(app, ["-C", str(root), "close", "--month", month, "--quiet"])
        assert result.exit_code == 0, result.output
    return root / "ledger"


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four months of Infusionsoft, closed."""
    return _close_all(copy_workspace(tmp_path_factory.mktemp("audited") / "books", "infusionsoft"))


def _manifest(ledger: Path, month: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((ledger / month / "manifest.json").read_text(encoding="utf-8"))
    return content


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _statements(ledger: Path, month: str) -> list[dict[str, Decimal | str]]:
    amounts = {"opening_balance", "earned", "adjustments", "clawbacks", "balance", "payable", "closing_balance"}
    rows = read_report(ledger / month / "reports" / "statements.csv")
    return [{name: Decimal(cell) if name in amounts else cell for name, cell in row.items()} for row in rows]


def _by_partner(ledger: Path, month: str, *columns: str) -> dict[str, Decimal]:
    return {
        str(row["partner_id"]): sum((Decimal(row[name]) for name in columns), Decimal(0))
        for row in _statements(ledger, month)
    }


@pytest.mark.parametrize("path", [path.replace("EXPORT", "payments") for path in _named()])
def test_a_file_that_the_page_names_is_in_the_close(ledger: Path, path: str) -> None:
    place = ledger / "2018-03" / path
    assert place.exists() or place.with_name(f"{place.stem}.csv").exists()


def test_the_page_names_every_folder_and_file_of_a_close(ledger: Path) -> None:
    there = {entry.name for entry in (ledger / "2018-03").iterdir()}
    assert there == {path.partition("/")[0] for path in _named()}


@pytest.mark.parametrize(("before", "after"), list(pairwise(MONTHS)))
def test_a_close_names_the_digest_of_the_one_before(ledger: Path, before: str, after: str) -> None:
    assert _manifest(ledger, after)["previous_close"] == _sha256(ledger / before / "manifest.json")


@pytest.mark.parametrize("month", MONTHS)
def test_the_sums_list_every_file_but_themselves(ledger: Path, month: str) -> None:
    folder = ledger / month
    lines = (folder / "SHA256SUMS").read_text(encoding="utf-8").splitlines()
    listed = {path: digest for digest, path in (line.split("  ", 1) for line in lines)}
    there = {file.relative_to(folder).as_posix(): _sha256(file) for file in folder.rglob("*") if file.is_file()}
    assert there.pop("SHA256SUMS")
    assert listed == there


@pytest.mark.parametrize("month", MONTHS)
def test_an_export_is_the_one_that_was_read(ledger: Path, month: str) -> None:
    read = {each["path"]: each["sha256"] for each in _manifest(ledger, month)["inputs"]}
    assert read == {path: _sha256(ledger.parent / path) for path in read}
    assert "exports/payments.csv" in read


@pytest.mark.parametrize("month", MONTHS)
def test_a_statement_adds_up(ledger: Path, month: str) -> None:
    added = _by_partner(ledger, month, "opening_balance", "earned", "adjustments", "clawbacks")
    assert added == _by_partner(ledger, month, "balance")
    assert added == _by_partner(ledger, month, "payable", "closing_balance")
    assert added


@pytest.mark.parametrize(("before", "after"), list(pairwise(MONTHS)))
def test_a_statement_opens_with_what_the_one_before_left(ledger: Path, before: str, after: str) -> None:
    left = {partner: balance for partner, balance in _by_partner(ledger, before, "closing_balance").items() if balance}
    opened = {partner: balance for partner, balance in _by_partner(ledger, after, "opening_balance").items() if balance}
    assert opened == left


@pytest.mark.parametrize("month", MONTHS)
def test_the_lines_make_the_statement(ledger: Path, month: str) -> None:
    lines = pl.read_parquet(ledger / month / "reports" / "commissions.parquet")
    sums = lines.group_by("partner_id").agg(pl.col("amount").sum()).sort("partner_id")
    stated = _by_partner(ledger, month, "earned", "adjustments", "clawbacks")
    assert {partner: Decimal(amount) for partner, amount in sums.iter_rows()} == {
        partner: amount for partner, amount in stated.items() if partner in set(sums["partner_id"])
    }
    assert {partner for partner, amount in stated.items() if amount} <= set(sums["partner_id"])


def test_what_all_closes_posted_for_a_row_is_what_it_has_earned_once(ledger: Path) -> None:
    files = [ledger / month / "reports" / "commissions.parquet" for month in MONTHS]
    key = ["rule", "source_id", "partner_id", "earned_month"]
    sums = pl.concat([pl.read_parquet(file) for file in files]).group_by(key).agg(pl.col("amount").sum())
    posted = {source_id: Decimal(amount) for _, source_id, _, _, amount in sums.iter_rows()}
    # 200 of BL-1012, a quarter of it refunded; 19.80 and 180 taken back whole; BL-1062's refund takes nothing back.
    expected = {"BL-1012": "150", "BL-1024": "0", "BL-1091": "0", "BL-1062": "600", "BL-1021": "19.8"}
    assert {source_id: posted[source_id] for source_id in expected} == {
        source_id: Decimal(amount) for source_id, amount in expected.items()
    }


def test_closing_the_same_again_gives_the_same_bytes_but_for_the_clock(
    ledger: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tierctl.cli.machine.stamp", lambda: "2018-04-05T09:30:00Z")
    again = _close_all(copy_workspace(tmp_path / "books", "infusionsoft"))
    files = [file.relative_to(ledger) for file in ledger.rglob("*") if file.is_file() and file.name not in CLOCKED]
    assert [str(file) for file in files if _sha256(ledger / file) != _sha256(again / file)] == []
    assert _sha256(ledger / "2018-03" / "close.json") != _sha256(again / "2018-03" / "close.json")
