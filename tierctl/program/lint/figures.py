"""Checks of figures, and of bounds on metrics: steps that go up, shares written as such, values that fit a place."""

from collections.abc import Iterator
from decimal import Decimal
from itertools import pairwise

from tierctl.contracts import Field
from tierctl.findings import Finding
from tierctl.located import Key
from tierctl.program.lint.columns import TYPES
from tierctl.program.lint.subject import NUMBERS, Check, Subject
from tierctl.program.lint.walk import OF_PARTNER, Place, Scope, Test, figures_in, scope_of, walk
from tierctl.program.metrics import Metric
from tierctl.program.model import Benefit
from tierctl.program.values import DATE_WORDS, NUMBER_WORDS, By, Cases, Figure, Number, OfColumn, OfMetric, Step
from tierctl.validation import did_you_mean

_KINDS = {"percent": 'a share in quotes, such as "50 %"', "count": "a whole number, such as 2", "amount": "a number"}


def check_benefit_values(subject: Subject) -> Iterator[Finding]:
    """A benefit's values are of its kind: percentages are shares, counts whole numbers, yes or no a flag or a text."""
    for name, benefit in subject.program.benefits.items():
        path: Key = ("benefits", name)
        # Those whose kind could not be read are nobody's.
        if not subject.is_whole((*path, "kind")):
            continue
        values: list[tuple[Figure, Key]] = []
        if isinstance(benefit.tiers, dict) and benefit.kind != "yes_no":  # else another check's
            values += [(figure, (*path, "tiers", tier)) for tier, figure in benefit.tiers.items()]
        if benefit.value is not None:
            values.append((benefit.value, (*path, "value")))
        scope = Scope("benefit", export="", joined=tuple(benefit.with_), holder=path)
        for figure, place in values:
            for part in walk(Place(figure, place, scope)):
                yield from _check_kind(subject, part, benefit)


def _check_kind(subject: Subject, part: Place, benefit: Benefit) -> Iterator[Finding]:
    kind = benefit.kind
    if isinstance(part.node, Number) and not part.scope.is_choice and not _is_of_kind(part.node, kind):
        number = part.node
        what = _KINDS.get(kind, "a column of flags or texts")
        message = f"{number} is not of the kind {kind}: write {what}"
        either = f'"{(number.value * 100).normalize():f} %" or "{number.value:f} %"?'
        yield subject.error("unfit-figure", part.path, message, either if kind == "percent" else "")
    elif isinstance(part.node, OfColumn):
        field = subject.field(part.node.column, part.scope)
        if field is not None and (field.type in {"boolean", "string"}) != (kind == "yes_no"):
            message = f"{part.node.column} is {TYPES[field.type]}, which is not of the kind {kind}"
            hint = "flags and texts are yes_no; numbers are percent, amount or count"
            yield subject.error("unfit-figure", part.path, message, hint)


def _is_of_kind(number: Number, kind: str) -> bool:
    is_whole = number.value == number.value.to_integral_value()
    return kind != "yes_no" and number.is_share == (kind == "percent") and (kind != "count" or is_whole)


def check_steps(subject: Subject) -> Iterator[Finding]:
    """Steps go up: each begins above the one before, so that none overlaps and none is lost."""
    for figure, place, _ in subject.of(By):
        steps, path = figure.steps or (), (*place, "steps")
        for index, step in enumerate(steps[1:], start=1):
            if _start(step) is None:
                message = "only the first step may have no bound: this one would overlap those before it"
                yield subject.error("steps", (*path, index), message)
        kinds = {_kind(step) for step in steps if _start(step) is not None}
        if len(kinds) > 1:
            message = f"steps of one figure begin with one word; here are {', '.join(sorted(kinds))}"
            yield subject.error("steps", path, message)
            continue
        for index, (before, step) in enumerate(pairwise(steps), start=1):
            low, high = _start(before), _start(step)
            if low is not None and high is not None and not low < high:  # type: ignore[operator]  # one kind, seen above
                message = (
                    f"this step begins at {_start(step)}, not above the one before, which begins at {_start(before)}"
                )
                yield subject.error("steps", (*path, index), message, "write the steps in order, lowest first")


def check_metrics_bounds(subject: Subject) -> Iterator[Finding]:
    """Metrics are compared with numbers, and what is known of a metric's earlier windows is asked of metrics alone."""
    for test, _, scope in subject.of(Test):
        is_column = scope.is_of_rows or test.name.startswith(OF_PARTNER)
        if is_column:
            if test.bound.in_each_of_last is not None:
                message = f"in_each_of_last is for metrics, and {test.name} is a column"
                yield subject.error("unfit-bound", subject.word_path(test, "in_each_of_last"), message)
            continue
        metric = subject.program.metrics.get(test.name)
        if metric is None:
            continue  # another check's
        words = [word for word in DATE_WORDS if getattr(test.bound, word) is not None]
        words += ["days_after"] if test.bound.days_after is not None else []
        for word in words:
            message = f"{word} is for dates, and {test.name} is a number"
            yield subject.error("unfit-bound", subject.word_path(test, word), message)
        listed = [*(test.bound.equal or ()), *(test.bound.not_ or ())]
        if not all(isinstance(value, Decimal | OfColumn) for value in listed):
            yield subject.error("unfit-bound", test.path, f"{test.name} is a number and can only equal numbers")
        if metric.measure == "count":
            yield from _check_counted(subject, test)


def _check_counted(subject: Subject, test: Test) -> Iterator[Finding]:
    for word in NUMBER_WORDS:
        limit = getattr(test.bound, word)
        if isinstance(limit, Number) and limit.is_share:
            message = f"{limit} is a share, and {test.name} counts"
            yield subject.error("unfit-figure", subject.word_path(test, word), message)


def check_values_of_rows(subject: Subject) -> Iterator[Finding]:
    """What is asked of a row depends on the row; what is asked of a partner on what is known of that partner."""
    for place in subject.places:
        match place.node:
            case OfMetric() | Cases() if place.scope.is_of_rows and place.scope.kind != "figure":
                if place.path[-1] == "times" or "times" in place.path[2:3] or place.scope.kind == "benefit":
                    message = (
                        "a figure of rows is a number, a column, or given by a column: it cannot depend on metrics"
                    )
                    yield subject.error("unfit-figure", place.path, message)
                else:
                    message = "a condition on a column cannot depend on a metric"
                    yield subject.error("unfit-bound", place.path, message)
            case OfColumn(column=name) if not place.scope.is_of_rows and not name.startswith(OF_PARTNER):
                message = f"{name} is a column of rows; here only partner.COLUMN has one value per partner"
                yield subject.error("unfit-figure", place.path, message)


def check_numbers(subject: Subject) -> Iterator[Finding]:
    """What a metric is compared with, or what gives it, a benefit or a rule's amount its value, is a number."""
    compared = {
        inside.path
        for test, _, scope in subject.of(Test)
        if test.name.startswith(OF_PARTNER)
        for figure, path in figures_in(test)
        for inside in walk(Place(figure, path, scope))
    }
    for column, path, scope in subject.of(OfColumn):
        is_of_row = scope.is_of_rows and scope.kind != "figure"
        field = None if is_of_row or path in compared else subject.field(column.column, scope)
        if field is not None and field.type not in NUMBERS:
            message = f"{column.column} is {TYPES[field.type]}; here a number is needed"
            yield subject.error("unfit-figure", path, message)


def check_by(subject: Subject) -> Iterator[Finding]:
    """What a figure depends on has values where it lists values, and an order where it has steps."""
    for figure, path, scope in subject.of(By):
        if figure.steps is not None and figure.otherwise is not None:
            message = "`otherwise` is for listed values; steps begin with one that has no bound"
            yield subject.error("unfit-key", (*path, "otherwise"), message)
        meaning = subject.meaning(figure.by, scope)
        field = subject.field(figure.by, scope) if meaning == "column" else None
        if meaning in {"tier", "currency"} or scope.kind == "balance" or (meaning == "column" and field is None):
            continue  # another check's
        type_ = field.type if field else "date" if meaning == "month_end" else "number"
        if figure.values is not None and type_ not in {"string", "boolean"}:
            what = f"{figure.by} is {TYPES[type_]}: write steps, as in steps = [{{ value = 1 }}, …]"
            yield subject.error("unfit-figure", (*path, "values"), what)
        elif field is not None and figure.values is not None:
            yield from _check_keys(subject, figure, path, field)
        elif figure.steps is not None:
            yield from _check_words_of_steps(subject, figure, path, type_)


def _check_keys(subject: Subject, figure: By, path: Key, field: Field) -> Iterator[Finding]:
    known = ("true", "false") if field.type == "boolean" else field.enum
    given = figure.values or {}
    for key in given:
        if known and key not in known:
            message = f"{figure.by} is never {key}; its values are {', '.join(known)}"
            yield subject.error("unknown-value", (*path, "values", key), message, did_you_mean(key, known))


def _check_words_of_steps(subject: Subject, figure: By, path: Key, type_: str) -> Iterator[Finding]:
    for index, step in enumerate(figure.steps or ()):
        if _start(step) is None:
            continue
        wanted = "since" if type_ == "date" else "at_least or more_than"
        if type_ not in {*NUMBERS, "date"}:
            message = f"{figure.by} is {TYPES[type_]}, which has no steps: write values"
        elif (_kind(step) == "since") != (type_ == "date"):
            message = f"{_kind(step)} does not fit, since {figure.by} is {TYPES[type_]}: write {wanted}"
        else:
            continue
        yield subject.error("unfit-figure", (*path, "steps", index, _kind(step)), message)


def check_cases(subject: Subject) -> Iterator[Finding]:
    """Of the values chosen by requirements, only the last has none."""
    for figure, path, _ in subject.of(Cases):
        for index, case in enumerate(figure.cases[:-1]):
            if case.requires is None and subject.is_whole((*path, index)):
                message = "an entry without `requires` always holds, so that those after it never do: it comes last"
                yield subject.error("unfit-figure", (*path, index), message)


def check_times(subject: Subject) -> Iterator[Finding]:
    """A factor of rows is a number, so a column that gives it is one."""
    for name, metric in subject.program.metrics.items():
        if metric.times is not None:
            yield from _check_factor(subject, metric.times, ("metrics", name, "times"), metric)


def _check_factor(subject: Subject, figure: Figure, path: Key, metric: Metric) -> Iterator[Finding]:
    scope = scope_of(metric, path[:-1])
    for part in walk(Place(figure, path, scope)):
        field = subject.field(part.node.column, scope) if isinstance(part.node, OfColumn) else None
        if field is not None and field.type not in NUMBERS:
            message = f"{field.name} is {TYPES[field.type]}; a factor is a number"
            yield subject.error("unfit-figure", part.path, message)


def _start(step: Step) -> object:
    return next((limit for limit in (step.at_least, step.more_than, step.since) if limit is not None), None)


def _kind(step: Step) -> str:
    return next(word for word in ("at_least", "more_than", "since") if getattr(step, word) is not None)


CHECKS: tuple[Check, ...] = (
    check_benefit_values,
    check_steps,
    check_metrics_bounds,
    check_values_of_rows,
    check_numbers,
    check_by,
    check_cases,
    check_times,
)
