"""The tutorial is followed as it is written, block by block, in an empty folder.

A block with `to PATH` after its language is a file to write, one with `more of PATH` its continuation, and a `console`
block a session in that folder; below each command stands what it prints on a page of 80 columns, a line `…` stands for
lines left out. UPDATE_GOLDEN=1 writes anew what is not cut.
"""

import os
import re
from pathlib import Path

import pytest

from tests.test_docs import DOCS, Shell, blocks, pattern, session, write_anew

PAGE = DOCS / "your-own-program.md"


def _follow(info: str, text: str, shell: Shell) -> list[tuple[str, str, str]]:
    """Does what a block says; returns command, shown and printed output of a session."""
    if info == "console":
        return [(command, shown, shell.run(command)) for command, shown in session(text)]
    path = Path(re.split(" (?:to|more of) ", info)[1])
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a" if " more of " in info else "w", encoding="utf-8") as file:
        file.write(text)
    return []


def test_the_tutorial_does_what_it_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    for name in ("FORCE_COLOR", "NO_COLOR", "TTY_COMPATIBLE"):
        monkeypatch.delenv(name, raising=False)
    shell = Shell()
    wrong = []
    for block in blocks(PAGE):
        ran = _follow(block.info, block.text, shell)
        if os.environ.get("UPDATE_GOLDEN") == "1" and ran:
            write_anew(block, ran)
        wrong += [(cmd, printed) for cmd, shown, printed in ran if not re.fullmatch(pattern(shown), printed)]
    assert not wrong, "\n".join(f"$ {command}\n{printed}" for command, printed in wrong)


def test_the_tutorial_runs_its_commands() -> None:
    commands = [command for block in blocks(PAGE) if block.info == "console" for command, _ in session(block.text)]
    assert {"lint", "test", "check", "review"} <= {word for command in commands for word in command.split()}
