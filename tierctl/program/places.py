"""Places: where values, criteria and rules of a program stand in its file, so that they can be cited and changed."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from tierctl.located import Document, Key
from tierctl.program.keys import Index, Segments, key_text, named, segments_of
from tierctl.program.load import EditionFile
from tierctl.program.rules import Kind
from tierctl.program.values import DATE_WORDS, NUMBER_WORDS

_GROUPS = ("any", "all")
_WORDS = ("at_least", "more_than", *NUMBER_WORDS, *DATE_WORDS, "not", "empty", "name", "column")
"""The words by which a criterion says what it asks for, a standing's among them."""

_NO_RULES = ("examples",)
"""Parts of a file that no review reads."""


@dataclass(frozen=True)
class Place:
    """Something that a program file says, and where.

    Attributes:
        path: the path in the file's data, by which a `Document` knows its line.
        key: the full path as a person writes it: `[[tiers]]` entries by id, items of a list by number from 1.
        line: the line of the file.
        value: what stands there, as TOML reads it, numbers as Decimals.
        program: the program's id.
    """

    path: Key
    key: str
    line: int
    value: object
    program: str = ""

    @cached_property
    def segments(self) -> Segments:
        """The full path, segment by segment."""
        return segments_of(self.key)


def places(document: Document) -> tuple[Place, ...]:
    """Every value of a program file that a review may depend on, in the file's order.

    Tables are taken apart, and so are lists of tables. A list of plain values is a value, and each of its items is one
    too. What stands in `examples` is left out.
    """
    return tuple(place for place, is_value in _walk(document) if is_value)


def nodes(document: Document) -> tuple[Place, ...]:
    """Every value of a program file as `places` gives them, and the tables and lists that they stand in."""
    return tuple(place for place, _ in _walk(document))


def find(within: Document | Sequence[Place], key: str) -> tuple[Place, ...]:
    """What a key means: one place, or one in each of several editions.

    No place: there is no such value. Places with several keys, or of several programs: the key is ambiguous.
    """
    return Index(places(within) if isinstance(within, Document) else within).find(segments_of(key))


def shortest(place: Place, within: Document | Sequence[Place]) -> str:
    """The shortest key that means this place and no other."""
    return Index(places(within) if isinstance(within, Document) else within).shortest(place)


def place_at(document: Document, path: Key) -> Place:
    """The place at a path of the document's data; its line is that of the nearest table that the file has."""
    path = document.in_file(path)
    value: Any = document.data
    for segment in path:
        value = value[segment]
    return Place(path, key_text(named(path, document.data)), document.line(path) or 1, value, _program(document))


def criterion_place(file: EditionFile, track: str, tier: str | None, criterion: str) -> Place | None:
    """Where a criterion stands, or the nearest table above it.

    Args:
        file: the edition.
        track: the track's name.
        tier: the id of the tier, or the name of the qualification; None: a gate's test.
        criterion: the criterion as evidence names it, such as `any.2.net_new_mrr.at_least`.

    Returns:
        The place; None where no such requirement is made.
    """
    own: Key = ("tracks", track)
    bases: list[Key] = [("gate",), (*own, "gate")]
    if tier is not None:
        tiers = enumerate(file.program.tracks[track].tiers) if track in file.program.tracks else ()
        bases = [(*own, "tiers", index, "requires") for index, each in tiers if each.id == tier]
        bases.append((*own, "qualifications", tier, "requires"))
    found = (_criterion_path(file.document.data, base, criterion.split(".")) for base in bases)
    path = next((path for path in found if path), None)
    return place_at(file.document, path) if path else None


def rule_place(file: EditionFile, kind: Kind, name: str) -> Place | None:
    """Where a rule that pays begins; None: the file has none of that name."""
    return _table(file, (kind, name))


def metric_place(file: EditionFile, name: str) -> Place | None:
    """Where a metric begins; None: the file has none of that name."""
    return _table(file, ("metrics", name))


def _table(file: EditionFile, path: Key) -> Place | None:
    return place_at(file.document, path) if _at(file.document.data, path) is not None else None


def _walk(document: Document) -> Iterator[tuple[Place, bool]]:
    """Everything in the file, and whether it is a value of its own."""
    program = _program(document)
    parts = {name: part for name, part in document.data.items() if name not in _NO_RULES}
    for path, segments, value, is_value in _inside(parts, (), ()):
        yield Place(path, key_text(segments), document.line(path) or 1, value, program), is_value


def _inside(value: Any, path: Key, segments: Segments) -> Iterator[tuple[Key, Segments, Any, bool]]:
    if path:
        yield path, segments, value, _is_value(value)
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _inside(inner, (*path, key), (*segments, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            (name,) = named((index,), value)
            yield from _inside(inner, (*path, index), (*segments, name))


def _is_value(value: object) -> bool:
    if isinstance(value, list):
        return not any(isinstance(item, Mapping | list) for item in value)
    return not isinstance(value, Mapping)


def _program(document: Document) -> str:
    return str(document.data.get("id", ""))


def _criterion_path(data: Any, base: Key, parts: Sequence[str]) -> Key | None:
    """The path of a criterion inside requirements; None where those or their test are not there."""
    path, rest = base, list(parts)
    while rest[:1] and rest[0] in _GROUPS:
        path, rest = (*path, rest[0], int(rest[1]) - 1), rest[2:]
    subject, *rest = rest
    tests = _at(data, path)
    if not isinstance(tests, Mapping):
        return None
    if subject == "attested":
        return _attested(tests, path, rest[0])
    if subject not in tests and f"{subject}.{rest[0] if rest else ''}" in tests:
        subject, rest = f"{subject}.{rest[0]}", rest[1:]
    elif subject == "partner" and rest:
        path, (subject, *rest) = (*path, subject), rest
    path = (*path, subject)
    bound = _at(data, path)
    if bound is None:
        return None
    said = [word for word in (rest or _WORDS) if isinstance(bound, Mapping) and word in bound]
    return (*path, said[0]) if said else path


def _attested(tests: Mapping[str, Any], path: Key, name: str) -> Key | None:
    stated = tests.get("attested")
    if stated == name:
        return (*path, "attested")
    return (*path, "attested", stated.index(name)) if isinstance(stated, list) and name in stated else None


def _at(data: Any, path: Key) -> Any:
    """What stands at a path; None: nothing does."""
    for segment in path:
        is_there = segment in data if isinstance(data, Mapping) else isinstance(data, list) and int(segment) < len(data)
        if not is_there:
            return None
        data = data[segment]
    return data
