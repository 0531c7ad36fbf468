"""What a cell may look like, and which rule it breaks where it may not."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from tests.pipelines.ingest_cases import Case, column_of, counts, faults_of, mrr_csv, mrr_line, original_rows


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("10", "10"),
        ("10.5", "10.5"),
        ("-3.25", "-3.25"),
        ("+7", "7"),
        (" 12.00 ", "12"),
        ("0.000001", "0.000001"),
        ("1.50000000", "1.5"),
        ("99999999999999999999.999999", "99999999999999999999.999999"),
        ("-00099999999999999999999", "-99999999999999999999"),
    ],
)
def test_a_number_is_read_exactly(case: Case, text: str, number: str) -> None:
    case.write("mrr.csv", mrr_csv(mrr_line(mrr=text)))
    assert column_of(case.export("mrr", "mrr.csv").read("mrr"), "mrr", "mrr") == [Decimal(number)]


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("", "missing-value"),
        ("  ", "missing-value"),
        ("1e3", "not-a-number"),
        ("1,5", "not-a-number"),
        (".5", "not-a-number"),
        ("5.", "not-a-number"),
        ("$5", "not-a-number"),
        ("--5", "not-a-number"),
        ("(5)", "not-a-number"),
        ("NaN", "not-a-number"),
        ("inf", "not-a-number"),
        ("٣", "not-a-number"),
        ("1.0000001", "number-too-precise"),
        ("1.12345678", "number-too-precise"),
        ("100000000000000000000", "number-too-large"),
        ("-100000000000000000000", "number-too-large"),
        ("100000000000000000000000000000000", "number-too-large"),
    ],
)
def test_a_text_that_is_no_number_is_rejected_as_it_stands(case: Case, text: str, rule: str) -> None:
    case.write("mrr.csv", mrr_csv(mrr_line(), mrr_line("L2", mrr=f'"{text}"')))
    ingested = case.export("mrr", "mrr.csv").read("mrr")
    value = text if text.strip(" ") or text else ""
    assert [(f, r, c, v or "", u) for f, r, c, v, u in faults_of(ingested)] == [("mrr.csv", 2, "mrr", value, rule)]
    assert counts(ingested, "mrr") == (1, 2, 1, 0, 0)


@pytest.mark.parametrize(
    ("text", "fmt", "number"),
    [
        ("1.234.567,89", {"decimalChar": ",", "groupChar": "."}, "1234567.89"),
        ("1234,5", {"decimalChar": ",", "groupChar": "."}, "1234.5"),
        ("1,234.5", {"groupChar": ","}, "1234.5"),
        ("1\u00a0234\u00a0567,5", {"decimalChar": ",", "groupChar": "\u00a0"}, "1234567.5"),
        ("-1\u202f234,50", {"decimalChar": ",", "groupChar": "\u202f"}, "-1234.5"),
        ("1\u2019234.5", {"groupChar": "\u2019"}, "1234.5"),
        ("1\u00a0234,5\u00a0€", {"decimalChar": ",", "groupChar": "\u00a0", "bareNumber": False}, "1234.5"),
        ("$1,234.50", {"groupChar": ",", "bareNumber": False}, "1234.5"),
        ("-€5", {"bareNumber": False}, "-5"),
        ("$-5", {"bareNumber": False}, "-5"),
        ("12 %", {"bareNumber": False, "percent": "number"}, "12"),
        ("USD 7.5", {"bareNumber": False}, "7.5"),
    ],
)
def test_numbers_are_read_as_the_format_says(case: Case, text: str, fmt: dict[str, Any], number: str) -> None:
    row = mrr_line(mrr=f'"{text}"')
    case.write("mrr.csv", mrr_csv(row.replace("USD,2", "EUR,2") if "€" in text else row))
    ingested = case.export("mrr", "mrr.csv", format=fmt).read("mrr")
    assert faults_of(ingested) == []
    assert column_of(ingested, "mrr", "mrr") == [Decimal(number)]


@pytest.mark.parametrize("text", ["12,34.5", "1,2345", ",123", "1,,234", "1234,567"])
def test_group_signs_must_stand_in_their_places(case: Case, text: str) -> None:
    case.write("mrr.csv", mrr_csv(mrr_line(mrr=f'"{text}"')))
    ingested = case.export("mrr", "mrr.csv", format={"groupChar": ","}).read("mrr")
    assert [fault[-1] for fault in faults_of(ingested)] == ["not-a-number"]


@pytest.mark.parametrize(
    ("text", "pattern"),
    [
        ("2025-05-01", "%Y-%m-%d"),
        (" 2025-05-01 ", "%Y-%m-%d"),
        ("5/1/2025", "%m/%d/%Y"),
        ("05/01/2025", "%m/%d/%Y"),
        ("01.05.25", "%d.%m.%y"),
        ("20250501", "%Y%m%d"),
        ("1-May-2025", "%d-%b-%Y"),
        ("1 May 2025", "%d %B %Y"),
        ("2025-05-01T00:00:00", "%Y-%m-%dT%H:%M:%S"),
    ],
)
def test_a_date_is_read_by_its_pattern(case: Case, text: str, pattern: str) -> None:
    case.write("mrr.csv", mrr_csv(mrr_line(sold_on=text)))
    ingested = case.export("mrr", "mrr.csv", format={"date": pattern}).read("mrr")
    assert faults_of(ingested) == []
    assert column_of(ingested, "mrr", "sold_on") == [date(2025, 5, 1)]


@pytest.mark.parametrize(
    ("text", "pattern"),
    [
        ("1/2/25", "%m/%d/%Y"),
        ("25-05-01", "%Y-%m-%d"),
        ("2025-02-30", "%Y-%m-%d"),
        ("2025-13-01", "%Y-%m-%d"),
        ("2025-05-01T00:00:00", "%Y-%m-%d"),
        ("2025-05-01 00:00:00", "%Y-%m-%d"),
        ("2025-05-01T09:30:00", "%Y-%m-%dT%H:%M:%S"),
        ("01/05/2025", "%Y-%m-%d"),
        ("2025511", "%Y%m%d"),
        ("45413", "%Y-%m-%d"),
        ("2025-5-01", "%Y-%m-%d"),
        ("2025-05-1", "%Y-%m-%d"),
        ("2025-5-1T00:00:00", "%Y-%m-%dT%H:%M:%S"),
        ("0000-05-01", "%Y-%m-%d"),
        ("1/2/0000", "%m/%d/%Y"),
        ("10000-05-01", "%Y-%m-%d"),
        ("+2025-05-01", "%Y-%m-%d"),
    ],
)
def test_a_text_that_is_no_such_date_is_rejected(case: Case, text: str, pattern: str) -> None:
    case.write("mrr.csv", mrr_csv(mrr_line(sold_on=text)))
    ingested = case.export("mrr", "mrr.csv", format={"date": pattern}).read("mrr")
    assert faults_of(ingested) == [("mrr.csv", 1, "sold_on", text, "not-a-date")]


@pytest.mark.parametrize(
    ("text", "value"), [("true", True), ("TRUE", True), ("1", True), ("0", False), ("False", False), ("", True)]
)
def test_booleans_have_words_and_an_empty_cell_takes_the_default(case: Case, text: str, value: bool) -> None:
    case.write(
        "mrr.csv",
        mrr_csv(
            f"{mrr_line()},{text}", header="line_id,partner_id,customer_id,order_type,mrr,currency,sold_on,via_portal"
        ),
    )
    assert column_of(case.export("mrr", "mrr.csv").read("mrr"), "mrr", "via_portal") == [value]


def test_other_words_for_true_and_false_are_said_in_the_format(case: Case) -> None:
    header = "partner_id,name,good_standing"
    case.write("p.csv", f"{header}\nP1,Ada,Y\nP2,Bo,N\nP3,Cy,true\n")
    ingested = case.export("partners", "p.csv", format={"trueValues": ["Y"], "falseValues": ["N"]}).read()
    assert column_of(ingested, "partners", "good_standing") == [True, False]
    assert faults_of(ingested) == [("p.csv", 3, "good_standing", "true", "not-a-boolean")]


@pytest.mark.parametrize(("text", "months"), [("12", 12), ("12.0", 12), ("", None)])
def test_whole_numbers_may_be_written_with_zeros_behind_the_point(case: Case, text: str, months: int | None) -> None:
    header = "line_id,partner_id,customer_id,order_type,mrr,currency,sold_on,term_months"
    case.write("mrr.csv", mrr_csv(f"{mrr_line()},{text}", header=header))
    assert column_of(case.export("mrr", "mrr.csv").read("mrr"), "mrr", "term_months") == [months]


@pytest.mark.parametrize(
    ("text", "rule"),
    [("12.5", "not-an-integer"), ("x", "not-an-integer"), ("0", "below-minimum"), ("9" * 20, "number-too-large")],
)
def test_whole_numbers_that_are_none_are_rejected(case: Case, text: str, rule: str) -> None:
    header = "line_id,partner_id,customer_id,order_type,mrr,currency,sold_on,term_months"
    case.write("mrr.csv", mrr_csv(f"{mrr_line()},{text}", header=header))
    ingested = case.export("mrr", "mrr.csv").read("mrr")
    assert faults_of(ingested) == [("mrr.csv", 1, "term_months", text, rule)]


def test_ids_stay_text(case: Case) -> None:
    case.write("p.csv", "partner_id,name\n007,Bond\n1E5,Exp\n 8,Blank\n")
    ingested = case.export("partners", "p.csv").read()
    assert column_of(ingested, "partners", "partner_id") == [" 8", "007", "1E5"]


def test_words_of_an_enum_lose_the_blanks_around_them(case: Case) -> None:
    case.write("mrr.csv", mrr_csv(mrr_line(kind=" renewal ")))
    assert column_of(case.export("mrr", "mrr.csv").read("mrr"), "mrr", "order_type") == ["renewal"]


def test_enum_and_pattern_faults_name_the_cell(case: Case) -> None:
    case.write("mrr.csv", mrr_csv("L1,P1,C1,New Logo,1,usd,2025-05-01"))
    ingested = case.export("mrr", "mrr.csv").read("mrr")
    assert faults_of(ingested) == [
        ("mrr.csv", 1, "currency", "usd", "pattern-mismatch"),
        ("mrr.csv", 1, "order_type", "New Logo", "not-in-enum"),
    ]
    assert counts(ingested, "mrr") == (0, 1, 1, 0, 0)


def test_bounds_reject_what_lies_outside(case: Case) -> None:
    header = "partner_id,effective_on,standard_rate"
    case.write("a.csv", f"{header}\nP1,2025-01-01,-0.1\nP1,2025-02-01,1.1\nP1,2025-03-01,0\nP1,2025-04-01,1\n")
    ingested = case.export("agreements", "a.csv").read("agreements")
    assert faults_of(ingested) == [
        ("a.csv", 1, "standard_rate", "-0.1", "below-minimum"),
        ("a.csv", 2, "standard_rate", "1.1", "above-maximum"),
    ]


def test_values_are_mapped_before_anything_is_judged(case: Case) -> None:
    case.write("mrr.csv", mrr_csv("L1,P1,C1,New Logo,n/a,,2025-05-01", "L2,P1,C1, Up sell,5,US$,2025-05-01"))
    values = {
        "order_type": {"New Logo": "new_logo", "Up sell": "add"},
        "mrr": {"n/a": "0"},
        "currency": {"": "EUR", "US$": "USD"},
    }
    ingested = case.export("mrr", "mrr.csv", values=values).read("mrr")
    assert faults_of(ingested) == []
    assert column_of(ingested, "mrr", "order_type") == ["new_logo", "add"]
    assert column_of(ingested, "mrr", "mrr") == [Decimal(0), Decimal(5)]
    assert column_of(ingested, "mrr", "currency") == ["EUR", "USD"]


def test_words_for_nothing_are_said_in_the_format(case: Case) -> None:
    case.write("p.csv", "partner_id,name,country,joined_on\nP1,Ada,NULL,-\nP2,-,DE,2025-01-01\n")
    ingested = case.export("partners", "p.csv", format={"missingValues": ["NULL", "-"]}).read()
    assert column_of(ingested, "partners", "country") == [None]
    assert column_of(ingested, "partners", "joined_on") == [None]
    assert faults_of(ingested) == [("p.csv", 2, "name", "-", "missing-value")]


def test_a_rejected_row_is_kept_whole_in_its_own_words(case: Case) -> None:
    case.write("p.csv", 'Code,name,Note\nP1,,"a ""b"", ü"\n')
    ingested = case.export("partners", "p.csv", columns={"Code": "partner_id"}).read()
    assert original_rows(ingested) == [{"Code": "P1", "name": "", "Note": 'a "b", ü'}]


def test_each_fault_of_a_row_is_listed_and_the_row_counted_once(case: Case) -> None:
    case.write("mrr.csv", mrr_csv("L1,P1,,new_logo,x,USD,never"))
    ingested = case.export("mrr", "mrr.csv").read("mrr")
    assert [(fault[2], fault[4]) for fault in faults_of(ingested)] == [
        ("customer_id", "missing-value"),
        ("mrr", "not-a-number"),
        ("sold_on", "not-a-date"),
    ]
    assert counts(ingested, "mrr") == (0, 1, 1, 0, 0)


def test_findings_sum_up_each_rule_with_its_first_place(case: Case) -> None:
    case.write("mrr.csv", mrr_csv(mrr_line(), mrr_line("L2", mrr="x"), mrr_line("L3", mrr="y")))
    (finding,) = case.export("mrr", "mrr.csv").read("mrr").findings
    assert (finding.code, finding.source, finding.subject) == ("not-a-number", "mrr.csv", "record 2")
    assert "'x'" in finding.message
    assert "2 rows" in finding.message


@pytest.mark.parametrize(
    "day", [date(1, 1, 1), date(100, 1, 1), date(2010, 1, 1), date(3000, 1, 1), date(9999, 12, 31)]
)
def test_years_reach_from_1_to_9999(case: Case, day: date) -> None:
    case.write("mrr.csv", mrr_csv(mrr_line(sold_on=day.isoformat())))
    assert column_of(case.export("mrr", "mrr.csv").read("mrr", until=None), "mrr", "sold_on") == [day]


@pytest.mark.parametrize(
    ("text", "pattern", "said"),
    [
        ("30.04.2024", "%Y-%m-%d", 'date = "%d.%m.%Y": '),
        ("30/04/2024", "%Y-%m-%d", 'date = "%d/%m/%Y": '),
        ("04/30/2024", "%Y-%m-%d", 'date = "%m/%d/%Y": '),
        ("05/04/2024", "%Y-%m-%d", 'date = "%d/%m/%Y" or date = "%m/%d/%Y": '),
        ("2024-04-30", "%d.%m.%Y", 'date = "%Y-%m-%d": '),
        ("31.04.2024", "%d.%m.%Y", "no such day"),
        ("31.04.2024", "%Y-%m-%d", "dates are read as %Y-%m-%d"),
        ("2024-04-30T09:30:00", "%Y-%m-%dT%H:%M:%S", 'timeOfDay = "drop" under [exports.mrr.format]'),
        ("soon", "%Y-%m-%d", "dates are read as %Y-%m-%d"),
    ],
)
def test_the_hint_on_a_date_uses_the_text_at_hand(case: Case, text: str, pattern: str, said: str) -> None:
    case.write("mrr.csv", mrr_csv(mrr_line(sold_on=text)))
    (finding,) = case.export("mrr", "mrr.csv", format={"date": pattern}).read("mrr").findings
    assert said in finding.hint


@pytest.mark.parametrize(
    ("text", "is_told"),
    [("$5.00", True), ("-5 EUR", True), ("€ 5", True), ("5 %", False), ("$5,5", False), ("x", False)],
)
def test_a_currency_beside_a_number_is_told_of_in_the_hint(case: Case, text: str, is_told: bool) -> None:
    case.write("mrr.csv", mrr_csv(mrr_line(mrr=f'"{text}"')))
    (finding,) = case.export("mrr", "mrr.csv").read("mrr").findings
    assert ("bareNumber = false under [exports.mrr.format]" in finding.hint) is is_told
