"""The benchmark's script and the product have to agree before their times may be compared."""

from __future__ import annotations

import subprocess
import sys
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from tests.bench.compare import LINES, differences, line_differences, read_standing, read_sums
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
def test_the_script_and_the_review_agree_on_every_partner_and_line(
    folder: Path, tmp_path: Path, form: str, month: str
) -> None:
    command = [sys.executable, "-m", "tierctl", "-C", str(folder / form), "review"]
    ran = subprocess.run(
        [*command, "--month", month, "--out", str(tmp_path / "review"), "--quiet"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr

    (tmp_path / "duckdb").mkdir()
    review(folder / form, month, tmp_path / "duckdb")

    ours, theirs = tmp_path / "review", tmp_path / "duckdb"
    assert differences(ours / "standing.csv", theirs / "standing.csv") == []
    for table in LINES:
        assert line_differences(*(read_sums(each / f"{table}.csv") for each in (ours, theirs))) == []


def test_every_tier_status_and_rule_is_populated(folder: Path, tmp_path: Path) -> None:
    review(folder / "parquet", "2027-12", tmp_path)
    standing = read_standing(tmp_path / "standing.csv").values()
    sums = [read_sums(tmp_path / f"{table}.csv") for table in LINES]

    assert {row["tier"] for row in standing} == {"pioneer", "trailblazer", "elite", ""}
    assert {row["status"] for row in standing} == {"active", "suspended", "terminated"}
    rules = {rule for by_rule in sums for _, rule in by_rule}
    assert rules == {"standard_residual", "additional_residual", "additional_spiff", "teams_calling"}


def test_a_cent_a_missing_line_and_another_cell_are_told(folder: Path, tmp_path: Path) -> None:
    review(folder / "parquet", "2027-12", tmp_path)
    header, first, second, *rest = (tmp_path / "commissions.csv").read_text().splitlines()
    partner, rule = first.split(",")[2], first.split(",")[5]
    amount = f",{first.split(',')[13]},"
    cent_more = first.replace(amount, f",{Decimal(amount.strip(',')) + Decimal('0.01')},")
    whole = read_sums(tmp_path / "commissions.csv")

    def told(*lines: str) -> list[str]:
        (tmp_path / "changed.csv").write_text("\n".join([header, *lines, *rest]) + "\n")
        return line_differences(read_sums(tmp_path / "changed.csv"), whole)

    assert told(first, second) == []
    assert told(second, first) == []
    assert [line.split(":")[0] for line in told(cent_more, second)] == [f"{partner} {rule}"]
    assert [line.split(":")[0] for line in told(second)] == [f"{partner} {rule}"]
    assert told(first.replace("earned", "adjustment"), second) == [f"{partner} {rule}: other cells of their lines"]


def test_the_same_size_and_seed_give_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    generate(tmp_path, Size(rows=20_000, partners=500))

    for written in sorted(path for path in tmp_path.rglob("*") if path.is_file()):
        assert written.read_bytes() == (folder / written.relative_to(tmp_path)).read_bytes(), written.name
