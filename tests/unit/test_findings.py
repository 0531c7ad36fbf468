"""Every finding about a program file or a workspace, by the smallest folder that causes it.

`tests/findings/CODE/` holds the broken files and `findings.txt`, everything that is said about them.
"""

import re
from pathlib import Path

import pytest

from tierctl import resources
from tierctl.examples import tables_from_rows
from tierctl.findings import CannotRunError, Finding, load_catalogue
from tierctl.program.load import load_all, load_path
from tierctl.workspace import load

FOLDER = Path(__file__).parents[1] / "findings"
OF_RUNS = {"workspace-locked"}
CODES = sorted(
    code for code in load_catalogue() if code.startswith(("program-", "workspace-", "example-")) and code not in OF_RUNS
)
IN_SOURCE = re.compile(r'(?:error|warning|unknown)\(\s*f?"(?:\{prefix\}-)?([a-z-]+)"')


def findings_here() -> list[Finding]:
    """What is said about the current folder: its workspace, or its program file and the rows of the examples."""
    if not Path("program.toml").exists():
        workspace, findings = load(Path())
        return findings if workspace is None else load_all(workspace.programs, Path())[1]
    program, findings = load_path(Path("program.toml"))
    for example in program.examples if program else ():
        try:
            tables_from_rows(example.rows, currency="USD", program="demo", track="partner")
        except CannotRunError as fault:
            findings += fault.findings
    return findings


@pytest.mark.parametrize("code", CODES)
def test_every_code_is_found_in_its_smallest_example(code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(FOLDER / code)
    findings = findings_here()
    assert code in {finding.code for finding in findings}
    said = "\n".join(str(finding) for finding in findings) + "\n"
    assert said == Path("findings.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("code", CODES)
def test_every_code_is_explained(code: str) -> None:
    entry = load_catalogue()[code]
    assert all(text and text[-1] == "." for text in (entry.explanation, entry.remedy))
    assert entry.title[-1] != "."


def test_every_code_in_the_source_is_in_the_catalogue() -> None:
    package = resources.catalogue().parent
    files = [package / "workspace.py", package / "located.py", package / "validation.py", package / "examples.py"]
    files += (package / "program").rglob("*.py")
    said = {code for file in files for code in IN_SOURCE.findall(file.read_text(encoding="utf-8"))}
    known = {*CODES, *(code.partition("-")[2] for code in CODES)}
    assert said <= known
