"""Entitlements: all that a partner is entitled to as of one month, row by row and earned month by earned month."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

from tests.oracle.calendar import DAY, FiscalMonth
from tests.oracle.money.account import Account, Rule
from tests.oracle.money.candidates import Candidate, of_periods, tested
from tests.oracle.money.caps import Capped, capped
from tests.oracle.money.conditions import failing_where
from tests.oracle.money.currencies import rounded
from tests.oracle.money.days import months_of
from tests.oracle.money.payments import refunded_share
from tests.oracle.money.sources import Sight, sources
from tests.oracle.rows import Row
from tests.oracle.shown import shown


@dataclass(frozen=True)
class Key:
    """What one entitlement is for."""

    table: str
    track: str
    rule: str
    source: str
    source_id: str
    earned_month: str
    currency: str

    @property
    def row(self) -> tuple[str, ...]:
        """The row and the month, whatever the currency."""
        return (self.table, self.rule, self.source_id, self.earned_month)


@dataclass(frozen=True)
class Entitlement:
    """What a row earns in a month, and how much of that is taken back.

    `columns` are the other cells of its lines; `taken_clause` is cited where something is taken back. `is_refunded`:
    more of the price was given back in the month than before.
    """

    gross: Decimal
    taken: Decimal
    columns: Row
    taken_clause: str | None
    is_refunded: bool = False


@dataclass
class Entitlements:
    """All entitlements as of a month, and what became of rows that were cut to nothing: by row and month, the path."""

    granted: dict[Key, Entitlement] = field(default_factory=dict)
    refused: dict[tuple[str, ...], str] = field(default_factory=dict)


def entitled(account: Account, month: FiscalMonth) -> Entitlements:
    """All that the partner is entitled to as of a month, for the months whose postings are made."""
    found = Entitlements()
    until = account.months_through(account.first_month, month)
    rules = {(rule.table, rule.name) for earned in until for rule in account.rules(earned)}
    for table, name in sorted(rules):
        for edition in account.editions:
            mine = [
                (earned, rule)
                for earned in until
                for rule in account.rules(earned)
                if (rule.table, rule.name) == (table, name) and rule.program is edition
            ]
            if mine:
                of_edition(account, mine, month, found)
    return found


def of_edition(
    account: Account, earning: list[tuple[FiscalMonth, Rule]], month: FiscalMonth, found: Entitlements
) -> None:
    """The entitlements of one rule in the months of one edition."""
    _, rule = earning[0]
    if not account.begun_on(rule.track, month.last):
        return
    months = [earned for earned, _ in earning]
    posted = [earned for earned in months if earned.first >= account.months[0].first]
    candidates = of_rule(account, rule, months if rule.words.get("caps") else posted, month)
    mode = rule.program["policy"]["rounding"]
    for item in capped(candidates, rule.words.get("caps", ()), mode):
        if item.one.asked.sight.earned not in posted:
            continue
        key = key_of(item.one)
        path = item.cut_by
        if path is None:
            found.granted[key], path = granted(item, rule, mode)
        if path is not None:
            found.refused[key.row] = path


def of_rule(account: Account, rule: Rule, months: list[FiscalMonth], month: FiscalMonth) -> list[Candidate]:
    """What passes every condition of a rule in some months, as known at the end of one."""
    if not months:
        return []
    if rule.words["earned_on"] == "period_end":
        return [one for earned in months for one in of_periods(Sight(account, rule, earned, earned.last))]
    found = []
    for source in sources(account.world(rule.track, months[-1].last), rule.source, month.last):
        for earned in months_of(account, rule, source, months, month.last):
            one = tested(Sight(account, rule, earned, month.last), source)
            found += [] if isinstance(one, str) else [one]
    return found


def key_of(one: Candidate) -> Key:
    """The key of a candidate's entitlement."""
    sight = one.asked.sight
    rule = sight.rule
    row = (one.source.export, one.source.source_id)
    return Key(rule.table, rule.track, rule.name, *row, sight.earned.label, one.currency)


def granted(item: Capped, rule: Rule, mode: str) -> tuple[Entitlement, str | None]:
    """The entitlement of what the caps leave, and the path of the clawback where that takes all of it."""
    one = item.one
    number, clawback = clawback_of(one, rule.words.get("clawback", ()))
    takes = takes_back(one, clawback["takes_back"]) if clawback else Fraction(0)
    taken = rounded(Fraction(item.amount) * takes, one.currency, mode)
    columns: Row = {
        "customer_id": one.source.own.get("customer_id"),
        "tier": one.tier,
        "rate": None if one.base is None else shown(one.said.value),
        "base": None if one.base is None else shown(one.base),
        "base_currency": one.base_currency,
        "currency": one.currency,
        "clause": one.said.clause or rule.clause,
    }
    entitlement = Entitlement(
        gross=item.amount,
        taken=taken,
        columns=columns,
        taken_clause=(clawback or {}).get("clause") or columns["clause"],
        is_refunded=is_refunded(one),
    )
    return entitlement, f"clawback.{number}" if taken == item.amount else None


def clawback_of(one: Candidate, clawbacks: Sequence[dict[str, Any]]) -> tuple[int, dict[str, Any] | None]:
    """The first clawback whose condition the row meets, with its number from 1."""
    for number, clawback in enumerate(clawbacks, start=1):
        if failing_where(one.asked.cells, one.asked.sight.world.condition(clawback["where"])) is None:
            return number, clawback
    return 0, None


def takes_back(one: Candidate, figure: Any) -> Fraction:
    """How much of an amount is taken back; nothing where that is not known."""
    if figure == "refunded_share":
        return refunded_share(one.asked.sight, one.source)
    return one.asked.said(figure).value or Fraction(0)


def is_refunded(one: Candidate) -> bool:
    """Whether more of an invoice row's price has been given back than by the end of the month before."""
    sight = one.asked.sight
    if sight.rule.source != "invoices":
        return False
    before = replace(sight, known=sight.account.calendar.month_of(sight.known).first - DAY)
    return refunded_share(sight, one.source) > refunded_share(before, one.source)
