"""Reviews that go on from closed months: what they read of them, and what they refuse."""

from datetime import date
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from tests.closing import close
from tests.scenarios import bundled, merged, program_text
from tests.scenarios.run import Frames, frames, parsed
from tierctl.carried import Carried
from tierctl.findings import CannotRunError
from tierctl.fiscal import Calendar
from tierctl.program.model import Program
from tierctl.review import review

CALENDAR = Calendar.months()
MARCH = CALENDAR.month("2025-03")
LINE = {"order_type": "new_logo", "mrr": Decimal(1000), "sold_on": date(2025, 1, 10), "invoiced_on": date(2025, 1, 20)}


def elevate() -> Program:
    return parsed(program_text(merged(bundled("elevate"), {})))


def exports(*partners: str) -> Frames:
    """Each of these partners with one order line."""
    rows: dict[str, list[dict[str, Any]]] = {
        "partners": [{"partner_id": partner} for partner in partners],
        "mrr": [{"line_id": f"L-{partner}", "partner_id": partner, **LINE} for partner in partners],
        "agreements": [{"partner_id": partner, "standard_rate": Decimal("0.05")} for partner in partners],
    }
    return frames(bundled("elevate"), rows)


def closed(tables: Frames, program: Program) -> Carried:
    """January and February closed."""
    january = close([program], tables, CALENDAR, CALENDAR.month("2025-01"))
    return close([program], tables, CALENDAR, CALENDAR.month("2025-02"), opening=january)


@pytest.mark.parametrize("partner", ["A", "B"])
def test_the_rows_of_one_partner_are_those_that_the_whole_review_gives_it(partner: str) -> None:
    program, tables = elevate(), exports("A")
    opening = closed(tables, program)
    with_b = exports("A", "B")  # B comes when two months are closed
    whole = review([program], with_b, CALENDAR, MARCH, opening=opening)
    alone = review([program], with_b, CALENDAR, MARCH, opening=opening, partners=[partner])
    for name, table in alone.tables.items():
        assert_frame_equal(table, whole.tables[name].filter(pl.col("partner_id") == partner))
    assert whole.tables["commissions"]["partner_id"].unique().sort().to_list() == ["A", "B"]


def test_a_program_that_is_closed_and_not_named_any_more_is_refused() -> None:
    program, tables = elevate(), exports("A")
    other = program.model_copy(update={"id": "other"})
    with pytest.raises(CannotRunError) as refused:
        review([other], tables, CALENDAR, MARCH, opening=closed(tables, program))
    assert [finding.code for finding in refused.value.findings] == ["closed-program-missing"]
    assert "2025-02 was closed with the program elevate" in refused.value.findings[0].message


def test_an_edition_that_closed_months_were_reviewed_by_is_missed() -> None:
    program, tables = elevate(), exports("A")
    later = program.model_copy(update={"effective_from": date(2025, 3, 1)})
    with pytest.raises(CannotRunError, match="2025-01 is closed, and no edition of elevate reaches back to it"):
        review([later], tables, CALENDAR, MARCH, opening=closed(tables, program))


def test_a_program_that_has_posted_something_keeps_rules() -> None:
    program, tables = elevate(), exports("A")
    unpaid = program.model_copy(update={"commissions": {}, "credits": {}, "payout": None})
    with pytest.raises(CannotRunError, match="elevate has posted commissions or credits, and has no rules any more"):
        review([unpaid], tables, CALENDAR, MARCH, opening=closed(tables, program))


def test_a_program_that_joins_after_closes_begins_its_money_then() -> None:
    program, tables = elevate(), exports("A")
    other = program.model_copy(update={"id": "other"})
    march = review([program, other], tables, CALENDAR, MARCH, opening=closed(tables, program))
    lines = march.tables["commissions"].filter(pl.col("program") == "other")
    assert lines["earned_month"].unique().to_list() == ["2025-03"]
    assert march.adjusted.is_empty()
    closes = close([program, other], tables, CALENDAR, MARCH, opening=closed(tables, program))
    april = review([program, other], tables, CALENDAR, CALENDAR.month("2025-04"), opening=closes)
    assert april.tables["commissions"]["earned_month"].unique().to_list() == ["2025-04"]
    assert april.adjusted.is_empty()


def fifteen() -> Frames:
    """A partner with fifteen deals of January, a Trailblazer."""
    rows = [{**LINE, "line_id": f"L-{n}", "partner_id": "A"} for n in range(15)]
    deals = [{"opportunity_id": f"O-{n}", "partner_id": "A", "submitted_on": date(2025, 1, 5)} for n in range(15)]
    return frames(bundled("elevate"), {"partners": [{"partner_id": "A"}], "mrr": rows, "opportunities": deals})


def with_renamed(tier: str) -> Program:
    program = elevate()
    track = program.tracks["partner"]
    tiers = tuple(each.model_copy(update={"id": "renamed"}) if each.id == tier else each for each in track.tiers)
    renamed = track.model_copy(update={"tiers": tiers})
    renamed.__dict__.pop("ladders", None)  # made of the tiers as they were called
    return program.model_copy(update={"tracks": {"partner": renamed}})


def test_a_tier_that_partners_stood_at_in_closed_months_is_not_renamed() -> None:
    opening = closed(fifteen(), elevate())
    assert opening.grants["tier"].unique().sort().to_list() == ["pioneer", "trailblazer"]
    with pytest.raises(CannotRunError, match="2025-01 was closed with partners at trailblazer in the track partner"):
        review([with_renamed("trailblazer")], fifteen(), CALENDAR, MARCH, opening=opening)


def test_a_tier_that_nobody_stood_at_may_be_called_otherwise() -> None:
    opening = closed(fifteen(), elevate())
    march = review([with_renamed("elite")], fifteen(), CALENDAR, MARCH, opening=opening)
    assert march.tables["standing"]["tier"].to_list() == ["trailblazer"]
