"""Checks of columns: they are there, and what is asked of one must fit its type and whether its cells may be empty."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from tierctl.contracts import Field
from tierctl.findings import Finding
from tierctl.located import Key
from tierctl.program.lint.subject import MEASURED, NUMBERS, ROSTER, Check, Subject
from tierctl.program.lint.walk import (
    MONTH_END,
    OF_PARTNER,
    TIER,
    Place,
    Scope,
    Test,
    figures_in,
    grouped_tests,
    scope_of,
    walk,
)
from tierctl.program.metrics import Running
from tierctl.program.rules import MOMENTS, PARTNER, ROW, Rule
from tierctl.program.values import DATE_WORDS, NUMBER_WORDS, Bound, By, OfColumn, Requires, Where
from tierctl.validation import closest, did_you_mean, shown

TYPES = {
    "string": "text",
    "number": "a number",
    "integer": "a whole number",
    "date": "a date",
    "boolean": "true or false",
}


_JOINERS = ("rows", "figure")


@dataclass(frozen=True)
class Role:
    """A column that a table names outside its conditions, and what it must be.

    `words` may stand in its place, and are no columns; `is_own`: it is never one of a joined export or the roster.
    """

    column: str
    path: Key
    allowed: tuple[str, ...]
    scope: Scope
    words: tuple[str, ...] = ()
    is_own: bool = False


def roles(subject: Subject) -> Iterator[Role]:
    """Every column that stands for a measure, a day, an end or a key."""
    program = subject.program
    for name, metric in program.metrics.items():
        path: Key = ("metrics", name)
        scope = scope_of(metric, path)
        if metric.column is not None and metric.measure is not None:
            yield Role(metric.column, (*path, metric.measure), NUMBERS, scope)
        yield from (Role(column, (*path, "count"), tuple(TYPES), scope) for column in metric.count or ())
        yield from (Role(column, (*path, "on"), ("date",), scope) for column in metric.on)
        if metric.latest_per is not None:
            yield Role(metric.latest_per, (*path, "latest_per"), tuple(TYPES), scope)
        if metric.running is not None:
            yield from (Role(end, (*path, "running", word), ("date",), scope) for word, end in _ends(metric.running))
    for name, column in program.columns.items():
        allowed = MEASURED.get(column.measure, tuple(TYPES))
        yield Role(column.column, ("columns", name, column.measure), allowed, scope_of(column, ("columns", name)))
        yield from (
            Role(each, ("columns", name, "same"), tuple(TYPES), scope_of(column, ("columns", name)))
            for each in column.same
        )
    for name, action in program.actions.items():
        if action.on is not None:
            yield Role(action.on, ("actions", name, "on"), ("date",), scope_of(action, ("actions", name)))
    for kind, name, rule in program.rules:
        yield from _roles_of_rule(rule, (kind, name))
    yield from _days(subject)


def _ends(running: Running) -> Iterator[tuple[str, str]]:
    ends = {word: getattr(running, word) for word in ("since", "before", "through")}
    yield from ((word, end) for word, end in ends.items() if end)


def _roles_of_rule(rule: Rule, path: Key) -> Iterator[Role]:
    """What a rule's rows are worth, when they earn, and what its caps count and group by."""
    scope = scope_of(rule, path)
    if rule.column is not None:
        yield Role(rule.column, (*path, "base"), NUMBERS, scope)
    if rule.earned_column is not None:
        yield Role(rule.earned_column, (*path, "earned_on"), ("date",), scope, words=MOMENTS, is_own=True)
    for word, end in _ends(rule.running) if rule.running else ():
        yield Role(end, (*path, "running", word), ("date",), scope, is_own=True)
    for index, cap in enumerate(rule.caps):
        if cap.of is not None:
            yield Role(cap.of, (*path, "caps", index, "of"), NUMBERS, scope, is_own=True)
        if cap.per not in {ROW, PARTNER}:
            place = (*path, "caps", index, "per")
            yield Role(cap.per, place, tuple(TYPES), scope, words=(ROW, PARTNER), is_own=True)


def _days(subject: Subject) -> Iterator[Role]:
    """The days of rows on which a rule looks at a standing."""
    days: list[tuple[str | None, Key, Scope]] = []
    for requires, path, scope in subject.of(Requires):
        held = [(word, getattr(requires, word)) for word in ("tier", "qualified")] if scope.kind == "rule" else []
        for word, each in held:
            if each is not None:
                days += [(getattr(each, key), (*path, word, key), scope) for key in ("as_of", "unbroken_since")]
    for figure, path, scope in subject.of(By):
        if scope.kind == "figure" and figure.by == TIER:
            days.append((figure.as_of, (*path, "as_of"), scope))
    for day, path, scope in days:
        rows = subject.rows_of(scope) if day is not None and day != MONTH_END else None
        # Where no rows earn, or a figure is the partner's, there is no day of a row; another check tells that.
        if day is not None and rows is not None and (scope.kind == "rule" or scope.is_of_rows):
            yield Role(day, path, ("date",), rows, words=(MONTH_END,))


def check_roles(subject: Subject) -> Iterator[Finding]:
    """Measures are of numbers; what dates a row or ends it is a date."""
    for role in roles(subject):
        if role.is_own and "." in role.column and role.scope.export in subject.exports:
            own = subject.exports[role.scope.export].names
            yield subject.unknown("unknown-column", role.path, f"column of {role.scope.export}", role.column, own)
            continue
        yield from _check_there(subject, role.column, role.path, role.scope, role.words)
        field = subject.field(role.column, role.scope)
        if field is not None and field.type not in role.allowed:
            what = "a date" if role.allowed == ("date",) else "a number"
            fitting = [each for each in subject.columns(role.scope) if _type(subject, each, role.scope) in role.allowed]
            message = f"{role.column} is {TYPES[field.type]}; here {what} is needed"
            hint = f"{what} is in: {', '.join(fitting) or 'none of its columns'}"
            yield subject.error("column-type", role.path, message, hint)


def _type(subject: Subject, column: str, scope: Scope) -> str | None:
    field = subject.field(column, scope)
    return field.type if field else None


def check_names(subject: Subject) -> Iterator[Finding]:
    """Conditions, requirements and figures name columns that there are."""
    for place in subject.places:
        match place.node:
            case Test(name=name, bound=bound):
                if place.scope.is_of_rows or name.startswith(OF_PARTNER):
                    yield from _check_there(subject, name, place.path, place.scope)
                if bound.days_after is not None and place.scope.is_of_rows:
                    path = subject.word_path(place.node, "days_after")
                    yield from _check_there(subject, bound.days_after, path, place.scope)
            case OfColumn(column=name):
                if name != MONTH_END and (place.scope.is_of_rows or name.startswith(OF_PARTNER)):
                    yield from _check_there(subject, name, place.path, place.scope)
            case By(by=name):
                if subject.meaning(name, place.scope) == "column":
                    metrics = subject.program.metrics if place.scope.kind == "figure" else ()
                    yield from _check_there(subject, name, place.path, place.scope, metrics)


def _check_there(subject: Subject, name: str, path: Key, scope: Scope, others: Iterable[str] = ()) -> Iterator[Finding]:
    """Whether a column is there; nothing is said of an export that is not, or that could not be read.

    `others` may stand there too, and may have been meant.
    """
    export, column = subject.owner(name, scope)
    if export is None:
        yield from _check_joined(subject, name, path, scope)
    elif not export and scope.kind == "benefit" and _is_joined(subject, scope):
        yield subject.unknown("unknown-column", path, "column of what is joined here", name, subject.columns(scope))
    elif export in subject.exports and subject.is_sound(export) and column not in subject.exports[export].names:
        computed = subject.program.columns.get(column)
        if computed is not None and computed.from_ not in subject.exports:
            return
        allowed = subject.columns(scope)
        if name.startswith(OF_PARTNER):
            allowed = [f"{OF_PARTNER}{each}" for each in subject.exports[ROSTER].names]
        yield subject.unknown("unknown-column", path, f"column of {export}", name, [*allowed, *others])


def _check_joined(subject: Subject, name: str, path: Key, scope: Scope) -> Iterator[Finding]:
    """An `EXPORT.COLUMN` without its `with`."""
    export = name.partition(".")[0]
    if not _is_joined(subject, scope):
        return
    message = f"{name} is of no export that is joined here; joined: {', '.join(scope.joined) or 'none'}"
    meant = closest(export, scope.joined)
    hint = f"did you mean {meant}.{name.partition('.')[2]}?" if meant else ""
    if not meant and export in subject.exports and scope.kind in _JOINERS:
        hint = f"join it, as in with = {{ {export} = COLUMN }}"
    yield subject.error("unknown-column", path, message, hint)


def _is_joined(subject: Subject, scope: Scope) -> bool:
    """Whether all that a table joins is known; where a benefit joins nothing at all, that is told once."""
    is_known = all(export in subject.exports for export in scope.joined)
    return is_known and subject.is_whole((*scope.holder, "with")) and (bool(scope.joined) or scope.kind in _JOINERS)


def check_bounds(subject: Subject) -> Iterator[Finding]:
    """A bound's words and values fit the column that it is on."""
    for test, _, scope in subject.of(Test):
        field = subject.field(test.name, scope) if scope.is_of_rows or test.name.startswith(OF_PARTNER) else None
        if field is None:
            continue
        if subject.is_whole(test.path):
            yield from _check_words(subject, test, field)
        yield from _check_values(subject, test, field)


def check_compared(subject: Subject) -> Iterator[Finding]:
    """A column that is compared with another has the other's type."""
    for test, _, scope in subject.of(Test):
        field = subject.field(test.name, scope) if scope.is_of_rows or test.name.startswith(OF_PARTNER) else None
        wanted = _kind(field) if field else None
        compared: list[tuple[str, str, str | None]] = []
        if test.bound.days_after is not None:
            compared.append((test.bound.days_after, "days_after", "date"))
        for figure, path in figures_in(test):
            word = "equal" if path == test.path else str(path[-1])
            given = [each.node.column for each in walk(Place(figure, path, scope)) if isinstance(each.node, OfColumn)]
            compared += [(column, word, "number" if word in NUMBER_WORDS else wanted) for column in given]
        for column, word, needed in compared:
            other = subject.field(column, scope)
            if field and other and needed and _kind(other) != needed:
                what = TYPES[field.type] if needed == wanted else TYPES[needed]
                message = f"{column} is {TYPES[other.type]}, and {test.name} is {what}"
                yield subject.error("unfit-bound", subject.word_path(test, word), message)


def check_empty_cells(subject: Subject) -> Iterator[Finding]:
    """A range on a column that may be empty, or that is compared with one, says what an empty cell means.

    Those of rules need not: a row that earns nothing for it stands in `not_earned`, with the empty cell.
    """
    tested: list[tuple[Where | Requires, Key, Scope]] = [*subject.conditions(), *subject.requirements()]
    for tests_of, path, scope in tested:
        if scope.is_of_rule:
            continue
        tests = list(grouped_tests(tests_of, path))
        said = {test.name for test in tests if test.bound.empty is not None}
        for test in tests:
            is_column = scope.is_of_rows or test.name.startswith(OF_PARTNER)
            for name in dict.fromkeys(_in_ranges(subject, test, scope)) if is_column else ():
                if name not in said and _may_be_empty(subject, name, scope):
                    whose = "a row" if scope.is_of_rows else "a partner"
                    message = f"{name} may be empty, and {whose} where it is does not meet this condition"
                    hint = f"if that is meant, add {name}.empty = false; if not, allow it with any and empty = true"
                    yield subject.warning("empty-cells", test.path, message, hint)


def _in_ranges(subject: Subject, test: Test, scope: Scope) -> Iterator[str]:
    """The columns of which an empty cell keeps a range from being met."""
    field = subject.field(test.name, scope)
    ranges = DATE_WORDS if field is not None and field.type == "date" else NUMBER_WORDS
    if test.bound.days_after is not None or any(word in ranges for word in test.bound.words):
        yield test.name
    if test.bound.days_after is not None:
        yield test.bound.days_after
    for figure, path in figures_in(test):
        inside = walk(Place(figure, path, scope)) if path != test.path and path[-1] != "not" else ()
        yield from (place.node.column for place in inside if isinstance(place.node, OfColumn))


def check_first_filled(subject: Subject) -> Iterator[Finding]:
    """Of several columns that may date a row, each is there for rows in which those before it are empty."""
    for name, metric in subject.program.metrics.items():
        path: Key = ("metrics", name, "on")
        scope = scope_of(metric, path[:-1])
        for index, column in enumerate(metric.on[:-1]):
            if subject.field(column, scope) is not None and not _may_be_empty(subject, column, scope):
                message = f"{column} is never empty, so {metric.on[index + 1]} never dates a row"
                yield subject.warning("unused", (*path, index + 1), message, "write first what may be empty")
                break


def _may_be_empty(subject: Subject, name: str, scope: Scope) -> bool:
    """Whether the column is known and some of its cells can be empty."""
    field = subject.field(name, scope)
    if field is None or field.required or field.default is not None:
        return False
    export, own = subject.owner(name, scope)
    computed = subject.program.columns.get(own)
    if computed is None or computed.from_ != export:
        return True
    # A row is alike to itself: what is computed over it is empty only where it is left out.
    read = (*computed.same, *([] if computed.measure == "count" else [computed.column]))
    among = any(_may_be_empty(subject, column, Scope("rows", export=export)) for column in read if column != own)
    chosen = isinstance(computed.where, Where) or computed.where in subject.program.conditions
    return computed.measure not in {"count", "sum"} and (among or chosen)


def _check_words(subject: Subject, test: Test, field: Field) -> Iterator[Finding]:
    counts_days = test.bound.days_after is not None
    for word in test.bound.words:
        path = subject.word_path(test, word)
        is_days = counts_days and field.type == "date"
        if word in NUMBER_WORDS and field.type not in NUMBERS and not is_days:
            fitting = ", ".join(DATE_WORDS if field.type == "date" else ("a value", "not", "empty"))
            message = f"{word} is for numbers, and {test.name} is {TYPES[field.type]}; fitting here: {fitting}"
            yield subject.error("unfit-bound", path, message)
        if word in DATE_WORDS and field.type != "date":
            fitting = ", ".join(NUMBER_WORDS if field.type in NUMBERS else ("a value", "not", "empty"))
            message = f"{word} is for dates, and {test.name} is {TYPES[field.type]}; fitting here: {fitting}"
            yield subject.error("unfit-bound", path, message)
    if counts_days and field.type in NUMBERS:
        message = f"days_after counts days between dates, and {test.name} is {TYPES[field.type]}"
        yield subject.error("unfit-bound", subject.word_path(test, "days_after"), message)


def _check_values(subject: Subject, test: Test, field: Field) -> Iterator[Finding]:
    for word, value in _listed(test.bound):
        path = subject.word_path(test, word)
        if not fits(value, field.type):
            message = f"{shown(value)} is not {TYPES[field.type]}, and {test.name} is"
            yield subject.error("unfit-bound", path, message)
        elif field.enum and value not in field.enum:
            message = f"{test.name} is never {shown(value)}; its values are {', '.join(field.enum)}"
            yield subject.error("unknown-value", path, message, did_you_mean(value, field.enum))


def _listed(bound: Bound) -> Iterator[tuple[str, object]]:
    for word, values in (("equal", bound.equal), ("not", bound.not_)):
        yield from ((word, value) for value in values or () if not isinstance(value, OfColumn))


def _kind(field: Field) -> str:
    return "number" if field.type in NUMBERS else field.type


def fits(value: object, type_: str) -> bool:
    """Whether a value as a program file writes it is one of a column's type."""
    if type_ == "boolean":
        return isinstance(value, bool)
    if type_ == "date":
        return isinstance(value, date)
    if type_ == "string":
        return isinstance(value, str)
    is_whole = isinstance(value, Decimal) and value == value.to_integral_value()
    return is_whole if type_ == "integer" else isinstance(value, Decimal)


CHECKS: tuple[Check, ...] = (
    check_roles,
    check_names,
    check_bounds,
    check_compared,
    check_empty_cells,
    check_first_filled,
)
