"""The page: who and when, the answer in a few sentences, then a tree for each program."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text
from rich.tree import Tree

from tierctl.cli import words
from tierctl.cli.explained.ahead import ending_branches, next_branches
from tierctl.cli.explained.criteria import Criteria
from tierctl.cli.explained.decided import decision_branches
from tierctl.cli.explained.drawing import drawn, tree
from tierctl.cli.explained.made import Explained
from tierctl.cli.explained.money import money_branches
from tierctl.cli.explained.part import Part
from tierctl.cli.explained.placed import Places
from tierctl.cli.explained.rest import (
    action_branches,
    benefit_branches,
    left_out,
    reject_branch,
    unseen_branches,
)
from tierctl.cli.explained.sentences import money_sentence, no_part, track_sentences
from tierctl.cli.explained.tiers import qualification_branches, tier_branches
from tierctl.cli.layout import heading, page_width, paragraph, plural

if TYPE_CHECKING:
    from tierctl.program.model import Program


def lines(explained: Explained, places: Mapping[str, Places], console: Console) -> list[Text]:
    """The whole page, no line wider than the terminal."""
    width = page_width(console.width)
    month = explained.source.month
    result = heading(f"{explained.partner}  {explained.name}", f"{month.label} · review day {month.last}", width)
    result += paragraph(explained.source.said, width, indent=0, style="dim")
    if explained.differing:
        said = f"What was sealed differs in {', '.join(explained.differing)}: tierctl verify --month {month.label}"
        result += paragraph(said, width, indent=0, style="yellow")
    for label, said in answers(explained, places):
        result += [Text(), *paragraph(label, width, indent=0, style="bold"), *paragraph(said, width, indent=2)]
    trees = [reject_branch(explained), *(_program(explained, each, places[each.id]) for each in explained.programs)]
    for each in trees:
        result += [Text(), *drawn(each, console, width)] if each is not None else []
    return result


def answers(explained: Explained, places: Mapping[str, Places]) -> Iterator[tuple[str, str]]:
    """What it comes to: for each track of each program, and for its money, what it is and a sentence or two."""
    rejected = left_out(explained)
    if rejected:
        yield "Left out", f"{plural(rejected, 'row')} of this partner, which the review had to do without."
    for program in explained.programs:
        for track in program.tracks:
            part = Part(explained, program, track, places[program.id])
            is_single = len(program.tracks) == 1
            label = program.name if is_single else f"{program.name} · {words.track_name(program, track)}"
            if is_single or part.standing is not None:
                yield label, track_sentences(part)
        if not any(explained.rows("standing", program=program.id)) and len(program.tracks) > 1:
            yield program.name, no_part(explained)
        said = money_sentence(explained, program)
        if said:
            yield f"{program.name} · money", said


def _program(explained: Explained, program: "Program", places: Places) -> Tree | None:
    """Everything about one program; None where there is nothing but that the partner has no part in it."""
    root = tree(Text.assemble((program.name, "bold"), (f"  {places.path}", "dim")))
    for track in program.tracks:
        part = Part(explained, program, track, places)
        if part.standing is None:
            continue
        is_single = len(program.tracks) == 1
        branch = root if is_single else root.add(Text(words.track_name(program, track), style="bold underline"))
        branch.children.extend(_track(part))
    money = list(money_branches(explained, program, places))
    if money:
        root.add(Text("Money", style="bold underline")).children.extend(money)
    return root if root.children else None


def _track(part: Part) -> Iterator[Tree]:
    standing = part.standing
    if standing is None:
        return
    criteria = Criteria(part)
    yield from tier_branches(part, standing, criteria)
    yield from next_branches(part, standing, criteria)
    yield from qualification_branches(part, criteria)
    yield from ending_branches(part, standing)
    yield from unseen_branches(part)
    yield from decision_branches(part)
    yield from action_branches(part)
    yield from benefit_branches(part)
