"""The dry run: every part of a program is put together, and what cannot be computed is told with its reason."""

from pathlib import Path

import pytest

from tests.pipelines.ingest_cases import parsed
from tierctl import resources
from tierctl.dry_run import dry_run
from tierctl.fiscal import Calendar
from tierctl.program.load import load_path

HEAD = """
id = "demo"
name = "Demo"
clause = "1"
currency = "USD"
enrollment = "required"
effective_from = 2025-01-01
counts_only = "seen_by_primary_user"

[policy]
rounding = "half_even"
takes_effect = "month_end"
fx = { flow = "month_average", level = "month_end", max_age_days = 10 }

[exports.visits]
primaryKey = "visit_id"
rowDate = "visited_on"
fields = [
  { name = "visit_id" }, { name = "partner_id" }, { name = "visited_on", type = "date" }, { name = "owner_id" },
  { name = "region" }, { name = "hours", type = "number" },
]
[exports.regions]
primaryKey = "region"
fields = [{ name = "region" }, { name = "weight", type = "number" }]
"""
REST = """
[metrics.revenue]
from = "mrr"
sum = "mrr"
running = { since = "sold_on", before = "cancelled_on" }

[metrics.hours]
from = "visits"
with = { regions = "region", agreements = "month_end" }
where.regions.weight.at_least = { column = "{weight}" }
sum = "hours"
on = "visited_on"
window = "enrollment"

[tracks.sales]
promotion = "on_decision"
downgrade = "automatic"
remediation_days = 60
[tracks.sales.qualifications.mentor]
requires.hours.at_least = { column = "{qualified}" }
holds = "while_met"
[[tracks.sales.tiers]]
id = "registered"
requires.attested = ["nda"]
holds = "while_met"
[[tracks.sales.tiers]]
id = "gold"
requires.revenue.at_least = 5
requires.qualified.name = "mentor"
holds = "through_enrollment"

[benefits.discount]
kind = "percent"
tiers = ["gold"]
with = { agreements = "month_end" }
value = { column = "{benefit}" }

[actions.renewal_due]
from = "agreements"
where.standard_rate.at_least = { column = "{action}" }
on = "ends_on"
days_before = 60
"""
SOUND = {
    "weight": "regions.weight",
    "qualified": "partner.age",
    "benefit": "agreements.standard_rate",
    "action": "deal_rate",
}
AGE = '[exports.partners]\nfields = [{ name = "age", type = "number" }]\n'


def said(**changed: str) -> list[str]:
    text = REST
    for name, column in (SOUND | changed).items():
        text = text.replace(f"{{{name}}}", column)
    program = parsed(HEAD + AGE + text)
    return [finding.message for finding in dry_run(program, Calendar.months(), "demo.toml")]


def test_a_program_with_every_kind_of_part_can_be_computed() -> None:
    assert said() == []


@pytest.mark.parametrize(
    ("part", "column"),
    [
        ("weight", "regions.nothing"),
        ("qualified", "partner.name"),
        ("benefit", "agreements.nothing"),
        ("action", "effective_on"),
    ],
)
def test_what_cannot_be_computed_is_found_in_every_part(part: str, column: str) -> None:
    (message,) = said(**{part: column})
    assert message.startswith("something in it cannot be computed: ")


@pytest.mark.parametrize("path", sorted(resources.bundled_programs().glob("*.toml")), ids=lambda path: path.stem)
def test_every_bundled_program_can_be_computed(path: Path) -> None:
    program, _ = load_path(path)
    assert program is not None
    assert dry_run(program, Calendar.months(), path.name) == []
