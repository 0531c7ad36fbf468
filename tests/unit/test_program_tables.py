"""What a program declares of exports, what it computes on them, and metrics and standings as the model keeps them."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from tierctl.contracts import Field
from tierctl.program.exports import DeclaredExport
from tierctl.program.held import QualificationHeld, TierHeld
from tierctl.program.metrics import MEASURES, ComputedColumn, Metric, Running
from tierctl.program.model import Program, Track
from tierctl.program.values import Where

OWN = {
    "name": "Targets",
    "primaryKey": "target_id",
    "rowDate": "set_on",
    "valid": {"since": "set_on", "through": "ends_on"},
    "fields": [
        {"name": "target_id", "constraints": {"required": True}},
        {"name": "partner_id"},
        {"name": "set_on", "type": "date"},
        {"name": "ends_on", "type": "date", "knownAhead": True},
        {"name": "goal", "type": "number", "money": True, "constraints": {"minimum": 0, "maximum": Decimal("9.5")}},
        {"name": "seats", "type": "integer", "default": Decimal(0), "constraints": {"minimum": Decimal(0)}},
        {"name": "is_final", "type": "boolean", "default": False},
        {"name": "kind", "constraints": {"enum": ["a", "b"]}, "default": "a", "title": "Kind of target"},
    ],
}
PROGRAM: dict[str, Any] = {
    "id": "demo",
    "name": "Demo",
    "currency": "USD",
    "enrollment": "automatic",
    "effective_from": date(2025, 1, 1),
    "policy": {"rounding": "half_even", "takes_effect": "month_end"},
    "tracks": {"partner": {"promotion": "automatic", "tiers": [{"id": "member"}]}},
}


def own() -> DeclaredExport:
    return DeclaredExport.model_validate(OWN)


def program(**more: object) -> Program:
    return Program.model_validate(PROGRAM | more)


# ---- exports


def test_a_table_of_the_programs_own_becomes_a_contract() -> None:
    contract = own().contract("targets")
    assert (contract.name, contract.title, contract.primary_key) == ("targets", "Targets", ("target_id",))
    assert (contract.row_date, contract.valid) == ("set_on", ("set_on", "ends_on"))
    assert contract.names == tuple(field["name"] for field in OWN["fields"])  # type: ignore[index]
    assert contract.field("target_id") == Field("target_id", "Target id", "string", "", required=True)
    assert contract.field("ends_on").is_known_ahead
    assert contract.field("kind").title == "Kind of target"
    assert contract.field("kind").enum == ("a", "b")


def test_amounts_stay_exact_and_whole_numbers_whole() -> None:
    contract = own().contract("targets")
    goal, seats = contract.field("goal"), contract.field("seats")
    assert goal.is_money
    assert (goal.minimum, goal.maximum) == (Decimal(0), Decimal("9.5"))
    assert (seats.minimum, seats.default) == (0, 0)
    assert [type(value) for value in (goal.maximum, seats.minimum, seats.default)] == [Decimal, int, int]


def test_a_default_may_be_false_or_nothing() -> None:
    contract = own().contract("targets")
    assert contract.field("is_final").default is False
    assert contract.field("seats").default == 0
    assert contract.field("goal").default is None


def test_a_standard_export_gets_further_columns_after_its_own() -> None:
    declared = DeclaredExport.model_validate({"fields": [{"name": "channel"}], "valid": {"since": "sold_on"}})
    contract = declared.contract("mrr")
    assert contract.names[-2:] == ("adjusts_line_id", "channel")
    assert (contract.primary_key, contract.row_date, contract.valid) == (("line_id",), "sold_on", ("sold_on", None))


@pytest.mark.parametrize(
    ("name", "declared"),
    [
        ("targets", {"fields": [{"name": "a"}, {"name": "a"}]}),
        ("targets", {"fields": [{"name": "a"}], "primaryKey": "b"}),
        ("targets", {"fields": [{"name": "a"}], "rowDate": "b"}),
        ("targets", {"fields": [{"name": "a"}], "valid": {"since": "a", "through": "b"}}),
        ("mrr", {"fields": [{"name": "mrr"}]}),
        ("mrr", {"valid": {"since": "begins_on"}}),
        ("mrr", {"adjusts": "corrects"}),
    ],
)
def test_a_table_that_contradicts_itself_is_no_contract(name: str, declared: object) -> None:
    with pytest.raises(ValueError, match=name):
        DeclaredExport.model_validate(declared).contract(name)


@pytest.mark.parametrize(
    "declared",
    [
        {"fields": [{"type": "string"}]},
        {"fields": [{"name": "a", "type": "text"}]},
        {"fields": [{"name": "a", "constraints": {"enum": []}}]},
        {"fields": [{"name": "a", "constraints": {"unique": True}}]},
        {"fields": [{"name": "a", "constraints": {"required": 1}}]},
        {"fields": [{"name": "a", "money": "yes"}]},
        {"fields": [{"name": "a", "default": [1]}]},
        {"valid": {"through": "a"}},
        {"adjusts": ["a"]},
        {"foreignKeys": []},
    ],
)
def test_what_is_no_table_is_refused(declared: object) -> None:
    with pytest.raises(ValidationError):
        DeclaredExport.model_validate(declared)


# ---- computed columns


@pytest.mark.parametrize(
    ("written", "measure", "type_", "is_money"),
    [
        ({"minimum": "sold_on"}, "minimum", "date", False),
        ({"maximum": "term_months"}, "maximum", "integer", False),
        ({"sum": "mrr"}, "sum", "number", True),
        ({"count": "line_id"}, "count", "integer", False),
    ],
)
def test_a_computed_column_has_the_type_of_what_it_takes(
    written: dict[str, str], measure: str, type_: str, is_money: bool
) -> None:
    column = {"from": "mrr", "same": ["partner_id", "customer_id"], **written}
    (kept,) = program(columns={"more": column}).columns.values()
    assert (kept.measure, [kept.column]) == (measure, list(written.values()))
    table = program(columns={"more": column}).table("mrr")
    assert table.names[-1] == "more"
    assert (table.field("more").type, table.field("more").is_money) == (type_, is_money)
    assert "more" not in program(columns={"more": column}).contract("mrr").names
    assert program(columns={"more": column}).table("opportunities").names[-1] != "more"


def test_a_computed_column_may_take_a_declared_one() -> None:
    more = program(
        exports={"mrr": {"fields": [{"name": "seats", "type": "integer"}]}},
        columns={"all_seats": {"from": "mrr", "sum": "seats", "same": "partner_id"}},
    )
    assert more.table("mrr").names[-2:] == ("seats", "all_seats")
    assert more.table("mrr").field("all_seats").type == "integer"


def test_a_computed_column_of_what_is_not_there_says_so() -> None:
    with pytest.raises(LookupError, match="seats"):
        program(columns={"more": {"from": "mrr", "sum": "seats", "same": "partner_id"}}).table("mrr")


@pytest.mark.parametrize(
    "written",
    [
        {"from": "mrr", "same": "partner_id"},
        {"from": "mrr", "same": "partner_id", "sum": "mrr", "count": "line_id"},
        {"from": "mrr", "same": [], "sum": "mrr"},
        {"from": "mrr", "sum": "mrr"},
        {"from": "mrr", "same": "partner_id", "average": "mrr"},
    ],
)
def test_what_is_no_computed_column_is_refused(written: object) -> None:
    with pytest.raises(ValidationError):
        ComputedColumn.model_validate(written)


# ---- metrics


@pytest.mark.parametrize("measure", MEASURES)
def test_a_metric_knows_its_measure_and_column(measure: str) -> None:
    told: object = {"score": {"at_least": 60}} if measure == "share" else "score"
    metric = Metric.model_validate({"from": "health_scores", measure: told})
    assert metric.measure == measure
    assert metric.column == (None if measure in {"count", "share"} else "score")
    assert metric.is_of_rows


def test_a_share_is_a_condition_or_the_name_of_one() -> None:
    assert isinstance(Metric.model_validate({"share": {"score": {"at_least": 60}}}).share, Where)
    assert Metric.model_validate({"share": "healthy"}).share == "healthy"


@pytest.mark.parametrize("written", [{"formula": "a / b"}, {"value": {"metric": "a"}}, {"value": 5}])
def test_a_metric_of_metrics_has_no_measure(written: object) -> None:
    metric = Metric.model_validate(written)
    assert (metric.measure, metric.column, metric.is_of_rows, metric.on) == (None, None, False, ())


@pytest.mark.parametrize(
    ("ago", "months"),
    [({"fiscal_months": 2}, 2), ({"fiscal_quarters": 1}, 3), ({"fiscal_quarters": 3}, 9), ({"fiscal_years": 2}, 24)],
)
def test_how_much_earlier_in_fiscal_months(ago: object, months: int) -> None:
    metric = Metric.model_validate({"ago": ago})
    assert metric.ago is not None
    assert metric.ago.months == months


@pytest.mark.parametrize(
    "ago",
    [{}, {"fiscal_years": 0}, {"fiscal_years": 1, "fiscal_months": 1}, {"years": 1}, 1, "fiscal_year", {"days": 30}],
)
def test_what_is_no_time_ago_is_refused(ago: object) -> None:
    with pytest.raises(ValidationError):
        Metric.model_validate({"ago": ago})


@pytest.mark.parametrize(
    "running",
    [
        {},
        {"before": "cancelled_on"},
        {"since": "sold_on", "before": "cancelled_on", "through": "ends_on"},
        {"since": "sold_on", "more_than_days": -1},
        {"since": "sold_on", "after": "ends_on"},
    ],
)
def test_what_does_not_run_is_refused(running: object) -> None:
    with pytest.raises(ValidationError):
        Running.model_validate(running)


# ---- standing


def test_a_standing_names_its_track_or_means_its_own() -> None:
    assert TierHeld.model_validate({"at_least": "gold"}).track is None
    assert TierHeld.model_validate({"at_least": "gold", "track": "sales"}).track == "sales"
    assert QualificationHeld.model_validate({"name": "expert"}).track is None


@pytest.mark.parametrize(
    ("kind", "written"),
    [
        (TierHeld, {}),
        (TierHeld, {"at_least": 1}),
        (TierHeld, {"at_least": "gold", "as_of": 5}),
        (TierHeld, {"at_least": "gold", "on": "month_end"}),
        (QualificationHeld, {}),
        (QualificationHeld, {"name": ["expert"]}),
    ],
)
def test_what_is_no_standing_is_refused(kind: type[TierHeld | QualificationHeld], written: object) -> None:
    with pytest.raises(ValidationError):
        kind.model_validate(written)


def test_a_qualification_is_a_ladder_of_two_rungs() -> None:
    track = Track.model_validate(
        {
            "promotion": "on_decision",
            "downgrade": "on_decision",
            "remediation_days": 30,
            "gate": {"attested": "listing"},
            "shows": ["deals"],
            "each_tier_requires": "all_below_too",
            "tiers": [{"id": "member"}, {"id": "gold", "requires": {"deals": {"at_least": 5}}, "holds": "while_met"}],
            "qualifications": {"expert": {"clause": "3", "requires": {"deals": {"at_least": 9}}, "holds": "while_met"}},
        }
    )
    assert list(track.ladders) == [None, "expert"]
    assert track.ladders[None] is track
    beside = track.ladders["expert"]
    assert [(tier.id, tier.clause, tier.requires is None) for tier in beside.tiers] == [
        ("", None, True),
        ("expert", "3", False),
    ]
    assert (beside.promotion, beside.downgrade, beside.remediation_days) == ("automatic", "automatic", 30)
    assert (beside.gate, beside.shows, beside.qualifications) == (track.gate, (), {})


def test_a_program_reads_what_anything_of_it_needs() -> None:
    more = program(
        enrollment="required",
        counts_only="seen_by_primary_user",
        gate={"any": [{"attested": "nda"}, {"partner": {"country": "US"}}]},
        metrics={
            "revenue": {"from": "mrr", "with": {"targets": "sold_on"}, "sum": "mrr"},
            "growth": {"formula": "revenue / 2"},
        },
        benefits={"brand": {"with": {"agreements": "month_end"}, "value": {"column": "agreements.white_label"}}},
        actions={"renew": {"from": "certifications", "on": "expires_on", "days_before": 60}},
    )
    exports = ("agreements", "attestations", "certifications", "enrollments", "mrr", "targets", "user_access")
    assert more.reads == exports
