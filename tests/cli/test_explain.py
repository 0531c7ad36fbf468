"""`tierctl explain`: why this tier, this rate, this amount, and why not the next, on the samples and on small cases."""

import csv
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from rich.cells import cell_len
from rich.console import Console
from typer.testing import CliRunner

from tests.cli.closed_sample import add, call, closed, content_of, late_row, root
from tests.sample import SAMPLES, copy_workspace
from tierctl.cli import app
from tierctl.cli.explained import page
from tierctl.cli.explained.made import Explained, explained
from tierctl.cli.explained.placed import places_of
from tierctl.cli.explained.reckoned import note, reckoned
from tierctl.cli.explained.rejected import rejected_of
from tierctl.cli.explained.source import Source, source_of
from tierctl.cli.terminal import Terminal

__all__ = ("closed", "root")

JUST_MISSED = """\
P-1002  Prairie Grain Networks                   2025-05 · review day 2025-05-31
2025-05 is open: this is what the exports say today.

Elevate Partner Program
  Pioneer since 2025-01-01, as the month before. For Trailblazer it lacks 0.01
  more net new invoiced MRR of new logos by 2025-12-31.

Elevate Partner Program · money
  500.00 USD earned, 500.00 USD to pay.

Elevate Partner Program  elevate.toml
├── Pioneer · since 2025-01-01 · active · retained
│   ├── The program's base tier.
│   └── Grants
│       └── Pioneer  base  from 2025-01-01  the program's base tier
├── Pioneer has no requirements
├── Why not Trailblazer
│   ├── It lacks 0.01 more net new invoiced MRR of new logos by 2025-12-31
│   ├── not met  Net new invoiced MRR of new logos: 9,999.99; at least 10,000 is
│   │   asked, 0.01 missing
│   │   2025-01-01 to 2025-12-31 · E2 · elevate.toml:57
│   │   └── 2 rows of mrr that count
│   │       └── SO-25-004  2025-04-15  5,999.99
│   │           SO-25-003  2025-01-21     4,000
│   ├── met  Opportunities submitted: 12; at least 10 is asked
│   │   2025-01-01 to 2025-12-31 · E4, E5 · elevate.toml:58
│   │   └── 12 rows of opportunities that count
│   │       └── OPP-P-1002-2025-01  2025-01-04
│   │           OPP-P-1002-2025-02  2025-01-09
│   │           and 10 more rows
│   └── Forecast of net new invoiced MRR of new logos: at this pace 24,172.16 by
│       2025-12-31, for want of past years to go by; likely to be met
├── Decisions
│   └── 2025-05-09  Trailblazer declined by M. Abara: Asked to be let in one
│       cent below the bar · D-006
├── Benefits: Marketing kits, Partner portal
└── Money
"""
FORMULA = """\
id             = "demo"
name           = "Demo"
clause         = "1"
currency       = "USD"
enrollment     = "automatic"
effective_from = 2025-01-01

[policy]
rounding     = "half_even"
takes_effect = "month_end"

[metrics.won]
from        = "opportunities"
where.stage = "won"
sum         = "amount"
on          = "closed_on"
window      = "calendar_year"

[metrics.lost]
from        = "opportunities"
where.stage = "lost"
sum         = "amount"
on          = "closed_on"
window      = "calendar_year"

[metrics.win_rate]
name    = "Win rate"
formula = "won / (won + lost)"

[tracks.partner]
promotion = "automatic"

[[tracks.partner.tiers]]
id = "member"

[[tracks.partner.tiers]]
id = "gold"
requires.any = [{ win_rate.at_least = 0.5 }, { won.at_least = 1_000 }]
holds = "through_next_calendar_year"
"""
OPPORTUNITIES = """\
opportunity_id,partner_id,submitted_on,stage,closed_on,amount,currency
O-1,P-1,2025-02-01,won,2025-02-03,100,USD
O-2,P-1,2025-02-01,lost,2025-05-03,250,USD
O-3,P-1,2025-02-01,lost,2025-02-03,50,USD
"""


Asked = tuple[str, str, str]
"""A sample, a partner, a month."""


@dataclass
class Samples:
    """The samples, in which nothing is closed; the exports of a month are read once, and a partner reviewed once."""

    folders: Mapping[str, Path]
    stack: ExitStack
    sources: dict[tuple[str, str], Source] = field(default_factory=dict)
    found: dict[Asked, Explained] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Path:
        return self.folders[name]

    def explained(self, asked: Asked) -> Explained:
        sample, partner, month = asked
        if (sample, month) not in self.sources:
            source = source_of(self.folders[sample], month, Terminal.open())
            self.sources[sample, month] = self.stack.enter_context(source)
        if asked not in self.found:
            self.found[asked] = explained(self.sources[sample, month], partner, program=None, top=5)
        return self.found[asked]

    def lines(self, asked: Asked, width: int = 80) -> list[str]:
        found = self.explained(asked)
        lines = page.lines(found, places_of(found.source, found.programs), Console(width=width))
        return [text.plain for text in lines]

    def text(self, asked: Asked) -> str:
        """The page without guides and line breaks."""
        return flat("\n".join(self.lines(asked)))


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Samples]:
    folder = tmp_path_factory.mktemp("samples")
    with ExitStack() as stack:
        yield Samples({name: copy_workspace(folder / name, name) for name in SAMPLES}, stack)


@pytest.fixture(autouse=True)
def _page(monkeypatch: pytest.MonkeyPatch) -> None:
    """A pipe, 80 columns wide."""
    monkeypatch.setenv("COLUMNS", "80")
    for name in ("FORCE_COLOR", "NO_COLOR", "TTY_COMPATIBLE"):
        monkeypatch.delenv(name, raising=False)


def told(workspace: Path, partner: str, month: str, *more: str) -> str:
    """What is said of a partner whose month has nothing wrong."""
    outcome = call(workspace, "explain", partner, "--month", month, *more)
    assert outcome.code == 0
    return outcome.out


def in_json(workspace: Path, partner: str, month: str, *more: str) -> Any:
    outcome = call(workspace, "explain", partner, "--month", month, "--json", *more)
    assert outcome.code in {0, 1}
    return content_of(outcome)


def flat(text: str) -> str:
    """The text without guides and line breaks."""
    return " ".join(text.translate(str.maketrans("", "", "│├└─")).split())


def test_a_partner_that_just_missed_a_tier(samples: Samples) -> None:
    """4,000 + 5,999.99 are a cent less than 10,000; the opportunities are twelve of ten."""
    text = told(samples["elevate"], "P-1002", "2025-05", "--top", "2")
    assert text.startswith(JUST_MISSED)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (("elevate", "P-1029", "2025-05"), "SO-25-054 product_family: microsoft, needed: not microsoft"),
        (("elevate", "P-1018", "2025-05"), "PS-06 contract_months: 24, needed: at least 36"),
        (("elevate", "P-1019", "2025-05"), "SO-25-040 any: none of quoted_on on or after 2025-01-01 or"),
        (("elevate", "P-1020", "2025-05"), "SO-25-042 tier: pioneer, needed: at least elite on 2025-05-15"),
        (("elevate", "P-1013", "2025-05"), "SO-25-028 cancelled_on: 2025-05-31, needed: after 2025-05-31"),
        (("elevate", "P-1010", "2025-05"), "SO-25-022 promotional: true, needed: false"),
        (("infusionsoft", "PN-103", "2018-03"), "BL-1031 mrr.via_portal: false, needed: true"),
        (("infusionsoft", "PN-101", "2018-03"), "BL-1013 with.mrr: none, needed: a row of mrr by line_id"),
        (("infusionsoft", "PN-102", "2018-01"), "BL-1023 paid_in_full: 200, needed: 600"),
        (("engagement", "EL-02", "2024-05"), "LD-0202 agreements.commission_model: deal_size, needed: revenue_share"),
    ],
)
def test_a_row_that_earns_nothing_says_what_it_fails_first(samples: Samples, asked: Asked, said: str) -> None:
    assert said in samples.text(asked)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        # A rate of the agreement, a cent's fraction rounded, a negative line, one month's MRR.
        (("elevate", "DE-2207", "2025-05"), "SO-25-056 18,000.00 USD × 3.125 % = 562.50 USD"),
        (("elevate", "P-1002", "2025-05"), "SO-25-004 5,999.99 USD × 5 % = 300.00 USD, rounded"),
        (("elevate", "P-1016", "2025-05"), "SO-25-077 -3,000.00 USD × 5 % = -150.00 USD"),
        (("elevate", "P-1016", "2025-05"), "SO-25-035 15,000.00 USD × 1 = 15,000.00 USD"),
        # 60 and 90 seats share the hundred; an order of April that came late.
        (("elevate", "P-1016", "2025-05"), "PS-03 600.00 USD × 1 → 400.00 USD cut by the rule's limit"),
        (("elevate", "P-1016", "2025-05"), "→ 25.00 USD for 2025-04 · the difference from what was posted before"),
        (("infusionsoft", "PN-105", "2018-03"), "BL-1051 6,250.00 CAD × 20 % × 0.79 = 987.50 USD"),
        (("infusionsoft", "PN-102", "2018-03"), "BL-1024 99.00 USD × 20 % → -19.80 USD for 2018-01 · taken back · V12"),
        (("infusionsoft", "PN-102", "2018-03"), "MC-103 4,000.00 USD × 50 % → 1,000.00 USD cut by the rule's limit"),
        (("engagement", "EL-01", "2024-06"), "LD-0101 10,000.00 EUR × 12 % × 1.08 = 1,296.00 USD"),
        (("engagement", "EL-06", "2024-05"), "PJ-601 fixed amount 1,500.00 USD"),
    ],
)
def test_an_amount_is_led_back_to_its_row(samples: Samples, asked: Asked, said: str) -> None:
    assert said in samples.text(asked)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (
            ("infusionsoft", "PN-102", "2018-03"),
            (
                "Statement in USD: 200.20 USD to pay on 2018-04-20 "
                "100.00 opening + 120.00 earned + 0.00 adjustments - 19.80 clawbacks = 200.20 balance"
            ),
        ),
        (("infusionsoft", "PN-106", "2018-03"), "Statement in USD: 1,200.00 USD to pay on 2018-04-20, to BGP Holdings"),
        (("infusionsoft", "PN-104", "2018-03"), "600.00 USD earned, 600.00 USD held, 1 row earned nothing."),
        (("infusionsoft", "PN-109", "2018-03"), "180.00 USD taken back, 180.00 USD owed by the partner."),
        (("infusionsoft", "PN-110", "2018-03"), "70.00 USD earned, 70.00 USD carried to the next month."),
        (("elevate", "P-1016", "2025-05"), "400.00 USD and 720.00 USD credited"),
    ],
)
def test_what_becomes_of_a_balance(samples: Samples, asked: Asked, said: str) -> None:
    assert said in samples.text(asked)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (("elevate", "P-1020", "2025-05"), "Elite since 2025-05-31 through 2026-12-31, promoted from Pioneer."),
        (("elevate", "P-1024", "2025-05"), "No tier: the gate fails (partner.good_standing); grants are kept."),
        (("elevate", "P-1024", "2025-05"), "The gate requires partner.good_standing is true · elevate.toml:11"),
        (("elevate", "P-1026", "2025-05"), "No tier: terminated on 2025-05-15."),
        (("elevate", "P-1023", "2025-05"), "Has no part in it in 2025-05: it joined on 2025-07-01."),
        (("elevate", "P-1022", "2025-05"), "Pioneer since 2025-05-12, enrolled this month."),
        (
            ("elevate", "P-1007", "2026-06"),
            (
                "It falls to Trailblazer on 2027-01-01 unless it requalifies: 13,000 more net new invoiced MRR of new "
                "logos (2,166.67 a month) and 10 more opportunities submitted (2 a month)."
            ),
        ),
        (("connectsoft", "CS-09", "2024-03"), "All that Certified Partner requires is met; declined on 2024-03-14 by"),
        (("connectsoft", "CS-08", "2024-03"), "All that Certified Partner requires is met, and waits for approval."),
        # Three projects are asked for Certified and ten for Strategic: of two, the eight bring the one along.
        (
            ("connectsoft", "CS-14", "2024-03"),
            (
                "For Strategic Partner it lacks quality attested, 8 more projects completed successfully, deep "
                "expertise attested, co selling attested, roadmap attested and strategic alignment attested. It falls "
                "to Registered Partner on 2024-10-01 unless it requalifies: quality attested and 1 more projects "
                "completed successfully (1 a month)."
            ),
        ),
        (("connectsoft", "CS-02", "2024-03"), "In remediation: what fails has to be made good by 2024-05-30."),
        (("connectsoft", "CS-02", "2024-03"), "more than 4 customer satisfaction, of 5.0 (now 4), 7 more projects"),
        (
            ("infusionsoft", "PN-102", "2018-03"),
            "unless it requalifies: 25 more customers sold in the year (3 a month) or 2,525 more active MRR",
        ),
        # 15,000 are asked for the higher commission: that is another ladder, and no part of the way to Pro.
        (("infusionsoft", "PN-101", "2018-03"), "For Pro it lacks 0.01 more active MRR."),
        (("infusionsoft", "PN-107", "2018-03"), "No tier: the enrollment of 2016-12-05 expired on 2018-03-15."),
        (("infusionsoft", "PN-106", "2018-03"), "Qualified for the higher commission: held since"),
        (("infusionsoft", "PN-102", "2018-03"), "Qualified for the higher commission: not held"),
    ],
)
def test_where_a_partner_stands_and_why_not_higher(samples: Samples, asked: Asked, said: str) -> None:
    assert said in samples.text(asked)


def test_what_the_primary_user_could_not_see(samples: Samples) -> None:
    """The third registration of G-04 belongs to O-99, whose records U-04 cannot see."""
    text = samples.text(("growth", "G-04", "2024-06"))
    said = "opportunities OP-04-03 2024-05-14 of O-99, needed: a record that the primary user U-04 can see"
    assert f"Not seen by the primary user: 1 row {said}" in text


def test_hindsight_shows_both_years_the_open_one_first(samples: Samples) -> None:
    """25 customers were sold in 2017; of 2018 the only one was cancelled on March 14."""
    text = samples.text(("infusionsoft", "PN-102", "2018-03"))
    open_year = "not met Customers sold in the year: 0; at least 25 is asked, 25 missing 2018-01-01 to 2018-12-31"
    before = (
        "met Customers sold in the year: 25; at least 25 is asked 2017-01-01 to 2017-12-31 · alternative 1 · V2, V3"
    )
    assert 0 < text.index(open_year) < text.index(before)
    assert "IO-18-006 2018-01-22 cancelled_on: 2018-03-14, needed: after 2018-03-31" in text


@pytest.fixture
def formula(tmp_path: Path) -> Path:
    """A workspace whose tier asks for a formula or for a sum; P-2 is rejected, and one row of P-1."""
    folder = tmp_path / "ws"
    folder.mkdir()
    toml = (
        'programs = ["program.toml"]\nexports.partners.path = "partners.csv"\nexports.opportunities.path = "opps.csv"\n'
    )
    files = {
        "program.toml": FORMULA,
        "tierctl.toml": toml,
        "partners.csv": "partner_id,name\nP-1,Blue Harbor\nP-2,\nP-3,Clearview\n",
        "opps.csv": OPPORTUNITIES + "O-4,P-1,2025-02-01,won,2025-02-03,1.2.3,USD\n",
    }
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def test_a_formula_is_taken_apart_by_metric(formula: Path) -> None:
    """100 ÷ (100 + 300) is a quarter; the rows of `won` stand where they are told of first."""
    outcome = call(formula, "explain", "P-1", "--month", "2025-05")
    text = flat(outcome.out)
    assert (
        "not met Win rate: 0.25; at least 0.5 is asked, 0.25 missing 2025-01-01 to 2025-12-31 · alternative 1" in text
    )
    lost = "lost 2025-01-01 to 2025-12-31 · program.toml:19 2 rows of opportunities that count O-2 2025-05-03 250"
    assert f"{lost} O-3 2025-02-03 50 1 row of opportunities dated in the window that does not count O-1" in text
    assert (
        "won 2025-01-01 to 2025-12-31 · program.toml:12 1 row of opportunities that counts O-1 2025-02-03 100" in text
    )
    assert "not met won: 100; at least 1,000 is asked, 900 missing" in text
    assert text.count("its rows stand above") == 1


def test_rows_of_the_partner_that_were_rejected_are_told(formula: Path) -> None:
    outcome = call(formula, "explain", "P-1", "--month", "2025-05")
    assert outcome.code == 1
    assert "\nLeft out\n  1 row of this partner, which the review had to do without.\n" in outcome.out
    assert "not-a-number opps.csv record 4 amount '1.2.3'" in flat(outcome.out)
    assert [row["record"] for row in in_json(formula, "P-1", "2025-05")["tables"]["rejects"]] == [4]


def test_rows_of_others_that_were_rejected_are_not(formula: Path) -> None:
    outcome = call(formula, "explain", "P-3", "--month", "2025-05")
    assert outcome.code == 0
    assert "Left out" not in outcome.out
    assert in_json(formula, "P-3", "2025-05")["tables"]["rejects"] == []


def test_a_rejected_payment_concerns_who_sold_what_it_pays(tmp_path: Path) -> None:
    """Payments name no partner: this one is for BL-1023, an invoice line of PN-102."""
    folder = copy_workspace(tmp_path / "ws", "infusionsoft")
    add(folder, "payments.csv", "RC-X,BL-1023,02/30/2018,1.00,USD,Card")
    with source_of(folder, "2018-03", Terminal.open()) as source:
        assert rejected_of("PN-102", source)["rule"].to_list() == ["not-a-date"]
        assert rejected_of("PN-101", source).is_empty()


def test_a_partner_whose_own_row_was_rejected(formula: Path) -> None:
    outcome = call(formula, "explain", "P-2", "--month", "2025-05")
    assert (outcome.code, outcome.out) == (2, "")
    message = "the roster's row of 'P-2' was rejected: partners.csv record 2, name"
    assert outcome.err.startswith(f"PARTNER:P-2: error[partner-unknown]: {message}\n  hint: ")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("p-1", "--month", "2025-05"), "PARTNER:p-1: error[partner-unknown]: the roster has no partner with the id"),
        (("p-1", "--month", "2025-05"), "hint: did you mean P-1?"),
        (("blue harbor", "--month", "2025-05"), "hint: did you mean P-1? PARTNER takes the id, not the name"),
        (("P-1", "--month", "2025-13"), "--month:2025-13: error[month-unknown]"),
        (("P-1", "--month", "2024-12"), "error[review-before-start]"),
        (("P-1", "--month", "2025-05", "--program", "demmo"), "error[program-not-reviewed]: no program 'demmo' is"),
        (("P-1", "--month", "2025-05", "--rows", "ledger/rows.csv"), "error[reports-unwritable]"),
    ],
)
def test_what_cannot_be_explained(formula: Path, arguments: tuple[str, ...], said: str) -> None:
    more = [str(formula / each) if each.endswith(".csv") else each for each in arguments]
    outcome = call(formula, "explain", *more)
    assert (outcome.code, outcome.out) == (2, "")
    assert said in outcome.err


def test_a_file_of_rows_has_a_format(formula: Path) -> None:
    result = CliRunner().invoke(app, ["-C", str(formula), "explain", "P-1", "-m", "2025-05", "--rows", "rows.xls"])
    assert result.exit_code == 2
    assert "'--rows': 'rows.xls' does not end in .csv" in " ".join(result.stderr.split())


@pytest.mark.parametrize(("partner", "value"), [("P-1002", "9999.99"), ("P-1015", "9500"), ("P-1009", "3000")])
def test_the_rows_of_a_criterion_add_up_to_its_value(samples: Samples, partner: str, value: str) -> None:
    found = samples.explained(("elevate", partner, "2025-05"))
    (evidence,) = found.rows("evidence", tier="elite", metric="net_new_mrr")
    amounts = [row["amount"] for row in found.rows("counted", metric="net_new_mrr", counts=True)]
    assert (sum(amounts), evidence["value"]) == (Decimal(value), Decimal(value))


def test_json_says_the_same_as_the_page(samples: Samples) -> None:
    content = in_json(samples["elevate"], "P-1002", "2025-05")
    assert (content["partner_id"], content["partner_name"]) == ("P-1002", "Prairie Grain Networks")
    assert (content["month"]["label"], content["closed"], content["opening"]) == ("2025-05", None, None)
    assert content["answers"][1] == {
        "of": "Elevate Partner Program · money",
        "said": "500.00 USD earned, 500.00 USD to pay.",
    }
    places = content["places"]["elevate"]
    assert places["file"] == "elevate.toml"
    assert places["criteria"]["partner.trailblazer.net_new_mrr"] == "elevate.toml:57"
    assert places["rules"]["commissions.standard_residual"] == "elevate.toml:85"
    amounts = {row["source_id"]: row["amount"] for row in content["tables"]["commissions"]}
    assert amounts == {"SO-25-003": 200, "SO-25-004": 300}
    assert {row["partner_id"] for table in ("standing", "counted", "asked") for row in content["tables"][table]} == {
        "P-1002"
    }


def test_every_row_in_a_file(samples: Samples, tmp_path: Path) -> None:
    """P-1009 sold 3,000 of new logos; its renewals, moves, adds and changes of 40,000 do not count, and are paid."""
    file = tmp_path / "rows.csv"
    told(samples["elevate"], "P-1009", "2025-05", "--rows", str(file))
    with file.open(encoding="utf-8", newline="") as text:
        rows = list(csv.DictReader(text))
    of_metric = [row for row in rows if (row["use"], row["name"]) == ("metric", "net_new_mrr")]
    counted = {row["source_id"]: Decimal(row["amount"]) for row in of_metric if row["counts"] == "true"}
    others = [row for row in of_metric if row["counts"] == "false"]
    assert sum(counted.values()) == 3_000
    assert sum(Decimal(row["amount"]) for row in others) == 40_000
    assert {(row["condition"], row["needed"]) for row in others} == {("order_type", "is new_logo")}
    paid = [Decimal(row["amount"]) for row in rows if row["use"] == "commissions"]
    assert sum(paid) == 2_150
    assert {row["source_id"] for row in rows if row["use"] == "not_earned"} <= {row["source_id"] for row in of_metric}


@pytest.mark.parametrize(("top", "shown", "rest"), [(0, 0, None), (1, 1, 11), (11, 11, 1), (12, 12, None)])
def test_the_rows_that_count_most_and_a_count_of_the_rest(
    samples: Samples, top: int, shown: int, rest: int | None
) -> None:
    found = replace(samples.explained(("elevate", "P-1002", "2025-05")), top=top)
    lines = page.lines(found, places_of(found.source, found.programs), Console(width=80))
    text = "".join(f"{line.plain}\n" for line in lines)
    assert "12 rows of opportunities that count" in text
    assert text.count("OPP-P-1002-2025-") == shown
    said = f"and {rest} more row{'s' if rest != 1 else ''}\n"
    assert (said in text) == (rest is not None)


@pytest.mark.parametrize("width", [40, 80, 160])
@pytest.mark.parametrize(
    "asked",
    [
        ("elevate", "P-1016", "2025-05"),
        ("infusionsoft", "PN-108", "2018-03"),
        ("growth", "G-05", "2024-06"),
        ("connectsoft", "CS-02", "2024-03"),
        ("engagement", "EL-01", "2024-06"),
    ],
)
def test_no_line_is_wider_than_the_page(samples: Samples, asked: Asked, width: int) -> None:
    assert max(map(cell_len, samples.lines(asked, width))) <= min(width, 140)


def test_colours_are_for_terminals(samples: Samples, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b[" in told(samples["elevate"], "P-1001", "2025-05")
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[3" not in told(samples["elevate"], "P-1001", "2025-05")


def test_one_program_of_several(tmp_path: Path) -> None:
    """The second program has the partner too, in its own words."""
    folder = copy_workspace(tmp_path / "ws", "elevate")
    other = FORMULA.replace('id             = "demo"', 'id             = "other"').replace('"Demo"', '"Other"')
    (folder / "other.toml").write_text(other, encoding="utf-8")
    toml = (folder / "tierctl.toml").read_text(encoding="utf-8")
    (folder / "tierctl.toml").write_text(
        toml.replace('programs = ["elevate"]', 'programs = ["elevate", "other.toml"]'), encoding="utf-8"
    )
    both = told(folder, "P-1001", "2025-05")
    assert "\nElevate Partner Program  elevate.toml\n" in both
    assert "\nOther  other.toml\n" in both
    one = told(folder, "P-1001", "2025-05", "--program", "other")
    assert "Elevate" not in one
    assert "\nOther  other.toml\n" in one


# ---- closed months


def test_a_closed_month_is_explained_from_what_was_sealed(root: Path) -> None:
    """A row that comes late for February changes nothing of what is said of it; the open month posts it."""
    before = told(root, "PN-102", "2018-02")
    late_row(root)
    assert told(root, "PN-102", "2018-02") == before
    lines = before.splitlines()
    assert lines[1].startswith("2018-02 was closed ")
    assert lines[1].endswith(": this is what was sealed.")
    content = in_json(root, "PN-102", "2018-02")
    assert (content["differing"], content["opening"]) == ([], "2018-01")
    assert content["places"]["infusionsoft"]["file"].endswith("ledger/2018-02/config/programs/01-infusionsoft.toml")
    open_month = told(root, "PN-102", "2018-04")
    assert "2018-04 is open: this is what the exports say today, and what the close of 2018-03 left." in flat(
        open_month
    )
    assert "BL-9001 500.00 USD × 20 % → 100.00 USD for 2018-02" in flat(open_month)


def test_a_closed_month_does_not_need_the_programs_of_today(root: Path) -> None:
    toml = root / "tierctl.toml"
    text = toml.read_text(encoding="utf-8").replace('programs = ["infusionsoft"]', 'programs = ["gone.toml"]')
    toml.write_text(text, encoding="utf-8")
    assert "this is what was sealed" in flat(told(root, "PN-101", "2018-03"))
    assert call(root, "explain", "PN-101", "--month", "2018-04").code == 2


def test_a_close_that_is_not_as_sealed(root: Path) -> None:
    path = root / "ledger" / "2018-01" / "inputs" / "partners" / "part-0000.parquet"
    path.chmod(0o644)
    path.write_bytes(path.read_bytes() + b"!")
    outcome = call(root, "explain", "PN-101", "--month", "2018-01")
    assert (outcome.code, outcome.out) == (2, "")
    assert "error[ledger-damaged]" in outcome.err


def test_a_partner_that_joined_since_the_close(root: Path) -> None:
    add(root, "partners.csv", "PN-999,Newcomer,US,USD,2018-04-02,Yes,,")
    assert call(root, "explain", "PN-999", "--month", "2018-03").code == 2


def test_a_close_that_another_tierctl_made_otherwise(samples: Samples) -> None:
    found = replace(samples.explained(("elevate", "P-1002", "2025-05")), differing=("standing", "rates"))
    lines = page.lines(found, places_of(found.source, found.programs), Console(width=80))
    assert lines[2].plain == "What was sealed differs in standing, rates: tierctl verify --month 2025-05"


# ---- what a line says of itself


def test_a_rule_that_the_edition_in_force_has_no_more(samples: Samples) -> None:
    found = samples.explained(("elevate", "P-1002", "2025-05"))
    renamed = found.tables["commissions"].with_columns(pl.lit("old_residual").alias("rule"))
    changed = replace(found, tables={**found.tables, "commissions": renamed})
    lines = page.lines(changed, places_of(changed.source, changed.programs), Console(width=80))
    text = flat("\n".join(line.plain for line in lines))
    said = (
        "Old residual a rule of an earlier edition 2 amounts of mrr SO-25-004 5,999.99 USD × 5 % = 300.00 USD, rounded"
    )
    assert said in text


def line(**cells: object) -> dict[str, object]:
    """A line of 100.00 USD earned in May 2025 at 5 % of 2,000."""
    usual = {
        "earned_month": "2025-05",
        "base": Decimal(2000),
        "base_currency": "USD",
        "rate": Decimal("0.05"),
        "amount": Decimal(100),
        "currency": "USD",
        "kind": "earned",
        "clause": "C",
    }
    return {**usual, **cells}


@pytest.mark.parametrize(
    ("cells", "exchange", "has_limits", "said", "noted"),
    [
        ({}, None, False, "2,000.00 USD × 5 % = 100.00 USD", ""),
        ({"base": Decimal("2000.125")}, None, False, "2,000.125 USD × 5 % = 100.00 USD, rounded", ""),
        ({"base": None, "base_currency": None, "rate": None}, None, False, "fixed amount 100.00 USD", ""),
        ({"rate": None}, None, False, "2,000.00 USD = 100.00 USD", ""),
        ({"base_currency": "JPY"}, None, False, "2,000 JPY × 5 % × exchange = 100.00 USD", ""),
        ({"base_currency": "JPY"}, Decimal("1.5"), False, "2,000 JPY × 5 % × 1.5 = 100.00 USD", ""),
        ({"amount": Decimal("99.99")}, None, True, "2,000.00 USD × 5 % → 99.99 USD", "cut by the rule's limit"),
        ({"amount": Decimal(100)}, None, True, "2,000.00 USD × 5 % = 100.00 USD", ""),
        ({"kind": "clawback", "amount": Decimal(-5)}, None, False, "2,000.00 USD × 5 % → -5.00 USD", "taken back"),
        (
            {"kind": "adjustment", "earned_month": "2025-04", "clause": "D"},
            None,
            False,
            "2,000.00 USD × 5 % → 100.00 USD",
            "for 2025-04 · the difference from what was posted before · D",
        ),
    ],
)
def test_how_a_line_is_reckoned(
    cells: dict[str, object], exchange: Decimal | None, has_limits: bool, said: str, noted: str
) -> None:
    assert reckoned(line(**cells), exchange, has_limits=has_limits).plain == said
    assert note(line(**cells), "2025-05", "C", has_limits=has_limits) == noted


# ---- forecasts


@pytest.fixture
def kestrel(samples: Samples) -> Explained:
    """P-1007 in June 2026: Elite, of which both requirements are not met yet."""
    return samples.explained(("elevate", "P-1007", "2026-06"))


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        (
            {"basis": "pace", "low": None, "likely": None, "high": None, "prospect": "unlikely"},
            "Forecast: at this pace 24,000.5 by 2026-12-31, for want of past years to go by; unlikely to be met",
        ),
        (
            {"basis": "own_years", "hit_rate": None},
            "Forecast: 20,000 to 30,000 by 2026-12-31, likely 25,000, as this partner went on in past years; open",
        ),
        (
            {"basis": "program_years", "prospect": "likely"},
            (
                "Forecast: 20,000 to 30,000 by 2026-12-31, likely 25,000, as the program's partners went on in past "
                "years; 12 of 15 past cases (80 %) lay within such a band; likely to be met"
            ),
        ),
        (
            {"basis": "own_years", "low": Decimal(25000), "high": Decimal(25000), "hit_rate": Decimal(1)},
            (
                "Forecast: 25,000 by 2026-12-31, as this partner went on in past years; "
                "12 of 15 past cases (100 %) lay within such a band; open"
            ),
        ),
    ],
)
def test_a_forecast_in_words(kestrel: Explained, cells: dict[str, object], said: str) -> None:
    usual = {
        "program": "elevate",
        "track": "partner",
        "partner_id": "P-1007",
        "tier": "elite",
        "criterion": "net_new_mrr",
        "window_through": date(2026, 12, 31),
        "pace": Decimal("24000.5"),
        "low": Decimal(20000),
        "likely": Decimal(25000),
        "high": Decimal(30000),
        "prospect": "open",
        "cases": 15,
        "within": 12,
        "hit_rate": Decimal("0.8"),
    }
    table = pl.DataFrame([{**usual, **cells}], infer_schema_length=None)
    changed = replace(kestrel, tables={**kestrel.tables, "forecast": table})
    lines = page.lines(changed, places_of(changed.source, changed.programs), Console(width=80))
    assert said in flat("\n".join(text.plain for text in lines))
