"""Files: how they are found, encoded, cut into records, and what makes one unreadable."""

import hashlib
import json
from datetime import date
from decimal import Decimal

import polars as pl
import pytest
from pydantic import ValidationError

from tests.pipelines.ingest_cases import (
    MRR_HEADER,
    ROSTER,
    Case,
    column_of,
    counts,
    faults_of,
    mrr_csv,
    mrr_line,
    original_rows,
    rows_of,
)
from tierctl.findings import CannotRunError


def test_a_glob_is_read_in_the_order_of_its_paths_and_each_file_digested(case: Case) -> None:
    second = case.write("in/mrr-2.csv", mrr_csv(mrr_line("L2")))
    first = case.write("in/mrr-1.csv", mrr_csv(mrr_line("L1"), mrr_line("L3")))
    files = case.export("mrr", "in/mrr-*.csv").read("mrr").files
    assert [(file.export, file.path, file.rows) for file in files] == [
        ("partners", "partners.csv", 2),
        ("mrr", "in/mrr-1.csv", 2),
        ("mrr", "in/mrr-2.csv", 1),
    ]
    assert [file.sha256 for file in files[1:]] == [
        hashlib.sha256(path.read_bytes()).hexdigest() for path in (first, second)
    ]


def test_a_list_of_globs_names_each_file_once(case: Case) -> None:
    case.write("a.csv", mrr_csv(mrr_line("L1")))
    case.write("b.csv", mrr_csv(mrr_line("L2")))
    ingested = case.export("mrr", ["b.csv", "[ab].csv"]).read("mrr")
    assert [file.path for file in ingested.files] == ["partners.csv", "a.csv", "b.csv"]


def test_a_file_outside_the_workspace_may_be_read(case: Case) -> None:
    inside = case.root / "ws"
    inside.mkdir()
    case.write("away.csv", ROSTER)
    away = Case(inside).export("partners", "../away.csv")
    ingested = away.read()
    assert column_of(ingested, "partners", "partner_id") == ["P1", "P2"]
    assert [file.path for file in ingested.files] == ["../away.csv"]


def test_a_path_that_leads_back_inside_is_named_from_the_workspace(case: Case) -> None:
    path = case.write("in/p.csv", ROSTER)
    assert case.export("partners", str(path)).read().files[0].path == "in/p.csv"
    assert case.export("partners", "in/../in/*.csv").read().files[0].path == "in/p.csv"


def test_a_file_whose_name_looks_like_a_glob_is_read_as_it_is(case: Case) -> None:
    case.write("p[1].csv", ROSTER)
    assert case.export("partners", "p[1].csv").read().files[0].path == "p[1].csv"


def test_every_missing_export_and_column_is_named_at_once(case: Case) -> None:
    case.write("partners.csv", "Partner ID,Full name\n")
    case.write("mrr.csv", "line_id,partner,customer_id,order_type,mrr,currency\n")
    case.export("partners", "partners.csv").export("mrr", "mrr.csv").export("activity", "no-*.csv")
    assert case.refused("mrr", "activity", "projects") == [
        ("missing-column", "partners.csv", "header"),
        ("missing-column", "partners.csv", "header"),
        ("missing-export", "no-*.csv", "exports.activity"),
        ("missing-column", "mrr.csv", "header"),
        ("missing-column", "mrr.csv", "header"),
        ("missing-export", (case.root / "tierctl.toml").as_posix(), "exports.projects"),
    ]


def test_a_missing_column_is_guessed_at_for_the_hint(case: Case) -> None:
    case.write("mrr.csv", mrr_csv(header="Line ID,partner_id,customer_id,order_type,mrr,currency,sold_on"))
    with pytest.raises(CannotRunError, match=r'"Line ID" = "line_id"'):
        case.export("mrr", "mrr.csv").read("mrr")


def test_a_wrong_delimiter_is_guessed_at_for_the_hint(case: Case) -> None:
    case.write("p.csv", "partner_id;name\n")
    with pytest.raises(CannotRunError, match='delimiter = ";"'):
        case.export("partners", "p.csv").read()


@pytest.mark.parametrize(
    ("header", "fmt", "sign"),
    [
        ("partner_id;name;region, country", {}, ";"),
        ("partner_id\tname", {}, "\t"),
        ("partner_id|name", {"delimiter": ";"}, "|"),
        ("partner_id,name", {"delimiter": ";"}, ","),
    ],
)
def test_a_header_that_is_one_cell_is_one_finding(case: Case, header: str, fmt: dict[str, str], sign: str) -> None:
    case.write("p.csv", f'"{header}"\n' if sign == ";" else f"{header}\n")
    with pytest.raises(CannotRunError) as caught:
        case.export("partners", "p.csv", format=fmt).read()
    (finding,) = caught.value.findings
    assert finding.code == "missing-column"
    assert finding.message == f"the header is one cell, {header!r}; is the delimiter {sign!r}?"
    assert finding.hint == f"[exports.partners.format]\n  delimiter = {json.dumps(sign)}"


# ---- columns that the mapping names

CANCELLING = MRR_HEADER + ",Disconnect"
DISCONNECT = {"Disconnect": "cancelled_on"}


def test_a_mapped_header_that_one_of_several_files_renames_stops_the_run(case: Case) -> None:
    case.write("mrr-1.csv", mrr_csv(f"{mrr_line()},2025-06-01", header=CANCELLING))
    case.write("mrr-2.csv", mrr_csv(f"{mrr_line('L2')},2025-06-01", header=CANCELLING.replace("ct", "ct Date")))
    with pytest.raises(CannotRunError) as caught:
        case.export("mrr", "mrr-*.csv", columns=DISCONNECT).read("mrr")
    (finding,) = caught.value.findings
    assert (finding.code, finding.source) == ("missing-column", "mrr-2.csv")
    assert "'cancelled_on' (mapped from 'Disconnect')" in finding.message
    assert finding.hint == '[exports.mrr.columns]\n  "…" = "cancelled_on"'


@pytest.mark.parametrize(
    ("header", "hint"),
    [
        ("DISCONNECT.", 'did you mean\n  [exports.mrr.columns]\n  "DISCONNECT." = "cancelled_on"'),
        ("Disconect", 'did you mean\n  [exports.mrr.columns]\n  "Disconect" = "cancelled_on"'),
        ("Cancelled On", 'did you mean\n  [exports.mrr.columns]\n  "Cancelled On" = "cancelled_on"'),
        ("Connect", '[exports.mrr.columns]\n  "…" = "cancelled_on"'),
        ("Cancelled By", '[exports.mrr.columns]\n  "…" = "cancelled_on"'),
    ],
)
def test_a_header_is_suggested_only_beyond_doubt(header: str, hint: str, case: Case) -> None:
    case.write("mrr.csv", mrr_csv(f"{mrr_line()},2025-06-01", header=CANCELLING.replace("Disconnect", header)))
    with pytest.raises(CannotRunError) as caught:
        case.export("mrr", "mrr.csv", columns=DISCONNECT).read("mrr")
    assert [finding.hint for finding in caught.value.findings] == [hint]


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_a_slip_in_the_mapping_of_an_optional_column_stops_the_run(case: Case, suffix: str) -> None:
    text = mrr_csv(f"{mrr_line()},2025-06-01", header=CANCELLING)
    case.write("mrr.csv", text)
    pl.read_csv(text.encode(), infer_schema=False).write_parquet(case.root / "mrr.parquet")
    case.export("mrr", f"mrr.{suffix}", columns={"Disconect": "cancelled_on"})
    with pytest.raises(CannotRunError, match='"Disconnect" = "cancelled_on"'):
        case.read("mrr")


def test_each_file_may_bring_a_mapped_column_by_another_header_or_by_our_name(case: Case) -> None:
    for n, header in enumerate(["Disconnect", "Ended", "cancelled_on"], start=1):
        case.write(f"mrr-{n}.csv", mrr_csv(f"{mrr_line(f'L{n}')},2025-06-0{n}", header=f"{MRR_HEADER},{header}"))
    case.export("mrr", "mrr-*.csv", columns=DISCONNECT | {"Ended": "cancelled_on"})
    assert column_of(case.read("mrr"), "mrr", "cancelled_on") == [date(2025, 6, n) for n in (1, 2, 3)]


def test_headers_are_mapped_as_written_and_then_without_blanks(case: Case) -> None:
    case.write("p.csv", " Partner , name \nP1,Ada\n")
    ingested = case.export("partners", "p.csv", columns={"Partner": "partner_id"}).read()
    assert column_of(ingested, "partners", "partner_id") == ["P1"]


def test_columns_beyond_the_contract_are_listed_and_ignored(case: Case) -> None:
    case.write("p.csv", "partner_id,name,Region Manager,,Fax\nP1,Ada,Z,,1\n")
    ingested = case.export("partners", "p.csv").read()
    assert ingested.exports["partners"].unused_columns == ("Region Manager", "(column 4)", "Fax")
    assert rows_of(ingested, "partners").height == 1


@pytest.mark.parametrize(
    ("header", "columns", "code"),
    [
        ("partner_id,name,name", {}, "repeated-header"),
        ("partner_id,name,Title", {"Title": "name"}, "column-mapped-twice"),
        ("partner_id,Name,Title", {"Title": "name", "Name": "name"}, "column-mapped-twice"),
    ],
)
def test_a_header_that_says_two_things_stops_the_run(
    case: Case, header: str, columns: dict[str, str], code: str
) -> None:
    case.write("p.csv", f"{header}\n")
    assert case.export("partners", "p.csv", columns=columns).refused() == [(code, "p.csv", "header")]


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("p.csv", b"", "empty-file"),
        ("p.csv", b"\npartner_id,name\n", "empty-file"),
        ("p.xls", b"PK", "unsupported-file"),
        ("p.parquet", b"PAR1 no more", "unreadable-file"),
        ("p.csv", b"partner_id,name\nP1,A\0B\n", "nul-byte"),
        ("p.csv", b'partner_id,name\nP1,"Ada\nP2,Bo\n', "unreadable-file"),
        ("p.csv", b'partner_id,name\nP1,A"da\nP2,Bo\n', "unreadable-file"),
        ("p.csv", b"partner_id,name\rP1,Ada\nP2,Bo\n", "unreadable-file"),
        ("p.csv", b"partner_id,name\nP1,Ren\xe9\n", "bad-encoding"),
        ("p.csv", b"partner_id,n\xe9\nP1,Ada\n", "bad-encoding"),
    ],
)
def test_a_file_that_cannot_be_read_stops_the_run(case: Case, name: str, content: bytes, code: str) -> None:
    case.write(name, content)
    assert [(found, source) for found, source, _ in case.export("partners", name).refused()] == [(code, name)]


def test_files_of_other_machines_are_not_read(case: Case) -> None:
    refused = case.export("partners", "s3://bucket/p.csv").refused()
    assert refused == [("unsupported-file", "s3://bucket/p.csv", "exports.partners")]


def test_a_header_without_rows_is_an_empty_export(case: Case) -> None:
    case.write("mrr.csv", f"{mrr_csv().strip()}")
    ingested = case.export("mrr", "mrr.csv").read("mrr")
    assert counts(ingested, "mrr") == (0, 0, 0, 0, 0)
    assert rows_of(ingested, "mrr").schema["mrr"].is_decimal()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252", "utf-32"])
def test_encodings_are_read_as_they_are_named(case: Case, encoding: str) -> None:
    case.write("p.csv", "partner_id,name\nP1,René\n".encode(encoding))
    ingested = case.export("partners", "p.csv", format={"encoding": encoding}).read()
    assert column_of(ingested, "partners", "name") == ["René"]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_byte_order_mark_is_understood_without_being_told(case: Case, encoding: str) -> None:
    case.write("p.csv", 'partner_id,name\r\nP1,"Re\nné"\r\n'.encode(encoding))
    assert column_of(case.export("partners", "p.csv").read(), "partners", "name") == ["Re\nné"]


@pytest.mark.parametrize("encoding", ["cp1252", "latin-1", "utf-16"])
def test_a_mark_of_utf_8_is_believed_whatever_is_said(case: Case, encoding: str) -> None:
    case.write("p.csv", "partner_id,name\nP1,René\n".encode("utf-8-sig"))
    ingested = case.export("partners", "p.csv", format={"encoding": encoding}).read()
    assert column_of(ingested, "partners", "name") == ["René"]


def test_a_byte_outside_its_encoding_is_named_with_offset_and_record(case: Case) -> None:
    case.write("p.csv", b'partner_id,name\nP1,"A\nda"\nP2,Ren\xe9\n')
    with pytest.raises(CannotRunError) as caught:
        case.export("partners", "p.csv").read()
    (finding,) = caught.value.findings
    assert finding.subject == "record 2"
    assert "offset 32" in finding.message
    assert 'encoding = "cp1252"' in finding.hint


def test_a_byte_outside_a_transcoded_encoding_is_named_too(case: Case) -> None:
    case.write("p.csv", b"partner_id,name\nP1,Ada\nP2,\x81\n")
    refused = case.export("partners", "p.csv", format={"encoding": "cp1252"}).refused()
    assert refused == [("bad-encoding", "p.csv", "record 2")]


def test_semicolons_decimal_commas_and_days_first(case: Case) -> None:
    case.write("mrr.csv", mrr_csv("L1;P1;C1;add;1.234,50;EUR;31.12.2024", header=mrr_csv().strip().replace(",", ";")))
    fmt = {"delimiter": ";", "decimalChar": ",", "groupChar": ".", "date": "%d.%m.%Y"}
    ingested = case.export("mrr", "mrr.csv", format=fmt).read("mrr")
    assert column_of(ingested, "mrr", "mrr") == [Decimal("1234.5")]
    assert column_of(ingested, "mrr", "sold_on") == [date(2024, 12, 31)]


def test_a_no_break_space_between_thousands_is_read_in_an_encoding_of_its_own(case: Case) -> None:
    text = mrr_csv("L1;P1;C1;add;1\u00a0234,50;EUR;2024-12-31", header=mrr_csv().strip().replace(",", ";"))
    case.write("mrr.csv", text.encode("cp1252"))
    fmt = {"delimiter": ";", "decimalChar": ",", "groupChar": "\u00a0", "encoding": "cp1252"}
    assert column_of(case.export("mrr", "mrr.csv", format=fmt).read("mrr"), "mrr", "mrr") == [Decimal("1234.5")]


@pytest.mark.parametrize("sign", ["\u00a0\u00a0", ""])
def test_the_sign_between_thousands_is_one_character(case: Case, sign: str) -> None:
    with pytest.raises(ValidationError, match="should be one character"):
        case.export("mrr", "mrr.csv", format={"groupChar": sign})


@pytest.mark.parametrize("sign", ["\t", ";"])
def test_a_tsv_file_is_cut_at_tabs_unless_told_otherwise(case: Case, sign: str) -> None:
    case.write("p.tsv", f"partner_id{sign}name\nP1{sign}A,b\n")
    fmt = {} if sign == "\t" else {"delimiter": sign}
    assert column_of(case.export("partners", "p.tsv", format=fmt).read(), "partners", "name") == ["A,b"]


def test_another_sign_may_quote(case: Case) -> None:
    case.write("p.csv", "partner_id,name\nP1,'A, \"b\"'\n")
    ingested = case.export("partners", "p.csv", format={"quoteChar": "'"}).read()
    assert column_of(ingested, "partners", "name") == ['A, "b"']


def test_without_a_quoting_sign_quotes_are_text(case: Case) -> None:
    case.write("p.csv", 'partner_id,name\nP1,2" pipes\n')
    ingested = case.export("partners", "p.csv", format={"quoteChar": ""}).read()
    assert column_of(ingested, "partners", "name") == ['2" pipes']


def test_blank_lines_are_no_rows(case: Case) -> None:
    case.write("p.csv", "partner_id,name\n\nP1,Ada\n\nP2,\n,\n\n")
    ingested = case.export("partners", "p.csv").read()
    assert counts(ingested, "partners") == (1, 2, 1, 0, 0)
    assert faults_of(ingested) == [("p.csv", 4, "name", None, "missing-value")]


def test_records_are_counted_across_quoted_line_breaks_in_each_file(case: Case) -> None:
    case.write("p-1.csv", 'partner_id,name\nP1,"A\nd\na"\nP2,\n')
    case.write("p-2.csv", 'name,partner_id\n"B\no",P3\n,P4\n')
    ingested = case.export("partners", "p-*.csv").read(batch_rows=1)
    assert faults_of(ingested) == [
        ("p-1.csv", 2, "name", None, "missing-value"),
        ("p-2.csv", 2, "name", None, "missing-value"),
    ]
    assert column_of(ingested, "partners", "name") == ["A\nd\na", "B\no"]


@pytest.mark.parametrize(
    "line",
    [
        'P2, "Bo, Cy",DE',
        "P2,Bo,DE,x",
        "P2,Bo,Inc,",
        "P2,Bo,,,x",
        'P2,"B,o",DE,"x,y"',
        'P2,"B\no",DE,x',
        "P2,Bo,DE,,,,,,",
    ],
)
def test_a_row_with_too_many_cells_is_rejected_whole(case: Case, line: str) -> None:
    case.write("p.csv", f"partner_id,name,country\nP1,Ada,US\n{line}\nP3,Cy,\n")
    ingested = case.export("partners", "p.csv").read()
    assert faults_of(ingested) == [("p.csv", 2, "(row)", None, "too-many-fields")]
    assert column_of(ingested, "partners", "partner_id") == ["P1", "P3"]
    assert {"partner_id", "name", "country", "(field 4)"} <= set(original_rows(ingested)[0])


@pytest.mark.parametrize("line", ["P1,Ada,DE,x", 'P1,Ada,"D\nE",x,y', 'P1,"A,da",,""'])
def test_the_first_row_may_be_the_one_with_too_many_cells(case: Case, line: str) -> None:
    case.write("p.csv", f'partner_id,name,country\n{line}\nP2,"B\no",US\n')
    ingested = case.export("partners", "p.csv").read()
    assert faults_of(ingested) == [("p.csv", 1, "(row)", None, "too-many-fields")]
    assert column_of(ingested, "partners", "country") == ["US"]


def test_the_first_row_may_be_the_one_with_too_few_cells(case: Case) -> None:
    case.write("p.csv", "partner_id,name,country\nP1,Ada\nP2,Bo,US\n")
    assert column_of(case.export("partners", "p.csv").read(), "partners", "country") == [None, "US"]


def test_quoted_delimiters_make_no_row_too_wide(case: Case) -> None:
    case.write("p.csv", 'partner_id,name,country\n"P1","A, B, and C",US\n"P2","a ""b"", c",DE\n')
    assert column_of(case.export("partners", "p.csv").read(), "partners", "name") == ["A, B, and C", 'a "b", c']


def test_of_a_row_with_too_few_cells_the_required_ones_decide(case: Case) -> None:
    case.write("p.csv", "partner_id,name,country\nP1,Ada\nP2\n")
    ingested = case.export("partners", "p.csv").read()
    assert column_of(ingested, "partners", "country") == [None]
    assert faults_of(ingested) == [("p.csv", 2, "name", None, "missing-value")]
