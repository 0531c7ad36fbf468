"""Small programs that pay, for the oracle alone: one rule's text goes in, what it pays comes out."""

from typing import Any

from tests.properties.by_hand import DEALS, TRACK, Given, Row, Tables, gold, program_of, reviewed_since, told, track

POLICY = 'policy.terminated_partners = "until_terminated"\n'
PAYOUT = '[payout]\ncurrency = "as_earned"\npay_when.more_than = 0\n'
GOLD = track(gold('"through_calendar_quarter"', at_least=9))
RUNNING = 'running = { since = "invoiced_on", before = "cancelled_on" }\n'
RESIDUAL = f'[commissions.pay]\nfrom = "mrr"\n{RUNNING}earned_on = "month_end"\nbase = "mrr"\n'
ONCE = '[commissions.pay]\nfrom = "mrr"\nearned_on = "invoiced_on"\nbase = "mrr"\n'
PAID = '[commissions.pay]\nfrom = "invoices"\nearned_on = "paid_in_full"\nbase = "price"\nrate = "10 %"\n'
PARTS = PAID.replace("paid_in_full", "each_payment")


def paid(
    rule: str,
    month: str = "2025-03",
    *,
    tiers: str = TRACK,
    payout: str = PAYOUT,
    money_from: str | None = None,
    **rows: Given,
) -> Tables:
    """The reports of one month of a program with one rule."""
    return reviewed_since(program_of(POLICY, DEALS, tiers, rule, payout), month, money_from, rows)


def sale(on: str, mrr: Any, **more: Any) -> Row:
    return {"sold_on": on, "invoiced_on": on, "mrr": mrr} | more


def lines(tables: Tables, *columns: str, table: str = "commissions") -> list[tuple[Any, ...]]:
    return sorted(told(tables[table], *(columns or ("earned_month", "kind", "amount"))))


def failing(tables: Tables) -> list[tuple[Any, ...]]:
    return sorted(told(tables["not_earned"], "source_id", "condition"))
