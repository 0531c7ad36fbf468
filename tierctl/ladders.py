"""Ladders: a track's tiers and the qualifications beside them, and the order in which they are evaluated."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from graphlib import TopologicalSorter

from tierctl.inputs import qualification_column, tier_column
from tierctl.program.model import Program, Track
from tierctl.program.reads import rule_items
from tierctl.program.values import Requires


@dataclass(frozen=True)
class Ladder:
    """A track's own tiers, or one of its qualifications."""

    track: str
    qualification: str | None = None

    @property
    def column(self) -> str:
        """The name under which other ladders know what it came to."""
        if self.qualification is None:
            return tier_column(self.track)
        return qualification_column(self.track, self.qualification)

    def of(self, program: Program) -> Track | None:
        """The ladder's rungs in an edition of the program; None: the edition lacks it."""
        track = program.tracks.get(self.track)
        return track.ladders.get(self.qualification) if track else None


def ladders_in_order(editions: Sequence[Program], further: Iterable[Ladder] = ()) -> tuple[Ladder, ...]:
    """The ladders of the latest edition, and further ones, each after those whose outcome it requires in any edition.

    Raises:
        graphlib.CycleError: two ladders require each other.
    """
    latest = editions[-1]
    found = [Ladder(name, held) for name, track in latest.tracks.items() for held in track.ladders]
    found += [ladder for ladder in further if ladder not in found]
    graph = {ladder: [each for each in _required(ladder, editions) if each in found] for ladder in found}
    return tuple(TopologicalSorter(graph).static_order())


def ladders_paid_by(editions: Sequence[Program]) -> tuple[Ladder, ...]:
    """The ladders that rules go by, their own tracks and those that they ask for, as the editions name them."""
    found: dict[Ladder, None] = {}
    for program in editions:
        for _, _, rule in program.rules:
            track = program.track_of(rule)
            found[Ladder(track)] = None
            asked = [item for item in rule_items(program, rule) if isinstance(item, Requires)]
            found |= dict.fromkeys(ladder for requires in asked for ladder in _named(requires, track))
    return tuple(found)


def required_ladders(editions: Sequence[Program]) -> frozenset[Ladder]:
    """The ladders whose outcome another one requires."""
    latest = editions[-1]
    found = [Ladder(name, held) for name, track in latest.tracks.items() for held in track.ladders]
    return frozenset(each for ladder in found for each in _required(ladder, editions))


def _required(ladder: Ladder, editions: Sequence[Program]) -> Iterator[Ladder]:
    for program in editions:
        rungs = ladder.of(program)
        for tier in rungs.tiers if rungs else ():
            if tier.requires:
                yield from _named(tier.requires, ladder.track)


def _named(requires: Requires, own: str) -> Iterator[Ladder]:
    """The ladders that requirements name; without a track, those of their own."""
    if requires.tier:
        yield Ladder(requires.tier.track or own)
    if requires.qualified:
        yield Ladder(requires.qualified.track or own, requires.qualified.name)
    for part in (*requires.any, *requires.all):
        yield from _named(part, own)
