"""How the cells of a column are written: as which dates, numbers, booleans or ids all of its texts can be read.

Everything is tested on all distinct texts of a column by what ingest itself reads with, so that a proposed format is
one under which ingest accepts those cells. Where several formats fit they are all given, with a cell that would tell
them apart; where no format fits, two cells that no format reads both.
"""

from collections.abc import Collection

from tierctl.proposed.answers import Booleans, Cell, Dates, Fit, Ids, Numbers, Setting
from tierctl.proposed.columns import SeenColumn
from tierctl.proposed.date_ways import read_dates
from tierctl.proposed.number_ways import read_numbers
from tierctl.proposed.word_ways import is_of_one_shape, nothing_words, read_booleans, read_ids

__all__ = [
    "Booleans", "Cell", "Dates", "Fit", "Ids", "Numbers", "Setting",
    "booleans", "dates", "ids", "missing_words", "numbers",
]  # fmt: skip


def dates(column: SeenColumn, missing: Collection[str] = ()) -> Dates:
    """As which dates the column's cells can be read; `missing` are words that stand for nothing."""
    return read_dates(column, missing)


def numbers(column: SeenColumn, missing: Collection[str] = ()) -> Numbers:
    """As which numbers the column's cells can be read; `missing` are words that stand for nothing."""
    return read_numbers(column, missing)


def booleans(column: SeenColumn, missing: Collection[str] = ()) -> Booleans:
    """Whether the column's words are two that mean true and false; `missing` are words that stand for nothing."""
    return read_booleans(column, missing)


def ids(column: SeenColumn, missing: Collection[str] = ()) -> Ids:
    """What the column's texts look like as ids; `missing` are words that stand for nothing."""
    return read_ids(column, missing)


def missing_words(column: SeenColumn) -> tuple[str, ...]:
    """The words of the column that stand for nothing, as written: N/A, -, NULL and the like.

    They are so only where the other cells are of another kind (dates, numbers, booleans, or ids of one shape): in a
    column of free text a dash is a text.
    """
    words = nothing_words(column)
    if not words or len(words) == column.distinct:
        return ()
    kinds = (read_dates(column, words).how, read_numbers(column, words).how, read_booleans(column, words).how)
    return words if any(how != "none" for how in kinds) or is_of_one_shape(column, words) else ()
