"""Enrollment: the period of a day, how long a tier lasts in it, and what a new one ends and begins."""

from datetime import date

import polars as pl
import pytest

from tests.pipelines.standing_cases import clocks, day, declined, grants, inputs_of, ladder, program, same, state, steps
from tierctl.decisions import steps_of, with_steps
from tierctl.earning import with_held
from tierctl.enrollment import running_on, with_period
from tierctl.grants import NO_END
from tierctl.program.model import Program
from tierctl.program.values import Holds

TRACK = ladder(holds=['"through_calendar_year"'])
TEXT = """
id = "small"
name = "Small"
currency = "USD"
enrollment = "ENROLLMENT"
effective_from = 2025-01-01
[policy]
rounding = "half_even"
takes_effect = "month_end"
[metrics.deals]
from = "opportunities"
count = "opportunity_id"
on = "submitted_on"
window = "calendar_month"
[tracks.partner]
promotion = "automatic"
each_tier_requires = "its_own"
[[tracks.partner.tiers]]
id = "base"
[[tracks.partner.tiers]]
id = "t1"
clause = "C"
requires.deals.at_least = 1
holds = "through_enrollment"
"""
ENROLLED: list[dict[str, object]] = [
    {"partner_id": "A", "enrolled_on": date(2025, 1, 10), "expires_on": date(2025, 3, 31)},
    {"partner_id": "A", "enrolled_on": date(2025, 4, 10), "tier": "t1"},
]


def small(enrollment: str = "required") -> Program:
    held = TEXT if enrollment == "required" else TEXT.replace("through_enrollment", "through_anniversary")
    return program(held.replace("ENROLLMENT", enrollment))


@pytest.mark.parametrize(
    ("on", "enrolled_on", "runs"),
    [
        ("01-09", None, False),
        ("01-10", "01-10", True),
        ("03-31", "01-10", True),
        ("04-01", "01-10", False),
        ("04-09", "01-10", False),
        ("04-10", "04-10", True),
    ],
)
def test_the_current_period_is_the_latest_that_has_begun(on: str, enrolled_on: str | None, runs: bool) -> None:
    inputs = inputs_of(small(), {"partners": [{"partner_id": "A"}], "enrollments": ENROLLED}, "2025-05")
    rows = inputs.roster.select("partner_id", day=pl.lit(day(on)))
    expected = day(enrolled_on) if enrolled_on else None
    assert with_period(rows, inputs.enrolled, on="day")["enrolled_on"].to_list() == [expected]
    assert running_on(rows, inputs.enrolled, on="day").height == runs


@pytest.mark.parametrize(
    ("on", "held"), [("01-09", None), ("01-10", "03-31"), ("04-05", "03-31"), ("04-10", "9999-12-31")]
)
def test_a_tier_lasts_as_the_enrollment_of_the_day_on_which_it_was_merited(on: str, held: str | None) -> None:
    inputs = inputs_of(small(), {"partners": [{"partner_id": "A"}], "enrollments": ENROLLED}, "2025-05")
    rows = inputs.roster.select("partner_id", day=pl.lit(day(on)))
    found = with_held(rows, Holds.model_validate("through_enrollment"), inputs, on="day")
    assert found["held"].to_list() == [day(held) if held else None]


@pytest.mark.parametrize(
    ("joined_on", "merit", "held"),
    [
        ("2024-05-15", "2025-05-13", "2025-05-14"),
        ("2024-05-15", "2025-05-14", "2025-05-14"),
        ("2024-05-15", "2025-05-15", "2026-05-14"),
        ("2024-02-29", "2025-02-27", "2025-02-27"),
        ("2024-02-29", "2025-02-28", "2026-02-27"),
        ("2024-02-29", "2028-01-31", "2028-02-28"),
        ("2024-02-29", "2028-02-28", "2028-02-28"),
        ("2024-02-29", "2028-02-29", "2029-02-27"),
        ("2024-01-01", "2025-12-31", "2025-12-31"),
    ],
)
def test_a_tier_lasts_until_the_day_before_the_next_anniversary(joined_on: str, merit: str, held: str) -> None:
    partners = [{"partner_id": "A", "joined_on": day(joined_on)}]
    inputs = inputs_of(small("automatic"), {"partners": partners}, "2025-05")
    rows = inputs.roster.select("partner_id", day=pl.lit(day(merit)))
    found = with_held(rows, Holds.model_validate("through_anniversary"), inputs, on="day")
    assert found["held"].to_list() == [day(held)]


def test_an_enrollment_stands_before_the_decisions_of_its_day() -> None:
    decision: dict[str, object] = {"partner_id": "A", "track": "partner", "program": "small", "tier": "t1"}
    rows: dict[str, list[dict[str, object]]] = {
        "partners": [{"partner_id": "A"}],
        "enrollments": ENROLLED,
        "decisions": [
            decision | {"decision_id": "D2", "decision": "placed", "effective_on": date(2025, 4, 10)},
            decision | {"decision_id": "D1", "decision": "approved", "effective_on": date(2025, 4, 10)},
            decision | {"decision_id": "D3", "decision": "declined", "effective_on": date(2025, 4, 9)},
        ],
    }
    inputs = inputs_of(small(), rows, "2025-05")
    decisions = inputs.rows("decisions").with_columns(pl.col("partner_id").cast(inputs.partner_type))
    found = steps_of(decisions, inputs, inputs.program.tracks["partner"])
    assert found.select("step", "rank", "from", "through", "closes_on").rows() == [
        ("enrolled", None, day("01-10"), None, None),
        ("declined", 1, day("04-09"), day("03-31"), None),
        ("enrolled", 1, day("04-10"), NO_END, day("03-31")),
        ("approved", 1, day("04-10"), NO_END, None),
        ("placed", 1, day("04-10"), NO_END, None),
    ]


def test_a_new_enrollment_ends_what_was_held_and_begins_with_the_base_and_its_own_tier() -> None:
    before = state(
        grants(
            ("A", 0, "base", day("01-01"), NO_END),
            ("A", 1, "earned", day("02-28"), day("12-31")),
            ("B", 0, "base", day("01-01"), NO_END),
        ),
        merits=grants(("A", 2, "earned", day("02-28"), NO_END), ("B", 2, "earned", day("02-28"), NO_END)),
        running=clocks(("A", 1, day("03-31"), day("05-30")), ("B", 1, day("03-31"), day("05-30"))),
        refused=declined(("A", 2, day("03-10"), None), ("B", 2, day("03-10"), None)),
    )
    enrolled = {"step": "enrolled", "partner_id": "A", "rank": 1, "day": day("04-10"), "through": day("12-31")}
    after = with_steps(before, steps(enrolled | {"closes_on": day("04-05")}), TRACK)
    same(
        after.grants,
        grants(
            ("A", 0, "base", day("04-10"), NO_END),
            ("A", 1, "placed", day("04-10"), day("12-31")),
            ("B", 0, "base", day("01-01"), NO_END),
        ),
    )
    same(
        after.ended,
        grants(("A", 0, "base", day("01-01"), day("04-05")), ("A", 1, "earned", day("02-28"), day("04-05"))),
    )
    same(after.merits, grants(("B", 2, "earned", day("02-28"), NO_END)))
    same(after.clocks, clocks(("B", 1, day("03-31"), day("05-30"))))
    same(after.declined, declined(("B", 2, day("03-10"), None)))


def test_the_first_enrollment_ends_nothing() -> None:
    before = state(grants(("A", 1, "prequalified", day("01-01"), day("12-31"))))
    enrolled = {"step": "enrolled", "partner_id": "A", "day": day("02-10"), "through": None}
    after = with_steps(before, steps(enrolled), TRACK)
    same(
        after.grants,
        grants(("A", 1, "prequalified", day("01-01"), day("12-31")), ("A", 0, "base", day("02-10"), NO_END)),
    )
