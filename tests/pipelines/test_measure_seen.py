"""Rows that count only if the primary user of the current enrollment may see them."""

from datetime import date
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from tests.pipelines.measured import FEB, JAN, MAR, TOP, Rows, inputs_of, of_a, program_of, values
from tierctl.measure import unseen
from tierctl.program.model import Program

DEALS = """
[metrics.m]
from = "opportunities"
count = "opportunity_id"
on = "submitted_on"
window = "lifetime"

[metrics.won]
from = "opportunities"
where.stage = "won"
sum = "amount"
on = "closed_on"
window = "fiscal_quarter"

[metrics.both]
formula = "m + won"
"""
SEEN = TOP.replace("automatic", "required") + 'counts_only = "seen_by_primary_user"\n'


def program(top: str = SEEN) -> Program:
    return program_of(DEALS, shows=["both"], top=top)


def deal(owner: str | None, day: date = date(2025, 1, 10), **more: Any) -> dict[str, Any]:
    return {"submitted_on": day, "owner_id": owner} | more if owner else {"submitted_on": day} | more


ROWS: Rows = {
    "enrollments": [
        {"enrolled_on": date(2025, 1, 1), "expires_on": date(2025, 2, 10), "primary_user_id": "U1"},
        {"enrolled_on": date(2025, 2, 15), "primary_user_id": "U2"},
        {"enrolled_on": date(2025, 3, 15), "expires_on": date(2025, 12, 31)},
    ],
    "user_access": [{"user_id": user, "owner_id": owner} for user, owner in (("U1", "O1"), ("U2", "O1"), ("U2", "O2"))],
    "opportunities": [deal("O1"), deal("O2"), deal("O3"), deal(None)],
}
ROWS["enrollments"][1]["expires_on"] = date(2025, 3, 14)


def test_what_counts_follows_the_primary_user_of_the_current_enrollment() -> None:
    # U1 sees O1; U2 sees O1 and O2; with no primary user everything counts. A row without an owner always does.
    assert_frame_equal(values(program(), "m", ROWS, [JAN, FEB, MAR]), of_a((JAN, 2), (FEB, 3), (MAR, 4)))


def test_without_the_word_everything_counts() -> None:
    everything = program(SEEN.replace('counts_only = "seen_by_primary_user"\n', ""))
    assert_frame_equal(values(everything, "m", ROWS, [JAN]), of_a((JAN, 4)))


def test_a_user_whom_the_export_does_not_know_sees_nothing_owned() -> None:
    rows: Rows = ROWS | {"user_access": []}
    assert_frame_equal(values(program(), "m", rows, [JAN]), of_a((JAN, 1)))


@pytest.mark.parametrize(("day", "count"), [(JAN, 3), (FEB, 2), (MAR, 0)])
def test_the_rows_left_out_are_counted_once_whatever_reads_them(day: date, count: int) -> None:
    won = deal("O3", closed_on=date(2025, 1, 20), stage="won", amount=5)
    rows: Rows = ROWS | {"opportunities": [*ROWS["opportunities"], won, deal("O3", MAR)]}
    rows["opportunities"] = [row for row in rows["opportunities"] if row["submitted_on"] != MAR or day != MAR]
    inputs = inputs_of(program(), rows, day.strftime("%Y-%m"))
    found = unseen(inputs, inputs.program.tracks["t"], day).select(
        pl.col("partner_id").cast(pl.String), "export", "rows"
    )
    assert found.rows() == ([("A", "opportunities", count)] if count else [])
