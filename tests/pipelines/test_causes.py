"""Causes: each of them alone moves what was worked out by hand, and together they add up, in either direction."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from tests.scenarios import merged, program_text
from tests.scenarios.run import frames, parsed
from tierctl.diffs.basis import CAUSES, Basis
from tierctl.diffs.items import Tables
from tierctl.diffs.mixed import mixed
from tierctl.diffs.waterfall import Way, waterfall
from tierctl.findings import CannotRunError, error
from tierctl.fiscal import Calendar
from tierctl.program.in_use import contracts_of
from tierctl.review import review

PROGRAM: dict[str, Any] = {
    "id": "made",
    "name": "Made",
    "clause": "M",
    "currency": "USD",
    "enrollment": "automatic",
    "effective_from": date(2025, 1, 1),
    "policy": {
        "rounding": "half_even",
        "takes_effect": "month_end",
        "terminated_partners": "until_terminated",
        "fx": {"flow": "row_date", "level": "month_end", "payout": "row_date", "max_age_days": 45},
    },
    "metrics": {
        "wins": {
            "from": "opportunities",
            "count": "opportunity_id",
            "where": {"stage": "won"},
            "on": "closed_on",
            "window": "calendar_quarter",
        }
    },
    "tracks": {
        "main": {
            "promotion": "automatic",
            "downgrade": "automatic",
            "remediation_days": 0,
            "tiers": [
                {"id": "base"},
                {"id": "gold", "holds": "while_met", "requires": {"wins": {"at_least": 2}}},
            ],
        }
    },
    "commissions": {"spiff": {"from": "mrr", "earned_on": "invoiced_on", "base": "mrr", "rate": "10 %"}},
    "payout": {"currency": "USD", "pay_when": {"more_than": 1000}},
}
SOLD = date(2025, 1, 10)
ROWS: dict[str, list[dict[str, Any]]] = {
    "partners": [{"partner_id": "A"}, {"partner_id": "B"}],
    "fx_rates": [{"currency": "EUR", "rate_on": date(2025, 1, 2), "rate": Decimal("1.1")}],
    "mrr": [
        {"partner_id": "A", "line_id": "L1", "mrr": 100, "invoiced_on": SOLD},
        {"partner_id": "A", "line_id": "L2", "mrr": 200, "currency": "EUR", "invoiced_on": SOLD},
        {"partner_id": "B", "line_id": "L3", "mrr": 300, "invoiced_on": SOLD},
    ],
    "opportunities": [
        {"partner_id": "A", "opportunity_id": "O1", "stage": "won", "closed_on": SOLD},
        {"partner_id": "A", "opportunity_id": "O2", "stage": "won", "closed_on": SOLD},
    ],
    "decisions": [],
}
APPROVED = {
    "decision_id": "D1",
    "partner_id": "B",
    "program": "made",
    "track": "main",
    "tier": "gold",
    "decision": "placed",
    "effective_on": date(2025, 1, 5),
    "through": date(2025, 6, 30),
    "decided_by": "Kim",
}
MONTHS = Calendar.months()


def rows_with(export: str, *rows: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """The usual rows, but for one export."""
    return {**ROWS, export: list(rows)}


def basis(
    rows: dict[str, list[dict[str, Any]]] = ROWS,
    *,
    program: dict[str, Any] = PROGRAM,
    month: str = "2025-01",
    calendar: Calendar = MONTHS,
) -> Basis:
    """All that a month is evaluated from, money beginning in January; rows are read until the month's last day."""
    parsed_program = parsed(program_text(program))
    last = calendar.month(month).last
    contracts = contracts_of([parsed_program])
    exports = {
        name: tuple(part.filter(pl.col(day) <= last) if (day := contracts[name].row_date) else part for part in parts)
        for name, parts in frames(program, rows).items()
    }
    return Basis(
        calendar.month(month),
        (parsed_program,),
        exports,
        {name: contracts[name] for name in exports},
        calendar,
        money_from=calendar.month("2025-01"),
    )


def evaluate(of: Basis) -> Tables:
    """The review of a basis."""
    return review(
        of.programs, of.exports, of.calendar, of.month, repeating=of.repeating, money_from=of.money_from
    ).tables


def causes(a: Basis, b: Basis) -> list[tuple[Any, ...]]:
    """What moves from one to the other: cause, partner, item, before, after, difference."""
    tables = evaluate(a), evaluate(b)
    found = waterfall(tables, Way.between(a, b), evaluate, month=b.month.label)
    order = pl.col("cause").cast(pl.Enum(CAUSES))
    told = found.sort(order, "partner_id", "item").select(
        "cause", "partner_id", "item", "before", "after", pl.col("difference").cast(pl.Float64)
    )
    return told.rows()


def test_the_same_basis_moves_nothing() -> None:
    assert causes(basis(), basis()) == []


MRR, WON = ROWS["mrr"], ROWS["opportunities"]
L1, L2, L3 = MRR
LATE = rows_with("mrr", *MRR, {"partner_id": "B", "line_id": "L5", "mrr": 70, "invoiced_on": date(2025, 1, 28)})
OF_LATE = ("a calendar", "a month")
EACH_ALONE: dict[str, tuple[Basis, list[tuple[Any, ...]]]] = {
    # 10 % of 50 more.
    "a new row": (
        basis(rows_with("mrr", *MRR, {"partner_id": "A", "line_id": "L4", "mrr": 50, "invoiced_on": SOLD})),
        [
            ("new row", "A", "balance", "32", "37", 5),
            ("new row", "A", "commissions.spiff", "32", "37", 5),
        ],
    ),
    # 10 % of 100 instead of 300.
    "a changed row": (
        basis(rows_with("mrr", L1, L2, {**L3, "mrr": 100})),
        [
            ("changed row", "B", "balance", "30", "10", -20),
            ("changed row", "B", "commissions.spiff", "30", "10", -20),
        ],
    ),
    "a row that is another partner's now": (
        basis(rows_with("mrr", {**L1, "partner_id": "B"}, L2, L3)),
        [
            ("changed row", "A", "balance", "32", "22", -10),
            ("changed row", "A", "commissions.spiff", "32", "22", -10),
            ("changed row", "B", "balance", "30", "40", 10),
            ("changed row", "B", "commissions.spiff", "30", "40", 10),
        ],
    ),
    "a removed row": (
        basis(rows_with("mrr", L1, L2)),
        [
            ("removed row", "B", "balance", "30", "0", -30),
            ("removed row", "B", "commissions.spiff", "30", "0", -30),
        ],
    ),
    # 200 EUR at 1.2 are 240 USD, of which 24.
    "a rate of exchange": (
        basis(rows_with("fx_rates", {**ROWS["fx_rates"][0], "rate": Decimal("1.2")})),
        [
            ("rate of exchange", "A", "balance", "32", "34", 2),
            ("rate of exchange", "A", "commissions.spiff", "32", "34", 2),
        ],
    ),
    "a decision": (
        basis(rows_with("decisions", APPROVED)),
        [("decision", "B", "tier", "base", "gold", None)],
    ),
    "a column without a date": (
        basis(rows_with("opportunities", WON[0], {**WON[1], "stage": "lost"})),
        [("undated column", "A", "tier", "gold", "base", None)],
    ),
    "a program": (
        basis(program=merged(PROGRAM, {"commissions": {"spiff": {"rate": "20 %"}}})),
        [
            ("program", "A", "balance", "32", "64", 32),
            ("program", "A", "commissions.spiff", "32", "64", 32),
            ("program", "A", "rate.spiff", "0.1", "0.2", 0.1),
            ("program", "B", "balance", "30", "60", 30),
            ("program", "B", "commissions.spiff", "30", "60", 30),
            ("program", "B", "rate.spiff", "0.1", "0.2", 0.1),
        ],
    ),
    # By weeks January ends on the 25th.
    "a calendar": (
        basis(LATE, calendar=Calendar.weeks("4-4-5", "last saturday of december")),
        [
            ("calendar", "B", "balance", "37", "30", -7),
            ("calendar", "B", "commissions.spiff", "37", "30", -7),
        ],
    ),
    # Of February there is nothing but the balance: no opportunity was won in the month, and the quarter goes on.
    "a month": (
        basis(LATE, month="2025-02"),
        [
            ("month", "A", "commissions.spiff", "32", "0", -32),
            ("month", "B", "commissions.spiff", "37", "0", -37),
        ],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", EACH_ALONE)
def test_each_cause_alone_moves(name: str) -> None:
    b, expected = EACH_ALONE[name]
    assert causes(basis(LATE if name in OF_LATE else ROWS), b) == expected


@pytest.mark.parametrize("name", EACH_ALONE)
def test_backwards_it_moves_the_same_back(name: str) -> None:
    b, expected = EACH_ALONE[name]
    turned = {"new row": "removed row", "removed row": "new row"}
    back = [
        (turned.get(cause, cause), partner, item, after, before, None if moved is None else -moved)
        for cause, partner, item, before, after, moved in expected
    ]
    assert causes(b, basis(LATE if name in OF_LATE else ROWS)) == back


# ---- several at once

ALL = basis(
    {
        **ROWS,
        "fx_rates": [{**ROWS["fx_rates"][0], "rate": Decimal("1.2")}],
        "mrr": [
            {**L2, "mrr": 400},
            L3,
            {"partner_id": "A", "line_id": "L4", "mrr": 50, "currency": "EUR", "invoiced_on": SOLD},
        ],
        "opportunities": [WON[0], {**WON[1], "stage": "lost"}],
        "decisions": [APPROVED],
    },
    program=merged(PROGRAM, {"commissions": {"spiff": {"rate": "20 %"}}}),
)


def test_several_causes_at_once_come_one_after_the_other() -> None:
    """Of A: 32 at 10 %; 64 at 20 %; 20 + 48 at 1.2; without L1 48; with L2 of 400 EUR 96; with 50 EUR more 108."""
    found = [row for row in causes(basis(), ALL) if row[1:3] == ("A", "commissions.spiff")]
    assert [(cause, before, after, moved) for cause, _, _, before, after, moved in found] == [
        ("program", "32", "64", 32),
        ("rate of exchange", "64", "68", 4),
        ("removed row", "68", "48", -20),
        ("changed row", "48", "96", 48),
        ("new row", "96", "108", 12),
    ]


def test_backwards_each_takes_its_turn_too() -> None:
    """Of A: 108; 54 at 10 %; 400 and 50 EUR at 1.1 are 49.50; without L4 44; L2 of 200 EUR 22; with L1 32."""
    found = [row for row in causes(ALL, basis()) if row[1:3] == ("A", "commissions.spiff")]
    assert [(cause, before, after, moved) for cause, _, _, before, after, moved in found] == [
        ("program", "108", "54", -54),
        ("rate of exchange", "54", "49.5", -4.5),
        ("removed row", "49.5", "44", -5.5),
        ("changed row", "44", "22", -22),
        ("new row", "22", "32", 10),
    ]


def test_the_tiers_go_their_own_way() -> None:
    tiers = [(cause, partner, before, after) for cause, partner, item, before, after, _ in causes(basis(), ALL)
             if item == "tier"]  # fmt: skip
    assert tiers == [("decision", "B", "base", "gold"), ("undated column", "A", "gold", "base")]


@pytest.mark.parametrize(("a", "b"), [(basis(), ALL), (ALL, basis())], ids=["there", "back"])
def test_the_parts_add_up_to_the_whole(a: Basis, b: Basis) -> None:
    totals: dict[tuple[str, str], float] = {}
    for _, partner, item, _, _, moved in causes(a, b):
        totals[partner, item] = totals.get((partner, item), 0) + (moved or 0)
    sign = 1 if b is ALL else -1
    assert totals["A", "commissions.spiff"] == sign * 76
    assert totals["B", "commissions.spiff"] == sign * 30
    assert totals["A", "rate.spiff"] == pytest.approx(sign * 0.1)


# ---- rows that differ and move nothing by themselves


def test_what_comes_after_the_review_day_is_no_difference() -> None:
    """A customer leaves in March; seen from January nothing has happened."""
    way = Way.between(basis(), basis(rows_with("mrr", L1, L2, {**L3, "cancelled_on": date(2025, 3, 5)})))
    assert (way.moves["mrr"].causes, list(way.steps())) == (frozenset(), [])


def test_what_comes_between_the_two_review_days_belongs_to_the_month() -> None:
    cancelled = rows_with("mrr", L1, L2, {**L3, "cancelled_on": date(2025, 2, 5)})
    way = Way.between(basis(), basis(cancelled, month="2025-02"))
    assert way.moves["mrr"].causes == {"month"}


def test_a_row_that_has_changed_beside_its_undated_column_is_a_changed_row() -> None:
    other = basis(rows_with("opportunities", WON[0], {**WON[1], "stage": "lost", "amount": 5}))
    assert causes(basis(), other) == [("changed row", "A", "tier", "gold", "base", None)]


# ---- what cannot be told apart, or evaluated


def test_where_inputs_are_not_kept_the_whole_has_that_cause() -> None:
    a, b = basis(), EACH_ALONE["a new row"][0]
    found = waterfall((evaluate(a), evaluate(b)), None, evaluate, month="2025-01")
    assert found.select("cause", "item", "difference").rows() == [
        ("inputs not kept", "balance", Decimal(5)),
        ("inputs not kept", "commissions.spiff", Decimal(5)),
    ]


def test_what_the_same_inputs_do_not_give_any_more_is_tierctl_s() -> None:
    """The reports say 37 in place of 32; with the new row it is 37 in truth, and the two make nothing on the whole."""
    a, b = basis(), EACH_ALONE["a new row"][0]
    old = dict(evaluate(a))
    lines = old["commissions"].lazy().collect()
    old["commissions"] = lines.with_columns(amount=pl.when(pl.col("source_id") == "L1").then(12).otherwise("amount"))
    found = waterfall((old, evaluate(b)), Way.between(a, b), evaluate, month="2025-01")
    assert found.filter(pl.col("item") == "commissions.spiff").select("cause", "before", "after").rows() == [
        ("new row", "32", "37"),
        ("tierctl", "34", "32"),
    ]


def test_a_step_that_cannot_be_evaluated_goes_with_the_next() -> None:
    def evaluate_most(of: Basis) -> Tables:
        """No review where B has no decision at the new rate of 20 %."""
        programs = [program.commissions["spiff"].model_dump()["rate"] for program in of.programs]
        decisions = pl.concat(of.exports["decisions"]).collect()
        if decisions.is_empty() and programs != first:
            raise CannotRunError([error("calendar-too-short", "", "", "made up")])
        return evaluate(of)

    a, b = basis(), replace(ALL, exports={**basis().exports, "decisions": ALL.exports["decisions"]})
    first = [program.commissions["spiff"].model_dump()["rate"] for program in a.programs]
    tables = evaluate(a), evaluate(b)
    found = waterfall(tables, Way.between(a, b), evaluate_most, month="2025-01")
    assert set(found["cause"]) == {"decision"}
    assert found.filter(pl.col("item") == "commissions.spiff")["difference"].to_list() == [Decimal(32), Decimal(30)]


def test_rows_are_exchanged_in_the_part_of_their_partner() -> None:
    """Two parts, a partner each: what is new of either is evaluated with the rest of its rows."""
    extra = [{"partner_id": who, "line_id": f"N{who}", "mrr": 10, "invoiced_on": SOLD} for who in "AB"]
    a, b = basis(), basis(rows_with("mrr", *MRR, *extra))
    whole = a.exports["mrr"][0]
    a = replace(a, exports={**a.exports, "mrr": [whole.filter(pl.col("partner_id") == who) for who in "AB"]})
    parts = mixed(a.exports["mrr"], Way.between(a, b).moves["mrr"], {"new row"})
    assert [sorted(part.collect()["line_id"]) for part in parts] == [["L1", "L2", "NA"], ["L3", "NB"]]


def test_accepting_removals_is_a_matter_of_removed_rows() -> None:
    assert [cause for cause, _ in Way.between(basis(), replace(basis(), accept_removals=True)).steps()] == [
        "removed row"
    ]
