"""What a page is made of: sections with figures, charts and tables whose cells are text and never markup."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any, Final, Literal

from tierctl.cli.layout import number
from tierctl.money import minor_unit

MOST_ROWS: Final = 500
"""So many rows of a table stand in the page; the files beside it hold all of them."""

NOTHING: Final = "·"
_FEWEST_TO_SORT: Final = 2
_FEWEST_TO_SEARCH: Final = 8
_MOST_CHOICES: Final = 12

Kind = Literal["text", "number", "date"]


@dataclass(frozen=True)
class Cell:
    """A cell: `value` is what it sorts by where that is not its text, `note` stands below it.

    `style` is a class of the page, `href` the file that its text leads to; empty: none.
    """

    text: str
    value: str = ""
    note: str = ""
    style: str = ""
    href: str = ""


@dataclass(frozen=True)
class Column:
    """A column: `is_choice` says that readers may want the rows of one of its words alone."""

    title: str
    kind: Kind = "text"
    is_choice: bool = False


@dataclass(frozen=True)
class Table:
    """A table.

    Attributes:
        id: its id in the page.
        caption: what it holds.
        columns: its columns; the first names what each row is of.
        rows: its rows.
        sums: rows below the others that add them up.
        rest: how many rows there are beyond these, said in words; empty: none.
        note: what else has to be known to read it.
        is_fixed: whether rows and columns have an order that must stay, on a phone too.
        is_still: whether the page has no script that could sort or search.
    """

    id: str
    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    sums: tuple[tuple[Cell, ...], ...] = ()
    rest: str = ""
    note: str = ""
    is_fixed: bool = False
    is_still: bool = False

    @property
    def told(self) -> "Table":
        """The table without columns in which nothing stands."""
        kept = [at for at in range(len(self.columns)) if not at or any(row[at].text for row in self.rows)]
        return replace(
            self,
            columns=tuple(self.columns[at] for at in kept),
            rows=tuple(tuple(row[at] for at in kept) for row in self.rows),
            sums=tuple(tuple(row[at] for at in kept) for row in self.sums),
        )

    @property
    def is_sorted(self) -> bool:
        """Whether readers may put the rows in another order."""
        return not self.is_fixed and not self.is_still and len(self.rows) >= _FEWEST_TO_SORT

    @property
    def is_searched(self) -> bool:
        """Whether there is enough in it to search."""
        return self.is_sorted and len(self.rows) >= _FEWEST_TO_SEARCH

    @property
    def choices(self) -> tuple[tuple[int, str, tuple[str, ...]], ...]:
        """The columns to choose a word of: place, title, and the words in the order in which they come."""
        found = []
        for place, column in enumerate(self.columns):
            words = tuple(dict.fromkeys(row[place].text for row in self.rows))
            if column.is_choice and self.is_searched and 1 < len(words) <= _MOST_CHOICES:
                found.append((place, column.title, words))
        return tuple(found)


@dataclass(frozen=True)
class Chart:
    """A drawing: its SVG, and what it shows in words, for who does not see it and for who has no time."""

    title: str
    svg: str
    words: str


@dataclass(frozen=True)
class Figure:
    """A headline figure: what it counts, how many, a note; `style` is a class of the page."""

    label: str
    text: str
    note: str = ""
    style: str = ""


@dataclass(frozen=True)
class Section:
    """A section: its id in the page, its title and level, the finding in a sentence, and what shows it.

    The tables `beside` are small enough to stand beside its charts. One that `is_heading` only heads those that follow.
    """

    id: str
    title: str
    lead: str = ""
    level: int = 2
    figures: tuple[Figure, ...] = ()
    charts: tuple[Chart, ...] = ()
    beside: tuple[Table, ...] = ()
    tables: tuple[Table, ...] = ()
    notes: tuple[str, ...] = ()
    is_heading: bool = False


def count_cell(value: int) -> Cell:
    """A count; nothing is a dot."""
    return Cell(number(value) if value else NOTHING, str(value))


def number_cell(value: Decimal | None) -> Cell:
    """A number; what is not known is empty, and sorts after all others."""
    return Cell("" if value is None else number(value), plain(value))


def money_cell(value: Decimal, currency: str) -> Cell:
    """An amount with its currency's decimals, to the last digit; nothing is a dot."""
    return Cell(money(value, currency) if value else NOTHING, plain(value), style="minus" if value < 0 else "")


def date_cell(day: date | None) -> Cell:
    """A day."""
    return Cell("" if day is None else str(day), "" if day is None else str(day))


def money(value: Decimal, currency: str) -> str:
    """An amount with its currency's decimals, and with more only where it has more.

    >>> money(Decimal("-1200.500000"), "USD"), money(Decimal("300"), "JPY"), money(Decimal("0.125"), "EUR")
    ('-1,200.50', '300', '0.125')
    """
    places = minor_unit(currency)
    return number(value) if value != round(value, places) else f"{value:,.{places}f}"


def plain(value: Decimal | None) -> str:
    """A number as scripts read it.

    >>> plain(Decimal("-1200.500000")), plain(Decimal("1E+3")), plain(None)
    ('-1200.500000', '1000', '')
    """
    return "" if value is None else f"{value:f}"


def cut(table: Table, place: str, total: int | None = None) -> Table:
    """A table with as many rows as a page takes, and where the others are.

    Args:
        table: the table, all its rows or the first of them.
        place: the file with all of them.
        total: how many there are; None: those that stand in it.
    """
    rest = (len(table.rows) if total is None else total) - MOST_ROWS
    if rest <= 0:
        return table
    return replace(table, rows=table.rows[:MOST_ROWS], rest=f"{number(rest)} more in {place}")


def share_of(part: Decimal | int, whole: Decimal | int) -> Decimal:
    """A share of the whole between nothing and all of it; what cannot be one is nothing."""
    if not whole or whole < 0:
        return Decimal()
    return min(max(Decimal(part) / Decimal(whole), Decimal()), Decimal(1))


def heights(rows: Sequence[Any], most: int) -> tuple[Sequence[Any], int]:
    """The first rows, and how many there are beyond them."""
    return rows[:most], max(0, len(rows) - most)
