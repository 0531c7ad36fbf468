"""Where values, criteria and rules stand in a program file, and by which keys a person names them."""

from pathlib import Path

import pytest

from tierctl.criteria import leaves_of
from tierctl.program.keys import segments_of
from tierctl.program.load import EditionFile, bundled_ids, editions_of, load_edition, load_files
from tierctl.program.places import Place, criterion_place, find, metric_place, place_at, places, rule_place, shortest

TEXT = """\
id = "demo"
name = "Demo"
clause = "1"
currency = "USD"
enrollment = "automatic"
effective_from = 2025-01-01
gate.partner.good_standing = true
gate.revenue.at_least = 1
[policy]
rounding = "half_even"
takes_effect = "month_end"
terminated_partners = "keep_earning"

[metrics.revenue]
from = "mrr"
where.order_type = ["new_logo", "renewal"]
where.product_family.not = "microsoft"
sum = "mrr"
on = "sold_on"
window = "calendar_year"

[metrics.deals]
from = "mrr"
count = "line_id"
on = "sold_on"
window = { days = 90 }

[tracks.partner]
promotion = "automatic"
gate = { any = [{ deals.at_least = 3 }, { partner.country = "US" }] }

[tracks.partner.qualifications.expert]
requires.attested = ["exam", "reference"]
holds = "through_next_calendar_year"

[[tracks.partner.tiers]]
id = "member"

[[tracks.partner.tiers]]
id = "gold"
holds = "through_next_calendar_year"
requires.any = [
  { revenue = { at_least = 100, in_each_of_last = 2 } },
  { deals = { at_least = 5, less_than = 90 } },
  { all = [{ attested = "exam" }, { qualified = { name = "expert" } }, { revenue = 7 }] },
]

[commissions.residual]
from = "mrr"
earned_on = "sold_on"
base = "mrr"
rate = { by = "tier", as_of = "sold_on", values = { member = 0, gold = "10 %" } }

[payout]
currency = "as_earned"
pay_when.more_than = 0

[[examples]]
name = "nothing"
month = "2025-01"
rows.partners = [{ partner_id = "A" }]
expect.standing = [{ partner_id = "A", tier = "member" }]
"""

LATER = TEXT.replace("2025-01", "2026-01")
GOLD = "tracks.partner.tiers.gold.requires"


def demo(text: str = TEXT) -> EditionFile:
    file, findings = load_edition(text, "demo.toml")
    assert file is not None, [str(finding) for finding in findings]
    return file


def found(key: str, text: str = TEXT) -> list[tuple[str, int, object]]:
    return [(place.key, place.line, place.value) for place in find(demo(text).document, key)]


def test_every_value_stands_once_in_the_order_of_the_file_and_examples_are_none() -> None:
    all_ = places(demo().document)
    assert len({place.key for place in all_}) == len(all_)
    assert [place.line for place in all_] == sorted(place.line for place in all_)
    assert not [place for place in all_ if place.key.startswith("examples")]
    assert {place.program for place in all_} == {"demo"}


def test_tables_are_taken_apart_and_a_list_of_values_is_one_with_items() -> None:
    stated = {place.key: (place.path, place.line, place.value) for place in places(demo().document)}
    base = ("tracks", "partner", "tiers", 1, "requires", "any")
    assert stated[f"{GOLD}.any.2.deals.less_than"] == (
        (*base, 1, "deals", "less_than"),
        44,
        90,
    )
    path = ("commissions", "residual", "rate", "values", "gold")
    assert stated["commissions.residual.rate.values.gold"] == (path, 52, "10 %")
    listed = ("metrics", "revenue", "where", "order_type")
    assert stated["metrics.revenue.where.order_type"] == (listed, 16, ["new_logo", "renewal"])
    assert stated["metrics.revenue.where.order_type.2"] == ((*listed, 1), 16, "renewal")
    assert "tracks.partner.tiers" not in stated
    assert "commissions.residual.rate" not in stated


@pytest.mark.parametrize(
    ("key", "full", "line", "value"),
    [
        # what ends with the last segment comes before what lies below it
        ("residual.earned_on", "commissions.residual.earned_on", 50, "sold_on"),
        ("gold.deals.at_least", "tracks.partner.tiers.gold.requires.any.2.deals.at_least", 44, 5),
        ("revenue.order_type", "metrics.revenue.where.order_type", 16, ["new_logo", "renewal"]),
        ("order_type.1", "metrics.revenue.where.order_type.1", 16, "new_logo"),
        # the only one below
        ("residual.gold", "commissions.residual.rate.values.gold", 52, "10 %"),
        ("pay_when", "payout.pay_when.more_than", 56, 0),
        ("deals.window", "metrics.deals.window.days", 26, 90),
        # a list before its items
        ("where.order_type", "metrics.revenue.where.order_type", 16, ["new_logo", "renewal"]),
        # the program's id may stand first, and a full path means its own value
        ("demo.gate.good_standing", "gate.partner.good_standing", 7, True),
        ("name", "name", 2, "Demo"),
        ("demo.name", "name", 2, "Demo"),
        # numbers may stand in brackets, as findings write them
        ("gold.any[3].all[3].revenue", "tracks.partner.tiers.gold.requires.any.3.all.3.revenue", 45, 7),
    ],
)
def test_a_key_means_the_value_whose_path_has_its_segments_in_their_order(
    key: str, full: str, line: int, value: object
) -> None:
    assert found(key) == [(full, line, value)]


@pytest.mark.parametrize("key", ["gold.silver", "at_least.gold", "examples.1.month", "", "gold.any.4"])
def test_a_key_whose_segments_stand_nowhere_in_their_order_means_nothing(key: str) -> None:
    assert found(key) == []


def test_a_key_that_means_several_values_gives_them_all() -> None:
    assert found("gold.revenue") == [
        ("tracks.partner.tiers.gold.requires.any.3.all.3.revenue", 45, 7),
    ]
    assert [place for place, _, _ in found("any.at_least")] == [
        "tracks.partner.gate.any.1.deals.at_least",
        "tracks.partner.tiers.gold.requires.any.1.revenue.at_least",
        "tracks.partner.tiers.gold.requires.any.2.deals.at_least",
    ]
    assert [place for place, _, _ in found("revenue.at_least")] == [
        "gate.revenue.at_least",
        "tracks.partner.tiers.gold.requires.any.1.revenue.at_least",
    ]
    assert [place for place, _, _ in found("window")] == ["metrics.revenue.window"]
    assert [place for place, _, _ in found("gold.any.1.revenue")] == [
        "tracks.partner.tiers.gold.requires.any.1.revenue.at_least",
        "tracks.partner.tiers.gold.requires.any.1.revenue.in_each_of_last",
    ]


def test_segments_in_quotes_may_have_dots() -> None:
    values = 'values = { "Calling. Teams" = 0, gold = "10 %" }, otherwise = 0'
    by_tier = 'by = "tier", as_of = "sold_on", values = { member = 0, gold = "10 %" }'
    text = TEXT.replace(by_tier, f'by = "product_family", {values}')
    assert found('residual."Calling. Teams"', text) == [('commissions.residual.rate.values."Calling. Teams"', 52, 0)]
    assert segments_of('a."b.c"[2].d') == ("a", "b.c", "2", "d")


@pytest.mark.parametrize(
    ("full", "short"),
    [
        ("commissions.residual.rate.values.gold", "gold"),  # nothing else ends with it
        ("payout.pay_when.more_than", "pay_when"),
        ("gate.partner.good_standing", "good_standing"),
        ("gate.revenue.at_least", "gate.revenue"),
        ("tracks.partner.tiers.gold.requires.any.2.deals.less_than", "deals.less_than"),  # no word of bounds alone
        ("name", "name"),
    ],
)
def test_the_shortest_key_means_that_value_alone(full: str, short: str) -> None:
    all_ = places(demo().document)
    (place,) = (place for place in all_ if place.key == full)
    told = shortest(place, all_)
    assert find(all_, told) == (place,)
    assert told == short


@pytest.fixture(scope="module")
def bundled() -> tuple[EditionFile, ...]:
    files, findings = load_files(bundled_ids(), Path())
    assert findings == []
    return files


def test_shortest_keys_of_all_bundled_programs_together_mean_what_they_are_of(bundled: tuple[EditionFile, ...]) -> None:
    all_ = tuple(place for file in bundled for place in places(file.document))
    asked = [place for place in all_ if isinstance(place.value, bool) or not isinstance(place.value, str | list)]
    assert len(asked) > 80
    assert [find(all_, shortest(place, all_)) for place in asked[::7]] == [(place,) for place in asked[::7]]
    assert [shortest(place, all_) for place in all_ if place.key == "name"] == [f"{id_}.name" for id_ in bundled_ids()]


def test_two_editions_of_a_program_have_one_value_under_one_key() -> None:
    later = demo(LATER.replace("at_least = 5", "at_least = 6"))
    both = (*places(demo().document), *places(later.document))
    assert [place.value for place in find(both, "gold.deals.at_least")] == [5, 6]
    (first, _) = find(both, "gold.deals.at_least")
    assert find(both, shortest(first, both)) == find(both, "gold.deals.at_least")


# ---- criteria, rules, metrics


@pytest.mark.parametrize(
    ("tier", "criterion", "line", "key"),
    [
        ("gold", "any.1.revenue", 43, f"{GOLD}.any.1.revenue.at_least"),
        ("gold", "any.2.deals.at_least", 44, f"{GOLD}.any.2.deals.at_least"),
        ("gold", "any.2.deals.less_than", 44, f"{GOLD}.any.2.deals.less_than"),
        ("gold", "any.3.all.1.attested.exam", 45, f"{GOLD}.any.3.all.1.attested"),
        ("gold", "any.3.all.2.qualified", 45, f"{GOLD}.any.3.all.2.qualified.name"),
        ("gold", "any.3.all.3.revenue", 45, f"{GOLD}.any.3.all.3.revenue"),
        ("expert", "attested.reference", 33, "tracks.partner.qualifications.expert.requires.attested.2"),
        (None, "partner.good_standing", 7, "gate.partner.good_standing"),
        (None, "revenue", 8, "gate.revenue.at_least"),
        (None, "any.1.deals", 30, "tracks.partner.gate.any.1.deals.at_least"),
        (None, "any.2.partner.country", 30, "tracks.partner.gate.any.2.partner.country"),
    ],
)
def test_a_criterion_is_found_by_the_name_that_evidence_gives_it(
    tier: str | None, criterion: str, line: int, key: str
) -> None:
    place = criterion_place(demo(), "partner", tier, criterion)
    assert place is not None
    assert (place.line, place.key) == (line, key)


@pytest.mark.parametrize(
    ("track", "tier", "criterion"),
    [
        ("partner", "gold", "deals"),
        ("partner", "gold", "any.4.deals"),
        ("partner", "gold", "any.3.all.1.attested.other"),
        ("partner", "member", "deals"),
        ("partner", "silver", "deals"),
        ("service", "gold", "deals"),
        ("partner", None, "deals"),
    ],
)
def test_a_criterion_that_the_file_does_not_have_has_no_place(track: str, tier: str | None, criterion: str) -> None:
    assert criterion_place(demo(), track, tier, criterion) is None


def test_rules_and_metrics_begin_at_their_tables() -> None:
    file = demo()
    rule, metric = rule_place(file, "commissions", "residual"), metric_place(file, "deals")
    assert rule is not None
    assert metric is not None
    assert (rule.line, rule.key, metric.line, metric.key) == (48, "commissions.residual", 22, "metrics.deals")
    assert (rule_place(file, "credits", "residual"), metric_place(file, "nothing")) == (None, None)


def test_a_name_of_two_parts_is_found_however_it_is_written() -> None:
    file = demo(TEXT.replace("gate.partner.good_standing = true", '"gate".partner = { good_standing = true }'))
    place = criterion_place(file, "partner", None, "partner.good_standing")
    assert place is not None
    assert (place.line, place.value) == (7, True)
    assert place_at(file.document, ("gate", "partner.good_standing")) == place


def _criteria(file: EditionFile) -> list[tuple[str, str | None, str, Place | None]]:
    none: str | None = None
    asked = [(name, none, track.gate) for name, track in file.program.tracks.items()]
    asked += [(name, None, file.program.gate) for name in file.program.tracks]
    asked += [(name, tier.id, tier.requires) for name, track in file.program.tracks.items() for tier in track.tiers]
    asked += [
        (name, key, each.requires)
        for name, track in file.program.tracks.items()
        for key, each in track.qualifications.items()
    ]
    leaves = [(track, tier, leaf.path) for track, tier, requires in asked if requires for leaf in leaves_of(requires)]
    return [(*asked_, criterion_place(file, *asked_)) for asked_ in leaves]


@pytest.mark.parametrize("id_", [id_ for id_ in bundled_ids() if id_ != "engagement"])
def test_every_criterion_of_a_bundled_program_has_a_line_of_its_own_file(id_: str) -> None:
    (file,), _ = load_files([id_], Path())
    criteria = _criteria(file)
    assert criteria
    assert [asked for *asked, place in criteria if place is None] == []


# ---- loading


def test_files_are_the_editions_in_order_with_what_they_are_read_from(tmp_path: Path) -> None:
    for name, text in {"b.toml": LATER, "a.toml": TEXT.replace('"demo"', '"zero"'), "c.toml": TEXT}.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    files, findings = load_files(["b.toml", "a.toml", "c.toml"], tmp_path)
    assert findings == []
    assert [(file.source, file.program.id, str(file.program.effective_from)) for file in files] == [
        ("c.toml", "demo", "2025-01-01"),
        ("b.toml", "demo", "2026-01-01"),
        ("a.toml", "zero", "2025-01-01"),
    ]
    assert [editions.id for editions in editions_of(file.program for file in reversed(files))] == ["demo", "zero"]


def test_a_file_with_a_fault_is_none() -> None:
    file, findings = load_edition(TEXT.replace("half_even", "half_evn"), "demo.toml")
    assert file is None
    assert [finding.code for finding in findings] == ["program-wrong-value"]
