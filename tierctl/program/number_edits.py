"""Number edits: one number of a program replaced without reading the program again.

Reading and checking a program takes milliseconds, and a sweep asks for thousands that differ in a number alone. Where
that number stands in the model is found by comparing two programs that were read in full and differ in nothing else.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TypeAlias

from tierctl.program.model import Program
from tierctl.program.scalars import Node, exact
from tierctl.program.settings import plain, share_text
from tierctl.program.values import Number

Steps: TypeAlias = tuple[str | int, ...]
"""A path in the model: fields, keys of tables, and places in lists."""


@dataclass(frozen=True)
class NumberEdit:
    """Where a number stands: in which of several programs, and where in its model."""

    program: int
    steps: Steps


def number_edits(
    before: tuple[Program, ...], after: tuple[Program, ...], value: Decimal
) -> tuple[NumberEdit, ...] | None:
    """Where programs that were read with different values of one number differ.

    Args:
        before: the programs, read with some value.
        after: the same programs in the same order, read with another.
        value: that other value.

    Returns:
        One entry per program that differs; None where putting the other value there does not give what was read.
    """
    edits: list[NumberEdit] = []
    for number, (old, new) in enumerate(zip(before, after, strict=True)):
        steps = list(_differences(old, new, ()))
        if len(steps) > 1:
            return None
        edits += [NumberEdit(number, steps[0])] if steps else []
    is_found = all(with_number(before[edit.program], edit.steps, value) == after[edit.program] for edit in edits)
    return tuple(edits) if is_found else None


def with_number(program: Program, steps: Steps, value: Decimal) -> Program:
    """The program with another number at a place of its model, as reading its file would give it.

    Nothing is checked: the caller knows that the number may stand there.
    """
    return _replaced(program, steps, value)  # type: ignore[no-any-return]  # a program's copy is a program


def _replaced(part: Any, steps: Steps, value: Decimal) -> Any:
    if not steps:
        return _as(part, value)
    first, rest = steps[0], steps[1:]
    if isinstance(part, Node):
        return part.model_copy(update={str(first): _replaced(getattr(part, str(first)), rest, value)})
    if isinstance(part, Mapping):
        return {**part, first: _replaced(part[first], rest, value)}
    items = list(part)
    items[int(first)] = _replaced(items[int(first)], rest, value)
    return tuple(items)


def _as(before: object, value: Decimal) -> object:
    """A number as what stood there before: a share, a whole number, a number."""
    if isinstance(before, Number):
        return Number.model_validate(share_text(value) if before.is_share else plain(value))
    return int(value) if isinstance(before, int) and value == int(value) else exact(plain(value))


def _differences(before: Any, after: Any, steps: Steps) -> Iterator[Steps]:
    """Where two parts of a model differ; what is not made alike differs as a whole."""
    if type(before) is type(after) and not isinstance(before, Number):
        inner = _inside(before), _inside(after)
        if inner[0].keys() == inner[1].keys() and inner[0]:
            for key, part in inner[0].items():
                yield from _differences(part, inner[1][key], (*steps, key))
            return
    if before != after:
        yield steps


def _inside(part: Any) -> dict[str | int, Any]:
    if isinstance(part, Node):
        return {name: getattr(part, name) for name in type(part).model_fields}
    if isinstance(part, Mapping):
        return dict(part)
    return dict(enumerate(part)) if isinstance(part, tuple | list) else {}
