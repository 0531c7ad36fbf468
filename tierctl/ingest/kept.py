"""What the last close read and today's exports take over from it, export by export."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, TypeAlias

from tierctl.carried import Carried
from tierctl.export_config import Since
from tierctl.fiscal import Calendar
from tierctl.ingest.kept_rates import KeptRates
from tierctl.ingest.kept_rows import KeptRows, Merged, Today
from tierctl.ingest.row_check import Parts

if TYPE_CHECKING:
    from tierctl.program.model import Exchange, Program
    from tierctl.workspace import Workspace

__all__ = ["Kept", "KeptRates", "KeptRows", "Merged", "Today", "kept_for"]

FX_RATES = "fx_rates"
_AVERAGE = "month_average"

Kept: TypeAlias = KeptRows | KeptRates
"""What `read_exports` merges with an export's accepted rows."""


def kept_for(carried: Carried, workspace: "Workspace", programs: Iterable["Program"]) -> Mapping[str, Kept]:
    """What is taken over from the last close, by export; give it to `read_exports(kept=…)`, through `run.reading`.

    The rates of exchange, wherever a program converts by them; and the earlier rows of each export that covers only
    what is dated since a day. Nothing of an export that the close did not read.

    Args:
        carried: what the last close left.
        workspace: whose exports say what they cover.
        programs: every edition of every program that is replayed.
    """
    exchanges = [program.policy.fx for program in programs if program.policy.fx]
    kept: dict[str, Kept] = {}
    for name, rows in carried.read.items():
        config = workspace.exports.get(name)
        since = config.covers.since if config is not None and isinstance(config.covers, Since) else None
        if name == FX_RATES and exchanges:
            kept[name] = _rates(rows, carried, workspace.calendar, exchanges, since)
        elif since is not None:
            kept[name] = KeptRows(rows, since)
    return kept


def _rates(
    rows: Parts, carried: Carried, calendar: Calendar, exchanges: Sequence["Exchange"], since: date | None
) -> KeptRates:
    limits = [exchange.max_age_days for exchange in exchanges]
    ages = [limit for limit in limits if limit is not None]
    policies = {policy for each in exchanges for policy in (each.flow, each.level, each.payout)}
    return KeptRates(
        rows=rows,
        month=calendar.month(carried.month),
        # Of several programs none may convert otherwise than it did: the one that reaches back furthest decides.
        max_age_days=max(ages) if len(ages) == len(limits) else None,
        averaging=calendar if _AVERAGE in policies else None,
        since=since,
    )
