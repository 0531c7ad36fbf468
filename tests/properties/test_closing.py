"""Closing month by month comes to what replaying all months at once comes to.

Nothing else says that a close loses nothing: what it hands on (grants, statuses, postings, balances) has to be all that
the reviews after it need. The exports stay as they are here; what late, changed and vanished rows do is in the
scenarios `close_*.yaml`; and below the oracle closes the same months on the same changing exports.

Up to three months are closed, or four with TIERCTL_MONTHS=all (`make scenarios`).
"""

import os
import random
from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from datetime import date

import polars as pl
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tests import oracle
from tests.closing import Exports, begins, close, read_by
from tests.properties.generated import Case, Table
from tests.properties.language import FEATURES, language_cases
from tests.properties.paying import MONEY, money_cases
from tests.properties.reviews import begun, tried
from tests.properties.varied import varied
from tests.scenarios import program_text
from tests.scenarios.run import COMPARED, differences, engine_calendar, oracle_calendar, parsed, read_back, rows_of
from tierctl.carried import Carried
from tierctl.fiscal import Calendar, FiscalMonth
from tierctl.program.model import Program
from tierctl.review import Review, review

MOST = 4 if os.environ.get("TIERCTL_MONTHS") == "all" else 3
"""No more months than these are closed in one case."""
CARRYING = ("while_met", "approvals")
"""Features of which a close has more to hand on than grants: time to make good, what is earned and waits."""


@dataclass(frozen=True)
class Closes:
    """A case's programs on their calendar; the months from the first closed one to the one asked for, both included."""

    programs: Sequence[Program]
    calendar: Calendar
    holidays: Mapping[str, Sequence[date]]
    months: Sequence[FiscalMonth]

    def closed(self, exports: Sequence[Exports]) -> list[Carried]:
        """What closing the first months in turn leaves, each on its own exports."""
        found: list[Carried] = []
        for month, known in zip(self.months, exports, strict=False):
            opening = found[-1] if found else None
            kept = close(self.programs, known, self.calendar, month, opening=opening, holidays=self.holidays)
            found.append(kept)
        return found

    def review(
        self,
        exports: Exports,
        month: FiscalMonth,
        opening: Carried | None,
        *,
        accept_removals: bool = False,
        partners: Sequence[str] | None = None,
    ) -> Review:
        """The review of a month from a close, or from the start."""
        return review(
            self.programs,
            read_by(self.programs, exports, month),
            self.calendar,
            month,
            money_from=begins(self.calendar, opening) or self.months[0],
            holidays=self.holidays,
            opening=opening,
            accept_removals=accept_removals,
            partners=partners,
        )


def closes(case: Case, others: Sequence[Case] = ()) -> Closes:
    """The last months of a case, the last one the month asked for."""
    calendar = engine_calendar(case.calendar)
    asked = calendar.month(case.month)
    editions = [parsed(program_text(one)) for each in (case, *others) for one in each.editions]
    firsts = [calendar.month_of(each.program["effective_from"]) for each in (case, *others)]
    first = max([*firsts, calendar.shift(asked, -MOST)], key=lambda month: month.first)
    assume(first.first < asked.first)
    months = [first]
    while months[-1].first < asked.first:
        months.append(calendar.shift(months[-1], 1))
    return Closes(editions, calendar, case.holidays, months)


def assert_same(found: Review, expected: Review) -> None:
    """The same bytes in every report, but for the duty to look at what was posted for closed months."""
    for name in COMPARED:
        ours, theirs = (one.tables[name] for one in (found, expected))
        if name == "actions":
            ours, theirs = (one.filter(pl.col("action") != "closed_month_adjusted") for one in (ours, theirs))
        assert ours.write_csv() == theirs.write_csv(), f"{name} of {found.month.label}"


def assert_closing_is_replaying(case: Case, seed: int) -> None:
    """The months after one close, and after all of them."""
    exports, turns = begun(case), closes(case)
    *closed, asked = turns.months
    kept = turns.closed([exports] * len(closed))
    replayed = turns.review(exports, asked, None)
    assert_same(turns.review(exports, asked, kept[-1]), replayed)
    number = random.Random(seed).randrange(len(kept))  # noqa: S311  (a choice, no secret)
    if closed[number] != closed[-1]:
        assert_same(turns.review(exports, asked, kept[number]), replayed)
        following = closed[number + 1]
        assert_same(turns.review(exports, following, kept[number]), turns.review(exports, following, None))


SEEDS = st.integers(0, 99)


@pytest.mark.parametrize("feature", FEATURES)
def test_closing_month_by_month_is_replaying_at_once(feature: str) -> None:
    @tried(3 if feature in CARRYING else 1)
    @given(case=language_cases(feature), seed=SEEDS)
    def same(case: Case, seed: int) -> None:
        assume(case.rows["mrr"] or case.rows["opportunities"])  # the first that is drawn has no row, and nothing moves
        assert_closing_is_replaying(case, seed)

    same()


@pytest.mark.parametrize("feature", MONEY)
def test_closing_month_by_month_is_replaying_at_once_for_money(feature: str) -> None:
    @tried(2)
    @given(case=money_cases(feature), seed=SEEDS)
    def same(case: Case, seed: int) -> None:
        assert_closing_is_replaying(case, seed)

    same()


def assert_the_oracle_agrees(case: Case, seed: int, *, accepts: bool) -> None:
    """Each close on exports of its own, the last review on today's; by tierctl and by the oracle."""
    exports, turns = begun(case), closes(case)
    *closed, asked = turns.months
    then = [varied(exports, seed, turn) for turn in range(len(closed))]
    opening = turns.closed(then)[-1]
    found = turns.review(exports, asked, opening, accept_removals=accepts)
    calendar = oracle_calendar(case.calendar)
    kept: oracle.Closed | None = None
    for month, known in zip(closed, then, strict=True):
        rows = read_back(known)
        kept = oracle.close(
            case.editions, rows, calendar, calendar.month(month.label), holidays=case.holidays, closed=kept
        )
    expected = oracle.review(
        case.editions,
        read_back(exports),
        calendar,
        calendar.month(asked.label),
        holidays=case.holidays,
        closed=kept,
        accept_removals=accepts,
    )
    assert not differences(rows_of(found), expected)


@pytest.mark.parametrize("feature", MONEY)
def test_changing_rows_are_closed_as_by_the_oracle(feature: str) -> None:
    @tried(2)
    @given(case=money_cases(feature), seed=SEEDS, accepts=st.booleans())
    def agree(case: Case, seed: int, accepts: bool) -> None:
        assert_the_oracle_agrees(case, seed, accepts=accepts)

    agree()


@tried(3)
@given(case=money_cases(), seed=SEEDS)
def test_the_order_and_the_parts_of_rows_change_no_close(case: Case, seed: int) -> None:
    """Rows shuffled and in two parts, the position in two parts as well."""
    exports, turns = begun(case), closes(case)
    *closed, asked = turns.months
    kept = turns.closed([exports] * len(closed))[-1]
    mixed = [in_two(shuffled(exports, seed + number)) for number in range(len(turns.months))]
    other = turns.closed(mixed[:-1])[-1]
    for table in ("grants", "statuses", "balances"):
        ours, theirs = (one.sort(one.columns, nulls_last=True) for one in (getattr(other, table), getattr(kept, table)))
        assert ours.write_csv() == theirs.write_csv(), table
    ours, theirs = (pl.concat(one.position).collect() for one in (other, kept))
    assert ours.sort(ours.columns).write_csv() == theirs.sort(theirs.columns).write_csv()
    position = [pl.concat(other.position).filter(part) for part in (FIRST, ~FIRST)]
    assert_same(turns.review(mixed[-1], asked, replace(other, position=position)), turns.review(exports, asked, kept))


FIRST = pl.col("partner_id") == "A"


def shuffled(exports: Exports, seed: int) -> Exports:
    """The rows in another order."""
    order = random.Random(seed)  # noqa: S311  (an order of rows, no secret)
    tables = {name: pl.concat(parts).collect() for name, parts in exports.items()}
    return {name: (df[order.sample(range(df.height), df.height)].lazy(),) for name, df in tables.items()}


def in_two(exports: Exports) -> Exports:
    """The rows of one partner, and those of all others."""
    return {
        name: tuple(pl.concat(parts).filter(part) for part in (FIRST, ~FIRST))
        if "partner_id" in parts[0].collect_schema()
        else parts
        for name, parts in exports.items()
    }


@tried(3)
@given(case=money_cases(), seed=SEEDS, wanted=st.sets(st.sampled_from(["A", "B", "C"]), min_size=1))
def test_some_partners_alone_are_as_in_the_whole_after_closes(case: Case, seed: int, wanted: set[str]) -> None:
    exports, turns = begun(case), closes(case)
    *closed, asked = turns.months
    kept = turns.closed([varied(exports, seed, turn) for turn in range(len(closed))])[-1]
    whole = turns.review(exports, asked, kept)
    alone = turns.review(exports, asked, kept, partners=sorted(wanted))
    for name in COMPARED:
        mine = whole.tables[name].filter(pl.col("partner_id").is_in(sorted(wanted)))
        assert alone.tables[name].write_csv() == mine.write_csv(), name


@tried(3)
@given(case=money_cases(), seed=SEEDS)
def test_several_programs_are_closed_as_one_by_one(case: Case, seed: int) -> None:
    """A second program like the first: each is as if it were alone."""
    exports = begun(case)
    other = replace(case, program=second(case.program), later=tuple(second(one) for one in case.later))
    both, alone = closes(case, [other]), closes(case)
    *closed, asked = both.months
    then = [varied(exports, seed, turn) for turn in range(len(closed))]
    found = both.review(exports, asked, both.closed(then)[-1])
    expected = alone.review(exports, asked, alone.closed(then)[-1])
    for name in COMPARED:
        mine = found.tables[name].filter(pl.col("program") == case.program["id"])
        assert mine.write_csv() == expected.tables[name].write_csv(), name
    replayed = both.review(exports, asked, None)
    assert_same(both.review(exports, asked, both.closed([exports] * len(closed))[-1]), replayed)


def second(program: Table) -> Table:
    """A program of the same words under another name."""
    return deepcopy(program) | {"id": "second", "name": "Second"}


@tried(3)
@given(case=money_cases(), seed=SEEDS)
def test_a_close_is_the_same_every_time(case: Case, seed: int) -> None:
    exports, turns = begun(case), closes(case)
    then = [varied(exports, seed, turn) for turn in range(len(turns.months) - 1)]
    first, again = turns.closed(then)[-1], turns.closed(then)[-1]
    for table in ("grants", "statuses", "balances"):
        assert getattr(first, table).write_csv() == getattr(again, table).write_csv(), table
    assert pl.concat(first.position).collect().write_csv() == pl.concat(again.position).collect().write_csv()
