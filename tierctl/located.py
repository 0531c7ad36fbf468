"""TOML files whose faults are found at their line: the program file and the workspace's tierctl.toml.

Numbers are read as Decimals, so that no float ever touches a figure. A person sees every fault of a file at once, each
with its line, the offending value, what is allowed there and, where it looks like a slip of the pen, what was meant.
"""

import re
import tomllib
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time
from decimal import Decimal
from typing import Any, TypeAlias

from tierctl.findings import Finding, error
from tierctl.twice import twice_hint

Key: TypeAlias = tuple[str | int, ...]

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_SKIPPED = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_STRING = re.compile(
    r'"""(?:\\.|[^\\])*?"{3,5}|' r"'''.*?'{3,5}|" r'"(?:\\.|[^"\\])*"|' r"'[^']*'",
    re.DOTALL,
)
_PLAIN_VALUE = re.compile(r"[^,\]}\n#]*")
_CLASHES = ("Cannot overwrite", "Cannot declare")  # how the reader of TOML says that a key is there already
_PLACE = re.compile(r" \(at (?:line (?P<line>\d+), column (?P<column>\d+)|end of document)\)$")


@dataclass(frozen=True)
class Document:
    """A TOML file as read: its values, and the line on which each of them stands.

    `lines` knows every table, key and array item by its path: a `[[tiers]]` entry is a number in it. `source` is the
    file's name as findings print it. In a repaired document a path may differ from the file's: `origins` knows the
    file's path of each; a document as read has none.
    """

    source: str
    data: Mapping[str, Any]
    lines: Mapping[Key, int]
    origins: Mapping[Key, Key] = field(default_factory=dict)

    def line(self, path: Key) -> int | None:
        """The line of the path, or of the nearest table above it that the file has; None: nowhere in the file."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path)

    def subject(self, path: Sequence[str | int]) -> str:
        """`line:key.path` for a finding, or the key path alone where no line is known."""
        path = self.in_file(path)
        line = self.line(path)
        text = dotted(self.written(path))
        return text if line is None else f"{line}:{text}"

    def written(self, path: Key) -> Key:
        """The path as it stands in the file that this document was repaired from."""
        for length in range(len(path), 0, -1):
            if path[:length] in self.origins:
                return (*self.origins[path[:length]], *path[length:])
        return path

    def read_as(self, path: Key) -> Key:
        """The path of this document that stands at that path in the file; what was left out is under its table's."""
        if not self.origins:
            return path
        places = {origin: place for place, origin in self.origins.items()}
        for length in range(len(path), 0, -1):
            if path[:length] in places:
                return (*places[path[:length]], *path[length:])
        return path

    def in_file(self, path: Sequence[str | int]) -> Key:
        """The path as the file writes it: a segment that joins two keys (`partner.good_standing`) is taken apart."""
        result: Key = ()
        for segment in path:
            whole = (*result, segment)
            if (
                isinstance(segment, str)
                and whole not in self.lines
                and (*result, segment.partition(".")[0]) in self.lines
            ):
                result = (*result, *segment.split("."))
            else:
                result = whole
        return result


def parse(text: str, source: str, prefix: str) -> tuple[Document | None, list[Finding]]:
    """Read a TOML file and say what is no value for it.

    Args:
        text: the file's content.
        source: the file's name as findings print it.
        prefix: "program" or "workspace": the findings' codes begin with it.

    Returns:
        The document, or None where the text is no TOML; and the findings, in the file's order.
    """
    try:
        data = tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as fault:
        return None, [_syntax(str(fault), text, source, prefix)]
    document = Document(source, data, _Scanner(text).scan())
    return document, [
        error(f"{prefix}-wrong-value", source, document.subject(path), message)
        for path, message in _no_values(data, ())
    ]


def dotted(path: Sequence[str | int]) -> str:
    """A key path as a person writes it; `[[tiers]]` entries count from 1."""
    parts: list[str] = []
    for segment in path:
        if isinstance(segment, int):
            parts[-1:] = [f"{parts[-1] if parts else ''}[{segment + 1}]"]
        else:
            parts.append(segment if _BARE_KEY.fullmatch(segment) else f'"{segment}"')
    return ".".join(parts)


def line_of(finding: Finding) -> int:
    """The line that a finding about a file names; 0: none."""
    number = finding.subject.partition(":")[0]
    return int(number) if number.isdigit() else 0


def _syntax(fault: str, text: str, source: str, prefix: str) -> Finding:
    place = _PLACE.search(fault)
    lines = text.split("\n")
    number = int(place["line"]) if place and place["line"] else len(lines)
    what = fault[: place.start()] if place else fault
    shown = lines[number - 1].strip() if number <= len(lines) else ""
    usual = "text stands in double quotes, dates and numbers without them; a key may stand only once in its table"
    return error(
        f"{prefix}-toml",
        source,
        number,
        f"this is not TOML: {what[:1].lower()}{what[1:]}" + (f", in: {shown}" if shown else ""),
        (twice_hint(lines, number) if what.startswith(_CLASHES) else "") or usual,
    )


def _no_values(value: object, path: Key) -> Iterator[tuple[Key, str]]:
    """Values that TOML allows and no file of tierctl's can mean."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _no_values(inner, (*path, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _no_values(inner, (*path, index))
    elif isinstance(value, Decimal) and not value.is_finite():
        yield path, f"{str(value).lower()} is not a number to reckon with"
    elif isinstance(value, datetime | time):
        yield path, f"{value.isoformat()} has a time of day; only whole days count here, such as 2025-01-31"


class _Scanner:
    """Finds the line of every key in a text that is known to be TOML."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._line_starts = [0, *(match.end() for match in re.finditer("\n", text))]
        self._lines: dict[Key, int] = {}
        self._entries: dict[Key, int] = {}  # array of tables → index of its latest entry

    def scan(self) -> dict[Key, int]:
        """The line of every path."""
        table: Key = ()
        self._skip()
        while self._at < len(self._text):
            if self._text[self._at] == "[":
                table = self._header()
            else:
                self._key_value(table)
            self._skip()
        return self._lines

    def _skip(self) -> None:
        match = _SKIPPED.match(self._text, self._at)
        self._at = match.end() if match else self._at

    def _here(self, path: Key) -> None:
        self._lines.setdefault(path, bisect_right(self._line_starts, self._at))

    def _header(self) -> Key:
        is_array = self._text.startswith("[[", self._at)
        start, self._at = self._at, self._at + (2 if is_array else 1)
        *parents, name = self._keys()
        after = self._text.index("]", self._at) + (2 if is_array else 1)
        self._at = start
        path: Key = ()
        for part in parents:
            path = self._entered((*path, part))
        path = (*path, name)
        self._here(path)
        if is_array:
            self._entries[path] = self._entries.get(path, -1) + 1
        path = self._entered(path)
        # `[a]` may come after `[a.b]`: the table's own line is the better one.
        self._lines.pop(path, None)
        self._here(path)
        self._at = after
        return path

    def _entered(self, path: Key) -> Key:
        """The path, inside its latest entry where it is an array of tables."""
        self._here(path)
        return (*path, self._entries[path]) if path in self._entries else path

    def _keys(self) -> list[str]:
        keys: list[str] = []
        while True:
            self._skip()
            bare = _BARE_KEY.match(self._text, self._at)
            match = bare or _STRING.match(self._text, self._at)
            if match is None:
                return keys
            self._at = match.end()
            keys.append(match[0] if bare else next(iter(tomllib.loads(f"{match[0]} = 0"))))
            self._skip()
            if not self._text.startswith(".", self._at):
                return keys
            self._at += 1

    def _key_value(self, table: Key) -> None:
        start = self._at
        keys = self._keys()
        after, self._at = self._text.index("=", self._at) + 1, start
        path = table
        for key in keys:
            path = (*path, key)
            self._here(path)
        self._at = after
        self._value(path)

    def _value(self, path: Key) -> None:
        self._skip()
        opening = self._text[self._at : self._at + 1]
        if opening == "[":
            self._array(path)
        elif opening == "{":
            self._inline_table(path)
        else:
            match = _STRING.match(self._text, self._at) or _PLAIN_VALUE.match(self._text, self._at)
            self._at = match.end() if match else self._at

    def _array(self, path: Key) -> None:
        self._at += 1
        for index in range(len(self._text)):
            self._skip()
            if self._closes("]"):
                return
            self._here((*path, index))
            self._value((*path, index))
            self._skip()
            self._at += self._text.startswith(",", self._at)

    def _inline_table(self, path: Key) -> None:
        self._at += 1
        while True:
            self._skip()
            if self._closes("}"):
                return
            self._key_value(path)
            self._skip()
            self._at += self._text.startswith(",", self._at)

    def _closes(self, bracket: str) -> bool:
        closes = self._text.startswith(bracket, self._at)
        self._at += closes
        return closes
