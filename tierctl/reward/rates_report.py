"""Rates: which rate of each rule is in force for every partner at the end of a month, and why."""

import polars as pl

from tierctl.contracts import NUMBER
from tierctl.criteria import leaves_of
from tierctl.exact import Ratio
from tierctl.measure.columns import MONTH_END
from tierctl.program.phrases import requires_words, value_words
from tierctl.program.values import By, Cases, Figure, Number, OfColumn
from tierctl.reward import conditions
from tierctl.reward.entitlement import Entitlement
from tierctl.reward.figures import RuleFigures, is_sliced, tier_column
from tierctl.reward.plan import TIER, Paying
from tierctl.reward.terms import DAY_END, TIER_NOW

RATES = pl.Schema(
    {"partner_id": pl.String(), "rate": NUMBER, "basis": pl.String(), "tier": pl.String(), "clause": pl.String()}
)


def rates(entitlement: Entitlement, present: pl.DataFrame, at: int) -> pl.DataFrame:
    """The rate of one rule for every partner that is with the program, at the end of a month.

    What a rule reads on some day of a row is read on the month's last day. The rate is null where it depends on the
    row, where an amount is fixed, and where the rule's requirements do not hold.

    Args:
        entitlement: the rule.
        present: the partner_id (String) of those concerned.
        at: the number of the month.

    Returns:
        One row per partner, in the columns of RATES; no order.
    """
    paying = entitlement.paying
    rows = _on_review_day(entitlement, at)
    rows = rows.join(present, left_on=pl.col("partner_id").cast(pl.String), right_on="partner_id", how="semi")
    figures = RuleFigures(paying, lambda number: number)
    rate, is_own = _rate(figures, paying.rule.rate, rows)
    rule = paying.rule
    holds = conditions.holds_expr(rule.requires) if rule.requires else pl.lit(value=True)
    why = pl.lit("not in force: it needs ") + pl.lit(requires_words(rule.requires) if rule.requires else "")
    clause = pl.coalesce(
        pl.when(holds).then(figures.clause(rule.rate)) if is_own else pl.lit(None, dtype=pl.String),
        pl.lit(rule.clause or paying.inputs.program.clause, dtype=pl.String),
    )
    return rows.select(
        pl.col("partner_id").cast(pl.String),
        pl.when(holds).then(rate).alias("rate"),
        pl.when(holds).then(_basis(paying, rule.rate, is_own=is_own)).otherwise(why).alias("basis"),
        pl.col(TIER_NOW).alias("tier"),
        clause.alias("clause"),
    ).cast(RATES)


def _on_review_day(entitlement: Entitlement, at: int) -> pl.DataFrame:
    """The monthly terms, with every standing and every joined row that belongs to a day read on the month's last."""
    paying, terms = entitlement.paying, entitlement.terms
    rows = entitlement.terms_at(at)
    days = rows.select("at", pl.col(DAY_END).alias("day")).unique()
    for export, joined in entitlement.reader.in_force_by.items():
        if joined.column != MONTH_END:
            rows = rows.join(entitlement.reader.in_force(export, days), on=["partner_id", "at"], how="left")
    for leaf in {leaf.key: leaf for each in paying.requirements for leaf in leaves_of(each)}.values():
        rows = terms.with_standing(rows, leaf, DAY_END)
    return rows.with_columns(pl.col(TIER_NOW).alias(tier_column(day)) for day in paying.days_of_tiers)


def _rate(figures: RuleFigures, rate: Figure | None, rows: pl.DataFrame) -> tuple[pl.Expr, bool]:
    """The rate, null where it depends on the row; and whether it can be told of the partner at all."""
    if rate is None:
        return pl.lit(None, dtype=NUMBER), False
    if isinstance(rate, Cases):
        result, is_own = pl.lit(None, dtype=NUMBER), False
        for case in reversed(rate.cases):
            value, is_told = _rate(figures, case.value, rows)
            is_own = is_own or is_told
            holds = conditions.holds_expr(case.requires) if case.requires else pl.lit(value=True)
            result = pl.when(holds).then(value).otherwise(result)
        return result, is_own
    number = None if is_sliced(rate) else figures.number(rate)
    if number is None or not _columns_of(number) <= set(rows.columns):
        return pl.lit(None, dtype=NUMBER), False
    return number.rounded, True


def _columns_of(number: Ratio) -> set[str]:
    over = [] if number.over is None else number.over.meta.root_names()
    return {*number.units.meta.root_names(), *over}


def _basis(paying: Paying, rate: Figure | None, *, is_own: bool) -> pl.Expr:
    if rate is None:
        return pl.lit(f"a fixed amount: {value_words(paying.rule.amount)}")
    if not is_own:
        return pl.lit(f"each row has its own: {value_words(rate)}")
    match rate:
        case Number():
            result = pl.lit("the same for all")
        case OfColumn():
            value = pl.when(pl.col(rate.column).is_null()).then(pl.lit(f"no {rate.column}"))
            result = value.otherwise(pl.lit(f"{rate.column} on the month's last day"))
        case By() if rate.by == TIER:
            result = pl.concat_str([pl.lit("tier "), pl.col(TIER_NOW).fill_null("none")])
        case Cases():
            result = _of_cases(rate)
        case _:
            result = pl.lit(value_words(rate))
    return result


def _of_cases(rate: Cases) -> pl.Expr:
    result = pl.lit("no requirement holds")
    for case in reversed(rate.cases):
        if case.requires is None:
            result = pl.lit("no other requirement holds")
        else:
            words = pl.lit(requires_words(case.requires))
            result = pl.when(conditions.holds_expr(case.requires)).then(words).otherwise(result)
    return result
