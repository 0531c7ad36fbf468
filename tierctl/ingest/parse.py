"""Cells: from what a file holds to the contract's types, and why a cell could not be read.

Strict: a text that does not match its pattern is a fault, never a guess. Each step works on one column of one batch
and looks for reasons only where there is a fault.
"""

import sys
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from tierctl import money
from tierctl.cell_patterns import Patterns, patterns, plain
from tierctl.contracts import Contract, Field
from tierctl.fixed_cells import FixedValue, fixed_value
from tierctl.ingest.cell_texts import TOO_LARGE, as_text, bare_number, day, number, with_values, within
from tierctl.ingest.parquet_files import fits, may_overflow

if TYPE_CHECKING:
    from tierctl.workspace import ExportConfig

_LARGEST_FLOAT = sys.float_info.max


@dataclass(frozen=True)
class Cell:
    """How one column of a file becomes one column of the contract.

    Where it `is_fixed`, no file has the column: `header` is what faults call it, and every row has `value`, which is
    of the contract's type already. `literal` is the column that the others of the file are read with.
    """

    field: Field
    header: str
    dtype: pl.DataType
    target: pl.DataType
    values: Mapping[str, str]
    patterns: Patterns
    is_fixed: bool = False
    value: FixedValue = None

    @property
    def literal(self) -> pl.Expr:
        """The column of a cell that is fixed."""
        return pl.lit(self.value, dtype=self.target).alias(self.header)

    @property
    def is_kept_as_it_is(self) -> bool:
        """Whether an accepted row's cell is the file's own: a required text that is not trimmed."""
        is_free_text = self.field.type == "string" and not self.field.enum
        return self.dtype == pl.String and is_free_text and self.field.required and not self.values

    @property
    def is_direct(self) -> bool:
        """Whether no value of the file's type can be at fault: it is only cast, or is text that stays text."""
        return not self.values and fits(self.field, self.dtype)

    @property
    def is_text(self) -> bool:
        """Whether the cells pass through text on their way."""
        return not self.is_direct or self.dtype.base_type() in (pl.String, pl.Categorical, pl.Enum)

    @property
    def may_name_currency(self) -> bool:
        """Whether a sign or a code of a currency may stand beside the amounts of the column."""
        return self.field.is_money and self.is_text and not self.patterns.is_bare

    def text(self) -> pl.Expr:
        """The cell's text with values mapped and words for nothing made null; the cell itself where it is only cast.

        Ids keep the blanks around them; cells of every other kind lose them. A cell of blanks is empty everywhere.
        """
        raw = pl.col(self.header)
        if not self.is_text:
            return raw.alias(self.field.name)
        text = with_values(as_text(raw, self.dtype), self.values)
        trimmed = text.str.strip_chars()
        words = self.patterns.missing_words
        is_missing = trimmed == words[0] if len(words) == 1 else trimmed.is_in(words)
        is_kept = self.field.type == "string" and not self.field.enum
        return pl.when(~is_missing).then(text if is_kept else trimmed).alias(self.field.name)

    def typed_at_once(self, raw: pl.Series) -> pl.Expr:
        """The cell in the contract's type, as far as it is written without frills; null where more needs to be known.

        Most columns of most files are read by this alone: where it leaves no cell null that the file has, the column
        is done. Text is cleaned, so its empty cells may be more than the file's nulls.

        Args:
            raw: the column's cells, which show whether the general way through the text would change any of them.
        """
        cell = pl.col(self.header)
        if self._is_clean(raw):
            return self.typed(cell)
        # What stands around numbers is looked for only where some cell is no bare one.
        quick = self._number if self.is_text and self.field.type == "number" else self.typed
        is_plain = self.dtype == pl.String and self.field.type != "string" and not self.values
        if not is_plain or self.patterns.missing_words != ("",):
            return quick(self.text()) if not self._needs_currency else pl.lit(None, dtype=self.target)
        if self.field.type == "date" and self.patterns.days.is_alone and _all_match(raw, self.patterns.days.pattern):
            return cell.str.to_date(self.patterns.days.day_format, strict=False)
        if self.field.type != "integer":
            return quick(cell)
        return pl.when(cell.str.contains("^[0-9]+$")).then(cell).cast(self.target, strict=False)

    def _is_clean(self, raw: pl.Series) -> bool:
        """Whether `text` would leave every cell as it is, as two comparisons show for most columns.

        A cell between the two bounds begins with a sign that can be seen, so that it is neither empty nor blank; only
        words, which lose the blanks behind them too, have to be looked at one by one.
        """
        if not self.is_direct or self.dtype != pl.String or self.patterns.missing_words != ("",):
            return False
        if self.field.enum:
            words = raw.unique()
            return words.equals(words.str.strip_chars()) and "" not in words
        least, greatest = raw.min(), raw.max()
        return least is None or (str(least) >= "!" and str(greatest) < "\x7f")

    def typed(self, text: pl.Expr) -> pl.Expr:
        """The text in the contract's type; null where it is empty or at fault."""
        if not self.is_text or self.is_direct:
            cell = text if self.dtype == self.target else text.cast(self.target, strict=False)
            return within(cell, self.target) if may_overflow(self.dtype) else cell
        if self.field.type == "string":
            return text
        if self.field.type == "date":
            return day(text, self.patterns.days)
        if self.field.type == "boolean":
            words = self.patterns
            return pl.when(text.is_in(words.true_words)).then(True).when(text.is_in(words.false_words)).then(False)
        return self._number(bare_number(text, self.patterns))

    def _number(self, bare: pl.Expr) -> pl.Expr:
        return number(bare, bare.str.contains(self._pattern()) & self._is_exact(bare), self.patterns, self.target)

    def rule(self) -> pl.Expr:
        """The rule that a text breaks, for texts known to be at fault; over a frame of texts."""
        if self.field.type == "date":
            return pl.lit("not-a-date")
        if self.field.type == "boolean":
            return pl.lit("not-a-boolean")
        if not self.is_text:
            return pl.lit("number-too-large")
        if self.dtype.is_float():
            is_huge = pl.col(self.field.name).cast(pl.Float64, strict=False).abs().is_between(TOO_LARGE, _LARGEST_FLOAT)
            return pl.when(is_huge).then(pl.lit("number-too-large")).otherwise(self._rule_of_text())
        return self._rule_of_text()

    def _rule_of_text(self) -> pl.Expr:
        bare = bare_number(pl.col(self.field.name), self.patterns)
        if self.field.type == "integer":
            return (
                pl.when(bare.str.contains(self._pattern()))
                .then(pl.lit("number-too-large"))
                .otherwise(pl.lit("not-an-integer"))
            )
        return (
            pl.when(~bare.str.contains(self.patterns.number))
            .then(pl.lit("not-a-number"))
            .when(~self._is_exact(bare))
            .then(pl.lit("number-not-exact"))
            .when(~bare.str.contains(self.patterns.precise_number))
            .then(pl.lit("number-too-precise"))
            .otherwise(pl.lit("number-too-large"))
        )

    @property
    def _needs_currency(self) -> bool:
        return self.dtype.is_float() and self.field.is_money

    def _pattern(self) -> str:
        return self.patterns.integer if self.field.type == "integer" else self.patterns.precise_number

    def _is_exact(self, text: pl.Expr) -> pl.Expr:
        """Whether a float's shortest text has no more decimals than its currency: else it never was that amount."""
        if not self._needs_currency:
            return pl.lit(value=True)
        decimals = text.str.extract(r"\.(\d*[1-9])0*$").str.len_chars().fill_null(0)
        allowed = pl.lit(money.USUAL_MINOR_UNIT)
        for unit in sorted(set(money.UNUSUAL_MINOR_UNITS.values())):
            codes = [code for code, digits in money.UNUSUAL_MINOR_UNITS.items() if digits == unit]
            allowed = pl.when(pl.col("currency").is_in(codes)).then(unit).otherwise(allowed)
        return decimals <= allowed


def cells(
    contract: Contract, theirs: Mapping[str, str], raw_schema: pl.Schema, config: "ExportConfig"
) -> tuple[Cell, ...]:
    """How the columns that a file brings are read, and those that are fixed beside them, in the contract's order."""
    return tuple(
        _cell(contract, name, theirs[name], raw_schema[theirs[name]], config)
        if name in theirs
        else _fixed_cell(contract, name, raw_schema, config)
        for name in contract.names
        if name in theirs or name in config.fixed
    )


def fixed_columns(of: Sequence[Cell]) -> list[pl.Expr]:
    """The columns that a file lacks and every row of it has nevertheless, by the headers of their cells."""
    return [cell.literal for cell in of if cell.is_fixed]


def _cell(contract: Contract, name: str, header: str, dtype: pl.DataType, config: "ExportConfig") -> Cell:
    fmt = config.cell_format(name)
    is_text = dtype.base_type() in (pl.String, pl.Categorical, pl.Enum)
    values = {their.strip(): our for their, our in config.values.get(name, {}).items()}
    field = contract.field(name)
    like = patterns(fmt) if is_text else plain(fmt)
    return Cell(field, header, dtype, contract.polars_schema[name], values, like)


def _fixed_cell(contract: Contract, name: str, headers: Container[str], config: "ExportConfig") -> Cell:
    field, target, fmt = contract.field(name), contract.polars_schema[name], config.cell_format(name)
    value = fixed_value(config.fixed[name], field, fmt, config.values.get(name, {}))
    # A header of our name may be another column of ours.
    header = name if name not in headers else f"{name} (fixed)"
    return Cell(field, header, target, target, {}, plain(fmt), is_fixed=True, value=value)


def with_all_columns(contract: Contract, brought: Sequence[str]) -> list[pl.Expr]:
    """The contract's columns in order: those brought with their defaults filled in, the others null or the default."""
    schema = contract.polars_schema
    return [
        _filled(field, schema[field.name]) if field.name in brought else _absent(field, schema[field.name])
        for field in contract.fields
    ]


def _filled(field: Field, dtype: pl.DataType) -> pl.Expr:
    column = pl.col(field.name)
    return column if field.default is None else column.fill_null(pl.lit(field.default).cast(dtype))


def _absent(field: Field, dtype: pl.DataType) -> pl.Expr:
    return pl.lit(field.default).cast(dtype).alias(field.name)


def _all_match(texts: pl.Series, pattern: str) -> bool:
    """Whether every text that there is matches; quick, as dates are few and stand in many rows each."""
    return bool(texts.unique().str.contains(pattern).all())
