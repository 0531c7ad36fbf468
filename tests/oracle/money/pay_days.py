"""The day on which a statement is paid: past weekends and holidays."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from tests.oracle.calendar import DAY, end_of_month

MONDAY, THURSDAY, SATURDAY, SUNDAY = 0, 3, 5, 6
JUNETEENTH_SINCE = 2021


def nth(weekday: int, number: int, year: int, month: int) -> date:
    """The so-many-th weekday of a month."""
    first = date(year, month, 1)
    return first + DAY * ((weekday - first.weekday()) % 7 + 7 * (number - 1))


def observed(day: date) -> date:
    """The Friday before a Saturday, the Monday after a Sunday."""
    return day - DAY if day.weekday() == SATURDAY else day + DAY if day.weekday() == SUNDAY else day


def federal(year: int) -> list[date]:
    """The federal holidays of the United States in a year, and the days on which they are observed."""
    fixed = [date(year, 1, 1), date(year, 7, 4), date(year, 11, 11), date(year, 12, 25), date(year + 1, 1, 1)]
    fixed += [date(year, 6, 19)] if year >= JUNETEENTH_SINCE else []
    may = end_of_month(year, 5)
    return [
        *fixed,
        *(observed(day) for day in fixed),
        nth(MONDAY, 3, year, 1),
        nth(MONDAY, 3, year, 2),
        may - DAY * may.weekday(),
        nth(MONDAY, 1, year, 9),
        nth(MONDAY, 2, year, 10),
        nth(THURSDAY, 4, year, 11),
    ]


def is_off(day: date, named: str | None, holidays: Mapping[str, Sequence[date]]) -> bool:
    """Whether nothing is paid on a day: on weekends and holidays."""
    if day.weekday() in {SATURDAY, SUNDAY}:
        return True
    if named is None:
        return False
    if named in holidays:
        return day in holidays[named]
    assert named == "US", named
    return day in federal(day.year)


def pay_on(day: date, pay_day: Mapping[str, Any], holidays: Mapping[str, Sequence[date]]) -> date:
    """When a statement is paid.

    Args:
        day: the last day of the statement's month.
        pay_day: `day` and `months_after`, or `days_after`; `roll`, and `holidays` by name.
        holidays: lists of days off by name.
    """
    if "days_after" in pay_day:
        due = day + DAY * pay_day["days_after"]
    else:
        last = end_of_month(day.year, day.month + pay_day["months_after"])
        due = last.replace(day=min(pay_day["day"], last.day))
    return rolled(due, pay_day["roll"], pay_day.get("holidays"), holidays)


def rolled(due: date, roll: str, named: str | None, holidays: Mapping[str, Sequence[date]]) -> date:
    """The next or the last day before that is none off."""
    step = {"forward": DAY, "modified_forward": DAY, "backward": -DAY, "none": None}[roll]
    found = due
    while step is not None and is_off(found, named, holidays):
        found += step
    is_over = roll == "modified_forward" and found.month != due.month
    return rolled(due, "backward", named, holidays) if is_over else found
