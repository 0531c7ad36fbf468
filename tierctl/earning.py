"""Earning: what each look earns, from which day on and for how long."""

from dataclasses import replace
from datetime import date, timedelta

import polars as pl

from tierctl.fiscal import Calendar, FiscalMonth, Span
from tierctl.measure.readings import Look
from tierctl.money import plain_number
from tierctl.program.model import Tier
from tierctl.program.values import Holds
from tierctl.qualify import Inputs, Qualified, assessed, met_column

_DAY = timedelta(days=1)
_TERMS = {
    "look": pl.Int32(),
    "rank": pl.Int32(),
    "from": pl.Date(),
    "through": pl.Date(),
    "is_open": pl.Boolean(),
    "because": pl.String(),
}


def earned_grants(qualified: Qualified, active: pl.DataFrame, shortened: pl.Series) -> pl.DataFrame:
    """What each look earns: a grant for every tier whose requirements it meets.

    A tier met in January is met again month after month. What only repeats an earlier review would lie within that
    review's grant and is left out, unless a decision has shortened the partner's grants.

    Args:
        qualified: what each look found.
        active: partner_id and at of the reviews that may add grants: the gate holds, nobody is terminated.
        shortened: the partner ids whose grants a decision shortens.

    Returns:
        One row per partner_id × look × rank that is met and may add something: at, rank (Int32), from, through (the
        last day held, never before from), is_open (whether the look is the open one), because (which look met it, and
        with what). No order.
    """
    inputs = qualified.inputs
    frames = [pl.DataFrame(schema=pl.Schema({"partner_id": inputs.partner_type, "at": pl.Int32()} | _TERMS))]
    for tier in qualified.track.earned_tiers:
        found = [
            pl.format("{} {}", pl.lit(criterion.leaf.path), plain_number(criterion.leaf.value))
            for criterion in qualified.criteria
            if criterion.tier == tier.id and not criterion.leaf.is_of_partner
        ]
        values = [pl.format(": {}", pl.concat_str(found, separator=", "))] if found else []
        because = pl.concat_str("because", *values).alias("because")
        met = qualified.grid.filter(met_column(tier)).join(active, on=["partner_id", "at"], how="semi")
        new = _that_may_add(met.join(_terms(inputs, qualified, tier), on="look"), shortened)
        frames.append(new.select("partner_id", "at", "look", "rank", "from", "through", "is_open", because))
    earned = pl.concat(frames)
    if inputs.program.policy.takes_effect == "attained":
        earned = _from_attained(inputs, qualified, earned)
    return earned.filter(pl.col("from") <= pl.col("through"))


def _that_may_add(met: pl.DataFrame, shortened: pl.Series) -> pl.DataFrame:
    """Leaves out the rows of one tier that reach no further than an earlier one of the same partner."""
    ordered = met.sort("partner_id", "look")
    reached = pl.col("through").cum_max().shift(1).over("partner_id")
    adds = (pl.col("through") > reached).fill_null(value=True)
    return ordered.filter(adds | pl.col("partner_id").is_in(shortened.implode()))


def _terms(inputs: Inputs, qualified: Qualified, tier: Tier) -> pl.DataFrame:
    """For each look the days from which and through which a tier earned in it is held, and how the look is told."""
    rank, next_month = qualified.track.ranks[tier.id], inputs.program.policy.takes_effect == "next_month"
    rows = []
    for number, look in enumerate(qualified.looks):
        begins = inputs.calendar.month_of(look.day).last + _DAY if next_month else look.day
        through = held_through(tier.holds, look.merit_day, inputs.calendar) if tier.holds else date.max
        rows.append((number, rank, begins, through, look.kind == "open", f"{tier.id} {_told(look)}"))
    return pl.DataFrame(rows, schema=_TERMS, orient="row")


def _told(look: Look) -> str:
    if look.span is None:
        return f"met on {look.day}"
    read = f"met for {look.span.first} to {look.span.last}, read on {look.day}"
    return f"{read} (in hindsight)" if look.kind == "hindsight" else read


def held_through(holds: Holds, merit: date, calendar: Calendar) -> date:
    """The last day on which a tier is held that was merited on a day.

    >>> from tierctl.fiscal import Calendar
    >>> held_through(Holds.model_validate("through_next_calendar_year"), date(2025, 5, 31), Calendar.months())
    datetime.date(2026, 12, 31)
    """
    if holds.kind == "days":
        return merit + ((holds.count or 1) - 1) * _DAY
    if holds.kind == "fiscal_months":
        return calendar.shift(calendar.month_of(merit), holds.count or 1).last
    period = holds.period or "fiscal_month"
    span = calendar.instance(period, merit)
    return calendar.next_instance(period, span).last if holds.kind == "through_next" else span.last


def _from_attained(inputs: Inputs, qualified: Qualified, earned: pl.DataFrame) -> pl.DataFrame:
    """Dates what an open look earned by the day on which the requirements came to be met for good in that month.

    That is the first day of the unbroken run, up to the review day, of days on which they held, each read as of
    itself (E6 read as `attained`); at the earliest the fiscal month's first day.
    """
    track, met = qualified.track, earned.filter("is_open")
    if met.is_empty():
        return earned
    inputs = replace(inputs, roster=inputs.roster.join(met, on="partner_id", how="semi"))
    months = [(at, inputs.months[at]) for at in met["at"].unique().sort()]
    read = [(month.first + i * _DAY, at, month.first) for at, month in months for i in range(_days_of(month))]
    days = [day for day, _, _ in read]
    looks = [Look(number, day, "open") for number, day in enumerate(days)]
    table = pl.DataFrame(
        [(number, at, first) for number, (_, at, first) in enumerate(read)],
        schema={"look": pl.Int32, "month": pl.Int32, "first": pl.Date},
        orient="row",
    )
    earning = met.select("partner_id", month="at").unique().join(table.select("look", "month"), on="month")
    grid = assessed(inputs, track, looks, days, only=earning.select("partner_id", "look")).join(table, on="look")
    frames = []
    for tier in track.earned_tiers:
        last_failed = pl.col("day").filter(~pl.col(met_column(tier))).max()
        attained = grid.group_by("partner_id", at="month").agg(
            (last_failed + _DAY).fill_null(pl.col("first").first()).alias("attained_on"),
            pl.lit(track.ranks[tier.id], dtype=pl.Int32).alias("rank"),
        )
        frames.append(attained)
    dated = earned.join(pl.concat(frames), on=["partner_id", "at", "rank"], how="left")
    begins = pl.when("is_open").then(pl.coalesce("attained_on", "from")).otherwise("from")
    return dated.with_columns(begins.alias("from")).drop("attained_on")


def _days_of(month: FiscalMonth) -> int:
    return Span(month.first, month.last).days
