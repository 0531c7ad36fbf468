"""All reports about one partner's money in one program."""

from collections.abc import Mapping, Sequence
from datetime import date

from tests.oracle.calendar import FiscalMonth
from tests.oracle.ladder import Worlds
from tests.oracle.money.account import TABLES, Account
from tests.oracle.money.postings import not_earned, posted
from tests.oracle.money.rates_in_force import rates
from tests.oracle.money.statements import actions, statements
from tests.oracle.rows import Row
from tests.oracle.world import Program, World

REPORTS = ("rates", *TABLES, "not_earned", "statements")


def money(
    editions: Sequence[Program],
    worlds: Mapping[str, Worlds],
    seen: World,
    month: FiscalMonth,
    *,
    money_from: FiscalMonth | None,
    holidays: Mapping[str, Sequence[date]],
) -> Mapping[str, list[Row]]:
    """The rows of one partner.

    Args:
        editions: the program's editions that have begun, oldest first.
        worlds: the partner's world on each track.
        seen: the partner's world on any track, after all reviews of it through the month.
        month: the month asked for.
        money_from: the first month whose postings are made; None: the month asked for.
        holidays: days off, by name.

    Returns:
        Report → rows, without the columns that are the same in all of them; `actions` among them.
    """
    if not any(program.get(table) for program in editions for table in TABLES):
        return {}
    calendar = seen.calendar
    first = calendar.month_of(editions[0]["effective_from"])
    begins = max(money_from or month, first, key=lambda one: one.first)
    account = Account(
        editions=editions,
        worlds=worlds,
        reviews=seen.reviews,
        months=[one for one in calendar.months if begins.first <= one.first <= month.first],
        holidays=holidays,
        calendar=calendar,
        partner=seen.partner,
    )
    all_posted = posted(account)
    lines = all_posted[-1].lines if all_posted else []
    owed = statements(account, all_posted)
    return {table: [line.row for line in lines if line.key.table == table] for table in TABLES} | {
        "rates": list(rates(account, month)),
        "not_earned": list(not_earned(account, all_posted)),
        "statements": owed,
        "actions": list(actions(account, all_posted, owed)),
    }
