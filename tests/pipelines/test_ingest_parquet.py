"""Parquet: what its types may be, and that it gives the very rows that CSV gives."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from tests.pipelines.ingest_cases import (
    Case,
    column_of,
    counts,
    faults_of,
    mrr_csv,
    mrr_line,
    original_rows,
    parquet_of,
    rows_of,
)
from tierctl.ingest import spool as spooling

MRR: dict[str, Sequence[Any] | pl.Series] = {
    "line_id": ["L1", "L2"],
    "partner_id": ["P1", "P2"],
    "customer_id": ["C1", "C1"],
    "order_type": ["new_logo", "add"],
    "mrr": pl.Series(["10.00", "-2.50"]).cast(pl.Decimal(12, 2)),
    "currency": ["USD", "USD"],
    "sold_on": [date(2025, 5, 1), date(2025, 5, 2)],
}


def spooled(case: Case) -> list[Path]:
    return list(case.root.glob("spool-*/mrr/**/*.parquet"))


def read_mrr(case: Case, **columns: Sequence[Any] | pl.Series) -> Any:
    parquet_of(case, "mrr.parquet", {**MRR, **columns})
    return case.export("mrr", "mrr.parquet").read("mrr")


def test_fitting_types_are_read_where_they_lie(case: Case) -> None:
    ingested = read_mrr(case)
    assert column_of(ingested, "mrr", "mrr") == [Decimal(10), Decimal("-2.5")]
    assert column_of(ingested, "mrr", "promotional") == [False, False]
    assert spooled(case) == []


@pytest.mark.parametrize(
    ("column", "values", "expected"),
    [
        ("line_id", [7, 8], ["7", "8"]),
        ("customer_id", pl.Series(["C1", "C2"], dtype=pl.Categorical), ["C1", "C2"]),
        ("order_type", pl.Series(["add", "move"], dtype=pl.Enum(["add", "move"])), ["add", "move"]),
        ("product_family", pl.Series([None, None], dtype=pl.Null), [None, None]),
        ("product_family", [" ", "x"], [None, "x"]),
        ("mrr", [1, 2], [Decimal(1), Decimal(2)]),
        ("mrr", pl.Series(["1.5", "2"]).cast(pl.Decimal(38, 2)), [Decimal("1.5"), Decimal(2)]),
        ("term_months", pl.Series([12, None], dtype=pl.Int16), [12, None]),
        ("via_portal", [None, False], [True, False]),
    ],
)
def test_types_that_fit_need_no_spool(case: Case, column: str, values: Any, expected: list[Any]) -> None:
    ingested = read_mrr(case, **{column: values})
    assert faults_of(ingested) == []
    assert column_of(ingested, "mrr", column) == expected
    assert spooled(case) == []


@pytest.mark.parametrize(
    ("column", "values", "expected"),
    [
        ("mrr", ["10.5", "1"], [Decimal("10.5"), Decimal(1)]),
        ("mrr", [10.25, 0.1], [Decimal("10.25"), Decimal("0.1")]),
        ("mrr", [1e15, -(2.0**60)], [Decimal(10**15), Decimal(-(2**60))]),
        ("mrr", pl.Series([10.25, 0.1], dtype=pl.Float32), [Decimal("10.25"), Decimal("0.1")]),
        ("mrr", pl.Series(["1.00000000", "2"]).cast(pl.Decimal(20, 8)), [Decimal(1), Decimal(2)]),
        ("sold_on", ["2025-05-01", "2025-05-02"], [date(2025, 5, 1), date(2025, 5, 2)]),
        ("sold_on", [datetime(2025, 5, 1), datetime(2025, 5, 2)], [date(2025, 5, 1), date(2025, 5, 2)]),  # noqa: DTZ001
        ("sold_on", [datetime(2025, 5, 1, tzinfo=UTC)] * 2, [date(2025, 5, 1)] * 2),
        ("term_months", [12.0, None], [12, None]),
        ("via_portal", [1, 0], [True, False]),
        ("via_portal", ["true", "False"], [True, False]),
    ],
)
def test_types_that_may_fit_are_read_cell_by_cell(case: Case, column: str, values: Any, expected: list[Any]) -> None:
    ingested = read_mrr(case, **{column: values})
    assert faults_of(ingested) == []
    assert column_of(ingested, "mrr", column) == expected
    assert len(spooled(case)) == 1


@pytest.mark.parametrize(
    ("column", "values", "value", "rule"),
    [
        ("mrr", [1.0, 0.1 + 0.2], "0.30000000000000004", "number-not-exact"),
        ("mrr", [1.0, 1.125], "1.125", "number-not-exact"),
        ("mrr", [1.0, float("nan")], "NaN", "not-a-number"),
        ("mrr", [1.0, None], None, "missing-value"),
        ("mrr", pl.Series(["1", "0.00000001"]).cast(pl.Decimal(20, 8)), "0.00000001", "number-too-precise"),
        ("mrr", pl.Series(["1", "9" * 33]).cast(pl.Decimal(38, 0)), "9" * 33, "number-too-large"),
        (
            "mrr",
            pl.Series(["1", "1" + "0" * 20]).cast(pl.Decimal(38, 6)),
            "1" + "0" * 20 + ".000000",
            "number-too-large",
        ),
        ("mrr", pl.Series(["1", "-1" + "0" * 20]).cast(pl.Decimal(21, 0)), "-1" + "0" * 20, "number-too-large"),
        ("mrr", ["1", "1" + "0" * 20], "1" + "0" * 20, "number-too-large"),
        ("mrr", [1.0, 1e20], "1e+20", "number-too-large"),
        ("mrr", [1.0, -1e300], "-1e+300", "number-too-large"),
        ("mrr", [1.0, float("inf")], "inf", "not-a-number"),
        ("sold_on", pl.Series([0, 2932897], dtype=pl.Int32).cast(pl.Date), "+10000-01-01", "not-a-date"),
        ("quoted_on", pl.Series([0, -719163], dtype=pl.Int32).cast(pl.Date), "0000-12-31", "not-a-date"),
        ("term_months", [1.0, 1.5], "1.5", "not-an-integer"),
        ("term_months", pl.Series([1, 2**63], dtype=pl.UInt64), str(2**63), "number-too-large"),
        ("sold_on", [date(2025, 5, 1), None], None, "missing-value"),
        ("sold_on", ["2025-05-01", "May"], "May", "not-a-date"),
        ("via_portal", [1, 2], "2", "not-a-boolean"),
        ("order_type", ["add", "sold"], "sold", "not-in-enum"),
        ("partner_id", ["P1", "P9"], "P9", "unknown-partner"),
        ("customer_id", ["C1", " "], " ", "missing-value"),
    ],
)
def test_cells_that_do_not_fit_reject_their_row(
    case: Case, column: str, values: Any, value: str | None, rule: str
) -> None:
    ingested = read_mrr(case, **{column: values})
    assert faults_of(ingested) == [("mrr.parquet", 2, column, value, rule)]
    assert column_of(ingested, "mrr", "line_id") == ["L1"]
    assert original_rows(ingested)[0]["line_id"] == "L2"


def test_columns_of_any_type_may_stand_unused_beside_a_rejected_row(case: Case) -> None:
    strange: dict[str, Sequence[Any]] = {
        "tags": [["a"], ["b", "c"]],
        "raw": [b"\xff", b"\xfe"],
        "took": [timedelta(days=1), timedelta(hours=2)],
        "deep": [{"x": 1}, {"x": 2}],
        "share": [0.5, None],
    }
    ingested = read_mrr(case, order_type=["add", "sold"], **strange)
    (row,) = original_rows(ingested)
    assert {name: row[name] for name in strange} == {
        "tags": ["b", "c"],
        "raw": "(bytes)",
        "took": "PT7200S",
        "deep": {"x": 2},
        "share": None,
    }
    assert ingested.exports["mrr"].unused_columns == tuple(strange)


def test_a_timestamp_with_a_time_of_day_is_no_date(case: Case) -> None:
    moments = [datetime(2025, 5, 1, tzinfo=UTC), datetime(2025, 5, 1, 9, 30, tzinfo=UTC)]
    assert [fault[1:3] + fault[4:] for fault in faults_of(read_mrr(case, sold_on=moments))] == [
        (2, "sold_on", "not-a-date")
    ]


@pytest.mark.parametrize(
    ("currency", "amount", "rules"),
    [
        ("JPY", 100.0, []),
        ("JPY", 100.5, ["number-not-exact"]),
        ("KWD", 1.125, []),
        ("KWD", 1.1255, ["number-not-exact"]),
        ("USD", 1.1, []),
    ],
)
def test_a_float_has_to_be_exact_in_its_own_currency(
    case: Case, currency: str, amount: float, rules: list[str]
) -> None:
    ingested = read_mrr(case, mrr=[amount, 1.0], currency=[currency, "USD"])
    assert [fault[-1] for fault in faults_of(ingested)] == rules


@pytest.mark.parametrize(
    ("column", "values"),
    [("line_id", [1.0, 2.0]), ("mrr", [True, False]), ("sold_on", [1, 2]), ("sold_on", [["x"], ["y"]])],
)
def test_types_that_never_fit_stop_the_run(case: Case, column: str, values: Any) -> None:
    parquet_of(case, "mrr.parquet", {**MRR, column: values})
    assert case.export("mrr", "mrr.parquet").refused("mrr") == [("unsupported-type", "mrr.parquet", column)]


def test_a_parquet_file_cut_short_stops_the_run(case: Case) -> None:
    path = parquet_of(case, "mrr.parquet", MRR)
    path.write_bytes(path.read_bytes()[:-20])
    assert case.export("mrr", "mrr.parquet").refused("mrr") == [("unreadable-file", "mrr.parquet", "")]


def test_a_parquet_file_with_a_damaged_page_stops_the_run(case: Case) -> None:
    path = parquet_of(case, "mrr.parquet", MRR)
    content = bytearray(path.read_bytes())
    content[4:60] = b"\xff" * 56
    path.write_bytes(content)
    assert case.export("mrr", "mrr.parquet").refused("mrr") == [("unreadable-file", "mrr.parquet", "")]


def test_columns_and_values_are_mapped_in_parquet_too(case: Case) -> None:
    columns = {**MRR, "Net": MRR["mrr"], "order_type": ["New", "add"]}
    del columns["mrr"]
    parquet_of(case, "mrr.parquet", columns)
    case.export("mrr", "mrr.parquet", columns={"Net": "mrr"}, values={"order_type": {"New": "new_logo"}})
    ingested = case.read("mrr")
    assert column_of(ingested, "mrr", "order_type") == ["new_logo", "add"]
    assert column_of(ingested, "mrr", "mrr") == [Decimal(10), Decimal("-2.5")]


LINES = (
    mrr_line("L1"),
    mrr_line("L2", mrr="-2.50"),
    mrr_line("L2", mrr="-2.50"),
    mrr_line("L3", partner="P9"),
    mrr_line("L4", kind="sold"),
    mrr_line("L5", sold_on="2025-07-01"),
    mrr_line("L6", mrr="1"),
    mrr_line("L6", mrr="2"),
    mrr_line("L7", partner="P2", mrr=""),
    mrr_line("L5", sold_on="2025-07-01"),
    mrr_line("", partner="P2"),
)


def as_parquet(case: Case, *, typed: bool) -> None:
    df = pl.read_csv(mrr_csv(*LINES).encode(), infer_schema=False)
    if typed:
        df = df.with_columns(pl.col("mrr").cast(pl.Decimal(18, 2)), pl.col("sold_on").str.to_date())
    df.write_parquet(case.root / "mrr.parquet")


@pytest.mark.parametrize("typed", [True, False])
@pytest.mark.parametrize("batch_rows", [1, 3, 1000])
def test_parquet_gives_the_rows_and_rejects_that_csv_gives(case: Case, typed: bool, batch_rows: int) -> None:
    case.write("mrr.csv", mrr_csv(*LINES))
    from_csv = case.export("mrr", "mrr.csv").read("mrr")
    as_parquet(case, typed=typed)
    from_parquet = case.export("mrr", "mrr.parquet").read("mrr", batch_rows=batch_rows)
    assert_frame_equal(rows_of(from_csv, "mrr"), rows_of(from_parquet, "mrr"))
    assert counts(from_csv, "mrr") == counts(from_parquet, "mrr") == (2, 11, 6, 2, 1)
    assert [fault[1:3] + fault[4:] for fault in faults_of(from_csv)] == [
        fault[1:3] + fault[4:] for fault in faults_of(from_parquet)
    ]


def test_csv_and_parquet_files_may_stand_beside_each_other(case: Case) -> None:
    case.write("in/a.csv", mrr_csv(mrr_line("L8")))
    parquet_of(case, "in/b.parquet", MRR)
    ingested = case.export("mrr", ["in/*.csv", "in/*.parquet"]).read("mrr")
    assert column_of(ingested, "mrr", "line_id") == ["L1", "L2", "L8"]


def test_a_large_file_is_spooled_where_buckets_are_wanted(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    partners = ["P1", "P2"]
    rows: dict[str, Sequence[Any] | pl.Series] = {
        **{name: list(values) * 50 for name, values in MRR.items() if name != "mrr"},
        "line_id": [f"L{n:03}" for n in range(100)],
        "partner_id": [partners[n % 3 % 2] for n in range(99)] + ["P9"],
        "mrr": pl.Series([Decimal(n) for n in range(100)], dtype=pl.Decimal(12, 2)),
    }
    direct = read_mrr(case, **rows)
    assert spooled(case) == []
    monkeypatch.setattr(spooling, "_BYTES_PER_BUCKET", {"csv": 10_000, "parquet": 1_000})
    assert len(case.read("mrr").exports["mrr"].parts) == 1
    bucketed = case.read("mrr", in_buckets=["mrr"])
    parts = [set(part.collect()["partner_id"]) for part in bucketed.exports["mrr"].parts]
    assert parts == [{"P1"}, {"P2"}]
    assert_frame_equal(rows_of(bucketed, "mrr"), rows_of(direct, "mrr"))
    assert faults_of(bucketed) == faults_of(direct) == [("mrr.parquet", 100, "partner_id", "P9", "unknown-partner")]
    assert counts(bucketed, "mrr") == counts(direct, "mrr")
