"""What lies ahead in the golden reviews, held against the evidence beside it and the rows of the sample's own files."""

from collections import Counter
from datetime import date, timedelta
from decimal import ROUND_FLOOR, ROUND_HALF_EVEN, Decimal
from pathlib import Path

import pytest

from tests.sample import SAMPLE, read_report

GOLDEN = Path(__file__).parent / "golden"
PERCENTILES = {"low": 10, "likely": 50, "high": 90}


def with_rows(report: str) -> list[Path]:
    """The golden reviews of which this report has any rows."""
    return sorted(path.parent for path in GOLDEN.glob(f"*/*/{report}.csv") if read_report(path))


def review_day(folder: Path) -> date:
    """The last day of the calendar month that a golden review is named by."""
    year, month = (int(part) for part in folder.name.split("-"))
    return date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)


def rounded(number: Decimal, places: str) -> Decimal:
    return number.quantize(Decimal(places), ROUND_HALF_EVEN)


@pytest.mark.parametrize("folder", with_rows("next_tier"), ids=lambda path: f"{path.parent.name}-{path.name}")
def test_what_the_next_tier_lacks_is_what_evidence_says(folder: Path) -> None:
    found = {
        (row["track"], row["partner_id"], row["tier"], row["criterion"], row["value"], row["missing"]): row["outcome"]
        for row in read_report(folder / "evidence.csv")
    }
    for row in read_report(folder / "next_tier.csv"):
        key = (row["track"], row["partner_id"], row["asked_by"], row["criterion"], row["value"], row["missing"])
        assert found[key] in {"not_met", "unknown"}
        if row["share_missing"]:
            share = rounded(Decimal(row["missing"]) / Decimal(row["threshold"]), "0.0001")
            assert Decimal(row["share_missing"]) == share


@pytest.mark.parametrize("folder", with_rows("forecast"), ids=lambda path: f"{path.parent.name}-{path.name}")
def test_a_pace_is_the_value_by_the_days_of_the_window(folder: Path) -> None:
    for row in read_report(folder / "forecast.csv"):
        first, last = (date.fromisoformat(row[name]) for name in ("window_from", "window_through"))
        days, elapsed = (last - first).days + 1, (review_day(folder) - first).days + 1
        assert Decimal(row["pace"]) == rounded(Decimal(row["value"]) * days / elapsed, "0.01")


def test_a_band_is_how_the_program_s_partners_went_on_in_the_year_before() -> None:
    # January 2026: a case is a partner that submitted anything in January 2025, and its growth is the whole of 2025 by
    # that January. There are 24: by nearest rank the 10th percentile is the third, the 50th the 12th, the 90th the
    # 22nd of them.
    folder = GOLDEN / "elevate" / "2026-01"
    roster = {row["partner_id"] for row in read_report(folder / "standing.csv")}
    files = (SAMPLE / "exports").glob("opportunities*.csv")
    rows = [row for file in files for row in read_report(file) if row["Partner"] in roster]
    whole = Counter(row["Partner"] for row in rows if row["Submitted"].startswith("2025-"))
    january = Counter(row["Partner"] for row in rows if row["Submitted"].startswith("2025-01-"))
    growth = sorted(Decimal(whole[partner]) / count for partner, count in january.items())
    assert len(growth) == 24
    told = [
        row
        for row in read_report(folder / "forecast.csv")
        if row["criterion"] == "opportunities" and row["basis"] == "program_years"
    ]
    assert {row["partner_id"] for row in told} == {"P-1006", "P-1007", "P-1034", "P-1036"}
    for row in told:
        for name, percent in PERCENTILES.items():
            rank = -(-percent * len(growth) // 100)
            whole_number = (Decimal(row["value"]) * growth[rank - 1]).to_integral_value(ROUND_FLOOR)
            assert Decimal(row[name]) == whole_number
