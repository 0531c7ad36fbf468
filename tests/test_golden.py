"""Reviews of the sample workspaces, compared byte for byte with what stands under `tests/golden/`.

`make snapshots` (UPDATE_GOLDEN=1) writes those files anew; read the difference before it is committed. The manifest is
left out, as it carries tierctl's version, and not_earned, which is Parquet unless it is asked for otherwise.
"""

import difflib
import os
import shutil
from pathlib import Path

import pytest

from tests.sample import SampleReports

GOLDEN = Path(__file__).parent / "golden"
REVIEWS = (
    ("elevate", "2025-05"),
    ("elevate", "2026-01"),
    ("elevate", "2026-12"),
    ("infusionsoft", "2018-03"),
    ("connectsoft", "2024-03"),
    ("connectsoft", "2024-04"),
    ("growth", "2024-06"),
    ("growth", "2024-07"),
    ("engagement", "2024-06"),
)
LEFT_OUT = {"manifest.json", "not_earned.csv"}


def _files(folder: Path) -> dict[str, bytes]:
    """The text reports of a folder, name → bytes."""
    reports = [*folder.glob("*.csv"), *folder.glob("*.json")]
    return {path.name: path.read_bytes() for path in sorted(reports) if path.name not in LEFT_OUT}


def _difference(expected: dict[str, bytes], found: dict[str, bytes]) -> str:
    """A unified diff over all files that differ; empty where none does."""
    lines: list[str] = []
    for name in sorted(expected.keys() | found.keys()):
        before, after = expected.get(name, b""), found.get(name, b"")
        if name in expected and name in found and before == after:
            continue
        old, new = (text.decode("utf-8").splitlines(keepends=True) for text in (before, after))
        diff = list(difflib.unified_diff(old, new, f"golden/{name}", f"review/{name}"))
        lines += diff or [f"{name}: its bytes differ, or only one side has it\n"]
    return "".join(lines)


@pytest.mark.parametrize(("sample", "month"), REVIEWS)
def test_the_review_writes_the_same_bytes(sample_reports: SampleReports, sample: str, month: str) -> None:
    found = _files(sample_reports(sample, month))
    golden = GOLDEN / sample / month
    if os.environ.get("UPDATE_GOLDEN") == "1":
        shutil.rmtree(golden, ignore_errors=True)
        golden.mkdir(parents=True)
        for name, content in found.items():
            (golden / name).write_bytes(content)
    difference = _difference(_files(golden), found)
    assert found, "the review wrote no report"
    assert not difference, f"tests/golden/{sample}/{month} (make snapshots writes it anew):\n{difference}"
