"""What killed runs and other users leave behind: no month is ever stuck, and nothing of a living run is touched."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from filelock import FileLock

from tests.cli.conftest import Run
from tierctl import resources
from tierctl.report.leftovers import is_gone, is_own

MONTH = ("review", "--month", "2025-05")


def _dead() -> int:
    """The id of a process that has ended."""
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        pass
    return process.pid


def _names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_spools_of_dead_processes_go_and_all_others_stay(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    temporary = tmp_path / "tmp"
    dead = _dead()
    kept = [f"tierctl-{os.getppid()}-alive", f"tierctl-{dead}", "tierctl-notes", f"other-{dead}-x"]
    for name in (*kept, f"tierctl-{dead}-abc_1"):
        (temporary / name / "partners").mkdir(parents=True)
    (temporary / f"tierctl-{dead}-file").touch()
    (temporary / f"tierctl-{dead}-link").symlink_to(temporary / "tierctl-notes")
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    assert run(*MONTH).code == 0
    assert _names(temporary) == sorted([*kept, f"tierctl-{dead}-file", f"tierctl-{dead}-link"])
    assert (temporary / "tierctl-notes" / "partners").is_dir()


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="the system does not tell whose a folder is")
def test_a_folder_of_another_user_is_not_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert is_own(tmp_path)
    monkeypatch.setattr(os, "geteuid", lambda: tmp_path.stat().st_uid + 1)
    assert not is_own(tmp_path)
    assert not is_own(tmp_path / "nothing")


def test_a_process_that_may_not_be_asked_after_is_not_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not is_gone(os.getpid())

    def refuse(_process: int, _signal: int) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "kill", refuse)
    assert not is_gone(1)


def test_reports_that_nobody_may_write_are_replaced_again_and_again(
    run: Run, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Root may write everywhere, so the rule that binds others is put in its place."""
    unlink = os.unlink

    def bound(path: str, *, dir_fd: int | None = None) -> None:
        folder = Path(path).parent.stat() if dir_fd is None else os.fstat(dir_fd)
        if not folder.st_mode & 0o200:
            raise PermissionError(13, "Permission denied", path)
        unlink(path, dir_fd=dir_fd)

    monkeypatch.setattr(os, "unlink", bound)
    for _ in range(3):
        assert run(*MONTH).code == 0
        assert _names(workspace / "reports") == ["2025-05"]
        (workspace / "reports" / "2025-05").chmod(0o555)


def test_a_leftover_that_cannot_be_removed_is_named_and_stops_nothing(
    run: Run, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reports = workspace / "reports"
    run(*MONTH)
    with monkeypatch.context() as patched:
        patched.setattr(shutil, "rmtree", lambda *_, **__: None)
        for number in range(2):
            outcome = run(*MONTH)
            assert outcome.code == 0
            message = "the reports are whole, and this folder, left of an earlier run, cannot be removed"
            assert f"reports/.2025-05.gone-{number}: warning[reports-leftover]: {message}\n" in outcome.err
    assert _names(reports) == [".2025-05.gone-0", ".2025-05.gone-1", "2025-05"]
    assert run(*MONTH).err == ""
    assert _names(reports) == ["2025-05"]


def test_where_even_the_name_cannot_be_freed_the_message_says_what_to_remove(
    run: Run, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(*MONTH)
    (workspace / "reports" / ".2025-05.old").mkdir()
    rename = Path.rename

    def stuck(path: Path, target: Path) -> Path:
        if path.name == ".2025-05.old":
            raise PermissionError(1, "Operation not permitted")
        return rename(path, target)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "rename", stuck)
        patched.setattr(shutil, "rmtree", lambda *_, **__: None)
        outcome = run(*MONTH)
    assert outcome.code == 2
    assert ".2025-05.old is left of an earlier run and cannot be removed; remove it" in outcome.err
    assert run(*MONTH).code == 0


def test_what_runs_that_are_gone_had_begun_is_swept_beside_any_folder(run: Run, workspace: Path) -> None:
    for name in (f".out.tmp-{_dead()}", f".out.tmp-{os.getpid()}", f".out.tmp-{os.getppid()}", ".out.tmp-notes"):
        (workspace / name).mkdir()
    assert run(*MONTH, "--out", "out").code == 0
    hidden = [name for name in _names(workspace) if name.startswith(".out")]
    assert hidden == sorted([f".out.tmp-{os.getppid()}", ".out.tmp-notes"])


def test_a_folder_elsewhere_needs_no_lock_and_writes_nothing_into_the_workspace(
    run: Run, workspace: Path, tmp_path: Path
) -> None:
    before = _names(workspace)
    assert run(*MONTH, "--out", str(tmp_path / "out")).code == 0
    assert _names(workspace) == before
    with FileLock(workspace / ".tierctl.lock"):
        assert run(*MONTH, "--out", str(tmp_path / "out")).code == 0
        assert "error[workspace-locked]" in run(*MONTH, "--out", "reports/2025-05").err


def test_a_lock_that_cannot_be_made_is_called_a_lock(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(FileLock, "acquire", refuse)
    outcome = run(*MONTH)
    assert outcome.code == 2
    assert outcome.err == (
        ".tierctl.lock: error[reports-unwritable]: the workspace cannot be locked, which comes before anything "
        "is written there: Permission denied\n"
        "  hint: see that you may write in the workspace; a review can write elsewhere: --out DIR takes no lock\n"
    )


@pytest.mark.skipif(os.name != "posix", reason="elsewhere nothing asks a process to end")
def test_a_run_that_is_asked_to_end_leaves_no_spool_and_no_lock(workspace: Path, tmp_path: Path) -> None:
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    script = (
        "import sys, time\n"
        "from tierctl.cli import main, run\n"
        "def wait(*_, **__):\n    print('waiting', flush=True)\n    time.sleep(60)\n"
        "run.read_exports = wait\n"
        f"sys.argv = ['tierctl', *{MONTH!r}]\n"
        "main()\n"
    )
    env = {**os.environ, "PYTHONPATH": str(Path(resources.__file__).parents[1]), "TMPDIR": str(temporary)}
    with subprocess.Popen([sys.executable, "-c", script], cwd=workspace, env=env, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"waiting\n"
        assert len(_names(temporary)) == 1
        process.terminate()
    assert process.returncode == 128 + signal.SIGTERM
    assert _names(temporary) == []
    assert not (workspace / "reports").exists()
    with FileLock(workspace / ".tierctl.lock", timeout=0):
        pass
