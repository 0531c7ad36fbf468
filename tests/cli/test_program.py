"""`tierctl program`: exit code first, then stdout; what is talk stands on stderr."""

import contextlib
import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tierctl import resources
from tierctl.cli import app
from tierctl.program.load import bundled_ids

FINDINGS = Path(__file__).parents[1] / "findings"
WITHOUT_EXAMPLES, _, _EXAMPLES = (
    (resources.bundled_programs() / "elevate.toml").read_text(encoding="utf-8").partition("[[examples]]")
)
WITH_ONE = f"{WITHOUT_EXAMPLES}[[examples]]{_EXAMPLES.partition('[[examples]]')[0]}"


def tierctl(*arguments: str, cwd: Path | None = None) -> tuple[int, str, str]:
    """Exit code, stdout and stderr of one call."""
    with contextlib.chdir(cwd or Path.cwd()):
        done = CliRunner().invoke(app, list(arguments), env={"NO_COLOR": "1"}, catch_exceptions=False)
    return done.exit_code, done.stdout, done.stderr


def test_list_names_every_bundled_program() -> None:
    code, out, err = tierctl("program", "list")
    assert (code, err) == (0, "")
    assert [line.split()[0] for line in out.splitlines()] == list(bundled_ids())
    width = max(map(len, bundled_ids()))
    named = f"{'elevate':<{width}}  2025-01-01  Elevate Partner Program  (partner: pioneer, trailblazer, elite)"
    assert named in out.splitlines()


def test_list_as_json() -> None:
    code, out, _ = tierctl("program", "list", "--json")
    assert code == 0
    (elevate,) = [program for program in json.loads(out)["programs"] if program["id"] == "elevate"]
    assert elevate["tracks"] == {"partner": ["pioneer", "trailblazer", "elite"]}


def test_show_prints_the_program_in_words() -> None:
    code, out, err = tierctl("program", "show", "elevate")
    assert (code, err) == (0, "")
    assert "  trailblazer [E4]  net_new_mrr at least 10,000 [E2] and opportunities at least 10 [E4, E5]; held" in out
    assert "teams_calling (Teams Calling at headquarters) [E11, E12]   trailblazer 50 %, elite 100 %" in out


def test_show_as_json_is_the_file() -> None:
    code, out, _ = tierctl("program", "show", "elevate", "--json")
    assert code == 0
    (program,) = json.loads(out)["programs"]
    assert program["tracks"]["partner"]["tiers"][2]["requires"]["net_new_mrr"] == {"at_least": 25000}


def test_show_of_a_broken_file_cannot_run() -> None:
    code, out, err = tierctl("program", "show", "program.toml", cwd=FINDINGS / "program-unknown-key")
    assert (code, out) == (2, "")
    assert "program.toml:26:tracks.partner.tiers[2].requires.deals.at_leest: error[program-unknown-key]" in err


def test_lint_of_a_clean_program() -> None:
    assert tierctl("program", "lint", "elevate") == (0, "1 program file: clean\n", "")


def test_lint_prints_every_finding_and_counts_them() -> None:
    code, out, err = tierctl("program", "lint", "program.toml", cwd=FINDINGS / "program-unknown-metric")
    assert (code, err) == (1, "")
    assert out.count("[program-unknown-metric]") == 1
    assert out.endswith("1 program file: 1 error, 0 warnings\n")


def test_warnings_do_not_fail_lint() -> None:
    code, out, _ = tierctl("program", "lint", "program.toml", "elevate", cwd=FINDINGS / "program-unused")
    assert code == 0
    assert out.endswith("2 program files: 0 errors, 1 warning\n")


def test_lint_as_json_is_the_same_list() -> None:
    code, out, _ = tierctl("program", "lint", "--json", "program.toml", cwd=FINDINGS / "program-unknown-value")
    assert code == 1
    assert json.loads(out)["findings"] == [
        {
            "code": "program-unknown-value",
            "severity": "error",
            "source": "program.toml",
            "subject": "14:metrics.deals.where.stage",
            "message": 'stage is never "loss"; its values are open, won, lost',
            "hint": "did you mean lost?",
        }
    ]


@pytest.mark.parametrize("command", ["show", "lint", "test"])
def test_a_program_that_is_not_there_cannot_run(command: str) -> None:
    code, out, err = tierctl("program", command, "elevat")
    assert (code, out) == (2, "")
    assert "error[program-not-found]" in err
    assert "hint: did you mean elevate?" in err


def test_the_bundled_examples_hold() -> None:
    code, out, err = tierctl("program", "test", "engagement")
    assert (code, err) == (0, "")
    assert out.startswith("ok      engagement.toml: L1 ")
    assert out.endswith("\n6 examples: all hold\n")


def test_an_example_that_fails_says_what_came_out(tmp_path: Path) -> None:
    example = """
[[examples]]
name  = "E3 nothing done is Elite"
month = "2025-03"
rows.partners   = [{ partner_id = "A" }]
expect.standing = [{ partner_id = "A", tier = "elite" }]
"""
    (tmp_path / "own.toml").write_text(WITHOUT_EXAMPLES + example, encoding="utf-8")
    code, out, err = tierctl("program", "test", "own.toml", cwd=tmp_path)
    assert (code, err) == (1, "")
    assert out == (
        "FAILED  own.toml: E3 nothing done is Elite\n"
        '        standing: expected partner_id = "A", tier = "elite"\n'
        '                  the nearest row has tier = "pioneer"\n'
        "1 example: 1 failed\n"
    )
    code, out, _ = tierctl("program", "test", "--json", "own.toml", cwd=tmp_path)
    assert code == 1
    assert [example["passed"] for example in json.loads(out)["examples"]] == [False]


def test_a_broken_file_is_not_tested_but_linted() -> None:
    code, out, _ = tierctl("program", "test", "program.toml", cwd=FINDINGS / "program-unknown-value")
    assert code == 1
    assert "error[program-unknown-value]" in out


def test_help_imports_nothing_heavy() -> None:
    code = "import sys; sys.argv = ['tierctl', 'program', '--help']\nfrom tierctl.cli import main\n"
    code += "try:\n    main()\nexcept SystemExit:\n    pass\n"
    code += "print([name for name in ('polars', 'pandera', 'rich', 'tierctl.program.model') if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_program_paths_start_from_the_folder_that_is_named(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text(WITH_ONE, encoding="utf-8")
    for arguments in (["-C", str(tmp_path), "program", "lint", "own.toml"], ["program", "lint", "own.toml", "-C"]):
        given = [*arguments, str(tmp_path)] if arguments[-1] == "-C" else arguments
        assert tierctl(*given) == (0, "1 program file: clean\n", "")
    assert tierctl("program", "show", "own.toml", "-C", str(tmp_path))[0] == 0
    assert tierctl("program", "test", "own.toml", "-C", str(tmp_path))[0] == 0


def test_a_path_that_leads_nowhere_is_told_where_it_started(tmp_path: Path) -> None:
    here = "  hint: a path ends in .toml and starts from the current folder\n"
    assert tierctl("program", "show", "nofile.toml", cwd=tmp_path)[2].endswith(here)
    there = f"  hint: a path ends in .toml and starts from {tmp_path.as_posix()}\n"
    assert tierctl("program", "show", "nofile.toml", "-C", str(tmp_path))[2].endswith(there)
