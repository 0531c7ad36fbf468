"""Reopening: the last close is set aside, numbered and with its record, and the close that follows names it."""

import json
import shutil
from pathlib import Path

import pytest

from tests.unit.small_ledger import REASON, sealed, tree
from tierctl.findings import CannotRunError
from tierctl.ledger.check import damages
from tierctl.ledger.closes import Ledger
from tierctl.ledger.recover import recover
from tierctl.ledger.reopen import reopen


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    """April and May 2025 are closed."""
    ledger = Ledger(tmp_path / "ledger")
    for label in ("2025-04", "2025-05"):
        sealed(ledger, label)
    return ledger


def test_the_last_close_is_set_aside_as_it_was(ledger: Ledger) -> None:
    last = ledger.closes()[-1]
    before = tree(last.folder)
    aside = reopen(ledger, last, REASON)
    assert aside == ledger.folder / "reopened" / "2025-05.1"
    assert tree(aside) == before
    assert aside.stat().st_mode & 0o777 == 0o555
    assert [close.label for close in ledger.closes()] == ["2025-04"]
    assert [close.label for close in ledger.set_aside()] == ["2025-05.1"]
    assert damages(ledger) == []


def test_the_record_says_why(ledger: Ledger) -> None:
    last = ledger.closes()[-1]
    record = reopen(ledger, last, REASON).with_name("2025-05.1.json")
    assert json.loads(record.read_text(encoding="utf-8")) == {
        "month": "2025-05",
        "folder": "2025-05.1",
        "sha256": last.sha256,
        "reason": "wrong rate",
        "reopened_at": "2025-07-02T06:00:00Z",
        "reopened_by": "kim",
    }
    assert record.stat().st_mode & 0o777 == 0o444


def test_the_next_close_of_the_month_names_all_that_were_set_aside(ledger: Ledger) -> None:
    first = ledger.closes()[-1]
    reopen(ledger, first, REASON)
    second = sealed(ledger, "2025-05")
    assert second.manifest["reopened"] == [{"folder": "2025-05.1", "sha256": first.sha256, "reason": "wrong rate"}]
    reopen(ledger, second, {**REASON, "reason": "late rows"})
    third = sealed(ledger, "2025-05")
    assert third.manifest["reopened"] == [
        {"folder": "2025-05.1", "sha256": first.sha256, "reason": "wrong rate"},
        {"folder": "2025-05.2", "sha256": second.sha256, "reason": "late rows"},
    ]
    assert len({first.sha256, second.sha256, third.sha256}) == 3
    assert damages(ledger) == []


def test_months_are_reopened_one_after_the_other(ledger: Ledger) -> None:
    reopen(ledger, ledger.closes()[-1], REASON)
    reopen(ledger, ledger.closes()[-1], REASON)
    assert ledger.closes() == []
    assert [close.label for close in ledger.set_aside()] == ["2025-04.1", "2025-05.1"]
    assert damages(ledger) == []
    # The close of May that was set aside follows the April that was set aside too; the new May follows the new April.
    april, may = sealed(ledger, "2025-04"), sealed(ledger, "2025-05")
    assert april.manifest["previous_close"] is None
    assert may.manifest["previous_close"] == april.sha256
    assert damages(ledger) == []


def test_the_tenth_time_comes_after_the_ninth(ledger: Ledger) -> None:
    labels = []
    for _ in range(10):
        reopen(ledger, ledger.closes()[-1], REASON)
        sealed(ledger, "2025-05")
        labels = [close.label for close in ledger.set_aside()]
    assert labels == [f"2025-05.{number}" for number in range(1, 11)]
    assert [each["folder"] for each in ledger.closes()[-1].manifest["reopened"]] == labels
    assert damages(ledger) == []


def test_a_close_that_was_set_aside_is_found_by_its_label(ledger: Ledger) -> None:
    last = ledger.closes()[-1]
    reopen(ledger, last, REASON)
    found = ledger.close_of("2025-05.1")
    assert found is not None
    assert found.sha256 == last.sha256
    assert ledger.close_of("2025-05") is None
    assert ledger.close_of("2025-05.2") is None


def test_only_the_last_close_is_reopened(ledger: Ledger) -> None:
    before = tree(ledger.folder)
    with pytest.raises(ValueError, match="2025-04 is not the last close"):
        reopen(ledger, ledger.closes()[0], REASON)
    assert tree(ledger.folder) == before


def test_a_damaged_ledger_is_not_reopened(ledger: Ledger) -> None:
    last = ledger.closes()[-1]
    (ledger.folder / "2025-04" / "close.json").unlink()
    with pytest.raises(CannotRunError, match=r"2025-04/close\.json: error\[ledger-damaged\]: the file is missing"):
        reopen(ledger, last, REASON)
    assert not (ledger.folder / "reopened").exists()


# ---- interrupted


@pytest.fixture
def interrupted(ledger: Ledger) -> Ledger:
    """A run was killed between the record and the folder's move."""
    aside = reopen(ledger, ledger.closes()[-1], REASON)
    aside.chmod(0o755)
    aside.rename(ledger.folder / "2025-05")
    return ledger


def test_an_interrupted_reopening_has_not_been(interrupted: Ledger) -> None:
    assert [close.label for close in interrupted.closes()] == ["2025-04", "2025-05"]
    assert interrupted.set_aside() == []
    assert damages(interrupted) == []


def test_the_next_run_forgets_an_interrupted_reopening(interrupted: Ledger) -> None:
    recover(interrupted)
    assert sorted(path.name for path in interrupted.folder.iterdir()) == ["2025-04", "2025-05"]
    assert (interrupted.folder / "2025-05").stat().st_mode & 0o777 == 0o555


def test_the_next_reopening_takes_the_number_of_an_interrupted_one(interrupted: Ledger) -> None:
    aside = reopen(interrupted, interrupted.closes()[-1], {**REASON, "reason": "another"})
    assert aside.name == "2025-05.1"
    assert json.loads(aside.with_name("2025-05.1.json").read_text())["reason"] == "another"
    assert damages(interrupted) == []


def test_months_closed_after_an_interrupted_reopening_leave_it_forgotten(interrupted: Ledger) -> None:
    sealed(interrupted, "2025-06")
    assert damages(interrupted) == []


def test_the_number_of_a_close_that_was_removed_is_not_taken_again(ledger: Ledger) -> None:
    shutil.rmtree(reopen(ledger, ledger.closes()[-1], REASON))
    sealed(ledger, "2025-05", record={"closed_at": "2025-07-03T06:00:00Z", "closed_by": "kim"})
    assert reopen(ledger, ledger.closes()[-1], REASON).name == "2025-05.2"
    assert [(finding.source, finding.message) for finding in damages(ledger)] == [
        (
            f"{ledger.folder}/reopened/2025-05.1",
            "the folder, which was set aside by its record, is missing",
        )
    ]


def test_the_close_after_one_that_was_removed_with_its_record_does_not_miss_it(ledger: Ledger) -> None:
    """Nothing in the ledger tells of it any more; the digest that its close printed does."""
    last = ledger.closes()[-1]
    shutil.rmtree(reopen(ledger, last, REASON).parent)
    assert damages(ledger) == []
    (finding,) = damages(ledger, last.sha256)
    assert finding.source == f"{ledger.folder}/2025-04/manifest.json"
