"""`tierctl reopen`: the last close is set aside with a reason, and its month closed anew."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.closes import (
    LEADS,
    TOML,
    closed,
    codes,
    digest,
    edit,
    june,
    kept,
    manifest,
    may,
    page,
    run,
    tree,
    undisturbed,
)
from tests.cli.test_close import KILLED
from tierctl.ledger.check import damages
from tierctl.ledger.closes import Ledger

__all__ = ("closed", "june", "may", "page", "undisturbed")

JUNE, JULY = ("--month", "2024-06"), ("--month", "2024-07")
REASON = ("--reason", "LD-0102 was not won")


def test_the_last_close_is_set_aside_whole(june: Path) -> None:
    sealed, reports = tree(june / "ledger" / "2024-06"), tree(june / "reports")
    outcome = run("reopen", *JUNE, *REASON)
    head = digest(june / "ledger" / "2024-05" / "manifest.json")
    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.out == (
        "2024-06 is open again; its close is kept, set aside.\n\n"
        "Kept  ledger/reopened/2024-06.1/\n"
        f"Head  {head}  2024-05\n"
        "Next  tierctl close --month 2024-06\n"
    )
    assert tree(june / "ledger" / "reopened" / "2024-06.1") == sealed
    assert tree(june / "reports") == reports
    assert damages(Ledger(june / "ledger")) == []


def test_the_record_says_why_when_and_by_whom(june: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tierctl.cli.machine.stamp", lambda: "2024-07-03T08:00:00Z")
    monkeypatch.setattr("tierctl.cli.machine.user", lambda: "kim")
    sha256 = digest(june / "ledger" / "2024-06" / "manifest.json")
    assert run("reopen", *JUNE, "--reason", " LD-0102 was\nnot won ", "--quiet").out == ""
    assert json.loads((june / "ledger" / "reopened" / "2024-06.1.json").read_text(encoding="utf-8")) == {
        "month": "2024-06",
        "folder": "2024-06.1",
        "sha256": sha256,
        "reason": "LD-0102 was not won",
        "reopened_at": "2024-07-03T08:00:00Z",
        "reopened_by": "kim",
    }


def test_the_month_is_closed_anew_from_the_close_before_it(june: Path) -> None:
    first = digest(june / "ledger" / "2024-06" / "manifest.json")
    assert run("reopen", *JUNE, *REASON, "--quiet").code == 0
    edit(LEADS, "^(LD-0102,.*),Won,30-06-2024,", r"\1,Lost,30-06-2024,")
    outcome = run("close", *JUNE)
    assert outcome.code == 0
    # 2,696.06 less the 540.06 of LD-0102: nothing was posted for it as yet, so nothing is adjusted.
    assert "    Revenue share                   2,156.00            ·          ·           4\n" in outcome.out
    assert "Follows   2024-06.1, set aside: LD-0102 was not won\n" in outcome.out
    assert manifest("ledger/2024-06")["reopened"] == [
        {"folder": "2024-06.1", "sha256": first, "reason": "LD-0102 was not won"}
    ]
    assert damages(Ledger(june / "ledger")) == []


def test_a_month_closed_anew_on_the_same_files_is_the_same(june: Path, undisturbed: Path) -> None:
    for number in (1, 2):
        assert run("reopen", *JUNE, "--reason", f"for the {number}. time", "--quiet").code == 0
        assert run("close", *JUNE, "--quiet").code == 0
    assert kept(june / "ledger" / "2024-06") == kept(undisturbed / "ledger" / "2024-06")
    assert [each["folder"] for each in manifest("ledger/2024-06")["reopened"]] == ["2024-06.1", "2024-06.2"]
    assert damages(Ledger(june / "ledger")) == []


def test_all_closes_can_be_reopened_one_after_the_other(june: Path) -> None:
    assert run("reopen", *JUNE, *REASON, "--quiet").code == 0
    outcome = run("reopen", "--month", "2024-05", *REASON)
    assert "Head  none: no month is closed\n" in outcome.out
    assert Ledger(june / "ledger").closes() == []
    assert run("close", "--month", "2024-05", "--quiet").code == 0


@pytest.mark.parametrize(
    ("month", "said"),
    [
        ("2024-05", "2024-05 is closed, and so are months after it\n  hint: the last close is that of 2024-06: "),
        (
            "2024-07",
            "2024-07 is not closed\n  hint: the last close is that of 2024-06: tierctl reopen --month 2024-06 ",
        ),
        ("2024-04", "2024-04 is not closed\n"),
    ],
)
def test_only_the_last_close_can_be_reopened(june: Path, month: str, said: str) -> None:
    before = tree(june)
    outcome = run("reopen", "--month", month, *REASON)
    assert (outcome.code, outcome.out, codes(outcome)) == (2, "", ["reopen-not-last"])
    assert said in outcome.err
    assert tree(june) == before


@pytest.mark.parametrize("reason", [(), ("--reason", " ")])
def test_without_a_reason_nothing_is_reopened(june: Path, reason: tuple[str, ...]) -> None:
    assert run("reopen", *JUNE, *reason).code == 2
    assert (june / "ledger" / "2024-06").is_dir()


def test_a_program_at_fault_keeps_nothing_closed(june: Path) -> None:
    edit(TOML, "^programs = .*$", 'programs = ["broken.toml"]')
    (june / "broken.toml").write_text('id = "engagement"\n', encoding="utf-8")
    assert run("review", *JULY).code == 2
    assert run("reopen", *JUNE, *REASON, "--quiet").code == 0


def test_the_object_of_a_reopening(may: Path) -> None:
    sha256 = digest(may / "ledger" / "2024-05" / "manifest.json")
    assert json.loads(run("reopen", "--month", "2024-05", *REASON, "--json").out) == {
        "reopened": "2024-05",
        "sha256": sha256,
        "folder": "ledger/reopened/2024-05.1",
        "head": None,
        "next": "2024-05",
    }


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="the system has no SIGKILL")
@pytest.mark.parametrize(("moment", "is_open"), [("before rename 2", False), ("after rename 2", True)])
def test_after_a_kill_the_month_is_closed_or_open_and_the_ledger_whole(june: Path, moment: str, is_open: bool) -> None:
    """The record takes its name first, then the close."""
    command = [sys.executable, "-c", KILLED, "reopen", *JUNE, *REASON]
    environment = {**os.environ, "KILL_AT": moment}
    assert subprocess.run(command, env=environment, check=False).returncode == -signal.SIGKILL
    labels = [close.label for close in Ledger(june / "ledger").closes()]
    assert labels == ["2024-05", *([] if is_open else ["2024-06"])]
    assert damages(Ledger(june / "ledger")) == []
    assert codes(run("reopen", *JUNE, *REASON)) == (["reopen-not-last"] if is_open else [])
    assert run("close", *JUNE, "--quiet").code == 0
    assert damages(Ledger(june / "ledger")) == []
    assert [each["folder"] for each in manifest("ledger/2024-06")["reopened"]] == ["2024-06.1"]
