"""The measures of rows: averages, medians, extremes, the latest, shares, and factors by row."""

from datetime import date
from decimal import Decimal

import pytest
from polars.testing import assert_frame_equal

from tests.pipelines.measured import APR, FEB, JAN, MAR, Rows, of_a, program_of, qualified, values

SCORES: Rows = {
    "health_scores": [
        {"customer_id": customer, "scored_on": day, "score": score}
        for customer, day, score in (
            ("C1", date(2025, 1, 10), 40),
            ("C2", date(2025, 1, 20), 70),
            ("C1", date(2025, 2, 10), 90),
            ("C3", date(2025, 3, 5), 65),
        )
    ]
}


def scores(measure: str, more: str = "") -> str:
    return f"""
[metrics.m]
from = "health_scores"
{measure}
on = "scored_on"
window = "lifetime"
{more}
"""


@pytest.mark.parametrize(
    ("measure", "found"),
    [
        ('average = "score"', (55, "66.666667", "66.25")),
        ('median = "score"', (55, 70, "67.5")),
        ('minimum = "score"', (40, 40, 40)),
        ('maximum = "score"', (70, 90, 90)),
        ('latest = "score"', (70, 90, 65)),
        ("share.score.at_least = 65", ("0.5", "0.666667", "0.75")),
        ('count = "customer_id"', (2, 2, 3)),
        ('sum = "score"', (110, 200, 265)),
    ],
)
def test_a_measure_at_each_months_end(measure: str, found: tuple[int | str, ...]) -> None:
    program = program_of(scores(measure), shows=["m"])
    assert_frame_equal(values(program, "m", SCORES, [JAN, FEB, MAR]), of_a(*zip((JAN, FEB, MAR), found, strict=True)))


@pytest.mark.parametrize(
    ("measure", "found"),
    [
        ('average = "score"', (55, 80, 75)),
        ('median = "score"', (55, 80, 70)),
        ('minimum = "score"', (40, 70, 65)),
        ('latest = "score"', (70, 90, 65)),
        ("share.score.at_least = 70", ("0.5", 1, "0.666667")),
        ('count = "score"', (2, 2, 3)),
        ('sum = "score"', (110, 160, 225)),
    ],
)
def test_of_each_customer_only_its_latest_score_counts(measure: str, found: tuple[int | str, ...]) -> None:
    program = program_of(scores(measure, 'latest_per = "customer_id"'), shows=["m"])
    assert_frame_equal(values(program, "m", SCORES, [JAN, FEB, MAR]), of_a(*zip((JAN, FEB, MAR), found, strict=True)))


@pytest.mark.parametrize(
    ("measure", "none"),
    [
        ('sum = "score"', 0),
        ('count = "customer_id"', 0),
        *((f'{word} = "score"', None) for word in ("average", "median", "minimum", "maximum", "latest")),
        ("share.score.at_least = 65", None),
    ],
)
def test_no_rows_are_nothing_for_sums_and_counts_and_unknown_else(measure: str, none: int | None) -> None:
    program = program_of(scores(measure), shows=["m"])
    assert_frame_equal(values(program, "m", {}, [JAN]), of_a((JAN, none)))
    empty: Rows = {"health_scores": []}
    assert_frame_equal(values(program, "m", empty, [JAN]), of_a((JAN, none)))


@pytest.mark.parametrize(
    "measure", ['average = "score"', 'median = "score"', 'latest = "score"', "share.score.at_least = 65"]
)
def test_if_none_stands_for_what_is_unknown(measure: str) -> None:
    program = program_of(scores(measure, "if_none = 0.125"), shows=["m"])
    assert_frame_equal(values(program, "m", {}, [JAN]), of_a((JAN, "0.125")))
    known = values(program, "m", {"health_scores": SCORES["health_scores"][:1]}, [JAN])["value"][0]
    assert known in {Decimal(40), Decimal(0)}


def test_rows_of_one_day_follow_their_key_by_code_point() -> None:
    rows: Rows = {
        "health_scores": [
            {"customer_id": customer, "scored_on": JAN, "score": score}
            for customer, score in (("b", 1), ("B", 2), ("Z", 3))
        ]
    }
    assert_frame_equal(values(program_of(scores('latest = "score"'), shows=["m"]), "m", rows, [JAN]), of_a((JAN, 1)))


def test_rows_without_the_measured_cell_are_no_part_of_an_average() -> None:
    tables = """
[metrics.m]
from = "projects"
average = "satisfaction"
on = "completed_on"
window = "lifetime"
"""
    rows: Rows = {
        "projects": [
            {"completed_on": date(2025, 1, 5), "satisfaction": 4},
            {"completed_on": date(2025, 1, 6)},
            {"completed_on": date(2025, 1, 7), "satisfaction": 5},
            {"satisfaction": 1},
        ]
    }
    program = program_of(tables, shows=["m"])
    assert_frame_equal(values(program, "m", rows, [JAN]), of_a((JAN, "4.5")))
    latest = program_of(tables.replace("average", "latest"), shows=["m"])
    rows["projects"].append({"completed_on": date(2025, 1, 8)})
    assert_frame_equal(values(latest, "m", rows, [JAN]), of_a((JAN, 5)))


TIMES = """
[metrics.m]
from = "opportunities"
sum = "amount"
times = {times}
on = "submitted_on"
window = "lifetime"
"""
BY_AMOUNT = """{ by = "amount", steps = [
  { value = 0 }, { at_least = 50, value = 1 }, { at_least = 100.01, value = 2 },
] }"""
DEALS: Rows = {
    "opportunities": [
        {"submitted_on": date(2025, 1, 5), "amount": Decimal("100.01"), "stage": "open"},
        {"submitted_on": date(2025, 1, 6), "amount": Decimal("0.03"), "stage": "won", "closed_on": date(2025, 2, 10)},
        {"submitted_on": date(2025, 1, 7), "amount": Decimal(50), "stage": "lost"},
    ]
}


@pytest.mark.parametrize(
    ("times", "january", "february"),
    [
        ('"33.3 %"', "49.96332", "49.96332"),
        ("0.5", "75.02", "75.02"),
        ('{ by = "stage", values = { open = "10 %", won = 1 }, otherwise = 0 }', "10.004", "10.031"),
        (BY_AMOUNT, "250.02", "250.02"),
        ('{ by = "month_end", steps = [{ value = 1 }, { since = 2025-02-28, value = 2 }] }', "150.04", "300.08"),
        ('{ column = "amount" }', "12502.001", "12502.001"),
    ],
)
def test_each_rows_amount_times_its_factor(times: str, january: str, february: str) -> None:
    program = program_of(TIMES.format(times=times), shows=["m"])
    assert_frame_equal(values(program, "m", DEALS, [JAN, FEB]), of_a((JAN, january), (FEB, february)))


def test_a_row_whose_factor_is_unknown_counts_for_nothing() -> None:
    program = program_of(TIMES.format(times='{ by = "customer_id", values = { C1 = 1 }, otherwise = 0 }'), shows=["m"])
    rows: Rows = {
        "opportunities": [{"submitted_on": JAN, "amount": 5, "customer_id": "C1"}, {"submitted_on": JAN, "amount": 7}]
    }
    assert_frame_equal(values(program, "m", rows, [JAN]), of_a((JAN, 5)))


BAR = """
[metrics.m]
from = "health_scores"
average = "score"
on = "scored_on"
window = "calendar_year"

[[tracks.t.tiers]]
id = "top"
requires.m.{bound}
holds = "through_calendar_year"
"""


@pytest.mark.parametrize(
    ("bound", "is_met"),
    [
        ("at_least = 66.666667", False),
        ("at_least = 66.666666", True),
        ("less_than = 66.666667", True),
        ("more_than = 66.666666", True),
        ("at_most = 66.666666", False),
    ],
)
def test_an_average_is_compared_as_it_is_and_not_as_it_is_shown(bound: str, is_met: bool) -> None:
    rows: Rows = {"health_scores": SCORES["health_scores"][:3]}
    found = qualified(program_of(BAR.format(bound=bound)), rows, "2025-03")
    grid = found.grid.filter(day=MAR)
    assert grid.select("met.top").item() is is_met
    (criterion,) = found.criteria
    # What is missing is rounded once, from the exact value, and is never less than nothing by more than it is.
    missing = grid.select(criterion.missing.alias("missing")).item()
    thirds = Decimal(200) / 3
    sign = 1 if bound.startswith(("at_least", "more_than")) else -1
    assert abs(sign * (Decimal(bound.rsplit(maxsplit=1)[-1]) - thirds) - missing) <= Decimal("0.0000005")


def test_what_is_unknown_is_not_met_and_not_failed() -> None:
    found = qualified(program_of(BAR.format(bound="at_least = 1")), {}, "2025-04")
    grid = found.grid.filter(day=APR)
    assert grid.select("criterion.top.m", "met.top").row(0) == (None, False)
