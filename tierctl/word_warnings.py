"""Words that the programs in use tell apart and no row has: a row that writes one otherwise is taken for another."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, TypeAlias

import polars as pl

from tierctl.contracts import Contract
from tierctl.findings import Finding, warning
from tierctl.ingest import Export
from tierctl.ingest.columns import quoted
from tierctl.likeness import surely
from tierctl.program.in_use import contracts_of
from tierctl.program.model import Program
from tierctl.program.told_apart import ToldApart, told_apart

Values: TypeAlias = Mapping[str, Mapping[str, Mapping[str, str]]]

_MOST_WORDS: Final = 8
_MOST_PLACES: Final = 3


def words_never_seen(exports: Mapping[str, Export], programs: Sequence[Program], values: Values) -> list[Finding]:
    """A warning for each word of a column of free text that a program tells apart and no row has.

    Only where the rows have other words there, of which no program knows: one of them may stand for it. A word that the
    workspace maps others to is known to be missing, and so is none where the column is empty.

    Args:
        exports: the exports that were read.
        programs: every edition of every program that the workspace uses.
        values: by export and column, their word → our word, as the workspace maps them.
    """
    contracts = contracts_of(programs)
    by_column: dict[tuple[str, str], dict[str, list[ToldApart]]] = {}
    for told in (each for program in programs for each in told_apart(program)):
        if told.export in exports and _is_free_text(contracts.get(told.export), told.column):
            by_column.setdefault((told.export, told.column), {}).setdefault(told.word, []).append(told)
    return [
        finding
        for (export, column), words in sorted(by_column.items())
        for finding in _of_column(exports[export], column, words, values.get(export, {}).get(column, {}))
    ]


def _is_free_text(contract: Contract | None, column: str) -> bool:
    """Whether the files bring the column, and any text may stand in it."""
    if contract is None or column not in contract.names:
        return False
    field = contract.field(column)
    return field.type == "string" and not field.enum and field.pattern is None


def _of_column(
    export: Export, column: str, words: Mapping[str, Sequence[ToldApart]], values: Mapping[str, str]
) -> Iterator[Finding]:
    counts = _counts(export, column)
    others = {word: rows for word, rows in counts.items() if word not in words}
    if not others:
        return
    for word, told in words.items():
        if word not in counts and word not in values.values():
            programs = ", ".join(sorted({each.program for each in told}))
            message = (
                f"{column} is {word!r} in no row, and {programs} tells it apart ({_places(told)});"
                f" there are {_said(others)}"
            )
            yield warning("word-never-seen", export.name, column, message, _hint(export.name, column, word, others))


def _counts(export: Export, column: str) -> dict[str, int]:
    """The words of the column and in how many rows each of them stands, the most frequent first."""
    of_parts = [lf.group_by(column).len("rows").collect(engine="streaming") for lf in export.parts]
    df = pl.concat(of_parts).drop_nulls(column).group_by(column).agg(pl.col("rows").sum())
    return dict(df.sort(["rows", column], descending=[True, False]).rows())


def _places(told: Sequence[ToldApart]) -> str:
    """Where program files tell the word apart, each place with the clauses that it is used for."""
    clauses: dict[str, dict[str, None]] = {}
    for each in told:
        clauses.setdefault(each.place, {}).update({each.clause: None} if each.clause else {})
    said = [f"{place} [{'; '.join(sorted(cited))}]" if cited else place for place, cited in clauses.items()]
    return ", ".join((*said[:_MOST_PLACES], *(["…"] if len(said) > _MOST_PLACES else [])))


def _said(others: Mapping[str, int]) -> str:
    shown = [f"{word!r} ({rows:,} {'row' if rows == 1 else 'rows'})" for word, rows in others.items()]
    more = [f"and {len(shown) - _MOST_WORDS:,} more"] if len(shown) > _MOST_WORDS else []
    return ", ".join((*shown[:_MOST_WORDS], *more))


def _hint(export: str, column: str, word: str, others: Mapping[str, int]) -> str:
    """The table that says which of their words it is; a word that it can only be stands there already."""
    theirs = [other for other in others if surely(other, [word])] or ["…"]
    lines = [f"  {quoted(other)} = {quoted(word)}" for other in theirs]
    return "\n".join((f"if one of them means it, say so\n  [exports.{export}.values.{column}]", *lines))
