"""Pay days: the day on which a statement is paid, moved off weekends and holidays.

Holidays are a list of the workspace, or else the public holidays of a country as the `holidays` package knows them,
those observed on another day included. That package is loaded only where a country's holidays are asked for.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from functools import cache

from tierctl.fiscal.spans import calendar_span, day_of, plus_days
from tierctl.program.rules import PayDay

_SATURDAY = 5
_MONTHS = 12


def pay_on(day: date, pay_day: PayDay, holidays: Mapping[str, Sequence[date]]) -> date:
    """The day on which statements of the fiscal month that ends on `day` are paid (V10).

    `day` of a later calendar month is at most that month's last day. `modified_forward` moves forward, or backward
    where that would leave the calendar month.

    Args:
        day: The fiscal month's last day.
        pay_day: What the program says.
        holidays: The workspace's lists by name; such a list goes before the country of that name.

    Raises:
        LookupError: the name is neither a list of the workspace nor a country that has holidays.
        CalendarError: the day lies outside the years 1 to 9999.

    >>> from datetime import date
    >>> twentieth = PayDay.model_validate({"day": 20, "months_after": 1, "roll": "forward", "holidays": "US"})
    >>> str(pay_on(date(2024, 12, 31), twentieth, {})), str(pay_on(date(2025, 8, 31), twentieth, {}))
    ('2025-01-21', '2025-09-22')
    """
    nominal = _nominal(day, pay_day)
    if pay_day.roll == "none":
        return nominal
    if pay_day.roll == "backward":
        return _moved(nominal, -1, pay_day.holidays, holidays)
    forward = _moved(nominal, 1, pay_day.holidays, holidays)
    leaves = (forward.year, forward.month) != (nominal.year, nominal.month)
    if pay_day.roll == "modified_forward" and leaves:
        return _moved(nominal, -1, pay_day.holidays, holidays)
    return forward


def known(name: str, holidays: Mapping[str, Sequence[date]]) -> bool:
    """Whether a name is a list of the workspace, or the code of a country that the `holidays` package has.

    >>> known("US", {}), known("works council", {"works council": []}), known("works council", {})
    (True, True, False)
    """
    return name in holidays or name in _countries()


def _nominal(day: date, pay_day: PayDay) -> date:
    if pay_day.day is None or pay_day.months_after is None:
        return plus_days(day, pay_day.days_after or 0)
    years, month = divmod(day.month - 1 + pay_day.months_after, _MONTHS)
    last = calendar_span(day_of(day.year + years, month + 1, 1), 1).last
    return last.replace(day=min(pay_day.day, last.day))


def _moved(day: date, step: int, name: str | None, holidays: Mapping[str, Sequence[date]]) -> date:
    while day.weekday() >= _SATURDAY or _is_holiday(day, name, holidays):
        day = plus_days(day, step)
    return day


def _is_holiday(day: date, name: str | None, holidays: Mapping[str, Sequence[date]]) -> bool:
    if name is None:
        return False
    return day in (holidays[name] if name in holidays else _of_year(name, day.year))


@cache
def _countries() -> frozenset[str]:
    from holidays import list_supported_countries  # noqa: PLC0415  (see the module's docstring)

    return frozenset(list_supported_countries())


@cache
def _of_year(country: str, year: int) -> frozenset[date]:
    from holidays import country_holidays  # noqa: PLC0415  (see the module's docstring)

    if country not in _countries():
        raise LookupError(f"{country!r} is neither a list of holidays of the workspace nor a country's code")
    return frozenset(country_holidays(country, years=year))
