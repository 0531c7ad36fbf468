"""Reads: which metrics, columns of the partner, attestations and standings something in a program file reads.

Names are those of the metrics, `partner.COLUMN`, `attested.NAME`, `tier.TRACK` and `qualified.TRACK.NAME`, the last two
without their track where the file leaves it out. A standing on a day that a rule states is none of them: it is looked
up on that day, for each row.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

from tierctl.program.held import QualificationHeld, TierHeld
from tierctl.program.model import Program, Track
from tierctl.program.rules import Rule
from tierctl.program.values import Bound, By, Cases, Figure, Number, OfColumn, OfMetric, Requires

PARTNER, ATTESTED, TIER, QUALIFIED = "partner.", "attested.", "tier.", "qualified."

_NO_NAMES = frozenset({"month_end", "currency", "tier"})

Reading: TypeAlias = Requires | Number | OfMetric | OfColumn | By | Cases | str


@dataclass(frozen=True)
class InEach:
    """A bound on a subject in each of its last complete windows; `key` tells it from others, whatever tier asks."""

    subject: str
    bound: Bound

    @property
    def key(self) -> str:
        """The bound as one text."""
        return f"{self.subject} {self.bound.model_dump_json(by_alias=True, exclude_none=True)}"


@dataclass(frozen=True)
class Reads:
    """What is read, directly or through metrics of metrics.

    `names`, once each, a metric after those that it is computed from; `each` has the bounds that look at complete
    windows of their own, whose subjects are not among the names unless something else reads them too.
    """

    names: tuple[str, ...]
    each: tuple[InEach, ...]


def held_name(held: TierHeld | QualificationHeld) -> str:
    """The name under which a standing is read."""
    track = held.track or ""
    return f"{TIER}{track}" if isinstance(held, TierHeld) else f"{QUALIFIED}{track}.{held.name}"


def reads_of(program: Program, items: Iterable[Reading]) -> Reads:
    """What requirements, figures and names read."""
    found = _Found(program)
    for item in items:
        found.add(item)
    return Reads(tuple(found.names), tuple(found.each.values()))


def ladder_items(program: Program, ladder: Track) -> Iterator[Reading]:
    """Everything that is evaluated for a ladder: gates, tiers, and where it is a track's own what is reported of it."""
    yield from (requires for requires in (program.gate, ladder.gate) if requires)
    yield from (tier.requires for tier in ladder.tiers if tier.requires)
    if not is_own_ladder(program, ladder):
        return
    yield from ladder.shows
    for benefit in program.benefits.values():
        figures = benefit.tiers.values() if isinstance(benefit.tiers, dict) else ()
        yield from figures
        if benefit.value is not None:
            names = reads_of(program, [benefit.value]).names
            yield from (name for name in names if name.partition(".")[0] not in benefit.with_)
    for action in program.actions.values():
        yield from action.shows


def rule_items(program: Program, rule: Rule) -> Iterator[Reading]:
    """What a rule reads of its partner on the earned month's review day; never columns of the rows that earn."""
    if rule.requires is not None:
        yield rule.requires
    takes = [each.takes_back for each in rule.clawback if not isinstance(each.takes_back, str)]
    own = program.table(rule.from_).names if rule.from_ else ()
    for figure in (rule.rate, rule.amount, *(cap.at_most for cap in rule.caps), *takes):
        if figure is not None:
            yield from _of_partner(program, figure, own)


def payout_items(program: Program) -> Iterator[Reading]:
    """What the payout reads of a partner on the review day."""
    if program.payout is not None and program.payout.requires is not None:
        yield program.payout.requires


def _of_partner(program: Program, figure: Figure, own: Collection[str]) -> Iterator[Reading]:
    """What a rule's figure reads of the partner; `own` are the columns of the rows, which come before metrics."""
    match figure:
        case OfMetric():
            yield figure.metric
        case OfColumn():
            yield from [figure.column] if figure.column.startswith(PARTNER) else []
        case By():
            is_metric = figure.by in program.metrics and figure.by not in own
            yield from [figure.by] if is_metric or figure.by.startswith(PARTNER) else []
            for part in parts_of(figure):
                yield from _of_partner(program, part, own)
        case Cases():
            for case in figure.cases:
                yield from [case.requires] if case.requires else []
                yield from _of_partner(program, case.value, own)


def is_own_ladder(program: Program, ladder: Track) -> bool:
    """Whether a ladder is that of a track's tiers and not of a qualification."""
    return any(ladder is track for track in program.tracks.values())


@dataclass
class _Found:
    """What has been found so far, in order: the names (their values mean nothing), and the bounds by their keys."""

    program: Program
    names: dict[str, None] = field(default_factory=dict)
    each: dict[str, InEach] = field(default_factory=dict)

    def add(self, item: Reading) -> None:
        match item:
            case str():
                self._name(item)
            case Requires():
                self._requires(item)
            case _:
                self._figure(item)

    def _name(self, name: str) -> None:
        if name in self.names:
            return
        metric = self.program.metrics.get(name)
        if metric and metric.formula:
            for part in metric.formula.metrics:
                self._name(part)
        if metric and metric.value is not None:
            self._figure(metric.value)
        self.names[name] = None

    def _requires(self, requires: Requires) -> None:
        for subject, bound in requires.tests.items():
            if bound.in_each_of_last is not None:
                in_each = InEach(subject, bound)
                self.each[in_each.key] = in_each
                continue
            self._name(subject)
            for item in operands_of(bound):
                self._figure(item)
            if bound.days_after is not None:
                self._name(bound.days_after)
        for name in requires.attested:
            self._name(f"{ATTESTED}{name}")
        for held in (requires.tier, requires.qualified):
            if held is not None and held.as_of is None and held.unbroken_since is None:
                self._name(held_name(held))
        for part in (*requires.any, *requires.all):
            self._requires(part)

    def _figure(self, figure: Figure) -> None:
        match figure:
            case OfMetric():
                self._name(figure.metric)
            case OfColumn():
                self._name(figure.column)
            case By():
                if figure.by not in _NO_NAMES:
                    self._name(figure.by)
                for part in parts_of(figure):
                    self._figure(part)
            case Cases():
                for case in figure.cases:
                    if case.requires:
                        self._requires(case.requires)
                    self._figure(case.value)
            case Number():
                return


def parts_of(figure: By) -> tuple[Figure, ...]:
    """The figures of which one is chosen."""
    otherwise = () if figure.otherwise is None else (figure.otherwise,)
    return (*(figure.values or {}).values(), *(step.value for step in figure.steps or ()), *otherwise)


def figures_in(figure: Figure | None) -> Iterator[Figure]:
    """A figure and all those among which it chooses."""
    if figure is None:
        return
    yield figure
    cases = tuple(case.value for case in figure.cases) if isinstance(figure, Cases) else ()
    for part in parts_of(figure) if isinstance(figure, By) else cases:
        yield from figures_in(part)


def operands_of(bound: Bound) -> Iterator[Figure]:
    """The figures that a bound compares with."""
    for word in bound.words:
        operand = bound.not_ if word == "not" else getattr(bound, word)
        for item in operand if isinstance(operand, tuple) else (operand,):
            if isinstance(item, Number | OfMetric | OfColumn | By | Cases):
                yield item
