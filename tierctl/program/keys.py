"""Keys: how a person names a value of a program file in short, as `elite.net_new_mrr`.

A key's segments are some of those of the value's full path, in their order. `[[tiers]]` entries go by their id, other
items of a list by their number from 1. The program's id may stand first.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations
from typing import Generic, Protocol, TypeAlias, TypeVar

from tierctl.located import Key
from tierctl.program.values import BOUND_WORDS
from tierctl.validation import closest

Segments: TypeAlias = tuple[str, ...]

_ID = "id"
_SEGMENT = re.compile(r'"([^"]*)"|([^."\[\]\s]+)')
_BARE = re.compile(r"[A-Za-z0-9_-]+")
_SAY_LITTLE = frozenset(
    {*BOUND_WORDS, "requires", "where", "any", "all", "values", "steps", "value", "tiers", "tracks"}
)
"""Words that stand at so many places that a key of them alone tells a reader nothing."""


def segments_of(text: str) -> Segments:
    """The segments of a key as it is typed; a number may stand in brackets, and other than plain words in quotes.

    >>> segments_of('elite.any[2].net_new_mrr'), segments_of('values."Teams Calling"')
    (('elite', 'any', '2', 'net_new_mrr'), ('values', 'Teams Calling'))
    """
    return tuple(quoted or bare for quoted, bare in _SEGMENT.findall(text))


def key_text(segments: Iterable[str]) -> str:
    """Segments as a person types them.

    >>> key_text(("values", "Teams Calling")), key_text(("any", "2", "at_least"))
    ('values."Teams Calling"', 'any.2.at_least')
    """
    return ".".join(segment if _BARE.fullmatch(segment) else f'"{segment}"' for segment in segments)


def named(path: Key, data: object) -> Segments:
    """A path of a document's data by segments: numbers from 1, and ids where the entries of a list have them."""
    segments: list[str] = []
    for segment in path:
        if isinstance(segment, int):
            items = data if isinstance(data, Sequence) else ()
            data = items[segment] if segment < len(items) else None
            segments.append(str(data[_ID]) if has_ids(items) and isinstance(data, Mapping) else str(segment + 1))
        else:
            data = data.get(segment) if isinstance(data, Mapping) else None
            segments.append(segment)
    return tuple(segments)


def has_ids(items: object) -> bool:
    """Whether it is a list of tables that each say their id."""
    if not isinstance(items, list) or not items:
        return False
    return all(isinstance(item, Mapping) and isinstance(item.get(_ID), str) for item in items)


class Keyed(Protocol):
    """What a key can mean: something of a program, with its full path."""

    @property
    def program(self) -> str:
        """The program's id."""

    @property
    def segments(self) -> Segments:
        """The full path within the program."""


Item = TypeVar("Item", bound=Keyed)


class Index(Generic[Item]):
    """Everything that keys can mean, found by its segments.

    What stands in several editions of a program stands under one path, and is one thing.
    """

    def __init__(self, items: Iterable[Item]) -> None:
        self.items = tuple(items)
        self._full: dict[Segments, list[int]] = {}
        self._with: dict[str, set[int]] = {}
        for number, item in enumerate(self.items):
            whole = (item.program, *item.segments)
            for full in {whole, item.segments}:
                self._full.setdefault(full, []).append(number)
            for segment in set(whole):
                self._with.setdefault(segment, set()).add(number)

    def find(self, key: Segments, *, below: bool = True) -> tuple[Item, ...]:
        """What a key means, in the file's order; more than one path: the key is ambiguous.

        A full path means its own. Else what ends with the key's last segment comes before what lies below it, and a
        list before its items.

        Args:
            key: the key's segments.
            below: whether it may mean what lies below its last segment.
        """
        if key in self._full:
            return tuple(self.items[number] for number in self._full[key])
        if not key:
            return ()
        numbers = sorted(set.intersection(*(self._with.get(segment, set()) for segment in key)))
        within = [item for item in map(self.items.__getitem__, numbers) if _is_within(key, _whole(item))]
        ends = [item for item in within if item.segments[-1] == key[-1]]
        found = ends or (within if below else [])
        wholes = {_whole(item) for item in found}
        return tuple(item for item in found if not any(_whole(item)[:end] in wholes for end in _ends(item)))

    def shortest(self, item: Item, *, below: bool = True) -> str:
        """The shortest key that means this alone; of several, the one whose segments stand at the fewest places."""
        for segments in (item.segments, _whole(item)):
            for size in range(1, len(segments) + 1):
                keys = [key for key in _parts(segments, size) if self._means(key, item, below)]
                told = [key for key in keys if not _SAY_LITTLE.issuperset(key)]
                if told:
                    best = min(reversed(told), key=self._commonness)
                    return key_text(best)
        return key_text(_whole(item))

    def _commonness(self, key: Segments) -> tuple[int, int]:
        return len(_SAY_LITTLE.intersection(key)), sum(len(self._with[segment]) for segment in key)

    def _means(self, key: Segments, item: Item, below: bool) -> bool:
        return {_whole(found) for found in self.find(key, below=below)} == {_whole(item)}

    def meant(self, key: Segments, *, below: bool = True) -> str:
        """A hint for a key that means nothing: the one that was probably meant; empty: none looks like it."""
        corrected = tuple(
            segment if segment in self._with else closest(segment, self._with) or segment for segment in key
        )
        found = self.find(corrected, below=below)
        if found and corrected != key:
            return f"did you mean {key_text(corrected)}?"
        shared = [(len(set(key) & set(item.segments)), item) for item in self.items if {*key[-1:]} & set(item.segments)]
        most = max((count for count, _ in shared), default=0)
        alike = [self.shortest(item, below=below) for count, item in shared if count == most]
        best = closest(key_text(key), alike) or (alike[0] if most > 1 else "")
        return f"did you mean {best}?" if best else ""


def _whole(item: Keyed) -> Segments:
    return (item.program, *item.segments)


def _ends(item: Keyed) -> range:
    """The lengths of the paths above it, the program's id included."""
    return range(1, len(item.segments) + 1)


def _is_within(key: Segments, segments: Segments) -> bool:
    rest = iter(segments)
    return all(segment in rest for segment in key)


def _parts(segments: Segments, size: int) -> Iterable[Segments]:
    """Keys of so many segments; a number only behind the list that it counts in."""
    for places in combinations(range(len(segments)), size):
        if all(not segments[place].isdigit() or place - 1 in places for place in places):
            yield tuple(segments[place] for place in places)
