"""Conditions on rows: a program file's WHERE as one Polars expression.

Conditions are null-safe and two-valued: an empty cell satisfies only `empty = true` and `not`.
"""

import operator
from collections.abc import Callable, Iterable
from datetime import date
from decimal import Decimal
from functools import reduce

import polars as pl

from tierctl.program.values import NUMBER_WORDS, Bound, By, Cases, Figure, Number, OfColumn, OfMetric, Scalar, Where

_WHOLE_NUMBER = r"^(-?\d+)\.0{6}$"
_COMPARE: dict[str, Callable[[pl.Expr, pl.Expr], pl.Expr]] = {
    "equal": operator.eq,
    "at_least": operator.ge,
    "more_than": operator.gt,
    "at_most": operator.le,
    "less_than": operator.lt,
    "since": operator.ge,
    "after": operator.gt,
    "through": operator.le,
    "before": operator.lt,
}


def compare(word: str, left: pl.Expr, right: pl.Expr) -> pl.Expr:
    """`left WORD right` in three-valued logic: null where either side is."""
    return _COMPARE[word](left, right)


def all_of(parts: Iterable[pl.Expr]) -> pl.Expr:
    """Whether every part holds; an unknown part leaves it unknown unless another fails."""
    return reduce(operator.and_, parts)


def any_of(parts: Iterable[pl.Expr]) -> pl.Expr:
    """Whether one part holds; an unknown part leaves it unknown unless another holds."""
    return reduce(operator.or_, parts)


def where_expr(where: Where) -> pl.Expr:
    """True where the row satisfies the condition, never null.

    Needs every column that the condition names, with `partner.COLUMN` under that very name.
    """
    parts = [bound_expr(pl.col(column), bound) for column, bound in where.tests.items()]
    parts += [where_expr(part) for part in where.all]
    if where.any:
        parts.append(any_of(where_expr(part) for part in where.any))
    return all_of(parts)


def bound_expr(value: pl.Expr, bound: Bound) -> pl.Expr:
    """True where the value satisfies every word of the bound, never null."""
    parts = []
    for word in bound.words:
        if word == "equal":
            parts.append(any_of(value == row_figure(item) for item in bound.equal or ()))
        elif word == "not":
            parts.append(all_of(value.ne_missing(row_figure(item)) for item in bound.not_ or ()))
        elif word == "empty":
            parts.append(value.is_null() if bound.empty else value.is_not_null())
        else:
            in_days = bound.days_after if word in NUMBER_WORDS else None
            left = (value - pl.col(in_days)).dt.total_days() if in_days else value
            parts.append(compare(word, left, row_figure(getattr(bound, word))))
    return all_of(parts).fill_null(value=False)


def row_figure(item: Scalar | Figure) -> pl.Expr:
    """What a figure, or a plain value, stands for in a row; needs the columns that it names."""
    if isinstance(item, OfColumn):
        return pl.col(item.column)
    if isinstance(item, Number):
        return pl.lit(item.value)
    if isinstance(item, By):
        return by_expr(item, pl.col(item.by), row_figure)
    if isinstance(item, OfMetric | Cases):
        msg = "a condition on rows cannot depend on a metric; lint refuses it"
        raise TypeError(msg)
    return pl.lit(item)


def by_expr(figure: By, subject: pl.Expr, value_of: Callable[[Figure], pl.Expr]) -> pl.Expr:
    """The value of a figure with `values` or `steps` for a subject; null where nothing is listed for it."""
    otherwise = pl.lit(None) if figure.otherwise is None else value_of(figure.otherwise)
    if figure.values is not None:
        # A Decimal reads 1.000000 where the file's key is 1.
        text = subject.cast(pl.String).str.replace(_WHOLE_NUMBER, "${1}")
        for key, value in reversed(figure.values.items()):
            otherwise = pl.when(text == key).then(value_of(value)).otherwise(otherwise)
        return otherwise
    result = otherwise
    for step in figure.steps or ():
        reached = _reached(subject, step.at_least, step.more_than, step.since)
        result = pl.when(reached).then(value_of(step.value)).otherwise(result)
    return pl.when(subject.is_not_null()).then(result)


def _reached(subject: pl.Expr, at_least: Decimal | None, more_than: Decimal | None, since: date | None) -> pl.Expr:
    if at_least is not None:
        return subject >= pl.lit(at_least)
    if more_than is not None:
        return subject > pl.lit(more_than)
    return subject >= pl.lit(since) if since is not None else pl.lit(value=True)
