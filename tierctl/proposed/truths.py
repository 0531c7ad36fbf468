"""The words of an export that mean true and false, in all of its columns together or in one alone."""

from collections.abc import Mapping, Sequence
from typing import Final

from tierctl.contracts import Field
from tierctl.export_format import Format
from tierctl.proposed import words
from tierctl.proposed.cells import listed
from tierctl.proposed.claims import Claim
from tierctl.proposed.columns import SeenColumn
from tierctl.proposed.lines import Confidence, Line, Part, Question, together
from tierctl.proposed.needs import Need
from tierctl.proposed.tables import Table

_KEYS: Final = (("trueValues", True), ("falseValues", False))
_MOST: Final = 60


def filled(table: Table, claims: Sequence[Claim], type_: str) -> list[Claim]:
    """The columns of a type in which some cell stands for something."""
    return [claim for claim in claims if claim.field.type == type_ and table.filled(_of(table, claim))]


def _of(table: Table, claim: Claim) -> SeenColumn:
    return table.column(claim.place)


def truth_words(table: Table, need: Need, claims: Sequence[Claim]) -> Part:
    """The words for true and false: those of all columns together, unless two columns contradict each other.

    Args:
        table: the files.
        need: the export.
        claims: which header is which column.
    """
    default = Format()
    common: dict[bool, dict[str, None]] = {True: {}, False: {}}
    parts: list[Part] = []
    for claim in filled(table, claims, "boolean"):
        said = _answers(table, claim)
        unknown = [word for word in _said(table, claim) if word not in (*said[True], *said[False])]
        if unknown:
            parts.append(_unknown(need, claim.field, unknown))
        if any(word in common[not answer] for answer in said for word in said[answer]):
            own = [Line(("formats", claim.field.name), key, said[answer], Confidence.SURE, "") for key, answer in _KEYS]
            parts.append(Part(tuple(line for line in own if line.value)))
            continue
        for answer, words_ in said.items():
            common[answer] |= dict.fromkeys(words_)
    if all(word in getattr(default, key) for key, answer in _KEYS for word in common[answer]):
        return together(*parts)
    return together(Part(_lines(common)), *parts)


def _lines(said: Mapping[bool, Mapping[str, None]]) -> tuple[Line, ...]:
    default = Format()
    return tuple(
        Line(("format",), key, tuple(said[answer]), Confidence.SURE, "")
        for key, answer in _KEYS
        if said[answer] and not all(word in getattr(default, key) for word in said[answer])
    )


def _said(table: Table, claim: Claim) -> list[str]:
    return table.words(_of(table, claim), _MOST) or []


def _answers(table: Table, claim: Claim) -> dict[bool, tuple[str, ...]]:
    found = table.booleans(_of(table, claim))
    if found.is_mark:  # where nothing stands, `values` says false
        return {True: found.true_words, False: ("false", *found.false_words)}
    if found.how in {"sure", "likely"}:
        return {True: found.true_words, False: found.false_words}
    said = _said(table, claim)
    return {
        answer: tuple(word for word in said if words.truth(word, claim.field.name) is answer)
        for answer in (True, False)
    }


def _unknown(need: Need, field: Field, unknown: Sequence[str]) -> Part:
    why = f"which of {listed(unknown)} means that {field.title.lower()} is so"
    lines = tuple(
        Line(("formats", field.name), key, tuple(unknown[place : place + 1]), Confidence.OPEN, "or the other way round")
        for place, (key, _) in enumerate(_KEYS)
    )
    return Part(lines, (Question(need.name, field.name, why, "", need.is_needed(field)),))
