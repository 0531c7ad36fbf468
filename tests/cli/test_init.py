"""`tierctl init`: a workspace to start from, whole or not at all."""

import json
import os
from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tierctl import resources

SAMPLES = sorted(path.parent.name for path in resources.sample_data().glob("*/tierctl.toml"))


def tree(root: Path) -> dict[str, bytes]:
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}


@pytest.mark.parametrize("program", SAMPLES)
def test_it_writes_the_sample_of_a_program(run: Run, workspace: Path, program: str) -> None:
    outcome = run("init", program)
    assert (outcome.code, outcome.err) == (0, "")
    written, sample = tree(workspace / program), tree(resources.sample_data() / program)
    expected = {name: content for name, content in sample.items() if not name.startswith(("reports/", "ledger/", "."))}
    assert written.keys() == expected.keys()
    assert {name for name in written if written[name] != expected[name]} <= {"README.md"}


def test_it_says_what_it_wrote_and_what_comes_next(run: Run) -> None:
    outcome = run("init", "elevate", "deep/in here")
    exports = len(list(Path("deep/in here/exports").iterdir()))
    assert outcome.code == 0
    assert outcome.out == (
        "Wrote deep/in here/\n"
        "  tierctl.toml  programs, calendar, where the exports lie\n"
        "  README.md     what is in it\n"
        f"  exports/      {exports} files\n"
        "\n"
        "Next  tierctl -C 'deep/in here' review --month 2025-05\n"
    )


def test_the_next_command_runs(run: Run) -> None:
    said = json.loads(run("init", "elevate", "--json").out)
    assert said["workspace"] == "elevate"
    assert said["files"][-1] == "tierctl.toml"
    program, *arguments = said["next"].split()
    assert program == "tierctl"
    assert run(*arguments, "--quiet").code == 0


def test_the_readme_names_the_folder(run: Run, workspace: Path) -> None:
    assert run("init", "elevate", "mine").code == 0
    readme = (workspace / "mine" / "README.md").read_text(encoding="utf-8")
    assert "$ tierctl -C mine review --month 2025-05" in readme
    assert "sample_data/elevate" not in readme


def test_an_empty_folder_may_be_there_and_be_the_current_one(
    run: Run, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (workspace / "empty").mkdir()
    monkeypatch.chdir(workspace / "empty")
    assert run("init", "elevate", ".").code == 0
    assert sorted(path.name for path in Path().iterdir()) == ["README.md", "exports", "tierctl.toml"]


def test_a_folder_that_holds_anything_is_left_as_it_is(run: Run, workspace: Path) -> None:
    before = tree(workspace)
    outcome = run("init", "elevate", ".")
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err.startswith(".: error[init-folder-used]: the folder is not empty: it holds exports\n")
    assert tree(workspace) == before


def test_a_file_is_no_folder(run: Run, workspace: Path) -> None:
    (workspace / "elevate").write_text("mine", encoding="utf-8")
    assert run("init", "elevate").code == 2
    assert (workspace / "elevate").read_text(encoding="utf-8") == "mine"


def test_a_misspelled_program_is_told_and_nothing_written(run: Run, workspace: Path) -> None:
    before = tree(workspace)
    outcome = run("init", "elevat")
    assert (outcome.code, outcome.out) == (2, "")
    assert "error[init-no-sample]: no sample workspace comes with a program elevat; there are: " in outcome.err
    assert outcome.err.endswith("hint: did you mean elevate?\n")
    assert tree(workspace) == before


@pytest.mark.parametrize("folder", ["new/folder", "empty"])
def test_what_cannot_be_finished_leaves_nothing(
    run: Run, workspace: Path, monkeypatch: pytest.MonkeyPatch, folder: str
) -> None:
    (workspace / "empty").mkdir()
    before = sorted(workspace.rglob("*"))
    renamed = Path.rename

    def fail(path: Path, to: Path) -> Path:
        if path.name in {"tierctl.toml", f".folder.tmp-{os.getpid()}"}:
            raise OSError(28, "No space left on device")
        return renamed(path, to)

    monkeypatch.setattr(Path, "rename", fail)
    outcome = run("init", "elevate", folder)
    assert (outcome.code, outcome.out) == (2, "")
    assert "the workspace cannot be written: No space left on device" in outcome.err
    assert sorted(workspace.rglob("*")) == before
