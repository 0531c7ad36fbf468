"""Lint of what is asked and kept: requirements, tracks, qualifications, holds, benefits, actions and exchange."""

import pytest

from tierctl.program.load import load_text

HEAD = """id = "demo"
name = "Demo"
clause = "1"
currency = "USD"
effective_from = 2025-01-01
"""
ENROLLMENT = 'enrollment = "{enrollment}"\n'
POLICY = '[policy]\nrounding = "half_even"\ntakes_effect = "month_end"\n'
METRICS = """
[metrics.deals]
from = "opportunities"
count = "opportunity_id"
on = "submitted_on"
window = "{window}"

[metrics.stages]
from = "opportunities"
count = "stage"
running.since = "submitted_on"

[metrics.healthy]
from = "health_scores"
share.score.at_least = 60
running.since = "scored_on"

[metrics.ratio]
formula = "deals / stages"

[metrics.spare]
formula = "greatest(deals - 10, 0)"
"""
SALES = """
[tracks.sales]
promotion = "automatic"
shows = ["deals", "stages", "healthy", "ratio", "spare"]
{track}
[[tracks.sales.tiers]]
id = "member"
{member}
[[tracks.sales.tiers]]
id = "gold"
requires = {requires}
holds = {holds}
"""
SERVICE = """
[tracks.service]
promotion = "automatic"
each_tier_requires = "its_own"

[tracks.service.qualifications.expert]
requires.deals.at_least = 9
holds = "through_next_calendar_year"

[[tracks.service.tiers]]
id = "partner"
"""


def said(
    requires: str = "{ deals.at_least = 5 }",
    holds: str = '"through_next_calendar_year"',
    *,
    track: str = "",
    member: str = "",
    window: str = "calendar_year",
    enrollment: str = "automatic",
    policy: str = "",
    head: str = "",
    more: str = "",
) -> list[tuple[str, str]]:
    """Code and key path of each finding about a program of two tracks."""
    sales = SALES.format(requires=requires, holds=holds, track=track, member=member)
    parts = (HEAD, head, ENROLLMENT.format(enrollment=enrollment), POLICY, policy, METRICS.format(window=window))
    findings = load_text("\n".join([*parts, sales, SERVICE, more]), "x.toml")[1]
    return [(finding.code.removeprefix("program-"), finding.subject.partition(":")[2]) for finding in findings]


def of_gold(requires: str, **more: str) -> list[tuple[str, str]]:
    """What is said of what the tier requires."""
    root = "tracks.sales.tiers[2]."
    return [(code, path.removeprefix(root)) for code, path in said(requires, **more)]


@pytest.mark.parametrize(
    ("requires", "findings"),
    [
        ("{ attested = 'nda' }", []),
        ("{ attested = ['nda', 'nda'] }", [("listed-twice", "requires.attested[2]")]),
        ("{ attestd = 'nda' }", [("unknown-metric", "requires.attestd")]),
        ("{ tier = { track = 'service', at_least = 'partner' } }", [("always-met", "requires.tier.at_least")]),
        ("{ tier = { track = 'servic', at_least = 'partner' } }", [("unknown-track", "requires.tier.track")]),
        ("{ tier = { track = 'service', at_least = 'member' } }", [("unknown-tier", "requires.tier.at_least")]),
        ("{ tier = { at_least = 'partner' } }", [("unknown-tier", "requires.tier.at_least")]),
        ("{ tier = { at_least = 'member' } }", [("cycle", "requires.tier")]),
        ("{ any = [{ tier = { track = 'sales', at_least = 'gold' } }] }", [("cycle", "requires.any[1].tier")]),
        ("{ qualified = { name = 'expert', track = 'service' } }", []),
        ("{ qualified = { name = 'expert' } }", [("unknown-qualification", "requires.qualified.name")]),
        ("{ qualified = { name = 'expart', track = 'service' } }", [
            ("unknown-qualification", "requires.qualified.name"),
        ]),
        ("{ deals = { at_least = 5, in_each_of_last = 2 } }", []),
        ("{ spare = { at_least = 5, in_each_of_last = 2 } }", []),
        ("{ stages = { at_least = 2, in_each_of_last = 2 } }", [("unfit-window", "requires.stages.in_each_of_last")]),
        ("{ ratio = { at_least = 2, in_each_of_last = 2 } }", [("unfit-window", "requires.ratio.in_each_of_last")]),
        ("{ partner.country = { empty = false, in_each_of_last = 2 } }", [
            ("unfit-bound", "requires.partner.country.in_each_of_last"),
        ]),
        ("{ partner.joined_on.before = 2025-01-01 }", [("empty-cells", "requires.partner.joined_on")]),
        ("{ partner.joined_on = { before = 2025-01-01, empty = false } }", []),
    ],
)  # fmt: skip
def test_what_a_tier_requires(requires: str, findings: list[tuple[str, str]]) -> None:
    assert of_gold(requires) == findings


@pytest.mark.parametrize(
    ("requires", "codes"),
    [
        ("{ healthy.at_least = '65 %' }", []),
        ("{ healthy.at_least = 0.65 }", []),
        ("{ healthy.at_least = 65 }", ["never-met"]),
        ("{ healthy.more_than = '100 %' }", ["never-met"]),
        ("{ healthy.at_most = '-1 %' }", ["never-met"]),
        ("{ healthy.at_least = 0 }", []),
        ("{ healthy.empty = true }", []),
        ("{ deals.at_least = '5 %' }", ["unfit-figure"]),
        ("{ stages.at_least = 3 }", []),
        ("{ stages.at_least = 4 }", ["never-met"]),
        ("{ stages.at_most = 3 }", ["always-met"]),
        ("{ spare.at_least = 0 }", ["always-met"]),
        ("{ spare.less_than = 0 }", ["never-met"]),
        ("{ spare.empty = true }", ["never-met"]),
        ("{ ratio.at_least = 0 }", []),
        ("{ ratio.empty = true }", []),
        ("{ ratio.at_most = -1 }", ["never-met"]),
        ("{ deals.at_least = 5, all = [{ deals.at_most = 4 }] }", ["unreachable-tier"]),
        ("{ deals = { at_least = 5 }, all = [{ deals = { at_most = 4, in_each_of_last = 2 } }] }", []),
    ],
)
def test_criteria_that_are_never_or_always_met(requires: str, codes: list[str]) -> None:
    assert [code for code, _ in said(requires)] == codes


def test_a_share_written_as_a_number_of_percent_is_told() -> None:
    text = "\n".join([HEAD, ENROLLMENT.format(enrollment="automatic"), POLICY, METRICS.format(window="lifetime")])
    text += SALES.format(requires="{ healthy.at_least = 65 }", holds="{ days = 90 }", track="", member="") + SERVICE
    (finding,) = load_text(text, "x.toml")[1]
    assert finding.message == "healthy can never meet at_least 65: a share lies between 0 % and 100 %"
    assert finding.hint == 'did you mean "65 %"?'


@pytest.mark.parametrize(
    ("gate", "findings"),
    [
        ("gate.attested = 'listing'", []),
        ("gate = { any = [{ attested = 'listing' }, { deals.at_least = 5 }] }", []),
        ("gate.tier = { track = 'service', at_least = 'partner' }", [
            ("unfit-key", "tracks.sales.gate.tier"), ("always-met", "tracks.sales.gate.tier.at_least"),
        ]),
        ("gate.qualified = { track = 'service', name = 'expert' }", [("unfit-key", "tracks.sales.gate.qualified")]),
    ],
)  # fmt: skip
def test_a_gate_is_read_before_any_tier(gate: str, findings: list[tuple[str, str]]) -> None:
    found = said(track=gate)
    assert [each for each in found if each[0] != "always-met"] == [each for each in findings if each[0] != "always-met"]


BESIDE = '\n[tracks.sales.qualifications.{name}]\nrequires = {requires}\nholds = "through_next_calendar_year"\n'


@pytest.mark.parametrize(
    ("name", "requires", "findings"),
    [
        ("star", "{ deals.at_least = 9 }", []),
        ("star", "{ tier.at_least = 'gold' }", []),
        ("star", "{ tier = { track = 'sales', at_least = 'gold' } }", []),
        ("star", "{ qualified.name = 'star' }", [("cycle", "tracks.sales.qualifications.star.requires.qualified")]),
        ("gold", "{ deals.at_least = 9 }", [("wrong-value", "tracks.sales.qualifications.gold")]),
        ("Star", "{ deals.at_least = 9 }", [("wrong-value", "tracks.sales.qualifications.Star")]),
    ],
)
def test_qualifications(name: str, requires: str, findings: list[tuple[str, str]]) -> None:
    assert said(more=BESIDE.format(name=name, requires=requires)) == findings


def test_a_tier_and_a_qualification_cannot_wait_for_each_other() -> None:
    more = BESIDE.format(name="star", requires="{ tier.at_least = 'gold' }")
    assert said("{ qualified.name = 'star' }", more=more) == [
        ("cycle", "tracks.sales.qualifications.star.requires.tier")
    ]


@pytest.mark.parametrize(
    ("holds", "track", "findings"),
    [
        ('"through_calendar_year"', "", []),
        ('"through_anniversary"', "", []),
        ("{ days = 28 }", "", []),
        ("{ days = 27 }", "", [("holds-and-window", "tracks.sales.tiers[2].holds")]),
        ('"through_enrollment"', "", [("unfit-window", "tracks.sales.tiers[2].holds")]),
        ('"while_met"', "", [
            ("missing-key", "tracks.sales.downgrade"), ("missing-key", "tracks.sales.remediation_days"),
        ]),
        ('"while_met"', 'downgrade = "automatic"', [("missing-key", "tracks.sales.remediation_days")]),
        ('"while_met"', "remediation_days = 0", [("missing-key", "tracks.sales.downgrade")]),
        ('"through_calendar_year"', "remediation_days = 0", [("unfit-key", "tracks.sales.remediation_days")]),
        ('"through_calendar_year"', 'downgrade = "on_decision"', []),
        ('"while_met"', 'downgrade = "automatic"\nremediation_days = 0', [
            ("holds-and-window", "tracks.sales.tiers[2].holds"),
        ]),
        ('"while_met_each_calendar_quarter"', 'downgrade = "automatic"\nremediation_days = 0', [
            ("holds-and-window", "tracks.sales.tiers[2].holds"),
        ]),
        ('"while_met_each_calendar_year"', 'downgrade = "automatic"\nremediation_days = 0', []),
        ('"while_met_each_fiscal_year"', 'downgrade = "automatic"\nremediation_days = 0', [
            ("mixed-calendars", "tracks.sales.tiers[2].holds"),
        ]),
    ],
)  # fmt: skip
def test_how_long_a_tier_holds(holds: str, track: str, findings: list[tuple[str, str]]) -> None:
    assert said(holds=holds, track=track) == findings


@pytest.mark.parametrize(
    ("holds", "findings"),
    [
        ('"through_enrollment"', []),
        ('"through_calendar_year"', [("holds-and-window", "tracks.sales.tiers[2].holds")]),
        ("{ days = 90 }", [("holds-and-window", "tracks.sales.tiers[2].holds")]),
    ],
)
def test_what_is_measured_over_the_enrollment(holds: str, findings: list[tuple[str, str]]) -> None:
    found = said(holds=holds, window="enrollment", enrollment="required")
    assert [each for each in found if "service" not in each[1]] == findings


def test_complete_windows_do_not_begin_anew() -> None:
    track = 'downgrade = "automatic"\nremediation_days = 0'
    assert said("{ deals = { at_least = 5, in_each_of_last = 1 } }", '"while_met"', track=track) == []


def test_who_sees_what_is_a_matter_of_enrollments() -> None:
    seen = 'counts_only = "seen_by_primary_user"'
    assert said(head=seen) == [("unfit-key", "counts_only")]
    assert said(head=seen, enrollment="required") == []


@pytest.mark.parametrize(
    ("member", "findings"),
    [
        ("requires.attested = 'nda'\nholds = 'through_anniversary'", []),
        ("requires.attested = 'nda'", [("missing-key", "tracks.sales.tiers[1]")]),
        ("holds = 'through_anniversary'", [("unfit-key", "tracks.sales.tiers[1].holds")]),
    ],
)
def test_the_base_may_have_requirements(member: str, findings: list[tuple[str, str]]) -> None:
    track = 'each_tier_requires = "all_below_too"' if "requires" in member else ""
    assert said(member=member, track=track) == findings


def test_a_base_with_requirements_counts_among_those_that_have_some() -> None:
    member = "requires.attested = 'nda'\nholds = 'through_anniversary'"
    assert said(member=member) == [("missing-key", "tracks.sales.each_tier_requires")]
    assert said(member=member, track='each_tier_requires = "its_own"') == [
        ("tier-order", "tracks.sales.tiers[2].requires")
    ]
    assert (
        said("{ deals.at_least = 5, attested = ['nda'] }", member=member, track='each_tier_requires = "its_own"') == []
    )


@pytest.mark.parametrize(
    ("lower", "higher", "codes"),
    [
        ("qualified = { name = 'expert', track = 'service' }", "deals.at_least = 5", ["tier-order"]),
        ("qualified = { name = 'expert', track = 'service' }", "qualified = { name = 'expert', track = 'service' }", [
            "unreachable-tier",
        ]),
        ("attested = 'nda'", "attested = ['plan']", ["tier-order"]),
        ("attested = 'nda'", "attested = ['plan', 'nda']", []),
        ("attested = ['plan', 'nda']", "all = [{ attested = 'nda' }, { attested = 'plan' }]", ["unreachable-tier"]),
        ("tier = { track = 'service', at_least = 'trusted' }", "deals.at_least = 5", ["tier-order"]),
        ("tier = { track = 'service', at_least = 'trusted' }", "tier = { track = 'service', at_least = 'gold' }", []),
        ("tier = { track = 'service', at_least = 'gold' }", "tier = { track = 'service', at_least = 'trusted' }", [
            "tier-order", "unreachable-tier",
        ]),
    ],
)  # fmt: skip
def test_a_higher_tier_asks_for_what_the_lower_one_does(lower: str, higher: str, codes: list[str]) -> None:
    track = 'each_tier_requires = "its_own"'
    member = f"requires = {{ {lower} }}\nholds = 'through_calendar_year'"
    tier = "\n[[tracks.service.tiers]]\nid = '{}'\nrequires.deals.at_least = {}\nholds = 'through_calendar_year'\n"
    more = tier.format("trusted", 5) + tier.format("gold", 9)
    assert [code for code, _ in said(f"{{ {higher} }}", track=track, member=member, more=more)] == codes


@pytest.mark.parametrize(
    ("benefit", "findings"),
    [
        ('with = { agreements = "month_end" }\nvalue.column = "agreements.white_label"', []),
        ('with = { agreements = "month_end" }\nvalue.column = "agreements.white_label"\ntiers = ["gold"]', []),
        ('with = { agreements = "month_end" }\nvalue.column = "agreements.standard_rate"\nkind = "percent"', []),
        ('with = { agreements = "month_end" }\nvalue.column = "agreements.standard_rate"', [("unfit-figure", "value")]),
        ('with = { agreements = "month_end" }\nvalue.column = "agreements.support_level"\nkind = "count"', [
            ("unfit-figure", "value"),
        ]),
        ('with = { agreements = "month_end" }\nvalue.column = "white_label"', [("unknown-column", "value")]),
        ('with = { agreements = "month_end" }\nvalue.metric = "deals"\nkind = "count"', [("unfit-figure", "value")]),
        ('with = { agreements = "month_end" }\nvalue = 5', [("unfit-figure", "value")]),
        ('with = { agreements = "effective_on" }\nvalue.column = "agreements.white_label"', [
            ("wrong-value", "with.agreements"),
        ]),
        ('with = { mrr = "month_end" }\nvalue.column = "mrr.mrr"\nkind = "amount"', [("unfit-export", "with.mrr")]),
        ('with = { agreements = "month_end" }', [("missing-key", "value")]),
        ('value.column = "agreements.white_label"', [("missing-key", "with")]),
        ('with.agreements = "month_end"\nvalue.column = "agreements.deal_rate"\nkind = "percent"\ntiers.gold = "5 %"', [
            ("unfit-key", "tiers"),
        ]),
        ("terms = 'by word of mouth'", [("missing-key", "tiers")]),
        ('kind = "count"\ntiers.gold = { by = "deals", steps = [{ value = 1 }, { at_least = 9, value = 2 }] }', []),
        ('kind = "count"\ntiers.gold = { by = "deals", steps = [{ at_least = 9, value = 2 }] }', [
            ("unlisted-value", "tiers.gold.steps[1]"),
        ]),
        ('kind = "count"\ntiers.gold = { by = "partner.region", values = { emea = 2 } }', [
            ("unlisted-value", "tiers.gold"),
        ]),
        ('kind = "count"\ntiers.gold = [{ requires.deals.at_least = 9, value = 2 }]', [
            ("unlisted-value", "tiers.gold[1]"),
        ]),
    ],
)  # fmt: skip
def test_benefits(benefit: str, findings: list[tuple[str, str]]) -> None:
    found = said(more=f"\n[benefits.brand]\n{benefit}\n")
    assert [(code, path.removeprefix("benefits.brand.")) for code, path in found] == findings


@pytest.mark.parametrize(
    ("action", "findings"),
    [
        ('every = "fiscal_quarter"\nin_month = "last"', []),
        ('every = "fiscal_quarter"', [("missing-key", "in_month")]),
        ('in_month = "last"', [("missing-key", "every")]),
        ('from = "certifications"\non = "expires_on"\ndays_before = 60', []),
        ('from = "certifications"\non = "expires_on"', [("missing-key", "days_before")]),
        ('from = "certifications"\ndays_before = 60', [("missing-key", "on")]),
        ('on = "expires_on"\ndays_before = 60', [("missing-key", "from")]),
        ('from = "certifications"\non = "role"\ndays_before = 60', [("column-type", "on")]),
        ('from = "user_access"\non = "user_id"\ndays_before = 60', [("unfit-export", "from"), ("column-type", "on")]),
        ('from = "certifications"\non = "expires_on"\ndays_before = 60\ndue_fiscal_months = 1', [
            ("unfit-key", "due_fiscal_months"),
        ]),
        ('every = "fiscal_quarter"\nin_month = "last"\ndays_before = 60', [("unfit-key", "days_before")]),
        ("detail = 'call'", [("missing-key", "")]),
    ],
)  # fmt: skip
def test_actions(action: str, findings: list[tuple[str, str]]) -> None:
    found = said(more=f"\n[actions.call]\n{action}\n")
    assert [(code, path.removeprefix("actions.call").removeprefix(".")) for code, path in found] == findings


@pytest.mark.parametrize("name", ["tier_ends", "approve_promotion", "notify_remediation", "decide_extension"])
def test_what_every_review_raises_by_itself_is_no_name_for_an_action(name: str) -> None:
    action = f'\n[actions.{name}]\nevery = "fiscal_quarter"\nin_month = "last"\n'
    assert said(more=action) == [("reserved-id", f"actions.{name}")]


FIXED = "fixed = [{ since = 2025-01-01, equal = { USD = 100, EUR = 90 } }]"
TWICE = FIXED.replace("]", ", { since = 2025-01-01, equal = { USD = 100, EUR = 80 } }]")


@pytest.mark.parametrize(
    ("exchange", "findings"),
    [
        ('flow = "row_date"\nlevel = "month_end"\nmax_age_days = 45', []),
        (f'flow = "fixed"\nlevel = "fixed"\n{FIXED}', []),
        (f'flow = "fixed"\nlevel = "month_average"\nmax_age_days = 45\n{FIXED}', []),
        ('flow = "row_date"\nlevel = "month_end"', [("missing-key", "max_age_days")]),
        ('flow = "row_date"\nlevel = "fixed"\nmax_age_days = 45', [("missing-key", "fixed")]),
        (f'flow = "row_date"\nlevel = "month_end"\nmax_age_days = 45\n{FIXED}', [("unfit-key", "fixed")]),
        (f'flow = "fixed"\nlevel = "fixed"\nmax_age_days = 45\n{FIXED}', [("unfit-key", "max_age_days")]),
        (f'flow = "fixed"\nlevel = "fixed"\n{FIXED}'.replace("USD", "GBP"), [("missing-key", "fixed[1].equal")]),
        (f'flow = "fixed"\nlevel = "fixed"\n{FIXED}'.replace("2025", "2026"), [("unlisted-value", "fixed")]),
        (f'flow = "fixed"\nlevel = "fixed"\n{TWICE}', [("wrong-value", "fixed[2].since")]),
    ],
)  # fmt: skip
def test_exchange(exchange: str, findings: list[tuple[str, str]]) -> None:
    found = said(policy=f"[policy.fx]\n{exchange}\n")
    assert [(code, path.removeprefix("policy.fx.")) for code, path in found] == findings
