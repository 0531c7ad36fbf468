"""`tierctl what-if` on the sample of Elevate: settings, overlays, sweeps, hypothetical rows, past months, files.

What the bars and who stands where: sample_data/elevate/README.md.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.closes import run, tree
from tests.cli.conftest import Outcome
from tests.sample import copy_workspace, read_report
from tierctl.contracts import whatif_contract, whatif_names

MAY = ("--month", "2025-05")
BOUND = "elite.net_new_mrr"
FILES = {
    *(f"{name}.csv" for name in ("costs", "movements", "tiers", "transitions", "variants")),
    "whatif.html",
    "whatif.json",
}
OPPORTUNITIES = (
    "Opportunity,Partner,Prospect,Submitted,Deal Registration,Registration Decided,Stage,Closed,"
    "Est. MRR,Currency,Owner\n"
)


@pytest.fixture(autouse=True)
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the sample, as the current folder; pages are 80 columns wide."""
    root = copy_workspace(tmp_path / "elevate")
    monkeypatch.chdir(root)
    monkeypatch.setenv("COLUMNS", "80")
    for name in ("FORCE_COLOR", "NO_COLOR", "TTY_COMPATIBLE"):
        monkeypatch.delenv(name, raising=False)
    return root


def ask(*words: str) -> Outcome:
    return run("what-if", *words)


def answer(*words: str) -> dict[str, Any]:
    """The JSON of a question that is answered without a fault."""
    said = ask(*words, "--json")
    assert (said.code, said.err) == (0, "")
    content: dict[str, Any] = json.loads(said.out)
    return content


def moves(content: dict[str, Any]) -> list[tuple[Any, ...]]:
    """Whom the variants move: variant, partner, from, to."""
    rows = [row for row in content["tables"]["movements"] if row["direction"] != "same"]
    return [(row["variant"], row["partner_id"], row["tier_before"], row["tier_after"]) for row in rows]


def test_another_bound_is_told_with_who_rises_and_what_it_costs() -> None:
    """P-1006 has 24,999.50 and 25 opportunities; at Elite its headquarters' Teams Calling costs it nothing."""
    said = ask(*MAY, "--set", f"{BOUND}=20000")
    assert said.code == 0
    assert "      25,000 → 20,000 · elevate.toml:65\n" in said.out
    assert "  ▲  P-1006  Lärche Klinikfunk GmbH  Trailblazer → Elite    +180.00 USD\n" in said.out
    assert "      elite net_new_mrr: 24,999.5 reaches 20,000\n" in said.out
    assert "    Teams Calling at headquarters          USD   3,443.87   3,623.87     +180.00\n" in said.out
    assert said.out.splitlines()[-1].split() == ["Together", "USD", "39,995.37", "40,175.37", "+180.00"]


def test_a_sweep_below_at_and_above_what_a_partner_has() -> None:
    content = answer(*MAY, "--sweep", f"{BOUND}=24999.49:24999.51:0.01")
    assert moves(content) == [(1, "P-1006", "trailblazer", "elite"), (2, "P-1006", "trailblazer", "elite")]
    assert content["variants"] == 3
    assert content["swept"] == [BOUND]
    assert content["changes"] == []
    values = [row["value"] for row in content["tables"]["variants"]]
    assert values == ["24999.49", "24999.5", "24999.51"]


def test_a_sweep_upwards() -> None:
    """At exactly 25,000 stand P-1007, P-1019, P-1020 and P-1040; P-1016 is Elite by decision."""
    content = answer(*MAY, "--sweep", f"{BOUND}=25000:25001:1")
    assert moves(content) == [
        (2, partner, "elite", "trailblazer") for partner in ("P-1007", "P-1019", "P-1020", "P-1040")
    ]


def test_several_settings_and_a_sweep_apply_together() -> None:
    """007 has 30,000 and 12 opportunities, P-1006 25 of them."""
    content = answer(*MAY, "--set", "elite.opportunities=12", "--sweep", f"{BOUND}=24000:30001:6001")
    assert moves(content) == [
        (1, "007", "trailblazer", "elite"),
        (1, "P-1006", "trailblazer", "elite"),
        *((2, partner, "elite", "trailblazer") for partner in ("P-1007", "P-1019", "P-1020", "P-1040")),
    ]
    (change,) = content["changes"]
    assert change == {
        "file": "elevate.toml",
        "line": 66,
        "key": "tracks.partner.tiers.elite.requires.opportunities.at_least",
        "before": "20",
        "after": "12",
    }


def test_two_sweeps_are_a_grid_whose_last_one_varies_fastest() -> None:
    sweeps = ("--sweep", f"{BOUND}=24000:25000:1000", "--sweep", "additional_residual.rate=1%:2%:1%")
    content = answer(*MAY, *sweeps)
    assert [row["value"] for row in content["tables"]["variants"]] == [
        value
        for pair in (("24000", "1 %"), ("24000", "2 %"), ("25000", "1 %"), ("25000", "2 %"))
        for value in pair[::-1]
    ]
    said = ask(*MAY, *sweeps)
    # One per cent of what earned 548 at two.
    assert said.out.endswith("          1 %   2 %\n  24,000   -94  +180\n  25,000  -274     ·\n")


def test_an_overlay() -> None:
    Path("gentle.toml").write_text(
        'baseline = "elevate"\n[[tracks.partner.tiers]]\nid = "trailblazer"\nrequires.opportunities.at_least = 9\n',
        encoding="utf-8",
    )
    said = ask(*MAY, "--overlay", "gentle.toml")
    assert said.code == 0
    assert "  ▲  P-1004  Cobalt Mine Communications  Pioneer → Trailblazer\n" in said.out


def test_rows_that_are_supposed() -> None:
    """P-1004 has the MRR and nine opportunities; the second of these lies ahead, in June."""
    rows = "".join(f"OPP-{n},P-1004,AC-1,2025-0{n}-20,Pending,,1 - Qualifying,,500,USD,\n" for n in (5, 6))
    Path("deals.csv").write_text(OPPORTUNITIES + rows, encoding="utf-8")
    said = ask(*MAY, "--also", "opportunities=deals.csv")
    assert said.code == 0
    assert "\n  opportunities: 1 hypothetical row; 1 more dated after 2025-05 left out\n" in said.out
    assert "  ▲  P-1004  Cobalt Mine Communications  Pioneer → Trailblazer\n" in said.out
    assert "      trailblazer opportunities: 10 reaches 10\n" in said.out


def test_a_supposed_row_replaces_the_one_of_its_key() -> None:
    """P-1002 lacks a cent: its 5,999.99 becomes 6,000."""
    lines = Path("exports/mrr-2025.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    row = next(line for line in lines if line.startswith("SO-25-004,")).replace("5,999.99", "6,000.00")
    Path("cent.csv").write_text(lines[0] + row, encoding="utf-8")
    content = answer(*MAY, "--also", "mrr=cent.csv")
    assert moves(content) == [(1, "P-1002", "pioneer", "trailblazer")]
    assert content["rows"] == {"mrr": {"count": 1, "later": 0}}


@pytest.mark.parametrize("brings_titles", [False, True])
def test_a_supposed_file_begins_with_its_header_and_has_no_footer(brings_titles: bool) -> None:
    """The exports have two titles and a footer, and a file of further rows has neither."""
    for path in Path("exports").glob("mrr-*.csv"):
        path.write_text(f"Order lines\n\n{path.read_text(encoding='utf-8')}Confidential\n", encoding="utf-8")
    lines = Path("exports/mrr-2025.csv").read_text(encoding="utf-8").splitlines(keepends=True)[2:]
    row = next(line for line in lines if line.startswith("SO-25-004,")).replace("5,999.99", "6,000.00")
    titles = "Order lines\n\n" if brings_titles else ""
    Path("cent.csv").write_text(f"{titles}{lines[0]}{row}", encoding="utf-8")
    toml = Path("tierctl.toml").read_text(encoding="utf-8")
    head = "[exports.mrr.format]\n"
    assert head in toml
    Path("tierctl.toml").write_text(toml.replace(head, f"{head}headerRow = 3\nfooterRows = 1\n"), encoding="utf-8")
    if brings_titles:
        said = ask(*MAY, "--also", "mrr=cent.csv")
        assert (said.code, "cent.csv:header: error[missing-column]" in said.err) == (2, True)
    else:
        assert moves(answer(*MAY, "--also", "mrr=cent.csv")) == [(1, "P-1002", "pioneer", "trailblazer")]


def test_a_partner_that_is_supposed_brings_rows_of_its_own() -> None:
    roster = Path("exports/partners_crm.csv").read_bytes().splitlines(keepends=True)
    Path("partner.csv").write_bytes(roster[0] + b"P-9999;=Neu;DE;EMEA;EUR;01.02.2025;ja;;;1,00\n")
    mrr = Path("exports/mrr-2025.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    row = mrr[1].replace(mrr[1].split(",")[0], "SO-NEW").replace(mrr[1].split(",")[1], "P-9999")
    Path("deal.csv").write_text(mrr[0] + row, encoding="utf-8")
    said = ask(*MAY, "--also", "mrr=deal.csv", "--also", "partners=partner.csv", "--out", "out")
    assert said.code == 0
    (mover,) = read_report(Path("out/movements.csv"))
    assert (mover["partner_id"], mover["tier_before"], mover["tier_after"]) == ("P-9999", "", "pioneer")
    # As in every other CSV: what a spreadsheet would compute has a quote before it.
    assert mover["partner_name"] == "'=Neu"


def test_a_supposed_row_at_fault_is_left_out_and_told() -> None:
    rows = "OPP-1,P-1004,AC-1,2025-05-20,Pending,,1 - Qualifying,,500,USD,\nOPP-2,P-0,A,2025-05-20,Pending,,x,,1,USD,\n"
    Path("deals.csv").write_text(OPPORTUNITIES + rows, encoding="utf-8")
    said = ask(*MAY, "--also", "opportunities=deals.csv")
    assert said.code == 1
    assert "  opportunities: 1 hypothetical row\n" in said.out
    assert "\nRejected                                                          1 row left out\n" in said.out
    assert "    deals.csv record 2\n" in said.out
    assert "error[" not in said.err
    quiet = ask(*MAY, "--also", "opportunities=deals.csv", "--quiet")
    assert (quiet.code, quiet.out) == (1, "")
    assert quiet.err == "tierctl what-if 2025-05: 1 row of opportunities rejected\n"


def test_past_months_one_by_one() -> None:
    """P-1006 has its 24,999.50 from March on."""
    content = answer("--from", "2025-02", "--to", "2025-04", "--set", f"{BOUND}=20000")
    assert content["months"] == ["2025-02", "2025-03", "2025-04"]
    assert content["is_backtest"] is True
    assert [row["month"] for row in content["tables"]["movements"]] == ["2025-03", "2025-04"]
    costs = [row for row in content["tables"]["costs"] if row["rule"] == "teams_calling"]
    assert [(row["month"], row["difference"]) for row in costs] == [("2025-02", 0), ("2025-03", 180), ("2025-04", 180)]


def test_a_month_after_a_close_opens_from_it() -> None:
    for month in ("2025-01", "2025-02"):
        assert run("close", "--month", month, "--quiet").code == 0
    said = ask("--month", "2025-03", "--set", f"{BOUND}=20000")
    assert said.code == 0
    assert "exports have it, opened from the close of 2025-02. " in " ".join(said.out.split())
    assert "  ▲  P-1006  Lärche Klinikfunk GmbH  Trailblazer → Elite    +180.00 USD\n" in said.out
    backtest = answer("--from", "2025-03", "--to", "2025-03", "--set", f"{BOUND}=20000")
    assert (backtest["opened_from"], backtest["is_backtest"]) == (None, True)


def test_nothing_in_the_workspace_changes(root: Path) -> None:
    before = tree(root)
    assert ask(*MAY, "--set", f"{BOUND}=20000", "--sweep", "trailblazer.opportunities=5:7:1").code == 0
    assert tree(root) == before


# ---- what is written


def test_a_folder_has_every_table_and_the_page() -> None:
    said = ask(*MAY, "--set", f"{BOUND}=20000", "--out", "out")
    assert said.code == 0
    assert said.out.endswith("\n\nTables and page  out/\n")
    assert {path.name for path in Path("out").iterdir()} == FILES
    for name in whatif_names():
        header = (Path("out") / f"{name}.csv").read_text(encoding="utf-8").splitlines()[0]
        assert header == ",".join(whatif_contract(name).names)
    assert "Lärche Klinikfunk GmbH" in Path("out/whatif.html").read_text(encoding="utf-8")


def test_a_folder_is_replaced_as_a_whole(root: Path) -> None:
    first, second = ("--set", f"{BOUND}=20000"), ("--set", f"{BOUND}=25001")
    assert ask(*MAY, *first, "--out", "out", "--format", "json,parquet", "--quiet").code == 0
    assert Path("out/costs.json").exists()
    assert ask(*MAY, *second, "--out", "out", "--quiet").code == 0
    assert {path.name for path in Path("out").iterdir()} == FILES
    once = tree(Path("out"))
    assert ask(*MAY, *second, "--out", "out", "--quiet").code == 0
    assert tree(Path("out")) == once
    assert [path.name for path in root.iterdir() if path.name.startswith(".")] == []


@pytest.mark.parametrize(
    ("folder", "code"),
    [
        ("exports", "reports-foreign-files"),
        ("reviewed", "reports-foreign-files"),
        ("tierctl.toml", "reports-foreign-files"),
        (".", "reports-unwritable"),
        ("ledger/mine", "reports-unwritable"),
        ("reports", "reports-unwritable"),
        ("reports/2025-05", "reports-unwritable"),
        ("exports/../reports/mine", "reports-unwritable"),
    ],
)
def test_a_folder_of_others_is_refused(root: Path, folder: str, code: str) -> None:
    assert run("review", *MAY, "--out", "reviewed", "--quiet").code == 0
    before = tree(root)
    said = ask(*MAY, "--set", f"{BOUND}=20000", "--out", folder)
    assert (said.code, said.out) == (2, "")
    assert f"error[{code}]" in said.err
    assert tree(root) == before


def test_a_review_does_not_take_the_place_of_a_what_if() -> None:
    assert ask(*MAY, "--set", f"{BOUND}=20000", "--out", "out", "--quiet").code == 0
    said = run("review", *MAY, "--out", "out", "--quiet")
    assert said.code == 2
    assert "error[reports-foreign-files]" in said.err


def test_the_page_alone() -> None:
    said = ask(*MAY, "--sweep", f"{BOUND}=20000:30000:5000", "--html", "sweep.html")
    assert said.out.endswith("\n\nPage  sweep.html\n")
    assert Path("sweep.html").read_text(encoding="utf-8").count("<svg") == 2


@pytest.mark.parametrize(("path", "reason"), [("ledger/x.html", "the ledger"), ("reports/x.html", "the reports")])
def test_a_page_among_what_is_sealed_or_reported_is_refused(path: str, reason: str) -> None:
    said = ask(*MAY, "--set", f"{BOUND}=20000", "--html", path)
    assert (said.code, said.out) == (2, "")
    assert f"this lies in {reason}\n" in said.err


def test_a_page_in_the_folder_that_is_replaced_is_refused() -> None:
    said = ask(*MAY, "--set", f"{BOUND}=20000", "--out", "out", "--html", "out/mine.html")
    assert (said.code, said.out) == (2, "")
    assert "this lies in out, which is replaced as a whole and gets the page as whatif.html\n" in said.err
    assert not Path("out").exists()


def test_where_everything_lies_is_in_the_json() -> None:
    content = answer(*MAY, "--set", f"{BOUND}=20000", "--out", "out", "--html", "page.html")
    assert (content["out"], content["html"]) == ("out", "page.html")
    assert Path("page.html").read_bytes() == Path("out/whatif.html").read_bytes()
    assert (answer(*MAY, "--set", f"{BOUND}=20000")["out"]) is None


def test_a_warning_of_a_changed_program_is_told_once() -> None:
    """Whoever has the MRR alone would be Elite, and not Trailblazer."""
    Path("mrr.toml").write_text('baseline = "elevate"\nremove = ["elite.opportunities"]\n', encoding="utf-8")
    said = ask(*MAY, "--overlay", "mrr.toml", "--sweep", f"{BOUND}=25000:30000:1000")
    assert said.code == 0
    assert said.err.count("warning[program-tier-order]") == 1


def test_a_page_where_there_is_no_folder() -> None:
    said = ask(*MAY, "--set", f"{BOUND}=20000", "--html", "nowhere/x.html")
    assert (said.code, said.out) == (2, "")
    assert "error[reports-unwritable]" in said.err


# ---- what cannot be asked


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (MAY, "nothing is asked"),
        (("--set", "a=1"), "name one month with --month, or several with --from and --to"),
        ((*MAY, "--from", "2025-01", "--set", "a=1"), "name one month with --month"),
        (("--from", "2025-01", "--set", "a=1"), "name one month with --month"),
        ((*MAY, "--also", "mrr"), "write EXPORT=FILE, as in mrr=deals.csv"),
        ((*MAY, "--set", "a=1", "--html", "x.csv"), "'x.csv' does not end in .html or .htm"),
        ((*MAY, "--set", "a=1", "--out", "x", "--format", "xlsx"), "'xlsx' is none of csv, parquet, json"),
    ],
)
def test_a_command_line_that_asks_nothing(words: tuple[str, ...], said: str) -> None:
    outcome = ask(*words)
    assert outcome.code == 2
    assert said in outcome.err


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        (("--from", "2025-05", "--to", "2025-04", "--set", f"{BOUND}=1"), "error[what-if-months]: 2025-04 lies before"),
        (("--month", "2025-13", "--set", f"{BOUND}=1"), "error[month-unknown]"),
        ((*MAY, "--also", "mmr=deals.csv"), "hint: did you mean mrr?"),
        ((*MAY, "--also", "mrr=deals.csv"), "--also:mrr=deals.csv: error[what-if-also]: there is no such file"),
        ((*MAY, "--set", "elite.net_new_mr=1"), "error[what-if-"),
        ((*MAY, "--sweep", f"{BOUND}=1:2"), "error[what-if-sweep]"),
        ((*MAY, "--overlay", "none.toml"), "none.toml: error[program-unreadable]"),
    ],
)
def test_a_question_that_cannot_be_answered(words: tuple[str, ...], fault: str) -> None:
    said = ask(*words)
    assert (said.code, said.out) == (2, "")
    assert fault in said.err
    assert "error[" in said.err
