"""Formulas over metrics: what they may say, and how what they say is read."""

from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from operator import add, mul, sub, truediv

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from pydantic_core import PydanticCustomError

from tierctl.program.formula import Chosen, Constant, Formula, Operation, Reference, Term, parse

VALUES = {"a": Fraction(7), "b": Fraction(2), "c": Fraction(-3)}


OPERATIONS: dict[str, Callable[[Fraction, Fraction], Fraction]] = {"+": add, "-": sub, "*": mul, "/": truediv}


def value(term: Term) -> Fraction:
    """What a formula comes to, reckoned in fractions."""
    match term:
        case Constant(value=number):
            return Fraction(number)
        case Reference(metric=name):
            return VALUES[name]
        case Chosen(choice=choice, terms=terms):
            return (min if choice == "least" else max)(value(each) for each in terms)
        case Operation(operator=operator, left=left, right=right):
            return OPERATIONS[operator](value(left), value(right))


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("a", 7),
        ("a + b * c", 1),
        ("(a + b) * c", -27),
        ("a - b - c", 8),
        ("a - (b - c)", 2),
        ("a / b / 2", Fraction(7, 4)),
        ("a / (b / 2)", 7),
        ("-a", -7),
        ("-a * b", -14),
        ("a - -b", 9),
        ("--a", 7),
        ("-(a + b)", -9),
        ("least(a, b, c)", -3),
        ("greatest(a - b, 0) / greatest(c, 1)", 5),
        ("least(greatest(a, b), 4)", 4),
        ("  a\t+ 1 ", 8),
        ("0.1 + 0.2", Fraction(3, 10)),
        ("1_000 * 0.000001", Fraction(1, 1000)),
    ],
)
def test_a_formula_is_read_as_arithmetic_is(text: str, result: Fraction | int) -> None:
    assert value(parse(text)) == result


@settings(deadline=None)
@given(
    st.recursive(st.sampled_from("abc"), lambda inner: st.tuples(inner, st.sampled_from("+-*"), inner), max_leaves=9)
)
def test_parentheses_say_what_comes_first(tree: object) -> None:
    def written(part: object) -> str:
        return part if isinstance(part, str) else f"({written(part[0])} {part[1]} {written(part[2])})"  # type: ignore[index]

    def reckoned(part: object) -> Fraction:
        if isinstance(part, str):
            return VALUES[part]
        return OPERATIONS[part[1]](reckoned(part[0]), reckoned(part[2]))  # type: ignore[index]

    assert value(parse(written(tree))) == reckoned(tree)


@pytest.mark.parametrize("digits", ["0.1", "2.50", "10", "99999999999999999999", "0.000001", "1_000.5"])
def test_numbers_are_exact(digits: str) -> None:
    assert parse(digits) == Constant(Decimal(digits))


def test_what_is_read_is_named_once_and_in_order() -> None:
    assert Formula.model_validate("(won + lost) / won - least(lost, late)").metrics == ("won", "lost", "late")
    assert Formula.model_validate("1 + 2").metrics == ()


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("a ** 2", "a ** 2"),
        ("a // b", "a // b"),
        ("a % b", "a % b"),
        ("a if b else c", "a if b else c"),
        ("a > b", "a > b"),
        ("a and b", "a and b"),
        ("not a", "not a"),
        ("+a", "+a"),
        ("~a", "~a"),
        ("a.b", "a.b"),
        ("a[0]", "a[0]"),
        ("[a, b]", "[a, b]"),
        ("(a, b)", "(a, b)"),
        ("max(a, b)", "max(a, b)"),
        ("least(a)", "least(a)"),
        ("least(a, b=1)", "least(a, b=1)"),
        ("least(*a)", "least(*a)"),
        ("a.least(b, c)", "a.least(b, c)"),
        ("lambda: a", "lambda: a"),
        ("'a'", "'a'"),
        ("True", "True"),
        ("None", "None"),
        ("1j", "1j"),
        ("(a := b)", "a := b"),
        ("__import__('os')", "__import__('os')"),
        ("a + f'{b}'", "f'{b}'"),
    ],
)
def test_all_else_is_refused_and_named(text: str, part: str) -> None:
    with pytest.raises(PydanticCustomError) as refused:
        parse(text)
    assert refused.value.message().startswith(f'"{part}" has no place in a formula')


@pytest.mark.parametrize("text", ["", " ", "a +", "(a", "a b", "a, ", "a = b", "a; b", "1a", "a +\nb", "\0", "a\\"])
def test_what_is_no_expression_is_refused(text: str) -> None:
    with pytest.raises(PydanticCustomError):
        parse(text)


@pytest.mark.parametrize("digits", ["0x10", "0b1", "1e400", "0.1234567", "100000000000000000000", "1e-7"])
def test_a_number_that_is_not_plain_or_not_exact_is_refused(digits: str) -> None:
    with pytest.raises(PydanticCustomError):
        parse(f"a * {digits}")


@pytest.mark.parametrize(
    "text",
    ["(" * 45 + "a" + ")" * 45, "-" * 30 + "a", " + ".join("a" * 40)],
)
def test_nesting_is_fine(text: str) -> None:
    assert value(parse(text)) in {Fraction(7), Fraction(280)}


@pytest.mark.parametrize(
    "text", ["-" * 60 + "a", " + ".join("a" * 60), "(" * 5000 + "a" + ")" * 5000, "-" * 100_000 + "a"]
)
def test_what_is_too_deep_is_refused_and_not_run_into(text: str) -> None:
    with pytest.raises(PydanticCustomError):
        parse(text)


@pytest.mark.parametrize("written", [5, True, ["a"], {"formula": "a"}, None])
def test_a_formula_is_a_text(written: object) -> None:
    with pytest.raises(ValidationError, match="should be a formula in quotes"):
        Formula.model_validate(written)
