"""The oracle alone on statements, pay days and rates in force, by cases worked out by hand."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from tests.oracle.money.pay_days import federal, pay_on
from tests.properties.by_hand import Given, day, told
from tests.properties.by_hand_money import GOLD, ONCE, PAYOUT, paid, sale


def test_balances_are_carried_until_they_are_worth_paying() -> None:
    payout = PAYOUT.replace("pay_when.more_than = 0", "pay_when.at_least = 30\npay_held_when.more_than = 30")
    partners: Given = [{"partner_id": "A", "payee_id": "P", "terminated_on": "05-31"}]
    rows = [sale("01-10", 10), sale("02-10", 20), sale("04-10", 30), sale("05-10", 1)]
    columns = ("opening_balance", "balance", "payable", "status", "closing_balance", "payee_id")
    found = []
    for month in ("2025-01", "2025-02", "2025-03", "2025-04", "2025-05", "2025-06"):
        tables = paid(f"{ONCE}rate = 1\n", month, payout=payout, money_from="2025-01", mrr=rows, partners=partners)
        found += told(tables["statements"], *columns)
    assert found == [
        (0, 10, 0, "carried", 10, "P"),
        (10, 30, 0, "carried", 30, "P"),  # held once, it must exceed 30
        (30, 30, 0, "carried", 30, "P"),
        (30, 60, 60, "pay", 0, "P"),
        (0, 1, 1, "pay", 0, "P"),  # terminated: the rest is paid
    ]


def test_a_balance_is_held_while_something_is_missing() -> None:
    payout = PAYOUT + "requires.deals.at_least = 1\n"
    rows = [sale("03-10", 10)]
    tables = paid(f"{ONCE}rate = 1\n", payout=payout, mrr=rows)
    assert told(tables["statements"], "status", "payable") == [("held", 0)]
    assert told(tables["actions"], "action", "track") == [("payment_held", "main")]


@pytest.mark.parametrize(
    ("month_end", "words", "paid_on"),
    [
        ("2025-01-31", {"day": 20, "months_after": 1, "roll": "forward"}, "2025-02-20"),
        ("2024-12-31", {"day": 20, "months_after": 1, "roll": "forward"}, "2025-01-21"),  # Martin Luther King's day
        ("2022-05-31", {"day": 20, "months_after": 1, "roll": "forward"}, "2022-06-21"),  # June 19 was a Sunday
        ("2025-08-31", {"day": 20, "months_after": 1, "roll": "backward"}, "2025-09-19"),
        ("2025-01-31", {"day": 31, "months_after": 1, "roll": "none"}, "2025-02-28"),
        ("2025-04-30", {"day": 31, "months_after": 1, "roll": "modified_forward"}, "2025-05-30"),  # a Saturday
        ("2025-12-27", {"days_after": 4, "roll": "forward"}, "2025-12-31"),
        ("2021-12-27", {"days_after": 4, "roll": "forward"}, "2022-01-03"),  # New Year's day is observed on that Friday
    ],
)
def test_pay_days(month_end: str, words: dict[str, Any], paid_on: str) -> None:
    found = pay_on(date.fromisoformat(month_end), words | {"holidays": "US"}, {})
    assert found == date.fromisoformat(paid_on)


def test_a_list_of_the_workspace_goes_before_a_country() -> None:
    words = {"day": 20, "months_after": 1, "roll": "forward", "holidays": "US"}
    assert pay_on(date(2024, 12, 31), words, {"US": [date(2025, 1, 22)]}) == date(2025, 1, 20)


def test_federal_holidays_of_a_year() -> None:
    observed = sorted(one for one in federal(2025) if one.year == 2025)
    days = ["01-01", "01-20", "02-17", "05-26", "06-19", "07-04", "09-01", "10-13", "11-11", "11-27", "12-25"]
    assert sorted(set(observed)) == [day(text) for text in days]


def test_rates_are_told_where_they_are_the_partners_own() -> None:
    rules = """
[commissions.tiered]
from = "mrr"
earned_on = "invoiced_on"
base = "mrr"
rate = { by = "tier", as_of = "sold_on", values = { base = "1 %", gold = "9 %" } }
[commissions.agreed]
from = "mrr"
with.agreements = "sold_on"
earned_on = "invoiced_on"
base = "mrr"
rate = { column = "agreements.standard_rate" }
[commissions.by_row]
from = "mrr"
earned_on = "invoiced_on"
base = "mrr"
rate = { by = "order_type", values = { new_logo = 1 } }
[commissions.golden]
from = "mrr"
earned_on = "invoiced_on"
base = "mrr"
rate = 1
clause = "G"
requires.tier = { at_least = "gold", as_of = "sold_on" }
"""
    agreements = [{"effective_on": "01-01", "standard_rate": "0.125"}]
    tables = paid(rules, tiers=GOLD, agreements=agreements)
    assert sorted(told(tables["rates"], "rule", "rate", "tier", "clause"), key=str) == [
        ("agreed", Decimal("0.125"), "base", None),
        ("by_row", None, "base", None),
        ("golden", None, "base", "G"),
        ("tiered", Decimal("0.01"), "base", None),
    ]
