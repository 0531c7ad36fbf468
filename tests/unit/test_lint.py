"""Lint: what is wrong with a program although every word of it can be read.

The smallest file for each code stands in `tests/findings/`; here are the edges of the checks, and several faults at
once.
"""

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tierctl import resources
from tierctl.findings import Finding, Severity, load_catalogue
from tierctl.program.load import load_text

HEAD = """id = "demo"
name = "Demo"
clause = "1"
currency = "USD"
enrollment = "automatic"
effective_from = 2025-01-01
policy = { rounding = "half_even", takes_effect = "month_end" }
"""
DEALS = """
[metrics.deals]
from = "opportunities"
count = "opportunity_id"
on = "submitted_on"
window = "calendar_year"
"""
AMOUNT = """
[metrics.amount]
from = "opportunities"
where = {where}
sum = "amount"
on = "submitted_on"
window = "calendar_year"
"""
TRACK = """
[tracks.partner]
promotion = "automatic"
each_tier_requires = "{ladder}"

[[tracks.partner.tiers]]
id = "member"
"""
TIER = """
[[tracks.partner.tiers]]
id = "{id}"
requires = {requires}
holds = "through_calendar_year"
"""


def program(*requirements: str, ladder: str = "its_own", metrics: str = DEALS, more: str = "") -> str:
    """A program text whose tiers above the base have these requirements."""
    tiers = [TIER.format(id=f"tier{rank}", requires=each) for rank, each in enumerate(requirements, start=1)]
    return "".join([HEAD, metrics, TRACK.format(ladder=ladder), *tiers, more])


def said(text: str) -> list[tuple[str, str]]:
    """Code and key path of each finding."""
    return [(finding.code, finding.subject.partition(":")[2]) for finding in load_text(text, "x.toml")[1]]


def of_row(where: str) -> Sequence[Finding]:
    """What is said of a condition on the rows of opportunities."""
    return load_text(program("{ amount.at_least = 5 }", metrics=AMOUNT.format(where=where)), "x.toml")[1]


@pytest.mark.parametrize(
    ("bound", "codes"),
    [
        ("{ at_least = 1 }", []),
        ("3", []),
        ("[3, 5]", []),
        ("{ at_least = 0 }", ["program-always-met"]),
        ("{ more_than = -1 }", ["program-always-met"]),
        ("{ empty = false, at_least = 2 }", []),
        ("{ empty = true }", ["program-never-met"]),
        ("-1", ["program-never-met"]),
        ("{ less_than = 0 }", ["program-never-met"]),
        ("{ at_most = 0 }", []),
        ("{ at_least = 6, at_most = 5 }", ["program-never-met"]),
        ("{ at_least = 5, at_most = 5 }", []),
        ("{ more_than = 5, less_than = 6 }", ["program-never-met"]),
        ("{ at_least = { metric = 'deals' }, at_most = 1 }", []),
        ("true", ["program-unfit-bound"]),
        ("'5'", ["program-unfit-bound"]),
        ("2025-01-01", ["program-unfit-bound"]),
        ("{ since = 2025-01-01 }", ["program-unfit-bound"]),
        ("{ at_least = { column = 'amount' } }", ["program-unfit-figure"]),
        ("{ at_least = { column = 'partner.nme' } }", ["program-unknown-column"]),
        ("{ at_least = { column = 'partner.country' } }", ["program-unfit-figure"]),
        (
            "{ at_least = { by = 'deals', steps = [{ value = { column = 'partner.joined_on' } }] } }",
            ["program-unfit-figure"],
        ),
        ("{ at_least = { metric = 'deal' } }", ["program-unknown-metric"]),
        ("{ at_least = { by = 'deal', steps = [{ value = 1 }] } }", ["program-unknown-metric"]),
        ("{ at_least = { by = 'month_end', steps = [{ value = 1 }, { since = 2026-01-01, value = 2 }] } }", []),
        (
            "{ at_least = { by = 'deals', steps = [{ at_least = 0, value = 1 }, { more_than = 5, value = 2 }] } }",
            ["program-steps"],
        ),
        (
            "{ at_least = { by = 'deals', steps = [{ at_least = 0, value = 2 }, { at_least = 0, value = 3 }] } }",
            ["program-steps"],
        ),
    ],
)
def test_bounds_on_a_count(bound: str, codes: list[str]) -> None:
    assert [code for code, _ in said(program(f"{{ deals = {bound} }}"))] == codes


@pytest.mark.parametrize(
    ("requires", "code"),
    [
        ("{ deals.at_least = 0.1234567 }", "program-wrong-value"),
        ("{ deals.at_least = 1e30 }", "program-wrong-value"),
        ("{ deals.at_least = '0.00001 %' }", "program-wrong-value"),
        ("{ attested = 5 }", "program-wrong-value"),
        ("{ tier = 'gold' }", "program-wrong-value"),
        ("{ tier = { at_least = 'tier1', on = 'month_end' } }", "program-unknown-key"),
        ("{ any = [{ attested = 'nda' }, { attested = [] }] }", "program-wrong-value"),
        ("{ any = [] }", "program-wrong-value"),
        ("{}", "program-wrong-value"),
    ],
)
def test_what_is_not_read_is_refused(requires: str, code: str) -> None:
    (found,) = load_text(program(requires), "x.toml")[1]
    assert found.code == code
    assert found.subject.startswith("24:tracks.partner.tiers[2].requires")


def test_a_sum_may_be_below_zero_and_between_whole_numbers() -> None:
    for bound in ("{ at_least = 0 }", "{ more_than = 5, less_than = 6 }", "{ at_most = -1 }"):
        assert of_row('{ stage = "won" }') == []
        assert said(program(f"{{ amount = {bound} }}", metrics=AMOUNT.format(where='{ stage = "won" }'))) == []


@pytest.mark.parametrize(
    ("lower", "higher", "codes"),
    [
        ("{ deals.at_least = 5 }", "{ deals.at_least = 8 }", []),
        ("{ deals.at_least = 5 }", "{ deals.more_than = 4, amount.at_least = 1 }", []),
        ("{ deals.at_least = 5 }", "{ deals.at_least = 4, amount.at_least = 1 }", ["program-tier-order"]),
        ("{ deals.at_least = 5 }", "{ amount.at_least = 1 }", ["program-tier-order"]),
        ("{ deals.at_least = 5, amount.at_least = 9 }", "{ deals.at_least = 6 }", ["program-tier-order"]),
        ("{ deals.at_least = 5 }", "{ deals.at_least = 5 }", ["program-unreachable-tier"]),
        (
            "{ any = [{ deals.at_least = 5 }, { amount.at_least = 1 }] }",
            "{ deals.at_least = 1, amount.at_least = 1 }",
            [],
        ),
        ("{ deals.at_least = 5 }", "{ all = [{ deals.at_least = 7 }, { amount.at_least = 1 }] }", []),
        ("{ deals.at_least = 5, partner.country = 'US' }", "{ deals.at_least = 6 }", ["program-tier-order"]),
    ],
)
def test_a_higher_tier_is_the_harder_one(lower: str, higher: str, codes: list[str]) -> None:
    text = program(lower, higher, metrics=DEALS + AMOUNT.format(where='{ stage = "won" }'))
    text += '\n[actions.call]\nevery = "fiscal_quarter"\nin_month = "last"\nshows = ["deals", "amount"]\n'
    assert [code for code, _ in said(text)] == codes


def test_all_below_too_needs_no_order_but_must_leave_a_way_up() -> None:
    assert said(program("{ deals.at_least = 50 }", "{ deals.at_least = 5 }", ladder="all_below_too")) == []
    assert said(program("{ deals.at_most = 5 }", "{ deals.at_least = 6 }", ladder="all_below_too")) == [
        ("program-unreachable-tier", "tracks.partner.tiers[3].requires.deals")
    ]


@pytest.mark.parametrize(
    ("where", "codes"),
    [
        ("{ stage = 'won' }", []),
        ("{ stage.not = 'lost' }", []),
        ("{ submitted_on.since = 2025-01-01 }", []),
        ("{ partner.country = 'US' }", []),
        ("{ partner.good_standing = 'yes' }", ["program-unfit-bound"]),
        ("{ registration_status = 'aproved' }", ["program-unknown-value"]),
        ("{ closed_on.since = 2025-01-01 }", ["program-empty-cells"]),
        ("{ closed_on = { since = 2025-01-01, empty = false } }", []),
        ("{ any = [{ closed_on.empty = true }, { closed_on.since = 2025-01-01 }] }", []),
        ("{ closed_on = { at_most = 60, days_after = 'submitted_on', empty = false } }", []),
        ("{ closed_on = { at_most = 60, days_after = 'stage', empty = false } }", ["program-unfit-bound"]),
        ("{ closed_on = { at_most = 60, empty = false } }", ["program-unfit-bound"]),
        ("{ closed_on = { after = { column = 'submited_on' }, empty = false } }", ["program-unknown-column"]),
        ("{ closed_on = { after = { column = 'submitted_on' }, empty = false } }", []),
        ("{ amount = { at_least = { metric = 'amount' }, empty = false } }", ["program-unfit-bound"]),
        ("{ amount = { at_least = 5, less_than = 5, empty = false } }", ["program-never-met"]),
        ("{ agreements.standard_rate = 1 }", ["program-unknown-column"]),
        ("'won_deals'", ["program-unknown-condition"]),
    ],
)
def test_conditions_on_rows(where: str, codes: list[str]) -> None:
    assert [finding.code for finding in of_row(where)] == codes


def test_a_column_with_a_default_is_never_empty() -> None:
    metric = (
        '\n[metrics.sold]\nfrom = "mrr"\nwhere.promotional = false\nsum = "mrr"\non = "sold_on"\nwindow = "lifetime"\n'
    )
    assert said(program("{ sold.at_least = 5 }", metrics=metric)) == []


def test_a_named_condition_is_checked_on_every_export_that_uses_it() -> None:
    metrics = (
        DEALS
        + '\n[metrics.lines]\nfrom = "mrr"\nwhere = "won"\ncount = "line_id"\non = "sold_on"\nwindow = "lifetime"\n'
    )
    text = program(
        "{ deals.at_least = 5, lines.at_least = 5 }", metrics=metrics.replace("count", 'where = "won"\ncount', 1)
    )
    (finding,) = load_text(text + '\n[conditions]\nwon = { stage = "won" }\n', "x.toml")[1]
    assert finding.code == "program-unknown-column"
    assert finding.message.startswith("stage is no column of mrr")


def test_a_shown_metric_is_used() -> None:
    text = program("{ deals.at_least = 5 }", metrics=DEALS + AMOUNT.format(where='{ stage = "won" }'))
    assert said(text) == [("program-unused", "metrics.amount")]
    assert said(text.replace('promotion = "automatic"', 'promotion = "automatic"\nshows = ["amount"]')) == []


@pytest.mark.parametrize(
    ("benefit", "codes"),
    [
        ('{ tiers = ["tier1"] }', []),
        ('{ kind = "percent", tiers = { tier1 = "5 %" } }', []),
        ('{ kind = "percent", tiers = { tier1 = 0.05 } }', ["program-unfit-figure"]),
        ('{ kind = "amount", tiers = { tier1 = "5 %" } }', ["program-unfit-figure"]),
        ('{ kind = "amount", tiers = { tier1 = 2_500.50 } }', []),
        ('{ kind = "count", tiers = { tier1 = { metric = "deals" } } }', []),
        ('{ kind = "count", tiers = { tier1 = { metric = "deal" } } }', ["program-unknown-metric"]),
        ('{ kind = "count", tiers = { tier1 = { column = "amount" } } }', ["program-unfit-figure"]),
        ('{ kind = "percent", tiers = { tier1 = [{ value = 5 }] } }', ["program-unfit-figure"]),
        ('{ kind = "percent", tiers = ["tier1"] }', ["program-wrong-value"]),
        ("{ tiers = { tier1 = 5 } }", ["program-wrong-value"]),
        ('{ tracks = ["partner"], tiers = ["tier2"] }', ["program-unknown-tier"]),
    ],
)
def test_benefits(benefit: str, codes: list[str]) -> None:
    text = program("{ deals.at_least = 5 }", more=f"\n[benefits]\nportal = {benefit}\n")
    assert [code for code, _ in said(text)] == codes


def test_every_fault_is_found_at_once_and_in_the_files_order() -> None:
    text = program(
        "{ deal.at_least = 5, partner.contry = 'US' }",
        metrics=DEALS.replace("submitted_on", "submited_on"),
        more='\n[benefits]\nportal = { tiers = ["tier9"] }\nrebate = { kind = "percent", tiers = { tier1 = 5 } }\n',
    )
    program_, findings = load_text(text, "x.toml")
    assert program_ is None
    assert [(finding.code, int(finding.subject.partition(":")[0])) for finding in findings] == [
        ("program-unknown-column", 12),
        ("program-unknown-metric", 24),
        ("program-unknown-column", 24),
        ("program-unknown-tier", 28),
        ("program-unfit-figure", 29),
    ]
    assert {finding.severity for finding in findings} == {Severity.ERROR}
    assert [finding.hint for finding in findings if finding.hint.startswith("did you mean")] == [
        "did you mean submitted_on?",
        "did you mean deals?",
        "did you mean partner.country?",
        "did you mean tier1?",
    ]


ELEVATE = (resources.bundled_programs() / "elevate.toml").read_text(encoding="utf-8").partition("# ── Examples")[0]
PLACES = [number for number, line in enumerate(ELEVATE.splitlines()) if " = " in line and not line.startswith("#")]
VALUES = """
1 | -5 | 0.5 | 1e400 | true | nan | 2025-01-01 | 12:00:00 | 'x' | '5 %' | '' | 'lifetime' | [] | {} | [1] | ['a'] | [{}]
| [{ value = 1 }] | { a = 1 } | { column = 'x' } | { metric = 'net_new_mrr' } | { at_least = 5 } | { kind = 'through' }
| { by = 'month_end', steps = [{ value = 1 }] } | { any = [{ sold_on.empty = true }] }
"""


@given(st.dictionaries(st.sampled_from(PLACES), st.sampled_from(VALUES.split("|")), min_size=1, max_size=3))
@settings(max_examples=60, deadline=None)
def test_whatever_a_key_says_the_loader_answers_with_findings(changes: dict[int, str]) -> None:
    lines = ELEVATE.splitlines()
    for number, value in changes.items():
        lines[number] = f"{lines[number].partition(' = ')[0]} = {value.strip()}"
    program_, findings = load_text("\n".join(lines), "x.toml")
    assert (program_ is None) == any(finding.severity is Severity.ERROR for finding in findings)
    assert all(finding.code in load_catalogue() and "Input should" not in finding.message for finding in findings)
