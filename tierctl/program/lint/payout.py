"""Checks of the payout, and of the policies that say how amounts are paid."""

from collections.abc import Iterator

from tierctl.findings import Finding
from tierctl.located import Key
from tierctl.program.lint.subject import Check, Subject
from tierctl.program.lint.walk import balance_bounds, grouped_requirements
from tierctl.program.rules import AS_EARNED, Payout
from tierctl.program.values import NUMBER_WORDS, By, Cases, Number, OfColumn, OfMetric
from tierctl.validation import shown

_POLICY: Key = ("policy",)


def check_payout(subject: Subject) -> Iterator[Finding]:
    """Commissions are paid somehow, and nothing else is."""
    program = subject.program
    if program.commissions and program.payout is None and not subject.may_lack((), "payout"):
        message = "payout is missing: in which currency commissions are paid, and from which balance on"
        hint = f'as in payout = {{ currency = "{AS_EARNED}", pay_when = {{ more_than = 0 }} }}'
        yield subject.error("missing-key", ("payout",), message, hint)
    if program.payout is None:
        return
    if not program.commissions and not subject.may_lack((), "commissions"):
        message = "there are no commissions, so nothing is ever paid"
        yield subject.error("unfit-key", ("payout",), message, "remove it, or say under [commissions] what is earned")
    yield from _check_currency(subject, program.payout)
    yield from _check_standings(subject, program.payout)


def _check_currency(subject: Subject, payout: Payout) -> Iterator[Finding]:
    own = subject.program.currency
    are_whole = subject.is_whole(("currency",)) and subject.is_whole(("payout", "currency"))
    if payout.currency not in {own, AS_EARNED} and are_whole:
        message = f"{shown(payout.currency)} is not the program's currency, in which all is paid, or as it was earned"
        yield subject.error("wrong-value", ("payout", "currency"), message, f'one of: "{own}", "{AS_EARNED}"')


def _check_standings(subject: Subject, payout: Payout) -> Iterator[Finding]:
    """Of several tracks the payout does not say itself which one's tiers it means."""
    if payout.requires is None or len(subject.program.tracks) == 1:
        return
    for requires, path in grouped_requirements(payout.requires, ("payout", "requires")):
        for word in ("tier", "qualified"):
            held = getattr(requires, word)
            if held is not None and held.track is None and not subject.may_lack((*path, word), "track"):
                message = "track is missing: the program has several, so say which one's is meant"
                hint = f"one of: {', '.join(subject.program.tracks)}"
                yield subject.error("missing-key", (*path, word, "track"), message, hint)


def check_balances(subject: Subject) -> Iterator[Finding]:
    """A balance is compared with numbers, or with one for each currency."""
    for test in balance_bounds(subject.program):
        strange = [word for word in test.bound.words if word not in NUMBER_WORDS]
        strange += ["days_after"] if test.bound.days_after is not None else []
        strange += ["in_each_of_last"] if test.bound.in_each_of_last is not None else []
        for word in strange:
            message = f"a balance is held against a number; fitting here: {', '.join(NUMBER_WORDS)}"
            yield subject.error("unfit-bound", subject.word_path(test, word), message)
    for place in subject.places:
        if place.scope.kind == "balance" and not place.scope.is_choice and not _is_of_a_balance(place.node):
            message = "a balance is held against a plain number, or one for each currency"
            hint = 'as in at_least = 50, or at_least = { by = "currency", values = { USD = 50, EUR = 45 } }'
            yield subject.error("unfit-figure", place.path, message, hint)


def _is_of_a_balance(node: object) -> bool:
    """Whether it is fit for a balance, or another check's."""
    match node:
        case Number(is_share=is_share):
            return not is_share
        case By(by=by, values=values):
            return by == "currency" and values is not None
        case OfColumn(column=column):
            return not column.startswith("partner.")
        case OfMetric() | Cases():
            return False
    return True


def check_policies(subject: Subject) -> Iterator[Finding]:
    """What becomes of partners that have left is said where something is earned, and nowhere else."""
    program, key = subject.program, "terminated_partners"
    stated = program.policy.terminated_partners
    if program.commissions and stated is None and not subject.may_lack(_POLICY, key):
        message = f"{key} is missing: whether a partner earns anything of what comes after its last day"
        yield subject.error("missing-key", (*_POLICY, key), message, 'one of: "until_terminated", "keep_earning"')
    may_earn = subject.may_lack((), "commissions", "credits")
    if stated is not None and not program.rules and not may_earn:
        message = f"{key} decides nothing: there are neither commissions nor credits"
        yield subject.error("unfit-key", (*_POLICY, key), message, "remove it, or say what is earned")


def check_exchange(subject: Subject) -> Iterator[Finding]:
    """How amounts are converted before they are paid is said where they are, and nowhere else."""
    program = subject.program
    exchange, path = program.policy.fx, (*_POLICY, "fx")
    if exchange is None or not subject.is_whole(("payout",)):
        return
    converts = program.payout is not None and program.payout.currency != AS_EARNED
    if converts and exchange.payout is None and not subject.may_lack(path, "payout"):
        message = "payout is missing: at which rate what was earned in another currency is paid"
        hint = 'one of: "row_date", "month_end", "month_average", "fixed"'
        yield subject.error("missing-key", (*path, "payout"), message, hint)
    is_known = program.payout is not None or not subject.may_lack((), "payout")
    if exchange.payout is not None and not converts and is_known and subject.is_whole((*path, "payout")):
        why = "amounts are paid as they were earned" if program.payout else "no commissions are paid"
        yield subject.error("unfit-key", (*path, "payout"), f"payout has no use here: {why}", "remove it")


CHECKS: tuple[Check, ...] = (check_payout, check_balances, check_policies, check_exchange)
