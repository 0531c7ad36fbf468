"""Exchange in metrics: which amounts are converted, and by the rate of which day.

The amounts of a flow are converted by the row's own day, those of a level by the day read.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl

from tierctl.exact import PLACES, WHOLE, micros
from tierctl.inputs import Inputs
from tierctl.measure.columns import field_of, measured_field
from tierctl.program.metrics import Metric
from tierctl.program.model import Exchange, Program, RatePolicy
from tierctl.rates import common_over, factors

FACTOR, ROW_DAY = "__factor", "__rate_day"


@dataclass(frozen=True)
class Conversion:
    """How the amounts of one metric are converted: multiplied by a factor of `scale` decimals, divided by `over`.

    `currency` is the column of the amounts' currency. The rate is that of the row's own day, or with `by_day_read` that
    of the day read.
    """

    exchange: Exchange
    policy: RatePolicy
    currency: str
    by_day_read: bool
    scale: int
    over: int


def conversion_of(program: Program, metric: Metric) -> Conversion | None:
    """How the amounts of a metric are converted; None where it measures no amount that has a currency."""
    exchange, currency = program.policy.fx, currency_column(program, metric)
    if exchange is None or currency is None:
        return None
    policy = exchange.flow if metric.window else exchange.level
    is_fixed = policy == "fixed"
    return Conversion(
        exchange,
        policy,
        currency,
        by_day_read=metric.window is None and policy != "row_date",
        scale=0 if is_fixed else PLACES,
        over=common_over(exchange, policy, program.currency),
    )


def currency_column(program: Program, metric: Metric) -> str | None:
    """The column with the currency of the amounts that a metric converts."""
    export, column = metric.from_, metric.column
    if program.policy.fx is None or column is None or export is None:
        return None
    prefix = column.rpartition(".")[0]
    currency = f"{prefix}.currency" if prefix else "currency"
    is_money = measured_field(program, export, column).is_money
    return currency if is_money and field_of(program, export, currency) else None


def with_row_factors(facts: pl.DataFrame, inputs: Inputs, conversion: Conversion, day: pl.Expr) -> pl.DataFrame:
    """Adds __factor (WHOLE) by each row's own day; null where there is no rate."""
    dated = facts.with_columns(_currency(inputs, conversion), day.alias(ROW_DAY))
    found = _factors(inputs, conversion, dated.select(currency="__currency", day=ROW_DAY))
    found = found.rename({"currency": "__currency", "day": ROW_DAY})
    return dated.join(found, on=["__currency", ROW_DAY], how="left").drop("__currency", ROW_DAY)


def with_currency(facts: pl.LazyFrame, inputs: Inputs, conversion: Conversion) -> pl.LazyFrame:
    """Adds __currency, the program's own where a row names none."""
    return facts.with_columns(_currency(inputs, conversion))


def factors_by_reading(
    inputs: Inputs, conversion: Conversion, currencies: pl.Series, days: Sequence[date]
) -> pl.DataFrame:
    """One row per __currency × reading for which there is a rate: __factor (WHOLE). A level has one reading a day."""
    read = pl.DataFrame({"day": days, "reading": range(len(days))}, schema={"day": pl.Date, "reading": pl.Int32})
    wanted = currencies.unique().alias("currency").to_frame().join(read, how="cross")
    found = _factors(inputs, conversion, wanted)
    return found.join(read, on="day").select(pl.col("currency").alias("__currency"), "reading", FACTOR)


def _currency(inputs: Inputs, conversion: Conversion) -> pl.Expr:
    return pl.col(conversion.currency).fill_null(inputs.program.currency).alias("__currency")


def _factors(inputs: Inputs, conversion: Conversion, wanted: pl.DataFrame) -> pl.DataFrame:
    """One row per currency × day: __factor."""
    found = factors(
        conversion.exchange,
        conversion.policy,
        inputs.program.currency,
        rates=inputs.rows("fx_rates"),
        wanted=wanted,
        calendar=inputs.calendar,
    )
    factor = micros(pl.col("factor")) if conversion.scale else pl.col("factor").cast(WHOLE)
    return found.select("currency", "day", factor.alias(FACTOR))
