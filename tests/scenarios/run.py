"""One set of rows through both evaluators: tierctl itself and the oracle."""

from collections.abc import Mapping, Sequence
from datetime import date
from functools import cache
from typing import Any

import polars as pl

from tests import oracle
from tests.oracle.calendar import year_ends
from tests.scenarios import program_text
from tierctl.example_tables import tables_of
from tierctl.fiscal import Calendar
from tierctl.program.load import load_text
from tierctl.program.model import Program
from tierctl.review import Review, review

Frames = dict[str, tuple[pl.LazyFrame, ...]]
Rows = dict[str, list[dict[str, Any]]]
Holidays = Mapping[str, Sequence[date]]

MONEY = ("rates", "commissions", "credits", "not_earned", "statements")
COMPARED = ("standing", "evidence", "requalification", "benefits", "actions", *MONEY)
FREE_TEXT = {
    "standing": {"reason"},
    "actions": {"detail"},
    "rates": {"basis"},
    "not_earned": {"value", "needed"},
}
_LINE = ("program", "track", "partner_id", "earned_month", "rule", "source", "source_id", "kind", "currency")
KEYS = {
    "standing": ("program", "track", "partner_id"),
    "evidence": ("program", "track", "partner_id", "tier", "criterion", "window_from"),
    "requalification": ("program", "track", "partner_id", "tier", "criterion"),
    "benefits": ("program", "track", "partner_id", "benefit"),
    "actions": ("program", "track", "partner_id", "action", "due_on"),
    "rates": ("program", "track", "partner_id", "rule"),
    "commissions": _LINE,
    "credits": _LINE,
    "not_earned": ("program", "track", "partner_id", "rule", "source", "source_id"),
    "statements": ("program", "partner_id", "currency"),
}


@cache
def parsed(text: str) -> Program:
    """The program, which must load without an error."""
    program, findings = load_text(text, "scenario.toml")
    assert program is not None, "\n".join(map(str, findings))
    return program


def frames(program: Mapping[str, Any], rows: Mapping[str, Sequence[Mapping[str, object]]]) -> Frames:
    """The partial rows as full exports, as `tierctl program test` fills them."""
    return tables_of(parsed(program_text(program)), rows)


def read_back(tables: Frames) -> Rows:
    """Full exports as plain rows."""
    return {name: [row for part in parts for row in part.collect().to_dicts()] for name, parts in tables.items()}


def engine_calendar(calendar: Mapping[str, Any]) -> Calendar:
    """The calendar that `[calendar]` describes."""
    if calendar["kind"] == "months":
        return Calendar.months(year_starts=calendar.get("year_starts", 1))
    return Calendar.weeks(calendar["kind"], calendar["year_ends"])


@cache
def _oracle_calendar(kind: str, year_starts: int, ends: str) -> oracle.Calendar:
    if kind == "months":
        return oracle.Calendar.of_months(year_starts)
    return oracle.Calendar.of_weeks([int(weeks) for weeks in kind.split("-")], year_ends(ends))


def oracle_calendar(calendar: Mapping[str, Any]) -> oracle.Calendar:
    """The same calendar, the oracle's own."""
    return _oracle_calendar(calendar["kind"], calendar.get("year_starts", 1), calendar.get("year_ends", ""))


def by_engine(
    program: Mapping[str, Any],
    tables: Frames,
    calendar: Mapping[str, Any],
    month: str,
    *,
    partners: Sequence[str] | None = None,
    money_from: str | None = None,
    holidays: Holidays | None = None,
) -> Rows:
    """Every report of tierctl's review, as plain rows in the reports' order."""
    fiscal = engine_calendar(calendar)
    result = review(
        [parsed(program_text(program))],
        tables,
        fiscal,
        fiscal.month(month),
        partners=partners,
        money_from=fiscal.month(money_from) if money_from else None,
        holidays=holidays or {},
    )
    return rows_of(result)


def rows_of(result: Review) -> Rows:
    """Every report of tierctl's review, as plain rows in the reports' order."""
    return {name: result.tables[name].to_dicts() for name in COMPARED}


def by_oracle(
    program: Mapping[str, Any],
    rows: Rows,
    calendar: Mapping[str, Any],
    month: str,
    *,
    money_from: str | None = None,
    holidays: Holidays | None = None,
) -> Rows:
    """Every report of the oracle's review."""
    fiscal = oracle_calendar(calendar)
    begins = fiscal.month(money_from) if money_from else None
    return oracle.review(dict(program), rows, fiscal, fiscal.month(month), money_from=begins, holidays=holidays or {})


def differences(found: Rows, expected: Rows) -> list[str]:
    """What differs between two reviews but for free text, a line for each row; nothing where they agree."""
    lines = []
    for name in COMPARED:
        ours, theirs = (_by_key(name, tables) for tables in (found, expected))
        for key in sorted({*ours, *theirs}):
            if key not in ours or key not in theirs:
                lines.append(f"{name} {key}: only {'expected' if key in theirs else 'found'}: {(ours | theirs)[key]}")
                continue
            pairs = {column: (cell, theirs[key].get(column)) for column, cell in ours[key].items()}
            cells = [f"{column} is {a}, expected {b}" for column, (a, b) in pairs.items() if a != b]
            lines += [f"{name} {key}: {'; '.join(cells)}"] if cells else []
    return lines


def _by_key(name: str, tables: Rows) -> dict[tuple[str, ...], dict[str, Any]]:
    """The rows by their key; duties that differ in their free text alone are counted."""
    found: dict[tuple[str, ...], dict[str, Any]] = {}
    for row in tables[name]:
        key = tuple(str(row[column]) for column in KEYS[name])
        while key in found and name == "actions":
            key = (*key, "again")
        assert key not in found, f"{name} repeats {key}"
        found[key] = {column: cell for column, cell in row.items() if column not in FREE_TEXT.get(name, ())}
    return found
