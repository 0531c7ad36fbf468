"""Cases of programs that pay: one or two features of money, perhaps one of the rest of the language."""

from datetime import date, timedelta
from decimal import Decimal

from hypothesis import strategies as st

from tests.properties import features_money as money
from tests.properties import features_payout as payout
from tests.properties.draft import Draft, Draw, Feature
from tests.properties.features_measured import CUSTOMERS
from tests.properties.generated import Case, calendars, exports, optional, programs, without_empty
from tests.properties.language import FEATURES as LANGUAGE
from tests.properties.language import livened

MONEY: dict[str, Feature] = {
    feature.__name__: feature
    for feature in (
        money.residual,
        money.once,
        money.adjusting,
        money.paid_in_full,
        money.each_payment,
        money.period_end,
        money.taken_back,
        money.under_agreement,
        money.credited,
        money.qualified_rules,
        money.own_source,
        payout.rates,
        payout.amounts,
        payout.caps,
        payout.paid_in_own_currency,
        payout.payouts,
    )
}
EDITIONS = {"editions": LANGUAGE["editions"]}
MIXED = {name: feature for name, feature in LANGUAGE.items() if name not in EDITIONS} | MONEY | EDITIONS
SPRING = st.sampled_from(
    [date(2025, 1, 1), date(2025, 1, 31), date(2025, 2, 28), date(2025, 3, 1), date(2025, 3, 31), date(2025, 6, 30)]
) | st.dates(date(2025, 1, 1), date(2025, 7, 31))
LATER = st.sampled_from([0, 0, 0, 1, 15, 31, 62])


def sold(draw: Draw, draft: Draft) -> None:
    """Lines of one half-year: most of them of new customers, some invoiced before they are known, some cancelled."""
    for _ in range(draw(st.integers(3, 8))):
        on = draw(SPRING)
        invoiced = on + timedelta(draw(LATER) * draw(st.sampled_from([1, 1, 1, -1])))
        ends = invoiced + timedelta(draw(LATER) + 14)
        line = {
            "partner_id": draw(draft.whose),
            "customer_id": draw(CUSTOMERS),
            "order_type": draw(st.sampled_from(["new_logo", "new_logo", "add", "renewal"])),
            "mrr": draw(st.sampled_from([Decimal(text) for text in ("100", "99.99", "60", "40", "150", "-40", "0.1")])),
            "sold_on": on,
            "invoiced_on": invoiced,
            "cancelled_on": draw(optional(st.just(ends))),
        }
        draft.rows["mrr"].append(without_empty(line))


def on_tracks(draw: Draw, draft: Draft) -> None:
    """Says of every rule whose tiers it is about, where there are several tracks."""
    for program in (draft.program, *draft.later):
        rules = {**program.get("commissions", {}), **program.get("credits", {})}
        for rule in rules.values() if len(program["tracks"]) > 1 else ():
            is_free = "requires" not in rule and "tier" not in str(rule.get("rate", rule.get("amount")))
            rule["track"] = draw(st.sampled_from(["main", "service"])) if is_free else "main"


@st.composite
def money_cases(draw: Draw, feature: str | None = None) -> Case:
    """A case with one feature of money, that one where it is named, and perhaps another one of any kind."""
    draft = Draft(draw(programs()), draw(exports()))
    if draw(st.integers(0, 5)):
        livened(draw, draft)
    sold(draw, draft)
    named = feature or draw(st.sampled_from(sorted(MONEY)))
    chosen = {named, draw(st.sampled_from([named, *sorted(MONEY)]) | st.sampled_from([named, *sorted(MIXED)]))}
    for name, add in MIXED.items():
        if name in chosen:
            add(draw, draft)
    on_tracks(draw, draft)
    first = f"{draft.program['effective_from']:%Y-%m}"
    months = st.sampled_from([f"2025-{number:02d}" for number in range(1, 11)])
    label = max(draw(months | months | st.sampled_from(["2025-12", "2026-02"])), first)
    begins = draw(st.sampled_from([None, "2025-01", "2025-01", "2025-03", "2025-04"]))
    return Case(
        draft.program,
        draft.rows,
        draw(calendars),
        label,
        tuple(draft.later),
        money_from=min(begins, label) if begins else None,
        holidays=draft.holidays,
    )
