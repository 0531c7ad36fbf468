"""Replacing the reports' folder: whole before, whole after, and whole whenever the run is killed."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tierctl.report.swap import recover, recover_all, replace_folder

KILLED = f"""
import os, signal, sys
from pathlib import Path
from tierctl.report import swap

folder, kill_at, after = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3] == "after"
calls = 0
rename = os.rename


def deadly(*arguments, **options):
    global calls
    calls += 1
    if calls == kill_at and not after:
        os.kill(os.getpid(), {signal.SIGKILL:d})
    rename(*arguments, **options)
    if calls == kill_at:
        os.kill(os.getpid(), {signal.SIGKILL:d})


os.rename = deadly


def fill(into):
    (into / "a.csv").write_text("new")
    if kill_at == 0:
        os.kill(os.getpid(), {signal.SIGKILL:d})
    (into / "b.csv").write_text("new")


swap.replace_folder(folder, fill)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "2025-05"
    folder.mkdir()
    for name in ("a.csv", "b.csv", "old-format.json"):
        (folder / name).write_text("old")
    return folder


def _fill(into: Path) -> None:
    for name in ("a.csv", "b.csv"):
        (into / name).write_text("new")


def _content(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in sorted(folder.iterdir())}


OLD = {"a.csv": "old", "b.csv": "old", "old-format.json": "old"}
NEW = {"a.csv": "new", "b.csv": "new"}


def test_the_whole_folder_is_replaced(folder: Path) -> None:
    replace_folder(folder, _fill)
    assert _content(folder) == NEW
    assert [path.name for path in folder.parent.iterdir()] == ["2025-05"]


def test_a_first_run_makes_the_folder_and_its_parents(tmp_path: Path) -> None:
    replace_folder(tmp_path / "reports" / "2025-05", _fill)
    assert _content(tmp_path / "reports" / "2025-05") == NEW


def test_a_failure_while_filling_leaves_the_old_folder(folder: Path) -> None:
    def fail(into: Path) -> None:
        (into / "a.csv").write_text("new")
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space left"):
        replace_folder(folder, fail)
    assert _content(folder) == OLD
    assert [path.name for path in folder.parent.iterdir()] == ["2025-05"]


@pytest.mark.parametrize("step", [1, 2])
def test_a_failed_rename_leaves_the_old_folder(folder: Path, monkeypatch: pytest.MonkeyPatch, step: int) -> None:
    rename, calls = os.rename, []

    def fail_once(source: Path, target: Path) -> None:
        calls.append(source)
        if len(calls) == step:
            raise PermissionError(13, "Permission denied")
        rename(source, target)

    monkeypatch.setattr(os, "rename", fail_once)
    with pytest.raises(PermissionError):
        replace_folder(folder, _fill)
    assert _content(folder) == OLD
    assert [path.name for path in folder.parent.iterdir()] == ["2025-05"]


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="the system has no SIGKILL")
@pytest.mark.parametrize(
    ("kill_at", "when", "expected"),
    [
        (0, "before", OLD),  # while the new files are written
        (1, "before", OLD),  # before the old folder is set aside
        (1, "after", OLD),  # between the two renames
        (2, "before", OLD),
        (2, "after", NEW),  # before the old folder is removed
    ],
)
def test_a_killed_run_leaves_whole_reports(folder: Path, kill_at: int, when: str, expected: dict[str, str]) -> None:
    killed = subprocess.run([sys.executable, "-c", KILLED, str(folder), str(kill_at), when], check=False)
    assert killed.returncode == -signal.SIGKILL
    recover_all(folder.parent)
    assert _content(folder) == expected
    assert [path.name for path in folder.parent.iterdir()] == ["2025-05"]


def test_what_a_killed_run_left_is_cleared_by_the_next(folder: Path) -> None:
    folder.rename(folder.with_name(".2025-05.old"))
    folder.with_name(".2025-05.tmp-4711").mkdir()
    replace_folder(folder, _fill)
    assert _content(folder) == NEW
    assert [path.name for path in folder.parent.iterdir()] == ["2025-05"]


def test_a_set_aside_folder_with_a_successor_is_removed(folder: Path) -> None:
    folder.with_name(".2025-05.old").mkdir()
    recover(folder)
    assert _content(folder) == OLD
    assert [path.name for path in folder.parent.iterdir()] == ["2025-05"]


def test_nothing_to_recover_where_there_are_no_reports_yet(tmp_path: Path) -> None:
    recover_all(tmp_path / "reports")
    assert list(tmp_path.iterdir()) == []
