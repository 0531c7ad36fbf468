"""Payouts: the statements of one program, and what somebody has to do because of them and of refunds."""

from collections.abc import Mapping, Sequence
from datetime import date

import polars as pl

from tierctl.contracts import NUMBER
from tierctl.criteria import leaves_of
from tierctl.grid import fill, sheet_of, with_leaves
from tierctl.inputs import Inputs
from tierctl.measure.readings import Look
from tierctl.program.rules import Payout
from tierctl.reward.conditions import holds_expr
from tierctl.reward.money_actions import money_actions
from tierctl.reward.rewards import Months, Rewarded
from tierctl.reward.statements import statements

_POSTED = pl.Schema(
    {"partner_id": pl.String(), "currency": pl.String(), "kind": pl.String(), "amount": NUMBER, "at": pl.Int32()}
)


def stated(
    payout: Payout,
    done: Rewarded,
    tracks: Sequence[Inputs],
    months: Months,
    holidays: Mapping[str, Sequence[date]],
) -> pl.DataFrame:
    """The statements of the month under review (see `statements.statements`).

    Args:
        payout: from which balance on is paid, and when.
        done: what has been posted.
        tracks: the inputs of the tracks with rules, in their order; a partner's payout is judged on its first one.
        months: what is posted.
        holidays: the workspace's own lists.
    """
    posted = pl.concat([_POSTED.to_frame(), *(each.select(_POSTED.names()) for each in done.posted)])
    summed = posted.group_by("partner_id", "at", "currency", "kind").agg(pl.col("amount").sum().cast(NUMBER))
    partners = pl.concat([_partners(inputs, payout, months) for inputs in tracks])
    first = partners.unique(["partner_id", "at"], keep="first", maintain_order=True)
    all_months = tracks[0].months[months.first : months.last + 1]
    return statements(payout, summed, first, all_months, holidays=holidays)


def actions_of(
    payout: Payout | None, stated_rows: pl.DataFrame, done: Rewarded, tracks: Sequence[Inputs], due_on: date
) -> pl.DataFrame:
    """What somebody has to do: track, partner_id, action, due_on, detail."""
    frames = []
    if payout is not None:
        first = pl.concat(
            [
                inputs.roster.select(pl.col("partner_id").cast(pl.String), track=pl.lit(inputs.track))
                for inputs in tracks
            ]
        ).unique("partner_id", keep="first", maintain_order=True)
        frames.append(money_actions(stated_rows, first, due_on, payout))
    refunds = [each for each in done.refunds if not each.is_empty()]
    if refunds:
        share = (pl.col("refunded") * 100).round(2).cast(pl.String).str.strip_chars_end("0").str.strip_chars_end(".")
        detail = pl.format("{} % of {} is refunded, and no clause takes it back", share, "source_id")
        rows = pl.concat(refunds).unique(["partner_id", "source_id"], keep="first", maintain_order=True)
        frames.append(
            rows.select(
                "track",
                "partner_id",
                pl.lit("refund_without_clawback").alias("action"),
                pl.lit(due_on).alias("due_on"),
                detail.alias("detail"),
            )
        )
    schema = {"track": pl.String, "partner_id": pl.String, "action": pl.String, "due_on": pl.Date, "detail": pl.String}
    return pl.concat([pl.DataFrame(schema=schema), *frames])


def _partners(inputs: Inputs, payout: Payout, months: Months) -> pl.DataFrame:
    """One row per partner_id of a track × at (0: the first month posted): payee_id, is_terminated, may_pay."""
    days = [inputs.months[at].last for at in months.all]
    numbered = pl.DataFrame({"at": range(len(days)), "day": days}, schema={"at": pl.Int32, "day": pl.Date})
    rows = inputs.roster.select("partner_id", "payee_id", "start_on", "terminated_on").join(numbered, how="cross")
    rows = rows.filter(pl.col("start_on") <= pl.col("day"))
    gone = (pl.col("terminated_on") <= pl.col("day")).fill_null(value=False)
    rows = rows.with_columns(gone.alias("is_terminated"))
    if payout.requires is None:
        rows = rows.with_columns(pl.lit(value=True).alias("may_pay"))
    else:
        looks = [Look(at, day, "open") for at, day in enumerate(days)]
        grid = fill(inputs, sheet_of(inputs, [payout.requires], looks, days), days).grid
        judged = with_leaves(inputs, grid, leaves_of(payout.requires)).select(
            "partner_id", "at", holds_expr(payout.requires).alias("may_pay")
        )
        rows = rows.join(judged, on=["partner_id", "at"], how="left")
    return rows.select(pl.col("partner_id").cast(pl.String), "at", "payee_id", "is_terminated", "may_pay")
