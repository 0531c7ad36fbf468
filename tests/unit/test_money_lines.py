"""The summary's block about money: aligned points, dots for nothing, no line too wide; from counts made by hand."""

import tomllib
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from tests.demo import DEMO
from tierctl.cli.money_lines import Money, money_lines
from tierctl.program.model import Program

PROGRAM = Program.model_validate(
    tomllib.loads(
        DEMO
        + """
[commissions.residual]
name = "Residual of every order line that runs at the end of the month"
from = "mrr"
earned_on = "sold_on"
base = "mrr"
rate = "10 %"
[commissions.spiff]
from = "mrr"
earned_on = "sold_on"
amount = 100
[credits.own_use]
name = "Own use"
from = "partner_services"
earned_on = "starts_on"
base = "mrc"
rate = "50 %"

[payout]
currency = "as_earned"
pay_when.more_than = 0
""",
        parse_float=Decimal,
    )
)
STATUSES = ("pay", "carried", "held", "owed")


def kinds(earned: str, adjustment: str = "0", clawback: str = "0") -> dict[str, Decimal]:
    return {"earned": Decimal(earned), "adjustment": Decimal(adjustment), "clawback": Decimal(clawback)}


def statuses(**of: tuple[int, str, str]) -> dict[str, Any]:
    """Statements of a currency by status: partners, opening balance, balance."""
    told = {status: of.get(status, (0, "0", "0")) for status in STATUSES}
    return {
        "statuses": {
            status: {"partners": partners, "opening_balance": Decimal(opening), "balance": Decimal(balance)}
            for status, (partners, opening, balance) in told.items()
        }
    }


def paid(*rows: tuple[str, str, date | None]) -> pl.DataFrame:
    """Status, currency and pay day of statements."""
    return pl.DataFrame(rows, schema={"status": pl.String, "currency": pl.String, "pay_on": pl.Date}, orient="row")


IN_DOLLARS = Money(
    PROGRAM,
    {
        "statements": {"USD": statuses(pay=(12, "30.5", "1234567.5"), owed=(1, "0", "-76"))},
        "commissions": {
            "residual": {"lines": 40, "amounts": {"USD": kinds("1234530.00", "7", "-0.05")}},
            "spiff": {"lines": 0, "amounts": {}},
        },
        "credits": {"own_use": {"lines": 1, "amounts": {"USD": kinds("9.99")}}},
        "not_earned": {"residual": 1200, "spiff": 0, "own_use": 3},
    },
    paid(("pay", "USD", date(2025, 6, 20)), ("pay", "USD", date(2025, 6, 20)), ("owed", "USD", None)),
    "not_earned.parquet",
)
IN_THREE = Money(
    PROGRAM,
    {
        "statements": {
            "JPY": statuses(pay=(1, "0", "1000")),
            "KWD": statuses(carried=(1, "0", "0.125")),
            "USD": statuses(pay=(1, "0", "5"), held=(2, "1", "2.5")),
        },
        "commissions": {
            "residual": {
                "lines": 3,
                "amounts": {"JPY": kinds("1000"), "KWD": kinds("0.125"), "USD": kinds("6.50", "0", "-0.5")},
            },
            "spiff": {"lines": 1, "amounts": {"USD": kinds("0.5")}},
        },
        "credits": {},
        "not_earned": {"residual": 0, "spiff": 0},
    },
    paid(("pay", "JPY", None), ("pay", "USD", date(2025, 6, 20)), ("pay", "USD", date(2025, 6, 23))),
    "not_earned.csv",
)


def said(money: Money, width: int) -> list[str]:
    return [line.plain.rstrip() for line in money_lines(money, width)]


ZERO = "  Every balance opens at 0: no month before is closed, and [ledger] starts is not set."


def test_that_every_balance_opens_at_0_is_said_below_the_statements() -> None:
    lines = said(replace(IN_DOLLARS, opens_at_zero=True), 100)
    assert lines[:-2] == said(IN_DOLLARS, 100)[:-1]
    assert lines[-2:] == [ZERO, said(IN_DOLLARS, 100)[-1]]
    alone = replace(IN_THREE, opens_at_zero=True)
    assert said(alone, 100) == [*said(IN_THREE, 100), "", ZERO]


def test_without_statements_no_balance_opens() -> None:
    none = replace(IN_THREE, opens_at_zero=True, statements=IN_THREE.statements.clear())
    assert ZERO not in said(none, 100)


def test_amounts_of_one_currency_stand_below_each_other() -> None:
    assert said(IN_DOLLARS, 80) == [
        "Money                                                                     in USD",
        "  Commissions                         earned  adjustments  clawbacks  not earned",
        "    Residual of every order l…  1,234,530.00         7.00      -0.05       1,200",
        "    Spiff                                  ·            ·          ·           ·",
        "    Together                    1,234,530.00         7.00      -0.05",
        "  Credits",
        "    Own use                             9.99            ·          ·           3",
        "",
        "  Statements              partners  opening    this month       balance",
        "    to pay on 2025-06-20        12    30.50  1,234,537.00  1,234,567.50",
        "    owed by the partner          1        ·        -76.00        -76.00",
        "",
        "  Rows that earned nothing, each with the first condition that it fails:",
        "  not_earned.parquet",
    ]


def test_currencies_keep_their_own_decimals_and_their_points_one_line() -> None:
    assert said(IN_THREE, 80) == [
        "Money",
        "  Commissions                         earned  adjustments  clawbacks  not earned",
        "    Residual of every order…  JPY  1,000                ·          ·           ·",
        "                              KWD      0.125            ·          ·",
        "                              USD      6.50             ·     -0.50",
        "    Spiff                     USD      0.50             ·          ·           ·",
        "    Together                  JPY  1,000                ·          ·",
        "                              KWD      0.125            ·          ·",
        "                              USD      7.00             ·     -0.50",
        "",
        "  Statements                            partners  opening  this month    balance",
        "    to pay                         JPY         1        ·   1,000      1,000",
        "    to pay on 2025-06-20, 2025-0…  USD         1        ·       5.00       5.00",
        "    carried to the next month      KWD         1        ·       0.125      0.125",
        "    held                           USD         2    1.00        1.50       2.50",
    ]


def test_on_a_wide_page_no_name_is_cut() -> None:
    assert (
        "    Residual of every order line that runs at the end of the month  1,234,530.00" in said(IN_DOLLARS, 160)[2]
    )


@pytest.mark.parametrize("width", [40, 80, 160])
@pytest.mark.parametrize("money", [IN_DOLLARS, IN_THREE])
def test_no_line_is_wider_than_the_page(money: Money, width: int) -> None:
    assert max(map(len, said(money, width))) <= width
