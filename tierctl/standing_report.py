"""The standing report: where every partner stands, and in a sentence why."""

from collections.abc import Mapping

import polars as pl

from tierctl.criteria import leaves_of
from tierctl.decisions import GRANTING
from tierctl.enrollment import periods_at
from tierctl.grants import NO_END, tiers_by_rank
from tierctl.inputs import Inputs
from tierctl.measure import unseen
from tierctl.qualify import Qualified
from tierctl.remediation import what_fails
from tierctl.standing import Standing, last_held
from tierctl.statuses import GONE, NO_TIER


def standing_report(
    inputs: Inputs, qualified: Qualified, standing: Standing, beside: Mapping[str, Standing]
) -> pl.DataFrame:
    """Where every partner stands, since when, and why.

    Args:
        inputs: of the edition in force.
        qualified: what its looks found.
        standing: where every partner stands on the track's tiers.
        beside: the same for each of the track's qualifications, by name.

    Returns:
        One row per partner_id whose fold has begun: the report's columns beside program, track and month. No order.
    """
    tiers = tiers_by_rank(qualified.track)
    rows = (
        standing.now.join(standing.changes, on="partner_id")
        .join(_before(standing), on="partner_id", how="left")
        .join(_failing_gates(inputs, qualified), on="partner_id", how="left")
        .join(inputs.roster.select("partner_id", "name", "terminated_on"), on="partner_id")
        .join(tiers, on="rank", how="left")
        .join(tiers.select(earned_rank="rank", earned_tier="tier"), on="earned_rank", how="left")
        .join(tiers.select(pending_rank="rank", pending_tier="tier"), on="pending_rank", how="left")
        .join(what_fails(qualified, len(inputs.months) - 1), on=["partner_id", "rank"], how="left")
        .join(_addenda(inputs, qualified, standing, beside), on="partner_id", how="left")
        .join(_enrolled(inputs), on="partner_id", how="left")
    )
    in_remediation = pl.col("status") == "remediation"
    return rows.select(
        "partner_id",
        pl.col("name").alias("partner_name"),
        "previous_tier",
        "earned_tier",
        "tier",
        "change",
        "status",
        pl.when(in_remediation).then(pl.lit("remediation")).otherwise(pl.col("basis").cast(pl.String)).alias("basis"),
        pl.col("from").alias("valid_from"),
        pl.when(pl.col("through") < NO_END).then("through").alias("valid_through"),
        pl.when(in_remediation).then("ends_on").alias("remediation_ends_on"),
        _reason(inputs).alias("reason"),
    )


def _before(standing: Standing) -> pl.DataFrame:
    """One row per partner_id of the review before: previous_tier, and until when it was held (last_held)."""
    none = standing.was.select(
        "partner_id", previous_tier=pl.lit(None, dtype=pl.String), last_held=pl.lit(None, dtype=pl.Date)
    )
    if standing.before is None:
        return none
    before = standing.before
    tiers = tiers_by_rank(before.qualified.track).rename({"tier": "previous_tier"})
    previous = before.standing.join(tiers, on="rank", how="left").select("partner_id", "previous_tier")
    since = before.qualified.inputs.months[before.at].last
    return previous.join(last_held(standing, since), on="partner_id", how="left")


def _failing_gates(inputs: Inputs, qualified: Qualified) -> pl.DataFrame:
    """One row per partner_id: gates, the tests of the gates that do not hold on the review day (a text)."""
    gates = [gate for gate in (inputs.program.gate, qualified.track.gate) if gate]
    tests = {leaf.path: ~leaf.is_met.fill_null(value=False) for gate in gates for leaf in leaves_of(gate)}
    failing = [pl.when(fails).then(pl.lit(path)) for path, fails in tests.items()]
    grid = qualified.grid.filter(pl.col("look") == qualified.looks_at(len(inputs.months) - 1)[0])
    text = pl.concat_str(failing, separator=", ", ignore_nulls=True) if failing else pl.lit("")
    return grid.select("partner_id", text.alias("gates"))


def _enrolled(inputs: Inputs) -> pl.DataFrame:
    """One row per partner_id: the current enrollment's enrolled_on and expires_on, where enrollment is required."""
    enrolled = inputs.enrolled.select("partner_id", "enrolled_on", "expires_on")
    is_required = inputs.program.enrollment == "required"
    return periods_at(inputs, inputs.last.last).select(enrolled.columns) if is_required else enrolled.clear()


def _addenda(inputs: Inputs, qualified: Qualified, standing: Standing, beside: Mapping[str, Standing]) -> pl.DataFrame:
    """One row per partner_id: what else stands (beside), and which rows were left out (left_out), as texts."""
    rows, texts = standing.now.select("partner_id"), []
    for name, held in beside.items():
        known = held.now.select(
            "partner_id", pl.col("rank").alias(f"rank.{name}"), pl.col("through").alias(f"through.{name}")
        )
        rows = rows.join(known, on="partner_id", how="left")
        ends = pl.when(pl.col(f"through.{name}") < NO_END).then(pl.format(" through {}", f"through.{name}"))
        stands = pl.col(f"rank.{name}") > 0
        texts.append(pl.when(stands).then(pl.concat_str(pl.lit(f"; {name}"), ends.fill_null(""))))
    told = pl.concat_str(texts, ignore_nulls=True) if texts else pl.lit("")
    rows = rows.select("partner_id", told.alias("beside"))
    if inputs.program.counts_only is None:
        return rows.with_columns(pl.lit("").alias("left_out"))
    return rows.join(_left_out(inputs, qualified), on="partner_id", how="left")


def _left_out(inputs: Inputs, qualified: Qualified) -> pl.DataFrame:
    """One row per partner_id of whom rows were left out: left_out."""
    day = inputs.last.last
    users = periods_at(inputs, day).select("partner_id", "primary_user_id")
    rows = unseen(inputs, qualified.track, day).filter(pl.col("rows") > 0).join(users, on="partner_id", how="left")
    text = pl.format(
        "; {} rows of {} that the primary user {} cannot see are left out", "rows", "export", "primary_user_id"
    )
    told = rows.sort("partner_id", "export").group_by("partner_id", maintain_order=True)
    return told.agg(text.str.join("").alias("left_out"))


def _reason(inputs: Inputs) -> pl.Expr:
    """Why this tier, in a sentence: the grant behind it, and what a person should know about it."""
    is_decided = pl.col("basis").cast(pl.String).is_in(GRANTING)
    unsupported = pl.when(is_decided & (pl.col("earned_rank").fill_null(NO_TIER) < pl.col("rank"))).then(
        pl.format("; the evidence does not support it: {} is earned", pl.col("earned_tier").fill_null("nothing"))
    )
    ended = pl.when(pl.col("change") == "demoted").then(
        pl.coalesce(
            pl.format("{} ended on {}; ", "previous_tier", "last_held"), pl.format("{} is lost; ", "previous_tier")
        )
    )
    runs = pl.format("; in remediation since {} until {}: {}", "began_on", "ends_on", "fails")
    ran_out = pl.format("; the remediation since {} ended on {}: {}", "began_on", "ends_on", "fails")
    remediation = pl.when(pl.col("status") == "remediation").then(
        pl.when(pl.col("ends_on") > inputs.last.last).then(runs).otherwise(ran_out)
    )
    pending = pl.format("; {} waits for approval: {}", "pending_tier", "pending_because")
    notes = [note.fill_null("") for note in (unsupported, remediation, pending)]
    because = pl.col("because").fill_null("no tier is held")
    told = (
        pl.when(pl.col("status") == "terminated")
        .then(pl.format("terminated on {}", "terminated_on"))
        .when(pl.col("status") == "expired")
        .then(pl.format("the enrollment of {} expired on {}", "enrolled_on", "expires_on"))
        .when(pl.col("status") == "suspended")
        .then(pl.format("the gate fails ({}); grants are kept", "gates"))
        .otherwise(pl.concat_str(ended.fill_null(""), because, *notes))
    )
    left_out = pl.when(~pl.col("status").is_in(GONE)).then("left_out").fill_null("")
    return pl.concat_str(told, pl.col("beside").fill_null(""), left_out)
