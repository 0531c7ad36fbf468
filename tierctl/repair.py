"""A document with what is at fault in it left out, so that the rest can still be looked at.

A fault must not hide the others of its file. What cannot be read is dropped, a misspelled key is read as what it was
probably meant to be, and a value that must not be missing gets a stand-in. Nothing of this is ever computed with: it
only serves to find every other fault. Places are told as the file writes them, whatever was left out before them.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tierctl.located import Document, Key

_ID = "id"


@dataclass(frozen=True)
class Repairs:
    """What was changed in a document before it could be read; all paths are the file's.

    Attributes:
        touched: what was dropped, was missing, or has another value now.
        guessed: keys that are read as another key, or as another value, that they look like.
        unknown: keys that were dropped since they are none: each may have been meant as any key of its table.
        words: names that what was dropped may have given something: a reference to one of them is no fault of its own.
    """

    touched: frozenset[Key] = frozenset()
    guessed: frozenset[Key] = frozenset()
    unknown: frozenset[Key] = frozenset()
    words: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        """Whether anything was changed."""
        return bool(self.touched or self.guessed)

    def inside(self, path: Key) -> bool:
        """Whether something at the path or below it was changed."""
        return any(place[: len(path)] == path for place in self.touched)

    def may_lack(self, table: Key, *keys: str) -> bool:
        """Whether the table may lack one of the keys only since that, or a key of no name, could not be read."""
        return any(self.inside((*table, key)) for key in keys) or any(path[:-1] == table for path in self.unknown)

    def subjects(self, document: Document) -> frozenset[str]:
        """Every subject that holds something changed: a finding there may come of the change alone."""
        return frozenset(
            document.subject(document.read_as(path[:length]))
            for path in self.touched
            for length in range(1, len(path) + 1)
        )


class Draft:
    """A document under repair; every path is the file's."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._dropped: set[Key] = set()
        self._renamed: dict[Key, str] = {}
        self._replaced: dict[Key, object] = {}
        self._missing: set[Key] = set()
        self._guessed: set[Key] = set()
        self._unknown: set[Key] = set()
        self._words: set[str] = set()

    @property
    def repairs(self) -> Repairs:
        """What has been changed so far."""
        touched = self._dropped | self._replaced.keys() | self._missing
        return Repairs(frozenset(touched), frozenset(self._guessed), frozenset(self._unknown), frozenset(self._words))

    def drop(self, path: Key) -> bool:
        """Leave out what stands at the path, or where that is left out already, what holds it; False: nothing does."""
        while path and path in self._dropped | self._missing:
            path = path[:-1]
        if path in self._renamed:
            self._unknown.add(path)  # what it was read as is not known to be meant
        if path:
            self._dropped.add(path)
            self._words |= {str(path[-1]), self._renamed.get(path, ""), *_names_in(self._value(path))}
        return bool(path)

    def drop_unknown(self, path: Key) -> bool:
        """Leave out a key that is none."""
        self._unknown.add(path)
        return self.drop(path)

    def miss(self, path: Key) -> None:
        """Note that a key is missing for which another stands."""
        self._missing.add(path)

    def rename(self, path: Key, key: str) -> None:
        """Read a key as another."""
        self._renamed[path] = key
        self._guessed.add(path)
        self._words.add(str(path[-1]))

    def replace(self, path: Key, value: object) -> bool:
        """Put a stand-in in a value's place; False: one stands there already."""
        if path in self._replaced:
            return False
        before = self._value(path)
        self._words |= {before} if isinstance(before, str) else set()
        self._replaced[path] = value
        return True

    def fill(self, path: Key, value: object) -> None:
        """Put a stand-in where a key is missing, perhaps since it was dropped."""
        self._dropped.discard(path)
        self._replaced[path] = value

    def guess(self, path: Key, value: object) -> bool:
        """Read a value as another that it looks like; False: that was done already."""
        self._guessed.add(path)
        return self.replace(path, value)

    def build(self) -> Document:
        """The document as repaired so far."""
        origins: dict[Key, Key] = {}
        data = self._copy(self._document.data, (), (), origins)
        lines = {
            path: self._document.lines[origin] for path, origin in origins.items() if origin in self._document.lines
        }
        return Document(self._document.source, data, lines, origins)

    def _copy(self, value: Any, path: Key, new: Key, origins: dict[Key, Key]) -> Any:
        value = self._replaced.get(path, value)
        if isinstance(value, Mapping):
            keys = [key for key in value if (*path, key) not in self._dropped]
            keys += [str(place[-1]) for place in self._replaced if place[:-1] == path and place[-1] not in value]
            table: dict[str, Any] = {}
            for key in keys:
                name = self._renamed.get((*path, key), key)
                origins.setdefault((*new, name), (*path, key))
                inner = self._copy(value.get(key), (*path, key), (*new, name), origins)
                # Of two tables that are one, misspelled once, each has what the other has not.
                table[name] = {**table[name], **inner} if name in table else inner
            return table
        if isinstance(value, list):
            items: list[Any] = []
            for index, item in enumerate(value):
                if (*path, index) not in self._dropped:
                    place = (*new, len(items))
                    origins[place] = (*path, index)
                    items.append(self._copy(item, (*path, index), place, origins))
            return items
        return value

    def _value(self, path: Key) -> Any:
        value: Any = self._document.data
        for segment in path:
            try:
                value = value[segment]
            except (KeyError, IndexError, TypeError):
                return None
        return value


def _names_in(value: object) -> Iterator[str]:
    """What a value may give a name to: its keys, and the ids in it."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield str(key)
            if key == _ID and isinstance(inner, str):
                yield inner
            yield from _names_in(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _names_in(inner)
