"""Criteria: a tier's requirements as named expressions in three-valued logic.

A criterion is one bound on one value. Each becomes one Boolean column of the grid, null where the value is unknown; the
columns are combined afterwards, and they are what evidence and `explain` print.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from functools import partial
from typing import Any

import polars as pl

from tierctl.contracts import NUMBER
from tierctl.exact import Ratio
from tierctl.figures import Figures, column_of
from tierctl.measure.conditions import all_of, any_of, bound_expr, compare
from tierctl.program.held import QualificationHeld, TierHeld
from tierctl.program.model import Program, Tier
from tierctl.program.reads import ATTESTED, PARTNER, InEach, held_name, operands_of
from tierctl.program.values import NUMBER_WORDS, Bound, By, Cases, Figure, Number, OfColumn, Requires

__all__ = [
    "Criterion", "Leaf", "column_of", "criteria_of", "criterion_column", "figure_expr", "holds_now", "leaf_met",
    "leaves_in", "leaves_of", "missing_of", "requires_expr", "with_nested",
]  # fmt: skip

_UPWARD, _DOWNWARD = ("at_least", "more_than"), ("at_most", "less_than")
_IS_ATTESTED = Bound.model_validate({"at_least": 1})
_HELD_AT_LEAST = Bound.model_validate({"at_least": 1})
_HELD = Bound.model_validate({"<equal>": [True]})


@dataclass(frozen=True)
class Leaf:
    """One bound on one subject: a metric, a `partner.COLUMN`, an `attested.NAME`, or a standing (`held`).

    `path` is its place inside `requires`: the subject, or with nested groups and several bounds a dotted path.
    """

    path: str
    subject: str
    word: str
    bound: Bound
    held: TierHeld | QualificationHeld | None = None

    @property
    def operand(self) -> object:
        """What the word says: a figure, a day, or a tuple of allowed or refused values."""
        return self.bound.not_ if self.word == "not" else getattr(self.bound, self.word)

    @property
    def is_of_partner(self) -> bool:
        """Whether it asks something of the partner that is no number: a column of the roster, or what it holds."""
        return self.subject.startswith(PARTNER) or self.held is not None

    @property
    def is_of_metric(self) -> bool:
        """Whether it bounds a metric."""
        return not self.is_of_partner and not self.subject.startswith(ATTESTED)

    @property
    def in_each(self) -> InEach | None:
        """The bound where it is asked for in each of the last complete windows."""
        return InEach(self.subject, self.bound) if self.bound.in_each_of_last is not None else None

    @property
    def key(self) -> str:
        """What it asks, as one text: the same wherever it is asked."""
        if self.held is not None:
            return f"{self.subject} {self.held.model_dump_json(exclude_none=True)}"
        return f"{InEach(self.subject, self.bound).key} {self.word}"

    @property
    def met_column(self) -> str:
        """The name of the grid's Boolean column that says whether it is met, null where that is unknown."""
        return f"leaf.{self.key}"

    @property
    def threshold_column(self) -> str:
        """The name of the grid's column with what a metric is compared with, where it is not one plain number."""
        return f"threshold.{self.key}"

    @property
    def value_column(self) -> str:
        """The grid's column of the value as it is shown; over several complete windows, that of the last one."""
        return column_of(self.subject) if self.in_each is None else f"last.{self.key}"

    @property
    def missing_column(self) -> str:
        """The grid's column of how far the value of a complete window is from the bound."""
        return f"missing.{self.key}"

    @property
    def is_compared_with_figure(self) -> bool:
        """Whether a metric is compared with more than a plain number."""
        return self.is_of_metric and self.word in NUMBER_WORDS and not isinstance(self.operand, Number)

    @property
    def threshold(self) -> pl.Expr:
        """What is compared with, as it is shown; null where there is no single number, as for a column or a standing.

        Needs the grid's columns.
        """
        if self.is_of_partner:
            return pl.lit(None, dtype=NUMBER)
        if self.is_compared_with_figure:
            return pl.col(self.threshold_column)
        if isinstance(self.operand, Number):
            return pl.lit(self.operand.value).cast(NUMBER)
        listed = self.bound.equal or ()
        single = listed[0] if self.word == "equal" and len(listed) == 1 else None
        return pl.lit(single if isinstance(single, Decimal) else None).cast(NUMBER)

    @property
    def value(self) -> pl.Expr:
        """The value as it is shown; null for what is no number. Over several complete windows, that of the last one."""
        return pl.lit(None, dtype=NUMBER) if self.is_of_partner else pl.col(self.value_column)

    @property
    def is_met(self) -> pl.Expr:
        """Met, not met, or null: unknown. A condition on the partner is never unknown. Needs the grid's columns."""
        return pl.col(self.met_column)


@dataclass(frozen=True)
class Criterion:
    """One bound of one tier's own requirements, with the clause that evidence cites.

    `is_count`: its metric counts. `missing` is how far a value that does not meet it is from it, from the grid's
    columns; null where no number is asked for.
    """

    tier: str
    leaf: Leaf
    clause: str | None
    is_count: bool
    missing: pl.Expr = field(compare=False)

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
    for name in requires.attested:
        yield Leaf(f"{prefix}{ATTESTED}{name}", f"{ATTESTED}{name}", "at_least", _IS_ATTESTED)
    if requires.tier is not None:
        yield Leaf(f"{prefix}tier", held_name(requires.tier), "at_least", _HELD_AT_LEAST, requires.tier)
    if requires.qualified is not None:
        yield Leaf(f"{prefix}qualified", held_name(requires.qualified), "equal", _HELD, requires.qualified)


def _groups(requires: Requires) -> Iterator[tuple[str, int, Requires]]:
    for group in ("any", "all"):
        for number, part in enumerate(getattr(requires, group), start=1):
            yield group, number, part


def criteria_of(tier: Tier, program: Program) -> tuple[Criterion, ...]:
    """The criteria of a tier's own requirements, in the order of the file."""
    figures, criteria = Figures(program, holds_now), []
    for leaf in leaves_of(tier.requires) if tier.requires else ():
        metric = program.metrics.get(leaf.subject)
        clause = (metric.clause if metric else None) or tier.clause or program.clause
        is_count = bool(metric and metric.count) or leaf.subject.startswith(ATTESTED)
        missing = pl.col(leaf.missing_column) if leaf.in_each else missing_of(leaf, figures)
        criteria.append(Criterion(tier.id, leaf, clause, is_count, missing))
    return tuple(criteria)


def missing_of(leaf: Leaf, figures: Figures) -> pl.Expr:
    """How far a value is from its bound, rounded only once; null where no number is asked for."""
    if leaf.is_of_partner or leaf.word not in NUMBER_WORDS:
        return pl.lit(None, dtype=NUMBER)
    bound, value = figures.figure(getattr(leaf.bound, leaf.word)), figures.subject(leaf.subject)
    return (bound - value if leaf.word in _UPWARD else value - bound).rounded


def leaf_met(leaf: Leaf, figures: Figures, ranks: Callable[[TierHeld], int]) -> pl.Expr:
    """Whether a bound is met: an expression over the grid's subjects, null where that is unknown.

    Args:
        leaf: the bound, not one that is asked for in each of several windows.
        figures: the figures of the program.
        ranks: the rank of the tier that a standing must be at least at.
    """
    if isinstance(leaf.held, TierHeld):
        return (pl.col(leaf.subject) >= ranks(leaf.held)).fill_null(value=False)
    if leaf.held is not None:
        return pl.col(leaf.subject).is_not_null()
    value = pl.col(column_of(leaf.subject))
    attribute = "not_" if leaf.word == "not" else leaf.word
    said: dict[str, Any] = {attribute: leaf.operand, "days_after": leaf.bound.days_after}
    if leaf.is_of_partner:
        return bound_expr(value, Bound.model_construct(**said))
    if leaf.word in NUMBER_WORDS:
        return _compared(leaf, value, figures)
    if leaf.word in {"equal", "not"} and isinstance(leaf.operand, tuple):
        return _is_listed(leaf, figures)
    return pl.when(value.is_not_null()).then(bound_expr(value, Bound.model_construct(**said)))


def _compared(leaf: Leaf, value: pl.Expr, figures: Figures) -> pl.Expr:
    operand = getattr(leaf.bound, leaf.word)
    if isinstance(operand, Number) and figures.is_plain(leaf.subject):
        return compare(leaf.word, value, pl.lit(operand.value))
    return figures.subject(leaf.subject).compared(partial(compare, leaf.word), figures.figure(operand))


def _is_listed(leaf: Leaf, figures: Figures) -> pl.Expr:
    """Whether a metric is one of the numbers listed, or with `not` none of them."""
    number = figures.subject(leaf.subject)
    items = [Ratio.of(item) if isinstance(item, Decimal) else _of_column(item) for item in _listed(leaf)]
    found = any_of(number.compared(partial(compare, "equal"), item) for item in items).fill_null(value=False)
    known = pl.col(column_of(leaf.subject)).is_not_null()
    return pl.when(known).then(~found if leaf.word == "not" else found)


def _listed(leaf: Leaf) -> tuple[object, ...]:
    return leaf.operand if isinstance(leaf.operand, tuple) else ()


def _of_column(item: object) -> Ratio:
    return Ratio.of_number(pl.col(item.column) if isinstance(item, OfColumn) else pl.lit(item))


def with_nested(leaves: Iterable[Leaf]) -> Iterator[Leaf]:
    """Bounds, and those by which the figures that they compare with are chosen."""
    for leaf in leaves:
        yield leaf
        for figure in operands_of(leaf.bound):
            yield from leaves_in(figure)


def leaves_in(figure: Figure | None) -> Iterator[Leaf]:
    """Every bound by which a figure, or a part of it, is chosen."""
    if isinstance(figure, Cases):
        for case in figure.cases:
            yield from with_nested(leaves_of(case.requires)) if case.requires else ()
            yield from leaves_in(case.value)
    elif isinstance(figure, By):
        nested = [*(figure.values or {}).values(), *(step.value for step in figure.steps or ()), figure.otherwise]
        for part in nested:
            yield from leaves_in(part)


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
    """Whether requirements hold, from the grid's columns; what is unknown does not."""
    return requires_expr(requires, lambda leaf: leaf.is_met).fill_null(value=False)


def figure_expr(figure: Figure, program: Program | None = None) -> pl.Expr:
    """The number that a figure stands for, as it is shown, for a partner on the day read.

    Needs the metrics and `partner.COLUMN`s that it names as columns of the grid, and month_end, the fiscal month's last
    day. With the program, steps by an average or a share are told apart exactly; without it, as they are shown.
    """
    return Figures(program, holds_now).figure(figure).rounded
