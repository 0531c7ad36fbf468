"""Shapes: how exactly the value of a metric is kept.

A plain sum or count is exact as the number that it is. An average, a share and amounts multiplied by factors are kept
as whole units over a whole number (see `tierctl.exact`), beside the number that is shown.
"""

from dataclasses import dataclass

import polars as pl

from tierctl.exact import PLACES, Ratio
from tierctl.measure.columns import measured_field
from tierctl.measure.exchange import conversion_of
from tierctl.program.metrics import Metric
from tierctl.program.model import Program
from tierctl.program.values import By, Figure, Number

VALUE, UNITS, OVER = "value", "units", "over"


@dataclass(frozen=True)
class Shape:
    """How a value is kept: plainly (`is_plain`), or as units with `scale` decimals, divided by `by`, and by `over`."""

    is_plain: bool
    scale: int
    by: int = 1
    has_over: bool = False

    def ratio(self, value: str, units: str, over: str) -> Ratio:
        """The number that the columns of those names hold."""
        if not self.is_plain:
            return Ratio(pl.col(units), pl.col(over) if self.has_over else None, self.scale, self.by)
        return Ratio.of_number(pl.col(value)) if self.scale else Ratio.of_count(pl.col(value))


def shape_of(program: Program, metric: Metric) -> Shape:
    """The shape of a metric of rows, `if_none` included."""
    found = measured_shape(program, metric)
    if metric.if_none is None:
        return found
    if found.is_plain:
        return Shape(is_plain=True, scale=PLACES if Ratio.of(metric.if_none).scale else found.scale)
    return shape_of_ratio(found.ratio(VALUE, UNITS, OVER).or_else(metric.if_none))


def shape_of_ratio(ratio: Ratio) -> Shape:
    """The shape in which a number that is computed is kept."""
    return Shape(is_plain=False, scale=ratio.scale, by=ratio.by, has_over=ratio.over is not None)


def measured_shape(program: Program, metric: Metric) -> Shape:
    """The shape in which a metric is measured, before `if_none`."""
    word, conversion = metric.measure, conversion_of(program, metric)
    if word == "count":
        return Shape(is_plain=True, scale=0)
    if word == "share":
        return Shape(is_plain=False, scale=0, has_over=True)
    whole = measured_field(program, metric.from_ or "", metric.column or "").type == "integer"
    scale = 0 if whole else PLACES
    if conversion is None and metric.times is None and word not in {"average", "median"}:
        return Shape(is_plain=True, scale=scale)
    scale += (conversion.scale if conversion else 0) + times_scale(metric)
    by = (conversion.over if conversion else 1) * (2 if word == "median" else 1)
    return Shape(is_plain=False, scale=scale, by=by, has_over=word == "average")


def times_scale(metric: Metric) -> int:
    """How many decimals the factors of a metric's rows have at most."""
    return 0 if metric.times is None else _figure_scale(metric.times)


def _figure_scale(figure: Figure) -> int:
    if isinstance(figure, Number):
        return Ratio.of(figure.value).scale
    if isinstance(figure, By):
        nested = [*(figure.values or {}).values(), *(step.value for step in figure.steps or ())]
        return max(_figure_scale(part) for part in (*nested, *([figure.otherwise] if figure.otherwise else [])))
    return PLACES
