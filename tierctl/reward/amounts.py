"""Amounts: what each row that earns is worth, exact until it is rounded once.

`base × rate`, cut by caps, changed into the currency that is paid, and rounded to that currency's minor unit.
"""

from dataclasses import dataclass
from datetime import date
from functools import cached_property

import polars as pl

from tierctl.contracts import NUMBER
from tierctl.exact import PLACES, WHOLE, Ratio, Rounding, micros, settled, whole
from tierctl.ladders import Ladder
from tierctl.measure.columns import MONTH_END
from tierctl.money import UNUSUAL_MINOR_UNITS, USUAL_MINOR_UNIT
from tierctl.program.rules import EACH_PAYMENT
from tierctl.rates import common_over, factors
from tierctl.reward.earned import EARNED_ON, PART
from tierctl.reward.figures import ROW_CURRENCY, ZERO, RuleFigures, is_sliced, tier_column
from tierctl.reward.plan import PRICE, Paying, own
from tierctl.reward.terms import DAY_END, TIER_NOW, Terms

BASE, RATE, CURRENCY, CLAUSE, LINE_TIER = "base", "rate", "currency", "clause", "tier"
FACTOR = "__factor"
UNITS, OVER = "__units", "__over"
"""The exact amount, before it is rounded, in the program's or the row's currency (WHOLE)."""


@dataclass(frozen=True)
class Amounts:
    """The amounts of one rule."""

    paying: Paying
    terms: Terms

    @property
    def converts(self) -> bool:
        """Whether amounts are changed into another currency."""
        has_currencies = self.paying.paid_currency is not None and self.paying.currency_column is not None
        return has_currencies and self.paying.inputs.program.policy.fx is not None

    @cached_property
    def figures(self) -> RuleFigures:
        """The rule's figures over its rows."""
        return RuleFigures(self.paying, self._converted)

    @cached_property
    def base(self) -> Ratio | None:
        """The base of a row, in its own currency; None: a fixed amount."""
        rule = self.paying.rule
        if rule.metric is not None:
            return self.figures.metric(rule.metric)
        if rule.column is None:
            return None
        number = self.figures.column(rule.column)
        if rule.earned_on != EACH_PAYMENT:
            return number
        return number * Ratio(pl.col(PART)) / Ratio(micros(pl.col(own(PRICE))))

    @cached_property
    def rate(self) -> Ratio | None:
        """The rate of a row; None: a fixed amount, or one made of slices."""
        rate = self.paying.rule.rate
        return None if rate is None or is_sliced(rate) else self.figures.number(rate)

    def with_currency(self, rows: pl.DataFrame, until: date) -> pl.DataFrame:
        """Adds __currency, that of the row's base or amount (the program's where it names none), and the tiers of days.

        A day after `until` has not come yet.
        """
        program = self.paying.inputs.program
        column = self.paying.currency_column
        of_row = pl.lit(None, dtype=pl.String) if column is None else pl.col(own(column))
        rows = rows.with_columns(of_row.fill_null(program.currency).alias(ROW_CURRENCY))
        for day in self.paying.days_of_tiers:
            rows = self.terms.with_tier_on(rows, Ladder(self.paying.track), day, tier_column(day), until)
        return rows

    def with_factors(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Adds __factor (WHOLE), by which amounts are changed; null where there is no rate of exchange.

        A row that is converted earns in one month: the rate is that of its day.
        """
        if not self.converts:
            return rows
        inputs, fx = self.paying.inputs, self.paying.inputs.program.policy.fx
        if fx is None or fx.payout is None:
            return rows.with_columns(pl.lit(None, dtype=WHOLE).alias(FACTOR))
        day = DAY_END if self.paying.rule.earned_on == MONTH_END else EARNED_ON
        found = factors(
            fx,
            fx.payout,
            inputs.program.currency,
            rates=inputs.rows("fx_rates"),
            wanted=rows.select(currency=ROW_CURRENCY, day=day),
            calendar=inputs.calendar,
        )
        factor = pl.col("factor").cast(WHOLE) if fx.payout == "fixed" else micros(pl.col("factor"))
        found = found.select(pl.col("currency").alias(ROW_CURRENCY), pl.col("day").alias(day), factor.alias(FACTOR))
        return rows.join(found, on=[ROW_CURRENCY, day], how="left")

    def with_amounts(self, rows: pl.DataFrame) -> tuple[pl.DataFrame, Ratio]:
        """The exact amounts before caps, in the currency in which they are paid; unknown where nothing is known.

        Returns:
            The rows with base, rate, tier, clause and currency as lines show them, __units and __over; and the amount
            as these two hold it.
        """
        paying, rule = self.paying, self.paying.rule
        base = rate = pl.lit(None, dtype=NUMBER)
        if rule.amount is not None or self.base is None or rule.rate is None:
            exact = self._converted(self.figures.number(rule.amount)) if rule.amount is not None else ZERO
        else:
            rows, own_base = settled(rows, self.base, "__base")
            rows, converted = settled(rows, self._converted(own_base), "__converted")
            base = own_base.rounded
            if self.rate is None:
                exact = self.figures.amount(rule.rate, converted)
            else:
                rows, factor = settled(rows, self.rate, "__rate")
                exact, rate = converted * factor, factor.rounded
        rows, exact = settled(rows, exact, "__exact")
        if rule.rate is not None and self.rate is None:
            rate = (exact / converted).rounded
        paid = pl.col(ROW_CURRENCY) if paying.paid_currency is None else pl.lit(paying.paid_currency)
        clause = pl.coalesce(self.figures.clause(rule.rate or rule.amount), pl.lit(self._clause, dtype=pl.String))
        tier = pl.col(TIER_NOW if paying.tier_day == MONTH_END else tier_column(paying.tier_day))
        told = rows.with_columns(
            base.alias(BASE),
            rate.alias(RATE),
            tier.alias(LINE_TIER),
            clause.alias(CLAUSE),
            paid.alias(CURRENCY),
            exact.units.alias(UNITS),
            (whole(1) if exact.over is None else exact.over).alias(OVER),
        )
        return told, Ratio(pl.col(UNITS), None if exact.over is None else pl.col(OVER), exact.scale, exact.by)

    @property
    def _clause(self) -> str | None:
        return self.paying.rule.clause or self.paying.inputs.program.clause

    def _converted(self, number: Ratio) -> Ratio:
        """An amount of the row's currency in the one that is paid."""
        fx = self.paying.inputs.program.policy.fx
        if not self.converts or fx is None or fx.payout is None:
            return number
        scale = 0 if fx.payout == "fixed" else PLACES
        over = common_over(fx, fx.payout, self.paying.inputs.program.currency)
        return number * Ratio(pl.col(FACTOR), None, scale, over)


def rounded(amount: Ratio, mode: Rounding, currency: pl.Expr) -> pl.Expr:
    """An exact amount rounded once, to the minor unit of each row's currency."""
    result = amount.rounded_to(USUAL_MINOR_UNIT, mode)
    for places in sorted(set(UNUSUAL_MINOR_UNITS.values())):
        of_these = [code for code, unit in UNUSUAL_MINOR_UNITS.items() if unit == places]
        result = pl.when(currency.is_in(of_these)).then(amount.rounded_to(places, mode)).otherwise(result)
    return result
