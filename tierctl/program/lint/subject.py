"""What the checks look at: a program, the document it was read from, and the contracts it refers to."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

from tierctl import contracts
from tierctl.contracts import Contract, Field
from tierctl.findings import Finding, error, warning
from tierctl.located import Document, Key
from tierctl.program.model import Metric, Program
from tierctl.program.values import Bound, By, Cases, Figure, OfColumn, OfMetric, Requires, Where
from tierctl.repair import Repairs
from tierctl.validation import did_you_mean

ROSTER = "partners"


@dataclass(frozen=True)
class Test:
    """One bound of a condition or requirement: what it is on, and where the file writes it."""

    name: str
    bound: Bound
    path: Key


@dataclass(frozen=True)
class Subject:
    """A program under lint; findings about it are made here, so that each has its line.

    `repairs` is what was left out of the document for the program to be read.
    """

    program: Program
    document: Document
    repairs: Repairs = field(default=Repairs())

    def error(self, code: str, path: Iterable[str | int], message: str, hint: str = "") -> Finding:
        """A finding that fails the file."""
        return error(f"program-{code}", self.document.source, self.document.subject(tuple(path)), message, hint)

    def warning(self, code: str, path: Iterable[str | int], message: str, hint: str = "") -> Finding:
        """A finding that only says so."""
        return warning(f"program-{code}", self.document.source, self.document.subject(tuple(path)), message, hint)

    def unknown(self, code: str, path: Iterable[str | int], what: str, name: str, allowed: Iterable[str]) -> Finding:
        """A name that stands for nothing; what it may be, and what was probably meant."""
        allowed = tuple(allowed)
        listed = ", ".join(allowed) or "none"
        return self.error(code, path, f"{name} is no {what}; there are: {listed}", did_you_mean(name, allowed))

    def is_whole(self, path: Key) -> bool:
        """Whether nothing was left out at the path or below it."""
        return not self.repairs.inside(self.document.written(self.document.in_file(path)))

    def may_lack(self, table: Key, *keys: str) -> bool:
        """Whether a table may lack one of these keys only since part of it could not be read."""
        return self.repairs.may_lack(self.document.written(table), *keys)

    def may_be_left_out(self, table: str, name: str) -> bool:
        """Whether a name that stands for nothing may be that of an entry that could not be read."""
        return name in self.repairs.words or (table,) in self.repairs.touched

    def word_path(self, test: Test, word: str) -> Key:
        """Where a word of a bound stands: `COLUMN = value` has no key of its own for it."""
        path = (*self.document.in_file(test.path), word)
        return path if path in self.document.lines else test.path

    def requirements(self) -> Iterator[tuple[Requires, Key]]:
        """Every requirement of the program, gates included, with its path."""
        if self.program.gate:
            yield self.program.gate, ("gate",)
        for name, track in self.program.tracks.items():
            if track.gate:
                yield track.gate, ("tracks", name, "gate")
            for index, tier in enumerate(track.tiers):
                if tier.requires:
                    yield tier.requires, ("tracks", name, "tiers", index, "requires")

    def figures_of_partners(self) -> Iterator[tuple[Figure, Key]]:
        """Every figure that has one value per partner: in requirements, and of benefits."""
        for requires, path in self.requirements():
            for test in tests_in(requires, path):
                yield from ((figure, self.word_path(test, word)) for word, figure in figures_in(test.bound))
        for name, benefit in self.program.benefits.items():
            if isinstance(benefit.tiers, dict):
                yield from ((figure, ("benefits", name, "tiers", tier)) for tier, figure in benefit.tiers.items())

    def conditions(self) -> Iterator[tuple[Where, Key, str]]:
        """Every condition on rows, with its path and its export: a named one once for each export it is used on."""
        used: dict[tuple[str, str], None] = {}
        for name, metric in self.program.metrics.items():
            if isinstance(metric.where, Where):
                yield metric.where, ("metrics", name, "where"), metric.from_
            elif metric.where in self.program.conditions:
                used[metric.where, metric.from_] = None
        for condition, export in used:
            yield self.program.conditions[condition], ("conditions", condition), export

    def columns_of_metrics(self) -> Iterator[tuple[str, Key, str, Metric]]:
        """Every column that a metric names outside its condition: column, path, its role, the metric."""
        for name, metric in self.program.metrics.items():
            path: Key = ("metrics", name)
            if metric.sum:
                yield metric.sum, (*path, "sum"), "sum", metric
            yield from ((column, (*path, "count"), "count", metric) for column in metric.count or ())
            yield from ((column, (*path, "on"), "on", metric) for column in metric.on)
            if metric.running:
                ends = {word: getattr(metric.running, word) for word in ("since", "before", "through")}
                yield from (
                    (column, (*path, "running", word), "running", metric) for word, column in ends.items() if column
                )


Check: TypeAlias = Callable[[Subject], Iterator[Finding]]


def tests_in(tests: Where | Requires, path: Key) -> Iterator[Test]:
    """Every bound of a condition or requirement, nested ones included."""
    yield from own_tests(tests, path)
    for word in ("any", "all"):
        for index, part in enumerate(getattr(tests, word)):
            yield from tests_in(part, (*path, word, index))


def own_tests(tests: Where | Requires, path: Key) -> Iterator[Test]:
    """The bounds that must all hold, without the nested groups."""
    yield from (Test(name, bound, (*path, name)) for name, bound in tests.tests.items())


def figures_in(bound: Bound) -> Iterator[tuple[str, Figure]]:
    """The figures of a bound's number words, with the word."""
    for word in ("at_least", "more_than", "at_most", "less_than"):
        figure = getattr(bound, word)
        if figure is not None:
            yield word, figure


def parts_of(figure: Figure, path: Key) -> Iterator[tuple[Figure, Key]]:
    """A figure and every figure inside it, with its path."""
    yield figure, path
    if isinstance(figure, By):
        for key, value in (figure.values or {}).items():
            yield from parts_of(value, (*path, "values", key))
        for index, step in enumerate(figure.steps or ()):
            yield from parts_of(step.value, (*path, "steps", index, "value"))
        if figure.otherwise:
            yield from parts_of(figure.otherwise, (*path, "otherwise"))
    elif isinstance(figure, Cases):
        for index, case in enumerate(figure.cases):
            yield from parts_of(case.value, (*path, index, "value"))


def subjects_in(figure: Figure) -> Iterator[str]:
    """The metrics and columns whose values a figure takes, those of its cases' requirements included."""
    for part, _ in parts_of(figure, ()):
        if isinstance(part, OfMetric):
            yield part.metric
        elif isinstance(part, OfColumn):
            yield part.column
        elif isinstance(part, By) and part.by != "month_end":
            yield part.by
        elif isinstance(part, Cases):
            for case in part.cases:
                for test in tests_in(case.requires, ()) if case.requires else ():
                    yield test.name
                    yield from (name for _, inner in figures_in(test.bound) for name in subjects_in(inner))


def columns_in(bound: Bound) -> Iterator[tuple[str, str]]:
    """The columns that a bound compares with, each with the word it stands at."""
    if bound.days_after is not None:
        yield "days_after", bound.days_after
    for word in bound.words:
        values = bound.not_ if word == "not" else getattr(bound, word)
        for value in values if isinstance(values, tuple) else (values,):
            if isinstance(value, OfColumn):
                yield word, value.column
            elif isinstance(value, By):
                yield word, value.by


def contract_of(export: str) -> Contract | None:
    """The contract of an export; None: there is no such export, which is another check's finding."""
    return contracts.export_contract(export) if export in contracts.export_names() else None


def field_of(name: str, export: str) -> Field | None:
    """The field that a condition's name means: `COLUMN` of the export, `partner.COLUMN` of the roster."""
    contract = contract_of(ROSTER if name.startswith("partner.") else export)
    column = name.removeprefix("partner.")
    return contract.field(column) if contract and column in contract.names else None
