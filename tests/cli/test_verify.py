"""`tierctl verify` on a ledger of four closed months: files, postings, and each month evaluated again."""

import hashlib
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from tests.cli.closed_sample import (
    DECIDED_LATE,
    MONTHS,
    Move,
    add,
    call,
    change,
    closed,
    content_of,
    late_row,
    moves_of,
    own_program,
    root,
)
from tests.cli.conftest import Outcome
from tests.sample import copy_workspace, read_report

__all__ = ("closed", "root")

AS_SEALED = """\
Ledger                                       4 closed months, 2017-12 to 2018-03
  files and chain   as sealed
  what was posted   adds up
  statements        add up, and each opens with what was left

  2017-12           as sealed
  2018-01           as sealed
  2018-02           as sealed
  2018-03           as sealed

Head  {head}
"""
LATE = """\
Ledger                                       4 closed months, 2017-12 to 2018-03
  files and chain   as sealed
  what was posted   adds up
  statements        add up, and each opens with what was left

  2018-02           differs for 1 partner
    new row                                  1 partner · commissions +100.00 USD
      PN-102  Copperleaf Digital  balance     100.00 → 200.00  +100.00 USD
      PN-102  Copperleaf Digital  Commission   40.60 → 140.60  +100.00 USD
    invoices, 1 new row: BL-9001
    payments, 1 new row: RC-9001
    Rows of reports that differ: commissions 1, statements 1

Closed months stay as sealed. What their rows earn otherwise today is posted in
the first open month; their tiers stay what they were.

Head  {head}
"""


def head(root: Path) -> str:
    return hashlib.sha256((root / "ledger" / MONTHS[-1] / "manifest.json").read_bytes()).hexdigest()


def tree(root: Path) -> dict[str, bytes]:
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def test_nothing_has_changed(root: Path) -> None:
    before = tree(root)
    outcome = call(root, "verify")
    assert (outcome.code, outcome.out, outcome.err) == (0, AS_SEALED.format(head=head(root)), "")
    assert tree(root) == before


def test_nothing_has_changed_as_json(root: Path) -> None:
    content = content_of(call(root, "verify", "--json", "--month", "2018-03"))
    assert content["tables"] == {"differences": []}
    assert (content["result"], content["closes"], content["damaged"]) == ("as sealed", 4, [])
    assert (content["head"], content["position"]) == (head(root), {"wrong": 0, "examples": []})
    assert content["statements"] == {"wrong": 0, "examples": []}
    assert [(month["month"], month["result"], month["reports"]) for month in content["months"]] == [
        ("2018-03", "as sealed", {})
    ]


def test_where_no_month_is_closed_nothing_is_wrong(root: Path) -> None:
    fresh = copy_workspace(root.parent / "fresh", "infusionsoft")
    outcome = call(fresh, "verify")
    assert (outcome.code, outcome.out) == (0, "No month is closed, so there is nothing to verify.\n")


# ---- each cause

ORDER = 'BL-1012,IO-17-001,PN-101,101-01,Service Package,"1,000.00"'


def changed_row(root: Path) -> None:
    """The service package of 1,000 is one of 500: it is paid for in full either way, and earns 20 % of 500."""
    change(root, "invoices.csv", ORDER, ORDER.replace("1,000.00", "500.00"))


def removed_row(root: Path) -> None:
    change(
        root,
        "invoices.csv",
        "BL-1121,IO-17-061,PN-112,112-01,Service Package,290.00,USD,01/19/2018,Due on receipt\n",
        "",
    )


def changed_rate(root: Path) -> None:
    """1,250 CAD are 937.50 USD at 0.75; 987.50 at 0.79."""
    change(root, "rates.csv", "CAD;28.02.2018;0,7900", "CAD;28.02.2018;0,7500", encoding="cp1252")


def new_decision(root: Path) -> None:
    add(root, "decisions.csv", DECIDED_LATE)


def bad_standing(root: Path) -> None:
    change(
        root,
        "partners.csv",
        "PN-104,Two Rivers Funnel Works,US,USD,05/23/2016,Yes",
        "PN-104,Two Rivers,US,USD,05/23/2016,Yes",
    )


def out_of_good_standing(root: Path) -> None:
    change(
        root,
        "partners.csv",
        "PN-101,Saltmarsh Web Studio,US,USD,02/15/2016,Yes",
        "PN-101,Saltmarsh Web Studio,US,USD,02/15/2016,No",
    )


def quarter_in_place_of_a_fifth(root: Path) -> None:
    own_program(root, lambda text: text.replace('value  = "20 %"', 'value  = "25 %"'))


def amount(cause: str, partner: str, item: str, before: str, after: str) -> Move:
    return (cause, partner, item, before, after, Decimal(after) - Decimal(before))


EACH: dict[Callable[[Path], None], tuple[str, list[Move], dict[str, str]]] = {
    late_row: (
        "2018-02",
        [
            amount("new row", "PN-102", "balance", "100", "200"),
            amount("new row", "PN-102", "commissions.sales_commission", "40.6", "140.6"),
        ],
        {"invoices": "BL-9001", "payments": "RC-9001"},
    ),
    changed_row: (
        "2018-02",
        [
            amount("changed row", "PN-101", "balance", "200", "100"),
            amount("changed row", "PN-101", "commissions.sales_commission", "200", "100"),
        ],
        {"invoices": "BL-1012: price 1000 → 500"},
    ),
    removed_row: (
        "2018-01",
        [
            amount("removed row", "PN-112", "balance", "58", "0"),
            amount("removed row", "PN-112", "commissions.sales_commission", "58", "0"),
        ],
        {"invoices": "BL-1121"},
    ),
    changed_rate: (
        "2018-03",
        [
            amount("rate of exchange", "PN-105", "balance", "987.5", "937.5"),
            amount("rate of exchange", "PN-105", "commissions.sales_commission", "987.5", "937.5"),
        ],
        {"fx_rates": "CAD / 2018-02-28: rate 0.79 → 0.75"},
    ),
    new_decision: (
        "2018-02",
        [
            ("decision", "PN-103", "rate.market_development_funds", None, "0.5", Decimal("0.5")),
            ("decision", "PN-103", "tier", "certified", "pro", None),
        ],
        {"decisions": "D-002"},
    ),
    out_of_good_standing: (
        "2018-02",
        [
            ("undated column", "PN-101", "status", "active", "suspended", None),
            ("undated column", "PN-101", "tier", "certified", None, None),
        ],
        {"partners": "PN-101: good_standing true → false"},
    ),
}


@pytest.mark.parametrize("case", EACH, ids=lambda case: case.__name__)
def test_each_cause_is_told(root: Path, case: Callable[[Path], None]) -> None:
    month, expected, rows = EACH[case]
    case(root)
    outcome = call(root, "verify", "--month", month, "--json")
    assert outcome.code == 1
    assert moves_of(outcome, month) == expected
    (told,) = content_of(outcome)["months"]
    assert told["result"] == "differs"
    examples = {
        export: [text for kind in of["examples"].values() for text in kind] for export, of in told["rows"].items()
    }
    assert examples == {export: [text] for export, text in rows.items()}


def test_a_month_before_a_late_row_is_as_sealed(root: Path) -> None:
    late_row(root)
    assert call(root, "verify", "--month", "2018-01").code == 0


def test_quiet_says_only_what_differs(root: Path) -> None:
    assert call(root, "verify", "--month", "2018-01", "--quiet") == Outcome(0, "", "")
    late_row(root)
    expected = Outcome(1, "", "tierctl verify: not as sealed: 2018-02\n")
    assert call(root, "verify", "--month", "2018-02", "--quiet") == expected


def test_a_late_row_in_words(root: Path) -> None:
    late_row(root)
    outcome = call(root, "verify", "--month", "2018-02")
    assert (outcome.code, outcome.err) == (1, "")
    assert outcome.out == LATE.format(head=head(root))


def test_a_program_that_was_changed(root: Path) -> None:
    """A quarter in place of a fifth: 40.60 of PN-102 are 20 % of 203, and with 39.60 + 19.80 before it 100."""
    quarter_in_place_of_a_fifth(root)
    outcome = call(root, "verify", "--month", "2018-02", "--json")
    assert outcome.code == 1
    moves = {row[1:3]: row for row in moves_of(outcome, "2018-02")}
    assert {row[0] for row in moves.values()} == {"program"}
    assert moves["PN-102", "rate.sales_commission"][3:] == ("0.2", "0.25", Decimal("0.05"))
    # 25 % of 203, and the difference for the months before: 5 % of 297.
    assert moves["PN-102", "commissions.sales_commission"][3:] == ("40.6", "65.6", Decimal(25))
    assert moves["PN-102", "balance"][3:] == ("100", "125", Decimal(25))


def test_several_causes_add_up_and_stand_in_a_file(root: Path) -> None:
    for each in (late_row, changed_row, new_decision, changed_rate):
        each(root)
    outcome = call(root, "verify", "--month", "2018-02", "--out", "differences.csv")
    assert outcome.code == 1
    rows = read_report(root.parent / "differences.csv")
    commissions = [(row["cause"], row["partner_id"], row["difference"]) for row in rows if "commissions" in row["item"]]
    assert commissions == [("changed row", "PN-101", "-100"), ("new row", "PN-102", "100")]
    assert {row["cause"] for row in rows} == {"changed row", "new row", "decision"}
    assert {row["month"] for row in rows} == {"2018-02"}


def test_a_name_that_was_corrected_moves_nothing(root: Path) -> None:
    """Only the report standing has names."""
    bad_standing(root)
    outcome = call(root, "verify", "--month", "2018-02", "--json")
    (told,) = content_of(outcome)["months"]
    assert (outcome.code, moves_of(outcome, "2018-02"), told["reports"]) == (1, [], {"standing": 1})


def test_a_row_that_is_rejected_today_is_missing(root: Path) -> None:
    change(root, "invoices.csv", "290.00,USD,01/19/2018", "290.00,USD,01-19-2018")
    outcome = call(root, "verify", "--month", "2018-01")
    assert outcome.code == 1
    assert "  removed row " in outcome.out
    assert "\nRejected today, and so missing: rows of invoices 1. See tierctl check.\n" in outcome.out


@pytest.mark.parametrize("width", [80, 160])
def test_no_line_is_wider_than_the_terminal(root: Path, width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    late_row(root)
    outcome = call(root, "verify", "--month", "2018-02")
    assert max(map(len, outcome.out.splitlines())) <= min(width, 140)


def test_earlier_rows_of_a_file_that_no_longer_brings_them_are_the_close_s(root: Path) -> None:
    """The invoices of December and January have left the file, which says that it begins with February."""
    path = root / "exports" / "invoices.csv"
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join(line for line in lines if "/2017," not in line and ",01/" not in line), encoding="utf-8")
    outcome = call(root, "verify", "--month", "2018-01")
    assert outcome.code == 1
    assert "\n    invoices, 6 removed rows: BL-1021, BL-1022, BL-1023 and 3 more\n" in outcome.out
    toml = root / "tierctl.toml"
    text = toml.read_text(encoding="utf-8")
    told = 'path = "exports/invoices.csv"\ncovers = { since = 2018-02-01 }'
    toml.write_text(text.replace('path = "exports/invoices.csv"', told), encoding="utf-8")
    assert call(root, "verify", "--month", "2018-01").code == 0
    late_row(root)
    assert call(root, "verify", "--month", "2018-02").code == 1


def test_removals_that_were_accepted_are_accepted_again(root: Path) -> None:
    """April took back the 58.00 of a row that is gone; evaluated again it does the same."""
    removed_row(root)
    assert call(root, "close", "--month", "2018-04", "--accept-removals", "it was a slip", "--quiet").code == 0
    assert call(root, "verify", "--month", "2018-04").code == 0


def test_another_calendar_of_the_same_quarters(root: Path) -> None:
    """By weeks February ends on the 24th; what was earned in it was paid before, and is earned all the same."""
    toml = root / "tierctl.toml"
    text = toml.read_text(encoding="utf-8").replace("year_starts = 1 ", 'year_ends = "last saturday of december" #')
    toml.write_text(text.replace('kind        = "months"', 'kind        = "4-4-5"'), encoding="utf-8")
    outcome = call(root, "verify", "--month", "2018-02")
    assert outcome.code == 1
    assert "\n  2018-02           rows of " in outcome.out
    assert "\n    Differs, and moves no tier, rate or amount: calendar\n" in outcome.out


def test_a_program_that_is_not_named_any_more(root: Path) -> None:
    toml = root / "tierctl.toml"
    text = toml.read_text(encoding="utf-8").replace('programs = ["infusionsoft"]', 'programs = ["elevate"]')
    toml.write_text(text, encoding="utf-8")
    outcome = call(root, "verify", "--month", "2018-02")
    assert outcome.code == 1
    assert "error[closed-program-missing]" in outcome.err
    assert "\n  2018-02           cannot be evaluated again; see the errors\n" in outcome.out


def test_a_close_with_an_opening_file_is_not_evaluated(tmp_path: Path) -> None:
    fresh = copy_workspace(tmp_path / "fresh", "infusionsoft")
    toml = fresh / "tierctl.toml"
    toml.write_text(toml.read_text(encoding="utf-8").replace('starts = "2017-12"', 'starts = "2018-01"'), "utf-8")
    opening = "program,track,partner_id,tier,basis,from,currency,balance\n"
    opening += "infusionsoft,var,PN-102,certified,base,2016-12-05,USD,39.6\n"
    (fresh / "opening.csv").write_text(opening, encoding="utf-8")
    assert call(fresh, "close", "--month", "2017-12", "--opening", str(fresh / "opening.csv"), "--quiet").code == 0
    outcome = call(fresh, "verify")
    assert outcome.code == 0
    assert "\n  2017-12           from an opening file, with nothing to evaluate\n" in outcome.out


# ---- the ledger itself


def flip(path: Path) -> None:
    path.chmod(0o644)
    content = bytearray(path.read_bytes())
    content[-2] ^= 1
    path.write_bytes(content)


def test_a_flipped_byte_is_named_and_no_month_evaluated(root: Path) -> None:
    flip(root / "ledger" / "2018-01" / "reports" / "standing.csv")
    outcome = call(root, "verify")
    assert (outcome.code, outcome.err) == (1, "")
    named = root / "ledger" / "2018-01" / "reports" / "standing.csv"
    assert outcome.out.startswith(f"{named}: error[ledger-damaged]: the file was changed since the close")
    assert outcome.out.endswith("\n1 file of the ledger not as sealed; no month was evaluated again.\n")
    content = content_of(call(root, "verify", "--json"))
    assert [finding["code"] for finding in content["damaged"]] == ["ledger-damaged"]
    assert content["months"] == []


def test_the_head_that_was_noted(root: Path) -> None:
    noted = head(root)
    assert call(root, "verify", "--month", "2017-12", "--head", noted).code == 0
    other = call(root, "verify", "--month", "2017-12", "--head", "0" * 64)
    assert other.code == 1
    assert "error[ledger-damaged]" in other.out


def test_a_month_that_is_not_closed_cannot_be_verified(root: Path) -> None:
    outcome = call(root, "verify", "--month", "2018-04")
    assert (outcome.code, outcome.out) == (2, "")
    assert "error[month-not-closed]" in outcome.err
    assert "hint: closed are 2017-12 to 2018-03" in outcome.err


@pytest.mark.parametrize("name", ["ws/ledger/differences.csv", "none/differences.csv"])
def test_a_file_that_cannot_be_written(root: Path, name: str) -> None:
    outcome = call(root, "verify", "--month", "2017-12", "--out", name)
    assert outcome.code == 2
    assert "error[reports-unwritable]" in outcome.err


def test_the_file_s_name_says_its_format(root: Path) -> None:
    outcome = call(root, "verify", "--out", "differences.xlsx")
    assert outcome.code == 2
    assert "'differences.xlsx' does not end in .csv, .parquet, .json" in outcome.err


def test_the_ledger_is_looked_through_even_where_exports_cannot_be_read(root: Path) -> None:
    next(root.rglob("exports/invoices.csv")).unlink()
    outcome = call(root, "verify")
    assert outcome.code == 1
    assert "what was posted   adds up\n" in outcome.out
    assert "No month was evaluated again, since today's exports cannot be read" in outcome.out
    assert "error[missing-export]" in outcome.err
