"""How a text is cut into records and cells: its delimiter and its quotes, by what makes records of one width."""

import csv
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from tierctl.proposed.bytes_told import SetAsideError
from tierctl.proposed.cell_looks import look_of
from tierctl.proposed.columns import How, Note
from tierctl.proposed.headers import Header, find_header

DELIMITERS = (",", ";", "\t", "|")
_SAID = {",": "','", ";": "';'", "\t": "a tab", "|": "'|'"}
_LINES = 2_000
_CLEAR, _CLOSE, _TABLE, _ROWS = 0.9, 0.05, 0.5, 2
_MARKUP = {"<": "it is HTML or XML, perhaps a page that was saved instead of the export", "{": "it is JSON"}


@dataclass(frozen=True)
class Dialect:
    """One way to cut a text, and how well it does: `wide` of the records counted are as wide as the table.

    Blank records, those above the header and those after the last one of the table's `width` are not counted. `header`
    is where the header stands; `lines` is how many lines of the file it and what is above it take. `has_quoted`: there
    are quotes; `breaks`: they stand inside of cells; `odd` is the share of cells that hold another delimiter and are no
    numbers; `is_tight`: no blank stands behind most delimiters.
    """

    delimiter: str
    quote: str
    width: int
    wide: int
    counted: int
    records: tuple[tuple[str, ...], ...]
    header: Header
    lines: int
    has_quoted: bool
    breaks: bool
    odd: float
    is_tight: bool

    @property
    def share(self) -> float:
        """The share of the records counted that are as wide as the table."""
        return self.wide / max(1, self.counted)

    @property
    def rank(self) -> tuple[bool, bool, bool, int, float, bool]:
        """The better dialect has the greater rank."""
        return (not self.breaks, self.width > 1, self.header.exists, self.wide, -self.odd, self.is_tight)

    @property
    def said(self) -> str:
        """How many of the records it makes as wide as the table."""
        return f"{_SAID[self.delimiter]} cuts {self.wide} of {self.counted} records into {self.width} cells"


def find_dialect(path: Path) -> tuple[Dialect, list[Note]]:
    """How the UTF-8 text at `path` is cut, from its first lines.

    Raises:
        SetAsideError: nothing cuts it into a table.
    """
    with path.open(encoding="utf-8-sig", newline="\n") as file:
        lines = list(islice(file, _LINES + 1))
    lines = lines[:_LINES] if len(lines) > _LINES else lines
    start = "".join(lines[:20]).lstrip()
    if start[:1] in _MARKUP:
        raise SetAsideError("unsupported-file", _MARKUP[start[0]])
    tried = [_best_quoted(lines, sign) for sign in DELIMITERS]
    best = max(tried, key=lambda dialect: dialect.rank)
    if best.width == 1:
        return _alone(tried), []
    if best.share < _TABLE or (best.wide < _ROWS and best.counted < len(best.records) - best.header.at):
        raise SetAsideError("unsupported-file", f"it is no table: at best {best.said}")
    others = [each for each in tried if each.delimiter != best.delimiter and each.width > 1 and not each.breaks]
    return best, _notes(best, max(others, key=lambda dialect: dialect.rank, default=None))


def without_quotes(dialect: Dialect) -> tuple[Dialect, Note] | None:
    """The dialect for a text in which quotes turned out to stand inside cells, far down; None: others quote cells."""
    if not dialect.quote or dialect.has_quoted:
        return None
    said = "further down double quotes stand inside cells and quote none"
    return replace(dialect, quote=""), Note("quote", said, "likely")


def _notes(best: Dialect, other: Dialect | None) -> list[Note]:
    is_close = other is not None and best.wide - other.wide <= _CLOSE * best.wide and other.odd <= best.odd
    how: How = "likely" if is_close or best.share < _CLEAR else "sure"
    said = f"{best.said}; {other.said}" if other is not None else best.said
    notes = [Note("delimiter", said, how)]
    if best.quote != '"':
        inside = "double quotes stand inside cells and quote none"
        what = f"cells are quoted with {best.quote}" if best.quote else inside
        notes.append(Note("quote", what, "likely"))
    return notes


def _alone(tried: Sequence[Dialect]) -> Dialect:
    """A table of one column; a text in which lines hold delimiters here and there is prose."""
    if any(len(record) > 1 for dialect in tried for record in dialect.records):
        raise SetAsideError("unsupported-file", "it is no table: no delimiter cuts its lines into the same cells")
    return tried[0]


def _best_quoted(lines: Sequence[str], sign: str) -> Dialect:
    """The text cut at that sign: with double quotes unless they stand inside cells, where quotes mean nothing."""
    first, *others = (_tried(lines, sign, quote) for quote in _quotes(lines, sign))
    return others[0] if first.breaks and others else first


def _quotes(lines: Sequence[str], sign: str) -> tuple[str, ...]:
    """The quotes to try: single ones only where whole cells stand in them and double ones nowhere."""
    text = "".join(lines)
    if '"' in text:
        return ('"', "")
    cells = [cell.strip() for line in lines for cell in line.split(sign)]
    single = sum(len(cell) > 1 and cell[0] == cell[-1] == "'" for cell in cells)
    return ("'", '"') if single > len(cells) / 2 else ('"',)


def _tried(lines: Sequence[str], sign: str, quote: str) -> Dialect:
    records, ends = _records(lines, sign, quote)
    widths = Counter(len(record) for record in records if len(record) > 1)
    width = max(widths, key=lambda each: (widths[each], each), default=1)
    header = find_header(records, width)
    counted, wide = _counted(records[max(0, header.at) :], width)
    head = ends[header.at] if header.exists else 0
    spaced = sum(line.count(f"{sign} ") for line in lines) * 2 > sum(line.count(sign) for line in lines)
    return Dialect(
        delimiter=sign,
        quote=quote,
        width=width,
        wide=wide,
        counted=counted,
        records=tuple(map(tuple, records)),
        header=header,
        lines=head,
        has_quoted=bool(quote) and any(quote in line for line in lines),
        breaks=_breaks(lines, sign, quote),
        odd=_odd(records, sign),
        is_tight=not spaced,
    )


def _odd(records: Sequence[Sequence[str]], sign: str) -> float:
    """The share of cells that hold another delimiter and look like no number."""
    cells = [cell for record in records for cell in record]
    others = [other for other in DELIMITERS if other != sign]
    odd = sum(look_of(cell) != "number" for cell in cells if any(other in cell for other in others))
    return round(odd / max(1, len(cells)), 2)


def _counted(records: Sequence[Sequence[str]], width: int) -> tuple[int, int]:
    """How many records that are not blank there are up to the last one of that width, and how many have it."""
    widths = [len(record) for record in records if any(cell.strip() for cell in record)]
    last = max((at for at, each in enumerate(widths) if each == width), default=-1)
    return last + 1, widths.count(width)


def _records(lines: Sequence[str], sign: str, quote: str) -> tuple[list[list[str]], list[int]]:
    """The records, and after how many lines each of them ends; the last one is left out where it may be cut short."""
    csv.field_size_limit(1 << 30)
    reader = csv.reader(
        lines, delimiter=sign, quotechar=quote or None, quoting=csv.QUOTE_MINIMAL if quote else csv.QUOTE_NONE
    )
    records, ends = [], []
    for record in reader:
        records.append(record)
        ends.append(reader.line_num)
    if len(lines) == _LINES and len(records) > 1:
        del records[-1], ends[-1]
    return records, ends


def _breaks(lines: Sequence[str], sign: str, quote: str) -> bool:
    """Whether a quote opens or closes within a cell, so that the text is not quoted with it."""
    if not quote:
        return False
    try:
        deque(csv.reader(lines, delimiter=sign, quotechar=quote, strict=True), maxlen=0)
    except csv.Error as fault:
        return "unexpected end" not in str(fault) or len(lines) < _LINES
    return False
