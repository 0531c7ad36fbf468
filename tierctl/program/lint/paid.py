"""Checks of what a rule asks and what it pays: days that are said, shares written as such, one currency compared."""

import re
from collections.abc import Iterator
from decimal import Decimal

from tierctl.findings import Finding
from tierctl.located import Key
from tierctl.program.lint.subject import Check, Subject
from tierctl.program.lint.walk import CURRENCY, MONTH_END, Place, Scope
from tierctl.program.lint.windows import times_of
from tierctl.program.reads import figures_in
from tierctl.program.rules import AS_EARNED, Rule
from tierctl.program.values import By, Number, OfColumn, Requires

_WINDOW_END = "window_end"
_CURRENCY = re.compile(r"[A-Z]{3}")


def check_days_of_standings(subject: Subject) -> Iterator[Finding]:
    """A rule says on which day a standing is asked for; elsewhere it is that of the review."""
    for requires, path, scope in subject.of(Requires):
        for word in ("tier", "qualified"):
            held = getattr(requires, word)
            if held is None:
                continue
            stated = {key: getattr(held, key) for key in ("as_of", "unbroken_since")}
            given = [key for key, day in stated.items() if day is not None]
            place = (*path, word)
            if scope.kind != "rule":
                for key in given:
                    message = f"`{key}` is for rules that pay: here the standing is that of the review"
                    yield subject.error("unfit-key", (*place, key), message)
            elif not given and not subject.may_lack(place, *stated):
                message = "say on which day: `as_of`, or from which one on without a gap: `unbroken_since`"
                yield subject.error("missing-key", place, message, f'as in as_of = "{MONTH_END}"')
            elif len(given) > 1:
                message = "`as_of` asks for one day and `unbroken_since` for all since one: only one may stand here"
                yield subject.error("unfit-key", (*place, "unbroken_since"), message)
            else:
                for key in given:
                    yield from _check_day(subject, str(stated[key]), (*place, key), scope)


def _check_day(subject: Subject, day: str, path: Key, scope: Scope) -> Iterator[Finding]:
    """A day of a row where there are rows, or the month's end."""
    has_row = subject.rows_of(scope) is not None and (scope.kind == "rule" or scope.is_of_rows)
    if day == MONTH_END and path[-1] == "unbroken_since":
        message = f"{MONTH_END} is the last of the days asked for: name the column with the first one"
        yield subject.error("wrong-value", path, message, 'as in unbroken_since = "sold_on"')
    elif day != MONTH_END and not has_row:
        message = f"{day} is a column of rows; here only {MONTH_END} is a day"
        yield subject.error("wrong-value", path, message, f'say as_of = "{MONTH_END}"')


def check_words(subject: Subject) -> Iterator[Finding]:
    """What a figure goes by is read on a day that is said, and steps are of the whole base or of its slices."""
    for figure, path, scope in subject.of(By):
        if scope.kind == "figure":
            yield from _check_apply(subject, figure, path, scope)
            yield from _check_as_of(subject, figure, path, scope)
            continue
        if subject.meaning(figure.by, scope) == "tier":
            message = 'by = "tier" is for the figures of rules that pay: here no tier stands yet'
            yield subject.error("unfit-figure", path, message)
            continue
        for key in ("apply", "as_of"):
            if getattr(figure, key) is not None:
                message = f"`{key}` is for the figures of rules that pay"
                yield subject.error("unfit-key", (*path, key), message)


def _check_apply(subject: Subject, figure: By, path: Key, scope: Scope) -> Iterator[Finding]:
    rule = subject.rule(scope)
    if figure.steps is not None and subject.meaning(figure.by, scope) in {"tier", "currency"}:
        return  # of which there are none, as another check tells
    if figure.steps is None:
        if figure.apply is not None:
            yield subject.error("unfit-key", (*path, "apply"), "`apply` is for steps, and values are listed here")
    elif figure.apply is None and path[2] == "rate" and not subject.may_lack(path, "apply"):
        message = "apply is missing: whether a step gives the rate of the whole base, or of the part that lies in it"
        yield subject.error("missing-key", (*path, "apply"), message, 'one of: "whole", "slices"')
    elif figure.apply == "slices" and (path[2] != "rate" or not _is_base(subject, figure.by, rule)):
        message = f"the base cannot be cut into slices by {figure.by}: slices are of the base, by the base"
        hint = f'say by = "{rule.column or rule.metric}", or apply = "whole"' if path[2] == "rate" else ""
        yield subject.error("unfit-figure", (*path, "apply"), message, hint)


def _is_base(subject: Subject, by: str, rule: Rule) -> bool:
    """Whether it is what a rule multiplies, or what that is cannot be told."""
    is_unknown = rule.metric is not None and rule.metric not in subject.program.metrics
    return by in {rule.column, rule.metric} or is_unknown


def _check_as_of(subject: Subject, figure: By, path: Key, scope: Scope) -> Iterator[Finding]:
    meaning, place = subject.meaning(figure.by, scope), (*path, "as_of")
    is_known = figure.by in subject.program.metrics if meaning == "metric" else True
    if not is_known or (meaning == "column" and subject.field(figure.by, scope) is None):
        return  # another check's
    if meaning not in {"tier", "metric"}:
        if figure.as_of is not None:
            message = f"`as_of` says on which day a tier or a metric is read, and {figure.by} is neither"
            yield subject.error("unfit-key", place, message)
    elif figure.as_of is None:
        base = subject.rule(scope).metric
        is_base = (
            meaning == "metric" and base is not None and (figure.by == base or base not in subject.program.metrics)
        )
        if not is_base and not subject.may_lack(path, "as_of"):
            hint = f'one of: "{MONTH_END}", "{_WINDOW_END}"' if meaning == "metric" else f'as in as_of = "{MONTH_END}"'
            message = f"as_of is missing: on which day the {meaning} is read"
            yield subject.error("missing-key", place, message, hint)
    elif meaning == "tier":
        yield from _check_day(subject, figure.as_of, place, scope)
    elif figure.as_of not in {MONTH_END, _WINDOW_END}:
        message = f"a metric is read at the month's end, or again until its window ends: {figure.as_of} is neither"
        yield subject.error("wrong-value", place, message, f'one of: "{MONTH_END}", "{_WINDOW_END}"')
    elif figure.as_of == _WINDOW_END and subject.is_whole(("metrics",)):
        times = times_of(subject, figure.by)
        if len(times) != 1 or None in times:
            message = f"{figure.by} is not measured in one period to date, so it has no window that ends"
            yield subject.error("unfit-window", place, message, f'say as_of = "{MONTH_END}"')


def check_keys(subject: Subject) -> Iterator[Finding]:
    """Values are listed by tiers of the rule's track, and by currencies."""
    for figure, path, scope in subject.of(By):
        meaning = subject.meaning(figure.by, scope)
        if scope.kind not in {"figure", "balance"} or meaning not in {"tier", "currency"}:
            continue
        track = subject.program.tracks.get(scope.track or "")
        if figure.values is None and scope.kind == "figure":
            message = f"by {figure.by} values are listed, and there are no steps"
            yield subject.error("unfit-figure", (*path, "steps"), message, "as in values = { NAME = 1 }")
        for key in figure.values or {}:
            place = (*path, "values", key)
            if meaning == "currency" and not _CURRENCY.fullmatch(key):
                message = f"{key} should be an ISO 4217 code: three capital letters"
                yield subject.error("wrong-value", place, message, "as in { USD = 100 }")
            elif meaning == "tier" and track is not None and key not in track.ranks and subject.is_whole(("tracks",)):
                yield subject.unknown("unknown-tier", place, "tier of this track", key, track.ranks)


def check_shares(subject: Subject) -> Iterator[Finding]:
    """A rate below one is a share, written as such; an amount of money and a cap are none."""
    for number, path, scope in subject.of(Number):
        if scope.kind != "figure" or scope.is_choice:
            continue
        part = path[4] if path[2] in {"caps", "clawback"} else path[2]
        is_bare = not number.is_share and number.value != 0 and abs(number.value) < 1
        if part in {"rate", "takes_back"} and is_bare:
            share = f'"{(number.value * 100).normalize():f} %"'
            message = f"{number.value:f} of an amount is written as a share, in quotes"
            yield subject.error("unfit-figure", path, message, f'{share} or "{number.value:f} %"?')
        elif part == "takes_back" and number.value > 1:
            message = f"{number} takes back more than was earned"
            meant = (
                f'did you mean "{number.value:f} %"?' if number.value <= Decimal(100) and not number.is_share else ""
            )
            yield subject.error("unfit-figure", path, message, meant)
        elif part in {"takes_back", "at_most"} and number.value < 0:
            what = "takes back" if part == "takes_back" else "allows"
            yield subject.error("unfit-figure", path, f"{number} {what} less than nothing")
        elif part in {"amount", "at_most"} and number.is_share:
            what = "an amount" if part == "amount" else "a cap"
            yield subject.error("unfit-figure", path, f"{number} is a share, and {what} is a number")


def check_slices(subject: Subject) -> Iterator[Finding]:
    """Slices begin at nothing, and are cut once."""
    for figure, path, scope in subject.of(By):
        if scope.kind != "figure" or figure.apply != "slices":
            continue
        for number, step in enumerate(figure.steps or ()):
            place = (*path, "steps", number)
            word = "more_than" if step.at_least is None else "at_least"
            bound = getattr(step, word)
            if bound is not None and bound < 0:
                message = f"a slice that begins at {bound:,f} would pay for what is not there"
                yield subject.error("unfit-figure", (*place, word), message, "begin with 0, or with no bound at all")
            if any(isinstance(each, By) and each.apply == "slices" for each in figures_in(step.value)):
                message = "a slice of the base cannot be cut into slices again"
                yield subject.error("unfit-figure", (*place, "value"), message)


def check_quantities(subject: Subject) -> Iterator[Finding]:
    """What a cap counts is no money: of several currencies that would not add up."""
    for kind, name, rule in subject.program.rules:
        contract = subject.exports.get(rule.from_ or "")
        money = {field.name for field in contract.fields if field.is_money} if contract else set()
        for index, cap in enumerate(rule.caps):
            if cap.of in money:
                message = f"{cap.of} is money, and `of` names a quantity"
                hint = "leave `of` out: a cap is then one of the amount"
                yield subject.error("column-type", (kind, name, "caps", index, "of"), message, hint)


def check_currencies(subject: Subject) -> Iterator[Finding]:
    """Amounts that are paid as they were earned are held against limits in their own currency."""
    program = subject.program
    is_as_earned = program.payout is None or program.payout.currency == AS_EARNED
    if program.policy.fx is None or not is_as_earned or not subject.is_whole(("payout",)):
        return
    by_currency = [path for figure, path, scope in subject.of(By) if subject.meaning(figure.by, scope) == CURRENCY]
    for place in subject.places:
        what = _compared(subject, place) if place.scope.kind == "figure" else ""
        if what and not any(place.path[: len(path)] == path for path in by_currency):
            message = f"{what} may be of any currency here, and is held against amounts of {program.currency}"
            hint = 'say them for each, as in { by = "currency", values = { USD = …, EUR = … } }'
            yield subject.error("unfit-figure", place.path, message, hint)


def _compared(subject: Subject, place: Place) -> str:
    """What is of the row's currency and held against steps or a cap; empty: nothing."""
    match place.node:
        case By(by=by, steps=steps) if steps is not None and subject.meaning(by, place.scope) == "column":
            field = subject.field(by, place.scope)
            export = subject.owner(by, place.scope)[0]
            is_money = field is not None and field.is_money and CURRENCY in subject.exports[export or ""].names
            return by if is_money and not by.startswith("partner.") else ""
        case Number(value=value) if place.path[2] == "caps" and not place.scope.is_choice and value != 0:
            rule = subject.rule(place.scope)
            is_of_amount = rule.caps[int(place.path[3])].of is None
            return "what is earned" if is_of_amount and _is_of_any_currency(subject, rule, place.scope) else ""
    return ""


def _is_of_any_currency(subject: Subject, rule: Rule, scope: Scope) -> bool:
    """Whether a rule's amounts are in the currency of their row; that of a metric or a plain number is known."""
    if isinstance(rule.amount, By):
        return rule.amount.by == CURRENCY
    column = rule.amount.column if isinstance(rule.amount, OfColumn) else rule.column
    rows = subject.rows_of(scope)
    export = subject.owner(column, rows)[0] if column is not None and rows is not None else None
    return export in subject.exports and CURRENCY in subject.exports[export or ""].names


CHECKS: tuple[Check, ...] = (
    check_days_of_standings,
    check_words,
    check_keys,
    check_shares,
    check_slices,
    check_quantities,
    check_currencies,
)
