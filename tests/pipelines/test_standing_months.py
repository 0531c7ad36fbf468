"""Month by month and all at once: a month's step needs nothing but the state before it and the month itself."""

from dataclasses import replace
from datetime import date
from io import BytesIO

import polars as pl
import pytest

from tests.pipelines.standing_cases import inputs_of, program, same
from tierctl.grants import State
from tierctl.qualify import Qualified, qualify
from tierctl.standing import advance, fold, months_of
from tierctl.statuses import statuses_of

TEXT = """
id = "small"
name = "Small"
currency = "USD"
enrollment = "required"
effective_from = 2025-01-01
[policy]
rounding = "half_even"
takes_effect = "month_end"
[metrics.deals]
from = "opportunities"
count = "opportunity_id"
on = "submitted_on"
window = "calendar_month"
[metrics.deals_a_year]
from = "opportunities"
count = "opportunity_id"
on = "submitted_on"
window = "calendar_year"
[metrics.visits]
from = "activity"
count = "customer_id"
on = "occurred_on"
window = "calendar_quarter"
[tracks.partner]
promotion = "PROMOTION"
downgrade = "automatic"
remediation_days = 45
each_tier_requires = "its_own"
gate.visits.at_most = 2
[[tracks.partner.tiers]]
id = "base"
[[tracks.partner.tiers]]
id = "silver"
clause = "C"
requires.deals.at_least = 1
holds = "while_met"
[[tracks.partner.tiers]]
id = "gold"
clause = "C"
requires.deals_a_year.at_least = 3
holds = "through_next_calendar_year"
[[tracks.partner.tiers]]
id = "platinum"
clause = "C"
requires.deals.at_least = 3
holds = "while_met_each_calendar_quarter"
"""
LAST = "2026-03"
FRAMES = ("grants", "ended", "merits", "clocks", "declined")


def _rows() -> dict[str, list[dict[str, object]]]:
    """A business of four partners in which everything that the fold knows happens to somebody."""
    months = [(2025 + n // 12, n % 12 + 1) for n in range(15)]
    deals = {"A": "131002300012003", "B": "003100130010031", "C": "111111000111131", "D": "000330000333000"}
    decided = [
        ("A", "gold", "approved", date(2025, 3, 10), None),
        ("A", "silver", "extended", date(2025, 5, 10), date(2025, 8, 31)),
        ("B", "gold", "declined", date(2025, 4, 2), None),
        ("B", "gold", "placed", date(2025, 6, 2), date(2025, 9, 15)),
        ("C", "silver", "approved", date(2025, 2, 2), None),
        ("C", "base", "downgraded", date(2025, 10, 2), None),
        ("D", "platinum", "prequalified", date(2025, 2, 20), None),
    ]
    return {
        "partners": [
            {"partner_id": "A"},
            {"partner_id": "B"},
            {"partner_id": "C", "terminated_on": date(2026, 2, 10)},
            {"partner_id": "D"},
        ],
        "enrollments": [
            {"partner_id": "A", "enrolled_on": date(2025, 1, 5)},
            {"partner_id": "B", "enrolled_on": date(2024, 6, 1), "expires_on": date(2025, 7, 15)},
            {"partner_id": "B", "enrolled_on": date(2025, 9, 20), "tier": "silver"},
            {"partner_id": "C", "enrolled_on": date(2025, 1, 31)},
            {"partner_id": "D", "enrolled_on": date(2025, 2, 15), "expires_on": date(2026, 1, 31), "tier": "gold"},
        ],
        "opportunities": [
            {"partner_id": partner, "times": int(times), "submitted_on": date(year, month, 9)}
            for partner, by_month in deals.items()
            for (year, month), times in zip(months, by_month, strict=True)
            if int(times)
        ],
        "activity": [{"partner_id": "A", "customer_id": f"K{n}", "occurred_on": date(2025, 8, 20)} for n in range(3)],
        "decisions": [
            {
                "decision_id": f"D{number}",
                "partner_id": partner,
                "tier": tier,
                "decision": word,
                "effective_on": on,
                "through": through,
            }
            for number, (partner, tier, word, on, through) in enumerate(decided)
        ],
    }


def _evaluated(promotion: str, until: str) -> tuple[Qualified, pl.DataFrame]:
    inputs = inputs_of(program(TEXT.replace("PROMOTION", promotion)), _rows(), until)
    decided = inputs.rows("decisions").filter(pl.col("effective_on") <= inputs.last.last)
    known = pl.col("partner_id").cast(inputs.partner_type, strict=False)
    qualified = qualify(inputs, inputs.program.tracks["partner"])
    return qualified, decided.with_columns(known).drop_nulls("partner_id")


def _same_state(found: State, expected: State) -> None:
    for name in FRAMES:
        ours, theirs = (
            getattr(state, name).with_columns(pl.col("partner_id").cast(pl.String)) for state in (found, expected)
        )
        same(ours, theirs)


def _read_back(state: State) -> State:
    """The state written to files and read again."""

    def again(frame: pl.DataFrame) -> pl.DataFrame:
        file = BytesIO()
        frame.write_parquet(file)
        return pl.read_parquet(BytesIO(file.getvalue())).cast(frame.schema)

    return State(**{name: again(getattr(state, name)) for name in FRAMES})


def _of_month(qualified: Qualified, at: int) -> Qualified:
    """What the looks of one month found, and nothing of the months before."""
    return replace(qualified, grid=qualified.grid.filter(pl.col("at") == at))


@pytest.mark.parametrize("promotion", ["automatic", "on_decision"])
@pytest.mark.parametrize("label", [f"2025-{number:02}" for number in range(1, 13)] + ["2026-01", "2026-02", LAST])
def test_a_month_under_review_ends_as_it_does_in_a_later_replay(promotion: str, label: str) -> None:
    qualified, decisions = _evaluated(promotion, LAST)
    until_then, decided = _evaluated(promotion, label)
    at = len(until_then.inputs.months) - 1
    _same_state(fold([until_then], decided).state, fold([qualified], decisions).reviewed[at])


@pytest.mark.parametrize("promotion", ["automatic", "on_decision"])
def test_a_month_opened_from_the_state_before_it_ends_as_in_the_replay(promotion: str) -> None:
    qualified, decisions = _evaluated(promotion, LAST)
    whole = fold([qualified], decisions)
    state = State.at_first(qualified.inputs.partner_type)
    for at in range(len(qualified.inputs.months)):
        alone = _of_month(qualified, at)
        months = {number: month for number, _, month in months_of([alone], decisions, statuses_of(alone))}
        state = advance(_read_back(state), months[at], qualified.track)
        _same_state(state, whole.reviewed[at])
    assert all(not getattr(whole.reviewed[at], name).is_empty() for at in (9,) for name in ("grants", "ended"))


def test_everything_that_the_fold_knows_happens_to_somebody() -> None:
    qualified, decisions = _evaluated("on_decision", LAST)
    states = fold([qualified], decisions).reviewed.values()
    assert all(any(not getattr(state, name).is_empty() for state in states) for name in FRAMES)
    assert set(statuses_of(qualified)["status"]) == {"active", "suspended", "expired", "terminated"}


def test_the_history_has_what_stands_at_each_review() -> None:
    qualified, decisions = _evaluated("automatic", LAST)
    history = fold([qualified], decisions).history
    schema = {"partner_id": pl.String, "month_end": pl.Date, "rank": pl.Int32, "from": pl.Date, "through": pl.Date}
    assert history.schema == schema
    for label in ("2025-03", "2025-08", "2025-10", LAST):
        until_then, decided = _evaluated("automatic", label)
        now = fold([until_then], decided).now.drop_nulls("rank")
        day = until_then.inputs.last.last
        covering = pl.lit(day).is_between(pl.col("from"), pl.col("through"))
        left = history.filter((pl.col("month_end") == day) & covering)
        stood = left.group_by("partner_id").agg(pl.col("rank").max()).sort("partner_id")
        assert stood.select("partner_id", "rank").rows() == now.select("partner_id", "rank").rows()
