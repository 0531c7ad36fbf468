"""Every finding about a command, by the shortest command that causes it in the small workspace.

`tests/findings/CODE/command.txt` is the command, `findings.txt` what it says. A lock that is held and a disk that
cannot be written to are no files: `test_review.py` and `test_report_summary.py` cause those two.
"""

from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tierctl.findings import load_catalogue

FOLDER = Path(__file__).parents[1] / "findings"
COMMANDS = sorted(FOLDER.glob("*/command.txt"))


@pytest.mark.parametrize("command", COMMANDS, ids=[path.parent.name for path in COMMANDS])
def test_the_command_cannot_run_and_says_why(run: Run, command: Path) -> None:
    code = command.parent.name
    outcome = run(*command.read_text(encoding="utf-8").split())
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err == (command.parent / "findings.txt").read_text(encoding="utf-8")
    assert f"error[{code}]: " in outcome.err


@pytest.mark.parametrize("code", [*(path.parent.name for path in COMMANDS), "reports-unwritable", "workspace-locked"])
def test_the_catalogue_explains_it(code: str) -> None:
    entry = load_catalogue()[code]
    assert all(text.endswith(".") for text in (entry.explanation, entry.remedy))
    assert not entry.title.endswith(".")
