"""Evidence: what each requirement asked, what was found, and what is missing, as a report."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import polars as pl

from tierctl.contracts import NUMBER
from tierctl.criteria import Criterion
from tierctl.fiscal import Span
from tierctl.grid import periods_of, windows_asked
from tierctl.inputs import Inputs
from tierctl.measure.readings import Look, window_span
from tierctl.program.metrics import Metric
from tierctl.program.reads import InEach, reads_of
from tierctl.qualify import Qualified

_SCHEMA = {
    "tier": pl.String(),
    "criterion": pl.String(),
    "metric": pl.String(),
    "value": NUMBER,
    "operator": pl.String(),
    "threshold": NUMBER,
    "outcome": pl.String(),
    "missing": NUMBER,
    "window_from": pl.Date(),
    "window_through": pl.Date(),
    "clause": pl.String(),
}
_KEY = ("partner_id", "tier", "criterion", "window_from")


def evidence(editions: Sequence[Qualified], partners: pl.DataFrame) -> pl.DataFrame:
    """What the month under review found, criterion by criterion and window by window.

    Args:
        editions: what each look found, by the editions of the program.
        partners: the partner_ids to report (those that are neither terminated nor expired).

    Returns:
        One row per partner_id × tier × criterion × first day of the window read: the report's columns beside program,
        track and month; value, threshold and missing are in the metric's unit, null where unknown. No order.
    """
    partner_type = editions[-1].inputs.partner_type
    frames = [pl.DataFrame(schema=pl.Schema({"partner_id": partner_type} | _SCHEMA))]
    frames += [rows for edition in editions for rows in _of_edition(edition, partners)]
    # Windows that differ may begin on one day, as those of a formula over a year and a quarter: the open look is told.
    rows = pl.concat(frames, how="vertical_relaxed")
    return rows.unique(_KEY, keep="last", maintain_order=True)


def _of_edition(edition: Qualified, partners: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """The rows of one edition, look by look, the open look last."""
    at = len(edition.inputs.months) - 1
    grid = edition.grid.filter(pl.col("at") == at).join(partners, on="partner_id", how="semi")
    enrolled = current_enrollment(edition.inputs)
    for number in reversed(edition.looks_at(at)):
        look, of_look = edition.looks[number], grid.filter(pl.col("look") == number)
        of_look = of_look.join(enrolled, on="partner_id", how="left", maintain_order="left")
        for criterion in edition.criteria:
            in_each = criterion.leaf.in_each
            if in_each and look.span is None:
                yield from _of_each(edition, criterion, in_each, of_look)
            elif not in_each and is_read(criterion, edition, look):
                yield _rows(of_look, criterion, window_read(criterion, edition, look))


def is_read(criterion: Criterion, edition: Qualified, look: Look) -> bool:
    """Whether the look reads the criterion's own window anew; what else it reads stands in the open look already."""
    program = edition.inputs.program
    return look.period is None or look.period in periods_of(program, reads_of(program, [criterion.leaf.subject]))


@dataclass(frozen=True)
class Window:
    """The first and the last day of what was measured."""

    first: pl.Expr
    last: pl.Expr

    @classmethod
    def of(cls, span: Span) -> "Window":
        """The days of a span, the same for all partners."""
        return cls(pl.lit(span.first), pl.lit(span.last))


def window_read(criterion: Criterion, edition: Qualified, look: Look) -> Window:
    """The days of all windows that the criterion reads; what is no metric is read on the review day.

    What is read of earlier windows is left out where anything is read of the look's own.
    """
    program = edition.inputs.program
    names = reads_of(program, [criterion.leaf.subject]).names
    metrics = [metric for name in names if (metric := program.metrics.get(name)) and metric.is_of_rows]
    metrics = [metric for metric in metrics if metric.ago is None] or metrics
    if not metrics:
        return Window.of(Span(look.day, look.day))
    windows = [window_of(metric, edition.inputs, look) for metric in metrics]
    if len(windows) == 1:
        return windows[0]
    return Window(
        pl.min_horizontal(window.first for window in windows), pl.max_horizontal(window.last for window in windows)
    )


def window_of(metric: Metric, inputs: Inputs, look: Look) -> Window:
    """The window's days; a lifetime begins with the program."""
    if metric.window == "enrollment":
        return Window(pl.col("__enrolled_on"), pl.col("__expires_on").fill_null(look.day))
    if metric.window == "lifetime":
        return Window.of(Span(min(inputs.first_counted, look.day), look.day))
    return Window.of(window_span(metric, look, inputs.calendar))


def current_enrollment(inputs: Inputs) -> pl.DataFrame:
    """One row per partner_id: __enrolled_on and __expires_on of the enrollment current on the review day."""
    begun = inputs.enrolled.filter(pl.col("enrolled_on") <= inputs.last.last).sort("partner_id", "enrolled_on")
    current = begun.unique("partner_id", keep="last", maintain_order=True)
    return current.select("partner_id", __enrolled_on="enrolled_on", __expires_on="expires_on")


def _of_each(
    edition: Qualified, criterion: Criterion, in_each: InEach, of_look: pl.DataFrame
) -> Iterator[pl.DataFrame]:
    """A row per complete window; one that the program does not read is unknown."""
    inputs = edition.inputs
    at, day = len(inputs.months) - 1, inputs.last.last
    complete, tested = edition.complete[in_each.key]
    numbers = {look.span: number for number, look in enumerate(complete.sheet.looks) if look.at == at}
    for span in windows_asked(inputs, in_each, day)[1]:
        if span in numbers:
            rows = tested.filter(pl.col("look") == numbers[span]).join(of_look, on="partner_id", how="semi")
            yield _rows(rows, criterion, Window.of(span), met=criterion.leaf.met_column)
        else:
            yield _unread(of_look, criterion, span)


def _rows(grid: pl.DataFrame, criterion: Criterion, window: Window, met: str | None = None) -> pl.DataFrame:
    """The rows of one criterion; `met` is the column with the outcome, the criterion's own unless it is given."""
    leaf, is_met = criterion.leaf, pl.col(met or criterion.column)
    return grid.select(
        "partner_id",
        pl.lit(criterion.tier).alias("tier"),
        pl.lit(leaf.path).alias("criterion"),
        pl.lit(leaf.subject if leaf.is_of_metric else None, dtype=pl.String).alias("metric"),
        leaf.value.cast(NUMBER).alias("value"),
        pl.lit(leaf.word).alias("operator"),
        leaf.threshold.alias("threshold"),
        outcome_of(is_met).alias("outcome"),
        _missing(criterion, is_met).alias("missing"),
        window.first.cast(pl.Date).alias("window_from"),
        window.last.cast(pl.Date).alias("window_through"),
        pl.lit(criterion.clause, dtype=pl.String).alias("clause"),
    )


def outcome_of(is_met: pl.Expr) -> pl.Expr:
    """Whether a criterion is met, in the report's words."""
    return pl.when(is_met).then(pl.lit("met")).when(~is_met).then(pl.lit("not_met")).otherwise(pl.lit("unknown"))


def _unread(of_look: pl.DataFrame, criterion: Criterion, span: Span) -> pl.DataFrame:
    """The rows of a window that ended before anything counted."""
    nothing = pl.lit(None, dtype=NUMBER)
    return _rows(of_look, criterion, Window.of(span)).with_columns(
        nothing.alias("value"), nothing.alias("missing"), pl.lit("unknown").alias("outcome")
    )


def missing_expr(criterion: Criterion) -> pl.Expr:
    """How far a metric is from its bound: 0 where it is met, null where unknown or where no number is asked for."""
    return _missing(criterion, pl.col(criterion.column))


def _missing(criterion: Criterion, is_met: pl.Expr) -> pl.Expr:
    if criterion.leaf.is_of_partner:
        return pl.lit(None, dtype=NUMBER)
    return pl.when(is_met).then(pl.lit(0).cast(NUMBER)).when(~is_met).then(criterion.missing)
