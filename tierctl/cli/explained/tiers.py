"""The tier that stands, the grants behind it, its requirements, and what is held beside it."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from rich.text import Text
from rich.tree import Tree

from tierctl.cli import words
from tierctl.cli.explained.criteria import Criteria, has_alternatives
from tierctl.cli.explained.drawing import Columns, tree
from tierctl.cli.explained.made import Row
from tierctl.cli.explained.part import Part, sentence
from tierctl.criteria import leaves_of
from tierctl.program.phrases import requires_words

if TYPE_CHECKING:
    from tierctl.cli.layout import Cell
    from tierctl.program.model import Track

_SUSPENDED: Final = "suspended"


def tier_branches(part: Part, standing: Row, criteria: Criteria) -> Iterator[Tree]:
    """Where the partner stands, and the requirements of its tier."""
    yield _stands(part, standing)
    if standing["status"] == _SUSPENDED:
        yield from _gates(part)
    tier = standing["tier"]
    if tier is None:
        return
    branches = criteria.branches(tier)
    if branches:
        enough = "; one of the alternatives is enough" if has_alternatives(part, tier) else ""
        yield _of(f"Requirements of {part.tier(tier)}{enough}", branches)
    else:
        yield tree(Text(f"{part.tier(tier)} has no requirements", style="dim"))


def qualification_branches(part: Part, criteria: Criteria) -> Iterator[Tree]:
    """What is held, or could be, beside the ladder: one branch each."""
    day = part.review_day
    for id_ in _track(part).qualifications:
        held = [row for row in _grants(part, id_) if _covers(row, day)]
        said = f"held since {held[0]['from']}{_through(held[0])}" if held else "not held"
        branch = tree(Text.assemble((part.tier(id_), "bold"), f": {said}"))
        for row in held:
            branch.add(Text(words.grouped(part.program, row["because"] or words.plain(row["basis"])), style="dim"))
        for each in criteria.branches(id_):
            branch.children.append(each)
        yield branch


def since_words(standing: Row) -> str:
    """Since when the tier stands, and until when."""
    through = f" through {standing['valid_through']}" if standing["valid_through"] else ""
    return f"since {standing['valid_from']}{through}"


def _gates(part: Part) -> Iterator[Tree]:
    """What has to hold before any tier does, and where the program file says so."""
    for gate in filter(None, (part.program.gate, _track(part).gate)):
        places = (part.places.criterion(part.track, None, leaf.path) for leaf in leaves_of(gate))
        cited = ", ".join(dict.fromkeys(filter(None, places)))
        yield tree(Text.assemble(f"The gate requires {requires_words(gate, part.program)}", (f" · {cited}", "dim")))


def _stands(part: Part, standing: Row) -> Tree:
    grants = _grants(part, None)
    marks = [words.plain(standing[name]) for name in ("status", "change")]
    since = [since_words(standing)] if standing["tier"] else []
    label = Text(sentence(part.tier(standing["tier"])).removesuffix("."), style="bold")
    label.append(f" · {' · '.join(dict.fromkeys([*since, *marks]))}", style="not bold")
    branch = tree(label)
    if standing["reason"]:
        branch.add(Text(sentence(words.grouped(part.program, standing["reason"]))))
    if grants:
        branch.add(_grants_branch(part, grants))
    return branch


def _grants_branch(part: Part, grants: list[Row]) -> Tree:
    branch = tree("Grants")
    cells: list[list[Cell]] = [
        [
            Text(part.tier(row["tier"]), style="bold" if _covers(row, part.review_day) else "dim"),
            words.plain(row["basis"]),
            Text(f"from {row['from']}{_through(row)}", style="dim"),
        ]
        for row in grants
    ]
    notes = [words.grouped(part.program, row["because"] or "") for row in grants]
    branch.add(Columns(cells, notes, give=[0]))
    return branch


def _grants(part: Part, qualification: str | None) -> list[Row]:
    """The grants, the highest tier first, of each the latest first."""
    ranks = _track(part).ranks
    rows = part.rows("grants", qualification=qualification)
    latest = sorted(rows, key=lambda row: row["from"], reverse=True)
    return sorted(latest, key=lambda row: -ranks.get(row["tier"], 0))


def _covers(row: Row, day: object) -> bool:
    return bool(row["from"] <= day and (row["through"] is None or row["through"] >= day))


def _through(row: Row) -> str:
    return f" through {row['through']}" if row["through"] else ""


def _track(part: Part) -> "Track":
    return part.program.tracks[part.track]


def _of(label: str, branches: list[Tree]) -> Tree:
    branch = tree(label)
    branch.children.extend(branches)
    return branch
