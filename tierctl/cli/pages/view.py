"""The review as its page looks at it: one track of one program at a time, by the names that the program gives."""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from tierctl.cli import words
from tierctl.cli.explained.part import inline
from tierctl.cli.pages.parts import Cell
from tierctl.cli.pages.told import Book
from tierctl.report.summary import worst_outlooks

if TYPE_CHECKING:
    from tierctl.cli.steps import Made
    from tierctl.program.model import Program, Track

FileOf = Callable[[str], str]
"""Where a reader finds all rows of a table."""

UP: Final = ("promoted", "reinstated")
DOWN: Final = ("demoted", "terminated", "expired", "suspended")
RISKY: Final = ("at_risk", "cannot_by_pace")
"""The outlooks of a tier that is lost as things go."""

CHANGES: Final = ("promoted", "demoted", "terminated", "expired", "suspended", "reinstated", "requalified", "enrolled")
"""The changes that are told of, in that order."""

MARKS: Final[Mapping[str, tuple[str, str]]] = {
    **dict.fromkeys(UP, ("▲", "up")),
    **dict.fromkeys(DOWN, ("▼", "down")),
    "requalified": ("=", "up"),
    "enrolled": ("+", ""),
}


_ATTESTED: Final = ".attested."


@dataclass(frozen=True)
class Page:
    """What the page is made of: the review, where its tables lie, and the partner pages beside it, by partner."""

    made: "Made"
    book: Book
    file: FileOf
    partner_files: Mapping[str, str]

    @property
    def day(self) -> date:
        """The review day."""
        return self.made.plan.month.last

    @property
    def programs(self) -> "tuple[Program, ...]":
        """The editions in force."""
        return self.made.plan.programs


@dataclass(frozen=True)
class Ladder:
    """One track of one program."""

    page: Page
    program: "Program"
    name: str

    @property
    def track(self) -> "Track":
        """The track as the program has it."""
        return self.program.tracks[self.name]

    @property
    def id(self) -> str:
        """What ids in the page begin with."""
        return f"{self.program.id}-{self.name}"

    @property
    def counts(self) -> Mapping[str, Any]:
        """Its part of summary.json."""
        counts: Mapping[str, Any] = self.page.made.counts["programs"][self.program.id]["tracks"][self.name]
        return counts

    def rows(self, table: str) -> pl.DataFrame:
        """The track's rows of a report."""
        here = (pl.col("program") == self.program.id) & (pl.col("track") == self.name)
        df: pl.DataFrame = self.page.made.review.tables[table]
        return df.filter(here)

    @cached_property
    def standing(self) -> pl.DataFrame:
        """Where the partners stand."""
        return self.rows("standing")

    @cached_property
    def names(self) -> Mapping[str, str]:
        """The partners' names, by id."""
        return dict(self.standing.select("partner_id", "partner_name").iter_rows())

    @cached_property
    def outlooks(self) -> pl.DataFrame:
        """Of each partner whose tier ends, the criterion that decides."""
        return worst_outlooks(self.rows("requalification"), self.standing)

    @cached_property
    def at_risk(self) -> pl.DataFrame:
        """The partners that fall if things go on as they do, the nearest day first, then the nearest miss."""
        falls = self.outlooks.filter(pl.col("falls_on").is_not_null() & pl.col("outlook").is_in(RISKY))
        return falls.with_row_index("order").sort("falls_on", "order").drop("order")

    def tier(self, id_: str | None) -> str:
        """A tier, or a qualification, by its name."""
        return words.tier_name(self.program, self.name, id_)

    def partner(self, id_: str) -> Cell:
        """A partner: its name, its id below, which it sorts by only where two have one name."""
        name = self.names.get(id_, id_)
        return Cell(name, f"{name} {id_}", id_, href=self.page.partner_files.get(id_, ""))

    def said(self, text: str | None) -> str:
        """A report's text as a person reads it: metrics by their names, figures with separators."""
        return told_text(self.program, self.name, text or "")

    def clauses(self, tier: str | None) -> str:
        """The clauses that a tier rests on, of its own and of what it requires."""
        cited = {*self._declared.get(tier, ()), *self._evidence_clauses.get(tier, ())}
        return ", ".join(sorted(cited, key=_natural))

    @cached_property
    def _declared(self) -> Mapping[str | None, list[str]]:
        return {tier.id: tier.clause.split(", ") for tier in self.track.tiers if tier.clause}

    @cached_property
    def _evidence_clauses(self) -> Mapping[str | None, list[str]]:
        rows = self.rows("evidence").select("tier", "clause").drop_nulls().unique().sort("tier", "clause")
        found: dict[str | None, list[str]] = {}
        for tier, clause in rows.iter_rows():
            found.setdefault(tier, []).extend(clause.split(", "))
        return found


def ranked(ladder: Ladder, ids: Collection[str] | None = None) -> pl.DataFrame:
    """Standings, the highest tier first, then by id; of some partners, or of all."""
    rank = pl.col("tier").replace_strict(ladder.track.ranks, default=None, return_dtype=pl.Int64)
    rows = ladder.standing if ids is None else ladder.standing.filter(pl.col("partner_id").is_in(list(ids)))
    ordered = rows.with_columns(rank=rank).sort("rank", "partner_id", descending=[True, False], nulls_last=True)
    return ordered.drop("rank")


def told_text(program: "Program", track: str, text: str) -> str:
    """A report's text with the names of tiers and of metrics in place of their ids, where it is them that it names."""
    text = words.grouped(program, text)
    exports = "|".join(("partner", *program.reads))
    text = re.sub(rf"\b({exports})\.([a-z]\w*)", lambda found: f"{words.plain(found[2])} of {_of(found[1])}", text)
    of = program.tracks[track]
    tiers = "|".join(re.escape(id_) for id_ in (*(tier.id for tier in of.tiers), *of.qualifications))
    before = "|".join(rf"(?<=\b{word} )(?:{tiers})\b" for word in ("tier", "tier at least"))
    after = rf"\b(?:{tiers})(?= (?:met|ended|ends|is earned|is no|has not|waits|through|from \d))"
    text = re.sub(f"{before}|{after}", lambda found: words.tier_name(program, track, found[0]), text)
    names = {id_: inline(words.metric_name(program, id_)) for id_ in program.metrics}
    if names:
        known = "|".join(map(re.escape, sorted(names, key=len, reverse=True)))
        text = re.sub(rf"\b({known})(?= -?\d)", lambda found: names[found[1]], text)
        text = re.sub(r"(?<=the gate fails \()[^)]+", lambda found: _named(found[0], names), text)
    return re.sub(r"\battested\.(\w+) ([01])\b", _attested, text)


def _named(listing: str, names: Mapping[str, str]) -> str:
    """A list of ids with the names of those that have one."""
    return ", ".join(names.get(id_, id_) for id_ in listing.split(", "))


def _natural(text: str) -> list[tuple[int, str]]:
    """A clause's place among others: E2 stands before E10."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d+)", text)]


def criterion_name(program: "Program", criterion: str) -> str:
    """What a criterion asks for, as it stands at the beginning of a line."""
    name = words.metric_name(program, criterion)
    if _ATTESTED in f".{criterion}":
        name = f"{name.removeprefix('attested ')} attested"
    return f"{name[:1].upper()}{name[1:]}"


def _of(export: str) -> str:
    return "the partner" if export == "partner" else words.plain(export)


def _attested(found: re.Match[str]) -> str:
    return f"{words.plain(found[1])} {'attested' if found[2] == '1' else 'not attested'}"
