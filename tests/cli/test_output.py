"""What becomes of a command's words: narrow and old terminals, full disks, closed pipes."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tierctl import resources

FULL = Path("/dev/full")
PACKAGE = str(Path(resources.__file__).parents[1])


def _start(workspace: Path, *arguments: str, stdout: int, **environment: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "tierctl", *arguments]
    inherited = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    env = {**inherited, "PYTHONPATH": PACKAGE, "COLUMNS": "80", **environment}
    return subprocess.Popen(command, cwd=workspace, env=env, stdout=stdout, stderr=subprocess.PIPE)


@pytest.mark.skipif(not FULL.exists(), reason="the system has no device that is always full")
@pytest.mark.parametrize("buffering", ["", "1"])
@pytest.mark.parametrize("form", [(), ("--json",)])
def test_a_summary_that_cannot_be_written_is_told_in_a_line(
    workspace: Path, form: tuple[str, ...], buffering: str
) -> None:
    arguments = ("review", "--month", "2025-05", *form)
    with FULL.open("wb") as full:
        process = _start(workspace, *arguments, stdout=full.fileno(), PYTHONUNBUFFERED=buffering)
        _, err = process.communicate()
    assert err.decode() == (
        "tierctl review 2025-05: the reports lie in reports/2025-05, but the summary cannot be written: "
        "No space left on device\n"
    )
    assert process.returncode == 1
    assert (workspace / "reports" / "2025-05" / "standing.csv").exists()


@pytest.mark.skipif(not FULL.exists(), reason="the system has no device that is always full")
@pytest.mark.parametrize(
    "command",
    [
        "check", "check --json", "program list", "program show elevate", "schema mrr", "schema mrr --json",
        "--help", "init --help", "--version",
    ],
)  # fmt: skip
def test_a_command_that_cannot_say_what_it_found_did_not_run(workspace: Path, command: str) -> None:
    with FULL.open("wb") as full:
        process = _start(workspace, *command.split(), stdout=full.fileno())
        _, err = process.communicate()
    assert err.decode() == "tierctl: the output cannot be written: No space left on device\n"
    assert process.returncode == 2


@pytest.mark.skipif(os.name != "posix", reason="a closed pipe is another fault there")
@pytest.mark.parametrize("form", [(), ("--json",)])
def test_a_closed_pipe_stays_quiet(workspace: Path, form: tuple[str, ...]) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    process = _start(workspace, "review", "--month", "2025-05", *form, stdout=writer)
    os.close(writer)
    _, err = process.communicate()
    assert err == b""


def test_an_encoding_without_the_signs_gets_stand_ins(workspace: Path) -> None:
    process = _start(workspace, "review", "--month", "2025-05", stdout=subprocess.PIPE, PYTHONIOENCODING="ascii")
    out = process.communicate()[0].decode("ascii")
    assert "2025-05 . review day 2025-05-31\n" in out
    assert "  ^ promoted 1\n" in out
    assert "Pioneer -> Elite" in out
    assert "?" not in out


@pytest.mark.parametrize("columns", ["0", "1", "99999999"])
def test_an_absurd_width_is_none(run: Run, monkeypatch: pytest.MonkeyPatch, columns: str) -> None:
    usual = run("review", "--month", "2025-05").out
    monkeypatch.setenv("COLUMNS", columns)
    assert run("review", "--month", "2025-05").out == usual
