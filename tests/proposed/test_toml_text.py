"""What is proposed is TOML that tierctl reads, whatever headers, words and names of files hold."""

import csv
import io
import tomllib
from pathlib import Path

import pytest

from tests.proposed.folders import PARTNERS, made, write
from tierctl.cli.run import read_workspace
from tierctl.proposed.toml_text import key, quoted

HOSTILE = [
    'say "hello"',
    "back\\slash",
    "two\nlines",
    "a\r\nb\tc",
    "[exports.mrr]",
    "x = 1 # no comment",
    "'''",
    '"""',
    "\x00",
    "\x1b[31mred",
    "\x7f\x80\x9f",
    "\u200bzero width\u202eright to left",
    "\ufeffmark",
    "日本語 🎉",
    "",
    " ",
    "}{][",
    "%Y-%m-%d",
    "a" * 300,
]


@pytest.mark.parametrize("text", HOSTILE)
def test_a_quoted_text_reads_as_itself(text: str) -> None:
    assert tomllib.loads(f"{key(text)} = {quoted(text)}") == {text: text}


def test_half_a_pair_that_no_file_can_hold_is_replaced() -> None:
    assert tomllib.loads(f"a = {quoted('x' + chr(0xD800))}") == {"a": "x\ufffd"}


# A file with NUL bytes is set aside, and apostrophes around cells may be how they are quoted.
@pytest.mark.parametrize("text", [text for text in HOSTILE if text.strip() and text not in {"\x00", "'''"}])
def test_hostile_headers_and_words_make_a_workspace_that_is_read(text: str, tmp_path: Path) -> None:
    header = ["Opportunity ID", "Partner ID", "Submitted", "Stage", text, f"Notes {text}"]
    rows = [["O-1", "P-1", "2025-01-02", "Closed Won", "a", text], ["O-2", "P-2", "2025-02-03", text, "b", "c"]]
    folder = write(tmp_path / "ws", {"partners.csv": PARTNERS, "opportunities.csv": table([header, *rows])})
    proposal = made(folder)
    (folder / "tierctl.toml").write_text(proposal.text, encoding="utf-8")
    reading = read_workspace(folder)
    assert reading.findings == []
    assert reading.workspace is not None
    assert proposal.config["exports"]["opportunities"]["columns"]["Opportunity ID"] == "opportunity_id"
    assert not [line for line in proposal.text.splitlines() if len(line) > 120 and '"' not in line]


def test_a_hostile_word_that_is_known_by_nobody_is_open(tmp_path: Path) -> None:
    rows = [["Opportunity ID", "Partner ID", "Submitted", "Stage"], ["O-1", "P-1", "2025-01-02", 'a"] = 1 # ']]
    folder = write(tmp_path / "ws", {"partners.csv": PARTNERS, "opportunities.csv": table(rows)})
    proposal = made(folder)
    assert '# "a\\"] = 1 #" = ""' in proposal.text
    assert "values" not in proposal.config["exports"]["opportunities"]


@pytest.mark.parametrize("name", ["par[1]tners.csv", "partners 'old' \"new\".csv", "partners *.csv", "pärtners ✓.csv"])
def test_names_of_files_are_read_as_they_are(name: str, tmp_path: Path) -> None:
    folder = write(tmp_path / "ws", {name: PARTNERS})
    assert made(folder).config["exports"]["partners"]["path"] == name


def table(rows: list[list[str]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()
