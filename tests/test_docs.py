"""The pages say what is so: their commands are run, their files loaded, the rows they quote and their links looked up.

How a page says that it is to be tested:

- A `console` block is a session in a folder that holds a copy of sample_data; below each command stands what it prints
  on a page of 80 columns. A line `…` stands for lines left out. Beside `tierctl` a session may say `make review`,
  `echo $?` and some commands of the system's shell. UPDATE_GOLDEN=1 writes what is not cut anew.
- A block with `from PATH` after its language quotes that file; a line `…` stands for lines left out here too.
- A `toml program` block is a program file, or a part that replaces its like in the page's first one; a `toml refused`
  block is refused with the findings in the block after it, their places left out.
- A `toml workspace` block is a tierctl.toml, or a part of one.
- A table below `<!-- rows of REPORT, MONTH -->` quotes rows of the sample's reports.
"""

import importlib
import json
import os
import re
import shlex
import subprocess
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.sample import SampleReports, copy_workspace, read_report
from tierctl import resources, workspace
from tierctl.cli import app
from tierctl.examples import run
from tierctl.findings import Severity
from tierctl.program.load import load_text

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = (ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted(DOCS.glob("*.md")))
PROGRAM_FILE, WORKSPACE, COMMANDS = DOCS / "program-file.md", DOCS / "workspace.md", DOCS / "commands.md"
PARTS = (PROGRAM_FILE, DOCS / "metrics.md")
FOLLOWED = (DOCS / "your-own-program.md", DOCS / "three-months.md")  # as a whole, each by a test of its own
SESSIONS = tuple(page for page in PAGES if page not in FOLLOWED)
CUT = "…"
SYSTEM = frozenset({"cd", "chmod", "cp", "echo", "sed", "sha256sum"})
CALENDAR = "fiscal_year,period,first_day,last_day\n2025,1,2025-01-06,2025-02-05\n2025,2,2025-02-06,2025-03-05\n"

_BLOCK = re.compile(r"^```([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s#]*)(?:#([^)\s]*))?\)")
_RECIPE = re.compile(r"^review:.*\n\t\$\(BIN\)/(tierctl .*)$", re.MULTILINE)
_QUOTED = re.compile(r"^<!-- rows of (\w+), (\S+) -->\n\n((?:\|.*\n)+)", re.MULTILINE)
_HEADER = re.compile(r"^\[+([\w.]+)\]+", re.MULTILINE)
_KEY = re.compile(r"^([\w.]+) *=", re.MULTILINE)


@dataclass(frozen=True)
class Block:
    """One fenced block of a page."""

    page: Path
    line: int
    info: str
    text: str

    @property
    def place(self) -> str:
        return f"{self.page.name}:{self.line}"


def blocks(page: Path) -> list[Block]:
    text = page.read_text(encoding="utf-8")
    return [
        Block(page, text.count("\n", 0, found.start()) + 1, found[1].strip(), found[2])
        for found in _BLOCK.finditer(text)
    ]


def blocks_of(info: str, *pages: Path) -> list[Block]:
    return [block for page in pages for block in blocks(page) if block.info == info]


def session(text: str) -> Iterator[tuple[str, str]]:
    """The commands of a console block, each with what it prints."""
    for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
        command, _, output = part.partition("\n")
        yield command, output


def pattern(output: str) -> str:
    """What an output must match: its very lines, and any lines where it is cut."""
    return "".join("(?:.*\n)*" if line.strip() == CUT else f"{re.escape(line)}\n" for line in output.splitlines())


class Shell:
    """As much of a shell as the pages need: one command at a time, in the current folder; tierctl in this process."""

    def __init__(self) -> None:
        self.code = 0

    def run(self, command: str) -> str:
        if command == "make review":
            recipe = _RECIPE.search((ROOT / "Makefile").read_text(encoding="utf-8"))
            assert recipe is not None
            return f".venv/bin/{recipe[1]}\n{self.run(recipe[1])}"
        if command == "echo $?":
            return f"{self.code}\n"
        words = shlex.split(command, comments=True)
        if words[0] != "tierctl":
            return self.ask_system(command, words[0].lstrip("("))
        result = CliRunner().invoke(app, words[1:], catch_exceptions=False)
        self.code = result.exit_code
        return result.output

    def ask_system(self, command: str, begins: str) -> str:
        """What a command of the system prints, in plain English."""
        assert begins in SYSTEM, f"no such command here: {command}"
        script = ["bash", "-c", f"exec 2>&1; {command}"]
        environment = {**os.environ, "LC_ALL": "C"}
        ran = subprocess.run(script, stdout=subprocess.PIPE, encoding="utf-8", env=environment, check=False)
        self.code = ran.returncode
        return ran.stdout


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    (tmp_path / "sample_data").mkdir()
    copy_workspace(tmp_path / "sample_data" / "elevate")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    for name in ("FORCE_COLOR", "NO_COLOR", "TTY_COMPATIBLE"):
        monkeypatch.delenv(name, raising=False)
    return Shell()


def write_anew(block: Block, ran: list[tuple[str, str, str]]) -> None:
    """Puts what was printed into the page; what is cut is for a person to change."""
    said = [(command, shown if CUT in shown.splitlines() else output) for command, shown, output in ran]
    text = "".join(f"$ {command}\n{output}" for command, output in said)
    page = block.page.read_text(encoding="utf-8")
    fence = f"```{block.info}\n"
    block.page.write_text(page.replace(f"{fence}{block.text}", f"{fence}{text}"), encoding="utf-8")


@pytest.mark.parametrize("block", blocks_of("console", *SESSIONS), ids=lambda block: block.place)
def test_a_session_runs_as_shown(shell: Shell, block: Block) -> None:
    ran = [(command, shown, shell.run(command)) for command, shown in session(block.text)]
    assert ran
    if os.environ.get("UPDATE_GOLDEN") == "1":
        write_anew(block, ran)
    wrong = [(command, output) for command, shown, output in ran if not re.fullmatch(pattern(shown), output)]
    assert not wrong, "\n".join(f"$ {command}\n{output}" for command, output in wrong)


def _quotes() -> list[Block]:
    return [block for page in PAGES for block in blocks(page) if " from " in block.info]


@pytest.mark.parametrize("block", _quotes(), ids=lambda block: block.place)
def test_a_quoted_file_says_so(block: Block) -> None:
    file = ROOT / block.info.partition(" from ")[2]
    assert re.search(f"^{pattern(block.text)}", file.read_text(encoding="utf-8"), re.MULTILINE)


def whole_program() -> str:
    return blocks_of("toml program", PROGRAM_FILE)[0].text


def with_part(whole: str, part: str) -> str:
    r"""A program file in which a part has taken the place of the tables and keys that it has too.

    >>> print(with_part("a = 1\nb = 2\n[t]\nc = 3\n", "b = 4\n[t]\nd = 5\n"))
    a = 1
    b = 4
    [t]
    d = 5
    <BLANKLINE>
    """
    head, tables = _tables(whole)
    own_head, own_tables = _tables(part)
    keys = {key.partition(".")[0] for key in _KEY.findall(own_head)}
    kept = [line for line in head.splitlines(keepends=True) if _key(line) not in keys]
    names = {name for name, _ in own_tables}
    rest = [text for name, text in tables if name not in names]
    return "".join([*kept, own_head, *(text for _, text in own_tables), *rest])


def _key(line: str) -> str:
    found = _KEY.match(line)
    return found[1].partition(".")[0] if found else ""


def _tables(text: str) -> tuple[str, list[tuple[str, str]]]:
    starts = [*(found.start() for found in _HEADER.finditer(text)), len(text)]
    tables = [text[start:end] for start, end in pairwise(starts)]
    return text[: starts[0]], [(found[1], table) for table in tables if (found := _HEADER.match(table))]


@pytest.mark.parametrize("block", blocks_of("toml program", *PARTS), ids=lambda block: block.place)
def test_a_program_s_part_is_accepted(block: Block) -> None:
    program, findings = load_text(with_part(whole_program(), block.text), "program.toml")
    assert program is not None, "\n".join(map(str, findings))
    assert [result for result in run(program) if not result.passed] == []


def test_the_whole_program_is_clean() -> None:
    assert load_text(whole_program(), "program.toml")[1] == []


@pytest.mark.parametrize("block", blocks_of("toml refused", *PARTS), ids=lambda block: block.place)
def test_a_wrong_part_is_refused_as_shown(block: Block) -> None:
    following = next(each for each in blocks(block.page) if each.line > block.line)
    _, findings = load_text(with_part(whole_program(), block.text), "program.toml")
    faults = [str(each) for each in findings if each.severity is Severity.ERROR]
    assert [re.sub(r"^.*?(?=error\[)", "", fault) for fault in faults] == [following.text.rstrip("\n")]


def _keys() -> list[tuple[str, str]]:
    """Every key that the program file may have, with its table."""
    schema = json.loads((resources.schemas() / "program.json").read_text(encoding="utf-8"))
    tables = {"program": schema, **schema["$defs"]}
    return [(name, key) for name, table in tables.items() for key in table.get("properties", {})]


@pytest.mark.parametrize(("table", "key"), _keys())
def test_the_pages_of_the_program_file_name_every_key(table: str, key: str) -> None:
    prose = "".join(_BLOCK.sub("", page.read_text(encoding="utf-8")) for page in PARTS)
    spans = re.findall("`([^`]+)`", prose)
    assert key in {word for span in spans for word in re.findall(r"\w+", span)}, f"{key} of {table}"


@pytest.mark.parametrize("block", blocks_of("toml workspace", *PAGES), ids=lambda block: block.place)
def test_a_workspace_s_part_is_accepted(block: Block, tmp_path: Path) -> None:
    said = tomllib.loads(block.text)
    text = block.text if "programs" in said else f'programs = ["elevate"]\n{block.text}'
    (tmp_path / "tierctl.toml").write_text(text, encoding="utf-8")
    (tmp_path / "calendar.csv").write_text(CALENDAR, encoding="utf-8")
    loaded, findings = workspace.load(tmp_path)
    assert loaded is not None, "\n".join(map(str, findings))


@pytest.mark.parametrize("word", list(workspace.Format.model_fields))
def test_the_workspace_s_page_names_every_format_word_and_its_default(word: str) -> None:
    default = workspace.Format.model_fields[word].default
    written = "–" if default is None else f"`{json.dumps(default)}`"
    assert f"\n| `{word}` | {written} |" in WORKSPACE.read_text(encoding="utf-8")


def _commands() -> list[str]:
    groups = {group.name: group.typer_instance for group in app.registered_groups if group.typer_instance}
    names = [command.name or "" for command in app.registered_commands]
    names += [
        f"{name} {each.name or (each.callback.__name__ if each.callback else '')}"
        for name, group in groups.items()
        for each in group.registered_commands
    ]
    return ["", *names, *(str(name) for name in groups)]


@pytest.mark.parametrize("command", _commands())
def test_the_commands_page_has_the_help_of_every_command(command: str) -> None:
    asked = " ".join(["tierctl", *command.split(), "--help"])
    helps = [shown for block in blocks_of("console", COMMANDS) for ran, shown in session(block.text) if ran == asked]
    assert len(helps) == 1
    assert CUT not in helps[0].splitlines()


def _quoted_rows() -> list[tuple[str, str, str, dict[str, str]]]:
    rows = []
    for page in PAGES:
        for report, month, table in _QUOTED.findall(page.read_text(encoding="utf-8")):
            head, _, *body = [[cell.strip() for cell in line.strip("|\n").split("|")] for line in table.splitlines()]
            columns = [cell.strip("`") for cell in head]
            rows += [(page.name, report, month, dict(zip(columns, cells, strict=True))) for cells in body]
    return rows


def quoted(row: dict[str, str]) -> dict[str, str]:
    """A row of a page's table as its report writes it.

    >>> quoted({"tier": "`pro`", "through": "–", "amount": "-1,200.5"})
    {'tier': 'pro', 'through': '', 'amount': '-1200.5'}
    """
    return {
        column: "" if cell == "–" else re.sub(r"(?<=\d),(?=\d{3})", "", cell.strip("`")) for column, cell in row.items()
    }


@pytest.fixture(scope="module")
def reports(sample_reports: SampleReports) -> dict[tuple[str, str], list[dict[str, str]]]:
    """The reports that pages quote, by name and month."""
    quoted = {(report, month) for _, report, month, _ in _quoted_rows()}
    return {
        (report, month): read_report(sample_reports("elevate", month) / f"{report}.csv") for report, month in quoted
    }


@pytest.mark.parametrize(("page", "report", "month", "row"), _quoted_rows())
def test_a_quoted_row_is_in_its_report(
    reports: dict[tuple[str, str], list[dict[str, str]]], page: str, report: str, month: str, row: dict[str, str]
) -> None:
    assert any(quoted(row).items() <= each.items() for each in reports[report, month]), page


def _anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    text = _BLOCK.sub("", page.read_text(encoding="utf-8"))
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def _links() -> list[tuple[Path, str, str]]:
    links = []
    for page in PAGES:
        text = _BLOCK.sub("", page.read_text(encoding="utf-8"))
        links += [(page, to, anchor) for to, anchor in _LINK.findall(text) if "://" not in to]
    return links


@pytest.mark.parametrize(("page", "to", "anchor"), _links(), ids=lambda part: getattr(part, "name", part))
def test_a_link_leads_somewhere(page: Path, to: str, anchor: str) -> None:
    target = page.parent / to if to else page
    assert target.exists()
    assert not anchor or anchor in _anchors(target)


@pytest.mark.parametrize("page", sorted(page.name for page in DOCS.glob("*.md") if page.name != "index.md"))
def test_the_index_lists_every_page(page: str) -> None:
    assert f"]({page})" in (DOCS / "index.md").read_text(encoding="utf-8")


def _functions() -> list[str]:
    text = (DOCS / "how-a-review-works.md").read_text(encoding="utf-8")
    table = text.partition("## The steps")[2].partition("\n## ")[0]
    last_cells = [line.rstrip("|").rpartition("|")[2] for line in table.splitlines()]
    return sorted({name for cell in last_cells for name in re.findall(r"`([\w.]+)`", cell)})


@pytest.mark.parametrize("name", _functions())
def test_a_step_s_function_is_there(name: str) -> None:
    module, _, function = name.rpartition(".")
    assert callable(getattr(importlib.import_module(f"tierctl.{module}"), function))


def test_every_report_is_described_by_what_it_answers() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    names = [path.stem for path in (resources.schemas() / "reports").glob("*.json")]
    assert names
    assert [name for name in names if f"| `{name}` |" not in text] == []
