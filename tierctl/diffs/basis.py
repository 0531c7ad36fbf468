"""The basis of a review: all that it is evaluated from, so that a part of it can be exchanged for another's."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final

import polars as pl

from tierctl.carried import Carried
from tierctl.contracts import Contract
from tierctl.fiscal import Calendar, FiscalMonth
from tierctl.program.model import Program

TIERCTL: Final = "tierctl"
MONTH: Final = "month"
OPENING: Final = "opening"
CALENDAR: Final = "calendar"
PROGRAM: Final = "program"
RATE: Final = "rate of exchange"
DECISION: Final = "decision"
UNDATED: Final = "undated column"
REMOVED: Final = "removed row"
CHANGED: Final = "changed row"
NEW: Final = "new row"
NOT_KEPT: Final = "inputs not kept"

CAUSES: Final = (
    TIERCTL, MONTH, OPENING, CALENDAR, PROGRAM, RATE, DECISION, UNDATED, REMOVED, CHANGED, NEW, NOT_KEPT,
)  # fmt: skip
"""Why two reviews differ, in the order in which one is led over to the other.

What rows are read with comes before the rows; of the rows those that go first, so that on the way each export is a part
of the one side's or of the other's, and what is never twice in either is never twice: enrollments that follow each
other, keys.
"""


@dataclass(frozen=True)
class Basis:
    """All that a month's review is evaluated from.

    Attributes:
        month: the month under review.
        programs: every edition that has begun by its end.
        exports: export name → its parts, accepted rows dated by the month's last day, in their contract's columns.
        contracts: export name → what its rows bring.
        calendar: the company's fiscal calendar.
        holidays: the workspace's own lists of holidays by name.
        repeating: exports in which identical rows are kept, so that a key may stand there twice.
        money_from: the first month whose money is posted; None: the month under review.
        opening: what the closed months before left; None: none is closed.
        opening_sha256: the digest of the last of them, which tells one opening from another.
        accept_removals: whether posted rows that are missing are reversed, not held.
    """

    month: FiscalMonth
    programs: tuple[Program, ...]
    exports: Mapping[str, Sequence[pl.LazyFrame]]
    contracts: Mapping[str, Contract]
    calendar: Calendar
    holidays: Mapping[str, Sequence[date]] = field(default_factory=dict)
    repeating: frozenset[str] = frozenset()
    money_from: FiscalMonth | None = None
    opening: Carried | None = None
    opening_sha256: str | None = None
    accept_removals: bool = False
