"""The summary on the terminal: a program of two tracks, each told by itself, from tables made by hand."""

import tomllib
from datetime import date
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from rich.console import Console

from tierctl.cli import summary, words
from tierctl.cli.done import Done
from tierctl.contracts import conform, empty, report_contract
from tierctl.fiscal import Calendar
from tierctl.ingest import Ingested
from tierctl.program.model import Program
from tierctl.report.formats import Format
from tierctl.report.summary import summarize
from tierctl.review import Review

TIERS = ("  Gold ", "  Registered ", "  No ", "  Pro ", "  Member ")
MONTH = Calendar.months().month("2025-05")
PROGRAM = Program.model_validate(
    tomllib.loads(
        """
id = "demo"
name = "Demo"
clause = "1"
currency = "USD"
enrollment = "required"
effective_from = 2025-01-01

[policy]
rounding = "half_even"
takes_effect = "month_end"

[metrics.deals]
name = "Deals closed"
from = "opportunities"
count = "opportunity_id"
on = "closed_on"
window = "calendar_year"

[tracks.sales]
promotion = "on_decision"
downgrade = "automatic"
remediation_days = 60
[tracks.sales.qualifications.mentor]
requires.deals.at_least = 3
holds = "while_met"
[[tracks.sales.tiers]]
id = "registered"
requires.attested = ["nda"]
holds = "while_met"
[[tracks.sales.tiers]]
id = "gold"
name = "Gold Partner"
requires.deals.at_least = 5
holds = "while_met"

[tracks.service]
name = "Service and support"
promotion = "automatic"
[[tracks.service.tiers]]
id = "member"
[[tracks.service.tiers]]
id = "pro"
requires.deals.at_least = 5
holds = "through_next_calendar_year"

[actions.renewal_due]
name = "Renewal due"
from = "opportunities"
on = "closed_on"
days_before = 60
""",
        parse_float=Decimal,
    )
)
BLANK: dict[str, Any] = {"program": "demo", "track": "sales", "month": "2025-05"}


def table(name: str, *rows: dict[str, Any]) -> pl.DataFrame:
    contract = report_contract(name)
    filled = [{**dict.fromkeys(contract.names), **BLANK, **row} for row in rows]
    return conform(pl.DataFrame(filled, schema=contract.polars_schema), contract) if rows else empty(contract)


def standing(partner: str, tier: str | None, change: str, status: str, **more: object) -> dict[str, Any]:
    named = {"partner_id": partner, "partner_name": f"Partner {partner} of the long valley", "tier": tier}
    return {**named, "change": change, "status": status, **more}


def action(partner: str, name: str, due_on: date, detail: str = "") -> dict[str, Any]:
    return {"partner_id": partner, "action": name, "due_on": due_on, "detail": detail or name}


STANDING = table(
    "standing",
    standing("A", None, "enrolled", "pending_approval", reason="nda is attested"),
    standing("B", "gold", "retained", "remediation", previous_tier="gold", remediation_ends_on=date(2025, 7, 30)),
    standing("C", None, "expired", "expired", previous_tier="gold", reason="the enrollment ended on 2025-04-30"),
    standing("A", "member", "enrolled", "active", basis="base", track="service"),
    standing("B", "pro", "promoted", "active", previous_tier="member", track="service", reason="deals 5 of 5"),
)
ACTIONS = table(
    "actions",
    action("A", "approve_promotion", date(2025, 6, 30), "Registered: nda is attested"),
    action("B", "notify_remediation", date(2025, 5, 31), "deals 4 of 5; to be met by 2025-07-30"),
    action("A", "renewal_due", date(2025, 6, 3), "Renewal due; fee 1500"),
    action("B", "renewal_due", date(2025, 6, 9), "Renewal due; fee 1500"),
    {**action("B", "renewal_due", date(2025, 6, 9), "Renewal due"), "track": "service"},
)
REQUALIFICATION = table(
    "requalification",
    {
        "track": "service", "partner_id": "B", "tier": "pro", "valid_through": date(2025, 12, 31), "criterion": "deals",
        "value": Decimal(2), "threshold": Decimal(5), "missing": Decimal(3), "needed_per_month": Decimal(1),
        "projected": Decimal("4.8"), "outlook": "at_risk", "falls_to": "member", "falls_on": date(2026, 1, 1),
    },
)  # fmt: skip
EVIDENCE = table(
    "evidence",
    *(
        {
            "partner_id": "A", "tier": tier, "criterion": path, "value": value, "threshold": threshold,
            "operator": operator, "outcome": outcome, "clause": "1",
            "window_from": date(2025, 5, 31), "window_through": date(2025, 5, 31),
        }
        for tier, path, value, operator, threshold, outcome in (
            ("mentor", "any.1.attested.good_will", Decimal(1), "at_least", Decimal(1), "met"),
            ("mentor", "tier", None, "at_least", None, "not_met"),
        )
    ),
)  # fmt: skip


FORECAST = table(
    "forecast",
    {
        "track": "service", "partner_id": "B", "tier": "pro", "criterion": "deals", "value": Decimal(2),
        "window_from": date(2025, 1, 1), "window_through": date(2025, 12, 31), "threshold": Decimal(5),
        "low": Decimal(3), "likely": Decimal(4), "high": Decimal(6), "prospect": "open", "basis": "own_years",
    },
)  # fmt: skip
EMPTY = {name: empty(report_contract(name)) for name in ("benefits", "statements")}
NO_TOTALS = pl.DataFrame(
    schema=dict.fromkeys(("table", "program", "track", "rule", "kind", "currency"), pl.String)
    | {"lines": pl.Int64, "amount": pl.Decimal(38, 6)}
)


def said(width: int, *, has_folder: bool = True) -> list[str]:
    tables = {"standing": STANDING, "actions": ACTIONS, "requalification": REQUALIFICATION, "evidence": EVIDENCE}
    review = Review(MONTH, {**tables, "forecast": FORECAST, **EMPTY}, NO_TOTALS)
    ingested = Ingested({}, empty(report_contract("rejects")), (), ())
    counts = summarize(review, [PROGRAM], ingested)
    folder = Path("reports/2025-05") if has_folder else None
    done = Done(review, [PROGRAM], ingested, counts, folder, tuple(tables), (Format.CSV,))
    console = Console(file=StringIO(), width=width)
    return [line.plain.rstrip() for line in summary.lines(done, console)]


@pytest.mark.parametrize("width", [80, 160])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    assert max(map(len, said(width))) <= width


def test_each_track_is_told_by_itself_under_its_name() -> None:
    lines = said(80)
    sales, service = lines.index("Sales"), lines.index("Service and support")
    of_sales, of_service = lines[sales:service], lines[service:]
    assert [line for line in of_sales if line.startswith(TIERS)] == [
        "  Gold Partner  1  -1",
        "  Registered    0   ·",
        "  No tier       2",
    ]
    assert [line for line in of_service if line.startswith(TIERS)] == ["  Pro     1  +1", "  Member  1   ·"]


def test_who_waits_is_counted_below_the_tiers() -> None:
    assert "  pending approval 1 · remediation 1 · expired 1" in said(80)
    assert not [line for line in said(80) if line.startswith("  active")]


def test_a_partner_without_a_tier_and_an_expired_one_move() -> None:
    text = "\n".join(said(160))
    assert "No tier" in text
    assert "▼ expired 1" in text
    assert "Gold Partner → no tier" in text
    assert "the enrollment ended on 2025-04-30" in text


def test_actions_stand_by_kind_with_their_days_where_these_differ() -> None:
    lines = said(160)
    kinds = [line.strip() for line in lines if line.startswith(("  by ", "  from "))]
    assert kinds == [
        "by 2025-05-31  Notify remediation",
        "from 2025-06-03 on  Renewal due",
        "by 2025-06-30  Approve promotion",
        "by 2025-06-09  Renewal due",
    ]
    at = lines.index("  from 2025-06-03 on  Renewal due")
    assert lines[at + 1] == "    fee 1500"
    assert [line.split()[-1] for line in lines[at + 2 : at + 4]] == ["2025-06-03", "2025-06-09"]


def test_what_past_years_say_stands_beside_the_pace() -> None:
    needed = "Deals closed: 2 of 5; 1 a month needed; at risk; 3 to 6 as past years went"
    assert any(line.endswith(needed) for line in said(160))


def test_evidence_that_is_no_number_has_no_figures() -> None:
    lines = said(80, has_folder=False)
    assert "  A  Mentor  2025-05-31 to 2025-05-31" in lines
    assert "    attested good will  1  at least  1  met" in lines
    assert "    tier                                not met" in lines


def test_summary_json_counts_by_track_status_and_kind_of_action() -> None:
    review = Review(
        MONTH,
        {
            "standing": STANDING,
            "actions": ACTIONS,
            "requalification": REQUALIFICATION,
            **EMPTY,
        },
        NO_TOTALS,
    )
    counts = summarize(review, [PROGRAM], Ingested({}, empty(report_contract("rejects")), (), ()))
    sales, service = (counts["programs"]["demo"]["tracks"][track] for track in ("sales", "service"))
    assert (sales["partners"], sales["without_tier"]) == (3, 2)
    assert {status: count for status, count in sales["statuses"].items() if count} == {
        "pending_approval": 1,
        "remediation": 1,
        "expired": 1,
    }
    assert sales["actions"] == {"approve_promotion": 1, "notify_remediation": 1, "renewal_due": 2}
    assert service["actions"] == {"renewal_due": 1}
    assert service["outlooks"]["at_risk"] == 1
    assert words.track_name(PROGRAM, "sales") == "Sales"
