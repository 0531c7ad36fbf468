"""What a Pydantic model finds wrong in a TOML document, said in the file's words.

Pydantic's own error list speaks of types and union members. Here each fault becomes one finding: at its line, with the
value that stands there, what is allowed and, for a misspelled word, what was probably meant. Path segments in angle
brackets are the model's own and not in the file; they are left out.
"""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from decimal import Decimal
from difflib import get_close_matches
from types import UnionType
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from tierctl.findings import Finding, error
from tierctl.located import Document, Key

Model = TypeVar("Model", bound=BaseModel)

_QUOTED = re.compile(r"'([^']*)'")
_LEAST_SIMILARITY = 0.6


def validate(
    model: type[Model], document: Document, prefix: str, *, later: Collection[str] = ()
) -> tuple[Model | None, list[Finding]]:
    """Read a document as a model.

    Args:
        model: what the document should be.
        document: the file as read.
        prefix: "program" or "workspace": the findings' codes begin with it.
        later: keys that the format has and this version does not read; nothing else is offered in their place.

    Returns:
        The model, or None where something is wrong; and every fault, in the file's order.
    """
    try:
        return model.model_validate(document.data), []
    except ValidationError as faults:
        located = [_locate(model, document, fault, prefix, later) for fault in faults.errors(include_url=False)]
    located.sort(key=lambda place: place[0])
    return None, list(dict.fromkeys(finding for _, finding in located))


def did_you_mean(word: object, allowed: Iterable[str]) -> str:
    """A hint naming the allowed word that looks most like the given one; empty: none does."""
    matches = get_close_matches(str(word), list(allowed), n=1, cutoff=_LEAST_SIMILARITY)
    return f"did you mean {matches[0]}?" if matches else ""


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


def _locate(
    model: type[BaseModel], document: Document, fault: ErrorDetails, prefix: str, later: Collection[str]
) -> tuple[int, Finding]:
    path = _in_file(document, fault)
    code, message, hint = _say(model, fault, later)
    line = document.line(path)
    return line or 0, error(f"{prefix}-{code}", document.source, document.subject(path), message, hint)


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


def _say(model: type[BaseModel], fault: ErrorDetails, later: Collection[str]) -> tuple[str, str, str]:
    """Code, message and hint of a fault."""
    kind, key, context = fault["type"], str(fault["loc"][-1]) if fault["loc"] else "", fault.get("ctx", {})
    if kind == "extra_forbidden":
        allowed = _keys_at(model, fault["loc"][:-1])
        if key in later:
            message = f"{key} is not read by this version of tierctl; allowed here: {', '.join(allowed)}"
            return "unknown-key", message, ""
        return "unknown-key", f"{key} is not a key here; allowed: {', '.join(allowed)}", did_you_mean(key, allowed)
    if kind == "missing":
        return "missing-key", f"{key} is missing", _words_hint(model, fault["loc"])
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
