"""Features of how much and how it is paid: rates, caps, exchange, statements."""

from copy import deepcopy
from datetime import date
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from tests.properties.draft import Draft, Draw
from tests.properties.features_measured import exchange
from tests.properties.generated import Table

PERIODS = st.sampled_from(
    ["calendar_month", "calendar_quarter", "fiscal_month", "fiscal_quarter", "fiscal_half", "calendar_year"]
)
RATES = st.sampled_from(["2.5 %", "33.33 %", 1, "10 %", "12.345 %"])
ROUNDING = st.sampled_from(["half_even", "half_away_from_zero", "down"])
QUARTERLY = {"at_most": 20, "per": "partner", "each": "fiscal_quarter", "cuts": "latest"}
ONCE: Table = {"from": "mrr", "earned_on": "invoiced_on", "base": "mrr"}


def paying(draw: Draw, draft: Draft) -> None:
    """How what is earned is rounded and paid, where that is not said already."""
    policy = draft.program["policy"]
    if "terminated_partners" not in policy:
        policy["terminated_partners"] = draw(st.sampled_from(["until_terminated", "keep_earning"]))
        policy["rounding"] = draw(ROUNDING)
    fx = policy.get("fx", {})
    if fx and "payout" not in fx:
        fx.update(payout=fx["flow"])
    if "payout" not in draft.program:
        bound = {"more_than": draw(st.sampled_from([0, 10_000]))}
        draft.program["payout"] = {"currency": "USD" if fx else "as_earned", "pay_when": bound}


def payouts(draw: Draw, draft: Draft) -> None:
    """Statements that are carried, held or owed; days on which they are paid."""
    draft.program.setdefault("commissions", {})["small"] = ONCE | {"rate": draw(RATES)}
    paying(draw, draft)
    for partner in draft.rows["partners"]:
        partner.update(draw(st.sampled_from([{}, {"payee_id": "P"}])))
    payout = draft.program["payout"]
    payout["pay_when"] = draw(
        st.sampled_from(
            [{"at_least": 20}, {"more_than": 5}, {"at_least": {"by": "currency", "values": {"USD": 10, "EUR": 3}}}]
        )
    )
    if draw(st.booleans()):
        payout["pay_held_when"] = {"more_than": draw(st.sampled_from([10, 20, 40]))}
    if draw(st.booleans()):
        payout["requires"] = draw(st.sampled_from([{"customers": {"at_least": 1}}, {"partner": {"country": "DE"}}]))
    roll = {"roll": draw(st.sampled_from(["forward", "backward", "modified_forward", "none"]))}
    roll |= draw(st.sampled_from([{}, {"holidays": "US"}, {"holidays": "ours"}]))
    when: st.SearchStrategy[Table] = st.sampled_from(
        [{"day": 20, "months_after": 1}, {"day": 31, "months_after": 2}, {"days_after": 0}, {"days_after": 4}]
    )
    payout["pay_day"] = draw(when) | roll
    if roll.get("holidays") == "ours":
        off = st.lists(st.dates(date(2025, 1, 1), date(2026, 3, 31)), max_size=60, unique=True)
        draft.holidays = {"ours": draw(off)}


def stepped(draw: Draw, by: str, **words: Any) -> Table:
    """Rates by steps, the first perhaps without a bound."""
    bound = draw(st.sampled_from(["at_least", "more_than"]))
    steps: list[Table] = [{bound: 40, "value": "5 %"}, {bound: Decimal("99.99"), "value": "10 %"}]
    first: list[Table] = draw(st.sampled_from([[], [{"value": 0}], [{"value": "2 %"}]]))
    return {"by": by, "steps": [*first, *steps]} | words


def rates(draw: Draw, draft: Draft) -> None:
    """Rates of every form."""
    days: list[Table] = [{"value": "4 %"}, {"since": date(2025, 3, 1), "value": "6 %"}]
    values = {"base": "1 %", "silver": "5 %", "gold": "10 %"}
    day = draw(st.sampled_from(["month_end", "sold_on", "invoiced_on"]))
    draft.measure("sold", {"from": "mrr", "sum": "mrr", "on": "sold_on", "window": draw(PERIODS)})
    as_of = draw(st.sampled_from(["month_end", "window_end"]))
    cases = [
        {"requires": {"tier": {"at_least": "silver", "as_of": day}}, "value": "8 %", "clause": "C1"},
        {"requires": {"customers": {"at_least": 2}}, "value": stepped(draw, "mrr", apply="whole")},
        {"value": {"column": "mrr"}},
    ]
    rate = draw(
        st.sampled_from(
            [
                {"by": "tier", "as_of": day, "values": values},
                {"by": "tier", "as_of": day, "values": {"silver": "5 %"}, "otherwise": "1 %"},
                {"by": "order_type", "values": {"new_logo": "10 %", "add": 0}},
                {"by": "partner.country", "values": {"DE": "10 %"}, "otherwise": "20 %"},
                {"by": "promotional", "values": {"true": "1 %", "false": "2 %"}},
                {"by": "month_end", "steps": days, "apply": "whole"},
                {"by": "sold_on", "steps": days, "apply": "whole"},
                {"by": "invoiced_on", "steps": days[1:], "apply": "whole"},
                stepped(draw, "mrr", apply="whole"),
                stepped(draw, "mrr", apply="slices"),
                stepped(draw, "sold", apply="whole", as_of=as_of),
                stepped(draw, "sold", apply="whole", as_of="window_end"),
                {"metric": "sold"},
                cases[:2],
                cases,
                [cases[1], cases[2]],
            ]
        )
    )
    rule = ONCE | {"rate": rate}
    if draw(st.booleans()):
        running = {"since": "invoiced_on", "before": "cancelled_on"}
        rule |= {"earned_on": "month_end", "running": running}
    draft.program.setdefault("commissions", {})["formed"] = deepcopy(rule)
    paying(draw, draft)


def amounts(draw: Draw, draft: Draft) -> None:
    """Fixed amounts of every form."""
    amount = draw(
        st.sampled_from(
            [
                Decimal("12.345"),
                {"by": "order_type", "values": {"new_logo": 100, "add": {"column": "mrr"}}},
                {"by": "currency", "values": {"USD": 10, "EUR": 9}},
                {"by": "tier", "as_of": "sold_on", "values": {"base": 0, "silver": 20, "gold": 30}},
                {"metric": "revenue"},
                {"by": "mrr", "steps": [{"value": 1}, {"at_least": 60, "value": 3}], "apply": "whole"},
            ]
        )
    )
    draft.program.setdefault("commissions", {})["fee"] = {"from": "mrr", "earned_on": "invoiced_on", "amount": amount}
    paying(draw, draft)


def cap(draw: Draw, cuts: str, **of: str) -> Table:
    """One cap, of a quantity or of the amount."""
    words = {
        "per": draw(st.sampled_from(["row", "partner", "customer_id"])),
        "each": draw(st.sampled_from(["fiscal_month", "calendar_quarter", "fiscal_half", "lifetime"])),
        "cuts": cuts,
    }
    if of:
        return words | of | {"at_most": draw(st.sampled_from([10, 30, 40]))}
    by_tier = {"by": "tier", "as_of": "month_end", "values": {"base": 5, "silver": 20, "gold": 10}}
    return words | {"at_most": draw(st.sampled_from([Decimal("0.5"), 5, Decimal("9.99"), 15, 100, by_tier]))}


def some_caps(draw: Draw) -> list[Table]:
    """One to three caps, in any order; rows that one has cut unlike each other are not cut evenly by another."""
    amounts_latest = [cap(draw, "latest") for _ in range(draw(st.integers(0, 2)))]
    if draw(st.booleans()):
        return draw(st.permutations([*amounts_latest, cap(draw, "evenly")]))
    cuts = draw(st.sampled_from([["evenly"], ["latest"], ["latest", "latest"]]))
    return draw(st.permutations([*amounts_latest[:1], *(cap(draw, word, of="term_months") for word in cuts)]))


def caps(draw: Draw, draft: Draft) -> None:
    """No more than so much, for each row, partner or customer, in a period."""
    for row in draft.rows["mrr"]:
        row.update(draw(st.sampled_from([{}, {"term_months": 12}, {"term_months": 24}, {"term_months": 36}])))
    rule = ONCE | {"rate": draw(RATES), "caps": some_caps(draw)}
    if draw(st.booleans()):
        rule |= {"earned_on": "month_end", "running": {"since": "invoiced_on", "before": "cancelled_on"}}
    draft.program.setdefault("commissions", {})["capped"] = rule
    paying(draw, draft)


def paid_in_own_currency(draw: Draw, draft: Draft) -> None:
    """Amounts in other currencies, converted on the day on which they are earned, or not."""
    exchange(draw, draft)
    steps = draw(st.sampled_from([stepped(draw, "mrr", apply="whole"), stepped(draw, "mrr", apply="slices")]))
    rule: Table = ONCE | {"rate": draw(st.sampled_from(["10 %", steps]))}
    if draw(st.booleans()):
        rule |= {"earned_on": "month_end", "running": {"since": "invoiced_on", "before": "cancelled_on"}}
    draft.program.setdefault("commissions", {})["abroad"] = rule
    paying(draw, draft)
    fx = draft.program["policy"]["fx"]
    has_caps = any("caps" in one for one in draft.program["commissions"].values())
    if has_caps or draw(st.integers(0, 3)):
        fx["payout"] = draw(st.sampled_from(["row_date", "month_end", "month_average", fx["flow"]]))
        if {fx["flow"], fx["level"], fx["payout"]} != {"fixed"}:
            fx.setdefault("max_age_days", 45)
        draft.program["payout"]["currency"] = "USD"
        rule |= draw(st.sampled_from([{}, {"caps": [QUARTERLY]}]))
    else:
        del fx["payout"]
        draft.program["payout"]["currency"] = "as_earned"
        rule["rate"] = {"by": "currency", "values": {"USD": "10 %", "EUR": steps}}
