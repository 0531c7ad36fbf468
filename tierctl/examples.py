"""Examples: the cases that a program file states itself, run as reviews of their own.

An example gives a few rows, of each only what matters, and what should come of them. What it leaves out is filled in
here so that every row is one that an export could hold.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final, TypeAlias

import polars as pl

from tierctl.contracts import Contract, Field, export_contract, export_names, report_contract, report_names
from tierctl.findings import CannotRunError, Finding, error
from tierctl.fiscal import Calendar
from tierctl.program.model import Example, Program
from tierctl.review import review
from tierctl.validation import did_you_mean, shown

Row: TypeAlias = Mapping[str, object]
Tables: TypeAlias = dict[str, tuple[pl.LazyFrame, ...]]

_ROSTER: Final = "partners"
_PARTNER: Final = "partner_id"
_TIMES: Final = "times"
_TOTALS: Final = "totals"
_TABLE: Final = "table"
_FIRST_DAY: Final = date(2025, 1, 1)
_DECIMALS: Final = 6
_TYPES: Final = {
    "string": "text",
    "number": "a number",
    "integer": "a whole number",
    "date": "a day",
    "boolean": "true or false",
}


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
        tables = tables_from_rows(
            example.rows, currency=program.currency, program=program.id, track=_only_track(program)
        )
        reports = review([program], tables, calendar, month).tables
    except CannotRunError as fault:
        return ExampleResult(example.name, tuple(f"{each.subject}: {each.message}" for each in fault.findings))
    except ValueError as fault:
        return ExampleResult(example.name, (str(fault),))
    return ExampleResult(example.name, tuple(mismatches(example.expect, reports)))


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
                faults.append(f"{table}: there is no such report; there are {', '.join(report_names())}")
            elif name == _TOTALS:
                faults += _wrong_total(table, {k: v for k, v in row.items() if k != _TABLE}, reports[table])
            else:
                faults += _missing_row(table, row, reports[table])
    return faults


def tables_from_rows(
    rows: Mapping[str, Sequence[Row]], *, currency: str, program: str, track: str | None = None
) -> Tables:
    """Exports made of partial rows, in their contracts' columns and types.

    `times = n` in a row repeats it. What a row leaves out is filled in: keys are numbered through the table
    (`opportunities-1`), a partner's name is its id, currency, program and track are those given, a required date is the
    earliest day that the row states (else 2025-01-01), a required word is the first of its list, other required texts
    are `COLUMN-1`, required money is 0 and any other required number 1; then come the contract's defaults. All else
    stays empty.

    Args:
        rows: export name → its rows.
        currency: of every row that has to name one.
        program: of every row that has to name one.
        track: of every row that has to name one; None: rows must name it.

    Returns:
        Export name → one part; the roster is always there.

    Raises:
        CannotRunError: a row has an unknown column, a value that does not fit or a partner that the roster lacks, or
            two rows have one key; carries every such fault.
    """
    given = _Given(currency, program, track, tuple(str(row.get(_PARTNER, "")) for row in rows.get(_ROSTER, ())))
    faults: list[Finding] = []
    tables: Tables = {}
    for name in {_ROSTER: None, **dict.fromkeys(rows)}:
        if name not in export_names():
            hint = did_you_mean(name, export_names())
            faults.append(error("example-row", "", name, f"{name} is no export", hint))
            continue
        contract = export_contract(name)
        filled = _fill_table(contract, rows.get(name, ()), given, faults)
        if not faults:
            tables[name] = (pl.LazyFrame(filled, schema=contract.polars_schema, orient="row"),)
    if faults:
        raise CannotRunError(faults)
    return tables


@dataclass(frozen=True)
class _Given:
    """What rows that do not say otherwise belong to."""

    currency: str
    program: str
    track: str | None
    partners: tuple[str, ...]


@dataclass(frozen=True)
class _Place:
    """A row of an example on its way into a table: `number` counts the rows as repeated."""

    contract: Contract
    row: Row
    number: int
    faults: list[Finding] = field(compare=False)

    def fault(self, message: str, hint: str = "") -> None:
        self.faults.append(error("example-row", "", f"{self.contract.name}-{self.number}", message, hint))


def _only_track(program: Program) -> str | None:
    return next(iter(program.tracks)) if len(program.tracks) == 1 else None


def _fill_table(contract: Contract, rows: Sequence[Row], given: _Given, faults: list[Finding]) -> list[dict[str, Any]]:
    filled: list[dict[str, Any]] = []
    for row in rows:
        times = row.get(_TIMES, 1)
        if not isinstance(times, int) or isinstance(times, bool) or times < 0:
            _Place(contract, row, len(filled) + 1, faults).fault(f"times should be a whole number, not {shown(times)}")
            continue
        stated = {column: value for column, value in row.items() if column != _TIMES}
        place = _Place(contract, stated, len(filled) + 1, faults)
        _check_row(place)
        filled += [_fill_row(replace(place, number=len(filled) + 1 + again), given) for again in range(times)]
    keys = Counter(tuple(row[column] for column in contract.primary_key) for row in filled)
    for key, times in keys.items():
        if times > 1 and contract.primary_key:
            values = ", ".join(shown(value) for value in key)
            faults.append(error("example-row", "", contract.name, f"{times} rows have the key {values}"))
    if contract.name != _ROSTER and _PARTNER in contract.names:
        strangers = dict.fromkeys(str(row[_PARTNER]) for row in filled if row[_PARTNER] not in given.partners)
        for partner in strangers:
            hint = f'rows.partners = [{{ partner_id = "{partner}" }}]'
            faults.append(error("example-row", "", contract.name, f"the roster has no partner {shown(partner)}", hint))
    return filled


def _check_row(place: _Place) -> None:
    """Finds what is wrong with the values that a row states."""
    for column, value in place.row.items():
        if column not in place.contract.names:
            names = place.contract.names
            message = f"{place.contract.name} has no column {column}; its columns are {', '.join(names)}"
            place.fault(message, did_you_mean(column, names))
            continue
        of = place.contract.field(column)
        if value is None and not of.required:
            continue
        if not _fits(value, of):
            place.fault(f"{column} should be {_TYPES[of.type]}, not {shown(value)}")
        elif of.enum and value not in of.enum:
            place.fault(f"{column} is never {shown(value)}; its values are {', '.join(of.enum)}")
        elif of.pattern and not re.search(of.pattern, str(value)):
            place.fault(f"{column} should look like {of.pattern}, not {shown(value)}")
        elif _is_outside(value, of):
            place.fault(f"{column} cannot be {shown(value)}: it lies between {of.minimum} and {of.maximum}")


def _fits(value: object, of: Field) -> bool:
    if of.type == "boolean":
        return isinstance(value, bool)
    if of.type == "date":
        return isinstance(value, date) and not isinstance(value, datetime)
    if of.type == "string":
        return isinstance(value, str) and bool(value)
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return False
    exact = _decimal(value)
    places = -int(exact.normalize().as_tuple().exponent) if exact.is_finite() else _DECIMALS + 1
    return places <= (0 if of.type == "integer" else _DECIMALS)


def _is_outside(value: object, of: Field) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return False
    low, high = of.minimum, of.maximum
    return (low is not None and _decimal(value) < low) or (high is not None and _decimal(value) > high)


def _decimal(value: float | Decimal) -> Decimal:
    """The number as it was written: a float by its shortest digits."""
    return value if isinstance(value, Decimal) else Decimal(str(value))


def _fill_row(place: _Place, given: _Given) -> dict[str, Any]:
    """Every column of the row's contract: what the row states, else what stands for it."""
    values: dict[str, Any] = {}
    for of in place.contract.fields:
        value = place.row.get(of.name)
        if value is None:
            values[of.name] = _filled(place, of, given) if of.required or _names_money(place, of) else of.default
        elif isinstance(value, int | float | Decimal) and not isinstance(value, bool):
            values[of.name] = _decimal(value) if of.type == "number" else int(value)
        else:
            values[of.name] = value
    return values


def _names_money(place: _Place, of: Field) -> bool:
    """Whether the column is the currency of an amount that the row states."""
    return of.name == "currency" and any(each.is_money and each.name in place.row for each in place.contract.fields)


def _filled(place: _Place, of: Field, given: _Given) -> object:
    """What stands in a required column that the row leaves out."""
    contract, row = place.contract, place.row
    same_everywhere = {"currency": given.currency, "program": given.program, "track": given.track}
    if same_everywhere.get(of.name) is not None:
        return same_everywhere[of.name]
    if of.name == _PARTNER and contract.name != _ROSTER and len(given.partners) == 1:
        return given.partners[0]
    if of.name == "name" and contract.name == _ROSTER:
        return row.get(_PARTNER) or f"{contract.name}-{place.number}"
    return _made_up(place, of)


def _made_up(place: _Place, of: Field) -> object:
    """What stands in a required column of which nothing is known: something that its contract allows."""
    match of.type:
        case "string" if of.enum:
            return of.enum[0]
        case "string":
            contract = place.contract
            if contract.primary_key == (of.name,):
                return f"{contract.name}-{place.number}"
            tells_apart = of.name in contract.primary_key and of.name != _PARTNER
            return f"{of.name}-{place.number if tells_apart else 1}"
        case "date":
            return min((day for day in place.row.values() if isinstance(day, date)), default=_FIRST_DAY)
        case "boolean":
            return False
        case _:
            return 0 if of.is_money else max(1, of.minimum or 1)


def _wrong_total(name: str, row: Row, report: pl.DataFrame) -> Iterable[str]:
    contract = report_contract(name)
    if unknown := [column for column in row if column not in contract.names]:
        return [_unknown_column(contract, unknown[0])]
    sums = [column for column in row if contract.field(column).type in {"number", "integer"}]
    chosen = {column: value for column, value in row.items() if column not in sums}
    rows = [each for each in report.iter_rows(named=True) if all(_is(each[k], v) for k, v in chosen.items())]
    faults = []
    for column in sums:
        total = sum((_decimal(each[column]) for each in rows if each[column] is not None), Decimal(0))
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
        return _decimal(actual) == _decimal(expected)
    return actual == expected


def _written(row: Row) -> str:
    return ", ".join(f"{column} = {_cell(value)}" for column, value in row.items())


def _cell(value: object) -> str:
    if value is None or value == "":
        return "nothing"
    return shown(value.normalize() if isinstance(value, Decimal) else value)
