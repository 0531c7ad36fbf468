"""What the shell offers for a word that is not finished, asked as bash, zsh and fish ask."""

import os
import subprocess
import sys
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from tests.cli.conftest import TOML, Run
from tierctl.cli import app

MAIN = "import sys; sys.argv[0] = 'tierctl'; from tierctl.cli import main; main()"
BUNDLED = ["connectsoft", "elevate", "engagement", "growth", "infusionsoft"]


@pytest.fixture(autouse=True)
def _here(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(workspace)
    monkeypatch.setattr("tierctl.cli.machine.today", lambda: date(2025, 5, 31))


def offered(line: str) -> list[str]:
    """What bash is offered for the last word of a line, which a blank ends with an empty one."""
    words = line.split(" ")
    asked = {"_TIERCTL_COMPLETE": "complete_bash", "COMP_WORDS": line, "COMP_CWORD": str(len(words) - 1)}
    result = CliRunner().invoke(app, [], env=asked, prog_name="tierctl", catch_exceptions=False)
    assert (result.exit_code, result.stderr) == (0, "")
    return result.stdout.split("\n")[:-1] if result.stdout.strip() else []


def shell(**asked: str) -> subprocess.CompletedProcess[str]:
    """What a shell gets that starts tierctl itself."""
    environment = {**os.environ, **asked}
    return subprocess.run([sys.executable, "-c", MAIN], env=environment, capture_output=True, text=True, check=False)


def close(workspace: Path, *labels: str) -> None:
    for label in labels:
        (workspace / "ledger" / label).mkdir(parents=True)


# ---- months


@pytest.mark.parametrize(
    "line",
    [
        "tierctl review --month ",
        "tierctl check -m ",
        "tierctl explain P-1 --month ",
        "tierctl what-if --from ",
        "tierctl review --partner P-1 --quiet -m ",
    ],
)
def test_months_reach_from_the_first_to_the_last_that_has_ended(line: str) -> None:
    """Elevate takes effect on 2025-01-01; May ends today, and so has not ended yet."""
    assert offered(line) == ["last", "2025-04", "2025-03", "2025-02", "2025-01"]


def test_a_day_later_may_has_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tierctl.cli.machine.today", lambda: date(2025, 6, 1))
    assert offered("tierctl review --month 2025-0") == ["2025-05", "2025-04", "2025-03", "2025-02", "2025-01"]
    assert offered("tierctl review --month l") == ["last"]


def test_money_that_starts_later_starts_the_months_later(workspace: Path) -> None:
    (workspace / "tierctl.toml").write_text(TOML + '[ledger]\nstarts = "2025-03"\n', encoding="utf-8")
    assert offered("tierctl review --month ") == ["last", "2025-04", "2025-03"]


@pytest.mark.parametrize(
    ("calendar", "months"),
    [
        ('kind = "4-4-5"\nyear_ends = "last saturday of january"', ["last", "2025-05", "2025-04", "2025-03"]),
        ('kind = "table"\npath = "calendar.csv"', ["last", "2025-05", "2025-04", "2025-03"]),
    ],
    ids=["weeks", "table"],
)
def test_months_are_those_of_the_fiscal_calendar(calendar: str, months: list[str], workspace: Path) -> None:
    """The year began on January 26, so May ended on the 24th; in the table on the 25th, and nothing is before March."""
    first = [date(2025 + (month > 12), (month - 1) % 12 + 1, 26) for month in range(2, 15)]
    rows = [f"2025,{n},{day},{end - timedelta(days=1)}" for n, (day, end) in enumerate(pairwise(first), start=1)]
    lines = ["fiscal_year,period,first_day,last_day", *rows, ""]
    (workspace / "calendar.csv").write_text("\n".join(lines), encoding="utf-8")
    (workspace / "tierctl.toml").write_text(f"{TOML}[calendar]\n{calendar}\n", encoding="utf-8")
    assert offered("tierctl review --month ")[:4] == months
    assert len(offered("tierctl review --month ")) == (4 if "table" in calendar else 6)


def test_a_close_is_offered_the_month_whose_turn_it_is_first(workspace: Path) -> None:
    assert offered("tierctl close --month ") == ["2025-01", "2025-02", "2025-03", "2025-04", "last"]
    close(workspace, "2025-01", "2025-02", ".2025-03.tmp-4711", "reopened")
    assert offered("tierctl close --month ") == ["2025-03", "2025-04", "last"]
    close(workspace, "2025-03", "2025-04")
    assert offered("tierctl close --month ") == []


@pytest.mark.parametrize("command", ["reopen", "verify"])
def test_what_concerns_closed_months_is_offered_those(command: str, workspace: Path) -> None:
    assert offered(f"tierctl {command} --month ") == []
    close(workspace, "2025-01", "2025-02")
    assert offered(f"tierctl {command} --month ") == ["2025-02", "2025-01"]


def test_a_difference_is_offered_what_has_reports(workspace: Path) -> None:
    close(workspace, "2025-01")
    for label in ("2025-01", "2025-02", "whatif"):
        (workspace / "reports" / label).mkdir(parents=True)
    assert offered("tierctl diff ") == ["2025-02", "2025-01"]
    assert offered("tierctl diff 2025-01 2025-02") == ["2025-02"]


# ---- partners


@pytest.mark.parametrize(
    ("line", "ids"),
    [
        ("tierctl explain ", ["P-1", "P-2", "P-3"]),
        ("tierctl review --month 2025-05 --partner P-2", ["P-2"]),
        ("tierctl review --partner P-1 --partner ", ["P-1", "P-2", "P-3"]),
        ("tierctl explain Q", []),
    ],
)
def test_partners_are_those_of_the_roster(line: str, ids: list[str]) -> None:
    assert offered(line) == ids


def test_the_roster_is_read_as_the_workspace_says(workspace: Path) -> None:
    """An old encoding, semicolons, two lines above the header, a header with a line break, an id of theirs."""
    text = 'Partners\n\n"Firma";"Partner\n Nr."\nMüller & Söhne;7\n"A; B";8\n'
    (workspace / "exports" / "crm-1.csv").write_text(text, encoding="cp1252")
    toml = TOML.replace('partners = { path = "exports/partners.csv" }\n', "") + (
        '[exports.partners]\npath = "exports/crm-*.csv"\n'
        '[exports.partners.columns]\n"Firma" = "name"\n"Partner Nr." = "partner_id"\n'
        '[exports.partners.values.partner_id]\n"7" = "P-7"\n'
        '[exports.partners.format]\ndelimiter = ";"\nencoding = "cp1252"\nheaderRow = 3\n'
    )
    (workspace / "tierctl.toml").write_text(toml, encoding="utf-8")
    assert offered("tierctl explain ") == ["P-7", "8"]


def test_the_roster_may_be_parquet(workspace: Path) -> None:
    df = pl.DataFrame({"partner_id": ["P-8", "P-9", "P-8"], "name": ["Acme", None, "Acme"]})
    df.write_parquet(workspace / "exports" / "partners.parquet")
    toml = TOML.replace("partners.csv", "partners.parquet")
    (workspace / "tierctl.toml").write_text(toml, encoding="utf-8")
    assert offered("tierctl explain P") == ["P-8", "P-9"]


def test_no_more_partners_than_a_person_can_look_through(workspace: Path) -> None:
    rows = "".join(f"P-{number},Name\n" for number in range(1000, 1500))
    (workspace / "exports" / "partners.csv").write_text(f"partner_id,name\n{rows}", encoding="utf-8")
    assert offered("tierctl explain P-") == [f"P-{number}" for number in range(1000, 1200)]
    assert offered("tierctl explain P-149") == [f"P-{number}" for number in range(1490, 1500)]


@pytest.mark.parametrize(
    "id_", ["$(touch x)", "`touch x`", "P 1", "*", "P;1", "'", '"', "P\\1", "P:1", "~root", "P(1)"]
)
def test_what_a_shell_would_take_apart_is_not_offered(id_: str, workspace: Path) -> None:
    text = '"' + id_.replace('"', '""') + '"'
    (workspace / "exports" / "partners.csv").write_text(f"partner_id,name\n{text},x\nP-2,y\n", encoding="utf-8")
    assert offered("tierctl explain ") == ["P-2"]


def test_names_hold_nothing_that_a_shell_would_do(workspace: Path) -> None:
    """A name is handed to zsh to be evaluated."""
    name = r"""A\$(touch x) `touch y` "B" 'C' [red]D[/] Ä.-1 & {E}: F"""
    text = '"' + name.replace('"', '""') + '"'
    (workspace / "exports" / "partners.csv").write_text(f"partner_id,name\nP-1,{text}\n", encoding="utf-8")
    asked = shell(_TIERCTL_COMPLETE="complete_zsh", _TYPER_COMPLETE_ARGS="tierctl explain P")
    told = "A touch x touch y B C red D / Ä.-1 & E F"
    assert asked.stdout == f"""_arguments '*: :(("P-1":"{told}"))'\n"""


# ---- programs, tables, formats, workspaces


def test_programs_are_those_that_come_along_and_the_files_here(workspace: Path) -> None:
    (workspace / "own.toml").write_text('id = "own"\nname = "Our own"\n', encoding="utf-8")
    (workspace / "other.toml").write_text("[tool]\n", encoding="utf-8")
    (workspace / "more").mkdir()
    (workspace / "more" / "mine.toml").write_text('id = "mine"\n', encoding="utf-8")
    for line in ("tierctl init ", "tierctl program show ", "tierctl program lint elevate "):
        assert offered(line) == [*BUNDLED, "own.toml"]
    assert offered("tierctl program lint o") == ["own.toml"]
    assert offered("tierctl program test more/") == ["more/mine.toml"]
    assert offered("tierctl explain P-1 --program ") == ["elevate"]


def test_tables_formats_and_exports() -> None:
    assert offered("tierctl schema p") == ["partner_services", "partners", "payments", "projects", "position"]
    assert offered("tierctl review --format ") == ["csv", "parquet", "json", "xlsx", "html"]
    assert offered("tierctl what-if --format ") == ["csv", "parquet", "json"]
    assert offered("tierctl review --format csv,j") == ["csv,json"]
    assert offered("tierctl what-if --also m") == ["mrr="]
    assert offered("tierctl what-if --also mrr=ex") == ["mrr=exports/"]
    assert offered("tierctl what-if --also mrr=exports/m") == ["mrr=exports/mrr.csv"]


def test_workspaces_are_folders_that_hold_one(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(workspace.parent)
    (workspace.parent / "empty").mkdir()
    assert offered("tierctl -C ") == ["ws"]
    assert offered("tierctl review -C w") == ["ws"]
    assert offered("tierctl -C ws/") == []


@pytest.mark.parametrize("line", ["tierctl -C ws explain ", "tierctl explain -C ws "])
def test_the_workspace_is_the_one_that_the_line_names(
    line: str, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(workspace.parent)
    assert offered(line) == ["P-1", "P-2", "P-3"]
    assert offered("tierctl explain ") == []


def test_commands_and_options_are_offered() -> None:
    assert offered("tierctl re") == ["review", "reopen"]
    assert offered("tierctl review --l") == ["--log"]


# ---- nothing is said but what is offered


@pytest.mark.parametrize(
    "toml",
    ["", "programs = [", 'programs = ["elevat"]', 'programs = ["elevate"]\n[calendar]\nkind = "moon"', "programs = 7"],
)
@pytest.mark.parametrize("line", ["tierctl review --month ", "tierctl explain ", "tierctl close -m "])
def test_where_a_workspace_is_wrong_nothing_is_offered(line: str, toml: str, workspace: Path) -> None:
    (workspace / "tierctl.toml").write_text(toml, encoding="utf-8")
    assert offered(line) == []


@pytest.mark.parametrize(
    "content", [None, b"", b"id,name\n", b"partner_id\nP-1\n", b"\xff\xfe\x00", b'partner_id,name\n"P']
)
def test_where_the_roster_is_wrong_nothing_is_offered(content: bytes | None, workspace: Path) -> None:
    path = workspace / "exports" / "partners.csv"
    path.unlink()
    if content is not None:
        path.write_bytes(content)
    assert offered("tierctl explain ") in ([], ["P"])


# ---- as the shells ask


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        (
            {"_TIERCTL_COMPLETE": "complete_bash", "COMP_WORDS": "tierctl explain P-", "COMP_CWORD": "2"},
            "P-1\nP-2\nP-3\n",
        ),
        (
            {"_TIERCTL_COMPLETE": "complete_zsh", "_TYPER_COMPLETE_ARGS": "tierctl explain P-1"},
            """_arguments '*: :(("P-1":"Blue Harbor Networks"))'\n""",
        ),
        (
            {
                "_TIERCTL_COMPLETE": "complete_fish",
                "_TYPER_COMPLETE_FISH_ACTION": "get-args",
                "_TYPER_COMPLETE_ARGS": "tierctl explain P-3",
            },
            "P-3\tDune Telecom\n",
        ),
    ],
    ids=["bash", "zsh", "fish"],
)
def test_each_shell_is_answered_as_it_asks(asked: dict[str, str], told: str) -> None:
    done = shell(**asked)
    assert (done.returncode, done.stdout, done.stderr) == (0, told, "")


@pytest.mark.parametrize("name", ["bash", "zsh", "fish"])
def test_each_shell_has_a_script(name: str) -> None:
    done = shell(_TIERCTL_COMPLETE=f"source_{name}")
    assert (done.returncode, done.stderr) == (0, "")
    assert f"_TIERCTL_COMPLETE=complete_{name}" in done.stdout


def test_a_fault_in_the_middle_of_a_line_is_not_printed() -> None:
    """Typer itself takes the number for granted."""
    done = shell(_TIERCTL_COMPLETE="complete_bash", COMP_WORDS="tierctl", COMP_CWORD="one")
    assert (done.returncode, done.stdout, done.stderr) == (2, "", "")


@pytest.mark.parametrize(("line", "told"), [("tierctl explain P-1", "P-1"), ("tierctl review -m l", "last")])
def test_partners_in_text_and_months_are_offered_without_polars(line: str, told: str) -> None:
    heavy = "print(sorted({'polars', 'rich'} & sys.modules.keys()))"
    script = f"import atexit, sys\natexit.register(lambda: {heavy})\n{MAIN}"
    words = {"COMP_WORDS": line, "COMP_CWORD": str(line.count(" ")), "_TIERCTL_COMPLETE": "complete_bash"}
    done = subprocess.run(
        [sys.executable, "-c", script], env={**os.environ, **words}, capture_output=True, text=True, check=True
    )
    assert done.stdout == f"{told}\n[]\n"


def test_help_names_the_options_that_install_it(run: Run) -> None:
    out = run("--help").out
    assert "  --install-completion  Install completion for the current shell.\n" in out
