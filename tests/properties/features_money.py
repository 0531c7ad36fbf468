"""Features of what earns: each adds a rule, and the rows that it takes."""

from datetime import date, timedelta
from decimal import Decimal

from hypothesis import strategies as st

from tests.properties.draft import Draft, Draw, spans
from tests.properties.features_measured import CUSTOMERS, agreements
from tests.properties.features_payout import PERIODS, RATES, paying
from tests.properties.generated import Table, early_days, optional, without_empty

RUNNING = {"since": "invoiced_on", "before": "cancelled_on"}
PRICES = st.sampled_from([Decimal(text) for text in ("100", "99.99", "60", "0.05", "0")])
GAPS = st.sampled_from([0, 0, 1, 20, 31, 45, 90])
WHERES: st.SearchStrategy[Table] = st.sampled_from(
    [
        {},
        {"where": {"promotional": False}},
        {"where": {"order_type": ["new_logo", "add"], "mrr": {"at_least": 1, "less_than": 150}}},
        {"where": {"any": [{"order_type": "new_logo"}, {"mrr": {"more_than": 60}}]}},
        {"where": {"all": [{"promotional": {"not": True}}, {"partner": {"country": {"empty": True}}}]}},
        {"where": {"invoiced_on": {"at_most": 30, "days_after": "sold_on"}}},
        {"where": {"all": [{"any": [{"customer_id": "X"}, {"all": [{"customer_id": "Y"}]}]}], "mrr": {"not": 40}}},
    ]
)


def requirements_on(draw: Draw, *columns: str) -> Table:
    """What a rule requires of the partner, its standing on a day among it; or nothing."""
    day = draw(st.sampled_from([*columns, "month_end"]))
    tier = {"at_least": draw(st.sampled_from(["base", "silver", "gold"])), "as_of": day}
    unbroken = {"at_least": draw(st.sampled_from(["base", "silver"])), "unbroken_since": columns[0]}
    found: Table = draw(
        st.sampled_from(
            [
                {},
                {"tier": tier},
                {"tier": unbroken},
                {"any": [{"tier": tier}, {"customers": {"at_least": 1}}]},
                {"all": [{"deals": {"at_least": 1}}, {"tier": unbroken}]},
                {"partner": {"country": ["DE", "AT"]}, "customers": {"at_least": 1, "at_most": 2}},
            ]
        )
    )
    return {"requires": found} if found else {}


def earning(draw: Draw, draft: Draft, name: str, rule: Table) -> None:
    """One more rule that pays, and how it is paid."""
    draft.program.setdefault("commissions", {})[name] = rule
    paying(draw, draft)


def residual(draw: Draw, draft: Draft) -> None:
    """A part of every line for each month at whose end it runs."""
    running = RUNNING | draw(st.sampled_from([{}, {}, {"more_than_days": 30}]))
    rule = {"from": "mrr", "running": running, "earned_on": "month_end", "base": "mrr", "rate": draw(RATES)}
    earning(draw, draft, "residual", rule | draw(WHERES) | requirements_on(draw, "sold_on", "invoiced_on"))


def once(draw: Draw, draft: Draft) -> None:
    """A part of every line once, on its day."""
    on = draw(st.sampled_from(["invoiced_on", "invoiced_on", "sold_on", "cancelled_on"]))
    rule = {"from": "mrr", "earned_on": on, "base": "mrr", "rate": draw(RATES), "clause": "O"}
    earning(draw, draft, "once", rule | draw(WHERES) | requirements_on(draw, "sold_on", "invoiced_on"))


def named_lines(draft: Draft) -> None:
    """Every order line is given an id."""
    for number, row in enumerate(draft.rows["mrr"], start=1):
        row["line_id"] = f"L{number}"


def some_line(draw: Draw, draft: Draft, partner: str) -> str:
    """An order line, of the partner more often than of another one; or one that is not there."""
    own = [row["line_id"] for row in draft.rows["mrr"] if row["partner_id"] == partner]
    names = [row["line_id"] for row in draft.rows["mrr"]]
    found: str = draw(st.sampled_from([*own, *own, *own, *names, "L0"]))
    return found


def adjusting(draw: Draw, draft: Draft) -> None:
    """Lines that adjust others, or themselves, or one that is not there."""
    named_lines(draft)
    for row in draft.rows["mrr"]:
        if draw(st.booleans()):
            row["adjusts_line_id"] = some_line(draw, draft, row["partner_id"])
    rule = {"from": "mrr", "where": {"order_type": "new_logo"}, "base": "mrr", "rate": draw(RATES)}
    if draw(st.booleans()):
        rule |= {"earned_on": "month_end", "running": RUNNING}
    else:
        rule |= {"earned_on": "invoiced_on"}
    earning(draw, draft, "adjusted", rule | requirements_on(draw, "sold_on"))


def invoiced(draw: Draw, draft: Draft) -> None:
    """Invoices of order lines, and their payments: in one, in parts, too much, given back."""
    named_lines(draft)
    draft.rows["invoices"], draft.rows["payments"] = [], []
    for number in range(1, draw(st.integers(2, 7))):
        issued = draw(early_days)
        price = draw(PRICES)
        partner = draw(draft.whose)
        invoice = {
            "invoice_line_id": f"I{number}",
            "partner_id": partner,
            "line_id": draw(optional(st.just(some_line(draw, draft, partner)))),
            "customer_id": draw(optional(CUSTOMERS)),
            "item": draw(st.sampled_from(["subscription", "service_package", "hardware"])),
            "price": price,
            "currency": "USD",
            "issued_on": issued,
        }
        draft.rows["invoices"].append(without_empty(invoice))
        parts: list[int | str] = draw(
            st.sampled_from([[], [1], [1], ["0.5", "0.5"], ["0.3", "0.7", "-0.5"], ["1.2"], [1, -1, 1], [1, "-0.3"]])
        )
        paid = issued
        for part in parts:
            paid += timedelta(draw(GAPS))
            amount = (price * Decimal(part)).quantize(Decimal("0.01"))
            payment = {"invoice_line_id": f"I{number}", "paid_on": paid, "amount": amount, "currency": "USD"}
            draft.rows["payments"].append(payment)


def refunds(draw: Draw) -> Table:
    """What is taken back of invoices; or nothing."""
    share = {"where": {"item": "service_package"}, "takes_back": "refunded_share", "clause": "B1"}
    some = {
        "where": {"item": ["subscription", "hardware"]},
        "takes_back": draw(st.sampled_from([1, "50 %", "refunded_share"])),
    }
    return draw(st.sampled_from([{}, {"clawback": [share]}, {"clawback": [share, some]}, {"clawback": [some]}]))


def paid_in_full(draw: Draw, draft: Draft) -> None:
    """A part of what was invoiced, once all of it was paid."""
    invoiced(draw, draft)
    rule = {"from": "invoices", "earned_on": "paid_in_full", "base": "price", "rate": draw(RATES)}
    rule |= draw(
        st.sampled_from(
            [
                {},
                {"with": {"mrr": "line_id"}, "where": {"mrr": {"via_portal": True}}},
                {"with": {"mrr": "line_id"}, "where": {"mrr.sold_on": {"since": date(2025, 1, 1)}}},
                {"where": {"item": {"not": "hardware"}}},
            ]
        )
    )
    earning(draw, draft, "paid", rule | requirements_on(draw, "issued_on") | refunds(draw))


def each_payment(draw: Draw, draft: Draft) -> None:
    """A part of every payment."""
    invoiced(draw, draft)
    rule = {"from": "invoices", "earned_on": "each_payment", "base": "price", "rate": draw(RATES)}
    rule |= draw(st.sampled_from([{}, {"where": {"item": {"not": "hardware"}}}]))
    earning(draw, draft, "instalments", rule | requirements_on(draw, "issued_on") | refunds(draw))


def period_end(draw: Draw, draft: Draft) -> None:
    """A part of what was sold in a period, by how much it was."""
    sold = {"from": "mrr", "sum": "mrr", "on": "invoiced_on", "window": draw(PERIODS)}
    sold |= draw(st.sampled_from([{}, {"running": {"since": "sold_on", "before": "cancelled_on"}}]))
    draft.measure("sold_in_period", sold)
    steps = [{"at_least": 40, "value": "5 %"}, {"at_least": 100, "value": "10 %"}]
    steps = [{"value": draw(st.sampled_from([0, "2 %"]))}, *steps] if draw(st.booleans()) else steps
    stepped = {"by": "sold_in_period", "steps": steps}
    rate = draw(
        st.sampled_from(
            [
                stepped | {"apply": "whole", "as_of": "month_end"},
                stepped | {"apply": "slices"},
                "7.5 %",
                {"by": "tier", "as_of": "month_end", "values": {"base": "1 %", "silver": "2 %", "gold": "3 %"}},
            ]
        )
    )
    rule: Table = {"earned_on": "period_end", "base": {"metric": "sold_in_period"}, "rate": rate}
    rule |= draw(
        st.sampled_from(
            [
                {},
                {"requires": {"tier": {"at_least": "silver", "as_of": "month_end"}}},
                {"requires": {"customers": {"at_least": 1}}},
            ]
        )
    )
    earning(draw, draft, "growth", rule)


def taken_back(draw: Draw, draft: Draft) -> None:
    """Lines that were cancelled too early, some of all that they earned."""
    rule: Table = {"from": "mrr", "base": "mrr", "rate": draw(RATES)}
    if draw(st.booleans()):
        rule |= {"earned_on": "invoiced_on"}
    else:
        rule |= {"earned_on": "month_end", "running": RUNNING}
    early = {
        "where": {"cancelled_on": {"less_than": 62, "days_after": "sold_on"}},
        "takes_back": draw(st.sampled_from([1, "33.33 %"])),
    }
    late = {
        "where": {"cancelled_on": {"empty": False}},
        "takes_back": {"by": "order_type", "values": {"new_logo": "50 %", "add": 1}},
    }
    rule["clawback"] = draw(st.sampled_from([[early], [early | {"clause": "B"}, late], [late]]))
    earning(draw, draft, "taken", rule | draw(WHERES))


def under_agreement(draw: Draw, draft: Draft) -> None:
    """The rate of the agreement in force at the month's end, or on the row's day."""
    agreements(draw, draft)
    for partner in draft.rows["partners"]:
        first = {"partner_id": partner["partner_id"], "effective_on": date(2024, 11, 30)}
        draft.rows["agreements"].append(first | {"commission_model": "deal_size", "standard_rate": Decimal("0.2")})
    for row in draft.rows["agreements"]:
        rate = draw(optional(st.sampled_from([Decimal("0.1"), Decimal("0.125"), Decimal(0)])))
        row.update(without_empty({"standard_rate": rate, "project_fee": draw(optional(st.just(50)))}))
    rule: Table = {"from": "mrr", "with": {"agreements": draw(st.sampled_from(["month_end", "sold_on"]))}}
    rule |= draw(st.sampled_from([{"earned_on": "invoiced_on"}, {"earned_on": "month_end", "running": RUNNING}]))
    by_model = {"revenue_share": {"column": "agreements.deal_rate"}, "deal_size": "3 %"}
    rule |= draw(
        st.sampled_from(
            [
                {"base": "mrr", "rate": {"column": "agreements.standard_rate"}},
                {"base": "mrr", "rate": {"by": "agreements.commission_model", "values": by_model}},
                {"amount": {"column": "agreements.project_fee"}},
                {
                    "base": "agreements.project_fee",
                    "rate": "10 %",
                    "where": {"agreements": {"commission_model": "deal_size"}},
                },
            ]
        )
    )
    earning(draw, draft, "agreed_rate", rule)


def credited(draw: Draw, draft: Draft) -> None:
    """Services of the partner's own, taken off for so many seats."""
    row = st.builds(
        lambda seats, mrc, months, span: (
            {"product": "calling", "seats": seats, "mrc": mrc, "contract_months": months} | span
        ),
        st.sampled_from([0, 1, 30, 60, 90]),
        st.sampled_from([Decimal(600), Decimal("99.99"), Decimal(10)]),
        st.sampled_from([24, 36]),
        spans("starts_on", "ends_on"),
    )
    draft.rows["partner_services"] = [
        {"partner_id": draw(draft.whose)} | draw(row) for _ in range(draw(st.integers(2, 8)))
    ]
    cap = {"at_most": draw(st.sampled_from([60, 100])), "of": "seats", "each": "fiscal_month"}
    cap |= {
        "per": draw(st.sampled_from(["partner", "row", "product"])),
        "cuts": draw(st.sampled_from(["evenly", "latest"])),
    }
    values = {"base": draw(st.sampled_from([0, "25 %"])), "silver": "50 %", "gold": 1}
    draft.program["credits"] = {
        "calling": {
            "from": "partner_services",
            "where": {"contract_months": {"at_least": 36}},
            "running": {"since": "starts_on", "through": "ends_on"},
            "earned_on": "month_end",
            "base": "mrc",
            "rate": {"by": "tier", "as_of": "month_end", "values": values},
            "caps": [cap],
        }
    }


def own_source(draw: Draw, draft: Draft) -> None:
    """Rows of a table that the program declares, some of which adjust others."""
    fields: list[Table] = [
        {"name": "job_id", "constraints": {"required": True}},
        {"name": "partner_id", "constraints": {"required": True}},
        {"name": "kind"},
        {"name": "fee", "type": "number"},
        {"name": "done_on", "type": "date"},
        {"name": "booked_on", "type": "date"},
        {"name": "of_job"},
    ]
    words: Table = {"primaryKey": ["job_id"], "fields": fields, "adjusts": "of_job"}
    draft.program.setdefault("exports", {})["jobs"] = words | draw(st.sampled_from([{}, {"rowDate": "booked_on"}]))
    draft.rows["jobs"] = []
    for number in range(draw(st.integers(2, 6))):
        done = draw(early_days)
        job = {
            "job_id": f"J{number}",
            "partner_id": draw(draft.whose),
            "kind": draw(st.sampled_from(["repair", "advice", None])),
            "fee": draw(optional(PRICES)),
            "done_on": draw(optional(st.just(done))),
            "booked_on": done + timedelta(draw(GAPS)),
        }
        own = [row["job_id"] for row in draft.rows["jobs"] if row["partner_id"] == job["partner_id"]]
        job["of_job"] = draw(st.sampled_from([None, None, *own, f"J{number}"]))
        draft.rows["jobs"].append(without_empty(job))
    rule = {"from": "jobs", "earned_on": "done_on", "where": {"kind": {"not": "advice"}}, "base": "fee"}
    rate = draw(st.sampled_from(["10 %", {"by": "kind", "values": {"repair": "20 %"}, "otherwise": "5 %"}]))
    earning(draw, draft, "jobs", rule | {"rate": rate} | requirements_on(draw, "done_on", "booked_on"))


def qualified_rules(draw: Draw, draft: Draft) -> None:
    """A rule for whoever holds a qualification on a day."""
    draft.track.setdefault(
        "qualifications", {"club": {"requires": {"deals": {"at_least": 1}}, "holds": "through_next_fiscal_quarter"}}
    )
    day = draw(st.sampled_from([{"as_of": "sold_on"}, {"as_of": "month_end"}, {"unbroken_since": "sold_on"}]))
    rule = {"from": "mrr", "base": "mrr", "rate": draw(RATES), "requires": {"qualified": {"name": "club"} | day}}
    rule |= draw(st.sampled_from([{"earned_on": "invoiced_on"}, {"earned_on": "month_end", "running": RUNNING}]))
    earning(draw, draft, "club_rate", rule)
