"""A partner program as data: what its TOML file says, frozen and typed.

The model holds what the contract says and cites (`name`, `clause`); it computes nothing. Every table refuses keys it
does not know, so that a misspelled word can never quietly change a tier. What one table must say of another, or a table
as a whole, is lint's: a program that lint has not passed may lack it.
"""

import re
from collections.abc import Mapping
from datetime import date
from functools import cached_property
from types import MappingProxyType
from typing import Annotated, Any, ClassVar, Literal, Self, TypeAlias

from pydantic import AfterValidator, Discriminator, Field, Tag, WithJsonSchema, model_validator
from pydantic_core import PydanticCustomError

from tierctl.fiscal import Period
from tierctl.program.scalars import Day, Identifier, Names, NotNegative
from tierctl.program.values import Figure, Holds, Node, Requires, Where, Window
from tierctl.validation import shown

_CURRENCY = re.compile(r"[A-Z]{3}")


def _currency(text: str) -> str:
    if _CURRENCY.fullmatch(text):
        return text
    message = '{raw} should be an ISO 4217 code: three capital letters, such as "USD"'
    raise PydanticCustomError("currency", message, {"raw": shown(text)})


Currency: TypeAlias = Annotated[
    str, AfterValidator(_currency), WithJsonSchema({"type": "string", "pattern": f"^{_CURRENCY.pattern}$"})
]


class Cited(Node):
    """A table that may carry a readable name and the clause of the contract that it implements."""

    name: str | None = None
    clause: str | None = None


class Policy(Cited):
    """Choices that move money; none has a default."""

    rounding: Literal["half_even", "half_away_from_zero", "down"]
    takes_effect: Literal["month_end", "attained", "next_month"]


class Running(Node):
    """When a row runs: from `since` on, until `before` (day out) or `through` (day in); empty: no end."""

    since: str
    before: str | None = None
    through: str | None = None
    more_than_days: NotNegative | None = None

    @model_validator(mode="after")
    def _one_end(self) -> Self:
        if self.before is not None and self.through is not None:
            raise PydanticCustomError("running", "a row ends either `before` a day or `through` it, not both", {})
        return self


def _where_kind(raw: object) -> str:
    return "<where>" if isinstance(raw, Mapping | Where) else "<name>"


WhereOrName: TypeAlias = Annotated[
    Annotated[Where, Tag("<where>")] | Annotated[str, Tag("<name>")], Discriminator(_where_kind)
]


class Metric(Cited):
    """A number measured per partner from the rows of one export.

    With `on` and `window` it is a flow (rows dated in the window), with `running` a level (rows running on the day
    read), with both it counts rows dated in the window that run on the day read.
    """

    from_: str = Field(alias="from")
    where: WhereOrName | None = None
    sum: str | None = None
    count: Names | None = None
    on: Names = ()
    window: Window | None = None
    running: Running | None = None
    unit: str | None = None

    STAND_INS: ClassVar[Mapping[str, object]] = MappingProxyType({"from": ""})


class Tier(Cited):
    """One rung of a track's ladder; the lowest has neither requirements nor a time to hold."""

    id: Identifier
    requires: Requires | None = None
    holds: Holds | None = None

    STAND_INS: ClassVar[Mapping[str, object]] = MappingProxyType({"id": "tier"})


class Track(Cited):
    """A ladder of tiers, lowest first; the first is the base."""

    gate: Requires | None = None
    shows: tuple[str, ...] = ()
    promotion: Literal["automatic"]
    each_tier_requires: Literal["its_own", "all_below_too"] | None = None
    tiers: tuple[Tier, ...] = Field(min_length=1)

    STAND_INS: ClassVar[Mapping[str, object]] = MappingProxyType({"tiers": [{"id": "tier"}]})

    @property
    def earned_tiers(self) -> tuple[Tier, ...]:
        """The tiers that have requirements, lowest first."""
        return tuple(tier for tier in self.tiers if tier.requires is not None)

    @property
    def ranks(self) -> dict[str, int]:
        """Tier id → its rank, the base being 0."""
        return {tier.id: rank for rank, tier in enumerate(self.tiers)}


def _tiers_kind(raw: object) -> str:
    return "<values>" if isinstance(raw, Mapping) else "<list>"


TiersOrValues: TypeAlias = Annotated[
    Annotated[tuple[str, ...], Field(min_length=1), Tag("<list>")]
    | Annotated[dict[str, Figure], Field(min_length=1), Tag("<values>")],
    Discriminator(_tiers_kind),
]


Tracks: TypeAlias = Annotated[tuple[Identifier, ...], Field(min_length=1)]


class Benefit(Cited):
    """Something a tier brings: `tiers` lists who has it, or gives a value per tier."""

    tracks: Tracks | None = None
    kind: Literal["yes_no", "percent", "amount", "count"] = "yes_no"
    tiers: TiersOrValues
    terms: str | None = None


class Action(Cited):
    """A duty by the calendar: for partners of some tiers, in the first or last month of every period."""

    every: Period
    in_month: Literal["first", "last"]
    due_fiscal_months: NotNegative = 0
    tracks: Tracks | None = None
    tiers: Annotated[tuple[str, ...], Field(min_length=1)] | None = None
    shows: tuple[str, ...] = ()
    detail: str | None = None


class Example(Node):
    """A case that the program file itself states and `tierctl program test` runs."""

    name: str
    month: str
    rows: dict[str, list[dict[str, Any]]]
    expect: dict[str, list[dict[str, Any]]] = Field(min_length=1)

    STAND_INS: ClassVar[Mapping[str, object]] = MappingProxyType({"name": "example", "month": "9999-12", "rows": {}})


class Program(Cited):
    """One edition of one program."""

    id: Identifier
    name: str
    currency: Currency
    enrollment: Literal["automatic"]
    effective_from: Day
    counts_from: Day | None = None
    gate: Requires | None = None
    policy: Policy
    conditions: dict[Identifier, Where] = Field(default={})
    metrics: dict[Identifier, Metric] = Field(default={})
    tracks: dict[Identifier, Track] = Field(min_length=1)
    benefits: dict[Identifier, Benefit] = Field(default={})
    actions: dict[Identifier, Action] = Field(default={})
    examples: tuple[Example, ...] = ()

    STAND_INS: ClassVar[Mapping[str, object]] = MappingProxyType(
        {
            "id": "program",
            "name": "program",
            "currency": "XXX",
            "effective_from": date.min,
            "policy": {"rounding": "half_even", "takes_effect": "month_end"},
            "tracks": {"track": {"promotion": "automatic", "tiers": [{"id": "tier"}]}},
        }
    )

    @cached_property
    def exports(self) -> tuple[str, ...]:
        """The exports whose rows this program reads, beside the roster and the decisions."""
        return tuple(sorted({metric.from_ for metric in self.metrics.values()}))

    @property
    def first_counted(self) -> date:
        """No window that ended before this day is read."""
        return max(self.effective_from, self.counts_from or self.effective_from)

    def where_of(self, metric: Metric) -> Where | None:
        """The metric's row condition, a named one looked up."""
        return self.conditions[metric.where] if isinstance(metric.where, str) else metric.where
