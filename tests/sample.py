"""What the tests of the sample workspace share: a copy of it, a run of the command line on it, a report as rows."""

import csv
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

from typer.testing import CliRunner, Result

from tierctl import resources
from tierctl.cli import app

SAMPLE = resources.sample_data() / "elevate"
SAMPLES = ("elevate", "infusionsoft", "connectsoft", "growth", "engagement")

SampleReports = Callable[[str, str], Path]
"""Sample and month → the folder of its reports, every table as CSV."""


def copy_workspace(to: Path, sample: str = "elevate") -> Path:
    """A copy of a sample workspace that a test may break; without what a person's own runs have left there."""
    ignored = shutil.ignore_patterns("reports", "ledger", ".tierctl.lock")
    return Path(shutil.copytree(resources.sample_data() / sample, to, ignore=ignored))


def run_tierctl(workspace: Path, *arguments: str) -> Result:
    """Runs the command line; its exit code is the caller's to judge."""
    return CliRunner(env={"NO_COLOR": "1"}).invoke(app, ["-C", str(workspace), *arguments], catch_exceptions=False)


def read_report(path: Path) -> list[dict[str, str]]:
    """The rows of a CSV report, header → text; an empty cell is the empty text."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def tables(text: str) -> Iterator[list[dict[str, str]]]:
    """Every Markdown table of a text, each as rows of header → cell."""
    lines: list[str] = []
    for line in (*text.splitlines(), ""):
        if line.startswith("|"):
            lines.append(line)
        elif lines:
            header = _cells(lines[0])
            yield [dict(zip(header, _cells(row), strict=True)) for row in lines[2:]]
            lines = []


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().strip("|").split("|")]
