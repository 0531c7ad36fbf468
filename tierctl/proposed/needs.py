"""What programs need of each export: its columns, those that they read, and the words that they tell apart."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from tierctl.contracts import Contract, Field
from tierctl.currency_checks import FX_RATES
from tierctl.ingest.read import ROSTER
from tierctl.located import Document
from tierctl.program.in_use import contracts_of
from tierctl.program.lint.columns import roles
from tierctl.program.lint.subject import Subject
from tierctl.program.lint.walk import Scope, Test
from tierctl.program.model import ENROLLMENTS, Program
from tierctl.program.told_apart import told_apart
from tierctl.program.values import By, OfColumn
from tierctl.row_checks import DECISIONS

_OF_LADDERS: Final = (DECISIONS, ENROLLMENTS)


@dataclass(frozen=True)
class Need:
    """One export, and what the programs in use want of it.

    Attributes:
        contract: what it brings.
        is_read: the programs read it.
        is_optional: they do without it where there is none.
        columns: the columns that the programs read.
        words: column → its words that the programs tell apart from others.
        names: column → what the programs call such a word → the word.
        currency: that of all the programs; empty: they differ.
    """

    contract: Contract
    is_read: bool
    is_optional: bool = False
    columns: frozenset[str] = frozenset()
    words: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    names: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    currency: str = ""

    @property
    def name(self) -> str:
        """The export's name."""
        return self.contract.name

    def is_needed(self, column: Field) -> bool:
        """Whether a review cannot be right without the column: every row must have it, or a program reads it."""
        return column.required or column.name in self.columns


def needs(programs: Sequence[Program]) -> dict[str, Need]:
    """Every export that there is where these programs are in use, by name."""
    read = {ROSTER, *(name for program in programs for name in program.reads)}
    optional = {DECISIONS, *(FX_RATES for program in programs if program.policy.fx)} - read
    columns = {*_columns(programs), (ENROLLMENTS, "tier")}
    words: dict[tuple[str, str], dict[str, None]] = {}
    for export, column, word in _words(programs):
        words.setdefault((export, column), {})[word] = None
    names = _names(programs)
    currencies = {program.currency for program in programs}
    return {
        name: Need(
            contract,
            is_read=name in read | optional,
            is_optional=name in optional,
            columns=_with_days({column for export, column in columns if export == name}, contract),
            words={column: tuple(said) for (export, column), said in words.items() if export == name},
            names=names if name in _OF_LADDERS else {},
            currency=next(iter(currencies)) if len(currencies) == 1 else "",
        )
        for name, contract in contracts_of(programs).items()
    }


def _with_days(columns: set[str], contract: Contract) -> frozenset[str]:
    """Columns with those that say from which day on their cells hold, where that is another column."""
    days = {day for field in contract.fields if field.name in columns for day, _ in field.before}
    return frozenset(columns | days)


def _columns(programs: Sequence[Program]) -> Iterator[tuple[str, str]]:
    """Every column that a program names, with its export."""
    for program in programs:
        subject = Subject(program, Document(program.id, {}, {}))
        named: list[tuple[str, Scope]] = [(role.column, role.scope) for role in roles(subject)]
        named += [(test.name, scope) for test, _, scope in subject.of(Test)]
        named += [(figure.by, scope) for figure, _, scope in subject.of(By)]
        named += [(taken.column, scope) for taken, _, scope in subject.of(OfColumn)]
        for name, scope in named:
            export, column = subject.owner(name, scope)
            if export:
                yield export, column


def _words(programs: Sequence[Program]) -> Iterator[tuple[str, str, str]]:
    """Every word that a program compares the cells of a column with, or that a column has to hold."""
    for program in programs:
        yield from ((told.export, told.column, told.word) for told in told_apart(program))
        for export in _OF_LADDERS:
            yield export, "program", program.id
            for name, track in program.tracks.items():
                yield export, "track", name
                yield from ((export, "tier", tier.id) for tier in track.tiers)


def _names(programs: Sequence[Program]) -> dict[str, dict[str, str]]:
    """What the programs call themselves, their tracks and their tiers → the id; one name of two ids is left out."""
    named: dict[str, list[tuple[str, str]]] = {"program": [], "track": [], "tier": []}
    for program in programs:
        named["program"].append((program.name, program.id))
        for id_, track in program.tracks.items():
            named["track"].append((track.name or id_, id_))
            named["tier"] += [(tier.name or tier.id, tier.id) for tier in track.tiers]
    return {
        column: {name: id_ for name, id_ in pairs if all(other == id_ for each, other in pairs if each == name)}
        for column, pairs in named.items()
    }
