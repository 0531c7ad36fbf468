"""The benchmark's script and the product have to agree before their times may be compared."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.bench.compare import differences, read_standing
from tests.bench.duckdb_review import review
from tests.bench.generate import Size, generate

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bench")
    generate(folder, Size(rows=20_000, partners=500))
    return folder


@pytest.mark.parametrize(("form", "month"), [("parquet", "2025-12"), ("parquet", "2026-01"), ("csv", "2027-12")])
def test_the_script_and_the_review_agree_on_every_partner(folder: Path, tmp_path: Path, form: str, month: str) -> None:
    command = [sys.executable, "-m", "tierctl", "-C", str(folder / form), "review"]
    ran = subprocess.run(
        [*command, "--month", month, "--out", str(tmp_path / "review"), "--quiet"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr

    review(folder / form, month, tmp_path / "duckdb.csv")

    assert differences(tmp_path / "review" / "standing.csv", tmp_path / "duckdb.csv") == []


def test_every_tier_and_status_is_populated(folder: Path, tmp_path: Path) -> None:
    review(folder / "parquet", "2027-12", tmp_path / "duckdb.csv")
    standing = read_standing(tmp_path / "duckdb.csv").values()

    assert {row["tier"] for row in standing} == {"pioneer", "trailblazer", "elite", ""}
    assert {row["status"] for row in standing} == {"active", "suspended", "terminated"}


def test_the_same_size_and_seed_give_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    generate(tmp_path, Size(rows=20_000, partners=500))

    for written in sorted(path for path in tmp_path.rglob("*") if path.is_file()):
        assert written.read_bytes() == (folder / written.relative_to(tmp_path)).read_bytes(), written.name
