"""Checks of names: whatever a program refers to must be there, and what is there should be used."""

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import TYPE_CHECKING

from tierctl import contracts
from tierctl.findings import Finding
from tierctl.located import Key
from tierctl.program.lint.subject import (
    ROSTER,
    Check,
    Subject,
    columns_in,
    contract_of,
    field_of,
    parts_of,
    subjects_in,
    tests_in,
)
from tierctl.program.values import Figure, OfColumn
from tierctl.validation import closest

if TYPE_CHECKING:
    from tierctl.program.model import Action, Benefit

_WORDS_OF_REQUIREMENTS = ("partner", "attested", "tier", "qualified", "any", "all")
_OF_PARTNER = "partner."


def check_exports(subject: Subject) -> Iterator[Finding]:
    """Metrics read exports that exist."""
    for name, metric in subject.program.metrics.items():
        path = ("metrics", name, "from")
        if metric.from_ not in contracts.export_names() and subject.is_whole(path):
            yield subject.unknown("unknown-export", path, "export", metric.from_, contracts.export_names())


def check_conditions(subject: Subject) -> Iterator[Finding]:
    """Conditions that a metric names exist, and those that exist are used."""
    known = subject.program.conditions
    used = {metric.where for metric in subject.program.metrics.values() if isinstance(metric.where, str)}
    for name, metric in subject.program.metrics.items():
        if not isinstance(metric.where, str) or subject.may_be_left_out("conditions", metric.where):
            continue
        if metric.where not in known:
            yield subject.unknown("unknown-condition", ("metrics", name, "where"), "condition", metric.where, known)
    meant = {closest(name, known) for name in used - known.keys()}
    for name in known.keys() - used - meant:
        yield subject.warning("unused", ("conditions", name), f"nothing uses the condition {name}")


def check_metrics(subject: Subject) -> Iterator[Finding]:
    """Metrics that are required or shown exist, and those that exist are used."""
    known = subject.program.metrics
    used = list(_metrics_used(subject))
    for path, name in used:
        if name not in known and not subject.may_be_left_out("metrics", name):
            yield subject.unknown("unknown-metric", path, "metric", name, known)
    named = {name for _, name in used}
    meant = {closest(name, known) for name in named - known.keys()}
    for name in known:
        if name not in named | meant:
            message = f"no requirement and no `shows` uses the metric {name}"
            yield subject.warning("unused", ("metrics", name), message)
        if name in _WORDS_OF_REQUIREMENTS:
            message = f"{name} cannot be a metric's id: in `requires` it means something else"
            yield subject.error("reserved-id", ("metrics", name), message)


def _metrics_used(subject: Subject) -> Iterator[tuple[Key, str]]:
    """Every metric that is named, with where: an entry for each place, also where a column of rows is named there."""
    for requires, path in subject.requirements():
        yield from (
            (test.path, test.name) for test in tests_in(requires, path) if not test.name.startswith(_OF_PARTNER)
        )
    for figure, path in subject.figures_of_partners():
        names = subjects_in(figure)
        yield from ((path, name) for name in names if not name.startswith(_OF_PARTNER) and not _is_column(figure, name))
    shown = chain(
        ((("tracks", name), track.shows) for name, track in subject.program.tracks.items()),
        ((("actions", name), action.shows) for name, action in subject.program.actions.items()),
    )
    for path, names_shown in shown:
        yield from (((*path, "shows", index), name) for index, name in enumerate(names_shown))


def _is_column(figure: Figure, name: str) -> bool:
    """Whether the name is that of a column: another check says that it has no place there."""
    return any(isinstance(part, OfColumn) and part.column == name for part, _ in parts_of(figure, ()))


def check_tracks_and_tiers(subject: Subject) -> Iterator[Finding]:
    """Benefits and actions name tracks of the program and tiers of those tracks."""
    holders: list[tuple[Key, Benefit | Action]] = [
        *((("benefits", name), benefit) for name, benefit in subject.program.benefits.items()),
        *((("actions", name), action) for name, action in subject.program.actions.items()),
    ]
    tracks = subject.program.tracks
    for path, holder in holders:
        for index, name in enumerate(holder.tracks or ()):
            if name not in tracks and not subject.may_be_left_out("tracks", name):
                yield subject.unknown("unknown-track", (*path, "tracks", index), "track", name, tracks)
        of_tracks = [tracks[name] for name in holder.tracks or tracks if name in tracks]
        tiers = dict.fromkeys(tier.id for track in of_tracks for tier in track.tiers)
        for index, tier in enumerate(holder.tiers or ()):
            if of_tracks and tier not in tiers and not _may_be_tier(subject, tier):
                place = tier if isinstance(holder.tiers, dict) else index
                yield subject.unknown("unknown-tier", (*path, "tiers", place), "tier of these tracks", tier, tiers)


def _may_be_tier(subject: Subject, name: str) -> bool:
    """Whether a tier that is named may be one whose id, or which altogether, could not be read."""
    if subject.may_be_left_out("tracks", name):
        return True
    # An id that is no id is known by its text; one that is missing may be any.
    for path in subject.repairs.touched - subject.repairs.guessed:
        match path:
            case ("tracks", _) | ("tracks", _, "tiers") | ("tracks", _, "tiers", _) | ("tracks", _, "tiers", _, "id"):
                return True
    return False


def check_columns(subject: Subject) -> Iterator[Finding]:
    """Metrics and conditions name columns that their export has."""
    for column, path, _, metric in subject.columns_of_metrics():
        yield from _check_column(subject, column, path, metric.from_)
    for where, path, export in subject.conditions():
        for test in tests_in(where, path):
            yield from _check_column(subject, test.name, test.path, export)
            for word, column in columns_in(test.bound):
                yield from _check_column(subject, column, subject.word_path(test, word), export)


def check_roster_columns(subject: Subject) -> Iterator[Finding]:
    """Requirements and figures name columns that the roster has."""
    for requires, path in subject.requirements():
        for test in tests_in(requires, path):
            if test.name.startswith(_OF_PARTNER):
                yield from _check_column(subject, test.name, test.path, ROSTER)
    for figure, path in subject.figures_of_partners():
        for name in subjects_in(figure):
            if name.startswith(_OF_PARTNER):
                yield from _check_column(subject, name, path, ROSTER)


def check_listed_once(subject: Subject) -> Iterator[Finding]:
    """A list names each tier, track or metric once."""
    program = subject.program
    lists: list[tuple[Key, Sequence[str] | None]] = [
        *((("tracks", name, "shows"), track.shows) for name, track in program.tracks.items()),
        *((("metrics", name, "count"), metric.count) for name, metric in program.metrics.items()),
        *((("metrics", name, "on"), metric.on) for name, metric in program.metrics.items()),
    ]
    for kind, holders in (("benefits", program.benefits), ("actions", program.actions)):
        for name, holder in holders.items():
            tiers = holder.tiers if isinstance(holder.tiers, tuple) else ()
            lists += [((kind, name, "tracks"), holder.tracks), ((kind, name, "tiers"), tiers)]
    lists += [(("actions", name, "shows"), action.shows) for name, action in program.actions.items()]
    for path, words in lists:
        for index, word in enumerate(words or ()):
            if words and words.index(word) < index:
                message = f"{word} stands there already, as number {words.index(word) + 1}"
                yield subject.error("listed-twice", (*path, index), message)


def _check_column(subject: Subject, column: str, path: Key, export: str) -> Iterator[Finding]:
    if contract_of(export) is None or field_of(column, export) is not None:
        return
    is_of_partner = column.startswith(_OF_PARTNER)
    table = ROSTER if is_of_partner else export
    names = contracts.export_contract(table).names
    allowed = [f"{_OF_PARTNER}{name}" for name in names] if is_of_partner else names
    yield subject.unknown("unknown-column", path, f"column of {table}", column, allowed)


CHECKS: tuple[Check, ...] = (
    check_exports,
    check_conditions,
    check_metrics,
    check_tracks_and_tiers,
    check_columns,
    check_roster_columns,
    check_listed_once,
)
