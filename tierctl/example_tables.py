"""Rows of an example, of which each states only what matters, filled in so that they are whole exports."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final, TypeAlias

import polars as pl

from tierctl.contracts import Contract, Field, export_contract, export_names
from tierctl.findings import CannotRunError, Finding, error
from tierctl.program.in_use import contracts_of
from tierctl.program.model import ENROLLMENTS, Program
from tierctl.validation import did_you_mean, shown

Row: TypeAlias = Mapping[str, object]
Tables: TypeAlias = dict[str, tuple[pl.LazyFrame, ...]]

_ROSTER: Final = "partners"
_PARTNER: Final = "partner_id"
_TRACK: Final = "track"
_OF_TRACKS: Final = (ENROLLMENTS, "decisions")
_TIMES: Final = "times"
_NUMBER: Final = "{n}"
_FIRST_DAY: Final = date(2025, 1, 1)
_DECIMALS: Final = 6
_TYPES: Final = {
    "string": "text",
    "number": "a number",
    "integer": "a whole number",
    "date": "a day",
    "boolean": "true or false",
}


def tables_of(program: Program, rows: Mapping[str, Sequence[Row]]) -> Tables:
    """Exports made of partial rows for a program, those that it declares among them; see `tables_from_rows`.

    Raises:
        CannotRunError: something is wrong with the rows; carries every fault.
    """
    track = next(iter(program.tracks)) if len(program.tracks) == 1 else None
    contracts = contracts_of([program])
    return tables_from_rows(rows, currency=program.currency, program=program.id, track=track, contracts=contracts)


def tables_from_rows(
    rows: Mapping[str, Sequence[Row]],
    *,
    currency: str,
    program: str,
    track: str | None = None,
    contracts: Mapping[str, Contract] | None = None,
) -> Tables:
    """Exports made of partial rows, in their contracts' columns and types.

    `times = n` in a row repeats it, `{n}` in its texts being 1, 2 and so on. What a row leaves out is filled in: keys
    are numbered through the table (`opportunities-1`), a partner's name is its id, currency, program and track are
    those given, a required date is the earliest day that the row states (else 2025-01-01), a required word is the first
    of its list, other required texts are `COLUMN-1`, required money is 0 and any other required number 1; then come the
    contract's defaults. All else stays empty.

    Args:
        rows: export name → its rows.
        currency: of every row that has to name one.
        program: of every row that has to name one.
        track: of every row that has to name one; None: rows must name it.
        contracts: export name → what it brings; the standard exports if not given.

    Returns:
        Export name → one part; the roster is always there.

    Raises:
        CannotRunError: a row has an unknown column, a value that does not fit or a partner that the roster lacks, or
            two rows have one key; carries every such fault.
    """
    given = _Given(currency, program, track, tuple(str(row.get(_PARTNER, "")) for row in rows.get(_ROSTER, ())))
    faults: list[Finding] = []
    tables: Tables = {}
    known = contracts or {name: export_contract(name) for name in export_names()}
    for name in {_ROSTER: None, **dict.fromkeys(rows)}:
        if name not in known:
            hint = did_you_mean(name, known)
            faults.append(error("example-row", "", name, f"{name} is no export", hint))
            continue
        contract = known[name]
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
        filled += [
            _fill_row(replace(place, row=_numbered(stated, again + 1), number=len(filled) + 1 + again), given)
            for again in range(times)
        ]
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


def _numbered(row: Row, number: int) -> Row:
    """The row as its repetition of that number states it."""
    return {
        column: value.replace(_NUMBER, str(number)) if isinstance(value, str) else value
        for column, value in row.items()
    }


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
    number = exact(value)
    places = -int(number.normalize().as_tuple().exponent) if number.is_finite() else _DECIMALS + 1
    return places <= (0 if of.type == "integer" else _DECIMALS)


def _is_outside(value: object, of: Field) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return False
    low, high = of.minimum, of.maximum
    return (low is not None and exact(value) < low) or (high is not None and exact(value) > high)


def _fill_row(place: _Place, given: _Given) -> dict[str, Any]:
    """Every column of the row's contract: what the row states, else what stands for it."""
    values: dict[str, Any] = {}
    for of in place.contract.fields:
        value = place.row.get(of.name)
        if value is None:
            value = _filled(place, of, given) if of.required or _names_money(place, of) else of.default
        if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
            value = exact(value) if of.type == "number" else int(value)
        values[of.name] = value
    return values


def _names_money(place: _Place, of: Field) -> bool:
    """Whether the column is the currency of an amount that the row states."""
    return of.name == "currency" and any(each.is_money and each.name in place.row for each in place.contract.fields)


def _filled(place: _Place, of: Field, given: _Given) -> object:
    """What stands in a required column that the row leaves out."""
    contract, row = place.contract, place.row
    if of.name == _TRACK and contract.name in _OF_TRACKS and given.track is None:
        place.fault("the row names no track, and the program has several", f"{_TRACK} = one of the program's tracks")
    same_everywhere = {"currency": given.currency, "program": given.program, _TRACK: given.track}
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


def exact(value: float | Decimal) -> Decimal:
    """The number as it was written: a float by its shortest digits."""
    return value if isinstance(value, Decimal) else Decimal(str(value))
