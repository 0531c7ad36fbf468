"""Properties of the whole review on generated programs and exports, the oracle's agreement before all.

`TIERCTL_EXPLORE=20` tries twenty times as many cases, other ones each time.
"""

import random
from datetime import date
from decimal import Decimal

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.properties.generated import Case, cases
from tests.properties.language import FEATURES, language_cases
from tests.properties.paying import MONEY, money_cases
from tests.properties.reviews import assert_same, begun, expected, tables, tried
from tests.scenarios.run import COMPARED, Frames, by_engine, by_oracle, differences, frames, oracle_calendar, read_back

ANY = cases() | language_cases() | money_cases()
"""Cases of every kind."""


@tried(40)
@given(case=cases())
def test_tierctl_and_the_oracle_agree(case: Case) -> None:
    exports = begun(case)
    found = by_engine(case.program, exports, case.calendar, case.month)
    expected = by_oracle(case.program, read_back(exports), case.calendar, case.month)
    assert not differences(found, expected)


@pytest.mark.parametrize("feature", FEATURES)
def test_tierctl_and_the_oracle_agree_on_the_whole_language(feature: str) -> None:
    @tried(6)
    @given(case=language_cases(feature))
    def agree(case: Case) -> None:
        exports = begun(case)
        found = {name: table.to_dicts() for name, table in tables(case, exports).items()}
        assert not differences(found, expected(case, exports))

    agree()


@pytest.mark.parametrize("feature", MONEY)
def test_tierctl_and_the_oracle_agree_on_money(feature: str) -> None:
    @tried(6)
    @given(case=money_cases(feature))
    def agree(case: Case) -> None:
        exports = begun(case)
        found = {name: table.to_dicts() for name, table in tables(case, exports).items()}
        assert not differences(found, expected(case, exports))

    agree()


@tried(12)
@given(case=ANY, seed=st.integers(0, 99))
def test_shuffled_rows_change_nothing(case: Case, seed: int) -> None:
    exports = begun(case)
    order = random.Random(seed)  # noqa: S311  (an order of rows, no secret)
    shuffled: Frames = {}
    for name, parts in exports.items():
        df = pl.concat(parts).collect()
        shuffled[name] = (df[order.sample(range(df.height), df.height)].lazy(),)
    assert_same(tables(case, shuffled), tables(case, exports))


@tried(6)
@given(case=ANY)
def test_a_rerun_is_identical(case: Case) -> None:
    exports = begun(case)
    assert_same(tables(case, exports), tables(case, exports))


@tried(12)
@given(case=ANY, first=st.sets(st.sampled_from(["A", "B", "C"])))
def test_buckets_of_partners_change_nothing(case: Case, first: set[str]) -> None:
    exports = begun(case)
    in_first = pl.col("partner_id").is_in(sorted(first))
    split = {
        name: tuple(pl.concat(parts).filter(part) for part in (in_first, ~in_first))
        if all("partner_id" in part.collect_schema() for part in parts)
        else parts
        for name, parts in exports.items()
    }
    assert_same(tables(case, split), tables(case, exports))


@tried(12)
@given(case=ANY, wanted=st.sets(st.sampled_from(["A", "B", "C"]), min_size=1))
def test_some_partners_alone_are_as_in_the_whole(case: Case, wanted: set[str]) -> None:
    exports = begun(case)
    chosen = pl.col("partner_id").is_in(sorted(wanted))
    whole = {name: df.filter(chosen) for name, df in tables(case, exports).items()}
    assert_same(tables(case, exports, partners=sorted(wanted)), whole)


@tried(15)
@given(
    case=cases(monotone=True),
    amount=st.sampled_from([Decimal("0.01"), Decimal(40), Decimal(500)]),
    day=st.dates(date(2024, 12, 1), date(2026, 12, 31)),
)
def test_more_revenue_never_lowers_a_tier(case: Case, amount: Decimal, day: date) -> None:
    more = {"partner_id": "A", "customer_id": "N", "order_type": "new_logo", "mrr": amount, "sold_on": day}
    richer = Case(
        case.program,
        case.rows | {"mrr": [*case.rows["mrr"], more | {"invoiced_on": day}]},
        case.calendar,
        case.month,
    )
    ranks = {None: -1, "base": 0, "silver": 1, "gold": 2}
    before = tables(case, begun(case))["standing"]
    after = tables(richer, begun(richer))["standing"]
    for column in ("tier", "earned_tier"):
        pairs = zip(after[column].to_list(), before[column].to_list(), strict=True)
        assert all(ranks[now] >= ranks[then] for now, then in pairs), column


@tried(6)
@given(case=cases())
def test_rows_dated_after_the_month_change_nothing(case: Case) -> None:
    exports = begun(case)
    last = oracle_calendar(case.calendar).month(case.month).last
    dates = {"mrr": "sold_on", "opportunities": "submitted_on", "decisions": "effective_on"}
    known = {
        name: tuple(part.filter(pl.col(dates[name]) <= last) if name in dates else part for part in parts)
        for name, parts in exports.items()
    }
    assert_same(tables(case, known), tables(case, exports))


@pytest.mark.parametrize("table", COMPARED)
def test_reports_are_sorted_by_their_key(table: str) -> None:
    rows = {"partners": [{"partner_id": name} for name in ("b", "a", "C")]}
    program = {
        "id": "made",
        "name": "Made",
        "currency": "USD",
        "enrollment": "automatic",
        "effective_from": date(2025, 1, 1),
        "policy": {"rounding": "half_even", "takes_effect": "month_end"},
        "metrics": {
            "deals": {"from": "opportunities", "count": "opportunity_id", "on": "submitted_on", "window": "fiscal_year"}
        },
        "tracks": {"main": {"promotion": "automatic", "tiers": [{"id": "base"}]}},
        "actions": {"call": {"name": "Call", "every": "fiscal_month", "in_month": "last"}},
    }
    case = Case(program, rows, {"kind": "months"}, "2025-01")
    found = tables(case, frames(program, rows))[table]
    assert found["partner_id"].to_list() == sorted(found["partner_id"].to_list())
