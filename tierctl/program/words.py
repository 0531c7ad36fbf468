"""A program in words, as a person would read it aloud: what a tier requires, how long it holds, what it brings."""

from collections.abc import Iterable, Iterator
from decimal import Decimal

from tierctl.program.model import Action, Benefit, Cited, Metric, Program, Running, Tier, Track
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

_INDENT = "  "
_EFFECTS = {
    "month_end": "a tier takes effect at the review",
    "attained": "a tier takes effect on the day its requirements are met",
    "next_month": "a tier takes effect on the first day of the next fiscal month",
}
_LADDERS = {"its_own": "each tier has its own requirements", "all_below_too": "a tier requires all below it too"}
_WORDS = {"since": "on or after", "through": "on or before"}


def describe(program: Program) -> Iterator[str]:
    """The program line by line; headings stand at the margin, all else is indented."""
    yield f"{program.name} ({program.id}), from {program.effective_from}"
    counted = f"; activity counts from {program.counts_from}" if program.counts_from else ""
    yield f"{_INDENT}Currency {program.currency}; enrollment {program.enrollment}{counted}"
    yield f"{_INDENT}Rounded {_plain(program.policy.rounding)}; {_EFFECTS[program.policy.takes_effect]}"
    if program.gate:
        yield f"{_INDENT}Suspended unless {requires_words(program.gate)}"
    for name, track in program.tracks.items():
        yield from ("", *_describe_track(program, name, track))
    if program.metrics:
        yield from ("", "Measured")
        for name, metric in program.metrics.items():
            yield from _describe_metric(name, metric)
    if program.benefits:
        yield from ("", "Benefits")
        benefits = program.benefits.items()
        yield from _columns((_title(name, benefit), _benefit_words(program, benefit)) for name, benefit in benefits)
    if program.actions:
        yield from ("", "Duties")
        yield from _columns((_title(name, action), _action_words(action)) for name, action in program.actions.items())


def requires_words(requires: Requires, program: Program | None = None) -> str:
    """Requirements as one sentence; with a program, each metric's clause is cited."""
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
    """
    parts = [_word(bound, word) for word in bound.words]
    days = f" days after {bound.days_after}" if bound.days_after else ""
    return " and ".join(parts) + days


def holds_words(holds: Holds) -> str:
    """How long a tier is held.

    >>> holds_words(Holds.model_validate("through_next_calendar_year"))
    'through the next calendar year'
    >>> holds_words(Holds.model_validate({"days": 90}))
    'for 90 days'
    """
    if holds.period is None:
        return f"for {holds.count} {_plain(holds.kind)}"
    which = "next" if holds.kind == "through_next" else "same"
    return f"through the {which} {_plain(holds.period)}"


def metric_words(metric: Metric) -> str:
    """What a metric measures, as one sentence."""
    measured = f"sum of {metric.sum}" if metric.sum else f"count of distinct {', '.join(metric.count or ())}"
    parts = [f"{measured} in {metric.from_}"]
    if metric.where is not None:
        named = metric.where if isinstance(metric.where, str) else where_words(metric.where)
        parts.append(f"where {named}")
    if metric.on:
        parts.append(f"dated by {' or else '.join(metric.on)} {_window_words(metric)}")
    if metric.running:
        parts.append(_running_words(metric.running))
    return ", ".join(parts)


def _describe_track(program: Program, name: str, track: Track) -> Iterator[str]:
    ladder = f"; {_LADDERS[track.each_tier_requires]}" if track.each_tier_requires else ""
    yield f"Track {_title(name, track)}"
    yield f"{_INDENT}Promotion {track.promotion}{ladder}"
    if track.gate:
        yield f"{_INDENT}Suspended unless {requires_words(track.gate)}"
    if track.shows:
        yield f"{_INDENT}Shown, not required: {', '.join(track.shows)}"
    yield from _columns((_title(tier.id, tier), _tier_words(program, tier)) for tier in track.tiers)


def _tier_words(program: Program, tier: Tier) -> str:
    if tier.requires is None or tier.holds is None:
        return (
            "the base tier" if any(tier is track.tiers[0] for track in program.tracks.values()) else "by decision only"
        )
    return f"{requires_words(tier.requires, program)}; held {holds_words(tier.holds)}"


def _describe_metric(name: str, metric: Metric) -> Iterator[str]:
    unit = f", in {metric.unit}" if metric.unit else ""
    yield f"{_INDENT}{_title(name, metric)}{unit}"
    yield f"{_INDENT * 2}{metric_words(metric)}"


def _benefit_words(program: Program, benefit: Benefit) -> str:
    if isinstance(benefit.tiers, dict):
        held = ", ".join(f"{tier} {_value(figure)}" for tier, figure in benefit.tiers.items())
    else:
        every = {tier.id for name in benefit.tracks or program.tracks for tier in program.tracks[name].tiers}
        held = "every tier" if every == set(benefit.tiers) else ", ".join(benefit.tiers)
    terms = f" ({benefit.terms})" if benefit.terms else ""
    tracks = f"{', '.join(benefit.tracks)}: " if benefit.tracks else ""
    return f"{tracks}{held}{terms}"


def _action_words(action: Action) -> str:
    due = f"{action.due_fiscal_months} fiscal month{'' if action.due_fiscal_months == 1 else 's'} later"
    who = f" for {', '.join(action.tiers)}" if action.tiers else ""
    ends = "in the same fiscal month" if not action.due_fiscal_months else due
    return f"in the {action.in_month} month of every {_plain(action.every)}{who}, due {ends}"


def _tests_words(tests: Where | Requires, program: Program | None) -> str:
    parts = [f"{name} {bound_words(bound)}{_cited(name, program)}" for name, bound in tests.tests.items()]
    parts += [_tests_words(part, program) for part in tests.all]
    if tests.any:
        parts.append("(" + " or ".join(_tests_words(part, program) for part in tests.any) + ")")
    return " and ".join(parts)


def _cited(name: str, program: Program | None) -> str:
    metric = program.metrics.get(name) if program else None
    return f" [{metric.clause}]" if metric and metric.clause else ""


def _word(bound: Bound, word: str) -> str:
    if word == "equal":
        return f"is {' or '.join(_value(value) for value in bound.equal or ())}"
    if word == "not":
        return f"is not {' or '.join(_value(value) for value in bound.not_ or ())}"
    if word == "empty":
        return "is empty" if bound.empty else "is not empty"
    return f"{_WORDS.get(word, _plain(word))} {_value(getattr(bound, word))}"


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
            return f"in the {_plain(str(period))}"


def _running_words(running: Running) -> str:
    ends = f" until before {running.before}" if running.before else ""
    ends = f" through {running.through}" if running.through else ends
    more = f", for more than {running.more_than_days} days" if running.more_than_days is not None else ""
    return f"running from {running.since}{ends}{more}"


def _title(id_: str, cited: Cited) -> str:
    name = f" ({cited.name})" if cited.name and cited.name.lower() != _plain(id_) else ""
    clause = f" [{cited.clause}]" if cited.clause else ""
    return f"{id_}{name}{clause}"


def _plain(word: str) -> str:
    return word.replace("_", " ")


def _columns(rows: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Two columns, the second aligned."""
    pairs = list(rows)
    width = max(len(left) for left, _ in pairs)
    yield from (f"{_INDENT}{left:<{width}}{_INDENT}{right}" for left, right in pairs)
