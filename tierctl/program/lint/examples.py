"""Checks of a program file's own examples: they name months, exports, reports and columns that there are."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from tierctl import contracts
from tierctl.contracts import Contract
from tierctl.findings import Finding
from tierctl.located import Key
from tierctl.program.lint.subject import Check, Subject
from tierctl.validation import shown

_MONTH = re.compile(r"(\d{4})-(0[1-9]|1[0-2])")
_OF_TOTALS = "table"


def check_examples(subject: Subject) -> Iterator[Finding]:
    """Examples have names of their own and a month that the program is reviewed in."""
    names = [example.name for example in subject.program.examples]
    begins = subject.program.effective_from
    for index, example in enumerate(subject.program.examples):
        path = ("examples", index)
        if names.index(example.name) < index:
            message = f"{shown(example.name)} is the name of examples[{names.index(example.name) + 1}] already"
            yield subject.error("example-twice", (*path, "name"), message)
        month = _MONTH.fullmatch(example.month)
        if month is None:
            message = f'{shown(example.month)} should be a month such as "2025-05"'
            yield subject.error("example-month", (*path, "month"), message)
        elif date(int(month[1]), int(month[2]), 1) < begins.replace(day=1):
            message = f"{example.month} lies before effective_from, {begins}: nothing is reviewed then"
            yield subject.error("example-month", (*path, "month"), message)


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
            elif report not in contracts.report_names():
                known = (*contracts.report_names(), "totals")
                yield subject.unknown("unknown-report", path, "report", report, known)
            else:
                yield from _check_columns(subject, rows, path, contracts.report_contract(report))


def _check_totals(subject: Subject, rows: Sequence[Mapping[str, Any]], path: Key) -> Iterator[Finding]:
    for index, row in enumerate(rows):
        report = row.get(_OF_TOTALS)
        place = (*path, index)
        if report is None:
            message = f"a total says of which report it is: {', '.join(contracts.report_names())}"
            yield subject.error("unknown-report", place, message)
        elif report not in contracts.report_names():
            yield subject.unknown(
                "unknown-report", (*place, _OF_TOTALS), "report", str(report), contracts.report_names()
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


CHECKS: tuple[Check, ...] = (check_examples, check_rows, check_expectations)
