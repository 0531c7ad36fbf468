"""Benefits: what each partner's tier brings, and what came or went since the review before."""

from collections.abc import Iterator
from datetime import timedelta

import polars as pl

from tierctl.contracts import NUMBER
from tierctl.criteria import figure_expr
from tierctl.enrollment import periods_at
from tierctl.grants import NO_END, stood_since, tiers_by_rank
from tierctl.inputs import Inputs
from tierctl.measure import in_force
from tierctl.measure.conditions import by_expr
from tierctl.program.model import Benefit, Program, Track
from tierctl.program.values import By, Figure, OfColumn
from tierctl.qualify import Qualified
from tierctl.standing import Standing, last_held

_DAY = timedelta(days=1)


def benefits(inputs: Inputs, qualified: Qualified, standing: Standing, track_name: str) -> pl.DataFrame:
    """Every benefit that a partner has on the review day or has lost since the review before.

    Returns:
        One row per partner_id × benefit: tier (null without one), kind, value (yes_no: 1; null where lost or unknown),
        change, from (the day since which the tier has stood) and through (of its grant; where lost, the last day),
        terms. No order.
    """
    now = _held(qualified, standing.now, track_name, len(inputs.months) - 1)
    before = now.clear()
    if standing.before:
        before = _held(standing.before.qualified, standing.before.standing, track_name, standing.before.at)
    now = now.with_columns(pl.lit(value=True).alias("is_held"))
    before = before.select("partner_id", "benefit", was="value", was_text="text", was_held=pl.lit(value=True))
    offered = _offered(standing.before.qualified, track_name) if standing.before else {}
    offered |= _offered(qualified, track_name)
    both = now.join(before, on=["partner_id", "benefit"], how="full", coalesce=True)
    described = pl.DataFrame(
        [(name, benefit.kind, benefit.terms) for name, benefit in offered.items()],
        schema={"benefit": pl.String, "kind": pl.String, "terms": pl.String},
        orient="row",
    )
    is_held = pl.col("is_held").is_not_null()
    differs = pl.col("value").ne_missing(pl.col("was")) | pl.col("text").ne_missing(pl.col("was_text"))
    change = (
        pl.when(~is_held)
        .then(pl.lit("lost"))
        .when(pl.col("was_held").is_null())
        .then(pl.lit("gained"))
        .when(differs)
        .then(pl.lit("changed"))
        .otherwise(pl.lit("kept"))
    )
    return (
        both.join(described, on="benefit")
        .join(_terms(inputs, qualified.track, standing), on="partner_id", how="left")
        .select(
            "partner_id",
            "tier",
            "benefit",
            "kind",
            "value",
            change.alias("change"),
            pl.when(is_held).then("since").alias("from"),
            pl.when(is_held).then("through").otherwise("last_day").alias("through"),
            pl.coalesce("text", "was_text", "terms").alias("terms"),
        )
    )


def _offered(qualified: Qualified, track_name: str) -> dict[str, Benefit]:
    benefits = qualified.inputs.program.benefits.items()
    return {name: benefit for name, benefit in benefits if benefit.tracks is None or track_name in benefit.tracks}


def _held(qualified: Qualified, standing: pl.DataFrame, track_name: str, at: int) -> pl.DataFrame:
    """One row per partner_id × benefit held at the review of month `at`: value, text (its terms, from a row)."""
    nothing = standing.clear().select(
        "partner_id",
        benefit=pl.lit("", dtype=pl.String),
        value=pl.lit(None, dtype=NUMBER),
        text=pl.lit(None, dtype=pl.String),
    )
    grid = qualified.grid.filter(pl.col("look") == qualified.looks_at(at)[0])
    holders = standing.select("partner_id", "rank").drop_nulls().join(grid, on="partner_id")
    frames = [nothing]
    for name, benefit in _offered(qualified, track_name).items():
        found = _of_rows if benefit.value is not None else _of_tiers
        frames += [
            held.select("partner_id", pl.lit(name).alias("benefit"), "value", "text")
            for held in found(qualified, benefit, holders, at)
        ]
    return pl.concat(frames)


def _of_tiers(qualified: Qualified, benefit: Benefit, holders: pl.DataFrame, at: int) -> Iterator[pl.DataFrame]:
    """The benefit's value by tier."""
    del at
    for tier, value in _values(benefit, qualified.inputs.program).items():
        if tier in qualified.track.ranks:
            holding = holders.filter(pl.col("rank") == qualified.track.ranks[tier])
            text = pl.lit(None, dtype=pl.String).alias("text")
            yield holding.select("partner_id", value.alias("value"), text)


def _values(benefit: Benefit, program: Program) -> dict[str, pl.Expr]:
    """Tier → the benefit's value there."""
    if isinstance(benefit.tiers, dict):
        return {tier: figure_expr(value, program) for tier, value in benefit.tiers.items()}
    return {tier: pl.lit(1).cast(NUMBER) for tier in benefit.tiers or ()}


def _of_rows(qualified: Qualified, benefit: Benefit, holders: pl.DataFrame, at: int) -> Iterator[pl.DataFrame]:
    """The benefit's value by partner, from the rows in force on the review day; without a value it is not held."""
    inputs, ranks = qualified.inputs, qualified.track.ranks
    if benefit.tiers is not None:
        holders = holders.filter(pl.col("rank").is_in([ranks[tier] for tier in benefit.tiers if tier in ranks]))
    for export in benefit.with_:
        rows = in_force(inputs, export, inputs.months[at].last)
        named = rows.rename({column: f"{export}.{column}" for column in rows.columns if column != "partner_id"})
        holders = holders.join(named, on="partner_id")
    value, text = _value_and_text(benefit, holders)
    yield holders.select("partner_id", value.alias("value"), text.alias("text")).drop_nulls("value")


def _value_and_text(benefit: Benefit, holders: pl.DataFrame) -> tuple[pl.Expr, pl.Expr]:
    """A yes is 1; a text stands for a yes and is told in the terms; anything else is a number."""
    text, yes = pl.lit(None, dtype=pl.String), pl.lit(1).cast(NUMBER)
    figure = benefit.value
    if isinstance(figure, OfColumn):
        column = pl.col(figure.column)
        of_type = holders.schema[figure.column]
        if of_type == pl.Boolean:
            return pl.when(column).then(yes), text
        if of_type == pl.String:
            return pl.when(column.is_not_null()).then(yes), column
    return (_figure_of_row(figure).cast(NUMBER) if figure is not None else yes), text


def _figure_of_row(figure: Figure) -> pl.Expr:
    """A figure whose `by` may be a column of a row in force."""
    if isinstance(figure, By) and "." in figure.by:
        return by_expr(figure, pl.col(figure.by), _figure_of_row)
    return figure_expr(figure)


def _terms(inputs: Inputs, track: Track, standing: Standing) -> pl.DataFrame:
    """One row per partner_id: today's tier, since when, its grant's through, and the last day of what was lost."""
    tiers = tiers_by_rank(track)
    day = inputs.last.last
    since = standing.before.qualified.inputs.months[standing.before.at].last if standing.before else day
    was = last_held(standing, since)
    stood = standing.was.filter(pl.col("rank").is_not_null()).select("partner_id", pl.lit(value=True).alias("stood"))
    terminated = inputs.roster.select("partner_id", "terminated_on")
    periods = periods_at(inputs, day).select("partner_id", "expires_on", begun_on="enrolled_on")
    last_day = (
        pl.when(pl.col("status") == "terminated")
        .then(pl.min_horizontal(pl.col("terminated_on") - _DAY, "expires_on", "last_held"))
        .when(pl.col("status") == "expired")
        .then(pl.min_horizontal("expires_on", "last_held"))
        .when(pl.col("last_held") < day)
        .then("last_held")
        .when(pl.col("last_held").is_null() & pl.col("stood"))
        .then(pl.lit(since))  # taken away in hindsight: the review before still found it
        .when(pl.col("from") > since)
        .then(pl.col("from") - _DAY)
        .when(pl.col("status") == "suspended")
        .then(pl.lit(day))
        .otherwise(pl.lit(day - _DAY))
    )
    stands_since = pl.col("since")
    if inputs.program.enrollment == "required":
        stands_since = pl.max_horizontal("since", "begun_on")
    holders = standing.now.select("partner_id", "rank").drop_nulls()
    was = was.join(stood_since(standing.state.grants, holders, day), on="partner_id", how="full", coalesce=True)
    now = (
        standing.now.join(was, on="partner_id", how="left")
        .join(stood, on="partner_id", how="left")
        .join(terminated, on="partner_id", how="left")
        .join(periods, on="partner_id", how="left")
    )
    return now.join(tiers, on="rank", how="left").select(
        "partner_id",
        "tier",
        stands_since.alias("since"),
        pl.when(pl.col("through") < NO_END).then("through").alias("through"),
        last_day.alias("last_day"),
    )
