"""Metrics of metrics: formulas and figures, exact to the last comparison."""

from datetime import date
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from tests.pipelines.measured import APR, FEB, JAN, Rows, of_a, program_of, qualified, values
from tierctl.evidence import missing_expr
from tierctl.program.model import Program

METRICS = """
[metrics.won]
from = "opportunities"
where.stage = "won"
count = "opportunity_id"
on = "closed_on"
window = "fiscal_quarter"

[metrics.lost]
from = "opportunities"
where.stage = "lost"
count = "opportunity_id"
on = "closed_on"
window = "fiscal_quarter"

[metrics.revenue]
from = "opportunities"
where.stage = "won"
sum = "amount"
on = "closed_on"
window = "fiscal_quarter"

[metrics.score]
from = "health_scores"
average = "score"
on = "scored_on"
window = "lifetime"

[metrics.m]
{metric}
"""


def of(metric: str) -> Program:
    return program_of(METRICS.format(metric=metric), shows=["m", "won", "lost", "revenue", "score"])


def closed(stage: str, times: int, amount: str = "0") -> dict[str, Any]:
    day = date(2025, 1, 15)
    return {"stage": stage, "submitted_on": day, "closed_on": day, "amount": Decimal(amount), "times": times}


DEALS: Rows = {"opportunities": [closed("won", 2, "33.33"), closed("lost", 1, "10")]}


@pytest.mark.parametrize(
    ("formula", "found"),
    [
        ("won / (won + lost)", "0.666667"),
        ("won / (won + lost) * 3", 2),
        ("3 * won / (won + lost) - 2", 0),
        ("revenue / won", "33.33"),
        ("revenue / 3", "22.22"),
        ("1 / 3 + 1 / 3 + 1 / 3", 1),
        ("least(won, lost, 5)", 1),
        ("greatest(won / 3, lost)", 1),
        ("-won", -2),
        ("lost - won / 3", "0.333333"),
        ("won / (lost - 1)", None),
        ("score + won", None),
        ("least(score, won)", None),
        ("1 / (lost - won)", -1),
        ("0.5 * won", 1),
    ],
)
def test_a_formula_over_metrics(formula: str, found: int | str | None) -> None:
    got = values(of(f'formula = "{formula}"'), "m", DEALS, [JAN])
    assert_frame_equal(got, of_a((JAN, found)))


def test_if_none_after_all() -> None:
    assert_frame_equal(
        values(of('formula = "won / (lost - 1)"\nif_none = 0.25'), "m", DEALS, [JAN]), of_a((JAN, "0.25"))
    )
    assert_frame_equal(values(of('formula = "won / lost"\nif_none = 0.25'), "m", DEALS, [JAN]), of_a((JAN, 2)))


def test_formulas_of_formulas() -> None:
    nested = of('formula = "rate * 3 - rate"\n\n[metrics.rate]\nformula = "won / (won + lost)"')
    assert_frame_equal(values(nested, "m", DEALS, [JAN]), of_a((JAN, "1.333333")))


RATE = '\n\n[metrics.rate]\nformula = "won / (won + lost)"'


@pytest.mark.parametrize(
    ("figure", "found"),
    [
        ("{ metric = 'revenue' }", "66.66"),
        ("{ by = 'won', steps = [{ value = 0 }, { at_least = 2, value = 1 }, { at_least = 3, value = 2 }] }", 1),
        ("{ by = 'won', steps = [{ value = 0 }, { more_than = 2, value = 1 }] }", 0),
        # Two thirds are less than 0.666667, which is what is shown of them.
        ("{ by = 'rate', steps = [{ value = 0 }, { at_least = 0.666667, value = 1 }] }", 0),
        ("{ by = 'rate', steps = [{ value = 0 }, { at_least = 0.666666, value = 1 }] }", 1),
        ("{ by = 'score', steps = [{ value = 0 }, { at_least = 5, value = 1 }] }", None),
        ("{ by = 'month_end', steps = [{ value = 1 }, { since = 2025-02-28, value = 2 }] }", 1),
        ("{ by = 'month_end', steps = [{ value = 1 }, { since = 2025-01-31, value = { metric = 'lost' } }] }", 1),
        ("{ by = 'partner.region', values = { north = { metric = 'rate' } }, otherwise = 0 }", "0.666667"),
        ("{ by = 'partner.country', values = { DE = 1 }, otherwise = 0 }", 0),
        ("[{ requires.rate.at_least = 0.666667, value = 1 }, { requires.won = 2, value = 3 }, { value = 9 }]", 3),
        ("[{ requires.score.at_least = 1, value = 1 }, { value = 9 }]", 9),
        ("[{ requires.attested = ['nda'], value = 1 }, { value = 9 }]", 1),
    ],
)
def test_a_figure_over_metrics(figure: str, found: int | str | None) -> None:
    rows: Rows = DEALS | {
        "partners": [{"partner_id": "A", "region": "north", "country": "FR"}],
        "attestations": [{"criterion": "nda", "attested_on": JAN, "value": 1}],
    }
    program = program_of(
        METRICS.format(metric=f"value = {figure}") + RATE, shows=["m", "rate", "lost", "score", "revenue"]
    )
    assert_frame_equal(values(program, "m", rows, [JAN]), of_a((JAN, found)))


TIER = """

[[tracks.t.tiers]]
id = "top"
requires.m.{bound}
holds = "through_fiscal_quarter"
"""


def test_in_a_look_at_another_quarter_all_metrics_of_that_period_are_read_in_it() -> None:
    metrics = METRICS.format(metric='formula = "won / (won + lost)"')
    program = program_of(metrics + TIER.format(bound="at_least = 0.5"), shows=["score", "revenue"])
    found = qualified(program, DEALS, "2025-04")
    kinds = [found.looks[number].kind for number in found.looks_at(3)]
    april = found.grid.filter(day=APR).sort("look").with_columns(pl.Series("kind", kinds))
    rows = april.select("kind", "metric.m", "metric.won", "met.top").sort("kind").rows()
    assert rows == [("hindsight", Decimal("0.666667"), Decimal(2), True), ("open", None, Decimal(0), False)]


@pytest.mark.parametrize(
    ("bound", "is_met", "missing"),
    [
        ("at_least = { metric = 'lost' }", True, 0),
        ("more_than = { by = 'rate', steps = [{ value = 2 }, { at_least = 0.666667, value = 0 }] }", False, 0),
        ("at_least = { by = 'month_end', steps = [{ value = 1 }, { since = 2025-03-31, value = 3 }] }", True, 0),
        ("at_most = [{ requires.lost.at_least = 1, value = 1 }, { value = 9 }]", False, 1),
    ],
)
def test_what_is_asked_may_itself_be_a_figure(bound: str, is_met: bool, missing: int) -> None:
    metrics = METRICS.format(metric='formula = "won"') + RATE
    program = program_of(metrics + TIER.format(bound=bound), shows=["score", "revenue", "rate", "lost"])
    grid = qualified(program, DEALS, "2025-02").grid.filter(day=FEB)
    found = grid.filter(pl.col("look") == grid["look"].min())
    assert found["met.top"].item() is is_met
    (criterion,) = qualified(program, DEALS, "2025-02").criteria
    assert found.select(missing_expr(criterion).alias("missing"))["missing"].item() == missing


def test_a_products_threshold_is_shown_and_what_is_missing_exact() -> None:
    metrics = METRICS.format(metric='formula = "won"') + '\n[metrics.needed]\nformula = "lost / 3 + 2"'
    program = program_of(metrics + TIER.format(bound="at_least = { metric = 'needed' }"), shows=["score", "revenue"])
    found = qualified(program, DEALS, "2025-01")
    (criterion,) = found.criteria
    row = found.grid.filter(look=0).select(
        criterion.leaf.threshold.alias("threshold"), criterion.missing.alias("missing")
    )
    assert row.row(0) == (Decimal("2.333333"), Decimal("0.333333"))
