"""The sample of Infusionsoft with four months closed, as tests of verify and diff break it."""

import json
import shutil
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from tests.cli.conftest import Outcome
from tests.sample import copy_workspace
from tierctl import resources
from tierctl.cli import app

MONTHS = ("2017-12", "2018-01", "2018-02", "2018-03")
# A service package that PN-102 sold is invoiced and paid in February; nobody had told by the close.
LATE_INVOICE = "BL-9001,IO-17-005,PN-102,102-03,Service Package,500.00,USD,02/20/2018,Due on receipt"
LATE_PAYMENT = "RC-9001,BL-9001,02/22/2018,500.00,USD,Card"
DECIDED_LATE = "D-002,PN-103,infusionsoft,var,pro,approved,2018-02-10,2018-12-31,R. Castellan,Late,2018-05-01"

Move = tuple[str, str, str, str | None, str | None, Decimal | None]


def call(root: Path, *arguments: str) -> Outcome:
    """Runs a command in a workspace; its exit code is the caller's to judge."""
    result = CliRunner().invoke(app, ["-C", str(root), *arguments], catch_exceptions=False)
    return Outcome(result.exit_code, result.stdout, result.stderr)


def close_months(root: Path, *months: str) -> None:
    """Closes months in turn."""
    for month in months:
        outcome = call(root, "close", "--month", month, "--quiet")
        assert (outcome.code, outcome.err) == (0, "")


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample, closed through March 2018; no test changes it."""
    root = copy_workspace(tmp_path_factory.mktemp("closed") / "infusionsoft", "infusionsoft")
    close_months(root, *MONTHS)
    return root


@pytest.fixture
def root(closed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of it that a test may change; pages are 80 columns wide."""
    monkeypatch.setenv("COLUMNS", "80")
    for name in ("FORCE_COLOR", "NO_COLOR", "TTY_COMPATIBLE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    return Path(shutil.copytree(closed, tmp_path / "ws"))


def add(root: Path, export: str, *lines: str) -> None:
    """Adds lines to an export's file."""
    with (root / "exports" / export).open("a", encoding="utf-8") as file:
        file.writelines(f"{line}\n" for line in lines)


def change(root: Path, export: str, old: str, new: str, *, encoding: str = "utf-8") -> None:
    """Changes an export's file in one place."""
    path = root / "exports" / export
    text = path.read_text(encoding=encoding)
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), encoding=encoding)


def late_row(root: Path) -> None:
    """A row of February comes after its close: 20 % of 500."""
    add(root, "invoices.csv", LATE_INVOICE)
    add(root, "payments.csv", LATE_PAYMENT)


def own_program(root: Path, change: Callable[[str], str]) -> None:
    """The bundled program as a file of the workspace's own, with a change in it."""
    text = (resources.bundled_programs() / "infusionsoft.toml").read_text(encoding="utf-8")
    assert change(text) != text
    (root / "program.toml").write_text(change(text), encoding="utf-8")
    toml = root / "tierctl.toml"
    told = toml.read_text(encoding="utf-8").replace('programs = ["infusionsoft"]', 'programs = ["program.toml"]')
    toml.write_text(told, encoding="utf-8")


def content_of(outcome: Outcome) -> Any:
    """What a command said as JSON, its numbers exact."""
    return json.loads(outcome.out, parse_float=Decimal, parse_int=Decimal)


def moves_of(outcome: Outcome, month: str) -> list[Move]:
    """The differences of a month: cause, partner, item, before, after, difference."""
    rows = content_of(outcome)["tables"]["differences"]
    names = ("cause", "partner_id", "item", "before", "after", "difference")
    found = [tuple(row[name] for name in names) for row in rows if row["month"] == month]
    return sorted(found, key=lambda row: row[:3])
