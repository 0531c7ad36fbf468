"""What the tests of close, reopen and status share: a way to run them, and to look at what they leave."""

import hashlib
import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from tests.cli.conftest import Outcome
from tests.sample import copy_workspace
from tierctl.cli import app

# What a close holds that names its moment, or a digest of that.
OF_ITS_MOMENT = frozenset({"manifest.json", "SHA256SUMS", "close.json"})
LEADS, TOML = Path("exports", "leads.csv"), Path("tierctl.toml")


def run(*arguments: str) -> Outcome:
    """Runs tierctl in the current folder."""
    result = CliRunner().invoke(app, list(arguments), catch_exceptions=False)
    return Outcome(result.exit_code, result.stdout, result.stderr)


def tree(folder: Path) -> dict[str, bytes]:
    """Every file below the folder with its content, but for the lock."""
    files = (path for path in folder.rglob("*") if path.is_file() and path.name != ".tierctl.lock")
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def kept(close: Path) -> dict[str, bytes]:
    """All files of a close that do not depend on when it was made."""
    return {name: content for name, content in tree(close).items() if name not in OF_ITS_MOMENT}


def manifest(folder: str) -> dict[str, Any]:
    """The manifest of a close or of a month's reports."""
    content: dict[str, Any] = json.loads(Path(folder, "manifest.json").read_text(encoding="utf-8"))
    return content


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def edit(path: Path, pattern: str, replacement: str) -> None:
    """Changes the one place of a file that matches."""
    text, count = re.subn(pattern, replacement, path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert count == 1
    path.write_text(text, encoding="utf-8")


def codes(outcome: Outcome) -> list[str]:
    """The codes of the errors on stderr, in order."""
    return re.findall(r" error\[([a-z-]+)\]: ", outcome.err)


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample with 2024-05 closed."""
    root = copy_workspace(tmp_path_factory.mktemp("closed") / "ws", "engagement")
    outcome = run("-C", str(root), "close", "--month", "2024-05", "--quiet")
    assert (outcome.code, outcome.out, outcome.err) == (0, "", "")
    return root


@pytest.fixture(scope="module")
def undisturbed(closed: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same with 2024-06 closed too."""
    root = Path(shutil.copytree(closed, tmp_path_factory.mktemp("undisturbed") / "ws"))
    assert run("-C", str(root), "close", "--month", "2024-06", "--quiet").code == 0
    return root


@pytest.fixture(autouse=True)
def page(monkeypatch: pytest.MonkeyPatch) -> None:
    """A pipe, 80 columns wide."""
    monkeypatch.setenv("COLUMNS", "80")
    for name in ("FORCE_COLOR", "NO_COLOR", "TTY_COMPATIBLE"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def fresh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the sample, as the current folder; nothing is closed."""
    root = copy_workspace(tmp_path / "ws", "engagement")
    monkeypatch.chdir(root)
    return root


@pytest.fixture
def may(closed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the sample with 2024-05 closed, as the current folder."""
    root = Path(shutil.copytree(closed, tmp_path / "ws"))
    monkeypatch.chdir(root)
    return root


@pytest.fixture
def june(undisturbed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the sample with 2024-05 and 2024-06 closed, as the current folder."""
    root = Path(shutil.copytree(undisturbed, tmp_path / "ws"))
    monkeypatch.chdir(root)
    return root
