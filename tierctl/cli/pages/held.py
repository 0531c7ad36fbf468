"""Tiers that no evidence loses and that end or are doubtful all the same: with an enrollment, and without evidence."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

import polars as pl

from tierctl.cli.explained.part import listed
from tierctl.cli.layout import number, plural
from tierctl.cli.pages.parts import MOST_ROWS, Cell, Column, Table, cut, date_cell
from tierctl.cli.pages.view import Ladder
from tierctl.decisions import GRANTING

_WITH_ENROLLMENT: Final = "through_enrollment"
_DECIDE: Final = "decide_extension"
_REQUALIFIED: Final = "requalified"
_NAMED: Final = 3


def ending(ladder: Ladder) -> pl.DataFrame:
    """Whose tier ends with an enrollment, and would not be lost before.

    Returns:
        One row per partner_id: tier, earned_tier, ends_on. Of tiers that are held through the enrollment those that end
        this year or next; of others those of which somebody has to decide by the next review. The nearest day first.
    """
    held = [tier.id for tier in ladder.track.tiers if tier.holds and tier.holds.kind == _WITH_ENROLLMENT]
    tiers = ladder.outlooks.filter(pl.col("tier").is_in(held) & pl.col("falls_on").is_null())
    asked = ladder.rows("actions").filter(pl.col("action") == _DECIDE)
    days = pl.concat(
        [
            tiers.select("partner_id", pl.col("valid_through").alias("ends_on")),
            asked.select("partner_id", pl.col("due_on").alias("ends_on")),
        ]
    )
    own = ladder.standing.select("partner_id", "tier", "earned_tier")
    first = days.sort("ends_on").unique("partner_id", keep="first")
    return first.join(own, on="partner_id", how="inner").sort("ends_on", "partner_id")


def unsupported(ladder: Ladder) -> pl.DataFrame:
    """Whose tier was given by an enrollment or a decision, and is above what the evidence gives: rows of standing."""
    is_given = pl.col("tier").is_not_null() & pl.col("basis").is_in(GRANTING)
    return ladder.standing.filter(is_given & (_rank(ladder, "earned_tier") < _rank(ladder, "tier"))).sort("partner_id")


def outlook_words(ladder: Ladder, named: Mapping[str, str]) -> str:
    """How many of the tiers that end soon have which outlook; of those that stay, how many lack what they ask.

    Args:
        ladder: the track.
        named: the words of the outlooks.
    """
    counted: dict[str, int] = dict(ladder.counts["outlooks"])
    safe = ladder.outlooks.filter(pl.col("outlook") == _REQUALIFIED)
    own = ladder.standing.select("partner_id", "earned_tier")
    lacking = safe.join(own, on="partner_id").filter(_rank(ladder, "earned_tier") < _rank(ladder, "tier")).height
    told = []
    for word, said in named.items():
        count = counted[word] - (lacking if word == _REQUALIFIED else 0)
        told += [f"{number(count)} {said}"] if count else []
        if word == _REQUALIFIED and lacking:
            told.append(f"{number(lacking)} held to {'its' if lacking == 1 else 'their'} end without all that is asked")
    return f"Of the tiers that end this year or next: {', '.join(told)}." if told else "No tier ends soon."


def held_words(ladder: Ladder) -> Iterator[str]:
    """What ends with an enrollment and what no evidence supports, a sentence each."""
    ends, doubtful = ending(ladder), unsupported(ladder)
    if ends.height:
        first = ends["ends_on"][0]
        on_first = ends.filter(pl.col("ends_on") == first).height
        what = f"{plural(ends.height, 'tier')} {'ends with its' if ends.height == 1 else 'end with their'} enrollment"
        when = f"on {first}" if on_first == ends.height else f"{number(on_first)} of them on {first}"
        days = (first - ladder.page.day).days
        away = f"{plural(days, 'day')} after the review day" if days else "the review day itself"
        yield f"{what}, {when}, {away}; an enrollment that follows starts anew from its own tier."
    if doubtful.height:
        what = f"{plural(doubtful.height, 'tier')} {'rests' if doubtful.height == 1 else 'rest'} on a placement or a"
        names = [ladder.names[id_] for id_ in doubtful["partner_id"].head(_NAMED)]
        rest = doubtful.height - len(names)
        said = listed([*names, *([f"{number(rest)} more"] if rest else [])])
        yield f"{what} decision that the evidence does not support: {said}."


def held_tables(ladder: Ladder) -> Iterator[Table]:
    """Whose tier ends with an enrollment, and whose rests on no evidence, by name."""
    for table, rows in ((_ending_table, ending(ladder)), (_unsupported_table, unsupported(ladder))):
        if rows.height:
            yield cut(table(ladder, rows.head(MOST_ROWS)), ladder.page.file("standing"), rows.height)


def _ending_table(ladder: Ladder, rows: pl.DataFrame) -> Table:
    columns = (
        Column("Partner"),
        Column("Tier", is_choice=True),
        Column("Ends on", "date"),
        Column("Evidence gives", is_choice=True),
    )
    cells = tuple(
        (
            ladder.partner(row["partner_id"]),
            _tier(ladder, row["tier"]),
            date_cell(row["ends_on"]),
            _tier(ladder, row["earned_tier"]),
        )
        for row in rows.iter_rows(named=True)
    )
    return Table(f"{ladder.id}-ending", "What ends with the enrollment, the nearest day first", columns, cells)


def _unsupported_table(ladder: Ladder, rows: pl.DataFrame) -> Table:
    columns = (
        Column("Partner"),
        Column("Tier", is_choice=True),
        Column("Evidence gives", is_choice=True),
        Column("Through", "date"),
        Column("Why it stands"),
    )
    caption = "Tiers that the evidence does not support: given by an enrollment or a decision"
    cells = tuple(tuple(_doubtful(ladder, row)) for row in rows.iter_rows(named=True))
    return Table(f"{ladder.id}-unsupported", caption, columns, cells)


def _doubtful(ladder: Ladder, row: Mapping[str, Any]) -> Iterator[Cell]:
    yield ladder.partner(row["partner_id"])
    yield _tier(ladder, row["tier"])
    yield _tier(ladder, row["earned_tier"])
    yield date_cell(row["valid_through"])
    yield Cell(ladder.said(row["reason"]))


def _tier(ladder: Ladder, tier: str | None) -> Cell:
    return Cell(ladder.tier(tier), str(ladder.track.ranks.get(tier or "", -1)))


def _rank(ladder: Ladder, column: str) -> pl.Expr:
    """The rank of a tier; none is below all."""
    return pl.col(column).replace_strict(ladder.track.ranks, default=-1, return_dtype=pl.Int64)
