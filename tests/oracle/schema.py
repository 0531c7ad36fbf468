"""What the exports' schemas say of their rows: the standard ones, and those that a program declares itself."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[2] / "schemas" / "exports"
ALWAYS_AHEAD = frozenset({"expires_on", "ends_on", "through"})


@dataclass(frozen=True)
class Schema:
    """The words of one export's schema that decide how its rows are read.

    Attributes:
        key: the columns that name a row; empty where rows have no name.
        row_date: the column before whose day the row is not there.
        known_ahead: date columns that are read before their day.
        before: column → (date column, what the column reads while that day lies ahead).
        money: columns in the row's currency.
        valid: the first and the last day on which a row is in force, where rows are joined by partner and day.
        adjusts: the column that names the row which a row adjusts, and as which it is tested.
    """

    key: tuple[str, ...] = ()
    row_date: str | None = None
    known_ahead: frozenset[str] = ALWAYS_AHEAD
    before: Mapping[str, tuple[str, Any]] | None = None
    money: frozenset[str] = frozenset()
    valid: tuple[str, str | None] | None = None
    adjusts: str | None = None


def listed(value: Any) -> list[Any]:
    """One or several, as a list."""
    return list(value) if isinstance(value, list | tuple) else [value]


def from_words(words: Mapping[str, Any]) -> Schema:
    """A schema from Table Schema words."""
    fields = words.get("fields", [])
    valid = words.get("valid") or words.get("tierctl:valid")
    ahead = frozenset(field["name"] for field in fields if field.get("tierctl:knownAhead") or field.get("knownAhead"))
    return Schema(
        key=tuple(listed(words.get("primaryKey", []))),
        row_date=words.get("tierctl:rowDate") or words.get("rowDate"),
        known_ahead=ahead,
        before={
            field["name"]: (column, reads)
            for field in fields
            for column, reads in field.get("tierctl:before", {}).items()
        },
        money=frozenset(field["name"] for field in fields if field.get("money") or field.get("tierctl:money")),
        valid=(valid["since"], valid.get("through")) if valid else None,
        adjusts=words.get("adjusts") or words.get("tierctl:adjusts"),
    )


@cache
def standard(name: str) -> Mapping[str, Any] | None:
    """The words of a standard export; None where there is none of that name."""
    path = FOLDER / f"{name}.json"
    if not path.exists():
        return None
    words: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return words


def schema_of(name: str, program: Mapping[str, Any] | None = None) -> Schema:
    """The schema of an export as a program sees it: the standard one with further columns, or its own."""
    own = (program or {}).get("exports", {}).get(name, {})
    usual = standard(name)
    if usual is None:
        return from_words(own) if own else Schema()
    return from_words(dict(usual) | dict(own) | {"fields": [*usual["fields"], *own.get("fields", [])]})
