"""What the tests of forecasts and of the next tier are written with: a small ladder, and years of revenue and deals."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import polars as pl

from tierctl.contracts import conform, report_contract
from tierctl.example_tables import tables_of
from tierctl.fiscal import Calendar
from tierctl.forecast import forecast
from tierctl.inputs import begin, in_turn
from tierctl.ladders import Ladder
from tierctl.next_tier import next_tier
from tierctl.opened import decisions_on
from tierctl.program.load import load_text
from tierctl.program.model import Program
from tierctl.qualify import qualify
from tierctl.requalification import requalification
from tierctl.standing import fold

CALENDAR = Calendar.months()
Rows = dict[str, list[dict[str, Any]]]

_TEXT = """
id = "p"
name = "P"
currency = "USD"
enrollment = "automatic"
effective_from = 2025-01-01
{top}
[policy]
rounding = "half_even"
takes_effect = "month_end"
[metrics.sold]
from = "mrr"
sum = "mrr"
on = "sold_on"
window = "{window}"
[metrics.deals]
from = "opportunities"
count = "opportunity_id"
on = "submitted_on"
window = "{window}"
[metrics.seats]
from = "partner_services"
sum = "seats"
running = {{ since = "starts_on", before = "ends_on" }}
{metrics}
[tracks.t]
promotion = "{promotion}"
each_tier_requires = "{each}"
shows = ["sold", "deals", "seats"]
{track}
[[tracks.t.tiers]]
id = "base"
"""
_TIER = """
[[tracks.t.tiers]]
id = "{tier}"
"""
_EARNED = """requires = {{ {requires} }}
holds = "{holds}"
"""


def program(
    *,
    window: str = "calendar_year",
    promotion: str = "automatic",
    each: str = "its_own",
    top: str = "",
    metrics: str = "",
    track: str = "",
    holds: str = "through_calendar_year",
    **tiers: str,
) -> Program:
    """A track of a base and these tiers, lowest first, each with its requirements; an empty text stands for none."""
    text = _TEXT.format(window=window, promotion=promotion, each=each, top=top, metrics=metrics, track=track)
    for tier, requires in tiers.items():
        text += _TIER.format(tier=tier) + (_EARNED.format(requires=requires, holds=holds) if requires else "")
    loaded, findings = load_text(text, "p.toml")
    assert loaded is not None, "\n".join(map(str, findings))
    return loaded


@dataclass(frozen=True)
class Ahead:
    """The reports of one month, each as its contract promises it, as plain rows."""

    next_tier: list[dict[str, Any]]
    requalification: list[dict[str, Any]]
    forecast: list[dict[str, Any]]

    def of(self, criterion: str = "sold", partner: str = "A") -> dict[str, Any]:
        """The only forecast of one criterion of a partner."""
        (row,) = [row for row in self.forecast if (row["partner_id"], row["criterion"]) == (partner, criterion)]
        return row


def ahead(
    of: Program,
    rows: Mapping[str, Sequence[Mapping[str, object]]],
    month: str = "2025-06",
    *,
    calendar: Calendar = CALENDAR,
    only: Sequence[str] | None = None,
    is_cut: bool = False,
) -> Ahead:
    """What a review of the month finds ahead.

    Without a roster there is A alone; `only` are the partners reviewed; `is_cut` puts each row into a part of its own.
    """
    exports = tables_of(of, {"partners": [{"partner_id": "A"}], **rows})
    if is_cut:
        cut = {
            name: [part.slice(at, 1) for part in parts for at in range(len(rows.get(name, ())))]
            for name, parts in exports.items()
        }
        exports = {name: tuple(parts) or exports[name] for name, parts in cut.items()}
    roster = pl.concat(exports["partners"]).collect()
    roster = roster if only is None else roster.filter(pl.col("partner_id").is_in(list(only)))
    begun = begin([of], "t", exports, roster, calendar=calendar, month=calendar.month(month))
    (inputs,) = in_turn([of], "t", begun, exports=exports, calendar=calendar, repeating=(), held={})
    qualified = qualify(inputs, of.tracks["t"])
    standing = fold([qualified], decisions_on(inputs, Ladder("t")))
    ending, above = requalification(inputs, qualified, standing), next_tier(qualified, standing)
    told = forecast(inputs, qualified, ending, above)
    tables = {"next_tier": above, "requalification": ending, "forecast": told}
    said = {"program": of.id, "track": "t", "month": month}
    columns = [pl.lit(value).alias(name) for name, value in said.items()]
    return Ahead(
        **{
            name: conform(table.with_columns(columns), report_contract(name)).to_dicts()
            for name, table in tables.items()
        }
    )


def roster(*partners: str, **columns: object) -> list[dict[str, Any]]:
    """Partners with the same further columns."""
    return [{"partner_id": partner, **columns} for partner in partners]


def sold(
    year: int, until_june: str | int | Decimal, in_all: str | int | Decimal, partner: str = "A"
) -> list[dict[str, Any]]:
    """A year's revenue: so much by the end of June, and so much in all. Its first row is dated on January 1."""
    before, after = Decimal(until_june), Decimal(in_all)
    amounts = [(before, date(year, 1, 1)), (after - before, date(year, 9, 15))]
    return [{"partner_id": partner, "mrr": amount, "sold_on": day} for amount, day in amounts]


def deals(year: int, until_june: int, in_all: int, partner: str = "A") -> list[dict[str, Any]]:
    """A year's deals: so many by the end of June, and so many in all. The first is dated on January 1."""
    days = [date(year, 1, 1)] * until_june + [date(year, 9, 15)] * (in_all - until_june)
    return [{"partner_id": partner, "submitted_on": day} for day in days]
