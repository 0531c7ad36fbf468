"""Every scenario, through tierctl and through the oracle; and the two against each other, row for row.

A review of one month replays those before it: each scenario is reviewed in its last month. TIERCTL_MONTHS=all reviews
every month that it names, which takes twice as long (`make scenarios`).
"""

import os
from collections.abc import Mapping
from functools import cache
from typing import Any

import pytest

from tests import oracle, scenarios
from tests.closing import begins, close, read_by
from tests.scenarios import Scenario, program_text
from tests.scenarios.run import (
    FREE_TEXT,
    by_engine,
    differences,
    engine_calendar,
    frames,
    oracle_calendar,
    parsed,
    read_back,
    rows_of,
)
from tierctl import resources
from tierctl.carried import Carried
from tierctl.findings import CannotRunError
from tierctl.review import review

SCENARIOS = scenarios.load()
_FIRST = None if os.environ.get("TIERCTL_MONTHS") == "all" else -1
MONTHS = [
    pytest.param(scenario, month, id=f"{scenario.file}: {scenario.name} [{month}]")
    for scenario in SCENARIOS
    for month in scenario.months[_FIRST:]
]
# By the scope all tests of a scenario follow one another, and what is found for the first serves the others.
of_each_scenario = pytest.mark.parametrize(("scenario", "month"), MONTHS, scope="module")
CLAUSES = {
    "elevate": "P E1 E2 E3 E4 E5 E6 E7 E8 E9 E10 E11 E12 E13 E14 E15 E16 E17 E18 E19 E20 E21 E22",
    "infusionsoft": (
        "P V1 V2 V3 V4 V5 V6 V7 V8 V9 V10 V11 V12 V13 V14 V15 V16 V17 V18 V19 S1 S2 S3 S4 S5 S6 S7 A1 A2 A3"
    ),
    "connectsoft": "P C1 C2 C3 C4 C5 C6 C7",
    "growth": "P T1 T2 T3 T4 T5 T6 T7 T8 T9 T10 T11 T12 T13 T14 T15",
    "engagement": "P L1 L2 L3 L4 L5 L6",
}

Rows = dict[str, list[dict[str, Any]]]


def assert_holds(scenario: Scenario, month: str, tables: Rows, *, left_out: Mapping[str, set[str]]) -> None:
    """Each expected row is in its report in the columns that it names, and none that must not be.

    `left_out` are columns by report that are not looked at.
    """
    for report, wanted in scenario.expect.get(month, {}).items():
        for whole in wanted:
            row = {column: cell for column, cell in whole.items() if column not in left_out.get(report, ())}
            if report == "totals":
                assert total(row, tables) == row["amount"], f"{row}: {total(row, tables)}"
                continue
            there = "\n".join(str({column: have[column] for column in row}) for have in tables[report])
            assert any(row.items() <= have.items() for have in tables[report]), f"no {row} in {report}:\n{there}"
    for report, unwanted in scenario.absent.get(month, {}).items():
        for row in unwanted:
            assert not any(row.items() <= have.items() for have in tables[report]), f"{row} in {report}"


def total(wanted: dict[str, Any], tables: Rows) -> Any:
    """What the lines of a table add up to that have the cells named."""
    cells = {column: cell for column, cell in wanted.items() if column not in {"table", "amount"}}
    return sum(line["amount"] for line in tables[wanted["table"]] if cells.items() <= line.items())


@cache
def found(scenario: Scenario, month: str) -> Rows:
    calendar = engine_calendar(scenario.calendar)
    opening = carried(scenario)
    programs = [parsed(program_text(edition)) for edition in scenario.editions]
    exports = frames(scenario.program, scenario.rows)
    asked = calendar.month(month)
    result = review(
        programs,
        read_by(programs, exports, asked) if opening else exports,
        calendar,
        asked,
        money_from=begins(calendar, opening) or (calendar.month(scenario.money_from) if scenario.money_from else None),
        holidays=scenario.holidays,
        opening=opening,
        accept_removals=scenario.accept_removals,
    )
    return rows_of(result)


@cache
def carried(scenario: Scenario) -> Carried | None:
    """What the scenario's closed months left; None where nothing is closed."""
    calendar = engine_calendar(scenario.calendar)
    opening = None
    for closing in scenario.closed:
        programs = [parsed(program_text(edition)) for edition in closing.editions]
        for month in closing.months:
            opening = close(
                programs,
                frames(closing.editions[0], closing.rows),
                calendar,
                calendar.month(month),
                opening=opening,
                holidays=scenario.holidays,
                accept_removals=closing.accept_removals,
            )
    return opening


@cache
def expected(scenario: Scenario, month: str) -> Rows:
    calendar = oracle_calendar(scenario.calendar)
    closed = None
    for closing in scenario.closed:
        for each in closing.months:
            closed = oracle.close(
                closing.editions,
                read_back(frames(closing.editions[0], closing.rows)),
                calendar,
                calendar.month(each),
                holidays=scenario.holidays,
                closed=closed,
                accept_removals=closing.accept_removals,
            )
    return oracle.review(
        scenario.editions,
        read_back(frames(scenario.program, scenario.rows)),
        calendar,
        calendar.month(month),
        money_from=calendar.month(scenario.money_from) if scenario.money_from else None,
        holidays=scenario.holidays,
        closed=closed,
        accept_removals=scenario.accept_removals,
    )


@of_each_scenario
def test_tierctl_does_what_the_scenario_says(scenario: Scenario, month: str) -> None:
    assert_holds(scenario, month, found(scenario, month), left_out={})


@of_each_scenario
def test_the_oracle_does_what_the_scenario_says(scenario: Scenario, month: str) -> None:
    assert_holds(scenario, month, expected(scenario, month), left_out=FREE_TEXT)


@of_each_scenario
def test_tierctl_and_the_oracle_agree_on_the_scenario(scenario: Scenario, month: str) -> None:
    assert not differences(found(scenario, month), expected(scenario, month))


@pytest.mark.parametrize(
    ("program", "clause"), [(name, each) for name, all_ in CLAUSES.items() for each in all_.split()]
)
def test_every_clause_has_its_scenarios(program: str, clause: str) -> None:
    of_program = [each for each in SCENARIOS if each.file.startswith(f"{program}/")]
    assert [scenario for scenario in of_program if scenario.name.startswith(f"{clause} ")]


def test_the_names_of_scenarios_are_unique() -> None:
    names = [scenario.name for scenario in SCENARIOS]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("program", CLAUSES)
def test_a_program_written_back_as_toml_is_the_same_program(program: str) -> None:
    text = resources.bundled_programs() / f"{program}.toml"
    again = scenarios.program_text(scenarios.bundled(program))
    assert parsed(text.read_text(encoding="utf-8")) == parsed(again)


def test_a_month_before_the_program_is_refused() -> None:
    program = scenarios.bundled("elevate")
    tables = frames(program, {"partners": [{"partner_id": "A"}]})
    with pytest.raises(CannotRunError, match="2024-12"):
        by_engine(program, tables, {"kind": "months"}, "2024-12")
