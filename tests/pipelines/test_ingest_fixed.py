"""Columns that no file has and every row has nevertheless, with a text that is read like a cell."""

from datetime import date
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
    original_rows,
    parquet_of,
)
from tierctl.contracts import Field, FieldType, export_contract
from tierctl.export_format import Format
from tierctl.fixed_cells import UnfitTextError, fixed_value
from tierctl.ingest.row_check import RowCheck

NO_CURRENCY = "line_id,partner_id,customer_id,order_type,mrr,sold_on"


def test_a_fixed_column_has_its_text_in_every_row(case: Case) -> None:
    case.write("mrr.csv", mrr_csv("L1,P1,C1,add,5,2025-05-31", "L2,P2,C1,add,6,2025-05-31", header=NO_CURRENCY))
    fixed = {"currency": "EUR", "via_portal": "false", "invoiced_on": "2025-05-31", "term_months": "12"}
    ingested = case.export("mrr", "mrr.csv", fixed=fixed).read("mrr")
    assert faults_of(ingested) == []
    assert column_of(ingested, "mrr", "currency") == ["EUR", "EUR"]
    assert column_of(ingested, "mrr", "via_portal") == [False, False]
    assert column_of(ingested, "mrr", "invoiced_on") == [date(2025, 5, 31)] * 2
    assert column_of(ingested, "mrr", "term_months") == [12, 12]


def test_a_fixed_text_is_read_like_a_cell(case: Case) -> None:
    """By the column's own words, and by the words that are mapped."""
    case.write("mrr.csv", mrr_csv("L1,P1,C1,2025-05-31", header="line_id,partner_id,customer_id,sold_on"))
    ingested = case.export(
        "mrr",
        "mrr.csv",
        fixed={"currency": "US$", "mrr": "(1.234,50)", "order_type": " New ", "quoted_on": "45808", "promotional": "-"},
        values={"currency": {"US$": "USD"}, "order_type": {"New": "new_logo"}},
        formats={
            "mrr": {"decimalChar": ",", "groupChar": ".", "bareNumber": False},
            "quoted_on": {"date": "excel"},
            "promotional": {"missingValues": ["-"]},
        },
    ).read("mrr")
    assert faults_of(ingested) == []
    names = ("currency", "mrr", "order_type", "quoted_on", "promotional")
    assert [column_of(ingested, "mrr", name)[0] for name in names] == [
        "USD",
        Decimal("-1234.5"),
        "new_logo",
        date(2025, 5, 31),
        False,  # the default of an empty cell
    ]


def test_a_column_that_is_fixed_and_stands_in_the_file_is_a_finding(case: Case) -> None:
    case.write("mrr.csv", mrr_csv(mrr_line()))
    case.export("mrr", "mrr.csv", fixed={"currency": "USD"})
    assert case.refused("mrr") == [("column-fixed-too", "mrr.csv", "header")]


def test_a_header_of_our_name_may_be_another_column(case: Case) -> None:
    """Their `currency` is our order_type: the fixed currency is no reason to lose it."""
    case.write("mrr.csv", mrr_csv("L1,P9,C1,add,5,2025-05-31", header=NO_CURRENCY.replace("order_type", "currency")))
    ingested = case.export("mrr", "mrr.csv", columns={"currency": "order_type"}, fixed={"currency": "USD"}).read("mrr")
    assert faults_of(ingested) == [("mrr.csv", 1, "partner_id", "P9", "unknown-partner")]
    assert original_rows(ingested)[0]["currency"] == "add"


def test_a_fixed_partner_that_is_unknown_is_rejected_in_every_row_under_our_name(case: Case) -> None:
    case.write(
        "mrr.csv",
        mrr_csv(
            "L1,C1,add,5,USD,2025-05-31",
            "L2,C1,add,5,USD,2025-05-31",
            header="""\
line_id,customer_id,order_type,mrr,currency,sold_on""",
        ),
    )
    ingested = case.export("mrr", "mrr.csv", fixed={"partner_id": "P9"}).read("mrr")
    assert faults_of(ingested) == [
        ("mrr.csv", 1, "partner_id", "P9", "unknown-partner"),
        ("mrr.csv", 2, "partner_id", "P9", "unknown-partner"),
    ]
    assert "partner_id" not in original_rows(ingested)[0]
    assert counts(ingested, "mrr") == (0, 2, 2, 0, 0)


def test_a_fault_of_the_whole_table_names_a_fixed_column(case: Case) -> None:
    header = NO_CURRENCY.replace("line_id,", "") + ",currency"
    case.write("mrr.csv", mrr_csv("P1,C1,add,5,2025-05-31,USD", "P1,C1,add,6,2025-05-31,USD", header=header))
    ingested = case.export("mrr", "mrr.csv", fixed={"line_id": "L1"}).read("mrr")
    assert faults_of(ingested) == [
        ("mrr.csv", 1, "line_id", "L1", "repeated-key"),
        ("mrr.csv", 2, "line_id", "L1", "repeated-key"),
    ]
    assert "the key line_id 'L1' stands in several rows" in ingested.findings[0].message


@pytest.mark.parametrize(("day", "ignored"), [("2025-06-30", 0), ("2025-07-01", 1)])
def test_a_fixed_day_dates_the_rows(case: Case, day: str, ignored: int) -> None:
    header = NO_CURRENCY.replace(",sold_on", ",currency")
    case.write("mrr.csv", mrr_csv("L1,P1,C1,add,5,USD", header=header))
    ingested = case.export("mrr", "mrr.csv", fixed={"sold_on": day}).read("mrr")
    assert counts(ingested, "mrr") == (1 - ignored, 1, 0, 0, ignored)


@pytest.mark.parametrize("name", ["mrr.csv", "mrr.parquet"])
def test_the_programs_own_rules_see_a_fixed_column(case: Case, name: str) -> None:
    cells = ("L1", "P1", "C1", "add", Decimal(5), date(2025, 5, 31))
    case.write("mrr.csv", mrr_csv(",".join(map(str, cells)), header=NO_CURRENCY))
    parquet_of(case, "mrr.parquet", {of: [cell] for of, cell in zip(NO_CURRENCY.split(","), cells, strict=True)})
    is_other = pl.col("currency") != "USD"
    check = RowCheck("mrr", "currency", "other-currency", is_other, "USD", "map it")
    ingested = case.export("mrr", name, fixed={"currency": "EUR"}).read("mrr", row_checks=[check])
    assert faults_of(ingested) == [(name, 1, "currency", "EUR", "other-currency")]
    assert ingested.findings[0].message == "currency 'EUR' is not USD, in which the programs sum the amounts"


@pytest.mark.parametrize(
    "fixed", [{"currency": "USD"}, {"currency": "USD", "term_months": "12", "quoted_on": "2025-05-01"}]
)
def test_a_parquet_file_with_a_fixed_column_is_still_read_where_it_lies(case: Case, fixed: dict[str, str]) -> None:
    columns: dict[str, Any] = {
        "line_id": ["L1", "L2"],
        "partner_id": ["P1", "P2"],
        "customer_id": ["C1", "C1"],
        "order_type": ["add", "add"],
        "mrr": pl.Series([Decimal(5), Decimal(6)], dtype=pl.Decimal(12, 2)),
        "sold_on": [date(2025, 5, 31), date(2025, 7, 1)],
    }
    parquet_of(case, "mrr.parquet", columns)
    ingested = case.export("mrr", "mrr.parquet", fixed=fixed).read("mrr")
    assert faults_of(ingested) == []
    assert column_of(ingested, "mrr", "currency") == ["USD"]
    assert counts(ingested, "mrr") == (1, 2, 0, 0, 1)
    assert not list(case.root.glob("spool-*/mrr/**/*.parquet"))


def test_a_float_is_held_against_the_decimals_of_a_fixed_currency(case: Case) -> None:
    columns: dict[str, Any] = {
        "line_id": ["L1", "L2"],
        "partner_id": ["P1", "P1"],
        "customer_id": ["C1", "C1"],
        "order_type": ["add", "add"],
        "mrr": [5.0, 5.5],
        "sold_on": [date(2025, 5, 31)] * 2,
    }
    parquet_of(case, "mrr.parquet", columns)
    ingested = case.export("mrr", "mrr.parquet", fixed={"currency": "JPY"}).read("mrr")
    assert faults_of(ingested) == [("mrr.parquet", 2, "mrr", "5.5", "number-not-exact")]


def test_rows_that_are_blank_in_the_file_stay_blank_beside_a_fixed_column(case: Case) -> None:
    case.write("p.csv", "partner_id\nP1\n\nP2\n  \n")
    ingested = case.export("partners", "p.csv", fixed={"name": "Ada"}).read()
    assert column_of(ingested, "partners", "name") == ["Ada", "Ada"]
    assert counts(ingested, "partners") == (2, 2, 0, 0, 0)


def test_rows_that_repeat_one_another_do_so_beside_a_fixed_column(case: Case) -> None:
    case.write("mrr.csv", mrr_csv(*["L1,P1,C1,add,5,2025-05-31"] * 2, header=NO_CURRENCY))
    ingested = case.export("mrr", "mrr.csv", fixed={"currency": "USD"}).read("mrr")
    assert counts(ingested, "mrr") == (1, 2, 0, 1, 0)


@pytest.mark.parametrize(
    ("column", "text", "fmt", "fault"),
    [
        ("currency", "usd", {}, 'currency "usd" does not have the form ^[A-Z]{3}$'),
        ("currency", " ", {}, 'currency must not be empty, and " " stands for an empty cell'),
        (
            "currency",
            "n/a",
            {"missingValues": ["n/a"]},
            'currency must not be empty, and "n/a" stands for an empty cell',
        ),
        ("order_type", "bonus", {}, "order_type is never"),
        ("sold_on", "31.05.2025", {}, 'sold_on "31.05.2025" is not a date of the form %Y-%m-%d'),
        ("sold_on", "2025-02-29", {}, 'sold_on "2025-02-29" is not a date of the form %Y-%m-%d'),
        ("sold_on", "60", {"date": "excel"}, 'sold_on "60" is not a date of the form excel'),
        ("via_portal", "ja", {}, 'via_portal "ja" is none of the words true, True, TRUE, 1, false, False, FALSE, 0'),
        ("mrr", "1,5", {}, 'mrr "1,5" is not a number as this export writes it'),
        ("mrr", "(5)", {}, 'mrr "(5)" is not a number as this export writes it'),
        ("mrr", "1.1234567", {}, 'mrr "1.1234567" has more than six decimals'),
        ("mrr", "1" + "0" * 20, {}, "mrr 100_000_000_000_000_000_000 is too large"),
        ("term_months", "1.5", {}, 'term_months "1.5" is not a whole number as this export writes it'),
        ("term_months", "0", {}, "term_months 0 is below 1, the least that is allowed"),
        ("term_months", str(2**63), {}, "term_months 9_223_372_036_854_775_808 is too large"),
    ],
)
def test_a_fixed_text_that_the_column_cannot_hold_is_told(
    column: str, text: str, fmt: dict[str, Any], fault: str
) -> None:
    with pytest.raises(UnfitTextError) as caught:
        fixed_value(text, export_contract("mrr").field(column), Format(**fmt), {})
    assert str(caught.value).startswith(fault)


@pytest.mark.parametrize(("text", "year"), [("00", 2000), ("25", 2025), ("68", 2068), ("69", 2069), ("70", 1970)])
def test_a_year_of_two_digits_is_the_same_fixed_and_in_a_file(case: Case, text: str, year: int) -> None:
    day = f"28-Feb-{text}"
    fmt = {"date": "%d-%b-%y"}
    assert fixed_value(day, export_contract("mrr").field("sold_on"), Format(**fmt), {}) == date(year, 2, 28)
    case.write("mrr.csv", f"{MRR_HEADER}\nL1,P1,C1,add,5,USD,{day}\n")
    ingested = case.export("mrr", "mrr.csv", format=fmt).read("mrr", until=None)
    assert column_of(ingested, "mrr", "sold_on") == [date(year, 2, 28)]


FORMATS = st.sampled_from([
    {},
    {"bareNumber": False, "groupChar": ","},
    {"decimalChar": ",", "bareNumber": False},
    {"date": "%d/%m/%Y %H:%M", "timeOfDay": "drop"},
    {"date": "excel"},
    {"date": "%d-%b-%y"},
])  # fmt: skip
COLUMNS: tuple[tuple[FieldType, str], ...] = (
    ("number", "mrr"),
    ("integer", "term_months"),
    ("date", "quoted_on"),
    ("boolean", "via_portal"),
)
TEXTS = st.one_of(
    st.text(alphabet="0123456789.,-+() $€USD", max_size=9),
    st.sampled_from(["true", "0", "1", "45808", "60", "31/05/2025 9:05", "31-May-25", "2025-05-31", "1,000", "($5)"]),
)


@settings(max_examples=200, deadline=None)
@given(text=TEXTS, fmt=FORMATS, column=st.sampled_from(COLUMNS))
def test_a_fixed_text_means_what_it_means_in_a_file(
    text: str, fmt: dict[str, Any], column: tuple[FieldType, str]
) -> None:
    """Two readers, one in Python and one in Polars, and one set of expressions: they agree on every text."""
    kind, name = column
    field = Field(name, "", kind, "")
    try:
        expected: Any = fixed_value(text, field, Format(**fmt), {})
        is_sound = True
    except UnfitTextError:
        expected, is_sound = None, False
    with TemporaryDirectory() as folder:
        case = Case(Path(folder))
        header = ["line_id", "partner_id", "customer_id", "order_type", "mrr", "currency", "sold_on"]
        cells = {"line_id": "L1", "partner_id": "P1", "customer_id": "C1", "order_type": "add", "currency": "USD"}
        cells |= {"mrr": "5", "sold_on": "2025-05-31", name: text}
        columns = list(dict.fromkeys([*header, name]))
        case.write("mrr.csv", ",".join(columns) + "\n" + ",".join(f'"{cells[each]}"' for each in columns) + "\n")
        ingested = case.export("mrr", "mrr.csv", formats={name: fmt}).read("mrr", until=None)
        found = [rule for _, _, at, _, rule in faults_of(ingested) if at == name]
        if found and found[0] in {"missing-value", "below-minimum"}:
            return  # what the contract asks of this column, beside its type
        assert (found == []) is is_sound
        if is_sound:
            stands_for = expected if expected is not None or kind != "boolean" else True
            assert column_of(ingested, "mrr", name) == [stands_for]
