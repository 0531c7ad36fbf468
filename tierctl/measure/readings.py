"""What a review looks at: looks, readings, and the tables that turn a row's days into a range of readings.

A **look** is one evaluation of a tier's requirements: on a review day, over one instance of each window. A **reading**
is one metric's part of it: (window instance, day it is read on). The readings of a metric are numbered so that every
segment of a row falls into one half-open range of them; a replay of many months then costs one pass over the rows.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Literal

import polars as pl

from tierctl.fiscal import PERIODS, Calendar, CalendarError, FiscalMonth, Period, Span
from tierctl.program.metrics import Ago, Metric
from tierctl.program.values import TrailingDays, TrailingMonths

LookKind = Literal["open", "overlapping", "hindsight", "complete"]
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Look:
    """One evaluation of the requirements on the review day `day` (number `at` of the days read).

    An open look reads every to-date window's instance of that day. The others read one earlier instance `span` of the
    windows of `period`: one that overlaps the fiscal month, or the last that ended before it (hindsight), or one of the
    last complete ones, where a requirement asks for each of them.
    """

    at: int
    day: date
    kind: LookKind
    period: Period | None = None
    span: Span | None = None

    @property
    def merit_day(self) -> date:
        """The day that dates what is earned: how long a tier is held is counted from it."""
        return self.day if self.span is None else self.span.last


def to_date_period(metric: Metric) -> Period | None:
    """The period of a to-date window; None for a trailing window, a lifetime, an enrollment or a level."""
    return next((period for period in PERIODS if period == metric.window), None)


def looks_of_month(
    at: int, month: FiscalMonth, calendar: Calendar, periods: Iterable[Period], first_counted: date
) -> list[Look]:
    """The looks of one month's review, the open one first.

    Every other instance that overlaps the fiscal month is read too, so that no day between two reviews is lost where
    fiscal months straddle years, and the last one that ended before it, for what is known only now. Instances that
    ended before `first_counted` are not read.
    """
    looks = [Look(at, month.last, "open")]
    for period in sorted(periods):
        current = calendar.instance(period, month.last)
        overlapping = calendar.overlapping(period, Span(month.first, month.last))
        others: list[tuple[LookKind, Span]] = [("overlapping", span) for span in overlapping if span != current]
        if overlapping[0].first > first_counted:  # else what came before has ended too early, or no calendar has it
            others.insert(0, ("hindsight", calendar.previous_instance(period, overlapping[0])))
        looks += [Look(at, month.last, kind, period, span) for kind, span in others if span.last >= first_counted]
    return looks


def complete_instances(day: date, period: Period, count: int, calendar: Calendar) -> list[Span]:
    """The last instances of a period that are complete on a day, the latest first; fewer where the calendar begins.

    >>> found = complete_instances(date(2025, 6, 30), "fiscal_quarter", 2, Calendar.months())
    >>> [str(span.last) for span in found]
    ['2025-06-30', '2025-03-31']
    """
    spans: list[Span] = []
    try:
        span = calendar.instance(period, day)
        span = span if span.last == day else calendar.previous_instance(period, span)
        spans.append(span)
        while len(spans) < count:
            span = calendar.previous_instance(period, span)
            spans.append(span)
    except CalendarError:
        return spans
    return spans


def window_span(metric: Metric, look: Look, calendar: Calendar) -> Span:
    """The days that a metric covers in a look; for a level, the review day alone.

    An enrollment's days differ from partner to partner: as in a lifetime, they are all days up to the one read.
    """
    window = metric.window
    if window is None:
        return Span(look.day, look.day)
    if window == "lifetime" or window == "enrollment":  # noqa: PLR1714  (the type is narrowed by ==, not by `in`)
        return Span(date.min, look.day)
    if isinstance(window, TrailingDays):
        return Span(look.day - (window.days - 1) * _DAY, look.day)
    if isinstance(window, TrailingMonths):
        return _trailing_months(window.fiscal_months, look.day, metric.ago, calendar)
    is_read = look.span is not None and look.period == window
    span = look.span if is_read and look.span else calendar.instance(window, look.day)
    if metric.ago is None:
        return span
    return calendar.instance(window, calendar.shift(calendar.month_of(span.last), -metric.ago.months).last)


def _trailing_months(count: int, day: date, ago: Ago | None, calendar: Calendar) -> Span:
    """Whole fiscal months up to the day; of earlier ones, in full."""
    month = calendar.month_of(day)
    if ago is None:
        return Span(calendar.shift(month, 1 - count).first, day)
    last = calendar.shift(month, -ago.months)
    return Span(calendar.shift(last, 1 - count).first, last.last)


@dataclass(frozen=True)
class _Instance:
    """A window instance, read on the days numbered `first_at` to `last_at`; its first reading is number `base`."""

    span: Span
    first_at: int
    last_at: int
    base: int


@dataclass(frozen=True)
class Readings:
    """The numbered readings of one metric.

    `days` are the days read, ascending. A to-date window has `instances`, each read on a run of days; its readings
    are numbered instance by instance. Any other window has one reading a day, numbered as the days are; then
    `trailing` has each day's window, neither its first nor its last day ever moving back.
    """

    days: tuple[date, ...]
    instances: tuple[_Instance, ...] = ()
    trailing: tuple[Span, ...] = ()
    _number: dict[tuple[Span, int], int] = field(default_factory=dict, compare=False)

    @property
    def count(self) -> int:
        """How many readings there are."""
        return sum(i.last_at - i.first_at + 1 for i in self.instances) if self.instances else len(self.days)

    def number(self, span: Span, at: int) -> int:
        """The number of the reading of `span` on the day numbered `at`."""
        return self._number[span, at] if self.instances else at

    @property
    def first_day(self) -> date:
        """The day before which a table of days need not tell one day from another."""
        spans = (*self.trailing, *(known.span for known in self.instances))
        return min((self.days[0], *(span.first for span in spans)))

    def table(self) -> "DayTable":
        """The tables by day that the segments of rows are looked up in."""
        origin = self.first_day - _DAY
        length = (self.days[-1] - origin).days + 2
        calendar_days = [origin + i * _DAY for i in range(length)]
        at = _first_at(calendar_days, self.days)
        instance = {}
        for name, default in (("shift", 0), ("first_at", 0), ("end_at", 0)):
            instance[name] = [default] * length
        for known in self.instances:
            for day in range(
                max(0, (known.span.first - origin).days), min(length - 1, (known.span.last - origin).days) + 1
            ):
                instance["shift"][day] = known.base - known.first_at
                instance["first_at"][day] = known.first_at
                instance["end_at"][day] = known.last_at + 1
        enters = _first_at(calendar_days, [span.last for span in self.trailing])
        leaves = _first_at(calendar_days, [span.first for span in self.trailing], strictly=True)
        series = {name: pl.Series(values, dtype=pl.Int32) for name, values in instance.items()}
        return DayTable(
            origin=origin,
            last=calendar_days[-1],
            at=pl.Series(at, dtype=pl.Int32),
            enters=pl.Series(enters, dtype=pl.Int32),
            leaves=pl.Series(leaves, dtype=pl.Int32),
            **series,
        )


def _first_at(days: Sequence[date], marks: Sequence[date], *, strictly: bool = False) -> list[int]:
    """For each day the number of the first mark on or after it (`strictly`: after it), or how many marks there are."""
    numbers, at = [], 0
    for day in days:
        while at < len(marks) and (marks[at] <= day if strictly else marks[at] < day):
            at += 1
        numbers.append(at)
    return numbers


@dataclass(frozen=True)
class DayTable:
    """Lookups by day, as series indexed by days since `origin`; days outside are taken as the nearest day inside.

    `at`: the number of the first day read on or after the day. `shift`, `first_at`, `end_at`: of the window instance
    that holds the day, what to add to a day's number for the reading's number, and the range of days it is read on.
    `enters`: the first reading whose trailing window reaches the day, `leaves`: the first whose window begins after it.
    """

    origin: date
    last: date
    at: pl.Series
    shift: pl.Series
    first_at: pl.Series
    end_at: pl.Series
    enters: pl.Series
    leaves: pl.Series

    def look_up(self, series: pl.Series, day: pl.Expr) -> pl.Expr:
        """The series' value for a day; null for no day."""
        index = (day.clip(self.origin, self.last) - pl.lit(self.origin)).dt.total_days()
        found = pl.lit(series).gather(index.fill_null(0))
        return pl.when(day.is_not_null()).then(found)


def readings_of(metric: Metric, looks: Sequence[Look], days: Sequence[date], calendar: Calendar) -> Readings:
    """The readings that a metric needs for these looks; `days` are all the days read, ascending."""
    if to_date_period(metric) is None:
        if metric.window in {None, "lifetime", "enrollment"}:
            return Readings(tuple(days))
        open_looks = (Look(at, day, "open") for at, day in enumerate(days))
        return Readings(tuple(days), trailing=tuple(window_span(metric, o, calendar) for o in open_looks))
    read_at: dict[Span, set[int]] = {}
    for look in looks:
        read_at.setdefault(window_span(metric, look, calendar), set()).add(look.at)
    return readings_of_spans(days, {span: (min(ats), max(ats)) for span, ats in read_at.items()})


def readings_of_spans(days: Sequence[date], read_at: dict[Span, tuple[int, int]]) -> Readings:
    """Readings of given spans, each read on every day from the first to the last numbered."""
    instances, base = [], 0
    for span, (first_at, last_at) in sorted(read_at.items()):
        instances.append(_Instance(span, first_at, last_at, base))
        base += last_at - first_at + 1
    number = {(i.span, at): i.base + at - i.first_at for i in instances for at in range(i.first_at, i.last_at + 1)}
    return Readings(tuple(days), tuple(instances), _number=number)
