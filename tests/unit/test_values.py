"""The small vocabulary of program files: what a person may write, and the one form it is kept in."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from tierctl.program.held import QualificationHeld, TierHeld
from tierctl.program.model import attested_in
from tierctl.program.values import (
    Bound,
    Figure,
    Holds,
    Number,
    OfColumn,
    Requires,
    TrailingDays,
    TrailingMonths,
    Where,
    Window,
)

FIGURE: TypeAdapter[Any] = TypeAdapter(Figure)
WINDOW: TypeAdapter[Any] = TypeAdapter(Window)


@pytest.mark.parametrize(
    ("written", "value", "is_share"),
    [
        (5, "5", False),
        (Decimal("2.50"), "2.50", False),
        ("2.5 %", "0.025", True),
        ("100%", "1", True),
        ("-5 %", "-0.05", True),
    ],
)
def test_a_number_is_plain_or_a_share(written: object, value: str, is_share: bool) -> None:
    assert Number.model_validate(written) == Number(value=Decimal(value), is_share=is_share)


@pytest.mark.parametrize("written", ["5", "2,5 %", "2.5 % of it", "", True, date(2025, 1, 1), {"value": 5}])
def test_what_is_no_figure_is_refused(written: object) -> None:
    with pytest.raises(ValidationError):
        FIGURE.validate_python(written)


def test_numbers_are_shown_as_a_person_writes_them() -> None:
    shown = [str(Number.model_validate(written)) for written in (25_000, Decimal("24999.50"), "50 %", "2.5 %", "100 %")]
    assert shown == ["25,000", "24,999.50", "50 %", "2.5 %", "100 %"]


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("new_logo", ("equal",)),
        (["open", "won"], ("equal",)),
        ({"column": "sold_on"}, ("equal",)),
        ({"not": "microsoft"}, ("not",)),
        ({"empty": False, "at_least": 3}, ("empty", "at_least")),
        ({"less_than": 5, "at_least": 3}, ("at_least", "less_than")),
        ({"since": date(2025, 1, 1), "through": {"column": "closed_on"}}, ("since", "through")),
        ({"at_most": 60, "days_after": "sold_on"}, ("at_most",)),
        ({"at_least": "65 %", "in_each_of_last": 2}, ("at_least",)),
    ],
)
def test_a_bound_knows_its_words(written: object, words: tuple[str, ...]) -> None:
    assert Bound.model_validate(written).words == words


def test_a_bound_keeps_values_exact_and_of_their_type() -> None:
    bound = Bound.model_validate([1, Decimal("0.10"), True, "1", date(2025, 1, 1)])
    assert bound.equal == (Decimal(1), Decimal("0.10"), True, "1", date(2025, 1, 1))
    assert [type(value) for value in bound.equal] == [Decimal, Decimal, bool, str, date]


@pytest.mark.parametrize(
    "written",
    [
        {},
        [],
        {"not": []},
        {"at_leest": 3},
        {"equal": "x"},
        {"empty": 1},
        {"since": "2025-01-01"},
        {"since": 20250101},
        {"days_after": "sold_on"},
        {"in_each_of_last": 2},
        {"at_least": 5, "in_each_of_last": 0},
        {"at_least": 5, "in_each_of_last": Decimal("1.5")},
        {"at_least": 5, "days_after": "sold_on", "in_each_of_last": 2},
        {"at_least": {"colum": "x"}},
    ],
)
def test_a_bound_that_says_nothing_or_nonsense_is_refused(written: object) -> None:
    with pytest.raises(ValidationError):
        Bound.model_validate(written)


def test_a_condition_sets_tests_apart_from_groups() -> None:
    where = Where.model_validate(
        {
            "order_type": "new_logo",
            "partner": {"country": "US"},
            "agreements": {"white_label": True},
            "mrr": {"at_least": 5},
            "any": [{"quoted_on": {"empty": True}}, {"quoted_on": {"since": date(2025, 1, 1)}}],
        }
    )
    assert list(where.tests) == ["order_type", "partner.country", "agreements.white_label", "mrr"]
    assert [list(part.tests) for part in where.any] == [["quoted_on"], ["quoted_on"]]
    assert where.all == ()


def test_requirements_nest_only_the_partner() -> None:
    requires = Requires.model_validate({"partner": {"good_standing": True}, "revenue": {"at_least": 5}})
    assert list(requires.tests) == ["partner.good_standing", "revenue"]
    with pytest.raises(ValidationError):
        Requires.model_validate({"mrr": {"sold_on": True}})


def test_requirements_ask_for_attestations_tiers_and_qualifications_in_groups_too() -> None:
    requires = Requires.model_validate(
        {
            "attested": "nda",
            "revenue": {"at_least": 5},
            "any": [
                {"tier": {"at_least": "gold", "track": "sales"}},
                {"qualified": {"name": "expert"}, "partner": {"country": "US"}},
                {"all": [{"attested": ["plan", "audit"]}]},
            ],
        }
    )
    assert requires.attested == ("nda",)
    assert list(requires.tests) == ["revenue"]
    assert requires.any[0].tier == TierHeld(at_least="gold", track="sales")
    assert requires.any[1].qualified == QualificationHeld(name="expert")
    assert list(requires.any[1].tests) == ["partner.country"]
    assert requires.any[2].all[0].attested == ("plan", "audit")
    assert attested_in(requires) == ("nda", "plan", "audit")


@pytest.mark.parametrize(
    "written",
    [
        {"attested": []},
        {"attested": [5]},
        {"tier": "gold"},
        {"tier": {"track": "sales"}},
        {"tier": {"at_least": "gold", "at_most": "gold"}},
        {"qualified": {"at_least": "gold"}},
        {"any": [{"tier": {}}]},
    ],
)
def test_a_standing_that_says_nothing_or_nonsense_is_refused(written: object) -> None:
    with pytest.raises(ValidationError):
        Requires.model_validate(written)


def test_of_a_row_they_are_columns() -> None:
    assert list(Where.model_validate({"attested": True, "tier": "gold"}).tests) == ["attested", "tier"]


@pytest.mark.parametrize("kind", [Where, Requires])
def test_an_empty_condition_is_refused(kind: type[Where | Requires]) -> None:
    with pytest.raises(ValidationError, match="nothing is tested here"):
        kind.model_validate({})


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("through_calendar_year", ("through", "calendar_year", None)),
        ("through_next_fiscal_quarter", ("through_next", "fiscal_quarter", None)),
        ("while_met", ("while_met", None, None)),
        ("while_met_each_fiscal_quarter", ("while_met", "fiscal_quarter", None)),
        ("through_enrollment", ("through_enrollment", None, None)),
        ("through_anniversary", ("through_anniversary", None, None)),
        ({"fiscal_months": 12}, ("fiscal_months", None, 12)),
        ({"days": 90}, ("days", None, 90)),
    ],
)
def test_how_long_a_tier_holds(written: object, kept: tuple[str, str | None, int | None]) -> None:
    holds = Holds.model_validate(written)
    assert (holds.kind, holds.period, holds.count) == kept
    assert holds.is_while_met == (holds.kind == "while_met")
    assert Holds.model_validate(holds.model_dump()) == holds


@pytest.mark.parametrize(
    "written",
    [
        "through_year",
        "while_meet",
        "while_met_each_year",
        "through_next_enrollment",
        {"days": 0},
        {"days": 5, "fiscal_months": 1},
        {},
        12,
        {"days": "5"},
        {"while_met": 5},
    ],
)
def test_what_is_no_way_to_hold_a_tier_is_refused(written: object) -> None:
    with pytest.raises(ValidationError):
        Holds.model_validate(written)


def test_windows() -> None:
    assert WINDOW.validate_python("lifetime") == "lifetime"
    assert WINDOW.validate_python("enrollment") == "enrollment"
    assert WINDOW.validate_python({"fiscal_months": 12}) == TrailingMonths(fiscal_months=12)
    assert WINDOW.validate_python({"days": 90}) == TrailingDays(days=90)


@pytest.mark.parametrize("written", ["year", {"days": 0}, {"days": True}, {"weeks": 3}, 5])
def test_what_is_no_window_is_refused(written: object) -> None:
    with pytest.raises(ValidationError):
        WINDOW.validate_python(written)


def test_figures_of_every_kind() -> None:
    stepped = FIGURE.validate_python({"by": "deals", "steps": [{"value": 1}, {"at_least": 5, "value": "50 %"}]})
    assert [step.at_least for step in stepped.steps] == [None, Decimal(5)]
    cases = FIGURE.validate_python([{"requires": {"deals": {"at_least": 5}}, "value": 1}, {"value": {"column": "x"}}])
    assert cases.cases[1].value == OfColumn(column="x")


@pytest.mark.parametrize(
    "written", [{"by": "deals"}, {"by": "deals", "values": {}, "steps": []}, [], {"steps": [{"value": 1}]}]
)
def test_a_figure_without_its_one_form_is_refused(written: object) -> None:
    with pytest.raises(ValidationError):
        FIGURE.validate_python(written)


def test_a_step_has_one_bound() -> None:
    with pytest.raises(ValidationError, match="one bound"):
        FIGURE.validate_python({"by": "deals", "steps": [{"at_least": 1, "more_than": 2, "value": 1}]})
