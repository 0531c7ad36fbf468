"""Caps: at most so much for each group of rows in each period, cut evenly or from the latest row back.

Caps of quantities come first, then those of amounts that are cut evenly, both on exact numbers; the amounts are then
rounded, and what is cut from the latest back is cut in whole cents.
"""

from dataclasses import dataclass, replace
from functools import cached_property

import polars as pl

from tierctl.contracts import NUMBER
from tierctl.exact import PLACES, WHOLE, Ratio, in_lowest_terms, micros, whole
from tierctl.measure.columns import MONTH_END
from tierctl.measure.told import SOURCE_ID
from tierctl.program.rules import PARTNER, ROW, Cap
from tierctl.reward.amounts import CURRENCY, OVER, UNITS, Amounts, rounded
from tierctl.reward.earned import EARNED_ON
from tierctl.reward.plan import Paying, own
from tierctl.reward.terms import DAY_END

GROSS, CUT_BY = "__gross", "__cut_by"
"""The amount, rounded; and the number of the cap that has left nothing of it (null: none has)."""

_GROUP, _AMOUNT, _KEPT, _OF = "__group", "__most", "__kept", "__of"
_NUM, _DEN = "__share", "__of_share"
"""The share of __units ÷ __over that is left, its scale included: __share ÷ __of_share."""

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

    def with_rounded(self, rows: pl.DataFrame, exact: Ratio) -> pl.DataFrame:
        """Adds __gross, the amount that is left, rounded once, and __cut_by.

        Args:
            rows: what `Amounts.with_amounts` gives; with caps every row earns in one month.
            exact: the exact amounts that it gives.
        """
        mode, currency = self.paying.inputs.program.policy.rounding, pl.col(CURRENCY)
        uncut = rows.with_columns(pl.lit(None, dtype=pl.Int32).alias(CUT_BY))
        if not self.numbered:
            return uncut.with_columns(rounded(exact, mode, currency).alias(GROSS))
        rows = self._begun(uncut, exact)
        for number, cap in (each for each in self.numbered if each[1].of is not None):
            rows = self._cut_quantity(rows, number, cap)
        for number, cap in (each for each in self.numbered if each[1].of is None and each[1].cuts == "evenly"):
            rows = self._cut_evenly(rows, number, cap)
        left = Ratio(pl.col(UNITS) * pl.col(_NUM), pl.col(OVER) * pl.col(_DEN))
        # What an amount's cap has cut is rounded towards nothing, so that the cap is never exceeded.
        gross = pl.when(_IS_CUT).then(rounded(left, "down", currency)).otherwise(rounded(left, mode, currency))
        rows = rows.with_columns(gross.alias(GROSS))
        for number, cap in (each for each in self.numbered if each[1].of is None and each[1].cuts == "latest"):
            rows = self._cut_latest(rows, number, cap)
        return rows.drop(_IS_CUT, _EARNED, _NUM, _DEN)

    def _begun(self, rows: pl.DataFrame, exact: Ratio) -> pl.DataFrame:
        """Adds what caps go by: the share that is left of each amount, all of it so far, and of each quantity."""
        of = {_left(cap): pl.col(own(cap.of)).cast(NUMBER) for _, cap in self.numbered if cap.of is not None}
        return rows.with_columns(
            whole(1).alias(_NUM),
            whole(exact.by * 10**exact.scale).alias(_DEN),
            pl.lit(value=False).alias(_IS_CUT),
            (pl.col(UNITS) != 0).fill_null(value=False).alias(_EARNED),
            **of,
        )

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
        currency = pl.lit("") if cap.of else pl.col(CURRENCY)
        group = pl.struct("partner_id", part.alias("part"), instance.alias("instance"), currency.alias("currency"))
        return rows.with_columns(group.alias(_GROUP), most.units.fill_null(whole(0)).alias(_AMOUNT))

    def _most(self, cap: Cap) -> Ratio:
        figures = self.amounts.figures
        # A bound by currency is one of the currency that is paid.
        return replace(figures, currency=CURRENCY).number(cap.at_most)

    def _cut_quantity(self, rows: pl.DataFrame, number: int, cap: Cap) -> pl.DataFrame:
        most = self._most(cap)
        quantity = micros(pl.col(_left(cap))).fill_null(whole(0))
        rows = self._grouped(rows, cap).with_columns(
            pl.when(_EARNED).then(quantity).otherwise(whole(0)).alias(_OF),
            (pl.col(_AMOUNT) * whole(10 ** max(0, PLACES - most.scale))).alias(_AMOUNT),
        )
        if cap.cuts == "evenly":
            rows = rows.with_columns(pl.col(_OF).sum().over(_GROUP).alias("__total"))
            rows = rows.with_columns(pl.min_horizontal("__total", _AMOUNT).alias(_KEPT))
            left = Ratio(pl.col(_OF) * pl.col(_KEPT), pl.when(pl.col("__total") > 0).then("__total"), PLACES)
        else:
            rows = self._kept_latest(rows).with_columns(pl.col(_OF).abs().alias("__total"))
            rows = rows.with_columns((pl.col(_KEPT) * pl.col(_OF).sign().cast(WHOLE)).alias(_KEPT))
            left = Ratio(pl.col(_KEPT) * pl.col(_OF).sign().cast(WHOLE), None, PLACES)
        # What is left of each quantity is what the next cap of quantities counts.
        is_cut = (pl.col(_KEPT) != pl.col("__total")) & (pl.col("__total") > 0)
        rows = rows.with_columns(
            pl.when(is_cut).then(pl.col(_NUM) * pl.col(_KEPT)).otherwise(_NUM).alias(_NUM),
            pl.when(is_cut).then(pl.col(_DEN) * pl.col("__total")).otherwise(_DEN).alias(_DEN),
            pl.when(is_cut).then(left.rounded).otherwise(_left(cap)).alias(_left(cap)),
        )
        return _told(in_lowest_terms(rows, _NUM, _DEN), number)

    def _cut_evenly(self, rows: pl.DataFrame, number: int, cap: Cap) -> pl.DataFrame:
        """Cuts exact amounts: of a group in which all have been cut alike so far, all are cut alike again.

        Where they have not, or have denominators of their own, they are added up in millionths.
        """
        most = self._most(cap)
        rows = self._grouped(rows, cap)
        share = [pl.col(name).filter(_EARNED) for name in (_NUM, _DEN, OVER)]
        is_alike = pl.all_horizontal((each == each.first()).all() for each in share).over(_GROUP)
        rows = rows.with_columns(is_alike.alias("__is_alike"))
        if not rows.filter(_EARNED)["__is_alike"].all():
            amount = micros(Ratio(pl.col(UNITS) * pl.col(_NUM), pl.col(OVER) * pl.col(_DEN)).rounded)
            in_millionths = ((UNITS, amount), (OVER, whole(1)), (_NUM, whole(1)), (_DEN, whole(10**PLACES)))
            rows = rows.with_columns(
                pl.when("__is_alike").then(name).otherwise(value).alias(name) for name, value in in_millionths
            )
        units = pl.when(_EARNED).then(UNITS).otherwise(whole(0))
        rows = rows.with_columns(units.sum().over(_GROUP).alias("__total"))
        beyond = pl.col("__total") * pl.col(_NUM) * whole(10**most.scale)
        is_cut = (beyond > pl.col(_AMOUNT) * pl.col(OVER) * pl.col(_DEN)).fill_null(value=False)
        rows = rows.with_columns(
            pl.when(is_cut).then(_AMOUNT).otherwise(_NUM).alias(_NUM),
            pl.when(is_cut).then(pl.col("__total") * whole(10**most.scale)).otherwise(_DEN).alias(_DEN),
            pl.when(is_cut).then(whole(1)).otherwise(OVER).alias(OVER),
            (is_cut | pl.col(_IS_CUT)).alias(_IS_CUT),
        )
        return _told(in_lowest_terms(rows, _NUM, _DEN), number)

    def _cut_latest(self, rows: pl.DataFrame, number: int, cap: Cap) -> pl.DataFrame:
        """Cuts rounded amounts: what comes later in the group has what is left."""
        most = self._most(cap)
        places = (pl.col(GROSS) * pl.lit(10**PLACES)).cast(WHOLE)
        rows = self._grouped(rows, cap).with_columns(
            places.fill_null(whole(0)).alias(_OF),
            rounded(most, "down", pl.col(CURRENCY)).fill_null(0).alias("__bound"),
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
        adds_up = (pl.col(_OF) >= 0).all().over(_GROUP)
        ordered = ordered.with_columns(reached.alias("__reached"), adds_up.alias("__adds_up"))
        # Where a bound differs inside a group, what was kept under a higher one stays kept.
        highest = pl.col("__reached").cum_max().over(_GROUP)
        ordered = ordered.with_columns(pl.when("__adds_up").then(highest).otherwise("__reached").alias("__reached"))
        kept = pl.col("__reached") - pl.col("__reached").shift(1).over(_GROUP).fill_null(whole(0))
        within = pl.max_horizontal(pl.min_horizontal(kept, _OF), whole(0))
        return ordered.with_columns(pl.when(pl.col(_OF) >= 0).then(within).otherwise(kept).alias(_KEPT)).drop(
            "__reached", "__adds_up"
        )


def _left(cap: Cap) -> str:
    """The column of what the caps so far have left of a quantity."""
    return f"__left.{cap.of}"


def _told(rows: pl.DataFrame, number: int) -> pl.DataFrame:
    """Notes the cap that has left nothing of a row."""
    is_gone = pl.col(_EARNED) & (pl.col(_NUM) == 0) & pl.col(CUT_BY).is_null()
    cut_by = pl.when(is_gone).then(pl.lit(number, dtype=pl.Int32)).otherwise(CUT_BY).alias(CUT_BY)
    return rows.with_columns(cut_by).drop(_GROUP, _AMOUNT, _OF, _KEPT, "__total", "__is_alike", strict=False)
