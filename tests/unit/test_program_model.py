"""The bundled program as a model, its JSON Schema, and editions that follow each other."""

import json
import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tierctl import resources
from tierctl.findings import Severity
from tierctl.program import schema
from tierctl.program.load import Editions, bundled_ids, find, load_all, load_path, load_ref, load_text
from tierctl.program.model import Program
from tierctl.program.values import Where
from tierctl.program.words import describe

ELEVATE = resources.bundled_programs() / "elevate.toml"
SOUND = [Path(__file__).with_name("every_word.toml"), *sorted(resources.bundled_programs().glob("*.toml"))]


@pytest.fixture(scope="module")
def elevate() -> Program:
    program, findings = load_path(ELEVATE)
    assert program is not None
    assert findings == []
    return program


def as_json(value: Any) -> Any:
    """TOML values as JSON has them, for a validator that knows JSON only."""
    if isinstance(value, dict):
        return {key: as_json(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [as_json(inner) for inner in value]
    return value.isoformat() if isinstance(value, date) else value


def text_of(effective_from: str, *, id_: str = "elevate") -> str:
    text = ELEVATE.read_text(encoding="utf-8").partition("# ── Examples")[0]
    return text.replace("effective_from = 2025-01-01", f"effective_from = {effective_from}").replace(
        'id             = "elevate"', f'id             = "{id_}"'
    )


def test_the_program_reads_as_its_file_says(elevate: Program) -> None:
    track = elevate.tracks["partner"]
    assert track.ranks == {"pioneer": 0, "trailblazer": 1, "elite": 2}
    assert [tier.id for tier in track.earned_tiers] == ["trailblazer", "elite"]
    assert elevate.reads == ("agreements", "mrr", "opportunities", "partner_services")
    assert elevate.first_counted == date(2025, 1, 1)
    assert isinstance(elevate.where(elevate.metrics["net_new_mrr"].where), Where)


def test_a_named_condition_is_looked_up() -> None:
    text = text_of("2025-01-01").replace('where.order_type  = "new_logo"', 'where = "counted"')
    text = text.replace("where.promotional = false\n", "") + '\n[conditions.counted]\norder_type = "new_logo"\n'
    program, findings = load_text(text, "elevate.toml")
    assert findings == []
    assert program is not None
    assert program.where(program.metrics["net_new_mrr"].where) == program.conditions["counted"]


@pytest.mark.parametrize("ref", bundled_ids())
def test_bundled_programs_are_clean(ref: str) -> None:
    programs, findings = load_ref(ref, Path())
    assert programs
    assert findings == []


@pytest.mark.parametrize("clause", [f"E{number}" for number in range(1, 23)])
def test_elevate_has_an_example_for_every_clause_it_implements(elevate: Program, clause: str) -> None:
    assert any(example.name.split()[0] == clause for example in elevate.examples)


@pytest.mark.parametrize(
    ("month_end", "effective_from"),
    [
        ("2025-12-31", "2025-01-01"),
        ("2026-01-30", "2025-01-01"),
        ("2026-01-31", "2026-01-31"),
        ("2027-05-31", "2027-01-01"),
    ],
)
def test_the_latest_edition_at_the_months_end_is_in_force(tmp_path: Path, month_end: str, effective_from: str) -> None:
    for day in ("2027-01-01", "2025-01-01", "2026-01-31"):
        (tmp_path / f"of-{day}.toml").write_text(text_of(day), encoding="utf-8")
    (editions,), findings = load_all([f"of-{day}.toml" for day in ("2027-01-01", "2025-01-01", "2026-01-31")], tmp_path)
    assert findings == []
    assert editions.in_force(date.fromisoformat(month_end)).effective_from == date.fromisoformat(effective_from)


def test_nothing_is_in_force_before_the_first_edition(elevate: Program) -> None:
    with pytest.raises(ValueError, match="takes effect on 2025-01-01"):
        Editions("elevate", (elevate,)).in_force(date(2024, 12, 31))


def test_programs_are_grouped_by_id(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text(text_of("2025-01-01", id_="another"), encoding="utf-8")
    editions, findings = load_all(["elevate", "own.toml", "elevate"], tmp_path)
    assert findings == []
    assert [(each.id, len(each.programs)) for each in editions] == [("another", 1), ("elevate", 1)]


def test_a_program_is_found_by_id_or_path(tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text(text_of("2025-01-01"), encoding="utf-8")
    assert find("elevate", tmp_path) == ((ELEVATE,), [])
    assert find("own.toml", tmp_path) == ((own,), [])
    assert find("nowhere.toml", tmp_path)[0] == ()


def test_a_warning_does_not_keep_a_program_from_loading() -> None:
    text = text_of("2025-01-01") + '\n[metrics.spare]\nfrom = "mrr"\nsum = "mrr"\non = "sold_on"\nwindow = "lifetime"\n'
    program, findings = load_text(text, "elevate.toml")
    assert program is not None
    assert [finding.severity for finding in findings] == [Severity.WARNING]


def test_the_schema_file_equals_the_model() -> None:
    assert (resources.schemas() / schema.FILE).read_text(encoding="utf-8") == schema.text()


@pytest.mark.parametrize("path", SOUND, ids=lambda path: path.stem)
def test_the_schema_is_one_and_holds_for_programs_without_fault(path: Path) -> None:
    written = json.loads((resources.schemas() / schema.FILE).read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(written)
    with path.open("rb") as file:
        jsonschema.Draft202012Validator(written).validate(as_json(tomllib.load(file)))


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("currency ", "curency  "),
        ("net_new_mrr.at_least", "net_new_mrr.at_leest"),
        ('"through_next_calendar_year"', '"through_the_year"'),
        ('promotion          = "automatic"', 'promotion = "by_hand"'),
        ('currency       = "USD"', 'currency = "dollars"'),
    ],
)
def test_the_schema_refuses_what_the_loader_refuses(right: str, wrong: str) -> None:
    text = text_of("2025-01-01")
    assert right in text
    text = text.replace(right, wrong, 1)
    assert load_text(text, "elevate.toml")[0] is None
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(schema.json_schema()).validate(as_json(tomllib.loads(text)))


def test_the_editors_hint_leads_to_the_schema() -> None:
    hint = ELEVATE.read_text(encoding="utf-8").partition("\n")[0].removeprefix("#:schema ")
    assert (ELEVATE.parent / hint).resolve() == (resources.schemas() / schema.FILE).resolve()


def test_a_program_is_described_in_words(elevate: Program) -> None:
    said = list(describe(elevate))
    assert said[0] == "Elevate Partner Program (elevate), from 2025-01-01"
    assert (
        "  elite [E5]        net_new_mrr at least 25,000 [E2] and opportunities at least 20 [E4, E5]; "
        "held through the next calendar year"
    ) in said
    assert "  Suspended unless partner.good_standing is true" in said
    assert "  marketing_kits [E19]                                       every tier" in said
