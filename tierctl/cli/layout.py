"""Plain lines in columns: aligned, never wider than asked, cut with an ellipsis where they would be.

>>> rows = [["P-1", "Acme", "7"], ["P-22", "Blue Harbor Networks", "1,200"]]
>>> [line.plain for line in align(rows, 26, right={2}, give=[1])]
['P-1   Acme               7', 'P-22  Blue Harbor …  1,200']
"""

from collections.abc import Collection, Sequence
from decimal import Decimal
from typing import Final, TypeAlias

from rich.cells import cell_len
from rich.text import Text

Cell: TypeAlias = str | Text

_GAP: Final = 2
_NARROWEST: Final = 8
_EIGHTHS: Final = " ▏▎▍▌▋▊▉"
_FULL: Final = "█"
_WIDEST: Final = 140


def page_width(terminal_width: int) -> int:
    """How wide a page is: the terminal, but no wider than the eye follows a line."""
    return min(terminal_width, _WIDEST)


def align(
    rows: Sequence[Sequence[Cell]],
    width: int,
    *,
    right: Collection[int] = (),
    give: Sequence[int] = (),
    indent: int = 0,
) -> list[Text]:
    """The rows as lines of equal columns.

    Args:
        rows: cells, equally many in each row.
        width: no line is wider.
        right: the columns whose cells stand at their right edge.
        give: the columns that become narrower where there is not enough room, the first of them first.
        indent: blanks before every line.
    """
    cells = [[_text(cell) for cell in row] for row in rows]
    widths = [max(cell_len(cell.plain) for cell in column) for column in zip(*cells, strict=True)]
    room = width - indent - _GAP * (len(widths) - 1)
    for column in give:
        excess = max(0, sum(widths) - room)
        widths[column] = max(min(widths[column], _NARROWEST), widths[column] - excess)
    lines = []
    for row in cells:
        for number, (cell, wide) in enumerate(zip(row, widths, strict=True)):
            cell.truncate(wide, overflow="ellipsis")
            cell.align("right" if number in right else "left", wide)
        line = Text(" " * indent) + Text(" " * _GAP).join(row)
        line.rstrip()
        line.truncate(width, overflow="ellipsis")
        lines.append(line)
    return lines


def paragraph(words: str, width: int, *, indent: int, style: str = "") -> list[Text]:
    """Running text, broken between words, every line indented alike."""
    lines, line = [], ""
    for word in words.split():
        longer = f"{line} {word}" if line else word
        if line and cell_len(longer) > width - indent:
            lines.append(line)
            line = word
        else:
            line = longer
    wrapped = [Text(" " * indent + text, style=style) for text in (*lines, line) if text]
    for text in wrapped:
        text.truncate(width, overflow="ellipsis")
    return wrapped


def paragraphs(text: str, width: int, *, indent: int, style: str = "") -> list[Text]:
    """Running text whose own line breaks, and the blanks that begin its lines, are kept.

    A line that begins with blanks is to be pasted: where there is room for it, it stays as it is.
    """
    result = []
    for part in text.splitlines():
        begins = len(part) - len(part.lstrip())
        is_whole = begins and indent + cell_len(part) <= width
        whole = [Text(" " * indent + part, style=style)]
        result += whole if is_whole else paragraph(part, width, indent=indent + begins, style=style)
    return result


def listing(label: str, names: Sequence[str], most: int, width: int, *, indent: int) -> list[Text]:
    """Names in a row, broken between them and never inside one; of more than `most` the rest are counted.

    >>> [line.plain for line in listing("mrr", ["Sales Rep", "Next Step", "Notes"], 2, 24, indent=2)]
    ['  mrr: Sales Rep,', '    Next Step and 1 more']
    """
    rest = len(names) - most
    shown = [f"{name}," for name in names[:most]]
    shown[-1] = shown[-1].removesuffix(",")
    shown += [f"and {number(rest)} more"] if rest > 0 else []
    lines, line = [], " " * indent + f"{label}:"
    for name in shown:
        if cell_len(f"{line} {name}") > width:
            lines.append(line)
            line = " " * (indent + _GAP - 1)
        line = f"{line} {name}"
    texts = [Text(line) for line in (*lines, line)]
    for text in texts:
        text.truncate(width, overflow="ellipsis")
    return texts


def heading(left: str, right: str, width: int, style: str = "bold") -> list[Text]:
    """A heading with what it is about at the right edge, or below it where the line is too short for both."""
    first = Text(left, style=style)
    blanks = width - cell_len(left) - cell_len(right)
    if right and blanks >= _GAP:
        return [Text.assemble((left, style), " " * blanks, (right, "dim"))]
    first.truncate(width, overflow="ellipsis")
    return [first, *paragraph(right, width, indent=2, style="dim")]


def beside_or_below(rows: Sequence[Text], notes: Sequence[str], width: int, *, indent: int) -> list[list[Text]]:
    """Each row with its note: at its right where every note has room there, else on lines of its own below.

    Args:
        rows: lines, as `align` makes them.
        notes: one per row; empty where there is nothing to say. Notes of several lines always stand below.
        width: no line is wider.
        indent: blanks before a note that stands below.
    """
    widest = max((cell_len(row.plain) for row in rows), default=0)
    room = width - widest - _GAP
    if all(cell_len(note) <= room and "\n" not in note for note in notes):
        blanks = [
            " " * (widest - cell_len(row.plain) + _GAP) if note else "" for row, note in zip(rows, notes, strict=True)
        ]
        return [
            [row + Text(blank) + Text(note, style="dim")] for row, blank, note in zip(rows, blanks, notes, strict=True)
        ]
    return [[row, *paragraphs(note, width, indent=indent, style="dim")] for row, note in zip(rows, notes, strict=True)]


def bar(part: int, whole: int, width: int) -> str:
    """A share of the whole as a bar of at most `width` cells, exact to an eighth of a cell; empty where there is none.

    >>> bar(1, 2, 4), bar(0, 2, 4), bar(1, 1000, 4)
    ('██', '', '▏')
    """
    eighths = max(1, part * width * len(_EIGHTHS) // whole) if part and whole else 0
    full, rest = divmod(eighths, len(_EIGHTHS))
    return (_FULL * full + _EIGHTHS[rest]).rstrip()


def number(value: Decimal | int) -> str:
    """A number with thousands separators and no trailing zeros.

    >>> number(Decimal("24999.500000")), number(Decimal("-1200.000000")), number(1000000)
    ('24,999.5', '-1,200', '1,000,000')
    """
    text = f"{value:,f}" if isinstance(value, Decimal) else f"{value:,}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def signed(value: int) -> str:
    """A difference with its sign; nothing at all where there is none.

    >>> signed(3), signed(-1), signed(0)
    ('+3', '-1', '·')
    """
    return f"{value:+,}" if value else "·"


def plural(count: int, one: str, many: str | None = None) -> str:
    """A count with its noun.

    >>> plural(1, "row"), plural(1200, "row")
    ('1 row', '1,200 rows')
    """
    return f"{number(count)} {one if count == 1 else many or one + 's'}"


def _text(cell: Cell) -> Text:
    return cell.copy() if isinstance(cell, Text) else Text(cell)
