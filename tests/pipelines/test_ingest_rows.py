"""Rows beside each other: keys, duplicates, the roster, rows that lie ahead, partner buckets."""

from datetime import date
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from tests.pipelines.ingest_cases import (
    ROSTER,
    Case,
    column_of,
    counts,
    faults_of,
    mrr_csv,
    mrr_line,
    rows_of,
)
from tierctl.contracts import conform, export_contract, report_contract
from tierctl.findings import load_catalogue
from tierctl.ingest import spool as spooling
from tierctl.ingest.files import Source
from tierctl.ingest.keys import find_repeats
from tierctl.ingest.rejects import MESSAGES
from tierctl.ingest.row_check import ROW


@pytest.mark.parametrize("batch_rows", [1, 2, 100])
def test_rows_that_repeat_another_whole_are_kept_once(case: Case, batch_rows: int) -> None:
    case.write("mrr-1.csv", mrr_csv(mrr_line("L1"), mrr_line("L2"), mrr_line("L1", mrr="10")))
    case.write("mrr-2.csv", mrr_csv(mrr_line("L1", mrr=" 10.000 "), mrr_line("L3")))
    ingested = case.export("mrr", "mrr-*.csv").read("mrr", batch_rows=batch_rows)
    assert counts(ingested, "mrr") == (3, 5, 0, 2, 0)
    assert faults_of(ingested) == []


@pytest.mark.parametrize("batch_rows", [1, 2, 100])
def test_of_a_key_with_several_contents_every_row_is_rejected(case: Case, batch_rows: int) -> None:
    case.write("mrr-1.csv", mrr_csv(mrr_line("L1"), mrr_line("L2"), mrr_line("L1")))
    case.write("mrr-2.csv", mrr_csv(mrr_line("L1", mrr="11"), mrr_line("L3")))
    ingested = case.export("mrr", "mrr-*.csv").read("mrr", batch_rows=batch_rows)
    assert counts(ingested, "mrr") == (2, 5, 3, 0, 0)
    assert faults_of(ingested) == [
        ("mrr-1.csv", 1, "line_id", "L1", "repeated-key"),
        ("mrr-1.csv", 3, "line_id", "L1", "repeated-key"),
        ("mrr-2.csv", 1, "line_id", "L1", "repeated-key"),
    ]


def test_repeats_that_are_meant_are_kept(case: Case) -> None:
    case.write("mrr.csv", mrr_csv(mrr_line("L1"), mrr_line("L1"), mrr_line("L2"), mrr_line("L2", mrr="1")))
    ingested = case.export("mrr", "mrr.csv", on_duplicate="keep").read("mrr")
    assert counts(ingested, "mrr") == (2, 4, 2, 0, 0)


def test_a_row_rejected_for_something_else_repeats_no_key(case: Case) -> None:
    case.write("mrr.csv", mrr_csv(mrr_line("L1"), mrr_line("L1", mrr="x")))
    ingested = case.export("mrr", "mrr.csv").read("mrr")
    assert [fault[-1] for fault in faults_of(ingested)] == ["not-a-number"]
    assert counts(ingested, "mrr") == (1, 2, 1, 0, 0)


def test_a_key_of_several_columns_is_the_whole_rows_fault(case: Case) -> None:
    header = "partner_id,person_id,certification,completed_on,role"
    day = "X,2025-01-01"
    case.write("c.csv", f"{header}\nP1,A,{day},a\nP1,A,{day},b\nP1,B,{day},a\nP2,A,{day},a\n")
    ingested = case.export("certifications", "c.csv").read("certifications")
    assert faults_of(ingested) == [
        ("c.csv", 1, "(row)", "P1 / A / X / 2025-01-01", "repeated-key"),
        ("c.csv", 2, "(row)", "P1 / A / X / 2025-01-01", "repeated-key"),
    ]


def test_an_empty_part_of_a_key_is_a_value_like_others(case: Case) -> None:
    line = "EUR,2025-01-01"
    case.write("fx.csv", f"currency,rate_on,rate,base\n{line},1.1,\n{line},1.2,\n{line},1.3,USD\n")
    ingested = case.export("fx_rates", "fx.csv").read("fx_rates")
    assert [fault[1] for fault in faults_of(ingested)] == [1, 2]
    assert column_of(ingested, "fx_rates", "base") == ["USD"]


def test_an_export_without_a_key_keeps_every_row(case: Case) -> None:
    row = "P1,C1,2025-05-01"
    case.write("a.csv", f"partner_id,customer_id,occurred_on\n{row}\n{row}\n")
    assert counts(case.export("activity", "a.csv").read("activity"), "activity") == (2, 2, 0, 0, 0)


def test_equal_hashes_alone_make_no_repeat() -> None:
    """Two keys that share a hash are told apart by their content."""
    contract = export_contract("user_access")
    df = pl.DataFrame({"user_id": ["a", "b", "b"], "owner_id": ["x", "x", "x"], ROW: [1, 2, 3]}).cast({ROW: pl.UInt32})
    suspects = pl.DataFrame({"hash": [5, 5, 5], "row": [1, 2, 3]}, schema={"hash": pl.UInt64, "row": pl.UInt32})
    repeats = find_repeats([df.lazy()], contract, suspects, keep_alike=False)
    assert repeats.conflicting.to_list() == []
    assert repeats.duplicates.to_list() == [3]


def test_a_partner_that_the_roster_lacks_rejects_the_row(case: Case) -> None:
    case.write("mrr.csv", mrr_csv(mrr_line(partner="P1"), mrr_line("L2", partner="p1")))
    ingested = case.export("mrr", "mrr.csv", columns={}).read("mrr")
    assert faults_of(ingested) == [("mrr.csv", 2, "partner_id", "p1", "unknown-partner")]
    assert "add the partner" in ingested.findings[0].hint


@pytest.mark.parametrize("roster", ["P1,\nP2,Bo\n", "P1,Ada\nP1,Adam\nP2,Bo\n"])
def test_a_partner_whose_roster_row_was_rejected_is_unknown_and_said_so(case: Case, roster: str) -> None:
    case.write("partners.csv", f"partner_id,name\n{roster}")
    case.write("mrr.csv", mrr_csv(mrr_line(partner="P1"), mrr_line("L2", partner="P2")))
    ingested = case.export("partners", "partners.csv").export("mrr", "mrr.csv").read("mrr")
    assert column_of(ingested, "mrr", "partner_id") == ["P2"]
    assert "'P1'" in ingested.findings[-1].hint
    assert "rejected" in ingested.findings[-1].hint


def test_rows_after_the_last_day_are_ignored_and_counted(case: Case) -> None:
    days = ["2025-06-30", "2025-07-01", "2025-07-02"]
    case.write("mrr.csv", mrr_csv(*(mrr_line(f"L{n}", sold_on=day) for n, day in enumerate(days))))
    case.export("mrr", "mrr.csv")
    assert counts(case.read("mrr"), "mrr") == (1, 3, 0, 0, 2)
    assert counts(case.read("mrr", until=date(2025, 7, 1)), "mrr") == (2, 3, 0, 0, 1)
    assert counts(case.read("mrr", until=None), "mrr") == (3, 3, 0, 0, 0)


def test_a_row_without_a_date_is_not_ahead(case: Case) -> None:
    case.write("p.csv", "project_id,partner_id,outcome,completed_on\nJ1,P1,in_progress,\n")
    assert counts(case.export("projects", "p.csv").read("projects"), "projects") == (1, 1, 0, 0, 0)


def _in_buckets(case: Case, monkeypatch: pytest.MonkeyPatch, export: str, bytes_: int) -> list[pl.DataFrame]:
    """The export's parts, spooled in buckets of so many bytes of CSV and in several rounds."""
    monkeypatch.setattr(spooling, "_BYTES_PER_BUCKET", {"csv": bytes_})
    monkeypatch.setattr(spooling, "HELD_ROWS", 70)
    return [part.collect() for part in case.read(export, batch_rows=30).exports[export].parts]


PARTNERS = [f"P{n}" for n in range(40)]  # P10 stands before P2


def _many_lines(case: Case) -> None:
    case.write("partners.csv", "partner_id,name\n" + "".join(f"{partner},x\n" for partner in PARTNERS))
    lines = [mrr_line(f"L{n:03}", partner=PARTNERS[n * 7 % 40], mrr=str(n)) for n in range(300)]
    case.write("mrr.csv", mrr_csv(*lines, lines[5]))
    case.export("partners", "partners.csv").export("mrr", "mrr.csv")


def test_buckets_are_ranges_of_whole_partners_and_together_everything(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    _many_lines(case)
    whole = case.read("mrr")
    parts = _in_buckets(case, monkeypatch, "mrr", 2_500)
    held = [sorted(set(part["partner_id"])) for part in parts]
    assert [len(partners) for partners in held] == [8, 8, 8, 8, 8]
    assert [partner for partners in held for partner in partners] == sorted(PARTNERS)
    assert len(whole.exports["mrr"].parts) == 1
    assert_frame_equal(pl.concat(parts).sort("line_id"), rows_of(whole, "mrr").sort("line_id"))


def test_exports_of_as_many_buckets_have_the_same_ranges(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    _many_lines(case)
    rows = [f"J{n:03},{PARTNERS[n]},in_progress," for n in (0, 9, 12, 38, 39) for _ in range(50)]
    case.write("p.csv", "\n".join(["project_id,partner_id,outcome,completed_on", *rows, ""]))
    of_mrr = _in_buckets(case, monkeypatch, "mrr", 2_500)
    of_projects = _in_buckets(case.export("projects", "p.csv"), monkeypatch, "projects", 1_050)
    assert len(of_mrr) == len(of_projects) == 5
    assert [set(part["partner_id"]) for part in of_projects] == [
        {"P0", "P12"},
        set(),
        set(),
        set(),
        {"P38", "P39", "P9"},
    ]
    assert all(set(few["partner_id"]) <= set(all_["partner_id"]) for few, all_ in zip(of_projects, of_mrr, strict=True))


def test_rows_without_a_partner_are_in_the_last_bucket(tmp_path: Path) -> None:
    df = pl.DataFrame({"partner_id": ["A", None, "M", "Z", "0"], ROW: [1, 2, 3, 4, 5]})
    with spooling.Spool(tmp_path, pl.Series(["F", "T"]), df.schema) as spool:
        spool.add(df)
        parts = [part.collect()["partner_id"].to_list() for part in spool.close()]
    assert parts == [["A", "0"], ["M"], [None, "Z"]]


@pytest.mark.parametrize(("size", "buckets"), [(10, 1), (64_000_000, 2), (10_000_000_000, 32)])
def test_the_number_of_buckets_follows_the_size_of_the_input(case: Case, size: int, buckets: int) -> None:
    path = case.write("mrr.csv", "x")
    with path.open("r+b") as file:
        file.truncate(size)
    source = Source("mrr", path, "mrr.csv", "csv")
    of_mrr, of_rates = export_contract("mrr").polars_schema, export_contract("fx_rates").polars_schema
    roster = pl.Series([f"P{n:03}" for n in range(100)])
    assert spooling.bucket_begins([source], of_mrr, roster).len() == buckets - 1
    assert spooling.bucket_begins([source], of_mrr, roster.head(3)).len() == min(buckets, 3) - 1
    assert spooling.bucket_begins([source], of_mrr, roster.clear()).is_empty()
    assert spooling.bucket_begins([source], of_mrr, None).is_empty()
    assert spooling.bucket_begins([source], of_rates, roster).is_empty()


def test_what_comes_out_has_the_contracts_columns_and_types(case: Case) -> None:
    case.write("mrr.csv", mrr_csv(mrr_line()))
    for part in case.export("mrr", "mrr.csv").read("mrr").exports["mrr"].parts:
        assert part.collect_schema() == export_contract("mrr").polars_schema


def test_rejects_keep_their_contract_and_every_rule_is_in_the_catalogue(case: Case) -> None:
    case.write("mrr.csv", mrr_csv(mrr_line("", partner="P9", mrr="x"), mrr_line("L2", kind="y")))
    rejects = case.export("mrr", "mrr.csv").read("mrr").rejects
    assert_frame_equal(rejects, conform(rejects, report_contract("rejects")))
    assert set(MESSAGES) <= set(load_catalogue())


def test_cancelling_by_date_and_by_negative_row_is_warned_of_when_asked(case: Case) -> None:
    header = "line_id,partner_id,customer_id,order_type,mrr,currency,sold_on,cancelled_on"
    case.write(
        "mrr.csv",
        mrr_csv(
            "L1,P1,C1,add,5,USD,2025-01-01,2025-03-01",
            "L2,P1,C1,change,-5,USD,2025-03-01,",
            "L3,P1,C2,add,5,USD,2025-01-01,2025-03-01",
            "L4,P2,C2,add,-5,USD,2025-01-01,",
            header=header,
        ),
    )
    case.export("mrr", "mrr.csv")
    (finding,) = case.read("mrr", thorough=True).findings
    assert (finding.code, finding.severity.value) == ("cancelled-twice", "warning")
    assert "'C1' of partner 'P1'" in finding.message
    assert case.read("mrr").findings == ()


def test_progress_is_told_per_batch(case: Case) -> None:
    case.write("mrr-1.csv", mrr_csv(mrr_line("L1"), mrr_line("L2"), mrr_line("L3")))
    case.write("mrr-2.csv", mrr_csv(mrr_line("L4")))
    told: list[tuple[str, int]] = []
    case.export("mrr", "mrr-*.csv").read("mrr", batch_rows=2, on_progress=lambda *said: told.append(said))
    assert [rows for export, rows in told if export == "mrr"][-1] == 4
    assert told[0][0] == "partners"


def test_the_roster_is_read_without_being_asked_for(case: Case) -> None:
    case.write("partners.csv", ROSTER)
    assert list(case.export("partners", "partners.csv").read().exports) == ["partners"]
