"""Why not: the conditions under which a row counts for a metric, in the order in which they are told."""

from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

from tierctl.inputs import Inputs
from tierctl.measure.exchange import FACTOR, Conversion
from tierctl.measure.exploded import AMOUNT
from tierctl.measure.facts import ON, keyed_once
from tierctl.measure.readings import Look
from tierctl.measure.seen import OWNER, is_restricted
from tierctl.measure.segments import Source
from tierctl.measure.told import SOURCE_ID, Condition, of_joined, of_running, of_where, text_of
from tierctl.program.metrics import Metric

HIDDEN, LATEST = "__hidden", "__latest"
"""Whether a row would count if the primary user could see it; the key of the latest of the rows like this one."""

ENROLLED_ON, EXPIRES_ON, USER = "__enrolled_on", "__expires_on", "__user"
"""The partner's enrollment that is current on the day read: its days, and the primary user."""


@dataclass(frozen=True)
class Asked:
    """A metric of rows as one look asks for it."""

    inputs: Inputs
    metric: Metric
    source: Source
    look: Look
    conversion: Conversion | None


def conditions(asked: Asked) -> Iterator[Condition]:
    """What a row must satisfy to count; needs the columns that the metric reads of it as the day read sees them.

    And __on, __source_id, `matched` of what it is joined to, __amount and __factor, and the columns named above.
    """
    yield from of_joined(asked.source.with_)
    if asked.source.where:
        yield from of_where(asked.source.where)
    yield from _of_day(asked)
    yield from _of_enrollment(asked)
    yield from _of_amount(asked)


def _of_day(asked: Asked) -> Iterator[Condition]:
    """The day that dates a row must have come, and the row must run."""
    metric, on, day = asked.metric, pl.col(ON), pl.lit(asked.look.day)
    if metric.on:
        needed = pl.concat_str([pl.lit("a day up to "), text_of(day)])
        path = metric.on[0] if len(metric.on) == 1 else "on"
        yield Condition(path, (on <= day).fill_null(value=False), text_of(on), needed)
    counts_from = asked.inputs.program.counts_from
    if counts_from is not None:
        has_begun = (on >= counts_from).fill_null(value=False)
        yield Condition("counts_from", has_begun, text_of(on), pl.lit(f"a day from {counts_from} on"))
    if metric.running:
        yield from of_running(metric.running, day)


def _of_enrollment(asked: Asked) -> Iterator[Condition]:
    """The row must be dated in the enrollment, and the primary user must see it."""
    on, since, through = pl.col(ON), pl.col(ENROLLED_ON), pl.col(EXPIRES_ON)
    if asked.metric.window == "enrollment":
        is_inside = (on >= since) & (through.is_null() | (on <= through))
        ends = (
            pl.when(through.is_null()).then(pl.lit(" on")).otherwise(pl.concat_str([pl.lit(" to "), text_of(through)]))
        )
        needed = pl.concat_str([pl.lit("a day from "), text_of(since), ends])
        yield Condition("window", is_inside.fill_null(value=False), text_of(on), needed)
    if is_restricted(asked.inputs, asked.source.export):
        user = text_of(pl.col(USER))
        needed = pl.concat_str([pl.lit("a record that the primary user "), user, pl.lit(" can see")])
        yield Condition("counts_only", pl.col(HIDDEN).is_null(), text_of(pl.col(OWNER)), needed)


def _of_amount(asked: Asked) -> Iterator[Condition]:
    """The row must have what is measured, and no later one may replace it."""
    metric, conversion = asked.metric, asked.conversion
    per, column = metric.latest_per, metric.column
    if per is not None:
        yield _is_filled(per, "a value")
    if conversion is not None and column is not None:
        is_converted = pl.col(FACTOR).is_not_null() | pl.col(column).is_null()
        currency = pl.col(conversion.currency).fill_null(asked.inputs.program.currency)
        yield Condition("exchange", is_converted, currency, pl.lit("a rate of exchange"))
    if per is not None and metric.measure != "latest":
        yield _is_latest("latest_per", text_of(pl.col(per)), f"the latest row of this {per}, which is ")
    if column is not None:
        yield _is_filled(column, "an amount")
        yield Condition("times", pl.col(AMOUNT).is_not_null(), pl.lit(""), pl.lit("a factor"))
    if metric.measure == "latest":
        yield _is_latest("latest", text_of(pl.col(ON)), "the latest row, which is ")
    if metric.count and not keyed_once(asked.inputs.program, metric, asked.inputs.repeating):
        yield from (_is_filled(key, "a value") for key in metric.count)


def _is_filled(column: str, needed: str) -> Condition:
    return Condition(column, pl.col(column).is_not_null(), pl.lit(""), pl.lit(needed))


def _is_latest(path: str, value: pl.Expr, words: str) -> Condition:
    holds = (pl.col(LATEST) == pl.col(SOURCE_ID)).fill_null(value=True)
    return Condition(path, holds, value, pl.concat_str([pl.lit(words), pl.col(LATEST)]))
