"""Contracts: what every export must bring and every report promises, read from the Table Schemas.

`schemas/exports/NAME.json`, `schemas/reports/NAME.json`, `schemas/ledger/NAME.json` and `schemas/whatif/NAME.json` are
Frictionless Table Schemas. They alone state columns, types, keys and constraints; the Polars and Pandera schemas are
built from them here. Some words are our own, since Table Schema has none for them: a field's `tierctl:money` (its
amounts are in the row's currency), `tierctl:default` (what an empty cell stands for), `tierctl:unit`,
`tierctl:knownAhead` (an end that is known before its day comes), `tierctl:before` (what the cell said before the day in
another column) and `tierctl:undated` (no column says since when the cell is so: a review of any month reads what the
export says today), and a table's `tierctl:rowDate` (the column that dates the row), `tierctl:valid` (the columns from
and through which a row is in force) and `tierctl:adjusts` (the column with the key of the row that a row adjusts).

Polars and Pandera are imported where they are needed, so that commands which only read contracts start quickly.
"""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args

from tierctl import resources

if TYPE_CHECKING:
    import polars as pl
    from pandera.polars import Column, DataFrameSchema

    NUMBER: pl.Decimal

FieldType: TypeAlias = Literal["string", "number", "integer", "date", "boolean"]
Scalar: TypeAlias = str | bool | int | Decimal

_NUMBER_PRECISION, _NUMBER_SCALE = 38, 6


if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        """`NUMBER`, the Polars type of every Table Schema number, made when it is first asked for."""
        if name == "NUMBER":
            return _polars_type("number")
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


class ContractError(AssertionError):
    """A table that tierctl made itself breaks its contract: a fault of the program, never of the user's data."""


@dataclass(frozen=True)
class Field:
    """One column of a contract.

    `required` forbids empty cells; `default` is what an empty cell stands for (None: it stays empty); `is_money` says
    that the amounts are in the row's currency. `is_known_ahead` marks a date that is known before its day comes (an end
    of validity); any other date that lies ahead has not happened yet. `before` holds what the cell said before the day
    in another column (an opportunity is open before its closed_on). `is_undated` marks a cell that may change without
    any column saying when. `unit` is empty where the title says it all.
    """

    name: str
    title: str
    type: FieldType
    description: str
    required: bool = False
    enum: tuple[str, ...] = ()
    pattern: str | None = None
    minimum: int | Decimal | None = None
    maximum: int | Decimal | None = None
    default: Scalar | None = None
    is_money: bool = False
    is_known_ahead: bool = False
    before: tuple[tuple[str, str], ...] = ()
    is_undated: bool = False
    unit: str = ""


@dataclass(frozen=True)
class ForeignKey:
    """Columns whose values must stand in `references`, columns of the export `table`."""

    columns: tuple[str, ...]
    table: str
    references: tuple[str, ...]


@dataclass(frozen=True)
class Contract:
    """What one export or report holds: its columns in order, its key and what its rows refer to.

    `primary_key` is empty where rows may repeat. `row_date` names the column that dates a row; None: rows have no
    date of their own, and none of them is ever ignored as lying ahead. `valid` names the columns since and through
    which a row is in force (through may be empty), where the latest begun row of a partner replaces those before it.
    `adjusts` names the column with the key of the row that a row adjusts, and as which rules test it.
    """

    name: str
    title: str
    description: str
    fields: tuple[Field, ...]
    primary_key: tuple[str, ...] = ()
    foreign_keys: tuple[ForeignKey, ...] = ()
    row_date: str | None = None
    valid: tuple[str, str | None] | None = None
    adjusts: str | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """The columns' names, in order."""
        return tuple(field.name for field in self.fields)

    @property
    def polars_schema(self) -> "pl.Schema":
        """The columns' Polars types, in order."""
        import polars as pl  # noqa: PLC0415  (see the module's docstring)

        return pl.Schema({field.name: _polars_type(field.type) for field in self.fields})

    def field(self, name: str) -> Field:
        """The column of that name.

        Raises:
            LookupError: the contract has no such column.
        """
        for field in self.fields:
            if field.name == name:
                return field
        raise LookupError(f"{self.name} has no column {name!r}; its columns are {', '.join(self.names)}")

    def pandera(self, columns: Collection[str] | None = None) -> "DataFrameSchema":
        """The Pandera schema of a frame in the contract's types, to be validated eagerly and with `lazy=True`.

        In `failure_cases`, `column` and `index` name the cell and `check` the constraint it breaks in Table Schema's
        word: enum, pattern, minimum or maximum; a null in a required column is Pandera's own not_nullable. Empty
        cells break nothing else. Further columns of the frame are left alone; keys are not checked, as they are a
        matter of the whole table and not of a batch.

        Args:
            columns: only these columns of the contract; all of them if not given.

        Raises:
            LookupError: the contract lacks one of the columns.
        """
        from pandera.polars import DataFrameSchema  # noqa: PLC0415  (see the module's docstring)

        fields = self.fields if columns is None else [self.field(name) for name in columns]
        return DataFrameSchema({field.name: _pandera_column(field) for field in fields}, name=self.name)


def export_names() -> tuple[str, ...]:
    """The names of the standard exports, in alphabetical order."""
    return _names("exports")


def report_names() -> tuple[str, ...]:
    """The names of the reports, in alphabetical order."""
    return _names("reports")


def review_names() -> tuple[str, ...]:
    """The names of the reports that a review makes: all but what compares two of them."""
    return tuple(name for name in report_names() if name != "differences")


def export_contract(name: str) -> Contract:
    """The contract of a standard export.

    Raises:
        LookupError: there is no such export.
    """
    return _load("exports", name)


def report_contract(name: str) -> Contract:
    """The contract of a report.

    Raises:
        LookupError: there is no such report.
    """
    return _load("reports", name)


def ledger_names() -> tuple[str, ...]:
    """The names of the ledger's own tables, in alphabetical order."""
    return _names("ledger")


def ledger_contract(name: str) -> Contract:
    """The contract of a table that only the ledger keeps.

    Raises:
        LookupError: there is no such table.
    """
    return _load("ledger", name)


def whatif_names() -> tuple[str, ...]:
    """The names of the tables that `what-if` writes, in alphabetical order."""
    return _names("whatif")


def whatif_contract(name: str) -> Contract:
    """The contract of a table that `what-if` writes.

    Raises:
        LookupError: there is no such table.
    """
    return _load("whatif", name)


def parse_contract(name: str, descriptor: Mapping[str, Any]) -> Contract:
    """The contract that a Table Schema descriptor states.

    Args:
        name: the table's name; it need not stand in the descriptor.
        descriptor: the schema as plain JSON or TOML values, numbers as int or Decimal.

    Raises:
        ValueError: a column has no name or an unknown type, stands there twice, or is named without being there.
    """
    fields = tuple(_parse_field(name, field) for field in descriptor.get("fields", ()))
    contract = Contract(
        name=name,
        title=descriptor.get("title", name),
        description=descriptor.get("description", ""),
        fields=fields,
        primary_key=_texts(descriptor.get("primaryKey", ())),
        foreign_keys=tuple(
            ForeignKey(_texts(key["fields"]), key["reference"]["resource"], _texts(key["reference"]["fields"]))
            for key in descriptor.get("foreignKeys", ())
        ),
        row_date=descriptor.get("tierctl:rowDate"),
        valid=_validity(descriptor.get("tierctl:valid")),
        adjusts=descriptor.get("tierctl:adjusts"),
    )
    _check_names(contract)
    return contract


def extended(contract: Contract, descriptor: Mapping[str, Any]) -> Contract:
    """A contract with further columns after its own, and with a validity where the descriptor states one.

    Raises:
        ValueError: a column stands there already or has an unknown type, or one is named without being there.
    """
    fields = tuple(_parse_field(contract.name, field) for field in descriptor.get("fields", ()))
    valid = _validity(descriptor.get("tierctl:valid")) or contract.valid
    adjusts = descriptor.get("tierctl:adjusts") or contract.adjusts
    longer = replace(contract, fields=(*contract.fields, *fields), valid=valid, adjusts=adjusts)
    _check_names(longer)
    return longer


def empty(contract: Contract) -> "pl.DataFrame":
    """A table of the contract without rows."""
    return contract.polars_schema.to_frame()


def conform(df: "pl.DataFrame", contract: Contract) -> "pl.DataFrame":
    """The frame as its contract promises it: the contract's columns in order and in its types, sorted by its key.

    Further columns are left out. Numbers beyond six decimals are rounded, half to even.

    Raises:
        ContractError: a column is missing, cannot be cast or is a float where the contract has a number, a required
            cell is empty, a word is not among those listed, or the key is not unique.
    """
    import polars as pl  # noqa: PLC0415  (see the module's docstring)

    floats = [f.name for f in contract.fields if f.type == "number" and f.name in df and df.schema[f.name].is_float()]
    if floats:
        raise ContractError(f"{contract.name}: {', '.join(floats)} came as floats, which are not exact")
    try:
        df = df.select(contract.names).cast(contract.polars_schema)
    except pl.exceptions.PolarsError as fault:
        raise ContractError(f"{contract.name}: {fault}") from fault
    if df.is_empty():
        return df
    for field in contract.fields:
        _assert_cells(df[field.name], field, contract)
    if not contract.primary_key:
        return df
    # A column that says the same in every row has no part in the order, and comparing texts is what sorting costs.
    key = [name for name in contract.primary_key if not df[name].eq_missing(df[name].head(1)).all()]
    ordered = df.sort(key) if key else df
    repeats = [pl.col(name).eq_missing(pl.col(name).shift(1)) for name in key]
    is_repeated = pl.all_horizontal(pl.int_range(pl.len()) > 0, *repeats)
    twice = ordered.select(contract.primary_key).filter(is_repeated)
    if not twice.is_empty():
        raise ContractError(f"{contract.name}: the key is not unique, as for {twice.row(0, named=True)}")
    return ordered


@cache
def _names(kind: str) -> tuple[str, ...]:
    return tuple(sorted(path.stem for path in (resources.schemas() / kind).glob("*.json")))


@cache
def _load(kind: str, name: str) -> Contract:
    if name not in _names(kind):
        raise LookupError(f"there is no {name!r} among the {kind}: {', '.join(_names(kind))}")
    path = resources.schemas() / kind / f"{name}.json"
    return parse_contract(name, json.loads(path.read_text(encoding="utf-8"), parse_float=Decimal))


def _texts(value: str | Collection[str]) -> tuple[str, ...]:
    """Table Schema writes a single column as a text or as a list."""
    return (value,) if isinstance(value, str) else tuple(value)


def _parse_field(table: str, descriptor: Mapping[str, Any]) -> Field:
    name, type_ = descriptor.get("name"), descriptor.get("type", "string")
    if not isinstance(name, str) or not name:
        raise ValueError(f"{table}: a field has no name")
    if type_ not in get_args(FieldType):
        raise ValueError(f"{table}.{name}: {type_!r} is not one of the types {', '.join(get_args(FieldType))}")
    constraints = descriptor.get("constraints", {})
    return Field(
        name=name,
        title=descriptor.get("title", name),
        type=type_,
        description=descriptor.get("description", ""),
        required=constraints.get("required", False),
        enum=tuple(constraints.get("enum", ())),
        pattern=constraints.get("pattern"),
        minimum=_bound(type_, constraints.get("minimum")),
        maximum=_bound(type_, constraints.get("maximum")),
        default=descriptor.get("tierctl:default"),
        is_money=descriptor.get("tierctl:money", False),
        is_known_ahead=descriptor.get("tierctl:knownAhead", False),
        before=tuple(descriptor.get("tierctl:before", {}).items()),
        is_undated=descriptor.get("tierctl:undated", False),
        unit=descriptor.get("tierctl:unit", ""),
    )


def _validity(columns: Mapping[str, str] | None) -> tuple[str, str | None] | None:
    return None if columns is None else (columns["since"], columns.get("through"))


def _bound(type_: FieldType, value: int | Decimal | None) -> int | Decimal | None:
    """A bound in its column's own type, so that comparing never leaves exact numbers."""
    return Decimal(value) if type_ == "number" and value is not None else value


def _check_names(contract: Contract) -> None:
    names = contract.names
    if len(set(names)) < len(names):
        raise ValueError(f"{contract.name}: a field stands there twice")
    used = {*contract.primary_key, *(column for key in contract.foreign_keys for column in key.columns)}
    used |= {column for column in (contract.row_date, contract.adjusts, *(contract.valid or ())) if column}
    unknown = sorted(used - set(names))
    if unknown:
        raise ValueError(f"{contract.name}: {', '.join(unknown)} is named but is not one of the fields")


def _polars_type(type_: FieldType) -> "pl.DataType":
    import polars as pl  # noqa: PLC0415  (see the module's docstring)

    types: dict[FieldType, pl.DataType] = {
        "string": pl.String(),
        "number": pl.Decimal(_NUMBER_PRECISION, _NUMBER_SCALE),
        "integer": pl.Int64(),
        "date": pl.Date(),
        "boolean": pl.Boolean(),
    }
    return types[type_]


def _pandera_column(field: Field) -> "Column":
    from pandera.polars import Check, Column  # noqa: PLC0415  (see the module's docstring)

    checks: list[Check] = []
    if field.enum:
        checks.append(Check.isin(field.enum, error="enum"))
    if field.pattern is not None:
        checks.append(Check.str_matches(field.pattern, error="pattern"))
    if field.minimum is not None:
        checks.append(Check.ge(field.minimum, error="minimum"))
    if field.maximum is not None:
        checks.append(Check.le(field.maximum, error="maximum"))
    return Column(_polars_type(field.type), checks, nullable=not field.required, title=field.title)


def _assert_cells(cells: "pl.Series", field: Field, contract: Contract) -> None:
    if field.required and cells.has_nulls():
        raise ContractError(f"{contract.name}: {cells.null_count()} cells of {field.name} are empty")
    strangers = cells.drop_nulls().filter(~cells.drop_nulls().is_in(field.enum)) if field.enum else cells.clear()
    if not strangers.is_empty():
        raise ContractError(f"{contract.name}: {field.name} holds {strangers[0]!r}, not one of {', '.join(field.enum)}")
