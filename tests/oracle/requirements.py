"""Requirements as a program states them: their criteria by path, and the logic of three values."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from tests.oracle.figures import compare, is_cases, is_figure, named
from tests.oracle.rows import DATE_WORDS, NUMBER_WORDS, Row, meets
from tests.oracle.schema import listed

Requires = Mapping[str, Any]
GROUPS = ("any", "all")
BOUND_WORDS = ("equal", "not", "empty", *NUMBER_WORDS, *DATE_WORDS, "days_after", "in_each_of_last")


@dataclass(frozen=True)
class Criterion:
    """One bound on one metric, with its path inside `requires`.

    Attributes:
        path: where it stands.
        metric: the metric's id.
        word: the bound's word.
        threshold: the bound itself: a number, a figure that must be worked out first, a list of values, or None where
            it is unknown.
        each: of how many complete instances of the window it must hold; None: of the one that is read.
    """

    path: str
    metric: str
    word: str
    threshold: Any
    each: int | None = None

    def met(self, value: Fraction | Decimal | None) -> bool | None:
        """Whether the value keeps the bound; None where either is unknown."""
        if self.word == "empty":
            return bool((value is None) == self.threshold)
        if value is None or self.threshold is None:
            return None
        if self.word in NUMBER_WORDS:
            return compare(self.word, value, self.threshold)
        return (value in listed(self.threshold)) == (self.word == "equal")

    def missing(self, value: Fraction | Decimal | None) -> Fraction | None:
        """How far the value is from the bound: 0 where it is met, None where it is unknown or no way to measure."""
        met = self.met(value)
        if met is None or value is None or (not met and self.word not in NUMBER_WORDS):
            return None
        if met:
            return Fraction(0)
        above = Fraction(value) - Fraction(self.threshold)
        return -above if self.word in {"at_least", "more_than"} else above


@dataclass(frozen=True)
class ColumnCriterion:
    """One bound on one column of the roster, with its path inside `requires`."""

    path: str
    column: str
    word: str
    bound: Any

    def met(self, cells: Row) -> bool:
        """Whether the partner's cell keeps the bound; cells are named `partner.COLUMN`."""
        return meets(cells[f"partner.{self.column}"], self.bound, cells)


@dataclass(frozen=True)
class Attested:
    """Something that a person must have attested, with its path inside `requires`."""

    path: str
    name: str


@dataclass(frozen=True)
class Stands:
    """A tier or a qualification that must stand, with its path inside `requires`.

    `name` is the tier that is the least (`tier`), or the qualification (`qualified`); `track` None: the own one. In a
    rule `as_of` names the day, or `unbroken_since` the first one of many.
    """

    path: str
    kind: str
    name: str
    track: str | None
    as_of: str | None = None
    unbroken_since: str | None = None


Leaf = Criterion | ColumnCriterion | Attested | Stands


def leaves(requires: Requires, path: str = "") -> Iterator[Leaf]:
    """Every criterion, however deeply nested, in the order written."""
    for key, entry in requires.items():
        if key in GROUPS:
            for number, inner in enumerate(entry, start=1):
                yield from leaves(inner, f"{path}{key}.{number}.")
        else:
            yield from single(key, entry, path)


def single(key: str, entry: Any, path: str) -> Iterator[Leaf]:
    """The criteria of one entry that is no group."""
    if key == "attested":
        yield from (Attested(f"{path}attested.{name}", name) for name in listed(entry))
    elif key == "tier":
        yield stands(f"{path}tier", "tier", entry["at_least"], entry)
    elif key == "qualified":
        words = {"name": entry} if isinstance(entry, str) else entry
        yield stands(f"{path}qualified", "qualified", words["name"], words)
    elif key == "partner":
        for column, bound in entry.items():
            yield from of_column(column, bound, path)
    elif key.startswith("partner."):
        yield from of_column(key.removeprefix("partner."), entry, path)
    else:
        yield from of_metric(key, entry, path)


def stands(path: str, kind: str, name: str, words: Mapping[str, Any]) -> Stands:
    """The criterion of a tier or a qualification."""
    return Stands(path, kind, name, words.get("track"), words.get("as_of"), words.get("unbroken_since"))


def words_of(bound: Any) -> dict[str, Any]:
    """A bound by its words, in the order of the vocabulary; a plain value is the word `equal`."""
    is_bare = not isinstance(bound, Mapping) or is_figure(bound)
    return {"equal": bound} if is_bare else {word: bound[word] for word in sorted(bound, key=BOUND_WORDS.index)}


def of_metric(name: str, bound: Any, path: str) -> Iterator[Criterion]:
    """The criteria of one metric's bound: one for each word."""
    words = words_of(bound)
    each = words.pop("in_each_of_last", None)
    for word, value in words.items():
        yield Criterion(f"{path}{name}.{word}" if len(words) > 1 else f"{path}{name}", name, word, value, each)


def of_column(column: str, bound: Any, path: str) -> Iterator[ColumnCriterion]:
    """The criteria of one roster column's bound: one for each word."""
    name = f"{path}partner.{column}"
    for where, word, one in bounds_of(name, bound):
        yield ColumnCriterion(where, column, word, one)


def bounds_of(name: str, bound: Any) -> Iterator[tuple[str, str, Any]]:
    """The bounds on one column, each with its path and its word; the day that days are counted from is none itself."""
    words = words_of(bound)
    beside = {"days_after": words.pop("days_after")} if "days_after" in words else {}
    for word, value in words.items():
        one = value if word == "equal" else {word: value} | beside
        yield f"{name}.{word}" if len(words) > 1 else name, word, one


def criteria(requires: Requires) -> Iterator[Criterion]:
    """Every criterion on a metric, however deeply nested."""
    return (leaf for leaf in leaves(requires) if isinstance(leaf, Criterion))


def column_criteria(requires: Requires) -> Iterator[ColumnCriterion]:
    """Every criterion on a column of the roster, however deeply nested."""
    return (leaf for leaf in leaves(requires) if isinstance(leaf, ColumnCriterion))


def figure_metrics(value: Any) -> Iterator[str]:
    """The names that a figure reads a window of: its own, and those of its cases' requirements."""
    yield from named(value)
    if is_cases(value):
        for case in value:
            yield from required_metrics(case.get("requires", {}))
            yield from figure_metrics(case["value"])


def required_metrics(requires: Requires) -> Iterator[str]:
    """The metrics that requirements read in a look; not those read over complete instances alone."""
    for criterion in criteria(requires):
        if criterion.each is None:
            yield criterion.metric
            yield from figure_metrics(criterion.threshold)


def every(outcomes: Iterable[bool | None]) -> bool | None:
    """False where one is false, else unknown where one is unknown, else true."""
    known = list(outcomes)
    return False if False in known else None if None in known else True


def some(outcomes: Iterable[bool | None]) -> bool | None:
    """True where one is true, else unknown where one is unknown, else false."""
    known = list(outcomes)
    return True if True in known else None if None in known else False
