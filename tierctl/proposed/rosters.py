"""Which column of the roster has the partners' ids: that in which the ids of all other exports stand."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from tierctl.proposed import words
from tierctl.proposed.cells import PARTNER, listed, quote
from tierctl.proposed.columns import SeenColumn
from tierctl.proposed.needs import Need
from tierctl.proposed.tables import Table, tidy


@dataclass(frozen=True)
class Decided:
    """The column that has the ids, by its place, and why; `is_whole`: it has every one of the others' ids."""

    place: int
    said: str
    is_whole: bool


@dataclass(frozen=True)
class _Vote:
    """A column of partners' ids in another export: in how many of them stand in which column of the roster."""

    file: str
    distinct: int
    known: Mapping[int, int]
    stranger: str


def decided(rivals: Sequence[SeenColumn], others: Sequence[tuple[Table, Need]]) -> Decided | None:
    """The one of several columns of the roster in which the partners of every other export stand, and in no other.

    Args:
        rivals: columns of the roster that may be its key.
        others: the tables of the other exports.

    Returns:
        None where there is nothing to go by, or where it speaks for several of them: only a person knows then.
    """
    ids = {column.place: column.all_texts().select("text").collect().to_series() for column in rivals}
    votes = [vote for table, need in others if (vote := _best(table, need, ids)) is not None]
    chosen = {place for vote in votes for place, known in vote.known.items() if known}
    if len(chosen) != 1 or any(sum(vote.known.values()) * 2 <= vote.distinct for vote in votes):
        return None
    place = next(iter(chosen))
    return Decided(place, _said(place, rivals, votes), not any(vote.stranger for vote in votes))


def _best(table: Table, need: Need, ids: Mapping[int, pl.Series]) -> _Vote | None:
    """The column of a table that knows most of the roster's ids; None: none of its headers says that it is partners."""
    found = list(_votes(table, need, ids))
    if not found:
        return None
    several = {place for vote in found for place, known in vote.known.items() if known}
    best = max(found, key=lambda vote: sum(vote.known.values()))
    # A column that has ids of another rival is evidence against, whether it is the partner's or not.
    known = {place: max(vote.known[place] for vote in found) for place in several}
    return _Vote(best.file, best.distinct, known or best.known, best.stranger)


def _votes(table: Table, need: Need, ids: Mapping[int, pl.Series]) -> Iterator[_Vote]:
    field = need.contract.field(PARTNER)
    for column in table.columns:
        if not column.filled or not words.says(tidy(column.header), need.name, field):
            continue
        texts = column.all_texts().select("text").collect().to_series()
        known = {place: int(texts.is_in(series.implode()).sum()) for place, series in ids.items()}
        most = max(known, key=lambda place: known[place])
        strangers = texts.filter(~texts.is_in(ids[most].implode()))
        yield _Vote(table.names, column.distinct, known, strangers[0] if strangers.len() else "")


def _said(place: int, rivals: Sequence[SeenColumn], votes: Sequence[_Vote]) -> str:
    files = list(dict.fromkeys(vote.file for vote in votes))
    shown = files[0] if len(files) == 1 else f"{', '.join(files[:-1])} and {files[-1]}"
    stranger = next((vote.stranger for vote in votes if vote.stranger), "")
    but = f" but for some such as {quote(stranger)}" if stranger else ""
    others = [tidy(column.header) for column in rivals if column.place != place]
    none = f", and none in {listed(others, 3)}" if others else ""
    return f"the partner ids of {shown} stand in it{but}{none}"
