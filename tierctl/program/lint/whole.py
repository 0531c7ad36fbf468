"""Checks of a table as a whole: keys that need or exclude each other, and a ladder with a base and no tier twice."""

from collections.abc import Iterator

from tierctl.findings import Finding
from tierctl.located import Key
from tierctl.program.lint.subject import Check, Subject
from tierctl.program.model import Track


def check_metrics(subject: Subject) -> Iterator[Finding]:
    """A metric says what it adds up or counts, and on which days."""
    for name, metric in subject.program.metrics.items():
        path = ("metrics", name)
        if (metric.sum is None) == (metric.count is None) and not subject.may_lack(path, "sum", "count"):
            yield subject.error("wrong-value", path, "a metric needs one of: sum, count")
        if subject.may_lack(path, "on", "window", "running"):
            continue
        if bool(metric.on) != (metric.window is not None):
            yield subject.error("wrong-value", path, "a flow needs both `on` and `window`")
        elif not metric.on and metric.running is None:
            message = "a metric needs `on` with `window`, or `running`, or all of them"
            yield subject.error("wrong-value", path, message)


def check_ladders(subject: Subject) -> Iterator[Finding]:
    """A track has a base that needs nothing, then tiers of different ids, each with requirements and a time to hold."""
    for name, track in subject.program.tracks.items():
        path: Key = ("tracks", name)
        is_base = subject.document.written((*path, "tiers", 0))[-1] == 0  # unless the first could not be read
        if is_base and track.tiers[0].requires is not None:
            message = "the first tier is the base and cannot have `requires`"
            yield subject.error("wrong-value", (*path, "tiers", 0, "requires"), message)
        earned = [index for index in range(len(track.tiers)) if _is_earned(subject, (*path, "tiers", index), track)]
        is_said = track.each_tier_requires is not None or subject.may_lack(path, "each_tier_requires")
        if len(earned) > 1 and not is_said:
            message = "two tiers have requirements, so say `each_tier_requires`"
            hint = 'one of: "its_own", "all_below_too"'
            yield subject.error("wrong-value", (*path, "each_tier_requires"), message, hint)
        yield from _check_ids(subject, (*path, "tiers"), track)
        yield from _check_held(subject, (*path, "tiers"), track)


def _is_earned(subject: Subject, path: Key, track: Track) -> bool:
    return track.tiers[int(path[-1])].requires is not None or not subject.is_whole((*path, "requires"))


def _check_ids(subject: Subject, path: Key, track: Track) -> Iterator[Finding]:
    ids = [tier.id for tier in track.tiers]
    for index, id_ in enumerate(ids):
        first = ids.index(id_)
        if first < index and subject.is_whole((*path, index, "id")):
            place = subject.document.line((*path, first))
            message = f"{id_} is the id of another tier of this track already, on line {place}"
            yield subject.error("wrong-value", (*path, index, "id"), message, "give each tier an id of its own")


def _check_held(subject: Subject, path: Key, track: Track) -> Iterator[Finding]:
    for index, tier in enumerate(track.tiers):
        place = (*path, index)
        if tier.requires is not None and tier.holds is None and index and not subject.may_lack(place, "holds"):
            message = "a tier with `requires` must say how long it `holds`"
            yield subject.error("wrong-value", place, message)
        if tier.requires is None and tier.holds is not None and not subject.may_lack(place, "requires"):
            message = "a tier without `requires` is never earned, so it cannot have `holds`"
            yield subject.error("wrong-value", (*place, "holds"), message)


def check_benefits(subject: Subject) -> Iterator[Finding]:
    """A benefit lists its tiers, or says what it is worth in each."""
    for name, benefit in subject.program.benefits.items():
        path = ("benefits", name)
        if (benefit.kind == "yes_no") != isinstance(benefit.tiers, tuple) and not subject.may_lack(path, "kind"):
            message = "a list of tiers is of kind yes_no; a value per tier needs kind percent, amount or count"
            yield subject.error("wrong-value", path, message)


CHECKS: tuple[Check, ...] = (check_metrics, check_ladders, check_benefits)
