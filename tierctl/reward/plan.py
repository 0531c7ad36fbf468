"""Plan: one rule of one edition of a program, and which columns of which rows it reads.

A row that adjusts another is tested as that other one. What it is tested by goes by the columns' own names; what it
brings itself (its base, its days, its quantities) stands beside that as `own.COLUMN`.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import polars as pl

from tierctl.contracts import Contract
from tierctl.criteria import Leaf, leaves_of
from tierctl.inputs import Inputs
from tierctl.ladders import Ladder
from tierctl.measure.columns import MONTH_END, PARTNER, columns_of, month_steps_of
from tierctl.program.held import QualificationHeld, TierHeld
from tierctl.program.metrics import Running
from tierctl.program.reads import figures_in
from tierctl.program.rules import AS_EARNED, EACH_PAYMENT, PAID_IN_FULL, PERIOD_END, REFUNDED_SHARE, Kind, Rule
from tierctl.program.values import By, Cases, Figure, OfColumn, Requires, Where
from tierctl.reward.stood import tiers_at_least

TIER, CURRENCY, WINDOW_END = "tier", "currency", "window_end"
PRICE, CUSTOMER = "price", "customer_id"
_OF_PARTNER = f"{PARTNER}."
_NO_COLUMNS = frozenset({TIER, CURRENCY, MONTH_END})


@dataclass(frozen=True)
class Paying:
    """One rule of one edition, and what it is evaluated from.

    `inputs` are those of the rule's track; `stood` has the days on which partners stood, by ladder (see
    `stood.stood_on`). `first` is the number of the first month whose money is posted.
    """

    kind: Kind
    name: str
    rule: Rule
    inputs: Inputs
    stood: Mapping[Ladder, pl.DataFrame]
    first: int

    @property
    def track(self) -> str:
        """The track whose partners the rule concerns."""
        return self.inputs.track

    @property
    def export(self) -> str:
        """The export whose rows earn."""
        return self.rule.from_ or ""

    @property
    def source(self) -> str:
        """What earns: the export's rows, or a metric."""
        return self.export if self.is_of_rows else self.rule.metric or ""

    @property
    def is_of_rows(self) -> bool:
        """Whether rows earn, and not a metric at the end of its window."""
        return self.rule.earned_on != PERIOD_END

    @cached_property
    def contract(self) -> Contract:
        """What the export brings, computed columns included."""
        return self.inputs.program.table(self.export)

    @cached_property
    def where(self) -> Where | None:
        """The condition on the rows."""
        return self.inputs.program.where(self.rule.where)

    @property
    def running(self) -> Running | None:
        """When a row runs."""
        return self.rule.running

    @property
    def reads_payments(self) -> bool:
        """Whether it matters what has been paid for a row."""
        takes_back = any(each.takes_back == REFUNDED_SHARE for each in self.rule.clawback)
        return takes_back or self.rule.earned_on in {PAID_IN_FULL, EACH_PAYMENT}

    @cached_property
    def figures(self) -> tuple[Figure, ...]:
        """The figures that make the amount."""
        takes = [each.takes_back for each in self.rule.clawback if not isinstance(each.takes_back, str)]
        found = [self.rule.rate, self.rule.amount, *(cap.at_most for cap in self.rule.caps), *takes]
        return tuple(each for each in found if each is not None)

    @cached_property
    def _all_figures(self) -> tuple[Figure, ...]:
        """The figures, and all those among which they choose."""
        return tuple(part for figure in self.figures for part in figures_in(figure))

    @cached_property
    def days_of_tiers(self) -> tuple[str, ...]:
        """The days of rows whose tier a line shows or a figure goes by."""
        read = [each.as_of for each in self._all_figures if isinstance(each, By) and each.by == TIER and each.as_of]
        return tuple(day for day in dict.fromkeys((self.tier_day, *read)) if day != MONTH_END)

    @cached_property
    def window_ends(self) -> tuple[str, ...]:
        """The metrics that figures read at the end of their window."""
        read = [each.by for each in self._all_figures if isinstance(each, By) and each.as_of == WINDOW_END]
        return tuple(dict.fromkeys(read))

    @cached_property
    def money_column(self) -> str | None:
        """The column whose amount is multiplied or paid; None: a fixed amount, or a metric."""
        amount = self.rule.amount
        return amount.column if isinstance(amount, OfColumn) else self.rule.column

    @cached_property
    def currency_column(self) -> str | None:
        """The column with the currency of what is paid; None: the program's own."""
        column, program = self.money_column, self.inputs.program
        if not self.is_of_rows:
            return None
        if column is None:
            is_by_currency = isinstance(self.rule.amount, By) and self.rule.amount.by == CURRENCY
            return CURRENCY if is_by_currency and CURRENCY in self.contract.names else None
        table, _, _ = column.rpartition(".")
        contract = program.contract(table) if table else self.contract
        if CURRENCY not in contract.names:
            return None
        return f"{table}.{CURRENCY}" if table else CURRENCY

    @property
    def paid_currency(self) -> str | None:
        """The currency in which amounts are paid; None: each in its own."""
        payout = self.inputs.program.payout
        return None if payout is None or payout.currency == AS_EARNED else payout.currency

    @cached_property
    def own_columns(self) -> tuple[str, ...]:
        """What a row brings itself, even if it adjusts another."""
        if not self.is_of_rows:
            return ()
        running = self.running
        stated = [
            self.money_column,
            self.rule.earned_column,
            self.currency_column,
            *((running.since, running.before, running.through) if running else ()),
            *(cap.of for cap in self.rule.caps),
            *((PRICE, CURRENCY) if self.reads_payments else ()),
            self.contract.row_date,
        ]
        stated += [cap.per for cap in self.rule.caps if cap.per in self.contract.names]
        stated += [CUSTOMER] if CUSTOMER in self.contract.names else []
        return tuple(dict.fromkeys(name for name in stated if name and "." not in name))

    @cached_property
    def tested_columns(self) -> tuple[str, ...]:
        """What a row is tested by: columns of its own, `EXPORT.COLUMN` and `partner.COLUMN`."""
        wheres = [self.where, *(self.inputs.program.where(each.where) for each in self.rule.clawback)]
        names = [name for where in wheres if where for name in columns_of(where)]
        names += [name for name in self._figured_columns if not name.startswith(_OF_PARTNER)]
        names += [day for held in self.held for day in (held.as_of, held.unbroken_since) if day]
        names += [*self.rule.with_.values(), self.tier_day]
        names += [name for name in (self.currency_column, self.money_column) if name and "." in name]
        return tuple(dict.fromkeys(name for name in names if name not in _NO_COLUMNS))

    @cached_property
    def reads_month_end(self) -> bool:
        """Whether a condition or a figure has steps by the end of the earned month."""
        program = self.inputs.program
        wheres = [self.where, *(program.where(each.where) for each in self.rule.clawback)]
        in_where = any(True for where in wheres if where for _ in month_steps_of(where))
        return in_where or any(isinstance(each, By) and each.by == MONTH_END for each in self._all_figures)

    @cached_property
    def held(self) -> tuple[TierHeld | QualificationHeld, ...]:
        """Every standing that the rule asks for, in its requirements and in those by which figures are chosen."""
        found = [leaf.held for each in self.requirements for leaf in leaves_of(each)]
        return tuple(held for held in found if held is not None)

    @cached_property
    def requirements(self) -> tuple[Requires, ...]:
        """The rule's requirements, and those by which its figures are chosen."""
        own = [self.rule.requires] if self.rule.requires else []
        cases = [case for figure in self._all_figures if isinstance(figure, Cases) for case in figure.cases]
        return (*own, *(case.requires for case in cases if case.requires))

    @cached_property
    def goes_by_standing(self) -> bool:
        """Whether it matters for an amount where the partner stands or stood."""
        return bool(self.held) or any(isinstance(each, By) and each.by == TIER for each in self._all_figures)

    @property
    def tier_day(self) -> str:
        """The day whose tier a line shows: the one that its requirements name, or its rate, or the month's end."""
        requires = self.rule.requires
        if requires and requires.tier and requires.tier.as_of:
            return requires.tier.as_of
        figure = self.rule.rate or self.rule.amount
        return figure.as_of or MONTH_END if isinstance(figure, By) and figure.by == TIER else MONTH_END

    def ladder_of(self, held: TierHeld | QualificationHeld) -> Ladder:
        """The ladder on which a standing is asked for."""
        name = held.name if isinstance(held, QualificationHeld) else None
        return Ladder(held.track or self.track, name)

    def is_metric(self, name: str) -> bool:
        """Whether a figure goes by a metric of that name."""
        return name in self.inputs.program.metrics and name not in self.contract_names

    @cached_property
    def contract_names(self) -> tuple[str, ...]:
        """The columns of the rows; none where a metric earns."""
        return self.contract.names if self.is_of_rows else ()

    @property
    def _figured_columns(self) -> Iterator[str]:
        """The columns of rows, their own and joined ones, that figures read, and the days whose tier they go by."""
        for figure in self._all_figures:
            if isinstance(figure, OfColumn):
                yield figure.column
            elif isinstance(figure, By):
                yield from () if self.is_metric(figure.by) else (figure.by,)
                yield from (figure.as_of,) if figure.by == TIER and figure.as_of else ()


def own(name: str) -> str:
    """The column of what a row brings itself; joined rows are those that it is tested by."""
    return name if "." in name else f"own.{name}"


def of_rows(names: Iterable[str]) -> tuple[str, ...]:
    """The names of columns of the rows themselves and of the roster, not of rows joined to them."""
    return tuple(name for name in names if "." not in name or name.startswith(_OF_PARTNER))


def stood_column(leaf: Leaf) -> str:
    """The column of the tier that stood on the day that a bound asks for."""
    return f"__stood.{leaf.key}"


def stands_now(leaf: Leaf) -> str:
    """The column that says whether an unbroken standing stands on the month's last day, whatever was before."""
    return f"__now.{leaf.key}"


def wanted_tiers(paying: Paying, leaf: Leaf) -> tuple[str, ...]:
    """The tiers with which a bound on a standing is met."""
    held = leaf.held
    if isinstance(held, TierHeld):
        return tiers_at_least(paying.ladder_of(held), paying.inputs, held.at_least)
    return (held.name,) if held is not None else ()
