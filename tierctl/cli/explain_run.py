"""An explanation from the command line: what the month is explained from, the review of the partner, then telling."""

from dataclasses import dataclass
from pathlib import Path

from tierctl.cli.explained import page
from tierctl.cli.explained.content import content
from tierctl.cli.explained.made import Explained, explained
from tierctl.cli.explained.placed import places_of
from tierctl.cli.explained.row_file import every_row
from tierctl.cli.explained.source import source_of
from tierctl.cli.one_file import write_file
from tierctl.cli.terminal import Terminal, exit_code, guarded
from tierctl.report.tables import json_text


@dataclass(frozen=True)
class Request:
    """What a person asked for. `program` None: all; `rows` None: no file."""

    root: Path
    partner: str
    month: str
    program: str | None
    top: int
    rows: Path | None


def run_explain(asked: Request, *, as_json: bool) -> int:
    """Explain the partner's month, and return the exit code."""
    terminal = Terminal.open(as_json=as_json)
    return guarded(terminal, lambda: _explain(asked, terminal))


def _explain(asked: Request, terminal: Terminal) -> int:
    with source_of(asked.root, asked.month, terminal) as source:
        with terminal.working() as say:
            say(f"reviewing {source.month.label} for {asked.partner}")
            found = explained(source, asked.partner, program=asked.program, top=asked.top)
        if asked.rows is not None:
            write_file(every_row(found), asked.rows, source.workspace)
        _tell(terminal, found)
    return exit_code(found.findings, found.tables["rejects"].height)


def _tell(terminal: Terminal, found: Explained) -> None:
    places = places_of(found.source, found.programs)
    if terminal.is_json:
        tables = {name: json_text(table) for name, table in sorted(found.tables.items())}
        terminal.print_json(content(found, places), **tables)
        return
    terminal.print_findings(found.findings)
    terminal.print_lines(page.lines(found, places, terminal.out))
