"""Lint of what is paid: what may stand there has no finding, and what is wrong in several places is told at each."""

from pathlib import Path

import pytest

from tierctl.findings import Finding
from tierctl.program.load import load_text

PROGRAM = Path(__file__).with_name("every_rule.toml").read_text(encoding="utf-8")

SMALL = """id = "demo"
name = "Demo"
clause = "1"
currency = "USD"
enrollment = "automatic"
effective_from = 2025-01-01
policy = {{ rounding = "down", takes_effect = "month_end"{policy} }}

[metrics.revenue]
from = "mrr"
sum = "mrr"
on = "sold_on"
window = "fiscal_quarter"

[tracks.partner]
promotion = "automatic"

[[tracks.partner.tiers]]
id = "member"

[[tracks.partner.tiers]]
id = "gold"
requires.revenue.at_least = 100
holds = "through_fiscal_year"
"""
UNTIL = ', terminated_partners = "until_terminated"'
CONVERTED = ', fx = { flow = "row_date", level = "row_date", max_age_days = 9 }'
PAID = ', fx = { flow = "row_date", level = "row_date", payout = "row_date", max_age_days = 9 }'
COMMISSION = """
[commissions.once]
from = "mrr"
earned_on = "sold_on"
base = "mrr"
rate = {rate}
"""
CREDIT = COMMISSION.replace("commissions", "credits")
PAYOUT = """
[payout]
currency = "{currency}"
pay_when.more_than = 0
"""


def changed(*changes: tuple[str, str]) -> list[Finding]:
    """What is said of the program after these changes, each of a text that stands in it."""
    text = PROGRAM
    for right, other in changes:
        assert right in text, right
        text = text.replace(right, other, 1)
    return load_text(text, "x.toml")[1]


def said(text: str) -> list[tuple[str, str]]:
    """Code and place of each finding."""
    return told(load_text(text, "x.toml")[1])


def told(findings: list[Finding]) -> list[tuple[str, str]]:
    return [(each.code.removeprefix("program-"), each.subject.rpartition(":")[2]) for each in findings]


def small(*parts: str, policy: str = UNTIL, rate: str = '"5 %"', currency: str = "USD") -> str:
    return SMALL.format(policy=policy) + "".join(part.format(rate=rate, currency=currency) for part in parts)


@pytest.mark.parametrize(
    "changes",
    [
        [('unbroken_since = "sold_on"', 'unbroken_since = "agreements.ends_on"')],
        [('unbroken_since = "sold_on"', 'as_of = "month_end"')],
        [('at_least = "gold", unbroken', 'at_least = "member", unbroken')],
        [('"expert", as_of', '"expert", unbroken_since')],
        [('by = "tier", as_of = "month_end"', 'by = "tier", as_of = "sold_on"')],
        [('member = "2 %"', "member = 0")],
        [('member = "2 %"', "member = 1.5")],
        [('member = "2 %", ', ""), ('standard_rate" } } }', 'standard_rate" } }, otherwise = 0 }')],
        [('as_of = "window_end"', 'as_of = "month_end"')],
        [('by = "revenue", as_of = "window_end"', 'by = "level", as_of = "window_end"')],
        [('by = "revenue", as_of = "window_end"', 'by = "price"'), ('apply = "whole"', 'apply = "slices"')],
        [('by = "revenue", as_of = "window_end", steps = [{ value = "5 %" }, { at_least = 9',
          'by = "month_end", steps = [{ value = "5 %" }, { since = 2026-01-01')],
        [('"paid_in_full"', '"each_payment"')],
        [('"paid_in_full"', '"issued_on"')],
        [('takes_back = "50 %"', "takes_back = 1")],
        [('takes_back = "50 %"', 'takes_back = { by = "item", values = { subscription = 1 }, otherwise = "5 %" }')],
        [('by = "revenue", steps = [{ value = "1', 'by = "revenue", as_of = "month_end", steps = [{ value = "1')],
        [('{ metric = "level" }', '{ by = "level", as_of = "month_end", steps = [{ value = 5 }] }')],
        [('{ metric = "level" }, per', '{ by = "tier", as_of = "month_end", values = { partner = 5 } }, per'),
         ("pay_held_when.more_than = 0\n", "pay_held_when.more_than = 0\nrequires.level.at_least = 1\n")],
        [("value = 20", 'value = { by = "currency", values = { USD = 20 } }')],
        [("pay_held_when.more_than = 0\n", "")],
        [("day = 15, months_after = 1", "days_after = 30")],
        [('payout = "month_average"', 'payout = "fixed"'),
         ("max_age_days = 30", "max_age_days = 30\nfixed = [{ since = 2025-01-01, equal = { USD = 1, EUR = 1 } }]")],
        [('"until_terminated"', '"keep_earning"')],
        [('adjusts = "corrects"', "")],
    ],
)  # fmt: skip
def test_what_may_stand_there_has_no_finding(changes: list[tuple[str, str]]) -> None:
    assert changed(*changes) == []


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ([('primaryKey = ["visit_id"]\n', "")],
         [("unfit-export", "exports.visits.adjusts"), ("unfit-export", "credits.visit.from")]),
        ([("[exports.visits]", '[exports.mrr]\nadjusts = "line_id"\n\n[exports.visits]')],
         [("unfit-key", "exports.mrr.adjusts")]),
        ([('clause = "1"\n', "")],
         [("no-clause", "tracks.sales.tiers[2]"), ("no-clause", "commissions.residual"),
          ("no-clause", "commissions.once"), ("no-clause", "commissions.bonus"), ("no-clause", "credits.visit"),
          ("no-clause", "credits.seat")]),
        ([('{ metric = "level" }', '{ column = "mrr" }')],
         [("unused", "metrics.level"), ("unfit-figure", "commissions.bonus.caps[1].at_most")]),
        ([('{ metric = "level" }', '"5 %"')],
         [("unused", "metrics.level"), ("unfit-figure", "commissions.bonus.caps[1].at_most")]),
        ([('where = "sold"', "where.order_tpe = 'x'")],
         [("unused", "conditions.sold"), ("unknown-column", "commissions.residual.where.order_tpe")]),
        ([("[metrics.level]", "[metrics.currency]"), ('metric = "level"', 'metric = "currency"')],
         [("reserved-id", "metrics.currency")]),
        ([('base = { metric = "revenue" }', 'base = { metric = "level" }')],
         [("unfit-window", "commissions.bonus.base"), ("unfit-figure", "commissions.bonus.rate.apply"),
          ("missing-key", "commissions.bonus.rate.as_of")]),
        ([('base = { metric = "revenue" }', 'base = "revenue"')],
         [("wrong-value", "commissions.bonus.earned_on"), ("missing-key", "commissions.bonus.rate.as_of")]),
        ([('from = "visits"', 'from = "activity"'), ('earned_on = "visited_on"', 'earned_on = "occurred_on"'),
          ('as_of = "visited_on"', 'as_of = "occurred_on"'), ('per = "visited_on"', 'per = "row"')],
         [("unfit-export", "credits.visit.from")]),
    ],
)  # fmt: skip
def test_what_is_wrong_in_several_places_is_told_at_each(
    changes: list[tuple[str, str]], expected: list[tuple[str, str]]
) -> None:
    assert told(changed(*changes)) == expected


# ---- policies and the payout


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (small(COMMISSION, PAYOUT), []),
        (small(COMMISSION, PAYOUT, currency="as_earned"), []),
        (small(COMMISSION), [("missing-key", "payout")]),
        (small(COMMISSION, PAYOUT, policy=""), [("missing-key", "policy.terminated_partners")]),
        (small(PAYOUT, policy=""), [("unfit-key", "payout")]),
        (small(), [("unfit-key", "policy.terminated_partners")]),
        (small(CREDIT), []),
        (small(CREDIT, policy=""), []),
        (small(CREDIT, PAYOUT), [("unfit-key", "payout")]),
        (small(COMMISSION, PAYOUT, policy=UNTIL + CONVERTED), [("missing-key", "policy.fx.payout")]),
        (small(COMMISSION, PAYOUT, policy=UNTIL + CONVERTED, currency="as_earned"), []),
        (small(COMMISSION, PAYOUT, policy=UNTIL + PAID), []),
        (small(COMMISSION, PAYOUT, policy=UNTIL + PAID, currency="as_earned"), [("unfit-key", "policy.fx.payout")]),
        (small(CREDIT, policy=PAID), [("unfit-key", "policy.fx.payout")]),
        (small(CREDIT, policy=CONVERTED), []),
        (small(policy=PAID), [("unfit-key", "policy.fx.payout")]),
        (small(COMMISSION, PAYOUT, currency="EUR"), [("wrong-value", "payout.currency")]),
    ],
)
def test_policies_are_said_where_they_decide_something(text: str, expected: list[tuple[str, str]]) -> None:
    assert said(text) == expected


BY_MRR = '{ by = "mrr", apply = "slices", steps = [{ value = "5 %" }, { at_least = 9, value = 1 }] }'
BY_TERM = BY_MRR.replace("mrr", "term_months").replace("slices", "whole")
BY_CURRENCY = f'{{ by = "currency", values = {{ USD = {BY_MRR}, EUR = "5 %" }} }}'
CAP = 'caps = [{{ at_most = {limit}, per = "partner", each = "lifetime", cuts = "evenly"{of} }}]\n'


@pytest.mark.parametrize(
    ("rate", "cap", "expected"),
    [
        (BY_MRR, "", ["commissions.once.rate"]),
        (BY_TERM, "", []),
        (BY_CURRENCY, "", []),
        ("1", CAP.format(limit=5, of=""), ["commissions.once.caps[1].at_most"]),
        ("1", CAP.format(limit=5, of=', of = "term_months"'), []),
        ("1", CAP.format(limit='{ by = "currency", values = { USD = 5, EUR = 4 } }', of=""), []),
    ],
)
def test_amounts_of_several_currencies_are_held_against_limits_of_their_own(
    rate: str, cap: str, expected: list[str]
) -> None:
    for currency, policy, places in (("as_earned", CONVERTED, expected), ("as_earned", "", []), ("USD", PAID, [])):
        rule = COMMISSION + cap.replace("{", "{{").replace("}", "}}")
        assert said(small(rule, PAYOUT, policy=UNTIL + policy, rate=rate, currency=currency)) == [
            ("unfit-figure", place) for place in places
        ]


@pytest.mark.parametrize("amount", ["5", '{ by = "order_type", values = { add = 5 }, otherwise = 0 }'])
def test_a_plain_amount_is_in_the_program_s_currency_and_so_is_its_limit(amount: str) -> None:
    rule = COMMISSION.replace('base = "mrr"\nrate = {rate}', f"amount = {amount}\n{CAP.format(limit=5, of='')}")
    rule = rule.replace("{", "{{").replace("}", "}}")
    assert said(small(rule, PAYOUT, policy=UNTIL + CONVERTED, currency="as_earned")) == []


@pytest.mark.parametrize(
    ("rate", "expected"),
    [
        ("1", []),
        ("0", []),
        ("12", []),
        ('"0.5 %"', []),
        ("0.99", ['"99 %" or "0.99 %"?']),
        ("0.02", ['"2 %" or "0.02 %"?']),
        ("-0.1", ['"-10 %" or "-0.1 %"?']),
        ('[{ requires.revenue.at_least = 0.5, value = "5 %" }, { value = 0.1 }]', ['"10 %" or "0.1 %"?']),
    ],
)
def test_a_rate_below_one_is_written_as_a_share(rate: str, expected: list[str]) -> None:
    findings = load_text(small(COMMISSION, PAYOUT, rate=rate), "x.toml")[1]
    assert [finding.hint for finding in findings] == expected
    assert {finding.code for finding in findings} <= {"program-unfit-figure"}


@pytest.mark.parametrize(
    ("rate", "expected"),
    [
        ('{ by = "tier", as_of = "sold_on", values = { member = 0, gold = 1 } }', []),
        ('{ by = "tier", as_of = "sold_on", values = { gold = 1 }, otherwise = 0 }', []),
        ('{ by = "tier", as_of = "sold_on", values = { gold = 1 } }', ["unlisted-value"]),
        ('{ by = "tier", as_of = "sold_on", values = { member = 0, god = 1 } }', ["unknown-tier"]),
        ('{ by = "tier", as_of = "sold_on", steps = [{ value = 1 }] }', ["unfit-figure"]),
        ('{ by = "currency", values = { EUR = 1 } }', ["unlisted-value"]),
        ('{ by = "currency", values = { EUR = 1 }, otherwise = 1 }', []),
        ('{ by = "order_type", values = { new_logo = 1 } }', ["unlisted-value"]),
        ('{ by = "mrr", steps = [{ at_least = 5, value = 1 }], apply = "whole" }', ["unlisted-value"]),
        ('{ by = "revenue", as_of = "month_end", steps = [{ more_than = 0, value = 1 }], apply = "whole" }',
         ["unlisted-value"]),
        ('[{ requires.tier = { at_least = "gold", as_of = "sold_on" }, value = 1 }]', ["unlisted-value"]),
    ],
)  # fmt: skip
def test_a_figure_has_a_value_for_all_that_may_come(rate: str, expected: list[str]) -> None:
    assert [code for code, _ in said(small(COMMISSION, PAYOUT, rate=rate))] == expected


def test_a_metric_that_is_called_as_a_column_is_no_figure_by_that_metric() -> None:
    text = small(COMMISSION, PAYOUT, rate='{ by = "term_months", steps = [{ value = 1 }], apply = "whole" }')
    assert said(text.replace("revenue", "term_months")) == []


@pytest.mark.parametrize("condition", ["term_months.at_least = 36", "cancelled_on.since = 2025-01-01"])
def test_an_empty_cell_is_told_by_the_review_and_not_by_lint(condition: str) -> None:
    assert said(small(f"{COMMISSION}where.{condition}\n", PAYOUT)) == []
