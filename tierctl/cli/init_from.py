"""A workspace for a folder of exports: looked at, matched with what the programs read, and proposed as tierctl.toml."""

import os
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import Any

from tierctl.cli.common import EXIT_CLEAN, EXIT_FAULTS, shown
from tierctl.cli.init_told import Made, content_of, tell
from tierctl.cli.layout import plural
from tierctl.cli.spool import spool_folder
from tierctl.cli.terminal import Terminal, guarded
from tierctl.findings import CannotRunError, Finding, Severity, error
from tierctl.program.load import bundled_ids, load_all
from tierctl.program.model import Program
from tierctl.proposed.needs import needs
from tierctl.proposed.proposal import propose
from tierctl.proposed.seen import look
from tierctl.proposed.toml_text import toml_text
from tierctl.workspace import FILE


def run_init_from(program: str, root: Path, folder: Path | None, exports: Path, *, as_json: bool) -> int:
    """Propose a tierctl.toml for the exports, write it, tell how sure it is, and return the exit code.

    Args:
        program: a bundled program's id, or the path of a program file.
        root: the folder that relative paths start from.
        folder: the workspace's; None: one named by the program.
        exports: the folder with the exports.
        as_json: print one JSON object instead of text.
    """
    terminal = Terminal.open(as_json=as_json)
    return guarded(terminal, lambda: _init(terminal, program, root, folder, root / exports))


def _init(terminal: Terminal, program: str, root: Path, folder: Path | None, exports: Path) -> int:
    programs = _programs(program, root)
    to = root / (folder or programs[0].id)
    _refuse_workspace(to)
    is_bundled = program in bundled_ids()
    refs = (program if is_bundled else _relative(root / program, to),)
    with spool_folder() as spool, terminal.working() as say:
        say(f"looking at the files in {shown(exports)}")
        files, findings = _look(exports, spool)
        if not is_bundled:  # which may lie among the exports
            findings = [each for each in findings if not _is_program(each, exports, root / program)]
        proposal = propose(
            files,
            needs(programs),
            to,
            spool,
            unread=_unread(findings, {file.name for file in files}),
            has_rules=any(program.rules for program in programs),
        )
    if not proposal.is_of_tables:
        raise _no_exports(exports, f"of its {plural(len(proposal.files), 'file')} none is a table", findings)
    _write(toml_text(proposal, refs, shown(exports)), to)
    made = Made(to, exports, refs, proposal, tuple(findings))
    if terminal.is_json:
        terminal.print_json(content_of(made))
    else:
        tell(terminal, made)
    return EXIT_CLEAN if proposal.is_ready else EXIT_FAULTS


def _programs(ref: str, root: Path) -> tuple[Program, ...]:
    """Every edition of the program.

    Raises:
        CannotRunError: it is not found, or something is wrong with it.
    """
    editions, findings = load_all([ref], root)
    programs = tuple(program for each in editions for program in each.programs)
    if not programs or any(finding.severity is Severity.ERROR for finding in findings):
        raise CannotRunError(findings)
    return programs


def _refuse_workspace(folder: Path) -> None:
    """Refuse a folder that is a workspace already.

    Raises:
        CannotRunError: it holds a tierctl.toml, or it is a file.
    """
    if folder.exists() and not folder.is_dir():
        raise CannotRunError([error("init-folder-used", folder, "", "it is there already, and is no folder")])
    if os.path.lexists(folder / FILE):
        raise CannotRunError([_workspace_there(folder)])


def _workspace_there(folder: Path) -> Finding:
    message = f"there is a workspace already: it holds {FILE}, which is not written over"
    hint = f"name another folder, tierctl init PROGRAM DIR --from FOLDER, or move {FILE} away"
    return error("init-workspace-there", folder, "", message, hint)


def _look(exports: Path, spool: Path) -> "tuple[Sequence[Any], list[Finding]]":
    """The tables in the folder.

    Raises:
        CannotRunError: there is none, or no such folder.
    """
    try:
        names = sorted(path.name for path in exports.iterdir() if path.is_file())
    except OSError as fault:
        message = f"the exports cannot be looked at: {fault.strerror or fault}"
        hint = "name the folder that holds the files: tierctl init PROGRAM DIR --from FOLDER"
        raise CannotRunError([error("init-no-exports", exports, "", message, hint)]) from fault
    files, findings = look(exports, spool)
    if not files:
        holds = f"of its {plural(len(names), 'file')} none is a table" if names else "it holds no file"
        raise _no_exports(exports, holds, findings)
    return files, findings


def _no_exports(exports: Path, holds: str, findings: Sequence[Finding]) -> CannotRunError:
    hint = "exports are CSV, Parquet or Excel files, and lie in the folder itself, not below it"
    return CannotRunError([*findings, error("init-no-exports", exports, "", f"there are no exports: {holds}", hint)])


def _unread(findings: Sequence[Finding], seen: AbstractSet[str]) -> dict[str, str]:
    """The files that were left out, by name, with why."""
    left_out = [finding for finding in findings if finding.source not in seen]
    return {finding.source: finding.message.removeprefix("it is left out: ") for finding in left_out}


def _is_program(finding: Finding, exports: Path, program: Path) -> bool:
    places = (Path(finding.source), exports / finding.source)
    return any(place.resolve() == program.resolve() for place in places)


def _write(text: str, folder: Path) -> None:
    """Write tierctl.toml: the whole of it, and never over one that is there.

    Raises:
        CannotRunError: it cannot be written, or somebody wrote one meanwhile; nothing is left there.
    """
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    unfinished = folder / f".{FILE}.tmp-{os.getpid()}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        unfinished.write_text(text, encoding="utf-8", newline="\n")
        _put(unfinished, folder / FILE)
    except FileExistsError as fault:
        raise CannotRunError([_workspace_there(folder)]) from fault
    except OSError as fault:
        _take_back(unfinished, missing)
        reason = f"the workspace cannot be written: {fault.strerror or fault}"
        raise CannotRunError([error("init-unwritable", folder, "", reason, "nothing was left there")]) from fault
    finally:
        unfinished.unlink(missing_ok=True)


def _put(unfinished: Path, path: Path) -> None:
    """Give a file its name, unless another has it: what a rename does not ask, a second name does.

    Raises:
        OSError: another has it, or it cannot be done.
    """
    try:
        path.hardlink_to(unfinished)
    except FileExistsError:
        raise
    except OSError:  # a file system without second names
        with path.open("x", encoding="utf-8", newline="\n") as file:
            file.write(unfinished.read_text(encoding="utf-8"))


def _take_back(unfinished: Path, missing: Sequence[Path]) -> None:
    unfinished.unlink(missing_ok=True)
    for path in missing:
        if path.is_dir():
            path.rmdir()


def _relative(path: Path, folder: Path) -> str:
    return Path(os.path.relpath(path.resolve(), folder.resolve())).as_posix()
