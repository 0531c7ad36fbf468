"""Tables and columns that a program declares: configured, mapped, checked and read as the standard ones are."""

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Run

PROGRAM = """
id = "demo"
name = "Demo"
clause = "1"
currency = "USD"
enrollment = "automatic"
effective_from = 2025-01-01

[policy]
rounding = "half_even"
takes_effect = "month_end"

[exports.opportunities]
fields = [{ name = "segment", constraints.enum = ["small", "large"] }]

[exports.visits]
name = "Visits"
primaryKey = "visit_id"
rowDate = "visited_on"
fields = [
  { name = "visit_id", constraints.required = true },
  { name = "partner_id", constraints.required = true },
  { name = "visited_on", type = "date", constraints.required = true },
  { name = "hours", type = "integer", default = 1, constraints.minimum = 0 },
  { name = "region" },
]

[exports.regions]
primaryKey = "region"
fields = [
  { name = "region", constraints.required = true },
  { name = "weight", type = "number", constraints.required = true },
]

[metrics.deals]
from = "opportunities"
where.segment = "large"
count = "opportunity_id"
on = "submitted_on"
window = "calendar_year"

[metrics.hours]
from = "visits"
with = { regions = "region" }
where.regions.weight.at_least = 1
sum = "hours"
on = "visited_on"
window = "calendar_year"

[tracks.partner]
promotion = "automatic"

[[tracks.partner.tiers]]
id = "member"

[[tracks.partner.tiers]]
id = "gold"
requires.deals.at_least = 1
requires.hours.at_least = 3
holds = "through_next_calendar_year"
"""
TOML = """\
programs = ["demo.toml"]
[exports]
partners = { path = "exports/partners.csv" }
opportunities = { path = "deals.csv", columns = { "Segment" = "segment" }, values = { segment = { "L" = "large" } } }
regions = { path = "regions.csv" }
[exports.visits]
path = "visits.csv"
columns = { "Who" = "partner_id", "When" = "visited_on" }
format = { date = "%d.%m.%Y" }
"""
DEALS = "opportunity_id,partner_id,submitted_on,stage,Segment\nD-1,P-1,2025-05-01,open,L\nD-2,P-2,2025-05-01,open,\n"
VISITS = """\
visit_id,Who,When,hours,region,Mood
V-1,P-1,02.05.2025,2,north,good
V-2,P-1,05.05.2025,,north,
V-3,P-1,01.06.2025,9,north,
"""
REGIONS = "region,weight\nnorth,1\nsouth,0\n"


@pytest.fixture
def declared(workspace: Path) -> Path:
    files = {
        "demo.toml": PROGRAM,
        "tierctl.toml": TOML,
        "deals.csv": DEALS,
        "visits.csv": VISITS,
        "regions.csv": REGIONS,
    }
    for name, text in files.items():
        (workspace / name).write_text(text, encoding="utf-8")
    return workspace


def replaced(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


@pytest.mark.usefixtures("declared")
def test_they_are_read_and_counted(run: Run) -> None:
    outcome = run("check", "--month", "2025-05", "--json")
    assert outcome.code == 0, outcome.err
    said = json.loads(outcome.out)
    assert said["findings"] == []
    columns = said["exports"]["visits"].pop("columns")
    assert said["exports"]["visits"] == {
        "rows_read": 3, "rejected": 0, "duplicates": 0, "ignored": 1, "unused_columns": ["Mood"],
    }  # fmt: skip
    assert [column["header"] for column in columns if not column["column"]] == ["Mood"]
    assert said["exports"]["regions"]["rows_read"] == 2
    assert said["exports"]["opportunities"]["unused_columns"] == []


def test_a_review_reads_them(declared: Path, run: Run) -> None:
    outcome = run("review", "--month", "2025-05", "--format", "json", "--quiet")
    assert (outcome.code, outcome.out, outcome.err) == (0, "", "")
    rows = json.loads((declared / "reports" / "2025-05" / "standing.json").read_text(encoding="utf-8"))
    assert {row["partner_id"]: row["tier"] for row in rows} == {"P-1": "gold", "P-2": "member", "P-3": "member"}


def test_their_rows_are_held_against_what_is_declared(declared: Path, run: Run) -> None:
    bad = "V-4,P-9,02.05.2025,2,north,\nV-5,P-1,02.05.2025,-1,north,\nV-6,P-1,,2,north,\nV-1,P-1,02.05.2025,7,south,\n"
    (declared / "visits.csv").write_text(VISITS + bad, encoding="utf-8")
    replaced(declared / "deals.csv", "open,L", "open,XL")
    outcome = run("check", "--json")
    assert outcome.code == 1
    assert json.loads(outcome.out)["rejects"] == {
        "opportunities": {"Segment": {"not-in-enum": 1}},
        "visits": {
            "Who": {"unknown-partner": 1},
            "When": {"missing-value": 1},
            "hours": {"below-minimum": 1},
            "visit_id": {"repeated-key": 2},
        },
    }


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("[exports.visits]", "[exports.visit]", "6:exports.visit: error[workspace-unknown-export]"),
        ('"Who" = "partner_id"', '"Who" = "partner"', "8:exports.visits.columns.Who: error[workspace-unknown-column]"),
        ('"Segment" = "segment"', '"Segment" = "segments"', "columns.Segment: error[workspace-unknown-column]"),
        ('"L" = "large"', '"L" = "big"', "values.segment.L: error[workspace-unknown-value]"),
    ],
)
def test_what_no_program_declares_is_found_with_what_was_meant(
    declared: Path, run: Run, old: str, new: str, said: str
) -> None:
    replaced(declared / "tierctl.toml", old, new)
    outcome = run("check")
    assert outcome.code == 2
    assert said in outcome.out
    if "big" not in new:
        assert "hint: did you mean " in outcome.out


def test_a_table_that_is_not_configured_is_missing(declared: Path, run: Run) -> None:
    replaced(declared / "tierctl.toml", 'regions = { path = "regions.csv" }\n', "")
    outcome = run("review", "--month", "2025-05")
    assert outcome.code == 2
    assert "exports.regions: error[missing-export]" in outcome.err


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('enrollment = "automatic"', 'enrolment = "automatic"'),
        ('{ name = "region" },\n]', '{ name = "region", typ = "x" },\n]'),
    ],
)
def test_a_program_with_a_fault_elsewhere_still_declares(declared: Path, run: Run, old: str, new: str) -> None:
    """What is configured for an export is not called unknown only because the program has a fault."""
    replaced(declared / "demo.toml", old, new)
    outcome = run("check", "--json")
    assert outcome.code == 2
    codes = {finding["code"] for finding in json.loads(outcome.out)["findings"]}
    assert codes & {"program-unknown-key", "program-missing-key"}
    assert not {code for code in codes if code.startswith("workspace-")}


def test_a_program_that_is_missing_may_declare_anything(declared: Path, run: Run) -> None:
    replaced(declared / "tierctl.toml", '["demo.toml"]', '["elevate", "demmo.toml"]')
    outcome = run("check", "--json")
    assert outcome.code == 2
    found = [(finding["code"], finding["subject"]) for finding in json.loads(outcome.out)["findings"]]
    assert ("program-not-found", "") in found
    assert "workspace-unknown-export" not in {code for code, _ in found}
