"""The ledger when things go wrong: killed at every call, disks that are full or read-only, calls that are refused.

Whatever happens, a ledger is as it was before or as it is after, and whoever reads it next sees one of the two.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from errno import EACCES, EIO, ENOSPC
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests.unit.ledger_deaths import ACTIONS, CALLS, NOBODY
from tests.unit.small_ledger import REASON, contents, sealed, tree
from tierctl.findings import CannotRunError
from tierctl.ledger.check import damages
from tierctl.ledger.closes import Ledger
from tierctl.ledger.recover import recover
from tierctl.ledger.reopen import reopen
from tierctl.ledger.seal import refuse_unwritable, seal

ROOT = Path(__file__).parents[2]
DEATHS = {"first": 63, "seal": 61, "reopen": 16}
"""How many calls each action makes; another number means that a call was added, and is to be killed too."""
EVERY_DEATH = [(action, number) for action, last in DEATHS.items() for number in range(1, last + 1)]
IS_ROOT = hasattr(os, "geteuid") and os.geteuid() == 0

MEMORY = Path("/dev/shm")  # noqa: S108  (the names in it are of mkdtemp's making)
"""A disk in memory, where there is one: forcing thousands of files to a real one takes minutes."""

needs_signals = pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="the system has no SIGKILL")


@contextmanager
def fast_folder() -> Iterator[Path]:
    """A folder of its own, that is removed with all that is read-only in it."""
    folder = Path(tempfile.mkdtemp(prefix="tierctl-", dir=MEMORY if os.access(MEMORY, os.W_OK) else None))
    try:
        yield folder
    finally:
        for path in folder.rglob("*"):
            if path.is_dir():
                path.chmod(0o755)
        shutil.rmtree(folder)


def hidden(ledger: Ledger) -> list[str]:
    return [path.name for path in ledger.folder.rglob(".*")]


def writable(ledger: Ledger) -> list[Path]:
    """What could be written of the closes and of those set aside."""
    places = [path for path in ledger.folder.rglob("*") if path.name != "reopened"]
    return [path for path in places if path.stat().st_mode & 0o222]


# ---- killed


@pytest.fixture(scope="module")
def deaths() -> Iterator[Callable[[str], tuple[Path, int]]]:
    """The folder with all that an action leaves when it is killed, and the number of its calls."""
    folders: dict[str, tuple[Path, int]] = {}

    with ExitStack() as stack:

        def died(action: str) -> tuple[Path, int]:
            if action not in folders:
                folder = stack.enter_context(fast_folder())
                folder.chmod(0o755)
                if IS_ROOT:
                    os.chown(folder, NOBODY, NOBODY)
                command = [sys.executable, "-m", "tests.unit.ledger_deaths", action, str(folder)]
                result = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
                folders[action] = (folder, int(result.stdout))
            return folders[action]

        yield died


@needs_signals
@pytest.mark.parametrize("action", DEATHS)
def test_each_call_is_killed(action: str, deaths: Callable[[str], tuple[Path, int]]) -> None:
    _, number = deaths(action)
    assert number == DEATHS[action]


@needs_signals
@pytest.mark.parametrize(("action", "number"), EVERY_DEATH)
def test_a_killed_run_leaves_the_ledger_as_before_or_as_after(
    action: str, number: int, deaths: Callable[[str], tuple[Path, int]]
) -> None:
    folder, last = deaths(action)
    ledger = Ledger(folder / str(number) / "ledger")
    before, after = (tree(folder / str(name) / "ledger") for name in ("before", last + 1))
    assert damages(ledger) == []
    labels = [close.label for close in ledger.closes()]
    recover(ledger)
    assert tree(ledger.folder) in (before, after)
    assert hidden(ledger) == []
    assert writable(ledger) == []
    assert [close.label for close in ledger.closes()] == labels


@needs_signals
@pytest.mark.parametrize(("action", "number"), EVERY_DEATH)
def test_the_run_after_a_killed_one_comes_to_the_same_bytes(
    action: str, number: int, deaths: Callable[[str], tuple[Path, int]]
) -> None:
    folder, last = deaths(action)
    again = Ledger(folder / f"{number}-again" / "ledger")
    assert tree(again.folder) == tree(folder / str(last + 1) / "ledger")
    assert hidden(again) == []
    assert damages(again) == []


@needs_signals
@pytest.mark.parametrize(
    ("action", "closed"), [("first", ["2025-04"]), ("seal", ["2025-04", "2025-05"]), ("reopen", ["2025-04"])]
)
def test_what_is_not_killed_comes_to_its_end(
    action: str, closed: list[str], deaths: Callable[[str], tuple[Path, int]]
) -> None:
    folder, last = deaths(action)
    ledger = Ledger(folder / str(last + 1) / "ledger")
    assert [close.label for close in ledger.closes()] == closed
    assert [close.label for close in ledger.set_aside()] == ([] if action == "first" else ["2025-05.1"])


def test_what_a_run_left_that_is_at_work_elsewhere_stays(tmp_path: Path) -> None:
    parent = os.getppid()
    (tmp_path / "ledger" / f".2025-04.tmp-{parent}").mkdir(parents=True)
    recover(Ledger(tmp_path / "ledger"))
    assert hidden(Ledger(tmp_path / "ledger")) == [f".2025-04.tmp-{parent}"]


def test_a_hidden_link_is_removed_and_not_what_it_leads_to(tmp_path: Path) -> None:
    kept = tmp_path / "kept" / "inner"
    kept.mkdir(parents=True, mode=0o500)
    (tmp_path / "ledger").mkdir()
    (tmp_path / "ledger" / f".2025-04.tmp-{os.getpid()}").symlink_to(tmp_path / "kept")
    recover(Ledger(tmp_path / "ledger"))
    assert hidden(Ledger(tmp_path / "ledger")) == []
    assert kept.stat().st_mode & 0o777 == 0o500


# ---- refused


def fail_at(monkeypatch: pytest.MonkeyPatch, last: int, fault: int) -> None:
    """Let the n-th call fail, and that one alone."""
    calls = 0

    def failing(call: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*arguments: Any, **options: Any) -> Any:
            nonlocal calls
            calls += 1
            if calls == last:
                raise OSError(fault, os.strerror(fault))
            return call(*arguments, **options)

        return counted

    for name in CALLS:
        monkeypatch.setattr(os, name, failing(getattr(os, name)))


FAULTS = (EACCES, EIO, ENOSPC)
"""In turn: which one it is makes no difference."""
CALLS_MADE = {"first": 45, "seal": 43, "reopen": 12}


@pytest.fixture(scope="module")
def undisturbed() -> Iterator[Callable[[str], tuple[Path, Path]]]:
    """The folders in which the ledger lies before an action, and after it."""
    folders: dict[str, tuple[Path, Path]] = {}

    with ExitStack() as stack:

        def done(action: str) -> tuple[Path, Path]:
            if action not in folders:
                prepare, act = ACTIONS[action]
                before, after = (stack.enter_context(fast_folder()) for _ in range(2))
                prepare(Ledger(before / "ledger"))
                shutil.copytree(before, after, dirs_exist_ok=True)
                act(Ledger(after / "ledger"))
                folders[action] = (before, after)
            return folders[action]

        yield done


@pytest.mark.parametrize(
    ("action", "number"), [(action, number) for action, last in CALLS_MADE.items() for number in range(1, last + 2)]
)
def test_a_call_that_fails_leaves_the_ledger_as_before(
    action: str,
    number: int,
    undisturbed: Callable[[str], tuple[Path, Path]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    act, fault = ACTIONS[action][1], FAULTS[number % len(FAULTS)]
    before, after = undisturbed(action)
    with fast_folder() as folder:
        shutil.copytree(before, folder, dirs_exist_ok=True)
        ledger = Ledger(folder / "ledger")
        with monkeypatch.context() as patched:
            fail_at(patched, number, fault)
            findings = acted(act, ledger)
        # There may be no such call, or it only tidies up, or makes a folder that is there already.
        assert tree(folder) == tree(before if findings else after)
        assert findings in ([], [("ledger-unwritable", f"the ledger cannot be written: {os.strerror(fault)}")])
        act(ledger)
        assert tree(folder) == tree(after)
        assert damages(ledger) == []


def acted(act: Callable[[Ledger], None], ledger: Ledger) -> list[tuple[str, str]]:
    """What is said of an action: the codes and messages."""
    try:
        act(ledger)
    except CannotRunError as refused:
        return [(finding.code, finding.message) for finding in refused.findings]
    return []


def test_a_first_close_that_fails_leaves_no_folder(tmp_path: Path) -> None:
    def fail(folder: Path) -> Mapping[str, int]:
        (folder / "a.csv").write_text("a")
        raise OSError(ENOSPC, os.strerror(ENOSPC))

    with pytest.raises(CannotRunError):
        sealed(Ledger(tmp_path / "books" / "ledger"), "2025-04", fill=fail)
    assert list(tmp_path.iterdir()) == []


def test_another_fault_while_filling_is_passed_on_and_leaves_nothing(tmp_path: Path) -> None:
    def fail(folder: Path) -> Mapping[str, int]:
        (folder / "a.csv").write_text("a")
        raise KeyError("a column")

    with pytest.raises(KeyError, match="a column"):
        sealed(Ledger(tmp_path / "ledger"), "2025-04", fill=fail)
    assert list(tmp_path.iterdir()) == []


def test_a_file_in_the_place_of_a_folder_is_named_by_the_system(tmp_path: Path) -> None:
    (tmp_path / "books").write_text("no folder")
    ledger = Ledger(tmp_path / "books" / "ledger")
    with pytest.raises(CannotRunError, match=r"ledger-unwritable\]: the ledger cannot be written: Not a directory"):
        refuse_unwritable(ledger)
    with pytest.raises(CannotRunError, match="Not a directory"):
        sealed(ledger, "2025-04")


def test_a_ledger_that_can_be_written_is_tried_without_a_trace(tmp_path: Path) -> None:
    refuse_unwritable(Ledger(tmp_path / "books" / "ledger"))
    assert list(tmp_path.iterdir()) == []


# ---- full and read-only disks

PAGE = 4096


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 64 pages."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={64 * PAGE}", "tmpfs", str(folder)]
    if shutil.which("mount") is None or subprocess.run(command, check=False, capture_output=True).returncode:
        pytest.skip("this user or system mounts no disk")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def leave(folder: Path, pages: int) -> None:
    """Fill the disk up to that many pages."""
    free = os.statvfs(folder).f_bavail
    (folder / "ballast").write_bytes(b"." * (free - pages) * PAGE)


@pytest.mark.parametrize("pages", range(12))
def test_a_full_disk_leaves_the_ledger_as_before(pages: int, disk: Path) -> None:
    """A close takes nine pages: one for each file."""
    ledger = Ledger(disk / "ledger")
    sealed(ledger, "2025-04")
    before = tree(ledger.folder)
    leave(disk, pages)
    if pages < 9:
        with pytest.raises(CannotRunError, match="the ledger cannot be written: No space left on device"):
            sealed(ledger, "2025-05")
        assert tree(ledger.folder) == before
        (disk / "ballast").unlink()
    sealed(ledger, "2025-05")
    assert damages(ledger) == []


def test_a_full_disk_under_polars_is_told_the_same_way(disk: Path) -> None:
    ledger = Ledger(disk / "ledger")
    sealed(ledger, "2025-04")
    before = tree(ledger.folder)
    rows = pl.DataFrame({"id": [f"{number * 7919}" for number in range(200_000)]})

    def fill(folder: Path) -> Mapping[str, int]:
        rows.lazy().sink_parquet(folder / "rows.parquet")
        return {"rows.parquet": rows.height}

    with pytest.raises(CannotRunError) as refused:
        seal(ledger, contents("2025-05"), {"closed_at": "", "closed_by": ""}, fill)
    (finding,) = refused.value.findings
    assert (finding.code, finding.source) == ("ledger-unwritable", f"{ledger.folder}/2025-05")
    assert finding.message == "the ledger cannot be written: No space left on device"
    assert tree(ledger.folder) == before


def test_a_full_disk_reopens_nothing(disk: Path) -> None:
    ledger = Ledger(disk / "ledger")
    last = sealed(ledger, "2025-04")
    before = tree(ledger.folder)
    leave(disk, 0)
    with pytest.raises(CannotRunError, match="No space left on device"):
        reopen(ledger, last, REASON)
    assert tree(ledger.folder) == before
    assert writable(ledger) == []


@pytest.fixture
def read_only(disk: Path) -> Ledger:
    ledger = Ledger(disk / "ledger")
    sealed(ledger, "2025-04")
    (ledger.folder / ".2025-05.tmp-4194303").mkdir()
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
    return ledger


def test_a_read_only_disk_can_be_read(read_only: Ledger) -> None:
    recover(read_only)
    assert [close.label for close in read_only.closes()] == ["2025-04"]
    assert damages(read_only) == []


def test_a_read_only_disk_is_told_before_work_begins_and_while_sealing(read_only: Ledger) -> None:
    message = "the ledger cannot be written: Read-only file system"
    with pytest.raises(CannotRunError, match=message):
        refuse_unwritable(read_only)
    with pytest.raises(CannotRunError, match=message):
        sealed(read_only, "2025-05")


def test_a_read_only_disk_reopens_nothing(read_only: Ledger) -> None:
    with pytest.raises(CannotRunError, match="the ledger cannot be written: Read-only file system"):
        reopen(read_only, read_only.closes()[-1], REASON)
    assert [close.label for close in read_only.closes()] == ["2025-04"]
