"""Exports as they are proposed: found, found more than once, or not at all."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from tierctl.contracts import export_names
from tierctl.currency_checks import FX_RATES
from tierctl.ingest.read import ROSTER
from tierctl.proposed import words
from tierctl.proposed.cells import Roster
from tierctl.proposed.formats import cell_formats
from tierctl.proposed.lines import Confidence, Line, Question, together
from tierctl.proposed.mapped import left_over, mapped_columns, titled
from tierctl.proposed.matching import Fit
from tierctl.proposed.needs import Need
from tierctl.proposed.paths import file_lines
from tierctl.proposed.tables import called, tidy
from tierctl.proposed.told_files import FileProposal, confidence_of, why_of
from tierctl.proposed.values import open_values, values

_NAMED: Final = 3
_NEVER_BARE: Final = frozenset({ROSTER, FX_RATES})  # without rows of which nothing can be reviewed


@dataclass(frozen=True)
class ExportProposal:
    """What tierctl.toml should say of one export.

    Attributes:
        name: the export.
        title: its title.
        confidence: how sure it is that the files are this export; open: all of it stands commented out.
        why: the reason, in words.
        files: the files' names; empty: none was found.
        lines: the keys, in the order in which they are written.
        questions: what is open of it.
        notes: what is worth saying, in sentences.
        own: the columns that bear tierctl's own names, which need no line.
        unread: the headers that nothing reads.
        rows: how many rows the files have.
        rivals: the same of other files, of which only a person knows whether they are the export instead.
    """

    name: str
    title: str
    confidence: Confidence
    why: str
    files: tuple[str, ...] = ()
    lines: tuple[Line, ...] = ()
    questions: tuple[Question, ...] = ()
    notes: tuple[str, ...] = ()
    own: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()
    rows: int = 0
    rivals: tuple["ExportProposal", ...] = ()


def found_export(fit: Fit, roster: Roster | None, root: Path) -> ExportProposal:
    """An export whose files are found.

    Args:
        fit: the files.
        roster: the partners, where they are known.
        root: the workspace's folder, which paths are relative to.
    """
    need, table, columns = fit.need, fit.table, fit.columns
    parts = [
        file_lines(table, need, root),
        mapped_columns(table, need, columns),
        *(values(table, need, claim) for claim in columns.settled),
        open_values(table, need, columns),
        cell_formats(table, need, columns.settled),
    ]
    part = together(*parts)
    return ExportProposal(
        need.name,
        need.contract.title,
        confidence_of(fit),
        why_of(fit, roster),
        tuple(called(file) for file in table.files),
        part.lines,
        part.questions,
        part.notes,
        tuple(claim.field.name for claim in columns.settled if claim.header == claim.field.name),
        left_over(table, columns),
        table.rows,
    )


def open_export(fits: Sequence[Fit], open_: Sequence[Fit], root: Path) -> ExportProposal:
    """An export of which it is not clear which files it is; the best of them as they would be written, then the rest.

    Args:
        fits: the files that may be it, the best first.
        open_: everything that is open, for what the files may be otherwise.
        root: the workspace's folder, which paths are relative to.
    """
    best, need = fits[0], fits[0].need
    names = [fit.table.names for fit in fits]
    if len(names) > 1:
        same = "; they bring the same ids, as snapshots of several days do" if _are_alike(fits) else ""
        said, decides = f"which file is {need.name}: {' or '.join(names)}{same}", _which(need, same)
    else:
        others = [fit.need.name for fit in open_ if fit.table is best.table and fit.need is not need]
        said = f"whether {names[0]} is {need.name} or {' or '.join(others)}"
        decides = f"take the comment signs off where it is {need.name}"
    question = Question(need.name, "", said, decides, not need.is_optional)
    rivals = tuple(_rival(fit, root, names, whole=not _are_alike(fits)) for fit in fits[1:])
    first = _rival(best, root, names, why=said)
    return replace(first, files=tuple(names[:_NAMED]), questions=(question,), rivals=rivals)


def _which(need: Need, same: str) -> str:
    if need.name != ROSTER or same:
        return "keep one of them in path"
    return "keep one of them in path: the one that has every partner, by the ids that the other files have"


def _rival(fit: Fit, root: Path, names: Sequence[str], *, why: str = "", whole: bool = True) -> ExportProposal:
    """One of the files that may be an export, as it would be written; of files with the same headers the path alone."""
    export = found_export(fit, None, root)
    first, *rest = export.lines
    others = [name for name in names if name != fit.table.names]
    path = Line(first.table, first.key, first.value, Confidence.OPEN, f"or {', '.join(others)}" if others else why)
    return replace(
        export,
        confidence=Confidence.OPEN,
        why=why or export.why,
        lines=(path, *rest) if whole else (path,),
        questions=(),
    )


def _are_alike(fits: Sequence[Fit]) -> bool:
    """Whether the files have the same headers: they would be one export, did they not bring the same ids."""
    return len({frozenset(tidy(column.header) for column in fit.table.columns) for fit in fits}) == 1


def absent_export(need: Need, unread: Sequence[FileProposal]) -> ExportProposal:
    """An export that no file fits.

    Args:
        need: the export.
        unread: the files that could not be read, any of which it may be.
    """
    required = [field.name for field in need.contract.fields if field.required]
    missed = _missed(need, unread)
    said = f"no file fits {titled(need.contract)}{f'; {missed}' if missed else ''}"
    decides = f"it needs a file with {', '.join(required)}, under whatever headers"
    if need.name not in _NEVER_BARE:
        decides += f"; where there is nothing of the kind, a file with a header alone will do: {','.join(required)}"
    path = Line((), "path", f"exports/{need.name}.csv", Confidence.OPEN, decides)
    question = Question(need.name, "", said, decides)
    why = f"no file fits{f'; {missed}' if missed else ''}"
    return ExportProposal(need.name, need.contract.title, Confidence.OPEN, why, (), (path,), (question,))


def _missed(need: Need, unread: Sequence[FileProposal]) -> str:
    """The files that could not be read and may be the export: those whose name says so, or else that say nothing."""
    stems = {file.name: file.name.partition(".")[0] for file in unread}
    named = [name for name, stem in stems.items() if words.names_export(stem, need.name)]
    nameless = [name for name, stem in stems.items() if not _says_any(stem)]
    missed = named or nameless
    if not missed:
        return ""
    shown, last = missed[:_NAMED], f"{len(missed) - _NAMED} more"
    if len(missed) <= _NAMED:
        *shown, last = missed
    return f"{', '.join(shown)}{' and ' if shown else ''}{last} could not be read"


def _says_any(stem: str) -> bool:
    """Whether a file's name says that it is some export."""
    return any(words.names_export(stem, name) for name in export_names())
