"""What `explain` says of rows whose partner stands in no file, as `fixed` names it for all of them."""

import shutil
from pathlib import Path

import pytest

from tests.cli.closed_sample import call

BASE = Path(__file__).parents[1] / "findings" / "_base"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A workspace whose mrr is all P-1's; its second row cannot be read."""
    root = shutil.copytree(BASE, tmp_path / "ws")
    header = "line_id,customer_id,order_type,mrr,currency,sold_on"
    rows = ["L-1,C-1,new_logo,120.50,USD,2025-05-02", "L-2,C-1,new_logo,x,USD,2025-05-03"]
    (root / "mrr.csv").write_text("\n".join([header, *rows, ""]), encoding="utf-8")
    (root / "partners.csv").write_text("partner_id,name\nP-1,Ada\nP-2,Bo\n", encoding="utf-8")
    text = (root / "tierctl.toml").read_text(encoding="utf-8")
    said = 'fixed = { partner_id = "ada" }, values.partner_id = { ada = "P-1" }'
    (root / "tierctl.toml").write_text(text.replace('"mrr.csv"', f'"mrr.csv", {said}'), encoding="utf-8")
    return root


@pytest.mark.parametrize(("partner", "code"), [("P-1", 1), ("P-2", 0)])
def test_a_rejected_row_concerns_the_partner_that_all_rows_are_of(folder: Path, partner: str, code: int) -> None:
    outcome = call(folder, "explain", partner, "--month", "2025-05")
    assert outcome.code == code
    assert ("1 row of this partner, which the review had to do without." in outcome.out) is (code == 1)
