"""Months closed in memory: each as the ledger would seal it, the next opened from it, and no file written."""

from collections.abc import Mapping, Sequence
from datetime import date

import polars as pl

from tierctl.carried import ENTERED, Carried
from tierctl.fiscal import Calendar, FiscalMonth
from tierctl.program.in_use import contracts_of
from tierctl.program.model import Program
from tierctl.review import review

Exports = dict[str, tuple[pl.LazyFrame, ...]]


def read_by(programs: Sequence[Program], exports: Exports, month: FiscalMonth) -> Exports:
    """The rows that a review of a month reads: those dated after its last day are left out, as ingest leaves them."""
    contracts = contracts_of(programs)
    return {
        name: tuple(_until(part, contracts[name].row_date, month.last) for part in parts)
        for name, parts in exports.items()
    }


def _until(part: pl.LazyFrame, dated: str | None, last: date) -> pl.LazyFrame:
    return part.filter((pl.col(dated) <= last).fill_null(value=True)) if dated else part


def close(
    programs: Sequence[Program],
    exports: Exports,
    calendar: Calendar,
    month: FiscalMonth,
    *,
    opening: Carried | None = None,
    holidays: Mapping[str, Sequence[date]] | None = None,
    accept_removals: bool = False,
) -> Carried:
    """What closing a month leaves; money begins with the first month that is closed.

    Args:
        programs: the editions of all programs.
        exports: accepted rows, those of later days among them.
        calendar: the fiscal calendar.
        month: the month after the one closed last, or any where none is.
        opening: what the close before left.
        holidays: days off, by name.
        accept_removals: whether posted rows that are gone are taken back.
    """
    read = read_by(programs, exports, month)
    closing = review(
        programs,
        read,
        calendar,
        month,
        money_from=begins(calendar, opening) or month,
        holidays=holidays or {},
        opening=opening,
        accept_removals=accept_removals,
        is_closing=True,
    )
    left = closing.closing
    assert left is not None
    before = [opening] if opening else []
    return Carried(
        month=month.label,
        money_from=left.money_from,
        grants=pl.concat([*(one.grants for one in before), left.grants]),
        statuses=pl.concat([*(one.statuses for one in before), left.statuses]),
        position=[closing.tables["position"].lazy()],
        balances=left.balances,
        read=read,
        missing=left.missing,
        entered={
            name: (*(part for one in before for part in one.entered.get(name, ())), *read.get(name, ()))
            for name in ENTERED
        },
    )


def begins(calendar: Calendar, opening: Carried | None) -> FiscalMonth | None:
    """The first month whose money closed months have posted; None where there is none."""
    return calendar.month(opening.money_from) if opening and opening.money_from else None
