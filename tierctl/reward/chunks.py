"""Chunks: ranges of partners whose lines are made, and handed on, one after the other.

Where the parts of the largest export hold partners one after the other, each is a chunk; else everything is one.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import polars as pl


@dataclass(frozen=True)
class Chunk:
    """The partners from `first` on and before `until`, by their ids; None: no end."""

    first: str | None = None
    until: str | None = None

    def holds(self, partner: pl.Expr) -> pl.Expr:
        """Whether a partner is one of these."""
        # Written so that a scan can leave out what cannot hold any of them.
        from_first = partner >= pl.lit(self.first)
        before_end = partner < pl.lit(self.until)
        if self.first is None:
            return pl.lit(value=True) if self.until is None else before_end
        return from_first if self.until is None else from_first & before_end


@dataclass(frozen=True)
class Exports:
    """The exports that rules read, and which partners each of their parts holds.

    `bounds` has the least and the greatest partner_id of each part that has rows.
    """

    parts: Mapping[str, Sequence[pl.LazyFrame]]
    bounds: Mapping[str, Sequence[tuple[str, str] | None]]

    @classmethod
    def of(cls, exports: Mapping[str, Sequence[pl.LazyFrame]], names: Iterable[str]) -> "Exports":
        """The exports of these names."""
        read = {name: [part for part in exports.get(name, ()) if _has_rows(part)] for name in names}
        several = {name: parts for name, parts in read.items() if len(parts) > 1}
        return cls(read, {name: [_bounds(part) for part in parts] for name, parts in several.items()})

    def chunks(self) -> list[Chunk]:
        """The ranges of partners, in the order of their ids, together all of them."""
        cuts: list[str] = []
        for bounds in self.bounds.values():
            there = [each for each in bounds if each is not None]
            is_ordered = all(before[1] < after[0] for before, after in pairwise(there))
            if is_ordered and len(there) > len(cuts):
                cuts = [first for first, _ in there[1:]]
        return [Chunk(first, until) for first, until in zip([None, *cuts], [*cuts, None], strict=True)]

    def of_chunk(self, name: str, chunk: Chunk) -> list[pl.LazyFrame]:
        """The rows of an export of the partners of a chunk."""
        parts = self.parts[name]
        bounds = self.bounds.get(name)
        if chunk == Chunk():
            return list(parts)
        wanted = [part for number, part in enumerate(parts) if bounds is None or _reaches(bounds[number], chunk)]
        return [part.filter(chunk.holds(pl.col("partner_id").cast(pl.String))) for part in wanted]


def _has_rows(part: pl.LazyFrame) -> bool:
    return not part.select(pl.first()).head(1).collect().is_empty()


def _bounds(part: pl.LazyFrame) -> tuple[str, str] | None:
    partner = pl.col("partner_id").cast(pl.String)
    found = part.select(least=partner.min(), greatest=partner.max()).collect(engine="streaming").row(0)
    return None if found[0] is None else (found[0], found[1])


def _reaches(bounds: tuple[str, str] | None, chunk: Chunk) -> bool:
    if bounds is None:
        return False
    least, greatest = bounds
    return (chunk.first is None or greatest >= chunk.first) and (chunk.until is None or least < chunk.until)
