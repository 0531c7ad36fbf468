"""A review's folder: which files it gets for which formats, its pages, and what it says about them."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from typer import BadParameter

from tierctl.cli.format_option import formats_asked
from tierctl.cli.table_file import table_file
from tierctl.contracts import report_contract
from tierctl.findings import CannotRunError
from tierctl.fiscal import FiscalMonth
from tierctl.ledger.sides import folder_tables, read_manifest
from tierctl.report.formats import Format
from tierctl.report.manifest import Origin, SourceFile, digest
from tierctl.report.write import refuse_foreign, write_review

MAY = FiscalMonth(date(2025, 5, 1), date(2025, 5, 31), 2025, 5, "2025-05")
ORIGIN = Origin(month=MAY, partners=None, workspace=SourceFile("tierctl.toml", "0" * 64), programs=(), inputs=())
PAGES = (("review.html", "<p>Ørsund</p>\n"), ("partners/P-1.html", "<p>1</p>"), ("partners/P-2.html", "<p>2</p>"))


def _rejects(rows: int) -> pl.DataFrame:
    cells = dict.fromkeys(("export", "file", "column", "value", "rule", "row"), ["=x"] * rows)
    contract = report_contract("rejects")
    return pl.DataFrame(cells | {"record": range(rows)}).select(contract.names).cast(contract.polars_schema)


def _write(folder: Path, formats: tuple[Format, ...] | None, pages: tuple[tuple[str, str], ...] = ()) -> Any:
    standing = report_contract("standing").polars_schema.to_frame()
    tables = {"rejects": _rejects(3), "standing": standing}
    write_review(folder, tables, formats=formats, summary={}, origin=ORIGIN, pages=iter(pages))
    return json.loads((folder / "manifest.json").read_text(encoding="utf-8"))


def _files(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


OWN = ["manifest.json", "summary.json"]


@pytest.mark.parametrize(
    ("formats", "files"),
    [
        (None, ["rejects.csv", "standing.csv"]),
        ((Format.CSV, Format.JSON), ["rejects.csv", "rejects.json", "standing.csv", "standing.json"]),
        ((Format.XLSX,), ["review.xlsx"]),
        ((Format.XLSX, Format.CSV), ["rejects.csv", "review.xlsx", "standing.csv"]),
        ((Format.HTML,), []),
    ],
)
def test_the_files_of_the_formats(tmp_path: Path, formats: tuple[Format, ...] | None, files: list[str]) -> None:
    manifest = _write(tmp_path / "out", formats)
    assert _files(tmp_path / "out") == sorted([*OWN, *files])
    assert [file["path"] for file in manifest["outputs"]] == sorted([*files, "summary.json"])


def test_pages_and_the_workbook_are_listed_by_digest_and_without_rows(tmp_path: Path) -> None:
    out = tmp_path / "out"
    outputs = {file["path"]: file for file in _write(out, (Format.XLSX, Format.HTML), PAGES)["outputs"]}
    assert sorted(outputs) == ["partners/P-1.html", "partners/P-2.html", "review.html", "review.xlsx", "summary.json"]
    assert {path: file["sha256"] for path, file in outputs.items()} == {path: digest(out / path) for path in outputs}
    assert not [path for path, file in outputs.items() if "rows" in file]
    assert (out / "review.html").read_bytes() == "<p>Ørsund</p>\n".encode()


def test_a_second_page_of_a_name_does_not_take_the_first_one_s_place(tmp_path: Path) -> None:
    with pytest.raises(CannotRunError, match="cannot be written"):
        _write(tmp_path / "out", None, (*PAGES, PAGES[1]))
    assert not list(tmp_path.iterdir())


def test_a_second_review_takes_the_place_of_pages_and_all(tmp_path: Path) -> None:
    _write(tmp_path / "out", (Format.XLSX, Format.HTML), PAGES)
    (tmp_path / "out" / "partners" / ".DS_Store").touch()
    _write(tmp_path / "out", None)
    assert _files(tmp_path / "out") == sorted([*OWN, "rejects.csv", "standing.csv"])
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


@pytest.mark.parametrize(
    "foreign", ["notes.txt", "partners/notes.txt", "partners/more/a.txt", "more/partners/P-1.html"]
)
def test_what_tierctl_did_not_write_is_not_replaced(tmp_path: Path, foreign: str) -> None:
    _write(tmp_path, None, PAGES)
    (tmp_path / foreign).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / foreign).write_text("mine", encoding="utf-8")
    told = {"partners/more/a.txt": "partners/more", "more/partners/P-1.html": "more"}.get(foreign, foreign)
    with pytest.raises(CannotRunError, match=f"did not write what is in it: {told}\n"):
        refuse_foreign(tmp_path)


def test_a_folder_in_the_place_of_a_file_of_its_own_is_foreign(tmp_path: Path) -> None:
    _write(tmp_path, None, PAGES)
    (tmp_path / "review.html").unlink()
    (tmp_path / "review.html").mkdir()
    with pytest.raises(CannotRunError, match=r"review\.html"):
        refuse_foreign(tmp_path)


def test_a_link_to_a_folder_of_pages_is_foreign(tmp_path: Path) -> None:
    out = tmp_path / "out"
    _write(out, None, PAGES)
    (out / "partners").rename(tmp_path / "elsewhere")
    (out / "partners").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(CannotRunError, match="partners"):
        refuse_foreign(out)


def test_a_table_too_long_for_a_sheet_lies_beside_the_workbook_and_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("workbook", "write"):
        monkeypatch.setattr(f"tierctl.report.{module}.MOST_ROWS", 2)
    tables = {"rejects": _rejects(3)}
    found = write_review(tmp_path / "out", tables, formats=(Format.XLSX,), summary={}, origin=ORIGIN)
    (warning,) = found
    assert (warning.code, warning.severity, warning.subject) == ("xlsx-table-too-long", "warning", "rejects")
    assert warning.message == "a sheet has room for 2 rows, and rejects has more: it is not in the workbook"
    assert warning.hint == "all of its rows are in rejects.parquet beside it"
    assert _files(tmp_path / "out") == sorted([*OWN, "rejects.parquet", "review.xlsx"])
    assert pl.read_parquet(tmp_path / "out" / "rejects.parquet").equals(tables["rejects"])


def test_a_table_as_long_as_a_sheet_is_in_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tierctl.report.workbook.MOST_ROWS", 3)
    assert not write_review(
        tmp_path / "out", {"rejects": _rejects(3)}, formats=(Format.XLSX,), summary={}, origin=ORIGIN
    )
    assert _files(tmp_path / "out") == sorted([*OWN, "review.xlsx"])


def test_the_workbook_is_the_same_bytes_on_every_run(tmp_path: Path) -> None:
    first, second = (_write(tmp_path / name, (Format.XLSX,)) for name in ("a", "b"))
    assert first == second


@pytest.mark.parametrize("formats", [(Format.XLSX,), (Format.HTML,), (Format.XLSX, Format.HTML)])
def test_what_is_only_for_people_is_not_compared(tmp_path: Path, formats: tuple[Format, ...]) -> None:
    _write(tmp_path, formats, PAGES)
    manifest = read_manifest(tmp_path)
    assert manifest is not None
    with pytest.raises(CannotRunError) as refused:
        folder_tables(tmp_path, manifest)
    (finding,) = refused.value.findings
    assert finding.code == "side-unreadable"
    assert (
        finding.message
        == "the reports lie there in no format that tierctl reads back, and these are parquet, csv, json"
    )
    assert finding.hint == "tierctl review --month 2025-05 --format parquet --out DIR"


def test_tables_beside_pages_and_workbook_are_read_back(tmp_path: Path) -> None:
    _write(tmp_path, (Format.XLSX, Format.HTML, Format.CSV), PAGES)
    manifest = read_manifest(tmp_path)
    assert manifest is not None
    assert folder_tables(tmp_path, manifest)["rejects"].collect().equals(_rejects(3))


@pytest.mark.parametrize("word", ["xlsx", "HTML"])
def test_other_commands_write_tables_only(word: str) -> None:
    said = f"'{word.lower()}' is none of csv, parquet, json; {word.lower()} is a format of"
    with pytest.raises(BadParameter, match=said):
        formats_asked([word])
    assert formats_asked([word, "csv"], tuple(Format)) == (Format(word.lower()), Format.CSV)


@pytest.mark.parametrize("name", ["a.xlsx", "a.html", "a"])
def test_a_single_table_is_written_in_a_table_s_format(name: str) -> None:
    with pytest.raises(BadParameter, match=r"does not end in \.csv, \.parquet, \.json"):
        table_file(Path(name))
