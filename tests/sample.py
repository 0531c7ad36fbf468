"""What the tests of the sample workspace share: a copy of it, a run of the command line on it, a report as rows."""

import csv
import os
import shutil
import subprocess
import sys
from pathlib import Path

from tierctl import resources

SAMPLE = resources.sample_data() / "elevate"


def copy_workspace(to: Path) -> Path:
    """A copy of the sample workspace that a test may break; without what a person's own runs have left there."""
    return Path(shutil.copytree(SAMPLE, to, ignore=shutil.ignore_patterns("reports", "ledger", ".tierctl.lock")))


def run_tierctl(workspace: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs the command line in a process of its own; its exit code is the caller's to judge."""
    environment = {**os.environ, "NO_COLOR": "1", "PYTHONIOENCODING": "utf-8"}
    command = [sys.executable, "-m", "tierctl", "-C", str(workspace), *arguments]
    return subprocess.run(command, capture_output=True, encoding="utf-8", env=environment, check=False)


def read_report(path: Path) -> list[dict[str, str]]:
    """The rows of a CSV report, header → text; an empty cell is the empty text."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
