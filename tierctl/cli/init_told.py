"""What `init --from` proposed, told to a person or as data: each file, what is open, and what comes next."""

import shlex
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from rich.text import Text

from tierctl.cli.common import shown
from tierctl.cli.layout import align, beside_or_below, page_width, paragraph, plural
from tierctl.cli.terminal import Terminal
from tierctl.findings import Finding
from tierctl.proposed.exports import ExportProposal
from tierctl.proposed.lines import Confidence, Question
from tierctl.proposed.proposal import Proposal
from tierctl.proposed.told_files import FileProposal
from tierctl.workspace import FILE

_STYLES: Final = {Confidence.SURE: "green", Confidence.LIKELY: "yellow", Confidence.OPEN: "red"}


@dataclass(frozen=True)
class Made:
    """What was proposed and written, and what was noticed of files that are no tables."""

    folder: Path
    exports: Path
    programs: tuple[str, ...]
    proposal: Proposal
    findings: tuple[Finding, ...]

    @property
    def next(self) -> str:
        """The command that comes next."""
        return f"tierctl -C {shlex.quote(shown(self.folder))} check"


def content_of(made: Made) -> dict[str, Any]:
    """It as data, for JSON."""
    proposal = made.proposal
    return {
        "workspace": shown(made.folder),
        "file": shown(made.folder / FILE),
        "exports_folder": shown(made.exports),
        "programs": list(made.programs),
        "files": [asdict(file) for file in proposal.files],
        "exports": [_export_content(export) for export in proposal.exports],
        "open": [asdict(question) for question in proposal.questions if question.is_needed],
        "asked": [asdict(question) for question in proposal.questions if not question.is_needed],
        "findings": [finding.as_dict() for finding in made.findings],
        "next": made.next,
    }


def _export_content(export: ExportProposal) -> dict[str, Any]:
    """An export: what it is made of, each line of it with its place in tierctl.toml, and what may be it instead."""
    lines = [
        {
            "table": ".".join(("exports", export.name, *line.table)),
            "key": line.key,
            "value": list(line.value) if isinstance(line.value, tuple) else line.value,
            "confidence": line.confidence.value,
            "why": line.why,
        }
        for line in export.lines
    ]
    return {
        "export": export.name,
        "confidence": export.confidence.value,
        "why": export.why,
        "files": list(export.files),
        "rows": export.rows,
        "own_names": list(export.own),
        "unread": list(export.unread),
        "notes": list(export.notes),
        "lines": lines,
        "rivals": [_export_content(rival) for rival in export.rivals],
    }


def tell(terminal: Terminal, made: Made) -> None:
    """Print it for a person."""
    width, proposal = page_width(terminal.out.width), made.proposal
    terminal.print_findings(made.findings)
    seen = plural(len(proposal.files), "file")
    terminal.print_lines([Text.assemble("Wrote ", (shown(made.folder / FILE), "bold"), f", from {seen} looked at")])
    terminal.print_lines([Text(), *_file_lines(proposal.files, width)])
    needed = [question for question in proposal.questions if question.is_needed]
    others = [question for question in proposal.questions if not question.is_needed]
    if needed:
        terminal.print_lines([Text(), *_question_lines("Open: a review needs an answer", needed, width)])
    if others:
        terminal.print_lines([Text(), *_question_lines("Worth a look", others, width)])
    if sought := [export for export in proposal.exports if any(each.seeks for each in export.questions)]:
        terminal.print_lines([Text(), *_left_over_lines(sought, width)])
    if not needed:
        terminal.print_lines([Text(), Text("Nothing that a review needs is open.", style="green")])
    terminal.print_lines([Text()])
    terminal.print_whole(Text.assemble(("Next  ", "bold"), made.next))


def _file_lines(files: Sequence[FileProposal], width: int) -> list[Text]:
    """One line a file: what it is, how sure that is, and why."""
    rows: list[list[str | Text]] = [[file.name, *_export_cells(file)] for file in files]
    lines = align(rows, width, give=[0], indent=2)
    notes = [_why(file) for file in files]
    groups = beside_or_below(lines, notes, width, indent=6)
    return [Text("Files", style="bold"), *(line for group in groups for line in group)]


def _export_cells(file: FileProposal) -> tuple[str, Text]:
    if not file.is_read:
        return "not needed" if file.export else "?", Text()
    return file.export, Text(file.confidence.value, style=_STYLES[file.confidence])


def _why(file: FileProposal) -> str:
    if file.is_read or not file.export:
        return file.why
    return f"looks like {file.export}"


def _left_over_lines(exports: Sequence[ExportProposal], width: int) -> Iterator[Text]:
    """The headers that nothing is read from, of exports of which a header is sought."""
    yield Text("Headers left over", style="bold")
    for export in exports:
        yield Text(f"  {export.name}", style="bold")
        yield from paragraph(", ".join(map(repr, export.unread)), width, indent=4)


def _question_lines(title: str, questions: Sequence[Question], width: int) -> Iterator[Text]:
    yield Text(title, style="bold")
    for question in questions:
        place = f"{question.export}.{question.about}" if question.about else question.export
        yield Text(f"  {place}", style="bold")
        yield from paragraph(question.said, width, indent=4)
        if question.decides:
            yield from paragraph(f"→ {question.decides}", width, indent=4, style="dim")
