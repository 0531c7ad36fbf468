"""The oracle alone on standing, by cases worked out by hand."""

from datetime import date
from typing import Any

import pytest

from tests.properties.by_hand import (
    DEALS,
    Given,
    day,
    deals,
    decision,
    gold,
    months,
    program_of,
    reviewed,
    silver,
    standings,
    told,
    track,
)

WHILE = '"while_met"'


def test_without_remediation_a_tier_is_lost_at_the_review_that_finds_it_unmet() -> None:
    program = program_of(DEALS, track(gold(WHILE), remediation_days=0, downgrade="automatic"))
    rows = standings(program, months(1, 4), opportunities=deals("01-10", "01-11", "03-10", "03-11"))
    assert told(rows, "tier", "change", "basis", "valid_from", "valid_through") == [
        ("gold", "enrolled", "earned", day("01-31"), None),
        ("base", "demoted", "base", day("01-01"), None),
        ("gold", "promoted", "earned", day("03-31"), None),
        ("base", "demoted", "base", day("01-01"), None),
    ]


def test_remediation_ends_so_many_days_after_the_review_that_began_it() -> None:
    program = program_of(DEALS, track(gold(WHILE), silver(WHILE), remediation_days=60, downgrade="automatic"))
    program["tracks"]["main"]["tiers"].sort(key=lambda tier: ["base", "silver", "gold"].index(tier["id"]))
    given = deals("01-10", "01-11", "02-10", "03-10", "04-10", "05-10")
    # February 28 and 60 days: April 29; April's review is the first on or after it
    rows = standings(program, months(1, 5), opportunities=given)
    assert told(rows, "tier", "status", "basis", "valid_from", "remediation_ends_on") == [
        ("gold", "active", "earned", day("01-31"), None),
        ("gold", "remediation", "remediation", day("01-31"), day("04-29")),
        ("gold", "remediation", "remediation", day("01-31"), day("04-29")),
        ("silver", "active", "earned", day("01-31"), None),
        ("silver", "active", "earned", day("01-31"), None),
    ]
    notices = [reviewed(program, month, opportunities=given)["actions"] for month in months(1, 4)]
    assert [told(found, "action", "due_on") for found in notices] == [
        [],
        [("notify_remediation", day("02-28"))],
        [],
        [],
    ]


def test_remediation_is_cleared_when_met_again() -> None:
    program = program_of(DEALS, track(gold(WHILE), remediation_days=60, downgrade="automatic"))
    given = deals("01-10", "01-11", "03-10", "03-11")
    rows = standings(program, months(2, 5), opportunities=given)
    # April 30 and 60 days: June 29
    assert told(rows, "tier", "status", "remediation_ends_on", "change") == [
        ("gold", "remediation", day("04-29"), "retained"),
        ("gold", "active", None, "retained"),
        ("gold", "remediation", day("06-29"), "retained"),
        ("gold", "remediation", day("06-29"), "retained"),
    ]


def test_a_downgrade_awaits_its_decision() -> None:
    program = program_of(DEALS, track(gold(WHILE), remediation_days=30, downgrade="on_decision"))
    given = deals("01-10", "01-11")
    # February 28 and 30 days: March 30
    waiting = {"opportunities": given}
    assert told(standings(program, ["2025-05"], **waiting), "tier", "remediation_ends_on") == [("gold", day("03-30"))]
    due = [told(reviewed(program, month, **waiting)["actions"], "action", "due_on") for month in months(2, 4)]
    assert due == [
        [("notify_remediation", day("02-28"))],
        [("review_downgrade", day("03-31"))],
        [("review_downgrade", day("04-30"))],
    ]
    fallen = waiting | {"decisions": [decision("downgraded", "base", "04-10")]}
    assert told(standings(program, months(4, 5), **fallen), "tier", "change", "status") == [
        ("base", "demoted", "active"),
        ("base", "retained", "active"),
    ]
    longer = waiting | {"decisions": [decision("extended", "gold", "04-10", "05-31")]}
    (row,) = standings(program, ["2025-04"], **longer)
    assert (row["tier"], row["remediation_ends_on"]) == ("gold", day("05-31"))
    assert not reviewed(program, "2025-04", **longer)["actions"]
    assert told(reviewed(program, "2025-05", **longer)["actions"], "action", "due_on") == [
        ("review_downgrade", day("05-31"))
    ]
    # Without `through`: April 10 and 30 days
    thirty = waiting | {"decisions": [decision("extended", "gold", "04-10")]}
    assert standings(program, ["2025-04"], **thirty)[0]["remediation_ends_on"] == day("05-10")


def test_what_is_lost_only_at_the_end_of_a_quarter() -> None:
    program = program_of(
        DEALS, track(gold('"while_met_each_calendar_quarter"'), remediation_days=0, downgrade="automatic")
    )
    rows = standings(program, months(1, 3), opportunities=deals("01-10", "01-11"))
    assert [row["tier"] for row in rows] == ["gold", "gold", "base"]
    again = standings(program, months(1, 3), opportunities=deals("01-10", "01-11", "03-10", "03-11"))
    assert [row["tier"] for row in again] == ["gold", "gold", "gold"]


def test_a_decision_with_an_end_knows_no_remediation() -> None:
    program = program_of(DEALS, track(gold(WHILE), remediation_days=30, downgrade="automatic"))
    dated = [decision("approved", "gold", "01-10", "03-15")]
    rows = standings(program, months(1, 3), decisions=dated)
    assert told(rows, "tier", "status", "valid_through") == [
        ("gold", "active", day("03-15")),
        ("gold", "active", day("03-15")),
        ("base", "active", None),
    ]
    endless = [decision("approved", "gold", "01-10")]
    # January 31 and 30 days: March 2
    assert told(standings(program, months(1, 3), decisions=endless), "tier", "status", "remediation_ends_on") == [
        ("gold", "remediation", day("03-02")),
        ("gold", "remediation", day("03-02")),
        ("base", "active", None),
    ]


YEAR = '"through_calendar_year"'


def test_evidence_alone_does_not_promote() -> None:
    program = program_of(DEALS, track(silver(YEAR), gold(YEAR), promotion="on_decision"))
    given = {"opportunities": deals("01-10", "01-11", "02-10")}
    rows = standings(program, months(1, 2), **given)
    assert told(rows, "tier", "earned_tier", "status") == [
        ("base", "gold", "pending_approval"),
        ("base", "silver", "pending_approval"),
    ]
    assert told(reviewed(program, "2025-01", **given)["actions"], "action", "due_on") == [
        ("approve_promotion", day("02-28"))
    ]
    approved = given | {"decisions": [decision("approved", "silver", "02-10")]}
    # The merit of gold lasts through 2025; silver, met in February, is at the standing rank and earned as usual
    (row,) = standings(program, ["2025-02"], **approved)
    assert (row["tier"], row["status"], row["basis"]) == ("silver", "pending_approval", "approved")
    both = given | {"decisions": [decision("approved", "gold", "02-10"), decision("declined", "gold", "02-11")]}
    assert told(standings(program, ["2025-02"], **both), "tier", "status") == [("gold", "active")]


def test_a_declined_tier_is_pending_no_more_while_it_is_earned() -> None:
    program = program_of(
        DEALS, track(silver('"through_calendar_quarter"'), gold('"through_calendar_month"'), promotion="on_decision")
    )
    given = {
        "opportunities": deals("01-10", "01-11", "03-10", "03-11"),
        "decisions": [decision("declined", "gold", "01-15")],
    }

    def pending(**rows: Given) -> list[str]:
        return [
            " ".join(row["action"] for row in reviewed(program, month, **rows)["actions"]) for month in months(1, 3)
        ]

    # January: gold declined, silver still pending. In February gold is found not earned: March's is pending again
    statuses = told(standings(program, months(1, 3), **given), "tier", "status")
    assert statuses == [("base", "pending_approval")] * 3
    assert pending(**given) == ["approve_promotion"] * 3
    both = given | {
        "decisions": [decision("declined", "gold", "01-15"), decision("declined", "silver", "01-15", "02-28")]
    }
    assert pending(**both) == ["", "", "approve_promotion"]


def required(*texts: str) -> dict[str, Any]:
    return program_of(*texts) | {"enrollment": "required"}


def test_an_enrollment_begins_places_and_expires() -> None:
    program = required(DEALS, track(silver('"through_enrollment"'), gold(YEAR)))
    rows: dict[str, Given] = {
        "enrollments": [
            {"enrolled_on": "02-10", "expires_on": "04-20", "tier": "silver"},
            {"enrolled_on": "06-10", "tier": "gold"},
        ]
    }
    assert not standings(program, ["2025-01"], **rows)
    found = standings(program, months(2, 6), **rows)
    assert told(found, "tier", "status", "change", "basis", "valid_from", "valid_through", "earned_tier") == [
        ("silver", "active", "enrolled", "placed", day("02-10"), day("04-20"), "base"),
        ("silver", "active", "retained", "placed", day("02-10"), day("04-20"), "base"),
        (None, "expired", "expired", None, None, None, None),
        (None, "expired", "retained", None, None, None, None),
        ("gold", "active", "enrolled", "placed", day("06-10"), day("12-31"), "base"),
    ]
    march = reviewed(program, "2025-03", **rows)
    assert told(march["actions"], "action", "due_on") == [("decide_extension", day("04-20"))]
    april = reviewed(program, "2025-04", **rows)
    assert not april["evidence"] + april["requalification"] + april["actions"]


def test_a_new_enrollment_starts_anew() -> None:
    program = required(
        DEALS,
        track(gold(YEAR)),
        '[benefits.portal]\ntiers = ["gold"]\n',
    )
    rows: dict[str, Given] = {
        "enrollments": [{"enrolled_on": "01-10", "expires_on": "03-10"}, {"enrolled_on": "03-11"}],
        "opportunities": deals("02-10", "02-11"),
    }
    found = standings(program, months(2, 3), **rows)
    assert told(found, "tier", "change", "previous_tier", "valid_from") == [
        ("gold", "promoted", "base", day("02-28")),
        # February's deals earn gold no more: of the calendar months only February is looked at again
        ("gold", "enrolled", "gold", day("03-31")),
    ]
    (row,) = reviewed(program, "2025-03", **rows)["benefits"]
    assert (row["change"], row["from"]) == ("kept", day("03-31"))
    assert not reviewed(program, "2025-02", **rows)["actions"]


@pytest.mark.parametrize(
    ("holds", "through"),
    [
        ('"through_enrollment"', "2026-06-09"),
        # Enrolled on February 29, 2024: the anniversary after March 31, 2025 is February 28, 2026
        ('"through_anniversary"', "2026-02-27"),
    ],
)
def test_how_long_an_enrollment_carries_a_tier(holds: str, through: str) -> None:
    program = required(DEALS, track(gold(holds)))
    rows: dict[str, Given] = {
        "enrollments": [{"enrolled_on": "2024-02-29", "expires_on": "2026-06-09"}],
        "opportunities": deals("03-10", "03-11"),
    }
    (row,) = standings(program, ["2025-03"], **rows)
    assert (row["tier"], row["valid_through"]) == ("gold", date.fromisoformat(through))


def test_an_anniversary_of_joining() -> None:
    program = program_of(DEALS, track(gold('"through_anniversary"')))
    rows: dict[str, Given] = {"partners": [{"partner_id": "A", "joined_on": "2023-03-31"}]}
    (row,) = standings(program, ["2025-03"], opportunities=deals("03-10", "03-11"), **rows)
    # March 31 is not after the merit of March 31
    assert row["valid_through"] == day("2026-03-30")


def test_a_base_that_is_required_is_nobodys_by_default() -> None:
    program = program_of(
        DEALS, track(gold(YEAR, 3), base=f"requires.deals.at_least = 1\nholds = {WHILE}", remediation_days=0)
    )
    rows = standings(program, months(1, 3), opportunities=deals("02-10"))
    assert told(rows, "tier", "earned_tier", "status", "change", "basis") == [
        (None, None, "active", "enrolled", None),
        ("base", "base", "active", "promoted", "earned"),
        (None, None, "active", "demoted", None),
    ]


TWO = """
[metrics.sales]
from = "mrr"
sum = "mrr"
on = "sold_on"
window = "calendar_month"
[tracks.other]
promotion = "automatic"
each_tier_requires = "its_own"
tiers = [{ id = "none" }, { id = "pro", requires.sales.at_least = 5, holds = { fiscal_months = 1 } }]
"""


def test_a_tier_of_another_track_is_required() -> None:
    tier = f'"gold"\nrequires.tier = {{ at_least = "pro", track = "other" }}\nholds = {WHILE}\n'
    program = program_of(TWO, track(tier, remediation_days=0))
    rows: dict[str, Given] = {"mrr": [{"sold_on": "02-10", "mrr": 5}]}
    found = standings(program, months(1, 4), **rows)
    # pro from February 28 through March 31
    assert [row["tier"] for row in found] == ["base", "gold", "gold", "base"]
    (row,) = [row for row in reviewed(program, "2025-02", **rows)["evidence"] if row["track"] == "main"]
    names = ("criterion", "metric", "value", "operator", "threshold", "outcome", "missing")
    assert tuple(row[name] for name in names) == ("tier", None, None, "at_least", None, "met", None)


def test_a_qualification_is_earned_and_kept_beside_the_ladder() -> None:
    requires = 'requires = { deals.at_least = 1, tier.at_least = "gold" }'
    qualification = f"[tracks.main.qualifications.club]\n{requires}\nholds = {YEAR}\n"
    program = program_of(DEALS, track(gold('"through_calendar_month"')), qualification)
    rows = {"opportunities": deals("02-10", "02-11")}

    def outcomes(month: str) -> list[tuple[Any, ...]]:
        found = reviewed(program, month, **rows)
        mine = [row for row in found["evidence"] if row["tier"] == "club"]
        return told([row for row in mine if row["window_from"] >= day(f"{month[5:]}-01")], "criterion", "outcome")

    assert outcomes("2025-02") == [("deals", "met"), ("tier", "met")]
    assert outcomes("2025-03") == [("deals", "not_met"), ("tier", "not_met")]
    march = reviewed(program, "2025-03", **rows)["requalification"]
    club = [row for row in march if row["tier"] == "club"]
    # Held through 2025 already, which is all that meeting it again would give
    assert told(club, "criterion", "valid_through", "value", "outlook", "falls_on") == [
        ("deals", day("12-31"), 0, "requalified", None)
    ]


def test_qualified_is_a_requirement() -> None:
    qualification = f"[tracks.main.qualifications.club]\nrequires.deals.at_least = 1\nholds = {YEAR}\n"
    tier = f'"gold"\nrequires.qualified.name = "club"\nholds = {WHILE}\n'
    program = program_of(DEALS, track(tier, remediation_days=0), qualification)
    rows = standings(program, months(1, 3), opportunities=deals("02-10"))
    assert [row["tier"] for row in rows] == ["base", "gold", "gold"]
