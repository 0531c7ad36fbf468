"""Grants: the spans of days for which a partner holds a tier, and on which basis.

A grant is never overwritten: what a partner stands at on a day is read from all of them. Grants of one tier and basis
that touch are one span.

Columns of a frame of grants: partner_id, rank (Int32, of the tier in its track), basis (Enum, strongest last), from,
through (the last day, `NO_END` where there is none), because (why it was made or last extended).
"""

from datetime import date, timedelta

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
_KEY = ["partner_id", "rank", "basis"]
_DAY = timedelta(days=1)


def no_grants(partner_type: pl.DataType) -> pl.DataFrame:
    """An empty frame of grants, for partner ids of that type."""
    return pl.DataFrame(schema=SCHEMA | {"partner_id": partner_type})


def tiers_by_rank(track: Track) -> pl.DataFrame:
    """One row per tier of a track: rank, tier."""
    ranks = track.ranks
    return pl.DataFrame(
        {"rank": list(ranks.values()), "tier": list(ranks)}, schema={"rank": pl.Int32, "tier": pl.String}
    )


def re_ranked(grants: pl.DataFrame, ranks: dict[int, int]) -> pl.DataFrame:
    """Grants in the ranks of another edition's track; `ranks` maps old to new, a tier that it lacks is gone."""
    table = pl.DataFrame({"rank": list(ranks), "to": list(ranks.values())}, schema={"rank": pl.Int32, "to": pl.Int32})
    return grants.join(table, on="rank").with_columns(pl.col("to").alias("rank")).select(SCHEMA.names())


def with_grants(grants: pl.DataFrame, made: pl.DataFrame) -> pl.DataFrame:
    """Adds grants; one that touches a span of the same partner, tier and basis extends it.

    A grant that lies within a span changes nothing. The reason kept is that of the grant that reaches furthest.
    """
    if made.is_empty():
        return grants
    held = made.join(grants, on=_KEY, suffix="_held").filter(
        (pl.col("from_held") <= pl.col("from")) & (pl.col("through_held") >= pl.col("through"))
    )
    new = made.join(held, on=[*_KEY, "from", "through"], how="anti").select(SCHEMA.names())
    if new.is_empty():
        return grants
    touched = grants.join(new, on=_KEY, how="semi")
    rest = grants.join(new, on=_KEY, how="anti")
    return pl.concat([rest, _merged(pl.concat([touched, new]))])


def _merged(grants: pl.DataFrame) -> pl.DataFrame:
    """One span for every run of grants that overlap or follow each other without a day between."""
    reached = pl.col("through").cum_max().shift(1).over(_KEY)
    ordered = grants.sort(*_KEY, "from", "through").with_columns(
        ((pl.col("from") - reached).dt.total_days() > 1).fill_null(value=True).alias("begins")
    )
    spans = ordered.with_columns(pl.col("begins").cum_sum().alias("span"))
    furthest = pl.col("because").sort_by(["through", "from"], descending=[True, False]).first()
    merged = spans.group_by(*_KEY, "span").agg(pl.col("from").min(), pl.col("through").max(), furthest)
    return merged.select(SCHEMA.names())


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


def standing_on(grants: pl.DataFrame, day: date) -> pl.DataFrame:
    """The grant that stands on a day: of the highest tier, of several the one that reaches furthest.

    Returns:
        One row per partner_id that holds anything on the day, in the columns of grants, sorted by partner_id.
    """
    covering = grants.filter((pl.col("from") <= day) & (pl.col("through") >= day))
    ordered = covering.sort(
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
    covering = runs.filter((pl.col("from") <= day) & (pl.col("through") >= day)).select("partner_id", "from")
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
