"""Whether two standings are the same, cell by cell."""

from __future__ import annotations

import argparse
import csv
import sys
from pathlib import Path
from typing import Final

_SHOWN: Final = 10
COMPARED: Final = (
    "previous_tier",
    "earned_tier",
    "tier",
    "change",
    "status",
    "basis",
    "valid_from",
    "valid_through",
)


def read_standing(path: Path) -> dict[str, dict[str, str]]:
    """The compared cells of a standing written as CSV, by partner."""
    with path.open(encoding="utf-8", newline="") as lines:
        return {row["partner_id"]: {column: row[column] for column in COMPARED} for row in csv.DictReader(lines)}


def differences(ours: Path, theirs: Path) -> list[str]:
    """One line for every partner that stands differently, sorted by partner; empty where both agree."""
    left, right = read_standing(ours), read_standing(theirs)
    found = []
    for partner in sorted(left.keys() | right.keys()):
        if partner not in left or partner not in right:
            found.append(f"{partner}: only in {'the review' if partner in left else 'the script'}")
            continue
        cells = [
            f"{column} {left[partner][column] or 'empty'} against {right[partner][column] or 'empty'}"
            for column in COMPARED
            if left[partner][column] != right[partner][column]
        ]
        if cells:
            found.append(f"{partner}: {', '.join(cells)}")
    return found


def main() -> int:
    """The command line: ``python -m tests.bench.compare REVIEW SCRIPT``; exit 1 where they differ."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("review", type=Path)
    parser.add_argument("script", type=Path)
    given = parser.parse_args()
    found = differences(given.review, given.script)
    lines = [f"result equal: {'no' if found else 'yes'} ({len(read_standing(given.script)):,} partners)"]
    lines += [f"  {line}" for line in found[:_SHOWN]]
    if len(found) > _SHOWN:
        lines.append(f"  and {len(found) - _SHOWN:,} more")
    sys.stdout.write("\n".join(lines) + "\n")
    return 1 if found else 0


if __name__ == "__main__":
    raise SystemExit(main())
