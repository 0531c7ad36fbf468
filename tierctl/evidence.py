"""Evidence: what each requirement asked, what was found, and what is missing, as a report."""

from collections.abc import Sequence

import polars as pl

from tierctl.contracts import NUMBER
from tierctl.criteria import Criterion
from tierctl.fiscal import Span
from tierctl.measure.readings import Look, to_date_period, window_span
from tierctl.qualify import Qualified

_UPWARD, _DOWNWARD = ("at_least", "more_than"), ("at_most", "less_than")


def evidence(editions: Sequence[Qualified], partners: pl.DataFrame) -> pl.DataFrame:
    """What the month under review found, criterion by criterion and window by window.

    Args:
        editions: what each look found, by the editions of the program.
        partners: the partner_ids to report (those that are not terminated).

    Returns:
        One row per partner_id × tier × criterion × window instance read: the report's columns beside program, track and
        month; value, threshold and missing are in the metric's unit, null where unknown. No order.
    """
    frames = []
    for edition in editions:
        at = len(edition.inputs.months) - 1
        grid = edition.grid.filter(pl.col("at") == at).join(partners, on="partner_id", how="semi")
        for number in edition.looks_at(at):
            look, of_look = edition.looks[number], grid.filter(pl.col("look") == number)
            criteria = [criterion for criterion in edition.criteria if _is_read(criterion, edition, look)]
            frames += [_rows(of_look, criterion, _span(criterion, edition, look)) for criterion in criteria]
    return pl.concat(frames) if frames else pl.DataFrame(schema={"partner_id": pl.String})


def _is_read(criterion: Criterion, edition: Qualified, look: Look) -> bool:
    """Whether the look reads the criterion's own window anew; what else it reads stands in the open look already."""
    metric = edition.inputs.program.metrics.get(criterion.leaf.subject)
    return look.period is None or (metric is not None and to_date_period(metric) == look.period)


def _span(criterion: Criterion, edition: Qualified, look: Look) -> Span:
    """The window's days; a condition on the partner is read on the review day, a lifetime begins with the program."""
    program = edition.inputs.program
    metric = program.metrics.get(criterion.leaf.subject)
    if metric is None:
        return Span(look.day, look.day)
    if metric.window == "lifetime":
        return Span(min(program.first_counted, look.day), look.day)
    return window_span(metric, look, edition.inputs.calendar)


def _rows(grid: pl.DataFrame, criterion: Criterion, span: Span) -> pl.DataFrame:
    leaf, met = criterion.leaf, pl.col(criterion.column)
    outcome = pl.when(met).then(pl.lit("met")).when(~met).then(pl.lit("not_met")).otherwise(pl.lit("unknown"))
    return grid.select(
        "partner_id",
        pl.lit(criterion.tier).alias("tier"),
        pl.lit(leaf.path).alias("criterion"),
        pl.lit(None if leaf.is_of_partner else leaf.subject, dtype=pl.String).alias("metric"),
        leaf.value.cast(NUMBER).alias("value"),
        pl.lit(leaf.word).alias("operator"),
        leaf.threshold.alias("threshold"),
        outcome.alias("outcome"),
        missing_expr(criterion).alias("missing"),
        pl.lit(span.first).alias("window_from"),
        pl.lit(span.last).alias("window_through"),
        pl.lit(criterion.clause, dtype=pl.String).alias("clause"),
    )


def missing_expr(criterion: Criterion) -> pl.Expr:
    """How far a metric is from its bound: 0 where it is met, null where unknown or where no number is asked for."""
    leaf, met = criterion.leaf, pl.col(criterion.column)
    distance = pl.lit(None, dtype=NUMBER)
    if leaf.is_of_partner:
        return distance
    if leaf.word in _UPWARD:
        distance = leaf.threshold - leaf.value
    elif leaf.word in _DOWNWARD:
        distance = leaf.value - leaf.threshold
    return pl.when(met).then(pl.lit(0).cast(NUMBER)).when(~met).then(distance.cast(NUMBER))
