"""What the sheets of a workbook add up to: every column of money by program, rule, kind and currency.

A total is a formula over its sheet, with its exact value beside it for readers that do not compute. Where a sheet
cannot hold every amount, or a formula could take an id for something else, the total stands there without a formula.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

import polars as pl
from xlsxwriter.utility import quote_sheetname, xl_col_to_name

from tierctl.contracts import Contract, Field
from tierctl.report.exact_json import plain
from tierctl.report.sheet_cells import MOST_DIGITS, is_held
from tierctl.report.tables import Filed, Table, plain_text

BY: Final = ("program", "rule", "kind", "currency")
"""What a total is of, as far as the table has it; `currency` is that of the column."""

_SCALE: Final = 6
# A formula's criterion takes these for themselves: no wildcard, no comparison, no number, and it is not too long.
_PLAIN_ID: Final = re.compile(r"(?!(?i:true|false)$)[A-Za-z][A-Za-z0-9_]{0,99}")


@dataclass(frozen=True)
class Total:
    """What the amounts of one column and one group add up to, exactly, and whether a formula can tell it too.

    `of` are the words that it is of, by the names in `BY`; a table without such a column lacks its name.
    """

    table: str
    field: Field
    of: Mapping[str, str | None]
    rows: int
    amount: Decimal
    has_formula: bool

    def formula(self, sheet: Sequence[str], height: int, cells: Mapping[str, str]) -> str:
        """The total as a formula.

        Args:
            sheet: the columns of the table's sheet, in order.
            height: how many rows the table has.
            cells: the cells with the words that it is of.
        """
        columns = {**{name: name for name in self.of}, "currency": currency_of(self.column, sheet)}
        parts = [_area(self.table, sheet.index(self.column), height)]
        for name in self.of:
            parts += [_area(self.table, sheet.index(columns[name]), height), cells[name]]
        return f"=ROUND(SUMIFS({','.join(parts)}),{_SCALE})"

    @property
    def column(self) -> str:
        """The column that is added up."""
        return self.field.name

    @property
    def decimals(self) -> int:
        """How many decimals the amount has."""
        return len(plain(self.amount).partition(".")[2])

    @property
    def shown(self) -> float | str:
        """The amount as a cell holds it."""
        text = plain(self.amount)
        return float(text) if len(re.sub(r"[-.]", "", text).strip("0")) <= MOST_DIGITS else text


def totals(table: str, df: Table, contract: Contract, *, has_sheet: bool) -> Iterator[Total]:
    """The totals of a table, column by column as it has them, each by the words that it is of."""
    lf = df.scan() if isinstance(df, Filed) else df.lazy()
    for money in _money(contract, df.schema):
        yield from _of_column(table, lf, money, has_sheet=has_sheet)


def currency_of(column: str, there: Sequence[str]) -> str:
    """The column with the currency of an amount: one of its own, else the row's."""
    own = f"{column}_currency"
    return own if own in there else "currency"


def _money(contract: Contract, schema: pl.Schema) -> list[Field]:
    return [each for each in contract.fields if each.is_money and each.name in schema]


def _of_column(table: str, lf: pl.LazyFrame, money: Field, *, has_sheet: bool) -> Iterator[Total]:
    schema = lf.collect_schema()
    names = schema.names()
    words = {name: currency_of(money.name, names) if name == "currency" else name for name in BY}
    words = {name: column for name, column in words.items() if column in names}
    text = plain_text(money.name, schema[money.name])
    found = (
        lf.filter(pl.col(money.name).is_not_null())
        .group_by(pl.col(column).alias(name) for name, column in words.items())
        .agg(amount=pl.col(money.name).sum(), rows=pl.len(), is_whole=is_held(text).all())
        .sort(*words)
        .collect(engine="streaming")
    )
    for row in found.iter_rows(named=True):
        of = {name: row[name] for name in words}
        is_plain = all(word is not None and _PLAIN_ID.fullmatch(word) for word in of.values())
        has_formula = has_sheet and is_plain and row["is_whole"]
        yield Total(table, money, of, row["rows"], row["amount"], has_formula=has_formula)


def _area(table: str, column: int, height: int) -> str:
    letter = xl_col_to_name(column, col_abs=True)
    return f"{quote_sheetname(table)}!{letter}$2:{letter}${height + 1}"
