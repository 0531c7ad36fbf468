"""Rows as they read on a day, and the bounds that their cells must keep."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from tests.oracle.figures import compare, figure, is_figure
from tests.oracle.schema import Schema, schema_of

Row = dict[str, Any]

NUMBER_WORDS = ("at_least", "more_than", "at_most", "less_than")
DATE_WORDS = ("since", "after", "through", "before")


def as_of(export: str, row: Row, day: date, schema: Schema | None = None) -> Row | None:
    """The row as it read on the day: what lies ahead has not happened yet; None where the row itself lies ahead."""
    says = schema or schema_of(export)
    own = row.get(says.row_date or "")
    if own is not None and own > day:
        return None
    ahead = {column for column, cell in row.items() if isinstance(cell, date) and cell > day} - says.known_ahead
    seen = {column: None if column in ahead else cell for column, cell in row.items()}
    for column, (until, reads) in (says.before or {}).items():
        if until in ahead:
            seen[column] = reads
    return seen


def meets(cell: Any, bound: Any, row: Row) -> bool:
    """Whether a cell keeps a bound. An empty cell keeps only `empty = true` and `not`.

    A figure in the bound reads the row's own columns.
    """
    if not isinstance(bound, Mapping) or is_figure(bound):
        bound = {"equal": bound}
    for word, raw in bound.items():
        values = [figure(value, row.__getitem__) for value in (raw if isinstance(raw, list) else [raw])]
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
    """Whether a row passes a condition: every entry must hold, of a group `any` at least one.

    The roster's columns are `partner.COLUMN`, those of a joined row `EXPORT.COLUMN`, written with or without a dot.
    """
    return keeps(row | {f"partner.{column}": cell for column, cell in partner.items()}, where)


def keeps(cells: Row, where: Mapping[str, Any], prefix: str = "") -> bool:
    """Whether cells under their full names keep a condition, whose names go on from the prefix."""
    for key, entry in where.items():
        name = f"{prefix}{key}"
        if name == "any":
            kept = any(keeps(cells, inner) for inner in entry)
        elif name == "all":
            kept = all(keeps(cells, inner) for inner in entry)
        elif name in cells:
            kept = meets(cells[name], entry, cells)
        else:
            kept = keeps(cells, entry, f"{name}.")
        if not kept:
            return False
    return True
