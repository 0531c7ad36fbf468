"""Talking to a person or a program: stdout for data and the summary, stderr for findings and progress."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Timer
from typing import Any, Final

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn
from rich.text import Text

from tierctl.cli import streams
from tierctl.cli.common import EXIT_CANNOT_RUN, EXIT_CLEAN, EXIT_FAULTS
from tierctl.cli.journal import Journal
from tierctl.findings import CannotRunError, Finding, Severity
from tierctl.report.exact_json import exact_json

# Work that ends sooner shows no progress bar, which would only flicker.
_SECONDS_UNSEEN: Final = 0.5
# A COLUMNS beyond these is a slip or says that nobody knows; the page is then as wide as it is on paper.
_NARROWEST: Final = 20
_WIDEST: Final = 10_000
_WIDTH: Final = 80
_COLOURS: Final = {Severity.ERROR: "red", Severity.WARNING: "yellow"}


class OutputError(Exception):
    """What the command has to say cannot be written; the message is the system's reason."""


@contextmanager
def _writing() -> Iterator[None]:
    """Tell a stream that cannot be written from every other fault; who closes a pipe has seen enough."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as fault:
        raise OutputError(fault.strerror or str(fault)) from fault


@dataclass(frozen=True)
class Terminal:
    """Where a command's words go: `out` is stdout, `err` stderr; NO_COLOR and pipes get plain text.

    `journal` is the log that the run was asked to keep, if it was.
    """

    out: Console
    err: Console
    is_quiet: bool
    is_json: bool
    journal: Journal = field(default_factory=Journal)

    @classmethod
    def open(cls, *, quiet: bool = False, as_json: bool = False, journal: Journal | None = None) -> "Terminal":
        """The terminal, or the pipes, that the command was started with."""
        out, err = Console(highlight=False), Console(stderr=True, highlight=False)
        for console in (out, err):
            if not _NARROWEST <= console.width <= _WIDEST:
                console.width = _WIDTH
        return cls(out, err, quiet, as_json, journal or Journal())

    def print_lines(self, lines: Sequence[Text]) -> None:
        """Print lines of text as they are: one that is wider than the terminal is cut, never wrapped."""
        with _writing():
            for line in lines:
                line.rstrip()
                self.out.print(line, no_wrap=True, overflow="ellipsis", crop=True)

    def print_whole(self, text: Text | str) -> None:
        """Print a line that the terminal may break but that is never cut."""
        with _writing():
            self.out.print(text, soft_wrap=True)

    def print_json(self, content: Mapping[str, Any], **tables: str) -> None:
        """Print one JSON object.

        Args:
            content: the object's keys, in order; Decimals are written exactly.
            tables: further keys whose values are JSON text already, so that exact numbers stay exact.
        """
        text = exact_json(content)
        if tables:
            inner = ",\n".join(f"    {json.dumps(name)}: {table}" for name, table in tables.items())
            text = text.removesuffix("\n}") + ',\n  "tables": {\n' + inner + "\n  }\n}"
        self.print_text(text + "\n")

    def print_text(self, text: str) -> None:
        """Print text as it is; flushed, so that a full disk shows here and not when Python ends."""
        with _writing():
            self.out.file.write(text)
            self.out.file.flush()

    def print_findings(self, findings: Sequence[Finding], console: Console | None = None) -> None:
        """Print every finding, on stderr unless told otherwise; long lines stay whole, so that hints can be pasted."""
        for finding in findings:
            place, mark, rest = str(finding).partition(f"{finding.severity}[")
            text = Text.assemble(place, (mark.removesuffix("["), _COLOURS[finding.severity]), "[", rest)
            with _writing():
                (console or self.err).print(text, soft_wrap=True)

    @contextmanager
    def progress(self) -> Iterator[Callable[[str, int], None]]:
        """Show on stderr what is being read while the block runs, if it runs long and a person is looking.

        Yields:
            A function to be told the export's name and how many of its rows have been read so far.
        """
        with self.working() as say:
            yield lambda export, rows: say(f"reading {export}: {rows:,} rows")

    @contextmanager
    def working(self) -> Iterator[Callable[[str], None]]:
        """Show on stderr what is being done while the block runs, if it runs long and a person is looking.

        Yields:
            A function to be told what that is.
        """
        if not self.err.is_terminal or self.is_quiet:
            yield lambda _doing: None
            return
        status = Progress(SpinnerColumn(), TextColumn("{task.description}"), console=self.err, transient=True)
        task = status.add_task("starting", total=None)
        timer = Timer(_SECONDS_UNSEEN, status.start)
        timer.daemon = True
        timer.start()
        try:
            yield lambda doing: status.update(task, description=doing)
        finally:
            timer.cancel()
            timer.join()
            status.stop()


def guarded(terminal: Terminal, command: Callable[[], int]) -> int:
    """Run a command; where it cannot run or cannot say what it found, say why and return that exit code."""
    journal = terminal.journal
    try:
        code = journal.run(lambda: _told(terminal, command))
    except CannotRunError as fault:
        # It is the log that cannot be opened.
        unopened = fault
        return _told(terminal, lambda: _refused(terminal, unopened))
    if journal.lost:
        terminal.err.print(f"tierctl: the log {journal.path} is not complete: {journal.lost}", soft_wrap=True)
    return code


def _told(terminal: Terminal, command: Callable[[], int]) -> int:
    try:
        try:
            return command()
        except CannotRunError as fault:
            terminal.journal.found(fault.findings)
            return _refused(terminal, fault)
    except OutputError as fault:
        streams.give_up()
        terminal.journal.unwritable(fault)
        terminal.err.print(f"tierctl: the output cannot be written: {fault}", soft_wrap=True)
        return EXIT_CANNOT_RUN


def _refused(terminal: Terminal, fault: CannotRunError) -> int:
    """Say why a command cannot run."""
    if terminal.is_json:
        terminal.print_json({"findings": [finding.as_dict() for finding in fault.findings]})
    else:
        terminal.print_findings(fault.findings)
    return EXIT_CANNOT_RUN


def exit_code(findings: Sequence[Finding], rejected: int) -> int:
    """The exit code of a command that ran."""
    has_errors = any(finding.severity is Severity.ERROR for finding in findings)
    return EXIT_FAULTS if rejected or has_errors else EXIT_CLEAN
