"""Cells as people's systems write them: numbers of days, times of day, accountants' negatives, rows without cells."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.pipelines.ingest_cases import (
    MRR_HEADER,
    Case,
    column_of,
    counts,
    faults_of,
    mrr_csv,
    mrr_line,
    parquet_of,
)
from tierctl.cell_patterns import patterns
from tierctl.contracts import NUMBER, export_contract
from tierctl.export_format import Format
from tierctl.fixed_cells import UnfitTextError, fixed_value
from tierctl.ingest import Ingested, cell_texts

NO_CURRENCY = "line_id,partner_id,customer_id,order_type,mrr,sold_on"


def dated(case: Case, text: str, **fmt: Any) -> Ingested:
    """An export of one row with that text for its sold_on."""
    case.write("mrr.csv", mrr_csv(mrr_line(mrr="10", sold_on=f'"{text}"')))
    return case.export("mrr", "mrr.csv", format=fmt).read("mrr", until=None)


def numbered(case: Case, text: str, **fmt: Any) -> Ingested:
    """An export of one row with that text for its mrr."""
    return in_currency(case, text, "USD", **fmt)


def in_currency(case: Case, text: str, currency: str, **fmt: Any) -> Ingested:
    """An export of one row with that text for its mrr, in a currency."""
    case.write("mrr.csv", mrr_csv(mrr_line(mrr=f'"{text}"').replace("USD,2", f"{currency},2")))
    return case.export("mrr", "mrr.csv", format=fmt).read("mrr")


# ---- numbers of days


@pytest.mark.parametrize(
    ("text", "counting", "day"),
    [
        ("45808", "excel", date(2025, 5, 31)),
        ("45808.0", "excel", date(2025, 5, 31)),
        (" 45808.000 ", "excel", date(2025, 5, 31)),
        ("1", "excel", date(1900, 1, 1)),
        ("59", "excel", date(1900, 2, 28)),
        ("61", "excel", date(1900, 3, 1)),
        ("2958465", "excel", date(9999, 12, 31)),
        ("0", "excel-1904", date(1904, 1, 1)),
        ("60", "excel-1904", date(1904, 3, 1)),
        ("44346", "excel-1904", date(2025, 5, 31)),
        ("2957003", "excel-1904", date(9999, 12, 31)),
    ],
)
def test_a_spreadsheets_number_of_a_day_is_that_day(case: Case, text: str, counting: str, day: date) -> None:
    ingested = dated(case, text, date=counting)
    assert faults_of(ingested) == []
    assert column_of(ingested, "mrr", "sold_on") == [day]


@pytest.mark.parametrize(
    ("text", "counting"),
    [
        ("0", "excel"),
        ("60", "excel"),
        ("60.0", "excel"),
        ("-1", "excel"),
        ("45808.5", "excel"),
        ("45808.", "excel"),
        ("45,808", "excel"),
        ("4.5808E4", "excel"),
        ("2958466", "excel"),
        ("99999999999999999999", "excel"),
        ("2025-05-31", "excel"),
        ("-1", "excel-1904"),
        ("2957004", "excel-1904"),
    ],
)
def test_a_number_that_is_no_day_is_rejected(case: Case, text: str, counting: str) -> None:
    assert faults_of(dated(case, text, date=counting)) == [("mrr.csv", 1, "sold_on", text, "not-a-date")]


@pytest.mark.parametrize(
    ("text", "day"),
    [("45808.5", date(2025, 5, 31)), ("45808.999", date(2025, 5, 31)), ("59.9", date(1900, 2, 28)), ("60.5", None)],
)
def test_a_time_of_day_is_the_fraction_of_its_number(case: Case, text: str, day: date | None) -> None:
    ingested = dated(case, text, date="excel", timeOfDay="drop")
    assert column_of(ingested, "mrr", "sold_on") == ([] if day is None else [day])


def test_a_fraction_has_the_decimal_sign_of_its_export(case: Case) -> None:
    ingested = dated(case, "45808,25", date="excel", timeOfDay="drop", decimalChar=",")
    assert column_of(ingested, "mrr", "sold_on") == [date(2025, 5, 31)]
    assert faults_of(dated(case, "45808.25", date="excel", timeOfDay="drop", decimalChar=","))


@settings(max_examples=80, deadline=None)
@given(days=st.lists(st.dates(), min_size=1, max_size=20), is_1904=st.booleans(), fraction=st.sampled_from(["", ".0"]))
def test_any_day_by_its_number_reads_back_equal(days: list[date], is_1904: bool, fraction: str) -> None:
    """Before March of 1900 the older counting is one day short of the days from 1899-12-30 on."""
    first = date(1904, 1, 1) if is_1904 else date(1900, 1, 1)
    days = sorted({max(day, first) for day in days})
    origin = date(1904, 1, 1) if is_1904 else date(1899, 12, 30)
    numbers = [(day - origin).days - (not is_1904 and day < date(1900, 3, 1)) for day in days]
    with TemporaryDirectory() as folder:
        case = Case(Path(folder))
        lines = [mrr_line(f"L{n:02}", sold_on=f"{number}{fraction}") for n, number in enumerate(numbers)]
        case.write("mrr.csv", mrr_csv(*lines))
        case.export("mrr", "mrr.csv", format={"date": "excel-1904" if is_1904 else "excel"})
        assert column_of(case.read("mrr", until=None), "mrr", "sold_on") == days


# ---- times of day


@pytest.mark.parametrize(
    ("text", "pattern"),
    [
        ("2025-05-31 23:10:45", "%Y-%m-%d %H:%M:%S"),
        ("2025-05-31T23:10:45.000Z", "%Y-%m-%dT%H:%M:%S.%f%z"),
        ("2025-05-31T23:10:45.123456789+0530", "%Y-%m-%dT%H:%M:%S.%f%z"),
        ("2025-05-31T23:10:45-08:00", "%Y-%m-%dT%H:%M:%S%z"),
        ("2025-05-31T00:00:00+14:00", "%Y-%m-%dT%H:%M:%S%z"),
        ("5/31/2025 11:10 PM", "%m/%d/%Y %I:%M %p"),
        ("5/31/2025 1:05 pm", "%m/%d/%Y %I:%M %p"),
        ("05/31/2025 12:00AM", "%m/%d/%Y %I:%M%p"),
        ("31.05.2025 9:05", "%d.%m.%Y %H:%M"),
        ("23:59:60 on 31 May 2025", "%H:%M:%S on %d %B %Y"),
        ("20250531231045", "%Y%m%d%H%M%S"),
        ("2025-151T23", "%Y-%jT%H"),
        ("100% 2025-05-31 23", "100%% %Y-%m-%d %H"),
        (" 2025-05-31 00:00:00 ", "%Y-%m-%d %H:%M:%S"),
    ],
)
def test_the_day_as_it_is_written_is_taken_where_the_time_is_dropped(case: Case, text: str, pattern: str) -> None:
    ingested = dated(case, text, date=pattern, timeOfDay="drop")
    assert faults_of(ingested) == []
    assert column_of(ingested, "mrr", "sold_on") == [date(2025, 5, 31)]


@pytest.mark.parametrize(
    ("text", "pattern"),
    [
        ("2025-05-31T00:00:00.000Z", "%Y-%m-%dT%H:%M:%S.%f%z"),
        ("2025-05-31T00:00:00+0900", "%Y-%m-%dT%H:%M:%S%z"),
        ("5/31/2025 12:00 AM", "%m/%d/%Y %I:%M %p"),
        ("5/31/2025 0:00", "%m/%d/%Y %H:%M"),
        ("2025-05-31Z", "%Y-%m-%d%z"),
    ],
)
def test_midnight_is_no_time_of_day(case: Case, text: str, pattern: str) -> None:
    ingested = dated(case, text, date=pattern)
    assert faults_of(ingested) == []
    assert column_of(ingested, "mrr", "sold_on") == [date(2025, 5, 31)]


@pytest.mark.parametrize(
    ("text", "pattern"),
    [
        ("2025-05-31 00:00:01", "%Y-%m-%d %H:%M:%S"),
        ("2025-05-31 00:01", "%Y-%m-%d %H:%M"),
        ("2025-05-31T00:00:00.001", "%Y-%m-%dT%H:%M:%S.%f"),
        ("5/31/2025 12:00 PM", "%m/%d/%Y %I:%M %p"),
        ("5/31/2025 1:00 AM", "%m/%d/%Y %I:%M %p"),
        ("2025-05-31 23", "%Y-%m-%d %H"),
    ],
)
def test_another_time_is_refused_unless_it_is_dropped(case: Case, text: str, pattern: str) -> None:
    ingested = dated(case, text, date=pattern)
    assert faults_of(ingested) == [("mrr.csv", 1, "sold_on", text, "not-a-date")]
    assert 'timeOfDay = "drop" under [exports.mrr.format]' in ingested.findings[0].hint
    assert column_of(dated(case, text, date=pattern, timeOfDay="drop"), "mrr", "sold_on") == [date(2025, 5, 31)]


@pytest.mark.parametrize(
    ("text", "pattern"),
    [
        ("2025-05-31 23:10:45", "%Y-%m-%d"),
        ("2025-05-31", "%Y-%m-%d %H:%M:%S"),
        ("2025-05-31 24:00:00", "%Y-%m-%d %H:%M:%S"),
        ("2025-05-31 23:60:00", "%Y-%m-%d %H:%M:%S"),
        ("2025-05-31 23:10:61", "%Y-%m-%d %H:%M:%S"),
        ("2025-05-31 9:10:45", "%Y-%m-%d %H:%M:%S"),
        ("2025-02-29 23:10:45", "%Y-%m-%d %H:%M:%S"),
        ("2025-05-31T23:10:45.", "%Y-%m-%dT%H:%M:%S.%f"),
        ("2025-05-31T23:10:45.1234567890", "%Y-%m-%dT%H:%M:%S.%f"),
        ("2025-05-31T23:10:45z", "%Y-%m-%dT%H:%M:%S%z"),
        ("2025-05-31T23:10:45+24:00", "%Y-%m-%dT%H:%M:%S%z"),
        ("2025-05-31T23:10:45+1:00", "%Y-%m-%dT%H:%M:%S%z"),
        ("5/31/2025 13:00 PM", "%m/%d/%Y %I:%M %p"),
        ("5/31/2025 0:00 AM", "%m/%d/%Y %I:%M %p"),
        ("5/31/2025 1:00", "%m/%d/%Y %I:%M %p"),
    ],
)
def test_dropping_the_time_makes_no_other_text_a_day(case: Case, text: str, pattern: str) -> None:
    ingested = dated(case, text, date=pattern, timeOfDay="drop")
    assert faults_of(ingested) == [("mrr.csv", 1, "sold_on", text, "not-a-date")]


def test_a_moment_of_a_parquet_file_loses_its_time_where_that_is_dropped(case: Case) -> None:
    """Its column has a type: the pattern of dates in text says nothing of it."""
    moment = datetime(2025, 5, 31, 23, 10, 45, tzinfo=UTC).replace(tzinfo=None)
    columns = dict(zip(MRR_HEADER.split(","), (["L1"], ["P1"], ["C1"], ["add"], ["5"], ["USD"]), strict=False))
    parquet_of(case, "mrr.parquet", columns | {"sold_on": pl.Series([moment])})
    refused = case.export("mrr", "mrr.parquet", format={"date": "%d.%m.%Y"}).read("mrr")
    assert [fault[-1] for fault in faults_of(refused)] == ["not-a-date"]
    case.export("mrr", "mrr.parquet", format={"date": "%d.%m.%Y", "timeOfDay": "drop"})
    assert column_of(case.read("mrr"), "mrr", "sold_on") == [date(2025, 5, 31)]


MOMENTS = st.datetimes(min_value=datetime(1000, 1, 1))  # noqa: DTZ001  (a time as it is written)


@settings(max_examples=60, deadline=None)
@given(
    moments=st.lists(MOMENTS, min_size=1, max_size=10),
    pattern=st.sampled_from(["%Y-%m-%dT%H:%M:%S.%f", "%m/%d/%Y %I:%M:%S %p", "%d-%b-%Y %H:%M", "%d%m%Y%H%M%S"]),
)
def test_any_moment_that_python_writes_is_its_day(moments: list[datetime], pattern: str) -> None:
    with TemporaryDirectory() as folder:
        case = Case(Path(folder))
        lines = [mrr_line(f"L{n:02}", sold_on=each.strftime(pattern)) for n, each in enumerate(moments)]
        case.write("mrr.csv", mrr_csv(*lines))
        case.export("mrr", "mrr.csv", format={"date": pattern, "timeOfDay": "drop"})
        assert column_of(case.read("mrr", until=None), "mrr", "sold_on") == [each.date() for each in moments]


# ---- negatives of accountants


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("(12.50)", "-12.5"),
        ("($12.50)", "-12.5"),
        ("$(12.50)", "-12.5"),
        ("$ ( 12.50 )", "-12.5"),
        ("(12.50 USD)", "-12.5"),
        ("(12.50) USD", "-12.5"),
        ("(USD 1,234.50)", "-1234.5"),
        ("12.50-", "-12.5"),
        ("12.50 -", "-12.5"),
        ("$1,234.50-", "-1234.5"),
        ("12.50-$", "-12.5"),
        ("12.50 USD-", "-12.5"),
        ("(0)", "0"),
        ("(99999999999999999999.999999)", "-99999999999999999999.999999"),
        ("-12.50", "-12.5"),
        ("+12.50", "12.5"),
        ("$12.50", "12.5"),
    ],
)
def test_brackets_and_a_minus_behind_make_a_number_negative(case: Case, text: str, number: str) -> None:
    ingested = numbered(case, text, bareNumber=False, groupChar=",")
    assert faults_of(ingested) == []
    assert column_of(ingested, "mrr", "mrr") == [Decimal(number)]


@pytest.mark.parametrize(
    "text",
    [
        "-(12.50)", "(-12.50)", "(12.50)-", "(12.50-)", "-12.50-", "+12.50-", "--12.50", "12.50--", "12.50+",
        "((12.50))", "(12.50", "12.50)", "()", "(-)", "-", "( )", "[12.50]", "(1,23)", "(12.50) (3)", "- 12.50 -",
        "(12.50)x", "12-50",
    ],
)  # fmt: skip
def test_other_signs_and_brackets_are_a_fault(case: Case, text: str) -> None:
    ingested = numbered(case, text, bareNumber=False, groupChar=",")
    assert faults_of(ingested) == [("mrr.csv", 1, "mrr", text, "not-a-number")]


@pytest.mark.parametrize("text", ["(12.50)", "12.50-"])
def test_a_bare_number_has_its_sign_before_it(case: Case, text: str) -> None:
    ingested = numbered(case, text)
    assert faults_of(ingested) == [("mrr.csv", 1, "mrr", text, "not-a-number")]
    assert ingested.findings[0].hint == (
        "brackets around a number, or a sign behind it, make it negative with bareNumber = false"
        " under [exports.mrr.format]"
    )


@pytest.mark.parametrize(
    ("text", "rule"), [("(1.1234567)", "number-too-precise"), (f"({'9' * 21})", "number-too-large")]
)
def test_a_negative_of_an_accountant_keeps_to_the_bounds_of_numbers(case: Case, text: str, rule: str) -> None:
    assert [fault[-1] for fault in faults_of(numbered(case, text, bareNumber=False))] == [rule]


def test_a_whole_number_may_be_negative_like_that_too(case: Case) -> None:
    header = f"{MRR_HEADER},term_months"
    case.write("mrr.csv", mrr_csv(f"{mrr_line()},(12)", f"{mrr_line('L2')},12 M", header=header))
    ingested = case.export("mrr", "mrr.csv", format={"bareNumber": False}).read("mrr")
    assert [fault[2:] for fault in faults_of(ingested)] == [
        ("term_months", "(12)", "below-minimum"),
        ("term_months", "12 M", "not-an-integer"),
    ]


@pytest.mark.parametrize(("text", "is_told"), [("(12)", True), ("12-", True), ("(12.5)", False), ("twelve", False)])
def test_what_keeps_a_whole_number_from_being_read_is_told(case: Case, text: str, is_told: bool) -> None:
    case.write("mrr.csv", mrr_csv(f"{mrr_line()},{text}", header=f"{MRR_HEADER},term_months"))
    (finding,) = case.export("mrr", "mrr.csv").read("mrr").findings
    assert finding.code == "not-an-integer"
    assert ("bareNumber = false under [exports.mrr.format]" in finding.hint) is is_told


@pytest.mark.parametrize(
    ("text", "read"), [("0.05", "0.05"), ("0.5%", None), ("5 %", None), ("(5%)", None), ("50%", None), ("", "none")]
)
def test_no_percent_sign_is_passed_over_in_a_share(case: Case, text: str, read: str | None) -> None:
    case.write("a.csv", f"partner_id,effective_on,standard_rate\nP1,2025-01-01,{text}\n")
    ingested = case.export("agreements", "a.csv", format={"bareNumber": False}).read("agreements")
    if read is None:
        assert faults_of(ingested) == [("a.csv", 1, "standard_rate", text, "not-a-number")]
        assert ingested.findings[0].hint == (
            'percent = "fraction" under [exports.agreements.formats.standard_rate] reads 5 % as 0.05,'
            ' percent = "number" as 5'
        )
    else:
        assert column_of(ingested, "agreements", "standard_rate") == [None if read == "none" else Decimal(read)]


def test_no_percent_sign_is_passed_over_in_a_share_that_is_fixed() -> None:
    rate = export_contract("agreements").field("standard_rate")
    assert fixed_value("0.05", rate, Format(bareNumber=False), {}) == Decimal("0.05")
    with pytest.raises(UnfitTextError, match="is not a number as this export writes it"):
        fixed_value("5%", rate, Format(bareNumber=False), {})


@pytest.mark.parametrize("is_bare", [True, False])
@pytest.mark.parametrize(
    ("text", "fraction", "whole"),
    [
        ("5 %", "0.05", "5"),
        ("12,5 %", "0.125", "12.5"),
        ("12,5%", "0.125", "12.5"),
        ("%5", "0.05", "5"),
        ("-5\u00a0%", "-0.05", "-5"),
        ("1.250 %", "12.5", "1250"),
        ("0,0001 %", "0.000001", "0.0001"),
        ("0,00010 %", "0.000001", "0.0001"),
        ("100 %", "1", "100"),
        # Cells without the sign are what they say.
        ("0,05", "0.05", "0.05"),
        ("5", "5", "5"),
        ("0,123456", "0.123456", "0.123456"),
    ],
)
def test_what_a_percent_sign_makes_of_a_number_is_said_by_the_export(
    case: Case, text: str, fraction: str, whole: str, is_bare: bool
) -> None:
    fmt = {"decimalChar": ",", "groupChar": ".", "bareNumber": is_bare}
    for percent, read in (("fraction", fraction), ("number", whole)):
        ingested = numbered(case, text, **fmt, percent=percent)
        assert column_of(ingested, "mrr", "mrr") == [Decimal(read)]
        mrr = export_contract("mrr").field("mrr")
        assert fixed_value(text, mrr, Format.model_validate({**fmt, "percent": percent}), {}) == Decimal(read)


@pytest.mark.parametrize("is_bare", [True, False])
@pytest.mark.parametrize(
    ("text", "percent", "rule"),
    [
        ("5 %", "refuse", "not-a-number"),
        ("5 %%", "fraction", "not-a-number"),
        ("%5%", "number", "not-a-number"),
        ("5%0", "number", "not-a-number"),
        ("5%0", "fraction", "not-a-number"),
        ("%", "fraction", "not-a-number"),
        ("five %", "fraction", "not-a-number"),
        ("0.00001 %", "fraction", "number-too-precise"),
        ("0.0000001 %", "number", "number-too-precise"),
    ],
)
def test_percentages_that_are_rejected(case: Case, text: str, percent: str, rule: str, is_bare: bool) -> None:
    fmt = {"bareNumber": is_bare, "percent": percent}
    assert [fault[-1] for fault in faults_of(numbered(case, text, **fmt))] == [rule]
    with pytest.raises(UnfitTextError):
        fixed_value(text, export_contract("mrr").field("mrr"), Format.model_validate(fmt), {})


@pytest.mark.parametrize("text", ["(5 %)", "5 %-", "(5) %", "-5%"])
def test_a_percentage_of_an_accountant_is_below_0(case: Case, text: str) -> None:
    ingested = numbered(case, text, bareNumber=False, percent="fraction")
    assert column_of(ingested, "mrr", "mrr") == [Decimal("-0.05")]


@pytest.mark.parametrize(("percent", "read"), [("number", [85]), ("fraction", []), ("refuse", [])])
def test_whole_numbers_have_no_hundredths(case: Case, percent: str, read: list[int]) -> None:
    case.write("mrr.csv", mrr_csv(f"{mrr_line()},85 %", header=f"{MRR_HEADER},term_months"))
    ingested = case.export("mrr", "mrr.csv", format={"percent": percent}).read("mrr")
    assert column_of(ingested, "mrr", "term_months") == read


def test_one_column_may_be_of_percentages(case: Case) -> None:
    case.write("a.csv", "partner_id,effective_on,standard_rate\nP1,2025-01-01,12.5%\n")
    formats = {"standard_rate": {"percent": "fraction"}}
    ingested = case.export("agreements", "a.csv", formats=formats).read("agreements")
    assert column_of(ingested, "agreements", "standard_rate") == [Decimal("0.125")]


@settings(max_examples=100, deadline=None)
@given(
    shares=st.lists(
        st.tuples(
            st.decimals(min_value=-(10**15), max_value=10**15, places=6),
            st.sampled_from(["{}%", "{} %", "{}\u00a0%", "%{}"]),
        ),
        min_size=1,
        max_size=10,
    ),
    is_bare=st.booleans(),
)
def test_any_share_reads_back_equal_from_its_percentage(shares: list[tuple[Decimal, str]], is_bare: bool) -> None:
    texts = [style.format(f"{share.scaleb(2):.4f}") for share, style in shares]
    fmt = Format(bareNumber=is_bare, percent="fraction")
    like = patterns(fmt)
    bare = cell_texts.bare_number(pl.col("text"), like)
    read = cell_texts.number(bare, bare.str.contains(like.precise_number), like, NUMBER)
    assert pl.DataFrame({"text": texts}).select(read).to_series().to_list() == [share for share, _ in shares]
    mrr = export_contract("mrr").field("mrr")
    assert [fixed_value(text, mrr, fmt, {}) for text in texts] == [share for share, _ in shares]


# ---- currencies beside amounts


@pytest.mark.parametrize(
    ("text", "currency"),
    [
        ("12.50 EUR", "EUR"), ("EUR12.50", "EUR"), ("€12.50", "EUR"), ("(12.50 €)", "EUR"), ("€12.50 EUR", "EUR"),
        ("$12.50", "USD"), ("$12.50", "CAD"), ("$12.50", "MXN"), ("$12.50 CAD", "CAD"), ("£12.50", "GBP"),
        ("£12.50", "EGP"), ("¥12.50", "JPY"), ("¥12.50", "CNY"), ("12.50 CHF-", "CHF"), ("¤12.50", "USD"),
        ("12.50", "USD"), ("+12.50", "EUR"),
    ],
)  # fmt: skip
def test_the_sign_or_code_of_the_rows_own_currency_may_stand_beside_an_amount(
    case: Case, text: str, currency: str
) -> None:
    ingested = in_currency(case, text, currency, bareNumber=False)
    assert faults_of(ingested) == []
    assert [abs(each) for each in column_of(ingested, "mrr", "mrr")] == [Decimal("12.5")]


@pytest.mark.parametrize(
    ("text", "currency"),
    [
        ("12.50 EUR", "USD"), ("€12.50", "USD"), ("(12.50 €)", "USD"), ("$12.50", "EUR"), ("$12.50 CAD", "USD"),
        ("CAD12.50", "USD"), ("£12.50", "EUR"), ("¥12.50", "KRW"), ("12.50 CHF-", "EUR"), ("€12.50 USD", "USD"),
        ("￥12.50", "USD"), ("12.50 CNY", "JPY"),
    ],
)  # fmt: skip
def test_an_amount_in_another_currency_than_its_row_is_rejected(case: Case, text: str, currency: str) -> None:
    ingested = in_currency(case, text, currency, bareNumber=False)
    assert faults_of(ingested) == [("mrr.csv", 1, "mrr", text, "currency-differs")]


@pytest.mark.parametrize("text", ["INV-12", "INV001", "12 TSD", "1.5 MIO", "12 M", "US$12", "50¢", "50 ￠", "eur 12"])
def test_three_capitals_are_a_code_only_where_a_currency_has_it(case: Case, text: str) -> None:
    assert faults_of(numbered(case, text, bareNumber=False)) == [("mrr.csv", 1, "mrr", text, "not-a-number")]


def test_amounts_are_held_against_a_currency_that_is_fixed(case: Case) -> None:
    lines = [f"L{n},P1,C1,add,{text},2025-05-01" for n, text in enumerate(("€1", "$2", "3", "4 EUR", "EUR 5 USD"), 1)]
    case.write("mrr.csv", mrr_csv(*lines, header=NO_CURRENCY))
    case.export("mrr", "mrr.csv", format={"bareNumber": False}, fixed={"currency": "EUR"})
    ingested = case.read("mrr")
    assert faults_of(ingested) == [
        ("mrr.csv", 2, "mrr", "$2", "currency-differs"),
        ("mrr.csv", 5, "mrr", "EUR 5 USD", "currency-differs"),
    ]
    assert column_of(ingested, "mrr", "mrr") == [Decimal(1), Decimal(3), Decimal(4)]
    assert "in which it is EUR by [exports.mrr.fixed]; 2 rows in all" in ingested.findings[0].message


def test_where_the_currency_itself_is_at_fault_nothing_more_is_said_of_the_amount(case: Case) -> None:
    lines = [f"L{n},P1,C1,add,€1,{code},2025-05-01" for n, code in enumerate(("eur", "", "USD", "EUR"), 1)]
    case.write("mrr.csv", mrr_csv(*lines))
    assert faults_of(case.export("mrr", "mrr.csv", format={"bareNumber": False}).read("mrr")) == [
        ("mrr.csv", 1, "currency", "eur", "pattern-mismatch"),
        ("mrr.csv", 2, "currency", None, "missing-value"),
        ("mrr.csv", 3, "mrr", "€1", "currency-differs"),
    ]


def test_what_an_amount_is_mapped_to_is_held_against_its_row(case: Case) -> None:
    case.write("mrr.csv", mrr_csv(mrr_line("L1", mrr="€1"), mrr_line("L2", mrr="one")))
    case.export("mrr", "mrr.csv", format={"bareNumber": False}, values={"mrr": {"€1": "1.10", "one": "1"}})
    ingested = case.read("mrr")
    assert faults_of(ingested) == []
    assert column_of(ingested, "mrr", "mrr") == [Decimal("1.1"), Decimal(1)]


def test_a_column_that_is_no_amount_is_in_no_currency(case: Case) -> None:
    case.write("mrr.csv", mrr_csv(f"{mrr_line()},12 EUR", header=f"{MRR_HEADER},term_months"))
    ingested = case.export("mrr", "mrr.csv", format={"bareNumber": False}).read("mrr")
    assert column_of(ingested, "mrr", "term_months") == [12]


def test_an_amount_that_is_fixed_has_a_code_of_a_currency_too() -> None:
    mrr = export_contract("mrr").field("mrr")
    assert fixed_value("(12.50 EUR)", mrr, Format(bareNumber=False), {}) == Decimal("-12.5")
    for text in ("INV-12", "12 TSD", "50¢"):
        with pytest.raises(UnfitTextError, match="is not a number as this export writes it"):
            fixed_value(text, mrr, Format(bareNumber=False), {})


NUMBERS = st.decimals(min_value=-(10**15), max_value=10**15, places=2)
SIGNS = st.sampled_from([(".", ","), (",", "."), (",", "\u00a0"), (".", "\u2019"), (".", None)])
STYLES = st.sampled_from(["-{}", "({})", "{}-", "(${})", "$({})", "$ -{}", "({} USD)", "{} USD-"])


@settings(max_examples=100, deadline=None)
@given(numbers=st.lists(st.tuples(NUMBERS, STYLES), min_size=1, max_size=10), signs=SIGNS)
def test_any_number_reads_back_equal_however_it_is_dressed(
    numbers: list[tuple[Decimal, str]], signs: tuple[str, str | None]
) -> None:
    decimal, group = signs
    texts = []
    for number, negative in numbers:
        plain = f"{abs(number):,.2f}".replace(",", "_").replace(".", decimal).replace("_", group or "")
        texts.append(negative.format(plain) if number < 0 else plain)
    fmt = {"decimalChar": decimal, "bareNumber": False} | ({"groupChar": group} if group else {})
    with TemporaryDirectory() as folder:
        case = Case(Path(folder))
        case.write("mrr.csv", mrr_csv(*(mrr_line(f"L{n:02}", mrr=f'"{text}"') for n, text in enumerate(texts))))
        ingested = case.export("mrr", "mrr.csv", format=fmt).read("mrr")
        assert faults_of(ingested) == []
        assert column_of(ingested, "mrr", "mrr") == [number for number, _ in numbers]


# ---- each column in its own way


def test_a_column_may_be_written_in_another_way_than_the_others(case: Case) -> None:
    header = f"{MRR_HEADER},invoiced_on,cancelled_on,via_portal,term_months"
    case.write(
        "mrr.csv",
        mrr_csv('L1,P1,C1,add,"1.234,50",USD,31.05.2025,45808,2025-05-31T10:00:00Z,ja,"1,000"', header=header),
    )
    formats = {
        "invoiced_on": {"date": "excel"},
        "cancelled_on": {"date": "%Y-%m-%dT%H:%M:%S%z", "timeOfDay": "drop"},
        "via_portal": {"trueValues": ["ja"], "falseValues": ["nein"]},
        "term_months": {"groupChar": ",", "decimalChar": "."},
    }
    fmt = {"date": "%d.%m.%Y", "decimalChar": ",", "groupChar": "."}
    ingested = case.export("mrr", "mrr.csv", format=fmt, formats=formats).read("mrr")
    assert faults_of(ingested) == []
    days = [column_of(ingested, "mrr", name)[0] for name in ("sold_on", "invoiced_on", "cancelled_on")]
    assert days == [date(2025, 5, 31)] * 3
    others = [column_of(ingested, "mrr", name)[0] for name in ("mrr", "via_portal", "term_months")]
    assert others == [Decimal("1234.5"), True, 1000]


def test_words_for_nothing_may_be_those_of_one_column(case: Case) -> None:
    case.write("p.csv", "partner_id,name,country,region\nP1,Ada,n/a,n/a\n")
    ingested = case.export("partners", "p.csv", formats={"region": {"missingValues": ["n/a"]}}).read()
    assert [column_of(ingested, "partners", name) for name in ("country", "region")] == [["n/a"], [None]]


def test_a_group_sign_may_be_taken_from_one_column(case: Case) -> None:
    case.write("mrr.csv", mrr_csv(mrr_line(mrr='"1,5"')))
    formats = {"mrr": {"decimalChar": ",", "groupChar": ""}}
    case.export("mrr", "mrr.csv", format={"groupChar": ","}, formats=formats)
    assert column_of(case.read("mrr"), "mrr", "mrr") == [Decimal("1.5")]


def test_what_is_said_of_a_cell_is_said_of_its_own_column(case: Case) -> None:
    header = f"{MRR_HEADER},invoiced_on"
    case.write("mrr.csv", mrr_csv(f"{mrr_line(sold_on='x')},x", header=header))
    ingested = case.export("mrr", "mrr.csv", formats={"invoiced_on": {"date": "excel"}}).read("mrr")
    invoiced, sold = ingested.findings
    assert "is not a date of the form excel" in invoiced.message
    assert "say so under [exports.mrr.formats.invoiced_on]" in invoiced.hint
    assert "is not a date of the form %Y-%m-%d" in sold.message
    assert "say so under [exports.mrr.format]" in sold.hint


# ---- what is blank


@pytest.mark.parametrize(
    "blank", ['"","","",""', ",,,", ' ,"  ",,\t', '"";"";"";""'.replace(";", ","), ",,,,", '"","","","",""']
)
def test_a_row_of_empty_cells_is_blank(case: Case, blank: str) -> None:
    case.write("p.csv", f"partner_id,name,country,region\nP1,Ada,,\n{blank}\nP2,Bo,,\n{blank}\n{blank}\n")
    ingested = case.export("partners", "p.csv").read()
    assert faults_of(ingested) == []
    assert counts(ingested, "partners") == (2, 2, 0, 0, 0)


def test_records_count_blank_rows(case: Case) -> None:
    case.write("p.csv", 'partner_id,name\n"",""\n,\nP1,\n')
    assert faults_of(case.export("partners", "p.csv").read()) == [("p.csv", 3, "name", None, "missing-value")]


def test_a_row_with_a_text_beyond_the_header_is_not_blank(case: Case) -> None:
    case.write("p.csv", "partner_id,name\nP1,Ada\n,,x\n,, \n")
    assert faults_of(case.export("partners", "p.csv").read()) == [("p.csv", 2, "(row)", None, "too-many-fields")]


@pytest.mark.parametrize("empty", ["", '""', "  ", '"  "'])
def test_a_quoted_cell_without_text_is_empty(case: Case, empty: str) -> None:
    case.write("p.csv", f"partner_id,name,country,joined_on,good_standing\nP1,Ada,{empty},{empty},{empty}\n")
    ingested = case.export("partners", "p.csv").read()
    assert faults_of(ingested) == []
    columns = ("country", "joined_on", "good_standing")
    assert [column_of(ingested, "partners", name) for name in columns] == [[None], [None], [True]]


# ---- what a rejected cell suggests


@pytest.mark.parametrize(
    ("text", "fmt", "said"),
    [
        ("45808", {}, 'it fits date = "excel", a spreadsheet\'s number of a day: say so under [exports.mrr.format]'),
        ("45808.5", {}, 'it fits date = "excel" with timeOfDay = "drop", a spreadsheet\'s number of a day: '),
        ("32873", {}, "dates are read as %Y-%m-%d"),
        ("32874", {}, 'it fits date = "excel"'),
        ("65380", {}, 'it fits date = "excel"'),
        ("65381", {}, "dates are read as %Y-%m-%d"),
        ("2025", {}, "dates are read as %Y-%m-%d"),
        ("20250531", {}, "dates are read as %Y-%m-%d"),
        ("45808.5", {"date": "excel"}, 'timeOfDay = "drop" under [exports.mrr.format]'),
        ("60", {"date": "excel"}, "the calendar has no such day"),
        ("2025-05-31", {"date": "excel"}, 'it fits date = "%Y-%m-%d": '),
        ("2025-05-31 23:10:45", {}, 'it fits date = "%Y-%m-%d %H:%M:%S" with timeOfDay = "drop": '),
        ("2025-05-31 00:00:00", {}, 'it fits date = "%Y-%m-%d %H:%M:%S": '),
        ("2025-05-31T23:10:45.000Z", {}, 'it fits date = "%Y-%m-%dT%H:%M:%S.%f%z" with timeOfDay = "drop": '),
        ("5/31/2025 1:05 PM", {}, 'it fits date = "%m/%d/%Y %I:%M %p" with timeOfDay = "drop": '),
        (
            "5/6/2025 9:05",
            {},
            'it fits date = "%d/%m/%Y %H:%M" with timeOfDay = "drop" or date = "%m/%d/%Y %H:%M" with timeOfDay',
        ),
    ],
)
def test_the_hint_on_a_date_knows_numbers_of_days_and_times(
    case: Case, text: str, fmt: dict[str, str], said: str
) -> None:
    (finding,) = dated(case, text, **fmt).findings
    assert said in finding.hint


def test_the_days_that_are_likely_to_be_numbers_reach_from_1990_to_2078() -> None:
    first = date(1899, 12, 30)
    assert (first + timedelta(days=32874), first + timedelta(days=65380)) == (date(1990, 1, 1), date(2078, 12, 31))
