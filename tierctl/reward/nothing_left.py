"""Nothing left: why a row that meets every condition earns nothing all the same."""

import polars as pl

from tierctl.exact import Ratio
from tierctl.measure.told import Condition, first_failing, text_of
from tierctl.program.reads import figures_in
from tierctl.program.values import OfColumn
from tierctl.reward import taken
from tierctl.reward.amounts import BASE, FACTOR, RATE, UNITS, Amounts
from tierctl.reward.caps import CUT_BY, GROSS, Caps
from tierctl.reward.figures import ROW_CURRENCY
from tierctl.reward.taken import TAKEN

FAILED, UNCOVERED = "failed", "__uncovered"
_TOLD = (FAILED, "value", "needed")


def with_failed(rows: pl.DataFrame, amounts: Amounts, exact: Ratio) -> pl.DataFrame:
    """Adds what leaves nothing of an amount: failed, value, needed (null where something is left), and __uncovered.

    __uncovered says that the figure of the rate, or of the amount, has nothing listed for the row.
    """
    is_left = (pl.col(GROSS) != pl.col(TAKEN)).fill_null(value=False)
    nothing = [pl.lit(None, dtype=pl.String).alias(name) for name in _TOLD]
    left = rows.filter(is_left).with_columns(*nothing, pl.lit(value=False).alias(UNCOVERED))
    gone = rows.filter(~is_left)
    return left if gone.is_empty() else pl.concat([left, _told(gone, amounts, exact)])


def _told(rows: pl.DataFrame, amounts: Amounts, exact: Ratio) -> pl.DataFrame:
    rule = amounts.paying.rule
    figure, path = rule.rate or rule.amount, "rate" if rule.rate is not None else "amount"
    found = [*_of_amount(amounts, path), *_of_caps(amounts), *taken.conditions(amounts.paying)]
    is_rounded_away = (pl.col(GROSS) == 0) & (pl.col(UNITS) != 0)
    shown = pl.col(GROSS) if rule.caps else exact.rounded
    words = pl.lit("an amount that does not round to 0")
    found.append(Condition("rounding", ~is_rounded_away.fill_null(value=False), text_of(shown), words))
    told = first_failing(rows, found).rename({"condition": FAILED})
    uncovered = amounts.figures.is_uncovered(figure) & pl.col(FAILED).eq_missing(path)
    return told.with_columns(uncovered.fill_null(value=False).alias(UNCOVERED))


def _of_amount(amounts: Amounts, path: str) -> list[Condition]:
    rule, something = amounts.paying.rule, pl.lit("a value other than 0")
    figure, found = rule.rate or rule.amount, []
    if rule.base is not None:
        name = rule.metric or rule.column or ""
        found.append(Condition(name, _is_some(pl.col(BASE)), text_of(pl.col(BASE)), something))
    number = amounts.rate if rule.amount is None else amounts.figures.number(rule.amount)
    shown = pl.col(RATE) if number is None else number.rounded
    columns = [each.column for each in figures_in(figure) if isinstance(each, OfColumn)]
    for column in dict.fromkeys(columns):
        is_filled = (
            amounts.figures.empty_column(figure).ne_missing(column) if figure is not None else pl.lit(value=True)
        )
        found.append(Condition(column, is_filled, pl.lit(""), pl.lit("a value")))
    is_some = _is_some(pl.col(RATE)) if number is None else _is_some(number.units)
    found.append(Condition(path, is_some, text_of(shown), something))
    if amounts.converts:
        needed = pl.lit("a rate of exchange")
        exchange = Condition("exchange", pl.col(FACTOR).is_not_null(), pl.col(ROW_CURRENCY), needed)
        # Steps along an amount need the rate of exchange before they give any rate of their own.
        found.insert(len(found) - 1 if amounts.figures.converts(figure) else len(found), exchange)
    return found


def _of_caps(amounts: Amounts) -> list[Condition]:
    return [
        Condition(
            f"caps.{number}",
            pl.col(CUT_BY).ne_missing(number),
            pl.lit("0"),
            pl.lit(f"something left by the cap on {cap.of or 'the amount'}"),
        )
        for number, cap in Caps(amounts).numbered
    ]


def _is_some(value: pl.Expr) -> pl.Expr:
    return (value != 0).fill_null(value=False)
