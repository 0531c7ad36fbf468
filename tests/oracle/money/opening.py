"""What closed months leave to a partner's money: what was posted, what was not paid, and which rows are gone since."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from tests.oracle.calendar import FiscalMonth
from tests.oracle.money.entitlements import Entitlement, Key
from tests.oracle.money.sources import key_cells
from tests.oracle.rows import Row
from tests.oracle.world import Program, World

Exports = Mapping[str, list[Row]]
RuleName = tuple[str, str]
"""A rule's table and name."""
RuleRow = tuple[str, str, str, str]
"""A rule's table and name, a source and a row's key there."""


@dataclass(frozen=True)
class Opening:
    """What a partner's money goes on from.

    Attributes:
        closed: the last closed month; None where nothing is closed.
        posted: all that has been posted, by what it is for.
        balances: what was left unpaid, by currency.
        held: posted rows that are gone today and move no money.
        full: rules with a cap that rows which are gone may fill a part of: what was posted by them stays.
    """

    closed: FiscalMonth | None = None
    posted: Mapping[Key, Entitlement] = field(default_factory=dict)
    balances: Mapping[str, Decimal] = field(default_factory=dict)
    held: frozenset[RuleRow] = frozenset()
    full: frozenset[RuleName] = frozenset()

    @property
    def track(self) -> str | None:
        """The first of the tracks on which something was posted."""
        return min((key.track for key in self.posted), default=None)

    def is_closed(self, label: str) -> bool:
        """Whether a month of that label is closed."""
        return self.closed is not None and label <= self.closed.label

    def is_frozen(self, key: Key) -> bool:
        """Whether what was posted stays as it is: the row is held or shares a cap with one, the month is closed."""
        is_held = row_of(key) in self.held or (key.table, key.rule) in self.full
        return is_held and self.is_closed(key.earned_month)

    @property
    def holds(self) -> bool:
        """Whether anything that was posted is held."""
        return bool(self.held) or any((key.table, key.rule) in self.full for key in self.posted)

    def kept_back(self, granted: Mapping[Key, Entitlement]) -> dict[Key, Entitlement]:
        """Entitlements, those of held rows in closed months being what was posted."""
        free = {key: one for key, one in granted.items() if not self.is_frozen(key)}
        return free | {key: one for key, one in self.posted.items() if self.is_frozen(key)}


def row_of(key: Key) -> RuleRow:
    """The rule and the row of an entitlement."""
    return key.table, key.rule, key.source, key.source_id


def held_rows(
    editions: Sequence[Program], posted: Mapping[Key, Entitlement], world: World, before: Exports, today: Exports
) -> frozenset[RuleRow]:
    """The posted rows that are absent today, or of which a row that they are read with is.

    Args:
        editions: the program's editions.
        posted: what has been posted for the partner.
        world: the partner's world; it says how rows are named.
        before: what the last close read.
        today: what there is now.
    """
    gone = Gone(world, before, today)
    return frozenset(
        row_of(key)
        for key, one in posted.items()
        if (one.gross or one.taken) and key.source in before and gone.is_held(key, editions)
    )


def full_rules(
    editions: Sequence[Program], held: frozenset[RuleRow], world: World, today: Exports
) -> frozenset[RuleName]:
    """The rules under which a held row takes up room in a cap that other rows share: its own, or if it is gone any."""
    there = {source: Gone(world, {}, today).named(source, today) for _, _, source, _ in held}
    gone = {source for _, _, source, key in held if key not in there[source]}
    return frozenset(
        (table, name)
        for one in editions
        for table in ("commissions", "credits")
        for name, rule in one.get(table, {}).items()
        if any(cap["per"] != "row" for cap in rule.get("caps", ()))
        and (rule["from"] in gone or (table, name) in {row[:2] for row in held})
    )


@dataclass(frozen=True)
class Gone:
    """Rows that were there at the last close and are not today."""

    world: World
    before: Exports
    today: Exports

    def named(self, export: str, rows: Exports) -> dict[str, Row]:
        """The rows of an export by their key; those of other partners too, unless the key says whose they are."""
        mine, key = self.world.partner["partner_id"], self.world.schema(export).key
        return {
            "/".join(key_cells(self.world, export, row)): row
            for row in rows.get(export, [])
            if "partner_id" not in key or row["partner_id"] == mine
        }

    def is_gone(self, export: str, name: str) -> bool:
        """Whether a row was there and is not."""
        return name in self.named(export, self.before) and name not in self.named(export, self.today)

    def is_held(self, key: Key, editions: Sequence[Program]) -> bool:
        """Whether a posted row is absent, or what it is read with: a row adjusted, joined or paid by, an enrollment."""
        rows = self.named(key.source, self.today)
        if key.source_id not in rows:
            return True
        row, seen = rows[key.source_id], [key.source_id]
        column = self.world.schema(key.source).adjusts
        while column and row[column] in rows and row[column] not in seen:
            seen.append(row[column])
            row = rows[row[column]]
        if column and row[column] is not None and self.is_gone(key.source, row[column]):
            return True
        rules = [one.get(key.table, {}).get(key.rule, {}) for one in editions]
        if any(map(reads_payments, rules)) and self.lacks_payment(key):
            return True
        return self.lacks_joined(row, rules) or self.lacks_enrollment(key)

    def lacks_joined(self, row: Row, rules: Sequence[Mapping[str, Any]]) -> bool:
        """Whether a row that the rule joins by key is gone."""
        return any(
            row.get(column) is not None and self.is_gone(export, str(row[column]))
            for rule in rules
            for export, column in rule.get("with", {}).items()
            if not self.world.schema(export).valid
        )

    def lacks_payment(self, key: Key) -> bool:
        """Whether a payment of an invoice row is gone."""
        if key.source != "invoices":
            return False
        payments = self.named("payments", self.before).items()
        return any(self.is_gone("payments", name) for name, one in payments if one["invoice_line_id"] == key.source_id)

    def lacks_enrollment(self, key: Key) -> bool:
        """Whether an enrollment of the partner on the rule's track is gone."""
        if not self.world.enrolls:
            return False
        mine, program = self.world.partner["partner_id"], self.world.program["id"]

        def begun(rows: Exports) -> set[date]:
            return {
                row["enrolled_on"]
                for row in rows.get("enrollments", [])
                if (row["partner_id"], row["program"], row["track"]) == (mine, program, key.track)
            }

        return not begun(self.before) <= begun(self.today)


def reads_payments(rule: Mapping[str, Any]) -> bool:
    """Whether a rule asks when, or how much of it, an invoice row was paid."""
    clawbacks = [one["takes_back"] for one in rule.get("clawback", ())]
    return rule.get("earned_on") in {"paid_in_full", "each_payment"} or "refunded_share" in clawbacks
