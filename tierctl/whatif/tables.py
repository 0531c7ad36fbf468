"""Tables: what variants come to beside what is."""

from dataclasses import dataclass
from functools import cached_property

import polars as pl

from tierctl.contracts import NUMBER
from tierctl.program.model import Program
from tierctl.whatif.changes import PLACE
from tierctl.whatif.classes import VARIANT
from tierctl.whatif.evaluated import Frames
from tierctl.whatif.expanded import Expanded

_RULE = ["report", "rule", "currency"]
_REPORTS = ("commissions", "credits")
_KEY = [VARIANT, *PLACE]


def tiers_of(program: Program, frames: Frames, number: int) -> pl.DataFrame:
    """How many partners stand at each tier: the columns of tiers but month, of the variant of that number."""
    counted = frames.stood.group_by("track", "tier").agg(_count())
    return counted.with_columns(pl.lit(program.id).alias("program"), pl.lit(number, dtype=pl.Int32).alias(VARIANT))


@dataclass(frozen=True)
class Comparison:
    """One program in one month: `program` is the edition in force as it is, `expanded` what variants come to."""

    program: Program
    expanded: Expanded

    def tables(self) -> dict[str, pl.DataFrame]:
        """transitions, costs, movements and tiers beside their column month; the rows of variant 0 are left out."""
        stands = self._transitions.group_by(VARIANT, "track", pl.col("tier_after").alias("tier"))
        tables = {
            "transitions": self._transitions,
            "costs": self._costs(),
            "movements": self._movements(),
            "tiers": stands.agg(pl.col("partners").sum()),
        }
        program = pl.lit(self.program.id).alias("program")
        return {name: table.with_columns(program) for name, table in tables.items()}

    @property
    def _before(self) -> Frames:
        return self.expanded.before

    @cached_property
    def _transitions(self) -> pl.DataFrame:
        """From which tier to which the partners of each track go."""
        by = [VARIANT, "track", "tier_before", "tier_after"]
        moved = self.expanded.tiers.group_by(by).agg(_count())
        were_there = self.expanded.tiers.filter("was_there")
        left = were_there.group_by(VARIANT, "track", "tier_before").agg(pl.len().alias("left"))
        whole = self._before.stood.group_by("track", pl.col("tier").alias("tier_before")).agg(_count())
        each = self.expanded.numbers.join(whole, how="cross")
        stayed = each.join(left, on=[VARIANT, "track", "tier_before"], how="left", nulls_equal=True).select(
            VARIANT,
            "track",
            "tier_before",
            pl.col("tier_before").alias("tier_after"),
            pl.col("partners") - pl.col("left").fill_null(0),
        )
        both = pl.concat([stayed, moved.select(stayed.columns)])
        return both.group_by(by).agg(pl.col("partners").sum()).filter(pl.col("partners") > 0)

    def _costs(self) -> pl.DataFrame:
        """What is paid out and taken off under each rule."""
        whole = self._before.paid.group_by(_RULE).agg(pl.col("amount").sum().cast(NUMBER).alias("before"))
        change = self.expanded.money.group_by(VARIANT, *_RULE).agg(pl.col("difference").sum().cast(NUMBER))
        each = self.expanded.numbers.join(whole.select(_RULE), how="cross")
        rules = pl.concat([each, change.select(each.columns)]).unique()
        costs = rules.join(whole, on=_RULE, how="left").join(change, on=[VARIANT, *_RULE], how="left")
        costs = costs.with_columns(pl.col("before", "difference").fill_null(0))
        return costs.with_columns((pl.col("before") + pl.col("difference")).cast(NUMBER).alias("after"))

    def _movements(self) -> pl.DataFrame:
        """The partners whose tier or money differs, by currency."""
        money = self._money()
        places = pl.concat([self.expanded.tiers.select(_KEY), money.select(_KEY)]).unique()
        moved = self.expanded.tiers.select(
            *_KEY, "tier_after", pl.lit(value=True).alias("is_moved"), pl.col("partner_name").alias("name_after")
        )
        names = self._before.stood.select(*PLACE, "partner_name", pl.col("tier").alias("tier_before"))
        rows = places.join(names, on=PLACE, how="left").join(moved, on=_KEY, how="left")
        rows = rows.with_columns(
            pl.when("is_moved").then("tier_after").otherwise("tier_before").alias("tier_after"),
            pl.coalesce("partner_name", "name_after").alias("partner_name"),
        )
        rows = rows.join(money, on=_KEY, how="left").join(self.expanded.why(places), on=_KEY, how="left")
        amounts = [pl.col(f"{report}_{side}").fill_null(0) for report in _REPORTS for side in ("before", "after")]
        was, is_ = self._rank("tier_before"), self._rank("tier_after")
        direction = pl.when(is_ > was).then(pl.lit("up")).when(is_ < was).then(pl.lit("down")).otherwise(pl.lit("same"))
        return rows.with_columns(*amounts, direction.alias("direction"))

    def _money(self) -> pl.DataFrame:
        """What moved partners, and those whose money differs, are paid before and after.

        Returns:
            One row per variant × track × partner_id × currency: commissions_before, commissions_after, and those of
            credits. A partner that moves is told with all its money, another one in the currencies in which it differs.
        """
        by = [*_KEY, "currency"]
        before = self._before.paid.group_by(*PLACE, "currency").agg(_by_report("amount", "before"))
        differs = (pl.col("difference") != 0).any().alias("differs")
        change = self.expanded.money.group_by(by).agg(*_by_report("difference", "difference"), differs)
        moved = self.expanded.tiers.select(_KEY)
        told = [
            moved.join(before.select(*PLACE, "currency"), on=PLACE).select(by),
            change.join(moved, on=_KEY, how="semi").select(by),
            change.filter("differs").select(by),
        ]
        both = (
            pl.concat(told).unique().join(before, on=[*PLACE, "currency"], how="left").join(change, on=by, how="left")
        )
        sums = both.with_columns(pl.col(f"{report}_before", f"{report}_difference").fill_null(0) for report in _REPORTS)
        return sums.with_columns(
            (pl.col(f"{report}_before") + pl.col(f"{report}_difference")).cast(NUMBER).alias(f"{report}_after")
            for report in _REPORTS
        )

    def _rank(self, tier: str) -> pl.Expr:
        """The rank of a tier on the ladder as it is; one that it lacks, and no tier, is below all."""
        ranks = [
            pl.when((pl.col("track") == name) & (pl.col(tier) == each)).then(pl.lit(rank))
            for name, track in self.program.tracks.items()
            for each, rank in track.ranks.items()
        ]
        return pl.coalesce(*ranks, pl.lit(-1))


def _by_report(column: str, side: str) -> list[pl.Expr]:
    """The sums of a column by report."""
    return [
        pl.col(column).filter(pl.col("report") == report).sum().cast(NUMBER).alias(f"{report}_{side}")
        for report in _REPORTS
    ]


def _count() -> pl.Expr:
    return pl.len().cast(pl.Int64).alias("partners")
