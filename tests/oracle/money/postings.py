"""Postings: what a month's entitlements differ from all that was posted before."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from tests.oracle.calendar import FiscalMonth
from tests.oracle.money.account import Account, Rule
from tests.oracle.money.candidates import fails_partner, tested
from tests.oracle.money.days import dated_on, is_in
from tests.oracle.money.entitlements import Entitlement, Entitlements, Key, entitled
from tests.oracle.money.opening import Opening
from tests.oracle.money.payments import payments
from tests.oracle.money.sources import Sight, Source, sources
from tests.oracle.rows import Row

NOTHING = Entitlement(Decimal(0), Decimal(0), {}, None)
NEW = Opening()
"""Where nothing is closed."""


@dataclass(frozen=True)
class Line:
    """One posting."""

    month: FiscalMonth
    key: Key
    kind: str
    amount: Decimal
    columns: Row

    @property
    def row(self) -> Row:
        """Its row in the report."""
        key = self.key
        return self.columns | {
            "track": key.track,
            "earned_month": key.earned_month,
            "rule": key.rule,
            "source": key.source,
            "source_id": key.source_id,
            "amount": self.amount,
            "kind": self.kind,
        }


@dataclass(frozen=True)
class Posted:
    """A month's postings, the entitlements behind them, and all that has been posted with them."""

    month: FiscalMonth
    lines: list[Line]
    entitlements: Entitlements
    left: dict[Key, Entitlement]


def posted(account: Account, opening: Opening = NEW) -> list[Posted]:
    """The postings of each open month, each made in its own turn."""
    found: list[Posted] = []
    before = dict(opening.posted)
    for month in account.months:
        if opening.is_closed(month.label):
            continue
        now = entitled(account, month)
        granted = {key: one for key, one in now.granted.items() if key in before or one.gross != one.taken}
        granted = opening.kept_back(granted)
        lines = list(difference(month, granted, before))
        found.append(Posted(month, lines, now, granted))
        before = granted
    return found


def difference(month: FiscalMonth, now: Mapping[Key, Entitlement], before: Mapping[Key, Entitlement]) -> Iterator[Line]:
    """What a month posts so that all that is granted now has been posted."""
    for key in sorted({*now, *before}, key=str):
        yield from of_key(month, key, now.get(key), before.get(key))


def of_key(month: FiscalMonth, key: Key, now: Entitlement | None, before: Entitlement | None) -> Iterator[Line]:
    """The lines of one entitlement: what more or less is earned, and what is taken back of it.

    What is taken back as a whole before anything of it was posted has no lines, then or later, and is not asked here.
    """
    shown = now or before
    assert shown
    after, earlier = now or NOTHING, before or NOTHING
    is_new = key.earned_month == month.label
    gross, taken = after.gross - earlier.gross, after.taken - earlier.taken
    if gross:
        yield Line(month, key, "earned" if is_new else "adjustment", gross, shown.columns)
    if taken:
        clause = (after if after.taken or before is None else earlier).taken_clause
        yield Line(month, key, "clawback", -taken, shown.columns | {"clause": clause})


def not_earned(account: Account, all_posted: list[Posted], opening: Opening = NEW) -> Iterator[Row]:
    """The rows dated in the month asked for that have earned nothing so far, with the first condition they fail."""
    if not all_posted:
        return
    last = all_posted[-1]
    keys = {*opening.posted, *(line.key for one in all_posted for line in one.lines)}
    lines = {(key.table, key.rule, key.source_id) for key in keys}
    for rule in account.rules(last.month):
        is_here = account.begun_on(rule.track, last.month.last) and rule.words["earned_on"] != "period_end"
        world = account.world(rule.track, last.month.last) if is_here else None
        for source in sources(world, rule.source, last.month.last) if world else []:
            day = dated_on(account, rule, source, last.month)
            if day is None or not is_in(day, last.month):
                continue
            if (rule.table, rule.name, source.source_id) not in lines:
                path = condition(account, rule, source, last)
                yield {
                    "track": rule.track,
                    "rule": rule.name,
                    "source": source.export,
                    "source_id": source.source_id,
                    "condition": path,
                    "clause": clause_of(rule, path),
                }


def clause_of(rule: Rule, path: str) -> str | None:
    """The clause of the cap or the clawback that left nothing, else the rule's."""
    word, _, number = path.partition(".")
    entry: Row = rule.words[word][int(number) - 1] if word in {"caps", "clawback"} else {}
    return entry.get("clause") or rule.clause


def condition(account: Account, rule: Rule, source: Source, last: Posted) -> str:
    """The path of the first condition that a row fails in the month asked for."""
    sight = Sight(account, rule, last.month, last.month.last)
    outcome = tested(sight, source)
    if outcome == "each_payment":
        received = [one.on for one in payments(sight, source) if one.amount > 0]
        return (fails_partner(sight, max(received)) if received else None) or outcome
    if isinstance(outcome, str):
        return outcome
    return last.entitlements.refused[rule.table, rule.name, source.source_id, last.month.label]
