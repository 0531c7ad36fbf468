"""Sealing a month: what lies in its folder, what its manifest says, and what is refused."""

import json
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.unit.small_ledger import FILES, REASON, RECORD, contents, fill, sealed, tree
from tierctl.findings import CannotRunError
from tierctl.ledger.check import damages
from tierctl.ledger.closes import Ledger
from tierctl.ledger.reopen import reopen
from tierctl.ledger.seal import seal
from tierctl.report.manifest import digest

OWN = {"manifest.json", "SHA256SUMS", "close.json"}


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path / "ledger")


def test_a_close_holds_what_was_written_and_its_own_three_files(ledger: Ledger) -> None:
    close = sealed(ledger, "2025-04")
    assert (close.label, close.folder, close.record) == ("2025-04", ledger.folder / "2025-04", RECORD)
    assert tree(close.folder).keys() == FILES.keys() | OWN
    assert {path: text.decode() for path, text in tree(close.folder).items() if path not in OWN} == FILES
    assert [path.name for path in ledger.folder.iterdir()] == ["2025-04"]


def test_files_and_folders_are_read_only(ledger: Ledger) -> None:
    close = sealed(ledger, "2025-04")
    modes = {path.is_dir(): path.stat().st_mode & 0o777 for path in [close.folder, *close.folder.rglob("*")]}
    assert modes == {True: 0o555, False: 0o444}


def test_the_manifest_says_all(ledger: Ledger) -> None:
    first = sealed(ledger, "2025-04")
    manifest = json.loads((sealed(ledger, "2025-05").folder / "manifest.json").read_text(encoding="utf-8"))
    files = manifest.pop("files")
    assert isinstance(manifest.pop("tierctl"), str)
    assert manifest == {
        "format": 1,
        "kind": "close",
        "month": {"label": "2025-05", "code": "FY2025-P05", "first": "2025-05-01", "last": "2025-05-31"},
        "money_from": "2025-04",
        "previous_close": digest(first.folder / "manifest.json"),
        "reopened": [],
        "workspace": {"path": "tierctl.toml", "sha256": "1" * 64},
        "programs": [{"path": "programs/elevate.toml", "sha256": "2" * 64}],
        "inputs": [{"export": "mrr", "path": "exports/mrr.csv", "sha256": "3" * 64, "rows": 12}],
        "accepted": {"rejects": None, "removals": None, "adjustments": None, "left_held": False},
    }
    assert [file["path"] for file in files] == sorted({"close.json", *FILES})
    assert {file["path"]: file["rows"] for file in files if "rows" in file} == {
        "reports/standing.csv": 0,
        "state/position.parquet": 3,
    }
    # Of the two letters and the line end "{}\n", by sha256sum.
    assert [file["sha256"] for file in files if file["path"] == "reports/summary.json"] == [
        "ca3d163bab055381827226140568f3bef7eaac187cebd76878e0b63e9e442356"
    ]


def test_the_first_close_follows_none(ledger: Ledger) -> None:
    assert sealed(ledger, "2025-04").manifest["previous_close"] is None


def test_the_first_close_may_be_an_opening(ledger: Ledger) -> None:
    close = seal(ledger, contents("2025-04", kind="opening"), RECORD, fill)
    assert (close.manifest["kind"], damages(ledger)) == ("opening", [])


@pytest.mark.skipif(shutil.which("sha256sum") is None, reason="the system has no sha256sum")
def test_an_auditor_needs_no_tierctl(ledger: Ledger) -> None:
    close = sealed(ledger, "2025-04")
    told = subprocess.run(
        ["sha256sum", "-c", "SHA256SUMS"], cwd=close.folder, check=True, capture_output=True, text=True
    )
    assert told.stdout.splitlines() == [f"{path}: OK" for path in sorted({*FILES, "close.json", "manifest.json"})]


def test_the_tables_are_those_of_the_reports(ledger: Ledger) -> None:
    close = sealed(ledger, "2025-04")
    assert close.tables() == {
        "standing": close.file("reports/standing.csv"),
        "commissions": close.file("reports/commissions.parquet"),
    }


def test_the_same_content_sealed_again_gives_the_same_bytes(ledger: Ledger) -> None:
    first = tree(sealed(ledger, "2025-04").folder)
    reopen(ledger, ledger.closes()[-1], REASON)
    again = tree(sealed(ledger, "2025-04", record={**RECORD, "closed_at": "2025-07-03T06:00:00Z"}).folder)
    assert {path for path in first if first[path] != again[path]} == OWN
    assert first.keys() == again.keys()


def test_the_same_content_sealed_elsewhere_at_the_same_moment_gives_the_same_bytes(tmp_path: Path) -> None:
    one, other = (tree(sealed(Ledger(tmp_path / name), "2025-04").folder) for name in ("one", "other"))
    assert one == other


def test_the_order_in_which_files_are_written_makes_no_difference(tmp_path: Path) -> None:
    def backwards(folder: Path) -> Mapping[str, int]:
        fill(folder, {path: FILES[path] for path in sorted(FILES, reverse=True)})
        return {"state/position.parquet": 3, "reports/standing.csv": 0}

    one = tree(sealed(Ledger(tmp_path / "one"), "2025-04").folder)
    assert tree(sealed(Ledger(tmp_path / "other"), "2025-04", fill=backwards).folder) == one


# ---- refused


def test_a_closed_month_is_never_replaced(ledger: Ledger) -> None:
    before = tree(sealed(ledger, "2025-04").folder)
    with pytest.raises(CannotRunError, match="it begins on 2025-04-01, and the last close, 2025-04, is followed by"):
        sealed(ledger, "2025-04")
    assert tree(ledger.folder / "2025-04") == before


@pytest.mark.parametrize("label", ["2025-03", "2025-06"])
def test_a_month_that_leaves_days_out_is_refused(ledger: Ledger, label: str) -> None:
    sealed(ledger, "2025-04")
    with pytest.raises(CannotRunError) as refused:
        sealed(ledger, label)
    (finding,) = refused.value.findings
    assert (finding.code, finding.source) == ("ledger-unwritable", f"{ledger.folder}/{label}")
    assert finding.message == f"it begins on {label}-01, and the last close, 2025-04, is followed by 2025-05-01"
    assert [path.name for path in ledger.folder.iterdir()] == ["2025-04"]


@pytest.mark.parametrize("content", [None, "a file"])
def test_what_has_the_name_of_the_month_is_not_replaced(ledger: Ledger, content: str | None) -> None:
    """An empty folder could be renamed over; that it is none of tierctl's closes is told before."""
    sealed(ledger, "2025-04")
    place = ledger.folder / "2025-05"
    place.mkdir() if content is None else place.write_text(content)
    before = sorted(ledger.folder.rglob("*"))
    with pytest.raises(CannotRunError, match="ledger-damaged"):
        sealed(ledger, "2025-05")
    assert sorted(ledger.folder.rglob("*")) == before


def test_nothing_is_sealed_after_a_damaged_close(ledger: Ledger) -> None:
    close = sealed(ledger, "2025-04")
    (close.folder / "SHA256SUMS").unlink()
    with pytest.raises(CannotRunError, match=r"2025-04/SHA256SUMS: error\[ledger-damaged\]: the file is missing"):
        sealed(ledger, "2025-05")
    assert [path.name for path in ledger.folder.iterdir()] == ["2025-04"]


def test_rows_of_a_file_that_was_not_written_are_a_fault_of_the_program(ledger: Ledger) -> None:
    def fill_nothing(_: Path) -> Mapping[str, int]:
        return {"reports/standing.csv": 1}

    with pytest.raises(ValueError, match=r"reports/standing\.csv is said to be a table, and was not written"):
        sealed(ledger, "2025-04", fill=fill_nothing)
    assert not ledger.folder.exists()


# ---- reading


def test_there_are_no_closes_before_the_first(ledger: Ledger) -> None:
    assert (ledger.closes(), ledger.set_aside(), ledger.before("2025-05")) == ([], [], [])
    assert ledger.close_of("2025-05") is None


def test_closes_are_read_by_their_months(ledger: Ledger) -> None:
    for label in ("2024-12", "2025-01", "2025-02"):
        sealed(ledger, label)
    assert [close.label for close in ledger.closes()] == ["2024-12", "2025-01", "2025-02"]
    assert [close.label for close in ledger.before("2025-02")] == ["2024-12", "2025-01"]
    assert ledger.before("2024-12") == []
    found = ledger.close_of("2025-01")
    assert found is not None
    assert found.file("state/position.parquet").read_text() == "PAR1 and more"
    assert ledger.close_of("2025-03") is None
