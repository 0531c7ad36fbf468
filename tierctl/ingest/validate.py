"""One batch of rows against the contract: typed rows that are sound, and the faults of the others.

Pandera decides what a typed cell may hold; parsing, the roster of partners and the number of cells come beside it.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

import polars as pl
from pandera.errors import SchemaErrors
from pandera.polars import DataFrameSchema

from tierctl.contracts import Contract, Field
from tierctl.ingest.csv_files import RECORD
from tierctl.ingest.currency_marks import CURRENCY, cells_of_other_currencies
from tierctl.ingest.parse import Cell, with_all_columns
from tierctl.ingest.row_check import RowCheck

ROW_FAULT = "(row)"
FAULTS = pl.Schema({RECORD: pl.Int64, "column": pl.String, "value": pl.String, "rule": pl.String})

_RULES: Mapping[str, str] = MappingProxyType(
    {
        "not_nullable": "missing-value",
        "enum": "not-in-enum",
        "pattern": "pattern-mismatch",
        "minimum": "below-minimum",
        "maximum": "above-maximum",
    }
)


@dataclass(frozen=True)
class Checked:
    """One batch: `sound` has the columns brought, typed, and the record; `faults` has one row per fault."""

    sound: pl.DataFrame
    faults: pl.DataFrame
    rejected: int
    rejected_partners: frozenset[str]


@dataclass(frozen=True)
class Rules:
    """What every batch of a file is held against; `failed`: header → the records in which a formula there failed."""

    contract: Contract
    cells: tuple[Cell, ...]
    schema: DataFrameSchema
    roster: pl.Series | None
    wide: Collection[int]
    checks: Sequence[RowCheck] = ()
    failed: Mapping[str, frozenset[int]] = field(default_factory=dict)


def check(raw: pl.DataFrame, rules: Rules) -> Checked:
    """Parses and validates one batch; blank rows must be gone already."""
    is_wide = pl.col(RECORD).is_in(list(rules.wide))
    wide, rest = (raw.filter(is_wide), raw.filter(~is_wide)) if rules.wide else (raw.clear(), raw)
    typed, unread = _parse(rest, rules.cells)
    broken = _broken_rules(rest, typed, rules)
    if unread:
        broken = broken.join(pl.concat(unread), on=[RECORD, "column"], how="anti")
    failed = _failed_formulas(rest, typed, rules)
    later = pl.concat([broken, _unknown_partners(typed, rules)])
    later = later if failed.is_empty() else later.join(failed, on=[RECORD, "column"], how="anti")
    faults = pl.concat([_wide_rows(wide), *unread, failed, later])
    faults = pl.concat([faults, *_other_currencies(rest, typed, rules, faults)])
    if rules.checks:
        faults = pl.concat([faults, _failed_checks(rest, typed, rules).join(faults, on=[RECORD, "column"], how="anti")])
    if faults.is_empty():
        return Checked(typed, faults, 0, frozenset())
    bad = faults[RECORD].unique()
    is_bad = pl.col(RECORD).is_in(bad.implode())
    partners = set(typed.filter(is_bad)["partner_id"].drop_nulls()) if "partner_id" in typed.columns else set()
    return Checked(typed.filter(~is_bad), faults, bad.len(), frozenset(partners))


def _parse(raw: pl.DataFrame, cells: Sequence[Cell]) -> tuple[pl.DataFrame, list[pl.DataFrame]]:
    """The typed columns with the record, and the faults of cells that could not be read."""
    typed = raw.select(RECORD, *(cell.typed_at_once(raw[cell.header]).alias(cell.field.name) for cell in cells))
    open_cells = [cell for cell in cells if typed[cell.field.name].null_count() != raw[cell.header].null_count()]
    if not open_cells:
        return typed, []
    texts = raw.select(cell.text() for cell in cells if cell in open_cells or cell.field.name == "currency")
    # Lazily, as the text of a number is then undressed once, and not wherever it is looked at.
    careful = [cell.typed(pl.col(cell.field.name)).alias(cell.field.name) for cell in open_cells]
    with_care = texts.lazy().select(careful).collect()
    unread = [fault for cell in open_cells for fault in _unread_cells(raw, texts, with_care, cell)]
    return typed.with_columns(with_care), unread


def _wide_rows(wide: pl.DataFrame) -> pl.DataFrame:
    return wide.select(
        RECORD,
        column=pl.lit(ROW_FAULT),
        value=pl.lit(None, dtype=pl.String),
        rule=pl.lit("too-many-fields"),
    )


def _unread_cells(raw: pl.DataFrame, texts: pl.DataFrame, typed: pl.DataFrame, cell: Cell) -> list[pl.DataFrame]:
    """The cells that hold a text and could not be parsed: those that are null only once typed."""
    name = cell.field.name
    if typed[name].null_count() == texts[name].null_count():
        return []
    is_fault = typed[name].is_null() & texts[name].is_not_null()
    rules = texts.filter(is_fault).select(rule=cell.rule()).to_series()
    return [_cell_faults(raw.filter(is_fault), cell.header).with_columns(rule=_whole(rules, int(is_fault.sum() or 0)))]


def _whole(rules: pl.Series, n: int) -> pl.Series:
    """A literal rule comes as one value for all."""
    return rules if rules.len() == n else rules.new_from_index(0, n)


def _cell_faults(raw: pl.DataFrame, header: str) -> pl.DataFrame:
    """The cells as faults without their rules; an empty text is no value, whichever kind of file it is from."""
    text = pl.col(header).cast(pl.String)
    return raw.select(RECORD, column=pl.lit(header), value=pl.when(text != "").then(text))


def _broken_rules(raw: pl.DataFrame, typed: pl.DataFrame, rules: Rules) -> pl.DataFrame:
    if typed.is_empty() or _failures(_telling_rows(typed, rules), rules.schema).is_empty():
        return FAULTS.to_frame()
    cases = _failures(typed, rules.schema)
    headers = {cell.field.name: cell.header for cell in rules.cells}
    return pl.concat(
        _cell_faults(raw[of["index"].to_list()], headers[str(name)]).with_columns(
            rule=of["check"].replace_strict(_RULES, return_dtype=pl.String)
        )
        for (name,), of in cases.group_by("column", maintain_order=True)
    )


def _failures(typed: pl.DataFrame, schema: DataFrameSchema) -> pl.DataFrame:
    """What Pandera finds: one row per cell and rule broken, with column, index and check."""
    try:
        schema.validate(typed, lazy=True)
    except SchemaErrors as fault:
        cases: pl.DataFrame = fault.failure_cases
        if cases["index"].has_nulls() or not cases["check"].is_in(list(_RULES)).all():
            raise
        return cases
    return pl.DataFrame(schema=["column", "index", "check"])


def _telling_rows(typed: pl.DataFrame, rules: Rules) -> pl.DataFrame:
    """A frame, mostly of a few rows, in which a column breaks one of its rules exactly where it does in `typed`.

    Every rule concerns one cell alone. So each distinct value stands for all cells that hold it, and of a column with
    nothing but bounds the least and the greatest value stand for all between them.
    """
    told = [_telling_values(typed[name], rules.contract.field(name)) for name in rules.schema.columns]
    height = max((values.len() for values in told), default=0)
    return pl.DataFrame([values.extend_constant(values[-1], height - values.len()) for values in told])


def _telling_values(cells: pl.Series, field: Field) -> pl.Series:
    """The cells' values that the field's rules have to see, one of them null if any cell is; never none."""
    if field.enum or field.pattern is not None:
        return cells.unique()
    if field.minimum is None and field.maximum is None:
        values = cells.head(1)
    else:
        values = pl.Series(cells.name, [cells.min(), cells.max()], dtype=cells.dtype)
    return values.extend_constant(None, 1) if cells.has_nulls() else values


def _unknown_partners(typed: pl.DataFrame, rules: Rules) -> pl.DataFrame:
    has_partner = any(key.columns == ("partner_id",) for key in rules.contract.foreign_keys)
    if rules.roster is None or not has_partner:
        return FAULTS.to_frame()
    is_unknown = typed["partner_id"].is_not_null() & ~typed["partner_id"].is_in(rules.roster.implode())
    header = next(cell.header for cell in rules.cells if cell.field.name == "partner_id")
    return typed.filter(is_unknown).select(
        RECORD, column=pl.lit(header), value="partner_id", rule=pl.lit("unknown-partner")
    )


def _failed_formulas(raw: pl.DataFrame, typed: pl.DataFrame, rules: Rules) -> pl.DataFrame:
    """The faults of cells with the error of a formula that would pass for a text; those mapped to a word are none."""
    found = [FAULTS.to_frame()]
    for cell in rules.cells:
        records = rules.failed.get(cell.header)
        if records:
            is_error = pl.col(RECORD).is_in(list(records)) & ~pl.col(cell.header).is_in(list(cell.values))
            at_fault = raw.filter(typed[cell.field.name].is_not_null()).filter(is_error)
            found.append(_cell_faults(at_fault, cell.header).with_columns(rule=pl.lit("formula-failed")))
    return pl.concat(found)


def _other_currencies(
    raw: pl.DataFrame, typed: pl.DataFrame, rules: Rules, faults: pl.DataFrame
) -> Iterator[pl.DataFrame]:
    """The faults of amounts that name another currency than their row, where nothing is wrong with the row's own."""
    own = next((cell.header for cell in rules.cells if cell.field.name == CURRENCY), None)
    unsure = faults.filter(pl.col("column") == pl.lit(own, dtype=pl.String))
    for cell, records in cells_of_other_currencies(raw, typed, rules.contract, rules.cells):
        at_fault = raw.filter(pl.col(RECORD).is_in(records.implode())).join(unsure, on=RECORD, how="anti")
        fresh = _cell_faults(at_fault, cell.header).with_columns(rule=pl.lit("currency-differs"))
        yield fresh.join(faults, on=[RECORD, "column"], how="anti")


def _failed_checks(raw: pl.DataFrame, typed: pl.DataFrame, rules: Rules) -> pl.DataFrame:
    """The faults that the programs' own rules find."""
    headers = {cell.field.name: cell.header for cell in rules.cells}
    rows = typed.select(with_all_columns(rules.contract, list(headers)))
    failed = [
        _cell_faults(raw.filter(rows.select(each.is_fault).to_series()), headers[each.column]).with_columns(
            rule=pl.lit(each.rule)
        )
        for each in rules.checks
        if each.column in headers
    ]
    return pl.concat([FAULTS.to_frame(), *failed])
