"""The one walk through a program's conditions, requirements and figures: all that is in them, with place and scope.

Checks never take these apart themselves. They ask for what the walk comes across and look at one thing at a time.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias, TypeVar

from tierctl.located import Key
from tierctl.program.metrics import ComputedColumn, Metric, WhereOrName
from tierctl.program.model import Action, Program
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
"""What a figure or a join means by it: the last day of the fiscal month under review."""

Kind: TypeAlias = Literal["rows", "gate", "tier", "qualification", "metric", "benefit"]


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
        return replace(self, export=None, joined=(), holder=(), is_choice=True)


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
    """Every requirement: gates, tiers, qualifications."""
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
    yield from (Place(requires, path, scope) for requires, path, scope in found if requires)


def conditions(program: Program) -> Iterator[Place]:
    """Every condition on rows; a named one at its own place, once for each export that it is used on."""
    named: dict[tuple[str, Scope], None] = {}
    for holder, path in condition_holders(program):
        scope = scope_of(holder, path)
        for key, stated in _stated(holder):
            if isinstance(stated, Where):
                yield Place(stated, (*path, key), scope)
            elif stated in program.conditions:
                named[stated, scope] = None
    for name, scope in named:
        yield Place(program.conditions[name], ("conditions", name), scope)


def named_conditions(program: Program) -> Iterator[tuple[str, Key]]:
    """Every name of a condition that is used, with where."""
    for holder, path in condition_holders(program):
        yield from ((stated, (*path, key)) for key, stated in _stated(holder) if isinstance(stated, str))


def condition_holders(program: Program) -> Iterator[tuple[Metric | ComputedColumn | Action, Key]]:
    """Every table that may choose among rows, with its path."""
    yield from ((metric, ("metrics", name)) for name, metric in program.metrics.items())
    yield from ((column, ("columns", name)) for name, column in program.columns.items())
    yield from ((action, ("actions", name)) for name, action in program.actions.items())


def scope_of(holder: Metric | ComputedColumn | Action, path: Key = ()) -> Scope:
    """What names mean in a table's conditions on rows."""
    joined = tuple(holder.with_) if isinstance(holder, Metric) else ()
    return Scope("rows", export=holder.from_ or "", joined=joined, holder=path)


def _stated(holder: Metric | ComputedColumn | Action) -> Iterator[tuple[str, WhereOrName]]:
    if holder.where is not None:
        yield "where", holder.where
    if isinstance(holder, Metric) and holder.share is not None:
        yield "share", holder.share


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
        case By(by=by) if not place.scope.is_of_rows and by != MONTH_END:
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
