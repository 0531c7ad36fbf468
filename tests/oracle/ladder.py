"""Ladders: the tiers of a track, or a qualification beside it, under one edition or several."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from tests.oracle.calendar import PERIODS, FiscalMonth
from tests.oracle.requirements import Requires, Stands, leaves
from tests.oracle.world import Program, World

Node = tuple[str, str]
"""A track and one of its qualifications; an empty name: the track's tiers."""


@dataclass(frozen=True)
class Ladder:
    """Rungs, lowest first, and how a partner moves on them. A qualification's lowest rung is to be without it."""

    track: str
    qualification: str
    tiers: list[dict[str, Any]]
    decides_promotion: bool
    decides_downgrade: bool
    remediation_days: int
    all_below_too: bool

    @property
    def ids(self) -> list[str]:
        """The rungs' ids, lowest first."""
        return [tier["id"] for tier in self.tiers]

    def demands(self, rank: int) -> list[Requires]:
        """All that must be met for a rung: its own requirements, and where the track says so those of all below."""
        tiers = self.tiers[: rank + 1] if self.all_below_too else [self.tiers[rank]]
        return [tier["requires"] for tier in tiers if "requires" in tier]

    def earnable(self) -> Iterator[tuple[int, dict[str, Any]]]:
        """The rungs that evidence can reach, with their rank."""
        return ((rank, tier) for rank, tier in enumerate(self.tiers) if "requires" in tier)


def ladder_of(program: Program, node: Node) -> Ladder:
    """A track's tiers, or its qualification as a ladder of two rungs, automatic throughout."""
    track, qualification = node
    words = program["tracks"][track]
    tiers = words["tiers"]
    if qualification:
        own = words.get("qualifications", {}).get(qualification)
        tiers = [{"id": ""}] + ([{"id": qualification} | own] if own else [])
    return Ladder(
        track=track,
        qualification=qualification,
        tiers=tiers,
        decides_promotion=not qualification and words.get("promotion") == "on_decision",
        decides_downgrade=not qualification and words.get("downgrade") == "on_decision",
        remediation_days=words.get("remediation_days", 0),
        all_below_too=not qualification and words.get("each_tier_requires") == "all_below_too",
    )


def loses_in(world: World, holds: str, month: FiscalMonth) -> bool:
    """Whether what holds while met can be lost in a month's review: in any, or at the end of its PERIOD alone."""
    period = holds.removeprefix("while_met").removeprefix("_each_")
    if period not in PERIODS:
        return True
    following = world.calendar.shift(month, 1).last
    return world.calendar.instance(period, month.last) != world.calendar.instance(period, following)


@dataclass(frozen=True)
class Worlds:
    """A partner's world on a track under each edition that has the track, oldest first."""

    editions: tuple[World, ...]

    def at(self, day: date) -> World | None:
        """The world under the edition in force on a day; None before the first."""
        begun = [world for world in self.editions if world.program["effective_from"] <= day]
        return begun[-1] if begun else None

    def next_begins(self, world: World) -> date:
        """The day on which the edition after this one begins; the end of time where there is none."""
        later = [
            other.program["effective_from"]
            for other in self.editions
            if other.program["effective_from"] > world.program["effective_from"]
        ]
        return min(later, default=date.max)

    def judges(self, world: World, day: date) -> bool:
        """Whether what ended on a day is judged by this edition."""
        is_first = world is self.editions[0]
        return (is_first or world.program["effective_from"] <= day) and day < self.next_begins(world)


def nodes_in(program: Program) -> list[Node]:
    """Every ladder of a program."""
    tracks: Mapping[str, Any] = program["tracks"]
    return [
        node
        for track, words in tracks.items()
        for node in [(track, ""), *((track, q) for q in words.get("qualifications", {}))]
    ]


def needs(program: Program, node: Node) -> set[Node]:
    """The ladders that must have been climbed before this one, as its requirements look at them."""
    found = set()
    for tier in ladder_of(program, node).tiers:
        for leaf in leaves(tier.get("requires", {})):
            if isinstance(leaf, Stands):
                found.add((leaf.track or node[0], leaf.name if leaf.kind == "qualified" else ""))
    return found - {node}


def in_order(programs: Sequence[Program]) -> list[Node]:
    """Every ladder of the editions, those that others look at before them."""
    waiting = {
        node: {need for program in programs if node[0] in program["tracks"] for need in needs(program, node)}
        for program in programs
        for node in nodes_in(program)
    }
    ordered: list[Node] = []
    while waiting:
        ready = [node for node, wanted in waiting.items() if not wanted & waiting.keys()]
        assert ready, f"these wait for each other: {sorted(waiting)}"
        ordered += ready
        waiting = {node: wanted for node, wanted in waiting.items() if node not in ready}
    return ordered
