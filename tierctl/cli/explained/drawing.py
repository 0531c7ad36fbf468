"""Trees as lines of text: Rich draws them, and the page prints them as it prints all else."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from rich.console import Console, ConsoleOptions
from rich.text import Text
from rich.tree import Tree

from tierctl.cli.layout import Cell, align, beside_or_below

_GUIDES = "dim"
_NOTE_INDENT = 2


@dataclass(frozen=True)
class Columns:
    """Rows of a tree in equal columns, each with a note at its right, or below it where there is no room.

    Attributes:
        rows: cells, equally many in each row; at least one row.
        notes: one per row; empty where there is nothing to say.
        right: the columns whose cells stand at their right edge.
        give: the columns that become narrower where there is not enough room.
    """

    rows: Sequence[Sequence[Cell]]
    notes: Sequence[str] = ()
    right: Collection[int] = ()
    give: Sequence[int] = ()

    def __rich_console__(self, _console: Console, options: ConsoleOptions) -> Iterator[Text]:
        """The lines, none wider than the tree leaves room for."""
        aligned = align(self.rows, options.max_width, right=self.right, give=self.give)
        notes = self.notes or [""] * len(aligned)
        for block in beside_or_below(aligned, notes, options.max_width, indent=_NOTE_INDENT):
            yield from block


def tree(label: Text | str) -> Tree:
    """A tree, to which branches are added; a text is shown as it is, whatever signs are in it."""
    return Tree(_text(label), guide_style=_GUIDES)


def _text(label: Text | str) -> Text:
    return Text(label) if isinstance(label, str) else label


def drawn(branch: Tree, console: Console, width: int) -> list[Text]:
    """The tree as lines, none of them wider; what is too long for a line goes on below it."""
    lines = console.render_lines(branch, console.options.update(width=width), pad=False)
    return [
        Text.assemble(*((segment.text, segment.style or "") for segment in line if not segment.control))
        for line in lines
    ]
