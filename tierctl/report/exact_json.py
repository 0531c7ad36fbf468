"""JSON whose numbers are exact: Decimals are written digit by digit, as the tables write them, and never as a float."""

import json
from collections.abc import Iterable, Mapping
from decimal import Decimal
from pathlib import Path


def exact_json(content: object, depth: int = 0) -> str:
    """The content as JSON text, indented by two blanks a level, in its own order.

    Args:
        content: mappings with texts for keys, sequences, texts, whole numbers, Decimals, truth values and None.
        depth: how many levels deep it stands.

    >>> print(exact_json({"EUR": Decimal("1200.500000"), "rules": []}))
    {
      "EUR": 1200.5,
      "rules": []
    }
    """
    match content:
        case Decimal():
            return plain(content)
        case Mapping():
            items = (
                f"{json.dumps(key, ensure_ascii=False)}: {exact_json(of, depth + 1)}" for key, of in content.items()
            )
            return _enclosed("{", items, "}", depth)
        case list() | tuple():
            return _enclosed("[", (exact_json(of, depth + 1) for of in content), "]", depth)
        case _:
            return json.dumps(content, ensure_ascii=False)


def write_json(path: Path, content: Mapping[str, object]) -> None:
    """Write the content to a file, as `exact_json` has it and with a line end after it."""
    path.write_text(exact_json(content) + "\n", encoding="utf-8", newline="\n")


def plain(number: Decimal) -> str:
    """A number without exponent and without trailing zeros.

    >>> plain(Decimal("24999.500000")), plain(Decimal("1E+3")), plain(Decimal("-0.00"))
    ('24999.5', '1000', '0')
    """
    text = f"{number:f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return text.removeprefix("-") if not number else text


def _enclosed(opening: str, items: Iterable[str], closing: str, depth: int) -> str:
    indent = "  " * depth
    inner = ",".join(f"\n{indent}  {item}" for item in items)
    return f"{opening}{inner}\n{indent}{closing}" if inner else opening + closing
