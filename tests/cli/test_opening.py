"""`tierctl close --opening`: a company that starts in the middle of a year, and the months that follow.

The opening of May brings: P-1 Elite through June and Trailblazer beneath, and 80.00; P-2 the same balance; P-3 and P-4
a time to make good that ends with June, and a day later. In June P-1 earns 20.00 and P-2 19.99: 100.00 is paid.
"""

import csv
import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.cli.conftest import Run

TOML = """\
programs = ["elevated.toml"]
[exports]
partners = { path = "partners.csv" }
mrr = { path = "mrr.csv" }
opportunities = { path = "opportunities.csv" }
"""
PROGRAM = """\
id = "elevated"
name = "Elevated"
clause = "1"
currency = "USD"
enrollment = "automatic"
effective_from = 2025-01-01

[policy]
rounding = "half_even"
takes_effect = "month_end"
terminated_partners = "until_terminated"

[metrics.revenue]
from = "mrr"
sum = "mrr"
on = "sold_on"
window = "calendar_year"

[metrics.deals]
from = "opportunities"
count = "opportunity_id"
on = "submitted_on"
window = { days = 90 }

[tracks.partner]
promotion = "automatic"
each_tier_requires = "its_own"
[[tracks.partner.tiers]]
id = "pioneer"
[[tracks.partner.tiers]]
id = "trailblazer"
requires.revenue.at_least = 10_000
holds = "through_next_calendar_year"
[[tracks.partner.tiers]]
id = "elite"
requires.revenue.at_least = 25_000
holds = "through_next_calendar_year"

[tracks.service]
promotion = "automatic"
downgrade = "automatic"
remediation_days = 60
each_tier_requires = "its_own"
[[tracks.service.tiers]]
id = "bronze"
requires.deals.at_least = 1
holds = "while_met"

[commissions.share]
clause = "2"
track = "partner"
from = "mrr"
earned_on = "sold_on"
base = "mrr"
rate = "10 %"

[payout]
clause = "3"
currency = "USD"
pay_when.at_least = 100
"""
PARTNERS = "partner_id,name\nP-1,Blue Harbor\nP-2,Clearview\nP-3,Dune\nP-4,Eastgate\n"
MRR = """\
line_id,partner_id,customer_id,order_type,mrr,currency,sold_on
L-1,P-1,C-1,new_logo,5000,USD,2025-05-31
L-2,P-1,C-2,new_logo,200,USD,2025-06-01
L-3,P-2,C-3,new_logo,199.90,USD,2025-06-30
"""
OPENING = """\
program,track,partner_id,tier,from,through,remediation_ends_on,currency,balance
elevated,partner,P-1,elite,2024-07-31,2025-06-30,,USD,80
elevated,partner,P-1,trailblazer,2025-01-31,2026-12-31,,,
elevated,partner,P-2,,,,,USD,80.00
elevated,service,P-3,bronze,2025-01-31,,2025-06-30,,
elevated,service,P-4,bronze,2025-01-31,,2025-07-01,,
"""
CLOSE = ("close", "--month", "2025-05", "--opening", "opening.csv")


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    root = tmp_path / "ws"
    root.mkdir()
    files = {
        "tierctl.toml": TOML,
        "elevated.toml": PROGRAM,
        "partners.csv": PARTNERS,
        "mrr.csv": MRR,
        "opportunities.csv": "opportunity_id,partner_id,submitted_on,stage\n",
        "opening.csv": OPENING,
    }
    for name, text in files.items():
        (root / name).write_text(text, encoding="utf-8")
    return root


@pytest.fixture
def opened(workspace: Path, run: Run) -> Path:
    """The workspace once May is closed with the opening."""
    outcome = run(*CLOSE, "--quiet")
    assert (outcome.code, outcome.out, outcome.err) == (0, "", "")
    return workspace


def table(path: Path, *columns: str) -> list[tuple[str, ...]]:
    with path.open(encoding="utf-8", newline="") as file:
        return [tuple(row[name] for name in columns) for row in csv.DictReader(file)]


def standing(root: Path, month: str, track: str) -> list[tuple[str, ...]]:
    columns = ("track", "partner_id", "tier", "change", "status", "valid_through", "remediation_ends_on")
    rows = table(root / "reports" / month / "standing.csv", *columns)
    return [row[1:] for row in rows if row[0] == track]


def statements(root: Path, month: str) -> list[tuple[str, ...]]:
    columns = ("partner_id", "opening_balance", "earned", "payable", "status", "closing_balance")
    return table(root / "reports" / month / "statements.csv", *columns)


def tree(root: Path) -> Mapping[str, bytes]:
    files = (path for path in root.rglob("*") if path.is_file() and path.name != ".tierctl.lock")
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in files}


# ---- what is sealed


def test_the_opening_is_sealed_with_its_own_bytes_and_what_was_read(opened: Path) -> None:
    folder = opened / "ledger" / "2025-05"
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert (manifest["kind"], manifest["money_from"], manifest["previous_close"]) == ("opening", "2025-06", None)
    assert (folder / "config" / "opening.csv").read_text(encoding="utf-8") == OPENING
    assert [file["export"] for file in manifest["inputs"]] == ["mrr", "opportunities", "partners"]
    assert {file["path"]: file["rows"] for file in manifest["files"] if "rows" in file} == {
        "inputs/mrr/part-0000.parquet": 1,  # what is dated later waits
        "inputs/opportunities/part-0000.parquet": 0,
        "inputs/partners/part-0000.parquet": 4,
        "reports/rejects.csv": 0,
        "reports/standing.csv": 8,
        "reports/statements.csv": 2,
        "state/grants.parquet": 10,  # four at the base, two of P-1, and bronze with its clock twice
        "state/position.parquet": 0,
        "state/statuses.parquet": 8,
    }


def test_its_reports_stand_among_the_others(opened: Path) -> None:
    assert standing(opened, "2025-05", "partner") == [
        ("P-1", "elite", "enrolled", "active", "2025-06-30", ""),
        ("P-2", "pioneer", "enrolled", "active", "", ""),
        ("P-3", "pioneer", "enrolled", "active", "", ""),
        ("P-4", "pioneer", "enrolled", "active", "", ""),
    ]
    assert standing(opened, "2025-05", "service")[2:] == [
        ("P-3", "bronze", "enrolled", "remediation", "", "2025-06-30"),
        ("P-4", "bronze", "enrolled", "remediation", "", "2025-07-01"),
    ]
    assert statements(opened, "2025-05") == [
        ("P-1", "80", "0", "0", "carried", "80"),
        ("P-2", "80", "0", "0", "carried", "80"),
    ]


def test_the_close_tells_what_it_was_made_of(run: Run) -> None:
    outcome = run(*CLOSE)
    assert (outcome.code, outcome.err) == (0, "")
    assert "\nOpening   opening.csv  in place of a review\nReports   reports/2025-05/\n" in outcome.out
    assert "carried to the next month         2   160.00           ·   160.00\n" in outcome.out


def test_the_same_as_json(run: Run) -> None:
    outcome = run(*CLOSE, "--json")
    said = json.loads(outcome.out)
    assert (said["closed"]["kind"], said["next"], said["findings"]) == ("opening", "2025-06", [])
    assert said["programs"]["elevated"]["tracks"]["partner"]["tiers"]["elite"] == {"partners": 1, "previous": 0}


# ---- the months that follow


def test_tiers_last_as_long_as_the_opening_says(opened: Path, run: Run) -> None:
    assert run("review", "--month", "2025-06", "--quiet").code == 0
    assert standing(opened, "2025-06", "partner")[0] == ("P-1", "elite", "retained", "active", "2025-06-30", "")
    assert run("review", "--month", "2025-07", "--quiet").code == 0
    assert standing(opened, "2025-07", "partner")[0] == ("P-1", "trailblazer", "demoted", "active", "2026-12-31", "")


def test_a_clock_runs_out_at_the_first_review_on_or_after_its_day(opened: Path, run: Run) -> None:
    assert run("review", "--month", "2025-06", "--quiet").code == 0
    assert standing(opened, "2025-06", "service")[2:] == [
        ("P-3", "", "demoted", "active", "", ""),
        ("P-4", "bronze", "retained", "remediation", "", "2025-07-01"),
    ]
    assert run("review", "--month", "2025-07", "--quiet").code == 0
    assert standing(opened, "2025-07", "service")[3] == ("P-4", "", "demoted", "active", "", "")


def test_a_clock_is_cleared_once_the_requirements_are_met(opened: Path, run: Run) -> None:
    rows = "opportunity_id,partner_id,submitted_on,stage\nO-1,P-3,2025-06-30,open\n"
    (opened / "opportunities.csv").write_text(rows, encoding="utf-8")
    assert run("review", "--month", "2025-06", "--quiet").code == 0
    assert standing(opened, "2025-06", "service")[2] == ("P-3", "bronze", "retained", "active", "", "")


def test_balances_are_paid_with_what_the_first_month_adds(opened: Path, run: Run) -> None:
    """What is dated in May or before was settled before the opening: L-1 earns nothing."""
    assert run("review", "--month", "2025-06", "--quiet").code == 0
    assert statements(opened, "2025-06") == [
        ("P-1", "80", "20", "100", "pay", "0"),
        ("P-2", "80", "19.99", "0", "carried", "99.99"),
    ]
    lines = table(opened / "reports" / "2025-06" / "commissions.csv", "source_id", "amount", "kind", "tier")
    assert lines == [("L-2", "20", "earned", "elite"), ("L-3", "19.99", "earned", "pioneer")]


def test_what_arrives_late_about_the_time_before_posts_nothing(opened: Path, run: Run) -> None:
    with (opened / "mrr.csv").open("a", encoding="utf-8") as file:
        file.write("L-4,P-1,C-1,new_logo,9000,USD,2025-05-31\n")
    assert run("review", "--month", "2025-06", "--quiet").code == 0
    assert statements(opened, "2025-06")[0] == ("P-1", "80", "20", "100", "pay", "0")


def test_closing_june_and_replaying_it_come_to_the_same_july(opened: Path, run: Run) -> None:
    assert run("review", "--month", "2025-07", "--out", "replayed", "--quiet").code == 0
    assert run("close", "--month", "2025-06", "--quiet").code == 0
    assert run("review", "--month", "2025-07", "--quiet").code == 0
    for name in ("standing.csv", "statements.csv", "actions.csv"):
        assert (opened / "replayed" / name).read_bytes() == (opened / "reports" / "2025-07" / name).read_bytes()
    manifest = json.loads((opened / "ledger" / "2025-06" / "manifest.json").read_text(encoding="utf-8"))
    assert (manifest["kind"], manifest["money_from"]) == ("close", "2025-06")


# ---- what is refused


def test_a_faulty_opening_writes_nothing_and_tells_every_fault(workspace: Path, run: Run) -> None:
    text = OPENING.replace("P-2", "P2").replace("80\n", "80.001\n").replace("trailblazer", "trailblaser")
    (workspace / "opening.csv").write_text(text, encoding="utf-8")
    before = tree(workspace)
    outcome = run(*CLOSE)
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err == (
        "opening.csv:record 1: error[opening-not-exact]: balance '80.001' has more decimals than its currency\n"
        "  hint: give the amount to the smallest unit that the currency is paid in\n"
        "opening.csv:record 2: error[unknown-tier]: tier 'trailblaser' is no tier of its track: elevated partner has"
        " pioneer, trailblazer, elite; elevated service has bronze\n"
        "  hint: did you mean trailblazer?\n"
        "opening.csv:record 3: error[unknown-partner]: partner_id 'P2' is not in the roster of partners\n"
        "  hint: did you mean P-2?\n"
    )
    assert tree(workspace) == before


def test_only_the_first_close_is_an_opening(opened: Path, run: Run) -> None:
    before = tree(opened)
    outcome = run("close", "--month", "2025-06", "--opening", "opening.csv")
    assert (outcome.code, "error[opening-not-first]" in outcome.err) == (2, True)
    outcome = run(*CLOSE)
    assert (outcome.code, "error[month-closed]" in outcome.err) == (2, True)
    assert tree(opened) == before


@pytest.mark.parametrize(("starts", "code"), [("2025-05", 2), ("2025-06", 0), ("2025-07", 2)])
def test_money_starts_with_the_month_after_the_opening(workspace: Path, run: Run, starts: str, code: int) -> None:
    toml = workspace / "tierctl.toml"
    toml.write_text(TOML.replace("[exports]", f'[ledger]\nstarts = "{starts}"\n[exports]'), encoding="utf-8")
    outcome = run(*CLOSE, "--quiet")
    assert outcome.code == code
    assert ("error[ledger-starts-differ]" in outcome.err) == (code == 2)
    assert run("review", "--month", "2025-06", "--quiet").code == 0


def test_an_opening_of_a_month_that_has_not_ended(run: Run) -> None:
    outcome = run("close", "--month", "2125-05", "--opening", "opening.csv")
    assert (outcome.code, "error[month-not-ended]" in outcome.err) == (2, True)


def test_rejected_rows_of_exports_need_a_reason(workspace: Path, run: Run) -> None:
    with (workspace / "mrr.csv").open("a", encoding="utf-8") as file:
        file.write("L-9,P-1,C-1,new_logo,a lot,USD,2025-05-31\n")
    outcome = run(*CLOSE)
    assert (outcome.code, "error[close-rejects]" in outcome.err) == (2, True)
    assert run(*CLOSE, "--accept-rejects", "L-9 is no order", "--quiet").code == 1
    manifest = json.loads((workspace / "ledger" / "2025-05" / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["accepted"]["rejects"] == "L-9 is no order"


def test_an_opening_that_was_wrong_is_reopened_and_brought_again(opened: Path, run: Run) -> None:
    assert run("reopen", "--month", "2025-05", "--reason", "a balance was missing", "--quiet").code == 0
    (opened / "opening.csv").write_text(OPENING + "elevated,partner,P-3,,,,,USD,-5\n", encoding="utf-8")
    assert run(*CLOSE, "--quiet").code == 0
    assert statements(opened, "2025-05")[2] == ("P-3", "-5", "0", "0", "owed", "-5")


def test_an_opening_from_elsewhere_is_named_from_the_workspace_on(workspace: Path, run: Run) -> None:
    (workspace / "opening.csv").rename(workspace.parent / "brought.csv")
    assert run("close", "--month", "2025-05", "--opening", "../brought.csv", "--quiet").code == 0
    assert (workspace / "ledger" / "2025-05" / "config" / "opening.csv").read_text(encoding="utf-8") == OPENING
