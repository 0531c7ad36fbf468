"""Columns: which of them conditions and figures name, and what is known of each.

A name is a column of the export itself, `partner.COLUMN` of the roster, or `EXPORT.COLUMN` of a row joined to it.
"""

from collections.abc import Iterator
from datetime import date

from tierctl.contracts import Field
from tierctl.program.model import Program
from tierctl.program.values import Bound, By, Figure, OfColumn, Where

PARTNER, ROSTER, MONTH_END = "partner", "partners", "month_end"


def columns_of(where: Where) -> Iterator[str]:
    """Every column that a condition names, `partner.COLUMN` included; a column may come more than once."""
    for column, bound in where.tests.items():
        yield column
        yield from _columns_of_bound(bound)
    for part in (*where.any, *where.all):
        yield from columns_of(part)


def columns_of_figure(figure: Figure | None) -> Iterator[str]:
    """Every column that a figure over a row names."""
    if isinstance(figure, OfColumn):
        yield figure.column
    elif isinstance(figure, By):
        yield figure.by
        nested = [*(figure.values or {}).values(), *(step.value for step in figure.steps or ()), figure.otherwise]
        for part in nested:
            yield from columns_of_figure(part)


def month_steps_of(item: Where | Figure | None) -> Iterator[date]:
    """The days at which steps by month_end begin, in a condition on rows or a figure over them."""
    if isinstance(item, Where):
        for bound in item.tests.values():
            for figure in _figures_of_bound(bound):
                yield from month_steps_of(figure)
        for part in (*item.any, *item.all):
            yield from month_steps_of(part)
    elif isinstance(item, By):
        for step in item.steps or ():
            if item.by == MONTH_END and step.since is not None:
                yield step.since
            yield from month_steps_of(step.value)


def field_of(program: Program, export: str, name: str) -> Field | None:
    """What is known of a column that rows of the export are read with; None: it is none that an export brings."""
    table, column = _place(export, name)
    return next((field for field in program.contract(table).fields if field.name == column), None)


def measured_field(program: Program, export: str, name: str) -> Field:
    """What is known of a column that is measured, a computed one perhaps.

    Raises:
        LookupError: there is no such column.
    """
    table, column = _place(export, name)
    return program.table(table).field(column)


def _place(export: str, name: str) -> tuple[str, str]:
    prefix, _, column = name.rpartition(".")
    return {"": export, PARTNER: ROSTER}.get(prefix, prefix), column


def _columns_of_bound(bound: Bound) -> Iterator[str]:
    if bound.days_after is not None:
        yield bound.days_after
    for figure in _figures_of_bound(bound):
        yield from columns_of_figure(figure)


def _figures_of_bound(bound: Bound) -> Iterator[OfColumn | By]:
    for word in bound.words:
        operand = bound.not_ if word == "not" else getattr(bound, word)
        for item in operand if isinstance(operand, tuple) else (operand,):
            if isinstance(item, OfColumn | By):
                yield item
