"""Exchange: by what an amount in another currency is multiplied, so that it is in the program's own.

Which rate is taken is the program's policy: the last one published by a day or by its fiscal month's end, the mean of
that month, or a fixed one. A rate that is too old is none.
"""

from collections.abc import Iterable
from datetime import date, timedelta
from fractions import Fraction
from math import lcm

import polars as pl

from tierctl.contracts import NUMBER
from tierctl.fiscal import Calendar
from tierctl.money import rounded_quotient
from tierctl.program.model import Exchange, FixedRates, RatePolicy

_DAY = timedelta(days=1)
_PLACES = 6
_WHOLE = pl.Decimal(38, 0)
_FOUND = pl.Schema({"currency": pl.String(), "day": pl.Date(), "factor": NUMBER})


def factors(
    exchange: Exchange,
    policy: RatePolicy,
    currency: str,
    *,
    rates: pl.DataFrame,
    wanted: pl.DataFrame,
    calendar: Calendar,
) -> pl.DataFrame:
    """What an amount of a currency is multiplied by on a day: `amount × factor ÷ over` is in the program's currency.

    Args:
        exchange: the program's exchange: how old a rate may be, and the fixed rates.
        policy: which rate is taken, `exchange.flow` or `exchange.level`.
        currency: the program's currency.
        rates: the rows of fx_rates; those with another base than the program's currency are left alone.
        wanted: currency and day, in any number of rows; cells that are empty match nothing.
        calendar: the company's fiscal calendar.

    Returns:
        One row per currency × day of `wanted` for which there is a rate: factor (NUMBER, exact), over (Decimal without
        decimals, above zero, one and the same in all rows). The program's own currency needs no rate. No order.
    """
    days = wanted.select("currency", "day").unique().drop_nulls()
    own, foreign = days.filter(pl.col("currency") == currency), days.filter(pl.col("currency") != currency)
    over = common_over(exchange, policy, currency)
    if policy == "fixed":
        found = _fixed(exchange.fixed, currency, foreign, over)
    else:
        known = _rates_into(currency, rates)
        if policy == "month_average":
            found = _averages(known, foreign, calendar)
        else:
            found = _last_published(known, foreign, exchange.max_age_days, calendar if policy == "month_end" else None)
    own = own.with_columns(pl.lit(over).cast(NUMBER).alias("factor"))
    return pl.concat([own, found.select(_FOUND.names())]).with_columns(pl.lit(over).cast(_WHOLE).alias("over"))


def common_over(exchange: Exchange, policy: RatePolicy, currency: str) -> int:
    """The whole number by which every product with a factor of this policy is divided.

    Fixed rates are quotients of two amounts that count as equal; on one denominator their sums stay exact.
    """
    quotients = (quotient for fixed in exchange.fixed for quotient in _quotients(fixed, currency).values())
    return lcm(*(quotient.denominator for quotient in quotients)) if policy == "fixed" else 1


def _quotients(fixed: FixedRates, currency: str) -> dict[str, Fraction]:
    """Other currency → what one unit of it is in the program's; empty where the program's own is not stated."""
    own = fixed.equal.get(currency)
    return {} if own is None else {c: Fraction(own) / Fraction(amount) for c, amount in fixed.equal.items()}


def _fixed(fixed: Iterable[FixedRates], currency: str, wanted: pl.DataFrame, over: int) -> pl.DataFrame:
    """The fixed rates of the latest list that begins on or before each day."""
    lists = sorted(fixed, key=lambda each: each.since)
    found = [_FOUND.to_frame()]
    for number, each in enumerate(lists):
        until = lists[number + 1].since if number + 1 < len(lists) else date.max
        rows = [(c, int(quotient * over)) for c, quotient in _quotients(each, currency).items()]
        table = pl.DataFrame(rows, schema={"currency": pl.String, "factor": _WHOLE}, orient="row")
        days = wanted.filter(pl.col("day").is_between(each.since, until, closed="left"))
        found.append(days.join(table.cast({"factor": NUMBER}), on="currency").select(_FOUND.names()))
    return pl.concat(found)


def _rates_into(currency: str, rates: pl.DataFrame) -> pl.DataFrame:
    """One row per currency × rate_on: rate. Where a base is stated and left out for the same day, the stated counts."""
    into = rates.filter(pl.col("base").is_null() | (pl.col("base") == currency))
    return into.sort("currency", "rate_on", "base", nulls_last=True).unique(
        ["currency", "rate_on"], keep="first", maintain_order=True
    )


def _last_published(
    known: pl.DataFrame, wanted: pl.DataFrame, max_age_days: int | None, calendar: Calendar | None
) -> pl.DataFrame:
    """The last rate by each day; with a calendar, by the end of the fiscal month that holds the day."""
    if calendar:
        ends = {day: calendar.month_of(day).last for day in wanted["day"].unique()}
        by = pl.DataFrame(list(ends.items()), schema={"day": pl.Date, "by": pl.Date}, orient="row")
        wanted = wanted.join(by, on="day")
    else:
        wanted = wanted.with_columns(pl.col("day").alias("by"))
    asked = wanted.select("currency", "day", "by", rate=pl.lit(None, dtype=NUMBER), rate_on=pl.lit(None, dtype=pl.Date))
    said = known.select("currency", day=pl.lit(None, dtype=pl.Date), by="rate_on", rate="rate", rate_on="rate_on")
    # Of one day the rates come first, so that each question finds what was published on that very day.
    ordered = pl.concat([said, asked]).sort("currency", "by", "day", nulls_last=False)
    found = ordered.with_columns(pl.col("rate", "rate_on").forward_fill().over("currency"))
    answered = found.filter(pl.col("day").is_not_null() & pl.col("rate").is_not_null())
    if max_age_days is not None:
        answered = answered.filter(pl.col("by") - pl.col("rate_on") <= timedelta(days=max_age_days))
    return answered.select("currency", "day", factor="rate")


def _averages(known: pl.DataFrame, wanted: pl.DataFrame, calendar: Calendar) -> pl.DataFrame:
    """The mean of the rates published in the fiscal month that holds each day, rounded half even to six decimals."""
    months = sorted({calendar.month_of(day) for day in wanted["day"].unique()})
    table = pl.DataFrame(
        [(month.first + i * _DAY, month.last) for month in months for i in range(month.span.days)],
        schema={"day": pl.Date, "month_end": pl.Date},
        orient="row",
    )
    summed = (
        known.join(table, left_on="rate_on", right_on="day")
        .group_by("currency", "month_end")
        .agg(pl.col("rate").sum(), pl.len().alias("days"))
    )
    mean = rounded_quotient(pl.col("rate"), times=pl.lit(1), by=pl.col("days"), places=_PLACES)
    return (
        wanted.join(table, on="day")
        .join(summed.with_columns(mean.alias("factor")), on=["currency", "month_end"])
        .select(_FOUND.names())
    )
