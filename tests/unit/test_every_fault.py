"""Every fault at once in a program that says all that can be said of metrics, tables, requirements and standing."""

from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tierctl.findings import Finding, Severity, load_catalogue
from tierctl.program.load import load_text

PROGRAM = Path(__file__).with_name("every_word.toml").read_text(encoding="utf-8")


def wrong(*changes: tuple[str, str]) -> list[Finding]:
    """What is said of the program after these changes, each of a text that stands in it."""
    text = PROGRAM
    for right, other in changes:
        assert right in text
        text = text.replace(right, other, 1)
    return load_text(text, "x.toml")[1]


def test_the_program_without_mistake_has_no_finding() -> None:
    assert wrong() == []


MISTAKES = [
    ('enrollment = "required"', 'enrollment = "requird"', "5:enrollment"),
    ('"seen_by_primary_user"', '"seen"', "7:counts_only"),
    ('gate.attested = "contract"', "gate.attested = 5", "8:gate.attested"),
    ("gate.attested", "gate.atested", "8:gate.atested"),
    ("[policy.fx]", "[policy.fxx]", "14:policy.fxx"),
    ('flow = "row_date"', 'flow = "row"', "15:policy.fx.flow"),
    ('flow = "row_date"', "", "14:policy.fx.flow"),
    ("max_age_days = 30\n", "", "14:policy.fx.max_age_days"),
    ("fixed = [{ since = 2025-01-01, equal = { USD = 100, EUR = 90 } }]\n", "", "14:policy.fx.fixed"),
    ('level = "fixed"', 'level = "row_date"', "18:policy.fx.fixed"),
    ("USD = 100, EUR", "GBP = 100, EUR", "18:policy.fx.fixed[1].equal"),
    ("EUR = 90", "EUR = 0", "18:policy.fx.fixed[1].equal.EUR"),
    ('["target_id"]', '["targt_id"]', "21:exports.targets.primaryKey"),
    ('rowDate = "set_on"', 'rowDate = "goal"', "22:exports.targets.rowDate"),
    ('{ since = "set_on", through', '{ since = "set", through', "23:exports.targets.valid.since"),
    ('name = "target_id"', 'nam = "target_id"', "26:exports.targets.fields[1].nam"),
    ('name = "target_id"\n', "", "25:exports.targets.fields[1].name"),
    ('name = "partner_id"', 'name = "Partner Id"', "30:exports.targets.fields[2].name"),
    ('type = "date"\nconstraints', 'type = "day"\nconstraints', "34:exports.targets.fields[3].type"),
    ("knownAhead = true", "known = true", "40:exports.targets.fields[4].known"),
    ('name = "goal"', 'name = "ends_on"', "43:exports.targets.fields[5].name"),
    ("minimum = 0", "minimum = '0'", "46:exports.targets.fields[5].constraints.minimum"),
    ('name = "currency"', 'name = "curency"', "45:exports.targets.fields[5].money"),
    ('name = "channel"', 'name = "mrr"', "52:exports.mrr.fields[1].name"),
    ('default = "direct"', 'default = "drect"', "52:exports.mrr.fields[1].default"),
    ('default = "direct"', "default = 5", "52:exports.mrr.fields[1].default"),
    ('{ enum = ["direct"', '{ enums = ["direct"', "52:exports.mrr.fields[1].constraints.enums"),
    ("[columns.first_sold_on]", "[columns.sold_on]", "54:columns.sold_on"),
    ('from = "mrr"\nwhere = "counted"', 'from = "mr"\nwhere = "counted"', "55:columns.first_sold_on.from"),
    ('from = "mrr"\nwhere = "counted"\n', 'where = "counted"\n', "54:columns.first_sold_on.from"),
    ('where = "counted"', 'where = "conted"', "56:columns.first_sold_on.where"),
    ('minimum = "sold_on"', 'minimum = "sold_in"', "57:columns.first_sold_on.minimum"),
    ('minimum = "sold_on"', "", "54:columns.first_sold_on"),
    ('same = ["partner_id", "customer_id"]', 'same = ["customer_id"]', "58:columns.first_sold_on.same"),
    ('same = ["partner_id", "customer_id"]', "", "54:columns.first_sold_on.same"),
    ("promotional = false", "promotionl = false", "61:conditions.counted.promotionl"),
    ('with = { targets = "sold_on" }', 'with = { target = "sold_on" }', "65:metrics.revenue.with.target"),
    ('with = { targets = "sold_on" }', 'with = { targets = "sold" }', "65:metrics.revenue.with.targets"),
    ('with = { targets = "sold_on" }', 'with = { targets = "mrr" }', "65:metrics.revenue.with.targets"),
    ('with = { targets = "sold_on" }', "with = 5", "65:metrics.revenue.with"),
    ('with = { targets = "sold_on" }\n', "", "65:metrics.revenue.where.targets.goal"),
    ("targets.goal.at_least", "targets.gaol.at_least", "66:metrics.revenue.where.targets.gaol"),
    ("first_sold_on.empty", "first_sold.empty", "66:metrics.revenue.where.first_sold"),
    ("web = ", "wep = ", "68:metrics.revenue.times.values.wep"),
    ('by = "channel"', 'by = "chanel"', "68:metrics.revenue.times"),
    ('times = { by = "channel", values', 'times = { by = "channel", value', "68:metrics.revenue.times.value"),
    ('sum = "mrr"\ntimes', 'average = "mrr"\ntimes', "68:metrics.revenue.times"),
    ('sum = "mrr"\ntimes', 'count = "line_id"\nsum = "mrr"\ntimes', "67:metrics.revenue.count"),
    ("more_than_days = 30", "more_than_days = -1", "71:metrics.revenue.running.more_than_days"),
    ("ago = { fiscal_years = 1 }", "ago = { years = 1 }", "78:metrics.before.ago.years"),
    ("ago = { fiscal_years = 1 }", "ago = {}", "78:metrics.before.ago"),
    ("- before)", "- befor)", "81:metrics.growth.formula"),
    ("(revenue - before) / before", "(revenue - before / before", "81:metrics.growth.formula"),
    ('formula = "(revenue', 'formla = "(revenue', "81:metrics.growth.formla"),
    ('formula = "(revenue - before) / before"', "formula = 5", "81:metrics.growth.formula"),
    ("if_none = 0", 'if_none = 0\nfrom = "mrr"', "83:metrics.growth.from"),
    ("if_none = 0", "if_none = 0\nvalue = 5", "83:metrics.growth.value"),
    ("if_none = 0", "if_none = '0'", "82:metrics.growth.if_none"),
    ('by = "revenue"', 'by = "revenu"', "85:metrics.level.value"),
    ("{ at_least = 5, value = 1 }", "{ at_leest = 5, value = 1 }", "85:metrics.level.value.steps[2].at_leest"),
    ("{ at_least = 5, value = 1 }", "{ since = 2025-01-01, value = 1 }", "85:metrics.level.value.steps[2].since"),
    ("{ at_least = 5, value = 1 }", "{ at_least = 5 }", "85:metrics.level.value.steps[2].value"),
    ('latest_per = "customer_id"', 'latest_per = "customer"', "89:metrics.healthy.latest_per"),
    ("score.at_least = 60", "scor.at_least = 60", "90:metrics.healthy.share.scor"),
    ("share = { score.at_least = 60 }\n", "", "87:metrics.healthy"),
    ("share = { score.at_least = 60 }", 'share = "healthy"', "90:metrics.healthy.share"),
    ('window = "enrollment"', 'window = "enrolment"', "92:metrics.healthy.window"),
    ("remediation_days = 30\n", "", "94:tracks.sales.remediation_days"),
    ('downgrade = "on_decision"\n', "", "94:tracks.sales.downgrade"),
    ('downgrade = "on_decision"', 'downgrade = "never"', "96:tracks.sales.downgrade"),
    ('shows = ["level"]', 'shows = ["levl"]', "99:tracks.sales.shows[1]"),
    ("[tracks.sales.qualifications.expert]", "[tracks.sales.qualification.expert]", "101:tracks.sales.qualification"),
    ('id = "member"', 'id = "expert"', "101:tracks.sales.qualifications.expert"),
    (
        'requires.healthy.at_least = "65 %"',
        'requires.health.at_least = "65 %"',
        "102:tracks.sales.qualifications.expert.requires.health",
    ),
    ('requires.healthy.at_least = "65 %"\n', "", "101:tracks.sales.qualifications.expert.requires"),
    (
        'requires.healthy.at_least = "65 %"',
        "requires.healthy.at_least = 65",
        "102:tracks.sales.qualifications.expert.requires.healthy",
    ),
    ('"through_enrollment"', '"through_enrolment"', "103:tracks.sales.qualifications.expert.holds"),
    ('holds = "through_anniversary"\n', "", "105:tracks.sales.tiers[1]"),
    ('["nda", "plan"]', '["nda", "plan", "nda"]', "112:tracks.sales.tiers[2].requires.attested[3]"),
    ("in_each_of_last = 2", "in_each_of_last = 0", "113:tracks.sales.tiers[2].requires.growth.in_each_of_last"),
    ("in_each_of_last", "in_each_last", "113:tracks.sales.tiers[2].requires.growth.in_each_last"),
    ('name = "expert"', 'name = "exprt"', "114:tracks.sales.tiers[2].requires.qualified.name"),
    ('qualified.name = "expert"', 'qualified = "expert"', "114:tracks.sales.tiers[2].requires.qualified"),
    ('holds = "while_met"', 'holds = "while"', "115:tracks.sales.tiers[2].holds"),
    ('id = "gold"', 'id = "partner"', "124:tracks.service.tiers[2].id"),
    ('track = "sales", at_least', 'track = "sale", at_least', "125:tracks.service.tiers[2].requires.tier.track"),
    ('track = "sales", at_least', "at_least", "125:tracks.service.tiers[2].requires.tier.at_least"),
    ('at_least = "silver"', 'at_least = "sliver"', "125:tracks.service.tiers[2].requires.tier.at_least"),
    ('at_least = "silver"', "least = 'silver'", "125:tracks.service.tiers[2].requires.tier.least"),
    ('with = { agreements = "month_end" }', 'with = { agreements = "month" }', "129:benefits.brand.with.agreements"),
    ('with = { agreements = "month_end" }\n', "", "128:benefits.brand.with"),
    ('with = { agreements = "month_end" }', 'with = { agreement = "month_end" }', "129:benefits.brand.with.agreement"),
    ("agreements.white_label", "agreements.white_lable", "130:benefits.brand.value"),
    ("agreements.white_label", "agreements.standard_rate", "130:benefits.brand.value"),
    ('value = { column = "agreements.white_label" }\n', "", "128:benefits.brand.value"),
    ("[actions.renew]", "[actions.tier_ends]", "132:actions.tier_ends"),
    ('from = "certifications"', 'from = "certification"', "133:actions.renew.from"),
    ('from = "certifications"\n', "", "132:actions.renew.from"),
    ('where.certification = "partner"', 'where.certificaton = "partner"', "134:actions.renew.where.certificaton"),
    ('on = "expires_on"', 'on = "expires"', "135:actions.renew.on"),
    ('on = "expires_on"\n', "", "132:actions.renew.on"),
    ("days_before = 60\n", "", "132:actions.renew.days_before"),
    ("days_before = 60", 'days_before = 60\nevery = "fiscal_quarter"', "133:actions.renew.from"),
]  # fmt: skip


@pytest.mark.parametrize(("right", "other", "subject"), MISTAKES)
def test_one_mistake_is_one_finding(right: str, other: str, subject: str) -> None:
    assert [finding.subject for finding in wrong((right, other))] == [subject]


def test_two_mistakes_never_cause_a_third_finding() -> None:
    for (right, wrong_, _), (other, *others) in list(combinations(MISTAKES, 2))[::19]:
        text = PROGRAM.replace(right, wrong_, 1)
        findings = load_text(text.replace(other, others[0], 1), "x.toml")[1]
        assert len(findings) <= 2, (wrong_, others, findings)


PLACES = [number for number, line in enumerate(PROGRAM.splitlines()) if " = " in line]
VALUES = """
1 | -5 | 0.5 | 1e400 | true | 2025-01-01 | 'x' | '5 %' | '' | [] | {} | [1] | ['a'] | [{}] | 'lifetime' | 'enrollment'
| 'growth' | 'mrr' | 'month_end' | 'a.b' | { a = 1 } | { a = { b = 1 } } | { column = 'x' } | { since = 'a' }
| { metric = 'growth' } | { by = 'growth', values = { a = 1 } } | { mrr = 'month_end' } | { tier.at_least = 'x' }
| [{ name = '' }] | [{ requires.tier.at_least = 'gold', value = { column = 'x' } }] | { any = [{ mrr.empty = true }] }
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
