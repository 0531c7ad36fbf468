"""All reports about one partner's money in one program."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from tests.oracle.calendar import FiscalMonth
from tests.oracle.fold import Review
from tests.oracle.ladder import Worlds
from tests.oracle.money.account import TABLES, Account
from tests.oracle.money.entitlements import Entitlement, Key
from tests.oracle.money.opening import Opening
from tests.oracle.money.postings import NEW, difference, not_earned, posted
from tests.oracle.money.rates_in_force import rates
from tests.oracle.money.statements import actions, balances_of, stated, statements, summed, words_for
from tests.oracle.rows import Row
from tests.oracle.world import Program, World

REPORTS = ("rates", *TABLES, "not_earned", "statements")


@dataclass(frozen=True)
class Books:
    """All about one partner's money in a month.

    Attributes:
        tables: report → rows, without the columns that are the same in all of them; `actions` among them.
        posted: all that has been posted by the month's end.
        balances: what the month leaves unpaid, by currency.
    """

    tables: Mapping[str, list[Row]] = field(default_factory=dict)
    posted: Mapping[Key, Entitlement] = field(default_factory=dict)
    balances: Mapping[str, Decimal] = field(default_factory=dict)


def money(
    editions: Sequence[Program],
    worlds: Mapping[str, Worlds],
    seen: World,
    month: FiscalMonth,
    *,
    money_from: FiscalMonth | None,
    holidays: Mapping[str, Sequence[date]],
    reviews: Mapping[tuple[str, str], Mapping[str, Review]] | None = None,
    opening: Opening = NEW,
) -> Books:
    """The money of one partner.

    Args:
        editions: the program's editions that have begun, oldest first.
        worlds: the partner's world on each track.
        seen: the partner's world on any track, after all reviews of it through the month.
        month: the month asked for.
        money_from: the first month whose postings are made; None: the month asked for.
        holidays: days off, by name.
        reviews: the partner's reviews by ladder and month, where they are others than those of the world.
        opening: what closed months left.
    """
    if not any(program.get(table) for program in editions for table in TABLES):
        return Books(posted=opening.posted, balances=opening.balances)
    calendar = seen.calendar
    first = calendar.month_of(editions[0]["effective_from"])
    begins = max(money_from or month, first, key=lambda one: one.first)
    account = Account(
        editions=editions,
        worlds=worlds,
        reviews=seen.reviews if reviews is None else reviews,
        months=[one for one in calendar.months if begins.first <= one.first <= month.first],
        holidays=holidays,
        calendar=calendar,
        partner=seen.partner,
    )
    all_posted = posted(account, opening)
    lines = all_posted[-1].lines if all_posted else []
    owed = statements(account, all_posted, opening)
    tables = {table: [line.row for line in lines if line.key.table == table] for table in TABLES} | {
        "rates": list(rates(account, month)),
        "not_earned": list(not_earned(account, all_posted, opening)),
        "statements": owed,
        "actions": list(actions(account, all_posted, owed, opening)),
    }
    if not all_posted:
        return Books(tables, opening.posted, opening.balances)
    return Books(tables, all_posted[-1].left, balances_of(owed))


def money_of_the_gone(
    opening: Opening, payee_id: str | None, open_months: Sequence[FiscalMonth], due_on: date
) -> Books:
    """The money of a partner that the roster has no more: nothing is paid, and only what is not held moves.

    Args:
        opening: what closed months left.
        payee_id: who was paid last.
        open_months: the open months, the last one the month asked for.
        due_on: the day by which something has to be done.
    """
    before, balances = dict(opening.posted), dict(opening.balances)
    duty = {"track": opening.track, "due_on": due_on}
    tables: dict[str, list[Row]] = {}
    for month in open_months:
        now = {key: one for key, one in before.items() if opening.is_frozen(key)}
        lines = list(difference(month, now, before))
        rows = [
            stated(balance, sums, "held" if balance.amount > 0 else "owed" if balance.amount else "carried", payee_id)
            for balance, sums in summed(lines, balances)
        ]
        before, balances = now, balances_of(rows)
        tables = {table: [line.row for line in lines if line.key.table == table] for table in TABLES} | {
            "statements": rows,
            "actions": [duty | {"action": word} for word in words_for(lines, rows, opening)],
        }
    return Books(tables, before, balances)
