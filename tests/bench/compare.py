"""Whether two reviews say the same: the standing cell by cell, the money line by line and to the cent."""

from __future__ import annotations

import argparse
import csv
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import duckdb

if TYPE_CHECKING:
    from collections.abc import Mapping

_SHOWN: Final = 10
LINES: Final = ("commissions", "credits")
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
_KEY: Final = ("partner_id", "rule")
_NUMBERS: Final = {"rate": "DECIMAL(18, 6)", "base": "DECIMAL(18, 2)", "amount": "DECIMAL(18, 2)"}
_COLUMNS: Final = (
    *("program", "track", "partner_id", "month", "earned_month", "rule", "source", "source_id", "customer_id"),
    *("tier", "rate", "base", "base_currency", "amount", "currency", "kind", "clause"),
)


@dataclass(frozen=True)
class Sums:
    """The lines of one partner and rule: how many, what they amount to, and a digest of all their cells."""

    lines: int
    amount: str
    digest: int


def read_standing(path: Path) -> dict[str, dict[str, str]]:
    """The compared cells of a standing written as CSV, by partner."""
    with path.open(encoding="utf-8", newline="") as lines:
        return {row["partner_id"]: {column: row[column] for column in COMPARED} for row in csv.DictReader(lines)}


def read_sums(path: Path) -> dict[tuple[str, str], Sums]:
    """What the lines of a file of commissions or credits add up to, by partner and rule."""
    types = ", ".join(f"'{name}': '{_NUMBERS.get(name, 'VARCHAR')}'" for name in _COLUMNS)
    cells = ", ".join(column for column in _COLUMNS if column not in _KEY)
    query = f"""
        SELECT {", ".join(_KEY)}, count(*), sum(amount)::VARCHAR, bit_xor(hash(ROW({cells})))
        FROM read_csv('{path}', header = true, auto_detect = false, columns = {{{types}}})
        GROUP BY ALL
    """  # noqa: S608
    with duckdb.connect() as connection:
        found = connection.execute(query).fetchall()
    return {(partner, rule): Sums(*sums) for partner, rule, *sums in found}


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


def line_differences(left: Mapping[tuple[str, str], Sums], right: Mapping[tuple[str, str], Sums]) -> list[str]:
    """One line for every partner and rule whose lines differ, sorted; empty where both agree."""
    found = []
    for key in sorted(left.keys() | right.keys()):
        mine, other = left.get(key), right.get(key)
        if mine != other:
            alike = mine and other and (mine.lines, mine.amount) == (other.lines, other.amount)
            said = "other cells of their lines" if alike else f"{_told(mine)} against {_told(other)}"
            found.append(f"{key[0]} {key[1]}: {said}")
    return found


def _told(sums: Sums | None) -> str:
    return f"{sums.lines:,} lines of {sums.amount}" if sums else "no lines"


def _say(title: str, found: list[str]) -> None:
    lines = [f"{title}: {'no' if found else 'yes'}", *(f"  {line}" for line in found[:_SHOWN])]
    if len(found) > _SHOWN:
        lines.append(f"  and {len(found) - _SHOWN:,} more")
    sys.stdout.write("\n".join(lines) + "\n")


def main() -> int:
    """The command line: ``python -m tests.bench.compare REVIEW SCRIPT``, two folders; exit 1 where they differ."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("review", type=Path)
    parser.add_argument("script", type=Path)
    given = parser.parse_args()
    partners = len(read_standing(given.script / "standing.csv"))
    differing = differences(given.review / "standing.csv", given.script / "standing.csv")
    _say(f"standing of {partners:,} partners equal", differing)
    for table in LINES:
        ours, theirs = (read_sums(folder / f"{table}.csv") for folder in (given.review, given.script))
        found = line_differences(ours, theirs)
        _say(f"{sum(sums.lines for sums in theirs.values()):,} lines of {table} equal", found)
        differing += found
    return 1 if differing else 0


if __name__ == "__main__":
    raise SystemExit(main())
