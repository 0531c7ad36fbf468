"""Remediation: clocks begin, run, are cleared and run out; literal frames in and out."""

import pytest

from tests.pipelines.standing_cases import CALENDAR, clocks, day, found, grants, ladder, same, state, steps
from tierctl.decisions import with_steps
from tierctl.grants import NO_END
from tierctl.program.model import Track
from tierctl.remediation import ending_ranks, with_clocks

AUTOMATIC = ladder(holds=['"while_met"'], downgrade='"automatic"', remediation_days=60)
ON_DECISION = ladder(holds=['"while_met"'], downgrade='"on_decision"', remediation_days=60)
AT_ONCE = ladder(holds=['"while_met"'], downgrade='"automatic"', remediation_days=0)
EACH_QUARTER = ladder(holds=['"while_met_each_calendar_quarter"'], downgrade='"automatic"', remediation_days=0)
HELD = grants(("A", 1, "earned", day("02-28"), NO_END))
FAILS, MET = found(("A", 1, False)), found(("A", 1, True))
RUNNING = clocks(("A", 1, day("03-31"), day("05-30")))


def test_a_review_that_finds_the_tier_failing_starts_its_clock() -> None:
    after = with_clocks(state(HELD), FAILS, (1,), AUTOMATIC, day("03-31"))
    same(after.clocks, RUNNING)
    same(after.grants, HELD)


def test_a_tier_that_is_not_held_has_no_clock() -> None:
    dated = grants(("A", 1, "approved", day("02-28"), day("06-30")))
    later = grants(("A", 1, "earned", day("04-01"), NO_END))
    for held in (grants(), dated, later):
        after = with_clocks(state(held), FAILS, (1,), AUTOMATIC, day("03-31"))
        same(after.clocks, clocks())
        same(after.grants, held)


@pytest.mark.parametrize("track", [AUTOMATIC, ON_DECISION])
def test_a_review_that_finds_it_met_clears_the_clock_even_after_its_end(track: Track) -> None:
    after = with_clocks(state(HELD, running=RUNNING), MET, (1,), track, day("05-31"))
    same(after.clocks, clocks())
    same(after.grants, HELD)


def test_a_partner_who_is_not_judged_keeps_the_clock() -> None:
    after = with_clocks(state(HELD, running=RUNNING), found(("B", 1, True)), (1,), AUTOMATIC, day("06-30"))
    same(after.clocks, RUNNING)
    same(after.grants, HELD)


@pytest.mark.parametrize(
    ("on", "through"),
    [("04-30", NO_END), ("05-29", NO_END), ("05-30", day("05-29")), ("05-31", day("05-30")), ("06-30", day("06-29"))],
)
def test_the_tier_is_lost_at_the_first_review_on_or_after_the_clocks_end(on: str, through: object) -> None:
    after = with_clocks(state(HELD, running=RUNNING), FAILS, (1,), AUTOMATIC, day(on))
    assert after.grants["through"].to_list() == [through]
    same(after.clocks, RUNNING if through == NO_END else clocks())


@pytest.mark.parametrize("on", ["05-30", "06-30"])
def test_where_a_person_decides_the_tier_outlives_its_clock(on: str) -> None:
    after = with_clocks(state(HELD, running=RUNNING), FAILS, (1,), ON_DECISION, day(on))
    same(after.grants, HELD)
    same(after.clocks, RUNNING)


def test_without_days_to_make_good_the_tier_is_lost_on_the_review_day() -> None:
    after = with_clocks(state(HELD), FAILS, (1,), AT_ONCE, day("03-31"))
    same(after.grants, grants(("A", 1, "earned", day("02-28"), day("03-30"))))
    same(after.clocks, clocks())


@pytest.mark.parametrize(("label", "ending"), [("2025-02", ()), ("2025-03", (1,)), ("2025-04", ()), ("2025-06", (1,))])
def test_a_tier_of_quarters_may_end_with_a_quarter_alone(label: str, ending: tuple[int, ...]) -> None:
    month = CALENDAR.month(label)
    assert ending_ranks(EACH_QUARTER, CALENDAR, month) == ending
    after = with_clocks(state(HELD), FAILS, ending, EACH_QUARTER, month.last)
    assert after.grants["through"].to_list() == [
        (day("03-30") if label == "2025-03" else day("06-29")) if ending else NO_END
    ]


def test_an_extension_moves_the_clock_and_without_its_own_end_by_the_tracks_days() -> None:
    held = grants(("A", 1, "earned", day("02-28"), NO_END), ("B", 1, "earned", day("02-28"), NO_END))
    running = clocks(("A", 1, day("03-31"), day("05-30")), ("B", 1, day("03-31"), day("05-30")))
    due = steps(
        {"partner_id": "A", "step": "extended", "rank": 1, "day": day("05-10"), "stated": day("07-31")},
        {"partner_id": "B", "step": "extended", "rank": 1, "day": day("05-10")},
    )
    after = with_steps(state(held, running=running), due, AUTOMATIC)
    same(after.clocks, clocks(("A", 1, day("03-31"), day("07-31")), ("B", 1, day("03-31"), day("07-09"))))
    same(after.grants, held)


def test_an_extension_without_a_clock_moves_dated_grants_alone() -> None:
    held = grants(("A", 1, "earned", day("02-28"), NO_END), ("B", 1, "placed", day("02-28"), day("06-30")))
    due = steps(
        {"partner_id": "A", "step": "extended", "rank": 1, "day": day("05-10"), "stated": day("07-31")},
        {"partner_id": "B", "step": "extended", "rank": 1, "day": day("05-10"), "stated": day("07-31")},
    )
    after = with_steps(state(held), due, AUTOMATIC)
    same(after.clocks, clocks())
    same(
        after.grants,
        grants(("A", 1, "earned", day("02-28"), NO_END), ("B", 1, "placed", day("02-28"), day("07-31"))),
    )


def test_a_downgrade_takes_the_higher_tiers_clocks_with_it() -> None:
    track = ladder(holds=['"while_met"', '"while_met"'], downgrade='"on_decision"', remediation_days=60)
    held = grants(("A", 1, "earned", day("02-28"), NO_END), ("A", 2, "earned", day("02-28"), NO_END))
    running = clocks(("A", 1, day("03-31"), day("05-30")), ("A", 2, day("03-31"), day("05-30")))
    due = steps({"partner_id": "A", "step": "downgraded", "rank": 1, "day": day("05-10")})
    after = with_steps(state(held, running=running), due, track)
    same(after.clocks, clocks(("A", 1, day("03-31"), day("05-30"))))
    same(
        after.grants,
        grants(("A", 1, "earned", day("02-28"), NO_END), ("A", 2, "earned", day("02-28"), day("05-09"))),
    )
