"""One table as a file of its own, where a person names it."""

import os
from pathlib import Path

import polars as pl

from tierctl.findings import CannotRunError, error
from tierctl.report.formats import Format
from tierctl.report.tables import write_table
from tierctl.report.write import unwritable
from tierctl.workspace import Workspace


def write_file(table: pl.DataFrame, path: Path, workspace: Workspace) -> None:
    """Write the table over the file, in the format by which its name ends; a reader finds it whole or not at all.

    Raises:
        CannotRunError: the file lies in the ledger, or cannot be written.
    """
    if path.resolve().is_relative_to(workspace.ledger.resolve()):
        message = "the file lies in the ledger, which holds closed months only"
        raise CannotRunError([error("reports-unwritable", path, "", message, "name a file elsewhere")])
    unfinished = path.with_name(f".{path.name}.tmp-{os.getpid()}")
    try:
        write_table(table, unfinished, Format(path.suffix.removeprefix(".").lower()))
        unfinished.replace(path)
    except OSError as fault:
        raise CannotRunError([unwritable(path, fault)]) from fault
    finally:
        unfinished.unlink(missing_ok=True)
