"""What people decided of a partner, as the decisions export has it."""

from collections.abc import Iterator

import polars as pl
from rich.text import Text
from rich.tree import Tree

from tierctl.cli import words
from tierctl.cli.explained.drawing import tree
from tierctl.cli.explained.made import Row
from tierctl.cli.explained.part import Part
from tierctl.row_checks import DECISIONS


def decision_branches(part: Part) -> Iterator[Tree]:
    """What people decided that no grant tells of: what they declined, moved out or took back."""
    grants = " ".join(row["because"] or "" for row in part.rows("grants"))
    rows = [row for row in decisions_of(part) if f"decision {row['decision_id']} " not in grants]
    if not rows:
        return
    branch = tree(Text("Decisions", style="bold"))
    for row in rows:
        through = f" through {row['through']}" if row["through"] else ""
        why = f": {row['reason']}" if row["reason"] else ""
        said = f"{row['effective_on']}{through}  {part.tier(row['tier'])} {words.plain(row['decision'])}"
        branch.add(Text(f"{said} by {row['decided_by']}{why} · {row['decision_id']}"))
    yield branch


def decisions_of(part: Part) -> list[Row]:
    """The partner's decisions on this track that have taken effect by the review day, the oldest first."""
    basis = part.explained.source.basis
    if DECISIONS not in basis.exports:
        return []
    own = (pl.col("partner_id") == part.explained.partner) & (pl.col("program") == part.program.id)
    concerned = pl.col("track").is_null() | (pl.col("track") == part.track)
    begun = pl.col("effective_on") <= part.review_day
    rows = pl.concat(basis.exports[DECISIONS]).filter(own & concerned & begun).sort("effective_on", "decision_id")
    return list(rows.collect().iter_rows(named=True))
