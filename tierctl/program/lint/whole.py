"""Checks of a table as a whole: keys that need or exclude each other, and a ladder with a base and no tier twice."""

from collections.abc import Iterator

from tierctl.findings import Finding
from tierctl.located import Key
from tierctl.program.lint import exports, measures, payout, rules
from tierctl.program.lint.subject import Check, Subject
from tierctl.program.model import Action, Benefit, Exchange, Track
from tierctl.program.values import Requires

_EVERY, _BEFORE = ("every", "in_month"), ("from", "where", "on", "days_before")


def check_ladders(subject: Subject) -> Iterator[Finding]:
    """A track has a base, then tiers of different ids, each with requirements and a time to hold."""
    for name, track in subject.program.tracks.items():
        path: Key = ("tracks", name)
        earned = [index for index in range(len(track.tiers)) if _is_earned(subject, (*path, "tiers", index), track)]
        is_said = track.each_tier_requires is not None or subject.may_lack(path, "each_tier_requires")
        if len(earned) > 1 and not is_said:
            message = "two tiers have requirements, so say `each_tier_requires`"
            hint = 'one of: "its_own", "all_below_too"'
            yield subject.error("missing-key", (*path, "each_tier_requires"), message, hint)
        yield from _check_ids(subject, (*path, "tiers"), track)
        yield from _check_held(subject, (*path, "tiers"), track)
        yield from _check_while_met(subject, path, track)


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
    for name in track.qualifications:
        if name in ids:
            place = subject.document.line((*path, ids.index(name), "id"))
            message = f"{name} is the id of a tier of this track already, on line {place}"
            hint = "give the qualification an id of its own: reports show both in one column"
            yield subject.error("wrong-value", (*path[:-1], "qualifications", name), message, hint)


def _check_held(subject: Subject, path: Key, track: Track) -> Iterator[Finding]:
    for index, tier in enumerate(track.tiers):
        place = (*path, index)
        if tier.requires is not None and tier.holds is None and not subject.may_lack(place, "holds"):
            message = "a tier with `requires` must say how long it `holds`"
            yield subject.error("missing-key", place, message)
        if tier.requires is None and tier.holds is not None and not subject.may_lack(place, "requires"):
            message = "a tier without `requires` is never earned, so it cannot have `holds`"
            yield subject.error("unfit-key", (*place, "holds"), message)


def _check_while_met(subject: Subject, path: Key, track: Track) -> Iterator[Finding]:
    held = [*(tier.holds for tier in track.tiers), *(each.holds for each in track.qualifications.values())]
    is_while_met = any(holds is not None and holds.is_while_met for holds in held)
    for key, choice in (("downgrade", '"automatic" or "on_decision"'), ("remediation_days", "0 for none")):
        is_said = getattr(track, key) is not None
        if is_while_met and not is_said and not subject.may_lack(path, key):
            message = f"{key} is missing: something here holds while it is met, so say what follows when it is not"
            yield subject.error("missing-key", (*path, key), message, f"as in {key} = {choice}")
    may_hold = not subject.is_whole((*path, "tiers")) or not subject.is_whole((*path, "qualifications"))
    if track.remediation_days is not None and not is_while_met and not may_hold:
        message = "remediation_days decides nothing: no tier and no qualification of this track holds while it is met"
        yield subject.error("unfit-key", (*path, "remediation_days"), message, "remove it, or correct `holds`")


def check_benefits(subject: Subject) -> Iterator[Finding]:
    """A benefit lists its tiers, or says what it is worth in each, or to each partner."""
    for name, benefit in subject.program.benefits.items():
        path: Key = ("benefits", name)
        if benefit.value is not None or benefit.with_:
            yield from _check_value(subject, benefit, path)
        elif benefit.tiers is None and not subject.may_lack(path, "tiers", "value", "with"):
            message = "tiers is missing: the tiers that have it, or a value for each; or `with` and `value`"
            yield subject.error("missing-key", (*path, "tiers"), message)
        elif benefit.tiers is None or subject.may_lack(path, "kind"):
            continue
        elif (benefit.kind == "yes_no") != isinstance(benefit.tiers, tuple):
            message = "a list of tiers is of kind yes_no; a value per tier needs kind percent, amount or count"
            yield subject.error("wrong-value", path, message)


def _check_value(subject: Subject, benefit: Benefit, path: Key) -> Iterator[Finding]:
    if benefit.value is None and not subject.may_lack(path, "value"):
        message = "value is missing: what of the joined row the benefit is worth"
        yield subject.error("missing-key", (*path, "value"), message)
    if not benefit.with_ and not subject.may_lack(path, "with"):
        message = "with is missing: `value` is taken from a row in force for the partner"
        yield subject.error("missing-key", (*path, "with"), message, 'as in with = { agreements = "month_end" }')
    if isinstance(benefit.tiers, dict):
        message = "a value per tier and one `value` per partner exclude each other: `tiers` may only list tiers here"
        yield subject.error("unfit-key", (*path, "tiers"), message)


def check_actions(subject: Subject) -> Iterator[Finding]:
    """An action comes round every period, or before a day of some row, and says all that this needs."""
    for name, action in subject.program.actions.items():
        path: Key = ("actions", name)
        every = [key for key in _EVERY if _has(action, key)]
        before = [key for key in _BEFORE if _has(action, key)]
        if every and before:
            message = f"`{every[0]}` raises an action every period, so there is no place for `{before[0]}`"
            yield subject.error("unfit-key", (*path, before[0]), message)
        elif not every and not before and not subject.may_lack(path, *_EVERY, *_BEFORE):
            message = "an action needs `every` with `in_month`, or `from` with `on` and `days_before`"
            yield subject.error("missing-key", path, message)
        for key in _EVERY if every and not before else ("from", "on", "days_before") if before and not every else ():
            if not _has(action, key) and not subject.may_lack(path, key):
                yield subject.error("missing-key", (*path, key), f"{key} is missing", _WORDS[key])
        if before and not every and action.due_fiscal_months:
            message = f"due_fiscal_months is for actions of every period; this one is due on its row's {action.on}"
            yield subject.error("unfit-key", (*path, "due_fiscal_months"), message)


_WORDS = {
    "every": 'as in every = "fiscal_quarter"',
    "in_month": 'one of: "first", "last"',
    "from": "the export whose rows have the day",
    "on": 'the column of the day, as in on = "expires_on"',
    "days_before": "how many days before that day the action is raised, as in days_before = 60",
}


def _has(action: Action, key: str) -> bool:
    return getattr(action, "from_" if key == "from" else key) is not None


def check_exchange(subject: Subject) -> Iterator[Finding]:
    """Fixed rates are there where a policy is fixed, and how old a rate may be where another one is."""
    exchange = subject.program.policy.fx
    if exchange is None:
        return
    path: Key = ("policy", "fx")
    is_whole = all(subject.is_whole((*path, key)) for key in ("flow", "level", "payout"))
    words = (exchange.flow, exchange.level, *([exchange.payout] if exchange.payout else []))
    yield from _check_fixed(subject, exchange, path, is_used="fixed" in words, is_whole=is_whole)
    published = [word for word in words if word != "fixed"]
    if published and exchange.max_age_days is None and not subject.may_lack(path, "max_age_days") and is_whole:
        message = f"max_age_days is missing: {published[0]} takes a rate that was published, so say how old it may be"
        yield subject.error("missing-key", (*path, "max_age_days"), message, "as in max_age_days = 45")
    if not published and exchange.max_age_days is not None and is_whole:
        message = "max_age_days has no use: every rate here is fixed"
        yield subject.error("unfit-key", (*path, "max_age_days"), message)


def _check_fixed(
    subject: Subject, exchange: Exchange, path: Key, *, is_used: bool, is_whole: bool
) -> Iterator[Finding]:
    currency = subject.program.currency
    if is_used and not exchange.fixed and not subject.may_lack(path, "fixed"):
        message = "fixed is missing: the amounts that count as equal"
        hint = (
            f"as in fixed = [{{ since = {subject.program.effective_from}, equal = {{ {currency} = 100, EUR = 90 }} }}]"
        )
        yield subject.error("missing-key", (*path, "fixed"), message, hint)
    if exchange.fixed and not is_used and is_whole:
        message = f'fixed has no use: {_choices(exchange)} is "fixed"'
        yield subject.error("unfit-key", (*path, "fixed"), message)
    since = [rates.since for rates in exchange.fixed]
    for index, rates in enumerate(exchange.fixed):
        place = (*path, "fixed", index)
        if currency not in rates.equal and subject.is_whole((*place, "equal")) and subject.is_whole(("currency",)):
            message = f"{currency}, the program's currency, is not among the amounts that count as equal"
            yield subject.error("missing-key", (*place, "equal"), message, f"add it, as in {currency} = 100")
        if rates.since in since[:index]:
            message = f"rates since {rates.since} stand there already, as number {since.index(rates.since) + 1}"
            yield subject.error("wrong-value", (*place, "since"), message)


def _choices(exchange: Exchange) -> str:
    return "neither `flow` nor `level`" if exchange.payout is None else "none of `flow`, `level` and `payout`"


def check_enrollment(subject: Subject) -> Iterator[Finding]:
    """What asks for an enrollment stands only where one is required."""
    program = subject.program
    if program.enrollment == "required" or not subject.is_whole(("enrollment",)):
        return
    if program.counts_only is not None:
        message = "counts_only asks for the primary user of an enrollment, and enrollment is automatic here"
        yield subject.error("unfit-key", ("counts_only",), message, 'say enrollment = "required"')
    for name, metric in program.metrics.items():
        if metric.window == "enrollment":
            message = 'window = "enrollment" asks for a period of enrollment, and enrollment is automatic here'
            yield subject.error("unfit-window", ("metrics", name, "window"), message, 'say enrollment = "required"')
    for name, track in program.tracks.items():
        path: Key = ("tracks", name)
        holders = [((*path, "tiers", index), tier.holds) for index, tier in enumerate(track.tiers)]
        holders += [((*path, "qualifications", key), each.holds) for key, each in track.qualifications.items()]
        for place, holds in holders:
            if holds is not None and holds.kind == "through_enrollment":
                message = "through_enrollment asks for an enrollment that ends, and enrollment is automatic here"
                yield subject.error("unfit-window", (*place, "holds"), message, 'say enrollment = "required"')


def check_standing_words(subject: Subject) -> Iterator[Finding]:
    """Tiers, qualifications and what is paid ask for what the partner holds: a gate and a metric come before."""
    for requires, path, scope in subject.of(Requires):
        allowed = scope.kind in {"rule", "payout"} or (scope.kind in {"tier", "qualification"} and not scope.is_choice)
        for word in ("tier", "qualified"):
            if getattr(requires, word) is not None and not allowed:
                where = "a gate" if scope.kind == "gate" and not scope.is_choice else "a figure"
                message = f"`{word}` has no place in {where}: it is read before any tier stands"
                yield subject.error("unfit-key", (*path, word), message)


CHECKS: tuple[Check, ...] = (
    *exports.WHOLE,
    *measures.CHECKS,
    check_ladders,
    check_benefits,
    check_actions,
    check_exchange,
    check_enrollment,
    check_standing_words,
    *rules.CHECKS,
    *payout.CHECKS,
)
