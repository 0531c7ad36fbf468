"""What a folder of exports holds: every file told by its content, whatever its name says."""

import gzip
from datetime import date, datetime
from pathlib import Path

import polars as pl
import pytest
import xlsxwriter
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.proposed.seen_cases import looked_at, rows, said, seen
from tierctl.proposed import counted

PLAIN = "Partner ID,Name,Since\nP-1,Café,2025-01-31\nP-2,Zoë,2025-02-28\n"
ROWS = [("P-1", "Café", "2025-01-31"), ("P-2", "Zoë", "2025-02-28")]


@pytest.mark.parametrize(
    ("content", "encoding", "how"),
    [
        (PLAIN.encode(), "utf-8", "sure"),
        (PLAIN.encode("utf-8-sig"), "utf-8", "sure"),
        (PLAIN.encode("utf-16"), "utf-16", "sure"),
        (b"\xff\xfe" + PLAIN.encode("utf-16-le"), "utf-16", "sure"),
        (b"\xfe\xff" + PLAIN.encode("utf-16-be"), "utf-16", "sure"),
        (PLAIN.encode("utf-16-le"), "utf-16-le", "likely"),
        (PLAIN.encode("utf-16-be"), "utf-16-be", "likely"),
        (PLAIN.encode("utf-32"), "utf-32", "sure"),
        (PLAIN.encode("cp1252"), "cp1252", "likely"),
        (PLAIN.encode("mac_roman"), "mac_roman", "likely"),
        (PLAIN.encode("cp850"), "cp850", "likely"),
        (PLAIN.replace("\n", "\r\n").encode(), "utf-8", "sure"),
        (PLAIN.replace("\n", "\r").encode(), "utf-8", "sure"),
        (PLAIN.rstrip("\n").encode(), "utf-8", "sure"),
    ],
)
def test_text_is_read_in_its_own_encoding(tmp_path: Path, content: bytes, encoding: str, how: str) -> None:
    file = seen(tmp_path, content)
    assert (file.encoding, file.how("encoding"), file.headers) == (encoding, how, ("Partner ID", "Name", "Since"))
    assert rows(file) == ROWS


def test_the_byte_the_record_and_the_cell_show_that_a_text_is_no_utf_8(tmp_path: Path) -> None:
    file = seen(tmp_path, "Id;Name\n1;Acme\n2;Söhne\n3;Müller\n".encode("cp1252"))
    assert said(file, "encoding").startswith("0xF6 in record 2 ('Söhne') is no UTF-8; cp1252 reads it")


def test_polish_letters_are_told_by_words_that_cp1252_makes_no_sense_of(tmp_path: Path) -> None:
    file = seen(tmp_path, "Id;Name\n1;Miłosz\n2;Zażółć\n3;gęśl\n4;miąższ\n".encode("cp1250"))
    assert file.encoding == "cp1250"
    assert file.columns[1].texts["text"].to_list() == ["Miłosz", "Zażółć", "gęśl", "miąższ"]


@pytest.mark.parametrize("word", ["“quoted”", "l\u2019eau", "Acme®", "Preis–", "ÄRGER", "Señor"])
def test_quotes_dashes_and_marks_are_no_evidence_against_cp1252(tmp_path: Path, word: str) -> None:
    file = seen(tmp_path, f"Id;Name\n1;{word}\n2;x\n".encode("cp1252"))
    assert (file.encoding, file.columns[1].texts["text"][0]) == ("cp1252", word)


def test_carriage_returns_alone_end_lines(tmp_path: Path) -> None:
    assert "carriage returns alone" in said(seen(tmp_path, PLAIN.replace("\n", "\r").encode()), "lines")


@pytest.mark.parametrize(
    ("text", "delimiter", "headers"),
    [
        ("Id;Betrag;Satz\nA;1,5;0,1\nB;2,5;0,2\nC;3,25;0,3\n", ";", ("Id", "Betrag", "Satz")),
        ("Id;Betrag\nA;1,5\nB;2,5\n", ";", ("Id", "Betrag")),
        ("Id\tName\nA\tx, y\nB\tz, w\n", "\t", ("Id", "Name")),
        ("Id|Name|Note\nA|x;y|1,2\nB|z;w|3,4\n", "|", ("Id", "Name", "Note")),
        ('Id,Note\nA,"one; two; three"\nB,"four; five; six"\n', ",", ("Id", "Note")),
        ('Id,Note\nA,"two\nlines, here"\nB,"three\n\nlines"\n', ",", ("Id", "Note")),
        ("Id\nA\nB\n", ",", ("Id",)),
        ("Id,Name\n", ",", ("Id", "Name")),
    ],
)
def test_the_delimiter_is_the_one_that_makes_records_of_one_width(
    tmp_path: Path, text: str, delimiter: str, headers: tuple[str, ...]
) -> None:
    file = seen(tmp_path, text.encode())
    assert (file.delimiter, file.headers, file.header_row) == (delimiter, headers, 1)


@pytest.mark.parametrize(
    ("text", "quote", "cells"),
    [
        ('Id,Size\nA,"12"" pipe"\nB,"x, y"\n', '"', [("A", '12" pipe'), ("B", "x, y")]),
        ("Id,Size\n'A','x, y'\n'B','z'\n'C','w'\n", "'", [("A", "x, y"), ("B", "z"), ("C", "w")]),
        ('Id,Size\nA,"x" y\nB,7"\n', "", [("A", '"x" y'), ("B", '7"')]),
        ("Id,Name\nA,O'Hara\nB,D'Arcy\n", '"', [("A", "O'Hara"), ("B", "D'Arcy")]),
    ],
)
def test_the_sign_that_quotes_cells(tmp_path: Path, text: str, quote: str, cells: list[tuple[str | None, ...]]) -> None:
    file = seen(tmp_path, text.encode())
    assert (file.quote, rows(file)) == (quote, cells)


LONG = "Id,Size,N\n" + "A,x,1\n" * 3000


@pytest.mark.parametrize("row", ['B,"x" y,2\n', 'B,12" pipe,2\n', 'B,"open,2\n'])
def test_quotes_inside_cells_far_down_quote_nothing(tmp_path: Path, row: str) -> None:
    file = seen(tmp_path, (LONG + row + "C,y,3\n").encode())
    assert (file.quote, file.how("quote"), file.rows) == ("", "likely", 3002)
    assert rows(file)[3000] == tuple(row.strip().split(","))


def test_a_quote_that_never_closes_is_told_by_its_record_where_others_quote(tmp_path: Path) -> None:
    files, findings = looked_at(tmp_path, a_csv=('Id,Size,N\n"A, B",x,1\n' + LONG[10:] + 'B,"x" y,2\n').encode())
    assert (files, [finding.code for finding in findings]) == ([], ["unreadable-file"])
    assert findings[0].message == "it is left out: a quote opens or closes inside a cell of record 3002"


@pytest.mark.parametrize(
    ("above", "header_row"),
    [
        ("", 1),
        ("Deals by partner\n", 2),
        ("Deals by partner\n\nAs of 2025-03-31\n\n", 5),
        ("Report,Deals,,\nPeriod,March 2025,,\n,,,\n", 4),
        ('"Filters:\nall deals"\n', 2),
    ],
)
def test_titles_stand_above_the_header(tmp_path: Path, above: str, header_row: int) -> None:
    text = f"{above}Deal,Partner,Amount,Signed\nD-1,P-1,12.50,2025-01-31\nD-2,P-2,7.00,2025-02-28\n"
    file = seen(tmp_path, text.encode())
    assert (file.header_row, file.headers) == (header_row, ("Deal", "Partner", "Amount", "Signed"))
    assert file.scan().select("record", "1").collect().rows() == [(1, "D-1"), (2, "D-2")]
    assert bool(said(file, "header")) == (header_row > 1)


@pytest.mark.parametrize(
    "text",
    ["P-1001,2025-01-31\nP-1002,2025-02-28\nP-1003,2025-03-31\n", "1,Acme\n2,Bcme\n3,Ccme\n"],
)
def test_a_file_without_a_header_says_so_and_names_its_columns_by_place(tmp_path: Path, text: str) -> None:
    files, findings = looked_at(tmp_path, a_csv=text.encode())
    assert (files[0].header_row, files[0].headers, files[0].rows) == (0, ("(column 1)", "(column 2)"), 3)
    assert [finding.code for finding in findings] == ["empty-file"]
    assert files[0].how("header") == "open"


def test_a_header_above_texts_alone_is_likely(tmp_path: Path) -> None:
    file = seen(tmp_path, b"Name,Town\nAcme,Oslo\nBcme,Rome\n")
    assert (file.header_row, file.how("header")) == (1, "likely")


@pytest.mark.parametrize(
    ("footer", "rows_left_out"),
    [
        ("", 0),
        ('"Confidential Information - Do Not Distribute"\n', 1),
        ('\n\n"Deals"\n"Copyright (c) 2000-2025 salesforce.com, inc."\n"Generated By: Ann 3/31/2025"\n', 3),
        ('\n""\n"Deals"\n"By Ann"\n"Filtered By:"\n"All deals"\n"Confidential"\n', 5),
        ("Total,,19.50\n", 1),
        ("Total,,19.50\n\n\n", 1),
        ("D-3,P-3\n", 0),  # cut short, and begun like a row
        ("D-3,,\n", 0),
    ],
)
def test_a_footer_is_no_data(tmp_path: Path, footer: str, rows_left_out: int) -> None:
    text = "Deal,Partner,Amount\nD-1,P-1,12.50\nD-2,P-2,7.00\n" + footer
    file = seen(tmp_path, text.encode())
    assert file.footer_rows == rows_left_out
    assert file.columns[0].texts["text"].to_list()[:2] == ["D-1", "D-2"]
    assert file.rows == 2 + (footer.startswith("D-3"))


SALESFORCE = """

"Elevate - Opportunities FY26"
"Copyright (c) 2000-2026 salesforce.com, inc. All rights reserved."
"Confidential Information - Do Not Distribute"
"Generated By:  Jana Ortiz  11/2/2026 8:02 AM"
"Contoso Inc"
"""


@pytest.mark.parametrize(
    ("footer", "rows_left_out"),
    [
        (SALESFORCE, 5),
        (SALESFORCE.lstrip("\n"), 0),  # without blank rows nothing sets it apart from rows cut short
        ("\nContoso Inc,P-3,\n", 0),  # two cells are filled
        ("\nContoso Inc\n,P-3,\n", 0),  # a row stands below
        ("\n,P-3,\n", 0),  # an id such as stand above
        ("\nContoso Inc\n", 1),
        ("Total,,19.50\n\nContoso Inc\n", 2),
    ],
)
def test_what_follows_blank_rows_in_one_cell_is_a_footer_whatever_the_rows_begin_with(
    tmp_path: Path, footer: str, rows_left_out: int
) -> None:
    text = "Account,Partner,Amount\nAcme Ltd,P-1,12.50\nFabrikam Inc,P-2,7.00\nNorth Wind - Sea FY26,P-1,8\n" + footer
    assert seen(tmp_path, text.encode()).footer_rows == rows_left_out


def test_uneven_records_are_counted_with_the_first_of_each(tmp_path: Path) -> None:
    file = seen(tmp_path, b'Id,Name,N\nA,x,1\nB,y\nC,"z,z",3\n\nD,w,4,5\nE\nF,v,6\n')
    assert said(file, "ragged") == (
        "2 records have fewer than 3 cells, the first of them record 2 with 2; "
        "1 record has more than 3 cells, the first of them record 5 with 4"
    )
    assert file.scan().collect()["record"].to_list() == [1, 2, 3, 5, 6, 7]


def test_line_breaks_in_cells_are_no_uneven_records(tmp_path: Path) -> None:
    file = seen(tmp_path, b'Id,Name,N\nA,"x\ny",1\nB,y,2\nC,z\nD,w,4\n')
    assert said(file, "ragged") == "1 record has fewer than 3 cells, the first of them record 3 with 2"
    assert rows(file)[0] == ("A", "x\ny", "1")


def test_blank_rows_are_no_rows_and_a_repeated_header_is_left_out(tmp_path: Path) -> None:
    file = seen(tmp_path, b'Id,N\nA,1\n\n"",""\n,\nId,N\nB,2\n , \n\n')
    assert rows(file) == [("A", "1"), ("B", "2")]
    assert said(file, "repeated").startswith("1 row is the header once more, the first of them record 5")


def test_headers_with_line_breaks_blanks_and_twins(tmp_path: Path) -> None:
    file = seen(tmp_path, b'"Order\nLine ", Id ,Id,\n1,2,3,x\n4,5,6,y\n')
    assert file.headers == ("Order\nLine ", " Id ", "Id", "(column 4)")
    assert "is read as 'Order Line'" in said(file, "headers")
    assert "'Id' stands above columns 2, 3" in said(file, "headers")
    assert "nothing stands above column 4" in said(file, "headers")


def test_texts_are_counted_with_their_first_record(tmp_path: Path) -> None:
    file = seen(tmp_path, b"Id,Kind\nA,new\nB, old \nC,\nD,new\n")
    kind = file.columns[1]
    assert kind.texts.select("text", "rows", "record").rows() == [("new", 2, 1), ("old", 1, 2)]
    assert (kind.filled, kind.distinct, kind.header, kind.place) == (3, 2, "Kind", 2)


def test_of_very_many_texts_some_are_kept_and_all_are_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counted, "KEPT_TEXTS", 3)
    file = seen(tmp_path, b"Id,N\n" + b"".join(b"P-%d,1\n" % n for n in range(10)))
    ids = file.columns[0]
    assert (ids.texts.height, ids.distinct, ids.all_texts().collect().height) == (3, 10, 10)
    assert said(file, "capped") == "'Id' has 10 distinct texts, of which 3 are shown; all are tested"


@pytest.mark.parametrize(
    ("name", "content", "compression", "odd_name"),
    [
        ("a_csv_gz", gzip.compress(PLAIN.encode()), "gzip", False),
        ("a_csv_zst", zstandard.compress(PLAIN.encode()), "zstd", False),
        ("a_csv", gzip.compress(PLAIN.encode()), "gzip", True),
        ("a_gz", PLAIN.encode(), "", True),
        ("a_dat", PLAIN.encode(), "", True),
        ("a_CSV", PLAIN.encode(), "", False),
    ],
)
def test_what_is_packed_is_told_by_its_bytes(
    tmp_path: Path, name: str, content: bytes, compression: str, odd_name: bool
) -> None:
    file = seen(tmp_path, content, name)
    assert (file.compression, rows(file), bool(said(file, "extension"))) == (compression, ROWS, odd_name)


@pytest.mark.parametrize(
    ("content", "code", "says"),
    [
        (b"", "empty-file", "the file is empty"),
        (b"\r\n\r\n", "empty-file", "the file is empty"),
        (b"%PDF-1.7\n\x00\x01", "unsupported-file", "a PDF"),
        (b"\x89PNG\r\n\x1a\n\x00", "unsupported-file", "a picture"),
        (b"\xd0\xcf\x11\xe0" + bytes(100), "unsupported-file", "an old Excel workbook"),
        (bytes(range(1, 32)) * 100, "unsupported-file", "it is no text"),
        (b"Id,Name\nA,x\0y\n", "nul-byte", "NUL"),
        (b"<!DOCTYPE html><html></html>", "unsupported-file", "HTML"),
        (b'{"id": 1, "name": "x"}', "unsupported-file", "JSON"),
        (b"These are the exports of March.\nThey are, as ever, late.\nAnn\n", "unsupported-file", "no table"),
        (gzip.compress(PLAIN.encode())[:-12], "unreadable-file", "cut short or damaged"),
        (gzip.compress(b"%PDF-1.7"), "unsupported-file", "a PDF"),
        (b"PK\x03\x04" + bytes(40), "unreadable-file", "zip"),
        (b"PAR1" + bytes(40), "unreadable-file", "Parquet"),
    ],
)
def test_what_is_no_table_is_set_aside_with_a_reason(tmp_path: Path, content: bytes, code: str, says: str) -> None:
    files, findings = looked_at(tmp_path, a_csv=content, b_csv=PLAIN.encode())
    assert [file.name for file in files] == ["b.csv"]
    assert [(each.code, each.source, each.severity) for each in findings] == [(code, "a.csv", "warning")]
    assert says in findings[0].message


def test_hidden_files_folders_and_the_workspace_itself_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / "c.csv").write_text(PLAIN)
    (tmp_path / "~$l.xlsx").write_bytes(b"x")
    files, findings = looked_at(tmp_path, tierctl_toml=b"x", _hidden=PLAIN.encode(), b_csv=PLAIN.encode())
    assert ([file.name for file in files], findings) == (["b.csv"], [])


def _workbook(path: Path) -> None:
    with xlsxwriter.Workbook(path) as book:
        deals, day = book.add_worksheet("Deals"), book.add_format({"num_format": "dd/mm/yyyy"})
        moment = book.add_format({"num_format": "dd/mm/yyyy hh:mm"})
        deals.write_row(0, 0, ["Deals of March"])
        deals.write_row(2, 0, ["Id", "Signed", "Amount", "Won", "Closed", "Rate"])
        for n in range(3):
            deals.write_string(3 + n, 0, f"00{n}")
            deals.write_datetime(3 + n, 1, datetime(2025, 1, 31 - n), day)  # noqa: DTZ001
            deals.write_number(3 + n, 2, 0.1 + 0.2 + n)
            deals.write_boolean(3 + n, 3, n == 1)
            deals.write_datetime(3 + n, 4, datetime(2025, 1, 31, 9, n), moment)  # noqa: DTZ001
            deals.write_formula(3 + n, 5, "=NA()", None, "#N/A")
        hidden = book.add_worksheet("Hidden")
        hidden.write_row(0, 0, ["Id"])
        hidden.hide()
        book.add_worksheet("Empty")
        book.add_worksheet("Rates").write_row(0, 0, ["From", "To"])


def test_every_visible_sheet_with_rows_is_a_table(tmp_path: Path) -> None:
    _workbook(tmp_path / "book.xlsx")
    files, findings = looked_at(tmp_path)
    assert findings == []
    deals, rates = files
    assert [(each.sheet, each.kind, each.sheets, each.header_row) for each in files] == [
        ("Deals", "xlsx", 2, 3),
        ("Rates", "xlsx", 2, 1),
    ]
    assert (rates.headers, rates.rows) == (("From", "To"), 0)
    assert rows(deals)[1] == ("001", "2025-01-30", "1.3", "true", "2025-01-31 09:01:00", "#N/A")
    kinds = ["text", "date", "number", "boolean", "date", "text"]
    assert [each.texts["cell"].unique().to_list() for each in deals.columns] == [[kind] for kind in kinds]


def test_a_workbook_is_told_by_its_bytes(tmp_path: Path) -> None:
    _workbook(tmp_path / "book.csv")
    files, _ = looked_at(tmp_path)
    assert {file.kind for file in files} == {"xlsx"}
    assert "its bytes are a workbook" in said(files[0], "extension")


def test_parquet_says_what_its_cells_are(tmp_path: Path) -> None:
    df = pl.DataFrame(
        {"Id": ["A", "B"], "On": [date(2025, 1, 31), None], "Amount": [1.5, 2.0], "Won": [True, False]},
    )
    df.write_parquet(tmp_path / "a.parquet")
    files, _ = looked_at(tmp_path)
    assert (files[0].kind, files[0].headers, files[0].rows) == ("parquet", ("Id", "On", "Amount", "Won"), 2)
    assert rows(files[0]) == [("A", "2025-01-31", "1.5", "true"), ("B", None, "2.0", "false")]
    assert [each.texts["cell"][0] for each in files[0].columns] == ["text", "date", "number", "boolean"]


CELL = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc", "Zs", "Zl", "Zp", "Cf"]), min_size=1)


@given(
    table=st.lists(st.tuples(CELL, CELL, st.integers(0, 10**6)), min_size=1, max_size=12),
    delimiter=st.sampled_from(",;\t|"),
    ends=st.sampled_from(["\n", "\r\n"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_what_is_quoted_is_read_as_it_was_written(
    tmp_path_factory: pytest.TempPathFactory,
    table: list[tuple[str, str, int]],
    delimiter: str,
    ends: str,
    encoding: str,
) -> None:
    lines = [["Key", "Some Name", "Amount"], *([first, second, str(n)] for first, second, n in table)]
    quoted = [delimiter.join('"' + cell.replace('"', '""') + '"' for cell in line) for line in lines]
    file = seen(tmp_path_factory.mktemp("quoted"), (ends.join(quoted) + ends).encode(encoding))
    assert (file.delimiter, file.headers) == (delimiter, ("Key", "Some Name", "Amount"))
    assert rows(file) == [(first, second, str(n)) for first, second, n in table]
