"""Which words of which columns a program tells apart from others: in conditions, requirements and figures."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tierctl.located import Document, Key, dotted
from tierctl.program.lint.subject import Subject
from tierctl.program.lint.walk import Scope, Test
from tierctl.program.model import ATTESTATIONS, Program
from tierctl.program.values import By, Requires

if TYPE_CHECKING:
    from tierctl.program.scalars import Cited


@dataclass(frozen=True)
class ToldApart:
    """A word that a cell of a column is compared with.

    Attributes:
        export: the column's export.
        column: the column; one that the program computes may be among them.
        word: the word.
        program: the program's id.
        place: where the program file says so.
        clause: the clause of the contract that the table cites which asks; empty: none.
    """

    export: str
    column: str
    word: str
    program: str
    place: str
    clause: str


def told_apart(program: Program) -> Iterator[ToldApart]:
    """Every word that a program compares the cells of a column with, once for each use of a place that does."""
    subject = Subject(program, Document(program.id, {}, {}))
    for test, path, scope in subject.of(Test):
        said = (*(test.bound.equal or ()), *(test.bound.not_ or ()))
        words = [word for word in said if isinstance(word, str)]
        yield from _words(program, subject.owner(test.name, scope), words, path, scope)
    for figure, path, scope in subject.of(By):
        if subject.meaning(figure.by, scope) == "column":
            yield from _words(program, subject.owner(figure.by, scope), figure.values or (), path, scope)
    for requires, path, scope in subject.of(Requires):
        yield from _words(program, (ATTESTATIONS, "criterion"), requires.attested, path, scope)


def _words(
    program: Program, owner: tuple[str | None, str], words: Iterable[str], path: Key, scope: Scope
) -> Iterator[ToldApart]:
    """The words for the column of an export; nothing where a name has no such part."""
    export, column = owner
    if export:
        clause = _clause(program, path, scope)
        yield from (ToldApart(export, column, word, program.id, dotted(path), clause) for word in words)


def _clause(program: Program, path: Key, scope: Scope) -> str:
    """The clause of the table that asks: of what chooses the rows, of the tier, the qualification or the benefit."""
    tables: Mapping[str, Mapping[str, Cited]] = {
        "metrics": program.metrics,
        "actions": program.actions,
        "benefits": program.benefits,
        "commissions": program.commissions,
        "credits": program.credits,
    }
    kind, name = (str(part) for part in (*(scope.holder or path), "", "")[:2])
    cited = tables.get(kind, {}).get(name)
    if cited is None and scope.track in program.tracks:
        track = program.tracks[scope.track]
        rungs = [*((tier.id, tier) for tier in track.tiers), *track.qualifications.items()]
        cited = next((rung for id_, rung in rungs if id_ == scope.rung), None)
    return (cited.clause if cited else None) or ""
