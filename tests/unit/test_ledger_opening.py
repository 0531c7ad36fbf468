"""What closes carry over to the reviews after them, and that nothing is read that differs from its digest."""

import shutil
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from tests.unit.small_ledger import sealed
from tierctl.contracts import NUMBER, ledger_contract, report_contract
from tierctl.findings import CannotRunError
from tierctl.ledger.closes import Ledger
from tierctl.ledger.opening import carried
from tierctl.report.formats import Format
from tierctl.report.tables import write_table

TRACK = {"program": "elevate", "track": "reseller", "qualification": None, "partner_id": "P-1"}
MONEY = ("opening_balance", "earned", "adjustments", "clawbacks", "balance", "payable", "closing_balance")


def of(contract: Any, rows: list[dict[str, Any]]) -> pl.DataFrame:
    """Rows of a contract, empty where nothing is said."""
    return pl.DataFrame(
        [{name: row.get(name) for name in contract.names} for row in rows], schema=contract.polars_schema
    )


def grant(month: str, tier: str, through: date | None) -> dict[str, Any]:
    first = date(2025, 1, 1)
    held = {"month": month, "state": "grant", "rank": 1, "tier": tier, "basis": "earned", "from": first}
    return {**TRACK, **held, "through": through}


def statement(partner: str, currency: str, closing: str, payee: str | None = None) -> dict[str, Any]:
    texts = {"program": "elevate", "partner_id": partner, "payee_id": payee, "month": "2025-04", "currency": currency}
    paid = {"status": "pay", "pay_on": date(2025, 6, 20)}
    return {**texts, **paid, **dict.fromkeys(MONEY, Decimal(0)), "closing_balance": Decimal(closing)}


def position(amount: str) -> dict[str, Any]:
    row = {"kind": "commissions", "rule": "residual", "source": "mrr", "source_id": "L-1", "currency": "USD"}
    months = {"from_month": "2025-04", "through_month": "2025-04", "amount": Decimal(amount), "taken": Decimal(0)}
    return {"program": "elevate", "track": "reseller", "partner_id": "P-1", **row, **months}


def fill(
    folder: Path,
    label: str,
    amount: str,
    statements: list[dict[str, Any]],
    format_: Format = Format.CSV,
) -> Mapping[str, int]:
    """Write what a close carries over."""
    tables = {
        "grants": [grant(label, "gold", date(2025, 12, 31))],
        "statuses": [{**TRACK, "month": label, "status": "active", "earned_rank": 1, "earned_tier": "gold"}],
        "position": [position(amount)],
    }
    for name in ("state", "reports", "inputs/mrr", "inputs/partners", "inputs/empty"):
        (folder / name).mkdir(parents=True)
    for name, rows in tables.items():
        of(ledger_contract(name), rows).write_parquet(folder / "state" / f"{name}.parquet")
    path = folder / "reports" / f"statements.{format_}"
    write_table(of(report_contract("statements"), statements), path, format_)
    for name in ("mrr/part-0000", "mrr/part-0001", "partners/part-0000"):
        pl.DataFrame({"id": [f"{label} {name}"]}).write_parquet(folder / "inputs" / f"{name}.parquet")
    return {}


STATEMENTS = [
    statement("P-1", "EUR", "12.50"),
    statement("P-1", "USD", "0"),
    statement("P-2", "USD", "-0.01", payee="H-2"),
    statement("007", "USD", "100000000000000000000.000001"),
]


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """April and May 2025 are closed; of April nothing is unpaid that May does not carry."""
    ledger = Ledger(tmp_path_factory.mktemp("original") / "ledger")
    sealed(ledger, "2025-04", fill=lambda folder: fill(folder, "2025-04", "10.00", [statement("P-9", "USD", "7")]))
    sealed(ledger, "2025-05", fill=lambda folder: fill(folder, "2025-05", "25.50", STATEMENTS))
    for path in [ledger.folder, *ledger.folder.rglob("*")]:
        path.chmod(0o755 if path.is_dir() else 0o644)
    return ledger.folder


@pytest.fixture
def ledger(original: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Ledger:
    """A copy of the original, in the current folder."""
    monkeypatch.chdir(tmp_path)
    shutil.copytree(original, "ledger")
    return Ledger(Path("ledger"))


def test_grants_and_statuses_are_of_all_closes(ledger: Ledger) -> None:
    left = carried(ledger.closes())
    assert_frame_equal(
        left.grants,
        of(ledger_contract("grants"), [grant(label, "gold", date(2025, 12, 31)) for label in ("2025-04", "2025-05")]),
    )
    assert left.statuses.select("month", "status", "earned_rank").rows() == [
        ("2025-04", "active", 1),
        ("2025-05", "active", 1),
    ]
    assert (left.month, left.money_from) == ("2025-05", "2025-04")


def test_the_position_is_that_of_the_last_close(ledger: Ledger) -> None:
    (part,) = carried(ledger.closes()).position
    assert_frame_equal(part.collect(), of(ledger_contract("position"), [position("25.50")]))
    (before,) = carried(ledger.before("2025-05")).position
    assert before.collect()["amount"].to_list() == [Decimal(10)]


def test_balances_are_what_the_last_close_left_unpaid_to_the_last_digit(ledger: Ledger) -> None:
    schema = {"program": pl.String, "partner_id": pl.String, "currency": pl.String, "payee_id": pl.String}
    expected = pl.DataFrame(
        [
            ("elevate", "P-1", "EUR", None, Decimal("12.50")),
            ("elevate", "P-2", "USD", "H-2", Decimal("-0.01")),
            ("elevate", "007", "USD", None, Decimal("100000000000000000000.000001")),
        ],
        schema={**schema, "balance": NUMBER},
        orient="row",
    )
    assert_frame_equal(carried(ledger.closes()).balances, expected)


def test_statements_are_read_from_parquet_too(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger")
    sealed(ledger, "2025-04", fill=lambda folder: fill(folder, "2025-04", "1", STATEMENTS, Format.PARQUET))
    assert carried(ledger.closes()).balances["balance"].to_list() == [
        Decimal("12.5"),
        Decimal("-0.01"),
        Decimal("100000000000000000000.000001"),
    ]


def test_there_may_be_nothing_unpaid(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger")
    sealed(ledger, "2025-04", fill=lambda folder: fill(folder, "2025-04", "1", []))
    assert carried(ledger.closes()).balances.is_empty()


def test_the_rows_that_were_read_come_in_their_parts(ledger: Ledger) -> None:
    read = carried(ledger.closes()).read
    assert {export: [part.collect()["id"].item() for part in parts] for export, parts in read.items()} == {
        "mrr": ["2025-05 mrr/part-0000", "2025-05 mrr/part-0001"],
        "partners": ["2025-05 partners/part-0000"],
    }


def test_a_file_that_was_added_is_not_read(ledger: Ledger) -> None:
    added = ledger.folder / "2025-05" / "inputs" / "mrr" / "part-0002.parquet"
    pl.DataFrame({"id": ["more"]}).write_parquet(added)
    assert len(carried(ledger.closes()).read["mrr"]) == 2


# ---- damaged

READ = (
    "2025-04/state/grants.parquet",
    "2025-04/state/statuses.parquet",
    "2025-05/state/grants.parquet",
    "2025-05/state/statuses.parquet",
    "2025-05/state/position.parquet",
    "2025-05/reports/statements.csv",
    "2025-05/inputs/mrr/part-0001.parquet",
    "2025-05/inputs/partners/part-0000.parquet",
)
NOT_READ = ("2025-04/state/position.parquet", "2025-04/reports/statements.csv", "2025-04/inputs/mrr/part-0000.parquet")


@pytest.mark.parametrize("name", READ)
@pytest.mark.parametrize("how", ["flipped", "truncated", "missing", "a link"])
def test_what_is_read_is_as_it_was_sealed(ledger: Ledger, name: str, how: str) -> None:
    path = ledger.folder / name
    content = path.read_bytes()
    path.unlink()
    if how == "flipped":
        path.write_bytes(content[:20] + bytes([content[20] ^ 1]) + content[21:])
    elif how == "truncated":
        path.write_bytes(content[:-4])
    elif how == "a link":
        Path("kept").write_bytes(content)
        path.symlink_to(Path("kept").absolute())
    with pytest.raises(CannotRunError) as refused:
        carried(ledger.closes())
    assert [(finding.code, finding.source) for finding in refused.value.findings] == [
        ("ledger-damaged", f"ledger/{name}")
    ]


@pytest.mark.parametrize("name", NOT_READ)
def test_what_is_not_read_is_left_to_verify(ledger: Ledger, name: str) -> None:
    (ledger.folder / name).unlink()
    assert carried(ledger.closes()).month == "2025-05"


def test_all_faults_are_told_at_once(ledger: Ledger) -> None:
    for name in READ:
        (ledger.folder / name).write_bytes(b"")
    with pytest.raises(CannotRunError) as refused:
        carried(ledger.closes())
    assert [finding.source for finding in refused.value.findings] == [f"ledger/{name}" for name in READ]


@pytest.mark.parametrize(
    ("missing", "message"),
    [
        ("state/position.parquet", "it lists no state/position.parquet"),
        ("reports/statements.csv", "it lists no table statements"),
    ],
)
def test_a_close_without_what_is_read_is_damaged(tmp_path: Path, missing: str, message: str) -> None:
    def without(folder: Path) -> Mapping[str, int]:
        fill(folder, "2025-04", "1", [])
        (folder / missing).unlink()
        return {}

    ledger = Ledger(tmp_path / "ledger")
    sealed(ledger, "2025-04", fill=without)
    with pytest.raises(CannotRunError) as refused:
        carried(ledger.closes())
    (finding,) = refused.value.findings
    assert (finding.source, finding.message) == (f"{ledger.folder}/2025-04/manifest.json", message)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("state/grants.parquet", "it cannot be read as Parquet: "),
        ("state/position.parquet", "it cannot be read as Parquet: "),
        ("reports/statements.csv", "it cannot be read as the table statements: "),
    ],
)
def test_what_was_sealed_and_is_no_table_is_damaged(tmp_path: Path, name: str, message: str) -> None:
    def with_text(folder: Path) -> Mapping[str, int]:
        fill(folder, "2025-04", "1", [])
        (folder / name).write_text("no,table\n")
        return {}

    ledger = Ledger(tmp_path / "ledger")
    sealed(ledger, "2025-04", fill=with_text)
    with pytest.raises(CannotRunError) as refused:
        carried(ledger.closes())
    (finding,) = refused.value.findings
    assert finding.source == f"{ledger.folder}/2025-04/{name}"
    assert finding.message.startswith(message)


def test_a_table_with_other_columns_is_damaged(tmp_path: Path) -> None:
    def with_a_float(folder: Path) -> Mapping[str, int]:
        fill(folder, "2025-04", "1", [])
        path = folder / "state" / "position.parquet"
        pl.read_parquet(path).cast({"amount": pl.Float64}).write_parquet(path)
        return {}

    ledger = Ledger(tmp_path / "ledger")
    sealed(ledger, "2025-04", fill=with_a_float)
    with pytest.raises(CannotRunError, match=r"its columns are program, track, .* in their types"):
        carried(ledger.closes())


def test_a_folder_whose_name_is_a_pattern_is_read(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "[books] *" / "ledger")
    sealed(ledger, "2025-04", fill=lambda folder: fill(folder, "2025-04", "1", STATEMENTS))
    left = carried(ledger.closes())
    assert (left.balances.height, left.position[0].collect().height, len(left.read["mrr"])) == (3, 1, 2)
    assert left.read["mrr"][0].collect().height == 1
