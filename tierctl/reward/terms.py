"""Terms: what a rule reads of its partners at the end of each earned month.

Everything of the partner is read on the earned month's own review day, also when that month is looked at again later.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property

import polars as pl

from tierctl.criteria import Leaf, leaves_of
from tierctl.enrollment import running_on
from tierctl.figures import column_of, over_of, units_of
from tierctl.fiscal import Period, Span
from tierctl.grid import fill, sheet_of, with_leaves
from tierctl.inputs import Inputs
from tierctl.ladders import Ladder
from tierctl.measure.columns import MONTH_END
from tierctl.measure.readings import Look, to_date_period
from tierctl.program.reads import Reading, reads_of, rule_items
from tierctl.reward.plan import Paying, stands_now, stood_column, wanted_tiers
from tierctl.reward.rows import Reader
from tierctl.reward.stood import FROM, THROUGH, TIER

DAY_END, TIER_NOW, ENROLLED, PRESENT = "__day_end", "__tier_now", "__enrolled_now", "__not_terminated_now"
LO, HI = "__lo", "__hi"
AT_WINDOW_END = "at_end."


@dataclass(frozen=True)
class Terms:
    """The terms of one rule, for the months in which its edition is in force."""

    paying: Paying
    reader: Reader

    def monthly(self, ats: Sequence[int], known: int) -> pl.DataFrame:
        """What the rule reads of every partner at the end of each month.

        Args:
            ats: numbers of months.
            known: the number of the month by whose end everything is known.

        Returns:
            One row per partner_id (in the roster's type) × at (Int32) from the partner's start on, sorted by both:
            __day_end, __tier_now (the tier that stands, null: none), __enrolled_now, __not_terminated_now, a Boolean
            for every requirement that is of the partner alone, the metrics and `partner.COLUMN`s of figures, and the
            rows in force that are joined by "month_end".
        """
        inputs = self.paying.inputs
        days = month_ends(inputs, ats)
        rows = inputs.roster.select("partner_id", "start_on", "terminated_on").join(
            days.rename({"day": DAY_END}), how="cross"
        )
        rows = rows.filter(pl.col("start_on") <= pl.col(DAY_END)).drop("start_on")
        gone = pl.col("terminated_on") < pl.col(DAY_END)
        rows = rows.with_columns((~gone).fill_null(value=True).alias(PRESENT)).drop("terminated_on")
        rows = self._with_enrolled(rows)
        rows = self._with_tier(rows, Ladder(self.paying.track), DAY_END, TIER_NOW)
        for leaf in self.leaves:
            if leaf.held is not None and leaf.held.as_of == MONTH_END:
                rows = self.with_standing(rows, leaf, DAY_END)
            elif leaf.held is not None and leaf.held.unbroken_since is not None:
                stood = self._with_tier(rows, self.paying.ladder_of(leaf.held), DAY_END, "__tier")
                is_met = pl.col("__tier").is_in(wanted_tiers(self.paying, leaf)).fill_null(value=False)
                rows = stood.with_columns(is_met.alias(stands_now(leaf))).drop("__tier")
        rows = self._with_measured(rows, days, known)
        for export, joined in self.reader.in_force_by.items():
            if joined.column == MONTH_END:
                found = self.reader.in_force(export, days)
                rows = rows.join(found, on=["partner_id", "at"], how="left", maintain_order="left")
        return rows.sort("partner_id", "at")

    def runs(self, ats: Sequence[int], known: int) -> pl.DataFrame:
        """The monthly terms, consecutive months that say the same as one row: __lo and __hi in place of at.

        The day of the month's end is only kept where it is a month of its own.
        """
        rows = self.monthly(ats, known)
        keeps_day = self.paying.reads_month_end
        told = {leaf.value_column for leaf in self.leaves} - {column_of(name) for name in self._read}
        beside = {"at", *told, *(() if keeps_day else (DAY_END,))}
        said = [name for name in rows.columns if name not in beside]
        changes = [pl.col(name).ne_missing(pl.col(name).shift(1)) for name in said]
        is_new = pl.any_horizontal(*changes, pl.col("at") != pl.col("at").shift(1) + 1).fill_null(value=True)
        numbered = rows.with_columns(is_new.cum_sum().alias("__run"))
        return (
            numbered.group_by("__run", maintain_order=True)
            .agg(pl.col("at").min().alias(LO), pl.col("at").max().alias(HI), pl.col(said).first())
            .drop("__run")
        )

    def with_tier_on(self, rows: pl.DataFrame, ladder: Ladder, day: str, name: str, until: date) -> pl.DataFrame:
        """Adds the tier of a ladder that stood on each row's day of its own; null where none did, or it is to come."""
        found = self._with_tier(rows, ladder, day, name)
        return found.with_columns(pl.when(pl.col(day) <= until).then(name).alias(name))

    def with_standing(self, rows: pl.DataFrame, leaf: Leaf, day: str, until: date | None = None) -> pl.DataFrame:
        """Adds whether a standing that is asked for stood on each row's day, under its bound's name, and which tier.

        A day after `until` has not come: nothing stood on it yet.
        """
        if leaf.held is None or leaf.met_column in rows.columns:
            return rows
        stood = stood_column(leaf)
        rows = self._with_tier(rows, self.paying.ladder_of(leaf.held), day, stood)
        if until is not None:
            rows = rows.with_columns(pl.when(pl.col(day) <= until).then(stood).alias(stood))
        is_met = pl.col(stood).is_in(wanted_tiers(self.paying, leaf)).fill_null(value=False)
        return rows.with_columns(is_met.alias(leaf.met_column))

    def _with_enrolled(self, rows: pl.DataFrame) -> pl.DataFrame:
        inputs = self.paying.inputs
        if (
            inputs.enrolled["partner_id"].is_unique().all()
            and inputs.enrolled["expires_on"].null_count() == inputs.enrolled.height
        ):
            return rows.with_columns(pl.lit(value=True).alias(ENROLLED))
        running = running_on(rows.select("partner_id", DAY_END), inputs.enrolled, on=DAY_END)
        running = running.with_columns(pl.lit(value=True).alias(ENROLLED))
        joined = rows.join(running, on=["partner_id", DAY_END], how="left", maintain_order="left")
        return joined.with_columns(pl.col(ENROLLED).fill_null(value=False))

    def _with_tier(self, rows: pl.DataFrame, ladder: Ladder, day: str, name: str) -> pl.DataFrame:
        spans = self.paying.stood[ladder].with_columns(
            pl.col("partner_id").cast(self.paying.inputs.partner_type, strict=False)
        )
        wanted = rows.select("partner_id", day).unique().drop_nulls()
        found = wanted.join(spans.drop_nulls("partner_id"), on="partner_id")
        found = found.filter(pl.col(day).is_between(pl.col(FROM), pl.col(THROUGH)))
        found = found.select("partner_id", day, pl.col(TIER).alias(name))
        return rows.join(found, on=["partner_id", day], how="left", maintain_order="left")

    def _with_measured(self, rows: pl.DataFrame, days: pl.DataFrame, known: int) -> pl.DataFrame:
        """Adds the Booleans of requirements, and the metrics and columns of the partner that figures name."""
        leaves, figured = self.leaves, self._read
        items: list[Reading] = [*self.paying.requirements, *figured]
        if figured or any(leaf.held is None for leaf in leaves):
            numbers = days["at"].to_list()
            looks = [Look(at, day, "open") for at, day in enumerate(days["day"])]
            grid = self._grid(items, looks, days["day"].to_list())
            kept = [leaf.met_column for leaf in leaves if leaf.held is None]
            kept += [leaf.value_column for leaf in leaves if leaf.is_of_metric]
            kept += [name for metric in figured for name in columns_of_metric(metric) if name in grid.columns]
            at = pl.col("at").replace_strict(range(len(numbers)), numbers, return_dtype=pl.Int32)
            rows = rows.join(
                grid.select("partner_id", at, *dict.fromkeys(kept)),
                on=["partner_id", "at"],
                how="left",
                maintain_order="left",
            )
        for name in self.paying.window_ends:
            rows = self._with_window_end(rows, name, days, known)
        return rows

    def _grid(self, items: Sequence[Reading], looks: Sequence[Look], days: Sequence[date]) -> pl.DataFrame:
        inputs = self.paying.inputs
        filled = fill(inputs, sheet_of(inputs, list(items), looks, days), days)
        return with_leaves(inputs, filled.grid, [leaf for leaf in self.leaves if leaf.held is None])

    @cached_property
    def leaves(self) -> tuple[Leaf, ...]:
        """Every bound of the rule's requirements, and of those by which its figures are chosen."""
        return tuple(leaf for requires in self.paying.requirements for leaf in leaves_of(requires))

    @cached_property
    def _read(self) -> tuple[str, ...]:
        """The metrics and columns of the partner that figures name, and what these are computed from."""
        program, rule = self.paying.inputs.program, self.paying.rule
        named = [item for item in rule_items(program, rule) if isinstance(item, str)]
        return reads_of(program, [*named, *([rule.metric] if rule.metric else [])]).names

    def _with_window_end(self, rows: pl.DataFrame, name: str, days: pl.DataFrame, known: int) -> pl.DataFrame:
        """Adds a metric of each month's window as it stands when that window ends, or by what is known before."""
        inputs = self.paying.inputs
        looks: dict[Look, int] = {}
        numbers = [looks.setdefault(_window_end(inputs, name, day, known), len(looks)) for day in days["day"]]
        grid = grid_of(inputs, name, list(looks))
        columns = [column for column in columns_of_metric(name) if column in grid.columns]
        table = pl.DataFrame({"at": days["at"], "look": numbers}, schema={"at": pl.Int32, "look": pl.Int32})
        found = grid.join(table, on="look").select(
            "partner_id",
            pl.col("at_right").alias("at"),
            *(pl.col(column).alias(f"{AT_WINDOW_END}{column}") for column in columns),
        )
        return rows.join(found, on=["partner_id", "at"], how="left", maintain_order="left")


def month_ends(inputs: Inputs, ats: Sequence[int]) -> pl.DataFrame:
    """One row per month: at, day (its last)."""
    return pl.DataFrame(
        {"at": list(ats), "day": [inputs.months[at].last for at in ats]}, schema={"at": pl.Int32, "day": pl.Date}
    )


def look_over(inputs: Inputs, name: str, span: Span, day: date) -> Look:
    """The look that reads one window of a metric on a day: as the open one, or as one that ended before it."""
    if span.last >= day:
        return Look(0, day, "open")
    return Look(0, day, "overlapping", period_of(inputs, name), span)


def grid_of(inputs: Inputs, name: str, looks: Sequence[Look]) -> pl.DataFrame:
    """A metric in several looks, whatever days they are of: one row per partner_id × look, its number among them."""
    days = sorted({look.day for look in looks})
    numbered = [replace(look, at=days.index(look.day)) for look in looks]
    return fill(inputs, sheet_of(inputs, [name], numbered, days), days).grid


def _window_end(inputs: Inputs, name: str, day: date, known: int) -> Look:
    """The look that reads the window holding a day on the review day after it ends, or on the last one known."""
    period = period_of(inputs, name)
    if period is None:
        return Look(0, day, "open")
    span = inputs.calendar.instance(period, day)
    read = inputs.calendar.month_of(span.last).last
    return look_over(inputs, name, span, min(read, inputs.months[known].last))


def period_of(inputs: Inputs, name: str) -> Period | None:
    """The period of a metric's window to date; of a formula the one that its metrics have in common."""
    program = inputs.program
    periods = {
        period
        for each in reads_of(program, [name]).names
        if (metric := program.metrics.get(each)) and (period := to_date_period(metric))
    }
    return min(periods) if periods else None


def columns_of_metric(name: str) -> tuple[str, ...]:
    """The columns of a metric or of a column of the partner in a grid."""
    return (column_of(name), units_of(name), over_of(name))
