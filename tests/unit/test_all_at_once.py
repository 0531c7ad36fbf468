"""Every fault at once: a file with many mistakes shows each of them and nothing else, and one with one mistake one."""

from itertools import combinations
from pathlib import Path

import pytest

from tierctl.findings import Finding
from tierctl.located import line_of
from tierctl.program.load import load_text
from tierctl.workspace import FILE, load

PROGRAM = """id = "demo"
name = "Demo"
clause = "1"
currency = "USD"
enrollment = "automatic"
effective_from = 2025-01-01

[policy]
rounding = "half_even"
takes_effect = "month_end"

[conditions.won]
stage = "won"

[metrics.deals]
from = "opportunities"
where = "won"
count = "opportunity_id"
on = "submitted_on"
window = "calendar_year"

[metrics.revenue]
from = "mrr"
where.order_type = "new_logo"
sum = "mrr"
on = "sold_on"
window = "calendar_year"

[metrics.seats]
from = "mrr"
sum = "mrr"
running = { since = "invoiced_on", before = "cancelled_on" }

[tracks.partner]
promotion = "automatic"
each_tier_requires = "its_own"
shows = ["seats"]

[[tracks.partner.tiers]]
id = "member"

[[tracks.partner.tiers]]
id = "silver"
requires.deals.at_least = 5
holds = "through_calendar_year"

[[tracks.partner.tiers]]
id = "gold"
requires.deals.at_least = 9
requires.revenue.at_least = 100
holds = "through_calendar_year"

[benefits.portal]
tiers = ["silver", "gold"]

[benefits.discount]
kind = "percent"
tiers = { silver = "5 %", gold = "10 %" }

[actions.call]
every = "fiscal_quarter"
in_month = "last"
tiers = ["gold"]
shows = ["revenue"]
"""


def wrong_program(*changes: tuple[str, str]) -> list[Finding]:
    """What is said of the program after these changes, each of a text that stands in it."""
    text = PROGRAM
    for right, wrong in changes:
        assert right in text
        text = text.replace(right, wrong, 1)
    return load_text(text, "x.toml")[1]


def test_the_program_without_mistake_has_no_finding() -> None:
    assert wrong_program() == []


def test_a_program_shows_every_mistake_in_the_files_order_and_nothing_else() -> None:
    findings = wrong_program(
        ("currency =", "curency ="),
        ('"half_even"', '"halfeven"'),
        ('stage = "won"', 'stage = "wonn"'),
        ('count = "opportunity_id"', 'count = "oportunity_id"'),
        ('window = "calendar_year"\n\n[metrics.revenue]', 'window = "calender_year"\n\n[metrics.revenue]'),
        ('order_type = "new_logo"', 'order_type = "new_log"'),
        ('sum = "mrr"\non', 'summ = "mrrr"\non'),
        ('promotion = "automatic"', 'promotion = "automtic"'),
        ('id = "silver"', 'id = "Silver"'),
        ("requires.deals.at_least = 5", "requires.deals.at_leest = 5"),
        ('id = "gold"', 'id = "member"'),
        ("requires.deals.at_least = 9", "requires.deal.at_least = 9"),
        ("revenue.at_least = 100", 'revenue.at_least = "100"'),
        ('tiers = ["silver", "gold"]', 'tiers = ["silver", "member", "platinum"]'),
        ('silver = "5 %", gold = "10 %"', "silver = 0.5, member = '10 %'"),
        ('"fiscal_quarter"', '"fiscal_quartre"'),
        ('tiers = ["gold"]', 'tiers = ["member"]'),
        ('shows = ["revenue"]', 'shows = ["revenues"]'),
    )
    assert [(finding.code.removeprefix("program-"), finding.subject) for finding in findings] == [
        ("unknown-key", "4:curency"),
        ("wrong-value", "9:policy.rounding"),
        ("unknown-value", "13:conditions.won.stage"),
        ("unknown-column", "18:metrics.deals.count"),
        ("wrong-value", "20:metrics.deals.window"),
        ("unknown-value", "24:metrics.revenue.where.order_type"),
        ("unknown-key", "25:metrics.revenue.summ"),
        ("unknown-column", "25:metrics.revenue.summ"),
        ("wrong-value", "35:tracks.partner.promotion"),
        ("wrong-value", "43:tracks.partner.tiers[2].id"),
        ("unknown-key", "44:tracks.partner.tiers[2].requires.deals.at_leest"),
        ("wrong-value", "48:tracks.partner.tiers[3].id"),
        ("unknown-metric", "49:tracks.partner.tiers[3].requires.deal"),
        ("wrong-value", "50:tracks.partner.tiers[3].requires.revenue.at_least"),
        ("unknown-tier", "54:benefits.portal.tiers[3]"),
        ("unfit-figure", "58:benefits.discount.tiers.silver"),
        ("wrong-value", "61:actions.call.every"),
        ("unknown-metric", "64:actions.call.shows[1]"),
    ]
    assert [finding.hint.removeprefix("did you mean ") for finding in findings] == [
        "currency?",
        "half_even?",
        "won?",
        "opportunity_id?",
        "calendar_year?",
        "new_logo?",
        "sum?",
        "mrr?",
        "automatic?",
        "",
        "at_least?",
        "give each tier an id of its own",
        "deals?",
        "",
        "",
        '"50 %" or "0.5 %"?',
        "fiscal_quarter?",
        "revenue?",
    ]


MISTAKES = [
    ('id = "demo"', "", "id"),
    ('id = "demo"', 'id = "Demo"', "1:id"),
    ("currency =", "curency =", "4:curency"),
    ('currency = "USD"', 'currency = "dollar"', "4:currency"),
    ("2025-01-01", '"2025-01-01"', "6:effective_from"),
    ("2025-01-01", "2025-01-01T00:00:00", "6:effective_from"),
    ("[policy]", "[polcy]", "8:polcy"),
    ('takes_effect = "month_end"\n', "", "8:policy.takes_effect"),
    ('rounding = "half_even"', 'rounding = "up"', "9:policy.rounding"),
    ("[conditions.won]", "[condition.won]", "12:condition"),
    ("[conditions.won]", "[conditions.Won]", "12:conditions.Won"),
    ('stage = "won"', 'stage = { equals = "won" }', "13:conditions.won.stage.equals"),
    ("[metrics.deals]", "[metric.deals]", "15:metric"),
    ("[metrics.deals]", "[metrics.Deals]", "15:metrics.Deals"),
    ('from = "opportunities"', 'form = "opportunities"', "16:metrics.deals.form"),
    ('from = "opportunities"\n', "", "15:metrics.deals.from"),
    ('from = "opportunities"', "from = 5", "16:metrics.deals.from"),
    ('where = "won"', 'where = "one"', "17:metrics.deals.where"),
    ('where = "won"', "where = 5", "17:metrics.deals.where"),
    ('count = "opportunity_id"\n', "", "15:metrics.deals"),
    ('count = "opportunity_id"', 'number = "opportunity_id"', "18:metrics.deals.number"),
    ('count = "opportunity_id"', "count = []", "18:metrics.deals.count"),
    ('window = "calendar_year"', 'window = "year"', "20:metrics.deals.window"),
    ('window = "calendar_year"', "", "15:metrics.deals"),
    ('since = "invoiced_on"', 'sinse = "invoiced_on"', "32:metrics.seats.running.sinse"),
    ('promotion = "automatic"\n', "", "34:tracks.partner.promotion"),
    ('each_tier_requires = "its_own"\n', "", "34:tracks.partner.each_tier_requires"),
    ('each_tier_requires = "its_own"', "each_tier_requires = 1", "36:tracks.partner.each_tier_requires"),
    ('id = "member"', 'id = "member"\nholds = { days = 5 }', "41:tracks.partner.tiers[1].holds"),
    ('id = "member"', 'id = "member"\nrequires.deals = 1', "39:tracks.partner.tiers[1]"),
    ('id = "member"', "id = 1", "40:tracks.partner.tiers[1].id"),
    ('id = "silver"\n', "", "42:tracks.partner.tiers[2].id"),
    ('id = "silver"', 'id = "Silver"', "43:tracks.partner.tiers[2].id"),
    ("deals.at_least = 5", "deals.at_least = '5'", "44:tracks.partner.tiers[2].requires.deals.at_least"),
    ("requires.deals.at_least = 5", "require.deals.at_least = 5", "44:tracks.partner.tiers[2].require"),
    ("requires.deals.at_least = 5", "requires = 5", "44:tracks.partner.tiers[2].requires"),
    ("requires.deals.at_least = 5", "requires = {}", "44:tracks.partner.tiers[2].requires"),
    ("requires.deals.at_least = 5\n", "", "44:tracks.partner.tiers[2].holds"),
    ('holds = "through_calendar_year"\n', "", "42:tracks.partner.tiers[2]"),
    ('holds = "through_calendar_year"', 'holds = "a year"', "45:tracks.partner.tiers[2].holds"),
    ('holds = "through_calendar_year"', "hold = { days = 90 }", "45:tracks.partner.tiers[2].hold"),
    ("requires.revenue.at_least", "requires.revenue.least", "50:tracks.partner.tiers[3].requires.revenue.least"),
    ('tiers = ["silver", "gold"]', 'tiers = "gold"', "54:benefits.portal.tiers"),
    ('tiers = ["silver", "gold"]', 'tiers = ["silver", "gold", 3]', "54:benefits.portal.tiers[3]"),
    ('tiers = ["silver", "gold"]\n', "", "53:benefits.portal.tiers"),
    ('kind = "percent"', 'kind = "share"', "57:benefits.discount.kind"),
    ('kind = "percent"\n', "", "56:benefits.discount"),
    ('silver = "5 %"', 'silver = "5"', "58:benefits.discount.tiers.silver"),
    ('in_month = "last"', "in_month = 3", "62:actions.call.in_month"),
    ("[actions.call]", "[[actions.call]]", "60:actions.call"),
]  # fmt: skip


@pytest.mark.parametrize(("right", "wrong", "subject"), MISTAKES)
def test_one_mistake_in_a_program_is_one_finding(right: str, wrong: str, subject: str) -> None:
    assert [finding.subject for finding in wrong_program((right, wrong))] == [subject]


def test_two_mistakes_in_a_program_never_cause_a_third_finding() -> None:
    for (right, wrong, _), (other, *others) in combinations(MISTAKES, 2):
        text = PROGRAM.replace(right, wrong, 1)
        findings = load_text(text.replace(other, others[0], 1), "x.toml")[1]
        assert 1 <= len(findings) <= 2, (wrong, others, findings)


# ---- tierctl.toml

WORKSPACE = """programs = ["elevate"]
reports = "reports"

[calendar]
kind = "4-4-5"
year_ends = "last saturday of january"

[exports.partners]
path = "partners.csv"

[exports.mrr]
path = "mrr.csv"
on_duplicate = "once"
columns = { "Net" = "mrr", "Sold" = "sold_on" }
values.order_type = { "New" = "new_logo" }

[exports.mrr.format]
date = "%d.%m.%Y"
decimalChar = ","

[exports.opportunities]
path = "deals.csv"
"""


def wrong_workspace(root: Path, *changes: tuple[str, str]) -> list[Finding]:
    """What is said of the workspace after these changes, each of a text that stands in tierctl.toml."""
    text = WORKSPACE
    for right, wrong in changes:
        assert right in text
        text = text.replace(right, wrong, 1)
    (root / FILE).write_text(text, encoding="utf-8")
    return load(root)[1]


def test_the_workspace_without_mistake_has_no_finding(tmp_path: Path) -> None:
    assert wrong_workspace(tmp_path) == []


def test_a_workspace_shows_every_mistake_in_the_files_order_and_nothing_else(tmp_path: Path) -> None:
    findings = wrong_workspace(
        tmp_path,
        ("programs =", "program ="),
        ('"reports"', '"../reports"'),
        ('"4-4-5"', '"month"'),
        ("[exports.partners]\npath", "[exports.partners]\npaths"),
        ('"once"', '"one"'),
        ('"sold_on"', '"sold_in"'),
        ('"new_logo"', '"new_log"'),
        ('"%d.%m.%Y"', '"dd.mm.yyyy"'),
        ("decimalChar", "decimalchar"),
        ("[exports.opportunities]", "[exports.oportunities]"),
        ('path = "deals.csv"', 'path = 5\ncolumns = { "Deal" = "opportunity" }'),
    )
    assert [(finding.code.removeprefix("workspace-"), finding.subject) for finding in findings] == [
        ("unknown-key", "1:program"),
        ("outside", "2:reports"),
        ("wrong-value", "5:calendar.kind"),
        ("unknown-key", "9:exports.partners.paths"),
        ("wrong-value", "13:exports.mrr.on_duplicate"),
        ("unknown-column", "14:exports.mrr.columns.Sold"),
        ("unknown-value", "15:exports.mrr.values.order_type.New"),
        ("wrong-value", "18:exports.mrr.format.date"),
        ("unknown-key", "19:exports.mrr.format.decimalchar"),
        ("unknown-export", "21:exports.oportunities"),
        ("wrong-value", "22:exports.oportunities.path"),
        ("unknown-column", "23:exports.oportunities.columns.Deal"),
    ]
    assert [finding.hint.removeprefix("did you mean ") for finding in findings] == [
        "programs?",
        'reports = "reports"',
        "months?",
        "path?",
        "once?",
        "sold_on?",
        "new_logo?",
        'such as date = "%m/%d/%Y", or date = "excel" for the day numbers of a spreadsheet',
        "decimalChar?",
        "opportunities?",
        "",
        "opportunity_id?",
    ]
    assert [line_of(finding) for finding in findings] == sorted(line_of(finding) for finding in findings)


@pytest.mark.parametrize(
    ("right", "wrong", "subject"),
    [
        ("programs =", "program =", "1:program"),
        ('programs = ["elevate"]', "", "programs"),
        ('["elevate"]', '"elevate"', "1:programs"),
        ('["elevate"]', "[]", "1:programs"),
        ('["elevate"]', '["elevate", 5]', "1:programs[2]"),
        ('reports = "reports"', "reports = 5", "2:reports"),
        ("[calendar]", "[calender]", "4:calender"),
        ('"4-4-5"', '"4-4-6"', "5:calendar.kind"),
        ('"4-4-5"', '"weeks"', "5:calendar.kind"),
        ("year_ends =", "year_end =", "6:calendar.year_end"),
        ('"last saturday of january"', "1", "6:calendar.year_ends"),
        ('"last saturday of january"', '"in january"', "6:calendar.year_ends"),
        ("year_ends", "year_starts = 2\nyear_ends", "6:calendar.year_starts"),
        ("[exports.partners]", "[export.partners]", "8:export"),
        ("[exports.partners]", "[exports.partner]", "8:exports.partner"),
        ('path = "partners.csv"', "", "8:exports.partners.path"),
        ('path = "partners.csv"', "path = []", "9:exports.partners.path"),
        ("on_duplicate", "duplicates", "13:exports.mrr.duplicates"),
        ('"once"', '"never"', "13:exports.mrr.on_duplicate"),
        ("columns =", "column =", "14:exports.mrr.column"),
        ('"sold_on"', '"mrr"', "14:exports.mrr.columns.Sold"),
        ('"sold_on"', "5", "14:exports.mrr.columns.Sold"),
        ("values.order_type", "values.order", "15:exports.mrr.values.order"),
        ('{ "New" = "new_logo" }', '"new_logo"', "15:exports.mrr.values.order_type"),
        ("[exports.mrr.format]", "[exports.mrr.fromat]", "17:exports.mrr.fromat"),
        ('decimalChar = ","', 'decimalChar = ",,"', "19:exports.mrr.format.decimalChar"),
        ('decimalChar = ","', 'decimalChar = ","\ngroupChar = ","', "17:exports.mrr.format"),
    ],
)  # fmt: skip
def test_one_mistake_in_a_workspace_is_one_finding(tmp_path: Path, right: str, wrong: str, subject: str) -> None:
    assert [finding.subject for finding in wrong_workspace(tmp_path, (right, wrong))] == [subject]


def test_a_missing_key_says_how_to_write_it(tmp_path: Path) -> None:
    (finding,) = wrong_workspace(tmp_path, ('programs = ["elevate"]', ""))
    assert finding.hint == 'such as programs = ["elevate"]'


def test_every_cell_of_a_calendars_table_is_looked_at(tmp_path: Path) -> None:
    (tmp_path / "months.csv").write_text(
        "fiscal_year,period,first_day,last_day\nx,1,2025-01-01,2025-01-32\n2025,2,2025-02-01,2025-02-28\n2025,y,,\n",
        encoding="utf-8",
    )
    changes = ('kind = "4-4-5"\nyear_ends = "last saturday of january"', 'kind = "table"\npath = "months.csv"')
    said = [f"{finding.subject} {finding.message}" for finding in wrong_workspace(tmp_path, changes)]
    assert said == [
        'record 1 fiscal_year should be a whole number, not "x"',
        'record 1 last_day should be a day such as 2025-01-31, not "2025-01-32"',
        'record 3 period should be a whole number, not "y"',
        'record 3 first_day should be a day such as 2025-01-31, not ""',
        'record 3 last_day should be a day such as 2025-01-31, not ""',
    ]
