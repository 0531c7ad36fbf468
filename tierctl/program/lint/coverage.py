"""Checks of coverage: a figure has a value for all that it depends on."""

from collections.abc import Iterator

from tierctl.contracts import Field
from tierctl.findings import Finding
from tierctl.located import Key
from tierctl.program.lint.possible import possible, range_of_field
from tierctl.program.lint.subject import Check, Subject
from tierctl.program.lint.walk import MONTH_END, Scope
from tierctl.program.values import By, Cases, Step

_FIRST = "begin with a step that has no bound, as in { value = 0 }"


def check_values(subject: Subject) -> Iterator[Finding]:
    """Listed values are all that there are, or `otherwise` says what the others are worth."""
    for figure, path, scope in subject.of(By):
        if figure.values is None or figure.otherwise is not None or subject.may_lack(path, "otherwise"):
            continue
        field = _field(subject, figure, scope)
        yield from _check_tiers(subject, figure, path, scope)
        if field is None or field.type not in {"string", "boolean"}:
            continue
        known = ("true", "false") if field.type == "boolean" else field.enum
        missing = [value for value in known if value not in figure.values]
        strange = known and any(value not in known for value in figure.values)  # which is probably one of those missing
        if (missing or not known) and not strange:
            what = f"is {' or '.join(missing)}" if known else "is any other text"
            message = f"no value where {figure.by} {what}"
            yield subject.warning(
                "unlisted-value", path, message, "list it, or say with otherwise what all else is worth"
            )


def _check_tiers(subject: Subject, figure: By, path: Key, scope: Scope) -> Iterator[Finding]:
    """What a rule pays by tier has a value for each, and what it pays by currency one for the program's own."""
    track = subject.program.tracks.get(scope.track or "")
    meaning = subject.meaning(figure.by, scope)
    given = figure.values or {}
    known: list[str] = []
    if meaning == "tier" and track is not None and scope.kind == "figure" and subject.is_whole(("tracks",)):
        known = [tier.id for tier in track.tiers]
    elif meaning == "currency" and scope.kind == "figure" and subject.is_whole(("currency",)):
        known = [subject.program.currency]
    missing = [each for each in known if each not in given]
    strange = meaning == "tier" and any(each not in known for each in given)  # which is probably one of those missing
    if missing and given and not strange:
        message = f"no value where {figure.by} is {' or '.join(missing)}"
        hint = "list it, 0 where nothing is paid, or say with otherwise what all else is worth"
        yield subject.warning("unlisted-value", path, message, hint)


def check_steps(subject: Subject) -> Iterator[Finding]:
    """The first step begins at or below the least that it can be asked for."""
    for figure, path, scope in subject.of(By):
        first = figure.steps[0] if figure.steps else None
        if first is None or (first.at_least, first.more_than, first.since) == (None, None, None):
            continue
        below = _below(subject, figure, first, scope)
        if below:
            yield subject.warning("unlisted-value", (*path, "steps", 0), f"no value where {figure.by} {below}", _FIRST)


def _below(subject: Subject, figure: By, first: Step, scope: Scope) -> str:
    """What lies below the first step; empty: nothing, or that cannot be told."""
    if figure.by == MONTH_END:
        begins = subject.program.effective_from
        is_late = first.since is not None and first.since > begins and subject.is_whole(("effective_from",))
        return f"is before {first.since}, and the program takes effect on {begins}" if is_late else ""
    field, metric = _field(subject, figure, scope), subject.program.metrics.get(figure.by)
    if field is not None:
        least = range_of_field(field).low
    elif metric is not None and subject.meaning(figure.by, scope) == "metric":
        least = possible(subject, metric).low
    else:
        return ""
    if first.since is not None:
        return f"is before {first.since}"
    if first.at_least is not None:
        return f"is less than {first.at_least}" if first.at_least > least else ""
    return f"is {first.more_than} or less" if first.more_than is not None and first.more_than >= least else ""


def check_cases(subject: Subject) -> Iterator[Finding]:
    """Where requirements choose among values, whoever meets none of them has one too."""
    for figure, path, _ in subject.of(Cases):
        last = len(figure.cases) - 1
        if figure.cases[last].requires is not None and subject.is_whole(path):
            message = "no value for whoever meets none of these requirements"
            hint = "end with an entry that has no requires, as in { value = 0 }"
            yield subject.warning("unlisted-value", (*path, last), message, hint)


def check_fixed_rates(subject: Subject) -> Iterator[Finding]:
    """Fixed rates reach back to the first day that counts."""
    exchange = subject.program.policy.fx
    first = subject.program.first_counted
    if exchange is not None and exchange.fixed and min(rates.since for rates in exchange.fixed) > first:
        since = min(rates.since for rates in exchange.fixed)
        message = f"no rate before {since}, and what is dated from {first} on counts"
        yield subject.warning(
            "unlisted-value", ("policy", "fx", "fixed"), message, "begin with rates that reach back as far"
        )


def _field(subject: Subject, figure: By, scope: Scope) -> Field | None:
    is_column = subject.meaning(figure.by, scope) == "column"
    return subject.field(figure.by, scope) if is_column else None


CHECKS: tuple[Check, ...] = (check_values, check_steps, check_cases, check_fixed_rates)
