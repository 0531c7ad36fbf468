"""Checks of rules as a whole: whose rows earn, on which day, and keys of a rule that need or exclude each other."""

from collections.abc import Iterator

from tierctl.findings import Finding
from tierctl.fiscal import PERIODS
from tierctl.located import Key
from tierctl.program.lint.subject import Check, Subject
from tierctl.program.lint.walk import has_rows, scope_of
from tierctl.program.lint.windows import times_of
from tierctl.program.rules import (
    EACH_PAYMENT,
    MONTH_END,
    PAID_IN_FULL,
    PARTNER,
    PERIOD_END,
    REFUNDED_SHARE,
    ROW,
    Rule,
)
from tierctl.validation import did_you_mean

_INVOICES = "invoices"
_OF_ROWS = ("from", "with", "where", "running", "clawback")


def check_tracks(subject: Subject) -> Iterator[Finding]:
    """Where there are several tracks, a rule says which one's partners it concerns."""
    tracks = subject.program.tracks
    for kind, name, rule in subject.program.rules:
        path: Key = (kind, name)
        if rule.track is None and len(tracks) > 1 and not subject.may_lack(path, "track"):
            message = "track is missing: the program has several, so say which one's partners and tiers are meant"
            yield subject.error("missing-key", (*path, "track"), message, f"one of: {', '.join(tracks)}")
        elif rule.track is not None and rule.track not in tracks and not subject.may_be_left_out("tracks", rule.track):
            yield subject.unknown("unknown-track", (*path, "track"), "track", rule.track, tracks)


def check_names(subject: Subject) -> Iterator[Finding]:
    """A commission and a credit never have one name: reports tell rules apart by it."""
    program = subject.program
    for name in program.credits:
        if name in program.commissions:
            place = subject.document.line(("commissions", name))
            message = f"{name} is the name of a commission already, on line {place}"
            yield subject.error("wrong-value", ("credits", name), message, "give the credit a name of its own")


def check_sources(subject: Subject) -> Iterator[Finding]:
    """Rows of an export earn, each told apart by its key; or a metric at the end of its window, and no rows."""
    for kind, name, rule in subject.program.rules:
        path: Key = (kind, name)
        if not has_rows(rule):
            if subject.is_whole((*path, "earned_on")):
                yield from _check_of_metric(subject, rule, path)
            continue
        if rule.from_ is None and not subject.may_lack(path, "from") and subject.is_whole((*path, "earned_on")):
            yield from _check_without_rows(subject, rule, path)
        if rule.from_ in subject.declared_well and subject.is_whole(("exports", rule.from_)):
            contract = subject.brought(rule.from_)
            if not contract.primary_key:
                message = f"{rule.from_} has no key, so it could not be told which of its rows has earned already"
                yield subject.error("unfit-export", (*path, "from"), message)


def _check_without_rows(subject: Subject, rule: Rule, path: Key) -> Iterator[Finding]:
    """No rows are named, and no metric earns at the end of its window."""
    if rule.metric is not None:
        message = f'a metric earns at the end of its window, not on "{rule.earned_on}": of whose rows is that?'
        hint = (
            did_you_mean(rule.earned_on, [PERIOD_END]) or f'say earned_on = "{PERIOD_END}", or name an export in from'
        )
        yield subject.error("wrong-value", (*path, "earned_on"), message, hint)
    elif rule.earned_on != PERIOD_END:  # which is told by itself
        yield subject.error("missing-key", (*path, "from"), "from is missing: the export whose rows earn")


def _check_of_metric(subject: Subject, rule: Rule, path: Key) -> Iterator[Finding]:
    """No rows earn here: a metric does, once for each of its windows."""
    for key in _OF_ROWS:
        if getattr(rule, key, None) or getattr(rule, f"{key}_", None):
            message = f"`{key}` is of rows, and here a metric earns, at the end of its window"
            yield subject.error("unfit-key", (*path, key), message)
    for index, cap in enumerate(rule.caps):
        for key, column in (("of", cap.of), ("per", None if cap.per in {ROW, PARTNER} else cap.per)):
            if column is not None:
                message = f"{column} is a column of rows, and here a metric earns, at the end of its window"
                yield subject.error("unfit-key", (*path, "caps", index, key), message)
    metric = subject.program.metrics.get(rule.metric or "")
    if metric is None or not subject.is_whole(("metrics",)):
        return
    times = times_of(subject, rule.metric or "")
    if metric.value is not None or len(times) != 1 or None in times:
        message = f"{rule.metric} is not measured in one period to date, at whose end it could earn"
        hint = f"give it a window such as {PERIODS[1]}, or let rows earn"
        yield subject.error("unfit-window", (*path, "base"), message, hint)


def check_moments(subject: Subject) -> Iterator[Finding]:
    """What `earned_on` says goes with the rows: running ones, invoices that are paid, windows that end."""
    for kind, name, rule in subject.program.rules:
        path: Key = (kind, name)
        if not subject.is_whole((*path, "earned_on")):
            continue
        if rule.earned_on == MONTH_END and rule.running is None and not subject.may_lack(path, "running"):
            message = "running is missing: a row earns at each month's end as long as it runs"
            hint = 'as in running = { since = "invoiced_on", before = "cancelled_on" }'
            yield subject.error("missing-key", (*path, "running"), message, hint)
        if rule.running is not None and _is_other_moment(subject, rule, path):
            message = f'`running` is for rows that earn month by month, and these earn on "{rule.earned_on}"'
            yield subject.error(
                "unfit-key", (*path, "running"), message, f'say earned_on = "{MONTH_END}", or remove it'
            )
        if rule.earned_on == PERIOD_END and rule.metric is None and not subject.may_lack(path, "base", "amount"):
            message = f"{PERIOD_END} is for a base that is a metric: rows have no period that ends"
            yield subject.error("wrong-value", (*path, "earned_on"), message, "as in base = { metric = NAME }")
        if rule.earned_on in {PAID_IN_FULL, EACH_PAYMENT}:
            message = f"{rule.earned_on} looks at what was paid for a line of an invoice"
            yield from _check_invoices(subject, rule, path, (*path, "earned_on"), message)


def _is_other_moment(subject: Subject, rule: Rule, path: Key) -> bool:
    """Whether rows earn on another day than each month's last, as far as that is known."""
    is_column = rule.earned_column is not None and subject.field(rule.earned_column, scope_of(rule, path)) is not None
    return is_column or rule.earned_on in {PAID_IN_FULL, EACH_PAYMENT}


def check_clawbacks(subject: Subject) -> Iterator[Finding]:
    """What is refunded is known of invoices alone."""
    for kind, name, rule in subject.program.rules:
        path: Key = (kind, name)
        for index, clawback in enumerate(rule.clawback):
            if clawback.takes_back == REFUNDED_SHARE:
                message = f"{REFUNDED_SHARE} looks at what was paid and refunded for a line of an invoice"
                yield from _check_invoices(subject, rule, path, (*path, "clawback", index, "takes_back"), message)


def _check_invoices(subject: Subject, rule: Rule, path: Key, place: Key, message: str) -> Iterator[Finding]:
    if rule.from_ in subject.exports and rule.from_ != _INVOICES and subject.is_whole((*path, "from")):
        yield subject.error(
            "wrong-value", place, f"{message}, and these rows are of {rule.from_}", f'say from = "{_INVOICES}"'
        )


CHECKS: tuple[Check, ...] = (check_tracks, check_names, check_sources, check_moments, check_clawbacks)
