"""A program in words: every measure, window, bound, standing and table as a person would read it aloud."""

from pathlib import Path
from typing import Any

import pytest

from tierctl.program.load import bundled_ids, load_ref, load_text
from tierctl.program.metrics import Metric
from tierctl.program.phrases import bound_words, holds_words, metric_words, requires_words, value_words, where_words
from tierctl.program.values import Bound, Holds, Number, Requires, Where
from tierctl.program.words import describe

SAID = """
Demo (demo), from 2025-01-01
  Currency USD; enrollment required; what the primary user cannot see does not count
  Rounded half even; a tier takes effect at the review
  Converted at the rate of the row's day, levels at fixed rates: since 2025-01-01 100 USD = 90 EUR; a rate is at most \
30 days old
  Suspended unless contract attested

Track sales
  Promotion automatic; downgrade on decision after 30 days; each tier has its own requirements
  Shown, not required: level
  member  nda attested; held to the next anniversary of the enrollment
  silver  growth at least 5 % in each of the last 2 complete windows and nda, plan attested and expert held; held \
while met
  expert  beside the tiers: healthy at least 65 %; held through the enrollment

Track service
  Promotion on decision
  partner  the base tier
  gold     tier at least silver on sales; held through the enrollment

Measured
  revenue
    sum of mrr × by channel (direct: 1; web: 50 %) in mrr, with its row of targets by sold_on, where order_type is \
new_logo and targets.goal at least 5 and first_sold_on is not empty, dated by sold_on in the fiscal quarter, running \
from sold_on until before cancelled_on, for more than 30 days
  before
    sum of mrr in mrr, dated by sold_on in the fiscal quarter, 1 fiscal year earlier
  growth
    (revenue - before) / before, or 0 where that is unknown
  level
    by revenue (below: 0; at least 5: 1)
  healthy
    share of rows with score at least 60 in health_scores, the latest of each customer_id, dated by scored_on in the \
enrollment

Exports
  targets  target_id, partner_id, set_on, ends_on, goal, currency; key target_id; dated by set_on; in force from \
set_on through ends_on
  mrr      also has channel

Columns
  first_sold_on  least sold_on in mrr with the same partner_id, customer_id, where counted

Conditions
  counted  promotional is false

Benefits
  brand  every tier; agreements.white_label

Duties
  renew  60 days before expires_on of certifications where certification is partner
"""
PROGRAM = Path(__file__).with_name("every_word.toml").read_text(encoding="utf-8")
FLOW: dict[str, Any] = {"from": "mrr", "on": "sold_on", "window": "fiscal_quarter"}


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ({"sum": "mrr"}, "sum of mrr in mrr, dated by sold_on in the fiscal quarter"),
        ({"minimum": "mrr"}, "least of mrr in mrr, dated by sold_on in the fiscal quarter"),
        ({"latest": "mrr", "latest_per": "customer_id"}, "latest of mrr in mrr, the latest of each customer_id"),
        ({"sum": "mrr", "times": "50 %"}, "sum of mrr × 50 % in mrr"),
        ({"sum": "mrr", "ago": {"fiscal_years": 1}}, "dated by sold_on in the fiscal quarter, 1 fiscal year earlier"),
        ({"sum": "mrr", "ago": {"fiscal_months": 2}}, "in the fiscal quarter, 2 fiscal months earlier"),
        ({"share": "healthy"}, "share of rows with healthy in mrr"),
        ({"share": {"promotional": True}, "if_none": 0}, "share of rows with promotional is true in mrr, dated by"),
        ({"average": "mrr", "if_none": 1000}, "or 1,000 where that is unknown"),
        ({"sum": "mrr", "with": {"agreements": "sold_on"}}, "with its row of agreements by sold_on"),
        ({"count": ["a", "b"], "window": "enrollment"}, "distinct a, b in mrr, dated by sold_on in the enrollment"),
        ({"count": "a", "window": {"days": 90}, "on": ["b", "c"]}, "dated by b or else c in the last 90 days"),
    ],
)  # fmt: skip
def test_metrics_of_rows(written: dict[str, Any], words: str) -> None:
    assert words in metric_words(Metric.model_validate(FLOW | written))


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ({"formula": "won / (won + lost)", "if_none": 0}, "won / (won + lost), or 0 where that is unknown"),
        ({"value": {"metric": "won"}}, "won"),
        (
            {"value": {"by": "won", "steps": [{"value": 0}, {"more_than": 5, "value": "10 %"}]}},
            "by won (below: 0; more than 5: 10 %)",
        ),
        ({"value": [{"requires": {"won": {"at_least": 5}}, "value": 2}, {"value": 1}]}, "2 where won at least 5; 1"),
    ],
)
def test_metrics_of_metrics(written: object, words: str) -> None:
    assert metric_words(Metric.model_validate(written)) == words


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("while_met", "while met"),
        ("while_met_each_fiscal_quarter", "while met, looked at when each fiscal quarter ends"),
        ("through_enrollment", "through the enrollment"),
        ("through_anniversary", "to the next anniversary of the enrollment"),
        ("through_calendar_year", "through the same calendar year"),
        ({"fiscal_months": 1}, "for 1 fiscal month"),
    ],
)
def test_how_long_a_tier_holds(written: object, words: str) -> None:
    assert holds_words(Holds.model_validate(written)) == words


def test_requirements_and_conditions() -> None:
    requires = {
        "attested": ["nda", "plan"],
        "deals": {"at_least": 5, "in_each_of_last": 1},
        "any": [{"tier": {"at_least": "gold", "track": "sales"}}, {"qualified": {"name": "expert"}}],
    }
    assert requires_words(Requires.model_validate(requires)) == (
        "deals at least 5 in the last complete window and nda, plan attested "
        "and (tier at least gold on sales or expert held)"
    )
    where = {"a": {"not": ["x", "y"]}, "b": {"empty": False, "since": {"column": "c"}}}
    assert where_words(Where.model_validate(where)) == "a is not x or y and b is not empty and on or after c"
    assert bound_words(Bound.model_validate({"at_most": 60, "days_after": "c"})) == "at most 60 days after c"
    assert value_words(Number.model_validate("2.5 %")) == "2.5 %"


def test_a_program_that_says_all_is_described() -> None:
    program, findings = load_text(PROGRAM, "x.toml")
    assert findings == []
    assert program is not None
    assert list(describe(program)) == SAID.strip().splitlines()


@pytest.mark.parametrize("ref", bundled_ids())
def test_bundled_programs_are_described(ref: str) -> None:
    for program in load_ref(ref, Path())[0]:
        said = "\n".join(describe(program))
        assert all(name in said for name in (*program.metrics, *program.benefits, *program.actions))
        assert "None" not in said
