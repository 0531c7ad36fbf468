"""Counted: the rows behind one metric in one look, those that count with what they add and the others with why not.

What counts is what the review counted, read once more for a few partners; the other rows are tested condition by
condition, each as the day read sees it.
"""

from dataclasses import dataclass, replace
from functools import cached_property

import polars as pl

from tierctl.contracts import NUMBER, Contract
from tierctl.enrollment import periods_at
from tierctl.exact import Ratio
from tierctl.inputs import Inputs
from tierctl.measure.amounts import MET, Measuring, amount_of, counted_rows, latest_rows, met_of
from tierctl.measure.columns import MONTH_END
from tierctl.measure.computed import computed_of, with_computed
from tierctl.measure.exchange import FACTOR, factors_by_reading, with_row_factors
from tierctl.measure.exploded import AMOUNT
from tierctl.measure.facts import ON, scan_facts
from tierctl.measure.joined import with_joined
from tierctl.measure.known import cells_on
from tierctl.measure.readings import Look, readings_of, window_span
from tierctl.measure.segments import FROM, UNTIL, begin_segments, with_partner_columns
from tierctl.measure.told import SOURCE_ID, first_failing, matched, source_id
from tierctl.measure.why_not import ENROLLED_ON, EXPIRES_ON, HIDDEN, LATEST, USER, Asked, conditions
from tierctl.program.metrics import Metric

COUNTED = pl.Schema(
    {
        "partner_id": pl.String(),
        "source": pl.String(),
        "source_id": pl.String(),
        "dated_on": pl.Date(),
        "amount": NUMBER,
        "counts": pl.Boolean(),
        "condition": pl.String(),
        "value": pl.String(),
        "needed": pl.String(),
    }
)
_ROW, _ADDED, _COUNTS = "__row", "__added", "__counts"


def counted(inputs: Inputs, metric: Metric, look: Look, partners: pl.DataFrame) -> pl.DataFrame:
    """The rows of a metric's export that are dated in its window, of some partners.

    Args:
        inputs: what is evaluated.
        metric: a metric of rows.
        look: the look in which it is read.
        partners: their partner_ids.

    Returns:
        One row per row of the export that is known on the look's day and dated in the metric's window (of a level and
        of an enrollment: on any day, so that it can be told why it does not count): partner_id (in the roster's type),
        source, source_id, dated_on (null: a level's row without its day), amount (in the metric's unit: what the row
        adds, or would add if it counted; null: it has none), counts, and where it does not count condition, value
        (null: an empty cell) and needed of the first condition that it fails. Of a sum the amounts of the rows that
        count add up to its value to the last digit. No order.
    """
    once = replace(look, at=0)
    readings = readings_of(metric, [once], [look.day], inputs.calendar)
    reading = _Reading(Measuring.of(inputs, metric, readings), look)
    wanted = pl.col("partner_id").is_in(partners["partner_id"].cast(pl.String).implode())
    found = [pl.DataFrame(schema=COUNTED | {"partner_id": inputs.partner_type})]
    for part in inputs.exports.get(metric.from_ or "", ()):
        rows = part.filter(wanted).with_row_index(_ROW).collect()
        if not rows.is_empty():
            found.append(reading.told(rows.lazy()))
    return pl.concat(found)


@dataclass(frozen=True)
class _Reading:
    """One metric in one look."""

    measuring: Measuring
    look: Look

    @property
    def inputs(self) -> Inputs:
        return self.measuring.scan.inputs

    @property
    def metric(self) -> Metric:
        return self.measuring.metric

    @cached_property
    def contract(self) -> Contract:
        return self.inputs.program.contract(self.measuring.scan.source.export)

    def told(self, rows: pl.LazyFrame) -> pl.DataFrame:
        """What `counted` gives, of one part of the export with __row."""
        known = self._known(rows)
        counting = self._counting(rows)
        known = self._with_winners(known.join(self._hidden(rows), on=_ROW, how="left"), counting)
        known = known.join(self._added(counting, known), on=_ROW, how="left")
        counts = pl.col(_COUNTS).fill_null(value=False)
        told = first_failing(known.filter(counts | self._is_dated()), list(conditions(self._asked())))
        # Each row fails something; should a reason ever lack its condition here, the row is listed all the same.
        condition, needed = pl.col("condition").fill_null("unexplained"), pl.col("needed").fill_null("a reason")
        value = pl.when(pl.col("value") != "").then("value")
        return told.select(
            "partner_id",
            pl.lit(self.metric.from_).alias("source"),
            pl.col(SOURCE_ID).alias("source_id"),
            pl.col(ON).alias("dated_on"),
            pl.when(counts).then(_ADDED).otherwise(self._would_add()).cast(NUMBER).alias("amount"),
            counts.alias("counts"),
            *(
                pl.when(~counts).then(cell).alias(name)
                for name, cell in (("condition", condition), ("value", value), ("needed", needed))
            ),
        )

    def _asked(self) -> Asked:
        measuring = self.measuring
        return Asked(self.inputs, self.metric, measuring.scan.source, self.look, measuring.conversion)

    def _known(self, rows: pl.LazyFrame) -> pl.DataFrame:
        """The rows that are known on the day, whatever they fail: with all that the metric reads of them, as of it.

        Adds __on (the day that dates the row), __source_id, `matched` of each export that it is joined to, __amount
        and __factor (null: no rate), the partner's current enrollment.
        """
        inputs, source = self.inputs, self.measuring.scan.source
        lf = rows.with_columns(self._source_id(), pl.col("partner_id").cast(inputs.partner_type, strict=False))
        lf = lf.drop_nulls("partner_id")
        begun = begin_segments(with_partner_columns(lf, inputs, source.names), self.contract.row_date)
        begun = with_computed(begun, lf, inputs, computed_of(inputs, source.export, source.names))
        known = begun.filter(self._is_seen()).collect()
        for name, joined in zip(source.with_, self.measuring.scan.joined, strict=True):
            found = with_joined(known.lazy(), (joined,)).filter(self._is_seen())
            columns = [column for column in joined.rows.columns if column.startswith(f"{name}.")]
            found = found.select(_ROW, *columns, pl.lit(value=True).alias(matched(name)))
            known = known.join(found.collect(), on=_ROW, how="left", validate="1:1")
        enrolled = periods_at(inputs, self.look.day).select(
            "partner_id",
            pl.col("enrolled_on").alias(ENROLLED_ON),
            pl.col("expires_on").alias(EXPIRES_ON),
            pl.col("primary_user_id").alias(USER),
        )
        return self._with_amounts(self._as_of_day(known).join(enrolled, on="partner_id", how="left"))

    def _as_of_day(self, known: pl.DataFrame) -> pl.DataFrame:
        """Each cell as the day sees it, but for the days that a reading waits for; adds month_end and __on."""
        inputs, source, running = self.inputs, self.measuring.scan.source, self.metric.running
        dates = self.metric.on or ((running.since,) if running else ())
        names = [name for name in source.names if name not in source.waited_for]
        month_end = pl.lit(inputs.calendar.month_of(self.look.day).last).alias(MONTH_END)
        # Where no day has come yet, the one that is ahead dates the row.
        rows = known.with_columns(pl.coalesce(dates).alias(ON))
        rows = rows.with_columns(*cells_on(inputs, source.export, names, self.look.day), month_end)
        return rows.with_columns(pl.coalesce(*dates, ON).alias(ON))

    def _is_seen(self) -> pl.Expr:
        day = self.look.day
        begun = pl.col(FROM).is_null() | (pl.col(FROM) <= day)
        return begun & (pl.col(UNTIL).is_null() | (pl.col(UNTIL) > day))

    def _source_id(self) -> pl.Expr:
        """The row's key; where its export has none, all its cells."""
        contract, is_keyed = self.contract, bool(self.contract.primary_key)
        keyed = contract if is_keyed else replace(contract, primary_key=contract.names)
        return source_id(keyed, is_repeating=not is_keyed or contract.name in self.inputs.repeating)

    def _is_dated(self) -> pl.Expr:
        """Whether a row is dated in the window; see `counted`."""
        window = self.metric.window
        if window is None:
            return pl.lit(value=True)
        if window == "enrollment":
            return pl.col(ON).is_not_null()
        span = window_span(self.metric, self.look, self.inputs.calendar)
        return pl.col(ON).is_between(span.first, span.last).fill_null(value=False)

    def _with_amounts(self, known: pl.DataFrame) -> pl.DataFrame:
        column, conversion = self.metric.column, self.measuring.conversion
        if column is None:
            return known
        known = known.with_columns(amount_of(self.measuring, column).alias(AMOUNT))
        if conversion is None:
            return known
        day = pl.lit(self.look.day) if conversion.by_day_read else pl.col(ON)
        known = with_row_factors(known, self.inputs, conversion, day)
        return known.with_columns(pl.col(AMOUNT) * pl.col(FACTOR))

    def _hidden(self, rows: pl.LazyFrame) -> pl.DataFrame:
        """The rows that would count if the primary user could see them: __row and __hidden."""
        hidden = scan_facts(self.measuring.scan, rows, self.measuring.readings, unseen=True)
        return hidden.select(_ROW, pl.lit(value=True).alias(HIDDEN)).collect()

    def _counting(self, rows: pl.LazyFrame) -> pl.DataFrame:
        """The rows that the review counted, those without an amount among them."""
        measuring, conversion = self.measuring, self.measuring.conversion
        found = counted_rows(measuring, rows, kept=(_ROW,)).collect()
        if conversion is None or not conversion.by_day_read:
            return found
        factors = factors_by_reading(self.inputs, conversion, found["__currency"], [self.look.day]).drop("reading")
        found = found.join(factors, on="__currency", how="left").filter(
            pl.col(FACTOR).is_not_null() | pl.col(AMOUNT).is_null()
        )
        return latest_rows(found.with_columns(pl.col(AMOUNT) * pl.col(FACTOR)), measuring)

    def _with_winners(self, known: pl.DataFrame, counting: pl.DataFrame) -> pl.DataFrame:
        """Adds __latest, the key of the row that is the latest of those like this one; null where none counts."""
        if not self.measuring.is_of_latest:
            return known
        won = counting.select(_ROW).join(known.select(_ROW, "partner_id", SOURCE_ID, *self._alike()), on=_ROW)
        won = won.select("partner_id", *self._alike(), pl.col(SOURCE_ID).alias(LATEST))
        return known.join(won, on=["partner_id", *self._alike()], how="left", validate="m:1")

    def _alike(self) -> list[str]:
        """The columns in which the rows agree of which the latest counts, beside the partner's."""
        per = self.metric.latest_per
        return [] if per is None or self.metric.measure == "latest" else [per]

    def _added(self, counting: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
        """What each row that counts adds: __row, __added (NUMBER) and __counts."""
        metric, order = self.metric, [ON, SOURCE_ID]
        rows = counting.join(known.select(_ROW, *order), on=_ROW).sort("partner_id", *order, nulls_last=True)
        if metric.column is not None:
            rows = rows.drop_nulls(AMOUNT)
            added = self._as_number(pl.col(AMOUNT))
            if metric.measure == "sum" and not self.measuring.shape.is_plain:
                # What is rounded is the sum so far, so that the amounts add up to the value as it is shown.
                so_far = self._as_number(pl.col("__so_far"))
                rows = rows.with_columns(pl.col(AMOUNT).cum_sum().over("partner_id").alias("__so_far"))
                rows = rows.with_columns(so_far.alias("__so_far"))
                added = pl.col("__so_far") - pl.col("__so_far").shift(1).over("partner_id").fill_null(0)
        elif metric.share is not None:
            added = pl.col(MET).cast(pl.Int64)
        elif self.measuring.counted:
            rows = rows.drop_nulls(self.measuring.counted)
            by = dict.fromkeys(("partner_id", *self.measuring.counted))
            added = (pl.int_range(pl.len()).over(list(by)) == 0).cast(pl.Int64)
        else:
            added = pl.lit(1)
        return rows.select(_ROW, added.cast(NUMBER).alias(_ADDED), pl.lit(value=True).alias(_COUNTS))

    def _would_add(self) -> pl.Expr:
        """What a row that does not count would add if it did."""
        if self.metric.column is not None:
            return self._as_number(pl.col(AMOUNT))
        return met_of(self.measuring).cast(pl.Int64) if self.metric.share is not None else pl.lit(1)

    def _as_number(self, amount: pl.Expr) -> pl.Expr:
        """One row's amount in the metric's unit; of a median two are added up before they are halved."""
        shape = self.measuring.shape
        if shape.is_plain:
            return amount.cast(NUMBER)
        by = shape.by // 2 if self.metric.measure == "median" else shape.by
        return Ratio(amount, None, shape.scale, by).rounded
