"""Earning: what each look earns, from which day on and for how long."""

from dataclasses import replace
from datetime import date, timedelta

import polars as pl

from tierctl.enrollment import PERIOD, with_period
from tierctl.fiscal import Calendar, FiscalMonth, Span
from tierctl.inputs import Inputs
from tierctl.measure.readings import Look
from tierctl.money import plain_number
from tierctl.program.model import Tier
from tierctl.program.values import Holds
from tierctl.qualify import Qualified, assessed, met_column

_DAY = timedelta(days=1)
_BY_PARTNER = ("through_enrollment", "through_anniversary")
_APART = 4_000_000  # more days than lie between the first and the last day of a calendar
_TERMS = {
    "look": pl.Int32(),
    "rank": pl.Int32(),
    "from": pl.Date(),
    "through": pl.Date(),
    "merit_on": pl.Date(),
    "is_open": pl.Boolean(),
    "because": pl.String(),
}


def earned_grants(qualified: Qualified, inactive: pl.DataFrame, repeated: pl.Series) -> pl.DataFrame:
    """What each look earns: a grant for every tier whose requirements it meets.

    A tier met in January is met again month after month. What only repeats an earlier review would lie within that
    review's grant and is left out, unless that grant may be gone or may never have been made. A tier that is held while
    it is met is earned by open looks alone.

    Args:
        qualified: what each look found.
        inactive: partner_id and at of the reviews that add no grants: the gate fails, or nobody is there any more.
        repeated: the partner ids whose every look counts, since decisions or enrollments come between.

    Returns:
        One row per partner_id × look × rank that is met and may add something: at, rank (Int32), from, through (the
        last day held, never before from), is_open (whether the look is the open one), because (which look met it, and
        with what). No order.
    """
    inputs = qualified.inputs
    frames = [qualified.grid.clear().select("partner_id", "at").join(pl.DataFrame(schema=_TERMS), how="cross")]
    opened = [number for number, look in enumerate(qualified.looks) if look.kind == "open"]
    for tier in qualified.track.earned_tiers:
        is_earned = pl.col(met_column(tier))
        if tier.holds and tier.holds.is_while_met:
            is_earned = is_earned & pl.col("look").is_in(opened)
        met = qualified.grid.filter(is_earned & (pl.col("at") >= inputs.open_from))
        if not inactive.is_empty():
            met = met.join(inactive, on=["partner_id", "at"], how="anti", maintain_order="left")
        rows = _that_may_add(_with_terms(met, qualified, tier), tier, repeated)
        because = _because(qualified, tier).alias("because")
        frames.append(rows.select("partner_id", "at", *(each for each in _TERMS if each != "because"), because))
    earned = pl.concat(frames)
    if inputs.program.policy.takes_effect == "attained":
        earned = _from_attained(inputs, qualified, earned)
    return earned.filter(pl.col("from") <= pl.col("through")).drop("merit_on")


def _because(qualified: Qualified, tier: Tier) -> pl.Expr:
    """Which look met the tier, and with what."""
    found = [
        pl.format("{} {}", pl.lit(criterion.leaf.path), plain_number(criterion.leaf.value))
        for criterion in qualified.criteria
        if criterion.tier == tier.id and not criterion.leaf.is_of_partner
    ]
    values = [pl.format(": {}", pl.concat_str(found, separator=", "))] if found else []
    return pl.concat_str("because", *values)


def _with_terms(met: pl.DataFrame, qualified: Qualified, tier: Tier) -> pl.DataFrame:
    """Adds the terms on which each row's look earns the tier; the order is kept."""
    rows = met.join(_terms(qualified, tier), on="look", maintain_order="left")
    if tier.holds is None or tier.holds.kind not in _BY_PARTNER:
        return rows
    return with_held(rows.drop("through"), tier.holds, qualified.inputs, on="merit_on").rename({"held": "through"})


def _that_may_add(met: pl.DataFrame, tier: Tier, repeated: pl.Series) -> pl.DataFrame:
    """Leaves out the rows of one tier that reach no further than an earlier one of the same partner.

    Of a tier held while it is met those are left out that follow a row of the review before. The rows are in the order
    of partners and looks, and each partner's days are numbered to lie after those of the one before it, so that one
    running maximum over the whole frame compares a row with its own partner's.
    """
    own = pl.col("partner_id").to_physical().cast(pl.Int64) * _APART
    if tier.holds and tier.holds.is_while_met:
        place = own + pl.col("at")
        adds = place > place.shift(1) + 1
    else:
        place = own + pl.col("through").to_physical()
        adds = place > place.cum_max().shift(1)
    again = pl.col("partner_id").is_in(repeated.implode()) if len(repeated) else pl.lit(value=False)
    return met.filter(adds.fill_null(value=True) | again)


def _terms(qualified: Qualified, tier: Tier) -> pl.DataFrame:
    """For each look the days from which and through which a tier earned in it is held, and how the look is told."""
    inputs = qualified.inputs
    rank, next_month = qualified.track.ranks[tier.id], inputs.program.policy.takes_effect == "next_month"
    rows = []
    for number, look in enumerate(qualified.looks):
        begins = inputs.calendar.month_of(look.day).last + _DAY if next_month else look.day
        is_common = tier.holds is not None and tier.holds.kind not in _BY_PARTNER
        through = held_through(tier.holds, look.merit_day, inputs.calendar) if is_common else date.max
        told = f"{tier.id} {_told(look)}"
        rows.append((number, rank, begins, through, look.merit_day, look.kind == "open", told))
    return pl.DataFrame(rows, schema=_TERMS, orient="row")


def _told(look: Look) -> str:
    if look.span is None:
        return f"met on {look.day}"
    read = f"met for {look.span.first} to {look.span.last}, read on {look.day}"
    return f"{read} (in hindsight)" if look.kind == "hindsight" else read


def held_through(holds: Holds | None, merit: date, calendar: Calendar) -> date:
    """The last day on which a tier is held that was merited on a day, where that is the same for all partners.

    >>> from tierctl.fiscal import Calendar
    >>> held_through(Holds.model_validate("through_next_calendar_year"), date(2025, 5, 31), Calendar.months())
    datetime.date(2026, 12, 31)
    """
    if holds is None or holds.is_while_met:
        return date.max
    if holds.kind == "days":
        return merit + ((holds.count or 1) - 1) * _DAY
    if holds.kind == "fiscal_months":
        return calendar.shift(calendar.month_of(merit), holds.count or 1).last
    period = holds.period or "fiscal_month"
    span = calendar.instance(period, merit)
    return calendar.next_instance(period, span).last if holds.kind == "through_next" else span.last


def with_held(rows: pl.DataFrame, holds: Holds | None, inputs: Inputs, *, on: str) -> pl.DataFrame:
    """Adds held, the last day on which a tier is held that was merited on a row's day; the order is kept.

    Args:
        rows: partner_id and the day.
        holds: how the tier is held; None: without end.
        inputs: whose enrollments and calendar count.
        on: the column of the day.

    Returns:
        The rows with held; null where the tier lasts as an enrollment does and none has begun by that day.
    """
    if holds is None or holds.kind not in _BY_PARTNER:
        days = [(day, held_through(holds, day, inputs.calendar)) for day in rows[on].unique()]
        table = pl.DataFrame(days, schema={on: pl.Date, "held": pl.Date}, orient="row")
        return rows.join(table, on=on, how="left", maintain_order="left")
    if inputs.program.enrollment == "automatic":
        whole = inputs.enrolled.select("partner_id", *PERIOD)
        periods = rows.join(whole, on="partner_id", how="left", maintain_order="left")
    else:
        periods = with_period(rows, inputs.enrolled, on=on)
    held = pl.col("expires_on").fill_null(date.max)
    if holds.kind == "through_anniversary":
        held = _next_anniversary(pl.col("enrolled_on"), pl.col(on)) - _DAY
    is_known = pl.col("enrolled_on").is_not_null()
    return periods.with_columns(pl.when(is_known).then(held).alias("held")).drop(PERIOD)


def _next_anniversary(began_on: pl.Expr, day: pl.Expr) -> pl.Expr:
    """The first anniversary after a day; that of February 29 is February 28 in the other years."""

    def in_year(year: pl.Expr) -> pl.Expr:
        month, day_of_month = began_on.dt.month(), began_on.dt.day()
        is_lacking = (month == 2) & (day_of_month == 29) & ~pl.date(year, 1, 1).dt.is_leap_year()  # noqa: PLR2004
        return pl.date(year, month, pl.when(is_lacking).then(28).otherwise(day_of_month))

    this_year = in_year(day.dt.year())
    return pl.when(this_year > day).then(this_year).otherwise(in_year(day.dt.year() + 1))


def _from_attained(inputs: Inputs, qualified: Qualified, earned: pl.DataFrame) -> pl.DataFrame:
    """Dates what an open look earned by the day on which the requirements came to be met for good in that month.

    That is the first day of the unbroken run, up to the review day, of days on which they held, each read as of
    itself (E6 read as `attained`); at the earliest the fiscal month's first day, or that of the enrollment.
    """
    track, met = qualified.track, earned.filter("is_open")
    if met.is_empty():
        return earned
    inputs = replace(inputs, roster=inputs.roster.join(met, on="partner_id", how="semi"), known=None)
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
    if inputs.program.enrollment == "required":
        ends = pl.DataFrame({"at": [at for at, _ in months], "day": [month.last for _, month in months]})
        dated = dated.join(ends.cast({"at": dated.schema["at"]}), on="at", how="left")
        dated = with_period(dated, inputs.enrolled, on="day", columns=["enrolled_on"])
        since = pl.when(pl.col("attained_on").is_not_null()).then(pl.max_horizontal("attained_on", "enrolled_on"))
        dated = dated.with_columns(since.alias("attained_on"))
        dated = dated.drop("day", "enrolled_on")
    begins = pl.when("is_open").then(pl.coalesce("attained_on", "from")).otherwise("from")
    return dated.with_columns(begins.alias("from")).drop("attained_on")


def _days_of(month: FiscalMonth) -> int:
    return Span(month.first, month.last).days
