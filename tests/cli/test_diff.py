"""`tierctl diff`: closes, closes set aside and folders of reports, compared and split by cause."""

from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from tests.cli.closed_sample import (
    DECIDED_LATE,
    add,
    call,
    close_months,
    closed,
    content_of,
    late_row,
    moves_of,
    root,
)
from tierctl.contracts import report_contract

__all__ = ("closed", "root")

REOPENED = """\
Differences
  A  2018-03.1, closed {a}
  B  2018-03, closed {b}

  new row                                    1 partner · commissions +100.00 USD
    PN-102  Copperleaf Digital  balance     200.20 → 300.20  +100.00 USD
    PN-102  Copperleaf Digital  Commission  100.20 → 200.20  +100.00 USD

  invoices, 1 new row: BL-9001
  payments, 1 new row: RC-9001
  Rows of reports that differ: actions 2, commissions 1, statements 1
"""


def closed_at(root: Path, folder: str) -> str:
    record = content_of_file(root / "ledger" / folder / "close.json")
    day, _, time = str(record["closed_at"]).partition("T")
    return f"{day} {time[:5]} UTC by {record['closed_by']}"


def content_of_file(path: Path) -> dict[str, object]:
    return dict(pl.read_json(path).row(0, named=True))


def reviewed(root: Path, month: str, *more: str) -> str:
    """A folder of reports of a month."""
    folder = str(root.parent / f"reports-{len(list(root.parent.iterdir()))}")
    outcome = call(root, "review", "--month", month, "--out", folder, "--quiet", *more)
    assert (outcome.code, outcome.err) == (0, "")
    return folder


@pytest.fixture
def reopened(root: Path) -> Path:
    """March is closed a second time, with a row that came late."""
    assert call(root, "reopen", "--month", "2018-03", "--reason", "an invoice was missing", "--quiet").code == 0
    late_row(root)
    close_months(root, "2018-03")
    return root


def test_a_month_that_was_closed_twice(reopened: Path) -> None:
    """From the close of February on, February's 20 % of 500 are posted in March."""
    outcome = call(reopened, "diff", "2018-03.1", "2018-03")
    assert (outcome.code, outcome.err) == (1, "")
    a, b = (closed_at(reopened, folder) for folder in ("reopened/2018-03.1", "2018-03"))
    assert outcome.out == REOPENED.format(a=a, b=b)


def test_backwards_the_row_is_gone(reopened: Path) -> None:
    """A row that the other side lacks is missing there: posted nowhere yet, it is not held."""
    outcome = call(reopened, "diff", "2018-03", "2018-03.1", "--json")
    assert outcome.code == 1
    assert moves_of(outcome, "2018-03") == [
        ("removed row", "PN-102", "balance", "300.2", "200.2", Decimal(-100)),
        ("removed row", "PN-102", "commissions.sales_commission", "200.2", "100.2", Decimal(-100)),
    ]


def test_quiet_says_only_that_something_differs(root: Path) -> None:
    """101, 102, 106, 109 and 112 have earned in one of the two months; 111's enrollment has ended between them."""
    outcome = call(root, "diff", "2018-02", "2018-02", "--quiet")
    assert (outcome.code, outcome.out, outcome.err) == (0, "", "")
    outcome = call(root, "diff", "2018-01", "2018-02", "--quiet")
    assert (outcome.code, outcome.out) == (1, "")
    assert outcome.err.startswith("tierctl diff: 2018-01, closed ")
    assert outcome.err.endswith(": 6 partners differ\n")


def test_two_months(root: Path) -> None:
    outcome = call(root, "diff", "2018-01", "2018-02", "--json")
    assert outcome.code == 1
    moves = {row[1:3]: row for row in moves_of(outcome, "2018-02")}
    assert {row[0] for row in moves.values()} == {"month"}
    assert moves["PN-102", "balance"][3:] == ("59.4", "100", Decimal("40.6"))
    assert moves["PN-106", "commissions.sales_commission"][3:] == ("0", "600", Decimal(600))
    assert content_of(outcome)["rows"] == {}


def test_a_close_and_the_review_of_the_next_month(root: Path) -> None:
    """A decision that came late takes its step in the open month; all else is another month's."""
    add(root, "decisions.csv", DECIDED_LATE)
    outcome = call(root, "diff", "2018-03", reviewed(root, "2018-04"), "--json")
    found = [row for row in moves_of(outcome, "2018-04") if row[1] == "PN-103"]
    assert found == [
        ("decision", "PN-103", "rate.market_development_funds", None, "0.5", Decimal("0.5")),
        ("decision", "PN-103", "tier", "certified", "pro", None),
    ]


@pytest.mark.parametrize("format_", ["parquet", "json"])
def test_reports_of_any_format_are_the_same(root: Path, format_: str) -> None:
    outcome = call(root, "diff", reviewed(root, "2018-04"), reviewed(root, "2018-04", "--format", format_))
    assert outcome.code == 0
    assert outcome.out.endswith("\nNo tier, rate or amount differs, and no row of a report.\n")


def test_a_close_and_its_month_reviewed_again(root: Path) -> None:
    assert call(root, "diff", "2018-02", reviewed(root, "2018-02")).code == 0


def test_reports_of_inputs_that_are_no_more(root: Path) -> None:
    folder = reviewed(root, "2018-02")
    late_row(root)
    outcome = call(root, "diff", folder, reviewed(root, "2018-02"))
    assert outcome.code == 1
    lines = outcome.out.splitlines()
    assert "  inputs not kept".ljust(45) + "1 partner · commissions +100.00 USD" in lines
    assert "     cannot be evaluated again: since it was made, files have changed:" in lines
    assert "     exports/invoices.csv (changed), exports/payments.csv (changed)" in lines


def test_reports_that_opened_from_another_close(root: Path) -> None:
    folder = reviewed(root, "2018-04")
    assert call(root, "reopen", "--month", "2018-03", "--reason", "why not", "--quiet").code == 0
    content = content_of(call(root, "diff", folder, folder, "--json"))
    assert content["a"]["not_kept"] == "since it was made, earlier months have been closed or reopened"
    assert content["result"] == "same"


def test_reports_of_some_partners_are_compared_for_these(root: Path) -> None:
    late_row(root)
    folder = reviewed(root, "2018-02", "--partner", "PN-101", "--partner", "PN-106")
    assert call(root, "diff", "2018-02", folder).code == 0
    folder = reviewed(root, "2018-02", "--partner", "PN-102")
    assert [row[:2] for row in moves_of(call(root, "diff", "2018-02", folder, "--json"), "2018-02")] == [
        ("new row", "PN-102"),
        ("new row", "PN-102"),
    ]


def test_every_difference_is_written_to_a_file(root: Path) -> None:
    outcome = call(root, "diff", "2018-02", "2018-03", "--out", "moved.parquet")
    assert outcome.code == 1
    assert ": moved.parquet\n" in outcome.out
    table = pl.read_parquet("moved.parquet")
    assert table.schema == report_contract("differences").polars_schema
    assert set(table["cause"]) == {"month"}


def test_sides_that_there_are_not(root: Path) -> None:
    outcome = call(root, "diff", "2018-05", "nowhere")
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err.count("error[side-unknown]") == 2
    assert outcome.err.count("hint: closed are 2017-12, 2018-01, 2018-02, 2018-03") == 2


def test_reports_that_somebody_has_changed(root: Path) -> None:
    folder = Path(reviewed(root, "2018-04"))
    (folder / "standing.csv").write_text("mine\n", encoding="utf-8")
    outcome = call(root, "diff", "2018-03", str(folder))
    assert (outcome.code, outcome.out) == (2, "")
    assert "standing.csv: error[side-unreadable]: the file was changed since the review that wrote it" in outcome.err


def test_a_close_that_is_not_as_sealed(root: Path) -> None:
    path = root / "ledger" / "2018-01" / "inputs" / "partners" / "part-0000.parquet"
    path.chmod(0o644)
    path.write_bytes(path.read_bytes() + b"!")
    outcome = call(root, "diff", "2018-01", "2018-02")
    assert (outcome.code, outcome.out) == (2, "")
    assert "error[ledger-damaged]" in outcome.err


def test_a_program_at_fault_does_not_matter_to_closes(root: Path) -> None:
    """Each close is evaluated by the program files that it keeps."""
    toml = root / "tierctl.toml"
    text = toml.read_text(encoding="utf-8").replace('programs = ["infusionsoft"]', 'programs = ["gone.toml"]')
    toml.write_text(text, encoding="utf-8")
    assert call(root, "diff", "2018-02", "2018-02").code == 0
