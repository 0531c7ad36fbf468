"""Rules as a file writes them: what is one and what is not, in words, and what each reads of its partner."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from tierctl.program.held import QualificationHeld, TierHeld
from tierctl.program.load import bundled_ids, load_ref, load_text
from tierctl.program.model import Program
from tierctl.program.phrases import payout_words, requires_words, rule_words
from tierctl.program.reads import payout_items, reads_of, rule_items
from tierctl.program.rules import PayDay, Payout, Rule
from tierctl.program.values import By, Requires
from tierctl.program.words import describe

PROGRAM = Path(__file__).with_name("every_rule.toml").read_text(encoding="utf-8")
ONCE: dict[str, Any] = {"from": "mrr", "earned_on": "sold_on", "base": "mrr", "rate": "5 %"}
CAP: dict[str, Any] = {"at_most": 100, "per": "partner", "each": "fiscal_month", "cuts": "evenly"}
PAY: dict[str, Any] = {"currency": "as_earned", "pay_when": {"more_than": 0}}


@pytest.fixture(scope="module")
def program() -> Program:
    read, findings = load_text(PROGRAM, "x.toml")
    assert findings == []
    assert read is not None
    return read


# ---- what a rule is


@pytest.mark.parametrize(
    "written",
    [
        {},
        {"earned_on": "sold_on"},
        {"earned_on": "sold_on", "base": "mrr"},
        {"earned_on": "sold_on", "rate": 1},
        ONCE | {"amount": 5},
        ONCE | {"on": "sold_on"},
        ONCE | {"caps": CAP},
        ONCE | {"caps": [CAP | {"each": "month"}]},
        ONCE | {"caps": [CAP | {"cuts": "first"}]},
        ONCE | {"clawback": [{"takes_back": 1}]},
        ONCE | {"clawback": [{"where": "late"}]},
        ONCE | {"clawback": [{"where": "late", "takes_back": "refunded"}]},
    ],
)
def test_what_is_no_rule_is_refused(written: object) -> None:
    with pytest.raises(ValidationError):
        Rule.model_validate(written)


def test_the_parts_of_a_rule() -> None:
    once = Rule.model_validate(ONCE)
    assert (once.column, once.metric, once.earned_column) == ("mrr", None, "sold_on")
    quarterly = Rule.model_validate({"earned_on": "period_end", "base": {"metric": "revenue"}, "rate": 1})
    assert (quarterly.column, quarterly.metric, quarterly.earned_column) == (None, "revenue", None)
    assert Rule.model_validate({"earned_on": "month_end", "amount": 5}).earned_column is None


@pytest.mark.parametrize(
    "written",
    [
        {},
        {"roll": "none"},
        {"day": 15, "roll": "none"},
        {"months_after": 1, "roll": "none"},
        {"day": 32, "months_after": 1, "roll": "none"},
        {"day": 15, "months_after": 1, "days_after": 5, "roll": "none"},
        {"days_after": 5},
        {"days_after": 5, "roll": "next"},
    ],
)
def test_what_is_no_pay_day_is_refused(written: object) -> None:
    with pytest.raises(ValidationError):
        PayDay.model_validate(written)


@pytest.mark.parametrize("written", [{"apply": "each"}, {"apply": True}, {"as_of": 5}])
def test_what_is_no_figure_of_a_rule_is_refused(written: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        By.model_validate({"by": "mrr", "steps": [{"value": 1}], **written})


# ---- in words


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ({}, "5 % of mrr for each row of mrr, on its sold_on"),
        ({"rate": 1}, "1 × mrr for each row of mrr, on its sold_on"),
        ({"where": {"mrr": {"at_least": 5}}}, "for each row of mrr where mrr at least 5, on"),
        ({"track": "sales", "with": {"agreements": "month_end"}},
         "for each row of mrr of a partner on sales with its row of agreements by the month's last day, on"),
        ({"earned_on": "paid_in_full"}, "for each row of mrr, on the day it is paid in full"),
        ({"earned_on": "each_payment"}, "for each row of mrr, with each payment"),
        ({"earned_on": "month_end", "running": {"since": "sold_on", "through": "ends_on"}},
         "in each fiscal month that it runs at the end of; running from sold_on through ends_on"),
        ({"requires": {"deals": {"at_least": 5}}}, "on its sold_on; if deals at least 5"),
        ({"rate": [{"requires": {"deals": {"at_least": 5}}, "value": "6 %"}, {"value": "5 %"}]},
         "(6 % where deals at least 5; 5 %) of mrr for"),
        ({"rate": {"by": "tier", "as_of": "sold_on", "values": {"gold": 1}}}, "by tier on sold_on (gold: 1) of mrr"),
        ({"rate": {"by": "deals", "as_of": "window_end", "steps": [{"value": 1}], "apply": "whole"}},
         "by deals at its window's end of the whole (below: 1) of mrr"),
        ({"rate": {"by": "mrr", "steps": [{"value": 1}], "apply": "slices"}}, "by mrr slice by slice (below: 1)"),
        ({"caps": [CAP]}, "; at most 100 of each partner in each fiscal month, every row cut in the same proportion"),
        ({"caps": [CAP | {"of": "seats", "per": "row", "each": "lifetime", "cuts": "latest"}]},
         "; at most 100 seats of each row ever, the latest rows cut first"),
        ({"caps": [CAP | {"per": "customer_id"}]}, "at most 100 of each customer_id of a partner in each"),
        ({"clawback": [{"where": "late", "takes_back": "50 %"}]}, "; 50 % taken back where late"),
        ({"clawback": [{"where": "late", "takes_back": "refunded_share"}]}, "; the share refunded taken back where"),
    ],
)  # fmt: skip
def test_a_rule_is_one_sentence(written: dict[str, Any], words: str) -> None:
    assert words in rule_words(Rule.model_validate(ONCE | written))


def test_rules_without_rows_and_fixed_amounts() -> None:
    bonus = {"earned_on": "period_end", "base": {"metric": "revenue"}, "rate": "1 %", "track": "service"}
    assert (
        rule_words(Rule.model_validate(bonus)) == "1 % of revenue for each partner on service, whenever its window ends"
    )
    fixed = {"from": "visits", "earned_on": "visited_on", "amount": 20}
    assert rule_words(Rule.model_validate(fixed)) == "20 for each row of visits, on its visited_on"


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ({}, "each currency as it was earned, where the balance is more than 0"),
        ({"currency": "USD", "pay_when": {"at_least": 50}}, "in USD, where the balance is at least 50"),
        ({"pay_held_when": {"more_than": 100}}, "; where something is carried over, more than 100"),
        ({"pay_day": {"day": 15, "months_after": 2, "roll": "none"}}, "; paid on day 15 of the month, 2 months later"),
        ({"pay_day": {"days_after": 30, "roll": "forward", "holidays": "US"}},
         "; paid 30 days after the fiscal month, moved to the next working day over weekends, and US holidays"),
        ({"pay_day": {"days_after": 30, "roll": "backward"}}, ", moved to the working day before over weekends"),
        ({"requires": {"attested": "tax_form"}}, "; held unless tax_form attested"),
    ],
)  # fmt: skip
def test_a_payout_is_one_sentence(written: dict[str, Any], words: str) -> None:
    assert words in payout_words(Payout.model_validate(PAY | written))


def test_a_standing_says_its_day() -> None:
    tier = {"tier": {"at_least": "gold", "as_of": "month_end"}}
    assert requires_words(Requires.model_validate(tier)) == "tier at least gold on the month's last day"
    expert = {"qualified": {"name": "expert", "unbroken_since": "sold_on"}}
    assert requires_words(Requires.model_validate(expert)) == "expert held without a gap since sold_on"


def test_a_program_tells_what_it_pays_on_a_narrow_page(program: Program) -> None:
    lines = list(describe(program))
    assert all(len(line) <= 80 for line in lines[lines.index("Commissions") :])
    assert lines[lines.index("Credits") + 1 :][:6] == [
        "  visit",
        "    (20 where tier at least partner on visited_on; by partner.country (CH: 10;",
        "    otherwise 5)) for each row of visits of a partner on service, on its",
        "    visited_on; at most 3 of each visited_on of a partner in each fiscal month,",
        "    every row cut in the same proportion",
        "  seat",
    ]
    assert "  A partner that has left earns nothing of what comes after its last day" in lines
    assert any("what is paid at that fiscal month's average rate" in line for line in lines)
    assert any(line.endswith("; corrects names the row that one adjusts") for line in lines)


@pytest.mark.parametrize("ref", bundled_ids())
def test_bundled_programs_tell_every_rule(ref: str) -> None:
    for each in load_ref(ref, Path())[0]:
        lines = [line.split()[0] for line in describe(each) if line.strip()]
        assert [name for _, name, _ in each.rules if name not in lines] == []


# ---- what is read of the partner


def names_read(program: Program, rule: Rule) -> tuple[str, ...]:
    return reads_of(program, rule_items(program, rule)).names


@pytest.mark.parametrize(
    ("rule", "names"),
    [
        ("residual", ("partner.country",)),
        ("once", ("revenue",)),
        ("bonus", ("revenue", "level")),
        ("visit", ("partner.country",)),
        ("seat", ()),
    ],
)
def test_a_rule_reads_of_its_partner_what_is_no_column_of_its_rows(
    program: Program, rule: str, names: tuple[str, ...]
) -> None:
    (found,) = (each for _, name, each in program.rules if name == rule)
    assert names_read(program, found) == names


def test_requirements_by_which_figures_choose_are_read_too(program: Program) -> None:
    requires = {"level": {"at_least": 1}, "attested": "nda", "tier": {"at_least": "gold", "as_of": "sold_on"}}
    chosen = [{"requires": requires, "value": {"column": "term_months"}}, {"value": {"column": "partner.score"}}]
    rule = Rule.model_validate(
        ONCE | {"rate": {"by": "mrr", "values": {"a": chosen}, "otherwise": {"metric": "level"}}}
    )
    assert names_read(program, rule) == ("revenue", "level", "attested.nda", "partner.score")


def test_a_clawback_s_and_a_cap_s_figures_are_read_too(program: Program) -> None:
    rule = Rule.model_validate(
        ONCE
        | {"caps": [CAP | {"at_most": {"by": "level", "steps": [{"value": 1}]}}]}
        | {"clawback": [{"where": "sold", "takes_back": {"metric": "revenue"}}]}
    )
    assert names_read(program, rule) == ("revenue", "level")


def test_a_column_of_the_rows_comes_before_a_metric_of_its_name(program: Program) -> None:
    named = program.model_copy(update={"metrics": {"mrr": program.metrics["revenue"]}})
    figure = {"by": "mrr", "steps": [{"value": 1}]}
    assert names_read(named, Rule.model_validate(ONCE | {"rate": figure})) == ()
    assert names_read(named, Rule.model_validate(ONCE | {"caps": [CAP | {"at_most": {"metric": "mrr"}}]})) == ("mrr",)


def test_a_standing_on_a_day_of_its_own_is_not_read_on_the_review_day(program: Program) -> None:
    asked = {"tier": {"at_least": "gold", "unbroken_since": "sold_on"}, "qualified": {"name": "expert"}}
    assert reads_of(program, [Requires.model_validate(asked)]).names == ("qualified..expert",)
    assert TierHeld.model_validate(asked["tier"]).unbroken_since == "sold_on"
    assert QualificationHeld.model_validate(asked["qualified"]).as_of is None


def test_the_payout_reads_what_it_requires(program: Program) -> None:
    assert reads_of(program, payout_items(program)).names == ("tier.sales",)
    assert list(payout_items(program.model_copy(update={"payout": None}))) == []
