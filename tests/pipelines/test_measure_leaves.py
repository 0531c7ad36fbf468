"""Requirements on attestations, on standings and on each of several windows: truth tables, the unknown included."""

from datetime import date
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from tests.pipelines.measured import APR, FEB, JAN, MAR, MAY, TOP, Rows, inputs_of, program_of, qualified
from tierctl.evidence import evidence, missing_expr
from tierctl.inputs import qualification_column, tier_column
from tierctl.program.model import Program
from tierctl.qualify import Qualified, pace_period, qualify

D = Decimal


def tier(requires: str, more: str = "", *, top: str = TOP) -> Program:
    return program_of(
        f"""
[[tracks.t.tiers]]
id = "top"
{requires}
holds = "through_fiscal_year"
{more}
""",
        top=top,
    )


def met(found: Qualified, column: str) -> list[bool | None]:
    """The column month by month, in the open looks."""
    opened = [number for number, look in enumerate(found.looks) if look.kind == "open"]
    return found.grid.filter(pl.col("look").is_in(opened)).sort("at")[column].to_list()


def evidence_of(found: Qualified, *columns: str) -> list[tuple[Any, ...]]:
    rows = evidence([found], found.inputs.roster.select("partner_id"))
    return rows.sort("criterion", "window_from").select(columns).rows()


@pytest.mark.parametrize(
    ("attestations", "holds"),
    [
        ([], (0, 0, 0)),
        ([(date(2025, 2, 28), 1, None)], (0, 1, 1)),
        ([(date(2025, 1, 1), 1, date(2025, 2, 28))], (1, 1, 0)),
        ([(date(2025, 1, 1), 1, date(2025, 2, 27))], (1, 0, 0)),
        # The latest decides: one that has expired or says no is not made good by an older one.
        ([(date(2025, 1, 1), 1, None), (date(2025, 2, 1), 0, None)], (1, 0, 0)),
        ([(date(2025, 1, 1), 1, None), (date(2025, 2, 1), 1, date(2025, 2, 10))], (1, 0, 0)),
        ([(date(2025, 1, 1), 0, None), (date(2025, 3, 31), 3, None)], (0, 0, 1)),
        ([(date(2025, 1, 1), "0.5", None)], (0, 0, 0)),
    ],
)
def test_attested_is_what_the_latest_attestation_says(
    attestations: list[tuple[date, Any, date | None]], holds: tuple[int, ...]
) -> None:
    rows: Rows = {
        "attestations": [
            {"criterion": "nda", "attested_on": day, "value": D(value), **({"expires_on": last} if last else {})}
            for day, value, last in attestations
        ]
        + [{"criterion": "other", "attested_on": date(2024, 1, 1), "value": 1}]
    }
    found = qualified(tier('requires.attested = ["nda"]'), rows, "2025-03")
    assert met(found, "criterion.top.attested.nda") == [bool(one) for one in holds]
    columns = (
        "criterion",
        "metric",
        "value",
        "operator",
        "threshold",
        "outcome",
        "missing",
        "window_from",
        "window_through",
    )
    outcome = "met" if holds[-1] else "not_met"
    row = ("attested.nda", None, D(holds[-1]), "at_least", D(1), outcome, D(1 - holds[-1]), MAR, MAR)
    assert evidence_of(found, *columns) == [row]


def test_without_the_export_nothing_is_attested() -> None:
    assert met(qualified(tier('requires.attested = ["nda"]'), {}, "2025-01"), "met.top") == [False]


BESIDE = """
[tracks.s]
promotion = "automatic"
each_tier_requires = "its_own"

[[tracks.s.tiers]]
id = "low"

[[tracks.s.tiers]]
id = "mid"
requires.partner.region = "x"
holds = "through_fiscal_year"

[[tracks.s.tiers]]
id = "high"
requires.partner.region = "y"
holds = "through_fiscal_year"

[tracks.t.qualifications.expert]
requires.partner.region = "z"
holds = "through_fiscal_year"
"""


def beside(requires: str) -> Program:
    return program_of(f"{BESIDE}\n[[tracks.t.tiers]]\nid = 'top'\n{requires}\nholds = 'through_fiscal_year'\n")


def held(*rows: tuple[str, date, int]) -> pl.DataFrame:
    """Grants of that very review day: one of the day before or after is not looked at."""
    schema = {"partner_id": pl.String, "month_end": pl.Date, "rank": pl.Int32}
    months = pl.DataFrame(rows, schema=schema, orient="row")
    own = months.with_columns(pl.col("month_end").alias("from"), pl.col("month_end").alias("through"))
    others = [own.with_columns(pl.col("from", "through").dt.offset_by(by), rank=pl.lit(9)) for by in ("-1d", "1d")]
    return pl.concat([own, *(other.cast(own.schema) for other in others)])


STOOD = {
    tier_column("s"): held(("A", JAN, 0), ("A", FEB, 1), ("A", MAR, 2), ("B", JAN, 2), ("gone", JAN, 2)),
    qualification_column("t", "expert"): held(("A", FEB, 1)),
}


@pytest.mark.parametrize(
    ("requires", "column", "holds"),
    [
        ("requires.tier = { at_least = 'mid', track = 's' }", "tier", [False, True, True, False]),
        ("requires.tier = { at_least = 'high', track = 's' }", "tier", [False, False, True, False]),
        ("requires.tier = { at_least = 'low', track = 's' }", "tier", [True, True, True, False]),
        ("requires.qualified = { name = 'expert' }", "qualified", [False, True, False, False]),
        ("requires.qualified = { name = 'expert', track = 't' }", "qualified", [False, True, False, False]),
    ],
)
def test_a_standing_is_that_of_the_month_and_none_is_not_met(requires: str, column: str, holds: list[bool]) -> None:
    program = beside(requires)
    found = qualify(inputs_of(program, {}, "2025-04", held=STOOD), program.tracks["t"])
    assert met(found, f"criterion.top.{column}") == holds
    columns = ("criterion", "metric", "value", "operator", "threshold", "outcome", "missing", "window_from")
    operator = "at_least" if column == "tier" else "equal"
    assert evidence_of(found, *columns) == [(column, None, None, operator, None, "not_met", None, APR)]


def test_a_standing_that_nobody_has_is_not_met() -> None:
    program = beside("requires.tier = { at_least = 'mid', track = 's' }")
    assert met(qualify(inputs_of(program, {}, "2025-01"), program.tracks["t"]), "met.top") == [False]


SHARE = """
[metrics.m]
from = "health_scores"
share.score.at_least = 60
on = "scored_on"
window = "fiscal_month"
"""


def scored(*scores: int | None) -> Rows:
    """A score in each month from January on, None for a month without one."""
    return {
        "health_scores": [
            {"customer_id": "C", "scored_on": date(2025, month, 15), "score": score}
            for month, score in enumerate(scores, start=1)
            if score is not None
        ]
    }


@pytest.mark.parametrize(
    ("scores", "holds"),
    [
        # January has no month before it that is read, so it can only fail.
        ((70, 70, 70), [None, True, True]),
        ((50, 70, 70), [False, False, True]),
        ((70, None, 70), [None, None, None]),
        ((50, None, 50), [False, False, False]),
        ((None, 70, 70), [None, None, True]),
        ((None, None, None), [None, None, None]),
    ],
)
def test_in_each_of_the_last_two_months(scores: tuple[int | None, ...], holds: list[bool | None]) -> None:
    program = tier("requires.m = { at_least = 1, in_each_of_last = 2 }", SHARE)
    found = qualified(program, scored(*scores), "2025-03")
    assert met(found, "criterion.top.m") == holds
    assert met(found, "met.top") == [one is True for one in holds]
    assert {look.kind for look in found.looks} == {"open"}, "it creates no looks of its own"


def test_evidence_has_a_row_for_each_window() -> None:
    program = tier("requires.m = { at_least = 1, in_each_of_last = 3 }", SHARE)
    found = qualified(program, scored(50, 70), "2025-02")
    columns = ("criterion", "metric", "value", "outcome", "missing", "window_from", "window_through")
    assert evidence_of(found, *columns) == [
        ("m", "m", None, "unknown", None, date(2024, 12, 1), date(2024, 12, 31)),
        ("m", "m", D(0), "not_met", D(1), date(2025, 1, 1), JAN),
        ("m", "m", D(1), "met", D(0), date(2025, 2, 1), FEB),
    ]


def test_over_several_windows_the_value_and_what_is_missing_are_those_of_the_last_complete_one() -> None:
    program = tier(
        "requires.m = { at_least = 1, in_each_of_last = 2 }", SHARE.replace("fiscal_month", "fiscal_quarter")
    )
    found = qualified(program, scored(70, 70, 40, 50), "2025-04")
    (criterion,) = found.criteria
    opened = found.grid.filter(pl.col("look") == max(found.looks_at(3))).select(
        criterion.leaf.value.alias("value"), missing_expr(criterion).alias("missing"), pl.col(criterion.column)
    )
    assert opened.row(0) == (D("0.666667"), D("0.333333"), False)
    (before,) = found.grid.filter(pl.col("look") == found.looks_at(1)[0]).select(criterion.leaf.value.alias("v")).rows()
    assert before == (None,)


def test_a_quarter_that_is_not_over_is_not_complete() -> None:
    quarters = SHARE.replace("fiscal_month", "fiscal_quarter")
    program = tier("requires.m = { at_least = 1, in_each_of_last = 1 }", quarters)
    found = qualified(program, scored(70, 70, 70, 50), "2025-05")
    assert met(found, "criterion.top.m") == [None, None, True, True, True]
    columns = ("outcome", "value", "window_from", "window_through")
    assert evidence_of(found, *columns) == [("met", D(1), date(2025, 1, 1), MAR)]
    assert found.inputs.last.last == MAY


def test_each_word_of_a_bound_in_each_window_is_a_criterion() -> None:
    program = tier("requires.m = { at_least = 0.5, less_than = 1, in_each_of_last = 1 }", SHARE)
    found = qualified(program, scored(70), "2025-01")
    assert met(found, "criterion.top.m.at_least") == [True]
    assert met(found, "criterion.top.m.less_than") == [False]


def test_a_formula_in_each_window_reads_each_of_its_metrics_there() -> None:
    metrics = SHARE.replace("metrics.m", "metrics.good") + '\n[metrics.m]\nformula = "good * 2"\n'
    program = tier("requires.m = { at_least = 2, in_each_of_last = 2 }", metrics)
    found = qualified(program, scored(70, 70, 50), "2025-03")
    assert met(found, "criterion.top.m") == [None, True, False]
    assert evidence_of(found, "value", "window_from") == [(D(2), date(2025, 2, 1)), (D(0), date(2025, 3, 1))]


def test_the_same_bound_may_stand_in_a_gate_and_in_groups() -> None:
    requires = """
requires.any = [
  { all = [{ attested = ["nda"], m = { at_least = 1, in_each_of_last = 1 } }] },
  { partner.region = "x" },
]"""
    top = f"{TOP}gate.m = {{ at_least = 1, in_each_of_last = 1 }}\n"
    program = tier(requires, SHARE, top=top)
    found = qualified(
        program, scored(70, 50) | {"attestations": [{"criterion": "nda", "attested_on": JAN, "value": 1}]}, "2025-02"
    )
    assert met(found, "gate") == [True, False]
    assert met(found, "met.top") == [True, False]
    assert evidence_of(found, "criterion", "outcome") == [
        ("any.1.all.1.attested.nda", "met"),
        ("any.1.all.1.m", "not_met"),
        ("any.2.partner.region", "not_met"),
    ]


def test_unknown_in_a_gate_fails_it() -> None:
    found = qualified(tier("requires.partner.region = 'x'", SHARE, top=f"{TOP}gate.m.at_least = 1\n"), {}, "2025-01")
    assert met(found, "gate") == [False]


WINDOWS = """
[metrics.year]
from = "mrr"
sum = "mrr"
on = "sold_on"
window = "fiscal_year"

[metrics.quarter]
from = "mrr"
sum = "mrr"
on = "sold_on"
window = "fiscal_quarter"

[metrics.before]
from = "mrr"
sum = "mrr"
on = "sold_on"
window = "fiscal_quarter"
ago = { fiscal_quarters = 1 }

[metrics.ever]
from = "mrr"
sum = "mrr"
on = "sold_on"
window = "lifetime"

[metrics.enrolled]
from = "mrr"
sum = "mrr"
on = "sold_on"
window = "enrollment"

[metrics.m]
formula = "FORMULA"
"""
ENROLLED = TOP.replace("automatic", "required")


@pytest.mark.parametrize(
    ("formula", "windows"),
    [
        ("year + quarter", [(date(2025, 1, 1), date(2025, 12, 31))]),
        # What is read of an earlier quarter is left out, unless there is nothing else.
        ("quarter - before", [(date(2025, 1, 1), MAR), (date(2025, 4, 1), date(2025, 6, 30))]),
        ("before * 2", [(date(2024, 10, 1), date(2024, 12, 31)), (date(2025, 1, 1), MAR)]),
        ("enrolled * 2", [(date(2025, 3, 5), date(2026, 1, 31))]),
        ("enrolled + ever", [(date(2025, 1, 1), date(2026, 1, 31))]),
    ],
)
def test_the_window_of_a_formula_is_that_of_its_metrics(formula: str, windows: list[tuple[date, date]]) -> None:
    used = [name for name in ("year", "quarter", "before", "ever", "enrolled") if name not in formula]
    text = WINDOWS.replace("FORMULA", formula)
    program = program_of(
        f"[[tracks.t.tiers]]\nid = 'top'\nrequires.m.at_least = 1\nholds = 'through_fiscal_year'\n{text}",
        shows=used,
        top=ENROLLED,
    )
    rows: Rows = {"enrollments": [{"enrolled_on": date(2025, 3, 5), "expires_on": date(2026, 1, 31)}]}
    found = qualified(program, rows, "2025-04")
    assert evidence_of(found, "window_from", "window_through") == windows


def test_an_enrollment_without_an_end_is_measured_up_to_the_review_day() -> None:
    text = WINDOWS.replace("FORMULA", "enrolled * 1")
    program = program_of(
        f"[[tracks.t.tiers]]\nid = 'top'\nrequires.m.at_least = 1\nholds = 'through_fiscal_year'\n{text}",
        shows=["year", "quarter", "before", "ever"],
        top=ENROLLED,
    )
    found = qualified(program, {"enrollments": [{"enrolled_on": date(2025, 3, 5)}]}, "2025-04")
    assert evidence_of(found, "window_from", "window_through") == [(date(2025, 3, 5), APR)]


@pytest.mark.parametrize(
    ("metric", "period"),
    [
        ("year", "fiscal_year"),
        ("quarter", "fiscal_quarter"),
        ("before", None),
        ("ever", None),
        ("m", None),
        ("attested.nda", None),
    ],
)
def test_only_sums_and_counts_to_date_have_a_pace(metric: str, period: str | None) -> None:
    program = program_of(
        WINDOWS.replace("FORMULA", "year + quarter + before + ever + enrolled"), shows=["m"], top=ENROLLED
    )
    assert pace_period(program, metric) == period


def test_without_criteria_the_report_has_its_columns() -> None:
    found = qualified(program_of(""), {}, "2025-01")
    empty = evidence([found], found.inputs.roster.select("partner_id"))
    assert empty.is_empty()
    assert_frame_equal(empty.select("value"), pl.DataFrame(schema={"value": pl.Decimal(38, 6)}))
