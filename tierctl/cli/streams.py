"""What stdout and stderr can carry, and what becomes of the command when stdout cannot be written."""

import codecs
import os
import sys
from contextlib import suppress
from io import TextIOWrapper
from types import MappingProxyType
from typing import Final

STAND_INS: Final = MappingProxyType({
    "▲": "^", "▼": "v", "→": "->", "·": ".", "…": "...", "–": "-", "—": "-", "×": "x", "█": "#",
    **dict.fromkeys("▏▎▍▌▋▊▉", "|"),
})  # fmt: skip
_HANDLER: Final = "tierctl.stand_in"


def prepare() -> None:
    """Let a pipe or a terminal in an old encoding show a stand-in for what it lacks, rather than end the run."""
    codecs.register_error(_HANDLER, _stand_in)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors=_HANDLER)


def give_up() -> None:
    """Drop what stdout still holds and cannot get rid of, which Python would stumble over when it ends."""
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except OSError:
        with suppress(OSError):
            null = os.open(os.devnull, os.O_WRONLY)
            os.dup2(null, sys.stdout.fileno())
            os.close(null)


def _stand_in(fault: UnicodeError) -> tuple[str, int]:
    if not isinstance(fault, UnicodeEncodeError):
        raise fault
    lacking = fault.object[fault.start : fault.end]
    return "".join(STAND_INS.get(letter, "?") for letter in lacking), fault.end
