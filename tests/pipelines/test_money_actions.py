"""Actions about money: who owes a balance, and whose payment waits."""

from datetime import date
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from tierctl.contracts import NUMBER, conform, report_contract
from tierctl.program.rules import Payout
from tierctl.reward.money_actions import money_actions

DUE = date(2025, 6, 30)
PLAIN: dict[str, Any] = {"currency": "as_earned", "pay_when": {"more_than": 0}}
STATEMENTS: dict[str, Any] = {"partner_id": pl.String, "currency": pl.String, "balance": NUMBER, "status": pl.String}


def found(*rows: tuple[str, str, str, str], payout: dict[str, Any] = PLAIN) -> pl.DataFrame:
    listed = [(partner, currency, Decimal(balance), status) for partner, currency, balance, status in rows]
    statements = pl.DataFrame(listed, schema=STATEMENTS, orient="row")
    tracks = pl.DataFrame({"partner_id": ["P1", "P2", "P3"], "track": ["reseller", "service", "reseller"]})
    return money_actions(statements, tracks, DUE, Payout.model_validate(payout))


def test_every_balance_that_is_owed_is_to_be_settled_currency_by_currency() -> None:
    actions = found(("P1", "EUR", "-12.50", "owed"), ("P1", "USD", "-0.01", "owed"), ("P2", "USD", "7", "pay"))
    assert sorted(actions.rows()) == [
        ("reseller", "P1", "settle_balance", DUE, "0.01 USD is owed by the partner"),
        ("reseller", "P1", "settle_balance", DUE, "12.5 EUR is owed by the partner"),
    ]


def test_a_payment_that_is_held_says_what_it_waits_for() -> None:
    payout = PLAIN | {"requires": {"tax_form": {"at_least": 1}}}
    actions = found(("P2", "USD", "150", "held"), ("P3", "USD", "-3", "owed"), payout=payout)
    assert sorted(actions.rows()) == [
        ("reseller", "P3", "settle_balance", DUE, "3 USD is owed by the partner"),
        ("service", "P2", "payment_held", DUE, "150 USD is held; required: tax_form at least 1"),
    ]


@pytest.mark.parametrize("status", ["pay", "carried"])
def test_what_is_paid_or_carried_asks_nothing(status: str) -> None:
    assert found(("P1", "USD", "5", status)).is_empty()


def test_the_actions_keep_their_contract() -> None:
    actions = found(("P1", "USD", "-1", "owed"), ("P2", "USD", "2", "held"))
    named = actions.with_columns(program=pl.lit("demo"), month=pl.lit("2025-05"))
    assert conform(named, report_contract("actions")).height == 2
