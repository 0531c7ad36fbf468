"""Cases of the whole language: the usual program with one or two features more."""

from datetime import date
from decimal import Decimal

from hypothesis import strategies as st

from tests.properties import features_measured as measured
from tests.properties import features_standing as standing
from tests.properties.draft import Draft, Draw, Feature
from tests.properties.generated import Case, calendars, exports, labels, programs

FEATURES: dict[str, Feature] = {
    feature.__name__: feature
    for feature in (
        # Enrollments come first: another track asks whether they are required.
        standing.enrollments,
        standing.second_track,
        measured.amounts,
        measured.shares,
        measured.formulas,
        measured.points,
        measured.complete_instances,
        measured.attestations,
        measured.exchange,
        measured.agreements,
        measured.columns,
        measured.own_table,
        standing.while_met,
        standing.approvals,
        standing.qualifications,
        standing.required_base,
        standing.due_rows,
        standing.figures,
        standing.editions,
    )
}
FIRST_HALF = st.dates(date(2025, 1, 1), date(2025, 9, 30))


def livened(draw: Draw, draft: Draft) -> None:
    """Partners that stay, sell and reach tiers, so that there is something to lose."""
    for partner in draft.rows["partners"]:
        if draw(st.integers(0, 3)):
            partner.pop("terminated_on", None)
            partner.update(good_standing=True, joined_on=date(2024, 1, 31))
    for _ in range(draw(st.integers(3, 8))):
        deal = {"partner_id": draw(draft.whose), "submitted_on": draw(FIRST_HALF), "stage": "open", "customer_id": "X"}
        draft.rows["opportunities"].append(deal)
    for _ in range(draw(st.integers(2, 6))):
        sold = draw(FIRST_HALF)
        sale = {"partner_id": draw(draft.whose), "customer_id": draw(measured.CUSTOMERS), "order_type": "new_logo"}
        amount = draw(st.sampled_from([Decimal(40), Decimal(60), Decimal(100)]))
        draft.rows["mrr"].append(sale | {"mrr": amount, "sold_on": sold, "invoiced_on": sold})
    sales = {"from": "mrr", "sum": "mrr", "on": "sold_on", "window": draw(measured.SHORT)}
    deals = {"from": "opportunities", "count": "opportunity_id", "on": "submitted_on", "window": draw(measured.SHORT)}
    draft.measure("revenue", sales)
    draft.measure("deals", deals)
    first = draw(st.sampled_from([{"deals": {"at_least": 1}}, {"revenue": {"at_least": 40}}]))
    second = draw(st.sampled_from([{"deals": {"at_least": 2}}, {"revenue": {"at_least": 60}}]))
    draft.track["tiers"][1]["requires"] = first
    draft.track["tiers"][2]["requires"] = second


@st.composite
def language_cases(draw: Draw, feature: str | None = None) -> Case:
    """A case with one feature, that one where it is named, and perhaps another; editions come last of all."""
    draft = Draft(draw(programs()), draw(exports()))
    if draw(st.integers(0, 4)):
        livened(draw, draft)
    anything = st.sampled_from(sorted(FEATURES))
    chosen = {feature or draw(anything), draw(st.just(feature) | anything)}
    for name, add in FEATURES.items():
        if name in chosen:
            add(draw, draft)
    months = st.sampled_from(["2025-04", "2025-06", "2025-07", "2025-09", "2025-10", "2026-01"])
    label = max(draw(months | labels), f"{draft.program['effective_from']:%Y-%m}")
    return Case(draft.program, draft.rows, draw(calendars), label, tuple(draft.later))
