"""Every finding by the smallest input that causes it, compared whole; and what many findings at once look like.

`tests/findings/CODE/` holds `command.txt`, the command line, and `expected.txt`, its exit code and everything that it
prints on a page of 100 columns. Its other files lie over those of `_base`, a workspace without fault; one that ends in
`.parquet.csv` becomes the Parquet file of that name, and a folder that ends in `.xlsx.sheets` the workbook, of which
each CSV file in it is a sheet. What cannot be laid out as files stands in `WITHOUT_FILES`.

An example that needs a past has a folder `before`: its files lie over those of `_base`, the commands in its
`commands.txt` are run, one a line, and only then come the example's own files.

`_many`, `_files` and `_rejects` are workspaces with many faults: in every row, in every file, and one for each rule.
"""

import ast
import contextlib
import csv
import json
import re
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path
from types import MappingProxyType

import polars as pl
import pytest
from filelock import FileLock
from typer.testing import CliRunner
from xlsxwriter import Workbook

from tierctl import reference, resources
from tierctl.cli import app
from tierctl.contracts import export_names
from tierctl.findings import Entry, Finding, load_catalogue
from tierctl.ingest.rejects import MESSAGES

FOLDER = Path(__file__).parent / "findings"
EXAMPLES = sorted(path.name for path in FOLDER.iterdir() if path.is_dir() and not path.name.startswith("_"))
# What a close is named by differs from one version of Polars, and one moment, to the next.
DIGEST = re.compile(r"\b(?:[0-9a-f]{64}|[0-9a-f]{12})\b")
COMMAND, EXPECTED, LOCK = "command.txt", "expected.txt", ".tierctl.lock"
BEFORE, COMMANDS = "before", "commands.txt"

WITHOUT_FILES = MappingProxyType({
    "spool-unwritable": "the temporary folder is full, which no file in a workspace makes it",
    "workspace-locked": "the lock is held by a process that runs, not by a file that lies there",
    "reports-leftover": "the folder belongs to somebody else, which files laid out by one user never do",
    "xlsx-table-too-long": "a sheet has room for a million rows, which are no smallest example",
    "formula-failed": "a formula is computed by a spreadsheet program, and no file laid out here holds its error",
    "program-not-computable": "lint finds whatever is known not to be computable, and this is what it does not know of",
})  # fmt: skip
# A program file's examples are run as reviews, so their faults are told as failures of the example, without a code.
WITHOUT_CODE = ("example-row",)
# Rows of mrr in plain CSV cannot break these: mrr has no column with an upper bound, is no table of decisions or
# enrollments and needs no rates in the base's program, and CSV has no floats, no formulas and no signs beside numbers.
OF_OTHER_EXPORTS = {
    "above-maximum", "number-not-exact", "unknown-track", "unknown-tier", "ends-before-it-begins",
    "enrollments-overlap", "no-exchange-rate", "formula-failed", "currency-differs",
    # and those of an opening
    "unknown-program", "unknown-qualification", "opening-nothing", "opening-unfit", "opening-unfit-day",
    "opening-not-exact", "opening-not-enrolled", "opening-contradiction",
}  # fmt: skip


@pytest.fixture(autouse=True)
def _plain_page(monkeypatch: pytest.MonkeyPatch) -> None:
    """A pipe, 100 columns wide."""
    monkeypatch.setenv("COLUMNS", "100")
    for name in ("FORCE_COLOR", "NO_COLOR", "TTY_COMPATIBLE"):
        monkeypatch.delenv(name, raising=False)


def lay_out(name: str, to: Path) -> Path:
    """The workspace of an example: its own files over those of the base, once what was before has been."""
    shutil.copytree(FOLDER / "_base", to, dirs_exist_ok=True)
    if (FOLDER / name / BEFORE).is_dir():
        live_through(FOLDER / name / BEFORE, to)
    shutil.copytree(FOLDER / name, to, ignore=shutil.ignore_patterns(COMMAND, EXPECTED, BEFORE), dirs_exist_ok=True)
    for path in to.rglob("*.parquet.csv"):
        pl.read_csv(path).write_parquet(path.with_suffix(""))
        path.unlink()
    for folder in to.rglob("*.xlsx.sheets"):
        with Workbook(folder.with_suffix("")) as book:
            for path in sorted(folder.iterdir()):
                pl.read_csv(path).write_excel(book, path.stem)
        shutil.rmtree(folder)
    return to


def live_through(before: Path, root: Path) -> None:
    """Brings a workspace to where an example begins."""
    shutil.copytree(before, root, ignore=shutil.ignore_patterns(COMMANDS), dirs_exist_ok=True)
    with contextlib.chdir(root):
        for command in (before / COMMANDS).read_text(encoding="utf-8").splitlines():
            assert run(command) == "exit 0\n"


def run(command: str) -> str:
    """A command's exit code, then what it says on stdout and on stderr."""
    program, *arguments = shlex.split(command)
    assert program == "tierctl"
    result = CliRunner().invoke(app, arguments, catch_exceptions=False)
    said = {"stdout": result.stdout, "stderr": result.stderr}
    told_ = "".join([f"exit {result.exit_code}\n", *(f"{name}:\n{text}" for name, text in said.items() if text)])
    return DIGEST.sub(lambda found: "0" * len(found[0]), told_)


def told(code: str, name: str) -> str:
    return (FOLDER / code / name).read_text(encoding="utf-8")


def tree(root: Path) -> dict[str, bytes]:
    """Every file with its content; the lock's file may stay after a run and is left out."""
    files = (path for path in root.rglob("*") if path.is_file() and path.name != LOCK)
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in files}


@pytest.mark.parametrize("code", EXAMPLES)
def test_the_smallest_example_prints_exactly_this(code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(lay_out(code, tmp_path / "ws"))
    assert run(told(code, COMMAND)) == told(code, EXPECTED)


@pytest.mark.parametrize("code", [code for code in EXAMPLES if code not in WITHOUT_CODE])
def test_the_smallest_example_shows_its_code(code: str) -> None:
    expected = told(code, EXPECTED)
    assert f"[{code}]: " in expected or (code in MESSAGES and f"  {code}  " in expected)


def test_the_base_of_the_examples_has_no_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(lay_out("_base", tmp_path / "ws"))
    assert run("tierctl check").startswith("exit 0\n")
    assert run("tierctl program lint program.toml") == "exit 0\nstdout:\n1 program file: clean\n"


@pytest.fixture(scope="module")
def reviewed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The base of the examples with the reports of 2025-05; no test changes it."""
    root = lay_out("_base", tmp_path_factory.mktemp("reviewed") / "ws")
    with contextlib.chdir(root):
        assert run("tierctl review --month 2025-05 --quiet") == "exit 0\n"
    return root


@pytest.mark.parametrize("code", [code for code in EXAMPLES if told(code, EXPECTED).startswith("exit 2\n")])
def test_what_cannot_run_writes_nothing(
    code: str, reviewed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(shutil.copytree(reviewed, tmp_path / "ws"))
    before = tree(lay_out(code, tmp_path / "ws"))
    command = told(code, COMMAND).replace("check", "review --month 2025-05")
    assert run(command).startswith("exit 2\nstderr:\n")
    assert tree(tmp_path) == {f"ws/{path}": content for path, content in before.items()}


# ---- the catalogue


def test_every_code_has_an_entry_and_an_example() -> None:
    assert sorted(load_catalogue()) == sorted([*EXAMPLES, *WITHOUT_FILES])


def test_every_code_in_the_source_is_in_the_catalogue_and_no_other() -> None:
    package = resources.catalogue().parent
    raised = {code for path in sorted(package.rglob("*.py")) for code in codes_in(path)}
    assert raised | MESSAGES.keys() == load_catalogue().keys()


def codes_in(path: Path) -> Iterator[str]:
    """The codes of the findings that a module makes: by their whole name, or behind the prefix of a kind of file."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and node.args:
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            prefix = "program-" if isinstance(node.func, ast.Attribute) else ""
            if name in {"error", "warning", "unknown", "make"}:
                yield from _codes(node.args[0], prefix)
        elif path.name == "validation.py" and isinstance(node, ast.Return) and isinstance(node.value, ast.Tuple):
            first = node.value.elts[0]
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                yield from (f"{kind}-{first.value}" for kind in ("program", "workspace"))


def _codes(argument: ast.expr, prefix: str) -> Iterator[str]:
    match argument:
        case ast.Constant(value=str(code)):
            yield f"{prefix}{code}"
        case ast.JoinedStr(values=[ast.FormattedValue(), ast.Constant(value=str(rest))]) if len(rest) > 1:
            yield from (kind + rest for kind in ("program", "workspace"))


@pytest.mark.parametrize("entry", load_catalogue().values(), ids=lambda entry: entry.code)
def test_an_entry_is_made_of_sentences(entry: Entry) -> None:
    assert entry.title[:1].isupper() or entry.title.startswith("tierctl")
    assert not entry.title.endswith(".")
    assert all(text and text.endswith(".") for text in (entry.explanation, entry.remedy))


def test_the_page_of_findings_is_what_the_catalogue_gives() -> None:
    page = Path(__file__).parents[1] / "docs" / "findings.md"
    assert page.read_text(encoding="utf-8") == reference.findings_page()


def test_the_page_of_findings_has_every_code_once() -> None:
    headings = [line.removeprefix("### ") for line in reference.findings_page().splitlines() if line.startswith("### ")]
    assert sorted(headings) == sorted(load_catalogue())


# ---- what no files can cause


def test_a_locked_workspace_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(lay_out("_base", tmp_path / "ws"))
    with FileLock(LOCK):
        said = run("tierctl review --month 2025-05")
    assert said == (
        "exit 2\nstderr:\n"
        ".tierctl.lock: error[workspace-locked]: another run of tierctl is at work in this workspace\n"
        "  hint: wait until it has ended; the lock goes with it, the file may stay\n"
    )


# ---- many faults at once


@pytest.mark.parametrize("name", ["_many", "_files"])
def test_a_check_shows_every_fault_at_once(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each line of `expected.txt` is a finding as `check --json` tells it, its hint left out."""
    monkeypatch.chdir(lay_out(name, tmp_path / "ws"))
    result = CliRunner().invoke(app, ["check", "--json"])
    assert result.exit_code == 2
    findings = json.loads(result.stdout)["findings"]
    assert "".join(f"{Finding(**{**finding, 'hint': ''})}\n" for finding in findings) == told(name, EXPECTED)


def test_many_faults_are_in_every_export() -> None:
    files = {line.partition(":")[0] for line in told("_many", EXPECTED).splitlines()}
    assert {f"exports/{name}.csv" for name in export_names()} <= files


def test_rejects_hold_each_rule_with_its_place_and_the_whole_row(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(lay_out("_rejects", tmp_path / "ws"))
    assert run("tierctl review --month 2025-05 --quiet") == (
        "exit 1\nstderr:\ntierctl review 2025-05: 16 rows of mrr rejected; see reports/2025-05/rejects.csv\n"
    )
    rejects = Path("reports", "2025-05", "rejects.csv")
    assert rejects.read_text(encoding="utf-8") == told("_rejects", "rejects.csv")
    assert set(pl.read_csv(rejects)["rule"]) == MESSAGES.keys() - OF_OTHER_EXPORTS


def test_csv_and_parquet_of_the_same_rows_give_the_same_rejects(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A row with too many cells is the one fault that Parquet cannot have."""
    monkeypatch.chdir(lay_out("_rejects", tmp_path / "ws"))
    with Path("mrr.csv").open(encoding="utf-8", newline="") as file:
        header, *rows = [cells for cells in csv.reader(file) if cells]
    rows = [cells for cells in rows if len(cells) == len(header)]
    with Path("mrr.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([header, *rows])
    of_csv = _rejects()
    pl.DataFrame(rows, schema=dict.fromkeys(header, pl.String()), orient="row").write_parquet("mrr.parquet")
    toml = Path("tierctl.toml")
    toml.write_text(toml.read_text(encoding="utf-8").replace("mrr.csv", "mrr.parquet"), encoding="utf-8")
    of_parquet = _rejects()
    assert of_csv.height == 17
    assert of_parquet.with_columns(file=pl.lit("mrr.csv")).equals(of_csv)


def _rejects() -> pl.DataFrame:
    run("tierctl review --month 2025-05 --format parquet --quiet")
    return pl.read_parquet("reports/2025-05/rejects.parquet")
