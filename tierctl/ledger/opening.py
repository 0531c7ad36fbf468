"""What the closes carry over, read for a review to open from; nothing is read that differs from its digest."""

from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import Final

import polars as pl

from tierctl.carried import ENTERED, Carried
from tierctl.contracts import Contract, export_contract, ledger_contract, report_contract
from tierctl.findings import CannotRunError, Finding
from tierctl.ledger.closes import Close
from tierctl.ledger.layout import MANIFEST, compare, damaged
from tierctl.ledger.sealed import listed
from tierctl.report.csv_cells import scan_csv

_STATE: Final = "state"
_INPUTS: Final = "inputs"
_MISSING: Final = "missing"
_OF_ALL: Final = ("grants", "statuses")
_POSITION: Final = "position"
_STATEMENTS: Final = "statements"
_OWED: Final = ("program", "partner_id", "currency", "payee_id", "closing_balance")


def carried(closes: Sequence[Close]) -> Carried:
    """What closed months left for the reviews after them.

    Args:
        closes: all closes before the month under review, oldest first; at least one.

    Returns:
        Grants, statuses, decisions and enrollments of all closes, in their order; position, unpaid balances and rows
        read of the last. A frame
        has its contract's columns and types, the rows that were read those of their time.

    Raises:
        CannotRunError: a file that is read here is missing, unreadable, or not as it was sealed; with every fault.
    """
    last = closes[-1]
    if faults := _read_faults(closes):
        raise CannotRunError(faults)
    tables = {
        name: pl.concat([_read(close.file(_state(name)), ledger_contract(name)) for close in closes])
        for name in _OF_ALL
    }
    return Carried(
        month=last.label,
        money_from=last.manifest["money_from"],
        grants=tables["grants"],
        statuses=tables["statuses"],
        position=(_scan(last.file(_state(_POSITION)), ledger_contract(_POSITION)),),
        balances=_balances(last),
        read={
            export: tuple(pl.scan_parquet(last.file(path), glob=False) for path in paths)
            for export, paths in _inputs(last).items()
        },
        missing={PurePosixPath(path).stem: _read_missing(last.file(path)) for path in _missing(last)},
        entered={
            export: tuple(
                pl.scan_parquet(close.file(path), glob=False).select(export_contract(export).names)
                for close in closes
                for path in _inputs(close).get(export, ())
            )
            for export in ENTERED
        },
    )


def _missing(close: Close) -> list[str]:
    """The files of rows that were missing at a close, by their paths in the folder."""
    return [path for path in sorted(listed(close.manifest)) if PurePosixPath(path).parts[0] == _MISSING]


def _read_missing(path: Path) -> pl.DataFrame:
    try:
        return pl.read_parquet(path, glob=False)
    except pl.exceptions.PolarsError as fault:
        raise CannotRunError([damaged(path, f"it cannot be read as Parquet: {fault}")]) from fault


def _state(name: str) -> str:
    return f"{_STATE}/{name}.parquet"


def _inputs(close: Close) -> dict[str, list[str]]:
    """The parts of every export that was read, by their paths in the folder."""
    parts: dict[str, list[str]] = {}
    for path in sorted(listed(close.manifest)):
        folder, *export_and_part = PurePosixPath(path).parts
        if folder == _INPUTS and len(export_and_part) > 1:
            parts.setdefault(export_and_part[0], []).append(path)
    return parts


def _read_faults(closes: Sequence[Close]) -> list[Finding]:
    """What is wrong with the files that are read of the closes."""
    last = closes[-1]
    faults = [fault for close in closes for name in _OF_ALL for fault in _file_faults(close, _state(name))]
    faults += _file_faults(last, _state(_POSITION))
    if _STATEMENTS in last.tables():
        faults += _file_faults(last, last.tables()[_STATEMENTS].relative_to(last.folder).as_posix())
    else:
        faults.append(damaged(last.folder / MANIFEST, f"it lists no table {_STATEMENTS}"))
    read = [(last, path) for paths in (_missing(last), *_inputs(last).values()) for path in paths]
    entered = [(close, path) for close in closes[:-1] for name in ENTERED for path in _inputs(close).get(name, ())]
    faults += [fault for close, path in (*read, *entered) for fault in _file_faults(close, path)]
    return faults


def _file_faults(close: Close, relative: str) -> list[Finding]:
    """Whether the manifest lists the file, and it is as it was sealed."""
    sealed, path = listed(close.manifest).get(relative), close.file(relative)
    if sealed is None:
        return [damaged(close.folder / MANIFEST, f"it lists no {relative}")]
    return compare(path, sealed)


def _scan(path: Path, contract: Contract) -> pl.LazyFrame:
    """A table of the ledger's own, whose columns are those of its contract."""
    lf = pl.scan_parquet(path, glob=False)
    try:
        found = lf.collect_schema()
    except pl.exceptions.PolarsError as fault:
        raise CannotRunError([damaged(path, f"it cannot be read as Parquet: {fault}")]) from fault
    if found != contract.polars_schema:
        message = f"its columns are {', '.join(found)}, and not {', '.join(contract.names)} in their types"
        raise CannotRunError([damaged(path, message)])
    return lf


def _read(path: Path, contract: Contract) -> pl.DataFrame:
    try:
        return _scan(path, contract).collect()
    except pl.exceptions.PolarsError as fault:
        raise CannotRunError([damaged(path, f"it cannot be read as Parquet: {fault}")]) from fault


def _balances(close: Close) -> pl.DataFrame:
    """One row per program × partner_id × currency with an unpaid balance: payee_id (may be null), balance."""
    path, contract = close.tables()[_STATEMENTS], report_contract(_STATEMENTS)
    try:
        is_csv = path.suffix == ".csv"
        lf = scan_csv(path, contract.polars_schema) if is_csv else pl.scan_parquet(path, glob=False)
        df = lf.select(pl.col(name).cast(contract.polars_schema[name]) for name in _OWED).collect()
    except pl.exceptions.PolarsError as fault:
        raise CannotRunError([damaged(path, f"it cannot be read as the table {contract.name}: {fault}")]) from fault
    return df.filter(pl.col("closing_balance") != 0).rename({"closing_balance": "balance"})
