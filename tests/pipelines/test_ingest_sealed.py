"""What was read, written as a close keeps it: every accepted row, typed, in files that are the same every time."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from tests.pipelines.ingest_cases import Case, mrr_csv, mrr_line, rows_of
from tierctl.contracts import export_contract
from tierctl.ingest import spool, write_inputs
from tierctl.ingest.kept import KeptRows

MRR = export_contract("mrr")


def files_in(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def written(folder: Path, export: str) -> pl.DataFrame:
    df = pl.read_parquet(sorted((folder / export).glob("*.parquet")))
    return df.sort(df.columns)


def test_every_accepted_row_is_kept_and_no_other(case: Case) -> None:
    lines = [mrr_line("L1"), mrr_line("L1"), mrr_line("L2", mrr="x"), mrr_line("L3", sold_on="2025-07-01")]
    case.write("mrr.csv", mrr_csv(*lines, mrr_line("L4", mrr="10.123456")))
    ingested = case.export("mrr", "mrr.csv").read("mrr")
    assert write_inputs(ingested.exports, case.root / "kept") == [
        ("mrr/part-0000.parquet", 2),
        ("partners/part-0000.parquet", 2),
    ]
    kept = written(case.root / "kept", "mrr")
    assert kept.schema == MRR.polars_schema
    assert kept.select("line_id", "mrr", "sold_on", "via_portal").rows() == [
        ("L1", Decimal(10), date(2025, 5, 1), True),
        ("L4", Decimal("10.123456"), date(2025, 5, 1), True),
    ]


def test_an_export_without_rows_keeps_its_columns(case: Case) -> None:
    case.write("mrr.csv", mrr_csv())
    ingested = case.export("mrr", "mrr.csv").read("mrr")
    assert write_inputs(ingested.exports, case.root / "kept")[0] == ("mrr/part-0000.parquet", 0)
    assert written(case.root / "kept", "mrr").schema == MRR.polars_schema


def test_parquet_that_is_read_where_it_lies_is_written_without_what_was_rejected(case: Case) -> None:
    rows = {
        "line_id": ["L2", "L1"],
        "partner_id": ["P9", "P1"],
        "customer_id": ["C1", "C1"],
        "order_type": ["add", "add"],
        "mrr": pl.Series([Decimal("1.5"), Decimal("2.5")], dtype=pl.Decimal(12, 2)),
        "currency": ["USD", "USD"],
        "sold_on": [date(2025, 5, 1)] * 2,
        "theirs": [1, 2],
    }
    pl.DataFrame(rows).write_parquet(case.root / "mrr.parquet")
    ingested = case.export("mrr", "mrr.parquet").read("mrr")
    write_inputs(ingested.exports, case.root / "kept")
    kept = written(case.root / "kept", "mrr")
    assert kept.schema == MRR.polars_schema
    assert kept.select("line_id", "mrr", "promotional").rows() == [("L1", Decimal("2.5"), False)]


def many(case: Case, monkeypatch: pytest.MonkeyPatch, suffix: str) -> Case:
    """Twenty thousand rows in two files, every seventh of them rejected; a part holds about a third."""
    monkeypatch.setattr(spool, "_BYTES_PER_BUCKET", {"csv": 300_000, "parquet": 20_000})
    case.write("partners.csv", "partner_id,name\n" + "".join(f"P{n:02},{n}\n" for n in range(30)))
    case.export("partners", "partners.csv")
    number = pl.int_range(20_000, eager=True)
    partner = number * 7919 % 35
    rows = pl.DataFrame({
        "line_id": pl.select(pl.format("L{}", number * 7 % 20_011)).to_series(),
        "partner_id": pl.select(pl.format("P{}", partner.cast(pl.String).str.zfill(2))).to_series(),
        "customer_id": ["C1"] * 20_000,
        "order_type": ["add"] * 20_000,
        "mrr": number.cast(pl.Decimal(12, 2)),
        "currency": ["USD"] * 20_000,
        "sold_on": [date(2025, 5, 1)] * 20_000,
    })  # fmt: skip
    for name, part in (("a", rows[:9_000]), ("b", rows[9_000:])):
        path = case.root / f"mrr-{name}.{suffix}"
        part.write_csv(path) if suffix == "csv" else part.write_parquet(path)
    return case.export("mrr", f"mrr-*.{suffix}")


@pytest.mark.parametrize(
    ("suffix", "in_buckets", "parts"), [("csv", [], 3), ("parquet", [], 1), ("parquet", ["mrr"], 3)]
)
def test_the_same_files_give_the_same_bytes(
    case: Case, monkeypatch: pytest.MonkeyPatch, suffix: str, in_buckets: list[str], parts: int
) -> None:
    many(case, monkeypatch, suffix)
    first = case.read("mrr", in_buckets=in_buckets)
    told = write_inputs(first.exports, case.root / "first")
    write_inputs(first.exports, case.root / "again")
    write_inputs(case.read("mrr", in_buckets=in_buckets).exports, case.root / "second")
    files = files_in(case.root / "first")
    assert [path for path, _ in told] == sorted(files)
    assert sum(path.startswith("mrr/") for path in files) == parts
    assert files == files_in(case.root / "again")
    assert files == files_in(case.root / "second")
    assert_frame_equal(written(case.root / "first", "mrr"), rows_of(first, "mrr"))
    rows = sum(count for path, count in told if path.startswith("mrr/"))
    assert rows == 20_000 - first.exports["mrr"].rejected < 20_000


def test_what_was_taken_over_from_a_close_is_kept_again(case: Case) -> None:
    """A close after the next finds all rows in the last one."""
    case.write("mrr.csv", mrr_csv(mrr_line("L1", sold_on="2025-03-01")))
    march = case.export("mrr", "mrr.csv").read("mrr")
    write_inputs(march.exports, case.root / "march")
    case.write("mrr.csv", mrr_csv(mrr_line("L2", sold_on="2025-04-01")))
    since = KeptRows((pl.scan_parquet(case.root / "march" / "mrr" / "*.parquet"),), date(2025, 4, 1))
    april = case.read("mrr", kept={"mrr": since})
    write_inputs(april.exports, case.root / "april")
    case.write("mrr.csv", mrr_csv(mrr_line("L3", sold_on="2025-05-01")))
    since = KeptRows((pl.scan_parquet(case.root / "april" / "mrr" / "*.parquet"),), date(2025, 5, 1))
    may = case.read("mrr", kept={"mrr": since})
    assert rows_of(may, "mrr")["line_id"].to_list() == ["L1", "L2", "L3"]
    assert may.exports["mrr"].from_close == 2
