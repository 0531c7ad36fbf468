"""What a Pydantic model finds wrong in a TOML document, said in the file's words.

Pydantic's own error list speaks of types and union members. Here each fault becomes one finding: at its line, with the
value that stands there, what is allowed and, for a misspelled word, what was probably meant. Path segments in angle
brackets are the model's own and not in the file; they are left out.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from difflib import get_close_matches
from types import UnionType
from typing import Annotated, Any, Generic, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from tierctl.findings import Finding, error
from tierctl.located import Document, Key
from tierctl.repair import Draft, Repairs

Model = TypeVar("Model", bound=BaseModel)

_QUOTED = re.compile(r"'([^']*)'")
_LEAST_SIMILARITY = 0.6
_SURE_SIMILARITY = 0.8
_ROUNDS = 20
_NOT_IN_IDS = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True)
class Reading(Generic[Model]):
    """A document as a model, and what is wrong with it.

    Attributes:
        model: the model of what is left where the faults are left out; None: nothing that can be looked at.
        findings: every fault of a word or value, in the file's order.
        document: the document that the model was read from, the faults left out.
        repairs: what was left out or changed for that; empty: the model is the file's.
    """

    model: Model | None
    findings: list[Finding]
    document: Document
    repairs: Repairs


def validate(model: type[Model], document: Document, prefix: str) -> Reading[Model]:
    """Read a document as a model, and what is left of it where something is wrong.

    A fault hides others: of a table with a wrong value, nothing that concerns the whole table is checked. So what is
    wrong is left out, as little as can be, and the rest is read again. What only comes of leaving that out is not told.
    A table says with `STAND_INS` what to take for a missing key without which nothing of it could be looked at, with
    `STAND_IN` what to take for the whole of it, and with `EXAMPLES` how a key that must be there may be written.

    Args:
        model: what the document should be.
        document: the file as read.
        prefix: "program" or "workspace": the findings' codes begin with it.
    """
    draft, current = Draft(document), document
    located: list[tuple[int, Finding]] = []
    read: Model | None = None
    for _ in range(_ROUNDS):
        try:
            read = model.model_validate(current.data)
        except ValidationError as refused:
            faults = refused.errors(include_url=False)
        else:
            break
        round_ = _Round(model, current, draft)
        located += [round_.locate(fault, prefix) for fault in faults if not round_.is_caused(fault, faults)]
        # Keys first: one that is read as another is not missing.
        faults.sort(key=lambda fault: fault["type"] != "extra_forbidden")
        if not all([round_.repair(fault) for fault in faults]):  # noqa: C419  # every one, also behind one that fails
            break
        current = draft.build()
    located.sort(key=lambda place: place[0])
    return Reading(read, list(dict.fromkeys(finding for _, finding in located)), current, draft.repairs)


class _Round:
    """One reading of a document, and what to leave out for the next."""

    def __init__(self, model: type[BaseModel], document: Document, draft: Draft) -> None:
        self._model = model
        self._document = document
        self._draft = draft
        self._before = draft.repairs
        self._renamed: set[tuple[int | str, ...]] = set()

    def locate(self, fault: ErrorDetails, prefix: str) -> tuple[int, Finding]:
        """The line of a fault, and what is said of it."""
        path = _in_file(self._document, fault)
        code, message, hint = _say(self._model, fault)
        line = self._document.line(path)
        subject = self._document.subject(path)
        return line or 0, error(f"{prefix}-{code}", self._document.source, subject, message, hint)

    def is_caused(self, fault: ErrorDetails, faults: Iterable[ErrorDetails]) -> bool:
        """Whether a fault comes of what was left out before, or is a key's whose misspelling is another fault."""
        path = self._written(fault)
        if self._before.inside(path) or path in self._before.guessed:
            return True
        table, key = fault["loc"][:-1], fault["loc"][-1] if fault["loc"] else ""
        return fault["type"] == "missing" and any(
            other["type"] == "extra_forbidden" and other["loc"][:-1] == table and self._meant(other) == key
            for other in faults
        )

    def repair(self, fault: ErrorDetails) -> bool:
        """Leave a fault out, or put something in its place; False: that is not possible."""
        path, kind = self._written(fault), fault["type"]
        if kind == "missing":
            return fault["loc"] in self._renamed or self._fill(path, fault)
        if kind == "extra_forbidden":
            return self._rename(path, self._meant(fault), fault) or self._draft.drop_unknown(path)
        if fault["loc"] and fault["loc"][-1] == "[key]":
            return self._rename(path, _as_id(path[-1]), fault) or self._draft.drop(path)
        stand_in: object = None
        if kind in {"literal_error", "enum"}:
            stand_in = closest(fault["input"], _QUOTED.findall(str(fault["ctx"]["expected"])))
        elif kind == "identifier":
            stand_in = _as_id(fault["input"])
        if stand_in and path not in self._before.guessed:
            return self._draft.guess(path, stand_in)
        if self._before.inside(path):
            stand_in = next((kind.STAND_IN for kind in self._kinds(fault["loc"]) if hasattr(kind, "STAND_IN")), None)
            if stand_in is not None and self._draft.replace(path, stand_in):
                return True
        return self._draft.drop(path)

    def _fill(self, path: Key, fault: ErrorDetails) -> bool:
        key = str(fault["loc"][-1])
        tables = self._kinds(fault["loc"][:-1])
        stand_ins = [kind.STAND_INS[key] for kind in tables if key in getattr(kind, "STAND_INS", {})]
        stand_ins += [word for kind in self._kinds(fault["loc"]) for word in _words(kind)]
        if stand_ins:
            self._draft.fill(path, stand_ins[0])
            return True
        self._draft.miss(path)
        return self._draft.drop(path)

    def _rename(self, path: Key, key: str, fault: ErrorDetails) -> bool:
        """Read a key as another, where the table lacks that and the two are nearly the same."""
        table: Any = self._document.data
        for segment in _in_file(self._document, fault)[:-1]:
            table = table[segment]
        is_sure = path[-1] != key and bool(closest(str(path[-1]).lower(), [key], is_sure=True))
        if not is_sure or path in self._before.guessed or not _is_free(table, path[-1], key):
            return False
        self._draft.rename(path, key)
        self._renamed.add((*fault["loc"][:-1], key))
        return True

    def _meant(self, fault: ErrorDetails) -> str:
        """The key that was probably meant by one that is not known; empty: none."""
        key = str(fault["loc"][-1])
        return closest(key, _keys_at(self._model, fault["loc"][:-1]))

    def _kinds(self, loc: tuple[int | str, ...]) -> list[Any]:
        return _kinds_at(self._model, loc)

    def _written(self, fault: ErrorDetails) -> Key:
        return self._document.written(_in_file(self._document, fault))


def _is_free(table: Any, key: int | str, other: str) -> bool:
    """Whether a key of a table may be read as another: the table lacks that, or both are tables that go together."""
    if not isinstance(table, Mapping):
        return False
    mine, theirs = table[key], table.get(other, {})
    if other not in table:
        return True
    return isinstance(mine, Mapping) and isinstance(theirs, Mapping) and not mine.keys() & theirs.keys()


def _as_id(text: object) -> str:
    """The id that a name was probably meant to be."""
    return _NOT_IN_IDS.sub("_", str(text).lower()).strip("_0123456789")


def did_you_mean(word: object, allowed: Iterable[str]) -> str:
    """A hint naming the allowed word that looks most like the given one; empty: none does."""
    match = closest(word, allowed)
    return f"did you mean {match}?" if match else ""


def closest(word: object, allowed: Iterable[str], *, is_sure: bool = False) -> str:
    """The allowed word that looks most like the given one; empty: none does, or where it must be sure, nearly alike."""
    least = _SURE_SIMILARITY if is_sure else _LEAST_SIMILARITY
    return next(iter(get_close_matches(str(word), list(allowed), n=1, cutoff=least)), "")


def shown(value: object) -> str:
    """A value as the file writes it.

    >>> shown("USD"), shown(True), shown(["a"]), shown(Decimal("25000.50"))
    ('"USD"', 'true', '["a"]', '25_000.50')
    """
    match value:
        case str():
            return f'"{value}"'
        case Decimal() if value.is_finite():
            return f"{value:,f}".replace(",", "_")
        case Mapping():
            return "{ " + ", ".join(f"{key} = {shown(inner)}" for key, inner in value.items()) + " }"
        case list() | tuple():
            return "[" + ", ".join(shown(inner) for inner in value) + "]"
    return str(value).lower()


def _in_file(document: Document, fault: ErrorDetails) -> Key:
    """The fault's place as the file writes it: without the segments that only the model has."""
    path: Key = ()
    for segment in fault["loc"]:
        if _is_of_the_model(segment):
            continue
        longer = document.in_file((*path, segment))
        if longer in document.lines:
            path = longer
    if fault["type"] == "missing":
        path = (*path, fault["loc"][-1])
    return path


def _say(model: type[BaseModel], fault: ErrorDetails) -> tuple[str, str, str]:
    """Code, message and hint of a fault."""
    kind, key, context = fault["type"], str(fault["loc"][-1]) if fault["loc"] else "", fault.get("ctx", {})
    if kind == "extra_forbidden":
        allowed = _keys_at(model, fault["loc"][:-1])
        return "unknown-key", f"{key} is not a key here; allowed: {', '.join(allowed)}", did_you_mean(key, allowed)
    if kind == "missing":
        return "missing-key", f"{key} is missing", _words_hint(model, fault["loc"]) or _example_of(model, fault["loc"])
    if kind in {"literal_error", "enum"}:
        allowed = _QUOTED.findall(str(context["expected"]))
        message = f"{shown(fault['input'])} is not allowed here; allowed: {', '.join(allowed)}"
        return "wrong-value", message, did_you_mean(fault["input"], allowed)
    hint = str(context.get("hint", ""))
    say = _MESSAGES.get(kind)
    return "wrong-value", say(shown(fault["input"]), context) if say else fault["msg"], hint


_MESSAGES: dict[str, Callable[[str, Mapping[str, Any]], str]] = {
    "string_type": lambda value, _: f"{value} should be text, in double quotes",
    "bool_type": lambda value, _: f"{value} should be true or false",
    "int_type": lambda value, _: f"{value} should be a whole number",
    "tuple_type": lambda value, _: f"{value} should be a list, in square brackets",
    "list_type": lambda value, _: f"{value} should be a list, in square brackets",
    "dict_type": lambda value, _: f"{value} should be a table",
    "model_type": lambda value, _: f"{value} should be a table",
    "too_short": lambda value, context: f"{value} is too short: at least {context['min_length']} must stand here",
    "greater_than_equal": lambda value, context: f"{value} is too small: at least {context['ge']}",
    "less_than_equal": lambda value, context: f"{value} is too large: at most {context['le']}",
}


def _words_hint(model: type[BaseModel], loc: tuple[int | str, ...]) -> str:
    words = [word for kind in _kinds_at(model, loc) for word in _words(kind)]
    return f"one of: {', '.join(words)}" if words else ""


def _example_of(model: type[BaseModel], loc: tuple[int | str, ...]) -> str:
    """How the key may be written, where the table says so."""
    examples = [getattr(kind, "EXAMPLES", {}).get(loc[-1], "") for kind in _kinds_at(model, loc[:-1])]
    return next((f"such as {example}" for example in examples if example), "")


def _words(kind: object) -> Iterator[str]:
    """The words of a Literal."""
    yield from (word for word in get_args(kind) if isinstance(word, str))


def _keys_at(model: type[BaseModel], loc: tuple[int | str, ...]) -> list[str]:
    """The keys that the tables at that place may have."""
    keys = [
        field.alias or name
        for kind in _kinds_at(model, loc)
        if isinstance(kind, type) and issubclass(kind, BaseModel)
        for name, field in kind.model_fields.items()
    ]
    return list(dict.fromkeys(key for key in keys if not key.startswith("<")))


def _kinds_at(model: type[BaseModel], loc: tuple[int | str, ...]) -> list[Any]:
    """The types that may stand at that place of the model."""
    kinds: list[Any] = [model]
    for segment in loc:
        kinds = [inner for kind in kinds for inner in _inside(kind, segment)]
    return kinds


def _inside(kind: Any, segment: int | str) -> Iterator[Any]:
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        named = [field for name, field in kind.model_fields.items() if segment == (field.alias or name)]
        yield from (member for field in named for member in _members(field.annotation))
        if not named and _is_of_the_model(segment):
            # A union's tag. Its members were taken apart already; one that does not fit ends at its next segment.
            yield kind
    elif _is_of_the_model(segment):
        yield kind
    elif get_origin(kind) in {tuple, list}:
        yield from _members(get_args(kind)[0])
    elif get_origin(kind) is dict:
        yield from _members(get_args(kind)[1])


def _is_of_the_model(segment: int | str) -> bool:
    """Whether a path segment is in angle brackets: the model's own, not the file's."""
    return isinstance(segment, str) and segment.startswith("<")


def _members(kind: Any) -> Iterator[Any]:
    """A type without its annotations; a union's members one by one."""
    if get_origin(kind) is Annotated:
        yield from _members(get_args(kind)[0])
    elif get_origin(kind) in {Union, UnionType}:
        for member in get_args(kind):
            yield from _members(member)
    else:
        yield kind
