"""Drafts: a program file with some of its values changed, where everything still knows who put it there."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Any

from tierctl.findings import Finding
from tierctl.located import Document, Key
from tierctl.program.keys import Segments, has_ids, segments_of
from tierctl.program.overlays import Overlay

_LEFT_OUT = ("examples",)
"""A changed program is not what its examples are of."""

_ID, _TIERS, _TRACKS = "id", "tiers", "tracks"


@dataclass
class _Part:
    """A value, a table or a list, with the file and the line that it comes from."""

    value: Any
    source: str
    line: int | None


@dataclass(frozen=True)
class _Edit:
    """A change: the full path, and the file or the words of the command line that say it; an overlay's with line."""

    segments: Segments
    source: str
    line: int | None = None

    @property
    def said(self) -> str:
        return self.source if self.line is None else f"{self.source}:{self.line}"


class Draft:
    """A program file under edit, without its examples."""

    def __init__(self, document: Document) -> None:
        data = {key: value for key, value in document.data.items() if key not in _LEFT_OUT}
        self._source = document.source
        self._root = _parts(data, document, ())
        self._edits: list[_Edit] = []

    def document(self) -> Document:
        """The file as edited; each path has the line of the file that it comes from."""
        lines: dict[Key, int] = {}
        data = _data(self._root, (), lines)
        return Document(self._source, data, lines)

    def copy(self) -> "Draft":
        """Another draft that is the same so far."""
        return deepcopy(self)

    def set(self, path: Key, value: object, said: str) -> None:
        """Put a value in another's place."""
        self._edits.append(_Edit(_named(self._root, path), said))
        part = _at(self._root, path)
        part.value = _parts(value, Document(part.source, {}, {}), ()).value

    def remove(self, path: Key, source: str, line: int) -> None:
        """Take something away."""
        self._edits.append(_Edit(_named(self._root, path), source, line))
        del _at(self._root, path[:-1]).value[path[-1]]

    def merge(self, overlay: Overlay) -> None:
        """Put in what an overlay says: tables are merged, entries with an id by their id, all else is replaced."""
        self._merge(self._root, _parts(overlay.document.data, overlay.document, ()), ())

    def cite(self, finding: Finding) -> Finding:
        """The finding as one about the changes: it cites the change that is nearest to what it is about."""
        if not self._edits:
            return finding
        segments, part = self._place(finding.subject)
        near = [_alike(edit.segments, segments) for edit in self._edits]
        nearest = [edit for edit, length in zip(self._edits, near, strict=True) if length == max(near)]
        by_source = {edit.source: edit for edit in reversed(nearest)}
        if list(by_source) == [part.source]:
            return replace(finding, source=part.source)
        said = " ".join(edit.said for edit in reversed(by_source.values()))
        return replace(finding, source=said, subject=f"{part.source}:{finding.subject}")

    def _place(self, subject: str) -> tuple[Segments, _Part]:
        """The full path that a finding's subject names, and the nearest part there is."""
        line, _, dotted = subject.partition(":")
        segments, part = list(segments_of(dotted if line.isdigit() else subject)), self._root
        for number, segment in enumerate(segments):
            if isinstance(part.value, dict) and segment in part.value:
                part = part.value[segment]
            elif isinstance(part.value, list) and segment.isdigit() and int(segment) <= len(part.value):
                entries, part = part.value, part.value[int(segment) - 1]
                segments[number] = _names(entries)[int(segment) - 1]
            else:
                break
        return tuple(segments), part

    def _merge(self, part: _Part, other: _Part, segments: Segments) -> None:
        if isinstance(part.value, dict) and isinstance(other.value, dict):
            for key, inner in other.value.items():
                if key in part.value:
                    self._merge(part.value[key], inner, (*segments, key))
                else:
                    part.value[key] = inner
                    self._note(inner, (*segments, key))
        elif _are_entries(part) and (entries := _entries(other)) is not None:
            self._merge_entries(part.value, entries, segments)
        else:
            part.value, part.source, part.line = other.value, other.source, other.line
            self._note(part, segments)

    def _merge_entries(self, mine: list[_Part], entries: Iterable[tuple[str, _Part]], segments: Segments) -> None:
        """Merge entries by id; a new one stands behind the one that is named before it, else at the end."""
        after = len(mine)
        for id_, entry in entries:
            ids = _names(mine)
            if id_ in ids:
                self._merge(mine[ids.index(id_)], entry, (*segments, id_))
                after = ids.index(id_) + 1
            else:
                mine.insert(after, entry)
                self._note(entry, (*segments, id_))
                after += 1

    def _note(self, part: _Part, segments: Segments) -> None:
        """Note every value that an overlay brought, and the tables that hold them."""
        self._edits.append(_Edit(segments, part.source, part.line))
        if isinstance(part.value, dict):
            for key, inner in part.value.items():
                self._note(inner, (*segments, key))
        elif isinstance(part.value, list):
            for name, inner in zip(_names(part.value), part.value, strict=True):
                self._note(inner, (*segments, name))


def in_tracks(overlay: Overlay, program: Mapping[str, Any]) -> Overlay | None:
    """The overlay with `tiers` that stand in no track put into theirs; None: it cannot be told which track that is."""
    document = overlay.document
    if _TIERS not in document.data:
        return overlay
    tiers, stated = document.data[_TIERS], document.data.get(_TRACKS, {})
    ids = set(tiers) if isinstance(tiers, Mapping) else {entry[_ID] for entry in tiers} if has_ids(tiers) else set()
    tracks = program.get(_TRACKS)
    tracks = tracks if isinstance(tracks, Mapping) else {}
    theirs = [name for name, track in tracks.items() if ids & _ids_of(track)] or list(tracks)
    own = stated.get(theirs[0], {}) if len(theirs) == 1 and isinstance(stated, Mapping) else None
    if not isinstance(own, Mapping) or _TIERS in own:
        return None
    at: Key = (_TRACKS, theirs[0])
    data = {key: value for key, value in document.data.items() if key != _TIERS}
    data[_TRACKS] = {**stated, theirs[0]: {**own, _TIERS: tiers}}
    lines = {(*at, *path) if path[:1] == (_TIERS,) else path: line for path, line in document.lines.items()}
    return replace(overlay, document=replace(document, data=data, lines=lines))


def _ids_of(track: object) -> set[str]:
    """The ids of a track's tiers, as far as it has any."""
    tiers = track.get(_TIERS) if isinstance(track, Mapping) else None
    return {tier[_ID] for tier in tiers} if isinstance(tiers, list) and has_ids(tiers) else set()


def _parts(value: Any, document: Document, path: Key) -> _Part:
    if isinstance(value, Mapping):
        value = {key: _parts(inner, document, (*path, key)) for key, inner in value.items()}
    elif isinstance(value, list):
        value = [_parts(inner, document, (*path, index)) for index, inner in enumerate(value)]
    return _Part(value, document.source, document.line(path))


def _data(part: _Part, path: Key, lines: dict[Key, int]) -> Any:
    if path and part.line is not None:
        lines[path] = part.line
    if isinstance(part.value, dict):
        return {key: _data(inner, (*path, key), lines) for key, inner in part.value.items()}
    if isinstance(part.value, list):
        return [_data(inner, (*path, index), lines) for index, inner in enumerate(part.value)]
    return part.value


def _at(part: _Part, path: Key) -> _Part:
    for segment in path:
        part = part.value[segment]
    return part


def _named(part: _Part, path: Key) -> Segments:
    segments: list[str] = []
    for segment in path:
        segments.append(_names(part.value)[segment] if isinstance(segment, int) else segment)
        part = part.value[segment]
    return tuple(segments)


def _names(entries: Sequence[_Part]) -> list[str]:
    """The segments by which keys name the entries of a list."""
    if _are_with_ids(entries):
        return [str(entry.value[_ID].value) for entry in entries]
    return [str(number) for number in range(1, len(entries) + 1)]


def _are_with_ids(entries: Sequence[_Part]) -> bool:
    return bool(entries) and all(isinstance(entry.value, dict) and _ID in entry.value for entry in entries)


def _are_entries(part: _Part) -> bool:
    return isinstance(part.value, list) and _are_with_ids(part.value)


def _entries(other: _Part) -> list[tuple[str, _Part]] | None:
    """The entries that an overlay names by id, in a list or as tables; None: it names none."""
    if _are_entries(other):
        return list(zip(_names(other.value), other.value, strict=True))
    if not isinstance(other.value, dict):
        return None
    for id_, entry in other.value.items():
        if isinstance(entry.value, dict):
            entry.value = {_ID: _Part(id_, entry.source, entry.line), **entry.value}
    return list(other.value.items())


def _alike(path: Segments, other: Segments) -> int:
    """How many segments two paths begin with together."""
    return next((n for n, (a, b) in enumerate(_pairs(path, other)) if a != b), min(len(path), len(other)))


def _pairs(path: Segments, other: Segments) -> Iterator[tuple[str, str]]:
    return zip(path, other, strict=False)
