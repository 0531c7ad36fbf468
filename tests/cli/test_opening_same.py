"""An opening that says what a review left comes to the same in the months that follow as the replay of all months.

Money is another matter: what was posted before the opening is neither corrected nor taken back.
"""

import re
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from tests.sample import copy_workspace
from tierctl.cli import app
from tierctl.contracts import ledger_contract

NO_END = date.max
BASES = pl.Enum(["base", "earned", "prequalified", "placed", "approved"])
ROW = ["program", "track", "partner_id", "qualification", "tier"]


def run(root: Path, *arguments: str) -> None:
    result = CliRunner().invoke(app, ["-C", str(root), *arguments, "--quiet"], catch_exceptions=False)
    assert (result.exit_code, result.stdout) == (0, ""), result.stderr


def start_anywhere(root: Path) -> None:
    """Lets the workspace's money begin with whichever close is the first."""
    toml = root / "tierctl.toml"
    toml.write_text(re.sub(r"(?m)^starts .*$", "", toml.read_text(encoding="utf-8")), encoding="utf-8")


def opening_of(close: Path, month: str) -> pl.DataFrame:
    """The tiers, qualifications and clocks that a close left, one row for each that a partner holds.

    The base tier has a row only where a partner is suspended, since that is said nowhere else.
    """
    grants = pl.read_parquet(close / "state" / "grants.parquet").filter(month=month).drop_nulls("tier")
    grants = grants.with_columns(pl.col("qualification").fill_null(""))
    clocks = grants.filter(state="clock").select(*ROW, remediation_ends_on="through")
    statuses = pl.read_parquet(close / "state" / "statuses.parquet").filter(month=month, status="suspended")
    suspended = statuses.select("program", "track", "partner_id", "status").unique()
    is_needed = (pl.col("basis") != "base") | pl.col("status").is_not_null()
    grants = grants.join(suspended, on=ROW[:3], how="left")
    held = grants.filter(pl.col("state") == "grant", is_needed)
    held = held.with_columns(pl.col("through").fill_null(NO_END), pl.col("basis").cast(BASES)).sort("through", "basis")
    since, last = pl.col("from").min(), pl.col("basis", "through", "status").last()
    rows = held.group_by(ROW, maintain_order=True).agg(since, last).join(clocks, on=ROW, how="left")
    is_tier = pl.col("qualification") == ""
    return rows.with_columns(
        pl.when(is_tier).then("tier").alias("tier"),
        pl.when(~is_tier).then("qualification").alias("qualification"),
        pl.when(pl.col("through") < NO_END).then("through").alias("through"),
    )


def standing(root: Path, month: str) -> pl.DataFrame:
    df = pl.read_csv(root / "reports" / month / "standing.csv", infer_schema=False)
    return df.drop("reason")  # why a grant was made is not in an opening


@pytest.mark.parametrize(
    ("sample", "month", "after"),
    [
        ("connectsoft", "2024-02", ["2024-03", "2024-04"]),
        ("growth", "2024-05", ["2024-06", "2024-07"]),
        ("infusionsoft", "2018-01", ["2018-02", "2018-03"]),
    ],
)
def test_the_months_after_an_opening_stand_as_replayed(
    tmp_path: Path, sample: str, month: str, after: Sequence[str]
) -> None:
    closed, opened = (copy_workspace(tmp_path / name, sample) for name in ("closed", "opened"))
    start_anywhere(closed)
    start_anywhere(opened)
    run(closed, "close", "--month", month)
    rows = opening_of(closed / "ledger" / month, month)
    assert rows.height > 0
    assert set(rows.columns) <= set(ledger_contract("opening").names)
    rows.write_csv(opened / "opening.csv")
    run(opened, "close", "--month", month, "--opening", str(opened / "opening.csv"))
    for following in after:
        run(closed, "review", "--month", following)
        run(opened, "review", "--month", following)
    found, expected = ([standing(root, each) for each in after] for root in (opened, closed))
    assert [df.rows() for df in found] == [df.rows() for df in expected]
