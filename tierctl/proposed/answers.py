"""What can be said of how a column is written: the ways to read it, the evidence, and what would decide.

The values that `readings` gives; see there.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TypeAlias

from tierctl.proposed.columns import How

Setting: TypeAlias = str | bool | tuple[str, ...]


@dataclass(frozen=True)
class Cell:
    """One cell of a column: its record (1 is the first row after the header) and its text."""

    record: int
    text: str


@dataclass(frozen=True)
class Fit:
    """One way to read a column.

    `settings` are keys of an export's format with what they have to say; those that stand at their default are left
    out, so that no settings at all means that the defaults read it. `matched` rows of `filled` are read (blank cells
    and missing words are not counted); `example` is the first cell that is read, `unread` the first that is not.
    """

    settings: Mapping[str, Setting]
    matched: int
    filled: int
    example: Cell
    unread: Cell | None = None

    @property
    def is_whole(self) -> bool:
        """Whether every cell is read."""
        return self.matched == self.filled


@dataclass(frozen=True)
class Dates:
    """How a column's dates are written.

    `how`: sure (one way reads every cell), likely (others read every cell too, but make little sense, or some cells
    are read by no way), open (several ways read every cell and make sense, or the cells contradict each other), none.
    `fits`: the ways among which that is; the first is the one to propose. `others`: further ways that read some or
    all of the cells. `why` is the evidence in a sentence. `would_decide` is a made-up cell that only one of `fits`
    reads (empty: not open, or nothing would). `contradiction`: two cells that no way reads both. `is_bare`: every
    cell is digits alone, so that numbers and ids look like it. `has_times`: some cell's time of day is not midnight;
    the settings then drop it. `least` and `greatest` are the first and last day under the first fit, in ISO.
    """

    how: How
    fits: tuple[Fit, ...] = ()
    others: tuple[Fit, ...] = ()
    why: str = ""
    would_decide: str = ""
    contradiction: tuple[Cell, Cell] | None = None
    is_bare: bool = False
    has_times: bool = False
    least: str = ""
    greatest: str = ""


@dataclass(frozen=True)
class Numbers:
    """How a column's numbers are written; `how`, `fits`, `others`, `why`, `would_decide` and `contradiction` as dates.

    `currencies`: the signs and codes that stand beside numbers → in how many rows. `percent`, `accounting`,
    `leading_zeros` and `exponent` are the first cell that has a percent sign (read as it stands it is a hundred times
    the fraction that is meant), a negative in parentheses or with the sign behind it, zeros in front (an id rather than
    a number), or an exponent (`1E5`, never read as a number). `is_integer`: every number is whole. `least` and
    `greatest` are under the first fit.
    """

    how: How
    fits: tuple[Fit, ...] = ()
    others: tuple[Fit, ...] = ()
    why: str = ""
    would_decide: str = ""
    contradiction: tuple[Cell, Cell] | None = None
    currencies: Mapping[str, int] = field(default_factory=dict)
    percent: Cell | None = None
    accounting: Cell | None = None
    leading_zeros: Cell | None = None
    exponent: Cell | None = None
    is_integer: bool = False
    least: Decimal | None = None
    greatest: Decimal | None = None


@dataclass(frozen=True)
class Booleans:
    """Which words of a column mean true and which false, every spelling that stands there.

    `how` is likely where only one of the two words stands there (the other one is its usual partner), or where a
    single mark such as `x` stands in some rows and nothing in the others (`is_mark`: nothing means false there, which a
    column's `values` can say: `"" = "false"`). `settings` as in `Fit`: nothing where the defaults read the words.
    """

    how: How
    true_words: tuple[str, ...] = ()
    false_words: tuple[str, ...] = ()
    is_mark: bool = False
    settings: Mapping[str, Setting] = field(default_factory=dict)
    why: str = ""


@dataclass(frozen=True)
class Ids:
    """What a column's texts look like as ids.

    `shape` is what they all look like where that is one thing, and empty where it is not: letters and signs as they are
    where they are the same in every text, `9` for a digit, `A` for a letter, `*` behind it where their number differs
    (`P-9999`, `P-9*`). `prefix` is what stands before the first digit, where that is the same in all.
    `is_unique`: no text stands in two rows. `has_leading_zeros`: some text of digits begins with 0.
    """

    shape: str
    prefix: str
    is_unique: bool
    has_leading_zeros: bool
    widths: tuple[int, int]
