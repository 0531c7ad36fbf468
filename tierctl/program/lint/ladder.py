"""Checks of the ladder: every criterion can be met, every tier can be reached, a higher tier is the harder one."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import pairwise

from tierctl.contracts import Field
from tierctl.findings import Finding
from tierctl.located import Key
from tierctl.program.lint.ranges import Range, range_of
from tierctl.program.lint.subject import Check, Subject, Test, field_of, own_tests, tests_in
from tierctl.program.model import Metric, Tier, Track
from tierctl.program.values import DATE_WORDS, NUMBER_WORDS, Bound, Requires
from tierctl.validation import shown

_FAMILIES = ("calendar", "fiscal")


def check_criteria(subject: Subject) -> Iterator[Finding]:
    """Every criterion can be met and can fail."""
    for requires, path in subject.requirements():
        for test in tests_in(requires, path):
            metric = subject.program.metrics.get(test.name)
            if metric is None:
                continue
            allowed, possible = _range(test.bound, metric), _possible(metric)
            if test.bound.empty:
                message = f"{test.name} is never unknown: with no rows it is 0"
                yield subject.error("never-met", subject.word_path(test, "empty"), message)
            elif allowed and allowed.meet(possible).is_empty:
                contradict = "its bounds contradict each other"
                what = contradict if allowed.is_empty else "a count is a whole number, 0 or more"
                yield subject.error("never-met", test.path, f"{test.name} can never meet {_said(test.bound)}: {what}")
            elif allowed and possible.lies_in(allowed) and not test.bound.not_:
                message = f"{test.name} always meets {_said(test.bound)}, even with no rows"
                yield subject.warning("always-met", test.path, message)


def check_row_conditions(subject: Subject) -> Iterator[Finding]:
    """Every condition on a column can be met by some row."""
    for where, path, export in subject.conditions():
        for test in tests_in(where, path):
            field = field_of(test.name, export)
            allowed = range_of(test.bound)
            if field is None or allowed is None or field.type in {"string", "boolean"}:
                continue
            days = test.bound.days_after is not None
            is_whole = field.type in {"integer", "date"}
            possible = Range() if days or field.type == "date" else _range_of_field(field)
            allowed = allowed.meet(possible)
            if (allowed.whole() if is_whole else allowed).is_empty:
                message = f"no value of {test.name} satisfies {_said(test.bound)}"
                yield subject.error("never-met", test.path, message)


def check_reachable(subject: Subject) -> Iterator[Finding]:
    """Evidence can bring a partner to every tier above the base."""
    for path, track in _ladders(subject):
        for index, tier in enumerate(track.tiers):
            if index and tier.requires is None:
                message = f"{tier.id} has no `requires`, so only a decision brings a partner there"
                yield subject.warning("unreachable-tier", (*path, index), message)
        if track.each_tier_requires == "all_below_too":
            yield from _check_all_below(subject, path, track)


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
            for name in dict.fromkeys(missing):
                message = (
                    f"a partner can meet {higher.id} without meeting {lower.id} below it, "
                    f"which asks more of {name}: {_words(lower, name)}"
                )
                hint = 'raise it here, or say each_tier_requires = "all_below_too"'
                place = (*at, name) if subject.document.in_file((*at, name)) in subject.document.lines else at
                yield subject.warning("tier-order", place, message, hint)
            if all(_implies(subject, lower, higher, name) for name, _ in _conjoined(higher)):
                message = f"{lower.id} is never the tier that stands: whoever meets it meets {higher.id} too"
                yield subject.warning("unreachable-tier", at, message)


def check_windows(subject: Subject) -> Iterator[Finding]:
    """A tier is held by the kind of year in which it is earned."""
    for path, track in _ladders(subject):
        for index, tier in enumerate(track.tiers):
            period = tier.holds.period if tier.holds else None
            if period is None or tier.requires is None:
                continue
            names = dict.fromkeys(test.name for test in tests_in(tier.requires, path))
            windows = {name: subject.program.metrics[name].window for name in names if name in subject.program.metrics}
            for name, window in windows.items():
                is_other = isinstance(window, str) and window.partition("_")[0] in _FAMILIES
                if is_other and str(window).partition("_")[0] != period.partition("_")[0]:
                    message = f"{tier.id} is held by {period}, but its {name} is measured by {window}"
                    hint = "the two end on different days where the fiscal year is not the calendar year"
                    yield subject.warning("mixed-calendars", (*path, index, "holds"), message, hint)


def check_clauses(subject: Subject) -> Iterator[Finding]:
    """Evidence of every criterion can cite a clause: the metric's, the tier's or the program's."""
    for path, track in _ladders(subject):
        for index, tier in enumerate(track.tiers):
            if tier.requires is None or tier.clause or subject.program.clause:
                continue
            names = dict.fromkeys(test.name for test in tests_in(tier.requires, path))
            metrics = subject.program.metrics
            bare = [name for name in names if name not in metrics or not metrics[name].clause]
            if bare:
                message = f"no clause is cited for {tier.id} and its {', '.join(bare)}"
                hint = 'say which clause of the contract asks for it, as in clause = "E4"'
                yield subject.warning("no-clause", (*path, index), message, hint)


def _ladders(subject: Subject) -> Iterator[tuple[Key, Track]]:
    for name, track in subject.program.tracks.items():
        yield ("tracks", name, "tiers"), track


def _check_all_below(subject: Subject, path: Key, track: Track) -> Iterator[Finding]:
    together: dict[str, Range] = {}
    for index, tier in enumerate(track.tiers):
        for name, bound in _conjoined(tier):
            metric = subject.program.metrics.get(name)
            own = _range(bound, metric) if metric else None
            if metric is None or own is None:
                continue
            before = together.get(name, _possible(metric))
            together[name] = before.meet(own)
            if together[name].is_empty and not before.is_empty and not own.meet(_possible(metric)).is_empty:
                at = (*path, index, "requires", name)
                message = f"nobody can reach {tier.id}: a tier below it asks the opposite of {name}"
                yield subject.error("unreachable-tier", at, message)


def _conjoined(tier: Tier) -> Sequence[tuple[str, Bound]]:
    """The bounds that must all hold, groups `all` included."""
    return [(test.name, test.bound) for test in _conjoined_tests(tier.requires)] if tier.requires else []


def _conjoined_tests(requires: Requires) -> Iterator[Test]:
    yield from own_tests(requires, ())
    for part in requires.all:
        yield from _conjoined_tests(part)


def _is_plain(tier: Tier) -> bool:
    """Whether all its bounds must hold, so that one tier can be compared with another bound by bound."""
    parts = [tier.requires] if tier.requires else []
    while parts:
        part = parts.pop()
        if part.any:
            return False
        parts += part.all
    return True


def _implies(subject: Subject, tier: Tier, other: Tier, name: str) -> bool:
    """Whether whoever meets the tier meets the other tier's bounds on that name; also where that cannot be told."""
    mine = [bound for key, bound in _conjoined(tier) if key == name]
    theirs = [bound for key, bound in _conjoined(other) if key == name]
    metric = subject.program.metrics.get(name)
    if metric is None:
        return bool(mine)
    known = [_range(bound, metric) for bound in [*mine, *theirs]]
    if any(one is None for one in known) or any(bound.not_ for bound in [*mine, *theirs]):
        return bool(mine)
    allowed, wanted = _possible(metric), Range()
    for bound in mine:
        allowed = allowed.meet(_range(bound, metric) or Range())
    for bound in theirs:
        wanted = wanted.meet(_range(bound, metric) or Range())
    return allowed.lies_in(wanted)


def _words(tier: Tier, name: str) -> str:
    return ", ".join(_said(bound) for key, bound in _conjoined(tier) if key == name)


def _said(bound: Bound) -> str:
    """A bound's words and limits, as the file has them."""
    limits = {word: getattr(bound, word) for word in (*NUMBER_WORDS, *DATE_WORDS)}
    said = [f"{word} {limit}" for word, limit in limits.items() if limit is not None]
    if bound.equal is not None:
        said.append(f"= {shown(list(bound.equal))}")
    return ", ".join(said)


def _range(bound: Bound, metric: Metric) -> Range | None:
    allowed = range_of(bound)
    return allowed.whole() if allowed and metric.count else allowed


def _possible(metric: Metric) -> Range:
    return Range(low=Decimal(0)) if metric.count else Range()


def _range_of_field(field: Field) -> Range:
    low = Range() if field.minimum is None else Range(low=Decimal(field.minimum))
    return low if field.maximum is None else low.meet(Range(high=Decimal(field.maximum)))


CHECKS: tuple[Check, ...] = (
    check_criteria,
    check_row_conditions,
    check_reachable,
    check_order,
    check_windows,
    check_clauses,
)
