"""Lines of a review on their way to the reports: kept in files, in the order of their key."""

from pathlib import Path

import polars as pl
import pytest

from tierctl.cli.line_spool import LineSpool
from tierctl.contracts import ContractError, conform, empty, report_contract
from tierctl.report.formats import Format
from tierctl.report.tables import write_table
from tierctl.reward.sink import LINES

ROWS = [("a", "P1", "L1"), ("a", "P1", "L2"), ("a", "P2", "L0"), ("b", "P1", "L0")]


def lines(*rows: tuple[str, str, str]) -> pl.DataFrame:
    """Rows of not_earned: program, partner, source row."""
    contract = report_contract("not_earned")
    blank = {field.name: "x" for field in contract.fields} | {"month": "2025-05"}
    filled = [{**blank, "program": program, "partner_id": partner, "source_id": id_} for program, partner, id_ in rows]
    return conform(pl.DataFrame(filled, schema=contract.polars_schema), contract)


@pytest.mark.parametrize("cuts", [[4], [1, 3], [1, 0, 1, 2], [2, 2, 0]])
def test_chunks_come_back_as_one_table(tmp_path: Path, cuts: list[int]) -> None:
    spool = LineSpool(tmp_path / "lines")
    at = 0
    for height in cuts:
        spool.add("not_earned", lines(*ROWS).slice(at, height))
        at += height
    table = spool.tables["not_earned"]
    assert table.height == len(ROWS)
    assert table.scan().collect().equals(lines(*ROWS))
    write_table(table, tmp_path / "cut.parquet", Format.PARQUET)
    write_table(lines(*ROWS), tmp_path / "whole.parquet", Format.PARQUET)
    assert (tmp_path / "cut.parquet").read_bytes() == (tmp_path / "whole.parquet").read_bytes()


def test_without_lines_the_tables_are_empty(tmp_path: Path) -> None:
    tables = LineSpool(tmp_path / "lines").tables
    assert {name: table.scan().collect().equals(empty(report_contract(name))) for name, table in tables.items()} == (
        dict.fromkeys(LINES, True)
    )
    assert not (tmp_path / "lines").exists()


@pytest.mark.parametrize("again", [ROWS[0], ROWS[1], ("a", "P1", "L15")])
def test_lines_out_of_order_are_a_fault_of_ours(tmp_path: Path, again: tuple[str, str, str]) -> None:
    spool = LineSpool(tmp_path)
    spool.add("not_earned", lines(*ROWS[:2]))
    with pytest.raises(ContractError, match="not_earned: lines of"):
        spool.add("not_earned", lines(again))
    spool.add("not_earned", lines(ROWS[2]))
