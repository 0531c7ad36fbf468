"""Line maps of TOML files, and faults of syntax and value at their line."""

import tomllib
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tierctl import resources
from tierctl.located import Document, dotted, parse

TRICKY = '''# a comment with [brackets] and = signs
title = "a [b] # c = {d}"   # [not.a.table]
literal = 'C:\\"[x]'
"quoted key" . 'sub.key' = 1
many = [
  "x]", # ]
  [1, 2],
  { a = "}", b.c = [
    3 ] },
]
text = """
[not.a.table]
key = "no" \\"""
"""
raw = \'\'\'
[neither]\'\'\'

[a.b]
c.d = 1979-05-27
[a]
e = 1
[[list]]
x = 1
[list.sub]
y = 2
[[list]] # second
x = 2
  [[list.deep]]
  z = { p = 1, "q r" = 2 }
'''


def lines_of(text: str) -> dict[str, int]:
    document, findings = parse(text, "x.toml", "program")
    assert document is not None
    assert findings == []
    return {dotted(path): line for path, line in document.lines.items()}


def test_every_key_has_its_line() -> None:
    lines = lines_of(TRICKY)
    assert {
        "title": 2,
        "literal": 3,
        '"quoted key"."sub.key"': 4,
        "many": 5,
        "many[1]": 6,
        "many[2][2]": 7,
        "many[3].a": 8,
        "many[3].b.c[1]": 9,
        "text": 11,
        "raw": 15,
        "a.b": 18,
        "a.b.c.d": 19,
        "a": 20,
        "a.e": 21,
        "list[1]": 22,
        "list[1].x": 23,
        "list[1].sub.y": 25,
        "list[2]": 26,
        "list[2].x": 27,
        "list[2].deep[1].z": 29,
        'list[2].deep[1].z."q r"': 29,
    }.items() <= lines.items()
    assert "not.a.table" not in lines
    assert "neither" not in lines


def paths_of(value: object, path: tuple[str | int, ...] = ()) -> set[tuple[str | int, ...]]:
    inner = value.items() if isinstance(value, Mapping) else enumerate(value) if isinstance(value, list) else ()
    return {path, *(deeper for key, each in inner for deeper in paths_of(each, (*path, key)))}


def assert_maps_whole(text: str) -> None:
    document, _ = parse(text, "x.toml", "program")
    assert document is not None
    assert set(document.lines) == paths_of(tomllib.loads(text)) - {()}


@pytest.mark.parametrize(
    "text",
    [
        TRICKY,
        TRICKY.replace("\n", "\r\n"),
        (resources.bundled_programs() / "elevate.toml").read_text("utf-8"),
        "",
        "\n#\n",
    ],
)
def test_the_line_map_has_exactly_the_files_paths(text: str) -> None:
    assert_maps_whole(text)


KEYS = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), min_size=1, max_size=6)
TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), max_size=8)


def written(value: object) -> str:
    """A value as TOML; JSON's quoting of texts is TOML's too."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{quoted(key)} = {written(inner)}" for key, inner in value.items()) + " }"
    if isinstance(value, list):
        return "[\n" + "".join(f"{written(inner)}, # ]\n" for inner in value) + "]"
    return quoted(value) if isinstance(value, str) else str(value)


def quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


@settings(deadline=None)
@given(
    st.dictionaries(
        KEYS,
        st.recursive(
            st.integers() | TEXTS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3)
        ),
        max_size=5,
    )
)
def test_any_file_is_mapped_whole(data: dict[str, Any]) -> None:
    assert_maps_whole("".join(f"{quoted(key)} = {written(value)}\n" for key, value in data.items()))


def test_numbers_are_exact() -> None:
    document, _ = parse("rate = 0.10", "x.toml", "program")
    assert document is not None
    assert document.data == {"rate": Decimal("0.10")}


def test_a_path_that_the_file_lacks_is_located_at_the_nearest_table() -> None:
    document = Document("x.toml", {}, {("a",): 3, ("a", "b"): 4})
    assert document.subject(("a", "b", "c")) == "4:a.b.c"
    assert document.subject(("a", 0, "c")) == "3:a[1].c"
    assert document.subject(("z",)) == "z"


def test_joined_segments_are_taken_apart() -> None:
    document, _ = parse("gate.partner.good_standing = true\n", "x.toml", "program")
    assert document is not None
    assert document.subject(("gate", "partner.good_standing")) == "1:gate.partner.good_standing"


@pytest.mark.parametrize(
    ("text", "subject"),
    [
        ("a = 1\nb = USD\n", "2"),
        ("a = 1\na = 2\n", "2"),
        ("[a\n", "1"),
        ('a = "x', "1"),
        ("a = 1\n\n[a]\n", "3"),
        ("a = ", "1"),
    ],
)
def test_what_is_not_toml_is_found_at_its_line(text: str, subject: str) -> None:
    document, (finding,) = parse(text, "x.toml", "workspace")
    assert document is None
    assert (finding.code, finding.subject) == ("workspace-toml", subject)


IN_TABLE = " so say in the table what the line says"


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        (
            'ledger = "closes"\n\n[ledger] # money\nstarts = "2025-01"\n',
            "ledger stands twice, first in line 1: the table [ledger] replaces that line," + IN_TABLE,
        ),
        (
            '[exports]\nmrr = { path = "a.csv" }\n[exports.mrr.format]\ndate = "excel"\n',
            "exports.mrr stands twice, first in line 2: the table [exports.mrr] replaces that line," + IN_TABLE,
        ),
        ("[a]\nb = 1\n[a]\nc = 1\n", "a stands twice, first in line 1: keep one of them"),
        ("[a]\n\"b c\" = 1\n'b c' = 2\n", "a.b c stands twice, first in line 2: keep one of them"),
        ("[a]\nb = 1\n[c]\nb = 1\nb = 2\n", "c.b stands twice, first in line 4: keep one of them"),
    ],
)
def test_what_stands_twice_is_named_with_its_first_line(text: str, hint: str) -> None:
    _, (finding,) = parse(text, "x.toml", "workspace")
    assert finding.hint == hint


@pytest.mark.parametrize("text", ["a = 1\nb = USD\n", "x = { a = 1, a = 2 }\n"])
def test_any_other_syntax_has_the_usual_hint(text: str) -> None:
    _, (finding,) = parse(text, "x.toml", "workspace")
    assert finding.hint.startswith("text stands in double quotes")


@pytest.mark.parametrize("value", ["nan", "-inf", "2025-01-01T10:00:00", "2025-01-01T10:00:00Z", "10:00:00"])
def test_what_no_file_can_mean_is_refused_with_its_place(value: str) -> None:
    _, (finding,) = parse(f"[a]\nb = [1, {{ c = {value} }}]\n", "x.toml", "program")
    assert (finding.code, finding.subject) == ("program-wrong-value", "2:a.b[2].c")
