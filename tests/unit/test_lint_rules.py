"""Lint of what is paid: every fault of a program that says all that can be said of rules and the payout."""

from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tierctl.findings import Finding, Severity, load_catalogue
from tierctl.program.load import load_text

PROGRAM = Path(__file__).with_name("every_rule.toml").read_text(encoding="utf-8")


def wrong(*changes: tuple[str, str]) -> list[Finding]:
    """What is said of the program after these changes, each of a text that stands in it."""
    text = PROGRAM
    for right, other in changes:
        assert right in text, right
        text = text.replace(right, other, 1)
    return load_text(text, "x.toml")[1]


def test_the_program_without_mistake_has_no_finding() -> None:
    assert wrong() == []


# What stands in the program, what stands in its place, and what is said of that: code, place, hint.
MISTAKES = [
    ('terminated_partners = "until_terminated"\n', "", "missing-key", "8:policy.terminated_partners",
     'one of: "until_terminated", "keep_earning"'),
    ('terminated_partners = "until_terminated"', 'terminated_partners = "earns"', "wrong-value",
     "11:policy.terminated_partners", ""),
    ('payout = "month_average"\n', "", "missing-key", "13:policy.fx.payout",
     'one of: "row_date", "month_end", "month_average", "fixed"'),
    ('payout = "month_average"', 'payout = "fixed"', "missing-key", "13:policy.fx.fixed",
     "as in fixed = [{ since = 2025-01-01, equal = { USD = 100, EUR = 90 } }]"),
    ('adjusts = "corrects"', 'adjusts = "visited_on"', "column-type", "22:exports.visits.adjusts", ""),
    ('adjusts = "corrects"', 'adjusts = "correct"', "unknown-column", "22:exports.visits.adjusts",
     "did you mean corrects?"),
    ('primaryKey = ["visit_id"]', 'primaryKey = ["partner_id", "visit_id"]', "unfit-export",
     "22:exports.visits.adjusts", ""),
    ("[conditions.sold]", "[conditions.sol]", "unknown-condition", "67:commissions.residual.where",
     "did you mean sol?"),
    ("[conditions.dear]", "[conditions.deer]", "unknown-condition", "86:commissions.once.clawback[2].where",
     "did you mean deer?"),
    ("[metrics.level]", "[metrics.levl]", "unknown-metric", "97:commissions.bonus.caps[1].at_most",
     "did you mean levl?"),
    ("qualifications.expert", "qualifications.export", "unknown-qualification",
     "69:commissions.residual.requires.qualified.name", "did you mean export?"),
    ('[commissions.residual]\ntrack = "sales"\n', "[commissions.residual]\n", "missing-key",
     "63:commissions.residual.track", "one of: sales, service"),
    ('[commissions.residual]\ntrack = "sales"', '[commissions.residual]\ntrack = "sale"', "unknown-track",
     "64:commissions.residual.track", "did you mean sales?"),
    ('track = "sales"\nfrom = "mrr"', 'track = "sales"\nfrom = "mr"', "unknown-export", "65:commissions.residual.from",
     "did you mean mrr?"),
    ('track = "sales"\nfrom = "mrr"\n', 'track = "sales"\n', "missing-key", "63:commissions.residual.from", ""),
    ('agreements = "month_end"', 'agreement = "month_end"', "unknown-export", "66:commissions.residual.with.agreement",
     "did you mean agreements?"),
    ('agreements = "month_end"', 'agreements = "mrr"', "column-type", "66:commissions.residual.with.agreements",
     "a date is in: quoted_on, repriced_on, sold_on, invoiced_on, cancelled_on"),
    ('with = { agreements = "month_end" }\n', "", "unknown-column", "73:commissions.residual.rate.values.gold",
     "join it, as in with = { agreements = COLUMN }"),
    ('where = "sold"', 'where = "sld"', "unknown-condition", "67:commissions.residual.where", "did you mean sold?"),
    ('unbroken_since = "sold_on"', 'unbroken_since = "sold"', "unknown-column",
     "68:commissions.residual.requires.tier.unbroken_since", "did you mean sold_on?"),
    ('unbroken_since = "sold_on"', 'unbroken_since = "mrr"', "column-type",
     "68:commissions.residual.requires.tier.unbroken_since",
     ("a date is in: quoted_on, repriced_on, sold_on, invoiced_on, cancelled_on, agreements.effective_on, "
     "agreements.ends_on")),
    ('unbroken_since = "sold_on"', 'unbroken_since = "month_end"', "wrong-value",
     "68:commissions.residual.requires.tier.unbroken_since", 'as in unbroken_since = "sold_on"'),
    ('unbroken_since = "sold_on"', 'unbroken = "sold_on"', "unknown-key",
     "68:commissions.residual.requires.tier.unbroken", "did you mean unbroken_since?"),
    (', unbroken_since = "sold_on"', "", "missing-key", "68:commissions.residual.requires.tier",
     'as in as_of = "month_end"'),
    ('unbroken_since = "sold_on"', 'unbroken_since = "sold_on", as_of = "month_end"', "unfit-key",
     "68:commissions.residual.requires.tier.unbroken_since", ""),
    ('"expert", as_of = "sold_on"', '"exprt", as_of = "sold_on"', "unknown-qualification",
     "69:commissions.residual.requires.qualified.name", "did you mean expert?"),
    ('"expert", as_of = "sold_on"', '"expert", as_of = "sold"', "unknown-column",
     "69:commissions.residual.requires.qualified.as_of", "did you mean sold_on?"),
    ('"expert", as_of = "sold_on"', '"expert"', "missing-key", "69:commissions.residual.requires.qualified",
     'as in as_of = "month_end"'),
    ("partner.country.not", "partner.county.not", "unknown-column", "70:commissions.residual.requires.partner.county",
     "did you mean partner.country?"),
    ('at_least = "gold", unbroken', 'at_least = "god", unbroken', "unknown-tier",
     "68:commissions.residual.requires.tier.at_least", "did you mean gold?"),
    ('running = { since = "invoiced_on", before = "cancelled_on" }\n', "", "missing-key",
     "63:commissions.residual.running", 'as in running = { since = "invoiced_on", before = "cancelled_on" }'),
    ('since = "invoiced_on"', 'since = "mrr"', "column-type", "71:commissions.residual.running.since",
     ("a date is in: quoted_on, repriced_on, sold_on, invoiced_on, cancelled_on, agreements.effective_on, "
     "agreements.ends_on")),
    ('since = "invoiced_on"', 'since = "invoice_on"', "unknown-column", "71:commissions.residual.running.since",
     "did you mean invoiced_on?"),
    ('earned_on = "month_end"\nbase = "mrr"', 'earned_on = "month_ends"\nbase = "mrr"', "unknown-column",
     "72:commissions.residual.earned_on", "did you mean month_end?"),
    ('earned_on = "month_end"\nbase = "mrr"', 'base = "mrr"', "missing-key", "63:commissions.residual.earned_on", ""),
    ('earned_on = "month_end"\nbase = "mrr"', 'earned_on = "sold_on"\nbase = "mrr"', "unfit-key",
     "71:commissions.residual.running", 'say earned_on = "month_end", or remove it'),
    ('earned_on = "month_end"\nbase = "mrr"', 'earned_on = "period_end"\nbase = "mrr"', "wrong-value",
     "72:commissions.residual.earned_on", "as in base = { metric = NAME }"),
    ('earned_on = "month_end"\nbase = "mrr"', 'earned_on = 5\nbase = "mrr"', "wrong-value",
     "72:commissions.residual.earned_on", ""),
    ('earned_on = "month_end"\nbase = "mrr"', 'earned_on = "month_end"\nbase = "mr"', "unknown-column",
     "73:commissions.residual.base", "did you mean mrr?"),
    ('earned_on = "month_end"\nbase = "mrr"', 'earned_on = "month_end"\nbase = "sold_on"', "column-type",
     "73:commissions.residual.base",
     "a number is in: mrr, term_months, agreements.standard_rate, agreements.deal_rate, agreements.project_fee"),
    ('earned_on = "month_end"\nbase = "mrr"\n', 'earned_on = "month_end"\n', "wrong-value", "63:commissions.residual",
     ""),
    ('base = "mrr"\nrate', 'base = "mrr"\namount = 5\nrate', "wrong-value", "63:commissions.residual", ""),
    ('by = "tier", as_of = "month_end", values', 'by = "tier", values', "missing-key",
     "74:commissions.residual.rate.as_of", 'as in as_of = "month_end"'),
    ('by = "tier", as_of = "month_end", values', 'by = "tier", as_of = "sold", values', "unknown-column",
     "74:commissions.residual.rate.as_of", "did you mean sold_on?"),
    ('by = "tier", as_of = "month_end", values', 'by = "teer", as_of = "month_end", values', "unknown-column",
     "74:commissions.residual.rate", ""),
    ('{ member = "2 %"', '{ membr = "2 %"', "unknown-tier", "74:commissions.residual.rate.values.membr",
     "did you mean member?"),
    ('member = "2 %", ', "", "unlisted-value", "74:commissions.residual.rate",
     "list it, 0 where nothing is paid, or say with otherwise what all else is worth"),
    ('member = "2 %"', "member = 0.02", "unfit-figure", "74:commissions.residual.rate.values.member",
     '"2 %" or "0.02 %"?'),
    ("agreements.standard_rate", "agreements.standrd_rate", "unknown-column",
     "74:commissions.residual.rate.values.gold", "did you mean agreements.standard_rate?"),
    ("agreements.standard_rate", "agreements.effective_on", "unfit-figure", "74:commissions.residual.rate.values.gold",
     ""),
    ('from = "invoices"', 'from = "invoics"', "unknown-export", "78:commissions.once.from", "did you mean invoices?"),
    ('mrr = "line_id"', 'mrr = "issued_on"', "column-type", "79:commissions.once.with.mrr",
     "text is in: invoice_line_id, line_id, partner_id, customer_id, item, currency"),
    ("mrr.sold_on.since", "mrr.sold.since", "unknown-column", "80:commissions.once.where.mrr.sold",
     "did you mean mrr.sold_on?"),
    ('"paid_in_full"', '"paid_in_ful"', "unknown-column", "81:commissions.once.earned_on",
     "did you mean paid_in_full?"),
    ('by = "revenue", as_of = "window_end"', 'by = "revenue", as_of = "sold_on"', "wrong-value",
     "83:commissions.once.rate.as_of", 'one of: "month_end", "window_end"'),
    ('by = "revenue", as_of = "window_end"', 'by = "revenue"', "missing-key", "83:commissions.once.rate.as_of",
     'one of: "month_end", "window_end"'),
    ('by = "revenue", as_of = "window_end"', 'by = "revenu", as_of = "window_end"', "unknown-column",
     "83:commissions.once.rate", "did you mean revenue?"),
    (', apply = "whole"', "", "missing-key", "83:commissions.once.rate.apply", 'one of: "whole", "slices"'),
    ('apply = "whole"', 'apply = "slices"', "unfit-figure", "83:commissions.once.rate.apply",
     'say by = "price", or apply = "whole"'),
    ('apply = "whole"', 'apply = "all"', "wrong-value", "83:commissions.once.rate.apply", ""),
    ('value = "5 %" }, { at_least = 9', "value = 0.05 }, { at_least = 9", "unfit-figure",
     "83:commissions.once.rate.steps[1].value", '"5 %" or "0.05 %"?'),
    ("{ at_least = 9, value = 1 }", "{ value = 1 }", "steps", "83:commissions.once.rate.steps[2]", ""),
    ("mrr.cancelled_on =", "mrr.cancelled =", "unknown-column", "85:commissions.once.clawback[1].where.mrr.cancelled",
     "did you mean mrr.cancelled_on?"),
    ('days_after = "issued_on"', 'days_after = "issued"', "unknown-column",
     "85:commissions.once.clawback[1].where.mrr.cancelled_on.days_after", "did you mean issued_on?"),
    ('takes_back = "50 %"', "takes_back = 0.5", "unfit-figure", "85:commissions.once.clawback[1].takes_back",
     '"50 %" or "0.5 %"?'),
    ('takes_back = "50 %"', "takes_back = 50", "unfit-figure", "85:commissions.once.clawback[1].takes_back",
     'did you mean "50 %"?'),
    ('takes_back = "50 %"', 'takes_back = "refunded_shar"', "wrong-value", "85:commissions.once.clawback[1].takes_back",
     ""),
    ('where = "dear"', 'where = "der"', "unknown-condition", "86:commissions.once.clawback[2].where",
     "did you mean dear?"),
    ("price.at_least", "prize.at_least", "unknown-column", "90:conditions.dear.prize", "did you mean price?"),
    ('earned_on = "period_end"', 'earned_on = "period_ends"', "wrong-value", "94:commissions.bonus.earned_on",
     "did you mean period_end?"),
    ('earned_on = "period_end"\n', "", "missing-key", "92:commissions.bonus.earned_on", ""),
    ('earned_on = "period_end"', 'earned_on = "period_end"\nfrom = "mrr"', "unfit-key", "95:commissions.bonus.from",
     ""),
    ('earned_on = "period_end"', 'earned_on = "period_end"\nrunning = { since = "a" }', "unfit-key",
     "95:commissions.bonus.running", ""),
    ('base = { metric = "revenue" }', 'base = { metric = "revenu" }', "unknown-metric", "95:commissions.bonus.base",
     "did you mean revenue?"),
    ('{ metric = "level" }', '{ metric = "levl" }', "unknown-metric", "97:commissions.bonus.caps[1].at_most",
     "did you mean level?"),
    ('per = "partner", each = "lifetime"', 'per = "customer", each = "lifetime"', "unfit-key",
     "97:commissions.bonus.caps[1].per", ""),
    ('per = "partner", each = "lifetime"', 'per = "partner", each = "life"', "wrong-value",
     "97:commissions.bonus.caps[1].each", "did you mean lifetime?"),
    ('per = "partner", each = "lifetime"', 'each = "lifetime"', "missing-key", "97:commissions.bonus.caps[1].per", ""),
    ('from = "visits"', 'from = "visit"', "unknown-export", "101:credits.visit.from", "did you mean visits?"),
    ('earned_on = "visited_on"', 'earned_on = "visited"', "unknown-column", "102:credits.visit.earned_on",
     "did you mean visited_on?"),
    ('earned_on = "visited_on"', 'earned_on = "visit_id"', "column-type", "102:credits.visit.earned_on",
     "a date is in: visited_on"),
    ('as_of = "visited_on"', 'as_of = "visit_id"', "column-type", "104:credits.visit.amount[1].requires.tier.as_of",
     "a date is in: visited_on"),
    ("value = 20", 'value = "20 %"', "unfit-figure", "104:credits.visit.amount[1].value", ""),
    ('by = "partner.country"', 'by = "partner.county"', "unknown-column", "105:credits.visit.amount[2].value",
     "did you mean partner.country?"),
    ("values = { CH = 10 }, otherwise = 5", "values = { CH = 10 }", "unlisted-value",
     "105:credits.visit.amount[2].value", "list it, or say with otherwise what all else is worth"),
    ('per = "visited_on"', 'per = "visited"', "unknown-column", "107:credits.visit.caps[1].per",
     "did you mean visited_on?"),
    ('takes_back = "50 %"', 'takes_back = "-50 %"', "unfit-figure", "85:commissions.once.clawback[1].takes_back", ""),
    ("at_most = 3,", "at_most = -3,", "unfit-figure", "107:credits.visit.caps[1].at_most", ""),
    ('of = "seats"', 'of = "mrc"', "column-type", "116:credits.seat.caps[1].of",
     "leave `of` out: a cap is then one of the amount"),
    ('{ at_least = 50, value = "20 %" }',
     '{ at_least = 50, value = { by = "mrc", steps = [{ value = "1 %" }], apply = "slices" } }', "unfit-figure",
     "115:credits.seat.rate.steps[2].value", ""),
    ("[credits.seat]", "[credits.once]", "wrong-value", "109:credits.once", "give the credit a name of its own"),
    ('of = "seats"', 'of = "product"', "column-type", "116:credits.seat.caps[1].of",
     "a number is in: seats, mrc, contract_months"),
    ('of = "seats"', 'of = "seat"', "unknown-column", "116:credits.seat.caps[1].of", "did you mean seats?"),
    ('by = "mrc", steps', 'by = "seats", steps', "unfit-figure", "115:credits.seat.rate.apply",
     'say by = "mrc", or apply = "whole"'),
    ('apply = "slices" }\ncaps = [{ at_most = 100', 'apply = "slices", as_of = "month_end" }\ncaps = [{ at_most = 100',
     "unfit-key", "115:credits.seat.rate.as_of", ""),
    ('currency = "USD"\npay_when', 'currency = "EUR"\npay_when', "wrong-value", "119:payout.currency",
     'one of: "USD", "as_earned"'),
    ('currency = "USD"\npay_when', "pay_when", "missing-key", "118:payout.currency", ""),
    ("[payout]", "[payouts]", "unknown-key", "118:payouts", "did you mean payout?"),
    ('{ by = "currency", values = { USD = 50, EUR = 45 } }', '"5 %"', "unfit-figure", "120:payout.pay_when.at_least",
     'as in at_least = 50, or at_least = { by = "currency", values = { USD = 50, EUR = 45 } }'),
    ('{ by = "currency", values = { USD = 50, EUR = 45 } }', '{ metric = "revenue" }', "unfit-figure",
     "120:payout.pay_when.at_least",
     'as in at_least = 50, or at_least = { by = "currency", values = { USD = 50, EUR = 45 } }'),
    ('by = "currency", values', 'by = "curency", values', "unfit-figure", "120:payout.pay_when.at_least",
     'as in at_least = 50, or at_least = { by = "currency", values = { USD = 50, EUR = 45 } }'),
    ("EUR = 45", "euro = 45", "wrong-value", "120:payout.pay_when.at_least.values.euro", "as in { USD = 100 }"),
    ("pay_held_when.more_than = 0", "pay_held_when = 0", "unfit-bound", "121:payout.pay_held_when", ""),
    ("pay_held_when.more_than = 0", "pay_held_when.since = 2025-01-01", "unfit-bound", "121:payout.pay_held_when.since",
     ""),
    ("pay_held_when.more_than = 0", "pay_held_when = { more_than = 0, in_each_of_last = 2 }", "unfit-bound",
     "121:payout.pay_held_when.in_each_of_last", ""),
    ('requires.tier = { track = "sales", at_least = "gold" }', 'requires.tier = { at_least = "gold" }', "missing-key",
     "122:payout.requires.tier.track", "one of: sales, service"),
    ('requires.tier = { track = "sales", at_least = "gold" }',
     'requires.tier = { track = "sales", at_least = "gold", as_of = "month_end" }', "unfit-key",
     "122:payout.requires.tier.as_of", ""),
    ('requires.tier = { track = "sales", at_least = "gold" }', "requires.revenu.at_least = 5", "unknown-metric",
     "122:payout.requires.revenu", "did you mean revenue?"),
    ("day = 15,", "", "wrong-value", "123:payout.pay_day", ""),
    ('roll = "forward"', 'roll = "forwards"', "wrong-value", "123:payout.pay_day.roll", "did you mean forward?"),
    ('[conditions.sold]\norder_type = "new_logo"\n',
     '[conditions.sold]\norder_type = "new_logo"\n\n[conditions.other]\nmrr.at_least = 5\n', "unused",
     "33:conditions.other", ""),
    ('by = "tier", as_of = "month_end", values', 'by = "tier", as_of = "mrr", values', "column-type",
     "74:commissions.residual.rate.as_of",
     ("a date is in: quoted_on, repriced_on, sold_on, invoiced_on, cancelled_on, agreements.effective_on, "
     "agreements.ends_on")),
    ('{ member = "2 %"', '{ member = "2 %", silver = 1', "unknown-tier", "74:commissions.residual.rate.values.silver",
     ""),
    ('member = "2 %"', "member = -0.5", "unfit-figure", "74:commissions.residual.rate.values.member",
     '"-50 %" or "-0.5 %"?'),
    ('rate = { by = "tier", as_of = "month_end", values',
     'rate = { by = "tier", as_of = "month_end", apply = "whole", values', "unfit-key",
     "74:commissions.residual.rate.apply", ""),
    ('base = { metric = "revenue" }', 'base = { metric = "revenue" }\nwhere = "sold"', "unfit-key",
     "96:commissions.bonus.where", ""),
    ('base = { metric = "revenue" }', 'base = { metric = "revenue" }\nwith = { mrr = "line_id" }', "unfit-key",
     "96:commissions.bonus.with", ""),
    ('base = { metric = "revenue" }', 'base = { metric = "revenue" }\nclawback = [{ where = "sold", takes_back = 1 }]',
     "unfit-key", "96:commissions.bonus.clawback", ""),
    ('base = { metric = "revenue" }',
     'base = { metric = "revenue" }\nrequires.tier = { at_least = "partner", as_of = "sold_on" }', "wrong-value",
     "96:commissions.bonus.requires.tier.as_of", 'say as_of = "month_end"'),
    ('base = { metric = "revenue" }',
     'base = { metric = "revenue" }\nrequires.tier = { at_least = "partner", unbroken_since = "sold_on" }',
     "wrong-value", "96:commissions.bonus.requires.tier.unbroken_since", 'say as_of = "month_end"'),
    ('requires.tier = { track = "sales", at_least = "gold" }',
     'requires.any = [{ tier = { at_least = "gold" } }, { attested = "nda" }]', "missing-key",
     "122:payout.requires.any[1].tier.track", "one of: sales, service"),
    ('of = "seats"', 'of = "agreements.deal_rate"', "unknown-column", "116:credits.seat.caps[1].of", ""),
    ("[payout]",
     ('[benefits.fee]\nkind = "count"\ntiers = { gold = { by = "tier", as_of = "month_end", values = { gold = '
     '1 } } }\n\n[payout]'),
     "unfit-figure", "120:benefits.fee.tiers.gold", ""),
    ('by = "revenue", steps = [{ value = 0 }', 'by = "revenue", as_of = "month_end", steps = [{ value = 0 }',
     "unfit-key", "40:metrics.level.value.as_of", ""),
    ('by = "revenue", steps = [{ value = 0 }', 'by = "revenue", apply = "whole", steps = [{ value = 0 }', "unfit-key",
     "40:metrics.level.value.apply", ""),
    ('by = "revenue", steps = [{ value = 0 }, { at_least = 5, value = 1 }]', 'by = "tier", values = { gold = 1 }',
     "unfit-figure", "40:metrics.level.value", ""),
    ("requires.revenue.at_least = 100",
     'requires.revenue.at_least = 100\nrequires.qualified = { name = "expert", unbroken_since = "sold_on" }',
     "unfit-key", "55:tracks.sales.tiers[2].requires.qualified.unbroken_since", ""),
    ("value = 20", 'value = { column = "visit_id" }', "unfit-figure", "104:credits.visit.amount[1].value", ""),
    ("value = 20", 'value = { metric = "levl" }', "unknown-metric", "104:credits.visit.amount[1].value",
     "did you mean level?"),
    ("at_most = 100,", 'at_most = { by = "tier", as_of = "starts_on", values = { partner = 5 } },', "wrong-value",
     "116:credits.seat.caps[1].at_most.as_of", 'say as_of = "month_end"'),
    ("at_most = 100,", 'at_most = { by = "tier", as_of = "month_end", steps = [{ value = 5 }] },', "unfit-figure",
     "116:credits.seat.caps[1].at_most.steps", "as in values = { NAME = 1 }"),
    ("at_most = 100,", 'at_most = { by = "currency", values = { EUR = 5 } },', "unlisted-value",
     "116:credits.seat.caps[1].at_most",
     "list it, 0 where nothing is paid, or say with otherwise what all else is worth"),
]  # fmt: skip


@pytest.mark.parametrize(("right", "other", "code", "subject", "hint"), MISTAKES)
def test_one_mistake_is_one_finding_at_its_place(right: str, other: str, code: str, subject: str, hint: str) -> None:
    (finding,) = wrong((right, other))
    assert (finding.code, finding.subject, finding.hint) == (f"program-{code}", subject, hint)


def test_two_mistakes_are_told_and_no_third() -> None:
    for (right, written, *_), (other, instead, *_) in combinations(MISTAKES[::4], 2):
        text = PROGRAM.replace(right, written, 1)
        if text.count(other) == PROGRAM.count(other):  # otherwise both are of one place
            findings = load_text(text.replace(other, instead, 1), "x.toml")[1]
            assert 1 <= len(findings) <= 2, (written, instead, findings)


PLACES = [number for number, line in enumerate(PROGRAM.splitlines()) if " = " in line]
VALUES = """
1 | 0.5 | -5 | true | 2025-01-01 | 'x' | '5 %' | '' | [] | {} | ['a'] | [{}] | 'month_end' | 'period_end' | 'once'
| { column = 'x' } | { metric = 'revenue' } | { by = 'tier', values = { gold = 1 } } | { by = 'tier', steps = [] }
| { by = 'currency', values = { a = 'x' } } | { by = 'revenue', steps = [{ value = 1 }], apply = 'slices' }
| { tier = { at_least = 'x', as_of = 'y' } } | [{ requires.tier.at_least = 'gold', value = 0.1 }] | { mrr = 'line_id' }
| [{ where = 'x', takes_back = 'refunded_share' }]
| [{ at_most = '5 %', per = 'x', each = 'lifetime', cuts = 'evenly' }]
"""


@given(st.dictionaries(st.sampled_from(PLACES), st.sampled_from(VALUES.split("|")), min_size=1, max_size=3))
@settings(max_examples=60, deadline=None)
def test_whatever_a_key_says_the_loader_answers_with_findings(changes: dict[int, str]) -> None:
    lines = PROGRAM.splitlines()
    for number, value in changes.items():
        lines[number] = f"{lines[number].partition(' = ')[0]} = {value.strip()}"
    program, findings = load_text("\n".join(lines), "x.toml")
    assert (program is None) == any(finding.severity is Severity.ERROR for finding in findings)
    assert all(finding.code in load_catalogue() and "Input should" not in finding.message for finding in findings)


def test_slices_begin_at_nothing() -> None:
    bare, below = (
        'rate = { by = "mrc", steps = [{ value = "10 %" }',
        'rate = { by = "mrc", steps = [{ at_least = -1, value = 1 }',
    )
    found = {finding.subject: finding.hint for finding in wrong((bare, below))}
    assert found["115:credits.seat.rate.steps[1].at_least"] == "begin with 0, or with no bound at all"
