"""The oracle alone on what is earned, by cases worked out by hand."""

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from tests.oracle.money.currencies import rounded
from tests.properties.by_hand import DEALS, TRACK, Row, day, decision, program_of, reviewed, told
from tests.properties.by_hand_money import (
    GOLD,
    ONCE,
    PAID,
    PARTS,
    PAYOUT,
    POLICY,
    RESIDUAL,
    RUNNING,
    failing,
    lines,
    paid,
    sale,
)


def test_a_residual_is_earned_for_every_month_at_whose_end_the_line_runs() -> None:
    # 2 % of 100.25 is 2.005, half to even 2.00
    rows = [sale("01-31", "100.25", cancelled_on="03-31")]
    by_month = [lines(paid(RESIDUAL + 'rate = "2 %"\n', f"2025-0{n}", mrr=rows)) for n in (1, 2, 3)]
    assert by_month == [[("2025-01", "earned", 2)], [("2025-02", "earned", 2)], []]


def test_open_months_are_posted_in_their_own_turn_and_late_lines_as_adjustments() -> None:
    late = [sale("01-15", 100, sold_on="03-02")]
    tables = paid(RESIDUAL + 'rate = "10 %"\n', money_from="2025-02", mrr=late)
    # Known only in March; January is before the first month of money.
    assert lines(tables) == [("2025-02", "adjustment", 10), ("2025-03", "earned", 10)]
    columns = ("opening_balance", "earned", "adjustments", "balance", "payable", "closing_balance")
    assert told(tables["statements"], *columns) == [(0, 10, 10, 20, 20, 0)]


@pytest.mark.parametrize(
    ("mode", "amounts"),
    [
        # 50 % of 0.01, 0.03, -0.01 and -0.05: 0.005, 0.015, -0.005, -0.025
        ("half_even", ["0.00", "0.02", "0.00", "-0.02"]),
        ("half_away_from_zero", ["0.01", "0.02", "-0.01", "-0.03"]),
        ("down", ["0.00", "0.01", "0.00", "-0.02"]),
    ],
)
def test_rounding(mode: str, amounts: list[str]) -> None:
    exact = [Fraction(text) / 2 for text in ("0.01", "0.03", "-0.01", "-0.05")]
    assert [rounded(one, "USD", mode) for one in exact] == [Decimal(text) for text in amounts]


def test_rounding_is_to_the_minor_unit_of_the_currency() -> None:
    assert [rounded(Fraction("12.3456"), currency, "half_even") for currency in ("JPY", "USD", "KWD")] == [
        Decimal(text) for text in ("12", "12.35", "12.346")
    ]


BY_DAY = 'steps = [{ value = 1 }, { since = 2025-03-11, value = 2 }], apply = "whole"'
STEPS = "steps = [{ value = 0.05 }, { at_least = 100, value = 0.10 }, { at_least = 200, value = 0.20 }]"


@pytest.mark.parametrize(
    ("rate", "base", "amount"),
    [
        (f'{{ by = "mrr", {STEPS}, apply = "whole" }}', "199.99", "20.00"),
        (f'{{ by = "mrr", {STEPS}, apply = "whole" }}', "200", "40.00"),
        # 100 × 5 % + 100 × 10 % + 50 × 20 % = 5 + 10 + 10
        (f'{{ by = "mrr", {STEPS}, apply = "slices" }}', "250", "25.00"),
        (f'{{ by = "mrr", {STEPS}, apply = "slices" }}', "-250", "-12.50"),
        # 100 have no step: (150 - 100) × 10 %
        (f'{{ by = "mrr", {STEPS.replace("{ value = 0.05 }, ", "")}, apply = "slices" }}', "150", "5.00"),
        ('{ by = "order_type", values = { renewal = 1 }, otherwise = "7 %" }', "100", "7.00"),
        (f'{{ by = "sold_on", {BY_DAY} }}', "3", "3.00"),
        (f'{{ by = "month_end", {BY_DAY} }}', "3", "6.00"),
        ('[{ requires.deals.at_least = 1, value = 1 }, { value = "1 %" }]', "50", "0.50"),
    ],
)  # fmt: skip
def test_rates(rate: str, base: str, amount: str) -> None:
    tables = paid(f"{ONCE}rate = {rate}\n", mrr=[sale("03-10", base)])
    assert lines(tables, "amount") == [(Decimal(amount),)]


def test_below_the_first_step_nothing_is_earned() -> None:
    rate = STEPS.replace("{ value = 0.05 }, ", "")
    tables = paid(f'{ONCE}rate = {{ by = "mrr", {rate}, apply = "whole" }}\n', mrr=[sale("03-10", "99.99")])
    assert failing(tables) == [("mrr00", "rate")]


def test_what_a_whole_window_comes_to_rates_its_earlier_months_anew() -> None:
    sold = '[metrics.sold]\nfrom = "mrr"\nsum = "mrr"\non = "invoiced_on"\nwindow = "calendar_quarter"\n'
    steps = 'by = "sold", steps = [{ value = 0.1 }, { at_least = 150, value = 0.2 }], apply = "whole"'
    rows = [sale("01-10", 100), sale("03-10", 100)]
    at_end = paid(f'{sold}{ONCE}rate = {{ {steps}, as_of = "window_end" }}\n', money_from="2025-01", mrr=rows)
    # The quarter comes to 200: 20 % of all, so January's 10 rise to 20.
    assert lines(at_end) == [("2025-01", "adjustment", 10), ("2025-03", "earned", 20)]
    never = paid(f'{sold}{ONCE}rate = {{ {steps}, as_of = "month_end" }}\n', money_from="2025-01", mrr=rows)
    assert lines(never) == [("2025-03", "earned", 20)]


ELITE = f'{ONCE}rate = 1\nrequires.tier = {{ at_least = "gold", as_of = "sold_on" }}\n'
UNBROKEN = f'{RESIDUAL}rate = 1\nrequires.tier = {{ at_least = "gold", unbroken_since = "sold_on" }}\n'


def test_the_tier_counts_that_stood_on_the_day_of_the_row() -> None:
    decisions = [decision("approved", "gold", "03-05", "2025-03-20")]
    rows = [sale(f"03-{number:02d}", number) for number in (4, 5, 20, 21)]
    tables = paid(ELITE, tiers=GOLD, decisions=decisions, mrr=rows)
    assert lines(tables, "amount", "tier") == [(5, "gold"), (20, "gold")]
    assert failing(tables) == [("mrr00", "tier"), ("mrr03", "tier")]


def test_a_standing_that_was_broken_once_does_not_come_back_for_the_row() -> None:
    decisions = [
        decision("approved", "gold", "01-01", "2025-02-10"),
        decision("approved", "gold", "02-12", "2025-12-31"),
    ]
    rows = [sale("01-10", 1), sale("02-11", 2), sale("02-12", 4)]
    tables = paid(UNBROKEN, tiers=GOLD, decisions=decisions, money_from="2025-01", mrr=rows)
    assert lines(tables) == [("2025-03", "earned", 4)]
    january = paid(UNBROKEN, "2025-01", tiers=GOLD, decisions=decisions, mrr=rows)
    assert lines(january) == [("2025-01", "earned", 1)]


def test_while_suspended_no_tier_stands() -> None:
    base = f'{ONCE}rate = 1\nrequires.tier = {{ at_least = "base", as_of = "sold_on" }}\n'
    gate = "gate.customers.at_least = 1\n[metrics.customers]\nfrom = 'mrr'\ncount = 'customer_id'\n" + RUNNING
    # Nobody is a customer on January 31; X is one from February 10 to March 14 and from April 2 on.
    rows = [sale("02-10", 1, cancelled_on="03-15"), sale("03-30", 2, cancelled_on="03-31"), sale("04-02", 4)]
    program = program_of(POLICY, gate, DEALS, TRACK, base, PAYOUT)
    found = {month: reviewed(program, month, mrr=rows) for month in ("2025-02", "2025-03", "2025-04")}
    # January's review suspends until the day before February's; March's suspends until the day before April's.
    assert {month: failing(tables) for month, tables in found.items()} == {
        "2025-02": [("mrr00", "tier")],
        "2025-03": [],
        "2025-04": [("mrr02", "tier")],
    }
    assert lines(found["2025-03"], "amount") == [(2,)]


def instalments(*payments: tuple[str, Any]) -> Sequence[Row]:
    return [{"invoice_line_id": "I", "paid_on": on, "amount": amount, "currency": "USD"} for on, amount in payments]


INVOICE: Row = {
    "invoice_line_id": "I",
    "item": "service_package",
    "price": 100,
    "currency": "USD",
    "issued_on": "01-10",
}


def test_commission_on_the_payment_that_reaches_the_price() -> None:
    payments = instalments(("01-15", 60), ("02-03", -10), ("02-20", 40), ("03-02", 10))
    by_month = [lines(paid(PAID, f"2025-0{n}", invoices=[INVOICE], payments=payments)) for n in (1, 2, 3)]
    # 60, 50, 90, 100: reached on March 2
    assert by_month == [[], [], [("2025-03", "earned", 10)]]
    january = paid(PAID, "2025-01", invoices=[INVOICE], payments=payments)
    assert failing(january) == [("I", "paid_in_full")]


def test_commission_on_each_payment() -> None:
    payments = instalments(("01-15", 30), ("02-03", -10), ("02-20", 33), ("03-02", 50))
    by_month = [lines(paid(PARTS, f"2025-0{n}", invoices=[INVOICE], payments=payments)) for n in (1, 2, 3)]
    # 30, 63 and, of 113, no more than 100: 37
    assert by_month == [
        [("2025-01", "earned", 3)],
        [("2025-02", "earned", Decimal("3.30"))],
        [("2025-03", "earned", Decimal("3.70"))],
    ]


REFUND = 'clawback = [{ where.item = "service_package", takes_back = "refunded_share", clause = "B" }]\n'


def test_a_refund_takes_its_share_back() -> None:
    payments = instalments(("01-15", 100), ("02-03", -25), ("03-02", -75))
    months = {
        month: paid(PAID + REFUND, month, money_from="2025-01", invoices=[INVOICE], payments=payments)
        for month in ("2025-01", "2025-02", "2025-03")
    }
    assert lines(months["2025-01"]) == [("2025-01", "earned", 10)]
    assert lines(months["2025-02"], "earned_month", "kind", "amount", "clause") == [
        ("2025-01", "clawback", Decimal("-2.50"), "B")
    ]
    assert lines(months["2025-03"]) == [("2025-01", "clawback", Decimal("-7.50"))]
    statement = told(months["2025-03"]["statements"], "opening_balance", "clawbacks", "balance", "status")
    # January's 10 and what February takes back: paid 10, then owed 2.50, then 10.
    assert statement == [(Decimal("-2.50"), Decimal("-7.50"), -10, "owed")]
    actions = told(months["2025-03"]["actions"], "action", "due_on")
    assert actions == [("settle_balance", day("04-30"))]


def test_what_is_earned_and_taken_back_in_one_month_is_not_earned() -> None:
    tables = paid(PAID + REFUND, "2025-01", invoices=[INVOICE], payments=instalments(("01-15", 100), ("01-20", -100)))
    assert lines(tables) == []
    assert failing(tables) == [("I", "clawback.1")]


def test_what_was_taken_back_before_it_was_posted_is_an_adjustment_when_it_is_owed_again() -> None:
    payments = instalments(("01-15", 100), ("01-20", -100), ("03-02", 60))
    months = {
        month: paid(PAID + REFUND, month, money_from="2025-01", invoices=[INVOICE], payments=payments)
        for month in ("2025-02", "2025-03")
    }
    assert lines(months["2025-02"]) == []
    # 40 of 100 are still given back.
    assert lines(months["2025-03"]) == [("2025-01", "adjustment", 10), ("2025-01", "clawback", -4)]


def test_no_more_is_taken_back_than_was_earned() -> None:
    payments = instalments(("01-15", 100), ("02-20", -150))
    tables = paid(PAID + REFUND, "2025-02", money_from="2025-01", invoices=[INVOICE], payments=payments)
    assert lines(tables) == [("2025-01", "clawback", -10)]


def test_a_refund_that_no_clause_takes_back_is_a_duty() -> None:
    payments = instalments(("01-15", 100), ("02-03", -25))
    tables = paid(PAID, "2025-02", money_from="2025-01", invoices=[INVOICE], payments=payments)
    assert told(tables["actions"], "action", "due_on") == [("refund_without_clawback", day("03-31"))]


def test_a_line_that_adjusts_another_is_tested_as_that_one() -> None:
    rule = f'{ONCE}where.order_type = "new_logo"\nrate = "10 %"\n'
    rows = [
        sale("03-01", 100, line_id="L1"),
        sale("03-02", -40, line_id="L2", order_type="change", adjusts_line_id="L1"),
        sale("03-03", -10, line_id="L3", order_type="change", adjusts_line_id="L2"),
        sale("03-04", 5, line_id="L4", order_type="change"),
        sale("03-05", 5, line_id="L5", adjusts_line_id="L5"),
        sale("03-06", 5, line_id="L6", adjusts_line_id="L9"),
    ]
    tables = paid(rule, mrr=rows)
    assert lines(tables, "source_id", "amount") == [("L1", 10), ("L2", -4), ("L3", -1)]
    assert failing(tables) == [("L4", "order_type"), ("L5", "adjusts_line_id"), ("L6", "adjusts_line_id")]


MONTHS = 'at_most = 30, of = "term_months", per = "partner", each = "lifetime"'


@pytest.mark.parametrize(
    ("cap", "amounts"),
    [
        # 10, 20 and 30 are 60
        ('at_most = 40, per = "partner", each = "fiscal_month", cuts = "latest"', ["10.00", "20.00", "10.00"]),
        ('at_most = 40, per = "customer_id", each = "fiscal_month", cuts = "latest"', ["10.00", "20.00", "20.00"]),
        ('at_most = 25, per = "row", each = "lifetime", cuts = "latest"', ["10.00", "20.00", "25.00"]),
        # 10 × 40/60 = 6.666…, toward zero
        ('at_most = 40, per = "partner", each = "fiscal_month", cuts = "evenly"', ["6.66", "13.33", "20.00"]),
        # 12 + 24 + 24 months, 30 of them: half of each
        (f"{MONTHS}, cuts = 'evenly'", ["5.00", "10.00", "15.00"]),
        # 12, then 18 of 24
        (f"{MONTHS}, cuts = 'latest'", ["10.00", "15.00"]),
    ],
)  # fmt: skip
def test_caps(cap: str, amounts: list[str]) -> None:
    rows = [
        sale("03-01", 100, term_months=12),
        sale("03-02", 200, term_months=24, customer_id="Y"),
        sale("03-02", 300, term_months=24, customer_id="Y"),
    ]
    tables = paid(f'{ONCE}rate = "10 %"\ncaps = [{{ {cap} }}]\n', mrr=rows)
    assert [amount for _, amount in lines(tables, "source_id", "amount")] == [Decimal(text) for text in amounts]
    assert failing(tables) == ([] if len(amounts) == 3 else [("mrr02", "caps.1")])


def test_a_cap_that_falls_takes_nothing_back_and_one_that_rises_again_is_not_exceeded() -> None:
    steps = "steps = [{ value = 100 }, { since = 2025-02-01, value = 50 }, { since = 2025-03-01, value = 100 }]"
    by_month = f'{{ by = "month_end", {steps} }}'
    cap = f'caps = [{{ at_most = {by_month}, per = "partner", each = "calendar_year", cuts = "latest" }}]\n'
    rows = [sale("01-10", 80), sale("02-10", 20), sale("03-10", 30)]
    found = [
        lines(paid(f"{ONCE}rate = 1\n{cap}", f"2025-0{number}", money_from="2025-01", mrr=rows), "amount")
        for number in (1, 2, 3)
    ]
    # 80 of 100; then 50 at most, which is passed; then 100 again, of which 20 are left
    assert found == [[(80,)], [], [(20,)]]


def test_a_cap_counts_what_was_earned_before_the_first_month_of_money() -> None:
    cap = 'caps = [{ at_most = 15, per = "partner", each = "calendar_quarter", cuts = "latest" }]\n'
    tables = paid(f'{ONCE}rate = "10 %"\n{cap}', mrr=[sale("01-10", 100), sale("03-10", 100)])
    assert lines(tables) == [("2025-03", "earned", 5)]


def test_conditions_fail_in_their_order() -> None:
    rule = f"""{ONCE}rate = {{ column = "term_months" }}
where.order_type = "new_logo"
where.all = [{{ mrr.not = 7 }}]
where.any = [{{ promotional = false }}, {{ term_months = 1 }}]
requires.deals.at_least = 1
"""
    rows = [
        sale("03-01", 7, order_type="add", promotional=True),
        sale("03-01", 7, promotional=True),
        sale("03-01", 8, promotional=True),
        sale("03-01", 8, invoiced_on=None),
        sale("03-01", 8),
    ]
    paths = ["order_type", "all.1.mrr", "any", "invoiced_on", "deals"]
    assert failing(paid(rule, mrr=rows)) == [(f"mrr{number:02d}", path) for number, path in enumerate(paths)]
    met = paid(rule, mrr=[*rows, sale("03-01", 0)], opportunities=[{"submitted_on": "03-31"}])
    assert failing(met)[4:] == [("mrr04", "term_months"), ("mrr05", "mrr")]


def test_a_partner_earns_until_it_is_terminated() -> None:
    partners = [{"partner_id": "A", "terminated_on": "03-15", "joined_on": "03-02"}]
    rows = [sale("03-01", 1), sale("03-02", 2), sale("03-15", 4), sale("03-16", 8)]
    tables = paid(f"{ONCE}rate = 1\n", mrr=rows, partners=partners)
    assert lines(tables, "amount") == [(2,), (4,)]
    assert failing(tables) == [("mrr00", "enrolled"), ("mrr03", "terminated_on")]


def test_amounts_in_another_currency_by_the_rate_of_the_earned_day() -> None:
    fx = 'policy.fx = { flow = "row_date", level = "row_date", payout = "row_date", max_age_days = 10 }\n'
    payout = PAYOUT.replace("as_earned", "USD")
    program = program_of(POLICY, fx, DEALS, TRACK, f'{ONCE}rate = "10 %"\n', payout)
    rows = [sale("03-10", 50, currency="EUR"), sale("03-12", 50, currency="EUR")]
    fx_rates = [{"currency": "EUR", "rate_on": "03-01", "rate": "1.111"}]
    tables = reviewed(program, "2025-03", mrr=rows, fx_rates=fx_rates)
    # 50 × 10 % × 1.111 = 5.555, half to even 5.56; on March 12 the rate is 11 days old
    columns = ("amount", "currency", "base", "base_currency")
    assert lines(tables, *columns) == [(Decimal("5.56"), "USD", 50, "EUR")]
    assert failing(tables) == [("mrr01", "exchange")]


def test_a_period_is_paid_when_it_ends_and_never_read_again() -> None:
    sold = '[metrics.sold]\nfrom = "mrr"\nsum = "mrr"\non = "invoiced_on"\nwindow = "calendar_quarter"\n'
    rule = f'{sold}[commissions.pay]\nearned_on = "period_end"\nbase.metric = "sold"\nrate = "10 %"\n'
    rows = [sale("01-10", 100), sale("03-31", 50), sale("03-30", 70, sold_on="04-02")]
    by_month = {month: paid(rule, month, money_from="2025-01", mrr=rows) for month in ("2025-02", "2025-03", "2025-04")}
    assert [lines(tables, "source", "source_id", "amount") for tables in by_month.values()] == [
        [],
        [("sold", "2025-01-01", 15)],
        [],
    ]
