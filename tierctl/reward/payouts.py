"""Payouts: the statements of one program, and what somebody has to do because of them and of refunds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
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
from tierctl.reward.rule_lines import Months, Rewarded
from tierctl.reward.statements import statements

_MAY_PAY = pl.Schema({"partner_id": pl.String(), "at": pl.Int32(), "may_pay": pl.Boolean()})
_POSTED = pl.Schema(
    {"partner_id": pl.String(), "currency": pl.String(), "kind": pl.String(), "amount": NUMBER, "at": pl.Int32()}
)


@dataclass(frozen=True)
class Paying:
    """The payout that judges one month: that of the edition in force, or the last one stated before.

    `inputs` are those of the edition that states it, by track.
    """

    payout: Payout
    inputs: Mapping[str, Inputs]


def payouts_of(tracks: Sequence[Sequence[Inputs]], months: Months) -> list[Paying]:
    """The payout of each month that is posted; none where no edition states one.

    Args:
        tracks: the inputs of each track with rules, by edition, oldest first.
        months: what is posted.
    """
    stating: dict[int, Paying] = {}
    for inputs in (each for editions in tracks for each in editions if each.program.payout and len(each.in_force)):
        payout = inputs.program.payout
        if payout is not None:
            known = stating.get(inputs.in_force[0], Paying(payout, {}))
            stating[inputs.in_force[0]] = Paying(payout, {**known.inputs, inputs.track: inputs})
    if not stating:
        return []
    begins = sorted(stating)
    return [stating[max((at for at in begins if at <= month), default=begins[0])] for month in months.all]


def stated(
    payouts: Sequence[Paying],
    done: Rewarded,
    tracks: Sequence[Sequence[Inputs]],
    months: Months,
    *,
    holidays: Mapping[str, Sequence[date]],
    balances: pl.DataFrame,
) -> pl.DataFrame:
    """The statements of the month under review (see `statements.statements`).

    Args:
        payouts: the payout of each month.
        done: what has been posted.
        tracks: the inputs of each track with rules, by edition; a partner's payout is judged on its first track.
        months: what is posted.
        holidays: the workspace's own lists.
        balances: what the closed months left unpaid: partner_id, currency, payee_id, balance.
    """
    posted = pl.concat([_POSTED.to_frame(), *(each.select(_POSTED.names()) for each in done.posted)])
    summed = posted.group_by("partner_id", "at", "currency", "kind").agg(pl.col("amount").sum().cast(NUMBER))
    partners = pl.concat([_partners(editions[-1], payouts, months) for editions in tracks])
    first = partners.unique(["partner_id", "at"], keep="first", maintain_order=True)
    first = pl.concat([first, _absent(balances, summed, first, months).select(first.columns)])
    all_months = [tracks[0][0].months[at] for at in months.all]
    opening = balances.select("partner_id", "currency", opening_balance="balance")
    return statements([each.payout for each in payouts], summed, first, all_months, holidays=holidays, opening=opening)


def actions_of(
    payout: Payout | None, stated_rows: pl.DataFrame, done: Rewarded, tracks: Sequence[Sequence[Inputs]], due_on: date
) -> pl.DataFrame:
    """What somebody has to do: track, partner_id, action, due_on, detail."""
    frames = []
    if payout is not None:
        first = pl.concat(
            [
                editions[-1].roster.select(pl.col("partner_id").cast(pl.String), track=pl.lit(editions[-1].track))
                for editions in tracks
            ]
        ).unique("partner_id", keep="first", maintain_order=True)
        absent = stated_rows.select("partner_id").unique(maintain_order=True).join(first, on="partner_id", how="anti")
        first = pl.concat(
            [
                first.with_columns(is_absent=pl.lit(value=False)),
                absent.with_columns(track=pl.lit(tracks[0][-1].track), is_absent=pl.lit(value=True)),
            ]
        )
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


def _absent(balances: pl.DataFrame, posted: pl.DataFrame, present: pl.DataFrame, months: Months) -> pl.DataFrame:
    """The partners with a balance or a posting that are on no track in a month: nothing is paid to them.

    Columns as of `_partners`.
    """
    numbered = pl.DataFrame({"at": range(len(months.all))}, schema={"at": pl.Int32})
    nobody = pl.lit(None, dtype=pl.String).alias("payee_id")
    named = balances.sort("partner_id", "currency").select("partner_id", "payee_id")
    known = pl.concat([named, posted.select("partner_id", nobody)])
    no = pl.lit(value=False)
    rows = known.unique("partner_id", keep="first", maintain_order=True).with_columns(
        no.alias("is_terminated"), no.alias("may_pay")
    )
    return rows.join(numbered, how="cross").join(present, on=["partner_id", "at"], how="anti")


def _partners(inputs: Inputs, payouts: Sequence[Paying], months: Months) -> pl.DataFrame:
    """One row per partner_id of a track × at (0: the first month posted): payee_id, is_terminated, may_pay."""
    days = [inputs.months[at].last for at in months.all]
    numbered = pl.DataFrame({"at": range(len(days)), "day": days}, schema={"at": pl.Int32, "day": pl.Date})
    rows = inputs.roster.select("partner_id", "payee_id", "start_on", "terminated_on").join(numbered, how="cross")
    gone = (pl.col("terminated_on") <= pl.col("day")).fill_null(value=False)
    rows = rows.filter(pl.col("start_on") <= pl.col("day")).with_columns(gone.alias("is_terminated"))
    judged = [_judged(inputs.track, each, at, days[at]) for at, each in enumerate(payouts)]
    found = rows.with_columns(pl.col("partner_id").cast(pl.String)).join(
        pl.concat([_MAY_PAY.to_frame(), *(each for each in judged if each is not None)]),
        on=["partner_id", "at"],
        how="left",
    )
    may_pay = pl.col("may_pay").fill_null(value=True)
    return found.select("partner_id", "at", "payee_id", "is_terminated", may_pay)


def _judged(track: str, paying: Paying, at: int, day: date) -> pl.DataFrame | None:
    """Whether what the payout requires holds, for every partner of a track; None: it requires nothing there."""
    requires, inputs = paying.payout.requires, paying.inputs.get(track)
    if requires is None or inputs is None:
        return None
    grid = fill(inputs, sheet_of(inputs, [requires], [Look(0, day, "open")], [day]), [day]).grid
    told = with_leaves(inputs, grid, leaves_of(requires))
    number = pl.lit(at, dtype=pl.Int32).alias("at")
    return told.select(pl.col("partner_id").cast(pl.String), number, holds_expr(requires).alias("may_pay"))
