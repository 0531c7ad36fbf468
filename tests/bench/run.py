"""Runs the benchmark: the review, a sweep, the DuckDB script and the bare read in turn, each a process of its own.

Set by the environment: ROWS, PARTNERS, MONTHS, FORMAT (both, parquet, csv), DATA (where the exports are kept between
runs), RUNS. They take turns, so that whatever else the machine does falls on all of them; medians are printed.
Exit 1 where the review fails or its standing or a line of money is not the script's.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, fields
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

_ROOT: Final = Path(__file__).parents[2]
_SWEEP: Final = "elite.net_new_mrr=15000:34980:20"


class FailedError(Exception):
    """A measured process ended badly, or the results differ."""


@dataclass(frozen=True)
class Cost:
    """What a process took: seconds on the clock, seconds of all cores, megabytes at its peak."""

    wall: float
    cpu: float
    peak: float


@dataclass(frozen=True)
class Setting:
    """What the environment asked for."""

    rows: int
    partners: int
    months: int
    formats: tuple[str, ...]
    data: Path
    runs: int

    @classmethod
    def from_environment(cls) -> Setting:
        """Reads the environment; what it leaves open has the default size."""
        asked = os.environ.get("FORMAT", "both")
        return cls(
            rows=int(os.environ.get("ROWS", "1_000_000")),
            partners=int(os.environ.get("PARTNERS", "20_000")),
            months=int(os.environ.get("MONTHS", "36")),
            formats=("parquet", "csv") if asked == "both" else (asked,),
            data=Path(os.environ.get("DATA", "bench-data")),
            runs=int(os.environ.get("RUNS", "3")),
        )

    @property
    def folder(self) -> Path:
        """Where the exports of this size are kept."""
        return self.data.resolve() / f"{self.rows}-{self.partners}-{self.months}"

    @property
    def month(self) -> str:
        """The last month that the exports cover."""
        years, months = divmod(self.months - 1, 12)
        return f"{2025 + years}-{months + 1:02}"


def _say(line: str = "") -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def measure(command: Sequence[str]) -> Cost:
    """Runs Python with these arguments to its end.

    Raises:
        FailedError: It did not exit with 0.
    """
    with tempfile.TemporaryFile() as talk:
        began = time.perf_counter()
        process = subprocess.Popen([sys.executable, *command], cwd=_ROOT, stdout=talk, stderr=talk)
        _, status, used = os.wait4(process.pid, 0)
        wall = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            talk.seek(0)
            raise FailedError(f"{' '.join(command)}: exit {process.returncode}\n{talk.read().decode()}")
    unit = 1 if sys.platform == "darwin" else 1024
    return Cost(wall, used.ru_utime + used.ru_stime, used.ru_maxrss * unit / 1e6)


def provide_exports(setting: Setting) -> None:
    """Generates the exports unless the same generator has written them before."""
    mark = setting.folder / "generator.sha256"
    digest = hashlib.sha256(Path(__file__).with_name("generate.py").read_bytes()).hexdigest()
    if mark.exists() and mark.read_text(encoding="utf-8") == digest:
        return
    mark.unlink(missing_ok=True)
    _say(f"generating {setting.rows:,} order lines")
    size = (str(setting.rows), str(setting.partners), str(setting.months))
    measure(("-m", "tests.bench.generate", str(setting.folder), *size))
    mark.write_text(digest, encoding="utf-8")


def _commands(setting: Setting, workspace: Path, out: Path) -> dict[str, tuple[str, ...]]:
    here = str(workspace)
    return {
        "review": (
            *("-m", "tierctl", "-C", here, "review", "--month", setting.month),
            *("--out", str(out / "review"), "--quiet"),
        ),
        "sweep of 1,000": ("-m", "tierctl", "-C", here, "what-if", "--month", setting.month, "--sweep", _SWEEP),
        "duckdb": ("-m", "tests.bench.duckdb_review", here, setting.month, str(out / "duckdb")),
        "bare read": ("-m", "tests.bench.bare_read", here),
        "python alone": ("-c", "pass"),
        "import polars": ("-c", "import polars"),
        "import duckdb": ("-c", "import duckdb"),
    }


def _medians(costs: Sequence[Cost]) -> Cost:
    return Cost(*(median(getattr(cost, field.name) for cost in costs) for field in fields(Cost)))


def _print_costs(taken: dict[str, Cost]) -> None:
    _say(f"{'':<24}{'wall s':>10}{'cpu s':>10}{'peak MB':>10}")
    for name, cost in taken.items():
        _say(f"{name:<24}{cost.wall:>10.2f}{cost.cpu:>10.2f}{cost.peak:>10.0f}")
    for one, other in (("review", "duckdb"), ("review", "bare read"), ("sweep of 1,000", "review")):
        ratios = (getattr(taken[one], field.name) / getattr(taken[other], field.name) for field in fields(Cost))
        _say(f"{f'{one} / {other}':<24}" + "".join(f"{ratio:>9.2f}x" for ratio in ratios))


def run_format(setting: Setting, form: str) -> bool:
    """Measures one format of the exports and prints its table; true where both results are equal.

    Raises:
        FailedError: One of the processes did not exit with 0.
    """
    workspace = setting.folder / form
    _say()
    _say(
        f"{form}: {setting.rows:,} order lines, {setting.partners:,} partners, {setting.months} months, "
        f"review of {setting.month}, {os.cpu_count()} cores, median of {setting.runs}"
    )
    costs: dict[str, list[Cost]] = {}
    with tempfile.TemporaryDirectory() as scratch:
        for turn in range(setting.runs):
            out = Path(scratch) / str(turn)
            (out / "duckdb").mkdir(parents=True)
            for name, command in _commands(setting, workspace, out).items():
                costs.setdefault(name, []).append(measure(command))
        _print_costs({name: _medians(taken) for name, taken in costs.items()})
        # In a process of its own: a child's peak begins with its parent's size, which has to stay small.
        results = (str(out / "review"), str(out / "duckdb"))
        compared = subprocess.run([sys.executable, "-m", "tests.bench.compare", *results], cwd=_ROOT, check=False)
    return compared.returncode == 0


def main() -> int:
    """Runs the benchmark as the environment asks and returns the exit code."""
    setting = Setting.from_environment()
    try:
        provide_exports(setting)
        equal = [run_format(setting, form) for form in setting.formats]
    except FailedError as failed:
        sys.stderr.write(f"{failed}\n")
        return 1
    return 0 if all(equal) else 1


if __name__ == "__main__":
    raise SystemExit(main())
