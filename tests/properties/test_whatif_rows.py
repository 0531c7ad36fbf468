"""What if, where rows of other partners, of other months or of nobody matter: worked out by hand, and `merged`."""

from collections.abc import Sequence
from copy import deepcopy
from datetime import date
from decimal import Decimal

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from tests.closing import Exports, close, read_by
from tests.pipelines.whatif_cases import Row, by_review, of_answer
from tests.properties.edits import bounded, grids
from tests.properties.generated import Case, Table
from tests.properties.paying import money_cases
from tests.properties.reviews import begun, tried
from tests.properties.test_closing import in_two
from tests.properties.test_whatif import Asked, asked_of, loaded, with_gone
from tests.properties.varied import varied
from tests.scenarios import program_text
from tests.scenarios.run import frames, parsed
from tierctl.carried import Carried
from tierctl.fiscal import Calendar
from tierctl.program.in_use import contracts_of
from tierctl.whatif.question import Month
from tierctl.whatif.supposed import merged

MONTHS = Calendar.months()
TEN, NOTHING = Decimal(10), Decimal(0)


def program(bound: int, **rule: object) -> Table:
    """Silver for so many deals a year; for every line 10 % once, for silver partners 20 %, or what the rule says."""
    by_tier = {"by": "tier", "as_of": "month_end", "values": {"base": "10 %", "silver": "20 %"}}
    silver = {"id": "silver", "requires": {"deals": {"at_least": bound}}, "holds": "through_calendar_year"}
    window = {"on": "submitted_on", "window": "calendar_year"}
    fee: Table = {"from": "mrr", "track": "main", "earned_on": "invoiced_on", "base": "mrr", "rate": by_tier}
    return {
        "id": "made",
        "name": "Made",
        "currency": "USD",
        "enrollment": "automatic",
        "effective_from": date(2025, 1, 1),
        "policy": {"rounding": "half_even", "takes_effect": "month_end", "terminated_partners": "keep_earning"},
        "metrics": {"deals": {"from": "opportunities", "count": "opportunity_id", **window}},
        "tracks": {
            "main": {"promotion": "automatic", "each_tier_requires": "its_own", "tiers": [{"id": "base"}, silver]},
            "service": {"promotion": "automatic", "tiers": [{"id": "basic"}]},
        },
        "commissions": {"fee": fee | rule},
        "payout": {"currency": "as_earned", "pay_when": {"more_than": 0}},
    }


def line(partner: str, name: str) -> Table:
    """An order line of 100.00, sold and invoiced on 10 January."""
    on = date(2025, 1, 10)
    words = {"customer_id": "X", "order_type": "new_logo", "mrr": 100, "sold_on": on, "invoiced_on": on}
    return {"partner_id": partner, "line_id": name} | words


def rows(*lines: Table, deals: int = 0, **further: list[Table]) -> dict[str, list[Table]]:
    """The partners A and B, these lines, and so many deals of A in February."""
    deal = {"partner_id": "A", "submitted_on": date(2025, 2, 5), "stage": "open", "customer_id": "X"}
    partners = [{"partner_id": "A"}, {"partner_id": "B"}]
    return {"partners": partners, "mrr": list(lines), "opportunities": [deal] * deals, **further}


def february(
    editions: Sequence[Table], variant: Sequence[Table], exports: Exports, opening: Carried | None
) -> set[Row]:
    """Who moves in February 2025, held against whole reviews: track, partner, tiers, currency, amounts."""
    programs, month = tuple(parsed(program_text(one)) for one in editions), MONTHS.month("2025-02")
    others = loaded(variant)
    assert others is not None
    of = Asked(programs, MONTHS, month, read_by(programs, exports, month), {}, MONTHS.month("2025-01"), opening)
    before, after = of.review(programs, of.exports), of.review(others, of.exports)
    expected = by_review("made", before, after, 1)
    expected["transitions"] = with_gone(expected["transitions"], before, after, 1)
    assert of_answer(of.whatif([others]), "made", 1) == expected
    return {row[1:] for row in expected["movements"]}


def after_january(then: dict[str, list[Table]], now: dict[str, list[Table]], **rule: object) -> set[Row]:
    """Who moves in February where two deals are asked for in place of one, once January is closed."""
    as_it_is = program(1, **rule)
    opening = close([parsed(program_text(as_it_is))], frames(as_it_is, then), MONTHS, MONTHS.month("2025-01"))
    return february([as_it_is], [program(2, **rule)], frames(as_it_is, now), opening)


def test_what_was_posted_for_a_row_that_is_another_partners_today_goes_with_it() -> None:
    # January posted 10.00 for L1 to A. L1 is B's today: A gives them back, whichever tier it is at.
    moves = after_january(rows(line("A", "L1")), rows(line("B", "L1"), deals=1))
    assert moves == {("main", "A", "silver", "base", "USD", -TEN, -TEN, NOTHING, NOTHING)}


def test_a_joined_row_that_is_another_partners_today_is_not_missing() -> None:
    # The invoice stays A's and earned 10.00 with A's line; joined to a line of B's it earns nothing: that is no gap.
    words = {"invoice_line_id": "I1", "partner_id": "A", "line_id": "L1", "customer_id": "X", "item": "hardware"}
    invoice = words | {"price": 100, "currency": "USD", "issued_on": date(2025, 1, 12)}
    rule = {"from": "invoices", "earned_on": "issued_on", "base": "price", "with": {"mrr": "line_id"}}
    then, now = rows(line("A", "L1"), invoices=[invoice]), rows(line("B", "L1"), deals=1, invoices=[invoice])
    moves = after_january(then, now, **rule)
    assert moves == {("main", "A", "silver", "base", "USD", -TEN, -TEN, NOTHING, NOTHING)}


def test_a_rule_of_one_name_pays_on_two_tracks_by_edition() -> None:
    # By tier on one track until 15 February, then at 7 % on the other: in February that one pays, whoever moves.
    monthly = {"earned_on": "month_end", "running": {"since": "invoiced_on", "before": "cancelled_on"}}
    editions, variant = (
        [program(bound, **monthly), program(bound, **monthly, track="service", rate="7 %")] for bound in (1, 2)
    )
    for later in (editions[1], variant[1]):
        later["effective_from"] = date(2025, 2, 15)
    exports = frames(editions[0], rows(line("A", "L1"), line("B", "L2"), deals=1))
    assert february(editions, variant, exports, None) == {
        ("main", "A", "silver", "base", None, NOTHING, NOTHING, NOTHING, NOTHING)
    }


def test_a_bound_of_a_ladder_that_another_one_requires_moves_that_one() -> None:
    # Silver is for members of the club, which asks for one deal, or for two; A has one.
    editions, variant = [program(1)], [program(1)]
    for (one,), deals in ((editions, 1), (variant, 2)):
        track = one["tracks"]["main"]
        track["qualifications"] = {
            "club": {"requires": {"deals": {"at_least": deals}}, "holds": "through_calendar_year"}
        }
        track["tiers"][1]["requires"] = {"qualified": {"name": "club"}}
    exports = frames(editions[0], rows(line("A", "L1"), deals=1))
    assert february(editions, variant, exports, None) == {
        ("main", "A", "silver", "base", None, NOTHING, NOTHING, NOTHING, NOTHING)
    }


def test_a_bound_may_decide_on_the_day_of_a_tier_alone() -> None:
    # Deals on 5 and 8 February: with one asked for A is silver from the 5th, with two from the 8th; it sold on the 6th.
    by_day = {"by": "tier", "as_of": "sold_on", "values": {"base": "10 %", "silver": "20 %"}}
    editions, variant = ([program(bound, rate=by_day)] for bound in (1, 2))
    for (one,) in (editions, variant):
        one["policy"]["takes_effect"] = "attained"
    sold = line("A", "L1") | {"sold_on": date(2025, 2, 6), "invoiced_on": date(2025, 2, 10)}
    given_ = rows(sold, deals=2)
    given_["opportunities"][1] = given_["opportunities"][1] | {"submitted_on": date(2025, 2, 8)}
    moves = february(editions, variant, frames(editions[0], given_), None)
    assert moves == {("main", "A", "silver", "silver", "USD", 2 * TEN, TEN, NOTHING, NOTHING)}


def test_who_takes_part_may_be_the_word_of_a_later_edition() -> None:
    # A is enrolled and B is not: once enrollment is required B takes no part; A's deal counts as before.
    editions, variant = ([program(1), program(1)] for _ in range(2))
    for later in (editions[1], variant[1]):
        later["effective_from"] = date(2025, 2, 15)
    variant[1]["enrollment"] = "required"
    first = {"partner_id": "A", "program": "made", "track": "main", "enrolled_on": date(2025, 1, 1)}
    exports = frames(variant[1], rows(line("A", "L1"), line("B", "L2"), deals=1, enrollments=[first]))
    gone = {row[:4] for row in february(editions, variant, exports, None)}
    assert gone == {("main", "B", "base", None), ("service", "A", "basic", None), ("service", "B", "basic", None)}


@tried(1)
@given(data=st.data())
def test_two_months_are_answered_as_each_alone(data: st.DataObject) -> None:
    case: Case = data.draw(money_cases())
    of, exports = Asked.of(case), begun(case)
    following = of.calendar.shift(of.month, 1)
    months = [Month(each, read_by(of.programs, exports, each), None, of.money_from) for each in (of.month, following)]
    grid = data.draw(grids(case.program))
    bounded_ = [[bounded(one, bounds, [TEN]) for one in case.editions] for bounds in grid[:1]]
    variants = [each for editions in (*bounded_, deepcopy(case.editions)) if (each := loaded(editions))]
    both = asked_of(of, months, variants)
    alone = [asked_of(of, [month], variants) for month in months]
    for name, found in both.tables.items():
        expected = pl.concat([each.tables[name] for each in alone]).unique()
        assert found.sort(found.columns).equals(expected.sort(found.columns)), name


@tried(8)
@given(case=money_cases(), seed=st.integers(0, 99))
def test_supposed_rows_take_the_place_of_those_of_their_key(case: Case, seed: int) -> None:
    """Rows as they were at another time, and one that is new, among the rows of two parts."""
    exports = begun(case)
    contracts, others, parts = contracts_of(Asked.of(case).programs), varied(exports, seed, 0), in_two(exports)
    for name, contract in contracts.items():
        key = contract.primary_key
        if name not in parts or len(key) != 1:
            continue
        rows_ = pl.concat(others[name]).collect()
        rows_ = pl.concat([rows_.head(3), rows_.head(1).with_columns(pl.lit("new").alias(key[0]))])
        found = merged(parts[name], [rows_.lazy()], contract)
        expected = {row[key[0]]: row for part in (*parts[name], rows_.lazy()) for row in part.collect().to_dicts()}
        both = pl.concat(found).collect()
        assert both.height == len(expected)
        assert {row[key[0]]: row for row in both.to_dicts()} == expected
        if "partner_id" in contract.names:
            owners = [owner for part in found for owner in part.collect()["partner_id"].unique()]
            assert len(owners) == len(set(owners))
