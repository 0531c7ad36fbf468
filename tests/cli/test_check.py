"""`tierctl check`: every fault at once, nothing written."""

import json
from pathlib import Path

from tests.cli.conftest import TOML, Run, break_mrr

CLEAN = """\
Rows                                                                from 3 files
                 read  rejected  repeated  dated later
  mrr               4         ·         1            ·
  opportunities    30         ·         ·            ·
  partners          3         ·         ·            ·

Columns that nothing reads
  partners: Notes

No faults: a review can run.
"""


def test_a_clean_workspace(run: Run, workspace: Path) -> None:
    before = sorted(path.name for path in workspace.rglob("*"))
    outcome = run("check")
    assert (outcome.code, outcome.out, outcome.err) == (0, CLEAN, "")
    assert sorted(path.name for path in workspace.rglob("*")) == before


def test_with_a_month_later_rows_count_as_such(run: Run) -> None:
    out = run("check", "--month", "2025-05").out
    assert "  mrr               4         ·         1            1\n" in out


def test_rejected_rows_give_exit_1(run: Run, workspace: Path) -> None:
    break_mrr(workspace)
    outcome = run("check")
    assert outcome.code == 1
    assert "exports/mrr.csv record 5\n" in outcome.out
    assert outcome.out.endswith("A review can run, and leaves out what is listed above.\n")


def test_json_lists_rows_rejects_and_columns(run: Run, workspace: Path) -> None:
    break_mrr(workspace)
    outcome = run("check", "--json")
    assert outcome.code == 1
    content = json.loads(outcome.out)
    assert content["can_run"] is True
    assert content["rejects"] == {"mrr": {"mrr": {"not-a-number": 1}, "order_type": {"not-in-enum": 1}}}
    assert content["exports"]["partners"]["unused_columns"] == ["Notes"]
    assert content["exports"]["mrr"]["duplicates"] == 1


def test_faults_of_programs_and_exports_are_told_together(run: Run, workspace: Path) -> None:
    toml = TOML.replace('["elevate"]', '["elevat"]')
    (workspace / "tierctl.toml").write_text(toml, encoding="utf-8")
    (workspace / "exports" / "mrr.csv").unlink()
    outcome = run("check")
    assert outcome.code == 2
    assert "error[program-not-found]" in outcome.out
    assert "error[missing-export]" in outcome.out
    assert outcome.out.endswith("A review cannot run until the errors above are mended.\n")


def test_no_workspace_and_a_month_too_early_are_exit_2(run: Run) -> None:
    assert run("check", "-C", "nowhere").code == 2
    early = run("check", "--month", "2024-12", "--json")
    assert early.code == 2
    assert [finding["code"] for finding in json.loads(early.out)["findings"]] == ["review-before-start"]


def test_configured_exports_that_no_program_reads_are_named(run: Run, workspace: Path) -> None:
    more = TOML + 'projects = { path = "exports/projects.csv" }\n'
    (workspace / "tierctl.toml").write_text(more, encoding="utf-8")
    outcome = run("check")
    assert outcome.code == 0
    assert "Configured, but read by no program: projects.\n" in outcome.out
