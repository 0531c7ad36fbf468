"""Workbooks: which sheet is read, what its cells become, and what makes a workbook unreadable."""

import re
from collections.abc import Callable, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeAlias
from zipfile import ZipFile

import openpyxl
import pytest
from xlsxwriter import Workbook
from xlsxwriter.worksheet import Worksheet

from tests.pipelines.ingest_cases import MRR_HEADER, Case, column_of, counts, faults_of, original_rows
from tierctl.findings import CannotRunError, Finding

Rows: TypeAlias = Sequence[Sequence[Any]]

HEADER = MRR_HEADER.split(",")
ROSTER = [["partner_id", "name"], ["P1", "Ada"], ["P2", "Bo"]]
EUROPEAN = {"decimalChar": ",", "groupChar": ".", "date": "%d.%m.%Y", "trueValues": ["ja"], "falseValues": ["nein"]}


class Formula(str):
    """A cell with a formula that came to this error."""

    __slots__ = ()


def mrr_row(line: str | int = "L1", *, mrr: Any = 10, sold_on: Any = date(2025, 5, 1)) -> list[Any]:
    return [line, "P1", "C1", "add", mrr, "USD", sold_on]


def write(case: Case, name: str, sheets: dict[str, Rows], *, left: int = 0, hidden: Sequence[str] = ()) -> Path:
    """A workbook with these sheets, their cells in their own types, so many columns from the left."""
    path = case.root / name
    with Workbook(path, {"default_date_format": "yyyy-mm-dd", "strings_to_formulas": False}) as book:
        shown = {time: book.add_format({"num_format": "hh:mm"}), timedelta: book.add_format({"num_format": "[h]:mm"})}
        for title, rows in sheets.items():
            sheet = book.add_worksheet(title)
            for row, cells in enumerate(rows):
                for column, cell in enumerate(cells, start=left):
                    _write_cell(sheet, row, column, cell, shown.get(type(cell)))
            if title in hidden:
                sheet.hide()
    return path


def _write_cell(sheet: Worksheet, row: int, column: int, cell: Any, shown: Any) -> None:
    if isinstance(cell, Formula):
        sheet.write_formula(row, column, "=NA()", None, str(cell))
    elif cell is not None:
        sheet.write(row, column, cell, *([shown] if shown else []))


def refused_for(case: Case, *needed: str) -> Finding:
    """The one finding that stops the run."""
    with pytest.raises(CannotRunError) as caught:
        case.read(*needed)
    (finding,) = caught.value.findings
    return finding


def mrr_of(case: Case, *rows: Sequence[Any], header: Sequence[str] = HEADER, **config: Any) -> Any:
    """What a workbook of these rows is read as."""
    write(case, "mrr.xlsx", {"Lines": [header, *rows]})
    return case.export("mrr", "mrr.xlsx", **config).read("mrr")


# ---- cells


@pytest.mark.parametrize("fmt", [{}, EUROPEAN, {"date": "%m/%d/%y"}, {"date": "excel"}, {"date": "excel-1904"}])
def test_cells_are_read_by_what_they_are_however_text_would_be_written(case: Case, fmt: dict[str, Any]) -> None:
    row = [*mrr_row(mrr=-1234.56, sold_on=date(2024, 12, 31)), True, 12]
    ingested = mrr_of(case, row, header=[*HEADER, "promotional", "term_months"], format=fmt)
    assert column_of(ingested, "mrr", "mrr") == [Decimal("-1234.56")]
    assert column_of(ingested, "mrr", "sold_on") == [date(2024, 12, 31)]
    assert column_of(ingested, "mrr", "promotional") == [True]
    assert column_of(ingested, "mrr", "term_months") == [12]


@pytest.mark.parametrize(
    ("number", "read"),
    [
        (0.1 + 0.2, "0.3"),
        (1.1 * 3, "3.3"),
        (0.0000015, None),
        (0.25, "0.25"),
        (1e15, "1000000000000000"),
        (123456789.123456, "123456789.123456"),
        (-0.0, "0"),
        (1e20, None),
        (-99999999999999.9, "-99999999999999.9"),
    ],
)
def test_numbers_are_what_a_spreadsheet_shows_of_them(case: Case, number: float, read: str | None) -> None:
    ingested = mrr_of(case, mrr_row(mrr=number))
    assert column_of(ingested, "mrr", "mrr") == ([Decimal(read)] if read else [])
    assert [(fault[3], fault[4]) for fault in faults_of(ingested)] == (
        [] if read else [("0.0000015", "number-too-precise") if number < 1 else ("1" + "0" * 20, "number-too-large")]
    )


def test_ids_stay_what_they_are_and_a_number_as_id_has_no_decimals(case: Case) -> None:
    cells: list[Any] = ["00123", "1E5", 1001, " L ", "=SUM(A1)", "+4"]
    ingested = mrr_of(case, *(mrr_row(cell) for cell in cells))
    assert column_of(ingested, "mrr", "line_id") == sorted(["00123", "1E5", "1001", " L ", "=SUM(A1)", "+4"])


def test_quotes_delimiters_and_line_breaks_in_cells_are_text(case: Case) -> None:
    texts = ['a "b", c', "line\nbreak", "line\r\nbreak", '"', "a;b", "tab\there"]
    write(case, "p.xlsx", {"P": [["partner_id", "name"], *([f"P{n}", text] for n, text in enumerate(texts))]})
    ingested = case.export("partners", "p.xlsx", format={"delimiter": ";", "quoteChar": ""}).read()
    assert [name.replace("\r", "") for name in column_of(ingested, "partners", "name")] == [
        text.replace("\r", "") for text in texts
    ]


@pytest.mark.parametrize("error", ["#N/A", "#REF!", "#DIV/0!", "#VALUE!", "#NAME?"])
def test_the_error_of_a_formula_is_no_empty_cell(case: Case, error: str) -> None:
    rows = [mrr_row("L1"), [], [*mrr_row("L2"), Formula(error)]]
    ingested = mrr_of(case, *rows, header=[*HEADER, "term_months"])
    assert faults_of(ingested) == [("mrr.xlsx", 3, "term_months", error, "not-an-integer")]
    assert original_rows(ingested)[0]["term_months"] == error


def test_the_error_of_a_formula_may_be_a_word_for_nothing(case: Case) -> None:
    rows = [[*mrr_row("L1"), Formula("#N/A")], [*mrr_row("L2"), 12]]
    ingested = mrr_of(case, *rows, header=[*HEADER, "term_months"], format={"missingValues": ["", "#N/A"]})
    assert column_of(ingested, "mrr", "term_months") == [None, 12]


def test_workbooks_of_another_program_name_their_parts_otherwise(case: Case) -> None:
    book = openpyxl.Workbook()
    sheet = book.create_sheet("Q1 & <Q2>")
    sheet.append([])
    for row in [[*HEADER, "term_months"], [*mrr_row("L1"), 12], [*mrr_row("L2"), "#REF!"]]:
        sheet.append(row)
    book.save(case.root / "mrr.xlsx")
    ingested = case.export("mrr", "mrr.xlsx", sheet="Q1 & <Q2>", format={"headerRow": 2}).read("mrr")
    assert column_of(ingested, "mrr", "sold_on") == [date(2025, 5, 1)]
    assert faults_of(ingested) == [("mrr.xlsx", 2, "term_months", "#REF!", "not-an-integer")]


def test_cells_without_a_reference_follow_the_one_before(case: Case) -> None:
    path = write(case, "p.xlsx", {"P": [ROSTER[0], ["P1", "Ada"], ["P2", Formula("#N/A")]]})
    bare = case.root / "bare.xlsx"
    with ZipFile(path) as book, ZipFile(bare, "w") as copy:
        for part in book.namelist():
            xml = book.read(part)
            copy.writestr(part, re.sub(rb'(<(?:c|row)) r="\w+"', rb"\1", xml) if "sheets/" in part else xml)
    ingested = case.export("partners", "bare.xlsx").read()
    assert column_of(ingested, "partners", "name") == ["Ada"]
    assert faults_of(ingested) == [("bare.xlsx", 2, "name", "#N/A", "formula-failed")]


DAY = date(2025, 5, 31)
MIDNIGHT, NOON = datetime.combine(DAY, time()), datetime.combine(DAY, time(12))
LATER = datetime.combine(DAY, time(12, 30, 15))


@pytest.mark.parametrize(
    ("fmt", "cell", "fault"),
    [
        ({}, LATER, "2025-05-31 12:30:15"),
        ({}, MIDNIGHT, None),
        ({"timeOfDay": "drop"}, LATER, None),
        ({"date": "%d.%m.%Y", "timeOfDay": "drop"}, LATER, None),
        ({"date": "%d.%m.%Y %H:%M:%S"}, MIDNIGHT, None),
        ({"date": "%d.%m.%Y %H:%M:%S"}, LATER, "31.05.2025 12:30:15"),
        ({"date": "%d.%m.%Y %I:%M %p"}, LATER, "31.05.2025 12:30 PM"),
        ({"date": "%d.%m.%Y %H:%M:%S", "timeOfDay": "drop"}, LATER, None),
        ({"date": "%Y-%m-%dT%H:%M:%S%z", "timeOfDay": "drop"}, LATER, None),
        ({"date": "excel"}, NOON, "45808.5"),
        ({"date": "excel"}, 45808, None),
        ({"date": "excel"}, "45808", None),
        ({}, 45808, "45808"),
        ({}, "2025-05-31", None),
        ({}, time(12, 30), "12:30:00"),
        ({}, timedelta(days=1, hours=2, minutes=30), "26:30:00"),
    ],
)
def test_a_date_is_a_date_and_a_time_of_day_is_dropped_only_when_asked(
    case: Case, fmt: dict[str, str], cell: Any, fault: str | None
) -> None:
    ingested = mrr_of(case, mrr_row(sold_on=cell), format=fmt)
    assert column_of(ingested, "mrr", "sold_on") == ([] if fault else [date(2025, 5, 31)])
    assert faults_of(ingested) == ([("mrr.xlsx", 1, "sold_on", fault, "not-a-date")] if fault else [])


def test_a_column_of_its_own_format_is_written_and_read_by_it(case: Case) -> None:
    header = [*HEADER[:-1], "Sold  on", "invoiced_on"]
    rows = [[*mrr_row("L1"), date(2025, 5, 2)], [*mrr_row("L2", sold_on=45809), "03.05.2025"]]
    formats = {"sold_on": {"date": "excel"}}
    ingested = mrr_of(
        case, *rows, header=header, columns={"Sold on": "sold_on"}, format={"date": "%d.%m.%Y"}, formats=formats
    )
    assert column_of(ingested, "mrr", "sold_on") == [date(2025, 5, 1), date(2025, 6, 1)]
    assert column_of(ingested, "mrr", "invoiced_on") == [date(2025, 5, 2), date(2025, 5, 3)]


# ---- rows and columns


def test_records_are_rows_of_the_sheet_below_the_header(case: Case) -> None:
    rows = [HEADER, mrr_row("L1"), [], [None, " "], mrr_row("L2", mrr="ten"), [""], []]
    write(case, "mrr.xlsx", {"Lines": [[], ["Lines of May"], [], *rows]}, left=2)
    ingested = case.export("mrr", "mrr.xlsx", format={"headerRow": 4}).read("mrr")
    assert faults_of(ingested) == [("mrr.xlsx", 4, "mrr", "ten", "not-a-number")]
    assert counts(ingested, "mrr") == (1, 2, 1, 0, 0)
    assert ingested.exports["mrr"].unused_columns == ("(column 1)", "(column 2)")


def test_a_footer_and_blank_rows_behind_it_are_no_data(case: Case) -> None:
    rows = [HEADER, mrr_row("L1"), mrr_row("L2"), [], ["Total", None, None, None, 20], ["Confidential"], [" "]]
    write(case, "mrr.xlsx", {"Lines": rows})
    ingested = case.export("mrr", "mrr.xlsx", format={"footerRows": 2}).read("mrr")
    assert counts(ingested, "mrr") == (2, 2, 0, 0, 0)


def test_blank_headers_are_named_by_their_place_and_cells_beyond_the_header_refused(case: Case) -> None:
    rows: Rows = [
        ["partner_id", None, "name", " "],
        ["P1", "x", "Ada"],
        ["P2", None, "Bo", None, "beyond"],
        ["P3", "", "Cy"],
    ]
    write(case, "p.xlsx", {"P": rows})
    ingested = case.export("partners", "p.xlsx").read()
    assert column_of(ingested, "partners", "name") == ["Ada", "Cy"]
    assert ingested.exports["partners"].unused_columns == ("(column 2)",)
    assert faults_of(ingested) == [("p.xlsx", 2, "(row)", None, "too-many-fields")]
    assert list(original_rows(ingested)[0]) == ["partner_id", "(column 2)", "name", "(field 4)", "(field 5)"]


def test_merged_cells_hold_their_text_once(case: Case) -> None:
    path = case.root / "p.xlsx"
    with Workbook(path) as book:
        sheet = book.add_worksheet()
        sheet.merge_range("A1:D1", "Partners")
        sheet.write_row("A2", ["partner_id", "name", "country"])
        sheet.write_row("A3", ["P1", "Ada", "US"])
        sheet.merge_range("C3:C4", "US")
        sheet.write_row("A4", ["P2", "Bo"])
    ingested = case.export("partners", "p.xlsx", format={"headerRow": 2}).read()
    assert column_of(ingested, "partners", "country") == ["US", None]


@pytest.mark.parametrize(
    ("rows", "row", "told"),
    [
        ([], 1, ""),
        ([[" "], []], 1, ""),
        ([[], [], ROSTER[0], ROSTER[1]], 1, "headerRow = 3"),
        (ROSTER, 9, "row 9, as headerRow says"),
    ],
)
def test_a_sheet_without_a_header_is_an_empty_file(case: Case, rows: Rows, row: int, told: str) -> None:
    write(case, "p.xlsx", {"P": rows})
    finding = refused_for(case.export("partners", "p.xlsx", format={"headerRow": row}))
    assert (finding.code, finding.source, finding.subject) == ("empty-file", "p.xlsx", "header")
    assert told in finding.hint
    assert ("[exports" in finding.hint) == ("headerRow = " in told)


def test_a_header_alone_is_an_empty_export(case: Case) -> None:
    assert counts(mrr_of(case), "mrr") == (0, 0, 0, 0, 0)


# ---- errors of formulas


NOT_THERE = Formula("#N/A")
FAILED: Rows = (
    mrr_row("L1"),
    [NOT_THERE, *mrr_row()[1:]],
    [],
    ["L3", NOT_THERE, *mrr_row()[2:]],
    [*mrr_row("L4")[:5], NOT_THERE, Formula("#REF!")],
    ["L5", "P1", "#N/A", *mrr_row()[3:]],
    ["L6", "P1", "C1", "add", NOT_THERE, "USD", date(2025, 5, 1), NOT_THERE],
)


def test_the_error_of_a_formula_is_no_text_whatever_the_column(case: Case) -> None:
    """Who types the same signs as a text means them."""
    ingested = mrr_of(case, *FAILED, header=[*HEADER, "Remarks"])
    assert faults_of(ingested) == [
        ("mrr.xlsx", 2, "line_id", "#N/A", "formula-failed"),
        ("mrr.xlsx", 4, "partner_id", "#N/A", "formula-failed"),
        ("mrr.xlsx", 5, "currency", "#N/A", "formula-failed"),
        ("mrr.xlsx", 5, "sold_on", "#REF!", "not-a-date"),
        ("mrr.xlsx", 7, "mrr", "#N/A", "not-a-number"),
    ]
    assert column_of(ingested, "mrr", "customer_id") == ["C1", "#N/A"]


def test_the_error_of_a_formula_is_nothing_or_a_word_where_tierctl_toml_says_so(case: Case) -> None:
    rows = [*mrr_row("L1"), NOT_THERE], [*mrr_row("L2"), Formula("#REF!")]
    header, known = [*HEADER, "product_family"], {"#REF!": "other"}
    ingested = mrr_of(case, *rows, header=header, format={"missingValues": ["#N/A"]}, values={"product_family": known})
    assert faults_of(ingested) == []
    assert column_of(ingested, "mrr", "product_family") == [None, "other"]


def test_errors_count_from_the_header_and_not_in_the_footer(case: Case) -> None:
    rows: Rows = [["Title"], [], *ROSTER[:1], ["P1", NOT_THERE], ["P2", "Bo"], [NOT_THERE, NOT_THERE]]
    write(case, "p.xlsx", {"P": rows})
    ingested = case.export("partners", "p.xlsx", format={"headerRow": 3, "footerRows": 1}).read()
    assert faults_of(ingested) == [("p.xlsx", 1, "name", "#N/A", "formula-failed")]


# ---- what would be read as something else


@pytest.mark.parametrize("is_1904", [False, True])
@pytest.mark.parametrize("word", ["excel", "excel-1904"])
@pytest.mark.parametrize("has_own", [False, True])
def test_numbers_of_days_count_from_where_the_workbook_says(
    case: Case, is_1904: bool, word: str, has_own: bool
) -> None:
    """31 May 2025 is 45808 days after the last but one of 1899, and 44346 after the first of 1904."""
    with Workbook(case.root / "mrr.xlsx", {"date_1904": is_1904, "default_date_format": "yyyy-mm-dd"}) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, HEADER)
        sheet.write_row(1, 0, mrr_row("L1", sold_on=DAY))
        sheet.write_row(2, 0, mrr_row("L2", sold_on=44346 if is_1904 else 45808))
        sheet.write_row(3, 0, ["Rows", None, None, None, None, None, 2])
    said = {"formats": {"sold_on": {"date": word}}} if has_own else {}
    fmt = {"footerRows": 1} if has_own else {"footerRows": 1, "date": word}
    case.export("mrr", "mrr.xlsx", format=fmt, **said)
    if is_1904 == (word == "excel-1904"):
        assert column_of(case.read("mrr"), "mrr", "sold_on") == [DAY, DAY]
        return
    finding = refused_for(case, "mrr")
    assert (finding.code, finding.source, finding.subject) == ("day-counted-otherwise", "mrr.xlsx", "G3")
    place = "formats.sold_on" if has_own else "format"
    assert f'[exports.mrr.{place}]\n  date = "{"excel-1904" if is_1904 else "excel"}"' in finding.hint


def far_out(case: Case, cell: str, *, is_filled: bool = True) -> Case:
    """A roster with one cell more."""
    with Workbook(case.root / "p.xlsx") as book:
        sheet = book.add_worksheet("P")
        for number, row in enumerate(ROSTER):
            sheet.write_row(number, 0, row)
        sheet.write(cell, "x" if is_filled else None, book.add_format({"bold": True}))
    return case.export("partners", "p.xlsx")


@pytest.mark.parametrize(
    ("cell", "spans"),
    [
        ("XFD200000", "7 cells, and 3,276,800,000 with"),
        ("Z1048576", "7 cells, and 27,262,976 with"),
        ("CW200000", "7 cells, and 20,200,000 with"),
    ],
)
def test_a_stray_cell_far_out_stops_the_run_and_is_named(case: Case, cell: str, spans: str) -> None:
    finding = refused_for(far_out(case, cell))
    assert (finding.code, finding.source) == ("unreadable-file", "p.xlsx")
    assert finding.message.startswith(f"the sheet 'P' reaches out to {cell}: it has {spans}")


@pytest.mark.parametrize(("cell", "is_filled"), [("XFD1048576", False), ("Z1000", True), ("XFD9", True)])
def test_a_cell_that_is_empty_or_near_stops_nothing(case: Case, cell: str, is_filled: bool) -> None:
    assert column_of(far_out(case, cell, is_filled=is_filled).read(), "partners", "name")[:2] == ["Ada", "Bo"]


def test_the_last_row_and_the_last_column_may_have_cells_of_their_own(case: Case) -> None:
    write(case, "p.xlsx", {"P": [*ROSTER, [], [*[None] * 16_383, "x"], *[[]] * 1500, ["x"]]})
    finding = refused_for(case.export("partners", "p.xlsx"))
    assert "reaches out to A1506 and XFD5" in finding.message


def as_openpyxl(case: Case, *rows: Sequence[Any], header: Sequence[str] = HEADER) -> Case:
    """A workbook of a program that computes no formula."""
    book = openpyxl.Workbook()
    sheet = book.create_sheet(index=0)
    for row in (header, *rows):
        sheet.append(list(row))
    del book["Sheet"]
    book.save(case.root / "mrr.xlsx")
    return case.export("mrr", "mrr.xlsx")


@pytest.mark.parametrize(
    ("rows", "cell"),
    [
        ([[*mrr_row("L1"), "=DATE(2025,6,1)"]], "H2"),
        ([mrr_row("L1"), [], mrr_row("L2", mrr="=5*5")], "E4"),
        ([mrr_row("L1"), [f"={column}2" for column in "ABCDEFG"]], "A3"),
    ],
)
def test_a_formula_without_a_value_is_no_empty_cell_and_no_empty_row(
    case: Case, rows: list[list[Any]], cell: str
) -> None:
    finding = refused_for(as_openpyxl(case, *rows, header=[*HEADER, "cancelled_on"]), "mrr")
    assert (finding.code, finding.source, finding.subject) == ("formula-not-computed", "mrr.xlsx", cell)


@pytest.mark.parametrize(
    ("cell", "read"),
    [
        (b"<c r='H2'><f>A1</f><v>0</v></c>", "refused"),
        (b"<c r='H2'><f>A1</f></c>", "refused"),
        (b"<c r='H2'><f>A1</f><v>12</v></c>", [12]),
        (b"<c r='H2'><v>0</v></c>", "below-minimum"),
        (b"<c r='H2' t='str'><f>A1</f><v></v></c>", [None]),
    ],
)
def test_a_formula_is_believed_where_a_program_computed_it(
    case: Case, cell: bytes, read: list[int | None] | str
) -> None:
    path = write(case, "made.xlsx", {"Lines": [[*HEADER, "term_months"], [*mrr_row("L1"), 99]]})
    with ZipFile(path) as book, ZipFile(case.root / "mrr.xlsx", "w") as copy:
        for part in book.namelist():
            copy.writestr(part, re.sub(rb'<c r="H2".*?</c>', cell, book.read(part)))
    case.export("mrr", "mrr.xlsx")
    if read == "refused":
        assert refused_for(case, "mrr").subject == "H2"
    elif isinstance(read, str):
        assert [fault[-1] for fault in faults_of(case.read("mrr"))] == [read]
    else:
        assert column_of(case.read("mrr"), "mrr", "term_months") == read


def test_zero_is_a_value_of_a_formula_in_a_workbook_that_was_computed(case: Case) -> None:
    path = write(case, "made.xlsx", {"Lines": [[*HEADER, "via_portal"], [*mrr_row("L1"), 1]]})
    with ZipFile(path) as book, ZipFile(case.root / "mrr.xlsx", "w") as copy:
        for part in book.namelist():
            xml = book.read(part).replace(b' fullCalcOnLoad="1"', b"")
            copy.writestr(part, re.sub(rb'<c r="H2".*?</c>', b'<c r="H2"><f>A1</f><v>0</v></c>', xml))
    assert column_of(case.export("mrr", "mrr.xlsx").read("mrr"), "mrr", "via_portal") == [False]


def test_formulas_that_nothing_reads_or_that_stand_outside_of_the_rows_are_nobodys_concern(case: Case) -> None:
    rows = [[*mrr_row("L1"), "=E2*2"], ["Total", None, None, None, "=SUM(E2)"]]
    case = as_openpyxl(case, *rows, header=[*HEADER, "Doubled"])
    case.export("mrr", "mrr.xlsx", format={"footerRows": 1})
    assert counts(case.read("mrr"), "mrr") == (1, 1, 0, 0, 0)


@pytest.mark.parametrize(
    ("cell", "fmt", "said"),
    [
        (DAY, {"date": "%Y%m%d"}, "2025-05-31"),
        (DAY, {"date": "excel"}, "2025-05-31"),
        (DAY, {"date": "%Y%m%d", "bareNumber": False}, "2025-05-31"),
        (True, {"trueValues": ["1"], "falseValues": ["0"]}, "true"),
        (False, {"trueValues": ["1"], "falseValues": ["0"]}, "false"),
    ],
)
def test_a_date_or_a_truth_is_no_amount_however_it_would_be_written(
    case: Case, cell: Any, fmt: dict[str, Any], said: str
) -> None:
    rows = mrr_row(mrr=cell, sold_on=DAY)
    assert faults_of(mrr_of(case, rows, format=fmt)) == [("mrr.xlsx", 1, "mrr", said, "not-a-number")]


def test_a_truth_is_no_day_and_a_day_no_truth_however_they_would_be_written(case: Case) -> None:
    fmt = {"date": "excel", "trueValues": ["1"], "falseValues": ["45808"]}
    rows = [[*mrr_row("L1", sold_on=True), True], [*mrr_row("L2"), DAY]]
    ingested = mrr_of(case, *rows, header=[*HEADER, "via_portal"], format=fmt)
    assert faults_of(ingested) == [
        ("mrr.xlsx", 1, "sold_on", "true", "not-a-date"),
        ("mrr.xlsx", 2, "via_portal", "2025-05-31", "not-a-boolean"),
    ]


def test_ids_typed_as_long_numbers_keep_their_digits_or_stop_the_run(case: Case) -> None:
    ids = [1234567890123456, 1234567890123457, 9007199254740991]
    ingested = mrr_of(case, *map(mrr_row, ids))
    assert column_of(ingested, "mrr", "line_id") == [str(each) for each in ids]
    assert counts(ingested, "mrr") == (3, 3, 0, 0, 0)
    finding = refused_for(as_openpyxl(case, mrr_row(12345678901234567)), "mrr")
    assert finding.code == "unreadable-file"
    assert "an id typed as a number, 12345678901234570, has more digits" in finding.message


def test_a_footer_with_a_row_in_it_is_none(case: Case) -> None:
    write(case, "mrr.xlsx", {"Lines": [HEADER, mrr_row("L1"), mrr_row("L2"), [], ["Confidential"]]})
    finding = refused_for(case.export("mrr", "mrr.xlsx", format={"footerRows": 2}), "mrr")
    assert (finding.code, finding.subject) == ("footer-holds-rows", "footer")
    assert "line_id 'L2'" in finding.message
    assert finding.hint.endswith("footerRows = 1")


# ---- sheets


@pytest.mark.parametrize("name", ["p.xlsx", "P.XLSX", "p.xlsm"])
def test_the_sheet_that_is_named_is_read(case: Case, name: str) -> None:
    write(case, name, {"Cover": [["Partners"]], "Data": ROSTER, "Old": [["partner_id"], ["P9"]]}, hidden=["Old"])
    ingested = case.export("partners", name, sheet="Data").read()
    assert column_of(ingested, "partners", "partner_id") == ["P1", "P2"]


@pytest.mark.parametrize("hidden", [["Old"], ["Cover", "Old"], ["Data", "Old"]])
def test_a_hidden_sheet_may_be_named(case: Case, hidden: list[str]) -> None:
    old = [["partner_id", "name"], ["P9", "Ed"]]
    write(case, "p.xlsx", {"Cover": [["Partners"]], "Data": ROSTER, "Old": old}, hidden=hidden)
    assert column_of(case.export("partners", "p.xlsx", sheet="Old").read(), "partners", "name") == ["Ed"]


@pytest.mark.parametrize(
    "sheets",
    [{"Data": ROSTER}, {"Blank": [], "Data": ROSTER}, {"Old": [["x"]], "Data": ROSTER}],
    ids=["only", "with rows", "visible"],
)
def test_without_a_name_the_only_sheet_with_rows_that_shows_is_read(case: Case, sheets: dict[str, Rows]) -> None:
    path = write(case, "p.xlsx", dict(reversed(sheets.items())), hidden=["Old"] if "Old" in sheets else [])
    assert column_of(case.export("partners", path.name).read(), "partners", "name") == ["Ada", "Bo"]


def test_of_several_sheets_with_rows_one_has_to_be_named(case: Case) -> None:
    write(case, "p.xlsx", {"Cover": [["Partners"]], "All partners": ROSTER, "Blank": []})
    finding = refused_for(case.export("partners", "p.xlsx"))
    assert (finding.code, finding.source) == ("unnamed-sheet", "p.xlsx")
    assert finding.message == "the workbook has several sheets with rows: 'Cover', 'All partners'"
    assert '[exports.partners]\n  sheet = "All partners"' in finding.hint


def test_a_sheet_that_one_of_the_workbooks_lacks_is_told_with_those_that_it_has(case: Case) -> None:
    write(case, "p-1.xlsx", {"Partners": ROSTER})
    write(case, "p-2.xlsx", {"Cover": [], "Partner": ROSTER})
    finding = refused_for(case.export("partners", "p-*.xlsx", sheet="Partners"))
    assert (finding.code, finding.source) == ("missing-sheet", "p-2.xlsx")
    assert "no sheet 'Partners'; its sheets are 'Cover', 'Partner'" in finding.message
    assert 'sheet = "Partner"' in finding.hint


def test_workbooks_and_text_files_may_be_one_export(case: Case) -> None:
    write(case, "p-1.xlsx", {"P": ROSTER})
    case.write("p-2.csv", "partner_id,name\nP3,Cy\n")
    ingested = case.export("partners", "p-*.*").read()
    assert column_of(ingested, "partners", "name") == ["Ada", "Bo", "Cy"]
    assert [(file.path, file.rows) for file in ingested.files] == [("p-1.xlsx", 2), ("p-2.csv", 1)]


# ---- what cannot be read


def _cut(content: bytes) -> bytes:
    return content[:-300]


def _locked(content: bytes) -> bytes:
    return bytes.fromhex("D0CF11E0A1B11AE1") + bytes(len(content))


def _damaged(content: bytes) -> bytes:
    return content[:600] + bytes(400) + content[1000:]


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (_cut, "cannot be read"),
        (_damaged, "cannot be read"),
        (lambda _: b"", "cannot be read"),
        (lambda _: b"partner_id,name\nP1,Ada\n", "cannot be read"),
        (_locked, "locked with a password"),
    ],
    ids=["cut", "damaged", "empty", "text", "locked"],
)
def test_a_workbook_that_cannot_be_read_stops_the_run(case: Case, spoil: Callable[[bytes], bytes], told: str) -> None:
    path = write(case, "p.xlsx", {"P": ROSTER})
    case.write("p.xlsx", spoil(path.read_bytes()))
    finding = refused_for(case.export("partners", "p.xlsx"))
    assert (finding.code, finding.source) == ("unreadable-file", "p.xlsx")
    assert told in finding.message


def test_an_archive_that_is_no_workbook_stops_the_run(case: Case) -> None:
    with ZipFile(case.root / "p.xlsx", "w") as archive:
        archive.writestr("p.csv", "partner_id,name\nP1,Ada\n")
    assert case.export("partners", "p.xlsx").refused() == [("unreadable-file", "p.xlsx", "")]
