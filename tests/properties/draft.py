"""A case being drawn: a program and rows that features are added to, one after the other."""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import date, timedelta

from hypothesis import strategies as st

from tests.properties.generated import Table, days, early_days, without_empty

Draw = st.DrawFn
Feature = Callable[[Draw, "Draft"], None]
GAPS = st.sampled_from([0, 1, 27, 30, 60, 90, 182, 365])


@dataclass
class Draft:
    """A program, partial rows, and the edition that follows the program, if one does; the workspace's holidays."""

    program: Table
    rows: dict[str, list[Table]]
    later: list[Table] = field(default_factory=list)
    holidays: dict[str, list[date]] = field(default_factory=dict)

    @property
    def track(self) -> Table:
        """The track `main`."""
        track: Table = self.program["tracks"]["main"]
        return track

    @property
    def whose(self) -> st.SearchStrategy[str]:
        """Any partner of the roster."""
        return st.sampled_from([row["partner_id"] for row in self.rows["partners"]])

    def measure(self, name: str, metric: Table) -> None:
        """One more metric."""
        self.program["metrics"][name] = metric

    def require(self, draw: Draw, criterion: Table) -> None:
        """One more requirement of silver or gold, beside what it asks for or in its place."""
        tier = self.track["tiers"][draw(st.sampled_from([1, 2]))]
        word = next(iter(criterion))
        if draw(st.booleans()) and word not in {"any", "all"}:
            tier["requires"] = {**tier["requires"], **deepcopy(criterion)}
        elif draw(st.booleans()):
            tier["requires"] = {draw(st.sampled_from(["any", "all"])): [tier["requires"], deepcopy(criterion)]}
        else:
            tier["requires"] = deepcopy(criterion)

    def add_rows(self, draw: Draw, export: str, row: st.SearchStrategy[Table], key: tuple[str, ...] = ()) -> None:
        """Up to eight rows of partners, no two alike in a key."""
        whole = st.builds(lambda name, cells: without_empty({"partner_id": name} | cells), self.whose, row)
        unique = (lambda found: tuple(found.get(column) for column in key)) if key else None
        self.rows[export] = draw(st.lists(whole, max_size=8, unique_by=unique))


def later_day(draw: Draw, first: date) -> date:
    """A day some time after another one."""
    return first + timedelta(draw(GAPS))


@st.composite
def spans(draw: Draw, since: str, through: str, *, early: bool = True) -> Table:
    """A first day, and perhaps a last one."""
    first = draw(early_days if early else days)
    return {since: first, through: draw(st.none() | st.just(later_day(draw, first)))}
