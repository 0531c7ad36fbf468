"""The rows behind a metric: each that is dated in its window, with what it adds or the condition that it fails."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from types import MappingProxyType
from typing import Any

import polars as pl
import pytest

from tests.pipelines.measured import FEB, JAN, JUN, MAR, TOP, Rows, inputs_of, program_of
from tierctl.measure.attested import counted_attestations
from tierctl.measure.counted import counted
from tierctl.measure.readings import Look
from tierctl.program.model import Program

Told = dict[str, tuple[str | None, ...]]
"""Source row → (amount,) where it counts, else the amount that it would add, condition, value and needed."""

RATES = [{"currency": "EUR", "rate_on": date(2025, 1, 10), "rate": Decimal("1.234567")}]
SEEN = TOP.replace("automatic", "required") + 'counts_only = "seen_by_primary_user"\n'
SUM = 'sum = "mrr"\non = "sold_on"\nwindow = "fiscal_quarter"'
LEVEL = 'sum = "mrr"\nrunning = { since = "sold_on", %s }'


def program(metric: str, *, source: str = "mrr", policy: str = "", top: str = TOP, tables: str = "") -> Program:
    """A program that shows the one metric m."""
    return program_of(f'{tables}\n[metrics.m]\nfrom = "{source}"\n{metric}\n', shows=["m"], policy=policy, top=top)


def told(of: Program, rows: Rows, day: date) -> Told:
    """What is told of m in the open look of a day, of all partners."""
    inputs = inputs_of(of, rows, day.strftime("%Y-%m"))
    return as_told(counted(inputs, of.metrics["m"], Look(0, day, "open"), inputs.roster))


def as_told(found: pl.DataFrame) -> Told:
    """The rows by their key."""
    rows = found.sort("dated_on", "source_id").to_dicts()
    return {row["source_id"]: _cells(row) for row in rows}


def _cells(row: Mapping[str, Any]) -> tuple[str | None, ...]:
    amount = None if row["amount"] is None else f"{row['amount'].normalize():f}"
    return (amount,) if row["counts"] else (amount, row["condition"], row["value"], row["needed"])


def sold(*lines: Mapping[str, Any], **more: list[dict[str, Any]]) -> Rows:
    """Rows of mrr with line_id L1, L2 and so on: 10 sold on January 10 unless a line says otherwise."""
    usual: dict[str, Any] = {"order_type": "new_logo", "mrr": 10, "sold_on": date(2025, 1, 10)}
    return {"mrr": [usual | {"line_id": f"L{n}"} | dict(line) for n, line in enumerate(lines, start=1)], **more}


def on(month: int, day: int) -> dict[str, Any]:
    return {"sold_on": date(2025, month, day)}


def test_the_days_of_the_window_and_no_others() -> None:
    days = [{"sold_on": date(2024, 12, 31)}, on(1, 1), on(3, 31), on(4, 1)]
    assert told(program(SUM), sold(*days), MAR) == {"L2": ("10",), "L3": ("10",)}
    assert told(program(SUM), sold(*days), JUN) == {"L4": ("10",)}


@pytest.mark.parametrize(
    ("days", "counts"),
    [(59, False), (60, False), (61, True)],
)
def test_a_row_that_has_to_run_for_more_than_60_days(days: int, counts: bool) -> None:
    since = date.fromordinal(MAR.toordinal() - days)
    found = told(program(LEVEL % "more_than_days = 60"), sold({"sold_on": since}), MAR)
    assert found == {"L1": ("10",) if counts else ("10", "running", str(days), "more than 60 days")}


@pytest.mark.parametrize(
    ("word", "day", "why"),
    [
        ("before", date(2025, 3, 31), ("cancelled_on", "2025-03-31", "after 2025-03-31")),
        ("before", date(2025, 4, 1), ()),
        ("through", date(2025, 3, 30), ("cancelled_on", "2025-03-30", "not before 2025-03-31")),
        ("through", date(2025, 3, 31), ()),
    ],
)
def test_a_row_runs_before_a_day_or_through_it(word: str, day: date, why: tuple[str, ...]) -> None:
    found = told(program(LEVEL % f'{word} = "cancelled_on"'), sold({"cancelled_on": day}), MAR)
    assert found == {"L1": ("10", *why)}


def test_a_level_tells_of_every_row_that_is_known() -> None:
    rows = sold({"mrr": 1}, {"mrr": 2, "cancelled_on": date(2025, 1, 20)}, on(4, 1))
    level = program(LEVEL % 'before = "cancelled_on"')
    assert told(level, rows, MAR) == {
        "L1": ("1",),
        "L2": ("2", "cancelled_on", "2025-01-20", "after 2025-03-31"),
    }


def test_a_day_that_has_not_come_yet_and_one_that_is_missing() -> None:
    invoiced = program('sum = "mrr"\non = "invoiced_on"\nwindow = "calendar_year"')
    lines = [
        {"invoiced_on": date(2025, 3, 31)},
        {"invoiced_on": date(2025, 4, 1)},
        {"invoiced_on": date(2026, 1, 1)},
        {},
    ]
    assert told(invoiced, sold(*lines), MAR) == {
        "L1": ("10",),
        "L2": ("10", "invoiced_on", "2025-04-01", "a day up to 2025-03-31"),
    }


def test_a_day_that_has_not_come_yet_is_told_as_it_is() -> None:
    line = {"invoiced_on": date(2025, 4, 1)}
    filled = 'where.invoiced_on.empty = false\nsum = "mrr"\non = "invoiced_on"\nwindow = "calendar_year"'
    several = 'sum = "mrr"\non = ["invoiced_on", "repriced_on"]\nwindow = "calendar_year"'
    why = ("2025-04-01", "a day up to 2025-03-31")
    assert told(program(filled), sold(line), MAR) == {"L1": ("10", "invoiced_on", *why)}
    assert told(program(several), sold(line), MAR) == {"L1": ("10", "on", *why)}


def test_of_several_days_the_first_that_has_come_dates_the_row() -> None:
    first = program('sum = "mrr"\non = ["invoiced_on", "sold_on"]\nwindow = "fiscal_quarter"')
    lines = [on(1, 10) | {"invoiced_on": day} for day in (date(2025, 2, 1), date(2025, 4, 1), None)]
    inputs = inputs_of(first, sold(*lines), "2025-03")
    found = counted(inputs, first.metrics["m"], Look(0, MAR, "open"), inputs.roster).sort("source_id")
    # The second is not invoiced yet: until then it is one of the day on which it was sold.
    assert found["dated_on"].to_list() == [date(2025, 2, 1), date(2025, 1, 10), date(2025, 1, 10)]
    assert found["counts"].all()


def test_rows_before_the_first_day_that_counts() -> None:
    late = program(SUM, top=TOP + "counts_from = 2025-02-01\n")
    assert told(late, sold(on(1, 31), on(2, 1)), FEB) == {
        "L1": ("10", "counts_from", "2025-01-31", "a day from 2025-02-01 on"),
        "L2": ("10",),
    }


def test_the_first_condition_of_where_that_fails_in_the_order_of_the_file() -> None:
    where = """
where.order_type = ["new_logo", "add"]
where.mrr = { at_least = 5, less_than = 100 }
where.any = [{ promotional = true }, { term_months = { at_least = 36 } }]
"""
    lines: list[dict[str, Any]] = [
        {"term_months": 36},
        {"term_months": 35},
        {"term_months": 12, "promotional": True},
        {"order_type": "renewal", "mrr": 4},
        {"mrr": 4, "promotional": True},
        {"mrr": 5, "promotional": True},
        {"mrr": 100, "promotional": True},
    ]
    found = told(program(where + SUM), sold(*lines), MAR)
    counting = {name: cells for name, cells in found.items() if len(cells) == 1}
    assert counting == {"L1": ("10",), "L3": ("10",), "L6": ("5",)}
    failing = {name: cells[1:] for name, cells in found.items() if name not in counting}
    assert failing["L4"] == ("order_type", "renewal", "is new_logo or add")
    assert failing["L5"] == ("mrr.at_least", "4", "at least 5")
    assert failing["L7"] == ("mrr.less_than", "100", "less than 100")
    assert failing["L2"] == ("any", None, "promotional is true or term_months at least 36")


def test_what_a_row_is_joined_to_comes_before_what_is_asked_of_it() -> None:
    joined = 'with = { mrr = "line_id" }\nwhere.mrr.order_type = "new_logo"\n'
    metric = joined + 'sum = "mrr.mrr"\non = "issued_on"\nwindow = "fiscal_quarter"'
    rows = sold({}, {"order_type": "renewal"}, on(4, 5)) | {
        "invoices": [
            {"invoice_line_id": f"I{n}", "line_id": line, "issued_on": date(2025, 1, 20)}
            for n, line in enumerate(("L1", "L2", "L3", "L9", None), start=1)
        ]
    }
    assert told(program(metric, source="invoices"), rows, MAR) == {
        "I1": ("10",),
        "I2": ("10", "mrr.order_type", "renewal", "is new_logo"),
        # Sold after the day read: it is not there yet.
        "I3": (None, "with.mrr", "L3", "a row of mrr by line_id"),
        "I4": (None, "with.mrr", "L9", "a row of mrr by line_id"),
        "I5": (None, "with.mrr", None, "a row of mrr by line_id"),
    }


@pytest.mark.parametrize(("closed_on", "found"), [(date(2025, 2, 9), ()), (date(2025, 2, 10), ("with.agreements",))])
def test_the_agreement_in_force_on_a_day_of_the_row(closed_on: date, found: tuple[str, ...]) -> None:
    metric = """
with = { agreements = "closed_on" }
sum = "amount"
times = { column = "agreements.standard_rate" }
on = "submitted_on"
window = "lifetime"
"""
    deal = {"opportunity_id": "O1", "submitted_on": date(2025, 1, 2), "closed_on": closed_on, "amount": 100}
    agreement = {"effective_on": date(2024, 6, 1), "ends_on": date(2025, 2, 9), "standard_rate": Decimal("0.1")}
    rows: Rows = {"opportunities": [deal | {"stage": "won"}], "agreements": [agreement]}
    (cells,) = told(program(metric, source="opportunities"), rows, MAR).values()
    assert cells[:2] == ((None, *found) if found else ("10",))


ENROLLED: Rows = {
    "enrollments": [{"enrolled_on": date(2025, 2, 1), "expires_on": date(2025, 2, 20), "primary_user_id": "U1"}],
    "user_access": [{"user_id": "U1", "owner_id": "O1"}],
}


def deals(*rows: tuple[date, str | None]) -> Rows:
    return ENROLLED | {
        "opportunities": [
            {"opportunity_id": f"D{n}", "submitted_on": day, **({"owner_id": owner} if owner else {})}
            for n, (day, owner) in enumerate(rows, start=1)
        ]
    }


COUNT = 'count = "opportunity_id"\non = "submitted_on"\nwindow = "%s"'


def test_what_the_primary_user_cannot_see() -> None:
    count = program(COUNT % "fiscal_quarter", source="opportunities", top=SEEN)
    day = date(2025, 2, 10)
    assert told(count, deals((day, "O1"), (day, "O2"), (day, None)), FEB) == {
        "D1": ("1",),
        "D2": ("1", "counts_only", "O2", "a record that the primary user U1 can see"),
        "D3": ("1",),
    }


def test_another_condition_comes_before_the_primary_user() -> None:
    count = program('where.stage = "won"\n' + COUNT % "fiscal_quarter", source="opportunities", top=SEEN)
    (cells,) = told(count, deals((date(2025, 2, 10), "O2")), FEB).values()
    assert cells[1] == "stage"


def test_the_first_and_the_last_day_of_the_enrollment() -> None:
    count = program(COUNT % "enrollment", source="opportunities", top=SEEN)
    days = [date(2025, 1, 31), date(2025, 2, 1), date(2025, 2, 20), date(2025, 2, 21)]
    outside = "a day from 2025-02-01 to 2025-02-20"
    assert told(count, deals(*((day, None) for day in days)), FEB) == {
        "D1": ("1", "window", "2025-01-31", outside),
        "D2": ("1",),
        "D3": ("1",),
        "D4": ("1", "window", "2025-02-21", outside),
    }


@pytest.mark.parametrize("day", [date(2025, 2, 1), FEB])
def test_a_row_on_the_first_or_last_day_of_all_is_told_what_it_fails_later(day: date) -> None:
    # February 1 is the first day that counts and that of the enrollment, February 28 the last of it and the day read.
    top = SEEN + "counts_from = 2025-02-01\n"
    count = program(COUNT % "enrollment", source="opportunities", top=top)
    rows = deals((day, "O2"))
    rows["enrollments"] = [{**rows["enrollments"][0], "expires_on": FEB}]
    (cells,) = told(count, rows, FEB).values()
    assert cells[1:3] == ("counts_only", "O2")


PER = 'latest_per = "customer_id"\non = "sold_on"\nwindow = "fiscal_quarter"\n'


def test_a_later_row_of_the_same_customer_replaces_an_earlier_one() -> None:
    lines = [on(1, 10) | {"customer_id": "C1"}, on(1, 20) | {"customer_id": "C1", "mrr": 7}, {"customer_id": "C2"}]
    assert told(program('sum = "mrr"\n' + PER), sold(*lines), MAR) == {
        "L1": ("10", "latest_per", "C1", "the latest row of this customer_id, which is L2"),
        "L2": ("7",),
        "L3": ("10",),
    }


def test_the_latest_row_alone_is_measured() -> None:
    lines = [on(1, 10), on(1, 20) | {"mrr": 7}, on(4, 1)]
    latest = program('latest = "mrr"\non = "sold_on"\nwindow = "fiscal_quarter"')
    assert told(latest, sold(*lines), MAR) == {
        "L1": ("10", "latest", "2025-01-10", "the latest row, which is L2"),
        "L2": ("7",),
    }


def test_of_the_latest_rows_of_all_customers_the_latest() -> None:
    days = [(on(1, 10), "C1"), (on(1, 20), "C1"), (on(1, 15), "C2")]
    lines = [day | {"customer_id": customer} for day, customer in days]
    found = told(program('latest = "mrr"\n' + PER), sold(*lines), MAR)
    assert {key: cells[1:] for key, cells in found.items()} == {
        "L1": ("latest", "2025-01-10", "the latest row, which is L2"),
        "L2": (),
        "L3": ("latest", "2025-01-15", "the latest row, which is L2"),
    }


def test_an_amount_that_does_not_count_is_converted_as_if_it_did() -> None:
    # Of a level: by the rate of the day read, 2, not by that of the month of the sale.
    line = {"mrr": 10, "currency": "EUR", "sold_on": date(2025, 1, 15), "cancelled_on": date(2025, 1, 16)}
    rates = [*RATES, {"currency": "EUR", "rate_on": date(2025, 2, 10), "rate": Decimal(2)}]
    policy = 'fx.flow = "row_date"\nfx.level = "month_end"\nfx.max_age_days = 60'
    of = program(LEVEL % 'before = "cancelled_on"', policy=policy)
    assert told(of, sold(line, fx_rates=rates), FEB) == {"L1": ("20", "cancelled_on", "2025-01-16", "after 2025-02-28")}


def test_a_row_without_a_rate_is_none_so_the_one_before_it_is_the_latest() -> None:
    lines = [on(1, 10) | {"customer_id": "C1"}, on(1, 20) | {"customer_id": "C1", "currency": "GBP"}]
    rows = sold(*lines, fx_rates=RATES)
    of = program('sum = "mrr"\n' + PER, policy='fx.flow = "row_date"\nfx.level = "month_end"\nfx.max_age_days = 60')
    assert told(of, rows, MAR) == {"L1": ("10",), "L2": (None, "exchange", "GBP", "a rate of exchange")}


@pytest.mark.parametrize(("metric", "day"), [(SUM, date(2025, 1, 15)), (LEVEL % 'before = "cancelled_on"', JAN)])
def test_converted_amounts_add_up_to_the_last_digit(metric: str, day: date) -> None:
    # Each line is 0.01 EUR at 1.234567, exactly 0.01234567, and five of them are 0.06172835: shown as 0.061728. Five
    # times 0.012346 would be 0.061730.
    lines = [{"mrr": Decimal("0.01"), "currency": "EUR", "sold_on": day} for _ in range(5)]
    of = program(metric, policy='fx.flow = "row_date"\nfx.level = "month_end"\nfx.max_age_days = 60')
    found = told(of, sold(*lines, {"mrr": 3}, fx_rates=RATES), JAN)
    amounts = [Decimal(str(cells[0])) for cells in found.values()]
    assert sum(amounts) == Decimal("3.061728")
    assert set(amounts) == {Decimal(3), Decimal("0.012345"), Decimal("0.012346")}


def test_a_row_without_an_amount_and_one_without_a_factor() -> None:
    seats = 'sum = "seats"\ntimes = { by = "product", values = { phone = 2 } }\non = "starts_on"\nwindow = "lifetime"'
    services = [{"service_id": f"S{n}", "product": name, "seats": 4} for n, name in enumerate(("phone", "fax"), 1)]
    rows: Rows = {"partner_services": [{**row, "starts_on": date(2025, 1, 5)} for row in services]}
    assert told(program(seats, source="partner_services"), rows, JAN) == {
        "S1": ("8",),
        "S2": (None, "times", None, "a factor"),
    }
    amounts = {"opportunities": [{"opportunity_id": "D1", "submitted_on": date(2025, 1, 5), "amount": None}]}
    total = program('sum = "amount"\non = "submitted_on"\nwindow = "lifetime"', source="opportunities")
    assert told(total, amounts, JAN) == {"D1": (None, "amount", None, "an amount")}


def test_a_distinct_count_counts_every_row_and_adds_the_first_of_each_value() -> None:
    customers = program('count = "customer_id"\non = "sold_on"\nwindow = "fiscal_quarter"')
    lines = [on(1, 20) | {"customer_id": "C1"}, on(1, 10) | {"customer_id": "C1"}, {"customer_id": "C2"}]
    assert told(customers, sold(*lines), MAR) == {"L1": ("0",), "L2": ("1",), "L3": ("1",)}


def test_what_is_counted_must_be_filled() -> None:
    families = program('count = "product_family"\non = "sold_on"\nwindow = "fiscal_quarter"')
    assert told(families, sold({"product_family": "voice"}, {"product_family": None}), MAR) == {
        "L1": ("1",),
        "L2": ("1", "product_family", None, "a value"),
    }


def test_a_share_counts_every_row_and_adds_those_that_meet_its_condition() -> None:
    share = program('where.order_type = "new_logo"\nshare.mrr.at_least = 10\non = "sold_on"\nwindow = "fiscal_quarter"')
    assert told(share, sold({"mrr": 9}, {"mrr": 10}, {"order_type": "renewal"}), MAR) == {
        "L1": ("0",),
        "L2": ("1",),
        "L3": ("1", "order_type", "renewal", "is new_logo"),
    }


@pytest.mark.parametrize("measure", ["average", "median", "minimum", "maximum"])
def test_what_is_no_sum_is_made_of_every_row_with_an_amount(measure: str) -> None:
    scored = program(f'{measure} = "score"\non = "scored_on"\nwindow = "lifetime"', source="health_scores")
    rows: Rows = {
        "health_scores": [
            {"customer_id": f"C{score}", "scored_on": date(2025, 1, 5), "score": score} for score in (70, 81)
        ]
    }
    assert told(scored, rows, JAN) == {"C70/2025-01-05": ("70",), "C81/2025-01-05": ("81",)}


def test_rows_of_an_export_without_a_key_are_told_apart() -> None:
    days = program('count = ["customer_id", "occurred_on"]\non = "occurred_on"\nwindow = "lifetime"', source="activity")
    row = {"customer_id": "C1", "occurred_on": date(2025, 1, 5)}
    found = told(days, {"activity": [row, row]}, JAN)
    assert sorted(cells[0] or "" for cells in found.values()) == ["0", "1"]


def test_identical_rows_that_are_kept_are_numbered() -> None:
    of = program('count = "line_id"\non = "sold_on"\nwindow = "fiscal_quarter"')
    inputs = replace(inputs_of(of, sold({}), "2025-03"), repeating=("mrr",))
    (part,) = inputs.exports["mrr"]
    twice = replace(inputs, exports={**inputs.exports, "mrr": (pl.concat([part, part]),)})
    found = as_told(counted(twice, of.metrics["m"], Look(0, MAR, "open"), inputs.roster))
    assert found == {"L1": ("1",), "L1#2": ("0",)}


def test_only_the_partners_asked_for() -> None:
    of, rows = program(SUM), sold({"partner_id": "A"}, {"partner_id": "B"})
    inputs = inputs_of(of, rows | {"partners": [{"partner_id": "A"}, {"partner_id": "B"}]}, "2025-03")
    found = counted(inputs, of.metrics["m"], Look(0, MAR, "open"), inputs.roster.filter(pl.col("partner_id") == "B"))
    assert found["source_id"].to_list() == ["L2"]


ATTESTED = [
    {"criterion": "nda", "attested_on": date(2025, 1, 5), "value": 1},
    {"criterion": "nda", "attested_on": date(2025, 2, 5), "value": 0},
    {"criterion": "nda", "attested_on": date(2025, 3, 5), "value": 1, "expires_on": date(2025, 3, 30)},
    {"criterion": "insured", "attested_on": date(2025, 1, 5), "value": 1},
]
NOTHING: Mapping[str, Any] = MappingProxyType({})


@pytest.mark.parametrize(
    ("day", "changed", "last"),
    [
        (date(2025, 1, 5), NOTHING, ("1",)),
        (JAN, NOTHING, ("1",)),
        (FEB, NOTHING, ("1", "value", "0", "at least 1")),
        (MAR, NOTHING, ("1", "expires_on", "2025-03-30", "not before 2025-03-31")),
        (MAR, {"expires_on": MAR}, ("1",)),
    ],
)
def test_the_attestation_that_counts(day: date, changed: Mapping[str, Any], last: tuple[str, ...]) -> None:
    rows: Rows = {"attestations": [*ATTESTED[:2], {**ATTESTED[2], **changed}, ATTESTED[3]]}
    inputs = inputs_of(program(SUM), rows, day.strftime("%Y-%m"))
    found = as_told(counted_attestations(inputs, "nda", day, inputs.roster))
    known = [f"nda/2025-0{month}-05" for month in range(1, day.month + 1)]
    latest = f"the latest attestation, of 2025-0{day.month}-05"
    earlier = {key: ("1", "attested_on", key.removeprefix("nda/"), latest) for key in known[:-1]}
    assert found == earlier | {known[-1]: last}
