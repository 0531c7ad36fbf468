"""Programs with other values: settings, overlays, sweeps, and numbers replaced without reading a file again."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from itertools import islice, pairwise
from pathlib import Path

import pytest

from tierctl.findings import CannotRunError
from tierctl.fiscal import Calendar
from tierctl.program.edits import (
    Change,
    Overlay,
    Setting,
    Sweep,
    Variant,
    apply,
    grid,
    read_overlay,
    read_settings,
    read_sweeps,
    variants,
    with_number,
)
from tierctl.program.load import EditionFile, bundled_ids, load_edition, load_files, load_text
from tierctl.program.model import Program
from tierctl.program.number_edits import number_edits
from tierctl.program.places import places
from tierctl.program.settings import is_share, plain, share_text
from tierctl.program.values import Number

TEXT = """\
id = "demo"
name = "Demo"
clause = "1"
currency = "USD"
enrollment = "automatic"
effective_from = 2025-01-01

[policy]
rounding = "half_even"
takes_effect = "month_end"
terminated_partners = "keep_earning"

[metrics.revenue]
from = "mrr"
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
each_tier_requires = "its_own"

[[tracks.partner.tiers]]
id = "member"

[[tracks.partner.tiers]]
id = "silver"
requires.revenue.at_least = 50
holds = "through_next_calendar_year"

[[tracks.partner.tiers]]
id = "gold"
requires.revenue.at_least = 100
requires.deals.at_least = 5
holds = "through_next_calendar_year"

[commissions.residual]
from = "mrr"
where.order_type = ["new_logo", "renewal"]
earned_on = "sold_on"
base = "mrr"
rate = { by = "tier", as_of = "sold_on", values = { member = 0, silver = "5 %", gold = "10 %" } }

[commissions.spiff]
from = "mrr"
earned_on = "sold_on"
base = "mrr"
rate = 1

[payout]
currency = "as_earned"
pay_when.more_than = 0

[[examples]]
name = "nothing"
month = "2025-01"
rows.partners = [{ partner_id = "A" }]
expect.standing = [{ partner_id = "A", tier = "member" }]
"""
GOLD = "tracks.partner.tiers.gold.requires.revenue.at_least"
RATE = "commissions.residual.rate.values.gold"
ORDERS = "commissions.residual.where.order_type"
CALENDAR = Calendar.months(year_starts=1)
MAY = (CALENDAR.month("2025-05"),)
DAY_OF_ALL = (CALENDAR.month("2026-12"),)


def demo(text: str = TEXT, source: str = "demo.toml") -> EditionFile:
    file, findings = load_edition(text, source)
    assert file is not None, [str(finding) for finding in findings]
    return file


def later(text: str = TEXT) -> EditionFile:
    """The edition of 2026."""
    return demo(text.replace("2025-01", "2026-01"), "demo-2026.toml")


def settings(*texts: str) -> tuple[Setting, ...]:
    read, findings = read_settings(texts)
    assert findings == []
    return read


def sweeps(*texts: str) -> tuple[Sweep, ...]:
    read, findings = read_sweeps(texts)
    assert findings == []
    return read


def overlay(tmp_path: Path, text: str) -> Overlay:
    (tmp_path / "overlay.toml").write_text(text, encoding="utf-8")
    read, findings = read_overlay(tmp_path / "overlay.toml", "overlay.toml")
    assert read is not None, [str(finding) for finding in findings]
    return read


def changed(
    *texts: str, files: Sequence[EditionFile] = (), overlays: Sequence[Overlay] = ()
) -> list[tuple[object, ...]]:
    _, changes = apply(files or (demo(),), settings(*texts), overlays, MAY)
    return [(change.source, change.line, change.key, change.before, change.after) for change in changes]


def refused(*texts: str, files: Sequence[EditionFile] = (), overlays: Sequence[Overlay] = ()) -> list[str]:
    """What is said of edits that cannot be applied, hints left out."""
    with pytest.raises(CannotRunError) as raised:
        apply(files or (demo(),), settings(*texts), overlays, MAY)
    return [str(replace(finding, hint="")) for finding in raised.value.findings]


def without_examples(text: str) -> str:
    return text.partition("[[examples]]")[0]


def loaded(text: str) -> object:
    program, findings = load_text(without_examples(text), "demo.toml")
    assert program is not None, [str(finding) for finding in findings]
    return program


# ---- what is typed


@pytest.mark.parametrize(
    ("text", "key", "value", "told"),
    [
        ("gold.revenue=20000", "gold.revenue", 20000, "20000"),
        ("gold.revenue = 20_000.50", "gold.revenue", Decimal("20000.50"), "20000.50"),
        ("rate=60%", "rate", "60%", "60%"),
        ('rate="60 %"', "rate", "60 %", "60 %"),
        ("gold.holds=through_calendar_year", "gold.holds", "through_calendar_year", "through_calendar_year"),
        ("order_type=[\"move\", 'add']", "order_type", ["move", "add"], '["move", "add"]'),
        ("gate=true", "gate", True, "true"),
        ('values."a=b"=1', 'values."a=b"', 1, "1"),
        ("name=", "name", "", ""),
        ("name=a=b", "name", "a=b", "a=b"),
        ("name=1\nid=2", "name", "1\nid=2", "1\nid=2"),
    ],
)
def test_a_value_is_a_toml_literal_or_else_the_text_itself(text: str, key: str, value: object, told: str) -> None:
    (setting,) = settings(text)
    assert setting == Setting(key, value, f"--set {text}")
    assert setting.text == told


def test_what_is_no_key_and_value_is_told_each() -> None:
    read, findings = read_settings(["gold", "gold=1", "=1", " =1"])
    assert [setting.key for setting in read] == ["gold"]
    assert [(finding.code, finding.subject) for finding in findings] == [
        ("what-if-setting", "gold"),
        ("what-if-setting", "=1"),
        ("what-if-setting", " =1"),
    ]


@pytest.mark.parametrize(
    ("text", "values", "said"),
    [
        ("k=10:30:10", [10, 20, 30], ["10", "20", "30"]),
        ("k=10:29:10", [10, 20], ["10", "20"]),
        ("k=30:10:-10", [30, 20, 10], ["30", "20", "10"]),
        ("k=0.5:1:0.25", ["0.5", "0.75", "1"], ["0.5", "0.75", "1"]),
        ("k=1_000:1_000:5", [1000], ["1000"]),
        ("k=5%:10 %:2.5%", ["0.05", "0.075", "0.1"], ["5 %", "7.5 %", "10 %"]),
        ("k=-1:1:1", [-1, 0, 1], ["-1", "0", "1"]),
    ],
)
def test_a_sweep_goes_from_the_first_to_the_last_if_that_is_hit(
    text: str, values: list[object], said: list[str]
) -> None:
    (sweep,) = sweeps(text)
    assert list(sweep.values) == [Decimal(str(value)) for value in values]
    assert [setting.text for setting in sweep.settings] == said
    assert sweep.settings[0].cited == f"--sweep {text} at {said[0]}"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("k", "what-if-sweep"),
        ("=1:2:1", "what-if-sweep"),
        ("k=1:2", "what-if-sweep"),
        ("k=1:2:3:4", "what-if-sweep"),
        ("k=a:2:1", "what-if-sweep"),
        ("k=1:2:0", "what-if-sweep"),
        ("k=1:2:-1", "what-if-sweep"),
        ("k=2:1:1", "what-if-sweep"),
        ("k=1%:2:1", "what-if-sweep"),
        ("k=0:1:0.0000001", "what-if-sweep"),
        ("k=1:10001:1", "what-if-variants"),
    ],
)
def test_what_is_no_range_is_told(text: str, code: str) -> None:
    read, findings = read_sweeps([text])
    assert (read, [finding.code for finding in findings]) == ((), [code])


def test_several_sweeps_are_a_grid_whose_last_varies_fastest() -> None:
    combined = grid(sweeps("a=1:2:1", "b=5%:7%:1%"))
    assert [[setting.text for setting in each] for each in combined] == [
        ["1", "5 %"], ["1", "6 %"], ["1", "7 %"], ["2", "5 %"], ["2", "6 %"], ["2", "7 %"],
    ]  # fmt: skip
    assert grid(()) == ((),)


def test_a_grid_has_at_most_ten_thousand_variants() -> None:
    assert len(grid(sweeps("a=1:100:1", "b=1:100:1"))) == 10_000
    with pytest.raises(CannotRunError, match=r"these are 10,100 variants; at most 10,000"):
        grid(sweeps("a=1:101:1", "b=1:100:1"))


# ---- settings


@pytest.mark.parametrize(
    ("text", "key", "line", "before", "after"),
    [
        ("gold.revenue=200", GOLD, 38, 100, 200),
        ("demo.gold.revenue=200.50", GOLD, 38, 100, Decimal("200.50")),
        ("gold.revenue=200.0", GOLD, 38, 100, 200),
        ("residual.gold=12.5%", RATE, 47, "10 %", "12.5%"),
        ('residual.gold="12.5 %"', RATE, 47, "10 %", "12.5 %"),
        # a bare number up to one is the share that it counts as; above that, the multiple that the file reads it as
        ("residual.gold=0.125", RATE, 47, "10 %", "12.5 %"),
        ("residual.gold=1", RATE, 47, "10 %", "100 %"),
        ("residual.gold=2", RATE, 47, "10 %", 2),
        ("spiff.rate=50%", "commissions.spiff.rate", 53, 1, "50%"),
        ("gold.holds=through_calendar_year", "tracks.partner.tiers.gold.holds", 40, "through_next_calendar_year",
         "through_calendar_year"),
        ("order_type=renewal", ORDERS, 44, ["new_logo", "renewal"], "renewal"),
        ("order_type.2=move", ORDERS, 44, ["new_logo", "renewal"], ["new_logo", "move"]),
        ("gold.revenue=100", GOLD, 38, 100, 100),
    ],
)  # fmt: skip
def test_a_setting_changes_the_value_of_its_key(text: str, key: str, line: int, before: object, after: object) -> None:
    assert changed(text) == [("demo.toml", line, key, before, after)]


def test_an_edited_program_is_what_the_edited_file_would_be() -> None:
    (program,), _ = apply((demo(),), settings("gold.revenue=200", "residual.gold=0.12", "order_type.2=move"), (), MAY)
    edited = TEXT.replace("at_least = 100", "at_least = 200").replace('"10 %"', '"12 %"').replace('"renewal"', '"move"')
    assert program == loaded(edited)


def test_a_program_without_edits_is_the_one_of_its_file() -> None:
    files = (demo(), demo(TEXT.replace('id = "demo"', 'id = "other"', 1), "other.toml"))
    programs, _ = apply(files, settings("demo.gold.revenue=200"), (), MAY)
    assert programs[0] is not files[0].program
    assert programs[1] is files[1].program
    assert apply(files, (), (), MAY) == (tuple(file.program for file in files), ())


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("gold.revenu=1", "--set gold.revenu=1: error[what-if-key-unknown]: gold.revenu is no value of a program"),
        ("silver.deals=1", "--set silver.deals=1: error[what-if-key-unknown]: silver.deals is no value of a program"),
        ("revenue.at_least=1",
         ("--set revenue.at_least=1: error[what-if-key-ambiguous]: revenue.at_least means 2 values: "
         "silver.revenue = 50 (demo.toml:33), gold.revenue = 100 (demo.toml:38)")),
        ("demo.id=x",
         ("--set demo.id=x: error[what-if-key-fixed]: demo.id stays as it is: it says which program this is, which "
         "enrollments and decisions go by")),
        ("effective_from=2024-01-01",
         ("--set effective_from=2024-01-01: error[what-if-key-fixed]: effective_from stays as it is: it says which "
         "edition this is, and with it which months it is for")),
        ("gold.revenue=abc",
         ("--set gold.revenue=abc:demo.toml:38:tracks.partner.tiers[3].requires.revenue.at_least: "
         'error[program-wrong-value]: "abc" should be a number, or a share such as "2.5 %" in quotes')),
        ("gold.revenue=nan",
         ("--set gold.revenue=nan:demo.toml:38:tracks.partner.tiers[3].requires.revenue.at_least: "
         "error[program-wrong-value]: NaN should have at most six decimals and lie below 10^20, so that sums of it "
         "stay exact")),
        ("spiff.rate=0.5",
         ("--set spiff.rate=0.5:demo.toml:53:commissions.spiff.rate: error[program-unfit-figure]: 0.5 of an amount is "
         "written as a share, in quotes")),
        ("deals.days=2.5",
         ("--set deals.days=2.5:demo.toml:23:metrics.deals.window.days: error[program-wrong-value]: 2.5 should be a "
         "whole number")),
        # what an edit breaks elsewhere cites it too
        ("gold.id=best",
         ("--set gold.id=best:demo.toml:47:commissions.residual.rate.values.gold: error[program-unknown-tier]: gold is "
         "no tier of this track; there are: member, silver, best")),
    ],
)  # fmt: skip
def test_what_cannot_be_set_cites_the_setting(text: str, said: str) -> None:
    assert said in refused(text)


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("gold.revenu=1", "did you mean gold.revenue?"),
        ("sliver.revenue=1", "did you mean silver.revenue?"),
        ("silver.deals=1", "did you mean gold.deals?"),
        ("xyzzy=1", ""),
        ("deals.at_least.gold=1", "did you mean gold.deals?"),
    ],
)
def test_a_key_of_nothing_is_answered_with_what_looks_like_it(text: str, hint: str) -> None:
    with pytest.raises(CannotRunError) as raised:
        apply((demo(),), settings(text), (), MAY)
    assert [finding.hint for finding in raised.value.findings] == [hint]


def test_all_keys_at_fault_are_told_at_once() -> None:
    assert [said.partition(": ")[0] for said in refused("x1=1", "gold.revenue=2", "x2=1")] == [
        "--set x1=1",
        "--set x2=1",
    ]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("gold.revenue=1", f"{GOLD}=2"),
        ("order_type=move", "order_type.2=move"),
        ("order_type.1=move", "order_type=add"),
    ],
)
def test_a_value_is_set_once(first: str, second: str) -> None:
    (said,) = refused(first, second)
    assert said.startswith(f"--set {second}: error[what-if-key-twice]: ")
    assert said.endswith(f"is set by --set {first} already")


def test_items_of_one_list_may_be_set_each() -> None:
    ((_, _, _, _, after),) = changed("order_type.1=move", "order_type.2=add")
    assert after == ["move", "add"]


def test_of_several_settings_the_nearest_is_cited() -> None:
    said = refused("gold.revenue=200", "spiff.rate=0.5")
    assert [each.partition(":")[0] for each in said] == ["--set spiff.rate=0.5"]


# ---- editions and programs


def test_every_edition_in_force_in_one_of_the_months_is_edited() -> None:
    files = (demo(), later(TEXT.replace("at_least = 100", "at_least = 120")))
    months = [CALENDAR.month(label) for label in ("2025-12", "2026-01")]
    programs, changes = apply(files, settings("gold.revenue=200"), (), months)
    assert changes == (
        Change("demo", files[0].program.effective_from, "demo.toml", 38, GOLD, 100, 200),
        Change("demo", files[1].program.effective_from, "demo-2026.toml", 38, GOLD, 120, 200),
    )
    assert [program.effective_from.year for program in programs] == [2025, 2026]


@pytest.mark.parametrize(("label", "edited"), [("2025-12", [True, False]), ("2026-01", [False, True])])
def test_an_edition_in_force_in_none_of_the_months_stays_as_it_is(label: str, edited: list[bool]) -> None:
    files = (demo(), later())
    programs, _ = apply(files, settings("gold.revenue=200"), (), [CALENDAR.month(label)])
    assert [program is not file.program for program, file in zip(programs, files, strict=True)] == edited


def test_a_key_that_one_edition_has_is_set_in_that_one() -> None:
    files = (demo(), later(TEXT.replace("[commissions.spiff]", "[commissions.bonus]")))
    months = [CALENDAR.month(label) for label in ("2025-12", "2026-01")]
    _, changes = apply(files, settings("bonus.rate=2"), (), months)
    assert [change.source for change in changes] == ["demo-2026.toml"]
    (said,) = refused("bonus.rate=2", files=files)
    assert said == (
        "--set bonus.rate=2: error[what-if-key-unknown]: bonus.rate stands only in editions that are in force in none "
        "of the months: demo-2026.toml from 2026-01-01"
    )


def test_a_value_that_two_programs_have_needs_the_id() -> None:
    other = demo(TEXT.replace('id = "demo"', 'id = "other"', 1), "other.toml")
    (said,) = refused("gold.revenue=1", files=(demo(), other))
    assert said.endswith("demo.gold.revenue = 100 (demo.toml:38), other.gold.revenue = 100 (other.toml:38)")
    assert changed("other.gold.revenue=200", files=(demo(), other)) == [("other.toml", 38, GOLD, 100, 200)]


# ---- overlays

SUMMIT = """
requires.revenue.at_least = 500
requires.deals.at_least = 5
holds = "through_next_calendar_year"
"""
ALL = """
[commissions.residual.rate]
otherwise = 0
"""


def test_an_overlay_is_merged_by_table_and_by_id_and_replaces_all_else(tmp_path: Path) -> None:
    text = """baseline = "demo"
[tracks.partner.tiers.gold.requires]
revenue.at_least = 300
[commissions.residual]
where.order_type = ["move"]
rate.values.gold = "15 %"
"""
    assert changed(overlays=[overlay(tmp_path, text)]) == [
        ("demo.toml", 38, GOLD, 100, 300),
        ("demo.toml", 44, "commissions.residual.where.order_type", ["new_logo", "renewal"], ["move"]),
        ("demo.toml", 47, RATE, "10 %", "15 %"),
    ]


@pytest.mark.parametrize(
    ("stated", "tiers"),
    [
        ('[[tracks.partner.tiers]]\nid = "summit"' + SUMMIT, ["member", "silver", "gold", "summit"]),
        ("[tracks.partner.tiers.summit]" + SUMMIT, ["member", "silver", "gold", "summit"]),
        ("[tiers.summit]" + SUMMIT, ["member", "silver", "gold", "summit"]),
        ('[[tiers]]\nid = "silver"\n[[tiers]]\nid = "summit"' + SUMMIT, ["member", "silver", "summit", "gold"]),
        ("[tiers.silver]\n[tiers.summit]" + SUMMIT, ["member", "silver", "summit", "gold"]),
    ],
)
def test_a_new_tier_stands_behind_the_one_named_before_it(tmp_path: Path, stated: str, tiers: list[str]) -> None:
    laid = overlay(tmp_path, f'baseline = "demo"\n{stated}{ALL}')
    (program,), _ = apply((demo(),), (), [laid], MAY)
    assert [tier.id for tier in program.tracks["partner"].tiers] == tiers


def test_an_overlay_is_what_the_file_would_be(tmp_path: Path) -> None:
    laid = overlay(
        tmp_path,
        'baseline = "demo"\nremove = ["spiff", "gold.deals"]\n[tiers.gold]\nrequires.revenue = { at_least = 70 }',
    )
    (program,), changes = apply((demo(),), (), [laid], MAY)
    begin, end = TEXT.index("[commissions.spiff]"), TEXT.index("[payout]")
    edited = (TEXT[:begin] + TEXT[end:]).replace("requires.deals.at_least = 5\n", "").replace("= 100", "= 70")
    assert program == loaded(edited)
    assert [(change.line, change.key, change.after) for change in changes if change.after is None] == [
        (39, "tracks.partner.tiers.gold.requires.deals.at_least", None),
        (50, "commissions.spiff.from", None),
        (51, "commissions.spiff.earned_on", None),
        (52, "commissions.spiff.base", None),
        (53, "commissions.spiff.rate", None),
    ]


def test_settings_come_after_overlays_and_may_set_what_they_bring(tmp_path: Path) -> None:
    first = overlay(tmp_path, f'baseline = "demo"\n[tiers.summit]{SUMMIT}{ALL}')
    second = overlay(tmp_path, 'baseline = "demo"\n[tiers.summit]\nrequires.revenue.at_least = 600')
    key = "tracks.partner.tiers.summit.requires.revenue.at_least"
    said = {change[2]: change for change in changed(overlays=[first, second])}
    assert said[key] == ("demo.toml", None, key, None, 600)
    said = {change[2]: change for change in changed("summit.revenue=700", overlays=[first, second])}
    assert said[key] == ("demo.toml", None, key, None, 700)


def test_an_overlay_may_mean_one_edition(tmp_path: Path) -> None:
    files, months = (demo(), later()), [CALENDAR.month(label) for label in ("2025-12", "2026-01")]
    body = "[tiers.gold]\nrequires.revenue.at_least = 300"
    both = apply(files, (), [overlay(tmp_path, f'baseline = "demo"\n{body}')], months)[1]
    one = apply(files, (), [overlay(tmp_path, f'baseline = "demo"\neffective_from = 2026-01-01\n{body}')], months)[1]
    assert [change.source for change in both] == ["demo.toml", "demo-2026.toml"]
    assert [change.source for change in one] == ["demo-2026.toml"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('baseline = "dema"', "overlay.toml:1:baseline: error[overlay-baseline]: there is no program dema"),
        ('baseline = "demo"\neffective_from = 2024-01-01',
         ("overlay.toml:1:baseline: error[overlay-baseline]: demo has no edition of 2024-01-01; it takes effect on "
         "2025-01-01, 2026-01-01")),
        ('baseline = "demo"\neffective_from = 2026-01-01',
         ("overlay.toml:1:baseline: error[overlay-baseline]: the edition is in force in none of the months: demo takes "
         "effect on 2025-01-01, 2026-01-01")),
        ('baseline = "demo"\nremove = [\n  "spiff",\n  "spif",\n]',
         "overlay.toml:4:remove: error[what-if-key-unknown]: spif is no value of a program"),
        ('baseline = "demo"\nremove = ["rate"]',
         ("overlay.toml:2:remove: error[what-if-key-ambiguous]: rate means 2 values: residual.rate (demo.toml:47), "
         "spiff.rate (demo.toml:53)")),
        ('baseline = "demo"\nid = "x"',
         ("overlay.toml:2:id: error[what-if-key-fixed]: id stays as it is: it says which program this is, which "
         "enrollments and decisions go by")),
        ('baseline = "demo"\n[exports.visits]\nprimaryKey = "visit_id"',
         ("overlay.toml:2:exports: error[what-if-key-fixed]: exports stays as it is: it says how rows are read, and "
         "they are read once for all variants")),
        # of a value of the overlay its own line is cited; of a value of the program both
        ('baseline = "demo"\n\n[tiers.gold]\nrequires.revenue.at_leest = 5',
         ("overlay.toml:4:tracks.partner.tiers[3].requires.revenue.at_leest: error[program-unknown-key]: at_leest is "
         "not a key here; allowed: not, empty, at_least, more_than, at_most, less_than, since, after, through, before, "
         "days_after, in_each_of_last")),
        ('baseline = "demo"\n[commissions.spiff]\nrate = 0.5',
         ("overlay.toml:3:commissions.spiff.rate: error[program-unfit-figure]: 0.5 of an amount is written as a share, "
         "in quotes")),
        ('baseline = "demo"\nremove = ["spiff.base"]',
         "overlay.toml:2:demo.toml:49:commissions.spiff: error[program-wrong-value]: `base` and `rate` go together"),
        ('baseline = "demo"\n[tiers]\ngold = 5\n',
         "overlay.toml:3:tracks.partner.tiers[3]: error[program-wrong-value]: 5 should be a table"),
        ('baseline = "demo"\n[tiers.gold]\n[tracks.partner.tiers.silver]\n',
         "overlay.toml:2:tiers: error[program-unknown-track]: it cannot be told which track these tiers are of"),
    ],
)  # fmt: skip
def test_what_an_overlay_cannot_say_cites_its_line(tmp_path: Path, text: str, said: str) -> None:
    assert said in refused(files=(demo(), later()), overlays=[overlay(tmp_path, text)])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("baseline = demo", [("program-toml", "1")]),
        ("[tiers.gold]", [("program-missing-key", "baseline")]),
        ('baseline = 5\neffective_from = "x"\nremove = "spiff"',
         [("program-wrong-value", "1:baseline"), ("program-wrong-value", "2:effective_from"),
          ("program-wrong-value", "3:remove")]),
        ('baseline = "demo"\nremove = [\n1,\n"spiff"]', [("program-wrong-value", "3:remove[1]")]),
        ('baseline = "demo"\ntiers.gold.x = nan', [("program-wrong-value", "2:tiers.gold.x")]),
    ],
)  # fmt: skip
def test_a_file_that_is_no_overlay_is_told(tmp_path: Path, text: str, said: list[tuple[str, str]]) -> None:
    (tmp_path / "overlay.toml").write_text(text, encoding="utf-8")
    read, findings = read_overlay(tmp_path / "overlay.toml", "overlay.toml")
    assert read is None
    assert [(finding.code, finding.subject) for finding in findings] == said


def test_an_overlay_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    (tmp_path / "latin.toml").write_bytes(b'baseline = "d\xe9mo"')
    for name in ("none.toml", "latin.toml"):
        read, findings = read_overlay(tmp_path / name)
        assert (read, [finding.code for finding in findings]) == (None, ["program-unreadable"])


def test_a_warning_that_an_edit_brings_is_told_and_one_that_the_file_has_is_not() -> None:
    (made,) = variants((demo(),), settings("gold.revenue=40"), (), (), MAY)
    assert [str(replace(each, hint="")).partition(" trailblazer")[0] for each in made.warnings] == [
        (
            "--set gold.revenue=40:demo.toml:38:tracks.partner.tiers[3].requires.revenue: warning[program-tier-order]: "
            "a partner can meet gold without meeting silver below it, which asks more of revenue: at_least 50"
        )
    ]
    (again,) = variants((demo(TEXT.replace("= 100", "= 40")),), settings("gold.revenue=40"), (), (), MAY)
    assert again.warnings == ()


# ---- sweeps


def test_without_sweeps_there_is_one_variant() -> None:
    (made,) = variants((demo(),), settings("gold.revenue=200"), (), (), MAY)
    programs, changes = apply((demo(),), settings("gold.revenue=200"), (), MAY)
    assert made == Variant(settings("gold.revenue=200"), programs, changes)


def test_a_grid_of_variants_has_the_settings_of_each_and_its_own_values(tmp_path: Path) -> None:
    laid = overlay(tmp_path, 'baseline = "demo"\n[commissions.spiff]\nrate = 2')
    asked = sweeps("gold.revenue=60:180:40", "residual.gold=5%:15%:2.5%")
    made = variants((demo(),), settings("silver.revenue=40"), [laid], asked, MAY)
    assert [[setting.text for setting in each.settings] for each in made[:6]] == [
        ["40", "60", "5 %"], ["40", "60", "7.5 %"], ["40", "60", "10 %"], ["40", "60", "12.5 %"], ["40", "60", "15 %"],
        ["40", "100", "5 %"],
    ]  # fmt: skip
    assert len(made) == 4 * 5
    assert [(change.key, change.before, change.after) for change in made[8].changes] == [
        ("tracks.partner.tiers.silver.requires.revenue.at_least", 50, 40),
        (GOLD, 100, 100),
        (RATE, "10 %", "12.5 %"),
        ("commissions.spiff.rate", 1, 2),
    ]
    edited = TEXT.replace("rate = 1\n", "rate = 2\n").replace("at_least = 50", "at_least = 40")
    assert made[8].programs == (loaded(edited.replace('"10 %"', '"12.5 %"')),)
    assert made[19].programs == (
        loaded(edited.replace("at_least = 100", "at_least = 180").replace('"10 %"', '"15 %"')),
    )


def test_every_variant_is_the_one_that_reading_the_file_would_give() -> None:
    asked = sweeps("gold.revenue=10:130:5", "silver.revenue=20:40:10")
    for made in variants((demo(),), (), (), asked, MAY):
        gold, silver = (setting.text for setting in made.settings)
        edited = TEXT.replace("at_least = 50", f"at_least = {silver}").replace("at_least = 100", f"at_least = {gold}")
        assert made.programs == (loaded(edited),)


def test_a_sweep_changes_every_edition_in_force() -> None:
    files, months = (demo(), later()), [CALENDAR.month(label) for label in ("2025-12", "2026-01")]
    made = variants(files, (), (), sweeps("gold.revenue=110:190:20"), months)
    assert [[change.after for change in each.changes] for each in made] == [[v, v] for v in (110, 130, 150, 170, 190)]
    edited = TEXT.replace("= 100", "= 150")
    assert made[2].programs == (loaded(edited), loaded(edited.replace("2025-01", "2026-01")))


def test_what_programs_without_the_value_say_is_shared_by_all_variants() -> None:
    other = demo(TEXT.replace('id = "demo"', 'id = "other"', 1), "other.toml")
    made = variants((demo(), other), (), (), sweeps("demo.gold.revenue=110:190:20"), MAY)
    assert [each.programs[1] is other.program for each in made] == [True] * 5


@pytest.mark.parametrize(
    ("sweep", "said"),
    [
        ("spiff.rate=0:3:0.5", ["0.5 of an amount is written as a share, in quotes"]),
        ("remediation_days=10:20:2.5", ["12.5 should be a whole number", "17.5 should be a whole number"]),
        ("residual.earned_on=1:3:1", [f"{number} should be text, in double quotes" for number in (1, 2, 3)]),
    ],
)
def test_values_between_that_cannot_stand_there_are_found(sweep: str, said: list[str]) -> None:
    text = TEXT.replace("through_next_calendar_year", "while_met")
    text = text.replace("[[tracks", 'downgrade = "automatic"\nremediation_days = 10\n[[tracks', 1)
    with pytest.raises(CannotRunError) as raised:
        variants((demo(text),), (), (), sweeps(sweep), MAY)
    assert sorted(finding.message for finding in raised.value.findings) == said
    assert all(finding.source.startswith(f"--sweep {sweep} at ") for finding in raised.value.findings)


def test_a_sweep_of_what_is_set_already_is_told() -> None:
    with pytest.raises(CannotRunError, match="what-if-key-twice"):
        variants((demo(),), settings("gold.revenue=5"), (), sweeps("gold.revenue=1:2:1"), MAY)


# ---- numbers replaced in the model

NUMBERS = [
    (file.source, place.key)
    for file in load_files(bundled_ids(), Path())[0]
    for place in places(file.document)
    if (isinstance(place.value, int | Decimal) and not isinstance(place.value, bool)) or is_share(place.value)
]


@pytest.fixture(scope="module")
def bundled() -> dict[str, EditionFile]:
    return {file.source: file for file in load_files(bundled_ids(), Path())[0]}


def others(value: object) -> list[str]:
    """Values that may stand in a number's place as well, as they are typed; not every one may everywhere."""
    if is_share(value):
        share = Number.model_validate(value).value
        return [share_text(share + Decimal(step) / 100) for step in (1, -1, "2.5", -2, "-0.75")]
    number = Decimal(str(value))
    steps = ("0.5", "1.25", 1, 2, -1, 3, -2, 10)
    return [str(plain(number + Decimal(step))) for step in steps if number + Decimal(step) > 0]


def read_with(file: EditionFile, key: str, value: str) -> tuple[Program, ...] | None:
    """The program with a value set, read in full; None: the value may not stand there."""
    try:
        return apply((file,), settings(f"{file.program.id}.{key}={value}"), (), DAY_OF_ALL)[0]
    except CannotRunError:
        return None


@pytest.mark.parametrize(("source", "key"), NUMBERS)
def test_a_number_replaced_in_the_model_is_what_reading_it_gives(
    bundled: dict[str, EditionFile], source: str, key: str
) -> None:
    file = bundled[source]
    (place,) = (place for place in places(file.document) if place.key == key)
    stands = str(place.value) if is_share(place.value) else str(plain(Decimal(str(place.value))))
    possible = ((value, read_with(file, key, value)) for value in (stands, *others(place.value)))
    read = dict(islice(((value, whole) for value, whole in possible if whole), 3))
    assert len(read) >= 2, "no other value may stand there"
    for first, second in pairwise(read):
        before, after = read[first], read[second]
        edits = number_edits(before, after, number_of(second))
        assert edits is not None
        assert [edit.program for edit in edits] == [0]
        for value, whole in read.items():
            made = with_number(before[0], edits[0].steps, number_of(value))
            assert made == whole[0]
            assert made.model_dump_json() == whole[0].model_dump_json()
            assert (made.requirements, made.reads) == (whole[0].requirements, whole[0].reads)


def number_of(text: str) -> Decimal:
    return Number.model_validate(text).value if is_share(text) else Decimal(text)


def test_all_kinds_of_numbers_are_among_those_replaced() -> None:
    words = {key.rpartition(".")[2] for _, key in NUMBERS}
    assert {"at_least", "more_than", "rate", "remediation_days", "more_than_days", "days", "if_none", "value"} <= words
    assert {"in_each_of_last", "max_age_days", "at_most", "day", "months_after", "takes_back", "elite"} <= words
    assert len({source for source, _ in NUMBERS}) == len(bundled_ids())


def test_what_a_track_worked_out_before_does_not_stay_in_a_copy() -> None:
    (program,), _ = apply((demo(),), (), (), MAY)
    assert program.requirements
    assert program.tracks["partner"].ladders[None] is program.tracks["partner"]
    (changed_,), _ = apply((demo(),), settings("gold.revenue=200"), (), MAY)
    (edit,) = number_edits((loaded_program(TEXT),), (changed_,), Decimal(200)) or ()
    made = with_number(program, edit.steps, Decimal(300))
    gold = made.tracks["partner"].ladders[None].tiers[2].requires
    assert gold is not None
    assert gold.tests["revenue"].at_least == Number(value=Decimal(300))
    assert gold in made.requirements
    assert program.requirements[-1].tests["revenue"].at_least == Number(value=Decimal(100))


def loaded_program(text: str) -> Program:
    program = loaded(text)
    assert isinstance(program, Program)
    return program


def test_programs_that_differ_in_more_than_a_number_are_read_in_full() -> None:
    before, after = loaded_program(TEXT), loaded_program(TEXT.replace("= 100", "= 200").replace('"10 %"', '"11 %"'))
    assert number_edits((before,), (after,), Decimal(200)) is None
    assert number_edits((before,), (before,), Decimal(200)) == ()
    one = loaded_program(TEXT.replace("= 100", "= 200"))
    assert number_edits((before,), (one,), Decimal(300)) is None
    text = loaded_program(TEXT.replace('"move"', '"add"').replace('["new_logo", "renewal"]', '"renewal"'))
    assert number_edits((before,), (text,), Decimal(200)) is None
