"""Statements: each month opens with what the one before left, and a balance is paid, carried, held or owed."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from itertools import product
from typing import Any, TypeAlias

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from tierctl.contracts import NUMBER, conform, report_contract
from tierctl.fiscal import Calendar
from tierctl.program.rules import Payout
from tierctl.reward.statements import statements

MONTHS = tuple(Calendar.months().month(f"2025-{month:02}") for month in range(1, 13))
POSTINGS: dict[str, Any] = {
    "partner_id": pl.String,
    "at": pl.Int32,
    "currency": pl.String,
    "kind": pl.String,
    "amount": NUMBER,
}
PARTNERS: dict[str, Any] = {
    "partner_id": pl.String,
    "at": pl.Int32,
    "payee_id": pl.String,
    "is_terminated": pl.Boolean,
    "may_pay": pl.Boolean,
}
ABOVE_ZERO: dict[str, Any] = {"currency": "USD", "pay_when": {"more_than": 0}}
HUNDRED: dict[str, Any] = {
    "currency": "USD",
    "pay_when": {"at_least": 100},
    "pay_held_when": {"more_than": 100},
}

Posting: TypeAlias = tuple[str, int, str, str, str]
Seen: TypeAlias = Mapping[tuple[str, int], Mapping[str, Any]]


def stated(
    postings: Iterable[Posting],
    payout: dict[str, Any] = ABOVE_ZERO,
    *,
    months: int = 1,
    seen: Seen | None = None,
    holidays: Mapping[str, Sequence[date]] | None = None,
) -> pl.DataFrame:
    """The statements of the last of the first months of 2025; `seen` says what is special of a partner in a month."""
    rows = [(*posting[:4], Decimal(posting[4])) for posting in postings]
    usual: dict[str, Any] = {"payee_id": None, "is_terminated": False, "may_pay": True}
    partners = [
        {"partner_id": partner, "at": at, **usual, **(seen or {}).get((partner, at), {})}
        for partner, at in product(sorted({row[0] for row in rows}), range(months))
    ]
    return statements(
        [Payout.model_validate(payout)] * months,
        pl.DataFrame(rows, schema=POSTINGS, orient="row"),
        pl.DataFrame(partners, schema=PARTNERS),
        MONTHS[:months],
        holidays=holidays or {},
    )


def chain(
    postings: Sequence[Posting],
    payout: dict[str, Any],
    *,
    months: int,
    seen: Seen | None = None,
) -> list[tuple[str, str, str, str] | None]:
    """Opening, balance, status and closing of the only statement of each month; None where there is none."""
    found: list[tuple[str, str, str, str] | None] = []
    for count in range(1, months + 1):
        rows = stated([each for each in postings if each[1] < count], payout, months=count, seen=seen).to_dicts()
        assert len(rows) <= 1
        found += [_short(row) for row in rows] or [None]
    return found


def _short(row: Mapping[str, Any]) -> tuple[str, str, str, str]:
    opening, balance, closing = (f"{row[name]:.2f}" for name in ("opening_balance", "balance", "closing_balance"))
    return opening, balance, row["status"], closing


def earned(*amounts: str) -> list[Posting]:
    """What one partner earned month by month."""
    return [("P1", at, "USD", "earned", amount) for at, amount in enumerate(amounts) if amount]


def test_a_statement_whole() -> None:
    found = stated(
        [
            ("P1", 0, "USD", "earned", "60.00"),
            ("P1", 1, "USD", "earned", "50.25"),
            ("P1", 1, "USD", "adjustment", "-1.50"),
            ("P1", 1, "USD", "clawback", "-8.00"),
            ("P2", 1, "USD", "earned", "0.01"),
        ],
        HUNDRED | {"pay_day": {"day": 20, "months_after": 1, "roll": "forward", "holidays": "US"}},
        months=2,
        seen={("P1", 0): {"payee_id": "old"}, ("P1", 1): {"payee_id": "V7"}},
    )
    expected = pl.DataFrame(
        {
            "partner_id": ["P1", "P2"],
            "payee_id": ["V7", None],
            "currency": ["USD", "USD"],
            "opening_balance": [Decimal(60), Decimal(0)],
            "earned": [Decimal("50.25"), Decimal("0.01")],
            "adjustments": [Decimal("-1.5"), Decimal(0)],
            "clawbacks": [Decimal(-8), Decimal(0)],
            "balance": [Decimal("100.75"), Decimal("0.01")],
            "payable": [Decimal("100.75"), Decimal(0)],
            "status": ["pay", "carried"],
            "pay_on": [date(2025, 3, 20), None],
            "closing_balance": [Decimal(0), Decimal("0.01")],
        },
        schema_overrides=dict.fromkeys(
            ("opening_balance", "earned", "adjustments", "clawbacks", "balance", "payable", "closing_balance"), NUMBER
        ),
    )
    assert_frame_equal(found, expected)
    named = found.with_columns(program=pl.lit("demo"), month=pl.lit("2025-02"))
    assert conform(named, report_contract("statements")).height == 2


def test_several_lines_of_one_kind_add_up() -> None:
    found = stated([*earned("0.10"), *earned("0.20"), ("P1", 0, "USD", "clawback", "-0.30"), *earned("0.03")])
    assert found.select("earned", "clawbacks", "balance").row(0) == (Decimal("0.33"), Decimal("-0.3"), Decimal("0.03"))


@pytest.mark.parametrize(
    ("bound", "below", "at", "above"),
    [
        ({"at_least": 100}, "carried", "pay", "pay"),
        ({"more_than": 100}, "carried", "carried", "pay"),
        ({"at_most": 100}, "pay", "pay", "carried"),
        ({"less_than": 100}, "pay", "carried", "carried"),
        ({"at_least": 100, "less_than": 200}, "carried", "pay", "pay"),
        ({"at_least": 50, "at_most": 100}, "pay", "pay", "carried"),
    ],
)
def test_both_sides_of_every_bound(bound: Mapping[str, int], below: str, at: str, above: str) -> None:
    amounts = ("99.99", "100.00", "100.01")
    found = [stated(earned(amount), ABOVE_ZERO | {"pay_when": bound})["status"].item() for amount in amounts]
    assert found == [below, at, above]


def test_by_currency_a_bound_is_of_the_statements_currency_and_one_unlisted_is_never_reached() -> None:
    limits = {"by": "currency", "values": {"USD": 100, "EUR": 75}}
    amounts = {"USD": "99.99", "EUR": "75.00", "GBP": "1000000"}
    postings = [("P1", 0, currency, "earned", amount) for currency, amount in amounts.items()]
    payout = {"currency": "as_earned", "pay_when": {"at_least": limits}}
    found = stated(postings, payout)
    assert found.select("currency", "status", "payable").rows() == [
        ("EUR", "pay", 75), ("GBP", "carried", 0), ("USD", "carried", 0)
    ]  # fmt: skip
    gone = stated(postings, payout, seen={("P1", 0): {"is_terminated": True}})
    assert gone["status"].to_list() == ["pay", "pay", "pay"]
    otherwise = stated(postings, payout | {"pay_when": {"at_least": limits | {"otherwise": 2_000_000}}})
    assert otherwise["status"].to_list() == ["pay", "carried", "carried"]


def test_a_plain_bound_is_of_the_statements_currency_too() -> None:
    payout = {"currency": "as_earned", "pay_when": {"at_least": 100}}
    found = stated([("P1", 0, "EUR", "earned", "99.99"), ("P1", 0, "USD", "earned", "100")], payout)
    assert found["status"].to_list() == ["carried", "pay"]


def test_each_currency_has_its_own_chain() -> None:
    postings = [
        ("P1", 0, "EUR", "earned", "40"),
        ("P1", 0, "USD", "earned", "100"),
        ("P1", 1, "EUR", "earned", "70"),
        ("P2", 1, "EUR", "clawback", "-3"),
    ]
    found = stated(postings, HUNDRED | {"currency": "as_earned"}, months=2)
    columns = ("partner_id", "currency", "opening_balance", "balance", "status", "closing_balance")
    assert found.select(columns).rows() == [("P1", "EUR", 40, 110, "pay", 0), ("P2", "EUR", 0, -3, "owed", -3)]


def test_a_balance_not_held_before_is_paid_from_100_on_and_one_that_was_must_exceed_it() -> None:
    found = chain(earned("60", "40", "0.01", "100", "99.99", "0.01", "0.01"), HUNDRED, months=7)
    assert found == [
        ("0.00", "60.00", "carried", "60.00"),
        ("60.00", "100.00", "carried", "100.00"),
        ("100.00", "100.01", "pay", "0.00"),
        ("0.00", "100.00", "pay", "0.00"),
        ("0.00", "99.99", "carried", "99.99"),
        ("99.99", "100.00", "carried", "100.00"),
        ("100.00", "100.01", "pay", "0.00"),
    ]


def test_without_pay_held_when_the_one_bound_holds_for_both() -> None:
    payout = {"currency": "USD", "pay_when": {"at_least": 100}}
    assert chain(earned("60", "40"), payout, months=2)[1] == ("60.00", "100.00", "pay", "0.00")


def test_a_negative_balance_is_owed_and_carried_until_it_is_made_good() -> None:
    postings = [("P1", 0, "USD", "clawback", "-30"), *earned("", "20", "10", "5", "")]
    assert chain(postings, ABOVE_ZERO, months=5) == [
        ("0.00", "-30.00", "owed", "-30.00"),
        ("-30.00", "-10.00", "owed", "-10.00"),
        ("-10.00", "0.00", "carried", "0.00"),
        ("0.00", "5.00", "pay", "0.00"),
        None,
    ]


def test_a_balance_that_was_owed_before_was_not_held() -> None:
    postings = [("P1", 0, "USD", "clawback", "-30"), *earned("", "130")]
    assert chain(postings, HUNDRED, months=2)[1] == ("-30.00", "100.00", "pay", "0.00")


def test_postings_that_cancel_out_are_stated_and_leave_nothing() -> None:
    postings = [*earned("50"), ("P1", 0, "USD", "clawback", "-50")]
    assert chain(postings, ABOVE_ZERO, months=2) == [("0.00", "0.00", "carried", "0.00"), None]


def test_a_balance_stands_through_months_without_postings() -> None:
    held = ("60.00", "60.00", "carried", "60.00")
    postings = earned("", "60", "", "", "41")
    expected = [None, ("0.00", "60.00", "carried", "60.00"), held, held, ("60.00", "101.00", "pay", "0.00"), None]
    assert chain(postings, HUNDRED, months=6) == expected


def test_whoever_has_only_an_opening_balance_is_stated_beside_those_with_postings() -> None:
    found = stated([*earned("60"), ("P2", 1, "USD", "earned", "7")], HUNDRED, months=2)
    columns = ("partner_id", "opening_balance", "earned", "adjustments", "clawbacks", "balance")
    assert found.select(columns).rows() == [("P1", 60, 0, 0, 0, 60), ("P2", 0, 7, 0, 0, 7)]


def test_a_terminated_partner_is_paid_whatever_is_due_and_still_owes_what_it_owes() -> None:
    ended = {("P1", 1): {"is_terminated": True}, ("P1", 2): {"is_terminated": True}}
    postings = [*earned("5"), ("P1", 2, "USD", "clawback", "-2")]
    assert chain(postings, HUNDRED, months=3, seen=ended) == [
        ("0.00", "5.00", "carried", "5.00"),
        ("5.00", "5.00", "pay", "0.00"),
        ("0.00", "-2.00", "owed", "-2.00"),
    ]


def test_what_may_not_be_paid_is_held_a_terminated_partners_balance_too() -> None:
    seen: Seen = {
        ("P1", 0): {"may_pay": False},
        ("P1", 1): {"may_pay": False, "is_terminated": True},
        ("P1", 2): {"is_terminated": True},
    }
    assert chain(earned("150"), HUNDRED, months=3, seen=seen) == [
        ("0.00", "150.00", "held", "150.00"),
        ("150.00", "150.00", "held", "150.00"),
        ("150.00", "150.00", "pay", "0.00"),
    ]


def test_a_balance_that_was_held_must_exceed_the_bound_for_held_ones() -> None:
    found = chain(earned("100", "", "0.01"), HUNDRED, months=3, seen={("P1", 0): {"may_pay": False}})
    assert found == [
        ("0.00", "100.00", "held", "100.00"),
        ("100.00", "100.00", "carried", "100.00"),
        ("100.00", "100.01", "pay", "0.00"),
    ]


def test_only_what_is_above_zero_is_held() -> None:
    seen: Seen = {("P1", 0): {"may_pay": False}, ("P2", 0): {"may_pay": False}}
    postings = [("P1", 0, "USD", "clawback", "-1"), *(("P2", 0, "USD", kind, "0") for kind in ("earned", "clawback"))]
    assert stated(postings, seen=seen)["status"].to_list() == ["owed", "carried"]


def test_only_what_is_paid_has_a_day() -> None:
    payout = ABOVE_ZERO | {"pay_day": {"days_after": 0, "roll": "forward", "holidays": "works"}}
    postings = [*earned("5"), ("P2", 0, "USD", "clawback", "-5")]
    found = stated(postings, payout, holidays={"works": [date(2025, 1, 31), date(2025, 2, 3)]})
    assert found["pay_on"].to_list() == [date(2025, 2, 4), None]
    assert stated(postings)["pay_on"].to_list() == [None, None]


def test_without_postings_there_are_no_statements() -> None:
    found = stated([], months=2)
    assert found.is_empty()
    assert found.schema["closing_balance"] == NUMBER
    assert found.schema["pay_on"] == pl.Date


def test_a_partner_that_is_missing_in_a_month_is_never_dropped_with_its_balance() -> None:
    postings = pl.DataFrame([("P1", 0, "USD", "clawback", Decimal(-1))], schema=POSTINGS, orient="row")
    partners = pl.DataFrame([("P1", 0, None, False, True)], schema=PARTNERS, orient="row")
    with pytest.raises(LookupError, match="P1"):
        statements([Payout.model_validate(ABOVE_ZERO)] * 2, postings, partners, MONTHS[:2], holidays={})


@st.composite
def histories(draw: st.DrawFn) -> tuple[list[Posting], Seen]:
    cents = st.integers(min_value=-12_000, max_value=12_000).filter(bool)
    kinds = st.sampled_from(["earned", "adjustment", "clawback"])
    keys = st.tuples(st.sampled_from(["P1", "P2"]), st.integers(0, 3), st.sampled_from(["EUR", "USD"]), kinds)
    amounts = draw(st.dictionaries(keys, cents, max_size=12))
    flags = st.fixed_dictionaries({"is_terminated": st.booleans(), "may_pay": st.booleans()})
    seen = draw(st.fixed_dictionaries({(partner, at): flags for partner in ("P1", "P2") for at in range(4)}))
    return [(*key, str(Decimal(amount).scaleb(-2))) for key, amount in amounts.items()], seen


@settings(deadline=None)
@given(histories())
def test_a_chain_is_that_of_one_partner_after_the_other(history: tuple[list[Posting], Seen]) -> None:
    postings, seen = history
    payout = {"currency": "as_earned", "pay_when": {"at_least": 100}, "pay_held_when": {"more_than": 50}}
    found = stated(postings, payout, months=4, seen=seen)
    columns = ("partner_id", "currency", "opening_balance", "balance", "status", "closing_balance")
    expected = []
    for partner, currency in product(("P1", "P2"), ("EUR", "USD")):
        lines = [(at, Decimal(amount)) for who, at, what, _, amount in postings if (who, what) == (partner, currency)]
        last = _by_hand(lines, [seen[partner, at] for at in range(4)])
        if last is not None:
            expected.append((partner, currency, *last))
    assert found.select(columns).rows() == expected
    added = found.select(pl.sum_horizontal("opening_balance", "earned", "adjustments", "clawbacks")).to_series()
    assert added.to_list() == found["balance"].to_list()
    assert (found["payable"] + found["closing_balance"]).to_list() == found["balance"].to_list()


def _by_hand(
    lines: Sequence[tuple[int, Decimal]], flags: Sequence[Mapping[str, bool]]
) -> tuple[Decimal, Decimal, str, Decimal] | None:
    last, closing = None, Decimal(0)
    for at, flag in enumerate(flags):
        opening, amounts = closing, [amount for month, amount in lines if month == at]
        balance = opening + sum(amounts)
        reached = balance > 50 if opening > 0 else balance >= 100
        status = "owed" if balance < 0 else "carried"
        if balance > 0 and not flag["may_pay"]:
            status = "held"
        elif balance > 0 and (flag["is_terminated"] or reached):
            status = "pay"
        closing = Decimal(0) if status == "pay" else balance
        last = (opening, balance, status, closing) if amounts or opening else None
    return last
