"""`tierctl status`: what is closed, what comes next, and what has changed since."""

import json
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from tests.cli.closes import (
    LEADS,
    TOML,
    closed,
    codes,
    digest,
    edit,
    fresh,
    june,
    may,
    page,
    run,
    tree,
    undisturbed,
)
from tests.sample import copy_workspace
from tierctl import __version__

__all__ = ("closed", "fresh", "june", "may", "page", "undisturbed")

JUNE, JULY = ("--month", "2024-06"), ("--month", "2024-07")
STATUS = """\
2 months closed                                                           in USD
  month    on          by   digest        partners  commissions  credits
  2024-05  2024-07-03  kim  {may}         4     1,560.00        ·
  2024-06  2024-07-03  kim  {june}         6     4,196.06        ·

Since the close of 2024-06
  Exports, program files and tierctl.toml are those that it read.

Head    {head}
Ledger  ledger/
Money   posted since 2024-05
Next    2024-07, which ended on 2024-07-31
"""


@pytest.fixture
def by_kim(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tierctl.cli.machine.stamp", lambda: "2024-07-03T08:00:00Z")
    monkeypatch.setattr("tierctl.cli.machine.user", lambda: "kim")


@pytest.mark.usefixtures("by_kim")
def test_status_shows_every_close_and_what_comes_next(fresh: Path) -> None:
    for month in ("2024-05", "2024-06"):
        assert run("close", "--month", month, "--quiet").code == 0
    before = tree(fresh)
    outcome = run("status")
    assert (outcome.code, outcome.err) == (0, "")
    first, second = (digest(fresh / "ledger" / month / "manifest.json") for month in ("2024-05", "2024-06"))
    assert outcome.out == STATUS.format(may=first[:12], june=second[:12], head=second)
    assert tree(fresh) == before


@pytest.mark.usefixtures("fresh")
def test_where_nothing_is_closed_it_says_with_what_to_begin() -> None:
    first = "Head    none: no month is closed\nLedger  ledger/\nMoney   posted since 2024-05\n"
    assert run("status").out == f"{first}Next    2024-05, which ended on 2024-05-31\n"
    edit(TOML, "^starts = .*$", "")
    free = "Head    none: no month is closed\nLedger  ledger/\nNext    any month from 2020-01 on\n"
    assert run("status").out == free


@pytest.mark.parametrize(
    ("today", "said"),
    [
        (date(2024, 7, 31), "2024-07, once it has ended on 2024-07-31"),
        (date(2024, 8, 1), "2024-07, which ended on 2024-07-31"),
    ],
)
def test_it_says_whether_the_next_month_has_ended(
    june: Path, monkeypatch: pytest.MonkeyPatch, today: date, said: str
) -> None:
    monkeypatch.setattr("tierctl.cli.machine.today", lambda: today)
    assert run("status").out.endswith(f"Next    {said}\n")
    following = json.loads(run("status", "--json").out)["next"]
    assert following == {"month": "2024-07", "last": "2024-07-31", "has_ended": today > date(2024, 7, 31)}
    assert (june / "ledger" / "2024-06").is_dir()


def test_files_that_differ_are_named(june: Path) -> None:
    edit(TOML, r'^path = "exports/leads.csv"$', 'path = "exports/leads*.csv"')
    edit(LEADS, "^LD-0102,.*\n", "")
    header = LEADS.read_text(encoding="utf-8").partition("\n")[0]
    (june / "exports" / "leads-july.csv").write_text(f"{header}\n", encoding="utf-8")
    (june / "exports" / "rates.csv").unlink()
    (june / "exports" / "partners.csv").touch()
    assert (
        "Since the close of 2024-06                                         4 differences\n"
        "  exports/rates.csv       missing  fx_rates\n"
        "  exports/leads-july.csv  new      opportunities\n"
        "  exports/leads.csv       changed  opportunities\n"
        "  tierctl.toml            changed  workspace\n\n"
    ) in run("status").out
    assert json.loads(run("status", "--json").out)["changed_since"]["files"][1] == {
        "about": "opportunities",
        "path": "exports/leads-july.csv",
        "state": "new",
    }


def test_programs_of_one_s_own_are_compared_too(fresh: Path) -> None:
    edit(TOML, "^programs = .*$", 'programs = ["ours.toml"]')
    bundled = Path(__file__).parents[2] / "tierctl" / "program" / "bundled" / "engagement.toml"
    (fresh / "ours.toml").write_bytes(bundled.read_bytes())
    assert run("close", "--month", "2024-05", "--quiet").code == 0
    assert "  ours.toml" not in run("status").out
    with (fresh / "ours.toml").open("a", encoding="utf-8") as file:
        file.write("# nothing else\n")
    assert "  ours.toml  changed  program file\n" in run("status").out


def test_another_tierctl_is_named(may: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("status_lines", "status_run"):
        monkeypatch.setattr(f"tierctl.cli.{module}.__version__", "9.9.9")
    assert f"  tierctl  changed  {__version__}, now 9.9.9\n" in run("status").out
    assert (may / "ledger" / "2024-05").is_dir()


@pytest.mark.usefixtures("by_kim")
def test_reasons_are_shown_and_closes_set_aside(june: Path) -> None:
    edit(LEADS, "^LD-0102,.*\n", "")
    assert run("close", *JULY, "--accept-removals", "a double", "--quiet").code == 0
    assert run("reopen", *JULY, "--reason", "it was none", "--quiet").code == 0
    assert run("close", *JULY, "--leave-held", "--quiet").code == 0
    assert (
        "Accepted\n"
        "  2024-07  rows that were posted and are missing: left as posted\n\n"
        "Set aside                                                                1 close\n"
        "  2024-07.1  2024-07-03 08:00 UTC by kim\n"
        "    it was none\n\n"
    ) in run("status").out
    told = json.loads(run("status", "--json").out, parse_float=Decimal)
    assert [each["folder"] for each in told["set_aside"]] == ["ledger/reopened/2024-07.1"]
    assert [each["accepted"]["left_held"] for each in told["closes"]] == [False, False, True]
    assert told["closes"][2]["commissions"] == {"USD": 6800}
    assert (june / "ledger" / "2024-07").is_dir()


def test_the_object_names_every_close(june: Path) -> None:
    told = json.loads(run("status", "--json").out, parse_float=Decimal)
    assert [each["month"] for each in told["closes"]] == ["2024-05", "2024-06"]
    assert [each["commissions"] for each in told["closes"]] == [{"USD": 1560}, {"USD": Decimal("4196.06")}]
    assert [each["credits"] for each in told["closes"]] == [{}, {}]
    assert told["head"] == {"month": "2024-06", "sha256": digest(june / "ledger" / "2024-06" / "manifest.json")}
    assert (told["money_from"], told["ledger"], told["findings"]) == ("2024-05", "ledger", [])


def test_commissions_and_credits_stand_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(copy_workspace(tmp_path / "ws"))
    assert run("close", "--month", "2025-01", "--quiet").code == 0
    statements = json.loads(Path("reports/2025-01/summary.json").read_text(encoding="utf-8"), parse_float=Decimal)
    money = statements["programs"]["elevate"]["money"]
    sums = {
        section: sum(of["USD"]["earned"] for rule in money[section].values() if (of := rule["amounts"]))
        for section in ("commissions", "credits")
    }
    told = json.loads(run("status", "--json").out, parse_float=Decimal)["closes"][0]
    assert (told["commissions"]["USD"], told["credits"]["USD"]) == (sums["commissions"], sums["credits"])


def test_a_workspace_at_fault_shows_its_ledger_even_so(may: Path) -> None:
    edit(TOML, "^programs = .*$", 'programs = ["broken.toml"]')
    (may / "broken.toml").write_text('id = "engagement"\n', encoding="utf-8")
    outcome = run("status")
    assert outcome.code == 1
    assert "program-missing-key" in codes(outcome)
    assert "  2024-05  " in outcome.out
    assert "Next    2024-06, which ended on 2024-06-30\n" in outcome.out


def test_a_calendar_that_does_not_reach_so_far_shows_the_ledger_even_so(may: Path) -> None:
    rows = [f"2026,{n},2025-{n:02}-01,2025-{n:02}-28" for n in (1, 2)]
    rows[0] = "2026,1,2025-01-01,2025-01-31"
    table = "\n".join(["fiscal_year,period,first_day,last_day", *rows, ""])
    (may / "calendar.csv").write_text(table, encoding="utf-8")
    edit(TOML, r"^kind.*\n^year_starts.*$", 'kind = "table"\npath = "calendar.csv"')
    edit(TOML, "^starts = .*$", "")
    outcome = run("status")
    assert outcome.code == 1
    assert "ledger-calendar-differs" in codes(outcome)
    assert "the calendar makes 2024-05 no month, and it was closed as 2024-05-01 to 2024-05-31\n" in outcome.err
    assert "\nNext " not in outcome.out


def test_a_workspace_that_says_otherwise_than_its_closes_is_told(may: Path) -> None:
    edit(TOML, "^starts = .*$", 'starts = "2024-03"')
    outcome = run("status")
    assert (outcome.code, codes(outcome)) == (1, ["ledger-starts-differ"])
    assert "Money   posted since 2024-05\n" in outcome.out
    assert (may / "ledger" / "2024-05").is_dir()


@pytest.mark.parametrize("file", ["reports/summary.json", "close.json", "manifest.json"])
def test_a_damaged_ledger_is_not_shown(may: Path, file: str) -> None:
    path = may / "ledger" / "2024-05" / file
    path.chmod(0o644)
    path.write_text("{}\n", encoding="utf-8")
    outcome = run("status")
    assert (outcome.code, outcome.out) == (2, "")
    assert set(codes(outcome)) == {"ledger-damaged"}
