"""Help, version and `tierctl schema`."""

import json
import subprocess
import sys

import pytest

from tests.cli.conftest import Run
from tierctl import __version__
from tierctl.contracts import export_names, ledger_names, report_names

HEAVY = ("polars", "pandera", "pydantic", "rich", "tierctl.contracts", "tierctl.ingest", "tierctl.review")


def test_help_imports_nothing_heavy() -> None:
    script = (
        "import sys\n"
        "from tierctl.cli import main\n"
        "sys.argv = ['tierctl', '--help']\n"
        "try:\n    main()\n"
        "except SystemExit as done:\n    assert not done.code\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stderr == "[]\n"
    assert "review" in done.stdout


def test_version(run: Run) -> None:
    outcome = run("--version")
    assert (outcome.code, outcome.out, outcome.err) == (0, f"tierctl {__version__}\n", "")


def test_schema_lists_every_table(run: Run) -> None:
    outcome = run("schema")
    assert outcome.code == 0
    names = [line.split()[0] for line in outcome.out.splitlines() if line.startswith("  ")]
    assert names == [*export_names(), *report_names(), *ledger_names()]
    assert {"mrr", "standing", "opening"} <= set(names)
    assert json.loads(run("schema", "--json").out) == {
        "exports": list(export_names()),
        "reports": list(report_names()),
        "ledger": list(ledger_names()),
    }


@pytest.mark.parametrize("table", [*export_names(), *report_names(), *ledger_names()])
def test_schema_shows_one_table_within_the_terminal(run: Run, table: str) -> None:
    outcome = run("schema", table)
    assert outcome.code == 0
    assert max(map(len, outcome.out.splitlines())) <= 80
    as_json = json.loads(run("schema", table, "--json").out)
    for field in as_json["fields"]:
        assert f"\n  {field['name']} " in outcome.out


def test_schema_of_an_unknown_table(run: Run) -> None:
    outcome = run("schema", "mmr")
    assert (outcome.code, outcome.out) == (2, "")
    assert "error[table-unknown]" in outcome.err
    assert "hint: did you mean mrr?" in outcome.err
