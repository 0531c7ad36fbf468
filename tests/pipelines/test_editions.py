"""Editions of one program: a month reads the latest in force at its end, and grants live on."""

from collections.abc import Mapping, Sequence
from datetime import date

import polars as pl
import pytest

from tierctl.examples import tables_from_rows
from tierctl.fiscal import Calendar
from tierctl.program.load import load_text
from tierctl.program.model import Program
from tierctl.resources import bundled_programs
from tierctl.review import review

CALENDAR = Calendar.months()
ROWS: Mapping[str, Sequence[Mapping[str, object]]] = {
    "partners": [{"partner_id": partner} for partner in ("A", "B", "C")],
    "mrr": [
        # A: 10,000 by May 2025. B: 12,000 less 3,000 in 2025, and from January 5, 2026 on the 3,000 are off again.
        {"partner_id": "A", "order_type": "new_logo", "mrr": 10_000, "invoiced_on": date(2025, 5, 10)},
        {"partner_id": "B", "order_type": "new_logo", "mrr": 12_000, "invoiced_on": date(2025, 5, 10)},
        {
            "partner_id": "B",
            "order_type": "new_logo",
            "mrr": -3_000,
            "invoiced_on": date(2025, 5, 11),
            "cancelled_on": date(2026, 1, 5),
        },
        {"partner_id": "C", "order_type": "new_logo", "mrr": 8_000, "invoiced_on": date(2026, 2, 10)},
    ],
    "opportunities": [
        {"times": 10, "partner_id": partner, "submitted_on": day}
        for partner, day in (("A", date(2025, 3, 1)), ("B", date(2025, 3, 1)), ("C", date(2026, 2, 1)))
    ],
}


def elevate(**changes: str) -> Program:
    """Elevate with words of its text replaced, without its examples."""
    text = (bundled_programs() / "elevate.toml").read_text(encoding="utf-8").partition("[[examples]]")[0]
    for old, new in changes.items():
        assert old in text
        text = text.replace(old, new)
    program, findings = load_text(text, "elevate.toml")
    assert program is not None, findings
    return program


FIRST = elevate()
LATER = {"effective_from = 2025-01-01": "effective_from = 2026-01-01", "counts_from    = 2025-01-01": ""}
SAME = elevate(**LATER)
LOWER = elevate(**LATER, **{"requires.net_new_mrr.at_least   = 10_000": "requires.net_new_mrr.at_least   = 8_000"})
RENAMED = elevate(**LATER, trailblazer="pathfinder", Trailblazer="Pathfinder")


def tables(programs: Sequence[Program], month: str) -> Mapping[str, pl.DataFrame]:
    exports = tables_from_rows(ROWS, currency="USD", program="elevate")
    return review(programs, exports, CALENDAR, CALENDAR.month(month)).tables


def standing(programs: Sequence[Program], month: str) -> dict[str, tuple[str | None, str | None, str]]:
    columns = ("previous_tier", "tier", "change")
    rows = tables(programs, month)["standing"].rows_by_key("partner_id", named=True, unique=True)
    return {partner: tuple(row[column] for column in columns) for partner, row in rows.items()}


@pytest.mark.parametrize("month", ["2025-12", "2026-01", "2026-02", "2027-01"])
def test_a_second_edition_that_says_the_same_changes_nothing(month: str) -> None:
    once, twice = tables([FIRST], month), tables([FIRST, SAME], month)
    assert {name: table.to_dicts() for name, table in twice.items()} == {
        name: table.to_dicts() for name, table in once.items()
    }


def test_a_lower_bar_holds_from_the_month_that_its_edition_is_in_force_at_the_end_of() -> None:
    # C has 8,000 in February 2026: enough for the second edition (8,000), too little for the first (10,000).
    assert standing([FIRST], "2026-02")["C"] == ("pioneer", "pioneer", "retained")
    assert standing([FIRST, LOWER], "2026-02")["C"] == ("pioneer", "trailblazer", "promoted")


def test_a_year_that_has_ended_is_judged_by_the_edition_that_saw_it_end() -> None:
    # On January 31, 2026 B's year 2025 reads 12,000 (the -3,000 is cancelled): met by the first edition's 10,000.
    # In December it read 9,000, which only the lower bar of 2026 would have let pass.
    assert standing([FIRST, LOWER], "2025-12")["B"] == ("pioneer", "pioneer", "retained")
    assert standing([FIRST, LOWER], "2026-01")["B"] == ("pioneer", "trailblazer", "promoted")


def test_a_tier_that_the_new_edition_lacks_stands_no_longer() -> None:
    assert standing([FIRST, RENAMED], "2025-12")["A"] == ("trailblazer", "trailblazer", "retained")
    assert standing([FIRST, RENAMED], "2026-01")["A"] == ("trailblazer", "pioneer", "retained")
