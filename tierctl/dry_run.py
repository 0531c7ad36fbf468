"""A dry run: whether everything that a program asks for can be computed at all.

The types of columns and figures meet only where expressions are put together. A review of one partner with one row in
every export puts all of them together, so that what cannot be computed is told when the program is read, and never in
the middle of a review.
"""

from datetime import date
from typing import Final

import polars as pl

from tierctl.contracts import Contract
from tierctl.currency_checks import FX_RATES
from tierctl.findings import CannotRunError, Finding, error
from tierctl.fiscal import Calendar
from tierctl.program.in_use import contracts_of
from tierctl.program.model import ENROLLMENTS, Program
from tierctl.review import review

_ROSTER: Final = "partners"
_TEXT: Final = "x"
_CURRENCY: Final = "XXX"
_FAULTS: Final = (pl.exceptions.PolarsError, TypeError, KeyError, ValueError, OverflowError)


def dry_run(program: Program, calendar: Calendar, source: str) -> list[Finding]:
    """The finding that says what cannot be computed; none where all can.

    Args:
        program: a program that its lint has passed.
        calendar: the company's fiscal calendar.
        source: how findings call the program's file.
    """
    contracts = contracts_of([program])
    read = {_ROSTER, *program.reads, *((FX_RATES,) if program.policy.fx else ())}
    exports = {name: (_rows(contracts[name], program).lazy(),) for name in sorted(read) if name in contracts}
    try:
        month = calendar.month_of(program.effective_from)
        review([program], exports, calendar, month, holidays=_holidays(program))
    except CannotRunError:
        return []  # the calendar's reach is a matter of the month that is reviewed
    except _FAULTS as fault:
        reason = next(iter(str(fault).splitlines()), type(fault).__name__).partition(" for 1 out of")[0]
        hint = "look for a number compared with a date or a text, or a column that the export lacks"
        return [error("program-not-computable", source, "", f"something in it cannot be computed: {reason}", hint)]
    return []


def _holidays(program: Program) -> dict[str, tuple[date, ...]]:
    """The holidays that the program names, as a list without days: which ones there are is the workspace's to say."""
    named = program.payout.pay_day.holidays if program.payout and program.payout.pay_day else None
    return {named: ()} if named else {}


def _rows(contract: Contract, program: Program) -> pl.DataFrame:
    """One row with a value in every column; of enrollments one for each track, without an end.

    A partner joins, enrolls, sells and is attested on the day on which the program begins, in a foreign currency.
    """
    values = {"string": _TEXT, "boolean": True, "date": program.effective_from, "number": 1, "integer": 1}
    row = {field.name: field.enum[0] if field.enum else values[field.type] for field in contract.fields}
    row |= {field.name: None for field in contract.fields if field.is_known_ahead}
    said: dict[str, str | None] = {"currency": _CURRENCY, "base": program.currency, "program": program.id}
    if contract.name == _ROSTER:
        said |= {"terminated_on": None}
    row |= {name: value for name, value in said.items() if name in row}
    rows = [row]
    if contract.name == ENROLLMENTS:
        rows = [row | {"track": name, "tier": track.tiers[-1].id} for name, track in program.tracks.items()]
    return pl.DataFrame(rows, schema=contract.polars_schema)
