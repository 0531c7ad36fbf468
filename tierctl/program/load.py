"""Reading program files: bundled ones by id, others by path, and the editions of one program."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from pathlib import Path

from tierctl import resources
from tierctl.findings import Finding, Severity, error
from tierctl.located import Document, line_of, parse
from tierctl.program.lint import lint
from tierctl.program.model import Program
from tierctl.validation import did_you_mean, validate


@dataclass(frozen=True)
class Editions:
    """The editions of one program, oldest first: each is in force until the next takes effect."""

    id: str
    programs: tuple[Program, ...]

    def in_force(self, month_end: date) -> Program:
        """The latest edition that has taken effect by the fiscal month's last day.

        Raises:
            ValueError: the program has not begun by then.
        """
        begun = [program for program in self.programs if program.effective_from <= month_end]
        if not begun:
            raise ValueError(f"{self.id} takes effect on {self.programs[0].effective_from}, after {month_end}")
        return begun[-1]


@dataclass(frozen=True)
class EditionFile:
    """One edition of a program, and the file that states it."""

    program: Program
    document: Document

    @property
    def source(self) -> str:
        """The file's name as findings print it."""
        return self.document.source


def load_text(text: str, source: str) -> tuple[Program | None, list[Finding]]:
    """Read a program and lint it.

    Args:
        text: the file's content.
        source: the file's name as findings print it.

    Returns:
        The program, or None where a finding is an error; and every finding, in the file's order.
    """
    edition, findings = load_edition(text, source)
    return (edition.program if edition else None), findings


def load_edition(text: str, source: str) -> tuple[EditionFile | None, list[Finding]]:
    """Read a program as `load_text` does, and keep where everything stands in its file."""
    document, of_values = parse(text, source, "program")
    if document is None:
        return None, of_values
    program, findings = load_document(document, of_values)
    return (EditionFile(program, document) if program else None), findings


def load_document(document: Document, of_values: Sequence[Finding] = ()) -> tuple[Program | None, list[Finding]]:
    """Read a program from its document and lint it.

    Args:
        document: the file, or what it would be.
        of_values: what was found of its values before.

    Returns:
        The program, or None where a finding is an error; and every finding, in the file's order.
    """
    reading = validate(Program, document, "program")
    faults = [*reading.findings]
    if reading.model is not None:
        faults += lint(reading.model, reading.document, reading.repairs)
    told = {finding.subject for finding in of_values}
    findings = [*of_values, *(fault for fault in faults if fault.subject not in told)]
    failed = any(finding.severity is Severity.ERROR for finding in findings)
    return (None if failed else reading.model), sorted(findings, key=line_of)


def load_path(path: Path, *, source: str | None = None) -> tuple[Program | None, list[Finding]]:
    """Read a program file and lint it; a file that cannot be read is a finding."""
    edition, findings = _load_file(path, source or path.as_posix())
    return (edition.program if edition else None), findings


def _load_file(path: Path, source: str) -> tuple[EditionFile | None, list[Finding]]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as fault:
        is_refused = isinstance(fault, OSError)
        reason = fault.strerror if isinstance(fault, OSError) else f"the byte at offset {fault.start} is not UTF-8"
        hint = "check that you may read it" if is_refused else "save it as UTF-8 text"
        return None, [error("program-unreadable", source, "", f"the program file cannot be read: {reason}", hint)]
    return load_edition(text, source)


def bundled_ids() -> tuple[str, ...]:
    """The ids of the programs that come with tierctl, in alphabetical order."""
    return tuple(sorted({path.stem.partition("-")[0] for path in resources.bundled_programs().glob("*.toml")}))


def find(ref: str, root: Path) -> tuple[tuple[Path, ...], list[Finding]]:
    """The files that a reference means: a bundled id has one or several, a path is one.

    Args:
        ref: a bundled program's id, or the path of a program file.
        root: the folder that relative paths start from.
    """
    if ref in bundled_ids():
        folder = resources.bundled_programs()
        return tuple(sorted([*folder.glob(f"{ref}.toml"), *folder.glob(f"{ref}-*.toml")])), []
    path = root / ref
    if path.is_file():
        return (path,), []
    hint = did_you_mean(ref, bundled_ids()) or "a path ends in .toml and starts from the workspace"
    message = f"{ref} is neither a program file nor a bundled program; bundled: {', '.join(bundled_ids())}"
    return (), [error("program-not-found", ref, "", message, hint)]


def load_ref(ref: str, root: Path) -> tuple[tuple[Program, ...], list[Finding]]:
    """Read every file that a reference means."""
    editions, findings = _load_editions(ref, root)
    return tuple(edition.program for edition in editions), findings


def _load_editions(ref: str, root: Path) -> tuple[list[EditionFile], list[Finding]]:
    paths, findings = find(ref, root)
    editions: list[EditionFile] = []
    for path in paths:
        edition, faults = _load_file(path, name_of(path, root))
        findings += faults
        editions += [edition] if edition else []
    return editions, findings


def load_all(refs: Iterable[str], root: Path) -> tuple[tuple[Editions, ...], list[Finding]]:
    """Read the programs of a workspace and gather their editions by id.

    Returns:
        One entry per program id, in alphabetical order; and the findings, among them two editions of one program that
        take effect on the same day.
    """
    files, findings = load_files(refs, root)
    return editions_of(file.program for file in files), findings


def editions_of(programs: Iterable[Program]) -> tuple[Editions, ...]:
    """Programs gathered by id, in alphabetical order."""
    ordered = sorted(programs, key=lambda program: (program.id, program.effective_from))
    return tuple(Editions(id_, tuple(group)) for id_, group in groupby(ordered, key=lambda program: program.id))


def load_files(refs: Iterable[str], root: Path) -> tuple[tuple[EditionFile, ...], list[Finding]]:
    """Read the programs of a workspace as `load_all` does, and keep where everything stands in their files.

    Returns:
        One entry per edition, sorted by id and effective_from; and the findings.
    """
    loaded: list[EditionFile] = []
    findings: list[Finding] = []
    for ref in dict.fromkeys(refs):
        editions, faults = _load_editions(ref, root)
        loaded += editions
        findings += faults
    loaded.sort(key=_edition)
    for (id_, day), group in groupby(loaded, key=_edition):
        first, *others = (file.source for file in group)
        message = f"{id_} takes effect on {day}, as it does in {first}: only one of the two can be in force"
        hint = "change effective_from or id in one of them, or leave one out of programs"
        findings += [error("program-two-editions", source, "effective_from", message, hint) for source in others]
    return tuple(loaded), findings


def _edition(file: EditionFile) -> tuple[str, date]:
    return file.program.id, file.program.effective_from


def name_of(path: Path, root: Path) -> str:
    """The path as findings print it: bundled files by their name, others from the workspace on."""
    if path.is_relative_to(resources.bundled_programs()):
        return path.name
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else path.as_posix()
