"""Criteria: bounds on metrics and on the roster's columns, in three-valued logic."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from tests.oracle.rows import NUMBER_WORDS, Row, compare, meets, plain

Requires = Mapping[str, Any]
Value = Callable[[str], Decimal | None]
"""A metric's id → its value, None where it is unknown."""


@dataclass(frozen=True)
class Criterion:
    """One bound on one metric, with its path inside `requires`."""

    path: str
    metric: str
    word: str
    threshold: Decimal

    def met(self, value: Decimal | None) -> bool | None:
        """Whether the value keeps the bound; None where it is unknown."""
        return None if value is None else compare(self.word, value, self.threshold)

    def missing(self, value: Decimal | None) -> Decimal | None:
        """How far the value is from the bound: 0 where it is met, None where it is unknown."""
        if value is None:
            return None
        if self.met(value):
            return Decimal(0)
        return self.threshold - value if self.word in {"at_least", "more_than"} else value - self.threshold


@dataclass(frozen=True)
class ColumnCriterion:
    """One bound on one column of the roster, with its path inside `requires`."""

    path: str
    column: str
    word: str
    bound: Any

    def met(self, partner: Row) -> bool:
        """Whether the partner's cell keeps the bound."""
        return meets(partner[self.column], self.bound, partner)


def entries(requires: Requires, path: str = "") -> Iterator[tuple[str, str, Any]]:
    """Every named bound, however deeply nested, as (path before the name, name, bound)."""
    for key, entry in requires.items():
        if key in {"any", "all"}:
            for number, inner in enumerate(entry, start=1):
                yield from entries(inner, f"{path}{key}.{number}.")
        elif key == "partner":
            for column, bound in entry.items():
                yield path, f"partner.{column}", bound
        else:
            yield path, key, entry


def criteria(requires: Requires) -> Iterator[Criterion]:
    """Every criterion on a metric, however deeply nested."""
    for path, name, bound in entries(requires):
        if name.startswith("partner."):
            continue
        words = {word: value for word, value in bound.items() if word in NUMBER_WORDS}
        assert words == bound, f"the oracle knows only number words on a metric, not {bound}"
        for word, value in words.items():
            yield Criterion(
                path=f"{path}{name}.{word}" if len(words) > 1 else f"{path}{name}",
                metric=name,
                word=word,
                threshold=Decimal(plain(value, {})),
            )


def column_criteria(requires: Requires) -> Iterator[ColumnCriterion]:
    """Every criterion on a column of the roster, however deeply nested."""
    for path, name, bound in entries(requires):
        if not name.startswith("partner."):
            continue
        words = bound if isinstance(bound, Mapping) else {"equal": bound}
        for word, value in words.items():
            yield ColumnCriterion(
                path=f"{path}{name}.{word}" if len(words) > 1 else f"{path}{name}",
                column=name.removeprefix("partner."),
                word=word,
                bound=value if word == "equal" else {word: value},
            )


def every(outcomes: Iterable[bool | None]) -> bool | None:
    """False where one is false, else unknown where one is unknown, else true."""
    known = list(outcomes)
    return False if False in known else None if None in known else True


def some(outcomes: Iterable[bool | None]) -> bool | None:
    """True where one is true, else unknown where one is unknown, else false."""
    known = list(outcomes)
    return True if True in known else None if None in known else False


def assess(requires: Requires, value: Value, partner: Row) -> bool | None:
    """Whether the requirements hold: True, False, or None where it cannot be known."""
    outcomes: list[bool | None] = []
    for key, entry in requires.items():
        if key == "any":
            outcomes.append(some(assess(inner, value, partner) for inner in entry))
        elif key == "all":
            outcomes.append(every(assess(inner, value, partner) for inner in entry))
        else:
            own = {key: entry}
            outcomes += [criterion.met(value(criterion.metric)) for criterion in criteria(own)]
            outcomes += [criterion.met(partner) for criterion in column_criteria(own)]
    return every(outcomes)
