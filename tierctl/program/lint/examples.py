"""Checks of a program file's own examples: they name months, exports, reports and columns that there are."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from itertools import pairwise
from typing import Any

from tierctl import contracts
from tierctl.contracts import Contract
from tierctl.findings import Finding
from tierctl.located import Key
from tierctl.program.lint.subject import Check, Subject
from tierctl.program.model import Example
from tierctl.validation import shown

_MONTH = re.compile(r"(\d{4})-(0[1-9]|1[0-2])")
_OF_TOTALS = "table"


def check_examples(subject: Subject) -> Iterator[Finding]:
    """Examples have names of their own and months that the program is reviewed in."""
    names = [example.name for example in subject.program.examples]
    for index, example in enumerate(subject.program.examples):
        path = ("examples", index)
        if names.index(example.name) < index:
            message = f"{shown(example.name)} is the name of examples[{names.index(example.name) + 1}] already"
            yield subject.error("example-twice", (*path, "name"), message)
        for place, label in _months(example):
            if message := _fault_of(label, subject.program.effective_from):
                yield subject.error("example-month", (*path, *place), message)


def check_closed(subject: Subject) -> Iterator[Finding]:
    """The months that an example closes follow each other, and the month that it reviews comes after them."""
    for index, example in enumerate(subject.program.examples):
        for (_, before), (place, label) in pairwise(_months(example)):
            earlier, now = _number(before), _number(label)
            is_reviewed = place == ("month",)
            if earlier is None or now is None or now == earlier + 1 or (is_reviewed and now > earlier):
                continue
            message = f"{label} cannot follow {before}: months are closed in turn, and those after them reviewed"
            yield subject.error("example-month", ("examples", index, *place), message)


def _months(example: Example) -> list[tuple[Key, str]]:
    """The months that an example closes, and the one that it reviews, with their places in its table."""
    return [*((("closed", number), label) for number, label in enumerate(example.closed)), (("month",), example.month)]


def _number(label: str) -> int | None:
    """A month's place in time; None for what is no month."""
    month = _MONTH.fullmatch(label)
    return int(month[1]) * 12 + int(month[2]) if month else None


def _fault_of(label: str, begins: date) -> str:
    """Why a month cannot be reviewed; empty where it can."""
    number = _number(label)
    if number is None:
        return f'{shown(label)} should be a month such as "2025-05"'
    if number < begins.year * 12 + begins.month:
        return f"{label} lies before effective_from, {begins}: nothing is reviewed then"
    return ""


def check_rows(subject: Subject) -> Iterator[Finding]:
    """An example's rows are of exports that there are, and name their columns."""
    for index, example in enumerate(subject.program.examples):
        for export, rows in example.rows.items():
            path = ("examples", index, "rows", export)
            if export not in subject.exports:
                if not subject.may_be_left_out("exports", export):
                    yield subject.unknown("unknown-export", path, "export", export, subject.exports)
            elif subject.is_whole(("exports", export)):
                yield from _check_columns(subject, rows, path, subject.brought(export), extra=("times",))


def check_expectations(subject: Subject) -> Iterator[Finding]:
    """An example expects rows of reports that there are, and names their columns."""
    for index, example in enumerate(subject.program.examples):
        for report, rows in example.expect.items():
            path = ("examples", index, "expect", report)
            if report == "totals":
                yield from _check_totals(subject, rows, path)
            elif report not in contracts.review_names():
                known = (*contracts.review_names(), "totals")
                yield subject.unknown("unknown-report", path, "report", report, known)
            else:
                yield from _check_columns(subject, rows, path, contracts.report_contract(report))


def _check_totals(subject: Subject, rows: Sequence[Mapping[str, Any]], path: Key) -> Iterator[Finding]:
    for index, row in enumerate(rows):
        report = row.get(_OF_TOTALS)
        place = (*path, index)
        if report is None:
            message = f"a total says of which report it is: {', '.join(contracts.review_names())}"
            yield subject.error("unknown-report", place, message)
        elif report not in contracts.review_names():
            yield subject.unknown(
                "unknown-report", (*place, _OF_TOTALS), "report", str(report), contracts.review_names()
            )
        else:
            contract = contracts.report_contract(report)
            yield from _check_columns(subject, [row], path, contract, extra=(_OF_TOTALS,), first=index)


def _check_columns(
    subject: Subject,
    rows: Iterable[Mapping[str, Any]],
    path: Key,
    contract: Contract,
    *,
    extra: tuple[str, ...] = (),
    first: int = 0,
) -> Iterator[Finding]:
    allowed = (*contract.names, *extra)
    for index, row in enumerate(rows, start=first):
        for column in row:
            if column not in allowed:
                place = (*path, index, column)
                yield subject.unknown("unknown-column", place, f"column of {contract.name}", column, allowed)


CHECKS: tuple[Check, ...] = (check_examples, check_closed, check_rows, check_expectations)
