"""The parts of a program in words: metrics, conditions, requirements, bounds, figures, and how long a tier holds."""

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING

from tierctl.program.metrics import Ago, Metric, Running, WhereOrName
from tierctl.program.values import (
    Bound,
    By,
    Cases,
    Holds,
    OfColumn,
    OfMetric,
    Requires,
    Step,
    TrailingDays,
    TrailingMonths,
    Where,
)

if TYPE_CHECKING:
    from tierctl.program.model import Program

_WORDS = {"since": "on or after", "through": "on or before"}
_MEASURES = {"minimum": "least", "maximum": "greatest"}


def requires_words(requires: Requires, program: "Program | None" = None) -> str:
    """Requirements as one sentence; with a program, each metric's clause is cited.

    >>> requires_words(Requires.model_validate({"attested": ["nda"], "deals": {"at_least": 5}}))
    'deals at least 5 and nda attested'
    """
    return _tests_words(requires, program)


def where_words(where: Where) -> str:
    """A condition on rows as one sentence."""
    return _tests_words(where, None)


def bound_words(bound: Bound) -> str:
    """A bound as it is read aloud.

    >>> bound_words(Bound.model_validate({"at_least": 10000, "less_than": 25000}))
    'at least 10,000 and less than 25,000'
    >>> bound_words(Bound.model_validate("new_logo"))
    'is new_logo'
    >>> bound_words(Bound.model_validate({"at_least": "65 %", "in_each_of_last": 2}))
    'at least 65 % in each of the last 2 complete windows'
    """
    parts = [_word(bound, word) for word in bound.words]
    days = f" days after {bound.days_after}" if bound.days_after else ""
    number = bound.in_each_of_last
    each = "" if number is None else " in the last complete window"
    if number is not None and number > 1:
        each = f" in each of the last {number} complete windows"
    return " and ".join(parts) + days + each


def holds_words(holds: Holds) -> str:
    """How long a tier is held.

    >>> holds_words(Holds.model_validate("through_next_calendar_year"))
    'through the next calendar year'
    >>> holds_words(Holds.model_validate({"days": 90}))
    'for 90 days'
    >>> holds_words(Holds.model_validate("while_met_each_fiscal_quarter"))
    'while met, looked at when each fiscal quarter ends'
    """
    match holds.kind:
        case "while_met":
            return f"while met, looked at when each {plain(holds.period)} ends" if holds.period else "while met"
        case "through_enrollment":
            return "through the enrollment"
        case "through_anniversary":
            return "to the next anniversary of the enrollment"
        case "fiscal_months" | "days":
            unit = plain(holds.kind)
            return f"for {holds.count} {unit if holds.count != 1 else unit.removesuffix('s')}"
    which = "next" if holds.kind == "through_next" else "same"
    return f"through the {which} {plain(holds.period or '')}"


def metric_words(metric: Metric) -> str:
    """What a metric measures, as one sentence."""
    if metric.formula is not None:
        parts = [metric.formula.text]
    elif metric.value is not None:
        parts = [value_words(metric.value)]
    else:
        parts = list(_rows_words(metric))
    if metric.if_none is not None:
        parts.append(f"or {_value(metric.if_none)} where that is unknown")
    return ", ".join(parts)


def value_words(figure: object) -> str:
    """A figure as it is read aloud."""
    return _value(figure)


def plain(word: str) -> str:
    """A word of the program file without its underscores."""
    return word.replace("_", " ")


def _rows_words(metric: Metric) -> Iterator[str]:
    yield f"{_measured(metric)} in {metric.from_}"
    for export, column in metric.with_.items():
        yield f"with its row of {export} by {column}"
    if metric.where is not None:
        yield f"where {_condition(metric.where)}"
    if metric.latest_per:
        yield f"the latest of each {metric.latest_per}"
    if metric.on:
        ago = f", {_ago_words(metric.ago)} earlier" if metric.ago else ""
        yield f"dated by {' or else '.join(metric.on)} {_window_words(metric)}{ago}"
    if metric.running:
        yield _running_words(metric.running)


def _measured(metric: Metric) -> str:
    if metric.share is not None:
        return f"share of rows with {_condition(metric.share)}"
    if metric.count is not None:
        return f"count of distinct {', '.join(metric.count)}"
    times = f" × {_value(metric.times)}" if metric.times is not None else ""
    return f"{_MEASURES.get(metric.measure or '', metric.measure)} of {metric.column}{times}"


def _condition(stated: WhereOrName) -> str:
    return where_words(stated) if isinstance(stated, Where) else stated


def _tests_words(tests: Where | Requires, program: "Program | None") -> str:
    parts = [f"{name} {bound_words(bound)}{_cited(name, program)}" for name, bound in tests.tests.items()]
    if isinstance(tests, Requires):
        parts += _standing_words(tests)
    parts += [_tests_words(part, program) for part in tests.all]
    if tests.any:
        parts.append("(" + " or ".join(_tests_words(part, program) for part in tests.any) + ")")
    return " and ".join(parts)


def _standing_words(requires: Requires) -> Iterator[str]:
    if requires.attested:
        yield f"{', '.join(requires.attested)} attested"
    if requires.tier is not None:
        track = f" on {requires.tier.track}" if requires.tier.track else ""
        yield f"tier at least {requires.tier.at_least}{track}"
    if requires.qualified is not None:
        track = f" on {requires.qualified.track}" if requires.qualified.track else ""
        yield f"{requires.qualified.name} held{track}"


def _cited(name: str, program: "Program | None") -> str:
    metric = program.metrics.get(name) if program else None
    return f" [{metric.clause}]" if metric and metric.clause else ""


def _word(bound: Bound, word: str) -> str:
    if word == "equal":
        return f"is {' or '.join(_value(value) for value in bound.equal or ())}"
    if word == "not":
        return f"is not {' or '.join(_value(value) for value in bound.not_ or ())}"
    if word == "empty":
        return "is empty" if bound.empty else "is not empty"
    return f"{_WORDS.get(word, plain(word))} {_value(getattr(bound, word))}"


def _value(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, OfColumn | OfMetric):
        return value.column if isinstance(value, OfColumn) else value.metric
    if isinstance(value, By):
        listed = [f"{key}: {_value(inner)}" for key, inner in (value.values or {}).items()]
        listed += [_step_words(step) for step in value.steps or ()]
        otherwise = [f"otherwise {_value(value.otherwise)}"] if value.otherwise else []
        return f"by {value.by} ({'; '.join([*listed, *otherwise])})"
    if isinstance(value, Cases):
        return "; ".join(
            f"{_value(case.value)} where {requires_words(case.requires)}" if case.requires else _value(case.value)
            for case in value.cases
        )
    if isinstance(value, Decimal):
        return f"{value:,f}"
    return str(value)


def _step_words(step: Step) -> str:
    bounds = {"at least": step.at_least, "more than": step.more_than, "from": step.since}
    start = next((f"{word} {_value(limit)}" for word, limit in bounds.items() if limit is not None), "below")
    return f"{start}: {_value(step.value)}"


def _window_words(metric: Metric) -> str:
    match metric.window:
        case TrailingMonths(fiscal_months=months):
            return f"in the last {months} fiscal months"
        case TrailingDays(days=days):
            return f"in the last {days} days"
        case "lifetime":
            return "at any time"
        case period:
            return f"in the {plain(str(period))}"


def _ago_words(ago: Ago) -> str:
    counts = ((plain(word), number) for word, number in ago if number)
    return " and ".join(f"{count} {unit if count != 1 else unit.removesuffix('s')}" for unit, count in counts)


def _running_words(running: Running) -> str:
    ends = f" until before {running.before}" if running.before else ""
    ends = f" through {running.through}" if running.through else ends
    more = f", for more than {running.more_than_days} days" if running.more_than_days is not None else ""
    return f"running from {running.since}{ends}{more}"
