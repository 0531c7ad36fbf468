"""Pay days: the nominal day, where weekends and holidays move it, and whose holidays they are."""

import subprocess
import sys
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, TypeAlias

import pytest

from tierctl.fiscal import CalendarError
from tierctl.program.rules import PayDay
from tierctl.reward.pay_days import known, pay_on

YearMonthDay: TypeAlias = tuple[int, int, int]

SUMMER = (date(2025, 8, 15), date(2025, 8, 18), date(2025, 8, 19))


def paid(month_end: YearMonthDay, *, lists: Mapping[str, Sequence[date]] | None = None, **pay_day: Any) -> YearMonthDay:
    found = pay_on(date(*month_end), PayDay.model_validate({"roll": "none"} | pay_day), lists or {})
    return found.year, found.month, found.day


@pytest.mark.parametrize(
    ("month_end", "day", "months_after", "expected"),
    [
        ((2025, 5, 31), 20, 1, (2025, 6, 20)),
        ((2025, 12, 31), 20, 1, (2026, 1, 20)),
        ((2025, 11, 30), 1, 2, (2026, 1, 1)),
        ((2025, 12, 31), 15, 12, (2026, 12, 15)),
        ((2025, 12, 31), 15, 13, (2027, 1, 15)),
        ((2025, 1, 31), 31, 1, (2025, 2, 28)),
        ((2024, 1, 31), 30, 1, (2024, 2, 29)),
        ((2025, 3, 31), 31, 1, (2025, 4, 30)),
        # It is the calendar month of the last day that counts, also where a fiscal month ends early in it or late.
        ((2025, 2, 1), 20, 1, (2025, 3, 20)),
        ((2025, 4, 26), 20, 1, (2025, 5, 20)),
    ],
)
def test_a_day_of_a_later_calendar_month(
    month_end: YearMonthDay, day: int, months_after: int, expected: YearMonthDay
) -> None:
    assert paid(month_end, day=day, months_after=months_after) == expected


@pytest.mark.parametrize(
    ("days_after", "expected"), [(0, (2025, 5, 31)), (1, (2025, 6, 1)), (30, (2025, 6, 30)), (31, (2025, 7, 1))]
)
def test_days_after_the_fiscal_month(days_after: int, expected: YearMonthDay) -> None:
    assert paid((2025, 5, 31), days_after=days_after) == expected


@pytest.mark.parametrize(
    ("roll", "friday", "saturday", "sunday", "monday"),
    [
        ("none", (2025, 5, 30), (2025, 5, 31), (2025, 6, 1), (2025, 6, 2)),
        ("forward", (2025, 5, 30), (2025, 6, 2), (2025, 6, 2), (2025, 6, 2)),
        ("backward", (2025, 5, 30), (2025, 5, 30), (2025, 5, 30), (2025, 6, 2)),
        # Forward from Saturday would leave May; from Sunday it stays in June.
        ("modified_forward", (2025, 5, 30), (2025, 5, 30), (2025, 6, 2), (2025, 6, 2)),
    ],
)
def test_weekends(
    roll: str,
    friday: YearMonthDay,
    saturday: YearMonthDay,
    sunday: YearMonthDay,
    monday: YearMonthDay,
) -> None:
    found = [paid((2025, 5, 30), days_after=days, roll=roll) for days in range(4)]
    assert found == [friday, saturday, sunday, monday]


@pytest.mark.parametrize(
    ("nominal", "forward", "backward", "modified_forward"),
    [
        # Martin Luther King Jr. Day, a Monday.
        ((2025, 1, 20), (2025, 1, 21), (2025, 1, 17), (2025, 1, 21)),
        # Independence Day 2026 is a Saturday, observed on Friday; that of 2027 a Sunday, observed on Monday.
        ((2026, 7, 3), (2026, 7, 6), (2026, 7, 2), (2026, 7, 6)),
        ((2027, 7, 3), (2027, 7, 6), (2027, 7, 2), (2027, 7, 6)),
        # New Year's Day 2022 is a Saturday, observed in the year before.
        ((2021, 12, 31), (2022, 1, 3), (2021, 12, 30), (2021, 12, 30)),
        # The Friday after Thanksgiving is no federal holiday.
        ((2025, 11, 27), (2025, 11, 28), (2025, 11, 26), (2025, 11, 28)),
        # Juneteenth is one since 2021.
        ((2020, 6, 19), (2020, 6, 19), (2020, 6, 19), (2020, 6, 19)),
        ((2025, 6, 19), (2025, 6, 20), (2025, 6, 18), (2025, 6, 20)),
    ],
)
def test_federal_holidays_as_observed(
    nominal: YearMonthDay,
    forward: YearMonthDay,
    backward: YearMonthDay,
    modified_forward: YearMonthDay,
) -> None:
    rolls = ("forward", "backward", "modified_forward")
    found = [paid(nominal, days_after=0, roll=roll, holidays="US") for roll in rolls]
    assert found == [forward, backward, modified_forward]


def test_without_holidays_only_weekends_move_a_day() -> None:
    assert paid((2025, 1, 20), days_after=0, roll="forward") == (2025, 1, 20)


@pytest.mark.parametrize(("roll", "expected"), [("forward", (2025, 8, 20)), ("backward", (2025, 8, 14))])
def test_a_list_of_the_workspace(roll: str, expected: YearMonthDay) -> None:
    found = paid((2025, 8, 16), days_after=0, roll=roll, holidays="works", lists={"works": SUMMER})
    assert found == expected


def test_a_list_of_the_workspace_goes_before_the_country_of_that_name() -> None:
    lists = {"US": (date(2025, 1, 21),)}
    assert paid((2025, 1, 20), days_after=0, roll="forward", holidays="US", lists=lists) == (2025, 1, 20)
    assert paid((2025, 1, 21), days_after=0, roll="forward", holidays="US", lists=lists) == (2025, 1, 22)
    assert paid((2025, 1, 20), days_after=0, roll="forward", holidays="US", lists={"US": ()}) == (2025, 1, 20)


def test_other_countries_have_their_own_holidays() -> None:
    assert paid((2025, 10, 3), days_after=0, roll="forward", holidays="DE") == (2025, 10, 6)
    assert paid((2025, 10, 3), days_after=0, roll="forward", holidays="US") == (2025, 10, 3)


@pytest.mark.parametrize(
    ("name", "is_known"), [("US", True), ("DE", True), ("works", True), ("us", False), ("work", False), ("", False)]
)
def test_known_are_the_lists_of_the_workspace_and_countries(name: str, is_known: bool) -> None:
    assert known(name, {"works": ()}) is is_known


def test_an_unknown_name_raises() -> None:
    with pytest.raises(LookupError, match="'Atlantis' is neither a list of holidays"):
        paid((2025, 5, 30), days_after=0, roll="forward", holidays="Atlantis")


def test_a_day_beyond_the_calendar_raises() -> None:
    with pytest.raises(CalendarError, match="outside the years 1 to 9999"):
        paid((2025, 5, 31), day=1, months_after=100_000)
    with pytest.raises(CalendarError, match="outside the years 1 to 9999"):
        paid((9999, 12, 31), days_after=1)


def test_the_package_of_holidays_is_loaded_only_where_a_country_is_asked_for() -> None:
    code = "import sys, tierctl.reward.pay_days; sys.exit('holidays' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
