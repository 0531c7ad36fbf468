"""What the checks look at: a program, the document it was read from, and the contracts it refers to."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from types import MappingProxyType
from typing import Literal, TypeAlias

from tierctl.contracts import Contract, Field, export_contract, export_names
from tierctl.findings import Finding, error, warning
from tierctl.located import Document, Key
from tierctl.program.exports import DeclaredExport
from tierctl.program.lint.walk import (
    CURRENCY,
    MONTH_END,
    OF_PARTNER,
    TIER,
    Found,
    Place,
    Scope,
    Test,
    conditions,
    has_rows,
    metrics_named,
    places,
    requirements,
    scope_of,
)
from tierctl.program.model import Program, computed_field
from tierctl.program.rules import Rule
from tierctl.program.values import By, Requires, Where
from tierctl.repair import Repairs
from tierctl.validation import did_you_mean

ROSTER = "partners"
NUMBERS = ("number", "integer")
MEASURED = MappingProxyType({"sum": NUMBERS, "minimum": (*NUMBERS, "date"), "maximum": (*NUMBERS, "date")})
"""The types of column that each measure of a computed column is of; a count is of any."""

Meaning: TypeAlias = Literal["column", "metric", "month_end", "tier", "currency"]
"""What a figure can go by."""


@dataclass(frozen=True)
class Subject:
    """A program under lint; findings about it are made here, so that each has its line.

    `repairs` is what was left out of the document for the program to be read.
    """

    program: Program
    document: Document
    repairs: Repairs = field(default=Repairs())

    def error(self, code: str, path: Iterable[str | int], message: str, hint: str = "") -> Finding:
        """A finding that fails the file."""
        return error(f"program-{code}", self.document.source, self.document.subject(tuple(path)), message, hint)

    def warning(self, code: str, path: Iterable[str | int], message: str, hint: str = "") -> Finding:
        """A finding that only says so."""
        return warning(f"program-{code}", self.document.source, self.document.subject(tuple(path)), message, hint)

    def unknown(self, code: str, path: Iterable[str | int], what: str, name: str, allowed: Iterable[str]) -> Finding:
        """A name that stands for nothing; what it may be, and what was probably meant."""
        allowed = tuple(allowed)
        listed = ", ".join(allowed) or "none"
        return self.error(code, path, f"{name} is no {what}; there are: {listed}", did_you_mean(name, allowed))

    def is_whole(self, path: Key) -> bool:
        """Whether nothing was left out at the path or below it."""
        return not self.repairs.inside(self.document.written(self.document.in_file(path)))

    def may_lack(self, table: Key, *keys: str) -> bool:
        """Whether a table may lack one of these keys only since part of it could not be read."""
        return self.repairs.may_lack(self.document.written(table), *keys)

    def may_be_left_out(self, table: str, name: str) -> bool:
        """Whether a name that stands for nothing may be that of an entry that could not be read."""
        return name in self.repairs.words or (table,) in self.repairs.touched

    def word_path(self, test: Test, word: str) -> Key:
        """Where a word of a bound stands: `COLUMN = value` has no key of its own for it."""
        path = (*self.document.in_file(test.path), word)
        return path if path in self.document.lines else test.path

    # ---- what the walk comes across

    @cached_property
    def places(self) -> tuple[Place, ...]:
        """All that stands in conditions, requirements and figures."""
        return tuple(places(self.program))

    def of(self, kind: type[Found]) -> Iterator[tuple[Found, Key, Scope]]:
        """All of one kind that the walk comes across, each with its path and scope."""
        yield from ((place.node, place.path, place.scope) for place in self.places if isinstance(place.node, kind))

    def requirements(self) -> Iterator[tuple[Requires, Key, Scope]]:
        """Every requirement of the program, gates included, without those inside figures."""
        for place in requirements(self.program):
            if isinstance(place.node, Requires):
                yield place.node, place.path, place.scope

    def conditions(self) -> Iterator[tuple[Where, Key, Scope]]:
        """Every condition on rows: a named one once for each export it is used on."""
        for place in conditions(self.program):
            if isinstance(place.node, Where):
                yield place.node, place.path, place.scope

    def meaning(self, by: str, scope: Scope) -> Meaning:
        """What a figure at a place goes by; in a rule a column of its rows comes before a metric of that name."""
        if by == MONTH_END:
            return "month_end"
        if by == CURRENCY and scope.kind in {"figure", "balance"}:
            return "currency"
        if by == TIER and (scope.kind == "figure" or not scope.is_of_rows):
            return "tier"
        if by.startswith(OF_PARTNER):
            return "column"
        if scope.kind == "figure" and by in self.program.metrics:
            own = self.exports[scope.export].names if scope.export in self.exports else ()
            return "column" if by in own else "metric"
        return "column" if scope.is_of_rows else "metric"

    def metrics_named(self, place: Place) -> Iterator[str]:
        """The metric that something itself takes the value of; a balance has none."""
        if place.scope.kind == "balance":
            return
        if isinstance(place.node, By):
            yield from [place.node.by] if self.meaning(place.node.by, place.scope) == "metric" else []
        else:
            yield from metrics_named(place)

    def rule(self, scope: Scope) -> Rule:
        """The rule in whose table a place is."""
        kind, name = scope.holder
        return {(each, key): rule for each, key, rule in self.program.rules}[kind, name]  # type: ignore[index]  # its holder

    def rows_of(self, scope: Scope) -> Scope | None:
        """What names mean in the rows of the rule in whose table a place is; None: no rows earn there."""
        rule = self.rule(scope)
        return scope_of(rule, scope.holder) if has_rows(rule) else None

    # ---- exports and their columns

    @cached_property
    def exports(self) -> dict[str, Contract]:
        """Every export that there is, as this program sees it: standard or of its own, with what it computes."""
        return {name: self._with_computed(contract) for name, contract in self._brought.items()}

    def brought(self, export: str) -> Contract:
        """What the files of an export bring, without what the program computes."""
        return self._brought[export]

    @cached_property
    def _brought(self) -> dict[str, Contract]:
        names = dict.fromkeys((*export_names(), *self.program.exports))
        return {name: self._contract(name) for name in names}

    def _contract(self, name: str) -> Contract:
        try:
            return self.program.contract(name)
        except ValueError:
            return _readable(name, self.program.exports[name])  # what is wrong with it is told by another check

    def _with_computed(self, contract: Contract) -> Contract:
        own = [name for name, column in self.program.columns.items() if column.from_ == contract.name]
        further = [self._computed(name, contract) for name in own if name not in contract.names]
        return replace(contract, fields=(*contract.fields, *further))

    def _computed(self, name: str, contract: Contract) -> Field:
        try:
            return computed_field(name, self.program.columns[name], contract)
        except LookupError:
            return Field(name, name, "string", "")  # it cannot be computed, but its name is known

    def is_sound(self, export: str) -> bool:
        """Whether an export's columns are all known with their types: nothing that declares them is at fault."""
        return export in self.declared_well and self.is_whole(("exports", export)) and self.is_whole(("columns",))

    @cached_property
    def declared_well(self) -> frozenset[str]:
        """The exports of which all that the program declares goes together."""
        return frozenset(name for name in self._brought if self._is_readable(name))

    def _is_readable(self, export: str) -> bool:
        own = [name for name, column in self.program.columns.items() if column.from_ == export]
        try:
            brought = self.program.contract(export)
        except ValueError:
            return False
        return not any(name in brought.names for name in own)

    def field(self, name: str, scope: Scope) -> Field | None:
        """The field that a name means; None: there is none, which another check tells."""
        export, column = self.owner(name, scope)
        contract = self.exports.get(export) if export is not None else None
        if contract is None or column not in contract.names or not self.is_sound(contract.name):
            return None
        computed = self.program.columns.get(column) if column not in self.brought(contract.name).names else None
        of = contract.field(computed.column) if computed and computed.column in contract.names else None
        is_measured = computed is None or computed.measure == "count" or (of and of.type in MEASURED[computed.measure])
        return contract.field(column) if is_measured else None

    def owner(self, name: str, scope: Scope) -> tuple[str | None, str]:
        """The export that a name's column should be of, and the column; None: it has no such part here."""
        if name.startswith(OF_PARTNER):
            return ROSTER, name.removeprefix(OF_PARTNER)
        export, dot, column = name.partition(".")
        if dot:
            return (export if export in scope.joined else None), column
        return scope.export, name

    def columns(self, scope: Scope) -> list[str]:
        """Every column that may be named there."""
        own = list(self.exports[scope.export].names) if scope.export in self.exports else []
        joined = [f"{name}.{column}" for name in scope.joined if name in self.exports for column in self._names(name)]
        return [*own, *joined]

    def _names(self, export: str) -> tuple[str, ...]:
        return self.exports[export].names


Check: TypeAlias = Callable[[Subject], Iterator[Finding]]


def _readable(name: str, declared: DeclaredExport) -> Contract:
    """The contract of an export whose declaration contradicts itself: what can be read of it."""
    own = export_contract(name) if name in export_names() else None
    taken = own.names if own else ()
    fields = {each.name: each for each in reversed(declared.fields) if each.name and each.name not in taken}
    plain = {
        "fields": tuple(reversed(fields.values())),
        "primary_key": (),
        "row_date": None,
        "valid": None,
        "adjusts": None,
    }
    return declared.model_copy(update=plain).contract(name)
