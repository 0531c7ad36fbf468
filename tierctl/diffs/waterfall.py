"""The waterfall: from one review to the other, exchanging what they were evaluated from one cause after the other.

After each exchange that is one, the month is evaluated again; what moves between two neighbours belongs to the cause
exchanged between them. So the parts add up to the whole, whatever one cause does to what another one makes.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Final

import polars as pl

from tierctl.diffs.basis import CALENDAR, CAUSES, MONTH, NOT_KEPT, OPENING, PROGRAM, REMOVED, TIERCTL, Basis
from tierctl.diffs.differences import between, caused
from tierctl.diffs.items import Tables, items_of
from tierctl.diffs.mixed import mixed
from tierctl.diffs.rows import RowMoves, causes_of, row_moves
from tierctl.findings import CannotRunError
from tierctl.fiscal import Calendar, FiscalMonth

_OPTIONAL: Final[tuple[str, ...]] = ("decisions", "fx_rates")

Evaluate = Callable[[Basis], Tables]
"""Reviews a basis; the tables are read before the next one is."""


@dataclass(frozen=True)
class Way:
    """The way from one basis to another.

    `moves` are the rows that differ, by export; exports that the two sides read in other columns, or that only one of
    them reads, are exchanged as a whole together with the programs, and are not among them.
    """

    a: Basis
    b: Basis
    moves: dict[str, RowMoves]

    @classmethod
    def between(cls, a: Basis, b: Basis) -> "Way":
        """The way from `a` to `b`. An export of decisions or rates that one of them lacks is one without rows."""
        a, b = _with_optional(a, b), _with_optional(b, a)
        both = [name for name in b.exports if name in a.exports and a.contracts[name] == b.contracts[name]]
        return cls(a, b, row_moves(a, b, sorted(both)))

    def steps(self) -> Iterator[tuple[str, Basis]]:
        """Each cause that exchanges something, with the basis in which it and all before it are exchanged.

        The last of them is `b` itself.
        """
        done: set[str] = set()
        for cause in self.causes:
            done.add(cause)
            yield cause, self.b if cause == self.causes[-1] else self._at(done)

    @cached_property
    def causes(self) -> tuple[str, ...]:
        """All that differs between the two, in its order, whether it moves anything or not."""
        found = self._found()
        return tuple(cause for cause in CAUSES if cause in found)

    def _found(self) -> set[str]:
        a, b = self.a, self.b
        is_other = {
            MONTH: a.month.label != b.month.label,
            OPENING: (a.opening_sha256, _starts(a)) != (b.opening_sha256, _starts(b)),
            CALENDAR: (a.calendar, a.month, dict(a.holidays)) != (b.calendar, b.month, dict(b.holidays)),
            PROGRAM: _said(a) != _said(b) or a.exports.keys() != b.exports.keys() or self._has_other_columns,
            REMOVED: a.accept_removals != b.accept_removals,
        }
        if is_other[MONTH]:
            # Each month opens from the closes before it, and ends on another day.
            is_other |= {OPENING: False, CALENDAR: a.calendar != b.calendar or dict(a.holidays) != dict(b.holidays)}
        return {cause for cause, differs in is_other.items() if differs} | causes_of(self.moves)

    @property
    def _has_other_columns(self) -> bool:
        return any(name in self.a.exports and name not in self.moves for name in self.b.exports)

    def _at(self, done: set[str]) -> Basis:
        """The first side's basis in which these causes are exchanged."""
        a, b = self.a, self.b
        basis = replace(a, exports=self._exports(done), repeating=a.repeating | b.repeating)
        if MONTH in done:
            calendar, month = self._month()
            basis = replace(basis, month=month, calendar=calendar)
        if {MONTH, OPENING} & done:
            basis = replace(
                basis, opening=b.opening, opening_sha256=b.opening_sha256, money_from=self._money_from(basis)
            )
        if CALENDAR in done:
            basis = replace(basis, month=b.month, calendar=b.calendar, holidays=b.holidays, money_from=b.money_from)
        if PROGRAM in done:
            basis = replace(basis, programs=b.programs, contracts=b.contracts)
        if REMOVED in done:
            basis = replace(basis, accept_removals=b.accept_removals)
        return basis

    def _month(self) -> tuple[Calendar, FiscalMonth]:
        """The second side's month by the first one's calendar, or by its own where that one does not reach it."""
        try:
            return self.a.calendar, self.a.calendar.month(self.b.month.label)
        except ValueError:
            return self.b.calendar, self.b.month

    def _money_from(self, basis: Basis) -> FiscalMonth | None:
        """The month with which the second side's money begins, by the calendar that is in use."""
        wanted = self.b.money_from
        return wanted and basis.calendar.month(wanted.label)

    def _exports(self, done: set[str]) -> dict[str, Sequence[pl.LazyFrame]]:
        of_program = self.b if PROGRAM in done else self.a
        return {
            name: mixed(self.a.exports[name], self.moves[name], done) if name in self.moves else parts
            for name, parts in of_program.exports.items()
        }


def waterfall(
    tables: tuple[Tables, Tables], way: Way | None, evaluate: Evaluate, *, month: str, is_evaluated: bool = False
) -> pl.DataFrame:
    """The report `differences` of two reviews.

    Args:
        tables: the reports of both.
        way: the way from what the one was evaluated from to that of the other; None: one of them cannot be evaluated
            again, and nothing can be told apart.
        evaluate: reviews a basis.
        month: the fiscal month that is compared.
        is_evaluated: whether the second side's reports are what `evaluate` has made of its basis just now, which then
            is not done again.

    Raises:
        CannotRunError: one of the two cannot be evaluated. What cannot be evaluated on the way is passed over; what
            it moves belongs to the cause that comes next.
        AddUpError: the parts do not add up.
    """
    before, after = (items_of(side) for side in tables)
    whole = between(before, after)
    if whole.is_empty():
        return caused([], month, whole)
    if way is None:
        return caused([(NOT_KEPT, whole)], month, whole)
    items = items_of(evaluate(way.a))
    moves = [(TIERCTL, between(before, items))]
    for cause, basis in way.steps():
        try:
            now = after if is_evaluated and basis is way.b else items_of(evaluate(basis))
        except CannotRunError:
            if basis is way.b:
                raise
            continue
        moves.append((cause, between(items, now)))
        items = now
    moves.append((TIERCTL, between(items, after)))
    return caused(moves, month, whole)


def _with_optional(basis: Basis, other: Basis) -> Basis:
    """The basis with the exports that only the other one has, and that nobody has to have."""
    lacking = {name: other.contracts[name] for name in _OPTIONAL if name in other.exports.keys() - basis.exports.keys()}
    empty = {name: (contract.polars_schema.to_frame().lazy(),) for name, contract in lacking.items()}
    return replace(basis, exports={**basis.exports, **empty}, contracts={**basis.contracts, **lacking})


def _starts(basis: Basis) -> str:
    """The label of the first month whose money is posted."""
    return (basis.money_from or basis.month).label


def _said(basis: Basis) -> list[dict[str, Any]]:
    """What the programs say: models that are alike in this are alike, whatever else they have come to know."""
    return [program.model_dump() for program in basis.programs]
