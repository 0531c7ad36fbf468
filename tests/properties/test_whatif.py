"""What if, on generated programs: every variant comes to what one whole review of its programs comes to.

Which way the engine takes is a matter of speed alone. The samples have a test of their own; here the programs have all
that the language knows, and the variants all that a person may ask.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

import polars as pl
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.closing import Exports, begins, read_by
from tests.pipelines.whatif_cases import Row, by_review, of_answer
from tests.properties.draft import Draw
from tests.properties.edits import EDITS, Bounds, bounded, edited, grids
from tests.properties.generated import Case, Table
from tests.properties.language import language_cases
from tests.properties.paying import money_cases
from tests.properties.reviews import begun, tried
from tests.properties.test_closing import closes, in_two
from tests.properties.varied import varied
from tests.scenarios import program_text
from tests.scenarios.run import engine_calendar, parsed
from tierctl.carried import Carried
from tierctl.findings import CannotRunError
from tierctl.fiscal import Calendar, FiscalMonth
from tierctl.program.load import load_text
from tierctl.program.model import Program
from tierctl.review import Review, review
from tierctl.whatif import Answer, Question, Variant, whatif
from tierctl.whatif.question import Month

Programs = tuple[Program, ...]

STANDING = ("while_met", "qualifications", "editions")
PAYING = ("residual", "credited")
TOGETHER = {
    "of what is paid": ("rate", "asked_by_rules", "rule_removed", "rule_added", "payout"),
    "of how tiers are held": ("effect", "lasting", "promotion"),
    "of what is measured": ("measuring", "gates", "enrollment"),
    "of the ladder": ("renamed", "removed"),
}
MOST = 2
"""No more variants than these are asked for in one case."""


@dataclass(frozen=True)
class Asked:
    """A month of a case: what a review of it reads."""

    programs: Programs
    calendar: Calendar
    month: FiscalMonth
    exports: Exports
    holidays: Mapping[str, Sequence[date]]
    money_from: FiscalMonth
    opening: Carried | None = None
    supposed: Exports | None = None

    @classmethod
    def of(cls, case: Case) -> "Asked":
        """The case's month."""
        calendar = engine_calendar(case.calendar)
        month, programs = calendar.month(case.month), tuple(parsed(program_text(one)) for one in case.editions)
        money_from = calendar.month(case.money_from) if case.money_from else month
        exports = read_by(programs, begun(case), month)
        return cls(programs, calendar, month, exports, case.holidays, money_from)

    def opened(self, case: Case, seed: int) -> "Asked":
        """The same month after one or two before it were closed, each on other exports."""
        turns, exports = closes(case), begun(case)
        turns = replace(turns, months=turns.months[-2 - seed % 2 :])
        then = [varied(exports, seed, turn) for turn in range(len(turns.months) - 1)]
        opening = turns.closed(then)[-1]
        return replace(self, opening=opening, money_from=begins(self.calendar, opening) or turns.months[0])

    def review(self, programs: Programs, exports: Exports) -> Review:
        """One whole review."""
        return review(
            programs,
            exports,
            self.calendar,
            self.month,
            money_from=self.money_from,
            holidays=self.holidays,
            opening=self.opening,
        )

    def whatif(self, variants: Sequence[Programs]) -> Answer:
        """The engine's answer."""
        month = Month(self.month, self.exports, self.supposed, self.money_from, self.opening)
        return asked_of(self, [month], variants)

    def reviewed(self, variants: Sequence[Programs]) -> list[tuple[Programs, Review]]:
        """Those variants that a review does not refuse, each with what a whole one comes to."""
        found = []
        for programs in variants:
            try:
                found.append((programs, self.review(programs, self.supposed or self.exports)))
            except CannotRunError:
                continue
        return found


def asked_of(of: Asked, months: Sequence[Month], variants: Sequence[Programs]) -> Answer:
    """The engine's answer for several months."""
    named = tuple(Variant((("variant", str(number)),), programs) for number, programs in enumerate(variants, start=1))
    return whatif(Question(tuple(months), of.programs, named, of.calendar, (), of.holidays))


def loaded(editions: Sequence[Table]) -> Programs | None:
    """The programs; None: they are no sound ones."""
    found = [load_text(program_text(one), "variant.toml")[0] for one in editions]
    return tuple(one for one in found if one) if all(found) else None


def values_of(before: Review) -> list[Decimal]:
    """The values that were held against bounds."""
    return before.tables["evidence"]["value"].drop_nulls().unique().sort().to_list()


def with_gone(expected: set[Row], before: Review, after: Review, number: int) -> set[Row]:
    """The transitions, with those of partners that take no part any more."""
    was, stands = (each.tables["standing"].select("track", "partner_id", "tier") for each in (before, after))
    gone = was.join(stands, on=["track", "partner_id"], how="anti").group_by("track", "tier").len()
    return expected | {(number, track, tier, None, partners) for track, tier, partners in gone.iter_rows()}


def assert_as_reviewed(of: Asked, variants: Sequence[Programs]) -> None:
    """Holds the answer for all variants against one whole review of each, and says why whoever moves does."""
    before, reviewed = of.review(of.programs, of.exports), of.reviewed(variants)
    assume(reviewed)
    answer = of.whatif([programs for programs, _ in reviewed])
    program = of.programs[-1].id
    for number, (programs, after) in enumerate(reviewed, start=1):
        expected = by_review(program, before, after, number)
        expected["transitions"] = with_gone(expected["transitions"], before, after, number)
        if of.supposed is None and all(each == of.programs for each, _ in reviewed):
            expected = {name: set() for name in expected}
        assert of_answer(answer, program, number) == expected, f"variant {number} of {len(reviewed)}: {programs}"
    moved = answer.tables["movements"].filter((pl.col("direction") != "same") & pl.col("tier_after").is_not_null())
    assert moved["why"].null_count() == 0


def variants_of(of: Asked, editions: Sequence[Table], other: Sequence[Table], grid: Sequence[Bounds]) -> list[Programs]:
    """The editions and the other ones by the bounds of a grid, and the other ones as they are: some of them."""
    values = values_of(of.review(of.programs, of.exports))
    tried_ = [list(other)] if other else []
    tried_ += [[bounded(one, bounds, values) for one in each] for bounds in grid for each in (other, editions) if each]
    found = [each for editions_ in tried_[:MOST] if (each := loaded(editions_))]
    assume(found)
    return found


@st.composite
def cases(draw: Draw, feature: str | None = None) -> Case:
    """Any case, or one with that feature."""
    if feature is None:
        return draw(language_cases() | money_cases())
    return draw(language_cases(feature) if feature in STANDING else money_cases(feature))


@st.composite
def asked(draw: Draw, case: Case, *, often: int = 3) -> Asked:
    """The case's month, perhaps after closes, with supposed rows, or with its rows in two parts."""
    of, seed, ways = Asked.of(case), draw(st.integers(0, 99)), st.sampled_from([True] + [False] * (often - 1))
    if draw(ways):
        of = of.opened(case, seed)
    if draw(ways):
        of = replace(of, supposed=varied(of.exports, seed, 99))
    if draw(ways):
        of = replace(of, exports=in_two(of.exports), supposed=in_two(of.supposed) if of.supposed else None)
    return of


@pytest.mark.parametrize("feature", [*STANDING, *PAYING])
def test_bounds_give_what_reviews_give(feature: str) -> None:
    @tried(2)
    @given(data=st.data())
    def agree(data: st.DataObject) -> None:
        case = data.draw(cases(feature))
        of = data.draw(asked(case))
        grid = data.draw(grids(data.draw(st.sampled_from(case.editions))))
        assert_as_reviewed(of, variants_of(of, case.editions, [], grid))

    agree()


@pytest.mark.parametrize("edits", TOGETHER)
def test_edits_and_bounds_together_give_what_reviews_give(edits: str) -> None:
    @tried(2)
    @given(data=st.data())
    def agree(data: st.DataObject) -> None:
        case = data.draw(money_cases() if edits == "of what is paid" else cases())
        of = data.draw(asked(case))
        names = data.draw(st.lists(st.sampled_from(TOGETHER[edits]), min_size=1, max_size=2, unique=True))
        other = data.draw(edited(case.editions, names))
        assert_as_reviewed(of, variants_of(of, case.editions, other, data.draw(grids(other[-1]))))

    agree()


def test_every_edit_is_tried() -> None:
    assert sorted(EDITS) == sorted(name for names in TOGETHER.values() for name in names)
