"""A dry run: whether everything that a program asks for can be computed at all.

The types of columns and figures meet only where expressions are put together. A review of one partner puts all of them
together, so that what cannot be computed is told when the program is read, and never in the middle of a review.
"""

import polars as pl

from tierctl.contracts import empty, export_contract
from tierctl.findings import CannotRunError, Finding, error
from tierctl.fiscal import Calendar
from tierctl.program.model import Program
from tierctl.review import review

_FAULTS = (pl.exceptions.PolarsError, TypeError, KeyError, ValueError, OverflowError)


def dry_run(program: Program, calendar: Calendar, source: str) -> list[Finding]:
    """The finding that says what cannot be computed; none where all can.

    Args:
        program: a program that its lint has passed.
        calendar: the company's fiscal calendar.
        source: how findings call the program's file.
    """
    exports = {name: (empty(export_contract(name)).lazy(),) for name in program.exports}
    exports["partners"] = (_partner(program).lazy(),)
    try:
        month = calendar.month_of(program.effective_from)
        review([program], exports, calendar, month)
    except CannotRunError:
        return []  # the calendar's reach is a matter of the month that is reviewed
    except _FAULTS as fault:
        reason = next(iter(str(fault).splitlines()), type(fault).__name__).partition(" for 1 out of")[0]
        hint = "look for a number compared with a date or a text, or a column that the export lacks"
        return [error("program-not-computable", source, "", f"something in it cannot be computed: {reason}", hint)]
    return []


def _partner(program: Program) -> pl.DataFrame:
    """A roster of one partner with a value in every column."""
    values = {"string": "x", "boolean": True, "date": program.effective_from}
    contract = export_contract("partners")
    row = {field.name: values.get(field.type) for field in contract.fields}
    return pl.DataFrame([row], schema=contract.polars_schema)
