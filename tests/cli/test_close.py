"""`tierctl close`, and the reviews that open from it: what is sealed, what is refused, what survives a kill.

In the sample 60.00 and 1,500.00 are earned in 2024-05; in 2024-06 1,296.00, 540.06, 360.00, 500.00 and 1,500.00.
"""

import json
import os
import signal
import stat
import subprocess
import sys
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import polars as pl
import pytest
from rich.cells import cell_len

from tests.cli.closes import (
    LEADS,
    TOML,
    closed,
    codes,
    digest,
    edit,
    fresh,
    june,
    kept,
    manifest,
    may,
    page,
    run,
    tree,
    undisturbed,
)
from tests.sample import copy_workspace, read_report
from tierctl.cli.terminal import OutputError, Terminal
from tierctl.ledger.check import damages
from tierctl.ledger.closes import Ledger

__all__ = ("closed", "fresh", "june", "may", "page", "undisturbed")

MAY, JUNE, JULY = ("--month", "2024-05"), ("--month", "2024-06"), ("--month", "2024-07")
REASONS = ("--accept-removals", "LD-0102 stood there twice", "--accept-adjustments", "LD-0202 is worth more")
SEALED_MAY = """\
Reports   reports/2024-05/
Sealed    ledger/2024-05/  25 files, read-only
"""


# ---- what is sealed


def test_a_close_tells_what_it_sealed_and_what_comes_next(fresh: Path) -> None:
    outcome = run("close", *MAY)
    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.out.startswith("Partner Engagement Model            2024-05 · FY2025-P02 · review day 2024-05-31\n")
    assert "    Together                        1,560.00            ·          ·\n" in outcome.out
    head = digest(fresh / "ledger" / "2024-05" / "manifest.json")
    assert outcome.out.endswith(f"\n{SEALED_MAY}Head      {head}\nNext      2024-06, which ended on 2024-06-30\n")


def test_pages_and_a_workbook_stand_among_the_reports_and_are_not_sealed(fresh: Path) -> None:
    outcome = run("close", *MAY, "--format", "html,xlsx", "--partner-pages")
    assert outcome.code == 0
    assert "Reports   reports/2024-05/\nPage      reports/2024-05/review.html\nSealed " in outcome.out
    written = {output["path"] for output in manifest("reports/2024-05")["outputs"]}
    partners = {name for name in written if name.startswith("partners/")}
    assert written - partners == {"review.html", "review.xlsx", "summary.json"}
    standing = read_report(fresh / "ledger" / "2024-05" / "reports" / "standing.csv")
    assert partners == {f"partners/{row['partner_id']}.html" for row in standing}
    assert run("verify").code == 0


def test_a_close_holds_reports_state_inputs_and_rules(closed: Path) -> None:
    assert sorted(tree(closed / "ledger" / "2024-05")) == [
        "SHA256SUMS",
        "close.json",
        "config/programs/01-engagement.toml",
        "config/tierctl.toml",
        *(f"inputs/{name}/part-0000.parquet" for name in ("agreements", "fx_rates", "opportunities", "partners")),
        "inputs/projects/part-0000.parquet",
        "manifest.json",
        "reports/actions.csv",
        "reports/benefits.csv",
        "reports/commissions.parquet",
        "reports/credits.parquet",
        "reports/evidence.csv",
        "reports/forecast.csv",
        "reports/next_tier.csv",
        "reports/not_earned.parquet",
        "reports/rates.csv",
        "reports/rejects.csv",
        "reports/requalification.csv",
        "reports/standing.csv",
        "reports/statements.csv",
        "reports/summary.json",
        *(f"state/{name}.parquet" for name in ("grants", "position", "statuses")),
    ]


def test_the_reports_of_a_close_are_those_of_the_review(fresh: Path) -> None:
    assert run("review", *MAY, "--out", "reviewed", "--quiet").code == 0
    assert run("close", *MAY, "--quiet").code == 0
    written = tree(fresh / "reports" / "2024-05")
    assert written == tree(fresh / "reviewed")
    sealed = tree(fresh / "ledger" / "2024-05" / "reports")
    assert {name for name in sealed if written.get(name) != sealed[name]} == {"commissions.parquet", "credits.parquet"}
    lines = pl.read_parquet("ledger/2024-05/reports/commissions.parquet")
    assert lines.sort("source_id").select("partner_id", "source_id", "amount").rows() == [
        ("EL-02", "LD-0202", Decimal(60)),
        ("EL-06", "PJ-601", Decimal(1500)),
    ]


def test_what_was_read_and_the_rules_are_kept_whole(closed: Path) -> None:
    sealed = closed / "ledger" / "2024-05"
    rows = pl.read_parquet(sealed / "inputs" / "opportunities" / "part-0000.parquet")
    # Fifteen leads, seven of which came after May.
    assert rows.height == 8
    assert rows["submitted_on"].max() == date(2024, 5, 28)
    assert (sealed / "config" / "tierctl.toml").read_bytes() == (closed / "tierctl.toml").read_bytes()


def test_the_manifest_vouches_for_every_file(closed: Path) -> None:
    folder = closed / "ledger" / "2024-05"
    content = manifest(str(folder))
    files = {file["path"]: file for file in content["files"]}
    assert files.keys() == tree(folder).keys() - {"manifest.json", "SHA256SUMS"}
    assert all(file["sha256"] == digest(folder / path) for path, file in files.items())
    assert files["reports/standing.csv"]["rows"] == len(read_report(folder / "reports" / "standing.csv")) == 4
    assert files["inputs/opportunities/part-0000.parquet"]["rows"] == 8
    assert "rows" not in files["reports/summary.json"]
    sums = [line.partition("  ") for line in (folder / "SHA256SUMS").read_text(encoding="utf-8").splitlines()]
    assert {path: sha for sha, _, path in sums} == {path: digest(folder / path) for path in {*files, "manifest.json"}}
    leads = next(file for file in content["inputs"] if file["export"] == "opportunities")
    assert (leads["path"], leads["sha256"]) == ("exports/leads.csv", digest(closed / LEADS))
    assert content["workspace"] == {"path": "tierctl.toml", "sha256": digest(closed / TOML)}
    assert (content["money_from"], content["previous_close"], content["reopened"]) == ("2024-05", None, [])
    assert content["accepted"] == {"rejects": None, "removals": None, "adjustments": None, "left_held": False}


def test_the_record_names_moment_and_user(fresh: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tierctl.cli.machine.stamp", lambda: "2024-06-03T06:12:05Z")
    monkeypatch.setattr("tierctl.cli.machine.user", lambda: None)
    assert run("close", *MAY, "--quiet").code == 0
    record = json.loads((fresh / "ledger" / "2024-05" / "close.json").read_text(encoding="utf-8"))
    assert record == {"closed_at": "2024-06-03T06:12:05Z", "closed_by": None}


def test_a_close_is_read_only(closed: Path) -> None:
    paths = [closed / "ledger" / "2024-05", *(closed / "ledger" / "2024-05").rglob("*")]
    assert {stat.S_IMODE(path.stat().st_mode) for path in paths} == {0o444, 0o555}


def test_closing_anew_gives_the_same_bytes(closed: Path, fresh: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tierctl.cli.machine.stamp", lambda: "2033-01-01T00:00:00Z")
    monkeypatch.setattr("tierctl.cli.machine.user", lambda: "somebody else")
    assert run("close", *MAY, "--quiet").code == 0
    assert kept(fresh / "ledger" / "2024-05") == kept(closed / "ledger" / "2024-05")


def test_the_next_close_names_the_one_before(undisturbed: Path, june: Path) -> None:
    first = digest(undisturbed / "ledger" / "2024-05" / "manifest.json")
    assert manifest("ledger/2024-06")["previous_close"] == first
    assert manifest("reports/2024-06")["previous_close"] == first
    assert damages(Ledger(june / "ledger")) == []


def test_the_object_of_a_close_names_it(may: Path) -> None:
    outcome = run("close", *JUNE, "--json")
    assert outcome.code == 0
    told = json.loads(outcome.out, parse_float=Decimal)
    closed = told["closed"]
    assert (told["month"]["label"], told["next"], told["reports"]) == ("2024-06", "2024-07", "reports/2024-06")
    assert told["programs"]["engagement"]["money"]["statements"]["USD"]["earned"] == Decimal("4196.06")
    assert told["opening"] == {"month": "2024-05", "posted": [], "held": []}
    assert closed["folder"] == "ledger/2024-06"
    assert closed["sha256"] == digest(may / "ledger" / "2024-06" / "manifest.json")
    assert closed["previous_close"] == digest(may / "ledger" / "2024-05" / "manifest.json")
    assert closed["closed_at"].endswith("Z")
    assert closed["set_aside"] == told["findings"] == []


def test_programs_that_pay_nothing_are_closed_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(copy_workspace(tmp_path / "ws", "growth"))
    assert run("close", *JUNE, "--quiet").code == 0
    assert not Path("reports", "2024-06", "statements.csv").exists()
    outcome = run("review", *JULY)
    assert outcome.code == 0
    assert "Opening  the close of 2024-06  " in outcome.out
    assert "posted since" not in run("status").out


def test_a_calendar_s_table_is_kept(fresh: Path) -> None:
    header = "fiscal_year,period,first_day,last_day"
    months = [f"{2020 + n // 12},{n % 12 + 1},{first},{last}" for n, (first, last) in enumerate(_six_years())]
    Path("ours").mkdir()
    Path("ours", "calendar.csv").write_text("\n".join([header, *months, ""]), encoding="utf-8")
    edit(TOML, r"^kind.*\n^year_starts.*$", 'kind = "table"\npath = "ours/calendar.csv"')
    assert run("close", *MAY, "--quiet").code == 0
    kept_ = Path("ledger", "2024-05", "config", "ours", "calendar.csv")
    assert kept_.read_bytes() == (fresh / "ours" / "calendar.csv").read_bytes()


def _six_years() -> list[tuple[date, date]]:
    """The months from 2019-04 on, up to 2025-03."""
    firsts = [date(2019 + (3 + n) // 12, (3 + n) % 12 + 1, 1) for n in range(73)]
    return [(first, after - timedelta(days=1)) for first, after in pairwise(firsts)]


# ---- whose turn it is


@pytest.mark.parametrize(
    ("month", "code", "hint"),
    [
        ("2024-05", "month-closed", "tierctl reopen --month 2024-05"),
        ("2024-07", "close-order", "next comes tierctl close --month 2024-06"),
        ("2024-04", "close-order", "next comes tierctl close --month 2024-06"),
    ],
)
def test_months_are_closed_once_and_in_order(may: Path, month: str, code: str, hint: str) -> None:
    before = tree(may)
    outcome = run("close", "--month", month)
    assert (outcome.code, outcome.out, codes(outcome)) == (2, "", [code])
    assert hint in outcome.err
    assert tree(may) == before


@pytest.mark.parametrize("month", ["2024-04", "2024-06"])
def test_the_first_close_is_of_the_month_with_which_money_starts(fresh: Path, month: str) -> None:
    outcome = run("close", "--month", month)
    assert (outcome.code, codes(outcome)) == (2, ["close-order"])
    assert "  hint: begin with tierctl close --month 2024-05\n" in outcome.err
    assert not (fresh / "ledger").exists()


def test_without_such_a_month_the_first_close_is_of_any(fresh: Path) -> None:
    edit(TOML, "^starts = .*$", "")
    assert run("close", *JUNE, "--quiet").code == 0
    assert manifest("ledger/2024-06")["money_from"] == "2024-06"
    # The deals of May were never posted, and are not late now.
    assert run("close", *JULY, "--quiet").code == 0
    lines = pl.read_parquet(fresh / "ledger" / "2024-07" / "reports" / "commissions.parquet")
    assert set(lines["earned_month"]) == {"2024-07"}


@pytest.mark.usefixtures("fresh")
def test_before_its_program_a_workspace_posts_nothing() -> None:
    edit(TOML, "^starts = .*$", 'starts = "2019-06"')
    outcome = run("close", "--month", "2020-02")
    assert codes(outcome) == ["close-order"]
    assert "money starts with 2019-06, as tierctl.toml says, and the first month is 2020-01\n" in outcome.err
    assert run("close", "--month", "2020-01", "--quiet").code == 0
    assert run("close", "--month", "2020-02", "--quiet").code == 0


@pytest.mark.parametrize(("today", "code"), [(date(2024, 6, 30), 2), (date(2024, 7, 1), 0)])
def test_a_month_is_closed_once_it_has_ended(
    may: Path, monkeypatch: pytest.MonkeyPatch, today: date, code: int
) -> None:
    monkeypatch.setattr("tierctl.cli.machine.today", lambda: today)
    outcome = run("close", *JUNE, "--quiet")
    assert (outcome.code, codes(outcome)) == (code, ["month-not-ended"] if code else [])
    assert (may / "ledger" / "2024-06").exists() == (code == 0)


def test_last_is_the_month_that_ended_before_today(may: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tierctl.cli.machine.today", lambda: date(2024, 7, 31))
    assert run("close", "--month", "last", "--quiet").code == 0
    assert (may / "ledger" / "2024-06").is_dir()
    assert codes(run("close", "--month", "last", "--quiet")) == ["month-closed"]


def test_a_clock_set_back_closes_nothing_and_spoils_nothing(june: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = tree(june)
    monkeypatch.setattr("tierctl.cli.machine.today", lambda: date(2024, 6, 10))
    assert codes(run("close", *JULY)) == ["month-not-ended"]
    assert codes(run("close", "--month", "last")) == ["month-closed"]
    assert "Next    2024-07, once it has ended on 2024-07-31\n" in run("status").out
    assert tree(june) == before
    assert run("review", *JULY, "--quiet").code == 0


def test_every_reason_that_it_is_not_its_turn_is_told(may: Path) -> None:
    outcome = run("close", "--month", "2099-01")
    assert (outcome.code, codes(outcome)) == (2, ["close-order", "month-not-ended"])
    edit(TOML, "^starts = .*$", 'starts = "2024-04"')
    edit(TOML, "^kind  .*$", 'kind = "4-4-5"')
    edit(TOML, "^year_starts .*$", 'year_ends = "last saturday of march"')
    outcome = run("close", *JUNE)
    assert (outcome.code, codes(outcome)) == (2, ["ledger-calendar-differs", "ledger-starts-differ"])
    assert "the calendar makes 2024-05 2024-04-28 to 2024-05-25, and it was closed as 2024-05-01 to 2024-05-31\n" in (
        outcome.err
    )
    assert (may / "ledger" / "2024-05").is_dir()


def test_starts_may_be_left_out_after_the_first_close(may: Path) -> None:
    edit(TOML, "^starts = .*$", "")
    assert run("close", *JUNE, "--quiet").code == 0
    assert manifest("ledger/2024-06")["money_from"] == "2024-05"
    assert damages(Ledger(may / "ledger")) == []


# ---- what somebody has to answer for


def test_rejected_rows_are_answered_for_or_nothing_is_written(may: Path) -> None:
    with LEADS.open("a", encoding="utf-8") as file:
        file.write("LD-0701,EL-07,18-06-2024,,,Open,,2500.00,USD\nLD-0702,EL-02,18-06-2024,,,Open,,n/a,USD\n")
    before = tree(may)
    outcome = run("close", *JUNE)
    assert (outcome.code, outcome.out) == (2, "")
    assert codes(outcome) == ["unknown-partner", "not-a-number", "close-rejects"]
    assert "2024-06 has faults: 2 rows of opportunities rejected\n" in outcome.err
    assert tree(may) == before
    accepted = run("close", *JUNE, "--accept-rejects", " They come with\nthe next export ")
    assert accepted.code == 1
    assert "Accepted  rejected rows and errors: They come with the next export\n" in accepted.out
    assert manifest("ledger/2024-06")["accepted"]["rejects"] == "They come with the next export"
    assert len(read_report(may / "ledger" / "2024-06" / "reports" / "rejects.csv")) == 2


def test_quiet_tells_of_accepted_rejects_in_one_line(may: Path) -> None:
    with LEADS.open("a", encoding="utf-8") as file:
        file.write("LD-0701,EL-07,18-06-2024,,,Open,,2500.00,USD\n")
    outcome = run("close", *JUNE, "--quiet", "--accept-rejects", "a test of the CRM")
    said = "tierctl close 2024-06: 1 row of opportunities rejected; see reports/2024-06/rejects.csv\n"
    assert (outcome.code, outcome.out, outcome.err) == (1, "", said)
    assert (may / "ledger" / "2024-06").is_dir()


def _change_june() -> None:
    """One row of June is gone, one of May is worth 800 more, which is 40 more of commission at 5 %."""
    edit(LEADS, "^LD-0102,.*\n", "")
    edit(LEADS, "^(LD-0202,.*,)1200.00(,USD)$", r"\g<1>2000.00\2")


def _limit(amount: str) -> None:
    edit(TOML, "^(starts = .*)$", rf"\1\nadjustment_limit = {amount}")


def test_all_that_has_to_be_answered_for_is_told_at_once(june: Path) -> None:
    _change_june()
    _limit("39.99")
    with LEADS.open("a", encoding="utf-8") as file:
        file.write("LD-0701,EL-07,18-06-2024,,,Open,,2500.00,USD\n")
    before = tree(june)
    outcome = run("close", *JULY, "--quiet")
    assert (outcome.code, outcome.out) == (2, "")
    assert codes(outcome) == ["unknown-partner", "close-rejects", "close-removals", "close-adjustments"]
    assert "540.06 USD stays posted that today's rows do not give, for 1 row such as opportunities LD-0102\n" in (
        outcome.err
    )
    assert "what is posted for closed months (2024-05) moves 40.00 USD in 1 line, more than the adjustment_limit" in (
        outcome.err
    )
    assert tree(june) == before


def test_removals_that_are_accepted_are_reversed(june: Path) -> None:
    _change_june()
    _limit("39.99")
    outcome = run("close", *JULY, *REASONS)
    assert outcome.code == 0
    assert (
        "Closed months                                                             in USD\n"
        "  Posted for  partners  lines   amount\n"
        "    2024-05          1      1    40.00\n"
        "    2024-06          1      1  -540.06\n"
    ) in outcome.out
    assert (
        "Accepted  reversal of rows that are missing: LD-0102 stood there twice\n"
        "          adjustments above the limit: LD-0202 is worth more\n"
    ) in outcome.out
    accepted = manifest("ledger/2024-07")["accepted"]
    assert accepted == {
        "rejects": None,
        "removals": "LD-0102 stood there twice",
        "adjustments": "LD-0202 is worth more",
        "left_held": False,
    }
    # What the two months posted for LD-0102 together is nothing.
    lines = pl.concat(
        pl.read_parquet(june / "ledger" / month / "reports" / "commissions.parquet") for month in ("2024-06", "2024-07")
    )
    assert lines.filter(pl.col("source_id") == "LD-0102")["amount"].to_list() == [Decimal("540.06"), Decimal("-540.06")]


def test_rows_that_are_missing_may_be_left_as_posted(june: Path) -> None:
    _change_june()
    outcome = run("close", *JULY, "--leave-held")
    assert outcome.code == 0
    assert "  Held of          partners   rows  amount\n    opportunities         1      1  540.06\n" in outcome.out
    assert "Accepted  rows that were posted and are missing: left as posted\n" in outcome.out
    assert manifest("ledger/2024-07")["accepted"]["left_held"] is True
    summary = json.loads((june / "ledger" / "2024-07" / "reports" / "summary.json").read_text(encoding="utf-8"))
    assert summary["opening"]["held"] == [
        {
            "program": "engagement",
            "source": "opportunities",
            "currency": "USD",
            "partners": 1,
            "rows": 1,
            "amount": 540.06,
        }
    ]
    # They are missing still, and are asked about with every close.
    assert codes(run("close", "--month", "2024-08")) == ["close-removals"]


@pytest.mark.parametrize(("limit", "is_above"), [("40", False), ("39.99", True), ("0", True)])
def test_adjustments_above_the_limit_are_answered_for(june: Path, limit: str, is_above: bool) -> None:
    edit(LEADS, "^(LD-0202,.*,)1200.00(,USD)$", r"\g<1>2000.00\2")
    _limit(limit)
    outcome = run("close", *JULY, "--quiet")
    assert (outcome.code, codes(outcome)) == ((2, ["close-adjustments"]) if is_above else (0, []))
    assert (june / "ledger" / "2024-07").exists() != is_above


@pytest.mark.parametrize("held", [("--leave-held",), ("--accept-removals", "in case")])
def test_what_there_was_no_need_to_accept_is_not_kept(may: Path, held: tuple[str, ...]) -> None:
    arguments = ("--accept-rejects", "in case", "--accept-adjustments", "in case", *held)
    assert run("close", *JUNE, *arguments, "--quiet").code == 0
    accepted = manifest("ledger/2024-06")["accepted"]
    assert accepted == {"rejects": None, "removals": None, "adjustments": None, "left_held": False}
    assert (may / "ledger" / "2024-06").is_dir()


@pytest.mark.parametrize(
    "arguments",
    [
        ("--accept-rejects", " "),
        ("--accept-removals", ""),
        ("--accept-adjustments", "\n"),
        ("--accept-removals", "they are gone", "--leave-held"),
    ],
)
def test_a_reason_has_to_say_something_and_only_one_thing(may: Path, arguments: tuple[str, ...]) -> None:
    outcome = run("close", *JUNE, *arguments)
    assert outcome.code == 2
    assert "Invalid value for" in outcome.err
    assert not (may / "ledger" / "2024-06").exists()


# ---- reviews beside closed months


def test_the_reports_of_a_closed_month_stay(may: Path) -> None:
    before = tree(may)
    for arguments in (("--out", "reports/2024-05"), ()):
        outcome = run("review", *MAY, *arguments)
        assert (outcome.code, codes(outcome)) == (2, ["month-closed"])
    assert codes(run("review", *JUNE, "--out", "reports/2024-05")) == ["month-closed"]
    assert tree(may) == before


def test_a_closed_month_can_be_looked_at(may: Path) -> None:
    assert run("review", *MAY, "--partner", "EL-02").code == 0
    assert run("review", *MAY, "--out", "again", "--quiet").code == 0
    assert tree(may / "again") == tree(may / "reports" / "2024-05")


def test_a_review_opens_from_the_last_close_before_its_month(june: Path) -> None:
    assert run("review", *JULY, "--quiet").code == 0
    assert manifest("reports/2024-07")["previous_close"] == digest(june / "ledger" / "2024-06" / "manifest.json")
    assert run("review", *JUNE, "--out", "again", "--quiet").code == 0
    assert manifest("again")["previous_close"] == digest(june / "ledger" / "2024-05" / "manifest.json")
    assert tree(june / "again") == tree(june / "reports" / "2024-06")


def test_a_review_ahead_posts_the_open_months_in_turn(may: Path) -> None:
    """July is reviewed with only May closed: it posts what it would had June been closed."""
    assert run("review", *JULY, "--out", "ahead", "--quiet").code == 0
    assert run("close", *JUNE, "--quiet").code == 0
    assert run("review", *JULY, "--quiet").code == 0
    ahead, after = tree(may / "ahead"), tree(may / "reports" / "2024-07")
    assert {name for name in ahead if ahead[name] != after[name]} == {"manifest.json", "summary.json"}


def test_no_review_writes_into_the_ledger(may: Path) -> None:
    before = tree(may)
    outcome = run("review", *JUNE, "--out", "ledger/mine")
    assert (outcome.code, codes(outcome)) == (2, ["reports-unwritable"])
    assert tree(may) == before


def test_rows_before_what_an_export_covers_are_those_of_the_last_close(june: Path) -> None:
    assert run("review", *JULY, "--out", "full", "--quiet").code == 0
    edit(TOML, r'^(path = "exports/leads.csv")$', r"\1\ncovers = { since = 2024-07-01 }")
    header, *leads = LEADS.read_text(encoding="utf-8").splitlines(keepends=True)
    LEADS.write_text("".join([header, *(lead for lead in leads if "-07-2024" in lead)]), encoding="utf-8")
    assert run("check", *JULY).code == 0
    assert run("close", *JULY, "--quiet").code == 0
    written, full = tree(june / "reports" / "2024-07"), tree(june / "full")
    assert {name for name in full if written[name] != full[name]} == {"manifest.json", "summary.json"}


def test_closed_months_keep_their_rates_of_exchange(june: Path) -> None:
    edit(june / "exports" / "rates.csv", "^(EUR,2024-05-06,).*$", r"\g<1>1.20")
    outcome = run("close", *JULY, "--quiet")
    assert outcome.code == 0
    summary = json.loads((june / "reports" / "2024-07" / "summary.json").read_text(encoding="utf-8"))
    # LD-0101 of June was converted by it.
    assert summary["opening"]["posted"] == []
    assert "warning[closed-rate-kept]" in run("review", "--month", "2024-08").err


@pytest.mark.parametrize("width", [40, 80, 160])
def test_no_line_is_wider_than_the_terminal(june: Path, monkeypatch: pytest.MonkeyPatch, width: int) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    _change_june()
    lines = run("review", *JULY).out.splitlines()
    lines += run("close", *JULY, *REASONS).out.splitlines()
    lines += run("status").out.splitlines()
    # A digest is never cut.
    wide = [line for line in lines if cell_len(line) > width and not line.startswith("Head ")]
    assert wide == []
    assert (june / "ledger" / "2024-07").is_dir()


# ---- what goes wrong


@pytest.mark.parametrize("file", ["state/position.parquet", "inputs/opportunities/part-0000.parquet", "manifest.json"])
def test_a_damaged_close_is_never_guessed_at(may: Path, file: str) -> None:
    path = may / "ledger" / "2024-05" / file
    path.chmod(0o644)
    path.write_bytes(path.read_bytes() + b"\n")
    before = tree(may)
    for command in (("review", *JUNE), ("close", *JUNE)):
        outcome = run(*command)
        assert (outcome.code, outcome.out, codes(outcome)) == (2, "", ["ledger-damaged"])
        assert f"ledger/2024-05/{file}: " in outcome.err
    checked = run("check")
    assert checked.code == 2
    assert f"ledger/2024-05/{file}: error[ledger-damaged]: " in checked.out
    assert tree(may) == before


def test_who_cannot_be_told_is_not_told_that_nothing_was_closed(may: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_terminal: Terminal, _lines: object) -> None:
        raise OutputError("No space left on device")

    monkeypatch.setattr(Terminal, "print_lines", full)
    outcome = run("close", *JUNE)
    said = "tierctl close 2024-06: the month is closed, but the summary cannot be written: No space left on device\n"
    assert (outcome.code, outcome.err) == (1, said)
    assert (may / "ledger" / "2024-06").is_dir()


def test_of_two_closes_at_once_one_closes_and_the_other_is_refused(may: Path) -> None:
    command = [sys.executable, "-m", "tierctl", "close", *JUNE, "--quiet"]
    both = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    said = sorted((each.communicate()[1], each.returncode) for each in both)
    (quiet, done), (refused, code) = said
    assert (quiet, done, code) == ("", 0, 2)
    # The second finds the first at work, or its work done.
    assert "error[workspace-locked]" in refused or "error[month-closed]" in refused
    assert [close.label for close in Ledger(may / "ledger").closes()] == ["2024-05", "2024-06"]


KILLED = f"""
import os, signal
when, name, number = os.environ["KILL_AT"].split()
calls, real = 0, getattr(os, name)


def deadly(*arguments, **options):
    global calls
    calls += 1
    if calls == int(number) and when == "before":
        os.kill(os.getpid(), {getattr(signal, "SIGKILL", 0):d})
    result = real(*arguments, **options)
    if calls == int(number):
        os.kill(os.getpid(), {getattr(signal, "SIGKILL", 0):d})
    return result


setattr(os, name, deadly)
from tierctl.cli import main
main()
"""
MOMENTS = (
    "before mkdir 2",  # the ledger is tried
    "before mkdir 20",  # the exports are read
    "before fsync 3",  # the reports are being written
    "before rename 1",  # they are written
    "after rename 1",  # they have their name
    "before mkdir 31",  # the folder of the close is being filled
    "before chmod 20",  # it is made read-only
    "before rename 2",  # it is whole
    "after rename 2",  # it has its name
)


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="the system has no SIGKILL")
@pytest.mark.parametrize("moment", MOMENTS)
def test_after_a_kill_all_is_whole_and_the_next_close_is_right(may: Path, undisturbed: Path, moment: str) -> None:
    first = tree(may / "ledger" / "2024-05")
    command = [sys.executable, "-c", KILLED, "close", *JUNE, "--quiet"]
    environment = {**os.environ, "KILL_AT": moment}
    assert subprocess.run(command, env=environment, check=False).returncode == -signal.SIGKILL
    labels = [close.label for close in Ledger(may / "ledger").closes()]
    assert labels == ["2024-05", *(["2024-06"] if moment == "after rename 2" else [])]
    outcome = run("close", *JUNE, "--quiet")
    assert codes(outcome) == (["month-closed"] if labels[1:] else [])
    assert sorted(path.name for path in (may / "ledger").iterdir()) == ["2024-05", "2024-06"]
    assert sorted(path.name for path in (may / "reports").iterdir()) == ["2024-05", "2024-06"]
    assert damages(Ledger(may / "ledger")) == []
    assert tree(may / "ledger" / "2024-05") == first
    assert kept(may / "ledger" / "2024-06") == kept(undisturbed / "ledger" / "2024-06")
    assert tree(may / "reports" / "2024-06") == tree(undisturbed / "reports" / "2024-06")
