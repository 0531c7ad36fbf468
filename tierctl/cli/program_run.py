"""What the commands of `tierctl program` do."""

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.text import Text

from tierctl.cli.common import EXIT_CLEAN, EXIT_FAULTS
from tierctl.cli.terminal import Terminal, exit_code, guarded
from tierctl.findings import CannotRunError, Finding, Severity
from tierctl.located import parse
from tierctl.program.load import bundled_ids, find, load_path, load_ref, name_of
from tierctl.program.words import describe

if TYPE_CHECKING:
    from tierctl.examples import ExampleResult


def run_list(*, as_json: bool) -> int:
    """Print one line for each edition of each bundled program."""
    terminal = Terminal.open(as_json=as_json)
    programs = [program for ref in bundled_ids() for program in load_ref(ref, Path())[0]]
    if as_json:
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
        terminal.out.print(
            Text.assemble(
                (f"{program.id:<{width}}", "bold"), f"  {program.effective_from}  {program.name}  ({tracks})"
            ),
            soft_wrap=True,
        )
    return EXIT_CLEAN


def run_show(ref: str, *, as_json: bool) -> int:
    """Print what a program says, every edition of it."""
    terminal = Terminal.open(as_json=as_json)
    return guarded(terminal, lambda: _show(terminal, ref))


def run_lint(refs: Sequence[str], *, as_json: bool) -> int:
    """Print every finding about the program files."""
    terminal = Terminal.open(as_json=as_json)
    return guarded(terminal, lambda: _lint(terminal, refs))


def run_test(refs: Sequence[str], *, as_json: bool) -> int:
    """Run the examples of the program files."""
    terminal = Terminal.open(as_json=as_json)
    return guarded(terminal, lambda: _test(terminal, refs))


def _show(terminal: Terminal, ref: str) -> int:
    tables, findings = [], []
    for path in _paths([ref]):
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
                terminal.out.print(Text(line, style="bold" if is_heading else ""), soft_wrap=True)
    if any(finding.severity is Severity.ERROR for finding in findings):
        raise CannotRunError(findings)
    if terminal.is_json:
        terminal.print_json({"programs": tables})
    return EXIT_CLEAN


def _lint(terminal: Terminal, refs: Sequence[str]) -> int:
    paths = _paths(refs)
    findings = [finding for path in paths for finding in load_path(path, source=name_of(path, Path()))[1]]
    if terminal.is_json:
        terminal.print_json({"findings": [finding.as_dict() for finding in findings]})
        return exit_code(findings, 0)
    terminal.print_findings(findings, terminal.out)
    errors = sum(finding.severity is Severity.ERROR for finding in findings)
    said = f"{_count(errors, 'error')}, {_count(len(findings) - errors, 'warning')}" if findings else "clean"
    terminal.out.print(f"{_count(len(paths), 'program file')}: {said}", soft_wrap=True)
    return exit_code(findings, 0)


def _test(terminal: Terminal, refs: Sequence[str]) -> int:
    from tierctl.examples import run  # noqa: PLC0415  # alone among these commands it needs Polars

    findings: list[Finding] = []
    results: list[tuple[str, ExampleResult]] = []
    for path in _paths(refs):
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
        terminal.out.print(Text.assemble(mark, f"  {source}: {result.name}"), soft_wrap=True)
        for mismatch in result.mismatches:
            for line in mismatch.splitlines():
                terminal.out.print(Text(f"        {line}"), soft_wrap=True)
    failed = sum(not result.passed for _, result in results)
    said = f"{failed} failed" if failed else "all hold"
    terminal.out.print(f"{_count(len(results), 'example')}: {said}" if results else "no examples", soft_wrap=True)


def _paths(refs: Iterable[str]) -> list[Path]:
    """Every file that is meant; one that cannot be found or read stops the command."""
    paths: list[Path] = []
    findings: list[Finding] = []
    for ref in dict.fromkeys(refs):
        found, faults = find(ref, Path())
        paths += found
        findings += faults
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
