"""Checks of time: windows and how long a tier holds go together, and what is asked of earlier windows has some."""

from collections.abc import Iterator
from typing import TypeAlias

from tierctl.findings import Finding
from tierctl.fiscal import PERIODS, Period
from tierctl.located import Key
from tierctl.program.lint.subject import Check, Subject
from tierctl.program.lint.walk import Test, grouped_tests, made_of
from tierctl.program.metrics import Metric
from tierctl.program.values import Holds, TrailingDays, TrailingMonths

_ENROLLMENT = "enrollment"
_LENGTHS = ("month", "quarter", "half", "year")
_SHORTEST_MONTH = 28
_DATED = ("through", "through_next", "fiscal_months", "days")

Time: TypeAlias = Period | None
"""The period that a metric is measured to date in; None: any other kind of time."""


def times_of(subject: Subject, name: str, seen: frozenset[str] = frozenset()) -> frozenset[Time]:
    """The times that a metric is measured in, those that it is made of included."""
    metric = subject.program.metrics.get(name)
    if metric is None or name in seen:
        return frozenset()
    if metric.is_of_rows:
        return frozenset({next((period for period in PERIODS if period == metric.window), None)})
    times: set[Time] = set()
    return frozenset(times.union(*(times_of(subject, each, seen | {name}) for each in made_of(metric))))


def check_earlier_windows(subject: Subject) -> Iterator[Finding]:
    """Complete windows that are asked for are those of one period."""
    for test, _, scope in subject.of(Test):
        if test.bound.in_each_of_last is None or scope.is_of_rows or test.name not in subject.program.metrics:
            continue
        if not subject.is_whole(("metrics",)):
            continue
        times = times_of(subject, test.name)
        if len(times) != 1 or None in times:
            metric = subject.program.metrics[test.name]
            message = f"in_each_of_last counts complete windows of one period, and {test.name} is {_measured(metric)}"
            hint = 'give it a window such as "fiscal_quarter"'
            yield subject.error("unfit-window", subject.word_path(test, "in_each_of_last"), message, hint)


def _measured(metric: Metric) -> str:
    """Over what time a metric is measured, in words."""
    match metric.window:
        case TrailingMonths(fiscal_months=months):
            return f"measured over the last {months} fiscal months"
        case TrailingDays(days=days):
            return f"measured over the last {days} days"
        case None:
            return "read on the day alone" if metric.is_of_rows else "made of metrics of other times"
        case word:
            return f"measured over the {word}"


def check_calendars(subject: Subject) -> Iterator[Finding]:
    """A tier is held by the kind of year in which it is earned."""
    for rung, tests, holds, path in _rungs(subject):
        if holds.period is None:
            continue
        for name in dict.fromkeys(test.name for test in tests):
            for period in sorted(time for time in times_of(subject, name) if time is not None):
                if period.partition("_")[0] != holds.period.partition("_")[0]:
                    message = f"{rung} is held by {holds.period}, but its {name} is measured by {period}"
                    hint = "the two end on different days where the fiscal year is not the calendar year"
                    yield subject.warning("mixed-calendars", path, message, hint)


def check_lengths(subject: Subject) -> Iterator[Finding]:
    """A tier holds as long as it makes sense for what it is measured by."""
    for rung, tests, holds, path in _rungs(subject):
        if holds.kind == "days" and holds.count is not None and holds.count < _SHORTEST_MONTH:
            message = f"{rung} ends after {holds.count} days, before the next review can find it met again"
            yield subject.warning("holds-and-window", path, message, "hold it at least from one review to the next")
        for test in tests:
            metric = subject.program.metrics.get(test.name)
            if metric is None:
                continue
            fresh = [time for time in times_of(subject, test.name) if time is not None and _begins_anew(time, holds)]
            if fresh and test.bound.in_each_of_last is None and _is_lower_bound(test):
                message = (
                    f"{rung} is held while met, and {test.name} begins anew with every {fresh[0]}: "
                    "the tier falls each time until it is met again"
                )
                hint = f'say holds = "while_met_each_{fresh[0]}", or ask for complete windows with in_each_of_last'
                yield subject.warning("holds-and-window", path, message, hint)
            if metric.window == _ENROLLMENT and holds.kind in _DATED:
                message = (
                    f"{rung} ends by the calendar, and {test.name} is measured over the whole enrollment: "
                    "what was met once is met at every review, so that the end never comes"
                )
                yield subject.warning("holds-and-window", path, message, 'say holds = "through_enrollment"')


def _begins_anew(time: Period, holds: Holds) -> bool:
    """Whether a tier held while met is looked at in the middle of that period."""
    if not holds.is_while_met or holds.period is None:
        return holds.is_while_met
    return _LENGTHS.index(time.partition("_")[2]) > _LENGTHS.index(holds.period.partition("_")[2])


def _is_lower_bound(test: Test) -> bool:
    """Whether a value that begins at nothing does not meet it."""
    return test.bound.at_least is not None or test.bound.more_than is not None or test.bound.equal is not None


def _rungs(subject: Subject) -> Iterator[tuple[str, list[Test], Holds, Key]]:
    """Every tier and qualification that is earned and held: id, bounds, how long, and where that is said."""
    for name, track in subject.program.tracks.items():
        for index, tier in enumerate(track.tiers):
            if tier.requires is not None and tier.holds is not None:
                path: Key = ("tracks", name, "tiers", index)
                yield tier.id, list(grouped_tests(tier.requires, path)), tier.holds, (*path, "holds")
        for key, qualification in track.qualifications.items():
            path = ("tracks", name, "qualifications", key)
            yield key, list(grouped_tests(qualification.requires, path)), qualification.holds, (*path, "holds")


CHECKS: tuple[Check, ...] = (check_earlier_windows, check_calendars, check_lengths)
