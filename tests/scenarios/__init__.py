"""Scenarios: small cases in YAML, each a sentence that begins with the clause it proves.

A file is a list of scenarios with these keys:

- `name`, and a `note` with the arithmetic where it is not obvious;
- `rows`: partial rows by export, as in a program file's examples; `partner_id` left out is "A", and without
  `partners` the roster holds A alone. `times: n` stands for n rows that differ in their key, `{n}` in their texts being
  1 to n;
- `month` with `expect` and `absent`: by report, rows of which each must be found, or must not be; only the columns
  that are written are compared. Or, for several months, `expect` and `absent` by month first;
- `overlay`: merged into the file of the bundled program that the folder is named after (of `engine`, Elevate), a null
  taking a key out; or `program`: a whole program as TOML text;
- `calendar`: as `[calendar]` in tierctl.toml; calendar months from January where it is left out;
- `editions`: editions that follow the program, each merged into the one before it;
- `money_from`: the first month whose postings are made; the month asked for alone where it is left out;
- `closed`: months that were closed before, one after the other; money begins with the first of them. Each entry names
  its `months`, and as far as they differ from today's the `rows` of whole exports as they were then, an `overlay` of
  the program, and whether the close had `accept_removals: true`;
- `accept_removals`: whether the months reviewed are reviewed as a close that accepts them;
- `holidays`: as `[holidays]` in tierctl.toml, lists of days by name.

`expect.totals` is no report: each of its rows names a `table`, cells that its lines must have, and the `amount` that
those lines add up to.

YAML is read as its 1.2 reads: only true and false are booleans (`on` is a key of ours), and a number with a decimal
point is a Decimal, so that a float never touches money.
"""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from tierctl import resources

ROOT = Path(__file__).parent
_OF_NO_PARTNER = ("fx_rates", "payments", "user_access")
_ALLOWED = frozenset(
    {
        "name", "note", "month", "rows", "expect", "absent", "overlay", "program", "calendar", "money_from", "holidays",
        "editions", "closed", "accept_removals",
    }
)  # fmt: skip
_OF_CLOSING = frozenset({"months", "rows", "overlay", "accept_removals"})
_LABEL = re.compile(r"\d{4}-\d{2}")

Expectation = Mapping[str, Mapping[str, list[dict[str, Any]]]]
"""Month → report → rows."""


class _Loader(yaml.CSafeLoader):
    """YAML with decimal numbers as Decimals and no booleans but true and false; parsed in C, eight times as fast."""


def _decimal(loader: _Loader, node: yaml.ScalarNode) -> Decimal:
    return Decimal(loader.construct_scalar(node).replace("_", ""))


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:bool"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile("true|false"), ["t", "f"])
_Loader.add_constructor("tag:yaml.org,2002:float", _decimal)


@dataclass(frozen=True)
class Closing:
    """Months closed in turn on the same rows and editions of the program."""

    months: Sequence[str]
    rows: Mapping[str, list[dict[str, Any]]]
    editions: Sequence[dict[str, Any]] = field(repr=False)
    accept_removals: bool = False


@dataclass(frozen=True, eq=False)
class Scenario:
    """One case: rows in, and by month what the reports must hold and what they must not."""

    name: str
    file: str
    rows: Mapping[str, list[dict[str, Any]]]
    expect: Expectation
    absent: Expectation
    editions: Sequence[dict[str, Any]] = field(repr=False)
    calendar: Mapping[str, Any]
    money_from: str | None = None
    holidays: Mapping[str, Sequence[date]] = field(default_factory=dict)
    closed: Sequence[Closing] = ()
    accept_removals: bool = False

    @property
    def program(self) -> Mapping[str, Any]:
        """The program's first edition."""
        return self.editions[0]

    @property
    def months(self) -> tuple[str, ...]:
        """The months reviewed, in order."""
        return tuple(sorted({*self.expect, *self.absent}))


def merged(base: Mapping[str, Any], overlay: Mapping[str, Any]) -> dict[str, Any]:
    """The tables merged, deeply; what is no table is replaced, and a null takes the key out."""
    result = dict(base)
    for key, value in overlay.items():
        if value is None:
            result.pop(key, None)
        elif isinstance(value, Mapping) and isinstance(result.get(key), Mapping):
            result[key] = merged(result[key], value)
        else:
            result[key] = value
    return result


@cache
def bundled(program: str) -> Mapping[str, Any]:
    """A bundled program's file as plain values, read once: who changes it merges an overlay into it."""
    path = resources.bundled_programs() / f"{program}.toml"
    return tomllib.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)


def to_toml(value: Any) -> str:
    """A value as TOML writes it, tables inline."""
    match value:
        case bool():
            return str(value).lower()
        case str():
            return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
        case date():
            return value.isoformat()
        case int() | Decimal():
            return f"{value:f}" if isinstance(value, Decimal) else str(value)
        case list():
            return "[" + ", ".join(to_toml(item) for item in value) + "]"
        case Mapping():
            return "{" + ", ".join(f"{to_toml(key)} = {to_toml(item)}" for key, item in value.items()) + "}"
    raise TypeError(type(value))


def program_text(program: Mapping[str, Any]) -> str:
    """A whole program file, one line for each table at its top."""
    return "".join(f"{key} = {to_toml(value)}\n" for key, value in program.items())


def load() -> list[Scenario]:
    """Every scenario, by file and in the file's order."""
    return [_parse(raw, path) for path in sorted(ROOT.glob("*/*.yaml")) for raw in _read(path)]


def _read(path: Path) -> list[dict[str, Any]]:
    with path.open(encoding="utf-8") as file:
        loader = _Loader(file)
        try:
            scenarios: list[dict[str, Any]] = loader.get_single_data()
        finally:
            loader.dispose()
    return scenarios


def _parse(raw: dict[str, Any], path: Path) -> Scenario:
    assert raw.keys() <= _ALLOWED, f"{path}: {raw['name']}: unknown keys {raw.keys() - _ALLOWED}"
    base = tomllib.loads(raw["program"], parse_float=Decimal) if "program" in raw else _of_folder(path.parent.name)
    program, later = merged(base, raw.get("overlay", {})), raw.get("editions", [])
    return Scenario(
        name=raw["name"],
        file=path.relative_to(ROOT).as_posix(),
        rows=_with_partners(raw.get("rows", {})),
        expect=_by_month(raw, "expect"),
        absent=_by_month(raw, "absent"),
        editions=_editions(program, later),
        closed=[_closing(one, raw.get("rows", {}), program, later) for one in raw.get("closed", [])],
        accept_removals=raw.get("accept_removals", False),
        calendar=raw.get("calendar", {"kind": "months"}),
        money_from=raw.get("money_from"),
        holidays=raw.get("holidays", {}),
    )


def _editions(program: Mapping[str, Any], later: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    editions = [dict(program)]
    for overlay in later:
        editions.append(merged(editions[-1], overlay))
    return editions


def _closing(
    raw: dict[str, Any], rows: dict[str, Any], program: Mapping[str, Any], later: Sequence[Mapping[str, Any]]
) -> Closing:
    assert raw.keys() <= _OF_CLOSING, f"unknown keys {raw.keys() - _OF_CLOSING}"
    return Closing(
        months=raw["months"],
        rows=_with_partners(rows | raw.get("rows", {})),
        editions=_editions(merged(program, raw.get("overlay", {})), later),
        accept_removals=raw.get("accept_removals", False),
    )


@cache
def _of_folder(name: str) -> Mapping[str, Any]:
    """The bundled program that a folder is named after, without its examples; the engine's own cases are of Elevate."""
    program = bundled("elevate" if name == "engine" else name)
    return {key: value for key, value in program.items() if key != "examples"}


def _with_partners(rows: dict[str, list[dict[str, Any]]]) -> dict[str, list[dict[str, Any]]]:
    roster = {"partners": [{"partner_id": "A"}]}
    return {
        export: [
            ({} if export in _OF_NO_PARTNER else {"partner_id": "A"}) | row for row in listed if row.get("times") != 0
        ]
        for export, listed in (roster | rows).items()
    }


def _by_month(raw: dict[str, Any], key: str) -> Expectation:
    found: Mapping[str, Any] = raw.get(key, {})
    by_month: Expectation = found if "month" not in raw else {raw["month"]: found}
    assert all(_LABEL.fullmatch(month) for month in by_month), f"{raw['name']}: {key} needs months"
    return by_month
