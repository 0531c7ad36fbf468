"""What lies in a folder of somebody's exports: every file told by its content, with its rows and distinct texts."""

from pathlib import Path

import polars as pl

from tierctl.findings import Finding, warning
from tierctl.proposed.bytes_told import SetAsideError, packing, told, unpacked
from tierctl.proposed.columns import How, Kind, Note, SeenColumn, SeenFile
from tierctl.proposed.counted import RECORD, count_table
from tierctl.proposed.sheets import see_sheets, texts_of_parquet
from tierctl.proposed.text_files import Text, see_text

__all__ = ["How", "Kind", "Note", "SeenColumn", "SeenFile", "look"]

_WORKSPACE = "tierctl.toml"
_PACKED = {"gzip": ".gz", "zstd": ".zst"}
_ENDINGS = {"text": (".csv", ".tsv", ".txt"), "parquet": (".parquet",), "xlsx": (".xlsx", ".xlsm")}
_HINTS = {
    "unsupported-file": "export the table as CSV, Parquet or .xlsx, or leave the file out of the folder",
    "unreadable-file": "copy or export the file anew",
    "nul-byte": "if it is text, save it as UTF-8",
    "empty-file": "export the file anew, with its header",
    "bad-encoding": "save the file as UTF-8",
}


def look(folder: Path, spool: Path) -> tuple[list[SeenFile], list[Finding]]:
    """Looks at every file of a folder: not below it, not at hidden files and not at tierctl.toml.

    Args:
        folder: where the exports lie.
        spool: an existing folder for copies, which must stay as long as what is seen is used.

    Returns:
        The tables, by file name and then in the workbook's order of sheets; and warnings, one for each file that was
        set aside because it is no table (unsupported-file, unreadable-file, nul-byte, bad-encoding, empty-file), and
        for each table without a header (empty-file). Never an exception for what a file holds.
    """
    paths = sorted(path for path in folder.iterdir() if path.is_file() and not _is_ours(path))
    files: list[SeenFile] = []
    findings: list[Finding] = []
    for n, path in enumerate(paths, start=1):
        try:
            seen = _seen(path, spool, f"{n}")
            files += seen
            findings += [_no_header(file) for file in seen if not file.header_row]
        except SetAsideError as reason:
            findings.append(warning(reason.code, path.name, "", f"it is left out: {reason}", _HINTS[reason.code]))
        except OSError as fault:
            message = f"it is left out: it cannot be read: {fault.strerror}"
            findings.append(warning("unreadable-file", path.name, "", message, "check that you may read it"))
    return files, findings


def _no_header(file: SeenFile) -> Finding:
    why = next((note.said for note in file.notes if note.key == "header"), "")
    return warning("empty-file", file.name, file.sheet or "header", why, _HINTS["empty-file"])


def _is_ours(path: Path) -> bool:
    """Whether a file is none of the exports: hidden, a lock that an office program leaves, or the workspace's own."""
    return path.name.startswith((".", "~$")) or path.name == _WORKSPACE


def _seen(path: Path, spool: Path, name: str) -> list[SeenFile]:
    packed = packing(path)
    plain = unpacked(path, packed, spool / f"{name}-unpacked") if packed else path
    kind = told(plain)
    if packed and kind != "text":
        raise SetAsideError("unsupported-file", f"it is {packed}, and what is packed in it is no text")
    notes = _name_notes(path, kind, packed)
    if kind == "text":
        text = see_text(plain, spool, name)
        return [_text_file(path, packed, text, notes)]
    return [_parquet(path, notes, spool, name)] if kind == "parquet" else _sheets(path, notes, spool, name)


def _name_notes(path: Path, kind: str, packed: str) -> list[Note]:
    """What the file's name says that its bytes do not."""
    name = path.name.lower()
    ends = tuple(ending + _PACKED.get(packed, "") for ending in _ENDINGS[kind])
    notes = [Note("compression", f"it is {packed}")] if packed else []
    if not name.endswith(ends):
        what = "text" if kind == "text" else "Parquet" if kind == "parquet" else "a workbook"
        said = f"its bytes are {packed + ' ' if packed else ''}{what}, and its name does not end in {' or '.join(ends)}"
        notes.append(Note("extension", said, "likely"))
    return notes


def _text_file(path: Path, packed: str, text: Text, notes: list[Note]) -> SeenFile:
    dialect, table = text.dialect, text.table
    return SeenFile(
        path, path.name, "csv", "", text.encoding, dialect.delimiter, dialect.quote, dialect.header.at + 1,
        table.footer_rows, table.rows, table.columns, (*notes, *text.notes), table.path, packed,
    )  # fmt: skip


def _sheets(path: Path, notes: list[Note], spool: Path, name: str) -> list[SeenFile]:
    sheets = see_sheets(path, spool, name)
    return [
        SeenFile(
            path, path.name, "xlsx", sheet.name, "", "", "", sheet.header_row, sheet.table.footer_rows,
            sheet.table.rows, sheet.table.columns, (*notes, *sheet.notes), sheet.table.path, sheets=len(sheets),
        )
        for sheet in sheets
    ]  # fmt: skip


def _parquet(path: Path, notes: list[Note], spool: Path, name: str) -> SeenFile:
    try:
        lf = pl.scan_parquet(path, row_index_name=RECORD, row_index_offset=1, glob=False)
        headers = [header for header in lf.collect_schema().names() if header != RECORD]
        table = count_table(texts_of_parquet(lf), headers, spool, name, of_text=False)
    except pl.exceptions.PolarsError as fault:
        reason = (str(fault).splitlines() or ["no reason given"])[0]
        raise SetAsideError("unreadable-file", f"it is Parquet, cut short or damaged: {reason}") from fault
    return SeenFile(
        path, path.name, "parquet", "", "", "", "", 1, 0, table.rows, table.columns, (*notes, *table.notes), table.path
    )
