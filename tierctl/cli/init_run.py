"""A workspace to start from: the sample of a bundled program, copied whole or not at all."""

import os
import re
import shlex
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from rich.text import Text

from tierctl import resources
from tierctl.cli.common import EXIT_CLEAN, shown
from tierctl.cli.layout import align, page_width, plural
from tierctl.cli.terminal import Terminal, guarded
from tierctl.findings import CannotRunError, error
from tierctl.report.leftovers import remove
from tierctl.validation import did_you_mean
from tierctl.workspace import FILE

_README: Final = "README.md"
_MADE_BY_RUNS: Final = shutil.ignore_patterns("reports", "ledger", ".*")
_MONTH: Final = re.compile(r"review --month (\d{4}-\d{2})\b")
_MEANING: Final = {FILE: "programs, calendar, where the exports lie", _README: "what is in it"}


def run_init(program: str, root: Path, folder: Path | None, *, as_json: bool) -> int:
    """Write the workspace, tell what was written and what to do next, and return the exit code."""
    terminal = Terminal.open(as_json=as_json)
    return guarded(terminal, lambda: _init(terminal, program, root / (folder or program)))


def _init(terminal: Terminal, program: str, folder: Path) -> int:
    sample = _sample(program)
    _refuse_used(folder)
    try:
        _write(sample, folder)
    except OSError as fault:
        reason = f"the workspace cannot be written: {fault.strerror or fault}"
        raise CannotRunError([error("init-unwritable", folder, "", reason, "nothing was left there")]) from fault
    _tell(terminal, folder)
    return EXIT_CLEAN


def _sample(program: str) -> Path:
    """The sample workspace of a program.

    Raises:
        CannotRunError: none comes with tierctl.
    """
    samples = {path.parent.name: path.parent for path in resources.sample_data().glob(f"*/{FILE}")}
    if program in samples:
        return samples[program]
    names = ", ".join(sorted(samples))
    message = f"no sample workspace comes with a program {program}; there are: {names}"
    hint = did_you_mean(program, samples) or "tierctl program list shows the programs that come with tierctl"
    raise CannotRunError([error("init-no-sample", "init", program, message, hint)])


def _refuse_used(folder: Path) -> None:
    """Refuse a folder that holds anything.

    Raises:
        CannotRunError: it does, or it is a file.
    """
    if folder.is_dir() and not any(folder.iterdir()):
        return
    if not folder.exists() and not folder.is_symlink():
        return
    held = sorted(path.name for path in folder.iterdir())[:1] if folder.is_dir() else []
    message = f"the folder is not empty: it holds {held[0]}" if held else "it is there already, and is no folder"
    hint = "name a folder that is empty or not there yet: tierctl init PROGRAM DIR"
    raise CannotRunError([error("init-folder-used", folder, "", message, hint)])


def _write(sample: Path, folder: Path) -> None:
    """Put a copy of the sample in the folder's place: all of it, or what was there before.

    Raises:
        OSError: something cannot be written.
    """
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    unfinished = folder.absolute().with_name(f".{folder.absolute().name}.tmp-{os.getpid()}")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        shutil.copytree(sample, unfinished, ignore=_MADE_BY_RUNS)
        _name(unfinished / _README, sample.name, folder)
        _put(unfinished, folder)
    except OSError:
        _take_back(unfinished, folder, missing)
        raise


def _put(unfinished: Path, folder: Path) -> None:
    """Rename the copy to the folder; into it where a person may be in it already."""
    if not folder.exists():
        unfinished.rename(folder)
        return
    # What makes it a workspace comes last.
    for path in sorted(unfinished.iterdir(), key=lambda path: path.name == FILE):
        path.rename(folder / path.name)
    unfinished.rmdir()


def _take_back(unfinished: Path, folder: Path, missing: Sequence[Path]) -> None:
    """Remove what was written so far, and the folders that were made for it."""
    remove(unfinished)
    for path in folder.iterdir() if folder.is_dir() else ():
        if path.is_dir():
            remove(path)
        else:
            path.unlink()
    for path in missing:
        if path.is_dir():
            path.rmdir()


def _name(readme: Path, program: str, folder: Path) -> None:
    """Let the commands in the README name the folder that they are to be run on."""
    if readme.is_file():
        text = readme.read_text(encoding="utf-8")
        named = text.replace(f"-C sample_data/{program} ", f"-C {shlex.quote(shown(folder))} ")
        readme.write_text(named, encoding="utf-8", newline="\n")


def _files(folder: Path) -> Iterator[Path]:
    yield from sorted(path.relative_to(folder) for path in folder.rglob("*") if path.is_file())


def _next(folder: Path) -> str:
    """The command to go on with: the review that the README begins with, else a check."""
    readme = folder / _README
    found = _MONTH.search(readme.read_text(encoding="utf-8")) if readme.is_file() else None
    return f"tierctl -C {shlex.quote(shown(folder))} {f'review --month {found[1]}' if found else 'check'}"


def _tell(terminal: Terminal, folder: Path) -> None:
    files = list(_files(folder))
    if terminal.is_json:
        names = [path.as_posix() for path in files]
        terminal.print_json({"workspace": shown(folder), "files": names, "next": _next(folder)})
        return
    beside = [path.name for path in files if len(path.parts) == 1]
    within = {path.parts[0] for path in files if len(path.parts) > 1}
    rows = [[name, _MEANING.get(name, "")] for name in sorted(beside, key=lambda name: name != FILE)]
    rows += [[f"{name}/", plural(sum(path.parts[0] == name for path in files), "file")] for name in sorted(within)]
    lines = [Text.assemble("Wrote ", (f"{shown(folder)}/", "bold"))]
    lines += align(rows, page_width(terminal.out.width), give=[1], indent=2)
    terminal.print_lines([*lines, Text()])
    terminal.print_whole(Text.assemble(("Next  ", "bold"), _next(folder)))
