"""Small programs and rows for the oracle alone: a program's text goes in, the rows of its reports come out."""

import json
import tomllib
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from tests import oracle
from tests.oracle.schema import standard

Row = dict[str, Any]
Given = Sequence[Mapping[str, Any]]
Program = dict[str, Any] | Sequence[dict[str, Any]]
Tables = dict[str, list[Row]]

MONTHS = oracle.Calendar.of_months()
WHOSE = {"partner_id": "A", "program": "small", "track": "main"}
DEFAULTS: Mapping[str, Mapping[str, Any]] = {
    "partners": {"name": "Partner", "good_standing": True},
    "mrr": {"currency": "USD", "customer_id": "X", "order_type": "new_logo", "promotional": False, "via_portal": True},
    "opportunities": {"stage": "open"},
    "projects": {"outcome": "successful"},
    "certifications": {"certification": "partner"},
    "attestations": {"value": 1},
    "decisions": {"decided_by": "Chief"},
}

HEAD = """
id = "small"
currency = "USD"
enrollment = "automatic"
effective_from = 2025-01-01
policy.rounding = "half_even"
policy.takes_effect = "month_end"
"""

TRACK = """
[tracks.main]
promotion = "automatic"
each_tier_requires = "its_own"
[[tracks.main.tiers]]
id = "base"
"""


def day(text: str) -> date:
    """A day of 2025 as month-day, or any day in full."""
    return date.fromisoformat(text if len(text) > 5 else f"2025-{text}")


def cell(value: Any) -> Any:
    """A cell as an export holds it: numbers as Decimals, days from their text."""
    if isinstance(value, str) and len(value) in {5, 10} and value.replace("-", "").isdigit():
        return day(value)
    is_number = isinstance(value, int | str) and not isinstance(value, bool)
    return Decimal(value) if is_number and str(value).lstrip("-").replace(".", "").isdigit() else value


def filled(program: Mapping[str, Any], export: str, rows: Given) -> list[Row]:
    """Whole rows: a key counted up, partner A and its track, what is not said empty."""
    words = standard(export) or {"fields": [], "primaryKey": []}
    own = program.get("exports", {}).get(export, {})
    names = [field["name"] for field in [*words["fields"], *own.get("fields", [])]]
    key = (own.get("primaryKey") or words.get("primaryKey") or [""])[0]
    counted = {key: export} if key.endswith("_id") and key not in {*WHOSE, "customer_id", "user_id"} else {}
    found = []
    for number, row in enumerate(rows):
        usual = dict.fromkeys(names) | {name: WHOSE[name] for name in names if name in WHOSE}
        numbered = {name: f"{text}{number:02d}" for name, text in counted.items()}
        said = {name: cell(value) for name, value in row.items()}
        found.append({**usual, **DEFAULTS.get(export, {}), **numbered, **said})
    return found


def program_of(*texts: str) -> dict[str, Any]:
    """A program from parts of its text, the usual head before them."""
    return tomllib.loads("".join([HEAD, *texts]), parse_float=Decimal)


def reviewed(program: Program, month: str, **rows: Given) -> Tables:
    """The reports of one month, of a program or its editions; partner A alone where no partners are given."""
    return reviewed_since(program, month, None, rows)


def reviewed_since(program: Program, month: str, money_from: str | None, rows: Mapping[str, Given]) -> Tables:
    """The same, the postings being made from a month on."""
    given = {"partners": [{"partner_id": "A"}], **rows}
    first = program if isinstance(program, dict) else program[0]
    exports = {name: filled(first, name, partial) for name, partial in given.items()}
    begins = MONTHS.month(money_from) if money_from else None
    return oracle.review(program, exports, MONTHS, MONTHS.month(month), money_from=begins)


def value_of(metric: str, month: str, *more: str, bound: str = "at_least = 1", **rows: Given) -> Any:
    """A metric's value as the open look's evidence shows it."""
    tier = f'[[tracks.main.tiers]]\nid = "gold"\nrequires.m = {{ {bound} }}\nholds = "while_met"\n'
    tables = reviewed(program_of(*more, f"[metrics.m]\n{metric}\n", TRACK, tier), month, **rows)
    return next(row["value"] for row in tables["evidence"] if row["metric"] == "m")


def standings(program: Program, months: Sequence[str], **rows: Given) -> list[Row]:
    """The standing of partner A on the track `main` after each month."""
    found = []
    for month in months:
        tables = reviewed(program, month, **rows)
        found += [row for row in tables["standing"] if (row["partner_id"], row["track"]) == ("A", "main")]
    return found


DEALS = """
[metrics.deals]
from = "opportunities"
count = "opportunity_id"
on = "submitted_on"
window = "calendar_month"
"""


def track(*tiers: str, base: str = "", **words: Any) -> str:
    """A track `main` of a base and further tiers, each as its id and the rest of its text."""
    usual = {"promotion": "automatic", "each_tier_requires": "its_own"} | words
    lines = [f"{word} = {json.dumps(value)}" for word, value in usual.items()]
    rungs = [f"[[tracks.main.tiers]]\nid = {tier}\n" for tier in (f'"base"\n{base}', *tiers)]
    return "\n".join(["[tracks.main]", *lines, *rungs])


def gold(holds: str, at_least: int = 2) -> str:
    return f'"gold"\nrequires.deals.at_least = {at_least}\nholds = {holds}\n'


def silver(holds: str, at_least: int = 1) -> str:
    return gold(holds, at_least).replace("gold", "silver")


def deals(*days: str) -> Given:
    return [{"submitted_on": on} for on in days]


def decision(word: str, tier: str, on: str, through: str | None = None) -> Mapping[str, Any]:
    return {"decision": word, "tier": tier, "effective_on": on, "through": through}


def months(first: int, last: int) -> list[str]:
    return [f"2025-{month:02d}" for month in range(first, last + 1)]


def told(rows: Sequence[Mapping[str, Any]], *columns: str) -> list[tuple[Any, ...]]:
    return [tuple(row[column] for column in columns) for row in rows]
