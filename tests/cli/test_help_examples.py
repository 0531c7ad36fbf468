"""Every command's help ends with an example that runs, as it is printed, where sample_data lies."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from typer.core import TyperGroup

from tests.cli.closes import run, tree
from tests.sample import SAMPLES, copy_workspace
from tierctl import resources
from tierctl.cli import app

# Two months are not the same, and that is what the exit code of diff says.
EXIT_CODES = {"diff": 1}
# What a shell would make something else of than one command after the other; in quotes it makes nothing of it.
_SPECIAL = re.compile(r"[|;<>&$`*?~#(){}\[\]!\\]")
_QUOTED = re.compile(r"""'[^']*'|"[^"$`\\!]*\"""")


def _commands(group: TyperGroup, *path: str) -> Iterator[tuple[str, ...]]:
    """The group itself and every command below it, each as what is typed after `tierctl`."""
    yield path
    for name, command in group.commands.items():
        if isinstance(command, TyperGroup):
            yield from _commands(command, *path, name)
        else:
            yield (*path, name)


def _paths() -> list[tuple[str, ...]]:
    root = typer.main.get_command(app)
    assert isinstance(root, TyperGroup)
    return list(_commands(root))


def example(page: str) -> list[list[str]]:
    r"""The words of each command of the example that a help page's description ends with.

    Args:
        page: the help as it is printed. Where the example has several commands they are joined by `&&`, and a line
            that is not the last ends with it: what is copied is what runs.

    >>> example("Usage: tierctl x\n\n  What it does.\n\n  Example: tierctl x 1 &&\n  tierctl y 'a b'\n\nOptions:\n")
    [['x', '1'], ['y', 'a b']]
    """
    description = re.split(r"^(?:Options|Arguments|Commands):$", page, maxsplit=1, flags=re.MULTILINE)[0]
    last = description.rstrip().rpartition("\n\n")[2]
    assert last.startswith("  Example: "), "the help does not end with an example"
    commands = [command.strip() for command in last.removeprefix("  Example: ").split("&&")]
    for command in commands:
        assert "\n" not in command, "a command of the example is broken into two lines"
        assert not _SPECIAL.search(_QUOTED.sub("", command)), "the example needs a shell of a certain kind"
    words = [shlex.split(command) for command in commands]
    assert {each[0] for each in words} == {"tierctl"}
    return [each[1:] for each in words]


def _files(folder: Path) -> dict[str, tuple[int, int]]:
    """Size and time of every file below a folder."""
    stats = {path.relative_to(folder).as_posix(): path.stat() for path in folder.rglob("*") if path.is_file()}
    return {name: (stat.st_size, stat.st_mtime_ns) for name, stat in stats.items()}


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that holds a copy of sample_data, as the current one; pages are 80 columns wide."""
    for sample in SAMPLES:
        copy_workspace(tmp_path / "sample_data" / sample, sample)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    for name in ("FORCE_COLOR", "NO_COLOR", "TTY_COMPATIBLE"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


@pytest.mark.parametrize("path", _paths(), ids=lambda path: " ".join(("tierctl", *path)))
def test_the_example_that_help_ends_with_runs(path: tuple[str, ...], project: Path) -> None:
    *before, last = example(run(*path, "--help").out)
    own, copied = _files(resources.sample_data()), tree(project)
    assert [run(*words).code for words in before] == [0] * len(before)
    outcome = run(*last)
    assert (outcome.code, "error[" in outcome.err) == (EXIT_CODES.get(" ".join(path), 0), False)
    assert outcome.out.strip()
    # It is an example of this command, and does nothing to what a person has put there.
    assert last[: len(path)] == list(path) or last[2 : 2 + len(path)] == list(path)
    assert copied.items() <= tree(project).items()
    assert _files(resources.sample_data()) == own


@pytest.mark.parametrize(
    ("description", "fault"),
    [
        ("  What it does.", "does not end with an example"),
        ("  Example: tierctl check\n\n  And more.", "does not end with an example"),
        ("  Example: tierctl reopen --month 2025-05 --reason\n  'Too early'", "broken into two lines"),
        ("  Example: tierctl check > faults.txt", "needs a shell"),
        ("  Example: tierctl check; tierctl status", "needs a shell"),
    ],
)
def test_a_help_without_an_example_that_can_be_copied_is_refused(description: str, fault: str) -> None:
    with pytest.raises(AssertionError, match=fault):
        example(f"Usage: tierctl check\n\n{description}\n\nOptions:\n  -h, --help\n")
