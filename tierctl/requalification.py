"""Requalification: which tiers end soon, what they still need, and where today's pace leads.

Reported per grant that ends within the current or the next qualification year, criterion by criterion, on the open
instance of each window. A grant that already lasts as long as meeting the requirements now would give is requalified.
"""

from collections.abc import Mapping
from datetime import timedelta

import polars as pl

from tierctl.contracts import NUMBER, empty, report_contract
from tierctl.criteria import Criterion
from tierctl.earning import with_held
from tierctl.evidence import missing_expr
from tierctl.fiscal import CalendarError, Span
from tierctl.grants import tiers_by_rank
from tierctl.inputs import Inputs
from tierctl.measure.readings import readings_of_spans
from tierctl.pace import (
    HELD,
    Pace,
    comes_in_whole,
    months_after,
    needed_per_month,
    open_grid,
    pace_of,
    run_up,
    run_up_meets,
)
from tierctl.program.metrics import Metric
from tierctl.program.model import Tier
from tierctl.qualify import Qualified, measured_at
from tierctl.standing import Standing
from tierctl.statuses import NO_TIER

_DAY = timedelta(days=1)
_MONTHS_LOOKED_BACK = 12


def requalification(inputs: Inputs, qualified: Qualified, standing: Standing) -> pl.DataFrame:
    """The outlook of every grant that ends within the current or next qualification year.

    Returns:
        One row per partner_id × tier × criterion on a metric: the report's columns beside program, track and month.
        value, threshold, missing, needed_per_month and projected are in the metric's unit; needed_per_month is null
        where no month remains, falls_to and falls_on are null where nothing is lost. No order.
    """
    best = _best_months(inputs, qualified)
    tiers = [_tier(inputs, qualified, standing, tier, best) for tier in qualified.track.earned_tiers]
    frames = [frame for frame in tiers if frame is not None]
    return pl.concat(frames) if frames else empty(report_contract("requalification")).drop("program", "track", "month")


def _tier(
    inputs: Inputs, qualified: Qualified, standing: Standing, tier: Tier, best: Mapping[str, pl.DataFrame]
) -> pl.DataFrame | None:
    """The rows of one tier; None where nobody's grant of it ends soon."""
    ending = _ending(inputs, qualified, standing, tier)
    if ending.is_empty() or tier.holds is None:
        return None
    day = pl.lit(inputs.last.last).alias("day")
    ending = with_held(ending.with_columns(day), tier.holds, inputs, on="day").rename({"held": "secured"}).drop("day")
    criteria = [c for c in qualified.criteria if c.tier == tier.id and not c.leaf.is_of_partner]
    if not criteria:
        return None
    rows = pl.concat(
        [
            _criterion(qualified, ending, criterion, pace_of(qualified, criterion), best).pipe(
                _with_outlook, is_count=comes_in_whole(criterion)
            )
            for criterion in criteria
        ]
    )
    return rows.join(_falls(standing, rows, qualified, tier), on="partner_id", how="left").select(
        "partner_id",
        pl.lit(tier.id).alias("tier"),
        pl.col("through").alias("valid_through"),
        "criterion",
        "value",
        "threshold",
        "missing",
        "needed_per_month",
        "projected",
        "outlook",
        "falls_to",
        "falls_on",
    )


def _ending(inputs: Inputs, qualified: Qualified, standing: Standing, tier: Tier) -> pl.DataFrame:
    """Each standing partner's furthest-reaching grant of the tier that covers the review day and ends soon enough.

    Returns:
        One row per partner_id: through and months (Int32), the fiscal months after this one that begin by then.
    """
    day, calendar = inputs.last.last, inputs.calendar
    # A tier held while it is met ends only where a decision says so; its period is not what it is held through.
    holds = None if tier.holds is None or tier.holds.is_while_met else tier.holds.period
    period = holds or "fiscal_year"
    year = calendar.instance(period, day)
    last = calendar.next_instance(period, year).last
    active = standing.now.filter(pl.col("status").is_in(HELD)).select("partner_id")
    held = standing.state.grants.filter(pl.col("rank") == qualified.track.ranks[tier.id]).join(
        active, on="partner_id", how="semi"
    )
    furthest = held.sort("partner_id", "through", "from", descending=[False, True, False]).unique(
        "partner_id", keep="first", maintain_order=True
    )
    ending = furthest.filter((pl.col("from") <= day) & pl.col("through").is_between(day, last))
    months = [(through, months_after(inputs, through)) for through in ending["through"].unique()]
    table = pl.DataFrame(months, schema={"through": pl.Date, "months": pl.Int32}, orient="row")
    return ending.select("partner_id", "through").join(table, on="through", how="left", maintain_order="left")


def _criterion(
    qualified: Qualified,
    ending: pl.DataFrame,
    criterion: Criterion,
    pace: Pace | None,
    best: Mapping[str, pl.DataFrame],
) -> pl.DataFrame:
    """One criterion of the ending grants: what is attained in the open look, the pace, the best month.

    Returns:
        One row per partner_id: through, secured, criterion, value, threshold, missing, met, best (null without one),
        months (left), whole and elapsed (days of the window), is_on_pace (whether the projection meets it).
    """
    grid = open_grid(qualified).join(ending, on="partner_id")
    leaf = criterion.leaf
    known = best.get(leaf.subject, grid.select("partner_id", best=pl.lit(None, dtype=NUMBER)))
    whole = pace.days_until(pl.col("through")) if pace else pl.lit(1)
    reached = pl.lit(value=False)
    if pace:
        reached = run_up_meets(qualified.inputs.program, leaf, whole=whole, elapsed=pace.elapsed)
    return grid.join(known, on="partner_id", how="left").select(
        "partner_id",
        "through",
        "secured",
        pl.lit(leaf.path).alias("criterion"),
        leaf.value.cast(NUMBER).alias("value"),
        leaf.threshold.alias("threshold"),
        missing_expr(criterion).alias("missing"),
        pl.col(criterion.column).alias("met"),
        "best",
        (pl.min_horizontal("months", pl.lit(pace.months, dtype=pl.Int32)) if pace else pl.col("months")).alias(
            "months"
        ),
        whole.cast(pl.Int64).alias("whole"),
        pl.lit(pace.elapsed if pace else 1).alias("elapsed"),
        pl.lit(pace is not None).alias("is_paced"),
        reached.alias("is_on_pace"),
    )


def _with_outlook(rows: pl.DataFrame, *, is_count: bool) -> pl.DataFrame:
    """Adds needed_per_month, projected and outlook."""
    left, missing = pl.col("months"), pl.col("missing")
    needed = needed_per_month(missing, months=left, is_count=is_count)
    ahead = run_up(pl.col("value"), whole=pl.col("whole"), elapsed=pl.col("elapsed"))
    projected = pl.when("is_paced").then(ahead).otherwise("value")
    within_reach = pl.when("is_paced").then(missing <= pl.col("best").fill_null(0) * left).otherwise(pl.lit(value=True))
    outlook = (
        pl.when((pl.col("through") >= pl.col("secured")) | pl.col("met"))
        .then(pl.lit("requalified"))
        .when("is_on_pace")
        .then(pl.lit("on_pace"))
        .when((left > 0) & within_reach)
        .then(pl.lit("at_risk"))
        .otherwise(pl.lit("cannot_by_pace"))
    )
    return rows.with_columns(needed.alias("needed_per_month"), projected.alias("projected"), outlook.alias("outlook"))


def _best_months(inputs: Inputs, qualified: Qualified) -> dict[str, pl.DataFrame]:
    """Metric → each partner's best month, for the metrics whose window still has months to come."""
    measured = [criterion for criterion in qualified.criteria if not criterion.leaf.is_of_partner]
    paces = {criterion.leaf.subject: pace_of(qualified, criterion) for criterion in measured}
    return {
        name: _best_month(inputs, inputs.program.metrics[name]) for name, pace in paces.items() if pace and pace.months
    }


def _best_month(inputs: Inputs, metric: Metric) -> pl.DataFrame:
    """Each partner's best single fiscal month of the last twelve, read on the review day.

    Returns:
        One row per partner_id that has facts in them: best.
    """
    day, month = inputs.last.last, inputs.last
    spans = []
    for _ in range(_MONTHS_LOOKED_BACK):
        spans.append(Span(month.first, month.last))
        try:
            month = inputs.calendar.shift(month, -1)
        except CalendarError:
            break
    readings = readings_of_spans([day], dict.fromkeys(spans, (0, 0)))
    measured = measured_at(inputs, metric, readings)
    return measured.group_by("partner_id").agg(pl.col("value").max().alias("best"))


def _falls(standing: Standing, rows: pl.DataFrame, qualified: Qualified, tier: Tier) -> pl.DataFrame:
    """What a partner falls to on the day after its grant, by what is attained, and when; null where it loses nothing.

    Returns:
        One row per partner_id: falls_to, falls_on.
    """
    ends = rows.group_by("partner_id").agg(
        (pl.col("through").first() + _DAY).alias("day"), (pl.col("outlook") == "requalified").all().alias("is_safe")
    )
    after = standing.held_after(ends.select("partner_id", "day"))
    tiers = tiers_by_rank(qualified.track).rename({"tier": "falls_to"})
    falls = ends.join(after, on=["partner_id", "day"], how="left")
    is_lost = ~pl.col("is_safe") & (pl.col("rank").fill_null(NO_TIER) < qualified.track.ranks[tier.id])
    return falls.join(tiers, on="rank", how="left").select(
        "partner_id",
        pl.when(is_lost).then("falls_to").alias("falls_to"),
        pl.when(is_lost).then("day").alias("falls_on"),
    )
