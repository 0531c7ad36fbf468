"""Checks of order: no metric and no ladder needs what comes of itself."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from tierctl.findings import Finding
from tierctl.program.lint.subject import Check, Subject
from tierctl.program.lint.walk import made_of
from tierctl.program.values import Requires

if TYPE_CHECKING:
    from tierctl.located import Key


def check_metrics(subject: Subject) -> Iterator[Finding]:
    """A metric of metrics is not made of itself, not even by way of others."""
    metrics = subject.program.metrics
    graph = {name: made_of(metric) for name, metric in metrics.items()}
    for cycle in _cycles(graph):
        key = "formula" if metrics[cycle[0]].formula is not None else "value"
        way = " → ".join((*cycle, cycle[0]))
        message = f"{cycle[0]} is made of itself: {way}"
        yield subject.error("cycle", ("metrics", cycle[0], key), message)


def check_ladders(subject: Subject) -> Iterator[Finding]:
    """A tier is not asked of whoever is to earn a tier of the same track, not even by way of others."""
    edges: dict[str, dict[str, Key]] = {}
    for requires, path, scope in subject.of(Requires):
        if scope.kind not in {"tier", "qualification"} or scope.track is None or scope.is_choice:
            continue
        own = _ladder(scope.track, scope.rung if scope.kind == "qualification" else None)
        if requires.tier is not None and _is_tier(subject, requires.tier.track or scope.track, requires.tier.at_least):
            edges.setdefault(own, {}).setdefault(_ladder(requires.tier.track or scope.track, None), (*path, "tier"))
        if requires.qualified is not None:
            other = _ladder(requires.qualified.track or scope.track, requires.qualified.name)
            edges.setdefault(own, {}).setdefault(other, (*path, "qualified"))
    for cycle in _cycles({ladder: tuple(others) for ladder, others in edges.items()}):
        following = cycle[1] if len(cycle) > 1 else cycle[0]
        way = " → ".join((*cycle, cycle[0]))
        message = f"this needs what it decides itself: {way}"
        hint = "name another track, as in tier = { track = NAME, at_least = TIER }" if len(cycle) == 1 else ""
        yield subject.error("cycle", edges[cycle[0]][following], message, hint)


def _is_tier(subject: Subject, track: str, tier: str) -> bool:
    return track in subject.program.tracks and tier in subject.program.tracks[track].ranks


def _ladder(track: str, qualification: str | None) -> str:
    return f"the tiers of {track}" if qualification is None else f"{qualification} of {track}"


def _cycles(graph: Mapping[str, tuple[str, ...]]) -> Iterator[tuple[str, ...]]:
    """Each way from a node back to itself, once, beginning with its first node in the graph's order."""
    told: set[frozenset[str]] = set()
    for start in graph:
        way = _way(graph, start)
        if way and frozenset(way) not in told:
            told.add(frozenset(way))
            yield way


def _way(graph: Mapping[str, tuple[str, ...]], start: str) -> tuple[str, ...]:
    """The shortest way from a node back to itself; empty: there is none."""
    ways: list[tuple[str, ...]] = [(start,)]
    seen: set[str] = set()
    while ways:
        way = ways.pop(0)
        for following in graph.get(way[-1], ()):
            if following == start:
                return way
            if following not in seen:
                seen.add(following)
                ways.append((*way, following))
    return ()


CHECKS: tuple[Check, ...] = (check_metrics, check_ladders)
