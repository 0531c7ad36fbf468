"""Contracts: what is read from a Table Schema, and the frames that are validated and conformed by it."""

import subprocess
import sys
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from pandera.errors import SchemaErrors
from polars.testing import assert_frame_equal

from tierctl import contracts
from tierctl.contracts import Contract, ContractError, conform, export_contract, parse_contract, report_contract

TABLES = {name: export_contract(name) for name in contracts.export_names()} | {
    name: report_contract(name) for name in contracts.report_names()
}
SMALL = parse_contract(
    "small",
    {
        "fields": [
            {"name": "id", "constraints": {"required": True}},
            {"name": "word", "constraints": {"enum": ["one", "two"]}},
            {"name": "currency", "constraints": {"pattern": "^[A-Z]{3}$"}},
            {"name": "share", "type": "number", "constraints": {"minimum": 0, "maximum": 1}},
            {"name": "seats", "type": "integer", "constraints": {"minimum": 1}},
            {"name": "paid_on", "type": "date"},
            {"name": "flag", "type": "boolean", "tierctl:default": True},
        ],
        "primaryKey": "id",
        "tierctl:rowDate": "paid_on",
    },
)


def small(*rows: Mapping[str, Any]) -> pl.DataFrame:
    """Rows of SMALL that are in order but for what is given, ids counted from a."""
    sound = {"word": "one", "currency": "USD", "share": Decimal("0.5"), "seats": 1, "paid_on": None, "flag": None}
    named = [{"id": chr(ord("a") + number), **sound, **row} for number, row in enumerate(rows)]
    return pl.DataFrame(named, schema=SMALL.polars_schema)


def faults(df: pl.DataFrame, contract: Contract = SMALL, columns: tuple[str, ...] | None = None) -> list[Any]:
    """(column, check, index, value) of every failure, in Pandera's order."""
    with pytest.raises(SchemaErrors) as caught:
        contract.pandera(columns).validate(df, lazy=True)
    cases: pl.DataFrame = caught.value.failure_cases
    return cases.select("column", "check", "index", "failure_case").rows()


# ── reading ───────────────────────────────────────────────────────────────────


def test_a_table_schema_becomes_a_contract() -> None:
    assert SMALL.names == ("id", "word", "currency", "share", "seats", "paid_on", "flag")
    assert SMALL.primary_key == ("id",)
    assert SMALL.field("flag").default is True
    assert SMALL.field("share").maximum == Decimal(1)
    assert SMALL.polars_schema == pl.Schema(
        {
            "id": pl.String(),
            "word": pl.String(),
            "currency": pl.String(),
            "share": pl.Decimal(38, 6),
            "seats": pl.Int64(),
            "paid_on": pl.Date(),
            "flag": pl.Boolean(),
        }
    )


def test_a_number_is_the_decimal_that_modules_share() -> None:
    from tierctl.contracts import NUMBER  # noqa: PLC0415  (made on first use, which is what is tested)

    assert pl.Decimal(38, 6) == NUMBER


def test_a_module_attribute_that_is_not_there_is_missed_as_usual() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'NUMBERS'"):
        _ = contracts.NUMBERS  # type: ignore[attr-defined]


def test_contracts_are_read_once() -> None:
    assert export_contract("mrr") is export_contract("mrr")


@pytest.mark.parametrize("read", [export_contract, report_contract])
def test_an_unknown_table_names_the_known_ones(read: Any) -> None:
    with pytest.raises(LookupError, match=r"there is no '\.\./x' among the \w+: act"):
        read("../x")


def test_an_unknown_column_names_the_known_ones() -> None:
    with pytest.raises(LookupError, match="small has no column 'seat'; its columns are id, word"):
        SMALL.field("seat")


@pytest.mark.parametrize(
    ("descriptor", "message"),
    [
        ({"fields": [{"type": "string"}]}, "small: a field has no name"),
        ({"fields": [{"name": "a", "type": "float"}]}, "small.a: 'float' is not one of the types string, number"),
        ({"fields": [{"name": "a"}, {"name": "a"}]}, "small: a field stands there twice"),
        ({"fields": [{"name": "a"}], "primaryKey": ["b"]}, "small: b is named but is not one of the fields"),
        ({"fields": [{"name": "a"}], "tierctl:rowDate": "b"}, "small: b is named but is not one of the fields"),
    ],
)
def test_a_schema_that_contradicts_itself_is_refused(descriptor: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        parse_contract("small", descriptor)


def test_reading_contracts_imports_neither_polars_nor_pandera() -> None:
    code = (
        "import sys; from tierctl import contracts, reference; reference.exports_page(); reference.reports_page(); "
        "sys.exit(bool({'polars', 'pandera'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


# ── validating ────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_a_table_without_rows_is_valid(table: Contract) -> None:
    df = contracts.empty(table)
    assert df.schema == table.polars_schema
    assert table.pandera().validate(df, lazy=True).is_empty()


def test_sound_rows_are_valid_and_empty_cells_break_nothing() -> None:
    nothing = dict.fromkeys(("word", "currency", "share", "seats", "paid_on", "flag"))
    df = small({}, nothing, {"share": Decimal(0)}, {"share": Decimal(1)})
    assert_frame_equal(SMALL.pandera().validate(df, lazy=True), df)


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ({"id": None}, ("id", "not_nullable", 1, None)),
        ({"word": "three"}, ("word", "enum", 1, "three")),
        ({"word": ""}, ("word", "enum", 1, "")),
        ({"currency": "usd"}, ("currency", "pattern", 1, "usd")),
        ({"currency": "USDX"}, ("currency", "pattern", 1, "USDX")),
        ({"currency": "USD\n"}, ("currency", "pattern", 1, "USD\n")),
        ({"share": Decimal("-0.000001")}, ("share", "minimum", 1, "-0.000001")),
        ({"share": Decimal("1.000001")}, ("share", "maximum", 1, "1.000001")),
        ({"seats": 0}, ("seats", "minimum", 1, "0")),
    ],
)
def test_a_fault_names_its_column_constraint_and_row(fault: dict[str, Any], expected: tuple[Any, ...]) -> None:
    assert faults(small({}, fault, {})) == [expected]


def test_every_fault_of_every_row_is_reported_at_once() -> None:
    found = faults(small({"word": "x", "seats": 0}, {}, {"id": None, "word": "y"}))
    assert sorted((column, index) for column, _, index, _ in found) == [
        ("id", 2),
        ("seats", 0),
        ("word", 0),
        ("word", 2),
    ]


def test_a_schema_of_some_columns_looks_at_no_others() -> None:
    df = small({"word": "x", "seats": 0}).select("id", "seats")
    assert faults(df, columns=("id", "seats")) == [("seats", "minimum", 0, "0")]


def test_a_schema_of_columns_that_are_not_there_is_refused() -> None:
    with pytest.raises(LookupError, match="small has no column 'seat'"):
        SMALL.pandera(["seat"])


def test_further_columns_of_a_batch_are_left_alone() -> None:
    df = small({}).with_row_index("record")
    assert SMALL.pandera().validate(df, lazy=True).columns == ["record", *SMALL.names]


def test_money_may_be_negative_and_a_term_may_not_be_nothing() -> None:
    mrr = export_contract("mrr")
    df = pl.DataFrame(
        {"mrr": [Decimal("-10.5")], "term_months": [0]}, schema={"mrr": contracts.NUMBER, "term_months": pl.Int64}
    )
    assert faults(df, mrr, ("mrr", "term_months")) == [("term_months", "minimum", 0, "0")]


# ── conforming ────────────────────────────────────────────────────────────────


def test_a_conformed_table_has_the_contracts_columns_types_and_order() -> None:
    df = pl.DataFrame(
        {
            "seats": [2, 1],
            "aside": ["x", "y"],
            "id": ["b", "a"],
            "word": pl.Series(["two", None], dtype=pl.Enum(["two", "one"])),
            "share": pl.Series([Decimal("0.25"), Decimal("0.50")], dtype=pl.Decimal(38, 2)),
            "currency": ["usd", None],
            "paid_on": [None, date(2025, 5, 31)],
            "flag": [None, True],
        }
    )
    expected = pl.DataFrame(
        [
            ("a", None, None, Decimal("0.5"), 1, date(2025, 5, 31), True),
            ("b", "two", "usd", Decimal("0.25"), 2, None, None),
        ],
        schema=SMALL.polars_schema,
        orient="row",
    )
    assert_frame_equal(conform(df, SMALL), expected)


def test_a_table_without_a_key_keeps_its_order() -> None:
    table = parse_contract("loose", {"fields": [{"name": "a", "type": "integer"}]})
    assert conform(pl.DataFrame({"a": [3, 1, 3]}), table)["a"].to_list() == [3, 1, 3]


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_a_table_without_rows_conforms(table: Contract) -> None:
    assert_frame_equal(conform(contracts.empty(table), table), contracts.empty(table))


@pytest.mark.parametrize(
    ("df", "message"),
    [
        (small({"id": "a"}, {"id": "a"}), "the key is not unique, as for {'id': 'a'}"),
        (small({}, {"id": None}), "1 cells of id are empty"),
        (small({"word": "three"}), "word holds 'three', not one of one, two"),
        (small({}).drop("seats"), "seats"),
        (small({}).with_columns(seats=pl.lit("many")), "many"),
        (small({}).with_columns(share=pl.lit(0.5)), "share came as floats"),
    ],
)
def test_a_table_that_breaks_its_contract_is_our_fault(df: pl.DataFrame, message: str) -> None:
    with pytest.raises(ContractError, match="small: ") as caught:
        conform(df, SMALL)
    assert message in str(caught.value)
