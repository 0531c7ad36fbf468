"""Generated programs and exports: small ones, with days and amounts where the bounds are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

Table = dict[str, Any]

EDGES = [
    date(2024, 12, 30),
    date(2024, 12, 31),
    date(2025, 1, 1),
    date(2025, 1, 31),
    date(2025, 2, 1),
    date(2025, 2, 28),
    date(2025, 3, 31),
    date(2025, 4, 1),
    date(2025, 6, 28),
    date(2025, 6, 30),
    date(2025, 7, 1),
    date(2025, 12, 27),
    date(2025, 12, 28),
    date(2025, 12, 31),
    date(2026, 1, 1),
    date(2026, 1, 24),
    date(2026, 1, 31),
    date(2026, 6, 30),
    date(2026, 12, 31),
    date(2027, 1, 1),
]
days = st.one_of(st.sampled_from(EDGES), st.dates(date(2024, 11, 1), date(2027, 1, 31)))
early_days = st.one_of(st.sampled_from(EDGES[:14]), st.dates(date(2024, 12, 1), date(2025, 12, 31)))
amounts = st.sampled_from([Decimal(text) for text in ("100", "99.99", "0.01", "60", "40", "150", "-40", "-0.01")])
windows = st.sampled_from(
    [
        "calendar_month",
        "calendar_quarter",
        "calendar_half",
        "calendar_year",
        "fiscal_month",
        "fiscal_quarter",
        "fiscal_half",
        "fiscal_year",
        {"fiscal_months": 1},
        {"fiscal_months": 3},
        {"days": 1},
        {"days": 45},
        "lifetime",
    ]
)
periods = st.sampled_from(["calendar_year", "calendar_quarter", "fiscal_half", "fiscal_quarter"])
holds = st.sampled_from(
    [
        "through_next_calendar_year",
        "through_calendar_year",
        "through_next_fiscal_quarter",
        "through_calendar_quarter",
        "through_fiscal_month",
        {"days": 1},
        {"days": 40},
        {"fiscal_months": 1},
        {"fiscal_months": 5},
    ]
)
calendars: st.SearchStrategy[Table] = st.sampled_from(
    [
        {"kind": "months"},
        {"kind": "months", "year_starts": 7},
        {"kind": "4-4-5", "year_ends": "last saturday of december"},
        {"kind": "4-5-4", "year_ends": "saturday nearest january 31"},
    ]
)
labels = st.builds(lambda n: f"{2025 + n // 12}-{n % 12 + 1:02d}", st.integers(0, 25))


@dataclass(frozen=True)
class Case:
    """A program, partial rows, a calendar and the month to review; and the editions that follow the program.

    `money_from` is the first month whose postings are made, where that is not the month to review; `holidays` are the
    workspace's own.
    """

    program: Table
    rows: dict[str, list[Table]]
    calendar: Table
    month: str
    later: tuple[Table, ...] = ()
    money_from: str | None = None
    holidays: Mapping[str, Sequence[date]] = field(default_factory=dict)

    @property
    def editions(self) -> list[Table]:
        """The program and the editions that follow it, oldest first."""
        return [self.program, *self.later]


def optional(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | strategy


@st.composite
def metrics(draw: st.DrawFn, *, monotone: bool) -> dict[str, Table]:
    """A sum, a count and a level, each in one of several makes."""
    where = st.sampled_from(
        [
            {"order_type": "new_logo", "promotional": False},
            {"order_type": ["new_logo", "add"]},
            {"any": [{"order_type": "new_logo"}, {"mrr": {"at_least": Decimal("99.99")}}]},
            {"order_type": {"not": "renewal"}, "sold_on": {"since": date(2025, 1, 1)}},
        ]
    )
    revenue: Table = {
        "from": "mrr",
        "where": draw(where),
        "sum": "mrr",
        "on": "invoiced_on",
        "window": draw(periods if monotone else windows),
        "clause": "R",
    }
    running = {"since": "invoiced_on", "before": "cancelled_on"}
    revenue |= draw(st.sampled_from([{}, {"running": running}, {"running": running | {"more_than_days": 30}}]))
    deals: Table = {
        "from": "opportunities",
        "count": draw(st.sampled_from(["opportunity_id", "customer_id", ["customer_id", "owner_id"]])),
        "on": "submitted_on",
        "window": draw(windows),
    }
    deals |= draw(
        st.sampled_from(
            [
                {},
                {"where": {"stage": "won"}},
                {"where": {"stage": {"not": "lost"}}},
                {"where": {"amount": {"empty": False}}},
                {"where": {"closed_on": {"at_most": 30, "days_after": "submitted_on"}}},
                {"where": {"partner": {"country": "DE"}}},
            ]
        )
    )
    customers: Table = {
        "from": "mrr",
        "count": "customer_id",
        "running": {"since": "sold_on", "before": "cancelled_on"},
    }
    customers["running"] |= draw(st.sampled_from([{}, {"more_than_days": 60}]))
    return {"revenue": revenue, "deals": deals, "customers": customers}


@st.composite
def requirements(draw: st.DrawFn, *, monotone: bool) -> Table:
    """One to three bounds, or a choice between them."""
    word = st.just("at_least") if monotone else st.sampled_from(["at_least", "at_least", "at_least", "more_than"])
    bounds: list[Table] = [
        {"revenue": {draw(word): draw(st.sampled_from([Decimal(100), Decimal("199.99"), Decimal("0.01")]))}},
        {"deals": {draw(word): draw(st.integers(1, 3))}},
        {"customers": {draw(word): draw(st.integers(1, 2))}},
    ]
    if not monotone:
        bounds += [{"deals": {"at_most": 4}}, {"revenue": {"at_least": 60, "less_than": 500}}]
        bounds += [{"partner": {"country": ["DE", "AT"]}}]
    chosen = draw(st.lists(st.sampled_from(range(len(bounds))), min_size=1, max_size=2, unique=True))
    parts = [bounds[index] for index in chosen]
    names = [name for part in parts for name in part]
    if len(set(names)) == len(names) and draw(st.booleans()):
        return {name: bound for part in parts for name, bound in part.items()}
    return {draw(st.sampled_from(["any", "all"])): parts}


@st.composite
def programs(draw: st.DrawFn, *, monotone: bool = False) -> Table:
    """A program of one track and three tiers, with a benefit and an action each."""
    track = {
        "promotion": "automatic",
        "each_tier_requires": draw(st.sampled_from(["its_own", "all_below_too"])),
        "tiers": [
            {"id": "base"},
            {"id": "silver", "clause": "S", "requires": draw(requirements(monotone=monotone)), "holds": draw(holds)},
            {"id": "gold", "requires": draw(requirements(monotone=monotone)), "holds": draw(holds)},
        ],
    }
    program: Table = {
        "id": "made",
        "name": "Made",
        "currency": "USD",
        "enrollment": "automatic",
        "effective_from": draw(st.sampled_from([date(2025, 1, 1), date(2025, 3, 15)])),
        "policy": {
            "rounding": "half_even",
            "takes_effect": draw(st.sampled_from(["month_end", "month_end", "attained", "next_month"])),
        },
        "metrics": draw(metrics(monotone=monotone)),
        "tracks": {"main": track},
        "benefits": {
            "portal": {"name": "Portal", "tiers": ["base", "silver", "gold"]},
            "events": {"name": "Events", "kind": "count", "tiers": {"silver": 1, "gold": 2}, "terms": "a year"},
            "discount": {"name": "Discount", "kind": "percent", "tiers": {"gold": "12.5 %"}},
            "starter": {"name": "Starter kit", "tiers": ["base"]},
        },
        "actions": {
            "call": {
                "name": "Call",
                "tiers": ["silver", "gold"],
                "every": draw(periods),
                "in_month": draw(st.sampled_from(["first", "last"])),
                "due_fiscal_months": draw(st.integers(0, 2)),
            }
        },
    }
    if draw(st.booleans()):
        program["counts_from"] = draw(st.sampled_from([date(2025, 1, 1), date(2025, 2, 1)]))
    gates: list[Table] = [{}, {"partner": {"good_standing": True}}]
    gates += [] if monotone else [{"customers": {"at_least": 1}}]
    gate = draw(st.sampled_from(gates))
    return program | ({"gate": gate} if gate else {})


def without_empty(row: Table) -> Table:
    return {column: cell for column, cell in row.items() if cell is not None}


@st.composite
def exports(draw: st.DrawFn, *, decided: bool = True) -> dict[str, list[Table]]:
    """One to three partners and their rows."""
    ids = ["A", "B", "C"][: draw(st.integers(1, 3))]
    whose = st.sampled_from(ids)
    partner: st.SearchStrategy[Table] = st.fixed_dictionaries(
        {
            "joined_on": optional(days) if draw(st.booleans()) else st.none(),
            "terminated_on": st.sampled_from(
                [None, None, None, date(2025, 5, 31), date(2025, 7, 1), date(2026, 1, 15)]
            ),
            "good_standing": st.sampled_from([None, True, True, False]),
            "country": st.sampled_from([None, "DE", "AT", "FR"]),
        }
    )
    return {
        "partners": [without_empty({"partner_id": name, **draw(partner)}) for name in ids],
        "mrr": draw(st.lists(sales(whose), max_size=9)),
        "opportunities": draw(st.lists(opportunities(whose), max_size=8)),
        "decisions": draw(st.lists(decisions(whose), max_size=3)) if decided else [],
    }


@st.composite
def sales(draw: st.DrawFn, whose: st.SearchStrategy[str]) -> Table:
    """An order line: sold, perhaps invoiced later, perhaps cancelled later still."""
    sold = draw(early_days | days)
    gap = st.sampled_from([0, 0, 1, 30, 61, 200]).map(timedelta)
    invoiced = draw(optional(st.just(sold) | gap.map(lambda wait: sold + wait)))
    cancelled = draw(st.none() | gap.map(lambda wait: (invoiced or sold) + wait))
    return without_empty(
        {
            "partner_id": draw(whose),
            "customer_id": draw(st.sampled_from(["X", "Y", "Z"])),
            "order_type": draw(st.sampled_from(["new_logo", "new_logo", "new_logo", "add", "renewal"])),
            "mrr": draw(amounts),
            "promotional": draw(st.sampled_from([None, False, True])),
            "sold_on": sold,
            "invoiced_on": invoiced,
            "cancelled_on": cancelled,
        }
    )


@st.composite
def opportunities(draw: st.DrawFn, whose: st.SearchStrategy[str]) -> Table:
    """A deal, or two alike, open or closed some day later."""
    submitted = draw(early_days | days)
    closed = draw(optional(st.sampled_from([0, 30, 31, 100]).map(lambda wait: submitted + timedelta(wait))))
    return without_empty(
        {
            "times": draw(st.integers(1, 2)),
            "partner_id": draw(whose),
            "customer_id": draw(st.sampled_from([None, "X", "Y"])),
            "owner_id": draw(st.sampled_from([None, "p", "q"])),
            "amount": draw(optional(amounts)),
            "submitted_on": submitted,
            "closed_on": closed,
            "stage": draw(st.sampled_from(["won", "lost"])) if closed else "open",
        }
    )


@st.composite
def decisions(draw: st.DrawFn, whose: st.SearchStrategy[str]) -> Table:
    """A decision of any kind on a tier that the kind makes sense for."""
    kind = draw(st.sampled_from(["prequalified", "placed", "approved", "extended", "downgraded", "declined"]))
    tiers = ["base", "silver"] if kind == "downgraded" else ["silver", "gold"]
    effective = draw(early_days)
    through = draw(optional(st.sampled_from([0, 27, 90, 365, 700]).map(lambda wait: effective + timedelta(wait))))
    return without_empty(
        {
            "partner_id": draw(whose),
            "program": draw(st.sampled_from(["made", "made", "made", "other"])),
            "track": "main",
            "tier": draw(st.sampled_from(tiers)),
            "decision": kind,
            "effective_on": effective,
            "through": through,
            "decided_by": "Chief",
        }
    )


@st.composite
def cases(draw: st.DrawFn, *, monotone: bool = False) -> Case:
    """Everything that a review needs; the month is never one before the program begins."""
    program = draw(programs(monotone=monotone))
    label = max(draw(labels), f"{program['effective_from']:%Y-%m}")
    return Case(program, draw(exports(decided=not monotone)), draw(calendars), label)
