"""Taken back: what clawbacks leave nothing, or less, of."""

from collections.abc import Iterator

import polars as pl

from tierctl.contracts import NUMBER
from tierctl.exact import Ratio
from tierctl.measure.conditions import where_expr
from tierctl.measure.told import Condition, text_of
from tierctl.program.rules import Clawback
from tierctl.reward.amounts import CURRENCY, Amounts, rounded
from tierctl.reward.caps import GROSS
from tierctl.reward.earned import NET, PAID
from tierctl.reward.plan import Paying

TAKEN, TAKEN_CLAUSE = "__taken", "__taken_clause"


def with_taken(rows: pl.DataFrame, amounts: Amounts) -> pl.DataFrame:
    """Adds __taken, what the first clawback that fires takes back of __gross, and __taken_clause.

    It is rounded as every amount is, to the minor unit of the line's currency.
    """
    paying = amounts.paying
    gross, currency = Ratio.of_number(pl.col(GROSS)), pl.col(CURRENCY)
    taken, clause = pl.lit(0).cast(NUMBER), pl.lit(None, dtype=pl.String)
    for each in reversed(paying.rule.clawback):
        share = refunded() if isinstance(each.takes_back, str) else amounts.figures.number(each.takes_back)
        amount = rounded(gross * share, paying.inputs.program.policy.rounding, currency).fill_null(0)
        fires = _fires(paying, each)
        taken = pl.when(fires).then(amount).otherwise(taken)
        clause = pl.when(fires).then(pl.lit(each.clause, dtype=pl.String)).otherwise(clause)
    return rows.with_columns(taken.alias(TAKEN), clause.alias(TAKEN_CLAUSE))


def refunded(when: str = "") -> Ratio:
    """What of the payments of a row has been refunded, as a share of them; unknown where nothing was paid.

    With `when = "_before"` what had been at the end of the month before.
    """
    paid, net = pl.col(f"{PAID}{when}"), pl.col(f"{NET}{when}")
    return Ratio(paid - net) / Ratio(paid)


def conditions(paying: Paying) -> Iterator[Condition]:
    """For each clawback, whether it leaves something."""
    fired = pl.lit(value=False)
    for number, each in enumerate(paying.rule.clawback, start=1):
        fires = _fires(paying, each) & ~fired
        fired = fired | fires
        is_all = fires & (pl.col(TAKEN) == pl.col(GROSS)) & (pl.col(GROSS) != 0)
        left = ~is_all.fill_null(value=False)
        yield Condition(f"clawback.{number}", left, text_of(pl.col(TAKEN)), pl.lit("not all of it taken back"))


def _fires(paying: Paying, clawback: Clawback) -> pl.Expr:
    where = paying.inputs.program.where(clawback.where)
    return where_expr(where) if where else pl.lit(value=True)
