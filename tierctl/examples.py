"""Examples: the cases that a program file states itself, run as reviews of their own.

An example gives a few rows, of each only what matters, and what should come of them. What it leaves out is filled in
here so that every row is one that an export could hold. The months that it names as closed are closed in turn, in
memory, and its review goes on from them.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Final, cast

import polars as pl

from tierctl.carried import Carried
from tierctl.contracts import Contract, report_contract, review_names
from tierctl.example_tables import Row, Tables, exact, tables_from_rows, tables_of
from tierctl.findings import CannotRunError
from tierctl.fiscal import Calendar, FiscalMonth
from tierctl.program.in_use import contracts_of
from tierctl.program.model import Example, Program
from tierctl.review import review
from tierctl.reward.pay_days import known
from tierctl.validation import shown

if TYPE_CHECKING:
    from tierctl.reviewed import Closing

__all__ = ["ExampleResult", "mismatches", "run", "run_example", "tables_from_rows", "tables_of"]

_TOTALS: Final = "totals"
_TABLE: Final = "table"


@dataclass(frozen=True)
class ExampleResult:
    """What came of one example: nothing to say where all that it expects is there."""

    name: str
    mismatches: tuple[str, ...]

    @property
    def passed(self) -> bool:
        """Whether everything came out as expected."""
        return not self.mismatches


def run(program: Program, *, calendar: Calendar | None = None) -> list[ExampleResult]:
    """Run every example that the program file carries, each as a review of its own; fiscal months are calendar months.

    Args:
        program: the program with its examples.
        calendar: another fiscal calendar than that of calendar months.
    """
    return [run_example(program, example, calendar or Calendar.months()) for example in program.examples]


def run_example(program: Program, example: Example, calendar: Calendar) -> ExampleResult:
    """Run one example."""
    try:
        month = calendar.month(example.month)
        rows = tables_of(program, example.rows)
        opening: Carried | None = None
        for label in example.closed:
            opening = _close(program, rows, calendar, calendar.month(label), opening)
        begins = _money_from(calendar, opening)
        holidays = _holidays_of_workspaces(program)
        reports = review([program], rows, calendar, month, money_from=begins, holidays=holidays, opening=opening).tables
    except CannotRunError as fault:
        return ExampleResult(example.name, tuple(f"{each.subject}: {each.message}" for each in fault.findings))
    except ValueError as fault:
        return ExampleResult(example.name, (str(fault),))
    return ExampleResult(example.name, tuple(mismatches(example.expect, reports)))


def _close(program: Program, rows: Tables, calendar: Calendar, month: FiscalMonth, opening: Carried | None) -> Carried:
    """What closing a month leaves to those after it; money begins with the first that is closed."""
    contracts = contracts_of([program])
    known = {
        name: tuple(_until(part, contracts[name].row_date, month.last) for part in parts)
        for name, parts in rows.items()
    }
    reviewed = review(
        [program],
        known,
        calendar,
        month,
        money_from=_money_from(calendar, opening) or month,
        holidays=_holidays_of_workspaces(program),
        opening=opening,
        is_closing=True,
    )
    left = cast("Closing", reviewed.closing)  # a review that closes has one
    before = [opening] if opening else []
    return Carried(
        month=month.label,
        money_from=left.money_from,
        grants=pl.concat([*(each.grants for each in before), left.grants]),
        statuses=pl.concat([*(each.statuses for each in before), left.statuses]),
        position=[reviewed.tables["position"].lazy()],
        balances=left.balances,
        read=known,
    )


def _until(part: pl.LazyFrame, dated: str | None, last: date) -> pl.LazyFrame:
    """The rows that are not dated after a month's last day."""
    return part.filter((pl.col(dated) <= last).fill_null(value=True)) if dated else part


def _money_from(calendar: Calendar, opening: Carried | None) -> FiscalMonth | None:
    return calendar.month(opening.money_from) if opening and opening.money_from else None


def _holidays_of_workspaces(program: Program) -> dict[str, tuple[date, ...]]:
    """The list of holidays that only workspaces have, without any: an example stands in none."""
    named = program.payout.pay_day.holidays if program.payout and program.payout.pay_day else None
    return {named: ()} if named and not known(named, {}) else {}


def mismatches(expect: Mapping[str, Sequence[Row]], reports: Mapping[str, pl.DataFrame]) -> list[str]:
    """What is expected of reports and not in them.

    Args:
        expect: report name → rows, each with the columns that matter: one row of the report must have them all; an
            empty text stands for an empty cell. Under `totals` each row names a `table`: its number columns are
            compared with the sums over the rows that have its other columns.
        reports: report name → its rows.

    Returns:
        One text per row expected that is not there: what differs in the row most like it.
    """
    faults: list[str] = []
    for name, rows in expect.items():
        for row in rows:
            table = str(row.get(_TABLE)) if name == _TOTALS else name
            if table not in reports:
                faults.append(f"{table}: there is no such report; there are {', '.join(review_names())}")
            elif name == _TOTALS:
                faults += _wrong_total(table, {k: v for k, v in row.items() if k != _TABLE}, reports[table])
            else:
                faults += _missing_row(table, row, reports[table])
    return faults


def _wrong_total(name: str, row: Row, report: pl.DataFrame) -> Iterable[str]:
    contract = report_contract(name)
    if unknown := [column for column in row if column not in contract.names]:
        return [_unknown_column(contract, unknown[0])]
    sums = [column for column in row if contract.field(column).type in {"number", "integer"}]
    chosen = {column: value for column, value in row.items() if column not in sums}
    rows = [each for each in report.iter_rows(named=True) if all(_is(each[k], v) for k, v in chosen.items())]
    faults = []
    for column in sums:
        total = sum((exact(each[column]) for each in rows if each[column] is not None), Decimal(0))
        if not _is(total, row[column]):
            where = f" where {_written(chosen)}" if chosen else ""
            faults.append(
                f"{name}: the sum of {column}{where} is {shown(total.normalize())} over {len(rows)} rows,"
                f" expected {shown(row[column])}"
            )
    return faults


def _missing_row(name: str, row: Row, report: pl.DataFrame) -> Iterable[str]:
    contract = report_contract(name)
    if unknown := [column for column in row if column not in contract.names]:
        return [_unknown_column(contract, unknown[0])]
    rows = list(report.iter_rows(named=True))
    differing = [{k: each[k] for k, value in row.items() if not _is(each[k], value)} for each in rows]
    if not differing:
        return [f"{name}: expected {_written(row)}\n{' ' * len(name)}  but the report has no rows"]
    # The key says which row is meant; of several, the one that differs least is shown.
    key = set(contract.primary_key)
    closest = min(differing, key=lambda wrong: (len(key & wrong.keys()), len(wrong)))
    if not closest:
        return []
    return [f"{name}: expected {_written(row)}\n{' ' * len(name)}  the nearest row has {_written(closest)}"]


def _unknown_column(contract: Contract, column: str) -> str:
    return f"{contract.name} has no column {column}; its columns are {', '.join(contract.names)}"


def _is(actual: object, expected: object) -> bool:
    """Whether a cell is what is expected; an empty text expects an empty cell, numbers are compared exactly."""
    if expected in ("", None):
        return actual is None
    numbers = int | float | Decimal
    if isinstance(actual, numbers) and isinstance(expected, numbers) and not isinstance(expected, bool):
        return exact(actual) == exact(expected)
    return actual == expected


def _written(row: Row) -> str:
    return ", ".join(f"{column} = {_cell(value)}" for column, value in row.items())


def _cell(value: object) -> str:
    if value is None or value == "":
        return "nothing"
    return shown(value.normalize() if isinstance(value, Decimal) else value)
