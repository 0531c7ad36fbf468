"""Features of what is measured: each adds a metric, a requirement on it, and rows for it."""

from datetime import date
from decimal import Decimal

from hypothesis import strategies as st

from tests.properties.draft import Draft, Draw, spans
from tests.properties.generated import Table, days, early_days, optional, periods, windows

SCORES = st.sampled_from([Decimal(text) for text in ("40", "55", "59.99", "60", "62.5", "80")])
CUSTOMERS = st.sampled_from(["X", "Y", "Z"])
SHORT = st.sampled_from(["calendar_month", "calendar_quarter", "fiscal_month", "fiscal_quarter"])
AGO = st.sampled_from([{"fiscal_months": 1}, {"fiscal_months": 12}, {"fiscal_quarters": 1}, {"fiscal_years": 1}])


def scored(draw: Draw, draft: Draft) -> None:
    """Rows of health scores."""
    row = st.fixed_dictionaries(
        {
            "customer_id": CUSTOMERS,
            "scored_on": early_days | days,
            "score": SCORES,
            "customer_since": optional(early_days),
        }
    )
    draft.add_rows(draw, "health_scores", row, ("partner_id", "customer_id", "scored_on"))


def amounts(draw: Draw, draft: Draft) -> None:
    """An average, a median, the least, the greatest or the latest of scores, perhaps of each customer's latest."""
    scored(draw, draft)
    word = draw(st.sampled_from(["average", "median", "minimum", "maximum", "latest"]))
    metric = {"from": "health_scores", word: "score", "on": "scored_on", "window": draw(windows)}
    metric |= draw(st.sampled_from([{}, {"latest_per": "customer_id"}, {"where": {"score": {"less_than": 70}}}]))
    metric |= draw(st.sampled_from([{}, {"if_none": 60}]))
    draft.measure("points", metric)
    bound = draw(st.sampled_from([{"at_least": 60}, {"more_than": Decimal("57.25")}, {"at_most": 60}]))
    draft.require(draw, {"points": bound})


def shares(draw: Draw, draft: Draft) -> None:
    """The part of the scores, perhaps of each customer's latest, that is high enough."""
    scored(draw, draft)
    metric = {
        "from": "health_scores",
        "share": {"score": {"at_least": 60}},
        "on": "scored_on",
        "window": draw(windows),
        "where": {"score": {"more_than": 40}},
    }
    metric |= draw(st.sampled_from([{}, {"latest_per": "customer_id"}]))
    metric |= draw(st.sampled_from([{}, {"if_none": 1}]))
    draft.measure("healthy", metric)
    draft.require(draw, {"healthy": {"at_least": draw(st.sampled_from(["50 %", "66.67 %", "100 %"]))}})


def formulas(draw: Draw, draft: Draft) -> None:
    """A formula over what was sold and what was sold earlier."""
    sales = {"from": "mrr", "sum": "mrr", "on": "sold_on", "window": draw(periods | st.just({"fiscal_months": 2}))}
    draft.measure("now", sales)
    draft.measure("earlier", sales | {"ago": draw(AGO)})
    formula = draw(
        st.sampled_from(
            [
                "now / earlier - 1",
                "(now - earlier) / (now + earlier)",
                "least(now, 150) + greatest(earlier, 10.5) * 2",
                "-earlier + now * 1_000 / 999",
            ]
        )
    )
    otherwise = draw(st.sampled_from([{}, {"if_none": 0}])) if "/ earlier" in formula or ") / (" in formula else {}
    draft.measure("growth", {"formula": formula} | otherwise)
    draft.require(draw, {"growth": {"at_least": draw(st.sampled_from([0, Decimal("0.5"), 100]))}})


def points(draw: Draw, draft: Draft) -> None:
    """A figure over metrics as a metric."""
    draft.measure("sold", {"from": "mrr", "sum": "mrr", "on": "sold_on", "window": draw(periods)} | draw(multiplied()))
    steps = [{"value": 0}, {"at_least": 40, "value": 20}, {"at_least": 100, "value": {"metric": "customers"}}]
    draft.measure("tally", {"value": {"by": "sold", "steps": steps}})
    draft.require(draw, {"tally": {"at_least": draw(st.sampled_from([1, 2, 20]))}})


def multiplied() -> st.SearchStrategy[dict[str, object]]:
    """A factor per row, or none."""
    by_type = {"by": "order_type", "values": {"new_logo": "50 %", "add": 2}}
    by_amount = {"by": "mrr", "steps": [{"value": 1}, {"at_least": 100, "value": "150 %"}]}
    return st.sampled_from([{}, {"times": by_type}, {"times": by_type | {"otherwise": 1}}, {"times": by_amount}])


def complete_instances(draw: Draw, draft: Draft) -> None:
    """A bound that holds in each of the last complete instances."""
    metric = {"from": "mrr", "sum": "mrr", "on": "sold_on", "window": draw(SHORT)}
    if draw(st.booleans()):
        scored(draw, draft)
        metric = {"from": "health_scores", "average": "score", "on": "scored_on", "window": draw(SHORT)}
    draft.measure("steady", metric)
    draft.require(draw, {"steady": {"at_least": 40, "in_each_of_last": draw(st.integers(1, 3))}})


def attestations(draw: Draw, draft: Draft) -> None:
    """What a person attests, as a requirement or as a gate."""
    row = st.builds(
        lambda name, value, span: {"criterion": name, "value": value} | span,
        st.sampled_from(["nda", "plan"]),
        st.sampled_from([1, 1, 0, Decimal("0.5")]),
        spans("attested_on", "expires_on"),
    )
    draft.add_rows(draw, "attestations", row, ("partner_id", "criterion", "attested_on"))
    if draw(st.integers(0, 3)):
        draft.require(draw, {"attested": draw(st.sampled_from([["nda"], ["plan"], ["nda", "plan"]]))})
    else:
        draft.program["gate"] = {"attested": ["nda"]}


def exchange(draw: Draw, draft: Draft) -> None:
    """Amounts in other currencies."""
    words = st.sampled_from(["row_date", "month_end", "month_average", "fixed"])
    fx: Table = {"flow": draw(words), "level": draw(words)}
    if "fixed" in {fx["flow"], fx["level"]}:
        fx["fixed"] = [
            {"since": date(2024, 1, 1), "equal": {"USD": 110, "EUR": 100}},
            {"since": date(2025, 6, 1), "equal": {"USD": 3, "EUR": Decimal("2.5"), "CHF": 2}},
        ]
    if {fx["flow"], fx["level"]} != {"fixed"}:
        fx["max_age_days"] = draw(st.sampled_from([10, 45, 400]))
    draft.program["policy"]["fx"] = fx
    for row in draft.rows["mrr"]:
        row["currency"] = draw(st.sampled_from(["USD", "EUR", "EUR", "CHF"]))
    rate = st.fixed_dictionaries(
        {
            "currency": st.sampled_from(["EUR", "EUR", "CHF"]),
            "rate_on": early_days | days,
            "rate": st.sampled_from([Decimal("1.1"), Decimal("0.333333"), Decimal(2)]),
            "base": st.just("USD"),
        }
    )
    draft.rows["fx_rates"] = draw(
        st.lists(rate, min_size=2, max_size=10, unique_by=lambda row: (row["currency"], row["rate_on"]))
    )
    level = {"from": "mrr", draw(st.sampled_from(["sum", "average", "median", "maximum"])): "mrr"}
    draft.measure("running", level | {"running": {"since": "sold_on", "before": "cancelled_on"}})
    draft.require(draw, {"running": {"at_least": draw(st.sampled_from([Decimal("44.01"), 110]))}})
    draft.require(draw, {"revenue": {"at_least": draw(st.sampled_from([Decimal("44.01"), 110]))}})


def agreements(draw: Draw, draft: Draft) -> None:
    """Sales under the agreement in force on a day, and benefits that it states."""
    row = st.builds(
        lambda span, model, rate, label, level: (
            span | {"commission_model": model, "deal_rate": rate, "white_label": label, "support_level": level}
        ),
        spans("effective_on", "ends_on"),
        st.sampled_from(["revenue_share", "deal_size"]),
        optional(st.sampled_from([Decimal("0.1"), Decimal("0.25")])),
        optional(st.booleans()),
        optional(st.sampled_from(["fast", "slow"])),
    )
    draft.add_rows(draw, "agreements", row, ("partner_id", "effective_on"))
    metric = {"from": "mrr", "sum": "mrr", "on": "sold_on", "window": draw(windows)}
    metric |= {"with": {"agreements": draw(st.sampled_from(["sold_on", "month_end"]))}}
    metric |= draw(
        st.sampled_from(
            [
                {},
                {"where": {"agreements": {"commission_model": "revenue_share"}}},
                {"times": {"column": "agreements.deal_rate"}},
            ]
        )
    )
    draft.measure("agreed", metric)
    draft.require(draw, {"agreed": {"at_least": draw(st.sampled_from([10, 100]))}})
    with_agreement = {"with": {"agreements": "month_end"}}
    draft.program["benefits"] |= {
        "label": with_agreement | {"value": {"column": "agreements.white_label"}},
        "support": with_agreement | {"value": {"column": "agreements.support_level"}},
    }


def columns(draw: Draw, draft: Draft) -> None:
    """A column over the rows of one customer: the first sale, or how much was sold in all."""
    word, column = draw(st.sampled_from([("minimum", "sold_on"), ("maximum", "sold_on"), ("sum", "mrr")]))
    made = {"from": "mrr", word: column, "same": ["partner_id", "customer_id"]}
    made |= draw(st.sampled_from([{}, {"where": {"order_type": "new_logo"}}]))
    draft.program["columns"] = {"of_customer": made}
    dated = {"sold_on": {"at_most": 30, "days_after": "of_customer"}, "of_customer": {"empty": False}}
    where = {"of_customer": {"at_least": 100}} if word == "sum" else dated
    draft.measure("grouped", {"from": "mrr", "where": where, "sum": "mrr", "on": "sold_on", "window": draw(windows)})
    draft.require(draw, {"grouped": {"at_least": draw(st.sampled_from([40, 100]))}})


def own_table(draw: Draw, draft: Draft) -> None:
    """A table that the program declares, and a further column of a standard one."""
    draft.program["exports"] = {
        "visits": {
            "primaryKey": ["visit_id"],
            "rowDate": "visited_on",
            "fields": [
                {"name": "visit_id", "constraints": {"required": True}},
                {"name": "partner_id", "constraints": {"required": True}},
                {"name": "visited_on", "type": "date", "constraints": {"required": True}},
                {"name": "hours", "type": "number"},
            ],
        },
        "opportunities": {"fields": [{"name": "is_joint", "type": "boolean"}]},
    }
    row = st.fixed_dictionaries({"visited_on": early_days | days, "hours": optional(SCORES)})
    draft.add_rows(draw, "visits", row)
    for number, visit in enumerate(draft.rows["visits"]):
        visit["visit_id"] = f"V{number}"
    for deal in draft.rows["opportunities"]:
        deal.update(draw(st.sampled_from([{}, {"is_joint": True}, {"is_joint": False}])))
    word = draw(st.sampled_from(["sum", "average", "latest"]))
    draft.measure("visits", {"from": "visits", word: "hours", "on": "visited_on", "window": draw(windows)})
    draft.require(draw, {"visits": {"at_least": draw(st.sampled_from([55, 60]))}})
    joint = {"from": "opportunities", "where": {"is_joint": True}, "count": "opportunity_id"}
    draft.measure("joint", joint | {"on": "submitted_on", "window": draw(windows)})
    draft.require(draw, {"joint": {"at_least": 1}})
