"""Rules: what a program pays out or takes off the partner's own invoices, and when it is paid.

A rule takes rows of one export (or a metric), says on which day they earn, and makes an amount of each.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, ClassVar, Literal, Self, TypeAlias

from pydantic import Discriminator, Field, StrictInt, Tag, model_validator
from pydantic_core import PydanticCustomError

from tierctl.fiscal import Period
from tierctl.program.metrics import Running, WhereOrName
from tierctl.program.scalars import Cited, Node, NotNegative, Positive
from tierctl.program.values import Bound, Figure, OfMetric, Requires

MONTH_END, PAID_IN_FULL, EACH_PAYMENT, PERIOD_END = "month_end", "paid_in_full", "each_payment", "period_end"
MOMENTS = (MONTH_END, PAID_IN_FULL, EACH_PAYMENT, PERIOD_END)
"""What `earned_on` may say in place of a date column."""

REFUNDED_SHARE = "refunded_share"
ROW, PARTNER = "row", "partner"
AS_EARNED = "as_earned"

Kind: TypeAlias = Literal["commissions", "credits"]


def _base_kind(raw: object) -> str:
    return "<metric>" if isinstance(raw, Mapping | OfMetric) else "<column>"


Base: TypeAlias = Annotated[
    Annotated[OfMetric, Tag("<metric>")] | Annotated[str, Tag("<column>")], Discriminator(_base_kind)
]


def _takes_kind(raw: object) -> str:
    return "<share>" if raw == REFUNDED_SHARE else "<figure>"


TakesBack: TypeAlias = Annotated[
    Annotated[Literal["refunded_share"], Tag("<share>")] | Annotated[Figure, Tag("<figure>")],
    Discriminator(_takes_kind),
]


class Cap(Cited):
    """At most so much of a quantity (`of`), or else of the amount, for each group of rows in each period."""

    at_most: Figure
    of: str | None = None
    per: str
    each: Literal[Period, "lifetime"]
    cuts: Literal["evenly", "latest"]


class Clawback(Cited):
    """What is taken back of the rows that meet a condition."""

    where: WhereOrName
    takes_back: TakesBack


class Rule(Cited):
    """One way to earn: which rows, on which day, and how much each of them is worth."""

    track: str | None = None
    from_: str | None = Field(default=None, alias="from")
    with_: dict[str, str] = Field(default={}, alias="with")
    where: WhereOrName | None = None
    running: Running | None = None
    requires: Requires | None = None
    earned_on: str
    base: Base | None = None
    rate: Figure | None = None
    amount: Figure | None = None
    caps: tuple[Cap, ...] = ()
    clawback: tuple[Clawback, ...] = ()

    STAND_INS: ClassVar[Mapping[str, object]] = MappingProxyType({"earned_on": PERIOD_END, "amount": 0})

    @model_validator(mode="after")
    def _one_amount(self) -> Self:
        if (self.amount is None) == (self.base is None and self.rate is None):
            message = "a rule states either a `base` and its `rate`, or an `amount`"
            raise PydanticCustomError("rule", message, {})
        if (self.base is None) != (self.rate is None):
            raise PydanticCustomError("rule", "`base` and `rate` go together", {})
        return self

    @property
    def column(self) -> str | None:
        """The column of the base, where it is one."""
        return self.base if isinstance(self.base, str) else None

    @property
    def metric(self) -> str | None:
        """The metric of the base, where it is one."""
        return self.base.metric if isinstance(self.base, OfMetric) else None

    @property
    def earned_column(self) -> str | None:
        """The date column on whose day a row earns once."""
        return None if self.earned_on in MOMENTS else self.earned_on


class PayDay(Node):
    """When a statement is paid: on a day of a later calendar month, or so many days after the fiscal month."""

    day: Annotated[StrictInt, Field(ge=1, le=31)] | None = None
    months_after: Positive | None = None
    days_after: NotNegative | None = None
    roll: Literal["forward", "backward", "modified_forward", "none"]
    holidays: str | None = None

    @model_validator(mode="after")
    def _one_day(self) -> Self:
        by_day = self.day is not None and self.months_after is not None
        if by_day == (self.days_after is not None) or (self.day is None) != (self.months_after is None):
            message = "a pay day is `day` with `months_after`, or `days_after`"
            raise PydanticCustomError("pay_day", message, {})
        return self


class Payout(Cited):
    """In which currency commissions are paid, from which balance on, and when."""

    currency: str
    pay_when: Bound
    pay_held_when: Bound | None = None
    requires: Requires | None = None
    pay_day: PayDay | None = None

    STAND_INS: ClassVar[Mapping[str, object]] = MappingProxyType({"currency": AS_EARNED, "pay_when": {"more_than": 0}})
