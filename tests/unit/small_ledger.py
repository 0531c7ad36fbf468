"""A ledger of small closes for tests: months of 2025 whose files are a line each."""

from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from types import MappingProxyType

from tierctl.fiscal import Calendar
from tierctl.ingest.read import InputFile
from tierctl.ledger.closes import Close, Ledger
from tierctl.ledger.seal import Contents, seal
from tierctl.report.manifest import SourceFile

FILES: Mapping[str, str] = MappingProxyType({
    "reports/standing.csv": "program,partner_id\n",
    "reports/commissions.parquet": "PAR1",
    "reports/summary.json": "{}\n",
    "state/position.parquet": "PAR1 and more",
    "inputs/mrr/part-0000.parquet": "PAR1 and rows",
    "config/tierctl.toml": 'programs = ["elevate"]\n',
})  # fmt: skip
ROWS: Mapping[str, int] = MappingProxyType({"reports/standing.csv": 0, "state/position.parquet": 3})
RECORD: Mapping[str, str] = MappingProxyType({"closed_at": "2025-07-01T06:00:00Z", "closed_by": "kim"})
REASON: Mapping[str, str] = MappingProxyType({
    "reason": "wrong rate", "reopened_at": "2025-07-02T06:00:00Z", "reopened_by": "kim",
})  # fmt: skip


def contents(label: str, *, kind: str = "close") -> Contents:
    """What the close of a calendar month of 2025 was made from."""
    return Contents(
        kind=kind,
        month=Calendar.months().month(label, today=date(2026, 1, 1)),
        money_from="2025-04",
        workspace=SourceFile("tierctl.toml", "1" * 64),
        programs=(SourceFile("programs/elevate.toml", "2" * 64),),
        inputs=(InputFile("mrr", "exports/mrr.csv", "3" * 64, 12),),
        accepted={"rejects": None, "removals": None, "adjustments": None, "left_held": False},
    )


def fill(folder: Path, files: Mapping[str, str] = FILES) -> Mapping[str, int]:
    """Write the files of a close."""
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")
    return ROWS if files is FILES else {}


def sealed(
    ledger: Ledger,
    label: str,
    *,
    fill: Callable[[Path], Mapping[str, int]] = fill,
    record: Mapping[str, str] = RECORD,
) -> Close:
    """Seal a month with these files."""
    return seal(ledger, contents(label), record, fill)


def tree(folder: Path) -> dict[str, bytes]:
    """Every file below the folder with its content, hidden ones too."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
