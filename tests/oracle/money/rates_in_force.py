"""Rates: what is in force for a partner on the review day, as far as that can be told without a row."""

from collections.abc import Iterator

from tests.oracle.calendar import FiscalMonth
from tests.oracle.looks import open_look
from tests.oracle.metrics import in_force
from tests.oracle.money.account import Account, Rule
from tests.oracle.money.conditions import RowReading, failing_requirement
from tests.oracle.money.figures import NOTHING, Asked, RowNeededError, Said
from tests.oracle.money.sources import Sight
from tests.oracle.rows import Row
from tests.oracle.shown import shown


def rates(account: Account, month: FiscalMonth) -> Iterator[Row]:
    """One row per rule of the month, where the partner takes part in its track."""
    for rule in account.rules(month):
        review = account.reviews.get((rule.track, ""), {}).get(month.label)
        if review is None or review.status in {"terminated", "expired"}:
            continue
        said = rate(account, rule, month)
        yield {
            "track": rule.track,
            "rule": rule.name,
            "rate": shown(said.value),
            "tier": review.tier,
            "clause": said.clause or rule.clause,
        }


def rate(account: Account, rule: Rule, month: FiscalMonth) -> Said:
    """The rate of a rule for the partner; nothing where it does not hold, or where every row has its own."""
    sight = Sight(account, rule, month, month.last)
    day = month.last
    reading = RowReading(sight.world, open_look(day), day, account=account, month=month, row=None)
    if "rate" not in rule.words or failing_requirement(reading, rule.words.get("requires", {})):
        return NOTHING
    try:
        return Asked(sight, reading, agreed(sight), None, day).said(rule.words["rate"])
    except RowNeededError:
        return NOTHING


def agreed(sight: Sight) -> Row:
    """The partner's cells, and those of what it is joined with by day, in force on the month's last day."""
    cells = sight.partner_cells()
    for export in sight.rule.words.get("with", {}):
        schema = sight.world.schema(export)
        row = in_force(sight.world, export, sight.day, sight.known) if schema.valid else None
        cells |= {f"{export}.{name}": cell for name, cell in (row or {}).items()}
    return cells
