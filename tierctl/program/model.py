"""A partner program as data: what its TOML file says, frozen and typed.

The model holds what the contract says and cites (`name`, `clause`); it computes nothing. Every table refuses keys it
does not know, so that a misspelled word can never quietly change a tier. What one table must say of another, or a table
as a whole, is lint's: a program that lint has not passed may lack it.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from functools import cached_property
from types import MappingProxyType
from typing import Annotated, Any, ClassVar, Literal, TypeAlias

from pydantic import AfterValidator, Discriminator, Field, Tag, WithJsonSchema
from pydantic_core import PydanticCustomError

from tierctl.contracts import Contract, export_contract
from tierctl.contracts import Field as ContractField
from tierctl.fiscal import Period
from tierctl.program.exports import DeclaredExport
from tierctl.program.metrics import ComputedColumn, Metrics, WhereOrName
from tierctl.program.rules import EACH_PAYMENT, PAID_IN_FULL, Kind, Payout, Rule
from tierctl.program.scalars import AboveZero, Cited, Day, Identifier, Node, NotNegative
from tierctl.program.values import Figure, Holds, Requires, Where
from tierctl.validation import shown

ATTESTATIONS, ENROLLMENTS, USER_ACCESS, PAYMENTS = "attestations", "enrollments", "user_access", "payments"
_CURRENCY = re.compile(r"[A-Z]{3}")


def _currency(text: str) -> str:
    if _CURRENCY.fullmatch(text):
        return text
    message = '{raw} should be an ISO 4217 code: three capital letters, such as "USD"'
    raise PydanticCustomError("currency", message, {"raw": shown(text)})


Currency: TypeAlias = Annotated[
    str, AfterValidator(_currency), WithJsonSchema({"type": "string", "pattern": f"^{_CURRENCY.pattern}$"})
]


RatePolicy: TypeAlias = Literal["row_date", "month_end", "month_average", "fixed"]
"""Which rate of exchange is taken: the last one published by the day or by its fiscal month's end, the mean of that
month, or a fixed one."""


class FixedRates(Node):
    """Amounts of several currencies that count as equal from a day on."""

    since: Day
    equal: dict[Currency, AboveZero] = Field(min_length=2)


class Exchange(Cited):
    """How amounts in other currencies are converted: those of flows by the row's day, levels by the day read."""

    flow: RatePolicy
    level: RatePolicy
    payout: RatePolicy | None = None
    max_age_days: NotNegative | None = None
    fixed: tuple[FixedRates, ...] = ()


class Policy(Cited):
    """Choices that move money; none has a default."""

    rounding: Literal["half_even", "half_away_from_zero", "down"]
    takes_effect: Literal["month_end", "attained", "next_month"]
    terminated_partners: Literal["until_terminated", "keep_earning"] | None = None
    fx: Exchange | None = None


class Tier(Cited):
    """One rung of a track's ladder; the lowest is everybody's where it has no requirements."""

    id: Identifier
    requires: Requires | None = None
    holds: Holds | None = None

    STAND_INS: ClassVar[Mapping[str, object]] = MappingProxyType({"id": "tier"})


class Qualification(Cited):
    """Something earned and held beside the ladder, in the same way as a tier."""

    requires: Requires
    holds: Holds


Switch: TypeAlias = Literal["automatic", "on_decision"]


class Track(Cited):
    """A ladder of tiers, lowest first; the first is the base."""

    gate: Requires | None = None
    shows: tuple[str, ...] = ()
    promotion: Switch
    downgrade: Switch | None = None
    remediation_days: NotNegative | None = None
    each_tier_requires: Literal["its_own", "all_below_too"] | None = None
    qualifications: dict[Identifier, Qualification] = Field(default={})
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

    @property
    def ladders(self) -> dict[str | None, "Track"]:
        """The track's own ladder under None, and each qualification as a ladder of two rungs: without it, and with it.

        A qualification is earned by evidence alone, whoever decides on tiers.
        """
        return {None: self} | self._beside

    @cached_property
    def _beside(self) -> dict[str | None, "Track"]:
        # The track itself is not kept with them: two tracks are compared with all that they keep, without end then.
        return {name: self._of(name, earned) for name, earned in self.qualifications.items()}

    def _of(self, name: str, earned: Qualification) -> "Track":
        rungs = (
            Tier.model_construct(id="", name=None, clause=None, requires=None, holds=None),
            Tier.model_construct(
                id=name, name=earned.name, clause=earned.clause, requires=earned.requires, holds=earned.holds
            ),
        )
        changed = {"promotion": "automatic", "downgrade": "automatic", "each_tier_requires": "its_own"}
        return self.model_copy(update={**changed, "tiers": rungs, "qualifications": {}, "shows": ()})


def _tiers_kind(raw: object) -> str:
    return "<values>" if isinstance(raw, Mapping) else "<list>"


TiersOrValues: TypeAlias = Annotated[
    Annotated[tuple[str, ...], Field(min_length=1), Tag("<list>")]
    | Annotated[dict[str, Figure], Field(min_length=1), Tag("<values>")],
    Discriminator(_tiers_kind),
]


Tracks: TypeAlias = Annotated[tuple[Identifier, ...], Field(min_length=1)]


class Benefit(Cited):
    """Something a tier brings: `tiers` lists who has it, or gives a value per tier; or `value` gives it per partner."""

    tracks: Tracks | None = None
    kind: Literal["yes_no", "percent", "amount", "count"] = "yes_no"
    tiers: TiersOrValues | None = None
    with_: dict[str, str] = Field(default={}, alias="with")
    value: Figure | None = None
    terms: str | None = None


class Action(Cited):
    """A duty of partners of some tiers: in the first or last month of every period, or before a date of some row."""

    every: Period | None = None
    in_month: Literal["first", "last"] | None = None
    from_: str | None = Field(default=None, alias="from")
    where: WhereOrName | None = None
    on: str | None = None
    days_before: NotNegative | None = None
    due_fiscal_months: NotNegative = 0
    tracks: Tracks | None = None
    tiers: Annotated[tuple[str, ...], Field(min_length=1)] | None = None
    shows: tuple[str, ...] = ()
    detail: str | None = None


class Example(Node):
    """A case that the program file itself states and `tierctl program test` runs."""

    name: str
    month: str
    closed: tuple[str, ...] = ()
    rows: dict[str, list[dict[str, Any]]]
    expect: dict[str, list[dict[str, Any]]] = Field(min_length=1)

    STAND_INS: ClassVar[Mapping[str, object]] = MappingProxyType({"name": "example", "month": "9999-12", "rows": {}})


class Program(Cited):
    """One edition of one program."""

    id: Identifier
    name: str
    currency: Currency
    enrollment: Literal["automatic", "required"]
    effective_from: Day
    counts_from: Day | None = None
    counts_only: Literal["seen_by_primary_user"] | None = None
    gate: Requires | None = None
    policy: Policy
    exports: dict[Identifier, DeclaredExport] = Field(default={})
    columns: dict[Identifier, ComputedColumn] = Field(default={})
    conditions: dict[Identifier, Where] = Field(default={})
    metrics: Metrics = Field(default={})
    tracks: dict[Identifier, Track] = Field(min_length=1)
    commissions: dict[Identifier, Rule] = Field(default={})
    credits: dict[Identifier, Rule] = Field(default={})
    payout: Payout | None = None
    benefits: dict[Identifier, Benefit] = Field(default={})
    actions: dict[Identifier, Action] = Field(default={})
    examples: tuple[Example, ...] = ()

    STAND_INS: ClassVar[Mapping[str, object]] = MappingProxyType(
        {
            "id": "program",
            "name": "program",
            "currency": "XXX",
            "enrollment": "automatic",
            "effective_from": date.min,
            "policy": {"rounding": "half_even", "takes_effect": "month_end"},
            "tracks": {"track": {"promotion": "automatic", "tiers": [{"id": "tier"}]}},
        }
    )

    @cached_property
    def reads(self) -> tuple[str, ...]:
        """The exports whose rows this program cannot do without, beside the roster."""
        read = {metric.from_ for metric in self.metrics.values()} | {action.from_ for action in self.actions.values()}
        read |= {name for metric in self.metrics.values() for name in metric.with_}
        read |= {name for benefit in self.benefits.values() for name in benefit.with_}
        rules = [rule for _, _, rule in self.rules]
        read |= {name for rule in rules for name in (rule.from_, *rule.with_)}
        read |= {PAYMENTS} if any(rule.earned_on in {PAID_IN_FULL, EACH_PAYMENT} for rule in rules) else set()
        read |= {ATTESTATIONS} if any(attested_in(requires) for requires in self.requirements) else set()
        read |= {ENROLLMENTS} if self.enrollment == "required" else set()
        read |= {USER_ACCESS} if self.counts_only else set()
        return tuple(sorted(name for name in read if name))

    @cached_property
    def requirements(self) -> tuple[Requires, ...]:
        """Every requirement of the program: gates, tiers, qualifications, rules, the payout."""
        found = [self.gate, *(rule.requires for _, _, rule in self.rules)]
        found += [self.payout.requires] if self.payout else []
        for track in self.tracks.values():
            found += [track.gate, *(tier.requires for tier in track.tiers)]
            found += [qualification.requires for qualification in track.qualifications.values()]
        return tuple(requires for requires in found if requires)

    @property
    def rules(self) -> tuple[tuple[Kind, str, Rule], ...]:
        """Every rule that pays out or takes off: its kind, its name, the rule; in the file's order."""
        kinds: tuple[tuple[Kind, dict[str, Rule]], ...] = (("commissions", self.commissions), ("credits", self.credits))
        return tuple((kind, name, rule) for kind, rules in kinds for name, rule in rules.items())

    def track_of(self, rule: Rule) -> str:
        """The track whose partners a rule concerns: the only one where it names none."""
        return rule.track or next(iter(self.tracks))

    @property
    def first_counted(self) -> date:
        """No window that ended before this day is read."""
        return max(self.effective_from, self.counts_from or self.effective_from)

    def where(self, stated: Where | str | None) -> Where | None:
        """A row condition, a named one looked up."""
        return self.conditions[stated] if isinstance(stated, str) else stated

    def contract(self, export: str) -> Contract:
        """What an export brings: its standard columns and those that this program declares.

        Raises:
            LookupError: there is no such export.
            ValueError: what the program declares contradicts itself or the standard columns.
        """
        declared = self.exports.get(export)
        return declared.contract(export) if declared else export_contract(export)

    def table(self, export: str) -> Contract:
        """What conditions and measures see of an export: what it brings, and the program's computed columns.

        Raises:
            LookupError: there is no such export, or a computed column takes a column that it lacks.
            ValueError: what the program declares contradicts itself or the standard columns.
        """
        brought = self.contract(export)
        own = {name: column for name, column in self.columns.items() if column.from_ == export}
        computed = [computed_field(name, column, brought) for name, column in own.items()]
        return replace(brought, fields=(*brought.fields, *computed)) if computed else brought


def computed_field(name: str, column: ComputedColumn, brought: Contract) -> ContractField:
    """A computed column as a field of its export.

    Raises:
        LookupError: it takes a column that the export lacks.
    """
    if column.measure == "count":
        return ContractField(name, name, "integer", "")
    of = brought.field(column.column)
    return ContractField(name, name, of.type, "", is_money=of.is_money)


def attested_in(requires: Requires) -> tuple[str, ...]:
    """Every attestation that requirements ask for, nested groups included."""
    nested = [name for part in (*requires.any, *requires.all) for name in attested_in(part)]
    return tuple(dict.fromkeys((*requires.attested, *nested)))
