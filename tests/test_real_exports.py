"""Folders of exports as real systems write them: what a review makes of them, and what `init --from` proposes."""

import json
import re
import tomllib
from collections.abc import Callable
from decimal import Decimal
from functools import cache
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest

from tests.proposed_workspace import Proposal, differences, is_set, toml
from tests.real_folders import FOLDERS, RealFolder
from tests.sample import run_tierctl


@pytest.fixture(params=FOLDERS)
def folder(request: pytest.FixtureRequest) -> RealFolder:
    return RealFolder(request.param)


@pytest.fixture
def exports(folder: RealFolder, tmp_path: Path) -> Path:
    """The folder as the systems wrote it."""
    return folder.write(tmp_path / folder.name)


def read(path: Path) -> list[dict[str, Any]]:
    """The rows of a report, each number as it is written."""
    rows: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"), parse_float=Decimal, parse_int=Decimal)
    return rows


def told(cell: object) -> str:
    return "" if cell is None else f"{cell:f}" if isinstance(cell, Decimal) else str(cell)


def comes_out(folder: RealFolder, workspace: Path) -> None:
    """What a check counts, what a review leaves out, and its figures that were worked out by hand.

    Raises:
        AssertionError: one of them is another than `expected.toml` says.
    """
    checked = json.loads(run_tierctl(workspace, "check", "--json").output)["exports"]
    rows = {name: {"read": checked[name]["rows_read"], "rejected": checked[name]["rejected"]} for name in checked}
    assert {name: rows[name] for name in folder.expected["rows"]} == folder.expected["rows"]
    out = workspace / "out"
    reviewed = run_tierctl(
        workspace, "review", "--month", folder.month, "--out", str(out), "--format", "json", "--quiet"
    )
    expected = folder.expected.get("rejected", [])
    assert reviewed.exit_code == (1 if expected else 0), reviewed.output
    rejects = [(row["export"], row["record"], row["column"], row["rule"]) for row in read(out / "rejects.json")]
    assert sorted(rejects) == sorted((row["export"], row["record"], row["column"], row["rule"]) for row in expected)
    for cells in folder.expected["cells"]:
        found = read(out / f"{cells['table']}.json")
        assert [
            {column: told(row[column]) for column in cells["equals"]}
            for row in found
            if {column: told(row[column]) for column in cells["where"]} == cells["where"]
        ] == [cells["equals"]], cells


def test_what_a_person_ends_up_with_reads_the_folder(folder: RealFolder, exports: Path) -> None:
    (exports / "tierctl.toml").write_text(folder.finished_text, encoding="utf-8")
    comes_out(folder, exports)


@pytest.fixture(scope="module")
def proposal_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Proposal]:
    """What `init --from` proposes for a folder that is the workspace itself, each looked at once."""

    @cache
    def of(name: str) -> Proposal:
        folder = RealFolder(name)
        workspace = folder.write(tmp_path_factory.mktemp("real") / name)
        program = str(workspace / folder.program) if folder.program.endswith(".toml") else folder.program
        ran = run_tierctl(workspace, "init", program, str(workspace), "--from", str(workspace), "--json")
        return Proposal(folder, workspace, ran.exit_code, ran.stdout)

    return of


@pytest.fixture
def proposal(folder: RealFolder, proposal_of: Callable[[str], Proposal]) -> Proposal:
    return proposal_of(folder.name)


def test_it_says_whether_anything_is_open(proposal: Proposal) -> None:
    expected = proposal.folder.expected["exit_code"]
    assert proposal.exit_code in (expected if isinstance(expected, list) else [expected])
    assert (proposal.exit_code == 1) == any(question["is_needed"] for question in proposal.told["open"])
    assert proposal.told["findings"] == []


def test_it_finds_which_file_is_which_export(proposal: Proposal) -> None:
    found: dict[str, list[Any]] = {name: [] for name in proposal.folder.expected["files"]}
    for file in proposal.told["files"]:
        found[file["name"].split(" (")[0]].append(file)
    for name, expected in proposal.folder.expected["files"].items():
        exports = expected.get("export", [])
        wanted = [exports] if isinstance(exports, str) else exports
        assert [file["export"] for file in found[name] if file["export"]] == wanted, name
        assert {file["confidence"] for file in found[name] if file["export"]} <= {*expected.get("sure", ())}, name


def test_it_sets_what_a_person_would_set(proposal: Proposal) -> None:
    assert [*differences(proposal)] == []


def test_what_may_be_another_column_is_not_sure(proposal: Proposal) -> None:
    unsure = {
        (export["export"], line["value"])
        for export in proposal.told["exports"]
        for line in export["lines"]
        if line["confidence"] != "sure"
    }
    either = {tuple(column.split(".")) for column in proposal.folder.expected.get("either", {})}
    assert either <= unsure


def test_what_is_ambiguous_is_left_open_with_its_alternatives(proposal: Proposal) -> None:
    for item in proposal.folder.expected.get("open", []):
        key = item["at"].rpartition(".")[2]
        assert not is_set(proposal.config, item["at"]), item["at"]
        assert re.search(rf"^# *{key} *= ", proposal.text, re.MULTILINE), item["at"]
        told = " ".join(part for part in proposal.words.splitlines() if "OPEN" in part)
        missing = [one for one in item["alternatives"] if json.dumps(one) not in told]
        assert missing == [], item["at"]
        assert [pattern for pattern in item.get("says", ()) if not re.search(pattern, told)] == [], item["at"]


def test_the_proposal_with_its_answers_reads_the_folder(proposal: Proposal, tmp_path: Path) -> None:
    workspace = tmp_path / "answered"
    copytree(proposal.workspace, workspace)
    (workspace / "tierctl.toml").write_text(toml(proposal.answered()), encoding="utf-8")
    comes_out(proposal.folder, workspace)


def looked_at(workspace: Path) -> dict[str, Any]:
    ran = run_tierctl(
        workspace, "init", str(workspace / "orders.toml"), str(workspace), "--from", str(workspace), "--json"
    )
    told: dict[str, Any] = json.loads(ran.stdout)
    return told | {"exit_code": ran.exit_code}


def test_headers_that_say_nothing_are_mapped_to_nothing(tmp_path: Path) -> None:
    workspace = RealFolder("decided").write(tmp_path / "decided")
    for file in workspace.glob("*.csv"):
        header, *rows = file.read_text(encoding="utf-8").splitlines(keepends=True)
        nameless = ",".join(f"Field {at}" for at, _ in enumerate(header.split(",")))
        file.rename(workspace / f"{file.stem[0]}.csv").write_text(nameless + "\n" + "".join(rows), encoding="utf-8")
    told = looked_at(workspace)
    assert told["exit_code"] == 1
    assert {file["export"] for file in told["files"]} == {""}
    settings = (workspace / "tierctl.toml").read_text(encoding="utf-8")
    assert "exports" not in tomllib.loads(settings)


def test_the_order_of_the_rows_changes_nothing(tmp_path: Path) -> None:
    found = []
    for name in ("as it is", "reversed"):
        workspace = RealFolder("decided").write(tmp_path / name / "decided")
        if name == "reversed":
            header, *rows = (workspace / "orders.csv").read_text(encoding="utf-8").splitlines(keepends=True)
            (workspace / "orders.csv").write_text("".join([header, *rows[::-1]]), encoding="utf-8")
        looked_at(workspace)
        found.append(tomllib.loads((workspace / "tierctl.toml").read_text(encoding="utf-8")))
    assert found[0] == found[1]


@pytest.mark.parametrize(
    ("ids", "told"),
    [
        (["A-1", "A-2"], ""),
        (["Alpha Networks", "Beta Networks"], "none of its cells is an id in partners.csv"),
        (["A1", "A2"], "none of its cells is an id in partners.csv"),
    ],
)
def test_a_partner_column_that_has_no_ids_of_the_roster_is_left_open(tmp_path: Path, ids: list[str], told: str) -> None:
    workspace = RealFolder("decided").write(tmp_path / "decided")
    orders = (workspace / "orders.csv").read_text(encoding="utf-8")
    orders = orders.replace("partner_id", "Partner").replace("A-1", ids[0]).replace("A-2", ids[1])
    (workspace / "orders.csv").write_text(orders, encoding="utf-8")
    found = looked_at(workspace)
    assert found["exit_code"] == (1 if told else 0)
    said = [question["said"] for question in found["open"] if question["about"] == "partner_id"]
    assert [told in each for each in said] == ([True] if told else [])
