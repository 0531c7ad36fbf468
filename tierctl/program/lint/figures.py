"""Checks of figures: steps that go up, shares written as shares, and what a requirement may compare."""

from collections.abc import Iterator
from itertools import pairwise

from tierctl.findings import Finding
from tierctl.located import Key
from tierctl.program.lint.subject import Check, Subject, figures_in, parts_of, tests_in
from tierctl.program.values import DATE_WORDS, By, Figure, Number, OfColumn, Step

_KINDS = {"percent": 'a share in quotes, such as "50 %"', "count": "a whole number, such as 2", "amount": "a number"}


def check_benefit_values(subject: Subject) -> Iterator[Finding]:
    """A benefit's values are of its kind: percentages are shares, counts whole numbers."""
    for name, benefit in subject.program.benefits.items():
        # Values of the kind yes_no are another check's, and those whose kind could not be read nobody's.
        is_told = benefit.kind != "yes_no" and subject.is_whole(("benefits", name, "kind"))
        for tier, figure in benefit.tiers.items() if isinstance(benefit.tiers, dict) and is_told else ():
            for part, path in parts_of(figure, ("benefits", name, "tiers", tier)):
                if isinstance(part, Number) and not _is_of_kind(part, benefit.kind):
                    message = f"{part} is not of the kind {benefit.kind}: write {_KINDS[benefit.kind]}"
                    either = f'"{(part.value * 100).normalize():f} %" or "{part.value:f} %"?'
                    yield subject.error("unfit-figure", path, message, either if benefit.kind == "percent" else "")


def _is_of_kind(number: Number, kind: str) -> bool:
    is_whole = number.value == number.value.to_integral_value()
    return number.is_share == (kind == "percent") and (kind != "count" or is_whole)


def check_steps(subject: Subject) -> Iterator[Finding]:
    """Steps go up: each begins above the one before, so that none overlaps and none is lost."""
    for figure, place in _figures(subject):
        if not isinstance(figure, By) or figure.steps is None:
            continue
        steps, path = figure.steps, (*place, "steps")
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
                    f"this step begins at {_shown(step)}, not above the one before, which begins at {_shown(before)}"
                )
                yield subject.error("steps", (*path, index), message, "write the steps in order, lowest first")


def check_requirements(subject: Subject) -> Iterator[Finding]:
    """Requirements compare metrics with numbers, and with what is known of a partner."""
    for requires, path in subject.requirements():
        for test in tests_in(requires, path):
            if test.name.startswith("partner."):
                continue
            words = [word for word in DATE_WORDS if getattr(test.bound, word) is not None]
            words += ["days_after"] if test.bound.days_after is not None else []
            for word in words:
                place = subject.word_path(test, word)
                message = f"{word} is for dates, and {test.name} is a number"
                yield subject.error("unfit-bound", place, message)
            listed = [*(test.bound.equal or ()), *(test.bound.not_ or ())]
            if any(isinstance(value, bool | str) or value is None for value in listed):
                yield subject.error("unfit-bound", test.path, f"{test.name} is a number and can only equal numbers")


def check_figures_of_partners(subject: Subject) -> Iterator[Finding]:
    """What one value per partner is compared with, or given by, has one value per partner too."""
    for figure, path in subject.figures_of_partners():
        for part, place in parts_of(figure, path):
            if isinstance(part, OfColumn) and not part.column.startswith("partner."):
                message = f"{part.column} is a column of rows; here only partner.COLUMN has one value per partner"
                yield subject.error("unfit-figure", place, message)


def _figures(subject: Subject) -> Iterator[tuple[Figure, Key]]:
    """Every figure of the program and every figure inside it, with its path."""
    for figure, path in subject.figures_of_partners():
        yield from parts_of(figure, path)
    for where, path, _ in subject.conditions():
        for test in tests_in(where, path):
            for word, figure in figures_in(test.bound):
                yield from parts_of(figure, subject.word_path(test, word))


def _start(step: Step) -> object:
    return next((limit for limit in (step.at_least, step.more_than, step.since) if limit is not None), None)


def _kind(step: Step) -> str:
    return next(word for word in ("at_least", "more_than", "since") if getattr(step, word) is not None)


def _shown(step: Step) -> str:
    return f"{_start(step)}"


CHECKS: tuple[Check, ...] = (check_benefit_values, check_steps, check_requirements, check_figures_of_partners)
