"""Grants: the spans of days for which a partner holds a tier, and on which basis.

A grant is never overwritten: what a partner stands at on a day is read from all of them. Grants of one tier and basis
that touch are one span.

Columns of a frame of grants: partner_id, rank (Int32, of the tier in its track), basis (Enum, strongest last), from,
through (the last day, `NO_END` where there is none), because (why it was made or last extended).
"""

from collections.abc import Collection
from dataclasses import dataclass, fields
from datetime import date, timedelta
from typing import Literal

import polars as pl

from tierctl.program.model import Track

NO_END = date.max
BASIS = pl.Enum(["base", "earned", "prequalified", "placed", "approved"])
SCHEMA = pl.Schema(
    {
        "partner_id": pl.String(),
        "rank": pl.Int32(),
        "basis": BASIS,
        "from": pl.Date(),
        "through": pl.Date(),
        "because": pl.String(),
    }
)
CLOCK = ("partner_id", "rank", "began_on", "ends_on")
DECLINED = ("partner_id", "rank", "from", "through")
_KEY = ["partner_id", "rank", "basis"]
_DAY = timedelta(days=1)
_APART = 4_000_000  # more days than lie between the first and the last day of a calendar


@dataclass(frozen=True)
class State:
    """All that a month's step reads of the months before it, and hands on to the next.

    Attributes:
        grants: what partners hold in their current enrollment.
        ended: what they held in earlier ones; nothing joins it any more.
        merits: what they have earned and nobody has approved, in the columns of grants.
        clocks: the tiers whose requirements fail, and by when that must be made good: partner_id, rank, began_on,
            ends_on.
        declined: promotions that were refused: partner_id, rank, from, through (null: until no longer earned).
    """

    grants: pl.DataFrame
    ended: pl.DataFrame
    merits: pl.DataFrame
    clocks: pl.DataFrame
    declined: pl.DataFrame

    @classmethod
    def at_first(cls, partner_type: pl.DataType) -> "State":
        """What there is before the first month: nothing, for partner ids of that type."""
        none = no_grants(partner_type)
        tiers, day = none.select("partner_id", "rank"), pl.lit(None, dtype=pl.Date)
        clocks = tiers.with_columns(day.alias("began_on"), day.alias("ends_on"))
        declined = tiers.with_columns(day.alias("from"), day.alias("through"))
        return cls(none, none, none, clocks, declined)

    def of(self, partners: pl.DataFrame, *, others: bool = False) -> "State":
        """The part of the state that concerns these partners (partner_id), or all others."""
        how: Literal["anti", "semi"] = "anti" if others else "semi"
        return State(*(getattr(self, each.name).join(partners, on="partner_id", how=how) for each in fields(self)))

    def beside(self, other: "State") -> "State":
        """This state and that of other partners as one."""
        return State(*(pl.concat([getattr(self, each.name), getattr(other, each.name)]) for each in fields(self)))

    def re_ranked(self, ranks: dict[int, int], while_met: Collection[int]) -> "State":
        """The state in the ranks of another edition's track (see `re_ranked`), in which these are held while met."""
        clocks = re_ranked(self.clocks, ranks).filter(pl.col("rank").is_in(sorted(while_met)))
        return State(
            re_ranked(self.grants, ranks),
            re_ranked(self.ended, ranks),
            re_ranked(self.merits, ranks),
            clocks,
            re_ranked(self.declined, ranks),
        )


def no_grants(partner_type: pl.DataType) -> pl.DataFrame:
    """An empty frame of grants, for partner ids of that type."""
    return pl.DataFrame(schema=SCHEMA | {"partner_id": partner_type})


def tiers_by_rank(track: Track) -> pl.DataFrame:
    """One row per tier of a track: rank, tier."""
    ranks = track.ranks
    return pl.DataFrame(
        {"rank": list(ranks.values()), "tier": list(ranks)}, schema={"rank": pl.Int32, "tier": pl.String}
    )


def while_met_ranks(track: Track) -> tuple[int, ...]:
    """The ranks of the tiers that are held while their requirements are met."""
    return tuple(
        rank for rank, tier in enumerate(track.tiers) if tier.requires and tier.holds and tier.holds.is_while_met
    )


def re_ranked(rows: pl.DataFrame, ranks: dict[int, int]) -> pl.DataFrame:
    """Rows in the ranks of another edition's track; `ranks` maps old to new, a tier that it lacks is gone."""
    table = pl.DataFrame({"rank": list(ranks), "to": list(ranks.values())}, schema={"rank": pl.Int32, "to": pl.Int32})
    return rows.join(table, on="rank").with_columns(pl.col("to").alias("rank")).select(rows.columns)


def ranks_between(old: Track, new: Track) -> dict[int, int]:
    """Old rank → new rank of the tiers that both editions have; the base is the base under whichever name."""
    return {0: 0} | {rank: new.ranks[tier] for tier, rank in old.ranks.items() if rank and tier in new.ranks}


def with_grants(grants: pl.DataFrame, made: pl.DataFrame) -> pl.DataFrame:
    """Adds grants; one that touches a span of the same partner, tier and basis extends it.

    A grant that lies within a span changes nothing. The reason kept is that of the grant that reaches furthest.
    """
    if made.is_empty():
        return grants
    made = made.select(SCHEMA.names())
    concerned = made.select(_KEY).unique().with_columns(pl.lit(value=True).alias("is_concerned"))
    marked = grants.join(concerned, on=_KEY, how="left", maintain_order="left")
    touched = marked.filter("is_concerned").drop("is_concerned")
    held = made.join(touched, on=_KEY, suffix="_held").filter(
        (pl.col("from_held") <= pl.col("from")) & (pl.col("through_held") >= pl.col("through"))
    )
    new = made.join(held, on=[*_KEY, "from", "through"], how="anti") if not held.is_empty() else made
    if new.is_empty():
        return grants
    rest = marked.filter(pl.col("is_concerned").is_null()).drop("is_concerned")
    return pl.concat([rest, _merged(pl.concat([touched, new]))])


def _merged(grants: pl.DataFrame) -> pl.DataFrame:
    """One span for every run of grants that overlap or follow each other without a day between.

    Days are numbered so that those of one partner, tier and basis all lie before those of the next: one running
    maximum over the whole frame then says how far each of them has been held, without grouping.
    """
    ordered = grants.sort(*_KEY, "from", "through", maintain_order=True)
    is_next = pl.any_horizontal(pl.col(column) != pl.col(column).shift(1) for column in _KEY).fill_null(value=True)
    place = is_next.cast(pl.Int64).cum_sum() * _APART
    numbered = ordered.with_columns(
        (place + pl.col("from").to_physical()).alias("first"), (place + pl.col("through").to_physical()).alias("last")
    )
    reached = pl.col("last").cum_max().shift(1)
    further = numbered.with_columns(
        (pl.col("first") > reached + 1).fill_null(value=True).cum_sum().alias("span"),
        (pl.col("last") > reached).fill_null(value=True).alias("reaches_further"),
    ).filter("reaches_further")
    return (
        further.group_by("span", maintain_order=True)
        .agg(pl.col(*_KEY, "from").first(), pl.col("through", "because").last())
        .select(SCHEMA.names())
    )


def extended(grants: pl.DataFrame, to: pl.DataFrame) -> pl.DataFrame:
    """Moves the end of a partner's latest grant of a tier; `to` has partner_id, rank, through and because.

    The base tier has no end to move.
    """
    if to.is_empty():
        return grants
    by = ["partner_id", "rank"]
    moved = to.select(*by, through_new="through", because_new="because")
    above = grants.filter(pl.col("basis") != "base")
    ordered = above.sort("through", "from", "basis", descending=True, maintain_order=True)
    latest = ordered.join(moved, on=by).unique(by, keep="first", maintain_order=True)
    rest = grants.join(latest, on=SCHEMA.names(), how="anti")
    changed = latest.with_columns(pl.col("through_new").alias("through"), pl.col("because_new").alias("because"))
    kept = changed.filter(pl.col("from") <= pl.col("through")).select(SCHEMA.names())
    return pl.concat([rest, kept])


def downgraded(grants: pl.DataFrame, to: pl.DataFrame) -> pl.DataFrame:
    """Ends every grant of a higher tier on the day before; `to` has partner_id, rank and from (the day)."""
    if to.is_empty():
        return grants
    ended = grants.join(to.select("partner_id", rank_new="rank", day="from"), on="partner_id", how="left")
    is_ended = (pl.col("rank") > pl.col("rank_new")) & (pl.col("through") >= pl.col("day"))
    through = pl.when(is_ended.fill_null(value=False)).then(pl.col("day") - _DAY).otherwise("through")
    return (
        ended.with_columns(through.alias("through")).filter(pl.col("from") <= pl.col("through")).select(SCHEMA.names())
    )


def lost(grants: pl.DataFrame, tiers: pl.DataFrame, day: date) -> pl.DataFrame:
    """Ends the endless grants of some tiers on the day before `day`; `tiers` has partner_id and rank, once each."""
    if tiers.is_empty():
        return grants
    marked = grants.join(tiers.with_columns(is_lost=pl.lit(value=True)), on=["partner_id", "rank"], how="left")
    is_lost = pl.col("is_lost").is_not_null() & (pl.col("through") == NO_END)
    through = pl.when(is_lost).then(pl.lit(day - _DAY)).otherwise("through")
    return (
        marked.with_columns(through.alias("through")).filter(pl.col("from") <= pl.col("through")).select(SCHEMA.names())
    )


def covers(day: date) -> pl.Expr:
    """Whether a grant gives its tier on a day."""
    return (pl.col("from") <= day) & (pl.col("through") >= day)


def ranks_on(grants: pl.DataFrame, day: date) -> pl.DataFrame:
    """The highest rank held on a day: one row per partner_id that holds anything: rank. No order."""
    return grants.filter(covers(day)).group_by("partner_id").agg(pl.col("rank").max())


def standing_on(grants: pl.DataFrame, day: date) -> pl.DataFrame:
    """The grant that stands on a day: of the highest tier, of several the one that reaches furthest.

    Returns:
        One row per partner_id that holds anything on the day, in the columns of grants, sorted by partner_id.
    """
    ordered = grants.filter(covers(day)).sort(
        "partner_id", "rank", "through", "basis", "from", descending=[False, True, True, True, False]
    )
    return ordered.unique("partner_id", keep="first", maintain_order=True)


def stood_since(grants: pl.DataFrame, standing: pl.DataFrame, day: date) -> pl.DataFrame:
    """Since when a partner's grants have given the tier that stands on a day, neither more nor less.

    A Trailblazer grant made in May gives its tier from January on only, where an Elite grant stood until then.

    Returns:
        One row per partner_id of `standing` (partner_id, rank) with a rank: since.
    """
    own = grants.join(standing, on=["partner_id", "rank"], how="semi")
    runs = _merged(own.with_columns(pl.lit("base", dtype=BASIS).alias("basis")))
    covering = runs.filter(covers(day)).select("partner_id", "from")
    above = standing.select("partner_id", floor="rank").join(grants, on="partner_id")
    above = above.filter((pl.col("rank") > pl.col("floor")) & (pl.col("through") < day))
    ended = above.group_by("partner_id").agg((pl.col("through").max() + _DAY).alias("ended"))
    since = pl.max_horizontal("from", "ended").alias("since")
    return covering.join(ended, on="partner_id", how="left").select("partner_id", since)


def standing_after(grants: pl.DataFrame, days: pl.DataFrame) -> pl.DataFrame:
    """The highest rank that a partner holds on a day of its own; `days` has partner_id and day, in any number.

    Returns:
        One row per partner_id × day on which anything is held: rank.
    """
    held = (
        days.unique().join(grants, on="partner_id").filter(pl.col("day").is_between(pl.col("from"), pl.col("through")))
    )
    return held.group_by("partner_id", "day").agg(pl.col("rank").max())


def gap_days(grants: pl.DataFrame, floors: pl.DataFrame, first: date, last: date) -> pl.DataFrame:
    """Which partners fell below a rank on some day between two days, both counted; `floors` has partner_id and rank.

    Returns:
        partner_id of those that did, once each.
    """
    spans = floors.select("partner_id", floor="rank").join(grants, on="partner_id")
    spans = spans.filter((pl.col("rank") >= pl.col("floor")) & (pl.col("through") >= first) & (pl.col("from") <= last))
    ordered = spans.sort("partner_id", "from", "through")
    reached = pl.col("through").cum_max().shift(1).over("partner_id").fill_null(first - _DAY)
    gaps = ordered.with_columns((pl.col("from") > reached + _DAY).alias("is_gap"))
    ends = gaps.group_by("partner_id").agg(pl.col("is_gap").any(), pl.col("through").max())
    whole = ends.filter(~pl.col("is_gap") & (pl.col("through") >= last))
    return floors.join(whole, on="partner_id", how="anti").select("partner_id").unique()
