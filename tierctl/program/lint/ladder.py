"""Checks of the ladder: every criterion can be met, every tier can be reached, a higher tier is the harder one."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from tierctl.findings import Finding
from tierctl.located import Key
from tierctl.program.lint.criteria import allowed, said
from tierctl.program.lint.possible import possible
from tierctl.program.lint.ranges import Range
from tierctl.program.lint.subject import Check, Subject
from tierctl.program.lint.walk import Test, grouped_tests, own_tests
from tierctl.program.model import Tier, Track, attested_in
from tierctl.program.values import Bound, Cases, Requires

_HINT = 'raise it here, or say each_tier_requires = "all_below_too"'


def check_reachable(subject: Subject) -> Iterator[Finding]:
    """Evidence can bring a partner to every tier above the base."""
    for path, track in _ladders(subject):
        for index, tier in enumerate(track.tiers):
            if index and tier.requires is None:
                message = f"{tier.id} has no `requires`, so only a decision brings a partner there"
                yield subject.warning("unreachable-tier", (*path, index), message)
        yield from _check_together(subject, path, track)


def check_order(subject: Subject) -> Iterator[Finding]:
    """Whoever meets a tier meets every tier below it, and not always the one above too."""
    for path, track in _ladders(subject):
        if track.each_tier_requires == "all_below_too":
            continue
        for lower, higher in pairwise(track.earned_tiers):
            at = (*path, track.ranks[higher.id], "requires")
            if not (_is_plain(lower) and _is_plain(higher)):
                continue
            missing = [name for name, _ in _conjoined(lower) if not _implies(subject, higher, lower, name)]
            unasked = [name for name in _attested(lower) if name not in _attested(higher)]
            unasked += _unheld(subject, str(path[1]), lower, higher)
            if unasked:
                asked = ", ".join(unasked)
                message = f"a partner can meet {higher.id} without meeting {lower.id} below it, which asks for {asked}"
                yield subject.warning("tier-order", at, message, _HINT)
            for name in dict.fromkeys(missing):
                message = (
                    f"a partner can meet {higher.id} without meeting {lower.id} below it, "
                    f"which asks more of {name}: {_words(lower, name)}"
                )
                place = (*at, name) if subject.document.in_file((*at, name)) in subject.document.lines else at
                yield subject.warning("tier-order", place, message, _HINT)
            if _is_implied(subject, str(path[1]), lower, higher):
                message = f"{lower.id} is never the tier that stands: whoever meets it meets {higher.id} too"
                yield subject.warning("unreachable-tier", at, message)


def check_clauses(subject: Subject) -> Iterator[Finding]:
    """Evidence of every criterion and every line of money can cite a clause: its own, or the program's."""
    for path, track in _ladders(subject):
        for index, tier in enumerate(track.tiers):
            if tier.requires is None or tier.clause or subject.program.clause:
                continue
            names = dict.fromkeys(test.name for test in grouped_tests(tier.requires, path))
            metrics = subject.program.metrics
            bare = [name for name in names if name not in metrics or not metrics[name].clause]
            bare += attested_in(tier.requires)
            if bare:
                message = f"no clause is cited for {tier.id} and its {', '.join(bare)}"
                hint = 'say which clause of the contract asks for it, as in clause = "E4"'
                yield subject.warning("no-clause", (*path, index), message, hint)
    for kind, name, rule in subject.program.rules:
        rate = rule.rate
        by_case = isinstance(rate, Cases) and all(case.clause for case in rate.cases)
        if not (rule.clause or by_case or subject.program.clause):
            hint = 'say which clause of the contract it implements, as in clause = "E17"'
            yield subject.warning("no-clause", (kind, name), f"no clause is cited for {name}", hint)


def _ladders(subject: Subject) -> Iterator[tuple[Key, Track]]:
    for name, track in subject.program.tracks.items():
        yield ("tracks", name, "tiers"), track


def _check_together(subject: Subject, path: Key, track: Track) -> Iterator[Finding]:
    """All that one tier asks of a metric can be met at once, that of the tiers below it included where it counts."""
    is_too = track.each_tier_requires == "all_below_too"
    together: dict[str, Range] = {}
    for index, tier in enumerate(track.tiers):
        below = dict(together) if is_too else {}
        together = dict(below)
        for name, bound in _conjoined(tier):
            metric = subject.program.metrics.get(name)
            own = allowed(bound, metric) if metric and not bound.in_each_of_last else None
            if metric is None or own is None:
                continue
            values = possible(subject, metric)
            before = together.get(name, values)
            together[name] = before.meet(own)
            if together[name].is_empty and not before.is_empty and not own.meet(values).is_empty:
                at = (*path, index, "requires", name)
                place = at if subject.document.in_file(at) in subject.document.lines else at[:-1]
                whose = "a tier below it" if below.get(name, values).meet(own).is_empty else "another bound here"
                message = f"nobody can reach {tier.id}: {whose} asks the opposite of {name}"
                yield subject.error("unreachable-tier", place, message)


def _conjoined(tier: Tier) -> Sequence[tuple[str, Bound]]:
    """The bounds that must all hold, groups `all` included."""
    return [(test.name, test.bound) for test in _conjoined_tests(tier.requires)] if tier.requires else []


def _conjoined_tests(requires: Requires) -> Iterator[Test]:
    yield from own_tests(requires, ())
    for part in requires.all:
        yield from _conjoined_tests(part)


def _parts(tier: Tier) -> Iterator[Requires]:
    """A tier's requirements and the groups in them of which all must hold."""
    parts = [tier.requires] if tier.requires else []
    while parts:
        part = parts.pop()
        yield part
        parts += part.all


def _is_plain(tier: Tier) -> bool:
    """Whether all its bounds must hold, so that one tier can be compared with another bound by bound."""
    return not any(part.any for part in _parts(tier))


def _attested(tier: Tier) -> tuple[str, ...]:
    return tuple(name for part in _parts(tier) for name in part.attested)


def _unheld(subject: Subject, own: str, lower: Tier, higher: Tier) -> Iterator[str]:
    """The tiers and qualifications that the lower tier asks for and the higher one does not."""
    held = list(_parts(higher))
    for part in _parts(lower):
        if part.tier is not None and (part.tier.track or own) in subject.program.tracks:
            track = part.tier.track or own
            ranks = subject.program.tracks[track].ranks
            asked = [each.tier.at_least for each in held if each.tier and (each.tier.track or own) == track]
            if all(ranks.get(tier, -1) < ranks.get(part.tier.at_least, 0) for tier in asked):
                yield f"{part.tier.at_least} of {track}"
        if part.qualified is not None:
            name, track = part.qualified.name, part.qualified.track or own
            kept = [each.qualified for each in held if each.qualified is not None]
            if not any(each.name == name and (each.track or own) == track for each in kept):
                yield f"{name} of {track}"


def _implies(subject: Subject, tier: Tier, other: Tier, name: str) -> bool:
    """Whether whoever meets the tier meets the other tier's bounds on that name; also where that cannot be told."""
    mine = [bound for key, bound in _conjoined(tier) if key == name]
    theirs = [bound for key, bound in _conjoined(other) if key == name]
    metric = subject.program.metrics.get(name)
    if metric is None:
        return bool(mine)
    bounds = [*mine, *theirs]
    known = [allowed(bound, metric) for bound in bounds]
    if any(one is None for one in known) or any(bound.not_ or bound.in_each_of_last for bound in bounds):
        return bool(mine)
    has, wanted = possible(subject, metric), Range()
    for bound in mine:
        has = has.meet(allowed(bound, metric) or Range())
    for bound in theirs:
        wanted = wanted.meet(allowed(bound, metric) or Range())
    return has.lies_in(wanted)


def _is_implied(subject: Subject, own: str, lower: Tier, higher: Tier) -> bool:
    """Whether whoever meets the lower tier meets the higher one as well."""
    is_attested = set(_attested(higher)) <= set(_attested(lower))
    is_held = not list(_unheld(subject, own, higher, lower))
    return is_attested and is_held and all(_implies(subject, lower, higher, name) for name, _ in _conjoined(higher))


def _words(tier: Tier, name: str) -> str:
    return ", ".join(said(bound) for key, bound in _conjoined(tier) if key == name)


CHECKS: tuple[Check, ...] = (check_reachable, check_order, check_clauses)
