"""Not earned: the rows dated in the month that earn nothing, each with the first condition that it fails."""

import polars as pl

from tierctl.measure.columns import MONTH_END
from tierctl.measure.told import SOURCE_ID, first_failing
from tierctl.program.rules import EACH_PAYMENT
from tierctl.reward import conditions, earned
from tierctl.reward.earned import EARNED_ON
from tierctl.reward.entitlement import Entitlement
from tierctl.reward.plan import own
from tierctl.reward.terms import DAY_END, HI, LO

NOT_EARNED = pl.Schema(
    {
        "partner_id": pl.String(),
        "source_id": pl.String(),
        "condition": pl.String(),
        "value": pl.String(),
        "needed": pl.String(),
        "clause": pl.String(),
    }
)
_DATED = "__dated_on"
_ROW = ["__partner", SOURCE_ID]


def not_earned(entitlement: Entitlement, rows: pl.DataFrame, lines: pl.DataFrame, at: int) -> pl.DataFrame:
    """The rows of one rule that are dated in the month and earn nothing.

    Args:
        entitlement: the rule.
        rows: what `Entitlement.prepared` gives for the month.
        lines: what these rows have earned.
        at: the number of the month.

    Returns:
        One row per source row, in the columns of NOT_EARNED; no order.
    """
    paying = entitlement.paying
    if not paying.is_of_rows:
        return NOT_EARNED.to_frame()
    month = paying.inputs.months[at]
    dates = [pl.col(EARNED_ON)]
    if paying.running:
        dates.append(pl.col(own(paying.running.since)))
    if paying.contract.row_date:
        dates.append(pl.col(own(paying.contract.row_date)))
    rows = rows.with_columns(pl.coalesce(dates).alias(_DATED)).filter(
        pl.col(_DATED).is_between(month.first, month.last)
    )
    if rows.is_empty():
        return NOT_EARNED.to_frame()
    rows = rows.with_columns(pl.col("partner_id").cast(pl.String).alias("__partner"))
    lines = lines.rename({"partner_id": "__partner", "source_id": SOURCE_ID})
    earning = lines.filter(pl.col("amount") != pl.col("taken"))
    rows = rows.join(earning.join(rows.select(_ROW), on=_ROW, how="semi").select(_ROW), on=_ROW, how="anti")
    here = lines.filter((pl.col("from_at") <= at) & (pl.col("through_at") >= at) & pl.col("failed").is_not_null())
    here = here.select(
        *_ROW, pl.col("failed").alias("condition"), "value", "needed", _clause_of(entitlement).alias("clause")
    )
    here = here.unique(_ROW, keep="any")
    told = rows.select(_ROW).join(here, on=_ROW)
    rest = rows.join(here.select(_ROW), on=_ROW, how="anti")
    found = pl.concat([told, _failing(entitlement, rest, at)], how="diagonal").rename(
        {"__partner": "partner_id", SOURCE_ID: "source_id"}
    )
    clause = paying.rule.clause or paying.inputs.program.clause
    value = pl.when(pl.col("value") != "").then("value").alias("value")
    return (
        found.with_columns(value, pl.col("clause").fill_null(pl.lit(clause, dtype=pl.String)))
        .select(NOT_EARNED.names())
        .cast(NOT_EARNED)
    )


def _clause_of(entitlement: Entitlement) -> pl.Expr:
    """The clause of the cap or clawback that leaves nothing of a line; null for any other condition."""
    rule, clause = entitlement.paying.rule, pl.lit(None, dtype=pl.String)
    for kind, entries in (("caps", rule.caps), ("clawback", rule.clawback)):
        for number, each in enumerate(entries, start=1):
            own_clause = pl.lit(each.clause, dtype=pl.String)
            clause = pl.when(pl.col("failed") == f"{kind}.{number}").then(own_clause).otherwise(clause)
    return clause


def _failing(entitlement: Entitlement, rows: pl.DataFrame, at: int) -> pl.DataFrame:
    """The first condition that each row fails at the end of the month."""
    paying, terms = entitlement.paying, entitlement.terms
    if rows.is_empty():
        return NOT_EARNED.to_frame().rename({"partner_id": "__partner", "source_id": SOURCE_ID}).drop("clause")
    monthly = entitlement.terms_at(at).drop("at")
    numbers = (pl.lit(at, dtype=pl.Int32).alias(name) for name in (LO, HI))
    rows = rows.join(
        monthly.drop(set(monthly.columns) & set(rows.columns) - {"partner_id"}), on="partner_id"
    ).with_columns(*numbers)
    if paying.rule.earned_on in {MONTH_END, EACH_PAYMENT}:
        day = pl.col(earned.LAST_PAID_ON if paying.rule.earned_on == EACH_PAYMENT else DAY_END)
        rows = rows.with_columns(day.alias(EARNED_ON))
        rows = earned.with_enrollment(rows, paying)
    rows = conditions.with_standings(rows, paying, terms, paying.inputs.months[at].last)
    asked = [
        *conditions.of_rows(paying),
        *earned.conditions(paying),
        *conditions.of_partner(paying.rule.requires),
    ]
    if paying.reads_month_end:
        rows = rows.with_columns(pl.col(DAY_END).alias(MONTH_END))
    told = first_failing(rows, asked)
    # Each row fails something; should a reason ever lack its condition here, the row is listed all the same.
    reason = (pl.col("condition").fill_null("unexplained"), pl.col("needed").fill_null("a reason that can be named"))
    return told.with_columns(reason).select(*_ROW, "condition", "value", "needed")
