"""The words that exports really use: headers, names of files and words in cells, each with what it means to tierctl.

They stand in `words.toml`. Letters' case, accents, blanks and signs between words make no difference, so that
`Partner-Nr.`, `partner_nr` and `PARTNER NR` are one word.
"""

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from tierctl.contracts import Field

OWN, TITLE, CLEAR, VAGUE, UNSAID = 20, 5, 3, 1, 0
"""How plainly a header means a column: tierctl's own name for it, its title, a word for it, a vague one, not at all."""

_FILE: Final = "words.toml"
_CAMEL: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_CUSTOM: Final = re.compile(r"__c$", re.IGNORECASE)
_SIGN: Final = re.compile(r"[^\w%]+|_+")
_UNIT: Final = re.compile(r"\s*[(\[](?:[A-Z]{3}|[€$£¥])[)\]]\s*$|\s+in\s+[A-Z]{3}\s*$")
_ZONE: Final = re.compile(r"\s*\(UTC\)$")
_METADATA: Final = re.compile(r"metadata[\[. ](.+?)\]?|(.+) \(metadata\)")
_NUMBERED: Final = re.compile(r"^[0-9]+ ")
_DAY: Final = re.compile(r"(.+) date|date (?:of (?:the )?)?(.+)")
_LETTERS: Final = MappingProxyType({"ß": "ss", "ø": "o", "æ": "ae", "œ": "oe", "ł": "l", "đ": "d"})


def plain(text: str) -> str:
    """A text without what makes no difference between words.

    >>> plain("Partner-Nr."), plain("metadata[partner_id]"), plain("closeDate"), plain("Währung"), plain("Deal %")
    ('partner nr', 'metadata partner id', 'close date', 'wahrung', 'deal percent')
    """
    parted = _CAMEL.sub(" ", _CUSTOM.sub("", unicodedata.normalize("NFKD", text.strip())))
    folded = "".join(_LETTERS.get(sign, sign) for sign in parted.casefold() if not unicodedata.combining(sign))
    return " ".join(_SIGN.sub(" ", folded.replace("%", " percent ")).split())


def without_unit(header: str) -> str:
    """A header without the currency behind it: `Amount (USD)` is an amount, `Kurs in USD` a rate."""
    return _UNIT.sub("", header)


def unit_of(header: str) -> str:
    """The currency that a header names behind what it means; empty: none.

    >>> unit_of("Amount (USD)"), unit_of("Term (Mo.)"), unit_of("Amount [€]")
    ('USD', '', '€')
    """
    found = _UNIT.search(header)
    return "" if found is None else found[0].split()[-1].strip("()[]")


def says(header: str, export: str, field: Field) -> int:
    """How plainly a header means a column of an export: one of the grades above."""
    words = {plain(each) for each in _forms(header)} - {""}
    if plain(field.name) in words:
        return OWN
    if plain(field.title) in words:
        return TITLE
    grade = _grade(words, export, field)
    return grade or _grade_of_day(words, export, field) or _grade_of_another(header, export, field)


def _grade(words: Iterable[str], export: str, field: Field) -> int:
    return max((_headers(export, field.name).get(word, UNSAID) for word in words), default=UNSAID)


def _grade_of_day(words: Iterable[str], export: str, field: Field) -> int:
    """That of a day whose header says so: `Sold Date` and `Date of Sale` are days of what `Sold` and `Sale` mean."""
    if field.type != "date":
        return UNSAID
    return _grade({found[1] or found[2] for word in words if (found := _DAY.fullmatch(word))}, export, field)


def _grade_of_another(header: str, export: str, field: Field) -> int:
    """That of a field of another record: `Partner Account: Partner Number` is the number of that partner account."""
    record, sign, own = header.partition(":")
    if not sign or ":" in own:
        return UNSAID
    grade = _grade([plain(own)], export, field)
    if names_export(record, export):
        return grade
    return CLEAR if grade and _grade([plain(record)], export, field) >= CLEAR else UNSAID


def _forms(header: str) -> tuple[str, ...]:
    """A header and what it says without its currency or zone, or as a field of a person's own in another system."""
    given = _METADATA.fullmatch(header.strip())
    own = (given[1] or given[2],) if given else ()
    return (header, without_unit(header), _ZONE.sub("", header), *own)


def names_export(stem: str, export: str) -> bool:
    """Whether a file's name, without its ending, says that it is an export: by all of it or by words of it."""
    name = f" {plain(re.sub(r'[0-9]+', ' ', stem))} "
    said = (plain(word) for word in (export, *_read()["files"].get(export, ())))
    return any(f" {word} " in name for word in said)


def meaning(word: str, export: str, field: Field, own: Iterable[str] = ()) -> str:
    """What a word in a cell means in tierctl's words; empty: that is not known.

    Args:
        word: as it stands in a cell.
        export: the export.
        field: the column.
        own: tierctl's words of that column; those that the column lists itself need not be given.
    """
    whole = plain(word) or word.strip()
    for sought in dict.fromkeys([whole, _NUMBERED.sub("", whole)]):  # stages are often numbered: 2 - Proposal
        for each in (*field.enum, *own):
            if plain(each) == sought:
                return each
        if known := _values(export, field.name).get(sought):
            return known
    return ""


def truth(word: str, column: str) -> bool | None:
    """Whether a word means true or false in a column; None: that is not known."""
    sought = plain(word)
    for table in (column, "any"):
        for answer, said in _booleans(table).items():
            if sought in said:
                return answer
    return None


@cache
def _read() -> Mapping[str, Any]:
    with Path(__file__).with_name(_FILE).open("rb") as file:
        return tomllib.load(file)


@cache
def _headers(export: str, column: str) -> Mapping[str, int]:
    """The words for a column; what is said of this very export goes before what holds for all."""
    grades: dict[str, int] = {}
    for table in ("any", export):
        said: dict[str, int] = {}
        for word in sorted(_read()["headers"].get(table, {}).get(column, ()), key=_is_clear):
            said[plain(word.removesuffix("?"))] = VAGUE if word.endswith("?") else CLEAR
        grades |= said
    return grades


def _is_clear(word: str) -> bool:
    return not word.endswith("?")


@cache
def _values(export: str, column: str) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for table in ("any", export):
        for ours, theirs in _read()["values"].get(table, {}).get(column, {}).items():
            found |= {plain(word) or word: ours for word in theirs}
    return found


@cache
def _booleans(column: str) -> Mapping[bool, frozenset[str]]:
    said = _read()["booleans"].get(column, {})
    return {answer: frozenset(plain(word) for word in said.get(str(answer).lower(), ())) for answer in (True, False)}


@cache
def currencies() -> frozenset[str]:
    """The codes of the currencies in use."""
    return frozenset(_read()["currencies"]["codes"].split())
