"""The next tier: what is missing for it, the ways through groups of alternatives, and what each way costs."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from tests.unit.looking_ahead import Rows, ahead, deals, program, roster, sold

Way = tuple[int, list[str]]
"""The number of a way and the criteria that it lacks, step by step."""


def seats(number: int, partner: str = "A") -> list[dict[str, Any]]:
    return [{"partner_id": partner, "seats": number, "starts_on": date(2025, 1, 1), "ends_on": None}]


def year(revenue: int = 0, count: int = 0, level: int = 0) -> Rows:
    """What A has this year: revenue, deals, and seats that run."""
    return {"mrr": sold(2025, revenue, revenue), "opportunities": deals(2025, count, count)} | (
        {"partner_services": seats(level)} if level else {}
    )


def ways(rows: Iterable[dict[str, Any]]) -> list[Way]:
    found: dict[int, list[str]] = {}
    for row in rows:
        steps = found.setdefault(row["way"], [])
        steps.append(row["criterion"])
        assert row["step"] == len(steps)
    return list(found.items())


def cells(row: dict[str, Any], *names: str) -> tuple[object, ...]:
    return tuple(row[name] for name in names)


NUMBERS = ("value", "threshold", "missing", "share_missing", "needed_per_month", "by")
YEAR_END = date(2025, 12, 31)


@pytest.mark.parametrize(
    ("requires", "expected"),
    [
        # 3,000 of 10,000 are missing, in six months.
        ("sold.at_least = 10_000", (7_000, 10_000, 3_000, Decimal("0.3"), 500, YEAR_END)),
        # 2,000 of 9,000 is 0.22222…; 2,000 ÷ 6 is 333.333…
        ("sold.at_least = 9_000", (7_000, 9_000, 2_000, Decimal("0.2222"), Decimal("333.33"), YEAR_END)),
        # 1,000 ÷ 6 is 166.666…
        ("sold.at_least = 8_000", (7_000, 8_000, 1_000, Decimal("0.125"), Decimal("166.67"), YEAR_END)),
        # Three deals of seven are missing: 0.428571…; half a deal a month is one. Seven in six months are two a month.
        ("deals.at_least = 7", (4, 7, 3, Decimal("0.4286"), 1, YEAR_END)),
        ("deals.at_least = 11", (4, 11, 7, Decimal("0.6364"), 2, YEAR_END)),
        # What equals a bound that must be exceeded lacks nothing that has a number.
        ("deals.more_than = 4", (4, 4, 0, 0, 0, YEAR_END)),
        # A level has no window: no day by which, and no months.
        ("seats.at_least = 8", (5, 8, 3, Decimal("0.375"), None, None)),
        # 7,000 where at most 5,000 are allowed.
        ("sold.at_most = 5_000", (7_000, 5_000, 2_000, Decimal("0.4"), Decimal("333.33"), YEAR_END)),
        # Of nothing there is no share.
        ("sold.at_most = 0", (7_000, 0, 7_000, None, Decimal("1166.67"), YEAR_END)),
        ("sold.less_than = -5", (7_000, -5, 7_005, None, Decimal("1167.5"), YEAR_END)),
    ],
)
def test_what_is_missing_and_by_when(requires: str, expected: tuple[object, ...]) -> None:
    (row,) = ahead(program(gold=requires), year(7_000, 4, 5)).next_tier
    assert cells(row, *NUMBERS) == expected
    assert cells(row, "partner_id", "tier", "asked_by", "way", "step") == ("A", "gold", "gold", 1, 1)


@pytest.mark.parametrize(
    ("revenue", "share"),
    [
        ("1997.5", "0.0012"),  # 2.5 of 2,000 is 0.00125
        ("1997.4", "0.0013"),
        ("1997.3", "0.0014"),  # 2.7 of 2,000 is 0.00135
    ],
)
def test_shares_are_rounded_half_to_even(revenue: str, share: str) -> None:
    (row,) = ahead(program(gold="sold.at_least = 2_000"), {"mrr": sold(2025, revenue, revenue)}).next_tier
    assert row["share_missing"] == Decimal(share)


@pytest.mark.parametrize(
    ("month", "needed"),
    [
        # October, November and December are left; December; none.
        ("2025-09", Decimal("1000.00")),
        ("2025-11", 3_000),
        ("2025-12", None),
    ],
)
def test_in_the_last_month_of_the_window_no_month_is_left(month: str, needed: object) -> None:
    (row,) = ahead(program(gold="sold.at_least = 10_000"), year(7_000), month).next_tier
    assert cells(row, "needed_per_month", "by") == (needed, YEAR_END)


@pytest.mark.parametrize(("revenue", "rows"), [(9_999, 1), (10_000, 0), (10_001, 0)])
def test_where_nothing_is_missing_there_is_no_row(revenue: int, rows: int) -> None:
    waiting = program(promotion="on_decision", gold="sold.at_least = 10_000")
    assert len(ahead(waiting, year(revenue)).next_tier) == rows


def test_the_lowest_tier_above_is_the_next_one() -> None:
    of = program(silver="sold.at_least = 1_000", gold="sold.at_least = 5_000", platinum="sold.at_least = 20_000")
    told = [ahead(of, year(revenue)).next_tier for revenue in (999, 1_000, 4_999, 5_000, 19_999)]
    assert [(row["tier"], row["missing"]) for (row,) in told] == [
        ("silver", 1), ("gold", 4_000), ("gold", 1), ("platinum", 15_000), ("platinum", 1),
    ]  # fmt: skip
    # At the top there is none.
    assert ahead(of, year(20_000)).next_tier == []


def test_a_tier_without_requirements_is_passed_over() -> None:
    of = program(invited="", gold="sold.at_least = 5_000")
    (row,) = ahead(of, year(4_000)).next_tier
    assert cells(row, "tier", "missing") == ("gold", 1_000)
    (above,) = ahead(of, year(4_000) | placed("invited")).next_tier
    assert cells(above, "tier", "missing") == ("gold", 1_000)


def placed(tier: str, **columns: object) -> Rows:
    decision = {"partner_id": "A", "tier": tier, "decision": "placed", "effective_on": date(2025, 1, 1)}
    return {"decisions": [decision | {"through": YEAR_END} | columns]}


def test_the_standing_tier_counts_and_not_what_is_met() -> None:
    of = program(silver="sold.at_least = 1_000", gold="sold.at_least = 5_000", platinum="sold.at_least = 20_000")
    (row,) = ahead(of, year(0) | placed("gold")).next_tier
    assert cells(row, "tier", "missing") == ("platinum", 20_000)


@pytest.mark.parametrize(("each", "asked"), [("its_own", []), ("all_below_too", [("silver", "deals", 3)])])
def test_where_each_tier_requires_all_below_it_what_they_lack_is_told_too(each: str, asked: list[Any]) -> None:
    of = program(each=each, silver="deals.at_least = 5", gold="sold.at_least = 5_000")
    found = ahead(of, year(4_000, 2) | placed("silver")).next_tier
    own = [("gold", "sold", 1_000)]
    assert [cells(row, "asked_by", "criterion", "missing") for row in found] == asked + own
    assert {row["tier"] for row in found} == {"gold"}
    assert [row["step"] for row in found] == list(range(1, len(asked) + 2))


def test_what_only_a_lower_tier_lacks_is_a_row_of_the_next_one() -> None:
    of = program(each="all_below_too", silver="deals.at_least = 5", gold="sold.at_least = 5_000")
    (row,) = ahead(of, year(6_000, 4) | placed("silver")).next_tier
    assert cells(row, "tier", "asked_by", "criterion", "missing") == ("gold", "silver", "deals", 1)


ANY = "any = [{ sold.at_least = 10_000 }, { deals.at_least = 10 }]"


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        # 0.4 of the revenue, 0.5 of the deals.
        (year(6_000, 5), [(1, ["any.1.sold"]), (2, ["any.2.deals"])]),
        (year(4_000, 5), [(1, ["any.2.deals"]), (2, ["any.1.sold"])]),
        # As much of one as of the other: the order of the file.
        (year(5_000, 5), [(1, ["any.1.sold"]), (2, ["any.2.deals"])]),
        (year(4_999, 5), [(1, ["any.2.deals"]), (2, ["any.1.sold"])]),
        (year(0, 10), []),
    ],
)
def test_every_alternative_is_a_way_and_the_cheapest_comes_first(rows: Rows, expected: list[Way]) -> None:
    assert ways(ahead(program(gold=ANY), rows).next_tier) == expected


def test_what_is_asked_beside_a_group_belongs_to_every_way() -> None:
    of = program(gold=f"seats.at_least = 10, {ANY}")
    assert ways(ahead(of, year(6_000, 5, 5)).next_tier) == [
        (1, ["seats", "any.1.sold"]),
        (2, ["seats", "any.2.deals"]),
    ]
    # A group that is met asks for nothing.
    assert ways(ahead(of, year(0, 10, 5)).next_tier) == [(1, ["seats"])]


def test_of_equal_costs_the_way_with_fewer_criteria_comes_first() -> None:
    # Half of the revenue and nothing of what must exceed four deals: 0.5 + 0; half of the seats: 0.5.
    of = program(gold="any = [{ sold.at_least = 10_000, deals.more_than = 4 }, { seats.at_least = 10 }]")
    assert ways(ahead(of, year(5_000, 4, 5)).next_tier) == [(1, ["any.2.seats"]), (2, ["any.1.sold", "any.1.deals"])]


def test_what_is_unknown_or_has_no_number_costs_as_much_as_all_of_it() -> None:
    metrics = """
[metrics.scored]
from = "health_scores"
average = "score"
on = "scored_on"
window = "calendar_year"
"""
    of = program(
        metrics=metrics,
        gold=(
            'any = [{ scored.at_least = 60 }, { attested = ["training"] }, { partner.region = "west" }, '
            "{ sold.at_least = 10_000 }]"
        ),
    )
    found = ahead(of, year(1)).next_tier
    # 0.9999 of the revenue is cheaper than 1; what costs 1 goes by the file.
    assert ways(found) == [
        (1, ["any.4.sold"]), (2, ["any.1.scored"]), (3, ["any.2.attested.training"]), (4, ["any.3.partner.region"]),
    ]  # fmt: skip
    assert [cells(row, *NUMBERS) for row in found] == [
        (1, 10_000, 9_999, Decimal("0.9999"), Decimal("1666.5"), YEAR_END),
        # Unknown: nothing was scored. The window of the average ends with the year all the same.
        (None, 60, None, None, None, YEAR_END),
        # Nobody has attested to it: 0 of 1.
        (0, 1, 1, 1, None, None),
        (None, None, None, None, None, None),
    ]


def test_nothing_made_good_in_windows_that_have_ended() -> None:
    of = program(window="calendar_quarter", gold="sold = { at_least = 500, in_each_of_last = 2 }")
    rows: Rows = {"mrr": [{"partner_id": "A", "mrr": 400, "sold_on": date(2025, 5, 1)}]}
    (row,) = ahead(of, rows).next_tier
    # 100 are missing of the second quarter, which has ended.
    assert cells(row, *NUMBERS) == (400, 500, 100, None, None, None)


def test_groups_in_groups() -> None:
    # (revenue and (deals or seats)) or (many seats and many deals).
    of = program(
        gold=(
            "any = ["
            "{ sold.at_least = 10_000, any = [{ deals.at_least = 10 }, { seats.at_least = 10 }] }, "
            "{ all = [{ seats.at_least = 20 }, { deals.at_least = 20 }] }]"
        )
    )
    # 0.5 and 0.6, 0.5 and 0.2; of 20: 0.6 and 0.8.
    assert ways(ahead(of, year(5_000, 4, 8)).next_tier) == [
        (1, ["any.1.sold", "any.1.any.2.seats"]),  # 0.7
        (2, ["any.1.sold", "any.1.any.1.deals"]),  # 1.1
        (3, ["any.2.all.1.seats", "any.2.all.2.deals"]),  # 1.4
    ]
    # The inner group is met by ten seats: 0.5; the other way lacks 0.5 and 0.8.
    assert ways(ahead(of, year(5_000, 4, 10)).next_tier) == [
        (1, ["any.1.sold"]),
        (2, ["any.2.all.1.seats", "any.2.all.2.deals"]),
    ]


def alternatives(count: int) -> str:
    """A group of so many bounds on the revenue, the lowest last."""
    return ", ".join(f"{{ sold.at_least = {1_000 * (count - at)} }}" for at in range(count))


@pytest.mark.parametrize(("count", "told"), [(7, 7), (8, 8), (9, 8)])
def test_no_more_than_eight_ways_are_told(count: int, told: int) -> None:
    found = ways(ahead(program(gold=f"any = [{alternatives(count)}]"), year(500)).next_tier)
    # Half of 1,000 is cheaper than three quarters of 2,000, and so on: from the last alternative backwards.
    assert found == [(at + 1, [f"any.{count - at}.sold"]) for at in range(told)]


def test_the_cheapest_of_many_ways_through_several_groups() -> None:
    # Three groups of four: 64 ways. Of each group the last alternative is the cheapest: 0.5 of 1,000 against 0.75 of
    # 2,000, 0.83 of 3,000 and 0.875 of 4,000.
    group = f"{{ any = [{alternatives(4)}] }}"
    found = ways(ahead(program(gold=f"all = [{group}, {group}, {group}]"), year(500)).next_tier)
    path = "all.{}.any.{}.sold"

    def way(*chosen: int) -> list[str]:
        return [path.format(at, number) for at, number in enumerate(chosen, start=1)]

    # In all: 1.5; one step dearer in one group 1.75, in the order of the file: the third alternative of the first group
    # comes before the fourth. Then 0.8333 in one group: 1.8333, and 0.875: 1.875; 2 would be two steps dearer.
    assert found == [
        (1, way(4, 4, 4)),
        (2, way(3, 4, 4)),
        (3, way(4, 3, 4)),
        (4, way(4, 4, 3)),
        (5, way(2, 4, 4)),
        (6, way(4, 2, 4)),
        (7, way(4, 4, 2)),
        (8, way(1, 4, 4)),
    ]


def test_ways_of_the_tiers_below_combine_with_those_of_the_next() -> None:
    of = program(
        each="all_below_too",
        silver="any = [{ deals.at_least = 10 }, { seats.at_least = 10 }]",
        gold="any = [{ sold.at_least = 10_000 }, { deals.at_least = 40 }]",
    )
    # Silver: 0.2 or 0.4 (it stands by a decision); gold: 0.5 or 0.8.
    found = ahead(of, year(5_000, 8, 6) | placed("silver")).next_tier
    assert ways(found) == [
        (1, ["any.1.deals", "any.1.sold"]),  # 0.7
        (2, ["any.2.seats", "any.1.sold"]),  # 0.9
        (3, ["any.1.deals", "any.2.deals"]),  # 1.0
        (4, ["any.2.seats", "any.2.deals"]),  # 1.2
    ]
    assert [row["asked_by"] for row in found] == ["silver", "gold"] * 4


@pytest.mark.parametrize(
    ("columns", "is_told"),
    [
        ({}, True),
        ({"terminated_on": date(2025, 7, 1)}, True),
        ({"terminated_on": date(2025, 6, 30)}, False),
        ({"good_standing": False}, False),
    ],
)
def test_the_terminated_and_the_suspended_have_no_next_tier(columns: dict[str, object], is_told: bool) -> None:
    of = program(track="gate = { partner.good_standing = true }", gold="sold.at_least = 10_000")
    found = ahead(of, year(5_000) | {"partners": roster("A", **columns)}).next_tier
    assert bool(found) is is_told


def test_in_remediation_and_waiting_for_approval_the_tier_above_the_one_that_stands_is_told() -> None:
    tiers = {"silver": "sold.at_least = 1_000", "gold": "sold.at_least = 5_000"}
    # Gold is merited and waits; silver, the next one, lacks nothing.
    waiting = program(promotion="on_decision", **tiers)
    assert ahead(waiting, year(6_000)).next_tier == []
    # Silver is held while 1,000 are met in the calendar quarter; in the second one nothing is sold.
    clock = 'downgrade = "automatic"\nremediation_days = 60'
    failing = program(window="calendar_quarter", holds="while_met", track=clock, **tiers)
    (row,) = ahead(failing, {"mrr": sold(2025, 2_000, 2_000)[:1]}, "2025-04").next_tier
    assert cells(row, "tier", "missing", "by") == ("gold", 5_000, date(2025, 6, 30))


def test_partners_of_several_next_tiers_at_once() -> None:
    of = program(silver="sold.at_least = 1_000", gold=ANY)
    rows: Rows = {
        "partners": roster("A", "B", "C"),
        "mrr": [*sold(2025, 10, 10), *sold(2025, 6_000, 6_000, "B"), *sold(2025, 10_000, 10_000, "C")],
        "opportunities": deals(2025, 3, 3, "B"),
    }
    found = ahead(of, rows).next_tier
    assert [cells(row, "partner_id", "tier", "way", "missing") for row in found] == [
        ("A", "silver", 1, 990), ("B", "gold", 1, 4_000), ("B", "gold", 2, 7),
    ]  # fmt: skip
