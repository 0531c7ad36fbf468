"""Figures and formulas over metrics, as exact numbers in a grid of partners and looks.

The grid has every metric as `metric.ID`, as it is shown, and where it is no plain number `units.ID` and `over.ID`
beside it (see `tierctl.measure.shapes`); columns of the roster, attestations and standings go by the names they are
read by.
"""

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from functools import partial
from types import MappingProxyType

import polars as pl

from tierctl.exact import Ratio, chosen, greatest, least
from tierctl.measure.conditions import compare
from tierctl.measure.shapes import Shape, shape_of, shape_of_ratio
from tierctl.program.formula import Chosen, Constant, Operation, Operator, Reference, Term
from tierctl.program.metrics import Metric
from tierctl.program.model import Program
from tierctl.program.reads import PARTNER
from tierctl.program.values import By, Cases, Figure, Number, OfColumn, OfMetric, Requires, Step

_MONTH_END = "month_end"
_OPERATORS: Mapping[Operator, Callable[[Ratio, Ratio], Ratio]] = MappingProxyType(
    {"+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv}
)

Holds = Callable[[Requires], pl.Expr]
"""Whether requirements hold, never null."""


def column_of(subject: str) -> str:
    """The column of a subject's values: a metric's has a prefix, so that its id clashes with no other column."""
    return subject if "." in subject else f"metric.{subject}"


def units_of(metric: str) -> str:
    """The column of a metric's units, where it is no plain number."""
    return f"units.{metric}"


def over_of(metric: str) -> str:
    """The column of what a metric's units are divided by."""
    return f"over.{metric}"


@dataclass(frozen=True)
class Figures:
    """The figures of one program over the columns of a grid.

    Without a program, metrics are taken as they are shown; with `holds` figures may be chosen by requirements.
    """

    program: Program | None
    holds: Holds | None = None
    _shapes: dict[str, Shape] = field(default_factory=dict, compare=False)

    def subject(self, name: str, prefix: str = "") -> Ratio:
        """The value of a metric, or of a number column of the partner; its columns may stand behind a prefix."""
        metric = self.program.metrics.get(name) if self.program else None
        value, units, over = (f"{prefix}{column(name)}" for column in (column_of, units_of, over_of))
        if metric is None:
            return Ratio.of_number(pl.col(value))
        return self._shape(name, metric).ratio(value, units, over)

    def is_plain(self, name: str) -> bool:
        """Whether a subject is exactly what it is shown as."""
        metric = self.program.metrics.get(name) if self.program else None
        return metric is None or self._shape(name, metric).is_plain

    def computed(self, metric: Metric) -> Ratio:
        """The value of a metric of metrics, from the columns of those that it reads."""
        if metric.formula:
            number = self._term(metric.formula.tree)
        elif metric.value is not None:
            number = self.figure(metric.value)
        else:
            raise TypeError("a metric of rows is measured, not computed")
        return number if metric.if_none is None else number.or_else(metric.if_none)

    def figure(self, figure: Figure) -> Ratio:
        """The number that a figure stands for; unknown where nothing is listed for a case.

        Needs the metrics and columns that it names, and month_end, the fiscal month's last day.
        """
        match figure:
            case Number():
                return Ratio.of(figure.value)
            case OfMetric():
                return self.subject(figure.metric)
            case OfColumn():
                return Ratio.of_number(pl.col(figure.column))
            case By():
                return self._by(figure)
            case Cases():
                return self._cases(figure)

    def _shape(self, name: str, metric: Metric) -> Shape:
        if name not in self._shapes:
            if metric.is_of_rows and self.program:
                self._shapes[name] = shape_of(self.program, metric)
            else:
                self._shapes[name] = shape_of_ratio(self.computed(metric))
        return self._shapes[name]

    def _term(self, term: Term) -> Ratio:
        match term:
            case Constant():
                return Ratio.of(term.value)
            case Reference():
                return self.subject(term.metric)
            case Chosen():
                numbers = [self._term(each) for each in term.terms]
                return least(numbers) if term.choice == "least" else greatest(numbers)
            case Operation():
                return _OPERATORS[term.operator](self._term(term.left), self._term(term.right))

    def _by(self, figure: By) -> Ratio:
        otherwise = None if figure.otherwise is None else self.figure(figure.otherwise)
        if figure.values is not None:
            cases = [(self._is_key(figure.by, key), self.figure(value)) for key, value in figure.values.items()]
            return chosen(cases, otherwise)
        # The last step that is reached counts.
        steps = [(self._reached(figure.by, step), self.figure(step.value)) for step in reversed(figure.steps or ())]
        found = chosen(steps, otherwise)
        is_known = _column(figure.by).is_not_null()
        return chosen([(is_known, found)])

    def _is_key(self, by: str, key: str) -> pl.Expr:
        """Whether the subject is the key: numbers as numbers, anything else as its text."""
        if _is_metric(by):
            try:
                return self.subject(by).compared(partial(compare, "equal"), Ratio.of(Decimal(key)))
            except InvalidOperation:
                return pl.lit(value=False)
        return _column(by).cast(pl.String).str.replace(r"^(-?\d+)\.0{6}$", "${1}") == key

    def _reached(self, by: str, step: Step) -> pl.Expr:
        if step.since is not None:
            return _column(by) >= pl.lit(step.since)
        for word in ("at_least", "more_than"):
            bound = getattr(step, word)
            if bound is not None:
                return self.subject(by).compared(partial(compare, word), Ratio.of(bound))
        return pl.lit(value=True)

    def _cases(self, figure: Cases) -> Ratio:
        cases: list[tuple[pl.Expr, Ratio]] = []
        for case in figure.cases:
            value = self.figure(case.value)
            if case.requires is None:
                return chosen(cases, value)
            if self.holds is None:
                raise TypeError("a figure chosen by requirements is only read in the grid")
            cases.append((self.holds(case.requires), value))
        return chosen(cases)


def _column(by: str) -> pl.Expr:
    return pl.col(by if by == _MONTH_END else column_of(by))


def _is_metric(by: str) -> bool:
    return by != _MONTH_END and not by.startswith(PARTNER)
