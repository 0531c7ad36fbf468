"""Totals that earn when their period ends: what a metric comes to over each window that ends in an earned month."""

from collections.abc import Sequence

import polars as pl

from tierctl.fiscal import Span
from tierctl.measure.told import SOURCE_ID
from tierctl.reward.earned import EARNED_ON, is_enrolled, is_present, with_enrollment
from tierctl.reward.terms import HI, LO, Terms, columns_of_metric, grid_of, look_over, period_of


def period_ends(terms: Terms, ats: Sequence[int], known: int) -> pl.DataFrame:
    """The windows of the base's metric that end in the earned months, each read on its month's review day.

    Returns:
        One row per partner_id × window of a partner that was on the track when it ended: the monthly terms, the metric
        as that window has it, __earned_on (the window's last day), __source_id (its first day), __lo and __hi.
    """
    paying, inputs = terms.paying, terms.paying.inputs
    name = paying.rule.metric or ""
    ends = [(at, span) for at in ats for span in _ending(terms, at)]
    if not ends:
        return pl.DataFrame()
    grid = grid_of(inputs, name, [look_over(inputs, name, span, inputs.months[at].last) for at, span in ends])
    own = [column for column in columns_of_metric(name) if column in grid.columns]
    numbers = [at for at, _ in ends]
    table = pl.DataFrame(
        {
            "look": range(len(ends)),
            LO: numbers,
            HI: numbers,
            EARNED_ON: [span.last for _, span in ends],
            SOURCE_ID: [str(span.first) for _, span in ends],
        },
        schema={"look": pl.Int32, LO: pl.Int32, HI: pl.Int32, EARNED_ON: pl.Date, SOURCE_ID: pl.String},
    )
    found = grid.select("partner_id", "look", *own).join(table, on="look").drop("look")
    monthly = terms.monthly(ats, known).drop(own, strict=False)
    rows = found.join(monthly, left_on=["partner_id", LO], right_on=["partner_id", "at"])
    rows = with_enrollment(rows, paying)
    return rows.filter(is_enrolled(paying), is_present(paying))


def _ending(terms: Terms, at: int) -> list[Span]:
    """The windows that end after the review before, and by that of the month."""
    inputs = terms.paying.inputs
    period = period_of(inputs, terms.paying.rule.metric or "")
    if period is None:
        return []
    month = inputs.months[at]
    spans = inputs.calendar.overlapping(period, Span(month.first, month.last))
    return [span for span in spans if month.first <= span.last <= month.last]
