"""The oracle itself, by cases computed by hand: a check is worth no more than what it rests on."""

import tomllib
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from tests import oracle
from tests.oracle.calendar import Calendar, end_of_month, year_ends
from tests.oracle.fold import other_instances
from tests.oracle.grants import Grant, add, decide, held_through, standing
from tests.oracle.metrics import measure, span_on
from tests.oracle.reports import rounded
from tests.oracle.requirements import Criterion, criteria, every, some
from tests.oracle.rows import as_of, meets, passes
from tests.oracle.world import World

MONTHS = Calendar.of_months()
JULY = Calendar.of_months(7)
RETAIL = Calendar.of_weeks([4, 4, 5], year_ends("last saturday of december"))

SMALL = """
id = "small"
currency = "USD"
effective_from = 2025-01-01
counts_from = 2025-01-01
gate.partner.good_standing = true
[policy]
takes_effect = "month_end"
[metrics.revenue]
from = "sales"
where.kind = "new"
sum = "amount"
on = "invoiced_on"
running = { since = "invoiced_on", before = "cancelled_on" }
window = "calendar_year"
clause = "R1"
[tracks.main]
each_tier_requires = "its_own"
[[tracks.main.tiers]]
id = "base"
[[tracks.main.tiers]]
id = "gold"
requires.revenue.at_least = 100
holds = "through_next_calendar_year"
[benefits.lounge]
tiers = ["gold"]
"""


def small() -> dict[str, Any]:
    return tomllib.loads(SMALL, parse_float=Decimal)


def sale(amount: str, invoiced: date | None, cancelled: date | None = None, kind: str | None = "new") -> dict[str, Any]:
    return {
        "partner_id": "A",
        "kind": kind,
        "amount": Decimal(amount),
        "invoiced_on": invoiced,
        "cancelled_on": cancelled,
    }


def partner(**cells: Any) -> dict[str, Any]:
    usual = {"partner_id": "A", "name": "A", "joined_on": None, "terminated_on": None, "good_standing": True}
    return usual | cells


def reviewed(rows: list[dict[str, Any]], month: str, **cells: Any) -> dict[str, list[dict[str, Any]]]:
    exports = {"partners": [partner(**cells)], "sales": rows}
    return oracle.review(small(), exports, MONTHS, MONTHS.month(month))


class TestCalendar:
    @pytest.mark.parametrize(
        ("year", "month", "last"),
        [(2025, 2, date(2025, 2, 28)), (2024, 2, date(2024, 2, 29)), (2025, 12, date(2025, 12, 31))],
    )
    def test_a_month_ends_on_its_last_day(self, year: int, month: int, last: date) -> None:
        assert end_of_month(year, month) == last

    @pytest.mark.parametrize(
        ("calendar", "period", "day", "first", "last"),
        [
            (MONTHS, "calendar_quarter", date(2025, 5, 31), date(2025, 4, 1), date(2025, 6, 30)),
            (MONTHS, "calendar_half", date(2025, 7, 1), date(2025, 7, 1), date(2025, 12, 31)),
            (MONTHS, "fiscal_year", date(2025, 12, 31), date(2025, 1, 1), date(2025, 12, 31)),
            (JULY, "fiscal_year", date(2025, 6, 30), date(2024, 7, 1), date(2025, 6, 30)),
            (JULY, "fiscal_quarter", date(2025, 7, 1), date(2025, 7, 1), date(2025, 9, 30)),
            (JULY, "fiscal_half", date(2025, 2, 10), date(2025, 1, 1), date(2025, 6, 30)),
            # 2024-12-29 + 4 + 4 + 5 weeks = 91 days, the last of them 2025-03-29
            (RETAIL, "fiscal_quarter", date(2025, 1, 1), date(2024, 12, 29), date(2025, 3, 29)),
            (RETAIL, "fiscal_month", date(2025, 3, 29), date(2025, 2, 23), date(2025, 3, 29)),
            # 53 weeks from 2027-12-26 to 2028-12-30: 371 days
            (RETAIL, "fiscal_year", date(2028, 6, 1), date(2027, 12, 26), date(2028, 12, 30)),
        ],
    )
    def test_an_instance_holds_its_day(
        self, calendar: Calendar, period: str, day: date, first: date, last: date
    ) -> None:
        assert calendar.instance(period, day) == (first, last)

    def test_weeks_are_labelled_by_the_15th(self) -> None:
        assert RETAIL.month_of(date(2025, 12, 28)).label == "2026-01"
        assert RETAIL.month("2025-12").last == date(2025, 12, 27)

    @pytest.mark.parametrize(
        ("rule", "ends"),
        [
            ("last saturday of january", [date(2024, 1, 27), date(2025, 1, 25)]),
            ("saturday nearest january 31", [date(2024, 2, 3), date(2025, 2, 1)]),
        ],
    )
    def test_years_end_by_their_rule(self, rule: str, ends: list[date]) -> None:
        assert year_ends(rule, 2024, 2025) == ends


class TestRows:
    def test_what_lies_ahead_has_not_happened_yet(self) -> None:
        row = {"invoiced_on": date(2025, 3, 1), "cancelled_on": date(2025, 4, 1), "expires_on": date(2026, 1, 1)}
        assert as_of("sales", row, date(2025, 3, 31)) == row | {"cancelled_on": None}

    def test_a_row_dated_ahead_is_not_there(self) -> None:
        assert as_of("mrr", {"sold_on": date(2025, 4, 1)}, date(2025, 3, 31)) is None

    def test_a_deal_that_closes_ahead_is_open(self) -> None:
        row = {"submitted_on": date(2025, 1, 1), "closed_on": date(2025, 4, 1), "stage": "won"}
        seen = as_of("opportunities", row, date(2025, 3, 31))
        assert seen is not None
        assert (seen["stage"], seen["closed_on"]) == ("open", None)

    @pytest.mark.parametrize(
        ("cell", "bound", "kept"),
        [
            ("a", "a", True),
            ("a", ["b", "a"], True),
            (None, "a", False),
            (None, {"not": "a"}, True),
            (None, {"empty": True}, True),
            (None, {"empty": False}, False),
            (None, {"at_least": 0}, False),
            (5, {"at_least": 5, "less_than": 6}, True),
            (6, {"at_least": 5, "less_than": 6}, False),
            (date(2025, 3, 1), {"after": date(2025, 3, 1)}, False),
            (date(2025, 3, 1), {"since": {"column": "start"}}, True),
            (date(2025, 3, 1), {"at_most": 0, "days_after": "start"}, True),
            (date(2025, 3, 2), {"at_most": 0, "days_after": "start"}, False),
            (date(2025, 3, 2), {"before": {"column": "none"}}, False),
        ],
    )
    def test_bounds(self, cell: object, bound: object, kept: bool) -> None:
        assert meets(cell, bound, {"start": date(2025, 3, 1), "none": None}) is kept

    def test_conditions_nest(self) -> None:
        where = {
            "kind": "a",
            "any": [{"size": {"at_least": 9}}, {"all": [{"size": 1}, {"partner": {"country": "DE"}}]}],
        }
        assert passes({"kind": "a", "size": 1}, {"country": "DE"}, where)
        assert not passes({"kind": "a", "size": 1}, {"country": "FR"}, where)
        assert not passes({"kind": "b", "size": 9}, {"country": "DE"}, where)


class TestLogic:
    @pytest.mark.parametrize(
        ("outcomes", "all_of_them", "one_of_them"),
        [
            ([], True, False),
            ([True, True], True, True),
            ([True, None], None, True),
            ([False, None], False, None),
            ([None], None, None),
            ([False, True], False, True),
        ],
    )
    def test_three_values(
        self, outcomes: list[bool | None], all_of_them: bool | None, one_of_them: bool | None
    ) -> None:
        assert every(outcomes) is all_of_them
        assert some(outcomes) is one_of_them

    @pytest.mark.parametrize(
        ("word", "value", "met", "missing"),
        [
            ("at_least", 9, False, 1),
            ("at_least", 10, True, 0),
            ("more_than", 10, False, 0),
            ("at_most", 12, False, 2),
            ("less_than", 9, True, 0),
        ],
    )
    def test_missing_is_the_way_to_the_bound(self, word: str, value: int, met: bool, missing: int) -> None:
        criterion = Criterion("m", "m", word, Decimal(10))
        assert criterion.met(Decimal(value)) is met
        assert criterion.missing(Decimal(value)) == missing

    def test_an_unknown_value_is_neither_met_nor_missing(self) -> None:
        criterion = Criterion("m", "m", "at_least", Decimal(10))
        assert (criterion.met(None), criterion.missing(None)) == (None, None)

    def test_two_bounds_are_two_criteria(self) -> None:
        requires = {"m": {"at_least": 1, "less_than": 5}, "n": {"at_least": 2}}
        assert [criterion.path for criterion in criteria(requires)] == ["m.at_least", "m.less_than", "n"]


class TestGrants:
    def test_grants_that_touch_become_one(self) -> None:
        first = Grant(1, "earned", date(2025, 1, 1), date(2025, 3, 31))
        second = Grant(1, "earned", date(2025, 4, 1), date(2025, 6, 30))
        assert add([first], second) == [Grant(1, "earned", date(2025, 1, 1), date(2025, 6, 30))]

    @pytest.mark.parametrize(
        "other",
        [
            Grant(1, "earned", date(2025, 4, 2), date(2025, 6, 30)),
            Grant(1, "placed", date(2025, 4, 1), date(2025, 6, 30)),
            Grant(2, "earned", date(2025, 4, 1), date(2025, 6, 30)),
        ],
    )
    def test_grants_apart_of_another_basis_or_tier_stay_apart(self, other: Grant) -> None:
        first = Grant(1, "earned", date(2025, 1, 1), date(2025, 3, 31))
        assert add([first], other) == [first, other]

    def test_a_grant_that_ends_before_it_begins_is_none(self) -> None:
        assert add([], Grant(1, "earned", date(2025, 1, 31), date(2024, 12, 31))) == []

    def test_the_highest_tier_stands_and_its_latest_end_is_shown(self) -> None:
        base = Grant(0, "base", date(2025, 1, 1), None)
        short = Grant(1, "placed", date(2025, 1, 1), date(2025, 3, 31))
        long = Grant(1, "earned", date(2025, 2, 1), date(2025, 6, 30))
        assert standing([base, short, long], date(2025, 1, 31)) == short
        assert standing([base, short, long], date(2025, 2, 1)) == long
        assert standing([base, short, long], date(2025, 7, 1)) == base

    @pytest.mark.parametrize(
        ("holds", "merit", "through"),
        [
            ("through_calendar_year", date(2025, 3, 31), date(2025, 12, 31)),
            ("through_next_calendar_year", date(2025, 12, 31), date(2026, 12, 31)),
            ("through_next_fiscal_quarter", date(2025, 12, 31), date(2026, 3, 31)),
            ({"days": 1}, date(2025, 3, 31), date(2025, 3, 31)),
            # February 28 and 31 more days
            ({"days": 32}, date(2025, 2, 28), date(2025, 3, 31)),
            ({"fiscal_months": 2}, date(2025, 12, 31), date(2026, 2, 28)),
            (None, date(2025, 3, 31), None),
        ],
    )
    def test_how_long_a_tier_is_held(self, holds: object, merit: date, through: date | None) -> None:
        assert held_through(MONTHS, holds, merit) == through

    def test_downgraded_cuts_what_is_higher(self) -> None:
        gold = Grant(1, "earned", date(2025, 1, 31), date(2026, 12, 31))
        base = Grant(0, "base", date(2025, 1, 1), None)
        decision = {"decision": "downgraded", "effective_on": date(2025, 6, 10), "through": None}
        assert decide([base, gold], decision, 0, None) == [
            base,
            Grant(1, "earned", date(2025, 1, 31), date(2025, 6, 9)),
        ]


class TestMetrics:
    def world(self, *rows: dict[str, Any]) -> World:
        return World(small(), {"partners": [partner()], "sales": list(rows)}, MONTHS, partner())

    @pytest.mark.parametrize(
        ("row", "value"),
        [
            (sale("70", date(2025, 1, 1)), 70),
            (sale("70", date(2024, 12, 31)), 0),
            (sale("70", date(2025, 3, 31)), 70),
            (sale("70", date(2025, 4, 1)), 0),
            (sale("70", None), 0),
            (sale("-5.5", date(2025, 2, 1)), Decimal("-5.5")),
            (sale("70", date(2025, 2, 1), cancelled=date(2025, 3, 31)), 0),
            (sale("70", date(2025, 2, 1), cancelled=date(2025, 4, 1)), 70),
            (sale("70", date(2025, 2, 1), kind="renewal"), 0),
            (sale("70", date(2025, 2, 1), kind=None), 0),
        ],
    )
    def test_a_flow_read_on_the_last_of_march(self, row: dict[str, Any], value: Decimal) -> None:
        world, day = self.world(row), date(2025, 3, 31)
        assert measure(world, "revenue", span_on(world, "revenue", day), day) == value

    def test_the_instances_of_a_review(self) -> None:
        year = (date(2025, 1, 1), date(2025, 12, 31))
        assert other_instances(self.world(), "calendar_year", MONTHS.month("2026-01")) == [year]
        assert other_instances(self.world(), "calendar_year", MONTHS.month("2025-12")) == []

    def test_the_instances_of_a_month_across_two_years(self) -> None:
        world = World(small(), {"partners": [partner()]}, RETAIL, partner())
        year = (date(2025, 1, 1), date(2025, 12, 31))
        # 2025-12-28 to 2026-01-24 overlaps 2025; 2024 ended before the program began
        assert other_instances(world, "calendar_year", RETAIL.month("2026-01")) == [year]


class TestReview:
    def test_a_tier_stands_from_its_review_through_the_next_year(self) -> None:
        rows = [sale("60", date(2025, 2, 1)), sale("40", date(2025, 3, 31))]
        (row,) = reviewed(rows, "2025-03")["standing"]
        assert (row["tier"], row["previous_tier"], row["change"], row["basis"]) == (
            "gold",
            "base",
            "promoted",
            "earned",
        )
        assert (row["valid_from"], row["valid_through"]) == (date(2025, 3, 31), date(2026, 12, 31))
        assert reviewed(rows, "2025-02")["standing"][0]["tier"] == "base"
        assert reviewed(rows, "2026-12")["standing"][0]["change"] == "retained"
        assert reviewed(rows, "2027-01")["standing"][0]["change"] == "demoted"

    def test_evidence_looks_back_at_the_year_that_ended(self) -> None:
        tables = reviewed([sale("60", date(2025, 2, 1))], "2026-02")
        assert [(row["window_from"], row["value"], row["missing"], row["clause"]) for row in tables["evidence"]] == [
            (date(2026, 1, 1), 0, 100, "R1"),
            (date(2025, 1, 1), 60, 40, "R1"),
        ]

    def test_requalification_is_paced_by_days_and_months(self) -> None:
        rows = [sale("100", date(2025, 2, 1)), sale("20", date(2026, 1, 15))]
        (row,) = reviewed(rows, "2026-01")["requalification"]
        # 20 x 365 / 31 = 235.4838...; 80 / 11 = 7.2727...
        assert (row["projected"], row["needed_per_month"], row["outlook"]) == (
            Decimal("235.48"),
            Decimal("7.27"),
            "on_pace",
        )
        assert (row["falls_to"], row["falls_on"]) == ("base", date(2027, 1, 1))

    def test_suspended_has_no_tier_but_evidence(self) -> None:
        tables = reviewed([sale("100", date(2025, 2, 1))], "2025-03", good_standing=False)
        (row,) = tables["standing"]
        assert (row["tier"], row["earned_tier"], row["status"], row["change"]) == (
            None,
            "gold",
            "suspended",
            "retained",
        )
        assert tables["evidence"]
        assert not tables["benefits"]

    def test_terminated_loses_benefits_with_the_day_before(self) -> None:
        tables = reviewed([sale("100", date(2025, 2, 1))], "2025-03", terminated_on=date(2025, 3, 15))
        assert [(row["change"], row["through"]) for row in tables["benefits"]] == [("lost", date(2025, 3, 14))]

    def test_before_the_program_there_is_no_review(self) -> None:
        with pytest.raises(ValueError, match="before the program begins"):
            reviewed([], "2024-12")

    def test_before_joining_there_is_no_row(self) -> None:
        assert not reviewed([], "2025-03", joined_on=date(2025, 4, 1))["standing"]


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (Fraction(1, 200), "0.00"),
        (Fraction(3, 200), "0.02"),
        (Fraction(2, 3), "0.67"),
        (Fraction(-1, 3), "-0.33"),
        (Fraction(10**20, 3), "33333333333333333333.33"),
    ],
)
def test_rounding_is_half_to_even_from_the_exact_value(value: Fraction, shown: str) -> None:
    assert rounded(value) == Decimal(shown)
