"""One partner of one program: what its money is worked out from, and the rules of each month."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any

from tests.oracle.calendar import Calendar, FiscalMonth
from tests.oracle.fold import Review
from tests.oracle.ladder import Worlds
from tests.oracle.rows import Row
from tests.oracle.world import Program, World

TABLES = ("commissions", "credits")


@dataclass(frozen=True)
class Rule:
    """One rule of one edition.

    Attributes:
        table: `commissions` or `credits`.
        name: its id there.
        track: whose standing it reads.
        words: what the file says of it.
        program: the edition.
    """

    table: str
    name: str
    track: str
    words: Mapping[str, Any] = field(repr=False)
    program: Program = field(repr=False)

    @property
    def clause(self) -> str | None:
        """The clause that is cited where no nearer one is."""
        return self.words.get("clause") or self.program.get("clause")

    @property
    def source(self) -> str:
        """The export whose rows earn, or the metric."""
        source: str = self.words.get("from") or self.words["base"]["metric"]
        return source

    @property
    def payout_currency(self) -> str:
        """The currency in which amounts are paid, or `as_earned`."""
        currency: str = self.program.get("payout", {}).get("currency", "as_earned")
        return currency


@dataclass(frozen=True)
class Account:
    """One partner, all editions that have begun, and its reviews on all tracks.

    Attributes:
        editions: the program's editions, oldest first.
        worlds: the partner's world on each track of any edition.
        reviews: (track, qualification or "") → month's label → review.
        months: the months whose postings are made, the last one the month asked for.
        holidays: days off, by name.
    """

    editions: Sequence[Program]
    worlds: Mapping[str, Worlds]
    reviews: Mapping[tuple[str, str], Mapping[str, Review]]
    months: Sequence[FiscalMonth]
    holidays: Mapping[str, Sequence[date]]
    calendar: Calendar
    partner: Row

    def edition(self, month: FiscalMonth) -> Program | None:
        """The edition in force at a month's end; None before the first."""
        begun = [program for program in self.editions if program["effective_from"] <= month.last]
        return begun[-1] if begun else None

    def rules(self, month: FiscalMonth) -> Iterator[Rule]:
        """The rules of a month, in the file's order."""
        program = self.edition(month)
        if program is not None:
            for table in TABLES:
                for name, words in program.get(table, {}).items():
                    yield Rule(table, name, words.get("track") or next(iter(program["tracks"])), words, program)

    def world(self, track: str, day: date) -> World:
        """The partner's world on a track under the edition in force on a day."""
        world = self.worlds[track].at(day)
        assert world
        return world

    @cached_property
    def first_month(self) -> FiscalMonth:
        """The program's first month."""
        return self.calendar.month_of(self.editions[0]["effective_from"])

    def months_through(self, first: FiscalMonth, last: FiscalMonth) -> list[FiscalMonth]:
        """The months from one to another, both included."""
        return [month for month in self.calendar.months if first.first <= month.first <= last.first]

    def begun_on(self, track: str, day: date) -> bool:
        """Whether the partner has taken part in a track by a day."""
        worlds = self.worlds.get(track)
        start = worlds.editions[0].start if worlds else None
        return start is not None and start <= day

    def track_on(self, month: FiscalMonth) -> str | None:
        """The first of the tracks with rules that the partner has taken part in by a month's end.

        Where the month's edition has none, of those of earlier months.
        """
        program = self.edition(month)
        for earlier in reversed(self.months_through(self.first_month, month)):
            having = {rule.track for rule in self.rules(earlier)}
            tracks: list[str] = [*program["tracks"], *sorted(having)] if program else []
            found = [track for track in tracks if track in having and self.begun_on(track, month.last)]
            if found:
                return found[0]
        return None

    def terminated_by(self, day: date) -> bool:
        """Whether the partner is terminated on a day."""
        terminated_on: date | None = self.partner.get("terminated_on")
        return terminated_on is not None and terminated_on <= day
