"""What summaries and status say of closed months: of several programs and currencies, from rows made by hand."""

from datetime import date
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType
from typing import Any

import polars as pl
import pytest

from tierctl import workspace
from tierctl.cli.closed_month import ClosedMonth
from tierctl.cli.ledger_status import Status
from tierctl.cli.opening_lines import opening_lines
from tierctl.cli.status_lines import ending, lines
from tierctl.fiscal import Calendar
from tierctl.ledger.closes import Close
from tierctl.program_money import HELD
from tierctl.report.opening import summarize_opening
from tierctl.reviewed import ADJUSTED, Review, with_program

JUNE = Calendar.months().month("2025-06")
ADJUSTMENTS = (
    ("elevate", "partner", "P-1", "2025-03", "USD", 2, Decimal("-60.00"), Decimal(180)),
    ("elevate", "partner", "P-2", "2025-03", "USD", 1, Decimal("10.50"), Decimal("10.50")),
    ("elevate", "partner", "P-2", "2025-03", "JPY", 1, Decimal(900), Decimal(900)),
    ("elevate", "partner", "P-2", "2025-04", "USD", 1, Decimal(5), Decimal(5)),
    ("growth", "partner", "P-2", "2025-04", "USD", 1, Decimal(7), Decimal(7)),
)
MISSING = (
    ("elevate", "partner", "P-1", "mrr", "L-1", "USD", Decimal(40), None),
    ("elevate", "partner", "P-1", "mrr", "L-2", "USD", Decimal("0.06"), None),
)


@pytest.fixture
def counts() -> dict[str, Any]:
    adjusted = pl.DataFrame(ADJUSTMENTS, schema=ADJUSTED, orient="row")
    held = pl.DataFrame(MISSING, schema=with_program(HELD), orient="row")
    review = Review(JUNE, {}, pl.DataFrame(), held=held, adjusted=adjusted)
    return {"opening": summarize_opening(review, "2025-05")}


def test_what_is_posted_is_summed_by_program_month_and_currency(counts: dict[str, Any]) -> None:
    keys = ("program", "earned_month", "currency", "partners", "lines", "amount", "absolute")
    assert counts["opening"]["month"] == "2025-05"
    assert [tuple(each[key] for key in keys) for each in counts["opening"]["posted"]] == [
        ("elevate", "2025-03", "JPY", 1, 1, 900, 900),
        ("elevate", "2025-03", "USD", 2, 3, Decimal("-49.50"), Decimal("190.50")),
        ("elevate", "2025-04", "USD", 1, 1, 5, 5),
        ("growth", "2025-04", "USD", 1, 1, 7, 7),
    ]
    assert counts["opening"]["held"] == [
        {
            "program": "elevate",
            "source": "mrr",
            "currency": "USD",
            "partners": 1,
            "rows": 2,
            "amount": Decimal("40.06"),
        }
    ]


def test_each_program_shows_its_own_in_its_currencies(counts: dict[str, Any]) -> None:
    assert [line.plain for line in opening_lines(counts, "elevate", 80)][:6] == [
        "Closed months",
        "  Posted for       partners  lines  amount",
        "    2025-03   JPY         1      1     900",
        "    2025-03   USD         2      3  -49.50",
        "    2025-04   USD         1      1    5.00",
        "  Held of          partners   rows  amount",
    ]
    assert [line.plain for line in opening_lines(counts, "growth", 80)] == [
        f"{'Closed months':<74}in USD",
        "  Posted for  partners  lines  amount",
        "    2025-04          1      1    7.00",
    ]


def test_where_no_month_is_closed_nothing_is_said() -> None:
    assert opening_lines({}, "elevate", 80) == []
    assert opening_lines({"opening": {"month": "2025-05", "posted": [], "held": []}}, "elevate", 80) == []


def _close(label: str, sign: str) -> Close:
    manifest = {"accepted": {"rejects": None, "removals": None, "adjustments": None, "left_held": False}}
    record = {"closed_at": f"{label}-28T06:00:00Z", "closed_by": None}
    return Close(label, Path("ledger", label), {**manifest, "tierctl": "0", "reopened": []}, sign * 64, record)


@pytest.fixture
def status(tmp_path: Path) -> Status:
    (tmp_path / "tierctl.toml").write_text('programs = ["elevate"]\n', encoding="utf-8")
    read, _ = workspace.load(tmp_path)
    assert read is not None
    months = (
        ClosedMonth(_close("2025-04", "a"), None, MappingProxyType({}), MappingProxyType({})),
        ClosedMonth(
            _close("2025-05", "b"),
            1200,
            MappingProxyType({"EUR": Decimal("-10.5"), "USD": Decimal(123456)}),
            MappingProxyType({"USD": Decimal("62.62")}),
        ),
    )
    return Status(read, months, (), JUNE, "2025-04", (), ())


def test_status_shows_currencies_below_each_other(status: Status) -> None:
    assert [line.plain for line in lines(status, 80)][:5] == [
        "2 months closed",
        "  month    on          by  digest        partners       commissions  credits",
        "  2025-04  2025-04-28      aaaaaaaaaaaa         ·                 ·        ·",
        "  2025-05  2025-05-28      bbbbbbbbbbbb     1,200  EUR       -10.50        ·",
        "                                                   USD   123,456.00    62.62",
    ]


def test_the_next_month_is_told_last(status: Status) -> None:
    said = [line.plain for line in ending(status, date(2025, 6, 30))]
    assert said[1:] == ["Money   posted since 2025-04", "Next    2025-06, once it has ended on 2025-06-30"]
