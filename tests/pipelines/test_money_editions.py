"""Editions: what was earned and promised under one edition of a program is not lost in the next."""

from datetime import date
from typing import Any

import pytest

from tests.scenarios import merged, program_text
from tests.scenarios.run import frames, parsed
from tierctl.fiscal import Calendar
from tierctl.review import Review, review

FIRST: dict[str, Any] = {
    "id": "made",
    "name": "Made",
    "clause": "M",
    "currency": "USD",
    "enrollment": "automatic",
    "effective_from": date(2025, 1, 1),
    "policy": {"rounding": "half_even", "takes_effect": "month_end", "terminated_partners": "until_terminated"},
    "tracks": {"main": {"promotion": "automatic", "tiers": [{"id": "base"}]}},
    "commissions": {"x": {"from": "mrr", "earned_on": "invoiced_on", "base": "mrr", "rate": "10 %"}},
    "payout": {"currency": "USD", "pay_when": {"more_than": 1000}},
}
SECOND = merged(FIRST, {"effective_from": date(2025, 3, 1)})
TWO_TRACKS = {name: {"promotion": "automatic", "tiers": [{"id": "base"}]} for name in ("a", "b")}
ROWS: dict[str, list[dict[str, Any]]] = {
    "partners": [{"partner_id": "A"}],
    "mrr": [
        {"partner_id": "A", "line_id": "L1", "mrr": 100, "invoiced_on": date(2025, 1, 10)},
        {"partner_id": "A", "line_id": "L2", "mrr": 100, "invoiced_on": date(2025, 3, 3)},
    ],
}
CALENDAR = Calendar.months()


def reviewed(
    first: dict[str, Any], second: dict[str, Any], rows: dict[str, list[dict[str, Any]]] = ROWS, month: str = "2025-03"
) -> Review:
    """The review of March, money beginning in January; the second edition is in force from March on."""
    programs = [parsed(program_text(each)) for each in (first, second)]
    tables = frames(first, rows) | frames(second, rows)
    return review(programs, tables, CALENDAR, CALENDAR.month(month), money_from=CALENDAR.month("2025-01"))


def statement(found: Review) -> dict[str, Any]:
    (row,) = found.tables["statements"].to_dicts()
    return row


def test_each_month_is_judged_by_the_payout_then_in_force() -> None:
    row = statement(reviewed(FIRST, merged(SECOND, {"payout": {"pay_when": {"more_than": 0}}})))
    assert (row["opening_balance"], row["earned"], row["payable"], row["status"]) == (10, 10, 20, "pay")


def test_where_an_edition_pays_nothing_any_more_what_is_left_is_carried() -> None:
    second = merged(SECOND, {"commissions": None, "payout": None, "policy": {"terminated_partners": None}})
    row = statement(reviewed(FIRST, second))
    assert (row["opening_balance"], row["earned"], row["status"]) == (10, 0, "carried")


def test_a_track_that_a_later_edition_lacks_keeps_its_money() -> None:
    y = {**FIRST["commissions"]["x"], "track": "b"}
    first = merged(FIRST, {"tracks": None, "commissions": {"x": {"track": "a"}, "y": y}}) | {"tracks": TWO_TRACKS}
    second = merged(SECOND, {"commissions": {"x": None, "y": y}}) | {"tracks": {"b": TWO_TRACKS["b"]}}
    row = statement(reviewed(first, second))
    assert (row["opening_balance"], row["earned"], row["balance"]) == (20, 10, 30)


def test_a_qualification_that_a_later_edition_lacks_still_counts_for_its_own_months() -> None:
    asks = {"requires": {"qualified": {"name": "club", "as_of": "month_end"}}}
    club = {"requires": {"deals": {"at_least": 1}}, "holds": "through_calendar_year"}
    deals = {"from": "mrr", "count": "line_id", "on": "invoiced_on", "window": "calendar_year", "clause": "D"}
    first = merged(
        FIRST,
        {
            "metrics": {"deals": deals},
            "tracks": {"main": {"qualifications": {"club": club}}},
            "commissions": {"x": asks},
        },
    )
    row = statement(reviewed(first, SECOND))
    assert (row["opening_balance"], row["earned"]) == (10, 10)


def test_a_rule_may_change_its_track() -> None:
    first = merged(FIRST, {"enrollment": "required", "commissions": {"x": {"track": "a"}}}) | {"tracks": TWO_TRACKS}
    second = merged(first, {"effective_from": date(2025, 3, 1), "commissions": {"x": {"track": "b"}}})
    enrolled = [{"partner_id": "A", "program": "made", "track": "a", "enrolled_on": date(2025, 1, 1)}]
    row = statement(reviewed(first, second, {**ROWS, "enrollments": enrolled}))
    assert (row["opening_balance"], row["earned"]) == (10, 0)


@pytest.mark.parametrize(("day", "earned"), [(date(2025, 1, 10), 10), (date(2025, 2, 10), 0)])
def test_who_was_enrolled_twice_earns_once(day: date, earned: int) -> None:
    second = merged(SECOND, {"enrollment": "required"})
    periods = [(date(2025, 1, 1), date(2025, 1, 31)), (date(2025, 3, 1), None)]
    enrolled = [
        {"partner_id": "A", "program": "made", "track": "main", "enrolled_on": since, "expires_on": through}
        for since, through in periods
    ]
    rows = {**ROWS, "mrr": [{**ROWS["mrr"][0], "invoiced_on": day}, ROWS["mrr"][1]], "enrollments": enrolled}
    row = statement(reviewed(FIRST, second, rows))
    assert (row["opening_balance"], row["earned"]) == (earned, 10)


def test_an_adjustment_names_the_source_that_the_row_came_from() -> None:
    back = [{"where": {"cancelled_on": {"empty": False}}, "takes_back": 1, "clause": "C"}]
    first = merged(FIRST, {"commissions": {"x": {"clawback": back}}})
    paid = {"from": "invoices", "earned_on": "issued_on", "base": "price", "clawback": None}
    rows = {**ROWS, "mrr": [{**ROWS["mrr"][0], "cancelled_on": date(2025, 3, 5)}]}
    found = reviewed(first, merged(SECOND, {"commissions": {"x": paid}}), rows)
    (line,) = found.tables["commissions"].to_dicts()
    assert (line["kind"], line["source"], line["amount"]) == ("clawback", "mrr", -10)
