"""Items, what moves between them, rows that differ, and the proof that parts add up."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from tierctl.contracts import Contract, export_contract, parse_contract, report_contract
from tierctl.diffs.basis import CAUSES, Basis
from tierctl.diffs.differences import AddUpError, between, caused
from tierctl.diffs.items import ITEMS, items_of
from tierctl.diffs.mixed import mixed
from tierctl.diffs.reports import rows_differing
from tierctl.diffs.row_changes import row_changes
from tierctl.diffs.rows import CAUSE, RowMoves, row_moves
from tierctl.diffs.seen import as_seen
from tierctl.fiscal import Calendar

Row = dict[str, Any]


def report(name: str, *rows: Row) -> pl.DataFrame:
    """Rows of a report, in which what is not given is empty."""
    contract = report_contract(name)
    usual = {"program": "p", "track": "t", "partner_id": "A", "month": "2025-01"}
    full = [
        dict.fromkeys(contract.names) | {k: v for k, v in usual.items() if k in contract.names} | row for row in rows
    ]
    return pl.DataFrame(full, schema=contract.polars_schema)


def line(amount: str, **more: Any) -> Row:
    return {"rule": "spiff", "currency": "USD", "amount": Decimal(amount), **more}


def told(items: pl.DataFrame) -> list[tuple[Any, ...]]:
    return items.select("partner_id", "item", "currency", "value").rows()


# ---- items


def test_items_are_read_from_five_reports() -> None:
    tables = {
        "standing": report("standing", {"tier": "gold", "status": "active"}),
        "rates": report("rates", {"rule": "spiff", "rate": Decimal("0.10")}, {"rule": "residual", "rate": None}),
        "commissions": report("commissions", line("10.50"), line("-0.5", kind="clawback"), line("3", currency="EUR")),
        "credits": report("credits", line("7", rule="fee")),
        "statements": report("statements", {"currency": "USD", "balance": Decimal(110)}),
    }
    assert told(items_of(tables)) == [
        ("A", "balance", "USD", "110"),
        ("A", "commissions.spiff", "EUR", "3"),
        ("A", "commissions.spiff", "USD", "10"),
        ("A", "credits.fee", "USD", "7"),
        ("A", "rate.residual", None, None),
        ("A", "rate.spiff", None, "0.1"),
        ("A", "status", None, "active"),
        ("A", "tier", None, "gold"),
    ]


def test_reports_that_are_missing_have_no_items() -> None:
    assert_frame_equal(items_of({}), ITEMS.to_frame())


# ---- what moves


def items(*rows: tuple[str, str | None, str | None]) -> pl.DataFrame:
    """Items of partner A: item, text or amount, currency."""
    full = [
        {
            "program": "p",
            "track": "t",
            "partner_id": "A",
            "item": item,
            "currency": currency,
            "value": value,
            "amount": Decimal(value) if value and (currency or item.startswith("rate")) else None,
            "is_figure": item.startswith("rate"),
        }
        for item, value, currency in rows
    ]
    return pl.DataFrame(full, schema=ITEMS)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (("tier", "base", None), ("tier", "gold", None), ("base", "gold", None)),
        (("tier", "base", None), ("tier", None, None), ("base", None, None)),
        (("balance", "10", "USD"), ("balance", "12.5", "USD"), ("10", "12.5", Decimal("2.5"))),
        (("balance", "10", "USD"), None, ("10", "0", Decimal(-10))),
        (None, ("balance", "10", "USD"), ("0", "10", Decimal(10))),
        (("rate.x", None, None), ("rate.x", "0.2", None), (None, "0.2", Decimal("0.2"))),
        (("rate.x", "0", None), None, ("0", None, Decimal(0))),
    ],
)
def test_an_item_moves(before: Any, after: Any, expected: tuple[Any, ...]) -> None:
    sides = [items(*([side] if side else [])) for side in (before, after)]
    assert between(*sides).select("before", "after", "difference").rows() == [expected]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (("balance", "0", "USD"), None),
        (None, ("commissions.x", "0", "USD")),
        (("rate.x", None, None), None),
        (("tier", None, None), None),
        (("balance", "10", "USD"), ("balance", "10", "USD")),
    ],
)
def test_what_says_the_same_does_not_move(before: Any, after: Any) -> None:
    sides = [items(*([side] if side else [])) for side in (before, after)]
    assert between(*sides).is_empty()


def test_an_amount_in_another_currency_is_another_item() -> None:
    moved = between(items(("balance", "10", "USD")), items(("balance", "10", "EUR")))
    assert moved.select("currency", "difference").rows() == [("EUR", Decimal(10)), ("USD", Decimal(-10))]


# ---- adding up

TEN, TWELVE, NINE = (items(("balance", amount, "USD")) for amount in ("10", "12", "9"))


def test_the_parts_of_a_difference_stand_by_their_causes() -> None:
    found = caused(
        [("new row", between(TEN, TWELVE)), ("tierctl", between(TWELVE, NINE))], "2025-01", between(TEN, NINE)
    )
    assert found.select("cause", "before", "after", "difference").rows() == [
        ("new row", "10", "12", Decimal(2)),
        ("tierctl", "12", "9", Decimal(-3)),
    ]


def test_a_cause_at_both_ends_stands_once() -> None:
    moves = [("tierctl", between(TEN, TWELVE)), ("new row", between(TWELVE, TEN)), ("tierctl", between(TEN, NINE))]
    found = caused(moves, "2025-01", between(TEN, NINE))
    assert found.select("cause", "before", "after", "difference").rows() == [
        ("new row", "12", "10", Decimal(-2)),
        ("tierctl", "10", "9", Decimal(1)),
    ]


@pytest.mark.parametrize(
    ("moves", "whole"),
    [
        ([("new row", between(TEN, TWELVE))], between(TEN, NINE)),
        ([], between(TEN, NINE)),
        ([("new row", between(TEN, NINE))], between(TEN, TEN)),
        ([("new row", between(items(("tier", "a", None)), items(("tier", "b", None))))], between(TEN, TEN)),
    ],
    ids=["elsewhere", "nowhere", "not back", "a tier not back"],
)
def test_parts_that_do_not_add_up_are_our_fault(moves: Any, whole: pl.DataFrame) -> None:
    with pytest.raises(AddUpError, match="do not add up"):
        caused(moves, "2025-01", whole)


def test_what_moves_there_and_back_is_told() -> None:
    moves = [("new row", between(TEN, TWELVE)), ("tierctl", between(TWELVE, TEN))]
    assert caused(moves, "2025-01", between(TEN, TEN))["difference"].to_list() == [Decimal(2), Decimal(-2)]


def test_the_causes_are_those_of_the_report() -> None:
    assert report_contract("differences").field("cause").enum == CAUSES


# ---- rows

LAST = Calendar.months().month("2025-01")
OPPORTUNITY = {"partner_id": "A", "submitted_on": date(2025, 1, 2), "stage": "open"}
LOGIN = {"partner_id": "A", "customer_id": "C", "occurred_on": date(2025, 1, 2)}


def frame(contract: Contract, rows: Sequence[Row]) -> pl.LazyFrame:
    return pl.LazyFrame([dict.fromkeys(contract.names) | row for row in rows], schema=contract.polars_schema)


def moves(
    name: str,
    then: Sequence[Row],
    now: Sequence[Row],
    *,
    months: tuple[str, str] = ("2025-01", "2025-01"),
    repeating: frozenset[str] = frozenset(),
    contract: Contract | None = None,
) -> RowMoves:
    """How the rows of one export differ."""
    contract = contract or export_contract(name)
    sides = [
        Basis(
            month=Calendar.months().month(month),
            programs=(),
            exports={name: [frame(contract, rows)]},
            contracts={name: contract},
            calendar=Calendar.months(),
            repeating=repeating,
        )
        for month, rows in zip(months, (then, now), strict=True)
    ]
    return row_moves(sides[0], sides[1], [name])[name]


def opportunities(*rows: Row) -> list[Row]:
    return [{"opportunity_id": f"O{number}", **OPPORTUNITY, **row} for number, row in enumerate(rows, start=1)]


@pytest.mark.parametrize(
    ("then", "now", "expected"),
    [
        ([{}], [{}], set()),
        ([{}], [{}, {}], {"new row"}),
        ([{}, {}], [{}], {"removed row"}),
        ([{}], [{"amount": Decimal(5)}], {"changed row"}),
        ([{}], [{"partner_id": "B"}], {"changed row"}),
        ([{}], [{"stage": "lost"}], {"undated column"}),
        ([{}], [{"registration_status": "approved"}], {"undated column"}),
        ([{}], [{"stage": "lost", "amount": Decimal(5)}], {"changed row"}),
        # Won in March: as January sees it, it is open.
        ([{}], [{"stage": "won", "closed_on": date(2025, 3, 1)}], set()),
        ([{}], [{"stage": "won", "closed_on": date(2025, 1, 31)}], {"changed row"}),
    ],
)
def test_rows_differ_by_these_causes(then: list[Row], now: list[Row], expected: set[str]) -> None:
    assert moves("opportunities", opportunities(*then), opportunities(*now)).causes == expected


@pytest.mark.parametrize(
    ("name", "row", "expected"),
    [
        ("decisions", {"decision_id": "D", "effective_on": date(2025, 1, 1)}, "decision"),
        ("fx_rates", {"currency": "EUR", "rate_on": date(2025, 1, 1), "rate": Decimal(1)}, "rate of exchange"),
        ("user_access", {"user_id": "U", "owner_id": "O"}, "undated column"),
        ("activity", LOGIN, "new row"),
    ],
)
def test_some_exports_are_told_by_a_cause_of_their_own(name: str, row: Row, expected: str) -> None:
    assert moves(name, [], [row]).causes == {expected}


@pytest.mark.parametrize(
    ("then", "now", "months", "expected"),
    [
        ([], [{"submitted_on": date(2025, 2, 1)}], ("2025-01", "2025-02"), {"month"}),
        ([{"submitted_on": date(2025, 2, 1)}], [], ("2025-02", "2025-01"), {"month"}),
        ([], [{}], ("2025-01", "2025-02"), {"new row"}),
        ([{}], [{"closed_on": date(2025, 2, 1), "stage": "won"}], ("2025-01", "2025-02"), {"month"}),
        ([{}], [{"closed_on": date(2025, 1, 31), "stage": "won"}], ("2025-01", "2025-02"), {"changed row"}),
    ],
)
def test_what_only_one_of_two_months_knows_is_the_month_s(
    then: list[Row], now: list[Row], months: tuple[str, str], expected: set[str]
) -> None:
    assert moves("opportunities", opportunities(*then), opportunities(*now), months=months).causes == expected


@pytest.mark.parametrize(("then", "now", "cause", "copies"), [(1, 3, "new row", 2), (3, 1, "removed row", 2)])
def test_rows_without_a_key_are_counted(then: int, now: int, cause: str, copies: int) -> None:
    found = moves("activity", [LOGIN] * then, [LOGIN] * now)
    differing = found.come if cause == "new row" else found.gone
    assert differing[CAUSE].to_list() == [cause] * copies
    rows = [frame(found.contract, [LOGIN] * then)]
    assert mixed(rows, found, {cause})[0].collect().height == now


def test_of_rows_that_repeat_the_others_stay() -> None:
    other = {**LOGIN, "customer_id": "D"}
    found = moves("activity", [LOGIN, LOGIN, LOGIN, other], [LOGIN, other])
    (left,) = mixed([frame(found.contract, [LOGIN, LOGIN, LOGIN, other])], found, {"removed row"})
    assert sorted(left.collect()["customer_id"]) == ["C", "D"]
    (same,) = mixed([frame(found.contract, [LOGIN] * 3)], found, {"new row"})
    assert same.collect().height == 3


def test_a_key_may_repeat_where_identical_rows_are_kept() -> None:
    row, kept = opportunities({})[0], frozenset({"opportunities"})
    found = moves("opportunities", [row, row], [row, {**row, "amount": Decimal(5)}], repeating=kept)
    assert found.causes == {"changed row"}
    (rows,) = mixed([frame(found.contract, [row, row])], found, {"changed row"})
    assert sorted(rows.collect()["amount"], key=str) == [Decimal(5), None]


def test_keys_may_have_empty_cells() -> None:
    rate = {"currency": "EUR", "rate_on": date(2025, 1, 1), "rate": Decimal(1)}
    found = moves("fx_rates", [rate], [{**rate, "rate": Decimal(2)}])
    (rows,) = mixed([frame(found.contract, [rate])], found, {"rate of exchange"})
    assert rows.collect()["rate"].to_list() == [Decimal(2)]


def test_a_partner_may_join_after_the_review_day() -> None:
    """An empty joined_on says that it was always there, so a later one is something else."""
    partners = export_contract("partners")
    seen = as_seen(
        frame(partners, [{"joined_on": date(2025, 2, 1), "terminated_on": date(2025, 2, 1)}]).collect(),
        partners,
        LAST.last,
    )
    assert seen.select("joined_on", "terminated_on").rows() == [(date(2025, 2, 1), None)]


# ---- counts and examples


def test_changes_are_counted_with_the_first_three() -> None:
    then = opportunities({}, {}, {}, {}, {})
    now = [{**row, "amount": Decimal("7.50")} for row in then[:4]] + opportunities(*[{}] * 9)[7:]
    (found,) = row_changes({"opportunities": moves("opportunities", then, now)})
    assert (found.export, found.new, found.changed, found.removed) == ("opportunities", 2, 4, 1)
    assert found.examples == {
        "new": ("O8", "O9"),
        "changed": tuple(f"O{number}: amount nothing → 7.5" for number in (1, 2, 3)),
        "removed": ("O5",),
    }


def test_rows_of_another_month_are_no_changes() -> None:
    later = opportunities({"submitted_on": date(2025, 2, 1)})
    assert row_changes({"opportunities": moves("opportunities", [], later, months=("2025-01", "2025-02"))}) == []


def test_rows_without_a_key_are_named_by_all_their_cells() -> None:
    (found,) = row_changes({"activity": moves("activity", [], [LOGIN])})
    assert found.examples["new"] == ("A / C / 2025-01-02",)


def test_rows_with_a_key_of_several_columns_are_named_by_them() -> None:
    contract = parse_contract(
        "pairs", {"fields": [{"name": "a"}, {"name": "b"}, {"name": "c"}], "primaryKey": ["a", "b"]}
    )
    row = {"a": "1", "b": "2", "c": "x"}
    (found,) = row_changes({"pairs": moves("pairs", [row], [{**row, "c": None}], contract=contract)})
    assert found.examples["changed"] == ("1 / 2: c x → nothing",)


# ---- whole reports


def test_rows_of_reports_that_differ_are_counted() -> None:
    then = {
        "standing": report("standing", {"tier": "a"}, {"tier": "a", "partner_id": "B"}),
        "commissions": report("commissions", line("1", source_id="L1"), line("1", source_id="L2")),
        "actions": report("actions", {"action": "x", "detail": "y"}),
    }
    now: dict[str, pl.DataFrame | pl.LazyFrame] = {
        "standing": report("standing", {"tier": "b"}, {"tier": "a", "partner_id": "B"}),
        "commissions": report("commissions", line("1", source_id="L1"), line("1", source_id="L3")).lazy(),
    }
    assert rows_differing(then, now) == {"standing": 1, "actions": 1, "commissions": 2}
    assert rows_differing(then, then) == {}
