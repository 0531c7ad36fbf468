"""Report tables as files: their exact bytes."""

import json
from datetime import date
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import polars as pl
import pytest

from tierctl.report.formats import TABLE_FORMATS, Format
from tierctl.report.tables import Filed, Table, json_text, write_table

NUMBER = pl.Decimal(38, 6)


def _bytes(df: Table, folder: Path, format_: Format) -> bytes:
    path = folder / f"table.{format_}"
    write_table(df, path, format_)
    return path.read_bytes()


def _numbers(*values: str | None) -> pl.DataFrame:
    cells = [None if value is None else Decimal(value) for value in values]
    return pl.DataFrame({"id": [str(n) for n in range(len(cells))], "value": pl.Series(cells, dtype=NUMBER)})


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("24999.500000", "24999.5"),
        ("10", "10"),
        ("100", "100"),
        ("0", "0"),
        ("-0.500000", "-0.5"),
        ("-10.25", "-10.25"),
        ("0.000001", "0.000001"),
        ("-0.000001", "-0.000001"),
        ("1000000000000", "1000000000000"),
        ("12345678901234567890123456.654321", "12345678901234567890123456.654321"),
        ("-99999999999999999999999999999999", "-99999999999999999999999999999999"),
        (None, ""),
    ],
)
def test_numbers_have_neither_exponent_nor_trailing_zeros(tmp_path: Path, value: str | None, text: str) -> None:
    df = _numbers(value)
    assert _bytes(df, tmp_path, Format.CSV).decode() == f"id,value\n0,{text}\n"
    exact = json.loads(_bytes(df, tmp_path, Format.JSON), parse_float=Decimal, parse_int=Decimal)
    assert exact == [{"id": "0", "value": None if value is None else Decimal(value)}]
    assert json_text(df) == f'[\n{{"id": "0", "value": {text or "null"}}}\n]'


def test_numbers_of_other_scales_keep_their_value(tmp_path: Path) -> None:
    df = pl.DataFrame({"whole": pl.Series([Decimal(1200)], dtype=pl.Decimal(38, 0)), "count": [1200]})
    assert _bytes(df, tmp_path, Format.CSV) == b"whole,count\n1200,1200\n"


def test_dates_booleans_and_empty_cells(tmp_path: Path) -> None:
    df = pl.DataFrame({"day": [date(2025, 5, 31), None], "flag": [True, None], "n": [0, None], "s": ["x", None]})
    assert _bytes(df, tmp_path, Format.CSV) == b"day,flag,n,s\n2025-05-31,true,0,x\n,,,\n"
    expected = (
        b'[\n{"day": "2025-05-31", "flag": true, "n": 0, "s": "x"},\n'
        b'{"day": null, "flag": null, "n": null, "s": null}\n]\n'
    )
    assert _bytes(df, tmp_path, Format.JSON) == expected


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("plain", "plain"),
        ("a,b", '"a,b"'),
        ('say "x"', '"say ""x"""'),
        ("two\nlines", '"two\nlines"'),
        ("old\rline", '"old\rline"'),
        ("", '""'),
        (" space ", " space "),
        ("007", "007"),
        ("1E5", "1E5"),
        ("Ørsund š 東京", "Ørsund š 東京"),
        ("back\\slash\ttab\x01", "back\\slash\ttab\x01"),
    ],
)
def test_texts_come_back_as_they_were(tmp_path: Path, text: str, cell: str) -> None:
    df = pl.DataFrame({"id": ["1"], "text": [text]})
    assert _bytes(df, tmp_path, Format.CSV).decode() == f"id,text\n1,{cell}\n"
    assert json.loads(_bytes(df, tmp_path, Format.JSON)) == [{"id": "1", "text": text}]


def test_an_empty_table_still_has_its_header(tmp_path: Path) -> None:
    df = _numbers("1").clear()
    assert _bytes(df, tmp_path, Format.CSV) == b"id,value\n"
    assert _bytes(df, tmp_path, Format.JSON) == b"[]\n"
    write_table(df, tmp_path / "empty.parquet", Format.PARQUET)
    assert pl.read_parquet(tmp_path / "empty.parquet").schema == df.schema


@pytest.mark.parametrize("format_", TABLE_FORMATS)
def test_the_bytes_do_not_depend_on_how_the_frame_lies_in_memory(tmp_path: Path, format_: Format) -> None:
    df = _numbers("1", "2.5", None, "4", "5")
    in_parts = pl.concat([df.head(2), df.tail(3)], rechunk=False)
    assert _bytes(df, tmp_path, format_) == _bytes(in_parts, tmp_path, format_)


def _filed(df: pl.DataFrame, folder: Path, *cuts: int) -> Filed:
    """The table in as many files as the cuts make of it."""
    files = []
    for number, (first, end) in enumerate(pairwise([0, *cuts, df.height])):
        files.append(folder / f"part-{number}.parquet")
        df.slice(first, end - first).write_parquet(files[-1])
    return Filed(df.schema, tuple(files), df.height)


@pytest.mark.parametrize("format_", TABLE_FORMATS)
@pytest.mark.parametrize("cuts", [(), (1, 2, 17, 18, 30, 31), (7, 14, 21, 28), (0, 20, 40)])
def test_how_a_table_is_cut_into_files_changes_no_byte(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, format_: Format, cuts: tuple[int, ...]
) -> None:
    monkeypatch.setattr("tierctl.report.tables._ROW_GROUP", 8)
    monkeypatch.setattr("tierctl.report.tables._SLICE", 5)
    df = _numbers(*(str(n) for n in range(40)))
    assert _bytes(_filed(df, tmp_path, *cuts), tmp_path, format_) == _bytes(df, tmp_path, format_)


def test_a_table_longer_than_a_row_group_is_the_same_bytes_in_one_file_and_in_seven(tmp_path: Path) -> None:
    number = pl.int_range(300_000, eager=True)
    df = pl.DataFrame({"id": number.cast(pl.String), "group": (number // 1000).cast(pl.String), "n": number % 7})
    whole = _bytes(_filed(df, tmp_path), tmp_path, Format.PARQUET)
    assert (
        _bytes(_filed(df, tmp_path, 3, 90_000, 131_072, 131_073, 200_000, 299_999), tmp_path, Format.PARQUET) == whole
    )
    assert pl.read_parquet(tmp_path / "table.parquet").equals(df)


@pytest.mark.parametrize("format_", TABLE_FORMATS)
def test_a_table_in_no_file_is_an_empty_one(tmp_path: Path, format_: Format) -> None:
    df = _numbers("1").clear()
    assert _bytes(Filed(df.schema, (), 0), tmp_path, format_) == _bytes(df, tmp_path, format_)


def test_a_long_table_is_written_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    df = _numbers(*(str(n) for n in range(7)))
    whole = {format_: _bytes(df, tmp_path, format_) for format_ in (Format.CSV, Format.JSON)}
    monkeypatch.setattr("tierctl.report.tables._SLICE", 3)
    assert {format_: _bytes(df, tmp_path, format_) for format_ in whole} == whole


def test_a_float_has_no_exact_text(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="column value is of type Float64"):
        write_table(pl.DataFrame({"value": [0.1]}), tmp_path / "t.csv", Format.CSV)
