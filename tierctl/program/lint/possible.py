"""What values a metric can have at all, so that lint can tell which criteria are never met and which always are."""

from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType

from tierctl.contracts import Field
from tierctl.program.formula import Chosen, Constant, Operation, Reference, Term
from tierctl.program.lint.ranges import Range
from tierctl.program.lint.subject import Subject
from tierctl.program.lint.walk import scope_of
from tierctl.program.metrics import NEVER_UNKNOWN, Metric
from tierctl.program.values import Number

_NOTHING, _ONE = Decimal(0), Decimal(1)
_DISTINCT: Mapping[str, int] = MappingProxyType({"partner_id": 1})


def possible(subject: Subject, metric: Metric, seen: frozenset[str] = frozenset()) -> Range:
    """The values that a metric can have, `if_none` among them."""
    values = _measured(subject, metric, seen)
    if metric.if_none is None:
        return values
    return Range(low=min(values.low, metric.if_none), high=max(values.high, metric.if_none))


def _measured(subject: Subject, metric: Metric, seen: frozenset[str]) -> Range:
    if metric.formula is not None:
        return _of_term(subject, metric.formula.tree, seen)
    if metric.count is not None:
        return Range(low=_NOTHING, high=_most_distinct(subject, metric))
    if metric.measure == "share":
        return Range(low=_NOTHING, high=_ONE)
    if metric.column is None or metric.times is not None:
        return Range()
    field = subject.field(metric.column, scope_of(metric))
    values = range_of_field(field) if field else Range()
    if metric.measure == "sum":
        return Range(low=_NOTHING) if values.low >= 0 else Range()
    return values


def _most_distinct(subject: Subject, metric: Metric) -> Decimal:
    """How many different values the counted columns can have between them."""
    most = _ONE
    for column in metric.count or ():
        field = subject.field(column, scope_of(metric))
        listed = _DISTINCT.get(column, 0) or (len(field.enum) if field else 0)
        listed = 2 if field is not None and field.type == "boolean" else listed
        most *= Decimal(listed) if listed else Decimal("Infinity")
    return most


def range_of_field(field: Field) -> Range:
    """The values that a column of numbers can have."""
    low = Range() if field.minimum is None else Range(low=Decimal(field.minimum))
    return low if field.maximum is None else low.meet(Range(high=Decimal(field.maximum)))


def _of_term(subject: Subject, term: Term, seen: frozenset[str]) -> Range:
    match term:
        case Constant(value=value):
            return Range(low=value, high=value)
        case Reference(metric=name):
            metric = subject.program.metrics.get(name)
            return possible(subject, metric, seen | {name}) if metric is not None and name not in seen else Range()
        case Operation(operator=operator, left=left, right=right):
            return _reckoned(operator, _of_term(subject, left, seen), _of_term(subject, right, seen))
        case Chosen(choice=choice, terms=terms):
            ranges = [_of_term(subject, each, seen) for each in terms]
            choose = min if choice == "least" else max
            return Range(low=choose(each.low for each in ranges), high=choose(each.high for each in ranges))


def _reckoned(operator: str, left: Range, right: Range) -> Range:
    """The values of two terms put together, at their widest."""
    if operator == "+":
        return Range(low=left.low + right.low, high=left.high + right.high)
    if operator == "-":
        return Range(low=left.low - right.high, high=left.high - right.low)
    is_positive = left.low >= 0 and right.low >= 0
    if operator == "*" and is_positive:
        return Range(low=left.low * right.low, high=_product(left.high, right.high))
    return Range(low=_NOTHING) if is_positive else Range()


def _product(left: Decimal, right: Decimal) -> Decimal:
    return _NOTHING if _NOTHING in (left, right) else left * right


def may_be_unknown(subject: Subject, metric: Metric, seen: frozenset[str] = frozenset()) -> bool:
    """Whether the metric can have no value, `if_none` left aside."""
    if metric.formula is None:
        return metric.measure not in NEVER_UNKNOWN if metric.value is None else not isinstance(metric.value, Number)
    return _divides(metric.formula.tree) or any(_is_unknown(subject, name, seen) for name in metric.formula.metrics)


def _is_unknown(subject: Subject, name: str, seen: frozenset[str]) -> bool:
    metric = subject.program.metrics.get(name)
    if metric is None or name in seen:
        return True
    return metric.if_none is None and may_be_unknown(subject, metric, seen | {name})


def _divides(term: Term) -> bool:
    match term:
        case Operation(operator=operator, left=left, right=right):
            return operator == "/" or _divides(left) or _divides(right)
        case Chosen(terms=terms):
            return any(_divides(each) for each in terms)
    return False
