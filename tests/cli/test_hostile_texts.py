"""Partners, ids and cells that a spreadsheet would take for formulas: in every CSV, and through closes and back."""

import csv
from pathlib import Path

import polars as pl
import pytest

from tests.cli.conftest import AGREEMENTS, MRR_HEADER, Run

BEGINNINGS = ("=", "+", "-", "@", "\t", "\r", "\n")
IDS = ("=1+1", "-5", "@x", "'=q", "+49")


@pytest.fixture(autouse=True)
def _hostile(workspace: Path) -> None:
    """Five partners with such ids, a sale for each, and a row that has to be left out."""
    exports = workspace / "exports"
    roster = "".join(f'{id_},"=HYPERLINK(""http://x"",""{id_}"")",2025-01-01,\n' for id_ in IDS)
    (exports / "partners.csv").write_text(f"partner_id,name,joined_on,Notes\n{roster}", encoding="utf-8")
    sales = "".join(f"-L{id_},{id_},@C,new_logo,1000,USD,2025-04-20,2025-05-02,\n" for id_ in IDS)
    bad = "+L-9,=1+1,@C,new_logo,=5,USD,2025-04-20,2025-05-02,\n"
    (exports / "mrr.csv").write_text(MRR_HEADER + sales + bad, encoding="utf-8")
    rates = "".join(f"{id_},2025-01-01,0.1\n" for id_ in IDS)
    (exports / "agreements.csv").write_text(AGREEMENTS.partition("\n")[0] + "\n" + rates, encoding="utf-8")
    (exports / "opportunities.csv").write_text("opportunity_id,partner_id,submitted_on,stage\n", encoding="utf-8")


def _cells(path: Path) -> list[str]:
    with path.open(encoding="utf-8", newline="") as file:
        return [cell for row in csv.reader(file) for cell in row]


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _risky(path: Path) -> list[str]:
    """The cells that a spreadsheet computes, of which only numbers may begin with a sign."""
    return [cell for cell in _cells(path) if cell.startswith(BEGINNINGS) and not _is_number(cell)]


def test_no_cell_of_any_report_is_a_formula(run: Run, workspace: Path) -> None:
    assert run("review", "-m", "2025-05", "--format", "csv,json").code == 1
    folder = workspace / "reports" / "2025-05"
    assert not [cell for path in folder.glob("*.csv") for cell in _risky(path)]
    standing = _cells(folder / "standing.csv")
    assert {"'=1+1", "'-5", "'@x", "''=q", "'+49", '\'=HYPERLINK("http://x","=1+1")'} <= set(standing)
    assert "'=5" in _cells(folder / "rejects.csv")
    assert pl.read_json(folder / "standing.json")["partner_id"].sort().to_list() == sorted(IDS)


def test_csv_and_json_of_a_review_are_the_same_reports(run: Run, workspace: Path) -> None:
    for format_ in ("csv", "json"):
        assert run("review", "-m", "2025-05", "--out", format_, "--format", format_).code == 1
    outcome = run("diff", "csv", "json", "--out", "found.csv")
    assert outcome.code == 0, outcome
    assert len((workspace / "found.csv").read_text().splitlines()) == 1


def test_closes_open_with_what_the_one_before_left(run: Run, workspace: Path) -> None:
    accepted = ("--accept-rejects", "a test")
    assert run("close", "-m", "2025-05", *accepted).code == 1
    sealed = workspace / "ledger" / "2025-05" / "reports"
    assert not [cell for path in sealed.glob("*.csv") for cell in _risky(path)]
    assert {"'=1+1", "''=q"} <= set(_cells(sealed / "statements.csv"))
    assert run("close", "-m", "2025-06", *accepted).code == 1
    assert run("verify").code == 0


def test_what_diff_explain_and_what_if_write_has_no_formula_either(run: Run, workspace: Path) -> None:
    assert run("review", "-m", "2025-05", "--out", "before").code == 1
    mrr = workspace / "exports" / "mrr.csv"
    mrr.write_text(mrr.read_text().replace(",1000,", ",1500,"), encoding="utf-8")
    assert run("review", "-m", "2025-05", "--out", "after").code == 1
    assert run("diff", "before", "after", "--out", "found.csv").code in {0, 1}
    assert "'=1+1" in _cells(workspace / "found.csv")
    assert run("explain", "=1+1", "-m", "2025-05", "--rows", "rows.csv").code in {0, 1}
    assert "'-L=1+1" in _cells(workspace / "rows.csv")
    what_if = run("what-if", "-m", "2025-05", "--set", "trailblazer.net_new_mrr=1200", "--out", "trial")
    assert what_if.code in {0, 1}, what_if
    written = [workspace / "found.csv", workspace / "rows.csv", *(workspace / "trial").glob("*.csv")]
    assert len(written) > 3
    assert not [cell for path in written for cell in _risky(path)]
