"""The law of what is counted: the rows that count make the value that is shown, and each other row fails something."""

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from statistics import median

import polars as pl

from tierctl.climbing import Climb, Sources, climb_all
from tierctl.evidence import evidence
from tierctl.ladders import Ladder
from tierctl.measure.exchange import conversion_of
from tierctl.program.metrics import NEVER_UNKNOWN, Metric
from tierctl.program.model import Program
from tierctl.review import editions_of
from tierctl.traced import traced

_WINDOW = ["partner_id", "metric", "window_from", "window_through"]
_MICRO = 10**6


def climbs(programs: Sequence[Program], sources: Sources) -> Iterator[tuple[Ladder, Climb]]:
    """Every ladder of every program, reviewed."""
    for editions in editions_of(programs, sources.month):
        yield from climb_all(editions, sources, None).items()


def broken(ladder: Ladder, climb: Climb) -> list[str]:
    """What a ladder's traced tables do not explain, a line for each; nothing where the law holds."""
    partners = climb.standing.now.select("partner_id", "status")
    found = traced(climb.qualified, climb.standing, partners.select("partner_id"), ladder)
    rows = found["counted"]
    lines = [f"unexplained: {row}" for row in rows.filter(pl.col("condition") == "unexplained").rows()]
    lines += [f"twice: {row}" for row in rows.group_by(*_WINDOW, "source_id").len().filter(pl.col("len") > 1).rows()]
    is_told = pl.any_horizontal(pl.col(name).is_not_null() for name in ("condition", "value", "needed"))
    lines += [f"counts for a reason against it: {row}" for row in rows.filter(pl.col("counts") & is_told).rows()]
    present = partners.filter(~pl.col("status").is_in(["terminated", "expired"])).select("partner_id")
    told = evidence(climb.qualified, present).with_columns(pl.col("partner_id").cast(pl.String))
    return [*lines, *_valued(told, found, climb.inputs.program)]


def _valued(told: pl.DataFrame, found: Mapping[str, pl.DataFrame], program: Program) -> Iterator[str]:
    """The rows of evidence on a metric of rows whose value its rows do not make, or of which none is asked for."""
    of_rows = {name: metric for name, metric in program.metrics.items() if metric.is_of_rows}
    shown = told.filter(pl.col("metric").is_in(list(of_rows)) & pl.col("value").is_not_null())
    unasked = shown.join(found["asked"], on=["tier", "criterion", *_WINDOW], how="anti")
    yield from (f"not asked: {row}" for row in unasked.rows())
    counting = found["counted"].filter("counts").group_by(_WINDOW).agg("amount")
    for row in shown.join(counting, on=_WINDOW, how="left").to_dicts():
        amounts = [Fraction(amount) for amount in row["amount"] or ()]
        made = _made_of(program, of_rows[row["metric"]], amounts)
        if made is not None and made != Fraction(row["value"]):
            yield f"its rows make {made}: {row}"


def _made_of(program: Program, metric: Metric, amounts: Sequence[Fraction]) -> Fraction | None:
    """What the rows' amounts make; None where what is rounded row by row cannot tell."""
    measure = metric.measure
    if measure in NEVER_UNKNOWN:
        return sum(amounts, Fraction())
    if not amounts:
        assert metric.if_none is not None, "without rows the value would be unknown"
        return Fraction(metric.if_none)
    if measure == "latest":
        (amount,) = amounts
        return amount
    if measure in {"minimum", "maximum"}:
        return min(amounts) if measure == "minimum" else max(amounts)
    if metric.times is not None or conversion_of(program, metric) is not None:
        return None
    exact = median(amounts) if measure == "median" else sum(amounts, Fraction()) / len(amounts)
    return Fraction(round(exact * _MICRO), _MICRO)
