"""Entitlement: what the rows of one rule have earned, as known at the end of one month.

Grain: one row per source row, partner and run of earned months in which everything is the same. What has been posted
before plays no part here.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property

import polars as pl

from tierctl.contracts import NUMBER
from tierctl.exact import Ratio
from tierctl.measure.columns import MONTH_END, columns_of
from tierctl.measure.conditions import where_expr
from tierctl.measure.told import SOURCE_ID, Condition, all_hold
from tierctl.program.rules import EACH_PAYMENT
from tierctl.reward import conditions, earned
from tierctl.reward.amounts import BASE, CLAUSE, CURRENCY, LINE_TIER, RATE, Amounts
from tierctl.reward.caps import GROSS, Caps
from tierctl.reward.figures import ROW_CURRENCY
from tierctl.reward.nothing_left import UNCOVERED, with_failed
from tierctl.reward.period_ends import period_ends
from tierctl.reward.plan import CUSTOMER, Paying, own
from tierctl.reward.rows import Reader
from tierctl.reward.taken import TAKEN, TAKEN_CLAUSE, with_taken
from tierctl.reward.taken import refunded as refunded_share
from tierctl.reward.terms import DAY_END, ENROLLED, HI, LO, Terms, month_ends

_RUN_LO, _RUN_HI = "__run_lo", "__run_hi"

LINES = pl.Schema(
    {
        "partner_id": pl.String(),
        "source": pl.String(),
        "source_id": pl.String(),
        "from_at": pl.Int32(),
        "through_at": pl.Int32(),
        "customer_id": pl.String(),
        "tier": pl.String(),
        "rate": NUMBER,
        "base": NUMBER,
        "base_currency": pl.String(),
        "currency": pl.String(),
        "clause": pl.String(),
        "taken_clause": pl.String(),
        "amount": NUMBER,
        "taken": NUMBER,
        "failed": pl.String(),
        "value": pl.String(),
        "needed": pl.String(),
        "is_uncovered": pl.Boolean(),
        "refunded": NUMBER,
        "refunded_before": NUMBER,
    }
)
"""What an entitlement holds. `amount` is what is earned in each month from from_at through through_at, `taken` what of
it is taken back; `failed` names what leaves nothing of it (null: something is left)."""


@dataclass(frozen=True)
class Entitlement:
    """The entitlements of one rule."""

    paying: Paying
    _monthly: dict[int, pl.DataFrame] = field(default_factory=dict, compare=False)
    _ends: dict[int, pl.DataFrame] = field(default_factory=dict, compare=False)

    @cached_property
    def reader(self) -> Reader:
        """The rule's rows."""
        return Reader(self.paying)

    @cached_property
    def terms(self) -> Terms:
        """The rule's partners."""
        return Terms(self.paying, self.reader)

    @cached_property
    def amounts(self) -> Amounts:
        """The rule's amounts."""
        return Amounts(self.paying, self.terms)

    def ats(self, known: int) -> list[int]:
        """The earned months that matter in a month: those of the rule's edition, from the first one that is posted.

        A cap counts what was earned in the same period before that, too.
        """
        in_force = self.paying.inputs.in_force
        return [at for at in in_force if self._earliest <= at <= known]

    @cached_property
    def _earliest(self) -> int:
        inputs, first = self.paying.inputs, self.paying.first
        found = [first]
        for cap in self.paying.rule.caps:
            if cap.each == "lifetime":
                return 0
            begins = inputs.calendar.instance(cap.each, inputs.months[first].first).first
            found += [at for at, month in enumerate(inputs.months) if month.last >= begins][:1]
        return min(found)

    @cached_property
    def _runs(self) -> pl.DataFrame:
        last = len(self.paying.inputs.months) - 1
        return self._runs_known(last)

    def terms_at(self, at: int) -> pl.DataFrame:
        """The terms of one month, as they are known at its end."""
        if at not in self._monthly:
            self._monthly[at] = self.terms.monthly([at], at)
        return self._monthly[at]

    def _runs_known(self, known: int) -> pl.DataFrame:
        return self.terms.runs(self.ats(known), known)

    def lines(self, rows: pl.DataFrame, known: int) -> pl.DataFrame:
        """What rows have earned, in the columns of LINES; no order.

        Args:
            rows: what `prepared` gives for the month; of a metric's total no rows are needed.
            known: the number of the month by whose end everything is known.
        """
        ats = self.ats(known)
        if not ats:
            return LINES.to_frame()
        earning = self._earning(rows, ats, known)
        if earning.is_empty():
            return LINES.to_frame()
        earning = self._by_month(earning) if self._splits_months else earning
        earning, exact = self.amounts.with_amounts(self.amounts.with_factors(earning))
        earning = with_taken(Caps(self.amounts).with_rounded(earning, exact), self.amounts)
        first = pl.lit(self.paying.first, dtype=pl.Int32)
        posted = earning.filter(pl.col(HI) >= first).with_columns(pl.max_horizontal(LO, first).alias(LO))
        return self._told(posted, exact)

    @property
    def _splits_months(self) -> bool:
        return self.paying.rule.earned_on == MONTH_END and (bool(self.paying.rule.caps) or self.amounts.converts)

    def _earning(self, rows: pl.DataFrame, ats: Sequence[int], known: int) -> pl.DataFrame:
        """The rows that meet every condition, with their months and the terms that hold in these."""
        paying = self.paying
        if not paying.is_of_rows:
            if known not in self._ends:
                self._ends[known] = period_ends(self.terms, ats, known)
            rows = self._ends[known]
            if rows.is_empty():
                return rows
            late: Sequence[Condition] = ()
        else:
            asked = conditions.of_rows(paying)
            early = [each for each in asked if set(each.holds.meta.root_names()) <= set(rows.columns)]
            late = [each for each in asked if each not in early]
            rows = rows.filter(all_hold(early))
            rows = earned.with_months(rows, paying, ats[0], ats[-1], paying.inputs.months[known].last)
            if rows.is_empty():
                return rows
            rows = self._with_terms(rows, known)
        until = paying.inputs.months[known].last
        rows = conditions.with_standings(rows, paying, self.terms, until)
        asked = [*late, *conditions.of_partner(paying.rule.requires)]
        return self.amounts.with_currency(rows.filter(all_hold(asked)), until)

    def prepared(self, parts: Sequence[pl.LazyFrame], known: int) -> pl.DataFrame:
        """The rows of some parts of the export as a month's end knows them, with their payments and their day."""
        paying = self.paying
        if not paying.is_of_rows:
            return pl.DataFrame()
        day = paying.inputs.months[known].last
        rows = self.reader.rows(parts, day, self._wanted(known))
        if paying.reads_payments:
            before = (
                paying.inputs.months[known - 1].last if known else paying.inputs.months[0].first - timedelta(days=1)
            )
            rows = earned.with_payments(rows, paying, day, before)
        rows = earned.with_earned_day(rows, paying)
        # Who earns at each month's end, or on each payment, has no one day on which it must be enrolled.
        has_day = paying.rule.earned_on not in {MONTH_END, EACH_PAYMENT}
        return earned.with_enrollment(rows, paying) if has_day else rows

    def _wanted(self, known: int) -> pl.Expr | None:
        """Which rows may earn in the months that matter, or are dated in the last one; None: it cannot be told yet.

        Most rows of a long export are neither, and need not be held.
        """
        paying, ats, running = self.paying, self.ats(known), self.paying.running
        if not ats or paying.reads_payments or paying.export in paying.inputs.repeating:
            return None
        months, column = paying.inputs.months, paying.rule.earned_column
        if column is not None:
            in_time = pl.col(column).is_between(months[ats[0]].first, months[known].last)
        elif running is not None:
            in_time = pl.col(running.since) <= months[known].last
            ends = [(running.before, pl.Expr.gt), (running.through, pl.Expr.ge)]
            for end, runs in ((name, runs) for name, runs in ends if name is not None):
                in_time &= runs(pl.col(end), months[ats[0]].last).fill_null(value=True)
        else:
            return None
        dates = [name for name in (column, running.since if running else None, paying.contract.row_date) if name]
        is_dated = pl.coalesce(dates).is_between(months[known].first, months[known].last)
        where, asked = paying.where, pl.lit(value=True)
        if where and not paying.reads_month_end and not any("." in name for name in columns_of(where)):
            asked = where_expr(where)
        return is_dated.fill_null(value=False) | (asked & in_time.fill_null(value=False))

    def _with_terms(self, rows: pl.DataFrame, known: int) -> pl.DataFrame:
        """The terms of the months in which each row earns: one row per run of months in which they are the same."""
        runs = self._runs_known(known) if self.paying.window_ends else self._runs
        runs = runs.rename({LO: _RUN_LO, HI: _RUN_HI}).drop(
            set(runs.columns) & set(rows.columns) - {"partner_id", LO, HI}
        )
        joined = rows.join(runs, on="partner_id").filter(
            (pl.col(_RUN_LO) <= pl.col(HI)) & (pl.col(LO) <= pl.col(_RUN_HI))
        )
        joined = joined.with_columns(
            pl.max_horizontal(LO, _RUN_LO).alias(LO), pl.min_horizontal(HI, _RUN_HI).alias(HI)
        ).drop(_RUN_LO, _RUN_HI)
        if self.paying.reads_month_end:
            joined = joined.with_columns(pl.col(DAY_END).alias(MONTH_END))
        if self.paying.rule.earned_on == MONTH_END:
            joined = joined.filter(pl.col(ENROLLED), earned.is_present(self.paying))
        return joined

    def _by_month(self, rows: pl.DataFrame) -> pl.DataFrame:
        """One row for each month."""
        inputs = self.paying.inputs
        months = month_ends(inputs, range(len(inputs.months))).rename({"at": LO, "day": DAY_END})
        exploded = rows.with_columns(pl.int_ranges(LO, pl.col(HI) + 1, dtype=pl.Int32).alias(LO)).explode(LO)
        return exploded.with_columns(pl.col(LO).alias(HI)).drop(DAY_END, strict=False).join(months, on=LO)

    def _told(self, rows: pl.DataFrame, exact: Ratio) -> pl.DataFrame:
        """The rows in the columns of LINES."""
        rows = with_failed(rows, self.amounts, exact)
        own_customer = own(CUSTOMER)
        customer = pl.col(own_customer) if own_customer in rows.columns else pl.lit(None, dtype=pl.String)
        has_base = self.paying.rule.base is not None
        refunded = before = pl.lit(0).cast(NUMBER)
        if self.paying.reads_payments:
            refunded, before = refunded_share().rounded.fill_null(0), refunded_share("_before").rounded.fill_null(0)
        return rows.select(
            pl.col("partner_id").cast(pl.String),
            pl.lit(self.paying.source).alias("source"),
            pl.col(SOURCE_ID).alias("source_id"),
            pl.col(LO).alias("from_at"),
            pl.col(HI).alias("through_at"),
            customer.alias("customer_id"),
            pl.col(LINE_TIER).alias("tier"),
            pl.col(RATE).alias("rate"),
            pl.col(BASE).alias("base"),
            (pl.col(ROW_CURRENCY) if has_base else pl.lit(None, dtype=pl.String)).alias("base_currency"),
            pl.col(CURRENCY).alias("currency"),
            pl.col(CLAUSE).alias("clause"),
            pl.coalesce(TAKEN_CLAUSE, CLAUSE).alias("taken_clause"),
            pl.col(GROSS).fill_null(0).cast(NUMBER).alias("amount"),
            pl.col(TAKEN).fill_null(0).cast(NUMBER).alias("taken"),
            "failed",
            "value",
            "needed",
            pl.col(UNCOVERED).alias("is_uncovered"),
            refunded.alias("refunded"),
            before.alias("refunded_before"),
        ).cast(LINES)
