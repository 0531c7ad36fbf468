"""Settings and overlays applied to the program files that they concern."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import combinations

from tierctl.findings import CannotRunError, Finding, Severity, error
from tierctl.fiscal import FiscalMonth
from tierctl.located import Document
from tierctl.program.drafts import Draft, in_tracks
from tierctl.program.keys import Index, Segments, segments_of
from tierctl.program.load import EditionFile, editions_of, load_document
from tierctl.program.model import Program
from tierctl.program.overlays import Overlay
from tierctl.program.places import Place, nodes, places
from tierctl.program.settings import Setting, is_share, plain, share_text
from tierctl.validation import shown

_FIXED = {
    ("id",): "it says which program this is, which enrollments and decisions go by",
    ("effective_from",): "it says which edition this is, and with it which months it is for",
    ("exports",): "it says how rows are read, and they are read once for all variants",
}


@dataclass(frozen=True)
class Change:
    """What one edit did to one edition.

    Attributes:
        program: the program's id.
        effective_from: the edition.
        source: the program's file.
        line: its line there; None: the file does not have it.
        key: the full key.
        before: the value as TOML reads it; None: there was none.
        after: the value in its place; None: there is none any more.
    """

    program: str
    effective_from: date
    source: str
    line: int | None
    key: str
    before: object
    after: object


@dataclass(frozen=True)
class Applied:
    """Programs with edits applied: editions in the order of their files, what was changed, and new warnings."""

    programs: tuple[Program, ...]
    changes: tuple[Change, ...]
    warnings: tuple[Finding, ...]


@dataclass(frozen=True)
class _Spot:
    """A place in one of the files."""

    place: Place
    file: int

    @property
    def program(self) -> str:
        return self.place.program

    @property
    def segments(self) -> Segments:
        return self.place.segments


class Desk:
    """Program files with overlays laid over those editions that the months read, ready for settings."""

    def __init__(
        self, files: Sequence[EditionFile], overlays: Sequence[Overlay], months: Sequence[FiscalMonth]
    ) -> None:
        self._files = tuple(files)
        self._in_force = _in_force(self._files, months)
        self._drafts: dict[int, Draft] = {}
        self._findings: list[Finding] = []
        for overlay in overlays:
            self._lay(overlay)
        self._index = Index(spot for number in self._in_force for spot in self._spots(number))

    def applied(self, settings: Sequence[Setting]) -> Applied:
        """The programs with settings applied too.

        Raises:
            CannotRunError: an edit concerns nothing or more than one value, or what comes of it is no sound program.
        """
        findings = [*self._findings]
        settled = [(each, self._found(self._index, each.key, (each.said, ""), findings)) for each in settings]
        findings += _twice(settled)
        if findings:
            raise CannotRunError(dict.fromkeys(findings))
        drafts = {number: draft.copy() for number, draft in self._drafts.items()}
        for setting, spots in settled:
            for spot in spots:
                draft = drafts.setdefault(spot.file, Draft(self._files[spot.file].document))
                draft.set(spot.place.path, _written(setting.value, spot.place.value), setting.cited)
        programs, warnings = self._loaded(drafts)
        keys = {spot.place.key for _, spots in settled for spot in spots}
        return Applied(programs, tuple(self._changes(drafts, keys)), warnings)

    def _lay(self, overlay: Overlay) -> None:
        """Lay an overlay over the editions that it concerns: first what it takes away, then what it puts in."""
        missing = overlay.missing(self._files, tuple(self._files[number] for number in self._in_force))
        if missing:
            self._findings.append(missing)
            return
        concerned = [number for number in self._in_force if overlay.concerns(self._files[number])]
        for key, line in overlay.remove:
            index = Index(spot for number in concerned for spot in self._spots(number, tables=True))
            cited = (overlay.source, f"{line}:remove")
            for spot in self._found(index, key, cited, self._findings, below=False):
                self._draft(spot.file).remove(spot.place.path, overlay.source, line)
        self._findings += _fixed_in(overlay)
        for number in concerned:
            placed = in_tracks(overlay, self._document(number).data)
            if placed is None:
                subject = overlay.document.subject(("tiers",))
                message = "it cannot be told which track these tiers are of"
                hint = "write [[tracks.NAME.tiers]], or [tracks.NAME.tiers.ID]"
                self._findings.append(error("program-unknown-track", overlay.source, subject, message, hint))
            else:
                self._draft(number).merge(placed)

    def _loaded(self, drafts: Mapping[int, Draft]) -> tuple[tuple[Program, ...], tuple[Finding, ...]]:
        """The programs, those under edit read anew; and what they warn of that their files do not."""
        programs = [file.program for file in self._files]
        found: list[Finding] = []
        for number, draft in sorted(drafts.items()):
            program, findings = load_document(draft.document())
            programs[number] = program or programs[number]
            known = _told_before(self._files[number].document) if findings else set()
            found += [draft.cite(each) for each in findings if (each.code, each.message) not in known]
        if any(finding.severity is Severity.ERROR for finding in found):
            raise CannotRunError(dict.fromkeys(found))
        return tuple(programs), tuple(found)

    def _changes(self, drafts: Mapping[int, Draft], settled: set[str]) -> Iterator[Change]:
        """Every value that is another now, and those under the keys that were set."""
        for number, draft in sorted(drafts.items()):
            file = self._files[number]
            before, after = _values(file.document), _values(draft.document())
            for key in dict.fromkeys((*before, *after)):
                old, new = before.get(key), after.get(key)
                if (old and old.value) != (new and new.value) or (key in settled and new):
                    yield Change(
                        file.program.id,
                        file.program.effective_from,
                        file.source,
                        old.line if old else None,
                        key,
                        old.value if old else None,
                        new.value if new else None,
                    )

    def _document(self, number: int) -> Document:
        return self._drafts[number].document() if number in self._drafts else self._files[number].document

    def _draft(self, number: int) -> Draft:
        return self._drafts.setdefault(number, Draft(self._files[number].document))

    def _spots(self, number: int, *, tables: bool = False) -> Iterator[_Spot]:
        document = self._document(number)
        yield from (_Spot(place, number) for place in (nodes(document) if tables else places(document)))

    def _found(
        self,
        index: Index[_Spot],
        key: str,
        cited: tuple[str, str],
        findings: list[Finding],
        *,
        below: bool = True,
    ) -> tuple[_Spot, ...]:
        """What a key means; where that is not one thing that may change, a finding and nothing."""
        spots = index.find(segments_of(key), below=below)
        meant = {(spot.program, spot.segments): spot for spot in reversed(spots)}
        fixed = [reason for spot in spots for start, reason in _FIXED.items() if spot.segments[: len(start)] == start]
        if len(meant) == 1 and not fixed:
            return spots
        if not meant:
            findings.append(error("what-if-key-unknown", *cited, *self._unknown(index, key, below)))
        elif len(meant) == 1:
            findings.append(error("what-if-key-fixed", *cited, f"{key} stays as it is: {fixed[0]}"))
        else:
            listed = ", ".join(self._told(index, spot, below) for spot in reversed(meant.values()))
            message = f"{key} means {len(meant)} values: {listed}"
            findings.append(error("what-if-key-ambiguous", *cited, message, "write one of these keys"))
        return ()

    def _unknown(self, index: Index[_Spot], key: str, below: bool) -> tuple[str, str]:
        """Message and hint for a key that means nothing."""
        others = [number for number in range(len(self._files)) if number not in self._in_force]
        later = Index(spot for number in others for spot in self._spots(number, tables=not below))
        found = dict.fromkeys(spot.file for spot in later.find(segments_of(key), below=below))
        if found:
            files = [self._files[number] for number in found]
            days = ", ".join(f"{file.source} from {file.program.effective_from}" for file in files)
            return f"{key} stands only in editions that are in force in none of the months: {days}", ""
        return f"{key} is no value of a program", index.meant(segments_of(key), below=below)

    def _told(self, index: Index[_Spot], spot: _Spot, below: bool) -> str:
        value = f" = {shown(spot.place.value)}" if below else ""
        return f"{index.shortest(spot, below=below)}{value} ({self._files[spot.file].source}:{spot.place.line})"


def _told_before(document: Document) -> set[tuple[str, str]]:
    """What the file itself warns of, by code and message."""
    return {(finding.code, finding.message) for finding in load_document(Draft(document).document())[1]}


def _in_force(files: tuple[EditionFile, ...], months: Sequence[FiscalMonth]) -> tuple[int, ...]:
    """The editions that are in force at the end of one of the months, by their number among the files."""
    begun = [
        (editions.id, max(days))
        for editions in editions_of(file.program for file in files)
        for month in months
        if (days := [each.effective_from for each in editions.programs if each.effective_from <= month.last])
    ]
    named = [(file.program.id, file.program.effective_from) for file in files]
    return tuple(number for number, edition in enumerate(named) if edition in begun)


def _fixed_in(overlay: Overlay) -> Iterator[Finding]:
    for (key,), reason in _FIXED.items():
        if key in overlay.document.data:
            subject = overlay.document.subject((key,))
            yield error("what-if-key-fixed", overlay.source, subject, f"{key} stays as it is: {reason}")


def _twice(settled: Sequence[tuple[Setting, Sequence[_Spot]]]) -> Iterator[Finding]:
    for (first, mine), (second, theirs) in combinations(settled, 2):
        if any(_overlap(one, other) for one in mine for other in theirs):
            message = f"{second.key} is set by {first.said} already"
            yield error("what-if-key-twice", second.said, "", message, "leave one of the two out")


def _overlap(one: _Spot, other: _Spot) -> bool:
    """Whether two places are one, or one holds the other."""
    length = min(len(one.place.path), len(other.place.path))
    return one.file == other.file and one.place.path[:length] == other.place.path[:length]


def _written(value: object, before: object) -> object:
    """A value as the place writes it: up to one as a share where a share stood, a whole number where one stood."""
    if not isinstance(value, int | Decimal) or isinstance(value, bool) or not Decimal(value).is_finite():
        return value
    number = Decimal(value)
    if is_share(before) and abs(number) <= 1:
        return share_text(number)
    return plain(number) if isinstance(before, int) and not isinstance(before, bool) else value


def _values(document: Document) -> dict[str, Place]:
    """Every value by its key; the items of a list of values are part of it."""
    found = places(document)
    lists = {place.path for place in found if isinstance(place.value, list)}
    return {place.key: place for place in found if place.path[:-1] not in lists}
