"""What else is told of a track: what the primary user could not see, actions, benefits; and the rows left out."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from rich.console import Group
from rich.text import Text
from rich.tree import Tree

from tierctl.cli import words
from tierctl.cli.explained.criteria import more
from tierctl.cli.explained.drawing import Columns, tree
from tierctl.cli.explained.made import Explained, Row
from tierctl.cli.explained.part import Part, amount, percent
from tierctl.cli.layout import Cell, number, plural
from tierctl.findings import load_catalogue

_UNSEEN: Final = "counts_only"
_CHANGES: Final[Mapping[str, str]] = {"gained": "gained", "changed": "changed", "lost": "lost"}


def unseen_branches(part: Part) -> Iterator[Tree]:
    """The rows that count nowhere because the partner's primary user could not see them."""
    rows = {(row["source"], row["source_id"]): row for row in part.rows("counted", condition=_UNSEEN)}
    if not rows:
        return
    branch = tree(Text.assemble(("Not seen", "bold"), f" by the primary user: {plural(len(rows), 'row')}"))
    shown = [rows[key] for key in sorted(rows)][: part.top]
    if shown:
        cells: list[list[Cell]] = [
            [row["source"], row["source_id"], Text(str(row["dated_on"] or ""), style="dim")] for row in shown
        ]
        notes = [f"of {row['value'] or 'nobody'}, needed: {row['needed']}" for row in shown]
        branch.add(Group(Columns(cells, notes, give=[1]), *more(len(rows) - len(shown))))
    yield branch


def action_branches(part: Part) -> Iterator[Tree]:
    """What a person has to do."""
    rows = sorted(part.rows("actions"), key=lambda row: (row["due_on"], row["action"]))
    if not rows:
        return
    branch = tree(Text("Needs a person", style="bold"))
    for row in rows:
        name = words.action_name(part.program, row["action"])
        said, separator, rest = row["detail"].partition("; ")
        detail = rest if said in {name, row["action"]} else f"{said}{separator}{rest}"
        detail = f": {words.grouped(part.program, detail)}" if detail else ""
        branch.add(Text.assemble((f"by {row['due_on']}", "yellow"), f"  {name}{detail}"))
    yield branch


def benefit_branches(part: Part) -> Iterator[Tree]:
    """What the tier brings, and what has changed of it."""
    rows = part.rows("benefits")
    if not rows:
        return
    had = [row for row in rows if row["change"] != "lost"]
    branch = tree(Text.assemble(("Benefits", "bold"), f": {', '.join(_benefit(part, row) for row in had) or 'none'}"))
    for change, word in _CHANGES.items():
        of = [row for row in rows if row["change"] == change]
        if of and (change == "lost" or len(of) < len(had)):
            branch.add(Text(f"{word}: {', '.join(_benefit(part, row) for row in of)}"))
    yield branch


def reject_branch(explained: Explained) -> Tree | None:
    """The rejected rows that are the partner's: where they stand, and what is wrong with them."""
    rows = explained.rows("rejects")
    if not rows:
        return None
    branch = tree(Text(f"Left out: {plural(left_out(explained), 'row')}", style="bold red"))
    shown = rows[: explained.top]
    if shown:
        branch.add(Group(*_rejects(shown), *more(len(rows) - len(shown))))
    return branch


def left_out(explained: Explained) -> int:
    """How many of the partner's rows were rejected; a row may have several faults."""
    return len({(row["export"], row["file"], row["record"]) for row in explained.rows("rejects")})


def _rejects(rows: Sequence[Row]) -> Iterator[Columns]:
    cells: list[list[Cell]] = [
        [Text(row["rule"], style="red"), f"{row['file']} record {row['record']}", _cell(row)] for row in rows
    ]
    yield Columns(cells, [load_catalogue()[row["rule"]].remedy for row in rows], give=[1, 2])


def _cell(row: Row) -> str:
    return row["column"] if row["value"] is None else f"{row['column']} {row['value']!r}"


def _benefit(part: Part, row: Row) -> str:
    declared = part.program.benefits.get(row["benefit"])
    name = (declared.name if declared else None) or words.plain(row["benefit"])
    if row["value"] is None or row["kind"] == "yes_no":
        return name
    match row["kind"]:
        case "percent":
            return f"{name} {percent(row['value'])}"
        case "amount":
            return f"{name} {amount(row['value'], part.program.currency)}"
    return f"{name} {number(row['value'])}"
