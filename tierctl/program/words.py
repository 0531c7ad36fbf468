"""A program in words, as a person would read it aloud: what a tier requires, how long it holds, what it brings."""

from collections.abc import Iterable, Iterator, Mapping
from textwrap import wrap

from tierctl.contracts import export_names
from tierctl.program.exports import DeclaredExport
from tierctl.program.metrics import ComputedColumn
from tierctl.program.model import Action, Benefit, Exchange, Program, Tier, Track
from tierctl.program.phrases import (
    holds_words,
    metric_words,
    payout_words,
    plain,
    requires_words,
    rule_words,
    value_words,
    where_words,
)
from tierctl.program.rules import Rule
from tierctl.program.scalars import Cited
from tierctl.program.values import Holds, Requires, Where

_INDENT, _WIDTH = "  ", 80
_EFFECTS = {
    "month_end": "a tier takes effect at the review",
    "attained": "a tier takes effect on the day its requirements are met",
    "next_month": "a tier takes effect on the first day of the next fiscal month",
}
_LADDERS = {"its_own": "each tier has its own requirements", "all_below_too": "a tier requires all below it too"}
_LEFT = {
    "until_terminated": "A partner that has left earns nothing of what comes after its last day",
    "keep_earning": "A partner that has left earns on",
}
_SWITCHES = {"automatic": "automatic", "on_decision": "on decision"}
_RATES = {
    "row_date": "at the rate of the row's day",
    "month_end": "at the rate of the fiscal month's last day",
    "month_average": "at the fiscal month's average rate",
    "fixed": "at fixed rates",
}


def describe(program: Program) -> Iterator[str]:
    """The program line by line; headings stand at the margin, all else is indented."""
    yield f"{program.name} ({program.id}), from {program.effective_from}"
    counted = f"; activity counts from {program.counts_from}" if program.counts_from else ""
    seen = "; what the primary user cannot see does not count" if program.counts_only else ""
    yield f"{_INDENT}Currency {program.currency}; enrollment {program.enrollment}{counted}{seen}"
    yield f"{_INDENT}Rounded {plain(program.policy.rounding)}; {_EFFECTS[program.policy.takes_effect]}"
    if program.policy.terminated_partners:
        yield f"{_INDENT}{_LEFT[program.policy.terminated_partners]}"
    if program.policy.fx:
        yield f"{_INDENT}{_exchange_words(program.policy.fx)}"
    if program.gate:
        yield f"{_INDENT}Suspended unless {requires_words(program.gate)}"
    for name, track in program.tracks.items():
        yield from ("", *_describe_track(program, name, track))
    if program.metrics:
        yield from ("", "Measured")
        for name, metric in program.metrics.items():
            unit = f", in {metric.unit}" if metric.unit else ""
            yield f"{_INDENT}{_title(name, metric)}{unit}"
            yield f"{_INDENT * 2}{metric_words(metric)}"
    yield from _describe_tables(program)
    yield from _describe_rules("Commissions", program.commissions)
    yield from _describe_rules("Credits", program.credits)
    if program.payout:
        yield from ("", _title("Payout", program.payout), *_wrapped(payout_words(program.payout), 1))
    yield from _section(
        "Benefits", ((_title(name, each), _benefit_words(program, each)) for name, each in program.benefits.items())
    )
    yield from _section("Duties", ((_title(name, each), _action_words(each)) for name, each in program.actions.items()))


def _describe_track(program: Program, name: str, track: Track) -> Iterator[str]:
    ladder = f"; {_LADDERS[track.each_tier_requires]}" if track.each_tier_requires else ""
    yield f"Track {_title(name, track)}"
    yield f"{_INDENT}Promotion {_SWITCHES[track.promotion]}{_downgrade_words(track)}{ladder}"
    if track.gate:
        yield f"{_INDENT}Suspended unless {requires_words(track.gate)}"
    if track.shows:
        yield f"{_INDENT}Shown, not required: {', '.join(track.shows)}"
    rungs = [(_title(tier.id, tier), _tier_words(program, track, tier)) for tier in track.tiers]
    beside = [
        (_title(key, each), f"beside the tiers: {_held_words(program, each.requires, each.holds)}")
        for key, each in track.qualifications.items()
    ]
    yield from _columns([*rungs, *beside])


def _downgrade_words(track: Track) -> str:
    if track.downgrade is None:
        return ""
    after = f" after {_days(track.remediation_days)}" if track.remediation_days else ""
    return f"; downgrade {_SWITCHES[track.downgrade]}{after}"


def _tier_words(program: Program, track: Track, tier: Tier) -> str:
    if tier.requires is None or tier.holds is None:
        return "the base tier" if tier is track.tiers[0] else "by decision only"
    return _held_words(program, tier.requires, tier.holds)


def _held_words(program: Program, requires: Requires, holds: Holds) -> str:
    return f"{requires_words(requires, program)}; held {holds_words(holds)}"


def _describe_tables(program: Program) -> Iterator[str]:
    """What the program says of rows: tables of its own, further columns, computed ones, conditions by name."""
    tables = ((_title(name, each), _export_words(name, each)) for name, each in program.exports.items())
    yield from _section("Exports", tables)
    columns = ((_title(name, each), _column_words(each)) for name, each in program.columns.items())
    yield from _section("Columns", columns)
    yield from _section("Conditions", ((name, where_words(where)) for name, where in program.conditions.items()))


def _describe_rules(heading: str, rules: Mapping[str, Rule]) -> Iterator[str]:
    """What is earned: a line for each rule's name, and a sentence below it; nothing where there are no rules."""
    if rules:
        yield from ("", heading)
    for name, rule in rules.items():
        yield f"{_INDENT}{_title(name, rule)}"
        yield from _wrapped(rule_words(rule), 2)


def _wrapped(text: str, depth: int) -> list[str]:
    """A sentence on lines of a narrow page."""
    indent = _INDENT * depth
    return wrap(
        text,
        _WIDTH,
        initial_indent=indent,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _export_words(name: str, export: DeclaredExport) -> str:
    columns = ", ".join(field.name for field in export.fields)
    parts = [f"also has {columns}" if name in export_names() else columns]
    if export.primary_key:
        parts.append(f"key {', '.join(export.primary_key)}")
    if export.row_date:
        parts.append(f"dated by {export.row_date}")
    if export.valid:
        ends = f" through {export.valid.through}" if export.valid.through else ""
        parts.append(f"in force from {export.valid.since}{ends}")
    if export.adjusts:
        parts.append(f"{export.adjusts} names the row that one adjusts")
    return "; ".join(part for part in parts if part)


def _column_words(column: ComputedColumn) -> str:
    measured = {"minimum": "least", "maximum": "greatest"}.get(column.measure, column.measure)
    chosen = ""
    if column.where is not None:
        chosen = f", where {where_words(column.where) if isinstance(column.where, Where) else column.where}"
    return f"{measured} {column.column} in {column.from_} with the same {', '.join(column.same)}{chosen}"


def _benefit_words(program: Program, benefit: Benefit) -> str:
    tracks = f"{', '.join(benefit.tracks)}: " if benefit.tracks else ""
    if isinstance(benefit.tiers, dict):
        held = ", ".join(f"{tier} {value_words(figure)}" for tier, figure in benefit.tiers.items())
    else:
        every = {tier.id for name in benefit.tracks or program.tracks for tier in program.tracks[name].tiers}
        tiers = benefit.tiers or ()
        held = "every tier" if not tiers or every == set(tiers) else ", ".join(tiers)
    value = f"; {value_words(benefit.value)}" if benefit.value is not None else ""
    terms = f" ({benefit.terms})" if benefit.terms else ""
    return f"{tracks}{held}{value}{terms}"


def _action_words(action: Action) -> str:
    who = f" for {', '.join(action.tiers)}" if action.tiers else ""
    tracks = f"{', '.join(action.tracks)}: " if action.tracks else ""
    if action.every is None:
        rows = f" where {_condition_words(action)}" if action.where is not None else ""
        return f"{tracks}{_days(action.days_before or 0)} before {action.on} of {action.from_}{rows}{who}"
    due = f"{action.due_fiscal_months} fiscal month{'' if action.due_fiscal_months == 1 else 's'} later"
    ends = "in the same fiscal month" if not action.due_fiscal_months else due
    return f"{tracks}in the {action.in_month} month of every {plain(action.every)}{who}, due {ends}"


def _condition_words(action: Action) -> str:
    return where_words(action.where) if isinstance(action.where, Where) else f"{action.where}"


def _exchange_words(exchange: Exchange) -> str:
    flow, level = _RATES[exchange.flow], _RATES[exchange.level].replace("of the row's day", "of the day it runs from")
    age = f"; a rate is at most {_days(exchange.max_age_days)} old" if exchange.max_age_days is not None else ""
    both = f"Converted {flow}" if exchange.flow == exchange.level else f"Converted {flow}, levels {level}"
    if exchange.payout:
        paid = _RATES[exchange.payout].replace("of the row's day", "of the day on which it is earned")
        both = f"{both}, what is paid {paid.replace('the fiscal month', 'that fiscal month')}"
    fixed = "; ".join(
        f"since {rates.since} " + " = ".join(f"{amount:,f} {currency}" for currency, amount in rates.equal.items())
        for rates in exchange.fixed
    )
    return f"{both}{f': {fixed}' if fixed else ''}{age}"


def _days(number: int | None) -> str:
    return f"{number} day{'' if number == 1 else 's'}"


def _title(id_: str, cited: Cited) -> str:
    name = f" ({cited.name})" if cited.name and cited.name.lower() != plain(id_) else ""
    clause = f" [{cited.clause}]" if cited.clause else ""
    return f"{id_}{name}{clause}"


def _section(heading: str, rows: Iterable[tuple[str, str]]) -> Iterator[str]:
    """A heading and two columns below it; nothing where there are no rows."""
    pairs = list(rows)
    if pairs:
        yield from ("", heading, *_columns(pairs))


def _columns(rows: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Two columns, the second aligned."""
    pairs = list(rows)
    width = max(len(left) for left, _ in pairs)
    yield from (f"{_INDENT}{left:<{width}}{_INDENT}{right}" for left, right in pairs)
