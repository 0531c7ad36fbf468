"""The oracle alone on metrics, requirements and rates, by cases worked out by hand."""

from decimal import Decimal
from typing import Any

import pytest

from tests.oracle.figures import Formula, figure
from tests.properties.by_hand import TRACK, Given, day, program_of, reviewed, value_of

SCORES = 'from = "health_scores"\non = "scored_on"\nwindow = "calendar_year"\n'
SUM = 'sum = "score"'
GOLD = '[[tracks.main.tiers]]\nid = "gold"\nholds = "while_met"\n'
SALES = 'from = "mrr"\non = "sold_on"\nwindow = "calendar_year"\n'


def score(customer: str, on: str, points: Any, since: str | None = None) -> dict[str, Any]:
    return {"customer_id": customer, "scored_on": on, "score": points, "customer_since": since}


def sale(on: str, mrr: Any, **more: Any) -> dict[str, Any]:
    return {"sold_on": on, "mrr": mrr} | more


FOUR = [score("X", "02-01", 40), score("Y", "02-01", 70), score("X", "03-01", 61), score("Z", "03-02", 60)]


@pytest.mark.parametrize(
    ("words", "value"),
    [
        ('average = "score"', Decimal("57.75")),  # (40 + 70 + 61 + 60) / 4
        ('median = "score"', Decimal("60.5")),  # 40 60 | 61 70
        ('minimum = "score"', 40),
        ('maximum = "score"', 70),
        ('latest = "score"', 60),  # Z on March 2
        ("share = { score = { at_least = 60 } }", Decimal("0.75")),
        ('latest_per = "customer_id"\naverage = "score"', Decimal("63.666667")),  # (61 + 70 + 60) / 3 = 191 / 3
        ('latest_per = "customer_id"\nshare = { score = { at_least = 61 } }', Decimal("0.666667")),
        ('latest_per = "customer_id"\ncount = "customer_id"', 3),
        # Where first, the latest of what is left: X's is 40
        ('latest_per = "customer_id"\nwhere.score.not = 61\nsum = "score"', 170),
        ('latest_per = "customer_id"\nwhere.customer_id = "X"\nmedian = "score"', 61),
        ('where.score.more_than = 70\naverage = "score"', None),
        ('where.score.more_than = 70\naverage = "score"\nif_none = 7', 7),
        ("where.score.more_than = 70\nshare = { score = 1 }", None),
        ('where.score.more_than = 70\nsum = "score"', 0),
        # 40 × 0.5 + 70 × 2 + 60 × 2, and 61 (X in March) has no step of its own
        ('times = { by = "customer_id", values = { X = "50 %", Y = 2, Z = 2 } }\nwhere.score.not = 61\n' + SUM, 280),
        ('times = { by = "customer_id", values = { Y = 2 } }\n' + SUM, 140),
        ('times = { by = "score", steps = [{ at_least = 60, value = 1 }, { at_least = 70, value = 3 }] }\n' + SUM, 331),
    ],
)  # fmt: skip
def test_amounts(words: str, value: object) -> None:
    assert value_of(SCORES + words, "2025-03", health_scores=FOUR) == value


def test_a_tie_of_days_goes_to_the_later_key() -> None:
    rows = [score("b", "03-01", 2), score("B", "03-01", 1), score("a", "03-01", 3)]
    assert value_of(SCORES + 'latest = "score"', "2025-03", health_scores=rows) == 2


def test_an_empty_cell_is_not_latest_nor_averaged() -> None:
    rows: Given = [
        {"completed_on": "02-01", "satisfaction": 3},
        {"completed_on": "02-15", "satisfaction": 4},
        {"completed_on": "03-01"},
    ]
    words = 'from = "projects"\non = "completed_on"\nwindow = { days = 60 }\n'
    assert value_of(words + 'latest = "satisfaction"', "2025-03", projects=rows) == 4
    # March 31 less 59 days is January 31
    assert value_of(words + 'average = "satisfaction"', "2025-03", projects=rows) == Decimal("3.5")


def test_a_share_is_compared_before_it_is_rounded() -> None:
    # 2 of 3 is more than 66.6667 %? No: 0.666666... < 0.666667
    rows = [score("X", "03-01", 70), score("Y", "03-01", 70), score("Z", "03-01", 10)]
    tier = '[[tracks.main.tiers]]\nid = "gold"\nrequires.m.at_least = "66.6667 %"\nholds = "while_met"\n'
    metric = f"[metrics.m]\n{SCORES}share = {{ score = {{ at_least = 60 }} }}\n"
    (row,) = reviewed(program_of(metric, TRACK, tier), "2025-03", health_scores=rows)["evidence"]
    assert (row["value"], row["threshold"], row["outcome"]) == (Decimal("0.666667"), Decimal("0.666667"), "not_met")


@pytest.mark.parametrize(
    ("words", "month", "value"),
    [
        ('window = "calendar_quarter"', "2025-05", 8),
        ('window = "calendar_quarter"\nago = { fiscal_quarters = 1 }', "2025-05", 7),  # all of January to March
        ('window = "calendar_month"\nago = { fiscal_months = 2 }', "2025-05", 4),  # March
        ('window = "calendar_year"\nago = { fiscal_years = 1 }', "2026-01", 31),
        ("window = { fiscal_months = 2 }\nago = { fiscal_months = 1 }", "2025-04", 6),  # February and March
        ("window = { fiscal_months = 2 }", "2025-04", 12),
    ],
)  # fmt: skip
def test_the_same_window_earlier(words: str, month: str, value: int) -> None:
    rows = [sale("01-31", 1), sale("02-01", 2), sale("03-31", 4), sale("04-01", 8), sale("12-31", 16)]
    metric = f'from = "mrr"\nsum = "mrr"\non = "sold_on"\n{words}'
    assert value_of(metric, month, mrr=rows) == value


def test_a_row_joined_by_day_is_the_last_begun_unless_it_ended() -> None:
    agreements = [
        {"effective_on": "01-01", "deal_rate": "0.5"},
        {"effective_on": "02-01", "ends_on": "02-15", "deal_rate": "0.1"},
    ]
    rows = [sale("01-31", 100), sale("02-15", 100), sale("02-16", 100)]
    words = SALES + 'with = { agreements = "sold_on" }\nsum = "mrr"\n'
    times = 'times = { column = "agreements.deal_rate" }'
    # 100 × 0.5 + 100 × 0.1; on February 16 nothing is in force
    assert value_of(words + times, "2025-03", mrr=rows, agreements=agreements) == 60
    at_end = words.replace('"sold_on" }', '"month_end" }')
    assert value_of(at_end, "2025-03", mrr=rows, agreements=agreements) == 0
    some = words + "where.agreements.deal_rate.less_than = 0.5"
    assert value_of(some, "2025-03", mrr=rows, agreements=agreements) == 100


def test_a_row_joined_by_key() -> None:
    mrr = [sale("01-10", 10, line_id="L1"), sale("01-10", 20, line_id="L2", product_family="x")]
    invoices = [
        {"line_id": "L1", "item": "subscription", "price": 5, "currency": "USD", "issued_on": "02-01"},
        {"line_id": "L2", "item": "subscription", "price": 7, "currency": "USD", "issued_on": "02-01"},
        {"item": "subscription", "price": 9, "currency": "USD", "issued_on": "02-01"},
    ]
    words = 'from = "invoices"\nwith = { mrr = "line_id" }\non = "issued_on"\nwindow = "calendar_year"\nsum = "price"\n'
    assert value_of(words, "2025-03", mrr=mrr, invoices=invoices) == 12
    assert value_of(words + 'where.mrr.product_family = "x"', "2025-03", mrr=mrr, invoices=invoices) == 7
    assert value_of(words.replace('"price"', '"mrr.mrr"'), "2025-03", mrr=mrr, invoices=invoices) == 30


def test_a_column_over_rows_that_are_alike() -> None:
    first = '[columns.first_sold]\nfrom = "mrr"\nminimum = "sold_on"\nsame = ["partner_id", "customer_id"]\n'
    rows = [sale("01-01", 1), sale("03-01", 2), sale("03-03", 4), sale("03-02", 8, customer_id="Y")]
    # 59 days lie between January 1 and March 1, 61 between January 1 and March 3
    words = SALES + 'sum = "mrr"\nwhere.sold_on = { at_most = 60, days_after = "first_sold" }'
    assert value_of(words, "2025-03", first, mrr=rows) == 11


def test_a_table_and_a_column_of_the_program_itself() -> None:
    own = """
    [exports.visits]
    primaryKey = ["visit_id"]
    fields = [{ name = "visit_id", type = "string" }, { name = "partner_id", type = "string" },
              { name = "visited_on", type = "date" }, { name = "hours", type = "number" }]
    [exports.mrr]
    fields = [{ name = "region", type = "string" }]
    """
    visits: Given = [{"visited_on": "03-01", "hours": "1.5"}, {"visited_on": "04-01", "hours": 9}]
    words = 'from = "visits"\nsum = "hours"\non = "visited_on"\nwindow = "calendar_year"'
    assert value_of(words, "2025-03", own, visits=visits) == Decimal("1.5")
    mrr = [sale("03-01", 3, region="north"), sale("03-01", 4)]
    assert value_of(SALES + 'sum = "mrr"\nwhere.region = "north"', "2025-03", own, mrr=mrr) == 3


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a + b * 2", 7),
        ("(a + b) * 2", 8),
        ("a - b - 1", -3),
        ("b / a / 2", Decimal("1.5")),
        ("1_000 / 8", 125),
        ("least(a, b) - greatest(a, 0.5, b)", -2),
        ("-b + a", -2),
        ("a / (b - 3)", None),
        ("a + nothing", None),
        ("least(a, nothing)", None),
    ],
)
def test_formulas(text: str, value: object) -> None:
    assert Formula(text, {"a": 1, "b": 3, "nothing": None}.__getitem__).value() == value


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ("2.5 %", Decimal("0.025")),
        ({"by": "a", "steps": [{"value": 1}, {"at_least": 5, "value": 2}, {"more_than": 5, "value": 3}]}, 2),
        ({"by": "a", "steps": [{"at_least": 6, "value": 2}]}, None),
        ({"by": "none", "steps": [{"value": 1}]}, None),
        ({"by": "text", "values": {"x": "10 %"}, "otherwise": 4}, Decimal("0.1")),
        ({"by": "none", "values": {"x": 1}, "otherwise": 4}, 4),
        ({"by": "none", "values": {"x": 1}}, None),
        ([{"requires": {"m": 1}, "value": 7}, {"value": {"column": "a"}}], 5),
    ],
)
def test_figures(raw: object, value: object) -> None:
    cells = {"a": 5, "none": None, "text": "x"}
    assert figure(raw, cells.__getitem__, lambda _: None) == value


def test_growth_over_the_quarter_before() -> None:
    metrics = """
    [metrics.now]
    from = "mrr"
    sum = "mrr"
    on = "sold_on"
    window = "calendar_quarter"
    [metrics.before]
    from = "mrr"
    sum = "mrr"
    on = "sold_on"
    window = "calendar_quarter"
    ago = { fiscal_quarters = 1 }
    """
    rows = [sale("02-01", 100), sale("05-01", 150)]
    assert value_of('formula = "now / before - 1"', "2025-06", metrics, mrr=rows) == Decimal("0.5")
    # In the first quarter nothing lies before: x / 0 is unknown
    assert value_of('formula = "now / before - 1"', "2025-03", metrics, mrr=rows) is None
    assert value_of('formula = "now / before - 1"\nif_none = 1', "2025-03", metrics, mrr=rows) == 1
    tiered = 'value = { by = "now", steps = [{ value = 5 }, { at_least = 150, value = { metric = "before" } }] }'
    assert value_of(tiered, "2025-06", metrics, mrr=rows) == 100


def test_every_one_of_the_last_complete_quarters() -> None:
    program = program_of(
        f"[metrics.m]\n{SALES.replace('year', 'quarter')}sum = 'mrr'\n",
        TRACK,
        GOLD + "requires.m = { at_least = 10, in_each_of_last = 2 }\n",
    )
    rows = [sale("03-31", 10), sale("04-01", 9), sale("06-30", 1), sale("07-01", 3)]

    def found(month: str) -> list[tuple[Any, ...]]:
        tables = reviewed(program, month, mrr=rows)
        names = ("window_from", "value", "outcome", "missing")
        return [tuple(row[name] for name in names) for row in tables["evidence"]]

    assert found("2025-06") == [(day("04-01"), 10, "met", 0), (day("01-01"), 10, "met", 0)]
    # In May the second quarter is not complete, and the last quarter of 2024 ended before the program began
    assert found("2025-05") == [(day("01-01"), 10, "met", 0), (day("2024-10-01"), None, "unknown", None)]
    assert found("2025-09") == [(day("07-01"), 3, "not_met", 7), (day("04-01"), 10, "met", 0)]


def test_what_was_attested_last_and_runs() -> None:
    program = program_of(
        TRACK, '[[tracks.main.tiers]]\nid = "gold"\nrequires.attested = ["nda", "plan"]\nholds = "while_met"\n'
    )
    rows: Given = [
        {"criterion": "nda", "attested_on": "01-10", "value": 0},
        {"criterion": "nda", "attested_on": "02-10", "expires_on": "04-30"},
        {"criterion": "plan", "attested_on": "03-10"},
    ]

    def found(month: str) -> list[tuple[str, int, str]]:
        rows_of = reviewed(program, month, attestations=rows)["evidence"]
        return [(row["criterion"], row["value"], row["outcome"]) for row in rows_of]

    assert found("2025-02") == [("attested.nda", 1, "met"), ("attested.plan", 0, "not_met")]
    assert found("2025-04") == [("attested.nda", 1, "met"), ("attested.plan", 1, "met")]
    assert found("2025-05") == [("attested.nda", 0, "not_met"), ("attested.plan", 1, "met")]


FX = """
[policy.fx]
flow = "WORD"
level = "WORD"
max_age_days = 10
fixed = [{ since = 2025-01-01, equal = { USD = 110, EUR = 100 } }]
"""
RATES = [("03-05", "1.1"), ("03-12", "1.2"), ("03-31", "1.3"), ("04-02", "9")]


@pytest.mark.parametrize(
    ("word", "sold", "value"),
    [
        ("row_date", "03-12", 120),
        ("row_date", "03-22", 120),  # ten days old
        ("row_date", "03-23", 0),  # eleven
        ("row_date", "03-01", 0),
        ("month_end", "03-01", 130),
        ("month_average", "03-01", 120),  # (1.1 + 1.2 + 1.3) / 3
        ("month_average", "02-01", 0),
        ("fixed", "03-01", 110),
        ("fixed", "2024-12-31", 0),
    ],
)
def test_rates_of_exchange(word: str, sold: str, value: int) -> None:
    rates = [{"currency": "EUR", "rate_on": on, "rate": rate} for on, rate in RATES]
    words = 'from = "mrr"\nsum = "mrr"\non = "sold_on"\nwindow = "lifetime"'
    rows = [sale(sold, 100, currency="EUR")]
    assert value_of(words, "2025-04", FX.replace("WORD", word), mrr=rows, fx_rates=rates) == value


def test_a_level_is_converted_on_the_day_read() -> None:
    rates = [{"currency": "EUR", "rate_on": on, "rate": rate} for on, rate in RATES]
    words = 'from = "mrr"\nsum = "mrr"\nrunning = { since = "sold_on" }'
    rows = [sale("03-06", 100, currency="EUR"), sale("03-06", 1)]
    assert value_of(words, "2025-03", FX.replace("WORD", "month_end"), mrr=rows, fx_rates=rates) == 131
    assert value_of(words, "2025-03", FX.replace("WORD", "row_date"), mrr=rows, fx_rates=rates) == 111
    assert value_of(words, "2025-04", FX.replace("WORD", "month_average"), mrr=rows, fx_rates=rates) == 901


def test_what_the_primary_user_sees_within_the_enrollment() -> None:
    head = 'counts_only = "seen_by_primary_user"\n'
    program = program_of(
        head,
        '[metrics.m]\nfrom = "opportunities"\ncount = "opportunity_id"\non = "submitted_on"\nwindow = "enrollment"\n',
        TRACK,
        '[[tracks.main.tiers]]\nid = "gold"\nrequires.m.at_least = 9\nholds = "through_enrollment"\n',
    ) | {"enrollment": "required"}
    rows: dict[str, Given] = {
        "enrollments": [{"enrolled_on": "02-10", "expires_on": "05-20", "primary_user_id": "u"}],
        "user_access": [{"user_id": "u", "owner_id": "p"}, {"user_id": "v", "owner_id": "q"}],
        "opportunities": [
            {"submitted_on": on, "owner_id": owner}
            for on, owner in [("02-09", None), ("02-10", None), ("03-01", "p"), ("03-01", "q"), ("03-31", "u")]
        ],
    }
    (row,) = reviewed(program, "2025-03", **rows)["evidence"]
    assert (row["value"], row["window_from"], row["window_through"]) == (2, day("02-10"), day("05-20"))
    everyone: dict[str, Given] = rows | {"enrollments": [{"enrolled_on": "02-10"}]}
    assert reviewed(program, "2025-03", **everyone)["evidence"][0]["value"] == 4
