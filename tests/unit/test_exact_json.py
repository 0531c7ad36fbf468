"""JSON with exact numbers: the bytes that Python's own writer gives, but for Decimals."""

import json
from decimal import Decimal

import pytest

from tierctl.report.exact_json import exact_json, plain

CONTENT = {
    "text": 'Ørsund "š"\n\t\\ 東京',
    "Ø": None,
    "flags": [True, False],
    "numbers": [0, -7, 10**30],
    "empty": {"list": [], "table": {}, "text": ""},
    "deep": [{"a": [{"b": 1}, []]}, ("c",)],
}


def test_without_decimals_it_is_what_python_writes() -> None:
    assert exact_json(CONTENT) == json.dumps(CONTENT, indent=2, ensure_ascii=False)


@pytest.mark.parametrize(
    ("number", "text"),
    [
        ("0.1", "0.1"),
        ("-3.100000", "-3.1"),
        ("100", "100"),
        ("1E+3", "1000"),
        ("1E-6", "0.000001"),
        ("0.000000", "0"),
        ("-0.00", "0"),
        ("12345678901234567890123456.654321", "12345678901234567890123456.654321"),
    ],
)
def test_a_decimal_is_written_digit_by_digit(number: str, text: str) -> None:
    assert plain(Decimal(number)) == text
    assert exact_json({"amounts": [Decimal(number)]}) == f'{{\n  "amounts": [\n    {text}\n  ]\n}}'
    assert json.loads(exact_json([Decimal(number)]), parse_float=Decimal, parse_int=Decimal) == [Decimal(number)]
