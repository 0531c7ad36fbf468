"""Caps: at most so much for each group of rows in each period, cut evenly or from the latest row back.

Caps of quantities come first, then those of amounts that are cut evenly, both on exact numbers; the amounts are then
rounded, and what is cut from the latest back is cut in whole cents.
"""

from dataclasses import dataclass
from functools import cached_property

import polars as pl

from tierctl.contracts import NUMBER
from tierctl.exact import PLACES, WHOLE, Ratio, micros, whole
from tierctl.measure.columns import MONTH_END
from tierctl.program.rules import PARTNER, ROW, Cap
from tierctl.reward.amounts import OVER, UNITS, Amounts, rounded
from tierctl.reward.earned import EARNED_ON
from tierctl.reward.plan import Paying, own
from tierctl.reward.rows import SOURCE_ID
from tierctl.reward.terms import DAY_END

GROSS, CUT_BY = "__gross", "__cut_by"
"""The amount, rounded; and the number of the cap that has left nothing of it (null: none has)."""

_GROUP, _AMOUNT, _KEPT, _OF = "__group", "__most", "__kept", "__of"
_IS_CUT, _EARNED = "__is_cut", "__was_earned"


@dataclass(frozen=True)
class Caps:
    """The caps of one rule, and its exact amounts."""

    amounts: Amounts

    @property
    def paying(self) -> Paying:
        """The rule."""
        return self.amounts.paying

    @cached_property
    def numbered(self) -> list[tuple[int, Cap]]:
        """The rule's caps, counted from 1."""
        return list(enumerate(self.paying.rule.caps, start=1))

    def with_rounded(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Adds __gross, the amount that is left, rounded once, and __cut_by.

        Needs the columns of `Amounts.with_amounts`; with caps every row earns in one month.
        """
        exact, mode = self.amounts.of_units(), self.paying.inputs.program.policy.rounding
        was_earned = (pl.col(UNITS) != 0).fill_null(value=False)
        rows = rows.with_columns(
            pl.lit(None, dtype=pl.Int32).alias(CUT_BY), pl.lit(value=False).alias(_IS_CUT), was_earned.alias(_EARNED)
        )
        quantities = [each for each in self.numbered if each[1].of is not None]
        rows = rows.with_columns(pl.col(own(cap.of or "")).cast(NUMBER).alias(_left(cap)) for _, cap in quantities)
        for number, cap in quantities:
            rows, exact = self._cut_quantity(rows, number, cap, exact)
        for number, cap in (each for each in self.numbered if each[1].of is None and each[1].cuts == "evenly"):
            rows, exact = self._cut_evenly(rows, number, cap, exact)
        currency = pl.col("currency")
        gross = rounded(exact, mode, currency)
        if any(cap.of is None and cap.cuts == "evenly" for _, cap in self.numbered):
            # What an amount's cap has cut is rounded towards nothing, so that the cap is never exceeded.
            gross = pl.when(_IS_CUT).then(rounded(exact, "down", currency)).otherwise(gross)
        rows = rows.with_columns(gross.alias(GROSS))
        for number, cap in (each for each in self.numbered if each[1].of is None and each[1].cuts == "latest"):
            rows = self._cut_latest(rows, number, cap)
        return rows.drop(_IS_CUT, _EARNED)

    def _grouped(self, rows: pl.DataFrame, cap: Cap) -> pl.DataFrame:
        """Adds __group, and __most: how much the cap allows, in whole units of its own scale."""
        own_part = {ROW: pl.col(SOURCE_ID), PARTNER: pl.lit("")}.get(cap.per)
        column = own(cap.per) if cap.per in self.paying.own_columns else cap.per
        part = pl.col(column).cast(pl.String) if own_part is None else own_part
        day = pl.col(DAY_END if self.paying.rule.earned_on == MONTH_END else EARNED_ON)
        most = self._most(cap)
        instance: pl.Expr = pl.lit("")
        if cap.each != "lifetime":
            calendar, days = self.paying.inputs.calendar, rows.select(day).to_series().unique().drop_nulls()
            firsts = [str(calendar.instance(cap.each, each).first) for each in days]
            instance = day.replace_strict(days, firsts, return_dtype=pl.String)
        # Amounts of several currencies do not add up; quantities do.
        currency = pl.lit("") if cap.of else pl.col("currency")
        group = pl.struct("partner_id", part.alias("part"), instance.alias("instance"), currency.alias("currency"))
        return rows.with_columns(group.alias(_GROUP), most.units.fill_null(whole(0)).alias(_AMOUNT))

    def _most(self, cap: Cap) -> Ratio:
        return self.amounts.figures.number(cap.at_most)

    def _cut_quantity(self, rows: pl.DataFrame, number: int, cap: Cap, exact: Ratio) -> tuple[pl.DataFrame, Ratio]:
        most, scale = self._most(cap), PLACES
        counts = (pl.col(UNITS) != 0).fill_null(value=False)
        left = micros(pl.col(_left(cap))).fill_null(whole(0))
        rows = self._grouped(rows, cap).with_columns(
            pl.when(counts).then(left).otherwise(whole(0)).alias(_OF),
            (pl.col(_AMOUNT) * whole(10 ** max(0, scale - most.scale))).alias(_AMOUNT),
        )
        # Of one row alone there is nothing to share out.
        is_even = cap.cuts == "evenly" and cap.per != ROW
        rows = _kept_evenly(rows) if is_even else self._kept_latest(rows)
        divisor = pl.col("__total") if is_even else pl.col(_OF).abs()
        kept = pl.col(_KEPT) * (whole(1) if is_even else pl.col(_OF).sign().cast(WHOLE))
        is_cut = (kept != divisor) & (divisor > 0)
        # What is left of each quantity is what the next cap of quantities counts.
        quantity = Ratio(pl.col(_OF) * kept, divisor, PLACES) if is_even else Ratio(pl.col(_KEPT), None, PLACES)
        rows = rows.with_columns(
            pl.when(is_cut).then(pl.col(UNITS) * kept).otherwise(UNITS).alias(UNITS),
            pl.when(is_cut).then(pl.col(OVER) * divisor).otherwise(OVER).alias(OVER),
            pl.when(is_cut).then(quantity.rounded).otherwise(_left(cap)).alias(_left(cap)),
        )
        return _told(rows, number), Ratio(pl.col(UNITS), pl.col(OVER), exact.scale, exact.by)

    def _cut_evenly(self, rows: pl.DataFrame, number: int, cap: Cap, exact: Ratio) -> tuple[pl.DataFrame, Ratio]:
        most = self._most(cap)
        # The rows of a group are added up in millionths where they have denominators of their own.
        has_over = exact.over is not None or exact.by != 1
        summed = Ratio.of_number(exact.rounded) if has_over else exact
        scale = max(summed.scale, most.scale)
        rows = self._grouped(rows, cap).with_columns(
            (summed.units.fill_null(whole(0)) * whole(10 ** (scale - summed.scale))).alias(_OF)
        )
        rows = rows.with_columns(pl.col(_OF).sum().over(_GROUP).alias("__total"))
        is_cut = pl.col("__total") > pl.col(_AMOUNT) * whole(10 ** (scale - most.scale))
        # amount × most ÷ total: the rows that are left as they are stand on the same scale.
        lift = 0 if has_over else scale - exact.scale
        kept_scale = exact.scale + most.scale if has_over else most.scale
        units = pl.col(UNITS) * whole(10**lift)
        uncut = (
            (units * whole(10**most.scale), pl.col(OVER)) if has_over else (units, whole(10 ** (scale - most.scale)))
        )
        cut = (units * pl.col(_AMOUNT) * whole(10**scale if has_over else 1), pl.col(OVER) * pl.col("__total"))
        rows = rows.with_columns(
            *(
                pl.when(is_cut).then(if_cut).otherwise(if_not).alias(name)
                for name, if_cut, if_not in zip((UNITS, OVER), cut, uncut, strict=True)
            ),
            (is_cut | pl.col(_IS_CUT)).alias(_IS_CUT),
        )
        return _told(rows, number), Ratio(pl.col(UNITS), pl.col(OVER), kept_scale, exact.by)

    def _cut_latest(self, rows: pl.DataFrame, number: int, cap: Cap) -> pl.DataFrame:
        """Cuts rounded amounts: what comes later in the group has what is left."""
        most = self._most(cap)
        places = (pl.col(GROSS) * pl.lit(10**PLACES)).cast(WHOLE)
        rows = self._grouped(rows, cap).with_columns(
            places.fill_null(whole(0)).alias(_OF),
            rounded(most, "down", pl.col("currency")).fill_null(0).alias("__bound"),
        )
        rows = rows.with_columns((pl.col("__bound") * pl.lit(10**PLACES)).cast(WHOLE).alias(_AMOUNT))
        rows = self._kept_latest(rows)
        kept = pl.col(_KEPT).cast(NUMBER) / pl.lit(10**PLACES)
        was_earned = (pl.col(GROSS) != 0).fill_null(value=False)
        rows = rows.with_columns(kept.alias("__left"))
        cut = was_earned & (pl.col("__left") == 0) & pl.col(CUT_BY).is_null()
        rows = rows.with_columns(
            pl.when(cut).then(pl.lit(number, dtype=pl.Int32)).otherwise(CUT_BY).alias(CUT_BY),
            pl.when(pl.col(GROSS).is_not_null()).then("__left").alias(GROSS),
        )
        return rows.drop(_GROUP, _AMOUNT, _OF, _KEPT, "__bound", "__left")

    def _kept_latest(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Adds __kept: what of each row's __of lies below the bound, rows by their day and key."""
        day = DAY_END if self.paying.rule.earned_on == MONTH_END else EARNED_ON
        ordered = rows.sort(day, SOURCE_ID)
        reached = pl.min_horizontal(pl.col(_OF).cum_sum().over(_GROUP), _AMOUNT)
        ordered = ordered.with_columns(reached.alias("__reached"))
        before = pl.col("__reached").shift(1).over(_GROUP).fill_null(whole(0))
        return ordered.with_columns((pl.col("__reached") - before).alias(_KEPT)).drop("__reached")


def _left(cap: Cap) -> str:
    """The column of what the caps so far have left of a quantity."""
    return f"__left.{cap.of}"


def _kept_evenly(rows: pl.DataFrame) -> pl.DataFrame:
    """Adds __total, the group's quantity, and __kept, what of it the bound allows."""
    rows = rows.with_columns(pl.col(_OF).sum().over(_GROUP).alias("__total"))
    return rows.with_columns(pl.min_horizontal("__total", _AMOUNT).alias(_KEPT))


def _told(rows: pl.DataFrame, number: int) -> pl.DataFrame:
    """Notes the cap that has left nothing of a row."""
    is_left = (pl.col(UNITS) != 0).fill_null(value=True)
    cut = ~is_left & pl.col(CUT_BY).is_null() & (pl.col(_EARNED))
    return rows.with_columns(pl.when(cut).then(pl.lit(number, dtype=pl.Int32)).otherwise(CUT_BY).alias(CUT_BY)).drop(
        _GROUP, _AMOUNT, _OF, _KEPT, "__total", strict=False
    )
