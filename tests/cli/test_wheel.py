"""The wheel: what is installed from it works outside the checkout, with schemas, programs and sample data."""

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tierctl.program.load import bundled_ids

CHECKOUT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel's content, unpacked as an installation would."""
    built = tmp_path_factory.mktemp("built")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(built)]
    subprocess.run(command, cwd=CHECKOUT, check=True, capture_output=True)
    (wheel,) = built.glob("*.whl")
    site = tmp_path_factory.mktemp("site")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    return site


def test_it_reviews_the_sample_data_that_it_carries(installed: Path, tmp_path: Path) -> None:
    shutil.copytree(installed / "tierctl" / "_data" / "sample_data" / "elevate", tmp_path / "elevate")
    command = ["-P", "-m", "tierctl", "-C", "elevate", "review", "--month", "2025-05", "--out", "out", "--json"]
    environment = {**os.environ, "PYTHONPATH": str(installed)}
    run = subprocess.run(
        [sys.executable, *command], cwd=tmp_path, env=environment, check=False, capture_output=True, text=True
    )
    assert (run.returncode, run.stderr) == (0, "")
    assert {path.name for path in (tmp_path / "out").iterdir()} >= {"standing.csv", "summary.json", "manifest.json"}


def test_it_starts_a_workspace_of_every_program_that_it_carries(installed: Path, tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(installed)}
    for program in bundled_ids():
        run = subprocess.run(
            [sys.executable, "-P", "-m", "tierctl", "init", program],
            cwd=tmp_path, env=environment, check=False, capture_output=True, text=True,
        )  # fmt: skip
        assert (run.returncode, run.stderr) == (0, "")
        assert (tmp_path / program / "tierctl.toml").is_file()


def test_it_carries_no_reports_and_no_locks(installed: Path) -> None:
    left_over = [path for path in installed.rglob("*") if path.name in {"reports", "ledger", ".tierctl.lock"}]
    schemas = installed / "tierctl" / "_data" / "schemas"
    own = {schemas / "reports", schemas / "ledger", installed / "tierctl" / "ledger"}
    assert [path for path in left_over if path not in own] == []
