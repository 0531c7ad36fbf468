"""Rows joined to rows of other exports, by key and by day, and columns computed over rows that are alike."""

from datetime import date
from typing import Any

import pytest
from polars.testing import assert_frame_equal

from tests.pipelines.measured import APR, FEB, JAN, MAR, MAY, TOP, Rows, of_a, program_of, values
from tierctl.program.model import Program

DAYS = [JAN, FEB, MAR, APR, MAY]

BY_KEY = """
[metrics.m]
from = "invoices"
with = { mrr = "line_id" }
where.mrr.order_type = "new_logo"
sum = "mrr.mrr"
on = "issued_on"
window = "lifetime"
"""


def test_by_key_a_row_without_its_match_does_not_count() -> None:
    rows: Rows = {
        "mrr": [
            {"line_id": "L1", "mrr": 10, "order_type": "new_logo", "sold_on": date(2025, 1, 5)},
            {"line_id": "L2", "mrr": 20, "order_type": "renewal", "sold_on": date(2025, 1, 5)},
            # Sold after it was invoiced: it is not there before March.
            {"line_id": "L3", "mrr": 40, "order_type": "new_logo", "sold_on": date(2025, 3, 5)},
        ],
        "invoices": [
            {"line_id": line, "issued_on": date(2025, 1, 20)} for line in ("L1", "L1", "L2", "L3", "L9", None)
        ],
    }
    found = values(program_of(BY_KEY, shows=["m"]), "m", rows, [JAN, FEB, MAR])
    assert_frame_equal(found, of_a((JAN, 20), (FEB, 20), (MAR, 60)))


AGREEMENTS = [
    {"effective_on": date(2024, 6, 1), "standard_rate": 0.1},
    {"effective_on": date(2025, 2, 10), "ends_on": date(2025, 3, 20), "standard_rate": 0.2},
    {"effective_on": date(2025, 5, 31), "standard_rate": 0.4},
]


def by_agreement(day: str) -> Program:
    return program_of(
        f"""
[metrics.m]
from = "opportunities"
with = {{ agreements = "{day}" }}
where.stage = "won"
sum = "amount"
times = {{ column = "agreements.standard_rate" }}
on = "submitted_on"
window = "lifetime"
""",
        shows=["m"],
    )


def won(day: date, amount: int = 100) -> dict[str, Any]:
    return {"submitted_on": date(2025, 1, 2), "closed_on": day, "stage": "won", "amount": amount}


@pytest.mark.parametrize(
    ("closed_on", "found"),
    [
        (date(2025, 2, 9), (0, 10, 10, 10, 10)),
        (date(2025, 2, 10), (0, 20, 20, 20, 20)),
        (date(2025, 3, 20), (0, 0, 20, 20, 20)),
        # The agreement that began last has ended: none is in force, an older one neither.
        (date(2025, 3, 21), (0, 0, 0, 0, 0)),
        (date(2025, 5, 31), (0, 0, 0, 0, 40)),
    ],
)
def test_by_a_date_of_the_row_the_agreement_in_force_on_it(closed_on: date, found: tuple[int, ...]) -> None:
    rows: Rows = {"agreements": AGREEMENTS, "opportunities": [won(closed_on)]}
    assert_frame_equal(values(by_agreement("closed_on"), "m", rows, DAYS), of_a(*zip(DAYS, found, strict=True)))


def test_by_month_end_the_agreement_in_force_on_the_day_read() -> None:
    rows: Rows = {"agreements": AGREEMENTS, "opportunities": [won(date(2025, 1, 31))]}
    found = values(by_agreement("month_end"), "m", rows, DAYS)
    assert_frame_equal(found, of_a((JAN, 10), (FEB, 20), (MAR, 0), (APR, 0), (MAY, 40)))


PRICES = """
[exports.prices]
primaryKey = ["partner_id", "since", "version"]
rowDate = "known_on"
valid = { since = "since", through = "through" }
fields = [
  { name = "partner_id", constraints = { required = true } },
  { name = "since", type = "date", constraints = { required = true } },
  { name = "through", type = "date", knownAhead = true },
  { name = "version" },
  { name = "known_on", type = "date", constraints = { required = true } },
  { name = "signed_on", type = "date" },
  { name = "factor", type = "number" },
]

[metrics.m]
from = "opportunities"
with = { prices = "submitted_on" }
where.prices.signed_on.empty = false
sum = "amount"
times = { column = "prices.factor" }
on = "submitted_on"
window = "lifetime"
"""


def price(
    since: date, known_on: date, factor: int, signed_on: date | None = None, version: str = "a"
) -> dict[str, Any]:
    return {
        "since": since,
        "known_on": known_on,
        "signed_on": signed_on or known_on,
        "factor": factor,
        "version": version,
    }


def test_a_joined_row_counts_from_the_day_it_is_known_and_with_its_own_dates_as_of_the_day() -> None:
    rows: Rows = {
        "prices": [
            price(date(2025, 1, 1), date(2025, 1, 1), 1),
            # Known only in March, for January on, and signed in April.
            price(date(2025, 1, 10), date(2025, 3, 1), 2, signed_on=date(2025, 4, 1)),
            price(date(2025, 1, 10), date(2025, 5, 1), 3, version="b"),
        ],
        "opportunities": [{"submitted_on": date(2025, 1, 20), "amount": 100}],
    }
    found = values(program_of(PRICES, shows=["m"]), "m", rows, DAYS)
    assert_frame_equal(found, of_a((JAN, 100), (FEB, 100), (MAR, 0), (APR, 200), (MAY, 300)))


def computed(measure: str, test: str, where: str = "") -> Program:
    return program_of(
        f"""
[columns.made]
from = "mrr"
{where}
{measure}
same = ["partner_id", "product_family"]

[metrics.m]
from = "mrr"
{test}
count = "line_id"
on = "sold_on"
window = "lifetime"
""",
        shows=["m"],
    )


def line(family: str | None, day: date, **more: object) -> dict[str, Any]:
    return {"product_family": family, "sold_on": day, "mrr": 10} | more


def test_days_since_the_familys_first_row() -> None:
    program = computed('minimum = "sold_on"', "where.sold_on = { at_most = 30, days_after = 'made' }")
    lines = [
        line("voice", date(2025, 1, 5)),
        line("voice", date(2025, 2, 4)),
        line("voice", date(2025, 2, 5)),
        line("data", MAR),
        line(None, MAR),
    ]
    found = values(program, "m", {"mrr": lines}, [JAN, FEB, MAR])
    assert_frame_equal(found, of_a((JAN, 1), (FEB, 2), (MAR, 3)))


@pytest.mark.parametrize(
    ("measure", "test", "found"),
    [
        # Rows of voice: 10 in January, 30 in February (cancelled on March 10, then not counted), 20 in April.
        ('sum = "mrr"', "where.made.at_least = 40", (0, 2, 0, 0)),
        ('sum = "mrr"', "where.made = 10", (1, 0, 2, 0)),
        ('maximum = "mrr"', "where.made = 30", (0, 2, 0, 0)),
        ('maximum = "mrr"', "where.made = 20", (0, 0, 0, 3)),
        ('minimum = "mrr"', "where.made = 10", (1, 2, 2, 3)),
        ('count = "mrr"', "where.made = 2", (0, 2, 0, 3)),
        ('count = "product_family"', "where.made = 1", (1, 2, 2, 3)),
    ],
)
def test_a_computed_column_follows_the_rows_that_come_and_go(measure: str, test: str, found: tuple[int, ...]) -> None:
    lines = [
        line("voice", date(2025, 1, 5)),
        line("voice", date(2025, 2, 5), mrr=30, cancelled_on=date(2025, 3, 10)),
        line("voice", date(2025, 4, 5), mrr=20),
    ]
    program = computed(measure, test, "where.cancelled_on.empty = true")
    days = [JAN, FEB, MAR, APR]
    assert_frame_equal(values(program, "m", {"mrr": lines}, days), of_a(*zip(days, found, strict=True)))


@pytest.mark.parametrize(
    ("measure", "test"),
    [
        ('sum = "mrr"', "where.made = 0"),
        ('count = "mrr"', "where.made = 0"),
        ('maximum = "mrr"', "where.made.empty = true"),
    ],
)
def test_no_rows_alike_are_nothing_or_an_empty_cell(measure: str, test: str) -> None:
    program = computed(measure, test, "where.order_type = 'renewal'")
    lines = [line("voice", JAN, order_type="new_logo"), line(None, JAN, order_type="renewal")]
    assert_frame_equal(values(program, "m", {"mrr": lines}, [JAN]), of_a((JAN, 2)))


def test_a_computed_column_of_the_rows_joined() -> None:
    program = program_of(
        """
[columns.first_sold_on]
from = "mrr"
minimum = "sold_on"
same = ["partner_id", "product_family"]

[metrics.m]
from = "invoices"
with = { mrr = "line_id" }
where.issued_on = { at_most = 30, days_after = "mrr.first_sold_on" }
count = "invoice_line_id"
on = "issued_on"
window = "lifetime"
""",
        shows=["m"],
    )
    rows: Rows = {
        "mrr": [line("voice", date(2025, 1, 5), line_id="L1"), line("voice", date(2025, 2, 20), line_id="L2")],
        "invoices": [{"line_id": "L1", "issued_on": JAN}, {"line_id": "L2", "issued_on": FEB}],
    }
    assert_frame_equal(values(program, "m", rows, [JAN, FEB]), of_a((JAN, 1), (FEB, 1)))


def test_the_roster_is_always_at_hand() -> None:
    program = program_of(
        """
[metrics.m]
from = "opportunities"
where.currency = { column = "partner.currency" }
count = "opportunity_id"
on = "submitted_on"
window = "lifetime"
""",
        shows=["m"],
        top=TOP,
    )
    rows: Rows = {
        "partners": [{"partner_id": "A", "currency": "EUR"}],
        "opportunities": [{"submitted_on": JAN, "amount": 1, "currency": currency} for currency in ("EUR", "USD")],
    }
    assert_frame_equal(values(program, "m", rows, [JAN]), of_a((JAN, 1)))


def test_a_joined_deal_is_open_until_the_day_that_closed_it() -> None:
    program = program_of(
        """
[exports.bonus]
primaryKey = ["bonus_id"]
rowDate = "granted_on"
fields = [
  { name = "bonus_id", constraints = { required = true } },
  { name = "partner_id", constraints = { required = true } },
  { name = "deal" },
  { name = "granted_on", type = "date", constraints = { required = true } },
]

[metrics.m]
from = "bonus"
with = { opportunities = "deal" }
where.opportunities.stage = "won"
count = "bonus_id"
on = "granted_on"
window = "lifetime"
""",
        shows=["m"],
    )
    deal = {"submitted_on": date(2025, 1, 2), "stage": "won"}
    granted = {"granted_on": date(2025, 1, 10)}
    rows: Rows = {
        "bonus": [{"bonus_id": "B1", "deal": "D1", **granted}, {"bonus_id": "B2", "deal": "D2", **granted}],
        "opportunities": [
            {"opportunity_id": "D1", "closed_on": date(2025, 2, 5), **deal},  # still open at the end of January
            {"opportunity_id": "D2", "closed_on": date(2025, 1, 5), **deal},
        ],
    }
    assert_frame_equal(values(program, "m", rows, [JAN, FEB]), of_a((JAN, 1), (FEB, 2)))
