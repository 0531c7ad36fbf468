"""`tierctl review`: exit codes, what it says and where, what it writes."""

import csv
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from rich.cells import cell_len

from tests.cli.conftest import MRR, TOML, Run, break_mrr
from tierctl import resources
from tierctl.report.formats import Format

SUMMARY = """\
Elevate Partner Program                          2025-05 · review day 2025-05-31

Tiers                                3 partners; change against the month before
  Elite        1  +1
  Trailblazer  0   ·
  Pioneer      2   ·

"""
MOVEMENTS = """\
Movements                                                             1 retained
  ▲ promoted 1
    P-1  Blue Harbor Networks  Pioneer → Elite  to 2026-12-31
"""
ROWS = """\
Rows                                                                from 5 files
                    read  rejected  repeated  dated later
  agreements           3         ·         ·            ·
  mrr                  4         ·         1            1
  opportunities       30         ·         ·            ·
  partner_services     0         ·         ·            ·
  partners             3         ·         ·            ·

Reports  reports/2025-05/  csv, parquet
"""


def _files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def test_a_clean_review_writes_the_reports_and_tells_what_moved(run: Run, workspace: Path) -> None:
    outcome = run("review", "--month", "2025-05")
    assert outcome.code == 0
    assert outcome.err == ""
    assert outcome.out.startswith(SUMMARY)
    assert MOVEMENTS in outcome.out
    assert "  + enrolled 1\n    P-3  Dune Telecom  Pioneer\n" in outcome.out
    assert outcome.out.endswith(ROWS)
    reports = workspace / "reports" / "2025-05"
    assert sorted(path.name for path in reports.iterdir()) == [
        "actions.csv",
        "benefits.csv",
        "commissions.csv",
        "credits.csv",
        "evidence.csv",
        "forecast.csv",
        "manifest.json",
        "next_tier.csv",
        "not_earned.parquet",
        "rates.csv",
        "rejects.csv",
        "requalification.csv",
        "standing.csv",
        "statements.csv",
        "summary.json",
    ]
    with (reports / "evidence.csv").open(encoding="utf-8", newline="") as file:
        values = {(row["partner_id"], row["tier"], row["metric"]): row["value"] for row in csv.DictReader(file)}
    assert values["P-1", "elite", "net_new_mrr"] == "26000.5"
    assert values["P-2", "trailblazer", "net_new_mrr"] == "9999.99"


def test_a_rerun_is_the_same_bytes(run: Run, workspace: Path) -> None:
    formats = [word for format_ in Format for word in ("--format", format_)]
    run("review", "--month", "2025-05", *formats)
    first = _files(workspace / "reports" / "2025-05")
    assert run("review", "--month", "FY2025-P05", *formats).code == 0
    assert _files(workspace / "reports" / "2025-05") == first
    assert len(first) == 3 * 13 + len(("review.xlsx", "review.html", "summary.json", "manifest.json"))


def test_last_is_the_month_that_ended_before_today(run: Run, workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tierctl.cli.machine.today", lambda: date(2025, 6, 1))
    assert run("review", "--month", "last").code == 0
    assert [path.name for path in (workspace / "reports").iterdir()] == ["2025-05"]


def test_rejected_rows_give_exit_1_and_are_told_with_a_place_and_a_hint(run: Run, workspace: Path) -> None:
    break_mrr(workspace)
    outcome = run("review", "--month", "2025-05")
    assert outcome.code == 1
    assert outcome.err == ""
    assert "Rejected                                                         2 rows left out\n" in outcome.out
    assert "  mrr  not-a-number  mrr '12.3.4'           1\n    exports/mrr.csv record 5\n" in outcome.out
    assert "  mrr  not-in-enum   order_type 'New Logo'  1\n    exports/mrr.csv record 6\n" in outcome.out
    assert (workspace / "reports" / "2025-05" / "rejects.csv").read_text(encoding="utf-8").count("\n") == 3


def test_quiet_says_nothing_when_clean_and_one_line_when_not(run: Run, workspace: Path) -> None:
    clean = run("review", "--month", "2025-05", "--quiet")
    assert (clean.code, clean.out, clean.err) == (0, "", "")
    break_mrr(workspace)
    faulty = run("review", "--month", "2025-05", "--quiet")
    assert (faulty.code, faulty.out) == (1, "")
    assert faulty.err == "tierctl review 2025-05: 2 rows of mrr rejected; see reports/2025-05/rejects.csv\n"


def test_json_is_one_object_on_stdout(run: Run, workspace: Path) -> None:
    break_mrr(workspace)
    outcome = run("review", "--month", "2025-05", "--json")
    assert outcome.code == 1
    assert outcome.err == ""
    content = json.loads(outcome.out)
    summary = json.loads((workspace / "reports" / "2025-05" / "summary.json").read_text(encoding="utf-8"))
    assert {key: content[key] for key in summary} == summary
    assert content["reports"] == "reports/2025-05"
    assert [finding["code"] for finding in content["findings"]] == ["not-a-number", "not-in-enum"]


def test_some_partners_are_shown_and_the_reports_stay(run: Run, workspace: Path) -> None:
    run("review", "--month", "2025-05")
    before = _files(workspace / "reports" / "2025-05")
    outcome = run("review", "--month", "2025-05", "--partner", "P-2")
    assert outcome.code == 0
    assert "1 partner; change" in outcome.out
    assert "    Net new invoiced MRR of new logos  9,999.99  at least  10,000  not met\n" in outcome.out
    assert outcome.out.endswith("Nothing was written: name a folder with --out to keep these partners' reports.\n")
    assert _files(workspace / "reports" / "2025-05") == before


def test_some_partners_as_json_bring_their_rows_exactly(run: Run) -> None:
    outcome = run("review", "--month", "2025-05", "--partner", "P-1", "--partner", "P-3", "--json")
    content = json.loads(outcome.out, parse_float=Decimal)
    assert content["reports"] is None
    assert [row["partner_id"] for row in content["tables"]["standing"]] == ["P-1", "P-3"]
    assert Decimal("26000.5") in {row["value"] for row in content["tables"]["evidence"]}


def test_some_partners_in_a_folder_of_their_own_have_the_rows_of_the_whole_review(run: Run, workspace: Path) -> None:
    run("review", "--month", "2025-05")
    assert run("review", "--month", "2025-05", "--partner", "P-1", "--out", "p1").code == 0
    for table in ("standing", "evidence", "benefits", "requalification"):
        header, *rows = (workspace / "reports" / "2025-05" / f"{table}.csv").read_text(encoding="utf-8").splitlines()
        some = (workspace / "p1" / f"{table}.csv").read_text(encoding="utf-8").splitlines()
        assert some == [header, *(row for row in rows if ",P-1," in row)]
    assert json.loads((workspace / "p1" / "manifest.json").read_text(encoding="utf-8"))["partners"] == ["P-1"]


@pytest.mark.parametrize(
    ("partner", "hint"),
    [
        ("P1", "did you mean P-1?"),
        ("p-1", "did you mean P-1?"),
        ("dune telecom", "did you mean P-3? --partner takes the id, not the name"),
    ],
)
def test_an_unknown_partner_is_refused_with_a_suggestion(run: Run, workspace: Path, partner: str, hint: str) -> None:
    outcome = run("review", "--month", "2025-05", "--partner", partner, "--out", "out")
    assert (outcome.code, outcome.out) == (2, "")
    message = f"the roster has no partner with the id '{partner}'"
    assert outcome.err == f"--partner:{partner}: error[partner-unknown]: {message}\n  hint: {hint}\n"
    assert not (workspace / "out").exists()


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("--month", "2025-13"), "month-unknown"),
        (("--month", "may"), "month-unknown"),
        (("--month", "2024-12"), "review-before-start"),
        (("--month", "2025-05", "-C", "nowhere"), "workspace-missing"),
        (("--month", "2025-05", "--out", "exports"), "reports-foreign-files"),
        (("--month", "2025-05", "--out", "."), "reports-unwritable"),
    ],
)
def test_what_cannot_run_gives_exit_2_and_writes_nothing(
    run: Run, workspace: Path, arguments: tuple[str, ...], code: str
) -> None:
    text = run("review", *arguments)
    assert (text.code, text.out) == (2, "")
    assert f"error[{code}]: " in text.err
    as_json = run("review", *arguments, "--json")
    assert (as_json.code, as_json.err) == (2, "")
    assert [finding["code"] for finding in json.loads(as_json.out)["findings"]] == [code]
    assert not (workspace / "reports").exists()


def test_a_month_before_the_program_names_both_dates(run: Run) -> None:
    message = "elevate takes effect on 2025-01-01, and 2024-12 ends on 2024-12-31 before that"
    assert message in run("review", "--month", "2024-12").err


def test_a_missing_export_leaves_the_reports_as_they_were(run: Run, workspace: Path) -> None:
    run("review", "--month", "2025-05")
    before = _files(workspace / "reports" / "2025-05")
    (workspace / "exports" / "mrr.csv").unlink()
    outcome = run("review", "--month", "2025-05")
    assert (outcome.code, outcome.out) == (2, "")
    assert "error[missing-export]" in outcome.err
    assert _files(workspace / "reports" / "2025-05") == before


@pytest.mark.parametrize("arguments", [("--format", "xls"), ("--nonsense",)])
def test_a_usage_error_is_2(run: Run, arguments: tuple[str, ...]) -> None:
    outcome = run("review", "--month", "2025-05", *arguments)
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err.startswith("Usage: ")


def test_an_unknown_format_names_the_allowed(run: Run) -> None:
    err = run("review", "--month", "2025-05", "--format", "xls").err
    assert err.endswith("Invalid value for '--format': 'xls' is none of csv, parquet, json, xlsx, html\n")


def test_formats_may_be_large_letters_and_joined_by_commas(run: Run, workspace: Path) -> None:
    assert run("review", "--month", "2025-05", "--format", "CSV,json", "--format", "csv").code == 0
    names = {path.name for path in (workspace / "reports" / "2025-05").iterdir() if path.stem == "standing"}
    assert names == {"standing.csv", "standing.json"}


def test_the_workspace_is_named_before_or_after_the_command(
    run: Run, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(workspace.parent)
    for arguments in (("-C", "ws", "review", "--month", "2025-05"), ("review", "--month", "2025-05", "-C", "ws")):
        outcome = run(*arguments)
        assert outcome.code == 0
        assert outcome.out.endswith("Reports  ws/reports/2025-05/  csv, parquet\n")


@pytest.mark.parametrize("width", [40, 80, 160])
def test_no_line_is_wider_than_the_terminal(
    run: Run, workspace: Path, monkeypatch: pytest.MonkeyPatch, width: int
) -> None:
    break_mrr(workspace)
    monkeypatch.setenv("COLUMNS", str(width))
    for arguments in ((), ("--partner", "P-1", "--partner", "P-2")):
        out = run("review", "--month", "2025-12", *arguments).out
        assert max(cell_len(line) for line in out.splitlines()) <= width
        assert "\x1b" not in out


def test_colours_and_bars_only_on_a_terminal(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "█" not in run("review", "--month", "2025-05").out
    monkeypatch.setenv("FORCE_COLOR", "1")
    coloured = run("review", "--month", "2025-05").out
    assert "█" in coloured
    assert "\x1b[32m  ▲ promoted 1" in coloured
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[32m" not in run("review", "--month", "2025-05").out


def test_many_partners_are_cut_to_a_sensible_number(run: Run, workspace: Path) -> None:
    roster = "partner_id,name\n" + "".join(f"P-{n},Partner {n}\n" for n in range(1, 51))
    (workspace / "exports" / "partners.csv").write_text(roster, encoding="utf-8")
    out = run("review", "--month", "2025-01").out
    assert "  + enrolled 50\n" in out
    assert "    and 46 more in standing.csv\n" in out


@contextmanager
def _holding_the_lock(workspace: Path) -> Iterator[None]:
    lines = (
        "import sys, filelock",
        "lock = filelock.FileLock(sys.argv[1])",
        "lock.acquire()",
        "print('held', flush=True)",
        "sys.stdin.read()",
    )
    command = [sys.executable, "-c", "\n".join(lines), str(workspace / ".tierctl.lock")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        yield
        holder.kill()


def test_a_second_run_is_refused_while_the_first_is_at_work(run: Run, workspace: Path) -> None:
    with _holding_the_lock(workspace):
        outcome = run("review", "--month", "2025-05")
        assert (outcome.code, outcome.out) == (2, "")
        assert ".tierctl.lock: error[workspace-locked]: another run of tierctl is at work" in outcome.err
        assert run("review", "--month", "2025-05", "--partner", "P-1").code == 0
        assert run("check").code == 0
    assert run("review", "--month", "2025-05").code == 0


KILLED = f"""
import os, signal, sys
calls, rename = 0, os.rename


def deadly(*arguments, **options):
    global calls
    calls += 1
    rename(*arguments, **options)
    if calls == int(os.environ["KILL_AT"]):
        os.kill(os.getpid(), {signal.SIGKILL:d})


os.rename = deadly
from tierctl.cli import main
main()
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="the system has no SIGKILL")
@pytest.mark.parametrize("kill_at", [1, 2])
def test_after_a_kill_the_next_run_finds_whole_reports_and_a_free_lock(run: Run, workspace: Path, kill_at: int) -> None:
    run("review", "--month", "2025-05")
    expected = _files(workspace / "reports" / "2025-05")
    environment = {**os.environ, "KILL_AT": str(kill_at)}
    command = [sys.executable, "-c", KILLED, "review", "--month", "2025-05", "--quiet"]
    assert subprocess.run(command, env=environment, check=False).returncode == -signal.SIGKILL
    (workspace / "exports" / "mrr.csv").rename(workspace / "exports" / "mrr.txt")
    # A run that fails later still clears up first.
    assert run("review", "--month", "2025-05").code == 2
    assert [path.name for path in (workspace / "reports").iterdir()] == ["2025-05"]
    assert _files(workspace / "reports" / "2025-05") == expected


def test_programs_that_begin_later_are_left_out_with_a_warning(run: Run, workspace: Path) -> None:
    later = (resources.bundled_programs() / "elevate.toml").read_text(encoding="utf-8")
    later = later.replace('"elevate"', '"later"', 1).replace(
        "effective_from = 2025-01-01", "effective_from = 2027-01-01"
    )
    (workspace / "later.toml").write_text(later.split("[[examples]]")[0], encoding="utf-8")
    (workspace / "tierctl.toml").write_text(TOML.replace('["elevate"]', '["elevate", "later.toml"]'), encoding="utf-8")
    outcome = run("review", "--month", "2025-05")
    assert outcome.code == 0
    assert "warning[review-before-start]: later takes effect on 2027-01-01" in outcome.err


def test_a_fault_of_its_own_never_looks_like_a_review_that_was_done(workspace: Path) -> None:
    shutil.rmtree(workspace / "exports")
    (workspace / "exports").mkdir()
    (workspace / "exports" / "mrr.csv").write_text(MRR, encoding="utf-8")
    script = (
        "import tierctl.cli.review_run as r\n"
        "def fail(*_, **__): raise RuntimeError('a fault')\n"
        "r.run_review = fail\n"
        "from tierctl.cli import main\n"
        "main()\n"
    )
    command = [sys.executable, "-c", script, "-C", str(workspace), "review", "--month", "2025-05"]
    crashed = subprocess.run(command, capture_output=True, text=True, check=False)
    assert crashed.returncode == 2
    assert "RuntimeError: a fault" in crashed.stderr


def test_leading_zeros_are_remembered_for_who_forgot_them(run: Run, workspace: Path) -> None:
    with (workspace / "exports" / "partners.csv").open("a", encoding="utf-8") as file:
        file.write("007,Quantock Dairy Voice,,\n")
    assert "  hint: did you mean 007?\n" in run("review", "--month", "2025-05", "--partner", "7").err


def test_the_summary_says_every_criterion_and_groups_its_figures(run: Run) -> None:
    run("review", "--month", "2025-05")
    out = run("review", "--month", "2026-06").out
    block = out.partition("Requalification")[2].partition("\n\n")[0]
    assert "Net new invoiced MRR of new logos: 0 of 25,000; 4,166.67 a month" in block
    assert "    Opportunities submitted: 0 of 20; 4 a month needed; out of reach" in block
    assert "elite met on 2025-05-31: net_new_mrr 26,000.5, opportunities 20\n" in run("review", "-m", "2025-05").out


def test_actions_do_not_repeat_the_name_above_them(run: Run) -> None:
    out = run("review", "--month", "2025-06").out
    block = out.partition("Needs a person")[2].partition("\n\n")[0]
    assert block.count("Executive business review") == 1
    assert "P-1  Blue Harbor Networks  net_new_mrr 26,000.5; opportunities 20" in block


def test_partners_on_pace_are_listed_after_those_who_are_not(run: Run, workspace: Path) -> None:
    with (workspace / "exports" / "mrr.csv").open("a", encoding="utf-8") as file:
        file.write("L-7,P-1,C-7,new_logo,24000,USD,2026-01-20,2026-02-02,\n")
    with (workspace / "exports" / "opportunities.csv").open("a", encoding="utf-8") as file:
        file.writelines(f"O-{n},P-1,2026-02-15,open\n" for n in range(19))
    block = run("review", "--month", "2026-06").out.partition("Requalification")[2].partition("\n\n")[0]
    assert block.splitlines()[0].endswith("on pace 1")
    assert "  P-1  Blue Harbor Networks  Elite → " in block
