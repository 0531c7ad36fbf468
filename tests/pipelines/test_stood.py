"""Where partners stood on any day."""

from datetime import date
from typing import Any

import polars as pl
import pytest

from tests.scenarios import bundled, merged, program_text
from tests.scenarios.run import frames, parsed
from tierctl.climbing import Sources, climb_all
from tierctl.fiscal import Calendar
from tierctl.ladders import Ladder
from tierctl.reward.stood import FROM, THROUGH, TIER, Climbed, stood_on, unbroken

ELITE = {"tier": "elite", "decision": "prequalified", "effective_on": date(2025, 1, 10), "through": date(2025, 3, 10)}


def stood(rows: dict[str, list[dict[str, Any]]], month: str = "2025-05") -> pl.DataFrame:
    program = parsed(program_text(merged(bundled("elevate"), {})))
    tables = frames(bundled("elevate"), rows)
    calendar = Calendar.months()
    sources = Sources.of(tables, calendar, calendar.month(month), repeating=(), carried=None, partners=None)
    climbed = climb_all([program], sources, None)[Ladder("partner")]
    return stood_on(Ladder("partner"), Climbed(tuple(each.inputs for each in climbed.qualified), climbed.standing))


def on(spans: pl.DataFrame, day: date) -> str | None:
    found = spans.filter((pl.col(FROM) <= day) & (pl.col(THROUGH) >= day))[TIER].to_list()
    assert len(found) <= 1
    return found[0] if found else None


@pytest.mark.parametrize(
    ("day", "tier"),
    [
        (date(2024, 12, 31), None),
        (date(2025, 1, 9), "pioneer"),
        (date(2025, 1, 10), "elite"),
        (date(2025, 3, 10), "elite"),
        (date(2025, 3, 11), "pioneer"),
        (date(2030, 1, 1), "pioneer"),
    ],
)
def test_a_grant_stands_from_its_first_day_through_its_last(day: date, tier: str | None) -> None:
    spans = stood({"partners": [{"partner_id": "A"}], "decisions": [{"partner_id": "A", **ELITE}]})
    assert on(spans, day) == tier


@pytest.mark.parametrize(("day", "tier"), [(date(2025, 2, 14), "elite"), (date(2025, 2, 15), None)])
def test_nothing_stands_from_the_day_of_termination_on(day: date, tier: str | None) -> None:
    roster = [{"partner_id": "A", "terminated_on": date(2025, 2, 15)}]
    assert on(stood({"partners": roster, "decisions": [{"partner_id": "A", **ELITE}]}), day) == tier


def test_nothing_stands_for_whom_the_first_review_finds_suspended() -> None:
    roster = [{"partner_id": "A", "good_standing": False}]
    assert stood({"partners": roster, "decisions": [{"partner_id": "A", **ELITE}]}).is_empty()


def test_spans_that_touch_are_unbroken_and_a_day_between_breaks_them() -> None:
    days = [
        (date(2025, 1, 1), date(2025, 1, 31), "elite"),
        (date(2025, 2, 1), date(2025, 2, 28), "elite"),
        (date(2025, 3, 1), date(2025, 3, 1), "pioneer"),
        (date(2025, 3, 2), date(2025, 3, 31), "elite"),
    ]
    spans = pl.DataFrame([("A", *row) for row in days], schema=["partner_id", FROM, THROUGH, TIER], orient="row")
    assert sorted(unbroken(spans, ["elite"]).select(FROM, THROUGH).iter_rows()) == [
        (date(2025, 1, 1), date(2025, 2, 28)),
        (date(2025, 3, 2), date(2025, 3, 31)),
    ]
