"""The lines of one rule: what each month posts for the partners of a chunk, and what is noted on the way."""

from dataclasses import dataclass, field

import polars as pl

from tierctl.contracts import NUMBER
from tierctl.findings import Finding
from tierctl.inputs import Inputs
from tierctl.measure.columns import MONTH_END
from tierctl.program.rules import Kind
from tierctl.reward.chunks import Chunk, Exports
from tierctl.reward.entitlement import LINES, Entitlement
from tierctl.reward.not_earned import NOT_EARNED, not_earned
from tierctl.reward.postings import POSTINGS, SOURCE_KEY, blocked, position_of, postings


@dataclass(frozen=True)
class RuleInTurn:
    """A rule through the editions of its program, oldest first; one that none of them has any more earns nothing."""

    kind: Kind
    name: str
    editions: tuple[Entitlement, ...]

    def at(self, at: int) -> Entitlement | None:
        """The rule of the edition in force in a month; None: that edition has none."""
        return next((each for each in self.editions if at in each.paying.inputs.in_force), None)


@dataclass
class Rewarded:
    """What one program pays and takes off in the month under review.

    Attributes:
        rates: one row per track × partner × rule, in the columns of the report but program and month.
        posted: one row per partner_id × at (0: the first month posted) × currency × kind: amount; commissions alone.
        refunds: one row per track × partner_id × source_id that earned and of which more is refunded than the month
            before, no clause taking it back: refunded, as a share.
        totals: what the month's lines add up to (see `totals_of`).
        findings: what a person has to know.
        failures: one row per row that such a finding counts: partner_id, source_id, condition, rule.
        adjusted: what the month posts for closed ones: one row per track × partner_id × earned_month × currency: lines,
            amount, absolute (the sum of the amounts without their signs); may repeat.
        held: what stays posted beyond what today's rows give, since something is missing: one row per track ×
            partner_id × source × source_id × currency: amount, lacks (see `postings.HELD`); may repeat.
    """

    rates: list[pl.DataFrame] = field(default_factory=list)
    posted: list[pl.DataFrame] = field(default_factory=list)
    refunds: list[pl.DataFrame] = field(default_factory=list)
    totals: list[pl.DataFrame] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    failures: list[pl.DataFrame] = field(default_factory=list)
    adjusted: list[pl.DataFrame] = field(default_factory=list)
    held: list[pl.DataFrame] = field(default_factory=list)


@dataclass(frozen=True)
class Months:
    """Numbers of the fold's months: the first one whose money is posted, the first open one, the one asked for."""

    first: int
    open: int
    last: int

    @property
    def all(self) -> range:
        """Every month that is posted now: those that are open."""
        return range(max(self.first, self.open), self.last + 1)


def month_labels(inputs: Inputs) -> pl.DataFrame:
    """One row per month of the fold: earned_at, earned_month."""
    return pl.DataFrame(
        {"earned_at": range(len(inputs.months)), "earned_month": [month.label for month in inputs.months]},
        schema={"earned_at": pl.Int32, "earned_month": pl.String},
    )


@dataclass(frozen=True)
class RuleLines:
    """One rule for one chunk of partners; `before` is what it had posted, and `held` what of it is not touched.

    `is_told` says whether it is asked for what earns nothing, and why.
    """

    rule: RuleInTurn
    exports: Exports
    chunk: Chunk
    months: Months
    done: Rewarded
    inputs: Inputs
    before: pl.DataFrame
    held: pl.DataFrame
    is_told: bool

    def lines(self) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
        """The postings of the last month, what earned nothing in it, and the position after it.

        The sums of every month are noted.
        """
        position, posted, now = self.before, POSTINGS.to_frame(), LINES.to_frame()
        failing = NOT_EARNED.to_frame()
        for at in self.months.all:
            found = [LINES.to_frame()]
            for each in self.rule.editions:
                parts = self._parts(each)
                if not each.ats(at) or (each.paying.is_of_rows and not parts):
                    continue
                rows = each.prepared(parts, at)
                found.append(self._of_chunk(each.lines(rows, at)))
                if self.is_told and at == self.months.last and at in each.paying.inputs.in_force:
                    failing = not_earned(each, rows, found[-1], at)
            now = pl.concat(found)
            if now.is_empty() and position.is_empty():
                posted = POSTINGS.to_frame()
                continue
            posted = postings(now, position, at, self.held)
            if at == self.months.last:
                self._note_held(blocked(now, position, at, self.held))
            position = position_of(now, position, at, self.held)
            self._note(posted, at)
        self._note_adjusted(posted)
        if self.rule.editions:
            self._note_failures(now, failing)
        return posted, failing, position

    def _parts(self, entitlement: Entitlement) -> list[pl.LazyFrame]:
        paying = entitlement.paying
        return self.exports.of_chunk(paying.export, self.chunk) if paying.is_of_rows else []

    def _of_chunk(self, lines: pl.DataFrame) -> pl.DataFrame:
        return lines.filter(self.chunk.holds(pl.col("partner_id")))

    def _note(self, posted: pl.DataFrame, at: int) -> None:
        if self.rule.kind == "commissions":
            number = pl.lit(at - self.months.all.start, dtype=pl.Int32).alias("at")
            by = posted.group_by("partner_id", "currency", "kind").agg(pl.col("amount").sum().cast(NUMBER))
            self.done.posted.append(by.with_columns(number))

    def _note_held(self, kept: pl.DataFrame) -> None:
        """Notes what stays posted beyond what today's rows give."""
        if not kept.is_empty():
            amount = (-pl.col("amount").sum()).cast(NUMBER)
            rows = kept.group_by(*SOURCE_KEY, "currency").agg(amount.alias("amount"))
            lacks = self.held.select(*SOURCE_KEY, "lacks").unique(SOURCE_KEY, keep="first", maintain_order=True)
            rows = rows.join(lacks, on=SOURCE_KEY, how="left")
            self.done.held.append(rows.with_columns(pl.lit(self.inputs.track).alias("track")))

    def _note_adjusted(self, posted: pl.DataFrame) -> None:
        """Notes what the last month posts for months that are closed."""
        inputs = self.inputs
        closed = posted.filter(pl.col("earned_at") < self.months.open).join(month_labels(inputs), on="earned_at")
        if not closed.is_empty():
            amount = pl.col("amount")
            counted = closed.group_by("partner_id", "earned_month", "currency").agg(
                pl.len().cast(pl.Int64).alias("lines"),
                amount.sum().cast(NUMBER),
                amount.abs().sum().cast(NUMBER).alias("absolute"),
            )
            self.done.adjusted.append(counted.with_columns(pl.lit(inputs.track).alias("track")))

    def _note_failures(self, now: pl.DataFrame, failing: pl.DataFrame) -> None:
        """Notes what a finding or an action tells: rates that nothing is listed for, missing rows, refunds."""
        rule, last = pl.lit(self.rule.name).alias("rule"), self.months.last
        here = now.filter((pl.col("from_at") <= last) & (pl.col("through_at") >= last))
        row = ("partner_id", "source_id")
        uncovered = here.filter("is_uncovered").select(*row, pl.lit("rate").alias("condition"), rule)
        exchange = here.filter(pl.col("failed") == "exchange").select(*row, condition="failed").with_columns(rule)
        by_month = [
            f"with.{export}" for export, day in self.rule.editions[-1].paying.rule.with_.items() if day == MONTH_END
        ]
        is_missing = pl.col("condition").is_in(by_month) | pl.col("value").is_not_null()
        missing = failing.filter(pl.col("condition").str.starts_with("with.") & is_missing)
        missing = missing.select(*row, "condition", rule)
        self.done.failures += [uncovered, exchange, missing]
        if any(each.paying.reads_payments for each in self.rule.editions):
            self._note_refunds(now)

    def _note_refunds(self, now: pl.DataFrame) -> None:
        earning = now.filter((pl.col("amount") != 0) & (pl.col("taken") == 0))
        refunded = earning.filter(pl.col("refunded") > pl.col("refunded_before"))
        track = pl.lit(self.rule.editions[-1].paying.track).alias("track")
        self.done.refunds.append(refunded.select("partner_id", "source_id", track, "refunded").unique())
