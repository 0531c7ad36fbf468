"""The oracle alone on actions, benefits and editions, by cases worked out by hand."""

from typing import Any

from tests.properties.by_hand import (
    DEALS,
    Given,
    day,
    deals,
    gold,
    months,
    program_of,
    reviewed,
    standings,
    told,
    track,
)

YEAR = '"through_calendar_year"'


def test_actions_come_from_rows_that_fall_due() -> None:
    action = """
    [actions.renewal]
    from = "certifications"
    where.certification = "partner"
    on = "expires_on"
    days_before = 60
    """
    program = program_of(DEALS, track(gold(YEAR)), action)
    rows: dict[str, Given] = {
        "certifications": [
            {"person_id": "p", "completed_on": "01-01", "expires_on": "05-30"},
            {"person_id": "q", "completed_on": "01-01", "expires_on": "05-31"},
            {"person_id": "r", "completed_on": "01-01", "expires_on": "05-29", "certification": "other"},
        ]
    }
    # 60 days before May 30 is March 31; before May 31, April 1
    due = {month: told(reviewed(program, month, **rows)["actions"], "action", "due_on") for month in months(2, 6)}
    both = [("renewal", day("05-30")), ("renewal", day("05-31"))]
    assert due == {
        "2025-02": [],
        "2025-03": both[:1],
        "2025-04": both,
        "2025-05": both[1:],
        "2025-06": [],
    }


def test_benefits_of_the_agreement() -> None:
    benefits = """
    [benefits.white_label]
    with.agreements = "month_end"
    value.column = "agreements.white_label"
    [benefits.support]
    with.agreements = "month_end"
    value.column = "agreements.support_level"
    [benefits.margin]
    kind = "percent"
    tiers = ["gold"]
    with.agreements = "month_end"
    value.column = "agreements.deal_rate"
    """
    program = program_of(DEALS, track(gold(YEAR)), benefits)
    rows: dict[str, Given] = {
        "agreements": [
            {"effective_on": "02-01", "white_label": True, "support_level": "fast", "deal_rate": "0.1"},
            {"effective_on": "03-01", "white_label": False, "support_level": "slow", "ends_on": "04-30"},
        ]
    }

    def found(month: str) -> list[tuple[Any, ...]]:
        return told(reviewed(program, month, **rows)["benefits"], "benefit", "value", "change", "terms")

    assert found("2025-01") == []
    assert found("2025-02") == [("white_label", 1, "gained", None), ("support", 1, "gained", "fast")]
    assert found("2025-03") == [("white_label", None, "lost", None), ("support", 1, "changed", "slow")]
    assert found("2025-05") == [("support", None, "lost", "slow")]


def test_a_later_edition_judges_its_own_months() -> None:
    first = program_of(DEALS, track(gold(YEAR)))
    second = program_of(DEALS, track(gold(YEAR, 1))) | {"effective_from": day("03-01")}

    def tier(month: str, *days: str) -> str:
        exports: dict[str, Given] = {"opportunities": deals(*days)}
        return str(standings([first, second], [month], **exports)[0]["tier"])

    assert tier("2025-02", "02-10") == "base"
    # February ended under the first edition, which asks for two
    assert tier("2025-03", "02-10") == "base"
    assert tier("2025-03", "03-10") == "gold"
    assert tier("2025-03", "02-10", "02-11") == "gold"
