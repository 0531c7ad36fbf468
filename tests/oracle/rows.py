"""Rows as they read on a day, and the bounds that their cells must keep."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

Row = dict[str, Any]

NUMBER_WORDS = ("at_least", "more_than", "at_most", "less_than")
DATE_WORDS = ("since", "after", "through", "before")

ROW_DATES = {
    "mrr": "sold_on",
    "opportunities": "submitted_on",
    "health_scores": "scored_on",
    "certifications": "completed_on",
    "attestations": "attested_on",
    "decisions": "effective_on",
}
KNOWN_AHEAD = {"expires_on", "ends_on", "through"}


def as_of(export: str, row: Row, day: date) -> Row | None:
    """The row as it read on the day: what lies ahead has not happened yet; None where the row itself lies ahead."""
    own = row.get(ROW_DATES.get(export, ""))
    if own is not None and own > day:
        return None
    ahead = {column for column, cell in row.items() if isinstance(cell, date) and cell > day} - KNOWN_AHEAD
    seen = {column: None if column in ahead else cell for column, cell in row.items()}
    if export == "opportunities" and "closed_on" in ahead:
        seen["stage"] = "open"
    return seen


def compare(word: str, left: Any, right: Any) -> bool:
    """Whether two numbers, or two days, stand as the word says."""
    match word:
        case "at_least" | "since":
            return bool(left >= right)
        case "more_than" | "after":
            return bool(left > right)
        case "at_most" | "through":
            return bool(left <= right)
        case "less_than" | "before":
            return bool(left < right)
    raise ValueError(word)


def plain(value: Any, row: Row) -> Any:
    """What stands beside a word of a bound: a value, a share as its fraction, or the row's own column."""
    if isinstance(value, Mapping):
        return row[value["column"]]
    if isinstance(value, str) and value.endswith("%"):
        return Decimal(value.removesuffix("%").strip()) / 100
    return value


def meets(cell: Any, bound: Any, row: Row) -> bool:
    """Whether a cell keeps a bound. An empty cell keeps only `empty = true` and `not`."""
    if not isinstance(bound, Mapping) or "column" in bound:
        bound = {"equal": bound}
    for word, raw in bound.items():
        values = [plain(value, row) for value in (raw if isinstance(raw, list) else [raw])]
        match word:
            case "days_after":
                continue
            case "empty":
                kept = (cell is None) == raw
            case "not":
                kept = cell is None or cell not in values
            case "equal":
                kept = cell is not None and cell in values
            case _:
                measured = cell
                if "days_after" in bound:
                    start = row[bound["days_after"]]
                    measured = None if cell is None or start is None else (cell - start).days
                kept = measured is not None and values[0] is not None and compare(word, measured, values[0])
        if not kept:
            return False
    return True


def passes(row: Row, partner: Row, where: Mapping[str, Any]) -> bool:
    """Whether a row passes a condition: every entry must hold, of a group `any` at least one."""
    for key, entry in where.items():
        if key == "any":
            kept = any(passes(row, partner, inner) for inner in entry)
        elif key == "all":
            kept = all(passes(row, partner, inner) for inner in entry)
        elif key == "partner":
            kept = all(meets(partner[column], bound, partner) for column, bound in entry.items())
        elif key.startswith("partner."):
            kept = meets(partner[key.removeprefix("partner.")], entry, partner)
        else:
            kept = meets(row[key], entry, row)
        if not kept:
            return False
    return True
