"""The story of three months is followed as it is told, from top to bottom, in an empty folder.

A `console` block is a session there, as on the other pages. A table below `<!-- now in REPORT, MONTH -->` quotes rows
of the reports as they are at that place of the story. A digest may be another than the page shows, since sealed files
depend on the version of Polars that writes them, but wherever the page shows the same one it has to be the same.
UPDATE_GOLDEN=1 writes anew the digests, and all that is not cut.
"""

import os
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from tests.sample import read_report, tables
from tests.test_docs import DOCS, Block, Shell, blocks, pattern, quoted, session, write_anew

PAGE = DOCS / "three-months.md"
REPORTS = Path("books/reports")

_NOW = re.compile(r"^<!-- now in (\w+), (\S+) -->\n\n((?:\|.*\n)+)", re.MULTILINE)
_DIGEST = re.compile(r"\b(?:[0-9a-f]{64}|[0-9a-f]{12})\b")


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    """A shell in an empty folder, used by R. Castellan on April 5, 2018."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    for name in ("FORCE_COLOR", "NO_COLOR", "TTY_COMPATIBLE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("tierctl.cli.machine.today", lambda: date(2018, 4, 5))
    monkeypatch.setattr("tierctl.cli.machine.stamp", lambda: "2018-04-05T09:30:00Z")
    monkeypatch.setattr("tierctl.cli.machine.user", lambda: "castellan")
    return Shell()


def _as_shown(shown: str) -> str:
    """What an output must match; each digest that the page shows is a group."""
    return _DIGEST.sub(lambda found: f"([0-9a-f]{{{len(found[0])}}})", pattern(shown))


def _parts() -> list[Block]:
    """The sessions of the page and the tables that it quotes, in its order."""
    text = PAGE.read_text(encoding="utf-8")
    now = [
        Block(PAGE, text.count("\n", 0, found.start()) + 1, f"{found[1]} {found[2]}", found[3])
        for found in _NOW.finditer(text)
    ]
    told = [block for block in blocks(PAGE) if block.info == "console"]
    return sorted([*told, *now], key=lambda part: part.line)


def _wrong_lines(block: Block, shell: Shell, digests: dict[str, str]) -> Iterator[str]:
    """What a session prints that the page does not show; `digests`: those of the page, and what they stood for."""
    ran = [(command, shown, shell.run(command)) for command, shown in session(block.text)]
    if os.environ.get("UPDATE_GOLDEN") == "1":
        write_anew(block, [(command, _renewed(shown, printed), printed) for command, shown, printed in ran])
    for command, shown, printed in ran:
        found = re.fullmatch(_as_shown(shown), printed)
        pairs = list(zip(_DIGEST.findall(shown), found.groups(), strict=True)) if found else []
        is_same = [digests.setdefault(told[:12], now[:12]) == now[:12] for told, now in pairs]
        if not found or not all(is_same):
            yield f"{block.place}\n$ {command}\n{printed}"


def _renewed(shown: str, printed: str) -> str:
    """What the page shows, with the digests that were printed."""
    found = re.fullmatch(_as_shown(shown), printed)
    digests = iter(found.groups() if found else ())
    return _DIGEST.sub(lambda told: next(digests, told[0]), shown)


def _wrong_rows(block: Block) -> Iterator[str]:
    """The rows of a quoted table that its report does not have."""
    report, month = block.info.split()
    rows = read_report(REPORTS / month / f"{report}.csv")
    for row in next(tables(block.text)):
        said = quoted({column.strip("`"): cell for column, cell in row.items()})
        if not any(said.items() <= each.items() for each in rows):
            yield f"{block.place}: {said}"


def test_the_story_goes_as_it_is_told(shell: Shell) -> None:
    wrong: list[str] = []
    digests: dict[str, str] = {}
    for part in _parts():
        wrong += _wrong_lines(part, shell, digests) if part.info == "console" else _wrong_rows(part)
    assert not wrong, "\n".join(wrong)


def test_the_story_tells_each_command_of_the_ledger() -> None:
    commands = [command for block in blocks(PAGE) if block.info == "console" for command, _ in session(block.text)]
    words = {word for command in commands for word in command.split()}
    assert {"close", "verify", "diff", "reopen", "status"} <= words


def test_the_story_quotes_what_is_posted_and_what_is_paid() -> None:
    assert {part.info.split()[0] for part in _parts()} >= {"commissions", "statements"}
