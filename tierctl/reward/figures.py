"""Figures of rules: the number that a row, its partner or its month stands for, as an exact fraction."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import partial

import polars as pl

from tierctl.exact import Ratio, chosen, greatest, least
from tierctl.figures import Figures
from tierctl.measure.columns import MONTH_END
from tierctl.measure.conditions import compare
from tierctl.program.reads import figures_in
from tierctl.program.values import By, Cases, Figure, Number, OfColumn, OfMetric, Step
from tierctl.reward.conditions import holds_expr
from tierctl.reward.plan import CURRENCY, TIER, Paying, own
from tierctl.reward.terms import AT_WINDOW_END, DAY_END, TIER_NOW

ROW_CURRENCY = "__currency"
ZERO = Ratio.of(Decimal(0))


def tier_column(day: str) -> str:
    """The column of the tier that stood on a day that a figure names."""
    return TIER_NOW if day == MONTH_END else f"__tier_on.{day}"


@dataclass(frozen=True)
class RuleFigures:
    """The figures of one rule over its rows.

    `converted` makes an amount of a money column one in the program's currency; `currency` is the column by which
    figures by currency go.
    """

    paying: Paying
    converted: Callable[[Ratio], Ratio]
    currency: str = ROW_CURRENCY

    def number(self, figure: Figure) -> Ratio:
        """The number that a figure stands for; unknown where nothing is listed for a case, or its column is empty."""
        match figure:
            case Number():
                return Ratio.of(figure.value)
            case OfMetric():
                return self.metric(figure.metric)
            case OfColumn():
                return self.column(figure.column)
            case By():
                return self._by(figure)
            case Cases():
                return chosen(
                    [
                        (holds_expr(case.requires) if case.requires else pl.lit(value=True), self.number(case.value))
                        for case in figure.cases
                    ]
                )

    def column(self, name: str) -> Ratio:
        """A number column of the row."""
        return Ratio.of_number(pl.col(self.name_of(name)))

    def name_of(self, name: str) -> str:
        """Where a column of the row stands: what is multiplied or paid is its own, whatever it adjusts."""
        return own(name) if name == self.paying.money_column else name

    def amount(self, figure: Figure, base: Ratio) -> Ratio:
        """What a rate makes of a base: the product, or the sum over the slices where each has a rate of its own."""
        if isinstance(figure, By) and figure.apply == "slices":
            return self._slices(figure, base)
        if not is_sliced(figure):
            return base * self.number(figure)
        if isinstance(figure, Cases):
            return chosen(
                [
                    (holds_expr(case.requires) if case.requires else pl.lit(value=True), self.amount(case.value, base))
                    for case in figure.cases
                ]
            )
        if isinstance(figure, By):
            return self._by(figure, lambda part: self.amount(part, base))
        raise TypeError("only a choice among figures has slices in it")

    def _slices(self, figure: By, base: Ratio) -> Ratio:
        """The sum over the steps of a base: of each the part that lies in it, times its value.

        A base with a denominator is cut at bounds on that denominator, so that the parts have it in common.
        """
        steps = figure.steps or ()
        whole_base = Ratio(base.units, None, base.scale, base.by)
        parts, total = [_bound(step) for step in steps], ZERO
        for number, step in enumerate(steps):
            upper = parts[number + 1] if number + 1 < len(steps) else None
            lower = parts[number]
            part = whole_base if upper is None else least([whole_base, _lifted(upper, base)])
            if lower is not None:
                part = greatest([part - _lifted(lower, base), ZERO])
            total = total + part * self.number(step.value)
        over = base.over if total.over is None else (total.over if base.over is None else total.over * base.over)
        cut = Ratio(total.units, over, total.scale, total.by)
        return chosen([(self._reached(steps[0], base), cut)])

    def clause(self, figure: Figure | None) -> pl.Expr:
        """The clause of the case that gives the number; null where it cites none."""
        result = pl.lit(None, dtype=pl.String)
        if isinstance(figure, Cases):
            for case in reversed(figure.cases):
                clause = pl.lit(case.clause, dtype=pl.String)
                result = pl.when(holds_expr(case.requires)).then(clause).otherwise(result) if case.requires else clause
        return result

    def empty_column(self, figure: Figure) -> pl.Expr:
        """The column that gives the number where it is empty; null where it is not, or no column gives it."""
        if isinstance(figure, OfColumn):
            return pl.when(pl.col(self.name_of(figure.column)).is_null()).then(pl.lit(figure.column))
        nothing = pl.lit(None, dtype=pl.String)
        return self._choice(figure, self.empty_column, nothing, nothing)

    def is_uncovered(self, figure: Figure | None) -> pl.Expr:
        """Whether a figure has nothing listed for what there is to go by: the program file has a gap."""
        covered, gap = pl.lit(value=False), pl.lit(value=True)
        return covered if figure is None else self._choice(figure, self.is_uncovered, covered, gap)

    def _choice(self, figure: Figure, of: Callable[[Figure], pl.Expr], otherwise: pl.Expr, gap: pl.Expr) -> pl.Expr:
        """What `of` says of the figure that is chosen: `gap` where none is, `otherwise` where there is no choice."""
        if isinstance(figure, Cases):
            result = gap
            for case in reversed(figure.cases):
                chosen_one = of(case.value)
                result = (
                    pl.when(holds_expr(case.requires)).then(chosen_one).otherwise(result)
                    if case.requires
                    else chosen_one
                )
            return result
        if not isinstance(figure, By):
            return otherwise
        result = pl.when(self._is_known(figure)).then(gap).otherwise(otherwise)
        if figure.otherwise is not None:
            result = of(figure.otherwise)
        for key, value in reversed((figure.values or {}).items()):
            result = pl.when(self._is_key(figure, key)).then(of(value)).otherwise(result)
        subject = (
            None if figure.steps is None or self._is_day(figure) or figure.by == MONTH_END else self._subject(figure)
        )
        for step in figure.steps or ():
            result = pl.when(self._reached(step, subject, figure)).then(of(step.value)).otherwise(result)
        return result

    def metric(self, name: str, prefix: str = "") -> Ratio:
        """A metric of the partner at the month's end."""
        return Figures(self.paying.inputs.program).subject(name, prefix)

    def converts(self, figure: Figure | None) -> bool:
        """Whether a figure has steps along a money column, which is compared in the program's currency."""
        money = (
            {field.name for field in self.paying.contract.fields if field.is_money} if self.paying.is_of_rows else set()
        )
        return any(isinstance(each, By) and each.steps is not None and each.by in money for each in figures_in(figure))

    def _by(self, figure: By, number: Callable[[Figure], Ratio] | None = None) -> Ratio:
        number = number or self.number
        otherwise = None if figure.otherwise is None else number(figure.otherwise)
        if figure.values is not None:
            cases = [(self._is_key(figure, key), number(value)) for key, value in figure.values.items()]
            found = chosen(cases, otherwise)
            return chosen([(self._is_known(figure), found)]) if figure.by == TIER else found
        subject = None if figure.by == MONTH_END or self._is_day(figure) else self._subject(figure)
        steps = [(self._reached(step, subject, figure), number(step.value)) for step in reversed(figure.steps or ())]
        return chosen([(self._is_known(figure), chosen(steps, otherwise))])

    def _subject(self, figure: By) -> Ratio:
        if self.paying.is_metric(figure.by):
            return self.metric(figure.by, AT_WINDOW_END if figure.as_of == "window_end" else "")
        number = self.column(figure.by)
        field = next((each for each in self.paying.contract.fields if each.name == figure.by), None)
        return self.converted(number) if field is not None and field.is_money else number

    def _is_day(self, figure: By) -> bool:
        return any(step.since is not None for step in figure.steps or ())

    def _is_known(self, figure: By) -> pl.Expr:
        """Whether there is anything to go by."""
        return self._said(figure).is_not_null()

    def _said(self, figure: By) -> pl.Expr:
        if figure.by == TIER:
            return pl.col(tier_column(figure.as_of or MONTH_END))
        if figure.by == MONTH_END:
            return pl.col(DAY_END)
        if figure.by == CURRENCY:
            return pl.col(self.currency)
        if self.paying.is_metric(figure.by):
            return self._subject(figure).units
        return pl.col(self.name_of(figure.by))

    def _is_key(self, figure: By, key: str) -> pl.Expr:
        if self.paying.is_metric(figure.by):
            try:
                return self._subject(figure).compared(partial(compare, "equal"), Ratio.of(Decimal(key)))
            except InvalidOperation:
                return pl.lit(value=False)
        return self._said(figure).cast(pl.String).str.replace(r"^(-?\d+)\.0{6}$", "${1}") == key

    def _reached(self, step: Step, subject: Ratio | None, figure: By | None = None) -> pl.Expr:
        if step.since is not None and figure is not None:
            return self._said(figure) >= pl.lit(step.since)
        for word in ("at_least", "more_than"):
            bound = getattr(step, word)
            if bound is not None and subject is not None:
                return subject.compared(partial(compare, word), Ratio.of(bound))
        return pl.lit(value=True)


def is_sliced(figure: Figure | None) -> bool:
    """Whether a figure, or one among which it chooses, gives each slice of the base a rate of its own."""
    return any(isinstance(each, By) and each.apply == "slices" for each in figures_in(figure))


def _lifted(bound: Decimal, base: Ratio) -> Ratio:
    """A bound as a number on the denominator of a base."""
    return Ratio.of(bound) if base.over is None else Ratio.of(bound) * Ratio(base.over)


def _bound(step: Step) -> Decimal | None:
    return step.at_least if step.at_least is not None else step.more_than
