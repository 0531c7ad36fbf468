"""Earned days: on which day, and for which part of its base, a row earns in a month."""

from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from tests.oracle.calendar import DAY, FiscalMonth
from tests.oracle.metrics import runs
from tests.oracle.money.account import Account, Rule
from tests.oracle.money.payments import instalments, paid_by, paid_in_full_on
from tests.oracle.money.sources import Sight, Source
from tests.oracle.rows import Row

MOMENTS = ("month_end", "paid_in_full", "each_payment", "period_end")


@dataclass(frozen=True)
class Earned:
    """The day on which a row earns in a month, and the part of its base that does."""

    day: date
    part: Fraction = Fraction(1)


def fails_running(sight: Sight, source: Source) -> str | None:
    """What keeps a row from running on the month's last day; None where it runs."""
    running = sight.rule.words.get("running")
    if running is None or runs(running, source.own, sight.day):
        return None
    columns: dict[str, str] = {word: running[word] for word in ("since", "before", "through") if word in running}
    for word, column in columns.items():
        if not runs({"since": columns["since"], word: column}, source.own, sight.day):
            return column
    return "running"


def earned_in(sight: Sight, source: Source, cells: Row) -> Earned | str:
    """The day on which a row earns in the month; else what is missing."""
    moment = sight.rule.words["earned_on"]
    if moment not in MOMENTS:
        day = sight.own_cell(source, cells, moment)
        failed = fails_running(sight, source)
        return moment if day is None or not is_in(day, sight.earned) else failed or Earned(day)
    if moment == "month_end":
        return fails_running(sight, source) or Earned(sight.day)
    if moment == "paid_in_full":
        paid_on = paid_in_full_on(sight, source)
        return Earned(paid_on) if paid_on is not None and is_in(paid_on, sight.earned) else moment
    return instalment_in(sight, source) or moment


def instalment_in(sight: Sight, source: Source) -> Earned | None:
    """What was received of the price in the month; None where nothing was."""
    price = Fraction(source.own["price"])
    received = instalments(sight, source)
    here = [one.on for one in received if is_in(one.on, sight.earned)]
    if price <= 0 or not here:
        return None
    more = paid_by(source, received, sight.day) - paid_by(source, received, sight.earned.first - DAY)
    return Earned(max(here), more / price) if more else None


def is_in(day: date, month: FiscalMonth) -> bool:
    """Whether a month holds a day."""
    return month.first <= day <= month.last


def months_of(
    account: Account, rule: Rule, source: Source, months: list[FiscalMonth], known: date
) -> list[FiscalMonth]:
    """The months in which a row may earn, as known on a day; each may still fail a condition."""
    moment = rule.words["earned_on"]
    if moment in {"month_end", "each_payment"} or "." in moment:
        return months
    if moment == "paid_in_full":
        paid_on = paid_in_full_on(Sight(account, rule, months[-1], known), source)
    else:
        paid_on = source.own[moment]
    return [month for month in months if paid_on is not None and is_in(paid_on, month)]


def dated_on(account: Account, rule: Rule, source: Source, asked: FiscalMonth) -> date | None:
    """The day by which a row belongs to a month where it earns nothing: of earning, of beginning, or its own."""
    moment = rule.words["earned_on"]
    sight = Sight(account, rule, asked, asked.last)
    day: date | None = None
    if moment == "paid_in_full":
        day = paid_in_full_on(sight, source)
    elif moment == "month_end":
        day = source.own[rule.words["running"]["since"]]
    elif moment not in MOMENTS:
        cells = source.own if source.tested is None or "." not in moment else sight.with_joined(source.tested)[0]
        day = cells.get(moment)
    row_date = sight.world.schema(source.export).row_date
    return day or (source.own[row_date] if row_date else None)
