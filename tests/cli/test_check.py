"""`tierctl check`: every fault at once, nothing written."""

import json
from datetime import date
from pathlib import Path

import pytest

from tests.cli.conftest import MRR_HEADER, TOML, Outcome, Run, break_mrr

CLEAN = """\
Rows                                                                from 5 files
                    read  rejected  repeated  dated later
  agreements           3         ·         ·            ·
  mrr                  4         ·         1            ·
  opportunities       30         ·         ·            ·
  partner_services     0         ·         ·            ·
  partners             3         ·         ·            ·

agreements                               3 columns, all that is filled is parsed
  column         filled  distinct  examples
  partner_id          3         3  P-1 · P-2 · P-3
  effective_on        3         1  2025-01-01
  standard_rate       3         3  0.1 · 0.12 · 0.08

mrr                                      9 columns, all that is filled is parsed
  column        filled  distinct  examples
  line_id            4         3  L-1 · L-2 · L-3
  partner_id         4         3  P-1 · P-2 · P-3
  customer_id        4         3  C-1 · C-2 · C-3
  order_type         4         1  new_logo
  mrr                4         3  26000.50 · 9999.99 · 100
  currency           4         1  USD
  sold_on            4         3  2025-04-20 · 2025-03-01 · 2025-06-01
  invoiced_on        4         3  2025-05-02 · 2025-03-05 · 2025-06-02
  cancelled_on       0         0

opportunities                            4 columns, all that is filled is parsed
  column          filled  distinct  examples
  opportunity_id      30        30  O-P-1-0 · O-P-1-1 · O-P-1-2
  partner_id          30         2  P-1 · P-2
  submitted_on        30         1  2025-03-15
  stage               30         1  open

partner_services                                            8 columns, all empty

partners                                 4 columns, all that is filled is parsed
  column      header      filled  distinct  examples
  partner_id  partner_id       3         3  P-1 · P-2 · P-3
  name        name             3         3  Blue Harbor Networks · Clearview Vo…
  joined_on   joined_on        2         2  2025-02-10 · 2025-05-05
  (unused)    Notes            1         1  old friend

No faults: a review can run.
"""


def test_a_clean_workspace(run: Run, workspace: Path) -> None:
    before = sorted(path.name for path in workspace.rglob("*"))
    outcome = run("check")
    assert (outcome.code, outcome.out, outcome.err) == (0, CLEAN, "")
    assert sorted(path.name for path in workspace.rglob("*")) == before


def test_with_a_month_later_rows_count_as_such(run: Run) -> None:
    out = run("check", "--month", "2025-05").out
    assert "  mrr                  4         ·         1            1\n" in out


def test_rejected_rows_give_exit_1(run: Run, workspace: Path) -> None:
    break_mrr(workspace)
    outcome = run("check")
    assert outcome.code == 1
    assert "exports/mrr.csv record 5\n" in outcome.out
    assert outcome.out.endswith("A review can run, and leaves out what is listed above.\n")


def test_json_lists_rows_rejects_and_columns(run: Run, workspace: Path) -> None:
    break_mrr(workspace)
    outcome = run("check", "--json")
    assert outcome.code == 1
    content = json.loads(outcome.out)
    assert content["can_run"] is True
    assert content["rejects"] == {"mrr": {"mrr": {"not-a-number": 1}, "order_type": {"not-in-enum": 1}}}
    assert content["exports"]["partners"]["unused_columns"] == ["Notes"]
    assert content["exports"]["mrr"]["duplicates"] == 1


def test_faults_of_programs_and_exports_are_told_together(run: Run, workspace: Path) -> None:
    toml = TOML.replace('["elevate"]', '["elevat"]')
    (workspace / "tierctl.toml").write_text(toml, encoding="utf-8")
    (workspace / "exports" / "mrr.csv").unlink()
    outcome = run("check")
    assert outcome.code == 2
    assert "error[program-not-found]" in outcome.out
    assert "error[missing-export]" in outcome.out
    assert outcome.out.endswith("A review cannot run until the errors above are mended.\n")


def test_no_workspace_and_a_month_too_early_are_exit_2(run: Run) -> None:
    assert run("check", "-C", "nowhere").code == 2
    early = run("check", "--month", "2024-12", "--json")
    assert early.code == 2
    assert [finding["code"] for finding in json.loads(early.out)["findings"]] == ["review-before-start"]


def test_configured_exports_that_no_program_reads_are_named(run: Run, workspace: Path) -> None:
    more = TOML + 'projects = { path = "exports/projects.csv" }\n'
    (workspace / "tierctl.toml").write_text(more, encoding="utf-8")
    outcome = run("check")
    assert outcome.code == 0
    assert "Configured, but read by no program: projects.\n" in outcome.out


def test_every_kind_of_fault_is_shown_the_roster_s_first(run: Run, workspace: Path) -> None:
    """A check writes no rejects that a reader could turn to."""
    faults = [
        "L-20,P-1,C-1,New,5,USD,2025-04-20,,",
        "L-21,P-1,C-1,add,five,USD,2025-04-20,,",
        "L-22,P-9,C-1,add,5,USD,2025-04-20,,",
        "L-23,P-1,C-1,add,5,EUR,2025-04-20,,",
        "L-24,P-1,C-1,add,5,USD,20 April,,",
        "L-25,P-1,C-1,add,5,USD,2025-04-20,May,",
        "L-26,P-1,C-1,add,5,USD,2025-04-20,,June",
        "L-27,P-1,C-1,add,5.1234567,USD,2025-04-20,,",
        ",P-1,C-1,add,5,USD,2025-04-20,,",
        "L-28,,C-1,add,5,USD,2025-04-20,,",
        "L-29,P-1,,add,5,USD,2025-04-20,,",
        "L-30,P-1,C-1,add,,USD,2025-04-20,,",
    ]
    with (workspace / "exports" / "mrr.csv").open("a", encoding="utf-8") as file:
        file.writelines(f"{line}\n" for line in faults)
    with (workspace / "exports" / "partners.csv").open("a", encoding="utf-8") as file:
        file.write("P-4,,some day,\n")
    outcome = run("check")
    assert outcome.code == 1
    kinds = [line.split() for line in outcome.out.splitlines() if line.startswith(("  mrr  ", "  partners  "))]
    kinds = [kind for kind in kinds if kind[1][0].isalpha()]
    assert [kind[0] for kind in kinds] == [*["partners"] * (len(kinds) - len(faults)), *["mrr"] * len(faults)]
    assert len(kinds) > len(faults)
    assert "more kind" not in outcome.out


def test_a_fault_is_told_with_its_message_and_its_hint(run: Run, workspace: Path) -> None:
    break_mrr(workspace)
    assert (
        "    exports/mrr.csv record 6\n"
        "    order_type 'New Logo' is none of new_logo, renewal, move, add, change\n"
        "    the words are new_logo, renewal, move, add, change; map others under\n"
    ) in run("check").out


def test_unread_columns_have_a_line_each_and_many_are_counted(run: Run, workspace: Path) -> None:
    """A column that nobody filled is one too."""
    names = [f"Column Number {n}" for n in range(1, 15)]
    header, *rows = (workspace / "exports" / "opportunities.csv").read_text(encoding="utf-8").splitlines()
    lines = [",".join([header, *names]), *(row + "," * len(names) for row in rows)]
    (workspace / "exports" / "opportunities.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    block = run("check").out.partition("\nopportunities ")[2].partition("\n\n")[0]
    unused = [line for line in block.splitlines() if line.startswith("  (unused)")]
    assert unused == [f"  (unused)        {name:<16}       0         0" for name in names[:12]]
    assert block.endswith("  and 2 more columns that nothing reads")


def test_a_month_far_ahead_is_probably_a_slip(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tierctl.cli.machine.today", lambda: date(2025, 5, 31))
    assert "month-far-ahead" not in run("check", "--month", "2026-06").out
    assert "warning[month-far-ahead]: 2026-07 begins on 2026-07-01" in run("check", "--month", "2026-07").out
    reviewed = run("review", "--month", "2026-07")
    assert reviewed.code == 0
    assert reviewed.err.startswith("--month:2026-07: warning[month-far-ahead]: ")


@pytest.mark.parametrize(
    ("today", "is_warned"), [("2025-04-30", True), ("2025-05-31", True), ("2025-06-01", False), ("2024-01-01", False)]
)
def test_a_month_that_has_not_ended_may_still_change(
    run: Run, monkeypatch: pytest.MonkeyPatch, today: str, is_warned: bool
) -> None:
    """Of a month far ahead that is the least of it."""
    monkeypatch.setattr("tierctl.cli.machine.today", lambda: date.fromisoformat(today))
    said = (
        f"--month:2025-05: warning[month-not-ended]: 2025-05 ends on 2025-05-31, and today is {today}: rows, tiers and"
        " amounts may still change\n  hint: review it again once it has ended\n"
    )
    assert (said in run("check", "--month", "2025-05").out) is is_warned
    reviewed = run("review", "--month", "2025-05")
    assert (reviewed.code, said in reviewed.err) == (0, is_warned)
    assert run("review", "--month", "2025-05", "--quiet") == Outcome(0, "", "")


def test_a_quiet_check_of_a_clean_workspace_says_nothing(run: Run) -> None:
    assert run("check", "--quiet") == Outcome(0, "", "")


def test_a_quiet_check_says_how_many_rows_are_rejected(run: Run, workspace: Path) -> None:
    break_mrr(workspace)
    assert run("check", "-q") == Outcome(1, "", "tierctl check: 2 rows of mrr rejected\n")


def test_a_quiet_check_tells_every_error_and_no_warning(run: Run, workspace: Path) -> None:
    toml = TOML.replace("mrr = {", "mrrr = {")
    assert toml != TOML
    (workspace / "tierctl.toml").write_text(toml, encoding="utf-8")
    outcome = run("check", "--quiet")
    assert (outcome.code, outcome.out) == (2, "")
    assert "error[workspace-unknown-export]: mrrr is no export" in outcome.err
    assert "warning[" not in outcome.err


def test_a_quiet_check_can_be_asked_for_json(run: Run) -> None:
    assert json.loads(run("check", "--quiet", "--json").out)["can_run"] is True


def test_every_rejected_word_of_a_list_stands_in_one_table_to_paste(run: Run, workspace: Path) -> None:
    words = ["New", "Renewel", "RENEWAL", "New", "New Logo", *(f"Word {number}" for number in range(17))]
    lines = "".join(f"L-9{n},P-1,C-1,{word},5.00,USD,2025-04-20,,\n" for n, word in enumerate(words))
    (workspace / "exports" / "mrr.csv").write_text(MRR_HEADER + lines, encoding="utf-8")
    out = run("check").out
    table = out[out.index("      [exports.mrr.values.order_type]\n") : out.index("\n\nA review can run")]
    assert table.splitlines() == [
        "      [exports.mrr.values.order_type]",
        '      "New" = "…"',
        '      "Renewel" = "renewal"',
        '      "RENEWAL" = "renewal"',
        '      "New Logo" = "new_logo"',
        *(f'      "Word {number}" = "…"' for number in range(16)),
        "      # and 1 more",
    ]
    assert out.count("[exports.mrr.values.order_type]") == 1


def test_faults_of_the_workspace_and_of_its_programs_are_told_together(run: Run, workspace: Path) -> None:
    """Neither hides the other, nor a program that is not there."""
    (workspace / "own.toml").write_text('id = "Own"\n', encoding="utf-8")
    text = 'programs = ["own.toml", "elevat"]\n[calendar]\nkind = "month"\n[exports.mr]\npath = "mrr.csv"\n'
    (workspace / "tierctl.toml").write_text(text, encoding="utf-8")
    for command in (("check",), ("review", "--month", "2025-05")):
        outcome = run(*command)
        said = outcome.out + outcome.err
        places = [
            said.find(place)
            for place in ("3:calendar.kind", "4:exports.mr", "own.toml:1:id", "elevat: error[program-not-found]")
        ]
        assert outcome.code == 2
        assert -1 not in places
        assert places == sorted(places)


def test_a_file_that_cannot_be_opened_hides_no_fault_of_another(run: Run, workspace: Path) -> None:
    break_mrr(workspace)
    (workspace / "exports" / "opportunities.csv").write_bytes(b"")
    outcome = run("check", "--json")
    assert outcome.code == 2
    found = [(finding["code"], finding["source"]) for finding in json.loads(outcome.out)["findings"]]
    assert found == [
        ("empty-file", "exports/opportunities.csv"),
        ("not-a-number", "exports/mrr.csv"),
        ("not-in-enum", "exports/mrr.csv"),
    ]
