"""Criteria: a tier's requirements as named expressions in three-valued logic.

A criterion is one bound on one value. Each becomes one Boolean column, null where the value is unknown; the columns
are combined afterwards, and they are what evidence and `explain` print.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import polars as pl

from tierctl.contracts import NUMBER
from tierctl.measure.conditions import all_of, any_of, bound_expr, by_expr, compare
from tierctl.program.model import Program, Tier
from tierctl.program.values import NUMBER_WORDS, Bound, By, Cases, Figure, Number, OfColumn, OfMetric, Requires

PARTNER = "partner."


def column_of(subject: str) -> str:
    """The column of a subject's values: a metric's has a prefix, so that its id clashes with no other column."""
    return subject if subject.startswith(PARTNER) else f"metric.{subject}"


@dataclass(frozen=True)
class Leaf:
    """One bound on one subject, a metric or a `partner.COLUMN`.

    `path` is its place inside `requires`: the subject, or with nested groups and several bounds a dotted path.
    """

    path: str
    subject: str
    word: str
    bound: Bound

    @property
    def operand(self) -> object:
        """What the word says: a figure, a day, or a tuple of allowed or refused values."""
        return self.bound.not_ if self.word == "not" else getattr(self.bound, self.word)

    @property
    def is_of_partner(self) -> bool:
        """Whether it tests a column of the roster and not a metric."""
        return self.subject.startswith(PARTNER)

    @property
    def threshold(self) -> pl.Expr:
        """What a metric is compared with; null where there is no single number, as for a condition on the partner."""
        if self.is_of_partner:
            return pl.lit(None, dtype=NUMBER)
        if self.word in NUMBER_WORDS:
            return figure_expr(getattr(self.bound, self.word))
        listed = self.bound.equal or ()
        single = listed[0] if self.word == "equal" and len(listed) == 1 else None
        return pl.lit(single).cast(NUMBER)

    @property
    def value(self) -> pl.Expr:
        """The metric's value; null for a condition on the partner, which need not be a number."""
        return pl.lit(None, dtype=NUMBER) if self.is_of_partner else pl.col(column_of(self.subject))

    @property
    def is_met(self) -> pl.Expr:
        """Met, not met, or null: unknown. A condition on the partner is never unknown."""
        value = pl.col(column_of(self.subject))
        if self.word in NUMBER_WORDS and not self.is_of_partner:
            return compare(self.word, value, self.threshold)
        attribute = "not_" if self.word == "not" else self.word
        said: dict[str, Any] = {attribute: self.operand, "days_after": self.bound.days_after}
        alone = Bound.model_construct(**said)
        known = pl.lit(value=True) if self.is_of_partner else value.is_not_null()
        return pl.when(known).then(bound_expr(value, alone))


@dataclass(frozen=True)
class Criterion:
    """One bound of one tier's own requirements, with the clause that evidence cites; `is_count`: its metric counts."""

    tier: str
    leaf: Leaf
    clause: str | None
    is_count: bool

    @property
    def column(self) -> str:
        """The name of the Boolean column that says whether it is met."""
        return criterion_column(self.tier, self.leaf)


def criterion_column(tier: str, leaf: Leaf) -> str:
    """The name of the Boolean column of a tier's criterion."""
    return f"criterion.{tier}.{leaf.path}"


def leaves_of(requires: Requires, prefix: str = "") -> Iterator[Leaf]:
    """Every bound inside requirements, nested groups included, in the order of the file."""
    yield from _own_leaves(requires, prefix)
    for group, number, part in _groups(requires):
        yield from leaves_of(part, f"{prefix}{group}.{number}.")


def _own_leaves(requires: Requires, prefix: str) -> Iterator[Leaf]:
    for subject, bound in requires.tests.items():
        for word in bound.words:
            suffix = f".{word}" if len(bound.words) > 1 else ""
            yield Leaf(f"{prefix}{subject}{suffix}", subject, word, bound)


def _groups(requires: Requires) -> Iterator[tuple[str, int, Requires]]:
    for group in ("any", "all"):
        for number, part in enumerate(getattr(requires, group), start=1):
            yield group, number, part


def criteria_of(tier: Tier, program: Program) -> tuple[Criterion, ...]:
    """The criteria of a tier's own requirements, in the order of the file."""
    criteria = []
    for leaf in leaves_of(tier.requires) if tier.requires else ():
        metric = program.metrics.get(leaf.subject)
        clause = (metric.clause if metric else None) or tier.clause or program.clause
        criteria.append(Criterion(tier.id, leaf, clause, is_count=bool(metric and metric.count)))
    return tuple(criteria)


def requires_expr(requires: Requires, leaf_expr: Callable[[Leaf], pl.Expr], prefix: str = "") -> pl.Expr:
    """Whether requirements hold, in three-valued logic: null where that is unknown.

    `leaf_expr` gives the Boolean of each bound: a column computed before, or the comparison itself.
    """
    parts = [leaf_expr(leaf) for leaf in _own_leaves(requires, prefix)]
    nested: dict[str, list[pl.Expr]] = {"any": [], "all": []}
    for group, number, part in _groups(requires):
        nested[group].append(requires_expr(part, leaf_expr, f"{prefix}{group}.{number}."))
    parts += nested["all"]
    if nested["any"]:
        parts.append(any_of(nested["any"]))
    return all_of(parts)


def holds_now(requires: Requires) -> pl.Expr:
    """Whether requirements hold; what is unknown does not."""
    return requires_expr(requires, lambda leaf: leaf.is_met).fill_null(value=False)


def figure_expr(figure: Figure) -> pl.Expr:
    """The number that a figure stands for, for a partner on the day read.

    Needs the metrics and `partner.COLUMN`s that it names as columns, and month_end, the fiscal month's last day.
    """
    match figure:
        case Number():
            number = pl.lit(figure.value)
        case OfMetric():
            number = pl.col(column_of(figure.metric))
        case OfColumn():
            number = pl.col(figure.column)
        case By():
            number = by_expr(
                figure, pl.col("month_end" if figure.by == "month_end" else column_of(figure.by)), figure_expr
            )
        case Cases():
            number = pl.lit(None)
            for case in reversed(figure.cases):
                value = figure_expr(case.value)
                number = pl.when(holds_now(case.requires)).then(value).otherwise(number) if case.requires else value
    return number.cast(NUMBER)


def subjects_of(requires: Requires) -> Iterator[str]:
    """Every metric and `partner.COLUMN` that requirements read, those inside figures included."""
    for leaf in leaves_of(requires):
        yield leaf.subject
        if leaf.bound.days_after is not None:
            yield leaf.bound.days_after
        operand = leaf.operand
        for item in operand if isinstance(operand, tuple) else (operand,):
            if isinstance(item, Number | OfMetric | OfColumn | By | Cases):
                yield from subjects_of_figure(item)


def subjects_of_figure(figure: Figure) -> Iterator[str]:
    """Every metric and `partner.COLUMN` that a figure reads."""
    match figure:
        case OfMetric():
            yield figure.metric
        case OfColumn():
            yield figure.column
        case By():
            if figure.by != "month_end":
                yield figure.by
            nested = [*(figure.values or {}).values(), *(step.value for step in figure.steps or ())]
            for part in (*nested, *([figure.otherwise] if figure.otherwise else [])):
                yield from subjects_of_figure(part)
        case Cases():
            for case in figure.cases:
                if case.requires:
                    yield from subjects_of(case.requires)
                yield from subjects_of_figure(case.value)
        case Number():
            return
