"""What the commands of `tierctl program` do."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.text import Text

from tierctl.cli.common import EXIT_CLEAN, EXIT_FAULTS
from tierctl.cli.terminal import Terminal, exit_code, guarded
from tierctl.findings import CannotRunError, Finding, Severity
from tierctl.fiscal import Calendar
from tierctl.located import parse
from tierctl.program.load import bundled_ids, find, load_path, load_ref, name_of
from tierctl.program.words import describe
from tierctl.validation import did_you_mean

if TYPE_CHECKING:
    from tierctl.examples import ExampleResult


def run_list(*, as_json: bool) -> int:
    """Print one line for each edition of each bundled program."""
    terminal = Terminal.open(as_json=as_json)
    return guarded(terminal, lambda: _list(terminal))


def _list(terminal: Terminal) -> int:
    programs = [program for ref in bundled_ids() for program in load_ref(ref, Path())[0]]
    if terminal.is_json:
        rows = [
            {
                "id": program.id,
                "name": program.name,
                "effective_from": str(program.effective_from),
                "tracks": {name: [tier.id for tier in track.tiers] for name, track in program.tracks.items()},
            }
            for program in programs
        ]
        terminal.print_json({"programs": rows})
        return EXIT_CLEAN
    width = max((len(program.id) for program in programs), default=0)
    for program in programs:
        tracks = "; ".join(
            f"{name}: {', '.join(tier.id for tier in track.tiers)}" for name, track in program.tracks.items()
        )
        terminal.print_whole(
            Text.assemble((f"{program.id:<{width}}", "bold"), f"  {program.effective_from}  {program.name}  ({tracks})")
        )
    return EXIT_CLEAN


def run_show(ref: str, root: Path, *, as_json: bool) -> int:
    """Print what a program says, every edition of it; a path starts from `root`."""
    terminal = Terminal.open(as_json=as_json)
    return guarded(terminal, lambda: _show(terminal, ref, root))


def run_lint(refs: Sequence[str], root: Path, *, as_json: bool) -> int:
    """Print every finding about the program files; paths start from `root`."""
    terminal = Terminal.open(as_json=as_json)
    return guarded(terminal, lambda: _lint(terminal, refs, root))


def run_test(refs: Sequence[str], root: Path, *, as_json: bool) -> int:
    """Run the examples of the program files; paths start from `root`."""
    terminal = Terminal.open(as_json=as_json)
    return guarded(terminal, lambda: _test(terminal, refs, root))


def _show(terminal: Terminal, ref: str, root: Path) -> int:
    tables, findings = [], []
    for path in _paths([ref], root):
        program, faults = load_path(path, source=name_of(path, Path()))
        findings += faults
        if program is None:
            continue
        document, _ = parse(path.read_text(encoding="utf-8"), path.name, "program")
        if document and terminal.is_json:
            tables.append(_plain(document.data))
        elif document:
            for line in describe(program):
                is_heading = bool(line) and not line.startswith(" ")
                terminal.print_whole(Text(line, style="bold" if is_heading else ""))
    if any(finding.severity is Severity.ERROR for finding in findings):
        raise CannotRunError(findings)
    if terminal.is_json:
        terminal.print_json({"programs": tables})
    return EXIT_CLEAN


def _lint(terminal: Terminal, refs: Sequence[str], root: Path) -> int:
    paths = _paths(refs, root)
    findings = [finding for path in paths for finding in _faults(path)]
    if terminal.is_json:
        terminal.print_json({"findings": [finding.as_dict() for finding in findings]})
        return exit_code(findings, 0)
    terminal.print_findings(findings, terminal.out)
    errors = sum(finding.severity is Severity.ERROR for finding in findings)
    said = f"{_count(errors, 'error')}, {_count(len(findings) - errors, 'warning')}" if findings else "clean"
    terminal.print_whole(f"{_count(len(paths), 'program file')}: {said}")
    return exit_code(findings, 0)


def _faults(path: Path) -> list[Finding]:
    """What is wrong with a program file, and with computing it."""
    from tierctl.dry_run import dry_run  # noqa: PLC0415  # like the examples it needs Polars

    source = name_of(path, Path())
    program, findings = load_path(path, source=source)
    return findings + (dry_run(program, Calendar.months(), source) if program else [])


def _test(terminal: Terminal, refs: Sequence[str], root: Path) -> int:
    from tierctl.examples import run  # noqa: PLC0415  # show and list need no Polars

    findings: list[Finding] = []
    results: list[tuple[str, ExampleResult]] = []
    for path in _paths(refs, root):
        source = name_of(path, Path())
        program, faults = load_path(path, source=source)
        findings += [fault for fault in faults if fault.severity is Severity.ERROR]
        results += [(source, result) for result in run(program)] if program else []
    failed = sum(not result.passed for _, result in results)
    if terminal.is_json:
        content = {
            "examples": [
                {"program": source, "name": each.name, "passed": each.passed, "mismatches": list(each.mismatches)}
                for source, each in results
            ],
            "findings": [finding.as_dict() for finding in findings],
        }
        terminal.print_json(content)
    else:
        _print_results(terminal, results, findings)
    return EXIT_FAULTS if failed or findings else EXIT_CLEAN


def _print_results(
    terminal: Terminal, results: "Sequence[tuple[str, ExampleResult]]", findings: Sequence[Finding]
) -> None:
    terminal.print_findings(findings, terminal.out)
    for source, result in results:
        mark = ("ok    ", "green") if result.passed else ("FAILED", "red")
        terminal.print_whole(Text.assemble(mark, f"  {source}: {result.name}"))
        for mismatch in result.mismatches:
            for line in mismatch.splitlines():
                terminal.print_whole(Text(f"        {line}"))
    failed = sum(not result.passed for _, result in results)
    said = f"{failed} failed" if failed else "all hold"
    terminal.print_whole(f"{_count(len(results), 'example')}: {said}" if results else "no examples")


def _paths(refs: Iterable[str], root: Path) -> list[Path]:
    """Every file that is meant; one that cannot be found or read stops the command."""
    here = "the current folder" if root == Path() else root.as_posix()
    paths: list[Path] = []
    findings: list[Finding] = []
    for ref in dict.fromkeys(refs):
        found, faults = find(ref, root)
        paths += found
        # There is no workspace here that a path could start from.
        hint = did_you_mean(ref, bundled_ids()) or f"a path ends in .toml and starts from {here}"
        findings += [replace(fault, hint=hint) for fault in faults]
    if findings:
        raise CannotRunError(findings)
    return paths


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _plain(value: Any) -> Any:
    """TOML values as JSON has them."""
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value.isoformat() if isinstance(value, date) else value
