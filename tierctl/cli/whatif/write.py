"""Where a what-if is written: a folder with every table and the page, or the page alone; both whole or not at all."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import polars as pl

from tierctl import __version__
from tierctl.cli.common import shown
from tierctl.findings import CannotRunError, Finding, error, warning
from tierctl.report.exact_json import write_json
from tierctl.report.formats import Format, formats_of
from tierctl.report.manifest import digest
from tierctl.report.swap import replace_folder
from tierctl.report.tables import write_table
from tierctl.report.write import listed_files, unwritable
from tierctl.workspace import Workspace

PAGE: Final = "whatif.html"
LIST: Final = "whatif.json"
_DROPPINGS: Final = {".DS_Store"}


def refuse_folder(folder: Path, workspace: Workspace) -> Path:
    """The folder as it is told, once it is known that a what-if may replace it.

    Raises:
        CannotRunError: it lies in the ledger or among the reports, is the current folder, or holds anything that no
            what-if has written.
    """
    _refuse_place(folder, workspace)
    if folder.resolve() == Path.cwd():
        message = "a what-if replaces its folder as a whole, so it cannot be the folder that you are in"
        raise CannotRunError([error("reports-unwritable", folder, "", message, "name a folder below it")])
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        message = "a what-if replaces its folder as a whole, and this is a link or a file"
        raise CannotRunError([error("reports-foreign-files", folder, "", message, "name another folder with --out")])
    own = listed_files(folder / LIST) | _DROPPINGS
    foreign = sorted(path.name for path in folder.iterdir() if path.name not in own) if folder.exists() else []
    if foreign:
        more = f" and {len(foreign) - 1} more" if len(foreign) > 1 else ""
        message = f"a what-if would replace the folder, and none has written what is in it: {foreign[0]}{more}"
        hint = "move what you want to keep elsewhere, or name another folder with --out"
        raise CannotRunError([error("reports-foreign-files", folder, "", message, hint)])
    return Path(shown(folder.resolve()))


def refuse_page(path: Path, folder: Path | None, workspace: Workspace) -> None:
    """Refuse a page in a place that belongs to reviews and closes, or that is replaced.

    Args:
        path: the page.
        folder: the folder that is written beside; None: there is none.
        workspace: the workspace.

    Raises:
        CannotRunError: it lies in the ledger, among the reports or in the folder.
    """
    _refuse_place(path, workspace)
    if folder is not None and path.resolve().is_relative_to(folder.resolve()):
        message = f"this lies in {shown(folder)}, which is replaced as a whole and gets the page as {PAGE}"
        hint = "name a place elsewhere, or leave out --html"
        raise CannotRunError([error("reports-unwritable", path, "", message, hint)])


def write_folder(
    folder: Path,
    tables: Mapping[str, pl.DataFrame],
    page: str,
    *,
    asked: Mapping[str, Any],
    formats: Sequence[Format] | None,
) -> list[Finding]:
    """Write every table and the page, and put them in the place of what is in the folder only once they are whole.

    Args:
        folder: what receives the files, see `refuse_folder`.
        tables: the answer's tables by name.
        page: the page.
        asked: what was asked, for whatif.json, which also lists the files with their digests.
        formats: the formats of every table; None: CSV.

    Returns:
        A warning for what is left of an earlier run beside the folder and cannot be removed.

    Raises:
        CannotRunError: the folder cannot be written; it is as before.
    """

    def fill(into: Path) -> None:
        for name, table in tables.items():
            for format_ in formats_of(name, formats):
                write_table(table, into / f"{name}.{format_}", format_)
        (into / PAGE).write_text(page, encoding="utf-8", newline="\n")
        outputs = [{"path": path.name, "sha256": digest(path)} for path in sorted(into.iterdir())]
        write_json(into / LIST, {"tierctl": __version__, **asked, "outputs": outputs})

    try:
        left = replace_folder(folder, fill)
    except OSError as fault:
        raise CannotRunError([unwritable(folder, fault)]) from fault
    message = "the what-if is whole, and this folder, left of an earlier run, cannot be removed"
    hint = "remove it with the rights of its owner; nothing needs it"
    return [warning("reports-leftover", path, "", message, hint) for path in left]


def write_page(path: Path, page: str) -> None:
    """Write the page over the file; a reader finds it whole or not at all.

    Raises:
        CannotRunError: it cannot be written; the file is as before.
    """
    unfinished = path.with_name(f".{path.name}.tmp-{os.getpid()}")
    try:
        unfinished.write_text(page, encoding="utf-8", newline="\n")
        unfinished.replace(path)
    except OSError as fault:
        raise CannotRunError([unwritable(path, fault)]) from fault
    finally:
        unfinished.unlink(missing_ok=True)


def _refuse_place(path: Path, workspace: Workspace) -> None:
    for place, whose in ((workspace.ledger, "the ledger"), (workspace.reports, "the reports")):
        if path.resolve().is_relative_to(place.resolve()):
            message = f"a what-if changes nothing that a review or a close has written, and this lies in {whose}"
            raise CannotRunError([error("reports-unwritable", path, "", message, "name a place elsewhere")])
