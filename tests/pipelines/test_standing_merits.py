"""Promotion by decision: what is earned above the standing tier is a merit and waits; literal frames in and out."""

from datetime import date

import pytest

from tests.pipelines.standing_cases import day, declined, found, grants, ladder, month, same, state, steps
from tierctl.grants import NO_END
from tierctl.standing import advance

TRACK = ladder(holds=['"through_calendar_year"', '"through_calendar_year"'], promotion="on_decision")
WHILE_MET = ladder(holds=['"while_met"'], promotion="on_decision", downgrade='"on_decision"', remediation_days=60)
BASE = ("A", 0, "base", date(2025, 1, 1), NO_END)
YEAR_END = day("12-31")


def test_what_is_earned_above_the_standing_tier_is_a_merit_and_gives_none() -> None:
    earned = grants(("A", 1, "earned", day("03-31"), YEAR_END))
    after = advance(state(grants(BASE)), month("03-31", earned=earned), TRACK)
    same(after.grants, grants(BASE))
    same(after.merits, earned)


def test_who_has_no_tier_at_all_is_below_the_base_too() -> None:
    earned = grants(("A", 0, "earned", day("03-31"), YEAR_END))
    after = advance(state(), month("03-31", earned=earned), TRACK)
    same(after.grants, grants())
    same(after.merits, earned)


@pytest.mark.parametrize(
    ("approved_on", "rank", "is_granted"),
    [("03-31", 2, True), ("03-31", 1, True), ("03-31", 3, False), ("04-01", 1, False)],
)
def test_what_is_earned_up_to_the_tier_that_decisions_have_raised_to_is_granted(
    approved_on: str, rank: int, is_granted: bool
) -> None:
    earned = grants(("A", rank, "earned", day("03-31"), YEAR_END))
    approved = ("A", 2, "approved", day(approved_on), YEAR_END)
    after = advance(state(grants(BASE, approved)), month("03-31", earned=earned), TRACK)
    same(after.merits, grants() if is_granted else earned)
    assert after.grants.height == (3 if is_granted else 2)


def test_a_decision_of_the_month_comes_before_its_evidence() -> None:
    earned = grants(("A", 1, "earned", day("03-31"), YEAR_END))
    due = steps({"partner_id": "A", "step": "approved", "rank": 1, "day": day("03-31"), "stated": day("03-31")})
    after = advance(state(grants(BASE)), month("03-31", due=due, earned=earned), TRACK)
    same(after.merits, grants())
    same(after.grants, grants(BASE, ("A", 1, "approved", day("03-31"), day("03-31")), *earned.drop("because").rows()))


def test_merits_stay_merits_and_grow_together() -> None:
    before = state(grants(BASE), merits=grants(("A", 1, "earned", day("03-31"), day("06-30"))))
    earned = grants(("A", 1, "earned", day("06-30"), day("09-30")))
    after = advance(before, month("06-30", earned=earned), TRACK)
    same(after.merits, grants(("A", 1, "earned", day("03-31"), day("09-30"))))


def test_a_merit_of_a_tier_held_while_met_goes_with_what_is_met() -> None:
    merits = grants(("A", 1, "earned", day("02-28"), NO_END), ("B", 1, "earned", day("02-28"), NO_END))
    after = advance(state(merits=merits), month("03-31", of=found(("A", 1, False)), ending=(1,)), WHILE_MET)
    same(after.merits, grants(("B", 1, "earned", day("02-28"), NO_END)))


def test_a_refusal_is_kept_with_its_own_end() -> None:
    due = steps(
        {"partner_id": "A", "step": "declined", "rank": 1, "day": day("03-10")},
        {"partner_id": "B", "step": "declined", "rank": 1, "day": day("03-10"), "stated": day("04-30")},
    )
    merits = grants(("A", 1, "earned", day("02-28"), YEAR_END))
    after = advance(state(merits=merits), month("03-31", due=due), TRACK)
    same(after.declined, declined(("A", 1, day("03-10"), None), ("B", 1, day("03-10"), day("04-30"))))


def test_where_promotion_is_automatic_a_refusal_changes_nothing() -> None:
    due = steps({"partner_id": "A", "step": "declined", "rank": 1, "day": day("03-10")})
    earned = grants(("A", 1, "earned", day("03-31"), YEAR_END))
    automatic = ladder(holds=['"through_calendar_year"'])
    after = advance(state(grants(BASE)), month("03-31", due=due, earned=earned), automatic)
    same(after.grants, grants(BASE, *earned.drop("because").rows()))
    same(after.declined, declined())


@pytest.mark.parametrize(("through", "lasts"), [("03-30", False), ("03-31", True), ("04-30", True)])
def test_a_refusal_lasts_as_long_as_the_merit_covers_the_review_day(through: str, lasts: bool) -> None:
    refused = declined(("A", 1, day("03-10"), None))
    before = state(merits=grants(("A", 1, "earned", day("02-28"), day(through))), refused=refused)
    after = advance(before, month("03-31"), TRACK)
    same(after.declined, refused if lasts else declined())


@pytest.mark.parametrize("met", [True, False])
def test_a_refusal_of_a_tier_held_while_met_lasts_as_long_as_it_is_met(met: bool) -> None:
    refused = declined(("A", 1, day("03-10"), None), ("B", 1, day("03-10"), None))
    before = state(merits=grants(("A", 1, "earned", day("02-28"), NO_END)), refused=refused)
    after = advance(before, month("03-31", of=found(("A", 1, met)), ending=(1,)), WHILE_MET)
    same(after.declined, refused if met else declined(("B", 1, day("03-10"), None)))


def test_a_downgrade_ends_the_merits_above_the_tier_fallen_to() -> None:
    merits = grants(("A", 1, "earned", day("02-28"), YEAR_END), ("A", 2, "earned", day("02-28"), YEAR_END))
    due = steps({"partner_id": "A", "step": "downgraded", "rank": 1, "day": day("03-10")})
    after = advance(state(grants(BASE), merits=merits), month("03-31", due=due), TRACK)
    same(
        after.merits, grants(("A", 1, "earned", day("02-28"), YEAR_END), ("A", 2, "earned", day("02-28"), day("03-09")))
    )
    same(after.grants, grants(BASE))


@pytest.mark.parametrize(("first", "is_placed"), [("03-10", False), ("03-11", True)])
def test_a_downgrade_gives_the_tier_fallen_to_where_the_partner_does_not_hold_it(first: str, is_placed: bool) -> None:
    held = grants(BASE, ("A", 1, "earned", day(first), YEAR_END), ("A", 2, "approved", day("02-28"), YEAR_END))
    due = steps({"partner_id": "A", "step": "downgraded", "rank": 1, "day": day("03-10"), "through": YEAR_END})
    after = advance(state(held), month("03-31", due=due), TRACK)
    placed = [("A", 1, "placed", day("03-10"), YEAR_END)] if is_placed else []
    kept = [("A", 1, "earned", day(first), YEAR_END), ("A", 2, "approved", day("02-28"), day("03-09"))]
    same(after.grants, grants(BASE, *kept, *placed))
