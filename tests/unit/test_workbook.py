"""A review as a workbook, read back cell by cell."""

import re
import zipfile
from collections.abc import Mapping
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook
from openpyxl.cell.cell import Cell
from openpyxl.workbook import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from tests.sample import SampleReports
from tierctl.contracts import empty, report_contract
from tierctl.fiscal import FiscalMonth
from tierctl.ledger.sides import scan_table
from tierctl.report.sheet_cells import MOST_TEXT, cut, is_held
from tierctl.report.tables import Filed, Table
from tierctl.report.workbook import write_workbook

MAY = FiscalMonth(date(2025, 5, 1), date(2025, 5, 31), 2025, 5, "2025-05")
LINE = {
    "program": "elevate", "track": "partner", "partner_id": "007", "month": "2025-05", "earned_month": "2025-05",
    "rule": "spiff", "source": "mrr", "source_id": "L-1", "customer_id": None, "tier": "elite", "rate": "0.125",
    "base": "1200", "base_currency": "USD", "amount": "150", "currency": "USD", "kind": "earned", "clause": None,
}  # fmt: skip
HOSTILE = (
    "=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\n=1", "'=1", "{=1}", "https://example.com/x", "mailto:a@example.com",
    "internal:Sheet1!A1", "external:c:\\x.xlsx", "007", "1E5", "TRUE", "2025-05-31", "#REF!", "<r>bold</r>", "<r></r>",
    "<r>a</r></r>", "<t>&amp;</t>", "]]>", " x ", "a\nb", "\ufeffx", "Ørsund š 東京 😀", "_x0041_", "\x00\x07\x1f",
    "a\r\nb", "\ufffe\uffff",
)  # fmt: skip


def _lines(*changes: Mapping[str, str | None]) -> pl.DataFrame:
    rows = [LINE | {"source_id": f"L-{number}"} | dict(change) for number, change in enumerate(changes)]
    schema = report_contract("commissions").polars_schema
    return pl.DataFrame(rows, schema=dict.fromkeys(schema, pl.String)).cast(schema)


def _rejects(*values: str) -> pl.DataFrame:
    cells = dict.fromkeys(("export", "file", "column", "rule", "row"), ["x"] * len(values))
    df = pl.DataFrame(cells | {"record": list(range(len(values))), "value": list(values)})
    return df.select(report_contract("rejects").names).cast(report_contract("rejects").polars_schema)


def _book(folder: Path, tables: Mapping[str, Table], *, values: bool = False) -> Workbook:
    path = folder / "review.xlsx"
    write_workbook(tables, path, MAY)
    return load_workbook(path, data_only=values)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time())


def _column(sheet: Worksheet, name: str) -> list[Cell]:
    header = [cell.value for cell in sheet[1]]
    cells: list[Cell] = [row[header.index(name)] for row in sheet.iter_rows(min_row=2)]  # type: ignore[misc]
    return cells


def _unescaped(text: str) -> str:
    """Excel's own way to write what XML cannot hold, which openpyxl leaves as it is."""
    return re.sub("_x([0-9A-F]{4})_", lambda found: chr(int(found[1], 16)), text)


def _notes(book: Workbook) -> list[str]:
    first = [row[0].value for row in book["totals"].iter_rows()]
    return [str(note) for note in first[first.index(None) + 1 :]]


def _recomputed(book: Workbook, sheet: Worksheet, formula: str) -> Decimal:
    """What a formula comes to by the cells that it names, with nothing of tierctl's own."""
    found = re.fullmatch(r"=ROUND\(SUMIFS\((.*)\),6\)", formula)
    assert found, formula
    area, *criteria = found[1].split(",")
    keep = [True] * len(_area(book, area))
    for place, cell in zip(criteria[::2], criteria[1::2], strict=True):
        asked = sheet[cell.replace("$", "")].value
        keep = [is_in and value == asked for is_in, value in zip(keep, _area(book, place), strict=True)]
    amounts = [Decimal(repr(value)) for value, is_in in zip(_area(book, area), keep, strict=True) if is_in and value]
    return sum(amounts, Decimal())


def _area(book: Workbook, text: str) -> list[Any]:
    name, _, cells = text.partition("!")
    rows = book[name][cells.replace("$", "")]
    return [cell.value for (cell,) in rows]


def test_a_sheet_a_table_between_totals_and_columns(tmp_path: Path) -> None:
    tables = {name: empty(report_contract(name)) for name in ("standing", "actions", "commissions")}
    book = _book(tmp_path, tables)
    assert book.sheetnames == ["totals", "actions", "commissions", "standing", "columns"]
    assert [cell.value for cell in book["actions"][1]] == list(report_contract("actions").names)
    assert book["actions"].max_row == 1


def test_the_header_stays_and_has_a_filter_over_every_row(tmp_path: Path) -> None:
    book = _book(tmp_path, {"commissions": _lines({}, {}, {})})
    assert {sheet.freeze_panes for sheet in book} == {"A2"}
    assert book["commissions"].auto_filter.ref == "A1:Q4"
    assert book["totals"].auto_filter.ref == "A1:H3"
    assert all(cell.font.bold for cell in book["commissions"][1])


def test_cells_have_types_and_formats(tmp_path: Path) -> None:
    lines = _lines({"rate": "0.125", "base": "1200", "amount": "-1234.5"}, {"rate": None, "base": "0.125"})
    sheet = _book(tmp_path, {"commissions": lines})["commissions"]
    shown = {name: (_column(sheet, name)[0].value, _column(sheet, name)[0].number_format) for name in lines.columns}
    assert shown["partner_id"] == ("007", "@")
    assert shown["rate"] == (0.125, "0.00##")
    assert shown["base"] == (1200, "#,##0.00")
    assert shown["amount"] == (-1234.5, "#,##0.00")
    assert shown["customer_id"] == (None, "General")
    assert (_column(sheet, "base")[1].value, _column(sheet, "base")[1].number_format) == (0.125, "#,##0.000")
    assert _column(sheet, "rate")[1].value is None


@pytest.mark.parametrize(
    ("value", "shown"),
    [("20", "#,##0"), ("26000.5", "#,##0.0"), ("-0.523333", "#,##0.000000"), ("0", "#,##0")],
)
def test_other_numbers_have_as_many_decimals_as_they_need(tmp_path: Path, value: str, shown: str) -> None:
    contract = report_contract("evidence")
    row: dict[str, object] = {**dict.fromkeys(contract.names, "x"), "value": value, "threshold": None, "missing": None}
    row |= dict.fromkeys(("window_from", "window_through"), date(2025, 1, 1))
    df = pl.DataFrame({name: [cell] for name, cell in row.items()}).cast(contract.polars_schema)
    sheet = _book(tmp_path, {"evidence": df})["evidence"]
    (cell,) = _column(sheet, "value")
    assert (cell.value, cell.number_format) == (float(value), shown)
    (day,) = _column(sheet, "window_from")
    assert (day.value, day.number_format, day.is_date) == (_midnight(date(2025, 1, 1)), "yyyy-mm-dd", True)


@pytest.mark.parametrize("text", HOSTILE)
def test_a_text_is_a_text_whatever_it_says(tmp_path: Path, text: str) -> None:
    book = _book(tmp_path, {"rejects": _rejects(text)})
    (cell,) = _column(book["rejects"], "value")
    assert cell.data_type == "s"
    assert _unescaped(str(cell.value)) == text
    assert cell.hyperlink is None


def test_an_empty_text_is_no_empty_cell(tmp_path: Path) -> None:
    df = pl.concat([_rejects(""), _rejects("x").with_columns(value=pl.lit(None, dtype=pl.String))])
    assert [cell.value for cell in _column(_book(tmp_path, {"rejects": df})["rejects"], "value")] == ["", None]


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("x" * MOST_TEXT, "x" * MOST_TEXT),
        ("x" * (MOST_TEXT + 1), "x" * (MOST_TEXT - 4) + " […]"),
        ("😀" * 16_383, "😀" * 16_383),
        # Two units of UTF-16 each: 16,381 of them and the mark are 32,766.
        ("😀" * 16_384, "😀" * 16_381 + " […]"),
        ("é" * 20_000, "é" * 20_000),
    ],
)
def test_a_text_longer_than_a_cell_is_cut_and_says_so(tmp_path: Path, text: str, cell: str) -> None:
    book = _book(tmp_path, {"rejects": _rejects("short", text)})
    assert _column(book["rejects"], "value")[1].value == cell
    said = "rejects: 1 of value are longer than the 32,767 characters that a cell holds; they are cut, and end in […]."
    assert _notes(book)[1:] == ([said] if text != cell else [])


def test_what_is_cut_is_never_longer_than_a_cell() -> None:
    assert len(cut("😀" * 20_000).encode("utf-16-le")) // 2 <= MOST_TEXT


def test_a_number_of_more_than_fifteen_digits_is_text_and_said(tmp_path: Path) -> None:
    lines = _lines(
        {"amount": "123456789012345"},
        {"amount": "1234567890123456"},
        {"amount": "-1234567890.123456"},
        {"amount": "120000000000000000"},
    )
    book = _book(tmp_path, {"commissions": lines}, values=True)
    cells = _column(book["commissions"], "amount")
    assert [(cell.value, cell.data_type) for cell in cells] == [
        (123456789012345, "n"),
        ("1234567890123456", "s"),
        ("-1234567890.123456", "s"),
        (120000000000000000, "n"),
    ]
    assert _notes(book) == [
        "Fiscal month 2025-05, 2025-05-01 to 2025-05-31.",
        "commissions: 2 of amount stand as text, as a spreadsheet keeps 15 digits of a number at most.",
    ]
    # 123456789012345 + 1234567890123456 - 1234567890.123456 + 120000000000000000, which no formula can tell.
    assert _column(book["totals"], "total")[1].value == "121358023444567910.876544"


def test_a_day_before_march_1900_is_text_and_said(tmp_path: Path) -> None:
    contract = report_contract("actions")
    days = (date(1900, 2, 28), date(1900, 3, 1), date(9999, 12, 31))
    rows = [{**dict.fromkeys(contract.names, "x"), "due_on": day} for day in days]
    book = _book(tmp_path, {"actions": pl.DataFrame(rows)})
    cells = _column(book["actions"], "due_on")
    assert [cell.value for cell in cells] == ["1900-02-28", _midnight(date(1900, 3, 1)), _midnight(date(9999, 12, 31))]
    assert _notes(book)[1:] == ["actions: 1 of due_on stand as text, as a spreadsheet knows no days before March 1900."]


def test_truth_values_are_truth_values(tmp_path: Path) -> None:
    df = _rejects("x").with_columns(value=pl.lit(value=True), row=pl.lit(None, dtype=pl.Boolean))
    sheet = _book(tmp_path, {"rejects": df})["rejects"]
    assert (_column(sheet, "value")[0].value, _column(sheet, "value")[0].data_type) == (True, "b")
    assert _column(sheet, "row")[0].value is None


@settings(deadline=None)
@given(
    digits=st.integers(-(10**15) + 1, 10**15 - 1),
    exponent=st.integers(-6, 10),
)
def test_a_number_of_fifteen_digits_is_itself_again(digits: int, exponent: int) -> None:
    number = Decimal(digits).scaleb(exponent)
    text = f"{number:f}"
    assert pl.select(is_held(pl.lit(text))).item()
    as_float = pl.select(pl.lit(text).cast(pl.Float64)).item()
    # As a workbook writes it, and as everybody reads it.
    assert Decimal(repr(float(f"{as_float:.16G}"))) == number


def test_totals_are_formulas_with_their_exact_values(tmp_path: Path) -> None:
    lines = _lines(
        {"amount": "0.10"},
        {"amount": "0.20"},
        {"amount": "-5", "kind": "clawback"},
        {"amount": "7", "currency": "EUR", "base_currency": "EUR"},
        {"amount": "3", "rule": "bonus", "base": None, "base_currency": None},
    )
    table = [[cell.value for cell in row] for row in _book(tmp_path, {"commissions": lines}, values=True)["totals"]]
    assert table[0] == ["table", "program", "rule", "kind", "currency", "column", "rows", "total"]
    assert table[1:9] == [
        ["commissions", "elevate", "spiff", "clawback", "USD", "base", 1, 1200],
        ["commissions", "elevate", "spiff", "earned", "EUR", "base", 1, 1200],
        ["commissions", "elevate", "spiff", "earned", "USD", "base", 2, 2400],
        ["commissions", "elevate", "bonus", "earned", "USD", "amount", 1, 3],
        ["commissions", "elevate", "spiff", "clawback", "USD", "amount", 1, -5],
        ["commissions", "elevate", "spiff", "earned", "EUR", "amount", 1, 7],
        ["commissions", "elevate", "spiff", "earned", "USD", "amount", 2, 0.3],
        [None] * 8,
    ]
    formula = _column(_book(tmp_path, {"commissions": lines})["totals"], "total")[6]
    assert formula.number_format == "#,##0.00"
    assert formula.value == (
        "=ROUND(SUMIFS(commissions!$N$2:$N$6,commissions!$A$2:$A$6,$B8,commissions!$F$2:$F$6,$C8,"
        "commissions!$P$2:$P$6,$D8,commissions!$O$2:$O$6,$E8),6)"
    )


@pytest.mark.parametrize("rule", ["a*", "a?", "a~b", "=a", "<a", "007", "1e5", "true", "FALSE", "", "r" * 101, "ä"])
def test_an_id_that_a_formula_could_misread_has_its_total_without_one(tmp_path: Path, rule: str) -> None:
    (base, amount) = _column(_book(tmp_path, {"commissions": _lines({"rule": rule})})["totals"], "total")[:2]
    assert (base.value, base.data_type) == (1200, "n")
    assert (amount.value, amount.data_type) == (150, "n")


@pytest.mark.parametrize(("sample", "month"), [("elevate", "2025-05"), ("infusionsoft", "2018-03")])
def test_the_samples_formulas_come_to_their_values(
    tmp_path: Path, sample_reports: SampleReports, sample: str, month: str
) -> None:
    folder = sample_reports(sample, month)
    paths = sorted(folder.glob("*.csv"))
    tables = {path.stem: scan_table(path, report_contract(path.stem)).collect() for path in paths}
    book = _book(tmp_path, tables)
    values = _column(load_workbook(tmp_path / "review.xlsx", data_only=True)["totals"], "total")
    formulas = [cell for cell in _column(book["totals"], "total") if cell.data_type == "f"]
    assert formulas
    for formula, value in zip(formulas, values, strict=False):
        assert Decimal(repr(value.value)) == _recomputed(book, book["totals"], str(formula.value))


def test_the_samples_sheets_say_what_the_tables_say(tmp_path: Path, sample_reports: SampleReports) -> None:
    path = sample_reports("elevate", "2025-05") / "statements.csv"
    df = scan_table(path, report_contract("statements")).collect()
    sheet = _book(tmp_path, {"statements": df})["statements"]
    rows = [tuple(cell.value for cell in row) for row in sheet.iter_rows(min_row=2)]
    expected = [
        tuple(
            float(cell) if isinstance(cell, Decimal) else _midnight(cell) if isinstance(cell, date) else cell
            for cell in row
        )
        for row in df.iter_rows()
    ]
    assert rows == expected


def test_the_columns_sheet_says_what_they_mean(tmp_path: Path) -> None:
    rows = [
        [cell.value for cell in row] for row in _book(tmp_path, {"rates": empty(report_contract("rates"))})["columns"]
    ]
    assert rows[0] == ["table", "column", "title", "unit", "description"]
    assert rows[1] == ["rates", "program", "Program", None, "The id of the program."]
    assert [row[1] for row in rows[1:]] == list(report_contract("rates").names)


def test_columns_are_as_wide_as_their_cells_within_bounds(tmp_path: Path) -> None:
    sheet = _book(tmp_path, {"rejects": _rejects("x" * 30, "y" * 500)})["rejects"]
    width = {name: sheet.column_dimensions[letter].width for name, letter in (("export", "A"), ("value", "E"))}
    assert 9 < width["export"] < 12
    assert 60 <= width["value"] < 62


def test_a_table_longer_than_a_sheet_is_left_out_and_its_totals_are_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tierctl.report.workbook.MOST_ROWS", 2)
    lines = _lines({}, {}, {"amount": "0.5"})
    book = _book(tmp_path, {"commissions": lines, "rejects": _rejects("a", "b")})
    assert book.sheetnames == ["totals", "rejects", "columns"]
    assert [cell.value for cell in _column(book["totals"], "total")[:2]] == [3600, 300.5]
    assert _notes(book)[1] == (
        "commissions: a sheet has no room for its rows, 2 being the most; "
        "they are in commissions.parquet beside this file."
    )


def test_how_a_table_lies_in_files_changes_no_byte(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tierctl.report.workbook._SLICE", 2)
    lines = _lines(*[{"amount": str(number)} for number in range(7)])
    parts = (tmp_path / "0.parquet", tmp_path / "1.parquet")
    lines.head(3).write_parquet(parts[0])
    lines.tail(4).write_parquet(parts[1])
    write_workbook({"commissions": lines}, tmp_path / "a.xlsx", MAY)
    write_workbook({"commissions": Filed(lines.schema, parts, 7)}, tmp_path / "b.xlsx", MAY)
    assert (tmp_path / "a.xlsx").read_bytes() == (tmp_path / "b.xlsx").read_bytes()


def test_nothing_of_the_machine_or_the_clock_is_in_it(tmp_path: Path) -> None:
    book = _book(tmp_path, {"commissions": _lines({})})
    assert (book.properties.created, book.properties.creator) == (_midnight(date(2025, 5, 31)), None)
    with zipfile.ZipFile(tmp_path / "review.xlsx") as file:
        assert not [name for name in file.namelist() if str(tmp_path).encode() in file.read(name)]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["review.xlsx"]


def test_a_place_that_cannot_be_written_is_an_os_error(tmp_path: Path) -> None:
    (tmp_path / "review.xlsx").mkdir()
    with pytest.raises(OSError, match="directory"):
        write_workbook({"commissions": _lines({})}, tmp_path / "review.xlsx", MAY)
