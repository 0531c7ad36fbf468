"""Texts in CSV that a spreadsheet would take for formulas."""

import re
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tierctl.contracts import Contract, report_contract
from tierctl.ledger.sides import scan_table
from tierctl.report.csv_cells import guarded, unguarded
from tierctl.report.formats import TABLE_FORMATS, Format
from tierctl.report.tables import write_table

REJECTS = report_contract("rejects")
TEXTS = st.text(alphabet=st.sampled_from("'=+-@\t\r\n\",;a0 é\\#"), max_size=6)
BEGINNINGS = ("=", "+", "-", "@", "\t", "\r", "\n")


def _rejects(*values: str | None) -> pl.DataFrame:
    """A row for each value; a spreadsheet is shown both the cell and the row that it stood in."""
    cells = {
        **dict.fromkeys(("export", "file", "column", "rule"), ["x"] * len(values)),
        "record": list(range(1, len(values) + 1)),
        "value": list(values),
        "row": [value or "" for value in values],
    }
    return pl.DataFrame(cells).select(REJECTS.names).cast(REJECTS.polars_schema)


def _written(df: pl.DataFrame, folder: Path, format_: Format = Format.CSV) -> Path:
    path = folder / f"table.{format_}"
    write_table(df, path, format_)
    return path


def _read_back(df: pl.DataFrame, folder: Path, contract: Contract, format_: Format = Format.CSV) -> pl.DataFrame:
    return scan_table(_written(df, folder, format_), contract).collect()


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("=1+1", "'=1+1"),
        ("+49 30 1234", "'+49 30 1234"),
        ("-", "'-"),
        ("-12.50", "'-12.50"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        ("\r=1", "'\r=1"),
        ("\n=1", "'\n=1"),
        ("'=1", "''=1"),
        ("'''-1", "''''-1"),
        ("'t Hooft", "'t Hooft"),
        ("'", "'"),
        ("a=1", "a=1"),
        (" =1", " =1"),
        ("1-2", "1-2"),
        ("", ""),
        (None, None),
    ],
)
def test_a_text_that_begins_like_a_formula_has_one_apostrophe_more(text: str | None, cell: str | None) -> None:
    written = pl.select(guarded(pl.lit(text, dtype=pl.String))).item()
    assert written == cell
    assert pl.select(unguarded(pl.lit(written, dtype=pl.String))).item() == text


def test_the_bytes_of_a_file(tmp_path: Path) -> None:
    df = _rejects('=HYPERLINK("http://x","y")', "'=", "-5", "plain", None)
    assert _written(df, tmp_path).read_bytes().decode() == (
        "export,file,record,column,value,rule,row\n"
        'x,x,1,x,"\'=HYPERLINK(""http://x"",""y"")",x,"\'=HYPERLINK(""http://x"",""y"")"\n'
        "x,x,2,x,''=,x,''=\n"
        "x,x,3,x,'-5,x,'-5\n"
        "x,x,4,x,plain,x,plain\n"
        'x,x,5,x,,x,""\n'
    )


def test_numbers_dates_and_truth_values_are_never_touched(tmp_path: Path) -> None:
    df = pl.DataFrame(
        {
            "text": ["-12.5"],
            "number": pl.Series([Decimal("-12.5")], dtype=pl.Decimal(38, 6)),
            "whole": [-3],
            "day": [date(2025, 5, 31)],
            "flag": [True],
        }
    )
    assert _written(df, tmp_path).read_text() == "text,number,whole,day,flag\n'-12.5,-12.5,-3,2025-05-31,true\n"


@pytest.mark.parametrize("beginning", BEGINNINGS)
def test_words_of_an_enum_are_texts_too(tmp_path: Path, beginning: str) -> None:
    df = pl.DataFrame({"word": pl.Series([f"{beginning}x"], dtype=pl.Enum([f"{beginning}x"]))})
    assert pl.read_csv(_written(df, tmp_path), infer_schema=False)["word"].to_list() == [f"'{beginning}x"]


@pytest.mark.parametrize("format_", [Format.JSON, Format.PARQUET])
def test_json_and_parquet_hold_the_text_as_it_is(tmp_path: Path, format_: Format) -> None:
    df = _rejects("=1+1", "'=1")
    path = _written(df, tmp_path, format_)
    read = pl.read_parquet(path) if format_ is Format.PARQUET else pl.read_json(path)
    assert read["value"].to_list() == ["=1+1", "'=1"]


@pytest.mark.parametrize("format_", TABLE_FORMATS)
@settings(deadline=None)
@given(values=st.lists(st.none() | TEXTS, min_size=1, max_size=8))
def test_every_text_is_read_back_as_it_was(
    tmp_path_factory: pytest.TempPathFactory, format_: Format, values: list[str | None]
) -> None:
    df = _rejects(*values)
    assert _read_back(df, tmp_path_factory.mktemp("t"), REJECTS, format_).equals(df)


@settings(deadline=None)
@given(values=st.lists(TEXTS, min_size=1, max_size=8))
def test_no_cell_begins_like_a_formula(tmp_path_factory: pytest.TempPathFactory, values: list[str]) -> None:
    path = _written(_rejects(*values), tmp_path_factory.mktemp("t"))
    cells = pl.read_csv(path, infer_schema=False)["value"].fill_null("")
    assert not [cell for cell in cells if cell.startswith(BEGINNINGS)]


def test_money_is_read_back_with_its_sign(tmp_path: Path) -> None:
    contract = report_contract("commissions")
    cells = dict.fromkeys(contract.names, "x") | {"rate": "-0.5", "base": None, "amount": "-12.5", "rule": "-12.5"}
    df = pl.DataFrame({name: [cell] for name, cell in cells.items()}).cast(contract.polars_schema)
    read = _read_back(df, tmp_path, contract)
    assert read.equals(df)
    assert read.select("rule", "amount").row(0) == ("-12.5", Decimal("-12.500000"))


def test_a_file_of_a_tierctl_that_put_no_apostrophes_reads_as_it_did(tmp_path: Path) -> None:
    path = tmp_path / "rejects.csv"
    path.write_text("export,file,record,column,value,rule,row\nx,x,1,x,-5,x,'t\n", encoding="utf-8")
    assert scan_table(path, REJECTS).select("value", "row").collect().row(0) == ("-5", "'t")


DOCS = Path(__file__).parents[2] / "docs" / "reports.md"
ODD = ("=1+1", "'=1", "''-x", "'t Hooft", "\tx", "a\nb", "\n-", "-5", "plain")


def _told(language: str) -> str:
    """The one block in that language on the page about reports."""
    (block,) = re.findall(rf"^```{language}\n(.*?)^```$", DOCS.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    return str(block)


def test_what_the_page_says_takes_them_off_in_polars(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _written(_rejects(*ODD), tmp_path).rename(tmp_path / "standing.csv")
    monkeypatch.chdir(tmp_path)
    found: dict[str, pl.DataFrame] = {}
    exec(_told("python"), {"pl": pl}, found)  # noqa: S102  # the page's own line
    assert found["df"]["value"].to_list() == list(ODD)


def test_what_the_page_says_takes_them_off_in_sql(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _written(_rejects(*ODD), tmp_path).rename(tmp_path / "standing.csv")
    monkeypatch.chdir(tmp_path)
    found = duckdb.sql(_told("sql"))
    assert found is not None
    rows = found.fetchall()
    assert [row[REJECTS.names.index("value")] for row in rows] == list(ODD)
