"""What a close keeps: the reports, the state that later reviews open from, what was read, and by which rules."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tierctl.cli.steps import Made
from tierctl.contracts import empty, ledger_contract
from tierctl.ingest.sealed import write_inputs
from tierctl.report.exact_json import write_json
from tierctl.report.formats import Format
from tierctl.report.tables import Table, write_table
from tierctl.report.write import SUMMARY
from tierctl.reward.sink import LINES, POSITION

STATEMENTS: Final = "statements"


def fill(made: Made, folder: Path) -> dict[str, int]:
    """Write all that is kept of a month into its folder.

    Args:
        made: the month as reviewed, to be closed.
        folder: an empty folder.

    Returns:
        The rows of each file that is a table, by its path in the folder.

    Raises:
        OSError: something cannot be written.
    """
    for name in ("reports", "state"):
        (folder / name).mkdir()
    rows = {}
    for path, table in (*_reports(made), *_state(made)):
        write_table(table, folder / path, Format(path.rpartition(".")[2]))
        rows[path] = table.height
    write_json(folder / "reports" / SUMMARY, made.counts)
    rows |= _missing(made, folder)
    rows |= {f"inputs/{path}": count for path, count in write_inputs(made.ingested.exports, folder / "inputs")}
    for file in made.plan.config.files:
        kept = folder / "config" / file.kept
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_bytes(file.content)
    return rows


def _reports(made: Made) -> Iterator[tuple[str, Table]]:
    """Those that may be as long as the exports are Parquet, the others are there to be read.

    Statements are kept even where nothing is paid: what is left unpaid is read from them.
    """
    for name, table in sorted({STATEMENTS: made.review.tables[STATEMENTS], **made.tables}.items()):
        yield f"reports/{name}.{Format.PARQUET if name in LINES else Format.CSV}", table


def _state(made: Made) -> Iterator[tuple[str, Table]]:
    closing = made.review.closing
    if closing is None:
        raise ValueError("the month was reviewed, but not to be closed")
    position = empty(ledger_contract(POSITION)) if made.position is None else made.position
    tables: dict[str, Table] = {"grants": closing.grants, "statuses": closing.statuses, POSITION: position}
    for name, table in tables.items():
        yield f"state/{name}.{Format.PARQUET}", table


def _missing(made: Made, folder: Path) -> dict[str, int]:
    """The rows that earlier closes read, and that are missing today: what was posted for them stays held."""
    found = made.review.closing.missing if made.review.closing else {}
    rows = {}
    for export, table in found.items():
        path = f"missing/{export}.parquet"
        (folder / path).parent.mkdir(exist_ok=True)
        write_table(table, folder / path, Format.PARQUET)
        rows[path] = table.height
    return rows
