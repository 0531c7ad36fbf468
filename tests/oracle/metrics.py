"""What a partner has to show: one metric, over one window, read on one day."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property
from typing import Any

from tests.oracle.calendar import DAY, PERIODS, Calendar, FiscalMonth, Span
from tests.oracle.rows import Row, as_of, passes

Program = dict[str, Any]


def listed(value: Any) -> list[Any]:
    """One or several, as a list."""
    return value if isinstance(value, list) else [value]


@dataclass(frozen=True)
class World:
    """Everything a review reads; `partner` is the one partner looked at."""

    program: Program
    exports: dict[str, list[Row]]
    calendar: Calendar
    partner: Row

    @cached_property
    def first_counted(self) -> date:
        """No window instance that ended before this day is read."""
        effective: date = self.program["effective_from"]
        counts_from: date = self.program.get("counts_from", effective)
        return max(effective, counts_from)

    def rows(self, export: str) -> list[Row]:
        """The partner's rows of an export, in full."""
        return [row for row in self.exports.get(export, []) if row["partner_id"] == self.partner["partner_id"]]

    def partner_on(self, day: date) -> Row:
        """The partner's line of the roster as it reads on the day."""
        seen = as_of("partners", self.partner, day)
        assert seen is not None
        return seen

    def window_of(self, metric: str) -> Any:
        """The metric's window as the program says it; None for a level."""
        return self.program["metrics"][metric].get("window")

    def is_to_date(self, metric: str) -> bool:
        """Whether the metric's window is a PERIOD."""
        return self.window_of(metric) in PERIODS


def span_on(world: World, metric: str, day: date, instance: Span | None = None) -> Span:
    """The first and last day of the metric's window read on a day; a level's is the day twice.

    `instance` replaces the instance of a to-date window that is open on the day.
    """
    window = world.window_of(metric)
    if window is None:
        return day, day
    if window in PERIODS:
        return instance or world.calendar.instance(window, day)
    if window == "lifetime":
        return world.first_counted, day
    if "days" in window:
        return day - timedelta(days=window["days"] - 1), day
    here = world.calendar.month_of(day)
    return world.calendar.shift(here, 1 - window["fiscal_months"]).first, day


def runs(running: dict[str, Any], row: Row, day: date) -> bool:
    """Whether a row runs on the day."""
    since = row[running["since"]]
    if since is None or since > day:
        return False
    if "before" in running and row[running["before"]] is not None and row[running["before"]] <= day:
        return False
    if "through" in running and row[running["through"]] is not None and row[running["through"]] < day:
        return False
    return "more_than_days" not in running or (day - since).days > running["more_than_days"]


def attained_on(metric: dict[str, Any], row: Row) -> date | None:
    """The day that dates a row of a metric: the first filled column of `on`, or a level's `since`."""
    columns = listed(metric["on"]) if "on" in metric else [metric["running"]["since"]]
    return next((row[column] for column in columns if row[column] is not None), None)


def measure(world: World, name: str, span: Span, day: date) -> Decimal:
    """The value of a metric over the span, read on the day; 0 where no row counts.

    The span of a lifetime window has no beginning: its rows count from `counts_from`, or from the first row.
    """
    metric = world.program["metrics"][name]
    where = metric.get("where", {})
    if isinstance(where, str):
        where = world.program["conditions"][where]
    counted = []
    for row in world.rows(metric["from"]):
        seen = as_of(metric["from"], row, day)
        if seen is None or not passes(seen, world.partner_on(day), where):
            continue
        on = attained_on(metric, seen)
        if on is None or on < world.program.get("counts_from", date.min):
            continue
        if "running" in metric and not runs(metric["running"], seen, day):
            continue
        if "window" in metric and not on <= min(span[1], day):
            continue
        if "window" in metric and metric["window"] != "lifetime" and not span[0] <= on:
            continue
        counted.append(seen)
    if "sum" in metric:
        return sum((row[metric["sum"]] for row in counted if row[metric["sum"]] is not None), Decimal(0))
    columns = listed(metric["count"])
    return Decimal(len({tuple(row[c] for c in columns) for row in counted if all(row[c] is not None for c in columns)}))


def months_after(world: World, month: FiscalMonth, until: date) -> int:
    """How many fiscal months after this one begin on or before a day."""
    return sum(1 for later in world.calendar.months if month.last + DAY <= later.first <= until)
