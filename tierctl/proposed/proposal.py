"""A proposal of tierctl.toml: every export that the programs read, what is sure, likely and open of it, and why."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tierctl.currency_checks import FX_RATES
from tierctl.ingest.read import ROSTER
from tierctl.proposed.cells import Roster
from tierctl.proposed.columns import SeenFile
from tierctl.proposed.formats import cell_formats
from tierctl.proposed.lines import Confidence, Line, Question, together
from tierctl.proposed.mapped import mapped_columns, titled
from tierctl.proposed.matching import Fit, match_files
from tierctl.proposed.needs import Need
from tierctl.proposed.paths import file_lines
from tierctl.proposed.snapshots import apart
from tierctl.proposed.tables import Table, called, tables, tidy
from tierctl.proposed.values import values

_NAMED: Final = 3


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


@dataclass(frozen=True)
class FileProposal:
    """What a file of the folder is.

    `export` is empty where it is none that is known; `is_read` says whether the programs read that export.
    """

    name: str
    export: str
    confidence: Confidence
    why: str
    rows: int
    is_read: bool


@dataclass(frozen=True)
class Proposal:
    """All that is proposed, in the order in which it is written, and every file with what it is."""

    exports: tuple[ExportProposal, ...]
    files: tuple[FileProposal, ...]

    @property
    def questions(self) -> tuple[Question, ...]:
        """Everything that is open."""
        return tuple(question for export in self.exports for question in export.questions)

    @property
    def is_ready(self) -> bool:
        """Whether nothing that a review needs is open."""
        return not any(question.is_needed for question in self.questions)


def propose(files: Sequence[SeenFile], needs: Mapping[str, Need], root: Path, spool: Path) -> Proposal:
    """What tierctl.toml should say, for these files and programs.

    Args:
        files: as seen.
        needs: every export that there may be, by name.
        root: the workspace's folder, which paths are relative to.
        spool: a folder for what is put together on the way.
    """
    seen = apart(tables(files, spool), needs, spool)
    found = match_files(seen, needs)
    settled = {fit.need.name: fit for fit in found.settled}
    read = sorted((need for need in needs.values() if need.is_read), key=lambda need: (need.name != ROSTER, need.name))
    exports: list[ExportProposal] = []
    for need in read:
        open_ = sorted((fit for fit in found.open if fit.need is need), key=lambda fit: -fit.strength)
        if need.name in settled:
            exports.append(_settled(settled[need.name], found.roster, root))
        elif open_:
            exports.append(_open(open_, found.open, root))
        elif not need.is_optional:
            exports.append(_absent(need))
    rates = _without_rates(exports, found.settled, needs)
    return Proposal((*exports, *rates), tuple(_files(files, seen, found.settled, found.open)))


def _settled(fit: Fit, roster: Roster | None, root: Path) -> ExportProposal:
    need, table, columns = fit.need, fit.table, fit.columns
    parts = [
        file_lines(table, need, root),
        mapped_columns(table, need, columns),
        *(values(table, need, claim) for claim in columns.settled),
        cell_formats(table, need, columns.settled),
    ]
    part = together(*parts)
    used = {claim.place for claim in columns.settled}
    return ExportProposal(
        need.name,
        need.contract.title,
        _confidence(fit),
        _why(fit, roster),
        tuple(called(file) for file in table.files),
        part.lines,
        part.questions,
        part.notes,
        tuple(claim.field.name for claim in columns.settled if claim.header == claim.field.name),
        tuple(dict.fromkeys(" ".join(each.header.split()) for each in table.columns if each.place not in used)),
        table.rows,
    )


def _confidence(fit: Fit) -> Confidence:
    claims = [fit.columns.claim(field.name) for field in fit.need.contract.fields if field.required]
    is_sure = all(claim is not None and claim.confidence is Confidence.SURE for claim in claims)
    return Confidence.SURE if is_sure else Confidence.LIKELY


def _why(fit: Fit, roster: Roster | None) -> str:
    """How many columns were found, and whether the files' name says so."""
    required = [field for field in fit.need.contract.fields if field.required]
    found = len(required) - len(fit.lacking)
    others = len(fit.columns.settled) - found
    said = [f"{found} of {len(required)} required columns" + (f" and {others} more" if others else "")]
    if fit.is_named:
        said.append("its name says so" if len(fit.table.files) == 1 else "their names say so")
    partners = fit.columns.claim("partner_id")
    if roster is not None and partners is not None and fit.need.name != ROSTER:
        said.append(f"partners by {partners.header}")
    return "; ".join(said)


def _open(fits: Sequence[Fit], open_: Sequence[Fit], root: Path) -> ExportProposal:
    """An export of which it is not clear which files it is; the best of them as they would be written."""
    best, need = fits[0], fits[0].need
    whole = _settled(best, None, root)
    names = [fit.table.names for fit in fits]
    if len(names) > 1:
        same = "; they bring the same ids, as snapshots of several days do" if _are_alike(fits) else ""
        said, decides = f"which file is {need.name}: {' or '.join(names)}{same}", "keep one of them in path"
    else:
        others = [fit.need.name for fit in open_ if fit.table is best.table and fit.need is not need]
        said = f"whether {names[0]} is {need.name} or {' or '.join(others)}"
        decides = f"take the comment signs off where it is {need.name}"
    question = Question(need.name, "", said, decides, not need.is_optional)
    first, *others_ = whole.lines
    why = f"or {', '.join(names[1:])}" if names[1:] else said
    path = Line(first.table, first.key, first.value, Confidence.OPEN, why)
    lines = (path, *others_)
    return ExportProposal(
        need.name, need.contract.title, Confidence.OPEN, said, tuple(names[:_NAMED]), lines, (question,),
        whole.notes, whole.own, whole.unread, best.table.rows,
    )  # fmt: skip


def _are_alike(fits: Sequence[Fit]) -> bool:
    """Whether the files have the same headers: they would be one export, did they not bring the same ids."""
    return len({frozenset(tidy(column.header) for column in fit.table.columns) for fit in fits}) == 1


def _absent(need: Need) -> ExportProposal:
    required = [field.name for field in need.contract.fields if field.required]
    said = f"no file fits {titled(need.contract)}"
    decides = f"it needs a file with {', '.join(required)}, under whatever headers"
    path = Line((), "path", f"exports/{need.name}.csv", Confidence.OPEN, decides)
    question = Question(need.name, "", said, decides)
    return ExportProposal(need.name, need.contract.title, Confidence.OPEN, "no file fits", (), (path,), (question,))


def _without_rates(
    exports: Sequence[ExportProposal], settled: Sequence[Fit], needs: Mapping[str, Need]
) -> Iterator[ExportProposal]:
    """Rates of exchange that no file brings, where amounts are in other currencies than the program's."""
    rates = needs.get(FX_RATES)
    if rates is None or not rates.is_read or any(export.name == FX_RATES for export in exports):
        return
    foreign: dict[str, str] = {}
    for fit in settled:
        claim = fit.columns.claim("currency")
        if claim is None or not fit.need.is_read or fit.need.name == ROSTER:
            continue
        for word in fit.table.words(fit.table.column(claim.place), 200) or []:
            if word.upper() != rates.currency:
                foreign.setdefault(word.upper(), fit.table.names)
    if not foreign:
        return
    currency, file = next(iter(foreign.items()))
    absent = _absent(rates)
    said = f"no file has rates of exchange, and {file} has amounts in {currency}"
    question = Question(FX_RATES, "", said, absent.questions[0].decides)
    yield ExportProposal(FX_RATES, absent.title, Confidence.OPEN, absent.why, (), absent.lines, (question,))


def _files(
    files: Sequence[SeenFile], seen: Sequence[Table], settled: Sequence[Fit], open_: Sequence[Fit]
) -> Iterator[FileProposal]:
    """Every file, with the export that it is."""
    of = {id(file): table for table in seen for file in table.files}
    for file in files:
        name, table = called(file), of.get(id(file))
        fit = next((each for each in settled if each.table is table), None)
        left = [each for each in open_ if each.table is table]
        if table is None:
            yield FileProposal(name, "", Confidence.OPEN, "it has no header", file.rows, is_read=False)
        elif fit is not None:
            yield FileProposal(name, fit.need.name, _confidence(fit), _why(fit, None), file.rows, fit.need.is_read)
        elif left:
            best = max(left, key=lambda each: each.strength)
            others = [each.need.name for each in left if each is not best]
            rivals = [each.table.names for each in open_ if each.need is best.need and each.table is not table]
            said = " or ".join([*others, *rivals])
            yield FileProposal(name, best.need.name, Confidence.OPEN, f"or {said}", file.rows, best.need.is_read)
        else:
            yield FileProposal(name, "", Confidence.OPEN, "like no export that is known", file.rows, is_read=False)
