"""Statements: what is paid, carried, held or owed, month after month; and what somebody has to do about it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from tests.oracle.calendar import FiscalMonth
from tests.oracle.figures import figure
from tests.oracle.looks import Reading, open_look
from tests.oracle.money.account import Account
from tests.oracle.money.opening import Opening
from tests.oracle.money.pay_days import pay_on
from tests.oracle.money.postings import NEW, Line, Posted
from tests.oracle.requirements import words_of
from tests.oracle.rows import Row, meets

NIL = Decimal(0)
COLUMNS = {"earned": "earned", "adjustment": "adjustments", "clawback": "clawbacks"}


@dataclass(frozen=True)
class Balance:
    """A balance to be paid or not: in which currency, and whether it was held back before."""

    amount: Decimal
    opening: Decimal
    currency: str


def statements(account: Account, all_posted: list[Posted], opening: Opening = NEW) -> list[Row]:
    """The statements of the month asked for."""
    before = dict(opening.balances)
    found: list[Row] = []
    for one in all_posted:
        found = list(of_month(account, one, before))
        before = balances_of(found)
    return found


def balances_of(rows: Iterable[Row]) -> dict[str, Decimal]:
    """What statements leave unpaid, by currency."""
    return {row["currency"]: row["closing_balance"] for row in rows if row["closing_balance"]}


def summed(lines: Iterable[Line], opening: Mapping[str, Decimal]) -> Iterator[tuple[Balance, dict[str, Decimal]]]:
    """Each currency's balance where there is one or a posting, and what it has come from in the month."""
    paid = [line for line in lines if line.key.table == "commissions"]
    having = {currency for currency, balance in opening.items() if balance}
    for currency in sorted(having | {line.columns["currency"] for line in paid}):
        mine = [line for line in paid if line.columns["currency"] == currency]
        sums = {
            column: sum((line.amount for line in mine if line.kind == kind), NIL) for kind, column in COLUMNS.items()
        }
        before = opening.get(currency, NIL)
        yield Balance(before + sum(sums.values(), NIL), before, currency), sums


def stated(balance: Balance, sums: Mapping[str, Decimal], status: str, payee_id: str | None) -> Row:
    """The statement of a balance."""
    payable = balance.amount if status == "pay" else NIL
    return {
        **sums,
        "payee_id": payee_id,
        "currency": balance.currency,
        "opening_balance": balance.opening,
        "balance": balance.amount,
        "payable": payable,
        "status": status,
        "pay_on": None,
        "closing_balance": balance.amount - payable,
    }


def of_month(account: Account, posted: Posted, opening: Mapping[str, Decimal]) -> Iterator[Row]:
    """One statement for each currency with a balance or a posting."""
    for balance, sums in summed(posted.lines, opening):
        status = status_of(account, posted.month, balance)
        row = stated(balance, sums, status, account.partner["payee_id"])
        yield row | {"pay_on": paid_on(account, posted.month) if status == "pay" else None}


def payout_of(account: Account, month: FiscalMonth) -> dict[str, Any]:
    """The payout of the edition in force at a month's end, or the last one stated before."""
    stated = [
        program["payout"]
        for program in account.editions
        if "payout" in program and program["effective_from"] <= month.last
    ]
    payout: dict[str, Any] = stated[-1]
    return payout


def status_of(account: Account, month: FiscalMonth, balance: Balance) -> str:
    """What becomes of a balance."""
    if balance.amount <= 0:
        return "owed" if balance.amount < 0 else "carried"
    payout = payout_of(account, month)
    if not may_pay(account, month, payout.get("requires")):
        return "held"
    bound = payout["pay_when"]
    if balance.opening > 0:
        bound = payout.get("pay_held_when", bound)
    if account.terminated_by(month.last) or reaches(balance, bound):
        return "pay"
    return "carried"


def may_pay(account: Account, month: FiscalMonth, requires: Any) -> bool:
    """Whether what the payout requires of the partner holds on the month's last day."""
    track = account.track_on(month)
    if requires is None or track is None:
        return True
    reading = Reading(account.world(track, month.last), open_look(month.last), month.last)
    return reading.holds(requires) is True


def reaches(balance: Balance, bound: Any) -> bool:
    """Whether a balance keeps a bound, which may depend on its currency; a currency not listed never does."""

    def cell(name: str) -> str:
        assert name == "currency"
        return balance.currency

    for word, value in words_of(bound).items():
        number = figure(value, cell)
        if number is None or not meets(Fraction(balance.amount), {word: number}, {}):
            return False
    return True


def paid_on(account: Account, month: FiscalMonth) -> Any:
    """The pay day after a month; None where the program names none."""
    pay_day = payout_of(account, month).get("pay_day")
    return pay_on(month.last, pay_day, account.holidays) if pay_day else None


def actions(account: Account, all_posted: list[Posted], rows: list[Row], opening: Opening = NEW) -> Iterator[Row]:
    """What somebody has to do: settle a balance that is owed, release one that is held, look at a refund.

    And where months are closed: ask after posted rows that are gone, look at what is posted for closed months.
    """
    if not all_posted:
        return
    last = all_posted[-1]
    duty = {
        "track": account.track_on(last.month) or opening.track,
        "due_on": account.calendar.shift(last.month, 1).last,
    }
    yield from (duty | {"action": word} for word in words_for(last.lines, rows, opening))
    granted = last.entitlements.granted.items()
    refunded = {key.source_id for key, one in granted if one.is_refunded and not one.taken}
    yield from (duty | {"action": "refund_without_clawback"} for _ in refunded)


def words_for(lines: Iterable[Line], rows: Iterable[Row], opening: Opening) -> Iterator[str]:
    """What has to be done about a month's statements and postings."""
    for row in rows:
        word = {"owed": "settle_balance", "held": "payment_held"}.get(row["status"])
        if word:
            yield word
    if opening.holds:
        yield "posted_row_missing"
    late = {line.key.currency for line in lines if opening.is_closed(line.key.earned_month)}
    yield from ("closed_month_adjusted" for _ in late)
