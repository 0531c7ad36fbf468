"""The program file's JSON Schema, made from the model: editors complete and check program files with it.

`python -m tierctl.program.schema` writes it into `schemas/`; a test holds that the file there equals the model.
"""

import json
from collections.abc import Iterator
from typing import Any

from tierctl import resources
from tierctl.program.model import Program

FILE = "program.json"


def json_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of a program file."""
    schema = Program.model_json_schema()
    for table in _tables(schema):
        _tidy(table)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": "tierctl program file"}


def text() -> str:
    """The schema as the file holds it."""
    return json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"


def _tables(value: object) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
        for inner in list(value.values()):
            yield from _tables(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _tables(inner)


def _tidy(table: dict[str, Any]) -> None:
    """TOML has no null, and a title that repeats the key, or a default that is empty, says nothing."""
    if isinstance(table.get("title"), str):
        del table["title"]
    is_schema = any(isinstance(table.get(word), str | list) for word in ("type", "$ref", "anyOf", "oneOf"))
    if is_schema and not isinstance(table.get("default", ""), str | int):
        del table["default"]
    choices = table.get("anyOf")
    if isinstance(choices, list) and "minLength" in table:
        # A text may stand for a list of one: it is the list that must not be empty.
        least = table.pop("minLength")
        table["anyOf"] = choices = [
            each | {"minItems": least} if each.get("type") == "array" else each for each in choices
        ]
    if isinstance(choices, list) and {"type": "null"} in choices:
        choices = [choice for choice in choices if choice != {"type": "null"}]
        del table["anyOf"]
        table.update(choices[0] if len(choices) == 1 else {"anyOf": choices})


if __name__ == "__main__":
    (resources.schemas() / FILE).write_text(text(), encoding="utf-8", newline="\n")
