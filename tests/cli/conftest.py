"""A small workspace and a way to run the command line in it."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tierctl.cli import app

TOML = """\
programs = ["elevate"]
[exports]
partners = { path = "exports/partners.csv" }
mrr = { path = "exports/mrr.csv" }
opportunities = { path = "exports/opportunities.csv" }
agreements = { path = "exports/agreements.csv" }
partner_services = { path = "exports/partner_services.csv" }
"""
PARTNERS = """\
partner_id,name,joined_on,Notes
P-1,Blue Harbor Networks,,
P-2,Clearview Voice and Data Systems of the Upper Valley,2025-02-10,old friend
P-3,Dune Telecom,2025-05-05,
"""
MRR_HEADER = "line_id,partner_id,customer_id,order_type,mrr,currency,sold_on,invoiced_on,cancelled_on\n"
MRR = f"""\
{MRR_HEADER}L-1,P-1,C-1,new_logo,26000.50,USD,2025-04-20,2025-05-02,
L-2,P-2,C-2,new_logo,9999.99,USD,2025-03-01,2025-03-05,
L-2,P-2,C-2,new_logo,9999.99,USD,2025-03-01,2025-03-05,
L-3,P-3,C-3,new_logo,100,USD,2025-06-01,2025-06-02,
"""
AGREEMENTS = """\
partner_id,effective_on,standard_rate
P-1,2025-01-01,0.1
P-2,2025-01-01,0.12
P-3,2025-01-01,0.08
"""
SERVICES = "service_id,partner_id,product,seats,mrc,currency,contract_months,starts_on\n"


@dataclass(frozen=True)
class Outcome:
    """How a command ended and what it said where."""

    code: int
    out: str
    err: str


Run = Callable[..., Outcome]


def opportunities(partner: str, count: int) -> str:
    """As many opportunities of a partner, all submitted on one day."""
    return "".join(f"O-{partner}-{n},{partner},2025-03-15,open\n" for n in range(count))


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    root = tmp_path / "ws"
    (root / "exports").mkdir(parents=True)
    (root / "tierctl.toml").write_text(TOML, encoding="utf-8")
    (root / "exports" / "partners.csv").write_text(PARTNERS, encoding="utf-8")
    (root / "exports" / "mrr.csv").write_text(MRR, encoding="utf-8")
    (root / "exports" / "agreements.csv").write_text(AGREEMENTS, encoding="utf-8")
    (root / "exports" / "partner_services.csv").write_text(SERVICES, encoding="utf-8")
    rows = "opportunity_id,partner_id,submitted_on,stage\n" + opportunities("P-1", 20) + opportunities("P-2", 10)
    (root / "exports" / "opportunities.csv").write_text(rows, encoding="utf-8")
    return root


@pytest.fixture
def run(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs tierctl inside the workspace, 80 columns wide, as a pipe sees it."""
    monkeypatch.chdir(workspace)
    monkeypatch.setenv("COLUMNS", "80")
    for name in ("FORCE_COLOR", "NO_COLOR", "TTY_COMPATIBLE"):
        monkeypatch.delenv(name, raising=False)

    def run(*arguments: str) -> Outcome:
        result = CliRunner().invoke(app, list(arguments), catch_exceptions=False)
        return Outcome(result.exit_code, result.stdout, result.stderr)

    return run


def break_mrr(workspace: Path) -> None:
    """Add two rows that a review has to leave out."""
    bad = "L-8,P-1,C-8,new_logo,12.3.4,USD,2025-04-20,2025-05-02,\nL-9,P-1,C-9,New Logo,5,USD,2025-04-20,2025-05-02,\n"
    (workspace / "exports" / "mrr.csv").write_text(MRR + bad, encoding="utf-8")
