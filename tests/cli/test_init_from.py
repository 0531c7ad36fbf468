"""`tierctl init --from`: a tierctl.toml proposed for a folder of exports, with what is sure, likely and open of it."""

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tests.sample import copy_workspace

TOML = "tierctl.toml"
PROGRAM = """\
id             = "small"
name           = "Small program"
currency       = "USD"
enrollment     = "automatic"
effective_from = 2025-01-01

[policy]
rounding     = "half_even"
takes_effect = "month_end"

[metrics.deals]
name   = "Deals"
from   = "opportunities"
count  = "opportunity_id"
on     = "submitted_on"
window = "calendar_year"

[tracks.partner]
promotion          = "automatic"
each_tier_requires = "its_own"

[[tracks.partner.tiers]]
id   = "base"
name = "Base"

[[tracks.partner.tiers]]
id    = "gold"
name  = "Gold"
requires.deals.at_least = 2
holds = "through_next_calendar_year"
"""
PARTNERS = "Partner ID,Company\nP-1,Blue Harbor\nP-2,Clearview\n"
DEALS = "Deal ID,Partner,Create Date,Deal Stage\nD-1,P-1,01/31/2025,Closed Won\nD-2,P-2,02/03/2025,Proposal\n"
AMBIGUOUS = DEALS.replace("01/31", "01/03")


@pytest.fixture
def exports(workspace: Path) -> Path:
    """A folder with two exports that leave nothing open, and a program beside it that reads them."""
    folder = workspace / "from crm"
    folder.mkdir()
    (folder / "partners.csv").write_text(PARTNERS, encoding="utf-8")
    (folder / "deals.csv").write_text(DEALS, encoding="utf-8")
    (workspace / "small.toml").write_text(PROGRAM, encoding="utf-8")
    return folder


@pytest.fixture
def small(run: Run, exports: Path) -> Run:
    """Runs `init small.toml mine --from` that folder, with what is given behind it."""
    return lambda *arguments: run("init", "small.toml", "mine", "--from", exports.name, *arguments)


def test_it_says_which_file_is_what_and_what_comes_next(small: Run) -> None:
    outcome = small()
    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.out == (
        "Wrote mine/tierctl.toml, from 2 files looked at\n"
        "\n"
        "Files\n"
        "  deals.csv     opportunities  sure  4 of 4 required columns; its name says so\n"
        "  partners.csv  partners       sure  2 of 2 required columns; its name says so\n"
        "\n"
        "Nothing that a review needs is open.\n"
        "\n"
        "Next  tierctl -C mine check\n"
    )


def test_it_writes_tierctl_toml_and_nothing_else(small: Run, workspace: Path) -> None:
    before = tree(workspace)
    assert small().code == 0
    after = tree(workspace)
    assert after.keys() - before.keys() == {f"mine/{TOML}"}
    assert {name: after[name] for name in before} == before
    text = after[f"mine/{TOML}"].decode()
    assert 'programs = ["../small.toml"]' in text
    assert 'path = "../from crm/deals.csv"' in text
    assert '"Create Date" = "submitted_on"     # header; both cells are dates\n' in text


def test_what_it_writes_can_be_reviewed(small: Run, run: Run) -> None:
    assert small().code == 0
    assert run("-C", "mine", "check").code == 0
    assert run("-C", "mine", "review", "--month", "2025-02", "--quiet").code == 0


def test_open_questions_are_asked_and_the_exit_code_is_1(small: Run, exports: Path) -> None:
    (exports / "deals.csv").write_text(AMBIGUOUS, encoding="utf-8")
    outcome = small()
    assert (outcome.code, outcome.err) == (1, "")
    assert "\nOpen: a review needs an answer\n  opportunities.submitted_on\n" in outcome.out
    assert "    → a row such as 13/02/2025 decides it\n" in outcome.out
    assert max(map(len, outcome.out.splitlines())) <= 80
    assert outcome.out.endswith("Next  tierctl -C mine check\n")


def test_json_tells_the_same(small: Run, exports: Path) -> None:
    (exports / "deals.csv").write_text(AMBIGUOUS, encoding="utf-8")
    outcome = small("--json")
    told = json.loads(outcome.out)
    assert outcome.code == 1
    assert (told["file"], told["programs"], told["next"]) == (
        f"mine/{TOML}",
        ["../small.toml"],
        "tierctl -C mine check",
    )
    assert [(file["name"], file["export"], file["confidence"]) for file in told["files"]] == [
        ("deals.csv", "opportunities", "sure"),
        ("partners.csv", "partners", "sure"),
    ]
    assert [(each["export"], each["about"]) for each in told["open"]] == [("opportunities", "submitted_on")]
    lines = {(line["table"], line["key"]): line for export in told["exports"] for line in export["lines"]}
    assert lines["exports.opportunities.columns", "Deal ID"]["confidence"] == "sure"
    assert lines["exports.opportunities.format", "date"]["confidence"] == "open"
    assert lines["exports.opportunities.values.stage", "Proposal"]["value"] == "open"


def test_the_folder_may_be_the_workspace_and_hold_the_program(run: Run, exports: Path, workspace: Path) -> None:
    (workspace / "small.toml").rename(exports / "small.toml")
    outcome = run("init", "from crm/small.toml", "from crm", "--from", "from crm")
    assert (outcome.code, outcome.err) == (0, "")
    text = (exports / TOML).read_text(encoding="utf-8")
    assert 'programs = ["small.toml"]' in text
    assert 'path = "deals.csv"' in text
    assert outcome.out.endswith("Next  tierctl -C 'from crm' check\n")


def test_without_a_folder_it_is_named_by_the_program(run: Run, exports: Path, workspace: Path) -> None:
    assert run("init", "small.toml", "--from", exports.name).code == 0
    assert (workspace / "small" / TOML).is_file()


def test_hidden_files_and_folders_are_left_alone(small: Run, exports: Path) -> None:
    (exports / ".partners.csv").write_text(PARTNERS, encoding="utf-8")
    (exports / "old").mkdir()
    (exports / "old" / "partners.csv").write_text(PARTNERS, encoding="utf-8")
    assert [file["name"] for file in json.loads(small("--json").out)["files"]] == ["deals.csv", "partners.csv"]


def test_what_is_no_table_is_told_and_the_rest_proposed(small: Run, exports: Path) -> None:
    (exports / "logo.png").write_bytes(b"\x89PNG\r\n\x1a\n\0\0")
    outcome = small()
    assert outcome.code == 0
    assert "logo.png" in outcome.err
    assert ": warning[" in outcome.err


def test_what_could_not_be_read_stands_among_the_files_and_in_the_workspace(
    small: Run, exports: Path, workspace: Path
) -> None:
    (exports / "deals.csv").unlink()
    (exports / "deals.xlsx").write_bytes(b"PK\x03\x04 cut short")
    (exports / "empty.csv").write_bytes(b"")
    outcome = small()
    assert outcome.code == 1
    assert outcome.out.startswith("Wrote mine/tierctl.toml, from 3 files looked at\n")
    assert "\n  empty.csv     ?" in outcome.out
    assert "not read: the file is empty\n" in outcome.out
    assert "\n    no file fits opportunities; deals.xlsx could not be read\n" in outcome.out
    text = (workspace / "mine" / TOML).read_text(encoding="utf-8")
    head = text.partition("programs = ")[0]
    assert "# not read: empty.csv, the file is empty\n" in head
    assert "# not read: deals.xlsx, it is a zip file" in head


@pytest.mark.parametrize(
    "files",
    [
        {"readme.md": "hello\n"},
        {"notes.txt": "What to do\nAsk Haddad\nAsk again\n"},
        {"readme.md": "hello\n", "empty.csv": "", "header.csv": "a,b\n"},
    ],
)
def test_a_folder_without_any_table_is_refused(run: Run, workspace: Path, files: dict[str, str]) -> None:
    folder = workspace / "nothing"
    folder.mkdir()
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    before = tree(workspace)
    outcome = run("init", "elevate", "mine", "--from", "nothing")
    assert (outcome.code, outcome.out) == (2, "")
    count = "1 file" if len(files) == 1 else f"{len(files)} files"
    assert f"nothing: error[init-no-exports]: there are no exports: of its {count} none is a table" in outcome.err
    assert tree(workspace) == before


def test_a_header_alone_that_is_an_export_s_is_a_table(small: Run, exports: Path) -> None:
    for name in ("deals.csv", "partners.csv"):
        path = exports / name
        path.write_text(path.read_text(encoding="utf-8").splitlines()[0] + "\n", encoding="utf-8")
    assert small().code in {0, 1}


def test_a_program_with_rules_is_asked_when_money_begins(run: Run, exports: Path, workspace: Path) -> None:
    outcome = run("init", "elevate", "mine", "--from", exports.name)
    assert "\nWorth a look\n" in outcome.out
    assert (
        "\n  ledger.starts\n    with which month money begins: no export says it; without it each month's"
        in outcome.out
    )
    text = (workspace / "mine" / TOML).read_text(encoding="utf-8")
    assert '\n[ledger]\npath = "ledger"\n' in text
    assert '\n# starts = "YYYY-MM"\n' in text


def test_a_workspace_is_never_written_over(small: Run, workspace: Path) -> None:
    (workspace / "mine").mkdir()
    (workspace / "mine" / TOML).write_text("mine", encoding="utf-8")
    outcome = small()
    assert (outcome.code, outcome.out) == (2, "")
    assert "mine: error[init-workspace-there]: there is a workspace already" in outcome.err
    assert (workspace / "mine" / TOML).read_text(encoding="utf-8") == "mine"


def test_one_that_appears_meanwhile_is_not_written_over(
    small: Run, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    linked = Path.hardlink_to

    def race(path: Path, target: Path) -> None:
        path.write_text("theirs", encoding="utf-8")
        linked(path, target)

    monkeypatch.setattr(Path, "hardlink_to", race)
    outcome = small()
    assert outcome.code == 2
    assert "error[init-workspace-there]" in outcome.err
    assert (workspace / "mine" / TOML).read_text(encoding="utf-8") == "theirs"
    assert [path.name for path in (workspace / "mine").iterdir()] == [TOML]


def test_a_file_system_without_links_is_written_to_too(
    small: Run, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: Path, __: Path) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(Path, "hardlink_to", refuse)
    assert small().code == 0
    assert [path.name for path in (workspace / "mine").iterdir()] == [TOML]


def test_what_cannot_be_written_leaves_nothing(small: Run, workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written = Path.write_text

    def fail(path: Path, *arguments: str, **words: str) -> int:
        if TOML in path.name:
            raise OSError(28, "No space left on device")
        return written(path, *arguments, **words)

    before = sorted(workspace.rglob("*"))
    monkeypatch.setattr(Path, "write_text", fail)
    outcome = small()
    assert (outcome.code, outcome.out) == (2, "")
    assert "mine: error[init-unwritable]: the workspace cannot be written: No space left on device" in outcome.err
    assert sorted(workspace.rglob("*")) == before


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("elevate", "mine", "--from", "nowhere"), "nowhere: error[init-no-exports]: the exports cannot be looked at"),
        (
            ("elevate", "mine", "--from", "empty"),
            "empty: error[init-no-exports]: there are no exports: it holds no file",
        ),
        (("elevat", "mine", "--from", "from crm"), "elevat: error[program-not-found]: "),
        (("elevate", "file", "--from", "from crm"), "file: error[init-folder-used]: it is there already"),
    ],
)
def test_what_cannot_be_done_says_so_and_writes_nothing(
    run: Run, exports: Path, workspace: Path, arguments: tuple[str, ...], said: str
) -> None:
    (workspace / "empty").mkdir()
    (workspace / "file").write_text("a file", encoding="utf-8")
    before = tree(workspace)
    outcome = run("init", *arguments)
    assert exports.is_dir()
    assert (outcome.code, outcome.out) == (2, "")
    assert said in outcome.err
    assert tree(workspace) == before


def test_the_workspace_of_a_sample_comes_out_as_it_was(run: Run, workspace: Path) -> None:
    """The engagement model's exports leave nothing open: the review of the proposal is that of the sample."""
    copy_workspace(workspace / "sample", "engagement")
    assert run("init", "engagement", "made", "--from", "sample/exports").code == 0
    # What no export says: when the fiscal year begins, and with which month money does.
    made = workspace / "made" / TOML
    text = made.read_text(encoding="utf-8").replace("year_starts = 1", "year_starts = 4")
    made.write_text(text.replace('# starts = "YYYY-MM"', 'starts = "2024-05"'), encoding="utf-8")
    codes = [run("-C", name, "review", "--month", "2024-06", "--quiet").code for name in ("sample", "made")]
    assert codes[0] == codes[1]
    tables = [
        {path.name: path.read_bytes() for path in (workspace / name / "reports" / "2024-06").glob("*.csv")}
        for name in ("sample", "made")
    ]
    assert {name for name in tables[0] if tables[0][name] != tables[1][name]} <= {"rejects.csv"}
    assert len(tables[0]) > 5


def tree(root: Path) -> dict[str, bytes]:
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}
