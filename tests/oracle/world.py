"""All that a review reads of one partner on one track."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from typing import Any

from tests.oracle.calendar import DAY, PERIODS, Calendar
from tests.oracle.rows import Row, as_of
from tests.oracle.schema import Schema, schema_of

Program = dict[str, Any]


@dataclass(frozen=True)
class World:
    """Everything a review reads; `partner` is the one partner looked at, `track` the one ladder.

    `program` is the edition in force; `begins` the day on which its first edition began. `reviews` holds what was found
    before: (track, qualification or "") → month's label → that month's review.
    """

    program: Program
    exports: dict[str, list[Row]]
    calendar: Calendar
    partner: Row
    track: str = ""
    begins: date | None = None
    reviews: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict, compare=False, repr=False)
    memory: dict[Any, Any] = field(default_factory=dict, compare=False, repr=False)

    @cached_property
    def first_day(self) -> date:
        """The day on which the program's first edition began."""
        effective: date = self.program["effective_from"]
        return self.begins or effective

    @cached_property
    def first_counted(self) -> date:
        """No window instance that ended before this day is read."""
        counts_from: date = self.program.get("counts_from", self.first_day)
        return max(self.first_day, counts_from)

    def within(self, program: Program) -> "World":
        """The same world under another edition."""
        return replace(self, program=program, memory={})

    def schema(self, export: str) -> Schema:
        """The schema of an export, the program's own columns included."""
        key = ("schema", export)
        if key not in self.memory:
            self.memory[key] = schema_of(export, self.program)
        found: Schema = self.memory[key]
        return found

    def rows(self, export: str) -> list[Row]:
        """The partner's rows of an export, in full; all rows of one that does not say whose they are."""
        mine = self.partner["partner_id"]
        return [row for row in self.exports.get(export, []) if row.get("partner_id", mine) == mine]

    def rows_on(self, export: str, day: date) -> list[Row]:
        """The partner's rows of an export as they read on a day."""
        key = ("rows", export, day)
        if key not in self.memory:
            read = (as_of(export, row, day, self.schema(export)) for row in self.rows(export))
            self.memory[key] = [row for row in read if row is not None]
        found: list[Row] = self.memory[key]
        return found

    def partner_on(self, day: date) -> Row:
        """The partner's line of the roster as it reads on the day."""
        seen = as_of("partners", self.partner, day)
        assert seen is not None
        return seen

    def condition(self, where: Any) -> Mapping[str, Any]:
        """A condition, also one called by its name; none is always kept."""
        found: Mapping[str, Any] = self.program["conditions"][where] if isinstance(where, str) else where or {}
        return found

    def window_of(self, metric: str) -> Any:
        """The window of a metric of rows as the program says it; None for a level."""
        return self.program["metrics"][metric].get("window")

    def is_to_date(self, metric: str) -> bool:
        """Whether the metric's window is a PERIOD."""
        window = self.window_of(metric)
        return isinstance(window, str) and window in PERIODS

    @property
    def enrolls(self) -> bool:
        """Whether a partner takes part by its enrollments alone."""
        return self.program.get("enrollment") == "required"

    @cached_property
    def enrollments(self) -> list[Row]:
        """The partner's enrollments on the track, oldest first, but those that ended before the program began."""
        mine = [
            row
            for row in self.rows("enrollments")
            if (row["program"], row["track"]) == (self.program["id"], self.track)
            and (row["expires_on"] is None or row["expires_on"] >= self.first_day)
        ]
        return sorted(mine, key=lambda row: row["enrolled_on"])

    def enrollment_on(self, day: date) -> Row | None:
        """The enrollment current on a day, whether or not it has expired: the last one begun."""
        begun = [row for row in self.enrollments if row["enrolled_on"] <= day]
        return begun[-1] if begun else None

    def is_enrolled(self, day: date) -> bool:
        """Whether the partner takes part on the day, as far as enrollments say."""
        if not self.enrolls:
            return True
        current = self.enrollment_on(day)
        return current is not None and (current["expires_on"] is None or day <= current["expires_on"])

    @cached_property
    def start(self) -> date | None:
        """The day on which the partner's standing begins; None where it never takes part."""
        if self.enrolls:
            return max(self.first_day, self.enrollments[0]["enrolled_on"]) if self.enrollments else None
        joined: date | None = self.partner.get("joined_on")
        return max(self.first_day, joined or self.first_day)

    def anniversary_end(self, merit: date) -> date | None:
        """The day before the first anniversary after a day: of the enrollment, else of joining, else of the program.

        None before the first enrollment.
        """
        if self.enrolls:
            current = self.enrollment_on(merit)
            if current is None:
                return None
            since = current["enrolled_on"]
        else:
            since = self.partner.get("joined_on") or self.first_day
        year = merit.year
        while anniversary(since, year) <= merit:
            year += 1
        return anniversary(since, year) - DAY

    def money_in(self, row: Row, column: str, export: str) -> str | None:
        """The currency of a cell that is money; None where the column is none."""
        prefix, _, name = column.rpartition(".")
        if name not in self.schema(prefix or export).money:
            return None
        currency: str = row.get(f"{prefix}.currency" if prefix else "currency") or self.program["currency"]
        return currency


def anniversary(since: date, year: int) -> date:
    """The day of that year; February 28 where it has no February 29."""
    try:
        return since.replace(year=year)
    except ValueError:
        return since.replace(year=year, day=28)
