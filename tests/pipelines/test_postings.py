"""Postings: what is posted is what has been earned beyond what was posted before."""

from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from tierctl.reward.postings import LINES, position_of, postings


def lines(*rows: dict[str, Any]) -> pl.DataFrame:
    """Entitlements of one partner's rows, in dollars."""
    usual = {
        "partner_id": "A",
        "source": "mrr",
        "source_id": "L1",
        "currency": "USD",
        "taken": Decimal(0),
        "rate": Decimal("0.1"),
    }
    full = [dict.fromkeys(LINES.names()) | usual | row for row in rows]
    return pl.DataFrame(full, schema=LINES)


def told(posted: pl.DataFrame) -> list[tuple[str, int, str, str]]:
    columns = posted.select("source_id", "earned_at", "kind", pl.col("amount").cast(pl.Float64).cast(pl.String))
    return sorted(columns.iter_rows())


NOTHING = LINES.to_frame()
RUN = {"from_at": 0, "through_at": 2, "amount": Decimal(10)}


def test_what_is_earned_in_the_month_is_posted_once() -> None:
    now = lines({**RUN})
    posted = lines({**RUN, "through_at": 1})
    assert told(postings(now, posted, 2)) == [("L1", 2, "earned", "10.0")]


def test_a_month_that_is_posted_again_posts_nothing() -> None:
    now = lines({**RUN, "through_at": 1})
    assert told(postings(now, position_of(now, now), 2)) == []


def test_months_before_that_were_not_posted_are_adjustments_of_their_own_months() -> None:
    assert told(postings(lines({**RUN}), NOTHING, 2)) == [
        ("L1", 0, "adjustment", "10.0"),
        ("L1", 1, "adjustment", "10.0"),
        ("L1", 2, "earned", "10.0"),
    ]


def test_a_difference_is_posted_in_the_months_in_which_it_lies() -> None:
    now = lines({**RUN, "through_at": 0}, {**RUN, "from_at": 1, "amount": Decimal(12)})
    assert told(postings(now, lines({**RUN, "through_at": 1}), 2)) == [
        ("L1", 1, "adjustment", "2.0"),
        ("L1", 2, "earned", "12.0"),
    ]


def test_what_is_no_longer_earned_is_taken_off_with_the_rate_that_it_was_posted_at() -> None:
    posted = postings(NOTHING, lines({**RUN, "through_at": 1}), 2)
    assert told(posted) == [("L1", 0, "adjustment", "-10.0"), ("L1", 1, "adjustment", "-10.0")]
    assert posted["rate"].unique().to_list() == [Decimal("0.1")]


def test_another_currency_reverses_the_one_and_posts_the_other() -> None:
    now = lines({**RUN, "through_at": 1, "currency": "EUR"})
    posted = postings(now, lines({**RUN, "through_at": 1}), 2)
    assert sorted(posted.select("currency", pl.col("amount").cast(pl.Int64)).iter_rows()) == [
        ("EUR", 10),
        ("EUR", 10),
        ("USD", -10),
        ("USD", -10),
    ]


@pytest.mark.parametrize(
    ("before", "now", "expected"),
    [
        (0, 4, [("L1", 0, "clawback", "-4.0")]),
        (4, 10, [("L1", 0, "clawback", "-6.0")]),
        (10, 4, [("L1", 0, "clawback", "6.0")]),
        (10, 10, []),
    ],
)
def test_a_clawback_posts_what_more_is_taken_back_than_before(before: int, now: int, expected: list[Any]) -> None:
    run = {**RUN, "through_at": 0}
    earlier, later = (lines({**run, "taken": Decimal(taken)}) for taken in (before, now))
    assert told(postings(later, position_of(earlier, earlier), 2)) == expected


def test_what_is_taken_back_in_part_in_the_month_itself_shows_both() -> None:
    now = lines({**RUN, "from_at": 2, "taken": Decimal(4)})
    assert told(postings(now, NOTHING, 2)) == [("L1", 2, "clawback", "-4.0"), ("L1", 2, "earned", "10.0")]


def test_what_is_taken_back_whole_in_the_month_itself_leaves_no_trace_then_or_later() -> None:
    now = lines({**RUN, "from_at": 2, "taken": Decimal(10)})
    assert told(postings(now, NOTHING, 2)) == []
    later = now.with_columns(through_at=pl.lit(2, dtype=pl.Int32))
    assert told(postings(later, position_of(now, NOTHING), 3)) == []


def test_the_postings_of_all_months_add_up_to_the_last_entitlement() -> None:
    entitlements = [
        lines({**RUN, "through_at": 0}),
        lines({**RUN, "through_at": 1}, {**RUN, "source_id": "L2", "from_at": 1, "through_at": 1}),
        lines({**RUN, "amount": Decimal(7), "taken": Decimal(3)}),
    ]
    position, total = NOTHING, Decimal(0)
    for at, now in enumerate(entitlements):
        total += sum(postings(now, position, at)["amount"], Decimal(0))
        position = position_of(now, position)
    assert total == 3 * (7 - 3)


HELD = pl.DataFrame(
    [{"partner_id": "A", "source": "mrr", "source_id": "L1"}],
    schema=dict.fromkeys(("kind", "rule", "partner_id", "source", "source_id", "lacks"), pl.String),
)
POSTED = position_of(lines({**RUN, "through_at": 1}), NOTHING)


def test_of_a_row_that_is_held_nothing_posted_is_touched_and_the_position_stays() -> None:
    assert told(postings(NOTHING, POSTED, 2, HELD)) == []
    assert_frame_equal(position_of(NOTHING, POSTED, 2, HELD), POSTED)


def test_a_row_that_is_held_changes_nothing_of_earlier_months_and_earns_in_the_month_itself() -> None:
    now = lines({**RUN, "amount": Decimal(12)})
    assert told(postings(now, POSTED, 2, HELD)) == [("L1", 2, "earned", "12.0")]
    after = position_of(now, POSTED, 2, HELD).sort("from_at").select("from_at", "through_at", "amount")
    assert after.rows() == [(0, 1, Decimal(10)), (2, 2, Decimal(12))]


def test_rows_beside_one_that_is_held_are_posted_as_ever() -> None:
    other = {**RUN, "source_id": "L2", "through_at": 0}
    both = position_of(lines({**RUN, "through_at": 1}, other), NOTHING)
    assert told(postings(NOTHING, both, 2, HELD)) == [("L2", 0, "adjustment", "-10.0")]
    assert position_of(NOTHING, both, 2, HELD)["source_id"].to_list() == ["L1"]
