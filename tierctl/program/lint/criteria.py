"""Checks of single criteria and conditions: each of them can be met and can fail."""

from collections.abc import Iterator
from decimal import Decimal

from tierctl.findings import Finding
from tierctl.program.lint.possible import may_be_unknown, possible, range_of_field
from tierctl.program.lint.ranges import Range, range_of
from tierctl.program.lint.subject import Check, Subject
from tierctl.program.lint.walk import Test
from tierctl.program.metrics import Metric
from tierctl.program.values import DATE_WORDS, NUMBER_WORDS, Bound, Requires
from tierctl.validation import shown


def allowed(bound: Bound, metric: Metric) -> Range | None:
    """The values of a metric that a bound allows; None: that depends on more than the bound."""
    of_bound = range_of(bound)
    return of_bound.whole() if of_bound and metric.measure == "count" else of_bound


def check_criteria(subject: Subject) -> Iterator[Finding]:
    """Every criterion can be met and can fail."""
    for test, _, scope in subject.of(Test):
        metric = None if scope.is_of_rows else subject.program.metrics.get(test.name)
        if metric is None:
            continue
        is_known = metric.if_none is not None or not may_be_unknown(subject, metric)
        within, values = allowed(test.bound, metric), possible(subject, metric)
        if test.bound.empty and is_known:
            message = f"{test.name} is never unknown: {_without_rows(metric)}"
            yield subject.error("never-met", subject.word_path(test, "empty"), message)
        elif within and within.meet(values).is_empty:
            why = "its bounds contradict each other" if within.is_empty else _said_of(subject, metric)
            message = f"{test.name} can never meet {said(test.bound)}: {why}"
            yield subject.error("never-met", test.path, message, _hint(test.bound, metric))
        elif within and is_known and values.lies_in(within) and not test.bound.not_:
            message = f"{test.name} always meets {said(test.bound)}, even with no rows"
            yield subject.warning("always-met", test.path, message)


def _without_rows(metric: Metric) -> str:
    if metric.if_none is not None:
        return f"if_none puts {metric.if_none} in place of that"
    return "with no rows it is 0" if metric.is_of_rows else "what it is made of is always known"


def _said_of(subject: Subject, metric: Metric) -> str:
    if metric.measure == "share":
        return "a share lies between 0 % and 100 %"
    values = possible(subject, metric)
    if metric.measure == "count":
        return f"a count is a whole number, 0 {f'to {values.high}' if values.high.is_finite() else 'or more'}"
    ends = [f"at least {values.low}"] if values.low.is_finite() else []
    ends += [f"at most {values.high}"] if values.high.is_finite() else []
    return f"its values are {' and '.join(ends)}"


def _hint(bound: Bound, metric: Metric) -> str:
    """A share that was written as a number of per cent."""
    limits = [getattr(getattr(bound, word), "value", None) for word in NUMBER_WORDS]
    percents = [limit for limit in limits if isinstance(limit, Decimal) and 1 < limit <= 100]  # noqa: PLR2004
    return f'did you mean "{percents[0]:f} %"?' if metric.measure == "share" and percents else ""


def check_row_conditions(subject: Subject) -> Iterator[Finding]:
    """Every condition on a column can be met by some row."""
    for test, _, scope in subject.of(Test):
        field = subject.field(test.name, scope) if scope.is_of_rows else None
        within = range_of(test.bound)
        if field is None or within is None or field.type in {"string", "boolean"}:
            continue
        days = test.bound.days_after is not None
        values = Range() if days or field.type == "date" else range_of_field(field)
        within = within.meet(values)
        if (within.whole() if field.type in {"integer", "date"} else within).is_empty:
            message = f"no value of {test.name} satisfies {said(test.bound)}"
            yield subject.error("never-met", test.path, message)


def check_empty(subject: Subject) -> Iterator[Finding]:
    """What is asked to be empty can be, and is asked nothing else."""
    for test, _, scope in subject.of(Test):
        field = subject.field(test.name, scope) if scope.is_of_rows else None
        if field is None or test.bound.empty is None:
            continue
        is_never = field.required or field.default is not None
        path = subject.word_path(test, "empty")
        if test.bound.empty and is_never:
            what = (
                "a cell of it always has a value" if field.required else f"an empty cell means {shown(field.default)}"
            )
            yield subject.error("never-met", path, f"{test.name} is never empty: {what}")
        elif test.bound.empty and len(test.bound.words) > 1:
            other = next(word for word in test.bound.words if word != "empty")
            message = f"{test.name} cannot be empty and meet {other} at once"
            yield subject.error("never-met", path, message, "allow either with any")


def check_base(subject: Subject) -> Iterator[Finding]:
    """A tier that is asked for is not one that everybody has."""
    for requires, path, scope in subject.of(Requires):
        name = requires.tier and (requires.tier.track or scope.track)
        track = subject.program.tracks.get(name) if name else None
        is_own = name == scope.track and scope.kind == "tier"  # which is another check's
        if requires.tier is None or track is None or track.tiers[0].requires is not None or is_own:
            continue
        if scope.kind == "rule":
            continue  # on some days nobody has it: a partner that is suspended, or not enrolled yet
        if requires.tier.at_least == track.tiers[0].id and subject.is_whole(("tracks", name or "", "tiers", 0)):
            message = f"{requires.tier.at_least} is the base tier of {name}, which everybody on it has"
            yield subject.warning("always-met", (*path, "tier", "at_least"), message)


def said(bound: Bound) -> str:
    """A bound's words and limits, as the file has them."""
    limits = {word: getattr(bound, word) for word in (*NUMBER_WORDS, *DATE_WORDS)}
    words = [f"{word} {limit}" for word, limit in limits.items() if limit is not None]
    if bound.equal is not None:
        words.append(f"= {shown(list(bound.equal))}")
    return ", ".join(words)


CHECKS: tuple[Check, ...] = (check_criteria, check_row_conditions, check_empty, check_base)
