"""A review's folder: tables in every format asked for, pages, summary.json and manifest.json, put in place at once."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from tierctl.disk import reason
from tierctl.findings import CannotRunError, Finding, error, warning
from tierctl.report import manifest
from tierctl.report.exact_json import write_json
from tierctl.report.formats import WHOLE, Format, formats_of
from tierctl.report.swap import replace_folder
from tierctl.report.tables import Table, write_table
from tierctl.report.workbook import MOST_ROWS, too_long, write_workbook

SUMMARY = "summary.json"

_DROPPINGS = {".DS_Store"}
"""What a file manager leaves in any folder that it has shown."""


def write_review(
    folder: Path,
    tables: Mapping[str, Table],
    *,
    formats: Sequence[Format] | None,
    summary: Mapping[str, Any],
    origin: manifest.Origin,
    pages: Iterable[tuple[str, str]] = (),
) -> list[Finding]:
    """Write the reports, and put them in the place of the ones in `folder` only once they are whole.

    Args:
        folder: what receives the files; what stands in it now goes, formats not asked for this time included.
        tables: the reports by name, conformed to their contracts and so sorted by their keys.
        formats: the formats asked for; None: each table's usual one. That HTML is among them writes nothing here: its
            page is one of `pages`.
        summary: the content of summary.json.
        origin: what the review was made from.
        pages: further files one by one, each by its path in the folder and with its text.

    Returns:
        A warning for each table that a sheet has no room for, and for each hidden folder beside the reports that is
        left of an earlier run and cannot be removed.

    Raises:
        CannotRunError: the folder holds files that tierctl did not write, or cannot be written; it is as before.
    """
    refuse_foreign(folder)

    has_book = Format.XLSX in (formats or ())
    beside = too_long(tables) if has_book else ()

    def fill(into: Path) -> None:
        outputs = [
            _write_one(into / f"{name}.{format_}", tables[name], format_)
            for name in sorted(tables)
            for format_ in sorted({*formats_of(name, formats), *([Format.PARQUET] if name in beside else [])})
        ]
        if has_book:
            write_workbook(tables, into / WHOLE[Format.XLSX], origin.month)
            outputs.append(_listed(into, WHOLE[Format.XLSX]))
        outputs += (_write_page(into, path, text) for path, text in pages)
        write_json(into / SUMMARY, summary)
        outputs.append(_listed(into, SUMMARY))
        write_json(into / manifest.NAME, manifest.manifest(origin, outputs))

    try:
        left = replace_folder(folder, fill)
    except OSError as fault:
        raise CannotRunError([unwritable(folder, fault)]) from fault
    return [*(_too_long(folder, name) for name in beside), *map(_left, left)]


def refuse_foreign(folder: Path) -> None:
    """Refuse to replace a folder that holds anything but a review's own files.

    Raises:
        CannotRunError: `folder` is a file or a link, or holds what no manifest of tierctl's lists.
    """
    if folder.is_symlink():
        message = "the reports' folder is a link, and a review replaces its folder as a whole"
        raise CannotRunError([error("reports-foreign-files", folder, "", message, "name the folder that it leads to")])
    if not folder.exists():
        return
    if not folder.is_dir():
        raise CannotRunError([error("reports-foreign-files", folder, "", "the reports' folder is a file")])
    own = listed_files(folder / manifest.NAME)
    foreign = list(_strangers(folder, PurePosixPath(), own))
    if foreign:
        more = f" and {len(foreign) - 1} more" if len(foreign) > 1 else ""
        message = f"the reports would replace the folder, and tierctl did not write what is in it: {foreign[0]}{more}"
        hint = "move what you want to keep elsewhere, or name another folder with --out"
        raise CannotRunError([error("reports-foreign-files", folder, "", message, hint)])


def _strangers(folder: Path, here: PurePosixPath, own: set[str]) -> Iterator[str]:
    """What lies in the folder and is none of its own files, by its path; `here` is the path that the folder has."""
    folders = {str(parent) for path in own for parent in PurePosixPath(path).parents}
    for path in sorted(folder.iterdir()):
        place = here / path.name
        is_folder = path.is_dir() and not path.is_symlink()
        if is_folder and str(place) in folders:
            yield from _strangers(path, place, own)
        elif is_folder or (str(place) not in own and path.name not in _DROPPINGS):
            yield str(place)


def unwritable(place: Path, fault: OSError) -> Finding:
    """The finding of a place where nothing can be written."""
    message = f"the reports cannot be written: {reason(fault)}"
    return error("reports-unwritable", place, "", message, "nothing was changed")


def _left(path: Path) -> Finding:
    message = "the reports are whole, and this folder, left of an earlier run, cannot be removed"
    return warning("reports-leftover", path, "", message, "remove it with the rights of its owner; nothing needs it")


def _too_long(folder: Path, table: str) -> Finding:
    message = f"a sheet has room for {MOST_ROWS:,} rows, and {table} has more: it is not in the workbook"
    hint = f"all of its rows are in {table}.{Format.PARQUET} beside it"
    return warning("xlsx-table-too-long", folder / WHOLE[Format.XLSX], table, message, hint)


def listed_files(path: Path) -> set[str]:
    """The files that a list such as a manifest names, itself included; none where it is missing or not tierctl's."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return set()
    if not isinstance(content, dict) or "tierctl" not in content:
        return set()
    outputs = content.get("outputs")
    listed = outputs if isinstance(outputs, list) else []
    return {path.name, *(str(output.get("path")) for output in listed if isinstance(output, dict))}


def _write_page(folder: Path, relative: str, text: str) -> manifest.OutputFile:
    path = folder / relative
    path.parent.mkdir(parents=True, exist_ok=True)
    # A second page of that name would take the place of the first without a word.
    with path.open("x", encoding="utf-8", newline="\n") as file:
        file.write(text)
    return _listed(folder, relative)


def _listed(folder: Path, relative: str) -> manifest.OutputFile:
    """A file that is not a table."""
    return manifest.OutputFile(relative, manifest.digest(folder / relative), None)


def _write_one(path: Path, df: Table, format_: Format) -> manifest.OutputFile:
    write_table(df, path, format_)
    return manifest.OutputFile(path.name, manifest.digest(path), df.height)
