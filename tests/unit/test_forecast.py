"""Forecasts: bands from past years worked out by hand, their hit rate, and the plain pace where there are none."""

from datetime import date
from decimal import Decimal
from itertools import chain
from typing import Any

import pytest

from tests.unit.looking_ahead import CALENDAR, Rows, ahead, deals, program, roster, sold
from tierctl.fiscal import Calendar, TableRow
from tierctl.past_years import past_instances

GOLD = program(gold="sold.at_least = 10_000")
DEALS = program(gold="deals.at_least = 10")
BAND = ("basis", "low", "likely", "high")
TESTED = ("cases", "within", "hit_rate")
WEEKS = Calendar.weeks("4-4-5", "saturday nearest december 31")


def band(row: dict[str, Any]) -> tuple[object, ...]:
    return tuple(row[name] for name in BAND)


def hits(row: dict[str, Any]) -> tuple[object, ...]:
    return tuple(row[name] for name in TESTED)


def years(*rows: list[dict[str, Any]]) -> Rows:
    return {"mrr": list(chain(*rows))}


TWO_YEARS = (sold(2024, 4_000, 10_000), sold(2023, 5_000, 10_000))  # × 2.5 and × 2
THREE_YEARS = (*TWO_YEARS, sold(2022, 2_000, 6_000))  # × 3
FOUR_YEARS = (*THREE_YEARS, sold(2021, 1_000, 2_200))  # × 2.2
FIVE_YEARS = (*FOUR_YEARS, sold(2020, 1_000, 4_000))  # × 4
SIX_YEARS = (*FIVE_YEARS, sold(2019, 1_000, 90_000))  # × 90, too long ago
THIS_YEAR = sold(2025, 4_000, 4_000)


@pytest.mark.parametrize(
    ("past", "expected"),
    [
        # In order 2, 2.5, 3: 4,000 × 2 and so on.
        (THREE_YEARS, ("own_years", 8_000, 10_000, 12_000)),
        # In order 2, 2.2, 2.5, 3: of the two in the middle the lower one.
        (FOUR_YEARS, ("own_years", 8_000, 8_800, 12_000)),
        # In order 2, 2.2, 2.5, 3, 4.
        (FIVE_YEARS, ("own_years", 8_000, 10_000, 16_000)),
        (SIX_YEARS, ("own_years", 8_000, 10_000, 16_000)),
        # Two of its own are too few, and there are no ten of all partners.
        (TWO_YEARS, ("pace", None, None, None)),
        ((), ("pace", None, None, None)),
    ],
)
def test_a_partners_own_years_make_the_band_from_three_on(
    past: tuple[list[dict[str, Any]], ...], expected: tuple[object, ...]
) -> None:
    row = ahead(GOLD, years(*past, THIS_YEAR)).of()
    assert band(row) == expected
    # January 1 to June 30 are 181 days of 365: 4,000 × 365 ÷ 181 = 8,066.298…
    assert (row["value"], row["threshold"], row["pace"]) == (4_000, 10_000, Decimal("8066.30"))
    assert (row["window_from"], row["window_through"]) == (date(2025, 1, 1), date(2025, 12, 31))


@pytest.mark.parametrize(
    ("past", "expected"),
    [
        # With three years each has only two others, and the program has no ten: nothing can be tested.
        (THREE_YEARS, (None, None, None)),
        # 2023 (× 2) against 2.2 to 3: 5,000 × 2.2 is 11,000, above its 10,000. 2022 (× 3) against 2 to 2.5: at most
        # 5,000 of its 6,000. 2021 and 2024 lie between the others: 2 of 4.
        (FOUR_YEARS, (4, 2, Decimal("0.5"))),
        # Only the least and the greatest lie without: 3 of 5.
        (FIVE_YEARS, (5, 3, Decimal("0.6"))),
    ],
)
def test_own_bands_are_tested_on_each_year_by_the_others(
    past: tuple[list[dict[str, Any]], ...], expected: tuple[object, ...]
) -> None:
    assert hits(ahead(GOLD, years(*past, THIS_YEAR)).of()) == expected


def test_the_hit_rate_is_rounded_to_four_places() -> None:
    # A's four years hold 2 of 4 (see above); B's are alike in all but one, the greatest: × 2, 2, 2 and 3. Without the
    # greatest the others give 2 to 2, and it lies outside; each × 2 lies in 2 to 3. So 5 of 8. C's are 2, 2, 2, 2: 4 of
    # 4. D has one year, which counts for nothing here. 9 of 12.
    others = [
        *(sold(year, 100, 200, "B") for year in (2021, 2022, 2023)),
        sold(2024, 100, 300, "B"),
        *(sold(year, 100, 200, "C") for year in (2021, 2022, 2023, 2024)),
        sold(2024, 100, 500, "D"),
    ]
    rows = years(*FOUR_YEARS, THIS_YEAR, *others) | {"partners": roster("A", "B", "C", "D")}
    assert hits(ahead(GOLD, rows).of()) == (12, 9, Decimal("0.75"))
    rows["mrr"] += [*sold(2020, 1_000, 4_000)]
    # A's five years hold 3 of 5: 3 + 3 + 4 of 13 is 10 of 13, 0.76923…
    assert hits(ahead(GOLD, rows).of()) == (13, 10, Decimal("0.7692"))


def of_program(*in_all: int, year: int = 2024) -> list[dict[str, Any]]:
    """One past year of B0, B1, …: 100 by the end of June and so much in all."""
    return [row for at, amount in enumerate(in_all) for row in sold(year, 100, amount, f"B{at}")]


TENTHS = tuple(range(110, 201, 10))
"""Growth of 1.1, 1.2, 1.3 and so on to 2."""


@pytest.mark.parametrize(
    ("in_all", "expected"),
    [
        (TENTHS[:9], ("pace", None, None, None)),
        # Of 10 the 1st, the 5th and the 9th.
        (TENTHS, ("program_years", 4_400, 6_000, 7_600)),
        # Of 11 the 2nd (1.1 rounded up), the 6th (5.5) and the 10th (9.9).
        ((*TENTHS, 210), ("program_years", 4_800, 6_400, 8_000)),
        # Of 20 the 2nd, the 10th and the 18th.
        ((*TENTHS, *TENTHS), ("program_years", 4_400, 6_000, 7_600)),
        # Of 21 the 3rd (2.1), the 11th (10.5) and the 19th (18.9): 1.0, 1.1, 1.1, … 2.0.
        ((100, *TENTHS, *TENTHS), ("program_years", 4_400, 6_000, 7_600)),
    ],
)
def test_all_partners_years_make_the_band_from_ten_on(in_all: tuple[int, ...], expected: tuple[object, ...]) -> None:
    rows = years(of_program(*in_all), THIS_YEAR)
    rows["partners"] = roster("A", *(f"B{at}" for at in range(len(in_all))))
    assert band(ahead(GOLD, rows).of()) == expected


def test_two_own_years_count_among_all_partners_years() -> None:
    # Eight others and A's 2.5 and 2 are ten: 1.1 … 1.8, 2, 2.5; of them the 1st, 5th and 9th.
    rows = years(of_program(*TENTHS[:8]), *TWO_YEARS, THIS_YEAR) | {
        "partners": roster("A", *(f"B{at}" for at in range(8)))
    }
    assert band(ahead(GOLD, rows).of()) == ("program_years", 4_400, 6_000, 8_000)


def test_the_programs_bands_are_tested_instance_by_instance() -> None:
    # 2024 by 2023's ten, 1.1 to 1.9: all of its ten × 1.5 lie within. 2023 by 2024's ten, 1.5 to 1.5: one of ten.
    partners = roster("A", *(f"B{at}" for at in range(10)))
    rows = years(of_program(*TENTHS, year=2023), of_program(*[150] * 10), THIS_YEAR) | {"partners": partners}
    assert hits(ahead(GOLD, rows).of()) == (20, 11, Decimal("0.55"))
    # Without one of 2023's, 2024 has only nine others to be tested by.
    fewer = years(of_program(*TENTHS[:9], year=2023), of_program(*[150] * 10), THIS_YEAR) | {"partners": partners}
    # 2023's nine by 2024's ten: 1.5 alone.
    assert hits(ahead(GOLD, fewer).of()) == (9, 1, Decimal("0.1111"))


def test_a_case_with_two_others_of_its_own_is_tested_by_all_partners_years() -> None:
    # Beside 2024's ten B has three years, all × 1.5. Without 2022, and without 2023, twelve cases are left to test B's
    # own by; without 2024 only B's other two, so that its eleven are not tested.
    own = [sold(year, 100, 150, "B") for year in (2022, 2023, 2024)]
    partners = roster("A", "B", *(f"B{at}" for at in range(10)))
    rows = years(of_program(*[150] * 10), *own, THIS_YEAR) | {"partners": partners}
    row = ahead(GOLD, rows).of()
    assert (row["basis"], *hits(row)) == ("program_years", 2, 2, 1)


def test_the_bases_are_tested_apart() -> None:
    # B's four years hold each other. The ten others have 2024 alone, and without 2024 only three cases of B are left to
    # test them by: A, which has no years, is told a band of all fourteen cases and no rate.
    own = [sold(year, 100, 200, "B") for year in (2021, 2022, 2023, 2024)]
    partners = roster("A", "B", *(f"B{at}" for at in range(10)))
    rows = years(of_program(*TENTHS), *own, THIS_YEAR, sold(2025, 50, 50, "B")) | {"partners": partners}
    found = ahead(GOLD, rows)
    assert (band(found.of())[0], *hits(found.of())) == ("program_years", None, None, None)
    assert (band(found.of(partner="B"))[0], *hits(found.of(partner="B"))) == ("own_years", 4, 4, 1)


@pytest.mark.parametrize(("until_june", "basis"), [(0, "pace"), (-5, "pace"), ("0.01", "own_years")])
def test_a_case_needs_something_to_grow_from(until_june: str | int, basis: str) -> None:
    past = [sold(year, until_june, 5_000) for year in (2022, 2023, 2024)]
    assert ahead(GOLD, years(*past, THIS_YEAR)).of()["basis"] == basis


@pytest.mark.parametrize(("value", "basis"), [(0, "pace"), (-5, "pace"), ("0.01", "own_years")])
def test_so_does_this_year(value: str | int, basis: str) -> None:
    row = ahead(GOLD, years(*THREE_YEARS, sold(2025, value, value))).of()
    assert row["basis"] == basis


@pytest.mark.parametrize(("until_june", "basis"), [("0.004", "pace"), ("0.005", "pace"), ("0.005001", "own_years")])
def test_a_millionfold_growth_is_no_case(until_june: str, basis: str) -> None:
    # 5,000 are a million times 0.005.
    past = [sold(year, until_june, 5_000) for year in (2022, 2023, 2024)]
    assert ahead(GOLD, years(*past, THIS_YEAR)).of()["basis"] == basis


def test_the_largest_amounts_are_told_too() -> None:
    # Twenty digits, and six places: × 3 ÷ 2 of 6 × 10^19.
    most = Decimal(60000000000000000000)
    past = [sold(year, most + Decimal("0.000002"), most * 3 / 2 + Decimal("0.000003")) for year in (2022, 2023, 2024)]
    row = ahead(GOLD, years(*past, sold(2025, most, most))).of()
    assert band(row) == ("own_years", most * 3 / 2, most * 3 / 2, most * 3 / 2)


def test_a_sum_may_fall_from_june_on() -> None:
    # Credits of 600 on 1,000: × 0.4; of 2,000 on 1,000: × −1; and × 1.
    past = [sold(2024, 1_000, 400), sold(2023, 1_000, -1_000), sold(2022, 1_000, 1_000)]
    assert band(ahead(GOLD, years(*past, THIS_YEAR)).of()) == ("own_years", -4_000, 1_600, 4_000)


def test_growth_is_rounded_only_in_what_is_told() -> None:
    # 1,000,000 × 4 ÷ 3 is 1,333,333.33, and × 1.333333 would be 1,333,333.00.
    past = [sold(year, 3, 4) for year in (2022, 2023, 2024)]
    big = program(gold="sold.at_least = 10_000_000")
    told = Decimal("1333333.33")
    assert band(ahead(big, years(*past, sold(2025, 1_000_000, 1_000_000))).of()) == ("own_years", told, told, told)
    # 0.01 × 1.5 is 0.015 and × 2.5 is 0.025: half to even both are 0.02.
    halves = [sold(2024, 2, 3), sold(2023, 2, 5), sold(2022, 2, 7)]
    cent = Decimal("0.01")
    expected = ("own_years", 2 * cent, 2 * cent, 4 * cent)
    assert band(ahead(GOLD, years(*halves, sold(2025, cent, cent))).of()) == expected


@pytest.mark.parametrize(
    ("past", "value", "expected"),
    [
        # Three to four each year, and three now: four, not 3 × 1.333333 down to three.
        ((3, 4), 3, 4),
        # Two to three: 4 × 1.5 is 6; 5 × 1.5 is 7.5, down to 7.
        ((2, 3), 4, 6),
        ((2, 3), 5, 7),
    ],
)
def test_counts_are_told_whole_and_not_more_than_they_are(past: tuple[int, int], value: int, expected: int) -> None:
    rows = [row for year in (2022, 2023, 2024) for row in deals(year, *past)] + deals(2025, value, value)
    row = ahead(DEALS, {"opportunities": rows}).of("deals")
    assert band(row) == ("own_years", expected, expected, expected)
    # The pace is told to cents, as requalification tells it: 6.0497…, 8.0662… and 10.0828…
    assert row["pace"] == {3: Decimal("6.05"), 4: Decimal("8.07"), 5: Decimal("10.08")}[value]


def test_a_past_count_lies_in_a_band_of_the_same_growth() -> None:
    # 3 to 4 in each of four years: 3 × 4 ÷ 3 is 4 exactly, so that all four hold.
    rows = [row for year in (2021, 2022, 2023, 2024) for row in deals(year, 3, 4)] + deals(2025, 3, 3)
    assert hits(ahead(DEALS, {"opportunities": rows}).of("deals")) == (4, 4, 1)


# × 2, × 2.5 and × 3 of 4,000: 8,000 to 12,000.
@pytest.mark.parametrize(
    ("bound", "prospect"),
    [
        ("at_least = 8_000", "likely"),
        ("at_least = 8_000.01", "open"),
        ("at_least = 12_000", "open"),
        ("at_least = 12_000.01", "unlikely"),
        ("at_least = 4_000", "met"),
        ("at_least = 4_000.01", "likely"),
        ("more_than = 7_999.99", "likely"),
        ("more_than = 8_000", "open"),
        ("more_than = 11_999.99", "open"),
        ("more_than = 12_000", "unlikely"),
        # What is still under an upper bound may go beyond it.
        ("at_most = 12_000", "likely"),
        ("at_most = 11_999.99", "open"),
        ("at_most = 8_000", "open"),
        ("at_most = 7_999.99", "unlikely"),
        ("less_than = 12_000.01", "likely"),
        ("less_than = 12_000", "open"),
        ("less_than = 8_000.01", "open"),
        ("less_than = 8_000", "unlikely"),
        ("at_most = 3_999.99", "unlikely"),
    ],
)
def test_the_prospect_by_a_band(bound: str, prospect: str) -> None:
    row = ahead(program(gold=f"sold.{bound}, deals.at_least = 1"), years(*THREE_YEARS, THIS_YEAR)).of()
    assert (row["basis"], row["prospect"]) == ("own_years", prospect)


# 3,620 in 181 days is 20 a day, 7,300 in 365.
@pytest.mark.parametrize(
    ("bound", "prospect"),
    [
        ("at_least = 7_300", "likely"),
        ("at_least = 7_300.01", "unlikely"),
        ("more_than = 7_299.99", "likely"),
        ("more_than = 7_300", "unlikely"),
        ("at_least = 3_620", "met"),
        ("at_most = 7_300", "likely"),
        ("at_most = 7_299.99", "unlikely"),
        ("less_than = 7_300.01", "likely"),
        ("less_than = 7_300", "unlikely"),
    ],
)
def test_the_prospect_by_the_pace(bound: str, prospect: str) -> None:
    row = ahead(program(gold=f"sold.{bound}, deals.at_least = 1"), years(sold(2025, 3_620, 3_620))).of()
    assert (row["basis"], row["pace"], row["prospect"]) == ("pace", 7_300, prospect)


def test_the_pace_meets_a_bound_exactly_or_not_at_all() -> None:
    # 3,619.998 × 365 ÷ 181 is 7,299.99596…, told as 7,300.00, and falls short of 7,300.
    exact = Decimal("3619.998")
    row = ahead(program(gold="sold.at_least = 7_300"), years(sold(2025, exact, exact))).of()
    assert (row["pace"], row["prospect"]) == (7_300, "unlikely")


def test_what_must_equal_a_number_is_met_or_has_no_prospect() -> None:
    rows = years(*THREE_YEARS, THIS_YEAR)
    assert ahead(program(gold="sold = 4_000, deals.at_least = 1"), rows).of()["prospect"] == "met"
    found = ahead(program(gold="sold = 8_000, deals.at_least = 1"), rows).of()
    assert (found["prospect"], found["threshold"], found["low"]) == (None, 8_000, 8_000)


def test_an_unknown_bound_has_no_prospect() -> None:
    metrics = """
[metrics.scored]
from = "health_scores"
average = "score"
on = "scored_on"
window = "calendar_year"
"""
    of = program(metrics=metrics, gold='sold.at_least = { metric = "scored" }')
    row = ahead(of, years(*THREE_YEARS, THIS_YEAR)).of()
    assert (row["threshold"], row["prospect"], band(row)) == (None, None, ("own_years", 8_000, 10_000, 12_000))
    paced = ahead(of, years(THIS_YEAR)).of()
    assert (paced["threshold"], paced["prospect"], paced["basis"]) == (None, None, "pace")


@pytest.mark.parametrize(
    ("bound", "prospect"),
    [
        ("at_least = 10_000", "met"),
        ("at_least = 10_000.01", "unlikely"),
        ("at_most = 10_000", "met"),
        ("at_most = 9_999.99", "unlikely"),
    ],
)
def test_in_the_last_month_of_a_window_all_is_said(bound: str, prospect: str) -> None:
    of = program(gold=f"sold.{bound}, deals.at_least = 1")
    row = ahead(of, years(*FOUR_YEARS, sold(2025, 4_000, 10_000)), "2025-12").of()
    assert (row["prospect"], row["pace"], *band(row)) == (prospect, 10_000, "own_years", 10_000, 10_000, 10_000)
    # By the last day of a past year there was what there was by its last day.
    assert hits(row) == (4, 4, 1)


def test_the_month_before_the_last_is_read_on_its_own_day() -> None:
    # By the end of November of each year all was sold but what follows in December.
    past = [sold(year, 5_000, 5_000) for year in (2022, 2023, 2024)]
    rows = years(*past, sold(2025, 6_000, 6_000))
    rows["mrr"] += [
        {"partner_id": "A", "mrr": 500 * at, "sold_on": date(year, 12, 1)} for at, year in enumerate((2022, 2023, 2024))
    ]
    # × 1, × 1.1 and × 1.2 of 6,000.
    assert band(ahead(GOLD, rows, "2025-11").of()) == ("own_years", 6_000, 6_600, 7_200)


def test_shorter_windows_have_their_own_past() -> None:
    # In May, the second month of the second quarter: the second months of the three quarters before.
    of = program(window="calendar_quarter", holds="through_calendar_quarter", gold="sold.at_least = 10_000")
    amounts = [
        ((2024, 8, 31), 100), ((2024, 9, 1), 100),  # third quarter: 100 by August 31, 200 in all
        ((2024, 11, 30), 100), ((2024, 12, 1), 50),  # fourth: × 1.5
        ((2025, 2, 28), 100), ((2025, 3, 1), 10),  # first: × 1.1
        ((2025, 5, 31), 1_000), ((2025, 6, 1), 1),  # the one that runs: 1,000
        ((2024, 6, 30), 7),  # so that the export reaches back before July 1
    ]  # fmt: skip
    rows: Rows = {"mrr": [{"partner_id": "A", "mrr": amount, "sold_on": date(*day)} for day, amount in amounts]}
    row = ahead(of, rows, "2025-05").of()
    assert band(row) == ("own_years", 1_100, 1_500, 2_000)
    # April 1 to May 31 are 61 days of 91: 1,000 × 91 ÷ 61 = 1,491.803…
    assert (row["window_through"], row["pace"]) == (date(2025, 6, 30), Decimal("1491.80"))


@pytest.mark.parametrize(("first", "basis"), [(date(2022, 1, 1), "own_years"), (date(2022, 1, 2), "pace")])
def test_the_export_must_reach_back_to_the_first_day_of_a_past_window(first: date, basis: str) -> None:
    rows = years(*TWO_YEARS, THIS_YEAR)
    rows["mrr"] += [
        {"partner_id": "A", "mrr": 100, "sold_on": date(2022, 3, 1)},
        {"partner_id": "A", "mrr": 100, "sold_on": date(2022, 8, 1)},
        # Of another partner, and of no amount: it shows how far the export reaches all the same.
        {"partner_id": "B", "mrr": 0, "sold_on": first},
    ]
    row = ahead(GOLD, rows | {"partners": roster("A", "B")}).of()
    assert row["basis"] == basis


@pytest.mark.parametrize(
    ("day", "basis"), [("2022-01-01", "own_years"), ("2022-01-02", "pace"), ("2021-12-31", "own_years")]
)
def test_past_windows_that_begin_before_anything_counts_are_no_cases(day: str, basis: str) -> None:
    of = program(top=f"counts_from = {day}", gold="sold.at_least = 10_000")
    rows = years(*FIVE_YEARS, THIS_YEAR)
    # What counts of 2022 in any case would make a case of it.
    rows["mrr"].append({"partner_id": "A", "mrr": 500, "sold_on": date(2022, 3, 1)})
    assert ahead(of, rows).of()["basis"] == basis


def test_a_metrics_conditions_hold_in_past_years_as_they_do_now() -> None:
    # Cancelled in October 2024: by the end of June it ran, and by December no longer. 2024: 4,000 to 4,000.
    running = '[metrics.kept]\nfrom = "mrr"\nsum = "mrr"\non = "sold_on"\nwindow = "calendar_year"\n'
    running += 'running = { since = "sold_on", before = "cancelled_on" }\n'
    rows = years(*THREE_YEARS, THIS_YEAR)
    late = {"partner_id": "A", "sold_on": date(2024, 2, 1), "mrr": 6_000, "cancelled_on": date(2024, 10, 1)}
    rows["mrr"].append(late)
    # 2024: 4,000 + 6,000 by June, 10,000 by the end: × 1; beside × 2 and × 3.
    row = ahead(program(metrics=running, gold="kept.at_least = 10_000"), rows).of("kept")
    assert band(row) == ("own_years", 4_000, 8_000, 12_000)


def test_amounts_that_are_multiplied_grow_as_they_are_shown() -> None:
    metrics = '[metrics.half]\nfrom = "mrr"\nsum = "mrr"\ntimes = "50 %"\non = "sold_on"\nwindow = "calendar_year"\n'
    row = ahead(program(metrics=metrics, gold="half.at_least = 10_000"), years(*THREE_YEARS, THIS_YEAR)).of("half")
    # Half of 4,000, times 2, 2.5 and 3.
    assert (row["value"], *band(row)) == (2_000, "own_years", 4_000, 5_000, 6_000)


def test_an_export_in_several_parts_reaches_back_as_far_as_any_of_them() -> None:
    whole = ahead(GOLD, years(*THREE_YEARS, THIS_YEAR)).of()
    assert ahead(GOLD, years(*THREE_YEARS, THIS_YEAR), is_cut=True).of() == whole
    assert band(whole) == ("own_years", 8_000, 10_000, 12_000)


def decided(through: str) -> Rows:
    """A is placed in gold through a day."""
    placed = {"partner_id": "A", "tier": "gold", "decision": "placed", "effective_on": date(2025, 1, 1)}
    return {"decisions": [placed | {"through": date.fromisoformat(through)}]}


def test_a_grant_that_ends_with_the_window_or_later_is_told_by_past_years() -> None:
    found = ahead(GOLD, years(*THREE_YEARS, THIS_YEAR) | decided("2025-12-31"))
    (row,) = found.forecast
    assert (row["tier"], row["pace"], *band(row)) == ("gold", Decimal("8066.30"), "own_years", 8_000, 10_000, 12_000)
    assert row["pace"] == found.requalification[0]["projected"]
    (later,) = ahead(GOLD, years(*THREE_YEARS, THIS_YEAR) | decided("2026-03-31")).forecast
    assert (later["pace"], *band(later)) == (Decimal("8066.30"), "own_years", 8_000, 10_000, 12_000)


def test_of_a_grant_that_ends_before_the_window_there_is_only_the_pace() -> None:
    found = ahead(GOLD, years(*THREE_YEARS, THIS_YEAR) | decided("2025-12-30"))
    (row,) = found.forecast
    # 364 days: 4,000 × 364 ÷ 181 = 8,044.198…
    assert (row["pace"], row["basis"], row["low"], row["prospect"]) == (Decimal("8044.20"), "pace", None, "unlikely")
    assert hits(row) == (None, None, None)
    assert row["pace"] == found.requalification[0]["projected"]


def test_a_tier_that_ends_and_the_one_above_it_are_told_side_by_side() -> None:
    of = program(silver="sold.at_least = 1_000, seats.at_least = 1", gold="sold.at_least = 10_000, deals.at_least = 0")
    rows = years(*THREE_YEARS, THIS_YEAR)
    rows["partner_services"] = [{"partner_id": "A", "seats": 2, "starts_on": date(2025, 1, 1), "ends_on": None}]
    found = ahead(of, rows)
    # Silver's seats are a level, which runs up to nothing; gold's deals are met and told all the same.
    told = [(row["tier"], row["criterion"], row["prospect"]) for row in found.forecast]
    assert told == [("gold", "deals", "met"), ("gold", "sold", "open"), ("silver", "sold", "met")]


def test_a_criterion_of_a_tier_that_ends_is_told_once_with_the_end_of_that_tier() -> None:
    # Gold asks for all of silver, which is held through September: January 1 to September 30 are 273 days.
    of = program(each="all_below_too", silver="sold.at_least = 5_000", gold="deals.at_least = 5")
    placed = {"partner_id": "A", "tier": "silver", "decision": "placed", "effective_on": date(2025, 1, 1)}
    rows = years(*THREE_YEARS, THIS_YEAR) | {"decisions": [placed | {"through": date(2025, 9, 30)}]}
    found = ahead(of, rows)
    assert [(row["asked_by"], row["criterion"]) for row in found.next_tier] == [("silver", "sold"), ("gold", "deals")]
    # 4,000 × 273 ÷ 181 = 6,033.149…
    assert (found.of()["pace"], found.of()["basis"]) == (Decimal("6033.15"), "pace")


def test_nothing_is_told_at_the_top_or_of_the_terminated_and_suspended() -> None:
    rows = years(*THREE_YEARS, sold(2025, 20_000, 20_000)) | {"partners": roster("A")}
    # At the top only its own tier is told, which ends with the year.
    assert [(row["tier"], row["prospect"]) for row in ahead(GOLD, rows).forecast] == [("gold", "met")]
    assert ahead(GOLD, rows | {"partners": roster("A", terminated_on=date(2025, 6, 30))}).forecast == []
    gated = program(track="gate = { partner.good_standing = true }", gold="sold.at_least = 10_000")
    assert ahead(gated, rows | {"partners": roster("A", good_standing=False)}).forecast == []


def test_only_the_partners_asked_for_are_told_by_the_years_of_all() -> None:
    partners = roster("A", *(f"B{at}" for at in range(10)))
    rows = years(of_program(*TENTHS, year=2023), of_program(*[150] * 10), THIS_YEAR) | {"partners": partners}
    whole, alone = ahead(GOLD, rows), ahead(GOLD, rows, only=["A"])
    assert alone.forecast == [row for row in whole.forecast if row["partner_id"] == "A"]
    assert hits(alone.of()) == (20, 11, Decimal("0.55"))
    own = years(*(sold(year, 100, 200, "B0") for year in (2021, 2022, 2023, 2024)), *FOUR_YEARS, THIS_YEAR)
    own |= {"partners": partners}
    # A's own years hold 2 of 4, those of B0 4 of 4, whether B0 is asked for or not.
    assert hits(ahead(GOLD, own, only=["A"]).of()) == (8, 6, Decimal("0.75"))


def test_the_same_place_in_fiscal_years_of_52_and_53_weeks() -> None:
    # Fiscal 2025 begins on December 29, 2024 and has 53 weeks; its sixth month ends after 26, on June 28.
    june = WEEKS.month("2025-06")
    found = past_instances(WEEKS, "fiscal_year", june)
    assert [(each.back, each.span.first, each.day, each.span.last) for each in found] == [
        (1, date(2023, 12, 31), date(2024, 6, 29), date(2024, 12, 28)),
        (2, date(2023, 1, 1), date(2023, 7, 1), date(2023, 12, 30)),
        (3, date(2022, 1, 2), date(2022, 7, 2), date(2022, 12, 31)),
        (4, date(2021, 1, 3), date(2021, 7, 3), date(2022, 1, 1)),
        (5, date(2019, 12, 29), date(2020, 6, 27), date(2021, 1, 2)),
    ]


def test_a_row_on_the_last_day_of_the_same_fiscal_month_counts_and_one_after_it_does_not() -> None:
    of = program(window="fiscal_year", holds="through_fiscal_year", gold="sold.at_least = 10_000")
    # By the ends of June above: 100 each; a day later 100, 200 and 300 more.
    days = [
        (date(2024, 6, 29), 100), (date(2024, 6, 30), 100),
        (date(2023, 7, 1), 100), (date(2023, 7, 2), 200),
        (date(2022, 7, 2), 100), (date(2022, 7, 3), 300),
        (date(2022, 1, 2), 0), (date(2025, 6, 28), 1_000), (date(2025, 6, 29), 50),
    ]  # fmt: skip
    rows: Rows = {"mrr": [{"partner_id": "A", "mrr": amount, "sold_on": day} for day, amount in days]}
    row = ahead(of, rows, calendar=WEEKS).of()
    assert band(row) == ("own_years", 2_000, 3_000, 4_000)
    # 182 of 371 days: 1,000 × 371 ÷ 182 = 2,038.461…
    assert (row["window_through"], row["pace"]) == (date(2026, 1, 3), Decimal("2038.46"))


def test_a_calendar_window_goes_by_the_name_of_the_fiscal_month() -> None:
    # Of five calendar years, those in which June of the fiscal year ends: June 29, 2024, July 1, 2023, …
    found = past_instances(WEEKS, "calendar_year", WEEKS.month("2025-06"))
    assert [each.day for each in found] == [
        date(2024, 6, 29), date(2023, 7, 1), date(2022, 7, 2), date(2021, 7, 3), date(2020, 6, 27),
    ]  # fmt: skip
    # December 2025 ends on January 3, 2026, so that the open year is 2026; only those of 2021 and 2020 do likewise.
    spilled = past_instances(WEEKS, "calendar_year", WEEKS.month("2025-12"))
    assert [(each.back, each.day) for each in spilled] == [(4, date(2022, 1, 1)), (5, date(2021, 1, 2))]


@pytest.mark.parametrize(
    ("period", "month", "days"),
    [
        ("calendar_month", "2025-06", ["2025-05-31", "2025-04-30", "2025-03-31", "2025-02-28", "2025-01-31"]),
        ("fiscal_month", "2025-02", ["2025-01-31", "2024-12-31", "2024-11-30", "2024-10-31", "2024-09-30"]),
        ("fiscal_quarter", "2025-02", ["2024-11-30", "2024-08-31", "2024-05-31", "2024-02-29", "2023-11-30"]),
        ("calendar_half", "2025-02", ["2024-08-31", "2024-02-29", "2023-08-31", "2023-02-28", "2022-08-31"]),
        ("fiscal_half", "2025-12", ["2025-06-30", "2024-12-31", "2024-06-30", "2023-12-31", "2023-06-30"]),
    ],
)
def test_the_same_month_of_shorter_windows(period: Any, month: str, days: list[str]) -> None:
    found = past_instances(CALENDAR, period, CALENDAR.month(month))
    assert [str(each.day) for each in found] == days


def table(*years_: tuple[int, int]) -> Calendar:
    """A table of fiscal years of so many periods, of 28 days, from January 1, 2023 on."""
    rows, first = [], date(2023, 1, 1)
    for year, periods in years_:
        for period in range(1, periods + 1):
            last = date.fromordinal(first.toordinal() + 27)
            rows.append(TableRow(year, period, first, last, f"{year}-{period:02}" if period < 13 else f"{year}-13"))
            first = date.fromordinal(last.toordinal() + 1)
    return Calendar.table([row._replace(month=_label(at)) for at, row in enumerate(rows)])


def _label(at: int) -> str:
    return f"{2023 + at // 12:04}-{at % 12 + 1:02}"


def test_a_table_is_read_no_further_than_it_reaches() -> None:
    calendar = table((2023, 13), (2024, 13), (2025, 13))
    third = calendar.month("FY2025-P03")
    assert [(each.back, each.day) for each in past_instances(calendar, "fiscal_year", third)] == [
        (1, calendar.month("FY2024-P03").last),
        (2, calendar.month("FY2023-P03").last),
    ]
    # A year of twelve periods has no thirteenth, the one before it has.
    uneven = table((2023, 13), (2024, 12), (2025, 13))
    thirteenth = uneven.month("FY2025-P13")
    assert [(each.back, each.day) for each in past_instances(uneven, "fiscal_year", thirteenth)] == [
        (2, uneven.month("FY2023-P13").last)
    ]


def test_a_review_by_a_table_ends_where_the_table_begins() -> None:
    of = program(window="fiscal_year", holds="through_fiscal_year", gold="sold.at_least = 10_000")
    calendar = table((2023, 13), (2024, 13), (2025, 13), (2026, 13), (2027, 13))
    row = ahead(of, years(*FIVE_YEARS, THIS_YEAR), calendar.month("FY2025-P05").label, calendar=calendar).of()
    assert row["basis"] == "pace"
