"""What all tests share, as it is costly to make: programs that have been tried out, and the samples' reports."""

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.browser import browser, show  # noqa: F401  # fixtures
from tests.sample import SampleReports, copy_workspace, run_tierctl
from tierctl import dry_run
from tierctl.findings import Finding
from tierctl.fiscal import Calendar
from tierctl.program.model import Program

DryRun = Callable[[Program, Calendar, str], list[Finding]]


def remembering(dry: DryRun) -> DryRun:
    """A dry run that looks at each program once: the same words on the same calendar can be computed, or cannot."""
    found: dict[str, list[Finding]] = {}

    def remembered(program: Program, calendar: Calendar, source: str) -> list[Finding]:
        key = f"{program.model_dump_json()} {calendar!r} {source}"
        if key not in found:
            found[key] = dry(program, calendar, source)
        return [*found[key]]

    return remembered


@pytest.fixture(scope="session", autouse=True)
def _programs_are_tried_out_once() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        remembered = remembering(dry_run.dry_run)
        patch.setattr("tierctl.dry_run.dry_run", remembered)
        patch.setattr("tierctl.cli.run.dry_run", remembered)
        yield


@pytest.fixture(scope="session")
def sample_reports(tmp_path_factory: pytest.TempPathFactory) -> SampleReports:
    """The reports of a month of a sample, each made once; no test changes them."""

    @cache
    def made(sample: str, month: str) -> Path:
        root = tmp_path_factory.mktemp("sample")
        workspace, out = copy_workspace(root / sample, sample), root / month
        run = run_tierctl(workspace, "review", "--month", month, "--out", str(out), "--format", "csv", "--quiet")
        assert run.exit_code == 0, run.output
        return out

    return made
