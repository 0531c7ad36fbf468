"""The one walk through a program's conditions, requirements and figures: all that is in them, with place and scope.

Checks never take these apart themselves. They ask for what the walk comes across and look at one thing at a time.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias, TypeVar

from tierctl.located import Key
from tierctl.program.metrics import ComputedColumn, Metric, WhereOrName
from tierctl.program.model import Action, Program
from tierctl.program.rules import PERIOD_END, Rule
from tierctl.program.values import (
    DATE_WORDS,
    NUMBER_WORDS,
    Bound,
    By,
    Cases,
    Figure,
    Number,
    OfColumn,
    OfMetric,
    Requires,
    Where,
)

OF_PARTNER = "partner."
"""How a name begins that means a column of the roster."""

MONTH_END = "month_end"
"""What a figure or a join means by it: the last day of the month under review, or in a rule of the earned month."""

TIER, CURRENCY = "tier", "currency"
"""What a rule's figure goes by that is neither a column nor a metric: the tier that stands, the amount's currency."""

Kind: TypeAlias = Literal[
    "rows", "gate", "tier", "qualification", "metric", "benefit", "rule", "figure", "payout", "balance"
]

Holder: TypeAlias = Metric | ComputedColumn | Action | Rule
"""A table that may choose among rows."""


@dataclass(frozen=True)
class Test:
    """One bound of a condition or requirement: what it is on, and where the file writes it."""

    name: str
    bound: Bound
    path: Key

    __test__ = False  # no case of a test run, whatever its name


@dataclass(frozen=True)
class Scope:
    """What the names at a place mean, and whose place it is.

    Of a row: columns of `export`, and `EXPORT.COLUMN` for those in `joined`; an empty `export` has no columns. Else:
    metrics. `partner.COLUMN` means the roster's everywhere. `track` and `rung` say which track's gate, tier or
    qualification a requirement belongs to, `metric` whose figure it is; `is_choice`: by which requirements a figure
    chooses among its values. `holder` is the table whose `from` and `with` say where rows come from.

    Of what is paid: a `rule` asks something of its partner, a `figure` of it goes by the row or by the partner; the
    `payout` asks something of the partner too, and the `balance` is what it compares with a number.
    """

    kind: Kind
    export: str | None = None
    joined: tuple[str, ...] = ()
    track: str | None = None
    rung: str | None = None
    metric: str | None = None
    holder: Key = ()
    is_choice: bool = False

    @property
    def is_of_rows(self) -> bool:
        """Whether names mean columns of rows and not metrics."""
        return self.export is not None

    def of_choice(self) -> "Scope":
        """What names mean in the requirements by which a figure of this place chooses: never columns of rows."""
        if self.kind == "figure":  # whose days are those of the row that earns
            return replace(self, kind="rule", export=None, joined=(), is_choice=True)
        return replace(self, export=None, joined=(), holder=(), is_choice=True)

    @property
    def is_of_rule(self) -> bool:
        """Whether it is in the table of a rule."""
        return self.holder[:1] in {("commissions",), ("credits",)}


Visited: TypeAlias = Where | Requires | Test | Number | OfMetric | OfColumn | By | Cases
Found = TypeVar("Found", Where, Requires, Test, Number, OfMetric, OfColumn, By, Cases)


@dataclass(frozen=True)
class Place:
    """Something that the walk came across: what, where, and what names mean there."""

    node: Visited
    path: Key
    scope: Scope


def walk(place: Place) -> Iterator[Place]:
    """A condition, requirement or figure and everything in it, outermost first."""
    yield place
    for node, path in _inside(place.node, place.path):
        is_choice = isinstance(node, Requires) and not isinstance(place.node, Requires)
        yield from walk(Place(node, path, place.scope.of_choice() if is_choice else place.scope))


def grouped_tests(tests: Where | Requires, path: Key) -> Iterator[Test]:
    """The bounds of a condition or requirement and of its groups, but not those inside its figures."""
    yield from own_tests(tests, path)
    for word in ("any", "all"):
        for index, part in enumerate(getattr(tests, word)):
            yield from grouped_tests(part, (*path, word, index))


def grouped_requirements(requires: Requires, path: Key) -> Iterator[tuple[Requires, Key]]:
    """Requirements and the groups in them, each with its path."""
    yield requires, path
    for word in ("any", "all"):
        for index, part in enumerate(getattr(requires, word)):
            yield from grouped_requirements(part, (*path, word, index))


def own_tests(tests: Where | Requires, path: Key) -> Iterator[Test]:
    """The bounds that must all hold, without the nested groups."""
    yield from (Test(name, bound, (*path, name)) for name, bound in tests.tests.items())


def places(program: Program) -> Iterator[Place]:
    """All that stands in the program's conditions, requirements and figures.

    A named condition is come across once for each use of it, at its own place and with the scope of that use.
    """
    for root in roots(program):
        yield from walk(root)


def roots(program: Program) -> Iterator[Place]:
    """Every outermost condition, requirement and figure of the program."""
    yield from requirements(program)
    yield from conditions(program)
    yield from _figures(program)


def requirements(program: Program) -> Iterator[Place]:
    """Every requirement: gates, tiers, qualifications, rules, the payout."""
    found: list[tuple[Requires | None, Key, Scope]] = [(program.gate, ("gate",), Scope("gate"))]
    for name, track in program.tracks.items():
        path: Key = ("tracks", name)
        found.append((track.gate, (*path, "gate"), Scope("gate", track=name)))
        for key, qualification in track.qualifications.items():
            scope = Scope("qualification", track=name, rung=key)
            found.append((qualification.requires, (*path, "qualifications", key, "requires"), scope))
        for index, tier in enumerate(track.tiers):
            scope = Scope("tier", track=name, rung=tier.id)
            found.append((tier.requires, (*path, "tiers", index, "requires"), scope))
    for kind, name, rule in program.rules:
        scope = Scope("rule", track=_track_of(program, rule), holder=(kind, name))
        found.append((rule.requires, (kind, name, "requires"), scope))
    if program.payout:
        found.append((program.payout.requires, ("payout", "requires"), Scope("payout", track=_only_track(program))))
    yield from (Place(requires, path, scope) for requires, path, scope in found if requires)


def conditions(program: Program) -> Iterator[Place]:
    """Every condition on rows; a named one at its own place, once for each export that it is used on."""
    named: dict[tuple[str, Scope], None] = {}
    for holder, path in condition_holders(program):
        scope = scope_of(holder, path)
        for key, stated in _stated(holder):
            if isinstance(stated, Where):
                yield Place(stated, (*path, *key), scope)
            elif stated in program.conditions:
                named[stated, scope] = None
    for name, scope in named:
        yield Place(program.conditions[name], ("conditions", name), scope)


def named_conditions(program: Program) -> Iterator[tuple[str, Key]]:
    """Every name of a condition that is used, with where."""
    for holder, path in condition_holders(program):
        yield from ((stated, (*path, *key)) for key, stated in _stated(holder) if isinstance(stated, str))


def condition_holders(program: Program) -> Iterator[tuple[Holder, Key]]:
    """Every table that may choose among rows, with its path."""
    yield from ((metric, ("metrics", name)) for name, metric in program.metrics.items())
    yield from ((column, ("columns", name)) for name, column in program.columns.items())
    yield from ((action, ("actions", name)) for name, action in program.actions.items())
    yield from ((rule, (kind, name)) for kind, name, rule in program.rules)


def joiners(program: Program) -> Iterator[tuple[Metric | Rule, Key]]:
    """Every table that may join rows of other exports to its own, with its path."""
    yield from ((holder, path) for holder, path in condition_holders(program) if isinstance(holder, Metric | Rule))


def scope_of(holder: Holder, path: Key = ()) -> Scope:
    """What names mean in a table's conditions on rows."""
    joined = tuple(holder.with_) if isinstance(holder, Metric | Rule) else ()
    return Scope("rows", export=holder.from_ or "", joined=joined, holder=path)


def _stated(holder: Holder) -> Iterator[tuple[Key, WhereOrName]]:
    if holder.where is not None:
        yield ("where",), holder.where
    if isinstance(holder, Metric) and holder.share is not None:
        yield ("share",), holder.share
    if isinstance(holder, Rule):
        yield from ((("clawback", index, "where"), each.where) for index, each in enumerate(holder.clawback))


def _figures(program: Program) -> Iterator[Place]:
    """Every figure that does not stand in a bound."""
    for name, metric in program.metrics.items():
        if metric.times is not None:
            yield Place(metric.times, ("metrics", name, "times"), scope_of(metric, ("metrics", name)))
        if metric.value is not None:
            yield Place(metric.value, ("metrics", name, "value"), Scope("metric", metric=name))
    for name, benefit in program.benefits.items():
        path: Key = ("benefits", name)
        if isinstance(benefit.tiers, dict):
            of_tiers = benefit.tiers.items()
            yield from (Place(figure, (*path, "tiers", tier), Scope("benefit")) for tier, figure in of_tiers)
        if benefit.value is not None:
            scope = Scope("benefit", export="", joined=tuple(benefit.with_), holder=path)
            yield Place(benefit.value, (*path, "value"), scope)
    for kind, name, rule in program.rules:
        yield from figures_of(rule, (kind, name), _track_of(program, rule))
    for test in balance_bounds(program):
        yield from (Place(figure, place, Scope("balance")) for figure, place in figures_in(test))


def figures_of(rule: Rule, path: Key, track: str | None) -> Iterator[Place]:
    """The figures that make a rule's amount; a cap is of the partner, all else goes by the row where rows earn."""
    of_partner = Scope("figure", track=track, holder=path)
    of_row = replace(scope_of(rule, path), kind="figure", track=track) if has_rows(rule) else of_partner
    stated = (("rate", rule.rate), ("amount", rule.amount))
    yield from (Place(figure, (*path, key), of_row) for key, figure in stated if figure is not None)
    for index, cap in enumerate(rule.caps):
        yield Place(cap.at_most, (*path, "caps", index, "at_most"), of_partner)
    for index, clawback in enumerate(rule.clawback):
        if not isinstance(clawback.takes_back, str):
            yield Place(clawback.takes_back, (*path, "clawback", index, "takes_back"), of_row)


def has_rows(rule: Rule) -> bool:
    """Whether rows earn, and not a metric at the end of its window."""
    return rule.earned_on != PERIOD_END or rule.metric is None


def balance_bounds(program: Program) -> Iterator[Test]:
    """What the payout asks of a balance."""
    payout = program.payout
    stated = (("pay_when", payout.pay_when), ("pay_held_when", payout.pay_held_when)) if payout else ()
    yield from (Test("balance", bound, ("payout", key)) for key, bound in stated if bound is not None)


def _track_of(program: Program, rule: Rule) -> str | None:
    """The track of a rule; None: which one cannot be told."""
    return _only_track(program) if rule.track is None else rule.track if rule.track in program.tracks else None


def _only_track(program: Program) -> str | None:
    return next(iter(program.tracks)) if len(program.tracks) == 1 else None


def _inside(node: Visited, path: Key) -> Iterator[tuple[Visited, Key]]:
    match node:
        case Where() | Requires():
            yield from ((test, test.path) for test in own_tests(node, path))
            for word in ("any", "all"):
                yield from ((part, (*path, word, index)) for index, part in enumerate(getattr(node, word)))
        case Test():
            yield from figures_in(node)
        case By():
            yield from ((figure, (*path, "values", key)) for key, figure in (node.values or {}).items())
            steps = enumerate(node.steps or ())
            yield from ((step.value, (*path, "steps", index, "value")) for index, step in steps)
            if node.otherwise is not None:
                yield node.otherwise, (*path, "otherwise")
        case Cases():
            for index, case in enumerate(node.cases):
                if case.requires is not None:
                    yield case.requires, (*path, index, "requires")
                yield case.value, (*path, index, "value")


def figures_in(test: Test) -> Iterator[tuple[Figure, Key]]:
    """The figures that a bound compares with, columns among them, each with where it stands."""
    for word in (*NUMBER_WORDS, *DATE_WORDS):
        figure = getattr(test.bound, word)
        if isinstance(figure, Number | OfMetric | OfColumn | By | Cases):
            yield figure, (*test.path, word)
    yield from _columns(test.bound.equal, test.path)
    yield from _columns(test.bound.not_, (*test.path, "not"))


def _columns(values: Iterable[object] | None, path: Key) -> Iterator[tuple[OfColumn, Key]]:
    yield from ((value, path) for value in values or () if isinstance(value, OfColumn))


def metrics_named(place: Place) -> Iterator[str]:
    """The metric that something itself takes the value of; what stands in it is a place of its own."""
    name = ""
    match place.node:
        case OfMetric(metric=metric):
            yield metric
        case Test(name=on) if not place.scope.is_of_rows:
            name = on
        case By(by=by) if not place.scope.is_of_rows and by not in {MONTH_END, TIER}:
            name = by
    if name and not name.startswith(OF_PARTNER):
        yield name


def made_of(metric: Metric) -> tuple[str, ...]:
    """The metrics that a metric is made of; none where it is of rows."""
    if metric.formula is not None:
        return metric.formula.metrics
    if metric.value is None:
        return ()
    inside = walk(Place(metric.value, (), Scope("metric")))
    return tuple(dict.fromkeys(name for place in inside for name in metrics_named(place)))
