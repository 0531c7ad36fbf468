"""Pace: how far a window to date has run, where its pace leads, and what each month that remains has to bring."""

from dataclasses import dataclass
from datetime import date
from functools import partial

import polars as pl

from tierctl.criteria import Criterion, Leaf, holds_now
from tierctl.exact import Ratio
from tierctl.figures import Figures
from tierctl.fiscal import Span
from tierctl.inputs import Inputs
from tierctl.measure.conditions import compare
from tierctl.measure.readings import Look, window_span
from tierctl.money import rounded_quotient, rounded_up_quotient
from tierctl.program.model import Program
from tierctl.program.values import NUMBER_WORDS
from tierctl.qualify import Qualified, pace_period

CENTS = 2
"""The decimals to which what lies ahead is told."""

HELD = ("active", "remediation", "pending_approval")
"""The statuses of the partners whose tiers are looked ahead at."""


@dataclass(frozen=True)
class Pace:
    """How far a to-date window has run: its span, the days elapsed, and the fiscal months that still begin in it."""

    window: Span
    elapsed: int
    months: int

    def days_until(self, through: pl.Expr) -> pl.Expr:
        """The window's days up to the end of a grant: what is attained later comes too late to keep the tier."""
        last = pl.min_horizontal(through, pl.lit(self.window.last))
        return (last - pl.lit(self.window.first)).dt.total_days() + 1


def pace_of(qualified: Qualified, criterion: Criterion) -> Pace | None:
    """The pace of a criterion's window; None for a level, a trailing window or several complete ones."""
    inputs, leaf = qualified.inputs, criterion.leaf
    if leaf.in_each or pace_period(inputs.program, leaf.subject) is None:
        return None
    look = open_look(qualified)[1]
    window = window_span(inputs.program.metrics[leaf.subject], look, inputs.calendar)
    return Pace(window, Span(window.first, look.day).days, months_after(inputs, window.last))


def months_after(inputs: Inputs, day: date) -> int:
    """How many fiscal months after the one under review begin on or before a day."""
    if day <= inputs.last.last:
        return 0
    following = inputs.calendar.shift(inputs.last, 1)
    return len(inputs.calendar.months_from(following, inputs.calendar.month_of(day)))


def open_look(qualified: Qualified) -> tuple[int, Look]:
    """The open look of the month under review and its number."""
    number = max(number for number, look in enumerate(qualified.looks) if look.kind == "open")
    return number, qualified.looks[number]


def open_grid(qualified: Qualified) -> pl.DataFrame:
    """What the open look of the month under review found: one row per partner_id, in the columns of the grid."""
    return qualified.grid.filter(pl.col("look") == open_look(qualified)[0])


def comes_in_whole(criterion: Criterion) -> bool:
    """Whether what a criterion asks for comes in whole numbers."""
    return criterion.is_count or not criterion.leaf.is_of_metric


def needed_per_month(missing: pl.Expr, *, months: pl.Expr, is_count: bool) -> pl.Expr:
    """What each remaining month has to bring; 0 where nothing is missing, null where no month remains."""
    by = pl.when(months > 0).then(months)
    if is_count:
        each = rounded_up_quotient(missing, by=by)
    else:
        each = rounded_quotient(missing, times=pl.lit(1), by=by, places=CENTS)
    return pl.when(missing == 0).then(missing).otherwise(each)


def run_up(value: pl.Expr, *, whole: pl.Expr, elapsed: pl.Expr) -> pl.Expr:
    """Value × days of the window ÷ days elapsed, rounded once to cents."""
    return rounded_quotient(value, times=whole, by=elapsed, places=CENTS)


def run_up_meets(program: Program, leaf: Leaf, *, whole: pl.Expr, elapsed: int) -> pl.Expr:
    """Whether value × days of the window ÷ days elapsed meets the bound: compared exactly, without dividing."""
    if leaf.word not in NUMBER_WORDS:
        return pl.lit(value=False)
    figures = Figures(program, holds_now)
    value = figures.subject(leaf.subject) * Ratio.of_count(whole)
    bound = figures.figure(getattr(leaf.bound, leaf.word)) * Ratio.of_count(pl.lit(elapsed))
    return value.compared(partial(compare, leaf.word), bound)
