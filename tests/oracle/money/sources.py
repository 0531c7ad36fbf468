"""Source rows of a rule: each as it reads on a day, and the row as which it is tested."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from tests.oracle.calendar import FiscalMonth
from tests.oracle.metrics import joined, with_columns
from tests.oracle.money.account import Account, Rule
from tests.oracle.rows import Row
from tests.oracle.world import World


@dataclass(frozen=True)
class Source:
    """One row that may earn.

    Attributes:
        export: where it comes from, or the metric.
        source_id: its key there.
        own: its cells.
        tested: the cells that conditions read: its own, or of the row that it adjusts; None where that is missing.
        order: what orders rows of one day.
    """

    export: str
    source_id: str
    own: Row
    tested: Row | None
    order: tuple[str, ...]


def key_cells(world: World, export: str, row: Row) -> list[str]:
    """The cells of a row's key but for the partner, as texts."""
    return [str(row[column]) for column in world.schema(export).key if column != "partner_id"]


def adjusted(rows: dict[str, Row], row: Row, column: str) -> Row | None:
    """The row that a row adjusts, however many lie between; None where one is missing or they go in a circle."""
    seen = []
    while row[column] is not None:
        if row[column] in seen or row[column] not in rows:
            return None
        seen.append(row[column])
        row = rows[row[column]]
    return row


def sources(world: World, export: str, known: date) -> list[Source]:
    """The partner's rows of an export as they read on a day."""
    rows = with_columns(world, export, known)
    column = world.schema(export).adjusts
    by_key = {"/".join(key_cells(world, export, row)): row for row in rows}
    found = []
    for row in rows:
        key = key_cells(world, export, row)
        tested = adjusted(by_key, row, column) if column else row
        found.append(Source(export, "/".join(key), row, tested, tuple(key)))
    return found


@dataclass(frozen=True)
class Sight:
    """When and how a source row is looked at: for which earned month, and known on which day.

    Attributes:
        earned: the month for which it may earn, on whose last day everything of the partner is read.
        known: the day on which rows are read.
    """

    account: Account
    rule: Rule
    earned: FiscalMonth
    known: date

    @property
    def day(self) -> date:
        """The last day of the earned month."""
        return self.earned.last

    @property
    def world(self) -> World:
        """The partner's world on the rule's track, under the earned month's edition."""
        return self.account.world(self.rule.track, self.day)

    def partner_cells(self) -> Row:
        """The roster's line on the earned month's last day, and that day."""
        roster = self.world.partner_on(self.day)
        return {"month_end": self.day} | {f"partner.{column}": cell for column, cell in roster.items()}

    def with_joined(self, tested: Row) -> tuple[Row, str | None]:
        """A row with the columns of those it is joined with, and the first export that has none for it."""
        cells = tested | self.partner_cells()
        for export, column in self.rule.words.get("with", {}).items():
            other = joined(self.world, export, column, cells, self.known, end=self.day)
            if other is None:
                return cells, export
            cells |= {f"{export}.{name}": cell for name, cell in other.items()}
        return cells, None

    def own_cell(self, source: Source, cells: Row, column: str) -> Any:
        """A cell that stays the row's own whatever it adjusts; of joined exports the row's that it is tested as."""
        return cells[column] if "." in column else source.own[column]

    def currency(self, source: Source, cells: Row, column: str = "") -> str:
        """The currency of a column: the row's, or the joined row's; the program's where that is empty."""
        export, dot, _ = column.rpartition(".")
        said = cells.get(f"{export}.currency") if dot else source.own.get("currency")
        currency: str = said or self.rule.program["currency"]
        return currency
