"""Statements: what each partner is owed in each currency, month after month, and whether it is paid.

A statement opens with what the one before left, so the months form a chain from the first money month, or the first
open one, to the one asked for. Credits are never in it: they come off the partner's own invoices.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from types import MappingProxyType

import polars as pl

from tierctl.contracts import NUMBER
from tierctl.fiscal import FiscalMonth
from tierctl.measure.conditions import bound_expr
from tierctl.program.rules import Payout
from tierctl.reward.pay_days import pay_on

_PARTS: Mapping[str, str] = MappingProxyType({"earned": "earned", "adjustments": "adjustment", "clawbacks": "clawback"})
"""The columns that a month adds, by the kind of line that they sum."""

_KEYS = ("partner_id", "currency")
_OPENING, _BALANCE, _PAYABLE = pl.col("opening_balance"), pl.col("balance"), pl.col("payable")
_NOTHING = pl.lit(0).cast(NUMBER)


def statements(
    payouts: Sequence[Payout],
    postings: pl.DataFrame,
    partners: pl.DataFrame,
    months: Sequence[FiscalMonth],
    *,
    holidays: Mapping[str, Sequence[date]],
    opening: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """The statements of the last month.

    Args:
        payouts: From which balance on is paid, and when, for each month; the bounds are read in the statement's own
            currency.
        postings: One row per partner_id × at (number of the month in `months`) × currency × kind (earned, adjustment,
            clawback): amount (NUMBER), never null. Credits are left out.
        partners: One row per partner_id × at: payee_id (may be null), is_terminated, may_pay (whether what the payout
            requires holds). A partner has rows from its first posting on.
        months: The months that are stated, in order.
        holidays: The workspace's lists of holidays by name.
        opening: What is owed when the first of them opens, one row per partner_id × currency: opening_balance (NUMBER);
            None: nothing.

    Returns:
        One row per partner_id × currency with an opening balance or a posting in the last month: payee_id,
        opening_balance, earned, adjustments, clawbacks, balance, payable, status, pay_on (null where nothing is paid or
        no day is named), closing_balance. In the order of partner_id and currency.

    Raises:
        LookupError: a partner is missing in a month; a name of holidays is unknown.
        CalendarError: the pay day lies outside the years 1 to 9999.
    """
    monthly = _monthly(postings)
    before = _nothing_before() if opening is None else opening
    rows = _stated(before, monthly, partners, payouts[0], at=0)
    for at, payout in enumerate(payouts[1:], start=1):
        rows = _stated(_carried_over(rows), monthly, partners, payout, at=at)
    pay_day = payouts[-1].pay_day
    day = pay_on(months[-1].last, pay_day, holidays) if pay_day else None
    return rows.select(
        "partner_id",
        "payee_id",
        "currency",
        "opening_balance",
        *_PARTS,
        "balance",
        "payable",
        "status",
        pl.when(pl.col("status") == "pay").then(pl.lit(day, dtype=pl.Date)).alias("pay_on"),
        "closing_balance",
    ).sort(_KEYS)


def _monthly(postings: pl.DataFrame) -> pl.DataFrame:
    """One row per at × partner_id × currency: the sum of each kind."""
    sums = (
        pl.col("amount").filter(pl.col("kind") == kind).sum().cast(NUMBER).alias(part) for part, kind in _PARTS.items()
    )
    return postings.group_by("at", *_KEYS).agg(*sums)


def _nothing_before() -> pl.DataFrame:
    return pl.DataFrame(schema={"partner_id": pl.String, "currency": pl.String, "opening_balance": NUMBER})


def _carried_over(rows: pl.DataFrame) -> pl.DataFrame:
    left = rows.filter(pl.col("closing_balance") != 0)
    return left.select(*_KEYS, pl.col("closing_balance").alias("opening_balance"))


def _stated(
    opening: pl.DataFrame, monthly: pl.DataFrame, partners: pl.DataFrame, payout: Payout, *, at: int
) -> pl.DataFrame:
    """One row per partner_id × currency of one month, from what the month before left."""
    balance = sum((pl.col(part) for part in _PARTS), _OPENING)
    rows = (
        opening.join(_of_month(monthly, at), on=_KEYS, how="full", coalesce=True, validate="1:1")
        .with_columns(pl.col("opening_balance", *_PARTS).fill_null(_NOTHING))
        .with_columns(balance.alias("balance"))
        .join(_of_month(partners, at), on="partner_id", how="left", validate="m:1")
    )
    missing = rows.filter(pl.col("may_pay").is_null() | pl.col("is_terminated").is_null())
    if not missing.is_empty():
        raise LookupError(f"the partner {missing['partner_id'][0]} has a balance in month {at} but no row there")
    return (
        rows.with_columns(_status(payout).alias("status"))
        .with_columns(pl.when(pl.col("status") == "pay").then(_BALANCE).otherwise(_NOTHING).alias("payable"))
        .with_columns((_BALANCE - _PAYABLE).alias("closing_balance"))
    )


def _of_month(df: pl.DataFrame, at: int) -> pl.DataFrame:
    return df.filter(pl.col("at") == at).drop("at")


def _status(payout: Payout) -> pl.Expr:
    """What becomes of the balance, never null (V10, V11, V13, V17)."""
    reached = bound_expr(_BALANCE, payout.pay_when)
    if payout.pay_held_when is not None:
        reached = pl.when(_OPENING > 0).then(bound_expr(_BALANCE, payout.pay_held_when)).otherwise(reached)
    return (
        pl.when(_BALANCE < 0)
        .then(pl.lit("owed"))
        .when(_BALANCE == 0)
        .then(pl.lit("carried"))
        .when(~pl.col("may_pay"))
        .then(pl.lit("held"))
        .when(pl.col("is_terminated") | reached)
        .then(pl.lit("pay"))
        .otherwise(pl.lit("carried"))
    )
