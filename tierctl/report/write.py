"""A review's folder: every table in every format asked for, summary.json and manifest.json, put in place at once."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tierctl.disk import reason
from tierctl.findings import CannotRunError, Finding, error, warning
from tierctl.report import manifest
from tierctl.report.exact_json import write_json
from tierctl.report.formats import Format, formats_of
from tierctl.report.swap import replace_folder
from tierctl.report.tables import Table, write_table

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
) -> list[Finding]:
    """Write the reports, and put them in the place of the ones in `folder` only once they are whole.

    Args:
        folder: what receives the files; what stands in it now goes, formats not asked for this time included.
        tables: the reports by name, conformed to their contracts and so sorted by their keys.
        formats: the formats of every table; None: each table's usual one.
        summary: the content of summary.json.
        origin: what the review was made from.

    Returns:
        A warning for each hidden folder beside the reports that is left of an earlier run and cannot be removed.

    Raises:
        CannotRunError: the folder holds files that tierctl did not write, or cannot be written; it is as before.
    """
    refuse_foreign(folder)

    def fill(into: Path) -> None:
        outputs = [
            _write_one(into / f"{name}.{format_}", tables[name], format_)
            for name in sorted(tables)
            for format_ in sorted(formats_of(name, formats))
        ]
        write_json(into / SUMMARY, summary)
        outputs.append(manifest.OutputFile(SUMMARY, manifest.digest(into / SUMMARY), None))
        write_json(into / manifest.NAME, manifest.manifest(origin, outputs))

    try:
        left = replace_folder(folder, fill)
    except OSError as fault:
        raise CannotRunError([unwritable(folder, fault)]) from fault
    return [_left(path) for path in left]


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
    foreign = sorted(path.name for path in folder.iterdir() if path.name not in own | _DROPPINGS)
    if foreign:
        more = f" and {len(foreign) - 1} more" if len(foreign) > 1 else ""
        message = f"the reports would replace the folder, and tierctl did not write what is in it: {foreign[0]}{more}"
        hint = "move what you want to keep elsewhere, or name another folder with --out"
        raise CannotRunError([error("reports-foreign-files", folder, "", message, hint)])


def unwritable(place: Path, fault: OSError) -> Finding:
    """The finding of a place where nothing can be written."""
    message = f"the reports cannot be written: {reason(fault)}"
    return error("reports-unwritable", place, "", message, "nothing was changed")


def _left(path: Path) -> Finding:
    message = "the reports are whole, and this folder, left of an earlier run, cannot be removed"
    return warning("reports-leftover", path, "", message, "remove it with the rights of its owner; nothing needs it")


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


def _write_one(path: Path, df: Table, format_: Format) -> manifest.OutputFile:
    write_table(df, path, format_)
    return manifest.OutputFile(path.name, manifest.digest(path), df.height)
