"""Which key stands twice in a text that is no TOML for that reason, and where it stands first."""

import re
import tomllib
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

_TABLE = re.compile(r"\s*\[\[?(?P<keys>[^\[\]]+)\]")
_KEY = re.compile(r"\s*(?P<keys>[^=#\[\]{}]+?)\s*=")


@dataclass(frozen=True)
class _Place:
    """A line that begins a table or says a key, and the whole path of that."""

    line: int
    path: tuple[str, ...]
    is_table: bool


def twice_hint(lines: Sequence[str], number: int) -> str:
    """What to do about a line whose key or table is there already; empty: no earlier line has it.

    >>> print(twice_hint(['ledger = "closes"', "[ledger]", 'starts = "2025-01"'], 2))
    ledger stands twice, first in line 1: the table [ledger] replaces that line, so say in the table what the line says
    >>> print(twice_hint(["[a]", "b = 1", "b = 2"], 3))
    a.b stands twice, first in line 2: keep one of them
    """
    places = list(_places(lines[:number]))
    if not places or places[-1].line != number:
        return ""
    *before, last = places
    first = next((each for each in before if _is_same(each, last)), None)
    if first is None:
        return ""
    name = ".".join(first.path)
    said = f"{name} stands twice, first in line {first.line}"
    if last.is_table and not first.is_table:
        return f"{said}: the table [{name}] replaces that line, so say in the table what the line says"
    return f"{said}: keep one of them"


def _is_same(first: _Place, last: _Place) -> bool:
    """Whether both are one key, or the later one is inside of what the earlier one says in a line."""
    return first.path == last.path or (not first.is_table and last.path[: len(first.path)] == first.path)


def _places(lines: Sequence[str]) -> Iterator[_Place]:
    table: tuple[str, ...] = ()
    for number, line in enumerate(lines, start=1):
        header = _TABLE.match(line)
        match = header or _KEY.match(line)
        path = _path(match["keys"]) if match else ()
        if header and path:
            table = path
            yield _Place(number, path, is_table=True)
        elif path:
            yield _Place(number, (*table, *path), is_table=False)


def _path(keys: str) -> tuple[str, ...]:
    """The keys that a dotted one is made of; none where it is no key."""
    path: list[str] = []
    with suppress(tomllib.TOMLDecodeError):
        inner: object = tomllib.loads(f"{keys} = 0")
        while isinstance(inner, dict):
            key, inner = next(iter(inner.items()))
            path.append(key)
    return tuple(path)
