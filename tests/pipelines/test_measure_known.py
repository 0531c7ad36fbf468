"""The rows of an export as one day knows them."""

from datetime import date
from decimal import Decimal

import polars as pl

from tests.pipelines.measured import FEB, JAN, MAR, Rows, inputs_of, program_of
from tierctl.measure import in_force, rows_on

TABLES = """
[columns.first_submitted_on]
from = "opportunities"
minimum = "submitted_on"
same = ["partner_id", "customer_id"]

[conditions.open_deal]
stage = "open"

[metrics.m]
from = "opportunities"
where = "open_deal"
count = "opportunity_id"
on = "submitted_on"
window = "lifetime"
"""
ROWS: Rows = {
    "partners": [{"partner_id": "A", "region": "north", "terminated_on": date(2025, 3, 1)}],
    "opportunities": [
        {"opportunity_id": "O1", "customer_id": "C", "submitted_on": date(2025, 1, 5)},
        {
            "opportunity_id": "O2",
            "customer_id": "C",
            "submitted_on": date(2025, 1, 9),
            "stage": "won",
            "closed_on": date(2025, 2, 10),
        },
        {"opportunity_id": "O3", "customer_id": "C", "submitted_on": date(2025, 3, 1)},
    ],
    "agreements": [
        {"effective_on": date(2025, 1, 1), "ends_on": date(2025, 2, 28), "support_level": "gold"},
        {"effective_on": date(2025, 2, 10), "support_level": "silver", "standard_rate": Decimal("0.1")},
        {"effective_on": date(2025, 3, 20), "ends_on": date(2025, 3, 25), "support_level": "bronze"},
    ],
}
INPUTS = inputs_of(program_of(TABLES, shows=["m"]), ROWS, "2025-03")


def test_rows_and_their_cells_as_the_day_sees_them() -> None:
    january = rows_on(INPUTS, "opportunities", day=JAN).sort("opportunity_id")
    columns = ("opportunity_id", "stage", "closed_on", "first_submitted_on", "partner.region", "partner.terminated_on")
    first = date(2025, 1, 5)
    assert january.select(columns).rows() == [
        ("O1", "open", None, first, "north", None),
        ("O2", "open", None, first, "north", None),
    ]
    march = rows_on(INPUTS, "opportunities", day=MAR).sort("opportunity_id")
    assert march.select(columns).rows() == [
        ("O1", "open", None, first, "north", date(2025, 3, 1)),
        ("O2", "won", date(2025, 2, 10), first, "north", date(2025, 3, 1)),
        ("O3", "open", None, first, "north", date(2025, 3, 1)),
    ]
    assert march.schema["partner_id"] == INPUTS.partner_type


def test_a_condition_by_its_name_and_rows_joined_on_the_day() -> None:
    rows = rows_on(INPUTS, "opportunities", where="open_deal", with_={"agreements": "month_end"}, day=FEB)
    assert rows.select("opportunity_id", "agreements.support_level").rows() == [("O1", "silver")]
    none = rows_on(INPUTS, "opportunities", where="open_deal", with_={"agreements": "month_end"}, day=MAR)
    assert none.is_empty()


def test_the_row_in_force() -> None:
    found = [
        in_force(INPUTS, "agreements", day)["support_level"].to_list() for day in (JAN, FEB, date(2025, 3, 24), MAR)
    ]
    assert found == [["gold"], ["silver"], ["bronze"], []]
    assert in_force(INPUTS, "agreements", JAN).schema["partner_id"] == INPUTS.partner_type


def test_an_export_that_was_not_given_has_no_rows() -> None:
    inputs = inputs_of(program_of(TABLES, shows=["m"]), {}, "2025-03")
    assert rows_on(inputs, "opportunities", day=JAN).is_empty()
    assert in_force(inputs, "agreements", JAN).select("partner_id", pl.col("standard_rate")).is_empty()
