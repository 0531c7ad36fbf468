"""`--log FILE`: what a run tells of itself, line by line, however it ends."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from tests.cli.conftest import TOML, Run, break_mrr
from tests.sample import copy_workspace
from tierctl import __version__
from tierctl.cli import app
from tierctl.cli.journal import Journal
from tierctl.findings import warning

LOG = "run.jsonl"
MONTH, CLOCK = ("--month", "2025-05"), "2025-06-03T06:12:05Z"
EXPORTS = [("partners", 3), ("agreements", 3), ("mrr", 4), ("opportunities", 30), ("partner_services", 0)]


@pytest.fixture(autouse=True)
def _clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tierctl.cli.machine.stamp", lambda: CLOCK)


def logged(path: str = LOG) -> list[dict[str, Any]]:
    """The lines of a log; each of them is whole."""
    text = Path(path).read_text(encoding="utf-8")
    assert text.endswith("\n")
    return [json.loads(line) for line in text.removesuffix("\n").split("\n")]


def events(path: str = LOG) -> list[str]:
    return [line["event"] for line in logged(path)]


def findings() -> list[dict[str, Any]]:
    """The findings in the log, as `--json` tells them."""
    around = ("at", "level", "pid", "event")
    return [
        {key: said for key, said in line.items() if key not in around}
        for line in logged()
        if line["event"] == "finding"
    ]


def test_a_clean_review_is_silent_and_its_log_says_what_it_did(run: Run, workspace: Path) -> None:
    outcome = run("review", *MONTH, "--quiet", "--log", LOG)
    assert (outcome.code, outcome.out, outcome.err) == (0, "", "")
    begins = {"at": CLOCK, "level": "info", "pid": os.getpid()}
    *lines, ended = logged()
    assert lines == [
        {
            **begins,
            "event": "run.started",
            "version": __version__,
            "command": "review",
            "workspace": str(workspace),
            "month": "2025-05",
        },
        *({**begins, "event": "export.read", "export": name, "rows": rows, "rejected": 0} for name, rows in EXPORTS),
        {**begins, "event": "reports.written", "month": "2025-05", "folder": f"{workspace}/reports/2025-05"},
    ]
    assert ended.pop("seconds") >= 0
    assert ended == {**begins, "event": "run.ended", "exit_code": 0}


@pytest.mark.parametrize("arguments", [(), ("--json",), ("--quiet",)])
def test_a_log_changes_nothing_of_what_a_run_says(arguments: tuple[str, ...], run: Run, workspace: Path) -> None:
    break_mrr(workspace)
    without = run("review", *MONTH, *arguments)
    assert run("review", *MONTH, *arguments, "--log", LOG) == without
    assert without.code == 1


def test_warnings_stand_in_the_log_alone_where_a_run_is_quiet(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tierctl.cli.run.far_ahead", lambda _month: [warning("month-far-ahead", "a", "b", "c")])
    outcome = run("review", *MONTH, "--quiet", "--log", LOG)
    assert (outcome.code, outcome.out, outcome.err) == (0, "", "")
    assert [(line["level"], line["code"]) for line in logged() if line["event"] == "finding"] == [
        ("warning", "month-far-ahead")
    ]


def test_rejected_rows_are_told_once_for_each_export_column_and_rule(run: Run, workspace: Path) -> None:
    break_mrr(workspace)
    told = json.loads(run("review", *MONTH, "--json", "--log", LOG).out)["findings"]
    assert [finding["code"] for finding in told] == ["not-a-number", "not-in-enum"]
    assert findings() == told
    assert [line["rejected"] for line in logged() if line.get("export") == "mrr"] == [2]
    assert {key: logged()[-1][key] for key in ("level", "event", "exit_code")} == {
        "level": "warning",
        "event": "run.ended",
        "exit_code": 1,
    }


@pytest.mark.parametrize("arguments", [("check",), ("review", *MONTH), ("close", *MONTH)])
def test_why_a_command_cannot_run_stands_in_the_log_too(arguments: tuple[str, ...], run: Run, workspace: Path) -> None:
    """With --json stdout holds one object, and nothing else is said."""
    (workspace / "exports" / "mrr.csv").unlink()
    outcome = run(*arguments, "--json", "--log", LOG)
    assert (outcome.code, outcome.err) == (2, "")
    assert findings() == json.loads(outcome.out)["findings"]
    assert [finding["code"] for finding in findings()] == ["missing-export"]
    assert events() == ["run.started", "finding", "run.ended"]
    assert (logged()[-1]["level"], logged()[-1]["exit_code"]) == ("error", 2)


def test_a_check_logs_the_exports_and_what_it_found(run: Run, workspace: Path) -> None:
    break_mrr(workspace)
    told = json.loads(run("check", "--json", "--log", LOG).out)["findings"]
    assert findings() == told
    assert events() == ["run.started", *["export.read"] * 5, *["finding"] * len(told), "run.ended"]
    assert (logged()[0]["command"], logged()[0]["month"]) == ("check", None)


def test_a_close_logs_its_seal_and_verify_each_month(run: Run, workspace: Path) -> None:
    assert run("close", "--month", "2025-01", "--quiet", "--log", LOG).code == 0
    assert run("close", "--month", "2025-02", "--quiet", "--log", LOG).code == 0
    closed = [line for line in logged() if line["event"] == "month.closed"]
    assert [line["month"] for line in closed] == ["2025-01", "2025-02"]
    assert closed[1]["folder"] == f"{workspace}/ledger/2025-02"
    assert closed[1]["sha256"] == json.loads(run("status", "--json").out)["head"]["sha256"]
    assert run("verify", "--quiet", "--log", "verify.jsonl").code == 0
    of_months = [line for line in logged("verify.jsonl") if line["event"] == "month.verified"]
    assert [(line["level"], line["month"], line["result"]) for line in of_months] == [
        ("info", "2025-01", "as sealed"),
        ("info", "2025-02", "as sealed"),
    ]


def test_verify_logs_what_is_not_as_it_was_sealed(run: Run, workspace: Path) -> None:
    assert run("close", "--month", "2025-01", "--quiet").code == 0
    statuses = workspace / "ledger" / "2025-01" / "close.json"
    statuses.chmod(0o644)
    statuses.write_text("{}", encoding="utf-8")
    outcome = run("verify", "--quiet", "--log", LOG)
    assert outcome.code == 1
    assert events() == ["run.started", "finding", "ledger.differs", "run.ended"]
    assert logged()[1]["code"] == "ledger-damaged"
    assert f"{logged()[2]['message']}\n" == outcome.err


def test_runs_are_appended(run: Run) -> None:
    run("review", *MONTH, "--quiet", "--log", LOG)
    first = Path(LOG).read_bytes()
    run("review", "--month", "2025-04", "--quiet", "--log", LOG)
    assert Path(LOG).read_bytes().startswith(first)
    assert [line["month"] for line in logged() if line["event"] == "run.started"] == ["2025-05", "2025-04"]


def test_a_line_that_a_full_disk_cut_is_ended_first(run: Run) -> None:
    Path(LOG).write_text(f'{{"at": "{CLOCK}", "lev', encoding="utf-8")
    assert run("check", "--log", LOG).code == 0
    cut, *lines = Path(LOG).read_text(encoding="utf-8").splitlines()
    assert cut == f'{{"at": "{CLOCK}", "lev'
    assert json.loads(lines[0])["event"] == "run.started"


@pytest.mark.parametrize("log", ["nowhere/run.jsonl", "exports", "tierctl.toml"])
def test_without_a_log_nothing_is_done(log: str, run: Run, workspace: Path) -> None:
    outcome = run("review", *MONTH, "--quiet", "--json", "--log", log)
    assert (outcome.code, outcome.err) == (2, "")
    assert [finding["code"] for finding in json.loads(outcome.out)["findings"]] == ["log-unwritable"]
    assert not (workspace / "reports").exists()
    assert (workspace / "tierctl.toml").read_text(encoding="utf-8") == TOML


def test_an_empty_file_is_a_log_that_has_not_begun(run: Run) -> None:
    Path(LOG).touch()
    assert run("check", "--log", LOG).code == 0
    assert events()[0] == "run.started"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_a_log_that_breaks_off_keeps_no_review_from_its_reports(run: Run, workspace: Path) -> None:
    outcome = run("review", *MONTH, "--quiet", "--log", "/dev/full")
    assert (outcome.code, outcome.out) == (0, "")
    assert outcome.err == "tierctl: the log /dev/full is not complete: No space left on device\n"
    assert (workspace / "reports" / "2025-05" / "manifest.json").is_file()


def test_a_fault_of_tierctl_s_own_is_logged(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tierctl.cli.steps.make", lambda *_args, **_kwargs: 1 // 0)
    with pytest.raises(ZeroDivisionError):
        run("review", *MONTH, "--log", LOG)
    fault, ended = logged()[-2:]
    assert (fault["event"], fault["level"]) == ("fault", "error")
    assert fault["error"] == "ZeroDivisionError: integer division or modulo by zero"
    assert "Traceback" in fault["traceback"]
    assert (ended["event"], ended["level"], ended["exit_code"]) == ("run.ended", "error", 2)


@pytest.mark.parametrize(
    ("number", "ends"),
    [(signal.SIGTERM, [143]), (signal.SIGINT, [130]), (signal.SIGKILL, [])],
    ids=["terminated", "interrupted", "killed"],
)
def test_a_run_that_a_signal_ends_leaves_whole_lines(number: signal.Signals, ends: list[int], workspace: Path) -> None:
    script = (
        "import os, sys\nfrom tierctl.cli import main, steps\n"
        f"steps.make = lambda *args, **kwargs: os.kill(os.getpid(), {int(number)}) or exit(9)\n"
        f"sys.argv = ['tierctl', 'review', '--month', '2025-05', '--quiet', '--log', '{LOG}']\nmain()\n"
    )
    subprocess.run([sys.executable, "-c", script], cwd=workspace, capture_output=True, check=False)
    lines = logged(str(workspace / LOG))
    assert [line["event"] for line in lines[:6]] == ["run.started", *["export.read"] * 5]
    assert [line["exit_code"] for line in lines[6:]] == ends


def test_two_runs_may_share_a_file(tmp_path: Path) -> None:
    """Each line is written at once, at the end of the file."""
    path = tmp_path / LOG
    script = (
        "import sys\nfrom pathlib import Path\nfrom tierctl.cli.journal import Journal\n"
        "journal = Journal(Path(sys.argv[1]))\n"
        "journal.run(lambda: [journal.event('told', number=n, text='x' * 5000) for n in range(500)].count(1))\n"
    )
    both = [subprocess.Popen([sys.executable, "-c", script, str(path)]) for _ in range(2)]
    assert [process.wait() for process in both] == [0, 0]
    lines = logged(str(path))
    for process in both:
        own = [line for line in lines if line["pid"] == process.pid]
        assert [line["event"] for line in own] == ["run.started", *["told"] * 500, "run.ended"]
        assert [line["number"] for line in own[1:-1]] == list(range(500))


def test_a_line_holds_any_text(tmp_path: Path) -> None:
    """Line breaks are escaped, other scripts stay readable, and what is no text in a file's name does no harm."""
    journal = Journal(tmp_path / LOG)

    def command() -> int:
        journal.event("told", path="caf\udce9/Müller\n2")
        return 0

    assert journal.run(command) == 0
    raw = (tmp_path / LOG).read_bytes().split(b"\n")[1]
    assert raw.endswith('"path": "caf\\udce9/Müller\\n2"}'.encode())
    assert json.loads(raw)["path"] == "caf\udce9/Müller\n2"


def test_the_page_on_unattended_runs_shows_the_log_of_such_a_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """But for the moments, the process, the seconds and where the workspace lies."""
    page = (Path(__file__).parents[2] / "docs" / "cron.md").read_text(encoding="utf-8")
    shown = [json.loads(line) for line in page.partition("```json log\n")[2].partition("\n```")[0].splitlines()]
    monkeypatch.chdir(copy_workspace(tmp_path / "elevate"))
    with Path("exports", "mrr-2026.csv").open("a", encoding="utf-8") as file:
        file.write("SO-26-99,P-1001,AC-9,Upsell,UCaaS,900,USD,36,,,05/04/2026,,,,,,\n")
    arguments = ["review", *MONTH, "--quiet", "--log", LOG]
    result = CliRunner().invoke(app, arguments, catch_exceptions=False)
    assert result.exit_code == 1
    assert " ".join(result.stderr.split()) in " ".join(page.split())
    told = [
        line
        | {key: line[key].replace(str(Path.cwd()), "/srv/partners") for key in ("workspace", "folder") if key in line}
        for line in logged()
    ]
    of_its_moment = {"at", "pid", "seconds", "version"}
    assert [{key: line[key] for key in line if key not in of_its_moment} for line in told] == [
        {key: line[key] for key in line if key not in of_its_moment} for line in shown
    ]
    assert [list(line) for line in told] == [list(line) for line in shown]


@pytest.mark.parametrize(
    "event",
    [
        "run.started",
        "export.read",
        "finding",
        "reports.written",
        "month.closed",
        "month.verified",
        "ledger.differs",
        "output.unwritable",
        "fault",
        "run.ended",
    ],
)
def test_the_page_names_each_event(event: str) -> None:
    page = (Path(__file__).parents[2] / "docs" / "cron.md").read_text(encoding="utf-8")
    assert f"| `{event}` | " in page
