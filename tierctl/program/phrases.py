"""The parts of a program in words: metrics, conditions, requirements, bounds, figures, how long a tier holds, rules."""

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING

from tierctl.program.held import QualificationHeld, TierHeld
from tierctl.program.metrics import Ago, Metric, Running, WhereOrName
from tierctl.program.rules import (
    AS_EARNED,
    EACH_PAYMENT,
    MONTH_END,
    PAID_IN_FULL,
    PARTNER,
    PERIOD_END,
    REFUNDED_SHARE,
    ROW,
    Cap,
    Clawback,
    PayDay,
    Payout,
    Rule,
)
from tierctl.program.values import (
    Bound,
    By,
    Cases,
    Holds,
    Number,
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
_MOMENTS = {
    MONTH_END: "in each fiscal month that it runs at the end of",
    PAID_IN_FULL: "on the day it is paid in full",
    EACH_PAYMENT: "with each payment",
    PERIOD_END: "whenever its window ends",
}
_GROUPS = {ROW: "of each row", PARTNER: "of each partner"}
_CUTS = {"evenly": "every row cut in the same proportion", "latest": "the latest rows cut first"}
_ROLLS = {
    "forward": "moved to the next working day",
    "backward": "moved to the working day before",
    "modified_forward": "moved to the next working day of the same month, else to the one before",
}


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


def rule_words(rule: Rule) -> str:
    """What a rule pays, for what, when, and within which limits, as one sentence.

    >>> written = {"from": "mrr", "earned_on": "sold_on", "base": "mrr", "rate": "5 %", "where": "new"}
    >>> rule_words(Rule.model_validate(written))
    '5 % of mrr for each row of mrr where new, on its sold_on'
    """
    parts = [f"{_worth(rule)}{_source_words(rule)}, {_MOMENTS.get(rule.earned_on, f'on its {rule.earned_on}')}"]
    if rule.running is not None:
        parts.append(_running_words(rule.running))
    if rule.requires is not None:
        parts.append(f"if {requires_words(rule.requires)}")
    parts += [_cap_words(cap) for cap in rule.caps]
    parts += [_clawback_words(clawback) for clawback in rule.clawback]
    return "; ".join(parts)


def payout_words(payout: Payout) -> str:
    """When a balance is paid, in which currency, and what holds it back, as one sentence."""
    currency = "each currency as it was earned" if payout.currency == AS_EARNED else f"in {payout.currency}"
    parts = [f"{currency}, where the balance is {bound_words(payout.pay_when)}"]
    if payout.pay_held_when is not None:
        parts.append(f"where something is carried over, {bound_words(payout.pay_held_when)}")
    if payout.pay_day is not None:
        parts.append(_pay_day_words(payout.pay_day))
    if payout.requires is not None:
        parts.append(f"held unless {requires_words(payout.requires)}")
    return "; ".join(parts)


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
        yield f"tier at least {requires.tier.at_least}{track}{_day_words(requires.tier)}"
    if requires.qualified is not None:
        track = f" on {requires.qualified.track}" if requires.qualified.track else ""
        yield f"{requires.qualified.name} held{track}{_day_words(requires.qualified)}"


def _day_words(held: TierHeld | QualificationHeld) -> str:
    if held.unbroken_since is not None:
        return f" without a gap since {held.unbroken_since}"
    return "" if held.as_of is None else f" on {_day(held.as_of)}"


def _day(word: str) -> str:
    return "the month's last day" if word == MONTH_END else word


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
        return f"by {value.by}{_reading_words(value)} ({'; '.join([*listed, *otherwise])})"
    if isinstance(value, Cases):
        return "; ".join(
            f"{_value(case.value)} where {requires_words(case.requires)}" if case.requires else _value(case.value)
            for case in value.cases
        )
    if isinstance(value, Decimal):
        return f"{value:,f}"
    return str(value)


def _reading_words(value: By) -> str:
    """On which day something is read, and of what its steps give the rate."""
    day = ""
    if value.as_of is not None:
        day = " at its window's end" if value.as_of == "window_end" else f" on {_day(value.as_of)}"
    parts = {"whole": " of the whole", "slices": " slice by slice"}
    return day + parts.get(value.apply or "", "")


def _worth(rule: Rule) -> str:
    """How much a row earns."""
    worth = rule.rate if rule.amount is None else rule.amount
    said = f"({_value(worth)})" if isinstance(worth, Cases) else _value(worth)
    times = "×" if isinstance(worth, Number) and not worth.is_share else "of"
    return said if rule.base is None else f"{said} {times} {_value(rule.base)}"


def _source_words(rule: Rule) -> str:
    joined = "".join(f" with its row of {export} by {_day(column)}" for export, column in rule.with_.items())
    where = f" where {_condition(rule.where)}" if rule.where is not None else ""
    track = f" of a partner on {rule.track}" if rule.track else ""
    return (
        f" for each row of {rule.from_}{track}{joined}{where}"
        if rule.from_
        else f" for each partner{track.removeprefix(' of a partner')}"
    )


def _cap_words(cap: Cap) -> str:
    group = _GROUPS.get(cap.per, f"of each {cap.per} of a partner")
    time = "ever" if cap.each == "lifetime" else f"in each {plain(cap.each)}"
    return f"at most {_value(cap.at_most)}{f' {cap.of}' if cap.of else ''} {group} {time}, {_CUTS[cap.cuts]}"


def _clawback_words(clawback: Clawback) -> str:
    share = "the share refunded" if clawback.takes_back == REFUNDED_SHARE else _value(clawback.takes_back)
    return f"{share} taken back where {_condition(clawback.where)}"


def _pay_day_words(pay_day: PayDay) -> str:
    if pay_day.days_after is not None:
        day = f"paid {pay_day.days_after} days after the fiscal month"
    else:
        months = f"{pay_day.months_after} month{'' if pay_day.months_after == 1 else 's'}"
        day = f"paid on day {pay_day.day} of the month, {months} later"
    closed = f", and {pay_day.holidays} holidays" if pay_day.holidays else ""
    roll = _ROLLS.get(pay_day.roll)
    return f"{day}, {roll} over weekends{closed}" if roll else day


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
