"""Checks of columns: what is asked of a column must fit its type, its words and whether its cells may be empty."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from tierctl.contracts import Field
from tierctl.findings import Finding
from tierctl.program.lint.subject import ROSTER, Check, Subject, Test, columns_in, contract_of, field_of, tests_in
from tierctl.program.values import DATE_WORDS, NUMBER_WORDS, Bound, Cases, OfColumn, OfMetric, Requires, Where
from tierctl.validation import did_you_mean, shown

_NUMBERS = ("number", "integer")
_TYPES = {
    "string": "text",
    "number": "a number",
    "integer": "a whole number",
    "date": "a date",
    "boolean": "true or false",
}


def check_roles(subject: Subject) -> Iterator[Finding]:
    """Sums are over numbers; what dates a row or ends it is a date."""
    for column, path, role, metric in subject.columns_of_metrics():
        field = field_of(column, metric.from_)
        if field is None or role == "count":
            continue
        allowed, what = (_NUMBERS, "a number") if role == "sum" else (("date",), "a date")
        if field.type not in allowed:
            contract = contract_of(metric.from_)
            fitting = [each.name for each in contract.fields if each.type in allowed] if contract else []
            message = f"{column} is {_TYPES[field.type]}; here {what} is needed"
            hint = f"{what} is in: {', '.join(fitting) or 'none of its columns'}"
            yield subject.error("column-type", path, message, hint)


def check_bounds(subject: Subject) -> Iterator[Finding]:
    """A bound's words and values fit the column that it is on."""
    for test, field in _tests_on_columns(subject):
        if subject.is_whole(test.path):
            yield from _check_words(subject, test, field)
        yield from _check_values(subject, test, field)


def check_compared_columns(subject: Subject) -> Iterator[Finding]:
    """A column that is compared with another has the other's type."""
    for where, path, export in subject.conditions():
        for test in tests_in(where, path):
            for word, column in columns_in(test.bound):
                field, other = field_of(test.name, export), field_of(column, export)
                wanted = "date" if word == "days_after" else field and _kind(field)
                if field and other and _kind(other) != wanted:
                    message = f"{column} is {_TYPES[other.type]}, and {test.name} is {_TYPES[field.type]}"
                    yield subject.error("unfit-bound", subject.word_path(test, word), message)


def check_empty_cells(subject: Subject) -> Iterator[Finding]:
    """A range on a column that may be empty says what an empty cell means."""
    for where, path, export in subject.conditions():
        tests = list(tests_in(where, path))
        said = {test.name for test in tests if test.bound.empty is not None}
        for test in tests:
            field = field_of(test.name, export)
            if field is None or field.required or field.default is not None or test.name in said:
                continue
            ranges = DATE_WORDS if field.type == "date" else NUMBER_WORDS
            if test.bound.days_after or any(word in ranges for word in test.bound.words):
                message = f"{test.name} may be empty, and a row where it is does not meet this condition"
                hint = f"if that is meant, add {test.name}.empty = false; if not, allow it with any and empty = true"
                yield subject.warning("empty-cells", test.path, message, hint)


def _tests_on_columns(subject: Subject) -> Iterator[tuple[Test, Field]]:
    conditions: list[tuple[Where | Requires, tuple[str | int, ...], str]] = [*subject.conditions()]
    conditions += [(requires, path, ROSTER) for requires, path in subject.requirements()]
    for tests, path, export in conditions:
        for test in tests_in(tests, path):
            field = field_of(test.name, export)
            if field and (isinstance(tests, Where) or test.name.startswith("partner.")):
                yield test, field


def _check_words(subject: Subject, test: Test, field: Field) -> Iterator[Finding]:
    counts_days = test.bound.days_after is not None
    for word in test.bound.words:
        path = subject.word_path(test, word)
        if isinstance(getattr(test.bound, word, None), OfMetric | Cases):
            yield subject.error("unfit-bound", path, "a condition on a column cannot depend on a metric")
        is_days = counts_days and field.type == "date"
        if word in NUMBER_WORDS and field.type not in _NUMBERS and not is_days:
            fitting = ", ".join(DATE_WORDS if field.type == "date" else ("a value", "not", "empty"))
            message = f"{word} is for numbers, and {test.name} is {_TYPES[field.type]}; fitting here: {fitting}"
            yield subject.error("unfit-bound", path, message)
        if word in DATE_WORDS and field.type != "date":
            fitting = ", ".join(NUMBER_WORDS if field.type in _NUMBERS else ("a value", "not", "empty"))
            message = f"{word} is for dates, and {test.name} is {_TYPES[field.type]}; fitting here: {fitting}"
            yield subject.error("unfit-bound", path, message)


def _check_values(subject: Subject, test: Test, field: Field) -> Iterator[Finding]:
    for word, value in _listed(test.bound):
        path = subject.word_path(test, word)
        if not _fits(value, field):
            message = f"{shown(value)} is not {_TYPES[field.type]}, and {test.name} is"
            yield subject.error("unfit-bound", path, message)
        elif field.enum and value not in field.enum:
            message = f"{test.name} is never {shown(value)}; its values are {', '.join(field.enum)}"
            yield subject.error("unknown-value", path, message, did_you_mean(value, field.enum))


def _listed(bound: Bound) -> Iterator[tuple[str, object]]:
    for word, values in (("equal", bound.equal), ("not", bound.not_)):
        yield from ((word, value) for value in values or () if not isinstance(value, OfColumn))


def _kind(field: Field) -> str:
    return "number" if field.type in _NUMBERS else field.type


def _fits(value: object, field: Field) -> bool:
    if field.type == "boolean":
        return isinstance(value, bool)
    if field.type == "date":
        return isinstance(value, date)
    if field.type == "string":
        return isinstance(value, str)
    is_whole = isinstance(value, Decimal) and value == value.to_integral_value()
    return is_whole if field.type == "integer" else isinstance(value, Decimal)


CHECKS: tuple[Check, ...] = (check_roles, check_bounds, check_compared_columns, check_empty_cells)
