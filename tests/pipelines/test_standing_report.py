"""The standing report's reasons: what a reader has to know beside the columns."""

from collections.abc import Mapping, Sequence
from datetime import date

import pytest

from tests.pipelines.standing_cases import CALENDAR, program
from tierctl.example_tables import tables_of
from tierctl.review import review

PROGRAM = """
id = "small"
name = "Small"
currency = "USD"
enrollment = "required"
effective_from = 2025-01-01
counts_only = "seen_by_primary_user"
[policy]
rounding = "half_even"
takes_effect = "month_end"
[metrics.deals]
from = "opportunities"
count = "opportunity_id"
on = "submitted_on"
window = "calendar_month"
[tracks.partner]
promotion = "on_decision"
downgrade = "on_decision"
remediation_days = 45
each_tier_requires = "its_own"
[tracks.partner.qualifications.volume]
clause = "V1"
requires.deals.at_least = 3
holds = "through_next_calendar_quarter"
[tracks.partner.qualifications.busy]
clause = "V2"
requires.deals.at_least = 2
holds = "while_met"
[[tracks.partner.tiers]]
id = "silver"
clause = "S1"
requires.deals.at_least = 1
holds = "while_met"
[[tracks.partner.tiers]]
id = "gold"
clause = "G1"
requires.deals.at_least = 2
holds = "through_calendar_year"
"""
Rows = Mapping[str, Sequence[Mapping[str, object]]]


def reason(month: str, **rows: Sequence[Mapping[str, object]]) -> str:
    """The reason of the only partner, enrolled from 2025-01-01 unless its enrollments are given."""
    enrolled = {"partner_id": "A", "enrolled_on": date(2025, 1, 1)}
    tables: dict[str, Sequence[Mapping[str, object]]] = {"partners": [{"partner_id": "A"}], "enrollments": [enrolled]}
    named = {export: [{"partner_id": "A"} | dict(row) for row in listed] for export, listed in rows.items()}
    if "user_access" in rows:
        named["user_access"] = [dict(row) for row in rows["user_access"]]
    small = program(PROGRAM)
    exports = tables_of(small, tables | named)
    text: str = review([small], exports, CALENDAR, CALENDAR.month(month)).tables["standing"]["reason"].item()
    return text


APPROVED = {
    "decision_id": "D1",
    "tier": "silver",
    "decision": "approved",
    "effective_on": date(2025, 2, 10),
    "decided_by": "Chief",
}


def test_without_a_tier_it_says_so() -> None:
    assert reason("2025-02") == "no tier is held"


def test_what_waits_for_approval_is_named_with_what_met_it_and_qualifications_with_their_end() -> None:
    assert reason("2025-02", opportunities=[{"times": 3, "submitted_on": date(2025, 2, 10)}]) == (
        "no tier is held; gold waits for approval: gold met on 2025-02-28: deals 3; volume through 2025-06-30; busy"
    )


def test_a_decision_that_the_evidence_does_not_support_is_told_with_the_remediation_that_it_starts() -> None:
    assert reason("2025-02", decisions=[APPROVED]) == (
        "approved by decision D1 of Chief; the evidence does not support it: nothing is earned"
        "; in remediation since 2025-02-28 until 2025-04-14: deals 0"
    )


@pytest.mark.parametrize(
    ("month", "told"),
    [
        ("2025-03", "in remediation since 2025-02-28 until 2025-04-14: deals 0"),
        ("2025-04", "the remediation since 2025-02-28 ended on 2025-04-14: deals 0"),
    ],
)
def test_a_remediation_is_told_by_its_days(month: str, told: str) -> None:
    assert reason(month, decisions=[APPROVED]).endswith(f"; {told}")


def test_an_expired_enrollment_is_the_reason() -> None:
    enrolled = {"enrolled_on": date(2025, 1, 5), "expires_on": date(2025, 2, 10)}
    assert reason("2025-02", enrollments=[enrolled]) == "the enrollment of 2025-01-05 expired on 2025-02-10"


def test_rows_that_the_primary_user_cannot_see_are_counted() -> None:
    deals: list[dict[str, object]] = [
        {"submitted_on": date(2025, 2, 10), "owner_id": "U2"},
        {"submitted_on": date(2025, 2, 10), "owner_id": "U3"},
        {"submitted_on": date(2025, 2, 10), "owner_id": "U4"},
        {"submitted_on": date(2025, 2, 10)},
    ]
    assert reason(
        "2025-02",
        enrollments=[{"enrolled_on": date(2025, 1, 1), "primary_user_id": "U1"}],
        opportunities=deals,
        user_access=[{"user_id": "U1", "owner_id": "U2"}],
        decisions=[APPROVED],
    ) == (
        "approved by decision D1 of Chief; gold waits for approval: gold met on 2025-02-28: deals 2; busy"
        "; 2 rows of opportunities that the primary user U1 cannot see are left out"
    )
