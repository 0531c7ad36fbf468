"""Cells: from what a file holds to the contract's types, and why a cell could not be read.

Strict: a text that does not match its pattern is a fault, never a guess. Each step works on one column of one batch
and looks for reasons only where there is a fault.
"""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

import polars as pl

from tierctl import money
from tierctl.contracts import Contract, Field
from tierctl.ingest.formats import Patterns, patterns, plain
from tierctl.ingest.parquet_files import WHOLE_DIGITS, fits, may_overflow

if TYPE_CHECKING:
    from tierctl.workspace import ExportConfig

_AFFIX = r"(?:\p{Sc}|[A-Z]{3}|%|\s)*"
_TOO_LARGE = 10**WHOLE_DIGITS
_LARGEST_FLOAT = sys.float_info.max
_FLOATS_WITHOUT_EXPONENT = 10**15  # from about here on a float's text has an exponent, and the float has no decimals


@dataclass(frozen=True)
class Cell:
    """How one column of a file becomes one column of the contract."""

    field: Field
    header: str
    dtype: pl.DataType
    target: pl.DataType
    values: Mapping[str, str]
    patterns: Patterns

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

    def text(self) -> pl.Expr:
        """The cell's text with values mapped and words for nothing made null; the cell itself where it is only cast.

        Ids keep the blanks around them; cells of every other kind lose them. A cell of blanks is empty everywhere.
        """
        raw = pl.col(self.header)
        if not self.is_text:
            return raw.alias(self.field.name)
        text = _with_values(_as_text(raw, self.dtype), self.values)
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
        is_plain = self.dtype == pl.String and self.field.type != "string" and not self.values
        if not is_plain or self.patterns.missing_words != ("",):
            return self.typed(self.text()) if not self._needs_currency else pl.lit(None, dtype=self.target)
        if self.field.type == "date" and not self.patterns.has_time and _all_match(raw, self.patterns.date):
            return cell.str.to_date(self.patterns.date_format, strict=False)
        if self.field.type != "integer":
            return self.typed(cell)
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
            return _within(cell, self.target) if may_overflow(self.dtype) else cell
        if self.field.type == "string":
            return text
        if self.field.type == "date":
            return _date(text, self.patterns)
        if self.field.type == "boolean":
            words = self.patterns
            return pl.when(text.is_in(words.true_words)).then(True).when(text.is_in(words.false_words)).then(False)
        bare = bare_number(text, self.patterns)
        return _number(bare, bare.str.contains(self._pattern()) & self._is_exact(bare), self.patterns, self.target)

    def rule(self) -> pl.Expr:
        """The rule that a text breaks, for texts known to be at fault; over a frame of texts."""
        if self.field.type == "date":
            return pl.lit("not-a-date")
        if self.field.type == "boolean":
            return pl.lit("not-a-boolean")
        if not self.is_text:
            return pl.lit("number-too-large")
        if self.dtype.is_float():
            is_huge = (
                pl.col(self.field.name).cast(pl.Float64, strict=False).abs().is_between(_TOO_LARGE, _LARGEST_FLOAT)
            )
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
    """How the columns that a file brings are read, in the contract's order."""
    said = patterns(config.format)
    return tuple(
        Cell(
            contract.field(name),
            theirs[name],
            dtype := raw_schema[theirs[name]],
            contract.polars_schema[name],
            {their.strip(): our for their, our in config.values.get(name, {}).items()},
            said if dtype.base_type() in (pl.String, pl.Categorical, pl.Enum) else plain(said),
        )
        for name in contract.names
        if name in theirs
    )


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


def _as_text(raw: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    if dtype == pl.String:
        return raw
    if dtype.is_float():
        is_whole = raw.abs().is_between(_FLOATS_WITHOUT_EXPONENT, _TOO_LARGE, closed="left")
        return pl.when(is_whole).then(raw.cast(pl.Int128, strict=False).cast(pl.String)).otherwise(raw.cast(pl.String))
    if isinstance(dtype, pl.Datetime):
        return raw.dt.to_string("%Y-%m-%d %H:%M:%S%.f").str.replace(r" 00:00:00(?:\.0+)?$", "")
    return raw.cast(pl.String)


def _with_values(text: pl.Expr, values: Mapping[str, str]) -> pl.Expr:
    if not values:
        return text
    text = text.fill_null("") if "" in values else text
    mapped = text.str.strip_chars().replace_strict(
        list(values), list(values.values()), default=None, return_dtype=pl.String
    )
    return pl.coalesce(mapped, text)


def _date(text: pl.Expr, like: Patterns) -> pl.Expr:
    sound = pl.when(text.str.contains(like.date)).then(text)
    if not like.has_time:
        return sound.str.to_date(like.date_format, strict=False)
    moment = sound.str.to_datetime(like.date_format, strict=False)
    return pl.when(moment == moment.dt.truncate("1d")).then(moment.dt.date())


def bare_number(text: pl.Expr, like: Patterns) -> pl.Expr:
    """The number without the signs of currency, percent and blanks around it, where the format allows them."""
    if like.is_bare:
        return text
    return text.str.replace(rf"^([+-]?){_AFFIX}", "${1}").str.replace(rf"{_AFFIX}$", "")


def _number(text: pl.Expr, is_sound: pl.Expr, like: Patterns, target: pl.DataType) -> pl.Expr:
    sound: pl.Expr = pl.when(is_sound).then(text)
    if like.group_char is not None:
        sound = sound.str.replace_all(like.group_char, "", literal=True)
    if like.decimal_char != ".":
        sound = sound.str.replace(like.decimal_char, ".", literal=True)
    if target == pl.Int64:
        sound = sound.str.replace(r"\.0+$", "")
    return _within(sound.cast(target, strict=False), target)


def _within(cell: pl.Expr, target: pl.DataType) -> pl.Expr:
    """The cell, or null where it is beyond what the contract's numbers and dates reach to."""
    if target == pl.Date:
        return pl.when(cell.is_between(date.min, date.max)).then(cell)
    if isinstance(target, pl.Decimal):
        return pl.when(cell.abs() < pl.lit(Decimal(_TOO_LARGE), dtype=target)).then(cell)
    return cell
