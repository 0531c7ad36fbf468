"""Figures: one number, however a program writes it, and formulas over metrics. All exact."""

import re
from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from typing import Any

from tests.oracle.schema import listed

Cell = Callable[[str], Any]
"""A name (a column, a metric, `month_end`) → what it says; None where it says nothing."""
Holds = Callable[[Mapping[str, Any]], bool | None]
"""Requirements → whether they hold; None where that is unknown."""

TOKEN = re.compile(r"\s*([0-9][0-9_]*(?:\.[0-9_]+)?|[A-Za-z_][A-Za-z0-9_]*|[-+*/(),])")
FIGURE_KEYS = frozenset({"metric", "column", "by"})


def compare(word: str, left: Any, right: Any) -> bool:
    """Whether two numbers, or two days, stand as the word says."""
    match word:
        case "at_least" | "since":
            return bool(left >= right)
        case "more_than" | "after":
            return bool(left > right)
        case "at_most" | "through":
            return bool(left <= right)
        case "less_than" | "before":
            return bool(left < right)
    raise ValueError(word)


def is_figure(value: Any) -> bool:
    """Whether a table stands for a number rather than being bounds."""
    return isinstance(value, Mapping) and bool(FIGURE_KEYS & value.keys())


def is_cases(value: Any) -> bool:
    """Whether a list is one of values with requirements, the first of which to hold counts."""
    return isinstance(value, list) and bool(value) and all(isinstance(case, Mapping) for case in value)


def never(requires: Mapping[str, Any]) -> bool | None:
    """Requirements where there are none to ask: a figure over a row alone."""
    raise AssertionError(f"no requirements here: {requires}")


def figure(value: Any, cell: Cell, holds: Holds = never) -> Any:
    """What a figure comes to; None where it is unknown. A plain value that is no number stays what it is."""
    if isinstance(value, str) and value.endswith("%"):
        return Fraction(value.removesuffix("%").strip()) / 100
    if is_cases(value):
        for case in value:
            if "requires" not in case or holds(case["requires"]) is True:
                return figure(case["value"], cell, holds)
        return None
    if not isinstance(value, Mapping):
        return value
    for word in ("metric", "column"):
        if word in value:
            return cell(value[word])
    said = cell(value["by"])
    return stepped(value["steps"], said, cell, holds) if "steps" in value else chosen(value, said, cell, holds)


def stepped(steps: list[Mapping[str, Any]], said: Any, cell: Cell, holds: Holds) -> Any:
    """The figure of the last step that is reached; None below the first one, or where nothing is said."""
    found: Any = None
    if said is None:
        return None
    for step in steps:
        words = [(word, bound) for word, bound in step.items() if word in {"at_least", "more_than", "since"}]
        if all(compare(word, said, figure(bound, cell, holds)) for word, bound in words):
            found = step["value"]
    return figure(found, cell, holds)


def chosen(table: Mapping[str, Any], said: Any, cell: Cell, holds: Holds) -> Any:
    """The figure listed for what is said, else that of `otherwise`."""
    key = str(said).lower() if isinstance(said, bool) else None if said is None else str(said)
    if key in table["values"]:
        return figure(table["values"][key], cell, holds)
    return figure(table["otherwise"], cell, holds) if "otherwise" in table else None


def named(value: Any) -> Iterator[str]:
    """Every name that a figure looks at by `metric` or `by`, and those in its requirements' bounds."""
    if isinstance(value, Mapping):
        for word, inner in value.items():
            if word in {"metric", "by"}:
                yield from listed(inner)
            elif word not in {"requires", "column"}:
                yield from named(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from named(inner)


def tokens(formula: str) -> list[str]:
    """A formula's words and signs."""
    found = TOKEN.findall(formula)
    assert "".join(found) == re.sub(r"\s", "", formula), formula
    return found


def formula_names(formula: str) -> set[str]:
    """The metrics that a formula is over."""
    return {token for token in tokens(formula) if token[0].isalpha() or token[0] == "_"} - {"least", "greatest"}


class Formula:
    """One formula being worked out, left to right, a None anywhere making it None."""

    def __init__(self, text: str, cell: Cell) -> None:
        self.rest = tokens(text)
        self.cell = cell

    def value(self) -> Fraction | None:
        """What the whole formula comes to."""
        found = self.sum()
        assert not self.rest, self.rest
        return found

    def take(self, *wanted: str) -> str | None:
        """The next sign, if it is one of those wanted."""
        return self.rest.pop(0) if self.rest and self.rest[0] in wanted else None

    def sum(self) -> Fraction | None:
        """Products, added and taken away."""
        left = self.product()
        while sign := self.take("+", "-"):
            right = self.product()
            left = None if left is None or right is None else left + right if sign == "+" else left - right
        return left

    def product(self) -> Fraction | None:
        """Single values, multiplied and divided; what is divided by 0 is unknown."""
        left = self.single()
        while sign := self.take("*", "/"):
            right = self.single()
            if left is None or right is None or (sign == "/" and right == 0):
                left = None
            else:
                left = left * right if sign == "*" else left / right
        return left

    def single(self) -> Fraction | None:
        """A number, a metric, a formula in brackets, the least or the greatest of several."""
        if sign := self.take("-", "+"):
            found = self.single()
            return -found if found is not None and sign == "-" else found
        if self.take("("):
            found = self.sum()
            assert self.take(")")
            return found
        word = self.rest.pop(0)
        if word[0].isdigit():
            return Fraction(word.replace("_", ""))
        if word not in {"least", "greatest"} or not self.take("("):
            value = self.cell(word)
            return None if value is None else Fraction(value)
        several = [self.sum()]
        while self.take(","):
            several.append(self.sum())
        assert self.take(")")
        known = [value for value in several if value is not None]
        if len(known) < len(several):
            return None
        return min(known) if word == "least" else max(known)
