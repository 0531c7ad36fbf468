"""The first condition that fails, by its path in the rule; what holds has none."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from tests.oracle.calendar import FiscalMonth
from tests.oracle.looks import Reading
from tests.oracle.money.account import Account
from tests.oracle.money.standing_on import Standings
from tests.oracle.requirements import Requires, Stands, bounds_of, single, some
from tests.oracle.rows import Row, keeps, meets

GROUPS = ("any", "all")
OF_STANDING = ("attested", "tier", "qualified")


@dataclass(frozen=True)
class RowReading(Reading):
    """Requirements of a rule: of the partner on the month's last day, of its standing on the days that the row names.

    `cells` are the row's; None where there is no row and every day is the month's last.
    """

    account: Account = field(kw_only=True)
    month: FiscalMonth = field(kw_only=True)
    row: Row | None = field(kw_only=True)

    def day_named(self, name: str) -> date | None:
        """A day that a rule names: a column of the row, or the month's last day."""
        if name == "month_end" or self.row is None:
            return self.month.last
        day: date | None = self.row[name]
        return day

    def stands(self, leaf: Stands) -> bool:
        """Whether a tier from the one named on, or a qualification, stands on the day, or ever since it."""
        node = (leaf.track or self.world.track, leaf.name if leaf.kind == "qualified" else "")
        standings = Standings(self.account, node)
        if leaf.unbroken_since is not None:
            return standings.unbroken(leaf.name, self.day_named(leaf.unbroken_since), self.month)
        return standings.at_least(leaf.name, self.day_named(leaf.as_of or "month_end"), self.month)


def own_bounds(cells: Row, where: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str, Any]]:
    """The bounds of a condition outside its groups: path, column, the bound."""
    for key, entry in where.items():
        name = f"{prefix}{key}"
        if name in GROUPS:
            continue
        if name in cells:
            for path, _, bound in bounds_of(name, entry):
                yield path, name, bound
        else:
            yield from own_bounds(cells, entry, f"{name}.")


def failing_where(cells: Row, where: Mapping[str, Any], path: str = "") -> str | None:
    """The first bound of a condition that a row fails: its own ones, those of each part of `all`, then `any`."""
    for name, column, bound in own_bounds(cells, where):
        if not meets(cells[column], bound, cells):
            return f"{path}{name}"
    for number, part in enumerate(where.get("all", ()), start=1):
        failed = failing_where(cells, part, f"{path}all.{number}.")
        if failed:
            return failed
    if "any" in where and not any(keeps(cells, part) for part in where["any"]):
        return f"{path}any"
    return None


def failing_requirement(reading: Reading, requires: Requires, path: str = "") -> str | None:
    """The first criterion that does not hold: own ones, what is attested, tier, qualification, `all`, then `any`."""
    own = [key for key in requires if key not in {*GROUPS, *OF_STANDING}]
    for key in [*own, *(word for word in OF_STANDING if word in requires)]:
        for leaf in single(key, requires[key], path):
            if reading.met(leaf) is not True:
                return leaf.path
    for number, part in enumerate(requires.get("all", ()), start=1):
        failed = failing_requirement(reading, part, f"{path}all.{number}.")
        if failed:
            return failed
    if "any" in requires and some(reading.holds(part) for part in requires["any"]) is not True:
        return f"{path}any"
    return None
