"""Figures in a rule: what one comes to for a row in a month, by which clause, and in which currency."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from itertools import pairwise
from typing import Any

from tests.oracle.figures import compare, figure, is_cases
from tests.oracle.looks import Reading, at_instance, periods
from tests.oracle.money.conditions import RowReading
from tests.oracle.money.currencies import payout_rate
from tests.oracle.money.sources import Sight, Source
from tests.oracle.money.standing_on import Standings
from tests.oracle.rows import Row

Figure = Any
Steps = Sequence[Mapping[str, Any]]
NO_RATE = "exchange"
BOUNDS = ("at_least", "more_than", "since")


class RowNeededError(Exception):
    """A figure depends on a row where there is none."""


@dataclass(frozen=True)
class Said:
    """What a figure comes to.

    Attributes:
        value: the number; None where there is none.
        clause: of the case that gave it.
        currency: of an amount that has one of its own.
        failed: what is missing, where more is known than that there is no number.
    """

    value: Fraction | None
    clause: str | None = None
    currency: str | None = None
    failed: str | None = None


NOTHING = Said(None)


@dataclass(frozen=True)
class Asked:
    """A figure of a rule being asked for one row, or for the partner alone.

    Attributes:
        sight: the rule, the earned month and the day known.
        reading: the partner on the month's last day.
        cells: the cells that the row is tested by; the partner's alone where there is no row.
        source: the row; None where there is none.
        earned_on: the day on which the row earns.
        base: the base, and its currency.
        is_by_currency: whether the figure is listed for the row's currency, so that its bounds are money of that one.
    """

    sight: Sight
    reading: RowReading
    cells: Row
    source: Source | None
    earned_on: date
    base: Fraction | None = None
    base_currency: str = ""
    is_by_currency: bool = False

    def said(self, value: Figure) -> Said:
        """What a figure comes to."""
        if is_cases(value):
            return self.by_case(value)
        if not isinstance(value, Mapping):
            return Said(Fraction(figure(value, self.cells.__getitem__)))
        if "metric" in value:
            return Said(self.reading.value(value["metric"]))
        if "column" in value:
            return self.of_column(value["column"])
        makes = {"tier": self.by_tier, "currency": self.by_currency}
        return makes.get(value["by"], self.by_name)(value)

    def by_case(self, cases: Steps) -> Said:
        """The first case whose requirements hold."""
        for case in cases:
            if "requires" not in case or self.reading.holds(case["requires"]) is True:
                said = self.said(case["value"])
                return replace(said, clause=said.clause or case.get("clause"))
        return NOTHING

    def cell(self, column: str) -> Any:
        """A cell of the row, of a joined row or of the partner."""
        if column not in self.cells and self.source is None:
            raise RowNeededError
        return self.cells[column]

    def of_column(self, column: str) -> Said:
        """A column's number, in its currency where it is money."""
        cell = self.cell(column)
        if cell is None:
            return Said(None, failed=column)
        export, _, name = column.rpartition(".")
        is_money = name in self.sight.world.schema(export or self.sight.rule.source).money and export != "partner"
        currency = self.currency(column) if is_money else None
        return Said(Fraction(cell), currency=currency)

    def currency(self, column: str = "") -> str:
        """The currency of the row, or of a joined row."""
        if self.source is None:
            export, dot, _ = column.rpartition(".")
            if not dot:
                raise RowNeededError
            currency: str = self.cells.get(f"{export}.currency") or self.sight.rule.program["currency"]
            return currency
        return self.sight.currency(self.source, self.cells, column)

    def by_tier(self, value: Mapping[str, Any]) -> Said:
        """By the tier that stands on a day; nothing where none does."""
        standings = Standings(self.sight.account, (self.sight.rule.track, ""))
        tier = standings.tier(self.reading.day_named(value["as_of"]), self.sight.earned)
        return NOTHING if tier is None else self.chosen(value, tier)

    def by_currency(self, value: Mapping[str, Any]) -> Said:
        """By the row's currency; the number is money of it."""
        if self.source is None:
            raise RowNeededError
        currency = self.base_currency or self.currency()
        said = replace(self, is_by_currency=True).chosen(value, currency)
        return replace(said, currency=said.currency or currency)

    def by_name(self, value: Mapping[str, Any]) -> Said:
        """By a column, a metric or the month's last day."""
        name = value["by"]
        is_metric = name in self.sight.world.program["metrics"]
        if value.get("apply") == "slices":
            return self.in_slices(value["steps"])
        measured: Any = self.measured(name, value.get("as_of")) if is_metric else self.cell(name)
        if "values" in value:
            return self.chosen(value, measured)
        if not is_metric and measured is not None and self.is_money(name):
            factor = self.factor(self.currency(name))
            if factor is None:
                return Said(None, failed=NO_RATE)
            measured = Fraction(measured) * factor
        step = reached(value["steps"], measured)
        if step is None:
            return self.said(value["otherwise"]) if "otherwise" in value else NOTHING
        return self.said(step["value"])

    def factor(self, currency: str) -> Fraction | None:
        """What a unit of a currency is worth in that of the figure's bounds; None without a rate."""
        return Fraction(1) if self.is_by_currency else payout_rate(self.sight.world, currency, self.earned_on)

    def is_money(self, column: str) -> bool:
        """Whether a column's cells are in a currency."""
        export, _, name = column.rpartition(".")
        return export != "partner" and name in self.sight.world.schema(export or self.sight.rule.source).money

    def measured(self, name: str, as_of: str | None) -> Fraction | None:
        """A metric on the month's last day, or in the whole instance that holds that day as far as it is known."""
        base = self.sight.rule.words.get("base")
        if self.sight.rule.words["earned_on"] == "period_end" and base == {"metric": name}:
            return self.base if self.source is not None else self.reading.value(name)
        spans = periods(self.sight.world, {name})
        if as_of != "window_end" or not spans:
            return self.reading.value(name)
        calendar = self.sight.account.calendar
        span = calendar.instance(spans[0], self.sight.day)
        read = min(self.sight.known, calendar.month_of(span[1]).last)
        return Reading(self.sight.world, at_instance(spans[0], span), read).value(name)

    def chosen(self, table: Mapping[str, Any], said: Any) -> Said:
        """The figure listed for what is said, else that of `otherwise`."""
        key = str(said).lower() if isinstance(said, bool) else None if said is None else str(said)
        if key in table["values"]:
            return self.said(table["values"][key])
        return self.said(table["otherwise"]) if "otherwise" in table else NOTHING

    def in_slices(self, steps: Steps) -> Said:
        """What each slice of the base gives by its own step, as a rate of the whole base."""
        if self.source is None:
            raise RowNeededError
        factor = self.factor(self.base_currency)
        if factor is None:
            return Said(None, failed=NO_RATE)
        base = (self.base or Fraction(0)) * factor
        if not base:
            return Said(Fraction(0))
        if reached(steps, base) is None:
            return NOTHING
        total = Fraction(0)
        bounds = [next((Fraction(step[word]) for word in BOUNDS if word in step), None) for step in steps]
        for step, (low, high) in zip(steps, pairwise([*bounds, None]), strict=True):
            part = slice_of(base, low, high)
            if part:
                said = self.said(step["value"])
                if said.value is None:
                    return said
                total += part * said.value
        return Said(total / base)


def reached(steps: Steps, said: Any) -> Mapping[str, Any] | None:
    """The last step that is reached; None below the first one, or where nothing is said."""
    found = None
    if said is None:
        return None
    for step in steps:
        bounds = [(word, step[word]) for word in BOUNDS if word in step]
        if all(compare(word, said, bound) for word, bound in bounds):
            found = step
    return found


def slice_of(base: Fraction, low: Fraction | None, high: Fraction | None) -> Fraction:
    """The part of a base between two bounds, from 0 on; a negative base reaches down from 0."""

    def cut(value: Fraction) -> Fraction:
        value = value if low is None else max(value, low)
        return value if high is None else min(value, high)

    return cut(base) - cut(Fraction(0))
