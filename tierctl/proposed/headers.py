"""Where a table's header stands: below its title lines, above cells that look unlike it; or that it has none."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from tierctl.proposed.cell_looks import look_of, plain
from tierctl.proposed.columns import How

_AMONG = 40  # title lines above a header are few
_BELOW = 60
_NEARLY = 0.8


@dataclass(frozen=True)
class Header:
    """The header's record, counted from 0; -1: there is none. `why` is a sentence."""

    at: int
    how: How
    why: str

    @property
    def exists(self) -> bool:
        """Whether there is one."""
        return self.at >= 0


def find_header(records: Sequence[Sequence[str]], width: int) -> Header:
    """The header among the first records of a table that is `width` cells wide.

    It is the first record that wide whose cells are distinct texts, as many as any such record has, and that looks
    unlike the cells below it. A first record that looks like those below, cell by cell, is a row.
    """
    wide = [at for at, record in enumerate(records[:_AMONG]) if len(record) == width and _count(record)]
    names = [at for at in wide if _are_names(records[at])]
    most = max((_count(records[at]) for at in names), default=0)
    likely = [at for at in names if _count(records[at]) >= _NEARLY * most]
    for at in likely[:3]:
        weight = _weight(records, at, width)
        if weight > 0:
            return Header(at, "sure", f"the cells of row {at + 1} are names, and those below look unlike them")
        if weight == 0:
            return Header(at, "likely", f"the cells of row {at + 1} are names; those below are texts too")
        break
    first = records[wide[0]] if wide else []
    return Header(-1, "open", f"the first row ({', '.join(map(repr, first[:4]))}) looks like those below it")


def _count(record: Sequence[str]) -> int:
    return sum(bool(cell.strip()) for cell in record)


def _are_names(record: Sequence[str]) -> bool:
    """Whether the cells can be a header: some, most of them no numbers or dates, few of them twice."""
    names = [plain(cell) for cell in record if cell.strip()]
    odd = sum(look_of(name) in ("number", "date") for name in names)
    return len(set(names)) > len(names) / 2 and odd < len(names) / 2


def _weight(records: Sequence[Sequence[str]], at: int, width: int) -> int:
    """In how many columns the cell looks unlike those below it, less those in which it looks like them."""
    below = [record for record in records[at + 1 : at + 1 + _BELOW] if len(record) == width and _count(record)]
    if not below:
        return 1
    weight = 0
    for place, cell in enumerate(records[at]):
        looks = Counter(look_of(record[place]) for record in below if record[place].strip())
        if not looks or not cell.strip():
            continue
        usual, here = looks.most_common(1)[0][0], look_of(cell)
        if usual != "text":
            weight += 1 if here == "text" else -1 if here == usual else 0
        elif any(record[place].strip() == cell.strip() and record != records[at] for record in below):
            weight -= 1
    return weight
