"""Reviews with pages: of the samples, and of a workspace whose every text would do harm if it were markup."""

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path

from tests.sample import run_tierctl

HIT = "window.hit=1"
HOSTILE = (
    f"<img src=x onerror={HIT}>",
    f'"><script>{HIT}</script>',
    f"</td></tr></table></main><svg onload={HIT}>",
    f"</script><script>{HIT}//",
    f"' onmouseover='{HIT}' autofocus onfocus='{HIT}",
    f"javascript:{HIT}",
    "&lt;b&gt;&amp;amp;",
    "{{ 7 * 7 }}{% raw %}",
    f"--><iframe srcdoc='<script>parent.{HIT}</script>'>",
    '=HYPERLINK("https://example.test/","x")',
)
"""A text for each partner, none of which is anything but a text."""

_TOML = """\
programs = ["elevate"]
ledger = { starts = "2025-04" }
[exports]
partners = { path = "partners.csv" }
mrr = { path = "mrr.csv" }
opportunities = { path = "opportunities.csv" }
agreements = { path = "agreements.csv" }
partner_services = { path = "services.csv" }
decisions = { path = "decisions.csv" }
"""


def write(path: Path, header: str, rows: Iterable[Sequence[object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header.split(), *rows])


def hostile_workspace(root: Path) -> Path:
    """A workspace in which partners, customers, orders, decisions and rejected cells are all hostile texts."""
    root.mkdir()
    (root / "tierctl.toml").write_text(_TOML, encoding="utf-8")
    header = "partner_id name country region payee_id joined_on"
    write(root / "partners.csv", header, ([bad, bad, bad, bad, bad, "2025-02-03"] for bad in HOSTILE))
    header = "line_id partner_id customer_id order_type product_family mrr currency sold_on invoiced_on term_months"
    orders = [
        [bad, bad, bad, "new_logo", bad, 4_000 * (at + 1), "USD", "2025-04-01", "2025-05-05", 36]
        for at, bad in enumerate(HOSTILE)
    ]
    faulty = [[f"{bad} 2", bad, bad, bad, bad, bad, bad, bad, bad, bad] for bad in HOSTILE]
    write(root / "mrr.csv", header, [*orders, *faulty])
    header = "opportunity_id partner_id customer_id submitted_on stage owner_id"
    deals = [[f"{bad} {at}", bad, bad, "2025-05-06", "open", bad] for bad in HOSTILE[::2] for at in range(20)]
    write(root / "opportunities.csv", header, deals)
    header = "partner_id effective_on standard_rate roles"
    write(root / "agreements.csv", header, ([bad, "2025-01-01", "0.1", bad] for bad in HOSTILE))
    header = "service_id partner_id product seats mrc currency contract_months starts_on"
    services = [[bad, bad, "teams_calling", 10, 100, "USD", 36, "2025-02-01"] for bad in HOSTILE]
    write(root / "services.csv", header, services)
    header = "decision_id partner_id program track tier decision effective_on through decided_by reason"
    decisions = [
        [bad, bad, "elevate", "partner", "elite", "placed", "2025-05-02", "2025-12-31", bad, bad] for bad in HOSTILE[:3]
    ]
    write(root / "decisions.csv", header, decisions)
    return root


def reviewed(workspace: Path, month: str, out: Path) -> Path:
    """The folder of a review with its page and a page for each partner."""
    ran = run_tierctl(
        workspace, "review", "--month", month, "--out", str(out), "--format", "html", "--partner-pages", "--quiet"
    )
    assert ran.exit_code in {0, 1}, ran.output
    return out
