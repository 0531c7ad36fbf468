"""The log of a run: what happened, one JSON object a line, appended to a file that `--log` names.

Nothing reads it but people and their tools: it may hold the clock, and no report depends on it. Each line is written
whole and at once, so that several runs may share a file and a run that is killed leaves no half of a line.
"""

import json
import os
import signal
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from io import FileIO
from pathlib import Path
from typing import Any, Final

from tierctl import __version__
from tierctl.cli import machine
from tierctl.cli.common import EXIT_CANNOT_RUN, EXIT_CLEAN, EXIT_FAULTS
from tierctl.findings import CannotRunError, Finding, error

_INFO: Final = "info"
_LEVELS: Final[Mapping[int, str]] = {EXIT_CLEAN: _INFO, EXIT_FAULTS: "warning"}
# Every line begins like this: what does not is no log, and nothing is appended to it.
_BEGINS: Final = b'{"at": "'
# What a run that a person interrupts exits with.
_INTERRUPTED: Final = 128 + signal.SIGINT


@dataclass
class Journal:
    """Where a run tells what happens; without a path it tells nobody.

    `about` says which command runs, on what. `lost` is why a line could not be written; no other is tried after it.
    """

    path: Path | None = None
    about: Mapping[str, object] = field(default_factory=dict)
    lost: str = ""
    _file: FileIO | None = None

    @classmethod
    def of(cls, path: Path | None, command: str, workspace: Path, month: str | None) -> "Journal":
        """The log of a command that is run on a workspace; the month is named as it was asked for."""
        return cls(path, {"command": command, "workspace": workspace.resolve(), "month": month})

    def run(self, command: Callable[[], int]) -> int:
        """Run a command to its exit code; log that it began and how it ended, whatever ends it.

        Raises:
            CannotRunError: the file cannot be opened; the command was not begun.
        """
        if self.path is None:
            return command()
        with _opened(self.path) as file:
            self._file = file
            began, code = time.monotonic(), EXIT_CANNOT_RUN
            self.event("run.started", _INFO, version=__version__, **self.about)
            try:
                code = command()
            except (SystemExit, KeyboardInterrupt, BrokenPipeError) as ended:
                code = _exit_code(ended)
                raise
            except Exception as fault:
                said = "".join(traceback.format_exception(fault))
                self.event("fault", "error", error=f"{type(fault).__name__}: {fault}", traceback=said)
                raise
            finally:
                level, seconds = _LEVELS.get(code, "error"), round(time.monotonic() - began, 3)
                self.event("run.ended", level, exit_code=code, seconds=seconds)
                self._file = None
        return code

    def event(self, event: str, level: str = _INFO, **said: object) -> None:
        """Log one thing that happened, at this moment.

        Args:
            event: its name.
            level: info, warning or error.
            said: what belongs to it; paths are written as they are.
        """
        if self._file is None or self.lost:
            return
        line: dict[str, Any] = {"at": machine.stamp(), "level": level, "pid": os.getpid(), "event": event, **said}
        text = json.dumps(line, ensure_ascii=False, default=str)
        # What no encoding knows, as parts of file names may be, JSON writes as an escape.
        whole = f"{text}\n".encode(errors="backslashreplace")
        try:
            if self._file.write(whole) != len(whole):
                self.lost = "no room for a whole line"
        except OSError as fault:
            self.lost = fault.strerror or str(fault)

    def found(self, findings: Sequence[Finding]) -> None:
        """Log findings, one line each."""
        for finding in findings:
            self.event("finding", str(finding.severity), **finding.as_dict())

    def unwritable(self, fault: Exception) -> None:
        """Log that what the run has to say cannot be printed."""
        self.event("output.unwritable", "error", reason=str(fault))


def _exit_code(ended: SystemExit | KeyboardInterrupt | BrokenPipeError) -> int:
    """What a process exits with that a signal ends, a person, or a reader who has seen enough."""
    match ended:
        case SystemExit(code=int(code)):
            return code
        case KeyboardInterrupt():
            return _INTERRUPTED
        case _:
            return EXIT_FAULTS


def _opened(path: Path) -> FileIO:
    """The file, to be appended to; a line that a full disk cut is ended first.

    Raises:
        CannotRunError: it cannot be opened, or holds something else.
    """
    hint = "name a file of its own in a folder that is there and in which you may write"
    try:
        first, last = _ends(path)
        if first and not first.startswith(_BEGINS):
            message = "the file holds something else than tierctl's log, and nothing is appended to it"
            raise CannotRunError([error("log-unwritable", path, "", message, hint)])
        file = FileIO(path, "ab")
        if last not in {b"", b"\n"}:
            file.write(b"\n")
    except (OSError, ValueError) as fault:
        reason = fault.strerror if isinstance(fault, OSError) else str(fault)
        message = f"the log cannot be written, and so nothing was done: {reason or fault}"
        raise CannotRunError([error("log-unwritable", path, "", message, hint)]) from fault
    return file


def _ends(path: Path) -> tuple[bytes, bytes]:
    """With what a file begins, and its last byte; both are empty of one that is not there, or is a pipe or a device."""
    if not path.is_file():
        return b"", b""
    with path.open("rb") as file:
        first = file.read(len(_BEGINS))
        file.seek(-min(1, len(first)), 2)
        return first, file.read(1)
