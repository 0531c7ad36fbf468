"""A check from the command line: everything is read, every fault told, nothing written."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.text import Text

from tierctl.cli import run, steps
from tierctl.cli.column_lines import column_lines
from tierctl.cli.common import EXIT_CANNOT_RUN
from tierctl.cli.faults import count_lines, reject_lines
from tierctl.cli.journal import Journal
from tierctl.cli.layout import page_width, paragraph, plural
from tierctl.cli.terminal import Terminal, exit_code, guarded
from tierctl.findings import CannotRunError, Finding, Severity
from tierctl.ingest.kept import kept_for
from tierctl.ledger.closes import Ledger
from tierctl.ledger.opening import carried
from tierctl.program.load import Editions
from tierctl.report.manifest import describe_month
from tierctl.report.summary import count_rejects, summarize_export
from tierctl.workspace import Workspace

if TYPE_CHECKING:
    from tierctl.carried import Carried
    from tierctl.fiscal import FiscalMonth
    from tierctl.ingest import Ingested


@dataclass
class _Checked:
    """What the check has found so far; what could not be read for an earlier fault is None."""

    findings: list[Finding] = field(default_factory=list)
    can_run: bool = True
    month: "FiscalMonth | None" = None
    opening: "Carried | None" = None
    ingested: "Ingested | None" = None
    unread: Sequence[str] = ()

    def add(self, findings: Sequence[Finding]) -> None:
        """Take in findings about the workspace or a program, of which an error means that nothing can run."""
        self.findings += findings
        self.can_run = self.can_run and not any(finding.severity is Severity.ERROR for finding in findings)


def run_check(root: Path, month: str | None, *, quiet: bool, as_json: bool, log: Path | None = None) -> int:
    """Check the workspace, tell every fault, and return the exit code."""
    terminal = Terminal.open(quiet=quiet, as_json=as_json, journal=Journal.of(log, "check", root, month))
    return guarded(terminal, lambda: _check(root, month, terminal))


def _check(root: Path, month: str | None, terminal: Terminal) -> int:
    checked = _Checked()
    reading = run.read_workspace(root)
    checked.add(reading.findings)
    editions, faults = run.read_programs(reading, root)
    checked.add(faults)
    workspace = reading.workspace
    if workspace is not None:
        exports = _exports(workspace, editions, checked, month)
        checked.unread = [name for name in _readable(workspace) if name not in exports]
        checked.opening = _opening(run.Opened(workspace, editions if checked.can_run else (), ()), checked)
        _read(checked, workspace, exports, editions if checked.can_run else (), terminal)
    terminal.journal.found(checked.findings)
    if terminal.is_json:
        terminal.print_json(_content(checked))
    elif terminal.is_quiet:
        _tell_faults(checked, terminal)
    else:
        _print(checked, terminal)
    if not checked.can_run:
        return EXIT_CANNOT_RUN
    return exit_code(checked.findings, 0 if checked.ingested is None else checked.ingested.rejects.height)


def _exports(workspace: Workspace, editions: Sequence[Editions], checked: _Checked, month: str | None) -> list[str]:
    """The exports to read: what the programs need, or all that are configured where a program could not be read."""
    programs = [program for each in editions for program in each.programs]
    if month is not None:
        try:
            checked.month = run.find_month(workspace, month)
            in_force, later = run.choose_editions(editions, checked.month) if editions else ((), [])
            programs = list(in_force)
            checked.add([*run.far_ahead(checked.month), *run.not_ended(checked.month)])
            checked.add(later)
        except CannotRunError as fault:
            checked.add(fault.findings)
    return run.needed_exports(workspace, programs) if checked.can_run else _readable(workspace)


def _readable(workspace: Workspace) -> list[str]:
    """The exports that are configured, but for those of which a program's fault leaves open what they bring."""
    return sorted(workspace.exports.keys() & workspace.contracts.keys())


def _opening(opened: run.Opened, checked: _Checked) -> "Carried | None":
    """What a review would open from: the last close, or the last one before the month; None: there is none."""
    try:
        closes = Ledger(opened.workspace.ledger).closes()
        checked.add(steps.unfit(opened, closes))
        before = [close for close in closes if checked.month is None or close.label < checked.month.label]
        return carried(before) if before else None
    except CannotRunError as fault:
        checked.add(fault.findings)
        return None


def _read(
    checked: _Checked,
    workspace: Workspace,
    exports: Sequence[str],
    editions: Sequence[Editions],
    terminal: Terminal,
) -> None:
    until = checked.month.last if checked.month else None
    programs = [program for each in editions for program in each.programs]
    kept = kept_for(checked.opening, workspace, programs) if checked.opening else {}
    try:
        with run.reading(terminal, workspace, exports, editions, until=until, thorough=True, kept=kept) as ingested:
            checked.ingested = ingested
            checked.findings += ingested.findings
    except CannotRunError as fault:
        checked.add(fault.findings)


def _content(checked: _Checked) -> dict[str, Any]:
    ingested = checked.ingested
    exports = sorted(ingested.exports.items()) if ingested else []
    return {
        "month": describe_month(checked.month) if checked.month else None,
        "can_run": checked.can_run,
        "exports": {
            name: {
                **summarize_export(export),
                "unused_columns": list(export.unused_columns),
                "columns": [asdict(column) for column in ingested.profiles[name]] if ingested else [],
            }
            for name, export in exports
        },
        "rejects": count_rejects(ingested.rejects) if ingested else {},
        "exports_not_read": list(checked.unread),
        "findings": [finding.as_dict() for finding in checked.findings],
    }


def _tell_faults(checked: _Checked, terminal: Terminal) -> None:
    """On stderr every error, and in one line how many rows of which exports are rejected; nothing where all is well."""
    ingested = checked.ingested
    of_rows = set(ingested.rejects["rule"]) if ingested else set()
    errors = [finding for finding in checked.findings if finding.severity is Severity.ERROR]
    terminal.print_findings([finding for finding in errors if finding.code not in of_rows])
    exports = sorted(ingested.exports.items()) if ingested else []
    rejected = [f"{plural(export.rejected, 'row')} of {name} rejected" for name, export in exports if export.rejected]
    if rejected:
        terminal.err.print(f"tierctl check: {', '.join(rejected)}", soft_wrap=True)


def _print(checked: _Checked, terminal: Terminal) -> None:
    width = page_width(terminal.out.width)
    blocks = []
    ingested = checked.ingested
    rules = set(ingested.rejects["rule"]) if ingested else set()
    others = [finding for finding in checked.findings if finding.code not in rules]
    terminal.print_findings(others, terminal.out)
    if ingested is not None:
        blocks += [count_lines(ingested, width), *column_lines(ingested.profiles, width), reject_lines(ingested, width)]
    if checked.unread:
        blocks.append(paragraph(f"Configured, but read by no program: {', '.join(checked.unread)}.", width, indent=0))
    blocks.append([_verdict(checked)])
    for number, block in enumerate(block for block in blocks if block):
        terminal.print_lines([Text(), *block] if number or others else block)


def _verdict(checked: _Checked) -> Text:
    if not checked.can_run:
        return Text("A review cannot run until the errors above are mended.", style="red")
    if exit_code(checked.findings, 0 if checked.ingested is None else checked.ingested.rejects.height):
        return Text("A review can run, and leaves out what is listed above.", style="yellow")
    return Text("No faults: a review can run.", style="green")
