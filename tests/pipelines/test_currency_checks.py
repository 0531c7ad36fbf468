"""Rows in other currencies: which programs need rates of exchange for them, and what is said where there is none."""

from collections.abc import Sequence
from datetime import date

import pytest

from tests.pipelines.ingest_cases import Case, column_of, counts, faults_of, mrr_csv, parsed
from tests.pipelines.test_row_checks import HEAD, TRACK
from tierctl.currency_checks import currency_checks, mixed_currencies, rate_checks
from tierctl.fiscal import Calendar
from tierctl.ingest import Ingested
from tierctl.program.model import Program

FX = 'fx = {{ flow = "{flow}", level = "{level}"{more} }}'
FLOW = """
[metrics.revenue]
from = "mrr"
sum = "mrr"
on = ["invoiced_on", "sold_on"]
window = "calendar_year"
"""
LEVEL = """
[metrics.revenue]
from = "mrr"
sum = "mrr"
running = { since = "sold_on", before = "cancelled_on" }
"""
RATES = "currency,rate_on,rate,base"
HEADER = "line_id,partner_id,customer_id,order_type,mrr,currency,sold_on,invoiced_on,cancelled_on"
JUNE = date(2025, 6, 30)


def program(
    metric: str = FLOW,
    *,
    flow: str = "row_date",
    level: str = "month_end",
    more: str = ", max_age_days = 10",
    currency: str = "USD",
    id_: str = "demo",
    converts: bool = True,
    head: str = "",
) -> Program:
    fx = FX.format(flow=flow, level=level, more=more) if converts else ""
    ladder = TRACK.format(track="partner", base="member", tier="gold", metric="revenue")
    top = HEAD.format(id=id_, currency=currency, since="2025-01-01").replace("[policy]", f"{head}\n[policy]\n{fx}")
    return parsed(top + metric + ladder)


def line(
    number: int, currency: str, sold_on: str, *, mrr: str = "10.00", invoiced_on: str = "", until: str = ""
) -> str:
    return f"L{number},P1,C1,new_logo,{mrr},{currency},{sold_on},{invoiced_on},{until}"


def read(
    case: Case,
    lines: Sequence[str],
    programs: Sequence[Program],
    *,
    rates: Sequence[str] | None = ("EUR,2025-05-01,1.10,",),
    until: date | None = JUNE,
) -> Ingested:
    case.write("mrr.csv", mrr_csv(*lines, header=HEADER))
    case.export("mrr", "mrr.csv")
    needed = ["mrr"]
    if rates is not None:
        case.write("fx_rates.csv", "\n".join([RATES, *rates, ""]))
        case.export("fx_rates", "fx_rates.csv")
        needed.append("fx_rates")
    checks = rate_checks(programs, Calendar.months(), until, has_rates=rates is not None)
    return case.read(*needed, until=until, row_checks=currency_checks(programs), table_checks=checks)


def refused(ingested: Ingested) -> list[int]:
    faults = faults_of(ingested)
    assert {(fault[2], fault[4]) for fault in faults} <= {("currency", "no-exchange-rate")}
    return [fault[1] for fault in faults]


# ---- flows


@pytest.mark.parametrize(
    ("day", "refuses"), [("2025-04-30", True), ("2025-05-01", False), ("2025-05-11", False), ("2025-05-12", True)]
)
def test_a_row_needs_a_rate_of_its_own_day_or_of_a_few_days_before(case: Case, day: str, *, refuses: bool) -> None:
    assert refused(read(case, [line(1, "EUR", day)], [program()])) == ([1] if refuses else [])


def test_the_first_day_that_is_filled_is_the_rows_own(case: Case) -> None:
    lines = [
        line(1, "EUR", "2025-01-01", invoiced_on="2025-05-02"),
        line(2, "EUR", "2025-05-02", invoiced_on="2025-06-02"),
    ]
    assert refused(read(case, lines, [program()])) == [2]


def test_rows_in_the_programs_currency_without_currency_or_amount_need_none(case: Case) -> None:
    metric = FLOW.replace("mrr", "opportunities").replace('sum = "opportunities"', 'sum = "amount"')
    metric = metric.replace('["invoiced_on", "sold_on"]', '"submitted_on"')
    rows = [
        "O1,P1,open,2025-03-01,5,USD",
        "O2,P1,open,2025-03-01,,EUR",
        "O3,P1,open,2025-03-01,5,",
        "O4,P1,open,2025-03-01,5,EUR",
    ]
    case.write(
        "opportunities.csv", "\n".join(["opportunity_id,partner_id,stage,submitted_on,amount,currency", *rows, ""])
    )
    case.export("opportunities", "opportunities.csv")
    checks = rate_checks([program(metric)], Calendar.months(), JUNE, has_rates=False)
    assert refused(case.read("opportunities", table_checks=checks)) == [4]


def test_rows_before_activity_counts_need_none(case: Case) -> None:
    lines = [line(1, "EUR", "2024-12-31"), line(2, "EUR", "2025-01-01")]
    assert refused(read(case, lines, [program(head="counts_from = 2025-01-01")])) == [2]


def test_rows_dated_after_the_review_day_are_ignored_and_need_none(case: Case) -> None:
    ingested = read(case, [line(1, "EUR", "2025-07-01"), line(2, "EUR", "2025-05-02")], [program()])
    assert refused(ingested) == []
    assert counts(ingested, "mrr") == (1, 2, 0, 0, 1)


def test_rates_into_another_currency_are_not_the_programs(case: Case) -> None:
    rates = ["EUR,2025-05-01,1.10,GBP", "CHF,2025-05-01,1.05,USD", "SEK,2025-05-01,0.1,"]
    lines = [line(n, currency, "2025-05-02") for n, currency in enumerate(["EUR", "CHF", "SEK"], start=1)]
    assert refused(read(case, lines, [program()], rates=rates)) == [1]


@pytest.mark.parametrize(
    ("word", "more", "days"),
    [
        ("month_end", ", max_age_days = 30", ["2025-04-30", "2025-06-01"]),
        ("month_average", "", ["2025-04-30", "2025-06-01"]),
        ("fixed", ", fixed = [{ since = 2025-05-01, equal = { USD = 100, EUR = 75 } }]", ["2025-04-30"]),
    ],
)
def test_each_policy_says_which_days_have_a_rate(case: Case, word: str, more: str, days: list[str]) -> None:
    tried = ["2025-04-30", "2025-05-01", "2025-05-31", "2025-06-01"]
    lines = [line(n, "EUR", day) for n, day in enumerate(tried)]
    ingested = read(case, lines, [program(flow=word, more=more)], rates=["EUR,2025-05-02,1.10,"])
    if word == "fixed":
        assert refused(ingested) == [1]
    assert [tried[record - 1] for record in refused(ingested)] == days


# ---- levels


@pytest.mark.parametrize(
    ("since", "until", "refuses"),
    [
        ("2025-02-01", "2025-02-28", False),
        ("2025-02-01", "2025-03-01", True),
        ("2025-03-01", "2025-03-31", False),
        ("2025-03-31", "", False),
        ("2025-03-31", "2025-04-01", False),
        ("2025-06-30", "", True),
    ],
)
def test_a_running_row_needs_a_rate_on_every_review_day_on_which_it_runs(
    case: Case, since: str, until: str, *, refuses: bool
) -> None:
    """There are rates for the ends of March, April and May, and none for those of February and June."""
    rates = [f"EUR,2025-{day},1.1," for day in ("03-25", "04-25", "05-25")]
    if since == "2025-03-31" and not until:
        rates.append("EUR,2025-06-25,1.1,")
    ingested = read(case, [line(1, "EUR", since, until=until)], [program(LEVEL)], rates=rates)
    assert refused(ingested) == ([1] if refuses else [])


def test_a_level_by_the_day_on_which_the_row_began(case: Case) -> None:
    lines = [line(1, "EUR", "2025-04-30"), line(2, "EUR", "2025-05-01")]
    assert refused(read(case, lines, [program(LEVEL, level="row_date")])) == [1]


def test_a_check_without_a_month_looks_as_far_as_the_rates_reach(case: Case) -> None:
    rates = [f"EUR,2025-{day},1.1," for day in ("01-31", "02-28", "03-31")]
    assert refused(read(case, [line(1, "EUR", "2025-01-01")], [program(LEVEL)], rates=rates, until=None)) == []


# ---- several programs


def test_a_row_has_to_suit_every_program_that_reads_it(case: Case) -> None:
    lines = [line(n, currency, "2025-05-02") for n, currency in enumerate(["USD", "EUR", "GBP"], start=1)]
    both = [program(), program(currency="EUR", id_="other", more="")]
    rates = ["EUR,2025-05-01,1.10,USD", "GBP,2025-05-01,1.3,USD", "GBP,2025-05-01,1.2,EUR"]
    assert refused(read(case, lines, both, rates=rates)) == [1]
    assert mixed_currencies(both) == []


def test_beside_a_program_without_exchange_the_currency_is_that_ones(case: Case) -> None:
    lines = [line(n, currency, "2025-05-02") for n, currency in enumerate(["USD", "EUR"], start=1)]
    both = [program(), program(currency="EUR", id_="other", converts=False)]
    assert [(fault[1], fault[4]) for fault in faults_of(read(case, lines, both))] == [(1, "other-currency")]
    assert mixed_currencies(both) == []


def test_programs_without_exchange_in_different_currencies_are_refused() -> None:
    three = [program(converts=False), program(currency="EUR", id_="other", converts=False), program(id_="third")]
    (finding,) = mixed_currencies(three)
    assert (finding.code, finding.message) == (
        "currencies-differ",
        "programs in EUR and USD sum mrr.mrr, and no rates of exchange are applied",
    )


@pytest.mark.parametrize("measure", ["sum", "average", "median", "minimum", "maximum", "latest"])
def test_every_measure_of_an_amount_reads_its_currency(measure: str) -> None:
    metric = FLOW.replace("sum =", f"{measure} =")
    (check,) = currency_checks([program(metric, converts=False)])
    assert (check.export, check.column, check.rule) == ("mrr", "currency", "other-currency")
    (rule,) = rate_checks([program(metric)], Calendar.months(), JUNE, has_rates=True)
    assert (rule.export, rule.needs) == ("mrr", ("fx_rates",))


def test_columns_and_exports_that_a_program_declares_are_amounts_too() -> None:
    declared = """
[exports.deals]
primaryKey = "deal_id"
fields = [
  { name = "deal_id" }, { name = "partner_id" }, { name = "closed_on", type = "date" },
  { name = "fee", type = "number", money = true }, { name = "currency" },
]

[columns.fees]
from = "deals"
sum = "fee"
same = ["partner_id"]
"""
    metric = FLOW.replace('"mrr"', '"deals"', 1).replace('sum = "mrr"', 'sum = "fees"')
    metric = metric.replace('["invoiced_on", "sold_on"]', '"closed_on"')
    (check,) = currency_checks([program(declared + metric, converts=False)])
    assert (check.export, check.hint.partition("give ")[2].partition(" in")[0]) == ("deals", "fee")


# ---- what is said


def told(ingested: Ingested) -> tuple[str, str]:
    (finding,) = ingested.findings
    assert (finding.code, finding.source, finding.subject) == ("no-exchange-rate", "mrr.csv", "record 1")
    return finding.message, finding.hint


@pytest.mark.parametrize(
    ("flow", "more", "said"),
    [
        (
            "row_date",
            ", max_age_days = 10",
            "on 2025-05-12: the last rate is of 2025-05-01, 11 days before, and at most 10 are allowed",
        ),
        (
            "month_end",
            ", max_age_days = 10",
            "on 2025-05-31: the last rate is of 2025-05-01, 30 days before, and at most 10 are allowed",
        ),
    ],
)
def test_the_finding_names_the_last_rate_and_its_age(case: Case, flow: str, more: str, said: str) -> None:
    message, hint = told(read(case, [line(1, "EUR", "2025-05-12")], [program(flow=flow, more=more)]))
    assert message == f"currency 'EUR' cannot be converted into USD {said}"
    assert hint == "add the rate to fx_rates, or give mrr in USD at its source"


@pytest.mark.parametrize(
    ("flow", "more", "said"),
    [
        ("row_date", "", "into USD on 2025-03-12: there is no rate by that day"),
        ("month_average", "", "into USD in 2025-03: no rate is published in that fiscal month"),
        ("fixed", ", fixed = [{ since = 2025-04-01, equal = { USD = 1, EUR = 2 } }]",
         "into USD on 2025-03-12: no fixed rate is given"),
    ],
)  # fmt: skip
def test_the_finding_says_that_there_is_no_rate(case: Case, flow: str, more: str, said: str) -> None:
    message, _ = told(read(case, [line(1, "EUR", "2025-03-12")], [program(flow=flow, more=more)]))
    assert message == f"currency 'EUR' cannot be converted {said}"


def test_without_any_rates_the_hint_is_to_configure_them(case: Case) -> None:
    ingested = read(case, [line(1, "EUR", "2025-05-12"), line(2, "GBP", "2025-05-12")], [program()], rates=None)
    assert told(ingested)[1] == (
        "no rates of exchange are configured: name their file with [exports.fx_rates], or give mrr in USD at its source"
    )
    assert column_of(ingested, "mrr", "line_id") == []


def test_fixed_rates_are_the_programs_to_give(case: Case) -> None:
    exchange = program(
        flow="fixed", level="fixed", more=", fixed = [{ since = 2025-01-01, equal = { USD = 1, EUR = 2 } }]"
    )
    lines = [line(1, "GBP", "2025-05-12"), line(2, "EUR", "2025-05-12")]
    message, hint = told(read(case, lines, [exchange], rates=None))
    assert message.startswith("currency 'GBP' cannot be converted into USD on 2025-05-12")
    assert hint == "add the currency to policy.fx.fixed of the program, or give mrr in USD at its source"
