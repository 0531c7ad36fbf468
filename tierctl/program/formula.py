"""Formulas over metrics: `+ - * / ( ) least() greatest()`, metrics and numbers, and nothing else.

The text is parsed by Python's own grammar of expressions, of which all but these words is refused.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import cached_property
from typing import ClassVar, Literal, TypeAlias

from pydantic import GetJsonSchemaHandler, model_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError

from tierctl.program.scalars import Node, exact
from tierctl.validation import shown

Operator: TypeAlias = Literal["+", "-", "*", "/"]
Choice: TypeAlias = Literal["least", "greatest"]

_OPERATORS: dict[type[ast.operator], Operator] = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/"}
_CHOICES: dict[str, Choice] = {"least": "least", "greatest": "greatest"}
_DEEPEST = 40


@dataclass(frozen=True)
class Constant:
    """A number."""

    value: Decimal


@dataclass(frozen=True)
class Reference:
    """The value of a metric."""

    metric: str


@dataclass(frozen=True)
class Operation:
    """Two terms added, subtracted, multiplied or divided."""

    operator: Operator
    left: "Term"
    right: "Term"


@dataclass(frozen=True)
class Chosen:
    """The least or the greatest of several terms."""

    choice: Choice
    terms: "tuple[Term, ...]"


Term: TypeAlias = Constant | Reference | Operation | Chosen


class Formula(Node):
    """A formula as the file writes it; `tree` is what it says."""

    text: str

    STAND_IN: ClassVar[str] = "0"

    @model_validator(mode="before")
    @classmethod
    def _from_toml(cls, raw: object) -> object:
        if isinstance(raw, str):
            return {"text": raw}
        if isinstance(raw, dict) and set(raw) == {"text"}:
            return raw
        message = '{raw} should be a formula in quotes, such as "closed / (closed + lost)"'
        raise PydanticCustomError("formula", message, {"raw": shown(raw)})

    @model_validator(mode="after")
    def _is_formula(self) -> "Formula":
        parse(self.text)
        return self

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """In the file it is a text."""
        del core, handler
        return {"type": "string"}

    @cached_property
    def tree(self) -> Term:
        """The formula's terms."""
        return parse(self.text)

    @property
    def metrics(self) -> tuple[str, ...]:
        """The metrics that it reads, once each, in their order."""
        return tuple(dict.fromkeys(_references(self.tree)))


def parse(text: str) -> Term:
    """The terms of a formula.

    Raises:
        PydanticCustomError: the text is none; says what does not belong there.

    >>> parse("deals * 2")
    Operation(operator='*', left=Reference(metric='deals'), right=Constant(value=Decimal('2')))
    """
    try:
        tree = ast.parse(text.strip(), mode="eval")
    except (SyntaxError, ValueError, MemoryError, RecursionError) as fault:
        reason = fault.msg if isinstance(fault, SyntaxError) else "it cannot be read"
        message = "{raw} is not a formula: {reason}"
        raise PydanticCustomError("formula", message, {"raw": shown(text), "reason": reason}) from fault
    return _term(tree.body, text.strip(), 0)


def _term(node: ast.expr, text: str, depth: int) -> Term:
    if depth > _DEEPEST:
        message = "{raw} is too deeply nested to be a formula"
        raise PydanticCustomError("formula", message, {"raw": shown(text)})
    match node:
        case ast.Constant(value=int() | float()) if not isinstance(node.value, bool):
            return _constant(ast.get_source_segment(text, node) or "", text)
        case ast.Name(id=name):
            return Reference(name)
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return Operation("-", Constant(Decimal(0)), _term(operand, text, depth + 1))
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATORS:
            return Operation(_OPERATORS[type(op)], _term(left, text, depth + 1), _term(right, text, depth + 1))
        case ast.Call(func=ast.Name(id=name), args=args, keywords=[]) if name in _CHOICES and len(args) > 1:
            return Chosen(_CHOICES[name], tuple(_term(arg, text, depth + 1) for arg in args))
    part = ast.get_source_segment(text, node) or text
    message = "{part} has no place in a formula: metrics and numbers have, + - * / ( ), least(…, …), greatest(…, …)"
    raise PydanticCustomError("formula", message, {"part": shown(part)})


def _constant(digits: str, text: str) -> Constant:
    try:
        return Constant(exact(Decimal(digits)))
    except InvalidOperation as fault:
        message = "{raw} holds {digits}, which is not a plain number"
        raise PydanticCustomError("formula", message, {"raw": shown(text), "digits": digits}) from fault


def _references(term: Term) -> Iterator[str]:
    match term:
        case Reference(metric=name):
            yield name
        case Operation(left=left, right=right):
            yield from _references(left)
            yield from _references(right)
        case Chosen(terms=terms):
            for each in terms:
                yield from _references(each)
        case Constant():
            return
