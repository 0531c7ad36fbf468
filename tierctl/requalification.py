"""Requalification: which tiers end soon, what they still need, and where today's pace leads.

Reported per grant that ends within the current or the next qualification year, criterion by criterion, on the open
instance of each window. A grant that already lasts as long as meeting the requirements now would give is requalified.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl

from tierctl.contracts import NUMBER
from tierctl.criteria import Criterion
from tierctl.earning import held_through
from tierctl.evidence import missing_expr
from tierctl.fiscal import CalendarError, Span
from tierctl.grants import standing_after, tiers_by_rank
from tierctl.measure.conditions import compare
from tierctl.measure.readings import readings_of_spans, to_date_period, window_span
from tierctl.money import exact_micros, rounded_quotient, rounded_up_quotient
from tierctl.program.model import Metric, Tier
from tierctl.program.values import NUMBER_WORDS
from tierctl.qualify import Inputs, Qualified, measured_at
from tierctl.standing import Standing

_DAY = timedelta(days=1)
_MONTHS_LOOKED_BACK = 12
_CENTS = 2


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
    return pl.concat(frames) if frames else pl.DataFrame(schema={"partner_id": pl.String})


def _tier(
    inputs: Inputs, qualified: Qualified, standing: Standing, tier: Tier, best: Mapping[str, pl.DataFrame]
) -> pl.DataFrame | None:
    """The rows of one tier; None where nobody's grant of it ends soon."""
    ending = _ending(inputs, qualified, standing, tier)
    if ending.is_empty() or tier.holds is None:
        return None
    secured = held_through(tier.holds, inputs.last.last, inputs.calendar)
    criteria = [c for c in qualified.criteria if c.tier == tier.id and not c.leaf.is_of_partner]
    if not criteria:
        return None
    rows = pl.concat(
        [
            _criterion(qualified, ending, criterion, _pace(inputs, qualified, criterion), best).pipe(
                _with_outlook, criterion, secured
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
    """Each active partner's furthest-reaching grant of the tier that covers the review day and ends soon enough.

    Returns:
        One row per partner_id: through and months (Int32), the fiscal months after this one that begin by then.
    """
    day, calendar = inputs.last.last, inputs.calendar
    period = (tier.holds.period if tier.holds else None) or "fiscal_year"
    year = calendar.instance(period, day)
    last = calendar.next_instance(period, year).last
    active = standing.now.filter(pl.col("status") == "active").select("partner_id")
    held = standing.grants.filter(pl.col("rank") == qualified.track.ranks[tier.id]).join(
        active, on="partner_id", how="semi"
    )
    furthest = held.sort("partner_id", "through", "from", descending=[False, True, False]).unique(
        "partner_id", keep="first", maintain_order=True
    )
    ending = furthest.filter((pl.col("from") <= day) & pl.col("through").is_between(day, last))
    months = [(through, months_after(inputs, through)) for through in ending["through"].unique()]
    table = pl.DataFrame(months, schema={"through": pl.Date, "months": pl.Int32}, orient="row")
    return ending.select("partner_id", "through").join(table, on="through", how="left", maintain_order="left")


def months_after(inputs: Inputs, day: date) -> int:
    """How many fiscal months after the one under review begin on or before a day."""
    if day <= inputs.last.last:
        return 0
    following = inputs.calendar.shift(inputs.last, 1)
    return len(inputs.calendar.months_from(following, inputs.calendar.month_of(day)))


@dataclass(frozen=True)
class _Pace:
    """How far a to-date window has run: its span, the days elapsed, and the fiscal months that still begin in it."""

    window: Span
    elapsed: int
    months: int

    def days_until(self, through: pl.Expr) -> pl.Expr:
        """The window's days up to the end of a grant: what is attained later comes too late to keep the tier."""
        last = pl.min_horizontal(through, pl.lit(self.window.last))
        return (last - pl.lit(self.window.first)).dt.total_days() + 1


def _pace(inputs: Inputs, qualified: Qualified, criterion: Criterion) -> _Pace | None:
    """The pace of a criterion's window; None for a level or a trailing window."""
    metric = inputs.program.metrics[criterion.leaf.subject]
    if to_date_period(metric) is None:
        return None
    look = qualified.looks[qualified.looks_at(len(inputs.months) - 1)[0]]
    window = window_span(metric, look, inputs.calendar)
    return _Pace(window, Span(window.first, look.day).days, months_after(inputs, window.last))


def _criterion(
    qualified: Qualified,
    ending: pl.DataFrame,
    criterion: Criterion,
    pace: _Pace | None,
    best: Mapping[str, pl.DataFrame],
) -> pl.DataFrame:
    """One criterion of the ending grants: what is attained in the open look, the pace, the best month.

    Returns:
        One row per partner_id: through, criterion, value, threshold, missing, met, best (null without one), months
        (left), whole and elapsed (days of the window).
    """
    number = max(number for number, look in enumerate(qualified.looks) if look.kind == "open")
    grid = qualified.grid.filter(pl.col("look") == number).join(ending, on="partner_id")
    leaf = criterion.leaf
    known = best.get(leaf.subject, grid.select("partner_id", best=pl.lit(None, dtype=NUMBER)))
    return grid.join(known, on="partner_id", how="left").select(
        "partner_id",
        "through",
        pl.lit(leaf.path).alias("criterion"),
        leaf.value.cast(NUMBER).alias("value"),
        leaf.threshold.alias("threshold"),
        missing_expr(criterion).alias("missing"),
        pl.col(criterion.column).alias("met"),
        "best",
        (pl.min_horizontal("months", pl.lit(pace.months, dtype=pl.Int32)) if pace else pl.col("months")).alias(
            "months"
        ),
        (pace.days_until(pl.col("through")) if pace else pl.lit(1)).cast(pl.Int64).alias("whole"),
        pl.lit(pace.elapsed if pace else 1).alias("elapsed"),
        pl.lit(pace is not None).alias("is_paced"),
        pl.lit(criterion.is_count).alias("is_count"),
    )


def _with_outlook(rows: pl.DataFrame, criterion: Criterion, secured: date) -> pl.DataFrame:
    """Adds needed_per_month, projected and outlook; comparisons are of whole products, never of rounded quotients."""
    left, missing = pl.col("months"), pl.col("missing")
    by = pl.when(left > 0).then(left)
    each = rounded_quotient(missing, times=pl.lit(1), by=by, places=_CENTS)
    whole = rounded_up_quotient(missing, by=by)
    needed = pl.when(missing == 0).then(missing).when(pl.col("is_count")).then(whole).otherwise(each)
    projected = rounded_quotient(pl.col("value"), times=pl.col("whole"), by=pl.col("elapsed"), places=_CENTS)
    within_reach = pl.when("is_paced").then(missing <= pl.col("best").fill_null(0) * left).otherwise(pl.lit(value=True))
    outlook = (
        pl.when((pl.col("through") >= secured) | pl.col("met"))
        .then(pl.lit("requalified"))
        .when(_projected_meets(criterion))
        .then(pl.lit("on_pace"))
        .when((left > 0) & within_reach)
        .then(pl.lit("at_risk"))
        .otherwise(pl.lit("cannot_by_pace"))
    )
    return rows.with_columns(needed.alias("needed_per_month"), projected.alias("projected"), outlook.alias("outlook"))


def _projected_meets(criterion: Criterion) -> pl.Expr:
    """Whether value × days of the window ÷ days elapsed meets the bound, compared without dividing."""
    word = criterion.leaf.word
    if word not in NUMBER_WORDS:
        return pl.lit(value=False)
    value = exact_micros(pl.col("value")) * pl.col("whole").cast(pl.Int128)
    bound = exact_micros(pl.col("threshold")) * pl.col("elapsed").cast(pl.Int128)
    return compare(word, value, bound)


def _best_months(inputs: Inputs, qualified: Qualified) -> dict[str, pl.DataFrame]:
    """Metric → each partner's best month, for the metrics whose window still has months to come."""
    measured = [criterion for criterion in qualified.criteria if not criterion.leaf.is_of_partner]
    paces = {criterion.leaf.subject: _pace(inputs, qualified, criterion) for criterion in measured}
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
    after = standing_after(standing.grants, ends.select("partner_id", "day"))
    tiers = tiers_by_rank(qualified.track).rename({"tier": "falls_to"})
    falls = ends.join(after, on=["partner_id", "day"], how="left").with_columns(pl.col("rank").fill_null(0))
    is_lost = ~pl.col("is_safe") & (pl.col("rank") < qualified.track.ranks[tier.id])
    return falls.join(tiers, on="rank", how="left").select(
        "partner_id",
        pl.when(is_lost).then("falls_to").alias("falls_to"),
        pl.when(is_lost).then("day").alias("falls_on"),
    )
