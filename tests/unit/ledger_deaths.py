"""Kills sealing and reopening before every call that changes the disk, and in the midst of every write.

    python -m tests.unit.ledger_deaths ACTION FOLDER

It makes a ledger in FOLDER/before. For n = 1, 2 … it copies it to FOLDER/n, acts there in a process that dies of
SIGKILL at its n-th call, copies what that leaves to FOLDER/n-again, and acts there once more, to the end. It prints how
many calls there were. Where root runs it, the rights of another user are taken on, since root may write whatever is
read-only.
"""

import os
import shutil
import signal
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from tests.unit.small_ledger import REASON, sealed
from tierctl.ledger.closes import Ledger
from tierctl.ledger.recover import recover
from tierctl.ledger.reopen import reopen

NOBODY = 65534
CALLS = ("rename", "fsync", "chmod", "mkdir", "unlink", "rmdir")
WRITES = ("write_text", "write_bytes")


def prepare_seal(ledger: Ledger) -> None:
    sealed(ledger, "2025-04")
    sealed(ledger, "2025-05")
    reopen(ledger, ledger.closes()[-1], REASON)


def seal_may(ledger: Ledger) -> None:
    recover(ledger)
    if len(ledger.closes()) == 1:
        sealed(ledger, "2025-05")


def prepare_first(_: Ledger) -> None:
    """There is no ledger yet."""


def seal_first(ledger: Ledger) -> None:
    recover(ledger)
    if not ledger.closes():
        sealed(ledger, "2025-04")


def prepare_reopen(ledger: Ledger) -> None:
    sealed(ledger, "2025-04")
    sealed(ledger, "2025-05")


def reopen_may(ledger: Ledger) -> None:
    recover(ledger)
    if len(ledger.closes()) == 2:
        reopen(ledger, ledger.closes()[-1], REASON)


ACTIONS = {
    "first": (prepare_first, seal_first),
    "seal": (prepare_seal, seal_may),
    "reopen": (prepare_reopen, reopen_may),
}


def die_at(last: int) -> None:
    """Let the process die at that call."""
    calls = 0

    def count() -> None:
        nonlocal calls
        calls += 1
        if calls == last:
            os.kill(os.getpid(), signal.SIGKILL)

    def deadly(call: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*arguments: Any, **options: Any) -> Any:
            count()
            return call(*arguments, **options)

        return counted

    def deadly_write(write: Callable[..., Any]) -> Callable[..., Any]:
        def counted(path: Path, content: Any, **options: Any) -> Any:
            count()
            write(path, content[: len(content) // 2], **options)
            count()
            return write(path, content, **options)

        return counted

    for name in CALLS:
        setattr(os, name, deadly(getattr(os, name)))
    for name in WRITES:
        setattr(Path, name, deadly_write(getattr(Path, name)))


def act_and_die(act: Callable[[Ledger], None], ledger: Ledger, last: int) -> None:
    die_at(last)
    act(ledger)


def in_child(act: Callable[[], None]) -> int:
    """Act in a process of its own; the signal of which it died, or 0."""
    child = os.fork()
    if not child:
        status = 1
        try:
            act()
            status = 0
        finally:
            os._exit(status)
    _, status = os.waitpid(child, 0)
    if os.WIFEXITED(status) and os.WEXITSTATUS(status):
        raise SystemExit("the action failed")
    return os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0


def die_everywhere(action: str, folder: Path) -> int:
    """Die at every call; how many there are."""
    prepare, act = ACTIONS[action]
    before = Ledger(folder / "before" / "ledger")
    before.folder.parent.mkdir()
    prepare(before)
    number = 0
    while True:
        number += 1
        ledger = Ledger(folder / str(number) / "ledger")
        shutil.copytree(before.folder.parent, ledger.folder.parent)

        if not in_child(partial(act_and_die, act, ledger, number)):
            return number - 1
        again = Ledger(folder / f"{number}-again" / "ledger")
        shutil.copytree(ledger.folder.parent, again.folder.parent)
        in_child(partial(act, again))


if __name__ == "__main__":
    if os.geteuid() == 0:
        os.setgid(NOBODY)
        os.setuid(NOBODY)
    os.umask(0o022)
    sys.stdout.write(str(die_everywhere(sys.argv[1], Path(sys.argv[2]))))
