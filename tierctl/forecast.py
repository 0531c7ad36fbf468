"""Forecast: what a window that still runs will bring: a band from past years, or today's pace where there are none.

Told of every criterion that runs up in a window to date, of the tiers that end soon and of the next tier up.
"""

from collections.abc import Iterator
from decimal import ROUND_HALF_EVEN, Decimal

import polars as pl

from tierctl.bands import BAND, OWN, PROGRAM, Bands
from tierctl.contracts import NUMBER, empty, report_contract
from tierctl.criteria import Criterion
from tierctl.inputs import Inputs
from tierctl.measure.conditions import compare
from tierctl.pace import Pace, open_grid, pace_of, run_up, run_up_meets
from tierctl.past_years import past_cases
from tierctl.program.values import NUMBER_WORDS
from tierctl.qualify import Qualified

PACE = "pace"
_PLACES = Decimal("0.0001")
_UPPER = ("at_most", "less_than")
_KEY = ["partner_id", "tier", "criterion"]
_ADDED = ("program", "track", "month")


def forecast(
    inputs: Inputs, qualified: Qualified, requalification: pl.DataFrame, next_tier: pl.DataFrame
) -> pl.DataFrame:
    """What the window of each criterion of a tier that ends, or of the next tier, will bring by its last day.

    Args:
        inputs: what the edition in force is evaluated from.
        qualified: what its looks found.
        requalification: the rows of that report for the same ladder, whose criteria are told once more.
        next_tier: the same; of the tiers there all criteria are told, met or not.

    Returns:
        One row per partner_id × tier × criterion on a sum or a count in a window to date: the report's columns beside
        program, track and month. low, likely and high are null where there is only a pace; within, cases and hit_rate
        where nothing could be tested. No order.
    """
    asked = _asked(inputs, qualified, requalification, next_tier)
    frames = list(_criteria(inputs, qualified, asked)) if not asked.is_empty() else []
    return pl.concat(frames) if frames else empty(report_contract("forecast")).drop(_ADDED)


def _asked(
    inputs: Inputs, qualified: Qualified, requalification: pl.DataFrame, next_tier: pl.DataFrame
) -> pl.DataFrame:
    """The criteria that are told: one row per partner_id × tier × criterion: through (of the grant, null without)."""
    listed = [(criterion.tier, criterion.leaf.path) for criterion in qualified.criteria]
    criteria = pl.DataFrame(listed, schema={"tier": pl.String, "criterion": pl.String}, orient="row")
    above = next_tier.select("partner_id", "tier").unique().join(criteria, on="tier")
    below = next_tier.select("partner_id", tier="asked_by", criterion="criterion")
    no_end = pl.lit(None, dtype=pl.Date).alias("through")
    ending = requalification.select(*_KEY, through="valid_through")
    parts = [ending, *(part.select(*_KEY, no_end) for part in (above, below))]
    typed = [part.with_columns(pl.col("partner_id").cast(inputs.partner_type)) for part in parts]
    return pl.concat(typed).unique(_KEY, keep="first", maintain_order=True)


def _criteria(inputs: Inputs, qualified: Qualified, asked: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """The rows of one criterion after the other; what several of them ask of one metric is measured once."""
    grid, bands = open_grid(qualified), dict[str, Bands]()
    for criterion in qualified.criteria:
        leaf, pace = criterion.leaf, pace_of(qualified, criterion)
        wanted = asked.filter((pl.col("tier") == criterion.tier) & (pl.col("criterion") == leaf.path))
        if pace is None or wanted.is_empty():
            continue
        if leaf.subject not in bands:
            cases = past_cases(inputs, inputs.program.metrics[leaf.subject])
            bands[leaf.subject] = Bands(cases, criterion.is_count)
        rows = _at_pace(qualified, grid.join(wanted, on="partner_id"), criterion, pace)
        yield _with_prospect(_with_band(rows, bands[leaf.subject], pace), criterion, pace).select(
            name for name in report_contract("forecast").names if name not in _ADDED
        )


def _at_pace(qualified: Qualified, grid: pl.DataFrame, criterion: Criterion, pace: Pace) -> pl.DataFrame:
    """One row per partner_id: what is attained and where the pace leads, up to the end of the window or the grant."""
    leaf, whole = criterion.leaf, pace.days_until(pl.col("through"))
    value = leaf.value.cast(NUMBER)
    return grid.select(
        *_KEY,
        "through",
        pl.lit(pace.window.first).alias("window_from"),
        pl.lit(pace.window.last).alias("window_through"),
        value.alias("value"),
        leaf.threshold.alias("threshold"),
        pl.col(criterion.column).alias("is_met"),
        run_up(value, whole=whole, elapsed=pl.lit(pace.elapsed)).alias("pace"),
        run_up_meets(qualified.inputs.program, leaf, whole=whole, elapsed=pace.elapsed).alias("is_on_pace"),
    )


def _with_band(rows: pl.DataFrame, bands: Bands, pace: Pace) -> pl.DataFrame:
    """Adds low, likely, high, basis, within, cases and hit_rate.

    Past years tell of whole windows, and of growth: nothing of a grant that ends earlier, or where there is nothing
    that could grow.
    """
    told = [bands.told(pl.col("value"), name).alias(name) for name in BAND]
    none = [pl.lit(None, dtype=NUMBER).alias(name) for name in BAND]
    if bands.cases.is_empty():
        return rows.select(*rows.columns, *none, *_tested(bands, PACE))
    can_grow = (pl.col("value") > 0) & (pl.col("through").is_null() | (pl.col("through") >= pace.window.last))
    own = bands.own.with_columns(pl.col("partner_id").cast(rows.schema["partner_id"], strict=False))
    of_own = rows.filter(can_grow).join(own.drop_nulls("partner_id"), on="partner_id")
    others = rows.join(of_own, on="partner_id", how="anti")
    of_program = others.filter(can_grow).join(bands.of_program(), how="cross")
    rest = others.join(of_program, on="partner_id", how="anti")
    return pl.concat(
        [
            of_own.select(*rows.columns, *told, *_tested(bands, OWN)),
            of_program.select(*rows.columns, *told, *_tested(bands, PROGRAM)),
            rest.select(*rows.columns, *none, *_tested(bands, PACE)),
        ]
    )


def _tested(bands: Bands, basis: str) -> list[pl.Expr]:
    """The basis of a band and how such bands have held; null where none could be tested."""
    tested = bands.tested[basis] if basis != PACE else None
    if tested is None or not tested.cases:
        within, cases, rate = None, None, None
    else:
        within, cases = tested.within, tested.cases
        rate = (Decimal(within) / cases).quantize(_PLACES, ROUND_HALF_EVEN)
    return [
        pl.lit(basis).alias("basis"),
        pl.lit(cases, dtype=pl.Int64).alias("cases"),
        pl.lit(within, dtype=pl.Int64).alias("within"),
        pl.lit(rate, dtype=NUMBER).alias("hit_rate"),
    ]


def _with_prospect(rows: pl.DataFrame, criterion: Criterion, pace: Pace) -> pl.DataFrame:
    """Adds prospect; null where the bound is unknown, or is none that a number rises to.

    What stays under an upper bound may still go beyond it: that is met only when the window has ended.
    """
    word = criterion.leaf.word
    is_upper, is_over = word in _UPPER, pace.elapsed == pace.window.days
    is_met = pl.col("is_met").fill_null(value=False) & pl.lit(is_over or not is_upper)
    if word not in NUMBER_WORDS:
        return rows.with_columns(pl.when(is_met).then(pl.lit("met")).alias("prospect"))
    low, high = (compare(word, pl.col(name), pl.col("threshold")) for name in ("low", "high"))
    in_all, in_some = (high, low) if is_upper else (low, high)
    by_pace = pl.when("is_on_pace").then(pl.lit("likely")).when(~pl.col("is_on_pace")).then(pl.lit("unlikely"))
    by_band = (
        pl.when(in_all)
        .then(pl.lit("likely"))
        .when(in_some)
        .then(pl.lit("open"))
        .when(~in_some)
        .then(pl.lit("unlikely"))
    )
    prospect = pl.when(is_met).then(pl.lit("met")).when(pl.col("basis") == PACE).then(by_pace).otherwise(by_band)
    return rows.with_columns(prospect.alias("prospect"))
