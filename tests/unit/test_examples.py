"""Examples: rows filled in from little, and what is said where something else came out."""

import tomllib
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests.demo import DEMO
from tierctl import resources
from tierctl.contracts import export_contract, report_contract
from tierctl.examples import mismatches, run, tables_from_rows, tables_of
from tierctl.findings import CannotRunError
from tierctl.fiscal import Calendar
from tierctl.program.load import load_path, load_text
from tierctl.program.model import Program

A = [{"partner_id": "A"}]
ELEVATE = (resources.bundled_programs() / "elevate.toml").read_text(encoding="utf-8")


DECLARING = """
id = "demo"
name = "Demo"
currency = "USD"
enrollment = "automatic"
effective_from = 2025-01-01

[policy]
rounding = "half_even"
takes_effect = "month_end"

[exports.mrr]
fields = [{ name = "segment", constraints = { required = true, enum = ["small", "large"] } }]

[exports.visits]
primaryKey = "visit_id"
fields = [
  { name = "visit_id", constraints.required = true },
  { name = "partner_id", constraints.required = true },
  { name = "visited_on", type = "date", constraints.required = true },
  { name = "hours", type = "integer", default = 2 },
  { name = "fee", type = "number", money = true },
]

[tracks.main]
promotion = "automatic"
[[tracks.main.tiers]]
id = "member"
"""


def parsed(text: str) -> Program:
    return Program.model_validate(tomllib.loads(text, parse_float=Decimal))


def table(name: str, *rows: dict[str, object], **others: list[dict[str, object]]) -> pl.DataFrame:
    """The table of an export, made from these rows."""
    tables = tables_from_rows(
        {"partners": [{"partner_id": "A"}], **others, name: rows}, currency="USD", program="demo", track="main"
    )
    return tables[name][0].collect()


def faults(**rows: list[dict[str, object]]) -> list[str]:
    """What is wrong with the rows."""
    with pytest.raises(CannotRunError) as caught:
        tables_from_rows({"partners": [{"partner_id": "A"}], **rows}, currency="USD", program="demo")
    return [finding.message for finding in caught.value.findings]


def test_a_row_is_filled_in() -> None:
    df = table("mrr", {"mrr": Decimal("24999.50"), "invoiced_on": date(2025, 3, 10), "cancelled_on": date(2025, 5, 1)})
    assert df.schema == export_contract("mrr").polars_schema
    assert df.row(0, named=True) == {
        "line_id": "mrr-1",
        "partner_id": "A",
        "customer_id": "customer_id-1",
        "order_type": "new_logo",
        "product_family": None,
        "mrr": Decimal("24999.50"),
        "currency": "USD",
        "term_months": None,
        "quoted_on": None,
        "repriced_on": None,
        "sold_on": date(2025, 3, 10),
        "invoiced_on": date(2025, 3, 10),
        "cancelled_on": date(2025, 5, 1),
        "via_portal": True,
        "promotional": False,
        "adjusts_line_id": None,
    }


def test_rows_repeat_and_keys_are_numbered_through() -> None:
    df = table(
        "opportunities", {"times": 2}, {"opportunity_id": "mine"}, {"times": 0}, {"submitted_on": date(2025, 2, 2)}
    )
    assert df["opportunity_id"].to_list() == ["opportunities-1", "opportunities-2", "mine", "opportunities-4"]
    assert df["submitted_on"].to_list() == [date(2025, 1, 1)] * 3 + [date(2025, 2, 2)]


def test_a_partner_is_named_by_its_id_and_the_roster_is_always_there() -> None:
    df = table("partners", {"partner_id": "007"}, {})
    assert df["partner_id"].to_list() == ["007", "partners-2"]
    assert df["name"].to_list() == ["007", "partners-2"]
    assert df["good_standing"].to_list() == [True, True]
    assert tables_from_rows({}, currency="USD", program="demo")["partners"][0].collect().is_empty()


def test_a_decision_belongs_to_the_program_and_its_track() -> None:
    row = table("decisions", {"tier": "elite", "effective_on": date(2025, 1, 1)}).row(0, named=True)
    assert (row["program"], row["track"], row["decision"], row["decided_by"]) == (
        "demo",
        "main",
        "prequalified",
        "decided_by-1",
    )
    assert row["through"] is None


@pytest.mark.parametrize("export", ["decisions", "enrollments"])
def test_where_there_are_several_tracks_a_row_names_its_own(export: str) -> None:
    rows = {"partners": A, export: [{"track": "service", "tier": "gold"}, {"tier": "gold"}]}
    with pytest.raises(CannotRunError) as caught:
        tables_from_rows(rows, currency="USD", program="demo")
    (finding,) = caught.value.findings
    assert (finding.subject, finding.message) == (
        f"{export}-2",
        "the row names no track, and the program has several",
    )


def test_an_enrollment_needs_its_day_alone() -> None:
    row = table("enrollments", {"enrolled_on": date(2025, 1, 10)}).row(0, named=True)
    assert row == {
        "partner_id": "A",
        "program": "demo",
        "track": "main",
        "enrolled_on": date(2025, 1, 10),
        "expires_on": None,
        "tier": None,
        "primary_user_id": None,
    }


def test_rows_of_what_a_program_declares_are_filled_in_too() -> None:
    program = parsed(DECLARING)
    tables = tables_of(program, {"partners": A, "visits": [{"times": 2, "visited_on": date(2025, 1, 2)}], "mrr": [{}]})
    assert tables["visits"][0].collect().to_dicts() == [
        {"visit_id": f"visits-{n}", "partner_id": "A", "visited_on": date(2025, 1, 2), "hours": 2, "fee": None}
        for n in (1, 2)
    ]
    assert tables["mrr"][0].collect()["segment"].to_list() == ["small"]


def test_composite_keys_are_told_apart() -> None:
    df = table("certifications", {"times": 2, "person_id": "P"}, {"times": 2, "certification": "C"})
    assert df.select("person_id", "certification").rows() == [
        ("P", "certification-1"),
        ("P", "certification-2"),
        ("person_id-3", "C"),
        ("person_id-4", "C"),
    ]


def test_numbers_are_filled_in_without_weight() -> None:
    assert table("mrr", {})["mrr"].to_list() == [0]
    assert table("attestations", {"criterion": "nda"})["value"].to_list() == [1]
    assert table("opportunities", {"amount": 5})["currency"].to_list() == ["USD"]
    assert table("opportunities", {})["currency"].to_list() == [None]


def test_a_float_counts_by_the_digits_that_were_written() -> None:
    assert table("mrr", {"mrr": 0.1})["mrr"].to_list() == [Decimal("0.1")]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"mrrr": 5}, "mrr has no column mrrr; its columns are line_id, partner_id,"),
        ({"mrr": "5"}, 'mrr should be a number, not "5"'),
        ({"mrr": True}, "mrr should be a number, not true"),
        ({"mrr": Decimal("0.1234567")}, "mrr should be a number, not 0.1234567"),
        ({"term_months": Decimal("1.5")}, "term_months should be a whole number, not 1.5"),
        ({"term_months": 0}, "term_months cannot be 0: it lies between 1 and None"),
        ({"sold_on": "2025-01-01"}, 'sold_on should be a day, not "2025-01-01"'),
        ({"line_id": 7}, "line_id should be text, not 7"),
        ({"promotional": "no"}, 'promotional should be true or false, not "no"'),
        ({"order_type": "newlogo"}, 'order_type is never "newlogo"; its values are new_logo,'),
        ({"currency": "usd"}, 'currency should look like ^[A-Z]{3}$, not "usd"'),
        ({"partner_id": "B"}, 'the roster has no partner "B"'),
        ({"times": -1}, "times should be a whole number, not -1"),
        ({"times": 2, "line_id": "L"}, '2 rows have the key "L"'),
    ],
)
def test_a_row_that_no_export_could_hold(row: dict[str, object], message: str) -> None:
    (said,) = faults(mrr=[row])
    assert said.startswith(message)


def test_every_faulty_row_is_named_at_once() -> None:
    assert len(faults(mrr=[{"mrr": "5"}, {"mrrr": 5, "sold_on": 5}], oportunities=[{}])) == 4


def test_a_partner_must_be_named_where_there_are_several() -> None:
    said = faults(partners=[{"partner_id": "A"}, {"partner_id": "B"}], mrr=[{}])
    assert said == ['the roster has no partner "partner_id-1"']


STANDING = pl.DataFrame(
    [
        {
            "program": "demo",
            "track": "main",
            "partner_id": "A",
            "month": "2025-03",
            "tier": "gold",
            "valid_through": None,
        },
        {
            "program": "demo",
            "track": "main",
            "partner_id": "B",
            "month": "2025-03",
            "tier": "base",
            "valid_through": date(2026, 12, 31),
        },
    ]
)
BENEFITS = pl.DataFrame(
    {"partner_id": ["A", "A", "B"], "tier": ["gold", "gold", "base"], "value": [Decimal("0.5"), Decimal(1), None]}
)


@pytest.mark.parametrize(
    "expect",
    [
        {"standing": [{"partner_id": "A", "tier": "gold"}, {"tier": "base"}]},
        {
            "standing": [
                {"partner_id": "A", "valid_through": ""},
                {"partner_id": "B", "valid_through": date(2026, 12, 31)},
            ]
        },
        {"benefits": [{"value": Decimal("0.50")}, {"value": 1}, {"value": ""}]},
        {"totals": [{"table": "benefits", "tier": "gold", "value": Decimal("1.5")}]},
        {"totals": [{"table": "benefits", "tier": "platinum", "value": 0}]},
    ],
)
def test_what_is_there_is_no_mismatch(expect: dict[str, Any]) -> None:
    assert mismatches(expect, {"standing": STANDING, "benefits": BENEFITS}) == []


@pytest.mark.parametrize(
    ("expect", "said"),
    [
        (
            {"standing": [{"partner_id": "B", "tier": "gold", "valid_through": ""}]},
            (
                'standing: expected partner_id = "B", tier = "gold", valid_through = nothing\n'
                '          the nearest row has tier = "base", valid_through = 2026-12-31'
            ),
        ),
        (
            {"totals": [{"table": "benefits", "tier": "gold", "value": 2}]},
            'benefits: the sum of value where tier = "gold" is 1.5 over 2 rows, expected 2',
        ),
        ({"standing": [{"teir": "gold"}]}, "standing has no column teir; its columns are program, track,"),
        ({"standings": [{"tier": "gold"}]}, "standings: there is no such report; there are actions, benefits,"),
        ({"totals": [{"table": "benefits", "vaule": 2}]}, "benefits has no column vaule; its columns are"),
    ],
)
def test_a_mismatch_says_what_came_out(expect: dict[str, Any], said: str) -> None:
    (fault,) = mismatches(expect, {"standing": STANDING, "benefits": BENEFITS})
    assert fault.startswith(said)


def test_an_empty_report_has_no_row_to_show() -> None:
    empty = report_contract("actions").polars_schema.to_frame()
    (fault,) = mismatches({"actions": [{"partner_id": "A"}]}, {"actions": empty})
    assert fault.endswith("but the report has no rows")


def test_the_examples_of_a_bundled_program_can_fail() -> None:
    stricter, _ = load_text(ELEVATE.replace("= 25_000\nrequires", "= 25_001\nrequires"), "elevate.toml")
    assert stricter is not None
    first = [example for example in stricter.examples if example.name.startswith(("E1 ", "E2 "))]
    failed = [result for result in run(stricter.model_copy(update={"examples": first})) if not result.passed]
    assert failed[0].name.startswith("E2 ")
    assert "the nearest row has missing = 21_201.25" in failed[0].mismatches[0]


@pytest.mark.parametrize("path", sorted(resources.bundled_programs().glob("*.toml")), ids=lambda path: path.stem)
def test_the_examples_of_every_bundled_program_hold(path: Path) -> None:
    program, findings = load_path(path)
    assert findings == []
    assert program is not None
    assert program.examples
    results = run(program)
    assert len(results) == len(program.examples)
    assert [(result.name, result.mismatches) for result in results if not result.passed] == []


def test_an_example_runs_on_another_calendar() -> None:
    program, _ = load_text(ELEVATE, "elevate.toml")
    assert program is not None
    first = program.model_copy(update={"examples": program.examples[:2]})
    assert all(result.passed for result in run(first))
    results = run(first, calendar=Calendar.weeks("4-4-5", "last saturday of january"))
    assert any(not result.passed for result in results)


def test_an_example_that_cannot_run_fails_and_says_why() -> None:
    example = """
[[examples]]
name = "E4 with a partner that the roster lacks"
month = "2025-03"
rows.partners = [{ partner_id = "A" }]
rows.mrr = [{ partner_id = "B", mrr = 5 }]
expect.standing = [{ partner_id = "A" }]
"""
    program, findings = load_text(ELEVATE.partition("# ── Examples")[0] + example, "elevate.toml")
    assert findings == []
    assert program is not None
    (result,) = run(program)
    assert result.mismatches == ('mrr: the roster has no partner "B"',)


PAYING = (
    DEMO
    + """
[commissions.spiff]
from = "mrr"
earned_on = "invoiced_on"
base = "mrr"
rate = 1

[payout]
currency = "as_earned"
pay_when.at_least = 100

[[examples]]
name = "What closed months leave unpaid is carried"
month = "2025-03"
CLOSED
rows.partners = [{ partner_id = "A" }]
rows.mrr = [
  { partner_id = "A", mrr = 60, invoiced_on = 2025-01-10 },
  { partner_id = "A", mrr = 30, invoiced_on = 2025-02-10 },
  { partner_id = "A", mrr = 9.99, invoiced_on = 2025-03-10 },
  { partner_id = "A", mrr = 700, invoiced_on = 2025-04-10 },
]
expect.statements = [{ partner_id = "A", opening_balance = OPENING, earned = 9.99, status = "carried" }]
"""
)


@pytest.mark.parametrize(
    ("closed", "opening"),
    [
        ("", 0),
        ("closed = []", 0),
        ('closed = ["2025-02"]', 30),
        ('closed = ["2025-01"]', 90),
        ('closed = ["2025-01", "2025-02"]', 90),
    ],
)
def test_an_example_goes_on_from_the_months_that_it_closes(closed: str, opening: int) -> None:
    """Money begins with the first that is closed; an open month between the last one and the example's has its turn."""
    program, findings = load_text(PAYING.replace("CLOSED", closed).replace("OPENING", str(opening)), "demo.toml")
    assert program is not None, findings
    (result,) = run(program)
    assert result.mismatches == ()
